"""Keywords of earlier plans, offered for an item that has none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli.plan_commands import plan_app
from analyzer.library.earlier_words import earlier_keywords
from tests import records
from tests.plans import attendees

PLAN = f"""
date = 2026-05-12
customer = "Northwind"
{attendees("Dana Reyes", "Ray Walker")}
[[agenda]]
title = "PRICES"
lead = "Dana Reyes"
[[agenda]]
title = "Pilot"
lead = "Dana Reyes"
keywords = ["pilot"]
[[objective]]
text = "A date"
keywords = ["date"]
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Three calls with an item “Prices”: found by "price" once, not found by "cost" twice; and one that is damaged."""
    call = records.taken_over()
    assert call.plan is not None
    item = call.plan.agenda[0].model_copy(update={"title": "Prices", "start": 1.0, "end": 2.0})
    for number, (keyword, found_by) in enumerate((("cost", None), ("price", "transcript"), ("cost", None))):
        told = item.model_copy(update={"keywords": (keyword,), "found_by": found_by})
        plan = call.plan.model_copy(update={"agenda": (told,)})
        folder = tmp_path / "debriefs" / f"call {number}"
        folder.mkdir(parents=True)
        written = call.model_copy(update={"plan": plan})
        (folder / "call.json").write_text(written.model_dump_json(), encoding="utf-8")
        os.utime(folder / "call.json", (number, number))
    (tmp_path / "debriefs" / "damaged").mkdir()
    (tmp_path / "debriefs" / "damaged" / "call.json").write_text("{", encoding="utf-8")
    return tmp_path / "debriefs"


def test_those_by_which_it_was_found_come_first(out: Path) -> None:
    assert earlier_keywords(out, ["prices", "Pilot"]) == {"prices": ("price", "cost")}
    assert earlier_keywords(out / "nowhere", ["prices"]) == {}


def test_the_last_calls_are_read(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analyzer.library.earlier_words.MOST_CALLS", 2)
    os.utime(out / "damaged" / "call.json", (9, 9))
    assert earlier_keywords(out, ["Prices"]) == {"Prices": ("cost",)}


def test_plan_check_offers_them(out: Path, tmp_path: Path) -> None:
    (tmp_path / "call.plan.toml").write_text(PLAN, encoding="utf-8")
    arguments = ["check", str(tmp_path / "call.plan.toml"), "--out"]
    ran = CliRunner().invoke(plan_app, [*arguments, str(out)])
    assert 'PRICES: earlier calls had keywords = ["price", "cost"]' in ran.stdout.splitlines()
    assert "no keywords" in ran.stdout
    assert "earlier" not in CliRunner().invoke(plan_app, [*arguments, str(tmp_path)]).stdout
