"""Keywords in what is said: which words are taken for the same."""

from __future__ import annotations

import pytest

from analyzer.lead.keywords import Spoken, content_words, same_word
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, Word


@pytest.mark.parametrize(
    ("a", "b", "language"),
    [
        ("pilot", "pilots", "en"),
        ("deliver", "deliveries", "en"),
        ("decide", "decision", "en"),
        ("migration", "migrating", "en"),
        ("plan", "planning", "en"),
        ("fee", "fees", "en"),
        ("bewerber", "bewerbungen", "de"),
        ("einstellung", "einstellungsprozess", "de"),
        ("kosten", "stromkosten", "de"),
        ("kosten", "stromkosten", None),
        ("etape", "etapes", "fr"),
        ("cita", "citas", "es"),
        ("pilota", "pilotes", "ca"),
    ],
)
def test_the_same_word(a: str, b: str, language: str | None) -> None:
    assert same_word(a, b, language)
    assert same_word(b, a, language)


@pytest.mark.parametrize(
    ("a", "b", "language"),
    [
        ("support", "suppose", "en"),
        ("contract", "contact", "en"),
        ("remote", "remove", "en"),
        ("company", "compare", "en"),
        ("import", "important", "en"),
        ("app", "apple", "en"),
        ("nach", "nachste", "de"),
        ("angebot", "angeht", "de"),
        ("", "s", "en"),
    ],
)
def test_another_word(a: str, b: str, language: str | None) -> None:
    assert not same_word(a, b, language)
    assert not same_word(b, a, language)


def spoken(*texts: str, language: str | None = "en") -> Spoken:
    words = [
        tuple(Word(Span(100 * i + j, 100 * i + j + 1), w) for j, w in enumerate(t.split())) for i, t in enumerate(texts)
    ]
    return Spoken([Utterance("A", said) for said in words], language)


def test_a_keyword_of_several_words_may_have_two_between_and_run_over_one_border() -> None:
    hits = spoken("the next big steps", "what comes next", "our steps", "next a b c steps").hits(["next steps"])
    assert [(hit.utterance, hit.at, hit.words) for hit in hits] == [(0, 1, 2), (1, 102, 2)]


def test_parts_of_compounds_are_found_where_words_are_compounded() -> None:
    said = ("die Stromkosten und die Kostenstelle",)
    assert [hit.at for hit in spoken(*said, language="de").hits(["Kosten"])] == [1, 4]
    assert not spoken(*said, language="en").hits(["Kosten"])


def test_the_words_of_a_title_that_tell_something() -> None:
    assert content_words("What the fees are, and über welche Kosten") == ("fees", "kosten")
