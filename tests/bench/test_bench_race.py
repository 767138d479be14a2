"""The race of systems: scores worked out by hand or published, costs that add up, one table out of it all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.bench import race as races
from analyzer.bench.race import Failure, Race, Score, score
from analyzer.bench.scoring import DiarizationError, JaccardError, diarization_error, jaccard_error
from analyzer.bench.table import tables
from analyzer.bench.truth import Truth, read_rttm
from analyzer.bench.word_errors import normalised, read_stm, word_error, words_of
from analyzer.bench.worker import Cost, StageClock, peak_memory
from analyzer.cli.main import main
from analyzer.errors import BadFileError, ExitCode, UsageError
from analyzer.speech.recognition import Diarization, Recognition, Transcript, TurnEvidence
from analyzer.talk.rates import Rate
from analyzer.timeline import SAMPLE_RATE, Span, Word, depth, samples
from tests.bench.test_bench import FOUND, TRUE, turn


def test_the_jaccard_error_weighs_people_alike() -> None:
    # Ann and S1 share 10 of 12 s, Bo and S2 share 6 of 10: (2/12 + 4/10) / 2. S3 is no one's and weighs nothing.
    error = jaccard_error(TRUE, FOUND, [Span(0, samples(25))])
    assert error.people == 2
    assert error.value == pytest.approx((2 / 12 + 4 / 10) / 2)
    assert (error + JaccardError(0.0, 2)).value == pytest.approx((2 / 12 + 4 / 10) / 4)
    assert JaccardError(0.0, 0).value is None


@pytest.mark.corpus
@pytest.mark.parametrize(("people", "published"), [(range(1, 9), 0.2639), (range(1, 2), 0.1907), (range(2, 9), 0.3727)])
def test_the_published_error_rates_come_out_where_one_and_where_several_talk(
    corpus: Path, people: range, published: float
) -> None:
    folder = corpus / "metrics_fixtures" / "spyder" / "test" / "fixtures"
    true, found = read_rttm(folder / "ref.rttm"), read_rttm(folder / "hyp.rttm")
    whole = [Span(0, max(turn.span.end for turn in (*true, *found)))]
    if people == range(1, 9):
        where = whole
    else:
        where = [span for span, number in depth(turn.span for turn in true) if number in people]
    assert diarization_error(true, found, where).rate.value == pytest.approx(published, abs=5e-5)


def test_words_count_without_case_and_punctuation() -> None:
    assert normalised("Well, N_E_Z -- <laugh> it’s O.K.!") == "well n e z it's o k"


def test_an_stm_file_is_read_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "call.stm"
    path.write_text(";; made by hand\ncall 1 Ann 5.0 6.0 And then?\ncall 1 Bo 2 3\ncall 1 Ann 0.5 1.0 First\n")
    assert read_stm(path) == {"Ann": "first and then", "Bo": ""}
    path.write_text("call 1 Ann now 6.0 And then?\n")
    with pytest.raises(BadFileError, match=r"call\.stm, line 1: not a line with a person"):
        read_stm(path)


def test_cpwer_matches_speakers_to_people_before_it_counts() -> None:
    pytest.importorskip("meeteval")
    true = {"Ann": "a b c d", "Bo": "e f"}
    # S2 is Ann with c wrong, S1 is Bo with a word too many; and S3, who is no one, adds one: 3 of 6.
    assert word_error(true, {"S1": "e f g", "S2": "a b x d", "S3": "y"}) == Rate(3, 6)
    assert word_error(true, {}) == Rate(6, 6)
    assert word_error({}, {"S1": "a b"}).value is None


def heard(shift: float = 0.0) -> Recognition:
    turns = (turn(0, 90 + shift, "S1"), turn(90 + shift, 100, "S2"), turn(100, 130, "S3"))
    words = (Word(Span(samples(1), samples(2)), "Hello"), Word(Span(samples(95), samples(96)), "there."))
    evidence = (TurnEvidence(0.5, "S2", 0.99),) * 3
    return Recognition(130 * SAMPLE_RATE, Diarization(turns, turns, (), evidence), Transcript(words, "en", "fake"))


def truth(folder: Path) -> Truth:
    turns = (turn(0, 90, "Ann"), turn(90, 100, "Bo"), turn(100, 130, "Cy"))
    roles = {"Ann": "salesperson", "Bo": "manager", "Cy": "customer"}
    return Truth(folder / "call.ogg", turns, roles, "clean")


COST = Cost({"decode": 1.3, "diarize": 2.6, "transcribe": 6.5}, 13.0, 2**30)


def test_a_score_holds_shares_speakers_and_the_lead(tmp_path: Path) -> None:
    made = score("calls", truth(tmp_path), "balanced", heard(-6.0), COST)
    assert (made.found, made.people) == (3, 3)
    assert made.der == DiarizationError(0, 0, samples(6), samples(130))
    assert sorted(made.shares) == pytest.approx([-6 / 130, 0.0, 6 / 130])
    assert made.lead is not None
    assert (made.lead.found, made.lead.true) == (0.84, 0.9)
    assert made.lead.low is not None
    assert made.lead.high is not None
    assert made.lead.low <= 0.84 <= made.lead.high
    assert made.lead.answer in ("no", "too_close")
    assert made.lead.right is False
    assert made.words is None  # there is no STM file
    assert score("calls", Truth(tmp_path / "call.ogg", truth(tmp_path).turns), "balanced", heard(), COST).lead is None


def test_words_are_scored_where_they_are_known(tmp_path: Path) -> None:
    pytest.importorskip("meeteval")
    assert words_of(heard()) == {"S1": "hello", "S2": "there"}
    (tmp_path / "call.stm").write_text("call 1 Ann 0 90 Hello\ncall 1 Bo 90 100 where\n")
    assert score("calls", truth(tmp_path), "balanced", heard(), COST).words == Rate(1, 2)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def ran(folder: Path) -> Race:
    slow = Cost({"decode": 1.3, "diarize": 13.0, "transcribe": 13.0}, 39.0, None)
    first = score("calls", truth(folder), "balanced", heard(), COST)
    second = Score(**{name: getattr(first, name) for name in first.__slots__} | {"recording": "other"})
    stock = score("calls", truth(folder), "stock", heard(-6.0), slow)
    return Race((first, stock, second), (Failure("calls", "stock", "other", "no sound"),), 9.5, {"processors": "2"})


def test_the_table_says_what_was_measured(tmp_path: Path) -> None:
    lines = tables(ran(tmp_path)).splitlines()
    by_call = {tuple(cells(line)[:2]): cells(line) for line in lines if line.startswith("|")}
    assert by_call["call", "balanced"][2:10] == ["0.0", "0.0", "0.0", "0.0", "0.0", "3 of 3", "0.00", "0.00"]
    assert by_call["call", "stock"][2] == "4.6"  # 6 of 130 s
    assert by_call["all 2", "balanced"][7] == "right in 2 of 2"
    assert by_call["common 1", "balanced"][7] == "right in 1 of 1"
    # Of 260 s: 2.6, 5.2 and 13 s in the stages, 26 s in all. Of the common 130 s: 2.6 to 13 s, and 13 to 39 s.
    assert by_call["balanced", "2"][2:8] == ["4 min", "0.010", "0.020", "0.050", "0.020", "0.100"]
    assert by_call["balanced", "2"][8:] == ["1024 MB", "diarize 5.0, whole 3.0"]
    assert by_call["stock", "1"][8:] == ["-", "-"]
    assert "left out: other, stock: no sound" in lines
    assert "First result of a 60 s call: 9.5 s from pressing Enter." in lines
    assert lines[-1] == "processors 2"


def test_each_folder_has_totals_of_its_own_and_says_who_was_lost(tmp_path: Path) -> None:
    def scored(folder: str, name: str, shift: float) -> Score:
        one = Truth(tmp_path / f"{name}.ogg", truth(tmp_path).turns)
        return score(folder, one, "balanced", heard(shift), COST)

    without = replace(heard(), diarization=Diarization(heard().diarization.turns[::2], ()))
    real = score("real", truth(tmp_path), "balanced", without, COST)
    done = Race((scored("simulated", "a", 0.0), scored("simulated", "b", -6.0), real), (), None, {})
    simulated_part, real_part = tables(done).split("## real")
    assert simulated_part.startswith("## simulated")
    assert "| lost " not in simulated_part
    rows = [cells(line) for line in (*simulated_part.splitlines(), *real_part.splitlines()) if line.startswith("| all")]
    assert [(row[0], row[7], row[8]) for row in rows] == [
        ("all 2", "right in 2 of 2", "1.54"),  # of six errors two are 6 of 130 s
        ("all 1", "right in 0 of 1", "5.13"),  # Bo's 10 of 130 s
    ]
    assert ["call", "balanced", "Bo", "7.7 %"] in [cells(line) for line in real_part.splitlines()]


def test_a_voice_that_is_no_ones_is_listed(tmp_path: Path) -> None:
    turns = (*heard().diarization.turns[:2], turn(100, 117, "S3"), turn(117, 130, "S4"))
    split = replace(heard(), diarization=Diarization(turns, ()))
    done = Race((score("calls", truth(tmp_path), "balanced", split, COST),), (), None, {})
    table = tables(done).split("invented ")[1].splitlines()
    assert ["call", "balanced", "S4", "10.0 %"] in [cells(line) for line in table]


def test_everything_is_in_the_json(tmp_path: Path) -> None:
    read = json.loads(ran(tmp_path).json())
    assert read["start_up"] == 9.5
    assert read["scores"][1]["der"] == {"missed": 0, "false_alarm": 0, "confused": samples(6), "talk": samples(130)}
    assert read["scores"][0]["cost"]["stages"]["diarize"] == 2.6


def test_a_stage_has_the_time_up_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 1.0, 4.0, 4.0, 9.0, 9.0, 11.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(now))
    clock = StageClock()
    clock("decode", 0, None)
    clock("segmentation", 0, 2)
    clock("voices", 1, 2)  # the same stage of the table, so no time is read
    clock("load", 0, None)
    clock("decode", 0, None)
    clock.stop()
    clock.stop()
    assert clock.seconds == {"decode": 3.0, "diarize": 3.0, "load": 5.0}


def test_peak_memory_is_this_process_own() -> None:
    peak = peak_memory()
    assert peak is None or 10**7 < peak < 10**11


def test_a_system_that_fails_on_a_recording_is_named_and_does_not_stop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bad", "good"):
        (tmp_path / f"{name}.wav").write_bytes(b"no sound")
        (tmp_path / f"{name}.rttm").write_text("SPEAKER call 1 0 90 <NA> <NA> Ann <NA> <NA>\n")
    monkeypatch.setattr(races, "_start_up", lambda *_: None)
    asked: list[tuple[str, str]] = []

    def carried_out(order: races.Order) -> tuple[Recognition, Cost]:
        asked.append((Path(order.recording).stem, order.system))
        if asked[-1][0] == "bad":
            return real(order)  # a real process, which cannot read the file
        return heard(), COST

    real = races.carried_out
    monkeypatch.setattr(races, "carried_out", carried_out)
    done = races.race([tmp_path], ["balanced"], stock=1)
    assert asked == [("bad", "balanced"), ("bad", "stock"), ("good", "balanced")]
    assert [one.recording for one in done.scores] == ["good"]
    assert [one.system for one in done.failures] == ["balanced", "stock"]
    assert all("bad.wav" in one.why for one in done.failures)


def test_what_cannot_be_run_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    (tmp_path / "a.rttm").write_text("")
    with pytest.raises(UsageError, match="no profile 'best'"):
        races.race([tmp_path], ["best"])
    with pytest.raises(UsageError, match="neither a profile nor the stock stack"):
        races.race([tmp_path], [], stock=0)


def test_an_interrupted_race_shows_what_was_measured_and_that_it_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.wav").write_bytes(b"no sound")
        (tmp_path / f"{name}.rttm").write_text("SPEAKER call 1 0 90 <NA> <NA> Ann <NA> <NA>\n")

    def carried_out(order: races.Order) -> tuple[Recognition, Cost]:
        if Path(order.recording).stem == "second":
            raise KeyboardInterrupt
        return heard(), COST

    monkeypatch.setattr(races, "carried_out", carried_out)
    monkeypatch.setattr("sys.argv", ["analyzer", "bench", "run", str(tmp_path), "--no-stock", "--json", "kept.json"])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == ExitCode.INTERRUPTED
    assert "| first " in told.out
    assert "second" not in told.out
    assert [one["recording"] for one in json.loads(Path("kept.json").read_text())["scores"]] == ["first"]
    assert told.err.splitlines()[-1] == (
        "analyzer: interrupted; what was measured by then is above, and the same command begins again from the start."
    )
