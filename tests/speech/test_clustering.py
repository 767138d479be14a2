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


@pytest.mark.parametrize(
    ("cosine", "seconds", "people"),
    [
        (0.1, (0.7, 0.9), 2),  # like no other: a second and a half is enough
        (0.1, (0.7, 0.7), 1),  # but no less
        (0.45, (1.1, 1.2), 1),  # a little like the other: it takes more
        (0.45, (2.0, 2.0), 2),
        (0.8, (4.0, 4.0), 1),  # near the other: the same voice in another mood
    ],
)
def test_how_much_a_small_voice_must_say_to_be_somebody(cosine: float, seconds: tuple[float, ...], people: int) -> None:
    voices = voices_of(cosine, 2)
    prints = np.concatenate([stretches_of(voices[0], 60, seed=1), stretches_of(voices[1], 2, seed=2)])
    assert cluster(prints, np.r_[np.full(60, 2.0), seconds], RULES).max() + 1 == people


def test_a_short_clip_asks_less_of_a_person() -> None:
    voices = voices_of(0.1, 2)
    prints = np.concatenate([stretches_of(voices[0], 8, seed=1), stretches_of(voices[1], 1, seed=2)])
    assert cluster(prints, np.r_[np.full(8, 2.0), 1.0], RULES).max() == 1
    assert cluster(prints, np.r_[np.full(8, 9.0), 1.0], RULES).max() == 0


def test_scattered_passages_of_a_quiet_voice_are_gathered() -> None:
    """Three passages of a second that are less alike than the tree asks, and like nobody else."""
    voices = voices_of(0.1, 2)
    quiet = stretches_of(voices[1], 3, inside=0.5, seed=4)
    assert min(1 - (quiet @ quiet.T)[np.triu_indices(3, 1)]) > RULES.apart
    prints = np.concatenate([stretches_of(voices[0], 60, seed=1), quiet])
    found = cluster(prints, np.r_[np.full(60, 2.0), 1.0, 1.0, 1.0], RULES)
    assert same_partition(found, np.repeat([0, 1], [60, 3]))


def test_similar_voices_over_a_telephone_stay_two_people() -> None:
    """On a narrow line strangers are alike to 0.45; two people at 0.65 are still two."""
    prints, who = call(voices_of(0.65, 2), [40, 30], inside=0.78)
    assert same_partition(cluster(prints, np.full(70, 2.5), RULES, narrow=True), who)


def test_the_number_of_people_is_kept_when_it_is_known() -> None:
    prints, who = call(voices_of(0.15, 4), [20, 20, 20, 20])
    weights = np.full(80, 2.0)
    for number in (1, 2, 3):
        assert cluster(prints, weights, RULES, least=number, most=number).max() + 1 == number
    assert same_partition(cluster(prints, weights, RULES, least=4, most=4), who)
    assert cluster(prints, weights, RULES, most=3).max() + 1 == 3
    assert cluster(prints, weights, RULES, least=2, most=8).max() + 1 == 4


@pytest.mark.parametrize("number", [5, 6, 20])
def test_no_voice_is_cut_to_reach_a_number(number: int) -> None:
    prints, who = call(voices_of(0.15, 4), [20, 20, 20, 20])
    assert same_partition(cluster(prints, np.full(80, 2.0), RULES, least=number, most=number), who)
    assert same_partition(cluster(prints, np.full(80, 2.0), RULES, least=number), who)


def test_a_known_number_finds_a_voice_with_a_word_or_two_before_it_touches_the_others() -> None:
    """One passage of 1.2 s among two minutes: no person by itself, and the third of three."""
    voices = voices_of(0.15, 3)
    prints = np.concatenate([stretches_of(voices[v], n, seed=v) for v, n in enumerate([40, 20, 1])])
    weights, who = np.r_[np.full(60, 2.0), 1.2], np.repeat([0, 1, 2], [40, 20, 1])
    assert cluster(prints, weights, RULES).max() == 1
    assert same_partition(cluster(prints, weights, RULES, least=3, most=3), who)
    assert same_partition(cluster(prints, weights, RULES, least=4), who)


def test_more_people_than_stretches_gives_as_many_as_there_are() -> None:
    assert cluster(voices_of(0.1, 3), np.ones(3), RULES, least=5, most=5).max() + 1 == 3


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
