"""Changes of lead: hand-drawn calls with each one's place, trigger and ending worked out from their definitions.

S is the planned lead, M the manager (Maria), X a specialist, C the customer. `?` ends a question, `m` and `s` say a
name. Row `t` is where a change of lead lies; row `p` where an agenda item planned for somebody does.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lead.addressing import Names
from analyzer.lead.changes import CHANGE_SPEECH, ChangeOfLead, Start, around, changes_of_lead
from analyzer.lead.exchanges import Exchanges
from analyzer.lead.stretches import lead_time
from analyzer.talk.floor import floor
from analyzer.talk.turns import By, spans_by_person, talk_time, within
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
    "10 s exactly are a change of lead": (
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
        [("M", 10.0, "answered", "end_of_call", None)],
    ),
    "the customer says something, and the manager takes it up": (
        """
S  ======
C         =====
M                 ====================
t                 MMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.0, "answered", "end_of_call", None)],
    ),
    "talking over the customer": (
        """
S  ======
C         ========
M              ========================
t                 MMMMMMMMMMMMMMMMMMMMM
""",
        [("M", 10.5, "cut_in_on_customer", "end_of_call", None)],
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
        [("M", 10.0, "answered", "end_of_call", None)],
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


def exchanges(*lines: str, customers: tuple[str, ...] = ("C",)) -> Exchanges:
    talk = by(*lines)
    return Exchanges(floor(talk), talk, "S", TEAM, customers, owned(*lines, names=MARKS), Names(NAMES))


def found_in(
    *lines: str, customers: tuple[str, ...] = ("C",), planned: dict[str, list[Span]] | None = None
) -> tuple[ChangeOfLead, ...]:
    call = exchanges(*lines, customers=customers)
    return changes_of_lead(call, lead_time(call.held, TEAM, call.by, length(*lines)).stretches, planned)


def plain(turns: By, end: int, customers: tuple[str, ...] = ()) -> tuple[ChangeOfLead, ...]:
    """The changes of lead of a call without words."""
    held = floor(turns)
    return changes_of_lead(Exchanges(held, turns, "S", TEAM, customers), lead_time(held, TEAM, turns, end).stretches)


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_changes_of_lead_are_as_drawn(text: str, expected: list[tuple[object, ...]]) -> None:
    people, rows = case(text)
    items: dict[str, list[Span]] = {}
    for who in sorted(set(rows.get("p", "")) - {" "}):
        items[who] = [turn.span for turn in turns(f"{who}  " + "".join(c if c == who else " " for c in rows["p"]))]
    found = found_in(*people, planned=items)
    assert picture(tuple(Turn(change.span, change.who) for change in found)) == rows["t"]
    assert [
        (
            change.who,
            change.speech / 16_000,
            change.trigger,
            change.ending,
            None if change.delay is None else change.delay / 16_000,
            *(["planned"] if change.planned else []),
        )
        for change in found
    ] == expected


def test_a_change_of_lead_says_who_leads_next() -> None:
    people, _ = case(CASES["passed on to a third"][0])
    assert [change.to for change in found_in(*people)] == ["X", "S"]
    people, _ = case(CASES["10 s exactly are a change of lead"][0])
    assert [change.to for change in found_in(*people)] == [None]


def test_one_sample_less_than_10_s_is_none() -> None:
    def found(talk: int) -> tuple[ChangeOfLead, ...]:
        return plain({"S": (Span(0, 60_000),), "M": (Span(60_000, 60_000 + talk),)}, 60_000 + talk)

    assert len(found(CHANGE_SPEECH)) == 1
    assert found(CHANGE_SPEECH - 1) == ()


def test_less_than_half_a_second_of_talking_over_is_no_cut_in() -> None:
    def found(early: int) -> ChangeOfLead:
        (change,) = plain({"S": (Span(0, 60_000),), "M": (Span(60_000 - early, 260_000),)}, 260_000)
        return change

    assert found(8_000).trigger == "cut_in"
    assert found(7_999).trigger == "pause"


def test_without_words_no_one_is_known_to_have_asked_and_with_them_one_of_unknown_side_may_have() -> None:
    people, _ = case(CASES["asked by a question, and the salesperson goes on after the customer"][0])
    assert [t.trigger for t in plain(by(*people), length(*people), ("C",))] == ["answered"]
    assert [t.trigger for t in plain(by(*people), length(*people), ())] == ["pause"]
    assert [t.trigger for t in found_in(*people, customers=())] == ["asked"]


def test_what_the_customer_says_after_a_change_is_told_apart() -> None:
    lines = (
        "S  ======                              ======",
        "M         ====================",
        "C                                 =====",
    )
    (change,) = found_in(*lines)
    assert (change.until, change.customer_after) == (samples(13.5), samples(2.5))
    assert change.span.end == samples(18.0)


def said(*parts: tuple[str, float, str]) -> tuple[tuple[str, Word], ...]:
    """Words of a quarter of a second each, from the given moments on."""
    words = [
        (who, Word(Span(samples(start + i / 4), samples(start + (i + 1) / 4)), text))
        for who, start, line in parts
        for i, text in enumerate(line.split())
    ]
    return tuple(sorted(words, key=lambda pair: pair[1].span))


WORDS = {
    "invited by name": ("Marcus has done it. Marcus, tell Ray.", "invited", None),
    "invited by a phrase": ("So that is that. Over to you.", "invited", None),
    "a phrase for somebody else": ("So that is it. Over to you, Priya.", "pause", None),
    "a phrase that is none": ("We hand over to the drivers.", "pause", None),
    "nothing of the kind": ("So that is the price.", "pause", None),
    "thanked by name": ("Thank you, Marcus. So that is it.", "pause", None),
    "thanked and asked": ("Thank you, Marcus, could you go on?", "invited", None),
    "invited in German": ("So, ich \u00fcbergebe.", "invited", None),
    "invited in French": ("Je te laisse la parole.", "invited", None),
    "invited in Spanish": ("Te paso la palabra.", "invited", None),
}
ASKED = {
    "asked by name": ("Marcus, what does it cost?", "asked", None),
    "by the name as a recogniser may spell it": ("Markus, what does it cost?", "asked", None),
    "by name without a question": ("Marcus, tell us about it.", "asked", None),
    "by the surname": ("Mr. Webb, what does it cost?", "asked", None),
    "by an alias": ("Mack, what does it cost?", "asked", None),
    "an open question": ("What does it cost?", "asked", None),
    "a question to the salesperson": ("Dana, what does it cost?", "answered", "S"),
    "a question to the specialist": ("Priya, what does it cost?", "answered", "X"),
    "both are named": ("Dana or Marcus, what does it cost?", "asked", None),
    "thanked by name": ("Thank you Marcus, that is clear.", "answered", None),
    "no question": ("That is far too much.", "answered", None),
    "the customer's own colleague": ("Tom and I say no.", "answered", None),
}
CALLED = {
    "S": ("Dana Reyes", "Dana"),
    "M": ("Marcus Webb", "Marcus", "Mack"),
    "X": ("Priya Nair", "Priya"),
    "C": ("Ray Kowalski", "Ray"),
    "D": ("Tom Hill", "Tom"),
}


def started(before: str, line: str, *, early: float = 0.0) -> Start:
    """How M's lead starts after `before` has said `line` from 20 to 24 s; M begins `early` seconds before its end."""
    at = {"S": [(0, 10)], "C": [(11, 19)]} | {before: [(0, 10), (20, 24)] if before == "S" else [(11, 24)]}
    talk = {who: tuple(Span(samples(a), samples(b)) for a, b in spans) for who, spans in at.items()}
    talk["M"] = (Span(samples(24.2 - early), samples(40)),)
    words = line.split()
    step = 4 / len(words)
    spoken = tuple(
        (before, Word(Span(samples(20 + i * step), samples(20 + (i + 1) * step)), w)) for i, w in enumerate(words)
    )
    held = floor(talk)
    call = Exchanges(held, talk, "S", ("S", "M", "X"), ("C", "D"), spoken, Names(CALLED))
    (change,) = changes_of_lead(call, lead_time(held, ("S", "M", "X"), talk, samples(41)).stretches)
    return change.start


@pytest.mark.parametrize(("line", "trigger", "instead_of"), WORDS.values(), ids=WORDS.keys())
def test_the_planned_lead_invites_by_a_name_or_a_phrase(line: str, trigger: str, instead_of: str | None) -> None:
    found = started("S", line)
    assert (found.trigger, found.before, found.instead_of) == (trigger, "S", instead_of)


@pytest.mark.parametrize(("line", "trigger", "instead_of"), ASKED.values(), ids=ASKED.keys())
def test_the_customer_asks_by_a_name_or_with_a_question_for_anybody(
    line: str, trigger: str, instead_of: str | None
) -> None:
    found = started("C", line)
    assert (found.trigger, found.before, found.instead_of) == (trigger, "C", instead_of)


def test_talking_over_somebody_counts_unless_they_had_asked_by_then() -> None:
    assert started("S", "So the price is what we said", early=1.0).trigger == "cut_in"
    assert started("S", "As Marcus knows the price is high", early=1.0).trigger == "cut_in"  # a name, and no more
    assert started("S", "Marcus, can you? We had that in Leeds", early=1.0).trigger == "invited"
    assert started("C", "Honestly it is our main problem here", early=1.0).trigger == "cut_in_on_customer"
    assert started("C", "Marcus, what is it that you do?", early=1.0).trigger == "asked"
    assert started("C", "And what is it that you do?", early=1.0).trigger == "asked"  # answered before its last word
    assert started("C", "Is it? I say no we will not", early=1.0).trigger == "cut_in_on_customer"


def test_a_word_in_between_does_not_undo_an_invitation() -> None:
    lines = ("S  ======m=                    ======", "C             ==", "M                ====================")
    (change,) = found_in(*lines)
    assert (change.trigger, change.start.before, change.kind) == ("invited", "S", "handed_over")


def test_the_kinds() -> None:
    def kind(trigger: str, *, planned: bool = False) -> str:
        start = Start(trigger)  # type: ignore[arg-type]
        return ChangeOfLead("M", Span(0, 1), 1, 1, 0, start, "end_of_call", None, None, planned).kind

    assert kind("invited") == kind("cut_in", planned=True) == kind("asked", planned=True) == "handed_over"
    assert kind("asked") == "drawn_in"
    for trigger in ("opening", "cut_in", "answered", "cut_in_on_customer", "pause"):
        assert kind(trigger) == "take_over"


def test_words_at_a_change_are_the_last_30_before_and_the_first_30_after_by_person() -> None:
    words = said(("S", 0.0, "so " * 40), ("M", 10.0, "we " * 40))
    assert [(u.who, len(u.words)) for u in around(words, samples(10.0), samples(10.0))] == [("S", 30), ("M", 30)]
    mixed = said(
        ("S", 0.0, "so the price is"), ("M", 1.0, "Sorry, Dana, let me"), ("S", 1.9, "well"), ("M", 2.1, "say")
    )
    found = around(mixed, samples(1.0), samples(1.0))
    assert [(u.who, u.text) for u in found] == [
        ("S", "so the price is well"),
        ("M", "Sorry, Dana, let me say"),
    ]
    assert [u.text for u in around(words, samples(10.0), None)] == [("so " * 30).strip()]


def test_words_at_a_change_lie_at_most_15_s_away() -> None:
    words = said(("S", 0.0, "early"), ("M", 40.0, "late"))
    assert around(words, samples(20.0), samples(20.0)) == ()
    assert [u.text for u in around(words, samples(15.25), samples(15.25))] == ["early"]
    assert [u.text for u in around(words, samples(25.0), samples(25.0))] == ["late"]
    assert around((), 0, 0) == ()


def test_a_change_of_lead_brings_the_words_at_both_its_ends() -> None:
    lines = ("S  ======                      ======", "M         ====================")
    words = said(
        ("S", 0.0, "Here is the price."),
        ("M", 3.5, "We can do better."),
        ("M", 12.0, "Dana, back to you."),
        ("S", 14.0, "So then."),
    )
    talk = by(*lines)
    held = floor(talk)
    call = Exchanges(held, talk, "S", TEAM, (), words)
    (found,) = changes_of_lead(call, lead_time(held, TEAM, talk, length(*lines)).stretches)
    assert [(u.who, u.text) for u in found.around_start] == [("S", "Here is the price."), ("M", "We can do better.")]
    assert [(u.who, u.text) for u in found.around_end] == [("M", "Dana, back to you."), ("S", "So then.")]


def of(call: RandomCall, planned: dict[str, list[Span]] | None = None) -> tuple[ChangeOfLead, ...]:
    held = floor(call.by)
    leads = lead_time(held, call.team, call.by, call.length).stretches
    return changes_of_lead(Exchanges(held, call.by, "A", call.team, call.customers), leads, planned)


@usual
@given(calls())
def test_changes_of_lead_are_the_stretches_of_others_in_which_they_talk_10_s(call: RandomCall) -> None:
    leads = lead_time(floor(call.by), call.team, call.by, call.length).stretches
    expected = [
        lead for lead in leads if lead.who != "A" and talk_time(within(call.by, [lead.span]))[lead.who] >= samples(10.0)
    ]
    assert [Turn(change.span, change.who) for change in of(call)] == expected


@usual
@given(calls())
def test_the_first_lead_opens_and_the_last_ends_with_the_call(call: RandomCall) -> None:
    leads = lead_time(floor(call.by), call.team, call.by, call.length).stretches
    for change in of(call):
        stretch = Turn(change.span, change.who)
        assert (change.trigger == "opening") == (stretch == leads[0])
        assert (change.ending == "end_of_call") == (stretch == leads[-1])
        assert (change.to is None) == (change.delay is None) == (change.ending == "end_of_call")
        assert (change.ending == "passed_on") == (change.to not in (None, "A"))
        assert change.delay is None or change.delay >= 0


@usual
@given(calls())
def test_with_the_whole_call_planned_for_them_everything_is_planned(call: RandomCall) -> None:
    whole = [Span(0, call.length)]
    assert all(change.planned for change in of(call, {"B": whole, "C": whole}))
    assert not any(change.planned for change in of(call, {"A": whole}))


@usual
@given(calls(), st.integers(0, 10**8))
def test_a_later_call_has_the_same_changes_of_lead_later(call: RandomCall, later: int) -> None:
    moved = RandomCall(tuple(Turn(t.span.shifted(later), t.who) for t in call.turns), call.length + later)
    assert spans_by_person(moved.turns).keys() == call.by.keys()
    assert of(moved) == tuple(replace(t, span=t.span.shifted(later), until=t.until + later) for t in of(call))
