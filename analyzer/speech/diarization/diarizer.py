"""Who spoke when: a waveform in, the turns of `S1`, `S2`, … out.

The default diarizer is segmentation-3.0 and CAM++ (`stages.py`). When the
user has placed pyannote's community-1 pipeline among the models, that one is used as it comes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from analyzer.errors import ModelChecksumError
from analyzer.files import is_file
from analyzer.progress import Progress, silent
from analyzer.speech.diarization.clustering import Rules
from analyzer.speech.diarization.embedding import unit
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.diarization.stages import PAUSE, diarize, voice_records
from analyzer.speech.models import networks
from analyzer.speech.profile import BALANCED, Profile
from analyzer.speech.recognition import Diarization
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples, union

COMMUNITY = "speaker-diarization-community-1"
"""The folder among the models in which the user may place pyannote's own pipeline."""


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
    if is_file(placed / "config.yaml"):
        return CommunityDiarizer(placed, device=chosen)
    segmentation = store.path("segmentation-3.0") / "pytorch_model.bin"
    voiceprints = store.path("campplus") / "campplus_cn_en_common.pt"
    return CallDiarizer(segmentation, voiceprints, device=chosen, step=profile.step)


class CallDiarizer:
    """Segmentation-3.0 and CAM++ on ONNX Runtime, in the stages of `stages.py`."""

    name = "segmentation-3.0 + campplus"

    def __init__(self, segmentation: Path, campplus: Path, *, device: str, step: int = BALANCED.step) -> None:
        self._hear = networks.segmentation_onnx(segmentation, device=device)
        self._embed = networks.campplus_onnx(campplus, device=device)
        self._step = step

    def __call__(self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        """As `Diarizer` says. The same waveform always gives the same turns."""
        if len(waveform) == 0:
            return Diarization((), ())
        return diarize(
            waveform, self._hear, self._embed, step=self._step, rules=Rules(), bounds=speakers, progress=progress
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
        import torch

        memory = torch.from_numpy(np.array(waveform, dtype=np.float32))[None]  # a copy: torch warns of a read-only one

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
        tracks = sorted(output.speaker_diarization.itertracks(yield_label=True), key=lambda track: track[0].start)
        labels = {name: f"S{i + 1}" for i, name in enumerate(dict.fromkeys(name for _, _, name in tracks))}
        names = [name for name in output.speaker_diarization.labels() if name in labels]
        rows = unit(np.nan_to_num(np.asarray(output.speaker_embeddings, dtype=float)))
        voices = voice_records([labels[name] for name in names], rows)
        return Diarization(
            turns=_turns_of(output.speaker_diarization, labels, len(waveform), pause=PAUSE),
            exclusive=_turns_of(output.exclusive_speaker_diarization, labels, len(waveform), pause=0),
            voices=tuple(sorted(voices, key=lambda voice: int(voice.speaker[1:]))),
        )


def _turns_of(annotation: Any, labels: dict[str, str], length: int, *, pause: int) -> tuple[Turn, ...]:
    spans: dict[str, list[Span]] = {}
    for segment, _, name in annotation.itertracks(yield_label=True):
        start, end = samples(max(segment.start, 0.0)), min(samples(segment.end), length)
        if start < end:
            spans.setdefault(labels[name], []).append(Span(start, end))
    return tuple(sorted(Turn(span, who) for who, own in spans.items() for span in union(own, pause)))
