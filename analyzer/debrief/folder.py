"""Which folder holds the results of a recording: `<out>/<recording name>/`, and how it is found again."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from analyzer.audio.recording import Recording
from analyzer.errors import OutputError
from analyzer.files import PARTIAL, make_folder, permit, way_out, write_atomically

CALL_FILE = "call.json"
OWNER_FILE = ".recording"
"""Which recording a results folder belongs to: its path and its hash, a line each."""
SHORT_HASH = 12


def claim_folder(out: Path, recording: Recording) -> Path:
    """Takes the folder for the results of a recording, and returns it.

    It is named like the recording without its suffix. A name that is taken by another recording's results (another
    suffix, another folder) is followed by `call.mp3`, and that by `call.mp3-` and the beginning of the content hash.
    Results are never written over another recording's. A recording is known again by its path and, when it was moved,
    by its content. Of two processes that want one free name, one gets it: a name is taken by a link, which only one
    can make.

    Raises:
        OutputError: the folder cannot be made.
    """
    owner = f"{recording.path.resolve()}\n{recording.sha256}\n".encode("utf-8", errors="surrogateescape")
    for folder in _candidates(out, recording):
        owned = _owned(folder, recording)
        if owned is None and not (folder / CALL_FILE).exists():
            owned = _take(folder, owner) or _owned(folder, recording)
        if owned:
            if (folder / OWNER_FILE).read_bytes() != owner:
                write_atomically(folder / OWNER_FILE, owner)
            return folder
    raise OutputError("no folder is free for its results", where=out / recording.path.stem, todo="Choose another --out")


def results_folder(out: Path, recording: Recording) -> Path:
    """Where the results of a recording lie, or would lie; nothing is made (see `claim_folder`)."""
    for folder in _candidates(out, recording):
        owned = _owned(folder, recording)
        if owned or (owned is None and not (folder / CALL_FILE).exists()):
            return folder
    raise OutputError("no folder is free for its results", where=out / recording.path.stem, todo="Choose another --out")


def _candidates(out: Path, recording: Recording) -> Iterator[Path]:
    name = recording.path.name
    yield out / recording.path.stem
    if name != recording.path.stem:
        yield out / name
    for numbered in sorted(out.glob(f"{glob.escape(name)}-[0-9]*")):  # as they were named once
        if _owned(numbered, recording):
            yield numbered
    yield out / f"{name}-{recording.sha256[:SHORT_HASH]}"
    yield out / f"{name}-{recording.sha256}"


def _owned(folder: Path, recording: Recording) -> bool | None:
    """Whether a folder holds results of this very recording; None when it does not say whose it holds."""
    try:
        path, sha256 = (folder / OWNER_FILE).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (OSError, ValueError):
        return None
    return path == str(recording.path.resolve()) or sha256 == recording.sha256


def _take(folder: Path, owner: bytes) -> bool:
    """Makes the owner file if nobody has; whether it is ours now."""
    try:
        make_folder(folder)
        handle, name = tempfile.mkstemp(dir=folder, prefix=PARTIAL)
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
        return _damaged(target) and _replaced(target, owner)
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


def _damaged(target: Path) -> bool:
    """Whether an owner file says nothing: it was made empty by hand, or by a machine that went down."""
    try:
        return len(target.read_bytes().splitlines()) != 2
    except OSError:
        return False


def _replaced(target: Path, owner: bytes) -> bool:
    write_atomically(target, owner)
    return True


def claim(folder: Path, recording: Recording) -> None:
    """Notes anew whose results the folder holds: the recording was moved."""
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
