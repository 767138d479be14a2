"""An interrupted command ends as interrupted, whatever has become of the interrupt on its way."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

INTERRUPTED = """
import logging, os, signal, sys
import analyzer.session
from analyzer.cli.main import main
from analyzer.errors import LibraryError

signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may run in a shell's background
how, becomes = int(sys.argv.pop(1)), sys.argv.pop(1)

def analyse(*_, **__):
    try:
        signal.raise_signal(how)
    except BaseException:
        logging.getLogger("some.library").error("closing", exc_info=True)  # as a library does that cleans up after it
        raise eval(becomes)

analyzer.session.analyse = analyse
main()
"""
BECOMES = (
    "KeyboardInterrupt()",
    "ValueError('in a callback')",
    "LibraryError('the catalog cannot be read', where='here', todo='Do something')",
    "OSError(5, 'cleanup')",
    "BrokenPipeError(32, 'pipe')",
    "SystemExit(1)",
    "SystemExit(0)",
)


@pytest.mark.parametrize(
    ("how", "becomes"), [*((signal.SIGINT, becomes) for becomes in BECOMES), (signal.SIGTERM, BECOMES[1])]
)
def test_an_interrupt_that_becomes_another_exception_still_ends_as_interrupted(
    tmp_path: Path, how: signal.Signals, becomes: str
) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(int(how)), becomes, "report", str(tmp_path / "call.wav")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (130, "")
    # typer ends the line in which it was interrupted
    assert ended.stderr.lstrip("\n") == (
        "analyzer: interrupted; what was finished is kept, and the same command goes on from there.\n"
    )


STOPPED_AT_A_LOOK = """
import signal
import analyzer.library.nightly
from analyzer.cli.main import main
from analyzer.errors import LibraryError

def one_night(*_, **__):
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        raise LibraryError("the catalog cannot be read", where="here", todo="Do something")

analyzer.library.nightly.one_night = one_night
main()
"""


def test_a_watch_that_is_stopped_ends_even_where_the_stop_looks_like_a_folder_that_is_away(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STOPPED_AT_A_LOOK, "nightly", str(tmp_path), "--watch", "--every", "0.01"]
    ended = subprocess.run([*command, "--out", str(tmp_path / "out")], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 130
    assert ended.stderr.count("interrupted;") == 1
    assert "Traceback" not in ended.stderr
