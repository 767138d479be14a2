"""The real command line with the real models on the sample calls and on files that are hard to swallow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.cli import main as cli
from analyzer.debrief.record import CallRecord
from analyzer.session import analyse
from analyzer.settings import Settings
from tests.conftest import ROOT

pytestmark = pytest.mark.models

RATE = 16_000
CASES = ROOT.parent / "shared" / "cases"


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one line of failure; there must be one, and no traceback."""
        assert "Traceback" not in self.err + self.out
        assert "internal error" not in self.err + self.out
        lines = [line for line in self.err.splitlines() if line.startswith("analyzer: ")]
        assert len(lines) == 1, self.err
        return lines[0]


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `analyzer` with these arguments in an empty working directory, in this process."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> Ran:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["analyzer", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return command


Reported = Callable[..., Path]


@pytest.fixture(scope="module")
def results(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The results folder of a sample call, as a report without names and the real models make it, once."""
    made: dict[tuple[str, bool], Path] = {}

    def of(name: str, *, transcript: bool = True) -> Path:
        key = (name, transcript)
        if key not in made:
            settings = Settings(out=tmp_path_factory.mktemp("reported"), transcript=transcript)
            made[key] = analyse(samples / name, settings).folder.path
        return made[key]

    return of


@pytest.fixture
def reported(results: Reported, tmp_path: Path) -> Reported:
    """As `results`, copied to where the commands look for it: the models do not run again."""

    def of(name: str, *, transcript: bool = True) -> Path:
        folder = results(name, transcript=transcript)
        return Path(shutil.copytree(folder, tmp_path / "debriefs" / folder.name))

    return of


def call_of(folder: Path) -> CallRecord:
    return CallRecord.model_validate_json((folder / "call.json").read_bytes())


@pytest.fixture(scope="module")
def speech(samples: Path) -> np.ndarray:
    """Twenty seconds of a sample call, float32 at 16 kHz."""
    sound, rate = soundfile.read(samples / "led-call.ogg", dtype="float32")
    assert rate == RATE
    return sound[40 * RATE : 60 * RATE]


@pytest.mark.slow
def test_the_call_that_was_led_is_told_as_led(run: Run, samples: Path) -> None:
    run("report", samples / "led-call.ogg", "--salesperson", "S1", "--customer", "S3")
    call = call_of(Path("debriefs/led-call"))
    # 88 % of what the team said, and in three minutes of sound that is a matter of some points.
    assert call.lead.led in ("yes", "too_close"), call.lead.headline
    run("name", samples / "led-call.ogg", "S2=Marcus Webb")
    ran = run("report", samples / "led-call.ogg", "--check")
    call = call_of(Path("debriefs/led-call"))
    assert call.lead.led == "yes", call.lead.headline
    # The others have 11.8 % by the truth: too near to 10 % for the answer to be sure, too far for it to be no.
    assert call.lead.team_took_part in ("yes", "too_close")
    assert ran.code == 0
    assert len(call.people) == 3
    assert call.lead.take_overs == ()
    assert "Dana Reyes led as planned" in ran.out  # the plan has one salesperson, so S1 is she


@pytest.mark.slow
def test_the_call_that_was_taken_over_lists_exactly_its_take_overs(run: Run, samples: Path, reported: Reported) -> None:
    reported("taken-over-call.ogg")
    ran = run("report", samples / "taken-over-call.ogg", "--salesperson", "S1", "--customer", "S2", "--check")
    assert ran.code == 3
    run("name", samples / "taken-over-call.ogg", "S2=Alistair Grant", "S3=Marcus Webb")
    call = call_of(Path("debriefs/taken-over-call"))
    assert call.lead.led == "no"
    assert [(call.label(one.who), one.kind, one.trigger, one.ending) for one in call.lead.changes] == [
        ("Marcus Webb", "take_over", "cut_in", "handed_back"),
        ("Marcus Webb", "drawn_in", "asked", "taken_back"),
    ]
    # 0.560 by the samples' README, from the exact truth.
    share = next(s for s in call.lead.shares if s.basis == "team-talk")
    assert share.share.value == pytest.approx(0.560, abs=0.02)
    assert share.interval is not None
    assert share.interval.low <= 0.560 <= share.interval.high


@pytest.mark.slow
def test_an_exception_is_reported_as_one_and_still_measured(run: Run, samples: Path) -> None:
    run("report", samples / "final-presentation.ogg", "--salesperson", "S1", "--customer", "S2")
    run("name", samples / "final-presentation.ogg", "S1=Dana Reyes", "S2=Ray Kowalski", "S3=Marcus Webb")
    call = call_of(Path("debriefs/final-presentation"))
    assert (call.lead.led, call.lead.reason) == ("not_judged", "exception_declared")
    whole = next(share for share in call.lead.with_planned if share.basis == "team-talk")
    assert whole.share.value == pytest.approx(0.498, abs=0.02)
    assert [(one.planned, call.label(one.who)) for one in call.lead.changes] == [(True, "Marcus Webb")]
    assert call.plan is not None
    assert call.plan.exception is not None


@pytest.mark.slow
def test_the_words_come_with_the_right_speakers(results: Reported) -> None:
    call = call_of(results("taken-over-call.ogg"))
    said = {p.key: " ".join(u.text for u in call.transcript or () if u.who == p.key).lower() for p in call.people}
    assert "jump in" in said["S3"]
    assert "next steps" in said["S1"]
    assert "busiest night" in said["S2"]
    assert call.lead.reason == "salesperson_unknown"
    assert call.next_steps[0].command is not None


def test_saying_who_is_who_takes_under_two_seconds(run: Run, samples: Path, reported: Reported) -> None:
    reported("led-call.ogg", transcript=False)
    began = time.process_time()
    ran = run("name", samples / "led-call.ogg", "S1=Dana Reyes")
    assert ran.code == 0
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("name", "rate", "subtype", "channels"),
    [
        ("8 kHz 8-bit.wav", 8_000, "PCM_U8", 1),
        ("96 kHz 24-bit.wav", 96_000, "PCM_24", 1),
        ("six channels.wav", 16_000, "PCM_16", 6),
        ('it\'s a "naïve" 名前.flac', 16_000, "PCM_16", 1),
        ("-call.wav", 16_000, "PCM_16", 1),
    ],
)
def test_unusual_recordings_end_in_a_result(
    run: Run, speech: np.ndarray, tmp_path: Path, name: str, rate: int, subtype: str, channels: int
) -> None:
    times = np.arange(round(len(speech) * rate / RATE)) * RATE / rate
    sound = np.interp(times, np.arange(len(speech)), speech)
    soundfile.write(tmp_path / name, np.stack([sound] * channels, axis=1), rate, subtype=subtype)
    ran = run("report", "--no-transcript", "--", name)
    assert ran.code == 0, ran.err
    call = call_of(tmp_path / "debriefs" / name.rsplit(".", 1)[0])
    assert len(call.people) == 2
    assert call.recording.file == name
    assert call.next_steps[0].command is not None
    assert "analyzer report" in ran.out


def test_a_truncated_mp3_is_analysed_as_far_as_it_goes(run: Run, speech: np.ndarray, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "whole.mp3", speech, RATE)
    content = (tmp_path / "whole.mp3").read_bytes()
    (tmp_path / "cut.mp3").write_bytes(content[: len(content) * 2 // 3])
    ran = run("report", "cut.mp3", "--no-transcript")
    assert ran.code == 0
    assert 12 < call_of(tmp_path / "debriefs" / "cut").recording.seconds < 15


def write_silence(path: Path) -> None:
    soundfile.write(path, np.zeros(60 * RATE, np.float32), RATE)


def write_noise(path: Path) -> None:
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.01, 30 * RATE), RATE)


def write_text(path: Path) -> None:
    path.write_text("Dear all, please find the recording attached.\n" * 50)


def write_nothing(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize("write", [write_silence, write_noise, write_text, write_nothing])
def test_what_holds_no_speech_ends_in_one_line_and_exit_5(
    run: Run, tmp_path: Path, write: Callable[[Path], None]
) -> None:
    write(tmp_path / "call.wav")
    ran = run("report", "call.wav")
    assert ran.code == 5
    assert "call.wav" in ran.message
    assert not list(tmp_path.glob("debriefs/*/*.html"))


def test_a_third_of_a_second_ends_in_a_result_or_in_one_line(run: Run, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "call.wav", np.random.default_rng(1).normal(0, 0.01, round(0.3 * RATE)), RATE)
    ran = run("report", "call.wav", "--no-transcript")
    assert ran.code in (0, 5)
    assert ran.code == 0 or "call.wav" in ran.message


def test_a_missing_recording_and_a_folder(run: Run, tmp_path: Path) -> None:
    assert (ran := run("report", "nowhere.wav")).code == 5
    assert "nowhere.wav" in ran.message
    assert (ran := run("report", tmp_path)).code == 5
    assert str(tmp_path) in ran.message


def test_wrong_use_is_exit_2(run: Run, samples: Path) -> None:
    assert run("report").code == 2
    assert run("report", samples / "led-call.ogg", "--speakers", "0").code == 2
    assert run("report", samples / "led-call.ogg", "--basis", "talk").code == 2
    assert run("report", samples / "led-call.ogg", "--device", "tpu").code == 2
    assert run("export", samples / "led-call.ogg", "--to", "pdf").code == 2
    assert run("name", samples / "led-call.ogg", "S1=Dana").code == 2
    assert run("nonsense").code == 2


def test_a_wrong_plan_is_exit_7_with_its_line(run: Run, samples: Path, tmp_path: Path) -> None:
    shutil.copy(samples / "led-call.ogg", tmp_path)
    (tmp_path / "led-call.plan.toml").write_text('reason = "x"\n[[attendee]]\nname = 3\n')
    ran = run("report", "led-call.ogg")
    assert ran.code == 7
    assert "line 2, column 1: attendee[1].side" in ran.message
    checked = run("plan", "check", "led-call.plan.toml")
    assert checked.code == 7
    assert "line 3" in checked.out


def test_an_output_folder_that_cannot_be_used_is_exit_8(run: Run, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    ran = run("report", samples / "led-call.ogg", "--out", "taken")
    assert ran.code == 8
    assert "taken" in ran.message


def test_a_model_that_is_missing_is_exit_6(
    run: Run, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANALYZER_MODELS", str(tmp_path / "none"))
    monkeypatch.setenv("ANALYZER_OFFLINE", "1")
    ran = run("report", samples / "led-call.ogg")
    assert ran.code == 6
    assert "analyzer models pull" in ran.message


def test_exports_and_the_record_on_standard_output(run: Run, samples: Path, reported: Reported) -> None:
    reported("led-call.ogg", transcript=False)
    ran = run("report", samples / "led-call.ogg", "--no-transcript", "--json")
    assert json.loads(ran.out)["schema_version"] == 2
    assert run("export", samples / "led-call.ogg", "--to", "rttm").out.startswith("SPEAKER led-call 1 ")
    assert run("export", samples / "led-call.ogg", "--to", "csv", "--file", "turns.csv").code == 0
    assert Path("turns.csv").stat().st_size > 200


STOPPED_AT = """
import os, signal
import {module} as module
from analyzer.cli.main import main

def stopped(*given, **named):
    os.kill(os.getpid(), signal.SIGINT)

assert hasattr(module, "{name}")
module.{name} = stopped
main()
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("analyzer.call.analysis", "probed"),
        ("analyzer.speech.diarization.stages", "find_speakers"),
        ("analyzer.call.analysis", "make_call"),
        ("analyzer.call.folder", "write_all"),
    ],
    ids=["at the beginning", "while it listens", "after it listened", "before it writes"],
)
def test_an_interrupt_at_any_moment_leaves_nothing_half_written(
    speech: np.ndarray, tmp_path: Path, module: str, name: str
) -> None:
    soundfile.write(tmp_path / "call.wav", speech, RATE)
    code = STOPPED_AT.format(module=module, name=name)
    command = [sys.executable, "-c", code, "report", "call.wav", "--no-transcript"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    folder = tmp_path / "debriefs" / "call"
    assert not list(folder.glob(".analyzer-*"))
    assert not (folder / "call.json").exists()


def test_help_is_there_at_once() -> None:
    command = [sys.executable, "-c", "from analyzer.cli.main import main; main()", "--help"]
    taken = []
    for _ in range(5):
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.monotonic() - began)
    bare = []
    for _ in range(5):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import typer"], check=True, capture_output=True)
        bare.append(time.monotonic() - began)
    # Against typer's own import, so that a busy machine does not fail it.
    assert min(taken) < 0.5 or min(taken) < 2.5 * min(bare)


@pytest.mark.corpus
@pytest.mark.slow
def test_a_greeting_before_the_call_is_no_one_and_the_call_is_led(run: Run) -> None:
    told = run("report", CASES / "greeting_before_call.ogg", "--salesperson", "S2", "--customer", "S4", "--json")
    call = CallRecord.model_validate_json(told.out)
    assert [person.side for person in call.people].count("none") == 1
    assert len(call.people) == 4
    assert call.lead.led == "yes"
    assert call.lead.shares[0].share.value == pytest.approx(0.882, abs=0.02)
