"""What would make a call's report say more: each next step in words, with the command to paste."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.call.call import Call
from analyzer.debrief.phrases import joined
from analyzer.debrief.record import NextStepRecord
from analyzer.errors import exact, pasted, pasted_path
from analyzer.lead.introductions import addressed, introductions
from analyzer.lead.suggestion import Suggestion, suggested_salesperson
from analyzer.people.names import folded
from analyzer.people.participants import Person
from analyzer.people.side import PERSON_SIDES
from analyzer.talk.words import utterances
from analyzer.timeline import clock

ANY, ANY_NAME, ANY_NUMBER = "S?", "First Last", "N?"
"""What stands in a command for what is not known: a suggestion never does, for a command is pasted as it is."""
FILL_IN = ": put "
_ABOUT_PEOPLE = re.compile(r"analyzer name |analyzer report .* --(salesperson|customer|team) ")


def next_steps(call: Call, out: str = "") -> tuple[NextStepRecord, ...]:
    """What would make the report say more, with the command to paste; `out` is its option for the results folder."""
    path = pasted_path(call.recording.path)
    people = [person for person in call.participants.people if person.side != "none"]
    steps: list[NextStepRecord] = []

    def step(text: str, command: str) -> None:
        steps.append(NextStepRecord(text=text, command=exact(command)))

    unnamed = [person.key for person in people if person.name is None]
    unknown = [person.key for person in people if person.side is None and person.key != call.participants.salesperson]
    if call.judgement.absent is not None:
        text = f"If somebody else was to lead, give them lead = true in the plan in place of {call.judgement.absent}"
        steps.append(NextStepRecord(text=f"{text}, and report again."))
    elif call.participants.salesperson is None and len(people) > 1 and any(map(_may_sell, people)):
        found = _suggestion(call)
        text = f"Say who the salesperson is and who the customer is{FILL_IN}their labels in place of {ANY}"
        if found is not None:
            who = call.participants.label(found.who)
            text = f"{who} {joined(found.why)}, so {who} may be the salesperson. {text}"
        step(text, f"analyzer report {path}{out} --salesperson {pasted(ANY)} --customer {pasted(ANY)}")
    elif len(people) == 1:
        text = (
            f"Only one voice was found. If more people spoke, say how many{FILL_IN}the number in place of {ANY_NUMBER}"
        )
        step(text, f"analyzer report {path}{out} --speakers {pasted(ANY_NUMBER)}")
    elif unknown:
        known = {person.side for person in people if person.key != call.participants.salesperson}
        text = f"Say who the customer is ({_or(unknown)}), and the others count as your team"
        side = "customer"
        if known & {"team", "customer"}:
            text = f"Say who else is from your team ({_or(unknown)}), or the customer with --customer"
            side = "team"
        step(f"{text}{FILL_IN}the label in place of {ANY}", f"analyzer report {path}{out} --{side} {pasted(ANY)}")
    if unnamed:
        pairs = " ".join(f"{key}={pasted(ANY_NAME)}" for key in unnamed)
        step(f"Give the speakers their names{_suggested_names(call, unnamed)}", f"analyzer name {path}{out} {pairs}")
    for offer in call.offers:
        step(offer.why, f"analyzer name {path}{out} {' '.join(pasted(pair) for pair in offer.pairs)}")
    if call.plan is None:
        step("Hold the call against its plan: write one, fill it in, and report again", f"analyzer plan new {path}")
    return tuple(steps)


def about_people(step: NextStepRecord) -> str | None:
    """What a step asks of names and sides, without how to fill in its command; None for other steps."""
    return step.text.partition(FILL_IN)[0] if _ABOUT_PEOPLE.match(step.command or "") else None


def _or(keys: Sequence[str]) -> str:
    """`S1`, `S1 or S2`, `S1, S2 or S3`."""
    return " or ".join([", ".join(keys[:-1]), keys[-1]] if len(keys) > 1 else keys)


def _may_sell(person: Person) -> bool:
    """Whether somebody may be the salesperson: not the customer's, and not known to be something else."""
    return person.side in ("team", None) and (person.role is None or folded(person.role) == "salesperson")


def _suggestion(call: Call) -> Suggestion | None:
    if call.owned is None or call.recognition.transcript is None:
        return None
    others = [person.key for person in call.participants.people if not _may_sell(person)]
    language, length = call.recognition.transcript.language, call.recognition.length
    return suggested_salesperson(call.by, call.held, utterances(call.owned), language, length, others)


def _suggested_names(call: Call, unnamed: Sequence[str]) -> str:
    """In brackets, names that people may have who have none, and what speaks for each."""
    named = [person.name for person in call.participants.people if person.name is not None]
    attendees = call.plan.attendees if call.plan is not None else ()
    spoken = utterances(call.owned) if call.owned is not None else ()
    found = addressed(spoken, unnamed, named, attendees) | introductions(spoken, unnamed, named, attendees)
    says = []
    for who in unnamed:
        if (one := found.get(who)) is not None:
            label = "it" if one.by == who else call.participants.label(one.by)
            says.append(f"{who} may be {one.name}: {label} says “{one.words}” at {clock(one.at)}")
    taken = {one.name for one in found.values()}
    left = {who: name for who, name in _left_in_plan(call).items() if who not in found and name not in taken}
    says += [f"{who} may be {name}: no one else in the plan is left on that side" for who, name in left.items()]
    return f" ({'; '.join(says)}; listen before you say so)" if says else ""


def _left_in_plan(call: Call) -> dict[str, str]:
    """For people without a name the plan's, where a side has just one of each left."""
    if call.plan is None:
        return {}
    named = {person.name for person in call.participants.people}
    names = {}
    for side in PERSON_SIDES:
        people = [person.key for person in call.participants.people if person.side == side and person.name is None]
        attendees = [a.name for a in call.plan.attendees if a.side == side and a.name not in named]
        if len(people) == len(attendees) == 1:
            names[people[0]] = attendees[0]
    return names
