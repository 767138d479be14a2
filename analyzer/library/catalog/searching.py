"""What is searched: each call's names and words, and the full text index over them.

asked       every word, or its beginning, in whatever order: "depot forty" finds "forty pounds at the other depots"
SQLite      FTS5, the table `words_index`; triggers keep it up to date with `words`
PostgreSQL  its own text search, without a language: names are no words of one
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, text

from analyzer.debrief.record import CallRecord
from analyzer.library.catalog.tables import WORDS, storable

LONGEST = 400_000
"""Characters of one call that are searched: PostgreSQL indexes a megabyte at most."""
MOST_WORDS = 12
MOST_FOUND = 2000

_SQLITE = text(
    "SELECT words.sha256, snippet(words_index, 1, char(2), char(3), '…', 16) FROM words_index "
    "JOIN words ON words.id = words_index.rowid WHERE words_index MATCH :asked ORDER BY rank LIMIT :most"
)
_POSTGRESQL = text(
    "SELECT sha256, ts_headline('simple', said, to_tsquery('simple', :asked), "
    "'MaxFragments=1, MaxWords=16, MinWords=8, StartSel=' || chr(2) || ', StopSel=' || chr(3)) "
    "FROM (SELECT sha256, said FROM words "
    "WHERE to_tsvector('simple', names || ' ' || said) @@ to_tsquery('simple', :asked) LIMIT :most) AS found"
)


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


def search(connection: Connection, asked: str) -> dict[str, str]:
    """The calls in which all of this stands, the best first, by hash; with what was said around the first of it.

    What was found stands between the characters 2 and 3; it may be in the names alone.
    """
    words = re.findall(r"\w+", asked.replace("\0", " "))[:MOST_WORDS]
    if not words:
        return {}
    sqlite = connection.dialect.name == "sqlite"
    query = " ".join(f'"{word}"*' for word in words) if sqlite else " & ".join(f"{word}:*" for word in words)
    found = connection.execute(_SQLITE if sqlite else _POSTGRESQL, {"asked": query, "most": MOST_FOUND})
    return {sha256: snippet if "\x02" in snippet else "" for sha256, snippet in found}
