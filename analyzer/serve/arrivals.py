"""The pages of a recording that is dropped in: it is sent, then its page tells how far it is until it is a call."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from analyzer.debrief.phrases import beginning
from analyzer.debrief.sentences import read_back
from analyzer.errors import AnalyzerError
from analyzer.files import id_of
from analyzer.serve.dropped import Drop, Dropped
from analyzer.serve.forms import OLD_FORM, ONLY_SHOWS, RefusedError
from analyzer.serve.taking_in import TakingIn, file_name
from analyzer.serve.views import MissingError, Views
from analyzer.serve.writes import Writes, status_of
from analyzer.wording import _, speaking

log = logging.getLogger(__name__)

LOOKED_EVERY = 0.25
"""Seconds between two looks at how far a recording is, while somebody watches."""
ALIVE_EVERY = 60
"""Looks after which a browser is told that the server is still there."""
LOOKS = 2400
"""Looks after which a browser has to ask again, which it does by itself."""
MOST_WATCHING = 50


class Arrivals:
    """What answers around recordings that are dropped in."""

    def __init__(self, views: Views, writes: Writes, dropped: Dropped) -> None:
        self.views = views
        self.writes = writes
        self.dropped = dropped
        self.taking = TakingIn(views.serving, dropped.folder)
        self._watching = 0

    def _of(self, request: Request) -> Drop:
        found = self.dropped.find(request.path_params["id"])
        if found is None:
            raise MissingError
        return found

    async def came(self, request: Request) -> Response:
        """A recording is sent, as the body; the answer says where it is told how far it is, or why it is refused.

        A browser asks before (`X-Ask`, the size): once it sends, it does not hear why it is refused.
        """
        try:
            name = self._checked(request)
            plan = await run_in_threadpool(self._plan, request.headers.get("x-plan", ""))
            if (size := request.headers.get("x-ask", "")).isdecimal():
                await run_in_threadpool(self.taking.check, int(size))
                return JSONResponse({})
            taken = await self.taking.take(request)
            address = await run_in_threadpool(self.dropped.came, taken, name, plan)
        except AnalyzerError as error:
            return JSONResponse({"told": beginning(error.line())}, status_of(error), {"Connection": "close"})
        log.info("%s: dropped in by %s (%d bytes)", name, request.scope["user"], taken.size)
        return JSONResponse({"address": address})

    def _plan(self, id: str) -> Path | None:
        """The plan that waits for what is sent, where one was chosen.

        Raises:
            RefusedError: it does not wait any more.
        """
        found = next((path for path in self.dropped.planned() if id_of(str(path)) == id), None)
        if id and found is None:
            raise RefusedError("that plan has its recording already", 409, "Load the page again, and choose another")
        return found

    def _checked(self, request: Request) -> str:
        """The name of what is sent.

        Raises:
            RefusedError: it is not taken, whatever it is.
        """
        serving = self.views.serving
        if serving.read_only:
            raise RefusedError(ONLY_SHOWS, 403)
        if request.headers.get("content-type", "") != "application/octet-stream":
            raise RefusedError("this is no form of this server", 415)
        if not serving.is_token(request.headers.get("x-token", ""), request.scope["user"]):
            raise RefusedError(OLD_FORM, 403, "Load the page again, and send it then")
        return file_name(request.headers.get("x-name", ""))

    def shown(self, request: Request) -> Response:
        """How far a recording is, and where it leads."""
        drop = self._of(request)
        open_ = self.dropped.open()
        before = next((number for number, one in enumerate(open_) if one is drop), 0)
        return self.views.shown(request, "dropped.html.j2", drop.name, {"drop": drop, "before": before})

    async def events(self, request: Request) -> Response:
        """How far a recording is, told as it goes on (server-sent events)."""
        drop = await run_in_threadpool(self._of, request)
        if self._watching >= MOST_WATCHING:
            raise RefusedError("too many pages are watching", 503, "Load the page again in a minute")
        return StreamingResponse(self._telling(drop), media_type="text/event-stream")

    async def _telling(self, drop: Drop) -> AsyncIterator[str]:
        self._watching += 1
        last = ""
        try:
            for look in range(LOOKS):
                state = drop.state  # before the rest: what ends meanwhile is told the next time
                with speaking(self.views.language):
                    told = read_back(drop.told())
                now = json.dumps({"state": state, "told": told, "part": drop.part})
                if now != last:
                    yield f"data: {now}\n\n"
                elif look % ALIVE_EVERY == 0:
                    yield ": still there\n\n"
                last = now
                if state in ("done", "failed") or self.dropped.leaves():
                    return
                await asyncio.sleep(LOOKED_EVERY)
        finally:
            self._watching -= 1

    def again(self, request: Request, form: Mapping[str, str]) -> Response:
        """What failed is tried again."""
        drop = self._of(request)
        self.dropped.again(drop)
        return self.writes.go(f"/dropped/{drop.id}")

    def removed(self, request: Request, form: Mapping[str, str]) -> Response:
        """A recording that did not become a call is taken out again."""
        drop = self._of(request)
        self.dropped.remove(drop)
        log.info("%s: removed by %s", drop.name, request.scope["user"])
        return self.writes.go("/", _("{recording} is removed.", recording=drop.name))
