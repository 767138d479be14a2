"""Which folder holds the results of a recording: `<out>/<call name>/`, and how it is found again.

A call is named after its meeting: the title that the platform's file names have, or else what the platform calls it and
when it was. A file that no platform named keeps its own name.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.audio.recording import Recording
from analyzer.call.folder import CALL_FILE, CORRECTIONS_FILE, NOTES_FILE, OWNER_FILE, TALK_FILE, CallFolder
from analyzer.call.owner import began_as, has_grown, hash_at, lies, lies_as, now_owned, written
from analyzer.errors import OutputError
from analyzer.files import is_file, make_folder, permit, temporary, way_out
from analyzer.people.platform_names import Told, told_by_name

SHORT_HASH = 12
DROPPED = "recordings"
"""The folder in an output folder in which recordings lie that were dropped into the browser; no call's results."""


def call_name(path: Path) -> str:
    """What the call of a recording is called: its meeting's title, or what stands in for one."""
    return call_names(path)[0]


def call_names(path: Path) -> tuple[str, ...]:
    """The names that a call may have, the best first: the others have the day, or the time too, for equal titles."""
    own = path.name if path.stem in (".", "..") else path.stem  # of `...wav` two dots are left: another folder
    path = path.absolute()
    told = told_by_name(path)
    if told.platform == "plain" and (told.title is not None or told.began is None):
        return (own,)
    day = "" if told.day is None else f" {told.day}"
    time = "" if told.began is None else f" {told.began:%H.%M}" + (" UTC" if told.began.tzname() == "UTC" else "")
    names: tuple[str, ...]
    if told.title is not None:
        names = (told.title, f"{told.title}{day}", f"{told.title}{day}{time}")
    else:
        label = _untitled(path, told)
        names = (f"{label}{day}{'' if told.label else time}", f"{label}{day}{time}")
    return tuple(dict.fromkeys(name.strip(" .") for name in names if name.strip(" .~"))) or (own,)


def _untitled(path: Path, told: Told) -> str:
    """What a meeting without a title is called, before its day."""
    if told.label or told.platform in ("plain", "obs"):
        return told.label or "Call"
    if told.platform == "zoom-local" and (told.kind in ("tracks", "track") or told.part is None or len(told.part) < 3):
        folder = path.parent.parent if told.kind == "track" else path.parent
        return folder.name or "Zoom meeting"
    return "Zoom meeting" if told.part is None else f"Zoom meeting {told.part}"


def claim_folder(out: Path, recording: Recording, others: Sequence[Path] | None = None) -> CallFolder:
    """Takes the folder for the results of a recording, and returns it; `others` are the other files of its meeting.

    It is named like the call (`call_name`). A name that is taken by another recording's results (an equal title,
    another suffix, another folder, or what lay under the same path before) is followed by the day where it is known,
    by `call.mp3`, and that by `call.mp3-` and the beginning of the content hash. A recording is known again by its
    content, wherever it was moved; by its path when what was analysed is the beginning of what lies there now: then it
    was still growing; and by the other files of its meeting, of which one was heard before. Of two processes that want
    one free name, one gets it: a name is taken by a link, which only one can make.

    Raises:
        OutputError: the folder cannot be made.
    """
    parts = {part.path for part in recording.parts}  # what was said about those has other times
    alike = [other for other in others or () if other.resolve() not in parts]
    found = _found(out, recording) or _of_meeting(out, alike)
    if found is not None:
        found.claim(recording, others)
        return found
    content: bytes | None = None
    for folder in _candidates(out, recording):
        if _is_free(folder):
            content = content or written(now_owned(recording, None, others))
            if _take(folder, content):
                return folder
        if (taken := folder.owner()) is not None and taken.sha256 == recording.sha256:
            return folder
    raise _none_free(out, recording)


def results_folder(out: Path, recording: Recording) -> CallFolder:
    """Where the results of a recording lie, or would lie; nothing is made (see `claim_folder`)."""
    found = _found(out, recording) or next(filter(_is_free, _candidates(out, recording)), None)
    if found is None:
        raise _none_free(out, recording)
    return found


def _none_free(out: Path, recording: Recording) -> OutputError:
    where = out / recording.path.stem
    return OutputError("no folder is free for its results", where=where, todo="Choose another --out")


def _found(out: Path, recording: Recording) -> CallFolder | None:
    """The folder that holds this recording's results, by its content before its path."""
    owned = [(folder, owner) for folder in _candidates(out, recording) if (owner := folder.owner()) is not None]
    for folder, owner in owned:
        if owner.sha256 == recording.sha256:
            return folder
    for folder, owner in owned:
        here = recording.path.resolve()
        if owner.path == here and (has_grown(owner, recording.path) or began_as(owner, here)):
            return folder
    return None


def _of_meeting(out: Path, others: Sequence[Path]) -> CallFolder | None:
    """The folder of another file of the meeting, which lies as it was heard: one with something said about it first."""
    found = {}
    for path in others:
        for folder in _named_like(out, path):
            owner = folder.owner()
            if owner is not None and owner.path == path.resolve() and lies(owner) in ("there", "grown"):
                found[folder.path] = folder
    return max(found.values(), key=has_statements, default=None)


def has_statements(folder: CallFolder) -> bool:
    """Whether somebody said something about the call of a results folder."""
    return any(map(folder.has, (TALK_FILE, CORRECTIONS_FILE, NOTES_FILE)))


def _candidates(out: Path, recording: Recording) -> Iterator[CallFolder]:
    yield from _named_like(out, recording.path)
    name = recording.path.name
    yield CallFolder(out / f"{name}-{recording.sha256[:SHORT_HASH]}")
    yield CallFolder(out / f"{name}-{recording.sha256}")
    yield CallFolder(out / recording.sha256)  # where the name is too long to add anything


def _is_free(folder: CallFolder) -> bool:
    """Whether a folder holds no one's results; not one that may not be looked into, or that holds recordings."""
    if folder.name == DROPPED:
        return False
    try:
        (folder.path / CALL_FILE).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return folder.owner() is None
    except OSError:
        pass
    return False


def _named_like(out: Path, path: Path) -> Iterator[CallFolder]:
    """The folders that may hold results of a recording of this name, as they are named now or were once."""
    stem = path.name if path.stem in (".", "..") else path.stem
    yield from (CallFolder(out / name) for name in dict.fromkeys((*call_names(path), stem)))
    if path.name != stem:
        yield CallFolder(out / path.name)
    longer = map(CallFolder, sorted(out.glob(f"{glob.escape(path.name)}-*")))
    yield from (folder for folder in longer if folder.owner() is not None)


def _take(folder: CallFolder, owner: bytes) -> bool:
    """Makes the owner file if no one has; whether it is ours now."""
    try:
        make_folder(folder.path)
        handle, name = temporary(folder.path)
        try:
            with os.fdopen(handle, "wb") as file:
                permit(handle, folder.path)
                file.write(owner)
                file.flush()
                os.fsync(file.fileno())
            return _linked(Path(name), folder, owner)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - a str
    except OSError as error:
        what = f"cannot be written ({error.strerror or error})"
        raise OutputError(what, where=folder.path, todo=way_out(error)) from error


def _linked(written: Path, folder: CallFolder, owner: bytes) -> bool:
    target = folder.path / OWNER_FILE
    try:
        target.hardlink_to(written)
    except FileExistsError:
        if folder.owner() is not None or not is_file(target):
            return False
        folder.write(OWNER_FILE, owner)  # it says nothing: made empty by hand, or by a machine that went down
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


def find_results(out: Path, recording: Path) -> CallFolder | None:
    """The results folder of a recording that has been analysed, by what lies at its path now.

    When nothing lies there any more, it is the folder of what lay there last.
    """
    folders = (folder for folder in _named_like(out, recording) if folder.has(CALL_FILE))
    owned = [(folder, owner) for folder in folders if (owner := folder.owner()) is not None]
    here = [(folder, owner) for folder, owner in owned if owner.path == recording.resolve()]
    for folder, owner in here:
        if lies_as(owner, owner.path):
            return folder
    for folder, owner in owned:
        if recording.resolve() in owner.also:
            return folder
    sha256 = hash_at(recording)
    if sha256 is None:
        last = max((folder for folder, _ in here), key=lambda one: one.changed(OWNER_FILE) or 0, default=None)
    else:
        last = next((folder for folder, owner in owned if owner.sha256 == sha256), None)
    return last or _heard_with(out, recording.resolve())


def _heard_with(out: Path, recording: Path) -> CallFolder | None:
    """The folder of a call that goes on in a recording of another name."""
    folders = (CallFolder(path.parent) for path in sorted(out.glob(f"*/{OWNER_FILE}")))
    owned = ((folder, owner) for folder in folders if (owner := folder.owner()) is not None)
    return next((folder for folder, owner in owned if recording in owner.also), None)


def is_another_there(out: Path, recording: Path) -> bool:
    """Whether what lay at a recording's path before was analysed."""
    return any(folder.recording() == recording.resolve() for folder in _named_like(out, recording))
