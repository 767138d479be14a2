"""Diarization as a list of stages: a waveform in, the turns of `S1`, `S2`, … out.

    windows     who speaks in each frame of ten seconds, three voices at most          segmentation.py
    speech      the windows as one timeline, with speech that they missed,             stitch.py, missed_speech.py
                without pauses that they filled;                                       filled_pauses.py
                where one voice is alone (segments), where two speak at once          overlaps.py
    voiceprints what each of these sounds like                                         embedding.py
    speakers    which segments are one person                                         speakers.py, clustering.py
    activity    who speaks in each frame, and who the two of an overlap are            frames.py, overlaps.py
    turns       the same as turns, with how sure each is                               frames.py, evidence.py

The order is that of pyannote.audio's `SpeakerDiarization`. Three things differ, for time or accuracy on a call:
windows are joined before anything is embedded, so that each segment is embedded once and not once for every window
that sees it; the two people of an overlap are found by their sound; the timeline is made from probabilities, not from
votes. Each stage takes and gives frozen records and keeps nothing, so one diarizer may serve several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.progress import Progress, silent
from analyzer.speech.diarization import embedding, frames
from analyzer.speech.diarization.clustering import Rules
from analyzer.speech.diarization.evidence import evidence_of
from analyzer.speech.diarization.filled_pauses import filled_pauses
from analyzer.speech.diarization.missed_speech import with_missed_speech
from analyzer.speech.diarization.overlaps import Overlap, overlaps, reassigned
from analyzer.speech.diarization.segmentation import Segmentation, segment
from analyzer.speech.diarization.speakers import SpeakerBounds, speakers_of
from analyzer.speech.diarization.stitch import Segment, Timeline, segments, stitch
from analyzer.speech.recognition import Diarization, Voice
from analyzer.timeline import SAMPLE_RATE

PAUSE = SAMPLE_RATE // 2
"""Pauses up to this long, in samples, are inside a turn."""

Network = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False, slots=True)
class Speech:
    """Where anybody speaks: `at_once` (frames,) is how many people do; the rest says where one or two are heard."""

    timeline: Timeline
    at_once: np.ndarray
    segments: tuple[Segment, ...]
    overlaps: tuple[Overlap, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Voiceprints:
    """What the segments and the overlaps sound like.

    `alone` (segments, 192) of length 1, NaN where a segment is too short, with `seconds` (segments,) of speech in
    each; `mixed` and `mixed_seconds` the same for the overlaps. `narrow`: the call went over a telephone line.
    """

    alone: np.ndarray
    seconds: np.ndarray
    mixed: np.ndarray
    mixed_seconds: np.ndarray
    narrow: bool


@dataclass(frozen=True, eq=False, slots=True)
class Speakers:
    """`of_segment` (segments,): whose voice each is; `voices` (speakers, 192), each of length 1."""

    of_segment: np.ndarray
    voices: np.ndarray


@dataclass(frozen=True, eq=False, slots=True)
class Activity:
    """`probability` (frames, speakers) that each speaks, and `speaks` (frames, speakers), the booleans made of it."""

    probability: np.ndarray
    speaks: np.ndarray


def diarize(
    waveform: np.ndarray,
    hear: Network,
    embed: Network,
    *,
    step: int,
    rules: Rules,
    bounds: SpeakerBounds,
    progress: Progress = silent,
) -> Diarization:
    """Who speaks when on a recording; no turns where no one does.

    Args:
        waveform: mono float32, 16 kHz.
        hear: segmentation-3.0, (batch, 1, samples) to (batch, frames, 7) log probabilities.
        embed: CAM++, (batch, frames, 80) mel bands to (batch, 192).
        step: samples from one window to the next.
        rules: when two voices are one person.
        bounds: what is known of the number of people.
        progress: is told "segmentation" (windows) and "voices" (segments and overlaps).
    """
    windows = segment(waveform, hear, step=step, progress=progress)
    speech = find_speech(waveform, windows)
    if not speech.at_once.any():
        return Diarization((), ())
    prints = take_voiceprints(waveform, speech, embed, progress=progress)
    speakers = find_speakers(speech, prints, rules, bounds)
    if not len(speakers.voices):
        return Diarization((), ())
    activity = place_speakers(speech, prints, speakers, bounds)
    return turns_of(speech, prints, speakers, activity, len(waveform))


def find_speech(waveform: np.ndarray, windows: Segmentation) -> Speech:
    """The windows as one timeline, and where on it one voice is alone and where two speak at once."""
    timeline = with_missed_speech(waveform, stitch(windows))
    at_once = np.rint(frames.expected_speakers(timeline)).astype(np.uint8)
    at_once[filled_pauses(waveform, timeline)] = 0
    return Speech(timeline, at_once, segments(timeline), overlaps(timeline))


def take_voiceprints(waveform: np.ndarray, speech: Speech, embed: Network, *, progress: Progress) -> Voiceprints:
    """The voiceprint of each segment and of each overlap, each taken once."""
    where = [segment.runs for segment in speech.segments] + [((two.start, two.end),) for two in speech.overlaps]
    features = embedding.Features(waveform)
    prints = np.full((len(where), embedding.DIMENSION), np.nan, dtype=np.float32)
    seconds, power = np.zeros(len(where)), np.zeros(embedding.MEL_BANDS)
    # In order of time, because features are computed once and dropped behind the reader.
    for done, i in enumerate(sorted(range(len(where)), key=lambda i: where[i][0]), 1):
        edges = [(frames.sample_of(a, len(waveform)), frames.sample_of(b, len(waveform))) for a, b in where[i]]
        prints[i], seconds[i], loud = embedding.of_segment(features, edges, embed)
        power += loud
        if done % 16 == 0 or done == len(where):
            progress("voices", done, len(where))
    alone = len(speech.segments)
    return Voiceprints(prints[:alone], seconds[:alone], prints[alone:], seconds[alone:], embedding.is_narrow(power))


def find_speakers(speech: Speech, prints: Voiceprints, rules: Rules, bounds: SpeakerBounds) -> Speakers:
    """Whose voice each segment is; no voices when every segment is too short for a voiceprint."""
    return Speakers(
        *speakers_of(speech.segments, prints.alone, prints.seconds, rules, narrow=prints.narrow, bounds=bounds)
    )


def place_speakers(speech: Speech, prints: Voiceprints, speakers: Speakers, bounds: SpeakerBounds) -> Activity:
    """Who speaks in each frame: the segments' people, and in overlaps the two that they sound like."""
    probability = frames.activity(speech.timeline, speech.segments, speakers.of_segment, len(speakers.voices))
    probability = reassigned(
        probability,
        speech.timeline,
        speech.overlaps,
        prints.mixed,
        prints.mixed_seconds,
        speech.segments,
        speakers.of_segment,
        speakers.voices,
    )
    at_once = speech.at_once if bounds.most is None else np.minimum(speech.at_once, bounds.most)
    return Activity(probability, frames.speaking(probability, at_once))


def turns_of(speech: Speech, prints: Voiceprints, speakers: Speakers, activity: Activity, length: int) -> Diarization:
    """The activity as turns, with the speakers in order of first speech and the evidence for each turn."""
    first = {who: frames.runs(activity.speaks[:, who])[:1, 0] for who in range(activity.speaks.shape[1])}
    order = sorted((who for who in first if len(first[who])), key=lambda who: int(first[who][0]))
    if not order:
        return Diarization((), ())
    labels = tuple(f"S{number + 1}" for number in range(len(order)))
    speaks, probability = activity.speaks[:, order], activity.probability[:, order]
    voices = speakers.voices[order]
    turns = frames.turns(speaks, labels, length, pause=PAUSE)
    rank = np.full(len(speakers.voices), -1)
    rank[order] = np.arange(len(order))
    return Diarization(
        turns=turns,
        exclusive=frames.exclusive_turns(probability, speaks, labels, length),
        voices=voice_records(labels, voices),
        evidence=evidence_of(
            turns,
            speech.segments,
            rank[speakers.of_segment],
            np.nan_to_num(prints.alone) * prints.seconds[:, None],
            voices,
            probability,
            speaks,
        ),
    )


def voice_records(labels: Sequence[str], prints: np.ndarray) -> tuple[Voice, ...]:
    """The records of voices that sound like `prints`, (speakers, dimension) of length 1."""
    likeness = prints @ prints.T
    np.fill_diagonal(likeness, -np.inf)
    margins = [float(1.0 - row.max()) if len(labels) > 1 else None for row in likeness]
    return tuple(
        Voice(label, tuple(float(number) for number in voice), margin)
        for label, voice, margin in zip(labels, prints, margins, strict=True)
    )
