"""Figures worth talking about: each remark is a measure past a threshold, with the moment to listen to.

The thresholds say when a figure is worth a look, not when it is bad:

* monologue: one person of the team held the floor for 2 min or more without a break;
* no_questions: the salesperson talked for 2 min or more and put no question;
* interrupts: somebody of the team interrupted the customer twice or more;
* quick_answers: the salesperson's median pause before answering the customer is under 0.2 s (of five answers or more);
* pace: more than 190 words a minute over at least 2 min of talk;
* silent: somebody of the team was on the call and talked for under 10 s;
* drift: in the second half the lead share (team-talk) is at least 15 points lower than in the first; told only where
  each half has at least 60 s of the team's talk.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.talk.floor import Floor
from analyzer.talk.measures import MINUTE, PersonMeasures, interruptions
from analyzer.talk.turns import By, share_of, within, without
from analyzer.timeline import Span, samples

RemarkKind = Literal["monologue", "no_questions", "interrupts", "quick_answers", "pace", "silent", "drift"]

LONG_MONOLOGUE = samples(120.0)
ENOUGH_TALK = samples(120.0)
QUICK = samples(0.2)
ENOUGH_ANSWERS = 5
FAST = 190.0
SILENT = samples(10.0)
DRIFT = 0.15
ENOUGH_TO_DRIFT = samples(60.0)
"""Talk of the team in a half of the call below which its share says nothing."""
MOMENT = samples(20.0)


@dataclass(frozen=True, slots=True)
class Remark:
    """One figure about `who`: `value` is in samples for lengths, else a count, a pace or a difference of shares."""

    kind: RemarkKind
    who: str
    value: float
    moment: Span | None = None


def remarks(
    by: By,
    held: Floor,
    people: Sequence[PersonMeasures],
    *,
    salesperson: str | None,
    team: Collection[str],
    customers: Collection[str],
    length: int,
    planned: Collection[Span] = (),
) -> tuple[Remark, ...]:
    """What is worth talking about, in the order of the list above; empty when nothing is.

    `planned` are planned hand-overs: whoever talks long in theirs does as planned, and it is no drift.
    """
    found: list[Remark] = []
    cut = [i for i in interruptions(by, held) if i.by in team and i.of in customers]
    for person in people:
        if person.who not in team:
            continue
        who, longest = person.who, person.longest_monologue
        if longest is not None and longest.length >= LONG_MONOLOGUE and not any(longest.meets(p) for p in planned):
            found.append(Remark("monologue", who, longest.length, longest))
        if who == salesperson and person.talk >= ENOUGH_TALK and person.questions == 0:
            found.append(Remark("no_questions", who, 0))
        mine = [i for i in cut if i.by == who]
        if len(mine) >= 2:
            worst = max(mine, key=lambda i: i.overlap)
            found.append(Remark("interrupts", who, len(mine), _around(worst.at, length)))
        if (
            who == salesperson
            and person.patience is not None
            and person.patience < QUICK
            and person.answers >= ENOUGH_ANSWERS
        ):
            found.append(Remark("quick_answers", who, person.patience))
        pace = None if person.words is None or person.words.value is None else person.words.value * MINUTE
        if pace is not None and pace > FAST and person.talk >= ENOUGH_TALK:
            found.append(Remark("pace", who, pace))
        if who != salesperson and person.talk < SILENT:
            found.append(Remark("silent", who, person.talk))
    if salesperson is not None and (drifted := _drift(without(by, planned), salesperson, team, length)) is not None:
        found.append(drifted)
    return tuple(found)


def _drift(by: By, salesperson: str, team: Collection[str], length: int) -> Remark | None:
    half = length // 2
    if half == 0 or length - half == 0 or len(team) < 2:
        return None
    halves = [within(by, [span]) for span in (Span(0, half), Span(half, length))]
    first, second = (share_of(salesperson, team, part) for part in halves)
    if first.value is None or second.value is None or min(first.denominator, second.denominator) < ENOUGH_TO_DRIFT:
        return None
    fall = first.value - second.value
    return Remark("drift", salesperson, fall, Span(half, length)) if fall >= DRIFT else None


def _around(at: int, length: int) -> Span:
    start = max(0, at - MOMENT // 2)
    return Span(start, min(start + MOMENT, length))
