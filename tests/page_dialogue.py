"""A ten-minute call, passage by passage: the words of `page_dialogue.txt`, each as long as it takes to say them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from analyzer.debrief.record import PersonStretchRecord, QuoteRecord, ShareRecord

SECONDS_A_WORD = {"D": 0.355, "M": 0.335, "P": 0.36, "A": 0.365, "F": 0.35}
PAUSE = 0.45
OVER = 1.2
"""How far a passage marked "+" starts before the end of the one before."""

NAMES = {"D": "Dana Reyes", "M": "Marcus Webb", "P": "Priya Nair", "A": "Alistair Grant", "F": "Fiona Lund"}
ROLES = {"D": "salesperson", "M": "manager", "P": "specialist", "A": "customer", "F": "customer"}
TEAM = ("D", "M", "P")


def dialogue() -> tuple[QuoteRecord, ...]:
    """The passages of the call with their times."""
    said = []
    end = 0.8 - PAUSE
    for line in Path(__file__).with_name("page_dialogue.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        who, text = line.split(" ", 1)
        start = end - OVER if who.startswith("+") else end + PAUSE
        who = who.lstrip("+")
        end = round(start + SECONDS_A_WORD[who] * len(text.split()), 2)
        said.append(QuoteRecord(who=who, start=round(start, 2), end=end, text=text))
    return tuple(said)


def share(part: float, whole: float) -> ShareRecord:
    """A share from its two lengths."""
    return ShareRecord(numerator=round(part, 3), denominator=round(whole, 3), value=part / whole if whole else None)


def talked(turns: Iterable[PersonStretchRecord], who: Sequence[str], start: float = 0, end: float = 1e9) -> float:
    """Seconds that the people `who` talk from `start` to `end` (each person's turns never overlap)."""
    return sum(max(0.0, min(t.end, end) - max(t.start, start)) for t in turns if t.who in who)
