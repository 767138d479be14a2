"""One call's result in the tables: noted in place of what was there, read back, and taken out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Insert, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from analyzer.library.catalog import searching
from analyzer.library.catalog.tables import CALL, FAILURE, as_it_was, storable
from analyzer.library.summary import CallSummary

AT_ONCE = 500
"""Calls that one statement is about."""


@dataclass(frozen=True, slots=True)
class Result:
    """What is noted of an analysed call: besides what `KnownCall` says, its summary."""

    summary: CallSummary
    inputs: str | None
    record_stamp: str | None
    forgotten_at: dt.datetime | None = None
    said: str = ""
    """Its words, to be searched."""


def insert_into(connection: Connection, table: Table) -> Any:
    """An insert that may say what happens when the row is there already, which each database says in its own way."""
    return (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)


def upsert(connection: Connection, table: Table, key: str, *, unless_none: Sequence[str] = ()) -> Insert:
    """An insert that replaces the row of the same key, but for new None in the columns `unless_none`."""
    statement = insert_into(connection, table)
    new = {column.name: statement.excluded[column.name] for column in table.c if column.name != key}
    new |= {name: func.coalesce(statement.excluded[name], table.c[name]) for name in unless_none}
    found: Insert = statement.on_conflict_do_update(index_elements=[key], set_=new)
    return found


def store(connection: Connection, results: Sequence[Result]) -> None:
    """Notes results in place of those before; failures of these calls are over. A call is in `results` once.

    A folder holds the results of one call: where it was another's, its recording was replaced, and that one has none.
    """
    for start in range(0, len(results), AT_ONCE):
        _store(connection, results[start : start + AT_ONCE])


def _store(connection: Connection, results: Sequence[Result]) -> None:
    hashes = [result.summary.sha256 for result in results]
    new = upsert(connection, CALL, "sha256", unless_none=("forgotten_at",))
    connection.execute(new, [_call(result) for result in results])
    words = {result.summary.sha256: (searching.names_of(result.summary.record), result.said) for result in results}
    searching.note(connection, words)
    folders = [result.summary.folder for result in results]
    others = select(CALL.c.sha256).where(CALL.c.folder.in_(folders), CALL.c.sha256.not_in(hashes))
    clear(connection, connection.execute(others).scalars().all())
    connection.execute(delete(FAILURE).where(FAILURE.c.subject.in_(hashes)))


def _call(result: Result) -> dict[str, Any]:
    summary = result.summary
    return {
        "sha256": summary.sha256,
        "state": "done",
        "folder": summary.folder,
        "inputs": result.inputs,
        "record_stamp": result.record_stamp,
        "forgotten_at": result.forgotten_at,
        "name": summary.name,
        "date": summary.date,
        "summary": as_text(summary),
    }


def clear(connection: Connection, hashes: Sequence[str]) -> None:
    """Takes the results of calls out: they are to be done."""
    kept = ("sha256", "state")
    cleared = {column.name: None for column in CALL.c if column.name not in kept}
    for start in range(0, len(hashes), AT_ONCE):
        part = hashes[start : start + AT_ONCE]
        searching.forget(connection, part)
        connection.execute(update(CALL).where(CALL.c.sha256.in_(part)).values(state="new", **cleared))


def as_text(summary: CallSummary) -> str:
    """A summary as the catalog keeps it whole, in JSON."""
    return summary.model_copy(update={"folder": storable(summary.folder)}).model_dump_json()


def from_text(text: str | None) -> CallSummary:
    """A summary back.

    Raises:
        ValidationError: it is not what this version writes.
    """
    summary = CallSummary.model_validate_json(text or "")
    folder = as_it_was(summary.folder)
    return summary if folder == summary.folder else summary.model_copy(update={"folder": folder})
