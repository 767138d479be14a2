"""A recording as one waveform: float32, 16 kHz, its channels apart, each moment where it was in the file.

What cannot be decoded is silence in its place, and the waveform says where. Levels are left as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np

from analyzer.audio.channels import distinct_channels
from analyzer.audio.mixing import mixed
from analyzer.audio.opening import MAX_CHANNELS, Opened, layout_of, opened
from analyzer.audio.packets import COUNTED, Lost, sounds
from analyzer.audio.placement import Placement
from analyzer.audio.recording import declared_length
from analyzer.audio.sample_buffer import SampleBuffer, Samples, TooLongError
from analyzer.audio.unwritten import doubtful_silence, missing_part, not_copied_whole
from analyzer.errors import NoRoomError, RecordingEmptyError, RecordingError, RecordingTooLongError
from analyzer.progress import Progress, silent
from analyzer.timeline import SAMPLE_RATE, Span, clock, samples, seconds, union

MAX_HOURS = 24.0
"""Hours of sound in a recording: longer ones are refused, unless more is allowed."""

TOGETHER = 4
"""How many times `max_hours` all channels, or all tracks, may hold together."""

_FEWEST_BYTES = 60
"""Bytes a second that speech takes at the least: what declares more length than that is decoded to see."""

_TOLD_EVERY = 20.0
_NAMED = 3


@dataclass(frozen=True, eq=False, slots=True)
class Waveform:
    """The sound of a call: float32, shape (channels, samples), 16 kHz, full scale ±1, read-only.

    `damaged` is where silence stands in for sound that is missing from the file or cannot be decoded. `notes` are the
    sentences for people about that and about anything else that is odd in the file. `silent` tells that there is no
    sound in it at all; it is False for one that was not decoded here.
    """

    samples: Samples
    damaged: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()
    silent: bool = False

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32 or 0 in self.samples.shape:
            raise ValueError(
                f"a waveform is float32 (channels, samples), not {self.samples.dtype} {self.samples.shape}"
            )
        view = self.samples.view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return int(self.samples.shape[0])

    @property
    def length(self) -> int:
        """Samples in each channel."""
        return int(self.samples.shape[1])

    def mono(self) -> Samples:
        """The mix of the channels (`mixing.py`), shape (samples,); with one channel that one itself, without a copy."""
        if self.channels == 1:
            only: Samples = self.samples[0]
            return only
        return mixed(self.samples)


def decode(
    path: Path, *, track: int | None = None, max_hours: float = MAX_HOURS, progress: Progress = silent
) -> Waveform:
    """Decodes the recording at `path` to 16 kHz without ever holding it twice.

    Of several audio tracks it is the one with the number `track`, from 0; without a number the one FFmpeg would play.

    Raises `RecordingMissingError`, `RecordingPermissionError`, `NotAudioError`, `RecordingEmptyError` for a file
    without samples, `RecordingUnfinishedError` for one of which a large part was never written, `RecordingTooLongError`
    as soon as there is more than `max_hours` (of more than four channels, less: see `longest`), `NoRoomError`, and
    `RecordingError` when nothing of it can be decoded. A file that is damaged or cut off gives what can be decoded.
    `progress` is told "decode", the seconds done, and the seconds that the file declares.
    """
    path = Path(path)
    with opened(path, track) as recording:
        declared = declared_length(recording)
        _check_whole(recording)
        _check_length(recording, declared, max_hours)
        expected = _room(recording, declared)
        placement = Placement(
            lambda channels: SampleBuffer(channels, expected, longest(channels, max_hours)),
            float(recording.stream.time_base or 0),
        )
        total = None if declared is None else seconds(declared)
        lost, told = 0, 0.0
        progress("decode", 0.0, total)
        try:
            for piece in sounds(recording):
                if isinstance(piece, Lost):
                    lost += 1
                    placement.lost(piece)
                    continue
                placement.sound(piece)
                done = seconds(placement.buffer.end) if placement.buffer else 0.0
                if done >= told + _TOLD_EVERY:
                    told = done
                    progress("decode", done, None if total is None else max(total, done))
            placement.finish()
        except TooLongError as error:
            raise too_long(path, max_hours, placement.buffer.channels if placement.buffer else 1) from error
        except NoRoomError as error:
            raise NoRoomError(error.what, where=path, todo=error.todo) from error
        except MemoryError as error:
            raise RecordingError(
                f"it does not fit into this machine's memory ({error or 'out of memory'})",
                where=path,
                todo="Split it, or use a machine with more memory",
            ) from error
        buffer = placement.buffer
        if buffer is None or buffer.end == 0:
            raise _no_sound(recording, lost)
        impossible = buffer.silence_impossible()
        waveform = Waveform(
            buffer.finish(),
            damaged=union([*placement.gaps, *impossible]),
            notes=tuple(_notes(recording, placement, impossible, declared, chosen=track is None)),
            silent=buffer.silent,
        )
        progress("decode", seconds(waveform.length), seconds(waveform.length))
        return waveform


def decode_all(
    path: Path, *, max_hours: float = MAX_HOURS, progress: Progress = silent
) -> tuple[tuple[Waveform, ...], tuple[str, ...]]:
    """The sound of the file at `path`, of several tracks each, and what is to be said of it.

    Raises `RecordingError`s as `decode` and `decode_tracks`, and where all tracks together are longer than is allowed.
    """
    with opened(path) as recording:
        count = recording.tracks
    if count == 1:
        waveform = decode(path, max_hours=max_hours, progress=progress)
        return (waveform,), waveform.notes
    tracks, notes = decode_tracks(path, max_hours=max_hours, progress=progress)
    if sum(track.samples.size for track in tracks) > TOGETHER * longest(1, max_hours):
        raise too_long(path, max_hours, sum(track.channels for track in tracks))
    return tracks, notes


def decode_tracks(
    path: Path, *, max_hours: float = MAX_HOURS, progress: Progress = silent
) -> tuple[tuple[Waveform, ...], tuple[str, ...]]:
    """Every audio track of the file at `path`, all on the container's clock, and what is to be said of them.

    The channels of a track are mixed unless they carry separate parties. A track that holds nothing, or cannot be
    decoded, is left out.

    Raises `RecordingError`s as `decode`, for tracks only if none can be decoded.
    """
    with opened(path) as recording:
        count = min(recording.tracks, MAX_CHANNELS)
        languages = dict.fromkeys(stream.language for stream in recording.container.streams.audio if stream.language)
    found: list[Waveform] = []
    notes = [f"The file holds {count} audio tracks; all of them are heard."]
    if len(languages) > 1:
        notes.append(
            f"The tracks are in several languages ({', '.join(languages)}): the voices of a translation are counted "
            "as people of their own."
        )
    first_error: RecordingError | None = None
    for track in range(count):
        try:
            waveform = decode(path, track=track, max_hours=max_hours, progress=progress)
        except (RecordingTooLongError, NoRoomError):
            raise
        except RecordingError as error:
            first_error = first_error or error
            notes.append(f"Track {track + 1} is left out: {error.what}.")
            continue
        notes += [f"Track {track + 1}: {note}" for note in waveform.notes]
        if waveform.channels > 1 and not distinct_channels(waveform.samples):
            waveform = replace(waveform, samples=waveform.mono()[None])
        found.append(waveform)
    if not found:
        assert first_error is not None
        raise first_error
    return tuple(found), tuple(notes)


def _no_sound(recording: Opened, lost: int) -> RecordingError:
    """The error for a file that gave no sample; `lost` is how many of its packets could not be decoded."""
    where, codec = recording.path, recording.stream.codec_context.name
    if lost:
        what = f"none of its sound could be decoded (codec {codec})"
        return RecordingError(what, where=where, todo="Copy or export it again")
    return RecordingEmptyError("the file holds no sound, only a header", where=where, todo="Record it again")


def longest(channels: int, max_hours: float) -> int:
    """How long a recording with so many channels may be, in samples: all of them together, four times `max_hours`."""
    return samples(3600 * max_hours * min(1.0, TOGETHER / max(1, channels)))


def too_long(where: object, max_hours: float, channels: int = 1) -> RecordingTooLongError:
    """The error for more sound than is allowed."""
    allowed = f"{max_hours * min(1.0, TOGETHER / channels):g} hours of sound"
    if channels > TOGETHER:
        allowed += f" in {channels} channels"
    return RecordingTooLongError(
        f"it holds more than {allowed}",
        where=where,
        todo="Split it, or allow more: max_hours in analyzer.toml, or ANALYZER_MAX_HOURS",
    )


def _check_whole(recording: Opened) -> None:
    """Raises the error for a file of which a large part is zeros that cannot be meant."""
    source, codec = recording.source, recording.stream.codec_context.name
    empty = missing_part(source.at, source.size, codec, recording.format)
    if empty is not None:
        raise not_copied_whole(recording.path, empty)


def _check_length(recording: Opened, declared: int | None, max_hours: float) -> None:
    """Raises the error for a file that declares too much, if its size can hold that; else decoding will tell."""
    channels = layout_of(recording.stream.codec_context).nb_channels
    if declared is None or declared <= longest(channels, max_hours):
        return
    codec, context = recording.stream.codec_context.name, recording.stream.codec_context
    needed = (context.bit_rate or 0) / 8 / 2 if codec.startswith("pcm_") else _FEWEST_BYTES
    if seconds(declared) * needed <= recording.source.size:
        raise too_long(recording.path, max_hours, channels)


def _room(recording: Opened, declared: int | None) -> int:
    """How long to make the buffer at first, in samples: what the file declares, if it can be true for its size.

    Twice what its bit rate gives, or what 2 kbit/s gives, is the limit: a header that is wrong by a factor of a hundred
    does not ask the system for a hundred times the memory.
    """
    if declared is None and recording.container.duration:  # of the picture, or a guess: good enough for this
        declared = samples(recording.container.duration / av.time_base)
    bit_rate = max((recording.stream.codec_context.bit_rate or 0) / 2, 2_000)
    limit = samples(recording.source.size * 8 / bit_rate)
    return max(min(declared or 0, limit), 0) + SAMPLE_RATE


def _notes(
    recording: Opened, placement: Placement, impossible: Sequence[Span], declared: int | None, *, chosen: bool
) -> list[str]:
    """Everything odd about the file, in sentences; `chosen` tells that one of its tracks was to be found."""
    assert placement.buffer is not None
    end, held = placement.buffer.end, placement.buffer.end - placement.late
    notes: list[str] = []
    source = recording.source
    doubtful = doubtful_silence(source.at, source.size, recording.stream.codec_context.name)
    if doubtful is not None:
        notes.append(
            f"The last {100 * doubtful.share:.0f} % of the file is empty (zero bytes): if that is no real "
            "silence, the file was not copied whole."
        )
    if chosen and recording.tracks > 1:
        notes.append(
            f"The file holds {recording.tracks} audio tracks; this is track "
            f"{[s.index for s in recording.container.streams.audio].index(recording.stream.index) + 1}."
        )
    if placement.late >= samples(0.1):
        notes.append(f"The sound starts {seconds(placement.late):.1f} s into the recording; before it is silence.")
    if placement.gaps:
        notes.append(f"Sound is damaged or missing {_places(placement.gaps)}; silence stands in its place.")
        if recording.format in COUNTED:
            notes.append("This format has no timestamps: how long the damage lasts is an estimate from its bytes.")
    if impossible:
        notes.append(f"Samples that are no numbers {_places(impossible)} were made silent.")
    for at in placement.restarts[:_NAMED]:
        notes.append(f"The file's timestamps start again at {clock(at)}; the sound goes on there without a pause.")
    if placement.repeated >= 0.1:
        notes.append(f"The file gives {placement.repeated:.1f} s of sound twice; the second time was left out.")
    for at, before, now in placement.changes[:_NAMED]:
        notes.append(f"The number of channels changes from {before} to {now} at {clock(at)}.")
    if recording.source.broke_off:
        notes.append(f"FFmpeg cannot read the file beyond {clock(end)}; whatever sound comes after is left out.")
    of_another = recording.tracks > 1 and not recording.stream.duration  # the length is that of the longest track
    if declared is not None and not of_another and declared - held > max(samples(1.0), declared // 50):
        notes.append(
            f"The file is cut off or its header is wrong: it declares {clock(declared)} of sound, "
            f"but holds {clock(held)}."
        )
    return notes


def _places(spans: Sequence[Span]) -> str:
    """Where spans are, for people: `at 0:12, 0:40 and 2 more places (1.3 s in all)`."""
    named = [clock(span.start) for span in spans[:_NAMED]]
    more = len(spans) - len(named)
    where = ", ".join(named) + (f" and {more} more {'place' if more == 1 else 'places'}" if more else "")
    return f"at {where} ({seconds(sum(span.length for span in spans)):.2f} s in all)"
