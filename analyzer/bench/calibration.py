"""Do the intervals hold what they promise? How often the true lead share lies within them, on known truth.

`interval_report` diarizes every recording of a folder, as `truth.py` defines it, and asks about every lead share that
its people could have been asked about. The recordings count alike, however many cases each gives, because the cases of
one recording fail together. Beside the mean width stands the **constant width**: that of intervals of one width around
every found share which would cover as often. An interval that knows when it is wrong is narrower than that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations
from pathlib import Path

from analyzer.audio.recording import probe
from analyzer.bench.scoring import named
from analyzer.bench.truth import Truth, recordings_with_truth
from analyzer.call.engine import Engine
from analyzer.call.folder import claim_folder
from analyzer.call.recognising import recognise
from analyzer.errors import RecordingError
from analyzer.lead.check import BASES, LEAST_TEAM_TALK, Basis, Interval
from analyzer.lead.doubts import CLOSE, turn_doubts, voice_distances
from analyzer.lead.interval import lead_interval, talk_interval
from analyzer.lead.stretches import lead_time
from analyzer.progress import Progress, silent
from analyzer.settings import Settings
from analyzer.speech.recognition import Diarization
from analyzer.talk.floor import floor
from analyzer.talk.turns import renamed, share_of, spans_by_person, talk_time

HIGH = 0.8
"""Found shares of at least this (or, for the other person, at most the rest of it) are shown on their own."""


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
        share = lead_time(held, team, by, length).share(who).value
        true = lead_time(true_held, team, true_by, length).share(who).value
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


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the intervals of some cases hold the truth, and how wide they are; all between 0 and 1."""

    what: str
    recordings: int
    cases: int
    covered: float
    width: float
    constant_width: float


@dataclass(frozen=True, slots=True)
class IntervalReport:
    """What the intervals are worth on one set of recordings; `left_out` says which gave nothing, and why."""

    rows: tuple[Coverage, ...]
    cases: tuple[Case, ...]
    left_out: tuple[str, ...] = ()

    def table(self) -> str:
        """The rows as text in columns; shares in percent, widths in percentage points."""
        lines = [f"{'90 % intervals':<28}{'calls':>7}{'cases':>7}{'covered':>10}{'width':>8}{'one width':>11}"]
        lines += [
            f"{row.what:<28}{row.recordings:>7}{row.cases:>7}{100 * row.covered:>8.1f} %{100 * row.width:>8.1f}"
            f"{100 * row.constant_width:>11.1f}"
            for row in self.rows
        ]
        return "\n".join((*lines, *(f"left out: {reason}" for reason in self.left_out)))


def interval_report(
    folder: Path, engine: Engine, *, keep: Path | None = None, progress: Progress = silent
) -> IntervalReport:
    """Coverage and width of the intervals on the recordings of `folder`, diarized by `engine`.

    `keep` is a folder where what was heard is kept, so that another run need not hear it again. A recording that
    cannot be used is left out and named; it does not stop the rest.

    Raises:
        BadFileError: the folder holds no recording with truth, or a truth file is wrong.
        ModelError: the models are not there.
    """
    truths = recordings_with_truth(folder)
    found: list[Case] = []
    left_out: list[str] = []
    for number, truth in enumerate(truths):
        progress("recordings", number, len(truths))
        try:
            recording = probe(truth.recording)
            kept = None if keep is None else claim_folder(keep, recording)
            settings = Settings(transcript=False)
            cache = recognise(recording, engine, settings, folder=kept, progress=progress)
            recognition = cache.recognition(transcript=False)
        except RecordingError as error:
            left_out.append(error.line())
            continue
        found += cases(truth, recognition.diarization, recognition.length)
    progress("recordings", len(truths), len(truths))
    return IntervalReport(tuple(coverage_rows(found)), tuple(found), tuple(left_out))


def coverage_rows(found: Sequence[Case]) -> Iterator[Coverage]:
    """For each basis: all cases, those by effect, those with a high share, and those whose voices are close."""
    for basis in BASES:
        of_basis = [case for case in found if case.basis == basis]
        groups: dict[str, list[Case]] = {basis: of_basis}
        for effect in sorted({case.effect for case in of_basis if case.effect is not None}):
            groups[f"  {effect}"] = [case for case in of_basis if case.effect == effect]
        groups[f"  share of {100 * HIGH:.0f} % or more"] = [c for c in of_basis if max(c.found, 1 - c.found) >= HIGH]
        groups["  close voices"] = [case for case in of_basis if case.distance is not None and case.distance < CLOSE]
        yield from (coverage(what, group) for what, group in groups.items() if group)


def coverage(what: str, found: Sequence[Case]) -> Coverage:
    """Coverage and width of at least one case, with each recording counting alike."""
    of_recording = Counter(case.recording for case in found)
    weights = [1 / (of_recording[case.recording] * len(of_recording)) for case in found]
    covered = sum(w for w, case in zip(weights, found, strict=True) if case.covered)
    width = sum(w * case.width for w, case in zip(weights, found, strict=True))
    return Coverage(what, len(of_recording), len(found), covered, width, _constant_width(found, weights, covered))


def _constant_width(found: Iterable[Case], weights: Iterable[float], covered: float) -> float:
    """Twice the error within which `covered` of the cases lie."""
    errors = sorted((abs(case.found - case.true), weight) for case, weight in zip(found, weights, strict=True))
    reached = accumulate(weight for _, weight in errors)
    enough = (error for (error, _), sum_ in zip(errors, reached, strict=True) if sum_ >= covered - 1e-9)
    return 2 * next(enough, errors[-1][0])
