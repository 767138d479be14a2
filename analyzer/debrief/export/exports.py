"""The formats that a call can be taken elsewhere in: `analyzer export CALL --to FORMAT`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analyzer.debrief.export.audacity import audacity
from analyzer.debrief.export.crm_calls import crm_file, hubspot, salesforce
from analyzer.debrief.export.csv_file import csv_file
from analyzer.debrief.export.mail_message import eml
from analyzer.debrief.export.rttm import rttm
from analyzer.debrief.export.srt import srt
from analyzer.debrief.export.textgrid import textgrid
from analyzer.debrief.export.vtt import vtt
from analyzer.debrief.first_screen import summary
from analyzer.debrief.in_language import in_its_language
from analyzer.debrief.record import CallRecord
from analyzer.errors import UsageError, one_line
from analyzer.wording import speaking


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what writes it, how its files end, and what it is for.

    `encoding` is what a file of it is encoded in: spreadsheets know UTF-8 only by the mark at its beginning.
    `needs_transcript` for a format that has nothing to hold without one.
    """

    write: Callable[[CallRecord], str]
    suffix: str
    purpose: str
    encoding: str = "utf-8"
    needs_transcript: bool = False


def json_file(call: CallRecord) -> str:
    """The content of `call.json`."""
    return call.model_dump_json(indent=1) + "\n"


def summary_text(call: CallRecord) -> str:
    """The first screen as plain text."""
    with speaking(call.page_language):
        return "".join(f"{one_line(line)}\n" for line in summary(in_its_language(call)))


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "rttm": Format(rttm, ".rttm", "who spoke when, for diarization tools"),
        "vtt": Format(vtt, ".vtt", "the transcript for the web, speakers in voice tags", needs_transcript=True),
        "srt": Format(srt, ".srt", "the transcript as subtitles", needs_transcript=True),
        "csv": Format(csv_file, ".csv", "one row an utterance, for spreadsheets", encoding="utf-8-sig"),
        "json": Format(json_file, ".json", "everything, as call.json holds it"),
        "summary": Format(summary_text, ".summary.txt", "the first screen in some eight lines, to be copied"),
        "eml": Format(eml, ".eml", "a mail that a mail program opens to be sent on"),
        "hubspot": Format(hubspot, ".hubspot.csv", "a call that HubSpot imports", encoding="utf-8-sig"),
        "salesforce": Format(salesforce, ".salesforce.csv", "a call that Salesforce imports"),
        "audacity": Format(audacity, ".txt", "a label track for Audacity"),
        "textgrid": Format(textgrid, ".TextGrid", "a tier a person, for Praat"),
    }
)
"""Every format by the name that `--to` knows it by."""


def export_calls(calls: Iterable[CallRecord], crm: str) -> bytes:
    """Many calls in one file for a CRM: `hubspot` or `salesforce`."""
    return crm_file(calls, crm).encode(FORMATS[crm].encoding)


def export(call: CallRecord, to: str) -> str:
    """A call in one of `FORMATS`.

    Raises:
        UsageError: there is no such format, or the call has no transcript and the format holds nothing else.
    """
    if to not in FORMATS:
        raise UsageError(f"there is no format {to!r}", todo=f"Choose one of {', '.join(FORMATS)}")
    if FORMATS[to].needs_transcript and call.transcript is None:
        without = ", ".join(name for name, format_ in FORMATS.items() if not format_.needs_transcript)
        raise UsageError(
            f"{to} holds a transcript, and this call has none",
            where=call.name,
            todo=f"Run analyzer report on it without --no-transcript, or choose one of {without}",
        )
    return FORMATS[to].write(call)
