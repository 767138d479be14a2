"""The picture of a call: that everything is drawn at its time."""

from __future__ import annotations

import pytest

from analyzer.debrief.page.picture import picture, ticks
from analyzer.debrief.record import PersonStretchRecord
from tests import records


def test_the_picture_draws_each_turn_at_its_place() -> None:
    call = records.bare()
    turns = tuple(
        PersonStretchRecord(start=start, end=end, who="S1") for start, end in ((0.0, 2.0), (3.5, 4.0), (94.98, 95.0))
    )
    drawn = picture(call.model_copy(update={"turns": turns}))
    lane = next(lane for lane in drawn.lanes if lane.who == "S1")
    # Tenths of seconds, each box from the start of the one before: 0 to 20, 35 to 40, and at least one, 949 to 950.
    assert lane.path == "M0 0h20v1h-20zm35 0h5v1h-5zm914 0h1v1h-1z"
    assert drawn.width == 950


def test_the_team_stands_before_the_customer_and_is_drawn_thicker() -> None:
    lanes = picture(records.rich()).lanes
    assert [lane.who for lane in lanes] == ["D", "M", "P", "A", "F"]
    assert [lane.height for lane in lanes] == [16, 16, 16, 8, 8]
    assert [lane.y for lane in lanes] == sorted(lane.y for lane in lanes)


def test_changes_of_lead_and_agenda_lie_over_their_time() -> None:
    call = records.rich()
    drawn = picture(call)
    first = call.lead.changes[0]
    assert float(drawn.marks[0].x[:-1]) == pytest.approx(100 * first.start / call.recording.seconds, abs=0.001)
    assert [mark.planned for mark in drawn.marks] == [False, True, True]
    assert [item.number for item in drawn.agenda] == [1, 2, 3, 4]
    assert len({item.y for item in drawn.agenda}) == 1


def test_agenda_items_that_overlap_do_not_cover_each_other() -> None:
    call = records.rich()
    assert call.plan is not None
    items = tuple(
        item.model_copy(update={"start": start, "end": end})
        for item, start, end in zip(call.plan.agenda, (0, 50, 100, 150, 60), (90, 140, 190, 200, 70), strict=True)
    )
    drawn = picture(call.model_copy(update={"plan": call.plan.model_copy(update={"agenda": items})}))
    level = {item.number: item.y for item in drawn.agenda}
    assert level[1] == level[3] == 0
    assert level[2] == level[4] == 34
    assert level[5] == 68


def test_the_time_axis_has_round_moments_and_never_more_than_ten_gaps() -> None:
    assert [tick.text for tick in ticks(95)] == [f"{s // 60}:{s % 60:02d}" for s in range(0, 91, 10)]
    for seconds in (1, 61, 599, 600, 3599, 7200, 40_000, 400_000):
        assert 1 <= len(ticks(seconds)) <= 11
