"""Opening a recording for FFmpeg: the file's bytes and nothing else, and one exact error for every way it can fail.

FFmpeg is given an open file, never a name: `http:x.wav`, `concat:a|b` and `-i` are plain file names here. Only formats
that calls are kept in are let in (`formats.py`), and one that asks for another file all the same gets an empty one, so
a recording can reach neither the network nor its neighbours. FFmpeg's own log stays switched off.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import av

from analyzer.audio.formats import FORMATS, HEADERLESS, OPTIONS, VOX, refused, text_error, vox_header
from analyzer.audio.headers import mp4_has_index
from analyzer.audio.unwritten import hole, not_copied_whole
from analyzer.errors import (
    NotAudioError,
    RecordingEmptyError,
    RecordingError,
    RecordingMissingError,
    RecordingPermissionError,
)

MAX_CHANNELS = 32
"""More channels than any call has; a header that says more is broken or is no call."""

SAMPLE_RATES = range(4_000, 768_001)
"""Rates that audio is recorded at. A broken header may say 1 Hz, and one megabyte would become a week of sound."""

SLOWEST = 20_000
"""Bytes a second that a file is read and decoded at, or faster; see `Source.until`."""

PATIENCE = 1200.0
"""Seconds that every file is given besides."""

BEGINNINGS = (
    (0, b"RIFF", "a WAV or AVI file"),
    (0, b".snd", "an AU file"),
    (0, b"RF64", "a WAV file"),
    (0, b"riff", "a Wave64 file"),
    (0, b"fLaC", "a FLAC file"),
    (0, b"OggS", "an OGG file"),
    (0, b"ID3", "an MP3 file"),
    (4, b"ftyp", "an MP4 or M4A file"),
    (0, b"\x1aE\xdf\xa3", "a WEBM or MKV file"),
    (0, b"FORM", "an AIFF file"),
    (0, b"caff", "a CAF file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a WMA or ASF file"),
)
"""How the common recordings begin: offset, bytes, what people call it."""

FAILURES = (av.FFmpegError, ValueError, RuntimeError, LookupError, MemoryError, AssertionError)
"""What PyAV raises on files that FFmpeg cannot make sense of."""


def failure(path: Path, error: OSError) -> RecordingError:
    """What an error of the operating system means for the recording at `path`."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return RecordingMissingError("there is no such file", where=path, todo="Check the path")
    if isinstance(error, PermissionError):
        return RecordingPermissionError(
            "this user may not read it", where=path, todo="Change its permissions, or copy it to where you may read it"
        )
    if isinstance(error, IsADirectoryError):
        return RecordingError("this is a folder, not a recording", where=path, todo="Name a file inside it")
    reason = error.strerror or str(error) or type(error).__name__
    return RecordingError(
        f"reading it failed ({reason})", where=path, todo="Check the disk or the network share, then try again"
    )


@contextmanager
def open_bytes(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The recording's bytes, unbuffered, and how many there are.

    Raises `RecordingMissingError`, `RecordingPermissionError`, `RecordingEmptyError` for a file of no bytes and
    `RecordingError` for what is no file at all: a folder, or a pipe or device, which might never end.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(found.st_mode):
            raise RecordingError("this is a pipe or a device, not a file", where=path, todo="Save it to a file first")
        if found.st_size == 0:
            raise RecordingEmptyError("the file is empty (0 bytes)", where=path, todo="Copy or record it again")
        raw = path.open("rb", buffering=0)
    except OSError as error:
        raise failure(path, error) from error
    except ValueError as error:  # a NUL in the name
        raise RecordingMissingError(f"no file can have this name ({error})", where=path) from error
    with raw:
        yield raw, found.st_size


class Source:
    """The recording's bytes as FFmpeg reads them.

    FFmpeg calls these methods from C, where an exception is printed and lost. So none leaves them: the first one is
    kept in `trouble`, the file seems to end there, and `check` raises it from Python.
    """

    def __init__(self, raw: BinaryIO, size: int, suffix: str) -> None:
        self.size = size
        # FFmpeg's guess of the format may use the ending. The rest of the name is none of its business.
        plain = suffix.isascii() and suffix[1:].isalnum()
        self.name = "recording" + (suffix.lower() if plain else "")
        self.trouble: BaseException | None = None
        self.asked_elsewhere = False
        self.broke_off = False  # FFmpeg gave up before the end
        self._raw = raw
        self._before = b""
        self._place: int | None = None  # in `_before`, when FFmpeg is there
        # A broken index can send FFmpeg round in circles. Files whose sound and picture lie far apart are honestly
        # read many times over, a block for each packet, but not two hundred times.
        self._left = 200 * size + 2**30
        self.until = time.monotonic() + PATIENCE + size / SLOWEST
        """When to give up: a share that hardly answers, or a file that leads FFmpeg round in circles."""

    def read(self, count: int) -> bytes:
        """Up to `count` bytes; none at the end of the file, or when reading has failed."""
        try:
            if self.trouble is not None or self._left <= 0 or self._late():
                return b""
            if self._place is not None:
                data = self._before[self._place : self._place + count]
                self.seek(self._place + len(data))
                return data
            data = self._raw.read(count) or b""
            self._left -= len(data)
            return data
        except BaseException as error:  # noqa: BLE001 (Ctrl-C too: raised again by `check`)
            self.trouble = error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """The new position; -1 for one that cannot be, which FFmpeg takes for an error."""
        before = len(self._before)
        try:
            if before and whence == os.SEEK_CUR:
                offset, whence = self.tell() + offset, os.SEEK_SET
            inside = whence == os.SEEK_SET and 0 <= offset < before
            self._place = offset if inside else None
            if inside:
                return offset
            return before + self._raw.seek(offset - before if whence == os.SEEK_SET else offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1
        except BaseException as error:  # noqa: BLE001 (as above)
            self.trouble = error
            return -1

    def tell(self) -> int:
        """The position in what FFmpeg reads."""
        return len(self._before) + self._raw.tell() if self._place is None else self._place

    def put_before(self, header: bytes) -> None:
        """Lets FFmpeg read a header before the file's own bytes, of which alone `at` knows; call it before it reads."""
        self._before, self._place = header, 0

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset` on, without moving FFmpeg's place in the file; fewer at the end."""
        before = self._raw.tell()
        try:
            self._raw.seek(offset)
            return self._raw.read(count) or b""
        except (OSError, OverflowError):
            return b""
        finally:
            self._raw.seek(before)

    def elsewhere(self, url: str, flags: int, options: dict[str, str]) -> BytesIO:
        """What FFmpeg gets when a recording names another file to read: nothing."""
        self.asked_elsewhere = True
        return BytesIO()

    def check(self, path: Path) -> None:
        """Raises what went wrong while FFmpeg was reading."""
        self._late()
        if isinstance(self.trouble, OSError):
            raise failure(path, self.trouble) from self.trouble
        if self.trouble is not None:
            raise self.trouble

    def _late(self) -> bool:
        """Whether this takes longer than any file may; then that is the trouble."""
        if time.monotonic() > self.until and self.trouble is None:
            self.trouble = TimeoutError(errno.ETIMEDOUT, "it took far too long for its size")
        return isinstance(self.trouble, TimeoutError)


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording that FFmpeg reads: its container and the one audio stream in it that counts."""

    path: Path
    source: Source
    container: Any
    stream: Any
    tracks: int

    @property
    def format(self) -> str:
        """FFmpeg's name of the container format; several names with commas where it does not tell them apart."""
        return str(self.container.format.name)

    @property
    def timed_by_all(self) -> bool:
        """Whether the clock is the container's, because a picture or another track is heard or seen beside it."""
        return self.tracks > 1 or self.pictured

    @property
    def pictured(self) -> bool:
        """Whether there is video beside the sound. A cover picture is none: it has no place in time."""
        return any(not _is_cover(stream) for stream in self.container.streams.video)


@contextmanager
def opened(path: Path, track: int | None = None) -> Iterator[Opened]:
    """Opens the recording at `path` and finds its audio: the audio track with the number `track`, counted from 0.

    Without a number it is the one FFmpeg itself would play: the default one, or else the richest.
    Raises `RecordingError`s as `open_bytes`, and `NotAudioError` for files without audio.
    """
    av.logging.set_level(None)  # whatever another library has chosen: what FFmpeg complains of is no user's business
    with open_bytes(path) as (raw, size):
        source = Source(raw, size, path.suffix)
        text = text_error(path, source.at(0, 4096))
        if text is not None:
            raise text
        stored, options = _by_ending(path, source)
        try:
            container = av.open(
                source,
                "r",
                format=stored,
                container_options={
                    **OPTIONS,
                    **options,
                    "format_whitelist": ",".join(sorted(FORMATS)),
                    "protocol_whitelist": "none",
                    "max_size": "65536",  # bytes in a WAV packet instead of 4096: four times as fast
                },
                metadata_errors="replace",
                io_open=source.elsewhere,
            )
        except FAILURES as error:
            source.check(path)
            raise _unreadable(path, source, error) from error
        with container:
            source.check(path)
            if source.asked_elsewhere:
                raise refused(path, source.at(0, 16))
            stream = _audio_stream(path, container, track)
            with suppress(AttributeError):  # spares reading the picture where PyAV can (17 and later)
                for other in container.streams:
                    if other.index != stream.index:
                        other.discard = type(other.discard)["all"]
            yield Opened(path, source, container, stream, len(container.streams.audio))


def _by_ending(path: Path, source: Source) -> tuple[str | None, Mapping[str, str]]:
    """FFmpeg's format, and its options, of a file without a header; (None, {}) where its bytes are to tell."""
    ending = path.suffix[1:].lower()
    begins = source.at(0, 16)
    if any(begins[offset:].startswith(magic) for offset, magic, _ in BEGINNINGS):
        return None, {}
    if ending == VOX:
        source.put_before(vox_header(source.size))
        return "wav", {}
    return HEADERLESS.get(ending, (None, {}))


def layout_of(holder: Any) -> Any:
    """The channel layout of a frame or codec context. Nothing in this package may touch `.layout` but through here.

    PyAV copies FFmpeg's layout record with its pointer, so that a layout with its own order of channels (`chan` in a
    CAF or MOV file, a few AAC streams) is freed twice and the process dies: seen with 18.1 on a CAF file whose two
    channels are "right, left". Keeping such a layout alive for good leaves one owner. It costs about 100 bytes a
    frame, on files that are rare.
    """
    layout = holder.layout
    if "(" in layout.name:  # "2 channels (FR+FL)": how FFmpeg writes a layout that has no name of its own
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))
    return layout


def _is_cover(stream: Any) -> bool:
    """Whether a video stream is the picture on an album's cover."""
    return bool(stream.disposition & type(stream.disposition)["attached_pic"])


def _audio_stream(path: Path, container: Any, track: int | None) -> Any:
    """The audio stream to decode."""
    streams = container.streams.audio
    if not streams:
        raise NotAudioError(
            f"there is no sound in this file (FFmpeg takes it for {container.format.long_name})",
            where=path,
            todo="Name a recording with sound",
        )
    wanted = streams if track is None else streams[track : track + 1]
    readable = [stream for stream in wanted if stream.codec_context is not None]
    if not readable:
        raise RecordingError(
            "its audio is in a codec that FFmpeg cannot decode",
            where=path,
            todo="Export it as WAV, FLAC, MP3, M4A or OGG",
        )
    best = container.streams.best("audio")
    stream = best if best in readable else readable[0]
    channels, rate = layout_of(stream.codec_context).nb_channels, stream.codec_context.sample_rate
    if channels > MAX_CHANNELS:
        raise RecordingError(
            f"its header declares {channels} channels, more than the {MAX_CHANNELS} that can be handled",
            where=path,
            todo="Export one channel for each person",
        )
    if rate and rate not in SAMPLE_RATES:
        raise RecordingError(
            f"its header declares an impossible sample rate of {rate} Hz", where=path, todo="Copy or export it again"
        )
    return stream


def _unreadable(path: Path, source: Source, error: BaseException) -> RecordingError:
    """Why FFmpeg could not open the file, as far as its first bytes and FFmpeg's error tell."""
    begins = source.at(0, 16)
    empty = hole(source.at, source.size)
    if empty is not None and empty.at_end and not empty.small:
        return not_copied_whole(path, empty)
    for offset, magic, kind in BEGINNINGS:
        if begins[offset:].startswith(magic):
            what = f"it begins like {kind}, but its header is broken or the file is cut off"
            if magic == b"ftyp" and not mp4_has_index(source.at):
                what = f"it begins like {kind}, but was never finished: its index (moov), which comes last, is missing"
            return RecordingError(what, where=path, todo="Copy or export it again")
    if source.asked_elsewhere or getattr(error, "errno", 0) == errno.EINVAL:
        return refused(path, begins)  # FFmpeg's error for a format that is not on the list
    return NotAudioError(
        "there is no audio in this file: FFmpeg does not know its format",
        where=path,
        todo="Name a recording (WAV, FLAC, MP3, M4A, MP4, OGG, WEBM, …)",
    )
