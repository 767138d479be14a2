"""A recording that a browser sends: streamed to the disk piece by piece, and refused before the disk is full.

It goes to a temporary file in the output folder, never whole into memory. What is cut off, or takes too long, leaves
nothing behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import time
import unicodedata
import urllib.parse
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from analyzer.errors import OutputError, visible
from analyzer.files import make_folder, permit, temporary, way_out
from analyzer.library.scan import RECORDINGS
from analyzer.serve.forms import RefusedError
from analyzer.serve.serving import Serving

PIECE = 1_000_000
"""Bytes that are written at once: this much of a recording is in memory."""
AT_ONCE = 4
"""Recordings that may be sent at one time."""
PATIENCE = 20.0
"""Seconds without a byte after which a browser is given up."""
SLOWEST, SLOW_FROM = 10_000, 60.0
"""Bytes a second that a recording must bring on the whole, and the seconds from which on that is asked."""
LONGEST = 120
"""Bytes of a file's name, without its ending."""

NAMELESS = "recording"
_ODD = re.compile(r'[\x00-\x1f\x7f<>:"|?*~/\\\u2028\u2029]')


@dataclass(frozen=True, slots=True)
class Taken:
    """What a browser sent, whole on the disk under a temporary name; `sha256` is that of its content."""

    path: Path
    sha256: str
    size: int


class TakingIn:
    """Takes recordings in, a few at one time."""

    def __init__(self, serving: Serving, folder: Path) -> None:
        self.serving = serving
        self.folder = folder
        self._to_come: dict[object, int] = {}
        """For each recording that is under way the bytes that are still to come, as far as is known."""

    def room(self) -> int:
        """Bytes that there is room for now, beside what is kept free and what is under way."""
        out = self.serving.settings.out
        try:
            free = shutil.disk_usage(out).free
        except OSError as error:
            raise OutputError(f"cannot be looked into ({error.strerror})", where=out) from error
        return max(0, free - self.serving.settings.min_free_mb * 1_000_000 - sum(self._to_come.values()))

    def largest(self) -> int:
        """Bytes of the largest recording that is taken in now."""
        return min(self.serving.largest_upload, self.room())

    async def take(self, request: Request) -> Taken:
        """Writes what a request sends to a temporary file.

        Raises:
            RefusedError: it is too large, comes too slowly, or there is no room for it.
            OutputError: it cannot be written.
        """
        declared = request.headers.get("content-length", "")
        size = int(declared) if declared.isdecimal() else 0
        self.check(size)
        key = object()
        self._to_come[key] = size
        try:
            return await self._taken(request, key)
        finally:
            del self._to_come[key]

    def check(self, size: int) -> None:
        """Refuses a recording that could not be taken in now.

        Raises:
            RefusedError: it is too large, there is no room for it, or others are being sent.
        """
        if len(self._to_come) >= AT_ONCE:
            raise RefusedError(f"{AT_ONCE} recordings are being sent already", 503, "Send it again in a minute")
        self._check(size)

    def _check(self, size: int) -> None:
        if size > self.serving.largest_upload:
            raise too_large(self.serving.largest_upload)
        if size > (room := self.room()) or room == 0:
            todo = "Free some space on the disk of this server, and send it again"
            raise RefusedError(f"there is room for {sized(room)} here, and no more", 507, todo)

    async def _taken(self, request: Request, key: object) -> Taken:
        path, digest, size = None, hashlib.sha256(), 0
        try:
            handle, path = await run_in_threadpool(self._begun)
            with os.fdopen(handle, "wb", buffering=0) as file:
                async for piece in _pieces(request):
                    size += len(piece)
                    if size > self.serving.largest_upload:
                        raise too_large(self.serving.largest_upload)
                    self._to_come[key] = max(0, self._to_come[key] - len(piece))
                    await run_in_threadpool(self._add, file.fileno(), piece, digest)
                await run_in_threadpool(os.fsync, file.fileno())
            if not size:
                raise RefusedError("the file is empty", 400, "Choose another")
            kept, path = path, None
            return Taken(kept, digest.hexdigest(), size)
        except OSError as error:
            what = f"it cannot be written ({error.strerror or error})"
            raise OutputError(what, where=self.folder.name, todo=way_out(error, None)) from error
        finally:
            if path is not None:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _begun(self) -> tuple[int, Path]:
        make_folder(self.folder)
        handle, name = temporary(self.folder)
        permit(handle, self.folder, private=True)
        return handle, Path(name)

    def _add(self, handle: int, piece: bytes, digest: hashlib._Hash) -> None:
        self._check(0)
        digest.update(piece)
        left = memoryview(piece)
        while left:
            left = left[os.write(handle, left) :]


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """What a request sends, in pieces of about `PIECE` bytes.

    Raises:
        RefusedError: it comes too slowly, or the browser went away.
    """
    stream = request.stream()
    held, came, began = bytearray(), 0, time.monotonic()
    try:
        while True:
            async with asyncio.timeout(PATIENCE):
                part = await anext(stream, None)
            if part is None:
                break
            held += part
            came += len(part)
            took = time.monotonic() - began
            if took > SLOW_FROM and came < SLOWEST * took:
                raise TimeoutError
            if len(held) >= PIECE:
                yield bytes(held)
                held.clear()
    except TimeoutError:
        raise RefusedError("the recording comes too slowly", 408, "Send it again over a better connection") from None
    except ClientDisconnect:
        raise RefusedError("the browser went away", 400) from None
    if held:
        yield bytes(held)


def too_large(largest: int) -> RefusedError:
    """What is said of a recording that is larger than is allowed."""
    todo = "Ask whoever runs this server, or let them put it into the folder of recordings"
    return RefusedError(f"the recording is larger than {sized(largest)}, the most that is taken in here", 413, todo)


def sized(size: int) -> str:
    """A number of bytes for people: `3.9 GB`, `12 MB`; never more than it is."""
    return f"{size // 100_000_000 / 10:g} GB" if size >= 1_000_000_000 else f"{size // 1_000_000} MB"


def file_name(sent: str) -> str:
    """A name for a file that a browser calls something: no path, nothing hidden, nothing that is no text.

    Raises:
        RefusedError: by its ending it is no recording.
    """
    name = urllib.parse.unquote(sent, errors="replace").replace("\\", "/").rpartition("/")[2]
    stem, _, ending = name.rpartition(".")
    ending = ending.strip()
    if ending.casefold() not in RECORDINGS:
        known = "Recordings end in .mp3, .m4a, .mp4, .wav, .ogg and the like"
        raise RefusedError("by its name this is no recording", 415, known)
    return f"{plain_name(stem)}.{ending}"


def plain_name(text: str) -> str:
    """What a person calls a recording as the beginning of a file's name; `recording` where nothing is left of it."""
    name = _ODD.sub(" ", unicodedata.normalize("NFC", text))
    name = " ".join("".join(sign for sign in name if visible(sign) == sign).split())
    return name.encode(errors="ignore")[:LONGEST].decode(errors="ignore").strip(" .") or NAMELESS
