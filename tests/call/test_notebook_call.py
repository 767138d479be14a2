"""A call in a notebook: short, and safe to show."""

from __future__ import annotations

from pathlib import Path

import analyzer
from analyzer.debrief.next_steps import next_steps
from tests.fake_engine import FakeEngine
from tests.library_folders import SHORT, small
from tests.records import taken_over


def test_a_call_and_its_record_are_short_lines_and_safe_html(tmp_path: Path) -> None:
    names = {"S1": "Dana Reyes", "S2": "<b>Marcus</b>"}
    recording = small(tmp_path / "a <i>call.wav", 1)
    call = analyzer.analyze(recording, names=names, salesperson="S1", customers=["S3"], engine=FakeEngine(SHORT))
    assert repr(call).startswith("<Call 'a <i>call', 0:00, led: ")
    assert "Dana Reyes, <b>Marcus</b>, S3" in repr(call)
    assert len(repr(call)) < 200
    assert "<th>talk time</th>" in call._repr_html_()
    assert "&lt;b&gt;Marcus&lt;/b&gt;" in call._repr_html_()
    assert "<i>" not in call._repr_html_()


def test_a_record_says_the_answer_in_words() -> None:
    record = taken_over()
    assert repr(record) == f"<CallRecord 'taken-over-call', 10:50: {record.lead.headline}>"
    assert record.lead.headline in record.model_copy()._repr_html_()


def test_where_one_voice_is_heard_nobody_is_asked_who_the_customer_is(tmp_path: Path) -> None:
    alone = ((0.0, 0.4, "S1", "Good morning, this is Dana speaking."),)
    call = analyzer.analyze(small(tmp_path / "call.wav", 1), engine=FakeEngine(alone))
    record = analyzer.record(call, next_steps=next_steps(call))
    assert record.lead.headline == "Not judged: only one voice was heard, so there was no one to share the lead with."
    steps = [step.command or "" for step in record.next_steps]
    assert any(step.endswith("call.wav --speakers 'N?'") for step in steps)
    assert not any("--customer" in step or "--salesperson" in step for step in steps)
    assert "customer" not in " ".join(record.lead.explanation)
