"""People out of voiceprints, on hand-made voices whose similarity is known."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest

from analyzer.speech.diarization import clustering
from analyzer.speech.diarization.clustering import Rules, cluster, likeness, means

RULES = Rules()


def voices_of(cosine: float, number: int, dimension: int = 192, seed: int = 0) -> np.ndarray:
    """`number` unit vectors with exactly `cosine` between any two."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(dimension, number + 1)))[0].T
    voices: np.ndarray = np.sqrt(cosine) * basis[0] + np.sqrt(1 - cosine) * basis[1:]
    return voices


def stretches_of(voice: np.ndarray, number: int, *, inside: float = 0.75, seed: int = 0) -> np.ndarray:
    """Voiceprints that scatter around `voice`, with about the similarity `inside` to each other."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(number, len(voice))) / np.sqrt(len(voice))
    rows = voice + noise * np.sqrt(1 / inside - 1)
    unit: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def same_partition(found: np.ndarray, true: np.ndarray) -> bool:
    return (
        len(set(zip(found.tolist(), true.tolist(), strict=True))) == len(set(true.tolist())) == len(set(found.tolist()))
    )


def call(voices: np.ndarray, counts: list[int], *, inside: float = 0.75) -> tuple[np.ndarray, np.ndarray]:
    """Voiceprints of several people in mixed order, and who each is."""
    who = np.repeat(np.arange(len(counts)), counts)
    prints = np.concatenate(
        [stretches_of(v, n, inside=inside, seed=i) for i, (v, n) in enumerate(zip(voices, counts, strict=True))]
    )
    order = np.random.default_rng(1).permutation(len(who))
    return prints[order], who[order]


def test_two_clear_voices_are_two_people() -> None:
    prints, who = call(voices_of(0.15, 2), [30, 20])
    assert same_partition(cluster(prints, np.full(50, 2.0), RULES), who)


def test_one_voice_is_one_person_however_many_stretches() -> None:
    prints = stretches_of(voices_of(0.1, 1)[0], 200, inside=0.6)
    assert cluster(prints, np.full(200, 2.0), RULES).max() == 0


def test_no_stretch_and_a_single_one() -> None:
    assert len(cluster(np.zeros((0, 192)), np.zeros(0), RULES)) == 0
    assert cluster(voices_of(0.1, 1), np.ones(1), RULES).tolist() == [0]


def test_a_splinter_of_one_voice_is_not_a_person() -> None:
    """One person in two rooms: half of the speech drifts to a cosine of 0.75, seen from the other half."""
    drift = voices_of(0.75, 2)
    prints = np.concatenate([stretches_of(drift[0], 40, seed=1), stretches_of(drift[1], 10, seed=2)])
    assert cluster(prints, np.full(50, 2.0), RULES).max() == 0


def test_a_stranger_is_a_person_only_with_speech_enough() -> None:
    """Five seconds in a long call; in a clip of twenty, a twentieth of its speech."""
    voices = voices_of(0.1, 2)
    prints = np.concatenate([stretches_of(voices[0], 60, seed=1), stretches_of(voices[1], 2, seed=2)])
    six_seconds, four_seconds = np.r_[np.full(60, 2.0), 3.0, 3.0], np.r_[np.full(60, 2.0), 2.0, 2.0]
    assert cluster(prints, six_seconds, RULES).max() == 1
    assert cluster(prints, four_seconds, RULES).max() == 0
    assert cluster(prints[52:], np.full(10, 2.0), RULES).max() == 1


def test_similar_voices_over_a_telephone_stay_two_people() -> None:
    """On a narrow line strangers are alike to 0.45; two people at 0.65 are still two."""
    prints, who = call(voices_of(0.65, 2), [40, 30], inside=0.78)
    assert same_partition(cluster(prints, np.full(70, 2.5), RULES, narrow=True), who)


def test_the_number_of_people_is_kept_when_it_is_known() -> None:
    prints, who = call(voices_of(0.15, 4), [20, 20, 20, 20])
    weights = np.full(80, 2.0)
    assert same_partition(cluster(prints, weights, RULES, exactly=4), who)
    for exactly in (1, 2, 3, 6):
        assert cluster(prints, weights, RULES, exactly=exactly).max() + 1 == exactly
    assert cluster(prints, weights, RULES, most=3).max() + 1 == 3
    assert cluster(prints, weights, RULES, least=5).max() + 1 == 5
    assert cluster(prints, weights, RULES, least=2, most=8).max() + 1 == 4


def test_more_people_than_stretches_gives_as_many_as_there_are() -> None:
    assert cluster(voices_of(0.1, 3), np.ones(3), RULES, exactly=5).max() + 1 == 3


def test_labels_have_no_gaps_and_do_not_depend_on_the_run() -> None:
    prints, _ = call(voices_of(0.2, 5), [9, 1, 30, 2, 12])
    first = cluster(prints, np.full(54, 1.5), RULES)
    assert sorted(set(first.tolist())) == list(range(first.max() + 1))
    assert (cluster(prints, np.full(54, 1.5), RULES) == first).all()


def test_likeness_is_nought_for_strangers_and_one_for_one_voice() -> None:
    voices = voices_of(0.2, 2)
    prints = np.concatenate([stretches_of(voices[v], 200, seed=s) for s, v in enumerate([0, 1, 0])])
    alike = likeness(prints, np.repeat([0, 1, 2], 200), np.full(600, 2.0), narrow=False)
    assert alike[0, 2] == pytest.approx(1.0, abs=0.03)
    assert alike[0, 1] == pytest.approx(0.0, abs=0.05)


def test_means_weigh_by_seconds() -> None:
    mean = means(np.eye(2), np.zeros(2, dtype=int), np.array([3.0, 4.0]))
    assert mean[0] == pytest.approx([0.6, 0.8])


def test_twenty_thousand_stretches_take_seconds_and_little_memory() -> None:
    """Ten hours of talk: the full distance matrix would be 1.6 GB."""
    voices = voices_of(0.2, 5)
    prints, who = call(voices, [9000, 6000, 3000, 1500, 500])
    tracemalloc.start()
    began = time.process_time()
    found = cluster(prints, np.full(20_000, 1.8), RULES)
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert same_partition(found, who)
    assert spent < 40
    assert peak < 300e6


def test_noise_that_nothing_gathers_still_ends() -> None:
    rng = np.random.default_rng(3)
    prints = rng.normal(size=(clustering._AT_ONCE * 3, 64))
    prints /= np.linalg.norm(prints, axis=1, keepdims=True)
    assert len(cluster(prints, np.full(len(prints), 0.01), RULES)) == len(prints)
