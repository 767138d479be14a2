"""Packing speech into what Whisper hears at once, and putting words back where they were said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.speech.transcription.chunks import (
    CHUNK,
    Chunk,
    compression,
    cut_quietly,
    missed,
    pack,
    without_loops,
    wordless,
)
from analyzer.timeline import SAMPLE_RATE, Span, Word, intersection, samples, subtraction, total


def span(start: float, end: float) -> Span:
    """From seconds."""
    return Span(samples(start), samples(end))


def silence(seconds: float) -> np.ndarray:
    return np.zeros(samples(seconds), dtype=np.float32)


def said(text: str, *, start: float = 0.0, step: float = 0.5) -> list[Word]:
    """Each word half as long as `step`, one every `step` seconds."""
    return [Word(span(start + i * step, start + (i + 0.5) * step), word) for i, word in enumerate(text.split())]


def test_regions_close_together_are_one_piece_and_a_long_pause_is_left_out() -> None:
    # Padded by 0.2 s: 9.8-20.2, 20.3-30.2 (a pause of 0.1 s stays) and 39.8-45.2 (9.6 s become
    # half a second): 20.4 + 0.5 + 5.4 = 26.3 s.
    chunks = pack([span(10, 20), span(20.5, 30), span(40, 45)], silence(100))
    assert [chunk.pieces for chunk in chunks] == [(span(9.8, 30.2), span(39.8, 45.2))]
    assert chunks[0].length == samples(26.3)


def test_a_pause_of_a_second_stays_and_a_longer_one_goes() -> None:
    # Between 10.2 and 11.2 lies exactly 1 s; between 10.2 and 11.21 a little more.
    assert pack([span(5, 10), span(11.4, 15)], silence(60)) == (Chunk((span(4.8, 15.2),)),)
    assert pack([span(5, 10), span(11.41, 15)], silence(60)) == (Chunk((span(4.8, 10.2), span(11.21, 15.2))),)


def test_a_region_that_does_not_fit_any_more_opens_a_new_chunk_and_is_not_cut() -> None:
    # 4.8-25.2 is 20.4 s; 0.5 s of silence and 10.4 s more would be 31.3.
    chunks = pack([span(5, 25), span(50, 60)], silence(100))
    assert [chunk.pieces for chunk in chunks] == [(span(4.8, 25.2),), (span(49.8, 60.2),)]


def test_padding_stops_at_both_ends_of_the_recording_and_what_lies_beyond_is_dropped() -> None:
    assert pack([span(0.1, 0.9), span(2, 3)], silence(1)) == (Chunk((span(0, 1),)),)


def test_no_speech_is_no_chunk() -> None:
    assert pack([], silence(10)) == ()


def test_a_region_longer_than_a_chunk_is_cut_where_it_is_quietest() -> None:
    # 70 s of noise with 0.4 s of silence at 20 s and at 44 s. The first cut lies between 15 and 30 s, the second
    # between 15 and 30 s after it; the last 26 s fit.
    noise = np.random.default_rng(1).normal(0, 0.1, samples(70)).astype(np.float32)
    for at in (20, 44):
        noise[samples(at) : samples(at + 0.4)] = 0
    parts = cut_quietly(span(0, 70), noise, CHUNK)
    assert len(parts) == 3
    assert span(20, 20.4).start < parts[0].end < span(20, 20.4).end
    assert span(44, 44.4).start < parts[1].end < span(44, 44.4).end


def test_a_region_a_little_longer_than_a_chunk_leaves_no_crumb() -> None:
    # 31 s: the first part is 15 to 23.5 s long, so that at least a quarter of a chunk is left.
    noise = np.random.default_rng(2).normal(0, 0.1, samples(31)).astype(np.float32)
    first, second = cut_quietly(span(0, 31), noise, CHUNK)
    assert samples(15) <= first.length <= samples(23.5)
    assert (first.end, second.end) == (second.start, samples(31))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1900), st.integers(1, 700)), max_size=15), st.integers(0, 2**32 - 1))
def test_every_sample_of_speech_is_in_exactly_one_chunk_and_none_is_too_long(
    regions: list[tuple[int, int]], seed: int
) -> None:
    waveform = np.random.default_rng(seed).normal(0, 0.1, samples(200)).astype(np.float32)
    speech = [Span(start * 1600, (start + length) * 1600) for start, length in regions]
    chunks = pack(speech, waveform)
    pieces = [piece for chunk in chunks for piece in chunk.pieces]
    assert all(chunk.length <= CHUNK for chunk in chunks)
    assert total(pieces) == sum(piece.length for piece in pieces), "pieces overlap"
    assert pieces == sorted(pieces)
    inside = intersection(speech, [Span(0, len(waveform))])
    assert subtraction(inside, pieces) == ()
    for chunk in chunks:
        assert len(chunk.audio(waveform)) == chunk.length


def test_a_word_goes_back_to_where_it_was_said() -> None:
    # Pieces of 2 s and 5 s with half a second of silence between them: second 2.5 of the chunk is 20 of the recording.
    chunk = Chunk((span(10, 12), span(20, 25)))
    assert chunk.place(samples(1.5), samples(1.9)) == span(11.5, 11.9)
    assert chunk.place(samples(3.0), samples(3.5)) == span(20.5, 21)


def test_a_word_across_a_left_out_pause_belongs_to_the_piece_it_shares_most_with() -> None:
    chunk = Chunk((span(10, 12), span(20, 25)))
    assert chunk.place(samples(1.9), samples(3.0)) == span(20, 20.5)  # 0.1 s of the first piece, 0.5 s of the second
    assert chunk.place(samples(1.2), samples(2.7)) == span(11.2, 12)  # 0.8 s and 0.2 s
    assert chunk.place(samples(2.2), samples(2.4)) == Span(
        samples(20), samples(20) + 1
    )  # in the silence, nearer to the second


def test_the_pause_between_pieces_is_half_a_second_of_silence() -> None:
    waveform = np.arange(samples(30), dtype=np.float32)
    audio = Chunk((span(10, 12), span(20, 25))).audio(waveform)
    assert len(audio) == samples(7.5)
    assert (audio[samples(1)], audio[samples(2.2)], audio[samples(2.5)]) == (samples(11), 0, samples(20))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1.0, 1.0, Span(samples(11), samples(11) + 1)),  # no length: one sample
        (8.0, 9.0, Span(samples(25) - 1, samples(25))),  # beyond the chunk: its last sample
        (7.0, 8.0, span(24.5, 25)),  # over the end: cut
    ],
)
def test_a_word_always_has_a_length_and_stays_in_the_chunk(start: float, end: float, expected: Span) -> None:
    assert Chunk((span(10, 12), span(20, 25))).place(samples(start), samples(end)) == expected


@pytest.mark.parametrize("pieces", [(), (span(5, 6), span(1, 2)), (span(1, 3), span(2, 4))])
def test_a_chunk_checks_its_pieces(pieces: tuple[Span, ...]) -> None:
    with pytest.raises(ValueError, match="piece"):
        Chunk(pieces)


def test_speech_without_a_word_for_a_second_is_missed() -> None:
    # Words from 0.1 to 3.9 with 0.9 s between two of them, then nothing until 10: 3.9-10 is missed. The second region
    # is 0.8 s long and the third has its word 0.5 s in.
    words = [Word(span(0.1, 1), "a"), Word(span(1.9, 3.9), "b"), Word(span(30.5, 31), "c")]
    assert missed([span(0, 10), span(20, 20.8), span(30, 31)], words) == (span(3.9, 10),)


def test_speech_without_any_word_is_missed_whole() -> None:
    assert missed([span(2, 5)], []) == (span(2, 5),)


def test_a_text_in_a_loop_compresses_well_and_speech_does_not() -> None:
    spoken = "Half an hour is fine. I have a driver briefing at ten, so let us start with the price and the pilot."
    assert compression(spoken) < 1.6
    assert compression("Make a difference. " * 12) > 2.4
    assert compression("") == 0.0


def test_what_is_said_more_than_four_times_in_a_row_is_cut_to_four() -> None:
    words = said("well no no No, no no. no no then")
    kept = without_loops(words)
    assert [word.text for word in kept] == ["well", "no", "no", "No,", "no", "then"]
    assert kept[1:5] == tuple(words[1:5])


def test_four_times_is_speech() -> None:
    words = said("no no no no")
    assert without_loops(words) == tuple(words)


def test_a_phrase_in_a_loop_is_cut_too() -> None:
    assert [word.text for word in without_loops(said("ask me " + "thank you so much " * 9 + "bye"))] == [
        "ask",
        "me",
        *(["thank", "you", "so", "much"] * 4),
        "bye",
    ]


def test_phrases_that_only_look_alike_are_kept() -> None:
    words = said("one two one three one two one three one four one two")
    assert without_loops(words) == tuple(words)


def test_chunks_are_thirty_seconds() -> None:
    assert CHUNK == 30 * SAMPLE_RATE


def test_a_turn_without_a_word_is_left_where_no_one_else_talks() -> None:
    turns = [Span(0, 40_000), Span(20_000, 30_000), Span(50_000, 60_000), Span(70_000, 72_000)]
    words = [Word(Span(1_000, 3_000), "Shall"), Word(Span(32_000, 39_000), "we?")]
    # The second turn is under the first, the last one too short for a word.
    assert wordless(turns, words) == (Span(50_000, 60_000),)
    assert wordless(turns, [*words, Word(Span(51_000, 52_000), "No.")]) == ()
