"""Which of FFmpeg's formats are recordings of people, how their files end, and what the others look like.

The list says what is let in. All that FFmpeg reads besides stays out: lists of other files (HLS, concat, SDP), text and
subtitles, pictures and series of them, game and tracker music, raw numbers without a header, and devices.

How a file ends says whether it is looked at in a folder (`SOUNDS`, `VIDEOS`), and of telephone sound without a header
how it is stored (`HEADERLESS`, `VOX`); of all others the bytes say it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from analyzer.errors import NotAudioError

FORMATS = frozenset(
    # files of samples
    {"aiff", "au", "caf", "ircam", "nistsphere", "pvf", "sox", "voc", "w64", "wav"}
    # telephones, exchanges and dictation machines; those without a header are known by the file's ending
    | {
        "act",
        "alaw",
        "amr",
        "amrnb",
        "amrwb",
        "bit",
        "codec2",
        "dss",
        "g722",
        "g723_1",
        "g726",
        "g726le",
        "g728",
        "g729",
    }
    | {"gsm", "ilbc", "lc3", "mulaw", "qcp", "sln"}
    # compressed sound
    | {"aac", "ac3", "ac4", "ape", "dts", "dtshd", "eac3", "flac", "loas", "mp3", "mpc", "mpc8", "oma", "shn", "tak"}
    | {"tta", "wv", "xwma"}
    # sound with a picture, or with room for one
    | {"asf", "asf_o", "avi", "dv", "flv", "gxf", "live_flv", "matroska", "webm", "mov", "mp4", "3gp", "3g2"}
    | {"mpeg", "mpegts", "mxf", "nut", "ogg", "rm", "wtv"}
)
"""FFmpeg's names of the formats that calls and meetings are recorded in."""

OPTIONS = {"sample_rate": "8000"}
"""For telephone formats without a header: FFmpeg would take A-law and mu-law for 44 100 Hz."""

HEADERLESS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    **dict.fromkeys(("al", "alaw", "pcma"), ("alaw", {})),
    **dict.fromkeys(("mu", "mulaw", "pcmu", "ul", "ulaw"), ("mulaw", {})),
    **dict.fromkeys(("slin", "sln", "sln8"), ("sln", {})),
    **{f"sln{kilo}": ("sln", {"sample_rate": f"{kilo}000"}) for kilo in (12, 16, 24, 32, 48, 96, 192)},
    "sln44": ("sln", {"sample_rate": "44100"}),
    **dict.fromkeys(("722", "g722"), ("g722", {})),
    **dict.fromkeys(("g723", "g723_1"), ("g723_1", {})),
    **{f"g726-{8 * bits}": ("g726le", {"code_size": str(bits)}) for bits in (2, 3, 4, 5)},
    "g729": ("g729", {}),
    "gsm": ("gsm", {}),
}
"""What a file without a header is by its ending: FFmpeg's format and its options, mono at 8 kHz where none is given.

The endings are those of telephone exchanges (Asterisk's `format_*` modules) and of FFmpeg.
"""

VOX = "vox"
"""How Dialogic's recorders end their files: ADPCM of 4 bits, mono, 8 kHz, without a header. FFmpeg decodes it, and
knows it only in a WAV file (`vox_header`)."""

SOUNDS = frozenset(
    {"3ga", "aac", "ac3", "adts", "aif", "aifc", "aiff", "amr", "ape", "au", "awb", "bwf", "caf", "dss", "dts", "dtshd"}
    | {"ec3", "eac3", "flac", "ilbc", "ircam", "latm", "lbc", "loas", "m2a", "m4a", "m4b", "m4r", "mac", "mka", "mogg"}
    | {"mp2", "mp3", "mpa", "mpc", "nist", "oga", "ogg", "oma", "omg", "aa3", "opus", "pvf", "qcp", "ra", "rf64", "sf"}
    | {"shn", "snd", "sox", "sph", "spx", "tak", "tta", "voc", "w64", "wav", "wav49", "wave", "weba", "wma", "wv"}
    | {"xwma", "act", "bit", "g728", VOX}
    | set(HEADERLESS)
)
"""How files of sound end, those of telephones and dictation machines included."""

VIDEOS = frozenset(
    {"3g2", "3gp", "3gpp", "asf", "avi", "dif", "divx", "dv", "f4v", "flv", "gxf", "ism", "isma", "ismv", "m2t"}
    | {"m2ts", "m4v", "mk3d", "mkv", "mov", "mp4", "mpe", "mpeg", "mpg", "mts", "mxf", "nut", "ogm", "ogv", "psp"}
    | {"qt", "rm", "rmvb", "ts", "vob", "webm", "wmv", "wtv"}
)
"""How files end that hold a picture beside the sound, or have room for one."""

_LOOKED_AT = 4096
_OKI, _CHUNKS, _LARGEST = 0x17, 36, 2**32 - 1
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b") | {127}
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_OTHERS = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"%PDF", "a PDF document"),
    (b"MThd", "a MIDI file: notes, not sound"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
)


def vox_header(size: int) -> bytes:
    """The beginning of a WAV file whose data are `size` bytes of Dialogic's ADPCM."""
    chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, _OKI, 1, 8000, 4000, 1, 4)
    whole = struct.pack("<4sI4s", b"RIFF", min(size + _CHUNKS, _LARGEST), b"WAVE")
    return whole + chunk + struct.pack("<4sI", b"data", min(size, _LARGEST))


def text_error(path: object, begins: bytes) -> NotAudioError | None:
    """What to say of a file that is text by its first bytes; None for any other. No recording begins as text."""
    text = _text(begins[:_LOOKED_AT])
    if text is None:
        return None
    start = text.lstrip("\ufeff \t\r\n")
    lists = ("#EXTM3U", "ffconcat", "v=0", "[playlist]", "<?xml", "<MPD", "<smil")
    if start.startswith(lists) or "\n#EXTM3U" in text:
        what, todo = "a list that points to other files", "Name the recording itself"
    elif start.startswith(("WEBVTT", "[Script Info]")) or "-->" in text:
        what, todo = "subtitles or a transcript", "Name the recording itself; a transcript beside it is found by itself"
    elif start.startswith(("{", "[")):
        what, todo = "data in JSON", "Name the recording itself"
    else:
        what, todo = "text", "Name a recording (WAV, FLAC, MP3, M4A, MP4, OGG, WEBM, …)"
    return NotAudioError(f"this is {what}, not a recording", where=path, todo=todo)


def refused(path: object, begins: bytes) -> NotAudioError:
    """The error for a format that FFmpeg knows and that is not among `FORMATS`."""
    what = "a picture" if begins.startswith(_PICTURES) or begins[8:12] == b"WEBP" else None
    what = what or next((name for magic, name in _OTHERS if begins.startswith(magic)), None)
    return NotAudioError(
        f"this is {what or 'a picture, a list that points to other files or another format that no call is kept in'}, "
        "not a recording",
        where=path,
        todo="Name the recording itself, or convert it to WAV, FLAC, MP3, M4A or OGG",
    )


def _text(begins: bytes) -> str | None:
    """`begins` as text, if it is that from end to end."""
    if begins.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = begins[: len(begins) // 2 * 2].decode("utf-16")
        except UnicodeDecodeError:
            return None
        return text if sum(letter.isascii() for letter in text) > len(text) / 2 else None
    if not begins or not _CONTROL.isdisjoint(begins):
        return None
    try:
        return begins.decode("utf-8")
    except UnicodeDecodeError as error:
        return begins[: error.start].decode("utf-8") if len(begins) - error.start < 4 <= error.start else None
