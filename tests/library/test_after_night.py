"""What a night sends when it is over, with a real mail server and a real web server in this process."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import hashlib
import hmac
import json
import re
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from analyzer.call.folder import CallFolder
from analyzer.debrief.first_screen import summary
from analyzer.debrief.results import write_results
from analyzer.errors import BadFileError, UsageError
from analyzer.files import id_of
from analyzer.library import after_night
from analyzer.library.after_night import Ways, send
from analyzer.library.catalog.catalog import Catalog, Place
from analyzer.library.mailing import address_of, sender_of, sent
from analyzer.library.run import Run, now
from analyzer.library.summary import CallSummary, summarise
from analyzer.library.webhook import hook_of, signature
from analyzer.settings import Settings, load_settings
from tests.conftest import ROOT
from tests.library_folders import small
from tests.nightly_runs import Desk
from tests.records import taken_over

ROSTER = """
[[person]]
name = "Dana Reyes"
role = "salesperson"
email = "dana@example.org"

[[person]]
name = "Marcus Webb"
role = "manager"
email = "marcus@example.org"

[[person]]
name = "Priya Nair"
role = "specialist"
email = "priya@elsewhere.example"
"""
WEB_SECRET = "a secret of sixteen letters"


class Post:
    """A mail server that keeps what it is given; `refuses` are addresses that it does not take."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.refuses: set[str] = set()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refuses:
            return "550 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        mail = email.message_from_bytes(cast("bytes", envelope.content), policy=email.policy.default)
        self.mails.append((list(envelope.rcpt_tos), cast("EmailMessage", mail)))
        return "250 OK"


class AnyPort(Controller):
    """A server on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    kept = Post()
    server = AnyPort(
        kept,
        hostname="127.0.0.1",
        port=0,
        authenticator=lambda *args: AuthResult(success=args[4].password == b"a secret of the post", handled=False),
        auth_require_tls=False,
    )
    server.start()
    try:
        yield kept, server.port
    finally:
        server.stop()


class Web(ThreadingHTTPServer):
    """A web server that keeps what is posted, and answers with `answer`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.got = 204, list[tuple[dict[str, str], bytes]]()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast("Web", self.server)
        server.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(server.answer)
        if server.answer == 302:
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/other")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class House:
    """A library with results and a roster, and what is sent of it."""

    home: Path
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.home / "calls").mkdir()
        (self.home / "calls" / "team.toml").write_text(ROSTER)

    @property
    def out(self) -> Path:
        return self.home / "out"

    def call(self, name: str, along: str = "Marcus Webb", sha256: str = "") -> CallSummary:
        """A call of yesterday on which `along` came along, with its results."""
        made = taken_over()
        people = tuple(
            one.model_copy(update={"name": along, "label": along}) if one.name == "Marcus Webb" else one
            for one in made.people
        )
        told = {"name": name, "customer": "Carrick <b>& Sons", "people": people}
        told |= {"date": (dt.date.today() - dt.timedelta(days=1)).isoformat()}
        content = {"sha256": sha256 or hashlib.sha256(name.encode()).hexdigest()}
        made = made.model_copy(update=told | {"recording": made.recording.model_copy(update=content)})
        write_results(CallFolder(self.out / name), made)
        return summarise(made, folder=name)

    def night(self, ways: Ways, *calls: CallSummary) -> list[str]:
        """What is told after a night on which `calls` were done."""
        self.told = []
        with Catalog.open(self.out) as catalog:
            places = [Place(str(self.home / "calls" / f"{call.name}.wav"), 1, 1, call.sha256) for call in calls]
            catalog.saw(places)
            for call in calls:
                catalog.store(call, inputs=None, record_stamp=None)
            run = Run(now(), done=list(calls))
            send(self.home / "calls", self.out, catalog, run, ways, self.told.append)
        return self.told


def by_mail(port: int, **more: Any) -> Ways:
    told = {"mail_server": "127.0.0.1", "mail_port": port, "mail_security": "none", "mail_from": "calls@example.org"}
    return Ways(sender=sender_of(Settings(**(told | more)), {}), base_url="https://calls.example.org/")


def test_each_who_came_along_gets_one_mail_about_their_calls_and_no_other(
    tmp_path: Path, post: tuple[Post, int]
) -> None:
    house, (kept, port) = House(tmp_path), post
    calls = (house.call("call 1"), house.call("call 2"), house.call("call 3", "Priya Nair"))
    assert house.night(by_mail(port), *calls) == ["mailed to marcus@example.org: 2 calls."]
    ((to, mail),) = kept.mails  # Priya's address is of another house, and Dana was not along but led
    assert to == ["marcus@example.org"]
    assert (mail["To"], mail["From"]) == ("Marcus Webb <marcus@example.org>", "calls@example.org")
    assert mail["Subject"] == "Debriefs of 2 calls"
    plain, rich = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert rich is not None
    for line in summary(taken_over())[2:5]:
        assert line in plain.get_content()
    assert "https://calls.example.org/call%201/debrief.html" in plain.get_content()
    html = rich.get_content()
    assert 'href="https://calls.example.org/call%202/debrief.html"' in html
    assert "Priya" not in html
    assert "Carrick &lt;b&gt;&amp; Sons" in html
    for outside in ("<img", "<style", "<link", "<script", "<div", "src=", "url("):  # Outlook, and nothing is fetched
        assert outside not in html
    assert house.night(by_mail(port), *calls) == []
    assert len(kept.mails) == 1
    assert stat.S_IMODE((house.out / "sent.json").stat().st_mode) == 0o600
    house.night(by_mail(port, mail_domains="other.example, elsewhere.example"), *calls)
    assert [to for to, _ in kept.mails[1:]] == [["priya@elsewhere.example"]]


def test_a_server_that_is_away_or_refuses_is_a_line_and_is_tried_again(tmp_path: Path, post: tuple[Post, int]) -> None:
    house, (kept, port) = House(tmp_path), post
    (line,) = house.night(by_mail(1), house.call("one"))  # there is none
    assert line.startswith("not mailed to marcus@example.org, and tried again the next night: ")
    kept.refuses.add("marcus@example.org")
    told = house.night(by_mail(port), house.call("two"))
    assert told == ["not mailed to marcus@example.org, and tried again the next night: no such person here."]
    kept.refuses.clear()
    house.night(by_mail(port), house.call("three"))
    assert [mail["Subject"] for _, mail in kept.mails] == ["Debriefs of 3 calls"]


def test_a_watch_tries_again_after_an_hour_and_not_at_each_look(
    tmp_path: Path, post: tuple[Post, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, (kept, port) = House(tmp_path), post
    house.night(by_mail(1), house.call("one"))
    assert house.night(by_mail(port)) == []
    monkeypatch.setattr(after_night, "TRIED_AGAIN", 0.0)
    assert house.night(by_mail(port)) == ["mailed to marcus@example.org: 1 call."]
    assert len(kept.mails) == 1


def test_no_fault_of_sending_makes_a_night_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path)
    monkeypatch.setattr(after_night, "sent", lambda *_: 1 / 0)
    (line,) = house.night(by_mail(1), house.call("one"))
    assert line.startswith("nothing more was sent: internal error: ZeroDivisionError in ")
    (house.out / "sent.json").write_text("{")
    (line,) = house.night(by_mail(1), house.call("one"))
    assert line.startswith("nothing more was sent: ")


def test_a_night_that_is_stopped_between_two_mails_mails_no_one_twice(
    tmp_path: Path, post: tuple[Post, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, (kept, port) = House(tmp_path), post
    ways = by_mail(port, mail_domains="elsewhere.example")
    calls = (house.call("one"), house.call("two", "Priya Nair"))

    def stopped(*given: Any) -> Iterator[str | None]:
        yield next(sent(*given))
        raise KeyboardInterrupt

    monkeypatch.setattr(after_night, "sent", stopped)
    with pytest.raises(KeyboardInterrupt):
        house.night(ways, *calls)
    monkeypatch.undo()
    assert len(kept.mails) == 1
    house.night(ways, house.call("three", "Kofi Mensah"))
    assert sorted(to for to, _ in kept.mails) == [["marcus@example.org"], ["priya@elsewhere.example"]]


def test_who_is_named_later_is_mailed_the_next_night(tmp_path: Path, post: tuple[Post, int]) -> None:
    desk, (kept, port) = Desk(tmp_path, long=True), post
    recording = small(desk.calls / "one.wav", 1, 120.5)
    (desk.calls / "team.toml").write_text(ROSTER)
    lines = ('mail_server = "127.0.0.1"', f"mail_port = {port}", 'mail_security = "none"')
    (desk.home / "analyzer.toml").write_text("\n".join((*lines, 'mail_from = "calls@example.org"\n')))
    desk.nightly("--mail")
    assert kept.mails == []
    names = ("S1=Dana Reyes", "S2=Ray Kowalski", "S3=Marcus Webb")
    desk.run("name", recording, *names, "--side", "S2=customer", "--salesperson", "S1", "--out", desk.out)
    waits = json.loads((desk.out / "sent.json").read_text())
    (desk.out / "sent.json").write_text(json.dumps(waits | {"at": 0.0}))  # a night later
    _, err = desk.nightly("--mail")
    assert "analyzer: mailed to marcus@example.org: 1 call.\n" in err
    assert [to for to, _ in kept.mails] == [["marcus@example.org"]]


def test_the_password_is_from_the_environment_or_a_file_and_logs_in(tmp_path: Path, post: tuple[Post, int]) -> None:
    house, (kept, port) = House(tmp_path), post
    (tmp_path / "password").write_text("a secret of the post\n")
    ways = by_mail(port, mail_user="calls", mail_password_file=str(tmp_path / "password"))
    assert ways.sender is not None
    (line,) = house.night(replace(ways, sender=replace(ways.sender, password="a wrong one")), house.call("one"))
    assert line.startswith("not mailed to marcus@example.org, and tried again the next night: 535 ")
    assert house.night(ways, house.call("two")) == ["mailed to marcus@example.org: 2 calls."]
    assert len(kept.mails) == 1


def test_what_is_wrong_with_the_settings_shows_before_the_night(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    small(desk.calls / "one.wav", 1)
    _, err = desk.nightly("--mail", code=2)
    assert "--mail needs the settings mail_server and mail_from" in err
    assert desk.asked() == []
    with pytest.raises(UsageError, match="is no mail address"):
        sender_of(Settings(mail_server="smtp.example.org", mail_from="calls"), {})
    unsafe = Settings(mail_server="smtp.example.org", mail_from="calls@example.org", mail_security="none")
    with pytest.raises(UsageError, match="as it is"):
        sender_of(unsafe, {"ANALYZER_MAIL_PASSWORD": "secret"})
    with pytest.raises(BadFileError, match="password"):
        sender_of(Settings(mail_server="a", mail_from="a@b.example", mail_password_file=str(tmp_path / "password")), {})


@pytest.mark.parametrize(
    "text", ["", "a", "@b.example", "a@", "a@b@c", "a b@c.example", "a@b.example\nBcc: x@y.example"]
)
def test_what_is_no_address_is_written_to_by_no_one(text: str) -> None:
    assert address_of(text, "Name") is None


# -- the webhook -------------------------------------------------------------------------------------------------------


def hooked(web: Web) -> Ways:
    settings = Settings(webhook_url=f"http://127.0.0.1:{web.server_port}/calls")
    return Ways(hook=hook_of(settings, {"ANALYZER_WEBHOOK_SECRET": WEB_SECRET}))


def test_each_call_is_sent_once_signed_and_without_a_word_of_it(tmp_path: Path, web: Web) -> None:
    house = House(tmp_path)
    call = house.call("one")
    assert house.night(hooked(web), call) == ["1 call sent to the webhook."]
    ((headers, body),) = web.got
    signed = f"{headers['X-Analyzer-Timestamp']}.".encode() + body
    expected = hmac.new(WEB_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Analyzer-Signature"] == f"sha256={expected}"
    told = json.loads(body)
    assert (told["id"], told["customer"], told["salesperson"], told["others"], told["led"]) == (
        call.sha256,
        "Carrick <b>& Sons",
        "Dana Reyes",
        ["Marcus Webb"],
        "no",
    )
    said = {quote.text for quote in taken_over().transcript or () if len(quote.text.split()) > 3}
    assert not [text for text in said if text.encode() in body]
    assert house.night(hooked(web), call) == []
    assert len(web.got) == 1


@pytest.mark.parametrize("answer", [500, 302])
def test_a_call_that_is_not_taken_waits_and_a_redirect_is_not_followed(tmp_path: Path, web: Web, answer: int) -> None:
    house, web.answer = House(tmp_path), answer
    told = house.night(hooked(web), *(house.call(f"call {number}") for number in range(3)))
    assert told == [f"3 calls not sent to the webhook, and tried again: it answered {answer}."]
    assert len(web.got) == 1
    web.answer = 200
    assert house.night(hooked(web), house.call("call 3")) == ["4 calls sent to the webhook."]
    assert len(web.got) == 5


def test_without_settings_nothing_is_sent_and_a_wrong_webhook_shows_before_the_night(tmp_path: Path) -> None:
    assert hook_of(Settings(), {}) is None
    assert Ways().link("a call") is None
    served = Ways(base_url="https://a.example/calls/{id}").link("a call")
    assert served == f"https://a.example/calls/{id_of('a call')}"
    for url in ("http://example.org/", "ftp://example.org/", "file:///etc/passwd", "example.org"):
        with pytest.raises(UsageError, match="https"):
            hook_of(Settings(webhook_url=url), {"ANALYZER_WEBHOOK_SECRET": "x" * 20})
    with pytest.raises(UsageError, match="16 characters"):
        hook_of(Settings(webhook_url="https://example.org/"), {"ANALYZER_WEBHOOK_SECRET": "short"})
    house = House(tmp_path)
    assert house.night(Ways(), house.call("one")) == []
    assert not (house.out / "sent.json").exists()


def test_the_settings_and_the_receiver_in_the_docs_are_right(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "nightly.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "analyzer.toml").write_text("".join(blocks))
    found = load_settings({}, config=tmp_path / "analyzer.toml", environ={})
    secrets = {"ANALYZER_MAIL_PASSWORD": "secret", "ANALYZER_WEBHOOK_SECRET": WEB_SECRET}
    assert sender_of(found, secrets).domains == {"example.com", "example.org"}
    assert hook_of(found, secrets) is not None
    (code,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    known: dict[str, Any] = {"hmac": hmac, "hashlib": hashlib, "time": time}
    exec(compile(code, "docs/nightly.md", "exec"), known)
    at = int(time.time())
    headers = {"X-Analyzer-Timestamp": str(at), "X-Analyzer-Signature": signature(WEB_SECRET, at, b"{}")}
    assert known["is_ours"](WEB_SECRET.encode(), headers, b"{}")
    assert not known["is_ours"](WEB_SECRET.encode(), headers, b"{ }")
