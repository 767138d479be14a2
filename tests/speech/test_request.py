"""What is asked of the models, and whether what was found before answers it; also in files of earlier versions."""

from __future__ import annotations

import json
from pathlib import Path

from analyzer.audio.recording import probe
from analyzer.call.folder import HEARD_FILE, CallFolder
from analyzer.call.recognising import recognise
from analyzer.settings import Settings
from analyzer.speech.request import Request
from tests.fake_engine import FakeEngine, recording


def test_a_request_covers_what_asks_for_nothing_else() -> None:
    asked = Request(speakers=3, step=40_000)
    assert asked.covers(Request())
    assert asked.covers(Request(speakers=3))
    assert not asked.covers(Request(speakers=4))
    assert not asked.covers(Request(max_speakers=3))


def test_what_was_not_asked_for_is_the_default() -> None:
    assert Request().covers(Request(asr_model="base", again=True, step=40_000, starts=""))
    assert not Request().covers(Request(asr_model="tiny.en"))
    assert not Request().covers(Request(starts="a.wav: 3"))
    assert not Request().covers(Request(again=False))


def test_requests_that_an_earlier_version_kept_as_texts_still_hold(tmp_path: Path) -> None:
    call = probe(recording(tmp_path / "call.wav"))
    settings = Settings(speakers=3, profile="fast", asr_model="base", language="en")
    recognise(call, FakeEngine(), settings, folder=CallFolder(tmp_path))
    kept = json.loads((tmp_path / HEARD_FILE).read_bytes())
    for stage in ("diarized_with", "transcribed_with"):
        kept[stage] = {name: str(value) for name, value in kept[stage].items() if value is not None}
    assert kept["diarized_with"] == {"speakers": "3", "step": "80000"}
    assert kept["transcribed_with"] == {"asr_model": "base", "language": "en", "again": "False"}
    kept["transcribed_with"]["beam"] = "1"  # it could be asked for then
    (tmp_path / HEARD_FILE).write_text(json.dumps(kept))
    engine = FakeEngine()
    recognise(call, engine, settings, folder=CallFolder(tmp_path))
    assert engine.asked == []
    recognise(call, engine, Settings(speakers=2), folder=CallFolder(tmp_path))
    assert engine.asked[0] == "diarize"
