"""Calls drawn as text: one line a person, one character half a second, anything but a blank is speech.

    A  ====    ==         A talks from 0 to 2 s and from 4 to 5 s,
    B      ==?            B from 2 to 3.5 s, and ends in a question

The first character of a line names the person; the drawing begins three characters in, so that lines align. A single
blank is a pause of half a second and stays inside the turn, as in every call. Each half-second holds one word: `?` one
that ends a question, a letter the name that `names` gives for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.talk.turns import spans_by_person
from analyzer.timeline import Span, Turn, Word, samples

STEP = samples(0.5)


def _drawings(lines: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield line[0], line[3:]


def turns(*lines: str) -> tuple[Turn, ...]:
    """The drawn speech as a diarizer would give it, pauses not bridged."""
    found = []
    for who, drawing in _drawings(lines):
        start = None
        for i, mark in enumerate(drawing + " "):
            if mark != " " and start is None:
                start = i
            elif mark == " " and start is not None:
                found.append(Turn(Span(start * STEP, i * STEP), who))
                start = None
    return tuple(sorted(found))


def by(*lines: str) -> dict[str, tuple[Span, ...]]:
    """The drawn turns per person."""
    return spans_by_person(turns(*lines))


def owned(*lines: str, names: Mapping[str, str] | None = None) -> tuple[tuple[str, Word], ...]:
    """The drawn words in time order, each with who says it."""
    words = [
        (who, Word(Span(i * STEP, (i + 1) * STEP), (names or {}).get(mark, "well?" if mark == "?" else "so")))
        for who, drawing in _drawings(lines)
        for i, mark in enumerate(drawing)
        if mark != " "
    ]
    return tuple(sorted(words, key=lambda pair: pair[1].span))


def length(*lines: str) -> int:
    """How long the drawn call is: to the end of its longest line, blanks too."""
    return max(len(drawing) for _, drawing in _drawings(lines)) * STEP


def picture(stretches: tuple[Turn, ...]) -> str:
    """Floors or leads as text: the letter of whoever has it, a blank for no one."""

    def who(at: int) -> str:
        return next((turn.who for turn in stretches if turn.span.start <= at < turn.span.end), " ")

    return "".join(who(at) for at in range(0, max((turn.span.end for turn in stretches), default=0), STEP))


def case(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """A picture with its answers: the lines of people (capital letters), and what the rows in small letters say.

    A  ====           f  the floor
    B    ====         b  the backchannels
    f  AAAABB         l  the lead
    """
    rows = [line for line in text.splitlines() if line.strip()]
    people = tuple(line for line in rows if line[0].isupper())
    return people, {line[0]: line[3:].rstrip() for line in rows if line[0].islower()}
