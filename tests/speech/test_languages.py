"""Which language is spoken where, by a Whisper that tells what the test wants."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from analyzer.speech.transcription.chunks import Chunk, pack
from analyzer.speech.transcription.languages import PART, Probabilities, by_language
from analyzer.timeline import Span, samples, seconds

LENGTH = samples(120)
SPEECH = [Span(samples(at), samples(at + 5.5)) for at in range(0, 120, 6)]
WAVEFORM = np.random.default_rng(1).normal(0, 0.1, LENGTH).astype(np.float32)
for before, after in pairwise(SPEECH):
    WAVEFORM[before.end : after.start] = 0

Asked = list[tuple[float, bool]]


def told(language_at: Callable[[float], Probabilities], asked: Asked) -> Callable[[Chunk, bool], Probabilities]:
    def tell(part: Chunk, carefully: bool) -> Probabilities:
        middle = seconds(part.pieces[0].start + part.pieces[-1].end) / 2
        asked.append((middle, carefully))
        return language_at(middle)

    return tell


def spoken(language_at: Callable[[float], Probabilities], likely: str | None = None) -> list[tuple[float, str]]:
    """From when on each language is spoken, in seconds."""
    found = by_language(pack(SPEECH, WAVEFORM), WAVEFORM, told(language_at, []), likely)
    changes: list[tuple[float, str]] = []
    for chunk, language in found:
        if not changes or changes[-1][1] != language:
            changes.append((seconds(chunk.pieces[0].start), language))
    return changes


@pytest.mark.parametrize("change", range(6, 120, 6))
def test_a_change_is_found_within_a_part(change: int) -> None:
    found = spoken(lambda at: {"en": 0.97, "de": 0.01} if at < change else {"de": 0.9, "en": 0.05})
    assert [language for _, language in found] == ["en", "de"]
    assert found[1][0] == pytest.approx(change, abs=seconds(PART))


def test_chunks_hold_all_speech_once_whatever_is_spoken() -> None:
    chunks = pack(SPEECH, WAVEFORM)
    cut = by_language(chunks, WAVEFORM, told(lambda at: {"en": 0.9} if at < 50 else {"de": 0.9}, []))
    whole = sum(piece.length for chunk in chunks for piece in chunk.pieces)
    assert sum(piece.length for chunk, _ in cut for piece in chunk.pieces) == whole
    assert len(cut) <= len(chunks) + 1


def test_a_call_in_one_language_is_asked_once_for_each_chunk_and_at_both_ends() -> None:
    asked: Asked = []
    chunks = pack(SPEECH, WAVEFORM)
    assert by_language(chunks, WAVEFORM, told(lambda _: {"en": 0.9}, asked)) == [(chunk, "en") for chunk in chunks]
    assert [carefully for _, carefully in asked] == [False] * (len(chunks) + 2)


def test_what_looks_like_another_language_now_and_then_is_none() -> None:
    assert spoken(lambda at: {"cy": 0.57, "en": 0.4} if 40 < at < 60 else {"en": 0.9}) == [(0.0, "en")]


def test_a_language_of_the_call_is_not_found_in_one_doubtful_part() -> None:
    def language_at(at: float) -> Probabilities:
        if at > 85:
            return {"de": 0.95, "en": 0.02}
        return {"de": 0.5, "en": 0.3} if 25 < at < 50 else {"en": 0.95}

    assert [language for _, language in spoken(language_at)] == ["en", "de"]


def test_languages_that_are_taken_for_each_other_are_one() -> None:
    assert spoken(lambda at: {"no": 0.9} if at < 80 else {"da": 0.9}) == [(0.0, "no")]


def test_the_rest_of_the_call_decides_for_a_channel_that_is_not_sure() -> None:
    def unsure(_: float) -> Probabilities:
        return {"cy": 0.5, "en": 0.3}

    assert spoken(unsure) == [(0.0, "cy")]
    assert spoken(unsure, "en") == [(0.0, "en")]
    assert spoken(lambda _: {"de": 0.97}, "en") == [(0.0, "de")]
