"""`analyzer bench`: measurements on recordings whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

bench_app = typer.Typer(help="Measure on recordings whose truth is known.", no_args_is_help=True)


@bench_app.callback()
def _bench() -> None:
    """Keeps `interval` a command of its own while it is the only one."""


@bench_app.command()
def interval(
    folder: Annotated[Path, typer.Argument(help="Recordings, each with its turns in <name>.rttm.")],
    keep: Annotated[
        Path | None, typer.Option(help="Where to keep what was heard, so that another run need not hear it again.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """How often the 90 % interval of the lead share holds the truth, and how wide it is."""
    from analyzer.bench.calibration import interval_report
    from analyzer.cli_progress import shown_progress
    from analyzer.pipeline import LocalEngine

    with shown_progress() as progress:
        report = interval_report(folder, LocalEngine(device=device), keep=keep, progress=progress)
    typer.echo(report.table())
