"""Bounds of memory, length and time for sound, and files of which a part was never written, kind by kind."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from analyzer.audio import sample_buffer
from analyzer.audio.decode import MAX_HOURS, decode
from analyzer.audio.recording import Recording, probe
from analyzer.audio.sample_buffer import SampleBuffer, is_silent
from analyzer.call.folder import CallFolder
from analyzer.call.recognising import recognise
from analyzer.errors import (
    ExitCode,
    NoRoomError,
    NoSpeechError,
    NotAudioError,
    RecordingError,
    RecordingTooLongError,
    RecordingUnfinishedError,
)
from analyzer.settings import Settings, load_settings
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.listening import listen
from analyzer.speech.recognition import Diarization
from tests.audio_builders import bursts, encode, wav, wav16

DAY = 24 * 3600 * 16_000


def silence(path: Path, hours: float, level: int = 0) -> Path:
    """A FLAC file of a few KB an hour."""
    with av.open(str(path), "w", format="flac") as file:
        stream: Any = file.add_stream("flac", rate=8_000)
        stream.layout = "mono"
        stream.codec_context.options = {"frame_size": "65535"}
        block = np.full((1, 80_000), level, np.int16)
        for number in range(round(hours * 360)):
            frame: Any = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 8_000, number * 80_000, Fraction(1, 8_000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


MEASURED = """
import sys
from pathlib import Path
from analyzer.audio.decode import decode
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
import numpy
before = peak()
waveform = decode(Path(sys.argv[1]))
print(waveform.length, (peak() - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_long_recording_takes_no_more_memory_than_a_usual_one(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    noise = np.random.default_rng(0).integers(0, 256, 4 * 3600 * 4_000, dtype=np.uint8)
    path.write_bytes(wav(noise.tobytes(), 4_000, 1, 8, 7))
    done = subprocess.run([sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, timeout=120)
    length, peak = done.stdout.split()
    assert int(length) == pytest.approx(4 * 3600 * 16_000, abs=16)
    assert float(peak) < 330  # four hours are 920 MB


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("expected", [0, 1_000_000])
def test_a_buffer_in_a_file_holds_what_one_in_memory_does(
    monkeypatch: pytest.MonkeyPatch, channels: int, expected: int
) -> None:
    monkeypatch.setattr(sample_buffer, "IN_MEMORY", 8_000_000)
    sound = np.random.default_rng(channels).standard_normal((2_500_000, channels)).astype(np.float32)
    sound[1_000_000:1_200_000] = 0.0
    sound[2_000_000, 0] = np.nan
    written = SampleBuffer(channels, expected, DAY)
    for at in range(0, len(sound), 70_001):
        written.write(at, sound[at : at + 70_001])
    written.skip_to(2_600_000)
    (bad,) = written.silence_impossible()
    assert (bad.start, bad.end) == (2_000_000, 2_000_001)
    sound[2_000_000, 0] = 0.0
    found = written.finish()
    assert found.shape == (channels, 2_600_000)
    np.testing.assert_array_equal(found[:, :2_500_000], sound.T)
    assert not found[:, 2_500_000:].any()


def test_a_disk_that_is_full_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sample_buffer, "IN_MEMORY", 1_000)
    monkeypatch.setattr(sample_buffer, "_folder", lambda: str(tmp_path / "gone"))
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(bursts(16_000), 16_000))
    with pytest.raises(NoRoomError, match="no temporary file can be made") as caught:
        decode(path)
    assert (caught.value.can_retry, caught.value.where) == (True, str(path))


def test_channels_and_tracks_together_are_limited_too(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(np.full((8, 4_000 * 100), 0.1, np.float32), 4_000))
    assert decode(path, max_hours=0.1).channels == 8
    with pytest.raises(RecordingTooLongError, match="in 8 channels"):
        decode(path, max_hours=0.04)


def test_a_track_that_is_said_to_begin_in_years_is_refused(tmp_path: Path) -> None:
    for name in ("Dana Reyes", "Marcus Bell"):
        (tmp_path / f"{name}.wav").write_bytes(wav16(bursts(16_000), 16_000))
    heard = listen(probe(tmp_path), starts={"Dana Reyes.wav": 0, "Marcus Bell.wav": 10**12})
    with pytest.raises(RecordingTooLongError, match="more than 24 hours"):
        heard.diarize(_Nobody(), speakers=SpeakerBounds())


def test_the_limit_is_a_setting_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Settings().max_hours == MAX_HOURS == 24
    monkeypatch.chdir(tmp_path)
    assert load_settings({}, environ={"ANALYZER_MAX_HOURS": "48"}).max_hours == 48
    with pytest.raises(ValueError, match="max_hours must lie between"):
        Settings(max_hours=0)


class _Nobody:
    """A diarizer that finds no one."""

    name = "no one"

    def __call__(self, waveform: np.ndarray, **_: Any) -> Diarization:
        return Diarization((), ())


class _Never:
    """A diarizer that no one may ask."""

    name = "never"

    def __call__(self, waveform: np.ndarray, **_: Any) -> Diarization:
        raise AssertionError


@pytest.mark.parametrize("level", [0, 1_000])
def test_hours_of_silence_end_without_a_model(tmp_path: Path, level: int) -> None:
    recording: Recording = probe(silence(tmp_path / "call.flac", 2.0, level))
    assert recording.path.stat().st_size < 100_000
    assert listen(recording).diarize(_Never(), speakers=SpeakerBounds()).turns == ()


def test_a_recording_without_speech_is_told_each_time(tmp_path: Path) -> None:
    recording = probe(silence(tmp_path / "call.flac", 0.05))
    (tmp_path / "kept").mkdir()
    for _ in range(2):
        with pytest.raises(NoSpeechError, match="no one speaks"):
            recognise(recording, _Models(), Settings(transcript=False), folder=CallFolder(tmp_path / "kept"))


class _Models:
    """Models that no one may ask."""

    def diarizer(self, *_: Any, **__: Any) -> _Never:
        """The one that fails."""
        return _Never()

    def transcriber(self, *_: Any, **__: Any) -> Any:
        """None is needed."""
        raise AssertionError


def test_a_quiet_voice_is_no_silence() -> None:
    sound = np.zeros(160_000, np.float32)
    assert is_silent(sound)
    sound[80_000:84_000] = 1e-4 * np.sin(np.arange(4_000))
    assert not is_silent(sound)


KINDS = [
    ("pcm_s16le", "wav", "wav"),
    ("pcm_mulaw", "wav", "wav"),
    ("pcm_s16be", "aiff", "aiff"),
    ("flac", "flac", "flac"),
    ("libmp3lame", "mp3", "mp3"),
    ("libopus", "ogg", "ogg"),
    ("aac", "mp4", "m4a"),
    ("aac", "adts", "aac"),
    ("libopus", "webm", "webm"),
    ("aac", "mpegts", "ts"),
]


def made(folder: Path, codec: str, container: str, ending: str) -> Path:
    """20 s of noise with bursts: no byte run of it is zero."""
    rate = 48_000 if codec == "libopus" else 16_000
    sound = bursts(rate, 20.0, tuple(float(at) for at in range(1, 20)))
    return encode(folder / f"call.{ending}", sound, rate, codec, container, bit_rate=0 if "pcm" in codec else 64_000)


@pytest.mark.parametrize(("codec", "container", "ending"), KINDS)
@pytest.mark.parametrize("share", [1 / 3, 0.5, 0.8])
def test_a_file_whose_end_was_never_written_is_not_copied_whole(
    tmp_path: Path, codec: str, container: str, ending: str, share: float
) -> None:
    path = made(tmp_path, codec, container, ending)
    decode(path)  # as it was
    data = path.read_bytes()
    kept = round(len(data) * (1 - share))
    path.write_bytes(data[:kept] + bytes(len(data) - kept))
    if codec.startswith("pcm_s") and share < 0.5:
        assert decode(path).length == pytest.approx(20 * 16_000, abs=320)  # silence is zeros there
        return
    with pytest.raises(RecordingUnfinishedError, match=rf"not copied whole: its last {round(100 * share)} %") as caught:
        decode(path)
    assert caught.value.can_retry
    assert caught.value.exit_code == ExitCode.UNREADABLE_INPUT


@pytest.mark.parametrize(("codec", "container", "ending"), [kind for kind in KINDS if not kind[0].startswith("pcm_s")])
def test_a_file_with_a_hole_in_its_middle_is_not_copied_whole(
    tmp_path: Path, codec: str, container: str, ending: str
) -> None:
    path = made(tmp_path, codec, container, ending)
    data = bytearray(path.read_bytes())
    start, count = len(data) * 2 // 5, len(data) * 3 // 10
    data[start : start + count] = bytes(count)
    path.write_bytes(data)
    with pytest.raises(RecordingUnfinishedError, match=r"not copied whole: 30 % of it, from 40 % on"):
        decode(path)


@pytest.mark.parametrize(("codec", "container", "ending"), KINDS)
def test_a_call_that_is_silent_for_its_last_third_is_whole(
    tmp_path: Path, codec: str, container: str, ending: str
) -> None:
    rate = 48_000 if codec == "libopus" else 16_000
    sound = bursts(rate, 20.0, (1.0, 2.0, 3.0))
    sound[:, -sound.shape[1] // 3 :] = 0.0
    path = encode(tmp_path / f"call.{ending}", sound, rate, codec, container)
    assert decode(path).length == pytest.approx(20 * 16_000, abs=1_600)


def test_room_that_is_kept_in_a_file_is_no_missing_part(tmp_path: Path) -> None:
    call = made(tmp_path, "libmp3lame", "mp3", "mp3").read_bytes()
    room = 100_000
    size = bytes((room >> shift) & 0x7F for shift in (21, 14, 7, 0))
    (tmp_path / "tagged.mp3").write_bytes(b"ID3\x04\0\0" + size + bytes(room) + call)
    assert decode(tmp_path / "tagged.mp3").length > 19 * 16_000
    call = made(tmp_path, "aac", "mp4", "m4a").read_bytes()
    (tmp_path / "roomy.m4a").write_bytes(call + (room + 8).to_bytes(4, "big") + b"free" + bytes(room))
    assert decode(tmp_path / "roomy.m4a").length > 19 * 16_000


def test_zeros_from_a_block_on_in_plain_samples_are_told(tmp_path: Path) -> None:
    path = made(tmp_path, "pcm_s16le", "wav", "wav")
    data = path.read_bytes()
    kept = len(data) * 7 // 10 // 4096 * 4096
    path.write_bytes(data[:kept] + bytes(len(data) - kept))
    assert any("was not copied whole" in note for note in decode(path).notes)


def test_pictures_and_music_of_notes_are_no_recordings(tmp_path: Path) -> None:
    for codec, ending in (("png", "png"), ("mjpeg", "jpg"), ("gif", "gif")):
        path = tmp_path / f"call.{ending}"
        with av.open(str(path), "w", format="gif" if codec == "gif" else "image2") as file:
            stream: Any = file.add_stream(codec, rate=1)
            stream.width, stream.height = 64, 48
            stream.pix_fmt = {"png": "rgb24", "mjpeg": "yuvj420p", "gif": "rgb8"}[codec]
            picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            file.mux(stream.encode(picture))
            file.mux(stream.encode(None))
        with pytest.raises(NotAudioError, match="this is a picture"):
            decode(path)
    (tmp_path / "call.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0")
    with pytest.raises(NotAudioError):
        decode(tmp_path / "call.mid")


def test_reading_that_takes_far_too_long_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.audio.opening.PATIENCE", -1e6)
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(bursts(16_000), 16_000))
    with pytest.raises(RecordingError, match="it took far too long for its size"):
        decode(path)
