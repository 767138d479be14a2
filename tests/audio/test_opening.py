"""Opening recordings: odd names, files that are no recordings, and files that would lead FFmpeg elsewhere."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import RawIOBase
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from analyzer.audio.decode import decode
from analyzer.audio.formats import FORMATS
from analyzer.audio.opening import Source, opened
from analyzer.audio.recording import content_hash, probe
from analyzer.errors import (
    ExitCode,
    NotAudioError,
    RecordingEmptyError,
    RecordingError,
    RecordingMissingError,
    RecordingPermissionError,
)
from tests.audio_builders import bursts, wav, wav16

READERS: list[Callable[[Path], Any]] = [probe, decode, content_hash]

NAMES = [
    "with spaces.wav",
    'it\'s "quoted".wav',
    "Gespräch mit Zoë – 電話.wav",
    "-i.wav",
    "-",
    "http:call.wav",
    "concat:a.wav|b.wav",
    "pipe:0",
    "data:audio.wav",
    "%03d.wav",
    "*.wav",
    "no ending",
    "wrong ending.mp3",
    "wrong ending.m3u8",
    "wrong ending.jpg",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_bytes(wav16(bursts(16_000), 16_000))
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path / name, Path(name)):
        assert decode(path).length == 64_000
        assert probe(path).codec == "pcm_s16le"


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_unicode_is_opened_too(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"call \xff\xfe.wav")
    path.write_bytes(wav16(bursts(16_000), 16_000))
    assert decode(path).length == 64_000


@pytest.mark.parametrize("read", READERS)
def test_a_missing_file_is_missing(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "gone.wav")
    for path in (tmp_path / "none.wav", tmp_path / "file" / "none.wav", tmp_path / "dangling.wav", Path("a\0b.wav")):
        with pytest.raises(RecordingMissingError) as caught:
            read(path)
        assert caught.value.exit_code == ExitCode.UNREADABLE_INPUT
        assert caught.value.where == str(path)


@pytest.mark.parametrize("read", READERS)
def test_an_empty_file_is_empty(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    path = tmp_path / "call.wav"
    path.touch()
    with pytest.raises(RecordingEmptyError, match="the file is empty"):
        read(path)


@pytest.mark.parametrize("read", READERS)
def test_a_folder_is_no_recording(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    with pytest.raises(RecordingError, match=r"a folder, not a recording|this folder is empty"):
        read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "call.wav")
    with pytest.raises(RecordingError, match="a pipe or a device"):
        decode(tmp_path / "call.wav")


@pytest.mark.parametrize("read", READERS)
def test_a_file_this_user_may_not_read_says_so(
    tmp_path: Path, read: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(bursts(16_000), 16_000))

    def refuse(self: Path, *args: Any, **kwargs: Any) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(RecordingPermissionError, match="this user may not read it"):
        read(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_permission_bits_are_respected_for_other_users() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        path = folder / "call.wav"
        path.write_bytes(wav16(bursts(16_000), 16_000))
        path.chmod(0o600)
        os.seteuid(65_534)
        try:
            with pytest.raises(RecordingPermissionError):
                decode(path)
        finally:
            os.seteuid(0)
    finally:
        shutil.rmtree(folder)


class Failing(RawIOBase):
    """A file whose disk fails, or whose user presses Ctrl-C, after the first so many bytes."""

    def __init__(self, data: bytes, good: int, failure: BaseException) -> None:
        self._data, self._good, self._failure, self._at = data, good, failure, 0

    def read(self, count: int = -1) -> bytes:
        if self._at + count > self._good:
            raise self._failure
        self._at += count
        return self._data[self._at - count : self._at]

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, len(self._data))[whence]
        return self._at

    def tell(self) -> int:
        return self._at


@pytest.mark.parametrize("good", [0, 200_000])
@pytest.mark.parametrize(
    ("failure", "expected"),
    [(OSError(errno.EIO, "Input/output error"), RecordingError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_what_goes_wrong_while_ffmpeg_reads_is_raised(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    good: int,
    failure: BaseException,
    expected: type[BaseException],
) -> None:
    path = tmp_path / "call.wav"
    data = wav(bytes(1_000_000), 16_000)
    path.write_bytes(data)
    monkeypatch.setattr(Path, "open", lambda *args, **kwargs: Failing(data, good, failure))
    with pytest.raises(expected) as caught:
        decode(path)
    if isinstance(failure, OSError):
        assert "reading it failed (Input/output error)" in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_read_in_circles_ends(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(b"x" * 1000)
    with path.open("rb", buffering=0) as raw:
        source = Source(raw, 0, ".wav")
        source._left = 2_500
        total = 0
        while data := source.read(1000):
            total += len(data)
            source.seek(0)
    assert total == 3_000


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine and the list of what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}", asked
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.mark.parametrize("name", ["call.m3u8", "call.wav", "call"])
def test_a_playlist_reaches_neither_the_network_nor_its_neighbours(
    tmp_path: Path, name: str, server: tuple[str, list[str]]
) -> None:
    url, asked = server
    (tmp_path / "neighbour.wav").write_bytes(wav16(bursts(16_000), 16_000))
    lists = [
        f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{url}/a.ts\n#EXT-X-ENDLIST\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{tmp_path}/neighbour.wav\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile {tmp_path}/neighbour.wav\n",
        f"ffconcat version 1.0\nfile '{url}/a.wav'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ]
    for text in lists:
        (tmp_path / name).write_text(text)
        with pytest.raises(NotAudioError, match=r"a list that points to other files|does not know its format"):
            decode(tmp_path / name)
    assert asked == []


def test_a_format_that_asks_for_another_file_gets_nothing_and_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: tuple[str, list[str]]
) -> None:
    url, asked = server
    monkeypatch.setattr("analyzer.audio.opening.FORMATS", FORMATS | {"hls"})
    monkeypatch.setattr("analyzer.audio.opening.text_error", lambda path, begins: None)
    for target in (f"{url}/a.ts", f"{tmp_path}/neighbour.ts"):
        (tmp_path / "call.m3u8").write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
        )
        with pytest.raises(NotAudioError, match="a list that points to other files"):
            decode(tmp_path / "call.m3u8")
    assert asked == []
    assert "hls" not in FORMATS


def test_a_film_without_sound_and_subtitles_are_told_as_what_they_are(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as file:
        stream: Any = file.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        file.mux(stream.encode(None))
    with pytest.raises(NotAudioError, match=r"no sound in this file \(FFmpeg takes it for QuickTime / MOV\)"):
        decode(film)
    subtitles = tmp_path / "call.vtt"
    subtitles.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n")
    with pytest.raises(NotAudioError, match="subtitles or a transcript, not a recording"):
        decode(subtitles)


def test_a_broken_header_names_the_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(b"RIFF\x24\0\0\0WAVEjunk")
    with pytest.raises(RecordingError, match="begins like a WAV or AVI file, but its header is broken") as caught:
        decode(path)
    assert type(caught.value) is RecordingError


def test_a_codec_that_ffmpeg_does_not_have_is_named_as_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav(bytes(1_000), 8_000, tag=0x1234))
    with pytest.raises(RecordingError, match="codec that FFmpeg cannot decode"):
        probe(path)


def test_opening_reads_and_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav16(bursts(16_000), 16_000))
    path.chmod(0o444)
    before = (path.stat().st_mtime_ns, path.read_bytes())
    with opened(path) as recording:
        assert recording.format == "wav"
    decode(path)
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    assert [file.name for file in tmp_path.iterdir()] == ["call.wav"]
