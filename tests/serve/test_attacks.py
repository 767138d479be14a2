"""What strangers try, each with what it gets: nothing is changed, nothing is told, and the others go on."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import tracemalloc
from collections import namedtuple
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from analyzer.call.place import DROPPED
from analyzer.serve import forms, taking_in
from analyzer.serve.app import own_address
from analyzer.serve.guard import Tries
from analyzer.serve.serving import Serving
from analyzer.settings import Settings
from tests.serve.site import Site

CODE = "abcd-efgh-jkmn"


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("attacked"))


@pytest.fixture(scope="module", name="shared")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("shared"), {"host": "0.0.0.0", "code": CODE})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8400",
        "127.0.0.1",
        "127.0.0.1:80",
        "localhost:8400@evil.example",
        "127.0.0.1:84x",
        "",
    ],
)
def test_a_name_that_was_pointed_here_gets_nothing(host: str, site: Site) -> None:
    answer = site.browser.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "harbour" not in answer.text


def test_only_this_machines_names_are_its_own(shared: Site) -> None:
    alone = Serving(Settings())
    assert [alone.is_ours(host) for host in ("localhost:8400", "[::1]:8400", "192.168.1.5:8400")] == [True, True, False]
    assert shared.serving.is_ours("192.168.1.5:8400")
    assert not shared.serving.is_ours("evil.example:8400")
    behind = Serving(Settings(), user_header="X-User", base_url="https://calls.example")
    assert behind.is_ours("calls.example")
    assert not behind.is_ours("evil.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_what_another_site_sends_is_not_done_even_with_the_right_token(headers: dict[str, str], site: Site) -> None:
    fields = site.form(f"{site.call}/who") | {"name.S3": "Mallory"}
    assert site.browser.post(f"{site.call}/who", data=fields, headers=headers).status_code == 403
    assert site.label("S3") == "S3"


def test_a_browser_is_let_to_say_where_a_form_came_from(site: Site) -> None:
    """With `no-referrer` it sends `Origin: null`, which is refused; the debrief page's own policy says so, once."""
    assert site.browser.get("/").headers["referrer-policy"] == "same-origin"
    assert re.findall('name="referrer" content="([^"]+)"', site.get(site.call))[-1] == "same-origin"


def test_a_write_without_the_token_or_as_another_kind_of_text_is_not_done(site: Site) -> None:
    fields = site.form(f"{site.call}/who") | {"name.S3": "Mallory"}
    for token in ("", "0" * 64, "é"):
        assert site.browser.post(f"{site.call}/who", data=fields | {"token": token}).status_code == 403
    assert site.browser.post(f"{site.call}/who", json=fields).status_code == 415
    assert site.browser.post(f"{site.call}/who", files={"x": b"y"}, data=fields).status_code == 415
    assert site.browser.get(f"{site.call}/who", params=fields).status_code == 200
    assert site.browser.put(f"{site.call}/who", data=fields).status_code == 405
    assert site.browser.delete(site.call).status_code == 405
    assert site.label("S3") == "S3"


@pytest.mark.parametrize(
    "address",
    [
        "/calls/..%2f..%2fetc%2fpasswd",
        "/calls/../../etc/passwd",
        "/calls/harbour",
        "/calls/harbour/sound",
        "/calls/%00/who",
        "/calls/" + "a" * 5000,
        "/static/..%2fviews.py",
        "/static/%2fetc%2fpasswd",
        "/static/views.py",
        "/people/..%2f..",
        "//evil.example/calls",
    ],
)
def test_a_path_in_an_address_leads_nowhere(address: str, site: Site) -> None:
    answer = site.browser.get(f"http://127.0.0.1:8400{address}")
    assert answer.status_code == 404
    assert "root:" not in answer.text


def test_a_recording_and_people_named_like_script_stay_text(tmp_path: Path) -> None:
    site = Site(tmp_path)
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'
    site.send(f"{site.call}/who", f"{site.call}/who", {"name.S1": hostile, "name.S3": "a' onfocus='alert(1)"})
    assert "<script>" in site.label("S1")
    pages = ("/", "/calls", "/people", site.call, *(f"{site.call}/{page}" for page in ("who", "listen", "debrief")))
    for address in (
        *pages,
        f"/calls?text={hostile}&person={hostile}&first={hostile}",
        f"{site.call}/listen?find={hostile}",
    ):
        text = site.browser.get(address).text.partition('<script type="application/json"')[0]
        assert "<script>alert" not in text, address
        assert "<img" not in text, address
        assert "onfocus='alert" not in text, address


def test_the_code_is_asked_for_and_lets_in(shared: Site) -> None:
    browser = shared.another()
    assert "Access code" in shared.get("/", browser)
    assert "harbour" not in browser.get("/calls").text
    assert browser.get(f"{shared.call}/sound", follow_redirects=False).status_code == 303
    assert browser.post(f"{shared.call}/who", data={"name.S1": "x"}).status_code == 403
    answer = browser.post("/enter", data={"user": "Eva", "code": CODE, "next": "/calls"})
    assert (answer.status_code, answer.url.path) == (200, "/calls")
    assert "harbour" in answer.text
    cookie = answer.history[0].headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    browser.post(f"{shared.call}/who", data=shared.form(f"{shared.call}/who", browser) | {"name.S3": "Marcus Webb"})
    assert [change.by for change in shared.folder.corrections()][-1] == "Eva"
    forged = shared.another()
    forged.cookies.set("analyzer", browser.cookies["analyzer"].replace("Eva", "Ada"))
    assert "Access code" in forged.get("/").text


def test_guessing_the_code_is_slowed_down_for_everybody_and_those_inside_go_on(shared: Site) -> None:
    inside = shared.another()
    inside.post("/enter", data={"user": "Eva", "code": CODE})
    guesser = shared.another()
    answers = [guesser.post("/enter", data={"user": "x", "code": f"guess {n}"}).status_code for n in range(8)]
    assert answers == [403] * 5 + [429] * 3
    assert shared.another().post("/enter", data={"user": "x", "code": CODE}).status_code == 429
    assert "harbour" in inside.get("/").text


def test_each_wrong_code_beyond_the_first_few_waits_twice_as_long() -> None:
    clock = [0.0]
    tries = Tries(lambda: clock[0])
    waits = []
    for _ in range(8):
        tries.was_wrong()
        waits.append(tries.wait())
        clock[0] += tries.wait()
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16]
    for _ in range(50):
        tries.was_wrong()
    assert tries.wait() == Tries.LONGEST


def test_after_the_code_one_stays_on_this_server() -> None:
    away = (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "/a\r\nSet-Cookie: x",
    )
    assert {own_address(text) for text in away} == {"/"}
    assert own_address("/calls?text=x") == "/calls?text=x"


def test_a_proxy_says_who_asks_and_without_it_no_one_comes_in(tmp_path: Path) -> None:
    site = Site(tmp_path, {"user_header": "X-Remote-User", "base_url": "https://calls.example"})
    browser = TestClient(site.app, base_url="https://calls.example")
    assert browser.get("/").status_code == 403
    named = {"X-Remote-User": "eva@example.com", "Origin": "https://calls.example"}
    browser.headers.update(named)
    fields = site.form(f"{site.call}/who", browser) | {"name.S3": "Marcus Webb"}
    assert browser.post(f"{site.call}/who", data=fields).status_code == 200
    assert [change.by for change in site.folder.corrections()][-1] == "eva@example.com"
    other = {"X-Remote-User": "kofi@example.com"}
    assert browser.post(f"{site.call}/who", data=fields, headers=other).status_code == 403  # another's token


def test_where_it_is_read_only_nothing_is_changed_and_no_form_is_there(tmp_path: Path) -> None:
    site = Site(tmp_path, {"read_only": True})
    before = {path: path.read_bytes() for path in site.folder.path.rglob("*") if path.is_file()}
    for address in (site.call, *(f"{site.call}/{page}" for page in ("who", "listen", "debrief"))):
        assert 'method="post"' not in site.get(address), address
    fields = {"name.S1": "x", "token": site.serving.token(site.serving.local_user)}
    for address in ("who", "lines", "undo", "debrief"):
        assert site.browser.post(f"{site.call}/{address}", data=fields).status_code == 403
    assert site.drop(b"RIFF", "call.wav").status_code == 403
    assert "drop-file" not in site.get("/")
    assert {path: path.read_bytes() for path in site.folder.path.rglob("*") if path.is_file()} == before


def test_too_much_at_once_is_refused(site: Site) -> None:
    fields = site.form(f"{site.call}/debrief")
    assert site.browser.post(f"{site.call}/debrief", data=fields | {"well": "x" * 400_000}).status_code == 413
    many = fields | {f"field{n}": "x" for n in range(forms.MOST_FIELDS)}
    assert site.browser.post(f"{site.call}/debrief", data=many).status_code == 400


def test_a_slow_client_is_let_go_and_holds_up_no_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server: one connection never ends its head, one never sends its form; a third is answered meanwhile."""
    import uvicorn

    monkeypatch.setattr(forms, "PATIENCE", 0.2)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    serving = Serving(site.settings, port=port)
    from analyzer.serve.app import made_app

    server = uvicorn.Server(uvicorn.Config(made_app(serving, site.known), log_config=None, lifespan="off"))
    runs = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    runs.start()
    host = f"Host: 127.0.0.1:{port}\r\n"
    try:
        at = ("127.0.0.1", port)
        with socket.create_connection(at) as first, socket.create_connection(at) as second:
            first.sendall(b"GET / HTTP/1.1\r\nHost: ")
            head = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n"
            second.sendall(f"POST {site.call}/who HTTP/1.1\r\n{host}{head}\r\nname.S1=".encode())
            with socket.create_connection(at) as third:
                third.sendall(f"GET /people HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode())
                assert b"200 OK" in third.recv(100)
            assert b"408" in second.recv(100)
    finally:
        server.should_exit = True
        runs.join()


class Sent:
    """What a client sends in pieces of a megabyte without an end, up to 5 GB; `came` are the bytes that were taken."""

    def __init__(self) -> None:
        self.came = 0
        self.piece = bytes(1_000_000)

    async def receive(self) -> dict[str, object]:
        self.came += len(self.piece)
        return {"type": "http.request", "body": self.piece, "more_body": self.came < 5_000_000_000}


def uploaded(site: Site, receive: Callable[[], Awaitable[dict[str, object]]], **headers: str) -> tuple[int, str]:
    """What the server answers to an upload that comes in pieces: its status and text."""
    given = {"host": "127.0.0.1:8400", "content-type": "application/octet-stream", "x-name": "call.wav"}
    given |= {"x-token": site.serving.token(site.serving.local_user)} | headers
    scope = {"type": "http", "method": "POST", "path": "/dropped", "query_string": b"", "http_version": "1.1"}
    scope |= {"headers": [(name.encode(), value.encode()) for name, value in given.items()]}
    answered: list[Any] = []

    async def send(message: Any) -> None:
        answered.append(message)

    asyncio.run(site.app(scope, receive, send))  # type: ignore[arg-type]
    return answered[0]["status"], b"".join(one.get("body", b"") for one in answered[1:]).decode()


def test_an_upload_of_5_gb_is_refused_at_once_or_cut_off_and_takes_neither_memory_nor_room(tmp_path: Path) -> None:
    site = Site(tmp_path, {"largest_upload": 20_000_000})
    sent = Sent()
    status, told = uploaded(site, sent.receive, **{"content-length": "5000000000"})
    assert (status, sent.came) == (413, 0)
    assert json.loads(told)["told"].startswith("The recording is larger than 20 MB, the most that is taken in here.")
    tracemalloc.start()
    try:
        assert uploaded(site, sent.receive)[0] == 413  # it does not say how large it is
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent.came == 21_000_000
    assert peak < 10_000_000
    assert list((site.out / DROPPED).iterdir()) == []


def test_an_upload_ends_before_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path)
    free = [600_000_000]
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(taking_in.shutil, "disk_usage", lambda _: usage(1, 0, free[0]))
    sent = Sent()
    status, told = uploaded(site, sent.receive, **{"content-length": "100000001"})
    assert (status, sent.came) == (507, 0)
    assert "There is room for 100 MB here" in told
    asked = uploaded(site, sent.receive, **{"x-ask": "100000001"})  # as a browser does before it sends
    assert (asked, sent.came) == ((507, told), 0)
    assert uploaded(site, sent.receive, **{"x-ask": "99999999"}) == (200, "{}")

    async def receive() -> dict[str, object]:
        free[0] -= 30_000_000  # others write too
        return await sent.receive()

    assert uploaded(site, receive)[0] == 507
    assert sent.came < 10_000_000
    assert list((site.out / DROPPED).iterdir()) == []


def test_an_upload_that_stops_coming_or_breaks_off_leaves_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_in, "PATIENCE", 0.1)
    sent = Sent()

    async def stops() -> dict[str, object]:
        if sent.came:
            await asyncio.Event().wait()
        return await sent.receive()

    assert uploaded(site, stops)[0] == 408

    async def breaks_off() -> dict[str, object]:
        return {"type": "http.disconnect"}

    assert uploaded(site, breaks_off)[0] == 400
    assert list((site.out / DROPPED).iterdir()) == []


def test_an_upload_without_the_token_or_from_another_site_is_not_looked_at(site: Site) -> None:
    sent = Sent()
    assert uploaded(site, sent.receive, **{"x-token": "0" * 64})[0] == 403
    assert uploaded(site, sent.receive, origin="https://evil.example")[0] == 403
    assert uploaded(site, sent.receive, **{"content-type": "text/plain"})[0] == 415
    assert uploaded(site, sent.receive, **{"x-name": "page.html"})[0] == 415
    assert sent.came == 0
