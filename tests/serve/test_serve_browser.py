"""A person without a shell: names voices by ear, moves a line, takes it back, debriefs on a phone."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from analyzer import session
from analyzer.call.folder import CallFolder
from analyzer.debrief.conversation.answers import talk_of
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.nightly import INDEX_FILE, write_index
from analyzer.library.workers import Inline
from analyzer.serve.app import made_app
from analyzer.serve.dropped import Dropped
from analyzer.serve.serving import Serving
from tests.browsers import BOTH, Browser, started_browser  # noqa: F401
from tests.library_folders import fake, small
from tests.serve.site import Site

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 800}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[tuple[Site, str]]:
    """A library, and the address of a real server of it."""
    site = Site(tmp_path)
    with Catalog.open(site.out) as catalog:
        write_index(site.out, catalog.summaries(), [], unread={})
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    serving = Serving(site.settings, port=port)
    site.dropped = Dropped(serving, site.known, lambda serving: Inline(fake, serving.settings))
    app = made_app(serving, site.known, site.dropped)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    site.dropped.leaves = lambda: server.should_exit  # as the real server: it waits for no one who watches
    runs = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    runs.start()
    yield site, f"http://127.0.0.1:{port}"
    server.should_exit = True
    runs.join()
    site.dropped.close()


def opened(browser: Browser, said: list[str], **options: Any) -> Any:
    """A tab that notes what the page says on the console, fails at, or asks of another server."""
    tab = browser.new_context(**options).new_page()
    tab.set_default_timeout(120_000)  # on a busy machine; what is waited for comes
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    return tab


@BOTH
def test_a_person_names_voices_by_ear_moves_a_line_undoes_it_and_debriefs_on_a_phone(
    site: tuple[Site, str], browser: Browser
) -> None:
    library, address = site
    said: list[str] = []
    tab = opened(browser, said, viewport=DESK)
    tab.goto(address)
    tab.click("text=Name 1 voice")
    tab.click("#S3 .play-part")
    tab.wait_for_function("document.getElementById('sound').currentTime > 60")
    assert tab.evaluate("document.querySelector('#S3 .play-part').classList.contains('playing')")
    for key, name in (("S1", "Dana R. Reyes"), ("S2", "Ray Kowalski"), ("S3", "Marcus Webb")):
        tab.fill(f"[name='name.{key}']", name)
    tab.click("text=Save")
    tab.wait_for_selector(".message")
    assert [library.label(key) for key in ("S1", "S2", "S3")] == ["Dana R. Reyes", "Ray Kowalski", "Marcus Webb"]
    assert "Marcus Webb" in (library.out / INDEX_FILE).read_text()
    tab.click("text=Listen and correct")
    tab.click("#said-lines li:nth-child(4) .give-line")
    tab.fill("#give-to", "Marcus Webb")
    tab.click("text=Give it to them")
    tab.wait_for_selector(".message")
    assert tab.inner_text("#said-lines li:nth-child(4) b") == "Marcus Webb"
    tab.click("text=Take it back")
    tab.wait_for_selector("text=taken back")
    tab.goto(f"{address}{library.call}/listen")
    assert tab.inner_text("#said-lines li:nth-child(4) b") == "Dana R. Reyes"
    tab.click("#said-lines li:nth-child(3) .time")
    tab.wait_for_selector("#said-lines li:nth-child(3).now-said")

    phone = opened(browser, said, viewport=PHONE, has_touch=True, color_scheme="dark")
    phone.goto(address)
    phone.click("text=Hold the debrief")
    phone.fill("[name=share]", "80")
    phone.fill("[name=well]", "The opening.\nThe close.")
    phone.click("text=Go on")
    phone.select_option("select >> nth=0", "met")
    phone.click("text=Go on")
    assert "said 80 %; measured were 85 %" in phone.inner_text("main")
    phone.fill("[name=observed]", "Marcus waited.")
    phone.click("text=Go on")
    phone.fill("[name='promise.who']", "Dana R. Reyes")
    phone.fill("[name='promise.text']", "Ask before the price comes up")
    phone.click("text=End the debrief and keep it")
    phone.wait_for_selector(".message")
    kept = talk_of(CallFolder(library.folder.path))
    assert kept is not None
    assert [one.text for one in kept.talk.commitments] == ["Ask before the price comes up"]
    phone.goto(f"{address}/people")
    assert "Dana R. Reyes" in phone.inner_text("main")
    assert said == []


def dropped(tab: Any, address: str, name: str, content: bytes) -> str:
    """Drops a recording in, and says at which address it is told how far it is."""
    tab.goto(address)
    tab.set_input_files("#drop-file", {"name": name, "mimeType": "audio/wav", "buffer": content})
    tab.wait_for_url("**/dropped/*")
    return str(tab.url).removeprefix(address)


def test_a_recording_is_dropped_in_and_its_page_leads_to_the_call(site: tuple[Site, str], browser: Browser) -> None:
    library, address = site
    said: list[str] = []
    tab = opened(browser, said, viewport=PHONE)
    dropped(tab, address, "Northwind.wav", small(library.home / "elsewhere" / "a.wav", 1).read_bytes())
    tab.click("text=Look at the call")
    assert "Northwind" in tab.title()
    assert said == []
    tab.goto(address)
    file = {"name": "b.wav", "mimeType": "audio/wav", "buffer": b"no sound"}
    tab.set_input_files("#drop-file", [file, {"name": "c.txt", "mimeType": "text/plain", "buffer": b"text"}])
    tab.wait_for_selector("#sending .wrong >> text=By its name this is no recording.")
    tab.click("text=See how far it is")
    tab.wait_for_selector("text=It could not be analysed.")
    tab.click("text=Remove it from this server")
    tab.wait_for_selector("text=b.wav is removed.")


def reach(tab: Any, selector: str) -> None:
    """Goes on by the tabulator until something has the focus, which must be seen to have it."""
    for _ in range(150):
        tab.keyboard.press("Tab")
        if tab.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'"), selector
            return
    raise AssertionError(f"never reached: {selector}")


@BOTH
def test_the_keyboard_alone_names_a_voice_takes_it_back_gives_a_line_away_and_debriefs(
    site: tuple[Site, str], browser: Browser
) -> None:
    library, address = site
    said: list[str] = []
    tab = opened(browser, said, viewport=DESK)
    tab.goto(address)
    reach(tab, f"a[href='{library.call}/who']")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/who")
    reach(tab, "#S3 .play-part")
    tab.keyboard.press("Enter")
    tab.wait_for_function("document.getElementById('sound').currentTime > 60")
    reach(tab, "[name='name.S3']")
    tab.keyboard.type("Marcus Webb")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".message")
    assert library.label("S3") == "Marcus Webb"
    reach(tab, ".undo button")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("text=taken back")
    assert library.label("S3") == "S3"
    tab.goto(f"{address}{library.call}/listen")
    reach(tab, "#said-lines li:nth-child(4) .give-line")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "give-to"
    tab.keyboard.type("S3")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".message")
    assert tab.inner_text("#said-lines li:nth-child(4) b") == "S3"
    tab.goto(f"{address}{library.call}/debrief")
    reach(tab, "[name=share]")
    tab.keyboard.type("80")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("select")
    reach(tab, "select")
    tab.keyboard.press("ArrowDown")
    reach(tab, "button.main")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("[name=observed]")
    assert "said 80 %" in tab.inner_text("main")
    assert said == []


@BOTH
def test_of_two_browsers_the_later_sees_what_it_wrote_and_what_became_of_the_call(
    site: tuple[Site, str], browser: Browser
) -> None:
    library, address = site
    said: list[str] = []
    one, other = (opened(browser, said, viewport=viewport) for viewport in (DESK, PHONE))
    for tab, name in ((one, "Marcus Webb"), (other, "Mark Weber")):
        tab.goto(f"{address}{library.call}/who")
        tab.fill("[name='name.S3']", name)
    one.click("text=Save")
    one.wait_for_selector(".message")
    other.click("text=Save")
    other.wait_for_selector("text=Somebody else was quicker")
    assert "Mark Weber" in other.inner_text(".written")
    other.click("main a")
    other.wait_for_selector("#S3")
    assert other.input_value("[name='name.S3']") == library.label("S3") == "Marcus Webb"
    assert not other.evaluate("document.documentElement.scrollWidth > innerWidth")


def states(library: Site, address: str, tab: Any) -> Iterator[str]:
    """Every page of the server, and what it looks like while somebody works with it; each is on the tab in turn."""
    call = library.call
    pages = ("/", "/calls", "/calls?text=forty&led=too_close", "/people", "/nowhere", call, f"{call}/listen?find=forty")
    for page in (*pages, f"{call}/who", f"{call}/listen", f"{call}/plan"):
        tab.goto(address + page)
        yield page
    tab.goto(f"{address}/people")
    tab.click("main th a >> nth=0")
    tab.wait_for_selector("dl.figures")
    yield "a person"
    tab.goto(f"{address}{call}/who")
    tab.fill("[name='name.S3']", "Marcus Webb")
    session.name(library.folder.path, library.settings, names={"S2": "Ray Kowalski"})
    tab.click("text=Save")
    tab.wait_for_selector(".written")
    yield "somebody else was quicker"
    tab.goto(f"{address}{call}/who")
    tab.fill("[name='name.S3']", "Marcus Webb")
    tab.click("text=Save")
    tab.wait_for_selector(".message")
    yield "named, with a message and a last change"
    tab.goto(f"{address}{call}/debrief")
    for step in (1, 2, 3):
        yield f"debrief, step {step}"
        tab.click("text=Go on")
    tab.fill("[name='promise.who']", "Marcus Webb")
    tab.fill("[name='promise.text']", "Wait until asked")
    tab.click("text=One more promise")
    tab.wait_for_selector(".kept")
    yield "debrief, step 4"
    tab.click("text=End the debrief and keep it")
    tab.wait_for_selector(".message")
    yield "debrief held"


WIDE = "document.documentElement.scrollWidth > innerWidth"


def test_no_page_and_state_has_a_fault_of_accessibility_or_is_wider_than_the_screen(
    site: tuple[Site, str], browser: Browser
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    library, address = site
    # Axe is put into the page, which the page's own policy would refuse.
    tab = opened(browser, [], viewport=DESK, bypass_csp=True, reduced_motion="reduce")
    found = []
    for state in states(library, address, tab):
        for viewport, scheme in ((DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark")):
            tab.set_viewport_size(viewport)
            tab.emulate_media(color_scheme=scheme)
            # All that axe knows in the light; in the dark, where only the colours are others, these.
            rules = None if scheme == "light" else {"runOnly": ["color-contrast", "link-in-text-block"]}
            result = axe.Axe().run(tab, options=rules)
            found += [(state, scheme, one["id"], one["nodes"][0]["html"]) for one in result.response["violations"]]
            if tab.evaluate(WIDE):
                found.append((state, scheme, "wide", str(viewport)))
        tab.set_viewport_size(DESK)
        tab.emulate_media(color_scheme="light")
    assert found == []


@pytest.mark.parametrize("browser", ["firefox"], indirect=True)
def test_no_page_and_state_is_wider_than_a_phone_in_firefox(site: tuple[Site, str], browser: Browser) -> None:
    library, address = site
    tab = opened(browser, [], viewport=PHONE)
    assert [state for state in states(library, address, tab) if tab.evaluate(WIDE)] == []
