"""The values of a hand-written TOML file: each read as what it should be, with what is wrong about it in words.

Nothing here raises: a value that is missing or wrong becomes None and a `Problem`, so that one reading finds
everything there is to correct. Which keys there are, and how each is written, stands with the file's own format.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from analyzer.people.names import closest, folded, is_clean, one_line
from analyzer.people.plan.rules import Place, Problem

NAME_LENGTH = 200
MAX_TEXTS = 50
"""How many texts one list may have."""
MAX_UNKNOWN = 20
"""How many unknown keys of one table are named."""


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


class FieldReader:
    """Reads the values of a document and collects what is wrong with them.

    `keys` has the keys of each kind of table, those of the document itself under `""`; `how` says for each needed key
    how to write it.
    """

    def __init__(self, keys: Mapping[str, tuple[str, ...]], how: Mapping[tuple[str, str], str]) -> None:
        self.problems: list[Problem] = []
        self._keys = keys
        self._how = how
        self._unreadable: set[Place] = set()

    def is_unreadable(self, place: Place) -> bool:
        """Whether this, or something around it, was found wrong already: nothing more is said about it then."""
        return any(place[:length] in self._unreadable for length in range(1, len(place) + 1))

    def error(self, place: Place, what: str, todo: str) -> None:
        """Notes an error, unless one is noted there already."""
        if not self.is_unreadable(place):
            self._unreadable.add(place)
            self.problems.append(Problem("error", place, what, todo))

    def unsaid(self, place: Place, what: str) -> None:
        """An error about a field that must be there, with how to write it."""
        self.error(place, what, self._how[str(place[0]), str(place[-1])])

    def known(self, table: Mapping[str, Any], place: Place, kind: str) -> None:
        """Warns about keys that mean nothing here."""
        keys = self._keys[kind]
        unknown = [key for key in table if key not in keys]
        for key in unknown[:MAX_UNKNOWN]:
            near = closest(key, keys)
            what = "not known here, and ignored"
            todo = f"Take it out; known here are {', '.join(keys)}"
            if near:
                what += f" (did you mean {near}?)"
            self.problems.append(Problem("warning", (*place, key), what, todo))
        if len(unknown) > MAX_UNKNOWN:
            what = f"{len(unknown) - MAX_UNKNOWN} more keys that are not known here"
            self.problems.append(Problem("warning", (*place, unknown[MAX_UNKNOWN]), what, "Take them out"))

    def tables(self, data: Mapping[str, Any], key: str, most: int) -> list[tuple[Place, dict[str, Any]]]:
        """The tables written `[[key]]`, up to `most` of them, each with its place."""
        value = data.get(key, [])
        how = f"Write [[{key}]] on a line of its own before each of them"
        if isinstance(value, dict):
            self.error((key,), "there can be several of these, so it takes two brackets", how)
            return [((key,), value)]
        if not isinstance(value, list):
            self.error((key,), f"should be tables, not {called(value)}", how)
            return [((key,), {})]
        if len(value) > most:
            self.error((key, most), f"more than {most} of these", "Keep those that matter")
        found: list[tuple[Place, dict[str, Any]]] = []
        for i, table in enumerate(value[:most]):
            if not isinstance(table, dict):
                self.error((key, i), f"should be a table, not {called(table)}", how)
                table = {}
            found.append(((key, i), table))
        return found

    def text(
        self, table: Mapping[str, Any], place: Place, limit: int = NAME_LENGTH, *, needed: bool = False
    ) -> str | None:
        """One line of text; None when it is missing, empty or wrong."""
        value = table.get(str(place[-1]))
        if value is None:
            if needed:
                self.unsaid(place, "missing")
            return None
        if not isinstance(value, str):
            self.error(place, f"should be a text, not {called(value)}", f'Put it in quotes: {place[-1]} = "…"')
            return None
        text = self._line(value, place, limit)
        if text == "":
            if needed:
                self.unsaid(place, "still to be filled in")
            return None
        return text

    def texts(self, table: Mapping[str, Any], place: Place, limit: int = NAME_LENGTH) -> tuple[str, ...]:
        """A list of lines of text; empty when it is missing or anything in it is wrong."""
        value = table.get(str(place[-1]), [])
        if not isinstance(value, list):
            how = f'Put them in brackets, each in quotes: {place[-1]} = ["…", "…"]'
            self.error(place, f"should be a list of texts, not {called(value)}", how)
            return ()
        if len(value) > MAX_TEXTS:
            self.error(place, f"more than {MAX_TEXTS} texts", "Keep those that matter")
            return ()
        texts: list[str] = []
        for i, element in enumerate(value):
            text = self._line(element, (*place, i), limit) if isinstance(element, str) else None
            if not isinstance(element, str):
                self.error((*place, i), f"should be a text, not {called(element)}", "Put each one in quotes")
            elif not text or not folded(text):
                self.error((*place, i), "an empty text", "Take it out, or write what is missing")
            else:
                texts.append(text)
        if len(texts) < len(value):
            self._unreadable.add(place)
            return ()
        return tuple(texts)

    def _line(self, value: str, place: Place, limit: int) -> str | None:
        text = one_line(value)
        if len(text) > limit:
            self.error(place, f"longer than {limit} characters", "Say it shorter")
            return None
        if text and not is_clean(text):
            self.error(place, f"holds a control character: {called(text)}", "Take it out")
            return None
        if text and place[-1] == "name" and not folded(text):
            self.error(place, f"there is no letter in {called(text)}", "Write a name that can be read")
            return None
        return text
