"""The plan's attendees against the people on the call."""

from __future__ import annotations

from analyzer.lead.attendance import attendance, call_names, keys_by_attendee, not_in_plan
from analyzer.people.participants import Claim, resolve
from analyzer.people.plan.plan import Attendee, Plan

DANA = Attendee("Dana Reyes", "team", "salesperson", lead=True)
MARCUS = Attendee("Marcus Webb", "team", "manager", aliases=("Max",))
RAY = Attendee("Ray Kowalski", "customer", "customer")
PLAN = Plan(None, None, None, (DANA, MARCUS, RAY))


def statuses(names: dict[str, str]) -> list[tuple[str, str, str | None]]:
    people = resolve(("S1", "S2"), [Claim("x", names=names)], PLAN)
    return [(found.attendee.name, found.status, found.key) for found in attendance(PLAN, people)]


def test_who_is_named_spoke_and_the_rest_may_be_a_voice_without_a_name() -> None:
    assert statuses({"S2": "Ray Kowalski"}) == [
        ("Dana Reyes", "not_identified", None),
        ("Marcus Webb", "not_identified", None),
        ("Ray Kowalski", "spoke", "S2"),
    ]


def test_when_every_voice_has_a_planned_name_the_rest_were_silent() -> None:
    assert statuses({"S1": "Dana Reyes", "S2": "Ray Kowalski"})[1] == ("Marcus Webb", "silent", None)


def test_a_voice_with_a_name_that_the_plan_does_not_have_leaves_it_open_only_for_nobody() -> None:
    people = resolve(("S1", "S2"), [Claim("x", names={"S1": "Dana Reyes", "S2": "Carol Jones"})], PLAN)
    assert not_in_plan(PLAN, people) == ("S2",)
    assert keys_by_attendee(PLAN, people) == {"Dana Reyes": "S1"}
    assert attendance(PLAN, people)[1].status == "not_identified"


def test_people_are_called_by_full_name_first_name_and_aliases() -> None:
    people = resolve(("S1", "S2"), [Claim("x", names={"S1": "Dana Reyes", "S2": "Max"})], PLAN)
    assert call_names(PLAN, None, people) == {"S1": ("Dana Reyes", "Dana"), "S2": ("Marcus Webb", "Marcus", "Max")}
