"""The library of known voices on the disk: one JSON file a person, readable by the owner alone.

    {"version": 1, "name": "Ann Miller", "consent": "2026-03-01", "seconds": 31.5,
     "model": "segmentation-3.0 + campplus", "prints": [[192 numbers], …], "narrow": [[192 numbers], …]}

`consent` is the day on which the person agreed, as the user said it. Sound is never kept. A file is named by what its
person is called in lower case and a hash of that, so that two names never share a file; whatever else lies in the
folder is left alone. The folder is `ANALYZER_VOICES`, or `voices/` in the user's data folder.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from analyzer.errors import BadFileError, LibraryError, UsageError
from analyzer.files import sweep, write_atomically
from analyzer.people.names import closest, folded
from analyzer.people.voices import KnownVoice

SUFFIX = ".voice.json"


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = 1
    name: str
    consent: dt.date
    seconds: float
    model: str
    prints: list[list[float]]
    narrow: list[list[float]]


def voices_folder() -> Path:
    """Where known voices are kept."""
    if named := os.environ.get("ANALYZER_VOICES"):
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("analyzer", appauthor=False) / "voices"


def read_voices(folder: Path) -> tuple[KnownVoice, ...]:
    """Everybody in the library, by name; nobody when there is no folder.

    Raises:
        BadFileError: a file is not what this program wrote.
    """
    return tuple(sorted((_read(path) for path in folder.glob(f"*{SUFFIX}")), key=lambda voice: folded(voice.name)))


def keep_voice(folder: Path, voice: KnownVoice) -> Path:
    """Keeps a voice, in place of what was kept under the same name; returns its file.

    Raises:
        OutputError: it cannot be written.
        LibraryError: the folder cannot be made private.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise LibraryError(
            f"the folder for voices cannot be used ({error.strerror})",
            where=folder,
            todo="Set ANALYZER_VOICES to a folder of your own",
        ) from error
    path = folder / file_name(voice.name)
    kept = _Kept(
        name=voice.name,
        consent=voice.consent,
        seconds=round(voice.seconds, 2),
        model=voice.model,
        prints=_rows(voice.prints),
        narrow=_rows(voice.narrow),
    )
    write_atomically(path, json.dumps(kept.model_dump(mode="json"), ensure_ascii=False).encode(), private=True)
    return path


def forget_voice(folder: Path, name: str) -> str:
    """Removes everything kept of one person, what a killed write may have left included; returns their name.

    Raises:
        UsageError: nobody of that name is in the library.
        LibraryError: the file cannot be removed.
    """
    known = read_voices(folder)
    voice = next((voice for voice in known if folded(voice.name) == folded(name)), None)
    if voice is None:
        names = [voice.name for voice in known]
        near = closest(name, names)
        todo = f"Known are: {', '.join(names)}" if names else "No voices are known here"
        raise UsageError(f"no voice of {name!r} is known" + (f"; {near} is" if near else ""), where=folder, todo=todo)
    path = folder / file_name(voice.name)
    try:
        path.unlink()
    except OSError as error:
        raise LibraryError(f"cannot be removed ({error.strerror})", where=path, todo="Remove it by hand") from error
    sweep(folder)
    with contextlib.suppress(OSError):
        folder.rmdir()  # of an empty library nothing stays
    return voice.name


def file_name(name: str) -> str:
    """The name of a person's file: one for each name as names are compared."""
    plain = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:40] or "voice"
    return f"{plain}-{hashlib.sha256(folded(name).encode()).hexdigest()[:12]}{SUFFIX}"


def _rows(prints: Iterable[Sequence[float]]) -> list[list[float]]:
    return [[round(number, 6) for number in one] for one in prints]


def _read(path: Path) -> KnownVoice:
    todo = "Remove the file and add the voice again"
    try:
        kept = _Kept.model_validate_json(path.read_bytes())
        if path.name != file_name(kept.name):
            raise ValueError(f"the name {kept.name!r} does not belong in this file")
        prints, narrow = (tuple(tuple(one) for one in rows) for rows in (kept.prints, kept.narrow))
        return KnownVoice(kept.name, kept.consent, kept.seconds, kept.model, prints, narrow)
    except OSError as error:
        raise BadFileError(f"cannot be read ({error.strerror})", where=path, todo=todo) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadFileError(f"field {place}: {first['msg']}", where=path, todo=todo) from error
    except ValueError as error:
        raise BadFileError(str(error), where=path, todo=todo) from error
