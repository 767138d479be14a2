"""From voiceprints to people: which stretches of speech are one voice.

Average-linkage agglomerative clustering of unit-length voiceprints under cosine distance, cut low enough for no
group to hold two people; then a second look, because a wrong number of speakers is the worst error there is. Groups
are joined by how alike their mean voices are once the scatter inside each is taken out, measured against how alike
strangers are on such a line: over a telephone two people sound as alike as one person does in two rooms.

The distance matrix grows with the square of the voiceprints, so beyond `_AT_ONCE` of them neighbours in time are
first gathered into tight groups, and the groups are clustered instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    """

    apart: float = 0.42
    alike: float = 0.55
    alike_small: float = 0.45
    small: float = 8.0
    own_speech: float = 5.0
    own_share: float = 0.05


def cluster(
    voiceprints: np.ndarray,
    weights: np.ndarray,
    rules: Rules,
    *,
    narrow: bool = False,
    exactly: int | None = None,
    least: int | None = None,
    most: int | None = None,
) -> np.ndarray:
    """Which person each voiceprint is, as numbers from 0 without gaps.

    Args:
        voiceprints: (n, dimension), each of length 1, in order of time.
        weights: (n,) seconds of speech that each stands for.
        rules: when two groups are one person.
        narrow: whether the recording went over a telephone line, which makes all voices more alike.
        exactly: the number of people when it is known; the nearest number that can be had otherwise.
        least: the smallest number of people that is possible.
        most: the largest.
    """
    if len(voiceprints) < 2:
        return np.zeros(len(voiceprints), dtype=int)
    rules = replace(rules, own_speech=min(rules.own_speech, rules.own_share * float(weights.sum())))
    of_group = _gather(voiceprints, weights)
    tree = _tree(means(voiceprints, of_group, weights)) if of_group.max() > 0 else np.zeros((0, 4))
    cut = _tree_cut(tree, height=rules.apart)[of_group] if len(tree) else of_group
    people = _second_look(cut, voiceprints, weights, rules, narrow=narrow)
    found = int(people.max()) + 1
    wanted = exactly or min(max(found, least or 1), most or len(voiceprints))
    if found > wanted:
        return _join(people, voiceprints, weights, rules, narrow=narrow, down_to=wanted)
    if found < wanted and len(tree):
        groups, heft = means(voiceprints, of_group, weights), np.bincount(of_group, weights)
        more = _split(tree, groups, heft, rules, wanted)[of_group]
        return more if more.max() > people.max() else people
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
    """Tiny groups given away, then the two most alike people joined for as long as they are too alike."""
    people = _give_away(people, voiceprints, weights, rules.own_speech)
    return _join(people, voiceprints, weights, rules, narrow=narrow)


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


def _split(tree: np.ndarray, groups: np.ndarray, heft: np.ndarray, rules: Rules, wanted: int) -> np.ndarray:
    """The highest cut of the tree that makes `wanted` people of the groups, else the one that comes nearest.

    Groups too small for a person are given away as before; where no cut does, less speech is asked of a person.
    """
    best = np.zeros(len(groups), dtype=int)
    for own_speech in (rules.own_speech, rules.own_speech / 3, 0.0):
        for height in tree[::-1, 2]:
            tried = _give_away(_tree_cut(tree, height=height - 1e-9), groups, heft, own_speech)
            if abs(tried.max() + 1 - wanted) < abs(best.max() + 1 - wanted):
                best = tried
            if tried.max() + 1 >= wanted:
                break
        if best.max() + 1 == wanted:
            break
    return best


def _give_away(people: np.ndarray, voiceprints: np.ndarray, weights: np.ndarray, own_speech: float) -> np.ndarray:
    """Voiceprints of people with less than `own_speech` seconds, each given to the most similar large voice."""
    people = _renumber(people)
    speech = np.bincount(people, weights)
    large = np.flatnonzero(speech >= own_speech)
    if len(large) == 0:
        large = np.array([int(speech.argmax())])
    voices = means(voiceprints, people, weights)[large]
    small = ~np.isin(people, large)
    given = people.copy()
    given[small] = large[(voiceprints[small] @ voices.T).argmax(axis=1)]
    return _renumber(given)


def _renumber(labels: np.ndarray) -> np.ndarray:
    renumbered: np.ndarray = np.unique(labels, return_inverse=True)[1].reshape(-1)
    return renumbered
