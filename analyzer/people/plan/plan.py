"""The plan of a call: who comes along and why, who leads, who does what, and what the call is to reach.

A `Plan` is what was settled before the call. It always has exactly one lead, on the team; no two attendees share a
name; every agenda item is led by somebody on the call. `reading` says how its file is written. A record with gaps (see
`toml_fields`) has None, or no list, where the file could not be read: no rule draws conclusions from it.

Times are samples from the start of the recording; planned lengths are samples too. Texts are one line each.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationInfo, model_validator
from pydantic.dataclasses import dataclass

from analyzer.people.commitment import Commitment
from analyzer.people.hand_written import Naming, Problem, refuse_errors, shared_names
from analyzer.people.names import closest, folded, matching, only_match
from analyzer.people.positions import field_name
from analyzer.people.side import PERSON_SIDES, PersonSide
from analyzer.people.toml_fields import (
    CONFIG,
    GAPS,
    HOW_NAME,
    TEXT_LENGTH,
    Flag,
    Record,
    Texts,
    calendar_date,
    called,
    choice,
    fault,
    line,
    one_table,
    tables,
)
from analyzer.timeline import Span, clock, samples

ExceptionKind = Literal["final_presentation", "new_salesperson", "other"]
EXCEPTION_KINDS: tuple[ExceptionKind, ...] = get_args(ExceptionKind)

RideAlong = Literal["observe", "support", "co-sell", "model"]
"""Why somebody comes along: to listen; to help where it takes them; to sell together; to show how it is done."""
RIDE_ALONGS: tuple[RideAlong, ...] = get_args(RideAlong)

CustomerIs = Literal["new", "returning"]
CUSTOMERS_ARE: tuple[CustomerIs, ...] = get_args(CustomerIs)

MAX_TABLES = 200
"""How many attendees, agenda items, objectives or commitments a plan may have, each."""
MAX_SUGGESTIONS, MAX_NAMES = 10, 100
"""How often, and among how many names, the nearest is looked for: no one corrects more than that at once."""

DAY = 24 * 3600
"""Seconds that no moment of a recording and no planned length reaches."""

_HOW_ROLE = 'Write what they do on this call: role = "salesperson", "manager", "customer" or any other word'
_HOW_RIDE_ALONG = 'Write ride_along = "observe", "support", "co-sell" or "model", or take the line out'
_HOW_CUSTOMER_IS = 'Write customer_is = "new" or "returning", or take the line out'
_HOW_TIME = 'Write m:ss, h:mm:ss or seconds, counted from the start of the recording: "0:45"'
_HOW_MINUTES = "Write how many minutes are planned: minutes = 5"

_CLOCK = re.compile(r"(?:(\d{1,2}):(?=[0-5]\d:))?(\d{1,4}):([0-5]\d(?:\.\d{1,6})?)", re.ASCII)
_SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,6})?", re.ASCII)


def _in_samples(value: object, unit: int, kind: str, how: str) -> int:
    """A moment or a length as a file has it, in samples; a number counts in `unit` seconds."""
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if isinstance(number, float) and not math.isfinite(number):
        raise fault(f"should be {kind}, not {called(value)}", how)
    if number < 0:
        raise fault(f"less than nothing: {called(value)}", how)
    if number * unit >= DAY:
        raise fault(f"a day or more: {called(value)}", how)
    return samples(number * unit)


def _moment(value: object, info: ValidationInfo) -> object:
    if value is None or info.context is None:
        return value
    written = _clock_seconds(value.strip()) if isinstance(value, str) else None
    return _in_samples(value if written is None else written, 1, "a moment", _HOW_TIME)


def _length(value: object, info: ValidationInfo) -> object:
    if value is None or info.context is None:
        return value
    length = _in_samples(value, 60, "a number", _HOW_MINUTES)
    if length == 0:
        raise fault("no time at all", _HOW_MINUTES)
    return length


def _clock_seconds(text: str) -> float | None:
    """Seconds in `h:mm:ss`, `m:ss` or plain seconds; None for anything else."""
    match = _CLOCK.fullmatch(text)
    if match:
        return int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])
    return float(text) if _SECONDS.fullmatch(text) else None


def _after_the_start(end: int | None, info: ValidationInfo) -> int | None:
    start = info.data.get("start")
    if end is not None and end <= (start or 0):
        after = f"after the start at {clock(start)}" if start is not None else "after the call begins"
        todo = "Times count from the start of the recording: m:ss or h:mm:ss"
        raise fault(f"the end at {clock(end)} is not {after}", todo)
    return end


Moment = Annotated[int | None, Field(ge=0), BeforeValidator(_moment)]


@dataclass(frozen=True, config=CONFIG)
class Attendee(Record):
    """Somebody who is to be on the call; `lead` for the one who leads it."""

    name: Annotated[str, line(HOW_NAME, letters=True)]
    side: Annotated[PersonSide, choice(PERSON_SIDES, 'Write side = "team" or side = "customer"')]
    role: Annotated[str, line(_HOW_ROLE)]
    lead: Flag = False
    aliases: Texts = ()


@dataclass(frozen=True, config=CONFIG)
class AgendaItem(Record):
    """An item of the agenda. `lead` is the name of the attendee who leads it, `length` how long it was planned to take.

    `start` and `end` are known only when somebody wrote them down; either may be None.
    """

    title: Annotated[str, line('Write what it is about: title = "…"', TEXT_LENGTH)]
    lead: Annotated[str, line('Write which attendee leads it: lead = "First Last"')]
    keywords: Texts = ()
    length: Annotated[int | None, Field(gt=0), BeforeValidator(_length)] = Field(
        default=None, validation_alias="minutes"
    )
    start: Moment = None
    end: Annotated[Moment, AfterValidator(_after_the_start)] = None

    @property
    def span(self) -> Span | None:
        """When it was on; None unless both ends are known."""
        return None if self.start is None or self.end is None else Span(self.start, self.end)


@dataclass(frozen=True, config=CONFIG)
class Objective(Record):
    """What the call is to reach, and the words by which it can be found in the call."""

    text: Annotated[str, line('Write what the call is to reach: text = "…"', TEXT_LENGTH)]
    keywords: Texts = ()


@dataclass(frozen=True, config=CONFIG)
class DeclaredException(Record):
    """Why this call is not held against the band, declared no later than the call."""

    kind: Annotated[
        ExceptionKind, choice(EXCEPTION_KINDS, 'Write kind = "final_presentation", "new_salesperson" or "other"')
    ]
    declared_on: Annotated[dt.date, calendar_date("Write the day on which it was declared: declared_on = 2026-05-10")]
    note: Annotated[str | None, line(limit=TEXT_LENGTH)] = None


@dataclass(frozen=True, config=CONFIG)
class CommitmentTable(Record):
    """A commitment as the plan's file has it; `who` is any name for an attendee, or somebody else's."""

    who: Annotated[str, line('Write who agreed to it: who = "First Last"')]
    text: Annotated[str, line('Write what was agreed: text = "…"', TEXT_LENGTH)]
    due: Annotated[dt.date | None, calendar_date(), AfterValidator(lambda due: day(due))] = None
    kept: Flag | None = None


def _commitment(value: Any, info: ValidationInfo) -> Commitment:
    written = asdict(value) if isinstance(value, Commitment) else value
    table = TypeAdapter(CommitmentTable).validate_python(written, context=info.context)
    return Commitment(_in_full(table.who, info), table.text, table.due, table.kept)


def _item(item: AgendaItem, info: ValidationInfo) -> AgendaItem:
    return item if info.context == GAPS else replace(item, lead=_in_full(item.lead, info))


def _in_full(name: str, info: ValidationInfo) -> str:
    """The full name of the attendee that `name` means; `name` itself for no one on the call."""
    found = only_match(info.data.get("attendees", ()), name) if name else None
    return name if found is None else found.name


@dataclass(frozen=True, config=CONFIG)
class Plan(Record):
    """What was settled before a call; `date` is its day, or its moment as a `datetime`.

    `ride_along` is why somebody comes along with the salesperson; on a `model` call it is they who lead.

    Raises:
        ValueError: the records together break a rule.
    """

    date: Annotated[dt.date | None, calendar_date()] = None
    customer: Annotated[str | None, line()] = None
    reason: Annotated[str | None, line(limit=TEXT_LENGTH)] = None
    attendees: Annotated[tuple[Attendee, ...], tables("attendee", MAX_TABLES)] = Field(
        default=(), validation_alias="attendee"
    )
    agenda: Annotated[tuple[Annotated[AgendaItem, AfterValidator(_item)], ...], tables("agenda", MAX_TABLES)] = ()
    objectives: Annotated[tuple[Objective, ...], tables("objective", MAX_TABLES)] = Field(
        default=(), validation_alias="objective"
    )
    exception: Annotated[DeclaredException | None, one_table("exception")] = None
    commitments: Annotated[
        tuple[Annotated[Commitment, BeforeValidator(_commitment)], ...], tables("commitment", MAX_TABLES)
    ] = Field(default=(), validation_alias="commitment")
    ride_along: Annotated[RideAlong, choice(RIDE_ALONGS, _HOW_RIDE_ALONG)] | None = None
    customer_is: Annotated[CustomerIs, choice(CUSTOMERS_ARE, _HOW_CUSTOMER_IS)] | None = None
    parts: Texts = ()

    @model_validator(mode="after")
    def _keeps_the_rules(self, info: ValidationInfo) -> Plan:
        """Refuses a plan of the program that breaks a rule; what is wrong in a file is told by its reader."""
        if info.context is None:
            refuse_errors(problems(self))
        return self

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
        return only_match(self.attendees, name)


def problems(plan: Plan, named: Naming = field_name) -> tuple[Problem, ...]:
    """Everything that breaks a rule in `plan`, in no particular order."""
    return (
        *_lead(plan.attendees, named),
        *shared_names(((("attendee", i), attendee) for i, attendee in enumerate(plan.attendees)), named),
        *_agenda_leads(plan),
        *_agenda_times(plan.agenda, named),
        *_exception(plan),
        *_gaps(plan),
        *_contradictions(plan),
    )


def day(moment: dt.date | None) -> dt.date | None:
    """The day of a date or a `datetime`, on the clock it was written in."""
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _who(attendees: Sequence[Attendee], index: int) -> str:
    return attendees[index].name or field_name(("attendee", index))


def _lead(attendees: Sequence[Attendee], named: Naming) -> Iterator[Problem]:
    leads = [i for i, attendee in enumerate(attendees) if attendee.lead]
    if not attendees:
        todo = "Write an [[attendee]] with name, side and role for each person, and lead = true for one of the team"
        yield Problem("error", ("attendee",), "no one is on the call, so no one leads it", todo)
    elif not leads and all(attendee.lead is not None for attendee in attendees):
        sellers = [i for i, a in enumerate(attendees) if a.side == "team" and _is_salesperson(a.role)]
        who = f" to {_who(attendees, sellers[0])}" if len(sellers) == 1 else " to exactly one attendee of the team"
        yield Problem("error", ("attendee",), "no one has the lead", f"Add lead = true{who}")
    for i in leads:
        if attendees[i].side == "customer":
            what = f"{_who(attendees, i)} is to lead, but is on the customer's side"
            yield Problem(
                "error", ("attendee", i, "lead"), what, "Give lead = true to one attendee of the team instead"
            )
    for i in leads[1:]:
        first = f"{_who(attendees, leads[0])} ({named(('attendee', leads[0], 'lead'))})"
        what = f"two leads: {first} and {_who(attendees, i)} ({named(('attendee', i, 'lead'))})"
        yield Problem("error", ("attendee", i, "lead"), what, "Keep lead = true for exactly one of them")


def _agenda_leads(plan: Plan) -> Iterator[Problem]:
    # Somebody whose name could not be read may well be the one who is meant.
    complete = all(attendee.name is not None for attendee in plan.attendees)
    names = _all_names(plan.attendees)
    unknown = 0
    for i, item in enumerate(plan.agenda):
        if item.lead is None or not complete or not plan.attendees:
            continue
        found = matching(plan.attendees, item.lead)
        names_apart = {folded(str(attendee.name)) for attendee in found}
        if len(names_apart) > 1:
            what = f"{item.lead} may be " + " or ".join(str(attendee.name) for attendee in found)
            yield Problem("error", ("agenda", i, "lead"), what, "Write the full name")
        elif not found:
            unknown += 1
            near = closest(item.lead, names) if unknown <= MAX_SUGGESTIONS else None
            what = f"no one on the call is called {item.lead}" + (f" (did you mean {near}?)" if near else "")
            todo = "Correct the name, or add an [[attendee]] for whoever leads this item"
            yield Problem("error", ("agenda", i, "lead"), what, todo)


def _all_names(attendees: Sequence[Attendee]) -> list[str]:
    """Everything attendees are called, so that the nearest can be suggested: first names, aliases, names."""
    full = [attendee.name for attendee in attendees if attendee.name is not None]
    first = [name.split()[0] for name in full]
    single = [name for name in first if first.count(name) == 1]
    return [*single, *(alias for attendee in attendees for alias in attendee.aliases), *full][:MAX_NAMES]


def _agenda_times(agenda: Sequence[AgendaItem], named: Naming) -> Iterator[Problem]:
    taken: list[tuple[Span, int]] = []
    for i, item in enumerate(agenda):
        start, end = item.start, item.end
        # One known end takes at least the moment beside it.
        if start is not None:
            taken.append((Span(start, start + 1 if end is None else end), i))
        elif end is not None:
            taken.append((Span(end - 1, end), i))
    taken.sort()
    for before, (span, i) in enumerate(taken[1:], start=1):
        # The one that reaches furthest among those that began earlier: if any of them is in the way, this one is.
        earlier, j = max(taken[:before], key=lambda pair: pair[0].end)
        if span.meets(earlier):
            other, where = agenda[j], named(("agenda", j))
            known = [clock(at) for at in (other.start, other.end) if at is not None]
            what = f"overlaps {other.title or field_name(('agenda', j))} ({where}: {' to '.join(known)})"
            key = "start" if agenda[i].start is not None else "end"
            yield Problem("error", ("agenda", i, key), what, "Let one item end before the next starts")


def _exception(plan: Plan) -> Iterator[Problem]:
    exception = plan.exception
    if exception is None:
        return
    if plan.date is None:
        what = "missing, so no one can tell whether the exception was declared before the call"
        yield Problem("error", ("date",), what, "Write the day of the call at the top: date = 2026-05-12")
    elif exception.declared_on is not None and _is_after(exception.declared_on, plan.date):
        what = f"declared on {exception.declared_on}, after the call on {plan.date}"
        todo = "An exception counts only when it is declared before the call: correct the date, or take [exception] out"
        yield Problem("error", ("exception", "declared_on"), what, todo)
    if exception.kind == "other" and not exception.note:
        todo = 'Say in a sentence what is special about this call: note = "…"'
        yield Problem("warning", ("exception", "note"), "the exception is other, and no note says which", todo)


def _is_after(a: dt.date, b: dt.date) -> bool:
    """Whether `a` is later than `b`; by the day where one of them is only a day, or has no time zone."""
    if isinstance(a, dt.datetime) and isinstance(b, dt.datetime) and (a.tzinfo is None) == (b.tzinfo is None):
        return a > b
    first, second = day(a), day(b)
    return first is not None and second is not None and first > second


def _is_salesperson(role: str | None) -> bool:
    return role is not None and folded(role) == "salesperson"


def _gaps(plan: Plan) -> Iterator[Problem]:
    sides = [attendee.side for attendee in plan.attendees]
    if plan.date is None and plan.exception is None:
        yield Problem("warning", ("date",), "missing", "Write the day of the call at the top: date = 2026-05-12")
    if not plan.customer:
        yield Problem("warning", ("customer",), "missing", 'Write at the top who the customer is: customer = "…"')
    if not plan.reason and sides.count("team") > 1:
        what = "missing, though more than one of the team is on the call"
        yield Problem("warning", ("reason",), what, "Say in one sentence why it takes more than the salesperson")
    if sides and "customer" not in sides and None not in sides:
        what = "no one of the customer is listed, so the number of people on the call is not known"
        yield Problem("warning", ("attendee",), what, 'Add an [[attendee]] with side = "customer" for each of them')
    if not plan.agenda:
        yield Problem(
            "warning", ("agenda",), "there is no agenda", "Add an [[agenda]] with title and lead for each part"
        )
    if not plan.objectives:
        todo = "Add an [[objective]] with text and keywords for what the call is to reach"
        yield Problem("warning", ("objective",), "there are no objectives", todo)
    untimed = [(i, one) for i, one in enumerate(plan.agenda) if one.start is None and one.end is None]
    unnamed = [("agenda", i, "item") for i, one in untimed if not one.keywords]
    unnamed += [("objective", i, "objective") for i, one in enumerate(plan.objectives) if not one.keywords]
    for key, i, called_so in unnamed:
        what = f"no keywords, so this {called_so} cannot be found in the call"
        yield Problem("warning", (key, i, "keywords"), what, 'Add words that will be said: keywords = ["…", "…"]')


def _contradictions(plan: Plan) -> Iterator[Problem]:
    led = any(attendee.lead for attendee in plan.attendees)
    for i, attendee in enumerate(plan.attendees):
        if led and attendee.lead is False and _is_salesperson(attendee.role) and plan.ride_along != "model":
            what = f"{_who(plan.attendees, i)} is a salesperson, but somebody else has the lead"
            todo = "Give the lead to the salesperson, or say what the other role is"
            yield Problem("warning", ("attendee", i, "role"), what, todo)
        if attendee.side == "team" and attendee.role is not None and folded(attendee.role) == "customer":
            what = f"{_who(plan.attendees, i)} has the role customer, but is on the team"
            yield Problem("warning", ("attendee", i, "role"), what, "Correct the role or the side")
    names = _all_names(plan.attendees)
    unknown = 0
    for i, commitment in enumerate(plan.commitments):
        if commitment.who is None or matching(plan.attendees, commitment.who):
            continue
        unknown += 1
        near = closest(commitment.who, names) if unknown <= MAX_SUGGESTIONS else None
        if near:
            what = f"no one on the call is called {commitment.who} (did you mean {near}?)"
            yield Problem("warning", ("commitment", i, "who"), what, "Correct the name, if it is the same person")
