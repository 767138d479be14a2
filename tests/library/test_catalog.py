"""The catalog in its file: what every catalog does, its versions, and others that use it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from analyzer.errors import ExitCode, UsageError
from analyzer.library.catalog import connection as opening
from analyzer.library.catalog.catalog import Catalog, Place
from analyzer.library.catalog.connection import FILE, HEAD, MIGRATIONS, shown
from analyzer.library.catalog.failures import (
    CatalogError,
    CatalogLockedError,
    CatalogUnreachableError,
    CatalogVersionError,
)
from analyzer.library.catalog.searching import around
from analyzer.library.catalog.stored_calls import Result
from analyzer.library.summary import CallSummary
from tests.catalog_behaviour import MINUTE, NOON, A, B, CatalogBehaviour, Opener, noted, summary
from tests.many_calls import many_calls

T = TypeVar("T")


@pytest.fixture
def at(tmp_path: Path) -> tuple[Path, None]:
    return tmp_path, None


@pytest.fixture
def opens(tmp_path: Path) -> Opener:
    return partial(Catalog.open, tmp_path)


class TestOnSqlite(CatalogBehaviour):
    pass


def sane(path: Path) -> bool:
    """What SQLite itself says of a file, with nothing of ours between."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# Addresses


@pytest.mark.parametrize("url", ["", "catalog", "mysql://here/analyzer", "oracle://x", "postgresql//x"])
def test_what_is_no_address_of_a_catalog_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Catalog.open(tmp_path, url)


def test_a_password_is_never_shown() -> None:
    url = opening.address(Path(), "postgresql://me:secret@db/analyzer")
    assert shown(url) == "postgresql+psycopg://me:***@db/analyzer"


def test_a_server_without_its_driver_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CatalogUnreachableError, match=r"analyzer\[postgres\]"):
        Catalog.open(tmp_path, "postgresql://db/analyzer")


def test_a_file_named_by_its_address_is_used(tmp_path: Path) -> None:
    with Catalog.open(tmp_path, f"sqlite:///{tmp_path / 'elsewhere.db'}") as catalog:
        noted(catalog, summary())
    assert sane(tmp_path / "elsewhere.db")
    assert not (tmp_path / FILE).exists()


# Opening


def test_opening_one_that_is_up_to_date_loads_no_migrations(opens: Opener, tmp_path: Path) -> None:
    opens().close()
    script = (
        "import sys; from pathlib import Path; from analyzer.library.catalog.catalog import Catalog\n"
        "Catalog.open(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_nobody_else_may_read_the_file_or_its_log(opens: Opener, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with opens() as catalog:
            noted(catalog, summary())
            files = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert files == {FILE: 0o600, f"{FILE}-wal": 0o600, f"{FILE}-shm": 0o600}
    assert [path.name for path in tmp_path.iterdir()] == [FILE]  # one file, once it is closed


def test_in_a_groups_folder_the_file_and_its_log_are_the_groups(opens: Opener, tmp_path: Path) -> None:
    opens().close()
    tmp_path.chmod(0o2770)
    before = os.umask(0o077)
    try:
        with opens() as catalog:
            noted(catalog, summary())
            files = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert files == {FILE: 0o660, f"{FILE}-wal": 0o660, f"{FILE}-shm": 0o660}


def test_one_that_is_not_there_is_not_made_where_it_is_only_looked_into(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="library rebuild"):
        Catalog.open(tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"none/catalog.sqlite: .*Check that its folder is there"):
        Catalog.open(tmp_path / "none")


def test_a_newer_version_is_left_alone(opens: Opener, tmp_path: Path) -> None:
    opens().close()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(CatalogVersionError, match="version 9999") as caught:
        opens()
    assert caught.value.exit_code == ExitCode.LIBRARY
    assert (tmp_path / FILE).read_bytes() == before


# From one version to the next


def test_the_version_that_the_program_knows_is_the_last_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


AFTER = f"{int(HEAD) + 1:04d}"
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{after}"
down_revision = "{head}"


def upgrade():
    op.add_column("call", sa.Column("language", sa.Text(), nullable=True))
    op.execute("UPDATE call SET language = 'en'")
    {then}
"""


@pytest.fixture
def with_next(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program as it will be after one more migration; the test writes it."""
    folder = tmp_path_factory.mktemp("next") / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(opening, "MIGRATIONS", folder)
    monkeypatch.setattr(opening, "HEAD", AFTER)
    return folder / "versions" / f"{AFTER}_language.py"


def test_a_catalog_of_an_earlier_version_is_brought_up_to_date_with_what_is_in_it(
    opens: Opener, with_next: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as first:
        first.setattr(opening, "HEAD", HEAD)
        with opens() as catalog:
            noted(catalog, summary())
            catalog.saw([Place("/r/a.wav", 1, 1, A)])
    with_next.write_text(NEXT.format(after=AFTER, head=HEAD, then=""), encoding="utf-8")
    with opens() as catalog:
        assert catalog.summaries() == [summary()]
        assert catalog.places()["/r/a.wav"].sha256 == A
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(AFTER,)]
        assert connection.execute("SELECT language FROM call").fetchall() == [("en",)]


def test_a_migration_that_fails_leaves_the_catalog_as_it_was(
    opens: Opener, with_next: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as first:
        first.setattr(opening, "HEAD", HEAD)
        with opens() as catalog:
            noted(catalog, summary())
    with_next.write_text(
        NEXT.format(after=AFTER, head=HEAD, then="op.execute('SELECT nonsense FROM call')"), encoding="utf-8"
    )
    with pytest.raises(CatalogError, match="nonsense"):
        opens()
    monkeypatch.setattr(opening, "HEAD", HEAD)
    with opens() as catalog:
        assert catalog.summaries() == [summary()]
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert "language" not in {row[1] for row in connection.execute("PRAGMA table_info(call)")}


# Others


def test_another_program_that_holds_it_ends_in_a_clear_error_in_time(opens: Opener, tmp_path: Path) -> None:
    with opens(busy=0.4) as catalog, closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        noted(catalog, summary())
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(CatalogLockedError) as caught:
            catalog.saw([Place("/r/b.wav", 1, 1, B)])
        assert 0.3 < time.monotonic() - began < 60
        assert caught.value.exit_code == ExitCode.LIBRARY
        assert caught.value.can_retry
        assert caught.value.line() == (
            f"{tmp_path / FILE}: another program holds the catalog. Let it end, then run the same command again."
        )
        assert catalog.summaries() == [summary()]  # whoever only reads never waits
        other.execute("ROLLBACK")
        catalog.saw([Place("/r/b.wav", 1, 1, B)])


def test_one_that_is_held_before_it_was_ever_used_is_a_clear_error_too(opens: Opener, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CatalogLockedError):
            opens(busy=0.3)


def test_one_that_waits_its_turn_gets_it(opens: Opener, tmp_path: Path) -> None:
    import threading

    with opens(busy=5) as catalog:
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.5, lambda: other.execute("COMMIT"))
        timer.start()
        noted(catalog, summary())
        timer.join()
        other.close()
        assert catalog.summaries() == [summary()]


def test_the_machines_clock_decides_on_leases(opens: Opener) -> None:
    with opens() as catalog:
        assert catalog.lease(A, "one", MINUTE, NOON)
        assert not catalog.lease(A, "two", MINUTE, NOON + 0.99 * MINUTE)
        assert catalog.lease(A, "two", MINUTE, NOON + MINUTE)
        assert catalog.lease(A, "one", MINUTE, NOON - 1440 * MINUTE)  # the clock was set back by a day
        assert not catalog.lease(A, "two", MINUTE, NOON - 1440 * MINUTE)


# Many calls


@pytest.mark.slow
def test_ten_thousand_calls_stay_quick(opens: Opener) -> None:
    calls = many_calls(10_000)
    places = [Place(f"/r/{one.name}.wav", 1, n, one.sha256) for n, one in enumerate(calls)]
    took: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        began = time.process_time()
        found = work()
        took[name] = time.process_time() - began
        return found

    def stored(part: Sequence[CallSummary]) -> None:
        for one in part:
            noted(catalog, one)

    with opens() as catalog:
        timed("saw", lambda: catalog.saw(places))
        timed("first 1000 stores", lambda: stored(calls[:1000]))
        catalog.replace_all([Result(one, "made so", "12:34") for one in calls[:-1000]])
        timed("last 1000 stores", lambda: stored(calls[-1000:]))
        assert len(timed("calls", catalog.calls)) == 10_000
        assert len(timed("places", catalog.places)) == 10_000
        assert len(timed("summaries", catalog.summaries)) == 10_000
        timed("one call", lambda: catalog.call(calls[77].sha256))
    for name, seconds in took.items():
        print(f"{name}: {seconds:.3f} s")
    assert took["last 1000 stores"] / took["first 1000 stores"] < 1.5
    assert took["saw"] < 2
    assert took["calls"] < 0.5
    assert took["summaries"] < 4


def test_what_is_shown_of_a_call_is_around_the_first_place_whatever_its_accents() -> None:
    long = " ".join(f"w{number}" for number in range(40))
    assert around(f"{long} Die Müllers kommen, {long}", ["muller"]) == (
        "…w33 w34 w35 w36 w37 w38 w39 Die \x02Müllers\x03 kommen, w0 w1 w2 w3 w4 w5 w6…"
    )
    assert around("Forty pounds, at the depot", ["depot", "forty"]) == "\x02Forty\x03 pounds, at the \x02depot\x03"
    assert around("A fortnight", ["night"]) is None
