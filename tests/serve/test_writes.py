"""What a person changes in the browser: kept as from a terminal, told when somebody else was quicker, taken back."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from analyzer import session
from analyzer.call.folder import CallFolder
from analyzer.debrief.conversation.answers import read_draft, talk_of
from analyzer.debrief.results import read_call
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.nightly import INDEX_FILE, write_index
from tests.serve.site import Site


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def record(site: Site):  # type: ignore[no-untyped-def]
    return read_call(CallFolder(site.folder.path))


NAMES = {"name.S1": "Dana R. Reyes", "name.S2": "Ray Kowalski", "name.S3": "Marcus Webb"}


def test_three_voices_are_named_at_once_and_catalog_and_index_are_right_at_once(site: Site) -> None:
    with Catalog.open(site.out) as catalog:
        index = write_index(site.out, catalog.summaries(), [], unread={})
    answer = site.send(f"{site.call}/who", f"{site.call}/who", NAMES | {"role.S3": "manager"})
    assert "Saved." in answer.text
    assert [site.label(key) for key in ("S1", "S2", "S3")] == ["Dana R. Reyes", "Ray Kowalski", "Marcus Webb"]
    assert len(site.folder.corrections()) == 2  # what report was told, and this
    assert site.folder.corrections()[-1].by == site.serving.local_user
    assert index == site.out / INDEX_FILE
    assert "Marcus Webb" in index.read_text()
    with Catalog.open(site.out) as catalog:
        (summary,) = catalog.summaries()
        assert [person.name for person in summary.record.people] == ["Dana R. Reyes", "Ray Kowalski", "Marcus Webb"]
        assert catalog.search("webb")
    assert site.call in site.get("/calls?person=Dana R. Reyes")
    assert "Marcus Webb" in site.get("/people")


def test_what_is_left_as_it_was_is_no_change(site: Site) -> None:
    before = site.folder.corrections()
    answer = site.send(
        f"{site.call}/who", f"{site.call}/who", {"name.S1": "Dana Reyes", "side.S1": "team", "salesperson": "S1"}
    )
    assert "Nothing was changed" in answer.text
    assert site.folder.corrections() == before


def test_voices_are_set_aside_joined_and_placed_and_each_is_taken_back(site: Site) -> None:
    who = f"{site.call}/who"
    for fields, key, shown in (
        ({"side.S3": "none"}, "side", "none"),
        ({"side.S3": "customer"}, "side", "customer"),
        ({"role.S3": "specialist"}, "role", "specialist"),
        ({"name.S3": "Marcus Webb"}, "name", "Marcus Webb"),
    ):
        before = getattr(record(site).person("S3"), key)
        site.send(who, who, fields)
        assert getattr(record(site).person("S3"), key) == shown
        site.send(who, f"{site.call}/undo", {})
        assert getattr(record(site).person("S3"), key) == before
    site.send(who, who, {"same.S3": "S1"})
    assert [person.speakers for person in record(site).people] == [("S1", "S3"), ("S2",)]
    answer = site.send(who, f"{site.call}/undo", {})
    assert "taken back: S3 is S1" in answer.text
    assert len(record(site).people) == 3


def test_a_line_is_given_to_somebody_else_and_taken_back(site: Site) -> None:
    listen = f"{site.call}/listen"
    line = re.search(r'data-who="S1" data-first="(1:[^"]+)" data-last="([^"]+)"', site.get(listen))
    assert line is not None
    given = {"who": "S1", "first": line[1], "last": line[2], "to": "Eva Lindqvist"}
    site.send(listen, f"{site.call}/lines", given)
    people = {person.label for person in record(site).people}
    assert "Eva Lindqvist" in people
    site.send(listen, f"{site.call}/undo", {})
    assert {person.label for person in record(site).people} == {"Dana Reyes", "S2", "S3"}
    to_one_there = site.send(listen, f"{site.call}/lines", given | {"to": "S3"})
    assert to_one_there.status_code == 200
    assert len(record(site).people) == 3
    wrong = site.send(listen, f"{site.call}/lines", given | {"who": "S2"})
    assert wrong.status_code == 400
    assert "says nothing there" in wrong.text


def test_of_two_browsers_the_second_is_told_who_was_quicker_and_what_it_wrote(site: Site) -> None:
    who = f"{site.call}/who"
    old = site.form(who)
    site.send(who, who, {"name.S3": "Marcus Webb"})
    late = site.browser.post(who, data=old | {"name.S3": "Mark Weber"})
    assert late.status_code == 409
    assert f"changed just now by {site.serving.local_user}" in late.text
    assert "Mark Weber" in late.text
    assert site.label("S3") == "Marcus Webb"
    assert site.browser.post(f"{site.call}/undo", data=old).status_code == 409


def test_a_terminal_beside_the_browser_is_seen_too(site: Site) -> None:
    old = site.form(f"{site.call}/who")
    session.name(site.folder.path, site.settings, names={"S3": "Marcus Webb"})
    late = site.browser.post(f"{site.call}/who", data=old | {"name.S1": "Dana R. Reyes"})
    assert late.status_code == 409
    assert site.label("S1") == "Dana Reyes"


def test_a_debrief_is_held_step_by_step_and_figures_come_after_the_own_view(site: Site) -> None:
    page = f"{site.call}/debrief"
    first = site.get(page)
    headline = record(site).lead.headline
    assert headline not in first
    assert "%" not in re.sub("<[^>]+>", "", first.partition("<form method")[2])
    site.send(page, page, {"step": "1", "share": "80", "well": "The opening", "differently": "Ask more"})
    assert headline not in site.get(page)
    site.send(page, page, {"step": "2", "manager": "Fine", "met.0.0": "met", "met.1.0": "in part"})
    third = site.get(page)
    assert "Dana Reyes said 80 %; measured were" in third
    site.send(page, page, {"step": "3", "observed": "Two things at once\nA long pause"})
    promise = {"promise.who": "S3", "promise.text": "Wait until asked", "promise.due": "2026-12-01"}
    site.send(page, page, promise | {"step": "4", "then": "more"})
    end = site.send(page, page, {"step": "4", "then": "end"})
    assert "The debrief is kept." in end.text
    kept = talk_of(CallFolder(site.folder.path))
    assert kept is not None
    assert (kept.talk.own_lead_share, kept.talk.went_well, kept.talk.manager_view) == (0.8, "The opening", "Fine")
    assert kept.talk.observations == ("Two things at once", "A long pause")
    assert [(one.who, one.text, one.due) for one in kept.talk.commitments] == [
        ("S3", "Wait until asked", dt.date(2026, 12, 1))
    ]
    assert [(one.salesperson, one.manager) for one in kept.talk.objectives] == [("met", "in part")]
    assert kept.by == site.serving.local_user
    assert read_draft(site.folder, record(site).recording.sha256) is None
    assert "Hold the debrief</a> <span>of" not in site.get("/")
    assert "Wait until asked" in site.get(site.call)


def test_on_two_devices_one_answers_and_the_other_is_told_and_goes_on_from_there(site: Site) -> None:
    page = f"{site.call}/debrief"
    laptop, phone = site.form(page), site.form(page)
    assert site.browser.post(page, data=laptop | {"step": "1", "share": "80", "well": "The demo"}).status_code == 200
    late = site.browser.post(page, data=phone | {"step": "1", "share": "60", "well": "Nothing, to be honest"})
    assert late.status_code == 409
    assert "the talk went on meanwhile" in late.text
    assert "Nothing, to be honest" in late.text
    assert "Objectives" in site.get(page)
    draft = read_draft(site.folder, record(site).recording.sha256)
    assert draft is not None
    assert draft.answers.own_lead_share == 80


def test_what_cannot_be_is_told_and_nothing_is_kept(site: Site) -> None:
    page = f"{site.call}/debrief"
    for fields in (
        {"step": "1", "share": "a lot"},
        {"step": "1", "share": "800"},
        {"step": "2", "met.0.0": "perhaps"},
        {"step": "4", "promise.who": "Dana Reyes"},
        {"step": "4", "promise.who": "Dana", "promise.text": "x", "promise.due": "soon"},
    ):
        assert site.send(page, page, fields).status_code == 400, fields
    assert read_draft(site.folder, record(site).recording.sha256) is None
    who = f"{site.call}/who"
    for fields in ({"side.S3": "ours"}, {"name.S3": "x" * 300}, {"enrol.S3": "yes"}, {"same.S3": "S9"}):
        answer = site.send(who, who, fields)
        assert answer.status_code in (200, 400), (fields, answer.text)
    assert site.browser.post(f"{site.call}/lines", data=site.form(who) | {"who": "S1"}).status_code == 400


def test_an_empty_list_has_nothing_to_take_back(site: Site) -> None:
    who = f"{site.call}/who"
    site.send(who, f"{site.call}/undo", {})
    answer = site.send(who, f"{site.call}/undo", {})
    assert answer.status_code == 400
    assert "there is no correction to take back" in answer.text
