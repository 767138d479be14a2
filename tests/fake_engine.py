"""An engine that hears what it is told: for tests of the logic around the models, never of what they find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from analyzer.progress import Progress, silent
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.profile import BALANCED, Profile
from analyzer.speech.recognition import Diarization, Transcript
from analyzer.speech.transcription.whisper import Transcriber
from analyzer.timeline import SAMPLE_RATE, Span, Turn, Word, samples

SCRIPT = (
    (0.5, 40.0, "S1", "Good morning Ray. Let us begin. What changed since March?"),
    (41.0, 60.0, "S2", "Not much. Marcus, what did it cost at the other depot?"),
    (60.5, 75.0, "S3", "About forty pounds a day. It paid for itself in a year."),
    (75.5, 120.0, "S1", "So let us fix the next steps. I will send you the offer by Friday."),
)
"""A call of two minutes: S1 sells, S2 is the customer, S3 came along."""


@dataclass
class FakeEngine:
    """Gives the turns and words of a script; counts how often each model was asked."""

    script: Sequence[tuple[float, float, str, str]] = SCRIPT
    name: str = "fake"
    asked: list[str] = field(default_factory=list)

    def diarizer(self, progress: Progress = silent, *, profile: Profile = BALANCED) -> Diarizer:
        return self.diarize

    def transcriber(self, model: str, progress: Progress = silent, *, profile: Profile = BALANCED) -> Transcriber:
        self.asked.append(f"load {model}")
        return self.transcribe

    @property
    def diarize(self) -> Diarizer:
        engine = self

        class _Diarizer:
            name = engine.name

            def __call__(
                self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent
            ) -> Diarization:
                engine.asked.append("diarize")
                turns = tuple(Turn(Span(samples(a), samples(b)), who) for a, b, who, _ in engine.script)
                return Diarization(turns, turns)

        return _Diarizer()

    def transcribe(
        self,
        waveform: np.ndarray,
        speech: Sequence[Span],
        *,
        language: str | None = None,
        likely: str | None = None,
        progress: Progress = silent,
    ) -> Transcript:
        self.asked.append("transcribe")
        words = []
        for start, end, _, text in self.script:
            spoken = text.split()
            step = min(0.4, (end - start) / len(spoken))
            words += [
                Word(Span(samples(start + i * step), samples(start + (i + 0.9) * step)), word, 0.9)
                for i, word in enumerate(spoken)
            ]
        return Transcript(tuple(words), language or "en", "fake")


def recording(path: Path, seconds: float = 121.0) -> Path:
    """A recording for the fake engine: it is never listened to, but it must be one."""
    noise = np.random.default_rng(len(path.name)).normal(0, 0.01, round(seconds * SAMPLE_RATE)).astype(np.float32)
    soundfile.write(path, noise, SAMPLE_RATE)
    return path
