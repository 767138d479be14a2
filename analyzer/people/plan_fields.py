"""The values of a plan file: each read as what it should be, with what is wrong about it in words.

The format stands in `plan_file`. Nothing here raises: a value that is missing or wrong becomes None and a `Problem`,
so that one reading finds everything there is to correct.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from analyzer.people.names import closest, folded, is_clean, one_line
from analyzer.people.plan_rules import (
    EXCEPTION_KINDS,
    SIDES,
    Place,
    Problem,
    WrittenAttendee,
    WrittenCommitment,
    WrittenException,
    WrittenItem,
    WrittenObjective,
    WrittenPlan,
)
from analyzer.timeline import samples

MAX_TABLES = 200
"""How many attendees, agenda items, objectives or commitments a plan may have, each."""
NAME_LENGTH, TEXT_LENGTH = 200, 2000
MAX_TEXTS = 50
"""How many keywords or aliases one list may have."""
MAX_UNKNOWN = 20
"""How many unknown keys of one table are named."""
DAY = 24 * 3600
"""Seconds that no moment of a recording and no planned length reaches."""

KEYS = {
    "plan": ("date", "customer", "reason", "attendee", "agenda", "objective", "exception", "commitment"),
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


def shown(text: str, limit: int = 40) -> str:
    """Text from outside, short enough for a message and without anything that moves a cursor."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in short)


def called(value: object) -> str:
    """A value as a message calls it."""
    match value:
        case str():
            return f'the text "{shown(value)}"'
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {shown(str(value))}"
        case dt.date():
            return f"the date {value}"
        case dt.time():
            return f"the time {value}"
        case list():
            return "a list"
        case _:
            return "a table"


class PlanReader:
    """Turns the values of a document into what is written, and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._unreadable: set[Place] = set()

    def is_unreadable(self, place: Place) -> bool:
        """Whether this, or something around it, was found wrong already: nothing more is said about it then."""
        return any(place[:length] in self._unreadable for length in range(1, len(place) + 1))

    def plan(self, data: dict[str, Any]) -> WrittenPlan:
        """What is written in the document `data`."""
        self._known(data, (), "plan")
        exception = self._table(data, "exception")
        return WrittenPlan(
            date=self._date(data, ("date",)),
            customer=self._text(data, ("customer",), NAME_LENGTH),
            reason=self._text(data, ("reason",), TEXT_LENGTH),
            attendees=[self._attendee(place, table) for place, table in self._tables(data, "attendee")],
            agenda=[self._item(place, table) for place, table in self._tables(data, "agenda")],
            objectives=[self._objective(place, table) for place, table in self._tables(data, "objective")],
            exception=None if exception is None else self._exception(exception),
            commitments=[self._commitment(place, table) for place, table in self._tables(data, "commitment")],
        )

    def _attendee(self, place: Place, table: dict[str, Any]) -> WrittenAttendee:
        self._known(table, place, "attendee")
        name = self._text(table, (*place, "name"), NAME_LENGTH, needed=True)
        side = self._choice(table, (*place, "side"), SIDES)
        role = self._text(table, (*place, "role"), NAME_LENGTH, needed=True)
        lead = self._flag(table, (*place, "lead")) if "lead" in table else False
        if self.is_unreadable(place):
            lead = None
        return WrittenAttendee(name, side, role, lead, self._texts(table, (*place, "aliases"), NAME_LENGTH))

    def _item(self, place: Place, table: dict[str, Any]) -> WrittenItem:
        self._known(table, place, "agenda")
        minutes = self._seconds(table, (*place, "minutes"), 60, _HOW_MINUTES)
        if minutes == 0:
            self._error((*place, "minutes"), "no time at all", _HOW_MINUTES)
            minutes = None
        return WrittenItem(
            title=self._text(table, (*place, "title"), TEXT_LENGTH, needed=True),
            lead=self._text(table, (*place, "lead"), NAME_LENGTH, needed=True),
            keywords=self._texts(table, (*place, "keywords"), NAME_LENGTH),
            length=minutes,
            start=self._seconds(table, (*place, "start"), 1, _HOW_TIME),
            end=self._seconds(table, (*place, "end"), 1, _HOW_TIME),
        )

    def _objective(self, place: Place, table: dict[str, Any]) -> WrittenObjective:
        self._known(table, place, "objective")
        text = self._text(table, (*place, "text"), TEXT_LENGTH, needed=True)
        return WrittenObjective(text, self._texts(table, (*place, "keywords"), NAME_LENGTH))

    def _exception(self, table: dict[str, Any]) -> WrittenException:
        self._known(table, ("exception",), "exception")
        kind = self._choice(table, ("exception", "kind"), EXCEPTION_KINDS)
        declared_on = self._date(table, ("exception", "declared_on"), needed=True)
        return WrittenException(kind, declared_on, self._text(table, ("exception", "note"), TEXT_LENGTH))

    def _commitment(self, place: Place, table: dict[str, Any]) -> WrittenCommitment:
        self._known(table, place, "commitment")
        return WrittenCommitment(
            who=self._text(table, (*place, "who"), NAME_LENGTH, needed=True),
            text=self._text(table, (*place, "text"), TEXT_LENGTH, needed=True),
            due=self._date(table, (*place, "due")),
            kept=self._flag(table, (*place, "kept")),
        )

    def _error(self, place: Place, what: str, todo: str) -> None:
        if not self.is_unreadable(place):
            self._unreadable.add(place)
            self.problems.append(Problem("error", place, what, todo))

    def _unsaid(self, place: Place, what: str) -> None:
        """An error about a field that must be there, with how to write it."""
        kind = place[0]
        self._error(place, what, _HOW[str(kind), str(place[-1])])

    def _known(self, table: dict[str, Any], place: Place, kind: str) -> None:
        """Warns about keys that mean nothing here."""
        unknown = [key for key in table if key not in KEYS[kind]]
        for key in unknown[:MAX_UNKNOWN]:
            near = closest(key, KEYS[kind])
            what = "not known here, and ignored"
            todo = f"Take it out; known here are {', '.join(KEYS[kind])}"
            if key in KEYS["plan"]:
                todo = f"Move it above the first [[…]]: below {_bracketed(kind)} it belongs to that"
            elif near:
                what += f" (did you mean {near}?)"
            self.problems.append(Problem("warning", (*place, key), what, todo))
        if len(unknown) > MAX_UNKNOWN:
            what = f"{len(unknown) - MAX_UNKNOWN} more keys that are not known here"
            self.problems.append(Problem("warning", (*place, unknown[MAX_UNKNOWN]), what, "Take them out"))

    def _table(self, data: dict[str, Any], key: str) -> dict[str, Any] | None:
        value = data.get(key)
        if value is None or isinstance(value, dict):
            return value
        self._error(
            (key,), f"should be one table, not {called(value)}", f"Write {_bracketed(key)} on a line of its own"
        )
        return None

    def _tables(self, data: dict[str, Any], key: str) -> list[tuple[Place, dict[str, Any]]]:
        value = data.get(key, [])
        how = f"Write {_bracketed(key)} on a line of its own before each of them"
        if isinstance(value, dict):
            self._error((key,), "there can be several of these, so it takes two brackets", how)
            return [((key,), value)]
        if not isinstance(value, list):
            self._error((key,), f"should be tables, not {called(value)}", how)
            return [((key,), {})]
        if len(value) > MAX_TABLES:
            what = f"more than {MAX_TABLES} of these"
            self._error((key, MAX_TABLES), what, "A plan is a page of text: keep what matters")
        found: list[tuple[Place, dict[str, Any]]] = []
        for i, table in enumerate(value[:MAX_TABLES]):
            if not isinstance(table, dict):
                self._error((key, i), f"should be a table, not {called(table)}", how)
                table = {}
            found.append(((key, i), table))
        return found

    def _text(self, table: dict[str, Any], place: Place, limit: int, *, needed: bool = False) -> str | None:
        """One line of text; None when it is missing, empty or wrong."""
        value = table.get(str(place[-1]))
        if value is None:
            if needed:
                self._unsaid(place, "missing")
            return None
        if not isinstance(value, str):
            self._error(place, f"should be a text, not {called(value)}", f'Put it in quotes: {place[-1]} = "…"')
            return None
        text = self._line(value, place, limit)
        if text == "":
            if needed:
                self._unsaid(place, "still to be filled in")
            return None
        return text

    def _line(self, value: str, place: Place, limit: int) -> str | None:
        text = one_line(value)
        if len(text) > limit:
            self._error(place, f"longer than {limit} characters", "Say it shorter")
            return None
        if text and not is_clean(text):
            self._error(place, f"holds a control character: {called(text)}", "Take it out")
            return None
        if text and place[-1] == "name" and not folded(text):
            self._error(place, f"there is no letter in {called(text)}", "Write a name that can be read")
            return None
        return text

    def _texts(self, table: dict[str, Any], place: Place, limit: int) -> tuple[str, ...]:
        value = table.get(str(place[-1]), [])
        if not isinstance(value, list):
            how = f'Put them in brackets, each in quotes: {place[-1]} = ["…", "…"]'
            self._error(place, f"should be a list of texts, not {called(value)}", how)
            return ()
        if len(value) > MAX_TEXTS:
            self._error(place, f"more than {MAX_TEXTS} texts", "Keep those that matter")
            return ()
        texts: list[str] = []
        for i, element in enumerate(value):
            text = self._line(element, (*place, i), limit) if isinstance(element, str) else None
            if not isinstance(element, str):
                self._error((*place, i), f"should be a text, not {called(element)}", "Put each one in quotes")
            elif not text or not folded(text):
                self._error((*place, i), "an empty text", "Take it out, or write what is missing")
            else:
                texts.append(text)
        if len(texts) < len(value):
            self._unreadable.add(place)
            return ()
        return tuple(texts)

    def _choice(self, table: dict[str, Any], place: Place, choices: Sequence[C]) -> C | None:
        text = self._text(table, place, NAME_LENGTH, needed=True)
        if text is None:
            return None
        for choice in choices:
            if choice == text.casefold():
                return choice
        near = closest(text, choices)
        *others, last = choices
        what = f"should be {', '.join(others)} or {last}, not {called(text)}"
        self._unsaid(place, f"{what} (did you mean {near}?)" if near else what)
        return None

    def _flag(self, table: dict[str, Any], place: Place) -> bool | None:
        value = table.get(str(place[-1]))
        if value is None or isinstance(value, bool):
            return value
        what = f"should be true or false, not {called(value)}"
        self._error(place, what, f"Write {place[-1]} = true, without quotes, or take the line out")
        return None

    def _date(self, table: dict[str, Any], place: Place, *, needed: bool = False) -> dt.date | None:
        value = table.get(str(place[-1]))
        if isinstance(value, dt.date):
            return value
        if value is None:
            if needed:
                self._unsaid(place, "missing")
            return None
        self._error(place, f"should be a date, not {called(value)}", _HOW_DATE)
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
            self._error(place, f"should be {kind}, not {called(value)}", how)
        elif number < 0:
            self._error(place, f"less than nothing: {called(value)}", how)
        elif number * unit >= DAY:
            self._error(place, f"a day or more: {called(value)}", how)
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
