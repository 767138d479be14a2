"""Writing files so that a reader never sees half of one: to a temporary file beside the target, then renamed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from analyzer.errors import OutputError

PARTIAL = ".analyzer-"
"""How the names of temporary files begin; they lie beside their targets for as long as a write takes."""


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
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL)
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


def sweep(folder: Path) -> None:
    """Removes temporary files that a killed process left in `folder`."""
    for stale in folder.glob(f"{PARTIAL}*"):
        with contextlib.suppress(OSError):
            stale.unlink()
