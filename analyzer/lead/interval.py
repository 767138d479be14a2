"""How sure a lead share is: a 90 % interval from what can go wrong in finding who spoke when.

**Talk.** A share of talk has odds a : b, the salesperson's talk to that of everybody else in question. Each person's
talk time is off by four things, which are independent, so that their squares add up:

* every turn's edges, by `TURN` together;
* the part of their turns that the diarizer is unsure of (`TurnDoubt.unsure`), by `UNSURE` times its length;
* a turn that may be somebody else's, by all of its length with the probability `TurnDoubt.wrong`;
* what they said while two others were heard at once, and which was therefore missed: `MISSED` times that overlap.

The odds are then off by the factor exp(±z sqrt(off_a² / a² + off_b² / b²)), z = 1.645: an interval that never leaves
0 to 1, is wider towards the middle, and is mirrored when the two change places.

**Lead time.** Its errors are not small and many but few and large: whether one floor passed the lead decides a minute.
So the distribution itself is worked out. The floors that a person holds before the other part of the team (the
salesperson, or all others) has the floor again pass the lead to them, from the first one on, with the probability that
they truly spoke 3 s in all, what was measured being off by `PASS`, times the probability that the voice is theirs. From
floor to floor there are two states, the salesperson has the lead or somebody else of the team, and for each a
distribution of the time led so far, in `STEPS` steps of the whole. Its 5 % tails are cut off, and the edges of the
stretches added.

**What the figures are.** Simulated calls with known truth (real voices on the turn timings of real meetings; 5 and 10
minutes; 1 to 5 people; clean, Opus at a low rate, telephone band, room), diarized by the default diarizer, every person
in the salesperson's part with each one or two of the others as the team. The constants were fitted on 84 calls and
are, in the proportions of the fit, the smallest with which the shares on every basis are covered 90 % of the time;
then 28 new calls were made. `analyzer bench interval FOLDER` gives, in percent and percentage points:

                       84 calls fitted to        28 unseen calls
                       covered   mean width      covered   mean width    one width for all
    team-talk             92.7          7.4         88.7          7.2                  6.2
    lead-time             91.3         10.7         92.0         11.0                 13.3
    all-talk              90.0          5.7         90.1          5.6                  5.0

The last column is the width that one width for all shares would need to cover as often there: by lead-time the
interval knows when it is wrong, by talk it was no better than that on the unseen calls. With 28 calls the coverage
itself is known to about five points, and it differs: of shares of 80 % and more 85 % were covered by team-talk and 91 %
by lead-time, of teams with close voices 96 and 94 %; in rooms 74 and 97 %, on the telephone 100 and 94 %. 28 of the 84
calls were unseen at first and covered 86, 90 and 89 %; they brought up the overlap, so they count as fitted to.

**What it does not cover.** Two people under one label, or somebody who was not found at all (in 8 of the 112 calls
somebody with 10 s or more was not): their talk counts as another's, and no turn of theirs shows a doubt. Wrong names:
the exchange of two voices is worked out beside it (`swap.py`). Recordings unlike those above. And diarizers that give
no evidence are taken to be about as sure as the default one is.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import NormalDist

from analyzer.lead.check import Interval
from analyzer.lead.doubts import TurnDoubt
from analyzer.lead.stretches import LEAD_SPEECH, lead_time, spoken_in
from analyzer.talk.floor import Floor
from analyzer.talk.turns import By, overlap
from analyzer.timeline import Span, Turn, intersection, samples, subtraction, total

LEVEL = 0.90
"""How often the interval is to hold the true share."""
TURN = samples(0.65)
"""Standard deviation of a turn's length, both edges together; fitted (see above), as are the next three."""
UNSURE = 0.52
"""Standard deviation of a person's talk time, in parts of the time that the diarizer is unsure of.

Not divided by the number of turns: a voice that is cut short is cut short in all of them.
"""
MISSED = 0.19
"""Standard deviation of what was missed of a person, in parts of the overlap of others.

The words of quiet people in a lively call lie under others' and leave no trace in turns of their own: without this,
shares beyond 80 % were covered 86 % of the time, with it 91 %, and the intervals became narrower on the whole.
"""
PASS = samples(0.6)
"""Standard deviation of the speech measured on the floors that pass the lead."""
STEPS = 400
"""Of the lead time: 0.25 percentage points each."""

_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


def talk_interval(who: str, among: Collection[str], by: By, doubts: Collection[TurnDoubt] = ()) -> Interval | None:
    """The interval of `who`'s talk time as a share of that of everybody in `among`; None when none of them talks."""
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
    at_once = overlap(by)
    missed = {person: total(at_once) - total(intersection(at_once, by.get(person, ()))) for person in among}
    return {
        person: (UNSURE * unsure[person]) ** 2
        + wrong[person]
        + (MISSED * missed[person]) ** 2
        + max(1, len(by.get(person, ()))) * TURN**2
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

    None when none of the team has the lead there.
    """
    time = lead_time(held, team, by, length)
    share = time.share(who, outside)
    if not share.denominator:
        return None
    leads, left_out = time.stretches, (*time.silences, *outside)
    begin = leads[0].span.start
    holds = [hold for hold in held.holds if hold.span.end > begin]
    starts = [max(hold.span.start, begin) for hold in holds]
    rivals = _by_person(doubts)
    led, not_led = ({0: 1.0}, {}) if leads[0].who == who else ({}, {0: 1.0})
    before = at = 0
    for floors, start, end in zip(_passing(holds, who, team), starts, [*starts[1:], length], strict=True):
        if floors:
            gains, loses = _chances(who, floors, team, by, rivals.get(floors[0].who, ()))
            led, not_led = _mixed(led, not_led, 1 - loses, gains), _mixed(led, not_led, loses, 1 - gains)
        before += total(subtraction([Span(start, end)], left_out)) if end > start else 0
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


def _passing(holds: Sequence[Turn], who: str, team: Collection[str]) -> list[list[Turn]]:
    """For each of `holds` the floors that may pass the lead together from it on; none where an earlier one has them.

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
        passing.append(first.get(hold.who, [hold]))
    return passing


def _chances(
    who: str, floors: Sequence[Turn], team: Collection[str], by: By, doubts: Sequence[TurnDoubt]
) -> tuple[float, float]:
    """How likely `who` gains the lead by these floors of one person, and how likely they lose it.

    `doubts` are those about the floors' holder, in order of time; where several turns lie in them, their lengths weigh.
    """
    holder = floors[0].who
    spoken = sum(spoken_in(holder, hold.span, by) for hold in floors)
    passes = NormalDist(0, PASS).cdf(spoken - LEAD_SPEECH)
    weights: dict[str | None, float] = {}
    weight = 0
    for hold in floors:
        for i in range(bisect_right(doubts, hold.span.start, key=lambda doubt: doubt.span.end), len(doubts)):
            doubt = doubts[i]
            if doubt.span.start >= hold.span.end:
                break
            shared = doubt.span.shared(hold.span)
            weight += shared
            weights[doubt.instead] = weights.get(doubt.instead, 0.0) + shared * doubt.wrong
    whose = {person: part / weight for person, part in weights.items()} if weight else {}
    whose[holder] = 1 - math.fsum(whose.values())
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
