"""`analyzer plan`: a plan to fill in, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.help_text import GroupedCommand, example
from analyzer.cli.library_commands import CONFIG, settings_of
from analyzer.cli.lines import say, tell
from analyzer.errors import ExitCode

plan_app = typer.Typer(help="The plan of a call: who comes along and why, who leads, what for.", no_args_is_help=True)


@plan_app.command("check", cls=GroupedCommand, epilog=example("analyzer plan check call.plan.toml"))
def plan_check(
    file: Annotated[Path, typer.Argument(help="The plan: <recording name>.plan.toml.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder with the results of earlier calls. [default: debriefs]")
    ] = None,
    config: CONFIG = None,
) -> None:
    """Check a plan: every error and warning with its line and the way out.

    For an agenda item without keywords those are offered that earlier calls had for an item of that title.
    """
    from analyzer.people.plan.reading import check_plan, says_parts_alone

    if says_parts_alone(file):
        say(f"{file}: says in which files the recording goes on, and is no plan besides.")
        return
    findings = check_plan(file)
    for finding in findings:
        say(finding.text())
    errors = sum(finding.severity == "error" for finding in findings)
    if errors:
        raise typer.Exit(ExitCode.BAD_FILE)
    _offer_keywords(file, settings_of(None, config, out=out).out)
    warnings = len(findings)
    say(f"{file}: the plan can be used" + (f"; {warnings} warnings above." if warnings else "."))


def _offer_keywords(file: Path, out: Path) -> None:
    from analyzer.library.earlier_words import earlier_keywords
    from analyzer.people.plan.reading import read_plan, toml_value

    bare = [item.title for item in read_plan(file)[0].agenda if not item.keywords and item.start is None]
    for title, words in earlier_keywords(out, bare).items() if bare else ():
        say(f"{title}: earlier calls had keywords = {toml_value(words)}")


@plan_app.command("new", cls=GroupedCommand, epilog=example("analyzer plan new call.m4a"))
def plan_new(call: Annotated[Path, typer.Argument(help="The recording, present or to come.")]) -> None:
    """Write a plan to fill in beside a recording, with the questions to settle before the call.

    The agenda of an invite (.ics) beside it is offered in it, to be confirmed.
    """
    from analyzer.people.plan.reading import write_plan_template
    from analyzer.people.sidecars.finding import find_invite

    invite = find_invite(call)
    agenda = invite.agenda if invite is not None else ()
    began = invite.began if invite is not None else None
    say(write_plan_template(call, agenda=agenda, date=began.date() if began is not None else None))
    if invite is not None and agenda:
        lines = "1 line of its agenda stands" if len(agenda) == 1 else f"{len(agenda)} lines of its agenda stand"
        tell(f"{invite.path.name}: {lines} in the plan, for you to confirm")
