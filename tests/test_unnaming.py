"""Taking a name back takes the voice back: no file, no row of the catalog and no other call holds either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.debrief.record import CallRecord
from tests.conftest import ROOT
from tests.fake_analyzer import VOICES
from tests.fake_engine import recording

NAME = "Zebulon Quist"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    calls = tmp_path / "calls"
    calls.mkdir()
    recording(calls / "first.wav")
    recording(calls / "second-call.wav")
    run(tmp_path, "batch", "calls", "--jobs", "1")
    return tmp_path


def run(desk: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    known = {"FAKE_LONG": "1", "ANALYZER_VOICES": str(desk / "voices"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.fake_analyzer", *arguments]
    ended = subprocess.run(command, cwd=desk, env=os.environ | known, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended


def names(desk: Path, call: str) -> list[str | None]:
    kept = CallRecord.model_validate_json((desk / "debriefs" / call / "call.json").read_bytes())
    return [person.name for person in kept.people]


def holding(desk: Path, *what: str) -> list[str]:
    """Every file that holds one of these texts, catalog and hidden files included."""
    files = [path for path in desk.rglob("*") if path.is_file() and desk / "calls" not in path.parents]
    return [str(path.relative_to(desk)) for path in files if any(text.encode() in path.read_bytes() for text in what)]


def printed(speaker: str) -> tuple[str, ...]:
    """The numbers of a voice as they stand in a file of known voices; what the models heard has more digits."""
    return tuple(f"{number:.6f}{mark}" for number in VOICES[speaker] if number for mark in ",]")


def heard(desk: Path) -> dict[str, bytes]:
    """What the models heard of each call: the voiceprints of its own voices are in it, whatever they are called."""
    return {path.parent.name: path.read_bytes() for path in desk.glob("debriefs/*/heard.json")}


def test_undo_takes_the_voice_back_and_makes_the_calls_again_that_it_named(desk: Path) -> None:
    before = heard(desk)
    run(desk, "name", "calls/first.wav", f"S3={NAME}", "--enrol")
    run(desk, "batch", "calls", "--jobs", "1")
    run(desk, "trends")
    assert names(desk, "second-call")[2] == NAME
    assert len(holding(desk, NAME)) > 4
    assert holding(desk, *printed("S3"))

    ended = run(desk, "name", "calls/first.wav", "--undo")
    assert f"taken back: S3 is {NAME}." in ended.stderr
    assert f"what was kept of the voice of {NAME} from this call is removed." in ended.stderr
    assert "second-call is made again" in ended.stderr
    assert holding(desk, NAME, *NAME.split(), "zebulon-quist", *printed("S3")) == []
    assert names(desk, "first") == names(desk, "second-call") == [None, None, None]

    assert heard(desk) == before, "a call's own voices are as they were before anybody had a name"
    recording(desk / "calls" / "one-that-came-later.wav")
    run(desk, "batch", "calls", "--jobs", "1")
    run(desk, "trends")
    assert holding(desk, NAME, *NAME.split(), *printed("S3")) == []
    assert names(desk, "one-that-came-later") == [None, None, None]


def test_another_name_for_the_voice_takes_it_back_as_well(desk: Path) -> None:
    run(desk, "name", "calls/first.wav", f"S3={NAME}", "--enrol")
    run(desk, "batch", "calls", "--jobs", "1")
    run(desk, "name", "calls/first.wav", "S3=Marcus Webb")
    assert not list((desk / "voices").glob("*")) if (desk / "voices").exists() else True
    assert names(desk, "second-call") == [None, None, None]


def test_what_was_known_of_the_voice_before_stays(desk: Path) -> None:
    run(desk, "name", "calls/first.wav", f"S3={NAME}", "--enrol")
    (kept,) = (desk / "voices").glob("*.voice.json")
    before = kept.read_text()
    run(desk, "name", "calls/second-call.wav", "S1=Ada Lane", "--enrol")
    run(desk, "name", "calls/second-call.wav", "--undo")
    assert kept.read_text() == before
    assert [path.name for path in (desk / "voices").glob("*.voice.json")] == [kept.name]


def test_names_and_debriefs_are_in_the_catalog_and_on_the_page_of_all_calls_at_once(desk: Path) -> None:
    run(desk, "trends")
    assert NAME not in (desk / "debriefs" / "index.html").read_text()
    run(desk, "name", "calls/first.wav", f"S1={NAME}", "--salesperson", "S1", "--side", "S2=customer")
    assert NAME in (desk / "debriefs" / "index.html").read_text()
    assert NAME in run(desk, "trends", "--json").stdout
    (desk / "answers.toml").write_text(f'[[commitment]]\nwho = "{NAME}"\ntext = "Count the quays of Kuopio"\n')
    run(desk, "debrief", "calls/first.wav", "--answers", "answers.toml")
    assert any("catalog" in path for path in holding(desk, "Count the quays of Kuopio"))
