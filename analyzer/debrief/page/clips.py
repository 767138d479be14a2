"""Which moments of a call deserve to be heard from its page, as short clips.

Two people who talk about a call want to hear how each change of lead began and how it ended, what a question, an
objective or a remark rests on, and how the customer turned to somebody. Everything else they can read. A page with
clips stays small enough to send: a clip lasts 20 s at most, all of them together 4 minutes (about 1.2 MB in the page).

    call        ----------SSSSSSSSSS|MMMMMMMMMMMMMMMMMMMM|SSSSSSSS-------
    clips                       [======16 s====]     [====16 s====]         around both ends of a take-over
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.debrief.first_screen import AFTER, BEFORE, first_screen, largest
from analyzer.debrief.record import CallRecord, ChangeRecord, QuoteRecord
from analyzer.timeline import Span, samples, seconds, subtraction

LONGEST_CLIP = 20.0
ALL_CLIPS = 240.0
"""Seconds of sound, at most, in one clip and in all of them together."""

CLEAR = 8.0
"""Seconds of a voice from which one can tell whose it is."""

BREATH = 0.4
"""Seconds around a quote, so that its first and last sounds are whole."""

MOST_CHANGES = 5
"""Changes of lead that are shown, heard and printed; on the page the others are folded away."""

HEARD_FROM = 4.0
"""A moment needs no clip of its own when this much of it (or all) is in another."""

Window = tuple[float, float]


def moment_id(start: float, end: float) -> str:
    """The name of the stretch of a call from `start` to `end`, in seconds: `m31500-47500`, in milliseconds."""
    return f"m{round(start * 1000)}-{round(end * 1000)}"


def moment_span(name: str) -> Window:
    """The start and end, in seconds, of what `moment_id` named.

    Raises:
        ValueError: it is no such name, or the end is not after the start.
    """
    found = re.fullmatch(r"m(\d+)-(\d+)", name, re.ASCII)
    if found is None or int(found[1]) >= int(found[2]):
        raise ValueError(f"{name!r} is not the name of a moment")
    return int(found[1]) / 1000, int(found[2]) / 1000


def clip_moments(call: CallRecord) -> tuple[tuple[str, float, float], ...]:
    """The clips that the page of a call can use: name, start and end in seconds, in time order.

    Where all of them would be longer together than `ALL_CLIPS`, those that matter least are left out. What is shown
    first comes first: the moments of the first screen, a moment of each voice without a name, and both ends of the
    changes of lead, the longest first. Then come how the others came in, the customer turning to somebody, remarks, the
    moments of questions, objectives and the agenda.
    """
    chosen: list[Window] = []
    for window in _windows(call):
        start, end = max(0.0, window[0]), min(window[1], call.recording.seconds, max(0.0, window[0]) + LONGEST_CLIP)
        if end - start < BREATH or covering(start, end, chosen) is not None:
            continue
        joined = next((w for w in chosen if _can_join(w, (start, end))), None)
        kept = [window for window in chosen if window != joined]
        if joined is not None:
            start, end = min(joined[0], start), max(joined[1], end)
        if sum(e - s for s, e in kept) + end - start <= ALL_CLIPS:
            chosen = [*kept, (start, end)]
    return tuple((name, *moment_span(name)) for name in (moment_id(*window) for window in sorted(chosen)))


VOICE = 8.0
"""Seconds of a voice from which one can tell whose it is."""


def clearest_of(call: CallRecord, who: str) -> Window | None:
    """What to hear of a person to tell who they are: the longest that they speak alone, as much of it as is needed."""
    spans = [(Span(samples(turn.start), samples(turn.end)), turn.who) for turn in call.turns]
    mine, others = ([span for span, whose in spans if (whose == who) is own] for own in (True, False))
    alone = max(subtraction(mine, others) or mine, key=lambda span: span.length, default=None)
    return None if alone is None else (seconds(alone.start), min(seconds(alone.end), seconds(alone.start) + VOICE))


def _can_join(a: Window, b: Window) -> bool:
    """Whether two windows share time and make one clip that is not too long."""
    return a[0] < b[1] and b[0] < a[1] and max(a[1], b[1]) - min(a[0], b[0]) <= LONGEST_CLIP


def covering(start: float, end: float, clips: Sequence[Window]) -> Window | None:
    """The clip in which most of `start` to `end` is heard from its start on, if enough of it is."""
    within = [clip for clip in clips if clip[0] <= start + 0.001 and clip[1] - start >= min(HEARD_FROM, end - start)]
    return max(within, key=lambda clip: (min(clip[1], end), -clip[0]), default=None)


def change_window(at: float) -> Window:
    """What to hear of a change of the lead at `at`: what it answers to, and who goes on."""
    return max(0.0, at - BEFORE), at + AFTER


def clearest(call: CallRecord, who: str) -> Window | None:
    """Where a voice is best heard: the longest of its turns in which no one else talks, `CLEAR` seconds at most.

    None when it never talks alone; then a stretch of its first sentence, or nothing, tells who it is.
    """
    others = [turn for turn in call.turns if turn.who != who]
    alone = [
        turn
        for turn in call.turns
        if turn.who == who and not any(other.start < turn.end and turn.start < other.end for other in others)
    ]
    best = max(alone, key=lambda turn: turn.end - turn.start, default=None)
    return None if best is None else (best.start, min(best.end, best.start + CLEAR))


def _windows(call: CallRecord) -> Iterator[Window]:
    for first in first_screen(call).moments:
        yield first.start, first.end
    for person in call.people:
        if person.name is None and person.side != "none":
            if person.first_sentences:
                yield from _around(person.first_sentences[:1])
            elif (alone := clearest(call, person.key)) is not None:
                yield alone
    changes = call.lead.changes
    for number in sorted(largest(changes, MOST_CHANGES), key=lambda n: -changes[n - 1].spoken_seconds):
        yield from _ends(changes[number - 1])
    for came in call.lead.came_in:
        yield from ((quote.start - BREATH, min(quote.end, quote.start + AFTER)) for quote in came.longest)
    for moment in call.moments:
        if moment.kind == "customer_turned":
            yield moment.start - BREATH, moment.start + AFTER
    for remark in call.remarks:
        if remark.start is not None:
            yield remark.start - BREATH, (remark.end or remark.start + AFTER) + BREATH
    for question in call.questions:
        yield from _around(question.moments)
    for objective in call.plan.objectives if call.plan is not None else ():
        yield from _around(objective.quotes)
    for change in changes:
        yield from _ends(change)
    for change in changes:
        yield from _around((*change.before, *change.after))
    for item in call.plan.agenda if call.plan is not None else ():
        yield from _around(item.quotes)


def _ends(change: ChangeRecord) -> Iterator[Window]:
    yield change_window(change.start)
    if change.ending != "end_of_call":
        yield change_window(change.end)


def _around(quotes: Sequence[QuoteRecord]) -> Iterator[Window]:
    for quote in quotes:
        yield quote.start - BREATH, quote.end + BREATH
