"""The work on one call, in whichever process: it is analysed, or made again from its recognition, and written.

A job goes to a worker as data and an outcome comes back as data; a worker knows no catalog. Every failure comes back as
an outcome too: one bad call never stops the rest.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from analyzer.audio.recording import Recording
from analyzer.call.engine import Engine, LocalEngine
from analyzer.call.folder import CALL_FILE, HEARD_FILE, CallFolder
from analyzer.debrief.results import read_call
from analyzer.errors import AnalyzerError, DeviceError, ExitCode, LibraryError, ModelError, fault, places_of, visible
from analyzer.library.catalog.searching import said_in
from analyzer.library.summary import CallSummary, summarise
from analyzer.progress import Progress, silent
from analyzer.session import Done, analyse, recorded, refresh
from analyzer.settings import Settings

UP = "the time was up; what was finished is kept"

Kind = Literal["analyse", "refresh"]
Result = Literal["done", "failed", "stopped", "changed"]


@dataclass(frozen=True, slots=True)
class Job:
    """One call to do; `folder` is that of its results where it has some.

    `stamp` is the recording's size and time when it was hashed: when it differs after the work, the file was changed
    meanwhile and what came out is not the recording's.
    """

    sha256: str
    path: Path
    kind: Kind
    settings: Settings
    inputs: str
    stamp: tuple[int, int]
    recorded_on: dt.date
    folder: Path | None = None
    others: tuple[Path, ...] = ()
    """The other files of its meeting, which are not heard."""

    def folder_is_whole(self) -> bool:
        """Whether the recognition is kept, so that a result can be made again without the models."""
        folder = CallFolder(self.folder) if self.folder is not None else None
        return folder is not None and folder.has(CALL_FILE) and folder.has(HEARD_FILE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    `fatal` says that the others would fail alike (no room, no model, no such device), `no_worker` that no worker could
    even begin, whatever the recording.
    """

    job: Job
    result: Result
    summary: CallSummary | None = None
    record_stamp: str | None = None
    said: str = ""
    """What was said on it, to be searched."""
    exit_code: int = ExitCode.OK
    message: str = ""
    can_retry: bool = False
    fatal: bool = False
    no_worker: bool = False
    places: str = ""
    """Where in the program it failed, for the log of the driver."""
    stages: dict[str, float] = field(default_factory=dict)


class MakeEngine(Protocol):
    """Makes the engine of a worker; it goes to another process by its name."""

    def __call__(self, settings: Settings) -> Engine:
        """The engine for a worker with these settings."""


def local_engine(settings: Settings) -> Engine:
    """The real models."""
    return LocalEngine(device=settings.device)


class StoppedError(Exception):
    """The time is up: raised between two stages, when what was finished is kept."""


class ChangedError(Exception):
    """The recording was changed while it was analysed: raised before anything is written about it."""


@dataclass(slots=True)
class Staged:
    """A `Progress` that times each stage, passes everything on, and stops where a new stage begins once asked to."""

    tell: Progress
    stop: StopAsked
    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str | None = None
    _began: float = 0.0

    def __call__(self, stage: str, done: float, total: float | None) -> None:
        """Tells how far a stage is.

        Raises:
            StoppedError: another stage begins and it was asked to stop.
        """
        if stage != self._stage:
            self.close()
            if self.stop():
                raise StoppedError
            self._stage, self._began = stage, time.monotonic()
        self.tell(stage, done, total)

    def close(self) -> None:
        """Ends the stage that runs."""
        if self._stage is not None:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + time.monotonic() - self._began
            self._stage = None


class StopAsked(Protocol):
    """Whether to stop."""

    def __call__(self) -> bool:
        """True once somebody asked to stop."""


def do(job: Job, engine: Engine, *, progress: Progress = silent, stop: StopAsked = lambda: False) -> Outcome:
    """Does a job and says what became of it; raises nothing but what stops the process."""
    staged = Staged(progress, stop)
    try:
        if stop():
            raise StoppedError
        outcome = _done(job, engine, staged)
    except Exception as error:  # noqa: BLE001 - even a fault of ours in one call must not cost the others
        outcome = replace(failure_of(job, error), places=places_of(error))
    staged.close()
    return replace(outcome, stages=staged.seconds)


def failure_of(job: Job, error: Exception) -> Outcome:
    """What stopped a job, as its outcome."""
    if isinstance(error, StoppedError):
        return Outcome(job, "stopped", message=UP)
    if isinstance(error, ChangedError):
        return Outcome(job, "changed", message=f"{job.path}: it was changed while it was analysed.")
    if isinstance(error, AnalyzerError):
        fatal = isinstance(error, LibraryError | ModelError | DeviceError)
        return _failed(job, error.line(), error.exit_code, can_retry=error.can_retry, fatal=fatal)
    if isinstance(error, OSError | MemoryError):
        what = getattr(error, "strerror", None) or str(error) or "out of memory"
        return _failed(job, f"{job.path}: {what}.", can_retry=True)
    return _failed(job, f"{job.path}: {fault(error)}.")


def _failed(
    job: Job,
    message: str,
    exit_code: int = ExitCode.LIBRARY,
    *,
    can_retry: bool = False,
    fatal: bool = False,
) -> Outcome:
    message = visible(message)  # a file's name may have a new line in it
    return Outcome(job, "failed", exit_code=exit_code, message=message, can_retry=can_retry, fatal=fatal)


def _done(job: Job, engine: Engine, progress: Progress) -> Outcome:
    def check(recording: Recording) -> None:
        if recording.sha256 != job.sha256 or stamp_of(job.path) != job.stamp:
            raise ChangedError

    if job.kind == "refresh" and job.folder is not None:
        folder = CallFolder(job.folder)
        folder.claim(recorded(read_call(folder), job.path), job.others)
        done = refresh(job.folder, job.settings, engine, progress=progress, check=check)
    else:
        done = analyse(job.path, job.settings, others=job.others, engine=engine, progress=progress, check=check)
    done.folder.keep_made_with(job.inputs, job.recorded_on, job.sha256)
    return finished(job, done)


def finished(job: Job, done: Done) -> Outcome:
    """The outcome of a job whose results are written."""
    return Outcome(
        job,
        "done",
        summary=summarise(done.record, folder=done.folder.name, date=job.recorded_on),
        record_stamp=done.folder.stamp(),
        said=said_in(done.record),
    )


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Size and time of a recording, a folder of tracks as `scan` counts it; None when it is gone."""
    from analyzer.library.scan import look

    found = look(path)
    return None if found is None else found.stamp


def indexed(folder: CallFolder) -> tuple[CallSummary, str | None, str]:
    """A results folder as the library keeps it: its summary, its fingerprint, and what was said on the call.

    Raises:
        BadFileError: its record or corrections are not what this program wrote.
    """
    inputs, date = folder.made_with()
    folder.corrections()  # they are in the record; whether they can be read is told too
    record = read_call(folder)
    return summarise(record, folder=folder.name, date=date), inputs, said_in(record)
