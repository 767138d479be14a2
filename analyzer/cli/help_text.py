"""How `--help` and `-h` look: commands and options in groups, an example at the end, nothing cut off.

The groups are typer's help panels (`rich_help_panel`), printed as plain text: it is read by a screen reader, in a log,
in a narrow terminal and in one that knows no colours, and needs no heavy import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

ONE_CALL, MANY_CALLS, THIS_MACHINE = "One call", "Many calls", "This machine"
WHO: dict[str, Any] = {"rich_help_panel": "Who is who"}
HEARD: dict[str, Any] = {"rich_help_panel": "How it is heard"}
"""Groups of options."""

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
"""What the program is made with, and all its commands from it."""

KINDS = {"str": "text", "int": "number", "float": "number"}
"""What to call a kind of value, where typer gives Python's name."""


def example(*lines: str) -> str:
    """The end of a command's help: how it is typed."""
    return "\b\nFor example:\n" + "\n".join(f"  {line}" for line in lines)


def values(*known: str) -> dict[str, Any]:
    """What the shell completes an option with."""
    return {"autocompletion": lambda incomplete: [one for one in known if one.startswith(incomplete)]}


class GroupedCommand(TyperCommand):
    """A command whose options stand in groups."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments first, then the options of each panel; those of none under `Options`, last."""
        arguments, rest, panels = [], [], dict[str, list[tuple[str, str]]]()
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record is None:
                continue
            if one.param_type_name == "argument":
                arguments.append(record)
            elif panel := getattr(one, "rich_help_panel", None):
                panels.setdefault(panel, []).append(record)
            else:
                rest.append(record)
        _sections(formatter, (("Arguments", arguments), *panels.items(), ("Options", rest)))


class Grouped(TyperGroup):
    """Commands in groups, each with its whole first sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands of each panel."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None) or "Commands"
                panels.setdefault(panel, []).append((name, command.get_short_help_str(limit=200)))
        _sections(formatter, panels.items())


def _sections(formatter: Any, found: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    for title, records in found:
        if records:
            with formatter.section(title):
                formatter.write_dl([(_KIND.sub(_kind, head), text) for head, text in records])


_KIND = re.compile(r"<(?:list\[)?(\w+)\]?>")


def _kind(found: re.Match[str]) -> str:
    return f"<{KINDS.get(found[1], found[1].lower())}>"
