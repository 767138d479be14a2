"""A folder of small recordings and a batch over it with the fake engine: for tests of the library's logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from analyzer.library.batch import Options, Run, Telling, run_folder
from analyzer.library.catalog import Catalog
from analyzer.library.crew import Crew, Inline, Processes
from analyzer.pipeline import Engine
from analyzer.settings import Settings
from analyzer.timeline import SAMPLE_RATE
from tests.fake_engine import FakeEngine


def fake(settings: Settings) -> Engine:
    """What a worker process calls to make its engine; found by its name, so it stands in a module."""
    return FakeEngine()


def small(path: Path, seed: int, seconds: float = 0.5) -> Path:
    """A recording of its own content: short, for the fake engine never listens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 0.01, round(seconds * SAMPLE_RATE)).astype(np.float32)
    soundfile.write(path, noise, SAMPLE_RATE)
    return path


@dataclass
class Shelf:
    """A recordings folder with its output folder; `batch` goes through it once."""

    folder: Path
    out: Path
    settings: Settings = field(init=False)
    engine: FakeEngine = field(default_factory=FakeEngine)
    url: str | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = Settings(out=self.out, sound="none")

    def crew(self) -> Crew:
        return Inline(lambda settings: self.engine, self.settings)

    def processes(self, count: int = 1) -> Crew:
        return Processes(self.settings, count, fake)

    def batch(
        self, options: Options = Options(settle=0.0), telling: Telling = Telling(), crew: Crew | None = None
    ) -> Run:
        self.out.mkdir(parents=True, exist_ok=True)
        crew = crew or self.crew()
        try:
            with Catalog.open(self.out, self.url) as catalog:
                return run_folder(self.folder, self.settings, catalog, crew, options, telling)
        finally:
            crew.close()

    def catalog(self) -> Catalog:
        return Catalog.open(self.out, self.url)
