"""The server's run: the port is taken, the library is opened, and it answers until it is stopped."""

from __future__ import annotations

import errno
import logging
import socket
import sys
from collections.abc import Callable
from dataclasses import replace

from analyzer import session
from analyzer.errors import AnalyzerError, UsageError
from analyzer.serve.app import made_app
from analyzer.serve.dropped import Dropped
from analyzer.serve.known import Known
from analyzer.serve.serving import Serving

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""Requests at one time; what is beyond is told to come back."""


def serve(serving: Serving, started: Callable[[str], None]) -> None:
    """Serves the library until the process is stopped; `started` is told the address once it answers.

    Raises:
        LibraryError: there are no results, or the catalog cannot be used.
        UsageError: the address or port cannot be had.
    """
    import uvicorn

    known = Known(serving.settings.out, serving.settings.catalog, read_only=serving.read_only)
    try:
        listening = taken(serving.host, serving.port)
        try:
            serving = replace(serving, port=listening.getsockname()[1])
            dropped = Dropped(serving, known)
            server = uvicorn.Server(
                uvicorn.Config(
                    made_app(serving, known, dropped),
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    date_header=False,
                    proxy_headers=False,
                    limit_concurrency=MOST_AT_ONCE,
                    timeout_keep_alive=15,
                    timeout_graceful_shutdown=10,
                    h11_max_incomplete_event_size=32_768,
                    lifespan="off",
                    ws="none",
                )
            )
            dropped.leaves = lambda: server.should_exit
            if not serving.read_only:
                make_whole(serving, known)
                dropped.go_on()
            known.now()  # what is slow the first time is done before anybody waits for it
            started(address(serving))
            try:
                server.run(sockets=[listening])
            finally:
                dropped.close()
        finally:
            listening.close()
    finally:
        known.close()


def make_whole(serving: Serving, known: Known) -> None:
    """Makes the results again of what was said when the last server was killed."""
    behind = list(known.behind())
    for folder in behind:
        try:
            session.refresh(folder.path, serving.settings, None)
        except AnalyzerError as error:  # the call's own page tells it, and the others are served
            log.warning("%s", error.line())
    if behind:
        known.changed(log.warning)


def address(serving: Serving) -> str:
    """The address to open in a browser."""
    if serving.base_url is not None:
        return serving.base_url.rstrip("/") + "/"
    host = socket.gethostname() if serving.host in ("0.0.0.0", "::") else serving.host
    return f"http://{f'[{host}]' if ':' in host else host}:{serving.port}/"


def taken(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is any that is free.

    Raises:
        UsageError: there is no such address here, or the port cannot be had.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
    except (OSError, OverflowError, UnicodeError) as error:
        raise UsageError(f"--host {host} is no address of this machine", todo="Leave it out, or correct it") from error
    try:
        if sys.platform != "win32":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(where)
        found.listen(128)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} is in use already", todo="Choose another with --port") from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise UsageError(f"port {port} may not be used by this user", todo="Choose one above 1024") from error
        raise UsageError(f"{host}:{port} cannot be used ({error.strerror})", todo="Choose another") from error
    return found
