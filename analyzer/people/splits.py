"""Splits: stretches of one speaker's talk that are somebody else's, who is another speaker of the call or a new one.

A diarizer that takes two people for one gives both one label. Somebody who hears it says from when to when the other
talks; the speaker's turns are cut there, and what lies inside is the other's. What the models heard is kept as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from analyzer.errors import UnknownSpeakerError, UsageError
from analyzer.speech.recognition import Diarization, Recognition, TurnEvidence
from analyzer.timeline import SAMPLE_RATE, Span, Turn, intersection, subtraction, total

_TIME = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{2}(?:\.\d{1,3})?)")
EXAMPLE = "S2@3:10-4:05='First Last'"


class Split(BaseModel):
    """What `speaker` says from `start` to `end`, in samples, is said by `to`, a label; `new`: made by the split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speaker: str
    start: int
    end: int
    to: str
    new: bool = False

    @property
    def span(self) -> Span:
        """The stretch."""
        return Span(self.start, self.end)


def parse_stretch(text: str) -> tuple[str, Span]:
    """`S2@3:10-4:05` as a speaker and a stretch of time.

    Raises:
        UsageError: it is not written like that.
    """
    speaker, _, times = text.partition("@")
    first, dash, last = times.partition("-")
    start, end = (_at(part.strip()) for part in (first, last))
    if not speaker.strip() or not dash or start is None or end is None or start >= end:
        todo = f"Write speaker, from and to, like {EXAMPLE}"
        raise UsageError(f"{text!r} is no stretch of a speaker's talk", todo=todo)
    return speaker.strip(), Span(start, end)


def parse_moment(text: str) -> float | None:
    """`3:10` or `1:03:10.5` in seconds; None when it is not written like that."""
    found = _at(text)
    return None if found is None else found / SAMPLE_RATE


def _at(text: str) -> int | None:
    match = _TIME.fullmatch(text)
    if match is None or float(match[3]) >= 60:
        return None
    return round((int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])) * SAMPLE_RATE)


def stretch_text(speaker: str, span: Span) -> str:
    """The same, written: to a tenth of a second, which is as near as anybody hears."""

    def at(sample: int) -> str:
        tenths = round(sample * 10 / SAMPLE_RATE)
        minutes, rest = divmod(tenths, 600)
        return f"{minutes}:{rest // 10:02d}" + (f".{rest % 10}" if rest % 10 else "")

    return f"{speaker}@{at(span.start)}-{at(span.end)}"


def check_split(split: Split, turns: Sequence[Turn]) -> None:
    """Refuses a split that changes nothing, or leaves nothing.

    Raises:
        UnknownSpeakerError: the speaker is not on the call.
        UsageError: they say nothing in the stretch, or nothing else; or it is given to themselves.
    """
    own = [turn.span for turn in turns if turn.who == split.speaker]
    text = stretch_text(split.speaker, split.span)
    if not own:
        known = ", ".join(dict.fromkeys(turn.who for turn in sorted(turns)))
        raise UnknownSpeakerError(f"there is no speaker {split.speaker} on this call", todo=f"Speakers are: {known}")
    if split.to == split.speaker:
        raise UsageError(f"{text} is {split.speaker}'s already", todo="Give it to somebody else")
    inside = total(intersection(own, [split.span]))
    if not inside:
        raise UsageError(f"{text}: {split.speaker} says nothing there", todo="Check the times against the transcript")
    if inside == total(own):
        todo = f"Name them instead: {split.speaker}='First Last'"
        raise UsageError(f"{text} is all that {split.speaker} says, so there is nothing to split", todo=todo)


def resolved(splits: Iterable[Split], turns: Sequence[Turn], now: Mapping[str, str]) -> tuple[Split, ...]:
    """The splits with today's labels: `now` of those that were there, the next free ones of those that are new."""
    fresh: dict[str, str] = {}
    found = []
    for split in splits:
        if split.new and split.to not in fresh:
            fresh[split.to] = new_label(turns, len(fresh))
        to = fresh[split.to] if split.new else now.get(split.to, split.to)
        found.append(split.model_copy(update={"speaker": now.get(split.speaker, split.speaker), "to": to}))
    return tuple(found)


def new_label(turns: Iterable[Turn], already: int = 0) -> str:
    """The label of one more speaker."""
    numbers = [int(turn.who[1:]) for turn in turns if re.fullmatch(r"S\d+", turn.who)]
    return f"S{max(numbers, default=0) + 1 + already}"


def cut(turns: Iterable[Turn], splits: Iterable[Split]) -> tuple[Turn, ...]:
    """The turns with what lies inside each stretch given away, in time order."""
    return tuple(turn for turn, _ in _cut([(turn, TurnEvidence()) for turn in turns], splits))


def _cut(told: Sequence[tuple[Turn, TurnEvidence]], splits: Iterable[Split]) -> list[tuple[Turn, TurnEvidence]]:
    for split in splits:
        taken = [turn.span for turn, _ in told if turn.who == split.to]
        now: list[tuple[Turn, TurnEvidence]] = []
        for turn, evidence in told:
            if turn.who != split.speaker or not turn.span.meets(split.span):
                now.append((turn, evidence))
                continue
            now += [(Turn(span, turn.who), evidence) for span in subtraction([turn.span], [split.span])]
            # How near a voice lies to the one that was taken for it says nothing any more: somebody listened.
            said = TurnEvidence(certainty=evidence.certainty)
            inside = subtraction(intersection([turn.span], [split.span]), taken)
            now += [(Turn(span, split.to), said) for span in inside]
        told = sorted(now, key=lambda pair: pair[0])
    return list(told)


def with_splits(recognition: Recognition, splits: Sequence[Split]) -> Recognition:
    """What was recognised, with the splits made: turns, channels, and words that know their speaker."""
    if not splits:
        return recognition
    found = recognition.diarization
    told = _cut(list(zip(found.turns, found.evidence or (TurnEvidence(),) * len(found.turns), strict=True)), splits)
    channels = tuple(
        replace(channel, turns=cut(channel.turns, splits), exclusive=cut(channel.exclusive, splits))
        for channel in found.channels
    )
    diarization = Diarization(
        turns=tuple(turn for turn, _ in told),
        exclusive=cut(found.exclusive, splits),
        voices=found.voices,
        evidence=tuple(evidence for _, evidence in told) if found.evidence else (),
        channels=channels,
    )
    transcript = recognition.transcript
    if transcript is not None:
        words = []
        for word in transcript.words:
            middle = (word.span.start + word.span.end) // 2
            for split in splits:
                if word.speaker == split.speaker and split.start <= middle < split.end:
                    word = replace(word, speaker=split.to)
            words.append(word)
        transcript = replace(transcript, words=tuple(words))
    return replace(recognition, diarization=diarization, transcript=transcript)
