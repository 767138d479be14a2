"""The house in figures: `python -m tests.house`. `test_layout.py` holds them to their limits.

Packages and modules that stand directly under `analyzer/` are called tops here. An arrow is an import of one top by
another; every import counts, wherever in the file it stands, those for type checking too.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "analyzer"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = sorted(path for kind in ("j2", "js", "css") for path in PACKAGE.rglob(f"*.{kind}"))
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

RETIRED_IN_NAMES = {"cast", "crew", "tape", "bleed"}
"""Parts of identifiers that gave way to the field's words: participants, workers, sample buffer, crosstalk."""
RETIRED_IN_CLASSES = {"Said", "Heard"}
"""Parts of the names of classes that gave way to claim and recognition; as verbs they serve."""
RETIRED_WORDS = ("nobody", "anew", "mend", "mends", "mended", "whom")
"""Words that a reader who learnt English as a second language has to stop at."""
RETIRED_PREFIXES = ("cli_", "catalog_")

Node = TypeVar("Node", bound=Hashable)


def name_of(path: Path) -> str:
    """The dotted name of a module: `analyzer.audio.decode`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in SOURCES}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> frozenset[str]:
    """Everything a module imports, as `package.module.name`, wherever in the file it stands."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def top_of(module: str) -> str:
    """`audio` for `analyzer.audio.decode`, and `analyzer` for the package itself."""
    return module.split(".")[min(1, module.count("."))]


def between_files() -> dict[str, set[str]]:
    """For each module, the modules of this program that it imports."""
    arrows: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        found = {name if name in MODULES else name.rpartition(".")[0] for name in imported(path)}
        arrows[module] = (found & MODULES.keys()) - {module}
    return arrows


def between_tops() -> dict[str, set[str]]:
    """For each top, the tops that it imports."""
    arrows: dict[str, set[str]] = {top_of(module): set() for module in MODULES}
    for module, others in between_files().items():
        arrows[top_of(module)] |= {top_of(other) for other in others} - {top_of(module)}
    return arrows


def circles(arrows: Mapping[Node, set[Node]]) -> list[set[Node]]:
    """Groups of two or more nodes each of which reaches all others of its group."""
    reached = {node: _reached(arrows, node) for node in arrows}
    groups = [{other for other in reached[node] if node in reached[other]} for node in arrows if node in reached[node]]
    return [group for number, group in enumerate(groups) if group not in groups[:number]]


def _reached(arrows: Mapping[Node, set[Node]], start: Node) -> set[Node]:
    found: set[Node] = set()
    ahead = [start]
    while ahead:
        new = arrows[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def longest_chain(arrows: Mapping[Node, set[Node]]) -> tuple[Node, ...]:
    """The most nodes that follow one another along the arrows, none of them twice."""
    known: dict[Node, tuple[Node, ...]] = {}
    in_a_circle = set().union(*circles(arrows))

    def longest(node: Node, passed: tuple[Node, ...]) -> tuple[Node, ...]:
        if node in known:
            return known[node]
        ahead = (longest(other, (*passed, node)) for other in sorted(arrows[node], key=str) if other not in passed)
        chain = (node, *max(ahead, key=len, default=()))
        if not in_a_circle:  # there, what follows depends on what was passed
            known[node] = chain
        return chain

    return max((longest(node, ()) for node in arrows), key=len)


def functions() -> Iterator[tuple[int, str]]:
    """Every function with its number of lines, docstring included: `(60, "analyzer/cli/main.py:120 report")`.

    A migration is a list of tables, however long, and is left out.
    """
    for path in (path for path in SOURCES if "migrations" not in path.parts):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield lines, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def names_twice() -> list[str]:
    """Names that more than one module has."""
    counted = Counter(path.stem for path in SOURCES if path.stem != "__init__")
    return sorted(name for name, number in counted.items() if number > 1)


def families() -> list[str]:
    """Prefixes that several modules of one folder share, or that repeat the name of their folder."""
    found = set()
    for path in SOURCES:
        prefix, _, rest = path.stem.partition("_")
        beside = [other for other in path.parent.glob(f"{prefix}_*.py") if other != path]
        if prefix and rest and (beside or prefix == path.parent.name or f"{prefix}_" in RETIRED_PREFIXES):
            found.add(f"{path.parent.relative_to(ROOT)}/{prefix}_*")
    return sorted(found)


def retired() -> dict[str, list[str]]:
    """Each retired word with the places where it still stands."""
    places: dict[str, list[str]] = {}
    wanted = re.compile(rf"(?i)\b({'|'.join(RETIRED_WORDS)})\b")
    for path in (*SOURCES, *PAGES, *TEXTS):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for match in wanted.finditer(line):
                places.setdefault(match[0].lower(), []).append(f"{path.relative_to(ROOT)}:{number}")
    for path in SOURCES:
        for number, name in _identifiers(tree_of(path)):
            parts = set(re.findall(r"[A-Z]?[a-z]+", name))
            for word in (RETIRED_IN_NAMES & {part.lower() for part in parts}) | (RETIRED_IN_CLASSES & parts):
                places.setdefault(f"{word} in names", []).append(f"{path.relative_to(ROOT)}:{number} {name}")
    return places


def _identifiers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name that the module gives to something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def lines_by_top() -> Counter[str]:
    """Lines of Python in each package and module directly under `analyzer/`."""
    lines: Counter[str] = Counter()
    for module, path in MODULES.items():
        lines[top_of(module)] += len(path.read_text(encoding="utf-8").splitlines())
    return lines


def main() -> None:
    """Prints all of it."""
    lines, tops, files = lines_by_top(), between_tops(), between_files()
    for top, count in sorted(lines.items()):
        print(f"{count:6}  {top:12} imports {', '.join(sorted(tops[top])) or 'nothing'}")
    print(f"{lines.total():6}  in all")
    print(f"packages and modules directly under analyzer/, without __init__ and __main__: {len(tops) - 2}")
    print(f"import arrows between them, with __init__ and __main__: {sum(map(len, tops.values()))}")
    chain = longest_chain(tops)
    print(f"longest chain of them: {len(chain)}: {' > '.join(chain)}")
    print(f"circles of them: {[sorted(one) for one in circles(tops)]}")
    print(f"circles of files: {[sorted(one) for one in circles(files)]}")
    for count, where in sorted(functions(), reverse=True)[:5]:
        print(f"long function: {count} lines, {where}")
    print(f"names of several modules: {names_twice()}")
    print(f"families by prefix: {families()}")
    counted = {word: len(where) for word, where in retired().items()}
    print(f"retired words: {sum(counted.values())}: {counted}")


if __name__ == "__main__":
    main()
