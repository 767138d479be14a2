"""What a file says about itself before anything of it is decoded, and the hash that identifies it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import av

from analyzer.audio.headers import mp3_declares_frames, wav_seconds
from analyzer.audio.opening import Opened, failure, layout_of, open_bytes, opened
from analyzer.audio.packets import COUNTED
from analyzer.files import is_folder
from analyzer.timeline import samples

_BLOCK = 2**20
LENGTHS = 2**12
"""Bytes at the beginning of a file in which formats say how long it is (WAV, FLAC, Matroska)."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One file, or one folder of tracks (see `tracks.py`), as it describes itself.

    `container` and `codec` are FFmpeg's names (`wav`, `pcm_s16le`). `sample_rate` is the file's, in Hz. `length` is the
    declared one, in samples at 16 kHz; None when the file declares none, and wrong when its header is: only decoding
    tells.
    """

    path: Path
    sha256: str
    container: str
    codec: str
    channels: int
    sample_rate: int
    length: int | None


def probe(path: Path) -> Recording:
    """Reads the header and the hash of the recording at `path`; a folder is taken for one of tracks.

    Raises `RecordingError`s as `opened` does, for a folder as `probe_tracks` does.
    """
    path = Path(path)
    if is_folder(path):
        from analyzer.audio.tracks import probe_tracks  # which probes each track here

        return probe_tracks(path)
    with opened(path) as recording:
        context = recording.stream.codec_context
        return Recording(
            path=path,
            sha256=content_hash(path),
            container=_container_name(recording),
            codec=context.name,
            channels=layout_of(context).nb_channels,
            sample_rate=context.sample_rate,
            length=declared_length(recording),
        )


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes in hexadecimal, read in blocks. Raises `RecordingError`s as `open_bytes` does."""
    path = Path(path)
    digest = hashlib.sha256()
    with open_bytes(path) as (raw, _):
        try:
            while block := raw.read(_BLOCK):
                digest.update(block)
        except OSError as error:
            raise failure(path, error) from error
    return digest.hexdigest()


def beginning_hash(path: Path, size: int) -> str:
    """SHA-256 of what comes after the first kilobytes of a file, up to `size`: the same while the file only grows.

    The first kilobytes are left out because a recorder writes there, again and again, how much has come.
    Raises `RecordingError`s as `open_bytes` does.
    """
    digest = hashlib.sha256()
    with open_bytes(path) as (raw, _):
        try:
            raw.seek(LENGTHS)
            left = size - LENGTHS
            while left > 0 and (block := raw.read(min(_BLOCK, left))):
                digest.update(block)
                left -= len(block)
        except OSError as error:
            raise failure(path, error) from error
    return digest.hexdigest()


def declared_length(recording: Opened) -> int | None:
    """How long the file says its sound is, in samples at 16 kHz; None if it does not.

    Where FFmpeg only guesses from the first frames' bit rate, the file says nothing: ADTS AAC and AMR, and MP3 files
    without a tag. Of a WAV file FFmpeg tells what is there, not what the header says. Beside a picture only the sound's
    own length counts.
    """
    stream, container, read_at = recording.stream, recording.container, recording.source.at
    if recording.format in COUNTED and not (recording.format == "mp3" and mp3_declares_frames(read_at)):
        return None
    if recording.format == "wav" and (said := wav_seconds(read_at)) is not None:
        return samples(said)
    if stream.duration and stream.time_base:
        length = samples(float(stream.duration * stream.time_base))
    elif container.duration and not recording.pictured:
        length = samples(container.duration / av.time_base)
    else:
        return None
    return length if length > 0 else None


def _container_name(recording: Opened) -> str:
    """One name for the container: the one that the file's ending says where FFmpeg has several."""
    names = recording.format.split(",")
    ending = recording.path.suffix[1:].lower()
    return ending if ending in names else "mp4" if "mp4" in names else names[0]
