"""`serve`: the library in a browser, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.call_commands import CONFIG
from analyzer.cli.library_commands import CATALOG, OUT, settings_of
from analyzer.cli.lines import say, warn
from analyzer.errors import UsageError


def serve(
    out: OUT = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 is any that is free.")] = 8400,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    host: Annotated[
        str, typer.Option(help="Where others reach it, like 0.0.0.0. They need the access code.")
    ] = "127.0.0.1",
    code_file: Annotated[
        Path | None, typer.Option(help="A file with the access code. [default: ANALYZER_CODE, or a new one is printed]")
    ] = None,
    user_header: Annotated[
        str | None, typer.Option(help="The header in which a proxy on this machine names the user.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="The address as people see it, where a proxy stands between.")
    ] = None,
    max_upload: Annotated[
        int, typer.Option(min=1, help="Megabytes of the largest recording that can be dropped in.")
    ] = 4000,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show everything, and change nothing.")] = False,
    catalog: CATALOG = None,
    config: CONFIG = None,
) -> None:
    """Show the library in a browser, where names can be corrected and debriefs held.

    It answers on this machine alone. With --host others come in, once they have given the access code.
    """
    import os

    from analyzer.serve.server import serve as served
    from analyzer.serve.serving import Serving, is_loopback, new_code, read_code

    settings = settings_of(None, config, out=out, catalog=catalog)
    if not host:
        raise UsageError("--host is empty", todo="Leave it out, or name an address")
    code = read_code(code_file) if code_file is not None else os.environ.get("ANALYZER_CODE") or None
    made = code is None and not is_loopback(host)
    code = new_code() if made else code
    serving = Serving(settings, host, port, code, user_header, base_url, read_only, max_upload * 1_000_000)

    def started(address: str) -> None:
        say(f"The calls in {settings.out} are at {address}")
        if made:
            say(f"Access code: {code}")
        warn("Ctrl-C stops it.")
        if open_:
            import webbrowser

            webbrowser.open(address)

    served(serving, started)
