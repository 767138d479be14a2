"""`analyzer name` at a terminal plays a voice where it can, points to it where it cannot, and never waits for ever."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.cli import asking
from analyzer.debrief.page.clips import clearest_of
from tests import records
from tests.fake_engine import recording
from tests.nightly_runs import Desk

COPIES = '#!/bin/sh\nfor last; do :; done\ncp "$last" "{}"\n'
NO_DEVICE = "#!/bin/sh\nexit 1\n"
HANGS = "#!/bin/sh\nexec sleep 1000\n"


def player(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(script)
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of players, the only ones that there are."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in asking.PLAYERS:
        monkeypatch.setitem(asking.PLAYERS, name, asking.PLAYERS[name])
    monkeypatch.setattr(asking.shutil, "which", lambda name: str(folder / name) if (folder / name).exists() else None)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def asked(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """What is asked when these are the answers."""
    questions: list[str] = []
    left: Iterator[str] = iter(answers)

    def prompt(question: str, **_: object) -> str:
        questions.append(question)
        return next(left)

    monkeypatch.setattr(asking.typer, "prompt", prompt)
    return questions


def sound(start: float, end: float) -> bytes:
    return f"{start:g} to {end:g}".encode()


def test_a_voice_is_played_where_it_speaks_alone_for_longest(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player(programs, "ffplay", NO_DEVICE)
    player(programs, "aplay", COPIES.format(tmp_path / "played"))
    call = records.not_judged()
    questions = asked(monkeypatch, "p", "Ann Lee", "", "P", "2")
    names = asking.names_of(call, ("Dana Reyes", "Marcus Webb"), sound)
    assert names == {"S1": "Ann Lee", "S3": "Marcus Webb"}
    assert [question[:24] for question in questions] == [
        "Who is S1? (p to hear it",
        "Who is S1? (p to hear it",
        "Who is S2? (p to hear it",
        "Who is S3? (p to hear it",
        "Who is S3? (p to hear it",
    ]
    start, end = clearest_of(call, "S3") or (0.0, 0.0)
    assert (tmp_path / "played").read_bytes() == sound(start, end)
    assert not any(turn.who != "S3" and turn.start < end and start < turn.end for turn in call.turns)


@pytest.mark.parametrize("script", [NO_DEVICE, HANGS, "not a program"], ids=["no device", "hangs", "broken"])
def test_without_sound_it_points_and_asks_on(
    script: str, programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    player(programs, "aplay", script)
    monkeypatch.setattr(asking, "PATIENCE", -7.9)
    questions = asked(monkeypatch, "p", "Ann Lee", "", "")
    assert asking.names_of(records.not_judged(), (), sound) == {"S1": "Ann Lee"}
    assert "It cannot be played here. Listen at " in capsys.readouterr().err
    assert ["p to hear" in question for question in questions] == [True, False, False, False]


def test_where_no_player_or_no_recording_is_nothing_is_offered_that_cannot_be(
    programs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = asked(monkeypatch, "", "", "")
    asking.names_of(records.not_judged(), (), sound)
    assert not any("p to hear" in question for question in questions)
    assert "Listen at " in capsys.readouterr().err
    player(programs, "aplay", COPIES.format(programs / "played"))
    asked(monkeypatch, "p", "", "", "")
    asking.names_of(records.not_judged(), (), lambda start, end: None)
    assert not (programs / "played").exists()


def test_at_a_terminal_the_sound_of_the_call_is_played_and_results_alone_go_to_stdout(tmp_path: Path) -> None:
    desk = Desk(tmp_path, long=True)
    recording(desk.calls / "call.wav")
    desk.run("report", desk.calls / "call.wav", "--out", desk.out)
    programs = tmp_path / "programs"
    programs.mkdir()
    player(programs, "ffplay", COPIES.format(tmp_path / "played.wav"))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tests.fake_analyzer", "name", desk.calls / "call.wav", "--out", desk.out]
    env = desk.environment(PATH=f"{programs}:{os.environ['PATH']}")
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=env
    ) as running:
        os.write(ours, b"p\nAnn Lee\n\n\n")
        out, err = running.communicate()
    os.close(ours)
    os.close(theirs)
    assert running.returncode == 0, err
    assert "Who is S1?" in err
    assert "Who is S" not in out
    assert "Ann Lee" in out
    with wave.open(str(tmp_path / "played.wav")) as played:
        assert (played.getnchannels(), played.getframerate(), played.getnframes()) == (1, 16_000, 8 * 16_000)
