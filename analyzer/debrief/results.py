"""The results of one call as files in `<out>/<recording name>/`."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path

from pydantic import ValidationError

from analyzer.audio.recording import Recording
from analyzer.debrief.markdown import markdown
from analyzer.debrief.page import page
from analyzer.debrief.record import CallRecord
from analyzer.debrief.rttm import rttm
from analyzer.debrief.vtt import vtt
from analyzer.errors import BadFileError
from analyzer.files import sweep, write_all, write_atomically

CALL_FILE = "call.json"
PAGE_FILE = "debrief.html"
MARKDOWN_FILE = "debrief.md"
TURNS_FILE = "turns.rttm"
TRANSCRIPT_FILE = "transcript.vtt"


OWNER_FILE = ".recording"
"""Which recording a results folder belongs to: its path and its hash, a line each."""


def results_folder(out: Path, recording: Recording) -> Path:
    """Where the results of a recording lie: a folder named like the recording without its suffix.

    A name that is taken by another recording's results (another suffix, another folder) is followed by the next that
    is free: `call`, then `call.mp3`, then `call.mp3-2`, … Results are never written over another recording's. A
    recording is known again by its path and, when it was moved, by its content.
    """
    name = recording.path.name
    numbered = (f"{name}-{number}" for number in count(2))
    return next(
        out / candidate
        for candidate in chain((recording.path.stem, name), numbered)
        if _fits(out / candidate, recording)
    )


def _fits(folder: Path, recording: Recording) -> bool:
    """Whether a folder holds no results yet, or those of this very recording."""
    try:
        path, sha256 = (folder / OWNER_FILE).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (OSError, ValueError):
        return not (folder / CALL_FILE).exists()
    return path == str(recording.path.resolve()) or sha256 == recording.sha256


def claim(folder: Path, recording: Recording) -> None:
    """Notes whose results the folder holds."""
    owner = f"{recording.path.resolve()}\n{recording.sha256}\n"
    write_atomically(folder / OWNER_FILE, owner.encode("utf-8", errors="surrogateescape"))


def recording_of(folder: Path) -> Path | None:
    """The recording whose results a folder holds, as far as it is known."""
    try:
        return Path((folder / OWNER_FILE).read_text(encoding="utf-8", errors="surrogateescape").splitlines()[0])
    except (OSError, IndexError):
        return None


def find_results(out: Path, recording: Path) -> Path | None:
    """The results folder of a recording that has been analysed, by the recording's path alone."""
    for folder in (out / recording.stem, out / recording.name, *sorted(out.glob(f"{glob.escape(recording.name)}-*"))):
        owner = recording_of(folder)
        if owner is not None and owner == recording.resolve() and (folder / CALL_FILE).exists():
            return folder
    return None


def rendered(call: CallRecord) -> Mapping[str, bytes]:
    """Every result file by name; the record last, so that it is there only when the others are."""
    return {
        name: text.encode()
        for name, text in (
            (PAGE_FILE, page(call)),
            (MARKDOWN_FILE, markdown(call)),
            (TURNS_FILE, rttm(call)),
            (TRANSCRIPT_FILE, vtt(call)),
            (CALL_FILE, call.model_dump_json(indent=1) + "\n"),
        )
    }


def write_results(folder: Path, call: CallRecord) -> None:
    """Writes every result file, each whole or not at all.

    Raises:
        OutputError: the folder cannot be written.
    """
    files = rendered(call)
    sweep(folder)
    write_all({folder / name: content for name, content in files.items()})


def read_call(path: Path) -> CallRecord:
    """A `call.json`, checked.

    Raises:
        BadFileError: it is not there, or not what this program wrote.
    """
    try:
        return CallRecord.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadFileError(f"cannot be read ({error.strerror})", where=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadFileError(
            f"field {place}: {first['msg']}", where=path, todo="Run analyzer report on the recording again"
        ) from error
