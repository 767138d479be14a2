"""The catalog: what is where and what happened, in a database beside the results or on a server.

Results are files and are read without it; it can be made again from them (`rebuild`). Every method is one transaction.
Only the driver of a batch writes; two drivers on one catalog keep off each other's calls by leases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from analyzer.library.catalog import leases, searching
from analyzer.library.catalog import stored_calls as results
from analyzer.library.catalog.connection import BUSY, address, open_engine, shown
from analyzer.library.catalog.failures import REBUILD, CatalogCorruptError, explained
from analyzer.library.catalog.leases import Lease
from analyzer.library.catalog.stored_calls import Result, insert_into, upsert
from analyzer.library.catalog.tables import CALL, FAILURE, PLACE, storable
from analyzer.library.summary import CallSummary

UNREADABLE = "what it says of a call is not what this version writes"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recording lies; `sha256` is None when it could not be read."""

    path: str
    size: int
    mtime_ns: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class KnownCall:
    """What the catalog knows of a call; `inputs` and `record_stamp` are those of its last rendering."""

    sha256: str
    state: Literal["new", "done"]
    folder: str | None
    inputs: str | None
    record_stamp: str | None
    forgotten_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, how often, and when it is tried again. `subject` is the content hash, or the path without one."""

    subject: str
    path: str
    tries: int
    first_at: dt.datetime
    last_at: dt.datetime
    next_try_at: dt.datetime
    quarantined: bool
    exit_code: int
    message: str
    inputs: str | None = None
    retryable: bool = False


class Catalog:
    """An open catalog; a context manager."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self.where = where

    @classmethod
    def open(cls, out: Path, url: str | None = None, *, create: bool = True, busy: float = BUSY) -> Catalog:
        """Opens the catalog of an output folder, or the one at a database address.

        Raises:
            CatalogError: it cannot be used, as its kinds say.
            UsageError: `url` is no address.
        """
        found = address(out, url)
        return cls(open_engine(found, create=create, busy=busy), shown(found))

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise explained(error, self.where) from error

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(reading=True) as connection:
                yield connection
        except SQLAlchemyError as error:
            raise explained(error, self.where) from error

    # Places

    def places(self, under: Path | None = None) -> dict[str, Place]:
        """The places that recordings have now, by path; only those below a folder when it is given."""
        query = select(PLACE.c.path, PLACE.c.size, PLACE.c.mtime_ns, PLACE.c.sha256).where(PLACE.c.gone_at.is_(None))
        if under is not None:
            # Not LIKE, to which large and small letters are one.
            prefix = storable(str(under).rstrip("/") + "/")
            query = query.where(func.substr(PLACE.c.path, 1, len(prefix)) == prefix)
        with self._reading() as connection:
            return {row.path: Place(*row) for row in connection.execute(query)}

    def saw(self, places: Iterable[Place]) -> None:
        """Notes where recordings lie; a content that is new becomes a call to do."""
        rows = list(places)
        if not rows:
            return
        calls = [{"sha256": sha, "state": "new"} for sha in {p.sha256 for p in rows if p.sha256}]
        with self._writing() as connection:
            if calls:
                new = insert_into(connection, CALL).on_conflict_do_nothing(index_elements=["sha256"])
                connection.execute(new, calls)
            connection.execute(
                upsert(connection, PLACE, "path"),
                [
                    {"path": p.path, "size": p.size, "mtime_ns": p.mtime_ns, "sha256": p.sha256, "gone_at": None}
                    for p in rows
                ],
            )

    def gone(self, paths: Iterable[str], at: dt.datetime | None = None) -> None:
        """Notes that files are gone. Their calls stay: a file that was moved is found again by its content."""
        at = at or dt.datetime.now(dt.UTC)
        rows = list(paths)
        if rows:
            with self._writing() as connection:
                for start in range(0, len(rows), 500):
                    part = rows[start : start + 500]
                    connection.execute(update(PLACE).where(PLACE.c.path.in_(part)).values(gone_at=at))

    # Calls

    _KNOWN = (
        CALL.c.sha256,
        CALL.c.state,
        CALL.c.folder,
        CALL.c.inputs,
        CALL.c.record_stamp,
        CALL.c.forgotten_at,
    )

    def calls(self) -> dict[str, KnownCall]:
        """Every call, by its content hash."""
        with self._reading() as connection:
            return {row.sha256: KnownCall(*row) for row in connection.execute(select(*self._KNOWN))}

    def call(self, sha256: str) -> KnownCall | None:
        """One call as it is now."""
        with self._reading() as connection:
            row = connection.execute(select(*self._KNOWN).where(CALL.c.sha256 == sha256)).one_or_none()
        return None if row is None else KnownCall(*row)

    def store(
        self,
        summary: CallSummary,
        *,
        inputs: str | None,
        record_stamp: str | None,
        said: str = "",
    ) -> None:
        """Notes a call's result in place of what was known of it; a failure of it is over. `said` are its words."""
        with self._writing() as connection:
            results.store(connection, [Result(summary, inputs, record_stamp, said=said)])

    def replace_all(self, found: Sequence[Result]) -> None:
        """Notes these results and no others, all or none: a call without one is to be done again."""
        here = {result.summary.sha256 for result in found}
        with self._writing() as connection:
            done = connection.execute(select(CALL.c.sha256).where(CALL.c.state == "done")).scalars()
            results.clear(connection, [sha256 for sha256 in done if sha256 not in here])
            connection.execute(update(CALL).values(forgotten_at=None))
            results.store(connection, found)

    def forgotten(self, sha256: str, at: dt.datetime) -> None:
        """Notes that a call's words, clips and voiceprints were forgotten."""
        with self._writing() as connection:
            connection.execute(update(CALL).where(CALL.c.sha256 == sha256).values(forgotten_at=at))

    def summaries(self) -> list[CallSummary]:
        """The calls that have a result, by date and name."""
        found, unreadable = self.readable()
        if unreadable:
            raise CatalogCorruptError(UNREADABLE, where=self.where, todo=REBUILD)
        return found

    def readable(self) -> tuple[list[CallSummary], tuple[str, ...]]:
        """The calls that have a result and can be read, by date and name; and the folders of those that cannot."""
        query = (
            select(CALL.c.summary, CALL.c.folder, CALL.c.sha256)
            .where(CALL.c.state == "done")
            .order_by(CALL.c.date, CALL.c.name, CALL.c.sha256)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        found, unreadable = [], []
        for row in rows:
            try:
                found.append(results.from_text(row.summary))
            except ValidationError:
                unreadable.append(row.folder or row.sha256)
        return found, tuple(unreadable)

    def marks(self) -> dict[str, str]:
        """For each call that has a result what changes when another one is noted, by its content hash."""
        query = select(CALL.c.sha256, CALL.c.record_stamp, CALL.c.inputs, CALL.c.folder).where(CALL.c.state == "done")
        with self._reading() as connection:
            return {sha256: f"{at}|{inputs}|{folder}" for sha256, at, inputs, folder in connection.execute(query).all()}

    def summaries_of(self, hashes: Sequence[str]) -> dict[str, CallSummary]:
        """The results of these calls, by content hash; without those that cannot be read."""
        found: dict[str, CallSummary] = {}
        with self._reading() as connection:
            for start in range(0, len(hashes), results.AT_ONCE):
                part = hashes[start : start + results.AT_ONCE]
                query = select(CALL.c.sha256, CALL.c.summary).where(CALL.c.sha256.in_(part), CALL.c.state == "done")
                for row in connection.execute(query):
                    with suppress(ValidationError):  # written by another version: `check` tells
                        found[row.sha256] = results.from_text(row.summary)
        return found

    def search(self, asked: str) -> set[str]:
        """The calls in whose names or words all of this stands, by content hash."""
        with self._reading() as connection:
            return searching.search(connection, asked)

    def snippets(self, asked: str, hashes: Sequence[str]) -> dict[str, str]:
        """What was said in these calls around what is asked for (see `searching.snippets`)."""
        with self._reading() as connection:
            return searching.snippets(connection, asked, hashes)

    def stamp(self) -> object:
        """What changes when anything is noted; None on a server, where only reading tells."""
        if self._engine.dialect.name != "sqlite":
            return None
        file = Path(self._engine.url.database or "")
        found = []
        for path in (file, file.with_name(f"{file.name}-wal")):
            with suppress(OSError):
                state = path.stat()
                found.append((state.st_size, state.st_mtime_ns, state.st_ino))
        return tuple(found)

    def wipe(self) -> None:
        """Leaves nothing of what was replaced in the database's files; a server does this in its own time."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._writing() as connection:  # in its index too, which only marks what was taken out
            connection.exec_driver_sql("INSERT INTO words_index(words_index) VALUES ('optimize')")
        with self._reading() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def damage(self) -> str | None:
        """What the database itself finds wrong with its file; None when all is well, or on a server."""
        if self._engine.dialect.name != "sqlite":
            return None
        with self._reading() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        return None if found == "ok" else str(found)

    def remove(self, sha256: str) -> None:
        """Takes a call's result back: it is to be done again, if it is still there."""
        with self._writing() as connection:
            results.clear(connection, [sha256])

    # Failures

    def failures(self) -> list[Failure]:
        """What failed and has neither succeeded since nor been cleared, the oldest first."""
        with self._reading() as connection:
            return [Failure(*row) for row in connection.execute(select(FAILURE).order_by(FAILURE.c.first_at))]

    def failed(self, failure: Failure) -> None:
        """Notes a failure in place of what was known of its subject."""
        row = {name: getattr(failure, name) for name in Failure.__slots__}
        with self._writing() as connection:
            connection.execute(upsert(connection, FAILURE, "subject"), row)

    def clear(self, subject: str | None = None) -> int:
        """Clears the failure of one subject, or all of them, so that they are tried again; says how many."""
        query = delete(FAILURE)
        if subject is not None:
            query = query.where(FAILURE.c.subject == subject)
        with self._writing() as connection:
            return connection.execute(query).rowcount

    # Leases

    def lease(self, subject: str, owner: str, ttl: dt.timedelta, at: dt.datetime) -> bool:
        """Takes the lease of a call for `ttl`; False when another run has it."""
        with self._writing() as connection:
            return leases.take(connection, subject, owner, ttl, at)

    def renew(self, owner: str, subjects: Iterable[str], ttl: dt.timedelta, at: dt.datetime) -> set[str]:
        """Prolongs the leases of a run and says which of `subjects` are still its own."""
        with self._writing() as connection:
            return leases.prolong(connection, owner, subjects, ttl, at)

    def release(self, subject: str, owner: str) -> None:
        """Gives a lease back."""
        with self._writing() as connection:
            leases.give_back(connection, subject, owner)

    def leases(self) -> list[tuple[str, str]]:
        """Every lease there is: subject and owner."""
        return [(lease.subject, lease.owner) for lease in self.leases_held()]

    def leases_held(self, at: dt.datetime | None = None) -> list[Lease]:
        """Every lease there is, or those that hold at a time."""
        with self._reading() as connection:
            found = leases.all_of(connection)
            now = leases.clock(connection, at) if at is not None else None
        return [lease for lease in found if now is None or lease.holds(now)]
