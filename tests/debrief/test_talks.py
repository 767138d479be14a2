"""Debrief talks: a second one adds to the first, and the next call looks back on the call before it."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer import session
from analyzer.call.folder import TALK_FILE, CallFolder
from analyzer.cli.main import app
from analyzer.debrief.conversation.answers import Answers, Kept, Outcome, Promise, added, talk_of, talk_record
from analyzer.debrief.record import CallRecord
from analyzer.errors import ExitCode
from analyzer.session import analyse, analysed, talk_about
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine
from tests.library_folders import SHORT, small
from tests.plans import attendees

PLAN = (
    'date = {day}\ncustomer = "Carrick"\n'
    + attendees("Dana Reyes", "{manager}")
    + '[[objective]]\ntext = "Agree a pilot"\nkeywords = ["pilot"]\n'
)
TODAY = dt.date(2026, 5, 13)
FULL = Answers(
    own_lead_share=95,
    went_well="The opening",
    would_do_differently="Ask first",
    manager_view="Dana led",
    observations=("They laughed",),
    objective=(Outcome(text="Agree a pilot", salesperson="met", manager="in part"),),
    commitment=(Promise(who="Dana Reyes", text="Send the plan", due=dt.date(2026, 6, 1)),),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(out=tmp_path / "out", sound="none")


def call(folder: Path, settings: Settings, number: int, day: str, manager: str = "Marcus Webb") -> Path:
    """An analysed call of Dana's on a day, with a manager."""
    path = small(folder / f"call {number}.wav", number)
    path.with_suffix(".plan.toml").write_text(PLAN.format(day=day, manager=manager))
    analyse(path, settings, engine=FakeEngine(SHORT))
    session.name(path, settings, names={"S1": "Dana Reyes", "S2": manager})
    return path


def test_an_answer_to_one_question_wipes_no_other_and_each_talk_is_kept(tmp_path: Path, settings: Settings) -> None:
    path = call(tmp_path, settings, 1, "2026-05-12")
    first = talk_about(path, settings, FULL, held_on=TODAY)
    assert first.remarks == ()
    one_field = Answers(commitment=(Promise(who="Marcus Webb", text="Wait to be asked"),))
    second = talk_about(path, settings, one_field, held_on=TODAY + dt.timedelta(days=1))
    before, after = first.record.talk, second.record.talk
    assert before is not None
    assert after is not None
    assert after.model_copy(update={"held_on": before.held_on, "commitments": before.commitments}) == before
    assert [one.text for one in after.commitments] == ["Send the plan", "Wait to be asked"]
    assert session.ADDED in second.remarks
    kept = talk_of(second.folder)
    assert kept is not None
    assert [talk.held_on for talk in kept.held] == ["2026-05-13", "2026-05-14"]
    assert kept.talk == after
    assert analysed(path, settings).record.talk == after


@pytest.mark.parametrize(("written", "share"), [(80, 0.8), (0.8, 0.8), (0, 0.0), (1, 0.01), (100, 1.0)])
def test_an_own_estimate_is_in_percent_or_a_part_of_one(written: float, share: float) -> None:
    assert talk_record(Answers(own_lead_share=written), TODAY).own_lead_share == share


def test_two_talks_say_what_was_said_in_either() -> None:
    later = Answers(
        own_lead_share=70,
        went_well="The end",
        would_do_differently="Ask first",
        observations=("They laughed", "They left"),
        objective=(Outcome(text="agree a pilot", manager="met"), Outcome(text="Meet the board", salesperson="not")),
        commitment=(Promise(who="dana reyes", text="send the plan", kept=True),),
    )
    both = added(talk_record(FULL, TODAY), talk_record(later, TODAY))
    assert both.own_lead_share == 0.95, "the first: it was made before the figures were seen"
    assert both.went_well == "The opening. The end"
    assert both.would_do_differently == "Ask first"
    assert both.manager_view == "Dana led"
    assert both.observations == ("They laughed", "They left")
    told = [(one.text, one.salesperson, one.manager) for one in both.objectives]
    assert told == [("Agree a pilot", "met", "met"), ("Meet the board", "not", None)]
    (promise,) = both.commitments
    assert (promise.who, promise.due, promise.kept) == ("Dana Reyes", dt.date(2026, 6, 1), True)


@pytest.mark.parametrize(
    ("answers", "what"),
    [
        ('[[objective]]\ntext = "Agree a pylot"\nmanager = "met"\n', "no objective “Agree a pylot”"),
        ('[[last_commitment]]\ntext = "Call them"\nkept = true\n', "no commitment from the last debrief “Call them”"),
        ('[[objective]]\ntext = "Agree a pilot"\nmanager = "mostly"\n', "objective.1.manager"),
        ("own_lead_share = 101\n", "own_lead_share"),
    ],
)
def test_wrong_answers_are_refused_and_what_was_kept_stays(
    tmp_path: Path, settings: Settings, answers: str, what: str
) -> None:
    path = call(tmp_path, settings, 1, "2026-05-12")
    folder = talk_about(path, settings, FULL, held_on=TODAY).folder
    before = (folder.path / TALK_FILE).read_bytes()
    (tmp_path / "answers.toml").write_text(answers)
    arguments = ["debrief", str(path), "--answers", str(tmp_path / "answers.toml"), "--out", str(settings.out)]
    done = CliRunner().invoke(app, arguments)
    assert what in str(done.exception)
    assert getattr(done.exception, "exit_code", None) in (ExitCode.USAGE, ExitCode.BAD_FILE)
    assert (folder.path / TALK_FILE).read_bytes() == before


def looks_back_on(path: Path, settings: Settings) -> list[str]:
    record: CallRecord = analysed(path, settings).record
    return [one.text for one in record.last_commitments]


def test_a_call_looks_back_on_the_call_before_it_by_the_calls_dates_and_of_this_pair(
    tmp_path: Path, settings: Settings
) -> None:
    days = {1: "2026-03-02", 2: "2026-04-06", 3: "2026-05-04", 4: "2026-06-01"}
    calls = {number: call(tmp_path, settings, number, day) for number, day in days.items()}
    other = call(tmp_path, settings, 5, "2026-05-20", manager="Omar Haddad")
    # The talks are held in another order than the calls were.
    for number, held_on in ((3, TODAY), (4, TODAY), (1, dt.date(2026, 12, 1)), (2, dt.date(2026, 6, 30))):
        agreed = Answers(
            commitment=(Promise(who="Dana Reyes", text=f"Agreed after call {number}"),),
            objective=(Outcome(text="Agree a pilot", salesperson="in part"),),
        )
        talk_about(calls[number], settings, agreed, held_on=held_on)
    talk_about(other, settings, Answers(commitment=(Promise(who="Omar", text="Of the other pair"),)), held_on=TODAY)
    assert looks_back_on(calls[1], settings) == []
    assert looks_back_on(calls[2], settings) == ["Agreed after call 1"]
    assert looks_back_on(calls[3], settings) == ["Agreed after call 2"]
    assert looks_back_on(calls[4], settings) == ["Agreed after call 3"]
    assert looks_back_on(other, settings) == []
    last = session.refresh(calls[4], settings, FakeEngine(SHORT))
    told = [(one.text, one.salesperson) for one in last.record.last_objectives]
    assert told == [("Agree a pilot", "in part")]
    page = (last.folder.path / "debrief.md").read_text()
    assert "Objective of that call: “Agree a pilot”: in part (the salesperson)" in page
    looked_back = Answers(last_commitment=(Kept(text="agreed after call 3", kept=True),))
    talk_about(calls[4], settings, looked_back, held_on=TODAY)
    assert analysed(calls[4], settings).record.last_commitments[0].kept is True


def test_of_two_calls_on_one_day_the_one_recorded_first_is_the_earlier(tmp_path: Path, settings: Settings) -> None:
    calls = [small(tmp_path / f"call {number}.wav", number) for number in range(2)]
    for path, at in zip(calls, (1_780_000_000, 1_780_003_600), strict=True):
        os.utime(path, (at, at))
        analyse(path, settings, engine=FakeEngine(SHORT), salesperson="S1")
        session.name(path, settings, names={"S1": "Dana Reyes"})
    for path in calls:
        talk_about(path, settings, Answers(commitment=(Promise(who="D", text=path.stem),)), held_on=TODAY)
    assert [looks_back_on(path, settings) for path in calls] == [[], ["call 0"]]


def test_a_talk_that_an_earlier_version_kept_is_added_to(tmp_path: Path, settings: Settings) -> None:
    path = call(tmp_path, settings, 1, "2026-05-12")
    folder = CallFolder(settings.out / "call 1")
    old = (
        '{"version": 1, "salesperson": "Dana Reyes", "talk": {"held_on": "2026-05-13", "own_lead_share": 0.9, '
        '"went_well": "The end", "would_do_differently": null, "observations": [], "commitments": []}, "before": '
        '[{"held_on": "2026-05-12", "own_lead_share": null, "went_well": "All", "would_do_differently": null, '
        '"observations": [], "commitments": []}]}'
    )
    folder.write(TALK_FILE, old)
    done = talk_about(path, settings, Answers(would_do_differently="Ask"), held_on=TODAY)
    assert done.record.talk is not None
    assert (done.record.talk.went_well, done.record.talk.would_do_differently) == ("The end", "Ask")
    kept = talk_of(done.folder)
    assert kept is not None
    assert [talk.went_well for talk in kept.held] == ["All", "The end", None]
