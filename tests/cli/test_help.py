"""What `-h` says: everything in a group, nothing cut off, an example for each command, and what the shell completes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from analyzer.cli.main import app

RUNNER = CliRunner()


def commands(command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:  # type: ignore[no-untyped-def]
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, (*path, name))
    if not hasattr(command, "commands"):
        yield path, command


COMMANDS = dict(commands(typer.main.get_command(app)))


def helped(*arguments: str, width: int = 80) -> str:
    ended = RUNNER.invoke(app, [*arguments], terminal_width=width)
    assert ended.exit_code == 0, ended.output
    return ended.output


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_answers_h_with_an_example_that_it_understands(path: tuple[str, ...]) -> None:
    text = helped(*path, "-h")
    assert text == helped(*path, "--help")
    (line,) = [line.strip() for line in text.splitlines() if line.startswith("    analyzer ")]
    words = shlex.split(line.split(" > ")[0])[1:]
    assert tuple(words[: len(path)]) == path
    COMMANDS[path].make_context(path[-1], words[len(path) :], resilient_parsing=False)  # type: ignore[attr-defined]


def test_the_commands_stand_in_groups_and_no_sentence_is_cut() -> None:
    text = helped("-h")
    headings = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Options:", "One call:", "Many calls:", "This machine:"]
    assert "..." not in text.split("One call:")[1]
    assert text.index("One call:") < text.index("  report ") < text.index("Many calls:") < text.index("  batch ")


@pytest.mark.parametrize("width", [60, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for path in ((), *COMMANDS):
        wide = [line for line in helped(*path, "-h", width=width).splitlines() if len(line) > width]
        assert not [line for line in wide if "analyzer " not in line], path  # an example is there to be copied


def completed(line: str) -> list[str]:
    words = shlex.split(line)
    words += [""] if line.endswith(" ") else []
    told = {"_ANALYZER_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    return RUNNER.invoke(app, prog_name="analyzer", env=told).output.split()


def test_the_shell_completes_commands_values_and_calls_but_no_call_that_it_would_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("led-call", "$(touch owned)", "not-a-call"):
        (tmp_path / "debriefs" / name).mkdir(parents=True)
        if name != "not-a-call":
            (tmp_path / "debriefs" / name / "call.json").write_text("{}")
    assert completed("analyzer rep") == ["report"]
    assert completed("analyzer export call.m4a --to text") == ["textgrid"]
    assert completed("analyzer report --profile ") == ["fast", "balanced"]
    assert completed("analyzer debrief deb") == ["debriefs/led-call"]
