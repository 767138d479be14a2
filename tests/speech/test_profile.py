"""Profiles: what each asks of the models, and that another one runs only the stages in which the two differ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.audio.recording import Recording, probe
from analyzer.call.folder import CallFolder
from analyzer.call.recognising import recognise
from analyzer.errors import UsageError
from analyzer.settings import Settings, load_settings
from analyzer.speech import profile as profiles
from analyzer.speech.profile import BALANCED, FAST, PROFILES, Profile, profile_named
from tests.fake_engine import FakeEngine, recording


@pytest.fixture
def call(tmp_path: Path) -> Recording:
    return probe(recording(tmp_path / "call.wav"))


def asked(call: Recording, folder: Path, **settings: object) -> list[str]:
    """What a report with these settings asks of the models."""
    engine = FakeEngine()
    recognise(call, engine, Settings(**settings), folder=CallFolder(folder))  # type: ignore[arg-type]
    return engine.asked


EVERYTHING = ["diarize", "load base", "transcribe"]


def test_the_settings_know_every_profile_and_no_other() -> None:
    for name in PROFILES:
        assert Settings(profile=name).profile == name
        assert profile_named(name).name == name
    assert profile_named(None) is BALANCED
    with pytest.raises(UsageError, match="no profile 'best'"):
        profile_named("best")
    with pytest.raises(UsageError, match="profile must be fast or balanced"):
        load_settings({"profile": "best"}, environ={})


def test_a_profile_can_be_set_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "analyzer.toml"
    path.write_text('profile = "fast"\n')
    assert load_settings({}, config=path, environ={}).profile == "fast"
    assert load_settings({}, config=path, environ={"ANALYZER_PROFILE": "balanced"}).profile == "balanced"
    assert (
        load_settings({"profile": "balanced"}, config=path, environ={"ANALYZER_PROFILE": "fast"}).profile == "balanced"
    )


def test_more_trouble_is_a_finer_step_and_a_second_hearing() -> None:
    assert FAST.step > BALANCED.step
    assert (FAST.again, BALANCED.again) == (False, True)


def test_the_small_english_model_is_for_english_alone() -> None:
    assert [FAST.asr_model(language) for language in ("en", "de", None)] == ["tiny.en", "base", "base"]
    assert BALANCED.asr_model("en") == "base"


def test_a_profile_chooses_the_model_unless_somebody_does(call: Recording, tmp_path: Path) -> None:
    assert asked(call, tmp_path, profile="fast", language="en")[1] == "load tiny.en"
    assert asked(call, tmp_path, profile="fast", language="en", asr_model="base")[0] == "load base"


def test_what_is_kept_holds_for_whoever_asks_for_the_same_or_for_nothing(call: Recording, tmp_path: Path) -> None:
    assert asked(call, tmp_path, profile="fast") == EVERYTHING
    assert asked(call, tmp_path, profile="fast") == []
    assert asked(call, tmp_path) == []


def test_nothing_asked_for_is_the_balanced_profile(call: Recording, tmp_path: Path) -> None:
    assert asked(call, tmp_path) == EVERYTHING
    assert asked(call, tmp_path, profile="balanced") == []
    assert asked(call, tmp_path, profile="fast") == EVERYTHING


def test_only_the_stage_that_differs_runs_again(
    call: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other: Profile = replace(BALANCED, name="fast", again=False)
    monkeypatch.setitem(profiles.PROFILES, "fast", other)
    assert asked(call, tmp_path, profile="balanced") == EVERYTHING
    assert asked(call, tmp_path, profile="fast") == ["load base", "transcribe"]
    assert asked(call, tmp_path, profile="balanced", transcript=False) == []


def test_a_profile_does_not_stand_in_the_way_of_the_headcount(call: Recording, tmp_path: Path) -> None:
    """Splinters are looked for again within the headcount whatever the profile; a stated number leaves them alone."""
    script = (*FakeEngine().script, (120.2, 120.9, "S4", "Hm."))
    engine = FakeEngine(script=script)
    recognise(call, engine, Settings(profile="fast", transcript=False), headcount=3)
    assert engine.asked == ["diarize", "diarize"]
    engine = FakeEngine(script=script)
    recognise(call, engine, Settings(profile="fast", speakers=4, transcript=False), headcount=3)
    assert engine.asked == ["diarize"]
