"""Splits: stretches of one speaker's talk given to another, by hand or as the evidence offers it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from analyzer import session
from analyzer.errors import UnknownSpeakerError, UsageError
from analyzer.people.splits import Split, cut, parse_stretch, stretch_text
from analyzer.session import Done, analyse, undo
from analyzer.settings import Settings
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples, seconds
from tests.fake_engine import SCRIPT, FakeEngine, recording


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(out=tmp_path / "out")


@pytest.fixture
def call(tmp_path: Path) -> Path:
    return recording(tmp_path / "call.wav")


def report(call: Path, settings: Settings, engine: FakeEngine | None = None, *, fresh: bool = False) -> Done:
    done = analyse(call, settings, engine=engine or FakeEngine(), fresh=fresh)
    return done


def talk(done: Done) -> dict[str, float]:
    """Talk time by name, else by key, in seconds."""
    return {
        person.name or person.key: sum(seconds(span.length) for span in done.call.by[person.key])
        for person in done.call.participants.people
    }


@pytest.mark.parametrize(
    ("text", "speaker", "start", "end"),
    [
        ("S2@3:10-4:05", "S2", 190.0, 245.0),
        ("S12@0:00-1:02:03.5", "S12", 0.0, 3723.5),
        ("S1@90:00-95:59.25", "S1", 5400.0, 5759.25),
    ],
)
def test_stretches_are_read(text: str, speaker: str, start: float, end: float) -> None:
    assert parse_stretch(text) == (speaker, Span(samples(start), samples(end)))


@pytest.mark.parametrize(
    "text", ["S2@", "@1:00-2:00", "S2@1:00", "S2@2:00-1:00", "S2@1:00-1:00", "S2@0:61-2:00", "S2@a-b", "S2@1-2"]
)
def test_what_is_no_stretch_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no stretch of a speaker.s talk\. Write speaker, from and to, like S2@3"):
        parse_stretch(text)


@pytest.mark.parametrize(("start", "end"), [(0.0, 9.97), (59.96, 61.0), (3599.99, 3700.3)])
def test_a_written_stretch_reads_back_to_a_tenth_of_a_second(start: float, end: float) -> None:
    _, span = parse_stretch(stretch_text("S1", Span(samples(start), samples(end))))
    assert (span.start / SAMPLE_RATE, span.end / SAMPLE_RATE) == (round(start, 1), round(end, 1))


def test_a_turn_is_cut_at_the_ends_and_never_lies_twice_on_one_speaker() -> None:
    turns = [Turn(Span(0, 100), "S1"), Turn(Span(40, 60), "S2"), Turn(Span(90, 120), "S3")]
    split = Split(speaker="S1", start=20, end=95, to="S2")
    assert cut(turns, [split]) == (
        Turn(Span(0, 20), "S1"),
        Turn(Span(20, 40), "S2"),
        Turn(Span(40, 60), "S2"),
        Turn(Span(60, 95), "S2"),
        Turn(Span(90, 120), "S3"),
        Turn(Span(95, 100), "S1"),
    )


def test_a_stretch_goes_to_somebody_new_with_the_evidence_and_can_be_taken_back(call: Path, settings: Settings) -> None:
    before = talk(report(call, settings))
    done = session.name(call, settings, names={"S1@0:10-0:20.5": "Ann Lee", "S1@1:20-1:30": "Ann Lee"})
    # S1 talks from 0.5 to 40 s and from 75.5 to 120 s.
    assert talk(done) == {"S1": pytest.approx(84 - 20.5), "S2": 19.0, "S3": 14.5, "Ann Lee": pytest.approx(20.5)}
    (ann,) = [person for person in done.call.participants.people if person.name == "Ann Lee"]
    assert [(e.source, e.says) for e in ann.evidence if e.says.startswith("name")] == [
        ("correction", "name Ann Lee: has S1@0:10-0:20.5, S1@1:20-1:30")
    ]
    assert talk(undo(call, settings)) == before


def test_a_stretch_goes_to_another_speaker_by_label_or_by_name(call: Path, settings: Settings) -> None:
    report(call, settings)
    wanted = {"S1": pytest.approx(74.0), "S2": 19.0, "S3": pytest.approx(24.5)}
    assert talk(session.name(call, settings, names={"S1@0:10-0:20": "S3"})) == wanted
    undo(call, settings)
    session.name(call, settings, names={"S3": "Marcus Webb"})
    wanted = {"S1": pytest.approx(74.0), "S2": 19.0, "Marcus Webb": pytest.approx(24.5)}
    assert talk(session.name(call, settings, names={"S1@0:10-0:20": "marcus webb"})) == wanted


def test_splits_and_what_was_said_before_and_after_survive_other_labels(call: Path, settings: Settings) -> None:
    report(call, settings)
    # Most of S1 goes to Ann, so that the moments of S1 alone would be found again as hers.
    session.name(call, settings, names={"S1": "Dana Reyes"})
    session.name(call, settings, names={"S1@1:15-2:01": "Ann Lee"})
    done = session.name(call, settings, names={"S4": "Anna Lee", "S2": "Ray Kowalski"})
    wanted = {"Dana Reyes": 39.5, "Ray Kowalski": 19.0, "S3": 14.5, "Anna Lee": pytest.approx(44.5)}
    assert talk(done) == wanted
    other = {"S1": "S3", "S2": "S1", "S3": "S2"}
    turned = FakeEngine([(start, end, other[who], text) for start, end, who, text in SCRIPT])
    again = talk(report(call, settings, turned, fresh=True))
    assert again == {("S2" if name == "S3" else name): time for name, time in wanted.items()}


@pytest.mark.parametrize(
    ("pair", "name", "what"),
    [
        ("S9@0:10-0:20", "Ann Lee", "there is no speaker S9 on this call. Speakers are: S1, S2, S3"),
        ("S1@0:42-0:50", "Ann Lee", "S1 says nothing there"),
        ("S2@0:30-1:10", "Ann Lee", "is all that S2 says"),
        ("S1@0:10-0:20", "S1", "is S1's already"),
    ],
)
def test_splits_that_make_no_sense_are_refused(call: Path, settings: Settings, pair: str, name: str, what: str) -> None:
    report(call, settings)
    with pytest.raises((UsageError, UnknownSpeakerError)) as caught:
        session.name(call, settings, names={pair: name})
    assert what in str(caught.value)


# Dana has most of S1, Ray the rest of it; S2 is Marcus. Each turn is 9 s, a new one every 10 s.
MIXED = "DMRMDMDMRMDM"


def mixed(folder: Path, order: str) -> tuple[Path, FakeEngine]:
    """A call whose diarizer takes Dana and Ray for one, and the transcript that knows better."""
    script = []
    cues = ["WEBVTT\n"]
    for number, who in enumerate(order):
        start, name = number * 10 + 1, {"D": "Dana Reyes", "R": "Ray Kowalski", "M": "Marcus Webb"}[who]
        script.append((float(start), float(start + 9), "S2" if who == "M" else "S1", f"said number {number}"))
        times = [f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}.000" for at in (start, start + 9)]
        cues.append(f"{times[0]} --> {times[1]}\n{name}: said number {number}\n")
    (folder / "call.vtt").write_text("\n".join(cues))
    length = len(order) * 10 + 2.0
    return recording(folder / "call.wav", length), FakeEngine(script)


def test_two_people_under_one_label_are_offered_as_a_command_that_works(tmp_path: Path, settings: Settings) -> None:
    call, engine = mixed(tmp_path, MIXED)
    done = report(call, settings, engine)
    (step,) = [step for step in done.record.next_steps if "split" in step.text]
    assert "the voice under S1 is Ray Kowalski's where call.vtt says so" in step.text
    assert step.command is not None
    _, _, path, _, out, *pairs = shlex.split(step.command)
    assert (path, out) == (str(call), str(settings.out))
    assert pairs == ["S1@0:21-0:30=Ray Kowalski", "S1@1:21-1:30=Ray Kowalski"]
    done = session.name(call, settings, names=dict(pair.split("=") for pair in pairs))
    assert talk(done) == {"Dana Reyes": 36.0, "Marcus Webb": 54.0, "Ray Kowalski": 18.0}
    assert not [step for step in done.record.next_steps if "split" in step.text]


def test_of_many_stretches_the_longest_six_are_offered_and_it_is_said(tmp_path: Path, settings: Settings) -> None:
    call, engine = mixed(tmp_path, "DMRMDMRM" * 5)
    done = report(call, settings, engine)
    (step,) = [step for step in done.record.next_steps if "split" in step.text]
    assert "(the 6 longest of 10 stretches)" in step.text
    assert step.command is not None
    assert len(shlex.split(step.command)) == 5 + 6
