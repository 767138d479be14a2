"""Who was to be on the call and who was: the plan's attendees against the people found.

An attendee is known on the call by name. One whose name no person on the call has is `silent` when everybody who speaks
has a name in the plan (then no voice is left that could be theirs), and `not_identified` otherwise: they may be one of
the voices without a name. No name is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzer.people.participants import Participants
from analyzer.people.plan.plan import Attendee, Plan
from analyzer.talk.turns import By, talk_time
from analyzer.timeline import clock, seconds

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
    everybody_known = all(person.key in keys.values() for person in participants.people)
    out = []
    for attendee in plan.attendees:
        key = keys.get(attendee.name)
        status: AttendeeStatus = "spoke" if key is not None else "silent" if everybody_known else "not_identified"
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


def headcount_notes(plan: Plan | None, participants: Participants, by: By) -> tuple[str, ...]:
    """A sentence when more or fewer people speak than the plan has, with where to listen; nothing when it fits.

    Those who speak least are named: a voice too many is as a rule a small one, split off another.
    """
    wanted = plan.headcount if plan is not None else None
    found = len(participants.people)
    if wanted is None or found == wanted:
        return ()
    if found < wanted:
        return (
            f"The plan has {wanted} people on the call, and {found} were heard: somebody was silent, or two voices are "
            "taken for one. If they are, the shares can be further off than their intervals say.",
        )
    talk = talk_time(by)
    extra = sorted(by, key=lambda who: (talk[who], who))[: found - wanted]
    where = "; ".join(
        f"{participants.label(who)} talks for {seconds(talk[who]):.0f} s, longest at "
        f"{clock(max(by[who], key=lambda span: span.length).start)}"
        for who in extra
    )
    return (
        f"The plan has {wanted} people on the call, and {found} voices were found: listen whether the smallest are "
        f"somebody else's ({where}). If so, say it with analyzer name, as in S4=S2.",
    )


def call_names(plan: Plan | None, participants: Participants) -> dict[str, tuple[str, ...]]:
    """What each named person may be called on the call: the full name, the first name, and the plan's aliases."""
    names: dict[str, tuple[str, ...]] = {}
    for person in participants.people:
        if person.name is None:
            continue
        found = [a for a in plan.attendees if a.name == person.name] if plan is not None else []
        aliases = found[0].aliases if found else ()
        names[person.key] = tuple(dict.fromkeys((person.name, person.name.split()[0], *aliases)))
    return names
