"""The catalog from the files: made again, filled where it is empty, and held against them.

Every results folder (`<out>/<name>/call.json`) is a call. What only the catalog knows (places, failures, attempts)
stays as it is; of a damaged one, which is kept aside, what can still be read of it goes into the new one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analyzer.call.folder import CALL_FILE, CallFolder
from analyzer.errors import AnalyzerError, LibraryError, pasted_path, visible
from analyzer.files import is_dead, is_folder, left_over
from analyzer.library.call_work import indexed
from analyzer.library.catalog.catalog import Catalog, Failure, Place
from analyzer.library.catalog.connection import address
from analyzer.library.catalog.failures import CatalogCorruptError, CatalogError, CatalogVersionError
from analyzer.library.catalog.stored_calls import Result
from analyzer.library.summary import CallSummary

REBUILD = "Run: analyzer library rebuild"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something on which the catalog and the files differ, and what to do."""

    where: str
    what: str
    todo: str

    def line(self) -> str:
        """The finding in one line."""
        return visible(f"{self.where}: {self.what}. {self.todo}.")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many calls the new catalog has, which folders could not be read, and where the damaged old one is kept."""

    calls: int
    problems: tuple[str, ...]
    kept_aside: Path | None = None


def index_changed(out: Path, catalog: Catalog) -> int:
    """Notes the results that changed since they were noted; all of them, or none, where the catalog knows no call.

    Somebody may have named speakers or held a debrief, or a newer version may keep other summaries. Returns how many
    results were noted.

    Raises:
        LibraryError: the output folder cannot be looked into, or the catalog not be written.
    """
    calls = catalog.calls()
    if not calls:
        results = _results(out)[0] if is_folder(out) else []
        if results:
            catalog.replace_all(results)
        return len(results)
    noted = 0
    for call in calls.values():
        folder = CallFolder(out / call.folder) if call.folder is not None else None
        if folder is not None and folder.stamp() not in (None, call.record_stamp):
            noted += index_folder(folder, catalog)
    return noted


def index_alone(out: Path, catalog: Catalog) -> int:
    """Notes the calls that no batch knows: `report` analysed them alone. Returns how many.

    Raises:
        LibraryError: as `index_changed`.
    """
    calls = catalog.calls()
    known = {call.folder for call in calls.values()}
    noted = 0
    for folder in _folders(out):
        owner = folder.owner() if folder.name not in known else None
        if owner is not None and owner.sha256 not in calls:
            noted += index_folder(folder, catalog)
    return noted


def index_folder(folder: CallFolder, catalog: Catalog) -> bool:
    """Notes one results folder as it is now; whether it could be read (if not, `check` tells)."""
    stamp = folder.stamp()  # before it is read: what is written meanwhile shows the next time
    try:
        summary, inputs, said = indexed(folder)
    except AnalyzerError:
        return False
    catalog.store(summary, inputs=inputs, record_stamp=stamp, said=said)
    return True


def rebuild(out: Path, url: str | None = None) -> Rebuilt:
    """Makes the catalog from the files, all or nothing. One that is damaged, or of a newer version, is kept aside.

    Raises:
        LibraryError: the output folder cannot be looked into, or the new catalog not be written.
    """
    results, problems = _results(out)
    try:
        with Catalog.open(out, url) as catalog:
            if damage := catalog.damage():
                raise CatalogCorruptError(damage, where=catalog.where)
            catalog.replace_all(results)
        return Rebuilt(len(results), tuple(problems))
    except (CatalogCorruptError, CatalogVersionError):
        found = address(out, url)
        if found.get_backend_name() != "sqlite":
            raise
    places, failures = _salvaged(out, url)
    aside = _set_aside(Path(found.database or ""))
    with Catalog.open(out, url) as catalog:
        catalog.saw(places)
        done = {result.summary.sha256 for result in results}
        for failure in failures:
            if failure.subject not in done:
                catalog.failed(failure)
        catalog.replace_all(results)
    return Rebuilt(len(results), tuple(problems), aside)


def _salvaged(out: Path, url: str | None) -> tuple[list[Place], list[Failure]]:
    """What can be read of that which only a damaged catalog knows."""
    places: list[Place] = []
    failures: list[Failure] = []
    with contextlib.suppress(CatalogError, ValueError, TypeError), Catalog.open(out, url, create=False) as old:
        with contextlib.suppress(CatalogError, ValueError, TypeError):
            failures = old.failures()
        with contextlib.suppress(CatalogError, ValueError, TypeError):
            places = list(old.places().values())
    return places, failures


def _set_aside(path: Path) -> Path:
    """Keeps a damaged catalog, and what SQLite has beside it, under another name.

    Raises:
        CatalogError: it cannot be renamed.
    """
    aside = path.with_name(f"{path.name}.corrupt-{dt.datetime.now():%Y%m%d-%H%M%S}")
    try:
        for ending in ("-shm", "-wal", ""):  # the log before its catalog: a new one must never find it
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    except OSError as error:
        raise CatalogError(f"cannot be kept aside ({error.strerror})", where=path) from error
    return aside


def _results(out: Path) -> tuple[list[Result], list[str]]:
    """What every results folder says, and which could not be read; of two with one recording the one written last."""
    found: dict[str, tuple[float, Result]] = {}
    problems: list[str] = []
    for folder in _folders(out):
        try:
            stamp = folder.stamp()  # before it is read: when it is written meanwhile, the next look tells
            written = (folder.path / CALL_FILE).stat().st_mtime
            summary, inputs, said = indexed(folder)
        except AnalyzerError as error:
            problems.append(error.line())
            continue
        except OSError as error:
            problems.append(f"{folder.path}: cannot be read ({error.strerror}).")
            continue
        forgotten_at = dt.datetime.fromtimestamp(written, dt.UTC) if folder.is_forgotten() else None
        result = Result(summary, inputs, stamp, forgotten_at, said)
        other = found.get(summary.sha256)
        if other is None or other[0] <= written:
            found[summary.sha256] = (written, result)
    return [result for _, result in found.values()], problems


def _folders(out: Path) -> Iterator[CallFolder]:
    try:
        with os.scandir(out) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir())
    except OSError as error:
        raise LibraryError(f"cannot be looked into ({error.strerror})", where=out, todo="Check --out") from error
    yield from (folder for name in names if (folder := CallFolder(out / name)).has(CALL_FILE))


def check(out: Path, catalog: Catalog) -> tuple[Finding, ...]:
    """Where catalog and files differ; nothing when all is well.

    Raises:
        LibraryError: the output folder cannot be looked into, or the catalog not be read.
    """
    if damage := catalog.damage():
        return (Finding(catalog.where, f"the catalog is damaged ({damage})", REBUILD),)
    rows = {summary.sha256: summary for summary in catalog.summaries()}
    seen: dict[str, str] = {}
    unreadable: set[str] = set()
    found: list[Finding] = [*_left_behind(out)]
    for folder in _folders(out):
        found += _left_behind(folder.path)
        try:
            summary, _, _ = indexed(folder)
        except AnalyzerError as error:
            found.append(Finding(str(folder.path), f"cannot be read: {error.what}", _again(folder)))
            unreadable.add(folder.name)
            continue
        found += _incomplete(folder)
        found += _differing(folder, summary, rows.get(summary.sha256), seen)
    for row in sorted((rows[sha256] for sha256 in rows.keys() - seen.keys()), key=lambda row: row.name):
        if row.folder not in unreadable:
            what = f"the results of {row.name} are in the catalog and not here"
            found.append(Finding(str(out / row.folder), what, "The next batch makes them again"))
    found += _stale_leases(catalog)
    return tuple(found)


def _differing(
    folder: CallFolder, summary: CallSummary, row: CallSummary | None, seen: dict[str, str]
) -> Iterator[Finding]:
    other = seen.setdefault(summary.sha256, folder.name)
    if other != folder.name:
        what = f"holds the same recording as {other}"
        yield Finding(str(folder.path), what, "Remove the one that you do not want, and then: analyzer library rebuild")
    elif row is None:
        yield Finding(str(folder.path), "is not in the catalog", REBUILD)
    elif row.model_copy(update={"folder": summary.folder}) != summary:
        yield Finding(str(folder.path), "differs from what the catalog says", REBUILD)
    elif row.folder != summary.folder and not CallFolder(folder.path.parent / row.folder).has(CALL_FILE):
        yield Finding(str(folder.path), f"lies under another name than the catalog says ({row.folder})", REBUILD)
    if folder.recording() is None:
        yield Finding(str(folder.path), "does not say whose results it holds", "Analyse the recording again")


def _left_behind(folder: Path) -> Iterator[Finding]:
    for path in left_over(folder):
        yield Finding(str(path), "a write that was killed left it", "It can be removed")


def _incomplete(folder: CallFolder) -> Iterator[Finding]:
    for path in folder.missing():
        yield Finding(str(path), "is missing", _again(folder))


def _again(folder: CallFolder) -> str:
    recording = folder.recording()
    return f"Run: analyzer report {pasted_path(recording)}" if recording is not None else "Analyse the recording again"


def _stale_leases(catalog: Catalog) -> Iterator[Finding]:
    """Leases of runs that have ended. One that only ran out may be of a run elsewhere that hangs: also told."""
    held = {lease.subject for lease in catalog.leases_held(dt.datetime.now(dt.UTC))}
    for lease in catalog.leases_held():
        if is_dead(lease.owner) or lease.subject not in held:
            what = f"a run that has ended still holds {lease.subject[:12]}"
            yield Finding(catalog.where, what, "The next batch or nightly takes it over")
