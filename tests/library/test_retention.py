"""What the retention rule takes away, what it leaves, and that nothing brings it back."""

from __future__ import annotations

import base64
import datetime as dt
import html
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from analyzer.call.folder import CALL_FILE, CLIPS_FOLDER, FORGOTTEN_FILE, CallFolder
from analyzer.debrief.record import QuoteRecord
from analyzer.debrief.results import read_call
from analyzer.errors import ExitCode, UsageError
from analyzer.files import PARTIAL
from analyzer.library.retention import (
    forgettable,
    forgettable_voices,
    parse_age,
    without_words,
)
from analyzer.people.voices.known_voices import MODEL, KnownVoice
from analyzer.people.voices.voice_files import file_name, keep_voice, note_heard, read_voices
from tests.fake_analyzer import VOICES
from tests.fake_engine import recording
from tests.library_folders import PLAN
from tests.nightly_runs import ROOT, Desk
from tests.records import rich

HELD = dt.datetime(2025, 3, 3, 10, 0, tzinfo=dt.UTC).timestamp()
SAID = (b"depot", b"forty", b"pounds", b"since March")
"""Words that no one but those on the call said."""
NUMBERS = (b"7310585", b"6823212", b"2689414", b"9631568")


def old_recording(desk: Desk, name: str = "old.wav") -> Path:
    path = recording(desk.calls / name)
    os.utime(path, (HELD, HELD))
    return path


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analysed call of last year, with names, where Marcus Bell is known by his voice alone."""
    desk = Desk(tmp_path_factory.mktemp("retention") / "home", long=True)
    path = old_recording(desk)
    known = KnownVoice("Marcus Bell", dt.date(2025, 1, 1), 30.0, MODEL, prints=(VOICES["S3"],))
    os.utime(keep_voice(desk.voices, known), (HELD, HELD))  # added on the day of the call
    desk.batch()
    names = ("S1=Dana Reyes", "S2=Ray Kowalski", "--salesperson", "S1", "--side", "S2=customer")
    desk.run("name", path, *names, "--out", desk.out)
    shutil.copytree(desk.home, desk.home.with_name("prepared"))
    return desk.home


@pytest.fixture
def desk(prepared: Path) -> Desk:
    """What was prepared, as it was then, at its place: results know where their recording lies."""
    shutil.rmtree(prepared)
    shutil.copytree(prepared.with_name("prepared"), prepared)
    return Desk(prepared, long=True)


def files_holding(folder: Path, texts: tuple[bytes, ...]) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name for path in files if any(text in path.read_bytes() for text in texts)}


def test_no_file_has_a_word_or_a_voiceprint_any_more_and_the_results_still_read(desk: Desk) -> None:
    assert {"heard.json", "call.json", "debrief.html", "transcript.vtt"} <= files_holding(desk.out, SAID)
    assert files_holding(desk.out, NUMBERS) == {"heard.json"}
    clips = desk.out / "old" / CLIPS_FOLDER
    assert list(clips.glob("*")), "there are clips to forget"
    before = read_call(CallFolder(desk.out / "old"))
    said, _ = desk.nightly("--forget-after", "30d")
    assert "## Forgotten by the retention rule" in said
    assert "- old" in said
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()
    assert not list(clips.glob("*"))
    after = read_call(CallFolder(desk.out / "old"))
    assert after.transcript is None
    assert after.lead.model_copy(update={"changes": ()}) == before.lead.model_copy(update={"changes": ()})
    assert len(after.lead.changes) == len(before.lead.changes)
    assert {person.name for person in after.people} == {"Dana Reyes", "Ray Kowalski", "Marcus Bell"}
    assert "were forgotten on" in (desk.out / "old" / "debrief.md").read_text()
    assert "Dana Reyes" in (desk.out / "old" / "debrief.html").read_text()
    desk.run("library", "check", "--out", desk.out)


def test_what_comes_or_is_named_later_brings_no_word_no_clip_and_no_model_back(desk: Desk) -> None:
    desk.nightly("--forget-after", "30d")
    asked = desk.asked()
    for happening in ("plan", "transcript", "name", "report"):
        if happening == "plan":
            (desk.calls / "old.plan.toml").write_text(PLAN)
            said, _ = desk.nightly()
            assert "1 made again" in said
        elif happening == "transcript":
            (desk.calls / "old.vtt").write_text(
                "WEBVTT\n\n00:00:00.500 --> 00:00:40.000\nDana Reyes: the depot cost forty pounds since March\n"
            )
            said, _ = desk.nightly()
            assert "1 made again" in said
        elif happening == "name":
            desk.run("name", desk.calls / "old.wav", "--side", "S3=team", "--out", desk.out)
        else:
            desk.run("report", desk.calls / "old.wav", "--out", desk.out, code=None)
        assert files_holding(desk.out, (*SAID, *NUMBERS)) == set(), happening
        assert not list((desk.out / "old" / CLIPS_FOLDER).glob("*")), happening
        names = {person.name for person in read_call(CallFolder(desk.out / "old")).people}
        assert names == {"Dana Reyes", "Ray Kowalski", "Marcus Bell"}, happening
    assert desk.asked() == asked
    assert CallFolder(desk.out / "old").is_forgotten()


def test_a_name_that_only_a_voice_gave_stays_though_the_voice_is_forgotten_too(desk: Desk) -> None:
    desk.nightly("--forget-after", "30d")
    assert read_voices(desk.voices) == ()
    (desk.calls / "old.plan.toml").write_text(PLAN)
    desk.nightly()
    call = read_call(CallFolder(desk.out / "old"))
    assert [person.name for person in call.people] == ["Dana Reyes", "Ray Kowalski", "Marcus Bell"]


def test_a_dry_run_says_what_would_go_and_changes_nothing_on_the_disk(desk: Desk) -> None:
    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() if path.is_file() else b"" for path in desk.home.rglob("*")}

    before = everything()
    said, _ = desk.nightly("--forget-after", "30d", "--dry-run")
    assert "Recordings: 1, of which 0 have no result yet." in said
    assert "would forget: old (2025-03-03): the transcript (48 words), " in said
    assert "voiceprints of Dana Reyes, Ray Kowalski, Marcus Bell" in said
    assert "would forget: the enrolled voice of Marcus Bell" in said
    said, _ = desk.nightly("--forget-after", "20y", "--dry-run")
    assert "There is nothing to forget." in said
    assert everything() == before


@pytest.mark.parametrize("writes", range(8))
def test_a_kill_between_two_writes_is_finished_by_the_next_run(desk: Desk, writes: int) -> None:
    """The process ends itself where it would rename its file number `writes`."""
    script = f"""
        import datetime as dt, os
        from pathlib import Path
        from analyzer.call.folder import CallFolder
        from analyzer.library.retention import forget
        left, replace = [{writes}], os.replace
        def counted(*paths):
            if left[0] == 0:
                os._exit(9)
            left[0] -= 1
            replace(*paths)
        os.replace = counted
        forget(CallFolder(Path({str(desk.out / "old")!r})), dt.date.today(), "30d")
    """
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, env=desk.environment(), check=False
    )
    assert killed.returncode == 9
    assert not (desk.out / "old" / FORGOTTEN_FILE).exists()
    desk.nightly("--forget-after", "30d")
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()
    assert CallFolder(desk.out / "old").is_forgotten()
    names = {person.name for person in read_call(CallFolder(desk.out / "old")).people}
    assert names == {"Dana Reyes", "Ray Kowalski", "Marcus Bell"}
    desk.run("library", "check", "--out", desk.out)


def test_a_new_analysis_brings_the_words_back_and_the_next_night_forgets_them_again(desk: Desk) -> None:
    desk.nightly("--forget-after", "30d")
    desk.run("report", desk.calls / "old.wav", "--fresh", "--out", desk.out, code=None)
    assert files_holding(desk.out, SAID)
    desk.nightly("--forget-after", "30d")
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()


def test_a_recent_call_keeps_its_words(desk: Desk) -> None:
    recording(desk.calls / "of today.wav", seconds=122.0)
    desk.nightly("--forget-after", "30d")
    assert not CallFolder(desk.out / "of today").is_forgotten()
    assert "depot" in (desk.out / "of today" / "transcript.vtt").read_text()
    assert list(forgettable(desk.out, dt.date.today(), dt.timedelta(days=30))) == []


def test_a_wrong_age_ends_at_once_and_nothing_is_done(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    old_recording(desk)
    _, err = desk.nightly("--forget-after", "soon", code=ExitCode.USAGE)
    assert err == "analyzer: --forget-after: 'soon' is no age. Write it like 180d, 26w, 6m or 1y.\n"
    assert desk.asked() == []


@pytest.mark.parametrize(("text", "days"), [("180d", 180), ("26w", 182), ("6m", 180), ("1y", 365), (" 2 W ", 14)])
def test_ages(text: str, days: int) -> None:
    assert parse_age(text) == dt.timedelta(days=days)


@pytest.mark.parametrize("text", ["", "0d", "-3d", "180", "d", "1.5y", "180 days", "999999d"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(UsageError, match="is no age"):
        parse_age(text)


def test_an_enrolled_voice_goes_when_it_was_neither_enrolled_nor_heard_for_so_long(tmp_path: Path) -> None:
    people = {"Ann Old": dt.date(2025, 1, 1), "Ben Heard": dt.date(2025, 1, 1), "Cy New": dt.date(2026, 2, 9)}
    for name, consent in people.items():
        added = dt.datetime.combine(consent, dt.time(12)).timestamp()
        os.utime(keep_voice(tmp_path, KnownVoice(name, consent, 30.0, MODEL, prints=(VOICES["S1"],))), (added, added))
    heard = {"ben heard": dt.date(2026, 2, 25)}
    going = forgettable_voices(tmp_path, dt.date(2026, 3, 1), dt.timedelta(days=30), heard)
    assert going == ("Ann Old",)


def test_the_record_that_is_left_is_one_that_the_program_reads(desk: Desk) -> None:
    desk.nightly("--forget-after", "30d")
    content = json.loads((desk.out / "old" / CALL_FILE).read_text())
    assert content["transcript"] is None
    assert all(not moment.get("text") for moment in content["moments"])


def three_words_in_a_row(desk: Desk) -> set[bytes]:
    """Every three words that were said one after the other on the call."""
    transcript = read_call(CallFolder(desk.out / "old")).transcript
    assert transcript is not None
    found = spoken(transcript)
    assert len(found) > 10
    return found


def spoken(transcript: Sequence[QuoteRecord]) -> set[bytes]:
    """Every three words in a row, as text, JSON and HTML have them."""
    found: set[bytes] = set()
    for said in transcript:
        words = said.text.split()
        for at in range(len(words) - 2):
            text = " ".join(words[at : at + 3])
            found |= {text.encode(), json.dumps(text)[1:-1].encode(), html.escape(text).encode()}
    return found


def test_afterwards_no_three_words_stand_in_any_file_of_the_library_its_catalog_included(desk: Desk) -> None:
    said = three_words_in_a_row(desk)
    before = files_holding(desk.out, tuple(said))
    assert {"call.json", "debrief.md", "debrief.html", "transcript.vtt"} <= before
    desk.nightly("--forget-after", "30d")
    everything = [path for path in desk.home.rglob("*") if path.is_file() and desk.calls not in path.parents]
    assert any(path.name.startswith("catalog.sqlite") for path in everything)
    for path in everything:
        content = path.read_bytes()
        assert not [text for text in said if text in content], path
        for numbers in NUMBERS:
            assert numbers not in content or path.parent == desk.voices, path


def test_what_the_plan_and_the_debrief_say_is_still_quoted_afterwards_and_nothing_else_is() -> None:
    call = rich()
    left = without_words(call, "forgotten")
    assert [question.text for question in left.questions] == [question.text for question in call.questions]
    assert any("“" in question.text for question in left.questions)
    noted = call.model_copy(update={"notes": ("Somebody said “the “warm” lorry” and “Who signs”.",)})
    assert without_words(noted, "forgotten").notes == ("Somebody said “…”.", "forgotten")


def test_names_that_were_said_on_the_call_are_no_suggestion_afterwards() -> None:
    call = rich()
    left = without_words(call, "forgotten")
    assert call.next_steps
    assert left.next_steps == ()
    assert "“" not in "".join(one.says.replace("“…”", "") for person in left.people for one in person.evidence)


def test_a_call_is_as_old_as_its_plan_says_however_lately_it_was_copied(desk: Desk) -> None:
    path = recording(desk.calls / "copied.wav")  # today's file
    (desk.calls / "copied.plan.toml").write_text("date = 2025-03-03\n" + PLAN)
    desk.batch()
    found = {one.folder.name: one.date for one in forgettable(desk.out, dt.date.today(), dt.timedelta(days=30))}
    assert found == {"old": dt.date(2025, 3, 3), "copied": dt.date(2025, 3, 3)}
    assert path.exists()


def test_a_call_from_the_future_is_as_old_as_its_recording(desk: Desk) -> None:
    (desk.calls / "old.plan.toml").write_text("date = 2999-01-01\n" + PLAN)
    desk.nightly()
    found = {one.folder.name: one.date for one in forgettable(desk.out, dt.date.today(), dt.timedelta(days=30))}
    assert found == {"old": dt.date(2025, 3, 3)}


def prints(desk: Desk) -> dict[str, bool]:
    """Of which speakers a voiceprint is kept."""
    heard = json.loads((desk.out / "old" / "heard.json").read_text())
    return {voice["speaker"]: bool(voice["embedding"]) for voice in heard["diarization"]["voices"]}


def test_forgetting_a_person_takes_their_voiceprint_out_of_every_call(desk: Desk) -> None:
    assert prints(desk) == {"S1": True, "S2": True, "S3": True}
    said, _ = desk.run("people", "forget", "marcus bell", "--out", desk.out)
    assert "Marcus Bell: forgotten" in said
    assert f"taken out of 1 call in {desk.out}." in said
    assert prints(desk) == {"S1": True, "S2": True, "S3": False}
    desk.run("name", desk.calls / "old.wav", "--side", "S3=team", "--out", desk.out)
    assert {person.name for person in read_call(CallFolder(desk.out / "old")).people} >= {"Marcus Bell"}
    desk.run("people", "forget", "Ray Kowalski", "--out", desk.out)  # never enrolled, and on a call
    assert prints(desk) == {"S1": True, "S2": False, "S3": False}
    desk.nightly()
    desk.run("library", "check", "--out", desk.out)


def test_a_voice_is_as_new_as_the_day_it_was_added_and_as_the_last_call_of_any_team(tmp_path: Path) -> None:
    old = KnownVoice("Marcus Bell", dt.date(2020, 1, 1), 30.0, MODEL, prints=(VOICES["S3"],))
    file = keep_voice(tmp_path, old)
    today, age = dt.date.today(), dt.timedelta(days=30)
    assert forgettable_voices(tmp_path, today, age, {}) == (), "added today, whatever the day of consent"
    os.utime(file, (HELD, HELD))
    assert forgettable_voices(tmp_path, today, age, {}) == ("Marcus Bell",)
    note_heard(tmp_path, {"marcus bell": today})
    assert forgettable_voices(tmp_path, today, age, {}) == ()
    note_heard(tmp_path, {"marcus bell": dt.date(2021, 1, 1)})
    assert forgettable_voices(tmp_path, today, age, {}) == (), "an earlier call takes nothing back"


def test_a_voiceprint_goes_too_where_a_name_given_by_hand_hides_whose_it_is(desk: Desk) -> None:
    desk.run("name", desk.calls / "old.wav", "S3=The manager", "S2@0:45-0:50=Ann Miller", "--out", desk.out)
    desk.run("people", "forget", "Marcus Bell", "--out", desk.out)
    assert prints(desk) == {"S1": True, "S2": True, "S3": False}
    desk.run("people", "forget", "Ann Miller", "--out", desk.out)  # who was heard in another's voice
    assert prints(desk) == {"S1": True, "S2": False, "S3": False}


def test_a_voiceprint_goes_too_where_nobody_was_named_by_it_yet(tmp_path: Path) -> None:
    desk = Desk(tmp_path, long=True)
    desk.run("report", old_recording(desk), "--out", desk.out, code=None)
    keep_voice(desk.voices, KnownVoice("Marcus Bell", dt.date(2025, 1, 1), 30.0, MODEL, prints=(VOICES["S3"],)))
    desk.run("people", "forget", "Marcus Bell", "--out", desk.out)
    assert prints(desk) == {"S1": True, "S2": True, "S3": False}


def test_a_call_that_may_still_hold_a_voiceprint_is_told_and_the_others_are_cleaned(desk: Desk) -> None:
    for name in ("a", "z"):
        shutil.copytree(desk.out / "old", desk.out / name)
        (desk.out / name / "heard.json").write_text("{")
    forget = ("people", "forget", "Marcus Bell", "--out", desk.out)
    out, err = desk.run(*forget, code=ExitCode.LIBRARY)
    assert "taken out of 1 call in" in out
    assert "stays until those calls are clean" in out
    assert [line.split(": ")[1] for line in err.splitlines()] == [str(desk.out / "a"), str(desk.out / "z")]
    assert "may still hold a voiceprint of theirs" in err
    assert prints(desk) == {"S1": True, "S2": True, "S3": False}
    assert list(desk.voices.iterdir()), "it tells the calls that are left"
    for name in ("a", "z"):
        (desk.out / name / "heard.json").unlink()
    assert "Marcus Bell: forgotten" in desk.run(*forget)[0]
    assert not desk.voices.exists()


def test_all_folders_of_results_are_cleaned_before_the_voice_goes(tmp_path: Path) -> None:
    desk = Desk(tmp_path, long=True)
    desk.run("report", old_recording(desk), "--out", desk.out, code=None)
    shutil.copytree(desk.out, desk.home / "other")  # only the voice tells whose it is there
    keep_voice(desk.voices, KnownVoice("Marcus Bell", dt.date(2025, 1, 1), 30.0, MODEL, prints=(VOICES["S3"],)))
    said, _ = desk.run("people", "forget", "Marcus Bell", "--out", desk.out, "--out", desk.home / "other")
    assert said.count("taken out of 1 call in") == 2
    assert prints(desk) == {"S1": True, "S2": True, "S3": False}
    shutil.copytree(desk.home / "other" / "old", desk.out / "old", dirs_exist_ok=True)
    assert prints(desk) == {"S1": True, "S2": True, "S3": False}


def test_a_damaged_file_in_the_voices_folder_keeps_no_other_voice_and_stops_no_night(desk: Desk) -> None:
    (desk.voices / file_name("Ann Miller")).write_text("{")
    said, _ = desk.nightly("--forget-after", "30d")
    assert "- old" in said
    assert "- the voice of Marcus Bell" in said
    assert {path.name for path in desk.voices.iterdir()} == {file_name("Ann Miller")}
    desk.run("people", "forget", "Ann Miller", "--out", desk.out)  # by its name, for no one can read it
    assert not desk.voices.exists()


def test_a_call_that_cannot_be_forgotten_is_listed_and_the_others_are_forgotten(desk: Desk) -> None:
    with old_recording(desk, "zzz.wav").open("ab") as file:
        file.write(bytes(2))
    os.utime(desk.calls / "zzz.wav", (HELD, HELD))
    desk.nightly()
    page = desk.out / "old" / "debrief.html"
    page.unlink()
    (page / "in the way").mkdir(parents=True)
    said, _ = desk.nightly("--forget-after", "30d")
    assert "## Forgotten by the retention rule\n\n- zzz\n" in said
    assert "## Could not be forgotten, and is tried again\n\n- old: cannot be written" in said
    assert (desk.out / "night.md").read_text().strip() == said.strip()
    shutil.rmtree(page)
    said, _ = desk.nightly("--forget-after", "30d")
    assert "- old" in said
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()


def test_noting_when_a_voice_was_heard_makes_no_call_again(desk: Desk) -> None:
    voice = desk.voices / file_name("Marcus Bell")
    before = voice.stat().st_mtime_ns
    recording(desk.calls / "of today.wav", seconds=122.0)
    desk.nightly()
    assert voice.stat().st_mtime_ns > before, "it was noted"
    said, _ = desk.nightly()
    assert "made again" not in said
    keep_voice(desk.voices, KnownVoice("Marcus Bell", dt.date(2025, 1, 1), 31.0, MODEL, prints=(VOICES["S3"],)))
    said, _ = desk.nightly()
    assert "2 made again" in said, "another voice does"


def test_a_call_that_is_said_to_be_in_the_future_keeps_no_voice(desk: Desk) -> None:
    (desk.calls / "old.plan.toml").write_text("date = 2999-01-01\n" + PLAN)
    desk.nightly()
    desk.nightly("--forget-after", "30d")
    assert read_voices(desk.voices) == ()


def test_a_call_that_was_reported_alone_is_as_old_as_its_recording_whatever_is_written_about_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, long=True)
    path = old_recording(desk)
    desk.run("report", path, "--out", desk.out, code=None)
    desk.run("name", path, "S1=Dana Reyes", "--out", desk.out)
    path.unlink()
    found = {one.folder.name: one.date for one in forgettable(desk.out, dt.date.today(), dt.timedelta(days=30))}
    assert found == {"old": dt.date(2025, 3, 3)}


def test_words_that_came_back_are_forgotten_though_what_was_heard_was_removed_by_hand(desk: Desk) -> None:
    desk.nightly("--forget-after", "30d")
    desk.run("report", desk.calls / "old.wav", "--fresh", "--out", desk.out, code=None)
    desk.nightly()
    (desk.out / "old" / "heard.json").unlink()
    assert files_holding(desk.out, SAID)
    desk.nightly("--forget-after", "30d")
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()


def test_what_a_killed_write_left_is_forgotten_too(desk: Desk) -> None:
    def killed(folder: Path) -> None:
        code = f"import analyzer.files, pathlib; print(analyzer.files.temporary(pathlib.Path({str(folder)!r}))[1])"
        command = [sys.executable, "-c", code]
        made = subprocess.run(command, cwd=ROOT, env=desk.environment(), capture_output=True, text=True, check=True)
        here = Path(made.stdout.strip())
        host = here.name.removeprefix(PARTIAL).partition("~")[0]
        for path in (here, here.with_name(here.name.replace(host, "another-machine"))):
            path.write_bytes(b" ".join((*SAID, *NUMBERS)))

    killed(desk.out / "old")
    killed(desk.out / "old" / CLIPS_FOLDER)
    desk.nightly("--forget-after", "30d")
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()
    desk.nightly()
    killed(desk.out / "old")  # while it was heard again, after all was forgotten
    said, _ = desk.nightly("--forget-after", "30d", "--dry-run")
    assert "would forget: old (2025-03-03): 2 files that a killed write left" in said
    desk.nightly("--forget-after", "30d")
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()
    said, _ = desk.nightly("--forget-after", "30d")
    assert "Forgotten by" not in said


def forms(numbers: Sequence[float]) -> set[bytes]:
    """How a voiceprint may stand in a file: its numbers in JSON, and as bytes, plain and in base64."""
    found = {json.dumps([number])[1:-1].encode() for number in numbers if len(repr(number)) > 8}
    for kind in (np.float32, np.float64):
        for number in numbers:
            if number:
                found.add(np.asarray([number], kind).tobytes())
        # In base64 a number's bytes look one of three ways, by where they begin.
        plain = np.asarray(numbers, kind).tobytes()
        for shift in range(3):
            whole = (len(plain) - shift) // 3 * 3
            found.add(base64.b64encode(plain[shift : shift + whole])[:24])
    return found


@pytest.mark.slow
@pytest.mark.models
def test_after_the_real_models_no_word_and_no_voiceprint_is_left_in_any_byte(samples: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name in ("taken-over-call.ogg", "taken-over-call.plan.toml"):
        shutil.copy(samples / name, desk.calls)
    plan = desk.calls / "taken-over-call.plan.toml"
    plan.write_text(re.sub(r"(?m)^date = .*$", "date = 2025-03-03", plan.read_text()))
    models = {name: value for name, value in os.environ.items() if name == "ANALYZER_MODELS"}
    environment = desk.environment(**models)

    def run(*arguments: str | Path) -> str:
        command = [sys.executable, "-m", "analyzer", *map(str, arguments)]
        ran = subprocess.run(
            command, cwd=desk.home, env=environment, capture_output=True, text=True, timeout=280, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    run("people", "add", "Marcus Webb", *sorted((samples / "voices").glob("marcus-webb-*.ogg")))
    night = ("nightly", desk.calls, "--out", desk.out, "--settle", "0")
    run(*night)
    folder = desk.out / "taken-over-call"
    transcript = read_call(CallFolder(folder)).transcript
    assert transcript is not None
    heard = CallFolder(folder).recognition()
    assert heard is not None
    assert heard.diarization is not None
    voiceprints = set[bytes]().union(*(forms(voice.embedding) for voice in heard.diarization.voices))
    package = (path.read_bytes() for path in (ROOT / "analyzer").rglob("*.py"))
    written = b"".join((plan.read_bytes(), *package)).lower()  # what the plan says stays, and so do our own sentences
    words = {text for text in spoken(transcript) if text.lower() not in written}
    assert len(words) > 500
    assert len(voiceprints) > 500
    everything = [path for path in desk.home.rglob("*") if path.is_file() and desk.calls not in path.parents]
    before = {path.name for path in everything if any(text in path.read_bytes() for text in words | voiceprints)}
    assert {"call.json", "heard.json", "debrief.html", "debrief.md", "transcript.vtt"} <= before
    assert "- taken-over-call" in run(*night, "--forget-after", "30d")
    run("people", "forget", "Marcus Webb", "--out", desk.out)
    everything = [path for path in desk.home.rglob("*") if path.is_file() and desk.calls not in path.parents]
    assert any(path.name == "catalog.sqlite" for path in everything)
    for path in everything:
        content = path.read_bytes()
        assert [text for text in words | voiceprints if text in content] == [], path
