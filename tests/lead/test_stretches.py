"""The lead: hand-drawn calls with the lead worked out from its definition, and what holds on every call.

S is the salesperson, M the manager, X a specialist; C is the customer, U somebody whose side is not known.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lead.stretches import LEAD_SPEECH, lead_stretches, lead_time_share, spoken_in
from analyzer.talk.floor import floor
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, spans_by_person
from analyzer.timeline import Span, Turn, samples
from tests.drawn import STEP, by, case, length, picture
from tests.random_calls import RandomCall, calls, usual

TEAM = ("S", "M", "X")

CASES = {
    "exactly 3 s of speech give the lead, to the end of the call": """
S    ======
C            =====
l    SSSSSSSSSSSSS
""",
    "2.5 s do not": """
S    =====
C            =====
l
""",
    "the customer alone": """
C  ==========
l
""",
    "no one": """
S
l
""",
    "a first turn of the team that is too short is before the lead": """
S  ====      ======
C       ====        ==
l            SSSSSSSSS
""",
    "the customer's floor and the pauses count for whoever has the lead": """
S  ======                ======
C         ======    ==
M                               ======
l  SSSSSSSSSSSSSSSSSSSSSSSSSSSSSMMMMMM
""",
    "a short floor of another one does not pass it": """
S  ======      ========
M         ====
C               ==
l  SSSSSSSSSSSSSSSSSSSS
""",
    "a long one does, from its start": """
S  ======       ======
M         ======
l  SSSSSSSMMMMMMSSSSSS
""",
    "and it stays there until somebody else has the floor for 3 s": """
S  ======        ==    ====
M         ======
C                  ===
l  SSSSSSSMMMMMMMMMMMMMMMMM
""",
    "the pause before it counts for whoever had it": """
S  ======
M              ======
l  SSSSSSSSSSSSMMMMMM
""",
    "somebody who talks over the lead has it when they get the floor": """
S  ==========
M        ==========
l  SSSSSSSSSSMMMMMM
""",
    "but not when less than 3 s of it are left to them": """
S  ==========
M        =========
l  SSSSSSSSSSSSSSS
""",
    "talked down, they do not": """
S  ================
M     ========
l  SSSSSSSSSSSSSSSS
""",
    "two floors of 2 s do not add up": """
S  ======
M          ====      ====
C               ====
l  SSSSSSSSSSSSSSSSSSSSSS
""",
    "two turns in one floor do, a backchannel between them": """
S  ======
M         ===  ===
C            ==
l  SSSSSSSMMMMMMMM
""",
    "the pauses inside a floor do not count as speech": """
S  ======
M         ==  ==  =
l  SSSSSSSSSSSSSSSS
""",
    "three of the team, one after the other": """
S  ======
M        ======
X              ======
l  SSSSSSMMMMMMXXXXXX
""",
    "somebody whose side is not known has no lead": """
S  ======
U        ==========
M                  ======
l  SSSSSSSSSSSSSSSSMMMMMM
""",
    "the manager opens": """
M  ======
S        ======
l  MMMMMMSSSSSS
""",
    "the lead's own backchannels change nothing": """
S  ======         ==
M         ================
l  SSSSSSSMMMMMMMMMMMMMMMM
""",
}


def lead_of(*lines: str) -> tuple[Turn, ...]:
    talk = by(*lines)
    return lead_stretches(floor(talk), TEAM, talk, length(*lines))


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_the_lead_is_as_drawn(text: str) -> None:
    people, expected = case(text)
    assert picture(lead_of(*people)) == expected["l"]


def test_one_sample_less_than_3_s_is_not_enough() -> None:
    def leads(talk: int) -> tuple[Turn, ...]:
        turns = {"S": (Span(0, talk),)}
        return lead_stretches(floor(turns), TEAM, turns, 100_000)

    assert leads(LEAD_SPEECH) == (Turn(Span(0, 100_000), "S"),)
    assert leads(LEAD_SPEECH - 1) == ()


def test_speech_in_a_stretch_is_clipped_to_it() -> None:
    talk = by("S  ====  ====")
    assert spoken_in("S", Span(samples(1.0), samples(4.0)), talk) == samples(1.0 + 1.0)
    assert spoken_in("no one", Span(0, 1), talk) == 0


def test_the_lead_time_share_counts_from_the_first_lead_on() -> None:
    # S leads from 2.5 to 6 s and from 9 to 12 s, M from 6 to 9 s; before, no one does.
    leads = lead_of("C  ====", "S       ======       ======", "M              ======")
    assert lead_time_share("S", leads) == Share(samples(6.5), samples(9.5))
    assert lead_time_share("M", leads) == Share(samples(3.0), samples(9.5))
    assert lead_time_share("C", leads) == Share(0, samples(9.5))


def test_what_is_left_out_of_the_lead_time_counts_for_nobody() -> None:
    leads = lead_of("S  ======       ======", "M         ======")
    # S from 0 to 3.5 and from 6.5 to 9.5 s, M in between; half a second of S goes too.
    assert lead_time_share("S", leads, outside=[Span(samples(3.0), samples(6.5))]) == Share(samples(6.0), samples(6.0))


def test_without_any_lead_its_share_is_not_known() -> None:
    assert lead_time_share("S", ()).value is None


def plain_lead(talk: By, team: tuple[str, ...], end: int) -> list[str | None]:
    """Who has the lead at each step of 0.1 s: who of the team last held the floor for 3 s of speech."""
    holds = [h for h in floor(talk).holds if h.who in team]
    enough = [h for h in holds if sum(s.shared(h.span) for s in talk[h.who]) >= samples(3.0)]
    return [next((h.who for h in reversed(enough) if h.span.start <= at), None) for at in range(0, end, samples(0.1))]


@usual
@given(calls())
def test_the_lead_is_the_one_that_looking_back_from_every_moment_gives(call: RandomCall) -> None:
    leads = lead_stretches(floor(call.by), call.team, call.by, call.length)
    found = [
        next((lead.who for lead in leads if lead.span.start <= at < lead.span.end), None)
        for at in range(0, call.length, samples(0.1))
    ]
    assert found == plain_lead(call.by, call.team, call.length)


@usual
@given(calls())
def test_stretches_of_the_lead_tile_the_call_from_the_first_to_its_end(call: RandomCall) -> None:
    leads = lead_stretches(floor(call.by), call.team, call.by, call.length)
    assert all(a.span.end == b.span.start and a.who != b.who for a, b in pairwise(leads))
    assert not leads or leads[-1].span.end == call.length
    assert {lead.who for lead in leads} <= set(call.team)
    shares = [lead_time_share(who, leads) for who in call.team]
    if leads:
        assert sum(Fraction(share.numerator, share.denominator) for share in shares) == 1


@usual
@given(calls(), st.integers(1, 10**8))
def test_silence_at_the_end_lengthens_the_last_lead_and_nothing_else(call: RandomCall, more: int) -> None:
    held = floor(call.by)
    before = lead_stretches(held, call.team, call.by, call.length)
    after = lead_stretches(held, call.team, call.by, call.length + more)
    assert after[:-1] == before[:-1]
    if before:
        assert after[-1] == replace(before[-1], span=Span(before[-1].span.start, call.length + more))


@usual
@given(calls(), st.integers(0, 10**8))
def test_a_later_call_has_the_same_lead_later(call: RandomCall, later: int) -> None:
    moved = spans_by_person(Turn(turn.span.shifted(later), turn.who) for turn in call.turns)
    before = lead_stretches(floor(call.by), call.team, call.by, call.length)
    after = lead_stretches(floor(moved), call.team, moved, call.length + later)
    assert after == tuple(replace(lead, span=lead.span.shifted(later)) for lead in before)


@usual
@given(calls())
def test_swapping_two_names_swaps_their_leads(call: RandomCall) -> None:
    name = {"A": "B", "B": "A"}
    swapped = {name.get(who, who): spans for who, spans in call.by.items()}
    before = lead_stretches(floor(call.by), ("A", "B", "C"), call.by, call.length)
    after = lead_stretches(floor(swapped), ("A", "B", "C"), swapped, call.length)
    assert after == tuple(replace(lead, who=name.get(lead.who, lead.who)) for lead in before)


def test_the_drawn_steps_are_half_seconds() -> None:
    assert samples(0.5) == STEP
