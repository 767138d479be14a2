"""Parts of a file that were never written: zero bytes where sound should be.

A copy that breaks off, or that other programs see before it is done, often has its full length and zeros where nothing
has come yet. Compressed sound never has so many zeros in a row; not even silence has, for every packet has a header.
Samples as they are may: digital silence is zeros. There only zeros from somewhere to the very end, over at least half
of the file, are taken for a part that is missing; fewer are told where a block of a disk begins with them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analyzer.errors import RecordingUnfinishedError

ReadAt = Callable[[int, int], bytes]
"""Gives up to so many bytes (second) from a place in the file (first)."""

SHARE = 0.04
"""The part of a file from which a hole counts."""

SHORTEST = 8192
"""Bytes: frames of silence at a high bit rate are filled with up to 4 KB of zeros."""

HALF = 0.5
"""The part of plain samples from which zeros to the end are a part that is missing."""

BLOCK = 4096
"""Files are written in multiples of this."""

_LOOKS = 100
_LOOK = 64
_STEP = 2**16
_BOXES = 1000


@dataclass(frozen=True, slots=True)
class Hole:
    """Zero bytes from `start` up to `end`, in a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def share(self) -> float:
        """Which part of the file it is."""
        return (self.end - self.start) / self.size

    @property
    def at_end(self) -> bool:
        """Whether nothing comes after it."""
        return self.end == self.size

    @property
    def small(self) -> bool:
        """Whether it may be filling: too short to tell."""
        return self.end - self.start < SHORTEST or self.share < SHARE

    @property
    def in_blocks(self) -> bool:
        """Whether it begins where a block of a disk does, give or take the zeros that end a sample."""
        return -self.start % BLOCK <= 8


def hole(read_at: ReadAt, size: int) -> Hole | None:
    """The largest run of zero bytes in a file, if one is a twenty-fifth of it; looked for at a hundred places."""
    found: Hole | None = None
    done = 0
    places = [*range(0, max(1, size - _LOOK), max(_LOOK, size // _LOOKS)), max(0, size - _LOOK)]
    for place in places:
        if place < done or any(read_at(place, _LOOK)):
            continue
        start, end = _first_zero(read_at, place), _first_other(read_at, place, size)
        done = end
        if end > start and (found is None or end - start > found.end - found.start):
            found = Hole(start, end, size)
    return found


def missing_part(read_at: ReadAt, size: int, codec: str, format_name: str) -> Hole | None:
    """The hole where sound was never written, or None."""
    found = hole(read_at, size)
    if found is None or found.small:
        return None
    if _silence_is_zeros(codec):
        # A file of nothing but silence is a recording without speech.
        return found if found.at_end and found.share >= HALF and found.start > BLOCK // 2 else None
    if "mp4" in format_name and any(start <= found.start and found.end <= end for start, end in _free(read_at, size)):
        return None
    if found.at_end:
        return None if format_name == "ogg" and _ends_there(read_at, found.start) else found
    # Room that was kept for tags, an index or a cover lies before the sound.
    return found if found.start > max(size // 50, BLOCK) else None


def doubtful_silence(read_at: ReadAt, size: int, codec: str) -> Hole | None:
    """Zeros in plain samples that begin with a block and go on to the end: silence as a rule, a lost part at times."""
    found = hole(read_at, size) if _silence_is_zeros(codec) else None
    return found if found and not found.small and found.at_end and found.in_blocks and found.start > BLOCK else None


def not_copied_whole(where: object, empty: Hole) -> RecordingUnfinishedError:
    """The error for a file with a hole."""
    share = max(1, round(100 * empty.share))
    if share >= 100:
        what = "all of it"
    elif empty.at_end:
        what = f"its last {share} %"
    else:
        what = f"{share} % of it, from {round(100 * empty.start / empty.size)} % on,"
    return RecordingUnfinishedError(
        f"it was not copied whole: {what} is empty (zero bytes)",
        where=where,
        todo="Copy it again from where it was recorded",
    )


def _silence_is_zeros(codec: str) -> bool:
    """Whether silence is zero bytes in this codec: in samples as they are, but for A-law, mu-law and 8 bits."""
    if codec.startswith("pcm_"):
        return codec not in ("pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_u16le", "pcm_u16be", "pcm_vidc")
    return codec.startswith("adpcm_")


def _first_zero(read_at: ReadAt, place: int) -> int:
    """Where the zeros begin that reach back from `place`."""
    while place > 0:
        start = max(0, place - _STEP)
        kept = read_at(start, place - start).rstrip(b"\0")
        if kept:
            return start + len(kept)
        place = start
    return 0


def _first_other(read_at: ReadAt, place: int, size: int) -> int:
    """Where the zeros end that begin at `place`."""
    while place < size:
        block = read_at(place, _STEP)
        if not block:
            return place
        rest = block.lstrip(b"\0")
        if rest:
            return place + len(block) - len(rest)
        place += len(block)
    return size


def _free(read_at: ReadAt, size: int) -> Iterator[tuple[int, int]]:
    """The boxes of an MP4 file that are kept free, from where to where."""
    at = 0
    for _ in range(_BOXES):
        box = read_at(at, 16)
        if len(box) < 8:
            return
        length, name = struct.unpack(">I4s", box[:8])
        if length == 1 and len(box) == 16:
            length = struct.unpack(">Q", box[8:])[0]
        if length < 8:
            return
        if name in (b"free", b"skip", b"wide"):
            yield at, min(at + length, size)
        at += length


def _ends_there(read_at: ReadAt, end: int) -> bool:
    """Whether the last page before `end` says that it ends its OGG stream."""
    start = max(0, end - 2 * _STEP)
    before = read_at(start, end - start)
    page = before.rfind(b"OggS")
    return page >= 0 and len(before) > page + 5 and bool(before[page + 5] & 4)
