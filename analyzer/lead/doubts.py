"""What is doubtful about each turn: the diarizer's evidence, carried over to people.

A diarizer says of each turn its **certainty**, the mean probability that the speaker speaks in the turn's frames. What
is left to 1 is the part of the turn that is expected not to be theirs: too long an edge, a word of somebody else. It
needs no fitting: on 32 simulated calls it was 7.3 % of the turns' time, and 6.6 % was not the person's in truth; the
two agree in each range of certainty as well (14 % and 14 % between 0.8 and 0.9, 58 % and 60 % below 0.6).

How far apart two people's voices are says whose could be exchanged.

Beside these, a `CallDoubt` is what may be wrong with the whole of a call: too short for the intervals, one voice, more
or fewer voices than the plan has people, somebody who was heard in fewer turns than they were to lead items, a part in
which it could not be told who speaks.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.people.participants import Participants
from analyzer.speech.recognition import Diarization, TurnEvidence
from analyzer.talk.turns import By, talk_time
from analyzer.timeline import Span, intersection, samples, total, union

DoubtKind = Literal["short_call", "one_voice", "fewer_voices", "more_voices", "few_turns", "not_told"]

SHORT = samples(180.0)
"""On 16 simulated calls of 1 and 2 minutes the 90 % interval held 7 of 10 true shares: see docs/accuracy.md."""
NOT_TOLD = samples(10.0)
"""So much of a call whose speaker could not be told is worth a word. On the samples and eleven meeting clips it was
never more than 2.4 s."""
NOT_TOLD_PAUSE = samples(5.0)
"""Turns no further apart are one part of the call."""
HARDLY_SURE = 0.5
"""Certainty below which a turn's speaker is a guess."""
ANSWER = samples(1.0)
"""A turn of at most this is no turn in which somebody leads."""

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


@dataclass(frozen=True, slots=True)
class CallDoubt:
    """One thing that may be wrong with a call: who it is about, and the moments to listen to.

    `planned` and `found` are how many people, or turns, the plan expects and how many there are.
    """

    kind: DoubtKind
    who: tuple[str, ...] = ()
    moments: tuple[Span, ...] = ()
    planned: int = 0
    found: int = 0


def not_told(found: Diarization) -> tuple[Span, ...]:
    """The parts of a call in which it could not be told who speaks: 10 s or more of turns of which the diarizer is not
    sure, or that sound more like somebody else. None from a diarizer that gives no evidence."""
    unsure = [
        turn.span
        for turn, sign in zip(found.turns, found.evidence, strict=False)
        if (sign.certainty is not None and sign.certainty < HARDLY_SURE)
        or (sign.margin is not None and sign.margin < 0)
    ]
    return tuple(part for part in union(unsure, gap=NOT_TOLD_PAUSE) if total(intersection([part], unsure)) >= NOT_TOLD)


def call_doubts(
    by: By,
    participants: Participants,
    length: int,
    *,
    headcount: int | None = None,
    to_lead: Mapping[str, int] | None = None,
    untold: Collection[Span] = (),
) -> tuple[CallDoubt, ...]:
    """What may be wrong with a call of `length` samples.

    `headcount` is how many people the plan has, `to_lead` how many items of the agenda each person was to lead, by key.
    """
    people = [person for person in participants.people if person.side != "none" and by.get(person.key)]
    found: list[CallDoubt] = []
    if length < SHORT:
        found.append(CallDoubt("short_call"))
    if len(people) == 1:
        found.append(CallDoubt("one_voice", (people[0].key,)))
    talk = talk_time({person.key: by[person.key] for person in people})
    order = sorted(talk, key=lambda who: (talk[who], who))
    if headcount is not None and 1 < len(people) < headcount:
        most = order[-1]
        found.append(CallDoubt("fewer_voices", (most,), _apart(by[most]), headcount, len(people)))
    elif headcount is not None and len(people) > headcount:
        least = tuple(order[: len(people) - headcount])
        moments = tuple(max(by[who], key=lambda span: span.length) for who in least)
        found.append(CallDoubt("more_voices", least, moments, headcount, len(people)))
    for who, items in (to_lead or {}).items():
        turns = [span for span in by.get(who, ()) if span.length > ANSWER]
        if len(turns) < items:
            found.append(CallDoubt("few_turns", (who,), tuple(turns), items, len(turns)))
    if untold:
        found.append(CallDoubt("not_told", moments=tuple(untold)))
    return tuple(found)


def _apart(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The longest turn in each half of somebody's turns."""
    half = (len(spans) + 1) // 2
    return tuple(max(part, key=lambda span: span.length) for part in (spans[:half], spans[half:]) if part)


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
