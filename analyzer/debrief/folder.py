"""Which folder holds the results of a recording: `<out>/<recording name>/`, and how it is found again."""

from __future__ import annotations

import glob
from itertools import chain, count
from pathlib import Path

from analyzer.audio.recording import Recording
from analyzer.files import write_atomically

CALL_FILE = "call.json"
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
