"""Reading a sidecar, of whatever format: what its name ends in says which.

| name | format |
| --- | --- |
| `….people.json` | the list that somebody wrote: what is wrong in it is an error |
| `.vtt`, `.srt`, `.sbv` | WebVTT and its kin, those of Microsoft Graph with JSON for text too |
| `.docx` | transcripts of Teams and Google Meet |
| `.txt` | Otter's transcripts, Zoom's saved captions, chats |
| `.json` | Zoom's timeline, Gong, Fireflies, Contact Lens |
| `.ics` | an invite |

All but the first are written by programs: what of them cannot be read is left out and told in `lost`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analyzer.errors import BadFileError
from analyzer.people.hand_written import read_bytes
from analyzer.people.platform_names import told_by_name
from analyzer.people.sidecars.call_exports import read_export
from analyzer.people.sidecars.cue_names import named, named_cues
from analyzer.people.sidecars.cues import NO_TEXT, Cue, Cues, decoded, parse_vtt
from analyzer.people.sidecars.documents import read_document
from analyzer.people.sidecars.invites import read_invite
from analyzer.people.sidecars.people_json import read_json_sidecar
from analyzer.people.sidecars.sidecar import Sidecar
from analyzer.people.sidecars.spoken_lines import by_the_clock, chatters, spoken_lines, timed
from analyzer.timeline import seconds

JSON_SUFFIX = ".people.json"
CUES = (".vtt", ".srt", ".sbv")
MAX_BYTES = 20_000_000
"""A transcript of a whole day's talk takes a tenth of this."""
LINES_TOLD = 5


def read_sidecar(path: Path) -> Sidecar:
    """What a sidecar says. A transcript without a single name is fine, and says nothing about people.

    Raises:
        BadFileError: the file cannot be opened, or something in a list of people is wrong: the line or the field.
    """
    name = path.name.lower()
    if not name.endswith((*CUES, ".docx", ".txt", ".json", ".ics")):
        todo = "Give a transcript, an export or an invite, or a .people.json"
        raise BadFileError("this is no sidecar", where=path, todo=todo)
    raw = read_bytes(path, MAX_BYTES, opening="it", itself="the sidecar")
    if name.endswith(JSON_SUFFIX):
        if len(raw) > MAX_BYTES:
            what = f"the file is larger than {MAX_BYTES:,} bytes"
            raise BadFileError(what, where=f"{path}, line 1", todo="Check that this is a list of people")
        return read_json_sidecar(path, raw)
    if len(raw) > MAX_BYTES:
        return Sidecar(path, "transcript", lost=f"it could not be read (it is larger than {MAX_BYTES:,} bytes)")
    if name.endswith(".json"):
        return read_export(path, raw) or Sidecar(path, "names", lost="it is no export that can be read")
    if name.endswith(".docx"):
        return read_document(path, raw)
    if name.endswith(".ics"):
        return read_invite(path, raw).sidecar
    return _text(path, raw) if name.endswith(".txt") else _cues(path, raw)


def _cues(path: Path, raw: bytes) -> Sidecar:
    read = parse_vtt(raw)
    if any("".join(cue.lines).lstrip().startswith("{") for cue in read.cues[:1]):
        return _of_graph(path, read)
    cues, people = named_cues(read.cues)
    if told_by_name(path).kind == "chat":
        return Sidecar(path, "names", people=people, lost=_lost(read), everybody=False)
    return Sidecar(path, "transcript", cues, people, lost=_lost(read))


def _of_graph(path: Path, read: Cues) -> Sidecar:
    """The transcript that Microsoft Graph gives as `metadataContent`: the text of each cue is a JSON object."""
    fields = [_object(cue.lines) for cue in read.cues]
    said = [
        (cue.span, _string(field, "speakerName"), _string(field, "spokenText"))
        for cue, field in zip(read.cues, fields, strict=True)
        if field
    ]
    cues, people = named(said)
    lost = len(fields) - len(said) + len(read.lost)
    told = f"{lost} of {max(read.count, lost)} cues of the transcript could not be read" if lost else ""
    return Sidecar(path, "transcript", cues, people, lost=told, began=_began(read.cues, fields))


def _began(cues: Sequence[Cue], fields: Sequence[dict[str, Any]]) -> dt.datetime | None:
    """When the recording began, by the first cue that says when it was spoken."""
    for cue, field in zip(cues, fields, strict=True):
        try:
            spoken = dt.datetime.fromisoformat(_string(field, "startDateTime"))
            if cue.span is not None:
                return spoken - dt.timedelta(seconds=seconds(cue.span.start))
        except (ValueError, OverflowError):
            continue
    return None


def _object(lines: Sequence[str]) -> dict[str, Any]:
    try:
        found = json.loads("".join(lines))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _string(field: dict[str, Any], key: str) -> str:
    value = field.get(key)
    return " ".join(value.encode("utf-8", "replace").decode().split()) if isinstance(value, str) else ""


def _text(path: Path, raw: bytes) -> Sidecar:
    lines = decoded(raw).replace(NO_TEXT, "\ufffd").replace("\0", "\ufffd").splitlines()
    told, written = told_by_name(path), chatters(lines)
    if written or told.kind == "chat":
        return Sidecar(path, "names", people=named((None, name, "") for name in written)[1], everybody=False)
    spoken = spoken_lines(lines)
    if told.kind != "captions":
        cues, people = named(timed(spoken))
        return Sidecar(path, "transcript", cues, people, lost="" if spoken else "it holds no transcript")
    if told.began is None:  # times of the day, and no one knows when the recording began
        return Sidecar(path, "names", people=named((None, one.name, "") for one in spoken)[1])
    cues, people = named(timed(by_the_clock(spoken, told.began)))
    return Sidecar(path, "transcript", cues, people, by_the_clock=True, lost="" if spoken else "it holds no captions")


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
