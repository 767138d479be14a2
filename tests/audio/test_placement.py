"""The buffer, and where sounds are put in it: frames made by hand, 0.1 s each, whose level says which one they are."""

from __future__ import annotations

import tracemalloc
from typing import Any

import av
import numpy as np
import pytest

from analyzer.audio.packets import Lost, Sound
from analyzer.audio.placement import GAP, Placement
from analyzer.audio.sample_buffer import SampleBuffer
from analyzer.timeline import Span


def frame(level: float, channels: int = 1, rate: int = 16_000, length: float = 0.1) -> Any:
    layout = {1: "mono", 2: "stereo", 3: "2.1"}[channels]
    samples = np.full((1, round(rate * length) * channels), level, np.float32)
    made: Any = av.AudioFrame.from_ndarray(samples, format="flt", layout=layout)
    made.sample_rate = rate
    return made


DAY = 24 * 3600 * 16_000


def placed(*pieces: Sound | Lost) -> Placement:
    placement = Placement(lambda channels: SampleBuffer(channels, 0, DAY), 1 / 16_000)
    for piece in pieces:
        if isinstance(piece, Lost):
            placement.lost(piece)
        else:
            placement.sound(piece)
    placement.finish()
    return placement


def levels(placement: Placement, channel: int = 0) -> list[float]:
    """The level in the middle of every tenth of a second."""
    assert placement.buffer is not None
    return [round(float(x), 3) for x in placement.buffer.finish()[channel][800::1_600]]


def test_sounds_follow_each_other_where_nothing_is_said_about_time() -> None:
    done = placed(Sound(frame(0.1), None), Sound(frame(0.2), None), Sound(frame(0.3), None))
    assert levels(done) == [0.1, 0.2, 0.3]
    assert done.gaps == []


def test_what_is_lost_is_silence_up_to_the_next_sounds_time() -> None:
    done = placed(Sound(frame(0.1), 0.0), Lost(0.1, 0.1), Lost(0.2, 0.1), Sound(frame(0.4), 0.3))
    assert levels(done) == [0.1, 0.0, 0.0, 0.4]
    assert done.gaps == [Span(1_600, 4_800)]


def test_a_loss_that_the_decoder_filled_leaves_no_gap() -> None:
    done = placed(Sound(frame(0.1), 0.0), Lost(0.1, 0.1), Sound(frame(0.2), 0.1))
    assert levels(done) == [0.1, 0.2]
    assert done.gaps == []


def test_after_a_loss_a_jump_of_one_frame_counts_and_otherwise_it_is_jitter() -> None:
    lost = placed(Sound(frame(0.1), 0.0), Lost(0.1, 0.03), Sound(frame(0.2), 0.13))
    assert lost.gaps == [Span(1_600, 2_080)]
    jitter = placed(Sound(frame(0.1), 0.0), Sound(frame(0.2), 0.13))
    assert jitter.gaps == []
    assert levels(jitter) == [0.1, 0.2]


def test_what_is_lost_at_the_end_is_silence_too() -> None:
    done = placed(Sound(frame(0.1), 0.0), Lost(0.1, 0.1), Lost(0.2, 0.1))
    assert levels(done) == [0.1, 0.0, 0.0]
    assert done.gaps == [Span(1_600, 4_800)]


def test_what_is_lost_at_the_start_is_silence_before_the_first_sound() -> None:
    done = placed(Lost(0.0, 0.2), Sound(frame(0.3), 0.2))
    assert levels(done) == [0.0, 0.0, 0.3]
    assert (done.gaps, done.late) == ([Span(0, 3_200)], 0)


def test_sound_that_starts_late_is_no_loss() -> None:
    done = placed(Sound(frame(0.3), 0.2))
    assert levels(done) == [0.0, 0.0, 0.3]
    assert (done.gaps, done.late) == ([], 3_200)


def test_time_given_twice_keeps_what_came_first() -> None:
    done = placed(
        *(Sound(frame(0.1 * n), 0.1 * n) for n in range(1, 6)), Sound(frame(0.9), 0.45), Sound(frame(0.8), 0.55)
    )
    assert levels(done)[1:6] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert done.buffer is not None
    assert done.buffer.end == 0.65 * 16_000
    assert done.repeated == pytest.approx(0.15)


def test_timestamps_that_start_again_are_a_second_recording_after_the_first() -> None:
    first = [Sound(frame(0.2), 0.1 * n) for n in range(30)]
    done = placed(*first, *(Sound(frame(0.5), 0.1 * n) for n in range(3)))
    assert levels(done) == [0.2] * 30 + [0.5] * 3
    assert done.restarts == [48_000]
    assert done.gaps == []


@pytest.mark.parametrize(("pause", "believed"), [(GAP - 1, True), (GAP + 1, False)])
def test_a_pause_of_more_than_an_hour_is_not_believed(pause: float, believed: bool) -> None:
    done = placed(Sound(frame(0.1), 0.0), Sound(frame(0.2), 0.1 + pause), Sound(frame(0.3), 0.2 + pause))
    assert done.buffer is not None
    assert done.buffer.end == (0.3 + (pause if believed else 0)) * 16_000
    assert len(done.gaps) == believed
    assert len(done.restarts) == (not believed)


def test_pauses_that_add_up_to_too_much_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.audio.placement.GAPS", 100.0)
    done = placed(*(Sound(frame(0.1), n * 30.0) for n in range(6)))
    assert done.buffer is not None
    assert done.buffer.end == pytest.approx((3 * 30.0 + 3 * 0.1) * 16_000)
    assert len(done.gaps) == 3
    assert len(done.restarts) == 2


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2), (2, 3), (3, 2)])
def test_another_number_of_channels_keeps_the_level(before: int, after: int) -> None:
    done = placed(Sound(frame(0.2, before), 0.0), Sound(frame(0.4, after), 0.1))
    assert done.buffer is not None
    assert done.buffer.channels == before
    assert done.changes == [(1_600, before, after)]
    finished = done.buffer.finish()
    assert finished[:, 800].tolist() == pytest.approx([0.2] * before)
    assert finished[:, 2_400].tolist() == pytest.approx(
        [0.4] * 2 + [0.0] if (before, after) == (3, 2) else [0.4] * before
    )


def test_another_rate_goes_on_without_a_pause() -> None:
    done = placed(Sound(frame(0.2), 0.0), Sound(frame(0.4, rate=48_000), 0.1), Sound(frame(0.6), 0.2))
    assert levels(done) == [0.2, 0.4, 0.6]
    assert done.buffer is not None
    assert done.buffer.end == pytest.approx(4_800, abs=2)
    assert done.gaps == []


def test_no_sound_gives_no_buffer() -> None:
    assert placed().buffer is None
    assert placed(Lost(0.0, 1.0)).buffer is None


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("expected", [0, 100, 5_000_000])
def test_a_buffer_holds_what_was_written_however_long_it_was_expected_to_be(channels: int, expected: int) -> None:
    rng = np.random.default_rng(channels)
    sound = rng.standard_normal((3_000_000, channels)).astype(np.float32)
    buffer = SampleBuffer(channels, expected, DAY)
    at = 0
    while at < len(sound):
        step = int(rng.integers(1, 400_000))
        buffer.write(at, sound[at : at + step])
        at += step
    np.testing.assert_array_equal(buffer.finish(), sound.T)


def test_a_buffer_is_silent_where_it_was_skipped_and_keeps_what_was_first() -> None:
    buffer = SampleBuffer(2, 0, DAY)
    buffer.write(2, np.ones((3, 2), np.float32))
    buffer.write(4, np.full((3, 2), 2, np.float32))
    buffer.write(0, np.full((5, 2), 3, np.float32))
    buffer.skip_to(9)
    buffer.skip_to(3)
    assert buffer.finish().tolist() == [[0, 0, 1, 1, 1, 2, 2, 0, 0]] * 2


def test_a_growing_buffer_is_never_held_twice() -> None:
    block = np.ones((100_000, 2), np.float32)
    tracemalloc.start()
    buffer = SampleBuffer(2, 0, DAY)
    for number in range(200):
        buffer.write(number * len(block), block)
    peak = tracemalloc.get_traced_memory()[1]
    finished = buffer.finish()
    tracemalloc.stop()
    assert peak < 1.2 * finished.nbytes
    assert finished.shape == (2, 20_000_000)
    assert finished.all()


def test_a_buffer_that_cannot_be_as_long_as_expected_starts_short() -> None:
    buffer = SampleBuffer(1, 2**62, DAY)
    buffer.write(0, np.ones((5, 1), np.float32))
    assert buffer.finish().tolist() == [[1, 1, 1, 1, 1]]


def test_numbers_that_are_no_sound_are_silenced_and_told_in_samples() -> None:
    sound = np.ones((2_200_000, 2), np.float32)
    sound[10, 0], sound[11, 1], sound[20, 1] = np.nan, -np.inf, 1e7
    sound[2**20 - 1 : 2**20 + 1, 0] = np.inf
    sound[30] = 40_000.0
    sound[5_000] = np.nan
    buffer = SampleBuffer(2, 0, DAY)
    buffer.write(0, sound)
    found = buffer.silence_impossible()
    assert found == (Span(10, 21), Span(5_000, 5_001), Span(2**20 - 1, 2**20 + 1))
    finished = buffer.finish()
    assert np.isfinite(finished).all()
    assert finished[:, 9:13].tolist() == [[1, 0, 1, 1], [1, 1, 0, 1]]
    assert finished[0, 30] == 40_000.0
