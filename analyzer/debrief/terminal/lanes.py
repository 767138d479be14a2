"""Who spoke when, as lines of text: a lane a person, who had the lead, the changes of lead, and a clock.

    D Dana Reyes   ▅▇█▃  ▂▅█▇     ▁▆█     how much of each column's time the person talked, in eighths
    M Marcus Webb      ▃     ▇██▅
      had the lead D─────────M────D──     a letter where the lead passes, a line while it stays
      changes                1────        the changes of lead by their number
                   0:00    1:00   2:00

Where the output cannot show block characters, `.:-=+*#@` stand for them and `-` for the line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size

from analyzer.debrief.export.spoken import names
from analyzer.debrief.figures import people
from analyzer.debrief.phrases import moment
from analyzer.debrief.record import CallRecord, PersonStretchRecord
from analyzer.wording import _

LEVELS = "▁▂▃▄▅▆▇█"
ASCII_LEVELS = ".:-=+*#@"
TICKS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)
"""Seconds between two times on the clock: the least of these that leaves room between them."""

LEAST_COLUMNS = 20
LONGEST_NAME = 20

Kind = Literal["person", "lead", "changes", "clock"]


@dataclass(frozen=True, slots=True)
class Lane:
    """One line: `label` (all lanes' are as wide) and `cells`, one for each column; `who` for a person's lane."""

    kind: Kind
    label: str
    cells: str
    who: str | None = None


def lanes(call: CallRecord, width: int, *, ascii_only: bool = False) -> tuple[Lane, ...]:
    """The lanes of a call, together with their labels at most `width` characters wide."""
    called = names(call)
    marks = _marks(call, called, ascii_only)
    longest = max((cell_len(called[person.key]) for person in call.people), default=0)
    name = max(len(_("had the lead")), min(longest, LONGEST_NAME, width - LEAST_COLUMNS - 4))
    columns = max(LEAST_COLUMNS, width - name - 4)
    line = "-" if ascii_only else "─"

    def label(mark: str, text: str) -> str:
        return f"{mark or ' '} {_fitted(text, name, ascii_only)}  "

    out = [
        Lane(
            "person",
            label(marks[person.key], called[person.key]),
            _talk(
                [turn for turn in call.turns if turn.who == person.key],
                call.recording.seconds,
                columns,
                ASCII_LEVELS if ascii_only else LEVELS,
            ),
            person.key,
        )
        for person in people(call)
    ]
    if call.lead.stretches:
        cells = _lead(call.lead.stretches, marks, call.recording.seconds, columns, line)
        out.append(Lane("lead", label("", _("had the lead")), cells))
    if call.lead.changes:
        cells = _changes(call.lead.changes, call.recording.seconds, columns, line)
        out.append(Lane("changes", label("", _("changes")), cells))
    out.append(Lane("clock", label("", ""), _clock(call.recording.seconds, columns)))
    return tuple(out)


def _fitted(text: str, width: int, ascii_only: bool) -> str:
    """A name in exactly `width` cells, cut with a sign where it is longer."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + ("~" if ascii_only else "…")


def _marks(call: CallRecord, called: Mapping[str, str], ascii_only: bool) -> dict[str, str]:
    """A letter or digit of their name for everybody, no two alike while the alphabet lasts."""
    taken: dict[str, str] = {}
    spare = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for person in people(call):
        name = called[person.key] if person.name else person.key.lstrip("S")
        own = [
            mark
            for mark in name.upper()
            if mark.isalnum() and cell_len(mark) == 1 and (mark.isascii() or not ascii_only)
        ]
        used = taken.values()
        taken[person.key] = next((mark for mark in (*own, *spare) if mark not in used), "?")
    return taken


def _talk(turns: Iterable[PersonStretchRecord], seconds: float, columns: int, levels: str) -> str:
    """How much of each column's time lies in `turns`: blank for none, then in eighths, rounded up."""
    held = [0.0] * columns
    for turn in turns:
        for column, shared in _columns(turn.start, turn.end, seconds, columns):
            held[column] += shared
    # a column's share may pass 1 by what adding up rounds
    return "".join(levels[min(7, int(share * 8 - 1e-9))] if share > 1e-9 else " " for share in held)


def _columns(start: float, end: float, seconds: float, columns: int) -> Iterable[tuple[int, float]]:
    """The columns that a stretch touches, with the part of each that it covers."""
    if seconds <= 0:
        return
    first, last = start / seconds * columns, min(end / seconds, 1.0) * columns
    for column in range(max(0, int(first)), columns):
        shared = min(last, column + 1) - max(first, column)
        if shared <= 0:
            break
        yield column, shared


def _lead(
    stretches: Sequence[PersonStretchRecord], marks: Mapping[str, str], seconds: float, columns: int, line: str
) -> str:
    """Who has the lead for the most of each column; their letter where it comes to them."""
    holders: list[tuple[float, str | None]] = [(0.0, None)] * columns
    for stretch in stretches:
        for column, shared in _columns(stretch.start, stretch.end, seconds, columns):
            holders[column] = max(holders[column], (shared, stretch.who), key=lambda held: held[0])
    cells, before = "", None
    for _share, who in holders:
        cells += " " if who is None else line if who == before else marks.get(who, "?")
        before = who
    return cells


def _changes(found: Sequence[PersonStretchRecord], seconds: float, columns: int, line: str) -> str:
    """The number of each take-over where it starts, and a line to its end."""
    cells = [" "] * columns
    scale = columns / seconds if seconds > 0 else 0.0
    starts = [min(columns - 1, round(stretch.start * scale)) for stretch in found]
    for start, stretch in zip(starts, found, strict=True):
        for column in range(start, min(columns, round(stretch.end * scale))):
            cells[column] = line
    free = 0
    for number, start in enumerate(starts, start=1):
        digits, at = str(number), max(start, free)
        if at + len(digits) <= columns:
            cells[at : at + len(digits)] = digits
            free = at + len(digits)
    return "".join(cells)


def _clock(seconds: float, columns: int) -> str:
    """Times under the columns that they fall in."""
    room = len(moment(seconds)) + 2
    step = TICKS[min(bisect_left(TICKS, room * seconds / columns), len(TICKS) - 1)]
    cells = [" "] * columns
    at = 0
    while at < max(seconds, 1):
        column, text = round(at / max(seconds, 1) * columns), moment(at)
        if column + len(text) <= columns:
            cells[column : column + len(text)] = text
        at += step
    return "".join(cells)
