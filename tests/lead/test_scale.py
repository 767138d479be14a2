"""The scale of the intervals: spreads worked by hand, and split-conformal prediction that holds its promise."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lead.scale import LEVEL, SCALE, Scale, Spread, fitted, read_scale, written
from tests.random_calls import usual


def test_a_spread_of_shares_is_scaled_and_cut_off_at_0_and_1() -> None:
    spread = Spread(0.8, 0.1)
    assert (spread.interval(1).low, spread.interval(1).high) == (pytest.approx(0.7), pytest.approx(0.9))
    assert (spread.interval(3).low, spread.interval(3).high) == (pytest.approx(0.5), 1.0)


def test_a_spread_of_log_odds_never_reaches_0_or_1() -> None:
    # The odds of 0.8 are 4; half and twice that are 2 and 8.
    found = Spread(0.8, math.log(2), log_odds=True).interval(1)
    assert (found.low, found.high) == (pytest.approx(2 / 3), pytest.approx(8 / 9))
    far = Spread(0.8, 1.0, log_odds=True).interval(30)
    assert 0 < far.low < 1e-12 < 1 - 1e-12 < far.high < 1


def test_what_a_case_needs_is_the_scale_at_which_its_interval_just_holds_the_truth() -> None:
    assert Spread(0.8, 0.05).needed(0.7) == pytest.approx(2)
    assert Spread(0.8, 0.05).needed(0.81) == pytest.approx(0.2)
    assert Spread(0.8, math.log(2), log_odds=True).needed(16 / 17) == pytest.approx(2)
    assert Spread(0.8, 0.05).needed(0.8) == 0
    assert Spread(0.8, 1.0, log_odds=True).needed(1.0) == math.inf


PART = st.floats(0.01, 0.99)


@usual
@given(PART, st.floats(0.001, 2), st.booleans(), PART, st.floats(0.01, 5))
def test_an_interval_holds_the_truth_when_it_is_scaled_by_what_the_case_needs(
    share: float, off: float, log_odds: bool, true: float, scale: float
) -> None:
    spread = Spread(share, off, log_odds)
    found, needed = spread.interval(scale), spread.needed(true)
    assert 0 <= found.low <= share <= found.high <= 1
    assert found.low < found.high
    if abs(needed - scale) > 1e-6:
        assert (found.low <= true <= found.high) == (needed < scale)


def test_the_scale_is_the_quantile_of_what_the_calls_need() -> None:
    # 19 calls with one case each and one to come: 18 of 20 are nine tenths.
    assert fitted((f"call {i}", float(i)) for i in range(1, 20)) == 18
    # Cases of one call share its weight: those of the worst call are still one call in twenty.
    many = [(f"call {i}", float(i)) for i in range(1, 19)] + [("call 19", 100.0)] * 50
    assert fitted(many) == 18
    # Half of the cases of one call: 17 calls and a half are not enough, the other half's 30 is.
    half = [(f"call {i}", 1.0) for i in range(17)] + [("x", 2.0), ("x", 30.0), ("y", 40.0)]
    assert fitted(half) == 30


def test_too_few_calls_promise_nothing() -> None:
    assert fitted([(f"call {i}", 1.0) for i in range(8)] * 100) == math.inf
    assert fitted((f"call {i}", 1.0) for i in range(9)) == 1.0
    assert fitted([]) == math.inf


def test_it_holds_nine_times_out_of_ten_however_the_cases_of_a_call_fail_together() -> None:
    chance = random.Random(15)

    def calls(number: int) -> list[tuple[str, float]]:
        made = []
        for call in range(number):
            quality, cases = chance.lognormvariate(0, 1), chance.choice((1, 6, 20))
            made += [(f"{call}", quality * abs(chance.gauss(0, 1))) for _ in range(cases)]
        return made

    held = 0
    for _ in range(400):
        scale, unseen = fitted(calls(60)), calls(1)
        held += chance.choice(unseen)[1] <= scale
    # 400 tries: 1.5 points either way are one standard deviation; what is promised is at least 0.9.
    assert LEVEL - 0.045 <= held / 400 <= 0.96


def test_a_scale_is_read_as_it_is_written() -> None:
    scale = Scale(1.25, 0.75, "2026-11-26", "segmentation-3.0 + campplus", "0.1.0", 120, 2400)
    assert read_scale(written(scale)) == scale
    for wrong in ("talk = 1.0", written(scale).replace("1.25", "0"), written(scale) + "more = 1"):
        with pytest.raises((TypeError, ValueError)):
            read_scale(wrong)


def test_the_scale_in_use_was_fitted_to_enough_calls() -> None:
    assert SCALE.calls >= 40
    assert SCALE.diarizer == "segmentation-3.0 + campplus"
