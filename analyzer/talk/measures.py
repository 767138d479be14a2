"""Conversation measures per person, from turns, floor and words. Each is defined at its function.

The measures describe; they do not grade. What is known to hold on average about them in sales calls is left to the
debrief, which shows the moment to listen to beside the figure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from analyzer.talk.asked import count_questions
from analyzer.talk.floor import Floor, floor
from analyzer.talk.rates import Rate, Share
from analyzer.talk.turns import By, as_turns, overlap, silence, talk_time, turn_at
from analyzer.timeline import SAMPLE_RATE, Span, Word, intersection, samples, subtraction, total

MONOLOGUE_PAUSE = samples(3.0)
"""A pause this long ends a monologue."""

INTERRUPTION_OVERLAP = samples(0.5)
INTERRUPTION_YIELD = samples(2.0)
"""The holder must stop within this time of the interrupter's start."""

MINUTE = 60 * SAMPLE_RATE
HOUR = 60 * MINUTE

FILLERS = {
    "en": ("um", "uh", "er", "erm", "uhm", "you know", "i mean", "basically", "literally"),
    "de": ("äh", "ähm", "öh", "öhm", "halt", "sozusagen", "quasi", "irgendwie"),
    "fr": ("euh", "heu", "ben", "bah", "du coup", "en fait", "tu vois"),
    "es": ("eh", "em", "o sea", "pues", "digamos"),
}
"""What counts as a filler word, by language; in other languages the number is not known.

Left out are words that good questions need: "kind of" (budget), "ce genre" (de projet), "este" (plan).
"""


@dataclass(frozen=True, slots=True)
class Interruption:
    """`by` started at `at` while `of` held the floor, overlapped them, and `of` gave way."""

    at: int
    by: str
    of: str
    overlap: int


@dataclass(frozen=True, slots=True)
class PersonMeasures:
    """The measures of one person. Times are samples; None means not known (no words, no such language, no case).

    `words` per minute is `words.value * MINUTE`. `patience` is the median pause before this person answers a customer,
    over `answers` answers.
    """

    who: str
    talk: int
    turns: int
    longest_monologue: Span | None
    questions: int | None
    words: Rate | None
    fillers: int | None
    interruptions_made: int
    interruptions_suffered: int
    patience: int | None
    answers: int


@dataclass(frozen=True, slots=True)
class CallMeasures:
    """The measures of the call as a whole. `floor_changes` per hour is `floor_changes.value * HOUR`."""

    silence: Share
    overlap: Share
    floor_changes: Rate


def longest_monologue(who: str, held: Floor) -> Span | None:
    """The longest stretch of one person's floor without a pause of 3 s and without another person's floor in it.

    floor      AAAA AAAAAAA     AAAAA  BBBB       one blank is a second:
    monologue  |==========|                       a pause of 1 s goes on, one of 5 s ends it
    """
    best: Span | None = None
    current: Span | None = None
    for hold in held.holds:
        if hold.who != who:
            current = None
            continue
        if current is not None and hold.span.start - current.end < MONOLOGUE_PAUSE:
            current = Span(current.start, hold.span.end)
        else:
            current = hold.span
        if best is None or current.length > best.length:
            best = current
    return best


def interruptions(by: By, held: Floor) -> tuple[Interruption, ...]:
    """Turns that made the holder of the floor stop.

    A turn that is no backchannel starts while somebody else holds the floor and talks, overlaps them for at least
    0.5 s, and the holder stops within 2 s of its start while the interrupter goes on:

        holder       |===========|
        interrupter          |==========|      overlap >= 0.5 s, and no more than 2 s to the holder's end
    """
    backchannels = set(held.backchannels)
    found = []
    for turn in as_turns(by):
        holder = held.holder(turn.span.start)
        if holder is None or holder == turn.who or turn in backchannels:
            continue
        cut = turn_at(by, holder, turn.span.start)
        if (
            cut is not None
            and cut.shared(turn.span) >= INTERRUPTION_OVERLAP
            and cut.end - turn.span.start <= INTERRUPTION_YIELD
            and turn.span.end > cut.end
        ):
            found.append(Interruption(turn.span.start, turn.who, holder, cut.shared(turn.span)))
    return tuple(found)


def answer_pauses(who: str, customers: Collection[str], held: Floor) -> tuple[int, ...]:
    """The pauses, in samples, between a customer's floor and `who`'s next, where no other person came in between.

    Speaking into the customer's last words is a pause of 0. Patience is their median.
    """
    pairs = pairwise(held.holds)
    return tuple(b.span.start - a.span.end for a, b in pairs if a.who in customers and b.who == who)


def count_fillers(words: Sequence[Word], language: str | None) -> int | None:
    """Filler words and phrases among `words`, each in its own language or in `language`; None if one has no list.

    A recogniser leaves many of them out, so the number is for comparing with the same recogniser's, not for itself.
    """
    found = 0
    for spoken, run in groupby(words, key=lambda word: word.language or language or ""):
        if spoken not in FILLERS:
            return None
        plain = (re.sub(r"[^\w']", "", word.text.lower()) for word in run)
        text = " ".join(word for word in plain if word)
        found += len(re.findall(rf"(?<!\w)(?:{'|'.join(FILLERS[spoken])})(?!\w)", text))
    return found if words or language in FILLERS else None


def measure_people(
    by: By,
    customers: Collection[str],
    owned: Sequence[tuple[str, Word]] | None = None,
    language: str | None = None,
    held: Floor | None = None,
) -> tuple[PersonMeasures, ...]:
    """The measures of everybody in `by`, in its order. Without `owned` words, what words tell is not known."""
    held = held if held is not None else floor(by)
    talk = talk_time(by)
    cut = interruptions(by, held)
    words: dict[str, list[Word]] = {}
    for owner, word in owned or ():
        words.setdefault(owner, []).append(word)
    out = []
    for who, spans in by.items():
        mine = None if owned is None else words.get(who, [])
        pauses = () if who in customers else answer_pauses(who, customers, held)
        out.append(
            PersonMeasures(
                who=who,
                talk=talk[who],
                turns=len(spans),
                longest_monologue=longest_monologue(who, held),
                questions=None if mine is None else count_questions(mine),
                words=None if mine is None else Rate(len(mine), talk[who]),
                fillers=None if mine is None else count_fillers(mine, language),
                interruptions_made=sum(i.by == who for i in cut),
                interruptions_suffered=sum(i.of == who for i in cut),
                patience=round(median(pauses)) if pauses else None,
                answers=len(pauses),
            )
        )
    return tuple(out)


def measure_call(by: By, length: int, held: Floor | None = None) -> CallMeasures:
    """Silence, overlap and floor changes of a call of `length` samples; `held.aside` is no part of it."""
    held = held if held is not None else floor(by)
    quiet = subtraction(silence(by, length), held.aside)
    length -= total(intersection(held.aside, [Span(0, length)]) if length else ())
    return CallMeasures(
        silence=Share(total(quiet), length),
        overlap=Share(total(overlap(by)), length),
        floor_changes=Rate(held.changes, length),
    )
