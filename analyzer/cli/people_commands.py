"""`analyzer people`: the voices that are known on this machine. Like `cli/`, it may print."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.help_text import GroupedCommand, example
from analyzer.cli.lines import say, warn
from analyzer.files import is_file, is_folder

people_app = typer.Typer(
    help="Known voices: add from clips, list, forget; and what file names say about people.", no_args_is_help=True
)


@people_app.command("add", cls=GroupedCommand, epilog=example('analyzer people add "Dana Reyes" dana-1.ogg dana-2.ogg'))
def people_add(
    name: Annotated[str, typer.Argument(help="The person, in full.")],
    clips: Annotated[
        list[Path], typer.Argument(help="Recordings in which this person alone speaks; best 20 s in all.")
    ],
    consent: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="<day>", help="The day on which they agreed to this. [default: today]"
        ),
    ] = None,
) -> None:
    """Keep what a person's voice sounds like, so that calls name them. Ask them first; no sound is kept."""
    from analyzer.call.engine import LocalEngine
    from analyzer.cli.bars import shown_progress
    from analyzer.errors import LibraryError, UsageError
    from analyzer.files import is_nowhere
    from analyzer.people.names import folded, is_clean
    from analyzer.people.voices.known_voices import enrol
    from analyzer.people.voices.voice_files import keep_voice, read_voices, voices_folder
    from analyzer.speech.diarization.voiceprint import clip_voice

    if not is_clean(name) or not folded(name):
        raise UsageError(f"{name!r} is no name", todo="Write it on one line")
    today = datetime.now().date()
    agreed = consent.date() if consent else today
    if agreed > today:
        raise UsageError(f"{agreed} lies in the future", where="--consent", todo="Give the day on which they agreed")
    folder = voices_folder()
    if is_nowhere(folder):
        raise LibraryError("this user has no home folder to keep voices in", todo="Name one: ANALYZER_VOICES=FOLDER")
    library = read_voices(folder)  # before the models: a wrong file should not cost their loading
    with shown_progress() as progress:
        diarizer = LocalEngine().diarizer(progress)
        heard = [clip_voice(clip, diarizer, progress=progress) for clip in clips]
    voice = enrol(name, heard, library, consent=agreed)
    keep_voice(folder, voice)
    again = any(folded(known.name) == folded(name) for known in library)
    say(f"{voice.name}: {'replaced' if again else 'kept'}, from {voice.seconds:.1f} s of speech, consent of {agreed}")


@people_app.command("list", cls=GroupedCommand, epilog=example("analyzer people list"))
def people_list() -> None:
    """Whose voices are known: name, day of consent, seconds of speech, and the roster that it is from."""
    from analyzer.people.voices.voice_files import read_roster_voices, read_voices, voices_folder

    folder = voices_folder()
    known = [(voice, "") for voice in read_voices(folder)]
    known += [(made.voice, f"  from the roster {made.roster}") for made in read_roster_voices(folder)]
    if not known:
        warn(f"no voices are known in {folder}")
    width = max((len(voice.name) for voice, _ in known), default=0)
    for voice, origin in known:
        say(f"{voice.name:<{width}}  {voice.consent or 'not recorded'}  {voice.seconds:.1f} s{origin}")


@people_app.command(
    "forget", cls=GroupedCommand, epilog=example('analyzer people forget "Dana Reyes" --out /srv/debriefs')
)
def people_forget(
    name: Annotated[str, typer.Argument(help="The person, as `list` shows them.")],
    out: Annotated[
        list[Path] | None,
        typer.Option("--out", "-o", help="Folder of results to clean as well; repeatable. [default: debriefs]"),
    ] = None,
) -> None:
    """Remove everything that is kept of a person's voice, here and in the results of calls.

    Name every folder of results with --out. What is kept of the voice tells which calls are theirs, so it goes last,
    and stays while a call cannot be cleaned. Names on calls stay as they are.
    """
    from analyzer.debrief.phrases import count
    from analyzer.errors import ExitCode, UsageError
    from analyzer.library.retention import forget_voiceprints
    from analyzer.people.names import folded
    from analyzer.people.voices.voice_files import forget_voice, read_roster_voices, read_voices, voices_folder
    from analyzer.settings import load_settings

    folder = voices_folder()
    made = [one for one in read_roster_voices(folder, []) if folded(one.voice.name) == folded(name)]
    rosters = {one.roster for one in made}
    known = [one for one in read_voices(folder, []) if folded(one.name) == folded(name)]
    cleaned, kept_back, told = 0, False, []
    for results in out or [load_settings({}, beside=None).out]:
        calls, left = forget_voiceprints(results, name, [*known, *(one.voice for one in made)])
        cleaned += len(calls)
        what = f"were taken out of {count(len(calls), 'call')} in {results}"
        told.append(f"Voiceprints of theirs {what}." if is_folder(results) else f"{results}: there is no such folder.")
        for call, text in left:
            kept_back = True
            warn(f"{results / call}: may still hold a voiceprint of theirs: {text}")
    if kept_back:
        for line in told:
            say(line)
        say(f"{name}: what is kept of the voice stays until those calls are clean. Then run the same command again.")
        raise typer.Exit(ExitCode.LIBRARY)
    try:
        told.insert(0, f"{forget_voice(folder, name)}: forgotten")
    except UsageError:
        if not cleaned:
            raise
    for line in told:
        say(line)
    for roster in sorted(rosters):
        say(f"{roster} names clips of them: take their line `voices` out of it, or the next call brings the voice back")


@people_app.command("patterns", cls=GroupedCommand, epilog=example("analyzer people patterns /srv/calls"))
def people_patterns(
    folder: Annotated[Path, typer.Argument(help="A folder of recordings with a roster, team.toml.")],
) -> None:
    """A dry run: what will become of every file in a folder and below, and what its name says by the roster's patterns.

    Of each recording it tells the date, the customer and the salesperson, and where they are from.
    """
    from analyzer.errors import BadFileError
    from analyzer.library.meetings import meetings_in
    from analyzer.library.passed_over import belonging, passed_over
    from analyzer.people.roster.team_file import read_roster, roster_path

    path = roster_path(folder)
    if not is_file(path):
        raise BadFileError("there is no roster here", where=path, todo="Write the team's people into it (see README)")
    for finding in read_roster(path)[1]:
        say(finding.text())
    left: dict[Path, str] = {}
    folder = folder.resolve()
    meetings = meetings_in(folder, {}, left=left.__setitem__)
    recordings = [path for one in meetings for path in (one.path, *one.others)]
    lines = {one.path: _call_lines(one.path) for one in meetings}
    lines |= {other: [f"the same meeting as {one.path.name}"] for one in meetings for other in one.others}
    heard = {path: one.path.name for one in meetings for path in (one.path, *one.others)}
    lines |= {file: [f"belongs to {heard[owner]}"] for file, owner in belonging(left, recordings).items()}
    lines |= {file: [f"not looked at: {why}"] for file, why in passed_over(left, recordings).items()}
    for file in sorted(lines):
        first, *more = lines[file]
        say(f"{file.relative_to(folder) if file.is_relative_to(folder) else file}: {first}")
        for line in more:
            say(f"  {line}")


def _call_lines(recording: Path) -> list[str]:
    """What is known of a recording before anybody listens to it."""
    from analyzer.call.inputs import read_inputs
    from analyzer.call.place import call_name
    from analyzer.debrief.figures import told_by
    from analyzer.errors import BadFileError

    try:
        inputs = read_inputs(recording)
    except BadFileError as error:
        return ["a call, but something beside it is wrong", error.line()]
    about, match = inputs.occasion.planned(inputs.plan), inputs.roster.guess(inputs.name) if inputs.roster else None
    fits = "no pattern fits" if match is None else f"fits {match.pattern}"
    told = [
        f"{what} {value} {told_by(source) or '(from the plan)'}"
        for what, value, source in (
            ("date", about.date, about.date_from),
            ("customer", about.customer, about.customer_from),
        )
        if value is not None
    ]
    lead = inputs.plan.lead if inputs.plan is not None else None
    if lead is not None:
        told.append(f"salesperson {lead.name} (from the plan)")
    elif match is not None and (match.salesperson or match.may_be):
        seller = match.salesperson or "one of " + ", ".join(match.may_be)
        told.append(f"salesperson {seller} {told_by('file name')}")
    name = about.title or call_name(recording)
    called = [f"called {name}"] if name != recording.stem else []
    return [f"a call, {fits}", *called, *told]
