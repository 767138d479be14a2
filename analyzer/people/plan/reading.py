"""The plan as a file, `<recording name>.plan.toml`: where it lies, reading it, checking it, writing it.

    date = 2026-05-12                  # a date, or a date and time: 2026-05-12T14:00:00
    customer = "Northwind Foods"
    customer_is = "returning"          # optional: "new" or "returning"
    reason = "why the manager comes along, in one sentence"
    ride_along = "support"             # optional: "observe", "support", "co-sell" or "model"; each has its own band
    parts = ["dialled again.m4a"]      # optional: the files in which the recording goes on, in order

    [[attendee]]                       # once for each person on the call
    name = "Dana Reyes"
    side = "team"                      # or "customer"
    role = "salesperson"               # manager, specialist, customer, or any word
    lead = true                        # for exactly one attendee, of the team
    aliases = ["Dana R."]              # optional

    [[agenda]]
    title = "Where dispatch stands today"
    lead = "Dana Reyes"                # an attendee: name, alias, or a first name only one of them has
    keywords = ["dispatch", "late deliveries"]
    minutes = 5                        # optional: how long it is planned to take
    start = "0:45"                     # optional, when known: m:ss, h:mm:ss or seconds, from the recording's start
    end = "3:10"                       # optional

    [[objective]]
    text = "Agree on a four-week pilot in one depot"
    keywords = ["pilot", "four weeks", "depot"]

    [exception]                        # optional; counts only when declared before the call
    kind = "final_presentation"        # or "new_salesperson", "other"
    declared_on = 2026-05-10
    note = "…"                         # optional

    [[commitment]]                     # optional: what was agreed in the last debrief
    who = "Dana Reyes"
    text = "Ask one question before answering one"
    due = 2026-05-12                   # optional
    kept = true                        # optional; left out while no one knows

The file is UTF-8 TOML 1.0 of at most 1 MB. An empty text is one still to be filled in. Runs of blanks and line ends
in a text become one space. Keys that are not listed here are warned about and otherwise ignored.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from analyzer.errors import OutputError, UsageError
from analyzer.files import is_file, is_folder, sha256, write_atomically
from analyzer.people.hand_written import UNKNOWN, Finding, Naming, Reading, held_against, read_record
from analyzer.people.plan.plan import (
    AgendaItem,
    Attendee,
    CommitmentTable,
    DeclaredException,
    Objective,
    Plan,
    problems,
)
from analyzer.people.platform_names import told_by_name
from analyzer.people.positions import Document
from analyzer.people.toml_fields import Record, shown
from analyzer.timeline import SAMPLE_RATE, clock, seconds

SUFFIX = ".plan.toml"
PARTS = "parts"

_MEDIA_SUFFIX = re.compile(r"\.(?=[0-9]*[A-Za-z])[A-Za-z0-9]{1,5}")

_PEOPLE = """\
[[attendee]]
name = ""
side = "team"
role = "salesperson"
lead = true

[[attendee]]
name = ""
side = "team"
role = "manager"

[[attendee]]
name = ""
side = "customer"
role = "customer"
"""

_TEMPLATE = """\
# The plan for {name}
#
# Settle it together before the call, and fill in every empty "". Then: analyzer plan check

{date}
customer = ""
# customer_is = "new"

# 1. Is there a compelling reason to bring the manager? What can only they do on this call?
#    One sentence. If it will not come, the salesperson goes alone.
reason = ""

#    What do they come along for? "observe": to listen. "support": to help where it takes them. "co-sell": to sell
#    together. "model": to show how it is done, and then it is they who lead. Each has its own band for the lead share.
# ride_along = "support"

# 2. Who has which role? First the salesperson says how they see the roles, then the manager.
#    The salesperson's view:
#    The manager's view:
#
#    Everybody on the call, the customer's people too. Exactly one attendee leads (lead = true), one of the team.
#    side is "team" or "customer"; role is salesperson, manager, specialist, customer, or any word.
#    Other names they go by: aliases = ["…"]

{people}
# 3. Who does what on which agenda item? One [[agenda]] for each item, each with one attendee who leads it.
#    An item that is planned for the manager or a specialist is a planned hand-over, and no take-over.
#    keywords are words that will be said in it: they are how it is found in the recording.

{agenda}
# 4. What is the call to reach? One [[objective]] for each; the debrief asks about every one of them.

[[objective]]
text = ""
keywords = []

# 5. Is this call an exception, where somebody else may lead? It counts only when declared here before the call.
#    kind is "final_presentation", "new_salesperson" or "other".

# [exception]
# kind = "new_salesperson"
# declared_on = 2026-05-10
# note = "…"

# 6. What was agreed in the last debrief? One [[commitment]] for each; add kept = true or false once it is known.

# [[commitment]]
# who = "First Last"
# text = "…"
# due = 2026-05-12
"""


def plan_path(recording: Path) -> Path:
    """Where the plan of `recording` lies, or would lie: beside it, as `<recording name without suffix>.plan.toml`.

    Recordings that differ only in the suffix (`call.m4a`, `call.mp4`) are one call saved twice as a rule, and share
    `call.plan.toml`. Where they are not, `call.mp4.plan.toml` is the plan of `call.mp4` alone, and comes first. A
    folder of tracks keeps its whole name; so does a name that ends in no suffix of a media file (`call 12.5.2026`).
    """
    if recording.name in ("", ".."):  # "." and ".." are folders too, and have a name of their own
        recording = recording.resolve()
    own = recording.parent / (recording.name + SUFFIX)
    if is_file(own) or is_folder(recording) or not _MEDIA_SUFFIX.fullmatch(recording.suffix):
        return own
    return recording.parent / (recording.stem + SUFFIX)


def said_in(path: Path) -> dict[str, Any]:
    """What a plan says, as TOML has it; nothing where it is none: that is told when it is read as a plan."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}


def says_parts_alone(path: Path) -> bool:
    """Whether a plan says nothing but in which files the recording goes on."""
    return said_in(path).keys() == {PARTS}


def read_plan(path: Path) -> tuple[Plan, tuple[Finding, ...]]:
    """The plan in a file, and what it cannot answer (warnings), in the order of the lines.

    Raises:
        BadFileError: the file cannot be read, or something in it is wrong: the first error, and how many more.
    """
    reading = _read(path)
    return reading.whole(hint=": analyzer plan check lists them"), reading.findings


def check_plan(path: Path) -> tuple[Finding, ...]:
    """Everything wrong with a plan, and everything missing from it, in the order of the lines; empty when it is fine.

    Raises:
        BadFileError: the file is not there or cannot be opened.
    """
    return _read(path).findings


_KINDS: Mapping[str, type[Record]] = {
    "": Plan,
    "attendee": Attendee,
    "agenda": AgendaItem,
    "objective": Objective,
    "exception": DeclaredException,
    "commitment": CommitmentTable,
}


def plan_of_fields(fields: dict[str, Any], path: Path, named: Naming) -> Reading[Plan]:
    """The plan that a file with these keys would hold, and every finding about it; `named` as in `problems`."""
    return held_against(Document(fields), path, _KINDS, problems, named)


def _read(path: Path) -> Reading[Plan]:
    return read_record(
        path,
        _KINDS,
        problems,
        called="the plan",
        is_one="A plan is a page of text: check that this is one",
        missing="Check the name, or write a plan with analyzer plan new",
    )


def plan_toml(plan: Plan) -> str:
    """The plan as the text of its file: reading it gives the same records."""
    fields: dict[str, Any] = {"date": plan.date, "customer": plan.customer, "customer_is": plan.customer_is}
    fields |= {"reason": plan.reason, "ride_along": plan.ride_along, "parts": plan.parts}
    blocks = [_lines("", fields)]
    blocks += [_attendee_toml(who) for who in plan.attendees]
    for item in plan.agenda:
        fields = {"title": item.title, "lead": item.lead, "keywords": item.keywords}
        fields["minutes"] = None if item.length is None else _number(seconds(item.length) / 60)
        blocks.append(_lines("[[agenda]]", fields | {"start": _moment(item.start), "end": _moment(item.end)}))
    for objective in plan.objectives:
        blocks.append(_lines("[[objective]]", {"text": objective.text, "keywords": objective.keywords}))
    if plan.exception is not None:
        declared = plan.exception
        fields = {"kind": declared.kind, "declared_on": declared.declared_on, "note": declared.note}
        blocks.append(_lines("[exception]", fields))
    for agreed in plan.commitments:
        fields = {"who": agreed.who, "text": agreed.text, "due": agreed.due, "kept": agreed.kept}
        blocks.append(_lines("[[commitment]]", fields))
    return "\n".join(block for block in blocks if block)


def plan_state(path: Path) -> str:
    """What changes when a plan does; empty where there is none."""
    try:
        return sha256(path.read_bytes())[:16]
    except OSError:
        return ""


def keep_plan(path: Path, plan: Plan) -> None:
    """Writes a plan in the place of the one that is there, whose own comments stay, above it.

    Raises:
        UsageError: the plan that is there has keys that mean nothing, which would be lost.
        OutputError: it cannot be written.
    """
    comments = ""
    if is_file(path):
        strange = [one for one in check_plan(path) if one.what.startswith(UNKNOWN)]
        if strange:
            where = f"{path.name}, line {strange[0].line}"
            todo = "Correct it in the file itself"
            raise UsageError(f"{strange[0].field} is not known in a plan", where=where, todo=todo)
        known = set(_TEMPLATE.splitlines())
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        own = [line for line in lines if line.startswith("#") and line not in known and not _OF_TEMPLATE.match(line)]
        comments = "".join(f"{line}\n" for line in own) + ("\n" if own else "")
    write_atomically(path, f"{comments}{plan_toml(plan)}".encode(), elsewhere=None)


_OF_TEMPLATE = re.compile(r"# (The plan for |date = )|#    These lines stand in the invite")

_AGENDA = """\
[[agenda]]
title = {title}
lead = {lead}
keywords = []
# minutes = 5
"""
_FROM_INVITE = "#    These lines stand in the invite: take out what is none, and say who leads each.\n\n"


def plan_template(
    recording_name: str,
    *,
    attendees: Sequence[Attendee] = (),
    agenda: Sequence[str] = (),
    date: dt.date | None = None,
) -> str:
    """A plan still to be filled in, with the questions to settle before the call; `attendees` are filled in already.

    `agenda` has lines of an invite, to be confirmed. Without a `date` it is the one that the recording's name tells.
    """
    date = date or told_by_name(PurePath(recording_name)).day
    people = "\n".join(_attendee_toml(who) for who in attendees) or _PEOPLE
    lead = next((who.name for who in attendees if who.lead), "")
    return _TEMPLATE.format(
        name=shown(recording_name, 120),
        date="# date = 2026-05-12" if date is None else f"date = {date}",
        people=people,
        agenda=(_FROM_INVITE if agenda else "")
        + "\n".join(_AGENDA.format(title=toml_value(title), lead=toml_value(lead)) for title in agenda or ("",)),
    )


def write_plan_template(
    recording: Path,
    *,
    attendees: Sequence[Attendee] = (),
    agenda: Sequence[str] = (),
    date: dt.date | None = None,
) -> Path:
    """Writes the template beside `recording` (which need not be there yet) and returns its path.

    Without a `date` it is the one that the recording's name or folder tells. Of a plan that says in which files the
    recording goes on, and nothing else, that line stays.

    Raises:
        OutputError: there is a plan already, or none can be written there.
    """
    path = plan_path(recording)
    day = date or told_by_name(recording.absolute()).day
    text = plan_template(recording.name, attendees=attendees, agenda=agenda, date=day)
    if says_parts_alone(path):
        kept = path.read_text(encoding="utf-8-sig").rstrip()
        write_atomically(path, f"{kept}\n{text}".encode(), elsewhere=None)
        return path
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:  # fails where there is anything of that name
            try:
                file.write(text)
                file.flush()
            except OSError:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        todo = "Edit it, or move it away first"
        raise OutputError("there is a plan already", where=path, todo=todo) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        todo = "Check that the folder is there and may be written to"
        raise OutputError(f"the plan cannot be written ({reason})", where=path, todo=todo) from error
    return path


def _attendee_toml(who: Attendee) -> str:
    fields: dict[str, Any] = {"name": who.name, "side": who.side, "role": who.role, "lead": who.lead or None}
    return _lines("[[attendee]]", fields | {"aliases": who.aliases})


def _lines(header: str, fields: dict[str, Any]) -> str:
    lines = [header] if header else []
    lines += [f"{key} = {toml_value(value)}" for key, value in fields.items() if value is not None and value != ()]
    return "".join(line + "\n" for line in lines)


def toml_value(value: str | bool | float | dt.date | tuple[str, ...]) -> str:
    """A value as TOML writes it. The escapes of a JSON string are TOML's too; TOML adds that DEL must be escaped."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "[" + ", ".join(toml_value(element) for element in value) + "]"
    return repr(value)


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _moment(at: int | None) -> str | float | None:
    """A moment as people write it; as a number of seconds where the clock would lose a fraction."""
    if at is None:
        return None
    return clock(at) if at % SAMPLE_RATE == 0 else seconds(at)
