"""A call that dropped and was dialled again is one call once the plan, or the command, says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from analyzer import session
from analyzer.audio.excerpt import excerpt
from analyzer.audio.part_starts import LONGEST, SHORTEST
from analyzer.audio.recording import Part
from analyzer.call import analysis
from analyzer.call.folder import GREW
from analyzer.call.parts import keep_parts, parts_of, probed
from analyzer.cli.call_commands import export, name, report
from analyzer.cli.plan_commands import plan_check
from analyzer.debrief.conversation.answers import Answers, Promise
from analyzer.errors import AnalyzerError, RecordingError, UsageError
from analyzer.library.call_work import local_engine
from analyzer.library.meetings import heard_before, meeting_at
from analyzer.library.rebuild import check
from analyzer.library.taking_over import take_over_parts
from analyzer.library.workers import Inline
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.listening import listen
from analyzer.timeline import SAMPLE_RATE, Span, samples
from tests.library_folders import PLAN, Shelf, cut, small
from tests.platform_folders import saved
from tests.tones import DANA, MARCUS, RAY, Listens, spoken, turns_of

FIRST = "Northwind-20260519_140000-Meeting Recording"
SECOND = "Northwind-20260519_140020-Meeting Recording"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "calls", tmp_path / "out", engine=Listens())


def both(shelf: Shelf) -> tuple[Path, Path]:
    """A call of 12 s, and its second part, which began 20 s after it; Marcus is the first to talk in that."""
    first = spoken(shelf.folder / f"{FIRST}.wav", (DANA, 5), (RAY, 4), (DANA, 3))
    second = spoken(shelf.folder / f"{SECOND}.wav", (MARCUS, 2), (DANA, 6))
    return first, second


def said_by(call: session.Done) -> Mapping[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for turn in call.call.recognition.diarization.turns:
        name = call.record.label(call.call.participants.keys_by_speaker[turn.who])
        found.setdefault(name, []).append((turn.span.start / SAMPLE_RATE, turn.span.end / SAMPLE_RATE))
    return found


def test_the_parts_lie_behind_each_other_with_the_pause_that_their_names_tell(shelf: Shelf) -> None:
    first, second = both(shelf)
    keep_parts(first, [second])
    assert parts_of(first) == (Part(second, samples(20)),)
    recording = probed(first)
    assert recording.length == samples(20.0), "the pause is no sound"
    sound = listen(recording)
    assert sound.length == samples(28.0)
    assert sound.notes == (f"The recording goes on in {second.name}, from 0:20.",)
    turns = sound.diarize(Listens().diarize, speakers=SpeakerBounds()).turns
    assert [(t.who, t.span.start / SAMPLE_RATE) for t in turns] == [
        ("S1", 0), ("S2", 5), ("S1", 9), ("S3", 20), ("S1", 22)
    ]  # fmt: skip
    heard = excerpt(first, Span(samples(8), samples(23)), parts=recording.parts)
    assert [(t.who, t.span.start / SAMPLE_RATE) for t in turns_of(heard)] == [
        ("S1", 0), ("S2", 1), ("S3", 12), ("S2", 14)
    ]  # fmt: skip


@pytest.mark.parametrize(("after", "pause"), [(None, SHORTEST), (samples(5), SHORTEST), (samples(900), LONGEST)])
def test_a_pause_is_at_least_one_that_ends_a_floor_and_at_most_one_that_counts(
    tmp_path: Path, after: int | None, pause: int
) -> None:
    first, second = spoken(tmp_path / "a.wav", (DANA, 10)), spoken(tmp_path / "b.wav", (RAY, 1))
    from analyzer.audio.part_starts import beginnings

    assert beginnings(first, [Part(second, after)]) == (samples(10) + pause,)


def test_two_channels_stay_two_where_both_have_them_and_are_mixed_where_not(tmp_path: Path) -> None:
    stereo = np.stack([np.zeros(SAMPLE_RATE), np.full(SAMPLE_RATE, 0.2)], axis=1).astype(np.float32)
    first, second = saved(tmp_path / "a.wav", stereo), saved(tmp_path / "b.wav", stereo)
    mono = small(tmp_path / "c.wav", 1)
    keep_parts(first, [second])
    assert probed(first).channels == 2
    first.with_suffix(".plan.toml").write_text('parts = ["c.wav"]')
    assert (probed(first).channels, listen(probed(first)).length) == (1, 4 * SAMPLE_RATE + SAMPLE_RATE // 2)
    assert mono.name in listen(probed(first)).notes[0]


def test_what_the_batch_offers_is_done_by_the_command_and_kept(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = both(shelf)
    run = shelf.batch()
    assert len(run.done) == 2
    (offer,) = run.offers
    assert offer.endswith(f"analyzer report '{first}' --continues-in '{second}'")
    plan = keep_parts(first, [second])
    assert plan.read_text() == f'parts = ["{second.name}"]\n'
    plan_check(plan)
    assert capsys.readouterr().out.endswith("goes on, and is no plan besides.\n")
    run = shelf.batch()
    assert [(one.name, one.record.recording.seconds) for one in run.done] == [("Northwind", 28.0)]
    assert run.offers == ()
    with shelf.catalog() as catalog:
        assert [one.name for one in catalog.summaries()] == ["Northwind"]
        assert check(shelf.out, catalog) == ()
    assert len(list(shelf.out.glob("*/call.json"))) == 1
    before = {path: path.stat().st_mtime_ns for path in shelf.out.rglob("*") if "catalog" not in path.name}
    again = shelf.batch()
    assert (again.done, again.refreshed, again.failed, again.unchanged) == ([], [], [], 1)
    assert {path: path.stat().st_mtime_ns for path in shelf.out.rglob("*") if "catalog" not in path.name} == before


def test_names_sides_and_debriefs_of_both_parts_are_those_of_the_call(shelf: Shelf) -> None:
    first, second = both(shelf)
    shelf.batch()
    for path, names, promise in (
        (first, {"S1": "Dana Reyes", "S2": "Ray Kowalski"}, "asks first"),
        (second, {"S1": "Marcus Webb", "S2": "Dana Reyes"}, "sends the offer"),
    ):
        session.name(path, shelf.settings, names=names)
        agreed = Answers(commitment=(Promise(who="Dana Reyes", text=promise),))
        session.talk_about(path, shelf.settings, agreed, held_on=dt.date(2026, 5, 20))
    keep_parts(first, [second])
    run = shelf.batch()
    assert (run.failed, run.done, len(run.refreshed)) == ([], [], 1)
    made = session.analysed(first, shelf.settings)
    assert said_by(made) == {
        "Dana Reyes": [(0, 5), (9, 12), (22, 28)],
        "Ray Kowalski": [(5, 9)],
        "Marcus Webb": [(20, 22)],
    }
    assert {one.text for one in run.refreshed[0].commitments} == {"asks first", "sends the offer"}
    assert GREW in made.record.notes
    assert len(list(shelf.out.glob("*/call.json"))) == 1
    assert shelf.batch().unchanged == 1


def test_a_second_part_that_was_analysed_first_waits_for_the_first(shelf: Shelf) -> None:
    second = spoken(shelf.folder / f"{SECOND}.wav", (MARCUS, 2), (DANA, 6))
    shelf.batch()
    session.name(second, shelf.settings, names={"S1": "Marcus Webb"})
    first = spoken(shelf.folder / f"{FIRST}.wav", (DANA, 5), (RAY, 4), (DANA, 3))
    keep_parts(first, [second])
    shelf.batch()
    assert said_by(session.analysed(first, shelf.settings))["Marcus Webb"] == [(20, 22)]
    assert len(list(shelf.out.glob("*/call.json"))) == 1


def test_report_takes_either_file_for_the_call(shelf: Shelf) -> None:
    first, second = both(shelf)
    keep_parts(first, [second])
    for named in (first, second):
        found = meeting_at(named, shelf.out)
        assert found is not None
        assert (found.path, found.others) == (first, (second,))
    done = session.analyse(first, shelf.settings, others=[second], engine=shelf.engine)
    assert take_over_parts(done.folder, heard_before(shelf.out)) == ()
    assert done.record.recording.seconds == 28.0


def test_a_second_part_in_another_folder_is_found_by_either_file(shelf: Shelf) -> None:
    first = spoken(shelf.folder / "first.wav", (DANA, 5), (RAY, 4))
    second = spoken(shelf.folder / "again" / "second.wav", (MARCUS, 2), (DANA, 6))
    keep_parts(first, [second])
    done = session.analyse(first, shelf.settings, engine=shelf.engine)
    found = meeting_at(second, shelf.out)
    assert found is not None
    assert found.path == first
    export(second, "csv", out=shelf.out, file=shelf.out / "call.csv")
    assert "second" not in {path.name for path in shelf.out.iterdir()}
    name(second, ["S3=Marcus Webb"], out=shelf.out)
    assert said_by(session.analysed(done.folder.path, shelf.settings))["Marcus Webb"] == [(12, 14)]
    second.unlink()
    assert session.kept_record(second, shelf.settings).name == "first"


def test_a_line_that_is_taken_out_parts_the_call_and_keeps_what_was_said(shelf: Shelf) -> None:
    first, second = both(shelf)
    plan = keep_parts(first, [second])
    shelf.batch()
    session.name(first, shelf.settings, names={"S1": "Dana Reyes", "S3": "Marcus Webb"})
    agreed = Answers(commitment=(Promise(who="Dana Reyes", text="asks first"),))
    session.talk_about(first, shelf.settings, agreed, held_on=dt.date(2026, 5, 20))
    plan.unlink()
    assert len(shelf.batch().done) == 2
    with shelf.catalog() as catalog:
        assert sorted(one.seconds for one in catalog.summaries()) == [8.0, 12.0]
        assert check(shelf.out, catalog) == ()
    assert len(list(shelf.out.glob("*/call.json"))) == 2
    made = session.analysed(first, shelf.settings)
    assert said_by(made) == {"Dana Reyes": [(0, 5), (9, 12)], "S2": [(5, 9)]}
    assert [one.text for one in made.record.talk.commitments] == ["asks first"]
    assert GREW in made.record.notes
    assert shelf.batch().unchanged == 2
    keep_parts(first, [second])
    shelf.batch()
    assert said_by(session.analysed(first, shelf.settings))["Marcus Webb"] == [(20, 22)], "nothing said is lost"
    assert len(list(shelf.out.glob("*/call.json"))) == 1


def test_a_transcript_of_each_part_names_whom_it_hears(shelf: Shelf) -> None:
    first = spoken(shelf.folder / "first.wav", *[(DANA, 5), (RAY, 4)] * 3)
    second = spoken(shelf.folder / "second.wav", *[(MARCUS, 6), (DANA, 4)] * 3)
    keep_parts(first, [second])
    cue = "{n}\n00:00:{a:02}.000 --> 00:00:{b:02}.000\n<v {who}>hello</v>\n\n"
    said = (
        [one for at in (0, 9, 18) for one in (("Dana Reyes", at, at + 5), ("Ray Kowalski", at + 5, at + 9))],
        [one for at in (0, 10, 20) for one in (("Marcus Webb", at, at + 6), ("Dana Reyes", at + 6, at + 10))],
    )
    for path, cues in zip((first, second), said, strict=True):
        lines = [cue.format(n=n, a=a, b=b, who=who) for n, (who, a, b) in enumerate(cues)]
        path.with_suffix(".vtt").write_text("WEBVTT\n\n" + "".join(lines))
    shelf.batch()
    assert said_by(session.analysed(first, shelf.settings)) == {
        "Dana Reyes": [(0, 5), (9, 14), (18, 23), (36, 40), (46, 50), (56, 60)],
        "Ray Kowalski": [(5, 9), (14, 18), (23, 27)],
        "Marcus Webb": [(30, 36), (40, 46), (50, 56)],
    }


def test_a_plan_keeps_what_it_says_and_says_the_parts_too(shelf: Shelf) -> None:
    first, second = both(shelf)
    plan = first.with_suffix(".plan.toml")
    plan.write_text(PLAN)
    assert keep_parts(first, [second]) == plan
    assert plan.read_text() == f'parts = ["{second.name}"]\n{PLAN}'
    made = session.analyse(first, shelf.settings, engine=shelf.engine)
    assert made.call.plan is not None
    assert made.call.plan.parts == (second.name,)
    assert keep_parts(first, [second]) == plan, "it is said already"
    with pytest.raises(UsageError, match="it says already"):
        keep_parts(first, [spoken(shelf.folder / "third.wav", (RAY, 1))])


def test_what_cannot_be_joined_is_said(shelf: Shelf) -> None:
    first, second = both(shelf)
    spoken(shelf.folder / "tracks" / "Dana Reyes.wav", (DANA, 5))
    for others in ([first], [second, second], [shelf.folder / "tracks"], [shelf.folder / "no.wav"]):
        with pytest.raises(AnalyzerError):
            keep_parts(first, others)
    assert not first.with_suffix(".plan.toml").exists()
    first.with_suffix(".plan.toml").write_text('parts = ["tracks"]')
    with pytest.raises(RecordingError, match="a folder of tracks cannot be joined"):
        probed(first)
    first.with_suffix(".plan.toml").write_text('parts = ["gone.wav"]')
    run = shelf.batch()
    assert [one.message.partition(": ")[2] for one in run.failed] == ["there is no such file. Check the path."]
    assert sorted(one.name for one in run.done) == ["Dana Reyes", "Northwind"]


def test_two_that_each_say_that_they_go_on_in_the_other_stay_two(shelf: Shelf) -> None:
    first, second = both(shelf)
    for one, other in ((first, second), (second, first)):
        one.with_suffix(".plan.toml").write_text(f'parts = ["{other.name}"]')
    assert len(shelf.batch().done) == 2


def test_the_command_joins_what_were_two_calls_and_what_was_said_of_each(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "LocalEngine", lambda **_: shelf.engine)
    first, second = both(shelf)
    shelf.batch()
    session.name(second, shelf.settings, names={"S1": "Marcus Webb"})
    report(first, out=shelf.out, continues_in=[second], sound="clips")
    (call,) = shelf.out.glob("*/call.json")
    name(second, ["S1=Dana Reyes"], salesperson="S1", out=shelf.out)
    made = session.analysed(first, shelf.settings)
    assert said_by(made) == {"Dana Reyes": [(0, 5), (9, 12), (22, 28)], "S2": [(5, 9)], "Marcus Webb": [(20, 22)]}
    assert made.folder.path == call.parent
    with shelf.catalog() as catalog:
        assert [one.name for one in catalog.summaries()] == ["Northwind"]
    heard = len(shelf.engine.asked)
    run = shelf.batch()
    assert ([one.name for one in run.done], len(shelf.engine.asked)) == (["Northwind"], heard), "no model runs"


def test_a_file_whose_name_no_plan_can_hold_is_refused(shelf: Shelf) -> None:
    first, _ = both(shelf)
    with pytest.raises(UsageError, match="a plan cannot hold the name"):
        keep_parts(first, [spoken(shelf.folder / "line\nend.wav", (RAY, 1))])


@pytest.mark.slow
def test_a_sample_cut_in_two_is_heard_as_the_whole(tmp_path: Path) -> None:
    """The same people as in the whole call, and shares that differ by little."""
    shelf = Shelf(tmp_path / "calls", tmp_path / "out")
    sample = Path(__file__).parents[2] / "samples" / "led-call.ogg"
    whole = cut(sample, shelf.folder / "whole.wav", 0, 180)
    first = cut(sample, shelf.folder / "20260519_140000_sip-204.wav", 0, 90)
    second = cut(sample, shelf.folder / "20260519_140135_sip-204.wav", 90, 90)
    keep_parts(first, [second])
    run = shelf.batch(workers=Inline(local_engine, shelf.settings))
    assert run.failed == []
    joined, alone = (session.analysed(path, shelf.settings).record for path in (first, whole))
    assert joined.recording.seconds == pytest.approx(185.0, abs=0.1)
    assert len(joined.people) == len(alone.people)
    shares = [[person.talk_share.value or 0.0 for person in one.people] for one in (joined, alone)]
    assert shares[0] == pytest.approx(shares[1], abs=0.04)
    assert f"The recording goes on in {second.name}, from 1:35." in joined.notes
