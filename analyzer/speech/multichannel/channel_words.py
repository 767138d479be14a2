"""The words of a recording whose channels, or tracks, were listened to one by one: each its speaker's for certain."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.progress import Progress, silent
from analyzer.speech.recognition import Channel, Diarization, Transcript
from analyzer.timeline import Turn, Word, total

if TYPE_CHECKING:
    from analyzer.speech.multichannel.separation import Sound
    from analyzer.speech.transcription.whisper import Transcriber


def transcribe_channels(
    sounds: Mapping[int, Sound],
    found: Diarization,
    transcriber: Transcriber,
    *,
    language: str | None = None,
    progress: Progress = silent,
) -> Transcript:
    """The words of all channels in time order, each with its `speaker`; only one sound is held at a time.

    `sounds` are by channel number. What language the channel with most speech is in, the others are likely to be in.

    Raises:
        UsageError: the model does not know the language.
    """
    channels = sorted(
        (channel for channel in found.channels if channel.turns),
        key=lambda channel: -total(turn.span for turn in channel.turns),
    )
    everything = sum(total(turn.span for turn in channel.turns) for channel in channels)
    words: list[Word] = []
    likely, model, done = language, "", 0.0
    for channel in channels:
        speech = [turn.span for turn in channel.turns]
        share = total(speech) / everything
        told = _part_of(progress, done, share)
        written = transcriber(sounds[channel.number](), speech, language=language, likely=likely, progress=told)
        likely, model = likely or written.language, written.model
        words += (
            word if word.language or written.language == likely else replace(word, language=written.language)
            for word in owned(written.words, channel)
        )
        done += share
    return Transcript(tuple(sorted(words)), likely, model)


def _part_of(progress: Progress, before: float, share: float) -> Progress:
    """Progress in one channel as progress in all."""

    def tell(stage: str, done: float, total: float | None) -> None:
        progress(stage, before + share * (done / total if total else 0.0), 1.0)

    return tell


def owned(words: Sequence[Word], channel: Channel) -> list[Word]:
    """Each word with the speaker of the channel who has most of it, or who speaks nearest to it."""
    turns = sorted(channel.exclusive)
    ends = [turn.span.end for turn in turns]
    return [replace(word, speaker=_owner(word, turns, ends)) for word in words]


def _owner(word: Word, turns: Sequence[Turn], ends: Sequence[int]) -> str | None:
    """Of the turns from the last before the word to the first after it, the best; None without any turn.

    `talk.words` allows only 0.2 s of distance, and may answer that the speaker is not known. A channel's words were
    spoken on that channel, so here the nearest speaker always has them.
    """
    first = bisect_left(ends, word.span.start + 1)
    near = list(turns[max(0, first - 1) : first])
    for turn in turns[first:]:
        near.append(turn)
        if turn.span.start >= word.span.end:
            break
    if not near:
        return None
    shared = [(turn.span.shared(word.span), -_gap(word, turn), -i) for i, turn in enumerate(near)]
    return near[-max(shared)[2]].who


def _gap(word: Word, turn: Turn) -> int:
    return max(0, turn.span.start - word.span.end, word.span.start - turn.span.end)
