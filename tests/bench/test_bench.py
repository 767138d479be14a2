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

from analyzer.bench.calibration import Case, cases, coverage, coverage_rows, interval_report
from analyzer.bench.scoring import DiarizationError, diarization_error, matched, named, share_errors
from analyzer.bench.truth import Truth, read_rttm, read_truth, recordings_with_truth
from analyzer.errors import BadFileError
from analyzer.lead.check import Interval
from analyzer.speech.recognition import Diarization, TurnEvidence, Voice
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples
from tests.fake_engine import FakeEngine

CALLS = Path(__file__).parents[1] / "golden" / "diarized_calls.json.gz"


def turn(start: float, end: float, who: str) -> Turn:
    return Turn(Span(samples(start), samples(end)), who)


def case(found: float, true: float, low: float, high: float, recording: str = "a", **more: object) -> Case:
    made = Case(recording, "clean", "team-talk", "S", ("S", "M"), found, true, Interval(low, high), 0.9)
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
    (tmp_path / "call.json").write_text('{"roles": {"Ann": "salesperson"}, "effect": "phone"}')
    truth = read_truth(tmp_path / "call.ogg")
    assert (truth.roles, truth.effect) == ({"Ann": "salesperson"}, "phone")
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


@pytest.mark.corpus
def test_the_published_error_rates_come_out(corpus: Path) -> None:
    folder = corpus / "metrics_fixtures" / "spyder" / "test" / "fixtures"
    true, found = read_rttm(folder / "ref.rttm"), read_rttm(folder / "hyp.rttm")
    whole = [Span(0, max(turn.span.end for turn in (*true, *found)))]
    assert diarization_error(true, found, whole).rate.value == pytest.approx(0.2639, abs=5e-5)
    collar = diarization_error(true, found, whole, collar=samples(0.2))
    assert collar.rate.value == pytest.approx(0.2426, abs=5e-5)


def test_every_lead_share_of_a_recording_is_a_case() -> None:
    true = (turn(0, 60, "Ann"), turn(60, 80, "Bo"), turn(80, 140, "Cy"), turn(140, 145, "Di"))
    found = Diarization(tuple(replace(t, who=f"S-{t.who}") for t in true[:3]), ())
    made = list(cases(Truth(Path("call.ogg"), true, {}, "phone"), found, samples(145)))
    pairs, triples = [("Ann", "Bo"), ("Ann", "Cy"), ("Bo", "Cy")], ["Ann", "Bo", "Cy"]
    for basis in ("team-talk", "lead-time"):
        of_basis = [(c.salesperson, len(c.team)) for c in made if c.basis == basis]
        assert of_basis == [*((who, 2) for who, _ in pairs), *((who, 3) for who in triples)]
    first = made[0]
    assert (first.recording, first.effect, first.basis, first.team) == ("call", "phone", "team-talk", ("Ann", "Bo"))
    assert (first.found, first.true, first.covered) == (0.75, 0.75, True)
    # Di was not found: everybody else's share of all talk came out a little too high.
    ann = next(c for c in made if c.basis == "all-talk" and c.salesperson == "Ann")
    assert (ann.found, ann.true) == (60 / 140, 60 / 145)


def test_teams_that_would_not_be_judged_are_no_cases() -> None:
    true = (turn(0, 40, "Ann"), turn(40, 59, "Bo"))
    found = Diarization(tuple(replace(t, who=f"S-{t.who}") for t in true), ())
    assert {c.basis for c in cases(Truth(Path("call.ogg"), true), found, samples(60))} == {"all-talk"}


def test_recordings_count_alike_in_coverage_and_width() -> None:
    found = [
        case(0.80, 0.82, 0.75, 0.85),
        case(0.80, 0.90, 0.75, 0.85),  # not covered
        case(0.50, 0.51, 0.30, 0.70, recording="b"),
    ]
    row = coverage("all", found)
    # a: half covered, 0.1 wide; b: covered, 0.4 wide. Errors of up to 0.02 cover as much: one width of 0.04 would do.
    assert (row.recordings, row.cases) == (2, 3)
    assert (row.covered, row.width, row.constant_width) == pytest.approx((0.75, 0.25, 0.04))


def test_rows_for_each_effect_for_high_shares_and_for_close_voices() -> None:
    found = [
        case(0.85, 0.85, 0.8, 0.9),
        case(0.15, 0.15, 0.1, 0.2, effect="phone", distance=0.4),
        case(0.50, 0.60, 0.4, 0.55, basis="all-talk", effect=None, distance=None),
    ]
    rows = {row.what: row.cases for row in coverage_rows(found[:2])}
    assert rows == {"team-talk": 2, "  clean": 1, "  phone": 1, "  share of 80 % or more": 2, "  close voices": 1}
    assert [row.what for row in coverage_rows(found[2:])] == ["all-talk"]


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
    stages: list[str] = []
    keep = tmp_path / "kept"
    report = interval_report(tmp_path, engine, keep=keep, progress=lambda stage, *_: stages.append(stage))
    assert len(report.left_out) == 1
    assert report.left_out[0].startswith(str(tmp_path / "none.wav"))
    assert {case.recording for case in report.cases} == {"one", "two"}
    assert all(case.covered for case in report.cases)  # what is found is the truth
    lines = report.table().splitlines()
    assert lines[0].split() == ["90", "%", "intervals", "calls", "cases", "covered", "width", "one", "width"]
    assert lines[1].split()[:5] == ["team-talk", "2", "10", "100.0", "%"]
    assert lines[-1].startswith("left out: ")
    assert "recordings" in stages
    assert engine.asked == ["diarize", "diarize"]
    interval_report(tmp_path, engine, keep=keep)
    assert engine.asked == ["diarize", "diarize"]  # what was heard is kept


def stored_calls() -> list[tuple[Truth, Diarization, int]]:
    """Real diarizations of simulated calls that the constants of the interval were not fitted to, with their truth.

    Each voiceprint is replaced by a shorter one that keeps the distances.
    """
    calls = json.loads(gzip.decompress(CALLS.read_bytes()))
    return [
        (
            Truth(Path(call["name"]), tuple(Turn(Span(a, b), who) for a, b, who in call["truth"]), {}, call["effect"]),
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


# Lead-time: 0.80, because the constants of the interval were fitted when one floor of 3 s passed the lead.
@pytest.mark.parametrize(
    ("basis", "at_least", "at_most"), [("team-talk", 0.85, 0.08), ("lead-time", 0.80, 0.12), ("all-talk", 0.85, 0.065)]
)
def test_intervals_hold_what_they_promise_on_calls_they_were_not_fitted_to(
    basis: str, at_least: float, at_most: float
) -> None:
    found = [case for truth, heard, length in stored_calls() for case in cases(truth, heard, length)]
    row = next(row for row in coverage_rows(found) if row.what == basis)
    assert row.recordings == 27  # one more has a single speaker
    assert at_least <= row.covered <= 0.97
    assert row.width <= at_most
