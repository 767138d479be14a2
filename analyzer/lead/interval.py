"""How sure a lead share is: a 90 % interval from what can go wrong in finding who spoke when."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from statistics import NormalDist

from analyzer.lead.check import Interval
from analyzer.lead.doubts import TurnDoubt
from analyzer.lead.stretches import LEAD_SPEECH, lead_stretches, lead_time_share, spoken_in
from analyzer.talk.floor import Floor
from analyzer.talk.turns import By
from analyzer.timeline import Span, Turn, samples, subtraction, total

LEVEL = 0.90
TURN = samples(0.75)
UNSURE = 0.65
PASS = samples(0.6)
STEPS = 400

_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


def talk_interval(who: str, among: Collection[str], by: By, doubts: Collection[TurnDoubt] = ()) -> Interval | None:
    """The interval of `who`'s talk time as a share of that of everybody in `among`; None when nobody there talks."""
    talk = {person: total(by.get(person, ())) for person in among}
    mine = talk[who]
    whole = sum(talk.values())
    if not whole:
        return None
    rest = whole - mine
    variance = _talk_variances(among, by, doubts)
    others = math.fsum(variance[person] for person in among if person != who)
    if not mine or not rest:
        off = _Z * math.sqrt(others if not rest else variance[who]) / whole
        return Interval(1 - min(off, 1.0), 1.0) if mine else Interval(0.0, min(off, 1.0))
    spread = _Z * math.sqrt(variance[who] / mine**2 + others / rest**2)
    centre = math.log(mine / rest)
    low, high = _share(centre - spread), _share(centre + spread)
    return Interval(min(low, mine / whole), max(high, mine / whole))


def _talk_variances(among: Collection[str], by: By, doubts: Iterable[TurnDoubt]) -> dict[str, float]:
    """How far off each person's talk time is: the expected square, in samples."""
    unsure, wrong = dict.fromkeys(among, 0.0), dict.fromkeys(among, 0.0)
    for doubt in doubts:
        if doubt.who in unsure:
            length = spoken_in(doubt.who, doubt.span, by)
            unsure[doubt.who] += doubt.unsure * length
            wrong[doubt.who] += doubt.wrong * length**2
    return {
        person: (UNSURE * unsure[person]) ** 2 + wrong[person] + max(1, len(by.get(person, ()))) * TURN**2
        for person in among
    }


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-min(max(log_odds, -700.0), 700.0)))


def lead_interval(
    who: str,
    team: Collection[str],
    by: By,
    held: Floor,
    length: int,
    doubts: Collection[TurnDoubt] = (),
    outside: Collection[Span] = (),
) -> Interval | None:
    """The interval of `who`'s part of the time in which anybody of the `team` has the lead, not counting `outside`.

    None when nobody of the team has the lead there.
    """
    leads = lead_stretches(held, team, by, length)
    share = lead_time_share(who, leads, outside)
    if not share.denominator:
        return None
    begin = leads[0].span.start
    holds = [hold for hold in held.holds if hold.span.end > begin]
    starts = [max(hold.span.start, begin) for hold in holds]
    rivals = _by_person(doubts)
    led, not_led = ({0: 1.0}, {}) if leads[0].who == who else ({}, {0: 1.0})
    before = at = 0
    for hold, start, end in zip(holds, starts, [*starts[1:], length], strict=True):
        gains, loses = _chances(who, hold, team, by, rivals.get(hold.who, ()))
        led, not_led = _mixed(led, not_led, 1 - loses, gains), _mixed(led, not_led, loses, 1 - gains)
        before += total(subtraction([Span(start, end)], outside)) if end > start else 0
        step = round(before * STEPS / share.denominator)
        led, at = {steps + step - at: p for steps, p in led.items()}, step
    off = _Z * TURN * math.sqrt(len(leads)) / share.denominator
    found = share.numerator / share.denominator
    times = {steps: led.get(steps, 0.0) + not_led.get(steps, 0.0) for steps in {*led, *not_led}}
    low = _tail(times) / STEPS
    high = 1 - _tail({STEPS - steps: p for steps, p in times.items()}) / STEPS
    return Interval(max(0.0, min(low, found) - off), min(1.0, max(high, found) + off))


def _by_person(doubts: Iterable[TurnDoubt]) -> Mapping[str, list[TurnDoubt]]:
    grouped: dict[str, list[TurnDoubt]] = {}
    for doubt in sorted(doubts, key=lambda doubt: doubt.span):
        grouped.setdefault(doubt.who, []).append(doubt)
    return grouped


def _chances(
    who: str, hold: Turn, team: Collection[str], by: By, doubts: Collection[TurnDoubt] | list[TurnDoubt]
) -> tuple[float, float]:
    """How likely `who` gains the lead by this floor, and how likely they lose it."""
    spoken = spoken_in(hold.who, hold.span, by)
    passes = NormalDist(0, PASS).cdf(spoken - LEAD_SPEECH)
    weights: dict[str | None, float] = {}
    weight = 0
    doubts = list(doubts)
    for i in range(bisect_right(doubts, hold.span.start, key=lambda doubt: doubt.span.end), len(doubts)):
        doubt = doubts[i]
        if doubt.span.start >= hold.span.end:
            break
        shared = doubt.span.shared(hold.span)
        weight += shared
        weights[doubt.instead] = weights.get(doubt.instead, 0.0) + shared * doubt.wrong
    whose = {person: part / weight for person, part in weights.items()} if weight else {}
    whose[hold.who] = 1 - math.fsum(whose.values())
    gains = passes * whose.get(who, 0.0)
    loses = passes * math.fsum(p for person, p in whose.items() if person in team and person != who)
    return gains, loses


def _mixed(led: Mapping[int, float], not_led: Mapping[int, float], a: float, b: float) -> dict[int, float]:
    """`a` of one distribution and `b` of the other; what is less likely than 1 in 100 000 is left out."""
    mixed = {steps: a * led.get(steps, 0.0) + b * not_led.get(steps, 0.0) for steps in {*led, *not_led}}
    return {steps: p for steps, p in mixed.items() if p > 1e-5}


def _tail(times: Mapping[int, float]) -> int:
    """The first value that is not within the lowest 5 %."""
    left = (1 - LEVEL) / 2 * math.fsum(times.values())
    for steps in sorted(times):
        left -= times[steps]
        if left < 0:
            return steps
    raise ValueError("an empty distribution has no tail")
