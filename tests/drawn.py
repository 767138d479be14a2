"""Calls drawn as text: one line a person, one character half a second, anything but a blank is speech.

    by("A  ====    ==", "B      ==")  ->  {"A": (0.0-2.0 s, 4.0-5.0 s), "B": (2.0-3.0 s)}

The first character of a line names the person; the drawing begins three characters in, so that lines align.
"""

from __future__ import annotations

from analyzer.talk.turns import spans_by_person
from analyzer.timeline import Span, Turn, samples

STEP = 0.5


def turns(*lines: str) -> tuple[Turn, ...]:
    """The drawn speech as turns, unbridged."""
    found = []
    for line in lines:
        who, drawing = line[0], line[3:] + " "
        start = None
        for i, mark in enumerate(drawing):
            if mark != " " and start is None:
                start = i
            elif mark == " " and start is not None:
                found.append(Turn(Span(samples(start * STEP), samples(i * STEP)), who))
                start = None
    return tuple(sorted(found))


def by(*lines: str) -> dict[str, tuple[Span, ...]]:
    """The drawn turns per person, without bridging the half-second gaps (a blank is a pause)."""
    return spans_by_person(turns(*lines), pause=0)


def picture(holds: tuple[Turn, ...], length: int) -> str:
    """Holds or leads as text: the letter of whoever has it, a blank for nobody."""
    return "".join(
        next((hold.who for hold in holds if hold.span.start <= samples(i * STEP) < hold.span.end), " ")
        for i in range(length)
    ).rstrip()
