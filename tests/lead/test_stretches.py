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

from analyzer.lead.stretches import LEAD_SPEECH, SILENCE, LeadTime, lead_time, spoken_in
from analyzer.talk.floor import floor
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, spans_by_person
from analyzer.timeline import Span, Turn, samples
from tests.drawn import STEP, by, case, length, picture
from tests.random_calls import RandomCall, calls, usual

TEAM = ("S", "M", "X")

CASES = {
    "whoever of the team has the floor first has the lead, to the end of the call": """
S    ======
C            =====
l    SSSSSSSSSSSSS
""",
    "however short that floor is": """
S    ==
C            =====
l    SSSSSSSSSSSSS
""",
    "the customer alone": """
C  ==========
l
""",
    "no one": """
S
l
""",
    "before the team's first floor no one has it": """
C  ====
S       ====
l       SSSS
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
    "short questions take it back, from the first of them on": """
S  ======        ==    ====
M         ======
C                  ===
l  SSSSSSSMMMMMMMSSSSSSSSSS
""",
    "but not when whoever has it holds the floor in between": """
S  ======        ===        ===
M         ======      ====
C                  ==
l  SSSSSSSMMMMMMMMMMMMMMMMMMMMM
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
    "two floors of 2 s add up, from the first of them on": """
S  ======
M          ====      ====
C               ====
l  SSSSSSSSMMMMMMMMMMMMMM
""",
    "not when the lead has the floor in between": """
S  ======      ====      ====
M          ====      ====
l  SSSSSSSSSSSSSSSSSSSSSSSSSS
""",
    "the floors of two others do not add up": """
S  ======
M         ====      ===
X              ====
l  SSSSSSSMMMMMMMMMMMMM
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


def lead_of(*lines: str) -> LeadTime:
    talk = by(*lines)
    return lead_time(floor(talk), TEAM, talk, length(*lines))


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_the_lead_is_as_drawn(text: str) -> None:
    people, expected = case(text)
    assert picture(lead_of(*people).stretches) == expected["l"]


def test_one_sample_less_than_3_s_is_not_enough() -> None:
    def leads(talk: int) -> list[str]:
        turns = {"S": (Span(0, 100_000),), "M": (Span(150_000, 150_000 + talk),)}
        return [stretch.who for stretch in lead_time(floor(turns), TEAM, turns, 300_000).stretches]

    assert leads(LEAD_SPEECH) == ["S", "M"]
    assert leads(LEAD_SPEECH - 1) == ["S"]


def test_a_silence_of_more_than_30_s_counts_for_nobody() -> None:
    def share(pause: int, after: int) -> Share:
        turns = {"S": (Span(0, 160_000),), "M": (Span(160_000 + pause, 320_000 + pause),)}
        return lead_time(floor(turns), TEAM, turns, 320_000 + pause + after).share("S")

    assert share(SILENCE, 0) == Share(160_000 + SILENCE, 320_000 + SILENCE)
    assert share(SILENCE + 1, 0) == Share(160_000, 320_000)
    assert share(0, SILENCE) == Share(160_000, 320_000 + SILENCE)
    assert share(0, SILENCE + 1) == Share(160_000, 320_000)


def test_a_silence_is_cut_out_of_the_stretch_and_makes_no_new_one() -> None:
    turns = {"S": (Span(0, 160_000), Span(800_000, 960_000))}
    found = lead_time(floor(turns), TEAM, turns, 960_000)
    assert found.stretches == (Turn(Span(0, 960_000), "S"),)
    assert found.pieces == (Turn(Span(0, 160_000), "S"), Turn(Span(800_000, 960_000), "S"))


def test_speech_in_a_stretch_is_clipped_to_it() -> None:
    talk = by("S  ====  ====")
    assert spoken_in("S", Span(samples(1.0), samples(4.0)), talk) == samples(1.0 + 1.0)
    assert spoken_in("no one", Span(0, 1), talk) == 0


def test_the_lead_time_share_counts_from_the_first_lead_on() -> None:
    # S leads from 2.5 to 6 s and from 9 to 12 s, M from 6 to 9 s; before, no one does.
    found = lead_of("C  ====", "S       ======       ======", "M              ======")
    assert found.share("S") == Share(samples(6.5), samples(9.5))
    assert found.share("M") == Share(samples(3.0), samples(9.5))
    assert found.share("C") == Share(0, samples(9.5))


def test_what_is_left_out_of_the_lead_time_counts_for_nobody() -> None:
    found = lead_of("S  ======       ======", "M         ======")
    # S from 0 to 3.5 and from 6.5 to 9.5 s, M in between; half a second of S goes too.
    assert found.share("S", outside=[Span(samples(3.0), samples(6.5))]) == Share(samples(6.0), samples(6.0))


def test_without_any_lead_its_share_is_not_known() -> None:
    assert LeadTime().share("S").value is None


def plain_lead(talk: By, team: tuple[str, ...], end: int) -> list[str | None]:
    """Who has the lead at each step of 0.1 s, by the words of the definition alone.

    Floor by floor: for each of the others, add up what they say on their floors behind the leader's last one.
    """
    holds = floor(talk).holds
    mine = [i for i, hold in enumerate(holds) if hold.who in team]
    changes: list[tuple[int, str]] = [(holds[mine[0]].span.start, holds[mine[0]].who)] if mine else []
    for i in mine:
        leader = changes[-1][1]
        last = max((j for j in mine if j <= i and holds[j].who == leader), default=-1)
        for who in team:
            floors = [holds[j] for j in mine if last < j <= i and holds[j].who == who]
            if who != leader and sum(s.shared(h.span) for h in floors for s in talk[who]) >= samples(3.0):
                changes.append((floors[0].span.start, who))
    steps = range(0, end, samples(0.1))
    told = [next((who for start, who in reversed(changes) if start <= at), None) for at in steps]
    starts = [*(hold.span.start for hold in holds[1:]), end]
    quiet = [(hold.span.end, start) for hold, start in zip(holds, starts, strict=False)]
    silent = [any(a <= at < b and b - a > samples(30.0) for a, b in quiet) for at in steps]
    return [None if still else who for still, who in zip(silent, told, strict=True)]


@usual
@given(calls(), st.integers(0, samples(40.0)))
def test_the_lead_is_the_one_that_the_words_of_the_definition_give(call: RandomCall, pause: int) -> None:
    # A pause in the middle, so that long silences get their turn.
    turns = [Turn(t.span.shifted(pause if t.span.start >= call.length // 2 else 0), t.who) for t in call.turns]
    talk, end = spans_by_person(turns), call.length + pause
    pieces = lead_time(floor(talk), call.team, talk, end).pieces
    found = [
        next((piece.who for piece in pieces if piece.span.start <= at < piece.span.end), None)
        for at in range(0, end, samples(0.1))
    ]
    assert found == plain_lead(talk, call.team, end)


@usual
@given(calls())
def test_stretches_of_the_lead_tile_the_call_from_the_first_to_its_end(call: RandomCall) -> None:
    found = lead_time(floor(call.by), call.team, call.by, call.length)
    leads = found.stretches
    assert all(a.span.end == b.span.start and a.who != b.who for a, b in pairwise(leads))
    assert not leads or leads[-1].span.end == call.length
    assert {lead.who for lead in leads} <= set(call.team)
    shares = [found.share(who) for who in call.team]
    if shares and shares[0].denominator:
        assert sum(Fraction(share.numerator, share.denominator) for share in shares) == 1


@usual
@given(calls(), st.integers(1, 10**8))
def test_silence_at_the_end_lengthens_the_last_lead_and_nothing_else(call: RandomCall, more: int) -> None:
    held = floor(call.by)
    before = lead_time(held, call.team, call.by, call.length).stretches
    after = lead_time(held, call.team, call.by, call.length + more).stretches
    assert after[:-1] == before[:-1]
    if before:
        assert after[-1] == replace(before[-1], span=Span(before[-1].span.start, call.length + more))


@usual
@given(calls(), st.integers(0, 10**8))
def test_a_later_call_has_the_same_lead_later(call: RandomCall, later: int) -> None:
    moved = spans_by_person(Turn(turn.span.shifted(later), turn.who) for turn in call.turns)
    before = lead_time(floor(call.by), call.team, call.by, call.length).stretches
    after = lead_time(floor(moved), call.team, moved, call.length + later).stretches
    assert after == tuple(replace(lead, span=lead.span.shifted(later)) for lead in before)


@usual
@given(calls())
def test_swapping_two_names_swaps_their_leads(call: RandomCall) -> None:
    name = {"A": "B", "B": "A"}
    swapped = {name.get(who, who): spans for who, spans in call.by.items()}
    before = lead_time(floor(call.by), ("A", "B", "C"), call.by, call.length).stretches
    after = lead_time(floor(swapped), ("A", "B", "C"), swapped, call.length).stretches
    assert after == tuple(replace(lead, who=name.get(lead.who, lead.who)) for lead in before)


def test_the_drawn_steps_are_half_seconds() -> None:
    assert samples(0.5) == STEP
