"""Who the salesperson probably is: at least two signs, and more than anybody else has."""

from __future__ import annotations

from analyzer.lead.suggestion import suggested_salesperson
from analyzer.talk.floor import floor
from analyzer.talk.turns import spans_by_person
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, Turn, Word, samples


def suggested(*said: tuple[str, float, str], language: str | None = "en") -> tuple[str, tuple[str, ...]] | None:
    """The suggestion for utterances of ten seconds, each with who says it, when it starts, and what."""
    turns = [Turn(Span(samples(at), samples(at + 10)), who) for who, at, _ in said]
    by = spans_by_person(turns)
    spoken = []
    for who, at, text in said:
        words = text.split()
        step = 10 / len(words)
        word = [Word(Span(samples(at + i * step), samples(at + (i + 1) * step)), w) for i, w in enumerate(words)]
        spoken.append(Utterance(who, tuple(word)))
    found = suggested_salesperson(by, floor(by), spoken, language, samples(max(at for _, at, _ in said) + 10))
    return None if found is None else (found.who, found.why)


OPENS = ("S1", 0.0, "Good morning, shall we begin?")
ANSWERS = ("S2", 11.0, "Yes, go ahead please.")
CLOSES = ("S1", 22.0, "Then I will send you the offer on Friday.")


def test_who_opens_asks_and_names_next_steps_is_suggested_with_the_reasons() -> None:
    assert suggested(OPENS, ANSWERS, CLOSES) == (
        "S1",
        ("opened the call", "put the most questions", "speaks for “we” the most", "named next steps"),
    )


def test_one_sign_is_not_enough() -> None:
    assert suggested(("S1", 0.0, "Good morning."), ANSWERS) is None


def test_when_two_show_as_much_nobody_is_suggested() -> None:
    assert (
        suggested(("S1", 0.0, "Good morning, right?"), ("S2", 11.0, "We sell it, and our team will send you one."))
        is None
    )


def test_alone_nobody_is_suggested() -> None:
    assert suggested(("S1", 0.0, "Shall we begin?"), ("S1", 30.0, "I will send you the offer.")) is None
