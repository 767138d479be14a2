"""Who steered the call, by moments: who opened, who closed, who named next steps, and when the customer turned to
somebody other than the lead.

* opened: the first of the team to hold the floor (the start of the lead).
* closed: the last of the team to hold it.
* next steps: what the team says in the last part of the call (its last fifth, at least a minute) that names a next
  step, by a list of phrases; in languages without a list nothing is said about them.
* turned to: in the last 15 s before the team has the floor again the customer names somebody of the team who is not the
  lead, and puts a question or is answered by them; or they answer a question that named no one, not even a customer.
  They **redirect** when they say at most 10 s and the lead has the team's next floor; else they have answered, or
  somebody else has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.lead.exchanges import Exchanges
from analyzer.lead.stretches import LEAD_SPEECH, spoken_in
from analyzer.people.names import folded
from analyzer.talk.asked import asks
from analyzer.talk.floor import Floor
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, Turn, samples

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


Outcome = Literal["answered", "redirected", "somebody_else"]

LONGEST_REDIRECT = samples(10.0)
"""What somebody says at most who passes the customer on to the lead."""


@dataclass(frozen=True, slots=True)
class TurnedTo:
    """The customer turned to `who` with the floor `question`: by name (`named`), or with a question to no one.

    `at` is where the team's next floor begins. `spoken` is the last that the customer says in it, when there are words.
    """

    who: str
    question: Span
    at: int
    named: bool
    outcome: Outcome
    spoken: Utterance | None


@dataclass(frozen=True, slots=True)
class Steering:
    """The moments of one call. `next_steps` is None when they cannot be known (no words, no list for the language)."""

    opened: tuple[str, Span] | None
    closed: tuple[str, Span] | None
    next_steps: tuple[Utterance, ...] | None
    turned_to: tuple[TurnedTo, ...]


def steering(
    held: Floor,
    team: Collection[str],
    call: Exchanges | None,
    planned: Sequence[Turn] = (),
    *,
    utterances: Sequence[Utterance] | None,
    language: str | None,
    length: int,
) -> Steering:
    """Who opened, closed, named next steps, and who the customer turned to.

    `call` is None while no lead is known; `planned` are the stretches in which others lead by the plan.
    """
    floors = [hold for hold in held.holds if hold.who in team]
    return Steering(
        opened=(floors[0].who, floors[0].span) if floors else None,
        closed=(floors[-1].who, floors[-1].span) if floors else None,
        next_steps=next_steps(utterances, team, language, length) if utterances is not None else None,
        turned_to=() if call is None else tuple(turned_to(call, utterances or (), planned)),
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


def turned_to(call: Exchanges, utterances: Sequence[Utterance], planned: Sequence[Turn] = ()) -> Iterator[TurnedTo]:
    """Each time that the customer turned to somebody of the team other than the lead, in time order.

    In a stretch that is theirs by the plan they are the lead.
    """
    holds = call.held.holds
    mine = [i for i, hold in enumerate(holds) if hold.who in call.team]
    for n, first in enumerate(mine):
        if first == 0 or holds[first - 1].who not in call.customers:
            continue
        words, floor = call.last_words(first - 1), call.run(first - 1)
        everyone = call.names.named(words)
        named = {who for who in everyone if who in call.team}
        n += _gives_way(call, mine, n, named)
        question, answer = asks(words), holds[mine[n]].who
        people = {who for who in named if question or who == answer}
        if question and not everyone:
            people = {answer}
        if not people - {call.lead}:
            continue
        spoken = [u for u in utterances if u.who in call.customers and u.span.meets(floor)]
        leading = {lead.who for lead in planned if lead.span.meets(holds[first - 1].span)}
        for who in sorted(people - {call.lead} - leading):
            outcome: Outcome = "answered" if who == answer else "somebody_else"
            following = holds[mine[n + 1]] if n + 1 < len(mine) else None
            short = spoken_in(answer, holds[mine[n]].span, call.by) <= LONGEST_REDIRECT
            if who == answer and short and following is not None and following.who == call.lead:
                outcome = "redirected"
            last = spoken[-1] if spoken else None
            yield TurnedTo(who, floor, holds[mine[n]].span.start, who in named, outcome, last)


def _gives_way(call: Exchanges, mine: Sequence[int], n: int, named: Collection[str]) -> bool:
    """Whether the `n`th floor of the team is only a word ("Sure.") before somebody goes on that the customer named."""
    holds, i = call.held.holds, mine[n]
    following = holds[i + 1].who if i + 1 < len(holds) else None
    short = spoken_in(holds[i].who, holds[i].span, call.by) < LEAD_SPEECH
    return short and holds[i].who not in named and following in named and following != call.lead
