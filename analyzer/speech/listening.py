"""How a recording is listened to: as one sound, or channel by channel, or track by track."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from analyzer.audio.channels import compare_channels
from analyzer.audio.decode import Waveform, decode
from analyzer.audio.recording import Recording
from analyzer.audio.tracks import CONTAINER, Track, tracks_of
from analyzer.progress import Progress, silent
from analyzer.speech.channel_words import transcribe_channels
from analyzer.speech.channels import Sound, diarize_channels, separate_channels
from analyzer.speech.diarize import Diarizer, SpeakerBounds
from analyzer.speech.heard import Diarization, Transcript
from analyzer.speech.transcribe import Transcriber
from analyzer.timeline import union


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


def listen(recording: Recording, *, progress: Progress = silent) -> Listening:
    """The recording, ready to be listened to. A file is decoded here, tracks one at a time when they are needed.

    Raises `RecordingError`s as `decode` and `tracks_of` do.
    """
    if recording.container == CONTAINER:
        return _Tracks(tracks_of(recording.path))
    return _File(decode(recording.path, progress=progress))


class _File:
    """One file: its channels one by one if they carry separate parties, all in one if not."""

    def __init__(self, waveform: Waveform) -> None:
        self._waveform = waveform
        self._apart = separate_channels(compare_channels(waveform), waveform.channels)
        self.length = waveform.length
        self.notes = waveform.notes

    def diarize(self, diarizer: Diarizer, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """As `Listening` says."""
        if not self._apart:
            return diarizer(self._waveform.mono(), speakers=speakers, progress=progress)
        sounds = [self._sound(number) for number in self._apart]
        return diarize_channels(sounds, diarizer, speakers=speakers, numbers=self._apart, progress=progress)

    def transcribe(
        self, found: Diarization, transcriber: Transcriber, *, language: str | None, progress: Progress = silent
    ) -> Transcript:
        """As `Listening` says."""
        if not found.channels:
            speech = union(turn.span for turn in found.turns)
            return transcriber(self._waveform.mono(), speech, language=language, progress=progress)
        sounds = {channel.number: self._sound(channel.number) for channel in found.channels}
        return transcribe_channels(sounds, found, transcriber, language=language, progress=progress)

    def _sound(self, number: int) -> Sound:
        return lambda: self._waveform.samples[number]


class _Tracks:
    """A folder of tracks, which begin together; no more than one is held at a time."""

    def __init__(self, tracks: tuple[Track, ...]) -> None:
        self._tracks = tracks
        self._lengths = [0] * len(tracks)
        self._notes: list[tuple[str, ...]] = [()] * len(tracks)

    @property
    def length(self) -> int:
        """The longest track's."""
        return max(self._lengths)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd about each track."""
        named = zip(self._tracks, self._notes, strict=True)
        return tuple(f"{track.path.name}: {note}" for track, notes in named for note in notes)

    def diarize(self, diarizer: Diarizer, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """As `Listening` says."""
        names = [track.name for track in self._tracks]
        sounds = [self._sound(number) for number in range(len(self._tracks))]
        return diarize_channels(sounds, diarizer, speakers=speakers, names=names, progress=progress)

    def transcribe(
        self, found: Diarization, transcriber: Transcriber, *, language: str | None, progress: Progress = silent
    ) -> Transcript:
        """As `Listening` says."""
        sounds = {channel.number: self._sound(channel.number) for channel in found.channels}
        return transcribe_channels(sounds, found, transcriber, language=language, progress=progress)

    def _sound(self, number: int) -> Sound:
        def sound() -> np.ndarray:
            waveform = decode(self._tracks[number].path)
            self._lengths[number], self._notes[number] = waveform.length, waveform.notes
            return waveform.mono()

        return sound
