"""Who was to be on the call and who was: the plan's attendees against the people found.

An attendee is known on the call by name. One whose name no person on the call has is `silent` when no voice is left
that could be theirs, and `not_identified` otherwise: they may be one of the voices that the plan does not know. A voice
that is known to be on the other side is not theirs, nor is one with a name and a side. No name is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzer.people.participants import Participants
from analyzer.people.plan.plan import Attendee, Plan
from analyzer.people.roster.roster import Roster

AttendeeStatus = Literal["spoke", "silent", "not_identified"]


@dataclass(frozen=True, slots=True)
class Attendance:
    """One attendee of the plan, and their key on the call when they spoke."""

    attendee: Attendee
    status: AttendeeStatus
    key: str | None = None


def attendance(plan: Plan, participants: Participants) -> tuple[Attendance, ...]:
    """Every attendee of the plan, in its order."""
    keys = keys_by_attendee(plan, participants)
    left = [person for person in participants.people if person.key not in keys.values()]
    out = []
    for attendee in plan.attendees:
        key = keys.get(attendee.name)
        may_be = any(p.side is None or (p.side == attendee.side and p.name is None) for p in left)
        status: AttendeeStatus = "spoke" if key is not None else "not_identified" if may_be else "silent"
        out.append(Attendance(attendee, status, key))
    return tuple(out)


def keys_by_attendee(plan: Plan, participants: Participants) -> dict[str, str]:
    """The key of each attendee who is on the call by name."""
    keys: dict[str, str] = {}
    attendees = {attendee.name for attendee in plan.attendees}
    for person in participants.people:  # `resolve` has decided already who the plan means, and gives its spelling
        if person.name in attendees:
            keys.setdefault(person.name, person.key)
    return keys


def not_in_plan(plan: Plan, participants: Participants) -> tuple[str, ...]:
    """The keys of people who have a name that the plan does not."""
    known = keys_by_attendee(plan, participants).values()
    return tuple(person.key for person in participants.people if person.name is not None and person.key not in known)


def absent_salesperson(plan: Plan | None, roster: Roster | None, name: str, participants: Participants) -> str | None:
    """The salesperson by the plan, or by the roster and the recording's `name`, when no voice can be theirs.

    Without a plan it is whoever the name tells by the roster's patterns, else the roster's only salesperson.
    """
    if participants.salesperson is not None:
        return None
    if plan is not None:
        return next(
            (a.attendee.name for a in attendance(plan, participants) if a.attendee.lead and a.status == "silent"), None
        )
    if roster is None:
        return None
    told = roster.guess(name)
    sellers = [member.name for member in roster.people if member.sells]
    seller = told.salesperson if told is not None and told.salesperson else sellers[0] if len(sellers) == 1 else None
    may_be = any(p.side is None or (p.side == "team" and p.name is None) for p in participants.people)
    return None if may_be else seller


def call_names(plan: Plan | None, roster: Roster | None, participants: Participants) -> dict[str, tuple[str, ...]]:
    """What each named person may be called: the full name, the first name, and the plan's and the roster's aliases."""
    names: dict[str, tuple[str, ...]] = {}
    for person in participants.people:
        if person.name is None:
            continue
        planned = plan.attendee(person.name) if plan is not None else None
        known = None if roster is None else roster.member(person.name) or roster.customer(person.name)
        aliases = (*(planned.aliases if planned else ()), *(known.aliases if known else ()))
        names[person.key] = tuple(dict.fromkeys((person.name, person.name.split()[0], *aliases)))
    return names
