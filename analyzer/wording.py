"""The language of what people read: pages, Markdown and mails. Error messages, `--help` and the terminal stay English.

A text of the program is an English message with named placeholders, written where it is said: `_("{who} led.", who=…)`.
Its translations stand in `locale/<language>/LC_MESSAGES/analyzer.po`, which is read as it is: nothing has to be
compiled before it is used or packaged. The language is a context variable that a renderer sets for as long as it
renders (`speaking`), so that threads and requests do not disturb each other.

What `call.json` keeps is English in every language; `debrief/sentences.py` says it again in another one. For that a
placeholder tells by the first part of its name what kind of value it holds: `share`, `share_whole`.
"""

from __future__ import annotations

import datetime as dt
import gettext
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LOCALES = Path(__file__).parent / "locale"
ENGLISH = "en"
LANGUAGES = (ENGLISH, *sorted(path.parent.parent.name for path in LOCALES.glob("*/LC_MESSAGES/analyzer.po")))
"""The languages that there is a catalogue of, and English."""
OF_THE_CALL = "call"
"""What to set for pages in the language that was spoken on the call."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Says everything inside in a language (English where there is no catalogue of it)."""
    before = _spoken.set(language if language in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _spoken.reset(before)


def page_language(wanted: str, heard: str | None) -> str:
    """The language of the pages of a call: the one that is set, or the one that was heard on it where we have it."""
    found = heard if wanted == OF_THE_CALL else wanted
    return found if found in LANGUAGES else ENGLISH


def spoken() -> str:
    """The language that is spoken now."""
    return _spoken.get()


def _(message: str, **values: object) -> str:
    """A message in the language spoken now, with its values."""
    text = translated(message)
    return text.format(**without_second_stop(text, values)) if values else text


def _n(one: str, many: str, number: int, **values: object) -> str:
    """A message in the form that goes with `number`, which is one of its values."""
    text = translated(one, many, number)
    return text.format(number=number, **without_second_stop(text, values))


def without_second_stop(text: str, values: Mapping[str, object]) -> dict[str, object]:
    """The values of a message; where a full stop follows one, an abbreviation at its end has none (`2 Min.`)."""
    return {
        name: value[:-1] if isinstance(value, str) and value.endswith(".") and f"{{{name}}}." in text else value
        for name, value in values.items()
    }


def stopped(text: str) -> str:
    """A text as a sentence: with a full stop, which an abbreviation at its end has already."""
    return text if text.endswith(".") else text + "."


def translated(message: str, many: str = "", number: int = 1) -> str:
    """A message in the language spoken now, its places still to be filled."""
    found = _translations(spoken())
    return found.ngettext(message, many, number) if many else found.gettext(message) if message else ""


def N_(message: str) -> str:  # noqa: N802 - the name that gettext has for it
    """Marks a message that is said later."""
    return message


def N_n(one: str, many: str) -> tuple[str, str]:  # noqa: N802
    """Marks a message with a form for many that is said later."""
    return one, many


def decimal(value: float, digits: int) -> str:
    """A number with so many decimals."""
    text = f"{value:.{digits}f}"
    return text if spoken() == ENGLISH else text.replace(".", decimal_point(spoken()))


def joined(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    if len(names) == 1:
        return names[0]
    return _("{first} and {last}", first=", ".join(names[:-1]), last=names[-1])


def either(names: Sequence[str]) -> str:
    """`A`, `A or B`, `A, B or C`."""
    if len(names) == 1:
        return names[0]
    return _("{first} or {last}", first=", ".join(names[:-1]), last=names[-1])


def long_day(day: dt.date) -> str:
    """A date as people write it: `12 May 2026`, `12. Mai 2026`."""
    if spoken() == ENGLISH:
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    from babel.dates import format_date

    return format_date(day, "long", locale=spoken())


def weekday(day: dt.date) -> str:
    """A date with its day of the week: `Tuesday 12 May 2026`, `Dienstag, 12. Mai 2026`."""
    if spoken() == ENGLISH:
        return f"{day:%A} {long_day(day)}"
    from babel.dates import format_date

    return format_date(day, "full", locale=spoken())


def short_day(day: dt.date) -> str:
    """A date in a table: `2026-05-12`, `12.05.2026`."""
    if spoken() == ENGLISH:
        return day.isoformat()
    from babel.dates import format_date

    return format_date(day, "medium", locale=spoken())


def quoted(text: str) -> str:
    """A text between the quotes of the language."""
    return _("“{quote}”", quote=text)


@cache
def decimal_point(language: str) -> str:
    """What stands between a number and its decimals."""
    from babel.numbers import get_decimal_symbol

    return get_decimal_symbol(language)


@cache
def _translations(language: str) -> gettext.NullTranslations:
    if language == ENGLISH:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo

    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def catalogue(language: str) -> Catalog:
    """The messages of a language with what they are in it."""
    from babel.messages.pofile import read_po

    with (LOCALES / language / "LC_MESSAGES" / "analyzer.po").open("rb") as file:
        return read_po(file, locale=language)
