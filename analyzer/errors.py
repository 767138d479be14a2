"""Every way a command can fail: one class per failure, with the exit code it ends in; and text that is safe to show.

A message says what went wrong, where, and what to do. `cli/` is the one place that turns these into exits; nothing
else in the package prints or exits. The exit codes are a stable interface (`docs/exit-codes.md`).

Text from outside (names of files and people, words, what a library complains of) may hold line ends of every kind,
escape sequences that clear a terminal or set its title and clipboard, characters that reorder the line around them,
and halves of characters. Words are read, so what is no text in them goes (`one_line`); names of files and commands are
used again, so nothing in them is lost (`visible`, `pasted`).
"""

from __future__ import annotations

import re
import shlex
import traceback
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """The process exit codes of every `analyzer` command."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    NOT_LED = 3
    SOME_FAILED = 4
    UNREADABLE_INPUT = 5
    MODEL = 6
    BAD_FILE = 7
    LIBRARY = 8
    INTERRUPTED = 130


def places_of(error: BaseException) -> str:
    """Where in the program an error came from, for the log; without its text, which may quote what somebody said."""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def fault(error: BaseException) -> str:
    """What to say of an error that is a fault of this program: its class and the last place it came through.

    Its text is left out, which may quote what somebody said.
    """
    frames = list(traceback.walk_tb(error.__traceback__))
    ours = [one for one in frames if one[0].f_globals.get("__name__", "").split(".")[0] == "analyzer"]
    frame, line = (ours or frames)[-1]
    place = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name} line {line}"
    return f"internal error: {type(error).__name__} in {place}; run again with --log-file FILE to keep the details"


class AnalyzerError(Exception):
    """A failure the user can understand: what happened, where, and what to do about it.

    `exit_code` is what the process ends with; `can_retry` says whether the same command may succeed later
    without anybody changing anything (a copy still under way, a network that is down).
    """

    exit_code: ExitCode = ExitCode.LIBRARY
    can_retry: bool = False

    def __init__(self, what: str, *, where: object = None, todo: str = "") -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.todo = todo
        super().__init__(self.line())

    def line(self) -> str:
        """The failure in one line: `where: what. What to do.`"""
        text = " ".join(self.what.split()).rstrip(".") + "."
        if self.todo:
            text += " " + " ".join(self.todo.split()).rstrip(".") + "."
        return visible(f"{self.where}: {text}" if self.where else text)


class UsageError(AnalyzerError):
    """The command line asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class ChangedMeanwhileError(UsageError):
    """Somebody else changed what this was said of, since it was looked at."""


class InterruptedRunError(AnalyzerError):
    """A command was interrupted, and says itself what is kept: less than what was finished."""

    exit_code = ExitCode.INTERRUPTED


class UnknownSpeakerError(UsageError):
    """A speaker or person named on the command line is not on this call."""


class DeviceError(UsageError):
    """A device was asked for by name and is not there."""


class RecordingError(AnalyzerError):
    """The recording cannot be read as audio, or holds no speech."""

    exit_code = ExitCode.UNREADABLE_INPUT


class RecordingMissingError(RecordingError):
    """There is no file at the path."""


class RecordingPermissionError(RecordingError):
    """The file is there, but this user may not read it."""


class RecordingUnfinishedError(RecordingError):
    """A part of the file was never written: a copy still under way, or one that broke off."""

    can_retry = True


class RecordingTooLongError(RecordingError):
    """It holds more sound than is allowed."""


class NoRoomError(RecordingError):
    """Its sound does not fit into this machine's memory, or onto its disk while it is looked at."""

    can_retry = True


class RecordingEmptyError(RecordingError):
    """The file has no bytes, or holds no audio samples."""


class NotAudioError(RecordingError):
    """FFmpeg finds no audio in the file."""


class NoSpeechError(RecordingError):
    """The recording is readable, but no one speaks in it."""


class ModelError(AnalyzerError):
    """A model is missing, or its file does not match its checksum."""

    exit_code = ExitCode.MODEL


class ModelMissingError(ModelError):
    """A model is not on this machine and could not be fetched."""

    can_retry = True


class ModelChecksumError(ModelError):
    """A model file's SHA-256 is not the one in the manifest."""


class ManifestError(ModelError):
    """The model manifest itself is wrong."""


class BadFileError(AnalyzerError):
    """A plan, roster, sidecar, result or configuration file is wrong."""

    exit_code = ExitCode.BAD_FILE


class LibraryError(AnalyzerError):
    """The catalog or the output folder cannot be used."""

    exit_code = ExitCode.LIBRARY


class OutputError(LibraryError):
    """A result cannot be written."""


class BusyError(LibraryError):
    """Another run is at work on the same call, and does not end."""

    can_retry = True


# Text that is shown

_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HALVES = re.compile("[\ud800-\udfff]")
_REORDERING = re.compile("[\u061c\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What a reader does not see or a terminal obeys. Joiners (U+200C, U+200D) are letters' parts in Persian and emoji."""


def one_line(text: str) -> str:
    """A text as one line that no terminal, parser or reader takes for anything but text.

    Control characters, line and paragraph separators and runs of white space become one blank, the ends are trimmed,
    and characters go that reorder the text around them (the bidirectional embeddings, overrides and isolates), have no
    width, or mark the beginning of a file (U+FEFF). Half a surrogate pair, which a file name that is no UTF-8 brings
    along, becomes U+FFFD. This is for text that is shown; `people.names.one_line` is for names that are compared.
    """
    return _BREAKS.sub(" ", _REORDERING.sub("", _HALVES.sub("\ufffd", text))).strip()


def exact(text: str) -> str:
    """A command as one line: its blanks stay as they are, and what no one sees in it becomes U+FFFD (see `pasted`)."""
    return _UNSEEN.sub("\ufffd", text)


def visible(text: object) -> str:
    """A file's name, or a line that has one in it, with everything that is not seen written out: `\\n`, `\\x1b`."""
    return _UNSEEN.sub(_written_out, str(text))


def _written_out(found: re.Match[str]) -> str:
    sign = found[0]
    if "\udc80" <= sign <= "\udcff":  # a byte of a name that is no text, which Python carries as half a character
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")


def pasted(text: str) -> str:
    """A text as one word of a command line: to be read safely, and to be pasted into bash or zsh."""
    if not _UNSEEN.search(text):
        return shlex.quote(text)
    return "$'" + "".join(map(_in_quotes, text)) + "'"


def pasted_path(path: Path) -> str:
    """A path as one word of a command line that no command takes for an option."""
    return pasted(f"./{path}" if str(path).startswith("-") else str(path))


def _in_quotes(sign: str) -> str:
    if sign in ("'", "\\"):
        return "\\" + sign
    if not _UNSEEN.match(sign):
        return sign
    halves = "surrogateescape" if "\udc80" <= sign <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", halves))


def visible_json(text: str) -> str:
    """JSON that a terminal may show and a program reads line by line: what is not seen stands there as `\\u009b`."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] == "\n" else _json(found[0]), text)


def _json(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
