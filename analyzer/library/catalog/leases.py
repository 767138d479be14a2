"""Leases: which run does which call, so that two runs on one catalog keep off each other's.

A lease holds while it ends later than now and not further ahead than it was given for: one that does comes from a
clock that was moved back since, and holds nothing. The clock is the server's where several machines meet, else this
machine's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from analyzer.library.catalog.tables import LEASE

SLACK = dt.timedelta(seconds=5)
"""How far two clocks may differ before a lease that reaches too far ahead is taken for one of a clock moved back."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has a call until when; given for `ttl`."""

    subject: str
    owner: str
    expires_at: dt.datetime
    ttl: dt.timedelta

    def holds(self, at: dt.datetime) -> bool:
        """Whether anybody but its owner has to keep off."""
        return at < self.expires_at <= at + self.ttl + SLACK


def clock(connection: Connection, at: dt.datetime) -> dt.datetime:
    """The time that decides: the server's, or `at` where there is no server."""
    if connection.dialect.name != "postgresql":
        return at
    found: dt.datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(dt.UTC)


def take(connection: Connection, subject: str, owner: str, ttl: dt.timedelta, at: dt.datetime) -> bool:
    """Takes or prolongs a lease; False when another run has it."""
    row = {"owner": owner, "seconds": ttl.total_seconds()}
    own = LEASE.c.subject == subject
    held = connection.execute(select(LEASE).where(own).with_for_update()).one_or_none()
    at = clock(connection, at)  # once no other run can change it: on a server that may have taken a while
    if held is not None:
        if held.owner != owner and _lease(held).holds(at):
            return False
        connection.execute(update(LEASE).where(own).values(expires_at=at + ttl, **row))
        return True
    try:
        with connection.begin_nested():
            connection.execute(insert(LEASE).values(subject=subject, expires_at=at + ttl, **row))
    except IntegrityError:
        return False  # another run was quicker
    return True


def prolong(
    connection: Connection, owner: str, subjects: Iterable[str], ttl: dt.timedelta, at: dt.datetime
) -> set[str]:
    """Prolongs the leases of a run; which of `subjects` are still its own."""
    mine = (LEASE.c.owner == owner) & LEASE.c.subject.in_(list(subjects))
    values = {"expires_at": clock(connection, at) + ttl, "seconds": ttl.total_seconds()}
    connection.execute(update(LEASE).where(mine).values(**values))
    return set(connection.execute(select(LEASE.c.subject).where(mine)).scalars())


def give_back(connection: Connection, subject: str, owner: str) -> None:
    """Ends a lease of a run."""
    connection.execute(delete(LEASE).where((LEASE.c.subject == subject) & (LEASE.c.owner == owner)))


def all_of(connection: Connection) -> list[Lease]:
    """Every lease there is."""
    return [_lease(row) for row in connection.execute(select(LEASE))]


def _lease(row: Row[Any]) -> Lease:
    return Lease(row.subject, row.owner, row.expires_at, dt.timedelta(seconds=row.seconds))
