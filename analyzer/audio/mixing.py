"""Several channels as one sound in which nothing cancels.

The mix is the mean of the channels. Where two of them hold the same sound with opposite polarity, the mean would lose
it: a whole channel that is wired the wrong way round, one voice, or one band of frequencies. There the sign of the
later channel is turned. Where that is, is looked at in **tiles**, a band of 250 Hz for 0.1 s: two channels cancel in a
tile when twice their correlated power is below `-CANCELS` times the power of both. Each channel is held against the sum
of those before it, signs turned. Everywhere else the mix is the mean, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from analyzer.audio.sample_buffer import SampleBuffer, Samples, let_go

CANCELS = 0.5
"""1 is one sound with opposite polarity at the same level, 0 two sounds that have nothing to do with each other. By
chance such two reach 0.5 in two of ten thousand tiles; turning a sign there does no harm."""
SAME = 0.995
"""Correlation of two channels over a second from which nothing in them can cancel that anybody would hear."""

_STEP = 256
"""Samples from one window to the next; a window is twice as long. At 16 kHz a bin of its spectrum is 31 Hz wide."""
_BAND = 8
_BANDS = _STEP // _BAND
_EACH_SIDE = 3
"""Windows on both sides over which a tile reaches."""
_AT_ONCE = 4_000 * _STEP
_WINDOW = np.sqrt(np.hanning(2 * _STEP + 1)[:-1]).astype(np.float32)


def mixed(channels: Samples | Sequence[Samples]) -> Samples:
    """The mix of `channels`, each of shape (samples,), as long as the longest; one alone is given back as it is."""
    if len(channels) == 1:
        return channels[0]
    length = max(len(channel) for channel in channels)
    buffer = SampleBuffer(1, length, length)
    for at in range(0, length, _AT_ONCE):
        some = _piece(channels, at, min(at + _AT_ONCE, length))
        mean = some.mean(axis=0, dtype=np.float32)
        for first, last in _doubtful(some):
            mean[first:last] -= _cancelled(channels, at + first, at + last)
        buffer.write(at, mean[:, None])
        for channel in channels:
            let_go(channel)
    whole: Samples = buffer.finish()[0]
    return whole


def _piece(channels: Samples | Sequence[Samples], start: int, end: int) -> Samples:
    """The samples of all channels from `start` to `end`, silence before and after what there is."""
    sound = np.zeros((len(channels), end - start), np.float32)
    for own, channel in zip(sound, channels, strict=True):
        there = channel[max(start, 0) : max(end, 0)]
        own[max(-start, 0) : max(-start, 0) + len(there)] = there
    return sound


def _doubtful(channels: Samples) -> Iterator[tuple[int, int]]:
    """Stretches of whole steps, about a second each, in which something may cancel, neighbours joined."""
    second = 64 * _STEP
    length = channels.shape[1]
    start: int | None = None
    for at in range(0, length, second):
        if _may_cancel(channels[:, at : at + second]):
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None
    if start is not None:
        yield start, length


def _may_cancel(some: Samples) -> bool:
    """Whether the channels, apart from those that are far quieter than the loudest, are not simply the same sound."""
    together = some @ some.T
    power = np.diag(together)
    if not power.max() > 0:
        return False
    heard = np.flatnonzero(power >= 0.01 * power.max())
    loud = np.sqrt(power[heard])
    return bool((together[np.ix_(heard, heard)] < SAME * np.outer(loud, loud)).any())


def _cancelled(channels: Samples | Sequence[Samples], start: int, end: int) -> Samples:
    """What must be taken off the mean from `start` to `end`: twice the part of each channel whose sign is turned."""
    count = len(channels)
    windows = -(-(end - start) // _STEP) + 1
    margin = (_EACH_SIDE + 1) * _STEP
    sound = _piece(channels, start - margin, start + (windows - 1) * _STEP + margin)
    total = _spectrum(sound[0])
    turned = np.zeros((windows, _BANDS, 2 * _BAND), np.float32)
    inside = slice(_EACH_SIDE, _EACH_SIDE + windows)
    for own in range(1, count):
        spectrum = _spectrum(sound[own])
        cancel = 2 * _tiles(total, spectrum) < -CANCELS * (_tiles(total, total) + _tiles(spectrum, spectrum))
        if cancel[inside].any():
            turned += spectrum[inside] * cancel[inside, :, None]
        if own + 1 < count:
            total += np.where(cancel[:, :, None], -spectrum, spectrum)
    if not turned.any():
        return np.zeros(end - start, np.float32)
    pieces = np.fft.irfft(turned.reshape(windows, -1).view(np.complex64), 2 * _STEP) * (_WINDOW * np.float32(2 / count))
    out: Samples = np.zeros((windows + 1) * _STEP, np.float32)
    out[: windows * _STEP] += pieces[:, :_STEP].ravel()
    out[_STEP:] += pieces[:, _STEP:].ravel()
    return out[_STEP : _STEP + end - start]


def _spectrum(sound: Samples) -> Samples:
    """The spectra of the windows of `sound`, shape (windows, bands, 16): real and imaginary parts in turn."""
    cut = np.lib.stride_tricks.sliding_window_view(sound, 2 * _STEP)[::_STEP]
    bins = np.fft.rfft(cut * _WINDOW)[:, : _BANDS * _BAND]
    return np.ascontiguousarray(bins).view(np.float32).reshape(len(cut), _BANDS, 2 * _BAND)


def _tiles(one: Samples, other: Samples) -> np.ndarray:
    """The correlated power of two spectra in each band, over the windows around each window."""
    bands = np.einsum("wbk,wbk->wb", one, other)
    reach = 2 * _EACH_SIDE + 1
    padded = np.pad(bands, ((_EACH_SIDE, _EACH_SIDE), (0, 0)))
    tiles = padded[: len(bands)].copy()
    for later in range(1, reach):
        tiles += padded[later : later + len(bands)]
    return tiles
