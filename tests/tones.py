"""Recordings in which each person is a tone, and an engine that hears them: for tests of who is who, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from analyzer.progress import Progress, silent
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.recognition import Diarization
from analyzer.timeline import SAMPLE_RATE, Span, Turn
from tests.fake_engine import FakeEngine

FRAME = SAMPLE_RATE // 10
DANA, RAY, MARCUS = 300, 700, 1500
"""The voices: a tone each."""


@dataclass
class Listens(FakeEngine):
    """Takes each tone for a voice, in the order in which they are first heard; it hears nothing else."""

    script: tuple[()] = ()
    lengths: list[int] = field(default_factory=list)

    @property
    def diarize(self) -> Diarizer:
        engine = self

        class _Diarizer:
            name = "tones"

            def __call__(
                self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent
            ) -> Diarization:
                engine.lengths.append(len(waveform))
                turns = turns_of(waveform)
                return Diarization(turns, turns)

        return _Diarizer()


def turns_of(sound: np.ndarray) -> tuple[Turn, ...]:
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    loud = np.abs(frames).max(axis=1) > 0.05
    tones = np.abs(np.fft.rfft(frames, axis=1)).argmax(axis=1) * 10
    labels: dict[int, str] = {}
    turns: list[Turn] = []
    for i, tone in enumerate(map(int, tones)):
        if loud[i]:
            who = labels.setdefault(tone, f"S{len(labels) + 1}")
            goes_on = turns and turns[-1].who == who and turns[-1].span.end == i * FRAME
            start = turns.pop().span.start if goes_on else i * FRAME
            turns.append(Turn(Span(start, (i + 1) * FRAME), who))
    return tuple(turns)


def spoken(path: Path, *said: tuple[int, float]) -> Path:
    """A recording in which each says something for so many seconds, one behind the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.concatenate([tone(pitch, seconds) for pitch, seconds in said]), SAMPLE_RATE)
    return path


def tone(pitch: int, seconds: float) -> np.ndarray:
    """So many seconds of a voice."""
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (np.sin(2 * np.pi * pitch * at) / 4).astype(np.float32)
