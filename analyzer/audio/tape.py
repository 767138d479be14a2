"""The tape that decoded sound is recorded on: one buffer, float32 at 16 kHz, that is never held twice.

The buffer is made as long as the recording says it is. Memory that nothing was written to costs nothing, so a header
that promises too much is harmless, and one that promises too little makes the tape grow by an eighth at a time: the
allocator then moves pages instead of copying them, and only the eighth is held in excess. A 10-hour mono call is
2.3 GB and needs little more while it is decoded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analyzer.timeline import SAMPLE_RATE, Span, seconds, union

Samples = npt.NDArray[np.float32]

LOUDEST = 1e6
"""Beyond this (+120 dB over full scale) a number is not sound, and its square would soon be infinite. Float files that
hold 16-bit numbers as they are, up to 32768, are well below."""

_SHORTEST = 60 * SAMPLE_RATE
_MOVED_AT_ONCE = 2**20
_CLOSE = SAMPLE_RATE // 100


class TooLongError(MemoryError):
    """The recording does not fit into memory; the message says how long it had become."""


class Tape:
    """Sound of `channels` channels, written at any place from the end on; what is skipped is silence."""

    def __init__(self, channels: int, expected: int) -> None:
        self.channels = channels
        self.end = 0
        self._capacity = max(expected, _SHORTEST)
        try:
            self._flat: Samples = np.empty(channels * self._capacity, np.float32)
        except (MemoryError, ValueError):  # what was promised cannot be; what there is may fit
            self._capacity = _SHORTEST
            self._flat = np.empty(channels * self._capacity, np.float32)

    def write(self, at: int, block: Samples) -> None:
        """Writes `block`, shape (samples, channels), at sample `at`.

        A gap between the end of the tape and `at` becomes silence; of a block that begins before the end of the tape,
        the part up to there is dropped: what was first stays.
        """
        if at < self.end:
            block, at = block[self.end - at :], self.end
        if not len(block):
            return
        end = at + len(block)
        self._make_room(end)
        self.wind(at)
        for channel in range(self.channels):
            first = channel * self._capacity
            self._flat[first + at : first + end] = block[:, channel]
        self.end = end

    def wind(self, to: int) -> None:
        """Winds on to sample `to`, if that lies ahead, leaving silence."""
        if to <= self.end:
            return
        self._make_room(to)
        for channel in range(self.channels):
            first = channel * self._capacity
            self._flat[first + self.end : first + to] = 0.0
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
                first = channel * self._capacity
                part = self._flat[first + at : first + stop]
                if max(part.max(), -part.min()) <= LOUDEST:  # false for NaN
                    continue
                wrong = ~(np.abs(part) <= LOUDEST)
                part[wrong] = 0.0
                bad |= wrong
            if bad.any():
                places = np.flatnonzero(bad) + at
                apart = np.flatnonzero(np.diff(places) > _CLOSE)
                starts, ends = np.concatenate([[0], apart + 1]), np.concatenate([apart, [-1]])
                found += [Span(int(places[a]), int(places[b]) + 1) for a, b in zip(starts, ends, strict=True)]
        return union(found, _CLOSE)

    def cut(self) -> Samples:
        """The finished tape, shape (channels, samples), without the unused rest. Nothing may be written after it."""
        self._respace(self.end)
        return self._flat.reshape(self.channels, self.end)

    def _make_room(self, needed: int) -> None:
        if needed > self._capacity:
            self._respace(max(needed, self._capacity + self._capacity // 8))

    def _respace(self, capacity: int) -> None:
        """Gives every channel room for `capacity` samples, moving what is there in place, in small pieces."""
        before, self._capacity = self._capacity, capacity
        if capacity > before:
            try:
                self._flat.resize(self.channels * capacity, refcheck=False)
            except (MemoryError, ValueError) as error:
                raise TooLongError(
                    f"after {seconds(self.end) / 3600:.1f} hours of {self.channels} channel(s) memory ran out"
                ) from error
        pieces = range(0, self.end, _MOVED_AT_ONCE)
        for channel in range(1, self.channels) if capacity < before else range(self.channels - 1, 0, -1):
            source, target = channel * before, channel * capacity
            for at in pieces if capacity < before else reversed(pieces):
                stop = min(at + _MOVED_AT_ONCE, self.end)
                self._flat[target + at : target + stop] = self._flat[source + at : source + stop]
        if capacity < before:
            self._flat.resize(self.channels * capacity, refcheck=False)
