"""The catalog: what is where and what happened, in a database beside the results or on a server.

Results are files and are read without it; it can be made anew from them (`rebuild`). Every method is one transaction.
Only the driver of a batch writes; two drivers on one catalog keep off each other's calls by leases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Engine, Insert, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from analyzer.library import leases
from analyzer.library.catalog_errors import REBUILD, CatalogCorruptError, explained
from analyzer.library.catalog_open import BUSY, address, open_engine, shown
from analyzer.library.catalog_tables import (
    ATTEMPT,
    CALL,
    CALL_PERSON,
    COMMITMENT,
    CORRECTION,
    DEBRIEF,
    FAILURE,
    PERSON,
    PLACE,
    PLAN,
    STAGE,
)
from analyzer.library.leases import Lease
from analyzer.library.summary import CallSummary
from analyzer.people.corrections import Change
from analyzer.people.names import folded

Outcome = Literal["done", "failed", "stopped"]
Result = tuple[CallSummary, str | None, str | None, Sequence[Change]]
"""A call's summary, the fingerprint of what it was made from, the stamp of its record, and its corrections."""


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
    analysed_at: dt.datetime | None
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

    def _insert(self, table: Table) -> Any:
        return (postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert)(table)

    def _upsert(self, table: Table, *keys: str, keep: Sequence[str] = ()) -> Insert:
        """An insert that replaces the row of the same keys, but for the columns in `keep`."""
        statement = self._insert(table)
        new = {column.name: statement.excluded[column.name] for column in table.c if column.name not in (*keys, *keep)}
        found: Insert = statement.on_conflict_do_update(index_elements=list(keys), set_=new)
        return found

    # Places

    def places(self, under: Path | None = None) -> dict[str, Place]:
        """The places that recordings have now, by path; only those below a folder when it is given."""
        query = select(PLACE.c.path, PLACE.c.size, PLACE.c.mtime_ns, PLACE.c.sha256).where(PLACE.c.gone_at.is_(None))
        if under is not None:
            # Not LIKE, which knows no difference between letters: a range of the sorted paths.
            prefix = str(under).rstrip("/") + "/"
            query = query.where(func.substr(PLACE.c.path, 1, len(prefix)) == prefix)
        with self._reading() as connection:
            return {row.path: Place(*row) for row in connection.execute(query)}

    def saw(self, places: Iterable[Place], at: dt.datetime | None = None) -> None:
        """Notes where recordings lie; a content that is new becomes a call to do."""
        rows = list(places)
        if not rows:
            return
        at = at or dt.datetime.now(dt.UTC)
        new = self._insert(CALL).on_conflict_do_nothing(index_elements=["sha256"])
        calls = [{"sha256": sha, "state": "new", "first_seen": at} for sha in {p.sha256 for p in rows if p.sha256}]
        with self._writing() as connection:
            if calls:
                connection.execute(new, calls)
            connection.execute(
                self._upsert(PLACE, "path"),
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
        CALL.c.analysed_at,
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
        corrections: Sequence[Change] = (),
        at: dt.datetime,
    ) -> None:
        """Notes a call's result in place of what was known of it; a failure of it is over."""
        self.store_all([(summary, inputs, record_stamp, corrections)], at=at)

    def store_all(self, results: Iterable[Result], *, at: dt.datetime) -> None:
        """Notes many results, all or none."""
        with self._writing() as connection:
            for result in results:
                self._store(connection, *result, at)

    def replace_all(self, results: Sequence[Result], *, at: dt.datetime) -> None:
        """Notes these results and no others, all or none: a call without one is to be done again."""
        here = {summary.sha256 for summary, *_ in results}
        with self._writing() as connection:
            for sha256 in connection.execute(select(CALL.c.sha256).where(CALL.c.state == "done")).scalars().all():
                if sha256 not in here:
                    self._clear_result(connection, sha256)
            for result in results:
                self._store(connection, *result, at)

    def _store(
        self,
        connection: Connection,
        summary: CallSummary,
        inputs: str | None,
        stamp: str | None,
        corrections: Sequence[Change],
        at: dt.datetime,
    ) -> None:
        sha = summary.sha256
        seller = summary.salesperson
        row = {
            "sha256": sha,
            "state": "done",
            "folder": summary.folder,
            "inputs": inputs,
            "record_stamp": stamp,
            "first_seen": at,
            "analysed_at": at,
            "forgotten_at": None,
            "name": summary.name,
            "date": summary.date,
            "customer": summary.customer,
            "seconds": summary.seconds,
            "led": summary.led,
            "team_took_part": summary.team_took_part,
            "salesperson": seller.name if seller is not None else None,
            "summary": _summaries().dump_json(summary).decode(),
        }
        connection.execute(self._upsert(CALL, "sha256", keep=("first_seen", "forgotten_at")), row)
        self._clear_parts(connection, sha)
        connection.execute(delete(FAILURE).where(FAILURE.c.subject == sha))
        people = [
            {
                "sha256": sha,
                "person_id": self._person(connection, person.name) if person.name is not None else None,
                "key": person.key,
                "label": person.label,
                "side": person.side,
                "role": person.role,
                "spoken": person.spoken,
                "salesperson": person.salesperson,
            }
            for person in summary.people
        ]
        commitments = [
            {"sha256": sha, "who": c.who, "text": c.text, "due": c.due, "kept": c.kept, "earlier": earlier}
            for earlier, found in ((False, summary.commitments), (True, summary.last_commitments))
            for c in found
        ]
        changes = [
            {"sha256": sha, "number": number, "at": change.at, "content": change.model_dump_json()}
            for number, change in enumerate(corrections)
        ]
        for table, rows in ((CALL_PERSON, people), (COMMITMENT, commitments), (CORRECTION, changes)):
            if rows:
                connection.execute(insert(table), rows)
        if summary.planned:
            plan = {"sha256": sha, "reason": summary.reason_to_bring, "exception": summary.exception}
            connection.execute(insert(PLAN), plan)
        if summary.debriefed_on is not None:
            talk = {"sha256": sha, "held_on": summary.debriefed_on, "own_lead_share": summary.own_lead_share}
            connection.execute(insert(DEBRIEF), talk)

    def _person(self, connection: Connection, name: str) -> int:
        key = folded(name)
        new = self._insert(PERSON).values(folded=key, name=name).on_conflict_do_nothing(index_elements=["folded"])
        connection.execute(new)
        found: int = connection.execute(select(PERSON.c.id).where(PERSON.c.folded == key)).scalar_one()
        return found

    def forgotten(self, sha256: str, at: dt.datetime) -> None:
        """Notes that a call's words, clips and voiceprints were forgotten."""
        with self._writing() as connection:
            connection.execute(update(CALL).where(CALL.c.sha256 == sha256).values(forgotten_at=at))

    def summaries(self) -> list[CallSummary]:
        """The calls that have a result, by date and name."""
        query = select(CALL.c.summary).where(CALL.c.state == "done").order_by(CALL.c.date, CALL.c.name, CALL.c.sha256)
        read = _summaries().validate_json
        with self._reading() as connection:
            rows = connection.execute(query).scalars().all()
        try:
            return [read(row) for row in rows]
        except ValidationError as error:
            what = "what it says of a call is not what this version writes"
            raise CatalogCorruptError(what, where=self.where, todo=REBUILD) from error

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
            self._clear_result(connection, sha256)

    def _clear_result(self, connection: Connection, sha256: str) -> None:
        kept = ("sha256", "state", "first_seen")
        cleared = {column.name: None for column in CALL.c if column.name not in kept}
        connection.execute(update(CALL).where(CALL.c.sha256 == sha256).values(state="new", **cleared))
        self._clear_parts(connection, sha256)

    def _clear_parts(self, connection: Connection, sha256: str) -> None:
        for table in (CALL_PERSON, CORRECTION, PLAN, DEBRIEF, COMMITMENT):
            connection.execute(delete(table).where(table.c.sha256 == sha256))

    # Attempts and failures

    def began(self, subject: str, path: str, worker: str, at: dt.datetime) -> int:
        """Notes that somebody began with a call; returns the attempt's number."""
        with self._writing() as connection:
            row = {"subject": subject, "path": path, "worker": worker, "began_at": at}
            found = connection.execute(insert(ATTEMPT).values(**row)).inserted_primary_key
        assert found is not None
        return int(found[0])

    def ended(
        self,
        attempt: int,
        at: dt.datetime,
        outcome: Outcome,
        exit_code: int,
        message: str | None,
        stages: Mapping[str, float],
    ) -> None:
        """Notes how an attempt ended, and how long each stage took (seconds)."""
        with self._writing() as connection:
            values = {"ended_at": at, "outcome": outcome, "exit_code": int(exit_code), "message": message}
            connection.execute(update(ATTEMPT).where(ATTEMPT.c.id == attempt).values(**values))
            rows = [{"attempt_id": attempt, "stage": name, "seconds": took} for name, took in stages.items()]
            if rows:
                connection.execute(insert(STAGE), rows)

    def failures(self) -> list[Failure]:
        """What failed and has neither succeeded since nor been cleared, the oldest first."""
        with self._reading() as connection:
            return [Failure(*row) for row in connection.execute(select(FAILURE).order_by(FAILURE.c.first_at))]

    def failed(self, failure: Failure) -> None:
        """Notes a failure in place of what was known of its subject."""
        row = {name: getattr(failure, name) for name in Failure.__slots__}
        with self._writing() as connection:
            connection.execute(self._upsert(FAILURE, "subject"), row)

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


@cache
def _summaries() -> TypeAdapter[CallSummary]:
    return TypeAdapter(CallSummary)
