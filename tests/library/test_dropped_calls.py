"""A call that dropped and was dialled again is offered as one, and only where title or customer say so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.library_folders import Shelf, small

PLAN = """
customer = "{customer}"
reason = "the offer"
[[attendee]]
name = "Dana Reyes"
side = "team"
role = "salesperson"
lead = true
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "calls", tmp_path / "out")


def with_plan(path: Path, seed: int, customer: str) -> Path:
    path.with_suffix(".plan.toml").parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".plan.toml").write_text(PLAN.format(customer=customer))
    return small(path, seed)


def test_a_meeting_of_one_title_minutes_later_is_offered_once(shelf: Shelf) -> None:
    small(shelf.folder / "Northwind-20260519_140000-Meeting Recording.wav", 1)
    small(shelf.folder / "Northwind-20260519_140712-Meeting Recording.wav", 2)
    small(shelf.folder / "Northwind-20260519_160000-Meeting Recording.wav", 3)
    (offer,) = shelf.batch().offers
    assert offer.startswith(
        "Northwind 2026-05-19 may be the second part of Northwind: it began 7 minutes after that one "
    )
    assert shelf.batch().offers == ()


def test_a_second_part_that_comes_later_is_offered_with_the_first(shelf: Shelf) -> None:
    small(shelf.folder / "Northwind-20260519_140000-Meeting Recording.wav", 1)
    assert shelf.batch().offers == ()
    small(shelf.folder / "Northwind-20260519_140030-Meeting Recording.wav", 2)
    (offer,) = shelf.batch().offers
    assert "less than a minute after" in offer or "1 minute after" in offer


@pytest.mark.parametrize(("customer", "offers"), [("Carrick", 1), ("Alder", 0)])
def test_a_dialer_s_calls_are_offered_for_one_customer_and_not_for_two(
    shelf: Shelf, customer: str, offers: int
) -> None:
    with_plan(shelf.folder / "20260519_140000_sip-204.wav", 1, "Carrick")
    with_plan(shelf.folder / "20260519_140300_sip-204.wav", 2, customer)
    assert len(shelf.batch().offers) == offers


def test_calls_of_which_nothing_is_known_are_not_offered(shelf: Shelf) -> None:
    for number, name in enumerate(("20260519_140000_sip-204", "20260519_140300_sip-204")):
        small(shelf.folder / f"{name}.wav", number)
    assert shelf.batch().offers == ()


def test_a_file_without_a_time_in_its_name_ended_when_it_was_closed(shelf: Shelf) -> None:
    for number, (name, at) in enumerate((("first", 1_779_000_000), ("second", 1_779_000_240))):
        os.utime(with_plan(shelf.folder / f"{name}.wav", number, "Carrick"), (at, at))
    (offer,) = shelf.batch().offers
    assert offer.startswith("second may be the second part of first: it began 4 minutes after")


def test_two_recordings_in_the_folder_of_one_zoom_meeting_are_offered(shelf: Shelf) -> None:
    meeting = shelf.folder / "2026-05-19 15.01.12 Northwind renewal 98765432101"
    first, second = (small(meeting / f"audio{number}987654321.wav", number) for number in (1, 2))
    (offer,) = shelf.batch().offers
    assert "both lie in the folder of one Zoom meeting" in offer
    assert offer.endswith(f"analyzer report '{first}' --continues-in '{second}'")
