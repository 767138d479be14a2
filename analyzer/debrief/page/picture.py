"""The picture of a call: who spoke when, who had the lead, take-overs and agenda, laid out for an SVG.

Across, everything is a part of the call's length ("12.5%"), so that the picture fits any width and a script can zoom
by making it wider. Down, everything is pixels, in rows whose heights stand in `ROWS`. What a lane shows, all turns of
one person, is one path in tenths of seconds, stretched to the width: a two-hour call stays a small file.

    agenda      |-1 Opening-||-2 Your evening runs-----------------||-3 Next steps--|
    marks              (1)              (2)
    lead        SSSSSSSSMMMMMMMSSSSSSSSMMMMMSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS
    lanes       == ==  =                 ==    one row a person, the team first
    rolling     ----\\_____/------          the lead share in a window around each moment
    axis        0:00        1:00        2:00
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.debrief import figures, phrases
from analyzer.debrief.record import CallRecord, PersonRecord, PersonStretchRecord, RollingRecord
from analyzer.wording import N_, _

Tone = Literal["salesperson", "team", "customer", "open", "aside"]
"""How a person is drawn: by what is known of their side. `open` is for those whose side is not known, `aside` for a
voice that is no one."""

Row = Literal["agenda", "marks", "lead", "lane", "side", "gap", "moments", "rolling", "sound", "axis"]

ROWS: dict[Row, int] = {
    "agenda": 34,
    "marks": 26,
    "lead": 26,
    "lane": 26,
    "side": 20,
    "gap": 8,
    "moments": 22,
    "rolling": 58,
    "sound": 10,
    "axis": 26,
}
"""Height of each kind of row, in pixels; the page's style sheet is given the same numbers."""

BAR: dict[Tone, int] = {"salesperson": 16, "team": 16, "customer": 8, "open": 4, "aside": 2}
"""Height of a turn: the team's are thick, the customer's thin, so that colour is never the only difference."""

HEADINGS = {"team": N_("Team"), "customer": N_("Customer"), None: N_("Side not known"), "none": N_("Set aside")}
"""What stands over the lanes of each side."""

AGENDA_LEVELS = 3
STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MOST_TICKS = 10
CROWDED = 2.6
VERY_CROWDED = 8.0
"""Marks closer together than this, in percent, hide the later one on a screen, and on a phone."""

NAMED = 0.3
"""The least width, in percent, of a stretch of the lead that carries its name; it shows where the name has room."""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands at the left of a row."""

    row: Row
    text: str = ""
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One person's turns: `path` in a box as wide as the call has tenths of seconds and 1 high."""

    who: str
    tone: Tone
    y: float
    height: int
    path: str


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the picture: `x` and `width` in percent; `number` counts what is listed below, from 1."""

    x: str
    width: str
    y: float
    text: str
    title: str
    tone: Tone = "open"
    number: int = 0
    planned: bool = False
    crowded: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the time axis; `minor` ones are left out where there is little room."""

    x: str
    text: str
    anchor: Literal["start", "middle", "end"]
    minor: bool


@dataclass(frozen=True, slots=True)
class Rolling:
    """The rolling lead share: paths in a box as wide as the call has tenths of seconds and 100 high."""

    y: int
    line: str
    band_y: float
    band_height: float
    window: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything drawn; `width` is in tenths of seconds, `height` in pixels; `y` says where rows begin."""

    seconds: float
    width: int
    height: int
    labels: tuple[Label, ...]
    lanes: tuple[Lane, ...]
    lead: tuple[Block, ...]
    marks: tuple[Block, ...]
    agenda: tuple[Block, ...]
    moments: tuple[Block, ...]
    sound: tuple[Block, ...]
    rolling: Rolling | None
    ticks: tuple[Tick, ...]
    y: dict[str, int]
    lead_time: tuple[tuple[str, float], ...]
    """Who had the lead for how many seconds in all, the longest first: the picture in words."""


def tone(person: PersonRecord | None, salesperson: str | None) -> Tone:
    """How to draw a person (None for words in no person's turn)."""
    if person is None or person.side is None:
        return "salesperson" if person is not None and person.key == salesperson else "open"
    if person.key == salesperson:
        return "salesperson"
    return "aside" if person.side == "none" else person.side


def picture(call: CallRecord, sound: Iterable[tuple[float, float]] = ()) -> Picture:
    """The picture of a call; `sound` are the stretches that can be heard from the page."""
    total = max(call.recording.seconds, 0.1)
    place = _Places(total)
    labels: list[Label] = []
    y: dict[str, int] = {}
    at = 0

    def row(kind: Row, label: Label | None = None) -> int:
        nonlocal at
        labels.append(label or Label(kind))
        at += ROWS[kind]
        return at - ROWS[kind]

    agenda, levels = _agenda(call, place)
    for level in range(levels):
        y.setdefault("agenda", row("agenda", Label("agenda", _("Agenda") if level == 0 else "")))
    if call.lead.changes:
        y["marks"] = row("marks", Label("marks", _("Changes")))
    if call.lead.stretches:
        y["lead"] = row("lead", Label("lead", _("The lead")))
    lanes: list[Lane] = []
    group: str | None = None
    for person in figures.people(call):
        kind = tone(person, call.lead.salesperson)
        side = _(HEADINGS[person.side])
        if side != group:
            row("side", Label("side", side))
        top, group = row("lane", Label("lane", person.label, kind)), side
        turns = [turn for turn in call.turns if turn.who == person.key]
        bar = BAR[kind]
        lanes.append(Lane(person.key, kind, top + (ROWS["lane"] - bar) / 2, bar, _bars(turns, total)))
    y["lanes_end"] = at
    if call.moments:
        y["moments"] = row("moments", Label("moments", _("Moments")))
    rolling = None
    if len(call.lead.rolling) > 1:
        row("gap")
        y["rolling"] = row("rolling", Label("rolling", _("Lead share")))
        rolling = _rolling(call, y["rolling"])
    sounds = tuple(Block(*place(start, end), 0, "", "") for start, end in _joined(sound))
    if sounds:
        y["sound"] = row("sound", Label("sound", _("Sound")))
    y["axis"] = row("axis", Label("axis"))
    return Picture(
        seconds=total,
        width=_tenths(total),
        height=at,
        labels=tuple(labels),
        lanes=tuple(lanes),
        lead=_lead(call, place),
        marks=_marks(call, place),
        agenda=agenda,
        moments=_moments(call, place),
        sound=sounds,
        rolling=rolling,
        ticks=ticks(total),
        y=y,
        lead_time=_lead_time(call),
    )


def _joined(stretches: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches of time in order, those that overlap as one."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


class _Places:
    """Where in the picture a moment of the call lies."""

    def __init__(self, total: float) -> None:
        self.total = total

    def percent(self, at: float) -> float:
        return 100 * min(max(at, 0.0), self.total) / self.total

    def __call__(self, start: float, end: float) -> tuple[str, str]:
        left, right = self.percent(start), self.percent(end)
        return f"{left:.3f}%", f"{max(right - left, 0.02):.3f}%"


def _tenths(seconds: float) -> int:
    return max(1, round(seconds * 10))


def _bars(turns: Sequence[PersonStretchRecord], total: float) -> str:
    """Turns as one path of boxes, each given from the one before; a turn is drawn a tenth of a second long at least."""
    parts: list[str] = []
    last = 0
    for turn in turns:
        start = min(_tenths(turn.start) if turn.start else 0, _tenths(total) - 1)
        width = max(1, min(_tenths(turn.end), _tenths(total)) - start)
        parts.append(f"{'m' if parts else 'M'}{start - last} 0h{width}v1h-{width}z")
        last = start
    return "".join(parts)


def _lead(call: CallRecord, place: _Places) -> tuple[Block, ...]:
    people = {person.key: person for person in call.people}
    return tuple(
        Block(
            *place(stretch.start, stretch.end),
            0,
            call.label(stretch.who),
            _("{who} has the lead, {times}", who=call.label(stretch.who), times=_times(stretch.start, stretch.end)),
            tone(people.get(stretch.who), call.lead.salesperson),
            long=stretch.end - stretch.start > NAMED * place.total / 100,
        )
        for stretch in call.lead.stretches
    )


def _lead_time(call: CallRecord) -> tuple[tuple[str, float], ...]:
    times: dict[str, float] = {}
    for stretch in call.lead.stretches:
        times[stretch.who] = times.get(stretch.who, 0.0) + stretch.end - stretch.start
    return tuple((call.label(who), length) for who, length in sorted(times.items(), key=lambda pair: -pair[1]))


def _marks(call: CallRecord, place: _Places) -> tuple[Block, ...]:
    blocks = []
    shown = {"narrow": -100.0, "wide": -100.0}
    for number, change in enumerate(call.lead.changes, 1):
        left = place.percent(change.start)
        crowded = "crowded" if left - shown["wide"] < CROWDED else ""
        if not crowded:
            shown["wide"] = left
        if not crowded and left - shown["narrow"] < VERY_CROWDED:
            crowded = "crowded-narrow"
        elif not crowded:
            shown["narrow"] = left
        what = phrases.beginning(change.kind_meaning)
        blocks.append(
            Block(
                *place(change.start, change.end),
                0,
                str(number),
                f"{what} {number}: {call.label(change.who)}, {_times(change.start, change.end)}",
                number=number,
                planned=change.kind != "take_over",
                crowded=crowded,
            )
        )
    return tuple(blocks)


def _agenda(call: CallRecord, place: _Places) -> tuple[tuple[Block, ...], int]:
    """The agenda items whose times are known, on as few levels as keep them from covering each other."""
    ends: list[float] = []
    blocks = []
    items = [(number, item) for number, item in enumerate(call.plan.agenda, 1)] if call.plan is not None else []
    for number, item in sorted(items, key=lambda pair: (pair[1].start or 0.0, pair[0])):
        if item.start is None:
            continue
        end = item.end if item.end is not None else item.start
        level = next((i for i, taken in enumerate(ends) if taken <= item.start + 0.5), len(ends))
        level = min(level, AGENDA_LEVELS - 1)
        ends[level : level + 1] = [end]
        blocks.append(
            Block(
                *place(item.start, end),
                level * ROWS["agenda"],
                item.title,
                f"{item.title}, {_times(item.start, end)}",
                number=number,
            )
        )
    return tuple(blocks), len(ends)


def _moments(call: CallRecord, place: _Places) -> tuple[Block, ...]:
    return tuple(
        Block(*place(moment.start, moment.end), 0, "", f"{phrases.moment(moment.start)}: {moment.meaning}")
        for moment in call.moments
    )


def _rolling(call: CallRecord, y: int) -> Rolling:
    first = call.lead.rolling[0]
    return Rolling(
        y=y,
        line=_line(call.lead.rolling),
        band_y=100 * (1 - call.lead.band_ceiling),
        band_height=100 * (call.lead.band_ceiling - call.lead.band_floor),
        window=first.end - first.start,
    )


def _line(windows: Iterable[RollingRecord]) -> str:
    """The shares at the middle of their windows; the line breaks where a share is not known."""
    parts: list[str] = []
    pen = "M"
    for window in windows:
        if window.share.value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{_tenths((window.start + window.end) / 2)} {100 * (1 - window.share.value):.1f}")
        pen = "L"
    return "".join(parts)


def ticks(total: float) -> tuple[Tick, ...]:
    """Round moments for the time axis, ten at most."""
    step = next((step for step in STEPS if total / step <= MOST_TICKS), STEPS[-1] * (1 + int(total / STEPS[-1] / 10)))
    found = []
    for number in range(int(total // step) + 1):
        left = 100 * number * step / total
        anchor: Literal["start", "middle", "end"] = "start" if not number else "end" if left > 97 else "middle"
        found.append(Tick(f"{left:.3f}%", phrases.moment(number * step), anchor, number % 2 == 1))
    return tuple(found)


def _times(start: float, end: float) -> str:
    return _("{start} to {end}", start=phrases.moment(start), end=phrases.moment(end))
