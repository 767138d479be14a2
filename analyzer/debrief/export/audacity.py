"""Audacity's label track: one line a label, `start`, `end` and text parted by tabs, times in seconds.

    1.500000	4.000000	Dana Reyes: Shall we start?

There is no escape: a label ends at the end of its line, and a line that begins with a backslash belongs to the label
before it. Text is one line without tabs, and every line begins with a number. Format: Audacity manual, "Importing and
Exporting Labels".
"""

from __future__ import annotations

from analyzer.debrief.export.spoken import names, pieces
from analyzer.debrief.record import CallRecord


def audacity(call: CallRecord) -> str:
    """A label for every utterance, or for every turn when there is no transcript."""
    called = names(call)
    return "".join(
        f"{piece.start / 1000:.6f}\t{piece.end / 1000:.6f}\t{called[piece.who]}"
        + (f": {piece.text}\n" if piece.text else "\n")
        for piece in pieces(call)
    )
