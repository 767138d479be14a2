"""How fast the server answers with many calls: `python -m tests.serve.speed [CALLS]`.

Each is the median of nine, in one process with a plain read of the catalog (every summary, as `trends` reads them), so
that a slow machine is slow for both. One of the pages is asked after a call was written, when the list is made again.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from starlette.testclient import TestClient

from analyzer.library.catalog import stored_calls
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.catalog.stored_calls import Result
from analyzer.serve.app import made_app
from analyzer.serve.known import Known
from analyzer.serve.serving import Serving
from analyzer.settings import Settings
from tests.many_calls import many_calls

WORDS = "the price at that depot paid for itself in a year so we will send the offer by friday".split()  # noqa: SIM905


def milliseconds(work: Callable[[], object], times: int = 9) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def figures(count: int, home: Path) -> dict[str, float]:
    """Milliseconds for each thing that is measured."""
    calls = many_calls(count)
    with Catalog.open(home) as catalog:
        for start in range(0, count, 500):
            part = enumerate(calls[start : start + 500], start)
            found = [Result(call, None, f"1:{n}", said=" ".join([*WORDS * 40, f"word{n}"])) for n, call in part]
            with catalog._writing() as connection:
                stored_calls.store(connection, found)
        plain = milliseconds(catalog.summaries, 3)
    known = Known(home, None, read_only=True)
    browser = TestClient(made_app(Serving(Settings(out=home)), known), base_url="http://127.0.0.1:8400")

    def asked(address: str) -> Callable[[], object]:
        def ask() -> None:
            assert browser.get(address).status_code == 200

        return ask

    first = milliseconds(asked("/"), 1)

    def written_between() -> None:
        known._marks, known._stamp = dict(list(known._marks.items())[1:]), None
        asked("/")()

    return {
        "plain read of the catalog": plain,
        "first page, the first time": first,
        "first page": milliseconds(asked("/")),
        "first page after a call was written": milliseconds(written_between),
        "search for a word of one call": milliseconds(asked(f"/calls?text=word{count // 2}")),
        "search for a word of every call": milliseconds(asked("/calls?text=depot")),
        "list of calls": milliseconds(asked("/calls")),
        "people": milliseconds(asked("/people")),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as home:
        found = figures(count, Path(home))
    plain = found["plain read of the catalog"]
    print(f"{count} calls")
    for what, took in found.items():
        print(f"{took:8.0f} ms  {took / plain:6.3f} of a plain read  {what}")


if __name__ == "__main__":
    main()
