"""Writing files so that a reader never sees half of one: to a temporary file beside the target, then renamed."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from analyzer.errors import OutputError
from analyzer.owner import SEPARATOR, is_dead, is_here, this_run

PARTIAL = ".analyzer-"
"""How the names of temporary files begin; they lie beside their targets for as long as a write takes."""
ABANDONED = 600.0
"""Seconds after which a temporary file of nobody known is no longer a write that is under way."""
_APART = "~"


def write_atomically(path: Path, content: bytes, *, private: bool = False) -> None:
    """Writes one file, whole or not at all; with `private` only its owner may read it.

    Raises:
        OutputError: it cannot be written.
    """
    write_all({path: content}, private=[path] if private else [])


def write_all(contents: Mapping[Path, bytes], *, private: list[Path] | None = None) -> None:
    """Writes several files: all are on the disk in full before the first takes its name.

    Folders that are missing are made. When it fails, what was there before is still there and no temporary file is.

    Raises:
        OutputError: one of them cannot be written.
    """
    written: list[tuple[str, Path]] = []
    path = next(iter(contents), Path())
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = temporary(path.parent)
            written.append((name, path))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o600 if path in (private or ()) else 0o666 & ~_umask())  # noqa: PTH101 - a str
        while written:
            name, path = written[0]
            os.replace(name, path)  # noqa: PTH105 - a str
            written.pop(0)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            where=path,
            todo="Free some space or choose another folder with --out",
        ) from error
    finally:
        for name, _ in written:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - a str


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def temporary(folder: Path) -> tuple[int, str]:
    """A new temporary file in `folder`, open for writing; its name says which run it belongs to."""
    return tempfile.mkstemp(dir=folder, prefix=f"{PARTIAL}{this_run().replace(SEPARATOR, _APART)}{_APART}")


def is_abandoned(path: Path) -> bool:
    """Whether a temporary file belongs to a run that has ended; of one that nobody here knows, its age tells."""
    owner = path.name.removeprefix(PARTIAL).rpartition(_APART)[0].replace(_APART, SEPARATOR)
    if is_dead(owner):
        return True
    try:
        return not is_here(owner) and time.time() - path.stat().st_mtime > ABANDONED
    except OSError:
        return False


def sweep(folder: Path) -> None:
    """Removes temporary files that killed processes left in `folder`; those of a run that lives stay."""
    for stale in folder.glob(f"{PARTIAL}*"):
        if is_abandoned(stale):
            with contextlib.suppress(OSError):
                stale.unlink()
