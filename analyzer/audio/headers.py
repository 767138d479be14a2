"""What three kinds of file say in their headers and FFmpeg does not pass on: how much sound there should be.

WAV: RIFF chunks, little-endian; `data` has its size before the samples, RF64 keeps the real one in `ds64`.
MP3: the first frame may be no sound but a tag (Xing, Info or VBRI) with the number of frames.
MP4: boxes of size (32 bits big-endian; 1: 64 bits after the name) and name; without `moov` nothing can be found.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

ReadAt = Callable[[int, int], bytes]
"""Gives up to so many bytes (second) from a place in the file (first)."""

_CHUNKS = 100
_LENGTH_TAGS = (b"Xing", b"Info", b"VBRI")
_NO_SIZE = 0x7FFF_0000
"""From here on a size means "until the end": recorders that cannot go back write 0x7FFFFFFF, 0x80000000 or more."""


def wav_seconds(read_at: ReadAt) -> float | None:
    """How long a WAV file says it is, in seconds; None when it does not, as in live recordings (size 0 or huge)."""
    head = read_at(0, 12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return None
    at, bytes_per_second, long_size = 12, 0, 0
    for _ in range(_CHUNKS):
        chunk = read_at(at, 8)
        if len(chunk) < 8:
            return None
        name, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        if name == b"data":
            if size == 0xFFFF_FFFF and long_size:
                size = long_size
            elif size == 0 or size >= _NO_SIZE:
                return None
            return size / bytes_per_second if bytes_per_second else None
        body = read_at(at + 8, 16)
        if name == b"fmt " and len(body) == 16:
            bytes_per_second = struct.unpack("<I", body[8:12])[0]
        elif name == b"ds64" and len(body) == 16:
            long_size = struct.unpack("<Q", body[8:16])[0]
        at += 8 + size + size % 2
    return None


def mp3_declares_frames(read_at: ReadAt) -> bool:
    """Whether an MP3 file says how many frames it has. Where it does not, FFmpeg guesses from the first bit rate."""
    head = read_at(0, 10)
    start = 0
    if head[:3] == b"ID3" and len(head) == 10:  # its size has 7 bits a byte
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    first = read_at(start, 4096)
    return any(tag in first for tag in _LENGTH_TAGS)


def mp4_has_index(read_at: ReadAt) -> bool:
    """Whether an MP4 file got as far as its index. Recorders write it last, so an interrupted one has none."""
    at = 0
    for _ in range(_CHUNKS):
        box = read_at(at, 16)
        if len(box) < 8:
            return False
        size, name = struct.unpack(">I4s", box[:8])
        if name == b"moov":
            return True
        if size == 1 and len(box) == 16:
            size = struct.unpack(">Q", box[8:])[0]
        if size < 8:
            return False
        at += size
    return False
