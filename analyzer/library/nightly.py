"""The nightly job: a run over the folder, what is to be forgotten forgotten, and the page and the summary of the night.

It is for cron or a timer (one run and an end) and for a service (`watch`: run after run until it is stopped).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from analyzer.call.folder import HEARD_FILE, CallFolder
from analyzer.errors import AnalyzerError, BadFileError, LibraryError, UsageError
from analyzer.files import is_there, write_atomically
from analyzer.library.batch import run_folder
from analyzer.library.catalog.catalog import UNREADABLE, Catalog, Failure
from analyzer.library.catalog.connection import FILE
from analyzer.library.index.all_calls import index_page
from analyzer.library.night_summary import NightReport, night_markdown
from analyzer.library.passed_over import passed_over_lines
from analyzer.library.rebuild import index_alone, index_changed, index_folder
from analyzer.library.retention import (
    forget,
    forget_voices,
    forgettable,
    parse_age,
    why,
)
from analyzer.library.run import Options, Run, Telling, now, reason
from analyzer.library.summary import CallSummary
from analyzer.library.workers import Workers
from analyzer.people.names import folded
from analyzer.people.voices.voice_files import note_heard, voices_folder
from analyzer.settings import Settings

INDEX_FILE = "index.html"
NIGHT_FILE = "night.md"
POLL = 60.0
"""Seconds between two looks of a watching job: polling, because a network share does not report new files."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten, by name, and what could not be: its name, and why."""

    names: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


NOTHING = Forgotten()


@dataclass(frozen=True, slots=True)
class Night:
    """A night's run, what it made the library forget, and its summary as Markdown."""

    run: Run
    forgotten: Forgotten
    text: str


def one_night(
    folder: Path,
    settings: Settings,
    catalog: Catalog,
    workers: Workers,
    options: Options,
    telling: Telling,
    *,
    forget_after: str | None = None,
    exceptions_above: float = 0.2,
) -> Night:
    """One run over the folder with everything that belongs to it.

    Raises:
        LibraryError: the folder, the output folder or the catalog cannot be used.
    """
    try:
        run = run_folder(folder, settings, catalog, workers, options, telling)
    except LibraryError as error:
        stopped = Run(now(), ended=now(), stopped_by=error.line())
        with suppress(LibraryError):  # no room for the summary either: the first error is what is told
            write_night(settings.out, catalog, stopped, exceptions_above=exceptions_above)
        raise
    note_heard(voices_folder(), last_on_call(catalog.readable()[0]))
    forgotten = forget_old(settings.out, catalog, forget_after) if forget_after is not None else NOTHING
    text = write_night(settings.out, catalog, run, forgotten, exceptions_above=exceptions_above)
    return Night(run, forgotten, text)


def watch(
    once: Callable[[], Night],
    *,
    wait: Callable[[float], bool],
    ended: Callable[[Night], None],
    away: Callable[[str], None],
    poll: float = POLL,
) -> None:
    """Runs `once` again and again; `wait` sleeps and answers whether to stop. Only runs that did something are told.

    When the folder or the catalog cannot be used (a share that is away, a server that starts again), `away` is told so
    once, and again when the reason is another; the watch goes on when they are back.
    """
    told = ""
    while True:
        try:
            night = once()
        except (LibraryError, BadFileError) as error:
            if error.line() != told:
                told = error.line()
                away(line_of(error))
        else:
            told = ""
            if _is_worth_telling(night):
                ended(night)
        if wait(poll):
            return


def _is_worth_telling(night: Night) -> bool:
    run = night.run
    return bool(run.done or run.refreshed or run.failed or run.fatal or night.forgotten.names)


def forget_old(out: Path, catalog: Catalog, age: str) -> Forgotten:
    """Forgets the words, clips and voiceprints of calls older than `age`, and voices that were not heard for as long.

    What cannot be forgotten is told, and costs nothing else; it is tried again the next time.
    """
    today = dt.date.today()
    parsed = parse_age(age)
    forgotten, left = [], []
    for old in forgettable(out, today, parsed):
        try:
            forget(old.folder, today, age)
        except (AnalyzerError, OSError) as error:
            left.append((old.folder.name, why(error)))
        else:
            forgotten.append(old.folder.name)
    for sha256, call in catalog.calls().items():
        # Those of a run that was killed before the catalog was told are told now.
        told = call.forgotten_at is not None and call.folder not in forgotten
        untold = call.folder is not None and not told and CallFolder(out / call.folder).is_forgotten()
        if untold and index_folder(CallFolder(out / str(call.folder)), catalog):
            catalog.forgotten(sha256, now())
    catalog.wipe()
    known, unreadable = catalog.readable()
    if unreadable:  # who was on those calls, and heard lately, is not known: no voice is forgotten tonight
        return Forgotten(tuple(forgotten), tuple(left))
    gone, kept = forget_voices(voices_folder(), today, parsed, last_on_call(known))
    forgotten += [f"the voice of {name}" for name in gone]
    left += [(f"the voice of {name}", text) for name, text in kept]
    return Forgotten(tuple(forgotten), tuple(left))


def last_on_call(calls: Sequence[CallSummary]) -> dict[str, dt.date]:
    """When each named person was last on a call, by folded name; a day that is still to come is a mistake in a plan."""
    found: dict[str, dt.date] = {}
    today = dt.date.today()
    for call in calls:
        for person in call.record.people:
            if person.name is not None and call.date is not None and call.date <= today:
                found[folded(person.name)] = max(found.get(folded(person.name), call.date), call.date)
    return found


def write_night(
    out: Path, catalog: Catalog, run: Run, forgotten: Forgotten = NOTHING, *, exceptions_above: float = 0.2
) -> str:
    """Writes the index page and the summary of the night, and returns the summary."""
    summaries, failures = _known(out, catalog, run), catalog.failures()
    write_index(out, summaries, failures, unread=run.unread, exceptions_above=exceptions_above)
    text: str = night_markdown(
        report_of(run, failures, forgotten), summaries, today=dt.date.today(), exceptions_above=exceptions_above
    )
    write_atomically(out / NIGHT_FILE, text.encode(errors="backslashreplace"))  # a file's name need not be text
    return text


def write_page(out: Path, catalog: Catalog, run: Run) -> Path:
    """Writes the index page after a run, and says where."""
    return write_index(out, _known(out, catalog, run), catalog.failures(), unread=run.unread)


def _known(out: Path, catalog: Catalog, run: Run) -> list[CallSummary]:
    """The calls that the catalog can tell of; the others are noted as unread."""
    summaries, unreadable = catalog.readable()
    for folder in unreadable:
        run.unread[out / folder] = f"{UNREADABLE} in the catalog: run analyzer library rebuild"
    return summaries


def write_index(
    out: Path,
    summaries: Sequence[CallSummary],
    failures: Sequence[Failure],
    *,
    unread: Mapping[Path, str],
    exceptions_above: float = 0.2,
) -> Path:
    """Writes `index.html`, what failed and what could not be looked into included, and says where."""
    listed = [(failure.path, reason(failure), failure.first_at) for failure in failures]
    listed += [(str(path), f"cannot be looked into ({why})", now()) for path, why in sorted(unread.items())]
    new = heard_since(out, summaries, since_yesterday(now()))
    page = index_page(summaries, failures=listed, new=new, made_at=now(), exceptions_above=exceptions_above)
    write_atomically(out / INDEX_FILE, page.encode(errors="backslashreplace"))
    return out / INDEX_FILE


def since_yesterday(at: dt.datetime) -> dt.datetime:
    """When yesterday began, on this machine's clock."""
    return dt.datetime.combine(at.astimezone().date() - dt.timedelta(days=1), dt.time()).astimezone()


def heard_since(out: Path, calls: Iterable[CallSummary], since: dt.datetime) -> list[CallSummary]:
    """Those of some calls whose recordings were heard since a time: they came in, whenever they were held."""
    ns = int(since.timestamp() * 1e9)
    found = [call for call in calls if (CallFolder(out / call.folder).changed(HEARD_FILE) or 0) >= ns]
    return sorted(found, key=lambda call: (call.date or dt.date.min, call.name, call.sha256), reverse=True)


def bring_up_to_date(
    out: Path, url: str | None, gone: Sequence[str] = (), *, written: CallFolder | None = None
) -> None:
    """Brings the catalog of a folder of results up to date, and the page of all calls, where they are there.

    `gone` are the hashes of recordings that are no calls of their own any more; `written` is the call that was written,
    which may have been called otherwise.

    Raises:
        LibraryError: one of the two cannot be read or written.
    """
    if url is None and not is_there(out / FILE):
        return
    with Catalog.open(out, url) as catalog:
        for sha256 in gone:
            catalog.remove(sha256)
        owner = written.owner() if written is not None else None
        known = catalog.call(owner.sha256) if owner is not None else None
        if written is not None and (gone or (known is not None and known.folder != written.name)):
            index_folder(written, catalog)
        index_changed(out, catalog)
        index_alone(out, catalog)
        if is_there(out / INDEX_FILE):
            write_index(out, catalog.summaries(), catalog.failures(), unread={})


def report_of(run: Run, failures: Sequence[Failure], forgotten: Forgotten = NOTHING) -> NightReport:
    """A run as the summary tells it."""
    failed = {failure.subject for failure in run.failed}
    return NightReport(
        started=run.started,
        ended=run.ended or now(),
        done=tuple(run.done),
        refreshed=tuple(run.refreshed),
        failed=tuple((f.path, reason(f), f.tries, f.next_try_at) for f in run.failed if not f.quarantined),
        quarantined=tuple((f.path, reason(f), f.first_at) for f in failures if f.quarantined),
        waiting=tuple(
            (f.path, reason(f), f.next_try_at) for f in run.waiting if not f.quarantined and f.subject not in failed
        ),
        growing=tuple(run.growing),
        unread=tuple(sorted(run.unread.items())),
        passed_over=tuple(passed_over_lines(run.passed_over)),
        offers=run.offers,
        stopped_by=run.stopped_by,
        elsewhere=len(run.elsewhere),
        unchanged=run.unchanged,
        forgotten=forgotten.names,
        not_forgotten=forgotten.left,
    )


def seconds_until(text: str, at: dt.datetime) -> float:
    """How long from `at` to the next time the clock shows `text` (`06:00`).

    Raises:
        UsageError: it is no time of day.
    """
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if match is None:
        raise UsageError(f"--until: {text!r} is no time of day", todo="Write it like 06:00")
    # A night on which the clocks change is an hour longer or shorter: only points in time are subtracted.
    until = at.replace(tzinfo=None, hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
    while (left := until.timestamp() - at.timestamp()) <= 0:
        until += dt.timedelta(days=1)
    return left


def line_of(error: AnalyzerError) -> str:
    """An error as the log of a watching job has it."""
    return f"{now().isoformat(timespec='seconds')} {error.line()}"
