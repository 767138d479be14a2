"""A record in the language that its pages are shown in: every sentence of ours in it is said again (see `wording`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from analyzer.debrief.record import CallRecord
from analyzer.debrief.sentences import read_back
from analyzer.wording import ENGLISH, spoken

Record = TypeVar("Record", bound=BaseModel)


def in_its_language(call: CallRecord) -> CallRecord:
    """The record with every sentence of ours in the language spoken now; what people wrote stays as it is."""
    if spoken() == ENGLISH:
        return call
    names = {call.label(person.key) for person in call.people} | {key for one in call.people for key in one.speakers}
    if call.plan is not None:
        names |= {attendee.name for attendee in call.plan.attendees} | {item.planned_lead for item in call.plan.agenda}
    names |= {name for name in (call.lead.absent, *(question.to for question in call.questions)) if name}

    def said(one: Record, *fields: str) -> Record:
        return one.model_copy(update={field: _again(getattr(one, field), names) for field in fields})

    def each(records: Iterable[Record], *fields: str) -> tuple[Record, ...]:
        return tuple(said(one, *fields) for one in records)

    lead, plan = call.lead, call.plan
    of_lead = {
        "shares": each(lead.shares, "meaning"),
        "with_planned": each(lead.with_planned, "meaning"),
        "changes": each(lead.changes, "kind_meaning", "trigger_meaning", "ending_meaning"),
        "turned_to": each(lead.turned_to, "meaning"),
        "came_in": each(lead.came_in, "meaning"),
        "doubts": each(lead.doubts, "meaning"),
        "swap": None if lead.swap is None else said(lead.swap, "meaning"),
    }
    if plan is not None:
        of_plan = {
            "attendees": each(plan.attendees, "meaning"),
            "agenda": each(plan.agenda, "meaning"),
            "objectives": each(plan.objectives, "meaning"),
            "exception": None if plan.exception is None else said(plan.exception, "meaning"),
        }
        plan = plan.model_copy(update=of_plan)
    people = (
        person.model_copy(
            update={"evidence": tuple(replace(one, says=read_back(one.says, names)) for one in person.evidence)}
        )
        for person in call.people
    )
    whole = {
        "people": tuple(people),
        "lead": said(lead, "headline", "explanation").model_copy(update=of_lead),
        "plan": plan,
        "moments": each(call.moments, "meaning"),
        "remarks": each(call.remarks, "text"),
        "questions": each(call.questions, "text", "asks"),
        "next_steps": each(call.next_steps, "text"),
    }
    return said(call, "sides_rule", "notes").model_copy(update=whole)


def _again(found: Any, names: set[str]) -> Any:
    """A sentence, or several; nothing where there is none."""
    if isinstance(found, tuple):
        return tuple(read_back(one, names) for one in found)
    return found and read_back(found, names)
