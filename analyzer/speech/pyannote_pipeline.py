"""pyannote.audio's `SpeakerDiarization` pipeline with this program's networks in its stages.

The pipeline keeps its order and its bookkeeping: segmentation, counting, embeddings, clustering, reconstruction.
What is replaced is what costs time or accuracy on a call: both networks run on ONNX Runtime; windows are joined into
one timeline before anything is embedded, so that each stretch of speech is embedded once, and not once for every
window that sees it; loud speech that the network took for none is asked about again; clustering takes a second look;
the two of an overlap are looked for by their sound; the timeline is made from probabilities, not from votes.

Import only after `networks.quiet_pyannote()`: importing pyannote.audio takes seconds and would start telemetry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pyannote.audio.core.plda import PLDA
from pyannote.audio.pipelines import SpeakerDiarization
from pyannote.core import Annotation, Segment, SlidingWindow, SlidingWindowFeature

from analyzer.progress import Progress, silent
from analyzer.speech import clustering, embedding, frames
from analyzer.speech.overlaps import Overlap, overlaps, reassigned
from analyzer.speech.segmentation import FRAME_STEP, FRAMES, WINDOW, Segmentation, segment
from analyzer.speech.stitch import Stretch, Timeline, stitch, stretches, window_start
from analyzer.speech.unheard import heard_again
from analyzer.speech.voices import people_of
from analyzer.timeline import SAMPLE_RATE

Network = Callable[[np.ndarray], np.ndarray]


@dataclass(slots=True)
class Findings:
    """What the stages found in one recording, each when it has run.

    `prints` (stretches, 192), NaN where a stretch is too short, and `seconds` of each; `people`, whose voice each is;
    `mixed` (overlaps, 192) and `mixed_seconds`, the same for what is heard in overlaps; `voices` (people, 192), each
    of length 1; `activity` and `chosen` (frames, people).
    """

    segmentation: Segmentation
    timeline: Timeline
    stretches: tuple[Stretch, ...]
    prints: np.ndarray = field(default_factory=lambda: np.zeros((0, embedding.DIMENSION)))
    seconds: np.ndarray = field(default_factory=lambda: np.zeros(0))
    narrow: bool = False
    overlaps: tuple[Overlap, ...] = ()
    mixed: np.ndarray = field(default_factory=lambda: np.zeros((0, embedding.DIMENSION)))
    mixed_seconds: np.ndarray = field(default_factory=lambda: np.zeros(0))
    people: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    voices: np.ndarray = field(default_factory=lambda: np.zeros((0, embedding.DIMENSION)))
    activity: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    chosen: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))


class CallPipeline(SpeakerDiarization):  # type: ignore[misc]
    """The pipeline, for one recording at a time; `found` holds what its stages found, for the evidence.

    Args:
        segmentation: pyannote's network, for what it says of itself; it is not run.
        hear: the same network on ONNX Runtime, (batch, 1, samples) to (batch, frames, 7) log probabilities.
        embed: CAM++ on ONNX Runtime.
        step: samples from one window to the next.
        rules: when two voices are one person.
    """

    def __init__(self, segmentation: Any, hear: Network, embed: Network, *, step: int, rules: clustering.Rules) -> None:
        # "Oracle" builds no embedding network and no clustering of pyannote's own.
        super().__init__(
            segmentation=segmentation,
            segmentation_step=step / WINDOW,
            clustering="OracleClustering",
            embedding_exclude_overlap=True,
            plda=_NoPlda(),
        )
        self._hear, self._embed = hear, embed
        self._step, self._rules = step, rules
        self._expects_num_speakers = False
        self.instantiate({"segmentation": {"min_duration_off": 0.0}})
        self._embedding = _Voiceprints()
        self.clustering: Callable[..., Any] = self._cluster
        self.progress: Progress = silent
        self.announced: int | None = None
        self.found: Findings | None = None

    def get_segmentations(self, file: dict[str, Any], hook: object = None) -> SlidingWindowFeature:
        """Who speaks in each frame of each window."""
        waveform: np.ndarray = file["waveform"][0].numpy()
        windows = segment(waveform, self._hear, step=self._step, progress=self.progress)
        timeline = heard_again(waveform, stitch(windows))
        self.found = Findings(windows, timeline, stretches(timeline))
        sliding = SlidingWindow(start=0.0, duration=WINDOW / SAMPLE_RATE, step=self._step / SAMPLE_RATE)
        return SlidingWindowFeature(windows.active.astype(np.uint8), sliding)

    def speaker_count(self, *_: object, **__: object) -> SlidingWindowFeature:
        """How many people speak at once: the expected number, rounded."""
        count = np.rint(frames.expected_speakers(self._findings.timeline)).astype(np.uint8)[:, None]
        step = FRAME_STEP / SAMPLE_RATE
        return SlidingWindowFeature(count, SlidingWindow(start=0.0, duration=step, step=step))

    def get_embeddings(
        self, file: dict[str, Any], binary_segmentations: SlidingWindowFeature, **_: object
    ) -> np.ndarray:
        """(windows, voices, 192) as the pipeline wants it: of each voice's stretches, embedded once, their mean."""
        found = self._findings
        waveform: np.ndarray = file["waveform"][0].numpy()
        found.overlaps = overlaps(found.timeline)
        alone = len(found.stretches)
        runs = [stretch.runs for stretch in found.stretches] + [((two.start, two.end),) for two in found.overlaps]
        prints, seconds, power = self._voiceprints(waveform, runs)
        found.prints, found.mixed = prints[:alone], prints[alone:]
        found.seconds, found.mixed_seconds = seconds[:alone], seconds[alone:]
        found.narrow = embedding.is_narrow(power)
        return embedding.unit(self._of_window_voices(np.nan_to_num(found.prints) * found.seconds[:, None])[0])

    def _voiceprints(
        self, waveform: np.ndarray, where: Sequence[Sequence[tuple[int, int]]]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is heard in each of `where`, runs of frames: voiceprints, seconds, and all their power by mel band."""
        features = embedding.Features(waveform)
        prints = np.full((len(where), embedding.DIMENSION), np.nan, dtype=np.float32)
        seconds, power = np.zeros(len(where)), np.zeros(embedding.MEL_BANDS)
        # In order of time, because features are computed once and dropped behind the reader.
        for done, i in enumerate(sorted(range(len(where)), key=lambda i: where[i][0]), 1):
            edges = [(frames.sample_of(a, len(waveform)), frames.sample_of(b, len(waveform))) for a, b in where[i]]
            prints[i], seconds[i], loud = embedding.of_stretch(features, edges, self._embed)
            power += loud
            if done % 16 == 0 or done == len(where):
                self.progress("voices", done, len(where))
        return prints, seconds, power

    def _cluster(
        self, *, num_clusters: int | None, min_clusters: int, max_clusters: float, **_: object
    ) -> tuple[np.ndarray, None, np.ndarray]:
        """People of the stretches, and the one whom each window's voice is most of the time."""
        found = self._findings
        found.people, found.voices = people_of(
            found.stretches,
            found.prints,
            found.seconds,
            self._rules,
            narrow=found.narrow,
            exactly=num_clusters,
            least=min_clusters,
            most=None if np.isinf(max_clusters) else int(max_clusters),
            announced=self.announced,
        )
        spoken = np.zeros((len(found.stretches), len(found.voices) + 1))
        spoken[np.arange(len(found.people)), found.people] = found.seconds + 1e-3
        votes, any_stretch = self._of_window_voices(spoken)
        return np.where(any_stretch, votes.argmax(axis=2), -2), None, found.voices

    def _of_window_voices(self, of_stretch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The sum over the stretches of each window's voices, and whether there are any."""
        found = self._findings
        chains = found.timeline.of_window
        total = np.zeros((*chains.shape, of_stretch.shape[1]), dtype=np.float32)
        known = np.zeros(chains.shape, dtype=bool)
        starts = np.array([window_start(window, self._step) for window in range(len(chains))])
        for stretch, value in zip(found.stretches, of_stretch, strict=True):
            first, last = np.searchsorted(starts, [stretch.start - FRAMES, stretch.end])
            windows, voices = np.nonzero(chains[first:last] == stretch.chain)
            total[first + windows, voices] += value
            known[first + windows, voices] = True
        return total, known

    def reconstruct(self, segmentations: object, hard_clusters: object, count: SlidingWindowFeature) -> Any:
        """Who speaks in each frame of the recording."""
        found = self._findings
        first_pass = not len(found.activity)
        if first_pass:
            by_chain = frames.activity(found.timeline, found.stretches, found.people, len(found.voices))
            found.activity = reassigned(
                by_chain,
                found.timeline,
                found.overlaps,
                found.mixed,
                found.mixed_seconds,
                found.stretches,
                found.people,
                found.voices,
            )
        chosen = frames.speaking(found.activity, count.data[:, 0])
        if first_pass:  # the second is the pipeline's own one speaker at a time
            found.chosen = chosen
        return SlidingWindowFeature(chosen, count.sliding_window)

    @staticmethod
    def to_annotation(discrete_diarization: SlidingWindowFeature, **_: object) -> Annotation:
        """The runs of frames in which each person speaks; labels are their numbers."""
        annotation = Annotation()
        length = discrete_diarization.data.shape[0] * FRAME_STEP
        for person in range(discrete_diarization.data.shape[1]):
            for start, end in frames.runs(discrete_diarization.data[:, person]):
                at = [frames.sample_of(int(edge), length) / SAMPLE_RATE for edge in (start, end)]
                annotation[Segment(*at), person] = person
        return annotation

    @property
    def _findings(self) -> Findings:
        if self.found is None:
            raise RuntimeError("a stage ran before the segmentation")
        return self.found


class _Voiceprints:
    """What the pipeline asks of its embedding network by itself, when nobody speaks."""

    dimension = embedding.DIMENSION
    sample_rate = SAMPLE_RATE
    metric = "cosine"


class _NoPlda(PLDA):  # type: ignore[misc]
    """Stands where the pipeline insists on a model that only its own clustering would use."""

    def __init__(self) -> None:
        pass
