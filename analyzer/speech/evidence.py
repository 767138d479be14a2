"""How sure a diarization is of each turn: what later decides how wide the interval around a share must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from analyzer.speech.heard import TurnEvidence
from analyzer.speech.segmentation import FRAME_CENTRE, FRAME_STEP
from analyzer.timeline import Turn

if TYPE_CHECKING:
    from analyzer.speech.pyannote_pipeline import Findings


def evidence_of(turns: Sequence[Turn], found: Findings, order: Sequence[int]) -> tuple[TurnEvidence, ...]:
    """The evidence for each of `turns`; `order[i]` is the person whom the label `S{i + 1}` stands for."""
    voices = found.voices[list(order)]
    starts = np.array([stretch.start for stretch in found.stretches])
    ends = np.array([stretch.end for stretch in found.stretches])
    prints = np.nan_to_num(found.prints) * found.seconds[:, None]
    records: list[TurnEvidence] = []
    for turn in turns:
        who = int(turn.who[1:]) - 1
        first = max(0, (turn.span.start - FRAME_CENTRE) // FRAME_STEP)
        last = max(first + 1, (turn.span.end - FRAME_CENTRE) // FRAME_STEP + 1)
        # Stretches are in order of time and hardly ever interleave, so a slice holds all that lie in the turn.
        low, high = np.searchsorted(ends, first, side="right"), np.searchsorted(starts, last)
        own = low + np.flatnonzero(found.people[low:high] == order[who])
        print_ = prints[own].sum(axis=0)
        margin = runner_up = None
        if len(voices) > 1 and print_.any():
            likeness = voices @ (print_ / np.linalg.norm(print_))
            best = max((i for i in range(len(voices)) if i != who), key=lambda i: likeness[i])
            margin, runner_up = float(likeness[who] - likeness[best]), f"S{best + 1}"
        speaking = found.activity[first:last, order[who]][found.chosen[first:last, order[who]]]
        records.append(TurnEvidence(margin, runner_up, float(speaking.mean()) if len(speaking) else None))
    return tuple(records)
