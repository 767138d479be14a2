"""Clips for the debrief page: small, playable, and the same sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analyzer.audio.clip import MIME_TYPE, opus_clip
from analyzer.audio.decode import decode
from analyzer.audio.recording import probe
from tests.audio_builders import Sound, bursts, onsets


def speechlike(seconds: float) -> Sound:
    """A 150 Hz buzz under a slow envelope: as many overtones as a voice, and pauses."""
    t = np.arange(round(16_000 * seconds)) / 16_000
    buzz = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 20))
    return (0.2 * buzz * (np.sin(2 * np.pi * 1.5 * t) > -0.3)).astype(np.float32)


def test_a_clip_gives_back_length_time_and_sound(tmp_path: Path) -> None:
    path = tmp_path / "clip.webm"
    sound = bursts(16_000)[0]
    path.write_bytes(opus_clip(sound))
    back = decode(path)
    assert back.length == len(sound)
    assert onsets(back.samples[0]) == pytest.approx([1.0, 2.0, 3.0], abs=0.003)
    voice = speechlike(3.0)
    path.write_bytes(opus_clip(voice))
    heard = decode(path).samples[0]
    assert np.corrcoef(voice, heard)[0, 1] > 0.98


def test_a_clip_is_small_opus_in_webm(tmp_path: Path) -> None:
    clip = opus_clip(speechlike(20.0))
    assert 20.0 * 24_000 / 8 * 0.8 < len(clip) < 20.0 * 24_000 / 8 * 1.5
    path = tmp_path / "clip.webm"
    path.write_bytes(clip)
    found = probe(path)
    assert (found.container, found.codec, found.channels) == ("webm", "opus", 1)
    assert found.length == pytest.approx(20.0 * 16_000, abs=400)  # players show it, so the file has to say it
    assert clip[:4] == b"\x1aE\xdf\xa3"
    assert MIME_TYPE == "audio/webm"


def test_the_same_sound_gives_the_same_bytes() -> None:
    assert opus_clip(speechlike(1.0)) == opus_clip(speechlike(1.0))


@pytest.mark.parametrize("length", [1, 319, 320, 321, 16_001])
def test_any_length_can_be_a_clip(tmp_path: Path, length: int) -> None:
    path = tmp_path / "clip.webm"
    path.write_bytes(opus_clip(np.zeros(length, np.float32)))
    assert abs(decode(path).length - length) <= 320


def test_sound_beyond_full_scale_is_clipped_and_what_is_no_number_is_silent(tmp_path: Path) -> None:
    sound = np.zeros(16_000, np.float32)
    sound[4_000:8_000] = np.tile(np.repeat([5.0, -5.0], 20), 100)
    sound[12_000:] = np.nan
    path = tmp_path / "clip.webm"
    path.write_bytes(opus_clip(sound))
    heard = decode(path).samples[0]
    assert 0.7 < np.abs(heard[4_000:8_000]).max() < 1.8
    assert np.abs(heard[13_000:]).max() < 0.01


@pytest.mark.parametrize("wrong", [np.zeros(0, np.float32), np.zeros((1, 100), np.float32)])
def test_a_clip_of_nothing_or_of_several_channels_is_refused(
    wrong: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> None:
    with pytest.raises(ValueError, match="a clip is made of a stretch of mono samples"):
        opus_clip(wrong)
