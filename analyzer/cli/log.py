"""The log of a command: what each stage took, what was reused, and where a failed call failed.

It holds no word of a transcript: a failure is told by the places in the program that it came through, without the
error's own text. The screen gets one line for each failure; the places are in the file, those of an internal error also
on stderr with -v.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from analyzer.errors import OutputError, visible


class _Plain(logging.Formatter):
    """Lines in which a file's name is nothing but text."""

    def format(self, record: logging.LogRecord) -> str:
        """The record: a path is one line whatever its name, and every line is safe to show."""
        if isinstance(record.args, tuple):
            record.args = tuple(visible(one) if isinstance(one, Path) else one for one in record.args)
        return "\n".join(map(visible, super().format(record).split("\n")))


def start_log(*, verbose: bool, file: Path | None) -> None:
    """Sends the program's log to stderr (`verbose`) and, with more detail, to a file, which is added to.

    Raises:
        OutputError: the file cannot be written.
    """
    log = logging.getLogger("analyzer")
    log.propagate = False
    handlers: list[tuple[logging.Handler, int]] = []
    if verbose:
        handlers.append((logging.StreamHandler(sys.stderr), logging.INFO))
    if file is not None:
        try:
            handlers.append((logging.FileHandler(file, encoding="utf-8", errors="backslashreplace"), logging.DEBUG))
        except OSError as error:
            what = f"cannot be written ({error.strerror or error})"
            raise OutputError(what, where=file, todo="Choose another place with --log-file") from error
    for handler, level in handlers:
        handler.setLevel(level)
        handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        log.addHandler(handler)
    log.setLevel(min((level for _, level in handlers), default=logging.CRITICAL + 1))
