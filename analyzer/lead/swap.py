"""The mistake that matters most: what if two voices of the team were each other?

Diarization labels are only as good as the voices are apart. Of the salesperson and each other team member, the pair
whose voices lie closest is the one most easily confused; the answer is worked out again with the two exchanged. Where
the distance of the voices is not known, the pair is the salesperson and whoever of the others talks most.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from analyzer.lead.check import Verdict
from analyzer.talk.rates import Share
from analyzer.talk.turns import By, talk_time


@dataclass(frozen=True, slots=True)
class Swap:
    """The salesperson `a` and the team member `b` exchanged: the verdict and the lead share there would be.

    `distance` is the cosine distance of their voices, when it is known.
    """

    a: str
    b: str
    verdict: Verdict
    share: Share
    distance: float | None = None


Judged = tuple[Verdict, Share]


def swap(
    salesperson: str,
    team: Collection[str],
    by: By,
    distances: Mapping[tuple[str, str], float],
    judged: Callable[[str], Judged],
) -> Swap | None:
    """The exchange of the two least separate voices; None when no one else from the team speaks.

    `distances` gives the distance of two people's voices in either order; `judged` the verdict and share with another
    person as the salesperson, which is what an exchange of the two amounts to.
    """
    talk = talk_time(by)
    others = [who for who in team if who != salesperson and talk.get(who)]
    if not others:
        return None

    def apart(who: str) -> float | None:
        return distances.get((salesperson, who), distances.get((who, salesperson)))

    known = [who for who in others if apart(who) is not None]
    nearest = (
        min(known, key=lambda who: (apart(who) or 0.0, who)) if known else max(others, key=lambda who: (talk[who], who))
    )
    verdict, share = judged(nearest)
    return Swap(salesperson, nearest, verdict, share, apart(nearest))
