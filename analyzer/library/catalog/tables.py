"""The tables of the catalog. A change here needs a migration; a test compares the two.

`call` is a recording by its content, `place` a path where it lies. What a call's files say (its summary, people,
corrections, plan, debrief, commitments) is here a second time, to be asked in SQL and added up quickly; the files
decide. Only `attempt`, `stage`, `failure` and `lease` are nowhere else.
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
    UniqueConstraint,
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
    """A text as every database takes it: NUL, and what in a file's name is no UTF-8, as characters that nobody uses."""
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


def _of_call() -> Column[str]:
    return Column("sha256", String(64), ForeignKey("call.sha256", ondelete="CASCADE"), nullable=False, index=True)


CALL = Table(
    "call",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("folder", Name, index=True),
    Column("inputs", Text),
    Column("record_stamp", Text),
    Column("first_seen", Moment, nullable=False),
    Column("analysed_at", Moment),
    Column("forgotten_at", Moment),
    Column("name", Text),
    Column("date", Date, index=True),
    Column("customer", Text),
    Column("seconds", Float),
    Column("led", String(16)),
    Column("team_took_part", String(16)),
    Column("salesperson", Text),
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

ATTEMPT = Table(
    "attempt",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("subject", Name, nullable=False, index=True),
    Column("path", Name, nullable=False),
    Column("worker", Text, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", String(8)),
    Column("exit_code", Integer),
    Column("message", Name),
)

STAGE = Table(
    "stage",
    METADATA,
    Column("attempt_id", Integer, ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True),
    Column("stage", String(64), primary_key=True),
    Column("seconds", Float, nullable=False),
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

PERSON = Table(
    "person",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("folded", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

CALL_PERSON = Table(
    "call_person",
    METADATA,
    Column("id", Integer, primary_key=True),
    _of_call(),
    Column("person_id", Integer, ForeignKey("person.id"), index=True),
    Column("key", Text),
    Column("label", Text, nullable=False),
    Column("side", String(16)),
    Column("role", Text),
    Column("spoken", Float, nullable=False),
    Column("salesperson", Boolean, nullable=False),
)

CORRECTION = Table(
    "correction",
    METADATA,
    Column("id", Integer, primary_key=True),
    _of_call(),
    Column("number", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("sha256", "number"),
)

PLAN = Table(
    "plan",
    METADATA,
    Column("sha256", String(64), ForeignKey("call.sha256", ondelete="CASCADE"), primary_key=True),
    Column("reason", Text),
    Column("exception", Text),
)

DEBRIEF = Table(
    "debrief",
    METADATA,
    Column("sha256", String(64), ForeignKey("call.sha256", ondelete="CASCADE"), primary_key=True),
    Column("held_on", Date),
    Column("own_lead_share", Float),
)

COMMITMENT = Table(
    "commitment",
    METADATA,
    Column("id", Integer, primary_key=True),
    _of_call(),
    Column("who", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("due", Date),
    Column("kept", Boolean),
    Column("earlier", Boolean, nullable=False),
)

Index("ix_place_gone_at", PLACE.c.gone_at)
