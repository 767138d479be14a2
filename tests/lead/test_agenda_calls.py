"""Agenda items and objectives are found in the written calls beside this file; the limits leave a little slack."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from analyzer.debrief.build import record
from tests.agenda_calls import KINDS, Written, measured, plan_of, played

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


def test_a_demo_that_the_words_do_not_show_is_told_as_probable_and_is_no_take_over() -> None:
    lines = [
        *[("S", 0, "Let us start with dispatch. How does dispatch work?"), ("C", 0, "By hand, " + "every day " * 20)],
        *[("M", 1, "You see it here. " + "This is how it looks in the morning. " * 25)],
        *[("C", 1, "Very clear."), ("S", 2, "So the next steps. " + "I will send it to you by Friday. " * 40)],
    ]
    written = {
        "name": "demo",
        "language": "en",
        "agenda": [
            {"title": "Dispatch", "keywords": ["dispatch"]},
            {"title": "Demonstration", "keywords": ["dashboard"], "lead": "M"},
            {"title": "Next steps", "keywords": ["next steps"]},
        ],
        "objectives": [],
        "lines": [{"who": who, "item": i, "objectives": [], "text": t, "signposted": t} for who, i, t in lines],
    }
    call = played(written, "announced", plan_of(written))
    assert [change.planned for change in call.judgement.changes] == [True]
    assert not call.judgement.take_overs
    made = record(call)
    told = made.plan
    assert told is not None
    assert [item.found_by for item in told.agenda] == ["transcript", "planned_order", "transcript"]
    assert told.agenda[1].status == "probably"
    assert told.agenda[1].meaning == (
        "Not recognised in the words; by the planned order this is probably it. Marcus Webb led here."
    )
    assert made.lead.headline == (
        "Dana Reyes led, probably as planned, with 100 % of what the team said outside what is probably the planned "
        "hand-over (between 98 and 100 %), 62 % with Marcus Webb's part."
    )
    assert made.lead.changes[0].kind_meaning == "probably the planned hand-over"
    assert "team's, what probably were the planned hand-overs left out." in made.lead.explanation[0]
