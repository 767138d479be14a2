"""The objectives of the call, each with the passages that bear on it; whether it was met is not for a program to say.

A passage bears on an objective when it holds one of its keywords (a keyword of two words counts double), or two words
of its text. A word that is said n times in the call counts 1/sqrt(n) when passages are held against each other: of the
best one and those that count at least `NEAR` as much, at most four are given, in time order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.lead.keywords import Spoken, content_words
from analyzer.people.plan.plan import Objective
from analyzer.talk.words import Utterance

MOST_PASSAGES = 4
LEAST_WEIGHT = 1.0
TEXT_WORD = 0.5
NEAR = 0.75
"""Of what the best passage counts."""


@dataclass(frozen=True, slots=True)
class ObjectiveOnCall:
    """An objective and the passages that bear on it; no passage is no evidence, and nothing more."""

    objective: Objective
    passages: tuple[Utterance, ...]


def objectives_on_call(
    objectives: Sequence[Objective], utterances: Sequence[Utterance], language: str | None = None
) -> tuple[ObjectiveOnCall, ...]:
    """Every objective with at most four passages."""
    spoken = Spoken(utterances, language)
    return tuple(ObjectiveOnCall(one, tuple(utterances[i] for i in _best(one, spoken))) for one in objectives)


def _best(objective: Objective, spoken: Spoken) -> list[int]:
    """The utterances that bear most on an objective, in time order."""
    counts: dict[tuple[int, str], float] = {}
    places = set()
    for hit in spoken.hits(objective.keywords):
        places.add(hit.at)
        counts[hit.utterance, hit.keyword.casefold()] = min(hit.words, 2)
    for hit in spoken.hits(content_words(objective.text)):
        if hit.at not in places:
            counts.setdefault((hit.utterance, hit.keyword), TEXT_WORD)
    said = Counter(word for _, word in counts)
    plain: dict[int, float] = {}
    weight: dict[int, float] = {}
    for (utterance, word), count in counts.items():
        plain[utterance] = plain.get(utterance, 0.0) + count
        weight[utterance] = weight.get(utterance, 0.0) + count / said[word] ** 0.5
    bearing = sorted((i for i, count in plain.items() if count >= LEAST_WEIGHT), key=lambda i: (-weight[i], i))
    return sorted(i for i in bearing[:MOST_PASSAGES] if weight[i] >= NEAR * weight[bearing[0]])
