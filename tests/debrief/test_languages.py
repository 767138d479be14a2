"""The debrief in German: whole, with names as they are, and the same whether it is said at once or said again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import pytest

from analyzer.debrief.build import record
from analyzer.debrief.in_language import in_its_language
from analyzer.debrief.markdown.document import markdown
from analyzer.debrief.page.page import page
from analyzer.debrief.record import CallRecord
from analyzer.debrief.sentences import read_back
from analyzer.wording import speaking
from tests.debrief.test_scenarios import FILE
from tests.records import rich, taken_over, talked_about
from tests.scenarios import play, scenarios

SAME = {"Agenda", "Person", "Team"}
"""Words that are German as well."""
OLD = ("The recording was joined", "After the talk", "The answer stays", "12 damaged", "If the voices of Dana")
"""How sentences begin that the records of the tests have in words of their own."""
SCRIPTS = [(script["id"], script, people) for script, people in scenarios(FILE)]


def in_german(call: CallRecord) -> CallRecord:
    return call.model_copy(update={"page_language": "de"})


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """What a page says, piece by piece, and whether a name, a quote or what somebody wrote is around it."""

    def walk(element: Element, outside: bool) -> Iterator[tuple[str, bool]]:
        if element.tag in ("script", "style"):
            return
        named = "name" in (element.get("class") or "").split()
        outside = outside or named or element.tag in ("bdi", "q", "code") or element.get("dir") == "auto"
        yield from ((element.get(name) or "", outside) for name in ("aria-label", "title", "placeholder"))
        yield element.text or "", outside
        for child in element:
            if isinstance(child.tag, str):
                yield from walk(child, outside)
            yield child.tail or "", outside

    return walk(html5lib.parse(text, namespaceHTMLElements=False), False)


def words(text: str) -> set[str]:
    """The pieces that are the page's own words."""
    found = (" ".join(run.split()) for run, outside in runs(text) if not outside)
    return {run for run in found if re.search(r"[A-Za-z]{2}", run)}


@pytest.mark.parametrize("call", [rich(), talked_about(), taken_over()], ids=["rich", "talked about", "taken over"])
def test_no_word_of_a_german_page_is_english(call: CallRecord) -> None:
    english, german = words(page(call, recording_src="x.ogg")), words(page(in_german(call), recording_src="x.ogg"))
    names = {person.label for person in call.people} | {call.recording.sha256}
    left = {run for run in english & german if run not in names | SAME and not run.startswith(OLD)}
    assert left == {"Ray"} & left
    assert len(german) > 100


@pytest.mark.parametrize("script", SCRIPTS[::2], ids=[name for name, *_rest in SCRIPTS[::2]])
def test_a_sentence_that_was_kept_is_said_as_it_would_have_been_said(script: tuple[str, object, object]) -> None:
    _name, told, people = script
    kept = play(told, people).record  # type: ignore[arg-type]
    with speaking("de"):
        again = in_its_language(kept)
        assert again == play(told, people).record  # type: ignore[arg-type]
    assert in_its_language(kept) is kept


def test_a_name_of_several_words_is_never_taken_for_several_names() -> None:
    sentence = "Not judged: Bell and Sons, who was to lead, was not heard; Ann and Bell and Sons spoke for the team."
    with speaking("de"):
        told = read_back(sentence, ["Bell and Sons", "Ann"])
        assert "Bell and Sons" in told
        assert read_back("Something of another program.", ["Ann"]) == "Something of another program."
        assert read_back("Ann led, with 87.5 % of what the team said (surely 87.5 %). 2 take-overs.", ["Ann"]) == (
            "Ann hat geführt, mit 87,5 % dessen, was das Team sagte (sicher 87,5 %). 2 Übernahmen."
        )


def test_several_guesses_at_names_are_each_said_again() -> None:
    english = (
        "Give the speakers their names (S1 may be Dana Reyes: S3 says “Dana, …” at 1:09; "
        "S2 may be Ray: S1 says “Ray, …” at 1:12; listen before you say so)"
    )
    with speaking("de"):
        assert read_back(english, ["S1", "S2", "S3"]) == (
            "Den Stimmen ihre Namen geben (S1 ist vielleicht Dana Reyes: S3 sagt „Dana, …“ bei 1:09; "
            "S2 ist vielleicht Ray: S1 sagt „Ray, …“ bei 1:12; vorher hineinhören)"
        )


def test_a_right_to_left_name_turns_no_german_sentence_around() -> None:
    call = taken_over()
    names = {person.label: name for person, name in zip(call.people, ("דנה רייס", "مرقس", "Ray"), strict=False)}
    text = call.model_dump_json()
    for label, name in names.items():
        text = text.replace(label, name)
    shown = page(in_german(CallRecord.model_validate_json(text)))
    tree = html5lib.parse(shown, namespaceHTMLElements=False)
    inside = {"bdi", "q", "option", "title", "{http://www.w3.org/2000/svg}title", "code"}
    for element in tree.iter():
        if element.tag in inside or element.get("dir") == "auto" or element.tag in ("script", "style"):
            continue
        own = [element.text or "", *((child.tail or "") for child in element)]
        assert not [run for run in own if re.search("[\u0590-\u06ff]", run)], element.tag


def test_what_is_copied_and_written_is_german_too() -> None:
    text = markdown(in_german(rich()))
    assert text.startswith("# Nachbesprechung: ")
    assert "## Wie sicher ist das?" in text
    assert "„" in text
    assert 'lang="de"' in page(in_german(rich()))[:100]


def test_the_language_that_is_set_is_kept_with_the_call() -> None:
    _name, told, people = SCRIPTS[0]
    call = play(told, people).call
    assert record(call).page_language == "en"
    assert record(call, page_language="de").page_language == "de"
    assert record(call, page_language="call").page_language == record(call).made_with.language or "en"
