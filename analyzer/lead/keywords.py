"""Finding planned words in spoken ones, without a model: which utterances speak of a keyword.

Words are compared folded (case, accents). Two words are the same when they are equal but for their endings, on a
common beginning of at least four letters: "pilot" and "pilots", "deliver" and "deliveries", "decide" and "decision".
What is an ending is told by `ENDINGS`, by language; in other languages all of them are. In languages that write
compounds as one word, a word of at least six letters is also found at the beginning and at the end of a longer one
("Einstellung" in "Einstellungsprozess"). A keyword of several words is found where its words stand in order within two
more words than it has. It is a rough measure and meant to be: it is there to show passages to people, who decide what
they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from analyzer.people.names import tokens
from analyzer.talk.words import Utterance

SHORTEST_STEM = 4
SHORTEST_PART = 6
"""Letters that a part of a compound has at least."""
SHORTEST_LONE = 3
"""Letters of a word that is too short for a stem, from which it is found with its plural: "fee" in "fees"."""
LOOSE = 2
"""Words that may stand between those of a keyword."""

ENDINGS = {
    "en": "s es d ed r er ers or ors ing ings ion ions ation ations ational al y ies ied ly e is de ding sion sions "
    "ment ments ance able ive",
    "de": "s es e n en er ern ers em t st te ten tes ter ung ungen end ende enden lich liche lichen",
    "fr": "s x e es er ez ons ent ement ements ation ations ion ions ant if ive ifs ives eur eurs",
    "es": "s o a os as es e ar er ir an en ado ada ados adas ando iendo cion ciones",
}
"""Endings of folded words, by language."""

COMPOUNDING = (None, "de", "nl", "sv", "da", "no", "nb", "nn", "fi", "hu")
"""Languages that write compounds as one word, and a language that is not known."""
FUNCTION_WORDS = {
    "en": "about after again also another before between both does each first from further have having here into more "
    "most next other over such than that their them then there these they this those under until upon what when where "
    "which while will with within without would your yours",
    "de": "aber alle alles auch beim bisher dann dass denn dies diese dieser dieses doch durch eine einem einen einer "
    "eines erst gegen heute ihre ihrem ihren ihrer noch nach oder ohne sein sich sind soll uber unser unter wann "
    "weil welche wenn werden wird wurde zwischen",
    "fr": "avec aussi avant apres cela cette ceux chez comme dans depuis donc elle elles entre etre leur leurs mais "
    "meme notre nous pour quand quel quelle sans sont sous tous tout toute tres vers votre vous",
    "es": "antes aqui como cual cuando desde donde ella ellos entre esta este estos hasta para pero porque quien segun "
    "sobre tambien todo todos unos",
}
"""Words of four letters and more that do not say what a title is about, folded."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A keyword found: in which utterance (by index), at which sample its first word starts, how many words it has."""

    utterance: int
    at: int
    keyword: str
    words: int


@cache
def _function_words() -> frozenset[str]:
    return frozenset(word for words in FUNCTION_WORDS.values() for word in words.split())


@lru_cache(maxsize=64)
def _endings(language: str | None) -> frozenset[str]:
    known = [ENDINGS[language]] if language in ENDINGS else ENDINGS.values()
    return frozenset(ending for endings in known for ending in endings.split()) | {""}


def same_word(a: str, b: str, language: str | None = None) -> bool:
    """Whether two folded words are the same but for their ending, or one is a part of the other, a compound."""
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    if len(short) < SHORTEST_STEM:
        return len(short) >= SHORTEST_LONE and long in (short + "s", short + "es")
    common = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(short))
    endings = _endings(language)
    if any(_ending(a, stem) in endings and _ending(b, stem) in endings for stem in range(SHORTEST_STEM, common + 1)):
        return True
    return language in COMPOUNDING and len(short) >= SHORTEST_PART and (long.startswith(short) or long.endswith(short))


def _ending(word: str, stem: int) -> str:
    """What follows the first `stem` letters, without a consonant that is only doubled ("plan", "planning")."""
    rest = word[stem:]
    return rest[1:] if len(rest) > 1 and rest[0] == word[stem - 1] else rest


class Spoken:
    """Utterances in `language` made ready to be searched for many keywords."""

    def __init__(self, utterances: Sequence[Utterance], language: str | None = None) -> None:
        self.utterances = utterances
        self.language = language
        self._tokens: list[tuple[str, int, int]] = [
            (token, i, word.span.start)
            for i, utterance in enumerate(utterances)
            for word in utterance.words
            for token in tokens(word.text)
        ]
        self._places: dict[str, list[int]] = {}
        for place, (token, _, _) in enumerate(self._tokens):
            self._places.setdefault(token, []).append(place)
        self._beginning: dict[str, list[str]] = {}
        for token in self._places:
            self._beginning.setdefault(token[:SHORTEST_LONE], []).append(token)

    def hits(self, keywords: Iterable[str]) -> tuple[Hit, ...]:
        """Where any of `keywords` is said, in time order."""
        found = []
        for keyword in keywords:
            wanted = tokens(keyword)
            for place in self._said(wanted[0]) if wanted else ():
                if self._follows(wanted, place):
                    _, utterance, at = self._tokens[place]
                    found.append(Hit(utterance, at, keyword, len(wanted)))
        return tuple(sorted(found, key=lambda hit: (hit.at, hit.keyword)))

    def _said(self, word: str) -> Iterator[int]:
        """The places of a word."""
        likely = self._beginning.get(word[:SHORTEST_LONE], [])
        if self.language in COMPOUNDING and len(word) >= SHORTEST_PART:
            likely = [*likely, *(token for token in self._places if token.endswith(word) and token not in likely)]
        for token in likely:
            if same_word(token, word, self.language):
                yield from self._places[token]

    def _follows(self, wanted: Sequence[str], place: int) -> bool:
        """Whether the words of a keyword stand from `place` on, where the first of them does."""
        at = 1
        for token, utterance, _ in self._tokens[place + 1 : place + len(wanted) + LOOSE]:
            if utterance - self._tokens[place][1] > 1:  # a phrase may run over one border between utterances, not two
                break
            if at < len(wanted) and same_word(token, wanted[at], self.language):
                at += 1
        return at == len(wanted)


def content_words(text: str) -> tuple[str, ...]:
    """The words of a title or an objective that tell something: of four letters and more, without function words."""
    return tuple(dict.fromkeys(t for t in tokens(text) if len(t) >= SHORTEST_STEM and t not in _function_words()))
