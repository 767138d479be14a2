"""Words to people and into utterances: nothing lost, nothing doubled, no one given what no one said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.talk.words import (
    LONGEST_WORD,
    UNKNOWN,
    Utterance,
    languages,
    utterances,
    words_by_speaker,
)
from analyzer.timeline import Span, Turn, Word, samples
from tests.random_calls import one_at_a_time, usual, words


def word(start: float, end: float, text: str = "word") -> Word:
    return Word(Span(samples(start), samples(end)), text, 0.9)


def turn(who: str, start: float, end: float) -> Turn:
    return Turn(Span(samples(start), samples(end)), who)


def owners(found: tuple[tuple[str, Word], ...]) -> list[str]:
    return [who for who, _ in found]


def test_a_word_belongs_to_whoever_has_most_of_it() -> None:
    exclusive = [turn("A", 0, 5), turn("B", 5, 9)]
    assert owners(words_by_speaker([word(4.5, 5.2)], exclusive)) == ["A"]
    assert owners(words_by_speaker([word(4.8, 5.5)], exclusive)) == ["B"]


def test_time_in_two_turns_of_one_person_adds_up() -> None:
    exclusive = [turn("A", 0, 1.0), turn("B", 1.0, 1.5), turn("A", 1.5, 3)]
    assert owners(words_by_speaker([word(0.7, 1.9)], exclusive)) == ["A"]


def test_a_word_that_two_share_equally_is_the_earlier_ones_whatever_their_names() -> None:
    assert owners(words_by_speaker([word(4.5, 5.5)], [turn("A", 0, 5), turn("B", 5, 9)])) == ["A"]
    assert owners(words_by_speaker([word(4.5, 5.5)], [turn("B", 0, 5), turn("A", 5, 9)])) == ["B"]


def test_a_word_nobody_spoke_in_is_nobodys() -> None:
    exclusive = [turn("A", 0, 5), turn("B", 9, 12)]
    assert owners(words_by_speaker([word(6.5, 7.0)], exclusive)) == [UNKNOWN]
    assert owners(words_by_speaker([word(6.5, 7.0)], [])) == [UNKNOWN]


def test_a_word_up_to_a_fifth_of_a_second_outside_a_turn_still_belongs_to_it() -> None:
    exclusive = [turn("A", 1, 5), turn("B", 9, 12)]
    assert owners(words_by_speaker([word(5.2, 5.6)], exclusive)) == ["A"]
    assert owners(words_by_speaker([word(5.3, 5.6)], exclusive)) == [UNKNOWN]
    assert owners(words_by_speaker([word(8.4, 8.8)], exclusive)) == ["B"]
    assert owners(words_by_speaker([word(8.4, 8.7)], exclusive)) == [UNKNOWN]


def test_beside_two_turns_a_word_is_the_nearer_ones_and_on_a_tie_the_earlier_ones() -> None:
    assert owners(words_by_speaker([word(5.125, 5.25)], [turn("A", 1, 5), turn("B", 5.3125, 7)])) == ["B"]
    assert owners(words_by_speaker([word(5.125, 5.25)], [turn("B", 1, 5), turn("A", 5.375, 7)])) == ["B"]


def test_a_word_stretched_over_a_pause_before_it_stays_with_who_says_it() -> None:
    # A stops at 5 s. B begins at 8 s with "well", which the recogniser lets begin where the last word ended.
    said = [word(4.6, 5.0, "right."), word(5.0, 8.4, "well"), word(8.4, 8.6, "we")]
    found = words_by_speaker(said, [turn("A", 0, 5), turn("B", 8, 12)])
    assert owners(found) == ["A", "B", "B"]
    assert found[1][1].span == Span(samples(6.9), samples(8.4))


def test_a_word_stretched_over_a_pause_after_it_stays_with_who_says_it() -> None:
    # A's last word runs on over 4 s of silence and B's first second, which belong to B; nothing touches its end.
    said = [word(4.0, 4.5, "that's"), word(4.5, 9.0, "it."), word(9.5, 9.8, "fine")]
    found = words_by_speaker(said, [turn("A", 0, 5), turn("B", 8, 12)])
    assert owners(found) == ["A", "A", "B"]
    assert found[1][1].span == Span(samples(4.5), samples(6.0))


def test_a_word_of_exactly_1_5_s_is_left_as_it_is() -> None:
    assert words_by_speaker([word(1.0, 2.5)], [turn("A", 0, 5)])[0][1] == word(1.0, 2.5)


def test_words_keep_their_text_and_confidence() -> None:
    assert words_by_speaker([word(1, 9, "so…")], [turn("A", 0, 9)])[0][1].text == "so…"
    assert words_by_speaker([word(1, 9, "so…")], [turn("A", 0, 9)])[0][1].confidence == 0.9


@usual
@given(words(), one_at_a_time())
def test_no_word_is_lost_doubled_or_moved(said: list[Word], exclusive: tuple[Turn, ...]) -> None:
    found = words_by_speaker(said, exclusive)
    assert [word.text for _, word in found] == [word.text for word in said]
    for (_, word), heard in zip(found, said, strict=True):
        assert heard.span.start <= word.span.start < word.span.end <= heard.span.end
        assert word.span.length == min(heard.span.length, LONGEST_WORD)


@usual
@given(words(), one_at_a_time())
def test_owners_are_those_with_most_of_the_word_as_counted_plainly(
    said: list[Word], exclusive: tuple[Turn, ...]
) -> None:
    for owner, word in words_by_speaker(said, exclusive):
        share = {t.who: sum(t2.span.shared(word.span) for t2 in exclusive if t2.who == t.who) for t in exclusive}
        near = min((max(t.span.start - word.span.end, word.span.start - t.span.end) for t in exclusive), default=10**9)
        if any(share.values()):
            assert share[owner] == max(share.values())
        else:
            assert (owner == UNKNOWN) == (near > samples(0.2))


@usual
@given(st.lists(words(15), max_size=3))
def test_words_that_overlap_come_out_in_time_order_and_complete(lists: list[list[Word]]) -> None:
    said = [Word(w.span, f"{i}:{w.text}") for i, heard in enumerate(lists) for w in heard]
    found = [word for _, word in words_by_speaker(said, [])]
    assert sorted(word.text for word in found) == sorted(word.text for word in said)
    assert [word.span for word in found] == sorted(word.span for word in found)


def say(*words: tuple[str, float, float, str]) -> tuple[tuple[str, Word], ...]:
    return tuple((who, word(start, end, text)) for who, start, end, text in words)


def test_an_utterance_ends_with_its_speaker() -> None:
    found = utterances(say(("A", 0, 1, "Hello"), ("A", 1, 2, "there."), ("B", 2, 3, "Hi."), ("A", 3, 4, "So")))
    assert [(u.who, u.text) for u in found] == [("A", "Hello there."), ("B", "Hi."), ("A", "So")]


def test_a_pause_of_exactly_1_s_is_inside_an_utterance_and_a_longer_one_is_not() -> None:
    assert len(utterances(say(("A", 0, 1, "one"), ("A", 2.0, 3, "two")))) == 1
    assert len(utterances(say(("A", 0, 1, "one"), ("A", 2.01, 3, "two")))) == 2


def test_a_long_utterance_ends_at_the_end_of_a_sentence_and_nowhere_else() -> None:
    texts = ["word"] * 30
    texts[5] = "early."  # after 6 s: not long enough yet
    texts[20] = "late."  # after 21 s
    found = utterances(say(*(("A", float(i), i + 1.0, text) for i, text in enumerate(texts))))
    assert [len(u.words) for u in found] == [21, 9]


def test_an_utterance_lies_from_its_first_word_to_its_last() -> None:
    (found,) = utterances(say(("A", 1, 2, "one"), ("A", 2, 3, "two")))
    assert found.span == Span(samples(1), samples(3))


def test_words_of_nobody_are_utterances_of_nobody() -> None:
    assert [u.who for u in utterances(say(("A", 0, 1, "one"), (UNKNOWN, 1, 2, "two")))] == ["A", UNKNOWN]


def test_no_words_are_no_utterance() -> None:
    assert utterances(()) == ()
    with pytest.raises(ValueError, match="at least one word"):
        Utterance("A", ())


@usual
@given(words(), one_at_a_time())
def test_utterances_keep_every_word_in_order_with_its_speaker(said: list[Word], exclusive: tuple[Turn, ...]) -> None:
    owned = words_by_speaker(said, exclusive)
    assert tuple((u.who, word) for u in utterances(owned) for word in u.words) == owned


def test_a_word_whose_speaker_the_recording_tells_is_theirs_whatever_the_turns_say() -> None:
    word = Word(Span(samples(1.0), samples(1.4)), "mine", speaker="S2")
    owned = words_by_speaker([word], [Turn(Span(0, samples(5)), "S1")])
    assert [who for who, _ in owned] == ["S2"]


def test_languages_are_told_with_when_each_begins_only_where_there_are_several() -> None:
    said = [Word(Span(i * 1000, i * 1000 + 500), "x", language=code) for i, code in enumerate(("en", "en", "de", "en"))]
    assert languages(reversed(said)) == {"en": (0, 3), "de": (2000, 1)}
    assert languages(said[:2]) == {}
    assert languages([Word(Span(0, 5), "x")]) == {}
