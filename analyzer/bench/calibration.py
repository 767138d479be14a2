"""Do the intervals hold what they promise? Real diarizations of recordings whose truth is known, and how often the true
lead share lies within the interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from analyzer.bench.scoring import named
from analyzer.bench.truth import Truth
from analyzer.lead.check import LEAST_TEAM_TALK, Basis, Interval
from analyzer.lead.doubts import turn_doubts, voice_distances
from analyzer.lead.interval import lead_interval, talk_interval
from analyzer.lead.stretches import lead_stretches, lead_time_share
from analyzer.speech.heard import Diarization
from analyzer.talk.floor import floor
from analyzer.talk.turns import renamed, share_of, spans_by_person, talk_time


@dataclass(frozen=True, slots=True)
class Case:
    """One lead share of one recording: what was found, its interval, and the truth.

    `distance` is how far apart the two nearest voices of the team are (of all people, on all-talk), where it is known.
    """

    recording: str
    effect: str | None
    basis: Basis
    salesperson: str
    team: tuple[str, ...]
    found: float
    true: float
    interval: Interval
    distance: float | None = None

    @property
    def covered(self) -> bool:
        """Whether the true share lies within the interval."""
        return self.interval.low <= self.true <= self.interval.high

    @property
    def width(self) -> float:
        """From the low end to the high one."""
        return self.interval.high - self.interval.low


def cases(truth: Truth, found: Diarization, length: int) -> Iterator[Case]:
    """Every lead share that the people of a recording could have been asked about.

    Everybody who was found takes the salesperson's part once with each other person as the team, and once with each
    two; of two people in a team only one does, because the other's interval is the mirror image. Teams that talk for
    less than a minute are not judged, so they are left out. Names are given as by `named`.
    """
    people = named(truth.turns, found.turns)
    by, true_by = spans_by_person(renamed(found.turns, people)), spans_by_person(truth.turns)
    held, true_held = floor(by), floor(true_by)
    doubts, distances = turn_doubts(found, people), voice_distances(found, people)
    talk = talk_time(by)
    both = [who for who in by if who in true_by]

    def case(basis: Basis, who: str, team: tuple[str, ...], found: float, true: float, interval: Interval) -> Case:
        apart = [d for pair, d in distances.items() if set(pair) <= set(team)]
        return Case(
            truth.recording.stem, truth.effect, basis, who, team, found, true, interval, min(apart, default=None)
        )

    for who, team in _teams(both):
        if sum(talk[person] for person in team) < LEAST_TEAM_TALK:
            continue
        share, true = share_of(who, team, by).value, share_of(who, team, true_by).value
        interval = talk_interval(who, team, by, doubts)
        if share is not None and true is not None and interval is not None:
            yield case("team-talk", who, team, share, true, interval)
        share = lead_time_share(who, lead_stretches(held, team, by, length)).value
        true = lead_time_share(who, lead_stretches(true_held, team, true_by, length)).value
        interval = lead_interval(who, team, by, held, length, doubts)
        if share is not None and true is not None and interval is not None:
            yield case("lead-time", who, team, share, true, interval)
    for who in both if len(by) > 1 else ():
        share, true = share_of(who, tuple(by), by).value, share_of(who, tuple(true_by), true_by).value
        interval = talk_interval(who, tuple(by), by, doubts)
        if share is not None and true is not None and interval is not None:
            yield case("all-talk", who, tuple(by), share, true, interval)


def _teams(people: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for pair in combinations(people, 2):
        yield pair[0], pair
    for who in people:
        for others in combinations([person for person in people if person != who], 2):
            yield who, (who, *others)
