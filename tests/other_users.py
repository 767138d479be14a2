"""Commands as other users of this machine, by numbers alone: no account is made. Needs root (and says so by a skip)."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class User:
    """A user by number, with the groups they are in and the umask that they work with."""

    uid: int
    groups: tuple[int, ...] = ()
    umask: int = 0o077

    def run(
        self, *words: str | Path, cwd: Path, env: dict[str, str], code: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command as this user and no one else; its exit code must be `code`, any if None."""
        groups = ["--groups", ",".join(map(str, self.groups))] if self.groups else ["--clear-groups"]
        as_user = ["setpriv", "--reuid", str(self.uid), "--regid", str(self.uid), *groups, *map(str, words)]
        script = (
            f"{within_reach(_needed())}\numask {self.umask:04o}\ncd {shlex.quote(str(cwd))}\nexec {shlex.join(as_user)}"
        )
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "bash", "-euc", script],
            capture_output=True,
            text=True,
            env=env,
            check=False,
            timeout=120,
        )
        assert code is None or done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        assert "internal error" not in done.stderr, done.stderr
        return done

    def become(self) -> None:
        """Makes this process one of this user, as `run` makes its commands; there is no way back."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x00020000) != 0:  # mounts of its own
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["bash", "-euc", within_reach(_needed())], check=True)
        os.setgroups(self.groups)
        os.setresgid(self.uid, self.uid, self.uid)
        os.setresuid(self.uid, self.uid, self.uid)
        os.umask(self.umask)
        libc.prctl(4, 1)  # a process that changed its user may not look at itself in /proc; one that was started may


def need_other_users() -> None:
    """Skips the test where other users cannot be had."""
    if os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can work as other users")
    if not shutil.which("setpriv") or not shutil.which("unshare"):
        pytest.skip("there is no setpriv or unshare here")
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("this machine lets no one have mounts of their own")


def _needed() -> Iterable[Path]:
    """What the program needs to run: Python, the packages, and this checkout."""
    places = {sys.prefix, sys.base_prefix, sysconfig.get_path("purelib"), str(ROOT)}
    return sorted(Path(place).resolve() for place in places)


def within_reach(places: Iterable[Path]) -> str:
    """Shell lines that, in mounts of one's own, let others reach places below a folder that is closed to them.

    Root's Python may lie in root's home. The closed folder is replaced by an empty one in which only these places are.
    """
    lines = []
    closed: dict[Path, list[Path]] = {}
    for place in places:
        shut = next((p for p in reversed(place.parents) if not p.stat().st_mode & 0o001), None)
        if shut is not None:
            closed.setdefault(shut, []).append(place)
    for number, (shut, inside) in enumerate(closed.items()):
        aside = f"$aside/{number}"
        lines += [f"aside=$(mktemp -d); mkdir {aside}; mount --bind {shlex.quote(str(shut))} {aside}"]
        lines += [f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(shut))}"]
        for place in inside:
            lines += [
                f"mkdir -p {shlex.quote(str(place))}",
                f"mount --bind {aside}/{shlex.quote(str(place.relative_to(shut)))} {shlex.quote(str(place))}",
            ]
        lines += [f"umount {aside}; rmdir {aside}; rmdir $aside"]
    return "\n".join(lines)
