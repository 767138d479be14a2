"""Which moments of a call get a clip, and how long the clips are."""

from __future__ import annotations

import pytest

from analyzer.debrief.page.clips import (
    ALL_CLIPS,
    LONGEST_CLIP,
    change_window,
    clip_moments,
    covering,
    moment_id,
    moment_span,
)
from tests import records


def test_a_moment_is_named_by_its_milliseconds() -> None:
    assert moment_id(31.5, 47.5) == "m31500-47500"
    assert moment_span("m31500-47500") == (31.5, 47.5)
    with pytest.raises(ValueError, match="m5-5"):
        moment_span("m5-5")


def test_clips_hold_both_ends_of_every_change_of_lead_and_stay_within_their_limits() -> None:
    call = records.rich()
    clips = clip_moments(call)
    spans = [(start, end) for _, start, end in clips]
    assert spans == sorted(spans)
    assert all(0 <= start < end <= call.recording.seconds and end - start <= LONGEST_CLIP for start, end in spans)
    assert sum(end - start for start, end in spans) <= ALL_CLIPS
    for change in call.lead.changes:
        for at in (change.start, change.end):
            assert covering(*change_window(at), spans), at


def test_when_there_are_too_many_moments_changes_of_lead_are_kept() -> None:
    call = records.huge(turns=600, passages=300)
    clips = clip_moments(call)
    assert sum(end - start for _, start, end in clips) <= ALL_CLIPS
    first = call.lead.changes[0]
    assert covering(*change_window(first.start), [(s, e) for _, s, e in clips])


def test_a_moment_is_heard_from_the_clip_that_holds_most_of_it() -> None:
    """
    clips       |======|            0 to 10
                    |==========|    6 to 20
    moment           |----|         7 to 12
    """
    clips = [(0.0, 10.0), (6.0, 20.0)]
    assert covering(7.0, 12.0, clips) == (6.0, 20.0)
    assert covering(1.0, 9.0, clips) == (0.0, 10.0)
    # From 5 to 15 the first clip alone holds the start, and five seconds of it: enough.
    assert covering(5.0, 15.0, clips) == (0.0, 10.0)
    # From 18 on only two seconds are left of five, and before 0 or after 20 nothing.
    assert covering(18.0, 23.0, clips) is None
    assert covering(20.0, 21.0, clips) is None
