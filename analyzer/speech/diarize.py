"""Who spoke when: a waveform in, the turns of `S1`, `S2`, … out.

The default diarizer is segmentation-3.0 and CAM++ in pyannote.audio's pipeline (`pyannote_pipeline.py`). When the
user has placed pyannote's community-1 pipeline among the models, that one is used as it comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from analyzer.errors import ModelChecksumError, UsageError
from analyzer.progress import Progress, silent
from analyzer.speech import clustering, frames, networks
from analyzer.speech.embedding import unit
from analyzer.speech.evidence import evidence_of
from analyzer.speech.heard import Diarization, Voice
from analyzer.speech.profile import BALANCED, Profile
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples, union

if TYPE_CHECKING:
    from analyzer.speech.pyannote_pipeline import CallPipeline, Findings

PAUSE = SAMPLE_RATE // 2
"""Pauses up to this long, in samples, are inside a turn."""
COMMUNITY = "speaker-diarization-community-1"
"""The folder among the models in which the user may place pyannote's own pipeline."""


@dataclass(frozen=True, slots=True)
class SpeakerBounds:
    """How many people speak on the recording, as far as that is known; None is unknown.

    `announced` is no bound but a hint, how many were to be there: see `headcount`. Where each channel is listened to by
    itself, and by pyannote's own pipeline, it is not used.

    Raises:
        UsageError: a number below 1, a minimum above the maximum, or an exact number outside the two.
    """

    exactly: int | None = None
    min: int | None = None
    max: int | None = None
    announced: int | None = None

    def __post_init__(self) -> None:
        numbers = {"number": self.exactly, "minimum": self.min, "maximum": self.max, "announced number": self.announced}
        for name, number in numbers.items():
            if number is not None and number < 1:
                raise UsageError(f"the {name} of speakers must be at least 1, not {number}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise UsageError(f"at least {self.min} speakers and at most {self.max} cannot both be")
        if self.exactly is not None and not (self.min or 1) <= self.exactly <= (self.max or self.exactly):
            raise UsageError(f"exactly {self.exactly} speakers lies outside the minimum and maximum that were given")


class Diarizer(Protocol):
    """Who spoke when on a recording; `name` says by which models."""

    name: str

    def __call__(self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """`waveform` is (samples,) float32 at 16 kHz, mono; no speech in it gives a `Diarization` without turns."""
        ...


class Models(Protocol):
    """The part of the model store that a diarizer needs; `folder` holds everything that was placed or fetched."""

    @property
    def folder(self) -> Path:
        """Where models are placed."""
        ...

    def path(self, key: str) -> Path:
        """The folder with the checked files of model `key`."""
        ...


def load_diarizer(store: Models, *, device: str = "auto", profile: Profile = BALANCED) -> Diarizer:
    """The diarizer to use: community-1 when the user has placed it among the models, else the default.

    Raises:
        ModelError: a model is missing, or its file is not what it should be.
        DeviceError: `device` was asked for by name and is not there.
    """
    chosen = networks.choose_device(device)
    placed = store.folder / COMMUNITY
    if (placed / "config.yaml").is_file():
        return CommunityDiarizer(placed, device=chosen)
    segmentation = store.path("segmentation-3.0") / "pytorch_model.bin"
    voiceprints = store.path("campplus") / "campplus_cn_en_common.pt"
    return CallDiarizer(segmentation, voiceprints, device=chosen, step=profile.step)


class CallDiarizer:
    """Segmentation-3.0 and CAM++ on ONNX Runtime, in pyannote.audio's pipeline."""

    name = "segmentation-3.0 + campplus"

    def __init__(self, segmentation: Path, campplus: Path, *, device: str, step: int = BALANCED.step) -> None:
        networks.quiet_pyannote()
        from analyzer.speech.pyannote_pipeline import CallPipeline

        network = networks.load_segmentation(segmentation)
        self._pipeline: CallPipeline = CallPipeline(
            network,
            networks.segmentation_onnx(network, segmentation, device=device),
            networks.campplus_onnx(campplus, device=device),
            step=step,
            rules=clustering.Rules(),
        )

    def __call__(self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """As `Diarizer` says. The same waveform always gives the same turns."""
        if len(waveform) == 0:
            return Diarization((), ())
        memory = _as_tensor(waveform)
        self._pipeline.progress, self._pipeline.announced = progress, speakers.announced
        self._pipeline(
            {"waveform": memory, "sample_rate": SAMPLE_RATE, "uri": "call"},
            num_speakers=speakers.exactly,
            min_speakers=speakers.min,
            max_speakers=speakers.max,
        )
        found, self._pipeline.found = self._pipeline.found, None
        return Diarization((), ()) if found is None else diarization_of(found)


def _as_tensor(waveform: np.ndarray) -> Any:
    """(1, samples) without a copy. A waveform is read-only, which torch warns about; nobody writes to it here."""
    import warnings

    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*not writable.*")
        return torch.from_numpy(np.ascontiguousarray(waveform, dtype=np.float32))[None]


def diarization_of(found: Findings) -> Diarization:
    """What the stages found as turns, with speakers in order of first speech and the evidence for each turn."""
    length = found.segmentation.length
    first = {person: frames.runs(found.chosen[:, person])[:1, 0] for person in range(found.chosen.shape[1])}
    order = sorted((person for person in first if len(first[person])), key=lambda person: int(first[person][0]))
    if not order:
        return Diarization((), ())
    labels = tuple(f"S{number + 1}" for number in range(len(order)))
    chosen, activity = found.chosen[:, order], found.activity[:, order]
    turns = frames.turns(chosen, labels, length, pause=PAUSE)
    return Diarization(
        turns=turns,
        exclusive=frames.exclusive_turns(activity, chosen, labels, length),
        voices=_voices(labels, found.voices[order]),
        evidence=evidence_of(turns, found, order),
    )


def _voices(labels: Sequence[str], prints: np.ndarray) -> tuple[Voice, ...]:
    """The records of voices that sound like `prints`, (speakers, dimension) of length 1."""
    likeness = prints @ prints.T
    np.fill_diagonal(likeness, -np.inf)
    margins = [float(1.0 - row.max()) if len(labels) > 1 else None for row in likeness]
    return tuple(
        Voice(label, tuple(float(number) for number in voice), margin)
        for label, voice, margin in zip(labels, prints, margins, strict=True)
    )


class CommunityDiarizer:
    """pyannote's community-1 pipeline from a local folder, as it comes.

    Its weights are handed out to registered users only, so this class has not been run with them here.
    """

    name = COMMUNITY

    def __init__(self, folder: Path, *, device: str) -> None:
        networks.quiet_pyannote()
        import torch
        from pyannote.audio import Pipeline

        try:
            pipeline = Pipeline.from_pretrained(folder)
        except Exception as error:  # whatever a foreign folder raises, it means the same to the user
            raise ModelChecksumError(
                f"not a pyannote pipeline ({type(error).__name__}: {error})", where=folder, todo="Remove the folder"
            ) from error
        self._pipeline: Any = pipeline.to(torch.device(device))

    def __call__(self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """As `Diarizer` says; without evidence, which this pipeline does not give."""
        if len(waveform) == 0:
            return Diarization((), ())
        memory = _as_tensor(waveform)

        def hook(
            step: str, _: object, *, completed: float | None = None, total: float | None = None, **__: Any
        ) -> None:
            if completed is not None:
                progress(step, completed, total)

        output = self._pipeline(
            {"waveform": memory, "sample_rate": SAMPLE_RATE, "uri": "call"},
            num_speakers=speakers.exactly,
            min_speakers=speakers.min,
            max_speakers=speakers.max,
            hook=hook,
        )
        heard = sorted(output.speaker_diarization.itertracks(yield_label=True), key=lambda track: track[0].start)
        labels = {name: f"S{i + 1}" for i, name in enumerate(dict.fromkeys(name for _, _, name in heard))}
        names = [name for name in output.speaker_diarization.labels() if name in labels]
        rows = unit(np.nan_to_num(np.asarray(output.speaker_embeddings, dtype=float)))
        return Diarization(
            turns=_turns_of(output.speaker_diarization, labels, len(waveform), pause=PAUSE),
            exclusive=_turns_of(output.exclusive_speaker_diarization, labels, len(waveform), pause=0),
            voices=tuple(sorted(_voices([labels[name] for name in names], rows), key=lambda v: int(v.speaker[1:]))),
        )


def _turns_of(annotation: Any, labels: dict[str, str], length: int, *, pause: int) -> tuple[Turn, ...]:
    spans: dict[str, list[Span]] = {}
    for segment, _, name in annotation.itertracks(yield_label=True):
        start, end = samples(max(segment.start, 0.0)), min(samples(segment.end), length)
        if start < end:
            spans.setdefault(labels[name], []).append(Span(start, end))
    return tuple(sorted(Turn(span, who) for who, heard in spans.items() for span in union(heard, pause)))
