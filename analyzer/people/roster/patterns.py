"""File-name patterns: what the name of a recording says about its call.

    {date} {customer} - {salesperson}          2026-05-12 Northwind Foods - Dana Reyes.m4a
    {salesperson}_{customer}_*                 DReyes_Northwind-Foods_0042.wav
    {salesperson}/{date} {customer}*           Dana/2026-05-12 Northwind Foods.m4a

* `{salesperson}`: one of the roster's salespeople, in any of these forms, each with or without a blank, `_`, `-` or `.`
  between its parts: the name, the last name first, an alias, the e-mail address or what stands before its `@`; the
  first or the last name, the initial and the last name, the first name and the initial; the initials, in capitals.
* `{customer}`: any text with a letter or digit in it. An `_` in it is read as a blank.
* `{date}`: year, month and day, with `-`, `_`, `.`, a blank or nothing between them. Whoever writes dates another way
  spells them out: `{day}.{month}.{year}`. A day that does not exist does not fit.
* `*`: anything, nothing too.
* A blank stands for any run of blanks and `_`. Everything else stands for itself; case, accents and kinds of hyphen do
  not count; a brace is written twice.
* `/` goes one folder up: a pattern with one `/` is held against the recording's folder and its name.

The name is taken without the suffix of its media file, unless the pattern ends in one. `{customer}` and `*` take as
little as they can. A name is never part of a longer word: `Dana` is not in `Danan`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass as record

from analyzer.people.file_names import bare_name, has_media_suffix
from analyzer.people.names import closest, one_line
from analyzer.people.roster.written_names import FileName, Form, compared_name
from analyzer.people.toml_fields import CONFIG, Record, fault, line

FIELDS = ("salesperson", "customer", "date", "year", "month", "day")
LONGEST_PATTERN = 200
LONGEST_NAME = 300
"""Characters of a file or folder name beyond which no pattern fits: more than any file system has."""

_HOW = 'Write what file names look like: match = "{date} {customer} - {salesperson}"'

_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:([-_. ])(\d\d)\2(\d\d)(?!\d)|(\d\d)(\d\d)(?=\D|\Z|(?:\d{4}|\d{6})(?!\d)))", re.ASCII
)
_NUMBERS = {
    "year": (re.compile(r"(?:19|20)\d\d", re.ASCII), re.compile(r"\d\d(?!\d)", re.ASCII)),
    "month": (re.compile(r"1[0-2]|0[1-9]", re.ASCII), re.compile(r"[1-9](?!\d)", re.ASCII)),
    "day": (re.compile(r"3[01]|[12]\d|0[1-9]", re.ASCII), re.compile(r"[1-9](?!\d)", re.ASCII)),
}
_BLANKS = re.compile(r"[ _]+")
_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\*+|[ _]+|[{}]|[^{}* _]+")


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """What a file name says by the `pattern` that it fits; None for what it does not say.

    `may_be` has the names of all that the salesperson in the file name may mean when it is more than one; then
    `salesperson` is None.
    """

    pattern: str
    salesperson: str | None = None
    customer: str | None = None
    date: dt.date | None = None
    may_be: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern: `text` to stand for itself, `blank`, `any`, or a field."""

    kind: str
    text: str = ""


def _understood(text: str) -> str:
    _parts(text)
    return text


@record(frozen=True, config=CONFIG)
class Pattern(Record):
    """A pattern as written.

    Raises:
        ValueError: it cannot be understood.
    """

    text: Annotated[str, line(_HOW, LONGEST_PATTERN), AfterValidator(_understood)] = Field(validation_alias="match")

    @cached_property
    def parts(self) -> tuple[tuple[_Part, ...], ...]:
        """What it means: for each folder and then the name, the parts it is made of."""
        return _parts(self.text)

    @property
    def fields(self) -> frozenset[str]:
        """What it tells: names out of `FIELDS`."""
        return frozenset(part.kind for parts in self.parts for part in parts) & frozenset(FIELDS)

    def match(self, path: str, forms: Sequence[Form]) -> PatternMatch | None:
        """What the name at the end of `path` (folders parted by `/`) says; None when it does not fit."""
        names = [part for part in unicodedata.normalize("NFC", path).split("/") if part]
        if len(names) < len(self.parts):
            return None
        names = names[-len(self.parts) :]
        if not has_media_suffix(self.text):
            names[-1] = bare_name(names[-1])
        found: dict[str, str] = {}
        people: tuple[str, ...] = ()
        for parts, name in zip(self.parts, names, strict=True):
            if len(name) > LONGEST_NAME:
                return None
            fit = _fit(parts, compared_name(name), forms)
            if fit is None:
                return None
            found |= fit[0]
            people = people or fit[1]
        try:
            date = _date(found)
        except ValueError:
            return None
        return PatternMatch(
            self.text,
            people[0] if len(people) == 1 else None,
            found.get("customer"),
            date,
            people if len(people) > 1 else (),
        )


def _parts(text: str) -> tuple[tuple[_Part, ...], ...]:
    """The parts of a pattern.

    Raises:
        PydanticCustomError: it cannot be understood (see `fault`).
    """
    found = tuple(tuple(_pieces(segment)) for segment in text.strip("/").split("/"))
    kinds = [part.kind for parts in found for part in parts]
    for field in FIELDS:
        if kinds.count(field) > 1:
            raise fault(f"{{{field}}} stands in it twice", "Put * for one of them")
    spelt_out = [field for field in ("day", "month", "year") if field in kinds]
    if spelt_out and "date" in kinds:
        raise fault(f"{{date}} and {{{spelt_out[0]}}} both tell the date", "Leave one of the two out")
    if 0 < len(spelt_out) < 3:
        raise fault("a date needs {day}, {month} and {year}", "Write all three, or {date} for 2026-05-12")
    for parts in found:
        if not parts:
            raise fault("there is nothing between two /", "Take one of them out, or write * for any folder")
        for before, after in pairwise(parts):
            if {before.kind, after.kind} == {"customer", "any"}:
                what = "{customer} and * stand side by side, so no one can tell where one ends"
                raise fault(what, "Write what stands between them, as in {customer} - *")
    return found


def _pieces(text: str) -> Iterator[_Part]:
    for match in _PART.finditer(text):
        piece = match[0]
        if match[1] is not None:
            field = one_line(match[1])
            if field not in FIELDS:
                near = closest(field, FIELDS)
                what = f"there is no {{{field}}}" + (f" (did you mean {{{near}}}?)" if near else "")
                raise fault(what, "A pattern can tell {salesperson}, {customer} and {date}")
            yield _Part(field)
        elif piece in ("{{", "}}"):
            yield _Part("text", piece[0])
        elif piece in ("{", "}"):
            what = f"a {piece} has no counterpart"
            raise fault(what, "Write fields as {customer}, and a brace of the file name twice")
        elif piece[0] == "*":
            yield _Part("any")
        elif piece[0] in " _":
            yield _Part("blank")
        else:
            yield _Part("text", compared_name(unicodedata.normalize("NFC", piece)).compared)


def _fit(
    parts: Sequence[_Part], name: FileName, forms: Sequence[Form]
) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """The fields that the parts take from a name and who its salesperson may be; None when it does not fit."""
    at = next((i for i, part in enumerate(parts) if part.kind == "salesperson"), None)
    if at is None:
        found = _taken(parts, name, 0, len(name.compared))
        return None if found is None else (found, ())
    before, after = parts[:at], parts[at + 1 :]
    starts, ends = _reached(before, name), _begins(after, name, 0, len(name.compared))[0]
    fields: dict[str, str] | None = None
    people: list[str] = []
    rank = 0
    for form in forms if starts and ends else ():
        if people and form.rank > rank:
            break
        if form.person in people:
            continue
        place = next(((start, end) for start, end in name.places(form) if start in starts and end in ends), None)
        if place is None:
            continue
        people.append(form.person)
        if fields is None:
            left, right = _taken(before, name, 0, place[0]), _taken(after, name, place[1], len(name.compared))
            fields, rank = (left or {}) | (right or {}), form.rank
    return None if fields is None else (fields, tuple(people))


def _taken(parts: Sequence[_Part], name: FileName, start: int, end: int) -> dict[str, str] | None:
    """What the fields take when the parts cover exactly the compared characters from `start` to `end`."""
    begins = _begins(parts, name, start, end)
    if start not in begins[0]:
        return None
    taken: dict[str, str] = {}
    at = start
    for part, after in zip(parts, begins[1:], strict=True):
        stop = next(stop for stop in _ends(part, name, at) if stop in after)
        if part.kind in FIELDS:
            taken[part.kind] = _tidy(part.kind, name.part(at, stop))
        at = stop
    return taken


def _begins(parts: Sequence[_Part], name: FileName, start: int, end: int) -> list[set[int]]:
    """For each part, and the end, where it may begin so that the rest of the name goes to the rest of the parts."""
    begins = [{end}]
    for part in reversed(parts):
        after = begins[-1]
        last = max(after, default=-1)
        if part.kind == "any":
            begins.append({at for at in range(start, end + 1) if at <= last})
        elif part.kind == "customer":
            begins.append({at for at in range(start, end + 1) if name.signs[at] + 1 <= last})
        else:
            begins.append({at for at in range(start, end + 1) if any(stop in after for stop in _ends(part, name, at))})
    begins.reverse()
    return begins


def _reached(parts: Sequence[_Part], name: FileName) -> set[int]:
    """Where the parts may end when they begin where the name does."""
    reached = {0}
    for part in parts:
        if part.kind in ("any", "customer"):  # from the first place on they reach whatever they reach from a later one
            reached = set(_ends(part, name, min(reached)))
        else:
            reached = {stop for at in reached for stop in _ends(part, name, at)}
        if not reached:
            break
    return reached


def _ends(part: _Part, name: FileName, at: int) -> Iterator[int]:
    """Where a part that begins at `at` may end, the nearest first but for numbers."""
    text = name.compared
    if part.kind == "text":
        if text.startswith(part.text, at):
            yield at + len(part.text)
    elif part.kind == "blank":
        match = _BLANKS.match(text, at)
        if match:
            yield match.end()
    elif part.kind == "any":
        yield from range(at, len(text) + 1)
    elif part.kind == "customer":
        yield from range(name.signs[at] + 1, len(text) + 1)
    else:
        for number in (_DATE,) if part.kind == "date" else _NUMBERS[part.kind]:
            match = number.match(text, at)
            if match:
                yield match.end()


def _tidy(field: str, text: str) -> str:
    return one_line(text.replace("_", " ")).strip("- ") if field == "customer" else text


def _date(found: dict[str, str]) -> dt.date | None:
    """The date among the fields.

    Raises:
        ValueError: there is no such day.
    """
    if "date" in found:
        year, month, day = (int(number) for number in _date_numbers(found["date"]))
    elif "year" in found:
        year, month, day = (int(unicodedata.normalize("NFKD", found[field])) for field in ("year", "month", "day"))
    else:
        return None
    return dt.date(year if year > 99 else 2000 + year, month, day)


def _date_numbers(text: str) -> tuple[str, str, str]:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKD", text), flags=re.ASCII)
    return digits[:4], digits[4:6], digits[6:8]
