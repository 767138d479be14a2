"""The sidecars of a recording: which files beside it they are, and reading them.

Beside `call.m4a` they are `call.people.json`, `call.transcript.vtt` and `call.vtt`; a name in full, `call.m4a.vtt`,
comes before the one without the suffix, for recordings that differ only in that. Zoom gives the files of one call
different names: the transcript of `GMT20260512-140000_Recording_1920x1080.mp4` is
`GMT20260512-140000_Recording.transcript.vtt`. Its captions, `….cc.vtt`, are taken where there is no transcript.

What analyzer itself wrote is never a sidecar: it would confirm what it said before. A transcript of its own begins
with `OWN_HEADER`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from analyzer.errors import BadFileError
from analyzer.files import is_file, is_folder, is_there
from analyzer.people.file_names import bare_name
from analyzer.people.hand_written import read_bytes
from analyzer.people.sidecars.cue_names import named_cues
from analyzer.people.sidecars.cues import Cues, parse_vtt
from analyzer.people.sidecars.people_json import read_json_sidecar
from analyzer.people.sidecars.sidecar import Sidecar

JSON_SUFFIX = ".people.json"
TRANSCRIPTS = (".transcript.vtt", ".vtt")
CAPTIONS = ".cc.vtt"
MAX_BYTES = 20_000_000
"""A transcript of a whole day's talk takes a tenth of this."""
OWN_HEADER = "WEBVTT written by analyzer"

_ZOOM = re.compile(r"(GMT\d{8}-\d{6}_.+?)(?:_[a-z]+)?_\d{3,4}x\d{3,4}", re.ASCII)


def find_sidecars(recording: Path) -> tuple[Path, ...]:
    """The sidecars beside a recording (a file, or a folder of tracks), the JSON one first."""
    if recording.name in ("", ".."):
        recording = recording.resolve()
    found = [*_beside(recording, JSON_SUFFIX), *(path for suffix in TRANSCRIPTS for path in _beside(recording, suffix))]
    if all(path.name.endswith(JSON_SUFFIX) for path in found):
        found += _beside(recording, CAPTIONS)
    return tuple(found)


def _beside(recording: Path, suffix: str) -> Iterator[Path]:
    """The file with this suffix that belongs to the recording, if there is one."""
    bare = recording.name if is_folder(recording) else bare_name(recording.name)
    zoom = _ZOOM.fullmatch(bare)
    for name in (recording.name, bare, *((zoom[1],) if zoom else ())):
        path = recording.parent / (name + suffix)
        if path != recording and _is_sidecar(path):
            yield path
            return


def _is_sidecar(path: Path) -> bool:
    try:
        if not is_file(path):
            return False
        with path.open("rb") as file:
            return not file.read(len(OWN_HEADER) + 3).removeprefix(b"\xef\xbb\xbf").startswith(OWN_HEADER.encode())
    except (OSError, ValueError):  # a name too long to exist; what may not be read is found out when it is read
        return is_there(path)


def read_sidecar(path: Path) -> Sidecar:
    """What a sidecar says. A transcript without a single name is fine, and says nothing about people.

    A transcript is written by a program: what of it cannot be read is left out and told in `lost`.

    Raises:
        BadFileError: the file cannot be read, or something in a JSON one is wrong: the line or the field.
    """
    if not path.name.lower().endswith((".vtt", ".json")):
        raise BadFileError("this is no sidecar", where=path, todo="Give a WebVTT transcript (.vtt) or a .people.json")
    raw = read_bytes(path, MAX_BYTES, opening="it", itself="the sidecar")
    if len(raw) > MAX_BYTES:
        what = f"the file is larger than {MAX_BYTES:,} bytes"
        raise BadFileError(what, where=f"{path}, line 1", todo="A transcript is smaller: check that this is one")
    if path.name.lower().endswith(".json"):
        return read_json_sidecar(path, raw)
    read = parse_vtt(raw)
    cues, people = named_cues(read.cues)
    return Sidecar(path, "transcript", cues, people, lost=_lost(read))


LINES_TOLD = 5


def _lost(read: Cues) -> str:
    """How many cues could not be read, on which lines, and why the first of them."""
    if not read.lost:
        return ""
    if not read.cues and read.count == 1:
        return f"the transcript could not be read (line {read.lost[0].line}: {read.lost[0].why})"
    told = [str(lost.line) for lost in read.lost[:LINES_TOLD]]
    more = f" and {len(read.lost) - len(told)} more" if len(read.lost) > len(told) else ""
    lines = ("line " if len(read.lost) == 1 else "lines ") + ", ".join(told) + more
    cues = "1 cue" if read.count == 1 else f"{read.count} cues"
    return f"{len(read.lost)} of {cues} of the transcript could not be read ({lines}: {read.lost[0].why})"
