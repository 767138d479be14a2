"""The README is true: its Python runs, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from analyzer.cli.main import app
from analyzer.errors import ExitCode
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^(<!-- \w+ -->\n)?```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.models
def test_its_python_examples_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    examples = [code for mark, language, code in BLOCKS if language == "python" and "run" in mark]
    assert examples
    for code in examples:
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert re.match(r"yes\n0\.8[789] of what the team said", capsys.readouterr().out)


def command_lines() -> list[str]:
    lines = [line for _, language, code in BLOCKS if language == "sh" for line in code.splitlines()]
    return [line for line in lines if line.startswith("analyzer ")] + re.findall(r"`(analyzer [^`]+)`", README)


@pytest.mark.parametrize("line", command_lines())
def test_its_commands_and_options_exist(line: str) -> None:
    words = shlex.split(line.replace("\\|", "|").replace("[", "").replace("]", "").split(" · ")[0])[1:]
    command = typer.main.get_command(app)
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known | {"--help"}
    assert not hasattr(command, "commands") or not words, f"{line}: there is no command {words[0]}"


def test_the_two_commands_are_one_line_each() -> None:
    commands = [code for mark, _, code in BLOCKS if "command" in mark]
    assert [len(code.strip().splitlines()) for code in commands] == [1, 1]


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_its_exit_codes_are_the_programs() -> None:
    table = README[README.index("### Exit codes") :].split("\n###")[0]
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert told == {int(code) for code in ExitCode}


def test_nothing_names_a_machine_or_a_registry() -> None:
    for path in (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "constraints.txt", "pyproject.toml")):
        assert not re.search(r"https?://|/(work|home|root|tmp)/", path.read_text(encoding="utf-8")), path.name


def test_the_picture_is_there() -> None:
    assert Path(ROOT / "samples" / "debrief.png").stat().st_size > 10_000
