"""Who steered the call, by moments: who opened, who closed, who named next steps, and when the customer turned to
somebody other than the lead.

* opened: the first of the team to hold the floor (the start of the lead).
* closed: the last of the team to hold it.
* next steps: what the team says in the last part of the call (its last fifth, at least a minute) that names a next
  step, by a list of phrases; in languages without a list nothing is said about them.
* customer turned: the customer puts a question or says a name, and somebody other than the lead, who was not the one
  talking before, answers for at least 3 s; with the time from their first word until the lead has the floor again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from analyzer.lead.stretches import LEAD_SPEECH, spoken_in
from analyzer.lead.takeovers import asks
from analyzer.people.names import folded
from analyzer.talk.floor import Floor
from analyzer.talk.turns import By
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, samples

CLOSING_PART = 5
LEAST_CLOSING = samples(60.0)
MOST_NEXT_STEPS = 3

NEXT_STEPS = {
    "en": (
        r"next steps?",
        r"(?:i|we)(?:'ll| will| can) (?:\w+ )?(?:send|share|set up|schedule|book|call|follow|draft|prepare|get back)",
        r"follow[- ]up",
        r"(?:put|have|get) (?:\w+ ){0,3}(?:calendar|diary)",
        r"(?:send|share) you",
    ),
    "de": (
        r"nächste[nr]? schritte?",
        r"(?:ich|wir) (?:schick|send|meld|vereinbar|mach|bereit)\w*",
    ),
}
"""Phrases that name a next step, by language, as regular expressions on folded text."""


@dataclass(frozen=True, slots=True)
class CustomerTurned:
    """The customer's floor `question` ended with a turn to `who`, who began at `at`; `handed_back_after` in samples."""

    who: str
    question: Span
    at: int
    handed_back_after: int | None
    spoken: Utterance | None


@dataclass(frozen=True, slots=True)
class Steering:
    """The moments of one call. `next_steps` is None when they cannot be known (no words, no list for the language)."""

    opened: tuple[str, Span] | None
    closed: tuple[str, Span] | None
    next_steps: tuple[Utterance, ...] | None
    customer_turned: tuple[CustomerTurned, ...]


def steering(
    held: Floor,
    by: By,
    *,
    lead: str | None,
    team: Collection[str],
    customers: Collection[str],
    names: Mapping[str, Collection[str]],
    utterances: Sequence[Utterance] | None,
    language: str | None,
    length: int,
) -> Steering:
    """Who opened, closed, named next steps, and who the customer turned to."""
    leading = [hold for hold in held.holds if hold.who in team]
    return Steering(
        opened=(leading[0].who, leading[0].span) if leading else None,
        closed=(leading[-1].who, leading[-1].span) if leading else None,
        next_steps=next_steps(utterances, team, language, length) if utterances is not None else None,
        customer_turned=_turned(held, by, lead, team, customers, names, utterances or ()) if lead is not None else (),
    )


def next_steps(
    utterances: Sequence[Utterance], team: Collection[str], language: str | None, length: int
) -> tuple[Utterance, ...] | None:
    """The last utterances of the team that name a next step, at most three, in time order."""
    phrases = NEXT_STEPS.get(language or "")
    if phrases is None:
        return None
    pattern = re.compile("|".join(rf"(?<!\w)(?:{phrase})(?!\w)" for phrase in map(folded, phrases)))
    since = length - max(length // CLOSING_PART, LEAST_CLOSING)
    found = [u for u in utterances if u.who in team and u.span.end > since and pattern.search(folded(u.text))]
    return tuple(found[-MOST_NEXT_STEPS:])


def _turned(
    held: Floor,
    by: By,
    lead: str,
    team: Collection[str],
    customers: Collection[str],
    names: Mapping[str, Collection[str]],
    utterances: Sequence[Utterance],
) -> tuple[CustomerTurned, ...]:
    found = []
    talking: str | None = None  # of the team, last before the customer
    for i, (before, answer) in enumerate(zip(held.holds, held.holds[1:], strict=False)):
        talking = before.who if before.who in team else talking
        if (
            before.who not in customers
            or answer.who not in team
            or answer.who in (lead, talking)
            or spoken_in(answer.who, answer.span, by) < LEAD_SPEECH
            or not asks(utterances, before, names.get(answer.who, ()))
        ):
            continue
        back = next((hold.span.start for hold in held.holds[i + 2 :] if hold.who == lead), None)
        last = [u for u in utterances if u.who == before.who and u.span.meets(before.span)]
        found.append(
            CustomerTurned(
                who=answer.who,
                question=before.span,
                at=answer.span.start,
                handed_back_after=None if back is None else back - answer.span.start,
                spoken=last[-1] if last else None,
            )
        )
    return tuple(found)
