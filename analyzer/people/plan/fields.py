"""The values of a plan file: each read as what it should be, with what is wrong about it in words.

The format stands in `reading`. Nothing here raises: a value that is missing or wrong becomes None and a `Problem`,
so that one reading finds everything there is to correct.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from analyzer.people.names import closest
from analyzer.people.plan.rules import (
    EXCEPTION_KINDS,
    SIDES,
    Place,
    WrittenAttendee,
    WrittenCommitment,
    WrittenException,
    WrittenItem,
    WrittenObjective,
    WrittenPlan,
)
from analyzer.people.toml_fields import NAME_LENGTH, FieldReader, called, shown
from analyzer.timeline import samples

__all__ = ["KEYS", "PlanReader", "called", "shown"]

MAX_TABLES = 200
"""How many attendees, agenda items, objectives or commitments a plan may have, each."""
TEXT_LENGTH = 2000
DAY = 24 * 3600
"""Seconds that no moment of a recording and no planned length reaches."""

KEYS = {
    "": ("date", "customer", "reason", "attendee", "agenda", "objective", "exception", "commitment"),
    "attendee": ("name", "side", "role", "lead", "aliases"),
    "agenda": ("title", "lead", "keywords", "minutes", "start", "end"),
    "objective": ("text", "keywords"),
    "exception": ("kind", "declared_on", "note"),
    "commitment": ("who", "text", "due", "kept"),
}

_HOW = {
    ("attendee", "name"): 'Write who it is: name = "First Last"',
    ("attendee", "side"): 'Write side = "team" or side = "customer"',
    (
        "attendee",
        "role",
    ): 'Write what they do on this call: role = "salesperson", "manager", "customer" or any other word',
    ("agenda", "title"): 'Write what it is about: title = "…"',
    ("agenda", "lead"): 'Write which attendee leads it: lead = "First Last"',
    ("objective", "text"): 'Write what the call is to reach: text = "…"',
    ("exception", "kind"): 'Write kind = "final_presentation", "new_salesperson" or "other"',
    ("exception", "declared_on"): "Write the day on which it was declared: declared_on = 2026-05-10",
    ("commitment", "who"): 'Write who agreed to it: who = "First Last"',
    ("commitment", "text"): 'Write what was agreed: text = "…"',
}
_HOW_DATE = "A date is written year-month-day, without quotes: 2026-05-12"
_HOW_TIME = 'Write m:ss, h:mm:ss or seconds, counted from the start of the recording: "0:45"'
_HOW_MINUTES = "Write how many minutes are planned: minutes = 5"

_CLOCK = re.compile(r"(?:(\d{1,2}):(?=[0-5]\d:))?(\d{1,4}):([0-5]\d(?:\.\d{1,6})?)", re.ASCII)
_SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,6})?", re.ASCII)

C = TypeVar("C", bound=str)


class PlanReader(FieldReader):
    """Turns the values of a document into what is written, and collects what is wrong with them."""

    def __init__(self) -> None:
        super().__init__(KEYS, _HOW)

    def plan(self, data: dict[str, Any]) -> WrittenPlan:
        """What is written in the document `data`."""
        self.known(data, (), "")
        exception = self._table(data, "exception")
        return WrittenPlan(
            date=self._date(data, ("date",)),
            customer=self.text(data, ("customer",), NAME_LENGTH),
            reason=self.text(data, ("reason",), TEXT_LENGTH),
            attendees=[self._attendee(place, table) for place, table in self.tables(data, "attendee", MAX_TABLES)],
            agenda=[self._item(place, table) for place, table in self.tables(data, "agenda", MAX_TABLES)],
            objectives=[self._objective(place, table) for place, table in self.tables(data, "objective", MAX_TABLES)],
            exception=None if exception is None else self._exception(exception),
            commitments=[
                self._commitment(place, table) for place, table in self.tables(data, "commitment", MAX_TABLES)
            ],
        )

    def _attendee(self, place: Place, table: dict[str, Any]) -> WrittenAttendee:
        self.known(table, place, "attendee")
        name = self.text(table, (*place, "name"), NAME_LENGTH, needed=True)
        side = self._choice(table, (*place, "side"), SIDES)
        role = self.text(table, (*place, "role"), NAME_LENGTH, needed=True)
        lead = self._flag(table, (*place, "lead")) if "lead" in table else False
        if self.is_unreadable(place):
            lead = None
        return WrittenAttendee(name, side, role, lead, self.texts(table, (*place, "aliases"), NAME_LENGTH))

    def _item(self, place: Place, table: dict[str, Any]) -> WrittenItem:
        self.known(table, place, "agenda")
        minutes = self._seconds(table, (*place, "minutes"), 60, _HOW_MINUTES)
        if minutes == 0:
            self.error((*place, "minutes"), "no time at all", _HOW_MINUTES)
            minutes = None
        return WrittenItem(
            title=self.text(table, (*place, "title"), TEXT_LENGTH, needed=True),
            lead=self.text(table, (*place, "lead"), NAME_LENGTH, needed=True),
            keywords=self.texts(table, (*place, "keywords"), NAME_LENGTH),
            length=minutes,
            start=self._seconds(table, (*place, "start"), 1, _HOW_TIME),
            end=self._seconds(table, (*place, "end"), 1, _HOW_TIME),
        )

    def _objective(self, place: Place, table: dict[str, Any]) -> WrittenObjective:
        self.known(table, place, "objective")
        text = self.text(table, (*place, "text"), TEXT_LENGTH, needed=True)
        return WrittenObjective(text, self.texts(table, (*place, "keywords"), NAME_LENGTH))

    def _exception(self, table: dict[str, Any]) -> WrittenException:
        self.known(table, ("exception",), "exception")
        kind = self._choice(table, ("exception", "kind"), EXCEPTION_KINDS)
        declared_on = self._date(table, ("exception", "declared_on"), needed=True)
        return WrittenException(kind, declared_on, self.text(table, ("exception", "note"), TEXT_LENGTH))

    def _commitment(self, place: Place, table: dict[str, Any]) -> WrittenCommitment:
        self.known(table, place, "commitment")
        return WrittenCommitment(
            who=self.text(table, (*place, "who"), NAME_LENGTH, needed=True),
            text=self.text(table, (*place, "text"), TEXT_LENGTH, needed=True),
            due=self._date(table, (*place, "due")),
            kept=self._flag(table, (*place, "kept")),
        )

    def known(self, table: Mapping[str, Any], place: Place, kind: str) -> None:
        """Warns about keys that mean nothing here, and says of those of the plan itself where they belong."""
        first = len(self.problems)
        super().known(table, place, kind)
        for i in range(first, len(self.problems)):
            problem = self.problems[i]
            if problem.place[-1] in KEYS[""] and not problem.what[0].isdigit():
                todo = f"Move it above the first [[…]]: below {_bracketed(kind)} it belongs to that"
                self.problems[i] = replace(problem, what="not known here, and ignored", todo=todo)

    def _table(self, data: dict[str, Any], key: str) -> dict[str, Any] | None:
        value = data.get(key)
        if value is None or isinstance(value, dict):
            return value
        self.error((key,), f"should be one table, not {called(value)}", f"Write {_bracketed(key)} on a line of its own")
        return None

    def _choice(self, table: dict[str, Any], place: Place, choices: Sequence[C]) -> C | None:
        text = self.text(table, place, NAME_LENGTH, needed=True)
        if text is None:
            return None
        for choice in choices:
            if choice == text.casefold():
                return choice
        near = closest(text, choices)
        *others, last = choices
        what = f"should be {', '.join(others)} or {last}, not {called(text)}"
        self.unsaid(place, f"{what} (did you mean {near}?)" if near else what)
        return None

    def _flag(self, table: dict[str, Any], place: Place) -> bool | None:
        value = table.get(str(place[-1]))
        if value is None or isinstance(value, bool):
            return value
        what = f"should be true or false, not {called(value)}"
        self.error(place, what, f"Write {place[-1]} = true, without quotes, or take the line out")
        return None

    def _date(self, table: dict[str, Any], place: Place, *, needed: bool = False) -> dt.date | None:
        value = table.get(str(place[-1]))
        if isinstance(value, dt.date):
            return value
        if value is None:
            if needed:
                self.unsaid(place, "missing")
            return None
        self.error(place, f"should be a date, not {called(value)}", _HOW_DATE)
        return None

    def _seconds(self, table: dict[str, Any], place: Place, unit: int, how: str) -> int | None:
        """A moment or a length, in samples; a number counts in `unit` seconds, and a text can only be a moment."""
        value = table.get(str(place[-1]))
        if value is None:
            return None
        number: float | None = None
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = value
        elif isinstance(value, str) and unit == 1:
            number = _clock_seconds(value.strip())
        # A whole number may be too large for the question whether it is finite; it is.
        if number is None or (isinstance(number, float) and not math.isfinite(number)):
            kind = "a moment" if unit == 1 else "a number"
            self.error(place, f"should be {kind}, not {called(value)}", how)
        elif number < 0:
            self.error(place, f"less than nothing: {called(value)}", how)
        elif number * unit >= DAY:
            self.error(place, f"a day or more: {called(value)}", how)
        else:
            return samples(number * unit)
        return None


def _clock_seconds(text: str) -> float | None:
    """Seconds in `h:mm:ss`, `m:ss` or plain seconds; None for anything else."""
    match = _CLOCK.fullmatch(text)
    if match:
        return int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])
    return float(text) if _SECONDS.fullmatch(text) else None


def _bracketed(kind: str) -> str:
    return f"[{kind}]" if kind == "exception" else f"[[{kind}]]"
