"""Who the two of an overlap are: on a made-up timeline, with made-up voices."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.speech.diarization import frames
from analyzer.speech.diarization.overlaps import Overlap, overlaps, reassigned
from analyzer.speech.diarization.stitch import Segment, Timeline, segments

VOICES = np.eye(3, 192)
"""Three people who are nothing like each other."""


def timeline_of(*chains: tuple[int, int], length: int = 600) -> Timeline:
    """Chain 0, 1 and 2 each speak from the one frame to before the other."""
    probability, chain = np.zeros((length, 3), dtype=np.float32), np.full((length, 3), -1)
    for number, (start, end) in enumerate(chains):
        probability[start:end, number], chain[:, number] = 0.9, number
    return Timeline(probability, chain, np.zeros((0, 3), dtype=int))


def looked_at(timeline: Timeline, whose: dict[int, int], heard: np.ndarray, *, people: int = 3) -> np.ndarray:
    """(frames, people) booleans: who speaks, when `whose` is the person of each chain where it is alone."""
    alone = segments(timeline)
    persons = np.array([whose[segment.chain] for segment in alone], dtype=int)
    found = overlaps(timeline)
    prints = np.tile(heard / np.linalg.norm(heard), (len(found), 1))
    seconds = np.array([(overlap.end - overlap.start) * 270 / 16_000 for overlap in found])
    by_chain = frames.activity(timeline, alone, persons, people)
    again = reassigned(by_chain, timeline, found, prints, seconds, alone, persons, VOICES[:people])
    assert np.array_equal(by_chain, frames.activity(timeline, alone, persons, people)), "the input was changed"
    return again > 0.5


def test_overlaps_are_where_the_same_two_chains_speak_at_once() -> None:
    found = overlaps(timeline_of((10, 300), (200, 400), (350, 500)))
    assert found == (Overlap(200, 300, (0, 1)), Overlap(350, 400, (1, 2)))


def test_three_at_once_are_left_alone() -> None:
    assert overlaps(timeline_of((10, 300), (10, 300), (10, 300))) == ()


def test_no_people_give_no_overlap() -> None:
    assert overlaps(timeline_of()) == ()


def test_two_voices_of_a_window_that_are_one_chain_are_no_overlap() -> None:
    timeline = timeline_of((10, 300), (10, 300))
    timeline.chain[:, 1] = 0
    assert overlaps(timeline) == ()


def test_chains_that_run_into_an_overlap_keep_their_people() -> None:
    """The sound says nothing in particular; both chains touch the overlap."""
    speaks = looked_at(timeline_of((10, 300), (200, 400)), {0: 0, 1: 1}, VOICES.sum(axis=0))
    assert np.flatnonzero(speaks[:, 0]).tolist() == list(range(10, 300))
    assert np.flatnonzero(speaks[:, 1]).tolist() == list(range(200, 400))
    assert not speaks[:, 2].any()


def test_a_chain_that_was_somebody_else_long_ago_goes_by_the_sound() -> None:
    """Chain 1 is alone only five seconds after its overlap, as person 1; the overlap sounds like persons 0 and 2."""
    probability = timeline_of((10, 300), (200, 280)).probability
    timeline = timeline_of((10, 300), (200, 280))
    probability[560:600, 1] = 0.9
    timeline = Timeline(probability, timeline.chain, timeline.of_window)
    speaks = looked_at(timeline, {0: 0, 1: 1}, 0.6 * VOICES[0] + 0.4 * VOICES[2])
    assert speaks[200:280].all(axis=0).tolist() == [True, False, True]
    assert not speaks[200:280, 1].any()
    assert speaks[560:600, 1].all()


def test_without_a_voiceprint_the_floor_decides() -> None:
    speaks = looked_at(timeline_of((10, 300), (200, 400)), {0: 0, 1: 2}, np.full(192, np.nan))
    assert speaks[200:300].all(axis=0).tolist() == [True, False, True]


def test_one_person_alone_stays_as_it_is() -> None:
    speaks = looked_at(timeline_of((10, 300), (200, 400)), {0: 0, 1: 0}, VOICES[0], people=1)
    assert np.flatnonzero(speaks[:, 0]).tolist() == list(range(10, 400))


@pytest.mark.parametrize("seed", range(20))
def test_an_overlap_never_goes_to_one_person_twice(seed: int) -> None:
    """Whatever the voices, the chains and the sound: two people, with their chains' own probabilities."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 300, 3)
    ends = starts + rng.integers(20, 250, 3)
    timeline = timeline_of(*zip(starts.tolist(), ends.tolist(), strict=True))
    alone = segments(timeline)
    persons = rng.integers(0, 3, len(alone))
    found = overlaps(timeline)
    prints = rng.normal(size=(len(found), 192))
    prints /= np.maximum(np.linalg.norm(prints, axis=1, keepdims=True), 1e-9)
    by_chain = frames.activity(timeline, alone, persons, 3)
    again = reassigned(by_chain, timeline, found, prints, np.full(len(found), 1.0), alone, persons, VOICES)
    for overlap in found:
        here = again[overlap.start : overlap.end]
        assert ((here > 0.5).sum(axis=1) == 2).all()
        assert here.sum(axis=1) == pytest.approx(np.full(len(here), 1.8), abs=1e-3)
    outside = np.ones(len(again), dtype=bool)
    for overlap in found:
        outside[overlap.start : overlap.end] = False
    assert np.array_equal(again[outside], by_chain[outside])


def test_a_stretch_in_the_middle_of_nothing_is_somebody() -> None:
    """A chain that is never alone has no one of its own; the floor and the sound are asked instead."""
    timeline = timeline_of((10, 400), (200, 280))
    alone = (Segment(0, ((10, 200),), 0), Segment(0, ((280, 400),), 1))
    found = overlaps(timeline)
    persons = np.array([0, 0])
    by_chain = frames.activity(timeline, alone, persons, 3)
    assert not by_chain[200:280, 1:].any()
    heard = (VOICES[0] + VOICES[1])[None] / np.sqrt(2)
    again = reassigned(by_chain, timeline, found, heard, np.array([1.3]), alone, persons, VOICES)
    assert (again[200:280] > 0.5).all(axis=0).tolist() == [True, True, False]
