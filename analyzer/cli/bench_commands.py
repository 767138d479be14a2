"""`analyzer bench`: measurements on recordings whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.help_text import GroupedCommand, example
from analyzer.cli.lines import say_text
from analyzer.errors import InterruptedRunError

bench_app = typer.Typer(help="Measure on recordings whose truth is known.", no_args_is_help=True)


@bench_app.command("interval", cls=GroupedCommand, epilog=example("analyzer bench interval recordings"))
def interval(
    folders: Annotated[list[Path], typer.Argument(help="Recordings, each with its turns in <name>.rttm.")],
    keep: Annotated[
        Path | None, typer.Option(help="Where to keep what was heard, so that another run need not hear it again.")
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option(help="Fit the scale of the intervals to these recordings, and write it to this file."),
    ] = None,
    least: Annotated[float, typer.Option(min=0, help="Seconds of talk below which a team is left out.")] = 60.0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """How often the 90 % interval of the lead share holds the truth, how wide it is, and what it decides."""
    from analyzer.bench.calibration import fitted_scale, interval_report
    from analyzer.call.engine import LocalEngine
    from analyzer.cli.bars import shown_progress
    from analyzer.files import write_atomically
    from analyzer.lead.scale import written
    from analyzer.timeline import samples
    from analyzer.version import __version__

    try:
        with shown_progress() as progress:
            engine = LocalEngine(device=device)
            report = interval_report(folders, engine, least=samples(least), keep=keep, progress=progress)
    except KeyboardInterrupt:
        if keep is not None:
            raise
        raise InterruptedRunError(
            "interrupted; nothing was kept", todo="With --keep FOLDER the same command goes on from there"
        ) from None
    if fit is not None:
        scale = fitted_scale(report, __version__)
        write_atomically(fit, written(scale).encode(), elsewhere="another file")
        report = report.scaled(scale)
    say_text(report.table())


@bench_app.command("run", cls=GroupedCommand, epilog=example("analyzer bench run recordings --profile fast --no-stock"))
def run(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Recordings with their turns in <name>.rttm; roles in <name>.json, words in <name>.stm."),
    ],
    profile: Annotated[
        list[str] | None, typer.Option(help="fast or balanced. May be repeated. [default: balanced]")
    ] = None,
    stock: Annotated[bool, typer.Option("--stock/--no-stock", help="Run the stock stack too, beside ours.")] = True,
    stock_first: Annotated[
        int | None, typer.Option(min=1, help="Only on the first so many recordings of each folder; it takes its time.")
    ] = None,
    transcript: Annotated[bool, typer.Option("--transcript/--no-transcript", help="Words too.")] = True,
    language: Annotated[str | None, typer.Option(help="Language spoken. [default: found out]")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda; the stock stack runs on the CPU.")] = "auto",
    json_: Annotated[Path | None, typer.Option("--json", help="Where to write everything that was measured.")] = None,
) -> None:
    """How exact, how fast and how big, beside pyannote.audio and faster-whisper as they come, in the same run.

    Give real recordings and simulated ones as folders of their own: each folder has its own totals.
    """
    from analyzer.bench.race import StoppedRace, race
    from analyzer.bench.table import tables
    from analyzer.cli.bars import shown_progress
    from analyzer.files import write_atomically

    stopped = False
    try:
        with shown_progress() as progress:
            done = race(
                folders,
                profile or ["balanced"],
                stock=stock_first if stock else 0,
                transcript=transcript,
                language=language,
                device=device,
                progress=progress,
            )
    except StoppedRace as early:
        stopped, done = True, early.done
    if json_ is not None:
        write_atomically(json_, done.json().encode(), elsewhere="another file")
    say_text(tables(done))
    if stopped:
        raise InterruptedRunError(
            "interrupted; what was measured by then is above, and the same command begins again from the start"
        )
