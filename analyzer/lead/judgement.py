"""The judgement on one call: the lead share on every basis, the verdict, the lead over time and the take-overs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from analyzer.lead.check import BASES, Band, Basis, LeadShare, Verdict, answers, check
from analyzer.lead.interval import Doubt, certain, talk_interval
from analyzer.lead.stretches import lead_stretches, lead_time_share
from analyzer.lead.takeovers import TakeOver, take_overs
from analyzer.people.cast import Cast
from analyzer.talk.floor import Floor
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, share_of, without
from analyzer.timeline import Span, Turn, Word, samples

ROLLING_WINDOW = samples(300.0)
ROLLING_STEP = samples(30.0)


@dataclass(frozen=True, slots=True)
class RollingShare:
    """The salesperson's team share in the window around a moment."""

    window: Span
    share: Share


@dataclass(frozen=True, slots=True)
class Judgement:
    """What can be said about who led.

    `shares` and `verdict` are about the whole call; `without_planned` leaves planned hand-overs out and is empty when
    there are none. `other_verdict` is the verdict on the other of team-talk and lead-time; `bases_disagree` says that
    the two answer "led" differently.
    """

    basis: Basis
    band: Band
    salesperson: str | None
    verdict: Verdict
    shares: tuple[LeadShare, ...] = ()
    without_planned: tuple[LeadShare, ...] = ()
    other_verdict: Verdict | None = None
    leads: tuple[Turn, ...] = ()
    take_overs: tuple[TakeOver, ...] = ()
    rolling: tuple[RollingShare, ...] = ()

    @property
    def bases_disagree(self) -> bool:
        """Whether team-talk and lead-time give different answers to "did the salesperson lead?"."""
        return self.other_verdict is not None and self.other_verdict.led != self.verdict.led

    def share(self, basis: Basis | None = None) -> LeadShare | None:
        """The lead share on one basis (the checked one by default)."""
        return next((share for share in self.shares if share.basis == (basis or self.basis)), None)


def judge(
    by: By,
    held: Floor,
    cast: Cast,
    length: int,
    *,
    basis: Basis = "team-talk",
    band: Band = Band(),  # noqa: B008 - frozen
    owned: tuple[tuple[str, Word], ...] = (),
    silent: Collection[str] = (),
    exception: bool = False,
    names: Mapping[str, Collection[str]] | None = None,
    planned: Mapping[str, Collection[Span]] | None = None,
    doubt: Doubt = certain,
) -> Judgement:
    """The judgement on a call of `length` samples.

    `silent` are people of the team who were on the call and never spoke; they count as somebody else from the team.
    `planned` are the stretches of agenda items planned for each person.
    """
    team = cast.side("team")
    lead = cast.salesperson
    leads = lead_stretches(held, team, by, length)
    if lead is None:
        return Judgement(basis, band, None, check(None, salesperson=None, others=0, team_talk=0), leads=leads)
    found = take_overs(
        held,
        by,
        lead=lead,
        team=team,
        customers=cast.side("customer"),
        length=length,
        owned=owned,
        names=names,
        planned=planned,
    )
    shares = _shares(lead, team, by, leads, doubt)
    hand_overs = [take_over.span for take_over in found if take_over.planned]
    talk = sum(span.length for person in team for span in by.get(person, ()))

    def verdict(on: Basis) -> Verdict:
        return check(
            next(share for share in shares if share.basis == on),
            salesperson=lead,
            others=len(team) - 1 + len(silent),
            team_talk=talk,
            exception=exception,
            band=band,
        )

    other: Basis = "team-talk" if basis == "lead-time" else "lead-time"
    return Judgement(
        basis=basis,
        band=band,
        salesperson=lead,
        verdict=verdict(basis),
        shares=shares,
        without_planned=_shares(lead, team, without(by, hand_overs), leads, doubt, hand_overs) if hand_overs else (),
        other_verdict=verdict(other),
        leads=leads,
        take_overs=found,
        rolling=rolling_share(lead, team, by, length),
    )


def _shares(
    lead: str, team: Collection[str], by: By, leads: tuple[Turn, ...], doubt: Doubt, outside: Collection[Span] = ()
) -> tuple[LeadShare, ...]:
    on_team = talk_interval(lead, team, by, doubt)
    found = {
        "team-talk": LeadShare("team-talk", share_of(lead, team, by), on_team),
        "lead-time": LeadShare("lead-time", lead_time_share(lead, leads, outside), on_team and None),
        "all-talk": LeadShare("all-talk", share_of(lead, tuple(by), by), talk_interval(lead, tuple(by), by, doubt)),
    }
    return tuple(found[basis] for basis in BASES)


def rolling_share(lead: str, team: Collection[str], by: By, length: int) -> tuple[RollingShare, ...]:
    """The salesperson's team share in 5-minute windows, one every 30 s; one window when the call is shorter."""
    out = []
    last = max(0, length - ROLLING_WINDOW)
    for start in [*range(0, last, ROLLING_STEP), last] if length else []:
        window = Span(start, min(start + ROLLING_WINDOW, length))
        clipped = {who: [s for s in by.get(who, ()) if s.meets(window)] for who in team}
        talk = {who: sum(s.shared(window) for s in spans) for who, spans in clipped.items()}
        out.append(RollingShare(window, Share(talk[lead], sum(talk.values()))))
    return tuple(out)


__all__ = ["Judgement", "RollingShare", "answers", "judge", "rolling_share"]
