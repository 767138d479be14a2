"""WebVTT, the web's file of timed text: one cue an utterance, with the speaker in a voice tag.

    00:00:01.500 --> 00:00:04.000
    <v Dana Reyes>Shall we start?

In cue text and in the name of a voice tag `&`, `<` and `>` are written as character references, so that no text can
end a cue (`-->`), open a tag or close one; so is the last `-` of a name that ends in two, because the tag's own `>`
would complete the arrow. Text is one line, so that none can hold the blank line that ends a cue.
Format: W3C, "WebVTT: The Web Video Text Tracks Format".
"""

from __future__ import annotations

import html

from analyzer.debrief.export.spoken import names, pieces
from analyzer.debrief.record import CallRecord
from analyzer.errors import one_line
from analyzer.people.sidecars.finding import OWN_HEADER


def timestamp(ms: int) -> str:
    """Milliseconds as `hh:mm:ss.ttt`; more digits for the hours from 100 on."""
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def text(raw: str) -> str:
    """One line of cue text."""
    return html.escape(one_line(raw), quote=False)


def voice(name: str) -> str:
    """A name for a voice tag."""
    escaped = text(name)
    return escaped[:-1] + "&#45;" if escaped.endswith("--") else escaped


def vtt(call: CallRecord) -> str:
    """The transcript of a call; a file without cues when there is none."""
    called = names(call, voice)
    cues = [OWN_HEADER]
    for piece in pieces(call) if call.transcript is not None else ():
        cues.append(f"{timestamp(piece.start)} --> {timestamp(piece.end)}\n<v {called[piece.who]}>{text(piece.text)}")
    return "\n\n".join(cues) + "\n"
