"""The batch's logic with an engine that hears what it is told: what is done, once, and what is left alone."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer import session
from analyzer.call.folder import CallFolder
from analyzer.errors import ExitCode, LibraryError, ModelMissingError, NoSpeechError
from analyzer.files import is_dead, this_run
from analyzer.library import batch as batches
from analyzer.library.call_work import Outcome
from analyzer.library.rebuild import check
from analyzer.library.run import Options, Telling
from tests.fake_engine import FakeEngine
from tests.library_folders import PLAN, SHORT, Shelf, small

NIGHT = Options(settle=0.0, patient=True)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "calls", tmp_path / "out")
    yield made
    with made.catalog() as catalog:
        assert check(made.out, catalog) == (), "whatever a test does, the library is in order after it"


def test_every_recording_is_done_once_and_a_second_run_does_nothing(shelf: Shelf) -> None:
    for number in range(3):
        small(shelf.folder / f"week {number}" / "call.wav", number)
    run = shelf.batch()
    assert (len(run.done), run.failed, run.exit_code) == (3, [], ExitCode.OK)
    assert len({summary.folder for summary in run.done}) == 3, "three recordings of one name have three folders"
    again = shelf.batch()
    assert (again.done, again.refreshed, again.unchanged) == ([], [], 3)
    assert shelf.engine.asked.count("diarize") == 3


def test_a_version_that_writes_other_results_makes_them_again_once_without_the_models(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(shelf.folder / "call.wav", 1)
    (done,) = shelf.batch().done
    record = shelf.out / done.folder / "call.json"
    record.write_text(record.read_text().replace('"schema_version": 2', '"schema_version": 1'))
    monkeypatch.setattr("analyzer.call.inputs.RESULTS", "results of the next version")
    run = shelf.batch()
    assert (run.done, len(run.refreshed), run.failed) == ([], 1, [])
    assert '"schema_version": 2' in record.read_text()
    again = shelf.batch()
    assert (again.refreshed, again.unchanged) == ([], 1)
    assert shelf.engine.asked.count("diarize") == 1


def test_a_bad_recording_fails_with_its_reason_and_the_rest_goes_on(shelf: Shelf) -> None:
    (shelf.folder / "a notes.wav").write_text("these are no sounds")
    small(shelf.folder / "b.wav", 1)
    (shelf.folder / "c empty.mp3").touch()
    os.utime(shelf.folder / "c empty.mp3", (1, 1))
    run = shelf.batch()
    assert [summary.name for summary in run.done] == ["b"]
    assert run.exit_code == ExitCode.SOME_FAILED
    assert sorted((Path(f.path).name, f.exit_code) for f in run.failed) == [("a notes.wav", 5), ("c empty.mp3", 5)]
    assert all(f.path in f.message for f in run.failed)


def test_one_content_under_two_names_is_one_call_with_two_places(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    shutil.copy(shelf.folder / "a.wav", shelf.folder / "copy of a.wav")
    run = shelf.batch()
    assert len(run.done) == 1
    with shelf.catalog() as catalog:
        assert len(catalog.calls()) == 1
        assert len(catalog.places(under=shelf.folder.resolve())) == 2


def test_a_moved_recording_is_found_again_without_the_models(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    shelf.batch()
    (shelf.folder / "archive").mkdir()
    (shelf.folder / "a.wav").rename(shelf.folder / "archive" / "b.wav")
    run = shelf.batch()
    assert (run.done, len(run.refreshed)) == ([], 1)
    assert shelf.engine.asked.count("diarize") == 1
    assert len(list(shelf.out.glob("*/call.json"))) == 1
    assert shelf.batch().unchanged == 1


def test_a_plan_that_comes_later_makes_the_result_again_without_the_models(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    assert shelf.batch().done[0].record.plan is None
    (shelf.folder / "a.plan.toml").write_text(PLAN)
    run = shelf.batch()
    assert [summary.record.plan is not None for summary in run.refreshed] == [True]
    assert shelf.engine.asked.count("diarize") == 1
    (shelf.folder / "a.plan.toml").write_text("reason = 3")
    bad = shelf.batch()
    assert [failure.exit_code for failure in bad.failed] == [ExitCode.BAD_FILE]
    (shelf.folder / "a.plan.toml").unlink()
    assert [summary.record.plan for summary in shelf.batch().refreshed] == [None]


def test_what_somebody_named_is_in_the_catalog_after_the_next_run(shelf: Shelf) -> None:
    path = small(shelf.folder / "a.wav", 1)
    shelf.batch()
    session.name(path, shelf.settings, names={"S1": "Dana Reyes"}, sides={"S2": "customer"}, salesperson="S1")
    assert shelf.batch().unchanged == 1
    with shelf.catalog() as catalog:
        (summary,) = catalog.summaries()
    assert summary.salesperson is not None
    assert summary.salesperson.name == "Dana Reyes"


def test_a_recording_whose_content_changed_is_another_call(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    first = shelf.batch().done[0]
    small(shelf.folder / "a.wav", 2)
    second = shelf.batch().done[0]
    assert first.sha256 != second.sha256
    assert (first.folder, second.folder) == ("a", "a.wav"), "the call that was there before keeps its results"
    with shelf.catalog() as catalog:
        assert {summary.sha256 for summary in catalog.summaries()} == {first.sha256, second.sha256}


def test_results_that_were_removed_are_made_again(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    folder = shelf.out / shelf.batch().done[0].folder
    shutil.rmtree(folder)
    assert len(shelf.batch().done) == 1
    assert (folder / "debrief.html").exists()


def test_what_is_unfinished_hidden_or_not_ours_is_left_alone(shelf: Shelf) -> None:
    for name in ("a.wav.part", "b.wav.crdownload", "._c.wav", ".syncthing.d.wav.tmp", "~syncthing~e.wav.tmp", "f.txt"):
        small(shelf.folder / "real.wav", 1).rename(shelf.folder / name)
    small(shelf.folder / "@eaDir" / "g.wav", 2)
    small(shelf.folder / ".stversions" / "h.wav", 3)
    assert shelf.batch().done == []


def test_the_output_folder_inside_the_recordings_folder_is_not_taken_for_recordings(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "calls", tmp_path / "calls" / "debriefs")
    small(shelf.folder / "a.wav", 1)
    shelf.batch()
    small(shelf.out / "a" / "sound.wav", 2)
    assert shelf.batch().unchanged == 1


def test_zooms_tracks_are_one_call_and_its_mix_is_not_another(shelf: Shelf) -> None:
    meeting = shelf.folder / "2026-05-12 14.00.00 Meeting"
    small(meeting / "audio_only.m4a".replace("m4a", "wav"), 1)
    small(meeting / "Audio Record" / "audioDana Reyes11234567.wav", 2)
    small(meeting / "Audio Record" / "audioRay Kowalski21234567.wav", 3)
    run = shelf.batch()
    assert [summary.name for summary in run.done] == ["Meeting 2026-05-12"]


class Failing(FakeEngine):
    """Fails on every recording with the error given."""

    def __init__(self, error: Exception) -> None:
        super().__init__(SHORT)
        self.error = error

    def diarizer(self, *args: object, **more: object):  # type: ignore[no-untyped-def]
        self.asked.append("tried")
        raise self.error


def at(monkeypatch: pytest.MonkeyPatch, moment: dt.datetime) -> None:
    monkeypatch.setattr(batches, "now", lambda: moment)


def test_a_failing_call_is_tried_after_growing_waits_and_then_set_aside(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(shelf.folder / "a.wav", 1)
    shelf.engine = Failing(NoSpeechError("no one speaks"))
    start = dt.datetime(2026, 3, 1, 2, 0, tzinfo=dt.UTC)
    tried_on = []
    for night in range(12):
        at(monkeypatch, start + dt.timedelta(days=night))
        run = shelf.batch(NIGHT)
        if run.failed:
            tried_on.append(night)
        else:
            assert len(run.waiting) == 1, "it is listed each morning"
    assert tried_on == [0, 1, 2, 3, 6], "waits of 1 h, 4 h, 20 h and 68 h, and then no more"
    with shelf.catalog() as catalog:
        assert [failure.quarantined for failure in catalog.failures()] == [True]
        assert catalog.clear() == 1
    shelf.engine = FakeEngine(SHORT)
    assert len(shelf.batch(NIGHT).done) == 1
    with shelf.catalog() as catalog:
        assert catalog.failures() == []


def test_a_clock_that_was_moved_back_keeps_no_call_waiting(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    small(shelf.folder / "a.wav", 1)
    shelf.engine = Failing(NoSpeechError("no one speaks"))
    at(monkeypatch, dt.datetime(2031, 1, 1, tzinfo=dt.UTC))
    shelf.batch(NIGHT)
    at(monkeypatch, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    shelf.engine = FakeEngine(SHORT)
    assert len(shelf.batch(NIGHT).done) == 1


def test_what_lies_beside_a_failing_call_changes_and_it_is_tried_at_once(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    (shelf.folder / "a.plan.toml").write_text("reason = 3")
    assert len(shelf.batch(NIGHT).failed) == 1
    assert len(shelf.batch(NIGHT).waiting) == 1
    (shelf.folder / "a.plan.toml").unlink()
    assert len(shelf.batch(NIGHT).done) == 1


def test_a_missing_model_stops_the_run_and_is_no_recordings_fault(shelf: Shelf) -> None:
    for number in range(3):
        small(shelf.folder / f"{number}.wav", number)
    shelf.engine = Failing(ModelMissingError("the model is not here"))
    run = shelf.batch()
    assert (run.exit_code, run.failed, shelf.engine.asked) == (ExitCode.MODEL, [], ["tried"])
    shelf.engine = FakeEngine(SHORT)
    assert len(shelf.batch().done) == 3


def test_a_fault_of_ours_costs_one_call_and_says_so(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    shelf.engine = Failing(ZeroDivisionError("division by zero"))
    run = shelf.batch()
    assert "internal error: ZeroDivisionError in " in run.failed[0].message


def test_a_disk_that_is_nearly_full_stops_before_anything_is_written(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    with pytest.raises(LibraryError, match="nearly full") as found:
        shelf.batch(Options(settle=0.0, room=1 << 60))
    assert found.value.exit_code == ExitCode.LIBRARY
    assert list(shelf.out.glob("*/")) == []
    assert len(shelf.batch().done) == 1


def test_when_the_time_is_up_a_call_stops_between_two_stages_and_goes_on_there(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)

    class Slow(FakeEngine):
        def transcriber(self, model: str, *args: object, **more: object):  # type: ignore[no-untyped-def]
            raise AssertionError("the words are for the next night")

    workers = shelf.workers()
    slow = Slow(SHORT)
    workers._engine = slow  # type: ignore[attr-defined]
    asked = slow.diarize

    class Stopping:
        name = "fake"

        def __call__(self, *args: object, **more: object) -> object:
            workers.ask_to_stop()
            return asked(*args, **more)  # type: ignore[arg-type]

    slow.diarizer = lambda *args, **more: Stopping()  # type: ignore[method-assign,assignment]
    told: list[str] = []
    run = shelf.batch(telling=Telling(lambda event, path, more: told.append(event)), workers=workers)
    assert (run.done, run.failed, run.stopped_by) == ([], [], "the time was up")
    assert told[-1] == "stopped"
    assert len(list(shelf.out.glob("*/heard.json"))) == 1, "who spoke when is kept"
    shelf.engine = FakeEngine(SHORT)
    assert len(shelf.batch().done) == 1
    assert shelf.engine.asked.count("diarize") == 0, "and not looked for again"


def test_no_time_left_begins_nothing(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    run = shelf.batch(Options(settle=0.0, until=0.0))
    assert (run.done, run.stopped_by) == ([], "the time was up")


def test_a_file_that_grows_is_done_once_and_whole(shelf: Shelf) -> None:
    whole = small(shelf.folder.parent / "whole.wav", 5, seconds=3.0).read_bytes()
    target = shelf.folder / "a.wav"

    def copy() -> None:
        with target.open("wb") as file:
            for start in range(0, len(whole), len(whole) // 20):
                file.write(whole[start : start + len(whole) // 20])
                file.flush()
                time.sleep(0.1)

    copying = threading.Thread(target=copy)
    copying.start()
    time.sleep(0.3)
    runs = [shelf.batch(Options(settle=3.0))]
    while copying.is_alive():
        runs.append(shelf.batch(Options(settle=3.0)))
    copying.join()
    runs.append(shelf.batch(Options(settle=3.0)))
    assert runs[0].growing == [target]
    assert sum(len(run.done) for run in runs) == 1
    assert not any(run.failed for run in runs)
    (record,) = shelf.out.glob("*/call.json")
    import hashlib

    assert json.loads(record.read_text())["recording"]["sha256"] == hashlib.sha256(whole).hexdigest()


def test_a_recording_changed_while_it_is_analysed_is_not_taken_for_done(shelf: Shelf) -> None:
    path = small(shelf.folder / "a.wav", 1)

    class Changing(FakeEngine):
        def transcribe(self, *args: object, **more: object):  # type: ignore[no-untyped-def]
            small(path, 2, seconds=0.7)
            return super().transcribe(*args, **more)  # type: ignore[arg-type]

    shelf.engine = Changing(SHORT)
    run = shelf.batch()
    assert (run.done, run.growing) == ([], [path])
    shelf.engine = FakeEngine(SHORT)
    run = shelf.batch()
    assert len(run.done) == 1


def test_a_worker_that_dies_costs_its_call_alone(shelf: Shelf) -> None:
    from analyzer.library.workers import Processes
    from tests.library_folders import dies_on_b

    for name in ("a", "b", "c"):
        small(shelf.folder / f"{name}.wav", ord(name))
    run = shelf.batch(workers=Processes(shelf.settings, 1, dies_on_b))
    assert [summary.name for summary in run.done] == ["a", "c"]
    assert [(Path(f.path).name, f.retryable) for f in run.failed] == [("b.wav", True)]
    assert "died (signal 9" in run.failed[0].message
    assert len(shelf.batch().done) == 1


TWO = """
    import sys
    from pathlib import Path
    from tests.library_folders import Shelf
    shelf = Shelf(Path(sys.argv[1]), Path(sys.argv[2]), url=sys.argv[3] or None)
    run = shelf.batch()
    print(len(run.done), len(run.failed))
"""


def two_at_once(shelf: Shelf, url: str = "") -> tuple[int, int]:
    """How many calls two runs of their own process did together, and how many failed."""
    arguments = [sys.executable, "-c", textwrap.dedent(TWO), str(shelf.folder), str(shelf.out), url]
    root = Path(__file__).parents[2]
    runs = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(2)]
    counts = [tuple(map(int, run.communicate()[0].split())) for run in runs]
    assert all(run.returncode == 0 for run in runs)
    return sum(count[0] for count in counts), sum(count[1] for count in counts)


def test_two_runs_at_once_do_every_call_once(shelf: Shelf) -> None:
    for number in range(60):
        small(shelf.folder / f"{number}.wav", number)
    assert two_at_once(shelf) == (60, 0)
    assert len(list(shelf.out.glob("*/call.json"))) == 60
    with shelf.catalog() as catalog:
        assert catalog.leases() == []


def test_the_lease_of_a_run_that_was_killed_is_free_at_once(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    dead = subprocess.run(
        [sys.executable, "-c", "from analyzer.files import this_run; print(this_run())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert is_dead(dead)
    assert not is_dead(this_run())
    assert not is_dead(this_run().replace(this_run().split("/")[0], "another-machine", 1))
    shelf.out.mkdir()
    from analyzer.audio.recording import content_hash

    with shelf.catalog() as catalog:
        assert catalog.lease(content_hash(shelf.folder / "a.wav"), dead, batches.LEASE, batches.now())
    assert len(shelf.batch().done) == 1


def test_a_call_that_another_run_has_is_left_to_it(shelf: Shelf) -> None:
    small(shelf.folder / "a.wav", 1)
    shelf.out.mkdir()
    from analyzer.audio.recording import content_hash

    with shelf.catalog() as catalog:
        assert catalog.lease(content_hash(shelf.folder / "a.wav"), "other/1/2/3", batches.LEASE, batches.now())
    run = shelf.batch()
    assert (run.done, run.elsewhere) == ([], [shelf.folder.resolve() / "a.wav"])


def test_a_new_catalog_is_filled_from_the_results_that_are_there(shelf: Shelf) -> None:
    for number in range(3):
        small(shelf.folder / f"{number}.wav", number)
    shelf.batch()
    for path in shelf.out.glob("catalog.sqlite*"):
        path.unlink()
    run = shelf.batch()
    assert (run.done, run.unchanged) == ([], 3)
    assert CallFolder(shelf.out / "0").made_with()[0] is not None


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "calls", tmp_path / "out")
    shutil.rmtree(shelf.folder)
    with pytest.raises(LibraryError, match="no such folder"):
        shelf.batch()


@pytest.mark.parametrize("calls", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_many_calls_with_nothing_new_take_seconds_and_the_cost_stays_flat(tmp_path: Path, calls: int) -> None:
    shelf = Shelf(tmp_path / "calls", tmp_path / "out")
    for number in range(calls):
        small(shelf.folder / f"{number // 100}" / f"{number}.wav", number)
    assert len(shelf.batch().done) == calls
    began = time.process_time()
    run = shelf.batch(NIGHT)
    took = time.process_time() - began
    assert run.unchanged == calls
    assert took < 0.5 + calls / 200, f"a second run with nothing new took {took:.1f} s"


def test_corrections_survive_a_new_analysis(shelf: Shelf) -> None:
    path = small(shelf.folder / "a.wav", 1)
    shelf.batch()
    session.name(path, shelf.settings, names={"S1": "Dana Reyes"})
    folder = shelf.out / "a"
    (folder / "heard.json").unlink()
    shelf.settings = replace(shelf.settings, language="en")
    run = shelf.batch()
    assert len(run.done) == 1
    assert len(CallFolder(folder).corrections()) == 1
    assert run.done[0].record.people[0].name == "Dana Reyes"


def test_outcomes_can_go_between_processes() -> None:
    import pickle

    from analyzer.library.call_work import Job
    from analyzer.settings import Settings

    job = Job("0" * 64, Path("a.wav"), "analyse", Settings(), "a:b", (1, 2), dt.date(2026, 1, 1))
    assert pickle.loads(pickle.dumps(Outcome(job, "done"))) == Outcome(job, "done")
