"""The log of a command: on stderr with -v, in a file with --log-file; no traceback on the screen, no word of a call."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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


FAULT = """
import analyzer.session
from analyzer.cli.main import main

def analyse(*_, **__):
    raise ValueError(" ".join(("words", "of", "the", "customer")))  # a traceback shows lines of code

analyzer.session.analyse = analyse
main()
"""


@pytest.mark.parametrize("logged", ["nowhere", "with -v", "in a file"])
def test_an_internal_error_is_one_line_on_the_screen_and_its_places_are_in_the_log(tmp_path: Path, logged: str) -> None:
    log = tmp_path / "run.log"
    options = {"nowhere": [], "with -v": ["-v"], "in a file": ["--log-file", str(log)]}[logged]
    command = [sys.executable, "-c", FAULT, *options, "report", str(tmp_path / "call.wav")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    first, *more = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.fullmatch(
        r"analyzer: internal error: ValueError in analyzer\.cli\.call_commands\.report line \d+; "
        r"run again with --log-file FILE to keep the details",
        first,
    )
    kept = {"nowhere": "", "with -v": "\n".join(more), "in a file": log.read_text() if log.exists() else ""}[logged]
    assert bool(kept) == (logged != "nowhere")
    assert bool(more) == (logged == "with -v")
    assert ('call_commands.py", line' in kept) == ("ValueError" in kept) == (logged != "nowhere")
    assert "Traceback" not in ended.stderr
    assert "words of the customer" not in ended.stderr + kept
