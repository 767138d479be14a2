"""An announced number of people: what it may join, and that it changes nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analyzer.audio.recording import probe
from analyzer.call.recognising import recognise
from analyzer.errors import UsageError
from analyzer.progress import Progress, silent
from analyzer.settings import Settings
from analyzer.speech.diarization import headcount
from analyzer.speech.diarization.clustering import Rules
from analyzer.speech.diarization.diarizer import Diarizer, load_diarizer
from analyzer.speech.diarization.headcount import within
from analyzer.speech.diarization.speakers import SpeakerBounds, speakers_of
from analyzer.speech.diarization.stitch import Segment
from analyzer.speech.profile import BALANCED, Profile
from analyzer.speech.recognition import Diarization
from analyzer.timeline import SAMPLE_RATE
from tests.fake_engine import FakeEngine, recording
from tests.speech.test_diarize import real_models


def at(*degrees: float) -> np.ndarray:
    """A voiceprint in the plane for each angle: two that are d degrees apart have the distance 1 - cos d."""
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def grouped(announced: int, *degrees: float, narrow: bool = False) -> list[int]:
    """Who is who of people who each have one voiceprint at an angle, after `within`."""
    people = np.arange(len(degrees))
    joined = within(people, at(*degrees), np.full(len(degrees), 20.0), announced, narrow=narrow)
    return [int(person) for person in joined]


def test_the_nearest_two_are_joined_until_the_number_fits() -> None:
    assert grouped(3, 0, 180, 30, 90) == [0, 1, 0, 2]  # 30 degrees apart: distance 0.13; the next are 60: 0.5
    assert grouped(2, 100, 40, 0, 10) == [0, 1, 1, 1]  # 0 and 10 first; their middle, 5, is 35 from 40: 0.18


def test_the_middle_of_two_is_where_most_of_the_speech_is() -> None:
    """0 and 20 degrees are one first: half way they are 50 (0.357) from 60, and with most said at 0 nearly 60 (0.5)."""
    voiceprints, people = at(0, 20, 60), np.arange(3)
    assert within(people, voiceprints, np.array([9.0, 9.0, 9.0]), 1, narrow=False).tolist() == [0, 0, 0]
    assert within(people, voiceprints, np.array([99.0, 1.0, 9.0]), 1, narrow=False).tolist() == [0, 0, 1]


def test_a_voice_that_is_clearly_another_is_kept_whatever_was_announced() -> None:
    assert grouped(1, 0, 90) == [0, 1]
    assert grouped(1, 0, 57) == [0, 1]  # a distance of 0.455
    assert grouped(1, 0, 56) == [0, 0]  # 0.441


def test_nothing_is_joined_when_the_number_fits_or_voices_are_missing() -> None:
    assert grouped(2, 0, 10) == [0, 1]
    assert grouped(5, 0, 10) == [0, 1]
    assert within(np.zeros(4, dtype=int), at(0, 90, 0, 90), np.full(4, 20.0), 2, narrow=False).tolist() == [0, 0, 0, 0]


def test_nothing_is_joined_over_a_telephone_where_people_sound_alike() -> None:
    assert grouped(1, 0, 10, narrow=True) == [0, 1]


def test_no_voices_give_no_people() -> None:
    assert len(within(np.zeros(0, dtype=int), np.zeros((0, 2)), np.zeros(0), 1, narrow=False)) == 0


SPLIT = Rules(apart=0.05, alike=0.99, alike_small=0.99)
"""Rules under which nearly every other voiceprint is another person's."""


def heard(announced: int | None, *, narrow: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """People of twenty passages of two seconds each: a voice at 0 degrees, the same at 40, and another at 150."""
    angles = [0, 40, 150, 0] * 5
    pieces = tuple(Segment(i, ((200 * i, 200 * i + 120),), i) for i in range(len(angles)))
    return speakers_of(
        pieces,
        at(*angles),
        np.full(len(angles), 2.0),
        SPLIT,
        narrow=narrow,
        bounds=SpeakerBounds(announced=announced),
    )


def test_the_announced_number_reaches_the_stretches() -> None:
    assert len(set(heard(None)[0].tolist())) == 3
    people, voices = heard(2)
    assert people.tolist() == [people[0], people[0], people[2], people[0]] * 5
    assert people[0] != people[2]
    assert len(voices) == 2


@pytest.mark.parametrize(
    "bounds", [SpeakerBounds(announced=3), SpeakerBounds(exactly=3), SpeakerBounds(min=3), SpeakerBounds(min=3, max=5)]
)
def test_a_known_number_looks_for_a_small_voice_and_cuts_no_other(bounds: SpeakerBounds) -> None:
    """Somebody with a single passage of 1.2 s; two others talk half a minute each, one of them in two moods."""
    angles = [*[0, 20, 120] * 15, 230]
    pieces = tuple(Segment(i, ((200 * i, 200 * i + 70),), i) for i in range(len(angles)))
    seconds = np.r_[np.full(45, 1.5), 1.2]

    def found(told: SpeakerBounds) -> list[int]:
        people, _ = speakers_of(pieces, at(*angles), seconds, Rules(strange=-1.0), narrow=False, bounds=told)
        return people.tolist()

    assert len(set(found(SpeakerBounds()))) == 2
    people = found(bounds)
    assert people == [people[0], people[0], people[2]] * 15 + [people[-1]]
    assert len(set(people)) == 3
    assert found(SpeakerBounds(exactly=4)) == people


def test_without_an_announced_number_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [heard(3), heard(9), heard(2, narrow=True)]  # numbers that fit, are too high, or say nothing on this line

    def never(*_: object, **__: object) -> np.ndarray:
        raise AssertionError("asked although no one announced a number")

    monkeypatch.setattr(headcount, "within", never)
    people, voices = heard(None)
    for other in found[:2]:
        assert np.array_equal(people, other[0])
        assert np.array_equal(voices, other[1])
    assert np.array_equal(heard(None, narrow=True)[0], found[2][0])


@pytest.mark.models
@pytest.mark.corpus
def test_the_announced_number_reaches_the_default_diarizer(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two readers are kept apart though one was announced, unless any distance is near; the next call is as before."""
    import soundfile

    waveform, _ = soundfile.read(corpus / "diarlab_mixtures" / "mix_000.flac", dtype="float32", stop=60 * SAMPLE_RATE)
    diarize = load_diarizer(real_models(), device="cpu")
    found = diarize(waveform, speakers=SpeakerBounds())
    assert len(found.speakers) > 1
    assert diarize(waveform, speakers=SpeakerBounds(announced=1)) == found
    monkeypatch.setattr(headcount, "NEAR", 2.0)
    assert len(diarize(waveform, speakers=SpeakerBounds(announced=1)).speakers) == 1
    assert diarize(waveform, speakers=SpeakerBounds()) == found


def test_at_least_one_person_is_announced() -> None:
    with pytest.raises(UsageError, match="the announced number of speakers must be at least 1, not 0"):
        SpeakerBounds(announced=0)


@pytest.mark.parametrize(("stated", "told"), [({"speakers": 4}, "4"), ({"min_speakers": 5}, "5")])
def test_a_stated_number_that_is_not_reached_is_said(tmp_path: Path, stated: dict[str, int], told: str) -> None:
    call = probe(recording(tmp_path / "call.wav"))
    (note,) = recognise(call, FakeEngine(), Settings(transcript=False, **stated)).notes
    assert note.startswith(f"{told} people were said to speak, and 3 voices were found: ")


def test_a_stated_number_that_is_reached_needs_no_word(tmp_path: Path) -> None:
    call = probe(recording(tmp_path / "call.wav"))
    for settings in (Settings(transcript=False, speakers=3), Settings(transcript=False, max_speakers=9)):
        assert recognise(call, FakeEngine(), settings).notes == ()


class BoundsSeen(FakeEngine):
    """Keeps what the diarizer was told of the number of speakers."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds: list[SpeakerBounds] = []

    def diarizer(self, progress: Progress = silent, *, profile: Profile = BALANCED) -> Diarizer:
        told, script = self.bounds, super().diarizer(progress, profile=profile)

        class _Diarizer:
            name = script.name

            def __call__(
                self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent
            ) -> Diarization:
                told.append(speakers)
                return script(waveform, speakers=speakers, progress=progress)

        return _Diarizer()


@pytest.mark.parametrize(
    ("settings", "number", "told"),
    [
        (Settings(transcript=False), None, SpeakerBounds()),
        (Settings(transcript=False), 3, SpeakerBounds(announced=3)),
        (Settings(transcript=False, speakers=2), 3, SpeakerBounds(exactly=2)),
        (Settings(transcript=False, max_speakers=4), 3, SpeakerBounds(max=4)),
    ],
)
def test_a_headcount_is_announced_unless_somebody_stated_a_number(
    tmp_path: Path, settings: Settings, number: int | None, told: SpeakerBounds
) -> None:
    engine = BoundsSeen()
    recognise(probe(recording(tmp_path / "call.wav")), engine, settings, headcount=number)
    assert engine.bounds[0] == told
