"""The check: two answers from an interval and a band, or one reason why there are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lead.check import LEAST_TEAM_TALK, Band, Interval, LeadShare, Verdict, answers, check
from analyzer.talk.rates import Share
from tests.random_calls import usual

ENOUGH = LEAST_TEAM_TALK


@pytest.mark.parametrize(
    ("low", "high", "led", "took_part"),
    [
        # The band is 0.85 to 0.90. Below it, in it, above it:
        (0.40, 0.60, "no", "yes"),
        (0.86, 0.89, "yes", "yes"),
        (0.95, 0.99, "yes", "no"),
        # Straddling one edge or both:
        (0.80, 0.87, "too_close", "yes"),
        (0.87, 0.93, "yes", "too_close"),
        (0.80, 0.95, "too_close", "too_close"),
        # Touching an edge: at 85 % the salesperson has led, at 90 % the others have had their tenth.
        (0.85, 0.88, "yes", "yes"),
        (0.80, 0.85, "too_close", "yes"),
        (0.87, 0.90, "yes", "yes"),
        (0.90, 0.95, "yes", "too_close"),
        (0.85, 0.90, "yes", "yes"),
        # A single point:
        (0.85, 0.85, "yes", "yes"),
        (0.90, 0.90, "yes", "yes"),
        (0.8499, 0.8499, "no", "yes"),
        (0.9001, 0.9001, "yes", "no"),
        (0.0, 0.0, "no", "yes"),
        (1.0, 1.0, "yes", "no"),
        (0.0, 1.0, "too_close", "too_close"),
    ],
)
def test_the_two_answers(low: float, high: float, led: str, took_part: str) -> None:
    verdict = answers(Interval(low, high), Band(0.85, 0.90))
    assert (verdict.led, verdict.team_took_part, verdict.reason) == (led, took_part, None)


def test_the_band_can_be_another() -> None:
    assert answers(Interval(0.70, 0.74), Band(0.70, 0.75)) == Verdict("yes", "yes")
    assert answers(Interval(0.70, 0.74)) == Verdict("no", "yes")


@usual
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_point_is_never_too_close_and_never_below_and_above_at_once(share: float, width: float) -> None:
    point = answers(Interval(share, share))
    assert "too_close" not in (point.led, point.team_took_part)
    assert (point.led, point.team_took_part) != ("no", "no")
    # A wider interval never turns one definite answer into the other.
    wide = answers(Interval(max(0.0, share - width), min(1.0, share + width)))
    assert wide.led in (point.led, "too_close")
    assert wide.team_took_part in (point.team_took_part, "too_close")


def led(interval: Interval | None = Interval(0.86, 0.89)) -> LeadShare:  # noqa: B008 - frozen
    return LeadShare("team-talk", Share(87, 100), interval)


def test_a_call_with_nothing_against_it_is_judged() -> None:
    assert check(led(), salesperson="S1", others=1, team_talk=ENOUGH) == Verdict("yes", "yes")


# Each row has everything that stands below it too: a reason outranks those after it.
REASONS = [
    ("salesperson_unknown", {"salesperson": None, "others": 0, "team_talk": 0, "exception": True}),
    ("nobody_else_from_the_team", {"salesperson": "S1", "others": 0, "team_talk": 0, "exception": True}),
    ("exception_declared", {"salesperson": "S1", "others": 1, "team_talk": 0, "exception": True}),
    ("too_little_team_talk", {"salesperson": "S1", "others": 1, "team_talk": ENOUGH - 1, "exception": False}),
]


@pytest.mark.parametrize(("reason", "known"), REASONS, ids=[reason for reason, _ in REASONS])
def test_a_call_is_not_judged_for_the_first_of_its_reasons(reason: str, known: dict[str, object]) -> None:
    assert check(led(), **known) == Verdict("not_judged", "not_judged", reason)  # type: ignore[arg-type]


def test_each_reason_is_enough_alone() -> None:
    def reason(
        salesperson: str | None = "S1", others: int = 1, exception: bool = False, talk: int = ENOUGH
    ) -> str | None:
        return check(led(), salesperson=salesperson, others=others, exception=exception, team_talk=talk).reason

    assert reason() is None
    assert reason(salesperson=None) == "salesperson_unknown"
    assert reason(others=0) == "nobody_else_from_the_team"
    assert reason(exception=True) == "exception_declared"
    assert reason(talk=ENOUGH - 1) == "too_little_team_talk"


def test_a_minute_of_team_talk_is_enough() -> None:
    assert check(led(), salesperson="S1", others=1, team_talk=60 * 16_000).led == "yes"
    assert check(led(), salesperson="S1", others=1, team_talk=60 * 16_000 - 1).led == "not_judged"


def test_a_share_without_an_interval_is_not_judged() -> None:
    assert check(led(None), salesperson="S1", others=1, team_talk=ENOUGH).led == "not_judged"
    assert check(None, salesperson="S1", others=1, team_talk=ENOUGH).reason == "salesperson_unknown"


def test_others_who_say_nothing_did_not_take_part() -> None:
    silent = LeadShare("team-talk", Share(ENOUGH, ENOUGH), Interval(1.0, 1.0))
    assert check(silent, salesperson="S1", others=1, team_talk=ENOUGH) == Verdict("yes", "no")


@pytest.mark.parametrize(("floor", "ceiling"), [(0.9, 0.8), (0.0, 0.5), (0.5, 1.0), (-0.1, 0.5)])
def test_a_band_lies_between_0_and_1_and_the_right_way_up(floor: float, ceiling: float) -> None:
    with pytest.raises(ValueError, match="a band needs"):
        Band(floor, ceiling)


@pytest.mark.parametrize(("low", "high"), [(0.6, 0.5), (-0.1, 0.5), (0.5, 1.1)])
def test_an_interval_lies_within_0_and_1_and_the_right_way_up(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="an interval needs"):
        Interval(low, high)


@pytest.mark.parametrize(
    ("led", "took_part", "reason"),
    [
        ("not_judged", "not_judged", None),
        ("yes", "yes", "salesperson_unknown"),
        ("not_judged", "yes", "salesperson_unknown"),
        ("yes", "not_judged", None),
    ],
)
def test_a_verdict_cannot_contradict_itself(led: str, took_part: str, reason: str | None) -> None:
    with pytest.raises(ValueError, match="not judged for a reason"):
        Verdict(led, took_part, reason)  # type: ignore[arg-type]
