"""How sure a lead share is: how far it may be off, from what can go wrong in finding who spoke when.

What follows says how far a share may be off on one call in relation to others. One factor, the **scale**, makes a 90 %
interval of it; it is counted on calls with known truth (`scale.py`, which also says what the interval promises).

**Talk.** A share of talk has odds a : b, the salesperson's talk to that of everybody else in question. Each person's
talk time is off by three things, which are independent, so that their squares add up:

* every turn's edges, by `TURN` together;
* a word or two that somebody else is given, or lost, by `PERSON` however many turns there are;
* the part of their turns that the diarizer is unsure of (`TurnDoubt`), by `UNSURE` times its length.

The log-odds are then off by sqrt(off_a² / a² + off_b² / b²): an interval that never leaves 0 to 1, is wider towards
the middle, and is mirrored when the two change places.

**Lead time.** Its errors are not small and many but few and large: whether one floor passed the lead decides a minute.
The floors that a person holds before the other part of the team (the salesperson, or all others) has the floor again
pass the lead to them, from the first one on, with the probability that they truly spoke 3 s in all, what was measured
being off by `PASS` (0.6 s gave narrower intervals on 26 calls held back for it than 0.15, 0.3 and 1 s). From floor to
floor there are two states: the salesperson has the lead, or somebody else of the team. The share is off by the root of
the expected square of the difference to the true one, to which comes `REST`.

**What is left out, because it told nothing.** That a turn may be somebody else's (by how much nearer the next voice
is) is rarer than the 1 in 10 that an interval may miss: on 19 calls lead-time intervals that counted it in
needed 13 to 16 points on the mean, and those without 10. For talk each of these was fitted to 75 calls and held
against the 26, where ours was 4.6 points wide and held 85 %: one's own overlap, short turns, the call's unsure time,
unsure time squared, time that is very unsure, other weights, and a width that narrows less towards 0 and 100 %. None
was narrower by more than 0.2 points, or held more than 87 %. Others' overlap and close voices made it wider earlier.

**What it does not cover**: two people under one label, and somebody who was not found at all. They are a flag of their
own, where the plan says how many people there are. Wrong names: the exchange of two voices is worked out beside it
(`swap.py`). Recordings unlike those that the scale was fitted to. And diarizers that give no evidence are taken to be
about as sure as the default one is. What the intervals are worth on calls they were not fitted to stands in
`docs/accuracy.md`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from statistics import NormalDist

from analyzer.lead.check import Interval
from analyzer.lead.doubts import TurnDoubt
from analyzer.lead.scale import SCALE, Spread
from analyzer.lead.stretches import LEAD_SPEECH, lead_time, spoken_in
from analyzer.talk.floor import Floor
from analyzer.talk.turns import By
from analyzer.timeline import Span, Turn, samples, subtraction, total

TURN = samples(0.65)
"""Standard deviation of a turn's length, both edges together."""
PERSON = samples(1.0)
"""Standard deviation of a person's talk time, however little they talk.

In a call of some minutes it is next to nothing. Under 3 minutes it makes intervals wider, by as much as such calls
need: with it one scale fits short calls and long ones, on those it was chosen by (1.9 and 2.0; without it 2.2 and 2.1,
and with 2 s 1.5 and 1.7).
"""
UNSURE = 0.52
"""Standard deviation of a person's talk time, in parts of the time that the diarizer is unsure of.

Not divided by the number of turns: a voice that is cut short is cut short in all of them.
"""
PASS = samples(0.6)
"""Standard deviation of the speech measured on the floors that pass the lead."""
REST = 0.02
"""By how much a lead time share may be off where every floor is clear: edges, and floors that were not found."""


def talk_interval(who: str, among: Collection[str], by: By, doubts: Collection[TurnDoubt] = ()) -> Interval | None:
    """The interval of `who`'s talk time as a share of that of everybody in `among`; None when none of them talks."""
    spread = talk_spread(who, among, by, doubts)
    return None if spread is None else spread.interval(SCALE.talk)


def talk_spread(who: str, among: Collection[str], by: By, doubts: Collection[TurnDoubt] = ()) -> Spread | None:
    """How far `who`'s share of the talk of everybody in `among` may be off; None when none of them talks."""
    talk = {person: total(by.get(person, ())) for person in among}
    mine = talk[who]
    whole = sum(talk.values())
    if not whole:
        return None
    rest = whole - mine
    variance = _talk_variances(among, by, doubts)
    others = math.fsum(variance[person] for person in among if person != who)
    if not mine or not rest:
        off = math.sqrt(others if not rest else variance[who]) / whole
        return Spread(mine / whole, off)
    off = math.sqrt(variance[who] / mine**2 + others / rest**2)
    return Spread(mine / whole, off, log_odds=True)


def _talk_variances(among: Collection[str], by: By, doubts: Iterable[TurnDoubt]) -> dict[str, float]:
    """How far off each person's talk time is: the expected square, in samples."""
    unsure = dict.fromkeys(among, 0.0)
    for doubt in doubts:
        if doubt.who in unsure:
            unsure[doubt.who] += doubt.unsure * spoken_in(doubt.who, doubt.span, by)
    turns = {person: max(1, len(by.get(person, ()))) for person in among}
    return {person: turns[person] * TURN**2 + PERSON**2 + (UNSURE * unsure[person]) ** 2 for person in among}


def lead_interval(
    who: str, team: Collection[str], by: By, held: Floor, length: int, outside: Collection[Span] = ()
) -> Interval | None:
    """The interval of `who`'s part of the time in which anybody of the `team` has the lead, not counting `outside`.

    None when none of the team has the lead there.
    """
    spread = lead_spread(who, team, by, held, length, outside)
    return None if spread is None else spread.interval(SCALE.lead_time)


def lead_spread(
    who: str, team: Collection[str], by: By, held: Floor, length: int, outside: Collection[Span] = ()
) -> Spread | None:
    """How far `who`'s lead time share may be off; None when none of the team has the lead outside `outside`."""
    time = lead_time(held, team, by, length)
    share = time.share(who, outside)
    if not share.denominator:
        return None
    leads, left_out = time.stretches, (*time.left_out, *outside)
    begin = leads[0].span.start
    holds = [hold for hold in held.holds if hold.span.end > begin]
    starts = [max(hold.span.start, begin) for hold in holds]
    led, not_led = (_SURELY, _NEVER) if leads[0].who == who else (_NEVER, _SURELY)
    for floors, start, end in zip(_passing(holds, who, team), starts, [*starts[1:], length], strict=True):
        if floors:
            spoken = sum(spoken_in(hold.who, hold.span, by) for hold in floors)
            passed = NormalDist(0, PASS).cdf(spoken - LEAD_SPEECH)
            gains, loses = (passed, 0.0) if floors[0].who == who else (0.0, passed)
            led, not_led = _mixed(led, not_led, 1 - loses, gains), _mixed(led, not_led, loses, 1 - gains)
        if end > start:
            led = _longer(led, total(subtraction([Span(start, end)], left_out)) / share.denominator)
    found = share.numerator / share.denominator
    p, mean, square = (a + b for a, b in zip(led, not_led, strict=True))
    off = math.sqrt(max(0.0, square - 2 * found * mean + found**2 * p))
    return Spread(found, off + REST)


_Led = tuple[float, float, float]
"""The probability of a state, and the time led so far and its square, expected and times that probability."""
_SURELY: _Led = (1.0, 0.0, 0.0)
_NEVER: _Led = (0.0, 0.0, 0.0)


def _mixed(led: _Led, not_led: _Led, a: float, b: float) -> _Led:
    """`a` of one state and `b` of the other."""
    return (a * led[0] + b * not_led[0], a * led[1] + b * not_led[1], a * led[2] + b * not_led[2])


def _longer(led: _Led, time: float) -> _Led:
    """The state after `time` more in the lead."""
    p, mean, square = led
    return p, mean + time * p, square + 2 * time * mean + time**2 * p


def _passing(holds: Sequence[Turn], who: str, team: Collection[str]) -> list[list[Turn]]:
    """For each of `holds` the floors that may pass the lead together from it on: none where an earlier one has them.

    Floors of one person of the team add up until the other part of the team, `who` or the others, holds the floor.
    """
    passing: list[list[Turn]] = []
    first: dict[str, list[Turn]] = {}
    for hold in holds:
        if hold.who in team:
            if any((person == who) != (hold.who == who) for person in first):
                first = {}
            if hold.who in first:
                first[hold.who].append(hold)
                passing.append([])
                continue
            first[hold.who] = [hold]
        passing.append(first.get(hold.who, []))
    return passing
