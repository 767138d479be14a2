"""One entry never stops the night: what lies in the folder costs itself alone, and is listed."""

from __future__ import annotations

import ast
import datetime as dt
import errno
import inspect
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from analyzer.errors import BadFileError, ExitCode, LibraryError
from analyzer.files import is_file, is_folder, is_there
from analyzer.library.nightly import seconds_until
from analyzer.library.scan import scan
from analyzer.settings import load_settings
from tests.library.test_watchdog import wait_for
from tests.library_folders import small
from tests.nightly_runs import ROOT, Desk
from tests.other_users import User, need_other_users


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENAMETOOLONG, errno.EIO, errno.ESTALE, errno.ELOOP])
def test_asking_whether_something_is_there_is_never_an_error(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Path, **_: object) -> os.stat_result:
        raise OSError(code, os.strerror(code), str(self))

    monkeypatch.setattr(Path, "stat", fails)
    assert [ask(Path("call.wav")) for ask in (is_there, is_file, is_folder)] == [False, False, False]


def test_nothing_else_asks_whether_something_is_there() -> None:
    """`Path.exists` and its kin raise; there is one guarded way."""
    for path in (ROOT / "analyzer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                named = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
                asks = node.func.attr in ("exists", "is_file", "is_dir") and named != "entry"
                assert not asks, f"{path.relative_to(ROOT)}, line {node.lineno}"


def test_names_too_long_for_anything_beside_them_are_analysed(desk: Desk) -> None:
    long = "会" * 82 + ".wav"  # 250 bytes: with .plan.toml behind it 256 and more
    small(desk.calls / long, 1)
    small(desk.calls / "b.wav", 2)
    said, _ = desk.nightly()
    assert "2 calls analysed" in said
    desk.run("library", "check", "--out", desk.out)
    again, _ = desk.run("report", desk.calls / long, "--out", desk.out)
    assert again


def test_folders_may_be_nested_deeper_than_a_program_can_call_itself(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    small(calls / "top.wav", 1)
    small(tmp_path / "deep.wav", 2)
    here, most = Path.cwd(), sys.getrecursionlimit()
    unread: dict[Path, str] = {}
    try:
        os.chdir(calls)
        for level in range(400):
            Path("d").mkdir()
            os.chdir("d")
            if level == 300:
                shutil.copy(tmp_path / "deep.wav", "deep.wav")
        os.chdir(here)
        sys.setrecursionlimit(len(inspect.stack()) + 250)  # a thousand folders take this machine half a minute
        found = scan(calls, unread=unread.__setitem__)
    finally:
        sys.setrecursionlimit(most)
        os.chdir(here)
    assert sorted(one.path.name for one in found) == ["deep.wav", "top.wav"]
    assert all("too long" in why for why in unread.values()), "paths beyond what the system takes are listed"
    subprocess.run(["rm", "-rf", calls], check=True)  # deeper than Python's own way can go


def test_linked_folders_are_looked_into_once_and_never_round_and_round(tmp_path: Path) -> None:
    calls, elsewhere = tmp_path / "calls", tmp_path / "elsewhere"
    for folder in (calls / "a", elsewhere):
        folder.mkdir(parents=True)
    small(calls / "a" / "one.wav", 1)
    small(elsewhere / "two.wav", 2)
    (calls / "linked").symlink_to(elsewhere)
    (calls / "again").symlink_to(elsewhere)
    (calls / "a" / "up").symlink_to(calls)
    (calls / "a" / "self").symlink_to("self")
    (calls / "broken").symlink_to(tmp_path / "nowhere")
    found = [one.path for one in scan(calls)]
    assert sorted(path.name for path in found) == ["one.wav", "two.wav"]


def test_a_folder_that_may_not_be_read_is_listed_and_the_rest_is_done(desk: Desk) -> None:
    need_other_users()
    small(desk.calls / "a.wav", 1)
    for name, mode in (("closed", 0o000), ("enter only", 0o311), ("list only", 0o644)):
        folder = desk.calls / name
        folder.mkdir()
        small(folder / f"{name}.wav", 2)
        folder.chmod(mode)
    user = User(61001, umask=0o022)
    for path in (desk.home, desk.out, desk.voices):
        path.mkdir(exist_ok=True)
        os.chown(path, 61001, 61001)
    for above in desk.home.parents:  # pytest's folders are closed to others
        if above.stat().st_uid == 0 and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)
    done = user.run(
        *(sys.executable, "-m", "tests.fake_analyzer", "nightly", desk.calls, "--out", desk.out, "--settle", "0"),
        cwd=desk.home,
        env=desk.environment(HOME=str(desk.home)),
    )
    night = (desk.out / "night.md").read_text()
    assert "## Could not be looked into" in night
    for name in ("closed", "enter only"):
        assert f"{name}: Permission denied" in night
    assert "list only" in night
    assert (desk.out / "a" / "call.json").exists(), done.stderr
    assert (desk.out / "index.html").exists()


def test_a_share_that_is_away_makes_nothing_again_and_says_so(desk: Desk) -> None:
    for number in range(3):
        small(desk.calls / f"{number}.wav", number)
    desk.nightly()
    asked = len(desk.asked())
    away = desk.home / "away"
    shutil.move(desk.calls, away)
    desk.calls.mkdir()  # the empty folder on which the share is mounted
    _, err = desk.nightly(code=ExitCode.LIBRARY)
    assert "3 known recordings are not there" in err.splitlines()[-1]
    assert "mounted" in err.splitlines()[-1]
    assert "3 known recordings are not there" in (desk.out / "night.md").read_text()
    desk.calls.rmdir()
    _, err = desk.nightly(code=ExitCode.LIBRARY)
    assert "there is no such folder" in err.splitlines()[-1]
    shutil.move(away, desk.calls)
    desk.nightly()
    assert len(desk.asked()) == asked, "nothing was done again"
    desk.run("library", "check", "--out", desk.out)


def test_two_recordings_of_one_name_are_two_calls(desk: Desk) -> None:
    for number, folder in enumerate(("mon", "tue")):
        (desk.calls / folder).mkdir()
        small(desk.calls / folder / "call.wav", number)
    desk.nightly()
    results = sorted(path.parent.name for path in desk.out.glob("*/call.json"))
    assert len(results) == 2
    assert len({(desk.out / name / "call.json").read_bytes() for name in results}) == 2


@pytest.mark.parametrize(
    ("date", "at", "hours"),
    [
        (dt.date(2026, 3, 28), "22:00", 7.0),  # the clocks go forward: an hour shorter
        (dt.date(2026, 10, 24), "22:00", 9.0),  # and back: an hour longer
        (dt.date(2026, 5, 12), "22:00", 8.0),
        (dt.date(2026, 5, 12), "05:59", 1 / 60),
        (dt.date(2026, 5, 12), "06:00", 24.0),
    ],
)
def test_until_is_a_time_on_the_clock_of_this_place(
    date: dt.date, at: str, hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        moment = dt.datetime.combine(date, dt.time.fromisoformat(at))
        assert seconds_until("06:00", moment) == pytest.approx(hours * 3600)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "x" * 2_000_000, "a." * 5000 + "b = 1"])
def test_settings_without_end_are_one_clear_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "analyzer.toml"
    file.write_text(text)
    with pytest.raises(BadFileError) as told:
        load_settings({}, beside=None, config=file)
    assert "\n" not in told.value.line()
    assert str(file) in told.value.line()


def test_a_folder_that_is_away_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="is the share mounted"):
        scan(tmp_path / "nowhere")


def test_a_row_of_the_catalog_that_cannot_be_read_costs_that_row_and_is_listed(desk: Desk) -> None:
    for number in range(2):
        small(desk.calls / f"{number}.wav", number)
    desk.nightly()
    with closing(sqlite3.connect(desk.out / "catalog.sqlite")) as catalog:
        catalog.execute("""UPDATE call SET summary = '{"sha256": 1}' WHERE folder = '0'""")
        catalog.commit()
    small(desk.home / "2.wav", 2).rename(desk.calls / "2.wav")
    said, _ = desk.nightly()
    assert "1 call analysed" in said
    assert "analyzer library rebuild" in said
    page = (desk.out / "index.html").read_text(encoding="utf-8")
    assert "analyzer library rebuild" in page
    desk.run("library", "rebuild", "--out", desk.out)
    assert "library rebuild" not in desk.nightly()[0]


@pytest.mark.parametrize("taken", ["calls", "out", "catalog.sqlite"])
def test_a_watch_goes_on_when_what_was_taken_away_is_back(taken: str, desk: Desk) -> None:
    small(desk.calls / "0.wav", 0)
    desk.nightly()
    log = desk.home / "log"
    with log.open("w") as err:
        command = [sys.executable, "-m", "tests.fake_analyzer", "nightly", str(desk.calls), "--out", str(desk.out)]
        watch = subprocess.Popen(
            [*command, "--watch", "--settle", "0", "--every", "0.5"],
            stdout=subprocess.DEVNULL,
            stderr=err,
            cwd=desk.home,
            env=desk.environment(),
        )
        try:
            small(desk.home / "1.wav", 1).rename(desk.calls / "1.wav")  # whole at once
            wait_for(lambda: "1.wav: done" in log.read_text())
            # A look ends with its summary; what is taken away is so between two looks.
            night = desk.out / "night.md"
            before = night.stat().st_mtime_ns
            wait_for(lambda: night.stat().st_mtime_ns != before)
            if taken == "catalog.sqlite":
                for path in desk.out.glob("catalog.sqlite*"):
                    path.unlink()
            else:
                (desk.home / taken).rename(desk.home / "away")
                wait_for(lambda: "share mounted" in log.read_text())
                looks = time.monotonic() + 1.5  # several looks, and still one line
                wait_for(lambda: time.monotonic() > looks)
                (desk.home / "away").rename(desk.home / taken)
            small(desk.home / "2.wav", 2).rename(desk.calls / "2.wav")
            wait_for(lambda: "2.wav: done" in log.read_text(), 20)
        finally:
            watch.send_signal(signal.SIGTERM)
            watch.wait(20)
    told = [line for line in log.read_text().splitlines() if "share mounted" in line]
    assert len(told) == (0 if taken == "catalog.sqlite" else 1), told
    assert all(line.startswith("analyzer: 20") for line in told), "each with its time"
    assert desk.asked().count("diarize") == 3, "nothing was done again"
    assert "Traceback" not in log.read_text()
