"""What somebody said, as the record holds it."""

from __future__ import annotations

from analyzer.debrief.record import QuoteRecord
from analyzer.talk.words import Utterance
from analyzer.timeline import seconds


def quote(utterance: Utterance, words: int | None = None) -> QuoteRecord:
    """An utterance as a quote, cut after `words` words."""
    text = utterance.text
    if words is not None and len(utterance.words) > words:
        text = " ".join(word.text for word in utterance.words[:words]) + " …"
    return QuoteRecord(
        who=utterance.who, start=seconds(utterance.span.start), end=seconds(utterance.span.end), text=text
    )
