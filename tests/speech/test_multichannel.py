"""Channels listened to one by one: crosstalk, joining, words by hand; and the real models on calls with known truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from analyzer.audio.channels import FRAME, ChannelPair, Compared, compare_channels
from analyzer.audio.recording import probe
from analyzer.bench.scoring import matched, share_errors
from analyzer.progress import Progress, silent
from analyzer.speech.diarization.diarizer import Diarizer, load_diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.listening import listen
from analyzer.speech.models.store import ModelStore
from analyzer.speech.multichannel.channel_words import owned
from analyzer.speech.multichannel.crosstalk import FLOOR, crosstalk_spans
from analyzer.speech.multichannel.separation import diarize_channels, separate_channels, track_names
from analyzer.speech.recognition import Channel, Diarization, Voice
from analyzer.timeline import SAMPLE_RATE, Span, Turn, Word, samples
from tests.audio.test_channels import CUSTOMER, RARELY, SELLER


def truth_of(path: Path) -> list[Turn]:
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("SPEAKER")]
    return [Turn(Span(samples(float(r[3])), samples(float(r[3]) + float(r[4]))), r[7]) for r in rows]


def rhythm(seed: int, frames: int = 400) -> np.ndarray:
    """Levels that go up and down like speech, about -20 dBFS."""
    steps = np.random.default_rng(seed).normal(-20, 8, frames // 5)
    return np.repeat(steps, 5).astype(np.float32)


WHOLE = [Span(0, 400 * FRAME)]


def test_a_late_and_quiet_copy_is_bleed() -> None:
    other = rhythm(1)
    own = np.concatenate([np.full(7, FLOOR, np.float32), other[:-7] - 20])
    assert sum(span.length for span in crosstalk_spans(own, [other], WHOLE)) > 0.95 * WHOLE[0].length


def test_somebody_quiet_who_talks_meanwhile_is_no_bleed() -> None:
    taken = [crosstalk_spans(rhythm(i) - 20, [rhythm(i + 50)], WHOLE) for i in range(20)]
    assert sum(span.length for spans in taken for span in spans) < 0.05 * 20 * WHOLE[0].length  # by chance


def test_a_copy_that_is_as_loud_is_not_taken_for_bleed() -> None:
    assert crosstalk_spans(rhythm(1), [rhythm(1)], WHOLE) == ()


def test_a_copy_of_the_whole_that_comes_late_is_an_echo_and_what_it_copies_is_not() -> None:
    early = rhythm(1)
    late = np.concatenate([np.full(3, FLOOR, np.float32), early[:-3]])
    assert sum(span.length for span in crosstalk_spans(late, [early], WHOLE)) > 0.95 * WHOLE[0].length
    assert crosstalk_spans(early, [late], WHOLE) == ()


def in_turn(near: np.ndarray, far: np.ndarray, quieter: float, late: int) -> np.ndarray:
    """Levels of a channel on which `near` is heard, and an echo of `far`."""
    echo = np.concatenate([np.full(late, FLOOR, np.float32), far[: len(far) - late] - quieter])
    return 10 * np.log10(10 ** (near / 10) + 10 ** (echo / 10))


def half(levels: np.ndarray, first: bool) -> np.ndarray:
    """`levels` in one half of the time, silence in the other."""
    return np.where((np.arange(len(levels)) < len(levels) // 2) == first, levels, np.float32(FLOOR))


@pytest.mark.parametrize("quieter", [3, 6, 8])
@pytest.mark.parametrize("late", [1, 2, 7])
def test_an_echo_that_is_always_there_is_found_however_loud(quieter: float, late: int) -> None:
    near, far = half(rhythm(1), first=True), half(rhythm(2), first=False)
    spans = crosstalk_spans(in_turn(near, far, quieter, late), [far], WHOLE)
    middle = WHOLE[0].end // 2
    assert sum(span.length for span in spans) > 0.9 * middle
    assert spans[0].start > 0.97 * middle


def test_two_who_talk_at_once_now_and_then_are_no_echo_of_one_another() -> None:
    for seed in range(20):
        spans = crosstalk_spans(rhythm(seed) - 3, [rhythm(seed + 50)], WHOLE)
        assert sum(span.length for span in spans) < 0.1 * WHOLE[0].length


def test_what_is_echoed_only_now_and_then_is_told_by_its_level_alone() -> None:
    near = rhythm(1)
    far = rhythm(2)
    sometimes = np.where(np.arange(len(far)) % 200 < 50, in_turn(half(near, True), far, 3, 1), near)
    assert sum(span.length for span in crosstalk_spans(sometimes, [far], WHOLE)) < 0.1 * WHOLE[0].length


def test_copies_and_silence_are_no_channels_of_their_own() -> None:
    def kept(*pairs: ChannelPair) -> tuple[int, ...]:
        return separate_channels(Compared(pairs, np.full((3, 100), -20, np.float32)))

    apart = ChannelPair(0, 1, 100, 0, 50, 50)
    assert kept(apart) == (0, 1)
    assert kept(ChannelPair(0, 1, 100, 90, 5, 5)) == ()
    assert kept(apart, ChannelPair(0, 2, 100, 100, 0, 0), ChannelPair(1, 2, 100, 0, 50, 50)) == (0, 1)


def test_a_mix_is_left_out_beside_its_parts_unless_somebody_is_heard_on_it_alone() -> None:
    mix = SELLER + CUSTOMER
    assert separate_channels(compare_channels([mix, SELLER, CUSTOMER])) == (1, 2)
    assert separate_channels(compare_channels([SELLER, mix, CUSTOMER])) == (0, 2)
    assert separate_channels(compare_channels([mix, mix, mix])) == ()
    assert separate_channels(compare_channels([mix, SELLER])) == ()
    with_another = (mix + RARELY).astype(np.float32)
    assert separate_channels(compare_channels([with_another, SELLER, CUSTOMER])) == ()
    assert separate_channels(compare_channels([with_another, SELLER, CUSTOMER, RARELY])) == (1, 2, 3)


def test_a_track_that_ends_early_is_compared_as_far_as_it_goes() -> None:
    assert separate_channels(compare_channels([SELLER[: 25 * 16_000], CUSTOMER])) == (0, 1)


Prints = Mapping[str, tuple[float, ...]]


class Script:
    """A diarizer that finds on each sound what is written for it; a sound is told by its first sample."""

    name = "script"

    def __init__(self, *heard: Sequence[tuple[int, int, str]], voices: Sequence[Prints]) -> None:
        self.heard, self.voices = heard, voices
        self.bounds: list[SpeakerBounds] = []

    def __call__(self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent) -> Diarization:
        self.bounds.append(speakers)
        place = round(float(waveform[0]))
        turns = tuple(Turn(Span(a * SAMPLE_RATE, b * SAMPLE_RATE), who) for a, b, who in self.heard[place])
        return Diarization(turns, turns, tuple(Voice(who, print_) for who, print_ in self.voices[place].items()))

    def join(self, most: int | None = None, names: Sequence[str | None] | None = None) -> Diarization:
        sounds = []
        for place in range(len(self.heard)):
            sound = np.random.default_rng(place).normal(0, 0.1, 40 * SAMPLE_RATE).astype(np.float32)
            sound[0] = place
            sounds.append(lambda sound=sound: sound)
        return diarize_channels(sounds, self, speakers=SpeakerBounds(max=most), names=names)


X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def spoken(found: Diarization) -> list[tuple[int, int, str]]:
    return [(t.span.start // SAMPLE_RATE, t.span.end // SAMPLE_RATE, t.who) for t in found.turns]


def test_speakers_of_all_channels_are_labelled_in_order_of_first_speech_and_overlap() -> None:
    script = Script([(2, 10, "S1")], [(0, 3, "S1"), (8, 20, "S2")], voices=[{"S1": X}, {"S1": Y, "S2": Z}])
    found = script.join()
    assert spoken(found) == [(0, 3, "S1"), (2, 10, "S2"), (8, 20, "S3")]
    assert [(c.number, c.speakers) for c in found.channels] == [(0, ("S2",)), (1, ("S1", "S3"))]
    assert [voice.embedding for voice in found.voices] == [Y, X, Z]
    assert [voice.margin for voice in found.voices] == [1.0, 1.0, 1.0]
    ends = [turn.span for turn in found.exclusive]
    assert all(a.end <= b.start for a, b in pairwise(ends))


def test_one_voice_on_two_channels_is_one_speaker_unless_heard_at_once() -> None:
    voices = [{"S1": X}, {"S1": X}]
    assert Script([(0, 10, "S1")], [(12, 20, "S1")], voices=voices).join().speakers == ("S1",)
    assert Script([(0, 10, "S1")], [(5, 20, "S1")], voices=voices).join().speakers == ("S1", "S2")


def test_a_number_of_speakers_is_the_calls() -> None:
    near = (0.8, 0.6, 0.0)
    script = Script([(0, 9, "S1")], [(10, 19, "S1"), (20, 29, "S2")], voices=[{"S1": Z}, {"S1": X, "S2": near}])
    assert script.join(most=2).speakers == ("S1", "S2")
    assert script.bounds == [SpeakerBounds(max=1)] * 2


def test_a_track_with_two_clear_voices_names_neither() -> None:
    heard: list[list[tuple[int, int, str]]] = [[(0, 9, "S1")], [(10, 19, "S1"), (20, 29, "S2")]]
    found = Script(*heard, voices=[{"S1": Z}, {"S1": X, "S2": Y}]).join(names=["Ann", "Bob"])
    assert track_names(found) == {"S1": "Ann"}
    near = (0.8, 0.6, 0.0)
    found = Script(*heard, voices=[{"S1": Z}, {"S1": X, "S2": near}]).join(names=["Ann", "Bob"])
    assert track_names(found) == {"S1": "Ann", "S2": "Bob"}


def test_two_tracks_of_one_name_are_one_person_and_two_people_of_one_name_are_two() -> None:
    heard: list[list[tuple[int, int, str]]] = [[(0, 9, "S1")], [(10, 19, "S1")], [(20, 29, "S1")]]
    near = (0.6, 0.8, 0.0)
    rejoined = Script(*heard, voices=[{"S1": X}, {"S1": Z}, {"S1": near}]).join(names=["Bob", "Ann", "Bob"])
    assert track_names(rejoined) == {"S1": "Bob", "S2": "Ann"}
    assert [channel.speakers for channel in rejoined.channels] == [("S1",), ("S2",), ("S1",)]
    namesakes = Script(*heard, voices=[{"S1": X}, {"S1": Z}, {"S1": Y}]).join(names=["Bob", "Ann", "Bob"])
    assert track_names(namesakes) == {"S2": "Ann"}
    first_names = Script(*heard, voices=[{"S1": X}, {"S1": Z}, {"S1": near}]).join(names=["Bob A", "Ann", "Bob B"])
    assert track_names(first_names) == {"S1": "Bob A", "S2": "Ann", "S3": "Bob B"}


def test_words_belong_to_their_own_channels_speakers() -> None:
    exclusive = (Turn(Span(0, 100), "S1"), Turn(Span(100, 200), "S3"))
    words = [Word(Span(80, 110), "a"), Word(Span(95, 140), "b"), Word(Span(230, 240), "c")]
    assert [word.speaker for word in owned(words, Channel(1, exclusive, exclusive))] == ["S1", "S3", "S3"]


@pytest.fixture(scope="module")
def diarizer() -> Diarizer:
    return load_diarizer(ModelStore())


def worst(path: Path, truth: Path, diarizer: Diarizer) -> tuple[int, float]:
    """How many speakers are found, and the worst error of a talk share."""
    found = listen(probe(path)).diarize(diarizer, speakers=SpeakerBounds())
    turns = truth_of(truth)
    errors = share_errors(turns, found.turns, matched(turns, found.turns))
    return len(found.speakers), max(abs(error) for error in errors.values())


@pytest.mark.slow
@pytest.mark.models
def test_two_people_on_one_channel_of_a_dialer_are_found(samples: Path, diarizer: Diarizer) -> None:
    count, error = worst(samples / "dialer-call.flac", samples / "dialer-call.rttm", diarizer)
    assert count == 3
    assert error < 0.02


@pytest.mark.models
@pytest.mark.corpus
@pytest.mark.parametrize(("kind", "allowed"), [("stereo", 0.01), ("mono", 0.03)])
def test_a_real_call_with_a_party_on_each_channel(corpus: Path, diarizer: Diarizer, kind: str, allowed: float) -> None:
    folder = corpus / "aws_dual_channel"
    truth = folder / "Auto_Repairs_40_UTC.vad.rttm"
    count, error = worst(folder / f"Auto_Repairs_40_UTC_{kind}.flac", truth, diarizer)
    assert count == 2
    assert error < allowed


@pytest.mark.models
@pytest.mark.corpus
def test_words_of_two_people_at_once_go_to_their_channels(corpus: Path, diarizer: Diarizer) -> None:
    from analyzer.speech.transcription.whisper import load_transcriber

    heard = listen(probe(corpus / "faster_whisper_tests" / "stereo_diarization.wav"))
    found = heard.diarize(diarizer, speakers=SpeakerBounds())
    words = heard.transcribe(found, load_transcriber(ModelStore(), "base"), language=None).words
    said = [" ".join(w.text for w in words if w.speaker == c.speakers[0]).lower() for c in found.channels]
    assert [len(channel.speakers) for channel in found.channels] == [1, 1]
    assert said[0].startswith("he began a confused complaint against the wizard")
    assert said[1].startswith("the horizon seems extremely distant")
