"""Separate parties or the same sound twice: two voices made of noise bursts in turn, mixed in every way calls are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from analyzer.audio.channels import ChannelPair, compare_channels, distinct_channels

Sound = npt.NDArray[np.float32]

SECONDS = 40


def voice(seed: int, talks: list[int]) -> Sound:
    """A voice that talks in the seconds `talks`: low-passed noise with syllables, 20 dB above a faint line noise."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.standard_normal(SECONDS * 16_000), np.ones(8) / 8, "same")
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(SECONDS * 16_000) / 16_000)
    talking = np.repeat(np.isin(np.arange(SECONDS), talks), 16_000)
    return (0.3 * noise * syllables * talking + 0.001 * rng.standard_normal(len(noise))).astype(np.float32)


SELLER = voice(1, [s for s in range(SECONDS) if s % 4 < 2])
CUSTOMER = voice(2, [s for s in range(SECONDS) if s % 4 == 2])
RARELY = voice(3, [30, 31])
SILENCE = np.zeros_like(SELLER)
HISS = (0.001 * np.random.default_rng(4).standard_normal(len(SELLER))).astype(np.float32)

HUM = (0.2 * np.sin(2 * np.pi * 50 * np.arange(len(SELLER)) / 16_000)).astype(np.float32)


def on(*channels: Sound) -> Sound:
    return np.stack(channels).astype(np.float32)


def gain(db: float) -> np.float32:
    return np.float32(10 ** (db / 20))


def in_16_bits(sound: Sound, seed: int = 7) -> Sound:
    """`sound` as 16 bits hold it, with the noise that is added so that rounding is not heard."""
    dither = np.random.default_rng(seed).triangular(-1, 0, 1, len(sound))
    return (np.round(sound * 32768 + dither) / 32768).astype(np.float32)


def dropouts(sound: Sound, odd: bool) -> Sound:
    """`sound` with 0.2 s of it missing in every second second."""
    out = sound.copy()
    for second in range(int(odd), SECONDS, 2):
        out[second * 16_000 : second * 16_000 + 3_200] = 0
    return out


MIX = SELLER + CUSTOMER

APART = {
    "one party each": on(SELLER, CUSTOMER),
    "with echo at -25 dB": on(SELLER + gain(-25) * CUSTOMER, CUSTOMER + gain(-25) * SELLER),
    "with bad echo at -15 dB": on(SELLER + gain(-15) * CUSTOMER, CUSTOMER + gain(-15) * SELLER),
    "one side 20 dB quieter": on(SELLER, gain(-20) * CUSTOMER),
    "one side hardly talks": on(MIX, RARELY * 3),
    "three lines": on(SILENCE, SELLER, CUSTOMER),
    "very quiet": on(*(in_16_bits(gain(-50) * sound) for sound in (SELLER, CUSTOMER))),
}

NOT_APART = {
    "mono": on(MIX),
    "dual mono": on(MIX, MIX),
    "dual mono, one quieter": on(MIX, gain(-9) * MIX),
    "dual mono, one very quiet": on(MIX, gain(-30) * MIX),
    "dual mono, one inverted": on(MIX, -MIX),
    "dual mono with drop-outs": on(dropouts(MIX, True), dropouts(MIX, False)),
    "dual mono with hiss": on(MIX, MIX + HISS),
    "dual mono with an offset": on(MIX, MIX + np.float32(0.2)),
    "one channel silent": on(MIX, SILENCE),
    "one channel only hisses": on(MIX, HISS),
    "two microphones in a room": on(SELLER + gain(-4) * CUSTOMER + HISS, gain(-4) * SELLER + CUSTOMER),
    "very quiet, the other channel silent": on(in_16_bits(gain(-50) * MIX), SILENCE),
    "very quiet, the other channel dithered": on(in_16_bits(gain(-50) * MIX), in_16_bits(SILENCE)),
    "very quiet, hum on the other channel": on(in_16_bits(gain(-50) * MIX), in_16_bits(gain(-55) * HUM)),
    "quiet, hum on the other channel": on(gain(-30) * MIX, gain(-45) * HUM),
    "nothing": on(SILENCE, SILENCE),
    "only dither": on(in_16_bits(SILENCE), in_16_bits(SILENCE, 8)),
    "shorter than a frame": MIX[None, :100].repeat(2, axis=0),
}


@pytest.mark.parametrize("name", APART)
def test_separate_parties_are_told_apart(name: str) -> None:
    assert distinct_channels(APART[name])


@pytest.mark.parametrize("name", NOT_APART)
def test_the_same_sound_twice_is_no_second_party(name: str) -> None:
    assert not distinct_channels(NOT_APART[name])


def test_swapping_the_channels_swaps_their_counts() -> None:
    (pair,) = compare_channels(on(SELLER, CUSTOMER)).pairs
    (swapped,) = compare_channels(on(CUSTOMER, SELLER)).pairs
    assert (pair.first_leads, pair.second_leads) == (swapped.second_leads, swapped.first_leads)
    assert (pair.frames, pair.alike) == (swapped.frames, swapped.alike)
    assert pair.first_leads > pair.second_leads > 0
    assert pair.first_leads + pair.second_leads + pair.alike <= pair.frames


def test_every_pair_of_channels_is_compared() -> None:
    pairs = compare_channels(on(SELLER, CUSTOMER, SELLER)).pairs
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    assert [pair.apart for pair in pairs] == [True, False, True]


def test_the_thresholds_are_two_in_a_hundred_led_and_half_alike() -> None:
    assert ChannelPair(0, 1, frames=100, alike=49, first_leads=40, second_leads=2).apart
    assert not ChannelPair(0, 1, frames=100, alike=49, first_leads=40, second_leads=1).apart
    assert not ChannelPair(0, 1, frames=100, alike=50, first_leads=40, second_leads=2).apart
    assert not ChannelPair(0, 1, frames=0, alike=0, first_leads=0, second_leads=0).apart


def test_of_long_recordings_frames_over_the_whole_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.audio.channels._FRAMES_AT_MOST", 200)
    (pair,) = compare_channels(on(SELLER, CUSTOMER)).pairs
    assert 100 < pair.frames <= 200
    assert pair.apart
