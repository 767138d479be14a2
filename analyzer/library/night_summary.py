"""The summary of a night as Markdown, ready to be mailed: what was done, what failed, and what wants attention."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.debrief.markdown.escaping import inline, table
from analyzer.debrief.phrases import NOT_KNOWN, count, in_brackets, length, percent
from analyzer.errors import visible
from analyzer.library.summary import CallSummary
from analyzer.library.trends import EXCEPTIONS_ABOVE, Trends, drifting, due_soon, silent_others, trends
from analyzer.wording import _

KEPT = "Kept of them: shares, turns, answers, and what was written in the debrief. Recordings are never touched."
LISTED = 50
"""Calls that are listed one by one; beyond them the index page has them."""
DUE_SOON = dt.timedelta(days=7)
ENOUGH_ESTIMATES = 3
"""Own estimates below which they are not held against what was measured."""


@dataclass(frozen=True, slots=True)
class NightReport:
    """What a run did, as its summary tells it.

    `failed` has path, message, tries and next try; `quarantined` path, message and since when; `waiting` path, message
    and next try of what failed on earlier nights.
    """

    started: dt.datetime
    ended: dt.datetime
    done: tuple[CallSummary, ...] = ()
    refreshed: tuple[CallSummary, ...] = ()
    failed: tuple[tuple[str, str, int, dt.datetime], ...] = ()
    quarantined: tuple[tuple[str, str, dt.datetime], ...] = ()
    waiting: tuple[tuple[str, str, dt.datetime], ...] = ()
    growing: tuple[Path, ...] = ()
    unread: tuple[tuple[Path, str], ...] = ()
    """What could not be looked into, and why."""
    passed_over: tuple[str, ...] = ()
    """What was not looked at: a line for each reason."""
    offers: tuple[str, ...] = ()
    """Which calls may be two parts of one, in words."""
    stopped_by: str | None = None
    elsewhere: int = 0
    unchanged: int = 0
    forgotten: tuple[str, ...] = field(default=())
    not_forgotten: tuple[tuple[str, str], ...] = ()
    """What the retention rule could not take away, and why."""


def night_markdown(
    night: NightReport,
    calls: Sequence[CallSummary],
    *,
    today: dt.date,
    exceptions_above: float = EXCEPTIONS_ABOVE,
) -> str:
    """The summary; `calls` are all that the library knows, for what wants attention beyond this night."""
    lines = [f"# Calls, {_local(night.ended):%A %d %B %Y}", "", *_counts(night)]
    lines += _calls("Analysed", night.done)
    lines += _calls("Made again", night.refreshed)
    if night.offers:
        lines += ("", "## May be one call", "", *(f"- {inline(offer)}" for offer in night.offers))
    lines += _trouble(night)
    found = trends(calls, today=today, exceptions_above=exceptions_above)
    attention = [f"- {line}" for line in to_look_at(found, calls, today, inline)]
    if attention:
        lines += ("", "## To look at", "", *attention)
    return "\n".join(lines) + "\n"


def _local(at: dt.datetime) -> dt.datetime:
    return at.astimezone()


def _counts(night: NightReport) -> Iterator[str]:
    parts = [count(len(night.done), "call") + " analysed"]
    if night.refreshed:
        parts.append(f"{len(night.refreshed)} made again")
    parts.append(f"{night.unchanged} had nothing new")
    if night.failed:
        parts.append(f"**{len(night.failed)} failed**")
    yield f"{', '.join(parts)}, in {length(round((night.ended - night.started).total_seconds()))}."
    if night.stopped_by is not None:
        yield f"\nStopped early: {inline(night.stopped_by)}. The next run goes on from there."
    if night.elsewhere:
        yield f"\n{count(night.elsewhere, 'call')} left to another run that was at work on the same folder."


def _calls(title: str, calls: Sequence[CallSummary]) -> Iterator[str]:
    if not calls:
        return
    yield from ("", f"## {title}", "")
    yield from table(("call", "salesperson", "led", "lead share", "who took over"), map(_row, calls[:LISTED]))
    if len(calls) > LISTED:
        yield f"\nand {len(calls) - LISTED} more; `index.html` has all of them."


def _row(call: CallSummary) -> tuple[str, ...]:
    seller = call.salesperson
    lead = call.record.lead
    reason = f" ({lead.reason.replace('_', ' ')})" if lead.reason is not None else ""
    took = {call.record.label(found.who): None for found in call.take_overs}
    return (
        inline(call.name),
        inline(seller.label) if seller is not None else "not known",
        lead.led.replace("_", " ") + reason,
        lead_share_text(call),
        ", ".join(map(inline, took)) or "no one",
    )


def lead_share_text(call: CallSummary) -> str:
    """The lead share with its interval: `87 % (84–90 %)`, or `not known`."""
    found = call.lead_share()
    if found is None or found.share.value is None:
        return _(NOT_KNOWN)
    edges = call.band.edges  # a rounded share stays on its side of the band
    text = percent(found.share.value, edges)
    if found.interval is not None:
        text += f" ({in_brackets(found.interval, edges)})"
    return text


def _trouble(night: NightReport) -> Iterator[str]:
    if night.failed:
        yield from ("", "## Failed", "")
        for path, message, tries, again in night.failed:
            yield f"- {inline(visible(path))}: {inline(message)} (try {tries}; again after {_local(again):%d %b %H:%M})"
    if night.waiting:
        yield from ("", "## Failed earlier, tried again later", "")
        yield from (
            f"- {inline(visible(path))}: {inline(message)} (again after {_local(again):%d %b %H:%M})"
            for path, message, again in night.waiting
        )
    if night.quarantined:
        yield from ("", "## Set aside until somebody clears them", "")
        yield from (
            f"- {inline(visible(path))}: {inline(message)} (since {_local(since):%d %b %Y})"
            for path, message, since in night.quarantined
        )
        yield "\nMend them and run `analyzer library clear --all`."
    if night.unread:
        yield from ("", "## Could not be looked into", "")
        yield from (f"- {inline(visible(path))}: {inline(why)}" for path, why in night.unread)
    if night.passed_over:
        yield from ("", "## Not looked at", "")
        yield from (f"- {inline(line)}" for line in night.passed_over)
    if night.growing:
        yield from ("", "## Left alone: still being copied", "")
        yield from (f"- {inline(visible(path))}" for path in night.growing)
    if night.forgotten:
        yield from ("", "## Forgotten by the retention rule", "")
        yield from (f"- {inline(name)}" for name in night.forgotten)
        yield f"\n{KEPT}"
    if night.not_forgotten:
        yield from ("", "## Could not be forgotten, and is tried again", "")
        yield from (f"- {inline(name)}: {inline(why)}" for name, why in night.not_forgotten)


def to_look_at(
    found: Trends, calls: Sequence[CallSummary], today: dt.date, named: Callable[[str], str]
) -> Iterator[str]:
    """What somebody should look at, a sentence each; `named` makes what people wrote safe for where it is shown."""
    for trend in drifting(found):
        assert trend.drift is not None
        edges = trend.band.edges  # a rounded share stays on its side of the band
        earlier, later = percent(trend.drift.earlier.value, edges), percent(trend.drift.later.value, edges)
        yield f"{named(trend.who)} leads less: {earlier} earlier, {later} lately."
    for trend in silent_others(found):
        yield (
            f"{named(trend.who)} was along and silent, or nearly, on {trend.silent.numerator} of "
            f"{count(trend.silent.denominator, 'call')}."
        )
    for trend in found.others:
        if trend.in_place:
            yield f"{named(trend.who)} spoke in place of the salesperson on {count(trend.in_place, 'call')}."
    exceptions = found.team.exceptions
    if found.exceptions_warn:
        yield (
            f"{exceptions.numerator} of {exceptions.denominator} planned calls "
            f"({percent(exceptions.value)}) were declared exceptions: they are no longer exceptions."
        )
    for voice, share in found.team.met.items():
        if share.denominator:
            yield f"{share.numerator} of {count(share.denominator, 'objective')} met, as the {voice} sees it."
    for trend in found.salespeople:
        own = trend.own_view
        if own.estimates >= ENOUGH_ESTIMATES and own.above is not None and own.lately is not None:
            yield (
                f"{named(trend.who)}'s own estimates of the lead share differ from the measured ones by "
                f"{own.above * 100:+.0f} points over {count(own.estimates, 'call')}, lately by {own.lately * 100:+.0f}."
            )
    if found.to_debrief:
        latest = ", ".join(named(call.name) for call in found.to_debrief[-5:])
        yield f"{count(len(found.to_debrief), 'call')} still to debrief, among them: {latest}."
    if found.unnamed:
        yield f"{count(found.unnamed, 'call')} without a known salesperson. Say who is who: `analyzer name CALL`."
    for one in found.team.commitments.overdue[:LISTED]:
        if one.due is not None:
            yield f"{named(one.who)}, overdue since {one.due:%d %b}: {named(one.text)}"
    for one in due_soon(calls, today, today + DUE_SOON):
        if one.due is not None:
            yield f"{named(one.who)}, due {one.due:%d %b}: {named(one.text)}"
