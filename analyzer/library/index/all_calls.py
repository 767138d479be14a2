"""All calls as one self-contained page, `index.html`: what wants attention, every call, and everybody's trend.

It follows the rules of the debrief page: nothing is loaded, a content security policy names its styles and script by
their hash and forbids everything else, every text from outside is escaped. The calls are data in the page, from which
its script fills the table row by row as it is looked at, so that thousands of calls open at once; without a script the
latest calls and all figures are there.
"""

from __future__ import annotations

import datetime as dt
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from analyzer.call.folder import PAGE_FILE
from analyzer.debrief.page.page import FOLDER as DEBRIEF_PAGE
from analyzer.debrief.page.page import environment, json_in_page, policy, said_by, texts_of
from analyzer.debrief.phrases import day, in_brackets, interval, length, percent
from analyzer.errors import visible
from analyzer.lead.check import Interval, Reason
from analyzer.library.night_summary import lead_share_text
from analyzer.library.summary import CallSummary
from analyzer.library.trends import (
    EXCEPTIONS_ABOVE,
    Period,
    Trend,
    Trends,
    commitment_key,
    drifting,
    due_soon,
    named,
    silent_others,
    trends,
)
from analyzer.people.commitment import Commitment
from analyzer.wording import ENGLISH, N_, _, _n, decimal, short_day, speaking, spoken

FOLDER = Path(__file__).parent
WITHOUT_SCRIPT = 200
"""Calls that are in the page itself, the latest, for readers without a script."""
SHOWN = 5
"""Links in each list of what there is to do."""
NAME_MINUTES, DEBRIEF_MINUTES = 1, 10
"""About how long it takes to name a voice by ear, and to hold a debrief."""
SOON = dt.timedelta(days=7)
"""How far ahead promises are told."""
NARROW = 0.02
"""An interval narrower than this is shown with a decimal, lest both its ends read the same."""
WIDTH, HEIGHT, BELOW = 180.0, 44.0, 0.25
"""A small picture's size, and how much of a share it shows below the band: further down everything is far off."""

Failed = tuple[str, str, dt.datetime]


def index_page(
    calls: Sequence[CallSummary],
    *,
    failures: Sequence[Failed] = (),
    new: Sequence[CallSummary] = (),
    made_at: dt.datetime,
    exceptions_above: float = EXCEPTIONS_ABOVE,
) -> str:
    """The page, in the language of most calls; `new` are those that came in since yesterday.

    `failures` are those still open, with path, message and since when.
    """
    with speaking(language_of(calls)):
        return _page(calls, failures, new, made_at, exceptions_above)


def language_of(calls: Sequence[CallSummary]) -> str:
    """The language in which most calls are shown."""
    found = Counter(call.record.page_language for call in calls)
    return found.most_common(1)[0][0] if found else ENGLISH


def _page(
    calls: Sequence[CallSummary],
    failures: Sequence[Failed],
    new: Sequence[CallSummary],
    made_at: dt.datetime,
    exceptions_above: float,
) -> str:
    found = trends(calls, today=made_at.date(), exceptions_above=exceptions_above)
    latest = sorted(calls, key=lambda call: (call.date or dt.date.min, call.name, call.sha256), reverse=True)
    styles = said_by(_text(DEBRIEF_PAGE / "page.css").replace("/* row heights */", "") + _text(FOLDER / "index.css"))
    script = _text(FOLDER / "index.js")
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            styles=Markup(styles),
            script=Markup(script),
            policy=policy(styles, script, media="'none'"),
            language=spoken(),
            texts=Markup(json_in_page(texts_of(script))),
            data=Markup(json_in_page([_row(call) for call in latest])),
            latest=[_row(call) for call in latest[:WITHOUT_SCRIPT]],
            morning=morning(latest, found, new, made_at.date()),
            count=len(calls),
            found=found,
            team=found.team,
            drifting=drifting(found),
            silent=silent_others(found),
            failures=[(visible(path), visible(message), since) for path, message, since in failures],
            made_at=made_at.astimezone(),
            exceptions_above=exceptions_above,
            groups=(
                ("salespeople", _("Salespeople"), found.salespeople),
                ("others", _("Managers and specialists"), found.others),
                ("pairs", _("Pairs"), found.pairs),
                *([("kinds", _("Kinds of call"), found.splits)] if found.splits else []),
            ),
            plot=plot,
            over=over,
            address=address,
            day=day,
            shown_day=shown_day,
            decimal=decimal,
            debrief_minutes=DEBRIEF_MINUTES,
            named=named,
            good_practice=interval(Interval(found.team.band.floor, found.team.band.ceiling), ()),
            bands=len({call.band for call in calls}),
            words={answer: _(word) for answer, word in ANSWERS.items()},
            SHOWN=SHOWN,
        )
    )


@dataclass(frozen=True, slots=True)
class Morning:
    """What there is to do today; of each list the first `SHOWN` are linked.

    `new` are the calls that came in since yesterday, `to_name` those with voices that have no name (and how many),
    `promises` what is due within `SOON` or overdue, with the call on whose debrief it was promised.
    """

    new: tuple[CallSummary, ...]
    to_name: tuple[tuple[CallSummary, int], ...]
    to_hold: tuple[CallSummary, ...]
    promises: tuple[tuple[Commitment, CallSummary | None, bool], ...]

    @property
    def minutes(self) -> int:
        """About how long all of it takes."""
        voices = sum(number for _, number in self.to_name)
        return NAME_MINUTES * voices + DEBRIEF_MINUTES * len(self.to_hold)


def morning(latest: Sequence[CallSummary], found: Trends, new: Sequence[CallSummary], today: dt.date) -> Morning:
    """What there is to do on a day; `latest` are all calls, the latest first, `new` those that came in."""
    made_in = {commitment_key(one): call for call in reversed(latest) for one in call.commitments}
    overdue, soon = found.team.commitments.overdue, due_soon(latest, today, today + SOON)
    voices = ((call, sum(one.name is None and one.side != "none" for one in call.record.people)) for call in latest)
    return Morning(
        new=tuple(new),
        to_name=tuple((call, number) for call, number in voices if number and call.record.lead.salesperson is None),
        to_hold=tuple(reversed(found.to_debrief)),
        promises=tuple(
            (one, made_in.get(commitment_key(one)), late)
            for late, these in ((True, overdue), (False, soon))
            for one in these
        ),
    )


def address(call: CallSummary) -> str:
    """Where the page of a call lies, from this one."""
    return urllib.parse.quote(f"{call.folder}/{PAGE_FILE}", errors="surrogateescape")


ANSWERS = {"yes": N_("yes"), "no": N_("no"), "too_close": N_("too close"), "not_judged": N_("not judged")}
REASONS: dict[Reason, str] = {
    "salesperson_unknown": N_("salesperson unknown"),
    "salesperson_absent": N_("salesperson absent"),
    "nobody_else_from_the_team": N_("no one else from the team"),
    "too_little_team_talk": N_("too little team talk"),
    "exception_declared": N_("exception declared"),
}


def shown_day(iso: str) -> str:
    """A day of a row as it is shown; empty where there is none."""
    return short_day(dt.date.fromisoformat(iso)) if iso else ""


def _row(call: CallSummary) -> dict[str, object]:
    """A call as the table shows it. Every value is plain text or a number; the script escapes by using text alone."""
    lead, found = call.record.lead, call.lead_share()
    share = found.share.value if found is not None else None
    seller = call.salesperson
    return {
        "n": call.name,
        "h": address(call),
        "d": call.date.isoformat() if call.date is not None else "",
        "c": call.record.customer or "",
        "s": seller.label if seller is not None else "",
        "o": [other.label for other in call.others],
        "l": lead.led,
        "r": _(REASONS[lead.reason]) if lead.reason is not None else "",
        "p": round(share, 4) if share is not None else None,
        "t": lead_share_text(call),
        "k": len(call.take_overs),
        "m": round(call.seconds / 60),
        "e": call.exception or "",
        "b": call.debriefed_on.isoformat() if call.debriefed_on is not None else "",
    }


def with_interval(trend: Trend) -> str:
    """A lead share with its interval, each on its side of the band."""
    found, band = trend.share, trend.band
    if found.value is None or found.interval is None:
        return percent(found.value, band.edges)
    digits = 0 if found.interval.high - found.interval.low >= NARROW else 1
    share = percent(found.value, band.edges, digits=digits)
    return f"{share} ({in_brackets(found.interval, band.edges, digits)})"


def over(trend: Trend) -> str:
    """What the small picture shows: from when to when, and from which share to which; empty when there is none."""
    shown = [period for period in trend.periods if period.share.value is not None]
    if len(shown) < 2:
        return ""
    lowest = max(trend.band.floor - BELOW, 0.0)
    return _(
        "{day} to {day_last}; foot {share}, top 100 %",
        day=day(shown[0].begins),
        day_last=day(shown[-1].begins),
        share=percent(lowest),
    )


def plot(trend: Trend) -> Markup:
    """The lead share over time as a small picture: the band of good practice, the interval, and the share."""
    shown, band = [period for period in trend.periods if period.share.value is not None], trend.band
    if len(shown) < 2:
        return Markup("")
    lowest = max(band.floor - BELOW, 0.0)
    first, last = shown[0].begins.toordinal(), shown[-1].begins.toordinal()

    def x(day: dt.date) -> str:
        return f"{3 + (day.toordinal() - first) / (last - first) * (WIDTH - 6):.1f}"

    def y(share: float) -> str:
        return f"{2 + (1 - (max(share, lowest) - lowest) / (1 - lowest)) * (HEIGHT - 4):.1f}"

    def bounds(period: Period) -> Interval:
        value = period.share.value or 0.0
        return period.share.interval or Interval(value, value)

    upper = [f"{x(p.begins)},{y(bounds(p).high)}" for p in shown]
    lower = [f"{x(p.begins)},{y(bounds(p).low)}" for p in reversed(shown)]
    line = " ".join(f"{x(p.begins)},{y(p.share.value or 0)}" for p in shown)
    summary = "; ".join(
        _n(
            "{day}: {share} in {number} call",
            "{day}: {share} in {number} calls",
            p.calls,
            day=short_day(p.begins),
            share=percent(p.share.value, band.edges),
        )
        for p in shown
    )
    top, bottom = y(band.ceiling), y(band.floor)
    return Markup(
        '<svg class="trend" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{summary}">'
        '<title>{summary}</title><rect class="good" x="0" width="{w}" y="{top}" height="{tall}"/>'
        '<polygon class="unsure" points="{area}"/><polyline class="share" points="{line}"/>'
        '<circle class="now" cx="{cx}" cy="{cy}" r="2.5"/></svg>'
    ).format(
        w=f"{WIDTH:.0f}",
        h=f"{HEIGHT:.0f}",
        summary=_("Lead share over time.") + " " + summary,
        top=top,
        tall=f"{float(bottom) - float(top):.1f}",
        area=" ".join((*upper, *lower)),
        line=line,
        cx=x(shown[-1].begins),
        cy=y(shown[-1].share.value or 0),
    )


@cache
def _environment() -> Environment:
    return environment(FOLDER, filters={"percent": percent, "with_interval": with_interval, "length_of": length})


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")
