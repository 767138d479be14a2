"""Writing: whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analyzer.errors import OutputError
from analyzer.files import sweep, write_all, write_atomically


def test_a_file_and_its_folders_appear_whole(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b" / "c.txt", b"text")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"text"
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["c.txt"]


def test_a_private_file_is_its_owners_alone_and_others_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_all({tmp_path / "open": b"", tmp_path / "closed": b""}, private=[tmp_path / "closed"])
    finally:
        os.umask(before)
    assert oct((tmp_path / "open").stat().st_mode)[-3:] == "640"
    assert oct((tmp_path / "closed").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize(
    ("folder", "files", "private"),
    [
        (0o2770, "660", "660"),
        (0o2750, "640", "640"),
        (0o2775, "644", "600"),  # others may look in: it is not for the group alone
        (0o0770, "644", "600"),  # what is made in it would not be the group's
        (0o2700, "644", "600"),
    ],
)
def test_a_folder_that_is_its_groups_alone_decides_for_all_that_is_written_in_it(
    tmp_path: Path, folder: int, files: str, private: str
) -> None:
    tmp_path.chmod(folder)
    before = os.umask(0o022)
    try:
        write_all({tmp_path / "open": b"", tmp_path / "closed": b""}, private=[tmp_path / "closed"])
        write_atomically(tmp_path / "a" / "b" / "below", b"")
    finally:
        os.umask(before)
    assert oct((tmp_path / "open").stat().st_mode)[-3:] == files
    assert oct((tmp_path / "closed").stat().st_mode)[-3:] == private
    assert oct((tmp_path / "a" / "b" / "below").stat().st_mode)[-3:] == files
    if private != "600":
        assert {(tmp_path / name).stat().st_mode & 0o7777 for name in ("a", "a/b")} == {folder}


def test_when_one_file_cannot_be_written_none_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "first").write_bytes(b"old")
    (tmp_path / "blocked").write_bytes(b"a file, not a folder")
    with pytest.raises(OutputError, match="cannot be written"):
        write_all({tmp_path / "first": b"new", tmp_path / "blocked" / "second": b"new"})
    assert (tmp_path / "first").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["blocked", "first"]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "call.json").write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_atomically(tmp_path / "call.json", b"new")
    assert (tmp_path / "call.json").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["call.json"]


def test_a_reader_never_sees_half_a_file_even_of_a_killed_writer(tmp_path: Path) -> None:
    target = tmp_path / "call.json"
    code = (
        "import sys; from pathlib import Path; from analyzer.files import write_atomically\n"
        "n = 0\n"
        "while True:\n"
        "    write_atomically(Path(sys.argv[1]), bytes([65 + n % 26]) * 3_000_000); n += 1\n"
    )
    for wait in (0.05, 0.1, 0.15):
        writer = subprocess.Popen([sys.executable, "-c", code, str(target)])
        deadline = time.monotonic() + 120
        while not target.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(wait)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        content = target.read_bytes()
        assert len(content) == 3_000_000
        assert len(set(content)) == 1
    sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["call.json"]


def test_the_way_out_of_a_file_that_cannot_be_written_fits_what_it_is(tmp_path: Path) -> None:
    from analyzer.errors import OutputError
    from analyzer.files import write_atomically

    (tmp_path / "file").touch()
    for elsewhere, todo in (("another file", "Free some space, or choose another file"), (None, "Free some space")):
        with pytest.raises(OutputError) as caught:
            write_atomically(tmp_path / "file" / "below", b"", elsewhere=elsewhere)
        assert caught.value.todo == todo
