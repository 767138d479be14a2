"""What is made of what Whisper says (with a model that says what the test wants), and the real model on known words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from analyzer.audio.decode import decode
from analyzer.errors import DeviceError, ModelChecksumError, ModelMissingError, UsageError
from analyzer.speech.models.store import ModelStore
from analyzer.speech.transcription import whisper as transcribe
from analyzer.speech.transcription.whisper import NEEDED, WhisperTranscriber, load_transcriber
from analyzer.timeline import SAMPLE_RATE, Span, samples, seconds

SURE, GUESS = -0.4, -1.3


def span(start: float, end: float) -> Span:
    return Span(samples(start), samples(end))


def sound(length: float) -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.05, samples(length)).astype(np.float32)


@dataclass
class Script:
    """What the model writes, one entry a chunk in the order of hearing: (start, end, text) of words, and how sure."""

    entries: list[tuple[list[tuple[float, float, str]], float, float]]
    multilingual: bool = True
    languages: list[list[tuple[str, float]]] = field(default_factory=lambda: [[("en", 0.99)]])
    heard: list[dict[str, Any]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    # What WhisperModel is asked.

    @property
    def model(self) -> SimpleNamespace:
        return SimpleNamespace(is_multilingual=self.multilingual, detect_language=self._tell)

    @property
    def supported_languages(self) -> list[str]:
        return ["en", "de", "ja"]

    def feature_extractor(self, audio: np.ndarray) -> np.ndarray:
        return np.zeros((80, len(audio) // 160))

    def encode(self, features: np.ndarray) -> np.ndarray:
        return features

    def _tell(self, features: np.ndarray) -> list[list[tuple[str, float]]]:
        self.asked.append(features.shape[1])
        every = self.languages.pop(0) if len(self.languages) > 1 else self.languages[0]
        return [[(f"<|{code}|>", probability) for code, probability in every]]

    # What BatchedInferencePipeline is asked.

    def transcribe(self, audio: np.ndarray, **options: Any) -> tuple[Iterator[SimpleNamespace], None]:
        self.heard.append({"samples": len(audio), **options})
        return self._segments(options["clip_timestamps"]), None

    def _segments(self, clips: Sequence[dict[str, float]]) -> Iterator[SimpleNamespace]:
        for clip in clips:
            words, logprob, no_speech = self.entries.pop(0)
            for (
                start,
                end,
                text,
            ) in words:  # a segment for each word: where words are cut into segments is Whisper's own
                yield SimpleNamespace(
                    seek=int(clip["start"] * 100),
                    text=text,
                    avg_logprob=logprob,
                    no_speech_prob=no_speech,
                    words=[
                        SimpleNamespace(
                            start=clip["start"] + start, end=clip["start"] + end, word=text, probability=0.9
                        )
                    ],
                )


def transcriber(script: Script, monkeypatch: pytest.MonkeyPatch, *, device: str = "cpu") -> WhisperTranscriber:
    monkeypatch.setattr(transcribe, "_load", lambda *_: script)
    monkeypatch.setattr("faster_whisper.BatchedInferencePipeline", lambda model: model)
    return WhisperTranscriber(Path("whisper-test"), device=device)


def texts(transcript: Any) -> list[str]:
    return [word.text for word in transcript.words]


def test_words_are_put_where_they_were_said(monkeypatch: pytest.MonkeyPatch) -> None:
    # The chunk is 9.8-12.2 and 19.8-22.2: second 0.3 of it is 10.1, second 3 (2.4 + 0.5 + 0.1) is 19.9.
    script = Script([([(0.3, 1.2, " Hello"), (1.2, 2.3, " there,"), (3.0, 5.2, " Ray.")], SURE, 0.1)])
    found = transcriber(script, monkeypatch)(sound(30), [span(10, 12), span(20, 22)], language="en")
    assert [(word.text, word.span) for word in found.words] == [
        ("Hello", span(10.1, 11)),
        ("there,", span(11, 12.1)),
        ("Ray.", span(19.9, 22.1)),
    ]
    assert (found.language, found.model) == ("en", "whisper-test")
    assert script.heard[0]["without_timestamps"] is False


def test_without_speech_the_model_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([])
    found = transcriber(script, monkeypatch)(sound(30), [])
    assert (found.words, found.language) == ((), None)
    assert not script.heard
    assert not script.asked


def test_a_guess_where_nobody_seems_to_speak_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # Left out the first time; by itself, and with what is around it, it is a guess again.
    script = Script([([(0.2, 2, " Thank you.")], GUESS, 0.7), *[([(0.2, 2, " Thank you.")], GUESS, 0.1)] * 2])
    found = transcriber(script, monkeypatch)(sound(30), [span(10, 12)], language="en")
    assert found.words == ()
    assert script.entries == [], "the speech was to be heard again"


def test_doubtful_words_where_somebody_speaks_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([([(0.2, 2.2, " Perhaps.")], GUESS, 0.2)])
    assert texts(transcriber(script, monkeypatch)(sound(30), [span(10, 12)], language="en")) == ["Perhaps."]


def test_speech_that_got_no_word_is_heard_a_second_time_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    # The region is 10-20, the chunk 9.8-20.2. A word from 10.0 to 12.0 leaves 12-20, heard as 11.8-20.2. Of what is
    # written then, the word before 12.0 was written the first time.
    script = Script(
        [
            ([(0.2, 2.2, " First.")], SURE, 0.1),
            ([(0.0, 0.2, " First."), (0.4, 8.2, " Second.")], SURE, 0.1),
        ]
    )
    found = transcriber(script, monkeypatch)(sound(30), [span(10, 20)], language="en")
    assert [(word.text, word.span) for word in found.words] == [("First.", span(10, 12)), ("Second.", span(12.2, 20))]
    assert [clip["end"] for hearing in script.heard for clip in hearing["clip_timestamps"]] == pytest.approx(
        [10.4, 8.4]
    )


def test_a_text_in_a_loop_is_written_again_by_another_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = [(i * 0.5, i * 0.5 + 0.5, " Make a difference.") for i in range(20)]
    script = Script([(loop, SURE, 0.1), ([(0.2, 10, " Make a difference.")], SURE, 0.1)])
    found = transcriber(script, monkeypatch)(sound(30), [span(10, 20)], language="en")
    assert texts(found) == ["Make a difference."]
    assert script.heard[1]["no_repeat_ngram_size"] == 4


def test_pieces_without_a_blank_go_on_with_the_word_before() -> None:
    def pieces(*given: tuple[str, float]) -> list[SimpleNamespace]:
        return [SimpleNamespace(start=i, end=i + 1, word=w, probability=p) for i, (w, p) in enumerate(given)]

    in_house = pieces((" in", 0.9), ("-house", 0.5), (" work", 0.8))
    assert transcribe._whole_words(in_house, "en") == [(0, 2, "in-house", 0.5), (2, 3, "work", 0.8)]
    # Japanese has no blanks: every piece is a word of its own there.
    assert [word[2] for word in transcribe._whole_words(pieces(("電話", 1), ("です", 1)), "ja")] == ["電話", "です"]
    assert transcribe._whole_words(pieces((" ", 1), (" so", 1)), "en") == [(1, 2, "so", 1)]


def test_each_chunk_is_asked_for_its_language_and_all_of_a_call_is_written_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script([([(0.2, 3, " Ja.")], SURE, 0.1), ([(0.2, 29.2, " Gut.")], SURE, 0.1)], languages=[[("de", 0.97)]])
    found = transcriber(script, monkeypatch)(sound(100), [span(10, 13), span(50, 79)])
    assert found.language == "de"
    assert len(script.asked) == 3
    assert max(script.asked) <= 800, "a part of at most 8 s, and not 30 s of padding"
    assert {hearing["language"] for hearing in script.heard} == {"de"}
    assert {word.language for word in found.words} == {None}


def test_a_change_of_language_is_kept_with_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([([(0.2, 20, " Good.")], SURE, 0.1), ([(0.2, 29.2, " Gut.")], SURE, 0.1)])
    monkeypatch.setattr(transcribe, "by_language", lambda chunks, *_: list(zip(chunks, ("en", "de"), strict=True)))
    model = transcriber(script, monkeypatch)
    found = model(sound(100), [span(10, 30), span(50, 79)])
    assert [(word.text, word.language) for word in found.words] == [("Good.", "en"), ("Gut.", "de")]
    assert [hearing["language"] for hearing in script.heard] == ["en", "de"]
    assert found.language == "de", "most of the speech"


def test_a_language_that_is_given_holds_for_the_whole_call(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([([(0.2, 20, " Good.")], SURE, 0.1), ([(0.2, 29.2, " Goot.")], SURE, 0.1)])
    found = transcriber(script, monkeypatch)(sound(100), [span(10, 30), span(50, 79)], language="en")
    assert script.asked == []
    assert found.language == "en"


def test_a_turn_without_a_word_is_heard_again_with_what_is_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # The turns are 10-12, 12.2-12.7 and 13-15; the chunk is 9.8-15.2. Then 12.2-12.7 is heard as 10.0-14.9: from the
    # answer, only what is in the turn is new.
    first = [(0.2, 2.2, " Shall we?"), (3.2, 5.2, " Good.")]
    again = [(0.2, 2.0, " Shall we?"), (2.3, 2.7, " No."), (3.0, 4.8, " Good.")]
    script = Script([(first, SURE, 0.1), (again, SURE, 0.1)])
    turns = [span(10, 12), span(12.2, 12.7), span(13, 15)]
    found = transcriber(script, monkeypatch)(sound(30), turns, language="en")
    assert texts(found) == ["Shall we?", "No.", "Good."]
    assert found.words[1].span == span(12.3, 12.7)
    assert [clip["end"] for clip in script.heard[1]["clip_timestamps"]] == pytest.approx([4.9])


def test_an_english_model_refuses_other_languages_and_does_not_ask_for_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([([(0.2, 2.2, " Yes.")], SURE, 0.1)], multilingual=False)
    model = transcriber(script, monkeypatch)
    with pytest.raises(UsageError, match="English only"):
        model(sound(30), [span(10, 12)], language="de")
    assert model(sound(30), [span(10, 12)]).language == "en"
    assert script.asked == []


def test_an_unknown_language_is_refused_before_anything_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([])
    with pytest.raises(UsageError, match="'xx'"):
        transcriber(script, monkeypatch)(sound(30), [span(10, 12)], language="xx")
    assert script.heard == []


def test_on_a_gpu_chunks_are_heard_together_and_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    regions = [span(10 + 40 * i, 35 + 40 * i) for i in range(3)]
    script = Script([([(0.2, 25.2, f" Word{i}.")], SURE, 0.1) for i in range(3)])
    found = transcriber(script, monkeypatch, device="cuda")(sound(130), regions, language="en")
    assert [(word.text, word.span) for word in found.words] == [
        (f"Word{i}.", region) for i, region in enumerate(regions)
    ]
    assert [hearing["batch_size"] for hearing in script.heard] == [3]


def test_progress_counts_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, float, float | None]] = []
    script = Script([([(0.2, 20.2, " One.")], SURE, 0.1), ([(0.2, 20.2, " Two.")], SURE, 0.1)])
    transcriber(script, monkeypatch)(
        sound(100), [span(10, 30), span(50, 70)], language="en", progress=lambda *now: told.append(now)
    )
    # Two chunks of 20 s and 0.2 s of padding on each side.
    assert [stage for stage, _, _ in told] == ["transcribe"] * 3
    assert [done for _, done, _ in told] == pytest.approx([0, 20.4, 40.8])
    assert [total for _, _, total in told] == pytest.approx([40.8] * 3)


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=re.escape("tiny.en")):
        load_transcriber(ModelStore(), "enormous")


def test_a_model_of_another_kind_is_no_whisper_model() -> None:
    with pytest.raises(UsageError, match="campplus"):
        load_transcriber(ModelStore(), "campplus")


@pytest.mark.parametrize("absent", NEEDED)
def test_a_folder_without_a_needed_file_is_named(tmp_path: Path, absent: str) -> None:
    for name in NEEDED:
        (tmp_path / name).write_bytes(b"{}")
    (tmp_path / absent).unlink()
    with pytest.raises(ModelMissingError, match=re.escape(absent)):
        load_transcriber(ModelStore(), str(tmp_path))


def test_a_folder_of_something_else_cannot_be_loaded(tmp_path: Path) -> None:
    for name in NEEDED:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ModelChecksumError, match="cannot be loaded") as caught:
        load_transcriber(ModelStore(), str(tmp_path))
    assert "\n" not in caught.value.line()


def test_a_gpu_that_cannot_be_used_is_a_device_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA driver version is insufficient for CUDA runtime version")

    monkeypatch.setattr("faster_whisper.WhisperModel", absent)
    for name in NEEDED:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(DeviceError, match="--device cpu"):
        load_transcriber(ModelStore(), str(tmp_path), device="cuda")


# The real model.


@pytest.fixture(scope="module")
def whisper() -> WhisperTranscriber:
    return load_transcriber(ModelStore(), "base")


def bare(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9' ]", " ", text.lower()).split()


def errors(reference: list[str], found: list[str]) -> int:
    """Words wrong, missing or too many (Levenshtein)."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(reference, 1):
        before, row[0] = row[:], i
        for j, other in enumerate(found, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other))
    return row[-1]


@pytest.mark.models
def test_the_words_of_a_call_and_their_times(whisper: WhisperTranscriber) -> None:
    folder = Path(__file__).parents[2] / "samples"
    waveform, rate = soundfile.read(folder / "led-call.ogg", dtype="float32", frames=64 * SAMPLE_RATE)
    assert rate == SAMPLE_RATE
    turns: list[tuple[float, float, str]] = []
    for line in (folder / "led-call.txt").read_text().splitlines():
        begins, ends, text = line.split(maxsplit=2)
        if float(ends) <= 64:
            turns.append((float(begins), float(ends), text.split(": ", 1)[1]))
    found = whisper(waveform, [span(start, end) for start, end, _ in turns])
    assert (found.language, found.model) == ("en", "whisper-base")
    reference = [word for _, _, text in turns for word in bare(text)]
    assert errors(reference, bare(" ".join(texts(found)))) <= 0.12 * len(reference)
    # Every word lies in a turn, give or take the padding.
    for word in found.words:
        assert any(start - 0.3 <= seconds(word.span.start) <= end + 0.3 for start, end, _ in turns), word
    # The first word of every turn that follows a pause is where the turn starts.
    starts = [seconds(word.span.start) for word in found.words]
    for before, (start, _, _) in pairwise(turns):
        if start - before[1] > 0.4:
            assert min(abs(at - start) for at in starts) < 0.4, start


@pytest.mark.models
@pytest.mark.corpus
def test_what_is_said_again_after_a_minute_of_silence_is_heard_a_minute_later(
    whisper: WhisperTranscriber, corpus: Path
) -> None:
    once = decode(corpus / "faster_whisper_tests" / "jfk.flac").mono()
    waveform = np.zeros(samples(75), dtype=np.float32)
    waveform[: len(once)] = waveform[samples(60) : samples(60) + len(once)] = once
    # Each by itself is 11 s; together with the pause left out they are one chunk.
    found = whisper(waveform, [Span(0, len(once)), Span(samples(60), samples(60) + len(once))], language="en")
    first = [word for word in found.words if word.span.start < samples(30)]
    second = [word for word in found.words if word.span.start > samples(30)]
    expected = (
        "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
    )
    # The words are the model's, and differ by a few between processors; the times are ours.
    once_heard, again_heard = [bare(" ".join(word.text for word in heard)) for heard in (first, second)]
    assert errors(expected.split(), once_heard) <= 6
    assert errors(expected.split(), again_heard) <= 6
    same = SequenceMatcher(None, [w.text for w in first], [w.text for w in second], autojunk=False)
    later = [
        seconds(second[block.b + i].span.start - first[block.a + i].span.start)
        for block in same.get_matching_blocks()
        for i in range(block.size)
    ]
    assert len(later) >= 12
    # A pause inside a sentence may go to the word before it or after it; hence the second for single words.
    assert abs(median(later) - 60) < 0.05
    assert all(abs(shift - 60) < 1 for shift in later)


@pytest.mark.models
@pytest.mark.corpus
def test_a_recording_in_two_languages_is_written_in_both(whisper: WhisperTranscriber, corpus: Path) -> None:
    waveform = decode(corpus / "faster_whisper_tests" / "multilingual.mp3").mono()[: samples(45)]
    found = whisper(waveform, [Span(0, len(waveform))])
    spoken = {word.text.strip(",.").lower(): word.language for word in found.words}
    assert spoken["permission"] == "en"
    assert spoken["und"] == "de"
    changes = [b for a, b in pairwise(found.words) if a.language != b.language]
    assert [seconds(word.span.start) for word in changes] == [pytest.approx(29.9, abs=0.5)]
