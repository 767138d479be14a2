"""The catalog on a real PostgreSQL server."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from analyzer.errors import ExitCode
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.catalog.connection import address
from analyzer.library.catalog.failures import (
    CatalogError,
    CatalogLockedError,
    CatalogUnreachableError,
    CatalogVersionError,
)
from analyzer.library.rebuild import check, index_changed, rebuild
from tests.catalog_behaviour import A, CatalogBehaviour, Opener, noted, summary
from tests.library.test_rebuild import FAILED, results
from tests.postgres_server import NoServerError, postgres

pytestmark = pytest.mark.postgres

_numbers = count()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    required = bool(os.environ.get("ANALYZER_REQUIRE_CORPUS"))
    try:
        import psycopg  # noqa: F401
    except ImportError:
        if required:
            raise
        pytest.skip("psycopg is not installed (analyzer[postgres])")
    try:
        with postgres() as url:
            yield url
    except NoServerError as error:
        if required:
            raise
        pytest.skip(str(error))


@pytest.fixture
def at(server: str, tmp_path: Path) -> tuple[Path, str]:
    """A database of the test's own."""
    name = f"test{next(_numbers)}"
    engine = create_engine(address(tmp_path, server + "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return tmp_path, server + name


@pytest.fixture
def opens(at: tuple[Path, str]) -> Opener:
    return partial(Catalog.open, *at)


class TestOnPostgres(CatalogBehaviour):
    pass


def test_the_servers_clock_decides_on_leases_and_not_the_callers(opens: Opener) -> None:
    minute = dt.timedelta(minutes=1)
    with opens() as catalog:
        assert catalog.lease(
            A, "a machine whose clock is a year behind", minute, dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        )
        assert not catalog.lease(A, "one a year ahead", minute, dt.datetime(2099, 1, 1, tzinfo=dt.UTC))


def test_tables_that_another_program_locks_end_in_a_clear_error_in_time(opens: Opener) -> None:
    with opens() as catalog:
        noted(catalog, summary())
        with catalog._engine.begin() as other, opens(busy=0.5) as waiting:
            other.execute(text("LOCK TABLE call IN ACCESS EXCLUSIVE MODE"))
            began = time.monotonic()
            with pytest.raises(CatalogLockedError) as caught:
                noted(waiting, summary())
            assert time.monotonic() - began < 60
        assert caught.value.exit_code == ExitCode.LIBRARY
        assert caught.value.can_retry
        noted(catalog, summary(name="later"))


def test_a_connection_that_the_server_ended_is_made_again(opens: Opener) -> None:
    with opens() as catalog, opens() as other:
        noted(catalog, summary())
        with other._engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    " AND datname = current_database()"
                )
            )
        assert catalog.summaries() == [summary()]


def test_a_server_that_is_not_there_is_a_clear_error_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(CatalogUnreachableError) as caught:
        Catalog.open(tmp_path, "postgresql://me:secret@127.0.0.1:1/analyzer", busy=1)
    line = caught.value.line()
    assert "127.0.0.1:1" in line
    assert "secret" not in line
    assert caught.value.exit_code == ExitCode.LIBRARY


def test_a_newer_version_on_the_server_is_left_alone(at: tuple[Path, str], opens: Opener) -> None:
    with opens() as catalog, catalog._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CatalogVersionError):
        opens()
    with pytest.raises(CatalogVersionError):
        rebuild(*at)


def test_a_user_who_may_not_write_is_told(at: tuple[Path, str], opens: Opener) -> None:
    with opens() as catalog, catalog._engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS reader"))
        connection.execute(text("CREATE ROLE reader LOGIN"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"))
    with Catalog.open(at[0], at[1].replace("postgres@", "reader@")) as reader:
        assert reader.calls() == {}
        with pytest.raises(CatalogError, match="may not write"):
            noted(reader, summary())


def test_two_runs_that_store_the_same_calls_at_once_both_succeed(opens: Opener) -> None:
    errors: list[Exception] = []

    def stores(start: int) -> None:
        try:
            with opens() as catalog:
                for number in range(start, start + 40):
                    one = summary(f"{number:064x}")
                    noted(catalog, one if start else summary(one.sha256, name="another"))
        except Exception as error:  # noqa: BLE001 - looked at below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=stores, args=(start,)) for start in (0, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with opens() as catalog:
        assert len(catalog.summaries()) == 80


def test_a_catalog_on_a_server_is_made_again_from_the_files_and_agrees_with_them(
    at: tuple[Path, str], opens: Opener
) -> None:
    out = at[0]
    for number in range(3):
        results(out, number)
    with opens() as catalog:
        noted(catalog, summary())  # its files are gone
        catalog.failed(FAILED)
    assert rebuild(*at).calls == 3
    with opens() as catalog:
        assert check(out, catalog) == ()
        assert len(catalog.summaries()) == 3
        assert catalog.failures() == [FAILED]
        assert index_changed(out, catalog) == 0
