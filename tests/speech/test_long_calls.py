"""Ten hours take ten times the time of one, and hardly more memory: what grows with a call is held in pieces."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analyzer.audio import sample_buffer
from analyzer.audio.channels import compare_channels
from analyzer.audio.mixing import mixed
from analyzer.audio.sample_buffer import SampleBuffer, Samples
from analyzer.speech.diarization import frames
from analyzer.speech.diarization.embedding import Features
from analyzer.speech.diarization.missed_speech import loudness
from analyzer.speech.diarization.segmentation import FRAME_STEP, FRAMES, segment
from analyzer.speech.multichannel.crosstalk import levels
from analyzer.timeline import SAMPLE_RATE

MINUTES = 8
LENGTH = MINUTES * 60 * SAMPLE_RATE


@pytest.fixture(scope="module")
def channels() -> Samples:
    """Two channels of noise in a file, 31 MB each."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((60 * SAMPLE_RATE, 2)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample_buffer, "IN_MEMORY", 1_000_000)
        buffer = SampleBuffer(2, LENGTH, LENGTH)
        for minute in range(MINUTES):
            buffer.write(minute * len(noise), noise)
        return buffer.finish()


def windows(sound: Samples) -> None:
    segment(sound, lambda batch: np.zeros((len(batch), FRAMES, 7)), step=10 * SAMPLE_RATE)


def bands(sound: Samples) -> None:
    features = Features(sound)
    for minute in range(MINUTES):
        features[minute * 6_000 : minute * 6_000 + 10]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "read",
    [
        lambda both: windows(both[0]),
        lambda both: bands(both[0]),
        lambda both: loudness(both[0], LENGTH // FRAME_STEP),
        lambda both: levels(both[0]),
        mixed,
        compare_channels,
    ],
    ids=["windows", "bands", "loudness", "levels", "mixed", "compare_channels"],
)
def test_what_was_read_of_a_sound_in_a_file_is_let_go(channels: Samples, read: Callable[[Samples], object]) -> None:
    sample_buffer.let_go(channels)
    before = of_files()
    read(channels)
    assert of_files() - before < 15


def of_files() -> float:
    """MB of files in this process's memory."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("RssFile"))


def test_frames_by_people_are_never_held_in_full_but_once() -> None:
    """Ten hours with 30 voices are 64 million cells: as whole numbers of eight bytes they would be half a gigabyte."""
    rng = np.random.default_rng(1)
    activity = rng.random((200_000, 30), dtype=np.float32)
    count = rng.integers(0, 3, len(activity)).astype(np.uint8)
    tracemalloc.start()
    chosen = frames.speaking(activity, count)
    _, of_speaking = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert of_speaking < chosen.nbytes + 40e6  # in full it is 80 MB
    assert np.array_equal(chosen.sum(axis=1), np.minimum(count, (activity > 0.05).sum(axis=1)))


def test_who_speaks_is_the_same_however_many_frames_are_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    activity = rng.random((1_000, 4), dtype=np.float32)
    count = rng.integers(0, 3, len(activity)).astype(np.uint8)
    found = []
    for at_once in (7, 1_000):
        monkeypatch.setattr(frames, "_AT_ONCE", at_once)
        chosen = frames.speaking(activity, count)
        turns = frames.exclusive_turns(activity, chosen, ("S1", "S2", "S3", "S4"), len(activity) * FRAME_STEP)
        found.append((chosen.tolist(), turns))
    assert found[0] == found[1]
    assert len(found[0][1]) > 100
