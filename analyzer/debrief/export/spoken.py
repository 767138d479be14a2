"""What every exporter and plain renderer starts from: who spoke when, as one-line texts and whole milliseconds.

Text from outside (names, words, file names) may hold anything; `errors.one_line` is the one normalisation that all
of them state. Each format then escapes what is special in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from analyzer.debrief.record import CallRecord
from analyzer.errors import one_line


def milliseconds(seconds: float) -> int:
    """The nearest whole millisecond."""
    return round(seconds * 1000)


@dataclass(frozen=True, slots=True)
class Piece:
    """An utterance, or a turn when `text` is empty: `start` and `end` in milliseconds, `end` always after `start`.

    `who` is a person's key, or `unknown`.
    """

    start: int
    end: int
    who: str
    text: str


def pieces(call: CallRecord) -> tuple[Piece, ...]:
    """The utterances of a call in time order, or its turns when it has no transcript.

    A piece shorter than a millisecond is given one, because a reader may drop a piece without length.
    """
    if call.transcript is not None:
        return _in_order((quote.start, quote.end, quote.who, one_line(quote.text)) for quote in call.transcript)
    return turn_pieces(call)


def turn_pieces(call: CallRecord) -> tuple[Piece, ...]:
    """The turns of a call in time order."""
    return _in_order((turn.start, turn.end, turn.who, "") for turn in call.turns)


def _in_order(found: Iterable[tuple[float, float, str, str]]) -> tuple[Piece, ...]:
    made = (
        Piece(milliseconds(start), max(milliseconds(end), milliseconds(start) + 1), who, text)
        for start, end, who, text in found
    )
    return tuple(sorted(made, key=lambda piece: (piece.start, piece.end)))


def names(call: CallRecord, form: Callable[[str], str] = one_line) -> Mapping[str, str]:
    """What to call everybody who speaks, by key, in the order of the record; no two are called the same.

    `form` makes a text fit for the format. Where two names become the same in it, the later one is followed by its
    key; a name of which nothing is left is replaced by the key.
    """
    keys = dict.fromkeys(person.key for person in call.people)
    keys.update(dict.fromkeys(piece.who for piece in (*pieces(call), *turn_pieces(call))))
    chosen: dict[str, str] = {}
    for key in keys:
        name = form(call.label(key)) if one_line(call.label(key)) else form(key)
        number = 1
        while name in chosen.values():
            number += 1
            name = form(f"{call.label(key)} {key}") if number == 2 else form(f"{call.label(key)} {key} {number}")
        chosen[key] = name
    return chosen
