"""Who led the call, who took over, and what to talk about in the debrief.

    import analyzer

    call = analyzer.analyze("call.ogg", salesperson="S1", customers=["S2"])
    call.judgement.verdict.led                       # 'yes', 'no', 'too_close' or 'not_judged'
    call.judgement.share().share.value               # the lead share, between 0 and 1, or None
    analyzer.record(call).model_dump_json()          # what `call.json` holds

The words are those of the command line. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.telemetry import switch_off
from analyzer.version import __version__

if TYPE_CHECKING:
    from analyzer.call.notebook import analyze
    from analyzer.debrief.build import record

switch_off()  # before anything else is imported

__all__ = ["__version__", "analyze", "record"]


def __getattr__(name: str) -> object:
    if name == "analyze":
        from analyzer.call.notebook import analyze

        return analyze
    if name == "record":
        from analyzer.debrief.build import record

        return record
    raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
