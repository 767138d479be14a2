"""Turns, talk time, shares, overlap and silence."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.talk.rates import NOTHING, Rate, Share
from analyzer.talk.turns import (
    as_turns,
    overlap,
    parts,
    renamed,
    share_of,
    silence,
    spans_by_person,
    talk_time,
    turn_at,
    within,
    without,
)
from analyzer.timeline import Span, Turn, samples, total
from tests.drawn import by, length
from tests.random_calls import RandomCall, calls, usual

SECOND = samples(1.0)


def test_a_pause_of_exactly_half_a_second_is_inside_a_turn_and_a_longer_one_is_not() -> None:
    def talk(pause: int) -> list[Turn]:
        return [Turn(Span(0, 100), "A"), Turn(Span(100 + pause, 200 + pause), "A")]

    assert spans_by_person(talk(8_000)) == {"A": (Span(0, 8_200),)}
    assert spans_by_person(talk(8_001)) == {"A": (Span(0, 100), Span(8_101, 8_201))}


def test_pieces_of_one_person_that_overlap_are_one_turn_and_count_once() -> None:
    talk = spans_by_person([Turn(Span(0, 100), "A"), Turn(Span(50, 120), "A"), Turn(Span(60, 80), "A")])
    assert talk == {"A": (Span(0, 120),)}
    assert talk_time(talk) == {"A": 120}


def test_somebody_elses_speech_does_not_break_a_turn() -> None:
    assert spans_by_person([Turn(Span(0, 100), "A"), Turn(Span(100, 150), "B"), Turn(Span(150, 200), "A")]) == {
        "A": (Span(0, 200),),
        "B": (Span(100, 150),),
    }


def test_people_come_in_order_of_first_speech() -> None:
    assert list(by("B  ==", "A   ==")) == ["B", "A"]
    assert list(by("A   ==", "B  ==")) == ["B", "A"]


def test_speakers_that_are_one_person_have_one_talk_time() -> None:
    turns = (Turn(Span(0, 100), "S1"), Turn(Span(50, 150), "S2"), Turn(Span(150, 200), "S3"))
    merged = renamed(turns, {"S1": "S1", "S2": "S1"})
    assert talk_time(spans_by_person(merged)) == {"S1": 150, "S3": 50}


def test_talk_time_and_shares_of_the_drawing_in_the_module() -> None:
    # A talks 5 s, B 3 s, one of them together.
    talk = by("A  ======    ====", "B      ======")
    assert talk_time(talk) == {"A": 5 * SECOND, "B": 3 * SECOND}
    assert share_of("A", ("A", "B"), talk) == Share(5 * SECOND, 8 * SECOND)
    assert share_of("B", ("B",), talk).value == 1.0
    assert total(overlap(talk)) == SECOND


def test_the_share_of_somebody_silent_is_nothing_of_something_and_nothing_of_nothing_is_not_known() -> None:
    assert share_of("M", ("S", "M"), by("S  ==")).value == 0.0
    assert share_of("M", ("M",), by("S  ==")).value is None


def test_a_share_among_others_alone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="must be among"):
        share_of("A", ("B",), by("A  ==", "B  =="))


def test_silence_is_what_nobody_fills() -> None:
    drawing = ("A    ==      ", "B     ==     ")
    assert silence(by(*drawing), length(*drawing)) == (Span(0, SECOND), Span(samples(2.5), samples(5.0)))
    assert silence({}, 5) == (Span(0, 5),)
    assert silence({}, 0) == ()


def test_overlap_of_three_is_counted_once() -> None:
    assert overlap(by("A  ====", "B    ====", "C   ==")) == (Span(samples(0.5), samples(2.0)),)


def test_the_turn_under_way_at_a_moment() -> None:
    talk = by("A  ==  ==")
    first, second = talk["A"]
    assert [turn_at(talk, "A", at) for at in (0, SECOND - 1, SECOND, 2 * SECOND, 3 * SECOND)] == [
        first,
        first,
        None,
        second,
        None,
    ]
    assert turn_at(talk, "no one", 0) is None


@usual
@given(calls(), st.integers(0, 10**6), st.integers(1, 10**6))
def test_parts_are_what_a_stretch_shares_with_each_turn(call: RandomCall, start: int, duration: int) -> None:
    stretch = Span(start, start + duration)
    for spans in call.by.values():
        found = list(parts(spans, stretch))
        assert [part.length for part in found] == [span.shared(stretch) for span in spans if span.meets(stretch)]
        assert all(stretch.start <= part.start and part.end <= stretch.end for part in found)


@usual
@given(calls(), calls())
def test_talk_within_stretches_and_without_them_is_all_talk(call: RandomCall, other: RandomCall) -> None:
    stretches = [turn.span for turn in other.turns]
    inside, outside = talk_time(within(call.by, stretches)), talk_time(without(call.by, stretches))
    assert list(inside) == list(outside) == list(call.by)
    assert {who: inside[who] + outside[who] for who in call.by} == talk_time(call.by)


@usual
@given(calls())
def test_shares_add_up_to_one_exactly(call: RandomCall) -> None:
    people = tuple(call.by)
    shares = [share_of(who, people, call.by) for who in people]
    if people:
        assert sum(Fraction(share.numerator, share.denominator) for share in shares) == 1


@usual
@given(calls())
def test_talk_time_counts_overlap_for_each_and_silence_for_nobody(call: RandomCall) -> None:
    talk = sum(talk_time(call.by).values())
    spoken = total(turn.span for turn in as_turns(call.by))
    quiet = total(silence(call.by, call.length))
    assert spoken + quiet == call.length
    # Everybody who talks at once beyond the first is counted in talk and not in time that is spoken in.
    assert talk - spoken >= total(overlap(call.by))
    if len(call.by) <= 2:
        assert talk - spoken == total(overlap(call.by))


@usual
@given(calls(), st.permutations("ABCDE"))
def test_other_names_change_nobodys_numbers(call: RandomCall, other: list[str]) -> None:
    name = dict(zip("ABCDE", other, strict=True))
    swapped = spans_by_person(renamed(call.turns, name))
    assert talk_time(swapped) == {name[who]: talk for who, talk in talk_time(call.by).items()}
    assert overlap(swapped) == overlap(call.by)
    for who in call.by:
        people = tuple(name[p] for p in call.by)
        assert share_of(name[who], people, swapped) == share_of(who, tuple(call.by), call.by)


@usual
@given(calls(), st.integers(1, 10**9))
def test_silence_at_the_end_changes_nothing_but_silence(call: RandomCall, more: int) -> None:
    assert total(silence(call.by, call.length + more)) == total(silence(call.by, call.length)) + more


@usual
@given(calls())
def test_bridging_twice_is_bridging_once(call: RandomCall) -> None:
    assert spans_by_person(as_turns(call.by)) == call.by


def test_rates_of_two_calls_add_both_parts_and_are_not_averaged() -> None:
    assert Share(1, 2) + Share(0, 8) == Share(1, 10)
    assert Rate(3, 60) + Rate(9, 60) == Rate(12, 120)
    assert NOTHING + Share(1, 2) == Share(1, 2)
    assert (NOTHING + NOTHING).value is None


def test_a_rate_and_a_share_are_different_things() -> None:
    with pytest.raises(TypeError):
        Rate(1, 2) + Share(1, 2)


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 2), (1, -2)])
def test_no_rate_is_negative(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Rate(numerator, denominator)


def test_no_share_is_more_than_the_whole() -> None:
    with pytest.raises(ValueError, match="more than the whole"):
        Share(3, 2)
