"""The lead: which of the team leads the call, and for how long.

From the first floor of the team to the end of the call one of the team has the lead. At first it is whoever holds that
floor. It passes to somebody else when what they say on the floors they have held since the leader last held the floor
adds up to 3 s; it is theirs from the first of those floors on. The customer's floor and the pauses count for whoever
has the lead.

    floor   SSSSSS CCCC M CCCCCC MMMMMM CCC SSSS      S salesperson, M manager, C customer; M's first floor is 1 s
    lead    SSSSSSSSSSSSMMMMMMMMMMMMMMMMMMMMSSSS      M says 1 s and 3 s and more, so M leads from the first one on

A **silence**, in which no one holds the floor for more than 30 s, counts for no one: hold music, a line left open. Nor
does what a voice says that is no one on the call.

Lead time share: time having the lead / time in which anybody has it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from analyzer.talk.floor import Floor
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, parts
from analyzer.timeline import Span, Turn, samples, subtraction, total

LEAD_SPEECH = samples(3.0)
"""Speech since the leader last held the floor that passes the lead."""
SILENCE = samples(30.0)
"""A longer time in which no one holds the floor counts for no one."""


def spoken_in(who: str, stretch: Span, by: By) -> int:
    """How many samples of `stretch` `who` talks."""
    return sum(part.length for part in parts(by.get(who, ()), stretch))


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Who had the lead when.

    `stretches` touch, from the first floor of the team to the end of the call, each by another one than the last;
    empty when none of the team holds the floor. `silences` lie in them and count for no one, and no more does what a
    voice says that is no one (`aside`).
    """

    stretches: tuple[Turn, ...] = ()
    silences: tuple[Span, ...] = ()
    aside: tuple[Span, ...] = ()

    @property
    def left_out(self) -> tuple[Span, ...]:
        """What counts for no one."""
        return (*self.silences, *self.aside)

    @property
    def pieces(self) -> tuple[Turn, ...]:
        """The stretches without what counts for no one, in order of time."""
        return tuple(
            Turn(span, stretch.who) for stretch in self.stretches for span in subtraction([stretch.span], self.left_out)
        )

    def share(self, who: str, outside: Collection[Span] = ()) -> Share:
        """`who`'s time in the lead as a share of the time in which anybody has it, not counting `outside`."""
        left_out = (*self.left_out, *outside)
        mine = subtraction([stretch.span for stretch in self.stretches if stretch.who == who], left_out)
        anyone = subtraction([stretch.span for stretch in self.stretches], left_out)
        return Share(total(mine), total(anyone))


def lead_time(held: Floor, team: Collection[str], by: By, length: int) -> LeadTime:
    """Who of the `team` has the lead when, in a call of `length` samples."""
    starts: list[tuple[int, str]] = []
    since: dict[str, list[Span]] = {}
    """The floors that each of the others has held since the leader last held it."""
    for hold in held.holds:
        if hold.who not in team:
            continue
        if not starts:
            starts.append((hold.span.start, hold.who))
        if hold.who == starts[-1][1]:
            since.clear()
            continue
        floors = since.setdefault(hold.who, [])
        floors.append(hold.span)
        if sum(spoken_in(hold.who, span, by) for span in floors) >= LEAD_SPEECH:
            starts.append((floors[0].start, hold.who))
            since.clear()
    if not starts:
        return LeadTime()
    ends = [*(start for start, _ in starts[1:]), length]
    stretches = tuple(Turn(Span(start, end), who) for (start, who), end in zip(starts, ends, strict=True))
    return LeadTime(stretches, silences(held, length), held.aside)


def silences(held: Floor, length: int) -> tuple[Span, ...]:
    """Where no one holds the floor for more than 30 s, between two floors or after the last one."""
    ends, starts = [hold.span.end for hold in held.holds], [hold.span.start for hold in held.holds[1:]]
    gaps = zip(ends, [*starts, length], strict=False)  # no floors, no gaps
    return subtraction((Span(start, end) for start, end in gaps if end - start > SILENCE), held.aside)
