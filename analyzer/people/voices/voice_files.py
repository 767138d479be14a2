"""The library of known voices on the disk: one JSON file a person, readable by the owner alone.

A folder that was made for a group (mode 2770, see `files.Sharing`) stays as it is, and its voices are the group's.

    {"version": 1, "name": "Ann Miller", "consent": "2026-03-01", "seconds": 31.5,
     "model": "segmentation-3.0 + campplus", "prints": [[192 numbers], …], "narrow": [[192 numbers], …]}

`consent` is the day on which the person agreed, as the user said it. Sound is never kept. Voices made from the clips
that a roster names lie in files of their own kind, which also have the `roster`, its `clips` by their hashes, and null
for a consent that it does not record; only calls of a roster that names the same clips use them.

A file is named by what its person is called in lower case and a hash of that, so that two names never share a file;
whatever else lies in the folder is left alone. The folder is `ANALYZER_VOICES`, or `voices/` in the user's data folder.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import mul
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from analyzer.errors import BadFileError, LibraryError, UsageError
from analyzer.files import checking, is_folder, is_nowhere, own_folder, sha256, sharing_of, sweep, write_atomically
from analyzer.people.names import closest, folded
from analyzer.people.voices.known_voices import CallVoice, KnownVoice

SUFFIX = ".voice.json"
ROSTER_SUFFIX = ".roster-voice.json"


@dataclass(frozen=True, slots=True)
class RosterVoice:
    """A voice made from clips of a roster: the roster's path, and the SHA-256 of each clip in the order named."""

    voice: KnownVoice
    roster: str
    clips: tuple[str, ...]


class _Voice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = 1
    name: str
    seconds: float
    model: str
    prints: list[list[float]]
    narrow: list[list[float]]

    def voice(self, consent: dt.date | None) -> KnownVoice:
        """The record that was written."""
        prints, narrow = (tuple(tuple(one) for one in rows) for rows in (self.prints, self.narrow))
        return KnownVoice(self.name, consent, self.seconds, self.model, prints, narrow)


class _Kept(_Voice):
    consent: dt.date


class _KeptOfRoster(_Voice):
    consent: dt.date | None
    roster: str
    clips: list[str]


def voices_folder() -> Path:
    """Where known voices are kept."""
    return own_folder("ANALYZER_VOICES", "voices")


def unusable(folder: Path, *, to_write: bool = False) -> str | None:
    """Why voices cannot be read there, or kept there; None when they can."""
    if is_nowhere(folder):
        return "this user has no home to keep voices in (ANALYZER_VOICES can name a folder)" if to_write else None
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        if not to_write:
            return None
        try:
            _private(folder)
        except LibraryError as error:
            return error.what
    except OSError as error:
        return f"the folder for voices cannot be used ({error.strerror})"
    if to_write and not os.access(folder, os.W_OK | os.X_OK):
        return "the folder for voices cannot be written"
    return None


def read_voices(folder: Path, unread: list[str] | None = None) -> tuple[KnownVoice, ...]:
    """Everybody in the library, by name; no one when there is no folder.

    With `unread`, a file that cannot be used costs that voice only: what is wrong with it is added to the list.

    Raises:
        BadFileError: a file is not what this program wrote, or cannot be read (and there is no `unread`).
    """
    found = _each(folder, SUFFIX, _read, unread)
    return tuple(sorted(found, key=lambda voice: folded(voice.name)))


def keep_voice(folder: Path, voice: KnownVoice) -> Path:
    """Keeps a voice, in place of what was kept under the same name; returns its file.

    Raises:
        OutputError: it cannot be written.
        LibraryError: the folder cannot be made private.
    """
    return _write(folder, file_name(voice.name), _Kept(**_fields(voice)))


def read_roster_voices(folder: Path, unread: list[str] | None = None) -> tuple[RosterVoice, ...]:
    """Every voice that was made from a roster's clips, by name; `unread` and failures are as in `read_voices`."""
    found = _each(folder, ROSTER_SUFFIX, _read_of_roster, unread)
    return tuple(sorted(found, key=lambda one: (folded(one.voice.name), one.roster, one.clips)))


def keep_roster_voice(folder: Path, made: RosterVoice) -> Path:
    """Keeps a voice made from a roster's clips, in place of what was made for the same person of the same roster.

    Raises:
        OutputError, LibraryError: as for `keep_voice`.
    """
    kept = _KeptOfRoster(**_fields(made.voice), roster=made.roster, clips=list(made.clips))
    path = _write(folder, roster_file_name(made), kept)
    for old in read_roster_voices(folder):
        same = folded(old.voice.name) == folded(made.voice.name) and old.roster == made.roster
        if same and (other := folder / roster_file_name(old)) != path:
            other.unlink(missing_ok=True)
    return path


def _fields(voice: KnownVoice) -> dict[str, Any]:
    return {
        "name": voice.name,
        "consent": voice.consent,
        "seconds": round(voice.seconds, 2),
        "model": voice.model,
        "prints": _rows(voice.prints),
        "narrow": _rows(voice.narrow),
    }


def _write(folder: Path, name: str, kept: _Voice) -> Path:
    _private(folder)
    content = json.dumps(kept.model_dump(mode="json"), ensure_ascii=False).encode()
    write_atomically(folder / name, content, private=True, elsewhere="another folder with ANALYZER_VOICES")
    return folder / name


def _private(folder: Path) -> None:
    """Makes the folder where it is missing, and closes it to others; one that was made for a group stays its."""
    try:
        if is_folder(folder) and sharing_of(folder) is not None:
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sharing_of(folder) is None:
            folder.chmod(0o700)
    except OSError as error:
        raise LibraryError(
            f"the folder for voices cannot be used ({error.strerror})",
            where=folder,
            todo="Set ANALYZER_VOICES to a folder of your own",
        ) from error


def note_heard(folder: Path, heard: Mapping[str, dt.date]) -> None:
    """Notes with each voice when its person was last heard, by any team; `heard` is by folded name.

    It is the time of the voice's file, which begins as the day on which the voice was added.
    """
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(BadFileError, OSError):
            day = heard.get(folded(_read(path).name))
            if day is not None and day > dt.date.fromtimestamp(path.stat().st_mtime):
                at = dt.datetime.combine(day, dt.time(12)).timestamp()
                os.utime(path, (at, at))


def last_noted(folder: Path) -> dict[str, dt.date]:
    """When each enrolled voice was added or last heard, as far as it is noted with it; by folded name."""
    noted = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with contextlib.suppress(BadFileError, OSError):
            noted[folded(_read(path).name)] = dt.date.fromtimestamp(path.stat().st_mtime)
    return noted


def forget_voice(folder: Path, name: str) -> str:
    """Removes everything kept of one person, what a killed write may have left included; returns their name.

    A roster that names clips of them brings their voice back. Files of others that cannot be read do not matter here,
    and one of this person goes by its name.

    Raises:
        UsageError: no one of that name is in the library.
        LibraryError: the file cannot be removed.
    """
    known = read_voices(folder, [])
    of_rosters = read_roster_voices(folder, [])
    files = [(voice.name, file_name(voice.name)) for voice in known]
    files += [(made.voice.name, roster_file_name(made)) for made in of_rosters]
    found = [(one, file) for one, file in files if folded(one) == folded(name)]
    read = {file for _, file in found}
    called = found[0][0] if found else name
    found += [(called, path.name) for path in _files_of(folder, name) if path.name not in read]
    if not found:
        names = list(dict.fromkeys(one for one, _ in files))
        near = closest(name, names)
        todo = f"Known are: {', '.join(names)}" if names else "No voices are known here"
        raise UsageError(f"no voice of {name!r} is known" + (f"; {near} is" if near else ""), where=folder, todo=todo)
    for _, file in found:
        try:
            (folder / file).unlink()
        except OSError as error:
            what = f"cannot be removed ({error.strerror})"
            raise LibraryError(what, where=folder / file, todo="Remove it by hand") from error
    sweep(folder, strict=True)
    with contextlib.suppress(OSError):
        folder.rmdir()  # of an empty library nothing stays
    return found[0][0]


SAME_PRINT = 0.999
"""The cosine from which two voiceprints are the same one: they are written with six digits."""


def take_back(folder: Path, name: str, heard: CallVoice) -> bool:
    """Takes what was heard on one call out of the voice of a person; a voice of which nothing is left goes. Whether
    there was something to take.

    Raises:
        OutputError: what is left cannot be written.
        LibraryError: the file cannot be removed.
    """
    voice = next((one for one in read_voices(folder, []) if folded(one.name) == folded(name)), None)
    if voice is None or len(heard.embedding) != len((*voice.prints, *voice.narrow)[0]):
        return False
    left = tuple(one for one in voice.narrow if math.fsum(map(mul, one, heard.embedding)) < SAME_PRINT)
    if len(left) == len(voice.narrow):
        return False
    if voice.prints or left:
        keep_voice(folder, replace(voice, narrow=left, seconds=max(voice.seconds - heard.seconds, 0.1)))
        return True
    try:
        (folder / file_name(name)).unlink(missing_ok=True)
    except OSError as error:
        what = f"cannot be removed ({error.strerror})"
        raise LibraryError(what, where=folder / file_name(name), todo="Remove it by hand") from error
    sweep(folder, strict=True)
    return True


def _files_of(folder: Path, name: str) -> list[Path]:
    """The files that are one person's by their names, whatever is in them."""
    return [*folder.glob(file_name(name)), *folder.glob(f"{_stem(name)}-*{ROSTER_SUFFIX}")]


def file_name(name: str) -> str:
    """The name of a person's file: one for each name as names are compared."""
    return f"{_stem(name)}{SUFFIX}"


def roster_file_name(made: RosterVoice) -> str:
    """The same for a voice of a roster: one for each name, model and set of clips, and each roster they stand in."""
    key = "\n".join((made.voice.model, made.roster, *made.clips))
    return f"{_stem(made.voice.name)}-{sha256(key.encode())[:12]}{ROSTER_SUFFIX}"


def _stem(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", folded(name)).strip("-")[:40] or "voice"
    # An argument of the command line may be no UTF-8; it is no one's name then, and still asked for.
    return f"{plain}-{sha256(folded(name).encode(errors='surrogatepass'))[:12]}"


def _rows(prints: Iterable[Sequence[float]]) -> list[list[float]]:
    return [[round(number, 6) for number in one] for one in prints]


T = TypeVar("T")


def _each(folder: Path, suffix: str, read: Callable[[Path], T], unread: list[str] | None) -> Iterator[T]:
    for path in sorted(folder.glob(f"*{suffix}")):
        try:
            yield read(path)
        except BadFileError as error:
            if unread is None:
                raise
            unread.append(error.line())


AGAIN = "Remove the file and add the voice again"


def _read_of_roster(path: Path) -> RosterVoice:
    with checking(path, AGAIN):
        kept = _KeptOfRoster.model_validate_json(path.read_bytes())
        return RosterVoice(kept.voice(kept.consent), kept.roster, tuple(kept.clips))


def _read(path: Path) -> KnownVoice:
    with checking(path, AGAIN):
        kept = _Kept.model_validate_json(path.read_bytes())
        if path.name != file_name(kept.name):
            raise ValueError(f"the name {kept.name!r} does not belong in this file")
        return kept.voice(kept.consent)
