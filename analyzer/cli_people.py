"""`analyzer people`: the voices that are known on this machine. Like `cli.py`, it may print."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

people_app = typer.Typer(help="Known voices: add a person's from clips, list them, forget one.", no_args_is_help=True)


@people_app.command("add")
def people_add(
    name: Annotated[str, typer.Argument(help="The person, in full.")],
    clips: Annotated[
        list[Path], typer.Argument(help="Recordings in which this person alone speaks; best 20 s in all.")
    ],
    consent: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day on which they agreed to this. [default: today]"),
    ] = None,
) -> None:
    """Keep what a person's voice sounds like, so that calls name them. Ask them first; no sound is kept."""
    from analyzer.cli_progress import shown_progress
    from analyzer.errors import UsageError
    from analyzer.people.names import folded, is_clean
    from analyzer.people.voice_file import keep_voice, read_voices, voices_folder
    from analyzer.people.voices import enrol
    from analyzer.pipeline import LocalEngine
    from analyzer.speech.voiceprint import clip_voice

    if not is_clean(name) or not folded(name):
        raise UsageError(f"{name!r} is no name", todo="Write it on one line")
    today = datetime.now().date()
    agreed = consent.date() if consent else today
    if agreed > today:
        raise UsageError(f"{agreed} lies in the future", where="--consent", todo="Give the day on which they agreed")
    folder = voices_folder()
    library = read_voices(folder)  # before the models: a wrong file should not cost their loading
    with shown_progress() as progress:
        diarizer = LocalEngine().diarizer(progress)
        heard = [clip_voice(clip, diarizer, progress=progress) for clip in clips]
    voice = enrol(name, heard, library, consent=agreed)
    keep_voice(folder, voice)
    again = any(folded(known.name) == folded(name) for known in library)
    print(  # noqa: T201
        f"{voice.name}: {'replaced' if again else 'kept'}, from {voice.seconds:.1f} s of speech, consent of {agreed}"
    )


@people_app.command("list")
def people_list() -> None:
    """Whose voices are known: name, day of consent, seconds of speech."""
    from analyzer.people.voice_file import read_voices, voices_folder

    folder = voices_folder()
    known = read_voices(folder)
    if not known:
        typer.echo(f"analyzer: no voices are known in {folder}", err=True)
    width = max((len(voice.name) for voice in known), default=0)
    for voice in known:
        print(f"{voice.name:<{width}}  {voice.consent}  {voice.seconds:.1f} s")  # noqa: T201


@people_app.command("forget")
def people_forget(name: Annotated[str, typer.Argument(help="The person, as `list` shows them.")]) -> None:
    """Remove everything that is kept of a person's voice."""
    from analyzer.people.voice_file import forget_voice, voices_folder

    print(f"{forget_voice(voices_folder(), name)}: forgotten")  # noqa: T201
