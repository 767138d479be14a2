"""One recording through one system, in a process of its own: `python -m analyzer.bench.worker ORDER.json`.

A fresh process makes memory and start-up the system's own. What it heard goes into `heard.json` in the order's folder,
what it cost into `cost.json` beside it. The time of each stage is what passes between a stage's first word to its
`Progress` and the next stage's.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.progress import Progress

if TYPE_CHECKING:
    from analyzer.speech.diarization.diarizer import Diarizer
    from analyzer.speech.profile import Profile
    from analyzer.speech.transcription.whisper import Transcriber

COST = "cost.json"
STOCK = "stock"
KINDS = {"decode": "decode", "segmentation": "diarize", "voices": "diarize", "diarize": "diarize"}
"""Which stage of the table a stage of the pipeline belongs to; what is in neither is in `rest`."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to run: `system` is a profile's name or `stock`."""

    system: str
    recording: str
    folder: str
    transcript: bool = True
    language: str | None = None
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by stage (`decode`, `diarize`, `transcribe`; `load` is the models' way into memory), and the whole
    process from its first line, without the interpreter's own start; `memory` is the peak in bytes, None if unknown."""

    stages: dict[str, float]
    wall: float
    memory: int | None


@dataclass
class StageClock:
    """A `Progress` that notes the seconds of each stage, whichever way stages take turns."""

    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str | None = None
    _since: float = 0.0

    def __call__(self, stage: str, done: float, total: float | None) -> None:
        """As `Progress` says."""
        stage = KINDS.get(stage, stage)
        if stage != self._stage:
            self.stop()
            self._stage, self._since = stage, time.perf_counter()

    def stop(self) -> None:
        """Nothing runs until the next word."""
        if self._stage is not None:
            passed = time.perf_counter() - self._since
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + passed
        self._stage = None


def peak_memory() -> int | None:
    """The most memory that this process has held, in bytes; None where the system does not tell.

    Linux's own figure, because `getrusage` hands a child its parent's.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)


def run(order: Order) -> Cost:
    """Runs the order and leaves `heard.json` in its folder."""
    began = time.perf_counter()
    clock = StageClock()
    if order.system == STOCK:
        _stock(order, clock)
    else:
        _ours(order, clock)
    clock.stop()
    return Cost(clock.seconds, time.perf_counter() - began, peak_memory())


def _ours(order: Order, clock: StageClock) -> None:
    from analyzer.call.engine import LocalEngine
    from analyzer.call.folder import CallFolder
    from analyzer.session import analyse
    from analyzer.settings import Settings

    class Timed(LocalEngine):
        """Loading Whisper and opening the results are not the diarizer's time."""

        def diarizer(self, progress: Progress = clock, **options: Profile) -> Diarizer:
            clock("load", 0, None)
            return super().diarizer(progress, **options)

        def transcriber(self, model: str, progress: Progress = clock, **options: Profile) -> Transcriber:
            clock("load", 0, None)
            loaded = super().transcriber(model, progress, **options)
            clock("transcribe", 0, None)
            return loaded

    settings = Settings(
        out=Path(order.folder) / "results",
        transcript=order.transcript,
        language=order.language,
        profile=order.system,
        device=order.device,
    )
    done = analyse(
        Path(order.recording),
        settings,
        engine=Timed(device=order.device),
        progress=clock,
        check=lambda _: clock("report", 0, None),
    )
    clock.stop()
    recognition = done.folder.recognition()
    assert recognition is not None
    CallFolder(Path(order.folder)).keep_recognition(recognition)


def _stock(order: Order, clock: StageClock) -> None:
    from analyzer.audio.decode import decode
    from analyzer.audio.recording import probe
    from analyzer.bench.stock import StockStack
    from analyzer.call.folder import CallFolder
    from analyzer.speech.models.store import ModelStore
    from analyzer.speech.recognition_cache import RecognitionCache

    stack = StockStack(ModelStore())
    recording = probe(Path(order.recording))
    waveform = decode(recording.path, progress=clock).mono()
    found = stack.diarize(waveform, progress=clock)
    words = stack.transcribe(waveform, language=order.language, progress=clock) if order.transcript else None
    clock("report", 0, None)
    recognition = RecognitionCache(
        recording.sha256, len(waveform), diarizer="pyannote.audio", diarization=found, transcript=words
    )
    CallFolder(Path(order.folder)).keep_recognition(recognition)


def main() -> None:
    """Runs the order that the file on the command line holds; a failure ends in its exit code, its line on stderr."""
    from analyzer.errors import AnalyzerError

    order = Order(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    try:
        cost = run(order)
    except AnalyzerError as error:
        sys.stderr.write(error.line() + "\n")
        raise SystemExit(error.exit_code) from error
    (Path(order.folder) / COST).write_text(json.dumps(asdict(cost)), encoding="utf-8")


if __name__ == "__main__":
    main()
