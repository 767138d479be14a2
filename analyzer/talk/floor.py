"""The floor: at any moment of a call one person holds it, or no one.

* On overlap the earlier holder keeps the floor until they stop; then it goes to whoever of those still talking
  started first. Of turns that start at the same moment the longest counts as the first.
* A gap of up to 2 s inside one person's floor stays theirs, unless somebody takes the floor in it.
* A backchannel is a turn of at most 1.0 s during someone else's floor: "mm-hm", "right". It never takes the floor.
  "During" means that at least half of it lies in that floor, so that an answer which the diarizer lets begin a
  tenth of a second early is still an answer.

    A      |=========|      |=======|          the gap of A is at most 2 s and only filled by a backchannel
    B                 |==|         |=======|   of B, so A keeps the floor; later B speaks into A's last words
    floor  AAAAAAAAAAAAAAAAAAAAAAAAAABBBBBBB   and gets the floor when A stops
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from analyzer.talk.turns import By
from analyzer.timeline import Span, Turn, samples, subtraction

FLOOR_GAP = samples(2.0)
"""The longest gap inside one person's floor."""

BACKCHANNEL = samples(1.0)
"""The longest backchannel."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Who held the floor: `holds` are disjoint and in time order; between them no one held it.

    `backchannels` are the turns that were too short to take it. `aside` is what only a voice says that is no one on the
    call (side `none`): it counts in no share of time.
    """

    holds: tuple[Turn, ...]
    backchannels: tuple[Turn, ...] = ()
    aside: tuple[Span, ...] = ()

    @property
    def changes(self) -> int:
        """How often the floor went from one person to another."""
        return sum(a.who != b.who for a, b in pairwise(self.holds))

    def holder(self, at: int) -> str | None:
        """Who holds the floor at sample `at`."""
        i = bisect_right(self.holds, at, key=lambda hold: hold.span.start) - 1
        return self.holds[i].who if i >= 0 and at < self.holds[i].span.end else None


def floor(by: By, aside: Iterable[Span] = ()) -> Floor:
    """The floor of a call from everybody's turns (as `spans_by_person` gives them).

    `aside` are the turns of voices that are no one.
    """
    turns = [Turn(span, who) for who, spans in by.items() for span in spans]
    turns.sort(key=lambda turn: (turn.span.start, -turn.span.end))
    alone = subtraction(aside, (turn.span for turn in turns))
    held = Floor(tuple(_holds(turns)), aside=alone)
    return replace(held, backchannels=tuple(turn for turn in turns if _is_backchannel(turn, held)))


def _holds(turns: Sequence[Turn]) -> Iterator[Turn]:
    free = 0  # up to here it is settled who has the floor
    for i, turn in enumerate(turns):
        if _takes(turn.span, free):
            start, free = max(free, turn.span.start), _end(turns, i)
            yield Turn(Span(start, free), turn.who)


def _takes(span: Span, free: int) -> bool:
    """Whether a turn can take a floor that is free from `free` on.

    One that is over cannot; nor can one that is short enough, and far enough gone, to be a backchannel.
    """
    mostly_gone = span.length <= BACKCHANNEL and free - span.start >= span.end - free
    return span.end > free and not mostly_gone


def _end(turns: Sequence[Turn], first: int) -> int:
    """Where the floor that `turns[first]` takes ends: the holder's last word before it passes on, or is free."""
    who, end = turns[first].who, turns[first].span.end
    for i in range(first + 1, len(turns)):
        span = turns[i].span
        if span.start - end > FLOOR_GAP:
            break
        if turns[i].who == who:
            end = span.end
        elif span.end > end and span.length > BACKCHANNEL:
            break
    return end


def _is_backchannel(turn: Turn, held: Floor) -> bool:
    """Whether a short turn begins in someone else's floor and has not taken it by its end."""
    return (
        turn.span.length <= BACKCHANNEL
        and held.holder(turn.span.start) != turn.who
        and held.holder(turn.span.end - 1) != turn.who
    )
