"""The renderers' exact output on the calls of `records`, checked in under `golden/` to be read and compared.

After a change that is meant, write it again and read the difference:

    python -m tests.golden && git diff tests/golden
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from analyzer.debrief.markdown.document import markdown
from analyzer.debrief.record import CallRecord
from analyzer.debrief.terminal.printout import Much, show
from tests.records import not_judged, taken_over

FOLDER = Path(__file__).with_name("golden")


def on_terminal(
    call: CallRecord, width: int, encoding: str = "utf-8", *, colour: bool = False, much: Much = "full"
) -> str:
    """What `show` prints on a console that is no terminal; with `colour`, on one that is."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    colours = "truecolor" if colour else None
    show(call, Console(file=out, width=width, force_terminal=colour, color_system=colours), much)
    out.seek(0)
    return out.read()


GOLDEN: Mapping[str, Callable[[], str]] = {
    "taken-over-call.md": lambda: markdown(taken_over()),
    "taken-over-call.first.60.txt": lambda: on_terminal(taken_over(), 60, much="first"),
    "taken-over-call.first.80.txt": lambda: on_terminal(taken_over(), 80, much="first"),
    "taken-over-call.first.120.txt": lambda: on_terminal(taken_over(), 120, much="first"),
    "not-judged.first.80.txt": lambda: on_terminal(not_judged(), 80, much="first"),
    "taken-over-call.80.txt": lambda: on_terminal(taken_over(), 80),
    "taken-over-call.120.txt": lambda: on_terminal(taken_over(), 120),
    "taken-over-call.ascii.txt": lambda: on_terminal(taken_over(), 80, "ascii"),
    "not-judged.md": lambda: markdown(not_judged()),
    "taken-over-call.de.md": lambda: markdown(taken_over().model_copy(update={"page_language": "de"})),
    "not-judged.60.txt": lambda: on_terminal(not_judged(), 60),
    "not-judged.80.txt": lambda: on_terminal(not_judged(), 80),
}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, made in GOLDEN.items():
        (FOLDER / name).write_text(made(), encoding="utf-8", newline="")
