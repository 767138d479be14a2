"""Words to people, and words into utterances.

A word belongs to whoever has the most of it on the exclusive timeline (one speaker at a time). A word in
no person's turn is `UNKNOWN`'s, and not the first person's; a fifth of a second of doubt at the edge of a
turn is allowed, because neither the recogniser nor the diarizer is more exact than that.

A recogniser stretches a word over a pause now and then, and then over a change of speaker. A word longer than 1.5 s is
cut to that length before it is placed: at the end that touches its neighbour, because the stretch is on the other side.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from analyzer.timeline import Span, Turn, Word, samples

UNKNOWN = "unknown"
"""Who a word belongs to that lies in no person's turn."""

LONGEST_WORD = samples(1.5)
EDGE = samples(0.2)
"""How far outside a turn a word may lie and still belong to it."""

UTTERANCE_PAUSE = samples(1.0)
"""The longest pause between two words of one utterance."""

UTTERANCE_LENGTH = samples(12.0)
"""An utterance longer than this ends at the next end of a sentence."""

SENTENCE_END = (".", "?", "!", "…")


@dataclass(frozen=True, slots=True)
class Utterance:
    """Consecutive words of one person (or of `UNKNOWN`)."""

    who: str
    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        if not self.words:
            raise ValueError("an utterance has at least one word")

    @property
    def span(self) -> Span:
        """From the first word's start to the last word's end."""
        return Span(self.words[0].span.start, max(word.span.end for word in self.words))

    @property
    def text(self) -> str:
        """The words as one line."""
        return " ".join(word.text for word in self.words)


def words_by_speaker(words: Iterable[Word], exclusive: Iterable[Turn]) -> tuple[tuple[str, Word], ...]:
    """Each word, in time order, with the speaker it belongs to; `exclusive` holds one speaker at a time.

    A word of which the recording itself tells the speaker (`Word.speaker`) is theirs.
    """
    turns = sorted(exclusive)
    ends = [turn.span.end for turn in turns]
    return tuple((word.speaker or _owner(word.span, turns, ends), word) for word in _tightened(words))


def _tightened(words: Iterable[Word]) -> list[Word]:
    """The words in time order, none longer than `LONGEST_WORD`."""
    ordered = sorted(words, key=lambda word: word.span)
    tight = []
    for i, word in enumerate(ordered):
        before = ordered[i - 1].span.end if i else None
        after = ordered[i + 1].span.start if i + 1 < len(ordered) else None
        tight.append(replace(word, span=_tight(word.span, before, after)))
    return sorted(tight, key=lambda word: word.span)  # again: words that overlapped may have changed places


def _tight(span: Span, before: int | None, after: int | None) -> Span:
    """`span`, or at most `LONGEST_WORD` of it, at the end that is nearer to a neighbour."""
    if span.length <= LONGEST_WORD:
        return span
    to_before = span.start - before if before is not None else span.length
    to_after = after - span.end if after is not None else span.length
    if to_before < to_after:
        return Span(span.start, span.start + LONGEST_WORD)
    return Span(span.end - LONGEST_WORD, span.end)


def _owner(span: Span, turns: Sequence[Turn], ends: Sequence[int]) -> str:
    """Who has most of `span`, else whose turn is nearest within `EDGE`, else `UNKNOWN`; on a tie the earlier one."""
    held: dict[str, int] = {}
    nearest, least = UNKNOWN, EDGE + 1
    for i in range(bisect_left(ends, span.start - EDGE), len(turns)):
        turn = turns[i]
        off = max(turn.span.start - span.end, span.start - turn.span.end)
        if off > EDGE:
            break
        if off < 0:
            held[turn.who] = held.get(turn.who, 0) + turn.span.shared(span)
        elif off < least:
            nearest, least = turn.who, off
    return max(held, key=lambda who: held[who]) if held else nearest


def languages(words: Iterable[Word]) -> dict[str, tuple[int, int]]:
    """Of each language, in the order of first words, when it begins (in samples) and how many words are in it.

    Empty where all words are in one.
    """
    found: dict[str, tuple[int, int]] = {}
    for word in sorted(words, key=lambda word: word.span):
        if word.language is not None:
            start, number = found.get(word.language, (word.span.start, 0))
            found[word.language] = (start, number + 1)
    return found if len(found) > 1 else {}


def utterances(owned: Iterable[tuple[str, Word]]) -> tuple[Utterance, ...]:
    """Words grouped into utterances: one person, no pause over 1 s, cut at the end of a sentence when long."""
    return tuple(_grouped(owned))


def _grouped(owned: Iterable[tuple[str, Word]]) -> Iterator[Utterance]:
    who, words = UNKNOWN, list[Word]()
    for owner, word in owned:
        if words and (
            owner != who
            or word.span.start - words[-1].span.end > UTTERANCE_PAUSE
            or (words[-1].span.end - words[0].span.start >= UTTERANCE_LENGTH and words[-1].text.endswith(SENTENCE_END))
        ):
            yield Utterance(who, tuple(words))
            words = []
        who = owner
        words.append(word)
    if words:
        yield Utterance(who, tuple(words))
