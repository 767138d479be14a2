"""The plan of a call in a form: the file is one that `analyzer plan` knows, and what is wrong is told at its field."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.call.place import DROPPED
from analyzer.debrief.conversation.answers import Answers, Promise
from analyzer.debrief.results import read_call
from analyzer.people.plan.reading import check_plan, read_plan
from analyzer.session import talk_about
from tests.library_folders import small
from tests.serve.site import Site

FILLED = {
    "title": "Harbour Foods: the offer",
    "date": "2026-12-01",
    "customer": "Harbour Foods",
    "reason": "She knows the contract",
    "attendee[1].name": "Dana Reyes",
    "attendee[1].side": "team",
    "attendee[1].role": "salesperson",
    "lead": "1",
    "attendee[4].name": "Ray Kowalski",
    "attendee[4].side": "customer",
    "attendee[4].role": "customer",
    "agenda[2].title": "The price",
    "agenda[2].lead": "Dana",
    "agenda[2].keywords": "price, per pallet",
    "agenda[2].minutes": "7,5",
    "objective[1].text": 'Say "yes"',
    "objective[1].keywords": "yes",
}


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.dropped.close()


def test_a_plan_is_written_as_the_terminal_reads_it_and_waits_for_its_recording(site: Site) -> None:
    answer = site.send("/plans/new", "/plans/new", FILLED)
    assert "The plan is kept. Drop its recording in with this plan chosen." in answer.text
    path = site.out / DROPPED / "Harbour Foods the offer" / "Harbour Foods the offer.plan.toml"
    assert check_plan(path) == ()
    plan, _ = read_plan(path)
    assert (plan.day, plan.customer, plan.reason) == (dt.date(2026, 12, 1), "Harbour Foods", "She knows the contract")
    assert [(one.name, one.side, one.role, one.lead) for one in plan.attendees] == [
        ("Dana Reyes", "team", "salesperson", True),
        ("Ray Kowalski", "customer", "customer", False),
    ]
    item = plan.agenda[0]
    assert (item.title, item.lead, item.keywords) == ("The price", "Dana Reyes", ("price", "per pallet"))
    assert item.length == 450 * 16000
    assert plan.objectives[0].text == 'Say "yes"'
    address = answer.url.path
    assert address in site.get("/")
    assert address in site.get("/plans")
    chosen = address.rpartition("/")[2]
    content = small(site.home / "elsewhere" / "a.wav", 1).read_bytes()
    drop = site.drop(content, "GMT20261201-090000_Recording.wav", **{"X-Plan": chosen}).json()["address"]
    assert '"done"' in site.get(f"{drop}/events")
    call = next(one for one in site.known.now().calls if one.name == "Harbour Foods the offer")
    record = read_call(site.known.folder(call))
    assert record.plan is not None
    assert record.plan.reason == "She knows the contract"
    assert address not in site.get("/plans")
    assert site.drop(content + b"x", "b.wav", **{"X-Plan": chosen}).status_code == 409


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(site: Site) -> None:
    wrong = FILLED | {"lead": "", "attendee[4].name": "", "agenda[2].lead": "Dena", "agenda[2].minutes": "soon"}
    answer = site.send("/plans/new", "/plans/new", wrong | {"date": "1.12.2026"})
    assert answer.status_code == 400
    told = dict(re.findall(r'<span class="wrong" id="about-([^"]+)">([^<]+)</span>', answer.text))
    assert {field: html.unescape(text) for field, text in told.items()} == {
        "date": 'Should be a date, not the text "1.12.2026".',
        "attendee": "No one has the lead.",
        "attendee[4].name": "Missing.",
        "agenda[2].minutes": 'Should be a number, not the text "soon".',
    }
    assert 'value="She knows the contract"' in answer.text
    wrong = FILLED | {"lead": "", "agenda[2].lead": "Dena"}
    answer = site.send("/plans/new", "/plans/new", wrong)
    told = dict(re.findall(r'<span class="wrong" id="about-([^"]+)">([^<]+)</span>', answer.text))
    assert told == {
        "attendee": "No one has the lead.",
        "agenda[2].lead": "No one on the call is called Dena (did you mean Dana?).",
    }
    nameless = {"title": "../..", "date": "", "customer": ""}
    assert "Say what the recording will be called" in site.send("/plans/new", "/plans/new", FILLED | nameless).text
    assert not (site.out / DROPPED).exists()


def test_the_next_call_begins_with_the_people_of_the_last_and_what_was_promised_on_it(site: Site) -> None:
    promise = Promise(who="Dana Reyes", text="Ask before the price comes up")
    talk_about(site.folder, site.settings, Answers(commitment=(promise,)), held_on=dt.date(2026, 5, 13))
    site.refresh_index()
    person = re.findall(r"/people/\w+", site.get("/people"))[0]
    link = re.search(r'href="(/plans/new\?from=\w+)"', site.get(person))
    assert link is not None
    page = site.get(link[1])
    for name, value in (
        ("attendee[1].name", "Dana Reyes"),
        ("attendee[2].name", "Ray Kowalski"),
        ("objective[1].text", "Ask before the price comes up"),
        ("customer", "Harbour Foods"),
    ):
        assert f'name="{name}" value="{value}"' in page
    place = re.search(r'<option value="(\w+)">in the folder', page)
    assert place is not None
    filled = FILLED | {"title": "next", "place": place[1]}
    assert site.send(link[1], "/plans/new", filled).status_code == 200
    assert check_plan(site.home / "next.plan.toml") == ()
    assert "There is a plan of that name already" in site.send(link[1], "/plans/new", filled).text
    assert site.send(link[1], "/plans/new", FILLED | {"title": "x", "place": "/etc"}).status_code == 400
    assert not Path("/etc/x.plan.toml").exists()


def test_a_plan_is_changed_once_its_own_notes_stay_and_an_older_state_is_told(site: Site) -> None:
    path = site.recording.with_suffix(".plan.toml")
    path.write_text(f"# Marcus says only hello\n{path.read_text()}", encoding="utf-8")
    address = f"{site.call}/plan"
    shown = re.findall(r'<input name="([^"]+)" value="([^"]*)"', site.get(address))
    values = {name: html.unescape(value) for name, value in shown} | site.form(address)
    changed = values | {"attendee[1].side": "team", "attendee[2].side": "customer", "lead": "1"}
    changed |= {"reason": "a better one", "objective[1].text": "Agree on a day"}
    answer = site.browser.post(address, data=changed)
    assert "The plan is kept, and the debrief follows it." in answer.text
    assert path.read_text(encoding="utf-8").startswith("# Marcus says only hello\n")
    record = read_call(site.folder)
    assert record.plan is not None
    assert (record.plan.reason, [one.text for one in record.plan.objectives]) == ("a better one", ["Agree on a day"])
    older = site.browser.post(address, data=changed | {"reason": "mine"})
    assert older.status_code == 409
    assert "mine" in older.text
    path.write_text('typed = "by hand"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    strange = site.browser.post(address, data=changed | site.form(address))
    assert strange.status_code == 400
    assert "typed is not known in a plan" in strange.text
    assert path.read_text(encoding="utf-8").startswith("typed")


def test_read_only_shows_plans_and_keeps_none(tmp_path: Path) -> None:
    site = Site(tmp_path, {"read_only": True})
    assert "Agree on the next step" in site.get(f"{site.call}/plan")
    fields = FILLED | {"token": site.serving.token(site.serving.local_user)}
    assert site.browser.post("/plans/new", data=fields).status_code == 403
    assert site.browser.post(f"{site.call}/plan", data=fields).status_code == 403
