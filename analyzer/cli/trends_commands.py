"""`analyzer trends`: how the calls of a team were led, over time, and the page that shows it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.library_commands import CATALOG, CONFIG, EXCEPTIONS_ABOVE, OUT, existing_catalog, settings_of
from analyzer.cli.lines import say_json, tell
from analyzer.errors import UsageError, one_line

if TYPE_CHECKING:
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
    parquet: Annotated[Path | None, typer.Option(help="Write the trends as Parquet (needs analyzer[parquet]).")] = None,
    calls_parquet: Annotated[Path | None, typer.Option(help="Write the calls as Parquet.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the trends as JSON.")] = False,
    config: CONFIG = None,
) -> None:
    """Show how the calls were led: per salesperson, manager and pair, added up; and write index.html again."""
    from analyzer.library.nightly import write_index
    from analyzer.library.rebuild import index_changed
    from analyzer.library.trend_export import call_rows, period_rows, trend_rows, write_csv, write_parquet
    from analyzer.library.trends import trends as added_up
    from analyzer.people.names import folded

    settings = settings_of(None, config, out=out, catalog=catalog)
    first, last = _day("--since", since), _day("--until", until)
    with existing_catalog(settings) as opened:
        index_changed(settings.out, opened)
        everything = opened.summaries()
        page = write_index(
            settings.out, everything, opened.failures(), unread={}, exceptions_above=exceptions_above / 100
        )
    calls = [
        call
        for call in everything
        if (first is None or (call.date is not None and call.date >= first))
        and (last is None or (call.date is not None and call.date <= last))
        and (
            salesperson is None
            or (call.salesperson is not None and folded(call.salesperson.label) == folded(salesperson))
        )
    ]
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
    if json_:
        say_json(json.dumps(trend_rows(found), ensure_ascii=False, indent=1, default=str))
    else:
        _show(found, calls)
    tell(f"Written to {page}.")


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
    lines = list(to_look_at(found, calls, dt.date.today(), one_line))
    if lines:
        console.print()
        for line in lines:
            console.print(Text(line))


def _table(console: object, title: str, group: Sequence[Trend]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    assert isinstance(console, Console)
    from analyzer.library.index.all_calls import with_interval

    table = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for column in (
        "who",
        "calls",
        "yes",
        "no",
        "close",
        "lead share",
        "take-\novers/h",
        "back\nafter",
        "silent",
        "excep-\ntions",
    ):
        table.add_column(column, overflow="fold", justify="left" if column == "who" else "right")
    for trend in group:
        table.add_row(
            Text(one_line(trend.who)),
            str(trend.calls),
            *(str(trend.answers.get(answer, 0)) for answer in ("yes", "no", "too_close")),
            with_interval(trend),
            "–" if trend.take_overs_per_hour is None else f"{trend.take_overs_per_hour:.1f}",
            "–" if trend.hand_back is None else f"{trend.hand_back:.1f} s",
            f"{trend.silent.numerator}/{trend.silent.denominator}",
            f"{trend.exceptions.numerator}/{trend.exceptions.denominator}",
        )
    console.print(table)
