"""The values of a hand-written TOML file as pydantic reads them, with what is wrong about each in words.

A file's tables are records: pydantic dataclasses on `Record`, whose fields carry the validators made here. A record is
made in one of three ways, told by the context of the validation:

* by the program, without a context: texts become one line, and a value that cannot be is a `ValueError`;
* from a file (`FILE`): the same, and what is written another way there (`minutes = 5`) is converted;
* from a file with faults (`GAPS`): what was found wrong is left out. A list without its faults is empty and any other
  value is None, whatever its type says, so that the rules between fields can look at what is left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from analyzer.people.names import closest, folded, is_clean, one_line
from analyzer.people.positions import Place

FILE, GAPS = "file", "file with gaps"
"""The contexts in which a record is made from a file."""

CONFIG = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)
"""A field whose key in the file has another name has that as its `validation_alias`.

Records have no slots: a dataclass with slots is made twice, and the validators would know the one without fields.
"""

NAME_LENGTH = 200
TEXT_LENGTH = 2000
MAX_TEXTS = 50
"""How many texts one list may have."""

HOW_NAME = 'Write who it is: name = "First Last"'
_HOW_DATE = "A date is written year-month-day, without quotes: 2026-05-12"


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


def fault(what: str, todo: str) -> PydanticCustomError:
    """An error about a value: what is wrong with it, and the way out."""
    return PydanticCustomError("fault", "{what}", {"what": what, "todo": todo})


def fault_inside(place: Place, what: str, todo: str) -> ValidationError:
    """An error about something inside the value that is looked at."""
    return ValidationError.from_exception_data("", [InitErrorDetails(type=fault(what, todo), loc=place, input=None)])


@dataclass(frozen=True, config=CONFIG)
class Record:
    """A table of a file; see the top of this module."""

    __pydantic_fields__: ClassVar[dict[str, FieldInfo]]

    @classmethod
    def keys_there(cls) -> dict[str, FieldInfo]:
        """The keys that it has in the file, and their fields."""
        return {str(field.validation_alias or name): field for name, field in cls.__pydantic_fields__.items()}

    @model_validator(mode="before")
    @classmethod
    def _every_key(cls, table: Any, info: ValidationInfo) -> Any:
        """What must be there and is not is read as None, so that its own validator says how to write it."""
        if not isinstance(table, dict):
            return table
        known = cls.keys_there()
        needed = dict.fromkeys(key for key, field in known.items() if field.is_required())
        return needed | {key: table[key] for key in table if info.context != GAPS or key in known}

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_a_gap(cls, value: Any, read: Any, info: ValidationInfo) -> Any:
        """The value, or what stands for one that was found wrong before."""
        try:
            return read(value)
        except ValueError:
            if info.context != GAPS:
                raise
            return () if cls.__pydantic_fields__[str(info.field_name)].default == () else None


def line(how: str = "", limit: int = NAME_LENGTH, *, letters: bool = False) -> PlainValidator:
    """One line of text, None when it is missing or empty; with `how`, which says how to write it, it must be there.

    With `letters` something must be left of it when it is compared, as of every name.
    """

    def read(value: object, info: ValidationInfo) -> str | None:
        text = _line(value, str(info.field_name), how, limit)
        if letters and text and not folded(text):
            raise fault(f"there is no letter in {called(text)}", "Write a name that can be read")
        return text

    return PlainValidator(read)


def _line(value: object, key: str, how: str, limit: int = NAME_LENGTH) -> str | None:
    if value is not None and not isinstance(value, str):
        raise fault(f"should be a text, not {called(value)}", f'Put it in quotes: {key} = "…"')
    text = None if value is None else _one_line(value, limit)
    if not text and how:
        raise fault("missing" if text is None else "still to be filled in", how)
    return text or None


def _one_line(value: str, limit: int) -> str:
    text = one_line(value)
    if len(text) > limit:
        raise fault(f"longer than {limit} characters", "Say it shorter")
    if text and not is_clean(text):
        raise fault(f"holds a control character: {called(text)}", "Take it out")
    return text


def element(value: object, limit: int = NAME_LENGTH) -> str:
    """A text of a list of texts."""
    if not isinstance(value, str):
        raise fault(f"should be a text, not {called(value)}", "Put each one in quotes")
    text = _one_line(value, limit)
    if not folded(text):
        raise fault("an empty text", "Take it out, or write what is missing")
    return text


def _texts(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, list | tuple):
        how = f'Put them in brackets, each in quotes: {info.field_name} = ["…", "…"]'
        raise fault(f"should be a list of texts, not {called(value)}", how)
    if len(value) > MAX_TEXTS:
        raise fault(f"more than {MAX_TEXTS} texts", "Keep those that matter")
    return value


a_list = BeforeValidator(_texts)
"""Checks that something is a list with not too many texts."""

# Of a function with two parameters pydantic takes the second for the validation's info; hence the lambda.
Texts = Annotated[tuple[Annotated[str, PlainValidator(lambda value: element(value))], ...], a_list]
"""A list of lines of text."""


def choice(choices: Sequence[str], how: str) -> PlainValidator:
    """One of a few words, in any case; `how` says how to write it."""

    def read(value: object, info: ValidationInfo) -> str:
        found = _line(value, str(info.field_name), how) or ""
        near = closest(found, choices)
        if near is not None and near == found.casefold():
            return near
        *others, last = choices
        what = f"should be {', '.join(others)} or {last}, not {called(found)}"
        raise fault(f"{what} (did you mean {near}?)" if near else what, how)

    return PlainValidator(read)


def calendar_date(how: str = "") -> PlainValidator:
    """A date or a date and time; None when it is missing, unless `how` says how to write it: then it must be there."""

    def read(value: object) -> dt.date | None:
        if value is None and how:
            raise fault("missing", how)
        if value is not None and not isinstance(value, dt.date):
            raise fault(f"should be a date, not {called(value)}", _HOW_DATE)
        return value

    return PlainValidator(read)


def _flag(value: object, info: ValidationInfo) -> object:
    if isinstance(value, bool):
        return value
    what = f"should be true or false, not {called(value)}"
    raise fault(what, f"Write {info.field_name} = true, without quotes, or take the line out")


Flag = Annotated[bool, PlainValidator(_flag)]


def tables(key: str, most: int) -> BeforeValidator:
    """The tables written `[[key]]`, up to `most` of them."""

    def read(value: object, info: ValidationInfo) -> object:
        how = f"Write [[{key}]] on a line of its own before each of them"
        if info.context is None:
            return value
        if isinstance(value, dict):
            raise fault("there can be several of these, so it takes two brackets", how)
        if not isinstance(value, list):
            raise fault(f"should be tables, not {called(value)}", how)
        if len(value) > most:
            raise fault_inside((most,), f"more than {most} of these", "Keep those that matter")
        for i, table in enumerate(value):
            if not isinstance(table, dict):
                raise fault_inside((i,), f"should be a table, not {called(table)}", how)
        return value

    return BeforeValidator(read)


def one_table(key: str) -> BeforeValidator:
    """The table written `[key]`."""

    def read(value: object, info: ValidationInfo) -> object:
        if info.context is None or value is None or isinstance(value, dict):
            return value
        raise fault(f"should be one table, not {called(value)}", f"Write [{key}] on a line of its own")

    return BeforeValidator(read)
