"""Decoding: where sound lands on the timeline, from every common codec, rate, sample format and number of channels."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from analyzer.audio.decode import Waveform, decode, decode_tracks
from analyzer.audio.recording import probe
from analyzer.errors import RecordingEmptyError, RecordingError
from analyzer.timeline import Span
from tests.audio_builders import Sound, bursts, caf, encode, encode_film, encode_tracks, onsets, wav, wav16

CODECS = [
    ("pcm_s16le", "wav", 8_000),
    ("pcm_s16le", "wav", 44_100),
    ("pcm_s16le", "wav", 96_000),
    ("pcm_s24le", "wav", 192_000),
    ("pcm_f64le", "wav", 48_000),
    ("pcm_mulaw", "wav", 8_000),
    ("flac", "flac", 44_100),
    ("alac", "ipod", 44_100),
    ("libmp3lame", "mp3", 44_100),
    ("libmp3lame", "mp3", 16_000),
    ("libmp3lame", "mp3", 8_000),
    ("aac", "ipod", 44_100),
    ("aac", "mp4", 48_000),
    ("aac", "matroska", 48_000),
    ("libopus", "ogg", 48_000),
    ("libopus", "webm", 48_000),
    ("libopus", "mp4", 48_000),
    ("pcm_s16be", "aiff", 22_050),
]


@pytest.mark.parametrize(("codec", "container", "rate"), CODECS)
def test_sound_comes_out_at_the_time_it_went_in(tmp_path: Path, codec: str, container: str, rate: int) -> None:
    waveform = decode(encode(tmp_path / f"call.{container}", bursts(rate), rate, codec, container))
    assert onsets(waveform.samples[0]) == pytest.approx([1.0, 2.0, 3.0], abs=0.003)
    assert waveform.length == pytest.approx(4.0 * 16_000, abs=0.05 * 16_000)
    assert (waveform.damaged, waveform.notes) == ((), ())


@pytest.mark.parametrize(("codec", "container", "rate"), [("libmp3lame", "avi", 44_100), ("aac", "adts", 48_000)])
def test_formats_that_hide_their_encoder_delay_come_out_late_but_little(
    tmp_path: Path, codec: str, container: str, rate: int
) -> None:
    waveform = decode(encode(tmp_path / f"call.{container}", bursts(rate), rate, codec, container))
    assert onsets(waveform.samples[0]) == pytest.approx([1.0, 2.0, 3.0], abs=0.03)


def test_vorbis_written_by_another_library_lands_in_place(tmp_path: Path) -> None:
    path = tmp_path / "call.ogg"
    soundfile.write(path, bursts(44_100, channels=2).T, 44_100, format="OGG", subtype="VORBIS")
    waveform = decode(path)
    assert waveform.channels == 2
    for channel in waveform.samples:
        assert onsets(channel) == pytest.approx([1.0, 2.0, 3.0], abs=0.003)


def test_a_wav_at_16_khz_comes_out_sample_for_sample(tmp_path: Path) -> None:
    whole = np.random.default_rng(1).integers(-32768, 32768, (2, 50_000))
    path = tmp_path / "call.wav"
    path.write_bytes(wav(whole.astype("<i2").T.tobytes(), 16_000, channels=2))
    waveform = decode(path)
    np.testing.assert_array_equal(waveform.samples, (whole / 32768).astype(np.float32))


# One full period of a square wave, half scale, in each sample format: 100 samples up, 100 down.
SQUARE = np.tile(np.repeat([0.5, -0.5], 100), 20)
FORMATS = [
    ("8-bit unsigned", np.round(SQUARE * 128 + 128).astype("u1").tobytes(), 8, 1),
    ("16-bit", np.round(SQUARE * 2**15).astype("<i2").tobytes(), 16, 1),
    ("24-bit", np.round(SQUARE * 2**31).astype("<i4").view("u1").reshape(-1, 4)[:, 1:].tobytes(), 24, 1),
    ("32-bit", np.round(SQUARE * 2**31).astype("<i4").tobytes(), 32, 1),
    ("64-bit", np.round(SQUARE * 2.0**63).astype("<i8").tobytes(), 64, 1),
    ("float", SQUARE.astype("<f4").tobytes(), 32, 3),
    ("double", SQUARE.astype("<f8").tobytes(), 64, 3),
]


@pytest.mark.parametrize(("data", "bits", "tag"), [f[1:] for f in FORMATS], ids=[f[0] for f in FORMATS])
def test_every_sample_format_gives_the_same_levels(tmp_path: Path, data: bytes, bits: int, tag: int) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav(data, 16_000, bits=bits, tag=tag))
    np.testing.assert_array_equal(decode(path).samples[0], SQUARE.astype(np.float32))


def test_levels_beyond_full_scale_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav(np.full(16_000, 3.0, "<f4").tobytes(), 16_000, bits=32, tag=3))
    assert decode(path).samples.max() == 3.0


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_resampling_keeps_length_level_and_time(tmp_path: Path, rate: int) -> None:
    seconds = 3.0
    t = np.arange(round(rate * seconds)) / rate
    path = tmp_path / "call.wav"
    path.write_bytes(wav((0.5 * np.sin(2 * np.pi * 440 * t)).astype("<f4").tobytes(), rate, bits=32, tag=3))
    waveform = decode(path)
    assert waveform.length == pytest.approx(48_000, abs=2)
    middle = slice(1_000, 47_000)
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 16_000)
    np.testing.assert_allclose(waveform.samples[0][middle], wanted[middle], atol=2e-3)


@pytest.mark.parametrize("channels", [2, 3, 8, 16, 32])
def test_channels_are_kept_apart_and_in_order(tmp_path: Path, channels: int) -> None:
    levels = np.linspace(-0.9, 0.9, channels, dtype=np.float32)
    sound = np.repeat(levels[:, None], 48_000, axis=1)
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(sound, 48_000))
    waveform = decode(path)
    assert waveform.channels == channels
    np.testing.assert_allclose(waveform.samples[:, 8_000], levels, atol=1e-3)


def test_eight_planar_channels_are_kept_apart(tmp_path: Path) -> None:
    levels = np.linspace(-0.9, 0.9, 8, dtype=np.float32)
    path = encode(
        tmp_path / "call.flac", np.repeat(levels[:, None], 44_100, axis=1), 44_100, "flac", "flac", layout="7.1"
    )
    np.testing.assert_allclose(decode(path).samples[:, 8_000], levels, atol=1e-3)


def test_more_than_32_channels_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(np.zeros((33, 1_000), np.float32), 16_000))
    with pytest.raises(RecordingError, match="33 channels, more than the 32"):
        decode(path)


def test_channels_in_an_order_of_their_own_do_not_end_the_process(tmp_path: Path) -> None:
    sound = np.stack([np.full(16_000, 0.5, np.float32), np.full(16_000, -0.25, np.float32)])
    path = tmp_path / "call.caf"
    path.write_bytes(caf(sound, 16_000, (2, 1)))
    code = (
        "import sys; from pathlib import Path\n"
        "from analyzer.audio.decode import decode\n"
        "from analyzer.audio.recording import probe\n"
        "for _ in range(20): w = decode(Path(sys.argv[1])); r = probe(Path(sys.argv[1]))\n"
        "print(r.channels, w.samples[:, 500].round(2).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "2 [0.5, -0.25]"


def test_sound_beside_a_picture_starts_as_late_as_it_does(tmp_path: Path) -> None:
    sound = bursts(48_000, 3.0, at=(1.0, 2.0))
    for container, codec in (("mp4", "aac"), ("matroska", "libopus")):
        waveform = decode(encode_film(tmp_path / f"call.{container}", container, sound, 48_000, codec, late=0.5))
        assert onsets(waveform.samples[0]) == pytest.approx([1.5, 2.5], abs=0.005)
        assert waveform.notes == ("The sound starts 0.5 s into the recording; before it is silence.",)
        assert not waveform.samples[0, :7_500].any()


def test_sound_alone_starts_at_zero_whatever_its_clock_says(tmp_path: Path) -> None:
    path = encode(tmp_path / "c.mkv", bursts(16_000), 16_000, "pcm_s16le", "matroska", starts=((0.0, 500.0),))
    assert onsets(decode(path).samples[0]) == pytest.approx([1.0, 2.0, 3.0], abs=0.003)


def test_a_pause_in_the_timestamps_is_silence_as_long_as_it_was(tmp_path: Path) -> None:
    path = encode(tmp_path / "c.mkv", bursts(16_000), 16_000, "pcm_s16le", "matroska", starts=((1.5, 2.0),))
    waveform = decode(path)
    assert onsets(waveform.samples[0]) == pytest.approx([1.0, 4.0, 5.0], abs=0.003)
    (gap,) = waveform.damaged
    assert (gap.start, gap.end) == pytest.approx((24_000, 56_000), abs=32)
    assert not waveform.samples[0, gap.start : gap.end].any()
    assert waveform.notes == ("Sound is damaged or missing at 0:01 (2.00 s in all); silence stands in its place.",)


def test_a_pause_of_years_is_a_broken_timestamp_and_not_believed(tmp_path: Path) -> None:
    path = encode(tmp_path / "c.mkv", bursts(16_000), 16_000, "pcm_s16le", "matroska", starts=((1.5, 1e7),))
    waveform = decode(path)
    assert onsets(waveform.samples[0]) == pytest.approx([1.0, 2.0, 3.0], abs=0.003)
    assert any("timestamps start again at 0:01" in note for note in waveform.notes)


def test_jitter_in_the_timestamps_changes_nothing(tmp_path: Path) -> None:
    wobble = tuple((0.25 * n, 0.015 if n % 2 else -0.015) for n in range(1, 15))
    path = encode(tmp_path / "c.mkv", bursts(16_000), 16_000, "pcm_s16le", "matroska", starts=wobble)
    waveform = decode(path)
    assert waveform.length == 64_000
    assert onsets(waveform.samples[0]) == pytest.approx([1.0, 2.0, 3.0], abs=0.003)
    assert waveform.notes == ()


def test_recordings_joined_end_to_end_follow_each_other(tmp_path: Path) -> None:
    part = encode(tmp_path / "part.ogg", bursts(16_000), 16_000, "libopus", "ogg").read_bytes()
    path = tmp_path / "call.ogg"
    path.write_bytes(part + part)
    waveform = decode(path)
    assert onsets(waveform.samples[0]) == pytest.approx([1, 2, 3, 5, 6, 7], abs=0.003)
    assert waveform.notes == ("The file's timestamps start again at 0:04; the sound goes on there without a pause.",)


def test_where_ffmpeg_gives_up_is_told(tmp_path: Path) -> None:
    parts = [
        encode(tmp_path / f"{channels}.ogg", bursts(16_000, channels=channels), 16_000, "libopus", "ogg").read_bytes()
        for channels in (1, 2)
    ]
    path = tmp_path / "call.ogg"
    path.write_bytes(b"".join(parts))
    waveform = decode(path)
    assert waveform.length == 64_000
    assert waveform.notes == ("FFmpeg cannot read the file beyond 0:04; whatever sound comes after is left out.",)


def test_several_tracks_are_told_and_the_first_is_read(tmp_path: Path) -> None:
    sources = [encode(tmp_path / f"{n}.wav", bursts(16_000, at=(n,)), 16_000, "pcm_s16le", "wav") for n in (1.0, 2.0)]
    path = tmp_path / "call.mkv"
    with av.open(str(path), "w") as out:
        inputs = [av.open(str(source)) for source in sources]
        streams = [out.add_stream_from_template(file.streams.audio[0]) for file in inputs]
        for file, stream in zip(inputs, streams, strict=True):
            for packet in file.demux():
                if packet.size:
                    packet.stream = stream
                    out.mux(packet)
            file.close()
    waveform = decode(path)
    assert onsets(waveform.samples[0]) == pytest.approx([1.0], abs=0.003)
    assert waveform.notes == ("The file holds 2 audio tracks; this is track 1.",)


def test_every_track_is_decoded_on_one_clock_with_its_own_length(tmp_path: Path) -> None:
    early, late = bursts(16_000, at=(1.0, 3.0)), bursts(16_000, length=2.0, at=(0.5,), channels=2)
    path = encode_tracks(tmp_path / "call.mkv", "matroska", [(early, 0.0), (late, 1.5)], 16_000, "pcm_s16le")
    tracks, notes = decode_tracks(path)
    assert [(track.channels, track.length) for track in tracks] == [(1, 64_000), (1, 56_000)]
    assert onsets(tracks[0].samples[0]) == pytest.approx([1.0, 3.0], abs=0.003)
    assert onsets(tracks[1].samples[0]) == pytest.approx([2.0], abs=0.003)
    assert notes == (
        "The file holds 2 audio tracks; all of them are heard.",
        "Track 2: The sound starts 1.5 s into the recording; before it is silence.",
    )
    assert probe(path).tracks == 2
    assert onsets(decode(path, track=1).samples[0]) == pytest.approx([2.0], abs=0.003)


def test_a_track_without_sound_is_left_out_and_told(tmp_path: Path) -> None:
    nothing = np.zeros((1, 0), np.float32)
    path = encode_tracks(
        tmp_path / "call.mkv", "matroska", [(nothing, 0.0), (bursts(16_000), 0.0)], 16_000, "pcm_s16le"
    )
    tracks, notes = decode_tracks(path)
    assert [onsets(track.samples[0]) for track in tracks] == [pytest.approx([1.0, 2.0, 3.0], abs=0.003)]
    assert notes[1] == "Track 1 is left out: the file holds no sound, only a header."


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_silence_and_dc_decode_like_any_sound(tmp_path: Path, level: float) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(np.full((1, 16_000), level, np.float32), 16_000))
    waveform = decode(path)
    assert waveform.length == 16_000
    np.testing.assert_allclose(waveform.samples, level, atol=1e-4)
    assert waveform.notes == ()


def test_numbers_that_are_no_sound_become_silence_with_a_note(tmp_path: Path) -> None:
    sound = bursts(16_000)[0].astype("<f4")
    sound[20_000:20_400] = np.nan
    sound[30_000] = np.inf
    sound[40_000:40_010] = 1e30
    path = tmp_path / "call.wav"
    path.write_bytes(wav(sound.tobytes(), 16_000, bits=32, tag=3))
    waveform = decode(path)
    assert waveform.damaged == (Span(20_000, 20_400), Span(30_000, 30_001), Span(40_000, 40_010))
    assert not waveform.samples[0, 20_000:20_400].any()
    np.testing.assert_array_equal(waveform.samples[0, :20_000], sound[:20_000])
    assert waveform.notes == ("Samples that are no numbers at 0:01, 0:01, 0:02 (0.03 s in all) were made silent.",)


def test_numbers_that_are_no_sound_do_not_spread_when_resampled(tmp_path: Path) -> None:
    sound = bursts(48_000)[0].astype("<f4")
    sound[60_000:60_048] = np.nan
    path = tmp_path / "call.wav"
    path.write_bytes(wav(sound.tobytes(), 48_000, bits=32, tag=3))
    waveform = decode(path)
    assert np.isfinite(waveform.samples).all()
    assert sum(span.length for span in waveform.damaged) < 0.01 * 16_000


def test_progress_goes_up_to_the_end_in_seconds(tmp_path: Path) -> None:
    told: list[tuple[str, float, float | None]] = []
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(np.zeros((1, 8_000 * 90), np.float32), 8_000))
    decode(path, progress=lambda stage, done, total: told.append((stage, done, total)))
    assert told[0] == ("decode", 0.0, 90.0)
    assert told[-1] == ("decode", 90.0, 90.0)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert 4 <= len(told) <= 10


def test_what_progress_raises_stops_the_decoding(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(np.zeros((1, 8_000), np.float32), 8_000))

    def stop(stage: str, done: float, total: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode(path, progress=stop)


def test_a_header_without_sound_is_an_empty_recording(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav(b"", 16_000))
    with pytest.raises(RecordingEmptyError, match="no sound, only a header"):
        decode(path)


def test_a_waveform_is_read_only_and_mono_is_a_view_of_one_channel() -> None:
    one = Waveform(np.ones((1, 4), np.float32))
    assert np.shares_memory(one.mono(), one.samples)
    with pytest.raises(ValueError, match="read-only"):
        one.samples[0, 0] = 2.0
    two = Waveform(np.array([[1.0, 0.5], [0.5, 0.25]], np.float32))
    assert two.mono().tolist() == [0.75, 0.375]
    assert (two.channels, two.length) == (2, 2)


@pytest.mark.parametrize("wrong", [np.ones(4, np.float32), np.ones((1, 4)), np.ones((1, 0), np.float32)])
def test_a_waveform_of_another_kind_is_refused(wrong: Sound) -> None:
    with pytest.raises(ValueError, match="a waveform is float32"):
        Waveform(wrong)


MEASURED = """
import sys
from pathlib import Path
from analyzer.audio.decode import decode
def peak():  # not ru_maxrss: that one is inherited from the parent process
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
waveform = decode(Path(sys.argv[1]))
print(waveform.length, (peak() - before) * 1024 / waveform.samples.nbytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("channels", "declared"), [(1, None), (2, None), (1, 0xFFFF_FFFF)])
def test_a_30_minute_file_is_never_held_twice(tmp_path: Path, channels: int, declared: int | None) -> None:
    path = tmp_path / "call.wav"
    noise = np.random.default_rng(0).integers(0, 256, 1800 * 8_000 * channels, dtype=np.uint8)
    path.write_bytes(wav(noise.tobytes(), 8_000, channels, 8, 7, declared))
    done = subprocess.run([sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    length, ratio = done.stdout.split()
    assert int(length) == 1800 * 16_000
    assert 0.9 < float(ratio) < 1.35
