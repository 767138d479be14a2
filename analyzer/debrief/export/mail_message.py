"""Calls as a mail: the first screen of each in plain words, and the same as HTML that Outlook shows.

Outlook lays mails out as Word does, so the HTML is tables with their styles in place, no style sheet and no picture:
nothing is fetched when the mail is opened. Text from outside is escaped, and in a heading it is one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from analyzer.debrief.first_screen import FirstScreen, first_screen, summary
from analyzer.debrief.in_language import in_its_language
from analyzer.debrief.phrases import day, moment
from analyzer.debrief.record import CallRecord
from analyzer.errors import one_line
from analyzer.wording import _, _n, quoted, speaking

MOST = 20
"""Calls that one mail tells of; the others are counted."""
COLOURS = {"yes": "#1b6e3a", "no": "#a3271f", "too_close": "#7a5200", "not_judged": "#444444"}
FONT = "font-family:Segoe UI,Arial,sans-serif;font-size:15px;line-height:21px;color:#1a1a1a"


@dataclass(frozen=True, slots=True)
class LinkedCall:
    """A call and the address of its debrief page, where it has one."""

    call: CallRecord
    link: str | None = None


def message(calls: Sequence[LinkedCall]) -> EmailMessage:
    """A mail about calls, newest first, without sender and receiver."""
    newest = sorted(calls, key=lambda one: one.call.date or "", reverse=True)
    with speaking(newest[0].call.page_language):
        return _message([LinkedCall(in_its_language(one.call), one.link) for one in newest])


def _message(newest: Sequence[LinkedCall]) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject([one.call for one in newest])
    left = len(newest) - MOST
    more = _n("and {number} more call", "and {number} more calls", left) if left > 0 else ""
    parts = ["\n".join(_lines(one)) for one in newest[:MOST]]
    mail.set_content("\n\n".join([*parts, *([more] if more else [])]) + "\n", cte="quoted-printable")
    rows = "".join(_block(one) for one in newest[:MOST]) + (f"<tr><td>{more}</td></tr>" if more else "")
    mail.add_alternative(_PAGE.format(font=FONT, rows=rows), subtype="html", cte="quoted-printable")
    mail.set_boundary(f"=_{newest[0].call.recording.sha256[:24]}")  # the same calls are the same mail
    return mail


def subject(calls: Sequence[CallRecord]) -> str:
    """`Debrief: Northwind Foods, 12 May 2026`, or how many calls there are."""
    if len(calls) > 1:
        return _n("Debriefs of {number} call", "Debriefs of {number} calls", len(calls))
    return _("Debrief: {call}", call=title(calls[0]))


def title(call: CallRecord) -> str:
    """A call in a line: `Northwind Foods, 12 May 2026`."""
    about = (call.customer or call.name, day(call.date) if call.date else None)
    return one_line(", ".join(part for part in about if part))[:200]


def eml(call: CallRecord) -> str:
    """A call as a mail that a mail program opens to be sent on."""
    mail = message([LinkedCall(call)])
    mail["X-Unsent"] = "1"  # Outlook opens it as a draft
    return mail.as_string()


def _lines(one: LinkedCall) -> Iterator[str]:
    yield from map(one_line, summary(one.call))
    if one.link is not None:
        yield _("The debrief: {link}", link=one.link)


_PAGE = (
    '<html><body style="margin:0;padding:16px;background:#ffffff">'
    '<table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0" style="{font}">'
    "{rows}</table></body></html>\n"
)


def _row(text: str, style: str = "") -> str:
    return f'<tr><td style="padding:0 0 8px 0;{FONT};{style}">{text}</td></tr>'


def _block(one: LinkedCall) -> str:
    screen, call = first_screen(one.call), one.call
    rows = [_row(_text(screen.who), "font-weight:bold;font-size:18px;line-height:24px")]
    rows.append(_row(_text(" · ".join((call.name, *screen.facts))), "color:#555555"))
    if screen.reason:
        rows.append(_row(_text(screen.reason), "color:#555555"))
    rows.append(_row(_text(screen.answer), f"font-weight:bold;color:{COLOURS[call.lead.led]}"))
    rows += [_row(_text(one)) for one in (screen.sentence, screen.sure, *screen.doubts) if one]
    if screen.moments:
        rows.append(f'<tr><td style="padding:0 0 8px 0">{_moments(screen, call)}</td></tr>')
    if screen.next_call is not None:
        heading = _text(_("For the next call:"))
        rows.append(_row(f"<b>{heading}</b> {_text(f'{screen.next_call.to}: {screen.next_call.text}')}"))
    heading = _text(_("Last promise:"))
    rows += [_row(f"<b>{heading}</b> {_text(promise)}") for promise in screen.promises]
    if one.link is not None:
        link, opens = escape(one.link, quote=True), _text(_("Open the debrief"))
        rows.append(_row(f'<a href="{link}" style="color:#0b57a4">{opens}</a>'))
    return "".join((*rows, '<tr><td style="border-top:1px solid #cccccc;padding:0 0 16px 0"></td></tr>'))


def _moments(screen: FirstScreen, call: CallRecord) -> str:
    """What to listen to: the time in one column, what happened and the words in the other."""
    rows = []
    for found in screen.moments:
        said = "".join(
            f'<br><span style="color:#555555">{_text(f"{call.label(quote.who)}: {quoted(quote.text)}")}</span>'
            for quote in found.words
        )
        at = f'<td valign="top" width="64" style="padding:4px 8px 4px 0;{FONT};color:#555555">{moment(found.at)}</td>'
        what = f"<b>{_text(found.kind)}:</b> {_text(found.text)}{said}"
        rows.append(f'<tr>{at}<td valign="top" style="padding:4px 0;{FONT}">{what}</td></tr>')
    return f'<table cellpadding="0" cellspacing="0" border="0" width="640">{"".join(rows)}</table>'


def _text(raw: str) -> str:
    return escape(one_line(raw))
