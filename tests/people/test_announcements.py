"""Voices that are no one: what sets one aside, what leaves one open, and who stays a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer import session
from analyzer.audio.recording import Recording
from analyzer.call.analysis import make_call
from analyzer.call.call import Call
from analyzer.call.inputs import CallInputs
from analyzer.debrief.build import record
from analyzer.debrief.export.exports import export
from analyzer.debrief.markdown.document import markdown
from analyzer.debrief.page.page import page
from analyzer.debrief.results import read_call
from analyzer.errors import UsageError
from analyzer.people.participants import Claim
from analyzer.people.plan.plan import Attendee, Plan
from analyzer.session import analyse
from analyzer.settings import Settings
from analyzer.speech.recognition import Diarization, Recognition, Transcript, TurnEvidence
from analyzer.timeline import Span, Turn, Word, samples, seconds
from tests.fake_engine import FakeEngine, recording

DANA = "So how do you plan your routes today and what does it cost you when a lorry comes back half empty every night"
RAY = "We plan them on Monday by hand and it costs us more than I like to say"
MARCUS = "At another depot it paid for itself within the year"
IVR = "Thank you for calling Northwind Foods. This call may be recorded for quality purposes. Please stay on the line."
TALK = (
    (30.0, 60.0, "D", DANA),
    (60.5, 80.0, "R", RAY),
    (80.5, 110.0, "D", DANA),
    (110.5, 114.0, "M", MARCUS),
    (114.5, 130.0, "R", RAY),
    (130.5, 160.0, "D", DANA),
)
Line = tuple[float, float, str, str]


def call(*lines: Line, claims: tuple[Claim, ...] = (), plan: Plan | None = None, words: bool = True) -> Call:
    """A call of these lines; `_` is the voice in question, and speakers are labelled by their first letters here."""
    turns = tuple(Turn(Span(samples(start), samples(end)), who) for start, end, who, _ in sorted(lines))
    said = []
    for start, end, who, text in sorted(lines) if words else ():
        spoken = text.split()
        step = (end - start) / len(spoken)
        said += [
            Word(Span(samples(start + i * step), samples(start + (i + 1) * step)), word, 0.9, who)
            for i, word in enumerate(spoken)
        ]
    length = samples(max(end for _, end, _, _ in lines))
    diarization = Diarization(turns, turns, evidence=(TurnEvidence(margin=1.0, certainty=1.0),) * len(turns))
    transcript = Transcript(tuple(said), "en", "script") if words else None
    return make_call(
        Recording(Path("call.wav"), "0" * 64, "wav", "pcm", 1, 16_000, length),
        Recognition(length, diarization, transcript, "script"),
        claims=claims,
        inputs=CallInputs("call.wav", plan=plan),
    )


SOLD = (Claim("command line", salesperson="D", customers=("R",)),)


def of(made: Call, key: str = "_") -> str | None:
    return made.participants.person(key).side


GREETINGS = {
    "en": IVR,
    "en-voicemail": "You've reached Ray Kowalski. I can't take your call. Please leave a message after the tone.",
    "en-meeting": "This meeting is being recorded.",
    "de": "Vielen Dank für Ihren Anruf. Das Gespräch wird zu Schulungszwecken aufgezeichnet. Bitte bleiben Sie dran.",
    "es": "Gracias por llamar a Carrick. Esta llamada puede ser grabada. Permanezca en la línea, por favor.",
    "fr": "Merci de votre appel. Cet appel peut être enregistré. Veuillez patienter, ne quittez pas.",
    "it": "Grazie per aver chiamato. Questa chiamata potrebbe essere registrata. Resti in linea.",
    "pt": "Obrigado por ligar. Esta chamada pode ser gravada. Aguarde na linha, por favor.",
    "nl": "Bedankt voor het bellen. Dit gesprek kan worden opgenomen. Blijf aan de lijn.",
}


@pytest.mark.parametrize("text", GREETINGS.values(), ids=GREETINGS)
def test_an_announcement_before_the_call_is_nobody_and_the_verdict_is_that_of_the_three(text: str) -> None:
    without = call(*TALK, claims=SOLD)
    made = call((9.0, 26.0, "_", text), *TALK, claims=SOLD)
    assert of(made) == "none"
    assert made.judgement.verdict.led == "yes"
    assert made.judgement.shares == without.judgement.shares
    assert made.judgement.lead_time.share("D") == without.judgement.lead_time.share("D")
    assert made.held.holds == without.held.holds
    assert [note for note in made.notes if note.startswith("_ is set aside")]


def test_a_hold_message_after_the_call_is_set_aside() -> None:
    made = call(*TALK, (170.0, 185.0, "_", "Please hold the line. Your call is important to us."), claims=SOLD)
    assert of(made) == "none"
    assert made.judgement.lead_time.share("D").denominator == call(*TALK, claims=SOLD).judgement.lead_time.share(
        "D"
    ).denominator + round((185.0 - 160.0 - 15.0) * 16_000)


def test_pieces_that_a_diarizer_gives_it_by_mistake_change_nothing() -> None:
    made = call((9.0, 26.0, "_", IVR), (60.0, 60.5, "_", "you"), *TALK, claims=SOLD)
    assert of(made) == "none"
    assert made.judgement.verdict.led == "yes"


def test_what_nobody_says_counts_in_no_denominator() -> None:
    made, without = call((9.0, 26.0, "_", IVR), *TALK, claims=SOLD), call(*TALK, claims=SOLD)
    quiet, whole = made.measures.silence, without.measures.silence
    assert seconds(whole.denominator - quiet.denominator) == pytest.approx(17.0)
    assert seconds(whole.numerator - quiet.numerator) == pytest.approx(17.0)
    people = {person.key: person for person in record(made).people}
    assert people["_"].talk_share.denominator == 0
    assert people["_"].talk_seconds == pytest.approx(17.0)
    assert sum(person.talk_share.value or 0 for person in people.values()) == pytest.approx(1.0)


def test_a_plan_counts_people_and_not_announcements() -> None:
    attendees = (
        Attendee("Dana Reyes", "team", "salesperson", lead=True),
        Attendee("Marcus Webb", "team", "manager"),
        Attendee("Ray Kowalski", "customer", "customer"),
    )
    plan = Plan(date=None, customer="Northwind", reason="the price", attendees=attendees)
    made = call((9.0, 26.0, "_", IVR), *TALK, claims=SOLD, plan=plan)
    assert of(made) == "none"
    assert not [note for note in made.notes if "The plan has" in note]


# Who stays a person


def test_a_salesperson_who_greets_first_and_waits_is_a_person() -> None:
    said = "Thank you for calling Northwind Foods. This call may be recorded. Please hold on, I find the file."
    lines = ((2.0, 12.0, "D", said), *TALK)
    assert of(call(*lines), "D") is None
    assert of(call(*lines, claims=SOLD), "D") == "team"


def test_whoever_leaves_a_voicemail_is_a_person() -> None:
    greeting = "You have reached Ray Kowalski. Please leave a message after the tone."
    message = "Hello Ray, Dana here. I leave you a message because your mailbox answered. Please call me back."
    made = call((1.0, 8.0, "_", greeting), (10.0, 30.0, "D", message))
    assert of(made) == "none"
    assert of(made, "D") is None
    assert made.offers == ()


def test_a_customer_who_joins_late_is_a_person() -> None:
    late = (
        *TALK,
        (160.3, 175.0, "_", "Sorry I am late. The offer looks good to me."),
        (175.5, 180.0, "D", "Thank you."),
    )
    made = call(*late, claims=(Claim("command line", salesperson="D", team=("M",)),))
    assert of(made) == "customer"
    assert made.offers == ()


def test_a_manager_who_opens_and_hands_over_is_not_set_aside() -> None:
    opening = "Welcome Ray. This call is being recorded for our notes. Dana will lead you through today. Dana, please."
    made = call((22.0, 29.6, "_", opening), *TALK, claims=SOLD)
    assert of(made) != "none"


def test_what_somebody_says_of_a_voice_holds() -> None:
    told = (Claim("command line", salesperson="D", customers=("R", "_")),)
    assert of(call((9.0, 26.0, "_", IVR), *TALK, claims=told)) == "customer"
    named = (*SOLD, Claim("correction", names={"_": "Marcus Webb"}))
    assert of(call((9.0, 26.0, "_", IVR), *TALK, claims=named)) == "team"


# Not sure


def test_a_voice_that_nobody_answers_is_left_open_and_makes_no_verdict() -> None:
    made = call(
        (4.0, 26.0, "_", "Northwind has been at home in the north since nineteen hundred and two"), *TALK, claims=SOLD
    )
    assert of(made) is None
    assert made.judgement.verdict.led == "too_close"
    assert any(note.startswith("_ may be no one on the call") for note in made.notes)
    assert [offer.pairs for offer in made.offers] == [("_=none",)]
    aside = call((4.0, 26.0, "_", "Northwind"), *TALK, claims=(*SOLD, Claim("correction", sides={"_": "none"})))
    assert (aside.judgement.verdict.led, aside.offers) == ("yes", ())


def test_without_words_nothing_is_set_aside_and_what_is_unanswered_is_left_open() -> None:
    made = call((9.0, 26.0, "_", IVR), *TALK, claims=SOLD, words=False)
    assert of(made) is None
    assert made.judgement.verdict.led == "too_close"


def test_a_specialist_who_explains_announcements_in_the_middle_is_asked_about() -> None:
    said = "Callers hear thank you for calling, then please hold the line, and then leave a message after the tone."
    made = call(*TALK, (160.5, 175.0, "_", said), (175.5, 190.0, "D", DANA), claims=SOLD)
    assert of(made) is None


# By hand


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(out=tmp_path / "out", sound="none")


def test_a_voice_is_set_aside_by_hand_and_taken_back(tmp_path: Path, settings: Settings) -> None:
    path = recording(tmp_path / "call.wav")
    analyse(path, settings, engine=FakeEngine(), salesperson="S1", customers=("S2",))
    done = session.name(path, settings, names={"S3": "none"})
    assert done.record.person("S3").side == "none"
    assert done.record.lead.reason == "nobody_else_from_the_team"
    again = analyse(path, settings, engine=FakeEngine(), fresh=True)
    assert again.record.person("S3").side == "none"
    assert session.undo(path, settings).record.person("S3").side == "team"


def test_only_a_stretch_is_set_aside(tmp_path: Path, settings: Settings) -> None:
    path = recording(tmp_path / "call.wav")
    analyse(path, settings, engine=FakeEngine(), salesperson="S1", customers=("S2",))
    done = session.name(path, settings, names={"S1@0:00-0:40": "none"})
    assert [(p.side, round(p.talk_seconds, 1)) for p in done.record.people if p.side == "none"] == [("none", 39.5)]


def test_the_side_none_is_in_every_form_of_the_result(tmp_path: Path, settings: Settings) -> None:
    path = recording(tmp_path / "call.wav")
    analyse(path, settings, engine=FakeEngine(), salesperson="S1", customers=("S2",))
    done = session.name(path, settings, names={"S3": "none"})
    kept = read_call(done.folder)
    assert "no one on the call, set aside" in markdown(kept)
    assert "no one on the call, set aside" in page(kept)
    assert ",S3,S3,none,," in export(kept, "csv")
    assert " S3 " in export(kept, "rttm")


def test_nobody_cannot_sell(tmp_path: Path, settings: Settings) -> None:
    path = recording(tmp_path / "call.wav")
    analyse(path, settings, engine=FakeEngine(), salesperson="S1", customers=("S2",))
    with pytest.raises(UsageError, match="no one"):
        session.name(path, settings, names={"S3": "none"}, sides={"S3": "team"})
