"""The log of a command: on stderr with -v, in a file with --log-file; no traceback on the screen, no word of a call."""

from __future__ import annotations

from pathlib import Path

from tests.library_folders import small
from tests.nightly_runs import Desk


def test_the_log_has_what_ran_and_the_place_of_a_failure_and_the_screen_has_one_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    small(desk.calls / "good.wav", 1)
    (desk.calls / "bad\nname.wav").write_bytes(b"RIFF" + bytes(5000))
    small(desk.calls / "planless.wav", 2)
    (desk.calls / "planless.plan.toml").write_text("lead = 3\n")
    log = tmp_path / "run.log"
    arguments = ("--log-file", str(log), "batch", str(desk.calls), "--out", str(desk.out), "--settle", "0")
    _, told = desk.run(*arguments, code=4)
    assert "Traceback" not in told
    assert 'File "' not in told
    lines = log.read_text().splitlines()
    assert any("good.wav: done" in line for line in lines)
    assert any("planless.wav: failed" in line for line in lines)
    assert any(line == "BadFileError" for line in lines), "the failure's class ends the places it came through"
    assert any('File "' in line and "plan" in line for line in lines)
    assert not [line for line in lines if line.startswith("name.wav")], "a name's line end is only text"


def test_without_options_nothing_is_logged_and_with_v_it_is_on_stderr(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    call = small(desk.calls / "good.wav", 1)
    _, quiet = desk.run("report", str(call), "--out", str(desk.out))
    assert "INFO" not in quiet
    _, told = desk.run("-v", "report", str(call), "--out", str(desk.out))
    assert f"{call}: speakers known: True, words known: True" in told
    words = {said for said in (desk.out / "good" / "transcript.vtt").read_text().splitlines() if said.startswith("<v")}
    assert words
    assert not [said for said in words if said.partition(">")[2] in told]


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    _, told = desk.run("--log-file", str(tmp_path / "none" / "run.log"), "trends", code=8)
    assert "cannot be written" in told
    assert told.count("\n") == 1
