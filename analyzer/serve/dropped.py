"""Recordings that were dropped into the browser, from the queue to their calls.

They lie in the folder `recordings` of the output folder, each in a folder of its own, and are analysed as `batch` does
it, one at a time, in a process that stands back behind others. A server that is killed loses nothing: the next one
goes on with what lies there and has no results.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from analyzer.call.place import DROPPED
from analyzer.debrief.phrases import beginning
from analyzer.errors import AnalyzerError, OutputError, UsageError, fault, places_of, visible
from analyzer.files import id_of, is_file, is_folder, is_there, make_folder, sweep, way_out
from analyzer.library.batch import run_folder
from analyzer.library.call_work import Outcome
from analyzer.library.catalog.catalog import Failure, KnownCall
from analyzer.library.limits import Limits
from analyzer.library.run import Options, Telling, reason
from analyzer.library.scan import RECORDINGS
from analyzer.library.workers import Processes, Progressed, Workers
from analyzer.people.plan.reading import SUFFIX
from analyzer.progress import in_words
from analyzer.serve.known import Known
from analyzer.serve.serving import Serving
from analyzer.serve.taking_in import Taken
from analyzer.wording import _

log = logging.getLogger(__name__)

AGAIN = 120.0
"""Seconds after which what waits is looked at again: another run had it, or there was no room."""
STANDS_BACK = 10
GRACE = 2.0
"""Seconds that an analysis has to come to a good end when the server is stopped."""

State = Literal["waiting", "running", "done", "failed"]


@dataclass(slots=True)
class Drop:
    """A dropped recording, how far it is, and the call that it became (as it stands in an address)."""

    path: Path
    state: State = "waiting"
    stage: str = ""
    done: float = 0.0
    total: float | None = None
    message: str = ""
    call: str = ""
    sha256: str = ""

    @property
    def id(self) -> str:
        """What stands for it in an address."""
        return id_of(self.path.parent.name)

    @property
    def name(self) -> str:
        """What it is called."""
        return visible(self.path.name)

    @property
    def part(self) -> float | None:
        """How much of the stage is done, 0 to 1; None where no one knows."""
        return min(1.0, self.done / self.total) if self.state == "running" and self.total else None

    def told(self) -> str:
        """How far it is, in words."""
        if self.state == "done":
            return _("It is analysed.")
        if self.state == "failed":
            return self.message
        if self.state == "running":
            part = f": {100 * self.part:.0f} %" if self.part is not None else ""
            return f"{in_words(self.stage)}{part}" if self.stage else _("It is being begun")
        return self.message or _("It waits for its turn")


def processes(serving: Serving) -> Workers:
    """One process for the analyses, which stands back behind others."""
    return Processes(serving.settings, 1, limits=Limits(grace=GRACE), nice=STANDS_BACK)


class Dropped:
    """The queue: what lies in the folder and has no results is analysed, one after another."""

    def __init__(self, serving: Serving, known: Known, workers: Callable[[Serving], Workers] = processes) -> None:
        self.serving = serving
        self.known = known
        self.workers = workers
        self.folder = serving.settings.out.resolve() / DROPPED
        self.closing = False
        self.leaves: Callable[[], bool] = lambda: self.closing
        """Whether the server is being stopped, so that no one is told any more."""
        self._drops: dict[str, Drop] = {}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def go_on(self) -> None:
        """Takes up what the last server had not done."""
        if not is_folder(self.folder):
            return
        sweep(self.folder)
        found = list(self._lying())
        with self._lock:
            self._drops |= {drop.id: drop for drop in found if drop.state != "done"}
        if any(drop.state == "waiting" for drop in found):
            self.wake()

    def close(self) -> None:
        """Stops the analysis that runs; the next server begins it again."""
        self.closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    # What there is

    def open(self) -> Sequence[Drop]:
        """Those that are not analysed yet, the first to come first."""
        with self._lock:
            return [drop for drop in self._drops.values() if drop.state in ("waiting", "running")]

    def find(self, id: str) -> Drop | None:
        """A recording by what stands for it in an address."""
        with self._lock:
            if id in self._drops:
                return self._drops[id]
        return next((drop for drop in self._lying() if drop.id == id), None)

    def of_failure(self, failure: Failure) -> Drop | None:
        """The dropped recording that failed; None when it was not dropped here."""
        path = Path(failure.path)
        return self.find(id_of(path.parent.name)) if path.parent.parent == self.folder else None

    def _lying(self) -> Iterator[Drop]:
        """The recordings in the folder, as the catalog knows them."""
        places = self.known.catalog.places(under=self.folder)
        calls, failures = self.known.catalog.calls(), {one.subject: one for one in self.known.failures()}
        for path in self._files():
            drop, place = Drop(path), places.get(str(path))
            if place is not None and place.sha256 is not None:
                drop.sha256 = place.sha256
            self._as_known(drop, calls.get(drop.sha256), failures.get(drop.sha256) or failures.get(str(path)))
            yield drop

    def _files(self) -> Iterator[Path]:
        for folder in self._folders():
            yield from _recordings(folder)

    def _folders(self) -> Sequence[Path]:
        try:
            with os.scandir(self.folder) as entries:  # thousands, for the first page
                names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
        except OSError:
            return ()
        return [self.folder / name for name in names]

    def _as_known(self, drop: Drop, call: KnownCall | None, failure: Failure | None) -> None:
        if call is not None and call.state == "done" and call.folder is not None:
            drop.state, drop.call, drop.message = "done", id_of(call.folder), ""
        elif failure is not None:
            drop.state, drop.message = "failed", beginning(reason(failure))

    def planned(self) -> Iterator[Path]:
        """The plans that wait for their recording."""
        for folder in self._folders():
            plan = folder / f"{folder.name}{SUFFIX}"
            if is_file(plan) and not _recordings(folder):
                yield plan

    # What comes and goes

    def came(self, taken: Taken, name: str, plan: Path | None = None) -> str:
        """Gives a recording its place and its turn; the address at which it is told how far it is.

        A recording that is here already is not kept twice: the address is then that of its call, or of the first one.
        `plan` is the plan that waits for it.

        Raises:
            OutputError: it cannot be placed.
        """
        with self._lock:
            call = self.known.catalog.call(taken.sha256)
            if call is not None and call.state == "done" and call.folder is not None:
                _remove(taken.path)
                return f"/calls/{id_of(call.folder)}"
            same = next((one for one in self._drops.values() if one.sha256 == taken.sha256 and is_file(one.path)), None)
            if same is not None:
                _remove(taken.path)
                return f"/dropped/{same.id}"
            try:
                path = self._place(name, plan)
                os.replace(taken.path, path)  # noqa: PTH105 - its folder is this one's alone
            except OSError as error:
                _remove(taken.path)
                what = f"it cannot be kept ({error.strerror or error})"
                raise OutputError(what, where=DROPPED, todo=way_out(error, None)) from error
            drop = Drop(path, sha256=taken.sha256)
            self._drops[drop.id] = drop
        self.wake()
        return f"/dropped/{drop.id}"

    def _place(self, name: str, plan: Path | None) -> Path:
        """The path for a recording, in a folder of its own, named like it: with a number when the name is taken.

        A plan that waits for a recording, the one that is named or one of its name, has it in its folder.
        """
        stem, _, ending = name.rpartition(".")
        make_folder(self.folder)
        waiting = {one.parent.name: one.parent for one in self.planned()}
        planned = plan.parent.name if plan is not None else stem
        if planned in waiting:
            return waiting[planned] / f"{planned}.{ending}"
        number = 1
        while True:
            folder = self.folder / (stem if number == 1 else f"{stem} {number}")
            if not is_there(folder):
                make_folder(folder)
                return folder / name
            number += 1

    def remove(self, drop: Drop) -> None:
        """Takes a recording out again that did not become a call.

        Raises:
            UsageError: it is being analysed, or is a call.
            OutputError: it cannot be removed.
        """
        with self._lock:
            if drop.state in ("running", "done"):
                raise UsageError("it is a call, or becomes one now", where=drop.name, todo="Look at its page")
            try:
                drop.path.unlink(missing_ok=True)
            except OSError as error:
                what = f"cannot be removed ({error.strerror or error})"
                raise OutputError(what, where=drop.name, todo=way_out(error, None)) from error
            with contextlib.suppress(OSError):
                drop.path.parent.rmdir()
            self._drops.pop(drop.id, None)
        for subject in (drop.sha256, str(drop.path)):
            self.known.catalog.clear(subject)

    def again(self, drop: Drop) -> None:
        """Tries again what failed."""
        for subject in (drop.sha256, str(drop.path)):
            self.known.catalog.clear(subject)
        with self._lock:
            if drop.state == "failed":
                drop.state, drop.message = "waiting", ""
            self._drops[drop.id] = drop
        self.wake()

    # The analysis

    def wake(self) -> None:
        """Lets the analysis begin, if it does not run."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="dropped", daemon=True)
                self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while not self.closing:
            self._wake.wait(AGAIN if self.open() else None)
            self._wake.clear()
            if self.closing:
                return
            try:
                self._go()
            except AnalyzerError as error:
                log.error("%s", error.line())
                self._waits(error.line())
            except Exception as error:  # noqa: BLE001 - whatever it is, what waits is tried again
                log.error("%s\n%s", fault(error), places_of(error))
                self._waits("A fault of this program, which is in the log. It is tried again.")

    def _go(self) -> None:
        settings = self.serving.settings
        workers = self.workers(self.serving)
        room = settings.min_free_mb * 1_000_000
        options = Options(settle=0.0, patient=True, room=room, stop=lambda: self.closing)
        try:
            telling = Telling(self._told, self._progressed)
            run = run_folder(self.folder, settings, self.known.catalog, workers, options, telling)
        finally:
            workers.close()
        if self.closing:
            return
        self._settled()
        if run.fatal is not None:
            self._waits(run.fatal.message)
        self.known.changed(log.warning)

    def _at(self, path: Path | None) -> Drop | None:
        return None if path is None else self._drops.get(id_of(path.parent.name))

    def _told(self, event: str, path: Path | None, more: Outcome | Failure | int | None) -> None:
        with self._lock:
            drop = self._at(path)
            if drop is None:
                return
            if event == "started":
                drop.state, drop.stage, drop.message = "running", "", ""
            elif isinstance(more, Outcome) and more.summary is not None:
                drop.state, drop.call = "done", id_of(more.summary.folder)
            elif event == "failed" and isinstance(more, Outcome | Failure):
                drop.state = "failed"
                drop.message = beginning(more.message.removeprefix(f"{visible(drop.path)}: "))
            elif event == "elsewhere":
                drop.message = "Another run is analysing it"
            elif event == "stopped":
                drop.state = "waiting"

    def _progressed(self, at: Progressed) -> None:
        with self._lock:
            if (drop := self._at(at.job.path)) is not None:
                drop.stage, drop.done, drop.total = at.stage, at.done, at.total

    def _settled(self) -> None:
        """Brings what still waits up to date with the catalog: it may be a call by another name."""
        known: Mapping[str, Drop] = {drop.id: drop for drop in self._lying()}
        with self._lock:
            for id, drop in list(self._drops.items()):
                if drop.state in ("waiting", "running") and id in known:
                    now = known[id]
                    drop.state, drop.call, drop.message = now.state, now.call, now.message or drop.message
                    drop.sha256 = now.sha256 or drop.sha256

    def _waits(self, why: str) -> None:
        with self._lock:
            for drop in self._drops.values():
                if drop.state in ("waiting", "running"):
                    drop.state, drop.message = "waiting", why


def _recordings(folder: Path) -> Sequence[Path]:
    """The recordings in a folder of the queue: one, as a rule."""
    try:
        return sorted(one for one in folder.iterdir() if one.suffix[1:].casefold() in RECORDINGS)
    except OSError:
        return ()


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
