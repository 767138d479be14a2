"""The check: did the salesperson lead, and did the others from the team take part?

**lead share**, the number that is checked, is the salesperson's share on one of three bases:

* `team-talk` (the default): the salesperson's talk time / the team's talk time (the team share);
* `lead-time`: the salesperson's time in the lead / the time in which anybody of the team has it;
* `all-talk`: the salesperson's talk time / everybody's talk time. The customer is meant to talk a lot, so the band
  cannot be met on this basis; it is there for teams that define it so.

Good practice is a lead share of 0.85 to 0.90: below, somebody took over; above, the others might as well have stayed at
home. So there are two answers. With an interval [low, high] and a band [floor, ceiling]:

* led, by the lead share: `yes` when low >= floor, `no` when high < floor, else `too_close`.
* team_took_part, always by team-talk on the whole call: the others' share is 1 - the salesperson's, and must be at
  least 1 - ceiling. `yes` when high <= ceiling, `no` when low > ceiling, else `too_close`.

    led             no    |   too_close    |   yes
    interval    |----|    |  |------|      |   |---|
    lead share  ----------0.85--------------0.90---------- 1

Both are `not_judged`, with one reason, when judging would need a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzer.talk.rates import Share
from analyzer.timeline import samples

Basis = Literal["team-talk", "lead-time", "all-talk"]
Answer = Literal["yes", "no", "too_close", "not_judged"]
Reason = Literal[
    "salesperson_unknown",
    "salesperson_absent",
    "nobody_else_from_the_team",
    "too_little_team_talk",
    "exception_declared",
]

BASES: tuple[Basis, ...] = ("team-talk", "lead-time", "all-talk")
LEAST_TEAM_TALK = samples(60.0)
"""Below this much talk of the team nothing is judged."""


@dataclass(frozen=True, slots=True)
class Band:
    """Good practice for the lead share; configurable."""

    floor: float = 0.85
    ceiling: float = 0.90

    def __post_init__(self) -> None:
        if not 0 < self.floor <= self.ceiling < 1:
            raise ValueError(f"a band needs 0 < floor <= ceiling < 1, not {self.floor} and {self.ceiling}")

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """The shares that a rounded lead share must not step onto: none, the band's ends, all."""
        return (0.0, self.floor, self.ceiling, 1.0)


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true share lies with 90 % probability, both ends within 0 and 1."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(f"an interval needs 0 <= low <= high <= 1, not {self.low} and {self.high}")


@dataclass(frozen=True, slots=True)
class LeadShare:
    """The salesperson's share on one basis, with its interval; None where the share itself is not known."""

    basis: Basis
    share: Share
    interval: Interval | None = None

    @property
    def value(self) -> float | None:
        """The share; None when there is nothing to be a part of."""
        return self.share.value


@dataclass(frozen=True, slots=True)
class Verdict:
    """The two answers, and the reason when they are `not_judged`."""

    led: Answer
    team_took_part: Answer
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if (self.led == "not_judged") != (self.reason is not None) or (
            (self.led == "not_judged") != (self.team_took_part == "not_judged")
        ):
            raise ValueError("a call is not judged for a reason, and for both answers at once")


def answers(interval: Interval, band: Band = Band(), team_share: Interval | None = None) -> Verdict:
    """The two answers: `interval` is of the judged lead share, `team_share` of the one by team-talk on the whole call.

    Without `team_share` they are the same.
    """
    whole = team_share or interval
    led: Answer = "yes" if interval.low >= band.floor else "no" if interval.high < band.floor else "too_close"
    took_part: Answer = "yes" if whole.high <= band.ceiling else "no" if whole.low > band.ceiling else "too_close"
    return Verdict(led, took_part)


def check(
    judged: LeadShare | None,
    team_share: LeadShare | None = None,
    *,
    salesperson: str | None,
    absent: bool = False,
    others: int = 0,
    team_talk: int = 0,
    exception: bool = False,
    band: Band = Band(),
) -> Verdict:
    """The verdict on one call, or the first reason why there is none.

    `judged` is the lead share on the basis that is checked, without planned hand-overs; `team_share` the one by
    team-talk on the whole call (by default the same). What is missing for a share to mean anything comes first, then
    what somebody decided about this call, then how little there is to go by. `absent` says that the salesperson is
    known and was not heard. `others` counts the people known to be from the team besides the salesperson, present on
    the call whether they speak or not; `team_talk` is the team's talk time in samples.
    """
    reason: Reason | None = None
    if salesperson is None or judged is None:
        reason = "salesperson_absent" if absent else "salesperson_unknown"
    elif others == 0:
        reason = "nobody_else_from_the_team"
    elif exception:
        reason = "exception_declared"
    elif team_talk < LEAST_TEAM_TALK or judged.interval is None:
        reason = "too_little_team_talk"
    if reason is not None:
        return Verdict("not_judged", "not_judged", reason)
    assert judged is not None
    assert judged.interval is not None
    return answers(judged.interval, band, team_share.interval if team_share is not None else None)
