"""The interval of a lead share, worked by hand and by what must hold on every call; and the doubts it is made of."""

from __future__ import annotations

import math
import time
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lead.check import Interval
from analyzer.lead.doubts import UNTOLD, TurnDoubt, turn_doubts, voice_distances
from analyzer.lead.interval import lead_interval, lead_spread, talk_interval, talk_spread
from analyzer.lead.scale import SCALE, Spread
from analyzer.lead.stretches import lead_time
from analyzer.speech.recognition import Diarization, TurnEvidence, Voice
from analyzer.talk.floor import floor
from analyzer.talk.turns import By, share_of, spans_by_person
from analyzer.timeline import Span, Turn, samples
from tests.random_calls import RandomCall, calls, usual


def span(start: float, end: float) -> Span:
    return Span(samples(start), samples(end))


def talk(by: By, doubts: tuple[TurnDoubt, ...] = ()) -> float:
    """How far off S's share of what S and M say is, in log-odds, before it is scaled."""
    spread = talk_spread("S", ("S", "M"), by, doubts)
    assert spread is not None
    assert spread.log_odds
    return spread.off


def led(by: By, length: float, outside: tuple[Span, ...] = ()) -> Spread:
    spread = lead_spread("S", ("S", "M"), by, floor(by), samples(length), outside)
    assert spread is not None
    return spread


EIGHTY_TWENTY: By = {"S": (span(0, 80),), "M": (span(80, 100),)}


def test_turns_that_are_known_are_off_by_their_edges_and_a_word_or_two() -> None:
    assert talk(EIGHTY_TWENTY) == pytest.approx(math.hypot(0.65 / 80, 1 / 80, 0.65 / 20, 1 / 20))


def test_more_turns_of_the_same_length_are_less_sure() -> None:
    # The edges of four turns of 20 s are off by twice as much as those of one.
    four = {"S": tuple(span(a, a + 20) for a in (0, 21, 42, 63)), "M": (span(84, 104),)}
    assert talk(four) == pytest.approx(math.hypot(2 * 0.65 / 80, 1 / 80, 0.65 / 20, 1 / 20))


def test_what_the_network_is_unsure_of_widens_the_interval() -> None:
    # Half of M's 20 s: 0.52 * 10 = 5.2 s, 0.65 s and 1 s, of 20.
    unsure = talk(EIGHTY_TWENTY, (TurnDoubt("M", span(80, 100), unsure=0.5),))
    assert unsure == pytest.approx(math.hypot(0.65 / 80, 1 / 80, 5.2 / 20, 0.65 / 20, 1 / 20))


def test_somebody_who_was_not_heard_may_have_said_a_little() -> None:
    alone: By = {"S": (span(0, 100),)}
    for who, share in (("S", 1.0), ("M", 0.0)):
        spread, found = (what(who, ("S", "M"), alone) for what in (talk_spread, talk_interval))
        assert spread == Spread(share, pytest.approx(math.hypot(0.65, 1) / 100))
        assert isinstance(found, Interval)
        assert found.low < found.high
    assert talk_spread("S", ("S", "M"), {}) is None


def test_the_interval_is_the_spread_times_the_scale_in_use() -> None:
    spread, found = (what("S", ("S", "M"), EIGHTY_TWENTY) for what in (talk_spread, talk_interval))
    assert isinstance(spread, Spread)
    assert found == spread.interval(SCALE.talk)
    whole = (EIGHTY_TWENTY, floor(EIGHTY_TWENTY), samples(100))
    spread, found = (what("S", ("S", "M"), *whole) for what in (lead_spread, lead_interval))
    assert isinstance(spread, Spread)
    assert found == spread.interval(SCALE.lead_time)


def test_a_clear_take_over_moves_the_lead_time_by_the_rest_alone() -> None:
    # S has the lead for 60 s of 100.
    by: By = {"S": (span(0, 60),), "M": (span(60, 90),)}
    spread = led(by, 100)
    assert spread.share == pytest.approx(0.6)
    assert spread.off == pytest.approx(0.02)


def test_a_floor_of_just_three_seconds_may_or_may_not_pass_the_lead() -> None:
    # Counted as passed, at even odds: then M has the lead from 60 s on, and otherwise S to the end: 0.4 or nothing off.
    by: By = {"S": (span(0, 60),), "M": (span(60, 63),), "C": (span(63, 100),)}
    spread = led(by, 100)
    assert spread.share == pytest.approx(0.6)
    assert spread.off == pytest.approx(math.sqrt(0.5 * 0.4**2) + 0.02)


def test_two_floors_add_up_to_one_that_may_or_may_not_pass_the_lead() -> None:
    # As above: 1.5 s and 1.5 s, and the customer between them.
    by: By = {"S": (span(0, 60),), "M": (span(60, 61.5), span(70, 71.5)), "C": (span(61.5, 70), span(71.5, 100))}
    together = led(by, 100).off
    assert together == pytest.approx(math.sqrt(0.5 * 0.4**2) + 0.02)
    # With a word of S between them it is unlikely that either passes it.
    apart: By = {"S": (span(0, 60), span(65, 67)), "M": by["M"], "C": (span(61.5, 65), span(67, 70), span(71.5, 100))}
    assert led(apart, 100).off < 0.2 * together


def test_two_doubtful_floors_are_worked_out_together() -> None:
    # M's two floors of 3 s, and S's clear one between: each may have passed the lead, or not, for 10 s and for 27.
    by: By = {"S": (span(0, 60), span(70, 80)), "M": (span(60, 63), span(80, 83)), "C": (span(63, 70), span(83, 107))}
    spread = led(by, 107)
    off = [first * 10 + second * 27 for first in (0, 1) for second in (0, 1)]  # all four are equally likely
    assert spread.share == pytest.approx(70 / 107)
    expected = math.sqrt(sum(x**2 for x in off) / 4) / 107
    assert spread.off == pytest.approx(expected + 0.02)


def test_a_silence_counts_for_nobody_in_the_interval_either() -> None:
    by: By = {"S": (span(0, 60),), "M": (span(60, 90),)}
    assert led(by, 1000) == led(by, 90)


def test_a_floor_just_short_of_three_seconds_may_have_passed_the_lead() -> None:
    by: By = {"S": (span(0, 60),), "M": (span(60, 62.5),), "C": (span(62.5, 100),)}
    chance = NormalDist(0, 0.6).cdf(-0.5)
    assert led(by, 100).off == pytest.approx(math.sqrt(chance * 0.4**2) + 0.02)


def test_planned_hand_overs_are_left_out_of_the_lead_time() -> None:
    by: By = {"S": (span(0, 60),), "M": (span(60, 90),)}
    spread = led(by, 100, outside=(span(60, 100),))
    assert spread.share == 1
    assert spread.off < 0.03


def test_nobody_in_the_lead_has_no_interval() -> None:
    by: By = {"C": (span(2, 50),)}
    assert lead_interval("S", ("S",), by, floor(by), samples(50)) is None
    by = {"S": (span(0, 60),), "M": (span(60, 70),)}
    everything = (span(0, 100),)
    assert lead_interval("S", ("S", "M"), by, floor(by), samples(100), everything) is None


def test_an_hour_takes_no_time() -> None:
    people = ("S", "C", "M")
    turns = [Turn(span(i * 3.0, i * 3.0 + 2.9 + i % 4), people[i * i % 7 % 3]) for i in range(1200)]
    doubts = tuple(TurnDoubt(t.who, t.span, 0.1) for t in turns)
    by = spans_by_person(turns)
    held = floor(by)
    began = time.process_time()
    talk_interval("S", people, by, doubts)
    talk_interval("S", ("S", "M"), by, doubts)
    lead_interval("S", ("S", "M"), by, held, samples(3610))
    assert time.process_time() - began < 0.6  # 0.03 s on a quiet machine


def doubts_of(call: RandomCall, unsure: float) -> tuple[TurnDoubt, ...]:
    return tuple(TurnDoubt(turn.who, turn.span, unsure) for turn in call.turns)


PARTS = st.floats(0, 0.5)


@usual
@given(calls(least=1), PARTS)
def test_every_interval_holds_its_share_and_stays_a_share(call: RandomCall, unsure: float) -> None:
    by, doubts = call.by, doubts_of(call, unsure)
    for among in (call.team, tuple(by)):
        found, value = talk_interval("A", among, by, doubts), share_of("A", among, by).value
        assert found is not None
        assert value is not None
        assert 0 <= found.low <= value <= found.high <= 1
        assert found.low < found.high
    held = floor(by)
    lead = lead_interval("A", call.team, by, held, call.length)
    value = lead_time(held, call.team, by, call.length).share("A").value
    assert (lead is None) == (value is None)
    if lead is not None and value is not None:
        assert 0 <= lead.low <= value <= lead.high <= 1
        assert lead.low < lead.high


@usual
@given(calls(least=1), PARTS)
def test_the_other_of_two_has_the_mirror_image(call: RandomCall, unsure: float) -> None:
    by, doubts = call.by, doubts_of(call, unsure)
    one, other = talk_interval("A", ("A", "B"), by, doubts), talk_interval("B", ("A", "B"), by, doubts)
    assert one is not None
    assert other is not None
    assert math.isclose(one.low, 1 - other.high, abs_tol=1e-9)
    assert math.isclose(one.high, 1 - other.low, abs_tol=1e-9)
    held = floor(by)
    mine, theirs = (lead_interval(who, ("A", "B"), by, held, call.length) for who in "AB")
    if mine is not None and theirs is not None:
        assert math.isclose(mine.low, 1 - theirs.high, abs_tol=1e-6)
        assert math.isclose(mine.high, 1 - theirs.low, abs_tol=1e-6)


@usual
@given(calls(least=1), PARTS, PARTS)
def test_more_doubt_never_makes_it_narrower(call: RandomCall, unsure: float, more: float) -> None:
    before = talk_interval("A", call.team, call.by, doubts_of(call, unsure))
    after = talk_interval("A", call.team, call.by, doubts_of(call, unsure + more))
    assert before is not None
    assert after is not None
    assert after.low <= before.low + 1e-12
    assert after.high >= before.high - 1e-12


@usual
@given(calls(least=1), PARTS)
def test_twice_the_same_call_is_surer(call: RandomCall, unsure: float) -> None:
    twice = RandomCall(
        (*call.turns, *(Turn(t.span.shifted(call.length + 10**6), t.who) for t in call.turns)), 2 * call.length + 10**6
    )
    once, both = (talk_interval("A", ("A", "B"), c.by, doubts_of(c, unsure)) for c in (call, twice))
    assert once is not None
    assert both is not None
    assert once.low <= both.low <= both.high <= once.high
    if once.high - once.low < 0.9:
        assert both.high - both.low < once.high - once.low


def found(evidence: tuple[TurnEvidence, ...], voices: tuple[Voice, ...] = ()) -> Diarization:
    turns = (Turn(span(0, 5), "S1"), Turn(span(5, 10), "S2"), Turn(span(10, 15), "S3"))
    return Diarization(turns, turns, voices, evidence)


def test_evidence_becomes_the_doubt_about_a_persons_turn() -> None:
    evidence = (TurnEvidence(0.0, "S2", 0.9), TurnEvidence(None, None, 1.0), TurnEvidence(0.5, "S1", None))
    assert turn_doubts(found(evidence), {"S1": "Ann"}) == (
        TurnDoubt("Ann", span(0, 5), 1 - 0.9),
        TurnDoubt("S2", span(5, 10), 0.0),
        TurnDoubt("S3", span(10, 15), UNTOLD),
    )


def test_a_diarizer_without_evidence_leaves_every_turn_a_little_unsure() -> None:
    assert [doubt.unsure for doubt in turn_doubts(found(()), {})] == [UNTOLD] * 3


# S1 and S2 are 1 - 0.6 = 0.4 apart, S3 is at right angles to S1 and 1 - 0.8 = 0.2 from S2.
VOICES = (Voice("S1", (1.0, 0.0)), Voice("S2", (0.6, 0.8)), Voice("S3", (0.0, 1.0)))


def test_how_far_apart_two_voices_are() -> None:
    apart = voice_distances(found((), VOICES), {})
    assert apart == {
        ("S1", "S2"): pytest.approx(0.4),
        ("S1", "S3"): pytest.approx(1.0),
        ("S2", "S3"): pytest.approx(0.2),
    }
    # S1 and S3 are Ann: Ann and S2 are as far apart as the nearest two of their voices.
    assert voice_distances(found((), VOICES), {"S1": "Ann", "S3": "Ann"}) == {("Ann", "S2"): pytest.approx(0.2)}
    assert voice_distances(found((), (Voice("S1"), Voice("S2"))), {}) == {}


def test_a_doubt_is_a_part() -> None:
    for wrong in (1.1, -0.1):
        with pytest.raises(ValueError, match="lies between"):
            TurnDoubt("S", span(0, 1), wrong)
