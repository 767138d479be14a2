"""What hangs or dies costs its own call, its reason is told, and the run goes on: with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer.errors import ExitCode, LibraryError
from analyzer.library import batch as batches
from analyzer.library import workers as crews
from analyzer.library.call_work import MakeEngine
from analyzer.library.limits import Clock, Limits, NoAnswerError, declared_seconds, within
from analyzer.library.run import Options, Telling
from analyzer.library.workers import Processes
from tests.library_folders import (
    Shelf,
    broken_engine,
    dies_on_b,
    freezes_on_b,
    hangs_on_b,
    killed_at_first_start,
    killed_at_start,
    marks_of,
    no_engine,
    small,
)

SOON = Limits(least=5.0, factor=1.0, grace=0.5, dying=2.0)
"""Small, but more than a call of the fake engine takes on a busy machine."""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "calls", tmp_path / "out")
    for name in ("a", "b", "c"):
        small(made.folder / f"{name}.wav", ord(name))
    yield made
    if marks_of(made.settings).exists():
        for pid in marks(made):
            if is_there(pid):
                os.kill(pid, signal.SIGKILL)


def marks(shelf: Shelf) -> list[int]:
    """The processes that an engine wrote down."""
    return [int(line) for line in marks_of(shelf.settings).read_text().split()]


def is_there(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what: Callable[[], bool], seconds: float = 240.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it has not happened"
        time.sleep(0.02)


def workers(shelf: Shelf, make: MakeEngine, limits: Limits = SOON, count: int = 1) -> Processes:
    return Processes(shelf.settings, count, make, limits)


def test_a_call_that_hangs_is_stopped_fails_with_its_limit_and_the_others_are_done(shelf: Shelf) -> None:
    run = shelf.batch(workers=workers(shelf, hangs_on_b))
    assert sorted(summary.name for summary in run.done) == ["a", "c"]
    (failure,) = run.failed
    assert failure.message.endswith(
        "b.wav: it took longer than 6 s, which is the limit for a call of 0 s; it was stopped."
    )
    assert failure.retryable
    assert run.exit_code == ExitCode.SOME_FAILED
    assert [is_there(pid) for pid in marks(shelf)] == [False, False], "nor does anything live that it had started"
    with shelf.catalog() as catalog:
        assert [known.message for known in catalog.failures()] == [failure.message]
        assert catalog.leases() == []
    assert [summary.name for summary in shelf.batch().done] == ["b"]


def test_a_process_that_was_frozen_is_stopped_as_well(shelf: Shelf) -> None:
    run = shelf.batch(workers=workers(shelf, freezes_on_b, count=2))
    assert sorted(summary.name for summary in run.done) == ["a", "c"]
    assert "it was stopped" in run.failed[0].message
    assert [is_there(pid) for pid in marks(shelf)] == [False]


@pytest.mark.slow
def test_a_process_that_cannot_be_killed_is_left_behind_and_nobody_waits_for_it(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What waits in the kernel for a disk takes no signal: here none is sent, to a process that is frozen.
    monkeypatch.setattr(crews, "send_all", lambda process, what: None)
    run = shelf.batch(workers=workers(shelf, freezes_on_b))
    assert sorted(summary.name for summary in run.done) == ["a", "c"]
    assert "does not end, and was left behind" in run.failed[0].message
    (pid,) = marks(shelf)
    assert is_there(pid), "it is there still, and the run has ended"
    import multiprocessing

    assert pid not in [child.pid for child in multiprocessing.active_children()], "nor is it waited for at the end"


AT_ITS_END = """
import sys
from pathlib import Path
from analyzer.library import workers
from analyzer.library.limits import Limits
from tests.library_folders import Shelf, freezes_on_b
workers.send_all = lambda process, what: None
shelf = Shelf(Path(sys.argv[1]), Path(sys.argv[2]))
run = shelf.batch(workers=workers.Processes(shelf.settings, 1, freezes_on_b, Limits(least=4.0, dying=1.0)))
print(len(run.done), len(run.failed))
"""


@pytest.mark.slow
def test_a_program_ends_though_a_process_it_left_behind_does_not(shelf: Shelf) -> None:
    command = [sys.executable, "-c", AT_ITS_END, str(shelf.folder), str(shelf.out)]
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, timeout=120, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert ran.stdout.split() == ["2", "1"]


def test_when_the_time_is_up_a_call_that_does_not_end_is_stopped_and_has_not_failed(shelf: Shelf) -> None:
    long = Limits(grace=0.5)
    up = threading.Event()

    class Watched(Processes):
        def events(self, timeout: float):  # type: ignore[no-untyped-def]
            if marks_of(shelf.settings).exists():
                up.set()
            return super().events(min(timeout, 0.2))

    told: list[str] = []
    began = time.monotonic()
    original = batches._Driver._time_is_up
    batches._Driver._time_is_up = lambda self: up.is_set()  # type: ignore[method-assign]
    try:
        run = shelf.batch(
            Options(settle=0.0, until=1.0),
            Telling(lambda event, path, more: told.append(event)),
            Watched(shelf.settings, 1, hangs_on_b, long),
        )
    finally:
        batches._Driver._time_is_up = original  # type: ignore[method-assign]
    assert time.monotonic() - began < 100, "not after the limit of a call"
    assert ([summary.name for summary in run.done], run.failed) == (["a"], [])
    assert run.stopped_by == "the time was up"
    assert told[-1] == "stopped"
    with shelf.catalog() as catalog:
        assert catalog.failures() == []
        assert catalog.leases() == []
    assert sorted(summary.name for summary in shelf.batch().done) == ["b", "c"], "the next night goes on"


def test_a_worker_that_is_killed_fails_its_call_alone_and_says_of_what(shelf: Shelf) -> None:
    run = shelf.batch(workers=workers(shelf, dies_on_b, Limits()))
    assert sorted(summary.name for summary in run.done) == ["a", "c"]
    assert run.failed[0].message.endswith("b.wav: its process died (signal 9; perhaps out of memory).")
    assert run.failed[0].retryable


@pytest.mark.parametrize(
    ("make", "says", "code"),
    [
        (no_engine, "cuda:7: there is no such device. Choose another.", ExitCode.USAGE),
        (broken_engine, "cannot start (ImportError: libsomething.so.3: cannot open", ExitCode.LIBRARY),
        (killed_at_start, "cannot start (signal 9; perhaps out of memory).", ExitCode.LIBRARY),
    ],
)
def test_a_worker_that_cannot_start_ends_the_run_with_one_line_and_is_no_calls_fault(
    shelf: Shelf, make: MakeEngine, says: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    run = shelf.batch(workers=workers(shelf, make, Limits()))
    assert (run.done, run.failed) == ([], [])
    assert run.fatal is not None
    assert says in run.fatal.message
    assert run.exit_code == code
    assert capfd.readouterr().err == ""
    if make is killed_at_start:
        assert len(marks(shelf)) == crews.STARTS
    with shelf.catalog() as catalog:
        assert catalog.failures() == []
        assert catalog.leases() == []


def test_a_worker_that_was_killed_at_its_start_once_is_started_again(shelf: Shelf) -> None:
    run = shelf.batch(workers=workers(shelf, killed_at_first_start, Limits()))
    assert (len(run.done), run.failed, run.fatal) == (3, [], None)


def test_a_worker_killed_while_idle_costs_no_call(shelf: Shelf) -> None:
    at_work = workers(shelf, dies_on_b, Limits())
    (shelf.folder / "b.wav").unlink()

    def event(name: str, path: Path | None, more: object) -> None:
        if name == "done" and at_work._workers:
            process = at_work._workers[0].process
            process.kill()
            process.join()

    run = shelf.batch(telling=Telling(event), workers=at_work)
    # The one that was given to the dead may fail, and is done by the next run; nothing is raised.
    assert len(run.done) + len(run.failed) == 2
    assert len(shelf.batch().done) == len(run.failed)


def test_the_clock_knows_a_calls_length_by_what_was_decoded_and_stands_still_while_models_are_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(Limits(least=0.0, factor=1.0))
    assert clock.is_over
    clock.told("decode", 3600.0)
    assert not clock.is_over
    now = 100.0
    monkeypatch.setattr("analyzer.library.limits.time.monotonic", lambda: now)
    short = Clock(Limits(least=30.0, factor=1.0))
    short.start()
    short.told("fetch community-1", 0)
    now += 40
    assert not short.is_over
    short.told("segmentation", 0)
    assert not short.is_over, "what was fetched costs the call nothing"
    now += 30
    assert short.is_over


def test_every_track_of_a_folder_counts(tmp_path: Path) -> None:
    for number in range(3):
        small(tmp_path / "Audio Record" / f"audioDana{number}1234567.wav", number, seconds=2.0)
    assert declared_seconds(tmp_path / "Audio Record") == pytest.approx(6.0)


def test_a_share_that_does_not_answer_costs_its_limit_and_what_is_asked_may_raise(tmp_path: Path) -> None:
    stalled = tmp_path / "pipe"
    os.mkfifo(stalled)  # opening it waits for ever, as a file of a share that is away does
    with pytest.raises(NoAnswerError):
        within(0.2, stalled.read_bytes)
    with pytest.raises(NoAnswerError):
        within(3600.0, stalled.read_bytes, give_up=lambda: True)
    with pytest.raises(FileNotFoundError):
        within(60.0, (tmp_path / "nothing").read_bytes)
    assert within(60.0, lambda: 7) == 7
    os.close(os.open(stalled, os.O_WRONLY | os.O_NONBLOCK))  # lets those who wait go


def test_a_recording_that_cannot_be_read_to_its_end_fails_and_the_rest_is_done(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "ANSWER", 3.0)
    stalled = shelf.out.parent / "pipe"
    os.mkfifo(stalled)
    true_hash = batches.hash_of
    # A share that went away under an open file: reading waits and no error comes.
    monkeypatch.setattr(
        batches,
        "hash_of",
        lambda path: str(stalled.read_bytes()) if path.name == "b.wav" else true_hash(path),
    )
    run = shelf.batch()
    assert sorted(summary.name for summary in run.done) == ["a", "c"]
    assert run.failed[0].message.endswith("b.wav: its disk or share has not answered within 3 s.")
    assert (run.failed[0].retryable, run.failed[0].exit_code) == (True, ExitCode.UNREADABLE_INPUT)
    os.close(os.open(stalled, os.O_WRONLY | os.O_NONBLOCK))


def test_a_folder_that_does_not_answer_is_one_clear_line(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "LONGEST_LOOK", 0.3)
    released = threading.Event()
    monkeypatch.setattr(batches, "meetings_in", lambda folder, before, **_: released.wait())
    with pytest.raises(LibraryError, match=r"calls: its disk or share has not answered within 0 s\. Check that"):
        shelf.batch()
    released.set()
