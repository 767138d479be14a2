"""What would make a call's report say more: each next step in words, with the command to paste."""

from __future__ import annotations

import shlex
from pathlib import Path

from analyzer.debrief.call import Call
from analyzer.debrief.phrases import joined
from analyzer.debrief.record import NextStepRecord
from analyzer.debrief.spoken import exact
from analyzer.lead.suggestion import Suggestion, suggested_salesperson
from analyzer.people.plan_rules import SIDES
from analyzer.settings import DEFAULT_OUT, Settings
from analyzer.talk.words import utterances


def next_steps(call: Call, settings: Settings) -> tuple[NextStepRecord, ...]:
    """What would make the report say more, with the command to paste."""
    path = shlex.quote(pasteable(call.recording.path))
    out = out_option(settings)
    people = call.cast.people
    steps: list[NextStepRecord] = []

    def step(text: str, command: str) -> None:
        steps.append(NextStepRecord(text=text, command=exact(command)))

    unnamed = [person.key for person in people if person.name is None]
    unknown = [person.key for person in people if person.side is None and person.key != call.cast.salesperson]
    if call.cast.salesperson is None and len(people) > 1:
        found = _suggestion(call)
        seller = found.who if found is not None else people[0].key
        customer = next(person.key for person in reversed(people) if person.key != seller)
        text = f"Say who the salesperson is and who the customer is (here: if {customer} is the customer)"
        if found is not None:
            text = f"{call.cast.label(seller)} {joined(found.why)}, so is probably the salesperson. {text}"
        step(text, f"analyzer report {path}{out} --salesperson {seller} --customer {customer}")
    elif unknown:
        step(
            f"Say which side the others are on (here: if {unknown[-1]} is the customer)",
            f"analyzer report {path}{out} --customer {unknown[-1]}",
        )
    if unnamed:
        planned = _names_to_confirm(call)
        pairs = " ".join(f"{key}={shlex.quote(planned.get(key, 'First Last'))}" for key in unnamed)
        check = " (from the plan: check each against what they say)" if planned else ""
        step(f"Give the speakers their names{check}", f"analyzer name {path}{out} {pairs}")
    for offer in call.offers:
        step(offer.why, f"analyzer name {path}{out} {' '.join(shlex.quote(pair) for pair in offer.pairs)}")
    if call.plan is None:
        step("Hold the call against its plan: write one, fill it in, and report again", f"analyzer plan new {path}")
    return tuple(steps)


def _suggestion(call: Call) -> Suggestion | None:
    if call.owned is None or call.heard.transcript is None:
        return None
    return suggested_salesperson(
        call.by, call.held, utterances(call.owned), call.heard.transcript.language, call.heard.length
    )


def _names_to_confirm(call: Call) -> dict[str, str]:
    """For people without a name the plan's, where a side has just one of each left; for somebody to confirm."""
    if call.plan is None:
        return {}
    named = {person.name for person in call.cast.people}
    names = {}
    for side in SIDES:
        people = [person.key for person in call.cast.people if person.side == side and person.name is None]
        attendees = [a.name for a in call.plan.attendees if a.side == side and a.name not in named]
        if len(people) == len(attendees) == 1:
            names[people[0]] = attendees[0]
    return names


def pasteable(path: Path) -> str:
    """A path that no command takes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def out_option(settings: Settings) -> str:
    """The option for another results folder, with a blank before it; nothing for the default."""
    return "" if settings.out == DEFAULT_OUT else f" --out {shlex.quote(pasteable(settings.out))}"
