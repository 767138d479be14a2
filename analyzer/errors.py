"""Every way a command can fail: one class per failure, with the exit code it ends in.

A message says what went wrong, where, and what to do. `cli.py` is the one place that turns these into
exits; nothing else in the package prints or exits. The exit codes are a stable interface (see the README).
"""

from __future__ import annotations

import traceback
from enum import IntEnum

from analyzer.plain_text import visible


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


def place_of(error: BaseException) -> str:
    """The last place in this program that an error came through: `analyzer.module.function line N`."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [one for one in frames if one[0].f_globals.get("__name__", "").split(".")[0] == "analyzer"]
    frame, line = (ours or frames)[-1]
    return f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name} line {line}"


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
    """The recording is readable, but nobody speaks in it."""


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
