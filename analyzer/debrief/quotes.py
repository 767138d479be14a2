"""What somebody said, as the record holds it."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.debrief.phrases import LONGEST_QUOTE
from analyzer.debrief.record import QuoteRecord
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, seconds


def quote(utterance: Utterance, words: int | None = None) -> QuoteRecord:
    """An utterance as a quote, cut after `words` words."""
    text = utterance.text
    if words is not None and len(utterance.words) > words:
        text = " ".join(word.text for word in utterance.words[:words]) + " …"
    return QuoteRecord(
        who=utterance.who, start=seconds(utterance.span.start), end=seconds(utterance.span.end), text=text
    )


def first_in(span: Span, who: str, spoken: Iterable[Utterance]) -> QuoteRecord:
    """A stretch of somebody's, with the first that they say in it as far as there are words."""
    first = next((u for u in spoken if u.who == who and u.span.meets(span)), None)
    text = "" if first is None else quote(first, LONGEST_QUOTE).text
    return QuoteRecord(who=who, start=seconds(span.start), end=seconds(span.end), text=text)
