"""Names by elimination: only where one possibility is left."""

from __future__ import annotations

import pytest

from analyzer.people.elimination import eliminated
from analyzer.people.participants import Claim, resolve
from analyzer.people.plan.plan import Attendee, Plan
from analyzer.timeline import samples

DANA = Attendee("Dana Reyes", "team", "salesperson", lead=True)
MARCUS = Attendee("Marcus Webb", "team", "manager")
PRIYA = Attendee("Priya Nair", "team", "specialist")
RAY = Attendee("Ray Kowalski", "customer", "customer")
THREE = ("S1", "S2", "S3")
ENOUGH = dict.fromkeys((*THREE, "S4"), samples(10.0))


def found(
    *attendees: Attendee,
    speakers: tuple[str, ...] = THREE,
    talk: dict[str, int] = ENOUGH,
    unheard: str = "",
    **said: object,
) -> dict[str, str]:
    plan = Plan(date=None, customer="Acme", reason="the price", attendees=attendees)
    people = resolve(speakers, [Claim("command line", **said)], plan)  # type: ignore[arg-type]
    return dict(eliminated(people, plan.attendees, talk, [unheard]).names)


def test_two_of_three_leave_the_third() -> None:
    assert found(DANA, MARCUS, RAY, names={"S1": "Dana Reyes", "S3": "Ray Kowalski"}) == {"S2": "Marcus Webb"}


def test_salesperson_and_customer_name_all_three_of_the_plan() -> None:
    assert found(DANA, MARCUS, RAY, salesperson="S1", customers=("S2",)) == {"S2": "Ray Kowalski", "S3": "Marcus Webb"}


def test_two_possibilities_are_none() -> None:
    assert found(DANA, MARCUS, RAY, salesperson="S1") == {}
    four = {"speakers": (*THREE, "S4"), "salesperson": "S1", "customers": ("S2",)}
    assert found(DANA, MARCUS, PRIYA, RAY, **four) == {"S2": "Ray Kowalski"}  # type: ignore[arg-type]


def test_a_role_leaves_one_possibility() -> None:
    said = {"speakers": (*THREE, "S4"), "salesperson": "S1", "customers": ("S2",), "roles": {"S4": "specialist"}}
    assert found(DANA, MARCUS, PRIYA, RAY, **said) == {  # type: ignore[arg-type]
        "S2": "Ray Kowalski",
        "S3": "Marcus Webb",
        "S4": "Priya Nair",
    }


@pytest.mark.parametrize(
    "otherwise",
    [
        {"speakers": ("S1", "S2")},
        {"speakers": (*THREE, "S4")},
        {"talk": {"S1": samples(60.0), "S2": samples(30.0), "S3": samples(2.0)}},
        {"names": {"S1": "Dana Reyes", "S2": "Fiona Muir"}},
        {"unheard": "marcus webb"},
    ],
    ids=["somebody silent", "a voice too many", "a splinter", "a stranger", "absent by voice"],
)
def test_where_the_list_and_the_voices_may_be_other_people_nobody_is_named(otherwise: dict[str, object]) -> None:
    said = {"names": {"S1": "Dana Reyes", "S2": "Ray Kowalski"}} | otherwise
    assert found(DANA, MARCUS, RAY, **said) == {}  # type: ignore[arg-type]


def test_a_voice_that_is_no_one_is_not_counted() -> None:
    said = {"speakers": (*THREE, "S4"), "names": {"S1": "Dana Reyes", "S2": "Ray Kowalski"}, "sides": {"S4": "none"}}
    assert found(DANA, MARCUS, RAY, **said) == {"S3": "Marcus Webb"}  # type: ignore[arg-type]
