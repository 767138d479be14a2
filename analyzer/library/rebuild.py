"""The catalog from the files: made anew, filled where it is empty, and held against them.

Every results folder (`<out>/<name>/call.json`) is a call. What only the catalog knew (places, failures, quarantine) is
carried over from the old one as far as it can be read; places are found again by the next run in any case.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analyzer.debrief.folder import CALL_FILE, recording_of
from analyzer.debrief.results import MARKDOWN_FILE, PAGE_FILE, TURNS_FILE
from analyzer.errors import AnalyzerError, BadFileError
from analyzer.files import PARTIAL
from analyzer.library.catalog import Catalog, Failure, Place
from analyzer.library.catalog_errors import CatalogError
from analyzer.library.catalog_open import FILE
from analyzer.library.owner import is_dead
from analyzer.library.summary import CallSummary
from analyzer.library.work import indexed, record_stamp
from analyzer.people.corrections import Change

AT_ONCE = 200
"""Results that are noted in one transaction."""

Indexed = tuple[CallSummary, str | None, str | None, tuple[Change, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something on which the catalog and the files differ, and what mends it."""

    where: str
    what: str
    todo: str

    def line(self) -> str:
        """The finding in one line."""
        return f"{self.where}: {self.what}. {self.todo}."


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many calls the new catalog has, which folders could not be read, and where the damaged old one is kept."""

    calls: int
    problems: tuple[str, ...]
    kept_aside: Path | None = None


def index_missing(out: Path, catalog: Catalog) -> int:
    """Fills a catalog that knows no call from the results that are there; says how many it found."""
    if catalog.calls():
        return 0
    return _fill(out, catalog)[0]


def rebuild(out: Path, url: str | None = None) -> Rebuilt:
    """Makes the catalog anew from the files.

    Raises:
        CatalogError: the new one cannot be written.
    """
    failures, places, readable = _old(out, url)
    aside = None
    if url is None:
        if not readable:
            aside = _set_aside(out)
        building = out / f"{PARTIAL}{os.getpid()}-{FILE}"
        try:
            with Catalog.open(out, f"sqlite:///{building}") as catalog:
                calls, problems = _fill(out, catalog)
                _carry(catalog, failures, places)
            building.replace(out / FILE)
        finally:
            for path in (building, *_beside(building)):
                path.unlink(missing_ok=True)
        for path in _beside(out / FILE):  # they belonged to the old file
            path.unlink(missing_ok=True)
    else:
        with Catalog.open(out, url) as catalog:
            here = {found[0].sha256 for found in _indexed(out, [])}
            for sha256, call in catalog.calls().items():
                if call.state == "done" and sha256 not in here:
                    catalog.remove(sha256)
            calls, problems = _fill(out, catalog)
    return Rebuilt(calls, tuple(problems), aside)


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _old(out: Path, url: str | None) -> tuple[list[Failure], list[Place], bool]:
    """What only the old catalog knows, and whether it could be read."""
    if url is not None or not (out / FILE).exists():
        return [], [], True
    try:
        with Catalog.open(out, create=False) as old:
            return old.failures(), list(old.places().values()), True
    except CatalogError as error:
        if error.can_retry:
            raise  # another program has it: not the moment to replace it
        return [], [], False


def _set_aside(out: Path) -> Path | None:
    """Keeps a damaged catalog under another name."""
    name = f"{FILE}.corrupt-{dt.datetime.now():%Y%m%d-%H%M%S}"
    aside = out / name
    with contextlib.suppress(FileNotFoundError):
        (out / FILE).rename(aside)
    for path in _beside(out / FILE):
        with contextlib.suppress(FileNotFoundError):
            path.rename(out / (name + path.name.removeprefix(FILE)))
    return aside


def _carry(catalog: Catalog, failures: list[Failure], places: list[Place]) -> None:
    done = {sha256 for sha256, call in catalog.calls().items() if call.state == "done"}
    catalog.saw(places)
    for failure in failures:
        if failure.subject not in done:
            catalog.failed(failure)


def _fill(out: Path, catalog: Catalog) -> tuple[int, list[str]]:
    problems: list[str] = []
    batch: list[Indexed] = []
    count = 0
    at = dt.datetime.now(dt.UTC)
    for found in _indexed(out, problems):
        batch.append(found)
        count += 1
        if len(batch) == AT_ONCE:
            catalog.store_all(batch, at=at)
            batch.clear()
    if batch:
        catalog.store_all(batch, at=at)
    return count, problems


def _indexed(out: Path, problems: list[str]) -> Iterator[Indexed]:
    """Every results folder; of two with one recording the one written last."""
    newest: dict[str, int] = {}
    for folder in _folders(out):
        try:
            summary, inputs, corrections = indexed(folder)
        except AnalyzerError as error:
            problems.append(error.line())
            continue
        written = (folder / CALL_FILE).stat().st_mtime_ns
        if newest.get(summary.sha256, -1) > written:
            continue
        newest[summary.sha256] = written
        yield summary, inputs, record_stamp(folder), corrections


def _folders(out: Path) -> Iterator[Path]:
    try:
        with os.scandir(out) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir())
    except OSError as error:
        raise BadFileError(f"cannot be looked into ({error.strerror})", where=out, todo="Check --out") from error
    yield from (out / name for name in names if (out / name / CALL_FILE).exists())


def check(out: Path, catalog: Catalog) -> tuple[Finding, ...]:
    """Where catalog and files differ; nothing when all is well."""
    found: list[Finding] = []
    rows = {summary.sha256: summary for summary in catalog.summaries()}
    calls = catalog.calls()
    seen: dict[str, str] = {}
    rebuild_it = "Run: analyzer library rebuild"
    for folder in _folders(out):
        found += _left_behind(folder)
        found += _incomplete(folder)
        try:
            summary, _, _ = indexed(folder)
        except AnalyzerError as error:
            found.append(Finding(str(folder), f"cannot be read: {error.what}", "Analyse the recording again"))
            continue
        sha256 = summary.sha256
        if sha256 in seen:
            what = f"holds the same recording as {seen[sha256]}"
            found.append(Finding(str(folder), what, "Remove the one that you do not want"))
            continue
        seen[sha256] = folder.name
        row = rows.get(sha256)
        if row is None:
            found.append(Finding(str(folder), "is not in the catalog", rebuild_it))
        elif row != summary:
            found.append(Finding(str(folder), "differs from what the catalog says", rebuild_it))
        if recording_of(folder) is None:
            found.append(Finding(str(folder), "does not say whose results it holds", "Analyse the recording again"))
    for sha256 in rows.keys() - seen.keys():
        what = f"the results of {rows[sha256].name} are in the catalog and not here"
        found.append(Finding(str(out / (calls[sha256].folder or "")), what, "The next batch makes them again"))
    for subject, owner in catalog.leases():
        if is_dead(owner):
            what = f"a run that has ended still holds {subject[:12]}"
            found.append(Finding(catalog.where, what, "The next batch or nightly takes it over"))
    found += _left_behind(out)
    return tuple(found)


def _left_behind(folder: Path) -> Iterator[Finding]:
    for path in folder.glob(f"{PARTIAL}*"):
        yield Finding(str(path), "a write that was killed left it", "It can be removed; the next run does so")


def _incomplete(folder: Path) -> Iterator[Finding]:
    for name in (PAGE_FILE, MARKDOWN_FILE, TURNS_FILE):
        if not (folder / name).exists():
            yield Finding(str(folder / name), "is missing", "The next batch makes it again when something is new")
