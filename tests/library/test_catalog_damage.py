"""What can happen to the catalog's file: damage, disks that are full or only read, kills."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from analyzer.errors import ExitCode, UsageError
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.catalog.connection import FILE
from analyzer.library.catalog.failures import (
    CatalogCorruptError,
    CatalogError,
)
from tests.catalog_behaviour import Opener, noted, summary
from tests.forked import forks
from tests.many_calls import many_calls


@pytest.fixture
def opens(tmp_path: Path) -> Opener:
    return partial(Catalog.open, tmp_path)


def sane(path: Path) -> bool:
    """What SQLite itself says of a file, with nothing of ours between."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# Damage


def filled(tmp_path: Path, calls: int = 200) -> None:
    with Catalog.open(tmp_path) as catalog:
        for one in many_calls(calls):
            noted(catalog, one)


@pytest.mark.parametrize("start", [0, 4096], ids=["from the first byte", "after the first page"])
def test_random_bytes_in_the_file_end_in_a_clear_error_with_the_way_out(start: int, tmp_path: Path) -> None:
    filled(tmp_path)
    with (tmp_path / FILE).open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(start)
        file.write(random.Random(5).randbytes(size - start))
    with pytest.raises(CatalogCorruptError) as caught, Catalog.open(tmp_path) as catalog:
        catalog.summaries()
    assert "analyzer library rebuild" in caught.value.line()
    assert caught.value.exit_code == ExitCode.LIBRARY


def test_a_file_cut_off_in_the_middle_is_a_clear_error(tmp_path: Path) -> None:
    filled(tmp_path)
    with (tmp_path / FILE).open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) // 2 // 4096 * 4096)
    with pytest.raises(CatalogCorruptError), Catalog.open(tmp_path) as catalog:
        catalog.summaries()


def test_another_kind_of_file_is_a_clear_error_and_stays_as_it_is(tmp_path: Path) -> None:
    text = b"Minutes of the meeting\n" * 400
    (tmp_path / FILE).write_bytes(text)
    with pytest.raises(CatalogCorruptError, match="library rebuild"):
        Catalog.open(tmp_path)
    assert (tmp_path / FILE).read_bytes() == text


def test_a_folder_where_the_file_should_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(CatalogError, match="cannot be opened"):
        Catalog.open(tmp_path)


def test_a_summary_of_another_version_is_a_clear_error(opens: Opener, tmp_path: Path) -> None:
    with opens() as catalog:
        noted(catalog, summary())
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("""UPDATE call SET summary = '{"sha256": 1}'""")
        connection.commit()
    with opens() as catalog, pytest.raises(CatalogCorruptError, match="library rebuild"):
        catalog.summaries()


def test_tables_that_are_missing_are_a_clear_error(opens: Opener, tmp_path: Path) -> None:
    opens().close()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("DROP TABLE place")
    with opens() as catalog, pytest.raises(CatalogCorruptError):
        catalog.places()


# Files that are no catalog


def planted(folder: Path, what: str) -> Path:
    """Something that is no catalog, at the path that it is named by."""
    path = folder / "precious.db"
    if what == "a text":
        path.write_bytes(b"Minutes of the meeting\n" * 400)
    elif what == "a short text":
        path.write_bytes(b"hello")
    elif what == "a folder":
        path.mkdir()
    elif what == "a pipe":
        os.mkfifo(path)
    elif what == "a link to a catalog":
        Catalog.open(folder, f"sqlite:///{folder / 'real.db'}").close()
        path.symlink_to(folder / "real.db")
    elif what == "a link to a file that is not there":
        path.symlink_to(folder / "new.db")
    elif what == "a link in place of the log":
        (folder / "letter").write_bytes(b"Dear Ray")
        (folder / "precious.db-wal").symlink_to(folder / "letter")
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE bookmark (address TEXT)")
            connection.execute("INSERT INTO bookmark VALUES ('https://example.org')")
            connection.commit()
    return path


def everything_in(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """Mode and bytes of all that lies in a folder."""
    found = {}
    for path in sorted(folder.iterdir()):
        mode = path.lstat().st_mode
        found[path.name] = (mode, path.read_bytes() if stat.S_ISREG(mode) else None)
    return found


@pytest.mark.parametrize(
    "what",
    [
        "a text",
        "a short text",
        "a folder",
        "a pipe",
        "a link to a catalog",
        "a link to a file that is not there",
        "a link in place of the log",
        "another program's database",
    ],
)
def test_what_is_no_catalog_is_refused_in_one_line_and_stays_as_it_is(what: str, tmp_path: Path) -> None:
    path = planted(tmp_path, what)
    for one in tmp_path.iterdir():
        if one.is_file() and not one.is_symlink():
            one.chmod(0o644)
    before = everything_in(tmp_path)
    (tmp_path / "out").mkdir()
    address = f"sqlite:///{path}"
    for command in (["trends"], ["library", "rebuild"]):
        words = [*command, "--out", str(tmp_path / "out"), "--catalog", address]
        code, _, err = forks.run(words, tmp_path, dict(os.environ))
        assert code == ExitCode.LIBRARY, (command, err)
        assert err.count("\n") == 1, err
        assert "precious.db" in err
        (tmp_path / "out").rmdir()  # it is empty still
        assert everything_in(tmp_path) == before
        (tmp_path / "out").mkdir()


def test_an_empty_file_becomes_a_catalog_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    path.touch(0o644)
    with Catalog.open(tmp_path, f"sqlite:///{path}") as catalog:
        noted(catalog, summary())
    assert sane(path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_an_address_that_names_no_file_is_wrong_use(address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no file"):
        Catalog.open(tmp_path, address)


# Disks

NO_ROOM = re.compile("Free some space|has room")


@contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """A small disk of its own at `folder`."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk of its own needs the right to mount one")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full_is_a_clear_error_and_the_catalog_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    kept = []

    def fill(catalog: Catalog) -> None:
        for one in many_calls(3000):
            noted(catalog, one)
            kept.append(one)

    with disk(out, "1m"):
        with Catalog.open(out) as catalog:
            with pytest.raises(CatalogError, match=NO_ROOM) as caught:
                fill(catalog)
            assert kept
            assert caught.value.exit_code == ExitCode.LIBRARY
            assert catalog.summaries() == sorted(kept, key=lambda s: (str(s.date), s.name))
        assert sane(out / FILE)
        with Catalog.open(out) as catalog:
            assert len(catalog.summaries()) == len(kept)


def test_a_disk_that_is_full_from_the_start_is_a_clear_error(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with disk(out, "512k"):
        (out / "other").write_bytes(b"x" * 500_000)
        with pytest.raises(CatalogError, match=NO_ROOM):
            Catalog.open(out)
        (out / "other").unlink()
        Catalog.open(out).close()  # with room it goes on as if nothing had been


def test_a_disk_that_only_lets_itself_be_read_is_a_clear_error(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with disk(out, "4m"):
        filled(out, 3)
        subprocess.run(["mount", "-o", "remount,ro", str(out)], check=True)
        with (
            pytest.raises(CatalogError, match=r"may write in it|right to write") as caught,
            Catalog.open(out) as catalog,
        ):
            noted(catalog, summary())
        assert caught.value.exit_code == ExitCode.LIBRARY


WITHOUT_RIGHTS = """
import os, sys
from pathlib import Path
from analyzer.errors import AnalyzerError
from analyzer.library.catalog.catalog import Catalog
from tests.catalog_behaviour import noted, summary
if os.geteuid() == 0:
    os.seteuid(65534)  # whoever owns what root may write is still not asked
try:
    with Catalog.open(Path(sys.argv[1])) as catalog:
        noted(catalog, summary())
except AnalyzerError as error:
    print(error.exit_code.value, error.line())
"""


@pytest.mark.parametrize("which", ["the file", "the folder"])
def test_a_catalog_that_this_user_may_not_write_is_a_clear_error(which: str) -> None:
    out = Path(tempfile.mkdtemp())
    try:
        filled(out, 3)
        for path in (out, out / FILE):
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)
        path, mode = (out / FILE, 0o000) if which == "the file" else (out, 0o500)
        if which == "the file" and os.geteuid() == 0:
            os.chown(path, 0, 0)  # or its owner would give itself the right back
        path.chmod(mode)
        words = [sys.executable, "-c", WITHOUT_RIGHTS, str(out)]
        done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
        assert done.stdout.startswith(f"8 {out / FILE}: the catalog ")
        assert "may write in it" in done.stdout or "Give this user the right to write it" in done.stdout
    finally:
        out.chmod(0o700)
        shutil.rmtree(out)


# Kills


STORING = """
import sys
from pathlib import Path
from analyzer.library.catalog.catalog import Catalog
from tests.catalog_behaviour import noted
from tests.many_calls import many_calls
with Catalog.open(Path(sys.argv[1])) as catalog:
    for one in many_calls(400):
        noted(catalog, one)
        print(one.sha256, flush=True)
"""


@pytest.mark.parametrize("after", [3, 40, 150])
def test_a_kill_in_the_middle_of_storing_loses_nothing_that_was_stored(after: int, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", STORING, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as storing:
        assert storing.stdout is not None
        said = [storing.stdout.readline().strip() for _ in range(after)]
        time.sleep(after / 50_000)
        storing.send_signal(signal.SIGKILL)
        said += storing.stdout.read().split()
    with Catalog.open(tmp_path) as catalog:
        there = catalog.summaries()
    expected = {one.sha256: one for one in many_calls(400)}
    assert {one.sha256 for one in there} >= {sha for sha in said if len(sha) == 64}
    assert all(expected[one.sha256] == one for one in there)
    assert len(there) <= len(said) + 1
    assert sane(tmp_path / FILE)
