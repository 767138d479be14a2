"""A folder of tracks: one audio file for each person, as Zoom and other programs record them.

Whose a track is stands in its file name; when it begins, `track_starts.py` finds out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from analyzer.audio.formats import SOUNDS
from analyzer.audio.opening import MAX_CHANNELS, failure
from analyzer.errors import NotAudioError, RecordingError
from analyzer.files import is_file

CONTAINER = "tracks"
"""What a folder of tracks has for a container."""

ENDINGS = SOUNDS | {"mp4", "webm"}
"""How the files end that are taken for tracks; others may lie beside them."""

MIX = re.compile(r"audio_only([_ -]?\d+)?|zoom_\d+", re.IGNORECASE)
"""What Zoom calls the file with everybody on it: no track, even if somebody puts it among them."""

MIX_ABOVE = re.compile(r"audio\d+", re.IGNORECASE)
"""What newer versions of Zoom call it, in the folder above the tracks' one; among tracks it would be one."""

PLACEHOLDERS = frozenset(
    {"audio", "channel", "guest", "host", "mic", "microphone", "participant", "person", "recording", "speaker"}
    | {"track", "unknown", "user", "voice", "audio track"}
)
"""File names that are no person's name."""

_TODO = "Name a recording, or a folder with one audio file for each person on the call"


@dataclass(frozen=True, slots=True)
class Track:
    """One person's file; `name` is who, as far as the file's name says."""

    path: Path
    name: str | None


def tracks_of(folder: Path) -> tuple[Track, ...]:
    """The tracks in `folder`, by file name; what lies in folders below it is not looked at.

    Raises:
        NotAudioError: no file in it is a track.
        RecordingError: it cannot be read, holds more tracks than can be handled, or holds calls instead of tracks.
    """
    folder = Path(folder)
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and is_file(path))
    except OSError as error:
        raise failure(folder, error) from error
    sounds = [path for path in files if path.suffix[1:].lower() in ENDINGS and not MIX.fullmatch(path.stem)]
    if not sounds:
        what = "there is no recording in this folder" if files else "this folder is empty"
        raise NotAudioError(
            what, where=folder, todo="Name a recording, or a folder with one audio file for each person"
        )
    planned = [path for path in sounds if is_file(path.with_name(path.stem + ".plan.toml"))]
    if planned:
        raise RecordingError(
            f"this is a folder of calls ({planned[0].name} has a plan of its own), not of one call's tracks",
            where=folder,
            todo="Name one of the calls, or use: analyzer batch FOLDER",
        )
    if len(sounds) > MAX_CHANNELS:
        raise RecordingError(
            f"{len(sounds)} audio files lie in this folder, more than the {MAX_CHANNELS} tracks that can be handled",
            where=folder,
            todo=_TODO,
        )
    return tuple(Track(path, name_of_track(path.stem)) for path in sounds)


def mixes_of(folder: Path) -> tuple[Path, ...]:
    """Recordings of everybody together that lie among the tracks in `folder` or, after those, beside it."""
    folder = Path(folder).resolve()
    found: list[Path] = []
    for place in (folder, folder.parent):
        try:
            files = sorted(path for path in place.iterdir() if path.suffix[1:].lower() in ENDINGS and is_file(path))
        except OSError:
            continue
        found += [path for path in files if MIX.fullmatch(path.stem)]
        if place != folder:
            found += [path for path in files if MIX_ABOVE.fullmatch(path.stem)]
    return tuple(found)


def name_of_track(stem: str) -> str | None:
    """Whose track a file is, from its name without the ending; None when it names no person.

    Zoom writes `audio`, the name, a number and the meeting's number in one: `audioDana Reyes21234567`, or without
    the blank `audioDanaReyes11234567`. `Dana_Reyes` is Dana Reyes as well.
    """
    name = unicodedata.normalize("NFC", stem)
    name = re.sub(r"[\s_]*\d+$", "", name)
    if name.startswith("audio") and (name != stem or name[5:6].isupper()):
        name = name.removeprefix("audio")
    name = "".join(" " if letter == "_" or not letter.isprintable() else letter for letter in name)
    name = " ".join(re.sub(r"[\s(-]+$", "", name).split())
    if " " not in name:
        name = _apart(name)
    if not any(letter.isalpha() for letter in name) or name.casefold() in PLACEHOLDERS:
        return None
    return name


def _apart(name: str) -> str:
    """`FirstLast` as `First Last`, `JRSmith` as `JR Smith`; `McAdam`, `MacLeod` and `O'Neil` stay whole."""
    words = [""]
    for i, letter in enumerate(name):
        before, after = name[i - 1 : i], name[i + 1 : i + 2]
        begins = letter.isupper() and (before.islower() or (before.isupper() and after.islower()))
        if begins and words[-1] not in ("Mc", "Mac"):
            words.append("")
        words[-1] += letter
    return " ".join(words)
