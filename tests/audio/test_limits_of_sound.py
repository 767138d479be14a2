"""Sound that explodes, formats that are no recordings, and files that were never written to their end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from analyzer.audio.decode import decode
from analyzer.audio.formats import FORMATS
from analyzer.errors import ExitCode, NotAudioError, RecordingTooLongError, RecordingUnfinishedError
from analyzer.timeline import SAMPLE_RATE
from tests.fuzz_audio import decoded, seeds

TEXTS = {
    "list.m3u8": "#EXTM3U\n#EXTINF:10,\nother.wav\n",
    "list.wav": "ffconcat version 1.0\nfile other.wav\n",
    "words.srt": "1\n00:00:01,000 --> 00:00:02,000\nHello\n",
    "words.ass": "[Script Info]\nTitle: x\n",
    "data.json": '{"a": 1}',
    "call.wav": "Just some notes about the call.\n",
    "page.mp4": "<?xml version='1.0'?><MPD></MPD>",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_no_recording_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(TEXTS[name] * 50)
    with pytest.raises(NotAudioError) as told:
        decode(path)
    assert told.value.exit_code == ExitCode.UNREADABLE_INPUT
    assert "\n" not in told.value.line()


def test_every_format_on_the_list_is_one_that_ffmpeg_has_and_none_points_elsewhere() -> None:
    known = {name for entry in av.formats_available for name in entry.split(",")}
    assert {"wav", "flac", "mp3", "ogg", "mov", "matroska", "amr", "asf"} <= FORMATS & (known | {"matroska", "mov"})
    for never in ("hls", "concat", "sdp", "image2", "srt", "ass", "webvtt", "lavfi", "alsa", "tty", "ffmetadata"):
        assert never not in FORMATS


def noise(seconds: float, path: Path, **how: str) -> Path:
    sound = np.random.default_rng(0).normal(0, 0.05, int(seconds * SAMPLE_RATE)).astype(np.float32)
    soundfile.write(path, sound, SAMPLE_RATE, **how)
    return path


def test_more_than_the_allowed_hours_are_refused_as_soon_as_they_are_passed(tmp_path: Path) -> None:
    path = noise(30, tmp_path / "call.flac")
    assert decode(path, max_hours=0.01).length == 30 * SAMPLE_RATE
    with pytest.raises(RecordingTooLongError, match=r"more than 0\.005 hours") as told:
        decode(path, max_hours=0.005)
    assert "max_hours" in told.value.line()
    assert told.value.exit_code == ExitCode.UNREADABLE_INPUT


@pytest.mark.slow
def test_a_small_file_that_holds_a_day_of_silence_takes_no_memory(tmp_path: Path) -> None:
    path, hours = tmp_path / "day.flac", 12
    block = np.zeros(3600 * 8000, np.int16)
    with soundfile.SoundFile(path, "w", 8000, 1, "PCM_16") as file:
        for _ in range(hours):
            file.write(block)
    assert path.stat().st_size < 2_000_000
    # A limit on the program's own memory (what the system keeps of a file is not counted): as one array it is 2.8 GB.
    script = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_DATA, (2**31, 2**31))\n"
        "from pathlib import Path\nfrom analyzer.audio.decode import decode\n"
        "from analyzer.audio.sample_buffer import is_silent\n"
        "w = decode(Path(sys.argv[1]))\nassert w.length == 16000 * 3600 * int(sys.argv[2])\nassert is_silent(w.mono())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(hours)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ending", ["flac", "ogg", "mp3"])
@pytest.mark.parametrize("part", [0.33, 0.5, 0.8])
def test_a_file_that_was_not_written_to_its_end_was_not_copied_whole(ending: str, part: float, tmp_path: Path) -> None:
    path = noise(20, tmp_path / f"call.{ending}")
    content = path.read_bytes()
    kept = int(len(content) * (1 - part))
    path.write_bytes(content[:kept] + bytes(len(content) - kept))
    with pytest.raises(RecordingUnfinishedError, match="not copied whole") as told:
        decode(path)
    assert told.value.can_retry, "the copy may go on"


def test_samples_of_which_more_than_half_were_never_written_were_not_copied_whole(tmp_path: Path) -> None:
    path = noise(20, tmp_path / "call.wav", subtype="PCM_16")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3] + bytes(len(content) - len(content) // 3))
    with pytest.raises(RecordingUnfinishedError, match="its last 67 % is empty"):
        decode(path)


def test_a_call_that_ends_in_silence_is_a_call(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    sound = np.random.default_rng(0).normal(0, 0.05, 20 * SAMPLE_RATE).astype(np.float32)
    sound[14 * SAMPLE_RATE :] = 0
    soundfile.write(path, sound, SAMPLE_RATE, subtype="PCM_16")
    assert decode(path).length == 20 * SAMPLE_RATE
    for ending in ("flac", "ogg", "mp3"):
        silent = tmp_path / f"call.{ending}"
        soundfile.write(silent, sound, SAMPLE_RATE)
        assert decode(silent).length >= 19 * SAMPLE_RATE


def test_the_recording_whose_second_half_was_never_written(corpus: Path) -> None:
    path = corpus.parent / "cases" / "second_half_zero.ogg"
    if not path.is_file():
        pytest.skip("the cases are not beside this checkout")
    with pytest.raises(RecordingUnfinishedError, match="not copied whole"):
        decode(path)


def test_damaged_files_give_sound_or_one_clear_error(tmp_path: Path) -> None:
    """The short form; `python -m tests.fuzz_audio` is the long one, with whole commands."""
    seeds(tmp_path)
    wrong, worst, peak = decoded(tmp_path, 150)
    assert wrong == []
    assert worst < 60, "seconds of processor time for two seconds of sound"
    assert peak < 2000, "megabytes"
