"""Praat's TextGrid: one interval tier a person, whose intervals cover the recording from 0 to its end without a gap.

    utterances    |Shall we start?|     |Good.|
    tier          |Shall we start?|  "" |Good.|   ""   |

Within a tier nothing overlaps. An utterance that begins before the same person's last one has ended begins where that
one ends; one that lies wholly inside it is added to its text. A person's turns carry their name when there is no
transcript. In text `"` is written `""`; nothing else is special, and backslashes stay as they are (Praat shows `\\al`
as a Greek letter, and keeps the text). Format: Praat manual, "TextGrid file formats", the long form, in UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.debrief.export.spoken import Piece, milliseconds, names, pieces
from analyzer.debrief.record import CallRecord

Interval = tuple[int, int, str]
"""Start and end in milliseconds, and the text."""


def textgrid(call: CallRecord) -> str:
    """The utterances of a call (or its turns), a tier for everybody who is on it."""
    called, found = names(call), pieces(call)
    end = max((milliseconds(call.recording.seconds), 1, *(piece.end for piece in found)))
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {_seconds(end)}",
        "tiers? <exists>",
        f"size = {len(called)}",
        "item []:",
    ]
    for number, (key, name) in enumerate(called.items(), start=1):
        mine = (piece for piece in found if piece.who == key)
        intervals = tuple(_covering(_apart(mine, name if call.transcript is None else ""), end))
        lines += [
            f"    item [{number}]:",
            '        class = "IntervalTier"',
            f"        name = {_quoted(name)}",
            "        xmin = 0",
            f"        xmax = {_seconds(end)}",
            f"        intervals: size = {len(intervals)}",
        ]
        for i, (start, stop, text) in enumerate(intervals, start=1):
            lines += [
                f"        intervals [{i}]:",
                f"            xmin = {_seconds(start)}",
                f"            xmax = {_seconds(stop)}",
                f"            text = {_quoted(text)}",
            ]
    return "\n".join(lines) + "\n"


def _apart(found: Iterable[Piece], otherwise: str) -> list[Interval]:
    """One person's pieces, in time order, as intervals that do not overlap."""
    out: list[Interval] = []
    for piece in found:
        last = out[-1] if out else (0, 0, "")
        if piece.end <= last[1]:
            out[-1] = (last[0], last[1], f"{last[2]} {piece.text}".strip())
        else:
            out.append((max(piece.start, last[1]), piece.end, piece.text or otherwise))
    return out


def _covering(intervals: Iterable[Interval], end: int) -> Iterator[Interval]:
    """The intervals and, without a text, what lies between them."""
    at = 0
    for start, stop, text in intervals:
        if start > at:
            yield at, start, ""
        yield start, stop, text
        at = stop
    if at < end:
        yield at, end, ""


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.3f}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
