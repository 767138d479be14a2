"""Which recordings are one meeting, in folders as platforms write them; the models are a fake."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pytest

from analyzer import session
from analyzer.call import place
from analyzer.call.folder import REPLACED, CallFolder
from analyzer.call.inputs import find_inputs
from analyzer.call.place import call_name
from analyzer.debrief.conversation.answers import Answers, Promise, talk_of
from analyzer.errors import UsageError
from analyzer.library import batch as batches
from analyzer.library.call_work import local_engine
from analyzer.library.meetings import as_meetings, meeting_at, meetings_in
from analyzer.library.rebuild import check
from analyzer.library.scan import Found, scan
from analyzer.library.workers import Inline
from analyzer.session import analysed, talk_about
from analyzer.timeline import SAMPLE_RATE
from tests.library_folders import PLAN, Shelf, small
from tests.nightly_runs import Desk
from tests.platform_folders import PEOPLE, Sound, build, known, of_sample, saved
from tests.tones import DANA, MARCUS, RAY, Listens, tone

ZOOM = "2026-05-19 15.01.12 Northwind renewal 98765432101"
CLOUD = ("1920x1080.mp4", "gallery_1920x1080.mp4", "avo_640x360.mp4", "as_1600x900.mp4")


def noise(seed: int, seconds: float = 8.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.05, round(seconds * SAMPLE_RATE)).astype(np.float32)


def named(folder: Path) -> dict[str, list[str]]:
    """What is heard, and with what, by paths in the folder."""

    def short(path: Path) -> str:
        return str(path.relative_to(folder.resolve()))

    return {short(one.path): [short(other) for other in one.others] for one in meetings_in(folder, {})}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "calls", tmp_path / "out")


def test_zoom_s_folder_with_tracks_mix_and_video_is_one_meeting(tmp_path: Path) -> None:
    for name in ("audio1987654321.m4a", "video1987654321.mp4", "Audio Record/audioDanaReyes11987654321.m4a"):
        small_any(tmp_path / ZOOM / name)
    small_any(tmp_path / ZOOM / "Audio Record" / "audioMarcus Webb21987654321.m4a")
    assert named(tmp_path) == {f"{ZOOM}/Audio Record": [f"{ZOOM}/audio1987654321.m4a", f"{ZOOM}/video1987654321.mp4"]}
    assert call_name(tmp_path / ZOOM / "Audio Record") == "Northwind renewal"


def small_any(path: Path, size: int = 100) -> Path:
    """A file of this name: for tests of what names say, where no file is opened."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def test_one_track_alone_is_not_preferred_to_the_mix(tmp_path: Path) -> None:
    small_any(tmp_path / ZOOM / "audio1987654321.m4a")
    small_any(tmp_path / ZOOM / "Audio Record" / "audioDanaReyes11987654321.m4a")
    assert list(named(tmp_path)) == [f"{ZOOM}/audio1987654321.m4a"]


def test_a_recording_that_was_stopped_and_started_again_is_two(tmp_path: Path) -> None:
    for number in (1987654321, 2987654321):
        small_any(tmp_path / ZOOM / f"audio{number}.m4a")
        small_any(tmp_path / ZOOM / f"video{number}.mp4")
    assert len(named(tmp_path)) == 2


def test_zoom_s_folder_with_a_plan_beside_it_is_a_meeting_and_no_folder_of_tracks(tmp_path: Path) -> None:
    small_any(tmp_path / ZOOM / "audio1987654321.m4a")
    small_any(tmp_path / ZOOM / "video1987654321.mp4")
    plan = tmp_path / f"{ZOOM}.plan.toml"
    plan.write_text(PLAN)
    assert named(tmp_path) == {f"{ZOOM}/audio1987654321.m4a": [f"{ZOOM}/video1987654321.mp4"]}
    assert find_inputs(tmp_path / ZOOM / "audio1987654321.m4a").plan == plan


def test_zoom_s_cloud_files_are_one_meeting_and_any_of_them_may_have_the_plan(tmp_path: Path) -> None:
    stem = "GMT20260519-140112_Recording"
    for layout in CLOUD:
        small_any(tmp_path / f"{stem}_{layout}")
    sound = small_any(tmp_path / f"{stem}.m4a")
    small_any(tmp_path / "GMT20260519-153000_Recording.m4a")
    found = named(tmp_path)
    assert list(found) == ["GMT20260519-140112_Recording.m4a", "GMT20260519-153000_Recording.m4a"]
    assert len(found[sound.name]) == 4
    assert call_name(sound) == "Zoom meeting 2026-05-19 14.01 UTC"
    plan = tmp_path / f"{stem}_gallery_1920x1080.plan.toml"
    plan.write_text(PLAN)
    assert find_inputs(sound).plan == plan
    assert find_inputs(tmp_path / "GMT20260519-153000_Recording.m4a").plan is None


def test_teams_meet_webex_and_obs(tmp_path: Path) -> None:
    names = {
        "Northwind renewal-20260519_140112UTC-Meeting Recording.mp4": "Northwind renewal",
        "Northwind renewal-20260526_140112UTC-Meeting Recording.mp4": "Northwind renewal",
        "Carrick - 2026_05_19 15_01 BST - Recording.mp4": "Carrick",
        "Alder-20260519 1401-1.mp4": "Alder",
        "2026-05-19 15-01-12.mkv": "Call 2026-05-19 15.01",
    }
    for name in names:
        small_any(tmp_path / name)
    small_any(tmp_path / "Northwind renewal-20260519_140112UTC-Meeting Recording (1).mp4", 50)
    found = meetings_in(tmp_path, {})
    assert {one.path.name: call_name(one.path) for one in found} == names


@pytest.mark.parametrize("ending", ["m4a", "wav"])
def test_a_video_with_its_audio_beside_it_is_one_meeting(tmp_path: Path, ending: str) -> None:
    saved(tmp_path / "call.mp4", noise(1), picture=True)
    saved(tmp_path / f"call.{ending}", noise(1))
    assert named(tmp_path) == {f"call.{ending}": ["call.mp4"]}


def test_one_name_and_another_sound_are_two(tmp_path: Path) -> None:
    saved(tmp_path / "call.mp4", noise(1), picture=True)
    saved(tmp_path / "call.wav", noise(2))
    assert named(tmp_path) == {"call.mp4": [], "call.wav": []}


def test_a_video_beside_its_sound_under_another_name_is_one_meeting(tmp_path: Path) -> None:
    saved(tmp_path / "Northwind-20260519_140112UTC-Meeting Recording.mp4", noise(1), picture=True)
    saved(tmp_path / "for transcription.wav", noise(1))
    saved(tmp_path / "another.wav", noise(2))
    assert named(tmp_path) == {
        "another.wav": [],
        "for transcription.wav": ["Northwind-20260519_140112UTC-Meeting Recording.mp4"],
    }


def test_channels_are_heard_before_mono(tmp_path: Path) -> None:
    saved(tmp_path / "call.flac", noise(1))
    saved(tmp_path / "call.wav", np.stack([noise(1)] * 2, axis=1))
    assert named(tmp_path) == {"call.wav": ["call.flac"]}


def test_two_meetings_in_one_folder_stay_two(tmp_path: Path) -> None:
    for number in (1923456781, 1834519283):
        small_any(tmp_path / "Dana" / f"audio{number}.m4a")
    assert len(named(tmp_path)) == 2
    with pytest.raises(UsageError) as caught:
        meeting_at(tmp_path / "Dana", tmp_path / "out")
    assert "2 meetings: Zoom meeting 1834519283 (audio1834519283.m4a);" in caught.value.line()


def test_a_folder_is_its_meeting_and_a_folder_of_people_s_files_stays_tracks(tmp_path: Path) -> None:
    small_any(tmp_path / ZOOM / "audio1987654321.m4a")
    small_any(tmp_path / ZOOM / "video1987654321.mp4")
    found = meeting_at(tmp_path / ZOOM, tmp_path / "out")
    assert found is not None
    assert (found.path.name, len(found.others)) == ("audio1987654321.m4a", 1)
    assert meeting_at(tmp_path / ZOOM / "video1987654321.mp4", tmp_path / "out") == found
    for name in ("Dana Reyes.wav", "Marcus Webb.wav"):
        small_any(tmp_path / "tracks" / name)
    assert meeting_at(tmp_path / "tracks", tmp_path / "out") is None


def test_report_takes_a_meeting_s_folder_and_any_file_of_it(tmp_path: Path) -> None:
    found = meeting_at(saved(tmp_path / "a" / "call.mp4", noise(1), picture=True), tmp_path / "out")
    assert found is None, "alone it is as it is"
    saved(tmp_path / "a" / "call.m4a", noise(1))
    found = meeting_at(tmp_path / "a" / "call.mp4", tmp_path / "out")
    assert found is not None
    assert found.path.name == "call.m4a"


def test_equal_titles_are_told_apart_by_the_day(shelf: Shelf) -> None:
    for day in (19, 26):
        small(shelf.folder / f"Northwind-202605{day}_140112UTC-Meeting Recording.wav", day)
    assert sorted(one.name for one in shelf.batch().done) == ["Northwind", "Northwind 2026-05-26"]
    assert shelf.batch().unchanged == 2


def test_a_second_run_changes_nothing(shelf: Shelf) -> None:
    stem = "GMT20260519-140112_Recording"
    for number, layout in enumerate(("gallery_1920x1080", "avo_640x360", "as_640x360")):
        small(shelf.folder / f"{stem}_{layout}.mp4".replace("mp4", "wav"), number)
    small(shelf.folder / "Carrick-20260519_160000-Meeting Recording.wav", 9)
    assert len(shelf.batch().done) == 2
    before = {path: path.stat().st_mtime_ns for path in shelf.out.rglob("*") if "catalog" not in path.name}
    again = shelf.batch()
    assert (again.done, again.refreshed, again.unchanged) == ([], [], 2)
    assert {path: path.stat().st_mtime_ns for path in shelf.out.rglob("*") if "catalog" not in path.name} == before


def test_what_was_heard_before_is_heard_again_and_tracks_are_better_than_it(tmp_path: Path) -> None:
    video = small_any(tmp_path / "GMT20260519-140112_Recording_avo_640x360.mp4")
    sound = small_any(tmp_path / "GMT20260519-140112_Recording.m4a")
    found = [Found(path, path.stat().st_size, path.stat().st_mtime_ns) for path in (video, sound)]
    known = CallFolder(tmp_path / "out" / "old")
    assert as_meetings(found, {})[0].path == sound
    assert as_meetings(found, {video: known})[0].path == video
    known.path.mkdir(parents=True)
    shutil.copy(sound, known.path / "talk.json")
    other = CallFolder(tmp_path / "out" / "other")
    assert as_meetings(found, {video: known, sound: other})[0].path == video, "something was said about it"


def said_about(call: Path, shelf: Shelf, name: str, promise: str) -> None:
    session.name(call, shelf.settings, names={"S1": name})
    agreed = Answers(commitment=(Promise(who=name, text=promise),))
    talk_about(call, shelf.settings, agreed, held_on=dt.date(2026, 5, 20))


def as_before(shelf: Shelf) -> None:
    """A run of the version before, to which each file was a call, named after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            batches, "meetings_in", lambda folder, before, **more: scan(folder, without=more.get("without", ()))
        )
        patch.setattr(place, "call_names", lambda path: (path.stem,))
        patch.setattr("analyzer.call.inputs.RESULTS", "results of the version before")
        shelf.batch()


def cloud(shelf: Shelf) -> tuple[Path, Path, Path]:
    stem = "GMT20260519-140112_Recording"
    names = ("_gallery_1920x1080", "_avo_640x360", "")
    first, second, third = (small(shelf.folder / f"{stem}{name}.wav", i) for i, name in enumerate(names))
    return first, second, third


def test_an_output_folder_of_the_version_before_is_taken_over_and_nothing_that_was_said_is_lost(shelf: Shelf) -> None:
    gallery, speaker, sound = cloud(shelf)
    as_before(shelf)
    assert len(list(shelf.out.glob("*/call.json"))) == 3
    said_about(gallery, shelf, "Dana Reyes", "asks first")
    session.name(speaker, shelf.settings, names={"S2": "Ray Kowalski"}, sides={"S2": "customer"})
    heard = shelf.engine.asked.count("diarize")
    run = shelf.batch()
    assert (run.done, len(run.refreshed), run.failed) == ([], 1, [])
    assert shelf.engine.asked.count("diarize") == heard, "no model runs"
    (summary,) = run.refreshed
    assert summary.name == summary.folder == "Zoom meeting 2026-05-19 14.01 UTC"
    (folder,) = (path.parent for path in shelf.out.glob("*/call.json"))
    record = analysed(folder, shelf.settings).record
    assert (record.label("S1"), record.label("S2")) == ("Dana Reyes", "Ray Kowalski")
    assert [one.text for one in summary.commitments] == ["asks first"]
    with shelf.catalog() as catalog:
        assert len(catalog.summaries()) == 1
        assert check(shelf.out, catalog) == ()
    for path in (gallery, speaker, sound):
        assert analysed(path, shelf.settings).folder.path == folder, "any file of the meeting names the call"
    before = {path: path.stat().st_mtime_ns for path in shelf.out.rglob("*") if "catalog" not in path.name}
    again = shelf.batch()
    assert (again.done, again.refreshed, again.unchanged) == ([], [], 1)
    assert {path: path.stat().st_mtime_ns for path in shelf.out.rglob("*") if "catalog" not in path.name} == before


def test_report_alone_takes_over_the_results_of_the_version_before(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    shelf = Shelf(desk.calls, desk.out)
    gallery, speaker, sound = cloud(shelf)
    as_before(shelf)
    said_about(gallery, shelf, "Dana Reyes", "asks first")
    session.name(speaker, shelf.settings, names={"S2": "Ray Kowalski"})
    out, err = desk.run("report", sound, "--out", desk.out)
    assert "has what was said about the other files of its meeting" in err
    assert "Ray Kowalski" in out
    assert desk.asked() == []
    (folder,) = (path.parent for path in desk.out.glob("*/call.json"))
    assert folder.name == "Zoom meeting 2026-05-19 14.01 UTC"
    assert [one.text for one in analysed(folder, shelf.settings).record.talk.commitments] == ["asks first"]
    with shelf.catalog() as catalog:
        assert [summary.folder for summary in catalog.summaries()] == [folder.name]
        assert check(desk.out, catalog) == ()
    _, err = desk.run("report", sound, "--out", desk.out)
    assert "has what was said" not in err


def test_talks_about_two_files_of_one_meeting_become_talks_about_one(shelf: Shelf) -> None:
    gallery, speaker, _ = cloud(shelf)
    as_before(shelf)
    said_about(gallery, shelf, "Dana Reyes", "asks first")
    said_about(speaker, shelf, "Dana Reyes", "sends the offer")
    (summary,) = shelf.batch().refreshed
    assert {one.text for one in summary.commitments} == {"asks first", "sends the offer"}
    talk = talk_of(CallFolder(shelf.out / summary.folder))
    assert talk is not None
    assert len(talk.every) == 2


def test_what_cannot_be_read_of_another_folder_is_left_where_it_is(shelf: Shelf) -> None:
    gallery, speaker, _ = cloud(shelf)
    as_before(shelf)
    said_about(gallery, shelf, "Dana Reyes", "asks first")
    damaged = shelf.out / speaker.stem / "talk.json"
    damaged.write_text("{")
    shelf.batch()
    assert damaged.read_text() == "{"
    assert len(list(shelf.out.glob("*/call.json"))) == 2


def test_what_a_person_put_into_a_results_folder_stays(shelf: Shelf) -> None:
    _, speaker, _ = cloud(shelf)
    as_before(shelf)
    own = shelf.out / speaker.stem / "my notes.txt"
    own.write_text("ask Ray")
    shelf.batch()
    assert own.read_text() == "ask Ray"
    assert len(list(shelf.out.glob("*/call.json"))) == 1


def test_tracks_that_come_later_keep_the_folder_the_names_and_the_debrief(shelf: Shelf) -> None:
    mix = small(shelf.folder / ZOOM / "audio1987654321.wav", 1)
    (first,) = shelf.batch().done
    assert first.name == "Northwind renewal"
    said_about(mix, shelf, "Dana Reyes", "asks first")
    for number, name in enumerate(("DanaReyes1", "Marcus Webb2"), start=2):
        small(shelf.folder / ZOOM / "Audio Record" / f"audio{name}1987654321.wav", number)
    run = shelf.batch()
    assert [one.folder for one in run.done] == [first.folder]
    assert [one.text for one in run.done[0].commitments] == ["asks first"]
    record = analysed(shelf.folder / ZOOM / "Audio Record", shelf.settings).record
    assert REPLACED in record.notes
    assert "Dana Reyes" in [person.name for person in record.people]
    with shelf.catalog() as catalog:
        assert len(catalog.summaries()) == 1
        assert check(shelf.out, catalog) == ()
    assert shelf.batch().unchanged == 1


def test_three_meetings_of_each_platform_are_as_many_calls_with_title_and_day(shelf: Shelf) -> None:
    sounds = [Sound(noise(week), {name: noise(10 * week + i) for i, name in enumerate(PEOPLE)}) for week in (1, 2, 3)]
    made = build(shelf.folder, sounds)
    run = shelf.batch()
    assert run.failed == []
    assert sorted((one.name, one.date) for one in run.done) == sorted((one.title, one.day) for one in made)
    assert len(made) == 18
    recordings = {CallFolder(shelf.out / one.folder).recording() for one in run.done}
    assert recordings == {one.heard.resolve() for one in made}
    before = {path: path.stat().st_mtime_ns for path in shelf.out.rglob("*") if "catalog" not in path.name}
    again = shelf.batch()
    assert (again.done, again.refreshed, again.failed, again.unchanged) == ([], [], [], 18)
    assert {path: path.stat().st_mtime_ns for path in shelf.out.rglob("*") if "catalog" not in path.name} == before


def test_of_three_meetings_of_each_platform_all_is_known_without_a_plan(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "calls", tmp_path / "out", engine=Listens())
    made = build(shelf.folder, [conversation(seconds) for seconds in (4.0, 4.5, 5.0)])
    run = shelf.batch()
    assert run.failed == []
    table = {known(one.record) for one in run.done}
    assert len(table) == len(made) == 18
    assert sorted((row[0], row[1].split()[0], row[2].split()[0]) for row in table) == sorted(
        (one.title, str(one.day), one.customer) for one in made
    )
    for one in run.done:
        sides = {person.name: person.side for person in one.record.people}
        assert sides == {"Dana Reyes": "team", "Marcus Webb": "team", "Ray Kowalski": "customer"}, known(one.record)
        assert known(one.record)[-1] == "Dana Reyes"
    assert shelf.batch().unchanged == 18


def conversation(seconds: float) -> Sound:
    """A conversation of three people, each of whose turns takes so long; they differ by their tones."""
    turns = (("Dana Reyes", DANA), ("Ray Kowalski", RAY), ("Dana Reyes", DANA), ("Marcus Webb", MARCUS)) * 3
    said = [(place * seconds, (place + 1) * seconds, who) for place, (who, _) in enumerate(turns)]
    pieces = [tone(pitch, seconds) for _, pitch in turns]
    tracks = {
        who: np.concatenate([piece * (one == who) for piece, (one, _) in zip(pieces, turns, strict=True)])
        for who in PEOPLE
    }
    return Sound(np.concatenate(pieces), tracks, said)


@pytest.mark.slow
def test_a_meeting_of_each_platform_through_the_real_models(shelf: Shelf) -> None:
    sample = Path(__file__).parents[2] / "samples" / "led-call.ogg"
    made = build(shelf.folder, [of_sample(sample, 60.0)])
    run = shelf.batch(workers=Inline(local_engine, shelf.settings))
    assert run.failed == []
    assert sorted((one.name, one.date) for one in run.done) == sorted((one.title, one.day) for one in made)
    (tracks,) = (one for one in run.done if one.record.recording.container == "tracks")
    assert {person.name for person in tracks.record.people} <= set(spoken_in(sample))
    again = shelf.batch(workers=Inline(local_engine, shelf.settings))
    assert (again.done, again.refreshed, again.unchanged) == ([], [], 6)


def spoken_in(sample: Path) -> list[str]:
    return [line.split()[7].replace("_", " ") for line in sample.with_suffix(".rttm").read_text().splitlines()]
