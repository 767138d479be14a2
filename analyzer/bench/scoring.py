"""How far found turns are from the truth, in the field's own measures.

* **diarization error rate** (DER): missed talk, false alarms and talk given to the wrong person, over all true talk.
  Overlap is scored, and there is no collar unless one is asked for. Computed by pyannote.metrics, whose `collar` is the
  whole width of what is not scored around an edge; here, as in NIST's md-eval, it is what lies on each side.
* **Jaccard error rate** (JER): for each true person, one minus what they and their speaker share over what either
  talks, averaged over people, so that somebody who hardly talks weighs as much as somebody who talks all the time. By
  pyannote.metrics, too.
* **share error**: a person's found talk share minus the true one; somebody who was not found has a share of 0, and what
  is left over of a person who was found as two voices is an error of its own.
* **lost**: somebody without a voice of their own: none was matched to them, or it is more of somebody else.
* **invented**: a speaker who was matched to no one: a part of somebody's voice, or of several.

Speakers are matched to people one to one, by the greatest total overlap. Who talks under 2 s counts for nothing where
speakers are counted, neither in the truth nor among those found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from analyzer.talk.rates import Rate
from analyzer.talk.turns import spans_by_person, talk_time
from analyzer.timeline import Span, Turn, intersection, samples, seconds, total

COUNTED = samples(2.0)
"""Who talks at least this long counts as a speaker, found or true."""


@dataclass(frozen=True, slots=True)
class DiarizationError:
    """The parts of a diarization error, in samples; `+` pools recordings. `talk` is all the true talk."""

    missed: int
    false_alarm: int
    confused: int
    talk: int

    @property
    def rate(self) -> Rate:
        """The diarization error rate; it can be more than 1."""
        return Rate(self.missed + self.false_alarm + self.confused, self.talk)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.missed + other.missed,
            self.false_alarm + other.false_alarm,
            self.confused + other.confused,
            self.talk + other.talk,
        )


def diarization_error(
    truth: Iterable[Turn], found: Iterable[Turn], scored: Iterable[Span], *, collar: int = 0, overlap: bool = True
) -> DiarizationError:
    """The error of `found` within `scored`; `overlap` says whether it is scored where two or more truly talk.

    `collar` samples before and after each edge of the truth are not scored.
    """
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    measure = DiarizationErrorRate(collar=2 * seconds(collar), skip_overlap=not overlap)
    where = Timeline(Segment(seconds(span.start), seconds(span.end)) for span in scored)
    parts = measure(_annotation(truth), _annotation(found), uem=where, detailed=True)
    return DiarizationError(
        *(samples(parts[name]) for name in ("missed detection", "false alarm", "confusion", "total"))
    )


@dataclass(frozen=True, slots=True)
class JaccardError:
    """The sum of everybody's Jaccard error and how many people there are; `+` pools recordings."""

    error: float
    people: int

    @property
    def value(self) -> float | None:
        """The Jaccard error rate; None where no one talks."""
        return self.error / self.people if self.people else None

    def __add__(self, other: Self) -> Self:
        return type(self)(self.error + other.error, self.people + other.people)


def jaccard_error(truth: Iterable[Turn], found: Iterable[Turn], scored: Iterable[Span]) -> JaccardError:
    """The Jaccard error of `found` within `scored`."""
    from pyannote.core import Segment, Timeline
    from pyannote.metrics.diarization import JaccardErrorRate

    where = Timeline(Segment(seconds(span.start), seconds(span.end)) for span in scored)
    parts = JaccardErrorRate()(_annotation(truth), _annotation(found), uem=where, detailed=True)
    return JaccardError(float(parts["speaker error"]), int(parts["speaker count"]))


def _annotation(turns: Iterable[Turn]) -> Any:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for i, turn in enumerate(turns):
        annotation[Segment(seconds(turn.span.start), seconds(turn.span.end)), i] = turn.who
    return annotation


def matched(truth: Iterable[Turn], found: Iterable[Turn]) -> dict[str, str]:
    """Which person each speaker is, one to one, by the greatest total overlap; who overlaps no one is left out."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    shared = _shared(truth, found)
    speakers = sorted({speaker for speaker, _ in shared})
    people = sorted({person for _, person in shared})
    table = np.array([[shared[speaker, person] for person in people] for speaker in speakers]).reshape(
        len(speakers), len(people)
    )
    rows, columns = linear_sum_assignment(table, maximize=True)
    return {speakers[i]: people[j] for i, j in zip(rows, columns, strict=True) if table[i, j]}


def named(truth: Iterable[Turn], found: Iterable[Turn]) -> dict[str, str]:
    """Which person each speaker is when a user has named them all, having listened to a few turns of each.

    The one-to-one matching first. A speaker who is left over, because one person was found twice, is the person whose
    talk he holds most of: the user says that the two are one. A speaker who overlaps no one is left out.
    """
    truth, found = tuple(truth), tuple(found)
    people, shared = matched(truth, found), _shared(truth, found)
    for speaker in {turn.who for turn in found} - set(people):
        whose = [(length, person) for (other, person), length in shared.items() if other == speaker and length]
        if whose:
            people[speaker] = max(whose)[1]
    return people


def counted(turns: Iterable[Turn]) -> int:
    """How many talk at least 2 s."""
    return sum(time >= COUNTED for time in talk_time(spans_by_person(turns)).values())


def lost(truth: Iterable[Turn], found: Iterable[Turn]) -> dict[str, float]:
    """Who of those that talk at least 2 s has no voice of their own, with their true talk share."""
    truth, found = tuple(truth), tuple(found)
    shared, talk = _shared(truth, found), talk_time(spans_by_person(truth))
    theirs = {person: speaker for speaker, person in matched(truth, found).items()}

    def has_voice(who: str) -> bool:
        speaker = theirs.get(who)
        return speaker is not None and all(shared[speaker, who] >= shared[speaker, other] for other in talk)

    everybody = sum(talk.values())
    return {who: time / everybody for who, time in talk.items() if time >= COUNTED and not has_voice(who)}


def invented(truth: Iterable[Turn], found: Iterable[Turn]) -> dict[str, float]:
    """Which speakers of at least 2 s are no person's, with their part of all that was found."""
    found = tuple(found)
    people, talk = matched(truth, found), talk_time(spans_by_person(found))
    everybody = sum(talk.values())
    return {who: time / everybody for who, time in talk.items() if time >= COUNTED and who not in people}


def _shared(truth: Iterable[Turn], found: Iterable[Turn]) -> dict[tuple[str, str], int]:
    """How long each speaker and each person talk at once."""
    people, speakers = spans_by_person(truth, pause=0), spans_by_person(found, pause=0)
    return {
        (speaker, person): total(intersection(theirs, his))
        for speaker, theirs in speakers.items()
        for person, his in people.items()
    }


def share_errors(truth: Iterable[Turn], found: Iterable[Turn], people: Mapping[str, str]) -> dict[str, float]:
    """Everybody's found talk share minus the true one; `people` says who each speaker is. Empty where no one talks."""
    true = talk_time(spans_by_person(truth))
    talk = talk_time(spans_by_person(Turn(turn.span, people.get(turn.who, turn.who)) for turn in found))
    if not true:
        return {}
    all_true, all_found = sum(true.values()), sum(talk.values()) or 1
    return {who: talk.get(who, 0) / all_found - true.get(who, 0) / all_true for who in {**true, **talk}}
