"""Whether the channels of a recording carry separate parties or the same sound twice.

Measured for two channels over frames of 30 ms in which the louder of the two is within 30 dB of the loud frames of the
recording (the level that 5 % of all frames exceed), however quiet that is: frames that are likely speech.

* **level difference** of a frame: the level of one channel minus that of the other, in dB; a channel **leads** a frame
  by 12 dB or more, at a level 6 dB or more above its own quiet (which 10 % of its frames do not exceed): neither hiss
  nor hum leads. On a call with one party per channel each leads while its party talks: the other side's echo and
  side tone lie 20 dB and more below. Two microphones in one room rarely differ by 12 dB.
* **alike** is a frame whose channels correlate to 0.9 or more (in absolute value, mean removed, no lag) at a level
  difference below 12 dB: the same sound, at whatever level.

Two channels are **apart** when each leads at least 2 % of these frames and fewer than half of them are alike. A channel
that is silent, or that holds a quieter copy of the other, never leads; a copy with drop-outs is alike nearly always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from analyzer.audio.sample_buffer import Samples, let_go
from analyzer.timeline import SAMPLE_RATE

FRAME = SAMPLE_RATE * 30 // 1000
LEAD_DB = 12.0
LEAD_SHARE = 0.02
ALIKE_CORRELATION = 0.9
ALIKE_SHARE = 0.5
DEPTH_DB = 30.0
STIRS_DB = 6.0

_QUIETEST_DB = -100.0
_FRAMES_AT_ONCE = 2_000
_FRAMES_AT_MOST = 40_000


@dataclass(frozen=True, slots=True)
class ChannelPair:
    """How two channels relate, as counts of `frames` with likely speech: see the module."""

    first: int
    second: int
    frames: int
    alike: int
    first_leads: int
    second_leads: int

    @property
    def apart(self) -> bool:
        """Whether the two carry separate parties."""
        fewer = min(self.first_leads, self.second_leads)
        return self.frames > 0 and fewer >= LEAD_SHARE * self.frames and self.alike < ALIKE_SHARE * self.frames


@dataclass(frozen=True, eq=False, slots=True)
class Compared:
    """Channels held against each other: `pairs` of them, and the `level` of each in each frame that was looked at."""

    pairs: tuple[ChannelPair, ...]
    level: Samples

    def heard_alone(self, channel: int, others: Sequence[int]) -> bool:
        """Whether a channel often enough leads all of `others` at once: somebody is on it who is on none of them."""
        loudest = np.maximum.reduce([self.level[other] for other in others])
        pair = _pair(channel, others[0], self.level[channel], loudest, np.zeros_like(loudest))
        return pair.first_leads >= max(1.0, LEAD_SHARE * pair.frames)


def compare_channels(channels: Samples | Sequence[Samples]) -> Compared:
    """Compares all channels, each of shape (samples,), with each other, two by two; a shorter one ends in silence.

    Of long recordings every n-th frame is looked at, 40 000 at most (20 minutes of sound), evenly over the whole.
    """
    frames = max(len(channel) for channel in channels) // FRAME
    step = max(1, -(-frames // _FRAMES_AT_MOST))
    looked_at = np.arange(0, frames, step) * FRAME
    level = np.empty((len(channels), len(looked_at)), np.float32)
    pairs = list(combinations(range(len(channels)), 2))
    if not pairs:
        return Compared((), level)
    correlation = np.empty((len(pairs), len(looked_at)), np.float32)
    for at in range(0, len(looked_at), _FRAMES_AT_ONCE):
        some = slice(at, at + _FRAMES_AT_ONCE)
        sound = _frames(channels, looked_at[some])
        power = np.mean(sound**2, axis=2)
        level[:, some] = 10 * np.log10(np.maximum(power, 10 ** (_QUIETEST_DB / 10)))
        for row, (a, b) in enumerate(pairs):
            together = np.mean(sound[a] * sound[b], axis=1)
            scale = np.sqrt(power[a] * power[b])
            correlation[row, some] = np.abs(np.divide(together, scale, out=np.zeros_like(scale), where=scale > 0))
    found = tuple(_pair(a, b, level[a], level[b], correlation[row]) for row, (a, b) in enumerate(pairs))
    return Compared(found, level)


def distinct_channels(channels: Samples | Sequence[Samples]) -> bool:
    """Whether at least two channels carry separate parties. False for mono, for dual mono and where one is silent."""
    return any(pair.apart for pair in compare_channels(channels).pairs)


def _frames(channels: Samples | Sequence[Samples], starts: npt.NDArray[np.int64]) -> Samples:
    """The frames that begin at `starts`, without their mean; shape (channels, frames, FRAME)."""
    sound = np.zeros((len(channels), len(starts), FRAME), np.float32)
    for own, channel in zip(sound, channels, strict=True):
        there = np.searchsorted(starts, len(channel) - FRAME, side="right")
        own[:there] = channel[starts[:there, None] + np.arange(FRAME)]
        let_go(channel)
    sound -= sound.mean(axis=2, keepdims=True)
    return sound


def _pair(first: int, second: int, a: Samples, b: Samples, correlation: Samples) -> ChannelPair:
    """The counts for two channels from their levels in dB and their correlation, frame by frame."""
    louder = np.maximum(a, b)
    speech = louder >= float(np.percentile(louder, 95)) - DEPTH_DB if len(louder) else louder > 0
    difference = a - b
    alike = (correlation >= ALIKE_CORRELATION) & (np.abs(difference) < LEAD_DB)
    return ChannelPair(
        first=first,
        second=second,
        frames=int(np.count_nonzero(speech)),
        alike=int(np.count_nonzero(speech & alike)),
        first_leads=int(np.count_nonzero(speech & _stirs(a) & (difference >= LEAD_DB))),
        second_leads=int(np.count_nonzero(speech & _stirs(b) & (difference <= -LEAD_DB))),
    )


def _stirs(level: Samples) -> npt.NDArray[np.bool_]:
    """Where a channel is louder than its own quiet: its line's noise, or hum, is always there."""
    quiet = float(np.percentile(level, 10)) if len(level) else 0.0
    stirs: npt.NDArray[np.bool_] = level >= quiet + STIRS_DB
    return stirs
