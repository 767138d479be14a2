"""What was said at the end of a floor, and who it was for: the common ground of changes of lead and redirects."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from analyzer.lead.addressing import Names
from analyzer.talk.asked import asks
from analyzer.talk.floor import Floor
from analyzer.talk.measures import INTERRUPTION_OVERLAP
from analyzer.talk.turns import By, turn_at
from analyzer.talk.words import LONGEST_WORD
from analyzer.timeline import Span, Turn, Word, samples

REACH = samples(15.0)
"""How far before the end of a floor its words say who comes next."""


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Floors, turns and words of a call; `lead` is the planned lead's key, one of `team`.

    `owned` words are in time order; without them no one can be heard to name or to ask anybody. `names` are what
    everybody is called.
    """

    held: Floor
    by: By
    lead: str
    team: Collection[str]
    customers: Collection[str]
    owned: Sequence[tuple[str, Word]] = ()
    names: Names = field(default_factory=Names)

    def index(self, start: int) -> int:
        """Which of the floors starts at sample `start`."""
        return bisect_left(self.held.holds, start, key=lambda hold: hold.span.start)

    def run(self, i: int) -> Span:
        """From where the floors up to the `i`th are of the same people: one of the team, or customers, to its end."""
        holds = self.held.holds
        group = self.customers if holds[i].who in self.customers else (holds[i].who,)
        first = i
        while first > 0 and holds[first - 1].who in group:
            first -= 1
        opening = turn_at(self.by, holds[first].who, holds[first].span.start)
        start = holds[first].span.start if opening is None else opening.start
        return Span(min(start, holds[first].span.start), holds[i].span.end)

    def last_words(self, i: int, until: int | None = None) -> tuple[Word, ...]:
        """What the holder of the `i`th floor (any customer, if it is one) says in the last 15 s of it.

        With `until`, what is said from then on does not count.
        """
        run, who = self.run(i), self.held.holds[i].who
        end = run.end if until is None else min(until, run.end)
        speakers = self.customers if who in self.customers else (who,)
        return self.said(speakers, max(run.start, run.end - REACH), end)

    def said(self, who: Collection[str], since: int, until: int) -> tuple[Word, ...]:
        """The words of `who` that lie in a stretch, or reach into it."""
        first = bisect_left(self.owned, since - LONGEST_WORD, key=lambda pair: pair[1].span.start)
        last = bisect_left(self.owned, until, key=lambda pair: pair[1].span.start)
        return tuple(word for owner, word in self.owned[first:last] if owner in who and word.span.end > since)

    def talked_over_from(self, after: Turn, before: Turn) -> int | None:
        """When `after` began, if that was at least 0.5 s before the holder of the floor `before` stopped.

        Less is within what a diarizer can tell, and too little to say so of anybody.
        """
        opening = turn_at(self.by, after.who, after.span.start)
        over = opening is not None and before.span.end - opening.start >= INTERRUPTION_OVERLAP
        return opening.start if opening is not None and over else None

    def asked(self, i: int, who: str, until: int | None = None) -> bool:
        """Whether the customer's `i`th floor is for `who`: it names them, or asks and names no one else of the team."""
        words = self.last_words(i, until)
        named = [person for person in self.names.named(words) if person in self.team]
        return who in named or (not named and asks(words))

    def named_last(self, i: int, but: str) -> str | None:
        """Who of the team, other than `but`, is named last in the `i`th floor."""
        named = [w for w in self.names.named(self.last_words(i)) if w in self.team and w != but]
        return named[-1] if named else None
