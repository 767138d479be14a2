"""The floor: hand-drawn calls with the floor worked out from its definition, and what holds on every call."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzer.talk.floor import BACKCHANNEL, FLOOR_GAP, Floor, floor
from analyzer.talk.turns import By, as_turns, spans_by_person
from analyzer.timeline import Span, Turn, samples
from tests.drawn import by, case, picture
from tests.random_calls import GRID, RandomCall, calls, usual

CASES = {
    "one person": """
A  ====
f  AAAA
""",
    "the floor is no one's before the first word": """
A     ===
f     AAA
""",
    "a gap of exactly 2 s stays with its holder": """
A  ===    ===
f  AAAAAAAAAA
""",
    "a longer gap is no one's": """
A  ===     ===
f  AAA     AAA
""",
    "turns that touch hand the floor on": """
A  ===   ===
B     ===
f  AAABBBAAA
""",
    "the floor between two people's turns is no one's": """
A  ===
B       ===
f  AAA  BBB
""",
    "on overlap the earlier holder keeps it until they stop": """
A  ======
B      ======
f  AAAAAABBBB
""",
    "an interruption that is talked down never gets it, and is no backchannel": """
A  ==========
B     ====
f  AAAAAAAAAA
""",
    "a backchannel inside a turn": """
A  ==========
B     ==
f  AAAAAAAAAA
b     BB
""",
    "a backchannel of exactly 1.0 s in a gap": """
A  ====  ====
B      ==
f  AAAAAAAAAA
b      BB
""",
    "1.5 s in a gap are no backchannel": """
A  ====   ====
B      ===
f  AAAABBBAAAA
""",
    "a backchannel that begins in the last word and ends in the gap": """
A  ====  ====
B     ==
f  AAAAAAAAAA
b     BB
""",
    "1.5 s that begin in the last word take the floor when it is over": """
A  ====   ====
B     ===
f  AAAABB AAAA
""",
    "a short answer, when no one goes on within 2 s": """
A  ====      ====
B       =
f  AAAA B    AAAA
""",
    "the same word is a backchannel when the holder goes on within 2 s": """
A  ====    ====
B       =
f  AAAAAAAAAAAA
b       B
""",
    "a short turn half in somebody's floor is a backchannel, and no one has the floor after": """
A  ====
B     ==
C          ====
f  AAAA    CCCC
b     BB
""",
    "two backchannels in one gap": """
A  ====    ====
B      =
C        ==
f  AAAAAAAAAAAA
b      B CC
""",
    "several backchannels in a row take nothing": """
A  ==  ==  ==  ==
B    ==  ==  ==
f  AAAAAAAAAAAAAA
b    BB  BB  BB
""",
    "of three who overlap each has it in turn": """
A  ======
B    ========
C      ==========
f  AAAAAABBBBCCCC
""",
    "it goes to whoever of those still talking started first": """
A  ========
B    ====
C      ==========
f  AAAAAAAACCCCCC
""",
    "the first to wait comes before the longer one": """
A  ====
B   =======
C    ===============
f  AAAABBBBCCCCCCCCC
""",
    "somebody who speaks through a gap has the floor when the other resumes": """
A  ====  ========
B     ======
f  AAAABBBBBAAAAA
""",
    "somebody who stops in the gap leaves it to no one": """
A  ====    ====
B    =====
f  AAAABBB AAAA
""",
    "a third person's backchannel does not keep the second from the floor": """
A  ====   =====
B     =====
C      ==
f  AAAABBBBAAAA
b      CC
""",
    "alone, a short word takes the floor: there is no one to encourage": """
A     =
f     A
""",
    "who starts at the same moment and talks longer counts as the first": """
A  =
B  ======
f  BBBBBB
b  A
""",
    "who resumes as somebody else starts keeps it only by talking longer": """
A  ====  ======
B        ===
f  AAAAAAAAAAAA
""",
    "a pause of half a second is inside a turn": """
A  = = = =
B    ===
f  AAAAAAA
""",
    "a long exchange": """
A  ======          ======    ==
B       ==    ====       ====
C           ==        =
f  AAAAAA   CCBBBB AAAAAABBBBAA
b       BB            C
""",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_the_floor_is_as_drawn(text: str) -> None:
    people, expected = case(text)
    held = floor(by(*people))
    assert picture(held.holds) == expected["f"]
    assert picture(held.backchannels) == expected.get("b", "")


def test_the_drawing_itself_is_read_as_meant() -> None:
    assert by("A  ==  = =", "B    =") == {
        "A": (Span(0, samples(1.0)), Span(samples(2.0), samples(3.5))),
        "B": (Span(samples(1.0), samples(1.5)),),
    }


def test_nobody_has_the_floor_of_a_silent_call() -> None:
    assert floor({}) == Floor(())
    assert floor({"A": ()}).holder(0) is None


def test_one_sample_more_than_2_s_ends_a_floor() -> None:
    def talk(gap: int) -> By:
        return {"A": (Span(0, 100), Span(100 + gap, 200 + gap))}

    assert len(floor(talk(FLOOR_GAP)).holds) == 1
    assert len(floor(talk(FLOOR_GAP + 1)).holds) == 2


def test_one_sample_more_than_1_s_is_no_backchannel() -> None:
    def talk(answer: int) -> By:
        return {"A": (Span(0, 100), Span(20_000, 30_000)), "B": (Span(200, 200 + answer),)}

    assert [hold.who for hold in floor(talk(BACKCHANNEL)).holds] == ["A"]
    assert [hold.who for hold in floor(talk(BACKCHANNEL + 1)).holds] == ["A", "B", "A"]


def test_a_short_answer_that_begins_a_little_early_is_an_answer() -> None:
    # 8000 samples long, so 4000 of them are half.
    def talk(early: int) -> By:
        return {"A": (Span(0, 50_000),), "B": (Span(50_000 - early, 58_000 - early),)}

    answered, encouraged = floor(talk(3_999)), floor(talk(4_000))
    assert answered.holds == (Turn(Span(0, 50_000), "A"), Turn(Span(50_000, 54_001), "B"))
    assert answered.backchannels == ()
    assert encouraged.holds == (Turn(Span(0, 50_000), "A"),)
    assert [turn.who for turn in encouraged.backchannels] == ["B"]


def test_a_short_word_in_a_gap_may_outlast_what_its_holder_says_after_it() -> None:
    # A's last piece ends 0.3 s after B began; most of B's 0.9 s lie behind it.
    talk = {"A": (Span(0, 160_000), Span(192_000, 196_000)), "B": (Span(191_200, 205_600),)}
    assert floor(talk).holds == (Turn(Span(0, 196_000), "A"), Turn(Span(196_000, 205_600), "B"))
    assert floor(talk).backchannels == ()


def test_the_holder_at_a_moment() -> None:
    held = floor(by("A  ==      ", "B        =="))
    assert [held.holder(samples(at)) for at in (0.0, 0.9, 1.0, 2.9)] == ["A", "A", None, None]
    assert [held.holder(samples(at)) for at in (3.0, 3.9, 4.0)] == ["B", "B", None]


def test_changes_count_from_person_to_person_only() -> None:
    # A again after a long gap is no change; A to B and B to A are.
    assert floor(by("A  ==      ==", "B              ====")).changes == 1
    assert floor(by("A  ==      ==   ==", "B            ===")).changes == 2
    assert floor({}).changes == 0


def plain_floor(by: By, length: int) -> list[str | None]:
    """The floor step by step, straight from its definition: who holds it in each step of the grid."""
    order = list(by)
    floor: list[str | None] = []
    holder: str | None = None

    def talking(who: str, at: int) -> Span | None:
        return next((s for s in by[who] if s.start <= at < s.end), None)

    def goes_on(who: str, at: int) -> bool:
        """Whether `who`, silent now, talks again within 2 s of their last word, and no one takes the floor first."""
        last = max(s.end for s in by[who] if s.end <= at)
        following = [s for s in by[who] if s.start >= at]
        if not following or following[0].start - last > FLOOR_GAP:
            return False
        resumed = following[0]
        return not any(
            other != who
            and span.length > BACKCHANNEL
            and span.end > last
            # Of two who start at the same moment the longer counts as the first, then whoever spoke first on the call.
            and (span.start, -span.end, order.index(other)) < (resumed.start, -resumed.end, order.index(who))
            for other, spans in by.items()
            for span in spans
        )

    for at in range(0, length, GRID):
        if holder is not None and talking(holder, at) is None and not goes_on(holder, at):
            holder = None
        if holder is None:
            waiting = [(span, who) for who in by if (span := talking(who, at)) is not None]
            able = [
                (span.start, -span.end, order.index(who), who)
                for span, who in waiting
                if not (span.length <= BACKCHANNEL and 2 * (at - span.start) >= span.length)
            ]
            holder = min(able)[-1] if able else None
        floor.append(holder)
    return floor


@usual
@given(calls(people=4, step=GRID, most=10))
def test_the_floor_is_the_one_that_walking_step_by_step_gives(call: RandomCall) -> None:
    held = floor(call.by)
    assert [held.holder(at) for at in range(0, call.length, GRID)] == plain_floor(call.by, call.length)


@usual
@given(calls())
def test_the_floor_is_a_partition_of_the_call(call: RandomCall) -> None:
    holds = floor(call.by).holds
    assert all(a.span.end <= b.span.start for a, b in pairwise(holds))
    assert all(hold.span.end <= call.length for hold in holds)


@usual
@given(calls())
def test_whoever_holds_the_floor_speaks_at_its_start_and_at_its_end(call: RandomCall) -> None:
    for hold in floor(call.by).holds:
        own = call.by[hold.who]
        assert any(span.start <= hold.span.start < span.end for span in own)
        assert any(span.end == hold.span.end for span in own)


@usual
@given(calls())
def test_while_anybody_says_more_than_a_backchannel_somebody_has_the_floor(call: RandomCall) -> None:
    held = floor(call.by)
    for turn in as_turns(call.by):
        if turn.span.length > BACKCHANNEL:
            assert held.holder(turn.span.start) is not None
            assert held.holder(turn.span.end - 1) is not None


@usual
@given(calls())
def test_backchannels_are_short_lie_in_somebody_elses_floor_and_never_hold_it(call: RandomCall) -> None:
    held = floor(call.by)
    for turn in held.backchannels:
        assert turn.span.length <= BACKCHANNEL
        assert 2 * sum(hold.span.shared(turn.span) for hold in held.holds if hold.who != turn.who) >= turn.span.length
        assert not any(hold.who == turn.who and hold.span.meets(turn.span) for hold in held.holds)


@usual
@given(calls())
def test_a_short_turn_takes_part_in_its_own_floor_or_is_a_backchannel(call: RandomCall) -> None:
    held = floor(call.by)
    backchannels = set(held.backchannels)
    for turn in as_turns(call.by):
        if turn.span.length <= BACKCHANNEL:
            holds = any(hold.who == turn.who and hold.span.meets(turn.span) for hold in held.holds)
            assert holds != (turn in backchannels)


@usual
@given(calls(), st.permutations("ABCDE"))
def test_other_names_change_nothing_but_the_names(call: RandomCall, other: list[str]) -> None:
    name = dict(zip("ABCDE", other, strict=True))
    renamed = {name[who]: spans for who, spans in call.by.items()}
    before, after = floor(call.by), floor(renamed)
    assert after.holds == tuple(replace(hold, who=name[hold.who]) for hold in before.holds)
    assert after.backchannels == tuple(replace(turn, who=name[turn.who]) for turn in before.backchannels)


@usual
@given(calls(), st.integers(0, 10**9))
def test_a_later_call_has_the_same_floor_later(call: RandomCall, by_samples: int) -> None:
    later = spans_by_person(Turn(turn.span.shifted(by_samples), turn.who) for turn in call.turns)
    before, after = floor(call.by), floor(later)
    assert after.holds == tuple(replace(hold, span=hold.span.shifted(by_samples)) for hold in before.holds)


@usual
@given(calls(), st.data())
@example(RandomCall((Turn(Span(0, 16_000), "A"),), 16_000), None)
def test_a_turn_cut_at_a_short_pause_is_the_same_turn(call: RandomCall, data: st.DataObject | None) -> None:
    pieces = []
    for turn in call.turns:
        start, end = turn.span.start, turn.span.end
        if turn.span.length > 2:
            cut = (start + end) // 2 if data is None else data.draw(st.integers(start + 1, end - 2))
            pause = min(samples(0.5), end - 1 - cut)
            pieces += [Turn(Span(start, cut), turn.who), Turn(Span(cut + pause, end), turn.who)]
        else:
            pieces.append(turn)
    assert spans_by_person(pieces) == call.by
    assert floor(spans_by_person(pieces)) == floor(call.by)
