"""Which stretches of a recording the transcriber hears together, and what to do with what it says about them.

Whisper looks at 30 s at a time and costs the same for 5 s as for 30 s, so regions of speech are packed into
**chunks** of up to 30 s. Short pauses between regions stay as they are, longer ones become half a second of silence,
and a word's time inside the chunk is put back to where it was said:

    recording   ..aaaa..bbb..............cccc...        region b follows a after a short pause, c after a long one
    chunk         aaaa..bbb--cccc                       pieces: [a .. b], [c]

A region is cut only when it is longer than a chunk by itself, and then where it is quietest. Everything here is pure:
spans, words and samples in, spans, words and samples out.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.timeline import SAMPLE_RATE, Span, Word, depth, intersection, samples, subtraction, union

CHUNK = 30 * SAMPLE_RATE
"""The longest chunk, in samples: what the network looks at at once."""

PAD = samples(0.2)
"""Added on both sides of a region: first and last consonants are quieter than what a speech detector calls speech."""

KEPT_PAUSE = samples(1.0)
"""Pauses up to this stay in the chunk (they carry the sentence's rhythm); longer ones are left out."""

JOIN = samples(0.5)
"""Silence put between two pieces. Without it Whisper lets the first word after the pause begin before it, where it
would count as said a minute earlier, by somebody else."""

QUIET_FRAME = samples(0.02)
"""Length of the frames in which loudness is compared to find the quietest point."""

BETWEEN_WORDS = samples(1.0)
"""Speech between two words that are no further apart than this counts as transcribed."""

MISSED = samples(1.0)
"""Speech without a word for at least this long is heard a second time."""

ANSWER = samples(0.25)
"""The shortest turn that may hold a word."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Pieces of the recording, in time order and apart from each other, that are heard as one."""

    pieces: tuple[Span, ...]

    def __post_init__(self) -> None:
        if not self.pieces:
            raise ValueError("a chunk needs at least one piece")
        if any(a.end > b.start for a, b in zip(self.pieces, self.pieces[1:], strict=False)):
            raise ValueError("the pieces of a chunk must be in order and must not overlap")

    @property
    def length(self) -> int:
        """Samples in the chunk, the silence between pieces included."""
        return sum(piece.length for piece in self.pieces) + JOIN * (len(self.pieces) - 1)

    def audio(self, waveform: np.ndarray) -> np.ndarray:
        """The chunk's samples: the pieces of `waveform` (one channel, 16 kHz), one after the other."""
        out = np.zeros(self.length, dtype=waveform.dtype)
        for offset, piece in self._placed():
            out[offset : offset + piece.length] = waveform[piece.start : piece.end]
        return out

    def place(self, start: int, end: int) -> Span:
        """Where in the recording the stretch `[start, end)` of the chunk is.

        It belongs to the piece that it shares most with (or is nearest to), and is cut where that ends: a word is
        never spread over a pause that was left out. What is left has at least one sample.
        """
        offset, piece = max(
            self._placed(), key=lambda placed: min(end, placed[0] + placed[1].length) - max(start, placed[0])
        )
        first = min(max(piece.start + start - offset, piece.start), piece.end - 1)
        last = min(max(piece.start + end - offset, first + 1), piece.end)
        return Span(first, last)

    def joined(self, later: Chunk) -> Chunk:
        """This chunk and one that lies behind it, as one; pieces that touch become one piece."""
        return Chunk(union((*self.pieces, *later.pieces)))

    def _placed(self) -> list[tuple[int, Span]]:
        """The pieces, each with where in the chunk it starts."""
        placed, offset = [], 0
        for piece in self.pieces:
            placed.append((offset, piece))
            offset += piece.length + JOIN
        return placed


def pack(speech: Iterable[Span], waveform: np.ndarray, *, limit: int = CHUNK) -> tuple[Chunk, ...]:
    """Regions of speech (samples, any order, may overlap) to chunks of at most `limit` samples, in time order.

    Every sample of `speech` inside the waveform is in exactly one chunk.
    """
    whole = len(waveform)
    padded = union(
        Span(max(0, span.start - PAD), min(whole, span.end + PAD))
        for span in speech
        if span.start < whole  # a region that a detector saw in its padding beyond the end is no region
    )
    return _packed(padded, waveform, limit)


def parts_of(chunk: Chunk, waveform: np.ndarray, limit: int) -> tuple[Chunk, ...]:
    """`chunk` in parts of at most `limit` samples, in order: one after the other they are the chunk again."""
    return _packed(chunk.pieces, waveform, limit)


def _packed(regions: Iterable[Span], waveform: np.ndarray, limit: int) -> tuple[Chunk, ...]:
    """Regions, in order and apart from each other, in chunks of at most `limit` samples."""
    chunks: list[Chunk] = []
    pieces: list[Span] = []
    for region in regions:
        for part in cut_quietly(region, waveform, limit):
            if pieces and part.start - pieces[-1].end <= KEPT_PAUSE:
                longer = (*pieces[:-1], Span(pieces[-1].start, part.end))
            else:
                longer = (*pieces, part)
            if pieces and Chunk(longer).length > limit:
                chunks.append(Chunk(tuple(pieces)))
                pieces = [part]
            else:
                pieces = list(longer)
    if pieces:
        chunks.append(Chunk(tuple(pieces)))
    return tuple(chunks)


def cut_quietly(region: Span, waveform: np.ndarray, limit: int) -> list[Span]:
    """`region` in parts of at most `limit` samples, cut at the quietest points of its second halves.

    A part is at least half of `limit` long, so that a region a little longer than a chunk gives no crumbs that no one
    could understand alone: the last cut leaves the rest at least a quarter of `limit`.
    """
    parts: list[Span] = []
    start = region.start
    while region.end - start > limit:
        latest = min(start + limit, region.end - limit // 4)
        at = _quietest(waveform, start + limit // 2, latest)
        parts.append(Span(start, at))
        start = at
    parts.append(Span(start, region.end))
    return parts


def _quietest(waveform: np.ndarray, start: int, end: int) -> int:
    """The middle of the quietest 100 ms between `start` and `end`; `end` when there is less than that."""
    frames = (end - start) // QUIET_FRAME
    width = 5
    if frames < width:
        return end
    energy = np.square(waveform[start : start + frames * QUIET_FRAME].astype(np.float64))
    energy = energy.reshape(frames, QUIET_FRAME).sum(axis=1)
    smooth = np.convolve(energy, np.ones(width), mode="valid")
    # Of equally quiet points the last one: digital silence then makes the longest chunks.
    best = len(smooth) - 1 - int(np.argmin(smooth[::-1]))
    return start + best * QUIET_FRAME + width * QUIET_FRAME // 2


def missed(speech: Iterable[Span], words: Iterable[Word]) -> tuple[Span, ...]:
    """Speech of at least `MISSED` samples that got no word.

    speech    |==================|     |====|
    words       |=| |==|
    missed              |========|                (the second region is too short)
    """
    covered = union((word.span for word in words), gap=BETWEEN_WORDS)
    return tuple(span for span in subtraction(speech, covered) if span.length >= MISSED)


def wordless(turns: Sequence[Span], words: Iterable[Word]) -> tuple[Span, ...]:
    """What is left of turns without a word where no one else talks; `ANSWER` samples at least.

    turns     |=================|  |==|
                     |====|
    words     |=| |==|          |==|
    wordless                       |==|            (the second turn is not alone)
    """
    middles = sorted((word.span.start + word.span.end) // 2 for word in words)
    alone = [span for span, together in depth(turns) if together == 1]
    ends = [span.end for span in alone]
    left = []
    for turn in turns:
        if bisect_left(middles, turn.start) == bisect_left(middles, turn.end):
            first, last = bisect_right(ends, turn.start), bisect_left(ends, turn.end)
            own = intersection([turn], alone[first : last + 1])
            left += [span for span in own if span.length >= ANSWER]
    return union(left)


def compression(text: str) -> float:
    """How many times shorter `text` gets by compression: speech stays below 2.4, a text stuck in a loop does not."""
    plain = text.encode()
    return len(plain) / len(zlib.compress(plain)) if plain else 0.0


def without_loops(words: Sequence[Word], *, most: int = 4, longest: int = 12) -> tuple[Word, ...]:
    """`words` without what a recogniser stuck in a loop adds: a phrase said more than `most` times in a row.

    Phrases of 1 to `longest` words are looked for, compared without case and punctuation at their ends; the first
    `most` repetitions are kept, because people do say "no, no, no, no".
    """
    kept = list(words)
    for size in range(1, longest + 1):
        kept = _without_repeats(kept, size, most)
    return tuple(kept)


def _without_repeats(words: list[Word], size: int, most: int) -> list[Word]:
    bare = [word.text.strip(".,;:!?…\"'“”-").casefold() for word in words]
    out: list[Word] = []
    at = 0
    while at < len(words):
        phrase = bare[at : at + size]
        times = 1
        while len(phrase) == size and bare[at + times * size : at + (times + 1) * size] == phrase:
            times += 1
        if times > most:
            out += words[at : at + most * size]
            at += times * size
        else:
            out.append(words[at])
            at += 1
    return out
