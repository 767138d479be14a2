"""The pages of the server in the language that is set, and what is kept in English whatever that is."""

from __future__ import annotations

import dataclasses
import re

import pytest

from analyzer.debrief.results import read_call
from analyzer.files import id_of
from analyzer.people.names import folded
from tests.debrief.test_languages import SAME, words
from tests.serve.site import Site

BOTH = SAME | {
    "Name",
    "Name ",
    "Plan",
    "S1",
    "S2",
    "S3",
    "Person 1",
    "Person 2",
    "Person 3",
    "Person 4",
    "analyzer",
    "Harbour Foods",
}
CHECKED = {"Missing.", "There is no agenda."}
"""What `analyzer plan check` says, in its words."""


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("served"))
    site.settings = dataclasses.replace(site.settings, page_language="de")
    return site


def in_language(site: Site, language: str) -> Site:
    site.settings = dataclasses.replace(site.settings, page_language=language)
    site.start()
    return site


def addresses(site: Site) -> list[str]:
    people = [f"/people/{id_of(folded(name))}" for name in site.known.now().people.values()]
    own = [site.call + rest for rest in ("", "/who", "/listen", "/debrief?step=1", "/plan")]
    return ["/", "/calls", "/calls?text=forty", "/people", "/plans", "/plans/new", "/nowhere", *own, *people[:1]]


def test_no_word_of_a_german_page_is_english(site: Site) -> None:
    every = {
        language: {address: words(in_language(site, language).browser.get(address).text) for address in addresses(site)}
        for language in ("en", "de")
    }
    names = {person.label for person in read_call(site.folder).people} | {site.folder.name, site.recording.name}
    for address, english in every["en"].items():
        left = english & every["de"][address] - names - BOTH - CHECKED
        assert {run for run in left if not re.fullmatch(r"[0-9a-f]{64}|.*harbour.*|[\d:–., %]+", run)} == set(), address


def test_what_a_german_page_writes_is_kept_in_english_and_told_in_german(site: Site) -> None:
    who = in_language(site, "de").call + "/who"
    answer = site.send(who, who, {"name.S1": "Doris Kern"})
    assert "Gespeichert." in answer.text
    assert "Letzte Änderung:" in answer.text
    assert "Doris Kern ist Doris Kern" in answer.text
    record = read_call(site.folder)
    assert record.page_language == "de"
    assert re.search(r"led|judged|lead", record.lead.headline)
    assert "geführt" not in record.model_dump_json()
    assert 'lang="de"' in site.get(site.call)[:200]
