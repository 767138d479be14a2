"""What a file says about itself before it is decoded."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from analyzer.audio.headers import ReadAt, mp3_declares_frames, mp4_has_index, wav_seconds
from analyzer.audio.recording import Recording, content_hash, probe
from tests.audio_builders import bursts, encode, encode_film, wav, wav16


@pytest.mark.parametrize(
    ("codec", "container", "ending", "rate", "expected"),
    [
        ("pcm_s16le", "wav", "wav", 8_000, ("wav", "pcm_s16le", 8_000)),
        ("flac", "flac", "flac", 44_100, ("flac", "flac", 44_100)),
        ("libmp3lame", "mp3", "mp3", 44_100, ("mp3", "mp3float", 44_100)),
        ("aac", "ipod", "m4a", 44_100, ("m4a", "aac", 44_100)),
        ("aac", "mp4", "mp4", 48_000, ("mp4", "aac", 48_000)),
        ("aac", "mp4", "recording", 48_000, ("mp4", "aac", 48_000)),
        ("libopus", "ogg", "ogg", 48_000, ("ogg", "opus", 48_000)),
        ("libopus", "webm", "webm", 48_000, ("webm", "opus", 48_000)),
    ],
)
def test_a_recording_describes_itself(
    tmp_path: Path, codec: str, container: str, ending: str, rate: int, expected: tuple[str, str, int]
) -> None:
    path = encode(tmp_path / f"call.{ending}", bursts(rate, channels=2), rate, codec, container)
    found = probe(path)
    assert (found.container, found.codec, found.sample_rate) == expected
    assert (found.path, found.channels) == (path, 2)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.length == pytest.approx(64_000, abs=400)


def test_a_wav_gives_its_exact_length(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav(bytes(2 * 12_345), 8_000))
    assert probe(path) == Recording(
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        container="wav",
        codec="pcm_s16le",
        channels=1,
        sample_rate=8_000,
        length=24_690,
    )


def test_the_length_is_what_the_header_says_even_where_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(bursts(8_000), 8_000, declared=100 * 64_000))
    assert probe(path).length == 100 * 64_000


def test_formats_that_declare_no_length_have_none(tmp_path: Path) -> None:
    assert probe(encode(tmp_path / "a.aac", bursts(48_000), 48_000, "aac", "adts")).length is None
    bare = encode(tmp_path / "a.mp3", bursts(44_100), 44_100, "libmp3lame", "mp3", options={"write_xing": "0"})
    assert probe(bare).length is None
    film = encode_film(tmp_path / "a.mkv", "matroska", bursts(48_000, 2.0), 48_000, "libopus")
    assert probe(film).length is None  # the four seconds are the picture's


def test_a_cover_picture_changes_neither_time_nor_length(tmp_path: Path) -> None:
    plain = encode(tmp_path / "a.mp3", bursts(44_100), 44_100, "libmp3lame", "mp3").read_bytes()
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
        "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
    )
    picture = b"\0image/png\0\x03\0" + png
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    size = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    tagged = tmp_path / "b.mp3"
    tagged.write_bytes(b"ID3\x03\0\0" + size + frame + plain)
    assert probe(tagged).length == probe(tmp_path / "a.mp3").length == 64_000


def test_the_hash_is_of_the_bytes_whatever_they_are(tmp_path: Path) -> None:
    path = tmp_path / "any"
    path.write_bytes(np.random.default_rng(0).bytes(3 * 2**20 + 17))
    assert content_hash(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(b"abc")
    assert content_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def reader(data: bytes) -> ReadAt:
    return lambda at, count: data[at : at + count]


def test_wav_headers_are_read_through_other_chunks_and_64_bit_sizes() -> None:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8_000, 16_000, 2, 16)
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert wav_seconds(reader(b"RIFF\0\0\0\0WAVE" + odd + form + odd + b"data" + struct.pack("<I", 32_000))) == 2.0
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, 0, 160_000, 0, 0)
    assert wav_seconds(reader(b"RF64\xff\xff\xff\xffWAVE" + ds64 + form + b"data\xff\xff\xff\xff")) == 10.0
    for size in (0, 0x7FFF_FFFF, 0xFFFF_FFFF):
        assert wav_seconds(reader(b"RIFF\0\0\0\0WAVE" + form + b"data" + struct.pack("<I", size))) is None
    assert wav_seconds(reader(b"RIFF\0\0\0\0WAVE" + form)) is None
    assert wav_seconds(reader(b"OggS")) is None


def test_mp3_tags_are_found_behind_large_id3_tags() -> None:
    frame = b"\xff\xfb\x90\x64" + bytes(32) + b"Xing" + bytes(300)
    assert mp3_declares_frames(reader(frame))
    assert mp3_declares_frames(reader(b"ID3\x03\0\0\0\x02\x00\x00" + bytes(2 * 128 * 128) + frame))
    assert not mp3_declares_frames(reader(b"\xff\xfb\x90\x64" + bytes(400)))


def test_mp4_index_is_found_behind_long_boxes() -> None:
    ftyp = struct.pack(">I4s", 16, b"ftyp") + bytes(8)
    wide = struct.pack(">I4sQ", 1, b"mdat", 1_016) + bytes(1_000)
    assert mp4_has_index(reader(ftyp + wide + struct.pack(">I4s", 8, b"moov")))
    assert not mp4_has_index(reader(ftyp + wide))
    assert not mp4_has_index(reader(ftyp + struct.pack(">I4s", 0, b"mdat") + bytes(100)))
