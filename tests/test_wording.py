"""The catalogues: whole, in their form, and used; numbers, dates and forms for many in a language."""

from __future__ import annotations

import ast
import datetime as dt
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir

from analyzer.debrief.page.page import said_by
from analyzer.debrief.phrases import ago, length, often, percent, take_overs
from analyzer.wording import LANGUAGES, LOCALES, _, catalogue, joined, long_day, page_language, short_day, speaking
from tests.house import PACKAGE, ROOT, SOURCES, tree_of

KEYWORDS = {"_": None, "N_": None, "_n": (1, 2), "N_n": (1, 2)}
OTHERS = [language for language in LANGUAGES if language != "en"]


@cache
def said() -> dict[str | tuple[str, ...], str]:
    """Every message that the program says, and where."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        mappings = tomllib.load(file)["tool"]["babel"]["mappings"]
    found = extract_from_dir(PACKAGE, method_map=[(m["pattern"], m["method"]) for m in mappings], keywords=KEYWORDS)
    return {message: f"{file}:{line}" for file, line, message, _comments, _context in found}


def messages(language: str) -> Iterator[Message]:
    return (one for one in catalogue(language) if one.id)


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def places(text: str) -> list[str]:
    return sorted(set(re.findall(r"\{\w*\}", text)))


def test_there_is_german() -> None:
    assert OTHERS == ["de"]
    assert len(said()) > 400


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_holds_every_message_of_the_program_and_no_other(language: str) -> None:
    known = {one.id if isinstance(one.id, str) else tuple(one.id) for one in messages(language)}
    assert [f"{where}: {message!r}" for message, where in said().items() if message not in known] == []
    assert known - said().keys() == set(), "pybabel update takes them out"


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_is_there_sure_and_has_the_places_of_its_message(language: str) -> None:
    for one in messages(language):
        assert not one.fuzzy, one.id
        assert all(forms(one.string)), one.id
        wanted = {place for form in forms(one.id) for place in places(form)}
        for text in forms(one.string):  # one of something need not say that it is one
            assert set(places(text)) | {"{number}"} == wanted | {"{number}"}, one.id
        for text in (*forms(one.id), *forms(one.string)):
            assert not re.search(r"[<>&]", text), "a message is text: it is escaped on a page"


def test_no_message_stands_where_no_extraction_finds_it() -> None:
    names = set(KEYWORDS)
    for path in SOURCES:
        for piece in (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.JoinedStr)):
            calls = [node for node in ast.walk(piece) if isinstance(node, ast.Call) and node.args]
            hidden = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in names]
            assert not [c.lineno for c in hidden if isinstance(c.args[0], ast.Constant)], f"in an f-string: {path}"


@pytest.mark.parametrize(
    ("number", "times", "taken"),
    [(0, "0-mal", "0 Übernahmen."), (1, "einmal", "1 Übernahme."), (2, "2-mal", "2 Übernahmen.")],
)
def test_none_one_and_two_have_their_forms(number: int, times: str, taken: str) -> None:
    with speaking("de"):
        assert often(number) == times
        assert take_overs(number) == taken
        assert ago(86400 * (number + 2)) == f"vor {number + 2} Tagen"


def test_numbers_times_and_days_have_the_form_of_the_language() -> None:
    day = dt.date(2026, 5, 12)
    with speaking("de"):
        assert (percent(0.8481, (0.85,)), percent(0.87), percent(None)) == ("84,8 %", "87 %", "nicht bekannt")
        assert (length(2.5), length(177), length(3900)) == ("2,5 s", "2 Min. 57 s", "1 Std. 5 Min.")
        assert (long_day(day), short_day(day)) == ("12. Mai 2026", "12.05.2026")
        assert joined(["A", "B", "C"]) == "A, B und C"
    assert (percent(0.8481, (0.85,)), length(2.5), length(3900)) == ("84.8 %", "2.5 s", "1 h 5 min")
    assert (long_day(day), short_day(day), joined(["A", "B", "C"])) == ("12 May 2026", "2026-05-12", "A, B and C")


def test_a_language_holds_for_what_is_inside_and_one_that_is_not_known_is_english() -> None:
    with speaking("de"):
        with speaking("xx"):
            assert _("not known") == "not known"
        assert _("not known") == "nicht bekannt"
    assert _("not known") == "not known"
    assert [page_language(*asked) for asked in (("de", "en"), ("call", "de"), ("call", "fr"), ("call", None))] == [
        *("de", "de", "en", "en")
    ]


def test_english_asks_nothing_of_babel() -> None:
    code = "import analyzer.debrief.phrases as p, sys; p.percent(0.5); sys.exit('babel' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_catalogue_is_packaged_as_it_is() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [PACKAGE.name]
    assert LOCALES.is_relative_to(PACKAGE)


def test_what_style_sheets_say_can_be_translated() -> None:
    found = set()
    for path in PACKAGE.rglob("*.css"):
        found |= set(re.findall(r'content: " ?([A-Za-z][^"]*?) ?"', path.read_text(encoding="utf-8")))
    assert found <= said().keys()
    with speaking("de"):
        assert said_by('a::before { content: "take-overs "; }') == 'a::before { content: "Übernahmen "; }'


def test_an_abbreviation_at_the_end_of_a_sentence_has_one_full_stop() -> None:
    with speaking("de"):
        assert _("{who} talked for {length}.", who="Ann", length=length(60)) == "Ann sprach 1 Min."
        assert _("{who} talked for {length}.", who="Ann", length=length(61)) == "Ann sprach 1 Min. 1 s."
    assert _("{who} talked for {length}.", who="Ann", length=length(60)) == "Ann talked for 1 min."
