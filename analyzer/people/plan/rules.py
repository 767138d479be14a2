"""The rules a plan keeps, for finished records and for what somebody wrote by hand and may have got wrong.

Errors make a plan unusable: without exactly one lead, on the team, nothing can be checked. Warnings say what the plan
cannot answer. In what is written, None stands for a value that is missing or unreadable; whoever read it has said so
already, and no rule draws conclusions from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from analyzer.people.commitment import Commitment
from analyzer.people.names import closest, folded, matching
from analyzer.timeline import Span, clock

Side = Literal["team", "customer"]
SIDES: tuple[Side, ...] = get_args(Side)

ExceptionKind = Literal["final_presentation", "new_salesperson", "other"]
EXCEPTION_KINDS: tuple[ExceptionKind, ...] = get_args(ExceptionKind)

Severity = Literal["error", "warning"]

Place = tuple[str | int, ...]
"""Where in a plan: keys, and indexes from 0. `("attendee", 1, "role")` is the role of the second attendee."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a plan (`error`) or missing from it (`warning`): where, what, and the way out."""

    severity: Severity
    place: Place
    what: str
    todo: str


def field_name(place: Place) -> str:
    """A place as people read it, counting from 1: `attendee[2].role`."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class WrittenAttendee:
    """An attendee as written."""

    name: str | None
    side: Side | None
    role: str | None
    lead: bool | None
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenItem:
    """An agenda item as written; `lead` is any name that means one of the attendees, times are samples."""

    title: str | None
    lead: str | None
    keywords: tuple[str, ...]
    length: int | None
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class WrittenObjective:
    """An objective as written."""

    text: str | None
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenException:
    """A declared exception as written."""

    kind: ExceptionKind | None
    declared_on: dt.date | None
    note: str | None


@dataclass(frozen=True, slots=True)
class WrittenCommitment:
    """A commitment as written."""

    who: str | None
    text: str | None
    due: dt.date | None
    kept: bool | None


@dataclass(frozen=True, slots=True)
class WrittenPlan:
    """A plan as written."""

    date: dt.date | None
    customer: str | None
    reason: str | None
    attendees: Sequence[WrittenAttendee]
    agenda: Sequence[WrittenItem]
    objectives: Sequence[WrittenObjective]
    exception: WrittenException | None
    commitments: Sequence[WrittenCommitment | Commitment]


MAX_SUGGESTIONS, MAX_NAMES = 10, 100
"""How often, and among how many names, the nearest is looked for: no one corrects more than that at once."""

Naming = Callable[[Place], str]
"""How a message calls another place of the plan: `line 7` in a file, `attendee[1]` among records."""


def problems(plan: WrittenPlan, named: Naming = field_name) -> tuple[Problem, ...]:
    """Everything that breaks a rule in `plan`, in no particular order."""
    return (
        *_lead(plan.attendees, named),
        *_names(plan.attendees, named),
        *_agenda_leads(plan),
        *_agenda_times(plan.agenda, named),
        *_exception(plan),
        *_gaps(plan),
        *_contradictions(plan),
    )


def day(moment: dt.date | None) -> dt.date | None:
    """The day of a date or a `datetime`, on the clock it was written in."""
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _who(attendees: Sequence[WrittenAttendee], index: int) -> str:
    return attendees[index].name or field_name(("attendee", index))


def _lead(attendees: Sequence[WrittenAttendee], named: Naming) -> Iterator[Problem]:
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


def _names(attendees: Sequence[WrittenAttendee], named: Naming) -> Iterator[Problem]:
    taken: dict[str, tuple[int, Place]] = {}
    for i, attendee in enumerate(attendees):
        own: list[tuple[str, Place]] = [
            (alias, ("attendee", i, "aliases", j)) for j, alias in enumerate(attendee.aliases)
        ]
        if attendee.name is not None:
            own.insert(0, (attendee.name, ("attendee", i, "name")))
        for name, place in own:
            other, first = taken.setdefault(folded(name), (i, place))
            if other != i:
                what = f"{name} is also what {_who(attendees, other)} is called ({named(first)})"
                yield Problem("error", place, what, "Give each attendee a name of their own, in full")


def _agenda_leads(plan: WrittenPlan) -> Iterator[Problem]:
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


def _all_names(attendees: Sequence[WrittenAttendee]) -> list[str]:
    """Everything attendees are called, so that the nearest can be suggested: first names, aliases, names."""
    full = [attendee.name for attendee in attendees if attendee.name is not None]
    first = [name.split()[0] for name in full]
    single = [name for name in first if first.count(name) == 1]
    return [*single, *(alias for attendee in attendees for alias in attendee.aliases), *full][:MAX_NAMES]


def _agenda_times(agenda: Sequence[WrittenItem], named: Naming) -> Iterator[Problem]:
    taken: list[tuple[Span, int]] = []
    for i, item in enumerate(agenda):
        start, end = item.start, item.end
        if end is not None and end <= (start or 0):
            after = f"after the start at {clock(start)}" if start is not None else "after the call begins"
            todo = "Times count from the start of the recording: m:ss or h:mm:ss"
            yield Problem("error", ("agenda", i, "end"), f"the end at {clock(end)} is not {after}", todo)
        # One known end takes at least the moment beside it.
        elif start is not None:
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


def _exception(plan: WrittenPlan) -> Iterator[Problem]:
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


def _gaps(plan: WrittenPlan) -> Iterator[Problem]:
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
    for i, item in enumerate(plan.agenda):
        if not item.keywords and item.start is None and item.end is None:
            what = "no keywords, so this item cannot be found in the call"
            todo = 'Add words that will be said: keywords = ["…", "…"]'
            yield Problem("warning", ("agenda", i, "keywords"), what, todo)
    if not plan.objectives:
        todo = "Add an [[objective]] with text and keywords for what the call is to reach"
        yield Problem("warning", ("objective",), "there are no objectives", todo)
    for i, objective in enumerate(plan.objectives):
        if not objective.keywords:
            what = "no keywords, so this objective cannot be found in the call"
            todo = 'Add words that will be said: keywords = ["…", "…"]'
            yield Problem("warning", ("objective", i, "keywords"), what, todo)


def _contradictions(plan: WrittenPlan) -> Iterator[Problem]:
    led = any(attendee.lead for attendee in plan.attendees)
    for i, attendee in enumerate(plan.attendees):
        if led and attendee.lead is False and _is_salesperson(attendee.role):
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
