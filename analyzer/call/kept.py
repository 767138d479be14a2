"""What is kept in a call's results folder about its recording, and how it lies there.

Corrections and a debrief talk carry the hash of the recording they are about. They are read for that recording alone:
the one whose results the folder holds, or what of it was there while it was still growing.
"""

from __future__ import annotations

from pathlib import Path

from analyzer.call.folder import CALL_FILE, TALK_FILE, hashes_of, read_owner
from analyzer.people.corrections import FILE as CORRECTIONS_FILE
from analyzer.people.corrections import Change, read_corrections
from analyzer.speech.recognition_cache import FILE as HEARD_FILE

GREW = (
    "The recording has grown since it was first analysed. What was said about it then, names and debrief, was carried "
    "over."
)

Seen = tuple[tuple[str, int, int], ...]
"""How the files of a call lay there: name, size and time of each."""


def corrections_of(folder: Path) -> tuple[Change, ...]:
    """The corrections in a results folder.

    Raises:
        BadFileError: the file is not what this program wrote, or is about another recording.
    """
    return read_corrections(folder, hashes_of(folder))


def notes_on(folder: Path) -> tuple[str, ...]:
    """What a reader has to know about how the results in a folder came to be."""
    owner = read_owner(folder)
    return (GREW,) if owner is not None and owner.earlier else ()


def seen(folder: Path) -> Seen:
    """How the files of a call lie there now: what changes when somebody writes one."""
    found = []
    for name in (CALL_FILE, HEARD_FILE, CORRECTIONS_FILE, TALK_FILE):
        try:
            state = (folder / name).stat()
        except OSError:
            continue
        found.append((name, state.st_size, state.st_mtime_ns))
    return tuple(found)


def is_behind(folder: Path) -> bool:
    """Whether something was said about a call after its results were written: a process was killed between the two."""
    times = {name: changed for name, _, changed in seen(folder)}
    written = times.get(CALL_FILE)
    return written is not None and any(times.get(name, 0) > written for name in (CORRECTIONS_FILE, TALK_FILE))
