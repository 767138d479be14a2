"""A call to be heard: its moments as small sound files, kept from before or cut from its recording, or all of it."""

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

    first = samples(start)
    return opus_clip(heard(recording, first, max(samples(end), first + 1), starts))


def heard(recording: Path, first: int, last: int, starts: Mapping[int, int]) -> Samples:
    """The mix of a recording from one sample to before another, float32, shape (last - first,), 16 kHz.

    `starts` are those of the tracks of a folder. Raises `RecordingError`s as `excerpt`.
    """
    from analyzer.audio.excerpt import excerpt

    return excerpt(recording, Span(first, last), starts=starts, parts=parts_of(recording))


def sound_at(folder: CallFolder, start: float, end: float, starts: Mapping[int, int]) -> bytes | None:
    """What is heard from `start` to `end` (s), as a WAV file; None where the recording is not there or cannot be read.

    `starts` are those of tracks.
    """
    from analyzer.audio.clip import wav_clip

    there = folder.recording_there()
    first = samples(start)
    try:
        return None if there is None else wav_clip(heard(there, first, max(samples(end), first + 1), starts))
    except (RecordingError, OSError):
        return None
