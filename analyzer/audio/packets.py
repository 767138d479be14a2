"""Reads a recording packet by packet: the sounds in it and what of it is lost, each with its time.

Times are seconds on the recording's own clock. Its zero is where a player's is: the first sample of the sound, or,
beside a picture or another track, the start of what begins first, so that sound that starts late starts late here too.
What codecs put before the first sample (encoder delay and priming) is skipped wherever the file says how long it is:
MP3 with a LAME tag, M4A and MP4, OGG and WEBM Opus. Bare MP3, ADTS AAC, AMR, AVI and MPEG-TS do not say; there the
sound comes 5 to 70 ms late, as in any player.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av

from analyzer.audio.opening import FAILURES, SAMPLE_RATES, Opened, layout_of

COUNTED = frozenset(("aac", "ac3", "amr", "amrnb", "amrwb", "dts", "eac3", "gsm", "loas", "mp3"))
"""Formats without timestamps: FFmpeg counts frames, so that lost ones would pull everything after them forward."""

_MEMORY = 10.0
_HEAD = 64
_SKIPPED_AT_MOST = 2**22
_TRIES = 32


@dataclass(frozen=True, slots=True)
class Sound:
    """A decoded frame and the time of its first sample; None when the file does not tell."""

    frame: Any
    at: float | None


@dataclass(frozen=True, slots=True)
class Lost:
    """A stretch that could not be decoded: `length` seconds from `at` on, as far as the file tells."""

    at: float | None
    length: float


class _ByteClock:
    """How much time lost bytes stood for, in formats without timestamps: as much as the bytes of the last 10 s took.

    Exact to the frame where the bit rate is constant. An unreadable stretch comes as one packet or several, each
    counted as one frame; the rest is `behind`, what has to be added to every later time. Only of ADTS AAC does FFmpeg
    skip bytes without a word: there each packet is looked up in the file.
    """

    def __init__(self, recording: Opened) -> None:
        self.counted = recording.format in COUNTED
        self.behind = 0.0
        self._source = recording.source if recording.format == "aac" else None
        self._next = 0
        self._bytes = 0.0
        self._seconds = 0.0

    def found(self, packet: Any) -> None:
        """Adds the time of the bytes that were skipped before `packet`. What comes before all sound is no time."""
        if self._source is None or not packet.size:
            return
        head = bytes(packet)[:_HEAD]
        if self._source.at(self._next, len(head)) != head:
            skipped = self._source.at(self._next, _SKIPPED_AT_MOST).find(head)
            if skipped < 0:
                self._source = None  # the place is lost; from here on only what FFmpeg tells counts
                return
            self._next += skipped
            self.behind += skipped * self._seconds / self._bytes if self._bytes else 0.0
        self._next += packet.size

    def good(self, size: int, length: float) -> None:
        """Learns from a packet that could be decoded."""
        self._bytes += size
        self._seconds += length
        if self._seconds > _MEMORY:
            self._bytes, self._seconds = self._bytes / 2, self._seconds / 2

    def lost(self, size: int, length: float) -> float:
        """The time that an unreadable packet of `size` bytes stood for, when it was counted as `length` seconds."""
        if not self.counted or not self._bytes or not length:
            return length
        frames = max(1, round(size * self._seconds / self._bytes / length))
        self.behind += (frames - 1) * length
        return frames * length


def sounds(recording: Opened) -> Iterator[Sound | Lost]:
    """Decodes the recording's audio, giving what is found in the order in which it is found.

    Broken packets are passed over; a file that breaks off ends there. Raises only what reading the file raises.
    """
    stream, source = recording.stream, recording.source
    tick = float(stream.time_base or 0)
    zero = zero_of(recording)
    begins = not recording.timed_by_all
    pcm = stream.codec_context.name.startswith("pcm_")
    clock = _ByteClock(recording)
    for packet in _packets(recording):
        length = float(packet.duration or 0) * tick
        clock.found(packet)
        at = None if packet.pts is None else packet.pts * tick + clock.behind - zero
        size = packet.size
        if at is None and size and recording.format == "flac":
            # What FFmpeg's parser could not sort into frames, because some of it is broken. The decoder would find
            # frames in it, good ones and noise, without telling which of the missing ones they are.
            begins = False
            yield Lost(None, 0.0)
            continue
        try:
            frames = packet.decode()
        except FAILURES:
            source.check(recording.path)
            if size:
                begins = False
                yield Lost(at, clock.lost(size, length))
            continue
        if clock.counted and size:
            clock.good(size, length)
        for frame in frames:
            layout_of(frame)
            if not frame.samples or frame.sample_rate not in SAMPLE_RATES:
                continue
            at = None if frame.pts is None else frame.pts * tick + clock.behind - zero
            if (
                begins and at is not None
            ):  # with nothing beside it and no loss, the first sample there is starts the clock
                zero, at = zero + at, 0.0
            begins = False
            # Of PCM, "corrupt" is the last packet of a file that is cut off, and its samples are good.
            if frame.is_corrupt and not pcm:
                yield Lost(at, frame.samples / frame.sample_rate)
            else:
                yield Sound(frame, at)


def zero_of(recording: Opened) -> float:
    """Where the recording's own clock starts, in seconds of its timestamps."""
    stream, container = recording.stream, recording.container
    if recording.timed_by_all and container.start_time is not None:
        return float(container.start_time) / float(av.time_base)
    if stream.start_time is not None:
        return float(stream.start_time * stream.time_base)
    return 0.0


def _packets(recording: Opened) -> Iterator[Any]:
    """The stream's packets, on past errors of the container, until the file ends or nothing more comes of it."""
    source, tries = recording.source, 0
    left = source.size + 4096  # a packet has a byte at least: a file that gives more is going round in circles
    while tries < _TRIES:
        try:
            for packet in recording.container.demux(recording.stream):
                source.check(recording.path)
                tries, left = 0, left - 1
                if left < 0:
                    source.broke_off = True
                    return
                yield packet
            source.check(recording.path)
            return
        except FAILURES:
            source.check(recording.path)
            tries += 1
    source.broke_off = True
