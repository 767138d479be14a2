"""What can be wrong with a catalog, each with what to do about it; all of them end in exit code 8."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from analyzer.errors import LibraryError, visible


class CatalogError(LibraryError):
    """The catalog cannot be used."""


class CatalogLockedError(CatalogError):
    """Another program holds the catalog for longer than we wait."""

    can_retry = True


class CatalogCorruptError(CatalogError):
    """The catalog's file is damaged, or is no catalog."""


class CatalogVersionError(CatalogError):
    """The catalog was written by a newer version of the program."""


class CatalogUnreachableError(CatalogError):
    """The database server cannot be reached, or its driver is not installed."""

    can_retry = True


REBUILD = "Results are whole without it: analyzer library rebuild keeps the damaged file aside and makes a new catalog"

HELD = "another program holds the catalog"
LET_IT_END = "Let it end, then run the same command again"
FREE_SPACE = "Free some space; what was finished is kept, nothing is half-written"

_BY_STATE = {
    "55P03": (CatalogLockedError, HELD, LET_IT_END),
    "40P01": (CatalogLockedError, HELD, LET_IT_END),  # two that wait for each other: one is told to begin again
    "53100": (CatalogError, "the server's disk is full", FREE_SPACE),
    "42501": (CatalogError, "this user may not write the catalog", "Give the user the right to make and change tables"),
    "25006": (CatalogError, "the server only lets itself be read", "Name the server that takes writes"),
}
"""PostgreSQL's codes for what can be said more plainly (SQLSTATE)."""


def explained(error: SQLAlchemyError, where: str) -> CatalogError:
    """The database's error as ours; `where` names the catalog without any password."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    shown = visible(" ".join(str(cause).split())).rstrip(".")
    folded = shown.casefold()
    if isinstance(cause, sqlite3.Error):
        if "locked" in folded or "busy" in folded:
            return CatalogLockedError(HELD, where=where, todo=LET_IT_END)
        if any(sign in folded for sign in ("malformed", "not a database", "disk image", "corrupt", "no such table")):
            return CatalogCorruptError(f"the catalog is damaged ({shown})", where=where, todo=REBUILD)
        if "readonly" in folded or "read-only" in folded:
            return CatalogError(
                "the catalog may not be written",
                where=where,
                todo="Give this user the right to write it and its folder",
            )
        if "full" in folded:
            return CatalogError("the disk is full", where=where, todo=FREE_SPACE)
        if "unable to open" in folded:
            return CatalogError(
                "the catalog cannot be opened",
                where=where,
                todo="Check that its folder is there and that this user may write in it",
            )
        if "disk i/o" in folded:
            return CatalogError(
                f"the disk gives an error ({shown})", where=where, todo="Check the disk, and that it has room"
            )
    elif (state := getattr(cause, "sqlstate", None)) in _BY_STATE:
        kind, what, todo = _BY_STATE[state]
        return kind(what, where=where, todo=todo)
    elif isinstance(error, DBAPIError) and ("connect" in folded or error.connection_invalidated):
        return CatalogUnreachableError(
            f"the database server does not answer ({shown})", where=where, todo="Check that it runs and the address"
        )
    return CatalogError(f"the catalog cannot be used ({shown})", where=where)
