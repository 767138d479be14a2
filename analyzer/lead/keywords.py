"""Finding planned words in spoken ones, without a model: which utterances speak of a keyword.

Words are compared folded (case, accents) and by stem: two words are the same when they are equal but for an ending of
up to three letters on a common beginning of at least four ("pilot", "pilots"; "deliver", "delivery"). A keyword of
several words is found where its words stand in order within two more words than it has. It is a rough measure and
meant to be: it is there to show passages to people, who decide what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.people.names import tokens
from analyzer.talk.words import Utterance

SHORTEST_STEM = 4
LONGEST_ENDING = 3
LOOSE = 2
"""Words that may stand between those of a keyword."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A keyword found: in which utterance (by index), at which sample its first word starts, how many words it has."""

    utterance: int
    at: int
    keyword: str
    words: int


def same_word(a: str, b: str) -> bool:
    """Whether two folded words are the same but for their ending."""
    if a == b:
        return True
    common = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        common += 1
    return common >= SHORTEST_STEM and max(len(a), len(b)) - common <= LONGEST_ENDING


class Spoken:
    """Utterances made ready to be searched for many keywords."""

    def __init__(self, utterances: Sequence[Utterance]) -> None:
        self.utterances = utterances
        self._tokens: list[tuple[str, int, int]] = [
            (token, i, word.span.start)
            for i, utterance in enumerate(utterances)
            for word in utterance.words
            for token in tokens(word.text)
        ]
        self._places: dict[str, list[int]] = {}
        for place, (token, _, _) in enumerate(self._tokens):
            self._places.setdefault(token[:SHORTEST_STEM], []).append(place)

    def hits(self, keywords: Iterable[str]) -> tuple[Hit, ...]:
        """Where any of `keywords` is said, in time order."""
        found = []
        for keyword in keywords:
            wanted = tokens(keyword)
            if not wanted:
                continue
            for place in self._places.get(wanted[0][:SHORTEST_STEM], ()):
                if self._matches(wanted, place):
                    _, utterance, at = self._tokens[place]
                    found.append(Hit(utterance, at, keyword, len(wanted)))
        return tuple(sorted(found, key=lambda hit: (hit.at, hit.keyword)))

    def _matches(self, wanted: Sequence[str], place: int) -> bool:
        reach = self._tokens[place : place + len(wanted) + LOOSE]
        if not same_word(reach[0][0], wanted[0]):
            return False
        at = 0
        for token, utterance, _ in reach:
            if utterance - reach[0][1] > 1:  # a phrase may run over one border between utterances, not over two
                break
            if at < len(wanted) and same_word(token, wanted[at]):
                at += 1
        return at == len(wanted)


def content_words(text: str) -> tuple[str, ...]:
    """The words of a title or an objective that are long enough to tell something."""
    return tuple(dict.fromkeys(token for token in tokens(text) if len(token) > SHORTEST_STEM))
