"""Whose voice each segment of speech is.

People are made from passages of up to three seconds, which tell voices apart well; then each segment, a second or so
of a passage, goes to the person it sounds most like, for a passage may hold a change of speaker that no window saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.errors import UsageError
from analyzer.speech.diarization import clustering, headcount
from analyzer.speech.diarization.segmentation import FRAME_STEP
from analyzer.speech.diarization.stitch import Segment
from analyzer.timeline import SAMPLE_RATE

_TELLING = 1.0
"""Seconds of a passage from which its voiceprint has a say in how many people there are."""
_PASSAGE = 0.25
"""What the passage's likeness counts beside the segment's own."""
_OWN = 0.4
"""Seconds of a passage from which it says by itself whose it is."""
_NEARBY = 15.0
"""Seconds around a shorter one in which others of its chain are asked, the nearer (e-fold in 3 s) the more."""
_FADES = 3.0
_NEIGHBOURS = 0.5
"""What a neighbour's second counts beside the segment's own."""


@dataclass(frozen=True, slots=True)
class SpeakerBounds:
    """How many people speak on the recording, as far as that is known; None is unknown.

    `announced` is no bound but a hint, how many were to be there: see `headcount`. Where each channel is listened to by
    itself, and by pyannote's own pipeline, it is not used.

    Raises:
        UsageError: a number below 1, a minimum above the maximum, or an exact number outside the two.
    """

    exactly: int | None = None
    min: int | None = None
    max: int | None = None
    announced: int | None = None

    def __post_init__(self) -> None:
        numbers = {"number": self.exactly, "minimum": self.min, "maximum": self.max, "announced number": self.announced}
        for name, number in numbers.items():
            if number is not None and number < 1:
                raise UsageError(f"the {name} of speakers must be at least 1, not {number}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise UsageError(f"at least {self.min} speakers and at most {self.max} cannot both be")
        if self.exactly is not None and not (self.min or 1) <= self.exactly <= (self.max or self.exactly):
            raise UsageError(f"exactly {self.exactly} speakers lies outside the minimum and maximum that were given")

    @property
    def number(self) -> int | None:
        """How many it is, when that is known."""
        return self.exactly or (self.min if self.min == self.max else None)

    @property
    def most(self) -> int | None:
        """The largest number that is possible, when there is one."""
        return self.exactly or self.max


def speakers_of(
    segments: Sequence[Segment],
    prints: np.ndarray,
    seconds: np.ndarray,
    rules: clustering.Rules,
    *,
    narrow: bool,
    bounds: SpeakerBounds,
) -> tuple[np.ndarray, np.ndarray]:
    """Whose voice each segment is, and what the people sound like.

    Args:
        segments: in order of time.
        prints: (segments, dimension) voiceprints of length 1, NaN where a segment is too short for one.
        seconds: (segments,) of speech in each.
        rules: when two groups of voiceprints are one person.
        narrow: as in `clustering.cluster`.
        bounds: what is known of the number of people; an announced number is used as in `headcount.within`.

    Returns:
        (segments,) people from 0, and (people, dimension); none of either without any voiceprint.
    """
    known = ~np.isnan(prints[:, 0]) if len(prints) else np.zeros(0, dtype=bool)
    if not known.any():
        return np.zeros(len(segments), dtype=int), np.zeros((0, prints.shape[1]))
    seconds = np.where(known, seconds, 0.0)
    passage = np.array([segment.passage for segment in segments])
    long_ones, length = clustering.means(np.nan_to_num(prints), passage, seconds), np.bincount(passage, seconds)
    telling = length >= _TELLING
    if telling.sum() < (bounds.number or bounds.min or 1):
        telling = length > 0
    clear, weights = long_ones[telling], length[telling]
    people = clustering.cluster(
        clear,
        weights,
        rules,
        narrow=narrow,
        least=bounds.number or bounds.min or bounds.announced,
        most=bounds.number or bounds.most,
    )
    if bounds.announced is not None:
        people = headcount.within(people, clear, weights, bounds.announced, narrow=narrow)
    voices = clustering.means(clear, people, weights)
    # Once more with the people known: a passage that the tree put among strangers goes to the voice it is most like.
    again = (clear @ voices.T).argmax(axis=1)
    if len(np.unique(again)) == len(voices):
        voices = clustering.means(clear, again, weights)
    own = np.nan_to_num(prints) @ voices.T
    whose: np.ndarray = (own + _PASSAGE * (long_ones @ voices.T)[passage]).argmax(axis=1)
    unsure = np.flatnonzero(~known | (length[passage] < _OWN))
    whose[unsure] = _by_neighbours(unsure, segments, own, seconds, whose)
    return whose, voices


def _by_neighbours(
    unsure: np.ndarray, segments: Sequence[Segment], likeness: np.ndarray, seconds: np.ndarray, whose: np.ndarray
) -> np.ndarray:
    """The most similar person for each segment of `unsure`, its chain's other segments nearby asked too."""
    middle = np.array([segment.start + segment.end for segment in segments]) / 2 * FRAME_STEP / SAMPLE_RATE
    chain = np.array([segment.chain for segment in segments])
    order = np.argsort(chain, kind="stable")
    sorted_chain = chain[order]
    settled: np.ndarray = whose[unsure]
    for row, i in enumerate(unsure):
        low, high = np.searchsorted(sorted_chain, [chain[i], chain[i] + 1])
        others = order[low:high]
        away = np.abs(middle[others] - middle[i])
        near = (away < _NEARBY) & (others != i)
        weight = np.minimum(seconds[others[near]], 2.0) * np.exp(-away[near] / _FADES) * _NEIGHBOURS
        if seconds[i] + weight.sum() > 0:
            settled[row] = (seconds[i] * likeness[i] + weight @ likeness[others[near]]).argmax()
    return settled
