"""The stock stack: what a user would put together from the same parts, with the same weights.

* who spoke when: pyannote.audio's `SpeakerDiarization` as it comes (a window every 10 %, the network on PyTorch,
  agglomerative clustering with centroids and at least 12 windows a speaker as in pyannote's 3.1 pipeline, overlap left
  out of voiceprints). Its own voiceprint network is not to be had without a token, so CAM++ stands in its place, run as
  pyannote runs WeSpeaker's ONNX file: one voice of one window after the other, the frames of that voice alone. The
  threshold is 0.6, because pyannote's 0.70 was fitted to another network and makes one of two voices here.
* words: faster-whisper in its own order, `WhisperModel.transcribe(..., word_timestamps=True)`, everything else default.

Turns are bridged over pauses of up to 0.5 s, as ours are; words go to speakers by the same rule.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.progress import Progress, silent
from analyzer.speech.diarization.diarizer import Models
from analyzer.speech.diarization.embedding import DIMENSION, MEL_BANDS
from analyzer.speech.diarization.stages import PAUSE
from analyzer.speech.models import networks
from analyzer.speech.recognition import Diarization, Transcript
from analyzer.timeline import SAMPLE_RATE, Span, Turn, Word, samples, union

if TYPE_CHECKING:
    import torch

THRESHOLD = 0.6
LEAST_WINDOWS = 12
LEAST_FRAMES = 20
"""Feature frames (10 ms) below which a voiceprint is not taken; pyannote then takes the voice's nearest cluster."""


class _CamPlusPlusAsPyannote:
    """CAM++ with the face of pyannote's `PretrainedSpeakerEmbedding`."""

    sample_rate = SAMPLE_RATE
    dimension = DIMENSION
    metric = "cosine"
    min_num_samples = 3440  # 20 frames of 25 ms every 10 ms

    def __init__(self, weights: Path) -> None:
        self._network = networks.campplus_onnx(weights, device="cpu")

    def to(self, _device: object) -> _CamPlusPlusAsPyannote:
        return self

    def __call__(self, waveforms: torch.Tensor, masks: torch.Tensor | None = None) -> np.ndarray:
        """(batch, 1, samples) and (batch, frames) to (batch, 192), NaN where a voice has too little of a window."""
        import torch.nn.functional as functional

        prints = np.full((len(waveforms), DIMENSION), np.nan, dtype=np.float32)
        for i, waveform in enumerate(waveforms):
            features = _fbank(waveform)
            if masks is not None:
                mask = functional.interpolate(masks[i][None, None], size=len(features), mode="nearest")[0, 0]
                features = features[mask > 0.5]
            if len(features) >= LEAST_FRAMES:
                prints[i] = self._network((features - features.mean(dim=0)).numpy()[None])[0]
        return prints


def _fbank(waveform: torch.Tensor) -> torch.Tensor:
    """(1, samples) to (frames, 80), by the routine that pyannote uses too."""
    from torchaudio.compliance import kaldi

    bands: torch.Tensor = kaldi.fbank(
        waveform, num_mel_bins=MEL_BANDS, dither=0.0, sample_frequency=SAMPLE_RATE, window_type="povey"
    )
    return bands


class StockStack:
    """The stack on one machine's processors; each model is loaded when it is first asked for."""

    def __init__(self, store: Models, *, asr_model: str = "base") -> None:
        self._store = store
        self._asr_model = asr_model

    @cached_property
    def pipeline(self) -> Any:
        """pyannote's pipeline."""
        networks.quiet_pyannote()
        from pyannote.audio.core.plda import PLDA
        from pyannote.audio.pipelines import SpeakerDiarization

        class NoPlda(PLDA):  # type: ignore[misc]
            """The pipeline insists on one, which only another clustering would use."""

            def __init__(self) -> None:
                pass

        pipeline = SpeakerDiarization(
            segmentation=networks.load_segmentation(self._store.path("segmentation-3.0") / "pytorch_model.bin"),
            embedding_exclude_overlap=True,
            clustering="OracleClustering",
            plda=NoPlda(),
            segmentation_batch_size=32,
            embedding_batch_size=32,
        )
        from pyannote.audio import Audio
        from pyannote.audio.pipelines.clustering import AgglomerativeClustering

        # pyannote picks a voiceprint network by its name and knows none of CAM++: put in place by hand.
        pipeline._embedding = _CamPlusPlusAsPyannote(self._store.path("campplus") / "campplus_cn_en_common.pt")
        pipeline._audio = Audio(sample_rate=SAMPLE_RATE, mono="downmix")
        pipeline.klustering = "AgglomerativeClustering"
        pipeline.clustering = AgglomerativeClustering(metric="cosine")
        pipeline._expects_num_speakers = False
        pipeline.instantiate(
            {
                "segmentation": {"min_duration_off": 0.0},
                "clustering": {"method": "centroid", "min_cluster_size": LEAST_WINDOWS, "threshold": THRESHOLD},
            }
        )
        return pipeline

    @cached_property
    def whisper(self) -> Any:
        """faster-whisper's model, in 8-bit integers."""
        from faster_whisper import WhisperModel

        return WhisperModel(
            str(self._store.path(f"whisper-{self._asr_model}")),
            device="cpu",
            compute_type="int8",
            cpu_threads=networks.cores(sys.maxsize),
            local_files_only=True,
        )

    def diarize(self, waveform: np.ndarray, *, progress: Progress = silent) -> Diarization:
        """Who spoke when, without evidence, which this pipeline does not give."""
        import torch

        progress("load", 0, None)
        pipeline = self.pipeline
        progress("diarize", 0, None)
        memory = torch.from_numpy(np.array(waveform, dtype=np.float32))[None]
        output = pipeline({"waveform": memory, "sample_rate": SAMPLE_RATE, "uri": "call"})
        labels = {name: f"S{i + 1}" for i, name in enumerate(_in_order(output.speaker_diarization))}
        length = len(waveform)
        return Diarization(
            turns=_turns(output.speaker_diarization, labels, length, PAUSE),
            exclusive=_turns(output.exclusive_speaker_diarization, labels, length, 0),
        )

    def transcribe(self, waveform: np.ndarray, *, language: str | None, progress: Progress = silent) -> Transcript:
        """The words."""
        progress("load", 0, None)
        model = self.whisper
        progress("transcribe", 0, None)
        segments, about = model.transcribe(waveform, language=language, word_timestamps=True)
        return Transcript(
            tuple(_words(segments, len(waveform))), str(about.language), f"faster-whisper {self._asr_model}"
        )


def _words(segments: Iterable[Any], length: int) -> Iterable[Word]:
    for segment in segments:
        for word in segment.words or ():
            start = min(samples(word.start), length - 1)
            yield Word(Span(start, max(start + 1, min(samples(word.end), length))), word.word.strip(), word.probability)


def _in_order(annotation: Any) -> list[str]:
    heard = sorted(annotation.itertracks(yield_label=True), key=lambda track: track[0].start)
    return list(dict.fromkeys(name for _, _, name in heard))


def _turns(annotation: Any, labels: dict[str, str], length: int, pause: int) -> tuple[Turn, ...]:
    spans: dict[str, list[Span]] = {}
    for segment, _, name in annotation.itertracks(yield_label=True):
        start, end = samples(max(segment.start, 0.0)), min(samples(segment.end), length)
        if start < end and name in labels:
            spans.setdefault(labels[name], []).append(Span(start, end))
    return tuple(sorted(Turn(span, who) for who, heard in spans.items() for span in union(heard, pause)))
