"""The house rules that a program can hold: who may import whom, file sizes, names, and where printing is allowed."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "analyzer"
ROOMS = ("audio", "speech", "talk", "people", "lead", "call", "debrief", "session", "library", "serve", "bench", "cli")
"""Left to right: a room may import only rooms to its left."""
FOR_ALL = {"errors", "timeline", "progress", "settings", "files", "plain_text", "telemetry", "__version__"}
PURE = ("talk", "lead")
SOURCES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Everything a module imports, wherever in the file it stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room_of(path: Path) -> str | None:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


@pytest.mark.parametrize("path", [p for p in SOURCES if room_of(p) in ROOMS], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_to_its_left(path: Path) -> None:
    own = room_of(path)
    assert own is not None
    allowed = FOR_ALL | set(ROOMS[: ROOMS.index(own) + 1])
    if path.parts[-2:] == ("call", "answers.py"):  # until the record of a commitment is the plan's
        return
    for name in imported(path):
        if name.startswith("analyzer."):
            assert name.split(".")[1] in allowed, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", [p for p in SOURCES if room_of(p) in PURE], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_pure_rooms_know_no_file_no_clock_and_no_model(path: Path) -> None:
    outside = {"os", "pathlib", "io", "sys", "time", "datetime", "random", "logging", "numpy", "torch", "pydantic"}
    assert not {name.split(".")[0] for name in imported(path)} & outside
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in ("open", "print", "input")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    if path.parts[-2:] == ("cli", "lines.py"):  # where every line is made safe to show
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "exit", "quit"), f"line {node.lineno}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("echo", "secho"), f"line {node.lineno}"
    if room_of(path) == "cli":
        return
    assert "sys.exit" not in imported(path)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_stay_small_and_are_named_for_what_they_do(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600
    assert not re.search(r"(utils?|helpers?|manager|base)$", path.stem)


def test_every_dependency_has_a_line_of_why() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("dependencies"))
    end = next(i for i, line in enumerate(lines) if i > start and line == "]")
    assert all("#" in line for line in lines[start + 1 : end])
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["requires-python"] == ">=3.11,<3.14"
