"""A recording that is dropped into the browser becomes a call: once, whatever it is called, and whoever is killed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analyzer.call.place import DROPPED
from analyzer.library.nightly import INDEX_FILE
from tests.library_folders import small
from tests.serve.site import Site


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.dropped.close()


def sound(site: Site, seed: int) -> bytes:
    return small(site.home / "elsewhere" / f"{seed}.wav", seed).read_bytes()


def ended(site: Site, address: str) -> dict[str, object]:
    """What is told last of a recording: the server says it when there is no more to tell."""
    told = re.findall("data: (.*)", site.get(f"{address}/events"))
    return dict(json.loads(told[-1]))


def lying(site: Site) -> list[str]:
    """What lies in the folder of dropped recordings."""
    folder = site.out / DROPPED
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_recording_that_is_dropped_in_becomes_a_call_and_its_page_leads_there(site: Site) -> None:
    assert 'id="drop-file"' in site.get("/")
    (site.out / INDEX_FILE).write_text("old")
    answer = site.drop(sound(site, 1), "Northwind 2026-05-12.wav")
    address = answer.json()["address"]
    assert ended(site, address)["state"] == "done"
    page = site.get(address)
    call = re.search(r'href="(/calls/\w+)"', page)
    assert call is not None
    assert "Northwind 2026-05-12" in site.get(call[1])
    assert site.browser.get(f"{call[1]}/sound").content == sound(site, 1)
    assert "Northwind 2026-05-12" in site.get("/calls")
    site.dropped.close()  # when it has ended, the page of all calls is written too
    assert lying(site) == ["Northwind 2026-05-12/Northwind 2026-05-12.wav"]


def test_the_same_recording_twice_is_one_call_and_another_one_of_its_name_is_a_second(site: Site) -> None:
    first = site.drop(sound(site, 1), "call.wav").json()["address"]
    ended(site, first)
    again = site.drop(sound(site, 1), "other name.wav").json()["address"]
    assert again in site.get(first)
    assert again.startswith("/calls/")
    known = site.drop(site.recording.read_bytes(), "harbour again.wav").json()["address"]
    assert known == site.call
    second = site.drop(sound(site, 2), "call.wav").json()["address"]
    assert second != first
    assert ended(site, second)["state"] == "done"
    assert lying(site) == ["call 2/call.wav", "call/call.wav"]
    assert len(site.known.now().calls) == 3


@pytest.mark.parametrize(
    ("name", "lies"),
    [
        ("../../etc/cron.d/evil.wav", "evil/evil.wav"),
        ("C:\\Users\\dana\\Anruf.WAV", "Anruf/Anruf.WAV"),
        ("...wav", "recording/recording.wav"),
        (".hidden.wav", "hidden/hidden.wav"),
        ("~syncthing~a.wav", "syncthing a/syncthing a.wav"),
        ("a\nb\x1b[2J\u202egnp.wav", "a b [2Jgnp/a b [2Jgnp.wav"),
        ("x" * 5000 + ".wav", "x" * 120 + "/" + "x" * 120 + ".wav"),
        ("Gespräch mit Đặng 田中.wav", "Gespräch mit Đặng 田中/Gespräch mit Đặng 田中.wav"),
        ('"><script>alert(1)</script>.wav', "script/script.wav"),
    ],
)
def test_whatever_it_is_called_it_lies_in_the_output_folder_and_becomes_a_call(
    name: str, lies: str, site: Site
) -> None:
    address = site.drop(sound(site, 1), name).json()["address"]
    assert ended(site, address)["state"] == "done"
    assert lying(site) == [lies]
    assert "<script>alert" not in site.get(address)


def test_two_at_once_are_both_analysed(site: Site) -> None:
    contents = [sound(site, 1), sound(site, 2)]
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(site.drop, content, "call.wav", site.another()) for content in contents]
        addresses = [one.result().json()["address"] for one in sent]
    assert len(set(addresses)) == 2
    assert [ended(site, one)["state"] for one in addresses] == ["done", "done"]
    assert len(site.known.now().calls) == 3


def test_what_is_no_recording_is_told_in_one_sentence_and_can_be_taken_out_or_tried_again(site: Site) -> None:
    answer = site.drop(b"hello", "letter.docx")
    assert answer.status_code == 415
    assert answer.json()["told"].startswith("By its name this is no recording.")
    assert site.drop(b"", "empty.wav").json()["told"] == "The file is empty. Choose another."
    address = site.drop(b"no sound at all" * 1000, "rubbish.wav").json()["address"]
    assert ended(site, address)["state"] == "failed"
    page = site.get(address)
    assert "It could not be analysed." in page
    assert str(site.out) not in page
    assert f'href="{address}"' in site.get("/")
    assert site.send(address, f"{address}/again", {}).status_code == 200
    assert ended(site, address)["state"] == "failed"
    site.dropped.close()
    assert "rubbish.wav is removed." in site.send(address, f"{address}/remove", {}).text
    assert site.browser.get(address).status_code == 404
    assert "rubbish" not in site.get("/")
    assert lying(site) == []


def test_what_a_killed_server_had_not_done_is_done_by_the_next(site: Site) -> None:
    site.dropped.wake = lambda: None  # type: ignore[method-assign]  # killed before it began
    address = site.drop(sound(site, 1), "call.wav").json()["address"]
    assert "It waits for its turn" in site.get(address)
    site.start()
    assert "call.wav" not in site.get("/")
    site.dropped.go_on()
    assert ended(site, address)["state"] == "done"
    site.dropped.close()
    site.start()
    site.dropped.go_on()
    assert site.dropped.open() == []
    assert "It is analysed." in site.get(address)
