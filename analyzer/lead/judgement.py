"""The judgement on one call: the lead share on every basis, the verdict, the lead over time and the take-overs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from analyzer.lead.check import Band, Basis, LeadShare, Verdict, check
from analyzer.lead.doubts import TurnDoubt
from analyzer.lead.interval import lead_interval, talk_interval
from analyzer.lead.stretches import LeadTime, lead_time, spoken_in
from analyzer.lead.swap import Swap, swap
from analyzer.lead.takeovers import TakeOver, take_overs
from analyzer.people.participants import Participants
from analyzer.talk.floor import Floor
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, share_of, without
from analyzer.timeline import Span, Word, samples

ROLLING_WINDOW = samples(300.0)
ROLLING_STEP = samples(30.0)


@dataclass(frozen=True, slots=True)
class RollingShare:
    """The salesperson's team share in one window of the call."""

    window: Span
    share: Share


@dataclass(frozen=True, slots=True)
class Judgement:
    """What can be said about who led.

    `shares` and `verdict` are about the whole call; `without_planned` leaves planned hand-overs out and is empty when
    there are none. `other_verdict` is the verdict on lead-time, or on team-talk when lead-time is what is checked.
    `swap` is the verdict with two voices exchanged; None when nothing is judged.
    """

    basis: Basis
    band: Band
    salesperson: str | None
    verdict: Verdict
    shares: tuple[LeadShare, ...] = ()
    without_planned: tuple[LeadShare, ...] = ()
    other_verdict: Verdict | None = None
    lead_time: LeadTime = LeadTime()  # noqa: RUF009 - frozen
    take_overs: tuple[TakeOver, ...] = ()
    rolling: tuple[RollingShare, ...] = ()
    swap: Swap | None = None

    @property
    def bases_disagree(self) -> bool:
        """Whether the two verdicts answer "did the salesperson lead?" differently; not when one has no answer."""
        answers = {self.verdict.led, self.other_verdict.led} if self.other_verdict else set()
        return len(answers) == 2 and "not_judged" not in answers

    def share(self, basis: Basis | None = None) -> LeadShare | None:
        """The lead share on one basis (the checked one by default)."""
        return next((share for share in self.shares if share.basis == (basis or self.basis)), None)


def judge(
    by: By,
    held: Floor,
    participants: Participants,
    length: int,
    *,
    basis: Basis = "team-talk",
    band: Band = Band(),  # noqa: B008 - frozen
    owned: tuple[tuple[str, Word], ...] = (),
    silent: Collection[str] = (),
    exception: bool = False,
    names: Mapping[str, Collection[str]] | None = None,
    planned: Mapping[str, Collection[Span]] | None = None,
    doubts: Collection[TurnDoubt] = (),
    distances: Mapping[tuple[str, str], float] | None = None,
) -> Judgement:
    """The judgement on a call of `length` samples.

    `silent` are people of the team who were on the call and never spoke; they count as somebody else from the team.
    `planned` are the stretches of agenda items planned for each person. `doubts` are the parts of
    turns that may be no one's, for the intervals; `distances` how far apart two people's voices are, in either order.
    """
    team, lead = participants.side("team"), participants.salesperson
    time = lead_time(held, team, by, length)
    if lead is None:
        return Judgement(basis, band, None, check(None, salesperson=None, others=0, team_talk=0), lead_time=time)
    customers = participants.side("customer")
    found = take_overs(
        held, by, time.stretches, lead=lead, customers=customers, owned=owned, names=names, planned=planned
    )
    hand_overs = [take_over.span for take_over in found if take_over.planned]

    def shares_of(who: str, outside: Collection[Span] = ()) -> tuple[LeadShare, ...]:
        return _shares(who, team, by, held, time, length, doubts, outside)

    def verdicts_on(shares: tuple[LeadShare, ...]) -> dict[Basis, Verdict]:
        others, talk = len(team) - 1 + len(silent), share_of(lead, team, by).denominator
        return {
            share.basis: check(share, salesperson=lead, others=others, team_talk=talk, exception=exception, band=band)
            for share in shares
        }

    def exchanged_with(who: str) -> tuple[Verdict, Share]:
        shares = shares_of(who)
        return verdicts_on(shares)[basis], next(share.share for share in shares if share.basis == basis)

    verdicts = verdicts_on(shares := shares_of(lead))
    return Judgement(
        basis=basis,
        band=band,
        salesperson=lead,
        verdict=verdicts[basis],
        shares=shares,
        without_planned=shares_of(lead, hand_overs) if hand_overs else (),
        other_verdict=verdicts["team-talk" if basis == "lead-time" else "lead-time"],
        lead_time=time,
        take_overs=found,
        rolling=rolling_share(lead, team, by, length),
        swap=swap(lead, team, by, distances or {}, exchanged_with) if verdicts[basis].reason is None else None,
    )


def _shares(
    who: str,
    team: Collection[str],
    by: By,
    held: Floor,
    time: LeadTime,
    length: int,
    doubts: Collection[TurnDoubt],
    outside: Collection[Span],
) -> tuple[LeadShare, ...]:
    """`who`'s share on every basis, not counting `outside`."""
    rest = without(by, outside) if outside else by
    everybody = tuple(rest)
    led = lead_interval(who, team, by, held, length, outside)
    return (
        LeadShare("team-talk", share_of(who, team, rest), talk_interval(who, team, rest, doubts)),
        LeadShare("lead-time", time.share(who, outside), led),
        LeadShare("all-talk", share_of(who, everybody, rest), talk_interval(who, everybody, rest, doubts)),
    )


def rolling_share(lead: str, team: Collection[str], by: By, length: int) -> tuple[RollingShare, ...]:
    """The salesperson's team share in 5-minute windows, one every 30 s; one window when the call is shorter."""
    last = max(0, length - ROLLING_WINDOW)
    windows = [Span(start, min(start + ROLLING_WINDOW, length)) for start in (*range(0, last, ROLLING_STEP), last)]
    return tuple(
        RollingShare(window, Share(spoken_in(lead, window, by), sum(spoken_in(who, window, by) for who in team)))
        for window in windows
    )
