"""Which turns may be somebody else's: the diarizer's evidence for each turn, as a probability for each person's.

A diarizer says of every turn how much nearer what it heard lies to the speaker's own voice than to the next one. That
**margin** becomes the probability that the turn is wrong by `wrong_at`, a curve that was fitted to turns whose true
speaker was known. A turn without a margin (too little speech to tell, or a diarizer that gives none) gets `UNTOLD`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.speech.heard import Diarization, TurnEvidence
from analyzer.timeline import Span

HALF = 0.0
"""The margin at which a turn is as likely wrong as right."""
SLOPE = 12.0
"""Log-odds per unit of margin."""
UNTOLD = 0.15
"""How likely a turn is wrong that nothing is known about."""


@dataclass(frozen=True, order=True, slots=True)
class TurnDoubt:
    """`who`'s talk in `span` is somebody else's with probability `wrong`: `instead`'s, as far as that is known."""

    who: str
    span: Span
    wrong: float
    instead: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.wrong <= 1:
            raise ValueError(f"a probability lies between 0 and 1, not at {self.wrong}")
        if self.instead == self.who:
            raise ValueError(f"{self.who} cannot be somebody else")


def wrong_at(margin: float | None) -> float:
    """How likely a turn with this margin between the voices is somebody else's."""
    return UNTOLD if margin is None else 1 / (1 + math.exp(min(SLOPE * (margin - HALF), 700)))


def turn_doubts(found: Diarization, people: Mapping[str, str]) -> tuple[TurnDoubt, ...]:
    """The doubt about each turn, with speakers as the `people` they are (themselves where that is not known).

    A turn whose only rival voice is the same person's is in no doubt. Without evidence there are no doubts: they are
    not known then, which is not the same; see `analyzer.lead.interval`.
    """
    return tuple(
        TurnDoubt(who, turn.span, wrong_at(evidence.margin), instead)
        for turn, evidence in zip(found.turns, found.evidence, strict=False)
        for who, instead in [(people.get(turn.who, turn.who), _rival(evidence, people))]
        if instead != who
    )


def _rival(evidence: TurnEvidence, people: Mapping[str, str]) -> str | None:
    return None if evidence.runner_up is None else people.get(evidence.runner_up, evidence.runner_up)


def voice_distances(found: Diarization, people: Mapping[str, str]) -> dict[tuple[str, str], float]:
    """How far apart the voices of two people are: cosine distance, 0 for one and the same, 1 for nothing in common.

    Of people with several speakers it is the nearest two of these. Voices without an embedding are left out.
    """
    nearest: dict[tuple[str, str], float] = {}
    for i, one in enumerate(found.voices):
        for other in found.voices[i + 1 :]:
            a, b = (people.get(voice.speaker, voice.speaker) for voice in (one, other))
            if a != b and one.embedding and len(one.embedding) == len(other.embedding):
                pair = (min(a, b), max(a, b))
                apart = 1 - math.fsum(x * y for x, y in zip(one.embedding, other.embedding, strict=True))
                nearest[pair] = min(apart, nearest.get(pair, apart))
    return nearest
