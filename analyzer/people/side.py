"""The sides of a call, and the voices that are on none."""

from __future__ import annotations

from typing import Literal, get_args

PersonSide = Literal["team", "customer"]
"""Where somebody on the call may be: what a plan, a roster or a list of people says."""
PERSON_SIDES: tuple[PersonSide, ...] = get_args(PersonSide)

Side = Literal["team", "customer", "none"]
"""`none` is a voice that is no one on the call: a greeting, an announcement, voicemail, the radio."""
SIDES: tuple[Side, ...] = get_args(Side)
