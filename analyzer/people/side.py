"""The two sides of a call."""

from __future__ import annotations

from typing import Literal, get_args

Side = Literal["team", "customer"]
SIDES: tuple[Side, ...] = get_args(Side)
