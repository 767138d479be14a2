"""Notes at moments of a call: who wrote what and when, on every page of the call, changed and taken back."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from analyzer.call.folder import MARKDOWN_FILE, PAGE_FILE, CallFolder
from analyzer.debrief.conversation.notes import kept_notes, notes_of
from analyzer.debrief.markdown.document import markdown as markdown_of
from analyzer.debrief.results import read_call
from analyzer.debrief.terminal.printout import Debrief
from analyzer.library.taking_over import take_over
from tests.serve.site import Site


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def noted(site: Site) -> list[tuple[float, str]]:
    return [(note.start, note.text) for note in notes_of(CallFolder(site.folder.path))]


def write(site: Site, at: str, text: str) -> str:
    answer = site.send(f"{site.call}/listen", f"{site.call}/notes", {"at": at, "text": text})
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_a_note_stands_at_its_moment_with_who_wrote_it_on_page_terminal_and_markdown(site: Site) -> None:
    assert "The note is kept." in write(site, "0:50", "Ray asks <b>Marcus</b>, not Dana")
    write(site, "0:05.5", "A good opening")
    assert noted(site) == [(5.5, "A good opening"), (50.0, "Ray asks <b>Marcus</b>, not Dana")]
    record = read_call(CallFolder(site.folder.path))
    assert [note.by for note in record.noted] == [site.serving.local_user] * 2
    listen = site.get(f"{site.call}/listen")
    assert re.search(r'0:41.*?Not S2.*?<p class="noted" dir="auto"><b>Note:</b> Ray asks &lt;b&gt;Marcus', listen, re.S)
    page = (site.folder.path / PAGE_FILE).read_text(encoding="utf-8")
    assert 'id="noted"' in page
    assert "<b>Marcus</b>, not Dana" not in page.partition('<script type="application/json"')[0]
    markdown = (site.folder.path / MARKDOWN_FILE).read_text(encoding="utf-8")
    assert "## Notes\n\n- 0:05 A good opening (" in markdown
    assert "  - Note at 0:50: Ray asks" in markdown
    german = markdown_of(record.model_copy(update={"page_language": "de"}))
    assert "## Notizen\n\n- 0:05 A good opening (" in german
    assert "  - Notiz bei 0:50: Ray asks" in german
    shown = Console(file=io.StringIO(), width=100)
    Debrief(record, shown).show("full")
    assert "0:05 A good opening" in shown.file.getvalue()  # type: ignore[attr-defined]


def test_a_note_is_written_otherwise_removed_and_taken_back_and_an_older_one_is_told(site: Site) -> None:
    write(site, "0:50", "first")
    page = f"{site.call}/listen"
    found = re.search(r'action="(/calls/\w+/notes/\w{8})".*?name="written" value="([^"]+)"', site.get(page), re.S)
    assert found is not None
    older = {"written": found[2]}
    form = {name: value for name, value in site.form(page).items() if name == "token"}
    assert site.browser.post(found[1], data=form | older | {"text": "second"}).status_code == 200
    assert noted(site) == [(50.0, "second")]
    late = site.browser.post(found[1], data=form | older | {"text": "third"})
    assert late.status_code == 409
    assert "third" in late.text
    now = {"written": notes_of(CallFolder(site.folder.path))[0].written}
    assert "The note is removed." in site.browser.post(found[1], data=form | now | {"then": "remove"}).text
    assert noted(site) == []
    for left in ([(50.0, "second")], [(50.0, "first")], []):
        last = {"written": kept_notes(CallFolder(site.folder.path))[-1].at}
        assert site.browser.post(f"{site.call}/notes/undo", data=form | last).status_code == 200
        assert noted(site) == left
    assert site.browser.post(f"{site.call}/notes/undo", data=form | older).status_code == 400


def test_a_note_of_no_moment_or_without_a_word_is_refused(site: Site) -> None:
    page = f"{site.call}/listen"
    for fields in ({"at": "soon", "text": "x"}, {"at": "59:00", "text": "x"}, {"at": "0:10", "text": " "}):
        assert site.send(page, f"{site.call}/notes", fields).status_code == 400
    assert noted(site) == []


def test_what_was_noted_about_another_file_of_a_meeting_goes_along_at_its_time(site: Site, tmp_path: Path) -> None:
    write(site, "0:50", "about the second part")
    (tmp_path / "first").mkdir()
    other = Site(tmp_path / "first")
    take_over(CallFolder(other.folder.path), CallFolder(site.folder.path), later_by=100 * 16000)
    assert noted(other) == [(150.0, "about the second part")]
    assert not site.folder.path.exists()
