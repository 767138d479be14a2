"""The workers: processes that load the models once each and do one job after another.

A worker is always another process, even a single one: what crashes in a decoder or is killed for want of memory costs
one call, and the next worker goes on. A worker ends by itself when the driver is gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Protocol

from analyzer.errors import ExitCode
from analyzer.library.work import Job, MakeEngine, Outcome, do, local_engine
from analyzer.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

WATCH_EVERY = 1.0
"""Seconds between two looks of a worker at whether its driver still lives."""
TELL_EVERY = 0.5
"""Seconds between two reports on one stage: progress is for eyes."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a job is: `done` of `total` of a stage."""

    job: Job
    stage: str
    done: float
    total: float | None


class Crew(Protocol):
    """Those who do jobs, however many and wherever."""

    @property
    def free(self) -> int:
        """How many jobs could begin now."""

    def give(self, job: Job) -> None:
        """Gives a job to somebody free."""

    def events(self, timeout: float) -> Iterator[Progressed | Outcome]:
        """What happened, after at most `timeout` seconds; each job given ends in one `Outcome`."""

    def ask_to_stop(self) -> None:
        """Lets every job end where its stage ends."""

    def close(self) -> None:
        """Ends everybody at once; unfinished jobs are dropped."""


def _work(connection: Connection, make: MakeEngine, settings: Settings, cores: tuple[int, ...]) -> None:
    """What a worker process runs: jobs in, progress and outcomes out, until the connection ends.

    Whatever comes in while a job is under way asks to stop.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the driver, which decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    if cores and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)
        os.environ["OMP_NUM_THREADS"] = str(len(cores))
    engine = make(settings)
    last: dict[str, float] = {}

    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            job: Job | None = connection.recv()
            if job is None:  # asked to stop, after the job had ended
                continue
            last.clear()

            def tell(stage: str, done: float, total: float | None, job: Job = job) -> None:
                if time.monotonic() - last.get(stage, -TELL_EVERY) >= TELL_EVERY:
                    last[stage] = time.monotonic()
                    connection.send(Progressed(job, stage, done, total))

            connection.send(do(job, engine, progress=tell, stop=connection.poll))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_EVERY)
    os._exit(1)


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    job: Job | None = None
    stopping: bool = False


@dataclass(slots=True)
class Processes:
    """A crew of `count` processes on this machine, each with its part of the processors."""

    settings: Settings
    count: int = 1
    make: MakeEngine = local_engine
    _workers: list[_Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")

    _context: multiprocessing.context.SpawnContext = field(init=False, repr=False)

    @property
    def free(self) -> int:
        """How many jobs could begin now."""
        return self.count - sum(worker.job is not None for worker in self._workers)

    def give(self, job: Job) -> None:
        """Gives a job to an idle worker, or to a new one."""
        worker = next((worker for worker in self._workers if worker.job is None), None)
        if worker is None:
            worker = self._new()
        worker.job = job
        try:
            worker.connection.send(job)
        except OSError:  # it died while idle: its end is found by `events`, which answers for the job
            return

    def _new(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        number = len(self._workers)
        process = self._context.Process(
            target=_work, args=(theirs, self.make, self.settings, self._cores(number)), daemon=True
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
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection), timeout):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                event: Progressed | Outcome = worker.connection.recv()
            except (EOFError, OSError):
                died = self._buried(worker)
                if died is not None:
                    yield died
                continue
            if isinstance(event, Outcome):
                worker.job, worker.stopping = None, False
            yield event

    def _buried(self, worker: _Worker) -> Outcome | None:
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        if worker.job is None:
            return None
        code = worker.process.exitcode or 0
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        if -code == signal.SIGKILL:
            how += ", perhaps for want of memory"
        return Outcome(
            worker.job,
            "failed",
            exit_code=ExitCode.LIBRARY,
            message=f"{worker.job.path}: the process that analysed it died ({how}).",
            can_retry=True,
        )

    def ask_to_stop(self) -> None:
        """Lets every job end where its stage ends."""
        for worker in self._workers:
            if worker.job is not None and not worker.stopping:
                worker.stopping = True
                with contextlib.suppress(OSError):
                    worker.connection.send(None)

    def close(self) -> None:
        """Ends every worker at once."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(5)
            if worker.process.is_alive():
                worker.process.kill()
            worker.connection.close()
        self._workers.clear()


@dataclass(slots=True)
class Inline:
    """A crew that is the driver itself, for an engine that cannot harm it; one job at a time."""

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
