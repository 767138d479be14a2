"""The debrief as a record: everything the report says, in the form in which `call.json` holds it.

Renderers (terminal, Markdown, page) take this record and nothing else, so that a finished call can be shown again, and
a library of calls read, from its file alone. Times are seconds from the start of the recording, shares keep their
numerator and denominator, and what is not known is null, never 0.

The JSON Schema of version 2 is published as `call.schema.json` beside this module. Fields are added without a new
version; a field that changes its meaning or goes away raises it. Results of version 1 are read as well, so that an
upgrade costs nothing: what they have for a change of lead is filled in as far as it was known then.
"""

from __future__ import annotations

import datetime as dt
import json
from html import escape
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator, model_validator

from analyzer.call.occasion import Source
from analyzer.lead.attendance import AttendeeStatus
from analyzer.lead.changes import Ending, Kind, Trigger
from analyzer.lead.check import Answer, Basis, Interval, Reason
from analyzer.lead.doubts import DoubtKind
from analyzer.people.commitment import Commitment
from analyzer.people.participants import Evidence
from analyzer.people.plan.plan import CustomerIs, RideAlong
from analyzer.people.side import PersonSide, Side
from analyzer.talk.rates import Share
from analyzer.timeline import clock, samples, seconds

Seconds = Annotated[float, Field(ge=0, description="seconds from the start of the recording")]
Duration = Annotated[float, Field(ge=0, description="a length in seconds")]
Count = Annotated[int, Field(ge=0)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


LONGEST = 1e9
"""Seconds that no share of time reaches."""


class ShareRecord(_Record):
    """How `call.json` holds a share: both parts in seconds; `value` is null when there is nothing to be a part of."""

    numerator: Duration
    denominator: Duration
    value: Annotated[float, Field(ge=0, le=1)] | None


def _written(share: Share) -> ShareRecord:
    return ShareRecord(numerator=seconds(share.numerator), denominator=seconds(share.denominator), value=share.value)


def _read(found: object) -> object:
    match found:  # by hand, because a library reads this ten times for each of its calls
        case Share():
            return found
        case {"numerator": int() | float() as part, "denominator": int() | float() as whole, "value": _}:
            if 0 <= part <= whole < LONGEST:
                return Share(samples(part), samples(whole))
    raise ValueError("a share is written as numerator and denominator, in seconds, and value")


ShareField = Annotated[Share, PlainValidator(_read), PlainSerializer(_written)]
"""A share of time, as it was measured: samples here, seconds in `call.json`."""


class StretchRecord(_Record):
    """A stretch of time."""

    start: Seconds
    end: Seconds


class PersonStretchRecord(StretchRecord):
    """A stretch of time that belongs to somebody (`who` is a person's key)."""

    who: str


class QuoteRecord(PersonStretchRecord):
    """What somebody said; `who` is `unknown` for words in no person's turn."""

    text: str


class RecordingRecord(_Record):
    """The recording the call was analysed from."""

    file: str
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    seconds: Duration
    container: str
    codec: str
    channels: Annotated[int, Field(ge=1)]
    sample_rate: Annotated[int, Field(ge=1)]


class MadeWithRecord(_Record):
    """What the call was analysed with; `transcriber` is null when there is no transcript."""

    analyzer: str
    diarizer: str
    transcriber: str | None
    language: str | None


class PersonRecord(_Record):
    """One person on the call and what was measured about them.

    `team_share` is null for people who are not on the team; what needs words is null without a transcript.
    """

    key: str
    speakers: tuple[str, ...]
    label: str
    name: str | None
    side: Side | None
    role: str | None
    evidence: tuple[Evidence, ...]
    talk_seconds: Duration
    talk_share: ShareField
    team_share: ShareField | None
    lead_time_share: ShareField | None
    turns: Count
    longest_monologue: StretchRecord | None
    questions: Count | None
    words: Count | None
    words_per_minute: float | None
    fillers: Count | None
    interruptions_made: Count
    interruptions_suffered: Count
    patience_seconds: Duration | None
    answers: Count
    first_sentences: tuple[QuoteRecord, ...]


class LeadShareRecord(_Record):
    """The lead share on one basis."""

    basis: Basis
    meaning: str
    share: ShareField
    interval: Interval | None


class ChangeRecord(PersonStretchRecord):
    """A change of lead: from its start to the last that `who` says in it; `lead_until` is when somebody else leads.

    `customer_after_seconds` is what the customer says between the two. `planned` tells planned hand-overs from the
    others; `floor_before` had the floor just before, `instead_of` was named by the customer. `before` and `after` are
    the words around its start and around its end.
    """

    lead_until: Seconds
    spoken_seconds: Duration
    customer_after_seconds: Duration
    kind: Kind
    kind_meaning: str
    planned: bool
    trigger: Trigger
    trigger_meaning: str
    floor_before: str | None
    instead_of: str | None
    ending: Ending
    ending_meaning: str
    to: str | None
    delay_seconds: Duration | None
    before: tuple[QuoteRecord, ...]
    after: tuple[QuoteRecord, ...]


class TurnedToRecord(_Record):
    """How often the customer turned to somebody other than the lead, and how often they answered or passed it on."""

    who: str
    turned_to: Count
    answered: Count
    redirected: Count
    meaning: str


class CameInRecord(_Record):
    """How often somebody other than the lead had the floor, and what was said in the longest of it."""

    who: str
    times: Count
    seconds: Duration
    longest: tuple[QuoteRecord, ...]
    meaning: str


class RollingRecord(StretchRecord):
    """The lead share by team-talk in one window of the call."""

    share: ShareField


class SwapRecord(_Record):
    """What the answer would be if two voices of the team, the ones told apart least surely, were each other."""

    a: str
    b: str
    led: Answer
    share: ShareField
    meaning: str


class DoubtRecord(_Record):
    """Something that may be wrong with the call, with the people it is about and the moments to listen to."""

    kind: DoubtKind
    who: tuple[str, ...]
    moments: tuple[StretchRecord, ...]
    meaning: str


class LeadRecord(_Record):
    """Who led: the answers, the shares behind them, and the lead over time.

    `shares` are judged: planned hand-overs are left out; `with_planned` are the shares with them, where there are any.
    `absent` is the name of the salesperson who was not heard. `came_in` is there when take-overs explain less than half
    of what the lead share lacks. `doubts` are what may be wrong with the call as a whole; the explanation says each.
    """

    led: Answer
    team_took_part: Answer
    reason: Reason | None
    headline: str
    explanation: tuple[str, ...]
    basis: Basis
    band_floor: float
    band_ceiling: float
    salesperson: str | None
    shares: tuple[LeadShareRecord, ...]
    with_planned: tuple[LeadShareRecord, ...]
    bases_disagree: bool
    changes: tuple[ChangeRecord, ...]
    turned_to: tuple[TurnedToRecord, ...] = ()
    came_in: tuple[CameInRecord, ...] = ()
    absent: str | None = None
    stretches: tuple[PersonStretchRecord, ...]
    rolling: tuple[RollingRecord, ...]
    swap: SwapRecord | None = None
    doubts: tuple[DoubtRecord, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, found: object) -> object:
        if not isinstance(found, dict) or "take_overs" not in found:
            return found
        kept = {name: value for name, value in found.items() if name not in ("take_overs", "without_planned")}
        changes = [one | _change_of_version_1(one) for one in found["take_overs"]]
        return kept | {"with_planned": (), "changes": changes}

    @property
    def take_overs(self) -> tuple[ChangeRecord, ...]:
        """The changes of lead that no one planned, invited or asked for."""
        return tuple(change for change in self.changes if change.kind == "take_over")


def _change_of_version_1(found: dict[str, Any]) -> dict[str, object]:
    kind = "handed_over" if found["planned"] else "drawn_in" if found["trigger"] == "asked" else "take_over"
    return {
        "kind": kind,
        "kind_meaning": kind.replace("_", " ").replace("take over", "take-over"),
        "lead_until": found["end"],
        "customer_after_seconds": 0.0,
        "floor_before": None,
        "instead_of": None,
    }


AgendaStatus = Literal["led_as_planned", "led_by_someone_else", "probably", "not_found", "lead_not_known"]
FoundBy = Literal["plan", "transcript", "planned_order"]
QuestionPart = Literal["own_view", "evidence", "differently", "commitments"]
MomentKind = Literal["opened", "moved_on", "closed", "next_steps", "customer_turned"]


class AgendaRecord(_Record):
    """An item of the agenda: where it was found, who was to lead it and who did.

    `found_by` says whether the times stand in the plan, were found by the keywords in the transcript, or are probably
    right by the planned order alone (then `status` is `probably`). `led_by` and `brought_up_by` are people's keys.
    `talk` is everybody's talk time in it, most first.
    """

    title: str
    planned_lead: str
    planned_lead_key: str | None
    keywords: tuple[str, ...]
    minutes: float | None
    status: AgendaStatus
    found_by: FoundBy | None
    start: Seconds | None
    end: Seconds | None
    led_by: str | None
    brought_up_by: str | None
    out_of_order: bool
    talk: tuple[tuple[str, Duration], ...]
    meaning: str
    quotes: tuple[QuoteRecord, ...]


class ObjectiveRecord(_Record):
    """An objective and the passages that bear on it. Whether it was met is for the two to say."""

    text: str
    keywords: tuple[str, ...]
    quotes: tuple[QuoteRecord, ...]
    meaning: str


class AttendeeRecord(_Record):
    """Somebody in the plan, and what became of them on the call."""

    name: str
    side: PersonSide
    role: str
    lead: bool
    status: AttendeeStatus
    key: str | None
    meaning: str

    @property
    def label(self) -> str:
        """What to call them."""
        return self.name


class ExceptionRecord(_Record):
    """Why the plan says that this call is not to be checked."""

    kind: str
    note: str | None
    declared_on: str
    meaning: str


class PlanRecord(_Record):
    """The plan, held against the call."""

    reason: str | None
    lead: str
    attendees: tuple[AttendeeRecord, ...]
    not_in_plan: tuple[str, ...]
    agenda: tuple[AgendaRecord, ...]
    objectives: tuple[ObjectiveRecord, ...]
    exception: ExceptionRecord | None
    commitments: tuple[Commitment, ...]
    ride_along: RideAlong | None = None
    customer_is: CustomerIs | None = None


class MomentRecord(PersonStretchRecord):
    """A moment that shows who steered the call: who opened, moved on, closed, named next steps, was turned to."""

    kind: MomentKind
    meaning: str
    text: str | None

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, found: object) -> object:
        if isinstance(found, dict) and "handed_back_after_seconds" in found:
            return {name: value for name, value in found.items() if name != "handed_back_after_seconds"}
        return found


class RemarkRecord(_Record):
    """A figure worth talking about, and the moment to listen to (null when there is none)."""

    who: str
    text: str
    start: Seconds | None
    end: Seconds | None


class QuestionRecord(_Record):
    """A question for the debrief talk, put to `to` (a label); `moments` are what to listen to or read with it.

    `change` and `objective` are the number, from 1, of what it is about; `asks` is the question alone, for where that
    is said beside it.
    """

    part: QuestionPart
    to: str
    text: str
    moments: tuple[QuoteRecord, ...]
    change: Count | None = None
    objective: Count | None = None
    asks: str | None = None


Met = Literal["met", "in part", "not"]
"""How far an objective was met."""


class OutcomeRecord(_Record):
    """How far an objective (its text) was met, as each of the two sees it; null for who did not say."""

    text: str
    salesperson: Met | None = None
    manager: Met | None = None


class TalkRecord(_Record):
    """What was said in the debrief talks about a call (`analyzer debrief`), the salesperson's own view first."""

    held_on: str
    own_lead_share: Annotated[float, Field(ge=0, le=1)] | None
    went_well: str | None
    would_do_differently: str | None
    observations: tuple[str, ...]
    commitments: tuple[Commitment, ...]
    manager_view: str | None = None
    objectives: tuple[OutcomeRecord, ...] = ()


class NoteRecord(_Record):
    """What somebody noted at a moment of the call; `written` is when (ISO 8601)."""

    id: str
    start: Seconds
    text: str
    by: str | None
    written: str


class ConversationRecord(_Record):
    """The call as a whole."""

    silence: ShareField
    overlap: ShareField
    floor_changes_per_hour: float | None


class NextStepRecord(_Record):
    """Something the reader can do now; `command` is what to paste, when it is a command."""

    text: str
    command: str | None = None


class EarlierCallRecord(_Record):
    """An earlier call of the salesperson with the same people: its judged lead share, on the basis of that call."""

    name: str
    date: str | None
    led: Answer
    share: ShareField
    band_floor: float
    band_ceiling: float


class CallRecord(_Record):
    """One call, analysed: the content of `call.json`.

    `earlier` are the last calls of the same people before this one that a debrief was held about, oldest first.
    Its sentences are English; `page_language` is the language that its pages say them in.
    """

    schema_version: Annotated[Literal[2], BeforeValidator(lambda found: 2 if found == 1 else found)] = 2
    name: str
    date: str | None
    customer: str | None
    recording: RecordingRecord
    made_with: MadeWithRecord
    people: tuple[PersonRecord, ...]
    sides_rule: str
    lead: LeadRecord
    conversation: ConversationRecord
    turns: tuple[PersonStretchRecord, ...]
    floor: tuple[PersonStretchRecord, ...]
    transcript: tuple[QuoteRecord, ...] | None
    plan: PlanRecord | None = None
    moments: tuple[MomentRecord, ...] = ()
    remarks: tuple[RemarkRecord, ...] = ()
    questions: tuple[QuestionRecord, ...] = ()
    last_commitments: tuple[Commitment, ...] = ()
    last_objectives: tuple[OutcomeRecord, ...] = ()
    talk: TalkRecord | None = None
    date_from: Source | None = None
    customer_from: Source | None = None
    notes: tuple[str, ...] = ()
    noted: tuple[NoteRecord, ...] = ()
    next_steps: tuple[NextStepRecord, ...] = ()
    earlier: tuple[EarlierCallRecord, ...] = ()
    page_language: str = "en"

    def __repr__(self) -> str:
        return f"<CallRecord {self.name!r}, {clock(samples(self.recording.seconds))}: {self.lead.headline}>"

    def _repr_html_(self) -> str:
        """The record in a notebook: which call, and the answer in words."""
        about = [part for part in (self.date, self.customer, clock(samples(self.recording.seconds))) if part]
        explained = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.lead.explanation)
        return (
            f"<p><b>{escape(self.name)}</b> · {escape(' · '.join(about))}</p>"
            f"<p>{escape(self.lead.headline)}</p>{explained}"
        )

    def label(self, who: str) -> str:
        """How to call the person with key `who`."""
        return next((person.label for person in self.people if person.key == who), who)

    @property
    def day(self) -> dt.date | None:
        """The day of the call, as far as it is stated."""
        try:
            return dt.date.fromisoformat(self.date[:10]) if self.date else None
        except ValueError:
            return None

    def person(self, who: str) -> PersonRecord:
        """The person with key `who`."""
        return next(person for person in self.people if person.key == who)


def json_schema() -> str:
    """The JSON Schema of `call.json`, as published."""
    schema = CallRecord.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":  # python -m analyzer.debrief.record writes the schema after a change of the record
    Path(__file__).with_name("call.schema.json").write_text(json_schema(), encoding="utf-8")
