"""Which turns may be somebody else's: the diarizer's evidence for each turn, carried over to people.

A diarizer says two things of a turn, and they fail in different ways:

* its **certainty**, the mean probability that the speaker speaks in the turn's frames. What is left to 1 is the part of
  the turn that is expected not to be theirs: too long an edge, a word of somebody else. It needs no fitting: on 32
  simulated calls it was 7.3 % of the turns' time, and 6.6 % was not the person's in truth; the two agree in each range
  of certainty as well (14 % and 14 % between 0.8 and 0.9, 58 % and 60 % below 0.6).
* its **margin**, how much nearer what was heard lies to the speaker's own voice than to the next one. A small one says
  that the whole turn may be the other's.

Where a person's voice is close to another on the call, both names are easily given to one person, and the uncertainty
of their turns counts for more: in proportion to how much closer than `CLOSE` the two are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from analyzer.speech.recognition import Diarization, TurnEvidence
from analyzer.timeline import Span

SLOPE = 8.5
"""Log-odds of a turn being somebody else's, per unit of margin: even at a margin of 0, 1 in 70 at 0.5.

Fitted by maximum likelihood to the 1 844 turns of 32 simulated calls, 91 of them wrong (8.6, even at -0.01); the 1 349
turns of 24 others gave 8.4 and -0.02.
"""
UNTOLD = 0.10
"""The uncertainty of a turn of which the diarizer says nothing: a little more than the average."""
CLOSE = 0.7
"""Cosine distance below which two voices are close: coverage fell off there, on the telephone most of all."""
CLOSEST = 2.0
"""The most that a close voice can add: the uncertainty counts twice."""


@dataclass(frozen=True, order=True, slots=True)
class TurnDoubt:
    """What is doubtful about `who`'s talk in `span`.

    `wrong`: the probability, 0 to 1, that all of it is somebody else's: `instead`'s, as far as that is known.
    `unsure`: the part of it, 0 to 1, in which they may not speak at all.
    """

    who: str
    span: Span
    wrong: float = 0.0
    unsure: float = 0.0
    instead: str | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.wrong <= 1 and 0 <= self.unsure <= 1):
            raise ValueError(f"doubts lie between 0 and 1, not at {self.wrong} and {self.unsure}")
        if self.instead == self.who:
            raise ValueError(f"{self.who} cannot be somebody else")


def turn_doubts(found: Diarization, people: Mapping[str, str]) -> tuple[TurnDoubt, ...]:
    """The doubt about each turn of a diarization, with speakers as the `people` they are (else as themselves).

    A turn whose rival voice is the same person's cannot be wrong. A diarizer that gives no evidence leaves every turn
    as unsure as an average one.
    """
    distances = voice_distances(found, people)
    nearest: dict[str, float] = {}
    for pair, distance in distances.items():
        for who in pair:
            nearest[who] = min(distance, nearest.get(who, distance))
    evidence = found.evidence or (TurnEvidence(),) * len(found.turns)
    doubts = []
    for turn, sign in zip(found.turns, evidence, strict=True):
        who = people.get(turn.who, turn.who)
        rival = None if sign.runner_up is None else people.get(sign.runner_up, sign.runner_up)
        wrong = 0.0 if sign.margin is None or rival == who else _even_at_zero(sign.margin)
        unsure = UNTOLD if sign.certainty is None else 1 - min(max(sign.certainty, 0.0), 1.0)
        unsure = min(1.0, unsure * closeness(nearest.get(who)))
        doubts.append(TurnDoubt(who, turn.span, wrong, unsure, None if rival == who else rival))
    return tuple(doubts)


def _even_at_zero(margin: float) -> float:
    return 1 / (1 + math.exp(SLOPE * margin))


def closeness(distance: float | None) -> float:
    """How many times the uncertainty of a person counts whose nearest voice is so far off: 1 to `CLOSEST`."""
    return 1.0 if distance is None else min(CLOSEST, max(1.0, CLOSE / max(distance, 1e-6)))


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
