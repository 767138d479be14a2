"""The real command line with an engine that hears what it is told, for tests: `python -m tests.fake_analyzer batch …`.

The environment says how the engine behaves: `FAKE_ASKED` is a file to which it adds a line whenever a model is asked,
`FAKE_SLOW` the seconds that each recording takes it, `FAKE_LONG` that calls take two minutes and not half a second.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from analyzer.call import analysis as pipeline
from analyzer.call.engine import Engine
from analyzer.library import workers
from analyzer.people.voices.known_voices import MODEL
from analyzer.progress import Progress, silent
from analyzer.settings import Settings
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.profile import BALANCED, Profile
from analyzer.speech.recognition import Diarization, Voice
from analyzer.timeline import Span
from tests.fake_engine import SCRIPT, FakeEngine
from tests.library_folders import SHORT

VOICES = {
    "S1": (0.7310585, 0.6823212, 0.0, 0.0),
    "S2": (0.0, 0.0, 0.2689414, 0.9631568),
    "S3": (0.6823212, -0.7310585, 0.0, 0.0),
}
"""Fake voiceprints of unit length that are nothing like each other, of numbers that no other file holds."""


class Told(FakeEngine):
    """A fake engine that writes down what it is asked, and gives a voiceprint for each speaker."""

    def diarizer(self, progress: Progress = silent, *, profile: Profile = BALANCED) -> Diarizer:
        inner = self.diarize

        class _Diarizer:
            name = inner.name

            def __call__(
                self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent
            ) -> Diarization:
                _note("diarize")
                time.sleep(float(os.environ.get("FAKE_SLOW", "0")))
                heard = inner(waveform, speakers=speakers, progress=progress)
                return replace(heard, voices=tuple(Voice(who, numbers, 1.0) for who, numbers in VOICES.items()))

        return _Diarizer()

    def transcribe(self, waveform, speech: list[Span], *, language=None, likely=None, progress: Progress = silent):  # type: ignore[no-untyped-def]
        _note("transcribe")
        return super().transcribe(waveform, speech, language=language, progress=progress)


def _note(what: str) -> None:
    if "FAKE_ASKED" in os.environ:
        with Path(os.environ["FAKE_ASKED"]).open("a") as file:
            file.write(what + "\n")


def told(settings: Settings) -> Engine:
    return Told(SCRIPT if "FAKE_LONG" in os.environ else SHORT, MODEL)


def use_fakes(processes: Callable[..., workers.Processes]) -> None:
    """Puts the fake engine in the place of the real one, in this process and in the workers of `processes`."""
    workers.Processes = processes  # type: ignore[misc,assignment]
    pipeline.LocalEngine = lambda **_: told(Settings())  # type: ignore[misc,assignment]


if __name__ == "__main__":
    from analyzer.cli.main import main

    use_fakes(functools.partial(workers.Processes, make=told))
    main()
