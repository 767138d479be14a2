"""A small library and a browser that asks its server in this process: for tests of pages and what they change."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.testclient import TestClient

from analyzer.call.folder import CallFolder
from analyzer.files import id_of
from analyzer.library.nightly import bring_up_to_date
from analyzer.library.rebuild import rebuild
from analyzer.library.workers import Inline
from analyzer.serve.app import made_app
from analyzer.serve.dropped import Dropped
from analyzer.serve.known import Known
from analyzer.serve.serving import Serving
from analyzer.session import analyse
from analyzer.settings import Settings
from tests.fake_engine import FakeEngine, recording
from tests.library_folders import fake
from tests.plans import attendees

PLAN = (
    'reason = "the offer"\ncustomer = "Harbour Foods"\n'
    + attendees("Dana Reyes", "Ray Kowalski")
    + '[[objective]]\ntext = "Agree on the next step"\nkeywords = ["next steps"]\n'
)


@dataclass
class Site:
    """A library with one call in it, and its server."""

    home: Path
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.out = self.home / "debriefs"
        self.settings = Settings(out=self.out, sound="none")
        self.recording = recording(self.home / "harbour.wav")
        self.recording.with_suffix(".plan.toml").write_text(PLAN, encoding="utf-8")
        done = analyse(self.recording, self.settings, engine=FakeEngine(), salesperson="S1", customers=("S2",))
        self.folder: CallFolder = done.folder
        rebuild(self.out)
        self.start()

    def start(self) -> None:
        """The server, as after a start."""
        self.serving = Serving(self.settings, **self.more)
        self.known = Known(self.out, None, read_only=self.serving.read_only)
        self.dropped = Dropped(self.serving, self.known, lambda serving: Inline(fake, serving.settings))
        self.app = made_app(self.serving, self.known, self.dropped)
        self.browser = self.another()

    def another(self) -> TestClient:
        """One more browser."""
        return TestClient(self.app, base_url="http://127.0.0.1:8400", follow_redirects=True)

    @property
    def call(self) -> str:
        """The address of the call."""
        return f"/calls/{id_of(self.folder.name)}"

    def get(self, address: str, browser: TestClient | None = None) -> str:
        """A page that is there."""
        answer = (browser or self.browser).get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.text)
        return answer.text

    def form(self, page: str, browser: TestClient | None = None) -> dict[str, str]:
        """What the forms of a page send along without a person's doing."""
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.get(page, browser))
        return {name: html.unescape(value) for name, value in found}

    def send(self, page: str, to: str, fields: dict[str, str], browser: TestClient | None = None) -> Any:
        """Fills in a form of a page and sends it."""
        return (browser or self.browser).post(to, data=self.form(page, browser) | fields)

    def drop(self, content: Any, name: str, browser: TestClient | None = None, **more: str) -> Any:
        """Sends a recording as the page's script does."""
        headers = {"Content-Type": "application/octet-stream", "X-Name": quote(name)}
        headers |= {"X-Token": self.serving.token(self.serving.local_user)} | more
        return (browser or self.browser).post("/dropped", content=content, headers=headers)

    def label(self, key: str) -> str:
        """What a voice is called now."""
        from analyzer.debrief.results import read_call

        return read_call(CallFolder(self.folder.path)).label(key)

    def refresh_index(self) -> None:
        """As a command at a terminal does after it wrote something."""
        bring_up_to_date(self.out, None)
