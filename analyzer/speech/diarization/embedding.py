"""Voiceprints: what one voice sounds like, as 192 numbers of length 1.

Input to CAM++ are 80 log mel bands a hundred times a second (Kaldi's filter bank: 25 ms Povey window, no dither),
freed of their mean over the segment that is embedded, as 3D-Speaker trained it. Frames in which the voice is not
alone are cut out and the rest is joined: a second voice in the segment would pull the voiceprint towards itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analyzer.audio.sample_buffer import let_go
from analyzer.timeline import SAMPLE_RATE

MEL_BANDS = 80
DIMENSION = 192
HOP = SAMPLE_RATE // 100
"""Samples from one feature frame to the next."""
_FRAME = SAMPLE_RATE * 25 // 1000
_BLOCK = 6000
"""Feature frames computed at a time (a minute): the intermediate copies are ten times as large as the result."""
SHORTEST = 12
"""Feature frames below which a segment is no voiceprint at all."""


class Features:
    """Log mel bands of a recording, computed where they are first asked for and dropped once the reader has passed.

    Ten hours of them would be over a gigabyte; readers move forward through the recording, so two blocks suffice.
    """

    def __init__(self, waveform: np.ndarray) -> None:
        self._waveform = waveform
        self._blocks: dict[int, np.ndarray] = {}
        self.count = max(0, 1 + (len(waveform) - _FRAME) // HOP)

    def __getitem__(self, frames: slice) -> np.ndarray:
        """(frames, 80) from `frames.start` to `frames.stop`, cut to what the recording has."""
        start, stop = max(0, frames.start), min(frames.stop, self.count)
        if start >= stop:
            return np.zeros((0, MEL_BANDS), dtype=np.float32)
        wanted = range(start // _BLOCK, (stop - 1) // _BLOCK + 1)
        for block in [block for block in self._blocks if block < wanted[0] - 1 or block > wanted[-1] + 1]:
            del self._blocks[block]
        for block in wanted:
            if block not in self._blocks:
                first, last = block * _BLOCK, min((block + 1) * _BLOCK, self.count)
                self._blocks[block] = filter_bank(self._waveform[first * HOP : (last - 1) * HOP + _FRAME])
                let_go(self._waveform)
        joined = np.concatenate([self._blocks[block] for block in wanted])
        offset = wanted[0] * _BLOCK
        return joined[start - offset : stop - offset]


def filter_bank(waveform: np.ndarray) -> np.ndarray:
    """(samples,) to (frames, 80): Kaldi's log mel filter bank as CAM++ was trained on it; at least 25 ms of sound."""
    import kaldi_native_fbank

    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.samp_freq = SAMPLE_RATE
    options.frame_opts.dither = 0.0
    options.mel_opts.num_bins = MEL_BANDS
    bank = kaldi_native_fbank.OnlineFbank(options)
    bank.accept_waveform(SAMPLE_RATE, waveform.data)  # a buffer is read faster than an array
    bank.input_finished()
    return np.stack([bank.get_frame(frame) for frame in range(bank.num_frames_ready)])


def unit(rows: np.ndarray) -> np.ndarray:
    """`rows` (…, dimension), each at length 1; a row of zeros stays one."""
    scaled: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return scaled


def voiceprint(bands: np.ndarray, network: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(frames, 80) of one voice to its 192 numbers, of length 1; all NaN when there is too little of it."""
    if len(bands) < SHORTEST:
        return np.full(DIMENSION, np.nan, dtype=np.float32)
    raw = network((bands - bands.mean(axis=0))[None])[0]
    unit: np.ndarray = raw / max(float(np.linalg.norm(raw)), 1e-9)
    return unit


def of_segment(
    features: Features, runs: Sequence[tuple[int, int]], network: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, float, np.ndarray]:
    """What one segment of speech sounds like.

    Args:
        features: of the whole recording.
        runs: the samples it consists of, from the first to before the second.
        network: CAM++.

    Returns:
        Its voiceprint, NaN where there is too little speech; its seconds; the power in each mel band, summed.
    """
    middle = _FRAME // 2
    parts = [features[(start - middle) // HOP + 1 : (end - middle) // HOP] for start, end in runs]
    bands = np.concatenate(parts)
    return voiceprint(bands, network), len(bands) * HOP / SAMPLE_RATE, np.exp(bands).sum(axis=0)


def is_narrow(power: np.ndarray) -> bool:
    """Whether speech with this power in each mel band went over a narrow line, a telephone's.

    Measured: mean power of the bands from 4.2 to 7.5 kHz, relative to those from 0.4 to 3.3 kHz, is -12 dB and more
    in rooms, in studios and over Opus, -22 dB and less over a telephone.
    """
    low, high = (float(power[band].mean()) for band in _LOW_AND_HIGH)
    return low > 0 and high < low * 10**-1.7


def _mel(hertz: float) -> float:
    return 1127.0 * float(np.log1p(hertz / 700.0))


_MIDDLES = 700.0 * np.expm1(
    (_mel(20) + (np.arange(MEL_BANDS) + 1) * (_mel(8000) - _mel(20)) / (MEL_BANDS + 1)) / 1127.0
)
_LOW_AND_HIGH = ((_MIDDLES > 400) & (_MIDDLES < 3300), (_MIDDLES > 4200) & (_MIDDLES < 7500))
