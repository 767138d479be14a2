"""What lies in a folder of recordings and is not looked at: every file, and why.

No one counts the files of a shared folder by hand: an exchange that writes something unknown, or a transcript that was
named after no recording, shows here or nowhere. What belongs to a call (its plan, its sidecars, its roster, what a
platform saves beside it) is not listed, and neither is what operating systems and network drives keep for themselves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from analyzer.call.inputs import find_inputs
from analyzer.errors import AnalyzerError, visible
from analyzer.people.file_names import bare_name
from analyzer.people.platform_names import Told, of_one_meeting, told_by_name
from analyzer.people.roster.team_file import FILE as ROSTER
from analyzer.people.roster.team_file import find_roster, read_roster
from analyzer.settings import FILE as SETTINGS

NO_RECORDING = "no recording by its ending"
NO_CALLS = "named after no recording in its folder"
CLIP = "a clip of a voice that the roster names"
UNFINISHED = "another program is still writing it"
HIDDEN = "hidden"
NO_RATE = "raw sound: nothing tells its rate"
NO_FILE = "no file, or a link to nothing"
AMONG_RESULTS = "lies in a folder of results"
AMONG_TRACKS = "lies in a folder of one call's tracks"
OF_A_CALL = (".vtt", ".srt", ".sbv", ".plan.toml", ".people.json", ".ics")
"""How files end that are of use with a recording only."""
ENDINGS_TOLD = 4
"""Endings that are told for one reason, the most frequent first; the others only by how many files have them."""
WIDTH = 76
"""Letters of a line within which the files are named one by one."""


def clips_of(rosters: Iterable[Path]) -> frozenset[Path]:
    """The recordings that rosters name as clips of somebody's voice, in full; a roster that is wrong names none."""
    found: set[Path] = set()
    for path in rosters:
        try:
            roster, _ = read_roster(path)
        except AnalyzerError:
            continue  # each call that it holds for tells
        found |= {clip.path.resolve() for person in roster.voiced for clip in person.voices}
    return frozenset(found)


def roster_above(folder: Path, levels: int) -> Path | None:
    """The roster that holds for a folder and lies up to so many levels above it."""
    above = folder.parents
    return find_roster(folder, root=above[min(levels, len(above) - 1)]) if above else None


def passed_over(left: Mapping[Path, str], recordings: Sequence[Path]) -> dict[Path, str]:
    """Those of `left` (file and why) that belong to none of the recordings, each with why it is not looked at."""
    of_calls = belonging(left, recordings)
    return {
        path: NO_CALLS if why == NO_RECORDING and path.name.lower().endswith(OF_A_CALL) else why
        for path, why in left.items()
        if path not in of_calls and not (why == NO_RECORDING and path.name in (ROSTER, SETTINGS))
    }


def belonging(left: Mapping[Path, str], recordings: Sequence[Path]) -> dict[Path, Path]:
    """The recording that each of `left` belongs to: what is named after it, what is read for it, and what a
    platform saved with it."""
    beside: defaultdict[Path, list[Path]] = defaultdict(list)
    for recording in recordings:
        beside[recording.parent].append(recording)
    used: dict[Path, dict[Path, Path]] = {}
    stems: dict[Path, dict[str, Path]] = {}
    told: dict[Path, list[tuple[Path, Told]]] = {}
    found: dict[Path, Path] = {}
    for path, why in left.items():
        here = beside[path.parent]
        if why != NO_RECORDING or not here:
            continue
        if path.parent not in used:
            used[path.parent] = _used(here)
            stems[path.parent] = {bare_name(recording.name): recording for recording in here}
            told[path.parent] = [(recording, told_by_name(recording)) for recording in here]
        owner = (
            used[path.parent].get(path)
            or _named_after(path, stems[path.parent])
            or _of_a_meeting(path, told[path.parent])
        )
        if owner is not None:
            found[path] = owner
    return found


def _named_after(path: Path, stems: Mapping[str, Path]) -> Path | None:
    """The recording whose name, without its ending, a file's name begins with up to a dot."""
    dots = [at for at, sign in enumerate(path.name) if sign == "."]
    return next((stems[path.name[:at]] for at in reversed(dots) if path.name[:at] in stems), None)


def _used(recordings: Sequence[Path]) -> dict[Path, Path]:
    """What is read beside the recordings of a folder, and for which."""
    files = [(recording, find_inputs(recording)) for recording in recordings]
    return {path: recording for recording, one in files for path in (one.plan, *one.sidecars) if path is not None}


def _of_a_meeting(path: Path, recordings: Sequence[tuple[Path, Told]]) -> Path | None:
    """The recording of its folder that a platform saved a file with: its chat, its own lists."""
    told = told_by_name(path)
    if told.platform == "plain" or told.kind in ("audio", "video"):
        return None
    return next((one for one, its in recordings if of_one_meeting(told, its)), None)


def passed_over_lines(left: Mapping[Path, str]) -> list[str]:
    """What was not looked at, a line for each reason: `9 .zip, 2 .docx: no recording by its ending`."""
    reasons: defaultdict[str, list[Path]] = defaultdict(list)
    for path, why in left.items():
        reasons[why].append(path)
    lines = []
    for why, paths in sorted(reasons.items(), key=lambda one: (-len(one[1]), one[0])):
        endings = Counter(path.suffix.lower() or "without ending" for path in paths)
        counted = ", ".join(f"{number} {ending}" for ending, number in endings.most_common(ENDINGS_TOLD))
        others = sum(number for _, number in endings.most_common()[ENDINGS_TOLD:])
        line = f"{counted}{f', {others} others' if others else ''}: {why}"
        names = f" ({', '.join(sorted(visible(path.name) for path in paths))})"
        lines.append(line + names if len(line + names) <= WIDTH else line)
    return lines
