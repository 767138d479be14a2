"""Pauses that the network fills: what is quiet enough, and that quiet voices and noisy lines stay."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.speech.diarization.filled_pauses import SHORTEST, filled_pauses
from analyzer.speech.diarization.frames import runs
from analyzer.speech.diarization.segmentation import FRAME_STEP
from tests.speech.test_missed_speech import FRAMES, sound, timeline_with

ALL = timeline_with((100, 1000))
SPEECH = ((100, 400, 0.05), (500, 1000, 0.05))


def found(waveform: np.ndarray) -> list[tuple[int, int]]:
    """The pauses between the first and the last word."""
    return [(a, b) for a, b in runs(filled_pauses(waveform, ALL)).tolist() if a > 110 and b < 990]


def test_a_pause_as_quiet_as_the_recording_gets_is_no_ones_speech() -> None:
    [(start, end)] = found(sound(*SPEECH))
    assert abs(start - 400) <= 6
    assert abs(end - 500) <= 6


@pytest.mark.parametrize("size", [3e-4, 0.02])
def test_a_quiet_voice_above_the_noise_is_speech(size: float) -> None:
    assert found(sound(*SPEECH, (400, 500, size))) == []


def test_over_a_noisy_line_nothing_is_far_enough_below_speech_to_be_sure() -> None:
    assert found(sound(*SPEECH, noise=5e-3)) == []


def test_the_end_of_a_word_is_no_pause() -> None:
    assert found(sound((100, 400, 0.05), (400 + SHORTEST - 1, 1000, 0.05))) == []


def test_nothing_is_quiet_where_no_one_was_found_and_frames_beyond_the_end_are_left_alone() -> None:
    assert not filled_pauses(sound(), timeline_with()).any()
    short = sound(*SPEECH)[: 1600 * FRAME_STEP]
    quiet = filled_pauses(short, ALL)
    assert len(quiet) == FRAMES
    assert not quiet[1600:].any()
