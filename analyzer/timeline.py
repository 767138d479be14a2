"""Time inside the program: integer samples at 16 kHz, and the sets of time that measures are made of.

Seconds exist only at the edges (files, screens, models); `samples` and `seconds` are the one place where
the two meet. A `Span` is half open, `[start, end)`, so that spans that touch neither overlap nor leave a gap:

    a = Span(0, 4)    |====|
    b = Span(4, 6)         |==|       a and b touch; a.meets(b) is False
    c = Span(3, 5)        |==|        the part of a in c is Span(3, 4)

Sums over spans are exact: a share of talk does not depend on the order in which it was added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

SAMPLE_RATE = 16_000
"""Samples in a second, for the waveform and for every time inside the program."""


def samples(seconds: float) -> int:
    """Seconds to the nearest sample (halves away from zero would depend on the sign; times are not negative)."""
    return round(seconds * SAMPLE_RATE)


def seconds(samples: int) -> float:
    """Samples to seconds."""
    return samples / SAMPLE_RATE


def clock(at: int) -> str:
    """A moment as people read it off a player: `m:ss`, or `h:mm:ss` from one hour on."""
    whole = at // SAMPLE_RATE
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A half-open stretch of time `[start, end)`, in samples; never empty, never before the start of the call."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not [{self.start}, {self.end})")

    @property
    def length(self) -> int:
        """Samples in the span."""
        return self.end - self.start

    def meets(self, other: Span) -> bool:
        """Whether the two share at least one sample."""
        return self.start < other.end and other.start < self.end

    def shared(self, other: Span) -> int:
        """How many samples the two share."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))

    def shifted(self, by: int) -> Span:
        """The same span, `by` samples later."""
        return Span(self.start + by, self.end + by)


@dataclass(frozen=True, order=True, slots=True)
class Turn:
    """Somebody's speech from `span.start` to `span.end`; `who` is a speaker label or, later, a person's key."""

    span: Span
    who: str


@dataclass(frozen=True, order=True, slots=True)
class Word:
    """A transcribed word; `confidence` is the recogniser's own probability, 0 to 1, or None.

    `speaker` is the label of who said it where the recording itself tells, by a channel or a track of their own;
    None where only the turns can tell. `language` is its code where a recording has words in several, and None
    where all are in the transcript's.
    """

    span: Span
    text: str
    confidence: float | None = None
    speaker: str | None = field(default=None, compare=False)  # a label and None have no order
    language: str | None = field(default=None, compare=False)


def union(spans: Iterable[Span], gap: int = 0) -> tuple[Span, ...]:
    """The time covered by any of `spans`, as sorted spans that do not touch.

    With `gap`, spans up to `gap` samples apart become one:

        spans          |==|  |=|        |=|
        gap = 0        |==|  |=|        |=|
        gap = 2        |=======|        |=|
    """
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start - merged[-1].end <= gap:
            if span.end > merged[-1].end:
                merged[-1] = Span(merged[-1].start, span.end)
        else:
            merged.append(span)
    return tuple(merged)


def total(spans: Iterable[Span]) -> int:
    """Length of the union of `spans`, in samples."""
    return sum(span.length for span in union(spans))


def intersection(a: Iterable[Span], b: Iterable[Span]) -> tuple[Span, ...]:
    """The time covered by both `a` and `b`, as sorted spans that do not touch."""
    left, right = union(a), union(b)
    out: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i].start, right[j].start), min(left[i].end, right[j].end)
        if start < end:
            out.append(Span(start, end))
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return tuple(out)


def subtraction(a: Iterable[Span], b: Iterable[Span]) -> tuple[Span, ...]:
    """The time covered by `a` and not by `b`, as sorted spans that do not touch."""
    out: list[Span] = []
    taken = union(b)
    first = 0
    for span in union(a):
        at = span.start
        while first < len(taken) and taken[first].end <= at:
            first += 1
        for other in taken[first:]:
            if other.start >= span.end:
                break
            if other.start > at:
                out.append(Span(at, other.start))
            at = max(at, other.end)
        if at < span.end:
            out.append(Span(at, span.end))
    return tuple(out)


def depth(spans: Iterable[Span]) -> Iterator[tuple[Span, int]]:
    """Cuts time where any span starts or ends; yields each cut piece with how many spans cover it (at least 1).

    `spans` of one person must be disjoint for the number to be a number of people.
    """
    edges: dict[int, int] = {}
    for span in spans:
        edges[span.start] = edges.get(span.start, 0) + 1
        edges[span.end] = edges.get(span.end, 0) - 1
    before, active = 0, 0
    for at in sorted(edges):
        if active and at > before:
            yield Span(before, at), active
        active += edges[at]
        before = at
