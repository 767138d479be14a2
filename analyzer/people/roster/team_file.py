"""The roster as a file, `team.toml` in the folder of recordings: finding it, reading it, checking it, writing it.

    domains = ["example.com"]                 # optional: the team's mail domains, which tell sides in invites

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

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from analyzer.files import is_file
from analyzer.people.hand_written import Finding, Naming, Problem, Reading, read_record
from analyzer.people.positions import Document, Place, field_name
from analyzer.people.roster.patterns import Pattern
from analyzer.people.roster.roster import Customer, Member, Roster, problems
from analyzer.people.toml_fields import shown

FILE = "team.toml"

P = TypeVar("P", Member, Customer)


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
    reading = _read(path)
    roster = reading.whole()
    people = tuple(_found(person, ("person", i), path, reading.document) for i, person in enumerate(roster.people))
    buyers = tuple(_found(buyer, ("customer", i), path, reading.document) for i, buyer in enumerate(roster.customers))
    return replace(roster, people=people, customers=buyers), reading.findings


def check_roster(path: Path) -> tuple[Finding, ...]:
    """Everything wrong with a roster, and everything it cannot tell, in the order of the lines; empty when it is fine.

    Raises:
        BadFileError: the file is not there or cannot be opened.
    """
    return _read(path).findings


def _read(path: Path) -> Reading[Roster]:
    def rules(roster: Roster, named: Naming) -> Iterator[Problem]:
        yield from problems(roster, named)
        clips: dict[str, tuple[Member | Customer, ...]] = {"person": roster.people, "customer": roster.customers}
        for kind, people in clips.items():
            for i, person in enumerate(people):
                for j, clip in enumerate(person.voices):
                    if not is_file(path.parent / clip.written):
                        todo = "Clips are looked for from the folder of this file: correct the path, or take it out"
                        what = f"there is no file {shown(clip.written)}"
                        yield Problem("error", (kind, i, "voices", j), what, todo)

    kinds = {"": Roster, "person": Member, "customer": Customer, "pattern": Pattern}
    is_one = "A roster is a list of people: check that this is one"
    return read_record(path, kinds, rules, called="the roster", is_one=is_one)


def _found(person: P, place: Place, path: Path, document: Document) -> P:
    """Somebody whose clips know where they lie and where in the file they stand."""
    clips = []
    for i, clip in enumerate(person.voices):
        line, column = document.where((*place, "voices", i))
        at, field = f"{path}, line {line}, column {column}", field_name((*place, "voices", i))
        clips.append(replace(clip, path=path.parent / clip.written, at=at, place=field))
    return replace(person, voices=tuple(clips))
