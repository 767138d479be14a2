"""The floor: at any moment of a call one person holds it, or nobody.

* On overlap the earlier holder keeps the floor until they stop; then it goes to whoever of those still talking
  started first.
* A gap of up to 2 s inside one person's floor stays theirs, unless somebody takes the floor in it.
* A backchannel is a turn of at most 1.0 s during someone else's floor: "mm-hm", "right". It never takes the floor.
  "During" means that at least half of it lies in that floor, so that an answer which the diarizer lets begin a
  tenth of a second early is still an answer.

    A      |=========|      |=======|          the gap of A is at most 2 s and only filled by a backchannel
    B                 |==|         |=======|   of B, so A keeps the floor; later B speaks into A's last words
    floor  AAAAAAAAAAAAAAAAAAAAAAAAABBBBBBBB   and gets the floor when A stops
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from analyzer.talk.turns import By, as_turns
from analyzer.timeline import Span, Turn, samples

FLOOR_GAP = samples(2.0)
"""The longest gap inside one person's floor."""

BACKCHANNEL = samples(1.0)
"""The longest backchannel."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Who held the floor: `holds` are disjoint and in time order; between them nobody held it.

    `backchannels` are the turns that were too short to take it.
    """

    holds: tuple[Turn, ...]
    backchannels: tuple[Turn, ...] = ()

    @property
    def changes(self) -> int:
        """How often the floor went from one person to another."""
        return sum(a.who != b.who for a, b in zip(self.holds, self.holds[1:], strict=False))

    def holder(self, at: int) -> str | None:
        """Who holds the floor at sample `at`."""
        i = bisect_left(self.holds, at + 1, key=lambda hold: hold.span.start) - 1
        return self.holds[i].who if i >= 0 and at < self.holds[i].span.end else None


def floor(by: By) -> Floor:
    """The floor of a call from everybody's turns (as `spans_by_person` gives them)."""
    turns = as_turns(by)
    holds = tuple(_holds(by, turns))
    return Floor(holds, tuple(turn for turn in turns if _is_backchannel(turn, holds)))


def _holds(by: By, turns: tuple[Turn, ...]) -> Iterator[Turn]:
    starts = {who: [span.start for span in spans] for who, spans in by.items()}
    at = 0  # everything before is settled
    first = 0  # no turn before this one reaches beyond `at`
    while True:
        while first < len(turns) and turns[first].span.end <= at:
            first += 1
        taker = next((turn for turn in islice(turns, first, None) if _takes(turn.span, at)), None)
        if taker is None:
            return
        who, start, end = taker.who, max(at, taker.span.start), taker.span.end
        while (more := _resumes(by[who], starts[who], end)) is not None:
            if _taken(islice(turns, first, None), who, Span(end, more.start)):
                break
            end = more.end
        yield Turn(Span(start, end), who)
        at = end


def _takes(span: Span, at: int) -> bool:
    """Whether a turn can take a floor that is free from `at` on.

    One that is over cannot; nor can one under way that is short enough, and far enough gone, to be a backchannel.
    """
    mostly_gone = span.start < at and span.length <= BACKCHANNEL and at - span.start >= span.end - at
    return span.end > at and not mostly_gone


def _resumes(spans: tuple[Span, ...], starts: list[int], end: int) -> Span | None:
    """The next of one person's turns, if it starts at most `FLOOR_GAP` after `end`."""
    i = bisect_left(starts, end)
    return spans[i] if i < len(spans) and spans[i].start - end <= FLOOR_GAP else None


def _taken(turns: Iterable[Turn], who: str, gap: Span) -> bool:
    """Whether somebody else speaks in the `gap` of `who`, with more than a backchannel."""
    for turn in turns:
        if turn.span.start >= gap.end:
            return False
        if turn.who != who and turn.span.length > BACKCHANNEL and turn.span.meets(gap):
            return True
    return False


def _is_backchannel(turn: Turn, holds: tuple[Turn, ...]) -> bool:
    if turn.span.length > BACKCHANNEL:
        return False
    first = max(0, bisect_left(holds, turn.span.start, key=lambda hold: hold.span.start) - 1)
    inside = 0
    for hold in islice(holds, first, None):
        if hold.span.start >= turn.span.end:
            break
        if hold.span.meets(turn.span):
            if hold.who == turn.who:
                return False
            inside += hold.span.shared(turn.span)
    return 2 * inside >= turn.span.length
