"""The whole recording, for a browser that asks for parts of it (HTTP ranges)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analyzer.call.folder import CallFolder
from analyzer.files import is_file

PLAYED: Mapping[str, str] = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".aac": "audio/aac",
    ".webm": "audio/webm",
}
"""What browsers play, by how the file's name ends. A recording is never sent as a page or a script."""


def sound_of(folder: CallFolder) -> tuple[Path, str] | None:
    """Where the recording of a call lies and what kind of sound it is; None when it cannot be played."""
    there = folder.recording_there()
    kind = PLAYED.get(there.suffix.lower()) if there is not None else None
    return (there, kind) if there is not None and kind is not None and is_file(there) else None
