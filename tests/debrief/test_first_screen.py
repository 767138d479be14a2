"""The first screen of a debrief: its words, worked out by hand from the records, and what it never says."""

from __future__ import annotations

import pytest

from analyzer.debrief.first_screen import MOST_MOMENTS, first_screen, summary
from analyzer.debrief.record import CallRecord, EarlierCallRecord
from analyzer.lead.check import Interval
from tests import records

ALL = ("rich", "talked_about", "taken_over", "not_judged", "bare", "empty", "silent_voices", "hostile")


def with_lead(call: CallRecord, **more: object) -> CallRecord:
    return call.model_copy(update={"lead": call.lead.model_copy(update=more)})


def test_it_says_who_was_there_where_when_and_why() -> None:
    screen = first_screen(records.taken_over())
    assert screen.who == "Dana Reyes with Marcus Webb, at Northwind Foods"
    assert screen.facts == ("12 May 2026", "10 min 50 s")
    # Priya was planned and not heard: she did not come along.
    assert screen.reason == (
        "Why Marcus Webb came along: Marcus looked after the rollout at our largest food customer."
    )


def test_the_sentence_says_who_took_over_for_how_long_and_the_share_that_was_checked() -> None:
    screen = first_screen(records.taken_over())
    assert screen.answer == "Dana Reyes did not lead."
    assert screen.sentence == (
        "Marcus Webb took over once and spoke for 1 min. "
        "Dana Reyes said 84 % of what the team said; good practice is 85 to 90 %."
    )
    assert screen.sure == "Sure: with the doubt about who spoke when, it lies between 80 and 84.8 %."


def test_who_was_drawn_in_did_not_take_over() -> None:
    """In the rich call Marcus took over once (41 s); later the customer asked him by name (32 s)."""
    sentence = first_screen(records.rich()).sentence
    assert "Marcus Webb took over once, was drawn in once and spoke for 1 min 12 s in all." in sentence
    assert "74 % of what the team said outside what was planned for others, 62 % with it" in sentence


def test_a_share_that_may_lie_on_either_side_of_the_band_is_not_sure() -> None:
    call = records.taken_over()
    shares = (call.lead.shares[0].model_copy(update={"interval": Interval(0.8, 0.88)}),)
    screen = first_screen(with_lead(call, led="too_close", shares=shares))
    assert screen.answer == "Too close to call whether Dana Reyes led."
    assert screen.sure == "Not sure: with the doubt about who spoke when, it lies between 80 and 88 %."


def test_what_speaks_against_the_answer_stands_beside_it_and_is_said_once() -> None:
    call = records.taken_over()
    doubt = "Which side S4 is on is not known: if S4 is from your team, the answer would be no (54 %)."
    screen = first_screen(with_lead(call, explanation=(*call.lead.explanation, doubt)))
    assert screen.doubts == (doubt,)
    assert screen.explained == call.lead.explanation


def test_three_moments_in_time_order_one_of_which_went_well() -> None:
    screen = first_screen(records.rich())
    assert [moment.at for moment in screen.moments] == sorted(moment.at for moment in screen.moments)
    assert [moment.kind for moment in screen.moments] == [
        "Take-over, 41 s",
        "Drawn in by the customer, 32 s",
        "Went well",
    ]
    assert len(screen.moments) == MOST_MOMENTS
    assert screen.moments[0].words[0].text.startswith("Sorry Dana, let me jump in there")
    assert screen.moments[2].text == "Dana Reyes cut in and took the lead back."


def test_the_words_of_the_customer_are_never_put_into_another_mouth() -> None:
    turned = next(moment for moment in first_screen(records.taken_over()).moments if "question" in moment.text)
    assert [(quote.who, quote.text) for quote in turned.words] == [("S3", "Did they trust it, though?")]


def test_the_next_call_is_what_was_promised_and_before_the_debrief_what_to_settle() -> None:
    after, before = (first_screen(call).next_call for call in (records.talked_about(), records.rich()))
    assert after is not None
    assert before is not None
    assert (after.promised, after.to) == (True, "Marcus Webb")
    assert (before.promised, before.to, before.text[-1]) == (False, "Dana Reyes", "?")
    assert first_screen(records.rich()).promises[0].endswith("not kept")


def test_the_last_calls_of_the_same_people_end_with_this_one() -> None:
    call = records.taken_over()
    assert first_screen(call).row == ()
    earlier = tuple(
        EarlierCallRecord(
            name=f"call {day}",
            date=f"2026-04-0{day}",
            led="no",
            share=records.share(day, 10),
            band_floor=0.85,
            band_ceiling=0.9,
        )
        for day in range(1, 7)
    )
    row = first_screen(call.model_copy(update={"earlier": earlier})).row
    assert [one.text for one in row] == ["30 %", "40 %", "50 %", "60 %", "84 %"]
    assert [one.this for one in row] == [False] * 4 + [True]


def test_nothing_is_said_of_a_lead_that_is_not_judged() -> None:
    screen = first_screen(records.not_judged())
    assert screen.answer == "Who led is not judged: the salesperson is not known."
    assert (screen.sentence, screen.sure, screen.moments, screen.next_call) == ("", "", (), None)


@pytest.mark.parametrize("name", ALL)
def test_the_summary_is_short_and_every_line_says_something(name: str) -> None:
    lines = summary(getattr(records, name)())
    assert 2 <= len(lines) <= 9
    assert all(line.strip() for line in lines)


def test_forty_take_overs_of_four_people_are_named_for_two() -> None:
    call = records.huge(turns=200, passages=20)
    sentence = first_screen(call).sentence
    assert "Person Number 2 took over 10 times and spoke for 6 min 49 s in all." in sentence
    assert "2 others from the team had the lead 20 times." in sentence
