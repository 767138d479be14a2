"""When a call was, with whom and what it is called: from the best of all that tells it, and the report says which."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.audio.recording import created
from analyzer.call.folder import CallFolder
from analyzer.call.inputs import read_inputs
from analyzer.call.occasion import Occasion, occasion_of
from analyzer.debrief.record import CallRecord
from analyzer.debrief.results import read_call
from analyzer.library.retention import call_date
from analyzer.people.plan.plan import Attendee, Plan
from analyzer.people.roster.patterns import Pattern
from analyzer.people.roster.roster import Customer, Member, Roster
from analyzer.people.sidecars.sidecar import Sidecar, SidecarPerson
from tests.audio_builders import bursts, encode
from tests.library_folders import PLAN, small
from tests.nightly_runs import Desk

CASES = Path(__file__).parents[3] / "shared" / "cases"
TODAY = dt.date(2026, 11, 26)
LATER = dt.datetime(2026, 9, 3, 12).timestamp()
ROSTER = Roster(
    people=(Member(name="Dana Reyes", role="salesperson"),),
    patterns=tuple(map(Pattern, ("{date} {customer} - {salesperson}", "{salesperson}/{date} {customer}"))),
)
INVITE = Sidecar(Path("a.ics"), "invite", title="Northwind renewal", began=dt.datetime(2026, 5, 19, 15).astimezone())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def touched(path: Path) -> Path:
    """A recording copied later than it was made."""
    small(path, 1)
    os.utime(path, (LATER, LATER))
    return path


def told(path: Path, *sidecars: Sidecar, roster: Roster | None = None) -> Occasion:
    return occasion_of(path, sidecars, roster, today=TODAY)


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("Northwind renewal-20260519_140112-Meeting Recording.wav", dt.date(2026, 5, 19)),
        ("GMT20260519-140112_Recording_1920x1080.wav", dt.date(2026, 5, 19)),
        ("Northwind renewal - 2026_05_19 15_01 BST - Recording.wav", dt.date(2026, 5, 19)),
        ("2026-05-19 15-01-12.wav", dt.date(2026, 5, 19)),
        ("2026-05-12 14.00.00 Dana Reyes's Zoom Meeting 84512345678/audio1845123456.wav", dt.date(2026, 5, 12)),
        ("2026-05-12 14.00.00 Northwind 84512345678/Audio Record/audioDanaReyes1845123456.wav", dt.date(2026, 5, 12)),
        ("2026-05-19 Carrick.wav", dt.date(2026, 5, 19)),
    ],
)
def test_what_platforms_write_into_names_is_the_day(name: str, date: dt.date, tmp_path: Path) -> None:
    found = told(touched(tmp_path / name))
    assert (found.date, found.date_from) == (date, "file name")


def test_the_order_is_plan_invite_platform_pattern_recording_file(tmp_path: Path) -> None:
    teams = touched(tmp_path / "Northwind-20260520_140112-Meeting Recording.wav")
    assert told(teams, INVITE).date_from == "invite"
    assert told(teams, INVITE).title == "Northwind renewal"
    dana = Attendee("Dana Reyes", "team", "salesperson", lead=True)
    plan = Plan(date=dt.date(2027, 1, 2), customer="Carrick", attendees=(dana,))
    planned = told(teams, INVITE).planned(plan)
    assert (planned.date, planned.date_from) == (dt.date(2027, 1, 2), "plan")
    assert (planned.customer, planned.customer_from) == ("Carrick", "plan")
    patterned = told(touched(tmp_path / "2026-05-12 Northwind Foods - Dana Reyes.wav"), roster=ROSTER)
    assert patterned == Occasion(None, dt.date(2026, 5, 12), "file name", "Northwind Foods", "file name")
    in_folder = told(touched(tmp_path / "Dana" / "20260512 Northwind Foods.wav"), roster=ROSTER)
    assert (in_folder.date, in_folder.customer) == (dt.date(2026, 5, 12), "Northwind Foods")
    plain = told(touched(tmp_path / "call.wav"))
    assert plain == Occasion(None, dt.date(2026, 9, 3), "file time", None, None)


def test_a_recording_that_bears_its_time_is_older_than_its_copy(tmp_path: Path) -> None:
    path = tmp_path / "voice memo.m4a"
    encode(path, bursts(16_000), 16_000, "aac", "ipod", created="2026-05-12T14:00:00Z")
    os.utime(path, (LATER, LATER))
    assert created(path) == dt.datetime(2026, 5, 12, 14, tzinfo=dt.UTC)
    assert told(path) == Occasion(None, dt.date(2026, 5, 12), "recording", None, None)
    encode(path, bursts(16_000), 16_000, "aac", "ipod", created="1970-01-01T00:00:00Z")
    os.utime(path, (LATER, LATER))
    assert told(path).date_from == "file time", "a clock that was never set tells nothing"


TEAM = Roster(people=ROSTER.people, customers=(Customer(name="Ann Lee", company="Elm Ltd"),), domains=("dispatch.com",))


@pytest.mark.parametrize(
    ("mails", "customer"),
    [
        (("dana@dispatch.com", "ray@Northwind.com", "jo@uk.northwind.com"), "northwind.com"),
        (("dana@uk.dispatch.com", "ray@northwind.com", "jo@gmail.com"), "northwind.com"),
        (("dana@dispatch.com", "ray@gmail.com"), None),
        (("ray@northwind.com", "jo@carrick.com"), None),
        (("dana@dispatch.com",), None),
    ],
)
def test_the_mail_domain_of_those_invited_who_are_not_the_team_s_is_the_customer(
    mails: tuple[str, ...], customer: str | None, tmp_path: Path
) -> None:
    people = tuple(SidecarPerson(mail, mail=mail) for mail in mails)
    found = told(touched(tmp_path / "call.wav"), replace(INVITE, people=people), roster=TEAM)
    assert (found.customer, found.customer_from) == (customer, customer and "invite")
    apart = replace(TEAM, domains=())
    assert told(tmp_path / "call.wav", replace(INVITE, people=people), roster=apart).customer is None


def test_a_company_of_the_roster_goes_before_a_pattern_and_a_pattern_before_a_mail_domain(tmp_path: Path) -> None:
    path = touched(tmp_path / "2026-05-12 Alder - Dana Reyes.wav")
    roster = replace(TEAM, patterns=ROSTER.patterns)
    ray, ann = SidecarPerson("Ray Hill", mail="ray@alder.com"), SidecarPerson("Ann Lee")
    found = told(path, replace(INVITE, people=(ray,)), roster=roster)
    assert (found.customer, found.customer_from) == ("Alder", "file name")
    found = told(path, replace(INVITE, people=(ray, ann)), roster=roster)
    assert (found.customer, found.customer_from) == ("Elm Ltd", "invite")


def test_a_day_that_is_still_to_come_is_a_mistake_but_in_a_plan(tmp_path: Path) -> None:
    assert told(touched(tmp_path / "2027-01-01 Carrick.wav")).date_from == "file time"


def test_a_copy_does_not_make_a_call_later_and_what_is_gone_is_remembered() -> None:
    before = Occasion("a", dt.date(2026, 5, 12), "file time", None, None)
    assert Occasion("a", dt.date(2026, 9, 3), "file time").since(before).date == dt.date(2026, 5, 12)
    assert Occasion("a", dt.date(2026, 9, 3), "recording").since(before).date == dt.date(2026, 9, 3)
    assert Occasion("a").since(before).date == dt.date(2026, 5, 12)


def test_the_case_of_a_name_that_tells_the_date(desk: Desk) -> None:
    case = CASES / "name_tells_date"
    if not case.is_dir():
        pytest.skip("../shared/cases is not here")
    shutil.copytree(case, desk.calls, dirs_exist_ok=True)
    for path in desk.calls.iterdir():
        os.utime(path, (LATER, LATER))
    inputs = read_inputs(next(desk.calls.glob("*.ogg")))
    assert inputs.occasion == Occasion(None, dt.date(2026, 5, 12), "file name", "Carrick", "file name")
    desk.nightly()
    folder = CallFolder(next(desk.out.glob("*/call.json")).parent)
    call = read_call(folder)
    assert (call.date, call.date_from) == ("2026-05-12", "file name")
    assert (call.customer, call.customer_from) == ("Carrick", "file name")
    assert call_date(folder, call, TODAY) == dt.date(2026, 5, 12)
    said, _ = desk.run("report", next(desk.calls.glob("*.ogg")), "--out", desk.out)
    assert "12 May 2026 (from the file name) · customer (from the file name)" in " ".join(said.split())
    assert "12 May 2026 (from the file name)" in (folder.path / "debrief.html").read_text()
    desk.run("trends", "--out", desk.out, "--calls-csv", desk.home / "calls.csv")
    assert "2026-05-12" in (desk.home / "calls.csv").read_text()
    forget, _ = desk.nightly("--forget-after", "100d", "--dry-run")
    assert "(2026-05-12)" in forget


def test_what_a_plan_says_is_not_told_to_be_from_it(desk: Desk) -> None:
    small(desk.calls / "a.wav", 1)
    (desk.calls / "a.plan.toml").write_text('date = 2026-05-12\ncustomer = "Carrick"\n' + PLAN)
    said, _ = desk.run("report", desk.calls / "a.wav", "--out", desk.out)
    assert "Carrick" in said
    assert "a · 12 May 2026 · 0.5 s" in said
    call = CallRecord.model_validate_json((desk.out / "a" / "call.json").read_bytes())
    assert (call.date_from, call.customer_from) == ("plan", "plan")
