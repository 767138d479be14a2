"""What a call's result depends on beside the recording, as a short fingerprint.

It has two halves, `models:rest`. When the first changes the models have something else to do; when only the second does
(a plan, roster or transcript came or was mended, a voice was enrolled, the recording was moved), the result is made
anew from what was heard.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path

from analyzer.files import is_file
from analyzer.people.plan.plan_file import plan_path
from analyzer.people.resolution import roster_of
from analyzer.people.sidecars.finding import find_sidecars
from analyzer.people.voices.voice_files import SUFFIX, voices_folder
from analyzer.settings import Settings

FOR_THE_MODELS = ("speakers", "min_speakers", "max_speakers", "transcript", "asr_model", "language", "profile")
NOT_FOR_RESULTS = ("out", "device", "catalog", "group", "jobs", "min_free_mb", "max_hours")


def fingerprint(recording: Path, settings: Settings, *, voices: str) -> str:
    """The fingerprint of what lies beside a recording, of the settings, and of the known voices (`voices_stamp`)."""
    values = {field.name: repr(getattr(settings, field.name)) for field in fields(settings)}
    models = [f"{name}={values[name]}" for name in FOR_THE_MODELS if name in values]
    rest = [f"{name}={values[name]}" for name in sorted(values.keys() - {*FOR_THE_MODELS, *NOT_FOR_RESULTS})]
    rest += [str(recording), voices]
    rest += [_stamp(path) for path in (plan_path(recording), *find_sidecars(recording), roster_of(recording)) if path]
    return f"{_digest(models)}:{_digest(rest)}"


def needs_models(now: str, before: str | None) -> bool:
    """Whether two fingerprints of one call differ in what the models would be asked."""
    return before is None or now.partition(":")[0] != before.partition(":")[0]


def voices_stamp() -> str:
    """What changes when a voice is enrolled or forgotten; those that rosters name come and go with their rosters.

    It goes by what is in the files: their times say when somebody was last heard (`note_heard`), which changes no call.
    """
    folder = voices_folder()
    return _digest([_content(path) for path in sorted(folder.glob(f"*{SUFFIX}"))])  # none where there is no folder


def planned(recording: Path) -> bool:
    """Whether a plan lies beside the recording."""
    return is_file(plan_path(recording))


def _stamp(path: Path) -> str:
    try:
        state = path.stat()
    except OSError:
        return ""
    return f"{path.name} {state.st_size} {state.st_mtime_ns}"


def _content(path: Path) -> str:
    try:
        return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return ""


def _digest(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", errors="surrogateescape")).hexdigest()[:16]
