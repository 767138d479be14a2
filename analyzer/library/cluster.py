"""Workers on a Ray cluster: actors that keep the models, one job after another, on whichever machines there are.

An actor only listens (the models); what it heard comes back as bytes and the driver writes the results, so the actors
need to read the recordings (a shared folder at the same path on every machine) and write nothing. A machine that dies
takes its jobs along: they are given to another actor, up to `TRIES` times. An actor that takes longer than a call may
(`limits`), or that does not end within the grace after the time is up, is killed, and another takes its place. Ray is
an optional extra and is imported here alone; on one machine `workers.Processes` does the same without it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analyzer.call.folder import CallFolder
from analyzer.call.inputs import read_inputs
from analyzer.call.place import claim_folder, results_folder
from analyzer.call.recognising import recognise
from analyzer.errors import AnalyzerError, BadFileError, LibraryError, UsageError, visible
from analyzer.library.call_work import UP, Job, MakeEngine, Outcome, Staged, StoppedError, do, failure_of, local_engine
from analyzer.library.limits import SLOWEST, Clock, Limits, NoAnswerError, sound_in, spoken, within
from analyzer.library.workers import Progressed
from analyzer.progress import silent
from analyzer.settings import Settings
from analyzer.speech.recognition_cache import RecognitionCache

TRIES = 5
"""How often a job is given out when the machines that have it die."""
LOCAL = "local"
KNOCK = 5.0
"""Seconds for the head of a cluster to answer at all."""


@dataclass(frozen=True, slots=True)
class _Recognised:
    """What came back from an actor: what it heard, and what stopped the job if something did."""

    heard: RecognitionCache | None
    stages: dict[str, float]
    outcome: Outcome | None = None


def listen_to(job: Job, engine: Any, kept: RecognitionCache | None) -> _Recognised:
    """Runs the models on a job's recording, going on from what was `kept`; only the recording is read."""
    from analyzer.call.parts import probed

    staged = Staged(silent, lambda: False)
    with tempfile.TemporaryDirectory(prefix="analyzer-") as scratch:
        folder = CallFolder(Path(scratch))
        if kept is not None:
            folder.keep_recognition(kept)
        outcome = None
        try:
            known = read_inputs(job.path)
            recognise(
                probed(job.path),
                engine,
                job.settings,
                headcount=known.headcount,
                starts=known.starts,
                folder=folder,
                progress=staged,
            )
        except (AnalyzerError, OSError, MemoryError, StoppedError) as error:
            outcome = failure_of(job, error)
        staged.close()
        return _Recognised(folder.recognition(), staged.seconds, outcome)


def join(address: str, settings: Settings, make: MakeEngine = local_engine, actors: int | None = None) -> Cluster:
    """Joins a cluster by its address (`ray://host:10001`, `host:6379`), or starts one on this machine (`local`).

    Raises:
        UsageError: Ray is not installed.
        LibraryError: the cluster does not answer.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise UsageError("--cluster needs Ray", todo="Install it: pip install 'analyzer[cluster]'") from error
    if address not in (LOCAL, "auto"):
        _reach(address)
    try:
        ray.init(
            address=None if address == LOCAL else address,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            ignore_reinit_error=True,
        )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise _silent_cluster(address, error) from error
    resources = ray.cluster_resources()
    count = actors or max(1, int(resources.get("GPU", 0)) or int(resources.get("CPU", 1) // 2))
    return Cluster(settings, count, make, gpu=bool(resources.get("GPU")))


def _reach(address: str) -> None:
    """Knocks at the door: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK).close()
    except ValueError as error:
        raise UsageError(f"--cluster: {address!r} is no address", todo="Write it like ray://host:10001") from error
    except OSError as error:
        raise _silent_cluster(address, error) from error


def _silent_cluster(address: str, error: Exception) -> LibraryError:
    why = visible(" ".join(str(error).split()))[:200]
    return LibraryError(
        f"the cluster does not answer ({why})", where=address, todo="Check that Ray runs there (ray start --head)"
    )


@dataclass(slots=True)
class _Given:
    """A job that an actor has: the how-manieth try it is, and the clock, which counts from when the actor is `up`.

    Until then its machine starts, imports and loads, or ends the job before: nothing that the call is to blame for.
    """

    actor: Any
    job: Job
    number: int
    clock: Clock
    up: Any = None

    def takes_too_long(self) -> bool:
        """Whether the call has had its time, or the machine the time to start."""
        import ray

        if self.up is not None and ray.wait([self.up], timeout=0)[0]:
            self.up = None
            self.clock.start()
        return self.clock.is_over if self.up is None else self.clock.took >= self.clock.limits.ready

    def says(self) -> str:
        """Why a job that took too long was stopped."""
        if self.up is None:
            return self.clock.says()
        return f"the cluster's machine was not ready within {spoken(self.clock.limits.ready)}; the call was not begun"


@dataclass(slots=True)
class Cluster:
    """A set of `count` actors; with a GPU each where the cluster has any."""

    settings: Settings
    count: int
    make: MakeEngine = local_engine
    gpu: bool = False
    # An actor does not tell when it fetches a model, so that time counts.
    limits: Limits = Limits(least=3600.0)  # noqa: RUF009 - frozen
    _idle: list[Any] = field(default_factory=list)
    _running: dict[Any, _Given] = field(default_factory=dict)
    _waiting: list[tuple[Job, int]] = field(default_factory=list)
    _stopping: bool = False

    @property
    def free(self) -> int:
        """How many jobs could begin now."""
        return self.count - len(self._running) - len(self._waiting)

    def give(self, job: Job) -> None:
        """Gives a job to an actor; one that needs no model is done here, by the next `events`."""
        self._start(job, 1)

    def _start(self, job: Job, number: int) -> None:
        if not self._idle and len(self._running) >= self._places():
            self._waiting.append((job, number))  # fewer machines than there were: until an actor is free
            return
        actor = self._idle.pop() if self._idle else self._actor()
        kept = None
        with contextlib.suppress(BadFileError):
            kept = self._folder(job).recognition()
        try:
            length = within(KNOCK, lambda: sound_in(job.path))
        except NoAnswerError:
            length = job.stamp[0] / SLOWEST
        up = actor.up.remote()
        self._running[actor.listen.remote(job, kept)] = _Given(actor, job, number, Clock(self.limits, length), up)

    def _places(self) -> int:
        """How many actors the cluster has room for now: an actor beyond them would wait for ever."""
        import ray

        resources: dict[str, float] = ray.cluster_resources()
        return max(1, min(self.count, int(resources.get("GPU" if self.gpu else "CPU", 1))))

    def _folder(self, job: Job) -> CallFolder:
        from analyzer.call.parts import probed

        return CallFolder(job.folder) if job.folder else results_folder(self.settings.out, probed(job.path))

    def _actor(self) -> Any:
        import ray

        class Listener:
            """Holds the models on one of the cluster's machines."""

            def __init__(self, make: MakeEngine, settings: Settings) -> None:
                self._engine = make(settings)

            def up(self) -> None:
                """Answers once the models are there and no other job is under way."""

            def listen(self, job: Job, kept: RecognitionCache | None) -> _Recognised:
                return listen_to(job, self._engine, kept)

        remote = ray.remote(num_cpus=1, num_gpus=1 if self.gpu else 0, max_restarts=0)(Listener)
        return remote.remote(self.make, replace(self.settings))

    def events(self, timeout: float) -> Iterator[Progressed | Outcome]:
        """What ended, after at most `timeout` seconds; results are written here."""
        import ray
        from ray.exceptions import RayError

        while self._waiting and (self._stopping or self._idle or not self._running):
            job, number = self._waiting.pop(0)
            if self._stopping:
                yield Outcome(job, "stopped", message=UP)
            else:
                self._start(job, number)
        if not self._running:
            return
        ended, _ = ray.wait(list(self._running), num_returns=1, timeout=timeout)
        for reference in ended:
            given = self._running.pop(reference)
            job, number = given.job, given.number
            try:
                recognised: _Recognised = ray.get(reference)
            except RayError as error:  # the actor or its machine is gone
                # Whether its machine is gone as well shows only later; until then no actor may be asked for in its
                # place, for it could wait for that machine for ever. The job goes to one of those that live.
                self.count = max(1, self.count - 1)
                if number < TRIES:
                    self._waiting.append((job, number + 1))
                    continue
                message = f"{job.path}: the machine that analysed it died {number} times ({type(error).__name__})."
                yield Outcome(job, "failed", exit_code=LibraryError.exit_code, message=message, can_retry=True)
                continue
            self._idle.append(given.actor)
            yield self._written(job, recognised)
        yield from self._overdue()

    def _overdue(self) -> Iterator[Outcome]:
        """Kills the actors that have taken too long, or that do not end when they were asked to."""
        import ray

        for reference, given in tuple(self._running.items()):
            if given.clock.must_stop or given.takes_too_long():
                del self._running[reference]
                with contextlib.suppress(Exception):
                    ray.kill(given.actor)
                job = given.job
                if given.clock.must_stop:
                    yield Outcome(job, "stopped", message=UP)
                else:
                    message = " ".join(f"{job.path}: {given.says()}.".split())
                    yield Outcome(job, "failed", exit_code=LibraryError.exit_code, message=message, can_retry=True)

    def _written(self, job: Job, recognised: _Recognised) -> Outcome:
        from analyzer.call.parts import probed

        try:
            if recognised.heard is not None:
                claim_folder(self.settings.out, probed(job.path)).keep_recognition(recognised.heard)
        except (AnalyzerError, OSError) as error:
            return failure_of(job, error)
        if recognised.outcome is not None:
            return replace(recognised.outcome, stages=recognised.stages)
        outcome = do(job, _NoEngine())  # everything is heard: arithmetic and writing alone are left
        return replace(outcome, stages=recognised.stages | outcome.stages)

    def ask_to_stop(self) -> None:
        """No job is given out again, and those under way have the grace to end."""
        self._stopping = True
        for given in self._running.values():
            given.clock.ask_to_stop()

    def close(self) -> None:
        """Leaves the cluster; actors end with their driver."""
        import ray

        with contextlib.suppress(Exception):
            for actor in [*self._idle, *(given.actor for given in self._running.values())]:
                ray.kill(actor)
        self._idle.clear()
        self._running.clear()
        ray.shutdown()


class _NoEngine:
    """Stands in where everything has been heard."""

    def diarizer(self, *_: object, **__: object) -> Any:
        """There is none here.

        Raises:
            LibraryError: always: what the cluster heard was not kept.
        """
        raise LibraryError("what the cluster heard was not kept", todo="Run the same command again")

    transcriber = diarizer
