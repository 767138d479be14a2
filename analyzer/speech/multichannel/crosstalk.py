"""Which speech on a channel is only another channel's, leaked: crosstalk, echo, an open loudspeaker.

Told by the levels of frames of 30 ms, so that neither a delay of some milliseconds nor a filter on the way matters.
A frame is **crosstalk** of another channel when there, up to half a second earlier (one delay for the whole recording),

* the level is at least `QUIETER` dB higher, and
* within half a second on both sides the two levels go up and down together: a correlation of at least `ALIKE`.

Somebody who talks while the other channel talks has a rhythm of their own, and is not crosstalk however quiet.

The far end of a loudspeaker that stands beside the microphone is hardly quieter. What tells it is that it is **always**
there: on the channel that repeats, one goes up and down with the other in `ALWAYS` of all frames in which that one is
loud, at one delay, and is quieter in most of these, or as loud and later: a copy of the call that comes late. Then a
frame is crosstalk from `SPREAD` dB less on than is usual for the echo. A leak that is as loud as the voice it came from
and comes at once is not found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyzer.audio.channels import FRAME
from analyzer.audio.sample_buffer import let_go
from analyzer.timeline import SAMPLE_RATE, Span, samples

QUIETER = 6.0
ALIKE = 0.8
"""Finds 96 % of the frames of a leak 15 dB down, and takes 0.8 % of unrelated talk 20 dB down for one; at 0.7 it
is 97 % and 1.8 %. Looking a second each way instead: 85 % and none."""
ALWAYS = 0.4
"""Of an echo it is 0.8 to 0.95, in a room with 0.4 s of reverberation too; of somebody who talks there, up to 0.03."""
SPREAD = 4.0
LOUD = 20.0
"""dB under its loudest frames down to which a channel is loud."""
LEAST = 1.0
"""dB by which an echo must be quieter in the middle; by which it may be louder if it comes late."""
FLOOR = -75.0
"""Levels in dBFS below this are nothing, unless the recording is very quiet: see `floored`."""
DEPTH = 40.0
"""dB under the loud frames of a recording that always count."""
DELAYS = SAMPLE_RATE // 2 // FRAME
"""Frames by which a leak may come late."""
SHORTEST = samples(0.3)
"""Anything shorter is not told apart from what lies around it."""

_NOTHING = -130.0
_AROUND = SAMPLE_RATE // 2 // FRAME
_AT_ONCE = 4096
_TRIED = 20_000
"""Frames on which the delay is found out: ten minutes."""


def levels(sound: np.ndarray) -> np.ndarray:
    """(frames,) levels of (samples,) in dBFS, without what does not fill a frame."""
    count = len(sound) // FRAME
    power = np.empty(count, dtype=np.float32)
    for first in range(0, count, _AT_ONCE):
        some = sound[first * FRAME : min(first + _AT_ONCE, count) * FRAME].reshape(-1, FRAME)
        power[first : first + len(some)] = some.var(axis=1)
        let_go(sound)
    level: np.ndarray = 10 * np.log10(np.maximum(power, 10 ** (_NOTHING / 10)))
    return level


def floored(channels: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The levels of all channels, never below `FLOOR`; in a very quiet recording never below `DEPTH` under the loud."""
    loud = max((float(np.percentile(level, 95)) for level in channels if len(level)), default=0.0)
    return [np.maximum(level, np.float32(min(FLOOR, loud - DEPTH))) for level in channels]


def crosstalk(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(frames,) booleans: where a channel with the levels `own` only repeats the one with `other`.

    `other` may be shorter or longer; where it has ended it is silent.
    """
    if len(own) == 0:
        return np.zeros(0, dtype=bool)
    source = np.full(len(own), other.min(initial=FLOOR), dtype=np.float32)
    common = min(len(own), len(other))
    source[:common] = other[:common]
    echo = _echo(own, source)
    if echo is not None:
        delay, usual = echo
        return _repeats(own, _late(source, delay), min(QUIETER, usual - SPREAD))
    return _repeats(own, _late(source, _delay(own, source)))


def echoes(own: np.ndarray, other: np.ndarray) -> bool:
    """Whether a channel with the levels `own` always holds an echo of the one with `other`."""
    common = min(len(own), len(other))
    return _echo(own[:common], other[:common]) is not None


def crosstalk_spans(own: np.ndarray, others: Sequence[np.ndarray], turns: Sequence[Span]) -> tuple[Span, ...]:
    """The parts of `turns` that are crosstalk of any of `others` (levels all), none shorter than `SHORTEST`.

    What is left of a turn beside crosstalk and is shorter than that goes with it.
    """
    if not others:
        return ()
    found = np.zeros(len(own), dtype=bool)
    for other in others:
        found |= crosstalk(own, other)
    spans: list[Span] = []
    for turn in turns:
        first, last = turn.start // FRAME, min(-(-turn.end // FRAME), len(found))
        if first >= last:
            continue
        mask = _smoothed(found[first:last])
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
        for low, high in edges.reshape(-1, 2).tolist():
            start, end = max(turn.start, (first + low) * FRAME), min(turn.end, (first + high) * FRAME)
            end = turn.end if first + high == last else end  # a last frame that is not whole is not measured
            if start < end:
                spans.append(Span(start, end))
    return tuple(spans)


def _smoothed(mask: np.ndarray) -> np.ndarray:
    """`mask` without runs shorter than `SHORTEST`: of crosstalk first, unless it is all there is, then of the rest."""
    shortest = SHORTEST // FRAME
    mask = mask.copy()
    for value in (True, False):
        if not mask.any():
            break
        same = np.concatenate([[False], mask == value, [False]])
        edges = np.flatnonzero(np.diff(same.astype(np.int8))).reshape(-1, 2)
        for low, high in edges.tolist():
            if high - low < shortest and high - low < len(mask):
                mask[low:high] = not value
    return mask


def _delay(own: np.ndarray, source: np.ndarray) -> int:
    """By how many frames `own` follows `source`: the delay at which most is crosstalk, where `source` is loudest."""
    own, source = _loudest(own, source)
    return max(range(DELAYS + 1), key=lambda delay: int(np.count_nonzero(_repeats(own, _late(source, delay)))))


def _loudest(own: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ten minutes in which `source` is loudest."""
    first = max(range(0, len(own), _TRIED), key=lambda at: float(source[at : at + _TRIED].sum()))
    return own[first : first + _TRIED], source[first : first + _TRIED]


def _echo(own: np.ndarray, source: np.ndarray) -> tuple[int, float] | None:
    """The delay of an echo of `source` that is always in `own`, and by how many dB it is quieter; None without one."""
    own, source = _loudest(own, source)
    best: tuple[float, int, float] = (ALWAYS, 0, 0.0)
    loud = source >= np.percentile(source, 95) - LOUD if len(source) else source > 0
    for delay in range(DELAYS + 1):
        late = _late(source, delay)
        heard = np.concatenate([np.zeros(delay, bool), loud[: len(loud) - delay]])[: len(loud)]
        repeats = heard & (_together(own, late) >= ALIKE)
        share = int(np.count_nonzero(repeats)) / max(1, int(np.count_nonzero(heard)))
        if share >= best[0]:
            best = (share, delay, float(np.median((_around(late, 1) - _around(own, 1))[repeats])))
    _, delay, usual = best
    return (delay, usual) if usual >= LEAST or (delay > 0 and usual > -LEAST) else None


def _repeats(own: np.ndarray, late: np.ndarray, quieter: float = QUIETER) -> np.ndarray:
    """Where `own` is a copy of `late` that is so many dB quieter."""
    found: np.ndarray = (_around(late, 1) - _around(own, 1) >= quieter) & (_together(own, late) >= ALIKE)
    return found


def _late(levels: np.ndarray, frames: int) -> np.ndarray:
    return np.concatenate(
        [np.full(frames, levels.min(initial=FLOOR), dtype=levels.dtype), levels[: len(levels) - frames]]
    )[: len(levels)]


def _together(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The correlation of two series within `_AROUND` frames on both sides of each; 0 where one does not vary."""
    a, b = a.astype(float), b.astype(float)
    mean_a, mean_b = _around(a, _AROUND), _around(b, _AROUND)
    both = _around(a * b, _AROUND) - mean_a * mean_b
    spread = np.maximum(_around(a * a, _AROUND) - mean_a**2, 0) * np.maximum(_around(b * b, _AROUND) - mean_b**2, 0)
    found: np.ndarray = np.divide(both, np.sqrt(spread), out=np.zeros_like(both), where=spread > 1.0)
    return found


def _around(series: np.ndarray, each_side: int) -> np.ndarray:
    """The mean over each value and `each_side` neighbours on both sides, as far as there are."""
    sums = np.concatenate([[0.0], np.cumsum(series, dtype=float)])
    at = np.arange(len(series))
    low, high = np.maximum(at - each_side, 0), np.minimum(at + each_side + 1, len(series))
    mean: np.ndarray = (sums[high] - sums[low]) / (high - low)
    return mean
