"""Summaries of calls, made up but of one piece: for the trends, the index page and the catalog."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from typing import Any

from analyzer.debrief.record import (
    AttendeeRecord,
    ChangeRecord,
    ExceptionRecord,
    PersonRecord,
    PlanRecord,
    TalkRecord,
)
from analyzer.lead.check import Band
from analyzer.library.summary import CallSummary, summarise
from analyzer.people.commitment import Commitment
from tests import records

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


Portion = tuple[float, float, float | None, float | None]
"""A lead share: seconds of how many seconds, and its interval."""


def portion(part: float, whole: float, low: float | None = None, high: float | None = None) -> Portion:
    return part, whole, low, high


def summary_of(
    number: int,
    *,
    people: Sequence[PersonRecord],
    sha256: str | None = None,
    name: str | None = None,
    folder: str | None = None,
    date: dt.date | None = None,
    customer: str | None = None,
    seconds: float = 1800.0,
    led: str = "yes",
    team_took_part: str = "yes",
    reason: str | None = None,
    basis: str = "team-talk",
    band: Band = Band(),  # noqa: B008 - frozen
    shares: Mapping[str, Portion] | None = None,
    took: Sequence[ChangeRecord] = (),
    silent: Sequence[str] = (),
    planned: bool = False,
    ride_along: Any = None,
    customer_is: Any = None,
    exception: str | None = None,
    commitments: Sequence[Commitment] = (),
    last_commitments: Sequence[Commitment] = (),
    debriefed_on: dt.date | None = None,
) -> CallSummary:
    """A call with these people, the first of whom is the salesperson; `silent` are managers who were only planned."""
    plan = None
    if planned or exception is not None or silent or ride_along or customer_is:
        plan = PlanRecord(
            reason=None,
            lead=people[0].label,
            attendees=tuple(attendee(one) for one in silent),
            not_in_plan=(),
            agenda=(),
            objectives=(),
            exception=ExceptionRecord(kind=exception, note=None, declared_on="2026-01-01", meaning="declared")
            if exception is not None
            else None,
            commitments=(),
            ride_along=ride_along,
            customer_is=customer_is,
        )
    talk = None
    if debriefed_on is not None or commitments:
        talk = TalkRecord(
            held_on=debriefed_on.isoformat() if debriefed_on is not None else "",
            own_lead_share=None,
            went_well=None,
            would_do_differently=None,
            observations=(),
            commitments=tuple(commitments),
        )
    found = records.call(
        transcript=None,
        seconds=seconds,
        name=name if name is not None else f"call {number}",
        customer=customer,
        plan=plan,
        talk=talk,
        last_commitments=tuple(last_commitments),
        lead=records.lead(
            led=led,
            team_took_part=team_took_part,
            reason=reason,
            headline="",
            explanation=(),
            basis=basis,
            band_floor=band.floor,
            band_ceiling=band.ceiling,
            salesperson=people[0].key,
            shares=records.lead_shares(
                *(
                    (basis, part, whole, None if low is None or high is None else (low, high))
                    for basis, (part, whole, low, high) in (shares or {}).items()
                )
            ),
            changes=tuple(took),
        ),
    )
    recording = found.recording.model_copy(update={"sha256": sha256 or f"{number:064x}"})
    found = found.model_copy(update={"recording": recording, "people": tuple(people)})
    return summarise(found, folder=folder if folder is not None else f"call {number}", date=date)


def attendee(name: str) -> AttendeeRecord:
    """A manager who was planned for the call and did not speak."""
    return AttendeeRecord(
        name=name, side="team", role="manager", lead=False, status="silent", key=None, meaning="was not heard"
    )


def took(who: str, **more: object) -> ChangeRecord:
    """A take-over by the person with this key."""
    return records.TAKEN.model_copy(
        update={"who": who, "start": 60.0, "end": 90.0, "spoken_seconds": 25.0, "delay_seconds": 2.0, **more}
    )


def many_calls(count: int, seed: int = 1, start: dt.date = dt.date(2026, 1, 5)) -> list[CallSummary]:
    """`count` calls over a year; the first salesperson leads less as time goes on."""
    rng = random.Random(seed)
    return [made_up(rng, number, start + dt.timedelta(days=number * 330 // max(count, 1))) for number in range(count)]


def made_up(rng: random.Random, number: int, date: dt.date, **more: Any) -> CallSummary:
    """One of them, but for what `more` says."""
    seller, (other, role) = SELLERS[number % len(SELLERS)], rng.choice(OTHERS)
    falls = 0.15 * (date - dt.date(2026, 1, 5)).days / 330 if seller == SELLERS[0] else 0.0
    share = min(0.99, max(0.3, rng.gauss(0.88, 0.05) - falls))
    talk = rng.uniform(400, 1500)
    low, high = max(0.0, share - 0.03), min(1.0, share + 0.03)
    exception = "final_presentation" if rng.random() < 0.05 else None
    fields: dict[str, Any] = {
        "name": f"2026 call {number:04d}",
        "folder": f"call {number:04d} #1",
        "date": date,
        "customer": rng.choice(CUSTOMERS),
        "seconds": rng.uniform(1200, 3600),
        "led": "not_judged" if exception else "yes" if low >= 0.85 else "no" if high < 0.85 else "too_close",
        "team_took_part": "not_judged" if exception else "yes" if share < 0.9 else "no",
        "reason": "exception_declared" if exception else None,
        "shares": {"team-talk": portion(share * talk, talk, low, high)},
        "people": (
            records.person("S1", seller, "team", "salesperson", talk_seconds=share * talk),
            records.person("S2", other, "team", role, talk_seconds=(1 - share) * talk),
            records.person("S3", None, "customer", talk_seconds=900.0),
        ),
        "took": tuple(
            took("S2", start=60.0 * n, end=60.0 * n + 30, delay_seconds=rng.uniform(0.2, 4))
            for n in range(1, 1 + int(share < 0.85) + int(share < 0.8))
        ),
        "exception": exception,
        "planned": rng.random() < 0.8,
        "debriefed_on": date + dt.timedelta(days=1) if number % 3 else None,
    }
    if number % 5 == 0:
        fields["commitments"] = (Commitment(seller, f"Ask first, call {number}", date + dt.timedelta(days=14)),)
    return summary_of(number, **(fields | more))
