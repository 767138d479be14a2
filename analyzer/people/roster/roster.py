"""The roster: the people who sell, what they are called, and what the names of their recordings say.

A `Roster` has no two people with one name or alias. Its `people` are the team; `customers` are people of the
other side who are met again. Each record is its counterpart in `team.toml`, which `team_file` reads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from analyzer.people.names import folded, is_clean, matching
from analyzer.people.roster.patterns import Pattern, PatternMatch
from analyzer.people.roster.written_names import Form, forms

SALESPERSON = "salesperson"
"""The role of those that `{salesperson}` in a pattern may mean."""


@dataclass(frozen=True, slots=True)
class VoiceClip:
    """A recording of one person alone, as `written`; `at` is "file, line 3, column 5", `place` the field."""

    written: str
    path: Path = field(default=Path(), compare=False)
    at: str = field(default="", compare=False)
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the team; `role` is what they usually are, which a plan may say otherwise for one call.

    `consent` is the day on which they agreed that their voice is known from the clips `voices`; None: not recorded.
    """

    name: str
    role: str
    aliases: tuple[str, ...] = ()
    email: str | None = None
    voices: tuple[VoiceClip, ...] = ()
    consent: dt.date | None = None

    def __post_init__(self) -> None:
        _refuse_no_names(self.name, *self.aliases)
        if not is_clean(self.role):
            raise ValueError(f"{self.role!r} is no role")
        if self.email is not None and not is_email(self.email):
            raise ValueError(f"{self.email!r} is no e-mail address")

    @property
    def sells(self) -> bool:
        """Whether they are a salesperson by role."""
        return folded(self.role) == SALESPERSON


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who buys; the rest as in `Member`."""

    name: str
    aliases: tuple[str, ...] = ()
    company: str | None = None
    voices: tuple[VoiceClip, ...] = ()
    consent: dt.date | None = None

    def __post_init__(self) -> None:
        _refuse_no_names(self.name, *self.aliases)


def _refuse_no_names(*texts: str) -> None:
    for text in texts:
        if not is_clean(text) or not folded(text):
            raise ValueError(f"{text!r} is no name")


def is_email(text: str) -> bool:
    """Whether a text looks like an e-mail address: something without blanks on both sides of one `@`."""
    before, at, after = text.partition("@")
    return bool(before and at and after) and "@" not in after and is_clean(text) and " " not in text


@dataclass(frozen=True, slots=True)
class Roster:
    """The team's people, and the patterns of file names in the order in which they are tried.

    Raises:
        ValueError: one name or alias means two people.
    """

    people: tuple[Member, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    customers: tuple[Customer, ...] = ()
    _forms: tuple[Form, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        owners: dict[str, Member | Customer] = {}
        everybody: tuple[Member | Customer, ...] = (*self.people, *self.customers)
        for person in everybody:
            for name in (person.name, *person.aliases):
                if owners.setdefault(folded(name), person) is not person:
                    raise ValueError(f"{name!r} means two people")
        object.__setattr__(self, "_forms", forms(member for member in self.people if member.sells))

    @property
    def voiced(self) -> tuple[Member | Customer, ...]:
        """Everybody who has clips of their voice here."""
        everybody: tuple[Member | Customer, ...] = (*self.people, *self.customers)
        return tuple(person for person in everybody if person.voices)

    def customer(self, name: str) -> Customer | None:
        """The customer that `name` means, as in `member`."""
        found = matching(self.customers, name)
        return found[0] if len(found) == 1 else None

    def member(self, name: str) -> Member | None:
        """Who `name` means: by name, by alias, or by a first name that only one of them has; else None."""
        found = matching(self.people, name)
        return found[0] if len(found) == 1 else None

    def guess(self, file_name: str | PurePath) -> PatternMatch | None:
        """What the name of a recording says, by the first pattern that it fits; None when it fits none.

        `file_name` may carry folders, for patterns that look at them.
        """
        path = file_name.as_posix() if isinstance(file_name, PurePath) else file_name
        return next((found for pattern in self.patterns if (found := pattern.match(path, self._forms))), None)


@dataclass(frozen=True, slots=True)
class Trial:
    """What the patterns of a roster make of one file name; `match` is None when no pattern fits."""

    file_name: str
    match: PatternMatch | None


def dry_run(roster: Roster, file_names: Iterable[str | PurePath]) -> tuple[Trial, ...]:
    """What each file name would say, in the order given."""
    return tuple(Trial(str(name), roster.guess(name)) for name in file_names)
