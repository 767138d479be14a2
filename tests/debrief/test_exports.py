"""Exports are read back by programs that are not ours: pyannote.database, webvtt-py, srt, FFmpeg, Praat, jsonschema."""

from __future__ import annotations

import csv
import email
import email.message
import email.policy
import html
import io
import json
import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import av
import jsonschema  # type: ignore[import-untyped]
import pytest
import srt  # type: ignore[import-untyped]
import webvtt
from hypothesis import given, settings
from parselmouth import praat, read  # type: ignore[import-not-found]
from pyannote.database.util import load_rttm

from analyzer.debrief.export.exports import FORMATS, export
from analyzer.debrief.export.spoken import one_line
from analyzer.debrief.first_screen import first_screen
from analyzer.debrief.record import CallRecord, json_schema
from analyzer.errors import UsageError
from tests.hostile import calls
from tests.records import call, person, quote, taken_over

many = settings(max_examples=150, deadline=None)


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def expected(record: CallRecord) -> list[tuple[int, int, str, str]]:
    """Start, end, key and text of every utterance in time order; what has no length lasts a millisecond."""
    return sorted(
        ((ms(q.start), max(ms(q.end), ms(q.start) + 1), q.who, one_line(q.text)) for q in record.transcript or ()),
        key=lambda piece: piece[:2],
    )


def expected_turns(record: CallRecord) -> list[tuple[int, int, str]]:
    return sorted((ms(t.start), max(ms(t.end), ms(t.start) + 1), t.who) for t in record.turns)


def assert_names_tell_people_apart(found: Iterable[tuple[str, str | None]]) -> None:
    """Each key always has the same name, and no two keys share one."""
    pairs = set(found)
    assert len({key for key, _ in pairs}) == len({name for _, name in pairs}) == len(pairs)


def read_rttm(text: str, folder: Path) -> list[tuple[int, int, str]]:
    path = folder / "turns.rttm"
    path.write_text(text, encoding="utf-8")
    found = load_rttm(path) if text else {}
    assert len(found) <= 1
    return [
        (ms(segment.start), ms(segment.end), str(who))
        for annotation in found.values()
        for segment, _, who in annotation.itertracks(yield_label=True)
    ]


def read_textgrid(text: str, folder: Path) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """Each tier's name and intervals, as Praat reads them."""
    path = folder / "call.TextGrid"
    path.write_text(text, encoding="utf-8")
    grid = read(str(path))
    return [
        (
            praat.call(grid, "Get tier name", tier),
            [
                (
                    ms(praat.call(grid, "Get start time of interval", tier, i)),
                    ms(praat.call(grid, "Get end time of interval", tier, i)),
                    praat.call(grid, "Get label of interval", tier, i),
                )
                for i in range(1, praat.call(grid, "Get number of intervals", tier) + 1)
            ],
        )
        for tier in range(1, praat.call(grid, "Get number of tiers") + 1)
    ]


def read_with_ffmpeg(text: str, container: str) -> list[tuple[int, int, str]]:
    """Start, end and text of every subtitle, in milliseconds."""
    with av.open(io.BytesIO(text.encode()), format=container) as file:
        return [
            (packet.pts, packet.pts + packet.duration, bytes(packet).decode()) for packet in file.demux() if packet.size
        ]


def assert_ffmpeg_agrees(read: list[tuple[int, int, str]], pieces: list[tuple[int, int, str]]) -> None:
    """FFmpeg orders pieces that start together in its own way, and drops one that says again what the last one said."""
    assert set(read) == set(pieces)


DANA_AND_RAY = call(
    (person("S1", "Dana Reyes", "team", "salesperson"), person("S2", "Ray", "customer")),
    (),
    (
        quote("S1", 1.5, 4.0, "Shall we start?"),
        quote("S2", 3661.25, 3662.0, "Yes, “now” & here."),
        quote("unknown", 3662, 3663, "Mm."),
    ),
    seconds=3700.0,
)


# -- the exact form ------------------------------------------------------------------------------------------------


def test_a_webvtt_cue_names_its_speaker_in_a_voice_tag() -> None:
    assert export(DANA_AND_RAY, "vtt") == (
        "WEBVTT written by analyzer\n"
        "\n00:00:01.500 --> 00:00:04.000\n<v Dana Reyes>Shall we start?\n"
        "\n01:01:01.250 --> 01:01:02.000\n<v Ray>Yes, “now” &amp; here.\n"
        "\n01:01:02.000 --> 01:01:03.000\n<v unknown>Mm.\n"
    )


def test_a_subtitle_names_its_speaker_before_a_colon() -> None:
    assert export(DANA_AND_RAY, "srt") == (
        "1\n00:00:01,500 --> 00:00:04,000\nDana Reyes: Shall we start?\n"
        "\n2\n01:01:01,250 --> 01:01:02,000\nRay: Yes, “now” & here.\n"
        "\n3\n01:01:02,000 --> 01:01:03,000\nunknown: Mm.\n"
    )


def test_csv_has_a_row_an_utterance_with_side_and_role() -> None:
    assert export(DANA_AND_RAY, "csv") == (
        "start,end,key,person,side,role,text\r\n"
        "1.500,4.000,S1,Dana Reyes,team,salesperson,Shall we start?\r\n"
        '3661.250,3662.000,S2,Ray,customer,,"Yes, “now” & here."\r\n'
        "3662.000,3663.000,unknown,unknown,,,Mm.\r\n"
    )


def test_csv_and_audacity_have_the_turns_when_there_is_no_transcript() -> None:
    record = taken_over().model_copy(update={"transcript": None})
    rows = list(csv.DictReader(io.StringIO(export(record, "csv"), newline="")))
    assert len(rows) == len(record.turns)
    assert rows[0] == {
        "start": "0.000", "end": "40.000", "key": "S1", "person": "Dana Reyes",
        "side": "team", "role": "salesperson", "text": "",
    }  # fmt: skip
    assert export(record, "audacity").splitlines()[0] == "0.000000\t40.000000\tDana Reyes"


def test_rttm_has_ten_fields_a_turn() -> None:
    first = export(taken_over(), "rttm").splitlines()[0]
    assert first == "SPEAKER taken-over-call 1 0.000 40.000 <NA> <NA> Dana_Reyes <NA> <NA>"


def test_a_textgrid_covers_the_call_without_a_gap(tmp_path: Path) -> None:
    assert read_textgrid(export(DANA_AND_RAY, "textgrid"), tmp_path) == [
        ("Dana Reyes", [(0, 1500, ""), (1500, 4000, "Shall we start?"), (4000, 3_700_000, "")]),
        ("Ray", [(0, 3_661_250, ""), (3_661_250, 3_662_000, "Yes, “now” & here."), (3_662_000, 3_700_000, "")]),
        ("unknown", [(0, 3_662_000, ""), (3_662_000, 3_663_000, "Mm."), (3_663_000, 3_700_000, "")]),
    ]


def test_overlapping_utterances_of_one_person_share_a_tier_without_overlap(tmp_path: Path) -> None:
    record = call(
        (person("S1", "Dana"),),
        (),
        (quote("S1", 1, 4, "one"), quote("S1", 2, 3, "inside"), quote("S1", 3.5, 6, "two")),
        seconds=6,
    )
    assert read_textgrid(export(record, "textgrid"), tmp_path) == [
        ("Dana", [(0, 1000, ""), (1000, 4000, "one inside"), (4000, 6000, "two")])
    ]


def test_json_is_the_record_and_fits_the_published_schema() -> None:
    text = export(taken_over(), "json")
    jsonschema.Draft202012Validator(json.loads(json_schema())).validate(json.loads(text))
    assert CallRecord.model_validate_json(text) == taken_over()


# -- names ---------------------------------------------------------------------------------------------------------


def test_two_people_whose_names_become_the_same_stay_two(tmp_path: Path) -> None:
    record = call(
        (person("S1", "Ann Lee"), person("S2", "Ann_Lee"), person("S3", "Ann\tLee")),
        (),
        (quote("S1", 0, 1, "a"), quote("S2", 1, 2, "b"), quote("S3", 2, 3, "c")),
    ).model_copy(update={"turns": (quote("S1", 0, 1, ""), quote("S2", 1, 2, ""), quote("S3", 2, 3, ""))})
    assert [who for *_, who in read_rttm(export(record, "rttm"), tmp_path)] == ["Ann_Lee", "Ann_Lee_S2", "Ann_Lee_S3"]
    assert [cue.voice for cue in webvtt.from_string(export(record, "vtt")).captions] == [
        "Ann Lee",
        "Ann_Lee",
        "Ann Lee S3",
    ]


def test_a_person_called_like_another_speakers_label_stays_apart() -> None:
    record = call((person("S1", "S2"), person("S2")), (), (quote("S1", 0, 1, "a"), quote("S2", 1, 2, "b")))
    assert [cue.voice for cue in webvtt.from_string(export(record, "vtt")).captions] == ["S2", "S2 S2"]


@pytest.mark.parametrize("name", ["NA", "None", "nan", "<NA>", '"Bob', ";; Ann", "null"])
def test_rttm_readers_take_no_name_for_a_missing_value(name: str, tmp_path: Path) -> None:
    record = call((person("S1", name), person("S2", "Ray")), (), name=name).model_copy(
        update={"turns": (quote("S1", 0, 1, ""), quote("S2", 1, 2, ""))}
    )
    found = read_rttm(export(record, "rttm"), tmp_path)
    assert [piece[:2] for piece in found] == [(0, 1000), (1000, 2000)]
    assert found[0][2] != "nan"
    assert found[1][2] == "Ray"


def test_no_name_completes_an_arrow_with_the_end_of_its_voice_tag() -> None:
    record = call((person("S1", "Ann --"),), (), (quote("S1", 0, 1, "Yes."),))
    text = export(record, "vtt")
    assert text.count("-->") == 1
    assert [(html.unescape(cue.voice or ""), cue.text) for cue in webvtt.from_string(text).captions] == [
        ("Ann --", "Yes.")
    ]


@pytest.mark.parametrize(
    ("raw", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("-5", "'-5"),
        ("\t@x", "'@x"),
        ("＝1", "'＝1"),
        ("'tis", "'tis"),
        ("a=1", "a=1"),
    ],
)
def test_an_apostrophe_stands_before_what_a_spreadsheet_would_run_and_can_be_taken_away(raw: str, cell: str) -> None:
    record = call((person("S1", "Ann"),), (), (quote("S1", 0, 1, raw),))
    assert next(csv.DictReader(io.StringIO(export(record, "csv"), newline="")))["text"] == cell


def test_half_a_surrogate_pair_from_a_file_name_can_be_written() -> None:
    record = taken_over().model_copy(update={"name": "caf\udce9"})
    assert export(record, "rttm").encode().startswith("SPEAKER caf\ufffd 1 ".encode())


# -- any text, any time --------------------------------------------------------------------------------------------


@many
@given(calls(transcribed=True))
def test_webvtt_gives_every_utterance_back(record: CallRecord) -> None:
    text = export(record, "vtt")
    cues = webvtt.from_string(text).captions
    pieces = expected(record)
    times = [
        (
            ms(cue.start_in_seconds) + cue.start_time.milliseconds,
            ms(cue.end_in_seconds) + cue.end_time.milliseconds,
        )
        for cue in cues
    ]
    assert times == [piece[:2] for piece in pieces]
    assert [html.unescape(cue.text) for cue in cues] == [piece[3] for piece in pieces]
    assert_names_tell_people_apart((piece[2], cue.voice) for piece, cue in zip(pieces, cues, strict=True))
    assert_ffmpeg_agrees(
        read_with_ffmpeg(text, "webvtt"), [(*t, cue.raw_text) for t, cue in zip(times, cues, strict=True)]
    )


PLAIN = str.maketrans("<>{}", "‹›()")


@many
@given(calls(transcribed=True))
def test_srt_gives_every_utterance_back(record: CallRecord) -> None:
    text = export(record, "srt")
    found, pieces = list(srt.parse(text)), expected(record)
    assert [(s.start // timedelta(milliseconds=1), s.end // timedelta(milliseconds=1)) for s in found] == [
        piece[:2] for piece in pieces
    ]
    assert [s.index for s in found] == list(range(1, len(pieces) + 1))
    names = []
    for subtitle, (_, _, who, said) in zip(found, pieces, strict=True):
        end = f": {said.translate(PLAIN)}".rstrip()
        assert subtitle.content.endswith(end)
        assert "\n" not in subtitle.content
        names.append((who, subtitle.content.removesuffix(end)))
    assert_names_tell_people_apart(names)
    assert not re.search("[<>{}]", text.replace(" --> ", ""))
    if pieces:
        blocks = [(*piece[:2], subtitle.content) for piece, subtitle in zip(pieces, found, strict=True)]
        assert_ffmpeg_agrees(read_with_ffmpeg(text, "srt"), blocks)


@many
@given(calls())
def test_rttm_gives_every_turn_back(tmp_path_factory: pytest.TempPathFactory, record: CallRecord) -> None:
    text = export(record, "rttm")
    assert all(len(line.split(" ")) == 10 for line in text.splitlines())
    found, pieces = read_rttm(text, tmp_path_factory.getbasetemp()), expected_turns(record)
    assert sorted(piece[:2] for piece in found) == sorted(piece[:2] for piece in pieces)
    if len({piece[:2] for piece in pieces}) == len(pieces):
        in_order = sorted(found)
        assert_names_tell_people_apart((piece[2], read[2]) for piece, read in zip(pieces, in_order, strict=True))


FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")


@many
@given(calls())
def test_csv_gives_every_text_back_and_runs_none_as_a_formula(record: CallRecord) -> None:
    text = export(record, "csv")
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert len(text.split("\r\n")) == len(rows) + 2
    assert not any(FORMULA.match(cell) for row in rows for cell in row)
    given_back = [[re.sub(r"^'(?='*[=+\-@＝＋－＠])", "", cell) for cell in row] for row in rows]
    label = {person.key: one_line(person.label) for person in record.people} | {"unknown": "unknown"}
    pieces = expected(record) if record.transcript is not None else [(*turn, "") for turn in expected_turns(record)]
    assert sorted(
        (ms(float(start)), ms(float(end)), key, name, said) for start, end, key, name, _, _, said in given_back
    ) == sorted((start, end, who, label[who], said) for start, end, who, said in pieces)


@many
@given(calls())
def test_audacity_labels_are_three_cells_a_line(record: CallRecord) -> None:
    text = export(record, "audacity")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert all(len(row) == 3 and row[2] for row in rows)
    assert len(rows) == text.count("\n")
    if record.transcript is not None:
        pieces = expected(record)
        assert [(ms(float(a)), ms(float(b))) for a, b, _ in rows] == [piece[:2] for piece in pieces]
        assert all(label.endswith(piece[3]) for (_, _, label), piece in zip(rows, pieces, strict=True))


@many
@given(calls())
def test_praat_reads_every_textgrid_whole(tmp_path_factory: pytest.TempPathFactory, record: CallRecord) -> None:
    tiers = read_textgrid(export(record, "textgrid"), tmp_path_factory.getbasetemp())
    assert len({name for name, _ in tiers}) == len(tiers)
    ends = set()
    for _, intervals in tiers:
        assert intervals[0][0] == 0
        assert all(a[1] == b[0] for a, b in pairwise(intervals))
        assert all(start < end for start, end, _ in intervals)
        ends.add(intervals[-1][1])
    assert len(ends) == 1
    assert ends.pop() >= ms(record.recording.seconds)
    if record.transcript is not None:
        keys = [person.key for person in record.people]
        keys += ["unknown"] if any(q.who == "unknown" for q in record.transcript) else []
        for key, (_, intervals) in zip(keys, tiers, strict=True):
            in_tier = " ".join(text for *_, text in intervals if text)
            assert in_tier == " ".join(said for *_, who, said in expected(record) if who == key and said)


# -- the registry --------------------------------------------------------------------------------------------------


def test_every_format_writes_text_that_its_encoding_holds() -> None:
    for name, form in FORMATS.items():
        assert export(taken_over(), name).encode(form.encoding)
        assert form.suffix.startswith(".")
        assert form.purpose


def test_a_spreadsheet_knows_the_csv_file_for_utf_8() -> None:
    assert "x".encode(FORMATS["csv"].encoding) == b"\xef\xbb\xbfx"


# -- what is sent on -----------------------------------------------------------------------------------------------


def test_a_mail_opens_as_a_draft_and_says_the_summary_twice() -> None:
    mail = email.message_from_string(export(taken_over(), "eml"), policy=email.policy.default)
    assert isinstance(mail, email.message.EmailMessage)
    assert (mail["X-Unsent"], mail["To"], mail["From"]) == ("1", None, None)
    assert mail["Subject"] == "Debrief: Northwind Foods, 12 May 2026"
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().splitlines() == export(taken_over(), "summary").splitlines()
    page = html.unescape(re.sub(r"<[^>]+>", " ", rich.get_content()))
    for line in (first_screen(taken_over()).answer, first_screen(taken_over()).sentence):
        assert line in page
    assert export(taken_over(), "eml") == export(taken_over(), "eml")


@many
@given(calls())
def test_no_text_gets_out_of_its_place_in_a_mail(record: CallRecord) -> None:
    mail = email.message_from_string(export(record, "eml"), policy=email.policy.default)
    assert set(mail.keys()) == {"Subject", "MIME-Version", "Content-Type", "X-Unsent"}
    assert isinstance(mail, email.message.EmailMessage)
    rich = mail.get_body(("html",))
    assert rich is not None
    tags = set(re.findall(r"<(/?\w+)", rich.get_content()))
    assert tags <= {
        f"{end}{tag}" for end in ("", "/") for tag in ("html", "body", "table", "tr", "td", "b", "span", "br")
    }


def test_a_crm_gets_the_answer_and_no_word_of_the_call() -> None:
    (hubspot,) = csv.DictReader(io.StringIO(export(taken_over(), "hubspot")))
    assert (hubspot["Activity date"], hubspot["Call duration"]) == ("2026-05-12", "650000")
    (salesforce,) = csv.DictReader(io.StringIO(export(taken_over(), "salesforce")))
    assert (salesforce["ActivityDate"], salesforce["CallDurationInSeconds"]) == ("2026-05-12", "650")
    assert (salesforce["TaskSubtype"], salesforce["Status"]) == ("Call", "Completed")
    for notes in (hubspot["Call notes"], salesforce["Description"]):
        assert first_screen(taken_over()).sentence in notes
        assert not [one for one in taken_over().transcript or () if len(one.text) > 20 and one.text in notes]


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no format 'docx'.*rttm, vtt, srt, csv, json, summary, eml, .*textgrid"):
        export(taken_over(), "docx")


@pytest.mark.parametrize("to", ["vtt", "srt"])
def test_subtitles_of_a_call_without_transcript_are_refused(to: str) -> None:
    with pytest.raises(UsageError, match=rf"{to} holds a transcript, and this call has none.*--no-transcript"):
        export(taken_over().model_copy(update={"transcript": None}), to)
