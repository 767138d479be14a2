"""Who holds a lease, a lock or a half-written file: a run of the program, as a text that tells whether it still lives.

Only the machine that it runs on can tell.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

SEPARATOR = "/"


def this_run() -> str:
    """This process as the owner of leases: machine, boot, process, and when the process began."""
    return SEPARATOR.join((*_machine(), str(os.getpid()), _began(os.getpid()) or "?"))


def is_dead(owner: str) -> bool:
    """Whether an owner was a run on this machine that has ended; False when nobody here can tell."""
    machine, _, rest = owner.partition(SEPARATOR)
    boot, _, rest = rest.partition(SEPARATOR)
    pid, _, began = rest.partition(SEPARATOR)
    here, boot_here = _machine()
    if machine != here or not pid.isdecimal():
        return False
    if boot != boot_here:
        return True  # the machine was started anew since
    if not Path("/proc/self/stat").exists():
        return not _exists(int(pid))
    return _began(int(pid)) != began


def is_here(owner: str) -> bool:
    """Whether an owner is a run on this machine, of which `is_dead` can tell."""
    return owner.partition(SEPARATOR)[0] == _machine()[0]


def number_of(owner: str) -> str:
    """The number of an owner's process; empty when it has none."""
    return [*owner.split(SEPARATOR), "", "", ""][2]


def _machine() -> tuple[str, str]:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        boot = "?"
    return socket.gethostname(), boot


def _began(pid: int) -> str | None:
    """When a process began, in the kernel's ticks; None when there is no such process or nobody tells."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
