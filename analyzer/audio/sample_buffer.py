"""The buffer that decoded sound is written to: float32 at 16 kHz, never held twice.

Usual calls are kept in memory, in one array as long as the recording says it is. A buffer of more than `IN_MEMORY`
bytes (70 minutes of one channel) is a temporary file without a name instead: a 10-hour call is 2.3 GB, and the system
keeps in memory what there is room for. Whoever reads through a sound says what has been read (`let_go`). Silence takes
no room in either, so a small file with a day of silence takes none. How long a buffer may become is fixed when it is
made.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from analyzer.errors import NoRoomError
from analyzer.timeline import SAMPLE_RATE, Span, seconds, union

Samples = npt.NDArray[np.float32]

LOUDEST = 1e6
"""Beyond this (+120 dB over full scale) a number is not sound, and its square would soon be infinite. Float files that
hold 16-bit numbers as they are, up to 32768, are well below."""

IN_MEMORY = 2**28
"""Bytes up to which a buffer is kept in memory."""

_SHORTEST = 60 * SAMPLE_RATE
_MOVED_AT_ONCE = 2**20
_CLOSE = SAMPLE_RATE // 100
_WIDTH = 4
_STEP = 2.0**-15
"""Up to one step of 16 bits from the lowest to the highest sample of 10 ms is no sound."""
_NOTHING = SAMPLE_RATE // 10


class TooLongError(Exception):
    """The sound is longer than a buffer may become."""


class SampleBuffer:
    """Sound of `channels` channels, written at any place from the end on; what is skipped is silence.

    `expected` is how long it is likely to become, `limit` how long it may, in samples.
    """

    def __init__(self, channels: int, expected: int, limit: int) -> None:
        self.channels = channels
        self.end = 0
        self._heard = 0
        self._limit = limit
        self._capacity = min(max(expected, _SHORTEST), limit)
        self._file: BinaryIO | None = None
        self._flat: Samples = np.zeros(0, np.float32)
        if self._fits(self._capacity):
            self._flat = np.zeros(channels * self._capacity, np.float32)
        else:
            self._to_file()

    def write(self, at: int, block: Samples) -> None:
        """Writes `block`, shape (samples, channels), at sample `at`.

        A gap between the end of the buffer and `at` becomes silence. Of a block that begins before the end of the
        buffer, the part up to there is dropped: what was first stays.

        Raises `TooLongError` and `NoRoomError`.
        """
        if at < self.end:
            block, at = block[self.end - at :], self.end
        if not len(block):
            return
        self._make_room(at + len(block))
        if block.any():
            if self.silent:
                self._heard += max(_sounding(block[:, channel]) for channel in range(self.channels))
            for channel in range(self.channels):
                self._put(channel, at, block[:, channel])
        self.end = at + len(block)

    @property
    def silent(self) -> bool:
        """Whether less than `_NOTHING` samples of it are anything but a constant level."""
        return self._heard <= _NOTHING

    def skip_to(self, to: int) -> None:
        """Winds on to sample `to`, if that lies ahead, leaving silence."""
        if to > self.end:
            self._make_room(to)
            self.end = to

    def silence_impossible(self) -> tuple[Span, ...]:
        """Puts silence where the numbers are no sound (NaN, infinite, beyond `LOUDEST`), and says where that is.

        Places less than 10 ms apart are told as one.
        """
        found: list[Span] = []
        for at in range(0, self.end, _MOVED_AT_ONCE):
            stop = min(at + _MOVED_AT_ONCE, self.end)
            bad = np.zeros(stop - at, np.bool_)
            for channel in range(self.channels):
                part = self._get(channel, at, stop)
                if max(part.max(), -part.min()) <= LOUDEST:  # false for NaN
                    continue
                wrong = ~(np.abs(part) <= LOUDEST)
                part[wrong] = 0.0
                self._put(channel, at, part)
                bad |= wrong
            if bad.any():
                places = np.flatnonzero(bad) + at
                apart = np.flatnonzero(np.diff(places) > _CLOSE)
                starts, ends = np.concatenate([[0], apart + 1]), np.concatenate([apart, [-1]])
                found += [Span(int(places[a]), int(places[b]) + 1) for a, b in zip(starts, ends, strict=True)]
        return union(found, _CLOSE)

    def finish(self) -> Samples:
        """The finished buffer, shape (channels, samples), without the unused rest. Nothing may be written after it."""
        if self._file is None:
            self._respace(self.end)
            return self._flat.reshape(self.channels, self.end)
        length = (self.channels - 1) * self._limit + self.end
        with self._file as file:
            file.truncate(length * _WIDTH)
            try:
                whole = np.asarray(np.memmap(file, np.float32, "r", shape=(length,)))
            except OSError as error:
                raise _no_room(f"its temporary file cannot be read: {error.strerror}") from error
        step = self._limit * _WIDTH
        apart: Samples = np.lib.stride_tricks.as_strided(
            whole, (self.channels, self.end), (step, _WIDTH), writeable=False
        )
        return apart

    def _fits(self, capacity: int) -> bool:
        return self.channels * capacity * _WIDTH <= IN_MEMORY

    def _make_room(self, needed: int) -> None:
        if needed > self._limit:
            raise TooLongError
        if self._file is not None or needed <= self._capacity:
            return
        capacity = min(max(needed, self._capacity + self._capacity // 8), self._limit)
        if self._fits(capacity):
            self._respace(capacity)
        else:
            self._to_file()

    def _put(self, channel: int, at: int, values: Samples) -> None:
        """Writes the samples of one channel."""
        if self._file is None:
            first = channel * self._capacity + at
            self._flat[first : first + len(values)] = values
            return
        try:
            self._file.seek((channel * self._limit + at) * _WIDTH)
            self._file.write(np.ascontiguousarray(values, np.float32).data)
        except OSError as error:
            raise _no_room(
                f"after {seconds(self.end) / 3600:.1f} hours of {self.channels} channel(s) the temporary file in "
                f"{_folder()} could not grow: {error.strerror}"
            ) from error

    def _get(self, channel: int, start: int, stop: int) -> Samples:
        """The samples of one channel from `start` to `stop`; changing them is seen in a buffer in memory only."""
        if self._file is None:
            return self._flat[channel * self._capacity + start : channel * self._capacity + stop]
        self._file.seek((channel * self._limit + start) * _WIDTH)
        data = self._file.read((stop - start) * _WIDTH)
        values = np.zeros(stop - start, np.float32)
        values[: len(data) // _WIDTH] = np.frombuffer(data, np.float32)
        return values

    def _to_file(self) -> None:
        """Goes on in a file, where each channel has room for all that is allowed: what is not written takes none."""
        try:
            # Unbuffered: a disk that is full is known at once, and at the place where it is.
            file = tempfile.TemporaryFile(buffering=0, dir=_folder())  # noqa: SIM115 - closed by `finish`
        except OSError as error:
            raise _no_room(f"no temporary file can be made in {_folder()}: {error.strerror}") from error
        kept, before = self._flat, self._capacity
        self._file, self._flat = file, np.zeros(0, np.float32)
        for channel in range(self.channels):
            for at in range(0, self.end, _MOVED_AT_ONCE):
                first = channel * before
                part = kept[first + at : first + min(at + _MOVED_AT_ONCE, self.end)]
                if part.any():
                    self._put(channel, at, part)

    def _respace(self, capacity: int) -> None:
        """Gives every channel room for `capacity` samples, moving what is there in place, in small pieces."""
        before, self._capacity = self._capacity, capacity
        if capacity > before:
            try:
                self._flat.resize(self.channels * capacity, refcheck=False)
            except (MemoryError, ValueError) as error:
                raise _no_room(
                    f"after {seconds(self.end) / 3600:.1f} hours of {self.channels} channel(s) memory ran out"
                ) from error
        pieces = range(0, self.end, _MOVED_AT_ONCE)
        for channel in range(1, self.channels) if capacity < before else range(self.channels - 1, 0, -1):
            source, target = channel * before, channel * capacity
            for at in pieces if capacity < before else reversed(pieces):
                stop = min(at + _MOVED_AT_ONCE, self.end)
                self._flat[target + at : target + stop] = self._flat[source + at : source + stop]
            if capacity > before:  # what lay there before is silence now
                self._flat[target + self.end : target + capacity] = 0.0
        if capacity > before and self.channels > 1:
            self._flat[self.end : capacity] = 0.0
        if capacity < before:
            self._flat.resize(self.channels * capacity, refcheck=False)


def delayed(sound: Samples, by: int) -> Samples:
    """`sound`, shape (samples,), with `by` samples of silence before it."""
    if not by:
        return sound
    buffer = SampleBuffer(1, by + len(sound), by + len(sound))
    for at in range(0, len(sound), _MOVED_AT_ONCE):
        buffer.write(by + at, sound[at : at + _MOVED_AT_ONCE, None])
        let_go(sound)
    whole: Samples = buffer.finish()[0]
    return whole


def let_go(sound: np.ndarray) -> None:
    """Keeps nothing of `sound` in this process's memory, where it lies in a file: it is read again when asked for.

    Pages of a file that were once read count as the process's memory until the system is short of it, and a program
    that may use 4 GB is stopped before that. Where a sound is in memory this does nothing.
    """
    owner: object = sound
    while owner is not None and not isinstance(owner, mmap.mmap):
        owner = getattr(owner, "base", None)
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)


def is_silent(sound: Samples) -> bool:
    """Whether less than `_NOTHING` of `sound`, shape (samples,), is anything but a constant level."""
    count = 0
    for at in range(0, len(sound), _MOVED_AT_ONCE):
        part = sound[at : at + _MOVED_AT_ONCE]
        count += _sounding(part)
        let_go(sound)
        if count > _NOTHING:
            return False
    return True


def _sounding(sound: Samples) -> int:
    """In how many of the samples of `sound`, shape (samples,), there is sound: by 10 ms, or all if it is shorter."""
    if not len(sound):
        return 0
    size = min(_CLOSE, len(sound))
    pieces = sound[: len(sound) // size * size].reshape(-1, size)
    return size * int(np.count_nonzero(np.ptp(pieces, axis=1) > _STEP))


def _no_room(what: str) -> NoRoomError:
    return NoRoomError(
        f"its sound does not fit on this machine ({what})",
        todo="Make room there, set TMPDIR to a folder with more, or split the recording",
    )


def _folder() -> str:
    """Where big temporary files go: as set (TMPDIR), else not where memory may be taken for a disk."""
    roomy = Path("/var/tmp")
    if os.environ.get("TMPDIR") or not os.access(roomy, os.W_OK):
        return tempfile.gettempdir()
    return str(roomy)
