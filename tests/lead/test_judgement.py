"""The judgement on whole calls: what is measured, what is answered, what is left open; and how long it takes."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.debrief.phrases import headline
from analyzer.debrief.unsure import doubt
from analyzer.lead import judgement
from analyzer.lead.check import Band, Interval, LeadShare, Verdict
from analyzer.lead.doubts import CallDoubt, TurnDoubt
from analyzer.lead.judgement import Judgement, RollingShare, Settled, judge, rolling_share
from analyzer.lead.stretches import lead_time
from analyzer.lead.swap import Swap
from analyzer.people.participants import Participants, Person
from analyzer.people.side import Side
from analyzer.talk.floor import Floor, floor
from analyzer.talk.measures import measure_call, measure_people
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, share_of, spans_by_person
from analyzer.talk.words import words_by_speaker
from analyzer.timeline import Span, Turn, Word, samples
from tests.random_calls import RandomCall, calls, usual

SIDES: dict[str, Side] = {"S": "team", "M": "team", "X": "team", "C": "customer"}


def talk(**seconds: Sequence[tuple[float, float]]) -> By:
    """Turns in seconds, people in the order given."""
    return {who: tuple(Span(samples(a), samples(b)) for a, b in spans) for who, spans in seconds.items()}


def people(by: By, salesperson: str | None = "S") -> Participants:
    return Participants(tuple(Person(who, (who,), side=SIDES.get(who)) for who in by), salesperson)


def judged(by: By, salesperson: str | None = "S", length: float | None = None, **more: Any) -> Judgement:
    end = samples(length) if length else max(spans[-1].end for spans in by.values())
    known = {name: more.pop(name) for name in [*more] if name not in ("owned", "doubts", "distances", "untold")}
    return judge(by, floor(by), people(by, salesperson), end, Settled(**known), **more)


@pytest.fixture
def sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals of no width, so that the answers follow from the shares alone."""

    def no_doubt(who: str, among: Collection[str], by: By, *_: object) -> Interval | None:
        value = share_of(who, among, by).value
        return None if value is None else Interval(value, value)

    def sure_lead(
        who: str, team: Collection[str], by: By, held: Floor, length: int, *more: Collection[Span]
    ) -> Interval:
        value = lead_time(held, team, by, length).share(who, more[-1]).value
        return Interval(value or 0.0, value or 0.0)

    monkeypatch.setattr(judgement, "talk_interval", no_doubt)
    monkeypatch.setattr(judgement, "lead_interval", sure_lead)


# S talks 87 s, M 13 s, C 100 s; M leads from 100 s to 150 s of 200 s.
LED = talk(S=[(0, 37), (150, 200)], C=[(40, 100), (113, 150)], M=[(100, 113)])


@pytest.mark.usefixtures("sure")
def test_a_led_call() -> None:
    found = judged(LED)
    assert found.verdict == Verdict("yes", "yes")
    assert [(share.basis, share.share) for share in found.shares] == [
        ("team-talk", Share(samples(87), samples(100))),
        ("lead-time", Share(samples(150), samples(200))),
        ("all-talk", Share(samples(87), samples(197))),
    ]
    assert found.share() == found.shares[0]
    assert found.share("all-talk") == found.shares[2]
    assert [(lead.who, lead.span.start // 16_000, lead.span.end // 16_000) for lead in found.lead_time.stretches] == [
        ("S", 0, 100),
        ("M", 100, 150),
        ("S", 150, 200),
    ]
    assert [(t.who, t.trigger, t.ending) for t in found.take_overs] == [("M", "answered", "customer")]
    assert found.whole == ()


@pytest.mark.usefixtures("sure")
def test_a_call_that_was_taken_over() -> None:
    assert judged(talk(S=[(0, 40)], M=[(40, 100)])).verdict == Verdict("no", "yes")


@pytest.mark.usefixtures("sure")
def test_a_manager_who_says_next_to_nothing_did_not_take_part() -> None:
    assert judged(talk(S=[(0, 95)], M=[(95, 100)])).verdict == Verdict("yes", "no")


@pytest.mark.usefixtures("sure")
def test_a_manager_who_never_speaks_did_not_take_part_when_he_is_known_to_have_been_there() -> None:
    alone = talk(S=[(0, 70)], C=[(70, 200)])
    assert judged(alone).verdict.reason == "nobody_else_from_the_team"
    found = judged(alone, silent=["Maria Lopez"])
    assert found.verdict == Verdict("yes", "no")
    share = found.share()
    assert share is not None
    assert share.share.value == 1.0


@pytest.mark.usefixtures("sure")
def test_another_basis_answers_by_its_own_share() -> None:
    assert judged(LED, basis="all-talk").verdict == Verdict("no", "yes")
    assert judged(LED, basis="all-talk").share() == judged(LED).share("all-talk")
    assert judged(LED, band=Band(0.80, 0.85)).verdict == Verdict("yes", "no")


def test_without_a_salesperson_nothing_is_judged_and_the_lead_is_still_shown() -> None:
    found = judged(LED, salesperson=None)
    assert found.verdict == Verdict("not_judged", "not_judged", "salesperson_unknown")
    assert (found.shares, found.take_overs, found.rolling, found.share()) == ((), (), (), None)
    assert found.lead_time == judged(LED).lead_time


def test_a_declared_exception_is_measured_all_the_same() -> None:
    found = judged(LED, exception=True)
    assert found.verdict.reason == "exception_declared"
    assert found.shares == judged(LED).shares
    assert found.take_overs == judged(LED).take_overs


def test_under_a_minute_of_team_talk_is_measured_and_not_judged() -> None:
    found = judged(talk(S=[(0, 50)], M=[(50, 59)], C=[(60, 200)]))
    assert found.verdict.reason == "too_little_team_talk"
    share = found.share()
    assert share is not None
    assert share.share == Share(samples(50), samples(59))


def test_somebody_whose_side_is_not_known_counts_in_all_talk_alone() -> None:
    found = judged(talk(S=[(0, 60)], M=[(60, 70)], U=[(70, 170)]))
    assert [share.share for share in found.shares] == [
        Share(samples(60), samples(70)),
        Share(samples(60), samples(170)),
        Share(samples(60), samples(170)),
    ]


@pytest.mark.usefixtures("sure")
def test_planned_hand_overs_are_left_out_of_what_is_judged() -> None:
    # M shows the product from 60 to 90 s, as planned, and takes over again from 100 to 112 s, which was not.
    by = talk(S=[(0, 60), (90, 100), (112, 140)], M=[(60, 90), (100, 112)])
    found = judged(by, planned={"M": [Span(samples(55), samples(95))]})
    assert [(change.planned, change.kind) for change in found.changes] == [(True, "handed_over"), (False, "take_over")]
    assert [share.share for share in found.shares[:2]] == [Share(samples(98), samples(110))] * 2
    assert [share.share for share in found.whole[:2]] == [Share(samples(98), samples(140))] * 2
    # 98 of 110 s are judged, whatever the share of the whole call.
    assert found.verdict == Verdict("yes", "yes")


@pytest.mark.usefixtures("sure")
def test_a_planned_hand_over_is_left_out_however_short_it_is() -> None:
    by = talk(S=[(0, 60), (69, 100)], M=[(60, 69), (100, 109)])  # under 10 s each: no changes of lead
    found = judged(by, planned={"M": [Span(samples(55), samples(70))]})
    assert (found.changes, found.planned) == ((), (Turn(Span(samples(60), samples(69)), "M"),))
    assert [share.share for share in found.shares[:1]] == [Share(samples(91), samples(100))]
    assert [share.share for share in found.whole[:1]] == [Share(samples(91), samples(109))]


def test_every_interval_is_that_of_the_module_next_door(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fake(who: str, among: Collection[str], by: By, doubt: object) -> Interval:
        asked.append((who, tuple(among), doubt))
        return Interval(0.1, 0.2)

    def lead(who: str, team: Collection[str], *given: object) -> Interval:
        asked.append((who, tuple(team), given[-1]))
        return Interval(0.3, 0.4)

    doubts = (TurnDoubt("M", LED["M"][0], 0.5),)
    monkeypatch.setattr(judgement, "talk_interval", fake)
    monkeypatch.setattr(judgement, "lead_interval", lead)
    found = judged(LED, doubts=doubts)
    # For the salesperson, and for M, as if the two voices were exchanged; how the others took part is by team-talk.
    for who in "MS":
        for among, about in ((("S", "M"), doubts), (("S", "C", "M"), doubts), (("S", "M"), ())):
            assert (who, among, about) in asked
    assert found.shares[1].interval == Interval(0.3, 0.4)
    assert found.shares[0].interval == found.shares[2].interval == Interval(0.1, 0.2)
    assert found.verdict.led == "no"


@pytest.mark.usefixtures("sure")
def test_lead_time_is_judged_like_the_rest() -> None:
    # S talks 87 % of the team's time and has the lead for 150 s of 200.
    found = judged(LED, basis="lead-time")
    assert found.verdict == Verdict("no", "yes")
    assert found.other_verdict == Verdict("yes", "yes")
    assert found.bases_disagree


@pytest.mark.usefixtures("sure")
def test_the_exchange_of_two_voices_gives_the_others_share() -> None:
    found = judged(LED, distances={("M", "S"): 0.5})
    assert found.swap == Swap("S", "M", Verdict("no", "yes"), Share(samples(13), samples(100)), 0.5)
    assert judged(LED, exception=True).swap is None


def judgement_of(one: Verdict, other: Verdict | None) -> Judgement:
    return Judgement("team-talk", Band(), "S", one, other_verdict=other)


def test_the_bases_disagree_when_both_answer_and_the_answers_differ() -> None:
    yes, no = Verdict("yes", "no"), Verdict("no", "yes")
    open_ = Verdict("not_judged", "not_judged", "too_little_team_talk")
    assert judgement_of(yes, no).bases_disagree
    assert not judgement_of(yes, yes).bases_disagree
    assert not judgement_of(yes, Verdict("yes", "yes")).bases_disagree
    assert not judgement_of(Verdict("too_close", "yes"), no).bases_disagree
    assert not judgement_of(yes, open_).bases_disagree
    assert not judgement_of(open_, yes).bases_disagree
    assert not judgement_of(yes, None).bases_disagree


def test_the_rolling_share_of_a_short_call_is_that_of_the_call() -> None:
    assert rolling_share("S", ("S", "M"), LED, samples(200)) == (
        RollingShare(Span(0, samples(200)), Share(samples(87), samples(100))),
    )


def test_the_rolling_share_has_a_window_every_30_s_and_one_at_the_end() -> None:
    by = talk(S=[(0, 100)], M=[(300, 340)])
    rolling = rolling_share("S", ("S", "M"), by, samples(340))
    assert [(r.window.start // 16_000, r.window.end // 16_000) for r in rolling] == [(0, 300), (30, 330), (40, 340)]
    assert [r.share for r in rolling] == [
        Share(samples(100), samples(100)),
        Share(samples(70), samples(100)),
        Share(samples(60), samples(100)),
    ]


def test_a_window_in_which_nobody_of_the_team_speaks_has_no_share() -> None:
    by = talk(S=[(0, 10)], C=[(10, 700)])
    assert rolling_share("S", ("S",), by, samples(700))[-1].share.value is None


def participants_of(call: RandomCall, names: Mapping[str, str] | None = None) -> Participants:
    named = {who: (names or {}).get(who, who) for who in call.by}
    side: dict[str, Side] = {who: "team" if who in call.team else "customer" for who in call.by}
    return Participants(tuple(Person(named[who], (named[who],), side=side[who]) for who in call.by), named["A"])


@usual
@given(calls(least=1))
def test_shares_are_made_of_the_same_talk_and_lead(call: RandomCall) -> None:
    found = judge(call.by, floor(call.by), participants_of(call), call.length)
    team, lead, everyone = (share.share for share in found.shares)
    assert team.numerator == everyone.numerator <= team.denominator <= everyone.denominator
    assert lead.denominator == sum(stretch.span.length for stretch in found.lead_time.pieces)
    if found.take_overs:
        assert lead.numerator <= lead.denominator - sum(t.span.length for t in found.take_overs)


@usual
@given(calls(least=1), st.integers(0, 10**7))
def test_a_later_call_is_judged_the_same(call: RandomCall, later: int) -> None:
    moved = RandomCall(tuple(Turn(t.span.shifted(later), t.who) for t in call.turns), call.length + later)
    before = judge(call.by, floor(call.by), participants_of(call), call.length)
    after = judge(moved.by, floor(moved.by), participants_of(moved), moved.length)
    assert (after.verdict, after.shares) == (before.verdict, before.shares)


@usual
@given(calls(least=1))
def test_swapping_two_names_swaps_their_judgement(call: RandomCall) -> None:
    name = {"A": "B", "B": "A"}
    swapped = {name.get(who, who): spans for who, spans in call.by.items()}
    before = judge(call.by, floor(call.by), participants_of(call), call.length)
    after = judge(swapped, floor(swapped), participants_of(call, name), call.length)
    assert after.salesperson == "B"
    assert (after.verdict, after.shares, after.rolling) == (before.verdict, before.shares, before.rolling)
    assert after.changes == tuple(
        replace(
            change,
            who=name.get(change.who, change.who),
            to=change.to and name.get(change.to, change.to),
            start=replace(
                change.start, before=change.start.before and name.get(change.start.before, change.start.before)
            ),
        )
        for change in before.changes
    )


@usual
@given(calls(least=1), st.integers(1, 10**7))
def test_silence_at_the_end_changes_the_lead_time_alone(call: RandomCall, more: int) -> None:
    before = judge(call.by, floor(call.by), participants_of(call), call.length)
    after = judge(call.by, floor(call.by), participants_of(call), call.length + more)
    assert after.verdict == before.verdict
    assert [s.share for s in after.shares[::2]] == [s.share for s in before.shares[::2]]
    assert len(after.take_overs) == len(before.take_overs)


def test_a_lead_share_names_its_basis() -> None:
    assert [share.basis for share in judged(LED).shares] == ["team-talk", "lead-time", "all-talk"]
    assert all(isinstance(share, LeadShare) for share in judged(LED).shares)


def busy_call(turns: int) -> tuple[list[Turn], list[Word], int]:
    """A call of six people who overlap, pause and say "mm-hm", about 1.8 s a turn, with a word every 0.4 s."""
    chance = random.Random(7)
    found, at = [], 0
    for _ in range(turns):
        start = max(0, at + samples(chance.choice((-0.8, -0.3, 0.0, 0.2, 0.6, 2.4))))
        at = start + samples(chance.choice((0.4, 0.8, 1.6, 2.4, 4.0)))
        found.append(Turn(Span(start, at), chance.choice("SMXCDE")))
    words = [Word(Span(i, i + samples(0.4)), "so?") for i in range(0, at, samples(0.4))]
    return found, words, max(turn.span.end for turn in found)


def seconds_for(turns: int) -> float:
    """How long it takes from turns and words to the judgement; the best of three, for a busy machine."""
    found, words, length = busy_call(turns)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        by = spans_by_person(found)
        held = floor(by)
        owned = words_by_speaker(words, held.holds)
        measure_people(by, ("C", "D", "E"), owned, "en", held)
        measure_call(by, length, held)
        judge(by, held, people(by), length, owned=owned)
        best = min(best, time.process_time() - start)
    return best


def test_a_call_of_three_hours_is_measured_and_judged_in_a_moment() -> None:
    short, long = seconds_for(600), seconds_for(6_000)
    # A time that grows with the turns would be 10 times as long, one that grows with their square 100 times.
    assert long < 25 * short
    assert long < 10


@pytest.mark.usefixtures("sure")
def test_a_share_just_below_another_band_is_not_rounded_onto_it() -> None:
    # S talks 69.8 of the team's 100 s: not 70 % where 70 % is the floor.
    by = talk(S=[(0, 69.8)], M=[(70, 100.2)], C=[(101, 110)])
    found = judged(by, band=Band(0.70, 0.75))
    assert found.verdict.led == "no"
    assert headline(found, people(by)).startswith("S did not lead: 69.8 % of what the team said")
    assert headline(judged(by, band=Band(0.5, 0.6)), people(by)).startswith("S led, with 70 % of what the team said")


# S says 180 of 200 s of the team's talk.
MOST = talk(S=[(0, 100), (120, 200)], M=[(101, 111), (201, 211)], C=[(212, 260)])


@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize(("until", "answer"), [(2, "yes"), (30, "too_close")])
def test_what_was_not_told_makes_it_too_close_only_where_it_could_turn_the_answer(until: int, answer: str) -> None:
    assert judged(MOST).verdict.led == "yes"
    found = judged(MOST, untold=[Span(0, samples(until))])
    assert found.verdict.led == answer
    assert found.untold is not None
    assert found.untold.none == Share(samples(180 - until), samples(200))
    assert found.untold.all == Share(samples(180), samples(200))


@pytest.mark.usefixtures("sure")
def test_the_sentence_about_what_was_not_told_gives_both_shares() -> None:
    found = judged(MOST, untold=[Span(0, samples(30))])
    assert doubt(CallDoubt("not_told", moments=(Span(0, samples(30)),)), found, people(MOST)) == (
        "Who spoke could not be told well at 0:00–0:30: the share would be 75 % if none of the team's talk there were "
        "S's, 90 % if all were, so the answer could be another."
    )


def test_what_was_not_told_of_the_customer_alone_turns_nothing() -> None:
    assert judged(MOST, untold=[Span(samples(220), samples(250))]).untold is None
