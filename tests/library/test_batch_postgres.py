"""Two runs on one folder with their catalog on a real PostgreSQL server."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.library.rebuild import check
from tests.library.test_batch import two_at_once
from tests.library_folders import Shelf, small
from tests.postgres_server import NoServerError, postgres


@pytest.mark.postgres
def test_two_runs_at_once_do_every_call_once(tmp_path: Path) -> None:
    try:
        with postgres() as server:
            shelf = Shelf(tmp_path / "calls", tmp_path / "out", url=f"{server}postgres")
            for number in range(60):
                small(shelf.folder / f"{number}.wav", number)
            shelf.batch()  # the tables are made by one of them in any case; here both find them
            for number in range(60, 120):
                small(shelf.folder / f"{number}.wav", number)
            assert two_at_once(shelf, shelf.url or "") == (60, 0)
            with shelf.catalog() as catalog:
                assert len(catalog.summaries()) == 120
                assert catalog.leases() == []
                assert check(shelf.out, catalog) == ()
    except NoServerError as error:
        pytest.skip(str(error))
