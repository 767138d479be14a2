"""RTTM, the diarization field's file of turns: one line a turn, ten fields parted by blanks.

    SPEAKER <call> 1 <start> <length> <NA> <NA> <who> <NA> <NA>

Times are seconds, to the millisecond. There is no escape, so a field is a text with

* blanks replaced by underscores, because a field holds none;
* `"` replaced by `'`, because readers built on table parsers take a quote for the start of a quoted field;
* an underscore after a text that those readers take for a missing value (`NA`, `None`, `nan`, …), and after one that
  begins like a comment (`;;`) or is empty.

Format: NIST, "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", appendix A.
"""

from __future__ import annotations

from analyzer.debrief.export.spoken import names, turn_pieces
from analyzer.debrief.record import CallRecord
from analyzer.errors import one_line

_MISSING = frozenset(
    ("<na>", "na", "n/a", "nan", "-nan", "null", "none", "#na", "#n/a", "-1.#ind", "1.#ind", "-1.#qnan", "1.#qnan")
)


def field(text: str) -> str:
    """A text as one RTTM field."""
    made = one_line(text).replace(" ", "_").replace('"', "'")
    return made + "_" if not made or made.casefold() in _MISSING or made.startswith(";;") else made


def rttm(call: CallRecord) -> str:
    """The turns of a call, people by their names (or labels)."""
    of, called = field(call.name), names(call, field)
    return "".join(
        f"SPEAKER {of} 1 {turn.start / 1000:.3f} {(turn.end - turn.start) / 1000:.3f} <NA> <NA> "
        f"{called[turn.who]} <NA> <NA>\n"
        for turn in turn_pieces(call)
    )
