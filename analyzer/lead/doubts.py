"""What is doubtful about each turn: the diarizer's evidence, carried over to people.

A diarizer says of each turn its **certainty**, the mean probability that the speaker speaks in the turn's frames. What
is left to 1 is the part of the turn that is expected not to be theirs: too long an edge, a word of somebody else. It
needs no fitting: on 32 simulated calls it was 7.3 % of the turns' time, and 6.6 % was not the person's in truth; the
two agree in each range of certainty as well (14 % and 14 % between 0.8 and 0.9, 58 % and 60 % below 0.6).

How far apart two people's voices are says whose could be exchanged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.speech.recognition import Diarization, TurnEvidence
from analyzer.timeline import Span

UNTOLD = 0.10
"""The uncertainty of a turn of which the diarizer says nothing: a little more than the average."""
CLOSE = 0.7
"""Cosine distance below which two voices are close."""


@dataclass(frozen=True, order=True, slots=True)
class TurnDoubt:
    """The part of `who`'s talk in `span`, 0 to 1, in which they may not speak at all."""

    who: str
    span: Span
    unsure: float

    def __post_init__(self) -> None:
        if not 0 <= self.unsure <= 1:
            raise ValueError(f"a part lies between 0 and 1, not at {self.unsure}")


def turn_doubts(found: Diarization, people: Mapping[str, str]) -> tuple[TurnDoubt, ...]:
    """The doubt about each turn of a diarization, with speakers as the `people` they are (else as themselves).

    A diarizer that gives no evidence leaves every turn as unsure as an average one.
    """
    evidence = found.evidence or (TurnEvidence(),) * len(found.turns)
    return tuple(
        TurnDoubt(people.get(turn.who, turn.who), turn.span, _unsure(sign.certainty))
        for turn, sign in zip(found.turns, evidence, strict=True)
    )


def _unsure(certainty: float | None) -> float:
    return UNTOLD if certainty is None else 1 - min(max(certainty, 0.0), 1.0)


def voice_distances(found: Diarization, people: Mapping[str, str]) -> dict[tuple[str, str], float]:
    """How far apart the voices of two people are: cosine distance, 0 for one and the same, 1 for nothing in common.

    Each pair is there once, in alphabetical order. Of people with several speakers it is the nearest two of these;
    voices without an embedding are left out.
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
