"""The work on one call, in whichever process: it is analysed, or made again from its recognition, and written.

A job goes to a worker as data and an outcome comes back as data; a worker knows no catalog. Every failure comes back as
an outcome too: one bad call never stops the rest.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from analyzer.call.engine import Engine, LocalEngine
from analyzer.call.folder import CALL_FILE, claim, read_owner, recording_of
from analyzer.call.kept import corrections_of
from analyzer.debrief.results import read_call
from analyzer.errors import AnalyzerError, DeviceError, ExitCode, LibraryError, ModelError, places_of, visible
from analyzer.files import is_there, write_atomically
from analyzer.library.summary import CallSummary, summarise
from analyzer.progress import Progress, silent
from analyzer.session import Done, analysed_call, finish, recorded, report_call
from analyzer.settings import Settings
from analyzer.speech.recognition_cache import FILE as HEARD_FILE

LIBRARY_FILE = ".library.json"
"""What the library keeps beside a call's results: the fingerprint they were made with, and the recording's own date."""

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

    def folder_is_whole(self) -> bool:
        """Whether the recognition is kept, so that a result can be made again without the models."""
        return self.folder is not None and is_there(self.folder / CALL_FILE) and is_there(self.folder / HEARD_FILE)


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
    if isinstance(error, AnalyzerError):
        fatal = isinstance(error, LibraryError | ModelError | DeviceError)
        return _failed(job, error.line(), error.exit_code, can_retry=error.can_retry, fatal=fatal)
    if isinstance(error, OSError | MemoryError):
        what = getattr(error, "strerror", None) or str(error) or "out of memory"
        return _failed(job, f"{job.path}: {what}.", can_retry=True)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return _failed(job, f"{job.path}: this is a fault in analyzer ({what}). Please report it.")


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
    if job.kind == "refresh" and job.folder is not None:
        if recording_of(job.folder) != job.path.resolve():
            claim(job.folder, recorded(read_call(job.folder / CALL_FILE), job.path))
        done = analysed_call(job.folder, job.settings, engine=engine, progress=progress)
    else:
        done = report_call(job.path, job.settings, engine=engine, progress=progress)
    if done.record.recording.sha256 != job.sha256 or stamp_of(job.path) != job.stamp:
        return Outcome(job, "changed", message=f"{job.path}: it was changed while it was analysed.")
    done = finish(done, job.settings)
    keep_inputs(done.folder, job)
    return finished(job, done)


def finished(job: Job, done: Done) -> Outcome:
    """The outcome of a job whose results are written."""
    return Outcome(
        job,
        "done",
        summary=summarise(done.record, folder=done.folder.name, date=job.recorded_on),
        record_stamp=record_stamp(done.folder),
    )


def keep_inputs(folder: Path, job: Job) -> None:
    """Notes beside the results what they were made with."""
    content = {"inputs": job.inputs, "recorded_on": job.recorded_on.isoformat(), "recording": job.sha256}
    write_atomically(folder / LIBRARY_FILE, json.dumps(content).encode())


def kept_inputs(folder: Path) -> tuple[str | None, dt.date | None]:
    """What `keep_inputs` noted: the fingerprint and the recording's date, None where there is none.

    What was noted about another recording, or about this one while it was still growing, is none.
    """
    try:
        content = json.loads((folder / LIBRARY_FILE).read_bytes())
        owner = read_owner(folder)
        if owner is not None and content.get("recording", owner.sha256) != owner.sha256:
            return None, None
        return str(content["inputs"]), dt.date.fromisoformat(content["recorded_on"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, None


def record_stamp(folder: Path) -> str | None:
    """What changes when a call's record is written again; None when there is none."""
    try:
        state = (folder / CALL_FILE).stat()
    except OSError:
        return None
    return f"{state.st_size}:{state.st_mtime_ns}"


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Size and time of a recording, a folder of tracks as `scan` counts it; None when it is gone."""
    from analyzer.library.scan import look

    found = look(path)
    return None if found is None else found.stamp


def indexed(folder: Path) -> tuple[CallSummary, str | None]:
    """A results folder as the library keeps it: its summary and fingerprint.

    Raises:
        BadFileError: its record or corrections are not what this program wrote.
    """
    inputs, date = kept_inputs(folder)
    corrections_of(folder)  # they are in the record; whether they can be read is told too
    return summarise(read_call(folder / CALL_FILE), folder=folder.name, date=date), inputs
