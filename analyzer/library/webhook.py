"""A signed message for each call, to an address that the user names: for a CRM, or for a program of their own.

Nothing is sent unless `webhook_url` is set. What is sent is what was answered about a call, and no word of it:

    POST <webhook_url>
    Content-Type: application/json
    X-Analyzer-Timestamp: 1779200000
    X-Analyzer-Signature: sha256=<HMAC-SHA-256 of "<timestamp>.<body>" with the secret, in hex>

Who receives it computes the signature over the bytes of the body, compares it in constant time, and refuses a timestamp
that is more than some minutes old. `id` in the body is the same whenever the same call is sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

from analyzer.debrief.export.crm_calls import answer
from analyzer.debrief.export.mail_message import LinkedCall
from analyzer.errors import UsageError
from analyzer.library.mailing import HERE, secret_of
from analyzer.settings import Settings

SECRET = "ANALYZER_WEBHOOK_SECRET"
TIMEOUT = 10.0
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Hook:
    """Where calls are sent to, and the secret with which they are signed."""

    url: str
    secret: str


def hook_of(settings: Settings, environ: Mapping[str, str] | None = None) -> Hook | None:
    """The webhook of the settings, checked before the night begins; None where none is set.

    Raises:
        UsageError: the address is none, is not encrypted on its way, or there is no secret.
        BadFileError: the file of the secret cannot be read.
    """
    if settings.webhook_url is None:
        return None
    parts = urlsplit(settings.webhook_url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
        raise UsageError("webhook_url must begin with https:// (http:// only to this machine)")
    secret = secret_of(SECRET, settings.webhook_secret_file, environ)
    if secret is None or len(secret) < SHORTEST_SECRET:
        raise UsageError(
            f"a webhook needs a secret of at least {SHORTEST_SECRET} characters",
            todo=f"Set {SECRET}, or webhook_secret_file",
        )
    return Hook(settings.webhook_url, secret)


def content(one: LinkedCall) -> bytes:
    """What is sent of a call."""
    call = one.call
    checked = next((share for share in call.lead.shares if share.basis == call.lead.basis), None)
    interval = checked.interval if checked is not None else None
    seller = call.lead.salesperson
    told = {
        "event": "call.analysed",
        "id": call.recording.sha256,
        "name": call.name,
        "date": call.date,
        "customer": call.customer,
        "seconds": round(call.recording.seconds, 1),
        "salesperson": None if seller is None else call.label(seller),
        "others": [one.label for one in call.people if one.side == "team" and one.key != seller],
        "led": call.lead.led,
        "reason": call.lead.reason,
        "team_took_part": call.lead.team_took_part,
        "basis": call.lead.basis,
        "lead_share": None if checked is None else checked.share.value,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "take_overs": len(call.lead.take_overs),
        "answer": answer(call),
        "link": one.link,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What `X-Analyzer-Signature` holds."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A call is sent to the address that the user named, and to no other that a server names."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Follows none."""


def post(hook: Hook, one: LinkedCall, timestamp: int) -> str | None:
    """Sends a call; why it was not taken, or None."""
    body = content(one)
    request = urllib.request.Request(
        hook.url,
        data=body,
        method="POST",
        headers={
            "Content-Type": "application/json",
            "User-Agent": "analyzer",
            "X-Analyzer-Timestamp": str(timestamp),
            "X-Analyzer-Signature": signature(hook.secret, timestamp, body),
        },
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT):
            return None
    except urllib.error.HTTPError as error:
        return f"it answered {error.code}"
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return str(getattr(reason, "strerror", None) or reason or type(error).__name__)
