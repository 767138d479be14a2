"""Files that people write by hand, or other programs leave beside a recording: opening them, and reading TOML ones.

A TOML file (a plan, a roster) is UTF-8 TOML 1.0 of at most 1 MB. One reading finds everything there is to correct:
what is wrong with its values (`toml_fields`) and what breaks a rule between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from analyzer.errors import BadFileError
from analyzer.files import is_file, is_there
from analyzer.people.names import Named, closest, folded
from analyzer.people.positions import Document, Place, TomlFault, field_name, parse
from analyzer.people.toml_fields import FILE, GAPS, Record, shown

MAX_BYTES = 1_000_000
UNKNOWN = "not known here"
"""How what is said of a key begins that means nothing."""
MAX_UNKNOWN = 20
"""How many unknown keys of one table are named."""

Severity = Literal["error", "warning"]
Naming = Callable[[Place], str]
"""How a message calls another place of the file: `line 7`, or `attendee[1]` where there is no file."""

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a record (`error`) or missing from it (`warning`): where, what, and the way out."""

    severity: Severity
    place: Place
    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem in a file: line and column count from 1, and so do the numbers in `field` (`attendee[2].role`).

    What is missing stands at the table it is missing from; `field` is empty for what belongs to no key.
    """

    severity: Severity
    file: str
    line: int
    column: int
    field: str
    what: str
    todo: str

    @property
    def message(self) -> str:
        """The field and what is wrong with it."""
        return f"{self.field}: {self.what}" if self.field else self.what

    def text(self) -> str:
        """The finding in one line: `file, line 12, column 3: error: field: what. What to do.`"""
        at = f"{self.file}, line {self.line}, column {self.column}"
        return f"{at}: {self.severity}: {self.message.rstrip('.')}. {self.todo.rstrip('.')}."


def refuse_errors(problems: Iterable[Problem]) -> None:
    """Refuses what breaks a rule.

    Raises:
        ValueError: one of the problems is an error.
    """
    for problem in problems:
        if problem.severity == "error":
            raise ValueError(f"{field_name(problem.place)}: {problem.what}")


def shared_names(people: Iterable[tuple[Place, Named]], named: Naming) -> Iterator[Problem]:
    """The names and aliases that mean two people; each of the people stands at a place."""
    taken: dict[str, tuple[Place, Named, Place]] = {}
    for place, person in people:
        own = [(alias, (*place, "aliases", i)) for i, alias in enumerate(person.aliases)]
        for name, at in [(person.name, (*place, "name")), *own] if person.name else own:
            first, other, there = taken.setdefault(folded(name), (place, person, at))
            if first == place:
                continue
            if at[-1] == there[-1] == "name":
                what, todo = (
                    f"{name} is listed twice ({named(there)})",
                    "Take one of the two out, or give each a name of their own",
                )
            else:
                what = f"{name} is also what {other.name or field_name(first)} is called ({named(there)})"
                todo = "Give each a name of their own"
            yield Problem("error", at, what, todo)


def read_bytes(path: Path, limit: int, *, opening: str, itself: str, missing: str = "Check the name") -> bytes:
    """At most `limit + 1` bytes of a file, so that more than `limit` tell that it is too large.

    In what is said when it fails, `opening` is what could not be opened, `itself` what was to be named instead of a
    folder, and `missing` what to do when there is no such file.

    Raises:
        BadFileError: it is not there, is no file, or cannot be opened.
    """
    try:
        if is_there(path) and not is_file(path):
            raise BadFileError("this is not a file", where=path, todo=f"Name {itself} itself")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError as error:
        raise BadFileError("there is no such file", where=path, todo=missing) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadFileError(
            f"{opening} cannot be opened ({reason})", where=path, todo="Check who may read it"
        ) from error


@dataclass(frozen=True, slots=True)
class Reading(Generic[R]):
    """What reading a TOML file gave: its record (None where it is not even TOML) and every finding, by their lines.

    When there are errors among the findings, the record has gaps.
    """

    path: Path
    record: R | None
    findings: tuple[Finding, ...]
    document: Document

    def whole(self, *, hint: str = "") -> R:
        """The record when there are no errors; `hint` says where all errors can be seen.

        Raises:
            BadFileError: the first of the errors, and how many more there are.
        """
        errors = [finding for finding in self.findings if finding.severity == "error"]
        if self.record is not None and not errors:
            return self.record
        first, more = errors[0], len(errors) - 1
        todo = first.todo.rstrip(".")
        if more:
            todo += f". {more} more {'error' if more == 1 else 'errors'} in this file{hint}"
        where = f"{self.path}, line {first.line}, column {first.column}"
        raise BadFileError(first.message, where=where, todo=todo)


def read_record(
    path: Path,
    kinds: Mapping[str, type[Record]],
    rules: Callable[[R, Naming], Iterable[Problem]],
    *,
    called: str,
    is_one: str,
    missing: str = "Check the name",
) -> Reading[R]:
    """Reads a TOML file.

    `kinds` has the records of its tables by their keys, and that of the whole file under `""`; `rules` finds what is
    wrong between the fields of that one. `called` is "the plan", `is_one` what to check when it is too large.

    Raises:
        BadFileError: the file is not there or cannot be opened.
    """
    raw = read_bytes(path, MAX_BYTES, opening=called, itself=f"{called} file", missing=missing)
    try:
        if len(raw) > MAX_BYTES:
            raise TomlFault(f"the file is larger than {MAX_BYTES:,} bytes", (1, 1), is_one)
        document = parse(raw)
    except TomlFault as fault:
        finding = _finding(path, fault.at, Problem("error", fault.place, fault.what, fault.todo))
        return Reading(path, None, (finding,), Document({}))
    return held_against(document, path, kinds, rules, lambda place: f"line {document.where(place)[0]}")


def held_against(
    document: Document,
    path: Path,
    kinds: Mapping[str, type[Record]],
    rules: Callable[[R, Naming], Iterable[Problem]],
    named: Naming,
) -> Reading[R]:
    """As `read_record`, of what a file says or is to say; `named` is how a message calls another place of it."""
    whole: TypeAdapter[Any] = TypeAdapter(kinds[""])
    found: list[Problem] = []
    try:
        record = whole.validate_python(document.data, context=FILE, by_alias=True, by_name=False)
    except ValidationError as error:
        found += _faults(error, kinds)
        record = whole.validate_python(document.data, context=GAPS, by_alias=True, by_name=False)
    # A list with something wrong in it is left out whole.
    wrong = {one.place[:-1] if isinstance(one.place[-1], int) else one.place for one in found}
    for broken in rules(record, named):
        if not any(broken.place[:length] in wrong for length in range(1, len(broken.place) + 1)):
            found.append(broken)
    findings = [_finding(path, document.where(problem.place), problem) for problem in found]
    return Reading(path, record, tuple(sorted(findings, key=lambda one: (one.line, one.column))), document)


def _finding(path: Path, at: tuple[int, int], problem: Problem) -> Finding:
    field, what = shown(field_name(problem.place), 80), shown(problem.what, 1000)
    return Finding(problem.severity, str(path), *at, field, what, shown(problem.todo, 1000))


def _faults(error: ValidationError, kinds: Mapping[str, type[Record]]) -> Iterator[Problem]:
    """What is wrong with values, and warnings about keys that mean nothing where they stand."""
    found = error.errors(include_url=False, include_input=False)
    unknown = [one["loc"] for one in found if one["type"] == "unexpected_keyword_argument"]
    for one in found:
        if one["type"] != "unexpected_keyword_argument":
            yield Problem("error", one["loc"], one["ctx"]["what"], one["ctx"]["todo"])
    for table, places in groupby(unknown, key=lambda place: place[:-1]):
        yield from _unknown(table, [str(place[-1]) for place in places], kinds)


def _unknown(table: Place, keys: Sequence[str], kinds: Mapping[str, type[Record]]) -> Iterator[Problem]:
    known = kinds[str(table[0]) if table else ""].keys_there()
    for key in keys[:MAX_UNKNOWN]:
        what, todo = f"{UNKNOWN}, and ignored", f"Take it out; known here are {', '.join(known)}"
        if table and key in kinds[""].keys_there() and key not in kinds:
            header = f"[[{table[0]}]]" if table[1:] else f"[{table[0]}]"
            todo = f"Move it above the first [[…]]: below {header} it belongs to that"
        elif near := closest(key, known):
            what += f" (did you mean {near}?)"
        yield Problem("warning", (*table, key), what, todo)
    if len(keys) > MAX_UNKNOWN:
        what = f"{len(keys) - MAX_UNKNOWN} more keys that are not known here"
        yield Problem("warning", (*table, keys[MAX_UNKNOWN]), what, "Take them out")
