"""How the calls were led, added up over many of them: per salesperson, per manager or specialist, per pair, over time.

    lead share of many calls  =  sum of numerators ÷ sum of denominators, never a mean of shares
    its 90 % interval         =  ± sqrt(Σ (h_i · d_i)²) ÷ Σ d_i

    its band              =  Σ band_i · d_i ÷ Σ d_i: where the sum lies when every call lies on its own band

where d_i is a call's denominator and h_i half the width of its interval: the calls' errors are taken as independent.
Calls without an interval add nothing to the width, and no drift is told when no call has one. Rates are None
when there is nothing to be a rate of. Everything here is arithmetic on summaries; what day it is comes in.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

from analyzer.debrief.record import LeadShareRecord
from analyzer.lead.check import Band, Basis, Interval, LeadShare
from analyzer.library.summary import Along, CallSummary
from analyzer.people.commitment import Commitment
from analyzer.people.names import folded
from analyzer.talk.measures import HOUR
from analyzer.talk.rates import NOTHING, Rate, Share
from analyzer.timeline import samples
from analyzer.wording import N_, _

EXCEPTIONS_ABOVE = 0.2
"""Above this part of the planned calls exceptions have stopped being exceptions."""
WEEKLY_UP_TO = 120
"""Calls that span fewer days than this are shown by week, others by month."""
WORTH_A_WORD = 0.03
"""A change of the lead share below this is not worth a word, however many calls show it."""
ENOUGH_TO_DRIFT = 4
"""Judged calls below which no one is said to drift, or to be silent."""
SILENT_FROM = 0.5
"""From this part of their calls on, somebody who comes along is one who comes along and says nothing."""

SPLITS = {
    "observe": N_("Ride-along: observe"),
    "support": N_("Ride-along: support"),
    "co-sell": N_("Ride-along: co-sell"),
    "model": N_("Ride-along: model"),
    "new": N_("New customers"),
    "returning": N_("Returning customers"),
}
"""What calls are told apart by, as their plans say it."""


def named(who: str) -> str:
    """What a trend is about, in the language spoken now: a name, two (`A with B`), or a kind of call."""
    first, beside, second = who.partition(" with ")
    return _("{who} with {names}", who=first, names=second) if beside else _(who) if who in SPLITS.values() else who


@dataclass(frozen=True, slots=True)
class Period:
    """A week (from Monday) or a month: its first day, its calls with a lead share, and the share of all of them."""

    begins: dt.date
    calls: int
    share: LeadShare


@dataclass(frozen=True, slots=True)
class Drift:
    """The later half of the calls against the earlier one: the difference of lead shares with its 90 % interval."""

    earlier: LeadShare
    later: LeadShare
    difference: float
    low: float
    high: float

    @property
    def falls(self) -> bool:
        """Whether the share went down, by more than the intervals leave open and enough to be worth a word."""
        return self.high < 0 and self.difference <= -WORTH_A_WORD

    @property
    def rises(self) -> bool:
        """Whether it went up likewise."""
        return self.low > 0 and self.difference >= WORTH_A_WORD


@dataclass(frozen=True, slots=True)
class Trend:
    """The calls of somebody, or of two, together. `share` is over the calls that have a lead share on `basis`.

    `band` is good practice for that share: calls of different kinds of ride-along have different bands.
    """

    who: str
    calls: int
    hours: float
    answers: Mapping[str, int]
    reasons: Mapping[str, int]
    share: LeadShare
    band: Band
    periods: tuple[Period, ...]
    drift: Drift | None
    take_overs: Rate
    """Over the time of the calls whose salesperson is known, in samples: of the others no take-over is known."""
    kinds: Mapping[str, int]
    """Changes of lead by their kind."""
    planned: int
    """Planned hand-overs."""
    in_place: int
    """Calls on which they spoke in place of a salesperson who was not heard."""
    triggers: Mapping[str, int]
    endings: Mapping[str, int]
    lasts: float | None
    """How long somebody speaks in a take-over, in seconds: the median."""
    unasked: Share
    """Take-overs after which the lead was handed back unasked, of all."""
    silent: Share
    exceptions: Share
    to_debrief: int
    commitments: Commitments
    met: Mapping[Voice, Share]
    """Objectives that were met, of those of which it was told, as the salesperson and as the manager sees it."""
    own_view: OwnView

    @property
    def take_overs_per_hour(self) -> float | None:
        """None when there are no calls."""
        return None if self.take_overs.value is None else self.take_overs.value * HOUR


@dataclass(frozen=True, slots=True)
class Commitments:
    """What was promised in debriefs: kept, not kept, still open, and open beyond its date."""

    kept: int = 0
    not_kept: int = 0
    open: int = 0
    overdue: tuple[Commitment, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnView:
    """The salespeople's own estimates of the lead share: how many, and by how much they are above the measured ones.

    `lately` is of the later half of the calls. Both are means over calls, None when there are no estimates.
    """

    estimates: int = 0
    above: float | None = None
    lately: float | None = None


Voice = Literal["salesperson", "manager"]


@dataclass(frozen=True, slots=True)
class Trends:
    """Everything at once; `unnamed` calls have no known salesperson."""

    team: Trend
    salespeople: tuple[Trend, ...]
    others: tuple[Trend, ...]
    pairs: tuple[Trend, ...]
    splits: tuple[Trend, ...]
    """The planned calls by kind of ride-along, and by new and returning customers, as far as their plans say."""
    unnamed: int
    to_debrief: tuple[CallSummary, ...]
    exceptions_warn: bool


def trends(calls: Iterable[CallSummary], *, today: dt.date, exceptions_above: float = EXCEPTIONS_ABOVE) -> Trends:
    """The trends of calls, in whatever order they come."""
    ordered = sorted(calls, key=lambda call: (call.date or dt.date.min, call.name, call.sha256))
    basis = common_basis(ordered)
    told = _told(ordered)
    sellers, others, pairs, splits = _Groups(), _Groups(), _Groups(), _Groups()
    for call in ordered:
        plan = call.record.plan
        if plan is not None:
            for said in filter(None, (plan.ride_along, plan.customer_is)):
                splits.add(SPLITS[said], call)
            if plan.ride_along == "model":  # who led it was to show how, and says nothing about the salesperson
                continue
        seller = call.salesperson
        name = seller.name if seller is not None else None
        if name is not None:
            sellers.add(name, call)
        for other in {folded(person.name): person for person in call.others if person.name is not None}.values():
            assert other.name is not None
            others.add(other.name, call, of=other)
            if name is not None:
                pairs.add(f"{name} with {other.name}", call, of=other)
    team = _trend("All calls", ordered, basis, today, told)
    return Trends(
        team=team,
        salespeople=sellers.trends(basis, today, told),
        others=others.trends(basis, today, told),
        pairs=pairs.trends(basis, today, told),
        splits=splits.trends(basis, today, told),
        unnamed=sum(
            call.record.lead.absent is None and (call.salesperson is None or call.salesperson.name is None)
            for call in ordered
        ),
        to_debrief=tuple(call for call in ordered if to_debrief(call)),
        exceptions_warn=(team.exceptions.value or 0.0) > exceptions_above,
    )


def common_basis(calls: Sequence[CallSummary]) -> Basis:
    """The basis that every call was checked on, or team-talk when they differ."""
    found = {call.record.lead.basis for call in calls}
    return found.pop() if len(found) == 1 else "team-talk"


def to_debrief(call: CallSummary) -> bool:
    """Whether somebody of the team was along and no debrief was held."""
    return call.debriefed_on is None and call.salesperson is not None and any(o.key for o in call.others)


class _Groups:
    """Calls by somebody's name, however it is written; shown as it was written first."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._calls: dict[str, list[tuple[CallSummary, Along | None]]] = {}

    def add(self, name: str, call: CallSummary, of: Along | None = None) -> None:
        key = folded(name)
        self._names.setdefault(key, name)
        self._calls.setdefault(key, []).append((call, of))

    def trends(self, basis: Basis, today: dt.date, told: Told) -> tuple[Trend, ...]:
        found = [
            _trend(self._names[key], [call for call, _ in calls], basis, today, told, [of for _, of in calls])
            for key, calls in self._calls.items()
        ]
        return tuple(sorted(found, key=lambda trend: (-trend.calls, trend.who)))


def _trend(
    who: str,
    calls: Sequence[CallSummary],
    basis: Basis,
    today: dt.date,
    told: Told,
    of: Sequence[Along | None] = (),
) -> Trend:
    """The calls of somebody together; `of` is who it is about in each, when take-overs are counted for them alone."""
    about = list(of) or [None] * len(calls)
    took = [
        found
        for call, other in zip(calls, about, strict=True)
        for found in call.record.lead.changes
        if other is None or found.who == other.key
    ]
    taken = [found for found in took if found.kind == "take_over"]
    length = samples(sum(call.seconds for call in calls))
    measured = [call for call in calls if _measured(call, basis)]
    led = samples(sum(call.seconds for call in calls if call.record.lead.salesperson is not None))
    accompanied = [(call, other) for call, other in zip(calls, about, strict=True) if call.others]
    return Trend(
        who=who,
        calls=len(calls),
        hours=length / HOUR,
        answers=Counter(call.record.lead.led for call in calls),
        reasons=Counter(call.record.lead.reason for call in calls if call.record.lead.reason is not None),
        share=together(basis, _shares(measured, basis)),
        band=_band(measured or calls, basis),
        periods=periods(measured, basis),
        drift=drift(measured, basis),
        take_overs=Rate(len(taken), led),
        kinds=Counter(found.kind for found in took),
        planned=sum(found.planned for found in took),
        in_place=sum(
            call.record.lead.reason == "salesperson_absent" and (other is None or other.key is not None)
            for call, other in zip(calls, about, strict=True)
        ),
        triggers=Counter(found.trigger for found in taken),
        endings=Counter(found.ending for found in taken),
        lasts=_median(found.spoken_seconds for found in taken),
        unasked=Share(sum(found.ending == "handed_back" for found in taken), len(taken)),
        silent=Share(sum(_silent(call, other) for call, other in accompanied), len(accompanied)),
        exceptions=Share(
            sum(call.exception is not None for call in calls), sum(call.record.plan is not None for call in calls)
        ),
        to_debrief=sum(to_debrief(call) for call in calls),
        commitments=commitments(calls, today, told),
        met={"salesperson": _met(calls, "salesperson"), "manager": _met(calls, "manager")},
        own_view=_own_view(calls, basis),
    )


def _met(calls: Iterable[CallSummary], voice: Voice) -> Share:
    told = [getattr(one, voice) for call in calls for one in call.objectives]
    return Share(told.count("met"), len(told) - told.count(None))


def _own_view(calls: Iterable[CallSummary], basis: Basis) -> OwnView:
    """By how much the own estimates are above what was measured, call by call in their order."""
    above = [
        call.own_lead_share - found.share.value
        for call in calls
        if call.own_lead_share is not None
        and (found := call.lead_share(basis)) is not None
        and found.share.value is not None
    ]
    later = above[len(above) // 2 :]
    return OwnView(len(above), fmean(above), fmean(later)) if above else OwnView()


def _measured(call: CallSummary, basis: Basis) -> bool:
    """Whether the call's lead share counts: it has one, and somebody was there to share the lead with."""
    found = call.lead_share(basis)
    return found is not None and found.share.value is not None and call.record.lead.reason is None


def _shares(calls: Iterable[CallSummary], basis: Basis) -> list[LeadShareRecord]:
    return [found for call in calls if (found := call.lead_share(basis)) is not None]


def _silent(call: CallSummary, other: Along | None) -> bool:
    """Whether somebody came along and (nearly) said nothing: silent by the plan, or below the limit of taking part."""
    if other is not None and other.key is None:
        return True
    silent_by_plan = any(person.key is None for person in call.others) if other is None else False
    return silent_by_plan or call.record.lead.team_took_part == "no"


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def together(basis: Basis, found: Sequence[LeadShareRecord]) -> LeadShare:
    """Lead shares added up, with the interval of their sum (see above)."""
    share = sum((one.share for one in found), NOTHING)
    half = _half(found)
    if half is None or share.value is None:
        return LeadShare(basis, share)
    return LeadShare(basis, share, Interval(max(0.0, share.value - half), min(1.0, share.value + half)))


def _band(calls: Sequence[CallSummary], basis: Basis) -> Band:
    """Good practice for the lead share of all these calls together (see above)."""
    bands = {call.band for call in calls}
    if len(bands) < 2:
        return bands.pop() if bands else Band()
    weights = [found.share.denominator if (found := call.lead_share(basis)) is not None else 0 for call in calls]
    if not any(weights):
        return calls[-1].band
    floors, ceilings = zip(*((call.band.floor, call.band.ceiling) for call in calls), strict=True)
    return Band(fmean(floors, weights), fmean(ceilings, weights))


def _half(found: Sequence[LeadShareRecord]) -> float | None:
    """Half the width of the interval of a sum, before it is cut to 0 and 1; None when no part has an interval."""
    spreads = [
        (one.interval.high - one.interval.low) / 2 * one.share.denominator for one in found if one.interval is not None
    ]
    whole = sum(one.share.denominator for one in found)
    return math.hypot(*spreads) / whole if spreads and whole else None


def periods(calls: Sequence[CallSummary], basis: Basis) -> tuple[Period, ...]:
    """The lead share by week or by month, in order; calls without a date are in none."""
    dated = [(call.date, call) for call in calls if call.date is not None]
    if not dated:
        return ()
    days = (max(date for date, _ in dated) - min(date for date, _ in dated)).days
    begins: Callable[[dt.date], dt.date] = _monday if days < WEEKLY_UP_TO else _first
    groups: dict[dt.date, list[CallSummary]] = {}
    for date, call in dated:
        groups.setdefault(begins(date), []).append(call)
    return tuple(
        Period(start, len(found), together(basis, _shares(found, basis))) for start, found in sorted(groups.items())
    )


def _monday(date: dt.date) -> dt.date:
    return date - dt.timedelta(days=date.weekday())


def _first(date: dt.date) -> dt.date:
    return date.replace(day=1)


def drift(calls: Sequence[CallSummary], basis: Basis) -> Drift | None:
    """The later half of the dated calls against the earlier half; None below `ENOUGH_TO_DRIFT` of them."""
    dated = sorted((call for call in calls if call.date is not None), key=lambda call: (call.date, call.sha256))
    if len(dated) < ENOUGH_TO_DRIFT:
        return None
    shares = _shares(dated, basis)
    half = len(shares) // 2
    earlier, later = together(basis, shares[:half]), together(basis, shares[half:])
    spreads = _half(shares[:half]), _half(shares[half:])
    if earlier.value is None or later.value is None or spreads[0] is None or spreads[1] is None:
        return None
    difference, spread = later.value - earlier.value, math.hypot(spreads[0], spreads[1])
    return Drift(earlier, later, difference, difference - spread, difference + spread)


Told = Mapping[tuple[str, str], bool]
"""What became of commitments, by who made them and what they are."""


def commitment_key(one: Commitment) -> tuple[str, str]:
    """What two commitments have in common when they are the same: who, and the words but for case and blanks."""
    return folded(one.who), " ".join(one.text.casefold().split())


def _told(calls: Iterable[CallSummary]) -> Told:
    """What became of each commitment, wherever it was told; of two tellings the first, by the order of the calls."""
    told: dict[tuple[str, str], bool] = {}
    for call in calls:
        for one in (*call.commitments, *call.record.last_commitments):
            if one.kept is not None:
                told.setdefault(commitment_key(one), one.kept)
    return told


def commitments(calls: Sequence[CallSummary], today: dt.date, told: Told | None = None) -> Commitments:
    """Every commitment of these calls once, with what became of it: `told` may come from more calls than these."""
    told = _told(calls) if told is None else told
    found: dict[tuple[str, str], Commitment] = {}
    for call in calls:
        for one in (*call.commitments, *call.record.last_commitments):
            known = found.get(key := commitment_key(one))
            if known is None or known.due is None:
                found[key] = one
    outcomes = [told.get(key) for key in found]
    still = open_commitments(found, told)
    overdue = sorted(
        (one for one in still if one.due is not None and one.due < today), key=lambda one: (one.due, one.text)
    )
    return Commitments(outcomes.count(True), outcomes.count(False), len(still), tuple(overdue))


def open_commitments(found: Mapping[tuple[str, str], Commitment], told: Told) -> list[Commitment]:
    """Those of which nothing was told."""
    return [one for key, one in found.items() if key not in told]


def due_soon(calls: Iterable[CallSummary], first: dt.date, last: dt.date) -> list[Commitment]:
    """Commitments still open that are due from one day to another, by day."""
    ordered = list(calls)
    told = _told(ordered)
    found = {commitment_key(one): one for call in ordered for one in call.commitments}
    due = ((one.due, one) for one in open_commitments(found, told) if one.due is not None)
    within = [(day, one) for day, one in due if first <= day <= last]
    return [one for _, one in sorted(within, key=lambda pair: (pair[0], pair[1].who, pair[1].text))]


def drifting(found: Trends) -> tuple[Trend, ...]:
    """The salespeople whose lead share went down by more than the intervals leave open."""
    return tuple(trend for trend in found.salespeople if trend.drift is not None and trend.drift.falls)


def silent_others(found: Trends) -> tuple[Trend, ...]:
    """The managers and specialists who are silent, or nearly, on at least `SILENT_FROM` of their calls."""
    return tuple(
        trend
        for trend in found.others
        if trend.silent.denominator >= ENOUGH_TO_DRIFT and (trend.silent.value or 0.0) >= SILENT_FROM
    )
