"""Which language is spoken where in a recording.

Whisper tells the language of a sound from a few seconds of it, mostly rightly. It writes in the language that it is
told, and what is said in another one it translates, or invents. So of each chunk one **part** of up to 8 s is asked,
and the first and the last part of all:

    chunks      |---- ---- ----| |---- ---- ----| |---- ---- ----|
    asked              en               en               de
    change                               halved:  en|de

* The language of the recording is the one that its parts speak for most. Where one does not sound like it, it is asked
  again **carefully**: the same part, padded to 30 s, which is what Whisper has learnt on and takes six times as long.
* Another one counts only if some part is surely in it: a noisy part of an English call looks Welsh now and then.
* Of these languages each part has the one that fits it and its neighbours best: to change costs as much as being twice
  as probable gains (Viterbi). Where two neighbours differ, the parts between are halved until the change is found, and
  the chunk is cut there.

Measured with whisper-base: in 210 parts of English calls (three minutes each of samples, AMI clips and simulated calls)
the most probable wrong language had 0.57. In ten parts of German spoken by an English voice German had 0.2 to 0.99, and
0.6 to 0.98 carefully. To ask a part takes 0.11 CPU seconds, a fifteenth of what it takes to write down a chunk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from analyzer.speech.transcription.chunks import Chunk, parts_of
from analyzer.timeline import samples

PART = samples(8.0)
"""The longest part, in samples."""

SURE = 0.8
"""How probable a second language must be somewhere; in a part of at least `LEAST` samples."""
LEAST = samples(3.0)

CHANGE = math.log(2)
"""What a change of language between two parts costs."""

UNHEARD = 1e-3
"""The least probability: one odd part does not decide alone."""

ALIKE = (
    frozenset({"no", "nn", "da"}),
    frozenset({"es", "gl"}),
    frozenset({"hr", "bs", "sr"}),
    frozenset({"cs", "sk"}),
    frozenset({"ms", "id"}),
    frozenset({"zh", "yue"}),
    frozenset({"hi", "ur"}),
)
"""Languages of which one speaker's may look like either: a call has one of them. Not measured."""

UNSURE = 0.5
"""A part in which the recording's language is less probable is asked carefully."""

Probabilities = Mapping[str, float]
Tell = Callable[[Chunk, bool], Probabilities]
"""How probable each language is in a part, by its code; carefully or not."""


def by_language(
    chunks: Sequence[Chunk], waveform: np.ndarray, tell: Tell, likely: str | None = None
) -> list[tuple[Chunk, str]]:
    """The chunks in order, each with its language; one with two languages is cut into several.

    There must be at least one. `likely` is the language of the recording, where that is known from elsewhere.
    """
    parts = [parts_of(chunk, waveform, PART) for chunk in chunks]
    flat = [part for several in parts for part in several]
    firsts = np.cumsum([0, *(len(several) for several in parts[:-1])])
    longest = {int(first) + _longest(several) for first, several in zip(firsts, parts, strict=True)}
    heard = {i: tell(flat[i], False) for i in sorted({0, *longest, len(flat) - 1})}
    main = likely or _commonest(flat, heard)
    heard |= {i: tell(flat[i], True) for i, probable in heard.items() if probable.get(main, 0.0) < UNSURE}
    spoken = (main, *_others(flat, heard, main))
    if len(spoken) == 1:
        return [(chunk, main) for chunk in chunks]
    known = dict(zip(heard, _smoothed(list(heard.values()), spoken), strict=True))
    for one, other in pairwise(tuple(heard)):
        _halve(known, one, other, lambda i: tell(flat[i], True))
    return _cut(parts, _spread(known, len(flat)))


def _longest(parts: Sequence[Chunk]) -> int:
    return max(range(len(parts)), key=lambda i: parts[i].length)


def _commonest(parts: Sequence[Chunk], heard: Mapping[int, Probabilities]) -> str:
    votes: dict[str, float] = {}
    for i, probable in heard.items():
        for code, probability in probable.items():
            votes[code] = votes.get(code, 0.0) + probability * parts[i].length
    return max(votes, key=lambda code: votes[code])


def _others(parts: Sequence[Chunk], heard: Mapping[int, Probabilities], main: str) -> tuple[str, ...]:
    """The languages beside `main` that some part is surely in."""
    found: dict[str, None] = {}
    for i, probable in sorted(heard.items()):
        code = max(probable, key=lambda code: probable[code])
        taken = {main, *found}
        alike = any(code in family and family & taken for family in ALIKE)
        if code not in taken and not alike and probable[code] >= SURE and parts[i].length >= LEAST:
            found[code] = None
    return tuple(found)


def _smoothed(heard: Sequence[Probabilities], spoken: Sequence[str]) -> list[str]:
    """The most probable row of languages, where a change costs `CHANGE`."""
    best = [0.0] * len(spoken)
    came: list[list[int]] = []
    for probable in heard:
        fits = [math.log(max(probable.get(code, 0.0), UNHEARD)) for code in spoken]
        before = [
            max(range(len(spoken)), key=lambda j: best[j] - CHANGE * (j != i)) if came else i
            for i in range(len(spoken))
        ]
        best = [best[j] - CHANGE * (j != i) + fits[i] for i, j in enumerate(before)]
        came.append(before)
    at = max(range(len(spoken)), key=lambda i: best[i])
    row = []
    for before in reversed(came):
        row.append(spoken[at])
        at = before[at]
    return row[::-1]


def _halve(known: dict[int, str], one: int, other: int, ask: Callable[[int], Probabilities]) -> None:
    """Finds between two parts that are known where the language changes from the one's to the other's."""
    while other - one > 1 and known[one] != known[other]:
        middle = (one + other) // 2
        probable = ask(middle)
        known[middle] = max(known[one], known[other], key=lambda code: probable.get(code, 0.0))
        one, other = (middle, other) if known[middle] == known[one] else (one, middle)


def _spread(known: Mapping[int, str], count: int) -> list[str]:
    """The language of each of `count` parts: that of the last known one before it, else of the first one."""
    row, now = [], known[min(known)]
    for i in range(count):
        now = known.get(i, now)
        row.append(now)
    return row


def _cut(parts: Sequence[Sequence[Chunk]], row: Sequence[str]) -> list[tuple[Chunk, str]]:
    """The parts of each chunk that are next to each other and of one language, as one again."""
    out: list[tuple[Chunk, str]] = []
    languages = iter(row)
    for several in parts:
        of_chunk: list[tuple[Chunk, str]] = []
        for part in several:
            language = next(languages)
            if of_chunk and of_chunk[-1][1] == language:
                of_chunk[-1] = (of_chunk[-1][0].joined(part), language)
            else:
                of_chunk.append((part, language))
        out += of_chunk
    return out
