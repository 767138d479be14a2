"""Known voices from the clips that a roster names: made when first needed, and kept with the other known voices.

They go through the same code and checks as clips given to `analyzer people add`. What is kept holds for calls whose
roster names the same clips, whatever the roster's folder is called by then; a clip that has changed is heard again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from analyzer.errors import AnalyzerError, BadFileError
from analyzer.files import file_sha256
from analyzer.people.names import folded
from analyzer.people.participants import Claim
from analyzer.people.roster.roster import Customer, Member, Roster, VoiceClip
from analyzer.people.voices.known_voices import MODEL, KnownVoice, call_voices, claim_by_voices, enrol, identify
from analyzer.people.voices.voice_files import (
    RosterVoice,
    keep_roster_voice,
    read_roster_voices,
    read_voices,
    unusable,
    voices_folder,
)
from analyzer.progress import Progress, silent
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.voiceprint import ClipVoice, clip_voice
from analyzer.speech.recognition import Recognition


def make_roster_voices(
    path: Path | None,
    roster: Roster | None,
    folder: Path,
    diarizer: Callable[[], Diarizer],
    *,
    progress: Progress = silent,
) -> None:
    """Makes and keeps the voices of the roster at `path` that are not in `folder` yet; mostly there are none.

    `diarizer` loads the models, and is not called when nothing is missing. Voices of another model than `MODEL` are
    not made: no one is told by them.

    Raises:
        BadFileError: a clip is unreadable, too short, holds two voices, or sounds like somebody else.
    """
    if path is None or roster is None or not roster.voiced:
        return
    wanted = [(person, _hashes(person)) for person in roster.voiced]
    made = [one for one in read_roster_voices(folder, []) if one.voice.model == MODEL]
    missing = [(person, clips) for person, clips in wanted if _kept(made, person, clips) is None]
    if not missing or unusable(folder, to_write=True):
        return  # without a place to keep them they would be made for every call again; `voices_claim` tells
    model = diarizer()
    if model.name != MODEL:
        return
    library = [*read_voices(folder, [])]
    library += [one.voice for person, clips in wanted if (one := _kept(made, person, clips)) is not None]
    for person, clips in missing:
        prints = [_heard(clip, model, progress) for clip in person.voices]
        try:
            voice = enrol(person.name, prints, library, consent=person.consent)
        except BadFileError as error:
            raise _at(person.voices[0], error, _list_field(person.voices[0])) from error
        library.append(voice)
        keep_roster_voice(folder, RosterVoice(voice, str(path.resolve()), clips))


def known_voices(roster: Roster | None, folder: Path, unread: list[str] | None = None) -> tuple[KnownVoice, ...]:
    """Everybody whose voice is known for a call of this roster: those enrolled, and those made from its clips.

    Somebody who is both has the prints of both. With `unread`, what cannot be used costs that voice only, and is told
    there.
    """
    known = {folded(voice.name): voice for voice in read_voices(folder, unread)}
    if roster is None or not roster.voiced:
        return tuple(known.values())
    made = read_roster_voices(folder, unread)
    lacking = []
    for person in roster.voiced:
        found = _kept(made, person, _hashes(person))
        if found is None:
            lacking.append(person.name)
            continue
        voice, before = found.voice, known.get(folded(person.name))
        if before is not None and before.model == voice.model:
            prints, narrow = (*before.prints, *voice.prints), (*before.narrow, *voice.narrow)
            voice = replace(before, seconds=before.seconds + voice.seconds, prints=prints, narrow=narrow)
        known[folded(person.name)] = voice
    if lacking and unread is not None and (why := unusable(folder, to_write=True)):
        unread.append(f"{folder}: {why}, so the voices of {', '.join(lacking)} are not known.")
    return tuple(known.values())


def voices_claim(recognition: Recognition, roster: Roster | None) -> tuple[Claim, tuple[str, ...]]:
    """What the voices kept on this machine (`analyzer people add`, the roster's) say; the weakest source of a name.

    Beside it a note when they, or some of them, cannot be used: the call goes on without them.
    """
    folder = voices_folder()
    unread: list[str] = []
    library = known_voices(roster, folder, unread)
    claim = claim_by_voices(
        identify(call_voices(recognition.diarization), library, model=recognition.diarizer) if library else ()
    )
    if not unread and (why := unusable(folder)):
        unread = [f"{folder}: {why}."]
    if not unread:
        return claim, ()
    more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
    return claim, (f"Not every known voice can be used: {unread[0]}{more}",)


def _kept(made: Iterable[RosterVoice], person: Member | Customer, clips: tuple[str, ...]) -> RosterVoice | None:
    return next((one for one in made if folded(one.voice.name) == folded(person.name) and one.clips == clips), None)


def _hashes(person: Member | Customer) -> tuple[str, ...]:
    hashes = []
    for clip in person.voices:
        try:
            hashes.append(file_sha256(clip.path))
        except OSError as error:
            what = f"{clip.place}: {clip.written} cannot be read ({error.strerror})"
            raise BadFileError(what, where=clip.at, todo="Correct the path, or take it out") from error
    return tuple(hashes)


def _heard(clip: VoiceClip, diarizer: Diarizer, progress: Progress) -> ClipVoice:
    try:
        return clip_voice(clip.path, diarizer, progress=progress)
    except AnalyzerError as error:
        raise _at(clip, error, clip.place, clip.written) from error


def _at(clip: VoiceClip, error: AnalyzerError, field: str, whose: str = "") -> BadFileError:
    """The same failure, told as one of the roster's line."""
    what = ": ".join(text for text in (field, whose or error.where, error.what) if text)
    return BadFileError(what, where=clip.at, todo=error.todo)


def _list_field(clip: VoiceClip) -> str:
    return clip.place.rpartition("[")[0]
