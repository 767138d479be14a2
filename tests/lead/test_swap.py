"""What if two voices of the team were each other: whom it is asked about, and what the debrief says of it."""

from __future__ import annotations

import pytest

from analyzer.debrief.unsure import exchanged
from analyzer.lead.check import Band, Verdict
from analyzer.lead.swap import Swap, swap
from analyzer.people.participants import Participants, Person
from analyzer.talk.rates import Share
from analyzer.talk.turns import By
from analyzer.timeline import Span

BY: By = {"S": (Span(0, 90),), "M": (Span(90, 100),), "X": (Span(100, 140),), "C": (Span(140, 200),)}
NO, YES = Verdict("no", "yes"), Verdict("yes", "yes")


def judged(who: str) -> tuple[Verdict, Share]:
    return NO, Share(BY[who][0].length, 140)


def test_the_nearest_voice_is_exchanged() -> None:
    distances = {("M", "S"): 0.4, ("S", "X"): 0.6, ("M", "X"): 0.1, ("C", "S"): 0.2}
    assert swap("S", ("S", "M", "X"), BY, distances, judged) == Swap("S", "M", NO, Share(10, 140), 0.4)


def test_where_no_distance_is_known_it_is_whoever_of_the_others_talks_most() -> None:
    assert swap("S", ("S", "M", "X"), BY, {}, judged) == Swap("S", "X", NO, Share(40, 140), None)


def test_nobody_else_of_the_team_who_speaks_leaves_nothing_to_exchange() -> None:
    assert swap("S", ("S",), BY, {}, judged) is None
    assert swap("S", ("S", "Z"), BY, {("S", "Z"): 0.1}, judged) is None


@pytest.mark.parametrize(
    ("distance", "verdict", "says"),
    [
        (0.8, YES, "the answer would be no (7 %); the two are told apart clearly."),
        (0.8, NO, "the answer would still be no (7 %); the two are told apart clearly."),
        (0.4, YES, "the answer would be no (7 %); the two voices are close, so listen to one turn of each before you "),
        (None, YES, "the answer would be no (7 %); how well the two are told apart is not known."),
    ],
)
def test_the_debrief_says_it_in_a_sentence(distance: float | None, verdict: Verdict, says: str) -> None:
    participants = Participants((Person("S", ("S",), "Ann", "team"), Person("M", ("M",), None, "team")), "S")
    sentence = exchanged(Swap("S", "M", NO, Share(10, 140), distance), verdict, participants, Band())
    assert sentence.startswith(f"If the voices of Ann and M were exchanged, {says}")
