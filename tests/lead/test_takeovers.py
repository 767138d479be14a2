"""Take-overs: hand-drawn calls with each one's place, trigger and ending worked out from their definitions.

S is the planned lead, M the manager (Maria), X a specialist, C the customer. `?` ends a question, `m` and `s` say a
name. Row `t` is where a take-over lies; row `p` where an agenda item planned for somebody does.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lead.stretches import lead_time
from analyzer.lead.takeovers import LEAST_SPEECH, TakeOver, around, asks, take_overs
from analyzer.talk.floor import floor
from analyzer.talk.turns import spans_by_person, talk_time, within
from analyzer.talk.words import utterances
from analyzer.timeline import Span, Turn, Word, samples
from tests.drawn import by, case, length, owned, picture, turns
from tests.random_calls import RandomCall, calls, usual

TEAM = ("S", "M", "X")
NAMES = {"M": ("Maria Lopez", "Maria"), "S": ("Stefan Ott", "Stefan")}
MARKS = {"m": "Maria,", "s": "Stefan's"}

CASES = {
    "the lead all along": (
        """
S  ======         ======================
C         ======
M                                         ====
t
""",
        [],
    ),
    "10 s exactly are a take-over": (
        """
S  ======
M          ====================
t          MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "end_of_call", None)],
    ),
    "9.5 s are none": (
        """
S  ======
M          ===================
t
""",
        [],
    ),
    "the manager opens and hands over": (
        """
M  ======================
S                          ======
t  MMMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 11.0, "opening", "handed_back", 1.0)],
    ),
    "a short greeting gives the salesperson the lead, so the manager takes it in a pause": (
        """
S  ====
M        ====================
S                               ======
t        MMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "handed_back", 1.5)],
    ),
    "cut in and taken back": (
        """
S  ==========                 ==========
M          ======================
t            MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "cut_in", "taken_back", 0.0)],
    ),
    "half a second of talking over is a cut-in": (
        """
S  ==========
M           =====================
t            MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "cut_in", "end_of_call", None)],
    ),
    "beginning as the other stops is none": (
        """
S  ==========                    ======
M            ====================
t            MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "handed_back", 0.0)],
    ),
    "asked by a question, and the salesperson goes on after the customer": (
        """
S  ======                                         ======
C         =====?                          ====
M                 ====================
t                 MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "asked", "customer", 6.0)],
    ),
    "asked by name": (
        """
S  ======
C         ===m====
M                  ====================
t                  MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "asked", "end_of_call", None)],
    ),
    "somebody else's name asks no one": (
        """
S  ======
C         ===s====
M                  ====================
t                  MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "end_of_call", None)],
    ),
    "the customer says something, and the manager takes it up": (
        """
S  ======
C         =====
M                 ====================
t                 MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "end_of_call", None)],
    ),
    "talking over the customer is no cut-in": (
        """
S  ======
C         ========
M              ========================
t                 MMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.5, "pause", "end_of_call", None)],
    ),
    "a question that the salesperson had begun to answer": (
        """
S  ======         ====
C         =====?
M                     ====================
t                     MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "end_of_call", None)],
    ),
    "a question 15 s before the end of the customer's floor has passed": (
        """
S  ======
C         ?================================
M                                           ====================
t                                           MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "end_of_call", None)],
    ),
    "passed on to a third": (
        """
S  ======                                          ========
M         ====================
X                                ====================
t         MMMMMMMMMMMMMMMMMMMMMMMXXXXXXXXXXXXXXXXXXXX
""",
        [("M", 10.0, "pause", "passed_on", 1.5), ("X", 10.0, "pause", "taken_back", 0.0)],
    ),
    "a pause, and the salesperson's short word before going on": (
        """
S  ======                      ==     ======
M         ====================
t         MMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "handed_back", 0.5)],
    ),
    "the salesperson cuts in shortly, breathes, and goes on": (
        """
S  ======                   ===       ======
M         ====================
t         MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "taken_back", 0.0)],
    ),
    "somebody else of the team cuts in, and the salesperson goes on": (
        """
S  ======                             ======
M         ====================
X                           ===
t         MMMMMMMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "handed_back", 4.0)],
    ),
    "a word of the customer before the salesperson goes on": (
        """
S  ======                             ======
M         ====================
C                               ==
t         MMMMMMMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "customer", 4.0)],
    ),
    "short floors of the salesperson in it do not end it": (
        """
S  ======              ====                 ======
M          ==========        ==========
t          MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "handed_back", 2.5)],
    ),
    "what is said over others counts as speech": (
        """
S  ======
M          ======       ================
C                  ========================
t          MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 11.0, "pause", "end_of_call", None)],
    ),
    "silence and the customer to the end of the call": (
        """
S  ======
M         ====================
C                                 ======
t         MMMMMMMMMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "pause", "end_of_call", None)],
    ),
    "twice, the second time asked": (
        """
S  ======                          ======                            ======
M         ======================             ====================
C                                          ?
t         MMMMMMMMMMMMMMMMMMMMMMMMM          MMMMMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 11.0, "pause", "handed_back", 1.5), ("M", 10.0, "asked", "handed_back", 2.0)],
    ),
    "planned, when most of it is inside an item planned for them": (
        """
S  ======                              ======
M         ========================
t         MMMMMMMMMMMMMMMMMMMMMMMMMMMMM
p                   MMMMMMMMMMMMMMMMMMM
""",
        [("M", 12.0, "pause", "handed_back", 2.5, "planned")],
    ),
    "half of it inside is not most of it": (
        """
S  ======                              ======
M         ========================
t         MMMMMMMMMMMMMMMMMMMMMMMMMMMMM
p                     MMMMMMMMMMMMMMM
""",
        [("M", 12.0, "pause", "handed_back", 2.5)],
    ),
    "an item planned for somebody else makes nothing planned": (
        """
S  ======                              ======
M         ========================
t         MMMMMMMMMMMMMMMMMMMMMMMMMMMMM
p         XXXXXXXXXXXXXXXXXXXXXXXXXXX
""",
        [("M", 12.0, "pause", "handed_back", 2.5)],
    ),
    "two items planned for them count together": (
        """
S  ======                              ======
M         ========================
t         MMMMMMMMMMMMMMMMMMMMMMMMMMMMM
p         MMMMMMMM       MMMMMM
""",
        [("M", 12.0, "pause", "handed_back", 2.5, "planned")],
    ),
}


def found_in(
    *lines: str, customers: tuple[str, ...] = ("C",), planned: dict[str, list[Span]] | None = None
) -> tuple[TakeOver, ...]:
    talk = by(*lines)
    held = floor(talk)
    return take_overs(
        held,
        talk,
        lead_time(held, TEAM, talk, length(*lines)).stretches,
        lead="S",
        customers=customers,
        owned=owned(*lines, names=MARKS),
        names=NAMES,
        planned=planned,
    )


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_take_overs_are_as_drawn(text: str, expected: list[tuple[object, ...]]) -> None:
    people, rows = case(text)
    items: dict[str, list[Span]] = {}
    for who in sorted(set(rows.get("p", "")) - {" "}):
        items[who] = [turn.span for turn in turns(f"{who}  " + "".join(c if c == who else " " for c in rows["p"]))]
    found = found_in(*people, planned=items)
    assert picture(tuple(Turn(take_over.span, take_over.who) for take_over in found)) == rows["t"]
    assert [
        (
            take_over.who,
            take_over.speech / 16_000,
            take_over.trigger,
            take_over.ending,
            None if take_over.delay is None else take_over.delay / 16_000,
            *(["planned"] if take_over.planned else []),
        )
        for take_over in found
    ] == expected


def test_a_take_over_says_who_leads_next() -> None:
    people, _ = case(CASES["passed on to a third"][0])
    assert [take_over.to for take_over in found_in(*people)] == ["X", "S"]
    people, _ = case(CASES["10 s exactly are a take-over"][0])
    assert [take_over.to for take_over in found_in(*people)] == [None]


def test_one_sample_less_than_10_s_is_none() -> None:
    def found(talk: int) -> tuple[TakeOver, ...]:
        turns = {"S": (Span(0, 60_000),), "M": (Span(60_000, 60_000 + talk),)}
        held = floor(turns)
        leads = lead_time(held, TEAM, turns, 60_000 + talk).stretches
        return take_overs(held, turns, leads, lead="S", customers=())

    assert len(found(LEAST_SPEECH)) == 1
    assert found(LEAST_SPEECH - 1) == ()


def test_less_than_half_a_second_of_talking_over_is_no_cut_in() -> None:
    def found(early: int) -> TakeOver:
        turns = {"S": (Span(0, 60_000),), "M": (Span(60_000 - early, 260_000),)}
        held = floor(turns)
        (take_over,) = take_overs(held, turns, lead_time(held, TEAM, turns, 260_000).stretches, lead="S", customers=())
        return take_over

    assert found(8_000).trigger == "cut_in"
    assert found(7_999).trigger == "pause"


def test_without_words_or_without_a_customer_nobody_is_known_to_have_asked() -> None:
    people, _ = case(CASES["asked by a question, and the salesperson goes on after the customer"][0])
    talk = by(*people)
    held = floor(talk)
    leads = lead_time(held, TEAM, talk, length(*people)).stretches
    assert [t.trigger for t in take_overs(held, talk, leads, lead="S", customers=("C",))] == ["pause"]
    assert [t.trigger for t in found_in(*people, customers=())] == ["pause"]


def said(*parts: tuple[str, float, str]) -> tuple[tuple[str, Word], ...]:
    """Words of a quarter of a second each, from the given moments on."""
    words = [
        (who, Word(Span(samples(start + i / 4), samples(start + (i + 1) / 4)), text))
        for who, start, line in parts
        for i, text in enumerate(line.split())
    ]
    return tuple(sorted(words, key=lambda pair: pair[1].span))


@pytest.mark.parametrize(
    ("line", "names", "expected"),
    [
        ("Could you show us that?", (), True),
        ("We would like to see that.", (), False),
        ("MARÍA, go on", ("Maria",), True),  # case and accents do not count
        ("Mariana, go on", ("Maria",), False),  # only whole names
        ("as Maria's team says", ("Maria",), True),
        ("what Maria Lopez said", ("Maria Lopez",), True),
        ("what Lopez said", ("Maria Lopez",), False),
        ("go on", ("",), False),
        ("go on", (" ",), False),
    ],
)
def test_who_asks(line: str, names: tuple[str, ...], expected: bool) -> None:
    words = said(("C", 1.0, line))
    assert asks(utterances(words), Turn(Span(samples(1.0), samples(5.0)), "C"), names) is expected


def test_only_what_the_holder_says_in_that_floor_asks() -> None:
    words = utterances(said(("C", 1.0, "ready?"), ("S", 4.0, "ready?"), ("C", 3.0, "I see."), ("C", 9.0, "ready?")))
    assert not asks(words, Turn(Span(samples(2.5), samples(5.0)), "C"), ())


def test_what_the_customer_says_after_their_floor_asks_nobody() -> None:
    # The same utterance, but the other has had the floor since 2 s.
    words = utterances(said(("C", 1.0, "and then we will buy it, won't we?")))
    assert not asks(words, Turn(Span(samples(1.0), samples(2.0)), "C"), ())
    assert asks(words, Turn(Span(samples(1.0), samples(3.0)), "C"), ())


def test_a_name_said_before_the_other_had_stopped_asks_too() -> None:
    # C begins at 1 s; the floor is theirs from 2 s on.
    words = utterances(said(("C", 1.0, "Maria, tell us more of that then")))
    assert asks(words, Turn(Span(samples(2.0), samples(4.0)), "C"), ("Maria",))


def test_quotes_are_the_last_words_of_the_others_and_the_first_of_whoever_comes_in() -> None:
    words = utterances(said(("S", 0.0, "so the price is"), ("M", 1.0, "let me say"), ("C", 5.0, "fine")))
    assert [u.text for u in around(words, samples(1.0), "M")] == ["so the price is", "let me say"]
    # Whoever cuts in has begun before the floor is theirs.
    assert [u.text for u in around(words, samples(1.5), "M")] == ["so the price is", "let me say"]
    assert [u.text for u in around(words, samples(6.0), None)] == ["fine"]


def test_quotes_lie_at_most_15_s_away() -> None:
    words = utterances(said(("S", 0.0, "early"), ("M", 40.0, "late")))
    assert around(words, samples(20.0), "M") == ()
    assert [u.text for u in around(words, samples(15.25), "M")] == ["early"]
    assert [u.text for u in around(words, samples(25.0), "M")] == ["late"]
    assert around((), 0, "M") == ()


def test_a_take_over_brings_the_words_at_both_its_ends() -> None:
    lines = ("S  ======                      ======", "M         ====================")
    words = said(
        ("S", 0.0, "Here is the price."),
        ("M", 3.5, "We can do better."),
        ("M", 12.0, "Right."),
        ("S", 14.0, "So then."),
    )
    talk = by(*lines)
    held = floor(talk)
    leads = lead_time(held, TEAM, talk, length(*lines)).stretches
    (found,) = take_overs(held, talk, leads, lead="S", customers=(), owned=words)
    assert [(u.who, u.text) for u in found.before] == [("S", "Here is the price."), ("M", "We can do better.")]
    assert [(u.who, u.text) for u in found.after] == [("M", "Right."), ("S", "So then.")]


def of(call: RandomCall, planned: dict[str, list[Span]] | None = None) -> tuple[TakeOver, ...]:
    held = floor(call.by)
    leads = lead_time(held, call.team, call.by, call.length).stretches
    return take_overs(held, call.by, leads, lead="A", customers=call.customers, planned=planned)


@usual
@given(calls())
def test_take_overs_are_the_stretches_of_others_in_which_they_talk_10_s(call: RandomCall) -> None:
    leads = lead_time(floor(call.by), call.team, call.by, call.length).stretches
    expected = [
        lead for lead in leads if lead.who != "A" and talk_time(within(call.by, [lead.span]))[lead.who] >= samples(10.0)
    ]
    assert [Turn(take_over.span, take_over.who) for take_over in of(call)] == expected


@usual
@given(calls())
def test_the_first_lead_opens_and_the_last_ends_with_the_call(call: RandomCall) -> None:
    leads = lead_time(floor(call.by), call.team, call.by, call.length).stretches
    for take_over in of(call):
        stretch = Turn(take_over.span, take_over.who)
        assert (take_over.trigger == "opening") == (stretch == leads[0])
        assert (take_over.ending == "end_of_call") == (stretch == leads[-1])
        assert (take_over.to is None) == (take_over.delay is None) == (take_over.ending == "end_of_call")
        assert (take_over.ending == "passed_on") == (take_over.to not in (None, "A"))
        assert take_over.delay is None or take_over.delay >= 0


@usual
@given(calls())
def test_with_the_whole_call_planned_for_them_everything_is_planned(call: RandomCall) -> None:
    whole = [Span(0, call.length)]
    assert all(take_over.planned for take_over in of(call, {"B": whole, "C": whole}))
    assert not any(take_over.planned for take_over in of(call, {"A": whole}))


@usual
@given(calls(), st.integers(0, 10**8))
def test_a_later_call_has_the_same_take_overs_later(call: RandomCall, later: int) -> None:
    moved = RandomCall(tuple(Turn(t.span.shifted(later), t.who) for t in call.turns), call.length + later)
    assert spans_by_person(moved.turns).keys() == call.by.keys()
    assert of(moved) == tuple(replace(t, span=t.span.shifted(later)) for t in of(call))
