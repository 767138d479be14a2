"""Calls with what other programs left beside them: who is named, on which side, and who is not. Models are a script."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.call.inputs import read_inputs
from analyzer.debrief.record import CallRecord
from analyzer.session import analyse
from analyzer.settings import Settings
from tests.fake_engine import recording
from tests.people.test_formats import document, shared
from tests.people.test_resolution import NAMES, SAMPLE, truth

Line = tuple[float, float, str, str]
TEAM = ("Dana Reyes", "Marcus Webb")


@pytest.fixture
def lines(samples: Path) -> list[Line]:
    """The sample's words: start, end, who, what."""
    found = []
    for line in (samples / f"{SAMPLE}.txt").read_text().splitlines():
        start, end, rest = line.split(" ", 2)
        found.append((float(start), float(end), *rest.split(": ", 1)))
    return found  # type: ignore[return-value]


@pytest.fixture
def report(samples: Path) -> Callable[[Path], CallRecord]:
    def of(call: Path) -> CallRecord:
        settings = Settings(out=call.parent / "out", sound="none")
        return analyse(call, settings, engine=truth(samples)).record

    return of


def named(record: CallRecord) -> dict[str, str | None]:
    return {person.key: person.name for person in record.people}


def sides(record: CallRecord) -> dict[str, str | None]:
    return {person.key: person.side for person in record.people}


BOTH = {"S1": "team", "S2": "customer", "S3": "team"}


def clock(at: float) -> str:
    return f"{int(at) // 3600}:{int(at) // 60 % 60:02}:{int(at) % 60:02}"


def of_teams(lines: list[Line]) -> bytes:
    return document([f"{who}   {int(at) // 60}:{int(at) % 60:02}\n{text}" for at, _, who, text in lines])


def of_otter(lines: list[Line]) -> bytes:
    return "\n".join(f"{who}  {int(at) // 60}:{int(at) % 60:02}\n{text}\n" for at, _, who, text in lines).encode()


def of_fireflies(lines: list[Line]) -> bytes:
    said = [{"speaker_name": who, "start_time": at, "end_time": end, "text": text} for at, end, who, text in lines]
    return json.dumps({"sentences": said}).encode()


def of_srt(lines: list[Line]) -> bytes:
    return "\n\n".join(
        f"{n}\n{clock(at)},{int(at % 1 * 1000):03} --> {clock(end)},{int(end % 1 * 1000):03}\n{who}: {text}"
        for n, (at, end, who, text) in enumerate(lines, 1)
    ).encode()


@pytest.mark.parametrize(
    ("ending", "made"), [(".docx", of_teams), (".txt", of_otter), (".json", of_fireflies), (".srt", of_srt)]
)
def test_each_format_with_times_names_everybody(
    tmp_path: Path, lines: list[Line], report: Any, ending: str, made: Callable[[list[Line]], bytes]
) -> None:
    call = recording(tmp_path / f"{SAMPLE}.wav", 180)
    (tmp_path / f"{SAMPLE}{ending}").write_bytes(made(lines))
    assert named(report(call)) == NAMES


@pytest.mark.parametrize("late", [0, 95, 540])
def test_captions_by_the_clock_name_everybody_though_the_recording_began_minutes_off(
    tmp_path: Path, lines: list[Line], report: Any, late: int
) -> None:
    folder = tmp_path / "2026-05-19 15.01.12 Northwind renewal 98765432101"
    folder.mkdir()
    call = recording(folder / "audio1987654321.wav", 180)
    began = dt.datetime(2026, 5, 19, 15, 1, 12) + dt.timedelta(seconds=late)
    said = [f"[{who}] {began + dt.timedelta(seconds=at):%H:%M:%S}\n{text}\n" for at, _, who, text in lines]
    (folder / "meeting_saved_closed_caption.txt").write_text("\n".join(said))
    assert named(report(call)) == NAMES


def test_gongs_two_files_name_everybody_and_tell_the_sides(tmp_path: Path, lines: list[Line], report: Any) -> None:
    call = recording(tmp_path / "call.wav", 180)
    numbers = {who: str(900 + n) for n, who in enumerate(NAMES.values())}
    parties = [
        {"name": who, "speakerId": number, "affiliation": "Internal" if who in TEAM else "External"}
        for who, number in numbers.items()
    ]
    said = [
        {"speakerId": numbers[who], "sentences": [{"start": at * 1000, "end": end * 1000, "text": text}]}
        for at, end, who, text in lines
    ]
    (tmp_path / "call-extensive.json").write_text(json.dumps({"calls": [{"metaData": {}, "parties": parties}]}))
    (tmp_path / "call-transcript.json").write_text(json.dumps({"callTranscripts": [{"transcript": said}]}))
    record = report(call)
    assert (named(record), sides(record)) == (NAMES, BOTH)


def test_contact_lens_tells_the_sides_and_names_no_one(tmp_path: Path, lines: list[Line], report: Any) -> None:
    call = recording(tmp_path / "call.wav", 180)
    roles = dict.fromkeys(TEAM, "AGENT") | {"Alistair Grant": "CUSTOMER"}
    lens = {
        "Participants": [{"ParticipantId": role, "ParticipantRole": role} for role in ("AGENT", "CUSTOMER")],
        "Transcript": [
            {
                "ParticipantId": roles[who],
                "BeginOffsetMillis": at * 1000,
                "EndOffsetMillis": end * 1000,
                "Content": text,
            }
            for at, end, who, text in lines
            if who != "Marcus Webb"
        ],
    }
    (tmp_path / "call.json").write_text(json.dumps(lens))
    record = report(call)
    assert set(named(record).values()) == {None}
    assert sides(record) == BOTH | {"S3": None}
    assert not any("AGENT" in note or "CUSTOMER" in note for note in record.notes)


def test_a_mail_address_or_an_agent_is_no_name_that_could_be_left_over(tmp_path: Path) -> None:
    call = recording(tmp_path / "call.wav", 10)
    (tmp_path / "call.ics").write_text(INVITE)
    assert [person.name for person in read_inputs(call).listed] == ["Dana Reyes", "Marcus Webb", "Alistair Grant"]
    (tmp_path / "call.ics").write_text(INVITE.replace("CN=Alistair Grant", "CN=alistair@northwind.example"))
    assert (read_inputs(call).listed, read_inputs(call).headcount) == ((), 3)


def test_a_room_with_several_people_names_no_voice(tmp_path: Path, samples: Path, report: Any) -> None:
    call = recording(tmp_path / "GMT20260519-140112_Recording.wav", 180)
    zoom = (samples / "sidecars" / SAMPLE / f"{SAMPLE}.transcript.vtt").read_text()
    stem = "GMT20260519-140112_Recording"
    (tmp_path / f"{stem}.transcript.vtt").write_text(zoom.replace("Alistair Grant:", "Northwind room:"))
    record = report(call)
    assert named(record)["S2"] == "Northwind room"
    shutil.rmtree(tmp_path / "out")
    user = {"username": "Northwind room", "multiple_people": True}
    (tmp_path / f"{stem}.timeline.json").write_text(json.dumps({"timeline": [{"users": [user]}]}))
    record = report(call)
    assert named(record) == NAMES | {"S2": None}
    assert any("Northwind room is a room" in note for note in record.notes)
    assert read_inputs(call).headcount is None


INVITE = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Northwind
ATTENDEE;CN=Dana Reyes:mailto:dana.reyes@dispatch.example
ATTENDEE;CN=Marcus Webb:mailto:marcus.webb@sales.dispatch.example
ATTENDEE;CN=Alistair Grant:mailto:alistair@northwind.example
END:VEVENT
END:VCALENDAR
"""


def test_an_invite_tells_the_sides_by_the_mail_domains_of_the_roster(
    tmp_path: Path, samples: Path, report: Any
) -> None:
    call = recording(tmp_path / f"{SAMPLE}.wav", 180)
    shutil.copy(samples / "sidecars" / SAMPLE / f"{SAMPLE}.transcript.vtt", tmp_path)
    (tmp_path / f"{SAMPLE}.ics").write_text(INVITE)
    (tmp_path / "team.toml").write_text('domains = ["dispatch.example"]\n')
    record = report(call)
    assert (named(record), sides(record)) == (NAMES, BOTH)
    assert read_inputs(call).headcount == 3
    (tmp_path / "team.toml").write_text("")
    assert set(sides(report(call)).values()) == {None}


def test_sides_that_would_decide_about_somebody_else_are_not_taken(tmp_path: Path, samples: Path, report: Any) -> None:
    call = recording(tmp_path / f"{SAMPLE}.wav", 180)
    shutil.copy(samples / "sidecars" / SAMPLE / f"{SAMPLE}.transcript.vtt", tmp_path)
    only = "\n".join(line for line in INVITE.splitlines() if "ATTENDEE" not in line or "Grant" in line)
    (tmp_path / f"{SAMPLE}.ics").write_text(only)
    (tmp_path / "team.toml").write_text('domains = ["dispatch.example"]\n')
    assert set(sides(report(call)).values()) == {None}  # Dana and Marcus may be customers too


def test_two_people_with_one_display_name_are_named_by_neither(tmp_path: Path, samples: Path, report: Any) -> None:
    call = recording(tmp_path / f"{SAMPLE}.wav", 180)
    zoom = (samples / "sidecars" / SAMPLE / f"{SAMPLE}.transcript.vtt").read_text()
    (tmp_path / f"{SAMPLE}.transcript.vtt").write_text(zoom.replace("Marcus Webb:", "Alistair Grant:"))
    assert named(report(call)) == {"S1": "Dana Reyes", "S2": None, "S3": None}


def test_one_bad_cue_costs_that_cue_and_a_note(tmp_path: Path, samples: Path, report: Any) -> None:
    vtt = shared("one_bad_cue/call-a.transcript.vtt").read_text()
    call = recording(tmp_path / "call-a.wav", 180)
    (tmp_path / "call-a.transcript.vtt").write_text(vtt)
    record = report(call)
    assert any("of the transcript could not be read" in note for note in record.notes)
