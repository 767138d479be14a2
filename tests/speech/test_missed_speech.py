"""Loud speech that the network missed: which sounds are asked about, and what becomes of the answer."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.speech.diarization.missed_speech import (
    SHORTEST,
    loud_silence,
    silero,
    spoken,
    with_missed_speech,
    with_speech,
)
from analyzer.speech.diarization.overlaps import overlaps
from analyzer.speech.diarization.segmentation import FRAME_STEP
from analyzer.speech.diarization.stitch import Timeline, segments
from analyzer.timeline import SAMPLE_RATE, Span

FRAMES = 3000


def timeline_with(*speech: tuple[int, int], frames: int = FRAMES) -> Timeline:
    """One chain that speaks in each of `speech`."""
    probability, chain = np.zeros((frames, 3), dtype=np.float32), np.full((frames, 3), -1)
    for start, end in speech:
        probability[start:end, 0], chain[start:end, 0] = 0.95, 0
    return Timeline(probability, chain, np.zeros((0, 3), dtype=int))


def sound(*loud: tuple[int, int, float], noise: float = 1e-4, frames: int = FRAMES) -> np.ndarray:
    """Noise, with louder noise of the given size from frame to frame."""
    rng = np.random.default_rng(0)
    waveform = rng.normal(0, noise, frames * FRAME_STEP).astype(np.float32)
    for start, end, size in loud:
        waveform[start * FRAME_STEP : end * FRAME_STEP] += rng.normal(0, size, (end - start) * FRAME_STEP)
    return waveform


def test_a_loud_sound_without_a_speaker_is_asked_about() -> None:
    [(start, end)] = loud_silence(sound((100, 1000, 0.05), (1500, 1700, 0.05)), timeline_with((100, 1000)))
    assert abs(start - 1500) <= 6
    assert abs(end - 1700) <= 6


def test_the_edges_of_speech_are_not() -> None:
    assert loud_silence(sound((90, 1010, 0.05)), timeline_with((100, 1000))) == []


@pytest.mark.parametrize(
    ("size", "why"),
    [
        (2e-4, "hardly above the noise"),
        (5e-4, "forty decibels below the speech"),
    ],
)
def test_a_soft_sound_is_not(size: float, why: str) -> None:
    assert loud_silence(sound((100, 1000, 0.05), (1500, 1700, size)), timeline_with((100, 1000))) == [], why


def test_a_quiet_voice_is() -> None:
    """Twenty decibels below the others, thirty above the noise."""
    assert len(loud_silence(sound((100, 1000, 0.05), (1500, 1700, 0.005)), timeline_with((100, 1000)))) == 1


def test_a_knock_is_not() -> None:
    assert loud_silence(sound((100, 1000, 0.05), (1500, 1500 + SHORTEST - 8, 0.05)), timeline_with((100, 1000))) == []


def test_without_any_speech_nothing_is_loud() -> None:
    assert loud_silence(sound((1500, 1700, 0.05)), timeline_with()) == []


@pytest.mark.parametrize("length", [1, 269, 270, 4800])
def test_a_very_short_recording_is_taken(length: int) -> None:
    assert loud_silence(np.full(length, 0.1, dtype=np.float32), timeline_with((0, 589), frames=589)) == []


def test_frames_beyond_the_end_are_left_alone() -> None:
    waveform = sound((100, 1000, 0.05), (1500, 1700, 0.05))[: 1600 * FRAME_STEP]
    [(start, end)] = loud_silence(waveform, timeline_with((100, 1000)))
    assert end <= 1600
    assert start < end


def test_the_detector_hears_a_second_around_and_answers_within_the_sound() -> None:
    heard: list[int] = []

    def detector(waveform: np.ndarray) -> list[Span]:
        heard.append(len(waveform))
        return [Span(0, len(waveform))]

    assert spoken(sound(), [(1500, 1700)], detector) == [(1500, 1700)]
    assert heard == [200 * FRAME_STEP + 2 * SAMPLE_RATE]


def test_the_ends_of_the_recording_cut_what_the_detector_hears() -> None:
    heard: list[int] = []

    def detector(waveform: np.ndarray) -> list[Span]:
        heard.append(len(waveform))
        return []

    assert spoken(sound(), [(0, 100), (FRAMES - 100, FRAMES)], detector) == []
    assert heard == [100 * FRAME_STEP + SAMPLE_RATE] * 2


def test_less_than_half_a_second_of_speech_is_none() -> None:
    def detector(waveform: np.ndarray) -> list[Span]:
        return [Span(SAMPLE_RATE, SAMPLE_RATE + SAMPLE_RATE // 2)]

    assert spoken(sound(), [(1500, 1700)], detector) == []


def test_found_speech_is_a_chain_of_its_own_and_a_stretch() -> None:
    before = timeline_with((100, 1000))
    after = with_speech(before, [(1500, 1600), (1700, 1750)])
    found = [segment for segment in segments(after) if segment.start >= 1500]
    assert len({segment.chain for segment in found}) == 2
    assert {segment.chain for segment in segments(after)} > {segment.chain for segment in segments(before)}
    assert (found[0].start, found[-1].end) == (1500, 1750)
    assert np.array_equal(after.probability[:1500], before.probability[:1500])
    assert overlaps(after) == ()
    assert not before.probability[1500:].any(), "the input was changed"


def test_without_a_sound_nothing_is_loaded_and_nothing_changes() -> None:
    def detector(waveform: np.ndarray) -> list[Span]:
        raise AssertionError("nothing to ask about")

    timeline = timeline_with((100, 1000))
    assert with_missed_speech(sound((100, 1000, 0.05)), timeline, detector) is timeline


def test_the_real_detector_takes_noise_for_none() -> None:
    """Tones and noise, ten seconds of each."""
    at = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE
    assert silero(sound((0, 500, 0.05))) == []
    assert silero((0.2 * np.sin(2 * np.pi * 440 * at)).astype(np.float32)) == []


@pytest.mark.models
def test_speech_that_is_taken_away_from_the_timeline_is_found_again(samples: object) -> None:
    """The first turns of a sample call: the network is made to have missed one of them."""
    from pathlib import Path

    from analyzer.audio.decode import decode
    from analyzer.bench.truth import read_rttm

    assert isinstance(samples, Path)
    waveform = decode(samples / "led-call.ogg").mono()[: 60 * SAMPLE_RATE]
    turns = [turn.span for turn in read_rttm(samples / "led-call.rttm") if turn.span.end < len(waveform)]
    longest = max(turns, key=lambda span: span.length)
    known = timeline_with(
        *((s.start // FRAME_STEP, s.end // FRAME_STEP) for s in turns if s != longest),
        frames=len(waveform) // FRAME_STEP + 1,
    )
    again = with_missed_speech(np.ascontiguousarray(waveform), known)
    missed = slice(longest.start // FRAME_STEP, longest.end // FRAME_STEP)
    assert (again.probability[missed] > 0.5).any(axis=1).mean() > 0.8
    assert len(set(again.chain.max(axis=1).tolist())) >= 2
