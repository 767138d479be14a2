"""Printing on a console, so that no text can do there what only the program may.

Everything is printed as `Text`, never as a string, because rich reads square brackets and `:names:` in strings as
markup. Text from outside goes through `one_line` first, so that no control character or escape sequence gets to the
terminal. On a console that is not Unicode, what it cannot show is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.console import Console, OverflowMethod, RenderableType
from rich.table import Table
from rich.text import Text

from analyzer.errors import exact, one_line

WIDEST = 120
"""Columns beyond which lines do not get longer, because long lines are hard to read."""

NARROW = 76
"""Below this many columns tables stand closer together."""

LONGEST_CELL = 20
"""Columns of a list's leading parts before they are cut."""

_TOGETHER = "\ue000"
"""Stands for the blank before a unit until lines are broken: rich breaks at every blank that Unicode has."""
_FIGURE = re.compile(r"(?<=\d) (?=(?:s|min|h|%)(?!\w))")

SIMPLER = {
    _TOGETHER: _TOGETHER,
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "–": "-",
    "—": "-",
    "…": "...",
    "·": "|",
    "×": "x",
    "÷": "/",
}


class Screen:
    """Prints lines, lists and tables of texts from anywhere on one console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.width = min(console.width, WIDEST)
        self.narrow = self.width < NARROW
        self.unicode = not console.options.ascii_only
        self.overflow: OverflowMethod = "ellipsis" if self.unicode else "crop"

    def text(self, raw: str, style: str = "") -> Text:
        """A text from anywhere as rich shows it and the console can."""
        return Text(self.shown(_FIGURE.sub(_TOGETHER, one_line(raw))), style)

    def shown(self, line: str) -> str:
        """A line without what the console's encoding does not have."""
        if self.unicode:
            return line
        return "".join(mark if self.can_show(mark) else SIMPLER.get(mark, "?") for mark in line)

    def can_show(self, mark: str) -> bool:
        """Whether the console's encoding has this character."""
        try:
            mark.encode(self.console.encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def put(self, what: RenderableType, indent: int = 2) -> None:
        """Prints something `indent` columns in, without blanks at the ends of its lines."""
        options = self.console.options.update(width=max(1, self.width - indent))
        for segments in self.console.render_lines(what, options, pad=False):
            line = Text(" " * indent)
            for segment in segments:
                line.append(segment.text.replace(_TOGETHER, " "), segment.style)
            line.rstrip()
            self.console.print(line, soft_wrap=True)

    def heading(self, raw: str) -> None:
        """The start of a section."""
        self.console.print()
        self.put(self.text(raw, "bold"), 0)

    def line(self, text: Text, indent: int = 2) -> None:
        """A paragraph."""
        self.put(text, indent)

    def short(self, text: Text, indent: int) -> None:
        """A line that is cut at the edge instead of going on in the next."""
        room = self.width - indent
        if self.unicode or text.cell_len <= room:
            text.truncate(room, overflow="ellipsis")
        else:
            text.truncate(room - 3)
            text.append("...")
        self.line(text, indent)

    def rows(self, found: Iterable[Sequence[Text]], indent: int = 2) -> None:
        """Lines whose parts stand below each other; only the last part goes on in the next line."""
        found = list(found)
        grid = Table.grid(padding=(0, 2, 0, 0))
        for _ in found[0][:-1] if found else ():
            grid.add_column(no_wrap=True, max_width=LONGEST_CELL, overflow=self.overflow)
        grid.add_column(overflow="fold")
        for row in found:
            grid.add_row(*row)
        self.put(grid, indent)

    def command(self, raw: str, style: str = "") -> None:
        """A command on a line of its own, however long, so that it can be copied."""
        self.console.print(Text("    ").append(self.shown(exact(raw)), style), soft_wrap=True)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Text]], *, left: int = 1) -> None:
        """A table: the first `left` columns are texts, the others figures."""
        table = Table(box=None, padding=(0, 1 if self.narrow else 2, 0, 0), pad_edge=False, header_style="dim")
        for i, head in enumerate(heads):
            header = Text("\n").join(self.text(part) for part in head.split("\n"))
            if i < left:
                table.add_column(header, overflow=self.overflow, vertical="bottom", min_width=9)
            else:
                table.add_column(header, justify="right", no_wrap=True, overflow=self.overflow)
        for row in rows:
            table.add_row(*row)
        self.put(table, 0 if self.narrow else 2)
