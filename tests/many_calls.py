"""Summaries of many calls, made up but of one piece: for the trends, the index page and the catalog."""

from __future__ import annotations

import datetime as dt
import random

from analyzer.library.summary import Attended, CallSummary, Portion, Took
from analyzer.people.commitment import Commitment

SELLERS = (
    "Dana Reyes",
    "Jonas Okafor",
    "Mina Sato",
    "Luca Brandt",
    "Ines Duarte",
    "Per Holm",
    "Rana Aziz",
    "Tom Ashby",
)
OTHERS = (("Marcus Webb", "manager"), ("Eva Lindqvist", "manager"), ("Kofi Mensah", "specialist"))
CUSTOMERS = tuple(
    f"{name} {kind}" for name in ("Harbour", "Northgate", "Alder", "Quarry") for kind in ("Foods", "Freight", "Homes")
)


def many_calls(count: int, seed: int = 1, start: dt.date = dt.date(2026, 1, 5)) -> list[CallSummary]:
    """`count` calls over a year; the first salesperson leads less as time goes on."""
    rng = random.Random(seed)
    return [_call(rng, number, start + dt.timedelta(days=number * 330 // max(count, 1))) for number in range(count)]


def _call(rng: random.Random, number: int, date: dt.date) -> CallSummary:
    seller, (other, role) = SELLERS[number % len(SELLERS)], rng.choice(OTHERS)
    falls = 0.15 * (date - dt.date(2026, 1, 5)).days / 330 if seller == SELLERS[0] else 0.0
    share = min(0.99, max(0.3, rng.gauss(0.88, 0.05) - falls))
    talk = rng.uniform(400, 1500)
    low, high = max(0.0, share - 0.03), min(1.0, share + 0.03)
    exception = "final_presentation" if rng.random() < 0.05 else None
    led = "not_judged" if exception else "yes" if low >= 0.85 else "no" if high < 0.85 else "too_close"
    took = tuple(
        Took(other, 60.0 * n, 60.0 * n + 30, 25.0, "cut_in", "handed_back", rng.uniform(0.2, 4), planned=False)
        for n in range(1, 1 + int(share < 0.85) + int(share < 0.8))
    )
    return CallSummary(
        sha256=f"{number:064x}",
        name=f"2026 call {number:04d}",
        folder=f"call {number:04d} #1",
        date=date,
        customer=rng.choice(CUSTOMERS),
        seconds=rng.uniform(1200, 3600),
        led=led,  # type: ignore[arg-type]
        team_took_part="yes" if share < 0.9 else "no",
        reason="exception_declared" if exception else None,
        headline="",
        basis="team-talk",
        shares={"team-talk": Portion(share * talk, talk, low, high)},
        people=(
            Attended("S1", seller, seller, "team", "salesperson", share * talk, salesperson=True),
            Attended("S2", other, other, "team", role, (1 - share) * talk),
            Attended("S3", "S3", None, "customer", None, 900.0),
        ),
        took=took,
        planned=rng.random() < 0.8 or exception is not None,
        exception=exception,
        commitments=(Commitment(seller, f"Ask first, call {number}", date + dt.timedelta(days=14), None),)
        if number % 5 == 0
        else (),
        debriefed_on=date + dt.timedelta(days=1) if number % 3 else None,
    )
