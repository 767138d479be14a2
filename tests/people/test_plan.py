"""The records of a plan and the rules between them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from analyzer.people.commitment import Commitment
from analyzer.people.names import closest, folded, matching
from analyzer.people.plan.plan import AgendaItem, Attendee, DeclaredException, Objective, Plan, problems
from analyzer.people.positions import field_name
from analyzer.timeline import Span, samples

DANA = Attendee("Dana Reyes", "team", "salesperson", lead=True, aliases=("D. R.",))
SAM = Attendee("Sam Okafor", "team", "manager")
ZOE = Attendee("Zoë Lind", "customer", "customer")
DEMO = AgendaItem("Demo", "Sam Okafor", ("screen",))
PILOT = Objective("Agree on a pilot", ("pilot",))
PLAN = Plan(
    dt.date(2026, 5, 12), "Northwind Foods", "Sam answers what security asks", (DANA, SAM, ZOE), (DEMO,), (PILOT,)
)


def test_a_plan_knows_its_lead_its_sides_and_how_many_are_on_the_call() -> None:
    assert PLAN.lead == DANA
    assert PLAN.team == (DANA, SAM)
    assert PLAN.customers == (ZOE,)
    assert PLAN.headcount == 3
    assert problems(PLAN) == ()


def test_the_headcount_is_not_known_when_nobody_of_the_customer_is_listed() -> None:
    plan = replace(PLAN, attendees=(DANA, SAM))
    assert plan.headcount is None
    assert [(p.severity, p.place) for p in problems(plan)] == [("warning", ("attendee",))]


def test_planned_hand_overs_are_the_items_of_team_members_without_the_lead() -> None:
    own = AgendaItem("Where things stand", "Dana Reyes", ("dispatch",))
    theirs = AgendaItem("How we ship", "Zoë Lind", ("depot",))
    assert replace(PLAN, agenda=(own, DEMO, theirs)).hand_overs == (DEMO,)


def test_the_day_of_a_call_is_that_of_its_own_clock() -> None:
    late = dt.datetime(2026, 5, 12, 23, 30, tzinfo=dt.timezone(-dt.timedelta(hours=5)))
    assert replace(PLAN, date=late).day == dt.date(2026, 5, 12)
    assert replace(PLAN, date=None).day is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dana Reyes", DANA),
        ("  dana   REYES ", DANA),
        ("D. R.", DANA),
        ("d. r.", DANA),
        ("Dana", DANA),
        ("Reyes", None),
        ("Zoe Lind", ZOE),
        ("ZOË", ZOE),
        ("Zoë", ZOE),
        ("Dan", None),
        ("", None),
        (" ", None),
        ("\u0301", None),
    ],
)
def test_attendees_are_found_by_name_alias_and_first_name(name: str, expected: Attendee | None) -> None:
    assert PLAN.attendee(name) == expected


def test_a_first_name_of_two_means_nobody_and_a_full_name_comes_first() -> None:
    other = Attendee("Dana Smith", "customer", "customer")
    plan = replace(PLAN, attendees=(DANA, other, SAM))
    assert plan.attendee("Dana") is None
    assert plan.attendee("Dana Smith") == other
    short = Attendee("Dana", "customer", "customer")
    assert replace(PLAN, attendees=(DANA, short, SAM)).attendee("dana") == short
    nicknamed = replace(SAM, aliases=("Dana",))
    assert matching((DANA, nicknamed), "Dana") == (nicknamed,)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Łukasz Żółć", "lukasz zolc"),
        ("Søren Æbelø", "SOREN AEBELO"),
        ("Straße", "STRASSE"),
        ("O’Neil", "O'Neil"),
        ("Jean‑Luc", "Jean-Luc"),
        ("José", "Jose\u0301"),
        ("Άννα", "αννα"),
        ("Фёдор", "федор"),
        ("İpek", "ipek"),
        ("ＤＡＮＡ", "dana"),
    ],
)
def test_case_accents_and_apostrophes_do_not_make_another_name(a: str, b: str) -> None:
    assert folded(a) == folded(b)


@pytest.mark.parametrize(("a", "b"), [("かき", "がき"), ("Anna", "Ana"), ("राम", "रम"), ("김", "킴")])
def test_marks_that_make_another_letter_make_another_name(a: str, b: str) -> None:
    assert folded(a) != folded(b)


def test_the_closest_name_is_one_that_looks_alike_or_none() -> None:
    assert closest("Dana Reyse", ["Sam Okafor", "Dana Reyes"]) == "Dana Reyes"
    assert closest("Bob", ["Sam Okafor", "Dana Reyes"]) is None
    assert closest("x" * 61, ["x" * 60]) is None


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"attendees": ()}, "attendee"),
        ({"agenda": (replace(DEMO, lead="Bob"),)}, r"agenda\[1\].lead"),
        ({"reason": "x" * 2001}, "longer than 2000"),
    ],
)
def test_records_that_break_a_rule_together_make_no_plan(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=place):
        replace(PLAN, **changes)


def test_records_refuse_what_their_fields_cannot_hold() -> None:
    bad: list[tuple[Any, dict[str, Any]]] = [
        (DANA, {"name": ""}),
        (DANA, {"name": "\u0301"}),
        (DANA, {"name": "Da\x1bna"}),
        (DANA, {"side": "client"}),
        (DANA, {"role": ""}),
        (DANA, {"aliases": ("",)}),
        (DEMO, {"title": ""}),
        (DEMO, {"keywords": ("",)}),
        (DEMO, {"length": 0}),
        (DEMO, {"start": -1}),
        (DEMO, {"start": 5, "end": 5}),
        (DEMO, {"end": 0}),
        (PILOT, {"text": ""}),
        (DeclaredException("other", dt.date(2026, 5, 1)), {"kind": "mood"}),
        (PLAN, {"commitments": (Commitment("", "Ask first"),)}),
        (PLAN, {"commitments": (Commitment("Dana", "\x00"),)}),
    ]
    for record, change in bad:
        with pytest.raises(ValueError, match=r"."):
            replace(record, **change)


def test_records_hold_texts_of_one_line_and_full_names() -> None:
    plan = Plan(
        customer="two\nlines",
        reason="",
        attendees=(replace(DANA, name=" Dana   Reyes"), SAM),
        agenda=(AgendaItem("Demo", "sam", ("a  b",)),),
        commitments=(Commitment("d. r.", "Ask  first"), Commitment("Bob Stone", "Listen")),
    )
    assert (plan.customer, plan.reason, plan.lead) == ("two lines", None, DANA)
    assert plan.agenda == (AgendaItem("Demo", "Sam Okafor", ("a b",)),)
    assert plan.commitments == (Commitment("Dana Reyes", "Ask first"), Commitment("Bob Stone", "Listen"))


def test_an_agenda_item_has_a_span_when_both_ends_are_known() -> None:
    assert replace(DEMO, start=0, end=16_000).span == Span(0, 16_000)
    assert replace(DEMO, start=0).span is None
    assert replace(DEMO, end=1).span is None


def item(title: str, start: float | None = None, end: float | None = None) -> AgendaItem:
    begin = None if start is None else samples(start)
    return AgendaItem(title, "Sam Okafor", ("x",), None, begin, None if end is None else samples(end))


@pytest.mark.parametrize(
    ("items", "clash"),
    [
        # touching, in any order, is no overlap
        ([item("a", 0, 10), item("b", 10, 20)], None),
        ([item("b", 10, 20), item("a", 0, 10)], None),
        ([item("a", 0, 10), item("b", 9, 20)], "agenda[2].start"),
        ([item("b", 9, 20), item("a", 0, 10)], "agenda[1].start"),
        # a long one reaches over the next into the one after
        ([item("a", 0, 30), item("b", 40, 50), item("c", 29, 35)], "agenda[3].start"),
        ([item("a", 5, 10), item("b", 5, 10)], "agenda[2].start"),
        # one known end takes the moment beside it
        ([item("a", 0, 10), item("b", 10)], None),
        ([item("a", 0, 10), item("b", 5)], "agenda[2].start"),
        ([item("a", 10, 20), item("b", None, 10)], None),
        ([item("a", 10, 20), item("b", None, 20)], "agenda[2].end"),
        ([item("a", 10, 20), item("b", 20, 30), item("c", None, 15)], "agenda[3].end"),
        ([item("a", 7), item("b", 7)], "agenda[2].start"),
        ([item("a"), item("b")], None),
    ],
)
def test_known_times_must_not_overlap(items: list[AgendaItem], clash: str | None) -> None:
    if clash is None:
        assert replace(PLAN, agenda=tuple(items)).agenda == tuple(items)
    else:
        with pytest.raises(ValueError, match="overlaps") as caught:
            replace(PLAN, agenda=tuple(items))
        assert f"{clash}: overlaps" in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "call", "fine"),
    [
        (dt.date(2026, 5, 12), dt.date(2026, 5, 12), True),
        (dt.date(2026, 5, 13), dt.date(2026, 5, 12), False),
        (dt.datetime(2026, 5, 12, 13, 59), dt.datetime(2026, 5, 12, 14), True),
        (dt.datetime(2026, 5, 12, 14, 1), dt.datetime(2026, 5, 12, 14), False),
        (dt.datetime(2026, 5, 12, 14, 1), dt.date(2026, 5, 12), True),
        (dt.date(2026, 5, 12), dt.datetime(2026, 5, 12, 14), True),
        (dt.datetime(2026, 5, 12, 15, tzinfo=dt.UTC), dt.datetime(2026, 5, 12, 14), True),
        (
            dt.datetime(2026, 5, 12, 23, tzinfo=dt.timezone(dt.timedelta(hours=12))),
            dt.datetime(2026, 5, 12, 14, tzinfo=dt.UTC),
            True,
        ),
        (
            dt.datetime(2026, 5, 12, 12, tzinfo=dt.timezone(-dt.timedelta(hours=3))),
            dt.datetime(2026, 5, 12, 14, tzinfo=dt.UTC),
            False,
        ),
    ],
)
def test_an_exception_counts_only_when_declared_before_the_call(declared: dt.date, call: dt.date, fine: bool) -> None:
    exception = DeclaredException("new_salesperson", declared)
    if fine:
        assert replace(PLAN, date=call, exception=exception).exception == exception
    else:
        with pytest.raises(ValueError, match="after the call"):
            replace(PLAN, date=call, exception=exception)


def test_no_reason_is_needed_when_the_salesperson_goes_alone() -> None:
    alone = Plan(dt.date(2026, 5, 12), "Northwind", None, (DANA, ZOE), (replace(DEMO, lead="Dana Reyes"),), (PILOT,))
    assert problems(alone) == ()


def test_a_commitment_of_somebody_else_is_fine() -> None:
    assert problems(replace(PLAN, commitments=(Commitment("Bob Stone", "Listen"),))) == ()


def test_places_are_counted_from_one_for_people() -> None:
    assert field_name(("attendee", 1, "role")) == "attendee[2].role"
    assert field_name(("agenda", 0, "keywords", 2)) == "agenda[1].keywords[3]"
    assert field_name(()) == ""
