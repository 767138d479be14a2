"""The browsers that pages are looked at in, as Debian has them: Chromium, and Firefox by WebDriver BiDi.

What Firefox cannot be told for one tab (dark, no motion), it is told when it starts: it is started once for each.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
NAMES = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "firefox": ("firefox-esr", "firefox")}
FIREFOX_IS_TOLD = {
    ("color_scheme", "dark"): {"layout.css.prefers-color-scheme.content-override": 0},
    ("color_scheme", "light"): {"layout.css.prefers-color-scheme.content-override": 1},
    ("reduced_motion", "reduce"): {"ui.prefersReducedMotion": 1},
}
BOTH = pytest.mark.parametrize("browser", list(NAMES), indirect=True)
"""For a test of what a person does; the rest look in Chromium alone, to be done in time."""


@dataclass
class Browser:
    """One kind of browser; started when it is needed."""

    name: str
    driver: Any
    path: str
    started: dict[str, Any] = field(default_factory=dict)

    def new_context(self, **options: Any) -> Any:
        """What Playwright's browser calls a context: tabs with cookies of their own."""
        if self.name == "chromium":
            # The sandbox of Chromium needs rights that a container does not give.
            wanted: dict[str, Any] = {"args": ["--no-sandbox", "--disable-dev-shm-usage"]}
        else:
            told = [prefs for (name, value), prefs in FIREFOX_IS_TOLD.items() if options.get(name) == value]
            options = {name: value for name, value in options.items() if name not in dict(FIREFOX_IS_TOLD)}
            prefs = {"media.autoplay.default": 0} | {name: value for one in told for name, value in one.items()}
            wanted = {"channel": "moz-firefox", "firefox_user_prefs": prefs}
        if (key := str(wanted)) not in self.started:
            kind = getattr(self.driver, self.name)
            self.started[key] = kind.launch(executable_path=self.path, **wanted)
        return self.started[key].new_context(**options)


@pytest.fixture(scope="module", name="browser")
def started_browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser; a test skips where it is not installed."""
    name: str = getattr(request, "param", "chromium")
    path = next((found for command in NAMES[name] if (found := shutil.which(command))), None)
    if path is None:
        pytest.skip(f"{name} is not installed")
    with playwright.sync_playwright() as driver:
        browser = Browser(name, driver, path)
        yield browser
        for one in browser.started.values():
            one.close()
