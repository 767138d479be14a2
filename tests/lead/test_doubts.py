"""What may be wrong with a call, each with the moments to listen to and a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analyzer.debrief import unsure
from analyzer.lead.check import Band, Verdict
from analyzer.lead.doubts import CallDoubt, call_doubts, not_told
from analyzer.lead.judgement import Judgement
from analyzer.people.participants import Participants, Person
from analyzer.speech.recognition import Diarization, TurnEvidence
from analyzer.timeline import Span, Turn, samples
from tests.lead.test_judgement import talk

LONG = samples(600)


def people(*keys: str) -> Participants:
    return Participants(tuple(Person(key, (key,)) for key in keys), None)


def doubts(by: Any, length: int = LONG, **more: Any) -> tuple[CallDoubt, ...]:
    return call_doubts(by, people(*by), length, **more)


def said(found: CallDoubt, by: Any) -> str:
    nothing = Judgement("team-talk", Band(), None, Verdict("not_judged", "not_judged", "salesperson_unknown"))
    return unsure.doubt(found, nothing, people(*by))


TWO = talk(S1=[(0, 60), (100, 130)], S2=[(61, 90), (91, 92), (200, 210)])


def test_a_call_that_fits_its_plan_leaves_nothing_to_doubt() -> None:
    assert doubts(TWO, headcount=2, to_lead={"S1": 2, "S2": 2}) == ()
    assert doubts(TWO) == ()


def test_a_short_call_and_one_voice() -> None:
    alone = talk(S1=[(0, 60)])
    short, one = doubts(alone, samples(179))
    assert (short.kind, one.kind, one.who) == ("short_call", "one_voice", ("S1",))
    assert "under 3 minutes" in said(short, alone)
    assert "taken for one" in said(one, alone)


def test_too_few_voices_give_two_moments_of_the_one_who_talks_most() -> None:
    (found,) = doubts(TWO, headcount=3)
    assert (found.kind, found.who, found.planned, found.found) == ("fewer_voices", ("S1",), 3, 2)
    assert [span.start for span in found.moments] == [0, samples(100)]
    assert "3 people on the call, and 2 voices were heard" in said(found, TWO)
    assert "at 0:00 and 1:40, both counted as S1" in said(found, TWO)


def test_too_many_voices_name_those_who_say_least() -> None:
    by = TWO | talk(S3=[(95, 97), (220, 225)])
    (found,) = doubts(by, headcount=2)
    assert (found.kind, found.who) == ("more_voices", ("S3",))
    assert "3 voices were found. Hear whether what is counted as S3 is somebody else's voice, at 3:40" in said(
        found, by
    )


def test_a_voice_that_is_no_one_is_not_counted() -> None:
    by = talk(S1=[(0, 60)], S2=[(61, 90)])
    aside = Participants((Person("S1", ("S1",)), Person("S2", ("S2",)), Person("S3", ("S3",), side="none")), None)
    assert call_doubts(by, aside, LONG, headcount=2) == ()


def test_fewer_turns_than_items_to_lead_are_doubted_and_a_short_answer_is_no_turn() -> None:
    (found,) = doubts(TWO, to_lead={"S2": 3})
    assert (found.kind, found.who, found.planned, found.found) == ("few_turns", ("S2",), 3, 2)
    assert "S2 was to lead 3 agenda items, and 2 longer turns are counted as theirs" in said(found, TWO)


def heard(*unsure: TurnEvidence) -> Diarization:
    turns = tuple(Turn(Span(samples(20 * i), samples(20 * i + 18)), "S1") for i in range(len(unsure)))
    return Diarization(turns, turns, evidence=unsure)


def test_a_part_is_not_told_where_ten_seconds_of_turns_are_a_guess_or_sound_like_somebody_else() -> None:
    sure, guess, other = TurnEvidence(0.4, "S2", 0.9), TurnEvidence(0.3, "S2", 0.4), TurnEvidence(-0.1, "S2", 0.9)
    assert not_told(heard(sure, sure)) == ()
    assert not_told(heard(sure, guess, other, sure)) == (Span(samples(20), samples(58)),)
    short = heard(guess)
    assert not_told(replace(short, turns=(Turn(Span(0, samples(9)), "S1"),))) == ()
    assert not_told(replace(short, evidence=())) == ()
