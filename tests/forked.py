"""Commands with the fake engine, each in a process forked from one that has imported the program already.

Imports take a command a second, and as long again in its worker process; the tests run hundreds of commands. What has
to show how processes start, are killed or share a folder starts real ones (`nightly_runs.Desk.start`).
"""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import importlib
import multiprocessing
import os
import pickle
import pkgutil
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tests.other_users import User

ROOT = Path(__file__).parents[1]
LATER = ("alembic.command", "rich.progress", "rich.table", "scipy.optimize", "sqlalchemy.dialects.sqlite")
"""What commands import when they need it."""
LONGEST = 120.0
"""Seconds that a command may take, on a busy machine too."""


@dataclass(frozen=True)
class Ask:
    """A command to run, and who runs it: this user if None."""

    arguments: list[str]
    cwd: str
    environment: dict[str, str]
    user: User | None


@dataclass
class Forks:
    """The process that forks; started when first asked, ended with the tests."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    socket: socket.socket | None = None

    def run(
        self, arguments: list[str], cwd: Path, environment: dict[str, str], user: User | None = None
    ) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of `analyzer ARGUMENTS`; the code is negative when a signal ended it."""
        with self.lock, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            ours = self.socket = self.socket or self._started()
            ask = pickle.dumps(Ask(arguments, os.fspath(cwd), environment, user))
            socket.send_fds(ours, [ask], [out.fileno(), err.fileno()])
            try:
                code = int(ours.recv(100))
            except (TimeoutError, ValueError):
                self.socket = None  # whatever it is at now, the next command gets another
                code = -signal.SIGALRM
            said = []
            for file in (out, err):
                file.seek(0)
                said.append(file.read().decode())
            return code, said[0], said[1]

    def _started(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANALYZER_")}
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
                env=environment | {"PYTHONPATH": str(ROOT)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        ours.settimeout(LONGEST)

        def end() -> None:
            ours.close()  # then no one asks any more
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)

        atexit.register(end)
        return ours


forks = Forks()


def serve(asked: socket.socket) -> None:
    """Forks a process for each command that is asked for, one after another, until no one asks any more."""
    while True:
        message, files, _, _ = socket.recv_fds(asked, 1_000_000, 2)
        if not message:
            return
        child = os.fork()
        if child == 0:
            asked.close()
            _be(pickle.loads(message), *files)
        for file in files:
            os.close(file)
        asked.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _be(ask: Ask, out: int, err: int) -> NoReturn:
    """Runs the command in this process, as if it had just been started."""
    from analyzer.cli.main import main
    from analyzer.telemetry import switch_off

    code: object = 1
    try:
        os.setsid()
        os.dup2(out, 1)
        os.dup2(err, 2)
        if ask.user is not None:
            ask.user.become()
        os.chdir(ask.cwd)
        os.environ.clear()
        os.environ.update(ask.environment)
        switch_off()
        time.tzset()
        sys.argv = ["analyzer", *ask.arguments]
        main()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:  # noqa: BLE001 - as Python itself does
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(int(code))  # type: ignore[call-overload]


def main() -> None:
    """Imports the program and what the commands import later, and serves."""
    import analyzer
    from analyzer.library import workers
    from tests.fake_analyzer import told, use_fakes
    from tests.many_calls import many_calls
    from tests.records import rich

    ours = [module.name for module in pkgutil.walk_packages(analyzer.__path__, "analyzer.")]
    for name in (*LATER, *(name for name in ours if not re.search(r"\.(bench|migrations|cluster|__main__)\b", name))):
        importlib.import_module(name)
    from analyzer.debrief.results import rendered
    from analyzer.library.index.all_calls import index_page

    rendered(rich())  # which compiles the templates
    index_page(many_calls(2), made_at=dt.datetime.now())

    class Forked(workers.Processes):
        """Workers that are forked as well."""

        def __post_init__(self) -> None:
            self._context = multiprocessing.get_context("fork")  # type: ignore[assignment]

    use_fakes(lambda *given, **named: Forked(*given, **{"make": told} | named))
    serve(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
