"""Opening a catalog: which database, in which mode, at which version of the tables.

Without an address it is `catalog.sqlite` in the output folder, in WAL mode: readers never wait for the writer. WAL
needs one machine; several share a PostgreSQL server (`--catalog postgresql://…`), whose clock then decides on leases.

A file is looked at before it is touched: what is no catalog stays as it is, byte for byte and with its mode.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from analyzer.errors import UsageError
from analyzer.files import is_there, mode_in, permit
from analyzer.library.catalog.failures import (
    REBUILD,
    CatalogCorruptError,
    CatalogError,
    CatalogUnreachableError,
    CatalogVersionError,
    explained,
)

FILE = "catalog.sqlite"
MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0004"
"""The version of the tables that this program knows; a test holds it to the migrations."""
BUSY = 10.0
"""Seconds to wait for another program that writes."""
HEADER = b"SQLite format 3\0"
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite writes beside a catalog's file, by how their names end."""
VERSIONS = "alembic_version"
NOT_LINKED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link that somebody put there meanwhile is not followed, and a pipe not waited for."""
UPGRADE_LOCK = 0x616E616C
"""PostgreSQL's advisory lock under which the tables are made or changed."""


def address(out: Path, url: str | None) -> URL:
    """Where the catalog is.

    Raises:
        UsageError: `url` is no database address.
    """
    if url is None:
        return URL.create("sqlite+pysqlite", database=str(out / FILE))
    try:
        found = make_url(url)
    except ArgumentError as error:
        raise UsageError(
            f"--catalog: {url!r} is no database address", todo="Write it like postgresql://user@server/analyzer"
        ) from error
    if found.drivername in ("postgresql", "postgres"):
        found = found.set(drivername="postgresql+psycopg")
    if found.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError(f"--catalog: {found.drivername} is not supported", todo="Use sqlite or postgresql")
    if found.get_backend_name() == "sqlite" and (found.database or ":memory:").startswith((":memory:", "file:")):
        raise UsageError(f"--catalog: {url!r} names no file", todo="Write it like sqlite:////srv/state/catalog.sqlite")
    return found


def shown(url: URL) -> str:
    """An address as it may be shown: a file's path, or the server's without its password."""
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def open_engine(url: URL, *, create: bool = True, busy: float = BUSY) -> Engine:
    """The database with the catalog's tables in it, made or brought up to date where needed.

    Raises:
        CatalogError: as its kinds say.
    """
    where = shown(url)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        path = Path(url.database or "")
        if not _may_be_catalog(path) and not create:
            raise CatalogError("there is no catalog here", where=where, todo="Make one: analyzer library rebuild")
    try:
        engine = _sqlite(url, busy) if sqlite else _server(url, busy)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise CatalogUnreachableError(
            "the driver for this database is not installed",
            where=where,
            todo="Install analyzer[postgres]",
        ) from error
    try:
        if sqlite:
            _private(path)
        _up_to_date(engine, where)
    except SQLAlchemyError as error:
        engine.dispose()
        raise explained(error, where) from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _server(url: URL, busy: float) -> Engine:
    """A PostgreSQL server; a connection that broke since the last use is made again."""
    options = {"connect_timeout": max(2, round(busy)), "options": f"-c lock_timeout={round(busy * 1000)}"}
    return create_engine(url, pool_pre_ping=True, connect_args=options | dict(url.query))


def _sqlite(url: URL, busy: float) -> Engine:
    engine = create_engine(url, connect_args={"timeout": busy, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver's guesses
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten, and not only let go
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A transaction that reads and then writes must not find that another wrote in between.
        options = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")

    return engine


def _may_be_catalog(path: Path) -> bool:
    """Whether a catalog's file is there; it is only looked at. False when there is none yet.

    Raises:
        CatalogError: something else lies there, or where SQLite would write beside it.
    """
    another = "Name another file with --catalog, or move this one away"
    for beside in BESIDE:
        _kind(path.with_name(path.name + beside), another)
    there = _kind(path, another)
    if not there:
        return False
    try:
        with contextlib.closing(os.fdopen(os.open(path, os.O_RDONLY | NOT_LINKED), "rb")) as file:
            head = file.read(len(HEADER))
    except OSError:
        return True  # not to be read by this user: what is wrong shows when it is opened
    if head and head != HEADER:
        if path.name == FILE:  # our own name: it was a catalog, and `rebuild` may keep it aside
            raise CatalogCorruptError("the catalog is damaged (this is no SQLite file)", where=path, todo=REBUILD)
        raise CatalogError("this is no catalog, and is left as it is", where=path, todo=another)
    if head and (tables := _tables(path)) and VERSIONS not in tables:
        raise CatalogError(
            f"this is another program's database (it has {tables[0]!r}), and is left as it is",
            where=path,
            todo=another,
        )
    return True


def _kind(path: Path, todo: str) -> bool:
    """Whether there is a plain file at `path`; False when there is nothing.

    Raises:
        CatalogError: there is something else.
    """
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    if not stat.S_ISREG(mode):
        what = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no plain file"
        raise CatalogError(f"the catalog cannot be opened: this is {what}", where=path, todo=todo)
    return True


def _tables(path: Path) -> list[str]:
    """The tables of an SQLite file, read and nothing else; none when it cannot be read so."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    except (sqlite3.Error, ValueError):
        return []  # what is wrong shows when it is opened


def _private(path: Path) -> None:
    """Keeps the file, and those that SQLite makes like it beside it, from others' eyes: it names people.

    In a folder of a group they are the group's, so that one user's night and another's trends use the same.
    """
    mode = mode_in(path.parent, private=True)
    for one in (path, *(path.with_name(path.name + beside) for beside in BESIDE)):
        with contextlib.suppress(OSError):  # it is another's, or not there; what is wrong shows when it is opened
            if is_there(one) and stat.S_IMODE(one.lstat().st_mode) == mode:
                continue  # not opened without need: closing it ends the locks that this process has on it
            handle = os.open(one, (os.O_CREAT if one == path else 0) | os.O_RDWR | NOT_LINKED, 0o600)
            try:
                permit(handle, path.parent, private=True)
            finally:
                os.close(handle)


@contextlib.contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction in which no other run changes the tables."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        yield connection


def _up_to_date(engine: Engine, where: str) -> None:
    with engine.connect().execution_options(reading=True) as connection:
        version = _version(connection)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise CatalogVersionError(
            f"the catalog is of version {version}, and this program knows {HEAD}",
            where=where,
            todo="Use the newer analyzer that wrote it, or make a new catalog: analyzer library rebuild",
        )
    from alembic import command
    from alembic.config import Config

    with _alone(engine) as connection:
        if _version(connection) == HEAD:
            return
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSIONS):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar()
    return None if found is None else str(found)
