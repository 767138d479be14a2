"""Agenda items and objectives are found in the written calls beside this file; the limits leave a little slack."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.agenda_calls import KINDS, Written, measured

CALLS = json.loads(Path(__file__).with_name("agenda_calls.json").read_text(encoding="utf-8"))


def total(calls: list[Written], kind: str) -> tuple[Counter[str], Counter[str]]:
    agenda, objectives = Counter[str](), Counter[str]()
    for _, of_agenda, of_objectives in measured(calls, kind):
        agenda.update(of_agenda)
        objectives.update(of_objectives)
    return agenda, objectives


@pytest.mark.parametrize("kind", KINDS)
def test_few_items_and_objectives_are_claimed_that_are_not_there(kind: str) -> None:
    agenda, objectives = total(CALLS, kind)
    assert agenda["false_claims"] <= 0.05 * agenda["held"]
    assert agenda["false_probably"] <= 0.05 * agenda["held"]
    assert agenda["wrong"] <= 0.1 * agenda["items"]
    assert objectives["false_claims"] <= 0.1 * objectives["held"]
    assert 3 * objectives["wrong_passages"] <= objectives["passages"]


def test_announced_items_are_found() -> None:
    agenda, _ = total(CALLS, "announced")
    assert agenda["right"] >= 0.85 * agenda["items"]
