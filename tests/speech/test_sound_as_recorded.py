"""Recordings that lost somebody by how they were made, through the real models: heard as the clean recording is.

The whole grid is `python -m tests.sound_as_recorded`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import soundfile

from analyzer.speech.diarization.diarizer import load_diarizer
from analyzer.speech.models.store import ModelStore
from tests.conftest import CORPUS
from tests.sound_as_recorded import ALL, ALLOWED, DIALER, LED, SAMPLES, Found, hear

CASES = CORPUS.parent / "cases"
diarizer = cache(lambda: load_diarizer(ModelStore()))


@cache
def clean(sample: str) -> Found:
    return hear(SAMPLES / sample, sample, diarizer())


def as_clean(found: Found, wanted: Found) -> None:
    assert found.people == wanted.people
    assert max(found.off(wanted)) <= ALLOWED


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize(
    "name", ["polarity one voice", "echo 3 dB 200 ms", "echo 6 dB in a room", "tracks stereo mix and two"]
)
def test_a_sample_that_is_recorded_otherwise_is_heard_as_it_was(tmp_path: Path, name: str) -> None:
    variation = next(one for one in ALL if one.name == name)
    as_clean(hear(variation.write(tmp_path), variation.sample, diarizer()), clean(variation.sample))


@pytest.mark.corpus
@pytest.mark.models
@pytest.mark.parametrize("name", ["two_audio_tracks.mkv", "loudspeaker_echo_6dB.ogg", "quiet_two_channels.flac"])
def test_a_case_is_heard_as_the_call_that_it_is(name: str) -> None:
    found = hear(CASES / name, DIALER, diarizer())
    as_clean(found, clean(DIALER))
    assert found.lead == pytest.approx(76.8, abs=ALLOWED)


@pytest.mark.corpus
@pytest.mark.models
def test_an_inverted_channel_is_heard_as_the_mono_sample(tmp_path: Path) -> None:
    sound, rate = soundfile.read(SAMPLES / LED, dtype="float32", frames=60 * 16_000)
    soundfile.write(tmp_path / "mono.flac", sound, rate)
    as_clean(hear(CASES / "antiphase_whole.flac", LED, diarizer()), hear(tmp_path / "mono.flac", LED, diarizer()))
