"""The catalog made again from the files, filled where it is empty, and held against them."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analyzer.audio.recording import Recording
from analyzer.call.folder import CALL_FILE, FORGOTTEN_FILE, LIBRARY_FILE, OWNER_FILE, PAGE_FILE, CallFolder
from analyzer.cli.main import app
from analyzer.debrief.record import RecordingRecord
from analyzer.debrief.results import write_results
from analyzer.errors import ExitCode, LibraryError
from analyzer.files import PARTIAL
from analyzer.library.catalog.catalog import Catalog, Failure, KnownCall, Place
from analyzer.library.catalog.connection import FILE
from analyzer.library.catalog.failures import CatalogLockedError
from analyzer.library.rebuild import check, index_changed, rebuild
from analyzer.people.corrections import Change
from tests import records
from tests.catalog_behaviour import MINUTE, NOON

SOLD = dt.date(2026, 11, 3)
FAILED = Failure("/r/bad.wav", "/r/bad.wav", 5, NOON, NOON, NOON + MINUTE, True, 5, "no audio")
SEEN = Place("/r/call 0.wav", 10, 20, f"{0:064x}")


def results(out: Path, number: int, *, name: str | None = None, seconds: float = 60.0, **more: Any) -> Path:
    """A results folder as a batch leaves it."""
    name = name or f"call {number}"
    sha256 = f"{number:064x}"
    recording = RecordingRecord(
        file=f"{name}.wav", sha256=sha256, seconds=seconds, container="wav", codec="pcm", channels=1, sample_rate=16_000
    )
    seller = records.person("S1", "Dana Reyes", "team", "salesperson")
    folder = out / name
    record = records.call([seller], name=name, recording=recording, seconds=seconds, **more)
    write_results(CallFolder(folder), record)
    CallFolder(folder).claim(Recording(Path(f"/r/{name}.wav"), sha256, "wav", "pcm", 1, 16_000, 160_000))
    kept = {"inputs": f"made from {number}", "recorded_on": SOLD.isoformat()}
    (folder / LIBRARY_FILE).write_text(json.dumps(kept), encoding="utf-8")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Three calls with results, in a catalog that agrees with them and knows a failure besides."""
    folder = tmp_path / "debriefs"
    for number in range(3):
        results(folder, number)
    with Catalog.open(folder) as catalog:
        assert index_changed(folder, catalog) == 3
        catalog.saw([SEEN])
        catalog.failed(FAILED)
    return folder


def found(out: Path) -> list[tuple[str, str]]:
    """What `check` finds: the name of what it is about, and what is wrong."""
    with Catalog.open(out) as catalog:
        return [(Path(one.where).name, one.what) for one in check(out, catalog)]


def scribble(path: Path, start: int = 4096) -> None:
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(start)
        file.write(random.Random(5).randbytes(size - start))


# Filling


def test_an_empty_catalog_is_filled_from_the_results(out: Path) -> None:
    folder = out / "call 1"
    (out / FILE).unlink()
    (out / "no results").mkdir()
    (out / "index.html").touch()
    CallFolder(folder).keep_corrections(
        [Change(at="2026-11-20T09:00:00+01:00", names={"S1": "Dana Reyes"})], f"{1:064x}"
    )
    with Catalog.open(out) as catalog:
        assert index_changed(out, catalog) == 3
        known = catalog.calls()[f"{1:064x}"]
        assert known == KnownCall(
            f"{1:064x}",
            "done",
            "call 1",
            "made from 1",
            CallFolder(folder).stamp(),
            None,
        )
        assert [(one.name, one.date) for one in catalog.summaries()] == [(f"call {n}", SOLD) for n in range(3)]
        assert index_changed(out, catalog) == 0  # it knows them now


def test_a_catalog_that_knows_something_is_not_filled(out: Path) -> None:
    results(out, 7)
    with Catalog.open(out) as catalog:
        assert index_changed(out, catalog) == 0
        assert len(catalog.calls()) == 3


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    with Catalog.open(tmp_path) as catalog:
        assert index_changed(tmp_path / "not there", catalog) == 0
        assert index_changed(tmp_path, catalog) == 0


def test_of_two_folders_with_one_recording_the_one_written_last_counts(out: Path) -> None:
    older, newer = results(out, 9, name="a newer"), results(out, 9, name="b older")
    os.utime(older / CALL_FILE, (2_000_000_000, 2_000_000_000))
    os.utime(newer / CALL_FILE, (1_000_000_000, 1_000_000_000))
    rebuild(out)
    with Catalog.open(out) as catalog:
        assert catalog.calls()[f"{9:064x}"].folder == "a newer"


# Rebuilding


def test_a_sound_catalog_made_again_keeps_what_only_it_knows(out: Path) -> None:
    results(out, 1, seconds=90.0)  # changed since
    results(out, 5)  # new
    (out / "call 2" / CALL_FILE).unlink()  # gone
    rebuilt = rebuild(out)
    assert (rebuilt.calls, rebuilt.problems, rebuilt.kept_aside) == (3, (), None)
    with Catalog.open(out) as catalog:
        assert {one.name: one.seconds for one in catalog.summaries()} == {"call 0": 60, "call 1": 90, "call 5": 60}
        assert catalog.calls()[f"{2:064x}"].state == "new"
        assert catalog.failures() == [FAILED]
        assert catalog.places() == {SEEN.path: SEEN}
        assert check(out, catalog) == ()


def test_making_it_again_twice_changes_nothing(out: Path) -> None:
    def whole() -> list[str]:
        with closing(sqlite3.connect(out / FILE)) as connection:
            # The index keeps what it holds in an order of its own.
            return [line for line in connection.iterdump() if "words_index_" not in line]

    rebuild(out)
    before = whole()
    rebuild(out)
    assert whole() == before


def test_a_call_whose_words_were_forgotten_is_still_known_as_such(out: Path) -> None:
    (out / "call 1" / FORGOTTEN_FILE).write_text("2026-11-20\n", encoding="utf-8")
    with Catalog.open(out) as catalog:
        catalog.forgotten(f"{0:064x}", NOON)  # analysed again since: it has no marker
    for _ in range(2):
        rebuild(out)
        with Catalog.open(out) as catalog:
            forgotten = {sha256 for sha256, call in catalog.calls().items() if call.forgotten_at is not None}
        assert forgotten == {f"{1:064x}"}
        (out / FILE).unlink()


def test_a_folder_that_cannot_be_read_is_named_and_left_out(out: Path) -> None:
    (out / "call 1" / CALL_FILE).write_text('{"version": 1', encoding="utf-8")
    rebuilt = rebuild(out)
    assert rebuilt.calls == 2
    assert len(rebuilt.problems) == 1
    assert str(out / "call 1" / CALL_FILE) in rebuilt.problems[0]


@pytest.mark.parametrize("start", [0, 4096], ids=["unreadable", "damaged inside"])
def test_a_damaged_catalog_is_kept_aside_and_made_again(start: int, out: Path) -> None:
    scribble(out / FILE, start)
    damaged = (out / FILE).read_bytes()
    rebuilt = rebuild(out)
    assert rebuilt.calls == 3
    assert rebuilt.kept_aside is not None
    assert rebuilt.kept_aside.name.startswith(f"{FILE}.corrupt-20")
    assert rebuilt.kept_aside.read_bytes() == damaged
    with Catalog.open(out) as catalog:
        assert len(catalog.summaries()) == 3
        assert check(out, catalog) == ()
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [FILE, rebuilt.kept_aside.name]


def test_of_a_catalog_damaged_in_part_failures_and_places_are_saved(out: Path) -> None:
    with closing(sqlite3.connect(out / FILE)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'call'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with (out / FILE).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(random.Random(5).randbytes(size))
    assert rebuild(out).kept_aside is not None
    with Catalog.open(out) as catalog:
        assert catalog.failures() == [FAILED]
        assert catalog.places() == {SEEN.path: SEEN}
        assert len(catalog.summaries()) == 3


def test_a_catalog_of_a_newer_version_is_kept_aside(out: Path) -> None:
    with closing(sqlite3.connect(out / FILE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    rebuilt = rebuild(out)
    assert rebuilt.kept_aside is not None
    assert rebuilt.calls == 3
    with Catalog.open(out) as catalog:
        assert len(catalog.summaries()) == 3


def test_a_catalog_that_another_program_holds_is_left_alone(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Catalog, "open", partial(Catalog.open, busy=0.3))
    with closing(sqlite3.connect(out / FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CatalogLockedError):
            rebuild(out)
        other.execute("ROLLBACK")
    assert found(out) == []


def test_a_rebuild_that_fails_in_the_middle_leaves_the_catalog_as_it_was(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analyzer.library.catalog import stored_calls

    results(out, 5)
    (out / "call 0" / CALL_FILE).unlink()

    def fails(*_: Any) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(stored_calls, "_call", fails)
    with pytest.raises(RuntimeError, match="in the middle"):
        rebuild(out)
    with Catalog.open(out) as catalog:
        assert {one.name for one in catalog.summaries()} == {"call 0", "call 1", "call 2"}


def test_an_output_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot be looked into"):
        rebuild(tmp_path / "none")


# Checking


def test_a_catalog_that_agrees_with_the_files_has_nothing_to_find(out: Path) -> None:
    assert found(out) == []


def test_what_is_on_one_side_only_or_differs_is_found(out: Path) -> None:
    results(out, 5)
    results(out, 1, seconds=61.0)
    (out / "call 0").rename(out / "call zero")
    (out / "call 2" / CALL_FILE).unlink()
    assert sorted(found(out)) == [
        ("call 1", "differs from what the catalog says"),
        ("call 2", "the results of call 2 are in the catalog and not here"),
        ("call 5", "is not in the catalog"),
        ("call zero", "lies under another name than the catalog says (call 0)"),
    ]
    rebuild(out)
    assert found(out) == []


def test_two_folders_of_one_recording_are_found(out: Path) -> None:
    results(out, 1, name="call 1 again")
    assert found(out) == [("call 1 again", "holds the same recording as call 1")]


def test_what_a_folder_lacks_is_found(out: Path) -> None:
    (out / "call 0" / PAGE_FILE).unlink()
    (out / "call 1" / OWNER_FILE).unlink()
    (out / "call 2" / CALL_FILE).write_text("{", encoding="utf-8")
    with Catalog.open(out) as catalog:
        lines = [one.line() for one in check(out, catalog)]
    assert lines[0] == f"{out / 'call 0' / PAGE_FILE}: is missing. Run: analyzer report '/r/call 0.wav'."
    assert lines[1] == f"{out / 'call 1'}: does not say whose results it holds. Analyse the recording again."
    assert "call 2" in lines[2]
    assert "cannot be read" in lines[2]
    assert len(lines) == 3


def test_temporary_files_are_found_once_no_write_can_be_under_way(out: Path) -> None:
    for folder in (out, out / "call 1"):
        (folder / f"{PARTIAL}new").touch()
        (folder / f"{PARTIAL}old").touch()
        os.utime(folder / f"{PARTIAL}old", (1_700_000_000, 1_700_000_000))
    assert found(out) == [(f"{PARTIAL}old", "a write that was killed left it")] * 2


def test_leases_of_runs_that_have_ended_are_found(out: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    with Catalog.open(out) as catalog:
        catalog.lease(f"{0:064x}", "a run elsewhere", MINUTE, now)
        catalog.lease(f"{1:064x}", "another run elsewhere", MINUTE, now - 2 * MINUTE)
    assert found(out) == [(FILE, "a run that has ended still holds 000000000000")]


def test_a_damaged_catalog_is_found(out: Path) -> None:
    with closing(sqlite3.connect(out / FILE)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'failure'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with (out / FILE).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(random.Random(5).randbytes(size))
    [(name, what)] = found(out)
    assert name == FILE
    assert "damaged" in what


# The commands


def command(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["library", *words])
    if isinstance(result.exception, LibraryError):
        return result.exception.exit_code, result.exception.line()
    return result.exit_code, result.output


def test_check_and_rebuild_from_the_command_line(out: Path) -> None:
    assert command("check", "--out", str(out)) == (0, "The catalog and the results agree: 3 calls.\n")
    results(out, 5)
    code, said = command("check", "--out", str(out))
    assert code == ExitCode.LIBRARY
    assert said == f"{out / 'call 5'}: is not in the catalog. Run: analyzer library rebuild.\n"
    assert command("rebuild", "--out", str(out)) == (0, "The catalog has 4 calls.\n")
    assert command("check", "--out", str(out))[0] == 0


def test_the_error_of_a_damaged_catalog_names_the_command_that_mends_it(out: Path) -> None:
    scribble(out / FILE, 0)
    code, said = command("failures", "--out", str(out))
    assert code == ExitCode.LIBRARY
    assert "analyzer library rebuild" in said
    code, said = command("rebuild", "--out", str(out))
    assert code == 0
    assert f"{FILE}.corrupt-" in said
    assert command("failures", "--out", str(out)) == (0, "Nothing has failed.\n")
