"""TOML with positions: `tomllib` decides what a document means, and a walk over its lines where each key stands.

Lines and columns count from 1, columns in characters. Line ends are LF or CRLF; a byte order mark is left out. A table
has the position of its header, a key its own; elements of a list and keys in braces have that of the key before them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Place = tuple[str | int, ...]
"""Where something stands in a document: keys, and indexes from 0. `("attendee", 1, "role")`; `()` is the document."""
Position = tuple[int, int]
"""A line and a column."""

LEVELS = 16
"""How deep keys, tables and lists may be nested."""

_PART = r"""(?:[A-Za-z0-9_-]++|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+')[ \t]*+"""
_KEY = re.compile(rf"[ \t]*+(?P<open>\[\[?)?[ \t]*+(?P<path>{_PART}(?:\.[ \t]*+{_PART}){{0,{LEVELS}}}+)(?P<end>[=\]]?)")
# A text that is not closed is taken as one all the same: `tomllib` refuses it, and looking for it again takes long.
_TEXTS = re.compile(
    r""""{3}(?:\\.|[^\\])*?(?:"{3,5}|\Z)|'{3}.*?(?:'{3,5}|\Z)|"(?:\\[^\n]|[^"\\\n])*+"?|'[^'\n]*+'?|\#[^\n]*+""",
    re.DOTALL,
)
# What `tomllib` would take hours for, recurse into too deep, or overflow at.
_LONG_KEY = re.compile(rf"(?<![\w\x01-])[\w\x01-]++[ \t]*+(?:\.[ \t]*+[\w\x01-]++[ \t]*+){{{LEVELS}}}")
_LONG_VALUE = re.compile(r"(?<![^\s,\[\]{}=\x01])[^\s,\[\]{}=\x01]{401}")
_DATE_LIKE = re.compile(r"""[^#="']*=\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}""")
_ERROR = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)

_OPEN_TEXT = ("a text is not closed", "End it with the quotes it began with")
_TWICE = ("this is already given above", "Remove one of the two; a table that is repeated is written [[name]]")
_DEEP = (f"keys, tables and lists are nested more than {LEVELS} deep", "Take some levels out")
_LONG = ("a value of more than 400 characters without quotes", 'Put texts in "quotes"')
_FAULTS = {
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
    "Unescaped '\\' in a string": ("there is no such special character", "Write \\\\ for a plain \\"),
    "Unclosed array": ("a list is not closed", "End it with ]"),
    "Unclosed inline table": ("a { is not closed", "Put a comma between its keys and } at the end of the same line"),
    "Cannot overwrite a value": _TWICE,
}


def field_name(place: Place) -> str:
    """A place as people read it, counting from 1: `attendee[2].role`."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class TomlFault(Exception):  # noqa: N818 - a finding on its way to the caller, with the vocabulary of findings
    """The text is no TOML: what is wrong, where, and the way out; `place` is the key on that line, if there is one."""

    def __init__(self, what: str, at: Position, todo: str, place: Place = ()) -> None:
        super().__init__(f"{what} (line {at[0]}, column {at[1]})")
        self.what, self.at, self.todo, self.place = what, at, todo, place


@dataclass(frozen=True, slots=True)
class Document:
    """What a TOML text says, and the positions of its keys and tables."""

    data: dict[str, Any]
    places: dict[Place, Position] = field(default_factory=dict)

    def where(self, place: Place) -> Position:
        """The position of `place`, or of the nearest thing around it that is written; the first line for none."""
        while place and place not in self.places:
            place = place[:-1]
        return self.places.get(place, (1, 1))


def parse(raw: bytes) -> Document:
    """The document in `raw`.

    Raises:
        TomlFault: not UTF-8, not TOML, or nested too deep.
    """
    text = _decoded(raw).replace("\r\n", "\n")
    _refuse_too_much(_TEXTS.sub(_blanked, text))
    found = Document({})
    keys = list(_keys(_TEXTS.sub(_on_one_line, text)))
    for place, position in keys:
        found.places.setdefault(place, position)
    try:
        return Document(tomllib.loads(text), found.places)
    except ValueError as error:
        raise _fault(error, text, keys, found) from error


def _decoded(raw: bytes) -> str:
    todo = "Save the file again with the encoding UTF-8"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TomlFault("the text is UTF-16", (1, 1), todo)
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        at = _position(raw[: error.start].decode("utf-8"))
        raise TomlFault(f"byte 0x{raw[error.start]:02X} is not UTF-8", at, todo) from error


def _position(before: str) -> Position:
    """The position behind a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _blanked(found: re.Match[str]) -> str:
    """A text or comment as one of the same length in which nothing is TOML; the ends of its lines stay."""
    return " " * len(found[0]) if found[0][0] == "#" else re.sub(r"[^\n]", "\x01", found[0])


def _on_one_line(found: re.Match[str]) -> str:
    return _blanked(found) if "\n" in found[0] else found[0]


def _refuse_too_much(text: str) -> None:
    for pattern, what, todo in ((_LONG_KEY, *_DEEP), (_LONG_VALUE, *_LONG)):
        if found := pattern.search(text):
            raise TomlFault(what, _position(text[: found.start()]), todo)
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", text):
        depth = depth + 1 if bracket[0] in "[{" else max(depth - 1, 0)
        if depth > LEVELS:
            raise TomlFault(_DEEP[0], _position(text[: bracket.start()]), _DEEP[1])


def _keys(text: str) -> Iterator[tuple[Place, Position]]:
    """Every table header and every key at the beginning of a line, with its place."""
    table: Place = ()
    last: dict[Place, int] = {}  # the index of the last element of each [[table]]
    for number, line in enumerate(text.split("\n"), start=1):
        found = _KEY.match(line)
        if found is None or found["end"] != ("]" if found["open"] else "="):
            continue
        names = [_unquoted(part) for part in re.findall(_PART, found["path"])]
        if found["open"]:
            table = ()
            for name in names[:-1]:
                table = (*table, name)
                yield table, (number, found.start("open") + 1)
                table = (*table, last[table]) if table in last else table
            table = (*table, names[-1])
            at = number, found.start("open") + 1
            if found["open"] == "[[":
                yield table, at
                last[table] = last.get(table, -1) + 1
                table = (*table, last[table])
            yield table, at
        else:
            for count in range(1, len(names) + 1):
                yield (*table, *names[:count]), (number, found.start("path") + 1)


def _unquoted(key: str) -> str:
    """The name that a bare or quoted part of a key stands for."""
    key = key.strip(" \t")
    if key[0] == '"' and "\\" in key:
        try:
            return str(tomllib.loads(f"key = {key}")["key"])
        except ValueError:
            return key
    return key[1:-1] if key[0] in "\"'" else key


def _fault(error: ValueError, text: str, keys: list[tuple[Place, Position]], found: Document) -> TomlFault:
    """What `tomllib` found, in words for somebody who does not write TOML every day."""
    match = _ERROR.fullmatch(str(error))
    message = match[1] if match else str(error)
    at = (int(match[2]), int(match[3])) if match and match[2] else _position(text)
    if message.startswith("Unescaped"):
        # tomllib points behind the two characters, the second of which may end the line.
        at = (at[0], at[1] - 2) if at[1] > 2 else (at[0] - 1, len(text.split("\n")[at[0] - 2]))
    place = next((place for place, position in reversed(keys) if position[0] == at[0]), ())
    first = found.where(place)
    if message == "Cannot overwrite a value" and place and first[0] < at[0]:
        own = next(position for key, position in reversed(keys) if key == place)
        what = f"{place[-1]} is given twice here, first on line {first[0]}"
        return TomlFault(what, own, "Remove one of the two", place)
    if message.startswith(("Cannot declare", "Cannot redefine", "Cannot mutate", "Duplicate")):
        what, todo = _TWICE
    elif _DATE_LIKE.match(text.split("\n")[at[0] - 1]) and not message.startswith("Invalid date"):
        what, todo = "the date cannot be read", "A date is written year-month-day, without quotes: 2026-05-12"
    else:
        what, todo = _FAULTS.get(
            message, (f"not valid TOML: {message[:1].lower() + message[1:]}", "Look at this line and the one before it")
        )
    return TomlFault(what, at, todo, place)
