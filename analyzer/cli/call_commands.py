"""The commands for one call: `report`, `name`, `debrief` and `export`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.help_text import HEARD, WHO, values
from analyzer.cli.library_commands import GROUP, OUT, TRANSCRIPT, shared
from analyzer.cli.lines import say_json, tell, warn
from analyzer.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from analyzer.debrief.terminal.printout import Much
    from analyzer.session import Done
    from analyzer.settings import Settings

CONFIG = Annotated[
    Path | None, typer.Option(help="Settings file. [default: analyzer.toml here, or else beside the recording]")
]
SIDES_HELP = (
    "How sides are decided: who is named by --salesperson or --team is team, by --customer is customer. If only "
    "customers are named, everybody else is team; if only team members are named beside the salesperson, everybody "
    "else is customer, unless the plan has more people on the side that was named; otherwise the rest is not known and "
    "counts for no one's team."
)


SALESPERSON = Annotated[
    str | None,
    typer.Option(help="Who the salesperson is: a speaker (S1) or a name. Without it nothing is judged.", **WHO),
]
TEAM = Annotated[
    list[str] | None, typer.Option(help="Somebody else from the team (S2, or a name). May be repeated.", **WHO)
]
CUSTOMER = Annotated[
    list[str] | None, typer.Option(help="Somebody from the customer (S3, or a name). May be repeated.", **WHO)
]
PLAN = Annotated[Path | None, typer.Option(help="The plan. [default: <recording name>.plan.toml beside the recording]")]
SPEAKERS = Annotated[int | None, typer.Option(help="How many people speak, when it is known.", **HEARD)]
MIN_SPEAKERS = Annotated[int | None, typer.Option(help="At least this many people speak.", **HEARD)]
MAX_SPEAKERS = Annotated[int | None, typer.Option(help="At most this many people speak.", **HEARD)]
LANGUAGE = Annotated[str | None, typer.Option(help="Language spoken: en, de, … [default: found out]", **HEARD)]
DEVICE = Annotated[
    str | None, typer.Option(help="auto, cpu or cuda. [default: auto]", **HEARD, **values("auto", "cpu", "cuda"))
]
FRESH = Annotated[bool, typer.Option("--fresh", help="Run the models again, whatever is kept.", **HEARD)]
CONTINUES_IN = Annotated[
    list[Path] | None,
    typer.Option(
        help="The file in which the call goes on: it was dialled again. May be repeated; kept in the plan.", **HEARD
    ),
]
ASR_MODEL = Annotated[
    str | None, typer.Option(help="Whisper model: base, tiny.en, small, …, or a folder. [default: base]", **HEARD)
]
PROFILE = Annotated[
    str | None,
    typer.Option(
        help="How much trouble to take: fast or balanced. [default: balanced]",
        **HEARD,
        **values("fast", "balanced"),
    ),
]
BASIS = Annotated[
    str | None,
    typer.Option(
        help="What the lead share is a share of: team-talk, lead-time or all-talk.",
        **values("team-talk", "lead-time", "all-talk"),
    ),
]
SOUND = Annotated[
    str | None,
    typer.Option(
        help="Sound on the page: clips in it, the recording beside it, or none. [clips]",
        **values("clips", "recording", "none"),
    ),
]


def _calls_to_complete(incomplete: str) -> list[str]:
    """The folders of results of calls that begin like `incomplete`; without those that a shell would not take as text.

    Where there is none the shell goes on with its own files.
    """
    from analyzer.call.folder import CALL_FILE
    from analyzer.settings import DEFAULT_OUT, PREFIX

    out = Path(os.environ.get(PREFIX + "OUT", DEFAULT_OUT))
    found = [str(one.parent) for one in sorted(out.glob(f"*/{CALL_FILE}"))]
    return [one for one in found if one.startswith(incomplete) and shlex.quote(one) == one]


ANALYSED = Annotated[
    Path, typer.Argument(help="The recording, or the folder of its results.", autocompletion=_calls_to_complete)
]
TO = ("rttm", "vtt", "srt", "csv", "json", "summary", "eml", "hubspot", "salesforce", "audacity", "textgrid")
CHECK = Annotated[bool, typer.Option("--check", help="Exit with 3 unless the answer is that the salesperson led.")]


def report(
    call: Annotated[Path, typer.Argument(help="The recording: any audio or video file that FFmpeg reads.")],
    out: OUT = None,
    salesperson: SALESPERSON = None,
    team: TEAM = None,
    customer: CUSTOMER = None,
    plan: PLAN = None,
    continues_in: CONTINUES_IN = None,
    speakers: SPEAKERS = None,
    min_speakers: MIN_SPEAKERS = None,
    max_speakers: MAX_SPEAKERS = None,
    transcript: TRANSCRIPT = None,
    asr_model: ASR_MODEL = None,
    language: LANGUAGE = None,
    profile: PROFILE = None,
    device: DEVICE = None,
    basis: BASIS = None,
    sound: SOUND = None,
    group: GROUP = None,
    check: CHECK = False,
    fresh: FRESH = False,
    full: Annotated[bool, typer.Option("--full", help="Print everything, not the first screen alone.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print call.json instead of the debrief.")] = False,
    config: CONFIG = None,
) -> None:
    """Analyse one recorded call and write its debrief.

    CALL is a recording, a folder with one audio file for each person, or the folder in which a platform saved a
    meeting: of several files of one meeting, the one that tells most is heard.

    Finds who spoke when and what was said, checks whether the salesperson led, prints the debrief and writes it to
    <out>/<recording name>/. On a call that was analysed before, models run again only where what is asked needs them.
    """
    from analyzer.cli.bars import shown_progress
    from analyzer.session import analyse
    from analyzer.settings import load_settings

    given: dict[str, object] = {"out": out, "transcript": transcript, "asr_model": asr_model, "language": language}
    given |= {"speakers": speakers, "min_speakers": min_speakers, "max_speakers": max_speakers, "profile": profile}
    given |= {"device": device, "basis": basis, "sound": sound, "group": group}
    settings = load_settings(given, beside=call.parent, config=config, tell=warn)
    shared(settings)
    recording, others, gone = _going_on(call, continues_in or (), settings)
    with shown_progress() as progress:
        done = analyse(
            recording,
            settings,
            others=others,
            salesperson=salesperson,
            team=tuple(team or ()),
            customers=tuple(customer or ()),
            plan=plan,
            fresh=fresh,
            progress=progress,
            waiting=warn,
        )
    done, later = _with_parts(done, settings)
    _show(done, settings, "full" if full else "first", as_json=json_, gone=(*gone, *later))
    if check and done.record.lead.led != "yes":
        raise typer.Exit(ExitCode.NOT_LED)


def _going_on(
    call: Path, parts: Sequence[Path], settings: Settings
) -> tuple[Path, tuple[Path, ...] | None, tuple[str, ...]]:
    """As `_meeting`, once it is kept that the call goes on in `parts`; with what `_taken_over` gives."""
    if parts:
        from analyzer.call.parts import keep_parts

        plan = keep_parts(call, parts)
        warn(
            f"{plan}: says that {call.name} goes on in {', '.join(part.name for part in parts)}; take the line out to "
            "part them."
        )
    recording, others = _meeting(call, settings)
    return recording, others, _taken_over(recording, others or (), settings)


def _taken_over(recording: Path, others: Sequence[Path], settings: Settings) -> tuple[str, ...]:
    """The recordings (by hash) whose results, of an earlier version, went into those of their meeting now."""
    from analyzer.library.meetings import heard_before
    from analyzer.library.taking_over import take_over_meeting

    if not others:
        return ()
    folder, gone = take_over_meeting(recording, others, heard_before(settings.out))
    if folder is not None and gone:
        warn(f"{folder.path}: has what was said about the other files of its meeting, which were calls of their own.")
    return gone


def _with_parts(done: Done, settings: Settings) -> tuple[Done, tuple[str, ...]]:
    """The call with what was said about the files in which it goes on, and which were calls of their own (by hash)."""
    from analyzer.call.engine import LocalEngine
    from analyzer.errors import AnalyzerError
    from analyzer.library.meetings import heard_before
    from analyzer.library.taking_over import take_over_parts
    from analyzer.session import refresh

    if not done.call.recording.parts:
        return done, ()
    try:
        taken = take_over_parts(done.folder, heard_before(settings.out))
    except (AnalyzerError, OSError) as error:
        warn(f"a file in which this call goes on stays a call of its own: {error}")
        return done, ()
    if taken:
        done = refresh(done.folder.path, settings, LocalEngine(device=settings.device), waiting=warn)
    return done, taken


def _meeting(call: Path, settings: Settings) -> tuple[Path, tuple[Path, ...] | None]:
    """The recording to hear for what was named, and the other files of its meeting (None: not known)."""
    from analyzer.call.folder import CALL_FILE
    from analyzer.files import is_folder, is_there
    from analyzer.library.meetings import meeting_at

    found = meeting_at(call, settings.out) if is_there(call) and not is_there(call / CALL_FILE) else None
    if found is None:
        return call, None
    if found.path == call.resolve():
        return call, found.others
    if found.others and not is_folder(call):
        warn(f"{call.name} and {found.path.name} are one meeting: {found.path.name} is heard.")
    return found.path, found.others


def name(
    call: ANALYSED,
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
    from analyzer import session
    from analyzer.settings import load_settings

    settings = load_settings({"out": out}, beside=call.parent, config=config, tell=warn)
    call, _ = _meeting(call, settings)
    pairs = parse_pairs(names or [], "name", 'S2="First Last"')
    sides = parse_pairs(side or [], "--side", "S3=customer")
    roles = parse_pairs(role or [], "--role", "S2=manager")
    if undo:
        if pairs or sides or roles or salesperson:
            raise UsageError("--undo takes nothing else", todo="Take the last correction back first, then add")
        done = session.undo(call, settings, waiting=warn)
    else:
        if not (pairs or sides or roles or salesperson):
            pairs = _asked_names(session.analysed(call, settings))
        done = session.name(
            call,
            settings,
            names=pairs,
            sides=sides,
            roles=roles,
            salesperson=salesperson,
            enrol=enrol,
            waiting=warn,
        )
    if enrol:
        import datetime as dt

        _noted(done, settings)  # the names hold, whatever becomes of the voices
        for path in session.enrol_named(done, pairs, consent=dt.date.today()):
            warn(f"a voice is kept in {path}; --undo or analyzer people forget removes it.")
    _show(done, settings)
    for remark in done.remarks:
        warn(remark)


def parse_pairs(texts: Sequence[str], option: str, example: str) -> dict[str, str]:
    """`A=B` texts as a mapping.

    Raises:
        UsageError: one has no `=`, an empty side, or says a second thing about the same.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        left, equals, right = (part.strip() for part in text.partition("="))
        if not (left and equals and right):
            raise UsageError(f"{option}: {text!r} does not say who is who", todo=f"Write it like {example}")
        if left in pairs:
            raise UsageError(f"{option}: two things are said about {left}", todo="Say one")
        pairs[left] = right
    return pairs


def _noted(done: Done, settings: Settings, gone: Sequence[str] = ()) -> None:
    """Brings catalog and index up to date; `gone` are the hashes of recordings that are no calls of their own now."""
    from analyzer.errors import AnalyzerError
    from analyzer.library.nightly import bring_up_to_date

    try:
        bring_up_to_date(done.folder.path.parent, settings.catalog, gone, written=done.folder)
    except AnalyzerError as error:  # what was said is kept; trends and the next batch note it
        warn(f"the catalog and the page of all calls could not be brought up to date: {error.line()}")


def _asked_names(done: Done) -> dict[str, str]:
    """Walks through the speakers without a name, on a terminal."""
    unnamed = [person for person in done.record.people if person.name is None and person.side != "none"]
    names = {}
    if unnamed and sys.stdin.isatty():
        from analyzer.call.clipping import sound_at
        from analyzer.cli import asking

        recording = done.folder.recording() or done.call.recording.path
        sound = partial(sound_at, done.folder, starts=done.call.recognition.diarization.starts)
        expected = asking.names_expected(done.call, recording)
        names = asking.names_of(done.record, expected, sound)
    if not names:
        nothing = "everybody has a name" if not unnamed else "nothing to name"
        raise UsageError(nothing, todo='Say who is who, for example: analyzer name CALL S2="First Last"')
    return names


def _show(
    done: Done,
    settings: Settings,
    much: Much = "first",
    *,
    as_json: bool = False,
    written: bool = True,
    gone: Sequence[str] = (),
) -> None:
    if written:
        _noted(done, settings, gone)
    if as_json:
        say_json(done.record.model_dump_json(indent=1))
        return
    from rich.console import Console

    from analyzer.debrief.terminal.printout import show

    console = Console(highlight=False)
    show(done.record, console, much)
    if written:
        tell("")
        tell(f"Written to {done.folder.path}: debrief.html and four more files.")


def debrief(
    call: ANALYSED,
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

    from analyzer.debrief.conversation.answers import check_answers, read_answers, remove_draft
    from analyzer.session import analysed, talk_about
    from analyzer.settings import load_settings

    settings = load_settings({"out": out}, beside=call.parent, config=config, tell=warn)
    done = analysed(_meeting(call, settings)[0], settings)
    if answers is not None:
        given = read_answers(answers)
        check_answers(given, done.record)
        done = talk_about(done.folder, settings, given, held_on=dt.date.today(), waiting=warn)
        _show(done, settings)
    elif sys.stdin.isatty():
        from analyzer.cli import asking

        draft = asking.held(done.record, done.folder, lambda: _show(done, settings, "talk", written=False))
        try:
            done = talk_about(done.folder, settings, draft.answers, held_on=dt.date.today(), waiting=warn)
        except BaseException:
            asking.tell_kept(draft, done.folder)
            raise
        remove_draft(done.folder, done.record.recording.sha256)
        warn(f"kept in {done.folder.path}, and on the page there.")
        _noted(done, settings)
    else:
        raise UsageError("there is no terminal to ask at", todo="Give the answers in a file: --answers FILE")
    for remark in done.remarks:
        warn(remark)


def export(
    call: Annotated[
        Path,
        typer.Argument(
            help="The recording, the folder of its results, or a call.json.", autocompletion=_calls_to_complete
        ),
    ],
    to: Annotated[
        str,
        typer.Option(
            help="rttm, vtt, srt, csv, json, summary, eml, hubspot, salesforce, audacity or textgrid.",
            **values(*TO),
        ),
    ],
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
    text = exported(kept_record(_meeting(call, settings)[0], settings), to)
    content = text.encode(FORMATS[to].encoding)
    if file is None:
        sys.stdout.buffer.write(content)
    else:
        write_atomically(file, content, elsewhere="another file")
