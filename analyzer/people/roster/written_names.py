"""How people are written in file names: every form of a name, and where one stands in a file or folder name.

A roster is the user's and so are the names of files: whatever stands in them, the search for a form takes as long as
the file name, or its square at the worst.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from analyzer.people.names import folded

# What may stand between two parts of a name is taken whole (`*+`): no part begins with it, so giving some of it back
# could never make a form fit, and the search for one stays as short as the file name.
_BETWEEN = r"[ _.\-]*+"
_APART = re.compile(r"[ _.\-]+")
_APOSTROPHES = "'*+"


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
class Form:
    """One way of writing somebody in a file name; the lower the `rank`, the surer it is."""

    person: str
    rank: int
    written: re.Pattern[str]
    in_capitals: bool = False


@dataclass(frozen=True, slots=True)
class FileName:
    """A file or folder name: as written, as compared, and which character as written each compared one comes from.

    `signs` has for each compared character, and the end, where the first letter or digit from there on is.
    """

    written: str
    compared: str
    origin: tuple[int, ...]
    signs: tuple[int, ...]
    _places: dict[Form, tuple[tuple[int, int], ...]] = field(default_factory=dict, compare=False, repr=False)

    def places(self, form: Form) -> tuple[tuple[int, int], ...]:
        """Where a form stands in the name, as a word of its own: looked for once, for however many patterns."""
        if form not in self._places:
            self._places[form] = tuple(_places(form, self))
        return self._places[form]

    def part(self, start: int, end: int) -> str:
        """What is written from one compared character to before another."""
        return self.written[self.origin[start] : self.origin[end]]


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
    first, initials = words[0], [_initial(word) for word in words]
    others = _BETWEEN.join(_loose(word) for word in before)
    yield Form(person.name, 0, re.compile(f"{_loose(last)},?{_BETWEEN}{others}"))
    yield form(1, first)
    yield form(1, last)
    yield form(1, initials[0], last)
    yield form(1, first, initials[-1])
    if all(initial != initial.upper() for initial in initials):
        yield form(2, *initials, in_capitals=True)


def _addresses(email: str | None) -> tuple[str, ...]:
    """An e-mail address, and what stands before its `@`."""
    return () if email is None else (email, email.partition("@")[0])


def _words(name: str) -> list[str]:
    """The words of a name; what is all hyphens, dots and apostrophes is none."""
    words = compared_name(unicodedata.normalize("NFC", name)).compared.split(" ")
    return [word for word in words if word.strip("_.-'")]


def _initial(word: str) -> str:
    return word.strip("_.-'")[0]


def _loose(word: str) -> str:
    """A word as a file name may have it: without apostrophes, its hyphens and dots as any separator or none."""
    # Each part has something else than apostrophes in it, and a run of them is one: see `_BETWEEN`.
    parts = [part for part in _APART.split(word) if part.strip("'")]
    return _BETWEEN.join(re.sub("'+", _APOSTROPHES, re.escape(part)) for part in parts)


@lru_cache(maxsize=64)
def compared_name(name: str) -> FileName:
    """A name with each of its characters folded, and blanks of every kind as ` `."""
    compared: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(name):
        for c in " " if char.isspace() else folded(char):
            compared.append(c)
            origin.append(at)
    signs = [len(compared)]
    for at in range(len(compared) - 1, -1, -1):
        signs.append(at if compared[at].isalnum() else signs[-1])
    return FileName(name, "".join(compared), (*origin, len(name)), tuple(reversed(signs)))


def _places(form: Form, name: FileName) -> Iterator[tuple[int, int]]:
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
