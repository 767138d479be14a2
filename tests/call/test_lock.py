"""One hand at a time in a results folder, and never a hand that waits for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer import session
from analyzer.call.lock import LOCK_FILE, locked
from analyzer.errors import BusyError, ExitCode, OutputError
from analyzer.files import PARTIAL, sweep, temporary
from analyzer.session import analyse, analysed
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine
from tests.library_folders import SHORT, small
from tests.nightly_runs import ROOT

HOLDER = """
import sys
from pathlib import Path
from analyzer.files import temporary
from analyzer.call.lock import locked
with locked(Path(sys.argv[1])):
    temporary(Path(sys.argv[1]))
    print("held", flush=True)
    sys.stdin.readline()
"""
NOBODY = 65534


def holder(folder: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command, environment = [sys.executable, "-c", HOLDER, str(folder)], os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_who_waits_says_once_for_whom_and_gives_up_with_one_clear_line(tmp_path: Path) -> None:
    other, said = holder(tmp_path), []
    with (
        pytest.raises(BusyError, match=f"process {other.pid} of") as gave_up,
        locked(tmp_path, waiting=said.append, patience=1.5),
    ):
        pass
    assert len(said) == 1
    assert f"waiting for process {other.pid} of" in said[0]
    assert gave_up.value.exit_code == ExitCode.LIBRARY
    other.communicate("\n")
    with locked(tmp_path, patience=0):
        pass


def test_a_lock_ends_with_its_holder_however_that_ends(tmp_path: Path) -> None:
    other = holder(tmp_path)
    other.send_signal(signal.SIGKILL)
    other.wait()
    with locked(tmp_path, patience=0):
        pass


def test_the_lock_is_not_the_one_of_a_folder_that_was_replaced_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "call"
    folder.mkdir()
    other = holder(folder)
    folder.rename(tmp_path / "moved")
    folder.mkdir()
    with locked(folder, patience=0):
        pass
    other.communicate("\n")


def test_a_colleague_takes_a_lock_whose_file_is_not_theirs_to_write(tmp_path: Path) -> None:
    with locked(tmp_path):
        pass
    (tmp_path / LOCK_FILE).chmod(0o444)
    tmp_path.chmod(0o777)

    def take() -> None:
        os.chdir(tmp_path)
        with locked(Path(), patience=0):
            pass

    assert as_an_ordinary_user(take, tmp_path)


def test_what_may_be_read_and_not_written_is_still_read_and_writing_is_one_clear_line(tmp_path: Path) -> None:
    call, settings = small(tmp_path / "call.wav", 1), Settings(out=tmp_path / "out", sound="none")
    folder = analyse(call, settings, engine=FakeEngine(SHORT)).folder.path
    (folder / "heard.json").chmod(0o644)
    (folder / LOCK_FILE).unlink()
    folder.chmod(0o555)

    def read() -> None:
        assert analysed(folder, settings).record.label("S1") == "S1"
        with pytest.raises(OutputError, match="cannot be written"):
            session.name(folder, settings, names={"S1": "Dana Reyes"})

    try:
        assert as_an_ordinary_user(read, tmp_path)
    finally:
        folder.chmod(0o755)


def as_an_ordinary_user(what: object, folder: Path) -> bool:
    """Whether `what` does not fail for somebody without root's rights, who may look into `folder`."""
    if os.getuid() == 0:
        for parent in (folder, *folder.parents):
            if parent.stat().st_mode & 0o777 == 0o700:
                parent.chmod(0o755)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            what()  # type: ignore[operator]
            code = 0
        finally:
            if code:
                import traceback

                traceback.print_exc()
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def test_files_that_a_living_process_is_writing_are_not_swept_away(tmp_path: Path) -> None:
    other = holder(tmp_path)
    handle, own = temporary(tmp_path)
    os.close(handle)
    (old := tmp_path / f"{PARTIAL}abcdefgh").touch()  # as they were named once
    os.utime(old, (0, 0))
    sweep(tmp_path)
    left = sorted(tmp_path.glob(f"{PARTIAL}*"))
    assert len(left) == 2
    assert Path(own) in left
    other.send_signal(signal.SIGKILL)
    other.wait()
    sweep(tmp_path)
    assert list(tmp_path.glob(f"{PARTIAL}*")) == [Path(own)]
