"""The lead: which of the team leads the call, and for how long.

From the first team turn to the end of the call, the team member who last held the floor for at least 3 s of speech
has the lead. The customer's floor and the pauses count for whoever has it. The lead passes at the start of the floor
in which the 3 s are reached; until one of the team has held the floor that long, no one has the lead.

    floor   SSSSSS CCCC M CCCCCC MMMMMM CCC SSSS      S salesperson, M manager, C customer; M's first is under 3 s
    lead    SSSSSSSSSSSSSSSSSSSSSMMMMMMMMMMMSSSS

Lead time share: time having the lead / time in which anybody has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from analyzer.talk.floor import Floor
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, parts
from analyzer.timeline import Span, Turn, samples, subtraction, total

LEAD_SPEECH = samples(3.0)
"""Speech within one floor that passes the lead."""


def spoken_in(who: str, stretch: Span, by: By) -> int:
    """How many samples of `stretch` `who` talks."""
    return sum(part.length for part in parts(by.get(who, ()), stretch))


def lead_stretches(held: Floor, team: Collection[str], by: By, length: int) -> tuple[Turn, ...]:
    """Who of the `team` has the lead when, in a call of `length` samples: stretches that touch, up to its end.

    Empty when none of the team ever holds the floor for 3 s of speech.
    """
    starts: list[tuple[int, str]] = []
    for hold in held.holds:
        passes = hold.who in team and spoken_in(hold.who, hold.span, by) >= LEAD_SPEECH
        if passes and (not starts or starts[-1][1] != hold.who):
            starts.append((hold.span.start, hold.who))
    if not starts:
        return ()
    ends = [start for start, _ in starts[1:]] + [length]
    return tuple(Turn(Span(start, end), who) for (start, who), end in zip(starts, ends, strict=True))


def lead_time_share(who: str, leads: Iterable[Turn], outside: Collection[Span] = ()) -> Share:
    """`who`'s time in the lead as a share of the time in which anybody has it, not counting `outside`."""
    leads = tuple(leads)
    mine = subtraction([lead.span for lead in leads if lead.who == who], outside)
    anyone = subtraction([lead.span for lead in leads], outside)
    return Share(total(mine), total(anyone))
