"""What the server knows of the library: every call's summary, kept in memory and read again where the catalog changed.

The catalog is what is true: a nightly run and a terminal write it too. Before each page the catalog is asked which
results it has, and the summaries of those alone are read that are new or were written since.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import is_
from pathlib import Path

from analyzer.call.folder import CALL_FILE, CallFolder
from analyzer.errors import AnalyzerError, LibraryError
from analyzer.files import id_of, is_folder, is_there
from analyzer.library.catalog.catalog import Catalog, Failure
from analyzer.library.catalog.connection import FILE
from analyzer.library.index.all_calls import language_of
from analyzer.library.nightly import INDEX_FILE, heard_since, since_yesterday, write_index
from analyzer.library.rebuild import index_alone, index_changed
from analyzer.library.summary import CallSummary
from analyzer.library.trends import Trends, commitment_key, commitments, due_soon, to_debrief, trends
from analyzer.people.commitment import Commitment
from analyzer.people.names import folded

log = logging.getLogger(__name__)

INDEX_WAITS = 1.0
"""Seconds that a browser waits for the page of all calls."""
DUE_SOON = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Entry:
    """A call with what the lists of many calls ask of it, which is worked out once."""

    call: CallSummary
    sha256: str
    written: int
    """When its results were written, in ns since 1970."""
    id: str
    """What stands for it in an address."""
    order: tuple[dt.date, str, str]
    unnamed: int
    """Voices without a name that somebody should name."""
    to_debrief: bool
    promises: bool
    """Whether something was promised in its debrief, or told of what was promised before."""

    @classmethod
    def of(cls, call: CallSummary, written: int) -> Entry:
        """A call that was read."""
        return cls(
            call,
            call.sha256,
            written,
            id_of(call.folder),
            (call.date or dt.date.min, call.name, call.sha256),
            sum(1 for _ in unnamed(call)),
            to_debrief(call),
            bool(call.commitments or call.record.last_commitments),
        )


class Promises:
    """What was promised in the debriefs of some calls and is due."""

    def __init__(self, calls: Sequence[CallSummary], today: dt.date) -> None:
        self.calls = calls
        self.today = today

    def is_of(self, calls: Sequence[CallSummary], today: dt.date) -> bool:
        """Whether it is of these very calls, and of this day."""
        return today == self.today and len(calls) == len(self.calls) and all(map(is_, calls, self.calls))

    @cached_property
    def overdue(self) -> Sequence[Commitment]:
        """Promises beyond their date of which nothing was told."""
        return commitments(self.calls, self.today).overdue

    @cached_property
    def due(self) -> Sequence[Commitment]:
        """Promises that are due within a week."""
        return due_soon(self.calls, self.today, self.today + DUE_SOON)

    @cached_property
    def _made_in(self) -> Mapping[tuple[str, str], CallSummary]:
        return {commitment_key(one): call for call in self.calls for one in call.commitments}

    def made_in(self, promise: Commitment) -> CallSummary | None:
        """The call in whose debrief something was promised."""
        return self._made_in.get(commitment_key(promise))


class Snapshot:
    """The calls at one moment, the latest first, and what follows from them; `before` is the last one."""

    def __init__(self, entries: Sequence[Entry], today: dt.date, before: Snapshot | None = None) -> None:
        self.today = today
        self.entries = entries
        self.calls: Sequence[CallSummary] = [one.call for one in entries]
        promising = [one.call for one in entries if one.promises]
        known: Promises | None = before.promises if before is not None else None
        self.promises: Promises = (
            known if known is not None and known.is_of(promising, today) else Promises(promising, today)
        )

    @cached_property
    def by_id(self) -> Mapping[str, CallSummary]:
        """Each call by what stands for it in an address."""
        return {one.id: one.call for one in self.entries}

    @cached_property
    def to_debrief(self) -> Sequence[CallSummary]:
        """Calls on which somebody was along and no debrief was held, the latest first."""
        return [one.call for one in self.entries if one.to_debrief]

    @cached_property
    def to_name(self) -> Sequence[tuple[CallSummary, int]]:
        """Calls with voices without a name that somebody should name, and how many."""
        return [(one.call, one.unnamed) for one in self.entries if one.unnamed]

    @cached_property
    def trends(self) -> Trends:
        """How everybody led."""
        return trends(self.calls, today=self.today)

    @cached_property
    def language(self) -> str:
        """The language in which most calls are shown."""
        return language_of(self.calls)

    @cached_property
    def customers(self) -> Sequence[str]:
        """Every customer, in the order of their names."""
        return sorted({call.record.customer for call in self.calls if call.record.customer}, key=folded)

    @cached_property
    def people(self) -> Mapping[str, str]:
        """Everybody of the team who is known by name, by what stands for them in an address."""
        names = {folded(one.who): one.who for one in (*self.trends.salespeople, *self.trends.others)}
        return {id_of(key): name for key, name in names.items()}


def unnamed(call: CallSummary) -> Iterator[str]:
    """The voices of a call that somebody should name: of the team, or of a side that is not known."""
    for person in call.record.people:
        if person.name is None and person.side in (None, "team"):
            yield person.key


class Known:
    """The library of an output folder."""

    def __init__(self, out: Path, url: str | None, *, read_only: bool = False) -> None:
        self.out = out
        self.url = url
        self.read_only = read_only
        check_results(out, url)
        self.catalog = Catalog.open(out, url)
        self._lock, self._writing_index = threading.Lock(), threading.Lock()
        self._index_is_old = False
        self._entries: dict[str, Entry] = {}
        self._marks: dict[str, str] = {}
        self._snapshot: Snapshot | None = None
        self._stamp: object = None
        if not read_only and index_changed(out, self.catalog) + index_alone(out, self.catalog):
            self.changed(log.warning)

    def close(self) -> None:
        """Lets go of the catalog, once the page of all calls is written."""
        with self._writing_index:
            self.catalog.close()

    def now(self) -> Snapshot:
        """The calls as the catalog has them now.

        Raises:
            LibraryError: it cannot be read.
        """
        with self._lock:
            stamp, today = self.catalog.stamp(), dt.date.today()  # before it is read: what is noted meanwhile shows
            same_day = self._snapshot is not None and self._snapshot.today == today
            if self._snapshot is not None and same_day and stamp is not None and stamp == self._stamp:
                return self._snapshot
            marks = self.catalog.marks()
            self._stamp = stamp
            if self._snapshot is not None and same_day and marks == self._marks:
                return self._snapshot
            changed = [sha256 for sha256, mark in marks.items() if self._marks.get(sha256) != mark]
            for sha256 in self._marks.keys() - marks.keys():
                self._entries.pop(sha256, None)
            for sha256, call in self.catalog.summaries_of(changed).items():
                self._entries[sha256] = Entry.of(call, _written(marks[sha256]))
            self._marks = marks
            ordered = sorted(self._entries.values(), key=lambda one: one.order, reverse=True)
            self._entries = {one.sha256: one for one in ordered}  # nearly sorted the next time
            self._snapshot = Snapshot(ordered, today, self._snapshot)
            return self._snapshot

    def behind(self) -> Iterator[CallFolder]:
        """The folders in which something was said after the results were written: a process was killed between."""
        for call in self.now().calls:
            if (folder := self.folder(call)).is_behind():
                yield folder

    def failures(self) -> Sequence[Failure]:
        """What could not be analysed."""
        return self.catalog.failures()

    def folder(self, call: CallSummary) -> CallFolder:
        """The results folder of a call."""
        return CallFolder(self.out / call.folder)

    def new(self, snapshot: Snapshot) -> list[CallSummary]:
        """The calls that were analysed since yesterday, the latest first."""
        since = since_yesterday(dt.datetime.combine(snapshot.today, dt.time()))
        ns = int(since.timestamp() * 1e9)
        return heard_since(self.out, (one.call for one in snapshot.entries if one.written >= ns), since)

    def changed(self, tell: Callable[[str], None]) -> None:
        """Brings the catalog up to date after something was written, and the page of all calls.

        The page of many thousand calls takes a while: after `INDEX_WAITS` it is made while the browser goes on.
        """
        try:
            index_changed(self.out, self.catalog)
        except AnalyzerError as error:  # what was said is kept; the next run notes it
            log.warning("%s", error.line())
            tell("It is kept. The list of all calls could not be brought up to date yet.")
            return
        if is_there(self.out / INDEX_FILE):
            self._index_is_old = True
            writes = threading.Thread(target=self._write_index, name="index")
            writes.start()
            writes.join(INDEX_WAITS)

    def _write_index(self) -> None:
        with self._writing_index:
            if not self._index_is_old:  # another one has written it meanwhile
                return
            self._index_is_old = False
            try:
                write_index(self.out, self.now().calls, self.failures(), unread={})
            except AnalyzerError as error:
                log.warning("%s", error.line())


def _written(mark: str) -> int:
    try:
        return int(mark.split("|")[0].partition(":")[2])
    except ValueError:
        return 0


def check_results(out: Path, url: str | None) -> None:
    """Refuses a folder without results: nothing is made in a wrong one.

    Raises:
        LibraryError: there are none.
    """
    todo = "Name the folder of results with --out; analyzer batch makes one"
    if not is_folder(out):
        raise LibraryError("there is no such folder", where=out, todo=todo)
    if url is None and not is_there(out / FILE):
        try:
            found = any(is_there(entry / CALL_FILE) for entry in out.iterdir())
        except OSError as error:
            raise LibraryError(f"cannot be looked into ({error.strerror})", where=out, todo="Check --out") from error
        if not found:
            raise LibraryError("there are no results here", where=out, todo=todo)
