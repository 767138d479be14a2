"""From how uncertain a share is to a 90 % interval: one scale for talk and one for lead time, fitted on known truth.

`interval.py` says how far a share can be off on one call in relation to another (`Spread`). How many times that far
an interval has to reach, so that it holds the true share nine times out of ten, is not derived but counted, by
split-conformal prediction: on calls whose truth is known and on which, at best, nothing else was chosen, each case
needs a certain scale for its interval to just hold the truth, and the scale is the 90 % quantile of what they needed.
That promise rests on one assumption alone, that the next call is like those counted on: no error need be normal, no
model right (V. Vovk, A. Gammerman, G. Shafer, Algorithmic Learning in a Random World, 2005; for a scaled spread, J.
Lei et al., Distribution-Free Predictive Inference for Regression, JASA 113, 2018).

The lead shares that can be asked about on one call fail together, so calls are what is counted, not cases: each call
has the weight 1 / (calls + 1), shared evenly by its cases, and the call to come has the same weight at infinity. That
holds for a share chosen at random on a call chosen at random (R. Dunn, L. Wasserman, A. Ramdas, Distribution-Free
Prediction Sets for Two-Layer Hierarchical Models, JASA 118, 2023; Y. Lee, R. F. Barber, R. Willett, Distribution-free
inference with hierarchical data, 2023).

The scale lies in `interval.toml` beside this module, with its date, and what it was fitted on. `analyzer bench interval
FOLDER --fit FILE` writes it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from importlib.resources import files

from analyzer.lead.check import Interval

LEVEL = 0.90
"""How often the interval is to hold the true share."""
_MOST = 700.0
"""Log-odds beyond which a share is 0 or 1."""


@dataclass(frozen=True, slots=True)
class Spread:
    """By how much a `share`, 0 to 1, may be off, before that is scaled: `off` is above 0.

    With `log_odds` it is a difference of log-odds, and the share lies between 0 and 1; else it is one of shares.
    """

    share: float
    off: float
    log_odds: bool = False

    def interval(self, scale: float) -> Interval:
        """The interval that reaches `scale` times `off` either way; it holds the share and never leaves 0 to 1."""
        low, high = self._moved(-scale * self.off), self._moved(scale * self.off)
        return Interval(min(max(low, 0.0), self.share), max(min(high, 1.0), self.share))

    def needed(self, true: float) -> float:
        """The smallest scale whose interval holds the `true` share; infinite where none does."""
        if not self.log_odds:
            return abs(true - self.share) / self.off
        return abs(_log_odds(true) - _log_odds(self.share)) / self.off if 0 < true < 1 else math.inf

    def _moved(self, off: float) -> float:
        if not self.log_odds:
            return self.share + off
        return 1 / (1 + math.exp(-min(max(_log_odds(self.share) + off, -_MOST), _MOST)))


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


@dataclass(frozen=True, slots=True)
class Scale:
    """How many times their spread the intervals reach, by talk and by lead time, and what that was fitted on.

    `date` is the day of the fit, `diarizer` the name of the one that heard the calls, `program` this program's version.
    """

    talk: float
    lead_time: float
    date: str
    diarizer: str
    program: str
    calls: int
    cases: int

    def __post_init__(self) -> None:
        if not (0 < self.talk < math.inf and 0 < self.lead_time < math.inf):
            raise ValueError(f"a scale is a number above 0, not {self.talk} and {self.lead_time}")


def fitted(needed: Iterable[tuple[str, float]]) -> float:
    """The scale by split-conformal prediction over calls; `needed` is what each case needs, with its call's name.

    Infinite where there are fewer than nine calls: nothing can be promised nine times out of ten on so few.
    """
    of_call: dict[str, list[float]] = {}
    for call, scale in needed:
        of_call.setdefault(call, []).append(scale)
    weighed = sorted((scale, 1 / (len(scales) * (len(of_call) + 1))) for scales in of_call.values() for scale in scales)
    reached = 0.0
    for scale, weight in weighed:
        reached += weight
        if reached >= LEVEL - 1e-9:
            return scale
    return math.inf


def read_scale(text: str) -> Scale:
    """A scale as `written` gives it.

    Raises:
        TypeError, ValueError: it is none.
    """
    return Scale(**tomllib.loads(text))


def written(scale: Scale) -> str:
    """The scale as TOML."""
    values = ((field.name, getattr(scale, field.name)) for field in fields(scale))
    lines = (f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in values)
    return "\n".join(
        ("# The scale of the 90 % intervals, see scale.py. Written by: analyzer bench interval", *lines, "")
    )


SCALE = read_scale(files(__package__).joinpath("interval.toml").read_text(encoding="utf-8"))
"""The one in use: a part of the program like its constants, and fitted to how the default diarizer hears."""
