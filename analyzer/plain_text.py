"""Text from outside (names of files and people, words, what a library complains of) made safe to show.

Such a text may hold line ends of every kind, escape sequences that clear a terminal or set its title and clipboard,
characters that reorder the line around them, and halves of characters. Words are read, so what is no text in them goes
(`one_line`); names of files and commands are used again, so nothing in them is lost (`visible`, `pasted`).
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HALVES = re.compile("[\ud800-\udfff]")
_REORDERING = re.compile("[\u061c\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What a reader does not see or a terminal obeys. Joiners (U+200C, U+200D) are letters' parts in Persian and emoji."""


def one_line(text: str) -> str:
    """A text as one line that no terminal, parser or reader takes for anything but text.

    Control characters, line and paragraph separators and runs of white space become one blank, the ends are trimmed,
    and characters go that reorder the text around them (the bidirectional embeddings, overrides and isolates), have no
    width, or mark the beginning of a file (U+FEFF). Half a surrogate pair, which a file name that is no UTF-8 brings
    along, becomes U+FFFD. This is for text that is shown; `people.names.one_line` is for names that are compared.
    """
    return _BREAKS.sub(" ", _REORDERING.sub("", _HALVES.sub("\ufffd", text))).strip()


def exact(text: str) -> str:
    """A command as one line: its blanks stay as they are, and what nobody sees in it becomes U+FFFD (see `pasted`)."""
    return _UNSEEN.sub("\ufffd", text)


def visible(text: object) -> str:
    """A file's name, or a line that has one in it, with everything that is not seen written out: `\\n`, `\\x1b`."""
    return _UNSEEN.sub(_written_out, str(text))


def _written_out(found: re.Match[str]) -> str:
    sign = found[0]
    if "\udc80" <= sign <= "\udcff":  # a byte of a name that is no text, which Python carries as half a character
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")


def pasted(text: str) -> str:
    """A text as one word of a command line: to be read safely, and to be pasted into bash or zsh."""
    if not _UNSEEN.search(text):
        return shlex.quote(text)
    return "$'" + "".join(map(_in_quotes, text)) + "'"


def pasted_path(path: Path) -> str:
    """A path as one word of a command line that no command takes for an option."""
    return pasted(f"./{path}" if str(path).startswith("-") else str(path))


def _in_quotes(sign: str) -> str:
    if sign in ("'", "\\"):
        return "\\" + sign
    if not _UNSEEN.match(sign):
        return sign
    halves = "surrogateescape" if "\udc80" <= sign <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", halves))


def visible_json(text: str) -> str:
    """JSON that a terminal may show and a program reads line by line: what is not seen stands there as `\\u009b`."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] == "\n" else _json(found[0]), text)


def _json(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
