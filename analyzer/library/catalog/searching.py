"""What is searched: each call's names and words, and the full text index over them.

asked       every word, or its beginning, in whatever order: "depot forty" finds "forty pounds at the other depots"
SQLite      FTS5, the table `words_index`; triggers keep it up to date with `words`
PostgreSQL  its own text search, without a language: names are no words of one
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, insert, text

from analyzer.debrief.record import CallRecord
from analyzer.library.catalog.tables import WORDS, storable

LONGEST = 400_000
"""Characters of one call that are searched: PostgreSQL indexes a megabyte at most."""
MOST_WORDS = 12

_IN = "words.sha256 IN :hashes"
_SQLITE = "FROM words_index JOIN words ON words.id = words_index.rowid WHERE words_index MATCH :asked"
_POSTGRESQL = "FROM words WHERE to_tsvector('simple', names || ' ' || said) @@ to_tsquery('simple', :asked)"
_AROUND = {
    "sqlite": "snippet(words_index, 1, char(2), char(3), '…', 16)",
    "postgresql": "ts_headline('simple', said, to_tsquery('simple', :asked), "
    "'MaxFragments=1, MaxWords=16, MinWords=8, StartSel=' || chr(2) || ', StopSel=' || chr(3))",
}


def names_of(call: CallRecord) -> str:
    """The names of a call that are searched: its own, the customer's and everybody's."""
    planned = [one.name for one in call.plan.attendees] if call.plan is not None else []
    people = [one.name for one in call.people if one.name is not None]
    return "\n".join(dict.fromkeys((call.name, call.customer or "", *people, *planned)))[:LONGEST]


def said_in(call: CallRecord) -> str:
    """The words of a call; empty when they are not known, or were forgotten."""
    return "\n".join(one.text for one in call.transcript or ())[:LONGEST]


def note(connection: Connection, words: Mapping[str, tuple[str, str]]) -> None:
    """Notes names and words by the hash of their call, in place of those before."""
    forget(connection, list(words))
    rows = [
        {"sha256": sha256, "names": storable(names), "said": storable(said)} for sha256, (names, said) in words.items()
    ]
    if rows:
        connection.execute(insert(WORDS), rows)


def forget(connection: Connection, hashes: Sequence[str]) -> None:
    """Takes the words of calls out."""
    if hashes:
        connection.execute(delete(WORDS).where(WORDS.c.sha256.in_(hashes)))


def search(connection: Connection, asked: str) -> set[str]:
    """The calls in whose names or words all of this stands, by hash."""
    query = _query(connection, asked)
    if query is None:
        return set()
    found = text(f"SELECT words.sha256 {_from(connection)}")
    return set(connection.execute(found, {"asked": query}).scalars())


def snippets(connection: Connection, asked: str, hashes: Sequence[str]) -> dict[str, str]:
    """What was said around the first place where any of this stands, by the hash of the call.

    What was found stands between the characters 2 and 3. Calls in whose names alone it stands are left out.
    """
    query = _query(connection, asked)
    if query is None or not hashes:
        return {}
    around = _AROUND[connection.dialect.name]
    found = text(f"SELECT words.sha256, {around} {_from(connection)} AND {_IN}")
    rows = connection.execute(found.bindparams(bindparam("hashes", expanding=True)), {"asked": query, "hashes": hashes})
    return {sha256: snippet for sha256, snippet in rows if "\x02" in snippet}


def _from(connection: Connection) -> str:
    return _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL


def _query(connection: Connection, asked: str) -> str | None:
    """What is asked for in the words of the database; None where there is no word in it."""
    words = re.findall(r"\w+", asked.replace("\0", " "))[:MOST_WORDS]
    if connection.dialect.name == "sqlite":
        return " ".join(f'"{word}"*' for word in words) or None
    return " & ".join(f"{word}:*" for word in words) or None
