"""Agenda items on the call: written lines whose place on the agenda is known.

S leads the call, M came along, C is the customer. Items are `title | keyword, keyword | lead | minutes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lead.agenda import (
    AHEAD,
    BACK,
    ENTER,
    NEXT,
    ItemOnCall,
    _best_path,
    _led_by,
    agenda_on_call,
    planned_stretches,
)
from analyzer.lead.stretches import lead_time
from analyzer.people.plan.plan import AgendaItem, Attendee, Plan
from analyzer.talk.floor import floor
from analyzer.talk.turns import spans_by_person
from analyzer.talk.words import utterances
from analyzer.timeline import Span, Turn, Word, clock, samples
from tests.random_calls import usual

NAMES = {"S": "Dana Reyes", "M": "Marcus Webb", "C": "Ray Walker"}
ATTENDEES = (
    Attendee(NAMES["S"], "team", "salesperson", lead=True),
    Attendee(NAMES["M"], "team", "manager"),
    Attendee(NAMES["C"], "customer", "customer"),
)
TALK = "so it goes on and on here"


def item(text: str) -> AgendaItem:
    title, keywords, *rest = (part.strip() for part in text.split("|"))
    lead, minutes = [*rest, "S", ""][0], [*rest, "S", ""][1] if len(rest) > 1 else ""
    words = tuple(word.strip() for word in keywords.split(",") if word.strip())
    return AgendaItem(title, NAMES[lead], words, samples(60 * float(minutes)) if minutes else None)


def held(
    agenda: Sequence[str | AgendaItem], lines: Sequence[tuple[float, float, str, str]], language: str | None = "en"
) -> tuple[ItemOnCall, ...]:
    """The agenda on a call of lines: from second, to second, who, the first words of what they say."""
    items = tuple(one if isinstance(one, AgendaItem) else item(one) for one in agenda)
    turns = [Turn(Span(samples(a), samples(b)), who) for a, b, who, _ in lines]
    owned = [
        (who, Word(Span(samples(a + 0.4 * i), samples(a + 0.4 * i + 0.3)), word))
        for a, _, who, text in lines
        for i, word in enumerate(text.split())
    ]
    by = spans_by_person(turns)
    length = max(turn.span.end for turn in turns)
    leads = lead_time(floor(by), ("S", "M"), by, length).stretches
    plan = Plan(None, None, None, ATTENDEES, items)
    keys = {name: key for key, name in NAMES.items()}
    return agenda_on_call(plan, keys, utterances(owned), by, leads, length, customers=("C",), language=language)


def times(found: Sequence[ItemOnCall]) -> list[str]:
    return [f"{clock(o.span.start)}-{clock(o.span.end)} {o.how}" if o.span else "none" for o in found]


def test_an_item_goes_from_its_announcement_to_the_next_ones() -> None:
    found = held(
        ["Prices | price", "Pilot | pilot", "Next steps | next steps"],
        [
            (0, 10, "S", "Good morning."),
            (10, 30, "S", "Let us start with the price. It is nine."),
            (31, 50, "C", "That is a lot."),
            (51, 70, "S", "Then the pilot."),
            (71, 90, "C", "Four weeks, I think."),
            (91, 110, "S", "Now the next steps."),
        ],
    )
    assert times(found) == ["0:10-0:51 words", "0:51-1:31 words", "1:31-1:32 words"]  # the last word is said at 1:32
    assert [one.brought_up_by for one in found] == ["S", "S", "S"]


def test_an_item_ends_a_minute_after_its_last_keyword() -> None:
    lines = [(0.0, 10.0, "S", "Now the price."), *((20.0 + 10 * i, 28.0 + 10 * i, "C", TALK) for i in range(20))]
    assert times(held(["Prices | price", "Pilot | pilot"], lines)) == ["0:00-1:01 words", "none"]


def test_small_talk_that_holds_a_keyword_once_is_no_item() -> None:
    said = "Well the house that we looked at together with my sister up north had such a price that we left it at once."
    assert times(held(["Fees | price"], [(0, 9, "S", "Hello."), (10, 30, "C", said)])) == ["none"]


@pytest.mark.parametrize(
    "said",
    [
        "Now the fees",
        "Okay, good. Thanks for that. Then, as I said, let us have a quick look at it. Now the fees. They are low.",
        "So when I look at the fees that you pay now to your bank for every single transfer that goes out in a month.",
    ],
)
def test_a_short_sentence_anywhere_or_the_first_words_announce_an_item(said: str) -> None:
    assert times(held(["Costs | fees"], [(0, 9, "S", "Hello."), (20, 60, "S", said)])) != ["none"]


def test_a_word_said_all_the_time_tells_little() -> None:
    """Six announcements of one keyword count as much as 2.4, and one that is said once stands against them."""
    lines = [(20.0 * i, 20.0 * i + 15, "S", "The machine again.") for i in range(6)]
    lines.insert(3, (50.0, 53.0, "M", "Now the contract."))
    first, second = held(["Options | machine", "Contract | contract"], lines)
    assert first.span is not None
    assert second.span is not None
    assert second.span.start == samples(50)


def test_the_planned_order_costs_less_than_another() -> None:
    """The one hit is in the first item or in the third: it is taken for the third, which comes next."""
    lines = [
        (0.0, 10.0, "S", "Now the prices of the pilot."),
        (20.0, 30.0, "S", "Now the pilot."),
        (40.0, 50.0, "S", "Now the offer."),
    ]
    found = held(["Prices | price, offer", "Pilot | pilot", "Offer | offer"], lines)
    assert [one.span is not None for one in found] == [True, True, True]
    assert not any(one.out_of_order for one in found)


def test_an_item_out_of_its_order_is_found_and_told() -> None:
    lines = [
        (0.0, 10.0, "S", "Now the contract."),
        (20.0, 30.0, "S", "Now the pilot, and how the pilot went."),
        (40.0, 50.0, "S", "Now the prices, so what is the price?"),
    ]
    found = held(["Prices | price", "Pilot | pilot", "Contract | contract"], lines)
    assert all(one.span for one in found)
    assert [one.out_of_order for one in found].count(True) == 2


def test_times_of_the_plan_win() -> None:
    given = AgendaItem("Pilot", NAMES["S"], ("pilot",), start=samples(30), end=samples(60))
    lines = [(0.0, 20.0, "S", "Now the pilot."), (25.0, 70.0, "S", TALK), (75.0, 90.0, "S", "Now the price.")]
    assert times(held([given, "Prices | price"], lines)) == ["0:30-1:00 plan", "1:15-1:16 words"]


DEMO = [
    (0.0, 30.0, "S", "Now how dispatch works today."),
    (31.0, 100.0, "M", TALK),
    (101.0, 110.0, "C", TALK),
    (111.0, 180.0, "M", TALK),
    (181.0, 200.0, "S", "Now the next steps."),
]


def test_the_lead_of_somebody_whose_item_the_words_do_not_show_is_probably_it() -> None:
    agenda = ["Dispatch | dispatch", "Demo | dashboard | M", "Next steps | next steps"]
    found = held(agenda, DEMO)
    assert times(found) == ["0:00-0:31 words", "0:31-3:01 probably", "3:01-3:02 words"]
    assert found[1].led_by == "M"
    assert set(planned_stretches(found, "S")) == {"M"}


@pytest.mark.parametrize(
    ("shown", "led_by"),
    [
        ("S 10-25 M 25-45 S 45-70", "M"),  # announced, led, and thanked for
        ("S 10-52 M 52-70", "S"),
        ("S 10-20 M 20-40 X 40-70", "X"),
        ("S 10-70", "S"),
    ],
)
def test_an_item_is_led_by_whoever_it_was_planned_for_from_a_third_of_it_on(shown: str, led_by: str) -> None:
    words = shown.split()
    leads = [
        Turn(Span(*(samples(float(at)) for at in times.split("-"))), who)
        for who, times in zip(words[::2], words[1::2], strict=True)
    ]
    assert _led_by(Span(samples(10), samples(70)), leads, "M", "S") == led_by


@pytest.mark.parametrize(
    ("agenda", "why"),
    [
        (["Demo | dashboard | M", "Dispatch | dispatch", "Next steps | next steps"], "it was planned before"),
        (["Dispatch | dispatch", "Next steps | next steps", "Demo | dashboard | M"], "it was planned after"),
    ],
)
def test_it_is_not_where_the_planned_order_forbids(agenda: list[str], why: str) -> None:
    found = next(one for one in held(agenda, DEMO) if one.item.title == "Demo")
    assert found.how is None, why


@pytest.mark.parametrize(("minutes", "how"), [("", None), ("5", None), ("1", "probably"), ("0.5", "probably")])
def test_a_short_lead_is_it_only_where_little_was_planned(minutes: str, how: str | None) -> None:
    lines = [
        (0.0, 30.0, "S", "Now how dispatch works today."),
        (31.0, 70.0, "M", TALK),
        (71.0, 90.0, "S", "Now the next steps."),
    ]
    found = held(["Dispatch | dispatch", f"Demo | dashboard | M | {minutes}", "Next steps | next steps"], lines)
    assert found[1].how == how


def test_an_item_found_in_its_first_sentence_takes_in_the_rest_of_its_leads_lead() -> None:
    lines = [*DEMO[:1], (31.0, 100.0, "M", "You see the dashboard now."), *DEMO[2:]]
    found = held(["Dispatch | dispatch", "Demo | dashboard | M", "Next steps | next steps"], lines)
    assert times(found)[1] == "0:31-3:01 words"


def test_a_long_gap_between_two_neighbours_is_probably_the_one_between_them() -> None:
    lines = [
        (0.0, 30.0, "S", "Now how dispatch works today."),
        *((40.0 + 20 * i, 55.0 + 20 * i, "C", TALK) for i in range(8)),
        (201.0, 220.0, "S", "Now the next steps."),
    ]
    agenda = ["Dispatch | dispatch", "Terms | contract", "Next steps | next steps"]
    assert times(held(agenda, lines))[1] == "1:01-3:21 probably"
    assert times(held([agenda[0], "Demo | demo", *agenda[1:]], lines))[1:3] == ["none", "none"]


def test_without_words_nothing_is_probable() -> None:
    lines = [(a, b, who, "") for a, b, who, _ in DEMO]
    assert times(held(["Demo | dashboard | M"], lines)) == ["none"]


def test_without_lines_there_is_no_item() -> None:
    assert times(held(["Demo | dashboard"], [(0.0, 1.0, "S", "")])) == ["none"]


def worth(path: Sequence[int | None], weight: Sequence[Sequence[float]]) -> float:
    """What a way through the items comes to, by the prices as their definition has them."""
    total = sum(row[at] for at, row in zip(path, weight, strict=True) if at is not None)
    for before, after in pairwise([None, *path]):
        if before is None and after is not None:
            total -= ENTER + (NEXT if after else 0.0)
        elif before is not None and after is None:
            return float("-inf")  # it is the time before the first item
        elif before is not None and after is not None and before != after:
            total -= NEXT if after == before + 1 else AHEAD if after > before else BACK
    return total


@usual
@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(
            st.lists(st.sampled_from([0.0, 0.5, 1.05, 2.0]), min_size=n, max_size=n), min_size=1, max_size=5
        )
    )
)
def test_no_way_through_the_items_is_better(weight: list[list[float]]) -> None:
    best = max(worth(path, weight) for path in product([None, *range(len(weight[0]))], repeat=len(weight)))
    assert worth(_best_path(weight), weight) == pytest.approx(best, abs=1e-5)
