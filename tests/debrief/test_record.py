"""The record of a call: results of an earlier version are read."""

from __future__ import annotations

import json

import pytest

from analyzer.debrief.markdown.document import markdown
from analyzer.debrief.page.page import page
from analyzer.debrief.record import CallRecord
from analyzer.library.catalog.stored_calls import as_text, from_text
from analyzer.library.summary import summarise
from tests.conftest import ROOT

VERSION_1 = ROOT / "tests" / "golden" / "call-version-1.json"
"""What version 1 wrote of a sample; one of its take-overs is marked as planned, and a moment is added."""


@pytest.fixture
def found() -> CallRecord:
    return CallRecord.model_validate_json(VERSION_1.read_bytes())


def test_what_version_1_wrote_is_read_with_what_it_knew(found: CallRecord) -> None:
    before = json.loads(VERSION_1.read_text())
    assert (found.schema_version, found.lead.led) == (2, "no")
    assert [change.kind for change in found.lead.changes] == ["take_over", "handed_over"]
    assert [change.lead_until for change in found.lead.changes] == [one["end"] for one in before["lead"]["take_overs"]]
    assert (found.lead.with_planned, found.lead.turned_to) == ((), ())
    assert [moment.kind for moment in found.moments] == ["opened", "closed", "customer_turned"]
    assert [turn.who for turn in found.turns] == [turn["who"] for turn in before["turns"]]


def test_it_is_shown_and_kept_like_one_of_this_version(found: CallRecord) -> None:
    assert "1 take-over" in markdown(found)
    assert "<html" in page(found)
    assert CallRecord.model_validate_json(found.model_dump_json()) == found
    summary = summarise(found, folder="taken-over-call")
    kept = json.loads(as_text(summary))
    assert from_text(json.dumps(kept)) == summary
    # As the catalog of that version kept it.
    old = json.loads(VERSION_1.read_text())
    kept["record"] |= {"lead": old["lead"], "schema_version": 1}
    assert [change.kind for change in from_text(json.dumps(kept)).record.lead.changes] == ["take_over", "handed_over"]


@pytest.mark.parametrize("version", [0, 3, "2", None])
def test_what_another_version_wrote_is_refused(version: object) -> None:
    written = json.loads(VERSION_1.read_text()) | {"schema_version": version}
    with pytest.raises(ValueError, match="schema_version"):
        CallRecord.model_validate(written)
