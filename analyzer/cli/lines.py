"""Where the command line prints: every line of text goes through here, so that none does anything but be read."""

from __future__ import annotations

import contextlib
import io
import os
import sys

from analyzer.errors import visible, visible_json


def say(line: object = "") -> None:
    """A result, as one line on stdout."""
    print(visible(line), flush=True)


def tell(line: object) -> None:
    """Anything that is no result, as one line on stderr; when no one can be told, nothing else goes wrong."""
    with contextlib.suppress(OSError):
        print(visible(line), file=sys.stderr, flush=True)


def warn(line: object) -> None:
    """The same, as this program's."""
    tell(f"analyzer: {line}")


def say_text(text: str) -> None:
    """A result of several lines."""
    print("\n".join(map(visible, text.removesuffix("\n").split("\n"))), flush=True)


def say_json(text: str) -> None:
    """JSON on stdout."""
    print(visible_json(text), flush=True)


def tell_wrong_use(error: Exception) -> None:
    """Tells what typer tells, with nothing of what was typed but its text."""
    told = io.StringIO()
    error.show(told)  # type: ignore[attr-defined]
    for line in told.getvalue().rstrip("\n").split("\n"):
        tell(line)


def os_error(error: OSError) -> str:
    """What went wrong with a file that no one looked after, in a line."""
    try:
        os.getcwd()  # noqa: PTH109 - Path.cwd says no more
    except OSError:
        return "the current folder is gone: it was removed or cannot be reached. Change to another folder."
    return f"{error.filename or 'output'}: {error.strerror or error}. Check that it can be read and written."


def standard_streams() -> None:
    """Makes the three streams what the program takes them for: one that is closed leads nowhere."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is the one taken: else the next file that is opened gets what is printed.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - for as long as we run
    for stream in (sys.stdout, sys.stderr):
        # A file name need not be text, and a terminal need not know every letter: show what cannot be shown as \\x...
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def written_out() -> bool:
    """Writes out what is left of the output; whether all of it went out. If not, that is told."""
    well = True
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            if number == 1:
                warn(f"output: {error.strerror or error}. Check that it can be written.")
                well = False
            # What is left goes nowhere, instead of failing once more when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    return well
