"""Compares two folders of results, call by call: `python -m tests.compare_results BEFORE AFTER`.

Two versions of the program analysed the same recordings. `turns.rttm` must be the same to the byte. Of `call.json`
every value that is not a sentence must be the same. Of `debrief.md` every figure and time must be the same, in order.
Prints one line a call and one a difference; exits with 1 if there is any.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

VERSION = ("made_with", "next_steps", "notes")
"""Parts of `call.json` that say which version made it, or only advise."""


def values(node: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a JSON document that is not a sentence, with its path."""
    if isinstance(node, dict):
        for key, value in node.items():
            if where or key not in VERSION:
                yield from values(value, f"{where}.{key}")
    elif isinstance(node, list):
        yield f"{where}#", len(node)
        for i, value in enumerate(node):
            yield from values(value, f"{where}[{i}]")
    elif not (isinstance(node, str) and " " in node):
        yield where, node


def figures(text: str) -> list[str]:
    """Every figure of a Markdown debrief, in order, without the commands in it."""
    prose = re.sub(r"```sh\n.*?```", "", text, flags=re.S)
    return re.findall(r"\d+(?:[.:]\d+)*", prose)


def differences(before: Path, after: Path) -> Iterator[str]:
    """What differs between two results folders of one call."""
    if (before / "turns.rttm").read_bytes() != (after / "turns.rttm").read_bytes():
        yield "turns.rttm differs"
    old, new = (dict(values(json.loads((side / "call.json").read_text("utf-8")))) for side in (before, after))
    for where in sorted(old.keys() | new.keys()):
        if old.get(where, "absent") != new.get(where, "absent"):
            yield f"call.json {where}: {old.get(where, 'absent')!r} -> {new.get(where, 'absent')!r}"
    one, two = (figures((side / "debrief.md").read_text("utf-8")) for side in (before, after))
    for line in unified_diff(one, two, lineterm="", n=0):
        if line[0] in "+-" and line[:3] not in ("+++", "---"):
            yield f"debrief.md {line}"


def main(before: Path, after: Path) -> int:
    """Compares folder by folder and returns the exit code."""
    calls = sorted({path.parent.name for side in (before, after) for path in side.glob("*/call.json")})
    found = 0
    for call in calls:
        if not all((side / call / "call.json").exists() for side in (before, after)):
            print(f"{call}: only in one of the two")
            found += 1
            continue
        lines = list(differences(before / call, after / call))
        print(f"{call}: {'the same' if not lines else f'{len(lines)} differences'}", *lines, sep="\n  ")
        found += len(lines)
    return 1 if found or not calls else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
