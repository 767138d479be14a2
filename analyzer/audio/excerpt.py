"""A stretch of a recording without decoding all of it: for clips to listen to, not for measuring.

The file is sought to a second before the stretch and decoded from there; a frame is placed by its timestamp. Where a
format has no timestamps, FFmpeg's estimate decides, and a clip may lie some tens of milliseconds off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import av
import numpy as np

from analyzer.audio.mixing import mixed
from analyzer.audio.opening import MAX_CHANNELS, Opened, layout_of, opened
from analyzer.audio.packets import zero_of
from analyzer.audio.part_starts import beginnings
from analyzer.audio.recording import Part
from analyzer.audio.sample_buffer import Samples
from analyzer.audio.tracks import tracks_of
from analyzer.errors import RecordingError
from analyzer.files import is_folder
from analyzer.timeline import SAMPLE_RATE, Span, seconds

_EARLIER = 1.0
"""Seconds to begin before the stretch: decoders need some sound to settle, and seeking may land late."""


def excerpt(path: Path, span: Span, *, starts: Mapping[int, int] | None = None, parts: Sequence[Part] = ()) -> Samples:
    """The mix of the channels over `span`, float32, shape (span.length,), 16 kHz; silence where nothing is.

    The audio tracks of a file are channels; those that cannot be read are left out. Of a folder of tracks it is their
    sum; `starts` has when each begins, in samples, by its place in the order of file names (0 for those left out).
    `parts` are the files in which the recording goes on.

    Raises `RecordingError`s as `decode` for a file that cannot be opened, as `tracks_of` for a folder.
    """
    out = np.zeros(span.length, dtype=np.float32)
    placed: list[tuple[Path, int]] = []
    if parts:
        placed = [(path, 0), *zip((part.path for part in parts), beginnings(path, parts), strict=True)]
    elif is_folder(path):
        placed = [(track.path, (starts or {}).get(number, 0)) for number, track in enumerate(tracks_of(path))]
    for one, late in placed:
        if span.end > late:
            before = max(0, late - span.start)
            out[before:] += excerpt(one, Span(span.start + before - late, span.end - late))
    if placed:
        return out
    with opened(path) as recording:
        if recording.tracks == 1:
            return mixed(_channels(recording, span))
        tracks = min(recording.tracks, MAX_CHANNELS)
    channels: list[Samples] = []
    for number in range(tracks):
        with suppress(RecordingError), opened(path, number) as recording:
            channels += _channels(recording, span)
    return mixed(channels) if channels else out


def _channels(recording: Opened, span: Span) -> list[Samples]:
    """Each channel of what was opened over `span`; silence in those that a part of it does not have."""
    found: list[Samples] = [np.zeros(span.length, dtype=np.float32)]
    tick = float(recording.stream.time_base or 0)
    zero = zero_of(recording)
    start, end = seconds(span.start), seconds(span.end)
    if tick and start > _EARLIER:
        recording.container.seek(round((start - _EARLIER + zero) / tick), stream=recording.stream)
    # A resampler numbers what it gives from the first frame it is given, so only that one's time is needed.
    resampler = av.AudioResampler(format="flt", rate=SAMPLE_RATE)
    at: int | None = None
    for frame in _frames(recording):
        layout_of(frame)
        if at is None:
            if frame.pts is None:
                continue
            at = round((frame.pts * tick - zero) * SAMPLE_RATE)
        frame.pts = None
        for piece in resampler.resample(frame):
            count = layout_of(piece).nb_channels
            block = np.frombuffer(piece.planes[0], np.float32, piece.samples * count).reshape(-1, count)
            found += [np.zeros(span.length, dtype=np.float32) for _ in range(count - len(found))]
            for own, channel in zip(found, block.T, strict=False):
                _lay(own, channel, at - span.start)
            at += len(block)
        if at >= span.end or at / SAMPLE_RATE >= end:
            break
    return found


def _frames(recording: Opened):  # type: ignore[no-untyped-def]  # PyAV frames, which have no types
    """Frames from where the file stands, past packets that cannot be decoded."""
    for packet in recording.container.demux(recording.stream):
        try:
            yield from packet.decode()
        except (av.error.FFmpegError, ValueError):
            continue


def _lay(out: Samples, block: Samples, at: int) -> None:
    """Copies the part of `block`, which begins at `at`, that falls into `out`."""
    first, last = max(0, at), min(len(out), at + len(block))
    if first < last:
        out[first:last] = block[first - at : last - at]
