"""What would make a call's report say more: each next step in words, with the command to paste."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.call.call import Call
from analyzer.debrief.phrases import joined
from analyzer.debrief.record import NextStepRecord
from analyzer.errors import exact, pasted, pasted_path
from analyzer.lead.introductions import introductions
from analyzer.lead.suggestion import Suggestion, suggested_salesperson
from analyzer.people.names import folded
from analyzer.people.participants import Person
from analyzer.people.side import PERSON_SIDES
from analyzer.talk.words import utterances
from analyzer.timeline import clock


def next_steps(call: Call, out: str = "") -> tuple[NextStepRecord, ...]:
    """What would make the report say more, with the command to paste; `out` is its option for the results folder."""
    path = pasted_path(call.recording.path)
    people = [person for person in call.participants.people if person.side != "none"]
    steps: list[NextStepRecord] = []

    def step(text: str, command: str) -> None:
        steps.append(NextStepRecord(text=text, command=exact(command)))

    unnamed = [person.key for person in people if person.name is None]
    unknown = [person.key for person in people if person.side is None and person.key != call.participants.salesperson]
    sellers = [person.key for person in people if _may_sell(person)]
    if call.judgement.absent is not None:
        text = f"If somebody else was to lead, give them lead = true in the plan in place of {call.judgement.absent}"
        steps.append(NextStepRecord(text=f"{text}, and report again."))
    elif call.participants.salesperson is None and len(people) > 1 and sellers:
        found = _suggestion(call)
        seller = found.who if found is not None else sellers[0]
        customer = next(person.key for person in reversed(people) if person.key != seller)
        text = f"Say who the salesperson is and who the customer is (here: if {customer} is the customer)"
        if found is not None:
            text = f"{call.participants.label(seller)} {joined(found.why)}, so is probably the salesperson. {text}"
        step(text, f"analyzer report {path}{out} --salesperson {seller} --customer {customer}")
    elif unknown:
        step(
            f"Say which side the others are on (here: if {unknown[-1]} is the customer)",
            f"analyzer report {path}{out} --customer {unknown[-1]}",
        )
    if unnamed:
        names, why = _names_to_confirm(call, unnamed)
        pairs = " ".join(f"{key}={pasted(names.get(key, 'First Last'))}" for key in unnamed)
        step(f"Give the speakers their names{why}", f"analyzer name {path}{out} {pairs}")
    for offer in call.offers:
        step(offer.why, f"analyzer name {path}{out} {' '.join(pasted(pair) for pair in offer.pairs)}")
    if call.plan is None:
        step("Hold the call against its plan: write one, fill it in, and report again", f"analyzer plan new {path}")
    return tuple(steps)


def _may_sell(person: Person) -> bool:
    """Whether somebody may be the salesperson: not the customer's, and not known to be something else."""
    return person.side in ("team", None) and (person.role is None or folded(person.role) == "salesperson")


def _suggestion(call: Call) -> Suggestion | None:
    if call.owned is None or call.recognition.transcript is None:
        return None
    others = [person.key for person in call.participants.people if not _may_sell(person)]
    language, length = call.recognition.transcript.language, call.recognition.length
    return suggested_salesperson(call.by, call.held, utterances(call.owned), language, length, others)


def _names_to_confirm(call: Call, unnamed: Sequence[str]) -> tuple[dict[str, str], str]:
    """Names that somebody may confirm for people who have none, and in brackets why they are offered."""
    named = [person.name for person in call.participants.people if person.name is not None]
    attendees = call.plan.attendees if call.plan is not None else ()
    introduced = introductions(utterances(call.owned), unnamed, named, attendees) if call.owned is not None else {}
    names = {who: one.name for who, one in introduced.items()}
    left = {
        who: name for who, name in _left_in_plan(call).items() if who not in introduced and name not in names.values()
    }
    reasons = [f"{who} says “{one.words}” at {clock(one.at)}" for who, one in introduced.items()]
    if left:
        reasons.append(f"{joined(tuple(left))} from the plan" if introduced else "from the plan")
    why = f" ({'; '.join(reasons)}: check each against what they say)" if reasons else ""
    return names | left, why


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
