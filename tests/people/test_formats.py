"""What lies beside recordings in the formats of other programs: what each says, and what a damaged one costs."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.people.sidecars.call_exports import together
from analyzer.people.sidecars.file_reader import MAX_BYTES, read_sidecar
from analyzer.people.sidecars.invites import agenda_lines
from analyzer.people.sidecars.sidecar import Sidecar
from analyzer.timeline import seconds

CASES = Path(__file__).parents[3] / "shared" / "cases"
DANA, ALISTAIR, MARCUS = "Dana Reyes", "Alistair Grant", "Marcus Webb"


def shared(name: str) -> Path:
    """A file of ../shared/cases; the test is skipped where they are not."""
    path = CASES / name
    if not path.exists():
        pytest.skip("../shared/cases is not there")
    return path


def said(sidecar: Sidecar) -> list[tuple[float, float, str | None]]:
    return [(round(seconds(cue.span.start), 2), round(seconds(cue.span.end), 2), cue.name) for cue in sidecar.cues]


def names(sidecar: Sidecar) -> list[str]:
    return [person.name for person in sidecar.people]


def document(paragraphs: list[str]) -> bytes:
    """A Word document; a line break in a paragraph is one there."""
    from docx import Document

    made = Document()
    for text in paragraphs:
        made.add_paragraph(text)
    raw = io.BytesIO()
    made.save(raw)
    return raw.getvalue()


TEAMS = document(
    [
        "Northwind renewal-20260519_140112UTC-Meeting Recording",
        "19 May 2026, 02:01pm",
        f"{DANA} started transcription",
        f"{DANA}   0:04\nHello Alistair, it is Dana.\nMarcus is on the line as well.",
        "Grant, Alistair (Northwind)   0:08\nHello both, until 5:30 if need be.",
        f"{MARCUS}   1:00:10\nLet me jump in there.",
        f"{DANA} stopped transcription",
    ]
)
GEMINI = document(
    [
        "📝 Notes",
        "May 19, 2026",
        "Invited Fiona Grant",
        "Attachments Northwind renewal - 2026/05/19 15:01 BST - Recording",
        "Marcus Webb: will send a page.",
        "📖 Transcript",
        "Northwind renewal - Transcript",
        "00:00:04",
        f"{DANA}: Hello.",
        f"{ALISTAIR}: Hello both: I have twenty minutes.",
        "00:05:02",
        f"{DANA}: Good.",
        "Transcription ended after 00:19:39",
    ]
)
CAPTIONS = f"[{DANA}] 23:59:58\nHello.\n\n[{ALISTAIR}] 00:00:03\nHello both.\n"
OTTER = f"{DANA}  0:04\nHello Alistair.\n\nSpeaker 2  0:08\nHello both.\n\nTranscribed by https://otter.ai\n"
CHAT = f"15:03:40 From {ALISTAIR} to Everyone:\n\tcan you send that page?\n15:04:01\t From  {MARCUS} : yes\n"
TIMELINE = {
    "timeline": [
        {"ts": "00:00:04.310", "users": [{"username": DANA, "multiple_people": False, "email_address": "d@a.example"}]},
        {"ts": "00:00:08.240", "users": [{"username": "Ground floor", "multiple_people": True, "email_address": ""}]},
    ]
}
GONG = {
    "calls": [
        {
            "metaData": {"title": "Northwind renewal", "started": "2026-05-19T14:01:12Z"},
            "parties": [
                {"name": DANA, "speakerId": "901", "affiliation": "Internal"},
                {"name": ALISTAIR, "speakerId": "903", "affiliation": "External"},
                {"name": "Fiona Grant", "affiliation": "External", "methods": ["Invitee"]},
            ],
        }
    ]
}
GONG_WORDS = {
    "callTranscripts": [
        {
            "transcript": [
                {"speakerId": "901", "sentences": [{"start": 4310, "end": 7900, "text": "Hello."}]},
                {"speakerId": "903", "sentences": [{"start": 8240, "end": 10020, "text": "Hello both."}]},
            ]
        }
    ]
}
FIREFLIES = {
    "title": "Northwind renewal",
    "date": 1779199272000,
    "participants": ["dana.reyes@dispatch.example", "agrant@northwind.example", "grant@elsewhere.example"],
    "sentences": [
        {"speaker_name": DANA, "start_time": 4.31, "end_time": 7.9, "text": "Hello."},
        {"speaker_name": ALISTAIR, "start_time": 8.24, "end_time": 10.02, "text": "Hello both."},
    ],
}
CONTACT_LENS = {
    "Participants": [
        {"ParticipantId": "CUSTOMER", "ParticipantRole": "CUSTOMER"},
        {"ParticipantId": "a-1", "ParticipantRole": "AGENT"},
    ],
    "Transcript": [
        {"ParticipantId": "a-1", "BeginOffsetMillis": 4310, "EndOffsetMillis": 7900, "Content": "Hello."},
        {"ParticipantId": "CUSTOMER", "BeginOffsetMillis": 8240, "EndOffsetMillis": 10020, "Content": "Hello both."},
    ],
}
INVITE = """\
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1@dispatch.example
DTSTART;TZID=W. Europe Standard Time:20260519T160000
SUMMARY:Northwind
  renewal\\, year two
DESCRIPTION:Agenda\\n1. The cold chain\\n2) Delivery windows\\n- Call +44 20 7946 0000\\n* Next steps\\n
 Join: https://zoom.us/j/98765432101?pwd=1
LOCATION:Room 4
ORGANIZER;CN="Reyes, Dana":mailto:Dana.Reyes@dispatch.example
ATTENDEE;CN="Reyes, Dana";PARTSTAT=ACCEPTED:mailto:dana.reyes@dispatch.example
ATTENDEE;CN=alistair@northwind.example;PARTSTAT=TENTATIVE:mailto:alistair@northwind.example
ATTENDEE;CN=Fiona Grant;PARTSTAT=DECLINED:mailto:fiona@northwind.example
ATTENDEE;CN=Room 4;CUTYPE=RESOURCE:mailto:room4@dispatch.example
ATTENDEE;CN=Notetaker:mailto:fred@fireflies.ai
END:VEVENT
END:VCALENDAR
"""
VTT = f"WEBVTT\n\n1\n00:01.000 --> 00:04.000\n{DANA}: Hello.\n\n2\n00:05.000 --> 00:08.000\n{ALISTAIR}: Hello both.\n"
GRAPH = "WEBVTT\n\n" + "\n\n".join(
    f"00:00:0{at}.000 --> 00:00:0{at + 2}.000\n"
    + json.dumps({"startDateTime": f"2026-05-19T14:01:1{at}+00:00", "speakerName": who, "spokenText": "Hello."})
    for at, who in ((1, DANA), (4, ALISTAIR))
)
SRT = f"1\n00:00:04,310 --> 00:00:07,900\n{DANA}: Hello.\n\n2\n00:00:08,240 --> 00:00:10,020\n{ALISTAIR}: Hello both.\n"
SBV = f"0:00:04.310,0:00:07.900\n{DANA}: Hello.\n\n0:00:08.240,0:00:10.020\n{ALISTAIR}: Hello both.\n"

FORMATS: dict[str, bytes] = {
    "teams.docx": TEAMS,
    "gemini.docx": GEMINI,
    "2026-05-19 23.59.54 Northwind 98765432101/meeting_saved_closed_caption.txt": CAPTIONS.encode(),
    "otter.txt": OTTER.encode(),
    "chat.txt": CHAT.encode(),
    "a.timeline.json": json.dumps(TIMELINE).encode(),
    "call-extensive.json": json.dumps(GONG).encode(),
    "call-transcript.json": json.dumps(GONG_WORDS).encode(),
    "fireflies.json": json.dumps(FIREFLIES).encode(),
    "contact.json": json.dumps(CONTACT_LENS).encode(),
    "invite.ics": INVITE.encode(),
    "zoom.vtt": VTT.encode(),
    "graph.vtt": GRAPH.encode(),
    "a.srt": SRT.encode(),
    "a.sbv": SBV.encode(),
}
"""A small file of each format, by its name."""


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Sidecar]:
    def reads(name: str, raw: bytes | None = None) -> Sidecar:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(FORMATS[name] if raw is None else raw)
        return read_sidecar(path)

    return reads


Reads = Callable[..., Sidecar]


def test_a_word_document_of_teams_has_names_times_title_and_start(read: Reads) -> None:
    found = read("teams.docx")
    assert said(found) == [(4, 8, DANA), (8, 12.2, ALISTAIR), (3610, 3613, MARCUS)]
    assert found.cues[1].text == "Hello both, until 5:30 if need be."
    assert (names(found), found.headcount, found.lost) == ([DANA, ALISTAIR, MARCUS], 3, "")
    assert found.title == "Northwind renewal"
    assert found.began == dt.datetime(2026, 5, 19, 14, 1, 12, tzinfo=dt.UTC)


def test_an_older_document_of_teams_has_the_times_of_webvtt(read: Reads) -> None:
    lines = ["0:0:4.310 --> 0:0:7.900\nDana Reyes\nHello.", "0:0:8.240 --> 0:0:10.20\nAlistair Grant\nHello both."]
    found = read("older.docx", document(lines * 2))
    assert {cue.name for cue in found.cues} == {DANA, ALISTAIR}
    assert said(found)[0] == (4.31, 7.9, DANA)


def test_a_document_of_google_meet_names_who_speaks_and_not_when(read: Reads) -> None:
    found = read("gemini.docx")
    assert (found.kind, names(found), found.headcount, found.cues) == ("names", [DANA, ALISTAIR], 2, ())
    assert (found.title, found.began) == ("Northwind renewal", dt.datetime(2026, 5, 19, 15, 1))
    older = ["Northwind renewal (2026-05-19 15:01 GMT+1) - Transcript", "Attendees", f"{DANA}, {MARCUS}", "Transcript"]
    found = read("meet.docx", document([*older, f"{DANA}: Hello.", f"{ALISTAIR}: Hello both."]))
    assert (names(found), found.headcount) == ([DANA, ALISTAIR, MARCUS], 3)
    assert read("notes.docx", document(["Call Dana: today", "17:00"])).people == ()


def test_captions_that_zoom_saved_are_put_on_the_clock_of_their_folder(read: Reads) -> None:
    found = read("2026-05-19 23.59.54 Northwind 98765432101/meeting_saved_closed_caption.txt")
    assert said(found) == [(4, 5, DANA), (9, 10.2, ALISTAIR)]
    assert (found.headcount, found.by_the_clock) == (2, True)
    elsewhere = read("meeting_saved_closed_caption.txt", CAPTIONS.encode())
    assert (names(elsewhere), elsewhere.headcount, elsewhere.cues) == ([DANA, ALISTAIR], 2, ())


def test_a_transcript_of_otter_has_names_above_the_words(read: Reads) -> None:
    found = read("otter.txt")
    assert said(found) == [(4, 5.2, DANA), (8, 9.2, None)]
    assert found.cues[1].text == "Hello both."
    assert (names(found), found.headcount) == ([DANA], None)  # who the second one is, it does not know


def test_a_chat_names_who_wrote_and_says_nothing_of_the_others(read: Reads) -> None:
    found = read("chat.txt")
    assert (found.kind, names(found), found.headcount, found.cues) == ("names", [ALISTAIR, MARCUS], None, ())
    meet = read("Northwind (2026-05-19 at 15 01 GMT+1) - Chat.sbv", SBV.encode())
    assert (names(meet), meet.headcount, meet.cues) == ([DANA, ALISTAIR], None, ())


def test_a_timeline_tells_people_and_rooms_and_a_room_is_the_name_of_no_voice(read: Reads) -> None:
    found = read("a.timeline.json")
    assert (names(found), found.rooms, found.headcount, found.cues) == ([DANA], ("Ground floor",), None, ())
    assert found.people[0].mail == "d@a.example"
    vtt = read("zoom.vtt", VTT.replace(ALISTAIR, "ground floor").encode())
    assert vtt.headcount == 2
    both = together([vtt, found])[0]
    assert ([cue.name for cue in both.cues], both.headcount) == ([DANA, None], None)
    assert names(both) == [DANA]


def test_the_two_files_of_gong_complete_each_other(read: Reads) -> None:
    people = read("call-extensive.json")
    assert [(one.name, one.side) for one in people.people] == [(DANA, "team"), (ALISTAIR, "customer")]
    assert (people.title, people.headcount) == ("Northwind renewal", 2)
    assert people.began == dt.datetime(2026, 5, 19, 14, 1, 12, tzinfo=dt.UTC)
    alone = read("call-transcript.json")
    assert all(one.anonymous for one in alone.people)
    words = together([alone, people])[0]
    assert said(words) == [(4.31, 7.9, DANA), (8.24, 10.02, ALISTAIR)]
    assert [(one.name, one.side, one.anonymous) for one in words.people] == [
        (DANA, "team", False),
        (ALISTAIR, "customer", False),
    ]
    many = {"calls": [*GONG["calls"], *GONG["calls"]]}
    assert read("call-extensive.json", json.dumps(many).encode()).lost == "it holds 2 calls, and not this one alone"


def test_fireflies_has_names_times_and_addresses(read: Reads) -> None:
    found = read("fireflies.json")
    assert said(found) == [(4.31, 7.9, DANA), (8.24, 10.02, ALISTAIR)]
    assert (found.title, found.began) == ("Northwind renewal", dt.datetime(2026, 5, 19, 14, 1, 12, tzinfo=dt.UTC))
    assert [one.mail for one in found.people] == ["dana.reyes@dispatch.example", None]  # two may be Alistair Grant's
    wrapped = read("fireflies.json", json.dumps({"data": {"transcript": FIREFLIES}}).encode())
    assert wrapped.cues == found.cues


def test_contact_lens_tells_sides_and_no_names(read: Reads) -> None:
    found = read("contact.json")
    assert [(one.side, one.anonymous) for one in found.people] == [("team", True), ("customer", True)]
    assert (found.headcount, len(found.cues)) == (2, 2)


def test_an_invite_tells_title_start_people_and_an_agenda(read: Reads) -> None:
    found = read("invite.ics")
    assert found.title == "Northwind renewal, year two"
    assert found.began is not None
    assert found.began.astimezone(dt.UTC) == dt.datetime(2026, 5, 19, 14, 0, tzinfo=dt.UTC)
    assert [(one.name, one.mail, one.anonymous) for one in found.people] == [
        (DANA, "dana.reyes@dispatch.example", False),
        ("alistair@northwind.example", "alistair@northwind.example", True),
    ]
    assert found.headcount == 2
    assert found.agenda == ("The cold chain", "Delivery windows", "Next steps")
    cancelled = read("invite.ics", INVITE.replace("SUMMARY", "STATUS:CANCELLED\nSUMMARY").encode())
    assert (cancelled.people, cancelled.lost) == ((), "it was cancelled")
    weekly = read("invite.ics", INVITE.replace("SUMMARY", "RRULE:FREQ=WEEKLY\nSUMMARY").encode())
    assert weekly.began is None  # which of them it is, the recording has to say


@pytest.mark.parametrize(
    ("description", "items"),
    [
        ("Hello,\n1. Price\n2. Pilot\n", ["Price", "Pilot"]),
        ("Agenda:\nPrice\nPilot\n\nSee you\nDana", ["Price", "Pilot"]),
        ("<ul><li>Price</li><li>Pilot &amp; plan</li></ul>", ["Price", "Pilot & plan"]),
        ("• Price\n• Price\n– Join: https://teams.example/x\n- 123 456 789#", ["Price"]),
        ("We talk about the pilot.\nDana", []),
    ],
)
def test_agenda_lines_are_numbered_or_dotted_or_below_the_word(description: str, items: list[str]) -> None:
    assert list(agenda_lines(description)) == items


def test_graphs_transcript_has_json_for_text(read: Reads) -> None:
    found = read("graph.vtt")
    assert said(found) == [(1, 3, DANA), (4, 6, ALISTAIR)]
    assert (found.cues[0].text, found.headcount) == ("Hello.", 2)
    assert found.began == dt.datetime(2026, 5, 19, 14, 1, 10, tzinfo=dt.UTC)
    damaged = read("graph.vtt", GRAPH.replace('"speakerName": "Al', '"speakerName: "Al').encode())
    assert damaged.lost == "1 of 2 cues of the transcript could not be read"


def test_srt_and_sbv_are_read_as_webvtt_is(read: Reads) -> None:
    for name in ("a.srt", "a.sbv"):
        found = read(name)
        assert said(found) == [(4.31, 7.9, DANA), (8.24, 10.02, ALISTAIR)]
        assert (found.headcount, found.lost) == (2, "")


def test_parts_that_are_not_as_they_should_be_are_left_out_and_counted(read: Reads) -> None:
    sentences = [*FIREFLIES["sentences"], {"start_time": 9, "end_time": 3}, "x", {"start_time": float("inf")}]
    found = read("fireflies.json", json.dumps({"sentences": sentences}).encode())
    assert (len(found.cues), found.lost) == (2, "3 of 5 parts of it could not be read")
    assert read("fireflies.json", b'{"sentences": [').lost == "it could not be read (it is not valid JSON)"
    assert read("fireflies.json", b"[" * 100_000).lost == "it could not be read (it is not valid JSON)"
    assert read("fireflies.json", b'{"sentences": 5}').lost == "it is no export that can be read"


def test_a_document_that_would_unpack_to_too_much_is_not_opened(read: Reads) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(120):
            part.write(b" " * 1_000_000)
    assert read("bomb.docx", raw.getvalue()).lost == (
        "the document could not be read (it unpacks to more than a transcript can be)"
    )


def test_entities_in_a_document_are_not_expanded(read: Reads) -> None:
    raw = io.BytesIO()
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    with zipfile.ZipFile(io.BytesIO(TEAMS)) as whole, zipfile.ZipFile(raw, "w") as archive:
        for name in whole.namelist():
            text = whole.read(name)
            if name == "word/document.xml":
                text = text.replace(
                    b"<w:document ", f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><w:document '.encode(), 1
                )
                text = text.replace(b"Let me", b"&l11;")
            archive.writestr(name, text)
    began = time.process_time()
    read("laughs.docx", raw.getvalue())
    assert time.process_time() - began < 10


def test_a_machines_file_that_is_too_large_is_a_note_and_no_error(read: Reads) -> None:
    assert "larger than" in read("large.srt", b" " * (MAX_BYTES + 1)).lost


FEW = int(os.environ.get("ANALYZER_FORMATS_FUZZ", "20"))
PIECES = (
    b"\n", b"\0", b"\xff", b'"', b"{", b"}", b"[", b"]", b":", b",", b"null", b"-1", b"1e999", b"9" * 50, b"\\ud800",
    b"<v ", b"-->", b"BEGIN:VEVENT\n", b"END:VEVENT\n", b"DTSTART:99999999T999999Z\n", b"ATTENDEE:x\n",
    b"RRULE:FREQ=SECONDLY\n",
    b"99:99", b"0:04", b"  ", b"\xe2\x80\xae", b"<w:p>", b"&x;", b"true", b"TZID=Nowhere/None:", b";", b"RDATE:x\n",
)  # fmt: skip


def changed(raw: bytes, drawn: random.Random) -> bytes:
    """A file with a few pieces put in or taken out."""
    for _ in range(drawn.randint(1, 4)):
        at = drawn.randrange(len(raw) + 1)
        raw = raw[:at] + drawn.choice((*PIECES, b"")) + raw[at + drawn.choice((0, 0, 1, 4, 30)) :]
    return raw


def changed_inside(raw: bytes, drawn: random.Random) -> bytes:
    """A document whose text is damaged, in an archive that is whole."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as whole, zipfile.ZipFile(made, "w") as archive:
        for name in whole.namelist():
            hit = name == "word/document.xml" or drawn.random() < 0.05
            archive.writestr(name, changed(whole.read(name), drawn) if hit else whole.read(name))
    return made.getvalue()


@pytest.mark.parametrize("many", [FEW, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_gives_a_result_or_one_line(read: Reads, name: str, many: int) -> None:
    drawn = random.Random(name)
    whole = FORMATS[name]
    for i in range(many):
        inside = name.endswith(".docx") and i % 2
        began = time.process_time()
        found = read(name, changed_inside(whole, drawn) if inside else changed(whole, drawn))
        assert time.process_time() - began < 5
        assert "\n" not in found.lost
        assert list(found.cues) == sorted(found.cues, key=lambda cue: cue.span)
        assert {cue.name for cue in found.cues} - {None} <= set(names(found))
        together([found])


# The cases that were reported


@pytest.mark.parametrize(
    ("name", "people", "headcount"),
    [
        ("1-teams/Northwind renewal.vtt", [DANA, ALISTAIR, MARCUS], 3),
        ("1-teams/Northwind renewal.docx", [DANA, ALISTAIR, MARCUS], 3),
        ("1-teams/graph-metadata-content.vtt", [DANA, ALISTAIR], 2),
        (
            "2-zoom-local/2026-05-19 15.01.12 Northwind renewal 98765432101/meeting_saved_closed_caption.txt",
            [DANA, ALISTAIR, MARCUS],
            3,
        ),
        ("2-zoom-local/2026-05-19 15.01.12 Northwind renewal 98765432101/chat.txt", [ALISTAIR], None),
        ("3-zoom-timeline/GMT20260519-140112_Recording.timeline.json", [DANA, MARCUS], None),
        ("4-google-meet/Northwind renewal - 2026_05_19 15_22 - Notes by Gemini.docx", [DANA, ALISTAIR, MARCUS], 3),
        ("5-gong/call-extensive.json", [DANA, MARCUS, ALISTAIR], 3),
        ("6-more/otter.txt", [DANA], None),
        ("6-more/otter-or-fireflies.srt", [DANA, ALISTAIR], 2),
        ("6-more/fireflies.json", [DANA, ALISTAIR], 2),
        ("6-more/amazon-connect-contact-lens.json", ["AGENT", "CUSTOMER"], 2),
        ("6-more/invite.ics", [DANA, MARCUS, ALISTAIR], 3),
    ],
)
def test_the_formats_of_the_cases_are_read(name: str, people: list[str], headcount: int | None) -> None:
    found = read_sidecar(shared(f"formats/{name}"))
    assert (names(found), found.headcount, found.lost) == (people, headcount, "")
    assert found.kind == "transcript" or not found.cues
