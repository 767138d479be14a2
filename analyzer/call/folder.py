"""Which folder holds the results of a recording: `<out>/<recording name>/`, and how it is found again."""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analyzer.audio.recording import LENGTHS, Recording, beginning_hash, content_hash, probe
from analyzer.audio.tracks import tracks_of
from analyzer.errors import OutputError, RecordingError
from analyzer.files import is_file, is_folder, make_folder, permit, temporary, way_out, write_atomically

CALL_FILE = "call.json"
TALK_FILE = "talk.json"
"""What was said in the debrief, see `debrief.conversation.answers`."""
OWNER_FILE = ".recording"
"""Which recording a results folder belongs to: its path, its hash, and how its files lay there then."""
SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a recording as it lay there: a recording is one, or a folder of several; `name` is empty for one."""

    name: str
    size: int
    mtime_ns: int
    beginning: str = ""
    """What `beginning_hash` gives for it; empty when the file is too short to tell."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose results a folder holds; `earlier` are the hashes of the same recording while it was still growing."""

    path: Path
    sha256: str
    earlier: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()

    @property
    def hashes(self) -> tuple[str, ...]:
        """Every hash under which something was said about this recording."""
        return (self.sha256, *self.earlier)


def claim_folder(out: Path, recording: Recording) -> Path:
    """Takes the folder for the results of a recording, and returns it.

    It is named like the recording without its suffix. A name that is taken by another recording's results (another
    suffix, another folder, or what lay under the same path before) is followed by `call.mp3`, and that by `call.mp3-`
    and the beginning of the content hash. A recording is known again by its content, wherever it was moved; and by its
    path when what was analysed is the beginning of what lies there now: then it was still growing. Of two processes
    that want one free name, one gets it: a name is taken by a link, which only one can make.

    Raises:
        OutputError: the folder cannot be made.
    """
    found = _found(out, recording)
    if found is not None:
        folder, owner = found
        now = _now_owned(recording, owner)
        if now != owner or not _is_current(folder):
            write_atomically(folder / OWNER_FILE, _text(now))
        return folder
    content: bytes | None = None
    for folder in _candidates(out, recording):
        if _is_free(folder):
            content = content or _text(_now_owned(recording, None))
            if _take(folder, content):
                return folder
        if (taken := read_owner(folder)) is not None and taken.sha256 == recording.sha256:
            return folder
    raise OutputError("no folder is free for its results", where=out / recording.path.stem, todo="Choose another --out")


def results_folder(out: Path, recording: Recording) -> Path:
    """Where the results of a recording lie, or would lie; nothing is made (see `claim_folder`)."""
    found = _found(out, recording)
    if found is not None:
        return found[0]
    for folder in _candidates(out, recording):
        if _is_free(folder):
            return folder
    raise OutputError("no folder is free for its results", where=out / recording.path.stem, todo="Choose another --out")


def _found(out: Path, recording: Recording) -> tuple[Path, Owner] | None:
    """The folder that holds this recording's results, by its content before its path."""
    folders = [(folder, read_owner(folder)) for folder in _candidates(out, recording)]
    owned = [(folder, owner) for folder, owner in folders if owner is not None]
    for folder, owner in owned:
        if owner.sha256 == recording.sha256:
            return folder, owner
    for folder, owner in owned:
        if owner.path == recording.path.resolve() and _has_grown(owner, recording.path):
            return folder, owner
    return None


def _candidates(out: Path, recording: Recording) -> Iterator[Path]:
    yield from _named_like(out, recording.path)
    name = recording.path.name
    yield out / f"{name}-{recording.sha256[:SHORT_HASH]}"
    yield out / f"{name}-{recording.sha256}"
    yield out / recording.sha256  # where the name is too long to add anything


def _is_free(folder: Path) -> bool:
    """Whether a folder holds no one's results; not one that may not be looked into."""
    try:
        (folder / CALL_FILE).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return read_owner(folder) is None
    except OSError:
        pass
    return False


def _has_results(folder: Path) -> bool:
    try:
        return is_file(folder / CALL_FILE)
    except OSError:
        return False


def _named_like(out: Path, path: Path) -> Iterator[Path]:
    """The folders that may hold results of a recording of this name, as they are named now or were once."""
    stem = path.name if path.stem in (".", "..") else path.stem  # of `...wav` two dots are left: another folder
    yield out / stem
    if path.name != stem:
        yield out / path.name
    yield from sorted(folder for folder in out.glob(f"{glob.escape(path.name)}-*") if read_owner(folder) is not None)


def read_owner(folder: Path) -> Owner | None:
    """Whose results a folder holds; None when it does not say."""
    try:
        content = (folder / OWNER_FILE).read_bytes()
        if not content.startswith(b"{"):  # as it was written once: path and hash, a line each
            text = content.decode("utf-8", errors="surrogateescape").removesuffix("\n")
            path, _, sha256 = text.rpartition("\n")  # a path may have line ends of every kind in it
            if not path:
                return None
            return Owner(Path(path), sha256)
        found = json.loads(content)
        pieces = tuple(Piece(*piece) for piece in found["pieces"])
        return Owner(Path(found["path"]), str(found["sha256"]), tuple(map(str, found["earlier"])), pieces)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def hashes_of(folder: Path) -> tuple[str, ...]:
    """Every hash under which something was said about the recording of a results folder; none when it is not known."""
    owner = read_owner(folder)
    return owner.hashes if owner is not None else ()


def _is_current(folder: Path) -> bool:
    """Whether the owner file is written as it is written today."""
    return (folder / OWNER_FILE).read_bytes().startswith(b"{")


def _text(owner: Owner) -> bytes:
    content = {
        "path": str(owner.path),
        "sha256": owner.sha256,
        "earlier": owner.earlier,
        "pieces": [[piece.name, piece.size, piece.mtime_ns, piece.beginning] for piece in owner.pieces],
    }
    return json.dumps(content).encode()


def _now_owned(recording: Recording, before: Owner | None) -> Owner:
    """The owner of a recording's results now, given who owned them before."""
    path = recording.path.resolve()
    earlier = before.earlier if before is not None else ()
    if before is not None and before.sha256 != recording.sha256:
        earlier = tuple(dict.fromkeys((*earlier, before.sha256)))
    if before is not None and before.sha256 == recording.sha256 and lies_as(before, path):
        return before
    return Owner(path, recording.sha256, earlier, tuple(_pieces(recording.path)))


def _pieces(path: Path) -> Iterator[Piece]:
    """The files of a recording as they lie there now; none when they cannot be read (any more)."""
    try:
        for name, file in _files(path):
            state = file.stat()
            tells = state.st_size >= 2 * LENGTHS
            beginning = beginning_hash(file, state.st_size) if tells else ""
            yield Piece(name, state.st_size, state.st_mtime_ns, beginning)
    except (OSError, RecordingError):
        return


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if is_folder(path):
        yield from ((track.path.name, track.path) for track in tracks_of(path))
    else:
        yield "", path


def lies_as(owner: Owner, path: Path) -> bool:
    """Whether the recording at `path` has the sizes and times that it had when its hash was taken: then it is the same.

    False says nothing: it may have been copied again.
    """
    try:
        now = [(name, file.stat()) for name, file in _files(path)]
    except (OSError, RecordingError):
        return False
    known = [(piece.name, piece.size, piece.mtime_ns) for piece in owner.pieces]
    return owner.path == path and known == [(name, state.st_size, state.st_mtime_ns) for name, state in now]


def _has_grown(owner: Owner, path: Path) -> bool:
    """Whether what was analysed is the beginning of what lies at `path` now."""
    if not owner.pieces or not all(piece.beginning for piece in owner.pieces):
        return False
    try:
        files = dict(_files(path))
        return all(
            piece.name in files
            and files[piece.name].stat().st_size >= piece.size
            and beginning_hash(files[piece.name], piece.size) == piece.beginning
            for piece in owner.pieces
        )
    except (OSError, RecordingError):
        return False


def _take(folder: Path, owner: bytes) -> bool:
    """Makes the owner file if no one has; whether it is ours now."""
    try:
        make_folder(folder)
        handle, name = temporary(folder)
        try:
            with os.fdopen(handle, "wb") as file:
                permit(handle, folder)
                file.write(owner)
                file.flush()
                os.fsync(file.fileno())
            return _linked(Path(name), folder / OWNER_FILE, owner)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - a str
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            where=folder,
            todo=way_out(error),
        ) from error


def _linked(written: Path, target: Path, owner: bytes) -> bool:
    try:
        target.hardlink_to(written)
    except FileExistsError:
        return _damaged(target.parent) and _replaced(target, owner)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EXDEV, errno.ENOSYS, errno.EMLINK):
            raise
        try:  # a file system without links: a reader may see the file empty for a moment
            with target.open("xb") as file:
                permit(file.fileno(), target.parent)
                file.write(owner)
        except FileExistsError:
            return False
    return True


def _damaged(folder: Path) -> bool:
    """Whether an owner file says nothing: it was made empty by hand, or by a machine that went down."""
    return is_file(folder / OWNER_FILE) and read_owner(folder) is None


def _replaced(target: Path, owner: bytes) -> bool:
    write_atomically(target, owner)
    return True


def claim(folder: Path, recording: Recording) -> None:
    """Notes again whose results the folder holds: the recording was moved."""
    write_atomically(folder / OWNER_FILE, _text(_now_owned(recording, read_owner(folder))))


def recording_of(folder: Path) -> Path | None:
    """The recording whose results a folder holds, as far as it is known."""
    owner = read_owner(folder)
    return owner.path if owner is not None else None


def recording_there(folder: Path) -> Path | None:
    """The recording of a results folder if it still lies at its path; None when it is gone, or another lies there."""
    owner = read_owner(folder)
    if owner is None or not (lies_as(owner, owner.path) or _hash_at(owner.path) == owner.sha256):
        return None
    return owner.path


def is_displaced(folder: Path) -> bool:
    """Whether another recording lies at the path of the one whose results a folder holds."""
    owner = read_owner(folder)
    if owner is None or lies_as(owner, owner.path):
        return False
    there = _hash_at(owner.path)
    return there not in (None, owner.sha256) and not _has_grown(owner, owner.path)


def find_results(out: Path, recording: Path) -> Path | None:
    """The results folder of a recording that has been analysed, by what lies at its path now.

    When nothing lies there any more, it is the folder of what lay there last.
    """
    folders = [(folder, read_owner(folder)) for folder in _named_like(out, recording) if _has_results(folder)]
    owned = [(folder, owner) for folder, owner in folders if owner is not None]
    here = [(folder, owner) for folder, owner in owned if owner.path == recording.resolve()]
    for folder, owner in here:
        if lies_as(owner, owner.path):
            return folder
    sha256 = _hash_at(recording)
    if sha256 is None:
        return max((folder for folder, _ in here), key=lambda one: (one / OWNER_FILE).stat().st_mtime_ns, default=None)
    return next((folder for folder, owner in owned if owner.sha256 == sha256), None)


def is_another_there(out: Path, recording: Path) -> bool:
    """Whether what lay at a recording's path before was analysed."""
    return any(recording_of(folder) == recording.resolve() for folder in _named_like(out, recording))


def _hash_at(path: Path) -> str | None:
    """The content hash of the recording at a path; None when there is none that can be read."""
    try:
        return probe(path).sha256 if is_folder(path) else content_hash(path)
    except (OSError, RecordingError):
        return None
