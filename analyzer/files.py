"""Writing files so that a reader never sees half of one: to a temporary file beside the target, then renamed.

Who may read what is written is decided here, by the folder it goes to. In a folder of a group (see `Sharing`) all is
the group's, whoever writes and whatever their umask; elsewhere the umask decides, and what is private is its owner's.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import socket
import stat
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from analyzer.errors import AnalyzerError, BadFileError, OutputError

PARTIAL = ".analyzer-"
"""How the names of temporary files begin; they lie beside their targets for as long as a write takes."""
LARGEST = 1_000_000
"""Bytes of the largest file that somebody writes by hand; a larger one is something else."""
ABANDONED = 600.0
"""Seconds after which a temporary file of no one known is no longer a write that is under way."""
_BLOCK = 2**20
_APART = "~"
OWNER_SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class Sharing:
    """A folder that is its group's: it hands its group on (setgid), and others have no access.

    `analyzer … --group NAME` makes one, or its owner does by hand: 2770 lets the group read and correct what is in it,
    2750 only read.
    """

    gid: int
    folder_mode: int

    @property
    def file_mode(self) -> int:
        """The mode of a file there."""
        return self.folder_mode & 0o660


def sharing_of(folder: Path) -> Sharing | None:
    """The group that a folder is shared with, or None."""
    try:
        state = folder.stat()
    except OSError:
        return None
    mode = stat.S_IMODE(state.st_mode)
    shared = mode & stat.S_ISGID and mode & 0o050 == 0o050 and not mode & 0o007
    return Sharing(state.st_gid, mode & 0o2770) if shared else None


def mode_in(folder: Path, *, private: bool = False) -> int:
    """The mode of a file of ours in `folder`."""
    shared = sharing_of(folder)
    return shared.file_mode if shared is not None else 0o600 if private else 0o666 & ~_umask()


def permit(handle: int, folder: Path, *, private: bool = False) -> None:
    """Gives an open file of ours in `folder` to those who may use it."""
    shared = sharing_of(folder)
    if shared is not None and os.fstat(handle).st_gid != shared.gid:
        os.fchown(handle, -1, shared.gid)
    os.fchmod(handle, mode_in(folder, private=private))


def is_there(path: Path) -> bool:
    """Whether there is anything at `path` that this user can see; never an error.

    `Path.exists` and its kin raise for a folder that may not be entered (EACCES), a name that is too long
    (ENAMETOOLONG), a disk or share that fails (EIO, ESTALE). Asked about one entry of many, that must not stop the
    others: what cannot be seen is not there, and whoever opens it learns why.
    """
    return _seen(path, lambda _: True)


def is_file(path: Path) -> bool:
    """Whether there is a file at `path` that this user can see; never an error (see `is_there`)."""
    return _seen(path, stat.S_ISREG)


def is_folder(path: Path) -> bool:
    """Whether there is a folder at `path` that this user can see; never an error (see `is_there`)."""
    return _seen(path, stat.S_ISDIR)


def _seen(path: Path, kind: Callable[[int], bool]) -> bool:
    try:
        return kind(path.stat().st_mode)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return False


def sha256(content: bytes | BinaryIO, size: int = sys.maxsize) -> str:
    """SHA-256 in hexadecimal of bytes, or of at most `size` bytes of an open file from where it is, read in blocks."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    digest = hashlib.sha256()
    while size > 0 and (block := content.read(min(_BLOCK, size))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def id_of(text: str) -> str:
    """What stands for a name in an address: it says nothing, and leads nowhere else."""
    return sha256(text.encode(errors="surrogateescape"))[:16]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file in hexadecimal. Raises `OSError`s as opening and reading it do."""
    with path.open("rb") as file:
        return sha256(file)


@contextlib.contextmanager
def checking(path: Path, todo: str, kind: type[AnalyzerError] = BadFileError) -> Iterator[None]:
    """Reports what goes wrong inside the block as an error of the file `path`; `todo` is the way out.

    Raises:
        BadFileError (or another `kind`): the file cannot be read, or something in it is wrong. For what pydantic
            complains about, the message names the first field.
    """
    try:
        yield
    except OSError as error:
        todo = "Check the path and who may read it"
        raise kind(f"cannot be read ({error.strerror or error})", where=path, todo=todo) from error
    except ValueError as error:
        raise kind(_first_fault(error), where=path, todo=todo) from error


def _first_fault(error: ValueError) -> str:
    from pydantic import ValidationError

    if isinstance(error, tomllib.TOMLDecodeError | UnicodeDecodeError):
        return f"is not TOML: {error}"
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"]) or "the file"
    return f"field {place}: {first['msg']}"


def read_toml(path: Path, todo: str = "Correct that line", kind: type[AnalyzerError] = BadFileError) -> dict[str, Any]:
    """What a TOML file of at most `LARGEST` bytes holds.

    Raises:
        BadFileError (or another `kind`): it cannot be read, is too large, or is not TOML.
    """
    with checking(path, todo, kind):
        if path.stat().st_size > LARGEST:
            raise kind(f"is larger than {LARGEST:,} bytes", where=path, todo="Check that this is the right file")
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except RecursionError:
            raise ValueError("is not TOML: it is nested too deep") from None


def make_folder(folder: Path) -> None:
    """Makes a folder, and those above it that are missing; in a folder of a group it is the group's too."""
    if is_folder(folder):
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    shared = sharing_of(folder.parent)
    if shared is not None and sharing_of(folder) != shared:
        os.chown(folder, -1, shared.gid)
        folder.chmod(shared.folder_mode)


RESULTS_ELSEWHERE = "another folder with --out"
"""What a person can choose where results cannot be written."""


def write_atomically(
    path: Path, content: bytes, *, private: bool = False, elsewhere: str | None = RESULTS_ELSEWHERE
) -> None:
    """Writes one file, whole or not at all; with `private` only its owner may read it (or the group of its folder).

    `elsewhere` is what a person can choose where it cannot be written; None where it can lie there alone.

    Raises:
        OutputError: it cannot be written.
    """
    write_all({path: content}, private=[path] if private else [], elsewhere=elsewhere)


def write_all(
    contents: Mapping[Path, bytes],
    *,
    private: list[Path] | None = None,
    elsewhere: str | None = RESULTS_ELSEWHERE,
) -> None:
    """Writes several files: all are on the disk in full before the first takes its name; `elsewhere` as above.

    Folders that are missing are made. When it fails, what was there before is still there and no temporary file is.

    Raises:
        OutputError: one of them cannot be written.
    """
    written: list[tuple[str, Path]] = []
    path = next(iter(contents), Path())
    try:
        for path, content in contents.items():
            make_folder(path.parent)
            handle, name = temporary(path.parent)
            written.append((name, path))
            with os.fdopen(handle, "wb") as file:
                permit(handle, path.parent, private=path in (private or ()))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        while written:
            name, path = written[0]
            os.replace(name, path)  # noqa: PTH105 - a str
            written.pop(0)
    except OSError as error:
        what = f"cannot be written ({error.strerror or error})"
        raise OutputError(what, where=path, todo=way_out(error, elsewhere)) from error
    finally:
        for name, _ in written:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - a str


def way_out(error: OSError, elsewhere: str | None = RESULTS_ELSEWHERE) -> str:
    """What to do when something cannot be written."""
    may = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    todo = "Check who may write in its folder" if may else "Free some space"
    return todo if elsewhere is None else f"{todo}, or choose {elsewhere}"


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def temporary(folder: Path) -> tuple[int, str]:
    """A new temporary file in `folder`, open for writing; its name says which run it belongs to."""
    return tempfile.mkstemp(dir=folder, prefix=f"{PARTIAL}{this_run().replace(OWNER_SEPARATOR, _APART)}{_APART}")


def left_over(folder: Path, *, strict: bool = False) -> list[Path]:
    """The temporary files in `folder` of runs that have ended; of one that no one here knows, its age tells.

    With `strict` one that no one here knows always is left over.
    """
    return [path for path in sorted(folder.glob(f"{PARTIAL}*")) if _is_abandoned(path, strict)]


def _is_abandoned(path: Path, strict: bool) -> bool:
    owner = path.name.removeprefix(PARTIAL).rpartition(_APART)[0].replace(_APART, OWNER_SEPARATOR)
    if is_dead(owner):
        return True
    try:
        return not is_here(owner) and (strict or time.time() - path.stat().st_mtime > ABANDONED)
    except OSError:
        return False


def sweep(folder: Path, *, strict: bool = False) -> None:
    """Removes temporary files that killed processes left in `folder`; those of a run that lives stay.

    With `strict` only those of a run that lives on this machine do: what is private must not wait for its age.
    """
    for stale in left_over(folder, strict=strict):
        with contextlib.suppress(OSError):
            stale.unlink()


NOWHERE = Path(os.devnull)
"""What a user without a home folder has in place of one: nothing is in it, and nothing can be put there."""


def own_folder(variable: str, name: str) -> Path:
    """Where this user's files of a kind lie: the folder that the variable names, or one among the user's data.

    It lies in `NOWHERE` where it would have to be in the home of a user who has none, as a service in a container.
    """
    from platformdirs import user_data_path

    with contextlib.suppress(RuntimeError):  # the user has no home
        if named := os.environ.get(variable):
            return Path(named).expanduser()
        folder = user_data_path("analyzer", appauthor=False).expanduser()
        if not folder.is_absolute():  # a relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification)
            folder = Path("~/.local/share/analyzer").expanduser()
        return folder / name
    return NOWHERE / name


def is_nowhere(folder: Path) -> bool:
    """Whether a folder is where a user without a home would have it."""
    return NOWHERE in folder.parents


# Who holds a lease, a lock or a half-written file: a run of the program, as a text that tells whether it still lives.
# Only the machine that it runs on can tell.


def this_run() -> str:
    """This process as the owner of leases: machine, boot, process, and when the process began."""
    return OWNER_SEPARATOR.join((*_machine(), str(os.getpid()), _began(os.getpid()) or "?"))


def is_dead(owner: str) -> bool:
    """Whether an owner was a run on this machine that has ended; False when no one here can tell."""
    machine, _, rest = owner.partition(OWNER_SEPARATOR)
    boot, _, rest = rest.partition(OWNER_SEPARATOR)
    pid, _, began = rest.partition(OWNER_SEPARATOR)
    here, boot_here = _machine()
    if machine != here or not pid.isdecimal():
        return False
    if boot != boot_here:
        return True  # the machine was started again since
    if not is_there(Path("/proc/self/stat")):
        return not _exists(int(pid))
    return _began(int(pid)) != began


def is_here(owner: str) -> bool:
    """Whether an owner is a run on this machine, of which `is_dead` can tell."""
    return owner.partition(OWNER_SEPARATOR)[0] == _machine()[0]


def number_of(owner: str) -> str:
    """The number of an owner's process; empty when it has none."""
    return [*owner.split(OWNER_SEPARATOR), "", "", ""][2]


def _machine() -> tuple[str, str]:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        boot = "?"
    return socket.gethostname(), boot


def _began(pid: int) -> str | None:
    """When a process began, in the kernel's ticks; None when there is no such process or no one tells."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = line.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
