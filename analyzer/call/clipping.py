"""The moments of a call that are worth hearing as sound files: kept from before, or cut from its recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.call.folder import HEARD_FILE, CallFolder
from analyzer.call.parts import parts_of
from analyzer.errors import RecordingError
from analyzer.files import is_folder, is_there
from analyzer.timeline import Span, samples

if TYPE_CHECKING:
    from analyzer.audio.sample_buffer import Samples


def clips_of(
    folder: CallFolder, moments: Iterable[tuple[str, float, float]], starts: Mapping[int, int]
) -> dict[str, bytes]:
    """The clips of moments (name, start and end in seconds): those kept from before, the others from the recording.

    A moment of a recording that is no longer there, or cannot be read there, has no clip. `starts` are those of tracks.
    """
    clips = {}
    for name, start, end in moments:
        try:
            if _holds(folder, name):
                clips[name] = folder.clip(name).read_bytes()
            elif (there := folder.recording_there()) is not None:
                clips[name] = _clip(there, start, end, starts)
        except (RecordingError, OSError):
            continue
    return clips


def _holds(folder: CallFolder, name: str) -> bool:
    """Whether a kept clip is still what is heard there: of tracks, not if they were placed again since."""
    clip, recording = folder.clip(name), folder.recording()
    if not is_there(clip) or recording is None or not is_folder(recording):
        return is_there(clip)
    return (folder.changed(HEARD_FILE) or 0) <= clip.stat().st_mtime_ns


def _clip(recording: Path, start: float, end: float, starts: Mapping[int, int]) -> bytes:
    from analyzer.audio.clip import opus_clip

    return opus_clip(_heard(recording, start, end, starts))


def sound_at(folder: CallFolder, start: float, end: float, starts: Mapping[int, int]) -> bytes | None:
    """What is heard from `start` to `end` (s), as a WAV file; None where the recording is not there or cannot be read.

    `starts` are those of tracks.
    """
    from analyzer.audio.clip import wav_clip

    there = folder.recording_there()
    try:
        return None if there is None else wav_clip(_heard(there, start, end, starts))
    except (RecordingError, OSError):
        return None


def _heard(recording: Path, start: float, end: float, starts: Mapping[int, int]) -> Samples:
    from analyzer.audio.excerpt import excerpt

    span = Span(samples(start), max(samples(end), samples(start) + 1))
    return excerpt(recording, span, starts=starts, parts=parts_of(recording))
