"""What was said: words with their times, from Whisper running on this machine (faster-whisper, CTranslate2).

The diarizer has found the speech; only that is listened to, in chunks of up to 30 s, each in the language that is
spoken there (`languages`). Whisper sometimes stops in the middle of a chunk (a change of voice, an overlap, a sentence
cut off at the end), and passes over a short answer: speech that got no word is therefore heard a second time by itself,
and a turn without one with what is said around it. Text that repeats itself, or that the model does not believe in, is
not passed on.

Decisions, with the figures behind them, stand at the constants. The figures are for whisper-base in int8 on two CPU
cores: word errors on ten real 30 s meeting clips, words found in 2.5 to 3 minutes of a service call and simulated ones.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from analyzer.audio.sample_buffer import let_go
from analyzer.errors import DeviceError, ModelChecksumError, ModelMissingError, UsageError
from analyzer.files import is_file, is_folder
from analyzer.progress import Progress, silent
from analyzer.speech.models.networks import cores
from analyzer.speech.profile import BALANCED, Profile
from analyzer.speech.recognition import Transcript
from analyzer.speech.transcription.chunks import CHUNK, Chunk, compression, missed, pack, without_loops, wordless
from analyzer.speech.transcription.languages import by_language
from analyzer.timeline import Span, Word, samples, seconds, union

if TYPE_CHECKING:
    from analyzer.speech.models.store import ModelStore

BATCH = {"cpu": 1, "cuda": 16}
"""Chunks heard at once. More than one gains nothing on a CPU: 0.042 to 0.052 CPU seconds a second of audio with 1,
0.051 to 0.058 with 4, 0.057 to 0.070 with 8. The 16 for a GPU is not measured."""

BEAM = 1
"""Alternatives followed in writing. Five take a fifth to a half more CPU time (0.064 to 0.076 CPU seconds a second of
audio on ten meeting clips, 0.047 to 0.069 on a call) for as many word errors (29.7 % and 29.9 %)."""

STUCK = 2.4
"""A chunk's text that compresses better than this is stuck in a loop and is written again without repeated phrases."""

NO_REPEAT = 4
"""Length in tokens of the phrases that may not come twice in a chunk written again."""

DOUBTFUL = -1.0
"""Mean log probability of a token below which a text is a guess. What is heard a second time must be better than that;
the first time, a text is left out only if the model also thinks that no one speaks."""

SURE_WORD = 0.5
AROUND = samples(2.0)
"""A turn that got no word is heard with so many samples on both sides; a word is kept if it is that probable."""

NO_SPEECH = 0.6
"""The model's probability that a chunk holds no speech, from which on it has to be sure of its text."""

ENGLISH = "en"
ENGLISH_ONLY = ("whisper-distil-large-v3",)
"""Models that know only English although their files say otherwise. The others say it themselves."""

WITHOUT_BLANKS = frozenset({"zh", "yue", "ja", "th", "lo", "my"})
"""Languages written without blanks between words."""

FRAMES = 3000
"""Feature frames in a chunk, 10 ms each: what faster-whisper counts a segment's position in."""

NEEDED = ("model.bin", "config.json", "tokenizer.json")
"""Without its tokenizer.json, faster-whisper would ask the model hub for one."""


InLanguage = tuple[Chunk, str]
"""A chunk and the language that is spoken in it."""


class Transcriber(Protocol):
    """Writes down what is said."""

    def __call__(
        self,
        waveform: np.ndarray,
        speech: Sequence[Span],
        *,
        language: str | None = None,
        likely: str | None = None,
        progress: Progress = silent,
    ) -> Transcript:
        """The words said in the turns `speech` (samples, may overlap) of `waveform` (one channel, 16 kHz, float32).

        With `language` None it is found out, stretch by stretch; `likely` is the one of the rest of the call.

        Raises:
            UsageError: the model does not know the language.
        """


def load_transcriber(
    store: ModelStore,
    model: str,
    *,
    device: str = "cpu",
    profile: Profile = BALANCED,
    progress: Progress = silent,
) -> WhisperTranscriber:
    """A Whisper model by its name (`base`, `whisper-base`, `tiny.en`, …) from the store, or one in a folder.

    Raises:
        UsageError: there is neither a model of that name nor such a folder.
        ModelError: the model is missing, wrong, or cannot be loaded.
        DeviceError: the device cannot run it.
    """
    key = next((key for key in (model, f"whisper-{model}") if key.startswith("whisper-") and key in store.models), None)
    if key is not None:
        return WhisperTranscriber(store.path(key, progress=progress), device=device, profile=profile)
    folder = Path(model)
    with contextlib.suppress(RuntimeError):  # "~" of a user who has no home
        folder = folder.expanduser()
    if is_folder(folder):
        return WhisperTranscriber(folder, device=device, profile=profile)
    known = ", ".join(key.removeprefix("whisper-") for key in store.models if key.startswith("whisper-"))
    raise UsageError(
        f"there is no Whisper model {model!r}, and no such folder",
        todo=f"Models are: {known}; or give the folder of a model converted for CTranslate2",
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """What the model wrote for a chunk, how sure it was, and whether it thinks anybody speaks there at all."""

    chunk: Chunk
    words: tuple[Word, ...]
    text: str
    logprob: float
    no_speech: float


class WhisperTranscriber:
    """A Whisper model in a folder, loaded once; its name is what the transcript says it was heard by."""

    def __init__(self, folder: Path, *, device: str = "cpu", threads: int = 0, profile: Profile = BALANCED) -> None:
        self.name = folder.name
        self._profile = profile
        self._device = device
        self._model = _load(folder, self.name, device, threads)
        from faster_whisper import BatchedInferencePipeline

        self._pipeline = BatchedInferencePipeline(self._model)

    def __call__(
        self,
        waveform: np.ndarray,
        speech: Sequence[Span],
        *,
        language: str | None = None,
        likely: str | None = None,
        progress: Progress = silent,
    ) -> Transcript:
        """See `Transcriber`. Words are sorted, lie inside the recording and have at least one sample."""
        language = self._known(language)
        regions = union(speech)
        chunks = pack(regions, waveform)
        if not chunks:
            return Transcript((), language, self.name)
        in_language = self._in_language(waveform, chunks, language, likely)
        total = seconds(sum(chunk.length for chunk, _ in in_language))
        done = 0.0
        words: list[Word] = []
        for group, spoken in _groups(in_language, BATCH[self._device]):
            progress("transcribe", done, total)
            for said in self._hear(waveform, group, spoken):
                if said.no_speech <= NO_SPEECH or said.logprob >= DOUBTFUL:
                    words += said.words
            done += seconds(sum(chunk.length for chunk in group))
        if self._profile.again:
            words += self._second_hearing(waveform, missed(regions, words), in_language)
            words += self._answers(waveform, speech, words, in_language)
        progress("transcribe", total, total)
        return Transcript(*_with_language(without_loops(sorted(words)), in_language), self.name)

    def _in_language(
        self, waveform: np.ndarray, chunks: Sequence[Chunk], language: str | None, likely: str | None
    ) -> list[InLanguage]:
        """The chunks, each with its language: the one that is known, or what it sounds like."""
        if language is not None:
            return [(chunk, language) for chunk in chunks]

        def tell(part: Chunk, carefully: bool) -> dict[str, float]:
            features = self._model.feature_extractor(part.audio(waveform))
            let_go(waveform)
            if carefully:
                features = np.pad(features, ((0, 0), (0, FRAMES - features.shape[1])))
            every = self._model.model.detect_language(self._model.encode(features))[0]
            return {token.strip("<|>"): probability for token, probability in every}

        return by_language(chunks, waveform, tell, likely)

    def _second_hearing(
        self, waveform: np.ndarray, left: Sequence[Span], in_language: Sequence[InLanguage]
    ) -> Iterable[Word]:
        """The words in speech that got none, as far as the model is sure of them.

        Whisper writes until it thinks it is done, and what it left unfinished at the end of a chunk is lost. The second
        hearing brings word errors from 32.5 to 30.0 % and words found in four calls from 1509 to 1561, for little
        time (0.067 to 0.069 CPU seconds a second). Without timestamp tokens less is left over, but words are skipped
        inside: 1477 of those 1561.
        """
        for word in self._again(waveform, left, in_language):
            if _middle_in(word, left):
                yield word

    def _answers(
        self, waveform: np.ndarray, turns: Sequence[Span], words: Sequence[Word], in_language: Sequence[InLanguage]
    ) -> list[Word]:
        """The words of turns that got none, as far as the model is sure of each."""
        left = wordless(turns, words)
        around = [Span(max(0, span.start - AROUND), span.end + AROUND) for span in left]
        heard = self._again(waveform, union(around), in_language)
        sure = [word for word in heard if (word.confidence or 0.0) >= SURE_WORD]
        said = union(word.span for word in words)
        return [word for word in sure if _middle_in(word, left) and not _middle_in(word, said)]

    def _again(self, waveform: np.ndarray, spans: Sequence[Span], in_language: Sequence[InLanguage]) -> Iterator[Word]:
        """What is written when `spans` are heard by themselves, unless it is a guess."""
        chunks = [
            (chunk, language)
            for language, group in _by_language_at(spans, in_language).items()
            for chunk in pack(group, waveform)
        ]
        for group, language in _groups(chunks, BATCH[self._device]):
            for said in self._hear(waveform, group, language):
                if said.logprob >= DOUBTFUL:
                    yield from said.words

    def _hear(self, waveform: np.ndarray, group: Sequence[Chunk], language: str, **options: Any) -> list[_Written]:
        """What the model writes for each chunk, all heard at once; loops are written again by another rule."""
        # Chunks lie on a grid of 30 s: their starts are then whole seconds, which no arithmetic in between can shift.
        sound = np.zeros(len(group) * CHUNK, dtype=np.float32)
        clips = []
        for slot, chunk in enumerate(group):
            start = slot * CHUNK
            sound[start : start + chunk.length] = chunk.audio(waveform)
            clips.append({"start": seconds(start), "end": seconds(start + chunk.length)})
        let_go(waveform)
        segments, _ = self._pipeline.transcribe(
            sound,
            language=language,
            beam_size=BEAM,
            batch_size=len(group),
            word_timestamps=True,
            without_timestamps=False,
            clip_timestamps=clips,
            **options,
        )
        written: list[list[Any]] = [[] for _ in group]
        for segment in segments:
            written[round(segment.seek / FRAMES)].append(segment)
        said = [
            _written(chunk, slot * CHUNK, parts, language)
            for slot, (chunk, parts) in enumerate(zip(group, written, strict=True))
        ]
        if not options:
            for slot, one in enumerate(said):
                if compression(one.text) > STUCK:
                    said[slot] = self._hear(waveform, [one.chunk], language, no_repeat_ngram_size=NO_REPEAT)[0]
        return said

    def _known(self, language: str | None) -> str | None:
        """The language to write in, checked; None when it has to be found out."""
        if not self._model.model.is_multilingual or self.name in ENGLISH_ONLY:
            if language not in (None, ENGLISH):
                raise UsageError(
                    f"the model {self.name} knows English only, not {language!r}",
                    todo="Use another one, for example --asr-model base",
                )
            return ENGLISH
        if language is not None and language not in self._model.supported_languages:
            raise UsageError(
                f"Whisper knows no language {language!r}",
                todo="Give a code such as en, de or fr, or leave --language out to have it found out",
            )
        return language


def _written(chunk: Chunk, offset: int, segments: Sequence[Any], language: str) -> _Written:
    """faster-whisper's segments of the chunk that lies at sample `offset` of the sound."""
    if not segments:
        return _Written(chunk, (), "", 0.0, 1.0)
    words = tuple(
        Word(chunk.place(samples(start) - offset, samples(end) - offset), text, min(1.0, max(0.0, confidence)))
        for segment in segments
        for start, end, text, confidence in _whole_words(segment.words or (), language)
    )
    text = "".join(segment.text for segment in segments)
    return _Written(chunk, words, text, segments[0].avg_logprob, segments[0].no_speech_prob)


def _whole_words(pieces: Iterable[Any], language: str) -> list[tuple[float, float, str, float]]:
    """(start, end, text, confidence) of words as people count them: Whisper gives `in`, `-house` for `in-house`.

    What has no blank before it goes on with the word before, where words are written with blanks between them; the
    word is as sure as its least sure part.
    """
    words: list[tuple[float, float, str, float]] = []
    for piece in pieces:
        text = piece.word.strip()
        if not text:
            continue
        if words and language not in WITHOUT_BLANKS and not piece.word[0].isspace():
            start, _, before, confidence = words[-1]
            words[-1] = (start, piece.end, before + text, min(confidence, float(piece.probability)))
        else:
            words.append((piece.start, piece.end, text, float(piece.probability)))
    return words


def _middle_in(word: Word, spans: Sequence[Span]) -> bool:
    """Whether the middle of `word` is in one of `spans`, which are in order and apart from each other."""
    middle = (word.span.start + word.span.end) // 2
    at = bisect_right(spans, middle, key=lambda span: span.start)
    return at > 0 and middle < spans[at - 1].end


def _groups(chunks: Sequence[InLanguage], size: int) -> Iterator[tuple[list[Chunk], str]]:
    """Chunks of one language, up to `size` together, each time with the language."""
    for language, run in groupby(chunks, key=lambda one: one[1]):
        while group := [chunk for chunk, _ in islice(run, size)]:
            yield group, language


def _by_language_at(spans: Iterable[Span], in_language: Sequence[InLanguage]) -> dict[str, list[Span]]:
    """`spans` in groups of one language: that of the last chunk that begins before a span's end."""
    groups: dict[str, list[Span]] = {}
    for span in spans:
        groups.setdefault(_language_at(span, in_language), []).append(span)
    return groups


def _language_at(span: Span, in_language: Sequence[InLanguage]) -> str:
    middle = (span.start + span.end) // 2
    at = bisect_right(in_language, middle, key=lambda one: one[0].pieces[0].start)
    return in_language[max(0, at - 1)][1]


def _with_language(words: Sequence[Word], in_language: Sequence[InLanguage]) -> tuple[tuple[Word, ...], str]:
    """The words, each with its language where there are several, and the language of most of the speech."""
    lengths: dict[str, int] = {}
    for chunk, language in in_language:
        lengths[language] = lengths.get(language, 0) + chunk.length
    most = max(lengths, key=lambda language: lengths[language])
    if len(lengths) == 1:
        return tuple(words), most
    return tuple(replace(word, language=_language_at(word.span, in_language)) for word in words), most


def _load(folder: Path, name: str, device: str, threads: int) -> Any:
    """The model of a folder, in 8-bit integers on a CPU and 16-bit floats on a GPU. Nothing is asked of the hub."""
    for file in NEEDED:
        if not is_file(folder / file):
            raise ModelMissingError(
                f"there is no {file}; this is not a Whisper model converted for CTranslate2",
                where=folder,
                todo="Name a model, for example --asr-model base, or a folder with " + ", ".join(NEEDED),
            )
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(
            str(folder),
            device=device,
            compute_type="int8" if device == "cpu" else "float16",
            cpu_threads=threads or cores(),
            local_files_only=True,
        )
    except Exception as error:  # CTranslate2 and the tokenizer raise many kinds for a bad file
        first = (str(error).splitlines() or [type(error).__name__])[0]
        if device != "cpu" and any(word in first.lower() for word in ("cuda", "cublas", "cudnn", "float16", "driver")):
            raise DeviceError(f"transcription cannot use the GPU ({first})", todo="Use --device cpu") from error
        raise ModelChecksumError(
            f"cannot be loaded as a Whisper model ({first})",
            where=folder,
            todo=f"Remove it and run: analyzer models pull {name}",
        ) from error
