"""The page of all calls in the language of most of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from analyzer.library.index.all_calls import index_page, language_of
from analyzer.library.summary import CallSummary, summarise
from tests.debrief.test_languages import SAME, words
from tests.records import not_judged, rich, taken_over, talked_about

MADE = dt.datetime(2026, 6, 1, 8, 30, tzinfo=dt.UTC)
BOTH = SAME | {"Text", "Minuten"}


def calls(language: str) -> Sequence[CallSummary]:
    found = enumerate(make() for make in (rich, talked_about, taken_over, not_judged) for _again in range(3))
    shown = {"page_language": language}
    return [
        summarise(
            call.model_copy(update=shown), folder=f"call {i}", date=dt.date(2026, 4, 1) + dt.timedelta(days=9 * i)
        )
        for i, call in found
    ]


def test_no_word_of_the_german_page_is_english() -> None:
    failed = [("a.wav", "holds no sound", MADE)]
    english, german = (words(index_page(calls(one), failures=failed, made_at=MADE)) for one in ("en", "de"))
    names = {person.label for call in calls("en") for person in call.record.people} | {"Dana Reyes", "Priya Nair"}
    assert {run for run in english & german if run not in names | BOTH} == set()
    assert len(german) > 80


def test_days_numbers_and_forms_are_german() -> None:
    text = index_page(calls("de"), made_at=MADE)
    assert '<html lang="de">' in text
    assert "12 Gespräche" in text
    assert re.search(r"<td class=\"date\">\d\d\.\d\d\.2026<", text)
    assert '"too close":"zu knapp"' in text


def test_the_language_is_that_of_most_calls_and_english_without_any() -> None:
    assert language_of([]) == "en"
    assert language_of([*calls("de"), *calls("en")[:3]]) == "de"
