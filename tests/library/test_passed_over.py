"""Nothing lies in a folder unseen: what is not looked at is counted, with the reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analyzer.library.passed_over import passed_over, passed_over_lines
from analyzer.library.scan import scan
from tests.library_folders import PLAN, small
from tests.nightly_runs import Desk

ROSTER = """
[[person]]
name = "Dana Reyes"
role = "salesperson"
voices = ["voices/dana.wav", "../elsewhere/dana-2.wav"]
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def looked(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The recordings found, and what was not looked at with why, by names below the folder."""
    left: dict[Path, str] = {}
    found = [one.path for one in scan(folder, left=left.__setitem__)]
    told = passed_over(left, found)
    return [str(path.relative_to(folder)) for path in found], {
        str(path.relative_to(folder)): why for path, why in told.items()
    }


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_every_file_that_is_no_call_is_told_with_a_reason(tmp_path: Path) -> None:
    small(tmp_path / "a.wav", 1)
    small(tmp_path / ".kept.wav", 2)
    write(tmp_path / "b.wav.part")
    for name in ("slides.pdf", "more/c.zip", "~$notes.docx", "Thumbs.db", ".DS_Store", "._a.wav", "@eaDir/a.wav"):
        write(tmp_path / name)
    write(tmp_path / "d.pcm")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    found, left = looked(tmp_path)
    assert found == ["a.wav"]
    assert left == {
        ".kept.wav": "hidden",
        "b.wav.part": "another program is still writing it",
        "slides.pdf": "no recording by its ending",
        "more/c.zip": "no recording by its ending",
        "d.pcm": "raw sound: nothing tells its rate",
        "gone.wav": "no file, or a link to nothing",
        "pipe.wav": "no file, or a link to nothing",
    }


def test_what_belongs_to_a_call_is_not_told_and_what_belongs_to_none_is(tmp_path: Path) -> None:
    small(tmp_path / "a.wav", 1)
    for name in ("a.plan.toml", "a.transcript.vtt", "a.people.json", "team.toml", "analyzer.toml"):
        write(tmp_path / name)
    write(tmp_path / "Northwind.vtt")
    write(tmp_path / "b.plan.toml")
    zoom = tmp_path / "2026-05-12 14.00.00 Northwind 84512345678"
    small(zoom / "Audio Record" / "audioDanaReyes11834519283.wav", 2)
    small(zoom / "Audio Record" / "audioMarcusWebb21834519283.wav", 3)
    for name in ("chat.txt", "recording.conf", "closed_caption.txt"):
        write(zoom / name)
    found, left = looked(tmp_path)
    assert found == [f"{zoom.name}/Audio Record", "a.wav"]
    assert left == {
        "Northwind.vtt": "named after no recording in its folder",
        "b.plan.toml": "named after no recording in its folder",
    }


def test_clips_that_a_roster_names_are_no_calls(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    for number, name in enumerate(("calls/a.wav", "calls/deep/voices/dana.wav", "calls/elsewhere/dana-2.wav")):
        small(tmp_path / name, number)
    write(calls / "deep" / "team.toml", ROSTER)
    assert looked(calls) == (
        ["a.wav"],
        dict.fromkeys(("deep/voices/dana.wav", "elsewhere/dana-2.wav"), "a clip of a voice that the roster names"),
    )
    only_voices, _ = looked(calls / "deep" / "voices")
    assert only_voices == [], "the roster above the folder counts too"
    write(calls / "deep" / "team.toml", "[[person]]\nname = 3")
    assert looked(calls)[0] == ["a.wav", "deep/voices/dana.wav", "elsewhere/dana-2.wav"], "a wrong one names none"


def test_folders_of_any_name_are_looked_into(tmp_path: Path) -> None:
    for number, name in enumerate(("tmp", "download", "part", "temp")):
        small(tmp_path / name / "a.wav", number)
    assert len(looked(tmp_path)[0]) == 4


def test_recordings_among_results_and_tracks_are_told(tmp_path: Path) -> None:
    small(tmp_path / "results" / "late.wav", 1)
    write(tmp_path / "results" / "call.json", "{}")
    tracks = tmp_path / "Audio Record"
    small(tracks / "audioDanaReyes11834519283.wav", 2)
    write(tracks / "film.mov")
    small(tracks / "old" / "a.wav", 3)
    write(tracks / "notes.txt")
    assert looked(tmp_path) == (
        ["Audio Record"],
        {
            "results/late.wav": "lies in a folder of results",
            "Audio Record/film.mov": "lies in a folder of one call's tracks",
            "Audio Record/old": "lies in a folder of one call's tracks",
        },
    )


def test_lines_count_by_ending_and_name_a_few() -> None:
    left = {Path(f"/calls/{number}.zip"): "no recording by its ending" for number in range(9)}
    left |= {Path("/calls/a.docx"): "no recording by its ending", Path("/calls/b.WAV"): "hidden"}
    assert passed_over_lines(left) == ["9 .zip, 1 .docx: no recording by its ending", "1 .wav: hidden (b.WAV)"]
    assert passed_over_lines({}) == []
    many = {Path(f"/calls/{name}.{ending}"): "hidden" for ending in "abcdefgh" for name in range(ord(ending) - 90)}
    assert passed_over_lines(many) == ["14 .h, 13 .g, 12 .f, 11 .e, 34 others: hidden"]
    assert all(len(line) <= 78 for line in passed_over_lines(many | left))


def test_a_dry_run_names_a_meeting_once_and_what_lies_beside_any_file_of_it_is_looked_at(desk: Desk) -> None:
    stem = "GMT20260519-140112_Recording"
    for number, name in enumerate(("", "_gallery_1920x1080", "_avo_640x360")):
        small(desk.calls / f"{stem}{name}.wav", number)
    write(desk.calls / f"{stem}_gallery_1920x1080.plan.toml", PLAN)
    said, _ = desk.nightly("--dry-run")
    assert said.splitlines()[1:] == ["Recordings: 1, of which 1 have no result yet."]
    assert said.splitlines()[0].endswith("(with 2 other files of its meeting)")


def test_batch_night_and_dry_run_say_what_was_not_looked_at(desk: Desk) -> None:
    small(desk.calls / "a.wav", 1)
    write(desk.calls / "a.plan.toml", PLAN)
    small(desk.calls / "people" / "voices" / "dana.wav", 2)
    write(desk.calls / "people" / "team.toml", ROSTER.replace(', "../elsewhere/dana-2.wav"', ""))
    for number in range(12):
        write(desk.calls / f"{number}.zip")
    lines = [
        "13 files not looked at (-v lists them):",
        "  12 .zip: no recording by its ending",
        "  1 .wav: a clip of a voice that the roster names (dana.wav)",
    ]
    said, _ = desk.nightly("--dry-run")
    assert [line for line in said.splitlines() if line in lines] == lines
    said, _ = desk.batch()
    assert [line for line in said.splitlines() if line in lines] == lines
    night, log = desk.run("-v", "nightly", desk.calls, "--out", desk.out, "--settle", "0")
    assert "## Not looked at\n\n- 12 .zip: no recording by its ending\n- 1 .wav: a clip" in night
    assert f"{desk.calls / '3.zip'}: not looked at: no recording by its ending" in log
    assert {path.parent.name for path in desk.out.glob("*/call.json")} == {"a"}
