"""The tables of the catalog. A change here needs a migration; a test compares the two.

`call` is a recording by its content, `place` a path where it lies. A call's summary stands in its files too, and they
decide; here it is read quickly for all calls at once. Only `failure` and `lease` are nowhere else.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class Moment(TypeDecorator[dt.datetime]):
    """A time with its zone on every database: SQLite keeps none, so it is UTC there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """UTC going in."""
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """UTC coming out."""
        if value is None:
            return None
        found: dt.datetime = value
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


_BYTES = {0: 0x10FF00} | {0xDC00 + byte: 0x10FF00 + byte for byte in range(0x80, 0x100)}
_BACK = {there: here for here, there in _BYTES.items()}


def storable(text: str) -> str:
    """A text as every database takes it: NUL, and what in a file's name is no UTF-8, as unused characters."""
    return text if text.isascii() and "\0" not in text else text.translate(_BYTES)


def as_it_was(text: str) -> str:
    """The text that was made `storable`."""
    return text if text.isascii() else text.translate(_BACK)


class Name(TypeDecorator[str]):
    """A text in which names of files stand, whatever their bytes are."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As a database takes it."""
        return None if value is None else storable(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """As it was."""
        return None if value is None else as_it_was(value)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


CALL = Table(
    "call",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("folder", Name, index=True),
    Column("inputs", Text),
    Column("record_stamp", Text),
    Column("forgotten_at", Moment),
    Column("name", Text),
    Column("date", Date, index=True),
    Column("summary", Text),
)

PLACE = Table(
    "place",
    METADATA,
    Column("path", Name, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("sha256", String(64), ForeignKey("call.sha256", ondelete="CASCADE"), index=True),
    Column("gone_at", Moment),
)

FAILURE = Table(
    "failure",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("path", Name, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("quarantined", Boolean, nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("message", Name, nullable=False),
    Column("inputs", Text),
    Column("retryable", Boolean, nullable=False),
)

LEASE = Table(
    "lease",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("seconds", Float, nullable=False),
)

WORDS = Table(
    "words",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), ForeignKey("call.sha256", ondelete="CASCADE"), nullable=False),
    Column("names", Text, nullable=False),
    Column("said", Text, nullable=False),
)
"""What is searched of a call; the index over it is in the migration alone (see `searching`)."""

Index("ix_words_sha256", WORDS.c.sha256, unique=True)
Index("ix_call_marks", CALL.c.state, CALL.c.sha256, CALL.c.record_stamp, CALL.c.inputs, CALL.c.folder)
"""What `marks` reads of every call, without their summaries."""
Index("ix_place_gone_at", PLACE.c.gone_at)
