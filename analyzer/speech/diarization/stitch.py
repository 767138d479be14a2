"""From overlapping windows to one timeline, and to the segments in which one voice is alone.

Each window names its voices afresh. A voice of one window is the voice of the next with which it shares most speech
in the seconds that both see; a run of such voices is a chain, and has a number. Chains are no people: one person
has many, and now and then a chain runs over into another person, which is why voiceprints are taken of segments,
a few seconds in which one chain speaks alone, and people are made from those.

    window 0   1111111........222222
    window 1        11........222222.....1111          its voices renamed by the overlap
    window 2                  222222.....3333...
    segments  |-----|        |----|     |--|
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analyzer.speech.diarization.segmentation import FRAME_STEP, FRAMES, VOICES, Segmentation
from analyzer.timeline import SAMPLE_RATE

LONGEST = 3 * SAMPLE_RATE // FRAME_STEP
"""Frames of speech in a passage at most: enough to know a voice by; longer ones are cut into equal parts."""
PART = LONGEST // 2
"""Frames of speech in a segment at most: short enough to find changes of speaker that no window saw."""
_BRIDGED = 3 * SAMPLE_RATE // 10 // FRAME_STEP
"""Frames of silence that a segment may run across."""
_SHARED = 3.0
"""Frames of common speech that make the voices of two windows one."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A second or so in which `chain` speaks alone: `runs` of frames, from the first to before the second.

    `passage` is the number of the passage, up to three seconds of the same chain, that the segment is part of.
    """

    chain: int
    runs: tuple[tuple[int, int], ...]
    passage: int

    @property
    def start(self) -> int:
        """Its first frame."""
        return self.runs[0][0]

    @property
    def end(self) -> int:
        """The frame after its last."""
        return self.runs[-1][1]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What all windows together say of each frame.

    `probability` (frames, VOICES): that each of up to three chains speaks; `chain` (frames, VOICES): which ones, -1
    for none; `of_window` (windows, VOICES): the chains of each window's voices.
    """

    probability: np.ndarray
    chain: np.ndarray
    of_window: np.ndarray


def window_start(window: int, step: int) -> int:
    """The recording's frame that is nearest to the first frame of `window`."""
    return round(window * step / FRAME_STEP)


def stitch(segmentation: Segmentation) -> Timeline:
    """The windows of `segmentation` as one timeline.

    Around the middle of each window its voices count with the same chains' voices in the windows before and after:
    the mean of the probabilities. More of the overlapping windows made it worse: they see best in their middle.
    """
    of_window = _chains(segmentation)
    starts = [window_start(window, segmentation.step) for window in range(len(of_window))]
    frames = starts[-1] + FRAMES
    probability = np.zeros((frames, VOICES), dtype=np.float32)
    chain = np.full((frames, VOICES), -1, dtype=np.int32)
    near: dict[int, np.ndarray] = {}
    for window, start in enumerate(starts):
        near = {other: voices for other, voices in near.items() if other >= window - 1}
        first = 0 if window == 0 else (starts[window - 1] + start) // 2 + FRAMES // 2
        last = frames if window == len(starts) - 1 else (start + starts[window + 1]) // 2 + FRAMES // 2
        total, seen = np.zeros((last - first, VOICES)), np.zeros((last - first, 1))
        for other in range(max(0, window - 1), min(len(starts), window + 2)):
            low, high = max(first, starts[other]), min(last, starts[other] + FRAMES)
            if low >= high:
                continue
            if other not in near:
                near[other] = segmentation.voices_of(other)
            said = near[other][low - starts[other] : high - starts[other]]
            for voice, number in enumerate(of_window[window]):
                if number >= 0:
                    total[low - first : high - first, voice] += said[:, of_window[other] == number].sum(axis=1)
            seen[low - first : high - first] += 1
        probability[first:last] = total / np.maximum(seen, 1)
        chain[first:last] = of_window[window]
    return Timeline(probability, chain, of_window)


def _chains(segmentation: Segmentation) -> np.ndarray:
    """(windows, VOICES): the chain that each voice of each window belongs to, -1 for voices that never speak."""
    from scipy.optimize import linear_sum_assignment

    count = len(segmentation.cases)
    chains = np.full((count, VOICES), -1, dtype=np.int32)
    before: np.ndarray | None = None
    used = 0
    for window in range(count):
        voices = segmentation.voices_of(window)
        if before is not None:
            offset = window_start(window, segmentation.step) - window_start(window - 1, segmentation.step)
            common = np.minimum(before[offset:, :, None], voices[: FRAMES - offset, None, :]).sum(axis=0)
            for old, new in zip(*linear_sum_assignment(common, maximize=True), strict=True):
                if common[old, new] > _SHARED:
                    chains[window, new] = chains[window - 1, old]
        for voice in np.flatnonzero((voices > 0.5).any(axis=0)):
            if chains[window, voice] < 0:
                chains[window, voice] = used
                used += 1
        before = voices
    return chains


def segments(timeline: Timeline) -> tuple[Segment, ...]:
    """The segments in which one chain is alone, in order of time."""
    speaks = timeline.probability > 0.5
    alone = speaks.sum(axis=1) == 1
    whose = np.where(alone, timeline.chain[np.arange(len(speaks)), speaks.argmax(axis=1)], -1)
    quiet = timeline.probability.sum(axis=1) < 0.5
    changes = np.flatnonzero(np.diff(np.concatenate([[-2], whose, [-2]])))
    found: list[tuple[int, list[tuple[int, int]]]] = []
    for start, end in zip(changes[:-1].tolist(), changes[1:].tolist(), strict=True):
        number = int(whose[start])
        if number < 0:
            continue
        if found:
            chain, runs = found[-1]
            speech = sum(b - a for a, b in runs) + end - start
            gap = slice(runs[-1][1], start)
            if chain == number and start - gap.start <= _BRIDGED and quiet[gap].all() and speech <= LONGEST:
                runs.append((start, end))
                continue
        parts = -(-(end - start) // LONGEST)
        edges = np.linspace(start, end, parts + 1).round().astype(int).tolist()
        found += [(number, [edge]) for edge in pairwise(edges)]
    return tuple(Segment(chain, part, passage) for passage, (chain, runs) in enumerate(found) for part in _parts(runs))


def _parts(runs: list[tuple[int, int]]) -> list[tuple[tuple[int, int], ...]]:
    """`runs` in about equal parts of at most `PART` frames of speech."""
    speech = sum(end - start for start, end in runs)
    number = -(-speech // PART)
    parts: list[list[tuple[int, int]]] = [[] for _ in range(number)]
    passed = 0
    for start, end in runs:
        at = start
        while at < end:
            part = min(passed * number // speech, number - 1)
            # The first frame of speech that belongs to the next part.
            until = min(end, at + -(-(part + 1) * speech // number) - passed)
            parts[part].append((at, until))
            passed += until - at
            at = until
    return [tuple(part) for part in parts]
