"""Who gets in: what is looked at before a request reaches a page, and what every answer carries.

An address of another name (DNS rebinding), a write that another site sends, a visitor without the code: each ends here.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analyzer.serve.serving import Serving

COOKIE = "analyzer"
DAYS = 30
"""How long a browser stays let in."""
LONGEST_USER = 80
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Nothing is loaded from elsewhere, no script but the server's own files runs, and no other site may frame a page."""
EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser would not say where a form came from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OPEN_TO_ALL = ("/enter", "/static/")


class Guard:
    """Lets requests through to the pages, or answers itself."""

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self.app = app
        self.serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        refused = self._refused(scope, headers)
        if refused is None:
            await self.app(scope, receive, _guarded(send))
        else:
            await refused(scope, receive, _guarded(send))

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or not self.serving.is_ours(host):
            return PlainTextResponse("This server does not go by that name.", 421)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("That cannot be done here.", 405, {"Allow": "GET, HEAD, POST"})
        if scope["method"] == "POST":
            origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
            if site != "same-origin" or (origin is not None and not self.serving.is_own_origin(origin, host)):
                return PlainTextResponse("This was sent by another site, and is not done.", 403)
        user = self._user(headers)
        scope["user"] = user or ""
        if user is not None or scope["path"].startswith(OPEN_TO_ALL):
            return None
        if self.serving.user_header is not None:
            return PlainTextResponse("The proxy did not say who asks.", 403)
        if scope["method"] == "POST":
            return PlainTextResponse("Give the access code first, then send it again.", 403)
        return RedirectResponse(f"/enter?next={quote(_address(scope), safe='')}", 303)

    def _user(self, headers: Headers) -> str | None:
        """Who asks; None when that is not known."""
        serving = self.serving
        if serving.user_header is not None:
            given = headers.getlist(serving.user_header)
            return given[0].strip()[:LONGEST_USER] if len(given) == 1 and given[0].strip() else None
        if serving.code is None:
            return serving.local_user
        cookie: SimpleCookie = SimpleCookie()
        try:
            cookie.load(headers.get("cookie", ""))
        except CookieError:
            return None
        found = cookie.get(COOKIE)
        parts = found.value.split(".") if found is not None else []
        if len(parts) != 3 or not parts[1].isdecimal() or int(parts[1]) < time.time():
            return None
        user, until, signature = parts
        right = hmac.compare_digest(signature.encode(), serving.signed(f"{user}.{until}").encode())
        return unquote(user) if right else None


def let_in(response: Response, serving: Serving, user: str, *, secure: bool) -> None:
    """Gives a browser what it shows from now on."""
    until = int(time.time()) + DAYS * 86400
    shown = f"{quote(user, safe='').replace('.', '%2E')}.{until}"
    response.set_cookie(
        COOKIE,
        f"{shown}.{serving.signed(shown)}",
        max_age=DAYS * 86400,
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def _address(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    path: str = scope["path"]
    return path + (f"?{query}" if query else "")


def _guarded(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in EVERY_ANSWER.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", POLICY)
        await send(message)

    return guarded


class Tries:
    """How often a wrong code was given: after `FREE` tries each next one has to wait, twice as long each time.

    All visitors together, so that many addresses have no more tries than one.
    """

    FREE = 5
    LONGEST = 900.0

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._wrong = 0
        self._until = 0.0

    def wait(self) -> float:
        """Seconds until a code is looked at again."""
        return max(0.0, self._until - self._now())

    def was_wrong(self) -> None:
        """Notes a wrong code."""
        self._wrong += 1
        if self._wrong >= self.FREE:
            self._until = self._now() + min(self.LONGEST, 2.0 ** (self._wrong - self.FREE + 1))

    def was_right(self) -> None:
        """Starts over."""
        self._wrong, self._until = 0, 0.0
