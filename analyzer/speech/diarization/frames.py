"""Who speaks in each frame of a recording, and the turns that makes. A frame is 270 samples (about 17 ms)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from analyzer.speech.diarization.segmentation import FRAME_CENTRE, FRAME_STEP
from analyzer.speech.diarization.stitch import Segment, Timeline
from analyzer.timeline import Span, Turn, union

_AT_ONCE = 2**16


def activity(timeline: Timeline, segments: Sequence[Segment], people: np.ndarray, number: int) -> np.ndarray:
    """(frames, number): the probability that each of `number` people speaks.

    `people` is whose voice each of `segments` is. In every frame a chain is the person of its segment there or, where
    it is not alone, of its segment nearest in time; a chain that is never alone is no one's.
    """
    probable = np.zeros((len(timeline.chain), number), dtype=np.float32)
    of_chain = by_chain(segments, people)
    for slot in range(timeline.chain.shape[1]):
        whose = timeline.chain[:, slot]
        changes = np.flatnonzero(np.diff(np.concatenate([[-2], whose, [-2]])))
        for first, last in zip(changes[:-1].tolist(), changes[1:].tolist(), strict=True):
            if int(whose[first]) not in of_chain:
                continue
            starts, ends, persons = of_chain[int(whose[first])].T
            frames = np.arange(first, last)
            person = persons[np.searchsorted((ends[:-1] + starts[1:]) / 2, frames)]
            probable[frames, person] = np.maximum(probable[frames, person], timeline.probability[frames, slot])
    return probable


def by_chain(segments: Sequence[Segment], people: np.ndarray) -> dict[int, np.ndarray]:
    """For each chain its segments, in order of time, as rows of first frame, frame after the last, and person."""
    rows: dict[int, list[tuple[int, int, int]]] = {}
    for segment, person in zip(segments, people.tolist(), strict=True):
        rows.setdefault(segment.chain, []).append((segment.start, segment.end, person))
    return {chain: np.array(of_chain) for chain, of_chain in rows.items()}


def expected_speakers(timeline: Timeline) -> np.ndarray:
    """(frames,): how many people speak at once, as far as the windows expect it."""
    expected: np.ndarray = timeline.probability.sum(axis=1)
    return expected


def speaking(activity: np.ndarray, count: np.ndarray) -> np.ndarray:
    """(frames, people) booleans: in each frame the `count` most probable people, if they are heard at all."""
    chosen = np.zeros(activity.shape, dtype=bool)
    for part in _blocks(len(activity)):
        order = np.argsort(-activity[part], axis=1, kind="stable")
        for rank in range(min(int(count[part].max(initial=0)), activity.shape[1])):
            frames = np.flatnonzero(count[part] > rank)
            chosen[part][frames, order[frames, rank]] = True
        chosen[part] &= activity[part] > 0.05
    return chosen


def runs(active: np.ndarray) -> np.ndarray:
    """(n, 2): first frame and the frame after the last of each run of true frames."""
    edges = np.diff(np.concatenate([[False], active, [False]]).astype(np.int8))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)


def sample_of(frame: int, length: int) -> int:
    """The sample at which `frame` begins, half way from the middle of the frame before to its own."""
    return int(min(max(frame * FRAME_STEP + FRAME_CENTRE - FRAME_STEP // 2, 0), length))


def turns(chosen: np.ndarray, labels: tuple[str, ...], length: int, *, pause: int) -> tuple[Turn, ...]:
    """The turns of `labels`, pauses up to `pause` samples bridged, in order of time; they may overlap."""
    found: list[Turn] = []
    for person, label in enumerate(labels):
        found += [Turn(span, label) for span in union(_spans(chosen[:, person], length), pause)]
    return tuple(sorted(found))


def exclusive_turns(activity: np.ndarray, chosen: np.ndarray, labels: tuple[str, ...], length: int) -> tuple[Turn, ...]:
    """The most probable speaker of each frame in which anybody speaks; these never overlap."""
    if not labels:
        return ()
    first = np.zeros(len(activity), dtype=int)
    for part in _blocks(len(activity)):
        first[part] = np.where(chosen[part], activity[part], -1.0).argmax(axis=1)
    anybody = chosen.any(axis=1)
    found: list[Turn] = []
    for person, label in enumerate(labels):
        found += [Turn(span, label) for span in _spans(anybody & (first == person), length)]
    return tuple(sorted(found))


def _blocks(frames: int) -> Iterator[slice]:
    """All frames in order, some at a time: what is worked out for each of them and each person is not held at once."""
    return (slice(first, first + _AT_ONCE) for first in range(0, frames, _AT_ONCE))


def _spans(active: np.ndarray, length: int) -> list[Span]:
    edges = [(sample_of(int(a), length), sample_of(int(b), length)) for a, b in runs(active)]
    return [Span(start, end) for start, end in edges if start < end]
