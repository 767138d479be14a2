"""The workers: processes that load the models once each and do one job after another.

A worker is always another process, even a single one: what crashes in a decoder, hangs, or is killed for want of memory
costs one call, and a new worker goes on. What takes longer than a call may (`limits`) is killed; a process that does
not even end then, because it waits for a disk or a share, is left behind. A worker ends by itself when the driver is
gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Protocol

from analyzer.errors import AnalyzerError, ExitCode
from analyzer.library.call_work import UP, Job, MakeEngine, Outcome, do, local_engine
from analyzer.library.limits import Clock, Limits, sound_in, spoken
from analyzer.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

WATCH_EVERY = 1.0
"""Seconds between two looks of a worker at whether its driver still lives."""
TELL_EVERY = 0.5
"""Seconds between two reports on one stage: progress is for eyes."""
STARTS = 3
"""How many workers in a row may be killed before they are ready: with want of memory the next one may have enough."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a job is: `done` of `total` of a stage."""

    job: Job
    stage: str
    done: float
    total: float | None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A worker has made its engine."""


@dataclass(frozen=True, slots=True)
class _Unable:
    """A worker cannot make its engine, and no other could."""

    message: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class _Length:
    """How many seconds of sound the job under way declares."""

    seconds: float


class Workers(Protocol):
    """Those who do jobs, however many and wherever."""

    @property
    def free(self) -> int:
        """How many jobs could begin now."""

    def give(self, job: Job) -> None:
        """Gives a job to somebody free."""

    def events(self, timeout: float) -> Iterator[Progressed | Outcome]:
        """What happened, after at most `timeout` seconds; each job given ends in one `Outcome`."""

    def ask_to_stop(self) -> None:
        """Lets every job end where its stage ends, and ends by force those that do not within a while."""

    def close(self) -> None:
        """Ends everybody at once; unfinished jobs are dropped."""


def _work(connection: Connection, make: MakeEngine, settings: Settings, cores: tuple[int, ...], nice: int = 0) -> None:
    """What a worker process runs: jobs in, progress and outcomes out, until the connection ends.

    Whatever comes in while a job is under way asks to stop.
    """
    if hasattr(os, "setsid"):
        os.setsid()  # so that whatever it starts is killed along with it
    _let_go_of_output()
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the driver, which decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    if cores and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)
        os.environ["OMP_NUM_THREADS"] = str(len(cores))
    try:
        engine = make(settings)
    except Exception as error:  # noqa: BLE001 - whatever it is, the driver says it in one line
        unable = _Unable(_cannot_start(f"{type(error).__name__}: {error}"), ExitCode.LIBRARY)
        if isinstance(error, AnalyzerError):
            unable = _Unable(error.line(), error.exit_code)
        with contextlib.suppress(OSError):
            connection.send(unable)
        return
    last: dict[str, float] = {}

    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        connection.send(_Ready())
        while True:
            job: Job | None = connection.recv()
            if job is None:  # asked to stop, after the job had ended
                continue
            last.clear()

            def tell(stage: str, done: float, total: float | None, job: Job = job) -> None:
                if time.monotonic() - last.get(stage, -TELL_EVERY) >= TELL_EVERY:
                    last[stage] = time.monotonic()
                    connection.send(Progressed(job, stage, done, total))

            connection.send(_Length(sound_in(job.path)))
            connection.send(do(job, engine, progress=tell, stop=connection.poll))


def _let_go_of_output() -> None:
    """Keeps a process that is left behind from keeping open what the driver's output is piped into.

    The process that watches over shared memory has that output too, and lives as long as any of us holds on to it.
    """
    watching = resource_tracker._resource_tracker
    with contextlib.suppress(OSError):
        os.dup2(2, 1)
        if watching._fd is not None:  # type: ignore[attr-defined]
            os.close(watching._fd)  # type: ignore[attr-defined]
            watching._fd = None  # type: ignore[attr-defined]


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_EVERY)
    os._exit(1)


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    job: Job | None = None
    clock: Clock = field(default_factory=lambda: Clock(Limits()))
    ready: bool = False


@dataclass(slots=True)
class Processes:
    """A set of `count` processes on this machine, each with its part of the processors."""

    settings: Settings
    count: int = 1
    make: MakeEngine = local_engine
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    nice: int = 0
    """How much they stand back behind the other processes of this machine, as `nice` counts it."""
    _workers: list[_Worker] = field(default_factory=list)
    _undone: list[Outcome] = field(default_factory=list)
    _lost_at_start: int = 0

    def __post_init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")

    _context: multiprocessing.context.SpawnContext = field(init=False, repr=False)

    @property
    def free(self) -> int:
        """How many jobs could begin now."""
        return self.count - len(self._undone) - sum(worker.job is not None for worker in self._workers)

    def give(self, job: Job) -> None:
        """Gives a job to an idle worker, or to a new one."""
        worker = next((worker for worker in self._workers if worker.job is None), None)
        try:
            worker = worker or self._new()
        except OSError as error:
            why = f"no process can be started for it ({error.strerror})"
            self._undone.append(_lost(job, why))
            return
        worker.job, worker.clock = job, Clock(self.limits)
        # Where it died while idle, its end is found by `events`, which answers for the job.
        with contextlib.suppress(OSError):
            worker.connection.send(job)

    def _new(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        number = len(self._workers)
        process = self._context.Process(
            target=_work, args=(theirs, self.make, self.settings, self._cores(number), self.nice), daemon=True
        )
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _cores(self, number: int) -> tuple[int, ...]:
        """The processors of worker `number`; none named when one worker has them all."""
        if self.count == 1 or not hasattr(os, "sched_getaffinity"):
            return ()
        all_of_them = sorted(os.sched_getaffinity(0))
        return tuple(all_of_them[number % self.count :: self.count]) or (all_of_them[number % len(all_of_them)],)

    def events(self, timeout: float) -> Iterator[Progressed | Outcome]:
        """What happened, after at most `timeout` seconds."""
        while self._undone:
            yield self._undone.pop()
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection), timeout):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                event = worker.connection.recv()
            except Exception:  # noqa: BLE001 - a process that dies may leave anything behind in its pipe
                happened: Progressed | Outcome | None = self._buried(worker)
            else:
                happened = self._told(worker, event)
            if happened is not None:
                yield happened
        for worker in tuple(self._workers):
            stopped = self._stopped(worker)
            if stopped is not None:
                yield stopped

    def _told(self, worker: _Worker, event: object) -> Progressed | Outcome | None:
        """What a worker's message says to whoever waits for its job."""
        if isinstance(event, _Ready):
            worker.ready, self._lost_at_start = True, 0
            worker.clock.start()
        elif isinstance(event, _Length):
            worker.clock.length = event.seconds
        elif isinstance(event, Progressed):
            worker.clock.told(event.stage, event.done)
            return event
        elif isinstance(event, Outcome):
            worker.job = None
            return event
        elif isinstance(event, _Unable):
            job = worker.job
            self._let_go(worker, patience=self.limits.dying)
            if job is not None:
                return replace(_no_worker(job, ""), message=event.message, exit_code=event.exit_code)
        return None

    def _stopped(self, worker: _Worker) -> Outcome | None:
        """Ends a worker whose job takes too long, or does not end when it was asked to."""
        job, clock = worker.job, worker.clock
        is_late = clock.is_over if worker.ready else clock.took >= self.limits.ready
        if job is None or not (clock.must_stop or is_late):
            return None
        ended = self._let_go(worker, patience=0.0)
        left = "" if ended else "; its process waits for a disk or share, does not end, and was left behind"
        if clock.must_stop:
            return Outcome(job, "stopped", message=f"{UP}{left}")
        if not worker.ready:
            return _no_worker(job, f"it was not ready within {spoken(self.limits.ready)}{left}")
        return _lost(job, clock.says() + left)

    def _buried(self, worker: _Worker) -> Outcome | None:
        """What becomes of the job of a worker that died."""
        job = worker.job
        ended = self._let_go(worker, patience=self.limits.dying)
        code = worker.process.exitcode if ended else None
        how = "it hangs" if code is None else f"signal {-code}" if code < 0 else f"exit {code}"
        if code == -signal.SIGKILL:
            how += "; perhaps out of memory"
        if job is None:
            return None
        if worker.ready:
            return _lost(job, f"its process died ({how})")
        self._lost_at_start += 1
        if code is not None and code < 0 and self._lost_at_start < STARTS:
            self.give(job)
            return None
        return _no_worker(job, how)

    def _let_go(self, worker: _Worker, *, patience: float) -> bool:
        """Parts with a worker, whose process has `patience` seconds to end by itself; whether it has ended."""
        self._workers.remove(worker)
        worker.job = None
        worker.connection.close()
        worker.process.join(patience)
        return _ended(worker.process, self.limits.dying)

    def ask_to_stop(self) -> None:
        """Lets every job end where its stage ends, and ends by force those that do not within the grace."""
        for worker in self._workers:
            if worker.job is not None and worker.clock.stop_by is None:
                worker.clock.ask_to_stop()
                with contextlib.suppress(OSError):
                    worker.connection.send(None)

    def close(self) -> None:
        """Ends every worker at once."""
        for worker in self._workers:
            send_all(worker.process, signal.SIGTERM)
        until = time.monotonic() + self.limits.dying
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            _ended(worker.process, self.limits.dying)
            worker.connection.close()
        self._workers.clear()


def _lost(job: Job, why: str) -> Outcome:
    """A job failed that may well be done another time."""
    message = " ".join(f"{job.path}: {why}.".split())
    return Outcome(job, "failed", exit_code=ExitCode.LIBRARY, message=message, can_retry=True)


def _no_worker(job: Job, how: str) -> Outcome:
    """No worker can begin, with this job or any other."""
    message = _cannot_start(how)
    return Outcome(job, "failed", exit_code=ExitCode.LIBRARY, message=message, fatal=True, no_worker=True)


def _cannot_start(how: str) -> str:
    return " ".join(f"The process that analyses calls cannot start ({how}).".split())


def _ended(process: BaseProcess, patience: float) -> bool:
    """Kills a process that lives, with all that it started; whether it has ended.

    One that waits for a disk or share in the kernel does not end: it is not waited for, here or at our own end.
    """
    if process.is_alive():
        send_all(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.join(patience)
    if not process.is_alive():
        return True
    multiprocessing.process._children.discard(process)  # type: ignore[attr-defined]  # else it is waited for at our end
    return False


def send_all(process: BaseProcess, what: signal.Signals) -> None:
    """Sends a signal to a worker's process and to all that it started."""
    if process.pid is None:
        return
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg") and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, what)
        else:
            os.kill(process.pid, what)


@dataclass(slots=True)
class Inline:
    """Workers that are the driver itself, for an engine that cannot harm it; one job at a time."""

    make: MakeEngine
    settings: Settings
    _jobs: list[Job] = field(default_factory=list)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._engine = self.make(self.settings)

    _engine: object = field(init=False, repr=False, default=None)

    @property
    def free(self) -> int:
        """One, unless a job waits."""
        return 0 if self._jobs else 1

    def give(self, job: Job) -> None:
        """Takes the job; it is done by the next `events`."""
        self._jobs.append(job)

    def events(self, timeout: float) -> Iterator[Progressed | Outcome]:
        """Does the job."""
        while self._jobs:
            yield do(self._jobs.pop(), self._engine, stop=lambda: self._stopping)  # type: ignore[arg-type]

    def ask_to_stop(self) -> None:
        """No further job is done."""
        self._stopping = True

    def close(self) -> None:
        """Nothing to end."""
