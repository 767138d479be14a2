"""What a browser sends: a form, whole, small and soon, with the token that only a page of this server has."""

from __future__ import annotations

import asyncio
import re
import urllib.parse
from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request

from analyzer.errors import AnalyzerError, UsageError

LARGEST = 300_000
"""Bytes of a form."""
MOST_FIELDS = 2000
PATIENCE = 20.0
"""Seconds that a form may take to arrive."""

ONLY_SHOWS = "this server only shows; nothing can be changed here"
OLD_FORM = "this form is from before the server was started again, or another person has come in since"

_UNTYPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class RefusedError(AnalyzerError):
    """A request that is not done; `status` is what the browser is told."""

    def __init__(self, what: str, status: int, todo: str = "") -> None:
        self.status = status
        super().__init__(what, todo=todo)


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form; of a field that is sent twice the last.

    Raises:
        RefusedError: it is no form, too large, or takes too long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise RefusedError("this is no form of this server", 415)
    content = b""
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                content += part
                if len(content) > LARGEST:
                    raise RefusedError("that is too much text at once", 413, "Write less, and send it again")
    except TimeoutError:
        raise RefusedError("it took too long to arrive", 408, "Send it again") from None
    except ClientDisconnect:
        raise RefusedError("the browser went away", 400) from None
    try:
        pairs = urllib.parse.parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise RefusedError("this is no form of this server", 400) from error
    return {name: _UNTYPED.sub("", text.replace("\r\n", "\n")) for name, text in pairs}


def text_of(form: Mapping[str, str], name: str, longest: int = 200) -> str:
    """A field without blanks around it; empty when it was not sent.

    Raises:
        UsageError: it is too long.
    """
    text = form.get(name, "").strip()
    if len(text) > longest:
        raise UsageError(f"a field has {len(text)} characters", todo=f"Write at most {longest}")
    return text
