"""Which recordings lie in a folder, and whether they are there in full.

Looked through is everything below the folder but what is hidden, what programs that synchronise or download keep beside
their work, and results folders. A file is a recording by its ending, unless the roster names it as a clip of a voice;
whether it can be read shows when it is. Whoever asks is told of every file that is left. A folder is one call's tracks
when it is Zoom's (`Audio Record`, or every sound in it is named like Zoom's tracks) or has a plan or a list of people
beside it and is not Zoom's folder of a whole meeting; what Zoom mixed from those tracks lies above it, and is not
another call. Which recordings are of one meeting `meetings.py` finds out.

A file is **settled** when its size and its time have not changed over a while: two looks, or a last change long ago.
Nothing else tells that a copy over a network share has ended.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.audio.formats import SOUNDS, VIDEOS
from analyzer.audio.tracks import ENDINGS, MIX
from analyzer.call.folder import CALL_FILE, OWNER_FILE
from analyzer.call.inputs import ROSTER_ABOVE
from analyzer.call.parts import parts_of
from analyzer.errors import LibraryError
from analyzer.files import is_file, is_folder, is_there
from analyzer.library.passed_over import (
    AMONG_RESULTS,
    AMONG_TRACKS,
    CLIP,
    HIDDEN,
    NO_FILE,
    NO_RATE,
    NO_RECORDING,
    UNFINISHED,
    clips_of,
    roster_above,
)
from analyzer.people.platform_names import told_by_name
from analyzer.people.roster.team_file import FILE as ROSTER

WRITING = frozenset({"part", "partial", "crdownload", "download", "filepart", "tmp", "temp", "opdownload", "!ut"})
RAW = frozenset({"pcm", "raw"})
NOT_OURS = frozenset({"@eadir", "#recycle", "#snapshot", "$recycle.bin", "lost+found", "system volume information"})
"""Folders of network drives and operating systems."""
ZOOM_TRACKS = "audio record"
LONG_AGO = 10
"""A file whose last change lies this many times the settling time back is settled at the first look."""

RECORDINGS = SOUNDS | VIDEOS
"""How recordings end."""
_SYSTEMS = frozenset({"desktop.ini", "thumbs.db", "ehthumbs.db"})


@dataclass(frozen=True, slots=True)
class Found:
    """A recording as it lies there: a file, or a folder of tracks; `mtime_ns` is the latest change of any of them.

    `others` are the other recordings of the same meeting, where they are known (`meetings.py`).
    """

    path: Path
    size: int
    mtime_ns: int
    tracks: bool = False
    others: tuple[Path, ...] = ()

    @property
    def stamp(self) -> tuple[int, int]:
        """What changes when the content does."""
        return self.size, self.mtime_ns


Unread = Callable[[Path, str], None]
"""Is told what could not be looked into, or is no recording, and why."""


def untold(path: Path, why: str) -> None:
    """Tells no one."""


def scan(
    folder: Path, *, without: Iterable[Path] = (), unread: Unread = untold, left: Unread = untold, deep: bool = True
) -> tuple[Found, ...]:
    """The recordings in `folder` and below, by path; `without` are folders that are not looked into.

    Unless `deep`, only what lies directly in the folder, with the folders of tracks among it.

    A folder or file below it that cannot be read is left out, and `unread` is told; it costs nothing else. `left` is
    told of each other file that is no recording. A linked folder is looked into once, under the first of its names.

    Raises:
        LibraryError: the folder is not there or cannot be read.
    """
    folder = folder.resolve()
    if not is_folder(folder):
        raise LibraryError("there is no such folder", where=folder, todo="Check the path; is the share mounted?")
    skipped = {path.resolve() for path in without} - {folder}
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise LibraryError(f"cannot be looked into ({error.strerror})", where=folder) from error
    rosters = [path for path in (roster_above(folder, ROSTER_ABOVE),) if path is not None]

    def passed(path: Path, why: str) -> None:
        if path.name == ROSTER:
            rosters.append(path)
        left(path, why)

    found = sorted(_below(folder, skipped, unread, passed, deep), key=lambda one: one.path)
    clips = clips_of(rosters)
    spoken = [one for one in found if clips and one.path.resolve() in clips]
    for one in spoken:
        left(one.path, CLIP)
    return tuple(one for one in found if one not in spoken)


def _below(top: Path, skipped: set[Path], unread: Unread, left: Unread, deep: bool) -> Iterator[Found]:
    waiting, seen = [top], set(skipped)
    while waiting:  # not recursive: folders can be nested deeper than calls of a function
        folder = waiting.pop()
        try:
            real = folder.resolve()
            if real in seen:
                continue
            seen.add(real)
            with os.scandir(folder) as entries:
                every = list(entries)
        except FileNotFoundError:
            continue  # it vanished
        except (OSError, RuntimeError) as error:  # RuntimeError: links that go round
            unread(folder, getattr(error, "strerror", None) or str(error))
            continue
        here = [entry for entry in every if not _ignored(entry.name, folder, left)]
        names = {entry.name for entry in here}
        mixed = False
        for entry in here:
            path = folder / entry.name
            try:
                if not entry.is_dir():
                    continue
                if is_there(path / OWNER_FILE) or is_there(path / CALL_FILE):  # results
                    _left_in(path, AMONG_RESULTS, left, lambda entry: _ending(entry.name) in RECORDINGS)
                    continue
            except OSError as error:
                unread(path, error.strerror or str(error))
                continue
            if path.resolve() in seen:
                continue
            if (tracks := _tracks(path, names)) is not None:
                mixed = mixed or entry.name.casefold() == ZOOM_TRACKS
                _left_in(path, AMONG_TRACKS, left, _no_track)
                yield tracks
            elif deep:
                waiting.append(path)
        yield from _recordings(folder, here, mixed, unread, left)


def _recordings(
    folder: Path, here: Iterable[os.DirEntry[str]], mixed: bool, unread: Unread, left: Unread
) -> Iterator[Found]:
    """The recordings directly in a folder; `mixed` says that Zoom's mix there is of tracks that lie below."""
    for entry in here:
        path, ending = folder / entry.name, _ending(entry.name)
        try:
            if entry.is_dir() or (mixed and MIX.fullmatch(path.stem)):
                continue
            if not entry.is_file():
                left(path, NO_FILE)
            elif ending in RECORDINGS:
                state = entry.stat()
                yield Found(path, state.st_size, state.st_mtime_ns)
            else:
                left(path, NO_RATE if ending in RAW else NO_RECORDING)
        except FileNotFoundError:
            continue
        except OSError as error:
            unread(folder / entry.name, error.strerror or str(error))


def look(path: Path, *, alone: bool = False) -> Found | None:
    """One recording as it lies there now; None when it is gone, or a folder of tracks that `alone` does not show it."""
    try:
        if is_folder(path):
            beside = {path.name + end for end in _TELLING if is_there(path.with_name(path.name + end))}
            return _tracks(path, beside if alone else {path.name + _TELLING[0]})
        state = path.stat()
    except OSError:
        return None
    return whole(Found(path, state.st_size, state.st_mtime_ns))


def whole(one: Found) -> Found:
    """A recording as it lies there with the files in which it goes on; one that is not there counts for nothing."""
    states = []
    for part in parts_of(one.path):
        with suppress(OSError):
            states.append(part.path.stat())
    size, mtime_ns = one.size + sum(s.st_size for s in states), max([one.mtime_ns, *(s.st_mtime_ns for s in states)])
    return replace(one, size=size, mtime_ns=mtime_ns)


def _ending(name: str) -> str:
    """What stands behind the last dot of a name, in small letters; nothing where nothing stands before it."""
    stem, _, ending = name.rpartition(".")
    return ending.casefold() if stem else ""


def _ignored(name: str, folder: Path, left: Unread) -> bool:
    """Whether something is hidden, not written whole, or a system's own; of the first two `left` is told."""
    folded = name.casefold()
    if folded.startswith((".", "~")):
        if _ending(name) in RECORDINGS and not folded.startswith(("._", "~$")):
            left(folder / name, HIDDEN)
        return True
    if _ending(name) in WRITING or "~syncthing~" in folded:
        left(folder / name, UNFINISHED)
        return True
    return folded in NOT_OURS | _SYSTEMS


def _no_track(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir() or _ending(entry.name) in RECORDINGS - ENDINGS


def _left_in(folder: Path, why: str, left: Unread, which: Callable[[os.DirEntry[str]], bool]) -> None:
    """Tells `left` of the files directly in a folder that are none of its calls."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not _ignored(entry.name, folder, left) and which(entry):
                left(folder / entry.name, why)


def _tracks(folder: Path, beside: set[str]) -> Found | None:
    """The folder as one call's tracks, or None when it is not."""
    told = folder.name.casefold() == ZOOM_TRACKS or (
        any(folder.name + end in beside for end in _TELLING) and told_by_name(folder / "audio1.m4a").began is None
    )
    try:
        files = [path for path in sorted(folder.iterdir()) if _ending(path.name) in ENDINGS and is_file(path)]
        sounds = [path for path in files if not (_ignored(path.name, folder, untold) or MIX.fullmatch(path.stem))]
        if not sounds or not (told or (len(sounds) > 1 and all(told_by_name(path).kind == "track" for path in sounds))):
            return None
        states = [path.stat() for path in sounds]
    except OSError:
        return None
    return Found(folder, sum(s.st_size for s in states), max(s.st_mtime_ns for s in states), tracks=True)


_TELLING = (".plan.toml", ".people.json")


def unsettled(
    found: Iterable[Found], before: Mapping[Path, tuple[int, int]], *, settle: float, now: float
) -> set[Path]:
    """Those of `found` that may still be growing: changed since the look `before`, or lately and not seen before.

    `settle` is in seconds, `now` the machine's time (seconds since 1970), `before` the stamps of a look at least
    `settle` seconds ago. A time in the future says nothing: such a file is looked at twice.
    """
    growing = set()
    for one in found:
        lately = now - one.mtime_ns / 1e9 < LONG_AGO * settle
        changed = before[one.path] != one.stamp if one.path in before else lately
        if changed or (one.size == 0 and lately):
            growing.add(one.path)
    return growing
