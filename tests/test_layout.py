"""The house rules that a program can hold: who may import whom, sizes, names, words, and where printing is allowed.

`python -m tests.house` prints the figures.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests import house
from tests.house import PACKAGE, ROOT, SOURCES

ROOMS = ("audio", "speech", "talk", "people", "lead", "call", "debrief", "session", "library", "serve", "bench", "cli")
"""Left to right: a room may import only rooms to its left."""
FOR_ALL = {"errors", "timeline", "progress", "settings", "files", "telemetry", "version", "wording"}
PURE = ("talk", "lead")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_a_room_imports_only_rooms_to_its_left() -> None:
    wrong = []
    for path in SOURCES:
        if room_of(path) not in ROOMS:
            continue
        allowed = FOR_ALL | set(ROOMS[: ROOMS.index(room_of(path)) + 1])
        ours = [name for name in house.imported(path) if name.startswith("analyzer.")]
        wrong += [f"{house.name_of(path)} imports {name}" for name in ours if name.split(".")[1] not in allowed]
    assert not wrong


def test_the_pure_rooms_know_no_file_no_clock_and_no_model() -> None:
    outside = {"os", "pathlib", "io", "sys", "time", "datetime", "random", "logging", "numpy", "torch", "pydantic"}
    for path in SOURCES:
        if room_of(path) in PURE:
            assert not {name.split(".")[0] for name in house.imported(path)} & outside, path
            assert not list(calls_of(path, "open", "print", "input")), path


def calls_of(path: Path, *names: str) -> Iterator[int]:
    """The lines on which a module calls one of the built-in functions `names`."""
    for node in ast.walk(house.tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node.lineno


def test_only_the_command_line_prints_and_exits() -> None:
    for path in SOURCES:
        if path.parts[-2:] == ("cli", "lines.py"):  # where every line is made safe to show
            continue
        assert not list(calls_of(path, "print", "exit", "quit")), path
        attributes = [node for node in ast.walk(house.tree_of(path)) if isinstance(node, ast.Attribute)]
        assert not [node.lineno for node in attributes if node.attr in ("echo", "secho")], path
        assert room_of(path) == "cli" or "sys.exit" not in house.imported(path), path


def test_files_stay_small_and_are_named_for_what_they_do() -> None:
    assert not [path for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > 600]
    assert not [path for path in SOURCES if re.search(r"(utils?|helpers?|manager|base)$", path.stem)]


def test_functions_stay_small() -> None:
    assert len([where for lines, where in house.functions() if lines > 60]) == 0


def test_there_are_at_most_20_packages_and_modules_directly_under_analyzer() -> None:
    assert len(house.between_tops().keys() - {"analyzer", "__main__"}) <= 20


def test_few_imports_join_them_and_few_follow_one_another() -> None:
    arrows = house.between_tops()
    of_serve = len(arrows["serve"] - {"wording"}) + sum("serve" in others for others in arrows.values())
    of_wording = sum("wording" in others for others in arrows.values())  # the language: for all who say something
    assert sum(map(len, arrows.values())) - of_serve - of_wording <= 95
    assert of_serve <= 10
    del arrows["__main__"]  # the command line by another name
    assert len(house.longest_chain(arrows)) <= 12


def test_imports_go_round_in_no_circle() -> None:
    assert len(house.circles(house.between_tops())) == 0
    assert house.circles(house.between_files()) == []


def test_no_two_modules_have_one_name_and_no_family_is_made_by_a_prefix() -> None:
    assert house.names_twice() == []
    assert house.families() == []


def test_retired_words_are_gone() -> None:
    assert house.retired() == {}


def test_every_dependency_has_a_line_of_why() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("dependencies"))
    end = next(i for i, line in enumerate(lines) if i > start and line == "]")
    assert all("#" in line for line in lines[start + 1 : end])
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["requires-python"] == ">=3.11,<3.14"
