"""Who speaks at once, ten seconds at a time: the segmentation network slid over a recording.

For each frame (about 17 ms) of a window the network gives the probability of seven cases: silence, one of three
voices of this window alone, or two of them at once. Voice 2 of one window need not be voice 2 of the next; making
people of them is the work of `clustering.py`.

    waveform     |0 s        5 s       10 s       15 s|
    window 0     |====================|
    window 1          |====================|              step = 2.5 s
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analyzer.audio.sample_buffer import let_go
from analyzer.progress import Progress, silent
from analyzer.timeline import SAMPLE_RATE

WINDOW = 10 * SAMPLE_RATE
"""Samples in a window, as the network was trained."""
FRAME_STEP = 270
"""Samples from one frame to the next."""
FRAME_CENTRE = 495
"""The sample in the middle of what a window's first frame sees."""
FRAMES = 589
"""Frames in a window."""
VOICES = 3
"""Voices that the network tells apart in one window."""
CASES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)
"""Which voices speak in each of the network's seven cases."""

_BATCH = 16
_SILENT_PEAK = 2e-4
"""Below this (-74 dB of full scale) a window is digital silence or its dither: nothing for a network to hear."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What the network said of each window.

    `cases` is (windows, FRAMES, 7): probabilities, half precision. Window w starts at sample `w * step`.
    """

    cases: np.ndarray
    step: int
    length: int

    def voices_of(self, window: int) -> np.ndarray:
        """(FRAMES, VOICES): the probability that each voice of the window speaks."""
        voices: np.ndarray = self.cases[window].astype(np.float32) @ CASES
        return voices

    @property
    def active(self) -> np.ndarray:
        """(windows, FRAMES, VOICES) booleans: who speaks in the likeliest case."""
        active: np.ndarray = CASES.astype(bool)[self.cases.argmax(axis=-1)]
        return active


def segment(
    waveform: np.ndarray, network: Callable[[np.ndarray], np.ndarray], *, step: int, progress: Progress = silent
) -> Segmentation:
    """Slides `network` over `waveform` (mono float32, 16 kHz), a window every `step` samples.

    The last window is padded with zeros. Windows without any signal are silence without being run.
    """
    count = 1 + max(0, -(-(len(waveform) - WINDOW) // step))
    cases = np.zeros((count, FRAMES, len(CASES)), dtype=np.float16)
    cases[:, :, 0] = 1.0
    audible: list[int] = []
    for first in range(0, count, _BATCH):
        windows = range(first, min(first + _BATCH, count))
        audible += [w for w in windows if _audible(waveform[w * step : w * step + WINDOW])]
        let_go(waveform)
    progress("segmentation", 0, len(audible))
    for first in range(0, len(audible), _BATCH):
        chosen = audible[first : first + _BATCH]
        batch = np.zeros((len(chosen), 1, WINDOW), dtype=np.float32)
        for row, w in enumerate(chosen):
            piece = waveform[w * step : w * step + WINDOW]
            batch[row, 0, : len(piece)] = piece
        let_go(waveform)
        cases[chosen] = np.exp(network(batch))
        progress("segmentation", first + len(chosen), len(audible))
    return Segmentation(cases, step, len(waveform))


def _audible(piece: np.ndarray) -> bool:
    return bool(len(piece)) and bool(max(piece.max(), -piece.min()) > _SILENT_PEAK)
