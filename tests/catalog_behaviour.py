"""What every catalog does, whichever database it is in; the test files say where each runs."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, select, update

from analyzer.library.catalog.catalog import Catalog, Failure, KnownCall, Place
from analyzer.library.catalog.connection import MIGRATIONS, address
from analyzer.library.catalog.tables import LEASE, METADATA
from analyzer.library.summary import CallSummary
from analyzer.people.commitment import Commitment
from tests.many_calls import made_up, many_calls

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
A, B = "a" * 64, "b" * 64

Opener = Callable[..., Catalog]
"""Opens the test's catalog; `busy` says how long to wait for others (seconds)."""


def summary(sha256: str = A, **more: Any) -> CallSummary:
    """A call with a plan, a debrief and commitments."""
    fields: dict[str, Any] = {
        "sha256": sha256,
        "folder": f"results of {sha256}",
        "planned": True,
        "debriefed_on": dt.date(2026, 11, 20),
        "commitments": (Commitment("Dana Reyes", "Ask first", dt.date(2026, 12, 1)),),
        "last_commitments": (
            Commitment("Dana Reyes", "Wait", kept=True),
            Commitment("Marcus Webb", "Listen", kept=False),
        ),
    }
    return made_up(random.Random(1), 0, dt.date(2026, 1, 5), **(fields | more))


def noted(catalog: Catalog, found: CallSummary, *, inputs: str = "made so") -> None:
    catalog.store(found, inputs=inputs, record_stamp="12:34")


def shift_leases(catalog: Catalog, by: dt.timedelta) -> None:
    """Moves the end of every lease: later is what a clock set back does, earlier what the passing of time does."""
    with catalog._engine.begin() as connection:
        for subject, ends in connection.execute(select(LEASE.c.subject, LEASE.c.expires_at)).all():
            connection.execute(update(LEASE).where(LEASE.c.subject == subject).values(expires_at=ends + by))


def leased_by(out: Path, url: str | None, owner: str, subjects: list[str]) -> list[str]:
    """What a run in another process gets of these subjects; it begins when two such runs are ready."""
    got = []
    with Catalog.open(out, url) as catalog:
        (out / f"{owner} is ready").touch()
        until = time.monotonic() + 120
        while len(list(out.glob("* is ready"))) < 2 and time.monotonic() < until:
            time.sleep(0.001)
        for subject in subjects:
            if catalog.lease(subject, owner, MINUTE, dt.datetime.now(dt.UTC)):
                got.append(subject)
            time.sleep(0.001)  # the other's turn
    return got


def opened_and_stored(out: Path, url: str | None, number: int) -> int:
    """What a run in another process does that finds no tables yet."""
    with Catalog.open(out, url) as catalog:
        noted(catalog, summary(f"{number:064x}"))
        return len(catalog.calls())


FIRST_VERSION: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "call",
        {
            "sha256": A,
            "state": "done",
            "folder": "call",
            "inputs": "made so",
            "record_stamp": "12:34",
            "first_seen": NOON,
            "analysed_at": NOON,
            "forgotten_at": NOON,
            "name": "call",
            "date": dt.date(2026, 1, 5),
            "customer": "Alder",
            "seconds": 60.0,
            "led": "yes",
            "team_took_part": "yes",
            "salesperson": "Dana Reyes",
            "summary": '{"sha256": "of the first version"}',
        },
    ),
    ("place", {"path": "/r/a.wav", "size": 10, "mtime_ns": 1, "sha256": A}),
    ("attempt", {"id": 1, "subject": A, "path": "/r/a.wav", "worker": "here", "began_at": NOON}),
    ("stage", {"attempt_id": 1, "stage": "diarize", "seconds": 1.0}),
    (
        "failure",
        {
            "subject": "/r/b.wav",
            "path": "/r/b.wav",
            "tries": 1,
            "first_at": NOON,
            "last_at": NOON,
            "next_try_at": NOON,
            "quarantined": False,
            "exit_code": 5,
            "message": "no audio",
            "retryable": True,
        },
    ),
    ("lease", {"subject": B, "owner": "one", "expires_at": NOON, "seconds": 60.0}),
    ("person", {"id": 1, "folded": "dana reyes", "name": "Dana Reyes"}),
    (
        "call_person",
        {"id": 1, "sha256": A, "person_id": 1, "label": "Dana Reyes", "spoken": 1.0, "salesperson": True},
    ),
    ("correction", {"id": 1, "sha256": A, "number": 0, "at": "2026", "content": "{}"}),
    ("plan", {"sha256": A, "reason": "pricing"}),
    ("debrief", {"sha256": A, "own_lead_share": 0.7}),
    ("commitment", {"id": 1, "sha256": A, "who": "Dana Reyes", "text": "Wait", "earlier": False}),
)
"""A row in every table of a catalog as the first version wrote it."""


class CatalogBehaviour:
    """The fixture `opens` (and `at`, the output folder and address) is given by each test file."""

    # Places and calls

    def test_a_new_content_becomes_a_call_to_do_wherever_it_lies(self, opens: Opener) -> None:
        with opens() as catalog:
            places = [Place("/r/a.wav", 10, 1, A), Place("/r/copy of a.wav", 10, 2, A), Place("/r/c.wav", 3, 3, None)]
            catalog.saw(places)
            assert catalog.calls() == {A: KnownCall(A, "new", None, None, None, None)}
            assert catalog.places() == {place.path: place for place in places}

    def test_places_below_a_folder_are_those_and_no_neighbours(self, opens: Opener) -> None:
        paths = ["/r/a.wav", "/r/b/c.wav", "/R/a.wav", "/r2/a.wav", "/r%/a.wav", "/r"]
        with opens() as catalog:
            catalog.saw(Place(path, 1, 1, None) for path in paths)
            assert set(catalog.places(Path("/r"))) == {"/r/a.wav", "/r/b/c.wav"}
            assert set(catalog.places(Path("/r%"))) == {"/r%/a.wav"}
            assert set(catalog.places(Path("/"))) == set(paths)

    def test_a_file_that_is_gone_has_no_place_and_its_call_stays(self, opens: Opener) -> None:
        with opens() as catalog:
            catalog.saw([Place("/r/a.wav", 10, 1, A)])
            noted(catalog, summary())
            catalog.gone(["/r/a.wav", "/r/never seen.wav"])
            assert catalog.places() == {}
            assert catalog.calls()[A].state == "done"
            catalog.saw([Place("/r/moved.wav", 10, 1, A), Place("/r/a.wav", 11, 2, B)])
            assert catalog.places()["/r/a.wav"].sha256 == B
            assert {sha: call.state for sha, call in catalog.calls().items()} == {A: "done", B: "new"}

    def test_file_names_of_any_bytes_come_back_as_they_are(self, opens: Opener) -> None:
        odd = b"/r/caf\xe9 \xf0\x9f\x8e\xa7 \xff.wav".decode("utf-8", errors="surrogateescape")
        failure = Failure(
            odd, odd, 1, NOON, NOON, NOON, False, 5, f"{odd}: no audio, but \0\N{LATIN SMALL LETTER E WITH ACUTE}"
        )
        with opens() as catalog:
            catalog.saw([Place(odd, 1, 1, None), Place('/r/it\'s "100%"; drop table call.wav', 1, 1, None)])
            catalog.failed(failure)
            noted(catalog, summary(folder="caf\udce9"))
            assert odd in catalog.places(Path("/r"))
            assert catalog.failures() == [failure]
            assert [found.folder for found in catalog.summaries()] == ["caf\udce9"]
            assert catalog.calls()[A].folder == "caf\udce9"
            catalog.gone([odd])
            assert set(catalog.places()) == {'/r/it\'s "100%"; drop table call.wav'}

    # Results

    def test_a_summary_comes_back_as_it_was_stored(self, opens: Opener) -> None:
        found = [summary(), *many_calls(30)]
        with opens() as catalog:
            for one in found:
                noted(catalog, one)
            back = catalog.summaries()
        assert sorted(back, key=lambda s: s.sha256) == sorted(found, key=lambda s: s.sha256)
        assert [s.date for s in back] == sorted(s.date for s in found if s.date is not None)

    def test_times_come_back_in_utc_whatever_zone_they_were_given_in(self, opens: Opener) -> None:
        there = dt.timezone(dt.timedelta(hours=5, minutes=30))
        with opens() as catalog:
            noted(catalog, summary())
            catalog.forgotten(A, NOON.astimezone(there))
            found = catalog.call(A)
        assert found == KnownCall(A, "done", summary().folder, "made so", "12:34", NOON)
        assert found is not None
        assert found.forgotten_at is not None
        assert found.forgotten_at.utcoffset() == dt.timedelta(0)

    def test_storing_a_call_again_replaces_all_of_it(self, opens: Opener) -> None:
        with opens() as catalog:
            noted(catalog, summary())
            less = summary(commitments=(), last_commitments=(), planned=False, debriefed_on=None)
            noted(catalog, less, inputs="made otherwise")
            assert catalog.summaries() == [less]
            assert catalog.calls()[A].inputs == "made otherwise"

    def test_a_result_taken_back_leaves_the_call_to_do(self, opens: Opener) -> None:
        with opens() as catalog:
            catalog.saw([Place("/r/a.wav", 10, 1, A)])
            noted(catalog, summary())
            noted(catalog, summary(B))
            catalog.remove(A)
            assert catalog.call(A) == KnownCall(A, "new", None, None, None, None)
            assert [found.sha256 for found in catalog.summaries()] == [B]
            assert catalog.places()["/r/a.wav"].sha256 == A

    def test_a_folder_that_now_holds_another_calls_results_is_taken_from_the_call_before(self, opens: Opener) -> None:
        with opens() as catalog:
            noted(catalog, summary(folder="call"))
            noted(catalog, summary(B, folder="call"))
            assert catalog.summaries() == [summary(B, folder="call")]
            assert catalog.call(A) == KnownCall(A, "new", None, None, None, None)

    def test_an_unknown_call_is_none(self, opens: Opener) -> None:
        with opens() as catalog:
            assert catalog.call(A) is None

    def test_what_is_stored_is_there_when_it_is_opened_again(self, opens: Opener) -> None:
        with opens() as catalog:
            noted(catalog, summary())
        with opens() as catalog:
            assert catalog.summaries() == [summary()]

    def test_a_store_that_fails_in_the_middle_leaves_what_was_there(
        self, opens: Opener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from analyzer.library.catalog import stored_calls

        with opens() as catalog:
            noted(catalog, summary())

            def fails(*_: object) -> object:
                raise RuntimeError("in the middle")

            monkeypatch.setattr(stored_calls, "clear", fails)
            with pytest.raises(RuntimeError, match="in the middle"):
                noted(catalog, summary(name="another", last_commitments=()))
            assert catalog.summaries() == [summary()]

    # Failures

    def test_a_failure_is_replaced_by_the_next_and_over_once_the_call_is_done(self, opens: Opener) -> None:
        first = Failure(A, "/r/a.wav", 1, NOON, NOON, NOON + MINUTE, False, 5, "no audio", "made so", True)
        other = replace(first, subject="/r/b.wav", first_at=NOON - MINUTE)
        again = replace(first, tries=2, last_at=NOON + MINUTE, quarantined=True, retryable=False)
        with opens() as catalog:
            catalog.failed(first)
            catalog.failed(other)
            catalog.failed(again)
            assert catalog.failures() == [other, again]
            noted(catalog, summary())
            assert catalog.failures() == [other]
            assert catalog.clear("/r/never.wav") == 0
            assert catalog.clear("/r/b.wav") == 1
            catalog.failed(first)
            catalog.failed(other)
            assert catalog.clear() == 2
            assert catalog.failures() == []

    # Leases

    def test_a_lease_keeps_others_off_until_it_is_given_back(self, opens: Opener) -> None:
        now = dt.datetime.now(dt.UTC)
        with opens() as catalog:
            assert catalog.lease(A, "one", MINUTE, now)
            assert catalog.lease(A, "one", MINUTE, now)  # its own, again
            assert not catalog.lease(A, "two", MINUTE, now)
            assert catalog.lease(B, "two", MINUTE, now)
            catalog.release(A, "two")  # not its own: nothing happens
            assert not catalog.lease(A, "two", MINUTE, now)
            assert sorted(catalog.leases()) == [(A, "one"), (B, "two")]
            catalog.release(A, "one")
            assert catalog.lease(A, "two", MINUTE, now)

    def test_a_lease_that_ran_out_is_taken_over_and_not_renewed_after(self, opens: Opener) -> None:
        now = dt.datetime.now(dt.UTC)
        with opens() as catalog:
            assert catalog.lease(A, "one", MINUTE, now)
            assert catalog.lease(B, "one", MINUTE, now)
            shift_leases(catalog, -2 * MINUTE)
            assert catalog.leases_held(now) == []
            assert catalog.lease(A, "two", MINUTE, now)
            assert catalog.renew("one", [A, B], MINUTE, now) == {B}
            assert not catalog.lease(B, "two", MINUTE, now)
            assert {lease.subject for lease in catalog.leases_held(now)} == {A, B}

    def test_a_clock_set_back_by_a_day_keeps_nobody_off(self, opens: Opener) -> None:
        now = dt.datetime.now(dt.UTC)
        with opens() as catalog:
            assert catalog.lease(A, "one", MINUTE, now)
            shift_leases(catalog, dt.timedelta(days=1))
            assert catalog.lease(A, "two", MINUTE, now)
            assert not catalog.lease(A, "one", MINUTE, now)

    def test_a_clock_set_back_by_less_than_the_lease_keeps_others_off_no_longer_than_it_was_given_for(
        self, opens: Opener
    ) -> None:
        now = dt.datetime.now(dt.UTC)
        with opens() as catalog:
            assert catalog.lease(A, "one", MINUTE, now)
            shift_leases(catalog, dt.timedelta(seconds=3))
            assert not catalog.lease(A, "two", MINUTE, now)
            shift_leases(catalog, -MINUTE - dt.timedelta(seconds=3))
            assert catalog.lease(A, "two", MINUTE, now)

    def test_two_processes_that_lease_the_same_calls_get_each_of_them_once(
        self, opens: Opener, at: tuple[Path, str | None]
    ) -> None:
        opens().close()
        subjects = [f"{number:064x}" for number in range(200)]
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            one = pool.submit(leased_by, *at, "one", subjects)
            two = pool.submit(leased_by, *at, "two", subjects[::-1])
            got = [one.result(60), two.result(60)]
        assert sorted(got[0] + got[1]) == subjects
        assert all(got), "they did not run at the same time"

    # Opening

    def test_many_that_open_a_catalog_that_is_not_there_yet_all_succeed(
        self, opens: Opener, at: tuple[Path, str | None]
    ) -> None:
        with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(opened_and_stored, [at[0]] * 8, [at[1]] * 8, range(8)))
        with opens() as catalog:
            assert set(catalog.calls()) == {f"{number:064x}" for number in range(8)}

    def test_calls_are_found_by_names_customers_and_words_and_not_by_what_was_replaced(self, opens: Opener) -> None:
        with opens() as catalog:
            found = summary()
            noted(catalog, found)
            assert catalog.search("forty depot") == set()
            words = "About forty pounds\nat the other depots, O'Brien"
            catalog.store(found, inputs=None, record_stamp=None, said=words)
            assert catalog.search("dep FORTY") == {found.sha256}
            (snippet,) = catalog.snippets("dep FORTY", [found.sha256]).values()
            assert snippet == "About \x02forty\x03 pounds\nat the other \x02depots\x03, O'Brien"
            assert catalog.search(found.name) == {found.sha256}
            assert catalog.snippets(found.name, [found.sha256]) == {}
            assert catalog.snippets("forty", ["0" * 64]) == {}
            for hostile in ('"', "* OR said:", "NEAR(", "'; DROP TABLE call", "\0", "-", "a" * 5000, "", "o'bri*)"):
                catalog.search(hostile)
            catalog.store(found, inputs=None, record_stamp=None, said="Nothing of it")
            assert catalog.search("forty") == set()
            assert catalog.search("nothing") == {found.sha256}
            catalog.remove(found.sha256)
            assert catalog.search("nothing") == set()

    def test_the_migrations_make_exactly_the_tables_that_the_program_uses(self, opens: Opener) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        with opens() as catalog, catalog._engine.connect() as connection:
            is_ours = lambda _, name, *__: not str(name).startswith("words_index")  # noqa: E731 - FTS5's own tables
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
            assert compare_metadata(context, METADATA) == []
            made = MetaData()
            made.reflect(connection)
        assert {name for name in made.tables if not name.startswith("words_index")} == {
            *METADATA.tables,
            "alembic_version",
        }

    def test_a_catalog_of_the_first_version_is_brought_up_to_date_and_keeps_what_only_it_knows(
        self, opens: Opener, at: tuple[Path, str | None]
    ) -> None:
        engine = create_engine(address(*at))
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            tables = MetaData()
            tables.reflect(connection)
            for name, row in FIRST_VERSION:
                connection.execute(tables.tables[name].insert().values(**row))
        engine.dispose()
        with opens() as catalog:
            assert catalog.calls() == {A: KnownCall(A, "done", "call", "made so", None, NOON)}
            assert [failure.path for failure in catalog.failures()] == ["/r/b.wav"]
            assert catalog.places() == {"/r/a.wav": Place("/r/a.wav", 10, 1, A)}
            assert catalog.leases() == [(B, "one")]
            assert catalog.readable() == ([], ("call",))  # until it is read again from its files
            noted(catalog, summary())
            assert catalog.readable() == ([summary()], ())
