"""Trends over many calls, against numbers worked by hand; and the tables, the Markdown of a night, with them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import random
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from analyzer.debrief.conversation.answers import NOTHING_SAID
from analyzer.debrief.record import ChangeRecord, LeadShareRecord, OutcomeRecord
from analyzer.errors import UsageError
from analyzer.lead.check import Band
from analyzer.library.index.all_calls import index_page, morning
from analyzer.library.night_summary import NightReport, night_markdown, to_look_at
from analyzer.library.summary import CallSummary, summarise
from analyzer.library.trend_export import as_csv, call_rows, period_rows, trend_rows, write_parquet
from analyzer.library.trends import drifting, due_soon, silent_others, together, trends
from analyzer.people.commitment import Commitment
from analyzer.talk.measures import HOUR
from analyzer.talk.rates import Rate, Share
from tests import records
from tests.many_calls import Portion, many_calls, portion, summary_of
from tests.many_calls import took as taken

TODAY = dt.date(2026, 6, 1)
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
DANA = records.person("S1", "Dana Reyes", "team", "salesperson", talk_seconds=90.0)
MARCUS = records.person("S2", "Marcus Webb", "team", "manager", talk_seconds=10.0)
EVA = records.person("S4", "Eva Lind", "team", "manager", talk_seconds=10.0)


def made(number: int = 0, share: Portion | None = None, **fields: Any) -> CallSummary:
    plain: dict[str, Any] = {
        "date": dt.date(2026, 1, 5) + dt.timedelta(days=number),
        "customer": "Alder",
        "shares": {"team-talk": share or portion(90.0, 100.0, 0.87, 0.93)},
        "people": (DANA, MARCUS),
    }
    return summary_of(number, **(plain | fields))


def took(who: str = "S2", **fields: Any) -> ChangeRecord:
    return taken(who, **fields)


def lead_share(part: float, whole: float, low: float | None = None, high: float | None = None) -> LeadShareRecord:
    return made(0, portion(part, whole, low, high)).record.lead.shares[0]


def test_shares_are_added_up_and_not_averaged() -> None:
    # 90 of 100 s and 150 of 300 s: 240 of 400 is 60 %; the mean of 90 % and 50 % would be 70 %.
    found = together("team-talk", (lead_share(90, 100, 0.87, 0.93), lead_share(150, 300, 0.46, 0.54)))
    assert found.value == pytest.approx(0.6)
    # Half-widths 0.03 * 100 = 3 and 0.04 * 300 = 12 s: sqrt(9 + 144) / 400.
    assert found.interval is not None
    assert found.interval.low == pytest.approx(0.6 - math.sqrt(153) / 400)
    assert found.interval.high == pytest.approx(0.6 + math.sqrt(153) / 400)


def test_a_share_of_nothing_is_none() -> None:
    assert together("team-talk", ()).value is None
    empty = trends((), today=TODAY)
    assert (empty.team.take_overs.value, empty.team.silent.value, empty.team.exceptions.value) == (None, None, None)
    assert not empty.exceptions_warn


def test_calls_that_were_not_judged_are_counted_but_have_no_part_in_the_share() -> None:
    exception = made(
        1, portion(10, 100, 0.07, 0.13), led="not_judged", team_took_part="not_judged", reason="exception_declared"
    )
    team = trends((made(0), exception), today=TODAY).team
    assert team.calls == 2
    assert team.share.value == pytest.approx(0.9)
    assert (team.answers, team.reasons) == ({"yes": 1, "not_judged": 1}, {"exception_declared": 1})


def test_calls_checked_on_different_bases_are_added_by_team_talk() -> None:
    both = {"team-talk": portion(90, 100), "lead-time": portion(60, 100)}
    other = made(1, basis="lead-time", shares=both)
    assert trends((other,), today=TODAY).team.share.value == pytest.approx(0.6)
    mixed = trends((made(0), other), today=TODAY).team
    assert mixed.share.basis == "team-talk"
    assert mixed.share.value == pytest.approx(0.9)


def test_of_a_call_without_a_known_salesperson_no_take_over_is_known_nor_that_there_was_none() -> None:
    unknown = made(1, led="not_judged", reason="salesperson_unknown", people=(DANA.model_copy(update={"role": None}),))
    lead = unknown.record.lead.model_copy(update={"salesperson": None})
    unknown = unknown.model_copy(update={"record": unknown.record.model_copy(update={"lead": lead})})
    assert trends((unknown,), today=TODAY).team.take_overs_per_hour is None
    both = trends((made(0, took=(took(),)), unknown), today=TODAY).team
    assert both.take_overs == Rate(1, HOUR // 2)


def test_names_written_differently_are_one_person_even_on_one_call() -> None:
    again = MARCUS.model_copy(update={"key": "S4", "name": "marcus  WEBB", "label": "marcus  WEBB"})
    found = trends((made(0, people=(DANA, MARCUS, again)),), today=TODAY)
    assert [(trend.who, trend.calls) for trend in found.pairs] == [("Dana Reyes with marcus  WEBB", 1)]


def test_take_overs_are_per_hour_of_call_with_planned_ones_apart() -> None:
    calls = (
        made(
            0, took=(took(delay_seconds=1.0), took("S4", planned=True, kind="handed_over")), people=(DANA, MARCUS, EVA)
        ),
        made(
            1,
            took=(
                took(delay_seconds=4.0),
                took(delay_seconds=6.0),
                took(ending="customer", delay_seconds=50.0, trigger="answered"),
                took(kind="drawn_in", trigger="asked"),
            ),
        ),
    )
    found = trends(calls, today=TODAY)
    assert found.team.take_overs == Rate(4, HOUR)  # two calls of half an hour
    assert found.team.take_overs_per_hour == pytest.approx(4.0)
    assert found.team.planned == 1
    assert found.team.kinds == {"take_over": 4, "handed_over": 1, "drawn_in": 1}
    assert found.team.lasts == 25.0
    assert found.team.unasked == Share(3, 4)  # the customer's is no hand-back
    assert found.team.triggers == {"cut_in": 3, "answered": 1}
    assert found.team.endings == {"handed_back": 3, "customer": 1}
    eva = next(trend for trend in found.others if trend.who == "Eva Lind")
    assert (eva.take_overs.numerator, eva.planned) == (0, 1)


def test_weeks_when_the_range_is_short_and_months_when_it_is_long() -> None:
    short = trends((made(0), made(6), made(7)), today=TODAY).team.periods
    assert [(p.begins, p.calls) for p in short] == [(dt.date(2026, 1, 5), 2), (dt.date(2026, 1, 12), 1)]
    long = trends((made(0), made(200), made(1, date=None)), today=TODAY).team.periods
    assert [p.begins for p in long] == [dt.date(2026, 1, 1), dt.date(2026, 7, 1)]


def four(later: float, half: float) -> list[CallSummary]:
    shares = (0.9, 0.9, later, later)
    return [made(n, portion(s * 100, 100, s - half, s + half)) for n, s in enumerate(shares)]


def test_drift_is_said_only_when_its_interval_excludes_zero() -> None:
    # Each half: two calls with half-width 0.04: sqrt(2) * 4 / 200 = 0.0283; the difference: times sqrt(2) = 0.04.
    drift = trends(four(0.85, 0.04), today=TODAY).salespeople[0].drift
    assert drift is not None
    assert [drift.difference, drift.low, drift.high] == pytest.approx([-0.05, -0.09, -0.01])
    assert [trend.who for trend in drifting(trends(four(0.85, 0.04), today=TODAY))] == ["Dana Reyes"]
    assert not drifting(trends(four(0.85, 0.06), today=TODAY))


def test_nobody_drifts_by_shares_whose_error_is_not_known() -> None:
    calls = [made(n, portion(90 - 20 * n, 100)) for n in range(4)]
    assert trends(calls, today=TODAY).salespeople[0].drift is None


def test_silent_by_the_plan_or_below_the_limit_of_taking_part() -> None:
    calls = (
        made(0, people=(DANA,), silent=("Marcus Webb",)),
        made(1, team_took_part="no"),
        made(2),
        made(3, people=(DANA,)),
    )
    found = trends(calls, today=TODAY)
    assert (found.team.silent.numerator, found.team.silent.denominator) == (2, 3)
    assert not silent_others(found)  # three calls are too few to say so
    fourth = made(4, team_took_part="no")
    assert [t.who for t in silent_others(trends([*calls, fourth], today=TODAY))] == ["Marcus Webb"]


@pytest.mark.parametrize(("exceptions", "warns"), [(2, False), (3, True)])
def test_exceptions_warn_above_a_fifth_of_the_planned_calls(exceptions: int, warns: bool) -> None:
    calls = [made(n, planned=n < 10, exception="other" if n < exceptions else None) for n in range(20)]
    found = trends(calls, today=TODAY)
    assert (found.team.exceptions.denominator, found.exceptions_warn) == (10, warns)


def test_calls_are_told_apart_by_kind_of_ride_along_and_of_customer() -> None:
    calls = (
        made(0, portion(90, 100), ride_along="support", customer_is="new"),
        made(1, portion(50, 100), ride_along="co-sell", customer_is="new"),
        made(2, portion(80, 100), ride_along="co-sell"),
        made(3, planned=True),
        made(4),
    )
    found = trends(calls, today=TODAY)
    assert {trend.who: (trend.calls, trend.share.value) for trend in found.splits} == {
        "Ride-along: support": (1, pytest.approx(0.9)),
        "Ride-along: co-sell": (2, pytest.approx(0.65)),
        "New customers": (2, pytest.approx(0.7)),
    }
    assert [trend.calls for trend in found.salespeople] == [5]
    assert [(row["ride_along"], row["customer_is"]) for row in call_rows(calls)][1:4] == [
        ("co-sell", "new"),
        ("co-sell", None),
        (None, None),
    ]
    assert [row["who"] for row in trend_rows(found) if row["about"] == "split"] == [t.who for t in found.splits]


def test_who_shows_how_it_is_done_is_no_salesperson() -> None:
    found = trends((made(0), made(1, portion(88, 100), ride_along="model")), today=TODAY)
    assert (found.team.calls, found.salespeople[0].calls, found.others[0].calls, found.pairs[0].calls) == (2, 1, 1, 1)
    assert [(trend.who, trend.calls) for trend in found.splits] == [("Ride-along: model", 1)]


def test_a_later_debrief_tells_what_became_of_a_commitment() -> None:
    due = dt.date(2026, 5, 1)
    promised = [Commitment("Dana Reyes", text, due) for text in ("Ask first", "Wait", "Agree roles")]
    told = (Commitment("dana reyes", "ask  FIRST", None, kept=True), Commitment("Dana Reyes", "Wait", None, kept=False))
    calls = (made(0, commitments=tuple(promised)), made(1, people=(DANA, EVA), last_commitments=told))
    team = trends(calls, today=TODAY).team.commitments
    assert (team.kept, team.not_kept, team.open, [one.text for one in team.overdue]) == (1, 1, 1, ["Agree roles"])
    # It was told in a call without Marcus, and still it is not open in the calls with him.
    marcus = next(t for t in trends(calls, today=TODAY).others if t.who == "Marcus Webb").commitments
    assert (marcus.kept, marcus.not_kept, marcus.open) == (1, 1, 1)
    assert [one.text for one in due_soon(calls, due, due)] == ["Agree roles"]
    assert due_soon(calls, TODAY, TODAY) == []


def test_objectives_met_and_the_own_estimate_are_added_up_over_the_debriefs() -> None:
    def debriefed(number: int, own: float, *outcomes: tuple[str | None, str | None]) -> CallSummary:
        one = made(number, portion(80, 100), date=dt.date(2026, 5, number))
        objectives = tuple(
            OutcomeRecord(text=f"Objective {at}", salesperson=seller, manager=manager)  # type: ignore[arg-type]
            for at, (seller, manager) in enumerate(outcomes)
        )
        talk = NOTHING_SAID.model_copy(
            update={"held_on": "2026-05-30", "own_lead_share": own, "objectives": objectives, "manager_view": "so so"}
        )
        return summarise(one.record.model_copy(update={"talk": talk}), folder=one.folder)

    calls = [
        debriefed(1, 0.95, ("met", "in part"), ("not", None)),
        debriefed(2, 0.93),
        debriefed(3, 0.85, ("met", "met")),
        debriefed(4, 0.83, (None, "not")),
    ]
    found = trends(calls, today=TODAY).salespeople[0]
    assert (found.met["salesperson"].numerator, found.met["salesperson"].denominator) == (2, 3)
    assert (found.met["manager"].numerator, found.met["manager"].denominator) == (1, 3)
    assert found.own_view.estimates == 4
    assert found.own_view.above == pytest.approx(0.09)
    assert found.own_view.lately == pytest.approx(0.04)
    row = trend_rows(trends(calls, today=TODAY))[0]
    assert (row["objectives_met"], row["objectives_told"], row["objectives_met_manager"]) == (2, 3, 1)
    assert [one["own_lead_share"] for one in call_rows(calls)] == [0.95, 0.93, 0.85, 0.83]
    told = list(to_look_at(trends(calls, today=TODAY), calls, TODAY, str))
    assert "2 of 3 objectives met, as the salesperson sees it." in told
    own = "own estimates of the lead share differ from the measured ones by +9 points over 4 calls, lately by +4."
    assert f"Dana Reyes's {own}" in told
    assert calls[0].record.talk is not None
    assert calls[0].record.talk.manager_view is None, "the catalog keeps no one's own words"


def test_calls_to_debrief_had_somebody_along_who_was_heard() -> None:
    alone, silent = made(2, people=(DANA,)), made(3, people=(DANA,), silent=("Marcus Webb",))
    calls = (made(0), made(1, debriefed_on=TODAY), alone, silent)
    assert [call.name for call in trends(calls, today=TODAY).to_debrief] == ["call 0"]


def test_a_call_without_a_known_salesperson_is_unnamed() -> None:
    found = trends((made(0), made(1, people=(DANA.model_copy(update={"name": None}), MARCUS))), today=TODAY)
    assert (found.unnamed, found.salespeople[0].calls, found.others[0].calls) == (1, 1, 2)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_calls_does_not_matter(seed: int) -> None:
    calls = many_calls(120)
    mixed = random.Random(seed).sample(calls, len(calls))
    assert trends(mixed, today=TODAY) == trends(calls, today=TODAY)


def test_salespeople_sum_to_the_team() -> None:
    found = trends(many_calls(240), today=TODAY)
    assert sum(t.calls for t in found.salespeople) == found.team.calls == 240
    for part in ("numerator", "denominator"):
        whole = sum(getattr(t.share.share, part) for t in found.salespeople)
        assert whole == getattr(found.team.share.share, part)
        assert sum(getattr(t.take_overs, part) for t in found.salespeople) == pytest.approx(
            getattr(found.team.take_overs, part)
        )
    assert sum(p.share.share.numerator for p in found.team.periods) == found.team.share.share.numerator


def test_csv_holds_no_formula_and_reads_back() -> None:
    rows = call_rows([made(0, name='=HYPERLINK("x"),1', customer="@SUM(A1)")])
    text = as_csv(rows)
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert (read[0]["call"], read[0]["customer"]) == ('\'=HYPERLINK("x"),1', "'@SUM(A1)")
    assert (read[0]["numerator"], read[0]["debriefed_on"]) == ("90.0", "")
    assert text.count("\r\n") == 2


def test_parquet_reads_back(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    calls = many_calls(30)
    rows = [*call_rows(calls)]
    write_parquet(tmp_path / "calls.parquet", rows)
    assert parquet.read_table(tmp_path / "calls.parquet").to_pylist() == rows
    trend = trend_rows(trends(calls, today=TODAY))
    write_parquet(tmp_path / "trends.parquet", trend)
    assert parquet.read_table(tmp_path / "trends.parquet").to_pylist() == trend
    write_parquet(tmp_path / "bare.parquet", call_rows([made(0, date=None)]))
    kinds = {field.name: str(field.type) for field in parquet.read_schema(tmp_path / "bare.parquet")}
    assert (kinds["date"], kinds["exception"], kinds["take_overs"]) == ("date32[day]", "string", "int64")


def test_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="pyarrow"):
        write_parquet(tmp_path / "calls.parquet", [])
    assert not (tmp_path / "calls.parquet").exists()


def test_the_night_says_what_was_done_and_what_wants_attention() -> None:
    due = made(1, name="# <b>x</b>", took=(took(),), commitments=(Commitment("Dana Reyes", "Wait", TODAY),))
    night = NightReport(
        NOON - dt.timedelta(minutes=90),
        NOON,
        done=(due,),
        failed=(("/calls/a.wav", "no audio in it", 2, NOON),),
        quarantined=(("/calls/b.wav", "broken", NOON),),
        growing=(Path("/calls/c.wav"),),
        stopped_by="the disk is nearly full",
    )
    text = night_markdown(night, [due], today=TODAY)
    assert "1 call analysed, 0 had nothing new, **1 failed**, in 1 h 30 min." in text
    assert "| \\# \\<b\\>x\\</b\\> | Dana Reyes | yes | 90 % (87–93 %) | Marcus Webb |" in text
    assert "no audio in it (try 2; again after " in text
    assert "/calls/b.wav: broken (since 01 Jun 2026)" in text
    assert "- /calls/c.wav" in text
    assert "Stopped early: the disk is nearly full." in text
    assert "- Dana Reyes, due 01 Jun: Wait" in text
    assert "1 call still to debrief" in text


def test_the_rows_by_period_add_up_to_the_rows_of_the_whole() -> None:
    found = trends(many_calls(400), today=TODAY)
    by_period = period_rows(found)
    assert {row["about"] for row in by_period} == {"team", "salesperson", "other", "pair"}
    for whole in trend_rows(found):
        parts = [row for row in by_period if (row["about"], row["who"]) == (whole["about"], whole["who"])]
        assert len(parts) > 1
        for name in ("numerator", "denominator"):
            assert sum(row[name] for row in parts) == pytest.approx(whole[name])


def test_the_page_of_all_calls_draws_and_names_the_configured_band() -> None:
    numbers = range(0, 60, 10)
    calls = [made(number, band=Band(0.70, 0.75)) for number in numbers]
    page = index_page(calls, made_at=NOON)
    assert "Good practice is a lead share of 70 to 75 %." in page
    assert "at or above 70 %" in page
    assert "85 %" not in page.split("<script")[0]
    tall = {
        band: index_page([made(number, band=band) for number in numbers], made_at=NOON)
        for band in (Band(), Band(0.7, 0.75))
    }
    heights = [re.findall(r'class="good" x="0" width="180" y="([\d.]+)"', text)[0] for text in tall.values()]
    assert len(set(heights)) == 2


def test_every_row_is_held_against_the_bands_of_its_own_calls() -> None:
    observed, supported = Band(0.94, 0.98), Band(0.85, 0.90)
    other = DANA.model_copy(update={"name": "Priya Nair"})
    calls = [
        *(made(number, band=observed) for number in range(0, 60, 10)),
        *(made(number, band=supported, people=(other, MARCUS)) for number in range(100, 160, 10)),
    ]
    found = trends(calls, today=TODAY)
    assert {trend.who: trend.band for trend in found.salespeople} == {"Dana Reyes": observed, "Priya Nair": supported}
    # Marcus was along on both: six calls of each band, all as long, are held against the middle.
    assert (found.others[0].band.floor, found.others[0].band.ceiling) == pytest.approx((0.895, 0.94))
    page = index_page(calls, made_at=NOON)
    drawn = dict(
        re.findall(
            r'<th scope="row">(?:<a [^>]*>)?<bdi>([^<]*)</bdi>.*?class="good" x="0" width="180" y="([\d.]+)"',
            page,
            re.S,
        )
    )
    assert len({drawn["Dana Reyes"], drawn["Priya Nair"], drawn["Marcus Webb"]}) == 3
    assert "90 to 94 %, the mean of the bands of the calls." in page


def test_the_page_of_all_calls_begins_with_what_to_do_this_morning() -> None:
    promise = Commitment("Marcus Webb", "wait to be asked", dt.date(2026, 5, 20))
    later = Commitment("Dana Reyes", "send the plan", dt.date(2026, 6, 5))
    promised = made(1, commitments=(promise, later), debriefed_on=dt.date(2026, 1, 7))
    unnamed = made(2, people=(records.person("S1"), records.person("S2")))
    record = unnamed.record.model_copy(update={"lead": records.lead()})
    unnamed = unnamed.model_copy(update={"record": record})
    yesterday = made(3, date=TODAY - dt.timedelta(days=1))
    calls = [yesterday, unnamed, promised]
    found = morning(calls, trends(calls, today=TODAY), [yesterday], TODAY)
    assert found.new == (yesterday,)
    assert found.to_name == ((unnamed, 2),)
    assert [(one.text, call, late) for one, call, late in found.promises] == [
        ("wait to be asked", promised, True),
        ("send the plan", promised, False),
    ]


def test_a_long_call_counts_for_more_in_the_band_as_in_the_share() -> None:
    calls = [made(0, portion(90, 100), band=Band(0.94, 0.98)), made(1, portion(270, 300), band=Band(0.80, 0.90))]
    band = trends(calls, today=TODAY).team.band
    assert (band.floor, band.ceiling) == pytest.approx((0.835, 0.92))
