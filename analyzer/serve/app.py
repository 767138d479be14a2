"""The addresses of the server, and what answers each."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from analyzer.debrief.page.page import FOLDER as DEBRIEF_PAGE
from analyzer.debrief.results import read_call
from analyzer.errors import AnalyzerError, fault, places_of
from analyzer.serve.arrivals import Arrivals
from analyzer.serve.dropped import Dropped
from analyzer.serve.forms import OLD_FORM, ONLY_SHOWS, RefusedError, form_of, text_of
from analyzer.serve.guard import Guard, Tries, let_in
from analyzer.serve.known import Known
from analyzer.serve.noting import Noting
from analyzer.serve.planning import Planning
from analyzer.serve.serving import Serving
from analyzer.serve.sound import sound
from analyzer.serve.talk import Talks
from analyzer.serve.viewers import NotYoursError
from analyzer.serve.views import FOLDER, MissingError, Views
from analyzer.serve.writes import Writes, status_of
from analyzer.wording import N_, _

log = logging.getLogger(__name__)

STATIC: Mapping[str, str] = {"page.css": "text/css", "serve.css": "text/css", "serve.js": "text/javascript"}
MISSING = N_("There is no such page.")


def made_app(serving: Serving, known: Known, dropped: Dropped | None = None) -> ASGIApp:
    """The server as an ASGI application; `dropped` is the queue of recordings that are dropped in."""
    site = Site(serving, known, dropped or Dropped(serving, known))
    views, writes, talks, arrivals, plans = site.views, site.writes, site.talks, site.arrivals, site.plans
    drop = "/dropped/{id:str}"
    call = "/calls/{id:str}"
    routes = [
        Route("/", views.morning),
        Route("/calls", views.calls),
        Route(call, views.call),
        Route(f"{call}/who", views.who),
        Route(f"{call}/listen", views.listen),
        Route(f"{call}/debrief", talks.shown),
        Route(f"{call}/sound", site.sound),
        Route("/plans", plans.listed),
        Route("/plans/new", plans.new),
        Route("/plans/new", site.writing(plans.made), methods=["POST"]),
        Route("/plans/{id:str}", plans.of_waiting),
        Route("/plans/{id:str}", site.writing(plans.changed), methods=["POST"]),
        Route(f"{call}/plan", plans.of_call),
        Route(f"{call}/plan", site.writing(plans.changed_of_call), methods=["POST"]),
        Route("/dropped", arrivals.came, methods=["POST"]),
        Route(drop, arrivals.shown),
        Route(f"{drop}/events", arrivals.events),
        Route(f"{drop}/again", site.writing(arrivals.again), methods=["POST"]),
        Route(f"{drop}/remove", site.writing(arrivals.removed), methods=["POST"]),
        Route("/people", views.people),
        Route("/people/{id:str}", views.person),
        Route("/static/{name:str}", site.static),
        Route("/enter", site.enter),
        Route("/enter", site.entered, methods=["POST"]),
        Route(f"{call}/who", site.writing(writes.who), methods=["POST"]),
        Route(f"{call}/lines", site.writing(writes.lines), methods=["POST"]),
        Route(f"{call}/notes", site.writing(site.noting.written), methods=["POST"]),
        Route(f"{call}/notes/undo", site.writing(site.noting.undone), methods=["POST"]),
        Route(f"{call}/notes/{{note:str}}", site.writing(site.noting.changed), methods=["POST"]),
        Route(f"{call}/undo", site.writing(writes.undo), methods=["POST"]),
        Route(f"{call}/debrief", site.writing(talks.answered), methods=["POST"]),
        Route("/failures/{id:str}", site.writing(writes.failure), methods=["POST"]),
    ]
    faults: dict[Any, Any] = {
        HTTPException: site.http_fault,
        MissingError: site.missing,
        AnalyzerError: site.our_fault,
        Exception: site.unknown_fault,
    }
    return Guard(Starlette(routes=routes, exception_handlers=faults), serving)


class Site:
    """What is no page of the library: forms as they come in, the code, files, and what goes wrong."""

    def __init__(self, serving: Serving, known: Known, dropped: Dropped) -> None:
        self.serving = serving
        self.known = known
        self.tries = Tries()
        self.views = Views(serving, known, dropped)
        self.writes = Writes(serving, known, self.views)
        self.talks = Talks(self.views, self.writes)
        self.noting = Noting(self.views, self.writes)
        self.plans = Planning(self.views, self.writes)
        self.arrivals = Arrivals(self.views, self.writes, dropped)

    def writing(
        self, answer: Callable[[Request, Mapping[str, str]], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        """An address that changes something: only with a form of this server's, and never where it is read only."""

        async def answered(request: Request) -> Response:
            if self.serving.read_only:
                raise RefusedError(ONLY_SHOWS, 403)
            form = await form_of(request)
            request.state.form = form
            if not self.serving.is_token(form.get("token", ""), request.scope["user"]):
                raise RefusedError(OLD_FORM, 403, "Load the page again, and send it then")
            return await run_in_threadpool(answer, request, form)

        return answered

    def sound(self, request: Request) -> Response:
        """The recording of a call, whole or in parts."""
        folder = self.known.folder(self.views.call_of(request))
        found = sound(request, folder, read_call(folder))
        if found is None:
            raise MissingError
        return found

    def static(self, request: Request) -> Response:
        """The server's own styles and script."""
        name = request.path_params["name"]
        if name not in STATIC:
            raise MissingError
        return Response(_static(name), media_type=STATIC[name], headers={"Cache-Control": "max-age=600"})

    def enter(self, request: Request) -> Response:
        """Where the access code is asked for."""
        if self.serving.code is None:
            return RedirectResponse("/", 303)
        return self._asking(request, request.query_params.get("next", "/"))

    def _asking(self, request: Request, address: str, wrong: str = "", user: str = "", status: int = 200) -> Response:
        more = {"next": own_address(address), "wrong": wrong, "user": user}
        return self.views.shown(request, "enter.html.j2", N_("Calls"), more, status=status)

    async def entered(self, request: Request) -> Response:
        """Somebody gives the access code."""
        form = await form_of(request)
        address, user = own_address(form.get("next", "/")), " ".join(text_of(form, "user", 60).split())
        if (wait := self.tries.wait()) > 0:
            seconds = f"{wait:.0f}"
            wrong = _("Too many wrong codes were given. Try again in {number} s.", number=seconds)
            return await run_in_threadpool(self._asking, request, address, wrong, user, 429)
        if not self.serving.is_code(form.get("code", "")):
            self.tries.was_wrong()
            log.warning("a wrong access code was given by %s", request.client.host if request.client else "?")
            return await run_in_threadpool(self._asking, request, address, _("That is not the code."), user, 403)
        if not user:
            return await run_in_threadpool(self._asking, request, address, _("Say who you are."), user, 400)
        self.tries.was_right()
        response = RedirectResponse(address, 303)
        secure = (self.serving.base_url or "").startswith("https:") or request.url.scheme == "https"
        let_in(response, self.serving, user, secure=secure)
        return response

    # What goes wrong

    async def missing(self, request: Request, error: Exception) -> Response:
        """There is no such page."""
        return await self._told(request, MISSING, _("It may have been renamed, or its results were removed."), 404)

    async def http_fault(self, request: Request, error: Exception) -> Response:
        """What Starlette itself refuses."""
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return await self.missing(request, error)
        return PlainTextResponse(HTTPStatus(error.status_code).phrase, error.status_code)

    async def our_fault(self, request: Request, error: Exception) -> Response:
        """A failure that somebody can understand."""
        assert isinstance(error, AnalyzerError)
        status = status_of(error)
        title = N_("Somebody else was quicker") if status == 409 else N_("That could not be done")
        title = N_("Not open to you") if isinstance(error, NotYoursError) else title
        return await self._told(request, title, error.line(), status)

    async def unknown_fault(self, request: Request, error: Exception) -> Response:
        """A fault of this program."""
        log.error("%s\n%s", fault(error), places_of(error))
        return await self._told(request, _("A fault of this program"), _("It is in the log. Nothing was lost."), 500)

    async def _told(self, request: Request, title: str, text: str, status: int) -> Response:
        form: Mapping[str, str] = getattr(request.state, "form", {})
        hidden = ("token", "seen", "before", "step", "then", "state", "from", "written")
        written = [(name, value) for name, value in form.items() if value.strip() and name not in hidden]
        more: dict[str, object] = {"written": written if status != 404 else ()}
        call = request.path_params.get("id", "") if request.url.path.startswith("/calls/") else ""
        if call and status not in (403, 404):
            page = next((page for page in ("/debrief", "/plan") if request.url.path.endswith(page)), "/who")
            page = "/listen" if request.url.path.endswith("/lines") or "/notes" in request.url.path else page
            more |= {"back": f"/calls/{call}{page}", "back_text": _("Look at it as it is now")}
        elif request.url.path.startswith("/plans/") and status != 404:
            more |= {"back": request.url.path, "back_text": _("Look at it as it is now")}
        return await run_in_threadpool(lambda: self.views.fault(request, title, text, status, **more))


def own_address(text: str) -> str:
    """An address of this server to go on to; the first page when it is anything else."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if plain else "/"


@cache
def _static(name: str) -> bytes:
    folder = DEBRIEF_PAGE if name == "page.css" else FOLDER
    text = (folder / name).read_text(encoding="utf-8").replace("\r\n", "\n")
    return text.replace("/* row heights */", "").encode()
