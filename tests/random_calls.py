"""Random calls, for what must hold on every call."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st

from analyzer.talk.turns import By, spans_by_person
from analyzer.timeline import Span, Turn, Word, samples

PEOPLE = "ABCDE"
GRID = samples(0.25)

usual = settings(max_examples=50, deadline=None)  # no deadline: a busy machine is no fault of the call


@dataclass(frozen=True)
class RandomCall:
    """Turns as a diarizer gives them (pieces of one person may touch or overlap), and a length that holds them all.

    A leads; A, B and C are the team, D and E the customer.
    """

    turns: tuple[Turn, ...]
    length: int

    @property
    def by(self) -> By:
        return spans_by_person(self.turns)

    @property
    def team(self) -> tuple[str, ...]:
        return tuple(who for who in self.by if who in "ABC")

    @property
    def customers(self) -> tuple[str, ...]:
        return tuple(who for who in self.by if who in "DE")


def calls(people: int = 5, step: int = 1, most: int = 8, least: int = 0) -> st.SearchStrategy[RandomCall]:
    """Calls of up to `people` people and `most` turns each, on a grid of `step` samples (each sample by default).

    Lengths and gaps are drawn so that every rule gets its turn: backchannels, pauses of half a second, gaps of two,
    floors of three, and stretches of more than ten seconds.
    """
    durations = st.one_of(_between(0.02, 1.2, step), _between(0.5, 4.0, step), _between(2.0, 15.0, step))
    gaps = st.one_of(_between(0.0, 0.7, step), _between(0.3, 2.5, step), _between(1.0, 12.0, step))

    @st.composite
    def drawn(draw: st.DrawFn) -> RandomCall:
        turns = []
        for who in PEOPLE[:people]:
            at = draw(gaps)
            for gap, duration in draw(st.lists(st.tuples(gaps, durations), min_size=least, max_size=most)):
                turns.append(Turn(Span(at + gap, at + gap + duration), who))
                at += gap + duration
        end = max((turn.span.end for turn in turns), default=0)
        return RandomCall(tuple(sorted(turns)), end + draw(gaps) + step)

    return drawn()


def _between(low: float, high: float, step: int) -> st.SearchStrategy[int]:
    """Samples between two times in seconds, on the grid, and at least one step for a duration."""
    first = max(samples(low) // step, 1 if low else 0)
    return st.integers(first, samples(high) // step).map(lambda n: n * step)


def words(most: int = 40) -> st.SearchStrategy[list[Word]]:
    """Words one after the other, some of them stretched; each text is there once."""
    pair = st.tuples(_between(0.0, 3.0, 1), st.one_of(_between(0.02, 0.6, 1), _between(1.0, 6.0, 1)))

    def laid(pairs: list[tuple[int, int]]) -> list[Word]:
        out, at = [], 0
        for i, (gap, duration) in enumerate(pairs):
            out.append(Word(Span(at + gap, at + gap + duration), f"w{i}"))
            at += gap + duration
        return out

    return st.lists(pair, max_size=most).map(laid)


def one_at_a_time(people: int = 3, most: int = 15) -> st.SearchStrategy[tuple[Turn, ...]]:
    """An exclusive timeline: turns that never overlap."""
    one = st.tuples(_between(0.0, 2.0, 1), _between(0.1, 8.0, 1), st.sampled_from(PEOPLE[:people]))

    def laid(pieces: list[tuple[int, int, str]]) -> tuple[Turn, ...]:
        out, at = [], 0
        for gap, duration, who in pieces:
            out.append(Turn(Span(at + gap, at + gap + duration), who))
            at += gap + duration
        return tuple(out)

    return st.lists(one, max_size=most).map(laid)
