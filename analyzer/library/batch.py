"""The driver: a folder of recordings, one after another or several at once, until each has its result.

    look  ->  hash what is new  ->  what is due?  ->  lease  ->  a worker does it  ->  the catalog is told

The driver alone writes the catalog. A call is its content: the same recording under two names is done once. What was
finished is in files, so a run that is killed goes on where it was; a lease keeps two runs off the same call.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Literal

from analyzer.call.folder import HEARD_FILE, CallFolder
from analyzer.call.inputs import find_inputs, needs_models, voices_stamp
from analyzer.call.parts import hash_of
from analyzer.errors import AnalyzerError, ExitCode, LibraryError
from analyzer.files import PARTIAL, is_dead, make_folder, this_run
from analyzer.library.call_work import Job, Outcome
from analyzer.library.catalog.catalog import Catalog, Failure, KnownCall, Place
from analyzer.library.dropped_calls import second_parts
from analyzer.library.limits import Limits, NoAnswerError, spoken, within
from analyzer.library.meetings import ResultsAt, heard_before, meetings_in
from analyzer.library.passed_over import passed_over
from analyzer.library.rebuild import index_changed, index_folder
from analyzer.library.recurring import note_recurring
from analyzer.library.run import WAITS, Event_, Options, Run, Telling, now
from analyzer.library.scan import Found, unsettled
from analyzer.library.summary import CallSummary
from analyzer.library.taking_over import take_over_meeting, take_over_parts
from analyzer.library.workers import Progressed, Workers
from analyzer.settings import Settings

log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=3)
RENEW_EVERY = 45.0
RESULTS_MB = 16
"""Megabytes that a call's results may take: where they do not fit, the disk is at fault and not the call."""
ANSWER, SLOWEST_DISK = 120.0, 500_000
"""Seconds, and bytes a second, beyond which a disk or share that a recording is read from is taken for away."""
LONGEST_LOOK = 3600.0
"""Seconds for looking through the folder."""
LEAST_KNOWN = 3
"""Known recordings that are all away at once before the folder itself is doubted."""
_END = object()


def run_folder(
    folder: Path,
    settings: Settings,
    catalog: Catalog,
    workers: Workers,
    options: Options,
    telling: Telling,
) -> Run:
    """Goes through a folder once.

    Raises:
        LibraryError: the folder, the output folder or the catalog cannot be used.
    """
    driver = _Driver(folder.resolve(), settings, catalog, workers, options, telling, Run(now()))
    try:
        with driver.renewing():
            driver.go()
    finally:
        driver.release_all()
        driver.run.ended = now()
    return driver.run


@dataclass(slots=True)
class _Driver:
    folder: Path
    settings: Settings
    catalog: Catalog
    workers: Workers
    options: Options
    telling: Telling
    run: Run
    owner: str = field(default_factory=this_run)
    leased: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)
    voices: str = ""
    before: ResultsAt = field(default_factory=dict)

    def go(self) -> None:
        make_folder(self.settings.out)
        self._check_room()
        for subject, owner in self.catalog.leases():
            if is_dead(owner):
                self.catalog.release(subject, owner)
        index_changed(self.settings.out, self.catalog)
        self.voices = voices_stamp()
        self.before = heard_before(self.settings.out)
        found = self._looked()
        places = self._places()
        here = {str(one.path) for one in found}
        self._check_mount(places, here)
        self.catalog.gone(path for path in places if path not in here)
        if sum(self._take_over(one) for one in found if one.others):
            self.before = heard_before(self.settings.out)
        self.telling.event("found", None, len(found))
        for path, why in self.run.passed_over.items():
            log.info("%s: not looked at: %s", path, why)
        self._do(self._jobs(found, places))
        if self.run.fatal is None and not self._time_is_up():
            self._do(self._alike(found))
        if self.run.done:
            known = self.catalog.readable()[0]
            self.run.offers = tuple(part.line() for part in second_parts(self.run.done, known, self.settings.out))

    def _do(self, jobs: Iterator[Job | None]) -> None:
        """Does one job after another, or several at once, until all are done or the run has to stop."""
        waiting: list[Job] = []
        more = True
        while more or waiting or self.busy:
            while (more or waiting) and self.workers.free and not self._time_is_up() and self.run.fatal is None:
                job = waiting.pop() if waiting else next(jobs, _END)
                if job is _END:
                    more = False
                elif isinstance(job, Job):
                    self._give(job)
                else:
                    break
            if not self.busy:
                if self._time_is_up() or self.run.fatal is not None:
                    break
                continue
            if self._time_is_up() or self.run.fatal is not None:
                self.workers.ask_to_stop()
            for event in self.workers.events(timeout=1.0):
                if isinstance(event, Progressed):
                    self.telling.progress(event)
                elif (again := self._ended(event)) is not None:
                    waiting.append(again)
        if (more or waiting) and self._time_is_up() and self.run.fatal is None:
            self.run.stopped_by = "the time was up"

    # What is there

    def _places(self) -> dict[str, Place]:
        """The recordings that were known below the folder, without those in a folder of results that lies there."""
        known, out = self.catalog.places(under=self.folder), self.settings.out.resolve()
        if self.folder.is_relative_to(out):
            return known
        return {path: place for path, place in known.items() if not Path(path).is_relative_to(out)}

    def _check_mount(self, known: Mapping[str, Place], here: set[str]) -> None:
        """Stops where everything that was known is away: a share that is not mounted looks like an empty folder."""
        if len(known) >= LEAST_KNOWN and not here:
            raise LibraryError(
                f"{len(known)} known recordings are not there",
                where=self.folder,
                todo="Check that the disk or share is mounted; if they were moved away on purpose, put the next "
                "recording there, and the run goes on",
            )

    def _take_over(self, meeting: Found) -> bool:
        """Makes one of several results folders of a meeting; whether there was anything to do."""
        folder, taken = take_over_meeting(meeting.path, meeting.others, self.before)
        for sha256 in taken:
            self.catalog.remove(sha256)
        return folder is not None and (index_folder(folder, self.catalog) or bool(taken))

    def _take_over_parts(self, folder: CallFolder) -> bool:
        """Takes over what was said about the files in which a call goes on; whether there was any."""
        try:
            taken = take_over_parts(folder, self.before)
        except (AnalyzerError, OSError) as error:
            log.warning("%s: what it goes on in stays a call of its own: %s", folder.path, error)
            return False
        for sha256 in taken:
            self.catalog.remove(sha256)
        return bool(taken)

    def _looked(self) -> Sequence[Found]:
        left = [LONGEST_LOOK]
        if self.options.until is not None:
            left.append(max(0.0, self.options.until - (time.monotonic() - self.began)) + Limits().grace)
        try:
            unread, passed = self.run.unread.__setitem__, dict[Path, str]()

            def looked() -> Sequence[Found]:
                out = self.settings.out
                found = meetings_in(self.folder, self.before, without=[out], unread=unread, left=passed.__setitem__)
                self.run.passed_over = passed_over(passed, [path for one in found for path in (one.path, *one.others)])
                return found

            return within(min(left), looked)
        except NoAnswerError:
            raise LibraryError(
                f"its disk or share has not answered within {spoken(min(left))}",
                where=self.folder,
                todo="Check that it is mounted and can be listed",
            ) from None

    def _settled(self, found: Sequence[Found]) -> Iterator[Found | None]:
        """The recordings that are there in full: those that look so now, then (None, None, …) those that do later."""
        growing = unsettled(found, {}, settle=self.options.settle, now=time.time())
        yield from (one for one in found if one.path not in growing)
        if not growing:
            return
        before = {one.path: one.stamp for one in found if one.path in growing}
        looked = time.monotonic()
        self.telling.event("waiting", None, len(growing))
        while (rest := self.options.settle - (time.monotonic() - looked)) > 0 and not self._time_is_up():
            if not self.busy:
                time.sleep(min(rest, 0.2))
            yield None  # nothing yet: those that are being done are seen to meanwhile
        again = [one for one in self._looked() if one.path in before]
        still = unsettled(again, before, settle=self.options.settle, now=time.time())
        self.run.growing += sorted(still)
        yield from (one for one in again if one.path not in still)

    def _jobs(self, found: Sequence[Found], known_places: Mapping[str, Place]) -> Iterator[Job | None]:
        """What is due, each call once; None while there is nothing yet."""
        calls = self.catalog.calls()
        failures = {failure.subject: failure for failure in self.catalog.failures()}
        seen: dict[str, list[Found]] = {}
        new: list[Found] = []
        for one in found:
            place = known_places.get(str(one.path))
            if place is not None and (place.size, place.mtime_ns) == one.stamp and place.sha256 is not None:
                seen.setdefault(place.sha256, []).append(one)
            else:
                new.append(one)
        for sha256, places in seen.items():
            job = self._due(sha256, places, calls.get(sha256), failures)
            if job is not None:
                yield job
        done = set(seen)
        for settled in self._settled(new):
            content = self._hashed(settled, failures) if settled is not None else None
            if settled is None or content is None:
                yield None
                continue
            self.catalog.saw([Place(str(settled.path), settled.size, settled.mtime_ns, content)])
            if content in done:
                self.run.unchanged += 1
                self.telling.event("nothing_new", settled.path, None)
                continue
            done.add(content)
            yield self._due(content, [settled], self.catalog.call(content), failures)

    def _alike(self, found: Sequence[Found]) -> Iterator[Job]:
        """The calls to be made again as others turned out to begin alike (see `recurring`)."""
        new = note_recurring(self.catalog.readable()[0], self.settings.out)
        if not new:
            return
        by_path = {str(one.path): one for one in found}
        places: dict[str, list[Found]] = {}
        for place in self.catalog.places(under=self.folder).values():
            if place.sha256 in new and place.path in by_path:
                places.setdefault(place.sha256, []).append(by_path[place.path])
        calls, failures = self.catalog.calls(), {failure.subject: failure for failure in self.catalog.failures()}
        counted = {summary.sha256 for summary in (*self.run.done, *self.run.refreshed)}
        for sha256, here in places.items():
            if (job := self._due(sha256, here, calls.get(sha256), failures)) is not None:
                self.run.unchanged -= sha256 not in counted
                yield job

    def _hashed(self, one: Found, failures: dict[str, Failure]) -> str | None:
        """The content hash; None, and a failure recorded, when the recording cannot be read."""
        subject = str(one.path)
        if self._left_alone(failures.get(subject), inputs=None):
            return None
        limit = ANSWER + one.size / SLOWEST_DISK
        try:
            return within(
                limit,
                lambda: hash_of(one.path),
                give_up=self._time_is_up,
            )
        except NoAnswerError:
            if not self._time_is_up():
                line = " ".join(f"{one.path}: its disk or share has not answered within {spoken(limit)}.".split())
                self._failed(subject, one.path, ExitCode.UNREADABLE_INPUT, line, True, None, failures)
        except AnalyzerError as error:
            self._failed(subject, one.path, error.exit_code, error.line(), error.can_retry, None, failures)
        return None

    def _due(
        self, sha256: str, places: Sequence[Found], call: KnownCall | None, failures: dict[str, Failure]
    ) -> Job | None:
        beside = [(place, find_inputs(place.path)) for place in places]
        one, files = next(((place, files) for place, files in beside if files.plan is not None), beside[0])
        inputs = files.fingerprint(self.settings, voices=self.voices)
        failure = failures.get(sha256)
        folder = CallFolder(self.settings.out / call.folder) if call is not None and call.folder is not None else None
        kind: Literal["analyse", "refresh"] = "analyse"
        if call is not None and call.state == "done" and folder is not None:
            stamp = folder.stamp()
            if stamp is not None and call.inputs == inputs and not folder.is_behind():
                self.run.unchanged += 1
                self.telling.event("nothing_new", one.path, None)
                return None
            kept = not needs_models(inputs, call.inputs) and folder.has(HEARD_FILE)
            if stamp is not None and (kept or call.forgotten_at is not None or folder.is_forgotten()):
                kind = "refresh"
        if self._left_alone(failure, inputs=inputs):
            return None
        return Job(
            sha256=sha256,
            path=one.path,
            kind=kind,
            settings=self.settings,
            inputs=inputs,
            stamp=one.stamp,
            recorded_on=dt.datetime.fromtimestamp(one.mtime_ns / 1e9).astimezone().date(),
            folder=folder.path if folder is not None else None,
            others=one.others,
        )

    def _left_alone(self, failure: Failure | None, *, inputs: str | None) -> bool:
        """Whether something failed so lately, or so often, that it is not tried now."""
        if failure is None or not self.options.patient or failure.inputs != inputs:
            return False
        at = now()
        # A clock that was moved back must not keep a call waiting for ever.
        too_soon = at < failure.next_try_at <= at + max(WAITS)
        if failure.quarantined or too_soon:
            self.run.waiting.append(failure)
            return True
        return False

    # Doing it

    def _give(self, job: Job) -> None:
        self.leased.add(job.sha256)  # before it is: an interrupt right after must not leave a lease behind
        if not self.catalog.lease(job.sha256, self.owner, LEASE, now()):
            self.leased.discard(job.sha256)
            self.run.elsewhere.append(job.path)
            self.telling.event("elsewhere", job.path, None)
            return
        # Another run may have done it between our look and our lease.
        fresh = self.catalog.call(job.sha256)
        done = fresh is not None and fresh.state == "done" and fresh.inputs == job.inputs
        name = fresh.folder if fresh is not None and done else None
        folder = CallFolder(self.settings.out / name) if name is not None else None
        if folder is not None and folder.stamp() is not None and not folder.is_behind():
            self.run.unchanged += 1
            self._release(job.sha256)
            return
        self._check_room()
        self.busy.add(job.sha256)
        self.telling.event("started", job.path, None)
        self.workers.give(job)

    def _ended(self, outcome: Outcome) -> Job | None:
        """Tells the catalog; gives the job back when it is to be done again."""
        job = outcome.job
        self.busy.discard(job.sha256)
        took = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in outcome.stages.items())
        log.info("%s: %s (%s)", job.path, outcome.result, took or "no stage ran")
        if outcome.places:
            log.debug("%s\n%s", outcome.message, outcome.places)
        again = None
        if outcome.result == "done" and outcome.summary is not None:
            stamp = outcome.record_stamp
            self.catalog.store(outcome.summary, inputs=job.inputs, record_stamp=stamp, said=outcome.said)
            folder = CallFolder(self.settings.out / outcome.summary.folder)
            if job.others and self._take_over_parts(folder) and folder.is_behind():
                again = replace(job, kind="refresh", folder=folder.path)
            else:
                self._told(outcome.summary, self.run.refreshed if job.kind == "refresh" else self.run.done)
        elif outcome.result == "failed":
            if job.kind == "refresh" and outcome.exit_code == ExitCode.BAD_FILE and not job.folder_is_whole():
                again = replace(job, kind="analyse")
            elif outcome.no_worker or (
                outcome.fatal and (outcome.exit_code != ExitCode.LIBRARY or not self._out_works())
            ):
                self.run.fatal = outcome
                self.run.stopped_by = outcome.message
            else:
                self._failed(
                    job.sha256, job.path, outcome.exit_code, outcome.message, outcome.can_retry, job.inputs, None
                )
        elif outcome.result == "changed":
            self.run.growing.append(job.path)
        else:
            self.run.stopped_by = "the time was up"
        self._release(job.sha256)
        name: Event_ = "stopped"
        if outcome.result == "done":
            name = "refreshed" if job.kind == "refresh" else "done"
        elif outcome.result == "failed":
            name = "failed"
        if again is None:
            self.telling.event(name, job.path, outcome)
        return again

    def _told(self, summary: CallSummary, among: list[CallSummary]) -> None:
        """Takes a call into the summary of the run: once, though it was made twice."""
        for told in (self.run.done, self.run.refreshed):
            for place, one in enumerate(told):
                if one.sha256 == summary.sha256:
                    told[place] = summary
                    return
        among.append(summary)

    def _failed(
        self,
        subject: str,
        path: Path,
        exit_code: int,
        message: str,
        can_retry: bool,
        inputs: str | None,
        failures: dict[str, Failure] | None,
    ) -> None:
        at = now()
        known = {failure.subject: failure for failure in self.catalog.failures()} if failures is None else failures
        before = known.get(subject)
        tries = before.tries + 1 if before is not None and before.inputs == inputs else 1
        quarantined = tries > len(WAITS)
        failure = Failure(
            subject=subject,
            path=str(path),
            tries=tries,
            first_at=before.first_at if before is not None else at,
            last_at=at,
            next_try_at=at + WAITS[min(tries, len(WAITS)) - 1],
            quarantined=quarantined,
            exit_code=int(exit_code),
            message=message,
            inputs=inputs,
            retryable=can_retry,
        )
        self.catalog.failed(failure)
        self.run.failed.append(failure)
        if failures is not None:
            self.telling.event("failed", path, failure)

    # Leases, time and room

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Renews the leases from a thread while the block runs; a lease lost to another run ends that job's claim."""
        over = Event()

        def renew() -> None:
            while not over.wait(RENEW_EVERY):
                if self.leased:
                    try:
                        self.catalog.renew(self.owner, set(self.leased), LEASE, now())
                    except LibraryError:
                        continue  # the next renewal comes before the lease ends

        thread = Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _release(self, subject: str) -> None:
        self.catalog.release(subject, self.owner)
        self.leased.discard(subject)

    def release_all(self) -> None:
        """Gives back what is still held; what cannot be given back ends by itself."""
        for subject in tuple(self.leased):
            try:
                self._release(subject)
            except LibraryError:
                return

    def _time_is_up(self) -> bool:
        until = self.options.until
        return self.options.stop() or (until is not None and time.monotonic() - self.began >= until)

    def _check_room(self) -> None:
        free = shutil.disk_usage(self.settings.out).free
        if free < self.options.room:
            raise LibraryError(
                f"the disk is nearly full ({free / 1e6:.0f} MB free, {self.options.room / 1e6:.0f} MB wanted)",
                where=self.settings.out,
                todo="Free some space; what was finished is kept, and the same command goes on from there",
            )

    def _out_works(self) -> bool:
        """Whether results can be written at all."""
        probe_file = self.settings.out / f"{PARTIAL}probe-{os.getpid()}"
        try:
            with probe_file.open("wb") as file:
                for _ in range(RESULTS_MB):
                    file.write(bytes(1_000_000))
        except OSError:
            return False
        finally:
            with suppress(OSError):
                probe_file.unlink(missing_ok=True)
        return True
