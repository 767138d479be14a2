"""`analyzer.analyze`: one call from Python, in the words of the command line."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from analyzer.call.analysis import gather
from analyzer.call.call import Call
from analyzer.call.engine import Engine
from analyzer.people.participants import Claim
from analyzer.progress import Progress, silent
from analyzer.settings import load_settings


def analyze(
    path: str | Path,
    *,
    salesperson: str | None = None,
    team: Sequence[str] = (),
    customers: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    plan: str | Path | None = None,
    speakers: int | None = None,
    min_speakers: int | None = None,
    max_speakers: int | None = None,
    transcript: bool = True,
    asr_model: str | None = None,
    language: str | None = None,
    device: str = "auto",
    basis: str = "team-talk",
    out: str | Path | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> Call:
    """Analyses one recording and returns the call.

    With `out`, what the models heard is kept in `out/<recording name>/` and taken from there the next time. Nothing
    else is written. Pass one `engine` (`analyzer.call.engine.LocalEngine()`) to several calls to load the models
    once.

    Raises:
        analyzer.errors.AnalyzerError: its subclass says what is wrong, its text what to do.
    """
    path = Path(path)
    settings = load_settings(
        {
            "speakers": speakers,
            "min_speakers": min_speakers,
            "max_speakers": max_speakers,
            "transcript": transcript,
            "asr_model": asr_model,
            "language": language,
            "device": device,
            "basis": basis,
        },
        beside=path.parent,
        tell=lambda line: warnings.warn(line, stacklevel=4),  # what was ignored of a file beside the recording
    )
    claim = Claim("call", names=names or {}, salesperson=salesperson, team=tuple(team), customers=tuple(customers))
    material = gather(
        path,
        engine,
        settings,
        claims=[claim],
        plan=Path(plan) if plan is not None else None,
        out=Path(out) if out is not None else None,
        progress=progress or silent,
    )
    return material.call(() if material.folder is None else material.folder.corrections())
