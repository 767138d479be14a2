"""Which of the recordings in a folder are one meeting, and which file of a meeting is heard.

Platforms save a meeting in several files: several layouts of the picture, the sound alone, a track for each person.
What they call them decides (`people.platform_names`), within one folder. Where a name says nothing, the sound does: a
video and a sound of one name, or a video beside a sound of another name, are one meeting when a stretch of the one is
found in the other.

A recording that goes on in other files, as the plan beside it says, is one meeting with them.

Heard is the file that tells most: tracks of two people or more, then more channels, then what was heard before (with
something said about it first), then sound before video, then the larger file.
Of a meeting that goes on in other files it is one with everybody on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from analyzer.audio.opening import layout_of, opened
from analyzer.audio.tracks import tracks_of
from analyzer.call.folder import CALL_FILE, CallFolder
from analyzer.call.owner import began_as
from analyzer.call.parts import parts_of
from analyzer.call.place import call_name, has_statements
from analyzer.errors import RecordingError, UsageError, pasted_path
from analyzer.files import is_file, is_folder
from analyzer.library.scan import Found, Unread, look, scan, untold, whole
from analyzer.people.plan.reading import PARTS, SUFFIX
from analyzer.people.platform_names import Told, of_one_meeting, told_by_name

LISTENED = 20.0
"""Seconds of two files that are compared."""
APART = 2.0
"""Seconds that the lengths of two files of one meeting, or the moments in them, may lie apart."""
ALIKE = 0.6
"""Correlation from which two stretches are one sound: a codec leaves 0.9 and more, another meeting 0.1 or less."""
COMPARED = 100
"""Pairs of files of one folder beyond which none are compared: then it is no folder of one meeting."""

ResultsAt = Mapping[Path, CallFolder]
"""The results folders that there are, by the path of the recording that was heard."""


def heard_before(out: Path) -> dict[Path, CallFolder]:
    """Every results folder in `out` whose recording lies as it was heard, by its path."""
    found: dict[Path, CallFolder] = {}
    try:
        folders = [CallFolder(path) for path in sorted(out.iterdir()) if is_folder(path)]
    except OSError:
        return found
    for folder in folders:
        owner = folder.owner() if folder.has(CALL_FILE) else None
        if owner is not None and began_as(owner, owner.path):
            found[owner.path] = folder
    return found


def meetings_in(
    folder: Path,
    before: ResultsAt,
    *,
    without: Iterable[Path] = (),
    unread: Unread = untold,
    left: Unread = untold,
) -> tuple[Found, ...]:
    """The meetings in `folder` and below: of each the recording that is heard, with the others of it (see `scan`).

    Raises:
        LibraryError: the folder is not there or cannot be read.
    """
    return as_meetings(scan(folder, without=without, unread=unread, left=left), before)


def as_meetings(found: Sequence[Found], before: ResultsAt) -> tuple[Found, ...]:
    """The recordings that were found, each meeting once, by path."""
    by_folder: dict[Path, list[Found]] = {}
    for one in found:
        by_folder.setdefault(one.path.parent, []).append(one)
    meetings: list[Found] = []
    going_on: list[Found] = []
    for folder, here in by_folder.items():
        tells = _tells_parts(folder)
        heard = [_heard(group, before, with_parts=tells) for group in _groups(here)]
        meetings += heard
        going_on += [one for one in heard if tells and parts_of(one.path)]
    return tuple(sorted(_going_on(meetings, going_on), key=lambda one: one.path))


def _tells_parts(folder: Path) -> bool:
    """Whether a plan in a folder, or of it, may say in which files a recording goes on."""
    try:
        plans = [*folder.glob(f"*{SUFFIX}"), folder.with_name(folder.name + SUFFIX)]
        return any(PARTS.encode() in plan.read_bytes() for plan in plans if is_file(plan))
    except OSError:
        return False


def _going_on(meetings: Sequence[Found], first: Sequence[Found]) -> Iterator[Found]:
    """The meetings, those that others go on in as a part of them; `first` are those that go on."""
    by_path = {path.resolve(): one for one in meetings for path in (one.path, *one.others) if one not in first}
    later: set[Path] = set()
    joined: dict[Path, Found] = {}
    for one in first:
        parts = [by_path[part.path] for part in parts_of(one.path) if part.path in by_path]
        others = {*one.others, *(path for part in parts for path in (part.path, *part.others))}
        joined[one.path] = replace(whole(one), others=tuple(sorted(others)))
        later |= {part.path for part in parts}
    yield from (joined.get(one.path, one) for one in meetings if one.path not in later)


def meeting_at(path: Path, out: Path) -> Found | None:
    """The meeting that a file, or a folder, is or holds; None where it is to be taken as it is.

    A folder of files that no platform named is one of tracks; so is each file of it, with a plan or not. `out` is where
    results are kept.

    Raises:
        UsageError: the folder holds several meetings.
    """
    path = path.resolve()
    if not is_folder(path) or look(path, alone=True) is not None:
        before = heard_before(out)
        meetings = as_meetings(scan(path.parent, deep=False), before)
        here = next((one for one in meetings if one.others and path in (one.path, *one.others)), None)
        first = None if here is not None else _first_part(path, before)
        return here if first is None else look(first)
    found = as_meetings(scan(path, without=[out]), heard_before(out))
    if len(found) == 1 and (found[0].others or found[0].path.parent != path or _is_told(found[0])):
        return found[0]
    if not any(_is_told(one) or one.others or one.path.parent != path for one in found):
        return None
    raise UsageError(
        f"this folder holds {len(found)} meetings: {_listed(found, path)}",
        where=path,
        todo=f"Name one of them, as in analyzer report {pasted_path(found[0].path)}; or all: analyzer batch "
        f"{pasted_path(path)}",
    )


def _first_part(path: Path, before: ResultsAt) -> Path | None:
    """The recording that goes on in a file of another folder, of those that were heard."""
    owners = ((first, folder.owner()) for first, folder in before.items())
    also = (first for first, owner in owners if owner is not None and path in owner.also)
    return next((first for first in also if path in (part.path for part in parts_of(first))), None)


def _is_told(one: Found) -> bool:
    """Whether a recording's name is a platform's, or has a day: a track of one person has neither."""
    told = told_by_name(one.path)
    return told.platform != "plain" or told.day is not None


LISTED = 5


def _listed(found: Sequence[Found], folder: Path) -> str:
    told = [f"{call_name(one.path)} ({one.path.relative_to(folder)})" for one in found[:LISTED]]
    return "; ".join(told) + (f"; and {len(found) - LISTED} more" if len(found) > LISTED else "")


def _groups(here: Sequence[Found]) -> Iterator[list[Found]]:
    """The recordings of one folder by meeting."""
    told = {one.path: _told(one) for one in here}
    by_key: dict[str, list[Found]] = {}
    for one in here:
        by_key.setdefault(told[one.path].key, []).append(one)
    groups = [group for same in by_key.values() for group in _parts(same, told)]
    yield from _joined([part for group in groups for part in _verified(group, told)], told)


def _told(one: Found) -> Told:
    """What a recording's name says; of a folder of Zoom's tracks also which recording they are of."""
    told = told_by_name(one.path)
    if not one.tracks:
        return told
    try:
        names = [told_by_name(track.path) for track in tracks_of(one.path)]
    except RecordingError:
        return replace(told, kind="tracks")
    parts = {name.part for name in names if name.platform == "zoom-local"}
    if told.platform != "zoom-local" or len(parts) != 1 or None in parts:
        return replace(told, kind="tracks")
    (part,) = parts
    return replace(told, kind="tracks", part=part, key="zoom" if told.began is not None else f"zoom {part}")


def _parts(same: list[Found], told: Mapping[Path, Told]) -> Iterator[list[Found]]:
    """Files of one key by the recording that they are of; what says no recording belongs to the first."""
    groups: list[list[Found]] = []
    for one in sorted(same, key=lambda one: (told[one.path].part is None, told[one.path].part or "", one.path)):
        mates = [group for group in groups if of_one_meeting(told[one.path], told[group[0].path])]
        if mates:
            mates[0].append(one)
        else:
            groups.append([one])
    yield from groups


def _verified(group: list[Found], told: Mapping[Path, Told]) -> Iterator[list[Found]]:
    """A group as it is where a platform named the files; else those whose sound is the same."""
    if len(group) == 1 or told[group[0].path].platform not in ("plain", "obs"):
        yield group
        return
    groups: list[list[Found]] = []
    for one in group:
        mates = [known for known in groups if same_sound(known[0], one)]
        if mates:
            mates[0].append(one)
        else:
            groups.append([one])
    yield from groups


def _joined(groups: list[list[Found]], told: Mapping[Path, Told]) -> Iterator[list[Found]]:
    """The groups of one folder, a video's with that of a sound of another name which is the same."""
    videos = [group for group in groups if all(told[one.path].kind == "video" for one in group)]
    sounds = [
        group for group in groups if told[group[0].path].platform == "plain" and told[group[0].path].kind == "audio"
    ]
    joined: list[list[Found]] = []
    if len(videos) * len(sounds) <= COMPARED:
        for video in videos:
            for sound in sounds:
                if sound not in joined and same_sound(video[0], sound[0]):
                    video += sound
                    joined.append(sound)
                    break
    yield from (group for group in groups if group not in joined)


def _heard(group: Sequence[Found], before: ResultsAt, *, with_parts: bool = False) -> Found:
    """The recording of a meeting that is heard, with the paths of the others.

    `with_parts` says that one of them may go on in other files.
    """
    if len(group) == 1:
        return group[0]
    with_parts = with_parts and any(parts_of(one.path) for one in group)
    in_doubt = any(told_by_name(one.path).platform in ("plain", "obs") for one in group)

    def rank(one: Found) -> tuple[int, int, int, bool, int, str]:
        told = told_by_name(one.path)
        if one.tracks:
            tells = -1 if with_parts else 100 if _is_several(one.path) else 0
        else:
            tells = 0 if told.kind == "track" else _channels(one.path, one.stamp) if in_doubt else 1
        folder = before.get(one.path.resolve())
        known = 0 if folder is None else 1 + has_statements(folder)
        return tells, known, told.kind != "video", one.size > 0, one.size, str(one.path)

    best = max(group, key=rank)
    return replace(best, others=tuple(sorted(one.path for one in group if one is not best)))


def _is_several(folder: Path) -> bool:
    try:
        return len(tracks_of(folder)) > 1
    except RecordingError:
        return False


@lru_cache(maxsize=4096)
def _channels(path: Path, stamp: tuple[int, int]) -> int:
    """How many channels a file has, two at most: dialers record a party on each."""
    try:
        with opened(path) as recording:
            return min(2, int(layout_of(recording.stream.codec_context).nb_channels))
    except RecordingError:
        return 0


def same_sound(one: Found, other: Found) -> bool:
    """Whether two files hold the same sound, by their lengths and a stretch of them."""
    return _same_sound(one.path, one.stamp, other.path, other.stamp)


@lru_cache(maxsize=4096)
def _same_sound(one: Path, stamp: tuple[int, int], other: Path, other_stamp: tuple[int, int]) -> bool:
    """Whether a stretch in the middle of one file is found at that place in the other; by its content at its stamp."""
    import numpy as np

    from analyzer.audio.excerpt import excerpt
    from analyzer.audio.recording import declared_length
    from analyzer.timeline import SAMPLE_RATE, Span, samples

    lengths = []
    try:
        for path in (one, other):
            with opened(path) as recording:
                lengths.append(declared_length(recording))
        known = [length for length in lengths if length is not None]
        if len(known) == 2 and abs(known[0] - known[1]) > samples(APART):
            return False
        start = max(0, min(known, default=0) // 2 - samples(LISTENED / 2))
        first, second = (excerpt(path, Span(start, start + samples(LISTENED))) for path in (one, other))
    except (RecordingError, OSError):
        return False
    size = 1 << (2 * len(first) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size)), size)
    near = round(APART * SAMPLE_RATE)
    power = float(np.linalg.norm(first) * np.linalg.norm(second))
    return power > 0 and float(max(product[:near].max(), product[-near:].max())) / power >= ALIKE
