"""From voiceprints to people: which stretches of speech are one voice.

Average-linkage agglomerative clustering of unit-length voiceprints under cosine distance, cut low enough for no
group to hold two people; then a second look, because a wrong number of speakers is the worst error there is. Groups
are joined by how alike their mean voices are once the scatter inside each is taken out, measured against how alike
strangers are on such a line: over a telephone two people sound as alike as one person does in two rooms.

The distance matrix grows with the square of the voiceprints, so beyond `_AT_ONCE` of them neighbours in time are
first gathered into tight groups, and the groups are clustered instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace

import numpy as np

from analyzer.speech.diarization.embedding import unit

_AT_ONCE = 1500
"""Voiceprints clustered in one go; 1500 take 9 MB and 0.1 s."""
_LARGE = 15.0
"""Seconds of speech from which a group's mean voice is good enough to say how alike strangers are here."""
_SCATTER = 0.7
"""Cosine similarity of two stretches of one voice, as long as a group has too few of its own to tell."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When two groups of voiceprints are one person.

    `apart`: cosine distance at which the dendrogram is cut. `alike`: groups that are at least so much one voice
    (see `likeness`) are joined; `alike_small` the same for groups with less than `small` seconds, which are less
    sure. `own_speech`: seconds of speech that a person must have to be one at all, or `own_share` of a short clip's.
    A voice that is like no other, below `strange` to every larger one, needs only `little` seconds; such voices are
    gathered at a cosine distance of `apart_strange`.
    """

    apart: float = 0.42
    alike: float = 0.5
    alike_small: float = 0.4
    small: float = 8.0
    own_speech: float = 3.0
    own_share: float = 0.03
    strange: float = 0.25
    little: float = 1.5
    apart_strange: float = 0.6

    def of_call(self, seconds: float) -> Rules:
        """The same for a recording with so many seconds of speech: a short clip's people speak less."""
        own = min(self.own_speech, self.own_share * seconds)
        return replace(self, own_speech=own, little=min(self.little, own))

    def relaxed(self) -> Iterator[Rules]:
        """Rules that ask less and less of a person, to go by where more people are known to be there.

        With one person too many announced in 24 simulated calls, 5 were made up; eased to 0.7, 0.6 and 0 s, 9 were, and
        no one more was found who is there.
        """
        easiest = replace(
            self,
            alike=max(self.alike, 0.6),
            alike_small=max(self.alike_small, 0.45),
            own_speech=min(self.own_speech, 1.0),
        )
        for part in (0.2, 0.4, 0.6, 0.8, 1.0):
            numbers = zip(astuple(self), astuple(easiest), strict=True)
            yield Rules(*(hard + (easy - hard) * part for hard, easy in numbers))


def cluster(
    voiceprints: np.ndarray,
    weights: np.ndarray,
    rules: Rules,
    *,
    narrow: bool = False,
    least: int | None = None,
    most: int | None = None,
) -> np.ndarray:
    """Which person each voiceprint is, as numbers from 0 without gaps.

    Args:
        voiceprints: (n, dimension), each of length 1, in order of time.
        weights: (n,) seconds of speech that each stands for.
        rules: when two groups are one person.
        narrow: whether the recording went over a telephone line, which makes all voices more alike.
        least: how many people there are at least. Where fewer are found, less and less is asked of a person until they
            are as many; no voice is cut in two for it, so they may stay fewer.
        most: how many there are at most.
    """
    if len(voiceprints) < 2:
        return np.zeros(len(voiceprints), dtype=int)
    rules = rules.of_call(float(weights.sum()))
    of_group = _gather(voiceprints, weights)
    tree = _tree(means(voiceprints, of_group, weights)) if of_group.max() > 0 else np.zeros((0, 4))
    cut = _tree_cut(tree, height=rules.apart)[of_group] if len(tree) else of_group
    people = _second_look(cut, voiceprints, weights, rules, narrow=narrow)
    for easier in rules.relaxed():
        if least is None or people.max() + 1 >= least:
            break
        more = _second_look(cut, voiceprints, weights, easier, narrow=narrow)
        people = _join(more, voiceprints, weights, easier, narrow=narrow, down_to=least)
    if most is not None and people.max() + 1 > most:
        people = _join(people, voiceprints, weights, rules, narrow=narrow, down_to=most)
    return people


def means(voiceprints: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(groups, dimension): the weighted mean voiceprint of each group 0…max, of length 1."""
    return unit(_sums(voiceprints, labels, weights))


def likeness(voiceprints: np.ndarray, labels: np.ndarray, weights: np.ndarray, *, narrow: bool) -> np.ndarray:
    """(groups, groups): 0 where two groups are as alike as strangers on this recording, 1 where they are one voice.

    The mean similarity between two groups, divided by that inside them (the geometric mean of the two), is their
    cosine similarity freed of the scatter of single stretches. What strangers have in common is the median over the
    recording's large groups, within what was measured for good lines (0.1 to 0.25) and narrow ones (0.3 to 0.45).
    """
    count = np.bincount(labels).astype(float)
    sums = _sums(voiceprints, labels, np.ones(len(labels)))
    dots = sums @ sums.T
    # Two made-up pairs of usual scatter keep groups of one or two stretches from saying too much.
    inside = (np.diag(dots) - count + 2 * _SCATTER) / (count * (count - 1) + 2)
    inside = np.maximum(inside, 0.2)
    cosine = dots / np.outer(count, count) / np.sqrt(np.outer(inside, inside))
    large = np.flatnonzero(np.bincount(labels, weights) >= _LARGE)
    pairs = cosine[np.ix_(large, large)][np.triu_indices(len(large), 1)]
    low, high = (0.3, 0.45) if narrow else (0.1, 0.25)
    strangers = float(np.clip(np.median(pairs), low, high)) if len(pairs) else (low + high) / 2
    alike: np.ndarray = (cosine - strangers) / (1.0 - strangers)
    np.fill_diagonal(alike, -1.0)
    return alike


def _sums(voiceprints: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    sums = np.zeros((int(labels.max()) + 1, voiceprints.shape[1]))
    np.add.at(sums, labels, voiceprints * weights[:, None])
    return sums


def _gather(voiceprints: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A group for each voiceprint, at most `_AT_ONCE` groups: tight ones, of neighbours in time."""
    labels = np.arange(len(voiceprints))
    while labels.max() + 1 > _AT_ONCE:
        groups = means(voiceprints, labels, weights)
        coarser, used = np.zeros(len(groups), dtype=int), 0
        for first in range(0, len(groups), _AT_ONCE):
            part = groups[first : first + _AT_ONCE]
            # A quarter of their number is always reached, so that the loop ends whatever the voices are like.
            joined = _tree_cut(_tree(part), height=0.25, at_most=max(1, len(part) // 4)) if len(part) > 1 else [0]
            coarser[first : first + _AT_ONCE] = np.asarray(joined) + used
            used = int(coarser.max()) + 1
        labels = coarser[labels]
    return labels


def _tree(voiceprints: np.ndarray) -> np.ndarray:
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import pdist

    tree: np.ndarray = linkage(pdist(voiceprints, metric="cosine"), method="average")
    return tree


def _tree_cut(tree: np.ndarray, *, height: float, at_most: int | None = None) -> np.ndarray:
    """Labels from 0 of the tree cut at `height`, or higher where that leaves more than `at_most` groups."""
    from scipy.cluster.hierarchy import fcluster

    labels: np.ndarray = fcluster(tree, height, criterion="distance") - 1
    if at_most is not None and labels.max() + 1 > at_most:
        labels = fcluster(tree, at_most, criterion="maxclust") - 1
    return labels


def _second_look(
    people: np.ndarray, voiceprints: np.ndarray, weights: np.ndarray, rules: Rules, *, narrow: bool
) -> np.ndarray:
    """Small groups settled, then the two most alike people joined for as long as they are too alike."""
    people = _settle_small(people, voiceprints, weights, rules, narrow=narrow)
    return _join(people, voiceprints, weights, rules, narrow=narrow)


def _settle_small(
    people: np.ndarray, voiceprints: np.ndarray, weights: np.ndarray, rules: Rules, *, narrow: bool
) -> np.ndarray:
    """Groups with too little speech for a person given away, but for those that are like no other.

    Who hardly speaks alone has a few short passages that are less alike than those of others, in groups of their own:
    such groups are gathered first, by a looser cut.
    """
    people = _renumber(people)
    strange = np.flatnonzero(_strange(people, voiceprints, weights, rules, narrow=narrow))
    if len(strange) > 1:
        gathered = _tree_cut(_tree(means(voiceprints, people, weights)[strange]), height=rules.apart_strange)
        of_group = np.arange(people.max() + 1)
        of_group[strange] = strange[np.unique(gathered, return_index=True)[1]][gathered]
        people = _renumber(of_group[people])
    speech = np.bincount(people, weights)
    strange_still = _strange(people, voiceprints, weights, rules, narrow=narrow)
    return _give_away(
        people, voiceprints, weights, (speech >= rules.own_speech) | strange_still & (speech >= rules.little)
    )


def _strange(
    people: np.ndarray, voiceprints: np.ndarray, weights: np.ndarray, rules: Rules, *, narrow: bool
) -> np.ndarray:
    """(groups,): which groups with too little speech for a person are like no group that has enough."""
    large = np.bincount(people, weights) >= rules.own_speech
    if not large.any():
        return ~large
    alike = likeness(voiceprints, people, weights, narrow=narrow)
    strange: np.ndarray = ~large & (alike[:, large].max(axis=1) < rules.strange)
    return strange


def _join(
    people: np.ndarray,
    voiceprints: np.ndarray,
    weights: np.ndarray,
    rules: Rules,
    *,
    narrow: bool,
    down_to: int | None = None,
) -> np.ndarray:
    """The two most alike people joined for as long as they are too alike, or until `down_to` are left."""
    while people.max() > 0:
        speech = np.bincount(people, weights)
        small = (speech < rules.small)[:, None] | (speech < rules.small)[None, :]
        alike = likeness(voiceprints, people, weights, narrow=narrow)
        excess = alike - np.where(small, rules.alike_small, rules.alike)
        one, other = np.unravel_index(int(excess.argmax()), excess.shape)
        if (people.max() + 1 <= down_to) if down_to else (excess[one, other] < 0):
            break
        people = _renumber(np.where(people == max(one, other), min(one, other), people))
    return people


def _give_away(people: np.ndarray, voiceprints: np.ndarray, weights: np.ndarray, stays: np.ndarray) -> np.ndarray:
    """Voiceprints of the groups that do not stay, each given to the most similar voice that does.

    `stays` is (groups,); without any the largest does.
    """
    large = np.flatnonzero(stays)
    if len(large) == 0:
        large = np.array([int(np.bincount(people, weights).argmax())])
    voices = means(voiceprints, people, weights)[large]
    small = ~np.isin(people, large)
    given = people.copy()
    given[small] = large[(voiceprints[small] @ voices.T).argmax(axis=1)]
    return _renumber(given)


def _renumber(labels: np.ndarray) -> np.ndarray:
    renumbered: np.ndarray = np.unique(labels, return_inverse=True)[1].reshape(-1)
    return renumbered
