"""TOML with positions: which line and column each key of a document stands on.

`tomllib` decides what a document means, but keeps no positions. `parse` therefore reads the text twice: a scanner
that only notes where keys stand, then `tomllib`. The scanner is never stricter than `tomllib` in what it walks over,
so it is lost only where `tomllib` finds a fault too; it goes first because it stops at what would make `tomllib` run
for hours, overflow, or recurse too deep (a key of ten thousand parts, a number of ten thousand digits).

Lines and columns count from 1, columns in characters. Line ends are LF or CRLF; a byte order mark is left out.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Place = tuple[str | int, ...]
"""Where something stands in a document: keys, and indexes from 0. `("attendee", 1, "role")`; `()` is the document."""

LEVELS = 16
"""How deep keys, tables and arrays may be nested, all together."""

BARE_LENGTH = 400
"""How long a value without quotes may be: longer than any date or number somebody means."""

_BLANK = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
# A text of several lines may end in one or two quotes of its own before the three that close it.
_TEXT = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|"(?:\\.|[^"\\\n])*"|\'\'\'.*?\'\'\'(?:'{0,2})|'[^'\n]*\'''',
    re.DOTALL,
)
_BARE = re.compile(r"\d{4}-\d\d-\d\d \d[^\s,\]}#]*|[^\s,\]}#]+")
_ERROR = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_DATE_LIKE = re.compile(r"""[^#="']*=\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}""")

_OPEN_TEXT = ("a text is not closed", "End it with the quotes it began with")
_WAYS_OUT = {
    "Invalid value": (
        "this value cannot be read",
        'Put texts in "quotes"; a date is written 2026-05-12, yes and no are true and false',
    ),
    "Illegal character '\\n'": ("a text is not closed on its line", "End it with a quote"),
    "Unterminated string": _OPEN_TEXT,
    'Expected "\'"': _OPEN_TEXT,
    "Expected \"'''\"": _OPEN_TEXT,
    "Invalid hex value": ("a \\u in a text needs four digits, a \\U eight", "Write \\\\ for a plain \\"),
    "Invalid statement": (
        "this line is no key with a value, no [table] and no comment",
        'Write key = "value", and put # before a comment',
    ),
    "Expected '=' after a key in a key/value pair": ("there is no = after the key", 'Write key = "value"'),
    "Expected newline or end of document after a statement": (
        "the line goes on after its value",
        'Write one key on a line; a quote inside a text is written \\"',
    ),
    "Invalid date or datetime": ("there is no such day or time", "A date is written year-month-day: 2026-05-12"),
    "Unescaped '\\' in a string": (
        "a \\ in a text begins a special character that does not exist",
        "Write \\\\ for a plain \\",
    ),
    "Unclosed array": ("a list is not closed", "End it with ]"),
    "Unclosed inline table": ("a { is not closed", "Put a comma between its keys and } at the end of the same line"),
}
_DATE_FAULT = ("the date cannot be read", "A date is written year-month-day, without quotes: 2026-05-12")
_DEEP = (f"keys, tables and lists are nested more than {LEVELS} deep", "Take some levels out")


class TomlFault(Exception):  # noqa: N818 - a finding on its way to the caller, with the vocabulary of findings
    """The text is no TOML: what is wrong, the line and column it is on, and the way out; `place` where it is known."""

    def __init__(self, what: str, line: int, column: int, todo: str, place: Place = ()) -> None:
        super().__init__(f"{what} (line {line}, column {column})")
        self.what = what
        self.line = line
        self.column = column
        self.todo = todo
        self.place = place


@dataclass(frozen=True, slots=True)
class Document:
    """What a TOML text says, and where: `places` has the line and column of each key, table header and list element."""

    data: dict[str, Any]
    places: Mapping[Place, tuple[int, int]]

    def where(self, place: Place) -> tuple[int, int]:
        """Line and column of `place`, or of the nearest thing around it that is written; the first line for none."""
        while place and place not in self.places:
            place = place[:-1]
        return self.places.get(place, (1, 1))


def parse(raw: bytes) -> Document:
    """The document in `raw`.

    Raises:
        TomlFault: not UTF-8, not TOML, or nested too deep.
    """
    text = _decoded(raw).replace("\r\n", "\n")
    scanner = _Scanner(text)
    try:
        scanner.run()
    except _LostError:
        pass  # so will tomllib be, no later than here, and it says why
    except _TooMuchError as fault:
        raise TomlFault(fault.what, *scanner.position(fault.at), fault.todo, scanner.place_at(fault.at)) from None
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        raise _fault(error, scanner) from error
    return Document(data, {place: scanner.position(at) for place, at in scanner.found.items()})


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TomlFault("the text is UTF-16", 1, 1, "Save the file again with the encoding UTF-8")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        what = f"byte 0x{raw[error.start]:02X} is not UTF-8"
        raise TomlFault(what, line, column, "Save the file again with the encoding UTF-8") from error


def _fault(error: ValueError, scanner: _Scanner) -> TomlFault:
    """What `tomllib` found, in words for somebody who does not write TOML every day."""
    match = _ERROR.fullmatch(str(error))
    message = match[1] if match else str(error)
    if match and match[2]:
        line, column = int(match[2]), int(match[3])
    else:
        line, column = scanner.position(len(scanner.text))
    if message.startswith("Unescaped") and match and match[2]:
        column -= 2  # tomllib points behind the two characters
    at = scanner.offset(line, column)
    if message.startswith(("Cannot overwrite a value", "Duplicate inline table key")):
        for place, first, second in scanner.repeated:
            name = str(place[-1])
            what = f"{name} is given twice here, first on line {scanner.position(first)[0]}"
            return TomlFault(what, *scanner.position(second), "Remove one of the two", place)
    if message.startswith(("Cannot declare", "Cannot redefine", "Cannot mutate", "Cannot overwrite")):
        what, todo = (
            "this is already given above",
            "Remove one of the two; a table that is repeated is written [[name]]",
        )
    elif _DATE_LIKE.match(scanner.line(line)) and not message.startswith("Invalid date"):
        what, todo = _DATE_FAULT
    else:
        said = message[:1].lower() + message[1:]
        what, todo = _WAYS_OUT.get(message, (f"not valid TOML: {said}", "Look at this line and the one before it"))
    return TomlFault(what, line, column, todo, scanner.place_at(at))


class _LostError(Exception):
    """The scanner does not understand the text."""


class _TooMuchError(Exception):
    """Something at `at` is too deep or too long to be handed to `tomllib`."""

    def __init__(self, at: int, what: str, todo: str) -> None:
        super().__init__(what)
        self.at = at
        self.what = what
        self.todo = todo


class _Scanner:
    """Walks over the text and notes the offset at which each place begins."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Place, int] = {}
        self.repeated: list[tuple[Place, int, int]] = []
        self._last: dict[Place, int] = {}  # the index of the last element of each [[table]]
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, at: int) -> tuple[int, int]:
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        return self._starts[min(line, len(self._starts)) - 1] + column - 1

    def line(self, line: int) -> str:
        start = self._starts[line - 1]
        return self.text[start : self.text.find("\n", start)] if "\n" in self.text[start:] else self.text[start:]

    def place_at(self, at: int) -> Place:
        """The last place noted before `at` and on its line; `()` for none."""
        line = self.position(at)[0]
        near = [(start, place) for place, start in self.found.items() if start <= at]
        start, place = max(near, default=(-1, ()), key=lambda pair: (pair[0], len(pair[1])))
        return place if start >= 0 and self.position(start)[0] == line else ()

    def run(self) -> None:
        table: Place = ()
        while True:
            self._skip(_BLANK)
            if self.at == len(self.text):
                return
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _expect(self, mark: str) -> None:
        if not self.text.startswith(mark, self.at):
            raise _LostError
        self.at += len(mark)

    def _key(self) -> list[tuple[str, int]]:
        """The parts of a dotted key, each with its offset."""
        parts: list[tuple[str, int]] = []
        while True:
            self._skip(_SPACE)
            match = _KEY.match(self.text, self.at)
            if match is None:
                raise _LostError
            parts.append((_unquoted(match[0]), self.at))
            if len(parts) > LEVELS:
                raise _TooMuchError(self.at, *_DEEP)
            self.at = match.end()
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _header(self) -> Place:
        start = self.at
        many = self.text.startswith("[[", start)
        self.at += 2 if many else 1
        *above, (name, _) = self._key()
        table: Place = ()
        for part, _ in above:
            table = (*table, part)
            self.found.setdefault(table, start)
            if table in self._last:
                table = (*table, self._last[table])
        table = (*table, name)
        if many:
            self.found.setdefault(table, start)
            self._last[table] = self._last.get(table, -1) + 1
            table = (*table, self._last[table])
        if len(table) > LEVELS:
            raise _TooMuchError(start, *_DEEP)
        self.found[table] = start
        self._expect("]]" if many else "]")
        return table

    def _pair(self, table: Place) -> None:
        place = table
        first = None
        for name, at in self._key():
            place = (*place, name)
            first = self.found.get(place)
            self.found.setdefault(place, at)
        if first is not None:
            self.repeated.append((place, first, at))
        if len(place) > LEVELS:
            raise _TooMuchError(at, *_DEEP)
        self._expect("=")
        self._skip(_SPACE)
        self._value(place)

    def _value(self, place: Place) -> None:
        mark = self.text[self.at : self.at + 1]
        if mark and mark in "[{":
            self._inside(place, mark)
            return
        match = _TEXT.match(self.text, self.at) if mark in ('"', "'") else _BARE.match(self.text, self.at)
        if match is None:
            raise _LostError
        if mark not in ('"', "'") and len(match[0]) > BARE_LENGTH:
            what = f"a value of {len(match[0])} characters without quotes"
            raise _TooMuchError(self.at, what, 'Put texts in "quotes"')
        self.at = match.end()

    def _inside(self, place: Place, mark: str) -> None:
        """The elements of a list, or the keys of a table in braces."""
        close = "]" if mark == "[" else "}"
        self.at += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self.text.startswith(close, self.at):
                self.at += 1
                return
            if mark == "[":
                element = (*place, index)
                if len(element) > LEVELS:
                    raise _TooMuchError(self.at, *_DEEP)
                self.found[element] = self.at
                self._value(element)
                index += 1
            else:
                self._pair(place)
            self._skip(_BLANK)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith(close, self.at):
                raise _LostError


def _unquoted(key: str) -> str:
    """The name that a bare or quoted key stands for."""
    if key[0] == "'":
        return key[1:-1]
    if key[0] == '"':
        if "\\" not in key:
            return key[1:-1]
        try:
            return str(tomllib.loads(f"key = {key}")["key"])
        except ValueError:
            raise _LostError from None
    return key
