"""Questions are told by their mark or by their first words, and what only looks like one is not counted."""

from __future__ import annotations

import pytest

from analyzer.talk.asked import FORMS, asks, asks_last, count_questions, questions
from analyzer.timeline import Span, Word, samples


def said(text: str, pause: float = 0.0) -> list[Word]:
    """The words of `text`, one every 0.4 s; `|` is a pause of `pause` seconds."""
    words, at = [], 0.0
    for part in text.split():
        if part == "|":
            at += pause
            continue
        words.append(Word(Span(samples(at), samples(at + 0.4)), part))
        at += 0.4
    return words


@pytest.mark.parametrize("text", ["well?", 'it?"', "him?)", "what?!", "真的？", "حقا؟", "no?…"])
def test_a_question_mark_makes_a_question(text: str) -> None:
    assert asks(said(text))


@pytest.mark.parametrize("text", ["well", "?well", "a?b", "yes!"])
def test_other_marks_do_not(text: str) -> None:
    assert not asks(said(text))


def test_no_words_ask_nothing() -> None:
    assert questions([]) == ()
    assert not asks_last([])
    assert not asks([Word(Span(0, 1), "")])


def test_a_sentence_counts_once() -> None:
    assert count_questions(said('Why? I see. "How?" And who?! Right.')) == 3
    assert questions(said("Would you like that? Fine. How many do you have. Good.")) == (3, 9)


@pytest.mark.parametrize(
    "text",
    [
        "May I spend an evening there.",
        "Would you take us through the plan.",
        "Do you have a budget for that.",
        "Could you send it on Friday.",
        "How many depots do you have.",
        "How does that work.",
        "How are you.",
        "What is missing from that list.",
        "So, Dana, could you show us that.",
        "And what happens on Monday.",
        "If we sign in June, what happens in July.",
        "Is that all right with you.",
        "Who measures that, you or we.",
        "Haben Sie dafür ein Budget.",
        "Wie viele Depots haben Sie.",
        "Und wie läuft das heute.",
        "Est-ce que vous avez un budget.",
        "Combien de dépôts avez-vous.",
        "Cuántos almacenes tienen ustedes.",
        "Qual è il vostro budget.",
        "Kunt u dat laten zien.",
        "Quem decide isso aqui.",
    ],
)
def test_the_first_words_make_a_question(text: str) -> None:
    assert asks(said(text))
    assert asks(said(text.rstrip(".")))


@pytest.mark.parametrize(
    "text",
    [
        "How we do it is simple.",
        "How many we need depends on the season.",
        "Would you believe it took a year.",
        "I asked would you come on Monday.",
        "He said, would you come on Monday.",
        "Then he asked me, do you have a budget.",
        "You have three depots, don't you.",
        "I know how many depots you have.",
        "What we also saw is that you waited.",
        "What matters is the price.",
        "What was good was the price.",
        "Who knows what they want.",
        "So do I.",
        "Do you.",
        "Is it.",
        "Should you need help, call me.",
        "Were you to sign, we would begin.",
        "May is a good month.",
        "Will, you take that one.",
        "Don't you worry about it.",
        "May I say that I like it.",
        "Would you look at that!",
        "Could you show me…",
        "When I started we had nothing.",
        "Do the first one now.",
        "Wenn Sie wollen, können wir das zeigen.",
        "Dann haben Sie zwei Wochen.",
        "Also können wir beginnen.",
        "Ich weiß nicht, wie viele das sind.",
        "Sehen Sie, das ist einfach.",
        "Rendez-vous à dix heures.",
        "Quando hai finito, possiamo parlare.",
        "So che cosa vuoi dire.",
        "Als je wilt, kunnen we beginnen.",
        "Como disse, o preço é fixo.",
    ],
)
def test_what_only_looks_like_a_question_is_none(text: str) -> None:
    assert not asks(said(text))


def test_a_pause_parts_sentences_where_there_are_no_marks() -> None:
    bare = "we have three of them | could you show me one | that would be nice"
    assert questions(said(bare, 1.2)) == (9,)
    assert questions(said(bare, 0.5)) == ()


def test_where_there_are_marks_a_small_letter_goes_on_with_the_sentence() -> None:
    assert count_questions(said("Right. Would you be able | to send it? Good.", 1.5)) == 1
    assert not asks(said("do you see. Good."))  # the end of a sentence of which the beginning is not among the words
    assert count_questions(said("Right. The thing that | do you see, matters. Good.", 1.5)) == 0


def test_a_question_that_was_not_finished_is_not_the_last_thing_asked() -> None:
    assert asks_last(said("Right. Would you take this one."))
    assert not asks_last(said("Right. Would you take this"))
    assert not asks_last(said("Would you take this one? Thank you."))


def test_no_form_is_of_another_language() -> None:
    # Every language is looked for at once, so none may take words of another for a question.
    assert set(FORMS) == {"en", "de", "fr", "es", "it", "nl", "pt"}
    for text in ("Come on in, please.", "Was für ein Glück.", "Come ha detto, è fisso.", "So is het nu.", "Die is er."):
        assert not asks(said(text))
