"""Names that speakers give themselves: what counts as one, and whose it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.audio.recording import probe
from analyzer.call.analysis import gather, make_call
from analyzer.call.inputs import CallInputs
from analyzer.call.recognising import recognise
from analyzer.debrief.next_steps import next_steps
from analyzer.lead.introductions import addressed, introductions
from analyzer.people.participants import Claim
from analyzer.people.plan.plan import Attendee, Plan
from analyzer.settings import Settings
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, Word, samples
from tests.fake_engine import FakeEngine, recording

PLAN = (
    Attendee("Dana Reyes", "team", "salesperson", lead=True, aliases=("DeeDee",)),
    Attendee("Marcus Boone", "customer", "buyer"),
    Attendee("Sam Hill", "customer", "buyer"),
    Attendee("Sam Holt", "customer", "buyer"),
)


def utterance(who: str, at: float, text: str) -> Utterance:
    """Words of half a second each from `at` on."""
    words = text.split()
    return Utterance(
        who,
        tuple(Word(Span(samples(at + i / 2), samples(at + (i + 1) / 2)), word, 0.9) for i, word in enumerate(words)),
    )


def given(
    *said: tuple[str, float, str], known: tuple[str, ...] = (), plan: tuple[Attendee, ...] = ()
) -> dict[str, str]:
    """The name of each speaker who gives one."""
    spoken = [utterance(*one) for one in said]
    return {who: one.name for who, one in introductions(spoken, ("S1", "S2"), known, plan).items()}


def test_a_speaker_who_says_a_name_of_the_plan_is_offered_it_in_full_with_the_words_and_the_time() -> None:
    found = introductions([utterance("S1", 3.0, "Hi there, this is Dana, good morning.")], ("S1",), (), PLAN)
    assert (found["S1"].name, found["S1"].words, found["S1"].at) == ("Dana Reyes", "this is Dana", samples(4.0))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Marcus Boone and I run it.", "Marcus Boone"),
        ("I’m DeeDee.", "Dana Reyes"),
        ("Hello Alistair, Dana here, the morning after.", "Dana Reyes"),
        ("Marcus Boone speaking.", "Marcus Boone"),
        ("Guten Tag, hier ist Marcus Boone.", "Marcus Boone"),
        ("This is Sam.", "Sam"),  # two of the plan are called that, so it stays what was said
        ("This is Priya from Acme.", "Priya"),
        ("Hello, I'm Anne-Marie O'Neil.", "Anne-Marie O'Neil"),
        ("I am Joe speaking.", "Joe"),
    ],
)
def test_ways_to_give_a_name(text: str, name: str) -> None:
    assert given(("S1", 0.0, text), plan=PLAN) == {"S1": name}


@pytest.mark.parametrize(
    "text",
    [
        "This is great.",
        "I'm American, you see.",
        "This is Monday.",
        "This is Dana's idea.",
        "This is Acme Gold Plus, our best.",
        "I'm Excel people mostly.",
        "Who this is. Priya knows.",
        "Ich bin Bäcker.",
        "This is",
        "Dana is here.",
        "I have Dana here, she knows.",
        "Dana here has done it.",
        "Dana, here, please.",
        "This is Dana?",
        "This is Priya's.",
    ],
)
def test_what_gives_no_name(text: str) -> None:
    assert given(("S1", 0.0, text), plan=PLAN) == {}


def test_later_only_the_plan_or_my_name_tells_a_name() -> None:
    start = ("S1", 0.0, "Hello.")
    assert given(start, ("S1", 61.0, "This is Priya.")) == {}
    assert given(start, ("S1", 61.0, "My name is Priya.")) == {"S1": "Priya"}
    assert given(start, ("S1", 61.0, "This is Dana."), plan=PLAN) == {"S1": "Dana Reyes"}


def test_a_name_that_two_give_or_somebody_has_is_nobodys() -> None:
    assert given(("S1", 0.0, "This is Priya."), ("S2", 5.0, "I'm Priya.")) == {}
    assert given(("S1", 0.0, "This is Priya."), known=("Priya Nair",)) == {}
    assert given(("S1", 0.0, "This is Dana."), known=("Dana Reyes",), plan=PLAN) == {}


def test_nobody_who_has_a_name_is_offered_another() -> None:
    assert given(("S3", 0.0, "This is Priya.")) == {}


def test_the_names_given_are_told_with_the_reason_and_no_command_holds_them(tmp_path: Path) -> None:
    script = (
        (0.0, 20.0, "S1", "Good morning, this is Dana from Acme."),
        (21.0, 40.0, "S2", "Good morning, glad you could come."),
    )
    call = gather(recording(tmp_path / "call.wav"), FakeEngine(script), Settings()).call()
    (step,) = [step for step in next_steps(call) if (step.command or "").startswith("analyzer name")]
    assert step.text == (
        "Give the speakers their names (S1 may be Dana: it says “this is Dana” at 0:00; listen before you say so)"
    )
    assert (step.command or "").endswith("call.wav S1='First Last' S2='First Last'")
    assert [person.name for person in call.participants.people] == [None, None]


def test_a_name_given_and_the_one_that_the_plan_has_left_are_offered_together(tmp_path: Path) -> None:
    script = ((0.0, 20.0, "S1", "Good morning, this is Dana."), (21.0, 40.0, "S2", "Good morning."))
    file = probe(recording(tmp_path / "call.wav"))
    heard = recognise(file, FakeEngine(script), Settings()).recognition()
    dana, ray = Attendee("Dana Reyes", "team", "manager", lead=True), Attendee("Ray Walker", "customer", "buyer")
    known = CallInputs("call.wav", Plan(None, None, None, (dana, Attendee("Ann Lee", "team", "manager"), ray)))
    call = make_call(file, heard, claims=[Claim("command line", customers=("S2",))], inputs=known)
    (step,) = [step for step in next_steps(call) if (step.command or "").startswith("analyzer name")]
    assert "(S1 may be Dana Reyes: it says “this is Dana” at 0:00; S2 may be Ray Walker: no one else in" in step.text
    assert (step.command or "").endswith("call.wav S1='First Last' S2='First Last'")


# Addressed


def called(
    *said: tuple[str, float, str], unnamed: tuple[str, ...] = ("S1", "S2", "S3"), plan: bool = True
) -> dict[str, str]:
    spoken = [utterance(*one) for one in said]
    return {who: one.name for who, one in addressed(spoken, unnamed, (), PLAN if plan else ()).items()}


@pytest.mark.parametrize("plan", [True, False])
def test_thanks_name_the_voice_before(plan: bool) -> None:
    said = (("S2", 0.0, "That is how we do it."), ("S1", 5.0, "Thank you, Marcus. Now to the price."))
    name = "Marcus Boone" if plan else "Marcus"
    assert called(*said, plan=plan) == {"S2": name}


def test_a_name_of_the_plan_that_begins_a_sentence_names_the_next_voice() -> None:
    said = (
        ("S1", 0.0, "That is the question. Marcus, you have seen it. What did it take?"),
        ("S2", 9.0, "It took a week."),
    )
    assert called(*said) == {"S2": "Marcus Boone"}
    assert called(*said, plan=False) == {}


def test_a_voice_called_by_two_names_and_a_name_of_two_voices_are_told_of_nobody() -> None:
    thanks = ("S1", 5.0, "Thank you, Marcus. And now?")
    one, other = ("S2", 0.0, "That is how we do it."), ("S3", 8.0, "Now we wait for it.")
    assert called(one, thanks, other, ("S1", 12.0, "Thanks, Marcus. That helps.")) == {}


def test_what_thanks_are_not_for_somebody_names_nobody() -> None:
    said = (("S2", 0.0, "That is how we do it."), ("S1", 5.0, "Thank you. Bye bye now."))
    assert called(*said, plan=False) == {}


def test_a_name_in_the_plan_is_never_given_by_being_addressed(tmp_path: Path) -> None:
    script = ((0.0, 20.0, "S1", "That is how we do it."), (21.0, 40.0, "S2", "Thank you, Dana. That is fine."))
    call = gather(recording(tmp_path / "call.wav"), FakeEngine(script), Settings()).call()
    (step,) = [step for step in next_steps(call) if (step.command or "").startswith("analyzer name")]
    assert "S1 may be Dana: S2 says “Thank you, Dana” at 0:21" in step.text
    assert [person.name for person in call.participants.people] == [None, None]
