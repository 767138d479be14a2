"""What the retention rule takes away, what it leaves, and that nothing brings it back."""

from __future__ import annotations

import datetime as dt
import html
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from analyzer.debrief.folder import CALL_FILE
from analyzer.debrief.results import CLIPS_FOLDER, read_call
from analyzer.errors import ExitCode, UsageError
from analyzer.library.retention import (
    MARKER,
    forgettable,
    forgettable_voices,
    is_forgotten,
    parse_age,
    without_words,
)
from analyzer.people.voice_file import keep_voice, note_heard, read_voices
from analyzer.people.voices import MODEL, KnownVoice
from tests.fake_analyzer import VOICES
from tests.fake_engine import recording
from tests.nightly_runs import ROOT, Desk
from tests.rich_call import rich

HELD = dt.datetime(2025, 3, 3, 10, 0, tzinfo=dt.UTC).timestamp()
SAID = (b"depot", b"forty", b"pounds", b"March")
"""Words that nobody but those on the call said."""
NUMBERS = (b"7310585", b"6823212", b"2689414", b"9631568")
PLAN = """
    reason = "the offer"
    [[attendee]]
    name = "Dana Reyes"
    side = "team"
    role = "salesperson"
    lead = true
    [[attendee]]
    name = "Ray Kowalski"
    side = "customer"
    role = "customer"
"""


def old_recording(desk: Desk, name: str = "old.wav") -> Path:
    path = recording(desk.calls / name)
    os.utime(path, (HELD, HELD))
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An analysed call of last year, with names, where Marcus Bell is known by his voice alone."""
    desk = Desk(tmp_path, long=True)
    path = old_recording(desk)
    known = KnownVoice("Marcus Bell", dt.date(2025, 1, 1), 30.0, MODEL, prints=(VOICES["S3"],))
    os.utime(keep_voice(desk.voices, known), (HELD, HELD))  # added on the day of the call
    desk.batch()
    names = ("S1=Dana Reyes", "S2=Ray Kowalski", "--salesperson", "S1", "--side", "S2=customer")
    desk.run("name", path, *names, "--out", desk.out)
    return desk


def files_holding(folder: Path, texts: tuple[bytes, ...]) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name for path in files if any(text in path.read_bytes() for text in texts)}


def test_no_file_has_a_word_or_a_voiceprint_any_more_and_the_results_still_read(desk: Desk) -> None:
    assert {"heard.json", "call.json", "debrief.html", "transcript.vtt"} <= files_holding(desk.out, SAID)
    assert files_holding(desk.out, NUMBERS) == {"heard.json"}
    clips = desk.out / "old" / CLIPS_FOLDER
    assert list(clips.glob("*")), "there are clips to forget"
    before = read_call(desk.out / "old" / CALL_FILE)
    said, _ = desk.nightly("--forget-after", "30d")
    assert "## Forgotten by the retention rule" in said
    assert "- old" in said
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()
    assert not list(clips.glob("*"))
    after = read_call(desk.out / "old" / CALL_FILE)
    assert after.transcript is None
    assert after.lead.model_copy(update={"take_overs": ()}) == before.lead.model_copy(update={"take_overs": ()})
    assert len(after.lead.take_overs) == len(before.lead.take_overs)
    assert {person.name for person in after.people} == {"Dana Reyes", "Ray Kowalski", "Marcus Bell"}
    assert "were forgotten on" in (desk.out / "old" / "debrief.md").read_text()
    assert "Dana Reyes" in (desk.out / "old" / "debrief.html").read_text()
    desk.run("library", "check", "--out", desk.out)


def test_what_comes_or_is_named_later_brings_no_word_no_clip_and_no_model_back(desk: Desk) -> None:
    desk.nightly("--forget-after", "30d")
    asked = desk.asked()
    for happening in ("plan", "transcript", "name", "report"):
        if happening == "plan":
            (desk.calls / "old.plan.toml").write_text(textwrap.dedent(PLAN))
            said, _ = desk.nightly()
            assert "1 made anew" in said
        elif happening == "transcript":
            (desk.calls / "old.vtt").write_text(
                "WEBVTT\n\n00:00:00.500 --> 00:00:40.000\nDana Reyes: the depot cost forty pounds since March\n"
            )
            said, _ = desk.nightly()
            assert "1 made anew" in said
        elif happening == "name":
            desk.run("name", desk.calls / "old.wav", "--side", "S3=team", "--out", desk.out)
        else:
            desk.run("report", desk.calls / "old.wav", "--out", desk.out, code=None)
        assert files_holding(desk.out, (*SAID, *NUMBERS)) == set(), happening
        assert not list((desk.out / "old" / CLIPS_FOLDER).glob("*")), happening
        names = {person.name for person in read_call(desk.out / "old" / CALL_FILE).people}
        assert names == {"Dana Reyes", "Ray Kowalski", "Marcus Bell"}, happening
    assert desk.asked() == asked
    assert is_forgotten(desk.out / "old")


def test_a_name_that_only_a_voice_gave_stays_though_the_voice_is_forgotten_too(desk: Desk) -> None:
    desk.nightly("--forget-after", "30d")
    assert read_voices(desk.voices) == ()
    (desk.calls / "old.plan.toml").write_text(textwrap.dedent(PLAN))
    desk.nightly()
    call = read_call(desk.out / "old" / CALL_FILE)
    assert [person.name for person in call.people] == ["Dana Reyes", "Ray Kowalski", "Marcus Bell"]


def test_a_dry_run_says_what_would_go_and_takes_nothing(desk: Desk) -> None:
    before = {path: path.read_bytes() for path in desk.out.rglob("*") if path.is_file() and path.suffix != ".sqlite"}
    said, _ = desk.nightly("--forget-after", "30d", "--dry-run")
    assert "Recordings: 1, of which 0 have no result yet." in said
    assert "would forget: old (2025-03-03): the transcript (48 words), " in said
    assert "voiceprints of S1, S2, S3" in said
    assert "would forget: the enrolled voice of Marcus Bell" in said
    said, _ = desk.nightly("--forget-after", "20y", "--dry-run")
    assert "There is nothing to forget." in said
    after = {path: path.read_bytes() for path in before}
    assert after == before


@pytest.mark.parametrize("writes", range(5))
def test_a_kill_between_two_writes_is_finished_by_the_next_run(desk: Desk, writes: int) -> None:
    """The process ends itself where it would rename its file number `writes`."""
    script = f"""
        import datetime as dt, os
        from pathlib import Path
        from analyzer.library.retention import forget
        left, replace = [{writes}], os.replace
        def counted(*paths):
            if left[0] == 0:
                os._exit(9)
            left[0] -= 1
            replace(*paths)
        os.replace = counted
        forget(Path({str(desk.out / "old")!r}), dt.date.today(), "30d")
    """
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, env=desk.environment(), check=False
    )
    assert killed.returncode == 9
    assert not (desk.out / "old" / MARKER).exists()
    desk.nightly("--forget-after", "30d")
    assert files_holding(desk.out, (*SAID, *NUMBERS)) == set()
    assert is_forgotten(desk.out / "old")
    names = {person.name for person in read_call(desk.out / "old" / CALL_FILE).people}
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
    assert not is_forgotten(desk.out / "of today")
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
    """Every three words that were said one after the other, as text, JSON and HTML have them."""
    transcript = read_call(desk.out / "old" / CALL_FILE).transcript
    assert transcript is not None
    found = set()
    for said in transcript:
        words = said.text.split()
        for at in range(len(words) - 2):
            text = " ".join(words[at : at + 3])
            found |= {text.encode(), json.dumps(text)[1:-1].encode(), html.escape(text).encode()}
    assert len(found) > 10
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


def test_names_that_were_said_on_the_call_are_no_suggestion_afterwards() -> None:
    call = rich()
    left = without_words(call, "forgotten")
    assert call.next_steps
    assert left.next_steps == ()
    assert "“" not in "".join(one.says.replace("“…”", "") for person in left.people for one in person.evidence)


def test_a_call_is_as_old_as_its_plan_says_however_lately_it_was_copied(desk: Desk) -> None:
    path = recording(desk.calls / "copied.wav")  # today's file
    (desk.calls / "copied.plan.toml").write_text("date = 2025-03-03\n" + textwrap.dedent(PLAN))
    desk.batch()
    found = {one.folder.name: one.date for one in forgettable(desk.out, dt.date.today(), dt.timedelta(days=30))}
    assert found == {"old": dt.date(2025, 3, 3), "copied": dt.date(2025, 3, 3)}
    assert path.exists()


def test_a_call_from_the_future_is_as_old_as_its_recording(desk: Desk) -> None:
    (desk.calls / "old.plan.toml").write_text("date = 2999-01-01\n" + textwrap.dedent(PLAN))
    desk.nightly()
    found = {one.folder.name: one.date for one in forgettable(desk.out, dt.date.today(), dt.timedelta(days=30))}
    assert found == {"old": dt.date(2025, 3, 3)}


def test_forgetting_a_person_takes_their_voiceprint_out_of_every_call(desk: Desk) -> None:
    def prints() -> dict[str, bool]:
        heard = json.loads((desk.out / "old" / "heard.json").read_text())
        return {voice["speaker"]: bool(voice["embedding"]) for voice in heard["diarization"]["voices"]}

    assert prints() == {"S1": True, "S2": True, "S3": True}
    said, _ = desk.run("people", "forget", "marcus bell", "--out", desk.out)
    assert "Marcus Bell: forgotten" in said
    assert "taken out of 1 calls" in said
    assert prints() == {"S1": True, "S2": True, "S3": False}
    desk.run("name", desk.calls / "old.wav", "--side", "S3=team", "--out", desk.out)
    assert {person.name for person in read_call(desk.out / "old" / CALL_FILE).people} >= {"Marcus Bell"}
    desk.run("people", "forget", "Ray Kowalski", "--out", desk.out)  # never enrolled, and on a call
    assert prints() == {"S1": True, "S2": False, "S3": False}
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
