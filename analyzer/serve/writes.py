"""What a person changes in the browser. Every change goes through `session`, as from a terminal."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from analyzer import session
from analyzer.call.folder import CallFolder
from analyzer.debrief.record import CallRecord
from analyzer.debrief.results import read_call
from analyzer.errors import AnalyzerError, UsageError
from analyzer.files import id_of
from analyzer.people.splits import parse_stretch
from analyzer.serve.forms import text_of
from analyzer.serve.known import Known
from analyzer.serve.serving import Serving
from analyzer.serve.views import MissingError, Views
from analyzer.session import Done
from analyzer.wording import _

log = logging.getLogger(__name__)

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What a form says of the voices of a call beside what is known; `enrols` are those whose voices are kept."""

    names: Mapping[str, str]
    sides: Mapping[str, str]
    roles: Mapping[str, str]
    seller: str | None
    enrols: Mapping[str, str]


def _told(record: CallRecord, form: Form) -> Told:
    """What a form says that is not so yet.

    Raises:
        UsageError: a voice is to be kept that has no name.
    """
    names: dict[str, str] = {}
    sides: dict[str, str] = {}
    roles: dict[str, str] = {}
    enrols: dict[str, str] = {}
    for person in record.people:
        key = person.key
        name, side, role = (text_of(form, f"{what}.{key}") for what in ("name", "side", "role"))
        if same := text_of(form, f"same.{key}"):
            names[key] = same
            continue
        if text_of(form, f"enrol.{key}"):
            if not (named := name or person.name or ""):
                raise UsageError(f"{person.label} has no name yet", todo="Say whose voice it is, then keep it")
            enrols[key] = named
        elif name and name != (person.name or ""):
            names[key] = name
        if side and side != (person.side or ""):
            sides[key] = side
        if role and role != (person.role or ""):
            roles[key] = role
    seller = text_of(form, "salesperson")
    return Told(names, sides, roles, seller if seller and seller != record.lead.salesperson else None, enrols)


class Writes:
    """Every change; each method answers one address, with the fields of a form."""

    def __init__(self, serving: Serving, known: Known, views: Views) -> None:
        self.serving = serving
        self.known = known
        self.views = views

    def _folder(self, request: Request) -> CallFolder:
        return self.known.folder(self.views.call_of(request))

    def kept(self, address: str, done: Done, *more: str) -> Response:
        """Notes a change in the catalog, and goes on to a page that tells of it."""
        told = [text for text in (*more, *done.remarks) if text]
        self.known.changed(told.append)
        return self.go(address, " ".join(told))

    def go(self, address: str, message: str = "") -> Response:
        """Sends the browser on to a page, with a message on it."""
        path, mark, place = address.partition("#")
        told = f"?told={self.views.messages.keep(message)}" if message else ""
        return RedirectResponse(f"{path}{told}{mark}{place}", 303)

    def who(self, request: Request, form: Form) -> Response:
        """Names, sides, roles, who is the same person, and who sells: what was changed of it is one correction."""
        folder = self._folder(request)
        said = _told(read_call(folder), form)
        address = f"/calls/{id_of(folder.name)}/who"
        if said == Told({}, {}, {}, None, {}):
            return self.go(address, _("Nothing was changed."))
        settings, by, seen = self.serving.settings, request.scope["user"], text_of(form, "seen")
        done: Done | None = None
        if said.names or said.sides or said.roles or said.seller:
            done = session.name(
                folder.path,
                settings,
                names=said.names,
                sides=said.sides,
                roles=said.roles,
                salesperson=said.seller,
                by=by,
                seen=seen,
            )
            seen = folder.said()
        if said.enrols:
            done = session.name(folder.path, settings, names=said.enrols, enrol=True, by=by, seen=seen)
            self.known.changed(log.warning)  # the names hold, whatever becomes of the voices
            session.enrol_named(done, said.enrols, consent=dt.date.today())
        assert done is not None
        return self.kept(address, done, _("Saved. The voice is kept.") if said.enrols else _("Saved."))

    def lines(self, request: Request, form: Form) -> Response:
        """A line, or a stretch, is somebody else's."""
        folder = self._folder(request)
        stretch = f"{text_of(form, 'who')}@{text_of(form, 'first')}-{text_of(form, 'last')}"
        _speaker, span = parse_stretch(stretch)
        to = text_of(form, "to")
        if not to:
            raise UsageError("it is not said whose it is", todo="Write a name")
        record = read_call(folder)
        known = {person.label: person.key for person in record.people}
        done = session.name(
            folder.path,
            self.serving.settings,
            names={stretch: known.get(to, to)},
            by=request.scope["user"],
            seen=text_of(form, "seen"),
        )
        at = span.start / 16000
        address = f"/calls/{id_of(folder.name)}/listen#t={at:g}"
        first, last = text_of(form, "first"), text_of(form, "last")
        now = _("From {first} to {last} it is {who} now.", first=first, last=last, who=to)
        return self.kept(address, done, now)

    def undo(self, request: Request, form: Form) -> Response:
        """The last correction is taken back."""
        folder = self._folder(request)
        done = session.undo(folder.path, self.serving.settings, by=request.scope["user"], seen=text_of(form, "seen"))
        return self.kept(f"/calls/{id_of(folder.name)}/who", done)

    def failure(self, request: Request, form: Form) -> Response:
        """A recording that was set aside is tried again by the next night."""
        found = [one for one in self.known.failures() if id_of(one.subject) == request.path_params["id"]]
        if not found:
            raise MissingError
        self.known.catalog.clear(found[0].subject)
        return self.go("/", _("The next nightly run tries it again."))


def status_of(error: AnalyzerError) -> int:
    """What a browser is told of a failure."""
    from analyzer.errors import BusyError, ChangedMeanwhileError
    from analyzer.serve.forms import RefusedError

    if isinstance(error, RefusedError):
        return error.status
    if isinstance(error, ChangedMeanwhileError | BusyError):
        return 409
    return 400 if isinstance(error, UsageError) else 500
