"""Damaged and cut-off recordings: what is lost is silence in its place, and everything else stays where it was."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from analyzer.audio.decode import Waveform, decode
from analyzer.errors import AnalyzerError, RecordingError
from tests.audio_builders import bursts, encode, onsets, wav, wav16

EVERY_SECOND = tuple(float(at) for at in range(1, 20))


def overwritten(path: Path, at: int, count: int) -> None:
    """Replaces `count` bytes of a file by noise."""
    data = bytearray(path.read_bytes())
    data[at : at + count] = np.random.default_rng(5).bytes(count)
    path.write_bytes(data)


def check_timeline(waveform: Waveform, length: float, late: float, within: float) -> None:
    """All bursts that lie clear of the damage are found, at their seconds."""
    assert waveform.length / 16_000 == pytest.approx(length, abs=0.1)
    damaged = [(span.start / 16_000 - 0.25, span.end / 16_000 + 0.25) for span in waveform.damaged]
    wanted = [at + late for at in EVERY_SECOND if not any(start < at + late < end for start, end in damaged)]
    found = onsets(waveform.samples[0])
    found = [at for at in found if not any(start < at < end for start, end in damaged)]
    assert len(wanted) >= 12
    assert found == pytest.approx(wanted, abs=within)


DAMAGED = [
    # codec, container, rate, bit rate, bytes destroyed, late by (formats without encoder delay), within
    ("flac", "flac", 16_000, 0, 6_000, 0.0, 0.003),
    ("libmp3lame", "mp3", 44_100, 64_000, 6_000, 0.0, 0.003),
    ("libmp3lame", "mp3", 16_000, 24_000, 4_000, 0.0, 0.04),
    ("libopus", "ogg", 48_000, 32_000, 3_000, 0.0, 0.003),
    ("libopus", "webm", 48_000, 32_000, 1_000, 0.0, 0.003),
    ("aac", "mp4", 44_100, 64_000, 6_000, 0.0, 0.003),
    ("aac", "mpegts", 48_000, 64_000, 6_000, 0.0213, 0.01),
    ("aac", "adts", 44_100, 64_000, 6_000, 0.0232, 0.04),
]


@pytest.mark.parametrize(("codec", "container", "rate", "bit_rate", "count", "late", "within"), DAMAGED)
@pytest.mark.parametrize("place", [0.35, 0.62])
def test_damage_in_the_middle_keeps_the_timeline(
    tmp_path: Path,
    codec: str,
    container: str,
    rate: int,
    bit_rate: int,
    count: int,
    late: float,
    within: float,
    place: float,
) -> None:
    sound = bursts(rate, 20.0, EVERY_SECOND)
    path = encode(tmp_path / f"call.{container}", sound, rate, codec, container, bit_rate=bit_rate)
    overwritten(path, int(path.stat().st_size * place), count)
    waveform = decode(path)
    assert waveform.damaged
    middle = 20.0 * place
    assert any(span.start / 16_000 - 2 < middle < span.end / 16_000 + 2 for span in waveform.damaged)
    assert waveform.notes[0].startswith("Sound is damaged or missing at 0:")
    for span in waveform.damaged:
        assert np.abs(waveform.samples[0, span.start : span.end]).max() < 0.25
    check_timeline(waveform, 20.0, late, within)


def test_several_damaged_places_in_an_mp3_keep_the_timeline(tmp_path: Path) -> None:
    path = encode(
        tmp_path / "call.mp3", bursts(44_100, 20.0, EVERY_SECOND), 44_100, "libmp3lame", "mp3", bit_rate=64_000
    )
    size = path.stat().st_size
    for place in (0.21, 0.43, 0.71):
        overwritten(path, int(size * place), 2_000)
    waveform = decode(path)
    assert len(waveform.damaged) == 3
    check_timeline(waveform, 20.0, 0.0, 0.06)
    assert "This format has no timestamps: how long the damage lasts is an estimate from its bytes." in waveform.notes


def cut_off(path: Path, share: float) -> Path:
    """Keeps the first `share` of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize(
    ("codec", "container", "options"),
    [
        ("pcm_s16le", "wav", {}),
        ("flac", "flac", {}),
        ("libmp3lame", "mp3", {}),
        ("aac", "ipod", {"movflags": "+faststart"}),
        ("libopus", "webm", {}),
    ],
)
def test_a_file_that_is_cut_off_gives_what_it_holds_and_says_so(
    tmp_path: Path, codec: str, container: str, options: dict[str, str]
) -> None:
    sound = bursts(48_000, 20.0, EVERY_SECOND)
    path = encode(tmp_path / f"call.{container}", sound, 48_000, codec, container, bit_rate=64_000, options=options)
    waveform = decode(cut_off(path, 0.6))
    assert 10.5 < waveform.length / 16_000 < 12.5
    assert onsets(waveform.samples[0])[:10] == pytest.approx(EVERY_SECOND[:10], abs=0.01)
    assert waveform.notes[-1].startswith("The file is cut off or its header is wrong: it declares 0:20 of sound, but")


def test_an_mp4_without_its_index_says_that_it_was_never_finished(tmp_path: Path) -> None:
    path = encode(tmp_path / "call.m4a", bursts(44_100), 44_100, "aac", "ipod")
    with pytest.raises(RecordingError, match=r"never finished: its index \(moov\), which comes last, is missing"):
        decode(cut_off(path, 0.6))


@pytest.mark.parametrize("declared", [0, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
def test_a_live_wav_whose_header_was_never_finished_is_read_to_its_end(tmp_path: Path, declared: int) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(bursts(8_000), 8_000, declared))
    waveform = decode(path)
    assert waveform.length == 64_000
    assert onsets(waveform.samples[0]) == pytest.approx([1.0, 2.0, 3.0], abs=0.003)
    assert waveform.notes == ()


def test_a_header_that_promises_a_hundred_times_too_much_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    sound = bursts(8_000)
    path.write_bytes(wav16(sound, 8_000, 100 * 2 * sound.shape[1]))
    tracemalloc.start()
    waveform = decode(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert waveform.length == 64_000
    assert peak < 8 * 2**20  # 400 s would be 25 MB
    assert waveform.notes == ("The file is cut off or its header is wrong: it declares 6:40 of sound, but holds 0:04.",)


def test_an_impossible_sample_rate_is_refused_instead_of_becoming_weeks_of_sound(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav(bytes(100_000), 1))
    with pytest.raises(RecordingError, match="impossible sample rate of 1 Hz"):
        decode(path)


def test_a_file_whose_every_frame_is_broken_is_an_error(tmp_path: Path) -> None:
    path = encode(tmp_path / "call.m4a", bursts(44_100), 44_100, "aac", "ipod")
    data = path.read_bytes()
    start = data.index(b"mdat") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big") - 8
    path.write_bytes(data[:start] + b"\xff" * length + data[start + length :])
    with pytest.raises(RecordingError, match=r"none of its sound could be decoded \(codec aac\)"):
        decode(path)


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """`data` with one to four small changes, in the header as often as behind it."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(min(len(changed), 300) if rng.random() < 0.5 else len(changed)))
        kind = int(rng.integers(5))
        if kind == 0:
            changed[at] = int(rng.integers(256))
        elif kind == 1:
            changed[at : at + 4] = int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1])).to_bytes(4, "little")
        elif kind == 2:
            changed[at : at + 150] = rng.bytes(150)
        elif kind == 3:
            del changed[at : at + int(rng.integers(1, 1000))]
        else:
            del changed[at + 1 :]
        changed = changed or bytearray(b"\0")
    return bytes(changed)


@pytest.mark.parametrize("container", ["wav", "mp3", "ogg", "webm", "ipod", "flac"])
def test_any_broken_file_gives_a_waveform_or_one_clear_line(tmp_path: Path, container: str) -> None:
    codec = {"wav": "pcm_s16le", "mp3": "libmp3lame", "ipod": "aac", "flac": "flac"}.get(container, "libopus")
    data = encode(tmp_path / "whole", bursts(16_000, 2.0), 16_000, codec, container).read_bytes()
    rng = np.random.default_rng(11)
    path = tmp_path / f"call.{container}"
    for _ in range(25):
        path.write_bytes(mutated(data, rng))
        try:
            waveform = decode(path)
        except AnalyzerError as error:
            line = error.line()
            told = line.startswith(f"{path}: ") and "\n" not in line
        else:
            told = waveform.length > 0 and bool(np.isfinite(waveform.samples).all())
        assert told


@pytest.mark.parametrize("name", ["call.wav", "call.mp3", "call.m4a", "call"])
def test_random_bytes_and_text_are_no_recordings(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for content in (np.random.default_rng(2).bytes(20_000), b"Dear customer, we called you.\n" * 500, b"\0" * 5_000):
        path.write_bytes(content)
        with pytest.raises(RecordingError):
            decode(path)


def test_nothing_of_ffmpegs_complaints_reaches_the_screen(tmp_path: Path) -> None:
    path = encode(tmp_path / "call.mp3", bursts(44_100), 44_100, "libmp3lame", "mp3")
    overwritten(path, path.stat().st_size // 2, 3_000)
    code = (
        "import logging, sys; from pathlib import Path; import av\n"
        "logging.basicConfig(level=1); av.logging.set_level(av.logging.DEBUG); av.logging.restore_default_callback()\n"
        "from analyzer.audio.decode import decode\n"
        "print(len(decode(Path(sys.argv[1])).damaged))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("1\n", "")
