"""Calls as rows that a CRM imports: what was answered about a call, and none of its words.

HubSpot matches headings to the labels of its properties where it can, and asks about the rest (of its calls API
`hs_timestamp` is the one that a call must have; `hs_call_duration` is in milliseconds). Salesforce imports a logged
call as a Task, by the names of its fields: `TaskSubtype` Call and `Status` Completed put it among the past calls.
Neither knows our people; contact, company and owner are chosen in the import.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping

from analyzer.debrief.export.csv_file import cell
from analyzer.debrief.export.mail_message import title
from analyzer.debrief.first_screen import first_screen
from analyzer.debrief.in_language import in_its_language
from analyzer.debrief.record import CallRecord
from analyzer.errors import one_line
from analyzer.wording import _, speaking

Row = Mapping[str, str]


def answer(call: CallRecord) -> str:
    """What is said first about a call, without anybody's words."""
    screen = first_screen(call)
    parts = (screen.who + ".", screen.answer, screen.sentence, screen.sure, *screen.doubts)
    return one_line(" ".join(part for part in parts if part))


def _hubspot(call: CallRecord) -> Row:
    return {
        "Activity date": call.date or "",
        "Call title": _("Call: {title}", title=title(call)),
        "Call notes": answer(call),
        "Call duration": str(round(call.recording.seconds * 1000)),
        "Call status": "COMPLETED",
    }


def _salesforce(call: CallRecord) -> Row:
    return {
        "Subject": _("Call: {title}", title=title(call)),
        "ActivityDate": (call.date or "")[:10],
        "Status": "Completed",
        "Priority": "Normal",
        "TaskSubtype": "Call",
        "CallDurationInSeconds": str(round(call.recording.seconds)),
        "Description": answer(call),
    }


CRMS: Mapping[str, Callable[[CallRecord], Row]] = {"hubspot": _hubspot, "salesforce": _salesforce}
"""What makes the row of a call, by the name of the CRM."""


def crm_file(calls: Iterable[CallRecord], crm: str) -> str:
    """Calls as the CSV that a CRM of `CRMS` imports, a row each."""
    rows = []
    for call in calls:
        with speaking(call.page_language):
            rows.append(CRMS[crm](in_its_language(call)))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    if rows:
        writer.writerow(rows[0])
        writer.writerows([cell(value) for value in row.values()] for row in rows)
    return out.getvalue()


def hubspot(call: CallRecord) -> str:
    """A call as HubSpot imports it."""
    return crm_file([call], "hubspot")


def salesforce(call: CallRecord) -> str:
    """A call as Salesforce imports it."""
    return crm_file([call], "salesforce")
