"""Results for a group: `--group NAME` makes the output folder its group's, who may then read and correct what is in it.

It is the folder that remembers it (`files.Sharing`): whoever writes there later, with whatever umask and without the
option, writes for the group. What was there before is given to it too, of results and nothing else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from analyzer.call.folder import CALL_FILE, OWNER_FILE
from analyzer.errors import LibraryError, UsageError
from analyzer.files import PARTIAL, Sharing, make_folder, sharing_of

FOLDER_MODE = 0o2770
NOT_LINKED = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def share(out: Path, group: str | None) -> str | None:
    """Makes `out` the folder of a group, unless it is; None: nothing is done. Says what could not be given to it.

    A folder that is the group's already keeps its mode: made by hand with 2750, its members may read and not correct.

    Raises:
        UsageError: there is no such group, this user is not in it, or the folder is none for results.
        LibraryError: the folder cannot be made or given to the group.
    """
    if group is None:
        return None
    gid = group_id(group)
    try:
        make_folder(out)
        shared = sharing_of(out)
        if shared is not None and shared.gid == gid:
            return None
        home = os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111 - it must not fail where there is none
        if Path(home).is_relative_to(os.path.realpath(out)):
            raise UsageError(
                "this is no folder for results alone, and is not given to a group",
                where=out,
                todo="Name another one with --out",
            )
        if os.geteuid() not in (0, out.stat().st_uid):
            raise PermissionError(0, "it is another user's")
        left = [path for path in _ours(out) if not _given(path, Sharing(gid, FOLDER_MODE))]
        if not _given(out, Sharing(gid, FOLDER_MODE)) or sharing_of(out) is None:  # the last: then all was done
            raise PermissionError(0, "it is another user's")
    except OSError as error:
        raise LibraryError(
            f"cannot be given to the group {group} ({error.strerror})",
            where=out,
            todo="Let its owner do it, or choose another folder with --out",
        ) from error
    if not left:
        return None
    return f"{len(left)} files of other users here stay as they are, {left[0]} among them; their owners can share them."


def group_id(group: str) -> int:
    """The number of a group that this user is in.

    Raises:
        UsageError: there is none of that name, or this user is not in it.
    """
    import grp

    try:
        gid = int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except (KeyError, ValueError) as error:
        raise UsageError(f"--group: there is no group {group!r}", todo="Groups are listed by: getent group") from error
    if os.geteuid() != 0 and gid not in (os.getegid(), *os.getgroups()):
        raise UsageError(
            f"--group: this user is not in the group {group!r}",
            todo=f"Add them (usermod -aG {group} USER) and start a new session",
        )
    return gid


def _ours(out: Path) -> Iterator[Path]:
    """What this program wrote to an output folder before it was a group's."""
    from analyzer.library.catalog.connection import BESIDE, FILE
    from analyzer.library.nightly import INDEX_FILE, NIGHT_FILE

    names = {INDEX_FILE, NIGHT_FILE, FILE, *(FILE + beside for beside in BESIDE)}
    with os.scandir(out) as entries:
        found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    for name, is_folder in found:
        path = out / name
        if is_folder and any(os.path.lexists(path / file) for file in (OWNER_FILE, CALL_FILE)):
            yield path
            for folder, folders, files in os.walk(path):
                yield from (Path(folder) / one for one in (*folders, *files))
        elif not is_folder and (name in names or name.startswith(PARTIAL)):
            yield path


def _given(path: Path, to: Sharing) -> bool:
    """Gives a file or folder to a group; whether it is its now. A link is left alone, and so is a file of two names."""
    try:
        handle = os.open(path, os.O_RDONLY | NOT_LINKED)
    except FileNotFoundError:
        return True  # it is gone
    except OSError:
        return path.is_symlink()
    try:
        state = os.fstat(handle)
        is_folder = stat.S_ISDIR(state.st_mode)
        if not is_folder and (not stat.S_ISREG(state.st_mode) or state.st_nlink > 1):
            return True
        if state.st_gid != to.gid:
            os.fchown(handle, -1, to.gid)
        os.fchmod(handle, to.folder_mode if is_folder else to.file_mode)
    except PermissionError:
        return False
    finally:
        os.close(handle)
    return True
