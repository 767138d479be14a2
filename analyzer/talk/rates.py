"""Rates that stay honest: numerator and denominator are kept, and nothing divided by nothing is not zero.

A rate over several calls is the sum of the numerators over the sum of the denominators: a two-minute call does not
weigh as much as a two-hour one. `a + b` does just that, so rates must be added, never averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Rate:
    """`numerator` of something per `denominator` of something else; counts or samples, never negative."""

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if self.numerator < 0 or self.denominator < 0:
            raise ValueError(f"a rate needs counts of 0 or more, not {self.numerator} over {self.denominator}")

    @property
    def value(self) -> float | None:
        """The quotient; None when the denominator is 0, because then nothing is known."""
        return self.numerator / self.denominator if self.denominator else None

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return type(self)(self.numerator + other.numerator, self.denominator + other.denominator)


@dataclass(frozen=True, slots=True)
class Share(Rate):
    """A rate whose numerator is a part of its denominator: its value lies between 0 and 1."""

    def __post_init__(self) -> None:
        # Not super(): a slotted dataclass is a new class, which the zero-argument form does not know.
        Rate.__post_init__(self)
        if self.numerator > self.denominator:
            raise ValueError(f"a share cannot be more than the whole: {self.numerator} of {self.denominator}")


NOTHING = Share(0, 0)
"""The share of nothing; the neutral element of `+`."""
