"""WebVTT files cut into cues, as leniently as people read what programs write.

The format is W3C's "WebVTT: The Web Video Text Tracks Format", and beside it what meeting software makes of it: commas
for points, hours left out, fields without a leading zero, no blank line between cues or one too many, other arrows,
times before the start, no header (SRT and SBV files that were given the ending), UTF-16, Windows-1252. Comments,
styles, regions and cue settings are passed over. In files whose minutes or seconds have no leading zero (Teams writes
`0:0:6.90 --> 0:0:6.500`) the digits after the point count milliseconds.

A program wrote these files and no one will correct them, so nothing in them is an error: a cue whose time cannot be
read, that ends before it starts, or that has bytes which are no text costs that cue, and is told with its line. Who
speaks in a cue without a time is still known. A cue without any length, or before the recording, is no loss.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.timeline import SAMPLE_RATE, Span

LONGEST = 1000 * 3600 * SAMPLE_RATE
"""Samples that no moment of a transcript reaches."""

_TIME = r"(-?)(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9})\d*)?"
_DASHES = "-\u2010-\u2015\u2212"
_ARROW = rf"(?:[{_DASHES}=]{{1,3}}[>›]|[→⟶➔➜])"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*(?:{_ARROW}|,(?=\d+:\d\d:\d\d\.))[ \t]*{_TIME}(?:[ \t].*)?", re.ASCII)
_MEANT = re.compile(rf"[ \t]*-?\d[\d:.,]*[ \t]*{_ARROW}|.*-->|[ \t]*{_ARROW}[ \t]*-?\d[\d:.,]*[ \t]*$", re.ASCII)
"""The line where a cue should begin looks like this although no time can be read from it."""
_SURELY = re.compile(r"[ \t]*-?\d+:\S*[ \t]*-->")
"""Wherever it stands, such a line is no text."""
_UNPADDED = re.compile(r"(?:^|[ \t>-])(?:\d{1,4}:)?(?:\d:\d{1,2}|\d{1,2}:\d)(?![\d:])", re.ASCII)
_PASSED_OVER = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)")
NO_TEXT = "\ufffe"
"""Stands for a byte that is no text: no file has this character, which Unicode never assigns."""
_FOREIGN = re.compile("[À-ÿ]{3}|[\x80-\x9f¡-©¬-±´-¹»-¾×÷]|[ƒ†‡ˆ‰‹›˜Œœ]{2}")
"""What Windows-1252 makes of another code page: no name has three accented letters in a row."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue as written: its identifier (may be empty), its lines, and when it is shown; None when that is not known."""

    span: Span | None
    identifier: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that could not be read: the line (from 1), and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of a file in time order, those without a time last, and what could not be read of how many."""

    cues: tuple[Cue, ...]
    lost: tuple[Lost, ...] = ()
    count: int = 0


def parse_vtt(raw: bytes) -> Cues:
    """The cues of a file, whatever it holds."""
    lines = re.split(r"\r\n|\n|\r", decoded(raw).replace("\0", "\ufffd"))
    timings = [_TIMING.fullmatch(line) for line in lines]
    heads = [timing is not None or _SURELY.match(line) is not None for timing, line in zip(timings, lines, strict=True)]
    counted = any(match is not None and _UNPADDED.search(match[0]) is not None for match in timings)
    headed = lines[0].startswith("WEBVTT")
    cues: list[Cue] = []
    lost: list[Lost] = []
    count = 0
    at = _block_end(lines, heads, 1) if headed else 0
    while at < len(lines):
        begins = _begin(lines, heads, at)
        if begins is None:
            at = _block_end(lines, heads, at + 1) if lines[at].strip() else at + 1
            continue
        first, end = _payload(lines, heads, begins + 1)
        cue, fault = _cue(timings[begins], "".join(lines[at:begins]).strip(), lines[first:end], counted)
        count += 1
        if fault is not None:
            bad = next((i for i in range(at, end) if NO_TEXT in lines[i]), begins) if fault == _BYTES else begins
            lost.append(Lost(bad + 1, fault))
        if cue is not None:
            cues.append(cue)
        at = end
    if not headed and not count:
        lost.append(Lost(1, "the file does not begin with WEBVTT"))
    timed = sorted((cue for cue in cues if cue.span is not None), key=lambda cue: cue.span or Span(0, 1))
    return Cues((*timed, *(cue for cue in cues if cue.span is None)), tuple(lost), max(count, len(lost)))


def decoded(raw: bytes) -> str:
    """The text, with `NO_TEXT` for each byte that is none."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    elif raw[:40:2].count(0) > 10 or raw[1:40:2].count(0) > 10:  # UTF-16 without its mark: every other byte is 0
        text = raw.decode("utf-16-be" if raw[:1] == b"\0" else "utf-16-le", errors="replace")
    else:
        text = raw.decode("utf-8", errors="surrogateescape")
        if not text.isascii() and all(c.isascii() or "\udc80" <= c <= "\udcff" for c in text):
            text = _of_windows(raw) or text
    return re.sub("[\ud800-\udfff]", NO_TEXT, text.lstrip("\ufeff"))


def _of_windows(raw: bytes) -> str | None:
    """The text if it is Windows-1252, in which western programs write what is not UTF-8; None if it makes no sense."""
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return None if _FOREIGN.search(text) else text


def _begin(lines: Sequence[str], heads: Sequence[bool], at: int) -> int | None:
    """The timing line, or what was meant as one, of the cue that begins at this line, maybe with its identifier."""
    if heads[at]:
        return at
    if not lines[at].strip() or (_PASSED_OVER.match(lines[at]) and not any(heads[at + 1 : at + 2])):
        return None
    following = at + 1 < len(lines) and (heads[at + 1] or _MEANT.match(lines[at + 1]) is not None)
    return at if _MEANT.match(lines[at]) else at + 1 if following else None


def _block_end(lines: Sequence[str], heads: Sequence[bool], at: int) -> int:
    """The first line from `at` on that is blank or begins another cue. Blanks alone end a block only before a cue."""
    while at < len(lines) and lines[at] and not heads[at]:
        if lines[at].strip().isdigit() and any(heads[at + 1 : at + 2]):
            break
        if not lines[at].strip() and (any(heads[at + 1 : at + 3]) or at + 2 >= len(lines)):
            break
        at += 1
    return at


def _payload(lines: Sequence[str], heads: Sequence[bool], at: int) -> tuple[int, int]:
    """From where to where the text of a cue goes; it may come after a blank line, which programs put there."""
    first, end = at, _block_end(lines, heads, at)
    while first == end < len(lines) and not lines[first].strip():
        first, end = first + 1, _block_end(lines, heads, first + 1)
    if (
        first >= len(lines)
        or _PASSED_OVER.match(lines[first])
        or (first > at and _begin(lines, heads, first) is not None)
    ):
        return at, at
    return first, end


_BYTES = "it has bytes that are no text"


def _cue(
    timing: re.Match[str] | None, identifier: str, lines: Sequence[str], counted: bool
) -> tuple[Cue | None, str | None]:
    """The cue, if anything is left of it, and why it cannot be read, if it cannot."""
    text = tuple(lines)
    if any(NO_TEXT in line for line in (identifier, *text)):
        return None, _BYTES
    unknown = Cue(None, identifier, text)
    if timing is None:
        return unknown, "its times cannot be read"
    fields = timing.groups()
    start, end = _samples(fields[:5], counted), _samples(fields[5:], counted)
    if start is None or end is None:
        return unknown, "its times cannot be read"
    if end < start:
        return unknown, "it ends before it starts"
    if end <= 0:
        return None, None
    start = max(start, 0)
    return (Cue(Span(start, end), identifier, text) if start < end else unknown), None


def _samples(fields: Sequence[str | None], counted: bool) -> int | None:
    """A time in samples; None past a minute's sixty seconds and the like."""
    sign, hours, minutes, secs, fraction = (field or "0" for field in fields)
    if int(minutes) > 59 or int(secs) > 59:
        return None
    digits = fraction.rjust(3, "0") if counted else fraction
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(secs)
    at = whole * SAMPLE_RATE + round(float(f"0.{digits}") * SAMPLE_RATE)
    if at >= LONGEST:
        return None
    return -at if sign == "-" else at
