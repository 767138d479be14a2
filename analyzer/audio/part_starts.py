"""A recording in several files, one behind the other: a call that dropped and was dialled again.

Each part begins after the one before it has ended and after the pause between them, as far as it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from analyzer.audio.decode import decode_all
from analyzer.audio.opening import failure
from analyzer.audio.recording import Part
from analyzer.timeline import samples

SHORTEST = samples(3.0)
"""The pause before a part of which no time is known, or too early a one: it ends a floor and a monologue."""
LONGEST = samples(30.0)
"""The longest pause between two parts: what a silence has beyond it counts for no one."""


def begins(parts: Sequence[Part], lengths: Sequence[int]) -> Iterator[int]:
    """When each of the parts begins, in samples; `lengths` are those of the recording's first file and of the parts."""
    at = 0
    for part, length in zip(parts, lengths, strict=False):
        pause = SHORTEST if part.after is None else min(max(part.after - length, SHORTEST), LONGEST)
        at += length + pause
        yield at


def beginnings(path: Path, parts: Sequence[Part]) -> tuple[int, ...]:
    """When each part of the recording that begins in `path` begins, in samples; what comes before is decoded for it.

    Raises `RecordingError`s as `decode`.
    """
    before = [path, *(part.path for part in parts[:-1])]
    return tuple(begins(parts, [_length(*_stamped(one)) for one in before]))


def _stamped(path: Path) -> tuple[Path, int, int]:
    try:
        state = path.stat()
    except OSError as error:
        raise failure(path, error) from error
    return path, state.st_size, state.st_mtime_ns


@lru_cache(maxsize=64)
def _length(path: Path, size: int, mtime_ns: int) -> int:
    """How long the sound of a file is, in samples, while it has this size and time."""
    return max(track.length for track in decode_all(path)[0])
