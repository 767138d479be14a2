"""The objectives of the call, each with the passages that bear on it; whether it was met is not for a program to say.

A passage bears on an objective when it holds one of its keywords (a keyword of two words counts double), or two words
of its text. The passages that count most are given, in time order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.lead.keywords import Spoken, content_words
from analyzer.people.plan.plan import Objective
from analyzer.talk.words import Utterance

MOST_PASSAGES = 4
LEAST_WEIGHT = 1.0
TEXT_WORD = 0.5


@dataclass(frozen=True, slots=True)
class ObjectiveOnCall:
    """An objective and the passages that bear on it; no passage is no evidence, and nothing more."""

    objective: Objective
    passages: tuple[Utterance, ...]


def objectives_on_call(objectives: Sequence[Objective], utterances: Sequence[Utterance]) -> tuple[ObjectiveOnCall, ...]:
    """Every objective with at most four passages."""
    spoken = Spoken(utterances)
    out = []
    for objective in objectives:
        keywords: dict[int, set[str]] = {}
        weight: dict[int, float] = {}
        for hit in spoken.hits(objective.keywords):
            if hit.keyword not in keywords.setdefault(hit.utterance, set()):
                keywords[hit.utterance].add(hit.keyword)
                weight[hit.utterance] = weight.get(hit.utterance, 0) + min(hit.words, 2)
        words: dict[int, set[str]] = {}
        for hit in spoken.hits(content_words(objective.text)):
            words.setdefault(hit.utterance, set()).add(hit.keyword)
        for utterance, found in words.items():
            weight[utterance] = weight.get(utterance, 0) + TEXT_WORD * len(found)
        best = sorted((i for i, w in weight.items() if w >= LEAST_WEIGHT), key=lambda i: (-weight[i], i))
        out.append(ObjectiveOnCall(objective, tuple(utterances[i] for i in sorted(best[:MOST_PASSAGES]))))
    return tuple(out)
