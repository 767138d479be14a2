"""Sidecars: which files they are, what transcripts and the JSON one say, and what is wrong with bad ones."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.debrief.export.vtt import vtt
from analyzer.errors import BadFileError, ExitCode
from analyzer.people.sidecars.cue_names import named_cues, tidy_name
from analyzer.people.sidecars.cues import parse_vtt
from analyzer.people.sidecars.file_reader import read_sidecar
from analyzer.people.sidecars.finding import OWN_HEADER, find_sidecars
from analyzer.people.sidecars.sidecar import NamedCue, Sidecar, SidecarPerson
from analyzer.timeline import Span, samples
from tests.hostile import TEXTS, calls
from tests.written_transcripts import WRITTEN

CALLS = ("led-call", "taken-over-call", "final-presentation", "dialer-call")


def cue(start: float, end: float, name: str | None, text: str = "") -> NamedCue:
    return NamedCue(Span(samples(start), samples(end)), name, text)


def read(tmp_path: Path, content: str | bytes, name: str = "call.vtt") -> Sidecar:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_sidecar(path)


def names(sidecar: Sidecar) -> list[str]:
    return [person.name for person in sidecar.people]


# WebVTT

ZOOM = """\
WEBVTT

1
00:00:00.600 --> 00:00:04.000
Dana Reyes: Good morning: shall we start?

2
00:00:03.500 --> 00:00:05.000
Ray Kowalski (Northwind): Yes.

3
00:00:05.000 --> 00:01:06.250
Dana Reyes: A -> B, 3 < 5 &amp; 7 > 2.
"""

ZOOM_CUES = (
    cue(0.6, 4, "Dana Reyes", "Good morning: shall we start?"),
    cue(3.5, 5, "Ray Kowalski", "Yes."),
    cue(5, 66.25, "Dana Reyes", "A -> B, 3 < 5 & 7 > 2."),
)


def test_a_zoom_transcript_has_the_name_before_the_text(tmp_path: Path) -> None:
    found = read(tmp_path, ZOOM)
    assert found == Sidecar(
        tmp_path / "call.vtt",
        "transcript",
        ZOOM_CUES,
        (SidecarPerson("Dana Reyes", ("Dana Reyes",)), SidecarPerson("Ray Kowalski", ("Ray Kowalski (Northwind)",))),
    )
    assert found.headcount == 2


BLOCKS = "NOTE\nby a --> b\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:x\n\nNOTE x\n\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ZOOM.encode(),
        ZOOM.replace("\n", "\r\n").encode(),
        ZOOM.replace("\n", "\r").encode(),
        ZOOM.replace("WEBVTT", "WEBVTT - Northwind\nKind: captions\nLanguage: en").encode(),
        ZOOM.replace("00:00:0", "00:0").replace("00:01:", "01:").encode(),
        ZOOM.replace(".", ",", 2).encode(),
        ZOOM.replace("04.000", "04.000 align:start position:0%").encode(),
        ZOOM.replace(" --> ", "\t-->\t").encode(),
        ZOOM.replace("1\n00", BLOCKS + "1\n00", 1).encode(),
        ZOOM.replace("1\n", "").replace("2\n", "").replace("3\n", "").encode(),
        ZOOM.replace("\n\n2", "\n2").replace("\n\n3", "\n3").encode(),
        ZOOM.replace("\n\n2", "\n\n\n\n2").rstrip("\n").encode(),
        ZOOM.replace("Dana Reyes:", "<b>Dana</b> Reyes:").replace("Yes", "<c.loud>Yes</c><00:00:04.000>").encode(),
        ZOOM.replace("Good morning", "Good\nmorning").encode(),
        "\n\n".join(ZOOM.rstrip().split("\n\n")[i] for i in (0, 3, 2, 1)).encode(),
    ],
    ids=["mark", "CRLF", "CR", "header", "hours", "commas", "settings", "tabs", "blocks", "no identifiers",
         "no blank lines", "blank lines", "tags", "two lines", "order"],
)  # fmt: skip
def test_the_same_transcript_written_in_other_ways_says_the_same(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content).cues == ZOOM_CUES


TEAMS = """\
WEBVTT

0b1f9a52-6c1e-4f0a-9b7e-2f2a6f9f1f10/12-0
00:00:03.020 --> 00:00:05.330
<v Reyes, Dana>Good morning,
shall we start?</v>

0b1f9a52-6c1e-4f0a-9b7e-2f2a6f9f1f10/13-0
00:00:06.000 --> 00:00:07.000
<v Ray Kowalski (Guest)>
Yes: please.

00:00:07.000 --> 00:00:08.000
Note: no one said who this is

00:00:08.000 --> 00:00:09.000
<v.loud O&apos;Brien &amp; Co>One</v> <v Reyes, Dana>Two</v>
"""


def test_a_teams_transcript_has_voice_tags(tmp_path: Path) -> None:
    found = read(tmp_path, TEAMS)
    assert found.kind == "transcript"
    assert found.cues == (
        cue(3.02, 5.33, "Dana Reyes", "Good morning, shall we start?"),
        cue(6, 7, "Ray Kowalski", "Yes: please."),
        cue(7, 8, None, "Note: no one said who this is"),
        cue(8, 9, "O'Brien & Co", "One"),
        cue(8, 9, "Dana Reyes", "Two"),
    )
    assert [person.written for person in found.people] == [
        ("Reyes, Dana",),
        ("Ray Kowalski (Guest)",),
        ("O'Brien & Co",),
    ]
    assert found.headcount is None  # one cue is no one's


def test_times_without_leading_zeros_count_milliseconds(tmp_path: Path) -> None:
    found = read(tmp_path, "WEBVTT\n\n0:0:6.90 --> 0:0:6.500\n<v A B>x</v>\n\n0:12:16.5 --> 0:12:17.0\n<v A B>y</v>\n")
    assert found.cues == (cue(6.09, 6.5, "A B", "x"), cue(736.005, 737, "A B", "y"))


def test_what_was_said_before_the_recording_is_cut_off(tmp_path: Path) -> None:
    text = "WEBVTT\n\n-00:00:09.000 --> -00:00:05.000\n<v A>a\n\n-00:00:02.000 --> 00:00:03.000\n<v B>b\n"
    assert read(tmp_path, text).cues == (cue(0, 3, "B", "b"),)


ABOVE = "WEBVTT\n\n" + "\n\n".join(
    f"00:0{i}.000 --> 00:0{i + 1}.000\n{who}\n{text}"
    for i, (who, text) in enumerate(
        [
            ("Dana Reyes", "Good morning."),
            ("Ray von Berg", "Hello."),
            ("Dana Reyes", "Shall we?"),
            ("Ray von Berg", "Yes."),
        ]
    )
)


@pytest.mark.parametrize(
    "content",
    [
        ABOVE,
        ABOVE.replace("Dana Reyes", "(Dana Reyes)").replace("Ray von Berg", "(Ray von Berg)"),
        ABOVE.replace("Dana Reyes", "Dana Reyes:").replace("Ray von Berg", "Ray von Berg :"),
        ABOVE.replace("Dana Reyes\n", "<v Dana Reyes>\n").replace("Ray von Berg\n", "<v Ray von Berg>\n"),
    ],
    ids=["plain", "in brackets", "with a colon", "voice tag"],
)
def test_names_may_stand_on_a_line_of_their_own(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content)
    assert [(cue.name, cue.text) for cue in found.cues] == [
        ("Dana Reyes", "Good morning."),
        ("Ray von Berg", "Hello."),
        ("Dana Reyes", "Shall we?"),
        ("Ray von Berg", "Yes."),
    ]


def test_a_cue_may_hold_several_names_in_brackets(tmp_path: Path) -> None:
    both = "(Dana Reyes)\nHello\n-\n \n(Ray Berg)\nHello too"
    text = f"WEBVTT\n\n00:00.000 --> 00:04.000\n{both}\n\n00:04.000 --> 00:08.000\n(Ray Berg)\nx"
    assert read(tmp_path, text).cues == (
        cue(0, 4, "Dana Reyes", "Hello -"),
        cue(0, 4, "Ray Berg", "Hello too"),
        cue(4, 8, "Ray Berg", "x"),
    )


def test_names_may_stand_in_the_identifiers(tmp_path: Path) -> None:
    first = '1 "Dana Reyes" (1873422)\n00:00.000 --> 00:01.000\nHi: you'
    text = f'WEBVTT\n\n{first}\n\n2 "Ray" (7)\n00:01.000 --> 00:02.000\nHi'
    assert read(tmp_path, text).cues == (cue(0, 1, "Dana Reyes", "Hi: you"), cue(1, 2, "Ray", "Hi"))


@pytest.mark.parametrize(
    "lines",
    [
        ["Good morning everyone", "and welcome"],
        ["We have three points", "Note: the second one first"],
        ["So we said no", "to all of them", "Right"],
        ["Speaker 1: hello", "Speaker 2: hello", "Speaker 1: so"],
        ["(Laughter)\nWell", "(Applause)\nSo", "(Laughter)\nBack to work"],
        ["You are late\nI know", "We waited\nfor an hour", "It rained\nall day"],
        ["New York\nMonday", "Carrick Harbour\nTuesday", "Back Home\nFriday"],
        ["你好\n我们开始吧", "谢谢大家\n再见"],
        ["你好\n我们开始吧", "今天的会议\n很重要", "谢谢大家\n再见"],
    ],
)
def test_a_transcript_without_names_is_fine_and_says_nothing_about_people(tmp_path: Path, lines: list[str]) -> None:
    cues = [f"00:0{i}.000 --> 00:0{i + 1}.000\n{line}" for i, line in enumerate(lines)]
    found = read(tmp_path, "WEBVTT\n\n" + "\n\n".join(cues))
    assert len(found.cues) == len(lines)
    assert all(cue.name is None for cue in found.cues)
    assert (found.people, found.headcount) == ((), None)


@pytest.mark.parametrize(
    "content", ["WEBVTT", "WEBVTT\n\n", "WEBVTT\n\nNOTE nothing\n", "\ufeffWEBVTT\n00:00.000 --> 00:00.000\n"]
)
def test_a_transcript_without_cues_is_fine(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content).cues == ()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Dana Reyes", "Dana Reyes"),
        ("  Dana\u00a0 Reyes\u200b ", "Dana Reyes"),
        ("Reyes, Dana", "Dana Reyes"),
        ("Reyes, Dana (Guest)", "Dana Reyes"),
        ("Dana Reyes (she/her) [EXT]", "Dana Reyes"),
        ("Dana Reyes | Northwind Foods", "Dana Reyes"),
        ("Northwind Foods, Inc.", "Northwind Foods, Inc."),
        ("Dana Reyes, PhD", "Dana Reyes, PhD"),
        ("(Dana)", "Dana"),
        ("[Dana Reyes]", "Dana Reyes"),
        ("Dana Reyes, Guest", "Dana Reyes"),
        ("Dana Reyes - Host", "Dana Reyes"),
        ("Dana Reyes (Host, me) (Unverified)", "Dana Reyes"),
        ("Dana Reyes 14:00:01", "Dana Reyes"),
        ("Dana Reyes (0:01)", "Dana Reyes"),
        ("Dana Reyes | 5/19/2026 2:01 PM", "Dana Reyes"),
        ("Dana Reyes 2026-05-19T14:01:16.310+00:00", "Dana Reyes"),
        ("Dana Reyes, 19 May 2026", "Dana Reyes"),
        ("Judith Guest", "Judith Guest"),
        ("+1 555-010-1234", "+1 555-010-1234"),
        ("+44 7700 900123", "+44 7700 900123"),
        ("dana's iPhone", "dana's iPhone"),
        ("Speaker 2", None),
        ("Unknown Speaker", None),
        ("Guest", None),
        ("speaker_01", None),
        ("…", None),
        ("", None),
    ],
)
def test_what_software_adds_to_a_name_is_left_out(written: str, name: str | None) -> None:
    assert tidy_name(written) == name


WRONG_VTT = [
    (b"", "the transcript could not be read (line 1: the file does not begin with WEBVTT)"),
    (b"<html>Please log in</html>", "the transcript could not be read (line 1: the file does not begin with WEBVTT)"),
    (b"WEBVTT\n\n1\n00:03.000 --> later\nA: y\n", "(line 4: its times cannot be read)"),
    (b"WEBVTT\n\n00:01.000 --> \nA: y\n", "(line 3: its times cannot be read)"),
    (b"WEBVTT\n\nNaN:NaN:NaN.NaN --> 00:02.000\nA: y\n", "(line 3: its times cannot be read)"),
    (b"WEBVTT\n\n00:05.000 --> 00:04.000\nA: x\n", "(line 3: it ends before it starts)"),
    (b"WEBVTT\n\nx\n00:60.000 --> 01:04.000\nA: x\n", "(line 4: its times cannot be read)"),
    (b"WEBVTT\n\n00:75:00.000 --> 01:04:00.000\nA: x\n", "(line 3: its times cannot be read)"),
    (b"WEBVTT\n\n1000:00:00.000 --> 1000:00:01.000\nA: x\n", "(line 3: its times cannot be read)"),
    (b"WEBVTT\n\n99999999:00:00.000 --> 99999999:00:01.000\nA: x\n", "(line 3: its times cannot be read)"),
    (
        b"WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nZo\xc3\xab: \xff\xfe\x81\r\n",
        "(line 4: it has bytes that are no text)",
    ),
    (b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xc8\xe2\xe0\xed: x\n", "(line 4: it has bytes that are no text)"),
]


@pytest.mark.parametrize(("content", "told"), WRONG_VTT)
def test_a_cue_that_cannot_be_read_costs_that_cue_and_is_told_with_its_line(
    tmp_path: Path, content: bytes, told: str
) -> None:
    alone = read(tmp_path, content)
    assert alone.cues == ()
    assert told.removeprefix("(").removesuffix(")") in alone.lost
    if b"WEBVTT" not in content:
        return
    # The same cue between others, with blank lines and without, costs them nothing.
    good = b"00:07.000 --> 00:08.000\nDana Reyes: one\n\n"
    for after in (b"\n", b""):
        found = read(tmp_path, content.rstrip() + b"\n" + after + good + b"00:09.000 --> 00:10.000\nDana Reyes: two\n")
        assert found.cues == (cue(7, 8, "Dana Reyes", "one"), cue(9, 10, "Dana Reyes", "two"))
        assert found.lost.startswith("1 of 3 cues of the transcript could not be read (line ")


def test_a_bad_timing_without_a_blank_line_before_it_is_no_text_of_the_cue_above(tmp_path: Path) -> None:
    text = "WEBVTT\n\n1\n00:01.000 --> 00:02.000\nA: x\n2\n"
    text += "00:03.xxx --> 00:04.000\nB: y\n3\n00:05.000 --> 00:06.000\nA: z\n"
    found = read(tmp_path, text)
    assert found.cues == (cue(1, 2, "A", "x"), cue(5, 6, "A", "z"))
    assert found.lost == "1 of 3 cues of the transcript could not be read (line 7: its times cannot be read)"


def test_many_lost_cues_are_counted_and_the_first_lines_named(tmp_path: Path) -> None:
    blocks = [f"00:0{9 - i}.000 --> 00:01.000\nA: x\n" for i in range(8)] + ["00:01.000 --> 00:02.000\nB: y\n"]
    found = read(tmp_path, "WEBVTT\n\n" + "\n".join(blocks))
    why = "lines 3, 6, 9, 12, 15 and 3 more: it ends before it starts"
    assert found.lost == f"8 of 9 cues of the transcript could not be read ({why})"
    assert names(found) == ["B", "A"]  # who speaks in a cue without a time is known, though not when
    assert found.headcount == 2


# Transcripts as programs write them, read as a person reads them: people, and what each cue that has a time says

GOOD, HI = "Good morning.", "Hi."
DANA, RAY = "Dana Reyes", "Ray Kowalski"
AS_WRITTEN: dict[str, tuple[list[tuple[float, float, str, str]], list[str], int]] = {
    "arrow_nospace": ([(1, 4, DANA, "hi")], [DANA], 0),
    "blank_after_timing": (
        [(2716.96, 2720.6, DANA, "Haddock saw it and asked me."), (2720.92, 2722.04, RAY, "Who?")],
        [DANA, RAY],
        0,
    ),
    "bom_crlf": ([(1, 4, DANA, GOOD), (5, 8, RAY, HI)], [DANA, RAY], 0),
    "cjk": (
        [(1, 4, "王小明", "早上好"), (5, 8, "田中 花子", "おはようございます"), (9, 12, "王小明", "好")],
        ["王小明", "田中 花子"],
        0,
    ),
    "cp1252": ([(1, 4, "José Núñez", "Buenos días.")], ["José Núñez"], 0),
    "double_bom": ([(1, 4, DANA, GOOD)], [DANA], 0),
    "dup_ext": ([(1, 4, DANA, "Morning"), (5, 8, DANA, "hi")], [DANA], 0),
    "emoji": ([(1, 4, DANA, "Morning"), (5, 8, RAY, "hi"), (9, 12, DANA, "hi")], [DANA, RAY], 0),
    "end_before_start": ([(1, 4, DANA, GOOD), (9, 14, DANA, "Shall we start?")], [DANA, RAY], 1),
    "hours_overflow": ([(50401, 50404, DANA, GOOD), (50405, 50408, RAY, HI)], [DANA, RAY], 0),
    "kind_header": ([(1, 4, DANA, "hi"), (5, 8, RAY, HI)], [DANA, RAY], 0),
    "lower_name": (
        [(1, 4, "dana", "Morning"), (5, 8, "ray’s iPhone", "hi"), (9, 12, "dana", "ok")],
        ["dana", "ray’s iPhone"],
        0,
    ),
    "nospace_header": ([(1, 4, DANA, "hi")], [DANA], 0),
    "phone_number": (
        [(1, 4, "+1 (555) 010-1234", "Morning"), (5, 8, DANA, "hi")],
        ["+1 (555) 010-1234", DANA],
        0,
    ),
    "role_prefix": (
        [(1, 4, DANA, "Morning"), (5, 8, "Dr. Ray Kowalski, PhD", "hi")],
        [DANA, "Dr. Ray Kowalski, PhD"],
        0,
    ),
    "rtl": (
        [(1, 4, "דנה רייס", "בוקר טוב."), (5, 8, "محمد علي", "صباح الخير"), (9, 12, "דנה רייס", "שלום")],
        ["דנה רייס", "محمد علي"],
        0,
    ),
    "same_name": ([(1, 4, "Maria Lopez", "Morning"), (5, 8, "Maria Lopez", "hi")], ["Maria Lopez"], 0),
    "sbv_as_vtt": ([(1, 4, DANA, "Good morning")], [DANA], 0),
    "sec60": ([(1, 4, DANA, GOOD)], [DANA, RAY], 1),
    "speaker_time": ([(1, 4, DANA, "Morning"), (5, 8, RAY, "hi there"), (9, 12, DANA, "ok")], [DANA, RAY], 0),
    "srt_idx_space": ([(1, 4, DANA, "hi"), (5, 8, RAY, "ok")], [DANA, RAY], 0),
    "stream_note": ([(0, 3.19, DANA, "Hello"), (3.3, 5.19, RAY, "Hi")], [DANA, RAY], 0),
    "teams_guid": ([(3, 5, DANA, "Morning."), (5.2, 9, RAY, "Hi, good morning.")], [DANA, RAY], 0),
    "unicode_arrow": ([(1, 4, DANA, "hi")], [DANA], 0),
    "utf16": ([(1, 4, DANA, GOOD)], [DANA], 0),
    "webex": ([(2.449, 5.269, DANA, "Morning"), (6.449, 8.269, RAY, "Hi")], [DANA, RAY], 0),
    "webex_nohdr": ([(2.449, 5.269, DANA, "Morning")], [DANA], 0),
    "xmap": ([(1, 4, DANA, "hi")], [DANA], 0),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_transcript_that_a_program_wrote_says_what_a_person_reads_in_it(tmp_path: Path, name: str) -> None:
    said, people, lost = AS_WRITTEN[name]
    found = read(tmp_path, WRITTEN[name])
    assert (names(found), found.headcount) == (people, len(people))
    assert found.cues == tuple(cue(*one) for one in said)
    assert found.lost.startswith(f"{lost} of ") if lost else not found.lost


KIN = [
    ("WEBVTT\n\n00:01.000 → 00:02.000\nDana Reyes: x\n", [DANA]),
    ("WEBVTT\n\n00:01.000 —› 00:02.000\nDana Reyes: x\n", [DANA]),
    ("WEBVTT\n\n00:01.000 -> 00:02.000\nDana Reyes: x\n", [DANA]),
    ("1\n00:00:01,000 --> 00:00:02,000\nDana Reyes: x\n", [DANA]),
    ("\n\nWEBVTT\n\n00:01.000 --> 00:02.000\nDana Reyes: x\n", [DANA]),
    ("WEBVTT\n\n00:01.000 --> 00:02.000\n\n \nDana Reyes: x\n\n00:02.000 --> 00:03.000\n\nRay: y\n", [DANA, "Ray"]),
    ("WEBVTT\n\n00:01.000 --> 00:02.000\n\nNOTE x\n\n00:02.000 --> 00:03.000\nRay Kowalski: y\n", [RAY]),
    ("WEBVTT\n\n00:01.000 --> 00:02.000\n(Guest) Dana Reyes - External: x\n", [DANA]),
    ("WEBVTT\n\n00:01.000 --> 00:02.000\nDana Reyes 0:01\nx\n\n00:02.000 --> 00:03.000\n(Ray) 1:02\ny", [DANA, "Ray"]),
    ("WEBVTT\n\n00:01.000 --> 00:02.000\n🇬🇧 Dana Reyes ❤️: x\n", [DANA]),
    ("WEBVTT\n\n00:01.000 --> 00:02.000\n(555) 010-1234: x\n", ["(555) 010-1234"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "people"), KIN)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_their_kin_are_read_alike_in_every_encoding(
    tmp_path: Path, content: str, people: list[str], encoding: str
) -> None:
    found = read(tmp_path, content.encode(encoding))
    assert (names(found), found.lost) == (people, "")


CHANGES = int(os.environ.get("ANALYZER_FUZZ", "2000"))
"""ANALYZER_FUZZ=20000 is the long form."""


def test_two_thousand_changes_of_these_transcripts_give_cues_or_lost_cues_in_bounded_time() -> None:
    drawn = random.Random(1)
    whole = [*WRITTEN.values(), ZOOM.encode(), TEAMS.encode()]
    pieces = [piece.encode("utf-8", "surrogateescape") for piece in VTT_PIECES]
    pieces += [
        b"\xff\xfe",
        b"\x81",
        b"\xe9",
        b"NaN",
        b"99999999999:",
        b"60.000",
        b" -->",
        b"-->",
        b"\xe2\x80",
        b"\n \n",
    ]
    longest, lost = 0.0, 0
    for _ in range(CHANGES):
        raw = drawn.choice(whole)
        for _ in range(drawn.randint(1, 5)):
            at = drawn.randrange(len(raw) + 1)
            put = drawn.choice(pieces) if drawn.random() < 0.7 else drawn.randbytes(drawn.randint(1, 4))
            raw = raw[:at] + put + raw[at + drawn.choice((0, 0, 1, 4, 20)) :]
        began = time.perf_counter()
        found = parse_vtt(raw)
        cues, people = named_cues(found.cues)
        longest = max(longest, time.perf_counter() - began)
        assert {cue.name for cue in cues} - {None} <= {person.name for person in people}
        assert all(one == " ".join(one.split()) for one in (*(cue.text for cue in cues), *(p.name for p in people)))
        lines = raw.decode("latin-1").replace("\r", "\n").count("\n") + 1
        assert all(1 <= one.line <= lines for one in found.lost)
        assert len(found.lost) <= found.count
        lost += bool(found.lost)
    assert lost > 50
    assert longest < 1.0


def test_an_arrow_in_the_text_is_text(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nA B: from a --> to b\nC D: x --> y\n\n00:02.000 --> 00:03.000\nC D: z\n"
    assert read(tmp_path, text).cues == (
        cue(1, 2, "A B", "from a --> to b"),
        cue(1, 2, "C D", "x --> y"),
        cue(2, 3, "C D", "z"),
    )


# JSON

JSON: dict[str, Any] = {
    "offset": -1,
    "people": [
        {"name": "Dana Reyes", "side": "team", "role": "salesperson", "channel": 1, "turns": [[2, 3.5], [0.25, 1.5]]},
        {"name": "Ray Kowalski", "turns": [[0, 1]], "offset": 2.5},
        {"name": "Zoë", "side": "customer"},
    ],
}


def test_a_json_sidecar_tells_people_and_turns(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(JSON), "call.people.json")
    assert found.kind == "people"
    assert found.cues == (
        cue(0, 0.5, "Dana Reyes"),  # 0.25 to 1.5, a second earlier: what lies before the recording is cut off
        cue(1, 2.5, "Dana Reyes"),
        cue(2.5, 3.5, "Ray Kowalski"),
    )
    assert found.people == (
        SidecarPerson("Dana Reyes", ("Dana Reyes",), "team", "salesperson", 1),
        SidecarPerson("Ray Kowalski", ("Ray Kowalski",)),
        SidecarPerson("Zoë", ("Zoë",), "customer"),
    )
    assert found.headcount == 3
    assert read(tmp_path, b"\xef\xbb\xbf" + json.dumps(JSON).encode(), "call.people.json").cues == found.cues


def changed(*path: str | int, to: Any) -> str:
    """The JSON sidecar with one value changed."""
    copy = json.loads(json.dumps(JSON))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return json.dumps(copy)


WRONG_JSON = [
    ("{", "line 1, column 1", "not valid JSON"),
    ('{\n "people": [\n  {"name": "A"},\n ]\n}', "line 4, column 2", "not valid JSON: trailing comma"),
    ("", "", "not valid JSON"),
    ("[]", "", "should be an object"),
    ("{}", "", "people: missing"),
    (changed("people", to=[]), "", "people: list should have at least 1 item"),
    (changed("people", 1, "name", to=5), "", "people[2].name: should be a valid string"),
    (changed("people", 1, "name", to=" x"), "", "people[2].name: should be a name"),
    (changed("people", 1, "name", to="dana reyes"), "", "people: dana reyes is listed twice"),
    (changed("people", 0, "side", to="teem"), "", "people[1].side: should be 'team' or 'customer'"),
    (changed("people", 0, "sied", to="team"), "", "people[1].sied: not known here (did you mean side?)"),
    (changed("peopel", to=1), "", "peopel: not known here (did you mean people?)"),
    (changed("people", 0, "channel", to=0), "", "people[1].channel: should be greater than or equal to 1"),
    (changed("people", 0, "channel", to=True), "", "people[1].channel: should be a valid integer"),
    (changed("people", 0, "turns", 1, to=[3, 3]), "", "people[1].turns[2]: should end after it starts"),
    (changed("people", 0, "turns", 1, to=[3]), "", "people[1].turns[2][2]: missing"),
    (changed("people", 0, "turns", 1, to=[-1, 3]), "", "people[1].turns[2][1]: should be greater than or equal to 0"),
    (changed("people", 0, "turns", 1, to=["0:03", 4]), "", "people[1].turns[2][1]: should be a valid number"),
    (changed("people", 0, "turns", 1, to=[3, 1e9]), "", "people[1].turns[2][2]: should be less than 86400"),
    (changed("people", 0, "turns", 1, to=[3, float("nan")]), "", "people[1].turns[2][2]: should be"),
    (changed("offset", to=1e300), "", "offset: should be less than 86400"),
]


@pytest.mark.parametrize(("content", "where", "what"), WRONG_JSON)
def test_an_error_in_a_json_sidecar_names_the_field(tmp_path: Path, content: str, where: str, what: str) -> None:
    with pytest.raises(BadFileError) as caught:
        read(tmp_path, content, "call.people.json")
    assert what in caught.value.what
    assert caught.value.where is not None
    assert caught.value.where.startswith(str(tmp_path / "call.people.json"))
    assert caught.value.where.endswith(where)
    assert caught.value.todo
    assert caught.value.exit_code == ExitCode.BAD_FILE


def test_the_errors_of_a_json_sidecar_are_counted(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="2 more errors in this file"):
        read(tmp_path, '{"people": [{"name": 1, "channel": "x"}, {}]}', "call.people.json")


# Which files they are


@pytest.mark.parametrize(
    ("recording", "beside", "found"),
    [
        ("call.m4a", ["call.vtt", "call.plan.toml", "call2.vtt", "call.txt", "call"], ["call.vtt"]),
        ("call.m4a", ["call.vtt", "call.transcript.vtt", "call.people.json"],
         ["call.people.json", "call.transcript.vtt", "call.vtt"]),
        ("call.m4a", ["call.vtt", "call.m4a.vtt", "call.mp4.vtt"], ["call.m4a.vtt"]),
        ("call 12.5.2026", ["call 12.5.vtt", "call 12.5.2026.vtt"], ["call 12.5.2026.vtt"]),
        ("GMT20260512-140000_Recording.m4a", ["GMT20260512-140000_Recording.transcript.vtt"],
         ["GMT20260512-140000_Recording.transcript.vtt"]),
        ("GMT20260512-140000_Recording_gallery_1920x1080.mp4",
         ["GMT20260512-140000_Recording.transcript.vtt", "GMT20260512-140000_Recording.cc.vtt"],
         ["GMT20260512-140000_Recording.transcript.vtt"]),
        ("GMT20260512-140000_Recording_640x360.mp4",
         ["GMT20260512-140000_Recording.cc.vtt", "GMT20260513-140000_Recording.transcript.vtt"],
         ["GMT20260512-140000_Recording.cc.vtt"]),
        ("call_640x360.mp4", ["call.vtt"], []),
        ("call.vtt", ["call.vtt", "call.people.json"], ["call.people.json"]),
        ("transcript.wav", ["debrief.html", "call.json", "turns.rttm"], []),
        ("x" * 250 + ".wav", [], []),
    ],
)  # fmt: skip
def test_sidecars_are_found_by_the_name_of_the_recording(
    tmp_path: Path, recording: str, beside: list[str], found: list[str]
) -> None:
    for name in beside:
        (tmp_path / name).write_text("WEBVTT")
    assert [path.name for path in find_sidecars(tmp_path / recording)] == found


def test_a_folder_of_tracks_has_sidecars_under_its_whole_name(tmp_path: Path) -> None:
    (tmp_path / "call.v2").mkdir()
    (tmp_path / "call.vtt").touch()
    (tmp_path / "call.v2.vtt").touch()
    (tmp_path / "call.v2.people.json").mkdir()
    assert find_sidecars(tmp_path / "call.v2") == (tmp_path / "call.v2.vtt",)


def test_a_transcript_of_our_own_is_no_sidecar(tmp_path: Path) -> None:
    (tmp_path / "call.vtt").write_text(f"{OWN_HEADER}\n\n00:00.000 --> 00:01.000\n<v Dana>x\n")
    assert find_sidecars(tmp_path / "call.wav") == ()
    (tmp_path / "call.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\n<v Dana>written by analyzer\n")
    assert find_sidecars(tmp_path / "call.wav") == (tmp_path / "call.vtt",)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whoever may read everything")
def test_a_sidecar_that_may_not_be_read_is_found_and_then_says_so(tmp_path: Path) -> None:
    path = tmp_path / "call.vtt"
    path.write_text(ZOOM)
    path.chmod(0)
    assert find_sidecars(tmp_path / "call.wav") == (path,)
    with pytest.raises(BadFileError, match="Check who may read it"):
        read_sidecar(path)


@pytest.mark.parametrize("name", ["missing.vtt", "missing.people.json", "folder.vtt", "call.rtf"])
def test_what_is_no_sidecar_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.vtt").mkdir()
    (tmp_path / "call.rtf").write_text("1\n")
    with pytest.raises(BadFileError):
        read_sidecar(tmp_path / name)


# The samples


def test_the_sidecars_of_the_samples_are_what_their_script_makes(samples: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_sidecars", samples / "make_sidecars.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for call in CALLS:
        folder = samples / "sidecars" / call
        assert (folder / f"{call}.transcript.vtt").read_text(encoding="utf-8") == script.zoom(call)
        assert (folder / f"{call}.vtt").read_text(encoding="utf-8") == script.teams(call)
        assert (folder / f"{call}.people.json").read_text(encoding="utf-8") == script.people(call)


@pytest.mark.parametrize("call", CALLS)
def test_every_sample_has_three_sidecars_that_name_its_people_and_none_beside_it(samples: Path, call: str) -> None:
    truth = {line.split()[7].replace("_", " ") for line in (samples / f"{call}.rttm").read_text().splitlines()}
    assert find_sidecars(samples / f"{call}.ogg") == ()
    found = [read_sidecar(path) for path in find_sidecars(samples / "sidecars" / call / f"{call}.ogg")]
    assert [sidecar.kind for sidecar in found] == ["people", "transcript", "transcript"]
    for sidecar in found:
        assert set(names(sidecar)) == truth
        assert sidecar.headcount == 3
    said = " ".join(line.split(": ", 1)[1] for line in (samples / f"{call}.txt").read_text().splitlines())
    assert sorted(" ".join(cue.text for cue in found[1].cues).split()) == sorted(said.split())


# Generated files


def never_anything_else(path: Path) -> bool:
    """Reads a sidecar; returns whether it is usable."""
    wrong: BadFileError | None = None
    try:
        found = read_sidecar(path)
    except BadFileError as error:
        wrong = error
    if wrong is not None:
        assert path.suffix == ".json"  # people write those; of what a program wrote only cues are lost
        assert wrong.exit_code == ExitCode.BAD_FILE
        assert wrong.todo
        assert wrong.where is not None
        assert ", line " in wrong.where or re.match(r"\S+: ", wrong.what) or wrong.what == "should be an object"
        return False
    assert list(found.cues) == sorted(found.cues, key=lambda cue: cue.span)
    assert set(names(found)) >= {cue.name for cue in found.cues if cue.name is not None}
    for cue in found.cues:
        assert "\n" not in cue.text
        assert cue.name is None or (cue.name.strip() == cue.name != "")
    return True


VTT_PIECES = (
    "\n", "\n\n", "\r", "-->", " --> ", "<v ", "</v>", "<v Dana>", ":", "\x00", "\xff", "\ufeff", "\u2028", "\x85",
    "00:00:05.000 --> 00:00:01.000", "00:00:01.000 --> 00:00:02.000", "1:2:3.4", "NOTE ", "STYLE\n", "&#0;", "9",
    "&#x110000;", "<00:01.000>", "(Dana Reyes)\n", "Ray: ", "WEBVTT", "-", "٣", ".", "<v\n>", "｀", "：", "\udcff",
)  # fmt: skip


@pytest.mark.parametrize("whole", [ZOOM, TEAMS, ABOVE], ids=["zoom", "teams", "above"])
def test_a_damaged_transcript_never_is_an_error(tmp_path: Path, whole: str) -> None:
    drawn = random.Random(f"vtt {len(whole)}")
    path = tmp_path / "call.vtt"
    lost = 0
    for _ in range(200):
        text = whole
        for _ in range(drawn.randint(1, 4)):
            at = drawn.randrange(len(text) + 1)
            text = text[:at] + drawn.choice(VTT_PIECES) + text[at + drawn.choice((0, 0, 1, 5, 30)) :]
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        assert never_anything_else(path)
        lost += bool(read_sidecar(path).lost)
    assert 5 < lost < 195  # both ways of ending are tried


JSON_PIECES = (
    "{", "}", "[", "]", ",", ":", '"', "null", "true", "NaN", "Infinity", "-1", "1e999", "\\ud800", '"x"', "\n", "\x00",
    '"name"', '"offset": 3,', "[[0, 1]]", "9" * 400, '"Ray Kowalski"', "\udcff", "//", "1.5", '"customer"',
)  # fmt: skip


def test_damaged_json_sidecars_give_an_error_with_its_field_or_a_result(tmp_path: Path) -> None:
    drawn = random.Random(7)
    path = tmp_path / "call.people.json"
    usable = 0
    for i in range(300):
        text = json.dumps(JSON, ensure_ascii=False, indent=1)
        for _ in range(drawn.randint(1, 2)):
            at = drawn.randrange(len(text) + 1)
            text = text[:at] + drawn.choice(JSON_PIECES) + text[at + drawn.choice((0, 1, 3)) :]
        if i % 2:  # well-formed, but with something else in one place
            at = drawn.choice(list(places(JSON)))
            text = changed(*at, to=drawn.choice([None, 5, -1, 1e9, "x", "", [], {}, True, [[1, 2]], "team", ["a"]]))
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        usable += never_anything_else(path)
    assert 20 < usable < 250


def places(value: Any, at: tuple[str | int, ...] = ()) -> Any:
    """Where something stands in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*at, key)
        yield from places(part, (*at, key))


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, max_size=6), st.sampled_from(["{}", "A: {}", "<v {}>x", "{}\nx", "(A)\n{}"]))
def test_any_texts_in_cues_give_cues_on_one_line(texts: list[str], form: str) -> None:
    blocks = [f"00:0{i}.000 --> 00:0{i + 1}.000\n{form.format(text)}" for i, text in enumerate(texts)]
    found, people = named_cues(parse_vtt(("WEBVTT\n\n" + "\n\n".join(blocks)).encode()).cues)
    assert {cue.name for cue in found} - {None} <= {person.name for person in people}


@settings(max_examples=100, deadline=None)
@given(calls(transcribed=True))
def test_the_transcript_that_we_export_can_be_read_whatever_is_in_it(call: Any) -> None:
    found, _ = named_cues(parse_vtt(vtt(call).encode()).cues)
    assert len(found) <= len(call.transcript)


@pytest.mark.parametrize(
    "content",
    [
        "WEBVTT\n\n" + "00:01.000 --> 00:02.000\nA B: x\n\n" * 60_000,
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<v a" * 400_000,
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v " + "(" * 900_000 + ">x",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "A: " * 400_000,
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "&" * 900_000,
        "WEBVTT\n\n" + "0" * 900_000,
        "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "(A)\n" * 200_000,
    ],
    ids=["cues", "open tags", "brackets", "colons", "references", "digits", "lines"],
)
def test_a_megabyte_of_anything_is_answered_within_seconds(tmp_path: Path, content: str) -> None:
    (tmp_path / "call.vtt").write_text(content)
    started = time.process_time()
    never_anything_else(tmp_path / "call.vtt")
    assert time.process_time() - started < 20


def test_json_nested_without_end_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadFileError):
        read(tmp_path, '{"people": ' + "[" * 500_000, "call.people.json")
