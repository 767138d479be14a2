"""What a server is started with, and who may use it.

Without more it answers on this machine alone. Elsewhere a person has to give the access code once; behind a proxy that
names its users, the proxy has.
"""

from __future__ import annotations

import getpass
import hmac
import ipaddress
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from analyzer.errors import BadFileError, UsageError
from analyzer.files import checking
from analyzer.settings import Settings

SHORTEST_CODE = 8
"""Characters of an access code, at least."""
LARGEST_UPLOAD = 4_000_000_000
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What a code is made of: no sign that looks like another."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How the library is served.

    `code` is the access code; `user_header` is where a proxy says who asks. `base_url` is the address as people see it
    where a proxy stands between. `secret` signs what a browser is given to show again.
    """

    settings: Settings
    host: str = "127.0.0.1"
    port: int = 8400
    code: str | None = None
    user_header: str | None = None
    base_url: str | None = None
    read_only: bool = False
    largest_upload: int = LARGEST_UPLOAD
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and self.code is None:
            raise UsageError(f"--host {self.host} lets others in", todo="Give an access code")
        if self.code is not None and len(self.code) < SHORTEST_CODE:
            raise UsageError("the access code is too short", todo=f"Use at least {SHORTEST_CODE} characters")
        if self.user_header is not None and not is_loopback(self.host):
            todo = "Let the proxy run on this machine, and leave --host out"
            raise UsageError("--user-header would be believed from anybody", todo=todo)
        parts = urlsplit(self.base_url or "http://x")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise UsageError(f"--base-url: {self.base_url!r} is no address", todo="Write it like https://calls.example")

    @property
    def here(self) -> bool:
        """Whether only this machine is let in, and no one has to say who they are."""
        return self.code is None and self.user_header is None

    @property
    def local_user(self) -> str:
        """Who sits at this machine."""
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):
            return "somebody at this machine"

    def is_ours(self, host: str) -> bool:
        """Whether a `Host` is an address of this server.

        A name that a stranger had pointed here (DNS rebinding) is not. Where others are let in, any address in numbers
        is: a number cannot be pointed elsewhere.
        """
        parts = urlsplit(f"//{host}")
        try:
            name, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return False
        if self.base_url is not None:
            outside = urlsplit(self.base_url)
            if host.lower() == outside.netloc.lower():
                return True
        if port != self.port:
            return False
        if name in ("localhost", "127.0.0.1", "::1"):
            return True
        if is_loopback(self.host):
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in (self.host.lower(), socket.gethostname().lower(), socket.getfqdn().lower())
        return True

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether a page that sends something is one of this server's."""
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()

    def signed(self, what: str) -> str:
        """A signature that only this run of the server can make."""
        return hmac.new(self.secret, what.encode(errors="surrogatepass"), "sha256").hexdigest()

    def token(self, user: str) -> str:
        """What a form has to send along, so that no other site can send it."""
        return self.signed(f"write {user}")

    def is_token(self, given: str, user: str) -> bool:
        """Whether a form was made by this server for this user."""
        return hmac.compare_digest(given.encode(errors="replace"), self.token(user).encode())

    def is_code(self, given: str) -> bool:
        """Whether this is the access code."""
        code = (self.code or "").encode()
        return self.code is not None and hmac.compare_digest(given.strip().encode(errors="replace"), code)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_code() -> str:
    """A code to be typed once."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def read_code(path: Path) -> str:
    """The access code in a file.

    Raises:
        BadFileError: the file cannot be read or is empty.
    """
    with checking(path, "Write the code into it, and nothing else"):
        code = path.read_text(encoding="utf-8").strip()
    if not code:
        raise BadFileError("is empty", where=path, todo="Write the code into it, and nothing else")
    return code
