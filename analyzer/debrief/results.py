"""The results of one call as files: every one rendered first, then all of them written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analyzer.call.folder import CALL_FILE
from analyzer.debrief.export.rttm import rttm
from analyzer.debrief.export.vtt import vtt
from analyzer.debrief.markdown.document import markdown
from analyzer.debrief.page.page import page
from analyzer.debrief.record import CallRecord
from analyzer.files import checking, is_there, sweep, write_all

PAGE_FILE = "debrief.html"
MARKDOWN_FILE = "debrief.md"
TURNS_FILE = "turns.rttm"
TRANSCRIPT_FILE = "transcript.vtt"
CLIPS_FOLDER = ".clips"


def rendered(
    call: CallRecord, clips: Mapping[str, bytes] | None = None, recording_src: str | None = None
) -> Mapping[str, bytes]:
    """Every result file by name; the record last, so that it is there only when the others are.

    `clips` and `recording_src` are the page's sound (see `page`).
    """
    return {
        name: text.encode()
        for name, text in (
            (PAGE_FILE, page(call, clips=clips, recording_src=recording_src)),
            (MARKDOWN_FILE, markdown(call)),
            (TURNS_FILE, rttm(call)),
            (TRANSCRIPT_FILE, vtt(call)),
            (CALL_FILE, call.model_dump_json(indent=1) + "\n"),
        )
    }


def write_results(
    folder: Path, call: CallRecord, *, clips: Mapping[str, bytes] | None = None, recording_src: str | None = None
) -> None:
    """Writes every result file, each whole or not at all. Clips are kept beside them, to be there the next time.

    Raises:
        OutputError: the folder cannot be written.
    """
    files = rendered(call, clips, recording_src)
    sweep(folder)
    kept = {folder / CLIPS_FOLDER / f"{name}.webm": content for name, content in (clips or {}).items()}
    new = {path: content for path, content in kept.items() if not is_there(path)}
    write_all(new | {folder / name: content for name, content in files.items()})
    for path in (folder / CLIPS_FOLDER).glob("*"):
        if path not in kept:
            path.unlink(missing_ok=True)


def read_call(path: Path) -> CallRecord:
    """A `call.json`, checked.

    Raises:
        BadFileError: it is not there, or not what this program wrote.
    """
    with checking(path, "Run analyzer report on the recording again"):
        return CallRecord.model_validate_json(path.read_bytes())
