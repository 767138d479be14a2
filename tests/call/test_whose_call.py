"""What is said about a call belongs to its sound, not to the path it lay at."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer import session
from analyzer.call.folder import CORRECTIONS_FILE, GREW, OWNER_FILE, TALK_FILE, CallFolder
from analyzer.call.place import find_results
from analyzer.debrief.conversation.answers import Answers, Promise
from analyzer.errors import BadFileError, UsageError
from analyzer.session import DISPLACED, Done, analyse, analysed, talk_about
from analyzer.settings import Settings
from analyzer.timeline import SAMPLE_RATE
from tests.fake_engine import FakeEngine, recording
from tests.library_folders import SHORT, Shelf, small


def sound(path: Path, seed: int, seconds: float = 0.5) -> Path:
    """A recording of its own; a longer one of the same seed begins with the same sound."""
    noise = np.random.default_rng(seed).normal(0, 0.01, SAMPLE_RATE).astype(np.float32)
    soundfile.write(path, noise[: round(seconds * SAMPLE_RATE)], SAMPLE_RATE)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(out=tmp_path / "out", sound="none")


def report(call: Path, settings: Settings) -> Done:
    return analyse(call, settings, engine=FakeEngine(SHORT))


def said_about(call: Path, settings: Settings, name: str) -> None:
    session.name(call, settings, names={"S1": name})
    agreed = Answers(commitment=(Promise(who=name, text=f"{name} asks first"),))
    talk_about(call, settings, agreed, held_on=dt.date(2026, 5, 13))


def test_another_recording_at_the_same_path_inherits_nothing_and_takes_nothing(
    tmp_path: Path, settings: Settings
) -> None:
    latest = sound(tmp_path / "latest.wav", 1)
    first = report(latest, settings)
    said_about(latest, settings, "Dana Reyes")
    sound(latest, 2)
    second = report(latest, settings)
    assert second.folder != first.folder
    assert second.record.label("S1") == "S1"
    assert second.record.talk is None
    old = analysed(first.folder.path, settings).record
    assert old.label("S1") == "Dana Reyes"
    assert old.talk is not None
    said_about(latest, settings, "Omar Haddad")  # by the path: about what lies there now
    assert find_results(settings.out, latest) == second.folder
    assert analysed(second.folder.path, settings).record.label("S1") == "Omar Haddad"
    assert analysed(first.folder.path, settings).record.label("S1") == "Dana Reyes"
    sound(latest, 1)  # the first is back
    assert report(latest, settings).record.label("S1") == "Dana Reyes"


def test_a_third_and_a_fourth_recording_at_one_path_each_have_their_own_folder(
    tmp_path: Path, settings: Settings
) -> None:
    latest = tmp_path / "latest.wav"
    folders = [report(sound(latest, seed), settings).folder for seed in range(4)]
    assert len(set(folders)) == 4
    for seed, folder in enumerate(folders):
        assert find_results(settings.out, sound(latest, seed)) == folder
    latest.unlink()
    assert find_results(settings.out, latest) == folders[-1], "of what is gone, the one that lay there last"


def test_before_the_new_recording_is_analysed_its_path_does_not_mean_the_old_call(
    tmp_path: Path, settings: Settings
) -> None:
    latest = sound(tmp_path / "latest.wav", 1)
    report(latest, settings)
    sound(latest, 2)
    with pytest.raises(UsageError, match="has changed since"):
        session.name(latest, settings, names={"S1": "Dana Reyes"})


def test_a_copy_with_another_time_is_the_same_call(tmp_path: Path, settings: Settings) -> None:
    call = sound(tmp_path / "call.wav", 1)
    first = report(call, settings)
    content = call.read_bytes()
    call.unlink()
    call.write_bytes(content)
    assert find_results(settings.out, call) == first.folder


def raw(path: Path, seed: int, seconds: float) -> None:
    sound(path.with_suffix(".wav"), seed, seconds)
    data, _ = soundfile.read(path.with_suffix(".wav"), dtype="int16")
    path.with_suffix(".wav").unlink()
    soundfile.write(path, data, SAMPLE_RATE)


@pytest.mark.parametrize("name", ["call.wav", "call.w64", "call.au"])
def test_a_recording_that_grew_keeps_its_names_and_its_debrief_and_says_so(
    tmp_path: Path, settings: Settings, name: str
) -> None:
    call = tmp_path / name
    make: Callable[[Path, int, float], object] = sound if name == "call.wav" else raw
    make(call, 1, 0.5)
    first = report(call, settings)
    said_about(call, settings, "Dana Reyes")
    make(call, 1, 0.8)
    whole = report(call, settings)
    assert whole.folder == first.folder
    assert whole.record.recording.sha256 != first.record.recording.sha256
    assert whole.record.label("S1") == "Dana Reyes"
    assert whole.record.talk is not None
    assert GREW in whole.record.notes
    session.name(call, settings, names={"S2": "Ray Stone"})
    again = analysed(call, settings).record
    assert (again.label("S1"), again.label("S2")) == ("Dana Reyes", "Ray Stone")
    assert GREW in again.notes


def test_a_shorter_recording_of_the_same_beginning_is_another_one(tmp_path: Path, settings: Settings) -> None:
    call = sound(tmp_path / "call.wav", 1, 0.8)
    first = report(call, settings)
    assert report(sound(call, 1, 0.5), settings).folder != first.folder


def test_a_folder_of_tracks_that_were_still_growing_keeps_what_was_said(tmp_path: Path, settings: Settings) -> None:
    tracks = tmp_path / "call"
    tracks.mkdir()
    for number, name in enumerate(("Dana Reyes", "Ray Stone")):
        sound(tracks / f"{name}.wav", number, 0.5)
    first = report(tracks, settings)
    sound(tracks / "Ray Stone.wav", 1, 0.8)
    assert report(tracks, settings).folder == first.folder
    sound(tracks / "Ray Stone.wav", 7, 0.8)
    assert report(tracks, settings).folder != first.folder


def test_files_carry_the_hash_and_those_of_another_recording_are_refused(tmp_path: Path, settings: Settings) -> None:
    call = sound(tmp_path / "call.wav", 1)
    done = report(call, settings)
    said_about(call, settings, "Dana Reyes")
    for name in (CORRECTIONS_FILE, TALK_FILE):
        path = done.folder.path / name
        content = json.loads(path.read_bytes())
        assert content["recording"] == done.record.recording.sha256
        path.write_text(json.dumps(content | {"recording": "0" * 64}))
        with pytest.raises(BadFileError, match="another recording"):
            report(call, settings)
        del content["recording"]
        path.write_text(json.dumps(content))  # as the first version wrote it
    kept = report(call, settings).record
    assert kept.label("S1") == "Dana Reyes"
    assert kept.talk is not None


def test_results_of_the_first_version_are_found_and_keep_their_names(tmp_path: Path, settings: Settings) -> None:
    call = sound(tmp_path / "call.wav", 1)
    done = report(call, settings)
    said_about(call, settings, "Dana Reyes")
    sha256 = done.record.recording.sha256
    (done.folder.path / OWNER_FILE).write_text(f"{call.resolve()}\n{sha256}\n")
    assert find_results(settings.out, call) == done.folder
    assert report(call, settings).record.label("S1") == "Dana Reyes"
    owner = done.folder.owner()
    assert owner is not None
    assert owner.pieces, "from now on a recording that grows is known again"


def test_clips_of_an_old_call_are_never_cut_from_what_lies_at_its_path_now(tmp_path: Path) -> None:
    settings = Settings(out=tmp_path / "out", sound="clips")
    latest = sound(tmp_path / "latest.wav", 1)
    first = analyse(latest, Settings(out=settings.out, sound="none"), engine=FakeEngine(SHORT))
    sound(latest, 2)
    analyse(latest, settings, engine=FakeEngine(SHORT))
    session.name(first.folder.path, settings, names={"S1": "Dana Reyes"}, salesperson="S1")
    assert first.folder.clips() == []


def test_a_night_keeps_both_calls_of_a_path_and_carries_over_one_that_grew(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "calls", tmp_path / "out")
    path = small(shelf.folder / "latest.wav", 1)
    first = shelf.batch().done[0]
    session.name(path, shelf.settings, names={"S1": "Dana Reyes"})
    small(path, 2)
    second = shelf.batch().done[0]
    small(path, 2, 0.8)
    grown = shelf.batch().done[0]
    assert (first.folder, second.folder, grown.folder) == ("latest", "latest.wav", "latest.wav")
    with shelf.catalog() as catalog:
        names = {call.folder: call.record.people[0].name for call in catalog.summaries()}
    assert names == {"latest": "Dana Reyes", "latest.wav": None}


def test_results_that_are_older_than_what_was_said_are_made_again_in_the_night(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "calls", tmp_path / "out")
    path = small(shelf.folder / "call.wav", 1)
    folder = shelf.out / shelf.batch().done[0].folder
    before = (folder / "call.json").read_bytes()
    session.name(path, shelf.settings, names={"S1": "Dana Reyes"})
    (folder / "call.json").write_bytes(before)  # as a process leaves it that is killed between the two writes
    later = (folder / "call.json").stat().st_mtime_ns + 1
    os.utime(folder / CORRECTIONS_FILE, ns=(later, later))
    assert CallFolder(folder).is_behind()
    refreshed = shelf.batch().refreshed
    assert [call.record.people[0].name for call in refreshed] == ["Dana Reyes"]
    assert not CallFolder(folder).is_behind()
    assert shelf.batch().unchanged == 1


def test_an_old_call_keeps_the_names_of_its_transcript_when_the_one_at_its_path_is_anothers(
    tmp_path: Path, settings: Settings
) -> None:
    names = {"S1": "Dana Reyes", "S2": "Ray Stone", "S3": "Marcus Webb"}
    script = [(at, at + 5.0 + at % 7, f"S{1 + at % 3}", "Well then.") for at in range(1, 100, 13)]
    engine, latest = FakeEngine(script), recording(tmp_path / "latest.wav", 121.0)
    people = tmp_path / "latest.people.json"
    turns = {who: [[start, end] for start, end, other, _ in script if other == who] for who in names}
    people.write_text(json.dumps({"people": [{"name": names[who], "turns": turns[who]} for who in names]}))
    first = analyse(latest, settings, engine=engine)
    assert first.record.label("S1") == "Dana Reyes"
    sound(latest, 2)
    soundfile.write(latest, soundfile.read(latest)[0].repeat(242), SAMPLE_RATE)
    people.write_text(people.read_text().replace("Dana Reyes", "Omar Haddad"))
    second = analyse(latest, settings, engine=engine)
    assert second.record.label("S1") == "Omar Haddad"
    session.name(first.folder.path, settings, names={"S2": "Ann Lee"})
    old = analysed(first.folder.path, settings).record
    assert [old.label(who) for who in ("S1", "S2", "S3")] == ["Dana Reyes", "Ann Lee", "Marcus Webb"]
    assert DISPLACED in old.notes
