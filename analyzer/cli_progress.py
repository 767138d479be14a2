"""What a person sees of progress: bars on a terminal, one plain line a stage elsewhere. All of it on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from analyzer.progress import Progress

STAGES = {
    "decode": "Reading the recording",
    "load": "Loading the models",
    "segmentation": "Finding speech",
    "voices": "Comparing voices",
    "transcribe": "Transcribing",
}


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A `Progress` that shows itself while the block runs."""
    if sys.stderr.isatty():
        with _bars() as progress:
            yield progress
    else:
        with _lines() as progress:
            yield progress


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:

        def progress(stage: str, done: float, total: float | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_name(stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield progress


@contextmanager
def _lines() -> Iterator[Progress]:
    began: dict[str, float] = {}
    current: list[str] = []

    def close() -> None:
        if current:
            stage = current.pop()
            _print(f"{_name(stage)}: {time.monotonic() - began[stage]:.1f} s")

    def progress(stage: str, done: float, total: float | None) -> None:
        if current != [stage]:
            close()
            began.setdefault(stage, time.monotonic())
            current.append(stage)

    try:
        yield progress
    finally:
        close()


def _name(stage: str) -> str:
    if stage.startswith("fetch "):
        return f"Fetching {stage.removeprefix('fetch ')}"
    return STAGES.get(stage, stage)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
