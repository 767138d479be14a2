"""Small recordings for tests: tone bursts at known times, written by PyAV or byte by byte; no program needed."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]

BURST = 0.06


def bursts(rate: int, length: float = 4.0, at: tuple[float, ...] = (1.0, 2.0, 3.0), channels: int = 1) -> Sound:
    """Faint noise with loud 1 kHz bursts of 60 ms that start at `at` seconds, if so long; shape (channels, samples)."""
    sound = 0.01 * np.random.default_rng(7).standard_normal(round(rate * length))
    tone = 0.6 * np.sin(2 * np.pi * 1000 * np.arange(round(rate * BURST)) / rate)
    for start in (start for start in at if start + BURST <= length):
        first = round(rate * start)
        sound[first : first + len(tone)] += tone
    return np.repeat(sound[None, :].astype(np.float32), channels, axis=0)


def onsets(samples: Sound, rate: int = 16_000, above: float = 0.25) -> list[float]:
    """When bursts start, in seconds: the first loud sample after 0.3 s without one."""
    loud = np.flatnonzero(np.abs(samples) > above)
    if not len(loud):
        return []
    first = np.concatenate([[True], np.diff(loud) > 0.3 * rate])
    return [float(at) for at in loud[first] / rate]


def encode(
    path: Path,
    sound: Sound,
    rate: int,
    codec: str,
    container: str,
    *,
    layout: str = "",
    starts: tuple[tuple[float, float], ...] = (),
    bit_rate: int = 0,
    options: dict[str, str] | None = None,
    created: str | None = None,
) -> Path:
    """Encodes `sound`, shape (channels, samples), to `path`.

    `starts` says from which second of the sound on the timestamps are later, and by how many seconds.
    """
    names = {1: "mono", 2: "stereo"}
    layout = layout or names.get(len(sound), f"{len(sound)} channels")
    with av.open(str(path), "w", format=container, options=options or {}) as file:
        if created is not None:
            file.metadata["creation_time"] = created
        stream: Any = file.add_stream(codec, rate=rate)
        stream.layout = layout
        if bit_rate:
            stream.bit_rate = bit_rate
        _encode_sound(file, stream, sound, rate, layout, starts)
    return path


def encode_film(
    path: Path, container: str, sound: Sound, rate: int, codec: str, late: float = 0.0, bit_rate: int = 0
) -> Path:
    """Four seconds of picture (MPEG-4) from 0 on, with mono `sound` that starts `late` seconds in."""
    with av.open(str(path), "w", format=container) as file:
        picture: Any = file.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        stream: Any = file.add_stream(codec, rate=rate)
        stream.layout = "mono"
        if bit_rate:
            stream.bit_rate = bit_rate
        for number in range(40):
            image = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 5 * number, np.uint8), format="rgb24")
            image.pts, image.time_base = number, Fraction(1, 10)
            file.mux(picture.encode(image))
        file.mux(picture.encode(None))
        _encode_sound(file, stream, sound, rate, "mono", ((0.0, late),))
    return path


def encode_tracks(path: Path, container: str, tracks: Sequence[tuple[Sound, float]], rate: int, codec: str) -> Path:
    """A file of several audio tracks: the sound of each, shape (channels, samples), and how many seconds late it is."""
    with av.open(str(path), "w", format=container) as file:
        streams: list[Any] = [file.add_stream(codec, rate=rate) for _ in tracks]
        for (sound, _), stream in zip(tracks, streams, strict=True):
            stream.layout = {1: "mono", 2: "stereo"}[len(sound)]
        for (sound, late), stream in zip(tracks, streams, strict=True):
            _encode_sound(file, stream, sound, rate, stream.layout.name, ((0.0, late),))
    return path


def _encode_sound(
    file: Any, stream: Any, sound: Sound, rate: int, layout: str, starts: tuple[tuple[float, float], ...]
) -> None:
    packed = len(sound) > 2  # PyAV cannot read back its own planar frames of eight channels and more
    for at in range(0, sound.shape[1], 1000):
        part = np.ascontiguousarray(sound[:, at : at + 1000])
        if packed:
            part = np.ascontiguousarray(part.T).reshape(1, -1)
        frame: Any = av.AudioFrame.from_ndarray(part, format="flt" if packed else "fltp", layout=layout)
        later = sum(by for since, by in starts if at >= since * rate)
        frame.sample_rate, frame.pts, frame.time_base = rate, at + round(later * rate), Fraction(1, rate)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def wav(data: bytes, rate: int, channels: int = 1, bits: int = 16, tag: int = 1, declared: int | None = None) -> bytes:
    """A WAV file around `data`; `tag` 1 is integer, 3 float, 6 A-law, 7 mu-law; `declared` is what its header says."""
    align = channels * bits // 8
    size = len(data) if declared is None else declared
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits)
    riff = min(4 + 8 + len(form) + 8 + size, 0xFFFF_FFFF)
    head = b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    return head + b"data" + struct.pack("<I", size) + data


def wav16(sound: Sound, rate: int, declared: int | None = None) -> bytes:
    """`sound`, shape (channels, samples), as a 16-bit WAV file."""
    whole = np.round(np.clip(sound, -1, 1) * 32767).astype("<i2")
    return wav(whole.T.tobytes(), rate, len(sound), 16, 1, declared)


def caf(sound: Sound, rate: int, labels: tuple[int, ...]) -> bytes:
    """`sound` as a 16-bit CAF file whose channels are what `labels` say (1 left, 2 right, …), in any order."""
    channels = len(labels)
    desc = struct.pack(">d4sIIIII", rate, b"lpcm", 2, 2 * channels, 1, channels, 16)
    chan = struct.pack(">III", 0, 0, channels) + b"".join(struct.pack(">IIfff", label, 0, 0, 0, 0) for label in labels)
    data = b"\0\0\0\0" + np.round(sound * 32767).astype("<i2").T.tobytes()
    chunks = ((b"desc", desc), (b"chan", chan), (b"data", data))
    return b"caff" + struct.pack(">HH", 1, 0) + b"".join(name + struct.pack(">q", len(b)) + b for name, b in chunks)
