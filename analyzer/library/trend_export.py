"""The calls and their trends for other programs: CSV, and Parquet with the optional `parquet` extra (pyarrow).

Two tables. Calls: one row a call. Trends: one row for each salesperson, manager or specialist, pair, kind of ride-along
and kind of customer, and one for everybody; rates with numerator and denominator beside them, so that they can be added
further. What is not known is an empty cell. Cells that a spreadsheet would run are made harmless as in a call's CSV.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from analyzer.debrief.export.csv_file import cell
from analyzer.debrief.record import LeadShareRecord
from analyzer.errors import UsageError
from analyzer.files import write_atomically
from analyzer.lead.check import Basis, LeadShare
from analyzer.library.summary import CallSummary
from analyzer.library.trends import Trend, Trends
from analyzer.timeline import seconds

Value = str | int | float | dt.date | None
Row = dict[str, Value]


def call_rows(calls: Iterable[CallSummary]) -> list[Row]:
    """One row a call."""
    return [_call_row(call) for call in calls]


def _call_row(call: CallSummary) -> Row:
    lead, seller, plan = call.record.lead, call.salesperson, call.record.plan
    return {
        "call": call.name,
        "sha256": call.sha256,
        "folder": call.folder,
        "date": call.date,
        "customer": call.record.customer,
        "seconds": round(call.seconds, 3),
        "salesperson": seller.label if seller is not None else None,
        "others": ", ".join(other.label for other in call.others),
        "led": lead.led,
        "team_took_part": lead.team_took_part,
        "reason": lead.reason,
        **_lead_share(lead.basis, call.lead_share()),
        "take_overs": len(call.take_overs),
        "handed_over": sum(found.kind == "handed_over" for found in lead.changes),
        "drawn_in": sum(found.kind == "drawn_in" for found in lead.changes),
        "planned_hand_overs": sum(found.planned for found in lead.changes),
        "exception": call.exception,
        "ride_along": plan.ride_along if plan is not None else None,
        "customer_is": plan.customer_is if plan is not None else None,
        "debriefed_on": call.debriefed_on,
        "own_lead_share": call.own_lead_share,
        "objectives": len(call.objectives),
        "objectives_met": sum(one.salesperson == "met" for one in call.objectives),
        "objectives_met_manager": sum(one.manager == "met" for one in call.objectives),
    }


def _lead_share(basis: Basis, found: LeadShare | LeadShareRecord | None) -> Row:
    """The columns of a lead share; `numerator` and `denominator` are in seconds."""
    share, interval = (found.share, found.interval) if found is not None else (None, None)
    return {
        "basis": basis,
        "lead_share": share.value if share is not None else None,
        "numerator": seconds(share.numerator) if share is not None else None,
        "denominator": seconds(share.denominator) if share is not None else None,
        "low": interval.low if interval is not None else None,
        "high": interval.high if interval is not None else None,
    }


def trend_rows(found: Trends) -> list[Row]:
    """One row a trend, with what it is about (`team`, `salesperson`, `other`, `pair`, `split`) in the first column."""
    return [_trend_row(kind, trend) for kind, trend in _every(found)]


def period_rows(found: Trends) -> list[Row]:
    """One row a trend and week or month (its first day), with the share of the calls in it."""
    return [
        {
            "about": kind,
            "who": trend.who,
            "begins": period.begins,
            "calls": period.calls,
            **_lead_share(period.share.basis, period.share),
        }
        for kind, trend in _every(found)
        for period in trend.periods
    ]


def _every(found: Trends) -> Iterator[tuple[str, Trend]]:
    yield "team", found.team
    groups = {"salesperson": found.salespeople, "other": found.others, "pair": found.pairs, "split": found.splits}
    for kind, group in groups.items():
        yield from ((kind, trend) for trend in group)


def _trend_row(kind: str, trend: Trend) -> Row:
    return {
        "about": kind,
        "who": trend.who,
        "calls": trend.calls,
        "hours": round(trend.hours, 4),
        **{f"led_{answer}": trend.answers.get(answer, 0) for answer in ("yes", "no", "too_close", "not_judged")},
        **_lead_share(trend.share.basis, trend.share),
        "drift": trend.drift.difference if trend.drift is not None else None,
        "drift_low": trend.drift.low if trend.drift is not None else None,
        "drift_high": trend.drift.high if trend.drift is not None else None,
        "take_overs": trend.take_overs.numerator,
        "take_overs_per_hour": trend.take_overs_per_hour,
        "handed_over": trend.kinds.get("handed_over", 0),
        "drawn_in": trend.kinds.get("drawn_in", 0),
        "planned_hand_overs": trend.planned,
        "in_place_of_salesperson": trend.in_place,
        "take_over_seconds": trend.lasts,
        "handed_back_unasked": trend.unasked.numerator,
        "silent_calls": trend.silent.numerator,
        "accompanied_calls": trend.silent.denominator,
        "exceptions": trend.exceptions.numerator,
        "planned_calls": trend.exceptions.denominator,
        "commitments_kept": trend.commitments.kept,
        "commitments_not_kept": trend.commitments.not_kept,
        "commitments_open": trend.commitments.open,
        "to_debrief": trend.to_debrief,
        "objectives_met": trend.met["salesperson"].numerator,
        "objectives_told": trend.met["salesperson"].denominator,
        "objectives_met_manager": trend.met["manager"].numerator,
        "objectives_told_manager": trend.met["manager"].denominator,
        "own_estimates": trend.own_view.estimates,
        "own_above_measured": trend.own_view.above,
        "own_above_measured_lately": trend.own_view.lately,
    }


_TEXTS = frozenset(
    [
        "call",
        "sha256",
        "folder",
        "customer",
        "salesperson",
        "others",
        "led",
        "team_took_part",
        "reason",
        "basis",
        "exception",
        "about",
        "who",
    ]
)
_DAYS = frozenset(("date", "debriefed_on"))
_NUMBERS = frozenset(
    [
        "seconds",
        "hours",
        "lead_share",
        "own_lead_share",
        "own_above_measured",
        "own_above_measured_lately",
        "numerator",
        "denominator",
        "low",
        "high",
        "drift",
        "drift_low",
        "drift_high",
        "take_overs_per_hour",
        "take_over_seconds",
    ]
)


def _kind(column: str) -> str:
    """What a column holds; all others are counts."""
    if column in _TEXTS:
        return "text"
    return "day" if column in _DAYS else "number" if column in _NUMBERS else "count"


def as_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV (RFC 4180) under their headings; nothing when there are none."""
    out = io.StringIO(newline="")
    if rows:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(rows[0])
        for row in rows:
            writer.writerow(cell(value) if isinstance(value, str) else _plain(value) for value in row.values())
    return out.getvalue()


def _plain(value: float | dt.date | None) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, dt.date) else str(value)


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Writes rows as CSV.

    Raises:
        OutputError: the file cannot be written.
    """
    write_atomically(path, as_csv(rows).encode("utf-8"), elsewhere="another file")


def write_parquet(path: Path, rows: Sequence[Row]) -> None:
    """Writes rows as Parquet, each column of its own type, whatever is in it: files of two nights can be joined.

    Raises:
        UsageError: pyarrow is not installed.
        OutputError: the file cannot be written.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow", todo="Install it: pip install 'analyzer[parquet]'") from error
    names = list(rows[0]) if rows else []
    kinds = {"text": pyarrow.string(), "day": pyarrow.date32(), "count": pyarrow.int64(), "number": pyarrow.float64()}
    schema = pyarrow.schema([(name, kinds[_kind(name)]) for name in names])
    table = pyarrow.table({name: [row[name] for row in rows] for name in names}, schema=schema)
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out)
    write_atomically(path, out.getvalue(), elsewhere="another file")
