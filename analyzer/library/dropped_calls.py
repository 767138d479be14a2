"""A call that dropped and was dialled again: two recordings that may be the two parts of one meeting.

It is offered and never assumed: two calls of one evening with one customer are two calls as often as not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.call.folder import CallFolder
from analyzer.errors import pasted_path
from analyzer.files import is_folder
from analyzer.library.summary import CallSummary
from analyzer.people.names import folded
from analyzer.people.platform_names import Told, told_by_name

AGAIN_WITHIN = dt.timedelta(minutes=15)
"""From the end of a recording to the beginning of the next: who is cut off calls back at once, or sends a new link."""
OVERLAP = dt.timedelta(minutes=1)
"""How far the clocks that name files may be off."""


@dataclass(frozen=True, slots=True)
class SecondPart:
    """A call that may be the second part of another one, and the recordings of both, `path` that of the first.

    `after` is how long the pause between them was; None for two recordings in one folder of a Zoom meeting.
    """

    call: CallSummary
    first: CallSummary
    after: dt.timedelta | None
    path: Path
    goes_on: Path

    def line(self) -> str:
        """The offer, in words."""
        if self.after is None:
            why = "both lie in the folder of one Zoom meeting"
        else:
            why = f"it began {_minutes(self.after)} after that one ended, with the same title or customer"
        offer = f"{self.call.name} may be the second part of {self.first.name}: {why}. They count as two calls. "
        if is_folder(self.path) or is_folder(self.goes_on):
            return f"{offer}If they are one, report the first file with everybody on it with --continues-in the second."
        command = f"{pasted_path(self.path)} --continues-in {pasted_path(self.goes_on)}"
        return f"{offer}If they are one: analyzer report {command}"


def _minutes(after: dt.timedelta) -> str:
    minutes = round(max(after.total_seconds(), 0) / 60)
    return "less than a minute" if minutes == 0 else "1 minute" if minutes == 1 else f"{minutes} minutes"


@dataclass(frozen=True, slots=True)
class _Lying:
    """A call with where its recording lies and when it was held, by the clock on the wall."""

    call: CallSummary
    path: Path
    told: Told
    began: dt.datetime

    @property
    def ended(self) -> dt.datetime:
        return self.began + dt.timedelta(seconds=self.call.seconds)


def second_parts(new: Iterable[CallSummary], calls: Sequence[CallSummary], out: Path) -> tuple[SecondPart, ...]:
    """Which of the calls that are `new` are, with another one of `calls`, two parts of one meeting, as it seems."""
    fresh = {call.sha256 for call in new}
    days = {call.date for call in calls if call.sha256 in fresh}
    there = [found for call in calls if call.date in days and (found := _lying(call, out)) is not None]
    by_folder: dict[Path, list[_Lying]] = {}
    for one in sorted(there, key=lambda one: (one.began, one.path)):
        by_folder.setdefault(one.path.parent, []).append(one)
    return tuple(
        part for here in by_folder.values() for part in _parts(here) if fresh & {part.call.sha256, part.first.sha256}
    )


def _parts(here: Sequence[_Lying]) -> Iterator[SecondPart]:
    """Of the calls of one folder, in their order, those that go on a while after one that is like them."""
    for place, one in enumerate(here):
        for earlier in reversed(here[:place]):
            if _stopped_and_started(earlier.told, one.told):
                yield SecondPart(one.call, earlier.call, None, earlier.path, one.path)
                break
            after = one.began - earlier.ended
            if -OVERLAP <= after <= AGAIN_WITHIN and _is_alike(earlier, one):
                yield SecondPart(one.call, earlier.call, after, earlier.path, one.path)
                break


def _stopped_and_started(one: Told, other: Told) -> bool:
    """Whether two recordings of one folder are of one Zoom meeting: the folder has its time."""
    return one.platform == other.platform == "zoom-local" and one.began is not None and one.began == other.began


def _lying(call: CallSummary, out: Path) -> _Lying | None:
    """Where and when a call was recorded: by its name, or else its file was closed when the call ended."""
    owner = CallFolder(out / call.folder).owner()
    if owner is None:
        return None
    told = told_by_name(owner.path)
    began = told.began
    if began is None:
        written = max((piece.mtime_ns for piece in owner.pieces), default=0)
        if not written:
            return None
        began = dt.datetime.fromtimestamp(written / 1e9) - dt.timedelta(seconds=call.seconds)
    return _Lying(call, owner.path, told, began.astimezone().replace(tzinfo=None))


def _is_alike(one: _Lying, other: _Lying) -> bool:
    """Whether two calls are with the same customer, as far as it is known, or else have one title of a platform."""
    first, second = _customer(one.call), _customer(other.call)
    if first and second:
        return bool(first & second)
    platform = one.told.platform
    titled = platform == other.told.platform and platform not in ("plain", "obs") and bool(one.told.label)
    return titled and one.told.label.casefold() == other.told.label.casefold()


def _customer(call: CallSummary) -> set[str]:
    """The names by which a customer may be known again: the company's, and those of its people."""
    people = {folded(person.name) for person in call.record.people if person.side == "customer" and person.name}
    return people | ({folded(call.record.customer)} if call.record.customer else set())
