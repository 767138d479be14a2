"""WebVTT files cut into cues, with the line each stands on.

The format is W3C's "WebVTT: The Web Video Text Tracks Format", read as leniently as meeting software writes it: commas
for points, hours left out, fields without a leading zero, no blank line between cues, times before the start. Comments,
styles, regions and cue settings are passed over. In files whose minutes or seconds have no leading zero (Teams writes
`0:0:6.90 --> 0:0:6.500`) the digits after the point count milliseconds.

Wrong, with the line, are: another encoding than UTF-8, no `WEBVTT` at the beginning, a timing line that cannot be read,
and a cue that ends before it starts. A cue without any length is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.people.toml_fields import shown
from analyzer.timeline import SAMPLE_RATE, Span

LONGEST = 1000 * 3600 * SAMPLE_RATE
"""Samples that no moment of a transcript reaches."""

_TIME = r"(-?)(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?", re.ASCII)
_UNPADDED = re.compile(r"(?:^|[ \t>-])(?:\d{1,4}:)?(?:\d:\d{1,2}|\d{1,2}:\d)(?![\d:])", re.ASCII)
_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_HOW_TIMING = "A timing line is written 00:01:02.500 --> 00:01:05.000"


class VttFault(Exception):  # noqa: N818 - a finding on its way to the caller, with the vocabulary of findings
    """The text is no WebVTT: what is wrong, on which line (from 1), and the way out."""

    def __init__(self, what: str, line: int, todo: str) -> None:
        super().__init__(f"{what} (line {line})")
        self.what = what
        self.line = line
        self.todo = todo


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue as written: its identifier (may be empty), its lines, and when it is shown."""

    span: Span
    identifier: str
    lines: tuple[str, ...]


def parse_vtt(raw: bytes) -> tuple[Cue, ...]:
    """The cues of a file, in time order.

    Raises:
        VttFault: see above.
    """
    lines = re.split(r"\r\n|\n|\r", _decoded(raw).replace("\0", "\ufffd"))
    if not _HEADER.fullmatch(lines[0]):
        raise VttFault("the file does not begin with WEBVTT", 1, "Export the transcript as WebVTT (.vtt)")
    timings = [_TIMING.fullmatch(line) for line in lines]
    counted = any(match is not None and _UNPADDED.search(match[0]) is not None for match in timings)
    cues: list[Cue] = []
    at = _block_end(lines, timings, 1)
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        identifier = ""
        timing = timings[at]
        if timing is None and at + 1 < len(lines) and timings[at + 1] is not None:
            identifier, at, timing = lines[at], at + 1, timings[at + 1]
        if timing is None:
            _check_no_cue(lines, at)
            at = _block_end(lines, timings, at + 1)
            continue
        end = _block_end(lines, timings, at + 1)
        span = _span(timing, at + 1, counted)
        if span is not None:
            cues.append(Cue(span, identifier.strip(), tuple(lines[at + 1 : end])))
        at = end
    return tuple(sorted(cues, key=lambda cue: cue.span))


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise VttFault("the text is UTF-16", 1, "Save the file again with the encoding UTF-8")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len(re.split(rb"\r\n|\n|\r", raw[: error.start]))
        what = f"byte 0x{raw[error.start]:02X} is not UTF-8"
        raise VttFault(what, line, "Save the file again with the encoding UTF-8") from error


def _block_end(lines: Sequence[str], timings: Sequence[re.Match[str] | None], at: int) -> int:
    """The first line from `at` on that is blank or begins another cue."""
    while at < len(lines) and lines[at]:
        if timings[at] is not None or (at + 1 < len(lines) and timings[at + 1] is not None and lines[at].isdigit()):
            break
        at += 1
    return at


def _check_no_cue(lines: Sequence[str], at: int) -> None:
    """A block that is no cue must not look like one: its first line, or the one after an identifier, has no arrow."""
    comment = re.match(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)", lines[at])
    for i in (at, at + 1):
        if "-->" in "".join(lines[i : i + 1]) and not comment:
            raise VttFault(f'the timing "{shown(lines[i].strip(), 60)}" cannot be read', i + 1, _HOW_TIMING)


def _span(timing: re.Match[str], line: int, counted: bool) -> Span | None:
    """When a cue is shown, from the start of the recording on; None when nothing of that is left.

    Raises:
        VttFault: it ends before it starts, or has a minute of more than sixty seconds or the like.
    """
    fields = timing.groups()
    start, end = _samples(fields[:5], line, counted), _samples(fields[5:], line, counted)
    if end < start:
        raise VttFault("the cue ends before it starts", line, _HOW_TIMING)
    start = max(start, 0)
    return Span(start, end) if start < end else None


def _samples(fields: Sequence[str | None], line: int, counted: bool) -> int:
    sign, hours, minutes, secs, fraction = (field or "0" for field in fields)
    if int(minutes) > 59 or int(secs) > 59:
        raise VttFault("a minute or second past 59", line, _HOW_TIMING)
    digits = fraction.rjust(3, "0") if counted else fraction
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(secs)
    at = whole * SAMPLE_RATE + round(float(f"0.{digits}") * SAMPLE_RATE)
    if at >= LONGEST:
        raise VttFault("a time past a thousand hours", line, _HOW_TIMING)
    return -at if sign == "-" else at
