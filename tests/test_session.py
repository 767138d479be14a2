"""One call's results, made, corrected and written; the models are a script (see fake_engine)."""

from __future__ import annotations

import datetime as dt
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer import session
from analyzer.call.place import results_folder
from analyzer.debrief.conversation.answers import Answers, Kept, Promise, read_answers
from analyzer.debrief.record import CallRecord
from analyzer.errors import (
    BadFileError,
    ChangedMeanwhileError,
    NoSpeechError,
    OutputError,
    RecordingMissingError,
    UnknownSpeakerError,
    UsageError,
)
from analyzer.session import Done, analyse, analysed, talk_about, undo
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine, recording
from tests.plans import attendees


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(out=tmp_path / "out", sound="none")


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return recording(tmp_path / "call.wav")


def report(call: Path, settings: Settings, engine: FakeEngine | None = None, **said: object) -> Done:
    done = analyse(call, settings, engine=engine or FakeEngine(), **said)  # type: ignore[arg-type]
    return done


def kept(done: Done) -> CallRecord:
    return CallRecord.model_validate_json((done.folder.path / "call.json").read_bytes())


def test_without_a_salesperson_nothing_is_judged_and_the_next_command_is_given(call: Path, settings: Settings) -> None:
    done = report(call, settings)
    lead = kept(done).lead
    assert (lead.led, lead.team_took_part, lead.reason) == ("not_judged", "not_judged", "salesperson_unknown")
    assert kept(done).next_steps[0].command == (
        f"analyzer report {call} --out {settings.out} --salesperson 'S?' --customer 'S?'"
    )
    assert [p.first_sentences[0].text.split(".")[0] for p in kept(done).people] == [
        "Good morning Ray",
        "Not much",
        "About forty pounds a day",
    ]


def test_five_files_are_written_and_only_the_owner_may_read_the_voices(call: Path, settings: Settings) -> None:
    done = report(call, replace(settings, sound="clips"), salesperson="S1", customers=("S2",))
    names = {path.name for path in done.folder.path.iterdir()}
    assert {"debrief.html", "debrief.md", "call.json", "turns.rttm", "transcript.vtt"} <= names
    assert not [name for name in names if name.startswith(".analyzer-")]
    assert stat.S_IMODE((done.folder.path / "heard.json").stat().st_mode) == 0o600


def test_shares_are_those_of_the_script(call: Path, settings: Settings) -> None:
    done = report(call, settings, salesperson="S1", customers=("S2",))
    shares = {share.basis: share.share for share in done.record.lead.shares}
    # S1 talks 39.5 + 44.5 = 84 s, S3 14.5 s, S2 19 s; S3 leads from 60.5 to 75.5 s of 0.5 to 121 s.
    assert shares["team-talk"].value == pytest.approx(84 / 98.5)
    assert shares["all-talk"].value == pytest.approx(84 / 117.5)
    assert shares["lead-time"].value == pytest.approx((120.5 - 15) / 120.5)
    changes = done.record.lead.changes
    assert [(c.who, c.kind, c.trigger, c.ending) for c in changes] == [("S3", "drawn_in", "asked", "handed_back")]


def test_saying_who_is_who_afterwards_runs_no_model(call: Path, settings: Settings) -> None:
    engine = FakeEngine()
    report(call, settings, engine)
    heard = list(engine.asked)
    report(call, settings, engine, salesperson="S1", customers=("S2",))
    assert engine.asked == heard
    named = session.name(call, settings, names={"S1": "Dana Reyes"})
    assert kept(named).label("S1") == "Dana Reyes"
    assert kept(named).lead.salesperson == "S1"


def test_a_correction_survives_a_new_analysis_and_can_be_taken_back(call: Path, settings: Settings) -> None:
    report(call, settings, salesperson="S1", customers=("S2",))
    session.name(call, settings, names={"S3": "Marcus Webb"})
    again = analyse(call, settings, engine=FakeEngine(), fresh=True)
    assert kept(again).label("S3") == "Marcus Webb"
    undo(call, settings)
    assert kept(again).label("S3") == "S3"
    assert kept(again).lead.salesperson == "S1"


def test_a_correction_follows_its_speaker_when_the_labels_change(call: Path, settings: Settings) -> None:
    report(call, settings)
    session.name(call, settings, names={"S3": "Marcus Webb"})
    swapped = tuple((a, b, {"S2": "S3", "S3": "S2"}.get(who, who), text) for a, b, who, text in FakeEngine().script)
    again = analyse(call, settings, engine=FakeEngine(swapped), fresh=True)
    assert again.record.label("S2") == "Marcus Webb"


def test_who_said_it_is_kept_and_what_is_said_of_an_older_state_is_refused(call: Path, settings: Settings) -> None:
    folder = report(call, settings).folder
    before = folder.said()
    named = session.name(call, settings, names={"S1": "Dana Reyes"}, by="Eva", seen=before)
    assert [change.by for change in named.folder.corrections()] == ["Eva"]
    with pytest.raises(ChangedMeanwhileError, match="changed just now by Eva"):
        session.name(call, settings, names={"S1": "Somebody Else"}, by="Kofi", seen=before)
    with pytest.raises(ChangedMeanwhileError, match="by Eva"):
        undo(call, settings, seen=before)
    assert kept(named).label("S1") == "Dana Reyes"
    undo(call, settings, by="Kofi", seen=folder.said())
    assert kept(named).label("S1") == "S1"
    with pytest.raises(ChangedMeanwhileError, match="changed just now by Kofi"):
        session.name(call, settings, names={"S1": "Dana Reyes"}, seen=before)
    talk_about(call, settings, Answers(went_well="The demo."), held_on=dt.date(2026, 5, 12), by="Rana")
    with pytest.raises(ChangedMeanwhileError, match="changed just now by Rana"):
        undo(call, settings, seen=before)


def test_of_a_person_with_two_voices_the_one_that_talks_there_gives_a_stretch_away(
    call: Path, settings: Settings
) -> None:
    report(call, settings, salesperson="S1", customers=("S2",))
    session.name(call, settings, names={"S3": "S1"})
    done = session.name(call, settings, names={"S1@1:02-1:10": "Marcus Webb"})
    there = [turn for turn in done.record.turns if turn.start == 62.0]
    assert [done.record.label(turn.who) for turn in there] == ["Marcus Webb"]


def test_two_speakers_can_be_one_person(call: Path, settings: Settings) -> None:
    report(call, settings, salesperson="S1", customers=("S2",))
    done = session.name(call, settings, names={"S3": "S1"})
    assert [person.speakers for person in done.record.people] == [("S1", "S3"), ("S2",)]
    assert done.record.lead.reason == "nobody_else_from_the_team"


def test_only_what_is_asked_for_and_differs_runs_again(call: Path, settings: Settings) -> None:
    engine = FakeEngine()
    report(call, replace(settings, transcript=False), engine)
    assert engine.asked == ["diarize"]
    report(call, settings, engine)
    assert engine.asked == ["diarize", "load base", "transcribe"]
    report(call, replace(settings, asr_model="base"), engine)
    assert engine.asked == ["diarize", "load base", "transcribe"]
    report(call, replace(settings, asr_model="small"), engine)
    assert engine.asked[3:] == ["load small", "transcribe"]
    report(call, replace(settings, speakers=3), engine)
    assert engine.asked[5:] == ["diarize", "load base", "transcribe"]
    report(call, settings, engine)
    assert len(engine.asked) == 8


def test_another_recording_in_its_place_is_heard_again(call: Path, settings: Settings) -> None:
    engine = FakeEngine()
    report(call, settings, engine)
    recording(call, seconds=122.0)
    done = report(call, settings, engine)
    assert engine.asked.count("diarize") == 2
    assert done.folder.path == settings.out / "call"


def test_results_of_two_recordings_of_one_name_do_not_mix(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = report(recording(tmp_path / "a" / "call.wav", 121), settings)
    second = report(recording(tmp_path / "b" / "call.wav", 123), settings)
    third = report(recording(tmp_path / "a" / "call.flac", 125), settings)
    assert [done.folder.name for done in (first, second, third)] == ["call", "call.wav", "call.flac"]
    assert results_folder(settings.out, first.call.recording) == first.folder


def test_a_moved_recording_finds_its_results_again(call: Path, settings: Settings) -> None:
    engine = FakeEngine()
    first = report(call, settings, engine)
    moved = call.rename(call.with_name("renamed.wav"))
    # By another name it would get another folder; under its old one, elsewhere, it is known by its content.
    (call.parent / "archive").mkdir()
    moved = moved.rename(call.parent / "archive" / "call.wav")
    assert report(moved, settings, engine).folder == first.folder
    assert engine.asked.count("diarize") == 1


def test_nobody_speaking_is_an_error_and_says_so_again_without_the_models(call: Path, settings: Settings) -> None:
    engine = FakeEngine(script=())
    for _ in range(2):
        with pytest.raises(NoSpeechError, match="no one speaks"):
            report(call, settings, engine)
    assert engine.asked == ["diarize"]


def test_what_cannot_be_said_about_a_call(call: Path, settings: Settings) -> None:
    with pytest.raises(RecordingMissingError):
        report(call.with_name("other.wav"), settings)
    with pytest.raises(UsageError, match="not been analysed"):
        session.name(call, settings, names={"S1": "A B"})
    report(call, settings)
    with pytest.raises(UnknownSpeakerError, match="S9"):
        session.name(call, settings, names={"S9": "A B"})
    with pytest.raises(UsageError, match="both called"):
        session.name(call, settings, names={"S1": "A B", "S2": "A B"})
    with pytest.raises(UsageError, match="no side"):
        session.name(call, settings, sides={"S1": "ours"})
    with pytest.raises(UsageError, match="no correction"):
        undo(call, settings)
    with pytest.raises(UnknownSpeakerError):
        report(call, settings, salesperson="No one")
    assert not (settings.out / "call" / "corrections.json").exists()


def test_a_wrong_plan_stops_before_the_models_run(call: Path, settings: Settings) -> None:
    call.with_name("call.plan.toml").write_text("reason = 3\n")
    engine = FakeEngine()
    with pytest.raises(BadFileError, match="line 1"):
        report(call, settings, engine)
    assert engine.asked == []


PLAN = 'ride_along = "{kind}"\ncustomer_is = "new"\n' + attendees("Dana Reyes", "Marcus Webb")


@pytest.mark.parametrize(
    ("kind", "band", "led"),
    [
        ("observe", (0.95, 0.99), "no"),
        ("support", (0.85, 0.9), "too_close"),
        ("co-sell", (0.5, 0.75), "yes"),
        ("model", (0.8, 0.95), "yes"),
    ],
)
def test_a_call_is_held_against_the_band_of_its_kind_of_ride_along(
    call: Path, settings: Settings, kind: str, band: tuple[float, float], led: str
) -> None:
    call.with_name("call.plan.toml").write_text(PLAN.format(kind=kind))
    settings = replace(settings, co_sell_ceiling=0.75)
    report(call, settings, salesperson="S1", customers=("S2",))
    again = report(call, settings)  # from what lies there
    record = kept(again)
    assert (record.lead.band_floor, record.lead.band_ceiling) == band
    assert record.lead.led == led  # S1 has 84 of 98.5 s: 85.3 %
    assert record.plan is not None
    assert (record.plan.ride_along, record.plan.customer_is) == (kind, "new")
    assert ("so that the salesperson leads" in record.lead.explanation[0]) == (kind == "support")


def test_the_talk_is_kept_and_opens_the_next_report_of_the_same_salesperson(tmp_path: Path, settings: Settings) -> None:
    first = recording(tmp_path / "first.wav", 121)
    second = recording(tmp_path / "second.wav", 122)
    for path in (first, second):
        report(path, settings, salesperson="S1", customers=("S2",))
        session.name(path, settings, names={"S1": "Dana Reyes"})
    answers = Answers(
        own_lead_share=95,
        went_well="The opening",
        commitment=(Promise(who="Dana Reyes", text="Ask before answering", due=dt.date(2026, 6, 1)),),
    )
    talked = talk_about(first, settings, answers, held_on=dt.date(2026, 5, 13))
    assert kept(talked).talk is not None
    assert kept(talked).talk.own_lead_share == 0.95  # type: ignore[union-attr]
    later = analysed(second, settings)
    assert [c.text for c in later.record.last_commitments] == ["Ask before answering"]
    measured = kept(talked).lead.shares[0].share
    assert [(one.name, one.share) for one in later.record.earlier] == [("first", measured)]
    assert kept(talked).earlier == ()  # nothing was before it
    looked_back = Answers(last_commitment=(Kept(text="ask before answering", kept=True),))
    talk_about(second, settings, looked_back, held_on=dt.date(2026, 6, 3))
    assert [c.kept for c in kept(later).last_commitments] == [True]
    assert "Lead share, last debriefed calls" in (later.folder.path / "debrief.html").read_text(encoding="utf-8")
    again = report(second, settings)
    assert again.record.last_commitments[0].kept is True


def test_answers_files_that_are_wrong_name_the_field(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    for text, match in (
        ("own_lead_share = 140", "own_lead_share"),
        ("[[commitment]]\nwho = 'A'", "commitment.1.text"),
        ("wentwell = 'x'", "wentwell"),
        ("= 3", "not TOML"),
    ):
        path.write_text(text)
        with pytest.raises(BadFileError, match=match):
            read_answers(path)


def test_call_json_is_what_the_published_schema_says(call: Path, settings: Settings) -> None:
    import jsonschema

    import analyzer.debrief.record as module

    schema = json.loads(Path(module.__file__).with_name("call.schema.json").read_text(encoding="utf-8"))
    assert schema == json.loads(module.json_schema()), "run: python -m analyzer.debrief.record"
    done = report(call, settings, salesperson="S1", customers=("S2",))
    content = json.loads((done.folder.path / "call.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(content)
    content["people"][0]["talk_share"]["value"] = 2
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(content)


def test_a_damaged_record_is_named_with_its_field(call: Path, settings: Settings) -> None:
    done = report(call, settings)
    (done.folder.path / "call.json").write_text('{"schema_version": 2}')
    with pytest.raises(BadFileError, match=r"call\.json: field name"):
        session.name(call, settings, names={"S1": "A B"})


def test_an_output_folder_that_cannot_be_written_is_one_line(call: Path, settings: Settings) -> None:
    settings.out.write_text("a file where the folder should be")
    engine = FakeEngine()
    with pytest.raises(OutputError, match="cannot be written"):
        report(call, settings, engine)
    assert engine.asked == []  # found out before the models, not after


# What is said later replaces what was said before


def test_a_side_said_later_replaces_the_one_before(call: Path, settings: Settings) -> None:
    report(call, settings, salesperson="S1", customers=("S2",))
    done = report(call, settings, team=("S2",), customers=("S3",))
    assert [person.side for person in done.record.people] == ["team", "team", "customer"]


def test_a_new_salesperson_replaces_the_one_before_whatever_was_said_of_them(call: Path, settings: Settings) -> None:
    report(call, settings, salesperson="S1", customers=("S2",))
    done = report(call, settings, salesperson="S2", customers=("S3",))
    assert done.record.lead.salesperson == "S2"
    assert [person.role for person in done.record.people] == [None, "salesperson", None]
    assert [person.side for person in done.record.people] == ["team", "team", "customer"]
    again = report(call, settings)
    assert again.record.lead.salesperson == "S2"


def test_a_salesperson_who_turns_out_to_be_the_customer_is_no_salesperson(call: Path, settings: Settings) -> None:
    report(call, settings, salesperson="S1")
    done = session.name(call, settings, sides={"S1": "customer"})
    assert (done.record.lead.salesperson, done.record.person("S1").side) == (None, "customer")


def test_two_speakers_who_are_one_have_the_side_of_the_one_they_are(call: Path, settings: Settings) -> None:
    report(call, settings, salesperson="S1", customers=("S2", "S3"))
    session.name(call, settings, sides={"S2": "team"})
    done = session.name(call, settings, names={"S3": "S2"})
    assert [person.side for person in done.record.people] == ["team", "team"]


PLANNED = """
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


def test_a_plan_that_is_overruled_is_told(call: Path, settings: Settings) -> None:
    call.with_name("call.plan.toml").write_text(PLANNED)
    report(call, settings)
    done = session.name(call, settings, names={"S1": "Ray Kowalski"}, sides={"S1": "team"})
    assert "Ray Kowalski is customer by the plan and team by correction; correction holds." in done.record.notes
    done = session.name(call, settings, salesperson="S1")
    assert any(note.startswith("Dana Reyes was to lead by the plan; Ray Kowalski is") for note in done.record.notes)


def test_a_manager_who_is_the_customer_is_a_doubt(call: Path, settings: Settings) -> None:
    report(call, settings, salesperson="S1")
    done = session.name(call, settings, sides={"S3": "customer"}, roles={"S3": "manager"})
    assert [note for note in done.record.notes if note.startswith("S3 is manager by correction and customer by")]


def test_what_stands_for_a_name_is_no_name(call: Path, settings: Settings) -> None:
    report(call, settings)
    with pytest.raises(UsageError, match="stands for a name"):
        session.name(call, settings, names={"S1": "First Last"})
    with pytest.raises(UnknownSpeakerError, match="no one on this call is"):
        report(call, settings, salesperson="S?")
