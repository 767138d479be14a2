"""`analyzer trends`: how the calls of a team were led, over time, and the page that shows it."""

from __future__ import annotations

import datetime as dt
import json
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.library_commands import CATALOG, CONFIG, EXCEPTIONS_ABOVE, OUT, existing_catalog, settings_of
from analyzer.cli.lines import say, say_json, tell
from analyzer.errors import UsageError, one_line

if TYPE_CHECKING:
    from rich.console import Console

    from analyzer.debrief.record import CallRecord
    from analyzer.library.summary import CallSummary
    from analyzer.library.trends import Trend, Trends


def trends(
    out: OUT = None,
    catalog: CATALOG = None,
    since: Annotated[str | None, typer.Option(help="Only calls from this day on, like 2026-01-31.")] = None,
    until: Annotated[str | None, typer.Option(help="Only calls up to this day.")] = None,
    salesperson: Annotated[str | None, typer.Option(help="Only calls of this salesperson.")] = None,
    exceptions_above: EXCEPTIONS_ABOVE = 20.0,
    csv: Annotated[Path | None, typer.Option(help="Write the trends as CSV.")] = None,
    periods_csv: Annotated[Path | None, typer.Option(help="Write the shares by week or month as CSV.")] = None,
    calls_csv: Annotated[Path | None, typer.Option(help="Write the calls as CSV, one row each.")] = None,
    hubspot_csv: Annotated[Path | None, typer.Option(help="Write the calls as HubSpot imports them.")] = None,
    salesforce_csv: Annotated[Path | None, typer.Option(help="Write the calls as Salesforce imports them.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write the trends as Parquet (needs analyzer[parquet]).")] = None,
    calls_parquet: Annotated[Path | None, typer.Option(help="Write the calls as Parquet.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the trends as JSON.")] = False,
    config: CONFIG = None,
) -> None:
    """Show how the calls were led: per salesperson, manager and pair, added up; and write index.html again."""
    from analyzer.debrief.export.exports import export_calls
    from analyzer.files import write_atomically
    from analyzer.library.nightly import write_index
    from analyzer.library.rebuild import index_changed
    from analyzer.library.trend_export import call_rows, period_rows, trend_rows, write_csv, write_parquet
    from analyzer.library.trends import trends as added_up

    settings = settings_of(None, config, out=out, catalog=catalog)
    first, last = _day("--since", since), _day("--until", until)
    with existing_catalog(settings) as opened:
        index_changed(settings.out, opened)
        everything = opened.summaries()
        page = write_index(
            settings.out, everything, opened.failures(), unread={}, exceptions_above=exceptions_above / 100
        )
    calls = [call for call in everything if _is_wanted(call, first, last, salesperson)]
    found = added_up(calls, today=dt.date.today(), exceptions_above=exceptions_above / 100)
    for path, rows in (
        (csv, trend_rows(found)),
        (periods_csv, period_rows(found)),
        (calls_csv, call_rows(calls)),
    ):
        if path is not None:
            write_csv(path, rows)
    for path, rows in ((parquet, trend_rows(found)), (calls_parquet, call_rows(calls))):
        if path is not None:
            write_parquet(path, rows)
    for path, crm in ((hubspot_csv, "hubspot"), (salesforce_csv, "salesforce")):
        if path is not None:
            write_atomically(path, export_calls(map(_dated, calls), crm))
    if json_:
        say_json(json.dumps(trend_rows(found), ensure_ascii=False, indent=1, default=str))
    else:
        _show(found, calls)
    tell(f"Written to {page}.")


def _is_wanted(call: CallSummary, first: dt.date | None, last: dt.date | None, salesperson: str | None) -> bool:
    from analyzer.people.names import folded

    if (first or last) and call.date is None:
        return False
    if salesperson is not None and (call.salesperson is None or folded(call.salesperson.label) != folded(salesperson)):
        return False
    return (first or dt.date.min) <= (call.date or dt.date.min) and (call.date or dt.date.min) <= (last or dt.date.max)


def _dated(call: CallSummary) -> CallRecord:
    """The record of a call with the day that the library knows, where it has none of its own."""
    if call.record.date is not None or call.date is None:
        return call.record
    return call.record.model_copy(update={"date": call.date.isoformat()})


def _day(option: str, text: str | None) -> dt.date | None:
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option}: {text!r} is no day", todo="Write it like 2026-01-31") from error


def _show(found: Trends, calls: Sequence[CallSummary]) -> None:
    from rich.console import Console
    from rich.text import Text

    from analyzer.library.night_summary import to_look_at

    console = Console(highlight=False)
    _table(console, "All calls", (found.team,))
    for title, group in (
        ("Salespeople", found.salespeople),
        ("Managers and specialists", found.others),
        ("Pairs", found.pairs),
        ("By kind of call", found.splits),
    ):
        if group:
            console.print()
            _table(console, title, group)
    if console.width >= NARROW:
        console.print(Text("led: yes/no/too close. back: handed back unasked, of all take-overs.", "dim"))
    lines = list(to_look_at(found, calls, dt.date.today(), one_line))
    if lines:
        console.print()
        for line in lines:
            console.print(Text(line))


NARROW = 76
"""Columns below which a table of so many figures cannot be read."""


WIDE = 100
"""Columns from which an interval has room beside its share."""


def _table(console: Console, title: str, group: Sequence[Trend]) -> None:
    from rich.table import Table
    from rich.text import Text

    if console.width < NARROW:
        _paragraphs(console, title, group)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), title=title, title_justify="left", title_style="bold")
    table.add_column("who", overflow="ellipsis", min_width=12)
    apart = "\n(" if console.width < WIDE else " ("  # an interval below its share
    for column in FIGURES:
        table.add_column(column, justify="right", no_wrap=True)
    for trend in group:
        figures = _figures(trend)
        table.add_row(Text(one_line(trend.who)), *(one.replace(" (", apart) for one in figures))
    console.print(table)


FIGURES = ("calls", "led", "lead share", "take-\novers/h", "lasts", "back", "silent", "excep-\ntions")


def _figures(trend: Trend) -> tuple[str, ...]:
    from analyzer.debrief.phrases import length
    from analyzer.library.index.all_calls import with_interval

    judged = [trend.answers.get(answer, 0) for answer in ("yes", "no", "too_close")]
    return (
        str(trend.calls),
        "/".join(map(str, judged)) if any(judged) else "–",
        with_interval(trend),
        "–" if trend.take_overs_per_hour is None else f"{trend.take_overs_per_hour:.1f}",
        "–" if trend.lasts is None else length(trend.lasts),
        _of(trend.unasked.numerator, trend.unasked.denominator),
        _of(trend.silent.numerator, trend.silent.denominator),
        _of(trend.exceptions.numerator, trend.exceptions.denominator),
    )


def _of(some: int, whole: int) -> str:
    return f"{some}/{whole}" if whole else "–"


def _paragraphs(console: Console, title: str, group: Sequence[Trend]) -> None:
    """What the table says, in lines of a narrow terminal."""
    console.print(title, style="bold", markup=False)
    for trend in group:
        calls, led, share, often, lasts, back, silent, exceptions = _figures(trend)
        told = (
            f"{calls} calls, led {led} (yes/no/too close), lead share {share}; take-overs {often} an hour, "
            f"each {lasts}, {back} handed back unasked; silent {silent}, exceptions {exceptions}"
        )
        if trend.who != title:
            say(one_line(trend.who))
        firm = re.sub(r"(?<=\d) (?=[%smh])", "\N{NO-BREAK SPACE}", told)
        for line in textwrap.wrap(firm, console.width - 2):
            say(f"  {line}".replace("\N{NO-BREAK SPACE}", " "))
