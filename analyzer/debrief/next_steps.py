"""What would make a call's report say more: each next step in words, with the command to paste."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.call.call import Call
from analyzer.debrief.record import NextStepRecord
from analyzer.errors import exact, pasted, pasted_path
from analyzer.lead.introductions import addressed, introductions
from analyzer.lead.suggestion import Suggestion, suggested_salesperson
from analyzer.people.names import folded
from analyzer.people.participants import Person
from analyzer.people.side import PERSON_SIDES
from analyzer.talk.words import utterances
from analyzer.timeline import clock
from analyzer.wording import N_, _, either, joined

ANY, ANY_NAME, ANY_NUMBER = "S?", "First Last", "N?"
"""What stands in a command for what is not known: a suggestion never does, for a command is pasted as it is."""
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
        absent = call.judgement.absent
        text = _(
            "If somebody else was to lead, give them lead = true in the plan in place of {who}, and report again.",
            who=absent,
        )
        steps.append(NextStepRecord(text=text))
    elif call.participants.salesperson is None and len(people) > 1 and any(map(_may_sell, people)):
        step(_say_who(call), f"analyzer report {path}{out} --salesperson {pasted(ANY)} --customer {pasted(ANY)}")
    elif len(people) == 1:
        text = _(
            "Only one voice was found. If more people spoke, say how many{text_fill_in}", text_fill_in=_fill_in(NUMBER)
        )
        step(text, f"analyzer report {path}{out} --speakers {pasted(ANY_NUMBER)}")
    elif unknown:
        known = {person.side for person in people if person.key != call.participants.salesperson}
        text = N_("Say who the customer is ({keys}), and the others count as your team{text_fill_in}")
        side = "customer"
        if known & {"team", "customer"}:
            text = N_("Say who else is from your team ({keys}), or the customer with --customer{text_fill_in}")
            side = "team"
        text = _(text, keys=either(tuple(unknown)), text_fill_in=_fill_in(LABEL))
        step(text, f"analyzer report {path}{out} --{side} {pasted(ANY)}")
    if unnamed:
        pairs = " ".join(f"{key}={pasted(ANY_NAME)}" for key in unnamed)
        suggested = _suggested_names(call, unnamed)
        text = _("Give the speakers their names")
        if suggested:
            message = N_("Give the speakers their names ({text_suggested}; listen before you say so)")
            text = _(message, text_suggested=suggested)
        step(text, f"analyzer name {path}{out} {pairs}")
    for offer in call.offers:
        step(offer.why, f"analyzer name {path}{out} {' '.join(pasted(pair) for pair in offer.pairs)}")
    if call.plan is None:
        text = _("Hold the call against its plan: write one, fill it in, and report again")
        step(text, f"analyzer plan new {path}")
    return tuple(steps)


def _say_who(call: Call) -> str:
    text = _(
        "Say who the salesperson is and who the customer is{text_fill_in}",
        text_fill_in=_fill_in(LABELS),
    )
    found = _suggestion(call)
    if found is None:
        return text
    who = call.participants.label(found.who)
    signs = joined(tuple(_(sign) for sign in found.why))
    suggested = _("{who} {list_signs}, so {who} may be the salesperson.", who=who, list_signs=signs)
    return f"{suggested} {text}"


LABELS = N_(": put their labels in place of {mark}")
LABEL = N_(": put the label in place of {mark}")
NUMBER = N_(": put the number in place of {mark}")
FILL_INS = {LABELS: ANY, LABEL: ANY, NUMBER: ANY_NUMBER}
"""How to fill in a command, and the mark that stands in it."""


def _fill_in(message: str) -> str:
    return _(message, mark=FILL_INS[message])


def about_people(step: NextStepRecord) -> str | None:
    """What a step asks of names and sides, without how to fill in its command; None for other steps."""
    if not _ABOUT_PEOPLE.match(step.command or ""):
        return None
    text = step.text
    for message in FILL_INS:
        text = text.removesuffix(_fill_in(message))
    return text


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
    """Names that people may have who have none, and what speaks for each; empty when there are none."""
    named = [person.name for person in call.participants.people if person.name is not None]
    attendees = call.plan.attendees if call.plan is not None else ()
    spoken = utterances(call.owned) if call.owned is not None else ()
    found = addressed(spoken, unnamed, named, attendees) | introductions(spoken, unnamed, named, attendees)
    says = []
    for who in unnamed:
        if (one := found.get(who)) is not None:
            values = {"who": who, "name": one.name, "quote": one.words, "at": clock(one.at)}
            if one.by == who:
                says.append(_("{who} may be {name}: it says “{quote}” at {at}", **values))
            else:
                label = call.participants.label(one.by)
                says.append(_("{who} may be {name}: {label} says “{quote}” at {at}", label=label, **values))
    taken = {one.name for one in found.values()}
    left = {who: name for who, name in _left_in_plan(call).items() if who not in found and name not in taken}
    for who, name in left.items():
        says.append(_("{who} may be {name}: no one else in the plan is left on that side", who=who, name=name))
    return "; ".join(says)


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
