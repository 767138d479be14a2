"""What goes where when stderr is a terminal, what a batch says of the time left, and folders without results."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.cli.bars import TimeLeft
from tests.library_folders import small
from tests.nightly_runs import Desk


@pytest.mark.parametrize("terminal", ["xterm-256color", "dumb"])
def test_a_nights_summary_is_in_its_file_though_a_terminal_shows_the_progress(tmp_path: Path, terminal: str) -> None:
    desk = Desk(tmp_path)
    small(desk.calls / "one.wav", 1)
    ours, theirs = pty.openpty()
    with (tmp_path / "night.txt").open("wb") as file:
        arguments = ["nightly", str(desk.calls), "--out", str(desk.out), "--settle", "0"]
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.fake_analyzer", *arguments],
            stdout=file,
            stderr=theirs,
            cwd=tmp_path,
            env=desk.environment(TERM=terminal),
        )
        os.close(theirs)
        shown = b""
        while part := _read(ours):
            shown += part
        assert program.wait() == 0
    text = (tmp_path / "night.txt").read_text()
    assert text == (desk.out / "night.md").read_text()
    assert b"## Analysed" not in shown
    assert (b"one.wav: done in" in shown) == (terminal == "dumb")
    assert (b"\x1b[" in shown) == (terminal != "dumb")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def test_the_time_left_goes_by_the_calls_that_were_worked_on() -> None:
    at = [0.0]
    left = TimeLeft(clock=lambda: at[0])
    left.event("found", 10)
    for _ in range(5):
        left.event("nothing_new", None)
    assert left.words() == ""
    left.event("started", None)
    at[0] = 120.0
    left.event("done", None)
    assert left.words() == "4 left, about 8 min"
    at[0] = 150.0
    left.event("failed", None)
    left.event("elsewhere", None)
    assert left.words() == "2 left, about 5 min"
    left.event("done", None)
    left.event("done", None)
    assert left.words() == ""


@pytest.mark.parametrize("command", [["trends"], ["library", "check"], ["library", "rebuild"], ["library", "failures"]])
def test_a_folder_without_results_stays_as_it_is(tmp_path: Path, command: list[str]) -> None:
    desk = Desk(tmp_path)
    (desk.out / "photos").mkdir(parents=True)
    _, err = desk.run(*command, "--out", desk.out, code=8)
    assert err.strip().endswith("analyzer batch FOLDER.")
    assert "there are no results here" in err
    assert [one.name for one in desk.out.iterdir()] == ["photos"]
