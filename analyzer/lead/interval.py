"""How sure a lead share is: a 90 % interval from what can go wrong in finding who spoke when."""

from __future__ import annotations

import math
from collections.abc import Collection
from statistics import NormalDist

from analyzer.lead.check import Interval
from analyzer.lead.doubts import TurnDoubt
from analyzer.lead.stretches import LEAD_SPEECH, lead_stretches, lead_time_share, spoken_in
from analyzer.talk.floor import Floor
from analyzer.talk.turns import By
from analyzer.timeline import Span, samples, subtraction, total

LEVEL = 0.90
BOUNDARY = samples(0.15)
PERSON = 0.05
PASS = samples(1.0)
LEAD = 0.1


def talk_interval(who: str, among: Collection[str], by: By, doubts: Collection[TurnDoubt] = ()) -> Interval | None:
    """The 90 % interval of `who`'s talk time as a share of that of everybody in `among`.

    None when nobody in `among` talks.
    """
    mine = sum(span.length for span in by.get(who, ()))
    rest = sum(span.length for other in among if other != who for span in by.get(other, ()))
    whole = mine + rest
    if not whole:
        return None
    variance = 0.0
    for person in among:
        spans = by.get(person, ())
        weight = rest if person == who else mine  # of a sample of this person's talk, in d(share) * whole^2
        talk = sum(span.length for span in spans)
        variance += weight**2 * ((PERSON * talk) ** 2 + 2 * len(spans) * BOUNDARY**2)
    for doubt in doubts:
        if doubt.who in among:
            talk = sum(spoken_in(doubt.who, span, by) for span in (doubt.span,))
            variance += doubt.wrong * (1 - doubt.wrong) * (talk * whole) ** 2
    return around(mine / whole, math.sqrt(variance) / whole**2)


def lead_interval(
    who: str,
    team: Collection[str],
    by: By,
    held: Floor,
    length: int,
    doubts: Collection[TurnDoubt] = (),
    outside: Collection[Span] = (),
) -> Interval | None:
    """The 90 % interval of `who`'s time in the lead, in a call of `length` samples, not counting `outside`.

    None when nobody of the team ever has the lead there.
    """
    leads = lead_stretches(held, team, by, length)
    share = lead_time_share(who, leads, outside)
    if not share.denominator:
        return None
    starts = [hold for hold in held.holds if hold.span.end > leads[0].span.start]
    ends = [hold.span.start for hold in starts[1:]] + [length]
    state = {leads[0].who: (1.0, 0.0, 0.0)}  # probability, and first and second moment of the time led so far
    for hold, end in zip(starts, ends, strict=True):
        spoken = spoken_in(hold.who, hold.span, by)
        passes = NormalDist().cdf((spoken - LEAD_SPEECH) / PASS)
        own = [d for d in doubts if d.who == hold.who and d.span.meets(hold.span)]
        told = {hold.who: 1.0}
        if own and spoken:
            weight = sum(d.span.shared(hold.span) for d in own)
            for d in own:
                p = d.wrong * d.span.shared(hold.span) / weight
                told[d.instead or ""] = told.get(d.instead or "", 0.0) + p
                told[hold.who] -= p
        state = _passed(state, {person: passes * p for person, p in told.items() if person in team})
        time = total(subtraction([Span(max(hold.span.start, leads[0].span.start), end)], outside))
        if who in state:
            p, first, second = state[who]
            state[who] = p, first + p * time, second + 2 * first * time + p * time**2
    mean = sum(first for _, first, _ in state.values())
    square = sum(second for _, _, second in state.values())
    off = square - 2 * mean * share.numerator + share.numerator**2
    p = share.numerator / share.denominator
    residual = (LEAD * p * (1 - p)) ** 2 + 2 * len(leads) * (BOUNDARY / share.denominator) ** 2
    return around(p, math.sqrt(max(off, 0.0) / share.denominator**2 + residual))


def _passed(
    state: dict[str, tuple[float, float, float]], to: dict[str, float]
) -> dict[str, tuple[float, float, float]]:
    stays = 1 - sum(to.values())
    whole = tuple(sum(part) for part in zip(*state.values(), strict=True))
    out = {person: (p * stays, first * stays, second * stays) for person, (p, first, second) in state.items()}
    for person, p in to.items():
        old = out.get(person, (0.0, 0.0, 0.0))
        out[person] = (old[0] + p * whole[0], old[1] + p * whole[1], old[2] + p * whole[2])
    return out


def around(share: float, sigma: float) -> Interval:
    """The `LEVEL` interval around `share` with standard deviation `sigma`, taken on the log-odds scale."""
    z = NormalDist().inv_cdf(0.5 + LEVEL / 2)
    # At 0 and 1 the log-odds are infinite: move in by the error itself, which is what the end is known to.
    p = min(max(share, sigma / 2, 1e-6), 1 - max(sigma / 2, 1e-6))
    if not 0 < p < 1:
        return Interval(0.0, 1.0)
    spread = z * sigma / max(p * (1 - p), 1e-9)
    centre = math.log(p / (1 - p))
    low, high = (1 / (1 + math.exp(-min(max(x, -700), 700))) for x in (centre - spread, centre + spread))
    return Interval(min(low, share), max(high, share))
