"""The folder of one call's results: what each of its files is called, and how it is read and written.

    .recording          whose results these are
    heard.json          what the models heard (`speech.recognition_cache`)
    corrections.json    what somebody said about the people on the call
    talk.json           what was said in the debrief (`debrief.conversation.answers`)
    notes.json          what was noted at moments of the call (`debrief.conversation.notes`)
    .talk-draft-1000.json   a talk of user 1000 that has not ended
    debrief.html debrief.md turns.rttm transcript.vtt call.json .clips/   the results (`debrief.results`)
    .library.json       what the library made the results with
    .recurring.json     how the call begins, where other calls of the library begin alike
    .forgotten          the day on which the words were forgotten by rule
    .lock               who is at work here

Corrections and talk carry the hash of the recording they are about. They are read for that recording alone: the one
whose results the folder holds, or what of it was there while it was still growing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from analyzer.audio.recording import Recording
from analyzer.call.lock import PATIENCE, Waiting, locked, untold
from analyzer.call.owner import Lies, Owner, lies, now_owned, parsed, written
from analyzer.errors import BadFileError
from analyzer.files import checking, is_there, sha256, sweep, write_all, write_atomically
from analyzer.people.announcements import Recurring
from analyzer.people.corrections import Change, Corrections, Statement
from analyzer.speech.recognition_cache import RecognitionCache, recognition_json, recognition_of
from analyzer.timeline import Span

OWNER_FILE = ".recording"
HEARD_FILE = "heard.json"
CORRECTIONS_FILE = "corrections.json"
TALK_FILE = "talk.json"
NOTES_FILE = "notes.json"
DRAFT = ".talk-draft-"
PAGE_FILE = "debrief.html"
MARKDOWN_FILE = "debrief.md"
TURNS_FILE = "turns.rttm"
TRANSCRIPT_FILE = "transcript.vtt"
CALL_FILE = "call.json"
CLIPS_FOLDER = ".clips"
LIBRARY_FILE = ".library.json"
RECURRING_FILE = ".recurring.json"
FORGOTTEN_FILE = ".forgotten"

GREW = (
    "More or less of this recording was there when it was first analysed. What was said about it then, names and "
    "debrief, was carried over."
)

REPLACED = (
    "Another file of this meeting was analysed first. What was said about it then, names and debrief, was carried over."
)

Stamp = tuple[int, int, int]
"""Size, time and number of a file: what changes when somebody writes it."""
T = TypeVar("T")
S = TypeVar("S", bound=Statement)


@dataclass(frozen=True, slots=True)
class CallFolder:
    """A folder of results. What was read of a file holds until the file lies there differently; then it is read again.

    Whoever reads what is kept to change it does so while it is `locked`.
    """

    path: Path
    _known: dict[str, tuple[Stamp | None, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lies: dict[Owner, Lies] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    def locked(self, waiting: Waiting = untold, patience: float = PATIENCE) -> AbstractContextManager[None]:
        """Holds the folder's lock while a block runs (see `lock.locked`)."""
        return locked(self.path, waiting=waiting, patience=patience)

    def read(self, name: str, parse: Callable[[bytes], T], todo: str) -> T | None:
        """What a file holds; None when it is not there. `todo` is the way out of an error.

        Raises:
            BadFileError: the file is there, and cannot be read or is not what this program wrote.
        """
        path = self.path / name
        stamp = self._stamp(name)  # before it is read: what is written meanwhile shows the next time
        if stamp is None or name not in self._known or self._known[name][0] != stamp:
            with checking(path, todo):
                try:
                    self._known[name] = stamp, parse(path.read_bytes())
                except FileNotFoundError:
                    return None
        found: T = self._known[name][1]
        return found

    def _stamp(self, name: str) -> Stamp | None:
        try:
            state = (self.path / name).stat()
        except OSError:
            return None
        return state.st_size, state.st_mtime_ns, state.st_ino

    def has(self, name: str) -> bool:
        """Whether a file of that name is there."""
        return is_there(self.path / name)

    def write(self, name: str, content: str | bytes, *, private: bool = False) -> None:
        """Writes a file, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        content = content.encode() if isinstance(content, str) else content
        write_atomically(self.path / name, content, private=private)

    # Whose results these are

    def owner(self) -> Owner | None:
        """Whose results these are; None when the folder does not say."""
        try:
            return self.read(OWNER_FILE, parsed, "")
        except BadFileError:
            return None

    def recording(self) -> Path | None:
        """Where the recording lay when it was last analysed, as far as it is known."""
        owner = self.owner()
        return owner.path if owner is not None else None

    def claim(self, recording: Recording, others: Sequence[Path] | None = None) -> None:
        """Notes whose results these are, where that changed: the recording was moved, grew, or is another file of it.

        `others` are the other files of its meeting, where they are known.
        """
        before = self.owner()
        now = now_owned(recording, before, others)
        if now != before:
            self.write(OWNER_FILE, written(now))

    def recording_there(self) -> Path | None:
        """The recording if it still lies at its path; None when it is gone, or another lies there."""
        return self.recording() if self._lies_now() == "there" else None

    def is_displaced(self) -> bool:
        """Whether another recording lies at the path of this one."""
        return self._lies_now() == "another"

    def _lies_now(self) -> Lies:
        owner = self.owner()
        if owner is None:
            return "gone"
        if owner not in self._lies:
            self._lies[owner] = lies(owner)
        return self._lies[owner]

    def notes(self) -> tuple[str, ...]:
        """What a reader has to know about how the results came to be."""
        owner = self.owner()
        if owner is None:
            return ()
        return (*((GREW,) if owner.earlier else ()), *((REPLACED,) if owner.replaced else ()))

    # What the models heard, and what somebody said

    def recognition(self) -> RecognitionCache | None:
        """What the models heard; None when nothing is kept, or what another version of the program wrote.

        Raises:
            BadFileError: the file is there and cannot be read.
        """
        return self.read(HEARD_FILE, recognition_of, "Make it readable")

    def keep_recognition(self, cache: RecognitionCache) -> None:
        """Keeps what the models heard. It holds voiceprints, which are personal data: only its owner may read it."""
        self.write(HEARD_FILE, recognition_json(cache), private=True)

    def statement(self, name: str, kind: type[S], todo: str) -> S | None:
        """What somebody said about the call, kept in a file; None when there is none.

        Raises:
            BadFileError: the file is not what this program wrote, or is about another recording.
        """
        found = self.read(name, kind.model_validate_json, todo)
        owner = self.owner()
        known = found is None or owner is None or found.recording is None or found.recording in owner.hashes
        if not known:
            todo = "Move it away, or remove it to start over"
            raise BadFileError("is about another recording", where=self.path / name, todo=todo)
        return found

    def corrections(self) -> tuple[Change, ...]:
        """What was said about the people on the call, oldest first.

        Raises:
            BadFileError: the file is not what this program wrote, or is about another recording.
        """
        todo = "Correct the field, or remove the file to start over"
        kept = self.statement(CORRECTIONS_FILE, Corrections, todo)
        return kept.changes if kept is not None else ()

    def keep_corrections(
        self, changes: Sequence[Change], recording: str, *, by: str | None = None, at: str | None = None
    ) -> None:
        """Keeps what was said about the people on a recording (its hash), and who changed it when."""
        kept = Corrections(recording=recording, changes=tuple(changes), by=by, at=at)
        self.write(CORRECTIONS_FILE, kept.model_dump_json(indent=1))

    def said(self) -> str:
        """What changes when somebody says something about the call, or when it is heard again."""
        stamps = [self._stamp(name) for name in (CORRECTIONS_FILE, TALK_FILE, HEARD_FILE)]
        return sha256(repr(stamps).encode())[:16]

    # The results

    def keep_results(self, files: Mapping[str, bytes], clips: Mapping[str, bytes]) -> None:
        """Writes the results in this order, all on the disk before the first takes its name; old clips go.

        Raises:
            OutputError: the folder cannot be written.
        """
        sweep(self.path)
        new = {self.clip(name): content for name, content in clips.items() if not is_there(self.clip(name))}
        write_all(new | {self.path / name: content for name, content in files.items()})
        kept = {self.clip(name) for name in clips}
        for path in self.clips():
            if path not in kept:
                path.unlink(missing_ok=True)

    def clip(self, name: str) -> Path:
        """Where the clip of a moment lies, or would lie."""
        return self.path / CLIPS_FOLDER / f"{name}.webm"

    def clips(self) -> list[Path]:
        """What lies in the folder of clips."""
        return list((self.path / CLIPS_FOLDER).glob("*"))

    def missing(self) -> tuple[Path, ...]:
        """The result files, but for the record, that are not there."""
        files = (PAGE_FILE, MARKDOWN_FILE, TURNS_FILE, TRANSCRIPT_FILE)
        return tuple(self.path / name for name in files if not self.has(name))

    def stamp(self) -> str | None:
        """What changes when the call's record is written again; None when there is none."""
        stamp = self._stamp(CALL_FILE)
        return None if stamp is None else f"{stamp[0]}:{stamp[1]}"

    def changed(self, name: str) -> int | None:
        """When a file was written, in ns since 1970; None when it is not there."""
        stamp = self._stamp(name)
        return None if stamp is None else stamp[1]

    def is_behind(self) -> bool:
        """Whether something was said or noted after the results were written: a process was killed between the two."""
        made, later = self.changed(CALL_FILE), (CORRECTIONS_FILE, TALK_FILE, NOTES_FILE, RECURRING_FILE)
        return made is not None and any((self.changed(name) or 0) > made for name in later)

    # What the library notes

    def made_with(self) -> tuple[str | None, dt.date | None]:
        """The fingerprint that the library made the results with, and the recording's own date; None where none is.

        What was noted about another recording, or about this one while it was still growing, is none.
        """
        try:
            content = self.read(LIBRARY_FILE, json.loads, "") or {}
            owner = self.owner()
            if owner is not None and content.get("recording", owner.sha256) != owner.sha256:
                return None, None
            return str(content["inputs"]), dt.date.fromisoformat(content["recorded_on"])
        except (BadFileError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None, None

    def recorded(self) -> tuple[dt.date | None, int]:
        """The recording's own date, as the library noted it or else by its files, and when those were written (ns)."""
        owner, (_, noted) = self.owner(), self.made_with()
        written = max((piece.mtime_ns for piece in owner.pieces), default=0) if owner is not None else 0
        return noted or (dt.date.fromtimestamp(written / 1e9) if written else None), written

    def keep_made_with(self, inputs: str, recorded_on: dt.date, recording: str) -> None:
        """Notes beside the results what they were made with, and of which recording (its hash)."""
        content = {"inputs": inputs, "recorded_on": recorded_on.isoformat(), "recording": recording}
        self.write(LIBRARY_FILE, json.dumps(content))

    def recurring(self) -> tuple[Recurring, ...]:
        """What was noted of how the call begins; nothing where it was noted about another recording."""
        try:
            content = self.read(RECURRING_FILE, json.loads, "") or {}
            owner = self.owner()
            if owner is None or content["recording"] != owner.sha256:
                return ()
            return tuple(Recurring(Span(start, end), by) for start, end, by in content["voices"])
        except (BadFileError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return ()

    def keep_recurring(self, found: Sequence[Recurring], recording: str) -> None:
        """Notes how the call begins, where other calls begin alike; and of which recording (its hash)."""
        voices = [(one.span.start, one.span.end, one.by) for one in found]
        self.write(RECURRING_FILE, json.dumps({"recording": recording, "voices": voices}))

    def is_forgotten(self) -> bool:
        """Whether the words of the call were forgotten, and were not recognised again since."""
        forgotten, heard = self.changed(FORGOTTEN_FILE), self.changed(HEARD_FILE)
        return forgotten is not None and (heard is None or heard <= forgotten)

    def keep_forgotten(self, day: dt.date) -> None:
        """Notes that the words of the call were forgotten; they are, before this is written."""
        self.write(FORGOTTEN_FILE, f"{day.isoformat()}\n")
