"""Measuring on known truth: the truth is read as written, the scores are those worked out by hand or published."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from analyzer.bench.calibration import Case, cases, coverage, coverage_rows, fitted_scale, interval_report
from analyzer.bench.scoring import (
    DiarizationError,
    counted,
    diarization_error,
    invented,
    lost,
    matched,
    named,
    share_errors,
)
from analyzer.bench.truth import Truth, read_rttm, read_truth, recordings_with_truth
from analyzer.cli.main import app
from analyzer.errors import BadFileError, UsageError
from analyzer.lead.scale import Scale, Spread, read_scale
from analyzer.speech.recognition import Diarization, TurnEvidence, Voice
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples
from analyzer.version import __version__
from tests.fake_engine import FakeEngine

CALLS = Path(__file__).parents[1] / "golden" / "diarized_calls.json.gz"


def turn(start: float, end: float, who: str) -> Turn:
    return Turn(Span(samples(start), samples(end)), who)


ONE = Scale(1.0, 1.0, "2026-11-26", "fake", "0.1.0", 0, 0)


def case(found: float, true: float, off: float, recording: str = "a", **more: object) -> Case:
    """A case whose interval reaches `off` either way."""
    spread = Spread(found, off)
    made = Case(recording, "team-talk", "S", ("S", "M"), true, spread, "clean", "ami", 3, 0.9, scale=ONE)
    return replace(made, **more)  # type: ignore[arg-type]


RTTM = """\
SPKR-INFO call 1 <NA> <NA> <NA> unknown Ann <NA> <NA>
SPEAKER call 1 1.500 2.250 <NA> <NA> Bo <NA> <NA>
SPEAKER call 1 0.000 1.000 <NA> <NA> Ann <NA> <NA>

"""


def test_rttm_is_read_in_order_of_time(tmp_path: Path) -> None:
    (tmp_path / "call.rttm").write_text(RTTM)
    assert read_rttm(tmp_path / "call.rttm") == (turn(0, 1, "Ann"), turn(1.5, 3.75, "Bo"))


@pytest.mark.parametrize(
    "line",
    [
        "SPEAKER call 1 0.000 1.000",
        "SPEAKER call 1 now 1.000 <NA> <NA> Ann <NA> <NA>",
        "SPEAKER call 1 0.000 0.000 <NA> <NA> Ann <NA> <NA>",
        "SPEAKER call 1 -1.000 2.000 <NA> <NA> Ann <NA> <NA>",
        "SPEAKER call 1 nan 1 <NA> <NA> Ann <NA> <NA>",
        "SPEAKER call 1 0 inf <NA> <NA> Ann <NA> <NA>",
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "call.rttm").write_text(RTTM + line)
    with pytest.raises(BadFileError, match=r"call\.rttm, line 5: not a SPEAKER line"):
        read_rttm(tmp_path / "call.rttm")


def test_roles_and_effect_come_from_the_json_file(tmp_path: Path) -> None:
    (tmp_path / "call.rttm").write_text(RTTM)
    assert read_truth(tmp_path / "call.ogg") == Truth(tmp_path / "call.ogg", (turn(0, 1, "Ann"), turn(1.5, 3.75, "Bo")))
    roles = {"Ann": "salesperson", "Bo": "customer", "Cy": "manager"}
    about = {"roles": roles, "effect": "phone", "timings": "AMI ES2002a from 70 s"}
    (tmp_path / "call.json").write_text(json.dumps(about))
    truth = read_truth(tmp_path / "call.ogg")
    assert (truth.roles, truth.effect, truth.timings) == (roles, "phone", "ami")
    assert truth.team == {"Ann", "Cy"}
    for wrong in ("{", '{"roles": 3}'):
        (tmp_path / "call.json").write_text(wrong)
        with pytest.raises(BadFileError, match=r"call\.json: "):
            read_truth(tmp_path / "call.ogg")


def test_a_folder_without_truth_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "call.ogg").write_bytes(b"")
    with pytest.raises(BadFileError, match=r"no recording with its truth"):
        recordings_with_truth(tmp_path)
    (tmp_path / "call.rttm").write_text(RTTM)
    assert [truth.recording.name for truth in recordings_with_truth(tmp_path)] == ["call.ogg"]


# Ann talks 0-10 and Bo 10-20; found are S1 from 0 to 12, S2 from 13 to 19, and S3 from 19 to 22.
TRUE = (turn(0, 10, "Ann"), turn(10, 20, "Bo"))
FOUND = (turn(0, 12, "S1"), turn(13, 19, "S2"), turn(19, 22, "S3"))


def test_the_parts_of_a_diarization_error() -> None:
    # Of Bo 10-12 goes to S1 and 19-20 to S3, 12-13 is missed; 20-22 is no one's.
    error = diarization_error(TRUE, FOUND, [Span(0, samples(25))])
    assert error == DiarizationError(samples(1), samples(2), samples(3), samples(20))
    assert error.rate.value == pytest.approx(0.3)
    # Without a second on each side of every edge: of Bo, 11-12 is confused and 12-13 missed, and 21-22 is no one's.
    assert diarization_error(TRUE, FOUND, [Span(0, samples(25))], collar=samples(1)) == DiarizationError(
        samples(1), samples(1), samples(1), samples(16)
    )
    assert (error + error).rate.value == error.rate.value


def test_speakers_are_matched_to_people_one_to_one() -> None:
    assert matched(TRUE, FOUND) == {"S1": "Ann", "S2": "Bo"}
    # One to one, the best for all: S1 has 6 s of Ann and 5 of Bo, S2 has 4 of Ann alone.
    true = (turn(0, 10, "Ann"), turn(10, 20, "Bo"))
    assert matched(true, (turn(0, 4, "S2"), turn(4, 15, "S1"))) == {"S1": "Bo", "S2": "Ann"}
    assert matched(TRUE, ()) == {}
    assert matched((), FOUND) == {}


def test_a_person_who_was_found_twice_is_named_twice() -> None:
    assert named(TRUE, FOUND) == {"S1": "Ann", "S2": "Bo", "S3": "Bo"}
    assert named(TRUE, (*FOUND, turn(30, 31, "S4"))) == {"S1": "Ann", "S2": "Bo", "S3": "Bo"}


def test_share_errors() -> None:
    # Found are 12 and 9 s of 21, where 10 and 10 of 20 are true; a speaker who is no one has a true share of 0.
    assert share_errors(TRUE, FOUND, named(TRUE, FOUND)) == {
        "Ann": pytest.approx(12 / 21 - 0.5),
        "Bo": pytest.approx(9 / 21 - 0.5),
    }
    assert share_errors(TRUE, FOUND[:1], {"S1": "Ann"}) == {"Ann": 0.5, "Bo": -0.5}
    assert share_errors(TRUE, FOUND[2:], {}) == {"Ann": -0.5, "Bo": -0.5, "S3": 1.0}
    assert share_errors((), FOUND, {}) == {}


def test_a_voice_that_was_split_stays_split_in_share_errors() -> None:
    split = share_errors(TRUE, FOUND, matched(TRUE, FOUND))
    assert split == {
        "Ann": pytest.approx(12 / 21 - 0.5),
        "Bo": pytest.approx(6 / 21 - 0.5),
        "S3": pytest.approx(3 / 21),
    }


def test_who_talks_two_seconds_is_a_speaker() -> None:
    assert counted((turn(0, 2, "Ann"), turn(3, 4.9, "Bo"), turn(5, 6, "Cy"), turn(7, 8, "Cy"))) == 2


def test_lost_is_who_has_no_voice_of_their_own() -> None:
    true = (*TRUE, turn(20, 25, "Cy"), turn(25, 26, "Di"))
    assert lost(true, FOUND) == {}  # S3 is 1 s of Bo and 2 of Cy; Di talks too little to count
    assert lost(true, FOUND[:2]) == {"Cy": 5 / 26}
    # Two are one voice, and what is left over of somebody else is matched to Cy: that is not Cy's voice.
    assert lost(true, (turn(0, 5, "S1"), turn(5, 10, "S3"), turn(10, 20, "S2"), turn(20, 22, "S3"))) == {"Cy": 5 / 26}
    assert lost((), FOUND) == {}


def test_invented_is_a_speaker_of_two_seconds_whom_no_person_is_matched_to() -> None:
    assert invented(TRUE, FOUND) == {"S3": 3 / 21}
    assert invented(TRUE, FOUND[:2]) == {}
    assert invented(TRUE, (*FOUND[:2], turn(30, 31.9, "S3"))) == {}
    assert invented((), FOUND[:1]) == {"S1": 1.0}
    assert invented(TRUE, ()) == {}


@pytest.mark.corpus
def test_the_published_error_rates_of_meetings_come_out(corpus: Path) -> None:
    # VBx on the sixteen meetings of AMI's test set: full, fair (0.25 s each side), forgiving (and no overlap).
    ways = [{}, {"collar": samples(0.25)}, {"collar": samples(0.25), "overlap": False}]
    pooled = [DiarizationError(0, 0, 0, 0)] * 3
    meetings = sorted((corpus / "metrics_fixtures" / "ami_vbx").glob("*.uem"))
    for uem in meetings:
        scored = [Span(*(samples(float(at)) for at in line.split()[2:4])) for line in uem.read_text().splitlines()]
        true, found = (read_rttm(uem.with_suffix(f".{which}.rttm")) for which in ("ref", "hyp"))
        pooled = [sum_ + diarization_error(true, found, scored, **way) for sum_, way in zip(pooled, ways, strict=True)]
    assert len(meetings) == 16
    assert [round(100 * (error.rate.value or 0), 2) for error in pooled] == [18.99, 12.53, 2.10]


@pytest.mark.corpus
def test_the_published_error_rates_come_out(corpus: Path) -> None:
    folder = corpus / "metrics_fixtures" / "spyder" / "test" / "fixtures"
    true, found = read_rttm(folder / "ref.rttm"), read_rttm(folder / "hyp.rttm")
    whole = [Span(0, max(turn.span.end for turn in (*true, *found)))]
    assert diarization_error(true, found, whole).rate.value == pytest.approx(0.2639, abs=5e-5)
    collar = diarization_error(true, found, whole, collar=samples(0.2))
    assert collar.rate.value == pytest.approx(0.2426, abs=5e-5)


def test_every_lead_share_of_a_recording_is_a_case() -> None:
    true = (turn(0, 60, "Ann"), turn(60, 80, "Bo"), turn(80, 142, "Cy"), turn(142, 147, "Di"))
    found = Diarization(tuple(replace(t, who=f"S-{t.who}") for t in true[:3]), ())
    roles = {"Ann": "salesperson", "Bo": "manager", "Cy": "customer", "Di": "customer"}
    made = list(cases(Truth(Path("call.ogg"), true, roles, "phone", "ami"), found, samples(147)))
    pairs, triples = [("Cy", "Ann"), ("Cy", "Bo"), ("Ann", "Bo")], ["Cy", "Ann", "Bo"]
    for basis in ("team-talk", "lead-time"):
        of_basis = [(c.salesperson, len(c.team)) for c in made if c.basis == basis]
        assert of_basis == [*((who, 2) for who, _ in pairs), *((who, 3) for who in triples)]
    asked = [c for c in made if c.asked]
    assert [(c.basis, c.salesperson, c.team) for c in asked] == [
        ("team-talk", "Ann", ("Ann", "Bo")),
        ("lead-time", "Ann", ("Ann", "Bo")),
    ]
    first = asked[0]
    assert (first.recording, first.effect, first.timings, first.people) == ("call", "phone", "ami", 4)
    assert (first.found, first.true, first.covered, first.miscounted) == (0.75, 0.75, True, True)
    # Di was not found: everybody else's share of all talk came out a little too high.
    ann = next(c for c in made if c.basis == "all-talk" and c.salesperson == "Ann")
    assert (ann.found, ann.true) == (60 / 142, 60 / 147)


def test_more_or_fewer_voices_than_people_make_a_recording_miscounted() -> None:
    def miscounted(true: Sequence[Turn], heard: Sequence[Turn]) -> set[bool]:
        return {c.miscounted for c in cases(Truth(Path("call.ogg"), tuple(true)), Diarization(tuple(heard), ()), 10**7)}

    two = [turn(0, 60, "Ann"), turn(60, 80, "Bo")]
    assert miscounted(two, two) == {False}
    assert miscounted([*two, turn(80, 82, "Cy")], two) == {True}
    assert miscounted(two, [turn(0, 48, "S1"), turn(48, 60, "S2"), turn(60, 80, "S3")]) == {True}


def test_teams_that_would_not_be_judged_are_no_cases() -> None:
    true = (turn(0, 40, "Ann"), turn(40, 59, "Bo"))
    found = Diarization(tuple(replace(t, who=f"S-{t.who}") for t in true), ())
    assert {c.basis for c in cases(Truth(Path("call.ogg"), true), found, samples(60))} == {"all-talk"}


def test_recordings_count_alike_in_coverage_and_width() -> None:
    found = [
        case(0.80, 0.82, 0.06),
        case(0.80, 0.90, 0.04),  # not covered, and "no" where it is "yes"
        case(0.50, 0.51, 0.20, recording="b"),
    ]
    row = coverage("all", found)
    # a: half covered, 0.1 wide; b: covered, 0.4 wide. Errors of up to 0.02 cover as much: one width of 0.04 would do.
    assert (row.recordings, row.cases) == (2, 3)
    assert (row.covered, row.width, row.constant_width) == pytest.approx((0.75, 0.25, 0.04))
    # a: one of two decided, and wrongly; b: decided.
    assert (row.decided, row.wrong) == pytest.approx((0.75, 0.25 / 0.75))
    assert coverage("none", found[:1]).wrong is None


def test_coverage_is_known_as_well_as_the_number_of_recordings_lets_it() -> None:
    # Wilson's interval of 9 in 10 at 90 % (z = 1.645): the roots of (p - 0.9)^2 = 1.645^2 p (1 - p) / 10.
    nine = [case(0.5, 0.5 if i < 9 else 0.9, 0.1, recording=f"{i}") for i in range(10)]
    row = coverage("nine of ten", nine * 5)
    assert (row.covered, row.low, row.high) == pytest.approx((0.9, 0.6526, 0.9773), abs=0.0005)
    assert coverage("all", nine[:9]).high == pytest.approx(1.0)


def test_a_decision_is_right_when_the_truth_lies_on_the_same_side_of_the_band() -> None:
    assert [c.right for c in (case(0.9, 0.86, 0.04), case(0.9, 0.84, 0.04))] == [True, False]
    assert [c.right for c in (case(0.8, 0.84, 0.04), case(0.8, 0.85, 0.04))] == [True, False]
    assert case(0.8, 0.8, 0.06).right is None


def test_rows_by_group() -> None:
    found = [
        case(0.85, 0.85, 0.05, asked=True),
        case(0.15, 0.15, 0.05, effect="phone", distance=0.4, people=4, miscounted=True),
        case(0.50, 0.60, 0.05, basis="all-talk", effect=None, timings=None, people=0, distance=None),
    ]
    rows = {row.what.strip(): row.cases for row in coverage_rows(found[:2])}
    assert rows == {
        "team-talk": 2,
        "voices counted right": 1,
        "of the truth's roles": 1,
        "clean": 1,
        "phone": 1,
        "timings ami": 2,
        "3 people": 1,
        "4 people": 1,
        "share of 80 % or more": 2,
        "true share of 75-95 %": 2,
        "close voices": 1,
        "voices miscounted": 1,
    }
    assert [row.what for row in coverage_rows(found[2:])] == ["all-talk", "  voices counted right"]


def recorded(folder: Path, name: str, script: Sequence[tuple[float, float, str, str]]) -> None:
    sound = np.random.default_rng(0).normal(0, 0.01, 130 * SAMPLE_RATE)  # silence would never reach the engine
    soundfile.write(folder / f"{name}.wav", sound, SAMPLE_RATE)
    lines = (f"SPEAKER {name} 1 {a:.3f} {b - a:.3f} <NA> <NA> {who} <NA> <NA>\n" for a, b, who, _ in script)
    (folder / f"{name}.rttm").write_text("".join(lines))


def test_a_report_on_a_folder_of_recordings(tmp_path: Path) -> None:
    engine = FakeEngine()
    recorded(tmp_path, "one", engine.script)
    recorded(tmp_path, "two", engine.script)
    (tmp_path / "none.wav").write_bytes(b"no sound")
    (tmp_path / "none.rttm").write_text(RTTM)
    recorded(tmp_path, "short", engine.script)
    (tmp_path / "short.rttm").write_text(f"{RTTM.strip()}\nSPEAKER short 1 900 5 <NA> <NA> D <NA> <NA>\n")
    stages: list[str] = []
    keep = tmp_path / "kept"
    report = interval_report([tmp_path], engine, keep=keep, progress=lambda stage, *_: stages.append(stage))
    none, short = report.left_out
    assert none.startswith(str(tmp_path / "none.wav"))
    assert short.startswith(f"{tmp_path / 'short.wav'}: its truth goes on after its end.")
    assert {case.recording for case in report.cases} == {"one", "two"}
    assert all(case.covered for case in report.cases)  # what is found is the truth
    lines = report.table().splitlines()
    assert lines[0].split()[:8] == ["90", "%", "intervals", "calls", "cases", "covered", "known", "to"]
    assert lines[1].split()[:5] == ["team-talk", "2", "10", "100.0", "%"]
    assert report.diarizers == ("fake",)
    assert lines[-1].startswith("left out: ")
    assert "recordings" in stages
    assert engine.asked == ["diarize"] * 3
    interval_report([tmp_path, tmp_path], engine, keep=keep)
    assert engine.asked == ["diarize"] * 3  # what was heard is kept


def test_a_scale_is_fitted_to_the_calls_of_a_folder_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine()
    monkeypatch.setattr("analyzer.call.engine.LocalEngine", lambda **_: engine)
    calls = tmp_path / "calls"
    calls.mkdir()
    for number in range(10):
        recorded(calls, f"call-{number}", [(a + number, b, who, "") for a, b, who, _ in engine.script])
    scale = tmp_path / "scale.toml"
    ran = CliRunner().invoke(app, ["bench", "interval", str(calls), "--fit", str(scale)])
    assert ran.exit_code == 0, ran.output
    found = read_scale(scale.read_text())
    report = interval_report([calls], engine)
    assert found == fitted_scale(report, __version__)
    assert (found.calls, found.cases, found.diarizer) == (10, 100, "fake")
    # Of ten calls and one to come, nine tenths are all ten: the worst case's interval just holds the truth.
    needed = max(c.spread.needed(c.true) for c in report.cases if c.basis == "team-talk")
    assert found.talk == pytest.approx(needed, abs=0.001)
    assert report.scaled(replace(found, talk=found.talk + 0.001)).rows[0].covered == pytest.approx(1)
    # What is printed is by the new scale, and not by the one in use.
    assert report.scaled(found).table().splitlines()[1] in ran.output
    with pytest.raises(UsageError, match="too few recordings"):
        fitted_scale(replace(report, cases=tuple(c for c in report.cases if c.recording < "call-8")), __version__)


def stored_calls() -> list[tuple[Truth, Diarization, int]]:
    """Real diarizations of simulated calls that the scale of the interval was not fitted to, with their truth.

    Each voiceprint is replaced by a shorter one that keeps the distances.
    """
    calls = json.loads(gzip.decompress(CALLS.read_bytes()))
    return [
        (
            Truth(
                Path(call["name"]),
                tuple(Turn(Span(a, b), who) for a, b, who in call["truth"]),
                call["roles"],
                call["effect"],
                call["timings"],
            ),
            Diarization(
                tuple(Turn(Span(a, b), who) for a, b, who, *_ in call["turns"]),
                (),
                tuple(Voice(speaker, tuple(print_)) for speaker, print_ in call["voices"]),
                tuple(TurnEvidence(*evidence) for *_, evidence in call["turns"]),
            ),
            call["length"],
        )
        for call in calls
    ]


@pytest.mark.parametrize(
    ("basis", "at_least", "at_most"), [("team-talk", 0.80, 0.06), ("lead-time", 0.90, 0.14), ("all-talk", 0.80, 0.055)]
)
def test_intervals_hold_what_they_promise_on_calls_they_were_not_fitted_to(
    basis: str, at_least: float, at_most: float
) -> None:
    found = [case for truth, heard, length in stored_calls() for case in cases(truth, heard, length)]
    rows = iter(row for row in coverage_rows(found))
    whole = next(row for row in rows if row.what == basis)
    counted_right = next(rows)
    assert whole.recordings >= 25
    assert counted_right.what == "  voices counted right"
    assert counted_right.covered >= at_least
    assert counted_right.width <= at_most
    assert whole.wrong is not None
    assert whole.wrong <= 0.02
