"""Passages that bear on objectives."""

from __future__ import annotations

from analyzer.lead.objectives import objectives_on_call
from analyzer.people.plan.plan import Objective
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, Word


def found(text: str, keywords: tuple[str, ...], *lines: str) -> list[int]:
    """Which of the lines are given."""
    said = [
        Utterance("A", tuple(Word(Span(100 * i + j, 100 * i + j + 1), word) for j, word in enumerate(line.split())))
        for i, line in enumerate(lines)
    ]
    (one,) = objectives_on_call([Objective(text, keywords)], said, "en")
    return [said.index(passage) for passage in one.passages]


def test_a_keyword_or_two_words_of_the_text_make_a_passage() -> None:
    lines = ("A trial would help.", "The depot is cold.", "The depot would pilot it.", "Nothing here.")
    assert found("A pilot in the depot", ("trial",), *lines) == [0, 2]


def test_a_word_said_throughout_counts_less_than_one_said_once() -> None:
    assert found("Why members go", ("churn", "leave"), *["They leave."] * 4, "About churn.") == [4]


def test_the_passages_near_the_best_are_given_in_time_order_and_at_most_four() -> None:
    assert found("Trial", ("trial",), *["A trial."] * 6) == [0, 1, 2, 3]
    assert found("Go on", ("trial", "five vans"), "A trial.", "Five vans on trial.") == [1]


def test_a_word_of_the_text_that_is_a_keyword_counts_once() -> None:
    assert found("Agree on the trial", ("vans",), "A trial.") == []
    assert found("Agree on the trial", ("trial", "vans"), "A trial.", "The vans.") == [0, 1]
