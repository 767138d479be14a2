"""The sidecars of a recording: which files beside it they are.

By its own name, beside `call.m4a`: `call.people.json`, `call.transcript.vtt`, `call.vtt`, and other transcripts,
exports and invites called so; a name in full, `call.m4a.vtt`, comes before the one without the suffix, for recordings
that differ only in that. One transcript is enough: where there is a WebVTT no other one is taken, and Zoom's captions
only where there is none at all. Names with an ending that any file may have (`.json`, `.txt`) hold when what is looked
for is in them.

By the platform's names, as `platform_names` reads them: the files of one meeting in one folder. A document that tells
less than the recording (`Northwind renewal.vtt`; a document of Google Meet, with the time when it was finished) belongs
to the one meeting in the folder that it can be of; of several, to the one whose time it tells; to none where that is
not clear. An invite is a meeting's by its name, by the number of a Zoom meeting, or by title and start.

What analyzer itself wrote is never a sidecar: it would confirm what it said before. A transcript of its own begins
with `OWN_HEADER`.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from analyzer.errors import BadFileError
from analyzer.files import is_file, is_folder, is_there
from analyzer.people.file_names import bare_name
from analyzer.people.plan.reading import SUFFIX as PLAN
from analyzer.people.platform_names import DOCUMENTS, Kind, Told, of_one_meeting, told_by_name
from analyzer.people.sidecars.file_reader import JSON_SUFFIX, MAX_BYTES, read_sidecar
from analyzer.people.sidecars.invites import Invite, apart, is_of, read_invite
from analyzer.people.sidecars.sidecar import Sidecar

TRANSCRIPTS = (".transcript.vtt", ".vtt")
CAPTIONS = ".cc.vtt"
OTHERS = (".srt", ".sbv", ".docx", ".json", ".call-transcript.json", ".txt", "_otter_ai.txt", "_otter.ai.txt")
"""Transcripts of other formats, from the most exact on."""
NAMES = (".call-extensive.json", ".timeline.json")
INVITE = ".ics"
OWN_HEADER = "WEBVTT written by analyzer"
SNIFFED = 1_000_000
"""Bytes in which an export shows that it is one."""
RECORDED: tuple[Kind, ...] = ("audio", "video", "track", "tracks")
GONG = "gong"
"""The key of Gong's two files where they have their own names: of the one meeting in the folder."""
SETTLED = 2.0
"""Seconds after which a folder that has not changed since was listed whole."""
CLOSE = dt.timedelta(minutes=3)
"""How far two clocks may tell the start of one meeting apart."""
_EXPORT = re.compile(rb'"(?:timeline|callTranscripts|parties|sentences|ParticipantRole)"\s*:')
_SPOKEN = re.compile(
    rb"^(?:\[[^\[\]\n]{1,120}\]|\S[^\n]{0,120}?)(?:[ \t]{2,}|\t|\] )(?:\d{1,2}:)?\d{1,2}:\d{2}[ \t]*\r?$", re.MULTILINE
)
_CONTACT = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_")
_GONG = re.compile(r"call-(transcript|extensive)\.json", re.IGNORECASE)
_MEETING = re.compile(r"(?:\A|\s)(\d{9,11})\Z", re.ASCII)
_COPY = re.compile(r"(?<=.) ?\(\d{1,2}\)(?=\.[^.]+(?:\.[^.]+)?\Z)")


def find_sidecars(recording: Path) -> tuple[Path, ...]:
    """The sidecars beside a recording (a file, or a folder of tracks): list of people, transcripts, names, invites."""
    if recording.name in ("", ".."):
        recording = recording.resolve()
    people = [*_beside(recording, JSON_SUFFIX)]
    own = [path for suffix in TRANSCRIPTS for path in _beside(recording, suffix)]
    kinds = _of_the_meeting(recording)
    exact = [path for path in kinds["transcript"] if path.suffix.lower() == ".vtt"]
    transcripts = own or exact
    if not transcripts:
        others = [path for suffix in OTHERS for path in _beside(recording, suffix)]
        transcripts = (others or kinds["transcript"])[:1]
    if not transcripts:
        transcripts = [*_beside(recording, CAPTIONS)] or kinds["captions"][:1]
    names = [path for suffix in NAMES for path in _beside(recording, suffix)]
    names += [*kinds["timeline"], *kinds["notes"], *kinds["chat"]]
    invites = [*_beside(recording, INVITE)] or _invites(recording)
    return tuple(dict.fromkeys([*people, *transcripts, *names, *invites]))


def find_invite(recording: Path) -> Sidecar | None:
    """What the invite of a recording says, present or to come; None where there is none, or it cannot be read.

    Raises:
        BadFileError: the invite cannot be opened.
    """
    found = [path for path in find_sidecars(recording) if path.suffix.lower() == INVITE]
    return read_sidecar(found[0]) if found else None


def plans_in(folder: Path) -> tuple[Path, ...]:
    """The plans in a folder, by name; none where it cannot be looked into."""
    return _listed(folder).plans


def _beside(recording: Path, suffix: str) -> Iterator[Path]:
    """The file with this suffix that belongs to the recording, if there is one."""
    bare = recording.name if is_folder(recording) else bare_name(recording.name)
    for name in (recording.name, bare):
        path = recording.parent / (name + suffix)
        if path != recording and _is_sidecar(path):
            yield path
            return


def _is_sidecar(path: Path) -> bool:
    """Whether there is a file that may be a sidecar by what it begins with."""
    try:
        if not is_file(path):
            return False
        ending = path.suffix.lower()
        if ending not in (".vtt", ".json", ".txt", ".docx") or path.name.endswith(JSON_SUFFIX):
            return True
        with path.open("rb") as file:
            begins = file.read(SNIFFED if ending in (".json", ".txt") else len(OWN_HEADER) + 3)
    except (OSError, ValueError):  # a name too long to exist; what may not be read is found out when it is read
        return is_there(path)
    if ending == ".json":
        return _EXPORT.search(begins) is not None
    if ending == ".txt":
        return _SPOKEN.search(begins) is not None
    if ending == ".docx":
        return begins.startswith(b"PK")
    return not begins.removeprefix(b"\xef\xbb\xbf").startswith(OWN_HEADER.encode())


@dataclass(frozen=True, slots=True)
class _Folder:
    """What lies in one folder: documents and recordings by their keys and by what their platform calls the meeting."""

    documents: Mapping[str, tuple[tuple[Path, Told], ...]] = field(default_factory=dict)
    recordings: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)
    invites: tuple[Path, ...] = ()
    plans: tuple[Path, ...] = ()
    meetings: int = 0
    """How many meetings have a recording here."""


def _listed(folder: Path) -> _Folder:
    """A folder's files; kept for as long as it does not change, because one folder may hold thousands of calls."""
    try:
        changed = folder.stat().st_mtime_ns
    except (OSError, ValueError):
        return _Folder()
    settled = time.time_ns() - changed > SETTLED * 1e9
    return _list(folder, changed) if settled else _list.__wrapped__(folder, changed)


@lru_cache(maxsize=16)
def _list(folder: Path, _changed: int) -> _Folder:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return _Folder()
    documents: dict[str, list[tuple[Path, Told]]] = defaultdict(list)
    recordings: dict[str, list[Told]] = defaultdict(list)
    telling = [(path, _told(path)) for path in entries]
    for _, told in telling:
        if told.kind in RECORDED:
            for name in _looked_up(told):
                recordings[name].append(told)
    copies = Counter(_COPY.sub("", path.name) for path in entries)
    for path, told in telling:
        original = _COPY.sub("", path.name)
        if original != path.name and told.key not in recordings:
            if copies[original] > 1:  # which of several downloads is this meeting's?
                continue
            told = _told(path.with_name(original))
        if told.kind in DOCUMENTS:
            for name in _looked_up(told):
                documents[name].append((path, told))
    return _Folder(
        {name: tuple(found) for name, found in documents.items()},
        {name: tuple(found) for name, found in recordings.items()},
        tuple(path for path in entries if path.suffix.lower() == INVITE),
        tuple(path for path in entries if path.name.endswith(PLAN)),
        len({told.key for found in recordings.values() for told in found}),
    )


def _told(path: Path) -> Told:
    """What a name says, with those that only exports have: a contact's number at Amazon Connect, Gong's two files."""
    told = told_by_name(path)
    if contact := _CONTACT.match(path.name):
        return replace(told, key=contact[1])
    if gong := _GONG.fullmatch(path.name):
        return replace(told, key=GONG, kind="transcript" if gong[1].lower() == "transcript" else "timeline")
    return told


def _looked_up(told: Told) -> tuple[str, ...]:
    """By what a file is looked up: its meeting's key, and what the platform calls the meeting, if it says it."""
    return (told.key, f"called {told.label.casefold()}") if told.label else (told.key,)


def _of_the_meeting(recording: Path) -> dict[Kind, list[Path]]:
    """The documents in the recording's folder that are of its meeting by their names, by what they are."""
    folder, whole = _listed(recording.parent), _told(recording)
    candidates = [one for name in _looked_up(whole) for one in folder.documents.get(name, ())]
    if folder.meetings == 1:
        candidates += folder.documents.get(GONG, ())
    found: dict[Kind, list[Path]] = defaultdict(list)
    for path, told in sorted(dict.fromkeys(candidates), key=lambda one: (_exactness(one[0]), one[0].name)):
        fits = path != recording and (told.key == GONG or _is_of(path, told, whole, folder))
        if fits and (told.kind == "chat" or _is_sidecar(path)):
            found[told.kind].append(path)
    return found


def _exactness(path: Path) -> int:
    return next(
        (rank for rank, suffix in enumerate((".vtt", *OTHERS)) if path.name.lower().endswith(suffix)), len(OTHERS)
    )


def _is_of(path: Path, told: Told, whole: Told, folder: _Folder) -> bool:
    """Whether a document is of the meeting that `whole` is of, and of no other one in the folder as well."""
    if not of_one_meeting(told, whole):
        return False
    if told.key == whole.key:
        return True
    fit = (one for name in _looked_up(told) for one in folder.recordings.get(name, ()) if of_one_meeting(told, one))
    others = {one.key: one for one in fit}
    others[whole.key] = whole
    if len(others) == 1:
        return True
    if told.platform == "meet" and told.began is not None:  # finished after it began, and before the next one did
        finished = told.began.replace(tzinfo=None)
        earlier = [one for one in others.values() if one.began and one.began.replace(tzinfo=None) <= finished]
        return bool(earlier) and max(earlier, key=lambda one: str(one.began)).key == whole.key
    try:
        began = read_sidecar(path).began
    except BadFileError:
        began = None
    if began is None:
        return False
    near = [one for one in others.values() if one.began is not None and apart(one.began, began) <= CLOSE]
    return [one.key for one in near] == [whole.key]


def _invites(recording: Path) -> list[Path]:
    """The invite of the recording's meeting, in its folder or the one above a folder that Zoom made for a meeting."""
    whole, own = _told(recording), _listed(recording.parent)
    in_own = whole.platform == "zoom-local" and whole.began is not None
    invites = [*own.invites, *(_listed(recording.parent.parent).invites if in_own else ())]
    number = _MEETING.search(recording.parent.name) if in_own else None
    found = [path for path in invites if is_of(_invite(path), whole, number[1] if number else None)]
    return found if len(found) == 1 else []


def _invite(path: Path) -> Invite:
    try:
        state = path.stat()
        return _read_invite(path, state.st_mtime_ns, state.st_size)
    except OSError:
        return Invite(Sidecar(path, "invite"))


@lru_cache(maxsize=4096)
def _read_invite(path: Path, _changed: int, _size: int) -> Invite:
    return read_invite(path, path.read_bytes()) if _size <= MAX_BYTES else Invite(Sidecar(path, "invite"))
