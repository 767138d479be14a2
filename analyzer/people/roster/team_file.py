"""The roster as a file, `team.toml` in the folder of recordings: finding it, reading it, checking it, writing it.

    [[person]]                                # once for each of the team
    name = "Dana Reyes"
    role = "salesperson"                      # manager, specialist, or any word: what they usually are
    aliases = ["D. R.", "Dana R."]            # optional: what transcripts and file names call them
    email = "dana.reyes@example.com"          # optional
    voices = ["voices/dana-1.flac"]           # optional: clips in which they alone speak, beside this file
    consent = 2026-05-01                      # optional: the day on which they agreed that their voice is known

    [[customer]]                              # optional: people of the other side who are met again
    name = "Ray Kowalski"
    company = "Northwind Foods"               # optional, as are aliases, voices and consent

    [[pattern]]                               # optional; the first that a file name fits says what the name means
    match = "{date} {customer} - {salesperson}"

What a pattern may hold stands in `patterns`. `{salesperson}` means only people with the role salesperson: a
file named after the manager who came along does not make the manager the one who was to lead.

The file is UTF-8 TOML 1.0 of at most 1 MB. Runs of blanks and line ends in a text become one space. Keys that are not
listed here are warned about and otherwise ignored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.files import is_file
from analyzer.people.hand_written import read_bytes
from analyzer.people.names import folded
from analyzer.people.plan.reading import Finding, refusal, toml_value
from analyzer.people.plan.rules import Place, Problem, field_name
from analyzer.people.positions import TomlFault, parse
from analyzer.people.roster.patterns import LONGEST_PATTERN, Pattern, PatternFault, parse_pattern
from analyzer.people.roster.roster import SALESPERSON, Customer, Member, Roster, VoiceClip, is_email
from analyzer.people.toml_fields import FieldReader, called, shown

FILE = "team.toml"
MAX_BYTES = 1_000_000
MAX_PEOPLE, MAX_PATTERNS = 2000, 200

KEYS = {
    "": ("person", "customer", "pattern"),
    "person": ("name", "role", "aliases", "email", "voices", "consent"),
    "customer": ("name", "aliases", "company", "voices", "consent"),
    "pattern": ("match",),
}

_HOW = {
    ("person", "name"): 'Write who it is: name = "First Last"',
    ("customer", "name"): 'Write who it is: name = "First Last"',
    ("person", "role"): 'Write what they are: role = "salesperson", "manager", "specialist" or any other word',
    ("pattern", "match"): 'Write what file names look like: match = "{date} {customer} - {salesperson}"',
}


@dataclass(frozen=True, slots=True)
class _Written:
    """A person as written; None for what is missing or unreadable."""

    place: Place
    name: str | None
    role: str | None
    aliases: tuple[str, ...]
    email: str | None
    company: str | None
    voices: tuple[str, ...]
    consent: dt.date | None


def roster_path(folder: Path) -> Path:
    """Where the roster of a folder of recordings lies, or would lie."""
    return folder / FILE


def find_roster(recording: Path, root: Path | None = None) -> Path | None:
    """The roster that holds for a recording: in its folder, else in the nearest above it up to `root`; None for none.

    Without `root`, or when the recording is not below it, only the recording's own folder is looked into.
    """
    own = recording.resolve().parent
    folders = [own]
    if root is not None and own.is_relative_to(root.resolve()):
        folders += [folder for folder in own.parents if folder.is_relative_to(root.resolve())]
    return next((path for folder in folders if is_file(path := roster_path(folder))), None)


def read_roster(path: Path) -> tuple[Roster, tuple[Finding, ...]]:
    """The roster in a file, and what it cannot tell (warnings), in the order of the lines.

    Raises:
        BadFileError: the file cannot be read, or something in it is wrong: the first error, and how many more.
    """
    roster, findings = _read(path)
    errors = [finding for finding in findings if finding.severity == "error"]
    if roster is None or errors:
        raise refusal(path, errors)
    return roster, findings


def check_roster(path: Path) -> tuple[Finding, ...]:
    """Everything wrong with a roster, and everything it cannot tell, in the order of the lines; empty when it is fine.

    Raises:
        BadFileError: the file is not there or cannot be opened.
    """
    return _read(path)[1]


def roster_toml(roster: Roster) -> str:
    """The roster as the text of its file: reading it gives the same records."""
    blocks = []
    for person in roster.people:
        blocks.append(_block("person", person, role=person.role, email=person.email))
    blocks += [_block("customer", person, company=person.company) for person in roster.customers]
    blocks += [f"[[pattern]]\nmatch = {toml_value(pattern.text)}\n" for pattern in roster.patterns]
    return "\n".join(blocks)


def _read(path: Path) -> tuple[Roster | None, tuple[Finding, ...]]:
    """The roster in the file, None when anything in it is wrong, and every finding."""
    raw = read_bytes(path, MAX_BYTES, opening="the roster", itself="the roster file")
    if len(raw) > MAX_BYTES:
        what = f"the file is larger than {MAX_BYTES:,} bytes"
        todo = "A roster is a list of people: check that this is one"
        return None, (Finding("error", str(path), 1, 1, "", what, todo),)
    try:
        document = parse(raw)
    except TomlFault as fault:
        problem = Problem("error", fault.place, fault.what, fault.todo)
        return None, (_finding(path, fault.at, problem),)
    reader = FieldReader(KEYS, _HOW)
    reader.known(document.data, (), "")
    people = [_person(reader, place, table) for place, table in reader.tables(document.data, "person", MAX_PEOPLE)]
    buyers = [_buyer(reader, place, table) for place, table in reader.tables(document.data, "customer", MAX_PEOPLE)]
    _refuse_missing_clips(reader, path, (*people, *buyers))
    tables = reader.tables(document.data, "pattern", MAX_PATTERNS)
    patterns = [_pattern(reader, place, table) for place, table in tables]
    found = [
        *reader.problems,
        *_names([*people, *buyers], lambda place: document.where(place)[0]),
        *_gaps(people, patterns, reader),
    ]
    findings = tuple(_finding(path, document.where(problem.place), problem) for problem in found)
    findings = tuple(sorted(findings, key=lambda finding: (finding.line, finding.column)))
    if any(finding.severity == "error" for finding in findings):
        return None, findings

    def clips(person: _Written) -> tuple[VoiceClip, ...]:
        places = [(text, (*person.place, "voices", i)) for i, text in enumerate(person.voices)]
        return tuple(
            VoiceClip(text, path.parent / text, place_text(path, *document.where(place)), field_name(place))
            for text, place in places
        )

    members = tuple(
        Member(person.name or "", person.role or "", person.aliases, person.email, clips(person), person.consent)
        for person in people
    )
    customers = tuple(
        Customer(person.name or "", person.aliases, person.company, clips(person), person.consent) for person in buyers
    )
    return Roster(members, tuple(pattern for _, pattern in patterns if pattern is not None), customers), findings


def place_text(path: Path, line: int, column: int) -> str:
    """Where in a file something stands, as messages say it."""
    return f"{path}, line {line}, column {column}"


def _block(kind: str, person: Member | Customer, **own: str | None) -> str:
    fields: dict[str, Any] = {"name": person.name, **own, "aliases": person.aliases}
    fields |= {"voices": tuple(clip.written for clip in person.voices), "consent": person.consent}
    lines = [f"{key} = {toml_value(value)}\n" for key, value in fields.items() if value]
    return f"[[{kind}]]\n" + "".join(lines)


def _finding(path: Path, at: tuple[int, int], problem: Problem) -> Finding:
    field, what = shown(field_name(problem.place), 80), shown(problem.what, 1000)
    return Finding(problem.severity, str(path), *at, field, what, shown(problem.todo, 1000))


def _person(reader: FieldReader, place: Place, table: Mapping[str, Any]) -> _Written:
    reader.known(table, place, "person")
    name = reader.text(table, (*place, "name"), needed=True)
    role = reader.text(table, (*place, "role"), needed=True)
    email = reader.text(table, (*place, "email"))
    if email is not None and not is_email(email):
        what = f"should be an e-mail address, not {called(email)}"
        reader.error((*place, "email"), what, 'Write email = "name@example.com", or take the line out')
    aliases = reader.texts(table, (*place, "aliases"))
    return _Written(place, name, role, aliases, email, None, *_voice(reader, place, table))


def _buyer(reader: FieldReader, place: Place, table: Mapping[str, Any]) -> _Written:
    reader.known(table, place, "customer")
    name = reader.text(table, (*place, "name"), needed=True)
    company = reader.text(table, (*place, "company"))
    aliases = reader.texts(table, (*place, "aliases"))
    return _Written(place, name, None, aliases, None, company, *_voice(reader, place, table))


def _voice(reader: FieldReader, place: Place, table: Mapping[str, Any]) -> tuple[tuple[str, ...], dt.date | None]:
    """The clips of a person's voice, and the day on which they agreed."""
    consent, where = table.get("consent"), (*place, "consent")
    if consent is not None and (not isinstance(consent, dt.date) or isinstance(consent, dt.datetime)):
        what = f"should be a date, not {called(consent)}"
        reader.error(where, what, "Write it without quotes: consent = 2026-05-01")
        consent = None
    elif consent is not None and consent > dt.date.today():
        reader.error(where, f"{consent} lies in the future", "Write the day on which they agreed")
    return reader.texts(table, (*place, "voices"), LONGEST_PATH), consent


LONGEST_PATH = 1000


def _refuse_missing_clips(reader: FieldReader, path: Path, people: Sequence[_Written]) -> None:
    for person in people:
        for i, text in enumerate(person.voices):
            if not is_file(path.parent / text):
                todo = "Clips are looked for from the folder of this file: correct the path, or take it out"
                reader.error((*person.place, "voices", i), f"there is no file {shown(text)}", todo)


def _pattern(reader: FieldReader, place: Place, table: Mapping[str, Any]) -> tuple[Place, Pattern | None]:
    reader.known(table, place, "pattern")
    where = (*place, "match")
    text = reader.text(table, where, LONGEST_PATTERN, needed=True)
    if text is None:
        return where, None
    try:
        return where, parse_pattern(text)
    except PatternFault as fault:
        reader.error(where, fault.what, fault.todo)
        return where, None


def _names(people: list[_Written], line: Callable[[Place], int]) -> Iterator[Problem]:
    """Names and aliases that mean two people."""
    taken: dict[str, tuple[_Written, Place]] = {}
    for person in people:
        own: list[tuple[str, Place]] = [] if person.name is None else [(person.name, (*person.place, "name"))]
        own += [(alias, (*person.place, "aliases", i)) for i, alias in enumerate(person.aliases)]
        for name, place in own:
            other, first = taken.setdefault(folded(name), (person, place))
            if other is not person:
                if place[-1] == first[-1] == "name":
                    what, todo = f"{name} is listed twice (line {line(first)})", "Take one of the two out"
                else:
                    what = f"{name} is also what {other.name or field_name(other.place)} is called (line {line(first)})"
                    todo = "Give each of them a name of their own"
                yield Problem("error", place, what, todo)


def _gaps(
    people: list[_Written], patterns: list[tuple[Place, Pattern | None]], reader: FieldReader
) -> Iterator[Problem]:
    """What the roster cannot tell though it looks as if it could."""
    if not people and not reader.is_unreadable(("person",)):
        todo = "Add a [[person]] with name and role for each of the team"
        yield Problem("warning", ("person",), "no one is listed", todo)
    sells = any(person.role is None or folded(person.role) == SALESPERSON for person in people)
    first: dict[str, Place] = {}
    for place, pattern in patterns:
        if pattern is None:
            continue
        if not pattern.fields:
            todo = "Write {salesperson}, {customer} or {date} where the file name has them"
            yield Problem("warning", place, "tells nothing about the call", todo)
        if "salesperson" in pattern.fields and people and not sells:
            todo = 'Write role = "salesperson" for those who sell'
            yield Problem("warning", place, "no one on the roster is a salesperson, so it fits no file name", todo)
        if first.setdefault(pattern.text, place) is not place:
            what = f"is the same as {field_name(first[pattern.text][:-1])}, which is tried first"
            yield Problem("warning", place, what, "Take one of them out")
