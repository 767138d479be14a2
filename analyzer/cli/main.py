"""The command line: the one place that prints and exits.

Results go to stdout, everything else to stderr. A failure is one line and an exit code (`errors.ExitCode`). Imports
that cost time are made inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from analyzer.cli.bench_commands import bench_app
from analyzer.cli.call_commands import SIDES_HELP, debrief, export, name, report
from analyzer.cli.help_text import MANY_CALLS, ONE_CALL, SETTINGS, THIS_MACHINE, Grouped, GroupedCommand, example
from analyzer.cli.library_commands import INTERRUPTS, batch, library_app, nightly
from analyzer.cli.lines import os_error, say, standard_streams, tell_wrong_use, warn, written_out
from analyzer.cli.log import start_log
from analyzer.cli.models_commands import models_app
from analyzer.cli.people_commands import people_app
from analyzer.cli.plan_commands import plan_app
from analyzer.cli.serve_commands import serve
from analyzer.cli.trends_commands import trends
from analyzer.errors import AnalyzerError, ExitCode, InterruptedRunError, fault, places_of
from analyzer.telemetry import remove_left_over
from analyzer.version import __version__

app = typer.Typer(
    name="analyzer",
    help="Who led the call, who took over, and what to talk about in the debrief. Everything runs on this machine.",
    cls=Grouped,
    context_settings=SETTINGS,
    epilog="analyzer COMMAND -h says more, with an example.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_WRONG_USE: type[Exception] = typer.BadParameter.__mro__[2]
"""What typer raises for a command line that it does not understand; it has no public name in every version."""


TYPERS_BROKEN_PIPE = 1
"""What typer itself exits with when its output is no longer read; our commands never exit this way."""


def main() -> NoReturn:
    """Runs the command line and exits with its code.

    A command that fails after an interrupt was interrupted, whatever it fails with: an interrupt that reaches a library
    in its cleanup, or in what it calls back, may leave it as any other exception.
    """
    standard_streams()
    _note_interrupts()
    failed: BaseException | None = None
    code: int = ExitCode.OK
    try:
        remove_left_over()
        code = app(standalone_mode=False) or ExitCode.OK
    except BaseException as error:  # noqa: BLE001 - each has its exit code
        failed = error
    try:
        if failed is not None:
            code = _interrupted(failed) if INTERRUPTS else _told(failed)
        if code == ExitCode.INTERRUPTED and not isinstance(failed, InterruptedRunError):
            warn("interrupted; what was finished is kept, and the same command goes on from there.")
        if not written_out():
            code = code or ExitCode.LIBRARY
    except KeyboardInterrupt:  # once more, at the last line
        code = ExitCode.INTERRUPTED
    sys.exit(code)


def _note_interrupts() -> None:
    """Lets the signals that end a program interrupt it, and notes them."""

    def interrupt(number: int, _: FrameType | None) -> None:
        INTERRUPTS.append(number)
        raise KeyboardInterrupt

    def unraised(found: sys.UnraisableHookArgs) -> None:
        # Where Python lets nothing through (a callback of the garbage collector), the signal is noted all the same.
        if not (INTERRUPTS and isinstance(found.exc_value, KeyboardInterrupt)):
            sys.__unraisablehook__(found)

    sys.unraisablehook = unraised
    if logging.lastResort is not None:
        # A library that was interrupted in its cleanup logs the interrupt as its own failure, with a traceback.
        logging.lastResort.addFilter(lambda _: not INTERRUPTS)
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:  # as in a shell's background
        signal.signal(signal.SIGINT, interrupt)


def _interrupted(failed: BaseException) -> ExitCode:
    if isinstance(failed, InterruptedRunError):
        warn(failed.line())
    logging.getLogger(__name__).debug("interrupted\n%s", places_of(failed))
    return ExitCode.INTERRUPTED


def _told(failed: BaseException) -> int:
    """Tells why a command failed; its exit code."""
    try:
        raise failed
    except _WRONG_USE as error:
        tell_wrong_use(error)
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):  # also a prompt that was left with Ctrl-D
        return ExitCode.INTERRUPTED
    except AnalyzerError as error:
        warn(error.line())
        logging.getLogger(__name__).debug("%s\n%s", error.line(), places_of(error))
        return error.exit_code
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and error.code != TYPERS_BROKEN_PIPE:
            raise
        _end_as_its_reader_did()
    except OSError as error:
        warn(os_error(error))
        return ExitCode.LIBRARY
    except Exception as error:  # noqa: BLE001 - a fault of this program: a traceback would tell its user nothing
        warn(fault(error))
        logging.getLogger(__name__).error("internal error\n%s", places_of(error))
        return ExitCode.INTERNAL


def _end_as_its_reader_did() -> NoReturn:
    """Ends like any other program in `analyzer report … | head`; results are written before anything is printed.

    Only now: were the signal let through all the time, a worker that dies would take the driver along without a word.
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.raise_signal(signal.SIGPIPE)
    sys.exit(ExitCode.LIBRARY)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"analyzer {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell on stderr what each stage took.")] = False,
    log_file: Annotated[
        Path | None, typer.Option(help="Add the log to this file, with the place in the program of each failure.")
    ] = None,
) -> None:
    start_log(verbose=verbose, file=log_file)


_COMMANDS = (
    (ONE_CALL, report, example("analyzer report call.m4a --salesperson S1 --customer S2") + "\n\n" + SIDES_HELP),
    (ONE_CALL, name, example('analyzer name call.m4a S1="Dana Reyes" S2="Marcus Webb"')),
    (ONE_CALL, debrief, example("analyzer debrief call.m4a")),
    (ONE_CALL, export, example("analyzer export call.m4a --to csv --file call.csv")),
    (MANY_CALLS, batch, example("analyzer batch recordings --out debriefs")),
    (MANY_CALLS, nightly, example("analyzer nightly /srv/calls --out /srv/debriefs --until 06:00 > night.md")),
    (MANY_CALLS, serve, example("analyzer serve --out debriefs --open")),
    (MANY_CALLS, trends, example("analyzer trends --out debriefs --since 2026-01-31")),
)
for _panel, _command, _epilog in _COMMANDS:
    app.command(cls=GroupedCommand, rich_help_panel=_panel, epilog=_epilog)(_command)
_GROUPS = (
    (ONE_CALL, plan_app, "plan"),
    (MANY_CALLS, library_app, "library"),
    (THIS_MACHINE, people_app, "people"),
    (THIS_MACHINE, models_app, "models"),
    (THIS_MACHINE, bench_app, "bench"),
)
for _panel, _group, _name in _GROUPS:
    app.add_typer(_group, name=_name, cls=Grouped, rich_help_panel=_panel)
