"""A commitment: what somebody agreed to do, in the plan, the debrief, the answers, the catalog and on the page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commitment:
    """What somebody agreed to do; `kept` is None while it is not known."""

    who: str
    text: str
    due: dt.date | None = None
    kept: bool | None = None
