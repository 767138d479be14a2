"""What opens many calls in the same words, or with the same voice, and talks with nobody, is nobody on the call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analyzer.call.folder import CallFolder
from analyzer.debrief.record import CallRecord
from analyzer.debrief.results import read_call
from analyzer.library.retention import forget
from analyzer.people.voices.known_voices import MODEL
from analyzer.progress import Progress, silent
from analyzer.session import name
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.profile import BALANCED, Profile
from analyzer.speech.recognition import Diarization, Voice
from analyzer.timeline import Span, Turn, samples
from tests.fake_engine import FakeEngine
from tests.library_folders import Shelf, at_work_on, small

NIGHT = "Guten Tag and hello from the night desk of Northwind Foods in Leeds"
HELD = ("a.wav", "b.wav", "c.wav", "d.wav")
Script = Sequence[tuple[float, float, str, str]]


def talk(opening: str, *, begins: float = 9.0, again: str | None = None) -> Script:
    """A call that a voice opens; `again` is what it says later."""
    more = ((40.0, 50.0, "S1", again),) if again is not None else ()
    return (
        (1.0, 6.0, "S1", opening),
        (begins, 20.0, "S2", "Hello Ray how do you plan your routes today"),
        (20.5, 30.0, "S3", "We plan them on Monday by hand and that costs us"),
        (30.5, 39.0, "S2", "Then let us look at what it costs you every night"),
        *more,
    )


class Scripted(FakeEngine):
    """Hears in each recording its own script, with its own voices."""

    def __init__(self, scripts: dict[str, Script], voices: dict[str, dict[str, int]] | None = None) -> None:
        super().__init__(name=MODEL)
        self.scripts, self.voices = scripts, voices or {}

    def diarizer(self, progress: Progress = silent, *, profile: Profile = BALANCED) -> Diarizer:
        name = at_work_on()
        self.script = self.scripts[name]
        turns = tuple(Turn(Span(samples(start), samples(end)), who) for start, end, who, _ in self.script)
        voices = tuple(Voice(who, axis(number)) for who, number in self.voices.get(name, {}).items())

        class _Diarizer:
            name = MODEL

            def __call__(
                self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent
            ) -> Diarization:
                return Diarization(turns, turns, voices=voices)

        return _Diarizer()


def axis(number: int) -> tuple[float, ...]:
    """A voiceprint that is like no other number's."""
    return tuple(float(place == number) for place in range(64))


def shelf(tmp_path: Path, scripts: dict[str, Script], voices: dict[str, dict[str, int]] | None = None) -> Shelf:
    made = Shelf(tmp_path / "calls", tmp_path / "out")
    made.engine = Scripted(scripts, voices)
    return made


def add(made: Shelf, *files: str) -> None:
    for file in files:
        small(made.folder / file, sum(map(ord, file)), seconds=60.0)


def results(made: Shelf) -> dict[str, CallRecord]:
    return {path.name: read_call(CallFolder(path)) for path in sorted(made.out.iterdir()) if path.is_dir()}


def sides(made: Shelf) -> list[str | None]:
    return [record.people[0].side for record in results(made).values()]


def test_what_opens_four_calls_in_the_same_words_is_nobody_in_each(tmp_path: Path) -> None:
    made = shelf(tmp_path, dict.fromkeys(HELD, talk(NIGHT)) | {"d.wav": talk(NIGHT.replace("hello", "yellow"))})
    add(made, *HELD[:3])
    made.batch()
    assert sides(made) == [None] * 3
    add(made, "d.wav")
    run = made.batch()
    assert sides(made) == ["none"] * 4
    assert (len(run.done), len(run.refreshed), run.unchanged) == (1, 3, 0)
    assert [summary.record.people[0].side for summary in (*run.done, *run.refreshed)] == ["none"] * 4
    (note,) = (note for note in results(made)["a"].notes if "set aside" in note)
    assert note.startswith("S1 is set aside, so what it says counts for no one: at 0:01 it says “Guten Tag and hello")
    assert "as three other calls here or more begin, and no one talks with it" in note
    before = {path: path.stat().st_mtime_ns for path in made.out.rglob("*") if path.name != "catalog.sqlite"}
    run = made.batch()
    assert (run.done, run.refreshed, run.unchanged) == ([], [], 4)
    assert {path: path.stat().st_mtime_ns for path in made.out.rglob("*") if path in before} == before


def test_the_result_is_the_same_in_whatever_order_the_calls_come(tmp_path: Path) -> None:
    other = talk("Good evening this is the weekend line of somebody else entirely")
    scripts = dict.fromkeys(HELD, talk(NIGHT)) | {"e.wav": other, "f.wav": talk(NIGHT, again="One more thing Ray")}
    together, apart = (shelf(tmp_path / name, scripts) for name in ("together", "apart"))
    add(together, *scripts)
    together.batch()
    for number in (2, 0, 1):
        add(apart, *list(scripts)[2 * number : 2 * number + 2])
        apart.batch()
    assert results(apart).keys() == results(together).keys()
    strip = {"recording": None, "next_steps": ()}  # they have the paths
    found = [{name: one.model_copy(update=strip) for name, one in results(made).items()} for made in (apart, together)]
    assert found[0] == found[1]
    assert sides(together) == ["none"] * 4 + [None] * 2


def test_a_salesperson_who_always_opens_in_the_same_words_is_a_person(tmp_path: Path) -> None:
    made = shelf(tmp_path, dict.fromkeys(HELD, talk(NIGHT, again="So let us fix the next steps for May")))
    add(made, *HELD)
    made.batch()
    assert sides(made) == [None] * 4


def test_whoever_is_answered_at_once_stays_open(tmp_path: Path) -> None:
    made = shelf(tmp_path, dict.fromkeys(HELD, talk(NIGHT, begins=6.5)))
    add(made, *HELD)
    made.batch()
    assert sides(made) == [None] * 4
    assert any("S1 may be no one on the call" in note for note in results(made)["a"].notes)


def test_a_salesperson_under_two_labels_is_a_person(tmp_path: Path) -> None:
    voices = {name: {"S1": 1, "S2": 1, "S3": 10 + number} for number, name in enumerate(HELD)}
    made = shelf(tmp_path, dict.fromkeys(HELD, talk(NIGHT)), voices)
    add(made, *HELD)
    made.batch()
    assert sides(made) == [None] * 4


LINES = (
    "Northwind Foods in Leeds is closed over the holidays until Monday",
    "All of our agents talk with somebody else at this hour of day",
    "Today the yard in Hull opens later than on other mornings",
    "From June on our prices change and you find them on the site",
)


@pytest.mark.parametrize(
    ("seller", "said"), [(2, "none"), (1, None)], ids=["a voice that takes part nowhere", "one that takes part"]
)
def test_a_voice_that_opens_four_calls_in_other_words_is_nobody(tmp_path: Path, seller: int, said: str | None) -> None:
    scripts = dict(zip(HELD, map(talk, LINES), strict=True))
    voices = {name: {"S1": 1, "S2": 2, "S3": 10 + number} for number, name in enumerate(HELD)}
    voices["d.wav"] = {"S1": 3, "S2": seller, "S3": 20}
    scripts["e.wav"], voices["e.wav"] = talk("Please note that the office moved to another street"), voices["a.wav"]
    made = shelf(tmp_path, scripts, voices)
    add(made, *scripts)
    made.batch()
    assert sides(made) == [said, said, said, None, said]
    if said:
        (note,) = (note for note in results(made)["a"].notes if "set aside" in note)
        assert "at 0:01 it speaks with a voice that opens three other calls here or more" in note


def test_who_gets_a_name_is_a_person_and_the_others_stay_aside_when_words_are_forgotten(tmp_path: Path) -> None:
    made = shelf(tmp_path, dict.fromkeys(HELD, talk(NIGHT)))
    add(made, *HELD)
    made.batch()
    name(made.folder / "a.wav", replace(made.settings), names={"S1": "Ann Lee"}, sides={"S1": "team"})
    made.batch()
    assert sides(made) == ["team", "none", "none", "none"]

    for forgotten in "abc":
        forget(CallFolder(made.out / forgotten), dt.date.today(), "1d")
    made.batch()
    assert sides(made) == ["team", "none", "none", "none"]
