"""One analysed call as the library keeps it: what trends add up and the index shows, taken from its record.

A rate keeps its numerator and denominator (seconds), so that many calls are added and never averaged. People are told
apart by name; somebody without a name is nobody's trend and stands as their label.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from analyzer.debrief.record import CallRecord, LeadShareRecord
from analyzer.lead.check import Answer, Band, Basis, Reason
from analyzer.lead.takeovers import Ending, Trigger
from analyzer.people.commitment import Commitment
from analyzer.people.plan.plan_rules import Side
from analyzer.timeline import seconds


@dataclass(frozen=True, slots=True)
class Took:
    """A take-over, or a planned hand-over when `planned`; `who` is a name or a label."""

    who: str
    start: float
    end: float
    spoken: float
    trigger: Trigger
    ending: Ending
    delay: float | None
    planned: bool


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody on the call, or planned for it and silent (`spoken` 0, no key); `name` is None for a label alone."""

    key: str | None
    label: str
    name: str | None
    side: Side | None
    role: str | None
    spoken: float
    salesperson: bool = False


@dataclass(frozen=True, slots=True)
class Portion:
    """A share in seconds with its 90 % interval, None where it is not known."""

    numerator: float
    denominator: float
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        """The share, None when there is nothing to be a part of."""
        return self.numerator / self.denominator if self.denominator > 0 else None


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One call; `folder` is its results folder's name, `seconds` its length, `date` the day it was held.

    `basis` is the share that was checked; `shares` has every basis for which there is one.
    """

    sha256: str
    name: str
    folder: str
    date: dt.date | None
    customer: str | None
    seconds: float
    led: Answer
    team_took_part: Answer
    reason: Reason | None
    headline: str
    basis: Basis
    band: Band = Band()  # noqa: RUF009 - frozen
    """Good practice, as it was configured for this call."""
    shares: dict[Basis, Portion] = field(default_factory=dict)
    people: tuple[Attended, ...] = ()
    took: tuple[Took, ...] = ()
    planned: bool = False
    """Whether there was a plan."""
    reason_to_bring: str | None = None
    exception: str | None = None
    """The kind of exception that was declared."""
    commitments: tuple[Commitment, ...] = ()
    """Made in the debrief of this call."""
    last_commitments: tuple[Commitment, ...] = ()
    """Those of the salesperson's debrief before, with what became of them as told in this one."""
    debriefed_on: dt.date | None = None
    own_lead_share: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def salesperson(self) -> Attended | None:
        """Who sold, when it is known."""
        return next((person for person in self.people if person.salesperson), None)

    @property
    def others(self) -> tuple[Attended, ...]:
        """The rest of the team: managers, specialists."""
        return tuple(person for person in self.people if person.side == "team" and not person.salesperson)

    @property
    def take_overs(self) -> tuple[Took, ...]:
        """The take-overs that were not planned."""
        return tuple(found for found in self.took if not found.planned)

    @property
    def lead_share(self) -> Portion | None:
        """The share that was checked."""
        return self.shares.get(self.basis)


def summarise(call: CallRecord, *, folder: str, date: dt.date | None = None) -> CallSummary:
    """The summary of a call; `date` stands in where the record has none (the recording's own date)."""
    lead = call.lead
    people = [
        Attended(
            person.key,
            person.label,
            person.name,
            person.side,
            person.role,
            person.talk_seconds,
            salesperson=person.key == lead.salesperson,
        )
        for person in call.people
    ]
    plan = call.plan
    if plan is not None:
        people += [
            Attended(None, attendee.name, attendee.name, attendee.side, attendee.role, 0.0)
            for attendee in plan.attendees
            if attendee.status == "silent"
        ]
    return CallSummary(
        sha256=call.recording.sha256,
        name=call.name,
        folder=folder,
        date=_date(call.date) or date,
        customer=call.customer,
        seconds=call.recording.seconds,
        led=lead.led,
        team_took_part=lead.team_took_part,
        reason=lead.reason,
        headline=lead.headline,
        basis=lead.basis,
        band=Band(lead.band_floor, lead.band_ceiling),
        shares={found.basis: _portion(found) for found in lead.shares},
        people=tuple(people),
        took=tuple(
            Took(
                call.label(found.who),
                found.start,
                found.end,
                found.spoken_seconds,
                found.trigger,
                found.ending,
                found.delay_seconds,
                found.planned,
            )
            for found in lead.take_overs
        ),
        planned=plan is not None,
        reason_to_bring=plan.reason if plan is not None else None,
        exception=plan.exception.kind if plan is not None and plan.exception is not None else None,
        commitments=call.talk.commitments if call.talk is not None else (),
        last_commitments=call.last_commitments,
        debriefed_on=_date(call.talk.held_on) if call.talk is not None else None,
        own_lead_share=call.talk.own_lead_share if call.talk is not None else None,
        notes=call.notes,
    )


def _portion(found: LeadShareRecord) -> Portion:
    interval = found.interval
    return Portion(
        seconds(found.share.numerator),
        seconds(found.share.denominator),
        interval.low if interval is not None else None,
        interval.high if interval is not None else None,
    )


def _date(text: str | None) -> dt.date | None:
    """A date as the record has it (ISO 8601, perhaps with a time after it)."""
    try:
        return dt.date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
