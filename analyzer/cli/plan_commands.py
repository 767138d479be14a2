"""`analyzer plan`: a plan to fill in, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.lines import say
from analyzer.errors import ExitCode

plan_app = typer.Typer(help="The plan of a call: who comes along and why, who leads, what for.", no_args_is_help=True)


@plan_app.command("check")
def plan_check(file: Annotated[Path, typer.Argument(help="The plan: <recording name>.plan.toml.")]) -> None:
    """Check a plan: every error and warning with its line and the way out."""
    from analyzer.people.plan.reading import check_plan

    findings = check_plan(file)
    for finding in findings:
        say(finding.text())
    errors = sum(finding.severity == "error" for finding in findings)
    if errors:
        raise typer.Exit(ExitCode.BAD_FILE)
    warnings = len(findings)
    say(f"{file}: the plan can be used" + (f"; {warnings} warnings above." if warnings else "."))


@plan_app.command("new")
def plan_new(call: Annotated[Path, typer.Argument(help="The recording, present or to come.")]) -> None:
    """Write a plan to fill in beside a recording, with the questions to settle before the call."""
    from analyzer.people.plan.reading import write_plan_template

    path = write_plan_template(call)
    say(path)
