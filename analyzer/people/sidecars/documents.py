"""Transcripts that are Word documents, as Teams and Google Meet make them.

Teams has each name with a time (`Dana Reyes   0:04`) above the words; older documents have WebVTT's times. Meet's
documents, and Gemini's notes, which hold the transcript behind the notes, have one time for several minutes
(`00:05:02`) and `Dana Reyes: …` below it, which tells the people and not when they speak.

python-docx reads them. A document is a ZIP archive: one that would unpack to more than `UNPACKED` bytes, or into more
than `MOST_PARTS` files, is not opened.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePath

from analyzer.people.names import folded
from analyzer.people.platform_names import told_by_name
from analyzer.people.sidecars.cue_names import named, named_cues, tidy_name
from analyzer.people.sidecars.cues import parse_vtt
from analyzer.people.sidecars.sidecar import Sidecar, SidecarPerson
from analyzer.people.sidecars.spoken_lines import spoken_lines, timed

UNPACKED, MOST_PARTS = 100_000_000, 2_000
LONGEST_TITLE = 200

_COARSE = re.compile(r"(?:\d{1,2}:)?\d{1,2}:\d{2}")
_SPEAKS = re.compile(r"([^:]{1,80}): \S.*", re.DOTALL)
_TRANSCRIPT = re.compile(r"\W*(?:transcript|transkript|transcripción|transcription|transcrição|trascrizione)\W*", re.I)
_ENDED = re.compile(r"transcription ended after .*|this editable transcript .*", re.I)
_STARTED = re.compile(r".*\b(\d{4})[/-](\d\d)[/-](\d\d)(?: at)? (\d\d):(\d\d)\b", re.DOTALL)
_ATTENDEES = re.compile(r"(?:attendees|teilnehmer|asistentes|participants|partecipanti|participantes)\W*", re.I)


def read_document(path: Path, raw: bytes) -> Sidecar:
    """What a Word document says; in `lost`, that it cannot be read, or that it is no transcript."""
    try:
        paragraphs = _paragraphs(raw)
    except _CannotBeReadError as error:
        return Sidecar(path, "transcript", lost=f"the document could not be read ({error})")
    lines = [line for text in paragraphs for line in text.split("\n")]
    stated = told_by_name(PurePath(f"{next((line for line in lines if line.strip()), '')[:LONGEST_TITLE]}.docx"))
    title, began = (stated.title or "", stated.began) if stated.platform != "plain" else ("", None)
    if spoken := spoken_lines(lines):
        cues, people = named(timed(spoken))
        return Sidecar(path, "transcript", cues, people, title=title, began=began)
    older = parse_vtt("\n".join(lines).encode("utf-8", "replace"))
    if older.cues:
        cues, people = named_cues(older.cues)
        return Sidecar(path, "transcript", cues, people, title=title, began=began)
    return _of_meet(path, [line.strip() for line in lines if line.strip()])


class _CannotBeReadError(Exception):
    """Why a document cannot be read."""


def _paragraphs(raw: bytes) -> list[str]:
    """The text of each paragraph, those in tables and boxes too; a line break in one is a line break."""
    from docx import Document
    from docx.opc.exceptions import OpcError
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph
    from lxml.etree import LxmlError

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED:
                raise _CannotBeReadError("it unpacks to more than a transcript can be")
        document = Document(io.BytesIO(raw))
        found = document.element.body.iter(qn("w:p"))
        return [Paragraph(element, document).text for element in found]
    except (OpcError, LxmlError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error) as error:
        raise _CannotBeReadError("it is no Word document, or a damaged one") from error
    except (
        ValueError,
        KeyError,
        AttributeError,
        TypeError,
        IndexError,
        NotImplementedError,
        OSError,
        EOFError,
    ) as error:
        # what python-docx and zipfile let through of documents with parts missing or mixed up
        raise _CannotBeReadError("it is no Word document, or a damaged one") from error


def _of_meet(path: Path, lines: Sequence[str]) -> Sidecar:
    """Who speaks in a transcript of Google Meet; the notes in front of it say nothing."""
    heads = [i for i, line in enumerate(lines) if _TRANSCRIPT.fullmatch(line)]
    first = next((i for i, line in enumerate(lines) if _COARSE.fullmatch(line)), None)
    if heads and first is None:
        first = heads[-1]
    if first is None:
        return Sidecar(path, "names", lost="it holds no transcript")
    said = (match for line in lines[first:] if not _ENDED.fullmatch(line) and (match := _SPEAKS.fullmatch(line)))
    _, people = named((None, match[1], "") for match in said)
    written = [_names_in(lines[i + 1]) for i, line in enumerate(lines[:-1]) if _ATTENDEES.fullmatch(line)]
    for name in written[0] if written else ():
        if folded(name) not in {folded(person.name) for person in people}:
            people = (*people, SidecarPerson(name, (name,)))
    return Sidecar(path, "names", people=people, title=_title(lines[:first]), began=_began(lines[:first]))


def _names_in(line: str) -> tuple[str, ...]:
    return tuple(name for part in line.split(",") if (name := tidy_name(part)))


def _title(lines: Sequence[str]) -> str:
    """The title in front of " - Transcript"; empty where there is none."""
    for line in lines:
        title, dash, rest = line.rpartition(" - ")
        if dash and _TRANSCRIPT.fullmatch(rest):
            told = told_by_name(PurePath(f"{line[:LONGEST_TITLE]}.docx"))
            return (told.title or "") if told.platform == "meet" else title[:LONGEST_TITLE]
    return ""


def _began(lines: Sequence[str]) -> dt.datetime | None:
    """When the meeting began, as the name of its recording says it, by the clock on the wall."""
    for line in lines:
        if match := _STARTED.match(line):
            try:
                year, month, day, hour, minute = map(int, match.groups())
                return dt.datetime(year, month, day, hour, minute)
            except ValueError:
                continue
    return None
