"""One analysed call as the library keeps it: its record without its words, turns and pictures.

What trends add up and the index shows is read from that record, so nothing is written down twice. People are told apart
by name; a voice without a name has no trend and stands as its label.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from analyzer.debrief.record import (
    AttendeeRecord,
    CallRecord,
    ChangeRecord,
    LeadShareRecord,
    OutcomeRecord,
    PersonRecord,
    PlanRecord,
    QuoteRecord,
    TalkRecord,
)
from analyzer.lead.check import Band, Basis
from analyzer.people.announcements import SOURCE, openers
from analyzer.people.commitment import Commitment
from analyzer.timeline import Span, samples, seconds

Along = PersonRecord | AttendeeRecord
"""Somebody of the team: heard on the call, or planned for it and silent (then without a key)."""


class CallSummary(BaseModel):
    """One call; `folder` is its results folder's name, `date` the day it was held, `record` what is kept of it.

    `openings` is what voices without a name say who say all they say before anybody else speaks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str
    date: dt.date | None
    record: CallRecord
    openings: tuple[QuoteRecord, ...] = ()

    @property
    def sha256(self) -> str:
        """The content hash of the recording."""
        return self.record.recording.sha256

    @property
    def name(self) -> str:
        """What the call is called."""
        return self.record.name

    @property
    def seconds(self) -> float:
        """How long the recording is."""
        return self.record.recording.seconds

    @property
    def band(self) -> Band:
        """Good practice, as it was configured for this call."""
        return Band(self.record.lead.band_floor, self.record.lead.band_ceiling)

    @property
    def salesperson(self) -> PersonRecord | None:
        """Who sold, when it is known."""
        return next((person for person in self.record.people if person.key == self.record.lead.salesperson), None)

    @property
    def others(self) -> tuple[Along, ...]:
        """The rest of the team: managers, specialists, and those who were planned for the call and silent."""
        lead, plan = self.record.lead, self.record.plan
        present = (p for p in self.record.people if p.side == "team" and p.key != lead.salesperson)
        silent = (
            (a for a in plan.attendees if a.status == "silent" and a.side == "team" and a.name != lead.absent)
            if plan is not None
            else ()
        )
        return (*present, *silent)

    @property
    def take_overs(self) -> tuple[ChangeRecord, ...]:
        """The changes of lead that no one planned, invited or asked for."""
        return self.record.lead.take_overs

    def lead_share(self, basis: Basis | None = None) -> LeadShareRecord | None:
        """The judged lead share on one basis (by default the one that was checked)."""
        wanted = basis or self.record.lead.basis
        return next((share for share in self.record.lead.shares if share.basis == wanted), None)

    @property
    def exception(self) -> str | None:
        """The kind of exception that the plan declares."""
        plan = self.record.plan
        return plan.exception.kind if plan is not None and plan.exception is not None else None

    @property
    def commitments(self) -> tuple[Commitment, ...]:
        """Those that were made in the debrief of this call."""
        return self.record.talk.commitments if self.record.talk is not None else ()

    @property
    def objectives(self) -> tuple[OutcomeRecord, ...]:
        """How far the objectives were met, as it was said in the debrief."""
        return self.record.talk.objectives if self.record.talk is not None else ()

    @property
    def own_lead_share(self) -> float | None:
        """The salesperson's own estimate of the lead share."""
        return self.record.talk.own_lead_share if self.record.talk is not None else None

    @property
    def debriefed_on(self) -> dt.date | None:
        """When the debrief was held."""
        return _date(self.record.talk.held_on) if self.record.talk is not None else None


def summarise(call: CallRecord, *, folder: str, date: dt.date | None = None) -> CallSummary:
    """The summary of a call; `date` stands in where the record has none (the recording's own date)."""
    changes = tuple(one.model_copy(update={"before": (), "after": ()}) for one in call.lead.changes)
    came_in = tuple(one.model_copy(update={"longest": ()}) for one in call.lead.came_in)
    lead = {"changes": changes, "came_in": came_in, "stretches": (), "rolling": (), "swap": None}
    kept = {
        "people": tuple(one.model_copy(update={"first_sentences": (), "evidence": ()}) for one in call.people),
        "lead": call.lead.model_copy(update=lead),
        "plan": None if call.plan is None else _plan(call.plan),
        "talk": None if call.talk is None else _talk(call.talk),
        "transcript": None,
    }
    left = call.model_copy(update=NOTHING | kept)
    return CallSummary(folder=folder, date=call.day or date, record=left, openings=tuple(_openings(call)))


def _openings(call: CallRecord) -> Iterator[QuoteRecord]:
    """What voices say before anybody else, that no one has called a person: of these other calls may begin alike."""
    by: dict[str, list[Span]] = {}
    for turn in call.turns:
        by.setdefault(turn.who, []).append(Span(samples(turn.start), samples(turn.end)))
    may_be = [person.key for person in call.people if person.name is None and _is_open(person, call)]
    for who, span in openers(by, may_be).items():
        start, end = seconds(span.start), seconds(span.end)
        said = (one for one in call.transcript or () if one.who == who and one.start < end and start < one.end)
        yield QuoteRecord(who=who, start=start, end=end, text=" ".join(one.text for one in said))


def _is_open(person: PersonRecord, call: CallRecord) -> bool:
    told = any(one.source not in ("rule", SOURCE) for one in person.evidence)
    return person.side == "none" or (person.key != call.lead.salesperson and not told)


NOTHING = dict.fromkeys(("turns", "floor", "moments", "remarks", "questions", "notes", "next_steps", "earlier"), ())
"""Parts of a record that no trend and no index needs."""


def _plan(plan: PlanRecord) -> PlanRecord:
    return plan.model_copy(update={"agenda": (), "objectives": (), "commitments": ()})


OWN_WORDS = ("went_well", "would_do_differently", "manager_view")


def _talk(talk: TalkRecord) -> TalkRecord:
    return talk.model_copy(update=dict.fromkeys(OWN_WORDS) | {"observations": ()})


def _date(text: str | None) -> dt.date | None:
    """A date as the record has it (ISO 8601, perhaps with a time after it)."""
    try:
        return dt.date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
