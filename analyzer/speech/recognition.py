"""What the models found: who spoke when and which words, before anybody decides what it means.

These records are what `speech/` gives to the rooms to its right. They hold no model, no path and no clock,
so a finished call can be read back from its file and judged again without running anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.timeline import Span, Turn, Word


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker's voice: label, unit-length embedding (192 numbers for CAM++) and how far off the next voice is.

    `margin` is the cosine distance from this voice's centroid to the nearest other one; None when there is one voice.
    """

    speaker: str
    embedding: tuple[float, ...] = ()
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class TurnEvidence:
    """How sure the diarization is of one turn.

    `margin` is the cosine similarity of what was heard in the turn to the speaker's own voice, minus that to
    `runner_up`, the most similar other speaker; negative when the other voice fits better, None when there is no
    other or too little speech of one voice to tell. `certainty` is the mean probability, 0 to 1, that the
    segmentation network gives to this speaker speaking in the turn's frames; None when the diarizer does not say.
    """

    margin: float | None = None
    runner_up: str | None = None
    certainty: float | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """What was heard on one channel, or on one track of a folder: evidence of who is who, never proof.

    `number` counts from 0, tracks in the order of their names. `name` is what a track's file is called after; None
    for a channel. `turns` and `exclusive` are as in `Diarization`, with its labels, of this channel alone. `start` is
    where in the recording a track begins, in samples; the turns are in the time of the recording.
    """

    number: int
    turns: tuple[Turn, ...]
    exclusive: tuple[Turn, ...]
    name: str | None = None
    start: int = 0

    @property
    def speakers(self) -> tuple[str, ...]:
        """Labels of those heard on it, in order of first speech on it."""
        return tuple(dict.fromkeys(turn.who for turn in sorted(self.turns)))


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who spoke when.

    `turns` may overlap each other; `exclusive` never do (one speaker at a time, for giving words to speakers).
    Speakers are labelled `S1`, `S2`, … in order of first speech. `evidence` has one record for each of `turns`,
    in their order, or is empty when the diarizer gives none. `channels` is there when each channel or track was
    listened to by itself.
    """

    turns: tuple[Turn, ...]
    exclusive: tuple[Turn, ...]
    voices: tuple[Voice, ...] = ()
    evidence: tuple[TurnEvidence, ...] = ()
    channels: tuple[Channel, ...] = ()

    def __post_init__(self) -> None:
        if self.evidence and len(self.evidence) != len(self.turns):
            raise ValueError(f"evidence for {len(self.evidence)} turns of {len(self.turns)}")

    @property
    def speakers(self) -> tuple[str, ...]:
        """Labels in order of first speech."""
        return tuple(dict.fromkeys(turn.who for turn in sorted(self.turns)))

    @property
    def starts(self) -> dict[int, int]:
        """When each channel begins, in samples, by its number."""
        return {channel.number: channel.start for channel in self.channels}


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words in time order, the language they were heard in, and the model that heard them."""

    words: tuple[Word, ...]
    language: str | None
    model: str


@dataclass(frozen=True, slots=True)
class Recognition:
    """Everything the models produced for one recording of `length` samples; `diarizer` names who found the turns."""

    length: int
    diarization: Diarization
    transcript: Transcript | None = None
    diarizer: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def language(self) -> str | None:
        """The language of the words; None when it is not known, or there are none."""
        return None if self.transcript is None else self.transcript.language

    @property
    def whole(self) -> Span:
        """The recording from end to end."""
        return Span(0, self.length)
