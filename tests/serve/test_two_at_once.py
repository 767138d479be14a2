"""Two that write at once: two browsers in the same moment, and a nightly run beside a browser."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from analyzer.call.folder import CallFolder
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.nightly import INDEX_FILE
from tests.fake_engine import recording
from tests.nightly_runs import Desk
from tests.serve.site import Site


def test_of_two_browsers_that_save_in_the_same_moment_one_does_and_one_is_told(tmp_path: Path) -> None:
    site = Site(tmp_path)
    who = f"{site.call}/who"
    browsers = [(site.another(), name) for name in ("Marcus Webb", "Mark Weber")]
    forms = [site.form(who, browser) | {"name.S3": name} for browser, name in browsers]
    together = threading.Barrier(2)

    def save(number: int) -> int:
        together.wait()
        return browsers[number][0].post(who, data=forms[number]).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(save, range(2)))
    assert sorted(answers) == [200, 409]
    assert site.label("S3") == browsers[answers.index(200)][1]


def test_a_nightly_run_beside_a_browser_loses_nothing_that_either_wrote(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    site = Site(tmp_path / "site")
    for name in ("northgate", "quarry", "alder"):
        recording(site.home / f"{name}.wav")
    desk = Desk(tmp_path / "desk", long=True)
    who, told = f"{site.call}/who", []
    with ThreadPoolExecutor(1) as pool:
        night = pool.submit(
            desk.run, "nightly", site.home, "--out", site.out, "--settle", "0", "--jobs", "1", FAKE_SLOW="0.2"
        )
        while not night.done() or len(told) < 2:
            name = f"Marcus Webb {len(told)}"
            answer = site.send(who, who, {"name.S3": name})
            assert answer.status_code in (200, 409), answer.text
            if answer.status_code == 200:
                told.append(name)
    night.result()
    kept = [change.names["S3"] for change in CallFolder(site.folder.path).corrections() if "S3" in change.names]
    assert kept == told
    assert site.label("S3") == told[-1]
    with Catalog.open(site.out) as catalog:
        names = {call.name: {one.name for one in call.record.people} for call in catalog.summaries()}
    assert names.keys() == {"harbour", "northgate", "quarry", "alder"}
    assert told[-1] in names["harbour"]
    index = (site.out / INDEX_FILE).read_text()
    page = site.get("/calls")
    assert all(name in index and name in page for name in names)
    assert told[-1] in index
