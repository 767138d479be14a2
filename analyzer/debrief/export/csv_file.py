"""CSV for spreadsheets: one row an utterance (a turn, with no text, when there is no transcript).

    start,end,key,person,side,role,text
    1.500,4.000,S1,Dana Reyes,team,salesperson,Shall we start?

`start` and `end` are seconds; `key` tells two people of one name apart; what is not known is an empty cell. Lines end
in CRLF, and a cell with a comma or a quote in it stands in quotes, its own quotes doubled (RFC 4180).

A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@` (or their full-width forms) as a formula, whatever its
quotes. Such a text gets an apostrophe in front, as does one that begins with apostrophes and then one of these, so that
taking one apostrophe away gives the text back (OWASP, "CSV Injection"). Tabs and line ends, which OWASP names as well,
do not come up: a cell is one line.
"""

from __future__ import annotations

import csv
import io
import re

from analyzer.debrief.export.spoken import pieces
from analyzer.debrief.record import CallRecord
from analyzer.errors import one_line

COLUMNS = ("start", "end", "key", "person", "side", "role", "text")
_FORMULA = re.compile("'*[=+\\-@＝＋－＠]")


def cell(raw: str | None) -> str:
    """A text as a cell that no spreadsheet runs."""
    text = one_line(raw or "")
    return "'" + text if _FORMULA.match(text) else text


def csv_file(call: CallRecord) -> str:
    """The utterances of a call (or its turns), one row each, under a row of headings."""
    people = {person.key: person for person in call.people}
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for piece in pieces(call):
        person = people.get(piece.who)
        rows.writerow(
            (
                f"{piece.start / 1000:.3f}",
                f"{piece.end / 1000:.3f}",
                cell(piece.who),
                cell(call.label(piece.who)),
                cell(person.side if person is not None else None),
                cell(person.role if person is not None else None),
                cell(piece.text),
            )
        )
    return out.getvalue()
