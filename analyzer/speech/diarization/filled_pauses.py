"""Pauses that the segmentation network fills: it hears a speaker where the recording is as quiet as it ever gets.

Its edges are drawn generously, and a pause of half a second between two sentences is often all speech to it. Talk time
grows by that for everybody who pauses. Where nothing stands out from the noise and all is far below speech, no one is
speaking, whatever the network says.

Measured: see docs/accuracy.md, "Quiet people".
"""

from __future__ import annotations

import numpy as np

from analyzer.speech.diarization.frames import runs
from analyzer.speech.diarization.missed_speech import loudness
from analyzer.speech.diarization.segmentation import FRAME_STEP
from analyzer.speech.diarization.stitch import Timeline
from analyzer.timeline import SAMPLE_RATE

ABOVE_NOISE = 8.0
"""Decibels above the recording's noise below which nothing is heard but the noise."""
BELOW_SPEECH = 30.0
"""Decibels below the recording's usual speech below which no one speaks. Both must hold: a quiet voice is above the
noise, and over a noisy line the noise is not far below speech. At 25 the error of simulated calls is 0.1 points less,
and words are lost in one of twelve clips of real meetings."""
SHORTEST = SAMPLE_RATE // 5 // FRAME_STEP
"""Frames below which it is a stop consonant or the end of a word."""


def filled_pauses(waveform: np.ndarray, timeline: Timeline) -> np.ndarray:
    """(frames,) booleans: where it is too quiet for anybody to speak, for 0.2 s at least.

    Noise is the level below which a twentieth of the recording lies; usual speech the median level of what was found.
    Nowhere where nothing was found at all: there is no telling then what is quiet.
    """
    frames = len(timeline.probability)
    level = loudness(waveform, frames)
    speaks = timeline.probability[: len(level)].max(axis=1) > 0.5
    quiet = np.zeros(frames, dtype=bool)
    if not speaks.any():
        return quiet
    limit = min(float(np.percentile(level, 5)) + ABOVE_NOISE, float(np.median(level[speaks])) - BELOW_SPEECH)
    for start, end in runs(level < limit).tolist():
        quiet[start:end] = end - start >= SHORTEST
    return quiet
