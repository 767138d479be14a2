"""Notes at moments of a call: who wrote down what about which moment, and when. Kept with the call as `notes.json`.

Each change is kept, so that the last one can be taken back. Whoever changes notes holds the folder's lock.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from analyzer.call.folder import NOTES_FILE, CallFolder
from analyzer.debrief.record import NoteRecord
from analyzer.errors import ChangedMeanwhileError, UsageError
from analyzer.people.corrections import Statement

LONGEST = 2000
"""Characters of a note."""


class NoteChange(BaseModel):
    """A note that was written, written otherwise, or removed (then without a text); `start` is in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: str
    at: str
    """When (ISO 8601)."""
    by: str | None = None
    start: float = Field(ge=0)
    text: str | None = Field(default=None, max_length=LONGEST)


class KeptNotes(Statement):
    """Everything that was done with the notes of a call, oldest first."""

    changes: tuple[NoteChange, ...] = ()


def kept_notes(folder: CallFolder) -> tuple[NoteChange, ...]:
    """What was done with the notes of a call, oldest first.

    Raises:
        BadFileError: the file is not what this program wrote, or is about another recording.
    """
    kept = folder.statement(NOTES_FILE, KeptNotes, "Correct it, or remove the file")
    return kept.changes if kept is not None else ()


def notes_of(folder: CallFolder) -> tuple[NoteRecord, ...]:
    """The notes of a call as they are now, by their moments. Raises as `kept_notes`."""
    found: dict[str, NoteRecord] = {}
    for one in kept_notes(folder):
        if one.text is None:
            found.pop(one.id, None)
        else:
            found[one.id] = NoteRecord(id=one.id, start=one.start, text=one.text, by=one.by, written=one.at)
    return tuple(sorted(found.values(), key=lambda note: (note.start, note.written)))


def keep_notes(folder: CallFolder, recording: str, changes: Iterable[NoteChange]) -> None:
    """Keeps what was done with the notes of a recording (its hash)."""
    kept = tuple(changes)
    by, at = (kept[-1].by, kept[-1].at) if kept else (None, None)
    content = KeptNotes(recording=recording, changes=kept, by=by, at=at)
    folder.write(NOTES_FILE, content.model_dump_json(indent=1))


def write_note(folder: CallFolder, recording: str, start: float, text: str, *, by: str, at: str) -> None:
    """Adds a note.

    Raises:
        UsageError: it says nothing.
    """
    if not text.strip():
        raise UsageError("the note is empty", todo="Write something")
    change = NoteChange(id=secrets.token_hex(4), at=at, by=by, start=start, text=text)
    keep_notes(folder, recording, (*kept_notes(folder), change))


def change_note(folder: CallFolder, recording: str, id: str, text: str | None, *, seen: str, by: str, at: str) -> None:
    """Writes a note otherwise, or removes it; `seen` is when the one was written that is changed (`written`).

    Raises:
        ChangedMeanwhileError: it is another one now, or was removed.
    """
    note = next((one for one in notes_of(folder) if one.id == id), None)
    if note is None or note.written != seen:
        raise ChangedMeanwhileError("the note was changed meanwhile", todo="Look at it as it is now, and say it then")
    new = None if text is None or not text.strip() else text
    if new != note.text:
        change = NoteChange(id=id, at=at, by=by, start=note.start, text=new)
        keep_notes(folder, recording, (*kept_notes(folder), change))


def unsay_note(folder: CallFolder, recording: str, *, seen: str) -> None:
    """Takes the last change of a note back; `seen` is when that was made.

    Raises:
        UsageError: there is none.
        ChangedMeanwhileError: another one is the last now.
    """
    changes = kept_notes(folder)
    if not changes:
        raise UsageError("there is no note to take back")
    if changes[-1].at != seen:
        raise ChangedMeanwhileError("the notes were changed meanwhile", todo="Look at them as they are now")
    keep_notes(folder, recording, changes[:-1])
