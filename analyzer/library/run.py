"""What a run over a folder is given and gives back: its options, who is told, and what it did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from analyzer.errors import ExitCode, visible
from analyzer.library.call_work import Outcome
from analyzer.library.catalog.catalog import Failure
from analyzer.library.summary import CallSummary
from analyzer.library.workers import Progressed

WAITS = (dt.timedelta(hours=1), dt.timedelta(hours=4), dt.timedelta(hours=20), dt.timedelta(hours=68))
"""How long a failing call is left alone, try after try; after the last it is quarantined."""
ROOM = 500_000_000
"""Bytes that must be free in the output folder before another call begins."""

Event_ = Literal["found", "waiting", "nothing_new", "started", "done", "refreshed", "failed", "stopped", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a folder is gone through.

    `patient`: what failed is left alone for a while, and for good once quarantined (a night); otherwise everything that
    is not done is tried. `settle` and `until` are seconds: how long a file must not have changed, and how much time
    there is (None: as much as it takes); `stop` says when it is up before.
    """

    settle: float = 30.0
    patient: bool = False
    until: float | None = None
    room: int = ROOM
    stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Telling:
    """What whoever runs the batch is told while it runs."""

    event: Callable[[Event_, Path | None, Outcome | Failure | int | None], None] = lambda *_: None
    progress: Callable[[Progressed], None] = lambda _: None


@dataclass(slots=True)
class Run:
    """What a run did. `unchanged` calls had nothing new; `elsewhere` are those that another run has."""

    started: dt.datetime
    ended: dt.datetime | None = None
    done: list[CallSummary] = field(default_factory=list)
    refreshed: list[CallSummary] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    waiting: list[Failure] = field(default_factory=list)
    growing: list[Path] = field(default_factory=list)
    unread: dict[Path, str] = field(default_factory=dict)
    """Folders and files that could not be looked into, and why."""
    passed_over: dict[Path, str] = field(default_factory=dict)
    """Files that were not looked at, and why."""
    offers: tuple[str, ...] = ()
    """In words, which calls may be two parts of one."""
    elsewhere: list[Path] = field(default_factory=list)
    unchanged: int = 0
    stopped_by: str | None = None
    fatal: Outcome | None = None

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        if self.fatal is not None:
            return self.fatal.exit_code
        return ExitCode.SOME_FAILED if self.failed else ExitCode.OK


def reason(failure: Failure) -> str:
    """Why something failed, without the path with which the message begins: where it is shown after it."""
    return failure.message.removeprefix(visible(failure.path) + ": ")


def now() -> dt.datetime:
    """The machine's time."""
    return dt.datetime.now(dt.UTC)
