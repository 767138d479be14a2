"""JSON that other programs write about a call: Zoom's timeline, and exports of Gong, Fireflies and Contact Lens.

* Zoom's timeline says who talks when as Zoom heard it, with mail addresses, and which name is a room
  (`multiple_people`). It is taken for who was there, and not for when they spoke.
* Gong's API gives two files: `call-extensive` has who was there, on which side, and `call-transcript` who said what,
  by numbers. `together` brings the two together.
* Fireflies has names, times and the words; its mail addresses are those of everybody who was invited.
* Amazon Connect Contact Lens knows the agent and the customer, and the name of neither.

Parts that are not as they should be are left out and counted.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analyzer.people.names import folded, one_line
from analyzer.people.side import PersonSide
from analyzer.people.sidecars.cue_names import named, tidy_name
from analyzer.people.sidecars.sidecar import NamedCue, Sidecar, SidecarPerson
from analyzer.timeline import Span, samples

LONGEST = 1000 * 3600.0
"""Seconds that no moment of a call reaches."""
LONGEST_TEXT = 200
"""Characters of the longest title, or other text that is no speech."""
_ROLES: dict[str, PersonSide] = {"agent": "team", "supervisor": "team", "customer": "customer"}
_AFFILIATIONS: dict[str, PersonSide] = {"internal": "team", "external": "customer"}


@dataclass(slots=True)
class _Parts:
    """The parts of a file while they are read: how many there are, and how many of them could not be."""

    count: int = 0
    lost: int = 0

    def each(self, parts: Any) -> Iterator[dict[str, Any]]:
        """The objects of a list; what is none is lost."""
        for part in parts if isinstance(parts, list) else ():
            self.count += 1
            if isinstance(part, dict):
                yield part
            else:
                self.lost += 1

    def span(self, start: Any, end: Any, scale: float) -> Span | None:
        """The stretch between two numbers that count `scale` seconds; None, and lost, when they are none."""
        at = [value * scale if _is_number(value) else math.nan for value in (start, end)]
        if not 0 <= at[0] <= at[1] < LONGEST:
            self.lost += 1
            return None
        return Span(samples(at[0]), samples(at[1])) if samples(at[0]) < samples(at[1]) else None

    @property
    def told(self) -> str:
        """How many could not be read, in words; empty for none."""
        return f"{self.lost} of {self.count} parts of it could not be read" if self.lost else ""


def read_export(path: Path, raw: bytes) -> Sidecar | None:
    """What an export says; None when it is none of those that are known."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return Sidecar(path, "transcript", lost="it could not be read (it is not valid JSON)")
    for key in ("data", "transcript"):  # as the API wraps it
        if isinstance(data, dict) and isinstance(data.get(key), dict):
            data = data[key]
    for key, read in _READERS.items():
        if isinstance(data, dict) and isinstance(data.get(key), list):
            return read(path, data, _Parts())
    return None


def _timeline(path: Path, data: dict[str, Any], parts: _Parts) -> Sidecar:
    people: dict[str, SidecarPerson] = {}
    rooms: dict[str, None] = {}
    for moment in parts.each(data["timeline"]):
        for user in parts.each(moment.get("users")):
            written = _text(user.get("username"))
            name = tidy_name(written)
            if name is not None and user.get("multiple_people") is True:
                rooms[name] = None
            elif name is not None:
                person = SidecarPerson(name, (written,), mail=_mail(user.get("email_address")))
                people.setdefault(folded(name), person)
    there = tuple(person for person in people.values() if person.name not in rooms)
    return Sidecar(path, "names", people=there, rooms=tuple(rooms), lost=parts.told)


def _gong_calls(path: Path, data: dict[str, Any], parts: _Parts) -> Sidecar:
    calls = list(parts.each(data["calls"]))
    if len(calls) != 1:
        return Sidecar(path, "names", lost=f"it holds {len(calls)} calls, and not this one alone")
    about = calls[0].get("metaData")
    about = about if isinstance(about, dict) else {}
    people = []
    for party in parts.each(calls[0].get("parties")):
        number, methods = _text(party.get("speakerId")), party.get("methods")
        if not number and isinstance(methods, list) and "Attendee" not in methods:
            continue  # was invited, and did not come
        written = _text(party.get("name"))
        name = tidy_name(written)
        side = _AFFILIATIONS.get(_text(party.get("affiliation")).lower())
        forms = tuple(form for form in (written, number) if form)
        mail = _mail(party.get("emailAddress"))
        called = name or mail or number or "somebody"
        people.append(SidecarPerson(called, forms, side, mail=mail, anonymous=name is None))
    title, began = _text(about.get("title")), _moment(about.get("started"))
    return Sidecar(path, "names", people=tuple(people), title=title, began=began, lost=parts.told)


def _gong_transcripts(path: Path, data: dict[str, Any], parts: _Parts) -> Sidecar:
    calls = list(parts.each(data["callTranscripts"]))
    if len(calls) != 1:
        return Sidecar(path, "transcript", lost=f"it holds {len(calls)} calls, and not this one alone")
    cues = []
    for monologue in parts.each(calls[0].get("transcript")):
        who = _text(monologue.get("speakerId")) or None
        for sentence in parts.each(monologue.get("sentences")):
            span = parts.span(sentence.get("start"), sentence.get("end"), 0.001)
            if span is not None:
                cues.append(NamedCue(span, who, _said(sentence.get("text"))))
    numbers = dict.fromkeys(cue.name for cue in cues if cue.name is not None)
    people = tuple(SidecarPerson(number, (number,), anonymous=True) for number in numbers)
    return Sidecar(path, "transcript", _in_order(cues), people, lost=parts.told)


def _fireflies(path: Path, data: dict[str, Any], parts: _Parts) -> Sidecar:
    said = []
    for sentence in parts.each(data["sentences"]):
        span = parts.span(sentence.get("start_time"), sentence.get("end_time"), 1.0)
        said.append((span, _text(sentence.get("speaker_name")), _said(sentence.get("text"))))
    cues, people = named(said)
    mails = [_mail(one) for one in _list(data.get("participants"))]
    mails += [_mail(one.get("email")) for one in _list(data.get("meeting_attendees")) if isinstance(one, dict)]
    people = with_mails(people, [mail for mail in dict.fromkeys(mails) if mail is not None])
    title, began = _text(data.get("title")), _moment(data.get("date")) or _moment(data.get("dateString"))
    return Sidecar(path, "transcript", cues, people, lost=parts.told, title=title, began=began)


def _contact_lens(path: Path, data: dict[str, Any], parts: _Parts) -> Sidecar:
    sides = {
        _text(one.get("ParticipantId")): _ROLES.get(_text(one.get("ParticipantRole")).lower())
        for one in parts.each(data.get("Participants"))
    }
    cues = []
    for turn in parts.each(data["Transcript"]):
        span = parts.span(turn.get("BeginOffsetMillis"), turn.get("EndOffsetMillis"), 0.001)
        if span is not None:
            cues.append(NamedCue(span, _text(turn.get("ParticipantId")) or None, _said(turn.get("Content"))))
    called = dict.fromkeys(cue.name for cue in cues if cue.name is not None)
    people = tuple(SidecarPerson(name, (name,), sides.get(name), anonymous=True) for name in called)
    return Sidecar(path, "transcript", _in_order(cues), people, lost=parts.told)


_READERS = {
    "timeline": _timeline,
    "calls": _gong_calls,
    "callTranscripts": _gong_transcripts,
    "sentences": _fireflies,
    "Transcript": _contact_lens,
}


def together(sidecars: Iterable[Sidecar]) -> tuple[Sidecar, ...]:
    """The sidecars of one call as they complete each other.

    A number that stands for somebody in one (Gong's transcript) gets the name that another has for it; what one knows
    to be a room names no voice in any.
    """
    read = tuple(sidecars)
    numbers = {
        form: one for sidecar in read if sidecar.kind == "names" for one in sidecar.people for form in one.written
    }
    rooms = {folded(room): room for sidecar in read for room in sidecar.rooms}
    return tuple(_completed(sidecar, numbers, rooms) for sidecar in read)


def _completed(sidecar: Sidecar, numbers: dict[str, SidecarPerson], rooms: dict[str, str]) -> Sidecar:
    if sidecar.kind == "people":
        return sidecar
    new = {one.name: numbers[one.name] for one in sidecar.people if one.anonymous and one.name in numbers}
    own = {folded(one.name): one.name for one in sidecar.people}
    in_rooms = {own[room] for room in own.keys() & rooms.keys()}
    if not new and not in_rooms:
        return sidecar
    people = tuple(new.get(one.name, one) for one in sidecar.people if one.name not in in_rooms)
    cues = tuple(
        replace(cue, name=None if cue.name in in_rooms else new[cue.name].name)
        if cue.name in {*in_rooms, *new}
        else cue
        for cue in sidecar.cues
    )
    known = (*sidecar.rooms, *sorted(in_rooms))
    return replace(sidecar, people=people, cues=cues, rooms=tuple(dict.fromkeys(known)))


def with_mails(people: Sequence[SidecarPerson], mails: Sequence[str]) -> tuple[SidecarPerson, ...]:
    """The people with those of the addresses that can be one person's alone: `dana.reyes@`, `dreyes@`, `dana@`."""
    fits = {mail: [one.name for one in people if _may_be_of(mail, one.name)] for mail in mails}
    of = {names[0]: mail for mail, names in fits.items() if len(names) == 1}
    twice = {name for name in of if sum(names == [name] for names in fits.values()) > 1}
    return tuple(replace(one, mail=one.mail or (None if one.name in twice else of.get(one.name))) for one in people)


def _may_be_of(mail: str, name: str) -> bool:
    local = folded(mail.partition("@")[0].partition("+")[0])
    words = folded(name).split()
    parts = [part for part in local.replace("_", ".").replace("-", ".").split(".") if part]
    initials = (
        {words[0][:1] + "".join(words[1:]), words[0] + words[-1][:1], "".join(words)} if len(words) > 1 else set()
    )
    return bool(parts) and (set(parts) <= set(words) or "".join(parts) in initials)


def _in_order(cues: Iterable[NamedCue]) -> tuple[NamedCue, ...]:
    return tuple(sorted(cues, key=lambda cue: cue.span))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _said(value: Any) -> str:
    """What is said, on one line."""
    return one_line(value.encode("utf-8", "replace").decode()) if isinstance(value, str) else ""


def _text(value: Any) -> str:
    """A short text, or a number as one; empty for anything else."""
    return _said(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)[:LONGEST_TEXT]


def _mail(value: Any) -> str | None:
    text = _text(value)
    return text if "@" in text[1:-1] and " " not in text else None


def _moment(value: Any) -> dt.datetime | None:
    """A moment as ISO 8601 writes it, or in milliseconds since 1970."""
    try:
        if _is_number(value):
            return dt.datetime.fromtimestamp(value / 1000, dt.UTC)
        return dt.datetime.fromisoformat(_text(value))
    except (ValueError, OverflowError, OSError):
        return None
