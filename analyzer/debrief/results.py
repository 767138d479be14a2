"""The results of one call as files: every one rendered first, then all of them written."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.call.folder import CALL_FILE, MARKDOWN_FILE, PAGE_FILE, TRANSCRIPT_FILE, TURNS_FILE, CallFolder
from analyzer.debrief.export.rttm import rttm
from analyzer.debrief.export.vtt import vtt
from analyzer.debrief.markdown.document import markdown
from analyzer.debrief.page.page import page
from analyzer.debrief.record import CallRecord
from analyzer.errors import BadFileError


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
    folder: CallFolder, call: CallRecord, *, clips: Mapping[str, bytes] | None = None, recording_src: str | None = None
) -> None:
    """Writes every result file, each whole or not at all. Clips are kept beside them, to be there the next time.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder.keep_results(rendered(call, clips, recording_src), clips or {})


def read_call(folder: CallFolder) -> CallRecord:
    """The `call.json` of a results folder, checked.

    Raises:
        BadFileError: it is not there, or not what this program wrote.
    """
    todo = "Run analyzer report on the recording again"
    found = folder.read(CALL_FILE, CallRecord.model_validate_json, todo)
    if found is None:
        raise BadFileError("is not there", where=folder.path / CALL_FILE, todo=todo)
    return found
