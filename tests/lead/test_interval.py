"""The interval of a lead share, worked by hand and by what must hold on every call; and the doubts it is made of."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lead.check import Interval
from analyzer.lead.doubts import CLOSE, UNTOLD, TurnDoubt, turn_doubts, voice_distances
from analyzer.lead.interval import lead_interval, talk_interval
from analyzer.lead.stretches import lead_time
from analyzer.speech.recognition import Diarization, TurnEvidence, Voice
from analyzer.talk.floor import floor
from analyzer.talk.turns import By, share_of, spans_by_person
from analyzer.timeline import Span, Turn, samples
from tests.random_calls import RandomCall, calls, usual


def span(start: float, end: float) -> Span:
    return Span(samples(start), samples(end))


def talk(by: By, doubts: tuple[TurnDoubt, ...] = (), who: str = "S", among: tuple[str, ...] = ("S", "M")) -> Interval:
    found = talk_interval(who, among, by, doubts)
    assert found is not None
    return found


def led(by: By, length: float, doubts: tuple[TurnDoubt, ...] = (), outside: tuple[Span, ...] = ()) -> Interval:
    found = lead_interval("S", ("S", "M"), by, floor(by), samples(length), doubts, outside)
    assert found is not None
    return found


def close(found: Interval, low: float, high: float, off: float = 0.0005) -> bool:
    return abs(found.low - low) < off and abs(found.high - high) < off


EIGHTY_TWENTY: By = {"S": (span(0, 80),), "M": (span(80, 100),)}


def test_turns_that_are_known_are_off_by_their_edges_alone() -> None:
    # 0.65 s each: 0.65 * sqrt(1/80² + 1/20²) * 1.645 = 0.0551 on the log-odds of 80 to 20, which are 1.3863.
    assert close(talk(EIGHTY_TWENTY), 0.7910, 0.8086)


def test_more_turns_of_the_same_length_are_less_sure() -> None:
    # Four turns of 20 s: 0.65 * sqrt(4/80² + 1/20²) * 1.645 = 0.0598.
    four = {"S": tuple(span(a, a + 20) for a in (0, 21, 42, 63)), "M": (span(84, 104),)}
    assert close(talk(four), 0.7902, 0.8094)


def test_what_the_network_is_unsure_of_widens_the_interval() -> None:
    # Half of M's 20 s: 0.52 * 10 = 5.2 s and 0.65 s, of 20; with S's 0.65 of 80: 0.2621 * 1.645 = 0.4312.
    assert close(talk(EIGHTY_TWENTY, (TurnDoubt("M", span(80, 100), unsure=0.5),)), 0.7222, 0.8603)


def test_a_turn_that_may_be_somebody_elses_moves_all_of_its_length() -> None:
    # With a probability of 0.01 M's 20 s are not hers: sqrt(0.01) * 20 = 2 s, and the edges: 0.1055 * 1.645 = 0.1735.
    assert close(talk(EIGHTY_TWENTY, (TurnDoubt("M", span(80, 100), wrong=0.01),)), 0.7708, 0.8264)


def test_what_lies_under_other_peoples_overlap_may_have_been_missed() -> None:
    # S and C talk at once for 40 s: M may have talked there too. 0.19 * 40 = 7.6 s of 20: 0.3815 * 1.645 = 0.6275.
    by: By = {"S": (span(0, 80),), "C": (span(40, 80),), "M": (span(80, 100),)}
    assert close(talk(by), 0.6811, 0.8823)


def test_somebody_who_was_not_heard_may_have_said_a_little() -> None:
    alone: By = {"S": (span(0, 100),)}
    assert close(talk(alone), 1 - 1.645 * 0.65 / 100, 1.0)
    assert close(talk(alone, who="M"), 0.0, 1.645 * 0.65 / 100)
    assert talk_interval("S", ("S", "M"), {}, ()) is None


def test_a_clear_take_over_moves_the_lead_time_by_its_edges() -> None:
    # S has the lead for 60 s of 100; two stretches: 1.645 * 0.65 * sqrt(2) / 100.
    by: By = {"S": (span(0, 60),), "M": (span(60, 90),)}
    assert close(led(by, 100), 0.6 - 0.0151, 0.6 + 0.0151)


def test_a_floor_of_just_three_seconds_may_or_may_not_pass_the_lead() -> None:
    # Counted as passed, at even odds: then M has the lead from 60 s on, and otherwise S to the end.
    by: By = {"S": (span(0, 60),), "M": (span(60, 63),), "C": (span(63, 100),)}
    assert close(led(by, 100), 0.6 - 0.0151, 1.0)


def test_two_floors_add_up_to_one_that_may_or_may_not_pass_the_lead() -> None:
    # As above: 1.5 s and 1.5 s, and the customer between them.
    by: By = {"S": (span(0, 60),), "M": (span(60, 61.5), span(70, 71.5)), "C": (span(61.5, 70), span(71.5, 100))}
    assert close(led(by, 100), 0.6 - 0.0151, 1.0)
    # With a word of S between them neither passes it.
    apart: By = {"S": (span(0, 60), span(65, 67)), "M": by["M"], "C": (span(61.5, 65), span(67, 70), span(71.5, 100))}
    assert led(apart, 100).low > 0.98


def test_a_silence_counts_for_nobody_in_the_interval_either() -> None:
    by: By = {"S": (span(0, 60),), "M": (span(60, 90),)}
    assert led(by, 1000) == led(by, 90)


def test_a_floor_just_short_of_three_seconds_may_have_passed_the_lead() -> None:
    by: By = {"S": (span(0, 60),), "M": (span(60, 62.5),), "C": (span(62.5, 100),)}
    assert close(led(by, 100), 0.6 - 0.0107, 1.0)


def test_a_take_over_by_a_doubtful_voice_may_be_none() -> None:
    by: By = {"S": (span(0, 60),), "M": (span(62.5, 92.5),)}
    doubt = TurnDoubt("M", span(62.5, 92.5), wrong=0.2, instead="S")
    assert led(by, 100).high < 0.65
    assert led(by, 100, (doubt,)).high == 1.0
    assert led(by, 100, (replace(doubt, instead=None),)).high == 1.0
    assert led(by, 100, (replace(doubt, wrong=0.04),)).high < 0.65  # within the 5 % that an end may miss


def test_a_customers_turn_that_may_be_the_managers_may_have_been_a_take_over() -> None:
    by: By = {"S": (span(0, 60),), "C": (span(60.5, 80),), "M": (span(98, 99),)}
    doubt = TurnDoubt("C", span(60.5, 80), wrong=0.2, instead="M")
    assert led(by, 100).low > 0.98
    assert 0.57 < led(by, 100, (doubt,)).low < 0.61


def test_planned_hand_overs_are_left_out_of_the_lead_time() -> None:
    by: By = {"S": (span(0, 60),), "M": (span(60, 90),)}
    assert led(by, 100, outside=(span(60, 100),)).high == 1.0
    assert led(by, 100, outside=(span(60, 100),)).low > 0.97


def test_nobody_in_the_lead_has_no_interval() -> None:
    by: By = {"C": (span(2, 50),)}
    assert lead_interval("S", ("S",), by, floor(by), samples(50)) is None
    by = {"S": (span(0, 60),), "M": (span(60, 70),)}
    everything = (span(0, 100),)
    assert lead_interval("S", ("S", "M"), by, floor(by), samples(100), (), everything) is None


def test_an_hour_takes_no_time() -> None:
    people = ("S", "C", "M")
    turns = [Turn(span(i * 3.0, i * 3.0 + 2.9 + i % 4), people[i * i % 7 % 3]) for i in range(1200)]
    doubts = tuple(TurnDoubt(t.who, t.span, 0.02, 0.1, "M" if t.who == "S" else "S") for t in turns)
    by = spans_by_person(turns)
    held = floor(by)
    began = time.process_time()
    talk_interval("S", people, by, doubts)
    talk_interval("S", ("S", "M"), by, doubts)
    lead_interval("S", ("S", "M"), by, held, samples(3610), doubts)
    assert time.process_time() - began < 0.6  # 0.03 s on a quiet machine


def doubts_of(call: RandomCall, wrong: float, unsure: float) -> tuple[TurnDoubt, ...]:
    return tuple(TurnDoubt(turn.who, turn.span, wrong, unsure, "B" if turn.who == "A" else "A") for turn in call.turns)


PARTS = st.floats(0, 0.5)


@usual
@given(calls(least=1), PARTS, PARTS)
def test_every_interval_holds_its_share_and_stays_a_share(call: RandomCall, wrong: float, unsure: float) -> None:
    by, doubts = call.by, doubts_of(call, wrong, unsure)
    for among in (call.team, tuple(by)):
        found, value = talk_interval("A", among, by, doubts), share_of("A", among, by).value
        assert found is not None
        assert value is not None
        assert 0 <= found.low <= value <= found.high <= 1
        assert found.low < found.high
    held = floor(by)
    lead = lead_interval("A", call.team, by, held, call.length, doubts)
    value = lead_time(held, call.team, by, call.length).share("A").value
    assert (lead is None) == (value is None)
    if lead is not None and value is not None:
        assert 0 <= lead.low <= value <= lead.high <= 1


@usual
@given(calls(least=1), PARTS, PARTS)
def test_the_other_of_two_has_the_mirror_image(call: RandomCall, wrong: float, unsure: float) -> None:
    by, doubts = call.by, doubts_of(call, wrong, unsure)
    one, other = talk_interval("A", ("A", "B"), by, doubts), talk_interval("B", ("A", "B"), by, doubts)
    assert one is not None
    assert other is not None
    assert math.isclose(one.low, 1 - other.high, abs_tol=1e-9)
    assert math.isclose(one.high, 1 - other.low, abs_tol=1e-9)
    held = floor(by)
    mine, theirs = (lead_interval(who, ("A", "B"), by, held, call.length, doubts) for who in "AB")
    if mine is not None and theirs is not None:
        assert math.isclose(mine.low, 1 - theirs.high, abs_tol=0.003)  # a step of the 400
        assert math.isclose(mine.high, 1 - theirs.low, abs_tol=0.003)


@usual
@given(calls(least=1), PARTS, PARTS, st.floats(0, 0.5), st.floats(0, 0.5))
def test_more_doubt_never_makes_it_narrower(
    call: RandomCall, wrong: float, unsure: float, more: float, yet_more: float
) -> None:
    before = talk_interval("A", call.team, call.by, doubts_of(call, wrong, unsure))
    after = talk_interval("A", call.team, call.by, doubts_of(call, wrong + more, unsure + yet_more))
    assert before is not None
    assert after is not None
    assert after.low <= before.low + 1e-12
    assert after.high >= before.high - 1e-12


@usual
@given(calls(least=1), PARTS, PARTS)
def test_twice_the_same_call_is_surer(call: RandomCall, wrong: float, unsure: float) -> None:
    twice = RandomCall(
        (*call.turns, *(Turn(t.span.shifted(call.length + 10**6), t.who) for t in call.turns)), 2 * call.length + 10**6
    )
    once, both = (talk_interval("A", ("A", "B"), c.by, doubts_of(c, wrong, unsure)) for c in (call, twice))
    assert once is not None
    assert both is not None
    assert once.low <= both.low <= both.high <= once.high
    if once.high - once.low < 0.9:
        assert both.high - both.low < once.high - once.low


def found(evidence: tuple[TurnEvidence, ...], voices: tuple[Voice, ...] = ()) -> Diarization:
    turns = (Turn(span(0, 5), "S1"), Turn(span(5, 10), "S2"), Turn(span(10, 15), "S3"))
    return Diarization(turns, turns, voices, evidence)


def test_evidence_becomes_the_doubt_about_a_persons_turn() -> None:
    doubts = turn_doubts(
        found((TurnEvidence(0.0, "S2", 0.9), TurnEvidence(None, None, 1.0), TurnEvidence(0.5, "S1", None))),
        {"S1": "S1", "S2": "S2", "S3": "S3"},
    )
    assert doubts == (
        TurnDoubt("S1", span(0, 5), 0.5, 1 - 0.9, "S2"),
        TurnDoubt("S2", span(5, 10), 0.0, 0.0, None),
        TurnDoubt("S3", span(10, 15), 1 / (1 + math.exp(4.25)), UNTOLD, "S1"),
    )


def test_a_rival_who_is_the_same_person_is_none() -> None:
    evidence = (TurnEvidence(-0.2, "S3", 0.8), TurnEvidence(0.1, "S3", 1.0), TurnEvidence(0.3, "S1", 1.0))
    doubts = turn_doubts(found(evidence), {"S1": "S1", "S2": "S2", "S3": "S1"})
    assert doubts[0] == TurnDoubt("S1", span(0, 5), 0.0, 1 - 0.8, None)
    assert doubts[1].instead == "S1"
    assert (doubts[2].who, doubts[2].wrong) == ("S1", 0.0)


def test_a_diarizer_without_evidence_leaves_every_turn_a_little_unsure() -> None:
    assert [(d.wrong, d.unsure) for d in turn_doubts(found(()), {})] == [(0.0, UNTOLD)] * 3


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


def test_close_voices_count_for_more() -> None:
    evidence = (TurnEvidence(None, None, 0.9),) * 3
    assert [d.unsure for d in turn_doubts(found(evidence, VOICES), {})] == [
        pytest.approx(0.1 * CLOSE / 0.4),
        pytest.approx(0.2),  # 0.7 / 0.2 would be 3.5 times; at most it is twice
        pytest.approx(0.2),
    ]


def test_a_doubt_is_a_probability_about_somebody_else() -> None:
    for wrong in ({"wrong": 1.1}, {"unsure": -0.1}, {"instead": "S"}):
        with pytest.raises(ValueError, match=r"lie between|somebody else"):
            TurnDoubt("S", span(0, 1), **wrong)
