"""One hand at a time in a results folder: whoever reads what is kept there to change it does so under its lock.

The lock is the kernel's (flock) on a small file in the folder, so it ends with the process that holds it,
however that ends. The file stays; in it stands who had the lock last. Reading needs no lock: every file is written
whole. The lock file need not be writable for the one who takes the lock: in a shared folder it may be a colleague's.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from analyzer.errors import BusyError, OutputError
from analyzer.files import is_dead, number_of, permit, this_run

LOCK_FILE = ".lock"
TELL_AFTER = 1.0
"""Seconds of waiting after which it is said, once, who is waited for."""
PATIENCE = 300.0
"""Seconds of waiting after which it is given up. No one holds a lock while a person is asked or a model runs."""
LOOK_EVERY = 0.05

Waiting = Callable[[str], None]
"""Is told in a line who is waited for."""

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)


def untold(_line: str) -> None:
    """Tells no one."""


@contextmanager
def locked(folder: Path, *, waiting: Waiting = untold, patience: float = PATIENCE) -> Iterator[None]:
    """Holds the lock of a results folder while the block runs; it cannot be taken twice by one process.

    On a file system that has no locks the block runs without.

    Raises:
        BusyError: somebody else holds it and does not let go.
        OutputError: the folder cannot be written.
    """
    handle = _taken(folder, waiting, patience)
    try:
        yield
    finally:
        os.close(handle)


def _taken(folder: Path, waiting: Waiting, patience: float) -> int:
    path = folder / LOCK_FILE
    began, told = time.monotonic(), False
    while True:
        try:
            handle = _opened(path)
        except OSError as error:
            what = f"cannot be written ({error.strerror or error})"
            raise OutputError(what, where=path, todo="Check who may write in this folder") from error
        if _flocked(handle, path):
            _sign(handle, folder)
            return handle
        os.close(handle)
        waited = time.monotonic() - began
        if waited > patience:
            what = f"{_holder(path)} has been at work on this call for {waited:.0f} s"
            raise BusyError(what, where=folder, todo="Run the same command again when it has ended")
        if waited > TELL_AFTER and not told:
            waiting(f"{folder}: waiting for {_holder(path)}, which is at work on this call.")
            told = True
        time.sleep(LOOK_EVERY)


def _opened(path: Path) -> int:
    flags = os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    try:
        handle = os.open(path, os.O_RDWR | flags, 0o666)
    except PermissionError:
        return os.open(path, os.O_RDONLY | flags, 0o666)
    with contextlib.suppress(OSError):  # a colleague's
        permit(handle, path.parent)
    return handle


def _flocked(handle: int, path: Path) -> bool:
    """Whether the lock is ours now; not when the folder was moved or removed while we waited."""
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return True
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EINTR):
            return False
        os.close(handle)
        what = f"cannot be locked ({error.strerror})"
        raise OutputError(what, where=path, todo="Check who may write this file") from error
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _sign(handle: int, folder: Path) -> None:
    """Writes down who holds the lock; where that cannot be, no one can tell who it is."""
    with contextlib.suppress(OSError):  # a colleague's file
        permit(handle, folder)
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = "?"
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{this_run()}\n{user}\n".encode(errors="replace"), 0)


def _holder(path: Path) -> str:
    try:
        owner, user = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, ValueError):
        return "another analyzer"
    if is_dead(owner) or not number_of(owner):
        return "another analyzer"
    return f"process {number_of(owner)} of {user} on {owner.partition('/')[0]}"
