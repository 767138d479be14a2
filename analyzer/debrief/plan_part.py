"""The plan's part of the debrief record: agenda, attendees, objectives, exception, commitments, each with its words."""

from __future__ import annotations

from analyzer.call.call import Call
from analyzer.debrief import phrases
from analyzer.debrief.quotes import quote
from analyzer.debrief.record import (
    AgendaRecord,
    AgendaStatus,
    AttendeeRecord,
    ExceptionRecord,
    FoundBy,
    ObjectiveRecord,
    PlanRecord,
)
from analyzer.lead.agenda import How, ItemOnCall, planned_stretches
from analyzer.lead.attendance import Attendance, not_in_plan
from analyzer.lead.objectives import ObjectiveOnCall
from analyzer.people.plan.plan import DeclaredException
from analyzer.timeline import SAMPLE_RATE, Span, Turn, clock, seconds
from analyzer.wording import N_, _, _n, joined

MOST_QUOTES = 3

FOUND_BY: dict[How, FoundBy] = {"plan": "plan", "words": "transcript", "probably": "planned_order"}

EXCEPTION_MEANING = {
    "final_presentation": N_("A very important final presentation was declared as an exception on {day}."),
    "new_salesperson": N_("A brand-new salesperson was declared as an exception on {day}."),
    "other": N_("An exception was declared on {day}."),
}


def plan_record(call: Call) -> PlanRecord | None:
    """The plan held against the call; None when there is no plan."""
    plan = call.plan
    if plan is None:
        return None
    return PlanRecord(
        reason=plan.reason,
        lead=plan.lead.name,
        attendees=tuple(_attendee(attendance) for attendance in call.attendance),
        not_in_plan=not_in_plan(plan, call.participants),
        agenda=tuple(_item(call, item) for item in call.agenda),
        objectives=tuple(_objective(objective, transcribed=call.owned is not None) for objective in call.objectives),
        exception=None if plan.exception is None else _exception(plan.exception),
        commitments=plan.commitments,
        ride_along=plan.ride_along,
        customer_is=plan.customer_is,
    )


def probably_planned(call: Call) -> tuple[Turn, ...]:
    """The planned hand-overs of which the planned order alone says that they are the planned ones."""
    sure = planned_stretches([item for item in call.agenda if item.how != "probably"], call.judgement.salesperson)
    return tuple(
        stretch
        for stretch in call.judgement.planned
        if not any(stretch.span.meets(span) for span in sure.get(stretch.who, ()))
    )


def _attendee(found: Attendance) -> AttendeeRecord:
    attendee = found.attendee
    meaning = {
        "spoke": _("spoke on the call"),
        "silent": _("was not heard on the call"),
        "not_identified": _("may be one of the voices without a name"),
    }
    return AttendeeRecord(
        name=attendee.name,
        side=attendee.side,
        role=attendee.role,
        lead=attendee.lead,
        status=found.status,
        key=found.key,
        meaning=meaning[found.status],
    )


def _item(call: Call, found: ItemOnCall) -> AgendaRecord:
    item = found.item
    return AgendaRecord(
        title=item.title,
        planned_lead=item.lead,
        planned_lead_key=found.planned_lead,
        keywords=item.keywords,
        minutes=None if item.length is None else item.length / (60 * SAMPLE_RATE),
        status=_status(found),
        found_by=None if found.how is None else FOUND_BY[found.how],
        start=None if found.span is None else seconds(found.span.start),
        end=None if found.span is None else seconds(found.span.end),
        led_by=found.led_by,
        brought_up_by=found.brought_up_by,
        out_of_order=found.out_of_order,
        talk=tuple((who, seconds(talk)) for who, talk in found.talk),
        meaning=_item_meaning(call, found),
        quotes=tuple(quote(utterance, phrases.LONGEST_QUOTE) for utterance in found.hits[:MOST_QUOTES]),
    )


def _status(found: ItemOnCall) -> AgendaStatus:
    if found.span is None:
        return "not_found"
    if found.how == "probably":
        return "probably"
    if found.as_planned is None:
        return "lead_not_known"
    return "led_as_planned" if found.as_planned else "led_by_someone_else"


def _item_meaning(call: Call, found: ItemOnCall) -> str:
    if found.span is None:
        if call.owned is None:
            return _("Where it was on is not known: the call was not transcribed.")
        return _(NOT_RECOGNISED)
    who, planned = "" if found.led_by is None else call.participants.label(found.led_by), found.item.lead
    if found.how == "probably":
        probably = _("Not recognised in the words; by the planned order this is probably it.")
        return probably + " " + _("{who} led here.", who=who) if who else probably
    if not who and not call.participants.side("team"):
        meaning = _("Who led it is not known, because who is from the team is not.")
    elif not who:
        meaning = _("No one from the team led in it.")
    elif found.as_planned is None:
        meaning = _("Led by {who}; which voice is {planned} is not known.", who=who, planned=planned)
    elif found.as_planned:
        others = _others_in(call, found)
        meaning = _("Led by {who}, as planned.", who=who)
        if others:
            message = N_("Led by {who}, as planned for the most part; {text_others}.")
            meaning = _(message, who=who, text_others=others)
    elif found.absent:
        meaning = _("Planned for {planned} (not heard), led by {who}.", planned=planned, who=who)
    else:
        meaning = _("Planned for {planned}, led by {who}.", planned=planned, who=who)
    return meaning + " " + _("It came out of its planned order.") if found.out_of_order else meaning


NOT_RECOGNISED = N_("Not recognised in the words.")


def _others_in(call: Call, item: ItemOnCall) -> str:
    """Who else had the lead in an agenda item; empty when no one had."""
    others: dict[tuple[str, str], list[str]] = {}
    for change in call.judgement.changes:
        inside = item.span is not None and Span(change.span.start, change.until).meets(item.span)
        if inside and not change.planned and change.who != item.led_by:
            how = (
                N_("{who} took over at {names_at}")
                if change.kind == "take_over"
                else N_("{who} had the lead at {names_at}")
            )
            others.setdefault((call.participants.label(change.who), how), []).append(clock(change.span.start))
    return "; ".join(_(how, who=who, names_at=joined(at)) for (who, how), at in others.items())


def _objective(found: ObjectiveOnCall, *, transcribed: bool) -> ObjectiveRecord:
    n = len(found.passages)
    if n:
        meaning = _n(
            "{number} passage may bear on it; whether it was met is for you to say.",
            "{number} passages may bear on it; whether it was met is for you to say.",
            n,
        )
    elif transcribed:
        meaning = _(NOT_RECOGNISED)
    else:
        meaning = _("Not known: the call was not transcribed.")
    return ObjectiveRecord(
        text=found.objective.text,
        keywords=found.objective.keywords,
        quotes=tuple(quote(utterance, phrases.LONGEST_QUOTE) for utterance in found.passages),
        meaning=meaning,
    )


def _exception(exception: DeclaredException) -> ExceptionRecord:
    return ExceptionRecord(
        kind=exception.kind,
        note=exception.note,
        declared_on=exception.declared_on.isoformat(),
        meaning=" ".join(
            (
                _(EXCEPTION_MEANING[exception.kind], day=exception.declared_on.isoformat()),
                _("The lead share is measured and shown, but not judged. Exceptions must stay exceptions."),
            )
        ),
    )
