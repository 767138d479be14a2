"""The plan's section of the Markdown debrief: what was settled before the call, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.debrief import figures
from analyzer.debrief.markdown.escaping import Quotes, inline, table
from analyzer.debrief.phrases import NOT_KNOWN, length
from analyzer.debrief.record import AgendaRecord, CallRecord, PlanRecord
from analyzer.wording import _, quoted


def plan_lines(call: CallRecord, quotes: Quotes) -> Iterator[str]:
    """Reason, exception, attendees, agenda and objectives."""
    plan = call.plan
    if plan is None:
        yield _("No plan was given for this call, so its agenda, roles and objectives are not known.")
        return
    yield _(
        "Reason for bringing somebody along: {reason}", reason=inline(figures.sentence(plan.reason or _(NOT_KNOWN)))
    )
    if plan.exception is not None:
        note = " " + _("Its note:") + " " + quoted(inline(plan.exception.note)) if plan.exception.note else ""
        yield ""
        yield f"{inline(plan.exception.meaning)}{note}"
    yield ""
    yield "### " + _("Attendees and roles")
    yield ""
    rows = [
        (
            inline(attendee.name),
            _(attendee.side),
            _("{role}, lead", role=inline(figures.role(attendee.role)))
            if attendee.lead
            else inline(figures.role(attendee.role)),
            inline(attendee.meaning),
        )
        for attendee in plan.attendees
    ]
    yield from table((_("Attendee"), _("Side"), _("Role"), _("On the call")), rows)
    if plan.not_in_plan:
        yield ""
        who = ", ".join(quotes.name(who) for who in plan.not_in_plan)
        yield _("On the call, but not in the plan: {names}.", names=who)
    yield ""
    yield "### " + _("Agenda")
    yield ""
    yield from _agenda(plan, quotes)
    yield ""
    yield "### " + _("Objectives")
    yield ""
    if not plan.objectives:
        yield _("The plan names no objectives.")
    for objective in plan.objectives:
        yield f"- **{inline(objective.text) or _(NOT_KNOWN)}**: {inline(objective.meaning)}"
        yield from quotes.listed(objective.quotes, "  ")


def _agenda(plan: PlanRecord, quotes: Quotes) -> Iterator[str]:
    """The agenda items, and the words by which each was found."""
    if not plan.agenda:
        yield _("The plan has no agenda.")
        return
    rows = [
        (
            inline(item.title),
            figures.span(item.start, item.end),
            inline(item.planned_lead),
            _(NOT_KNOWN) if item.led_by is None else quotes.name(item.led_by),
            _talk_in(item, quotes),
            inline(item.meaning),
        )
        for item in plan.agenda
    ]
    heads = (_("Item"), _("From–to"), _("Planned lead"), _("Led by"), _("Talk time in it"), _("What became of it"))
    yield from table(heads, rows)
    for item in plan.agenda:
        if item.quotes:
            yield ""
            yield _("Where “{title}” was found:", title=inline(item.title))
            yield ""
            yield from quotes.listed(item.quotes)


def _talk_in(item: AgendaRecord, quotes: Quotes) -> str:
    """Everybody's talk time in an agenda item."""
    return ", ".join(f"{quotes.name(who)} {length(seconds)}" for who, seconds in item.talk) or _(NOT_KNOWN)
