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
    tab.set_default_timeout(240_000)  # on a busy machine; what is waited for comes
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


def test_no_page_has_a_fault_of_accessibility_or_is_wider_than_the_screen(
    site: tuple[Site, str], browser: Browser
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    library, address = site
    said: list[str] = []
    pages = ["/", "/calls?text=forty", "/people", "/plans", "/plans/new", "/nowhere"]
    pages += [library.call + rest for rest in ("/who", "/listen", "/plan")]
    library.send(f"{library.call}/listen", f"{library.call}/notes", {"at": "0:50", "text": "Ray asks Marcus"})
    tab = opened(browser, said)
    pages.append(dropped(tab, address, "good.wav", small(library.home / "elsewhere" / "a.wav", 1).read_bytes()))
    pages.append(dropped(tab, address, "rubbish.wav", b"no sound"))
    tab.wait_for_selector("text=It could not be analysed.")
    library.dropped.wake = lambda: None  # type: ignore[method-assign]  # so that it waits
    pages.append(dropped(tab, address, "waits.wav", b"sound to come"))
    found = []
    for viewport, scheme in ((PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")):
        # Axe is put into the page, which the page's own policy would refuse.
        tab = opened(browser, said, viewport=viewport, color_scheme=scheme, bypass_csp=True)
        for page in (*pages, library.call + "/debrief"):
            tab.goto(address + page)
            result = axe.Axe().run(tab)
            found += [(page, scheme, one["id"], one["nodes"][0]["html"]) for one in result.response["violations"]]
            if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append((page, scheme, "wide", str(viewport)))
    assert found == []
