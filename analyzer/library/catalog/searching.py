"""What is searched: each call's names and words, and the full text index over them.

asked       every word, or its beginning, in whatever order: "depot forty" finds "forty pounds at the other depots"
SQLite      FTS5, the table `words_index`; triggers keep it up to date with `words`
PostgreSQL  its own text search, without a language: names are no words of one
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select, text

from analyzer.debrief.record import CallRecord
from analyzer.library.catalog.tables import WORDS, storable

LONGEST = 400_000
"""Characters of one call that are searched: PostgreSQL indexes a megabyte at most."""
MOST_WORDS = 12

WORDS_AROUND = 8
"""Words that are shown before, and again after, the first place that was found."""
FARTHEST = 300
"""Characters before it, and again after it, at most."""

_SQLITE = "SELECT sha256 FROM words WHERE +id IN (SELECT rowid FROM words_index WHERE words_index MATCH :asked)"
"""The `+` lets SQLite go through the index of hashes: by their ids it would read each call's words."""
_POSTGRESQL = (
    "SELECT sha256 FROM words WHERE to_tsvector('simple', names || ' ' || said) @@ to_tsquery('simple', :asked)"
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


def search(connection: Connection, asked: str) -> set[str]:
    """The calls in whose names or words all of this stands, by hash."""
    query = _query(connection, asked)
    if query is None:
        return set()
    found = text(_SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL)
    return set(connection.execute(found, {"asked": query}).scalars().all())


def snippets(connection: Connection, asked: str, hashes: Sequence[str]) -> dict[str, str]:
    """What was said around the first place where any of this stands, by the hash of the call.

    What was found stands between the characters 2 and 3. Calls in whose names alone it stands are left out. The
    databases' own (`snippet`, `ts_headline`) go through all words of a call: fifty long calls took them a second.
    """
    words = re.findall(r"[^\W_]+", asked)[:MOST_WORDS]
    if not words or not hashes:
        return {}
    query = select(WORDS.c.sha256, WORDS.c.said).where(WORDS.c.sha256.in_(hashes))
    found = ((sha256, around(said, words)) for sha256, said in connection.execute(query))
    return {sha256: shown for sha256, shown in found if shown is not None}


def around(said: str, words: Sequence[str]) -> str | None:
    """The words around the first place in a text where one of these begins a word, whatever its case and its accents.

    What was found stands between the characters 2 and 3; None where there is nothing.
    """
    begins = re.compile(rf"(?<![^\W_])(?:{'|'.join(words)})[^\W_]*", re.IGNORECASE)
    looked_in = said
    if (first := begins.search(said)) is None:
        begins = re.compile(begins.pattern.translate(_PLAIN), re.IGNORECASE)
        looked_in = said.translate(_PLAIN)
        if (first := begins.search(looked_in)) is None:
            return None
    low, high = max(0, first.start() - FARTHEST), min(len(said), first.end() + FARTHEST)
    before = [low + word.start() for word in _WORD.finditer(said[low : first.start()])][-WORDS_AROUND:]
    after = [first.end() + word.end() for word in _WORD.finditer(said[first.end() : high])][:WORDS_AROUND]
    start = before[0] if len(before) == WORDS_AROUND else low
    end = after[-1] if len(after) == WORDS_AROUND else high
    shown, at = "…" if start else "", start
    for found in begins.finditer(looked_in, start, end):
        shown += f"{said[at : found.start()]}\x02{said[found.start() : found.end()]}\x03"
        at = found.end()
    return shown + said[at:end] + ("…" if end < len(said) else "")


class _Plain(dict[int, int]):
    """Each letter without its accent, as long as that is one letter."""

    def __missing__(self, code: int) -> int:
        letter = unicodedata.normalize("NFKD", chr(code))
        plain = [one for one in letter if not unicodedata.combining(one)]
        self[code] = ord(plain[0]) if len(plain) == 1 else code
        return self[code]


_PLAIN = _Plain()
_WORD = re.compile(r"\S+")


def _query(connection: Connection, asked: str) -> str | None:
    """What is asked for in the words of the database; None where there is no word in it."""
    words = re.findall(r"\w+", asked.replace("\0", " "))[:MOST_WORDS]
    if connection.dialect.name == "sqlite":
        return " ".join(f'"{word}"*' for word in words) or None
    return " & ".join(f"{word}:*" for word in words) or None
