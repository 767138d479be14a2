"""A stretch of a file is what decoding all of it gives there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.audio.decode import decode
from analyzer.audio.excerpt import excerpt
from analyzer.errors import RecordingMissingError
from analyzer.timeline import Span, samples
from tests.audio_builders import bursts, encode_tracks, onsets


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_an_excerpt_is_that_part_of_the_whole(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(3)
    tone = np.sin(np.arange(30 * 16_000) * 0.05) * np.repeat(rng.uniform(0.05, 0.8, 300), 1600)
    path = tmp_path / f"call.{suffix}"
    soundfile.write(path, np.stack([tone, tone * 0.5], axis=1), 16_000)
    whole = decode(path).mono()
    for span in (Span(0, samples(2)), Span(samples(11.3), samples(15.1)), Span(samples(28), samples(30.0))):
        part = excerpt(path, span)
        assert len(part) == span.length
        wanted = whole[span.start : span.end]
        # By correlation: a lossy decoder that starts elsewhere does not give the same bits.
        shift = 400
        inner = part[shift : len(wanted) - shift]
        off = max(
            range(-shift, shift + 1, 8),
            key=lambda by: float(np.dot(inner, wanted[shift + by : shift + by + len(inner)])),
        )
        assert abs(off) <= (400 if suffix == "mp3" else 16)
        assert np.corrcoef(inner, wanted[shift + off : shift + off + len(inner)])[0, 1] > 0.98


def test_channels_of_opposite_polarity_are_heard(tmp_path: Path) -> None:
    tone = bursts(16_000)[0]
    soundfile.write(tmp_path / "call.wav", np.stack([tone, -tone], axis=1), 16_000)
    assert onsets(excerpt(tmp_path / "call.wav", Span(8_000, 40_000))) == pytest.approx([0.5, 1.5], abs=0.003)


def test_every_track_of_a_file_is_heard(tmp_path: Path) -> None:
    one, two = bursts(16_000, at=(1.0,)), bursts(16_000, length=3.0, at=(1.5,), channels=2)
    path = encode_tracks(tmp_path / "call.mkv", "matroska", [(one, 0.0), (two, 0.5)], 16_000, "pcm_s16le")
    assert onsets(excerpt(path, Span(8_000, 48_000)), above=0.1) == pytest.approx([0.5, 1.5], abs=0.003)


def test_beyond_the_end_is_silence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "call.wav", np.full(16_000, 0.5), 16_000)
    part = excerpt(tmp_path / "call.wav", Span(8_000, 32_000))
    assert part[:7_000] == pytest.approx(0.5, abs=0.01)
    assert not part[9_000:].any()


def test_a_missing_file_is_told_as_in_decoding(tmp_path: Path) -> None:
    with pytest.raises(RecordingMissingError):
        excerpt(tmp_path / "call.wav", Span(0, 10))
