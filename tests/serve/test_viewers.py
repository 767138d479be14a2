"""Whose coaching a user of the proxy sees: their own and that of the people they manage; 403 for the rest."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from analyzer.errors import UsageError
from analyzer.files import id_of
from analyzer.people.names import folded
from analyzer.serve.app import made_app
from analyzer.serve.serving import Serving
from analyzer.serve.viewers import EVERYTHING, Viewers
from analyzer.settings import Settings, load_settings
from tests.serve.site import Site

USERS = {
    "dana@example.com": "Dana Reyes",
    "Eva@example.com": {"name": "Eva Lind", "manages": ["dana reyes"]},
    "marcus@example.com": {"name": "Marcus Webb", "manages": ["Priya Nair"]},
    "priya@example.com": "Priya Nair",
    "head@example.com": {"name": "Ada Okoro", "sees_all": True},
}
SAID = "This is for the people of the call and their manager"


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One call: Dana sells, Marcus came along; served behind a proxy."""
    site = Site(tmp_path_factory.mktemp("limited"))
    site.send(f"{site.call}/who", f"{site.call}/who", {"name.S3": "Marcus Webb", "role.S3": "manager"})
    site.settings = replace(site.settings, users=USERS)
    site.serving = Serving(site.settings, user_header="X-Remote-User", base_url="https://calls.example")
    site.app = made_app(site.serving, site.known, site.dropped)
    return site


def browser(site: Site, user: str) -> TestClient:
    headers = {"X-Remote-User": user, "Origin": "https://calls.example"}
    return TestClient(site.app, base_url="https://calls.example", headers=headers)


PAGES = ("", "/who", "/listen", "/debrief", "/plan", "/sound")
WRITES = ("/who", "/lines", "/notes", "/notes/undo", "/notes/0", "/undo", "/debrief", "/plan")


@pytest.mark.parametrize("user", ["priya@example.com", "stranger@example.com"])
def test_somebody_elses_coaching_is_neither_shown_nor_found_nor_heard_nor_changed(user: str, site: Site) -> None:
    tab = browser(site, user)
    for page in PAGES:
        answer = tab.get(f"{site.call}{page}")
        assert answer.status_code == 403, page
        assert "harbour" not in answer.text, page
    assert "for the people of the call and their manager" in tab.get(site.call).text
    for page in WRITES:
        answer = tab.post(f"{site.call}{page}", data={"token": site.serving.token(user), "step": "1"})
        assert answer.status_code == 403, page
    for address in ("/", "/calls", "/calls?text=forty", "/people", f"/plans/new?from={id_of(site.folder.name)}"):
        shown = tab.get(address)
        assert shown.status_code == 200
        found = shown.text.partition("<main")[2]
        assert not re.search(r"harbour|forty pounds|/people/\w", found), address
    for who in ("Dana Reyes", "Marcus Webb", "Dana Reyes with Marcus Webb"):
        assert tab.get(f"/people/{id_of(folded(who))}").status_code == 403, who
    assert tab.get("/people/0123456789abcdef").status_code == 404


@pytest.mark.parametrize("user", ["dana@example.com", "DANA@example.com", "eva@example.com", "head@example.com"])
def test_they_themselves_their_manager_and_who_sees_all_see_it_and_change_it(user: str, site: Site) -> None:
    tab = browser(site, user)
    for page in PAGES:
        assert tab.get(f"{site.call}{page}").status_code == 200, page
    assert "harbour" in tab.get("/calls?text=forty").text
    assert tab.get(f"/people/{id_of(folded('Dana Reyes'))}").status_code == 200
    fields = site.form(f"{site.call}/who", tab) | {"role.S2": "buyer"}
    assert tab.post(f"{site.call}/who", data=fields).status_code == 200


def test_who_came_along_sees_the_call_and_the_pair_and_not_the_sellers_own_page(site: Site) -> None:
    tab = browser(site, "marcus@example.com")
    assert tab.get(site.call).status_code == 200
    assert tab.get(f"/people/{id_of(folded('Marcus Webb'))}").status_code == 200
    assert tab.get(f"/people/{id_of(folded('Dana Reyes with Marcus Webb'))}").status_code == 200
    assert tab.get(f"/people/{id_of(folded('Dana Reyes'))}").status_code == 403
    assert "Dana Reyes</bdi></a></th>" not in tab.get("/people").text
    assert browser(site, "dana@example.com").get(f"/people/{id_of(folded('Marcus Webb'))}").status_code == 403


def test_a_call_of_which_it_is_not_known_who_sold_is_for_managers() -> None:
    unknown = SimpleNamespace(salesperson=None, others=())
    viewers = Viewers(Serving(Settings(users=USERS), user_header="X-User"))
    may = {user: viewers.of(user).may_see_call(unknown) for user in USERS}  # type: ignore[arg-type]
    assert [may[user] for user in USERS] == [False, True, True, False, True]


def test_users_are_read_from_the_settings_and_need_a_proxy_that_proves_them(tmp_path: Path) -> None:
    path = tmp_path / "analyzer.toml"
    path.write_text('[users]\n"dana@example.com" = "Dana Reyes"\n"e" = { name = "Eva", manages = ["Dana Reyes"] }\n')
    settings = load_settings({}, config=path, environ={})
    assert Viewers(Serving(settings)).of("anybody") == EVERYTHING  # this machine alone
    assert Viewers(Serving(settings, user_header="X")).of("e").manages == {folded("Dana Reyes")}
    with pytest.raises(UsageError, match="proves nothing"):
        Viewers(Serving(settings, host="0.0.0.0", code="abcd-efgh"))
    for wrong in (3, {"nmae": "Eva"}, {"manages": "Dana"}, {"manages": [3]}, {"sees_all": "yes"}):
        with pytest.raises(UsageError, match="cannot be"):
            Viewers(Serving(Settings(users={"e": wrong}), user_header="X"))
    with pytest.raises(UsageError, match=r"only be set in analyzer\.toml"):
        load_settings({}, environ={"ANALYZER_USERS": "x"})
