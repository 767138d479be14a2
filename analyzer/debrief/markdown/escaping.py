"""Texts from outside as GitHub-flavoured Markdown that shows them as they are.

A backslash before a punctuation mark takes its meaning away (CommonMark 0.31, "Backslash escapes"), inside a table cell
as well. `inline` escapes

* what can open markup anywhere: `` \\ ` * [ ] < > | ~ $ @ ``, `_` unless it stands inside a word, `&` where it begins a
  character reference, the `://` and `www.` that GitHub turns into links;
* what means something only where a block may begin: `#`, `=`, `-`, `+`, and the mark after a number.

A command stands in a fenced block, whose fence is longer than any run of backticks in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.debrief.phrases import moment
from analyzer.debrief.record import QuoteRecord
from analyzer.errors import one_line
from analyzer.wording import quoted

_ANYWHERE = re.compile(r"[\\`*\[\]<>|~$@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w+;)|:(?=//)")
_WWW = re.compile(r"(www)\.", re.IGNORECASE)
_BLOCK_START = re.compile(r"[#=+\-]|\d{1,9}[.)](?=\s|$)")
"""What opens a heading, underlines one, or opens a list, at the start of a line."""


def inline(text: str) -> str:
    """A text as one line of Markdown without any markup."""
    escaped = _ANYWHERE.sub(lambda found: "\\" + found[0], one_line(text))
    escaped = _WWW.sub(r"\1\\.", escaped)
    if begins := _BLOCK_START.match(escaped):
        mark = begins.end() - 1
        return escaped[:mark] + "\\" + escaped[mark:]
    return escaped


def fenced(lines: Iterable[str], language: str = "") -> list[str]:
    """Lines as they are, in a code block."""
    body = list(lines)
    longest = max((len(run) for line in body for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence + language, *body, fence]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> list[str]:
    """A table; the last `numbers` columns are set to the right. Cells are Markdown already."""
    rules = ["---"] * (len(head) - numbers) + ["--:"] * numbers
    return ["| " + " | ".join(cells) + " |" for cells in (head, rules, *rows)]


@dataclass(frozen=True, slots=True)
class Quotes:
    """Writes people and what they said; `names` says what to call the person with a key."""

    names: Mapping[str, str]

    def called(self, who: str) -> str:
        """What to call the person with key `who`, not yet Markdown."""
        return self.names.get(who, who)

    def name(self, who: str) -> str:
        """What to call the person with key `who`."""
        return inline(self.called(who))

    def listed(self, quotes: Iterable[QuoteRecord], indent: str = "") -> Iterator[str]:
        """Quotes as a list."""
        for quote in quotes:
            text = f": {quoted(inline(quote.text))}" if quote.text else ""
            yield f"{indent}- {moment(quote.start)} {self.name(quote.who)}{text}"
