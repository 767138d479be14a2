"""What a person sees of progress: bars on a terminal, one plain line a stage elsewhere. All of it on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.cli.lines import say_json, tell
from analyzer.errors import visible
from analyzer.progress import Progress, in_words

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from typing_extensions import TypeIs

    from analyzer.library.call_work import Outcome
    from analyzer.library.catalog.catalog import Failure
    from analyzer.library.run import Telling
    from analyzer.library.workers import Progressed


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A `Progress` that shows itself while the block runs."""
    if _can_be_drawn():
        with _bars() as progress:
            yield progress
    else:
        with _lines() as progress:
            yield progress


def _can_be_drawn() -> bool:
    """Whether stderr is a terminal on which a bar can move."""
    return sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as bars:

        def progress(stage: str, done: float, total: float | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(in_words(stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield progress


@contextmanager
def _lines() -> Iterator[Progress]:
    began: dict[str, float] = {}
    current: list[str] = []

    def close() -> None:
        if current:
            stage = current.pop()
            tell(f"{in_words(stage)}: {time.monotonic() - began[stage]:.1f} s")

    def progress(stage: str, done: float, total: float | None) -> None:
        if current != [stage]:
            close()
            began.setdefault(stage, time.monotonic())
            current.append(stage)

    try:
        yield progress
    finally:
        close()


@contextmanager
def shown_batch(*, as_json: bool = False) -> Iterator[Telling]:
    """What a person, or a program with `as_json`, sees of a batch while the block runs."""
    from analyzer.library.run import Telling

    lines = _JsonLines() if as_json else _BatchLines()
    if as_json or not _can_be_drawn():
        yield Telling(lines.event)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    what = TextColumn("{task.description}", markup=False)
    columns = (what, BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[at]}", markup=False))
    # Results that go into a file go there, whatever shows the progress.
    with Bars(*columns, console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as bars:
        yield _batch_bars(bars)


class TimeLeft:
    """How long a batch still takes: as long for each call as it took for those that were worked on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.total = self.gone = self.worked = 0
        self.began: float | None = None

    def event(self, event: str, more: object) -> None:
        """Notes what happened."""
        if event == "found" and isinstance(more, int):
            self.total, self.gone, self.worked, self.began = more, 0, 0, None
        elif event == "started":
            self.began = self.began if self.began is not None else self.clock()
        elif event in ENDS:
            self.gone += 1
            self.worked += event in ("done", "refreshed")

    def words(self) -> str:
        """How many are left and how long they take; nothing before one is done or when none is left."""
        left = self.total - self.gone
        if left <= 0 or not self.worked or self.began is None:
            return ""
        minutes = (self.clock() - self.began) / self.worked * left / 60
        if minutes < 1:
            return f"{left} left, under a minute"
        if minutes < 90:
            return f"{left} left, about {minutes:.0f} min"
        return f"{left} left, about {minutes / 60:.0f} h"


ENDS = frozenset(("nothing_new", "done", "refreshed", "failed", "stopped", "elsewhere"))
"""What a recording's part in a run ends with."""


class _BatchLines:
    """A plain line for each thing that happens; a watching job does not say at each look how much it found."""

    def __init__(self) -> None:
        self.found: int | None = None
        self.time = TimeLeft()

    def event(self, event: str, path: Path | None, more: Outcome | Failure | int | None) -> None:
        self.time.event(event, more)
        if event == "nothing_new":
            return
        if isinstance(more, int):
            count = f"{more} recording" if more == 1 else f"{more} recordings"
            if event == "waiting":
                tell(f"{count} changed lately: waiting to see whether they still grow")
            elif more != self.found:
                tell(f"{count} found")
                self.found = more
        elif event == "started":
            tell(f"{path}: begun")
        elif event == "failed" and more is not None:
            tell(f"failed: {more.message}")
        elif more is None or _is_failure(more):
            tell(f"{path}: {_EVENTS[event]}")
        else:
            took = sum(more.stages.values())
            summary = f", led: {more.summary.record.lead.led.replace('_', ' ')}" if more.summary is not None else ""
            left = f" ({words})" if (words := self.time.words()) else ""
            tell(f"{path}: {_EVENTS[event]} in {took:.1f} s{summary}{left}")


_EVENTS = {
    "done": "done",
    "refreshed": "made again",
    "failed": "failed",
    "stopped": "stopped, as the time was up",
    "elsewhere": "another run is doing it",
}


def _is_failure(more: object) -> TypeIs[Failure]:
    from analyzer.library.catalog.catalog import Failure

    return isinstance(more, Failure)


class _JsonLines:
    """A line of JSON on stdout for each call that ends."""

    def event(self, event: str, path: Path | None, more: Outcome | Failure | int | None) -> None:
        if path is None or event in ("started", "nothing_new"):
            return
        line: dict[str, object] = {"event": event, "recording": str(path)}
        if _is_failure(more):
            line |= {"exit": int(more.exit_code), "message": more.message, "retry": more.retryable}
        elif more is not None and not isinstance(more, int):
            summary = more.summary
            if summary is not None:
                lead, found = summary.record.lead, summary.lead_share()
                interval = found.interval if found is not None else None
                line |= {
                    "sha256": summary.sha256,
                    "folder": summary.folder,
                    "led": lead.led,
                    "team_took_part": lead.team_took_part,
                    "reason": lead.reason,
                    "basis": lead.basis,
                    "lead_share": None if found is None else found.share.value,
                    "low": None if interval is None else interval.low,
                    "high": None if interval is None else interval.high,
                }
            line["seconds"] = {stage: round(took, 2) for stage, took in more.stages.items()}
            if event == "failed":
                line |= {"exit": int(more.exit_code), "message": more.message, "retry": more.can_retry}
        say_json(json.dumps(line, ensure_ascii=False))


def _batch_bars(bars: Bars) -> Telling:
    from analyzer.library.run import Telling

    whole = bars.add_task("calls", total=None, at="")
    one: dict[Path, TaskID] = {}
    left = TimeLeft()

    def event(event: str, path: Path | None, more: Outcome | Failure | int | None) -> None:
        left.event(event, more)
        if event == "found" and isinstance(more, int):
            bars.reset(whole, total=more)
        elif event == "waiting":
            bars.update(whole, at=f"{more} changed lately: waiting to see whether they still grow")
        elif event == "started" and path is not None:
            bars.update(whole, at=left.words())
            one[path] = bars.add_task(visible(path.name), total=None, at="")
        elif path is not None:
            bars.advance(whole)
            bars.update(whole, at=left.words())
            if path in one:
                bars.remove_task(one.pop(path))
            if event == "failed" and more is not None and not isinstance(more, int):
                bars.console.print(visible(f"failed: {more.message}"), markup=False, highlight=False)

    def progress(at: Progressed) -> None:
        if at.job.path in one:
            bars.update(one[at.job.path], completed=at.done, total=at.total, at=in_words(at.stage))

    return Telling(event, progress)
