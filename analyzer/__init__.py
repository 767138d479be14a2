"""Who led the call, who took over, and what to talk about in the debrief.

    import analyzer

    call = analyzer.analyze("call.ogg", salesperson="S1", customers=["S2"])
    call.judgement.verdict.led                       # 'yes', 'no', 'too_close' or 'not_judged'
    call.judgement.share().share.value               # the lead share, between 0 and 1, or None
    analyzer.record(call).model_dump_json()          # what `call.json` holds

The words are those of the command line. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.telemetry import switch_off

if TYPE_CHECKING:
    from analyzer.call.call import Call
    from analyzer.call.engine import Engine
    from analyzer.debrief.record import CallRecord
    from analyzer.progress import Progress

switch_off()  # before anything else is imported

__version__ = "0.1.0"
__all__ = ["__version__", "analyze", "record"]


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
    import warnings

    from analyzer.call.analysis import analyse
    from analyzer.people.participants import Claim
    from analyzer.progress import silent
    from analyzer.settings import load_settings

    path = Path(path)
    counts = {"speakers": speakers, "min_speakers": min_speakers, "max_speakers": max_speakers}
    settings = load_settings(
        counts
        | {
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
    return analyse(
        path,
        engine,
        settings,
        claims=[claim],
        plan=Path(plan) if plan is not None else None,
        out=Path(out) if out is not None else None,
        progress=progress or silent,
    )


def record(call: Call) -> CallRecord:
    """The debrief of a call as a record: what `call.json` holds."""
    from analyzer.debrief.build import record as build

    return build(call, version=__version__)
