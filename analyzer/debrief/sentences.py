"""Sentences of ours that were kept in English, said again in the language spoken now.

A record keeps what it says in English. Each of its sentences was made of a message (see `wording`) and values, and both
can be read back from it: the message is the one that fits, and the name of a placeholder tells how its values are
written in English (`KINDS`). So a page can be shown in another language without judging the call again, and results of
earlier versions as well. What was made of no message of ours is left as it is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, lru_cache

from analyzer.wording import (
    ENGLISH,
    MONTHS,
    N_,
    _,
    _n,
    catalogue,
    decimal_point,
    either,
    joined,
    long_day,
    spoken,
    translated,
)

Names = frozenset[str]
Again = Callable[[str, Names], str | None]
"""Says a value again; None where it is no value of its kind."""

NUMBER = r"\d+(?:\.\d+)?"
SHARE = rf"(?:just (?:under|over) )?{NUMBER}"
MOMENT = r"\d+:\d\d(?::\d\d)?(?:–\d+:\d\d(?::\d\d)?)?"
SOMEBODY = (N_("the customer"), N_("the other"))
"""What stands for a name where there is none."""
ROLES = (N_("salesperson"), N_("manager"), N_("specialist"), N_("customer"))
"""Roles that we have words for; all others are people's own words."""
SIDES = (N_("team"), N_("customer"), N_("none"))
FROM = (
    *(N_("plan"), N_("rule"), N_("correction"), N_("command line"), N_("sidecar"), N_("voice"), N_("elimination")),
    *(N_("channels"), N_("roster"), N_("tracks"), N_("recording"), N_("call"), N_("earlier results"), N_("file name")),
)
"""Where something about a voice is from."""
LENGTHS = {"h": N_("{number} h"), "min": N_("{number} min"), "s": N_("{number} s")}
JUST = {"under": N_("just under {low}"), "over": N_("just over {low}")}
NOT_KNOWN = N_("not known")


def _same(text: str, _names: Names) -> str:
    return text


def _number(text: str, _names: Names) -> str:
    """A number, or a share, with the few words that can stand with it."""
    if text == NOT_KNOWN:
        return _(text)
    if found := re.match("just (under|over) (.*?)( %)?$", text):
        near = _(JUST[found[1]], low=_number(found[2], frozenset()))
        return _("{part} %", part=near) if found[3] else near
    return text.replace(".", decimal_point(spoken()))


def _range(text: str, names: Names) -> str:
    low, _to, share = text.partition(" to ")
    return _("{low} to {share}", low=_number(low, names), share=_number(share, names)) if share else _number(low, names)


def _length(text: str, names: Names) -> str:
    if text == NOT_KNOWN:
        return _(text)
    return re.sub(rf"({NUMBER}) (h|min|s)", lambda one: _(LENGTHS[one[2]], number=_number(one[1], names)), text)


def _day(text: str, _names: Names) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return long_day(dt.date.fromisoformat(text))
    day, month, year = text.split()
    return long_day(dt.date(int(year), MONTHS.index(month) + 1, int(day)))


def _somebody(text: str, _names: Names) -> str:
    return _(text) if text in SOMEBODY else text


def _somebodies(text: str, names: Names) -> str | None:
    """Names or moments in a row; None where it cannot be told which words are one name."""
    if text in names:
        return text
    parts = re.split(", | and ", text)
    return joined(parts) if all(one in names or re.fullmatch(MOMENT, one) for one in parts) else None


def _role(text: str, _names: Names) -> str:
    return _(text) if text in ROLES else text


def _keys(text: str, _names: Names) -> str:
    return either(re.split(", | or ", text))


def _list(text: str, names: Names) -> str | None:
    parts = [_all(one, names) for one in re.split(", | and ", text)]
    return joined([part for part in parts if part is not None]) if None not in parts else None


def _text(text: str, names: Names) -> str | None:
    return _all(text, names) if text else text


KINDS: dict[str, tuple[str, Again]] = {
    "share": (rf"{NOT_KNOWN}|{SHARE} %", _number),
    "low": (SHARE, _number),
    "range": (rf"{NOT_KNOWN}|{SHARE}(?: to {SHARE})? %", _range),
    "number": (NUMBER, _number),
    "length": (rf"{NOT_KNOWN}|(?=\d)(?:\d+ h)?(?: ?\d+ min)?(?: ?{NUMBER} s)?", _length),
    "at": (MOMENT, _same),
    "day": (rf"\d{{4}}-\d\d-\d\d|\d+ (?:{'|'.join(MONTHS)}) \d{{4}}", _day),
    "role": (r".+?", _role),
    "name": (r"[^:;“”]+?", _same),
    "quote": (r"[^”]*", _same),
    "keys": (r"S\d+(?:(?:, | or )S\d+)*", _keys),
    "names": (r".+?", _somebodies),
    "list": (r".+?", _list),
    "text": (r".*?", _text),
}
"""How a value of each kind is written in English, and what says it again."""
PEOPLE = frozenset(("who", "before", "to", "other", "lead", "planned", "label"))
"""The names of placeholders that hold the name of one person."""
LEAST_LETTERS = 4
"""Letters of its own by which a message is told from others; two where all its values are of a plain kind."""
PLAIN = ("share", "low", "range", "number", "length", "at")


@dataclass(frozen=True, slots=True)
class Form:
    """A form of an English message; `plural` is its form for many, and `many` whether it is that one."""

    message: str
    plural: str
    many: bool
    own: tuple[str, ...]
    """The words of its own, in their order."""

    @property
    def english(self) -> str:
        """The form itself."""
        return self.plural if self.many else self.message


def _kind(name: str) -> str:
    return name.split("_")[0]


def _own(message: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"\{\w+\}", message) if part)


def _can_be_told(message: str) -> bool:
    plain = all(_kind(name) in PLAIN for name in re.findall(r"\{(\w+)\}", message))
    return sum(map(str.isalpha, "".join(_own(message)))) >= (2 if plain else LEAST_LETTERS)


@cache
def _forms(language: str) -> tuple[Form, ...]:
    """Every message of a catalogue by which a sentence can be told, the one that says most first."""
    found = []
    for one in catalogue(language):
        single, *others = [one.id] if isinstance(one.id, str) else one.id
        many = "".join(others)
        found += [Form(single, many, form == many, _own(form)) for form in (single, many) if _can_be_told(form)]
    return tuple(sorted(found, key=lambda form: -len("".join(form.own))))


@lru_cache(maxsize=4096)
def _pattern(message: str, names: Names = frozenset()) -> re.Pattern[str]:
    """What a message looks like with its values in it; `names` are those that people can have (any where empty)."""
    person = "|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name)))) if names else ".+?"
    parts: list[str] = []
    seen: set[str] = set()
    for own, name in re.findall(r"([^{]*)(?:\{(\w+)\})?", message):
        parts.append(re.escape(own))
        if name in seen:
            parts.append(f"(?P={name})")
        elif name:
            seen.add(name)
            kind = person if name in PEOPLE else KINDS[_kind(name)][0] if _kind(name) in KINDS else ".+?"
            parts.append(f"(?P<{name}>{kind})")
    return re.compile("".join(parts), re.DOTALL)


def read_back(text: str, names: Collection[str] = ()) -> str:
    """A kept English sentence, or several, in the language spoken now; as it is where it was made of none of our words.

    `names` are those that the people it may be about can have.
    """
    if spoken() == ENGLISH or not text:
        return text
    known = frozenset((*names, *SOMEBODY)) if names else frozenset()
    again = _all(text, known)
    if again is not None:
        return again
    for between in re.finditer(r"(?<=[.?!]) ", text):  # what somebody wrote may stand beside it
        for first, last in ((_all(text[: between.start()], known), None), (None, _all(text[between.end() :], known))):
            if first is not None or last is not None:
                return f"{first or text[: between.start()]} {last or text[between.end() :]}"
    return text


def _all(text: str, names: Names) -> str | None:
    """A sentence, or several one after the other; None where one was made of no message of ours."""
    whole = _one(text, names)
    if whole is not None:
        return whole
    for between in re.finditer(r"(?<=[.?!:]) |; |, | \(\d+\)(?=;|$)", text):
        first = _one(text[: between.start()], names)
        if first is None:
            continue
        rest = text[between.end() :]
        last = _all(rest, names) if rest else ""
        if last is not None:
            return first + between[0] + last
    return None


def _one(text: str, names: Names) -> str | None:
    for form in _forms(spoken()):
        if not all(own in text for own in form.own):
            continue
        found = _pattern(form.english, names).fullmatch(text)
        values = None if found is None else _values(found.groupdict(), names)
        if values is None:
            continue
        if not form.plural:
            return _(form.message, **values)
        number = values.pop("number", "2" if form.many else "1")
        return _n(form.message, form.plural, int(number), **values)
    return None


def _values(given: dict[str, str], names: Names) -> dict[str, str] | None:
    values = {}
    for name, text in given.items():
        again = _somebody if name in PEOPLE else KINDS.get(_kind(name), ("", _same))[1]
        said = again(text, names)
        if said is None:
            return None
        values[name] = said
    return values


def is_made_of(sentence: str, messages: Collection[tuple[str, ...]]) -> bool:
    """Whether a sentence in the language spoken now was made of one of these messages, or of its form for many."""
    forms = (translated(one, "".join(many), number) for one, *many in messages for number in (1, 2))
    return any(_loose(form).fullmatch(sentence) for form in forms)


@cache
def _loose(message: str) -> re.Pattern[str]:
    return re.compile(".*?".join(map(re.escape, re.split(r"\{\w+\}", message))), re.DOTALL)
