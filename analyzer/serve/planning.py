"""The plan of a call as a form: of the next one, and of one that was held.

It is the file that `analyzer plan` knows, checked by the same rules and written by the same code. What is wrong stands
beside its field. A plan for a recording that is to be dropped in waits for it in a folder of its own.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from analyzer import session
from analyzer.call.parts import plan_beside
from analyzer.debrief.first_screen import first_screen
from analyzer.debrief.phrases import beginning
from analyzer.debrief.results import read_call
from analyzer.errors import ChangedMeanwhileError, UsageError, visible
from analyzer.files import id_of, is_file, is_folder
from analyzer.library.scan import RECORDINGS
from analyzer.library.summary import CallSummary
from analyzer.people.hand_written import Finding
from analyzer.people.plan.plan import CUSTOMERS_ARE, EXCEPTION_KINDS, RIDE_ALONGS, Plan
from analyzer.people.plan.reading import SUFFIX, check_plan, keep_plan, plan_of_fields, plan_path, plan_state, said_in
from analyzer.people.positions import Place
from analyzer.serve.forms import text_of
from analyzer.serve.taking_in import NAMELESS, plain_name
from analyzer.serve.views import MissingError, Views
from analyzer.serve.writes import Form, Writes
from analyzer.wording import N_, _

log = logging.getLogger(__name__)

MOST_ROWS = 40
SPARE = {"attendee": 2, "agenda": 2, "objective": 1}
LEAST = {"attendee": 4, "agenda": 3, "objective": 2}
"""How many empty rows a form has beside those that are filled in, and how many rows at least."""
ROWS: Mapping[str, Sequence[str]] = {
    "attendee": ("name", "side", "role", "aliases"),
    "agenda": ("title", "lead", "keywords", "minutes", "start", "end"),
    "objective": ("text", "keywords"),
}
FIRST = {"attendee": ("name", "role"), "agenda": ("title", "keywords"), "objective": ("text", "keywords")}
"""The fields by which a row is filled in."""
LINES = {"attendee": "the people", "agenda": "the agenda", "objective": "the objectives"}
LISTS = ("aliases", "keywords")
FOLDERS, LOOKED_AT = 3, 50
"""How many folders of recordings are offered for a plan, of how many of the latest calls."""
EARLIER = 5
"""The latest calls, with whose people a plan can begin."""
LONGEST = 2000
KINDS_IN_WORDS = {
    "final_presentation": N_("a final presentation"),
    "new_salesperson": N_("a new salesperson"),
    "other": N_("other"),
}
ALONG_IN_WORDS = {
    "observe": N_("to listen"),
    "support": N_("to help where it takes them"),
    "co-sell": N_("to sell together"),
    "model": N_("to show how it is done"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that waits for its recording; `dropped` when that is to be dropped in."""

    path: Path
    dropped: bool

    @property
    def id(self) -> str:
        """What stands for it in an address."""
        return id_of(str(self.path))

    @property
    def name(self) -> str:
        """What the recording is to be called."""
        return visible(self.path.name.removesuffix(SUFFIX))


class Planning:
    """The pages of plans, and what is written in them."""

    def __init__(self, views: Views, writes: Writes) -> None:
        self.views = views
        self.writes = writes
        self._lock = threading.Lock()

    # What there is

    def _folders(self, around: CallSummary | None) -> Sequence[Path]:
        """Folders in which recordings of the latest calls lie; that of `around` first."""
        calls = ([around] if around is not None else []) + list(self.views.known.now().calls[:LOOKED_AT])
        found: dict[Path, None] = {}
        out = self.views.serving.settings.out.resolve()
        for call in calls:
            recording = self.views.known.folder(call).recording()
            if recording is not None and is_folder(recording.parent) and not recording.is_relative_to(out):
                found[recording.parent] = None
        return list(found)[:FOLDERS]

    def waiting(self) -> Iterator[Planned]:
        """The plans whose recordings are still to come."""
        yield from (Planned(path, dropped=True) for path in self.views.dropped.planned())
        for folder in self._folders(None):
            try:
                paths = list(folder.iterdir())
            except OSError:
                continue
            heard = {path.stem for path in paths if path.suffix[1:].casefold() in RECORDINGS}
            heard |= {path.name for path in paths}  # a folder of tracks, or a plan for one of several endings
            for path in sorted(path for path in paths if path.name.endswith(SUFFIX)):
                if path.name.removesuffix(SUFFIX) not in heard:
                    yield Planned(path, dropped=False)

    def listed(self, request: Request) -> Response:
        """The plans whose recordings are still to come."""
        return self.views.shown(request, "plans.html.j2", N_("Plans"), {"waiting": list(self.waiting())})

    # The form

    def new(self, request: Request) -> Response:
        """A plan for the next call; that of the people of another one, where it is said which."""
        now = self.views.now(request)
        last = now.by_id.get(request.query_params.get("from", ""))
        values = self._of_last(last) if last is not None else {}
        return self._form(request, _("Plan a call"), "/plans/new", values, last=last)

    def _of_last(self, last: CallSummary) -> dict[str, str]:
        """What the next call of the same people has in common with the last one."""
        record = read_call(self.views.known.folder(last))
        values = {"customer": record.customer or "", "from": id_of(last.folder)}
        attendees = record.plan.attendees if record.plan is not None else ()
        people: list[tuple[str, str, str]] = [(one.name, one.side, one.role) for one in attendees]
        listed = {name for name, _side, _role in people}
        for person in record.people:
            if person.name is not None and person.side in ("team", "customer") and person.name not in listed:
                people.append((person.name, person.side, person.role or ""))
        seller = record.lead.salesperson
        lead = record.plan.lead if record.plan is not None else record.person(seller).name if seller else None
        for number, (name, side, role) in enumerate(people, start=1):
            row = {"name": name or "", "side": side or "", "role": role or ("customer" if side == "customer" else "")}
            values |= {f"attendee[{number}].{key}": text for key, text in row.items()}
            if name == lead:
                values["lead"] = str(number)
                values[f"attendee[{number}].role"] = row["role"] or "salesperson"
        if (one := first_screen(record).next_call) is not None and one.promised:
            values["objective[1].text"] = one.text
        return values

    def of_waiting(self, request: Request) -> Response:
        """A plan whose recording is still to come."""
        planned = self._planned(request)
        return self._edited(request, planned.path, _("Plan: {call}", call=planned.name), f"/plans/{planned.id}")

    def of_call(self, request: Request) -> Response:
        """The plan of a call that was held."""
        call = self.views.call_of(request)
        path = self._beside(call)
        id = id_of(call.folder)
        return self._edited(request, path, _("Plan: {call}", call=call.name), f"/calls/{id}/plan", call=call)

    def _planned(self, request: Request) -> Planned:
        found = next((one for one in self.waiting() if one.id == request.path_params["id"]), None)
        if found is None:
            raise MissingError
        return found

    def _beside(self, call: CallSummary) -> Path:
        """Where the plan of a call lies, or would lie.

        Raises:
            UsageError: its recording is not there any more.
        """
        there = self.views.known.folder(call).recording_there()
        if there is None:
            raise UsageError("its recording is not here any more, so its plan cannot be changed", where=call.name)
        return plan_beside(there) or plan_path(there)

    def _edited(
        self, request: Request, path: Path, title: str, address: str, call: CallSummary | None = None
    ) -> Response:
        fields = said_in(path)
        findings = check_plan(path) if is_file(path) else ()
        values = _values(fields)
        return self._form(request, title, address, values, path=path, findings=findings, call=call)

    def _form(
        self,
        request: Request,
        title: str,
        address: str,
        values: Mapping[str, str],
        *,
        path: Path | None = None,
        findings: Iterable[Finding] = (),
        told: Mapping[str, tuple[str, str]] | None = None,
        last: CallSummary | None = None,
        call: CallSummary | None = None,
        status: int = 200,
    ) -> Response:
        now, findings = self.views.now(request), list(findings)
        around = self.views.around(request, call)
        rows = {key: max(_rows(values, key), default=0) for key in ROWS}
        folders = self._folders(last) if path is None else ()
        return self.views.shown(
            request,
            "plan.html.j2",
            title,
            {
                "address": address,
                "values": values,
                "rows": {key: range(1, max(LEAST[key], rows[key] + SPARE[key]) + 1) for key in ROWS},
                "told": _told(findings) | dict(told or {}),
                "wrong": any(one.severity == "error" for one in findings) or bool(told),
                "state": values.get("state", plan_state(path) if path is not None else ""),
                "is_new": path is None,
                "folders": [(id_of(str(folder)), visible(folder.name)) for folder in folders],
                "people": sorted(now.people.values()),
                "customers": now.customers,
                "kinds": [(kind, KINDS_IN_WORDS[kind]) for kind in EXCEPTION_KINDS],
                "alongs": [(kind, ALONG_IN_WORDS[kind]) for kind in RIDE_ALONGS],
                "customers_are": CUSTOMERS_ARE,
                "last": last,
                "earlier": now.calls[:EARLIER] if path is None and last is None else (),
                **({name: around[name] for name in ("call_id", "call_places", "last_change")} if call else {}),
            },
            status=status,
        )

    # What is written

    def made(self, request: Request, form: Form) -> Response:
        """A plan is written for a call to come."""
        last = self.views.now(request).by_id.get(text_of(form, "from"))
        title = plain_name(text_of(form, "title") or f"{text_of(form, 'date')} {text_of(form, 'customer')}")
        folder = self._folder(text_of(form, "place"), title, last)
        path = folder / f"{title}{SUFFIX}"
        findings = plan_of_fields(_fields(form), path, _line).findings
        told = {}
        if is_file(path):
            told["title"] = ("error", _("There is a plan of that name already."))
        elif title == NAMELESS:
            told["title"] = ("error", _("Say what the recording will be called, or its date and the customer."))
        if told or any(one.severity == "error" for one in findings):
            return self._form(
                request,
                _("Plan a call"),
                "/plans/new",
                form,
                findings=_as_sent(findings, form),
                told=told,
                last=last,
                status=400,
            )
        self._kept(path, form, request.scope["user"])
        dropped = folder.parent == self.views.dropped.folder
        then = _("The plan is kept. It holds for a recording of that name there.")
        if dropped:
            then = _("The plan is kept. Drop its recording in with this plan chosen.")
        return self.writes.go(f"/plans/{id_of(str(path))}", then)

    def _folder(self, place: str, title: str, last: CallSummary | None) -> Path:
        """The folder in which a recording will lie."""
        if not place:
            return self.views.dropped.folder / title
        found = [folder for folder in (*self._folders(last), *self._folders(None)) if id_of(str(folder)) == place]
        if not found:
            raise UsageError("that folder is not known any more", todo="Choose another")
        return found[0]

    def changed(self, request: Request, form: Form) -> Response:
        """A plan that waits for its recording is changed."""
        planned = self._planned(request)
        address = f"/plans/{planned.id}"
        wrong = self._wrong(request, form, planned.path, _("Plan: {call}", call=planned.name), address)
        if wrong is not None:
            return wrong
        self._kept(planned.path, form, request.scope["user"])
        return self.writes.go(address, _("The plan is kept."))

    def changed_of_call(self, request: Request, form: Form) -> Response:
        """The plan of a call that was held is changed, and its results with it."""
        call = self.views.call_of(request)
        path, address = self._beside(call), f"/calls/{id_of(call.folder)}/plan"
        wrong = self._wrong(request, form, path, _("Plan: {call}", call=call.name), address, call)
        if wrong is not None:
            return wrong
        self._kept(path, form, request.scope["user"])
        done = session.refresh(self.views.known.folder(call).path, self.views.serving.settings, None)
        return self.writes.kept(address, done, _("The plan is kept, and the debrief follows it."))

    def _wrong(
        self, request: Request, form: Form, path: Path, title: str, address: str, call: CallSummary | None = None
    ) -> Response | None:
        """The form again with what is wrong in it; None when all is well."""
        findings = plan_of_fields(_fields(form, said_in(path)), path, _line).findings
        if not any(one.severity == "error" for one in findings):
            return None
        sent = _as_sent(findings, form)
        return self._form(request, title, address, form, path=path, findings=sent, call=call, status=400)

    def _kept(self, path: Path, form: Form, by: str) -> None:
        """Writes a plan.

        Raises:
            ChangedMeanwhileError: it is another one than the form was filled in for.
            OutputError: it cannot be written.
        """
        with self._lock:
            if text_of(form, "state") != plan_state(path):
                todo = "Look at it as it is now, and say it then"
                raise ChangedMeanwhileError("the plan was changed meanwhile", where=visible(path.name), todo=todo)
            plan: Plan = plan_of_fields(_fields(form, said_in(path)), path, _line).whole()
            keep_plan(path, plan)
        log.info("%s: written by %s", path, by)


def _rows(values: Mapping[str, str], key: str) -> Iterator[int]:
    """The numbers of the rows of a table that are filled in."""
    for number in range(1, MOST_ROWS + 1):
        if any(values.get(f"{key}[{number}].{name}", "").strip() for name in FIRST[key]):
            yield number


def _fields(form: Form, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a form says, as a plan's file would have it; what the form does not ask for stays as it was."""
    found: dict[str, Any] = {key: (before or {})[key] for key in ("parts", "commitment") if key in (before or {})}
    for key in ("customer", "customer_is", "reason", "ride_along"):
        if text := text_of(form, key, LONGEST):
            found[key] = text
    if text := text_of(form, "date"):
        found["date"] = _date(text)
    for key, names in ROWS.items():
        tables = []
        for number in _rows(form, key):
            texts = {name: text_of(form, f"{key}[{number}].{name}", LONGEST) for name in names}
            table: dict[str, Any] = {name: text for name, text in texts.items() if text and name not in LISTS}
            for name in LISTS:
                if name in texts and (words := [word for part in texts[name].split(",") if (word := part.strip())]):
                    table[name] = words
            if "minutes" in table:
                table["minutes"] = _number(table["minutes"])
            if key == "attendee" and text_of(form, "lead") == str(number):
                table["lead"] = True
            tables.append(table)
        if tables:
            found[key] = tables
    if text_of(form, "exception.kind"):
        exception = {name: text_of(form, f"exception.{name}", LONGEST) for name in ("kind", "declared_on", "note")}
        found["exception"] = {name: text for name, text in exception.items() if text}
        if "declared_on" in found["exception"]:
            found["exception"]["declared_on"] = _date(exception["declared_on"])
    return found


def _date(text: str) -> dt.date | str:
    try:
        return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)
    except ValueError:
        return text


def _number(text: str) -> float | str:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _values(fields: Mapping[str, Any]) -> dict[str, str]:
    """What stands in a plan's file as the form shows it."""
    values = {
        key: _text(fields[key]) for key in ("date", "customer", "customer_is", "reason", "ride_along") if key in fields
    }
    for key, names in ROWS.items():
        tables = fields.get(key, ())
        for number, table in enumerate(tables if isinstance(tables, list) else (), start=1):
            for name in names:
                if isinstance(table, dict) and name in table:
                    values[f"{key}[{number}].{name}"] = _text(table[name])
            if isinstance(table, dict) and table.get("lead") is True:
                values["lead"] = str(number)
    exception = fields.get("exception")
    for name in ("kind", "declared_on", "note"):
        if isinstance(exception, dict) and name in exception:
            values[f"exception.{name}"] = _text(exception[name])
    return values


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _as_sent(findings: Sequence[Finding], form: Form) -> Iterator[Finding]:
    """The findings at the rows of the form, in which there may be empty ones between."""
    rows = {key: list(_rows(form, key)) for key in ROWS}
    for one in findings:
        found = re.match(r"(\w+)\[(\d+)\]", one.field)
        if found is None or found[1] not in rows:
            yield one
            continue
        number = rows[found[1]][int(found[2]) - 1]
        yield replace(one, field=f"{found[1]}[{number}]{one.field[found.end() :]}")


def _told(findings: Iterable[Finding]) -> dict[str, tuple[str, str]]:
    """What is said beside each field, and whether it is an `error` or a `warning`; errors first."""
    told: dict[str, tuple[str, str]] = {}
    for one in sorted(findings, key=lambda one: one.severity):
        field = re.sub(r"(aliases|keywords)\[\d+\]$", r"\1", one.field)
        told.setdefault(field, (one.severity, f"{beginning(one.what).rstrip('.')}."))
    return told


def _line(place: Place) -> str:
    """How a sentence calls another row."""
    return f"line {int(place[1]) + 1} of {LINES.get(str(place[0]), place[0])}" if len(place) > 1 else str(place[0])
