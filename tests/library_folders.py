"""A folder of small recordings and a batch over it with the fake engine: for tests of the library's logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from analyzer.library.batch import run_folder
from analyzer.library.catalog import Catalog
from analyzer.library.crew import Crew, Inline, Processes
from analyzer.library.run import Options, Run, Telling
from analyzer.pipeline import Engine
from analyzer.settings import Settings
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.timeline import SAMPLE_RATE
from tests.fake_engine import SCRIPT, FakeEngine

SHORT = tuple((start / 250, end / 250, who, text) for start, end, who, text in SCRIPT)
"""The fake call in half a second, so that a thousand recordings of it are soon written."""


def fake(settings: Settings) -> Engine:
    """What a worker process calls to make its engine; found by its name, so it stands in a module."""
    return FakeEngine(SHORT)


def small(path: Path, seed: int, seconds: float = 0.5) -> Path:
    """A recording of its own content: short, for the fake engine never listens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 0.01, round(seconds * SAMPLE_RATE)).astype(np.float32)
    soundfile.write(path, noise, SAMPLE_RATE)
    return path


AT_ONCE = Options(settle=0.0)
NOBODY = Telling()


@dataclass
class Shelf:
    """A recordings folder with its output folder; `batch` goes through it once."""

    folder: Path
    out: Path
    settings: Settings = field(init=False)
    engine: FakeEngine = field(default_factory=lambda: FakeEngine(SHORT))
    url: str | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = Settings(out=self.out, sound="none")

    def crew(self) -> Crew:
        return Inline(lambda settings: self.engine, self.settings)

    def processes(self, count: int = 1) -> Crew:
        return Processes(self.settings, count, fake)

    def batch(self, options: Options = AT_ONCE, telling: Telling = NOBODY, crew: Crew | None = None) -> Run:
        self.out.mkdir(parents=True, exist_ok=True)
        crew = crew or self.crew()
        try:
            with Catalog.open(self.out, self.url) as catalog:
                return run_folder(self.folder, self.settings, catalog, crew, options, telling)
        finally:
            crew.close()

    def catalog(self) -> Catalog:
        return Catalog.open(self.out, self.url)


def cut(source: Path, target: Path, start: float, seconds: float) -> Path:
    """A part of a recording as a WAV of its own."""
    from analyzer.audio.excerpt import excerpt
    from analyzer.timeline import Span, samples

    soundfile.write(target, excerpt(source, Span(samples(start), samples(start + seconds))), SAMPLE_RATE)
    return target


class DiesOnB(FakeEngine):
    """Kills its own process when it hears the recording `b.wav`: as a decoder that crashes, or want of memory."""

    def diarizer(self, *args: object, **more: object) -> Diarizer:
        import os
        import signal
        import sys

        frame = sys._getframe()
        while frame is not None:
            job = frame.f_locals.get("job")
            if job is not None and job.path.name == "b.wav":
                os.kill(os.getpid(), signal.SIGKILL)
            frame = frame.f_back
        return super().diarizer()


def dies_on_b(settings: Settings) -> Engine:
    return DiesOnB(SHORT)


class Slow(FakeEngine):
    """Takes a moment for each recording, so that something can happen meanwhile."""

    def diarizer(self, *args: object, **more: object) -> Diarizer:
        import time

        time.sleep(1.0)
        return super().diarizer()


def slow_fake(settings: Settings) -> Engine:
    return Slow(SHORT)
