"""A mix in which nothing cancels: opposite polarity of everything, of one voice, of one band, in one half."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from analyzer.audio.decode import Waveform
from analyzer.audio.mixing import mixed
from tests.audio.test_channels import CUSTOMER, SELLER

Sound = npt.NDArray[np.float32]
MIX: Sound = SELLER + CUSTOMER


def off(found: Sound, wanted: Sound) -> float:
    """How far below what is wanted the difference lies, in dB."""
    return float(10 * np.log10(np.square(found - wanted).sum() / np.square(wanted).sum() + 1e-12))


def band_turned(sound: Sound) -> Sound:
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / 16_000) < 1_000] *= -1
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


HALF = np.where(np.arange(len(MIX)) < len(MIX) // 2, 1, -1).astype(np.float32)
SAME = {
    "the whole": ([MIX, -MIX], -50.0),
    "the whole, quieter": ([MIX, -0.5 * MIX], -50.0),
    "from the middle on": ([MIX, HALF * MIX], -35.0),
    "one voice": ([MIX, SELLER - CUSTOMER], -20.0),
    "one band": ([MIX, band_turned(MIX)], -15.0),
    "two of four": ([MIX, -MIX, MIX, -MIX], -50.0),
    "behind an empty channel": ([0 * MIX, MIX, -MIX], -50.0),
}


@pytest.mark.parametrize("name", SAME)
def test_opposite_polarity_loses_nothing(name: str) -> None:
    channels, allowed = SAME[name]
    sound = np.stack(channels).astype(np.float32)
    wanted = MIX * np.float32(np.abs(sound).mean() / np.abs(MIX).mean())
    assert off(Waveform(sound).mono(), wanted) < allowed


@pytest.mark.parametrize("other", [MIX, 0.5 * MIX, CUSTOMER, 0 * MIX], ids=["same", "quieter", "part", "silent"])
def test_where_nothing_cancels_the_mix_is_the_mean_to_the_bit(other: Sound) -> None:
    sound = np.stack([MIX, other]).astype(np.float32)
    assert np.array_equal(mixed(sound), sound.mean(axis=0, dtype=np.float32))


def test_two_voices_that_have_nothing_to_do_with_each_other_keep_their_level() -> None:
    sound = np.stack([SELLER, np.roll(SELLER, 3_456)])
    assert off(mixed(sound), sound.mean(axis=0)) < -25


def test_a_long_recording_is_mixed_in_pieces_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.stack([MIX, band_turned(MIX)])
    whole = mixed(sound)
    monkeypatch.setattr("analyzer.audio.mixing._AT_ONCE", 320 * 256)
    assert np.allclose(mixed(sound), whole, atol=1e-6)
