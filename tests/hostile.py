"""Texts and calls that try to break a format, for property tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from hypothesis import strategies as st

from analyzer.debrief.record import CallRecord, PersonStretchRecord
from tests.records import call, person, quote

PIECES = (
    "-->", "</v>", "<v Eve>", "<c.x>", "&amp;", "&#60;", "<script>alert(1)</script>", "\n\n", "\r\n", "\t", "\x0b",
    "\x85", "\u2028", "\u202e", "\ufeff", "\x00", "\x1b[2J", "\x1b]8;;http://x\x07", "\x9b31m", "NOTE x", "WEBVTT",
    "STYLE", "00:00:01,000 --> 00:00:02,000", "00:00.000 --> 00:01.000", "1", "{\\an8}", "{1}{2}", '"', '""', "'",
    ",", ";", ";;", "=1+1", "+1", "-1", "@x", "＝1", "NA", "None", "nan", "<NA>", "\\", "\\al", "|", "`", "```", "*",
    "**", "_", "__", "~~", "#", "# ", "> ", "- ", "+ ", "1. ", "1) ", "---", "===", "[x](y)", "![x](y)", "[x]: y",
    "[bold]", "[/]", "[link=http://x]", "[@click=x]", ":smile:", "$x$", "http://x.example", "www.x.example",
    "a@b.example", "Zoë", "佐藤", "é", "\U0001f469\u200d\U0001f4bb", " ", "  ",
)  # fmt: skip

TEXTS = st.lists(
    st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=6
).map("".join)
"""Anything that can stand in a file, with what is special in some format among it."""

MOMENTS = st.integers(0, 400_000_000).map(lambda ms: ms / 1000)
"""Up to 111 hours."""

LENGTHS = st.sampled_from((0.0, 0.0004, 0.001, 1.5, 12.0)) | st.integers(0, 60_000).map(lambda ms: ms / 1000)


@st.composite
def calls(draw: st.DrawFn, *, transcribed: bool | None = None) -> CallRecord:
    """Up to four people with any names, who talk at any time and over each other."""
    people = [
        person(f"S{i}", name, side)
        for i, (name, side) in enumerate(
            draw(
                st.lists(
                    st.tuples(st.none() | TEXTS, st.sampled_from(("team", "customer", None))), min_size=1, max_size=4
                )
            ),
            start=1,
        )
    ]
    keys = [p.key for p in people]
    found = st.lists(
        st.builds(
            lambda who, start, length, text: quote(who, start, start + length, text),
            st.sampled_from([*keys, "unknown"]),
            st.sampled_from((0.0, 1.0, 1.2, 2.0)) | MOMENTS,
            LENGTHS,
            TEXTS,
        ),
        max_size=8,
    )
    said = sorted(draw(found), key=lambda quote: quote.start)
    turns = [PersonStretchRecord(start=q.start, end=q.end, who=q.who) for q in said if q.who != "unknown"]
    has_words = draw(st.booleans()) if transcribed is None else transcribed
    end = max((q.end for q in said), default=0.0)
    return call(
        people, turns, said if has_words else None, seconds=end + draw(st.sampled_from((0.0, 5.0))), name=draw(TEXTS)
    )


FREE = frozenset(
    (
        "name", "customer", "date", "file", "container", "codec", "diarizer", "transcriber", "language", "label",
        "role", "source", "says", "sides_rule", "headline", "explanation", "meaning", "trigger_meaning",
        "ending_meaning", "text", "title", "planned_lead", "reason", "note", "to", "went_well",
        "would_do_differently", "observations", "notes", "due", "held_on", "declared_on", "command", "not_in_plan",
    )
)  # fmt: skip
"""Fields of the record that hold text which may come from outside."""


def with_texts(record: CallRecord, change: Callable[[str], str]) -> CallRecord:
    """The same call with every text that may come from outside changed."""

    def changed(value: Any, field: str) -> Any:
        if isinstance(value, dict):
            return {name: changed(part, name) for name, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [changed(part, field) for part in value]
        return change(value) if isinstance(value, str) and field in FREE else value

    return CallRecord.model_validate(changed(record.model_dump(), ""))


def cycled(texts: Sequence[str]) -> Callable[[str], str]:
    """One of `texts` after the other, for `with_texts`."""
    endless = cycle(texts)
    return lambda _: next(endless)
