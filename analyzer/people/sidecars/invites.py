"""Invites, `.ics` files (iCalendar, RFC 5545): the meeting's title, its start, who was asked to come, and the agenda.

Who declined is left out, and so are rooms and the programs that take notes. Where a group was asked, or a mail address
alone stands for somebody, the invite does not have all the names; a group leaves open how many come.

The agenda is the numbered or dotted lines of the description, or those below "Agenda". They are offered for a plan, and
are none by themselves.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.people.names import folded, one_line
from analyzer.people.platform_names import Told
from analyzer.people.sidecars.cue_names import tidy_name
from analyzer.people.sidecars.cues import NO_TEXT, decoded
from analyzer.people.sidecars.sidecar import Sidecar, SidecarPerson

if TYPE_CHECKING:
    from icalendar.cal import Component

LONGEST_TITLE, LONGEST_ITEM, MOST_ITEMS = 200, 150, 20
MOST_TEXT = 100_000

_ITEM = re.compile(r"\s*(?:\d{1,2}[.)]|[-*•–·])\s+(\S.*)")
_AGENDA = re.compile(
    r"\s*(?:the )?(?:agenda|tagesordnung|ordre du jour|orden del día|pauta|ordine del giorno)\s*:?\s*", re.I
)
_NO_ITEM = re.compile(r"https?:|\w@\w|_{5}|\+?\d[\d ()-]{7,}|\b(?:passcode|meeting id|kenncode|dial)\b", re.I)
_BREAK = re.compile(r"<(?:br|/p|/li|/div)[^<>]{0,50}>", re.I)
_DOT = re.compile(r"<li[^<>]{0,50}>", re.I)
_TAG = re.compile(r"<[^<>]{0,300}>")
_NUMBER = re.compile(r"zoom\.(?:us|com)/[jws]/(\d{9,11})|\bMeeting ID:?\s{0,3}((?:\d{3,4}[ -]?){3})", re.I)
_NOTE_TAKERS = re.compile(
    r"@(?:.*\.)?(?:fireflies\.ai|otter\.ai|read\.ai|gong\.io|fathom\.video|tldv\.io|avoma\.com)$", re.I
)
_NOT_COMING = {"DECLINED", "DELEGATED"}
_NO_PERSON = {"ROOM", "RESOURCE"}


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite as a sidecar, the meeting's numbers at Zoom, when it first begins, and how it comes again (an RRULE).

    Of a meeting that comes again the sidecar tells no start: which of them it is, the recording has to say.
    """

    sidecar: Sidecar
    numbers: frozenset[str] = frozenset()
    first: dt.datetime | None = None
    again: str | None = None


def read_invite(path: Path, raw: bytes) -> Invite:
    """What an invite says; in `lost`, that it cannot be read, or says nothing of one meeting."""
    from icalendar import Calendar

    text = decoded(raw).replace(NO_TEXT, "\ufffd")
    try:
        events = [event for one in Calendar.from_ical(text, multiple=True) for event in one.walk("VEVENT")]
        whole = [event for event in events if "RECURRENCE-ID" not in event] or events
        if len(whole) != 1:
            return _none(path, f"it holds {len(whole)} meetings, and not this one alone")
        return _read(path, whole[0])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):  # icalendar on damaged files
        return _none(path, "it could not be read (it is no invite, or a damaged one)")


def _none(path: Path, why: str) -> Invite:
    return Invite(Sidecar(path, "invite", lost=why))


def _read(path: Path, event: Component) -> Invite:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return _none(path, "it was cancelled")
    people: dict[str, SidecarPerson] = {}
    groups = False
    for key in ("ORGANIZER", "ATTENDEE"):
        for one in _each(event, key):
            groups |= _parameter(one, "CUTYPE") == "GROUP"
            person = _person(one)
            if person is None:
                people.pop(_key(one), None)  # an organiser who declined
            else:
                people[_key(one)] = person
    description = "\n".join(str(one) for one in _each(event, "DESCRIPTION"))[:MOST_TEXT]
    places = " ".join(str(one) for key in ("LOCATION", "URL", "X-GOOGLE-CONFERENCE") for one in _each(event, key))
    found = _NUMBER.finditer(f"{places[:MOST_TEXT]}\n{description}")
    numbers = {re.sub(r"\D", "", match[1] or match[2]) for match in found}
    title = one_line(str(event.get("SUMMARY", "")))[:LONGEST_TITLE]
    rule = event.get("RRULE")
    again = None if rule is None else _only(rule).to_ical().decode()
    first = _moment(event)
    sidecar = Sidecar(
        path,
        "invite",
        people=tuple(people.values()),
        title=title,
        began=first if again is None else None,
        agenda=tuple(agenda_lines(description)),
        everybody=not groups,
    )
    return Invite(sidecar, frozenset(numbers), first, again)


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _each(event: Component, key: str) -> list[Any]:
    """The values of a property that may stand there several times."""
    value = event.get(key)
    return [] if value is None else value if isinstance(value, list) else [value]


def _parameter(value: Any, key: str) -> str:
    return str(getattr(value, "params", {}).get(key, "")).upper()


def _key(one: Any) -> str:
    return str(one).casefold()


def _person(one: Any) -> SidecarPerson | None:
    """Somebody who was asked to come; None for who will not, and for what is no person."""
    mail = re.sub(r"\Amailto:", "", str(one), flags=re.I).strip()
    kind = _parameter(one, "CUTYPE")
    if _parameter(one, "PARTSTAT") in _NOT_COMING or kind in {*_NO_PERSON, "GROUP"} or _NOTE_TAKERS.search(mail):
        return None
    mail = mail if "@" in mail and " " not in mail else ""
    written = one_line(str(getattr(one, "params", {}).get("CN", "")))
    name = tidy_name(written) if "@" not in written else None
    called = name or mail
    if not called:
        return None
    forms = tuple(form for form in (written,) if form)
    return SidecarPerson(called, forms, mail=mail or None, anonymous=name is None)


def _moment(event: Component) -> dt.datetime | None:
    """When the meeting begins; None for one that takes whole days."""
    start = event.get("DTSTART")
    moment = getattr(start, "dt", None)
    return moment if isinstance(moment, dt.datetime) else None


def agenda_lines(description: str) -> Iterator[str]:
    """The items of the agenda in the description of a meeting."""
    text = (
        html.unescape(_TAG.sub("", _DOT.sub("\n- ", _BREAK.sub("\n", description))))
        if "<" in description
        else description
    )
    below = False
    count = 0
    seen: set[str] = set()
    for line in text.splitlines():
        if _AGENDA.fullmatch(line):
            below = True
            continue
        item = _ITEM.fullmatch(line)
        if not line.strip():
            below = below and not count
        title = one_line(item[1] if item else line if below else "")
        if not title or len(title) > LONGEST_ITEM or _NO_ITEM.search(title) or folded(title) in seen:
            continue
        seen.add(folded(title))
        count += 1
        yield title
        if count == MOST_ITEMS:
            return


NEAR = dt.timedelta(minutes=40)
"""How far from the time of its invite a meeting of that title may begin."""
ANY_ZONE = dt.timedelta(hours=14.5)
"""How far apart two clocks on two walls may be."""
QUARTER = dt.timedelta(minutes=15)
_SELDOM = re.compile(r"FREQ=(?:DAILY|WEEKLY|MONTHLY|YEARLY)\b", re.I)


def is_of(invite: Invite, told: Told, number: str | None) -> bool:
    """Whether an invite is of the meeting that a recording's name tells of; `number` is that of a Zoom meeting.

    The number tells it, or else the title, and the time must not speak against it.
    """
    title = invite.sidecar.title
    by_number = number is not None and number in invite.numbers
    by_title = bool(title) and told.title is not None and folded(title) == folded(told.title)
    if not (by_number or by_title) or told.began is None or (number and invite.numbers and not by_number):
        return False
    start = _occurrence(invite, told.began)
    return start is not None and apart(start, told.began) <= NEAR


def _occurrence(invite: Invite, began: dt.datetime) -> dt.datetime | None:
    """When the meeting begins, of one that comes again the time nearest to when the recording did."""
    if invite.first is None or invite.again is None or not _SELDOM.search(invite.again):
        return invite.first
    from dateutil.rrule import rrulestr

    about = began.astimezone(invite.first.tzinfo) if began.tzinfo and invite.first.tzinfo else began
    about = about.replace(tzinfo=invite.first.tzinfo)
    try:
        rule = rrulestr(invite.again, dtstart=invite.first)
        around = [one for one in (rule.before(about, inc=True), rule.after(about)) if one is not None]
    except (ValueError, TypeError, OverflowError, AttributeError):  # a rule that cannot be, or ends on another clock
        return None
    return min(around, key=lambda one: abs(one - about), default=None)


def apart(one: dt.datetime, other: dt.datetime) -> dt.timedelta:
    """How far apart two moments are at least; where one's zone is not known, quarters of an hour may be the zones'."""
    if one.tzinfo and other.tzinfo:
        return abs(one - other)
    wall = abs(one.replace(tzinfo=None) - other.replace(tzinfo=None))
    if bool(one.tzinfo) == bool(other.tzinfo) or wall > ANY_ZONE:
        return wall
    return min(wall % QUARTER, QUARTER - wall % QUARTER)
