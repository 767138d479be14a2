"""The commands for many calls: `batch`, `nightly`, and `library` for the catalog itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.help_text import GroupedCommand, example
from analyzer.cli.lines import say, say_text, warn
from analyzer.errors import ExitCode, LibraryError, UsageError, one_line, visible
from analyzer.files import is_folder, is_there

if TYPE_CHECKING:
    from analyzer.library.after_night import Ways
    from analyzer.library.catalog.catalog import Catalog
    from analyzer.library.nightly import Night
    from analyzer.library.run import Run, Telling
    from analyzer.library.workers import Workers
    from analyzer.settings import Settings

INTERRUPTS: list[int] = []
"""The signals that came to end this command. What they raise may become another exception on its way."""

library_app = typer.Typer(help="The catalog of many calls: check, rebuild, failures.", no_args_is_help=True)

FOLDER = Annotated[Path, typer.Argument(help="The folder of recordings; what lies below it belongs to it.")]
OUT = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder for the results, one folder a call. [default: debriefs]")
]
CONFIG = Annotated[
    Path | None, typer.Option(help="Settings file. [default: analyzer.toml here, or else in the folder]")
]
CATALOG = Annotated[
    str | None,
    typer.Option(help="Database address of the catalog: postgresql://… [default: catalog.sqlite in the output folder]"),
]
GROUP = Annotated[
    str | None,
    typer.Option(help="The group that may read and correct results, by name or number. [default: by the umask]"),
]
JOBS = Annotated[int | None, typer.Option(help="How many calls at once, each with its part of the processors.")]
SETTLE = Annotated[float, typer.Option(help="Seconds for which a file must not have changed to be taken as whole.")]
TRANSCRIPT = Annotated[
    bool | None, typer.Option("--transcript/--no-transcript", help="Shares alone, without words, are faster.")
]
UNTIL = Annotated[str | None, typer.Option(help="Begin no further stage after this time of day, like 06:00.")]
FORGET_AFTER = Annotated[
    str | None, typer.Option(help="Forget words, clips and voiceprints of calls older than this, like 180d.")
]
EXCEPTIONS_ABOVE = Annotated[
    float, typer.Option(help="Warn when more than this part of the planned calls, in percent, are exceptions.")
]
DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="Say what would be done and forgotten, and do nothing.")]
MAIL = Annotated[
    bool, typer.Option("--mail", help="Mail each who came along their new calls, by the mail server of the settings.")
]
BASE_URL = Annotated[
    str | None, typer.Option(help="Where the results are found in a browser, for links: https://calls.example.com.")
]
PROFILE = Annotated[str | None, typer.Option(help="fast or balanced. [default: balanced]")]


def batch(
    folder: FOLDER,
    out: OUT = None,
    jobs: JOBS = None,
    catalog: CATALOG = None,
    transcript: TRANSCRIPT = None,
    profile: PROFILE = None,
    group: GROUP = None,
    cluster: Annotated[
        str | None, typer.Option(help="Do the work on a Ray cluster: local, or ray://… (needs analyzer[cluster]).")
    ] = None,
    settle: SETTLE = 5.0,
    json_: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each call as it ends.")] = False,
    config: CONFIG = None,
) -> None:
    """Analyse every recording in a folder that has no result yet.

    What was finished is kept: the same command goes on after an interruption. One bad call never stops the rest; when
    some failed, each is listed with its reason and the exit code is 4.
    """
    from analyzer.library.batch import run_folder
    from analyzer.library.nightly import write_page
    from analyzer.library.run import Options

    given = {"out": out, "jobs": jobs, "catalog": catalog, "transcript": transcript, "profile": profile, "group": group}
    settings = settings_of(folder, config, **given)
    shared(settings)
    with opened_catalog(settings) as opened, _workers(settings, cluster) as workers, _telling(as_json=json_) as telling:
        options = Options(settle=settle, room=settings.min_free_mb * 1_000_000)
        run = run_folder(folder, settings, opened, workers, options, telling)
        # When the run had to stop for want of room, that is what is told, and not that the page has none either.
        with suppress(*(() if run.fatal is None else (LibraryError,))):
            write_page(settings.out, opened, run)
    if not json_:
        _table(run, settings)
    _end(run)


def nightly(
    folder: FOLDER,
    out: OUT = None,
    jobs: JOBS = None,
    catalog: CATALOG = None,
    transcript: TRANSCRIPT = None,
    profile: PROFILE = None,
    group: GROUP = None,
    watch: Annotated[bool, typer.Option("--watch", help="Keep going: look again and again, until stopped.")] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks of --watch.")] = 60.0,
    until: UNTIL = None,
    forget_after: FORGET_AFTER = None,
    dry_run: DRY_RUN = False,
    exceptions_above: EXCEPTIONS_ABOVE = 20.0,
    settle: SETTLE = 30.0,
    mail: MAIL = False,
    base_url: BASE_URL = None,
    config: CONFIG = None,
) -> None:
    """The unattended run over a shared folder, for cron or a timer; prints the night's summary as Markdown.

    As batch, and: what failed is tried again after a growing while and at last set aside (`analyzer library failures`
    lists it), results are made again when a plan, roster or transcript comes, and index.html shows all calls.
    """
    from analyzer.library.after_night import send
    from analyzer.library.nightly import one_night
    from analyzer.library.run import Options

    given = {"out": out, "jobs": jobs, "catalog": catalog, "transcript": transcript, "profile": profile, "group": group}
    settings = settings_of(folder, config, **given, base_url=base_url)
    ways = _ways(settings, mail)
    until_s = _checked(until, forget_after)
    if dry_run:
        _dry(folder, settings, forget_after)
        return
    shared(settings)
    began = time.monotonic()
    with opened_catalog(settings):  # what is wrong with it shows now
        pass
    night_of = partial(one_night, forget_after=forget_after, exceptions_above=exceptions_above / 100)
    with _telling(as_json=False) as telling:

        def once() -> Night:
            left = None if until_s is None else max(0.0, until_s - (time.monotonic() - began))
            options = Options(settle=settle, patient=True, until=left, room=settings.min_free_mb * 1_000_000)
            # Opened for each run: a watch goes on with a catalog that was away, or was made again.
            with opened_catalog(settings, make=False) as opened, _workers(settings, None) as workers:
                night = night_of(folder, settings, opened, workers, options, telling)
                send(folder, settings.out, opened, night.run, ways, warn)
                return night

        if watch:
            _watch(once, every=every, ends=None if until_s is None else began + until_s)
            return
        night = once()
        say_text(night.text)
        _end(night.run)


def _checked(until: str | None, forget_after: str | None) -> float | None:
    """The seconds until `until`; what is wrong with either shows now, not at the end of the night."""
    import datetime as dt

    from analyzer.library.nightly import seconds_until
    from analyzer.library.retention import parse_age

    if forget_after is not None:
        parse_age(forget_after)
    return None if until is None else seconds_until(until, dt.datetime.now())


def _ways(settings: Settings, mail: bool) -> Ways:
    """How calls are sent when the night is over; what is wrong with it shows before."""
    from analyzer.library.after_night import Ways
    from analyzer.library.mailing import sender_of
    from analyzer.library.webhook import hook_of

    return Ways(sender_of(settings) if mail else None, hook_of(settings), settings.base_url)


def _watch(once: Callable[[], Night], *, every: float, ends: float | None) -> None:
    """Runs night after night until `ends` (on the monotonic clock); None: until it is stopped."""
    from analyzer.library.nightly import watch

    def wait(seconds: float) -> bool:
        if INTERRUPTS:  # and a look that failed with it took it for a folder that is away
            raise KeyboardInterrupt
        if ends is not None and time.monotonic() >= ends:
            return True
        time.sleep(seconds)
        return False

    watch(once, wait=wait, ended=lambda night: say_text(night.text), away=warn, poll=every)


def settings_of(folder: Path | None, config: Path | None, **given: object) -> Settings:
    """The settings that hold for a folder of recordings (None: for no such), with the output folder's full path."""
    from analyzer.settings import load_settings

    settings = load_settings(given, beside=folder, below=True, config=config, tell=warn)
    return replace(settings, out=settings.out.resolve())


def shared(settings: Settings) -> None:
    """Gives the output folder to the group of the settings."""
    from analyzer.library.sharing import share

    if left := share(settings.out, settings.group):
        warn(f"{settings.out}: {left}")


@contextmanager
def opened_catalog(settings: Settings, *, make: bool = True) -> Iterator[Catalog]:
    """The catalog of the output folder, which is made where it is missing, unless `make` is False."""
    from analyzer.files import make_folder
    from analyzer.library.catalog.catalog import Catalog

    if not make and not is_folder(settings.out):  # what comes back is the share that lay here, not a new folder
        raise LibraryError("the folder of results is gone", where=settings.out, todo="Is the share mounted?")
    try:
        make_folder(settings.out)
    except OSError as error:
        raise LibraryError(
            f"cannot be made ({error.strerror})", where=settings.out, todo="Choose another folder with --out"
        ) from error
    with Catalog.open(settings.out, settings.catalog) as catalog:
        yield catalog


@contextmanager
def existing_catalog(settings: Settings) -> Iterator[Catalog]:
    """The catalog of an output folder that has results: in any other folder nothing is made."""
    _check_results(settings)
    with opened_catalog(settings) as opened:
        yield opened


def _check_results(settings: Settings) -> None:
    from analyzer.call.folder import CALL_FILE
    from analyzer.library.catalog.connection import FILE

    out, todo = settings.out, "Name the folder of results with --out, or make some: analyzer batch FOLDER"
    if not is_folder(out):
        raise LibraryError("there is no such folder", where=out, todo=todo)
    if settings.catalog is None and not is_there(out / FILE) and next(out.glob(f"*/{CALL_FILE}"), None) is None:
        raise LibraryError("there are no results here", where=out, todo=todo)


@contextmanager
def _workers(settings: Settings, cluster: str | None) -> Iterator[Workers]:
    workers: Workers
    if cluster is not None:
        from analyzer.library.cluster import join

        workers = join(cluster, settings)
    else:
        from analyzer.library.workers import Processes

        workers = Processes(settings, settings.jobs)
    try:
        yield workers
    finally:
        workers.close()


@contextmanager
def _telling(*, as_json: bool) -> Iterator[Telling]:
    from analyzer.cli.bars import shown_batch

    with shown_batch(as_json=as_json) as telling:
        yield telling


def _table(run: Run, settings: Settings) -> None:
    """The batch as a table on stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from analyzer.debrief.phrases import percent

    console = Console(highlight=False)
    if run.done or run.refreshed:
        table = Table(box=None, pad_edge=False)
        for column in ("call", "led", "lead share", "take-overs"):
            table.add_column(column, overflow="ellipsis", min_width=11)
        for summary in (*run.done, *run.refreshed):
            lead, share = summary.record.lead, summary.lead_share()
            value = share.share.value if share is not None else None
            table.add_row(
                Text(one_line(summary.name)),
                (lead.led if lead.reason is None else f"not judged: {lead.reason}").replace("_", " "),
                "–" if value is None else percent(value, summary.band.edges),
                "–" if lead.salesperson is None else str(len(summary.take_overs)),
            )
        console.print(table)
    parts = [f"{len(run.done)} analysed"]
    for number, what in (
        (len(run.refreshed), "made again"),
        (run.unchanged, "had nothing new"),
        (len(run.elsewhere), "being done by another run"),
        (len(run.growing), "still being copied"),
        (len(run.unread), "could not be looked into"),
        (len(run.failed), "failed"),
    ):
        if number:
            parts.append(f"{number} {what}")
    say(", ".join(parts) + f". Results: {settings.out}")  # not by the console, which would break a long path
    for offer in run.offers:
        say(offer)
    _passed_over(run.passed_over)
    for path, why in run.unread.items():
        warn(f"{path}: cannot be looked into ({why}).")
    for failure in run.failed:
        warn(failure.message)


def _passed_over(left: Mapping[Path, str]) -> None:
    """Says how many files were not looked at, and why."""
    from analyzer.debrief.phrases import count
    from analyzer.library.passed_over import passed_over_lines

    if left:
        say(f"{count(len(left), 'file')} not looked at (-v lists them):")
    for line in passed_over_lines(left):
        say(f"  {line}")


def _end(run: Run) -> None:
    if run.fatal is not None:
        warn(run.fatal.message)
    if run.exit_code != ExitCode.OK:
        raise typer.Exit(run.exit_code)


def _dry(folder: Path, settings: Settings, forget_after: str | None) -> None:
    import datetime as dt

    from analyzer.debrief.phrases import count
    from analyzer.library.catalog.catalog import Catalog
    from analyzer.library.catalog.connection import FILE
    from analyzer.library.meetings import heard_before, meetings_in
    from analyzer.library.night_summary import KEPT
    from analyzer.library.nightly import last_on_call
    from analyzer.library.passed_over import passed_over
    from analyzer.library.retention import forgettable, forgettable_voices, parse_age
    from analyzer.people.voices.voice_files import voices_folder

    finished: set[tuple[str, int, int]] = set()
    heard: dict[str, dt.date] = {}
    unreadable: Sequence[str] = ()
    if settings.catalog is not None or is_there(settings.out / FILE):
        with Catalog.open(settings.out, settings.catalog, create=False) as catalog:
            calls = catalog.calls()
            known, unreadable = catalog.readable()
            heard = last_on_call(known)
            for place in catalog.places(under=folder.resolve()).values():
                call = calls.get(place.sha256 or "")
                if call is not None and call.state == "done":
                    finished.add((place.path, place.size, place.mtime_ns))
    left: dict[Path, str] = {}
    found = meetings_in(folder, heard_before(settings.out), without=[settings.out], left=left.__setitem__)
    new = [one for one in found if (str(one.path), *one.stamp) not in finished]
    for one in new:
        more = f" (with {count(len(one.others), 'other file')} of its meeting)" if one.others else ""
        say(f"would analyse: {one.path}{more}")
    say(f"Recordings: {len(found)}, of which {len(new)} have no result yet.")
    _passed_over(passed_over(left, [path for one in found for path in (one.path, *one.others)]))
    if forget_after is None:
        return
    today, age = dt.date.today(), parse_age(forget_after)
    old_ones = tuple(forgettable(settings.out, today, age))
    # Who was on a call that cannot be read is not known: then no voice is forgotten.
    voices = () if unreadable else forgettable_voices(voices_folder(), today, age, heard)
    for old in old_ones:
        say(f"would forget: {old.folder.name} ({old.date}): {', '.join(old.what) or 'nothing is left to forget'}")
    for name in voices:
        say(f"would forget: the enrolled voice of {name}")
    say(KEPT if old_ones or voices else "There is nothing to forget.")


@library_app.command("check", cls=GroupedCommand, epilog=example("analyzer library check --out /srv/debriefs"))
def library_check(out: OUT = None, catalog: CATALOG = None, config: CONFIG = None) -> None:
    """Compare the catalog with the results; exit with 8 when they differ."""
    from analyzer.library.rebuild import check

    settings = settings_of(None, config, out=out, catalog=catalog)
    with existing_catalog(settings) as opened:
        found = check(settings.out, opened)
        calls = len(opened.summaries())
    for finding in found:
        say(finding.line())
    if found:
        raise typer.Exit(ExitCode.LIBRARY)
    say(f"The catalog and the results agree: {calls} calls.")


@library_app.command("rebuild", cls=GroupedCommand, epilog=example("analyzer library rebuild --out /srv/debriefs"))
def library_rebuild(out: OUT = None, catalog: CATALOG = None, config: CONFIG = None) -> None:
    """Make the catalog again from the results; a damaged one is kept aside."""
    from analyzer.library.rebuild import rebuild

    settings = settings_of(None, config, out=out, catalog=catalog)
    _check_results(settings)
    rebuilt = rebuild(settings.out, settings.catalog)
    for problem in rebuilt.problems:
        warn(f"left out: {problem}")
    if rebuilt.kept_aside is not None:
        warn(f"the damaged catalog is kept as {rebuilt.kept_aside}")
    say(f"The catalog has {rebuilt.calls} calls.")


@library_app.command("failures", cls=GroupedCommand, epilog=example("analyzer library failures --out /srv/debriefs"))
def library_failures(out: OUT = None, catalog: CATALOG = None, config: CONFIG = None) -> None:
    """List what failed and was not done since: how often, when it is tried again, and why."""
    from analyzer.library.run import reason

    settings = settings_of(None, config, out=out, catalog=catalog)
    with existing_catalog(settings) as opened:
        failures = opened.failures()
    for failure in failures:
        when = failure.next_try_at.astimezone().strftime("%Y-%m-%d %H:%M")
        again = "set aside until it is cleared" if failure.quarantined else f"next try after {when}"
        times = "once" if failure.tries == 1 else f"{failure.tries} times"
        say(failure.path)
        say(f"  tried {times}, {again}: {reason(failure)}")
    if not failures:
        say("Nothing has failed.")


@library_app.command("clear", cls=GroupedCommand, epilog=example("analyzer library clear --all --out /srv/debriefs"))
def library_clear(
    recording: Annotated[str | None, typer.Argument(help="The recording, as `failures` lists it.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Clear all of them.")] = False,
    out: OUT = None,
    catalog: CATALOG = None,
    config: CONFIG = None,
) -> None:
    """Clear failures, so that the next nightly tries these recordings again."""
    if (recording is None) != all_:
        raise UsageError("say which recording, or --all", todo="See: analyzer library failures")
    settings = settings_of(None, config, out=out, catalog=catalog)
    with existing_catalog(settings) as opened:
        if recording is None:
            cleared = opened.clear()
        else:
            names = {recording, str(Path(recording).resolve())}
            subjects = [
                failure.subject for failure in opened.failures() if names & {failure.path, visible(failure.path)}
            ]
            cleared = sum(opened.clear(subject) for subject in subjects)
            if not cleared:
                raise UsageError(
                    "this recording has not failed", where=recording, todo="See: analyzer library failures"
                )
    say(f"{cleared} cleared.")
