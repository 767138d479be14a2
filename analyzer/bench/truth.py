"""Recordings with known truth: a folder of `NAME.<audio>` with `NAME.rttm` beside it, and `NAME.json` with the roles.

The RTTM says who speaks when, with times to the millisecond; the JSON file, which may be absent, gives everybody's role
(`salesperson`, `manager`, `customer`, …) under `roles`, under `effect` what was done to the sound, and under `timings`
whose turns a simulated call was laid on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.errors import BadFileError
from analyzer.files import is_file
from analyzer.timeline import Span, Turn, samples

AUDIO = (".ogg", ".opus", ".flac", ".wav", ".mp3", ".m4a", ".mp4", ".webm")
FIELDS = 8
"""Of an RTTM line, those up to the name."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One recording and who really speaks when in it; `roles` is empty where no one has said.

    `timings` is the first word of what is said of them.
    """

    recording: Path
    turns: tuple[Turn, ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    effect: str | None = None
    timings: str | None = None

    @property
    def team(self) -> frozenset[str]:
        """Everybody whose role is known and who is not a customer."""
        return frozenset(who for who, role in self.roles.items() if role != "customer")


def recordings_with_truth(folder: Path) -> tuple[Truth, ...]:
    """Every recording of a folder that has an RTTM file beside it, by name.

    Raises:
        BadFileError: there is none, or an RTTM or JSON file is wrong.
    """
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in AUDIO)
    truths = tuple(read_truth(path) for path in found if is_file(path.with_suffix(".rttm")))
    if not truths:
        raise BadFileError(
            "no recording with its truth (NAME.rttm) beside it", where=folder, todo="Check the path of the folder"
        )
    return truths


def read_truth(recording: Path) -> Truth:
    """The truth that lies beside a recording.

    Raises:
        BadFileError: the RTTM or JSON file is wrong.
    """
    about = _about(recording.with_suffix(".json"))
    roles, effect, timings = about.get("roles", {}), about.get("effect"), str(about.get("timings") or "").split()
    if not isinstance(roles, dict):
        raise BadFileError("roles must be a table of people", where=recording.with_suffix(".json"), todo="Correct it")
    turns = read_rttm(recording.with_suffix(".rttm"))
    return Truth(
        recording,
        turns,
        {str(who): str(role) for who, role in roles.items()},
        effect and str(effect),
        timings[0].lower() if timings else None,
    )


def _about(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadFileError(f"cannot be read as JSON ({error})", where=path, todo="Correct it or remove it") from error
    return about if isinstance(about, dict) else {}


def read_rttm(path: Path) -> tuple[Turn, ...]:
    """The turns of a file that holds one recording; lines of other kinds than SPEAKER are passed over.

    Raises:
        BadFileError: it cannot be read, or a line is not what it should be.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError(f"cannot be read ({error})", where=path, todo="Make it readable") from error
    turns = []
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            start, length, who = float(fields[3]), float(fields[4]), fields[FIELDS - 1]
            span = Span(samples(start), samples(start + length))
        except (IndexError, ValueError, OverflowError) as error:
            raise BadFileError(
                "not a SPEAKER line with a start and a length in seconds",
                where=f"{path}, line {number}",
                todo="Write: SPEAKER call 1 start length <NA> <NA> name <NA> <NA>",
            ) from error
        turns.append(Turn(span, who))
    return tuple(sorted(turns))
