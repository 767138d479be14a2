"""README and docs are true: Python in them runs, commands exist, links lead somewhere, and files are read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from analyzer.cli.main import app
from analyzer.debrief.conversation.answers import read_answers
from analyzer.errors import ExitCode
from analyzer.people.plan.reading import read_plan
from analyzer.people.sidecars.people_json import read_json_sidecar
from tests.conftest import ROOT

PAGES = {
    path.relative_to(ROOT): path.read_text(encoding="utf-8")
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
}
README = PAGES[Path("README.md")]
BLOCKS = re.findall(r"^(<!-- \w+ -->\n)?```(\w+)\n(.*?)^```", "\n".join(PAGES.values()), re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.models
def test_its_python_examples_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    examples = [code for mark, language, code in BLOCKS if language == "python" and "run" in mark]
    assert examples
    for code in examples:
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert re.match(r"(yes|too_close)\n0\.9[4-8] of what the team said", capsys.readouterr().out)


def command_lines() -> list[str]:
    lines = [line for _, language, code in BLOCKS if language == "sh" for line in code.splitlines()]
    inline = re.findall(r"`(analyzer [^`]+)`", "\n".join(PAGES.values()))
    return list(dict.fromkeys([line for line in lines if line.startswith("analyzer ")] + inline))


@pytest.mark.parametrize("line", command_lines())
def test_its_commands_and_options_exist(line: str) -> None:
    words = shlex.split(line.replace("\\|", "|").replace("[", "").replace("]", "").split(" · ")[0])[1:]
    command = typer.main.get_command(app)
    if words[0].startswith("-"):  # an option of the program itself
        assert words[0] in {option for parameter in command.params for option in parameter.opts}
        return
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known | {"--help"}
    assert not hasattr(command, "commands") or not words, f"{line}: there is no command {words[0]}"


def test_the_two_commands_are_one_line_each() -> None:
    commands = [code for mark, _, code in BLOCKS if "command" in mark]
    assert [len(code.strip().splitlines()) for code in commands] == [1, 1]


def test_its_links_lead_somewhere() -> None:
    for page, text in PAGES.items():
        for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", text):
            file = ROOT / page.parent / target if target else ROOT / page
            assert file.exists(), f"{page}: {target}"
            assert not anchor or anchor in headings(file), f"{page}: {target}#{anchor}"


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_tests_that_prove_a_promise_are_there() -> None:
    named, file = 0, Path()
    for part in re.findall(r"`([^`]+)`", PAGES[Path("docs/promises.md")]):
        where, _, test = part.partition("::")
        file = ROOT / where if where.startswith("tests/") else file
        if test or part.startswith("test_"):
            named += 1
            assert f"def {(test or part).rstrip('…')}" in file.read_text(encoding="utf-8"), part
    assert named > 50


def test_its_files_of_the_house_are_there() -> None:
    for path in re.findall(r"`((?:analyzer|tests|models|samples)/[\w/.-]+\.\w+)", "\n".join(PAGES.values())):
        assert (ROOT / path).exists(), path


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_its_examples_of_files_are_read(tmp_path: Path) -> None:
    text = PAGES[Path("docs/file-formats.md")]
    plan, answers = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (people,) = re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for name, content in (("call.plan.toml", plan), ("answers.toml", answers), ("call.people.json", people)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_plan(tmp_path / "call.plan.toml")[0].lead.name == "Dana Reyes"
    assert read_answers(tmp_path / "answers.toml").commitment
    assert read_json_sidecar(tmp_path / "call.people.json", people.encode()).people


def test_its_exit_codes_are_the_programs() -> None:
    table = PAGES[Path("docs/exit-codes.md")]
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert told == {int(code) for code in ExitCode}


def test_nothing_names_a_machine_or_a_registry() -> None:
    for path in (ROOT / name for name in (*PAGES, "constraints.txt", "pyproject.toml")):
        assert not re.search(
            r"https?://(?![\w.-]*example\b)|/(work|home|root|tmp)/", path.read_text(encoding="utf-8")
        ), path.name


def test_the_picture_is_there() -> None:
    assert Path(ROOT / "samples" / "debrief.png").stat().st_size > 10_000
