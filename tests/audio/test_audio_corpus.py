"""Every recording beside the checkout is decoded, and compared with another library where that reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.audio.channels import distinct_channels
from analyzer.audio.decode import decode
from analyzer.audio.recording import probe

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
ENDINGS = {".wav", ".flac", ".mp3", ".ogg"}

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the recordings with known truth are not beside the checkout"),
]


def recordings() -> list[Path]:
    return sorted(path for path in CORPUS.rglob("*") if path.suffix in ENDINGS) if CORPUS.is_dir() else []


def test_every_recording_decodes_to_what_soundfile_reads() -> None:
    paths = recordings()
    assert len(paths) > 80
    for path in paths:
        waveform = decode(path)
        found = probe(path)
        assert waveform.notes == (), path
        assert waveform.channels == found.channels, path
        assert np.isfinite(waveform.samples).all(), path
        with soundfile.SoundFile(path) as file:
            rate, frames = file.samplerate, file.frames
            other = file.read(dtype="float32", always_2d=True).T if rate == 16_000 else None
        assert waveform.length == pytest.approx(frames * 16_000 / rate, abs=2), path
        assert found.length == pytest.approx(waveform.length, abs=300), path
        if other is None:
            continue
        if path.suffix in {".wav", ".flac"}:
            np.testing.assert_array_equal(waveform.samples, other, err_msg=str(path))
        else:  # Opus: soundfile decodes it at 16 kHz, FFmpeg at 48 kHz; the resampler ends softly above 6 kHz
            same = min(other.shape[1], waveform.length, 120 * 16_000)
            ours, theirs = (np.fft.rfft(sound[0, :same])[: same * 6 // 16] for sound in (waveform.samples, other))
            assert np.linalg.norm(ours - theirs) < 0.1 * np.linalg.norm(theirs), path  # one sample off: 0.15 and more


def test_a_call_with_one_person_per_channel_is_told_from_dual_mono() -> None:
    assert distinct_channels(decode(CORPUS / "aws_dual_channel" / "Auto_Repairs_40_UTC_stereo.flac").samples)
    assert distinct_channels(decode(CORPUS / "faster_whisper_tests" / "stereo_diarization.wav").samples)
    assert not distinct_channels(decode(CORPUS / "faster_whisper_tests" / "jfk.flac").samples)
    assert not distinct_channels(decode(CORPUS / "faster_whisper_tests" / "hotwords.mp3").samples)
