"""Notes at a moment of a call, written while it is heard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from analyzer import session
from analyzer.call.folder import CallFolder
from analyzer.debrief.conversation import notes
from analyzer.debrief.results import read_call
from analyzer.errors import UsageError
from analyzer.files import id_of
from analyzer.people.splits import parse_moment
from analyzer.serve.forms import text_of
from analyzer.serve.views import Views
from analyzer.serve.writes import Form, Writes
from analyzer.wording import _

Change = Callable[[CallFolder, str, str], None]
"""Does something with the notes in a folder, of a recording (its hash), now (ISO 8601)."""


class Noting:
    """What is done with the notes of a call."""

    def __init__(self, views: Views, writes: Writes) -> None:
        self.views = views
        self.writes = writes

    def _kept(self, request: Request, message: str, place: str, change: Change) -> Response:
        folder = self.views.known.folder(self.views.call_of(request))
        recording = read_call(folder).recording.sha256
        now = dt.datetime.now().astimezone().isoformat(timespec="milliseconds")
        done = session.noted(folder.path, self.views.serving.settings, lambda locked: change(locked, recording, now))
        return self.writes.kept(f"/calls/{id_of(folder.name)}/listen{place}", done, message)

    def written(self, request: Request, form: Form) -> Response:
        """A note is added."""
        record = read_call(self.views.known.folder(self.views.call_of(request)))
        by, text, at = request.scope["user"], text_of(form, "text", notes.LONGEST), text_of(form, "at")
        start = parse_moment(at)
        if start is None:
            raise UsageError(f"{at!r} is no moment of the call", todo="Write it like 3:10")
        if start > record.recording.seconds:
            raise UsageError(f"the call ends before {at}", todo="Write an earlier moment")
        return self._kept(
            request,
            _("The note is kept."),
            f"#t={start:g}",
            lambda folder, recording, now: notes.write_note(folder, recording, start, text, by=by, at=now),
        )

    def changed(self, request: Request, form: Form) -> Response:
        """A note is written otherwise, or removed."""
        by, id, seen = request.scope["user"], request.path_params["note"], text_of(form, "written")
        removed = form.get("then") == "remove"
        text = None if removed else text_of(form, "text", notes.LONGEST)
        return self._kept(
            request,
            _("The note is removed.") if not text else _("The note is kept."),
            "#notes",
            lambda folder, recording, now: notes.change_note(folder, recording, id, text, seen=seen, by=by, at=now),
        )

    def undone(self, request: Request, form: Form) -> Response:
        """What was done last with a note is taken back."""
        seen = text_of(form, "written")
        return self._kept(
            request,
            _("What was done last with a note is taken back."),
            "#notes",
            lambda folder, recording, now: notes.unsay_note(folder, recording, seen=seen),
        )
