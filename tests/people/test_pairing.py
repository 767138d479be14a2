"""Which documents are a recording's: 200 generated meetings for each platform and locale, and what must stay apart."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli.plan_commands import plan_app
from analyzer.errors import BadFileError
from analyzer.people.plan.reading import read_plan
from analyzer.people.sidecars.finding import find_sidecars
from tests.people.test_formats import CAPTIONS, CHAT, FORMATS, GEMINI, GRAPH, INVITE, OTTER, VTT, document, shared
from tests.people.test_platform_names import CLOCKS, MEETINGS, TEAMS_WORDS, meetings

LONG_AGO = itertools.count(1_000_000_000)


def put(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Writes files into a folder, which then looks as if nothing had changed in it for long."""
    for name, raw in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    changed = next(LONG_AGO)
    for path in (folder, *folder.iterdir()):
        os.utime(path, (changed, changed))


def check(folder: Path, made: list[tuple[list[str], list[str]]]) -> None:
    """Each recording of a meeting finds its documents and no one else's."""
    for recordings, documents in made:
        for name in recordings:
            found = [str(path.relative_to(folder)) for path in find_sidecars(folder / name)]
            assert sorted(found) == sorted(documents), name


def written(made: list[tuple[list[str], list[str]]]) -> list[tuple[str, bytes]]:
    kinds = {
        "vtt": VTT.encode(),
        "docx": GEMINI,
        "txt": OTTER.encode(),
        "sbv": VTT.encode(),
        "json": FORMATS["fireflies.json"],
    }
    recordings = [(name, b"") for names, _ in made for name in names]
    return recordings + [(name, kinds[name.rpartition(".")[2]]) for _, names in made for name in names]


@pytest.mark.parametrize("ending", ["vtt", "docx"])
@pytest.mark.parametrize("word", TEAMS_WORDS.values(), ids=TEAMS_WORDS.keys())
def test_teams(tmp_path: Path, word: str, ending: str) -> None:
    made = []
    for title, began, number in meetings(word):
        stem = f"{title}-{began:%Y%m%d_%H%M%S}-{word}"
        copy = " (1)" if number % 3 == 0 else ""
        made.append(([f"{stem}{copy}.mp4"], [f"{stem}.{ending}"]))
    put(tmp_path, written(made))
    check(tmp_path, made)
    assert len(made) == MEETINGS


@pytest.mark.parametrize("ending", ["vtt", "docx"])
def test_a_transcript_called_by_its_title_alone(tmp_path: Path, ending: str) -> None:
    made = []
    for n, (title, began, number) in enumerate(meetings("title")):
        copy = " (1)" if number % 3 == 0 else ""
        platform = f"-{began:%Y%m%d_%H%M%S}-Meeting Recording" if n % 2 else f"-{began:%Y%m%d %H%M}-1"
        made.append(([f"{title} {n}{platform}.mp4"], [f"{title} {n}{copy}.{ending}"]))
    put(tmp_path, written(made))
    check(tmp_path, made)


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS.keys())
def test_zoom_on_this_computer(tmp_path: Path, clock: Callable[[dt.datetime], str]) -> None:
    files, made = [], []
    for title, began, number in meetings("zoom"):
        folder = f"{clock(began)} {title} 98765432101"
        recordings = [f"{folder}/audio{number}.m4a", f"{folder}/video{number}.mp4"]
        documents = [f"{folder}/meeting_saved_closed_caption.txt", f"{folder}/chat.txt"]
        files += [(name, b"") for name in recordings]
        files += [(documents[0], CAPTIONS.encode()), (documents[1], CHAT.encode())]
        made.append((recordings, documents))
    put(tmp_path, files)
    check(tmp_path, made)


def test_zooms_cloud(tmp_path: Path) -> None:
    made = []
    for _, began, number in meetings("cloud"):
        stem = f"GMT{began:%Y%m%d-%H%M%S}_Recording"
        copy = " (1)" if number % 3 == 0 else ""
        views = [f"{stem}_{view}{copy}.mp4" for view in ("1920x1080", "gallery_1920x1080", "as_1600x900")]
        made.append(([*views, f"{stem}{copy}.m4a"], [f"{stem}.transcript{copy}.vtt", f"{stem}.timeline.json"]))
    put(tmp_path, [*written(made), *((made[i][1][0].replace(".transcript", ".cc"), b"WEBVTT") for i in range(9))])
    check(tmp_path, made)


@pytest.mark.parametrize("zone", ["BST", "GMT-7", "CEST"])
@pytest.mark.parametrize("word", ["Recording", "Aufzeichnung", "録画"])
def test_meet(tmp_path: Path, word: str, zone: str) -> None:
    made = []
    for title, began, _ in meetings(word + zone):
        finished = began + dt.timedelta(minutes=21)
        if finished.day != began.day:
            continue
        stem = f"{title} - {began:%Y_%m_%d %H_%M} {zone} - {word}"
        made.append(([f"{stem}.mp4"], [f"{title} - {finished:%Y_%m_%d %H_%M} - Notes by Gemini.docx"]))
    put(tmp_path, written(made))
    check(tmp_path, made)
    assert len(made) > MEETINGS * 0.95


def test_webex(tmp_path: Path) -> None:
    made = []
    for title, began, _ in meetings("webex"):
        stem = f"{title}-{began:%Y%m%d %H%M}-1"
        made.append(([f"{stem}.mp4"], [f"{stem}.vtt"]))
    put(tmp_path, written(made))
    check(tmp_path, made)


@pytest.mark.parametrize("ending", [".srt", ".sbv", ".docx", ".json", ".txt", "_otter_ai.txt", ".transcript.vtt"])
def test_any_recording_and_a_document_of_its_name(tmp_path: Path, ending: str) -> None:
    kinds = {
        ".docx": GEMINI,
        ".json": FORMATS["fireflies.json"],
        ".txt": OTTER.encode(),
        "_otter_ai.txt": OTTER.encode(),
    }
    made, files = [], []
    for title, began, _ in meetings(ending):
        stem = f"{title} {began:%d.%m.%Y %H.%M}"
        made.append(([f"{stem}.m4a"], [f"{stem}{ending}"]))
        files += [(f"{stem}.m4a", b""), (f"{stem}{ending}", kinds.get(ending, VTT.encode()))]
    put(tmp_path, files)
    check(tmp_path, made)


TWO = (
    "Northwind renewal-20260519_140112-Meeting Recording.mp4",
    "Northwind renewal-20260526_140047-Meeting Recording.mp4",
)


def test_a_title_that_two_meetings_have_tells_neither_unless_the_document_has_the_time(tmp_path: Path) -> None:
    put(tmp_path, [*((name, b"") for name in TWO), ("Northwind renewal.vtt", VTT.encode())])
    assert [find_sidecars(tmp_path / name) for name in TWO] == [(), ()]
    put(tmp_path, [("Northwind renewal.vtt", GRAPH.encode())])
    assert [len(find_sidecars(tmp_path / name)) for name in TWO] == [1, 0]
    (tmp_path / "Northwind renewal.vtt").unlink()
    word = document(["Northwind renewal-20260526_140047-Meeting Recording", "Dana Reyes   0:04\nHello."])
    put(tmp_path, [("Northwind renewal.docx", word)])
    assert [len(find_sidecars(tmp_path / name)) for name in TWO] == [0, 1]


def test_of_two_downloads_the_one_without_a_number_holds_and_else_neither(tmp_path: Path) -> None:
    put(
        tmp_path,
        [(TWO[0], b""), ("Northwind renewal (1).vtt", VTT.encode()), ("Northwind renewal (2).vtt", VTT.encode())],
    )
    assert find_sidecars(tmp_path / TWO[0]) == ()
    put(tmp_path, [("Northwind renewal.vtt", VTT.encode())])
    assert find_sidecars(tmp_path / TWO[0]) == (tmp_path / "Northwind renewal.vtt",)
    put(tmp_path, [("call.mp4", b""), ("call (1).mp4", b""), ("call (1).vtt", VTT.encode())])
    assert find_sidecars(tmp_path / "call.mp4") == ()
    assert find_sidecars(tmp_path / "call (1).mp4") == (tmp_path / "call (1).vtt",)


def test_two_meetings_of_one_day_and_title_at_meet_have_their_own_notes(tmp_path: Path) -> None:
    stem = "Daily - 2026_05_19 {} BST - Recording.mp4"
    notes = "Daily - 2026_05_19 {} - Notes by Gemini.docx"
    put(
        tmp_path,
        [(stem.format(at), b"") for at in ("09_00", "15_00")]
        + [(notes.format(at), GEMINI) for at in ("09_21", "15_19")],
    )
    for at, finished in (("09_00", "09_21"), ("15_00", "15_19")):
        assert find_sidecars(tmp_path / stem.format(at)) == (tmp_path / notes.format(finished),)


def test_a_chat_outside_a_meetings_own_folder_is_no_ones(tmp_path: Path) -> None:
    put(tmp_path, [("call.mp4", b""), ("audio1845123456.m4a", b""), ("chat.txt", CHAT.encode())])
    assert find_sidecars(tmp_path / "call.mp4") == find_sidecars(tmp_path / "audio1845123456.m4a") == ()


def test_other_files_of_a_recordings_name_are_no_sidecars(tmp_path: Path) -> None:
    put(tmp_path, [("call.mp4", b""), ("call.json", b'{"a": 1}'), ("call.txt", b"Dana: hello\n"), ("call.docx", b"x")])
    assert find_sidecars(tmp_path / "call.mp4") == ()


def test_gongs_two_files_belong_to_the_one_meeting_of_a_folder(tmp_path: Path) -> None:
    two = ("call-transcript.json", "call-extensive.json")
    put(tmp_path, [("call.mp4", b""), *((name, FORMATS[name]) for name in two)])
    assert [path.name for path in find_sidecars(tmp_path / "call.mp4")] == list(two)
    put(tmp_path, [("other.mp4", b"")])
    assert find_sidecars(tmp_path / "call.mp4") == ()
    put(tmp_path, [(f"call.{name}", FORMATS[name]) for name in two])
    assert [path.name for path in find_sidecars(tmp_path / "call.mp4")] == [f"call.{name}" for name in two]


def test_contact_lens_is_paired_by_the_contacts_number(tmp_path: Path) -> None:
    one, two = "0a1b2c3d-1111-4222-8333-944455556666", "ffffffff-1111-4222-8333-944455556666"
    lens = [(f"{n}_analysis_2026-05-19T14_01_12Z.json", FORMATS["contact.json"]) for n in (one, two)]
    put(tmp_path, [*((f"{n}_20260519T14_01_UTC.wav", b"") for n in (one, two)), *lens])
    for n, (name, _) in zip((one, two), lens, strict=True):
        assert find_sidecars(tmp_path / f"{n}_20260519T14_01_UTC.wav") == (tmp_path / name,)


# Invites

RENEWAL = INVITE.replace("Northwind\n  renewal\\, year two", "Northwind renewal")


@pytest.mark.parametrize(
    ("recording", "found"),
    [
        ("invite.mp4", True),
        ("Northwind renewal-20260519_140112UTC-Meeting Recording.mp4", True),
        ("Northwind renewal-20260519_160112-Meeting Recording.mp4", True),
        ("Northwind renewal - 2026_05_19 15_01 BST - Recording.mp4", True),
        ("Northwind renewal-20260526_140112UTC-Meeting Recording.mp4", False),
        ("Northwind renewal-20260519_173012UTC-Meeting Recording.mp4", False),
        ("Carrick-20260519_140112UTC-Meeting Recording.mp4", False),
        ("GMT20260519-140112_Recording.mp4", False),
        ("2026-05-19 15.01.12 Something else 98765432101/audio1987654321.m4a", True),
        ("2026-05-26 15.01.12 Something else 98765432101/audio1987654321.m4a", False),
        ("2026-05-19 15.01.12 Northwind renewal 11111111111/audio1987654321.m4a", False),
    ],
)
def test_an_invite_is_found_by_name_number_or_title_and_start(tmp_path: Path, recording: str, found: bool) -> None:
    put(tmp_path, [("invite.ics", RENEWAL.encode()), (recording, b"")])
    assert find_sidecars(tmp_path / recording) == ((tmp_path / "invite.ics",) if found else ())


def test_a_meeting_that_comes_again_has_its_invite_every_time(tmp_path: Path) -> None:
    weekly = RENEWAL.replace("SUMMARY", "RRULE:FREQ=WEEKLY;BYDAY=TU\nSUMMARY")
    put(tmp_path, [("weekly.ics", weekly.encode())])
    for day, found in ((19, True), (26, True), (27, False)):
        name = f"Northwind renewal-202605{day}_140112UTC-Meeting Recording.mp4"
        put(tmp_path, [(name, b"")])
        assert bool(find_sidecars(tmp_path / name)) == found


def test_a_new_plan_offers_the_agenda_of_the_invite_to_be_confirmed(tmp_path: Path) -> None:
    put(tmp_path, [("Northwind.ics", RENEWAL.encode())])
    ran = CliRunner().invoke(plan_app, ["new", str(tmp_path / "Northwind.mp4")])
    assert ran.stdout.strip() == str(tmp_path / "Northwind.plan.toml")
    assert "Northwind.ics: 3 lines of its agenda stand in the plan, for you to confirm" in ran.stderr
    text = (tmp_path / "Northwind.plan.toml").read_text(encoding="utf-8")
    plan = tomllib.loads(text)
    assert plan["date"] == dt.date(2026, 5, 19)
    assert [(item["title"], item["lead"]) for item in plan["agenda"]] == [
        ("The cold chain", ""),
        ("Delivery windows", ""),
        ("Next steps", ""),
    ]
    assert "These lines stand in the invite" in text
    with pytest.raises(BadFileError):  # who leads each is not said: it is no plan yet
        read_plan(tmp_path / "Northwind.plan.toml")


def test_of_two_invites_that_fit_neither_is_taken(tmp_path: Path) -> None:
    recording = "Northwind renewal-20260519_140112UTC-Meeting Recording.mp4"
    put(tmp_path, [(recording, b""), ("a.ics", RENEWAL.encode()), ("b.ics", RENEWAL.encode())])
    assert find_sidecars(tmp_path / recording) == ()


def test_every_recording_of_the_cases_finds_what_lies_beside_it(tmp_path: Path) -> None:
    shutil.copytree(shared("formats"), tmp_path / "formats")
    for path in (tmp_path / "formats").rglob("*.txt"):
        if path.read_text(encoding="utf-8").startswith("placeholder"):  # stands for the recording of that name
            path.rename(path.with_suffix(""))
    found = {
        path.name: [sidecar.name for sidecar in find_sidecars(path)]
        for path in (tmp_path / "formats").rglob("*.m*")
        if path.parent.name != "Audio Record"
    }
    assert found == {
        "Northwind renewal-20260519_140112-Meeting Recording.mp4": ["Northwind renewal.vtt"],
        "audio1987654321.m4a": ["meeting_saved_closed_caption.txt", "chat.txt"],
        "video1987654321.mp4": ["meeting_saved_closed_caption.txt", "chat.txt"],
        "Northwind renewal - 2026_05_19 15_01 BST - Recording.mp4": [
            "Northwind renewal - 2026_05_19 15_22 - Notes by Gemini.docx"
        ],
    }
