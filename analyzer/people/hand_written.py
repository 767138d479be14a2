"""Opening files that people write by hand, or other programs leave beside a recording: plans, rosters, sidecars."""

from __future__ import annotations

from pathlib import Path

from analyzer.errors import BadFileError
from analyzer.files import is_file, is_there


def read_bytes(path: Path, limit: int, *, opening: str, itself: str, missing: str = "Check the name") -> bytes:
    """At most `limit + 1` bytes of a file, so that more than `limit` tell that it is too large.

    In what is said when it fails, `opening` is what could not be opened, `itself` what was to be named instead of a
    folder, and `missing` what to do when there is no such file.

    Raises:
        BadFileError: it is not there, is no file, or cannot be opened.
    """
    try:
        if is_there(path) and not is_file(path):
            raise BadFileError("this is not a file", where=path, todo=f"Name {itself} itself")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError as error:
        raise BadFileError("there is no such file", where=path, todo=missing) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadFileError(
            f"{opening} cannot be opened ({reason})", where=path, todo="Check who may read it"
        ) from error
