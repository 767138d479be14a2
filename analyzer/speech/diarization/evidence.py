"""How sure a diarization is of each turn: what later decides how wide the interval around a share must be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analyzer.speech.diarization.segmentation import FRAME_CENTRE, FRAME_STEP
from analyzer.speech.diarization.stitch import Segment
from analyzer.speech.recognition import TurnEvidence
from analyzer.timeline import Turn


def evidence_of(
    turns: Sequence[Turn],
    segments: Sequence[Segment],
    speaker: np.ndarray,
    prints: np.ndarray,
    voices: np.ndarray,
    probability: np.ndarray,
    speaks: np.ndarray,
) -> tuple[TurnEvidence, ...]:
    """The evidence for each of `turns`, whose labels are `S1`, `S2`, … in the order of the speakers below.

    Args:
        turns: in order of time.
        segments: in order of time.
        speaker: (segments,) whose voice each is, -1 for somebody who has no turn.
        prints: (segments, dimension) voiceprints weighted by their seconds of speech, zeros where there is none.
        voices: (speakers, dimension), each of length 1.
        probability: (frames, speakers) that each speaks.
        speaks: (frames, speakers) booleans.
    """
    starts = np.array([segment.start for segment in segments])
    ends = np.array([segment.end for segment in segments])
    records: list[TurnEvidence] = []
    for turn in turns:
        who = int(turn.who[1:]) - 1
        first = max(0, (turn.span.start - FRAME_CENTRE) // FRAME_STEP)
        last = max(first + 1, (turn.span.end - FRAME_CENTRE) // FRAME_STEP + 1)
        # Stretches are in order of time and hardly ever interleave, so a slice holds all that lie in the turn.
        low, high = np.searchsorted(ends, first, side="right"), np.searchsorted(starts, last)
        voice = prints[low + np.flatnonzero(speaker[low:high] == who)].sum(axis=0)
        margin = runner_up = None
        if len(voices) > 1 and voice.any():
            likeness = voices @ (voice / np.linalg.norm(voice))
            best = max((i for i in range(len(voices)) if i != who), key=lambda i: likeness[i])
            margin, runner_up = float(likeness[who] - likeness[best]), f"S{best + 1}"
        certain = probability[first:last, who][speaks[first:last, who]]
        records.append(TurnEvidence(margin, runner_up, float(certain.mean()) if len(certain) else None))
    return tuple(records)
