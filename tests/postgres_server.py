"""A PostgreSQL server of our own for the tests: its data in a temporary folder, a free port, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class NoServerError(Exception):
    """PostgreSQL's programs are not on this machine."""


def _bin() -> Path:
    """Where `initdb` and `pg_ctl` are."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    with suppress(OSError, subprocess.CalledProcessError):
        said = subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True).stdout
        folders.append(Path(said.strip()))
    if found := shutil.which("initdb"):
        folders.append(Path(found).parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoServerError("PostgreSQL's server is not installed (initdb, pg_ctl)")


def _as_nobody() -> dict[str, int]:
    """The server refuses to run as root; this is who it runs as then."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid}
    raise NoServerError("PostgreSQL does not run as root, and there is no other user to run it as")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def postgres() -> Iterator[str]:
    """A running server's address, `postgresql://postgres@127.0.0.1:<port>/`; a database's name goes after it.

    Raises:
        NoServerError: there is none on this machine.
    """
    programs, who = _bin(), _as_nobody()
    home = Path(tempfile.mkdtemp(prefix="analyzer-pg-"))
    try:
        if who:
            os.chown(home, who["user"], who["group"])
        data, port = home / "data", _free_port()

        def run(*words: str) -> None:
            # Its output to a file: the server keeps what it was given open, and a pipe would never end.
            with (home / "said").open("ab") as said:
                done = subprocess.run(words, stdout=said, stderr=said, cwd=home, check=False, **who)  # type: ignore[call-overload]
            if done.returncode != 0:
                raise RuntimeError((home / "said").read_text(errors="replace"))

        run(
            str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"
        )
        options = f"-p {port} -h 127.0.0.1 -k '{home}' -c fsync=off -c timezone=Pacific/Auckland"
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "60"]
        run(*control, "-l", str(home / "log"), "-o", options, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/"
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
