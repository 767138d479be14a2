"""Transcripts that are lines of text: a name with a time, and below it what was said.

    Dana Reyes  0:04                      Otter; Teams' Word documents
    Hello Alistair, it is Dana.

    [Dana Reyes] 15:01:16                 the captions that Zoom saves, by the clock on the wall
    Hello Alistair, it is Dana.

    15:03:40 From Alistair Grant to Everyone:      Zoom's chat, which tells names alone
        can you send me that page?

Only the start of what is said is told. It is taken to go on until the next one, and for no longer than a slow speaker
takes for the words.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.people.names import one_line
from analyzer.people.sidecars.cue_names import name_alone
from analyzer.timeline import Span, samples

PER_WORD, AT_LEAST = 0.6, 1.0
"""Seconds that a slow speaker takes for a word, and for anything at all."""
HALF_A_DAY, DAY = 12 * 3600.0, 24 * 3600.0

_CLOCK = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?: ?([AaPp])\.?[Mm]\.?)?"
_HEAD = re.compile(rf"(?:\[(?P<bracketed>[^\[\]]{{1,120}})\]|(?P<plain>\S.{{0,120}}?))(?P<gap>[ \t\xa0]+){_CLOCK}")
_CHAT = re.compile(
    r"\d{1,2}:\d\d:\d\d(?: ?[AaPp]\.?[Mm]\.?)?\s+(?:From|Von|De|Da|Van|От)\s+(.{1,120}?)"
    r"(?:\s+(?:to|an|an:|à|a|para|aan|кому)\s+\S.*|\s*):?(?:\s*:\s.*)?"
)


_NOT_SAID = re.compile(r"Transcribed by https?://\S+|.{1,120} (?:started|stopped) transcription", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something said: when it begins, in seconds, the name as written, and the text."""

    at: float
    name: str
    text: str


def spoken_lines(lines: Sequence[str]) -> tuple[Spoken, ...]:
    """What is said, in the order of the lines; nothing where no line is a name with a time."""
    found: list[tuple[float, str, list[str]]] = []
    for line in lines:
        head = _head(line)
        if head is not None:
            found.append((*head, []))
        elif found and not _NOT_SAID.fullmatch(line.strip()):
            found[-1][2].append(line)
    return tuple(Spoken(at, name, one_line(" ".join(texts))) for at, name, texts in found)


def _head(line: str) -> tuple[float, str] | None:
    """The time and the name of a line that has both and nothing else."""
    match = _HEAD.fullmatch(line.strip())
    if match is None:
        return None
    hours, minutes, secs, half = match.groups()[3:]
    if int(secs) > 59 or (hours is not None and int(minutes) > 59):
        return None
    at = (int(hours or 0) * 60 + int(minutes)) * 60.0 + int(secs)
    if half and hours is not None:
        at = at % HALF_A_DAY + (HALF_A_DAY if half.lower() == "p" else 0.0)
    if match["bracketed"]:
        return at, match["bracketed"]
    wide = len(match["gap"]) > 1 or "\t" in match["gap"]
    return (at, match["plain"]) if wide or name_alone(match["plain"]) else None


def by_the_clock(spoken: Sequence[Spoken], began: dt.datetime) -> tuple[Spoken, ...]:
    """Times of the day as seconds from when the call began; past midnight they go on."""
    start = (began.hour * 60 + began.minute) * 60.0 + began.second
    return tuple(
        Spoken(at if at >= -HALF_A_DAY else at + DAY, one.name, one.text) for one in spoken for at in (one.at - start,)
    )


def timed(spoken: Sequence[Spoken]) -> Iterator[tuple[Span | None, str | None, str]]:
    """Each with the stretch that it takes; one before the start of the recording has none."""
    starts = sorted(one.at for one in spoken)
    for one in spoken:
        later = bisect_right(starts, one.at)
        after = starts[later] if later < len(starts) else None
        longest = one.at + max(AT_LEAST, PER_WORD * len(one.text.split()))
        end = longest if after is None else min(after, longest)
        yield (Span(samples(one.at), samples(end)) if 0 <= one.at < end else None), one.name, one.text


def chatters(lines: Sequence[str]) -> tuple[str, ...]:
    """The names, as written, of those who wrote in a chat; nothing where the lines are no chat."""
    return tuple(dict.fromkeys(match[1] for line in lines if (match := _CHAT.fullmatch(line.strip()))))
