"""Several hands at one library, killed at random: what a command that ended well has said is in the files.

`ANALYZER_ROUNDS=50 pytest -s tests/call/test_two_hands.py` is the long form (about ten minutes); it prints its figures.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analyzer import session
from analyzer.audio.recording import Recording
from analyzer.call.folder import CallFolder
from analyzer.debrief.conversation.answers import talk_of
from analyzer.debrief.results import read_call
from analyzer.library.retention import forget
from analyzer.session import analyse
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine
from tests.library_folders import SHORT, small
from tests.nightly_runs import ROOT, Desk

ROUNDS = int(os.environ.get("ANALYZER_ROUNDS", "1"))
CALLS = 4

SIX_NAMES = """
import sys
from pathlib import Path
from analyzer import session
from analyzer.settings import Settings
settings = Settings(out=Path(sys.argv[2]), sound="none")
print("ready", flush=True)
sys.stdin.readline()
for number in range(6):
    session.name(Path(sys.argv[1]), settings, names={sys.argv[3]: f"Hand {sys.argv[3]} {number}"})
"""


def test_eighteen_names_given_three_at_a_time_are_all_kept(tmp_path: Path) -> None:
    call, settings = small(tmp_path / "call.wav", 1), Settings(out=tmp_path / "out", sound="none")
    folder = analyse(call, settings, engine=FakeEngine(SHORT)).folder
    command = [sys.executable, "-c", SIX_NAMES, str(call), str(settings.out)]
    pipe = subprocess.PIPE
    hands = [
        subprocess.Popen(
            [*command, who], stdin=pipe, stdout=pipe, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        for who in ("S1", "S2", "S3")
    ]
    for hand in hands:
        assert hand.stdout is not None
        assert hand.stdout.readline() == "ready\n"
    for hand in hands:
        assert hand.stdin is not None
        hand.stdin.write("\n")
        hand.stdin.flush()
    assert [hand.wait(timeout=60) for hand in hands] == [0, 0, 0]
    said = [name for change in folder.corrections() for name in change.names.values()]
    assert sorted(said) == sorted(f"Hand {who} {number}" for who in ("S1", "S2", "S3") for number in range(6))
    record = read_call(folder)
    assert [person.name for person in record.people] == ["Hand S1 5", "Hand S2 5", "Hand S3 5"]


def test_what_is_said_while_the_models_run_is_in_their_results(tmp_path: Path) -> None:
    call, settings = small(tmp_path / "call.wav", 1), Settings(out=tmp_path / "out", sound="none")
    analyse(call, settings, engine=FakeEngine(SHORT))

    def meanwhile(_recording: Recording) -> None:
        session.name(call, settings, names={"S1": "Dana Reyes"})
        session.name(call, settings, names={"S2": "Ray Stone"})

    done = analyse(call, settings, engine=FakeEngine(SHORT), fresh=True, check=meanwhile)
    assert [done.record.label(who) for who in ("S1", "S2")] == ["Dana Reyes", "Ray Stone"]
    assert read_call(done.folder) == done.record


def test_what_another_run_heard_or_forgot_meanwhile_is_what_the_results_say(tmp_path: Path) -> None:
    call, settings = small(tmp_path / "call.wav", 1), Settings(out=tmp_path / "out", sound="none")

    def meanwhile(_recording: Recording) -> None:
        other = analyse(
            call, settings, engine=FakeEngine([(0.0, 0.2, "S1", "one"), (0.2, 0.4, "S2", "two")]), fresh=True
        )
        forget(other.folder, dt.date(2026, 11, 26), "30d")

    done = analyse(call, settings, engine=FakeEngine(SHORT), check=meanwhile)
    assert done.record.transcript is None
    assert len(done.record.people) == 2


@dataclass
class Figures:
    """What happened: commands started, killed, ended well, and what they had said by call."""

    started: int = 0
    killed: int = 0
    ended: int = 0
    names: dict[str, list[str]] = field(default_factory=dict)
    talks: dict[str, list[str]] = field(default_factory=dict)

    def line(self) -> str:
        names, talks = (sum(len(said) for said in one.values()) for one in (self.names, self.talks))
        return (
            f"{self.started} commands, {self.killed} killed, {self.ended} ended well: {names} names and {talks} talks "
            "said, none lost"
        )


@dataclass
class Round:
    """Commands that run at once; some are killed after a while."""

    desk: Desk
    rng: random.Random
    figures: Figures
    running: list[tuple[subprocess.Popen[str], bool, list[str] | None, str]] = field(default_factory=list)

    def start(self, *arguments: str | Path, into: list[str] | None = None, what: str = "") -> None:
        command = [sys.executable, "-m", "tests.fake_analyzer", *map(str, arguments)]
        with (self.desk.home / "errors").open("a") as errors:
            process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                text=True,
                cwd=self.desk.home,
                env=self.desk.environment(FAKE_SLOW="0.2"),
                start_new_session=True,
            )
        kill = self.rng.random() < 0.4
        self.figures.started += 1
        if kill:
            whole = self.rng.random() < 0.5
            threading.Timer(self.rng.uniform(0.5, 6.0), _kill, (process, whole)).start()
        self.running.append((process, kill, into, what))

    def wait(self) -> None:
        for process, kill, into, what in self.running:
            code = process.wait(timeout=120)
            if code == -signal.SIGKILL:
                assert kill
                self.figures.killed += 1
                continue
            assert code == 0, (self.desk.home / "errors").read_text()
            self.figures.ended += 1
            if into is not None:
                into.append(what)


def _kill(process: subprocess.Popen[str], whole: bool) -> None:
    if process.poll() is None:
        if whole:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def hold(round_: Round, number: int, folders: list[CallFolder]) -> None:
    """Two nightlies over a new recording and a mended roster, names and talks about calls that are there."""
    desk, rng, figures = round_.desk, round_.rng, round_.figures
    small(desk.calls / f"new {number}.wav", 1000 + number)
    (desk.calls / "team.toml").write_text(f'[[person]]\nname = "No one {number}"\nrole = "specialist"\n')
    for _ in range(2):
        round_.start("nightly", desk.calls, "--out", desk.out, "--settle", "0")
    for one in range(3):
        folder = rng.choice(folders)
        name = f"Person {number} {one}"
        into = figures.names.setdefault(folder.name, [])
        round_.start("name", folder.path, f"S{one + 1}={name}", "--out", desk.out, into=into, what=name)
    for one in range(2):
        folder = folders[0]
        text = f"Promise {number} {one}"
        answers = desk.home / f"answers {number} {one}.toml"
        answers.write_text(f'[[commitment]]\nwho = "Dana Reyes"\ntext = "{text}"\n')
        into = figures.talks.setdefault(folder.name, [])
        round_.start("debrief", folder.path, "--answers", answers, "--out", desk.out, into=into, what=text)
    round_.wait()


def test_nothing_that_was_said_is_lost_when_many_work_at_once_and_some_are_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, rng, figures = Desk(tmp_path), random.Random(20261126), Figures()
    for number in range(CALLS):
        small(desk.calls / f"call {number}.wav", number)
    desk.nightly()
    folders = [CallFolder(path.parent) for path in sorted(desk.out.glob("*/call.json"))]
    began = time.monotonic()
    for number in range(ROUNDS):
        hold(Round(desk, rng, figures), number, folders)
        for folder in folders:
            _holds_what_was_said(folder, figures)
        if ROUNDS > 1:
            with capsys.disabled():
                print(f"round {number + 1}, {time.monotonic() - began:.0f} s: {figures.line()}", flush=True)
    desk.nightly()
    checked, _ = desk.run("library", "check", "--out", desk.out)
    assert checked == f"The catalog and the results agree: {CALLS + ROUNDS} calls.\n"
    for folder in folders:
        assert not folder.is_behind()
        record = read_call(folder)
        last = {who: name for change in folder.corrections() for who, name in change.names.items()}
        assert {who: record.label(who) for who in last} == last
        assert all(name in (folder.path / "debrief.html").read_text() for name in last.values())
        assert (record.talk is None) == (talk_of(folder) is None)


def _holds_what_was_said(folder: CallFolder, figures: Figures) -> None:
    names = [name for change in folder.corrections() for name in change.names.values()]
    lost = [name for name in figures.names.get(folder.name, []) if name not in names]
    assert not lost, f"{folder.name}: {lost}"
    kept = talk_of(folder)
    agreed = [] if kept is None else [one.text for one in kept.talk.commitments]
    lost = [text for text in figures.talks.get(folder.name, []) if text not in agreed]
    assert not lost, f"{folder.name}: {lost} of {json.dumps(agreed)}"
