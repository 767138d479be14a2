"""Many calls through the command line, in whatever state the disk, the catalog and the folder are."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analyzer.errors import ExitCode
from analyzer.files import PARTIAL
from tests.library_folders import small
from tests.nightly_runs import ROOT, Desk
from tests.plans import attendees

DOCS = ROOT / "docs" / "nightly.md"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own of this size; skips where this user may not mount one."""
    folder.mkdir(parents=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip("only a user who may mount can make a disk that is full")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


def ten(desk: Desk) -> None:
    for number in range(10):
        small(desk.calls / f"{number}.wav", number)


# The disk


@pytest.mark.parametrize("catalog", ["on the same disk", "elsewhere"])
def test_a_full_disk_stops_the_run_and_with_more_room_it_goes_on(desk: Desk, catalog: str) -> None:
    ten(desk)
    address = () if catalog == "on the same disk" else ("--catalog", f"sqlite:///{desk.home / 'catalog.sqlite'}")
    with mounted(desk.out, "600k"):
        _, err = desk.batch(*address, code=ExitCode.LIBRARY)
        assert re.search(r"(the disk is full|No space left on device).*Free some space", err.splitlines()[-1])
        assert list(desk.out.rglob(f"{PARTIAL}*")) == []
        for record in desk.out.rglob("call.json"):
            json.loads(record.read_text())
        remount(desk.out, "size=60m")
        desk.batch(*address)
        assert len(list(desk.out.glob("*/debrief.html"))) == 10
        said, _ = desk.run("library", "failures", "--out", desk.out, *address)
        assert said == "Nothing has failed.\n", "a full disk is no recording's fault"
        desk.run("library", "check", "--out", desk.out, *address)
    assert desk.asked().count("diarize") <= 11, "what was heard is not heard again, but for the call that was stopped"


def test_little_room_stops_it_before_it_begins(desk: Desk) -> None:
    ten(desk)
    _, err = desk.nightly(code=ExitCode.LIBRARY, ANALYZER_MIN_FREE_MB="999999999")
    assert "the disk is nearly full" in err
    assert "999999999 MB wanted" in err
    assert desk.asked() == []


def test_a_read_only_output_folder_is_one_line(desk: Desk) -> None:
    small(desk.calls / "a.wav", 1)
    with mounted(desk.out, "10m"):
        remount(desk.out, "ro")
        for run in (desk.batch, desk.nightly):
            _, err = run(code=ExitCode.LIBRARY)
            assert len(err.splitlines()) == 1
            assert f"{desk.out}/catalog.sqlite: the catalog cannot be opened." in err


# The catalog


def test_a_catalog_that_another_program_holds_is_one_line_and_then_goes_on(desk: Desk) -> None:
    small(desk.calls / "a.wav", 1)
    desk.batch()
    small(desk.calls / "b.wav", 2)
    holder = sqlite3.connect(desk.out / "catalog.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    _, err = desk.batch(code=ExitCode.LIBRARY)
    assert err.splitlines()[-1] == (
        f"analyzer: {desk.out}/catalog.sqlite: another program holds the catalog. "
        "Let it end, then run the same command again."
    )
    holder.close()
    said, _ = desk.batch()
    assert "1 analysed, 1 had nothing new" in said


def test_a_damaged_catalog_says_what_to_do_and_that_mends_it(desk: Desk) -> None:
    ten(desk)
    desk.batch()
    for path in desk.out.glob("catalog.sqlite-*"):
        path.unlink()
    rubbish = b"this was a catalog" * 300
    (desk.out / "catalog.sqlite").write_bytes(rubbish)
    for run in (desk.batch, desk.nightly):
        _, err = run(code=ExitCode.LIBRARY)
        assert "the catalog is damaged" in err
        assert "analyzer library rebuild" in err
    said, err = desk.run("library", "rebuild", "--out", desk.out)
    assert said == "The catalog has 10 calls.\n"
    (kept,) = desk.out.glob("catalog.sqlite.corrupt-*")
    assert str(kept) in err
    assert kept.read_bytes() == rubbish
    said, _ = desk.batch()
    assert "10 had nothing new" in said
    assert desk.asked().count("diarize") == 10


# Watching, and being stopped


def test_a_watch_takes_a_growing_file_once_and_whole_and_ends_cleanly(desk: Desk) -> None:
    whole = small(desk.home / "whole.wav", 5, seconds=3.0).read_bytes()
    small(desk.calls / "first.wav", 1)
    watch = desk.start(
        "nightly", desk.calls, "--out", desk.out, "--watch", "--settle", "4", "--every", "0.5", FAKE_SLOW="0.2"
    )
    try:
        with (desk.calls / "a.wav").open("wb") as file:
            for start in range(0, len(whole), len(whole) // 10):
                file.write(whole[start : start + len(whole) // 10])
                file.flush()
                time.sleep(0.5)
        assert watch.stdout is not None
        told = ""
        while not ("| a |" in told and "| first |" in told):
            line = watch.stdout.readline()  # the end of all if the watch ends
            assert line, told
            told += line
    finally:
        watch.send_signal(signal.SIGTERM)
        rest, err = watch.communicate(timeout=120)
    out = told + rest
    assert watch.returncode == ExitCode.INTERRUPTED, err
    assert "Traceback" not in err
    assert "internal error" not in err
    assert err.splitlines()[-1].startswith("analyzer: interrupted; what was finished is kept")
    assert err.count(f"{desk.calls}/a.wav: done") == 1
    assert out.count("| a |") == 1
    import hashlib

    record = json.loads((desk.out / "a" / "call.json").read_text())
    assert record["recording"]["sha256"] == hashlib.sha256(whole).hexdigest()
    assert desk.asked().count("diarize") == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_batch_leaves_no_worker_and_no_lease_and_goes_on(desk: Desk, how: signal.Signals) -> None:
    ten(desk)
    batch = desk.start("batch", desk.calls, "--out", desk.out, "--settle", "0", "--jobs", "2", FAKE_SLOW="1.5")
    wait_for(lambda: len(list(desk.out.glob("*/call.json"))) >= 2)
    workers = children(batch.pid)
    assert len(workers) >= 2
    batch.send_signal(how)
    _, err = batch.communicate(timeout=120)
    assert batch.returncode == ExitCode.INTERRUPTED, err
    assert "Traceback" not in err
    assert "internal error" not in err
    assert err.splitlines()[-1].startswith("analyzer: interrupted; what was finished is kept")
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    with sqlite3.connect(desk.out / "catalog.sqlite") as catalog:
        assert catalog.execute("SELECT count(*) FROM lease").fetchone() == (0,)
        # Not the files: a worker may have written one whose outcome the driver was stopped before it noted.
        (before,) = catalog.execute("SELECT count(*) FROM call WHERE state = 'done'").fetchone()
    said, _ = desk.batch()
    assert f"{before} had nothing new" in said or not before
    assert len(list(desk.out.glob("*/call.json"))) == 10
    desk.run("library", "check", "--out", desk.out)


def wait_for(it_is_so: object, seconds: float = 120.0) -> None:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            if it_is_so():  # type: ignore[operator]
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def test_the_time_of_day_ends_a_watch_and_leaves_the_rest(desk: Desk) -> None:
    ten(desk)
    # On the clock of this place it is noon in ten seconds.
    now = dt.datetime.now(dt.UTC)
    behind = (now - now.replace(hour=12, minute=0, second=0, microsecond=0)).total_seconds() + 10
    sign, seconds = "+" if behind >= 0 else "-", round(abs(behind))
    place = f"HERE{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    said, _ = desk.nightly("--until", "12:00", FAKE_SLOW="3", TZ=place)
    assert 0 < len(list(desk.out.glob("*/call.json"))) < 10
    assert "Stopped early: the time was up. The next run goes on from there." in said


def test_a_wrong_time_of_day_is_one_line(desk: Desk) -> None:
    _, err = desk.nightly("--until", "25:00", code=ExitCode.USAGE)
    assert err == "analyzer: --until: '25:00' is no time of day. Write it like 06:00.\n"


# What lies there, and what is printed


def test_odd_names_and_things_that_are_no_recordings(desk: Desk) -> None:
    names = (b"two\nlines.wav", "émoji 🎉.wav".encode(), b"-rf.wav", b"bad\xff\xfename.wav", b"|pipe|*star*.wav")
    for number, name in enumerate(names):
        small(desk.calls / "x.wav", number).rename(os.fsdecode(os.fsencode(desk.calls) + b"/" + name))
    (desk.calls / "loop").symlink_to(desk.calls)
    (desk.calls / "dangling.wav").symlink_to(desk.home / "nothing")
    (desk.calls / "notes.mp3").write_text("these are no sounds")
    said, err = desk.batch(code=ExitCode.SOME_FAILED)
    assert "5 analysed, 1 failed." in said
    assert all(len(line) <= 80 for line in said.splitlines() if "Results: " not in line)
    assert "\nlines.wav" not in err
    assert f"failed: {desk.calls}/notes.mp3: this is text, not a recording" in err
    assert err.splitlines()[-1].startswith(f"analyzer: {desk.calls}/notes.mp3: this is text")
    said, _ = desk.nightly()
    assert said.startswith("# Calls, ")
    assert said.count("/notes.mp3: this is text") == 1
    assert said.count("notes.mp3") == 1, "the path once and not again in the reason"
    assert "5 had nothing new" in said
    (desk.out / "index.html").read_text(encoding="utf-8")
    desk.run("trends", "--out", desk.out)
    desk.run("library", "check", "--out", desk.out)
    said, _ = desk.run("library", "rebuild", "--out", desk.out)
    assert said == "The catalog has 5 calls.\n"


def test_json_is_all_there_is_on_stdout(desk: Desk) -> None:
    small(desk.calls / "a.wav", 1)
    (desk.calls / "b.wav").write_text("these are no sounds")
    small(desk.calls / "x.wav", 2).rename(os.fsdecode(os.fsencode(desk.calls) + b"/c\xff.wav"))
    said, err = desk.batch("--json", code=ExitCode.SOME_FAILED)
    lines = {json.loads(line)["recording"][-5:]: json.loads(line) for line in said.splitlines()}
    assert {name: line["event"] for name, line in lines.items()} == {
        "a.wav": "done",
        "b.wav": "failed",
        "\udcff.wav": "done",
    }
    assert lines["b.wav"]["exit"] == ExitCode.UNREADABLE_INPUT
    assert "this is text, not a recording" in lines["b.wav"]["message"]
    assert err == ""


def test_tracks_that_cannot_be_read_are_told_with_their_reason(desk: Desk) -> None:
    tracks = desk.calls / "Audio Record"
    small(tracks / "audioDana11234567.wav", 1)
    (tracks / "audioRay21234567.wav").write_text("these are no sounds")
    said, _ = desk.batch("--json", code=ExitCode.SOME_FAILED)
    (line,) = map(json.loads, said.splitlines())
    assert (line["event"], line["exit"]) == ("failed", ExitCode.UNREADABLE_INPUT)
    assert str(tracks) in line["message"]


def test_an_empty_folder_is_no_failure(desk: Desk) -> None:
    said, err = desk.batch()
    assert said == f"0 analysed. Results: {desk.out}\n"
    assert err == "0 recordings found\n"
    said, _ = desk.nightly()
    assert "0 calls analysed, 0 had nothing new" in said


@pytest.mark.parametrize("calls", [50, pytest.param(300, marks=pytest.mark.slow)])
def test_many_recordings_that_come_at_once(desk: Desk, calls: int) -> None:
    for number in range(calls):
        small(desk.calls / f"{number % 7}" / f"{number}.wav", number)
    said, _ = desk.batch()
    assert f"{calls} analysed." in said
    began = time.monotonic()
    said, _ = desk.nightly()
    assert f"0 calls analysed, {calls} had nothing new" in said
    assert time.monotonic() - began < 120


def test_what_comes_later_is_taken_up_without_the_models(desk: Desk) -> None:
    small(desk.calls / "a.wav", 1)
    desk.nightly()
    asked = desk.asked()
    later = {
        "a.plan.toml": attendees("Dana Reyes", "Ray Kowalski"),
        "a.people.json": '{"people": [{"name": "Dana Reyes", "side": "team", "role": "salesperson"}]}',
        "a.vtt": "WEBVTT\n\n00:00:00.002 --> 00:00:00.160\nDana Reyes: Good morning Ray.\n",
    }
    for name, content in later.items():
        (desk.calls / name).write_text(content)
        said, err = desk.nightly()
        assert "0 calls analysed, 1 made again" in said, (name, said, err)
        said, _ = desk.nightly()
        assert "0 calls analysed, 1 had nothing new" in said, name
    assert desk.asked() == asked


# What docs/nightly.md says


def blocks(language: str) -> list[str]:
    text = DOCS.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_the_units_in_the_docs_are_what_systemd_takes(tmp_path: Path) -> None:
    (service,) = (block for block in blocks("ini") if "[Service]" in block)
    (timer,) = (block for block in blocks("ini") if "[Timer]" in block)
    program = re.search(r"^ExecStart=(\S+)", service, flags=re.MULTILINE)
    assert program is not None
    (tmp_path / "analyzer.service").write_text(service.replace(program[1], sys.executable))
    (tmp_path / "analyzer.timer").write_text(timer)
    units = [tmp_path / "analyzer.service", tmp_path / "analyzer.timer"]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "analyzer." in line]
    assert (done.returncode, ours) == (0, [])
    (when,) = re.findall(r"^OnCalendar=(.*)$", timer, flags=re.MULTILINE)
    assert subprocess.run(["systemd-analyze", "calendar", when], capture_output=True).returncode == 0


def test_the_commands_in_the_docs_are_ours(desk: Desk) -> None:
    (cron,) = re.findall(r"^\d.* analyzer nightly .*$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    minute, hour, day, month, weekday, command = cron.split(maxsplit=5)
    assert (int(minute) in range(60), int(hour) in range(24), day, month, weekday) == (True, True, "*", "*", "*")
    assert "%" not in command, "cron takes it for the end of the line"
    assert subprocess.run(["sh", "-n", "-c", command]).returncode == 0
    (service,) = (block for block in blocks("ini") if "[Service]" in block)
    started = re.search(r"^ExecStart=\S+ (.*)$", service, flags=re.MULTILINE)
    assert started is not None
    for words in (command.partition(" 2>>")[0].split()[1:], started[1].split()):
        own = [{"/srv/calls": str(desk.calls), "/srv/debriefs": str(desk.out)}.get(word, word) for word in words]
        desk.run(*own, "--dry-run")
