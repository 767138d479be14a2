"""A number of people that somebody announced, held against the voices that were found.

An announced number is a hint and no bound: people stay away, stay silent, or bring somebody along. It only decides
what the voices leave open. Where there are more of them than people, the two nearest are taken for one person as long
as they are nearer than two people come on a good line; over a telephone people come nearer than that, so nothing is
done there. Where there are too few, small voices are looked for (`clustering.Rules.relaxed`), and none is ever cut up:
every rule that was tried for it cut one person in two about as often as it parted two, and somebody who was announced
and says nothing is common.
"""

from __future__ import annotations

import numpy as np

from analyzer.speech.diarization import clustering

NEAR = 0.45
"""Cosine distance of two mean voices up to which one person may have both. In simulated calls and excerpts of them,
on good lines, two people were never nearer than 0.58 where the number found was right, and the parts of one who was
found twice never farther than 0.44; at 0.5 two people of one excerpt became one. Over a telephone people come as near
as 0.29."""


def within(
    people: np.ndarray, voiceprints: np.ndarray, weights: np.ndarray, announced: int, *, narrow: bool
) -> np.ndarray:
    """`people` with the nearest two made one for as long as there are more than `announced` and they are near.

    Args:
        people: (n,) numbers from 0 without gaps, as `clustering.cluster` gives them.
        voiceprints: (n, dimension), each of length 1.
        weights: (n,) seconds of speech that each stands for.
        announced: how many people are said to be on the call.
        narrow: whether the recording went over a telephone line; then nothing is changed.
    """
    while not narrow and people.max(initial=0) + 1 > announced:
        voices = clustering.means(voiceprints, people, weights)
        distance = 1.0 - voices @ voices.T
        np.fill_diagonal(distance, np.inf)
        one, other = sorted(int(i) for i in np.unravel_index(int(distance.argmin()), distance.shape))
        if distance[one, other] > NEAR:
            break
        joined = np.where(people == other, one, people)
        people = joined - (joined > other)
    return people
