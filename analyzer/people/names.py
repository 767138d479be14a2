"""Names as people write them, and which of several people a written name means.

Two names are the same when they differ only in case, in accents on Latin, Greek and Cyrillic letters, in kinds of
apostrophe and hyphen, or in blanks. Marks of other scripts are part of the letter and count.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

LONGEST = 60
"""Characters up to which a similar name is looked for: the search takes the product of both lengths."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
# Letters that carry their stroke or their twin inside them, and the quotes and hyphens that word processors put in.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
    | {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "‐": "-", "‑": "-", "–": "-"}
)


class Named(Protocol):
    """Somebody with a name (None while it is not known) and other names."""

    @property
    def name(self) -> str | None:
        """The name, in full."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names for the same person."""


N = TypeVar("N", bound=Named)


def one_line(text: str) -> str:
    """The text with each run of blanks and line ends as one space, and none around it.

    It takes nothing else out, unlike `errors.one_line`: `is_clean` must still find a control character in a name.
    """
    return " ".join(text.split())


def is_clean(text: str) -> bool:
    """Whether a text is one line, not empty, and free of control characters."""
    return bool(text) and text == one_line(text) and not _CONTROL.search(text)


@lru_cache(maxsize=16_384)
def folded(name: str) -> str:
    """The form in which names are compared; empty when nothing is left of it."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in apart if not "\u0300" <= c <= "\u036f").casefold().translate(_LETTERS)
    return one_line(unicodedata.normalize("NFC", plain))


def tokens(text: str) -> tuple[str, ...]:
    """The words of a text, folded, without punctuation."""
    return tuple(word for part in text.split() for word in _WORD.findall(folded(part)))


def matching(people: Sequence[N], name: str) -> tuple[N, ...]:
    """Everybody that `name` may mean: those with that name; else with that alias; else with that first name."""
    wanted = folded(name)
    if not wanted:
        return ()
    full = [(person, folded(person.name)) for person in people if person.name is not None]
    return (
        tuple(person for person, own in full if own == wanted)
        or tuple(person for person in people if any(folded(alias) == wanted for alias in person.aliases))
        or tuple(person for person, own in full if own.split()[:1] == [wanted])
    )


def only_match(people: Sequence[N], name: str) -> N | None:
    """The one that `name` means, as in `matching`; None for no one, or for more than one."""
    found = matching(people, name)
    return found[0] if len(found) == 1 else None


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like `name`, if any looks like it at all; texts too long for a name never do."""
    if len(name) > LONGEST:
        return None
    forms: dict[str, str] = {}
    for candidate in candidates:
        if len(candidate) <= LONGEST:
            forms.setdefault(folded(candidate), candidate)
    near = difflib.get_close_matches(folded(name), list(forms), n=1, cutoff=0.6)
    return forms[near[0]] if near else None
