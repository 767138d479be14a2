"""Conversation measures per person and of the call."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.talk.floor import floor
from analyzer.talk.measures import (
    FILLERS,
    HOUR,
    MINUTE,
    Interruption,
    answer_pauses,
    count_fillers,
    interruptions,
    longest_monologue,
    measure_call,
    measure_people,
)
from analyzer.talk.rates import Rate, Share
from analyzer.talk.turns import renamed, spans_by_person, talk_time
from analyzer.talk.words import UNKNOWN
from analyzer.timeline import Span, Turn, Word, samples
from tests.drawn import by, length, owned
from tests.random_calls import RandomCall, calls, usual


def span(start: float, end: float) -> Span:
    return Span(samples(start), samples(end))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("A  ====",), span(0, 2)),
        (("A  ===     ===",), span(0, 5.5)),  # a pause of 2.5 s goes on
        (("A  ===      ====",), span(4.5, 6.5)),  # one of 3 s ends it
        (("A  ===    ======", "B     ==="), span(3.5, 6.5)),  # somebody else's floor ends it
        (("A  ===  =====", "B     =="), span(0, 5)),  # a backchannel does not
        (("A  ======   ===", "B    ========"), span(0, 3)),  # what is said in somebody else's floor is not theirs
        (("A  ===       ===",), span(0, 1.5)),  # of two as long the first
        (("B  ==",), None),
    ],
)
def test_the_longest_monologue(lines: tuple[str, ...], expected: Span | None) -> None:
    assert longest_monologue("A", floor(by(*lines))) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # The drawing in the docstring: B talks over A's last second, A stops, B goes on.
        (("A  ==========", "B          ======"), [("B", "A", 4.0, 1.0)]),
        (("A  ==========", "B           ====="), [("B", "A", 4.5, 0.5)]),  # exactly 0.5 s together
        (("A  ==========", "B            ===="), []),  # touching is no overlap
        (("A  ==========", "B        ======="), [("B", "A", 3.0, 2.0)]),  # A stops exactly 2 s after B began
        (("A  ==========", "B       ========"), []),  # A talks on for 2.5 s
        (("A  ==========", "B        ==="), []),  # B stops first
        (("A  ==========", "B        ===="), []),  # B stops with A
        (("A  ==========  ==", "B           =="), []),  # a backchannel
        (("A  ====", "B       ===="), []),  # A had stopped, and no one has the floor
        (("A  ======", "B     ======", "C     ========"), [("C", "A", 1.5, 1.5), ("B", "A", 1.5, 1.5)]),
    ],
)
def test_interruptions(lines: tuple[str, ...], expected: list[tuple[str, str, float, float]]) -> None:
    talk = by(*lines)
    found = interruptions(talk, floor(talk))
    assert sorted(found, key=lambda i: (i.at, -ord(i.by))) == [
        Interruption(samples(at), who, of, samples(together)) for who, of, at, together in expected
    ]


def test_less_than_half_a_second_together_is_no_interruption() -> None:
    def talk(early: int) -> dict[str, tuple[Span, ...]]:
        return {"A": (Span(0, 80_000),), "B": (Span(80_000 - early, 120_000),)}

    assert len(interruptions(talk(8_000), floor(talk(8_000)))) == 1
    assert interruptions(talk(7_999), floor(talk(7_999))) == ()


def test_each_interruption_is_made_by_one_and_suffered_by_one() -> None:
    people = {m.who: m for m in measure_people(by("A  ==========", "B          ======"), customers=())}
    assert (people["B"].interruptions_made, people["B"].interruptions_suffered) == (1, 0)
    assert (people["A"].interruptions_made, people["A"].interruptions_suffered) == (0, 1)


def test_answer_pauses_are_between_the_customers_floor_and_the_next_one() -> None:
    held = floor(
        by(
            "C  ====     ====     ====  ====",
            "S        ===     ====    ==",
            "M                                 ===",
        )
    )
    # S answers after 1.0 s, then after 0.5 s; then S says "mm-hm" in a gap of C's; then M answers after 1.5 s.
    assert answer_pauses("S", ("C",), held) == (samples(1.0), samples(0.5))
    assert answer_pauses("M", ("C",), held) == (samples(1.5),)


def test_speaking_into_the_customers_last_words_is_a_pause_of_nothing() -> None:
    assert answer_pauses("S", ("C",), floor(by("C  =====", "S     ====="))) == (0,)


def test_an_answer_after_somebody_elses_is_no_answer_to_the_customer() -> None:
    held = floor(by("C  ====", "M       ====", "S            ===="))
    assert answer_pauses("S", ("C",), held) == ()
    assert answer_pauses("M", ("C",), held) == (samples(0.5),)


def test_patience_is_the_median_over_the_answers_and_not_known_without_any() -> None:
    talk = by(
        "C  ====    ====     ====",
        "S       ===      ===            ===",
        "M                                      ===",
    )
    # S answers after 0.5, 1.0 and 4.0 s.
    people = {m.who: m for m in measure_people(talk, customers=("C",))}
    assert (people["S"].patience, people["S"].answers) == (samples(1.0), 3)
    assert (people["M"].patience, people["M"].answers) == (None, 0)
    assert (people["C"].patience, people["C"].answers) == (None, 0)


def words(text: str) -> list[Word]:
    return [Word(Span(i, i + 1), part) for i, part in enumerate(text.split(" "))]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Um, so we, uh, sell boats.", "en", 2),
        ("You know, I mean — you know?", "en", 3),
        ("You — know", "en", 1),  # a dash is no word
        ("An umbrella, her error, unknown.", "en", 0),  # only whole words
        ("What kind of budget do you have?", "en", 0),
        ("Ähm, das ist halt so.", "de", 2),
        ("", "en", 0),
    ],
)
def test_fillers_are_whole_words_and_phrases(text: str, language: str, expected: int) -> None:
    assert count_fillers(words(text), language) == expected


def test_in_a_call_of_two_languages_each_has_its_own_fillers() -> None:
    spoken = [replace(word, language="en") for word in words("um so halt")]
    spoken += [replace(word, language="de") for word in words("halt um")]
    assert count_fillers(spoken, "en") == 2
    assert count_fillers([*spoken, replace(spoken[0], language="xx")], "en") is None


@pytest.mark.parametrize("language", ["ja", None, ""])
def test_fillers_of_a_language_without_a_list_are_not_known(language: str | None) -> None:
    assert count_fillers(words("um"), language) is None


@pytest.mark.parametrize("language", FILLERS)
def test_every_filler_of_every_list_is_found(language: str) -> None:
    for filler in FILLERS[language]:
        assert count_fillers(words(f"xx {filler}, xx"), language) == 1


def test_measures_of_people_with_words() -> None:
    lines = ("A  ==?  =u=", "B       =?")
    talk, said = by(*lines), owned(*lines, names={"u": "um,"})
    a, b = measure_people(talk, customers=(), owned=(*said, (UNKNOWN, Word(Span(0, 1), "what?"))), language="en")
    assert (a.who, a.talk, a.turns) == ("A", samples(3.0), 2)
    assert (a.questions, a.words, a.fillers) == (1, Rate(6, samples(3.0)), 1)
    assert (b.questions, b.words, b.fillers) == (1, Rate(2, samples(1.0)), 0)
    assert a.words is not None
    assert a.words.value is not None
    assert round(a.words.value * MINUTE, 6) == 120.0


def test_without_words_what_words_tell_is_not_known_and_with_none_of_theirs_it_is_nothing() -> None:
    (alone,) = measure_people(by("A  ==="), customers=())
    assert (alone.questions, alone.words, alone.fillers) == (None, None, None)
    (quiet,) = measure_people(by("A  ==="), customers=(), owned=(), language="en")
    assert (quiet.questions, quiet.words, quiet.fillers) == (0, Rate(0, samples(1.5)), 0)


def test_people_come_in_the_order_of_their_turns() -> None:
    assert [m.who for m in measure_people(by("B  ==", "A     =="), customers=())] == ["B", "A"]


def test_measures_of_the_call() -> None:
    lines = ("A  ====    ===   ", "B     ===")
    # A talks from 0 to 2 and from 4 to 5.5 s, B from 1.5 to 3 s; the call ends at 7 s.
    measured = measure_call(by(*lines), length(*lines))
    assert measured.silence == Share(samples(1.0 + 1.5), samples(7.0))
    assert measured.overlap == Share(samples(0.5), samples(7.0))
    assert measured.floor_changes == Rate(2, samples(7.0))
    assert measured.floor_changes.value is not None
    assert round(measured.floor_changes.value * HOUR, 3) == 1028.571


def test_measures_of_nothing_are_not_known() -> None:
    measured = measure_call({}, 0)
    assert (measured.silence.value, measured.overlap.value, measured.floor_changes.value) == (None, None, None)
    assert measure_people({}, customers=()) == ()


@usual
@given(calls())
def test_as_many_interruptions_are_made_as_suffered_and_none_of_oneself(call: RandomCall) -> None:
    people = measure_people(call.by, call.customers)
    found = interruptions(call.by, floor(call.by))
    assert sum(m.interruptions_made for m in people) == sum(m.interruptions_suffered for m in people) == len(found)
    assert all(i.by != i.of and i.overlap >= samples(0.5) for i in found)


@usual
@given(calls())
def test_a_monologue_begins_and_ends_with_its_speaker_and_is_no_longer_than_the_call(call: RandomCall) -> None:
    for measured in measure_people(call.by, call.customers):
        assert measured.talk == talk_time(call.by)[measured.who]
        monologue = measured.longest_monologue
        if monologue is not None:
            assert monologue.end in {s.end for s in call.by[measured.who]}
            assert any(s.start <= monologue.start < s.end for s in call.by[measured.who])


@usual
@given(calls(), st.permutations("ABC"))
def test_other_names_change_nobodys_measures(call: RandomCall, other: list[str]) -> None:
    name = dict(zip("ABC", other, strict=True)) | {"D": "E", "E": "D"}
    renamed_by = {name[who]: spans for who, spans in call.by.items()}
    before = measure_people(call.by, call.customers)
    after = measure_people(renamed_by, [name[who] for who in call.customers])
    assert after == tuple(replace(m, who=name[m.who]) for m in before)


@usual
@given(calls(), st.integers(0, 10**9))
def test_a_later_call_measures_the_same(call: RandomCall, later: int) -> None:
    moved = spans_by_person(Turn(turn.span.shifted(later), turn.who) for turn in renamed(call.turns, {}))
    before, after = measure_people(call.by, call.customers), measure_people(moved, call.customers)
    assert after == tuple(
        replace(m, longest_monologue=m.longest_monologue and m.longest_monologue.shifted(later)) for m in before
    )


@usual
@given(calls(), st.integers(1, 10**9))
def test_silence_at_the_end_changes_the_silence_of_the_call_alone(call: RandomCall, more: int) -> None:
    before, after = measure_call(call.by, call.length), measure_call(call.by, call.length + more)
    assert after.silence.numerator == before.silence.numerator + more
    assert after.overlap.numerator == before.overlap.numerator
    assert after.floor_changes.numerator == before.floor_changes.numerator
