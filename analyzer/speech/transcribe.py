# NOTE FROM THE LEAD (remove this line when you have read it): the lead writes store.py, sources.py, models/manifest.toml,
# models/README.md and tests/test_store.py himself now. Only transcribe.py, chunks.py and tests/test_transcribe.py are yours;
# finish them (load_transcriber(store, model, *, device, progress) -> Transcriber with .name) and report by 06:40.
"""What was said: words with their times, from Whisper running on this machine (faster-whisper, CTranslate2).

The diarizer has found the speech; only that is listened to, in chunks of up to 30 s. Whisper sometimes stops in the
middle of a chunk (a change of voice, an overlap, a sentence cut off at the end): speech that got no word is therefore
heard a second time by itself. Text that repeats itself, or that the model does not believe in, is not passed on.

Decisions, with the figures behind them, stand at the constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from analyzer.progress import Progress, silent
from analyzer.speech.chunks import CHUNK, Chunk, compression, missed, pack, without_loops
from analyzer.speech.heard import Transcript
from analyzer.timeline import Span, Word, samples, seconds, union

if TYPE_CHECKING:
    pass

BEAM = 1
BATCH = {"cpu": 1, "cuda": 16}
STUCK = 2.4
DOUBTFUL = -1.0
NO_SPEECH = 0.6
CLEAR_LANGUAGE = 0.8
LANGUAGE_CHUNKS = 4
NEEDED_FILES = ("model.bin", "config.json", "tokenizer.json")


class Transcriber(Protocol):
    def __call__(
        self, waveform: np.ndarray, speech: Sequence[Span], *, language: str | None = None, progress: Progress = silent
    ) -> Transcript: ...


@dataclass(frozen=True, slots=True)
class Said:
    chunk: Chunk
    words: tuple[Word, ...]
    text: str
    logprob: float
    no_speech: float


class WhisperTranscriber:
    def __init__(self, store, model="whisper-base", *, device="cpu", threads=0, beam=BEAM, batch=None, timestamps=True, again=True, prompt=None, progress=silent):
        folder = Path(model)
        self.name = folder.name
        from faster_whisper import BatchedInferencePipeline, WhisperModel
        self._model = WhisperModel(str(folder), device=device, compute_type="int8", cpu_threads=threads or 2, local_files_only=True)
        self._pipeline = BatchedInferencePipeline(self._model)
        self.beam, self.batch, self.timestamps, self.again, self.prompt = beam, batch or BATCH[device], timestamps, again, prompt

    def __call__(self, waveform, speech, *, language=None, progress=silent):
        speech = union(s for s in speech)
        chunks = pack(speech, waveform)
        self.nchunks = len(chunks)
        said = self._hear(waveform, chunks, language)
        words = [w for s in self._believed(waveform, said, language) for w in s.words]
        self.first = len(words)
        if self.again:
            self.nmore = 0
            for round_ in range(int(self.again)):
                left = missed(speech, words)
                more = pack(left, waveform)
                if not more: break
                self.nmore += len(more)
                for s in self._believed(waveform, self._hear(waveform, more, language), language):
                    if s.logprob > DOUBTFUL:
                        words += [w for w in s.words if not any(w.span.meets(o.span) for o in words)]
        return Transcript(without_loops(sorted(words)), language, self.name)

    def _believed(self, waveform, said, language):
        out = []
        for s in said:
            if s.no_speech > NO_SPEECH and s.logprob < DOUBTFUL:
                print('DROP', seconds(s.chunk.pieces[0].start), s.text); continue
            if compression(s.text) > STUCK:
                t, = self._hear(waveform, [s.chunk], language, no_repeat_ngram_size=4)
                print('STUCK', seconds(s.chunk.pieces[0].start), s.text[:200], '->', t.text[:200]); s = t
            out.append(s)
        return out

    def _hear(self, waveform, chunks, language, **options):
        out = []
        for i in range(0, len(chunks), self.batch):
            group = chunks[i:i + self.batch]
            buffer = np.zeros(len(group) * CHUNK, dtype=np.float32)
            clips = []
            for k, c in enumerate(group):
                buffer[k * CHUNK:k * CHUNK + c.length] = c.audio(waveform)
                clips.append({"start": seconds(k * CHUNK), "end": seconds(k * CHUNK + c.length)})
            segs, _ = self._pipeline.transcribe(buffer, language=language, beam_size=self.beam, batch_size=len(group), word_timestamps=True,
                without_timestamps=not self.timestamps, clip_timestamps=clips, initial_prompt=self.prompt, **options)
            per = [[] for _ in group]
            for s in segs:
                per[round(s.seek / 3000)].append(s)
            for k, (c, ss) in enumerate(zip(group, per)):
                ws = [Word(c.place(samples(w.start - 30 * k), samples(w.end - 30 * k)), w.word.strip(), float(w.probability)) for s in ss for w in s.words or () if w.word.strip()]
                out.append(Said(c, tuple(ws), ' '.join(s.text for s in ss), ss[0].avg_logprob if ss else 0, ss[0].no_speech_prob if ss else 1))
        return out
