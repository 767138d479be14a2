"""SubRip (SRT), the subtitle file that every player reads: one numbered block an utterance, the speaker before it.

    1
    00:00:01,500 --> 00:00:04,000
    Dana Reyes: Shall we start?

The format has no escape, and players read `<…>` and `{…}` as styling. So `<` and `>` become `‹` and `›` (which leaves
no `-->` either), `{` and `}` become `(` and `)`; text is one line, because a blank line ends a block. There is no
standard; this is what the format's readers (FFmpeg, VLC, the `srt` package) agree on.
"""

from __future__ import annotations

from analyzer.debrief.export.spoken import names, pieces
from analyzer.debrief.export.vtt import timestamp
from analyzer.debrief.record import CallRecord
from analyzer.errors import one_line

_PLAIN = str.maketrans("<>{}", "‹›()")


def text(raw: str) -> str:
    """One line of subtitle text."""
    return one_line(raw).translate(_PLAIN)


def srt(call: CallRecord) -> str:
    """The transcript of a call; empty when there is none."""
    called = names(call, text)
    blocks = [
        f"{number}\n{_time(piece.start)} --> {_time(piece.end)}\n{called[piece.who]}: {text(piece.text)}".rstrip()
        for number, piece in enumerate(pieces(call) if call.transcript is not None else (), start=1)
    ]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _time(ms: int) -> str:
    return timestamp(ms).replace(".", ",")
