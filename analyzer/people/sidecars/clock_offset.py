"""How far a transcript's clock runs from the recording's: the shift at which names and speakers agree best.

Agreement at a shift has two parts, each between 0 and 1, which are added:

* time: names are given to speakers one to one so that most of the speech lies in the cues of its own name; the part is
  that speech over all speech;
* words, where both sides have them: three words in a row that come once in the transcript and once in what was heard
  each vote for the shift that brings them together; the part is the share of the votes within a second of the shift.

            Dana    |=====|      |===|
    cues    Ray            |====|
    heard   S1        |=====|      |===|       shift by 2: all of S1 lies in Dana's cues, all of S2 in Ray's
            S2               |====|

Where several shifts side by side agree equally well (cues reach a little past the speech), it is the one in the middle.
Where shifts far apart do, as with two people who take turns like clockwork, times do not tell which is the right one:
the `lead` of a shift says how far it is from that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.people.names import tokens
from analyzer.people.sidecars.sidecar import NamedCue
from analyzer.timeline import SAMPLE_RATE, Span, Word, samples

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Activity = npt.NDArray[np.float32]
    """Names or speakers by frames: the share of each frame in which each of them is active, 0 to 1."""

FRAME = samples(0.25)
REACH = samples(15.0)
"""How far a transcript's clock may run from the recording's."""
NEAR = samples(1.0)
"""How far apart two votes for one shift may lie: within a cue the moment of a word is only estimated."""
VOTES = 5
"""Fewer votes than this say nothing."""
SAME = 0.002
"""Shifts whose agreement differs by less than this agree equally well."""

APART = samples(3.0)
"""Shifts that differ by more than this are others."""


@dataclass(frozen=True, slots=True)
class Shift:
    """The samples to add to a transcript's times, and how much better that is than any other shift.

    `lead` is the agreement less that of the best other shift, over the agreement: 0 to 1.
    """

    offset: int
    lead: float


def best_shift(
    said: Mapping[str | None, Sequence[Span]],
    heard: Mapping[str, Sequence[Span]],
    votes: Sequence[int] = (),
    reach: int = REACH,
) -> Shift:
    """The shift of a transcript, at most `reach` samples either way; none, without a lead, when nothing overlaps.

    `said` has the cues of each name (None for those without one), `heard` the speech of each speaker, `votes` come
    from `word_votes`.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    names = [spans for name, spans in said.items() if name is not None]
    length = max((span.end for spans in (*names, *heard.values()) for span in spans), default=0)
    frames = length // FRAME + 1
    cues, speech = activity(names, frames), activity(list(heard.values()), frames)
    steps = range(-(reach // FRAME), reach // FRAME + 1)
    agreement = np.zeros(len(steps))
    total = float(speech.sum())
    for i, step in enumerate(steps):
        late, early = max(step, 0), max(-step, 0)
        if frames > abs(step) and total and names:
            shared = cues[:, early : frames - late] @ speech[:, late : frames - early].T
            agreement[i] = shared[linear_sum_assignment(-shared)].sum() / total
    if len(votes) >= VOTES:
        shifts = np.array(steps)[:, None] * FRAME
        agreement += np.clip(1 - np.abs(shifts - np.array(votes)[None, :]) / NEAR, 0, 1).mean(axis=1)
    if agreement.max() <= 0:
        return Shift(0, 0.0)
    best = int(agreement.argmax())
    far = APART // FRAME
    first = last = best
    while first > 0 and agreement[first - 1] >= agreement[best] - SAME:
        first -= 1
    while last + 1 < len(agreement) and agreement[last + 1] >= agreement[best] - SAME:
        last += 1
    others = [value for i, value in enumerate(agreement) if not first - far <= i <= last + far]
    lead = (agreement[best] - max(others, default=0.0)) / agreement[best]
    return Shift((steps[first] + steps[last]) * FRAME // 2, float(lead))


def activity(rows: Sequence[Sequence[Span]], frames: int) -> Activity:
    """The share of each frame that the spans of each row cover; spans of one row must not overlap."""
    import numpy as np

    active = np.zeros((len(rows), frames), dtype=np.float32)
    for row, spans in enumerate(rows):
        for span in spans:
            first, last = span.start // FRAME, span.end // FRAME
            if first >= frames:
                continue
            active[row, first : last + 1] += 1.0
            active[row, first] -= (span.start - first * FRAME) / FRAME
            if last < frames:
                active[row, last] -= ((last + 1) * FRAME - span.end) / FRAME
    return active


def word_votes(cues: Iterable[NamedCue], words: Iterable[Word], reach: int = REACH) -> tuple[int, ...]:
    """Shifts in samples, one for each three words in a row that come once on both sides, at most `reach` apart."""
    written: list[tuple[str, int]] = []
    for cue in sorted(cues, key=lambda cue: cue.span):
        own = tokens(cue.text)
        letters = sum(len(word) + 1 for word in own)
        at = 0
        for word in own:
            written.append((word, cue.span.start + cue.span.length * at // letters))
            at += len(word) + 1
    in_order = sorted(words, key=lambda word: word.span)
    spoken = [(token, word.span.start) for word in in_order for token in tokens(word.text)]
    ours, theirs = _once(spoken), _once(written)
    shifts = (ours[three] - theirs[three] for three in theirs.keys() & ours.keys())
    return tuple(sorted(shift for shift in shifts if abs(shift) <= reach + SAMPLE_RATE))


def _once(words: Sequence[tuple[str, int]]) -> dict[tuple[str, str, str], int]:
    """Three words in a row that come only once, and when the first of them does."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for (a, at), (b, _), (c, _) in zip(words, words[1:], words[2:], strict=False):
        found.setdefault((a, b, c), []).append(at)
    return {three: moments[0] for three, moments in found.items() if len(moments) == 1}
