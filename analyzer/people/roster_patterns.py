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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from analyzer.people.file_names import bare_name, has_media_suffix
from analyzer.people.names import closest, folded, one_line

FIELDS = ("salesperson", "customer", "date", "year", "month", "day")
LONGEST_PATTERN = 200
LONGEST_NAME = 300
"""Characters of a file or folder name beyond which no pattern fits: more than any file system has."""

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
_BETWEEN = r"[ _.\-]*"
_APART = re.compile(r"[ _.\-]+")


class PatternFault(Exception):  # noqa: N818 - a finding on its way to the caller, with the vocabulary of findings
    """A pattern cannot be understood: what is wrong with it, and the way out."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo


class Salesperson(Protocol):
    """What a file name may call somebody by."""

    @property
    def name(self) -> str:
        """The name, in full."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names for the same person."""

    @property
    def email(self) -> str | None:
        """The e-mail address."""


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """What a file name says by the `pattern` that it fits; None for what it does not say.

    `may_be` has the names of all whom the salesperson in the file name may mean when it is more than one; then
    `salesperson` is None.
    """

    pattern: str
    salesperson: str | None = None
    customer: str | None = None
    date: dt.date | None = None
    may_be: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing somebody in a file name; the lower the `rank`, the surer it is."""

    person: str
    rank: int
    written: re.Pattern[str]
    in_capitals: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern: `text` to stand for itself, `blank`, `any`, or a field."""

    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Name:
    """A file or folder name: as written, as compared, and which character as written each compared one comes from."""

    written: str
    compared: str
    origin: tuple[int, ...]

    def part(self, start: int, end: int) -> str:
        """What is written from one compared character to before another."""
        return self.written[self.origin[start] : self.origin[end]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as written, and what it means: for each folder and then the name, the parts it is made of."""

    text: str
    parts: tuple[tuple[_Part, ...], ...]

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
            fit = _fit(parts, _compared(name), forms)
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


def parse_pattern(text: str) -> Pattern:
    """The pattern that `text` writes.

    Raises:
        PatternFault: it cannot be understood.
    """
    if len(text) > LONGEST_PATTERN:
        raise PatternFault(f"longer than {LONGEST_PATTERN} characters", "Put * for what does not matter")
    pattern = Pattern(text, tuple(tuple(_parts(segment)) for segment in text.strip("/").split("/")))
    kinds = [part.kind for parts in pattern.parts for part in parts]
    for field in FIELDS:
        if kinds.count(field) > 1:
            raise PatternFault(f"{{{field}}} stands in it twice", "Put * for one of them")
    spelt_out = [field for field in ("day", "month", "year") if field in kinds]
    if spelt_out and "date" in kinds:
        raise PatternFault(f"{{date}} and {{{spelt_out[0]}}} both tell the date", "Leave one of the two out")
    if 0 < len(spelt_out) < 3:
        raise PatternFault("a date needs {day}, {month} and {year}", "Write all three, or {date} for 2026-05-12")
    for parts in pattern.parts:
        if not parts:
            raise PatternFault("there is nothing between two /", "Take one of them out, or write * for any folder")
        for before, after in pairwise(parts):
            if {before.kind, after.kind} == {"customer", "any"}:
                what = "{customer} and * stand side by side, so nobody can tell where one ends"
                raise PatternFault(what, "Write what stands between them, as in {customer} - *")
    return pattern


def _parts(text: str) -> Iterator[_Part]:
    for match in _PART.finditer(text):
        piece = match[0]
        if match[1] is not None:
            field = one_line(match[1])
            if field not in FIELDS:
                near = closest(field, FIELDS)
                what = f"there is no {{{field}}}" + (f" (did you mean {{{near}}}?)" if near else "")
                raise PatternFault(what, "A pattern can tell {salesperson}, {customer} and {date}")
            yield _Part(field)
        elif piece in ("{{", "}}"):
            yield _Part("text", piece[0])
        elif piece in ("{", "}"):
            what = f"a {piece} has no counterpart"
            raise PatternFault(what, "Write fields as {customer}, and a brace of the file name twice")
        elif piece[0] == "*":
            yield _Part("any")
        elif piece[0] in " _":
            yield _Part("blank")
        else:
            yield _Part("text", _compared(unicodedata.normalize("NFC", piece)).compared)


def forms(people: Iterable[Salesperson]) -> tuple[Form, ...]:
    """Every form in which one of `people` may stand in a file name, the surest first."""
    found = [form for person in people for form in _forms(person)]
    return tuple(sorted(found, key=lambda form: form.rank))


def _forms(person: Salesperson) -> Iterator[Form]:
    def form(rank: int, *words: str, in_capitals: bool = False) -> Form:
        written = _BETWEEN.join(_loose(word) for word in words)
        return Form(person.name, rank, re.compile(written), in_capitals)

    words = _words(person.name)
    for written in (person.name, *person.aliases, *_addresses(person.email)):
        if parts := _words(written):
            yield form(0, *parts)
    if len(words) < 2:
        return
    *before, last = words
    first = words[0]
    others = _BETWEEN.join(_loose(word) for word in before)
    yield Form(person.name, 0, re.compile(f"{_loose(last)},?{_BETWEEN}{others}"))
    yield form(1, first)
    yield form(1, last)
    yield form(1, first[0], last)
    yield form(1, first, last[0])
    if all(word[0] != word[0].upper() for word in words):
        yield form(2, *(word[0] for word in words), in_capitals=True)


def _addresses(email: str | None) -> tuple[str, ...]:
    """An e-mail address, and what stands before its `@`."""
    return () if email is None else (email, email.partition("@")[0])


def _words(name: str) -> list[str]:
    return [word for word in _compared(unicodedata.normalize("NFC", name)).compared.split(" ") if word]


def _loose(word: str) -> str:
    """A word as a file name may have it: without apostrophes, its hyphens and dots as any separator or none."""
    parts = [re.escape(part).replace("'", "'?") for part in _APART.split(word) if part]
    return _BETWEEN.join(parts) or re.escape(word)


def _compared(name: str) -> _Name:
    """A name with each of its characters folded, and blanks of every kind as ` `."""
    compared: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(name):
        for c in " " if char.isspace() else folded(char):
            compared.append(c)
            origin.append(at)
    return _Name(name, "".join(compared), (*origin, len(name)))


def _fit(parts: Sequence[_Part], name: _Name, forms: Sequence[Form]) -> tuple[dict[str, str], tuple[str, ...]] | None:
    """The fields that the parts take from a name and whom its salesperson may be; None when it does not fit."""
    at = next((i for i, part in enumerate(parts) if part.kind == "salesperson"), None)
    if at is None:
        found = _taken(parts, name, 0, len(name.compared))
        return None if found is None else (found, ())
    before, after = parts[:at], parts[at + 1 :]
    fields: dict[str, str] | None = None
    people: list[str] = []
    rank = 0
    for form in forms:
        if people and form.rank > rank:
            break
        for start, end in _places(form, name):
            left = _taken(before, name, 0, start)
            right = _taken(after, name, end, len(name.compared)) if left is not None else None
            if left is None or right is None:
                continue
            if fields is None:
                fields, rank = left | right, form.rank
            if form.person not in people:
                people.append(form.person)
    return None if fields is None else (fields, tuple(people))


def _places(form: Form, name: _Name) -> Iterator[tuple[int, int]]:
    """Where a form stands in a name, as a word of its own."""
    text = name.compared
    at = 0
    while match := form.written.search(text, at):
        start, end = match.span()
        at = start + 1
        if _joined(text, start) or _joined(text, end):
            continue
        if form.in_capitals and not name.part(start, end).isupper():
            continue
        yield start, end


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and at `at` are both letters or both digits, and so of one word."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return (before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit())


def _taken(parts: Sequence[_Part], name: _Name, start: int, end: int) -> dict[str, str] | None:
    """What the fields take when the parts cover exactly the compared characters from `start` to `end`."""
    # From the last part to the first: where it may begin so that the rest of the name goes to the rest of the parts.
    begins = [{end}]
    for part in reversed(parts):
        after = begins[-1]
        last = max(after, default=-1)
        if part.kind in ("any", "customer"):
            least = (lambda at: at) if part.kind == "any" else (lambda at: _first_sign(name, at) + 1)
            begins.append({at for at in range(start, end + 1) if least(at) <= last})
        else:
            begins.append({at for at in range(start, end + 1) if any(stop in after for stop in _ends(part, name, at))})
    begins.reverse()
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


def _first_sign(name: _Name, at: int) -> int:
    """Where the first letter or digit from `at` on is."""
    text = name.compared
    return next((i for i in range(at, len(text)) if text[i].isalnum()), len(text))


def _ends(part: _Part, name: _Name, at: int) -> Iterator[int]:
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
        yield from range(_first_sign(name, at) + 1, len(text) + 1)
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
