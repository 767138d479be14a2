"""`analyzer bench run`: every system on every recording of some folders, one after the other in the same run.

A system is a **profile** of this program, or `stock`, the stack that a user would assemble from the same parts
(`stock.py`). Each runs on each recording in a fresh process (`worker.py`); what it heard is scored here, against the
truth beside the recording. A recording that a system cannot use is named and left out of that system's totals. Each
folder has totals of its own, so that real recordings are never averaged with simulated ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analyzer.bench.calibration import Case, cases
from analyzer.bench.scoring import (
    DiarizationError,
    JaccardError,
    counted,
    diarization_error,
    invented,
    jaccard_error,
    lost,
    matched,
    named,
    share_errors,
)
from analyzer.bench.truth import Truth, recordings_with_truth
from analyzer.bench.word_errors import can_score_words, read_stm, word_error, words_of
from analyzer.bench.worker import COST, STOCK, Cost, Order
from analyzer.call.folder import CallFolder
from analyzer.errors import UsageError
from analyzer.files import is_file
from analyzer.lead.check import Answer, Band, answers
from analyzer.progress import Progress, silent
from analyzer.speech.recognition import Recognition
from analyzer.talk.rates import Rate
from analyzer.talk.turns import renamed, share_of, spans_by_person
from analyzer.timeline import Span, samples, seconds

START_UP = 60.0
"""Seconds of the call that the start-up is measured on."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The lead share of the roles' own salesperson and team; `answer` is None where a system gives no interval."""

    found: float
    true: float
    low: float | None = None
    high: float | None = None
    answer: Answer | None = None

    @property
    def right(self) -> bool | None:
        """Whether `led` is what the truth says; `too_close` is not, None where there is no answer."""
        return None if self.answer is None else self.answer == ("yes" if self.true >= Band().floor else "no")


@dataclass(frozen=True, slots=True)
class Score:
    """One system on one recording. `length` in samples; `found` and `people` count who talks at least 2 s.

    `shares` are everybody's share errors, -1 to 1, `lost` the true shares of those without a voice of their own, and
    `invented` those of voices that are no one's: in all three a split voice stays split. In `lead` and `cases`, which
    are all lead shares that could have been asked about, both halves have the person's name, as a user would give it.
    """

    folder: str
    system: str
    recording: str
    length: int
    der: DiarizationError
    jer: JaccardError
    found: int
    people: int
    shares: tuple[float, ...]
    lost: dict[str, float]
    invented: dict[str, float]
    lead: Lead | None
    cases: tuple[Case, ...]
    words: Rate | None
    cost: Cost


@dataclass(frozen=True, slots=True)
class Failure:
    """A system that gave nothing on a recording, and why."""

    folder: str
    system: str
    recording: str
    why: str


@dataclass(frozen=True, slots=True)
class Race:
    """Everything that was measured. `start_up` is seconds from pressing Enter to the report of a 60 s call."""

    scores: tuple[Score, ...]
    failures: tuple[Failure, ...]
    start_up: float | None
    machine: dict[str, str]

    def of(self, system: str) -> tuple[Score, ...]:
        """One system's scores."""
        return tuple(score for score in self.scores if score.system == system)

    @property
    def by_folder(self) -> dict[str, Race]:
        """What was measured on the recordings of each folder, without what is not about recordings."""
        folders = dict.fromkeys([score.folder for score in self.scores] + [one.folder for one in self.failures])
        return {
            folder: Race(
                tuple(score for score in self.scores if score.folder == folder),
                tuple(failure for failure in self.failures if failure.folder == folder),
                None,
                {},
            )
            for folder in folders
        }

    @property
    def systems(self) -> tuple[str, ...]:
        """In the order in which they ran."""
        return tuple(dict.fromkeys(score.system for score in self.scores))

    @property
    def common(self) -> frozenset[str]:
        """The recordings that every system has run on."""
        return frozenset[str].intersection(*(frozenset(s.recording for s in self.of(one)) for one in self.systems))

    def json(self) -> str:
        """All of it as JSON; times in samples where they are integers, in seconds where they are not."""
        return json.dumps(asdict(self), indent=1, default=str)


def race(
    folders: Sequence[Path],
    profiles: Sequence[str],
    *,
    stock: int | None = None,
    transcript: bool = True,
    language: str | None = None,
    device: str = "auto",
    progress: Progress = silent,
) -> Race:
    """Runs the `profiles` on the recordings of `folders`, and the stock stack on the first `stock` of each (None: all).

    Raises:
        BadFileError: a folder holds no recording with truth, or a truth file is wrong.
        UsageError: there is nothing to run.
        StoppedRace: it was interrupted.
    """
    from analyzer.bench.machine import machine
    from analyzer.speech.profile import profile_named

    for name in profiles:
        profile_named(name)
    of_folder = {folder: recordings_with_truth(folder) for folder in folders}
    runs = [
        (str(folder), truth, system)
        for folder, truths in of_folder.items()
        for number, truth in enumerate(truths)
        for system in (*profiles, STOCK)
        if system != STOCK or stock is None or number < stock
    ]
    if not runs:
        raise UsageError("neither a profile nor the stock stack is to run", todo="Give --profile balanced")
    about, scores, failures = machine(), list[Score](), list[Failure]()
    for number, (folder, truth, system) in enumerate(runs):
        progress(f"{truth.recording.stem}, {system}", number, len(runs))
        with tempfile.TemporaryDirectory(prefix="analyzer-bench-") as place:
            order = Order(system, str(truth.recording.resolve()), place, transcript, language, device)
            try:
                recognition, cost = carried_out(order)
            except _FailedError as error:
                failures.append(Failure(folder, system, truth.recording.stem, str(error)))
                continue
            except KeyboardInterrupt:
                raise StoppedRace(Race(tuple(scores), tuple(failures), None, about)) from None
        scores.append(score(folder, truth, system, recognition, cost))
    progress("start-up", len(runs), len(runs))
    return Race(
        tuple(scores),
        tuple(failures),
        _start_up([truth for truths in of_folder.values() for truth in truths], device),
        about,
    )


class StoppedRace(KeyboardInterrupt):
    """A race that was interrupted, with what was `done` by then."""

    def __init__(self, done: Race) -> None:
        super().__init__()
        self.done = done


class _FailedError(Exception):
    pass


def carried_out(order: Order) -> tuple[Recognition, Cost]:
    """What the order's system heard in a process of its own, and what that cost, the interpreter's start included."""
    paper = Path(order.folder) / "order.json"
    paper.write_text(json.dumps(asdict(order)), encoding="utf-8")
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "analyzer.bench.worker", str(paper)], capture_output=True, text=True, errors="replace"
    )
    wall = time.perf_counter() - began
    if done.returncode:
        raise _FailedError((done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1])
    cost = json.loads((paper.parent / COST).read_text(encoding="utf-8"))
    kept = CallFolder(paper.parent).recognition()
    assert kept is not None  # the worker writes it before the cost
    return kept.recognition(), Cost(cost["stages"], wall, cost["memory"])


def score(folder: str, truth: Truth, system: str, recognition: Recognition, cost: Cost) -> Score:
    """How far what was heard is from the truth."""
    found = recognition.diarization.turns
    whole = [Span(0, max([recognition.length, *(turn.span.end for turn in truth.turns)]))]
    people = named(truth.turns, found)
    made = tuple(cases(truth, recognition.diarization, recognition.length)) if recognition.diarization.evidence else ()
    stm = truth.recording.with_suffix(".stm")
    words = None
    if recognition.transcript is not None and is_file(stm) and can_score_words():
        words = word_error(read_stm(stm), words_of(recognition))
    return Score(
        folder,
        system,
        truth.recording.stem,
        recognition.length,
        diarization_error(truth.turns, found, whole),
        jaccard_error(truth.turns, found, whole),
        counted(found),
        counted(truth.turns),
        tuple(share_errors(truth.turns, found, matched(truth.turns, found)).values()),
        lost(truth.turns, found),
        invented(truth.turns, found),
        _lead(truth, recognition, people, made),
        made,
        words,
        cost,
    )


def _lead(truth: Truth, recognition: Recognition, people: dict[str, str], made: Sequence[Case]) -> Lead | None:
    """None where the roles name no salesperson, or no one beside them."""
    team = truth.team
    who = next((one for one in sorted(team) if truth.roles[one] == "salesperson"), None)
    if who is None or len(team) < 2:
        return None
    by = spans_by_person(renamed(recognition.diarization.turns, people))
    found, true = share_of(who, team, by).value, share_of(who, team, spans_by_person(truth.turns)).value
    if found is None or true is None:
        return None
    for case in made:
        if case.basis == "team-talk" and set(case.team) == team:
            low, high = case.interval.low, case.interval.high
            if case.salesperson != who:
                low, high = 1 - high, 1 - low
            return Lead(found, true, low, high, answers(type(case.interval)(low, high)).led)
    return Lead(found, true)


def _start_up(truths: Sequence[Truth], device: str) -> float | None:
    """Seconds from pressing Enter to the report of the first 60 s of the longest recording; None if that fails."""
    import soundfile

    from analyzer.audio.decode import decode
    from analyzer.timeline import SAMPLE_RATE

    longest = max((truth.recording for truth in truths), key=lambda path: path.stat().st_size)
    with tempfile.TemporaryDirectory(prefix="analyzer-bench-") as place:
        cut = Path(place) / "call.wav"
        soundfile.write(cut, decode(longest).mono()[: samples(START_UP)], SAMPLE_RATE)
        command = [sys.executable, "-c", "from analyzer.cli.main import main; main()", "report", str(cut)]
        began = time.perf_counter()
        done = subprocess.run([*command, "--out", place, "--device", device], capture_output=True)
        return None if done.returncode else time.perf_counter() - began


def total_seconds(scores: Sequence[Score]) -> float:
    """How long the recordings of some scores are together."""
    return seconds(sum(score.length for score in scores))
