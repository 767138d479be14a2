"""Do the intervals hold what they promise? How often the true lead share lies within them, on known truth.

`interval_report` diarizes every recording of some folders, as `truth.py` defines them, and asks about every lead share
that its people could have been asked about. The recordings count alike, however many cases each gives, because the
cases of one recording fail together. Of each group of cases it says

* how often the interval holds the truth, with a 90 % interval of that itself: Wilson's, with as many trials as there
  are recordings. A recording counts with the part of its cases that is covered, which varies no more than yes or no;
* the mean width, and the **constant width**: that of intervals of one width around every found share which would cover
  as often. An interval that knows when it is wrong is narrower than that;
* how often `led` is decided in the usual band, `yes` or `no`, and how many of these are against the truth.

`fitted_scale` finds the scale of the intervals (see `lead/scale.py`) on the cases of a report.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, combinations
from pathlib import Path

from analyzer.audio.recording import probe
from analyzer.bench.scoring import named
from analyzer.bench.truth import Truth, recordings_with_truth
from analyzer.call.engine import Engine
from analyzer.call.place import claim_folder
from analyzer.call.recognising import recognise
from analyzer.errors import RecordingError, UsageError
from analyzer.lead.check import BASES, LEAST_TEAM_TALK, Band, Basis, Interval, answers
from analyzer.lead.doubts import CLOSE, SHORT, turn_doubts, voice_distances
from analyzer.lead.interval import lead_spread, talk_spread
from analyzer.lead.scale import SCALE, Scale, Spread, fitted
from analyzer.lead.stretches import lead_time
from analyzer.progress import Progress, silent
from analyzer.settings import Settings
from analyzer.speech.recognition import Diarization
from analyzer.talk.floor import floor
from analyzer.talk.turns import renamed, share_of, spans_by_person, talk_time
from analyzer.timeline import samples

HIGH = 0.8
"""Found shares of at least this (or, for the other person, at most the rest of it) are shown on their own."""
NEAR = (0.75, 0.95)
"""True shares around the band are shown on their own: there the answer hangs on the interval."""
OVERHANG = samples(1.0)
"""How far a truth may go on after its recording: it is rounded. Beyond, the file was cut short."""
LEAST_SCALE = 0.1
"""However exact the recordings are: no interval has a width of 0."""


@dataclass(frozen=True, slots=True)
class Case:
    """One lead share of one recording: what was found and how far it may be off, and the truth.

    `distance` is how far apart the two nearest voices of the team are (of all people, on all-talk), where it is known.
    `asked` says that salesperson and team are those of the truth's roles. `miscounted` says that more or fewer
    voices were found than people talk, which the report of a call says too, where the plan has their number. `short`
    calls are under 3 minutes.
    """

    recording: str
    basis: Basis
    salesperson: str
    team: tuple[str, ...]
    true: float
    spread: Spread
    effect: str | None = None
    timings: str | None = None
    people: int = 0
    distance: float | None = None
    asked: bool = False
    miscounted: bool = False
    short: bool = False
    scale: Scale = field(default=SCALE, repr=False)

    @property
    def found(self) -> float:
        """The share that was found."""
        return self.spread.share

    @property
    def interval(self) -> Interval:
        """The 90 % interval of the found share."""
        return self.spread.interval(self.scale.lead_time if self.basis == "lead-time" else self.scale.talk)

    @property
    def covered(self) -> bool:
        """Whether the true share lies within the interval."""
        return self.interval.low <= self.true <= self.interval.high

    @property
    def width(self) -> float:
        """From the low end to the high one."""
        return self.interval.high - self.interval.low

    @property
    def right(self) -> bool | None:
        """Whether `led` is what the truth says, in the usual band; None when it is too close to tell."""
        led = answers(self.interval).led
        return None if led == "too_close" else (led == "yes") == (self.true >= Band().floor)


def cases(truth: Truth, found: Diarization, length: int, least: int = LEAST_TEAM_TALK) -> Iterator[Case]:
    """Every lead share that the people of a recording could have been asked about.

    Of each two people the one who talks more takes the salesperson's part (the interval of the other is the mirror
    image), and in each team of three everybody once. Teams that talk for less than `least` samples are left out: they
    are not judged. Names are given as by `named`.
    """
    people = named(truth.turns, found.turns)
    by, true_by = spans_by_person(renamed(found.turns, people)), spans_by_person(truth.turns)
    held, true_held = floor(by), floor(true_by)
    doubts, distances = turn_doubts(found, people), voice_distances(found, people)
    talk = talk_time(by)
    both = sorted((who for who in by if who in true_by), key=lambda who: -talk[who])
    miscounted = len(found.speakers) != len(true_by)

    def case(
        basis: Basis, who: str, team: tuple[str, ...], true: float | None, spread: Spread | None
    ) -> Iterator[Case]:
        if true is None or spread is None:
            return
        apart = min((d for pair, d in distances.items() if set(pair) <= set(team)), default=None)
        mirrored = len(team) == 2 or truth.roles.get(who) == "salesperson"
        asked = basis != "all-talk" and set(team) == truth.team and mirrored
        about = (truth.effect, truth.timings, len(true_by), apart, asked, miscounted, length < SHORT)
        yield Case(truth.recording.stem, basis, who, team, true, spread, *about)

    for who, team in _teams(both):
        if sum(talk[person] for person in team) < least:
            continue
        yield from case("team-talk", who, team, share_of(who, team, true_by).value, talk_spread(who, team, by, doubts))
        true = lead_time(true_held, team, true_by, length).share(who).value
        yield from case("lead-time", who, team, true, lead_spread(who, team, by, held, length))
    for who in both if len(by) > 1 else ():
        true = share_of(who, tuple(true_by), true_by).value
        yield from case("all-talk", who, tuple(by), true, talk_spread(who, tuple(by), by, doubts))


def _teams(people: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for pair in combinations(people, 2):
        yield pair[0], pair
    for who in people:
        for others in combinations([person for person in people if person != who], 2):
            yield who, (who, *others)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the intervals of some cases hold the truth, how wide they are, and what they decide; all 0 to 1.

    `low` and `high` are the ends of the 90 % interval of `covered`; `wrong` is a part of `decided`, and None without.
    """

    what: str
    recordings: int
    cases: int
    covered: float
    low: float
    high: float
    width: float
    constant_width: float
    decided: float
    wrong: float | None


@dataclass(frozen=True, slots=True)
class IntervalReport:
    """What the intervals are worth on one set of recordings; `left_out` says which gave nothing, and why.

    `diarizers` are the names of those that heard the recordings.
    """

    cases: tuple[Case, ...]
    left_out: tuple[str, ...] = ()
    diarizers: tuple[str, ...] = ()

    def scaled(self, scale: Scale) -> IntervalReport:
        """The same with the intervals of another scale."""
        return replace(self, cases=tuple(replace(case, scale=scale) for case in self.cases))

    @property
    def rows(self) -> tuple[Coverage, ...]:
        """The figures by basis and group."""
        return tuple(coverage_rows(self.cases))

    def table(self) -> str:
        """The rows as text in columns; shares in percent, widths in percentage points."""
        head = ("90 % intervals", "calls", "cases", "covered", "known to", "width", "one width", "decided", "wrong")
        lines = [_line(head), *(_line(_cells(row)) for row in self.rows)]
        return "\n".join((*lines, *(f"left out: {reason}" for reason in self.left_out)))


def _line(cells: Sequence[str]) -> str:
    return f"{cells[0]:<28}" + "".join(f"{cell:>11}" for cell in cells[1:])


def _cells(row: Coverage) -> tuple[str, ...]:
    return (
        row.what,
        str(row.recordings),
        str(row.cases),
        f"{100 * row.covered:.1f} %",
        f"{100 * row.low:.0f}-{100 * row.high:.0f} %",
        f"{100 * row.width:.1f}",
        f"{100 * row.constant_width:.1f}",
        f"{100 * row.decided:.1f} %",
        "-" if row.wrong is None else f"{100 * row.wrong:.1f} %",
    )


def interval_report(
    folders: Sequence[Path],
    engine: Engine,
    *,
    least: int = LEAST_TEAM_TALK,
    keep: Path | None = None,
    progress: Progress = silent,
) -> IntervalReport:
    """Coverage and width of the intervals on the recordings of `folders`, diarized by `engine`.

    `least` is as in `cases`; `keep` is a folder where what was heard is kept, so that another run need not hear it
    again. A recording that cannot be used is left out and named; it does not stop the rest.

    Raises:
        BadFileError: a folder holds no recording with truth, or a truth file is wrong.
        ModelError: the models are not there.
    """
    truths = [truth for folder in folders for truth in recordings_with_truth(folder)]
    found: list[Case] = []
    left_out: list[str] = []
    diarizers: dict[str, None] = {}
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
        if max(turn.span.end for turn in truth.turns) > recognition.length + OVERHANG:
            left_out.append(f"{truth.recording}: its truth goes on after its end. Check that the recording is whole")
            continue
        diarizers[recognition.diarizer] = None
        found += cases(truth, recognition.diarization, recognition.length, least)
    progress("recordings", len(truths), len(truths))
    return IntervalReport(tuple(found), tuple(left_out), tuple(diarizers))


def fitted_scale(report: IntervalReport, program: str) -> Scale:
    """The scale that the cases of a report need, as `lead/scale.py` counts it; talk is counted on team-talk.

    `program` is the version of this program.

    Recordings with a wrong number of voices are left out: that is a flag of its own, and no matter of the width. Under
    3 minutes it is what usually happens, and part of how far a share may be off.

    Raises:
        UsageError: too few recordings.
    """
    counted = [case for case in report.cases if case.short or not case.miscounted]
    needed: dict[Basis, list[tuple[str, float]]] = {
        basis: [(case.recording, case.spread.needed(case.true)) for case in counted if case.basis == basis]
        for basis in ("team-talk", "lead-time")
    }
    talk, lead_time = fitted(needed["team-talk"]), fitted(needed["lead-time"])
    if math.inf in (talk, lead_time):
        raise UsageError("too few recordings to fit a scale to", todo="Give at least 9, and better 100")
    calls = len({call for call, _ in needed["team-talk"]})
    today = datetime.date.today().isoformat()
    made = sum(len(one) for one in needed.values())
    return Scale(
        round(max(talk, LEAST_SCALE), 3),
        round(max(lead_time, LEAST_SCALE), 3),
        today,
        ", ".join(report.diarizers),
        program,
        calls,
        made,
    )


def coverage_rows(found: Sequence[Case]) -> Iterator[Coverage]:
    """For each basis: all cases, and the groups of them."""
    for basis in BASES:
        of_basis = [case for case in found if case.basis == basis]
        groups: dict[str, list[Case]] = {basis: of_basis}
        groups["  under 3 minutes"] = [case for case in of_basis if case.short]
        groups["  voices counted right"] = [case for case in of_basis if not case.miscounted]
        groups["  of the truth's roles"] = [case for case in of_basis if case.asked]
        for effect in sorted({case.effect for case in of_basis if case.effect is not None}):
            groups[f"  {effect}"] = [case for case in of_basis if case.effect == effect]
        for timings in sorted({case.timings for case in of_basis if case.timings is not None}):
            groups[f"  timings {timings}"] = [case for case in of_basis if case.timings == timings]
        for people in sorted({case.people for case in of_basis if case.people}):
            groups[f"  {people} people"] = [case for case in of_basis if case.people == people]
        groups[f"  share of {100 * HIGH:.0f} % or more"] = [c for c in of_basis if max(c.found, 1 - c.found) >= HIGH]
        groups[f"  true share of {100 * NEAR[0]:.0f}-{100 * NEAR[1]:.0f} %"] = [
            case for case in of_basis if NEAR[0] <= max(case.true, 1 - case.true) <= NEAR[1]
        ]
        groups["  close voices"] = [case for case in of_basis if case.distance is not None and case.distance < CLOSE]
        groups["  voices miscounted"] = [case for case in of_basis if case.miscounted]
        yield from (coverage(what, group) for what, group in groups.items() if group)


def coverage(what: str, found: Sequence[Case]) -> Coverage:
    """Coverage, width and decisions of at least one case, with each recording counting alike."""
    of_recording = Counter(case.recording for case in found)
    weights = [1 / (of_recording[case.recording] * len(of_recording)) for case in found]
    covered = sum(w for w, case in zip(weights, found, strict=True) if case.covered)
    width = sum(w * case.width for w, case in zip(weights, found, strict=True))
    decided = sum(w for w, case in zip(weights, found, strict=True) if case.right is not None)
    wrong = sum(w for w, case in zip(weights, found, strict=True) if case.right is False)
    return Coverage(
        what,
        len(of_recording),
        len(found),
        covered,
        *_wilson(covered, len(of_recording)),
        width,
        _constant_width(found, weights, covered),
        decided,
        wrong / decided if decided else None,
    )


def _wilson(rate: float, trials: int, z: float = 1.645) -> tuple[float, float]:
    """The 90 % interval of a rate by E. B. Wilson (JASA 22, 1927)."""
    middle = (rate + z**2 / (2 * trials)) / (1 + z**2 / trials)
    off = z / (1 + z**2 / trials) * math.sqrt(max(0.0, rate * (1 - rate)) / trials + z**2 / (4 * trials**2))
    return max(0.0, middle - off), min(1.0, middle + off)


def _constant_width(found: Iterable[Case], weights: Iterable[float], covered: float) -> float:
    """Twice the error within which `covered` of the cases lie."""
    errors = sorted((abs(case.found - case.true), weight) for case, weight in zip(found, weights, strict=True))
    reached = accumulate(weight for _, weight in errors)
    enough = (error for (error, _), sum_ in zip(errors, reached, strict=True) if sum_ >= covered - 1e-9)
    return 2 * next(enough, errors[-1][0])
