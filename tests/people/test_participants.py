"""Who is who: sides, merges, names, the plan, and which source wins."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.errors import UnknownSpeakerError, UsageError
from analyzer.people.participants import Claim, Evidence, Participants, Person, resolve
from analyzer.people.plan.plan import Attendee, Plan

THREE = ("S1", "S2", "S3")
FOUR = (*THREE, "S4")

MARIA = Attendee("Maria Lopez", "team", "manager", aliases=("Mia",))
STEFAN = Attendee("Stefan Ott", "team", "salesperson", lead=True)
DANA = Attendee("Dana Reyes", "customer", "buyer")
CARL = Attendee("Carl Vance", "customer", "engineer")


def plan(*attendees: Attendee) -> Plan:
    return Plan(date=None, customer="Acme", reason="the price", attendees=attendees or (STEFAN, MARIA, DANA))


def told(**what: Any) -> Claim:
    return Claim("command line", **what)


def corrected(**what: Any) -> Claim:
    return Claim("correction", **what)


def sides(found: Participants) -> dict[str, str | None]:
    return {person.key: person.side for person in found.people}


def names(found: Participants) -> dict[str, str | None]:
    return {person.key: person.name for person in found.people}


# Sides


def test_without_anything_said_nobody_has_a_side_and_nobody_is_guessed() -> None:
    found = resolve(THREE)
    assert sides(found) == {"S1": None, "S2": None, "S3": None}
    assert found.salesperson is None
    assert found.rule == "no one said the side of S1, S2, S3, so it is not known"
    assert all(person.evidence == () for person in found.people)


def test_the_salesperson_alone_tells_nobody_elses_side() -> None:
    found = resolve(THREE, [told(salesperson="S2")])
    assert sides(found) == {"S1": None, "S2": "team", "S3": None}
    assert found.salesperson == "S2"
    assert found.person("S2").role == "salesperson"


def test_with_only_customers_named_everybody_else_is_the_team() -> None:
    found = resolve(THREE, [told(salesperson="S1", customers=("S3",))])
    assert sides(found) == {"S1": "team", "S2": "team", "S3": "customer"}
    assert found.rule == "only customers were named, so everybody else counts as team"
    assert found.person("S2").evidence == (Evidence("rule", f"side team: {found.rule}"),)
    assert sides(resolve(THREE, [told(customers=("S3",))])) == {"S1": "team", "S2": "team", "S3": "customer"}


def test_with_only_companions_named_everybody_else_is_the_customer() -> None:
    found = resolve(FOUR, [told(salesperson="S1", team=("S2",))])
    assert sides(found) == {"S1": "team", "S2": "team", "S3": "customer", "S4": "customer"}
    assert found.rule == "only team members were named, so everybody else counts as customer"


def test_naming_the_salesperson_twice_names_no_companion() -> None:
    assert sides(resolve(THREE, [told(salesperson="S1", team=("S1",))])) == {"S1": "team", "S2": None, "S3": None}


def test_with_both_sides_named_the_others_stay_open() -> None:
    found = resolve(FOUR, [told(salesperson="S1", team=("S2",), customers=("S3",))])
    assert sides(found) == {"S1": "team", "S2": "team", "S3": "customer", "S4": None}
    assert found.rule == "no one said the side of S4, so it is not known"


def test_with_everybody_named_no_rule_is_needed() -> None:
    found = resolve(THREE, [told(salesperson="S1", team=("S2",), customers=("S3",))])
    assert found.rule == "everybody's side was named"
    assert found.side("team") == ("S1", "S2")
    assert found.side("customer") == ("S3",)


def test_the_rule_waits_while_the_plan_has_more_people_on_the_named_side() -> None:
    # Two customers are planned and one is named: the others may be the second one.
    found = resolve(THREE, [told(salesperson="S1", customers=("S3",))], plan(STEFAN, MARIA, DANA, CARL))
    assert sides(found) == {"S1": "team", "S2": None, "S3": "customer"}
    assert "the plan has more people on the side that was named" in found.rule
    xu = Attendee("Xu", "team", "demo")
    found = resolve(THREE, [told(names={"S1": "Stefan Ott", "S2": "Mia"})], plan(STEFAN, MARIA, xu))
    assert sides(found) == {"S1": "team", "S2": "team", "S3": None}


def test_the_rule_holds_once_everybody_planned_on_that_side_is_found() -> None:
    found = resolve(THREE, [told(salesperson="S1", customers=("S3",))], plan(STEFAN, MARIA, DANA))
    assert sides(found) == {"S1": "team", "S2": "team", "S3": "customer"}


@pytest.mark.parametrize(
    "what",
    [
        {"team": ("S1",), "customers": ("S1",)},
        {"salesperson": "S1", "customers": ("S1",)},
        {"sides": {"S1": "customer"}, "salesperson": "S1"},
        {"sides": {"S1": "customer"}, "team": ("S1",)},
        {"same": {"S2": "S1"}, "team": ("S1",), "customers": ("S2",)},
        {"names": {"S1": "Ann"}, "team": ("ann",), "customers": ("S1",)},
    ],
)
def test_nobody_is_on_both_sides(what: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as error:
        resolve(THREE, [told(**what)])
    assert "cannot be on the team and the customer at once. Say one of the two." in error.value.line()
    assert error.value.line().startswith("command line: ")


def test_a_cast_with_a_salesperson_off_the_team_cannot_be() -> None:
    with pytest.raises(ValueError, match="must be somebody on the team"):
        Participants((Person("S1", ("S1",), side="customer"),), "S1")
    with pytest.raises(ValueError, match="must be somebody on the team"):
        Participants((Person("S1", ("S1",), side="team"),), "S2")


# Merges


def test_a_speaker_that_is_another_one_is_the_same_person() -> None:
    found = resolve(FOUR, [corrected(same={"S4": "S2"})])
    assert [person.speakers for person in found.people] == [("S1",), ("S2", "S4"), ("S3",)]
    assert found.keys_by_speaker == {"S1": "S1", "S2": "S2", "S3": "S3", "S4": "S2"}
    assert found.person("S2").evidence == (Evidence("correction", "S4 is S2"),)


def test_the_key_is_the_first_who_spoke_whichever_way_round_it_was_said() -> None:
    assert resolve(FOUR, [corrected(same={"S2": "S4"})]).keys_by_speaker["S4"] == "S2"


def test_a_chain_of_merges_is_one_person() -> None:
    found = resolve(FOUR, [corrected(same={"S4": "S3", "S3": "S1"})])
    assert [person.speakers for person in found.people] == [("S1", "S3", "S4"), ("S2",)]


def test_a_merge_in_a_circle_is_an_error() -> None:
    with pytest.raises(UsageError, match="in a circle"):
        resolve(FOUR, [corrected(same={"S1": "S2", "S2": "S1"})])
    with pytest.raises(UsageError, match="in a circle"):
        resolve(FOUR, [corrected(same={"S4": "S1", "S1": "S2", "S2": "S3", "S3": "S1"})])


def test_a_speaker_that_is_itself_is_nothing_new() -> None:
    assert resolve(THREE, [corrected(same={"S1": "S1"})]) == resolve(THREE)


def test_the_stronger_source_says_whom_a_speaker_is() -> None:
    found = resolve(FOUR, [told(same={"S4": "S2"}), corrected(same={"S4": "S3"})])
    assert found.keys_by_speaker["S4"] == "S2"
    assert [e.says for person in found.people for e in person.evidence] == ["S4 is S2"]


def test_two_sources_that_say_the_same_the_other_way_round_agree() -> None:
    found = resolve(FOUR, [told(same={"S1": "S2"}), corrected(same={"S2": "S1"})])
    assert [person.speakers for person in found.people] == [("S1", "S2"), ("S3",), ("S4",)]


def test_people_may_be_called_by_any_of_their_speakers() -> None:
    assert resolve(FOUR, [told(same={"S4": "S2"}, salesperson="S4")]).salesperson == "S2"


# Names


def test_names_are_given_and_found_by_case_accents_and_first_name() -> None:
    for who in ("Zoë Brown", "zoe brown", "ZOË", "Zoe"):
        found = resolve(THREE, [told(names={"S2": "Zoë Brown"}, salesperson=who)])
        assert found.salesperson == "S2"
    assert names(found) == {"S1": None, "S2": "Zoë Brown", "S3": None}
    assert [found.label(key) for key in ("S1", "S2", "S9")] == ["S1", "Zoë Brown", "S9"]


def test_a_first_name_of_two_people_means_neither() -> None:
    with pytest.raises(UnknownSpeakerError) as error:
        resolve(THREE, [told(names={"S1": "Ann Lee", "S2": "Ann Poe"}, salesperson="Ann")])
    assert error.value.line() == (
        "command line: 'Ann' may be Ann Lee or Ann Poe. On this call are: S1, S2, S3, Ann Lee, Ann Poe."
    )


def test_two_people_cannot_have_one_name() -> None:
    with pytest.raises(UsageError) as error:
        resolve(THREE, [told(names={"S1": "Ann", "S3": "ANN"})])
    assert error.value.line() == (
        "command line: S1 and S3 are both called ANN. "
        "If they are one person, say so with S3=S1; if not, give one of them another name."
    )


def test_one_person_with_two_speakers_has_the_name_of_the_one_that_both_are() -> None:
    for same, expected in [({"S4": "S2"}, "Ann"), ({"S2": "S4"}, "Bob")]:
        found = resolve(FOUR, [corrected(same=same, names={"S2": "Ann", "S4": "Bob"})])
        assert found.person("S2").name == expected


def test_one_name_for_both_speakers_of_a_person_is_fine() -> None:
    found = resolve(FOUR, [corrected(same={"S4": "S2"}, names={"S2": "Ann", "S4": "Ann"})])
    assert found.person("S2").name == "Ann"


def test_the_stronger_source_names_a_person_and_the_other_name_still_finds_them() -> None:
    found = resolve(THREE, [told(names={"S1": "Robert"}), corrected(names={"S1": "Bob"}, sides={"Bob": "customer"})])
    assert found.person("S1").name == "Robert"
    assert found.person("S1").side == "customer"
    assert [e.says for e in found.person("S1").evidence] == ["name Robert", "side customer"]


def test_a_name_that_a_stronger_source_gave_to_somebody_else_is_not_given_again() -> None:
    found = resolve(THREE, [told(names={"S1": "Ann"}), corrected(names={"S3": "Ann"})])
    assert names(found) == {"S1": "Ann", "S2": None, "S3": None}


@pytest.mark.parametrize("name", ["", "  ", "Ann\nLee", "\u0301"])
def test_a_name_is_a_line_of_text(name: str) -> None:
    with pytest.raises(UsageError, match="is no name"):
        resolve(THREE, [told(names={"S1": name})])


@pytest.mark.parametrize(
    "what",
    [
        {"names": {"S9": "Ann"}},
        {"names": {"Ann": "Anne"}},
        {"same": {"S9": "S1"}},
        {"same": {"S1": "S9"}},
        {"salesperson": "S9"},
        {"salesperson": "Ann"},
        {"team": ("S9",)},
        {"customers": ("S9",)},
        {"sides": {"S9": "team"}},
        {"roles": {"S9": "manager"}},
    ],
)
def test_nobody_who_is_not_on_the_call_can_be_spoken_of(what: dict[str, Any]) -> None:
    with pytest.raises(UnknownSpeakerError) as error:
        resolve(THREE, [told(**what)])
    assert error.value.line().startswith("command line: ")
    assert error.value.line().endswith("On this call are: S1, S2, S3.")


# The plan


def test_the_plan_gives_side_and_role_to_whoever_has_a_name_in_it() -> None:
    found = resolve(THREE, [told(names={"S1": "Mia", "S2": "stefan ott", "S3": "Dana"})], plan())
    assert names(found) == {"S1": "Maria Lopez", "S2": "Stefan Ott", "S3": "Dana Reyes"}
    assert sides(found) == {"S1": "team", "S2": "team", "S3": "customer"}
    assert found.person("S1").role == "manager"
    assert [(e.source, e.says) for e in found.person("S1").evidence] == [
        ("command line", "name Mia"),
        ("plan", "side team"),
        ("plan", "role manager"),
    ]


def test_the_plans_lead_is_the_salesperson_once_somebody_has_that_name() -> None:
    assert resolve(THREE, [told(names={"S2": "Stefan"})], plan()).salesperson == "S2"
    assert resolve(THREE, [], plan()).salesperson is None
    assert resolve(THREE, [told(names={"S2": "Mia"})], plan()).salesperson is None


def test_people_may_be_called_by_the_aliases_of_the_plan() -> None:
    assert resolve(THREE, [told(names={"S1": "Maria Lopez"}, customers=("Mia",))], plan()).side("customer") == ("S1",)
    assert resolve(THREE, [told(names={"S1": "Mia"}, team=("Mia",))], plan()).person("S1").name == "Maria Lopez"


def test_somebody_who_is_not_in_the_plan_keeps_their_name_and_has_no_role() -> None:
    found = resolve(THREE, [told(names={"S1": "Zed"})], plan())
    assert (found.person("S1").name, found.person("S1").side, found.person("S1").role) == ("Zed", None, None)


def test_two_people_who_are_one_in_the_plan_are_an_error() -> None:
    with pytest.raises(UsageError) as error:
        resolve(THREE, [told(names={"S1": "Mia", "S3": "Maria"})], plan())
    assert error.value.line().startswith("plan: S1 and S3 are both called Maria Lopez. If they are one person")


@pytest.mark.parametrize("speakers", [("S1", "S2"), ("S2", "S1")])
def test_a_first_name_beside_the_full_name_is_somebody_else(speakers: tuple[str, str]) -> None:
    one, other = speakers
    found = resolve(THREE, [told(names={one: "Maria Lopez", other: "Maria"})], plan())
    assert found.person(one).role == "manager"
    assert (found.person(other).name, found.person(other).role) == ("Maria", None)


# Which source wins


def test_the_command_line_outranks_a_correction_and_a_correction_the_plan() -> None:
    named = corrected(names={"S1": "Maria Lopez"}, roles={"S1": "director"}, sides={"S2": "team"})
    found = resolve(THREE, [told(sides={"S2": "customer"}, roles={"S2": "buyer"}), named], plan())
    assert found.person("S2").side == "customer"
    assert found.person("S1").role == "director"  # and not the plan's manager
    assert found.person("S1").side == "team"  # which only the plan knows
    found = resolve(THREE, [told(roles={"S1": "observer"}), named], plan())
    assert found.person("S1").role == "observer"


def test_a_side_that_was_said_stands_against_the_plan() -> None:
    found = resolve(THREE, [corrected(names={"S1": "Maria Lopez"}, sides={"S1": "customer"})], plan())
    assert found.person("S1").side == "customer"
    assert [e.says for e in found.person("S1").evidence] == ["name Maria Lopez", "side customer", "role manager"]


def test_the_salesperson_of_the_stronger_source_is_the_only_one() -> None:
    found = resolve(THREE, [told(salesperson="S1"), corrected(salesperson="S2")])
    assert found.salesperson == "S1"
    # What hung on the other statement is gone with it.
    assert sides(found) == {"S1": "team", "S2": None, "S3": None}
    assert resolve(THREE, [told(), corrected(salesperson="S2")]).salesperson == "S2"
    assert resolve(THREE, [told(salesperson="S1", names={"S2": "Stefan"})], plan()).salesperson == "S1"


def test_nobody_is_the_salesperson_against_what_a_stronger_source_says() -> None:
    found = resolve(THREE, [told(customers=("S1",)), corrected(salesperson="S1")])
    assert (found.salesperson, found.person("S1").side) == (None, "customer")
    found = resolve(THREE, [told(customers=("S2",), names={"S2": "Stefan"})], plan())
    assert (found.salesperson, found.person("S2").side) == (None, "customer")


def test_a_role_said_of_the_salesperson_is_kept() -> None:
    found = resolve(THREE, [told(salesperson="S1", roles={"S1": "account executive"})])
    assert (found.salesperson, found.person("S1").role) == ("S1", "account executive")


def test_people_come_in_order_of_first_speech() -> None:
    assert [p.key for p in resolve(("S1", "S2", "S3"), [told(names={"S3": "A", "S1": "Z"})]).people] == [
        "S1",
        "S2",
        "S3",
    ]
    assert resolve(()).people == ()


def test_the_salesperson_gets_the_name_that_the_plan_has_for_one() -> None:
    plan = Plan(None, None, None, (Attendee("Dana Reyes", "team", "salesperson", lead=True),))
    people = resolve(("S1", "S2"), [Claim("command line", salesperson="S2")], plan)
    assert [person.name for person in people.people] == [None, "Dana Reyes"]
    named = resolve(("S1", "S2"), [Claim("x", names={"S1": "Dana Reyes"}, salesperson="S2")], plan)
    assert [person.name for person in named.people] == ["Dana Reyes", None]
    led_by_a_specialist = Plan(None, None, None, (Attendee("Priya Nair", "team", "specialist", lead=True),))
    unnamed = resolve(("S1", "S2"), [Claim("command line", salesperson="S2")], led_by_a_specialist)
    assert [person.name for person in unnamed.people] == [None, None]
