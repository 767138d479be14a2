"""The command line: the one place that prints and exits.

Results go to stdout, everything else to stderr. A failure is one line and an exit code (`errors.ExitCode`). Imports
that cost time are made inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from analyzer import __version__
from analyzer.cli.bench_commands import bench_app
from analyzer.cli.library_commands import GROUP, OUT, batch, library_app, nightly, shared
from analyzer.cli.lines import os_error, say, say_json, standard_streams, tell, tell_wrong_use, warn, written_out
from analyzer.cli.log import start_log
from analyzer.cli.people_commands import people_app
from analyzer.cli.trends_commands import trends
from analyzer.errors import AnalyzerError, ExitCode, UsageError, places_of
from analyzer.telemetry import remove_left_over

if TYPE_CHECKING:
    from analyzer.session import Done

app = typer.Typer(
    name="analyzer",
    help="Who led the call, who took over, and what to talk about in the debrief. Everything runs on this machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="The models: what is here, fetch them, check them.", no_args_is_help=True)
plan_app = typer.Typer(help="The plan of a call: who comes along and why, who leads, what for.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(plan_app, name="plan")
app.add_typer(people_app, name="people")
app.add_typer(bench_app, name="bench")
app.add_typer(library_app, name="library")

CONFIG = Annotated[
    Path | None, typer.Option(help="Settings file. [default: analyzer.toml here, or else beside the recording]")
]
SIDES_HELP = (
    "How sides are decided: who is named by --salesperson or --team is team, by --customer is customer. If only "
    "customers are named, everybody else is team; if only team members are named beside the salesperson, everybody "
    "else is customer, unless the plan has more people on the side that was named; otherwise the rest is not known and "
    "counts for nobody's team."
)


_WRONG_USE: type[Exception] = typer.BadParameter.__mro__[2]
"""What typer raises for a command line that it does not understand; it has no public name in every version."""


TYPERS_BROKEN_PIPE = 1
"""What typer exits with by itself when nobody reads the output any more; no command of ours does."""


def main() -> NoReturn:
    """Runs the command line and exits with its code."""
    standard_streams()
    signal.signal(signal.SIGTERM, _interrupt)
    remove_left_over()
    try:
        code = app(standalone_mode=False) or ExitCode.OK
    except _WRONG_USE as error:
        tell_wrong_use(error)
        code = ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):  # also a prompt that was left with Ctrl-D
        code = ExitCode.INTERRUPTED
    except AnalyzerError as error:
        warn(error.line())
        logging.getLogger(__name__).debug("%s\n%s", error.line(), places_of(error))
        code = error.exit_code
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and error.code != TYPERS_BROKEN_PIPE:
            raise
        _end_as_its_reader_did()
    except OSError as error:
        warn(os_error(error))
        code = ExitCode.LIBRARY
    if code == ExitCode.INTERRUPTED:
        warn("interrupted; what was finished is kept, and the same command goes on from there.")
    if not written_out():
        code = code or ExitCode.LIBRARY
    sys.exit(code)


def _end_as_its_reader_did() -> NoReturn:
    """Ends like any other program in `analyzer report … | head`; results are written before anything is printed.

    Only now: were the signal let through all the time, a worker that dies would take the driver along without a word.
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.raise_signal(signal.SIGPIPE)
    sys.exit(ExitCode.LIBRARY)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _version(wanted: bool) -> None:
    if wanted:
        say(f"analyzer {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell on stderr what each stage took.")] = False,
    log_file: Annotated[
        Path | None, typer.Option(help="Add the log to this file, with the place in the program of each failure.")
    ] = None,
) -> None:
    start_log(verbose=verbose, file=log_file)


@app.command(epilog=SIDES_HELP)
def report(
    call: Annotated[Path, typer.Argument(help="The recording: any audio or video file that FFmpeg reads.")],
    out: OUT = None,
    salesperson: Annotated[
        str | None, typer.Option(help="Who the salesperson is: a speaker (S1) or a name. Without it nothing is judged.")
    ] = None,
    team: Annotated[
        list[str] | None, typer.Option(help="Somebody else from the team (S2, or a name). May be repeated.")
    ] = None,
    customer: Annotated[
        list[str] | None, typer.Option(help="Somebody from the customer (S3, or a name). May be repeated.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="The plan. [default: <recording name>.plan.toml beside the recording]")
    ] = None,
    speakers: Annotated[int | None, typer.Option(help="How many people speak, when it is known.")] = None,
    min_speakers: Annotated[int | None, typer.Option(help="At least this many people speak.")] = None,
    max_speakers: Annotated[int | None, typer.Option(help="At most this many people speak.")] = None,
    transcript: Annotated[
        bool | None, typer.Option("--transcript/--no-transcript", help="Shares alone, without words, are faster.")
    ] = None,
    asr_model: Annotated[
        str | None, typer.Option(help="Whisper model: base, tiny.en, small, …, or a folder. [default: base]")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language spoken: en, de, … [default: found out]")] = None,
    profile: Annotated[
        str | None, typer.Option(help="How much trouble to take: fast, balanced or accurate. [default: balanced]")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda. [default: auto]")] = None,
    basis: Annotated[
        str | None, typer.Option(help="What the lead share is a share of: team-talk, lead-time or all-talk.")
    ] = None,
    sound: Annotated[
        str | None, typer.Option(help="Sound on the page: clips in it, the recording beside it, or none. [clips]")
    ] = None,
    group: GROUP = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 3 unless the answer is that the salesperson led.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run the models again, whatever is kept.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print call.json instead of the debrief.")] = False,
    config: CONFIG = None,
) -> None:
    """Analyse one recorded call and write its debrief.

    Finds who spoke when, transcribes, computes everybody's share, checks whether the salesperson led, prints the
    debrief and writes it to <out>/<recording name>/. On a call that has been analysed before, the models do not run
    again unless something is asked for that needs them.
    """
    from analyzer.cli.bars import shown_progress
    from analyzer.session import finish, report_call
    from analyzer.settings import load_settings

    given = {
        "out": out,
        "speakers": speakers,
        "min_speakers": min_speakers,
        "max_speakers": max_speakers,
        "transcript": transcript,
        "asr_model": asr_model,
        "language": language,
        "profile": profile,
        "device": device,
        "basis": basis,
        "sound": sound,
        "group": group,
    }
    settings = load_settings(given, beside=call.parent, config=config, tell=warn)
    shared(settings)
    with shown_progress() as progress:
        done = report_call(
            call,
            settings,
            salesperson=salesperson,
            team=tuple(team or ()),
            customers=tuple(customer or ()),
            plan=plan,
            fresh=fresh,
            progress=progress,
        )
        done = finish(done, settings, waiting=warn)
    _show(done, as_json=json_)
    if check and done.record.lead.led != "yes":
        raise typer.Exit(ExitCode.NOT_LED)


app.command()(batch)
app.command()(nightly)
app.command()(trends)


@app.command()
def name(
    call: Annotated[Path, typer.Argument(help="The recording, or the folder of its results.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(help='Who is who: S2="First Last", S4=S2 (one person), S2@3:10-4:05="First Last" (only there).'),
    ] = None,
    salesperson: Annotated[str | None, typer.Option(help="Who the salesperson is: a speaker or a name.")] = None,
    side: Annotated[list[str] | None, typer.Option(help="S3=customer or S2=team. May be repeated.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="S2=manager. May be repeated.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last correction back.")] = False,
    enrol: Annotated[
        bool, typer.Option("--enrol", help="Keep the voices of those named, with their consent, for the next calls.")
    ] = False,
    out: OUT = None,
    config: CONFIG = None,
) -> None:
    """Say who is who on a call that has been analysed. The models do not run again.

    What is said is kept beside the results, survives a new analysis, and can be taken back with --undo.
    """
    from analyzer.session import analysed_call, enrol_named, finish, name_call, parse_pairs, undo_name
    from analyzer.settings import load_settings

    settings = load_settings({"out": out}, beside=call.parent, config=config, tell=warn)
    pairs = parse_pairs(names or [], "name", 'S2="First Last"')
    sides = parse_pairs(side or [], "--side", "S3=customer")
    roles = parse_pairs(role or [], "--role", "S2=manager")
    if undo:
        if pairs or sides or roles or salesperson:
            raise UsageError("--undo takes nothing else", todo="Take the last correction back first, then add")
        done = undo_name(call, settings)
    else:
        if not (pairs or sides or roles or salesperson):
            pairs = _asked_names(analysed_call(call, settings))
        done = name_call(call, settings, names=pairs, sides=sides, roles=roles, salesperson=salesperson)
    done = finish(done, settings, waiting=warn)
    if enrol:
        import datetime as dt

        for path in enrol_named(done, pairs, consent=dt.date.today()):
            warn(f"a voice is kept in {path}; analyzer people forget removes it.")
    _show(done, as_json=False)


def _asked_names(done: Done) -> dict[str, str]:
    """Walks through the speakers without a name, on a terminal."""
    unnamed = [person for person in done.record.people if person.name is None]
    names = {}
    if unnamed and sys.stdin.isatty():
        from analyzer.cli import asking

        names = asking.names_of(unnamed)
    if not names:
        nothing = "everybody has a name" if not unnamed else "nothing to name"
        raise UsageError(nothing, todo='Say who is who, for example: analyzer name CALL S2="First Last"')
    return names


def _show(done: Done, *, as_json: bool, written: bool = True) -> None:
    if as_json:
        say_json(done.record.model_dump_json(indent=1))
        return
    from rich.console import Console

    from analyzer.debrief.terminal.printout import show

    console = Console(highlight=False)
    show(done.record, console)
    if written:
        tell("")
        tell(f"Written to {done.folder}: debrief.html and four more files.")


@app.command()
def debrief(
    call: Annotated[Path, typer.Argument(help="The recording, or the folder of its results.")],
    answers: Annotated[
        Path | None, typer.Option(help="A TOML file of answers, instead of asking (see README: the debrief talk).")
    ] = None,
    out: OUT = None,
    config: CONFIG = None,
) -> None:
    """Hold the debrief talk: the salesperson's own view first, then what was measured, then commitments.

    What is said is kept with the call, and the next report of the same salesperson opens with the commitments.
    """
    import datetime as dt

    from analyzer.debrief.conversation.answers import read_answers, remove_draft
    from analyzer.session import analysed_call, finish, talk_about
    from analyzer.settings import load_settings

    settings = load_settings({"out": out}, beside=call.parent, config=config, tell=warn)
    done = analysed_call(call, settings)
    if answers is not None:
        done = talk_about(done, read_answers(answers), held_on=dt.date.today())
        done = finish(done, settings, waiting=warn)
        _show(done, as_json=False)
    elif sys.stdin.isatty():
        from analyzer.cli import asking

        draft = asking.held(done.record, done.folder, lambda: _show(done, as_json=False, written=False))
        try:
            talked = talk_about(done, draft.answers, held_on=dt.date.today())
            done = finish(talked, settings, waiting=warn)
        except BaseException:
            asking.tell_kept(draft, done.folder)
            raise
        remove_draft(done.folder, done.record.recording.sha256)
        warn(f"kept in {done.folder}, and on the page there.")
    else:
        raise UsageError("there is no terminal to ask at", todo="Give the answers in a file: --answers FILE")
    for remark in done.remarks:
        warn(remark)


@app.command()
def export(
    call: Annotated[Path, typer.Argument(help="The recording, the folder of its results, or a call.json.")],
    to: Annotated[str, typer.Option(help="rttm, vtt, srt, csv, json, audacity or textgrid.")],
    file: Annotated[Path | None, typer.Option(help="Where to write it. [default: standard output]")] = None,
    out: OUT = None,
    config: CONFIG = None,
) -> None:
    """Give an analysed call to another program, as turns or as text."""
    from analyzer.debrief.export.exports import FORMATS
    from analyzer.debrief.export.exports import export as exported
    from analyzer.files import write_atomically
    from analyzer.session import kept_record
    from analyzer.settings import load_settings

    if to not in FORMATS:
        raise UsageError(f"there is no format {to!r}", todo="Formats are: " + ", ".join(FORMATS))
    settings = load_settings({"out": out}, beside=call.parent, config=config, tell=warn)
    text = exported(kept_record(call, settings), to)
    content = text.encode(FORMATS[to].encoding)
    if file is None:
        sys.stdout.buffer.write(content)
    else:
        write_atomically(file, content)


KEYS = Annotated[list[str] | None, typer.Argument(help="Models by key. [default: those that a report needs]")]


@models_app.command("list")
def models_list() -> None:
    """What models there are, which are on this machine, and where."""
    from analyzer.speech.models.store import ModelStore

    store = ModelStore()
    for model, states in store.states():
        here = {state.state for state in states}
        state = "here" if here == {"here"} else "not here" if here == {"missing"} else "here, not checked yet"
        size = "" if model.size is None else f" ({model.size / 1e6:.0f} MB)"
        mark = "*" if model.default else " "
        say(f"{mark} {model.key:<32} {state:<21} {model.what}{size}; {model.licence}")
    say()
    say(f"* needed by a report. Models lie in {store.folder}.")


@models_app.command("pull")
def models_pull(keys: KEYS = None) -> None:
    """Fetch models ahead of their first use, and check them."""
    from analyzer.cli.bars import shown_progress
    from analyzer.speech.models.store import ModelStore

    store = ModelStore()
    for key in keys or [key for key, model in store.models.items() if model.default]:
        with shown_progress() as progress:
            path = store.pull(key, progress=progress)
        say(f"{key}: {path}")


@models_app.command("verify")
def models_verify(keys: KEYS = None) -> None:
    """Hash the files of models that are here; exit with 6 when one does not match or a needed one is missing.

    The networks that were exported from them are hashed too. One that is damaged does no harm: it is made again.
    """
    from analyzer.speech.models.networks import exports_of
    from analyzer.speech.models.store import ModelStore

    store = ModelStore()
    bad = False
    for key in keys or list(store.models):
        states = store.verify(key)
        wanted = bool(keys) or store.models[key].default
        if all(state.state == "missing" for state in states) and not wanted:
            continue
        for state in states:
            ok = state.state == "here"
            bad |= not ok
            detail = f" (expected {state.file.sha256}, found {state.found})" if state.state == "wrong" else ""
            say(f"{'ok     ' if ok else state.state:<7} {key}/{state.file.name}{detail}")
            for export in exports_of(state.path) if ok else ():
                gone = "" if export.state == "ok" else " (never run; a right one is made when it is needed)"
                say(f"{export.state:<7} {export.path}{gone}")
    if bad:
        warn("some models are missing or wrong. Run: analyzer models pull")
        raise typer.Exit(ExitCode.MODEL)


@plan_app.command("check")
def plan_check(file: Annotated[Path, typer.Argument(help="The plan: <recording name>.plan.toml.")]) -> None:
    """Check a plan: every error and warning with its line and the way out."""
    from analyzer.people.plan.plan_file import check_plan

    findings = check_plan(file)
    for finding in findings:
        say(finding.text())
    errors = sum(finding.severity == "error" for finding in findings)
    if errors:
        raise typer.Exit(ExitCode.BAD_FILE)
    warnings = len(findings)
    say(f"{file}: the plan can be used" + (f"; {warnings} warnings above." if warnings else "."))


@plan_app.command("new")
def plan_new(call: Annotated[Path, typer.Argument(help="The recording, present or to come.")]) -> None:
    """Write a plan to fill in beside a recording, with the questions to settle before the call."""
    from analyzer.people.plan.plan_file import write_plan_template

    path = write_plan_template(call)
    say(path)
