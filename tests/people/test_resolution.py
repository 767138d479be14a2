"""Names from what lies beside a recording; the models are a script, the sidecars and the roster are the samples'."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from analyzer import session
from analyzer.errors import BadFileError
from analyzer.people.participants import Claim
from analyzer.people.plan.plan import Attendee, Plan
from analyzer.people.resolution import contradictions
from analyzer.people.voices.known_voices import KnownVoice
from analyzer.people.voices.voice_files import keep_voice, voices_folder
from analyzer.session import Done, analyse
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine, recording

SAMPLE = "taken-over-call"
NAMES = {"S1": "Dana Reyes", "S2": "Alistair Grant", "S3": "Marcus Webb"}


def truth(samples: Path) -> FakeEngine:
    """An engine that hears the sample exactly as it is, with S1, S2, S3 in order of first speech."""
    labels: dict[str, str] = {}
    script = []
    for line in (samples / f"{SAMPLE}.txt").read_text().splitlines():
        start, end, rest = line.split(" ", 2)
        who, text = rest.split(": ", 1)
        script.append((float(start), float(end), labels.setdefault(who, f"S{len(labels) + 1}"), text))
    return FakeEngine(tuple(script))


@pytest.fixture
def call(tmp_path: Path, samples: Path) -> Path:
    return recording(tmp_path / f"{SAMPLE}.wav", 180)


def report(call: Path, samples: Path) -> Done:
    settings = Settings(out=call.parent / "out", sound="none")
    done = analyse(call, settings, engine=truth(samples))
    return done


@pytest.mark.parametrize("sidecar", ["transcript.vtt", "vtt", "people.json"])
def test_each_sidecar_alone_names_everybody(call: Path, samples: Path, sidecar: str) -> None:
    shutil.copy(samples / "sidecars" / SAMPLE / f"{SAMPLE}.{sidecar}", call.parent)
    done = report(call, samples)
    assert {person.key: person.name for person in done.record.people} == NAMES
    evidence = done.record.people[0].evidence[0]
    assert evidence.source == "sidecar"
    assert 0.5 < evidence.confidence <= 1


def test_with_a_roster_the_call_is_judged_without_a_word_on_the_command_line(call: Path, samples: Path) -> None:
    shutil.copy(samples / "sidecars" / SAMPLE / f"{SAMPLE}.transcript.vtt", call.parent)
    shutil.copy(samples / "team.toml", call.parent)
    done = report(call, samples)
    assert done.record.lead.salesperson == "S1"
    assert done.record.lead.led == "no"
    assert {person.label: (person.side, person.role) for person in done.record.people} == {
        "Dana Reyes": ("team", "salesperson"),
        "Alistair Grant": ("customer", None),
        "Marcus Webb": ("team", "manager"),
    }


def test_without_anything_beside_it_nobody_is_named(call: Path, samples: Path) -> None:
    assert [person.name for person in report(call, samples).record.people] == [None, None, None]


def test_the_transcript_of_another_call_names_nobody_and_says_so(call: Path, samples: Path) -> None:
    other = "final-presentation"
    shutil.copy(samples / "sidecars" / other / f"{other}.vtt", call.with_name(f"{SAMPLE}.vtt"))
    done = report(call, samples)
    assert [person.name for person in done.record.people] == [None, None, None]
    assert any("may be of another call" in note for note in done.record.notes)


def test_a_transcript_of_our_own_is_no_evidence(call: Path, samples: Path) -> None:
    done = report(call, samples)
    settings = Settings(out=call.parent / "out", sound="none")
    session.name(call, settings, names={"S1": "Wrong Name"})
    shutil.copy(done.folder.path / "transcript.vtt", call.with_name(f"{SAMPLE}.vtt"))
    shutil.rmtree(settings.out)
    assert [person.name for person in report(call, samples).record.people] == [None, None, None]


def test_a_bad_cue_of_a_transcript_costs_that_cue_and_the_report_says_so(call: Path, samples: Path) -> None:
    text = (samples / "sidecars" / SAMPLE / f"{SAMPLE}.transcript.vtt").read_text(encoding="utf-8")
    lines = text.splitlines()
    at = [i for i, line in enumerate(lines) if "-->" in line]
    lines[at[4]] = "00:00:17.000 --> 00:00:16.000"
    call.with_name(f"{SAMPLE}.transcript.vtt").write_text("\n".join(lines), encoding="utf-8")
    done = report(call, samples)
    assert {person.key: person.name for person in done.record.people} == NAMES
    what = f"1 of {len(at)} cues of the transcript could not be read (line {at[4] + 1}: it ends before it starts)"
    assert f"{SAMPLE}.transcript.vtt: {what}" in done.record.notes


def test_a_correction_is_stronger_than_a_sidecar(call: Path, samples: Path) -> None:
    shutil.copy(samples / "sidecars" / SAMPLE / f"{SAMPLE}.transcript.vtt", call.parent)
    report(call, samples)
    settings = Settings(out=call.parent / "out", sound="none")
    done = session.name(call, settings, names={"S1": "Dana Miller"})
    assert done.record.label("S1") == "Dana Miller"


@pytest.mark.parametrize(("name", "text"), [("team.toml", "[[person]]\nname = 3\n"), ("call.people.json", "{")])
def test_a_wrong_file_beside_it_stops_before_the_models_run(
    tmp_path: Path, samples: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    engine = truth(samples)
    with pytest.raises(BadFileError, match=name.replace(".", r"\.")):
        analyse(recording(tmp_path / "call.wav"), Settings(out=tmp_path / "out"), engine=engine)
    assert engine.asked == []


def test_a_kept_voice_of_another_model_names_nobody(call: Path, samples: Path) -> None:
    keep_voice(
        voices_folder(), KnownVoice("Dana Reyes", dt.date(2026, 5, 1), 20.0, "another model", ((1.0,),), ((1.0,),))
    )
    assert [person.name for person in report(call, samples).record.people] == [None, None, None]


def test_a_voice_that_says_otherwise_than_the_transcript_is_reported_and_does_not_win() -> None:
    sources = (Claim("sidecar", names={"S1": "Dana Reyes"}), Claim("voice", names={"S1": "Carol Jones", "S2": "Ray"}))
    assert contradictions(sources, None) == ("S1: Dana Reyes by sidecar, Carol Jones by voice; the first holds.",)
    plan = Plan(None, None, None, (Attendee("Dana Reyes", "team", "salesperson", lead=True, aliases=("Carol Jones",)),))
    assert contradictions(sources, plan) == ()


def test_a_splinter_beyond_the_headcount_is_looked_for_again_but_a_voice_is_kept(call: Path, samples: Path) -> None:
    shutil.copy(samples / "sidecars" / SAMPLE / f"{SAMPLE}.people.json", call.parent)
    settings = Settings(out=call.parent / "out", sound="none", transcript=False)
    for length, times in ((4.0, 2), (14.0, 1)):
        script = (*truth(samples).script, (160.0, 160.0 + length, "S4", "hello"))
        engine = FakeEngine(script)
        done = analyse(call, settings, engine=engine, fresh=True)
        assert engine.asked == ["diarize"] * times
    assert len(done.record.people) == 4


def test_sources_that_contradict_each_other_are_reported_with_the_call(call: Path, samples: Path) -> None:
    shutil.copy(samples / "sidecars" / SAMPLE / f"{SAMPLE}.transcript.vtt", call.parent)
    report(call, samples)
    settings = Settings(out=call.parent / "out", sound="none")
    done = session.name(call, settings, names={"S1": "Dana Miller"})
    assert "S1: Dana Miller by correction, Dana Reyes by sidecar; the first holds." in done.record.notes
