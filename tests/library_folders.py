"""A folder of small recordings and a batch over it with the fake engine: for tests of the library's logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from analyzer.call.engine import Engine
from analyzer.library.batch import run_folder
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.run import Options, Run, Telling
from analyzer.library.workers import Inline, Processes, Workers
from analyzer.settings import Settings
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.timeline import SAMPLE_RATE
from tests.fake_engine import SCRIPT, FakeEngine
from tests.plans import attendees

SHORT = tuple((start / 250, end / 250, who, text) for start, end, who, text in SCRIPT)
"""The fake call in half a second, so that a thousand recordings of it are soon written."""

PLAN = 'reason = "the offer"\n' + attendees("Dana Reyes", "Ray Kowalski")
"""A plan that holds for any recording beside it."""


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

    def workers(self) -> Workers:
        return Inline(lambda settings: self.engine, self.settings)

    def processes(self, count: int = 1) -> Workers:
        return Processes(self.settings, count, fake)

    def batch(self, options: Options = AT_ONCE, telling: Telling = NOBODY, workers: Workers | None = None) -> Run:
        self.out.mkdir(parents=True, exist_ok=True)
        workers = workers or self.workers()
        try:
            with Catalog.open(self.out, self.url) as catalog:
                return run_folder(self.folder, self.settings, catalog, workers, options, telling)
        finally:
            workers.close()

    def catalog(self) -> Catalog:
        return Catalog.open(self.out, self.url)


def cut(source: Path, target: Path, start: float, seconds: float) -> Path:
    """A part of a recording as a WAV of its own."""
    from analyzer.audio.excerpt import excerpt
    from analyzer.timeline import Span, samples

    soundfile.write(target, excerpt(source, Span(samples(start), samples(start + seconds))), SAMPLE_RATE)
    return target


def at_work_on() -> str:
    """The name of the recording that the calling engine was asked about."""
    import sys

    frame = sys._getframe()
    while frame is not None:
        job = frame.f_locals.get("job")
        if job is not None:
            return str(job.path.name)
        frame = frame.f_back
    return ""


class OnB(FakeEngine):
    """Does something of its own when it hears the recording `b.wav`, once it has said so in the file `marks`."""

    marks = Path()

    def diarizer(self, *args: object, **more: object) -> Diarizer:
        import os

        if at_work_on() == "b.wav":
            with self.marks.open("a") as file:
                file.write(f"{os.getpid()}\n")
            self.on_b()
        return super().diarizer()

    def on_b(self) -> None:
        """What it does."""


def marks_of(settings: Settings) -> Path:
    """Where engines of a test say what they did: beside the results."""
    return settings.out.parent / "marks"


def _on_b(kind: type[OnB], settings: Settings) -> Engine:
    engine = kind(SHORT)
    engine.marks = marks_of(settings)
    return engine


class DiesOnB(OnB):
    """Kills its own process: as a decoder that crashes, or want of memory."""

    def on_b(self) -> None:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)


def dies_on_b(settings: Settings) -> Engine:
    return _on_b(DiesOnB, settings)


class HangsOnB(OnB):
    """Never comes back, and has started another process that does not either, whose number is its second mark."""

    def on_b(self) -> None:
        import subprocess
        import threading

        child = subprocess.Popen(["sleep", "100000"])
        with self.marks.open("a") as file:
            file.write(f"{child.pid}\n")
        threading.Event().wait()


def hangs_on_b(settings: Settings) -> Engine:
    return _on_b(HangsOnB, settings)


class FreezesOnB(OnB):
    """Stops its own process as the system does with one whose disk is away: no code of ours runs in it any more."""

    def on_b(self) -> None:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGSTOP)


def freezes_on_b(settings: Settings) -> Engine:
    return _on_b(FreezesOnB, settings)


def no_engine(settings: Settings) -> Engine:
    """As where a device is asked for that is not there."""
    from analyzer.errors import DeviceError

    raise DeviceError("there is no such device", where="cuda:7", todo="Choose another")


def broken_engine(settings: Settings) -> Engine:
    """As an installation in which a package is broken."""
    raise ImportError("libsomething.so.3: cannot open shared object file")


def killed_at_start(settings: Settings) -> Engine:
    """As where there is too little memory for a process to start, each time."""
    import os
    import signal

    with marks_of(settings).open("a") as file:
        file.write(f"{os.getpid()}\n")
    os.kill(os.getpid(), signal.SIGKILL)
    return fake(settings)


def killed_at_first_start(settings: Settings) -> Engine:
    """As where there was too little memory once."""
    return fake(settings) if marks_of(settings).exists() else killed_at_start(settings)


class Slow(FakeEngine):
    """Takes a moment for each recording, so that something can happen meanwhile."""

    def diarizer(self, *args: object, **more: object) -> Diarizer:
        import time

        time.sleep(1.0)
        return super().diarizer()


def slow_fake(settings: Settings) -> Engine:
    return Slow(SHORT)
