"""Names that speakers give themselves: what counts as one, and whose it is."""

from __future__ import annotations

import pytest

from analyzer.lead.introductions import introductions
from analyzer.people.plan import Attendee
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, Word, samples

PLAN = (
    Attendee("Dana Reyes", "team", "salesperson", lead=True, aliases=("DeeDee",)),
    Attendee("Marcus Boone", "customer", "buyer"),
    Attendee("Sam Hill", "customer", "buyer"),
    Attendee("Sam Holt", "customer", "buyer"),
)


def utterance(who: str, at: float, text: str) -> Utterance:
    """Words of half a second each from `at` on."""
    words = text.split()
    return Utterance(
        who,
        tuple(Word(Span(samples(at + i / 2), samples(at + (i + 1) / 2)), word, 0.9) for i, word in enumerate(words)),
    )


def given(
    *said: tuple[str, float, str], known: tuple[str, ...] = (), plan: tuple[Attendee, ...] = ()
) -> dict[str, str]:
    """The name of each speaker who gives one."""
    spoken = [utterance(*one) for one in said]
    return {who: one.name for who, one in introductions(spoken, ("S1", "S2"), known, plan).items()}


def test_a_speaker_who_says_a_name_of_the_plan_is_offered_it_in_full_with_the_words_and_the_time() -> None:
    found = introductions([utterance("S1", 3.0, "Hi there, this is Dana, good morning.")], ("S1",), (), PLAN)
    assert (found["S1"].name, found["S1"].words, found["S1"].at) == ("Dana Reyes", "this is Dana", samples(4.0))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Marcus Boone and I run it.", "Marcus Boone"),
        ("I’m DeeDee.", "Dana Reyes"),
        ("Guten Tag, hier ist Marcus Boone.", "Marcus Boone"),
        ("This is Sam.", "Sam"),  # two of the plan are called that, so it stays what was said
        ("This is Priya from Acme.", "Priya"),
        ("Hello, I'm Anne-Marie O'Neil.", "Anne-Marie O'Neil"),
        ("I am Joe speaking.", "Joe"),
    ],
)
def test_ways_to_give_a_name(text: str, name: str) -> None:
    assert given(("S1", 0.0, text), plan=PLAN) == {"S1": name}


@pytest.mark.parametrize(
    "text",
    [
        "This is great.",
        "I'm American, you see.",
        "This is Monday.",
        "This is Dana's idea.",
        "This is Acme Gold Plus, our best.",
        "I'm Excel people mostly.",
        "Who this is. Priya knows.",
        "Ich bin Bäcker.",
        "This is",
        "Dana is here.",
    ],
)
def test_what_gives_no_name(text: str) -> None:
    assert given(("S1", 0.0, text), plan=PLAN) == {}


def test_later_only_the_plan_or_my_name_tells_a_name() -> None:
    start = ("S1", 0.0, "Hello.")
    assert given(start, ("S1", 61.0, "This is Priya.")) == {}
    assert given(start, ("S1", 61.0, "My name is Priya.")) == {"S1": "Priya"}
    assert given(start, ("S1", 61.0, "This is Dana."), plan=PLAN) == {"S1": "Dana Reyes"}


def test_a_name_that_two_give_or_somebody_has_is_nobodys() -> None:
    assert given(("S1", 0.0, "This is Priya."), ("S2", 5.0, "I'm Priya.")) == {}
    assert given(("S1", 0.0, "This is Priya."), known=("Priya Nair",)) == {}
    assert given(("S1", 0.0, "This is Dana."), known=("Dana Reyes",), plan=PLAN) == {}


def test_nobody_who_has_a_name_is_offered_another() -> None:
    assert given(("S3", 0.0, "This is Priya.")) == {}
