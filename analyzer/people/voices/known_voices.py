"""Known voices, and which of a call's speakers is whose: an open set, so that most speakers may be no one known.

The **score** of a speaker and a known voice is the cosine of the speaker's voiceprint with the most similar one kept of
that person; prints that may be of a telephone line count `HANDICAP` less. Names are given so that the sum of scores is
highest with one speaker a person and one person a speaker; then each must stand by itself: the score reaches
`THRESHOLD`, no one else scores within `MARGIN` of it, and the speaker talked for `LEAST` seconds. Otherwise the speaker
is unknown: a wrong name is worse than none.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.errors import BadFileError, UsageError
from analyzer.people.names import folded, is_clean
from analyzer.people.participants import Claim, Evidence
from analyzer.speech.diarization.voiceprint import ClipVoice, Print, talk_seconds
from analyzer.speech.recognition import Diarization
from analyzer.wording import _

SOURCE = "voice"
MODEL = "segmentation-3.0 + campplus"
"""The diarizer whose voiceprints the constants below were measured on; others' scores mean something else."""
THRESHOLD = 0.45
"""The score from which a voice is a person's.

Chosen on these trials, so the rates are those of the choice: clips of 5 s and more, enrolled as recorded, against 8 s
and more of other recordings of five voices and 5 s and more of 51 strangers, each clean, over a telephone, over Opus
and in a room. Of 897 trials with the right person none scored less (they are draws from 40 recordings of five readers,
not 897 readers); of 60 555 with another person 0.18 % scored as much (0.20 % over a telephone, 0.17 % else). Of the
strangers against the five together, 204 trials, one did (0.5 %). At 0.50 these are 0.2 %, 0.01 % and none, but one of
two real people heard through another microphone than enrolled scores 0.46.
"""
HANDICAP = 0.18
"""Taken off scores with narrow prints: strangers over a telephone sound that much more like one another (99 of 100
score below 0.57 there, below 0.37 else)."""
STEEPNESS, EVEN = 65.0, 0.469
"""The logistic curve fitted to the same trials, right and wrong people given the same weight."""
SUREST = 0.99
"""No voice is surer than this: the trials hold five readers, and no cold, no bad microphone and no brother."""
SAME = 0.55
"""The score from which two known voices cannot be two people: of 60 555 pairs of different people none scored more; the
same reader's other recordings score 0.70 and more, but for a telephone."""
MARGIN = 0.10
"""How far behind the next known person must be; in six calls of four people each they were 0.18 and more."""
LEAST = 3.0
"""Seconds of talk below which a speaker is no one's voice."""
LEAST_ENROLLED = 5.0
"""Seconds of speech, of all clips together, from which a voice can be kept."""


@dataclass(frozen=True, slots=True)
class KnownVoice:
    """A person's voice: the day they consented (None: not recorded), seconds of speech, and voiceprints of length 1.

    `prints` are of clips as recorded; `narrow` of what went over a telephone, or may have.
    """

    name: str
    consent: dt.date | None
    seconds: float
    model: str
    prints: tuple[Print, ...] = ()
    narrow: tuple[Print, ...] = ()

    def __post_init__(self) -> None:
        if not is_clean(self.name) or not folded(self.name):
            raise ValueError(f"{self.name!r} is no name")
        if not self.seconds > 0:
            raise ValueError(f"a voice of {self.seconds} s is none")
        lengths = {len(one) for one in (*self.prints, *self.narrow)}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError("a voice needs voiceprints, all of one dimension")
        if any(
            not abs(math.hypot(*one) - 1) < 1e-3 for one in (*self.prints, *self.narrow)
        ):  # NaN is refused by this too
            raise ValueError("a voiceprint has length 1")


@dataclass(frozen=True, slots=True)
class CallVoice:
    """What a speaker sounds like on one call, and for how many seconds they talk there."""

    embedding: Print
    seconds: float


@dataclass(frozen=True, slots=True)
class VoiceMatch:
    """Who a speaker is by voice.

    `score` is that of the person meant by `name` or, when that is None, of the most similar one (None with no one to
    compare with); `runner_up` is the next person and their score. `confidence`, 0 to 1, is how sure the name is; 0
    without one. `why` says it in words.
    """

    speaker: str
    name: str | None
    confidence: float
    score: float | None
    runner_up: tuple[str, float] | None
    why: str


def confidence_of(score: float) -> float:
    """How likely a voice with this score is that person's, 0 to `SUREST`, before anything else is known of either."""
    return min(SUREST, 1.0 / (1.0 + math.exp(-STEEPNESS * (score - EVEN))))


def score_of(embedding: Sequence[float], voice: KnownVoice) -> float:
    """The score of a voiceprint of length 1 and a known voice, at most 1."""
    scores = [float(np.dot(one, embedding)) for one in voice.prints]
    scores += [float(np.dot(one, embedding)) - HANDICAP for one in voice.narrow]
    return max(scores)


def call_voices(found: Diarization) -> dict[str, CallVoice]:
    """The voices of a diarized call, by speaker; only of speakers that have a voiceprint."""
    talk = talk_seconds(found)
    return {v.speaker: CallVoice(v.embedding, talk.get(v.speaker, 0.0)) for v in found.voices if v.embedding}


def identify(
    voices: Mapping[str, CallVoice], library: Iterable[KnownVoice], *, model: str = MODEL
) -> tuple[VoiceMatch, ...]:
    """Who of the `library` each speaker is, one match a speaker in the order given.

    Args:
        voices: by speaker.
        library: everybody known; kept voices of another model than the call's take no part.
        model: the diarizer that found `voices`; with another than `MODEL` everybody stays unknown, for no threshold
            has been measured for it.
    """
    from scipy.optimize import linear_sum_assignment

    if model != MODEL:
        why = f"voices heard by {model} cannot be compared with known ones"
        return tuple(VoiceMatch(speaker, None, 0.0, None, None, why) for speaker in voices)
    known = [voice for voice in library if voice.model == model]
    if not known or not voices:
        return tuple(VoiceMatch(speaker, None, 0.0, None, None, "no voices are known") for speaker in voices)
    speakers = list(voices)
    scores = np.array([[score_of(voices[speaker].embedding, voice) for voice in known] for speaker in speakers])
    # Who talks too little takes no name away from somebody who talks enough.
    enough = np.array([voices[speaker].seconds >= LEAST for speaker in speakers])
    # Only scores that could be a match compete: two scores just below it must not outvote one far above.
    rows, columns = linear_sum_assignment(-np.where(enough[:, None] & (scores >= THRESHOLD), scores, 0.0))
    given = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    matches = []
    for row, speaker in enumerate(speakers):
        best = int(scores[row].argmax())
        person = given.get(row, best)
        if scores[row, person] < THRESHOLD:
            person = best
        matches.append(_match(speaker, voices[speaker].seconds, scores, row, person, given.get(row), known))
    return tuple(matches)


def _match(
    speaker: str,
    seconds: float,
    scores: np.ndarray,
    row: int,
    person: int,
    given: int | None,
    known: Sequence[KnownVoice],
) -> VoiceMatch:
    name, score = known[person].name, float(scores[row, person])
    others = [number for number in np.argsort(-scores[row], kind="stable").tolist() if number != person]
    runner_up = (known[others[0]].name, float(scores[row, others[0]])) if others else None
    says = _(
        "sounds like {name} (score {number}, needs {number_least})",
        name=name,
        number=f"{score:.2f}",
        number_least=f"{THRESHOLD:.2f}",
    )

    def unknown(why: str) -> VoiceMatch:
        return VoiceMatch(speaker, None, 0.0, score, runner_up, why)

    if seconds < LEAST:
        return unknown(f"talks {seconds:.1f} s, too little to be known by voice")
    if score < THRESHOLD:
        return unknown(f"sounds like no one known; most like {name} (score {score:.2f}, needs {THRESHOLD:.2f})")
    if given != person:
        return unknown(f"{says}, but another speaker does more")
    if runner_up is not None and score - runner_up[1] < MARGIN:
        return unknown(f"{says}, and nearly as much like {runner_up[0]} ({runner_up[1]:.2f})")
    behind = f", next {runner_up[0]} ({runner_up[1]:.2f})" if runner_up is not None else ""
    return VoiceMatch(speaker, name, confidence_of(score), score, runner_up, says + behind)


def claim_by_voices(matches: Iterable[VoiceMatch]) -> Claim:
    """What the voices say about who is who, for `resolve`: last of all sources, for it is the weakest."""
    matches = tuple(matches)
    names = {match.speaker: match.name for match in matches if match.name is not None}
    return Claim(SOURCE, names=names, evidence=voice_evidence(matches))


def voice_evidence(matches: Iterable[VoiceMatch]) -> dict[str, Evidence]:
    """The evidence of each match that gives a name, by speaker."""
    return {
        match.speaker: Evidence(
            SOURCE, _("name {name}: {text_why}", name=match.name, text_why=match.why), match.confidence
        )
        for match in matches
        if match.name is not None
    }


def enrol(
    name: str, clips: Sequence[ClipVoice], library: Iterable[KnownVoice], *, consent: dt.date | None
) -> KnownVoice:
    """The voice of `name` from clips of them, to be kept in place of what was kept before.

    Raises:
        UsageError: it is no name.
        BadFileError: the clips are too short together, differ too much to be one person, or sound like somebody else.
    """
    _refuse_no_name(name)
    if not clips:
        raise UsageError("no clips were given", todo=f"Give at least one clip of {name}")
    spoken = sum(clip.seconds for clip in clips)
    if spoken < LEAST_ENROLLED:
        raise BadFileError(
            f"{spoken:.1f} s of speech in all is too little to know a voice by",
            where=name,
            todo=f"At least {LEAST_ENROLLED:g} s are needed; 20 s and more are better",
        )
    weights = [clip.seconds for clip in clips]
    wide, narrow = [clip.wide for clip in clips], [clip.narrow for clip in clips]
    for number, clip in enumerate(clips[1:], 2):
        score = max(float(np.dot(clip.wide, wide[0])), float(np.dot(clip.narrow, narrow[0])) - HANDICAP)
        if score < THRESHOLD:
            raise BadFileError(
                f"clip {number} does not sound like clip 1 (score {score:.2f}, needs {THRESHOLD:.2f})",
                where=name,
                todo="Give only clips of this person, or leave the odd one out",
            )
    voice = KnownVoice(name, consent, spoken, clips[0].model, (_mean(wide, weights),), (_mean(narrow, weights),))
    _refuse_another(name, (*voice.prints, *voice.narrow), voice.model, library)
    return voice


def enrol_from_call(
    name: str, speaker: str, found: Diarization, library: Iterable[KnownVoice], *, model: str, consent: dt.date
) -> KnownVoice:
    """The voice of `name` as it is heard on a call, where it is `speaker`; what was known of them before stays too.

    Args:
        name: whose voice it is.
        speaker: their label on the call.
        found: the diarized call.
        library: everybody known.
        model: the call's diarizer.
        consent: the day on which they agreed.

    Raises:
        UsageError: it is no name, or the speaker is not on the call.
        BadFileError: they talk too little, or sound like somebody else.
    """
    _refuse_no_name(name)
    library = tuple(library)
    voice = call_voices(found).get(speaker)
    if voice is None:
        raise UsageError(f"no voice was heard of a speaker {speaker}", where=name)
    if voice.seconds < LEAST_ENROLLED:
        raise BadFileError(
            f"{speaker} talks {voice.seconds:.1f} s on this call, too little to know a voice by",
            where=name,
            todo=f"At least {LEAST_ENROLLED:g} s are needed",
        )
    before = next((v for v in library if folded(v.name) == folded(name) and v.model == model), None)
    # What must not sound like another is the new print; the old ones have been looked at.
    _refuse_another(name, (voice.embedding,), model, library)
    if before is None:
        return KnownVoice(name, consent, voice.seconds, model, narrow=(voice.embedding,))
    # No one wrote down whether the call went over a telephone: it may have.
    narrow = (*before.narrow, voice.embedding)[-MOST_PRINTS:]
    return KnownVoice(before.name, consent, before.seconds + voice.seconds, model, before.prints, narrow)


MOST_PRINTS = 8
"""Narrow voiceprints kept of one person; the oldest give way."""


def _refuse_no_name(name: str) -> None:
    if not is_clean(name) or not folded(name):
        raise UsageError(f"{name!r} is no name", todo="Write it on one line")


def _refuse_another(name: str, prints: Sequence[Print], model: str, library: Iterable[KnownVoice]) -> None:
    for other in library:
        if other.model != model or folded(other.name) == folded(name):
            continue
        score = max(score_of(one, other) for one in prints)
        if score >= SAME:
            raise BadFileError(
                f"sounds like {other.name}, who is known already (score {score:.2f}, from {SAME:.2f} on it is one "
                "person)",
                where=name,
                todo=f'If they are one person, use that name, or first run: analyzer people forget "{other.name}"',
            )


def _mean(prints: Sequence[Print], weights: Sequence[float]) -> Print:
    together = np.asarray(weights) @ np.asarray(prints)
    return tuple(float(number) for number in together / np.linalg.norm(together))
