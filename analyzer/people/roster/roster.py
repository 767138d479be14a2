"""The roster: the people who sell, what they are called, and what the names of their recordings say.

A `Roster` has no two people with one name or alias. Its `people` are the team; `customers` are people of the
other side who are met again. `team_file` says how its file is written. A record with gaps (see `toml_fields`) has
None, or no list, where the file could not be read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, model_validator
from pydantic.dataclasses import dataclass

from analyzer.people.hand_written import Naming, Problem, refuse_errors, shared_names
from analyzer.people.names import folded, only_match
from analyzer.people.positions import field_name
from analyzer.people.roster.patterns import Pattern, PatternMatch
from analyzer.people.roster.written_names import Form, forms
from analyzer.people.side import Side
from analyzer.people.toml_fields import (
    CONFIG,
    HOW_NAME,
    Record,
    Texts,
    a_list,
    calendar_date,
    called,
    element,
    fault,
    line,
    tables,
)

SALESPERSON = "salesperson"
"""The role of those that `{salesperson}` in a pattern may mean."""
MAX_PEOPLE, MAX_PATTERNS = 2000, 200
LONGEST_PATH = 1000

_HOW_ROLE = 'Write what they are: role = "salesperson", "manager", "specialist" or any other word'


@dataclass(frozen=True)
class VoiceClip:
    """A recording of one person alone, as `written`; `at` is "file, line 3, column 5", `place` the field."""

    written: str
    path: Path = field(default=Path(), compare=False)
    at: str = field(default="", compare=False)
    place: str = field(default="", compare=False)


def _clip(value: object) -> VoiceClip:
    return value if isinstance(value, VoiceClip) else VoiceClip(element(value, LONGEST_PATH))


def _email(text: str | None) -> str | None:
    before, at, after = (text or "").partition("@")
    if text is not None and not (before and at and after and "@" not in after and " " not in text):
        what = f"should be an e-mail address, not {called(text)}"
        raise fault(what, 'Write email = "name@example.com", or take the line out')
    return text


def _agreed(day: dt.date | None) -> dt.date | None:
    if isinstance(day, dt.datetime):
        raise fault(f"should be a date, not {called(day)}", "Write it without quotes: consent = 2026-05-01")
    if day is not None and day > dt.date.today():
        raise fault(f"{day} lies in the future", "Write the day on which they agreed")
    return day


Voices = Annotated[tuple[Annotated[VoiceClip, PlainValidator(_clip)], ...], a_list]
"""Clips of somebody's voice."""
Consent = Annotated[dt.date | None, calendar_date(), AfterValidator(_agreed)]
"""The day on which somebody agreed that their voice is known from the clips; None: not recorded."""


def _domain(value: object) -> str:
    text = element(value).casefold().removeprefix("@")
    if "." not in text.strip(".") or "@" in text or " " in text:
        raise fault(f"should be a mail domain, not {called(text)}", 'Write domains = ["example.com"]')
    return text


Domains = Annotated[tuple[Annotated[str, PlainValidator(_domain)], ...], a_list]
"""What stands behind the @ in the addresses of the team."""


@dataclass(frozen=True, config=CONFIG)
class Member(Record):
    """Somebody of the team; `role` is what they usually are, which a plan may say otherwise for one call."""

    name: Annotated[str, line(HOW_NAME, letters=True)]
    role: Annotated[str, line(_HOW_ROLE)]
    aliases: Texts = ()
    email: Annotated[str | None, line(), AfterValidator(_email)] = None
    voices: Voices = ()
    consent: Consent = None

    @property
    def sells(self) -> bool:
        """Whether they are a salesperson by role."""
        return folded(self.role) == SALESPERSON


@dataclass(frozen=True, config=CONFIG)
class Customer(Record):
    """Somebody who buys; the rest as in `Member`."""

    name: Annotated[str, line(HOW_NAME, letters=True)]
    aliases: Texts = ()
    company: Annotated[str | None, line()] = None
    voices: Voices = ()
    consent: Consent = None


@dataclass(frozen=True, config=CONFIG)
class Roster(Record):
    """The team's people, and the patterns of file names in the order in which they are tried.

    Raises:
        ValueError: one name or alias means two people.
    """

    people: Annotated[tuple[Member, ...], tables("person", MAX_PEOPLE)] = Field(default=(), validation_alias="person")
    patterns: Annotated[tuple[Pattern, ...], tables("pattern", MAX_PATTERNS)] = Field(
        default=(), validation_alias="pattern"
    )
    customers: Annotated[tuple[Customer, ...], tables("customer", MAX_PEOPLE)] = Field(
        default=(), validation_alias="customer"
    )

    domains: Domains = ()

    @model_validator(mode="after")
    def _keeps_the_rules(self, info: ValidationInfo) -> Roster:
        """Refuses a roster of the program that breaks a rule; what is wrong in a file is told by its reader."""
        if info.context is None:
            refuse_errors(problems(self))
        return self

    @cached_property
    def _forms(self) -> tuple[Form, ...]:
        return forms(member for member in self.people if member.sells)

    @property
    def voiced(self) -> tuple[Member | Customer, ...]:
        """Everybody who has clips of their voice here."""
        everybody: tuple[Member | Customer, ...] = (*self.people, *self.customers)
        return tuple(person for person in everybody if person.voices)

    def customer(self, name: str) -> Customer | None:
        """The customer that `name` means, as in `member`."""
        return only_match(self.customers, name)

    def member(self, name: str) -> Member | None:
        """Who `name` means: by name, by alias, or by a first name that only one of them has; else None."""
        return only_match(self.people, name)

    def side_of(self, mail: str) -> Side | None:
        """The side of somebody with this mail address; None where the roster does not tell.

        The team's are those of its members, and those in `domains`; with `domains`, all others are customers.
        """
        domain = mail.casefold().rpartition("@")[2]
        own = any(domain == one or domain.endswith(f".{one}") for one in self.domains)
        if own or any(one.email is not None and one.email.casefold() == mail.casefold() for one in self.people):
            return "team"
        return "customer" if self.domains else None

    def guess(self, file_name: str | PurePath) -> PatternMatch | None:
        """What the name of a recording says, by the first pattern that it fits; None when it fits none.

        `file_name` may carry folders, for patterns that look at them.
        """
        path = file_name.as_posix() if isinstance(file_name, PurePath) else file_name
        return next((found for pattern in self.patterns if (found := pattern.match(path, self._forms))), None)


def problems(roster: Roster, named: Naming = field_name) -> Iterator[Problem]:
    """What breaks a rule, and what the roster cannot tell though it looks as if it could."""
    members = [(("person", i), one) for i, one in enumerate(roster.people)]
    customers = [(("customer", i), one) for i, one in enumerate(roster.customers)]
    yield from shared_names([*members, *customers], named)
    if not roster.people:
        todo = "Add a [[person]] with name and role for each of the team"
        yield Problem("warning", ("person",), "no one is listed", todo)
    sells = any(person.role is None or person.sells for person in roster.people)
    first: dict[str, int] = {}
    for i, pattern in enumerate(roster.patterns):
        if pattern.text is None:
            continue
        place = ("pattern", i, "match")
        if not pattern.fields:
            todo = "Write {salesperson}, {customer} or {date} where the file name has them"
            yield Problem("warning", place, "tells nothing about the call", todo)
        if "salesperson" in pattern.fields and roster.people and not sells:
            todo = 'Write role = "salesperson" for those who sell'
            yield Problem("warning", place, "no one on the roster is a salesperson, so it fits no file name", todo)
        if first.setdefault(pattern.text, i) != i:
            what = f"is the same as {field_name(('pattern', first[pattern.text]))}, which is tried first"
            yield Problem("warning", place, what, "Take one of them out")
