"""The judgement on one call: the lead share on every basis, the verdict, the lead over time and the changes of lead.

**The judged share** leaves out the stretches of planned hand-overs: they are somebody else's to lead. Whether the
others took part is judged on the whole call.

**Somebody who was not found.** The plan has somebody of the team who no one heard: they may have been silent, or
their voice may be missing. Each interval then reaches down as far as `HARDLY` of talk by them would bring the share.

**Somebody whose side is not known.** When the answer would be another one if they were from the team, it is
`too_close` (`if_team` says for who). So it is where a part of the call in which it could not be told who speaks would
turn it: if none, or all, of what the team says there were the salesperson's (`untold`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from analyzer.lead.addressing import Names
from analyzer.lead.changes import CHANGE_SPEECH, ChangeOfLead, changes_of_lead, planned_leads
from analyzer.lead.check import Band, Basis, Interval, LeadShare, Verdict, check
from analyzer.lead.doubts import TurnDoubt
from analyzer.lead.exchanges import Exchanges
from analyzer.lead.interval import lead_interval, talk_interval
from analyzer.lead.stretches import LeadTime, lead_time, spoken_in
from analyzer.lead.swap import Swap, swap
from analyzer.people.participants import Participants
from analyzer.talk.floor import Floor, floor
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, share_of, talk_time, within, without
from analyzer.timeline import Span, Turn, Word, samples, subtraction, total, union

ROLLING_WINDOW = samples(300.0)
ROLLING_STEP = samples(30.0)
HARDLY = samples(10.0)
"""What somebody may have said who was not found: of 112 simulated calls with known truth, 104 had no such voice with
more talk."""
MOST_LONGEST = 3


@dataclass(frozen=True, slots=True)
class RollingShare:
    """The salesperson's team share in one window of the call, planned hand-overs left out."""

    window: Span
    share: Share


@dataclass(frozen=True, slots=True)
class CameIn:
    """How often and for how long in all (`speech`, in samples) `who` had the floor outside the changes of lead, and the
    longest of it in time order; less than 10 s is not told of somebody who has a change of lead."""

    who: str
    times: int
    speech: int
    longest: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class IfTeam:
    """What the answer would be if `who`, whose side is not known, were from the team."""

    who: tuple[str, ...]
    verdict: Verdict
    share: Share


@dataclass(frozen=True, slots=True)
class Untold:
    """What the share would be if nothing, or all, of what the team says where no one could be told were the lead's."""

    none: Share
    all: Share
    turns: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What can be said about who led.

    `planned` are the stretches in which others lead by the plan. `shares` are judged, without these, and `whole` are
    those with them, empty when there are none. `other_verdict` is
    the verdict on lead-time, or on team-talk when lead-time is what is checked. `absent` is the name of the salesperson
    who was not heard. `came_in` is there when take-overs explain less than half of what the lead share lacks. `swap` is
    the verdict with two voices exchanged; None when nothing is judged.
    """

    basis: Basis
    band: Band
    salesperson: str | None
    verdict: Verdict
    shares: tuple[LeadShare, ...] = ()
    whole: tuple[LeadShare, ...] = ()
    other_verdict: Verdict | None = None
    lead_time: LeadTime = LeadTime()  # noqa: RUF009 - frozen
    changes: tuple[ChangeOfLead, ...] = ()
    planned: tuple[Turn, ...] = ()
    rolling: tuple[RollingShare, ...] = ()
    absent: str | None = None
    came_in: tuple[CameIn, ...] = ()
    if_team: tuple[IfTeam, ...] = ()
    swap: Swap | None = None
    untold: Untold | None = None

    @property
    def take_overs(self) -> tuple[ChangeOfLead, ...]:
        """The changes of lead that no one planned, invited or asked for."""
        return tuple(change for change in self.changes if change.kind == "take_over")

    @property
    def bases_disagree(self) -> bool:
        """Whether one of the two verdicts says yes and the other no."""
        return self.other_verdict is not None and {self.verdict.led, self.other_verdict.led} == {"yes", "no"}

    def share(self, basis: Basis | None = None) -> LeadShare | None:
        """The judged lead share on one basis (the checked one by default)."""
        return _on(self.shares, basis or self.basis)

    def whole_share(self) -> LeadShare | None:
        """The checked lead share with planned hand-overs; None when there are none."""
        return _on(self.whole, self.basis)


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known about a call beside its sound: how it is to be judged, and what the plan or the roster says.

    `names` are what everybody is called, `planned` the stretches of agenda items planned for each person. `absent` is
    the salesperson by the plan or the roster, who was not heard. `unheard` are people of the team who were planned and
    not found, `silent` those of them who cannot be one of the voices: they were on the call and count as somebody else
    from the team. `exception` says that the plan declares one.
    """

    basis: Basis = "team-talk"
    band: Band = Band()  # noqa: RUF009 - frozen
    names: Mapping[str, Collection[str]] | None = None
    planned: Mapping[str, Collection[Span]] | None = None
    absent: str | None = None
    silent: Collection[str] = ()
    unheard: Collection[str] = ()
    exception: bool = False


def judge(
    by: By,
    held: Floor,
    participants: Participants,
    length: int,
    settled: Settled = Settled(),
    *,
    owned: Sequence[tuple[str, Word]] = (),
    doubts: Collection[TurnDoubt] = (),
    distances: Mapping[tuple[str, str], float] | None = None,
    untold: Collection[Span] = (),
) -> Judgement:
    """The judgement on a call of `length` samples.

    `doubts` are the parts of turns that may be no one's, for the intervals; `distances` how far apart two people's
    voices are, in either order; `untold` the parts of the call in which it could not be told who speaks.
    """
    team, lead = participants.side("team"), participants.salesperson
    time = lead_time(held, team, by, length)
    call = exchanges(by, held, participants, settled, owned)
    if lead is None or call is None:
        verdict = check(None, salesperson=None, absent=settled.absent is not None)
        return Judgement(settled.basis, settled.band, None, verdict, lead_time=time, absent=settled.absent)
    changes = changes_of_lead(call, time.stretches, settled.planned)
    planned = planned_leads(call, time.stretches, settled.planned)
    outside = tuple(stretch.span for stretch in planned)
    case = _Case(by, held, length, lead, team, settled, doubts, outside)
    basis, shares = settled.basis, case.shares()
    verdict = case.verdict(_on(shares, basis))
    unknown = tuple(p.key for p in participants.people if p.side is None and by.get(p.key))
    if_team = case.if_team(unknown, verdict) if verdict.reason is None else ()
    otherwise = case.otherwise(untold) if untold and verdict.reason is None else ()
    judged = _with_doubt(verdict, [*(one.verdict for one in if_team), *(one for one, _ in otherwise)])
    found = Judgement(
        basis=basis,
        band=settled.band,
        salesperson=lead,
        verdict=judged,
        shares=shares,
        whole=replace(case, outside=()).shares() if planned else (),
        other_verdict=case.verdict(_on(shares, "team-talk" if basis == "lead-time" else "lead-time")),
        lead_time=time,
        changes=changes,
        planned=planned,
        rolling=rolling_share(lead, team, without(by, outside), length),
        if_team=if_team,
        swap=swap(lead, team, by, distances or {}, _Exchanged(case, planned)) if verdict.reason is None else None,
        untold=_untold(verdict, otherwise),
    )
    shown = [*outside, *(change.span for change in changes)]
    if not _is_unexplained(found):
        return found
    floors = came_in(held, by, team, lead, shown)
    told = {change.who for change in changes}
    return replace(found, came_in=tuple(one for one in floors if one.speech >= CHANGE_SPEECH or one.who not in told))


def exchanges(
    by: By, held: Floor, participants: Participants, settled: Settled, owned: Sequence[tuple[str, Word]]
) -> Exchanges | None:
    """Floors, turns and words of a call; None while its salesperson is not known."""
    if participants.salesperson is None:
        return None
    sides = participants.side("team"), participants.side("customer")
    return Exchanges(held, by, participants.salesperson, *sides, owned, Names(settled.names or {}))


@dataclass(frozen=True, slots=True)
class _Case:
    """One way to look at a call: who leads, who is the team, and what is left out."""

    by: By
    held: Floor
    length: int
    lead: str
    team: Collection[str]
    settled: Settled
    doubts: Collection[TurnDoubt]
    outside: Collection[Span]

    def shares(self) -> tuple[LeadShare, ...]:
        """The lead share on every basis."""
        lead, team, held, length = self.lead, self.team, self.held, self.length
        rest = without(self.by, self.outside) if self.outside else self.by
        everybody = tuple(rest)
        time = lead_time(held, team, self.by, length).share(lead, self.outside)
        led = lead_interval(lead, team, self.by, held, length, self.outside)
        found = (
            LeadShare("team-talk", share_of(lead, team, rest), talk_interval(lead, team, rest, self.doubts)),
            LeadShare("lead-time", time, led),
            LeadShare("all-talk", share_of(lead, everybody, rest), talk_interval(lead, everybody, rest, self.doubts)),
        )
        return tuple(_allowing(share) for share in found) if self.settled.unheard else found

    def verdict(self, share: LeadShare | None) -> Verdict:
        """The verdict by one of the shares; whether the others took part is the same by all."""
        lead, team, settled = self.lead, self.team, self.settled
        whole = share_of(lead, team, self.by)
        took_part = LeadShare("team-talk", whole, talk_interval(lead, team, self.by, self.doubts))
        return check(
            share,
            _allowing(took_part) if settled.unheard else took_part,
            salesperson=lead,
            others=len(team) - 1 + len(settled.silent),
            team_talk=whole.denominator,
            exception=settled.exception,
            band=settled.band,
        )

    def checked(self) -> tuple[Verdict, Share]:
        """The verdict and the share on the basis that is checked."""
        share = _on(self.shares(), self.settled.basis)
        assert share is not None
        return self.verdict(share), share.share

    def otherwise(self, untold: Collection[Span]) -> tuple[tuple[Verdict, Share], ...]:
        """The verdict and the share if none of what the team says in `untold` were the salesperson's, and if all were.

        Empty where the team says nothing there, or no one else of it is known.
        """
        part, rest = within(self.by, untold), without(self.by, untold)
        talk = talk_time(self.by)
        others = sorted((who for who in self.team if who != self.lead), key=lambda who: -talk.get(who, 0))
        spoken = [span for who in self.team for span in part.get(who, ())]
        if not others or not spoken:
            return ()
        found = []
        for whose in (others[0], self.lead):
            given = {who: spans if who in self.team else self.by[who] for who, spans in rest.items()}
            by = given | {whose: union((*given.get(whose, ()), *spoken))}
            found.append(replace(self, by=by, held=floor(by, self.held.aside)).checked())
        return tuple(found)

    def if_team(self, unknown: Sequence[str], verdict: Verdict) -> tuple[IfTeam, ...]:
        """The people of unknown side, one by one and all together, who would turn the answer if they were the team's.

        All together only where no one alone turns whether the salesperson led.
        """
        groups = [(who,) for who in unknown]
        found = [IfTeam(who, *replace(self, team=(*self.team, *who)).checked()) for who in groups]
        turned = tuple(one for one in found if _differs(one.verdict, verdict))
        if len(unknown) < 2 or any(one.verdict.led != verdict.led for one in turned):
            return turned
        together = IfTeam(tuple(unknown), *replace(self, team=(*self.team, *unknown)).checked())
        turns = together.verdict.led != verdict.led or (not turned and _differs(together.verdict, verdict))
        return (together,) if turns else turned


@dataclass(frozen=True, slots=True)
class _Exchanged:
    """Gives the verdict with somebody else as the salesperson, which is what an exchange of two voices amounts to."""

    case: _Case
    planned: tuple[Turn, ...]

    def __call__(self, who: str) -> tuple[Verdict, Share]:
        """With `who` as the salesperson, what was planned for them is no hand-over."""
        outside = tuple(stretch.span for stretch in self.planned if stretch.who != who)
        return replace(self.case, lead=who, outside=outside).checked()


def _on(shares: Sequence[LeadShare], basis: Basis) -> LeadShare | None:
    return next((share for share in shares if share.basis == basis), None)


def _allowing(found: LeadShare) -> LeadShare:
    """A lead share whose interval leaves room for somebody who was not found."""
    share, interval = found.share, found.interval
    if interval is None or not share.denominator:
        return found
    least = share.numerator / (share.denominator + HARDLY)
    return replace(found, interval=Interval(min(interval.low, least), interval.high))


def _differs(a: Verdict, b: Verdict) -> bool:
    return (a.led, a.team_took_part) != (b.led, b.team_took_part)


def _untold(verdict: Verdict, otherwise: Sequence[tuple[Verdict, Share]]) -> Untold | None:
    if not otherwise:
        return None
    (_, none), (_, everything) = otherwise
    return Untold(none, everything, any(_differs(one, verdict) for one, _ in otherwise))


def _with_doubt(verdict: Verdict, otherwise: Sequence[Verdict]) -> Verdict:
    """The verdict when it may be one of `otherwise` as well."""
    led = {verdict.led, *(one.led for one in otherwise)}
    took_part = {verdict.team_took_part, *(one.team_took_part for one in otherwise)}
    return Verdict(
        verdict.led if len(led) == 1 else "too_close",
        verdict.team_took_part if len(took_part) == 1 else "too_close",
        verdict.reason,
    )


def _is_unexplained(found: Judgement) -> bool:
    """Whether the others' floors are needed as evidence: take-overs make up less than half of what is missing."""
    judged = found.share()
    if found.verdict.led not in ("no", "too_close") or judged is None or judged.value is None:
        return False
    taken = sum(
        _time_of(change, found.lead_time) if found.basis == "lead-time" else change.speech
        for change in found.take_overs
    )
    rest = judged.share.denominator - taken
    without_them = judged.share.numerator / rest if rest > 0 else 1.0
    missing = found.band.floor - judged.value
    return not taken or 2 * (without_them - judged.value) < missing


def _time_of(change: ChangeOfLead, time: LeadTime) -> int:
    """How long a change of lead lasts, without silences."""
    return total(subtraction([change.span], time.left_out))


def came_in(held: Floor, by: By, team: Collection[str], lead: str, outside: Collection[Span]) -> tuple[CameIn, ...]:
    """How each of the others came in, who said most first; floors with no one's between count as one."""
    floors: dict[str, list[Span]] = {}
    for who, run in groupby(held.holds, key=lambda hold: hold.who):
        spans = [hold.span for hold in run]
        whole = Span(spans[0].start, spans[-1].end)
        if who in team and who != lead and not any(whole.meets(span) for span in outside):
            floors.setdefault(who, []).append(whole)
    found = []
    for who, spans in floors.items():
        longest = sorted(spans, key=lambda span: (-spoken_in(who, span, by), span.start))[:MOST_LONGEST]
        speech = sum(spoken_in(who, span, by) for span in spans)
        found.append(CameIn(who, len(spans), speech, tuple(sorted(longest))))
    return tuple(sorted(found, key=lambda one: (-one.speech, one.who)))


def rolling_share(lead: str, team: Collection[str], by: By, length: int) -> tuple[RollingShare, ...]:
    """The salesperson's team share in 5-minute windows, one every 30 s; one window when the call is shorter."""
    last = max(0, length - ROLLING_WINDOW)
    windows = [Span(start, min(start + ROLLING_WINDOW, length)) for start in (*range(0, last, ROLLING_STEP), last)]
    return tuple(
        RollingShare(window, Share(spoken_in(lead, window, by), sum(spoken_in(who, window, by) for who in team)))
        for window in windows
    )
