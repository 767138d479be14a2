"""The pages of the server: what stands on them, and that each leads on."""

from __future__ import annotations

import datetime as dt
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import html5lib  # type: ignore[import-untyped]
import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from analyzer.errors import LibraryError, UsageError
from analyzer.files import id_of
from analyzer.library.catalog import stored_calls
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.catalog.stored_calls import Result
from analyzer.library.trends import trends
from analyzer.people.names import folded
from analyzer.serve.app import made_app
from analyzer.serve.known import Known, check_results
from analyzer.serve.server import taken
from analyzer.serve.serving import Serving
from analyzer.serve.sound import range_of
from analyzer.session import analyse, talk_about
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine, recording
from tests.many_calls import many_calls
from tests.serve.site import Site


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("served"))


def addresses(site: Site) -> Iterator[str]:
    yield from ("/", "/calls", "/calls?text=forty&led=too_close&show=debrief", "/people", "/nowhere")
    yield from (site.call + rest for rest in ("/who", "/listen", "/listen?find=forty", "/debrief"))


def test_every_page_is_valid_html_with_nothing_inline_and_one_heading(site: Site) -> None:
    for address in addresses(site):
        text = site.browser.get(address).text
        html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
        assert not re.search(r"<style|<script(?! src=\"/static/)| style=| on[a-z]+=", text), address
        assert len(re.findall("<h1", text)) == 1, address
        assert len(re.findall("<title>[^<]+</title>", text)) == 1, address


def test_every_link_of_every_page_leads_somewhere(site: Site) -> None:
    seen, ahead = set[str](), ["/"]
    while ahead:
        address = ahead.pop()
        text = site.get(address)
        found = {link.replace("&amp;", "&").partition("#")[0] for link in re.findall(r'(?:href|src)="(/[^"]*)"', text)}
        ahead += found - seen
        seen |= found
    assert {"/calls", "/people", site.call, f"{site.call}/who", f"{site.call}/listen", f"{site.call}/debrief"} <= seen


def test_names_and_sides_need_no_command_where_they_can_be_said(site: Site) -> None:
    text = site.get(site.call)
    assert "<code>analyzer name" not in text
    assert "<code>analyzer report" not in text
    assert f'Not all names and sides are known yet: <a href="{site.call}/who">' in text
    hints = site.get(f"{site.call}/who")
    assert "Give the speakers their names" in hints
    assert "in place of" not in hints


def test_the_first_page_says_what_to_do_and_how_long_it_takes(site: Site) -> None:
    text = " ".join(re.sub("<[^>]+>", "", site.get("/").replace("</li>", " ")).split())
    assert "This morning" in text
    assert "Name 1 voice on harbour 1 min" in text
    assert "Hold the debrief of harbour, Dana Reyes with S3 10 min" in text
    assert "New since yesterday harbour Dana Reyes with S3, Harbour Foods" in text


def test_a_person_is_told_how_often_they_took_over_for_how_long_and_how_it_ended(tmp_path: Path) -> None:
    calls = many_calls(40)
    with Catalog.open(tmp_path) as catalog, catalog._writing() as connection:
        stored_calls.store(connection, [Result(call, None, f"1:{number}") for number, call in enumerate(calls)])
    app = made_app(Serving(Settings(out=tmp_path)), Known(tmp_path, None, read_only=True))
    browser = TestClient(app, base_url="http://127.0.0.1:8400")
    others = [one for one in trends(calls, today=dt.date.today()).others if one.unasked.denominator > 1]
    assert others
    for trend in others:
        told = re.sub("<[^>]+>", " ", browser.get(f"/people/{id_of(folded(trend.who))}").text)
        assert re.search(
            rf"Took over\s+{trend.unasked.denominator} times in {trend.calls} calls, usually for .+; "
            rf"handed back unasked {trend.unasked.numerator} time",
            told,
        ), trend.who


def test_a_call_is_found_by_name_customer_and_words_and_shows_where(site: Site) -> None:
    for asked in ("harbour", "Foods", "forty depot", "kowal"):
        assert site.call in site.get(f"/calls?text={asked}"), asked
    assert "About <mark>forty</mark> pounds" in site.get("/calls?text=forty")
    assert "No call is like that" in site.get("/calls?text=zeppelin")
    assert "No call is like that" in site.get("/calls?led=yes&text=forty")
    assert "<mark>forty</mark>" in site.get(f"{site.call}/listen?find=forty")


def test_the_debrief_page_stands_among_the_servers_own_and_plays_the_recording(site: Site) -> None:
    text = site.get(site.call)
    assert f'href="{site.call}/who"' in text
    assert f'"recording":"{site.call.removeprefix("/calls/")}/sound"' in text
    policy = re.findall('Content-Security-Policy" content="([^"]+)"', text)[0]
    assert "default-src &#39;none&#39;" in policy or "default-src 'none'" in policy
    whole = site.browser.get(f"{site.call}/sound")
    part = site.browser.get(f"{site.call}/sound", headers={"Range": "bytes=1000-1999"})
    assert (whole.status_code, part.status_code) == (200, 206)
    assert whole.headers["content-type"] == "audio/wav"
    assert part.content == whole.content[1000:2000]


def test_a_wrong_folder_is_one_line_and_makes_no_library(tmp_path: Path) -> None:
    for wrong in (tmp_path, tmp_path / "none"):
        with pytest.raises(LibraryError, match=r"there (are no results here|is no such folder)"):
            Known(wrong, None)
    assert list(tmp_path.iterdir()) == []


def test_results_without_a_catalog_are_served_and_get_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.known.close()
    for path in site.out.glob("catalog.sqlite*"):
        path.unlink()
    site.start()
    assert site.call in site.get("/")


def test_a_port_in_use_and_an_address_of_elsewhere_are_one_line() -> None:
    in_use = r"port \d+ is in use already. Choose another with --port"
    with taken("127.0.0.1", 0) as first, pytest.raises(UsageError, match=in_use):
        taken("127.0.0.1", first.getsockname()[1])
    with pytest.raises(UsageError, match=r"cannot be used|no address"):
        taken("203.0.113.1", 0)


def test_others_come_in_by_a_code_alone() -> None:
    settings = Settings()
    with pytest.raises(UsageError, match=r"--host 0.0.0.0 lets others in. Give an access code"):
        Serving(settings, host="0.0.0.0")
    with pytest.raises(UsageError, match="too short"):
        Serving(settings, host="0.0.0.0", code="1234")
    with pytest.raises(UsageError, match="believed from anybody"):
        Serving(settings, host="0.0.0.0", code="long enough", user_header="X-User")
    with pytest.raises(UsageError, match="is no address"):
        Serving(settings, base_url="calls.example/path")


def test_a_call_that_was_analysed_alone_beside_the_server_is_there(tmp_path: Path) -> None:
    site = Site(tmp_path)
    more = recording(tmp_path / "northgate.wav", 130.0)
    analyse(more, site.settings, engine=FakeEngine(), salesperson="S1", customers=("S2",))
    site.refresh_index()
    assert "northgate" in site.get("/")


def test_what_a_browser_does_not_play_is_sent_as_a_wav_that_is_decoded_as_it_is_asked_for(tmp_path: Path) -> None:
    site = Site(tmp_path)
    whole = site.browser.get(f"{site.call}/sound").content
    moved = tmp_path / "harbour.w64"  # by its name no browser plays it
    owner = site.folder.path / ".recording"
    owner.write_text(owner.read_text().replace("harbour.wav", "harbour.w64"), encoding="utf-8")
    site.recording.rename(moved)
    made = site.browser.get(f"{site.call}/sound")
    assert made.headers["content-type"] == "audio/wav"
    data, rate = soundfile.read(io.BytesIO(made.content), dtype="float32")
    true, _ = soundfile.read(io.BytesIO(whole), dtype="float32")
    assert (rate, len(data)) == (16000, len(true))
    assert np.abs(data - true)[100:-100].max() < 0.002
    for asked, (first, last) in {"bytes=0-9": (0, 10), "bytes=700001-1500002": (700001, 1500003)}.items():
        part = site.browser.get(f"{site.call}/sound", headers={"Range": asked})
        assert part.status_code == 206
        assert part.content == made.content[first:last]
    assert site.browser.get(f"{site.call}/sound", headers={"Range": "bytes=99999999-"}).status_code == 416


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=100-", None),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
    ],
)
def test_a_range_is_read_as_the_standard_says(asked: str, wanted: tuple[int, int] | None) -> None:
    assert range_of(asked, 100) == wanted


def test_a_recording_that_is_gone_leaves_the_pages_and_no_sound(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.recording.unlink()
    assert "nothing to hear" in site.get(f"{site.call}/who")
    assert "nothing to hear" in site.get(f"{site.call}/listen")
    assert site.browser.get(f"{site.call}/sound").status_code == 404
    assert "<h1" in site.get(site.call)


def test_what_a_terminal_or_a_night_writes_is_there_at_the_next_look(tmp_path: Path) -> None:
    import datetime as dt

    from analyzer.debrief.conversation.answers import Answers, Promise

    site = Site(tmp_path)
    assert "Hold the debrief" in site.get("/").partition("<main")[2]
    promise = Promise(who="Dana Reyes", text="Ask first", due=dt.date.today() + dt.timedelta(days=3))
    talk_about(site.folder, site.settings, Answers(commitment=(promise,)), held_on=dt.date.today())
    site.refresh_index()
    text = site.get("/").partition("<main")[2]
    assert "Hold the debrief" not in text
    assert "Ask first" in text
    check_results(site.out, None)


def test_the_server_loads_no_model_and_its_help_no_server() -> None:
    heavy = ("torch", "onnxruntime", "faster_whisper", "pyannote", "ctranslate2")
    for module, absent in (("analyzer.serve.server", heavy), ("analyzer.cli.main", (*heavy, "uvicorn", "starlette"))):
        text = f"import sys, {module}; print([name for name in {absent} if name in sys.modules])"
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]", module
