"""How long things may take: a call, by its length, and anything that is asked of a disk or share that may be away.

A call gets ten minutes and five times its length; all tracks of a folder count. A machine of two cores needs a tenth of
its length, so only what hangs, or is thousands of times harder than a call, ever takes that long. The length is what
the file declares, or more once more has been decoded; where it declares none, its size at 32 kbit/s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from analyzer.errors import AnalyzerError
from analyzer.files import is_folder

T = TypeVar("T")

SLOWEST = 4_000
"""Bytes of a second of sound in a file that does not say how long it is."""
ASKED_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds: a call may take `least` and `factor` times its length.

    `ready` is for a process to start, `grace` for ending a stage once the time is up, and `dying` for a process to end
    when it is killed.
    """

    least: float = 600.0
    factor: float = 5.0
    ready: float = 600.0
    grace: float = 300.0
    dying: float = 5.0

    def of(self, length: float) -> float:
        """For a call of `length` seconds, 0 while that is not known."""
        return self.least + self.factor * length


@dataclass(slots=True)
class Clock:
    """How long a job has taken and may take; it stands still while a model is fetched, which the line limits."""

    limits: Limits
    length: float = 0.0
    stop_by: float | None = None
    _began: float = field(default_factory=time.monotonic)
    _fetching: float | None = None

    def start(self) -> None:
        """Begins to count."""
        self._began = time.monotonic()

    def told(self, stage: str, done: float) -> None:
        """Takes in how far a stage is."""
        now = time.monotonic()
        if self._fetching is not None:
            self._began += now - self._fetching
        self._fetching = now if stage.startswith("fetch ") else None
        if stage == "decode":
            self.length = max(self.length, done)

    def ask_to_stop(self) -> None:
        """From now on the job has the grace, and no more."""
        if self.stop_by is None:
            self.stop_by = time.monotonic() + self.limits.grace

    @property
    def took(self) -> float:
        """How many seconds it has been so far."""
        return (self._fetching or time.monotonic()) - self._began

    @property
    def is_over(self) -> bool:
        """Whether the job has taken longer than it may."""
        return self.took >= self.limits.of(self.length)

    @property
    def must_stop(self) -> bool:
        """Whether the grace after the job was asked to stop is over."""
        return self.stop_by is not None and time.monotonic() >= self.stop_by

    def says(self) -> str:
        """Why a job that is over was stopped."""
        limit = spoken(self.limits.of(self.length))
        if not self.length:
            return f"it took longer than {limit} before it could be read; it was stopped"
        return f"it took longer than {limit}, which is the limit for a call of {spoken(self.length)}; it was stopped"


def spoken(seconds: float) -> str:
    """A time for people: `12 min`, `40 s`, `3 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3 * 3600 else f"{seconds / 3600:.0f} h"


def declared_seconds(path: Path) -> float:
    """How much sound a recording says it holds, all tracks of a folder together; by its size where it does not say."""
    from analyzer.audio.opening import opened
    from analyzer.audio.recording import declared_length
    from analyzer.audio.tracks import tracks_of
    from analyzer.timeline import seconds

    found = 0.0
    for file in [track.path for track in tracks_of(path)] if is_folder(path) else [path]:
        with opened(file) as recording:
            length = declared_length(recording)
            found += seconds(length) if length is not None else recording.source.size / SLOWEST
    return found


def sound_in(path: Path) -> float:
    """As `declared_seconds`; 0 for what cannot be read, which the work on it will say."""
    try:
        return declared_seconds(path)
    except (AnalyzerError, OSError):
        return 0.0


class NoAnswerError(Exception):
    """What was asked has not been answered in time; whoever was to answer is left behind."""


def within(limit: float, work: Callable[[], T], *, give_up: Callable[[], bool] = lambda: False) -> T:
    """What `work` gives, or raises, within `limit` seconds; it is done by a thread, which is left behind when it hangs.

    Raises:
        NoAnswerError: there is no answer yet, and the time is over or `give_up` says so.
    """
    given: list[T] = []
    raised: list[BaseException] = []
    answered = threading.Event()

    def answer() -> None:
        try:
            given.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it was asked
            raised.append(error)
        finally:
            answered.set()

    threading.Thread(target=answer, daemon=True).start()
    until = time.monotonic() + limit
    while not answered.wait(min(ASKED_EVERY, max(0.0, until - time.monotonic()))):
        if time.monotonic() >= until or give_up():
            raise NoAnswerError
    if raised:
        raise raised[0]
    return given[0]
