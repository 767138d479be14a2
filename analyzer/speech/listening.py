"""How a recording is listened to: as one sound, or channel by channel, or track by track."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from analyzer.audio.channels import compare_channels
from analyzer.audio.decode import MAX_HOURS, TOGETHER, Waveform, decode, decode_all, longest, too_long
from analyzer.audio.mixing import mixed
from analyzer.audio.part_starts import begins
from analyzer.audio.recording import Recording
from analyzer.audio.sample_buffer import Samples, delayed, is_silent
from analyzer.audio.track_starts import Starts, starts_of
from analyzer.audio.tracks import CONTAINER, tracks_of
from analyzer.errors import visible
from analyzer.progress import Progress, silent
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.multichannel.channel_words import transcribe_channels
from analyzer.speech.multichannel.separation import Sound, diarize_channels, separate_channels
from analyzer.speech.recognition import Diarization, Transcript
from analyzer.speech.transcription.whisper import Transcriber
from analyzer.timeline import clock


class Listening(Protocol):
    """A recording that the models can listen to; `length` and `notes` are known once they have."""

    @property
    def length(self) -> int:
        """Samples from end to end."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd about the sound, in sentences."""

    def diarize(self, diarizer: Diarizer, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """Who spoke when; `speakers` is how many people are on the call."""

    def transcribe(
        self, found: Diarization, transcriber: Transcriber, *, language: str | None, progress: Progress = silent
    ) -> Transcript:
        """The words in what was found to be speech."""


def listen(
    recording: Recording,
    *,
    starts: Mapping[str, int] | None = None,
    max_hours: float = MAX_HOURS,
    progress: Progress = silent,
) -> Listening:
    """The recording, ready to be listened to. A file is decoded here, tracks one at a time when they are needed.

    `starts` is when tracks are said to begin, in samples by file name; for the others it is found out. A call may last
    `max_hours`, its tracks together four times as long.

    Raises `RecordingError`s as `decode` and `tracks_of` do.
    """
    if recording.container == CONTAINER:
        return _Tracks(recording.path, starts or {}, max_hours)
    if recording.parts:
        return _joined(recording, max_hours, progress)
    return _File(*decode_all(recording.path, max_hours=max_hours, progress=progress))


def _joined(recording: Recording, max_hours: float, progress: Progress) -> Listening:
    """A recording in several files, one behind the other: channel by channel, or mixed if their numbers differ."""
    paths = [recording.path, *(part.path for part in recording.parts)]
    pieces: list[list[Samples]] = []
    notes: list[str] = []
    for path in paths:
        tracks, odd = decode_all(path, max_hours=max_hours, progress=progress)
        pieces.append([channel for track in tracks for channel in track.samples])
        notes += [f"{visible(path.name)}: {note}" for note in odd]
    lengths = [max(map(len, channels)) for channels in pieces]
    starts = (0, *begins(recording.parts, lengths))
    if len({len(channels) for channels in pieces}) > 1:
        pieces = [[mixed(channels)] for channels in pieces]
    end, count = starts[-1] + lengths[-1], len(pieces[0])
    if end * max(1, count / TOGETHER) > longest(1, max_hours):
        raise too_long(recording.path, max_hours, count)
    sound = np.zeros((count, end), dtype=np.float32)
    for start, channels in zip(starts, pieces, strict=True):
        for own, channel in zip(sound, channels, strict=True):
            own[start : start + len(channel)] = channel
    told = [
        f"The recording goes on in {visible(path.name)}, from {clock(at)}."
        for path, at in zip(paths, starts, strict=True)
    ]
    return _File([Waveform(sound, silent=all(map(is_silent, sound)))], (*told[1:], *notes))


class _UnlessSilent:
    """A diarizer that is not asked about what holds no sound: a day of silence would take it an hour."""

    def __init__(self, diarizer: Diarizer) -> None:
        self._diarizer = diarizer
        self.name = diarizer.name

    def __call__(self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """As `Diarizer` says."""
        if is_silent(waveform):
            return Diarization((), ())
        return self._diarizer(waveform, speakers=speakers, progress=progress)


class _File:
    """One file: the channels of all its tracks one by one if they carry separate parties, all in one if not."""

    def __init__(self, tracks: Sequence[Waveform], notes: tuple[str, ...]) -> None:
        channels: list[Samples] = [channel for track in tracks for channel in track.samples]
        self._channels = channels
        self._silent = all(track.silent for track in tracks)
        self._apart = separate_channels(compare_channels(channels))
        self.length = max(track.length for track in tracks)
        self.notes = notes

    def diarize(self, diarizer: Diarizer, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """As `Listening` says."""
        if self._silent:
            return Diarization((), ())
        if not self._apart:
            return diarizer(mixed(self._channels), speakers=speakers, progress=progress)
        sounds = [self._sound(number) for number in self._apart]
        return diarize_channels(
            sounds, _UnlessSilent(diarizer), speakers=speakers, numbers=self._apart, progress=progress
        )

    def transcribe(
        self, found: Diarization, transcriber: Transcriber, *, language: str | None, progress: Progress = silent
    ) -> Transcript:
        """As `Listening` says."""
        if not found.channels:
            speech = [turn.span for turn in found.turns]
            return transcriber(mixed(self._channels), speech, language=language, progress=progress)
        sounds = {channel.number: self._sound(channel.number) for channel in found.channels}
        return transcribe_channels(sounds, found, transcriber, language=language, progress=progress)

    def _sound(self, number: int) -> Sound:
        return lambda: self._channels[number]


class _Tracks:
    """A folder of tracks, each from its start on; no more than one is held at a time."""

    def __init__(self, folder: Path, told: Mapping[str, int], max_hours: float) -> None:
        self._folder, self._told, self._max_hours = folder, told, max_hours
        self._tracks = tracks_of(folder)
        self._starts = Starts(())
        self._ends = [0] * len(self._tracks)
        self._notes: list[tuple[str, ...]] = [()] * len(self._tracks)

    @property
    def length(self) -> int:
        """To the end of the track that ends last."""
        return max(self._ends)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd about each track, and how it is known when they begin."""
        named = zip(self._tracks, self._notes, strict=True)
        return (*self._starts.notes, *(f"{track.path.name}: {note}" for track, notes in named for note in notes))

    def diarize(self, diarizer: Diarizer, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """As `Listening` says."""
        if not self._starts.at:
            self._starts = starts_of(self._folder, self._tracks, self._told, max_hours=self._max_hours)
        names = [track.name for track in self._tracks]
        sounds = [self._sound(number, start) for number, start in enumerate(self._starts.at)]
        found = diarize_channels(sounds, _UnlessSilent(diarizer), speakers=speakers, names=names, progress=progress)
        placed = (replace(channel, start=self._starts.at[channel.number]) for channel in found.channels)
        return replace(found, channels=tuple(placed))

    def transcribe(
        self, found: Diarization, transcriber: Transcriber, *, language: str | None, progress: Progress = silent
    ) -> Transcript:
        """As `Listening` says; the tracks begin where they did when `found` was."""
        sounds = {channel.number: self._sound(channel.number, channel.start) for channel in found.channels}
        return transcribe_channels(sounds, found, transcriber, language=language, progress=progress)

    def _sound(self, number: int, start: int) -> Sound:
        def sound() -> np.ndarray:
            waveform = decode(self._tracks[number].path, max_hours=self._max_hours)
            self._ends[number], self._notes[number] = start + waveform.length, waveform.notes
            limit = longest(1, self._max_hours)
            if self._ends[number] > limit:
                raise too_long(self._folder, self._max_hours)
            if sum(self._ends) > TOGETHER * limit:
                raise too_long(self._folder, self._max_hours, len(self._tracks))
            return delayed(waveform.mono(), start)

        return sound
