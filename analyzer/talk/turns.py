"""Turns, talk time and shares: how much each person spoke.

* turn: one person's speech; pauses up to 0.5 s inside it belong to it.
* talk time: length of the union of a person's turns. In overlap it counts for everybody who talks.
* overlap: time in which two or more people talk, shown on its own.
* talk share: talk time / sum of everybody's talk time. Team share: talk time / sum of the team's.

    A   |=======|    |===|         talk time 10, share 10/16
    B        |=====|               talk time  6, share  6/16, overlap 2
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from analyzer.talk.rates import Share
from analyzer.timeline import Span, Turn, depth, intersection, samples, subtraction, total, union

TURN_PAUSE = samples(0.5)
"""The longest pause inside a turn."""

By = Mapping[str, tuple[Span, ...]]
"""Each person's turns: sorted spans that do not touch, in order of first speech."""


def spans_by_person(turns: Iterable[Turn], pause: int = TURN_PAUSE) -> dict[str, tuple[Span, ...]]:
    """Everybody's turns, with pauses up to `pause` samples bridged, people in order of first speech.

    Pieces of one person that overlap or touch, as a diarizer may give them, become one turn.
    """
    pieces: dict[str, list[Span]] = {}
    for turn in sorted(turns):
        pieces.setdefault(turn.who, []).append(turn.span)
    return {who: union(spans, gap=pause) for who, spans in pieces.items()}


def as_turns(by: By) -> tuple[Turn, ...]:
    """The same turns as one list in time order."""
    return tuple(sorted(Turn(span, who) for who, spans in by.items() for span in spans))


def renamed(turns: Iterable[Turn], people: Mapping[str, str]) -> tuple[Turn, ...]:
    """`turns` with each speaker replaced by the person that `people` gives (itself where it gives none)."""
    return tuple(sorted(Turn(turn.span, people.get(turn.who, turn.who)) for turn in turns))


def turn_at(by: By, who: str, at: int) -> Span | None:
    """`who`'s turn that is under way at sample `at`; None while they are silent."""
    spans = by.get(who, ())
    i = bisect_right(spans, at, key=lambda span: span.start) - 1
    return spans[i] if i >= 0 and at < spans[i].end else None


def parts(spans: Sequence[Span], stretch: Span) -> Iterator[Span]:
    """The parts of one person's turns that lie in `stretch`; looks only at the turns there."""
    for i in range(bisect_right(spans, stretch.start, key=lambda span: span.end), len(spans)):
        if spans[i].start >= stretch.end:
            return
        yield Span(max(spans[i].start, stretch.start), min(spans[i].end, stretch.end))


def within(by: By, stretches: Iterable[Span]) -> dict[str, tuple[Span, ...]]:
    """The parts of everybody's turns that lie in `stretches`; each person stays, even with nothing left."""
    where = union(stretches)
    return {who: intersection(spans, where) for who, spans in by.items()}


def without(by: By, stretches: Iterable[Span]) -> dict[str, tuple[Span, ...]]:
    """The parts of everybody's turns that lie outside `stretches`; each person stays."""
    where = union(stretches)
    return {who: subtraction(spans, where) for who, spans in by.items()}


def talk_time(by: By) -> dict[str, int]:
    """Each person's talk time in samples."""
    return {who: total(spans) for who, spans in by.items()}


def share_of(who: str, among: Collection[str], by: By) -> Share:
    """`who`'s talk time as a share of the talk time of everybody in `among` (which must hold `who`).

    Shares over one `among` add up to the whole, because each is counted from the same talk times.
    """
    if who not in among:
        raise ValueError(f"{who!r} must be among the people whose talk is shared out")
    talk = talk_time({person: by.get(person, ()) for person in among})
    return Share(talk[who], sum(talk.values()))


def overlap(by: By) -> tuple[Span, ...]:
    """The time in which two or more people talk, as sorted spans that do not touch."""
    return union(piece for piece, people in depth(s for spans in by.values() for s in spans) if people >= 2)


def silence(by: By, length: int) -> tuple[Span, ...]:
    """The time of a call of `length` samples in which no person talks."""
    return subtraction([Span(0, length)] if length else [], [s for spans in by.values() for s in spans])
