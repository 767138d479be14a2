"""The plan of a call: who comes along and why, who leads, who does what, and what the call is to reach.

A `Plan` is what was settled before the call. It always has exactly one lead, on the team; no two attendees share a
name; every agenda item is led by somebody on the call. Each record is its counterpart in `rules`, which holds what
somebody wrote, with nothing wrong and nothing missing in it; `reading` reads one into the other.

Times are samples from the start of the recording; planned lengths are samples too. Texts are one line each.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from analyzer.people.commitment import Commitment
from analyzer.people.names import folded, is_clean, matching
from analyzer.people.plan.rules import (
    EXCEPTION_KINDS,
    SIDES,
    ExceptionKind,
    Side,
    WrittenAttendee,
    WrittenException,
    WrittenItem,
    WrittenObjective,
    WrittenPlan,
    day,
    field_name,
    problems,
)
from analyzer.timeline import Span


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


@dataclass(frozen=True, slots=True)
class Attendee(WrittenAttendee):
    """Somebody who is to be on the call; `lead` for the one who leads it."""

    name: str
    side: Side
    role: str
    lead: bool = False
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.name, *self.aliases):
            _need(is_clean(text) and bool(folded(text)), f"{text!r} is no name")
        _need(self.side in SIDES, f"{self.side!r} is no side")
        _need(is_clean(self.role), f"{self.role!r} is no role")


@dataclass(frozen=True, slots=True)
class AgendaItem(WrittenItem):
    """An item of the agenda. `lead` is the name of the attendee who leads it, `length` how long it was planned to take.

    `start` and `end` are known only when somebody wrote them down; either may be None.
    """

    title: str
    lead: str
    keywords: tuple[str, ...] = ()
    length: int | None = None
    start: int | None = None
    end: int | None = None

    def __post_init__(self) -> None:
        for text in (self.title, self.lead, *self.keywords):
            _need(is_clean(text), f"an agenda item cannot hold the text {text!r}")
        _need(self.length is None or self.length > 0, f"an agenda item cannot take {self.length} samples")
        _need(self.start is None or self.start >= 0, f"an agenda item cannot start at {self.start}")
        _need(self.end is None or self.end > (self.start or 0), f"an agenda item cannot end at {self.end}")

    @property
    def span(self) -> Span | None:
        """When it was on; None unless both ends are known."""
        return None if self.start is None or self.end is None else Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Objective(WrittenObjective):
    """What the call is to reach, and the words by which it can be found in the call."""

    text: str
    keywords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.text, *self.keywords):
            _need(is_clean(text), f"an objective cannot hold the text {text!r}")


@dataclass(frozen=True, slots=True)
class DeclaredException(WrittenException):
    """Why this call is not held against the band, declared no later than the call."""

    kind: ExceptionKind
    declared_on: dt.date
    note: str | None = None

    def __post_init__(self) -> None:
        _need(self.kind in EXCEPTION_KINDS, f"{self.kind!r} is no kind of exception")
        _need(self.note is None or is_clean(self.note), f"an exception cannot hold the note {self.note!r}")


@dataclass(frozen=True, slots=True)
class Plan(WrittenPlan):
    """What was settled before a call; `date` is its day, or its moment as a `datetime`.

    Raises:
        ValueError: the records together break a rule of `rules`.
    """

    date: dt.date | None
    customer: str | None
    reason: str | None
    attendees: tuple[Attendee, ...]
    agenda: tuple[AgendaItem, ...] = ()
    objectives: tuple[Objective, ...] = ()
    exception: DeclaredException | None = None
    commitments: tuple[Commitment, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.customer, self.reason):
            _need(text is None or is_clean(text), f"a plan cannot hold the text {text!r}")
        for text in (text for agreed in self.commitments for text in (agreed.who, agreed.text)):
            _need(is_clean(text), f"a commitment in a plan cannot hold the text {text!r}")
        for problem in problems(self):
            _need(problem.severity != "error", f"{field_name(problem.place)}: {problem.what}")
        names = {attendee.name for attendee in self.attendees}
        for item in self.agenda:
            _need(item.lead in names, f"{item.lead!r} is not an attendee's name as the attendee has it")

    @property
    def lead(self) -> Attendee:
        """Who leads the call."""
        return next(attendee for attendee in self.attendees if attendee.lead)

    @property
    def team(self) -> tuple[Attendee, ...]:
        """The seller's people, the lead among them."""
        return tuple(attendee for attendee in self.attendees if attendee.side == "team")

    @property
    def customers(self) -> tuple[Attendee, ...]:
        """The customer's people."""
        return tuple(attendee for attendee in self.attendees if attendee.side == "customer")

    @property
    def headcount(self) -> int | None:
        """How many people are on the call; None when no one of the customer is listed, for then somebody is missing."""
        return len(self.attendees) if self.customers else None

    @property
    def day(self) -> dt.date | None:
        """The day of the call."""
        return day(self.date)

    @property
    def hand_overs(self) -> tuple[AgendaItem, ...]:
        """The planned hand-overs: agenda items planned for a team member other than the lead."""
        others = {attendee.name for attendee in self.team if not attendee.lead}
        return tuple(item for item in self.agenda if item.lead in others)

    def attendee(self, name: str) -> Attendee | None:
        """The attendee that `name` means: by name, by alias, or by a first name that only one of them has; else None.

        Case, accents and kinds of apostrophe do not count (see `names`).
        """
        found = matching(self.attendees, name)
        return found[0] if len(found) == 1 else None
