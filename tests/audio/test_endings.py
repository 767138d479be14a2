"""Files end in many ways: each way that calls are kept in is looked at, and its file is heard as it was recorded."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from analyzer.audio.decode import decode
from analyzer.audio.formats import FORMATS, HEADERLESS, SOUNDS, VIDEOS
from analyzer.audio.recording import content_hash, probe
from analyzer.errors import RecordingError
from analyzer.library.scan import scan
from tests.audio_builders import Sound, bursts, encode, encode_film, onsets, wav16

WRITTEN = {
    "aac": ("aac", "adts", 16_000),
    "ac3": ("ac3", "ac3", 32_000),
    "aif": ("pcm_s16be", "aiff", 8_000),
    "aifc": ("pcm_mulaw", "aiff", 8_000),
    "aiff": ("pcm_s16be", "aiff", 8_000),
    "al": ("pcm_alaw", "alaw", 8_000),
    "alaw": ("pcm_alaw", "alaw", 8_000),
    "amr": ("libopencore_amrnb", "amr", 8_000),
    "asf": ("wmav2", "asf", 44_100),
    "au": ("pcm_mulaw", "au", 8_000),
    "bwf": ("pcm_s16le", "wav", 16_000),
    "caf": ("pcm_s16be", "caf", 8_000),
    "eac3": ("eac3", "eac3", 32_000),
    "flac": ("flac", "flac", 8_000),
    "flv": ("mp3", "flv", 44_100),
    "g722": ("g722", "g722", 16_000),
    "g726-32": ("g726le", "g726le", 8_000),
    "ircam": ("pcm_s16le", "ircam", 8_000),
    "latm": ("aac", "latm", 16_000),
    "m4a": ("aac", "ipod", 16_000),
    "m4b": ("aac", "ipod", 16_000),
    "mka": ("flac", "matroska", 8_000),
    "mp2": ("mp2", "mp2", 16_000),
    "mp3": ("mp3", "mp3", 16_000),
    "mpa": ("mp2", "mp2", 16_000),
    "nut": ("flac", "nut", 8_000),
    "oga": ("flac", "ogg", 8_000),
    "ogg": ("libopus", "ogg", 16_000),
    "opus": ("libopus", "opus", 16_000),
    "pcma": ("pcm_alaw", "alaw", 8_000),
    "pcmu": ("pcm_mulaw", "mulaw", 8_000),
    "sf": ("pcm_s16le", "ircam", 8_000),
    "sln": ("pcm_s16le", "s16le", 8_000),
    "sln12": ("pcm_s16le", "s16le", 12_000),
    "sln16": ("pcm_s16le", "s16le", 16_000),
    "sln44": ("pcm_s16le", "s16le", 44_100),
    "sln48": ("pcm_s16le", "s16le", 48_000),
    "snd": ("pcm_s16be", "au", 8_000),
    "sox": ("pcm_s32le", "sox", 8_000),
    "tta": ("tta", "tta", 8_000),
    "ul": ("pcm_mulaw", "mulaw", 8_000),
    "ulaw": ("pcm_mulaw", "mulaw", 8_000),
    "voc": ("pcm_s16le", "voc", 8_000),
    "w64": ("pcm_s16le", "w64", 8_000),
    "wav": ("pcm_s16le", "wav", 8_000),
    "weba": ("libopus", "webm", 16_000),
    "wma": ("wmav2", "asf", 44_100),
    "wv": ("wavpack", "wv", 8_000),
}
FILMED = {
    "3g2": ("3g2", "aac", 16_000),
    "3gp": ("3gp", "aac", 16_000),
    "avi": ("avi", "mp3", 16_000),
    "m2ts": ("mpegts", "ac3", 32_000),
    "m4v": ("mp4", "aac", 16_000),
    "mkv": ("matroska", "flac", 8_000),
    "mov": ("mov", "pcm_s16le", 16_000),
    "mp4": ("mp4", "aac", 16_000),
    "mpg": ("mpeg", "mp2", 32_000),
    "mts": ("mpegts", "mp2", 32_000),
    "qt": ("mov", "pcm_s16le", 16_000),
    "vob": ("vob", "mp2", 32_000),
    "wmv": ("asf", "wmav2", 44_100),
    "wtv": ("wtv", "mp2", 32_000),
}
PICTURES = {"avif", "heic", "heif", "mj2", "mks"}
"""Endings that FFmpeg's readers of recordings know and that hold pictures or texts."""
NO_DECODER = {"ac4", "apl", "c2", "lc3", "omg", "rco", "tco"}
"""Sound for which this FFmpeg has no decoder, or endings that mean other things as well."""


def heard(path: Path) -> None:
    """Asserts that the file is found in its folder, is four seconds long and has its bursts where they were made."""
    assert [found.path.name for found in scan(path.parent)] == [path.name]
    assert probe(path).sha256 == content_hash(path)
    waveform = decode(path)
    assert abs(waveform.length - 64_000) < 2_000
    assert onsets(waveform.samples[0]) == pytest.approx([1.0, 2.0, 3.0], abs=0.08)


@pytest.mark.parametrize("ending", WRITTEN)
def test_a_file_of_sound_is_looked_at_and_heard(ending: str, tmp_path: Path) -> None:
    codec, container, rate = WRITTEN[ending]
    heard(
        encode(
            tmp_path / f"call.{ending}",
            bursts(rate),
            rate,
            codec,
            container,
            bit_rate=32_000 if "726" in ending else 64_000,
        )
    )


@pytest.mark.parametrize("ending", FILMED)
def test_a_film_is_looked_at_and_heard(ending: str, tmp_path: Path) -> None:
    container, codec, rate = FILMED[ending]
    heard(encode_film(tmp_path / f"call.{ending}", container, bursts(rate), rate, codec, bit_rate=64_000))


def test_vox_is_heard_as_dialogic_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "call.VOX"
    path.write_bytes(dialogic(bursts(8_000)[0]))
    heard(path)
    assert probe(path).length == 64_000
    assert probe(path).codec == "adpcm_ima_oki"


@pytest.mark.parametrize("ending", ["vox", "ulaw", "sln16", "g722", "gsm"])
def test_a_header_tells_more_than_the_ending(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"call.{ending}"
    path.write_bytes(wav16(bursts(44_100), 44_100))
    heard(path)


@pytest.mark.parametrize("ending", sorted({*HEADERLESS, "vox"}))
def test_noise_in_a_file_without_a_header_is_a_result_or_one_clear_error(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"call.{ending}"
    for size in (1, 33, 5_000):
        path.write_bytes(np.random.default_rng(size).bytes(size))
        with suppress(RecordingError):
            assert decode(path).length < 16_000 * 30


def test_every_ending_that_the_decoder_knows_is_looked_at() -> None:
    known: set[str] = set()
    for name in FORMATS:
        known |= {ending.lower() for ending in av.format.ContainerFormat(name, "r").extensions}
    assert known - SOUNDS - VIDEOS - PICTURES - NO_DECODER == set()


def test_every_ending_is_letters_that_a_path_has_for_its_last_part() -> None:
    for ending in SOUNDS | VIDEOS:
        assert Path(f"call.{ending}").suffix == f".{ending}"
        assert re.fullmatch(r"[a-z0-9_-]+", ending)
    assert not SOUNDS & VIDEOS


def dialogic(sound: Sound) -> bytes:
    """Dialogic ADPCM as their application note 00-1366-001 encodes it: 12 bits into 4, the first in the upper half."""
    steps = _STEPS
    codes, guess, at = [], 0, 0
    for sample in (sound * 2047).astype(int):
        step, off = steps[at], int(sample) - guess
        code, off = (8, -off) if off < 0 else (0, off)
        moved = step >> 3
        for bit, part in ((4, step), (2, step >> 1), (1, step >> 2)):
            if off >= part:
                code, off, moved = code | bit, off - part, moved + part
        guess = max(-2048, min(2047, guess - moved if code & 8 else guess + moved))
        at = max(0, min(48, at + (-1, -1, -1, -1, 2, 4, 6, 8)[code & 7]))
        codes.append(code)
    return bytes(upper << 4 | lower for upper, lower in zip(codes[::2], codes[1::2], strict=True))


_STEPS = [16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157]
_STEPS += [173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060]
_STEPS += [1166, 1282, 1411, 1552]
