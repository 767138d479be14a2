"""One call's result in the tables: noted in place of what was there, read back, and taken out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Insert, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from analyzer.library.catalog.tables import (
    CALL,
    CALL_PERSON,
    COMMITMENT,
    CORRECTION,
    DEBRIEF,
    FAILURE,
    PERSON,
    PLAN,
    as_it_was,
    storable,
)
from analyzer.library.summary import CallSummary
from analyzer.people.corrections import Change
from analyzer.people.names import folded

PARTS = (CALL_PERSON, COMMITMENT, CORRECTION, PLAN, DEBRIEF)
"""The tables that hold parts of a call's result."""
AT_ONCE = 500
"""Calls that one statement is about."""


@dataclass(frozen=True, slots=True)
class Result:
    """What is noted of an analysed call: besides what `KnownCall` says, its summary and its corrections."""

    summary: CallSummary
    inputs: str | None
    record_stamp: str | None
    corrections: Sequence[Change]
    at: dt.datetime
    forgotten_at: dt.datetime | None = None


def insert_into(connection: Connection, table: Table) -> Any:
    """An insert that may say what happens when the row is there already, which each database says in its own way."""
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)


def upsert(
    connection: Connection, table: Table, *keys: str, keep: Sequence[str] = (), unless_none: Sequence[str] = ()
) -> Insert:
    """An insert that replaces the row of the same keys, but for columns in `keep`, and new None in `unless_none`."""
    statement = insert_into(connection, table)
    new = {column.name: statement.excluded[column.name] for column in table.c if column.name not in (*keys, *keep)}
    new |= {name: func.coalesce(statement.excluded[name], table.c[name]) for name in unless_none}
    found: Insert = statement.on_conflict_do_update(index_elements=list(keys), set_=new)
    return found


def store(connection: Connection, results: Sequence[Result]) -> None:
    """Notes results in place of those before; failures of these calls are over. A call is in `results` once.

    A folder holds the results of one call: where it was another's, its recording was replaced, and that one has none.
    """
    for start in range(0, len(results), AT_ONCE):
        _store(connection, results[start : start + AT_ONCE])


def _store(connection: Connection, results: Sequence[Result]) -> None:
    hashes = [result.summary.sha256 for result in results]
    new = upsert(connection, CALL, "sha256", keep=("first_seen",), unless_none=("forgotten_at",))
    connection.execute(new, [_call(result) for result in results])
    folders = [result.summary.folder for result in results]
    others = select(CALL.c.sha256).where(CALL.c.folder.in_(folders), CALL.c.sha256.not_in(hashes))
    clear(connection, connection.execute(others).scalars().all())
    _clear_parts(connection, hashes)
    connection.execute(delete(FAILURE).where(FAILURE.c.subject.in_(hashes)))
    everybody = [person.name for result in results for person in result.summary.people if person.name is not None]
    numbers = _people(connection, everybody)
    rows: dict[Table, list[dict[str, Any]]] = {table: [] for table in PARTS}
    for result in results:
        summary = result.summary
        sha = {"sha256": summary.sha256}
        for person in summary.people:
            row = {field: getattr(person, field) for field in ("key", "label", "side", "role", "spoken", "salesperson")}
            number = numbers[folded(person.name)] if person.name is not None else None
            rows[CALL_PERSON].append(sha | row | {"person_id": number})
        for earlier, promised in ((False, summary.commitments), (True, summary.last_commitments)):
            for one in promised:
                row = {"who": one.who, "text": one.text, "due": one.due, "kept": one.kept, "earlier": earlier}
                rows[COMMITMENT].append(sha | row)
        for place, change in enumerate(result.corrections):
            rows[CORRECTION].append(sha | {"number": place, "at": change.at, "content": change.model_dump_json()})
        if summary.planned:
            rows[PLAN].append(sha | {"reason": summary.reason_to_bring, "exception": summary.exception})
        if summary.debriefed_on is not None:
            rows[DEBRIEF].append(sha | {"held_on": summary.debriefed_on, "own_lead_share": summary.own_lead_share})
    for table, found in rows.items():
        if found:
            connection.execute(insert(table), found)


def _call(result: Result) -> dict[str, Any]:
    summary, seller = result.summary, result.summary.salesperson
    return {
        "sha256": summary.sha256,
        "state": "done",
        "folder": summary.folder,
        "inputs": result.inputs,
        "record_stamp": result.record_stamp,
        "first_seen": result.at,
        "analysed_at": result.at,
        "forgotten_at": result.forgotten_at,
        "name": summary.name,
        "date": summary.date,
        "customer": summary.customer,
        "seconds": summary.seconds,
        "led": summary.led,
        "team_took_part": summary.team_took_part,
        "salesperson": seller.name if seller is not None else None,
        "summary": as_text(summary),
    }


def _people(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The number of each name, a new one for a new name."""
    by_key = {folded(name): name for name in names}
    if not by_key:
        return {}
    new = insert_into(connection, PERSON).on_conflict_do_nothing(index_elements=["folded"])
    # In one order everywhere, so that two writers never wait for each other in a ring.
    connection.execute(new, [{"folded": key, "name": by_key[key]} for key in sorted(by_key)])
    known = select(PERSON.c.folded, PERSON.c.id).where(PERSON.c.folded.in_(list(by_key)))
    return {row.folded: row.id for row in connection.execute(known)}


def clear(connection: Connection, hashes: Sequence[str]) -> None:
    """Takes the results of calls out: they are to be done."""
    kept = ("sha256", "state", "first_seen")
    cleared = {column.name: None for column in CALL.c if column.name not in kept}
    for start in range(0, len(hashes), AT_ONCE):
        part = hashes[start : start + AT_ONCE]
        connection.execute(update(CALL).where(CALL.c.sha256.in_(part)).values(state="new", **cleared))
        _clear_parts(connection, part)


def _clear_parts(connection: Connection, hashes: Sequence[str]) -> None:
    for table in PARTS:
        connection.execute(delete(table).where(table.c.sha256.in_(hashes)))


def as_text(summary: CallSummary) -> str:
    """A summary as the catalog keeps it whole, in JSON."""
    return _summaries().dump_json(replace(summary, folder=storable(summary.folder))).decode()


def from_text(text: str) -> CallSummary:
    """A summary back.

    Raises:
        ValidationError: it is not what this version writes.
    """
    summary = _summaries().validate_json(text)
    folder = as_it_was(summary.folder)
    return summary if folder == summary.folder else replace(summary, folder=folder)


@cache
def _summaries() -> TypeAdapter[CallSummary]:
    return TypeAdapter(CallSummary)
