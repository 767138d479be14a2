"""Who the salesperson probably is, where no source says so: a suggestion to confirm, never an assumption.

Each sign counts one for whoever shows it most, if they show it more than anybody else: opening the call, putting
questions, saying "we", "our" and "us", and naming next steps. Somebody is suggested who has at least two signs and more
than anybody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from analyzer.lead.moments import next_steps
from analyzer.talk.asked import count_questions
from analyzer.talk.floor import Floor
from analyzer.talk.turns import By
from analyzer.talk.words import Utterance
from analyzer.wording import N_

LEAST_SIGNS = 2
OURS = re.compile(r"\b(?:we|we'\w+|our|ours|us|wir|unser\w*|nous|notre|nos|nosotros|nuestr\w+)\b")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The person `who` is probably the salesperson; `why` has one phrase for each sign."""

    who: str
    why: tuple[str, ...]


def suggested_salesperson(
    by: By,
    held: Floor,
    utterances: Sequence[Utterance],
    language: str | None,
    length: int,
    others: Collection[str] = (),
) -> Suggestion | None:
    """The suggestion for a call of `length` samples; None when no person stands out, or it is one of `others`.

    `others` are people who are known to be something else: the customer, a manager, a specialist.
    """
    people = tuple(by)
    if len(people) < 2:
        return None
    steps = next_steps(utterances, people, language, length) or ()
    opener = held.holds[0].who if held.holds else None
    signs: list[tuple[str, Callable[[str], int]]] = [
        (N_("opened the call"), lambda who: int(who == opener)),
        (
            N_("put the most questions"),
            lambda who: count_questions([w for u in utterances if u.who == who for w in u.words]),
        ),
        (
            N_("speaks for “we” the most"),
            lambda who: sum(len(OURS.findall(u.text.lower())) for u in utterances if u.who == who),
        ),
        (N_("named next steps"), lambda who: sum(u.who == who for u in steps)),
    ]
    why: dict[str, list[str]] = {who: [] for who in people}
    for phrase, count in signs:
        counts = {who: count(who) for who in people}
        first, second = sorted(counts.values(), reverse=True)[:2]
        if first > second:
            why[max(counts, key=lambda who: counts[who])].append(phrase)
    ranked = sorted(people, key=lambda who: -len(why[who]))
    best, next_best = ranked[0], ranked[1]
    if best in others or len(why[best]) < LEAST_SIGNS or len(why[best]) == len(why[next_best]):
        return None
    return Suggestion(best, tuple(why[best]))
