"""What a file says about itself before anything of it is decoded, and the hash that identifies it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from analyzer.audio.headers import mp3_declares_frames, wav_seconds
from analyzer.audio.opening import Opened, failure, layout_of, open_bytes, opened
from analyzer.audio.packets import COUNTED
from analyzer.audio.tracks import CONTAINER, tracks_of
from analyzer.errors import RecordingError
from analyzer.files import is_folder, sha256
from analyzer.timeline import samples

LENGTHS = 2**12
"""Bytes at the beginning of a file in which formats say how long it is (WAV, FLAC, Matroska)."""
_EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """A file in which a recording goes on; `after` is from the beginning of the part before it to its own, in samples.

    None where that is not known.
    """

    path: Path
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One file, or one folder of tracks (see `tracks.py`), as it describes itself.

    `container` and `codec` are FFmpeg's names (`wav`, `pcm_s16le`). `tracks` is how many audio tracks a file holds;
    what else is said is of the one that FFmpeg would play. `sample_rate` is the file's, in Hz. `length` is the
    declared one, in samples at 16 kHz; None when the file declares none, and wrong when its header is: only decoding
    tells.
    """

    path: Path
    sha256: str
    container: str
    codec: str
    channels: int
    sample_rate: int
    length: int | None
    tracks: int = 1
    parts: tuple[Part, ...] = ()
    """The files in which it goes on."""


def probe(path: Path, parts: Sequence[Part] = ()) -> Recording:
    """Reads the header and the hash of the recording at `path`; a folder is taken for one of tracks.

    `parts` are the files in which it goes on. Raises `RecordingError`s as `opened` does, for a folder as `tracks_of`
    does too, and for a folder that has parts, or is one.
    """
    path = Path(path)
    if parts:
        return _probe_parts(path, parts)
    if is_folder(path):
        return _probe_tracks(path)
    with opened(path) as recording:
        context = recording.stream.codec_context
        return Recording(
            path=path,
            sha256=content_hash(path),
            container=_container_name(recording),
            codec=context.name,
            channels=layout_of(context).nb_channels,
            sample_rate=context.sample_rate,
            length=declared_length(recording),
            tracks=recording.tracks,
        )


def _probe_tracks(folder: Path) -> Recording:
    """What the tracks in `folder` say about themselves, as one recording with a channel for each.

    The length is the longest track's (the call's is longer where one begins late and goes on), the sample rate the
    highest, the codec all of them. The hash is that of the lines `hash  file name`, as sha256sum prints them: a file
    that is renamed makes it another recording, for its name says who somebody is.

    Raises `RecordingError`s as `tracks_of` and, for each track, as `probe`.
    """
    folder = Path(folder)
    found = [probe(track.path) for track in tracks_of(folder)]
    lines = "".join(f"{one.sha256}  {one.path.name}\n" for one in found)
    lengths = [one.length for one in found if one.length is not None]
    return Recording(
        path=folder,
        sha256=sha256(lines.encode("utf-8", errors="surrogateescape")),
        container=CONTAINER,
        codec=", ".join(dict.fromkeys(one.codec for one in found)),
        channels=len(found),
        sample_rate=max(one.sample_rate for one in found),
        length=max(lengths) if len(lengths) == len(found) else None,
    )


def _probe_parts(path: Path, parts: Sequence[Part]) -> Recording:
    """What a file and those in which it goes on say about themselves, as one recording.

    The length leaves the pauses out. The hash is that of the lines `hash  file name`, as for tracks.
    """
    for one in (path, *(part.path for part in parts)):
        if is_folder(one):
            raise RecordingError(
                "a folder of tracks cannot be joined with another recording",
                where=one,
                todo="Join the files with everybody on them",
            )
    found = [probe(path), *(probe(part.path) for part in parts)]
    lines = "".join(f"{one.sha256}  {one.path.name}\n" for one in found)
    lengths = [one.length for one in found if one.length is not None]
    first = found[0]
    return Recording(
        path=path,
        sha256=sha256(lines.encode("utf-8", errors="surrogateescape")),
        container=first.container,
        codec=", ".join(dict.fromkeys(one.codec for one in found)),
        channels=first.channels if len({one.channels for one in found}) == 1 else 1,
        sample_rate=max(one.sample_rate for one in found),
        length=sum(lengths) if len(lengths) == len(found) else None,
        parts=tuple(parts),
    )


def created(path: Path) -> dt.datetime | None:
    """When a recording was made, as its file says inside (FFmpeg's `creation_time`); None where it does not.

    A time before 2000 is a clock that was never set. Raises `RecordingError`s as `opened` does.
    """
    with opened(path) as recording:
        return made_at(recording)


def made_at(recording: Opened) -> dt.datetime | None:
    """As `created`, of a recording that is open."""
    tags = {**recording.stream.metadata, **recording.container.metadata}
    try:
        time = dt.datetime.fromisoformat(tags.get("creation_time") or "")
    except ValueError:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=dt.UTC)
    return time if time >= _EARLIEST else None


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes in hexadecimal, read in blocks. Raises `RecordingError`s as `open_bytes` does."""
    path = Path(path)
    with open_bytes(path) as (raw, _):
        try:
            return sha256(raw)
        except OSError as error:
            raise failure(path, error) from error


def beginning_hash(path: Path, size: int) -> str:
    """SHA-256 of what comes after the first kilobytes of a file, up to `size`: the same while the file only grows.

    The first kilobytes are left out because a recorder writes there, again and again, how much has come.
    Raises `RecordingError`s as `open_bytes` does.
    """
    with open_bytes(path) as (raw, _):
        try:
            raw.seek(LENGTHS)
            return sha256(raw, size - LENGTHS)
        except OSError as error:
            raise failure(path, error) from error


def declared_length(recording: Opened) -> int | None:
    """How long the file says its sound is, in samples at 16 kHz; None if it does not.

    Where FFmpeg only guesses from the first frames' bit rate, the file says nothing: ADTS AAC and AMR, and MP3 files
    without a tag. Of a WAV file FFmpeg tells what is there, not what the header says. Beside a picture only the sound's
    own length counts.
    """
    stream, container, read_at = recording.stream, recording.container, recording.source.at
    if recording.format in COUNTED and not (recording.format == "mp3" and mp3_declares_frames(read_at)):
        return None
    if recording.format == "wav" and (said := wav_seconds(read_at)) is not None:
        return samples(said)
    if stream.duration and stream.time_base:
        length = samples(float(stream.duration * stream.time_base))
    elif container.duration and not recording.pictured:
        length = samples(container.duration / av.time_base)
    else:
        return None
    return length if length > 0 else None


def _container_name(recording: Opened) -> str:
    """One name for the container: the one that the file's ending says where FFmpeg has several."""
    names = recording.format.split(",")
    ending = recording.path.suffix[1:].lower()
    return ending if ending in names else "mp4" if "mp4" in names else names[0]
