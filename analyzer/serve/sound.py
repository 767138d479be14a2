"""The whole recording, for a browser that asks for parts of it (HTTP ranges).

What browsers play is sent as it lies there. Anything else (a folder of tracks, a call in several files, telephone
formats) is sent as a WAV that does not exist: its length is known beforehand, and what is asked for is decoded then.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from analyzer.call.clipping import heard
from analyzer.call.folder import CallFolder
from analyzer.call.parts import parts_of
from analyzer.debrief.record import CallRecord
from analyzer.errors import RecordingError
from analyzer.files import is_file, is_folder

PLAYED: Mapping[str, str] = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".webm": "audio/webm",
}
"""What browsers play, by how the file's name ends. A recording is never sent as a page or a script."""
CODECS = {"pcm_s16le", "pcm_u8", "pcm_f32le", "mp3", "mp3float", "flac", "opus", "libopus", "vorbis", "aac"}
"""And how the sound in it is written, in FFmpeg's names."""
RATE = 16000
"""Samples a second of what is decoded."""
HEADER = 44
AT_ONCE = 20 * RATE
"""Samples that are decoded before they are sent."""
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def has_sound(folder: CallFolder) -> bool:
    """Whether the recording of a call still lies where it was."""
    return folder.recording_there() is not None


def sound(request: Request, folder: CallFolder, record: CallRecord) -> Response | None:
    """The answer with the recording, or a part of it; None when it is not there any more."""
    there = folder.recording_there()
    if there is None:
        return None
    kind = PLAYED.get(there.suffix.lower())
    if kind is not None and is_file(there) and record.recording.codec in CODECS and not parts_of(there):
        return FileResponse(there, media_type=kind)
    return _decoded(request, Decoded(there, round(record.recording.seconds * RATE), _starts(folder, there)))


def _starts(folder: CallFolder, there: Path) -> Mapping[int, int]:
    """When each track of a folder of tracks begins, in samples, as it was found."""
    kept = folder.recognition() if is_folder(there) else None
    if kept is None or kept.diarization is None:
        return {}
    return {channel.number: channel.start for channel in kept.diarization.channels}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A recording as a WAV of one channel, `length` samples long."""

    path: Path
    length: int
    starts: Mapping[int, int]

    @property
    def size(self) -> int:
        """Bytes of the WAV."""
        return HEADER + 2 * self.length

    def parts(self, first: int, last: int) -> Iterator[bytes]:
        """The bytes from `first` to before `last`, piece by piece."""
        if first < HEADER:
            yield self.header()[first : min(last, HEADER)]
        at = (max(first, HEADER) - HEADER) // 2
        while HEADER + 2 * at < last:
            end = min(at + AT_ONCE, self.length)
            begins = HEADER + 2 * at
            yield self.sound(at, end)[max(0, first - begins) : last - begins]
            at = end

    def sound(self, start: int, end: int) -> bytes:
        """Samples as they stand in the WAV; silence where a file cannot be read any more."""
        try:
            found = heard(self.path, start, end, self.starts)
        except (RecordingError, OSError):
            found = np.zeros(end - start, dtype=np.float32)
        return (np.clip(found, -1.0, 1.0) * 32767).astype("<i2").tobytes()

    def header(self) -> bytes:
        """What a WAV begins with: PCM, one channel, 16 bits."""
        data = 2 * self.length
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
        return struct.pack("<4sI4s", b"RIFF", HEADER - 8 + data, b"WAVE") + form + struct.pack("<4sI", b"data", data)


def _decoded(request: Request, made: Decoded) -> Response:
    headers = {"Accept-Ranges": "bytes"}
    asked = request.headers.get("range")
    if asked is None:
        return StreamingResponse(
            made.parts(0, made.size),
            media_type="audio/wav",
            headers=headers | {"Content-Length": str(made.size)},
        )
    wanted = range_of(asked, made.size)
    if wanted is None:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{made.size}"})
    first, last = wanted
    headers |= {"Content-Range": f"bytes {first}-{last - 1}/{made.size}", "Content-Length": str(last - first)}
    return StreamingResponse(made.parts(first, last), 206, media_type="audio/wav", headers=headers)


def range_of(asked: str, size: int) -> Sequence[int] | None:
    """The first byte that is asked for and the one after the last; None when there are no such (RFC 9110, 14.1.2)."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size
    else:
        first, last = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
    return (first, last) if first < last else None
