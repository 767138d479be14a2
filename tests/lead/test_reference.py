"""Random calls against a slow reference on a grid of 10 ms, written from the definitions alone.

Floor, lead, lead time share, changes of lead with trigger, who was named instead, ending, seconds; planned hand-overs
and the shares without them; who the customer turned to, and redirects. 300 calls by default;
`ANALYZER_REFERENCE_CALLS=3000` asks for more.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from analyzer.lead.addressing import Names
from analyzer.lead.changes import changes_of_lead, planned_leads
from analyzer.lead.exchanges import Exchanges
from analyzer.lead.moments import turned_to
from analyzer.lead.stretches import lead_time
from analyzer.talk.floor import floor
from analyzer.talk.turns import share_of, spans_by_person, without
from analyzer.timeline import Span, Turn, Word

FRAME = 160
NAMES = {"S": ("Dana",), "M": ("Marcus",), "X": ("Priya",), "C": ("Ray",), "D": ("Tom",)}
TEAM, CUSTOMERS = ("S", "M", "X"), ("C", "D")
VOCABULARY = ("so",) * 24 + ("well?", "Marcus,", "Priya,", "Dana,", "Ray,")
CALLS = int(os.environ.get("ANALYZER_REFERENCE_CALLS", "300"))


@dataclass(frozen=True)
class Hold:
    who: str
    start: int
    end: int


@dataclass
class Call:
    """Turns as (who, start, end) and words as (who, start, end, text), in frames; pauses up to 0.5 s are bridged."""

    turns: list[Hold]
    words: list[tuple[str, int, int, str]]
    length: int
    planned: list[Hold]
    """Stretches of the agenda that are planned for somebody other than the lead."""


def drawn(seed: int) -> Call:
    rng = random.Random(seed)
    turns: list[Hold] = []
    at = rng.randrange(0, 200)
    last: dict[str, int] = {}
    for _ in range(rng.randrange(1, 16)):
        who = rng.choice("SSMMXCCD")
        start = max(
            at + rng.choice((-150, -60, -49, -20, 0, 30, 80, 199, 260, 400, 3300 if rng.random() < 0.2 else 90)), 0
        )
        start = max(start, last.get(who, -100) + 51)  # one turn each: no pause of at most 0.5 s to bridge
        end = start + rng.choice((30, 90, 110, 200, 290, 310, 500, 700, 1000, 1200, 1700))
        turns.append(Hold(who, start, end))
        last[who] = end
        at = end
    words = [(t.who, i, i + 40, rng.choice(VOCABULARY)) for t in turns for i in range(t.start, t.end - 40, 50)]
    length = max(t.end for t in turns) + rng.randrange(0, 4000)
    planned = [
        Hold(t.who, max(0, t.start + rng.randrange(-900, 900)), t.end + rng.randrange(900, 3000))
        for t in turns
        if t.who in ("M", "X") and rng.random() < 0.25
    ]
    rng.shuffle(planned)
    return Call(turns, sorted(words, key=lambda w: (w[1], w[2])), length, planned)


def floors(call: Call) -> list[Hold]:
    """Frame by frame: the holder keeps it, then the earliest of those talking who are no backchannel takes it."""
    found: list[Hold] = []
    who, since, last = "", 0, 0
    ordered = sorted(call.turns, key=lambda t: (t.start, -t.end))
    for at in range(call.length):
        talks = who and any(t.who == who and t.start <= at < t.end for t in ordered)
        # Of turns that start at one moment the longest is the first: a shorter one of the holder comes too late.
        if talks and (at in (since, last + 1) or goes_on(ordered, who, last + 1)):
            last = at
            continue
        free = last + 1 if who else (found[-1].end if found else 0)
        taking = [
            t
            for t in ordered
            if t.start <= at < t.end
            and not (t.end - t.start <= 100 and (free - t.start >= t.end - free or goes_on(ordered, who, free)))
        ]
        if taking:
            if who:
                found.append(Hold(who, since, last + 1))
            who, since, last = taking[0].who, at, at
        elif who and at - last > 200:
            found.append(Hold(who, since, last + 1))
            who = ""
    if who:
        found.append(Hold(who, since, last + 1))
    return found


def goes_on(ordered: list[Hold], who: str, end: int) -> bool:
    """Whether the holder, who stopped at `end`, speaks again within 2 s, and only short turns of others lie between."""
    again = next((t for t in ordered if t.who == who and end <= t.start <= end + 200), None)
    if again is None:
        return False
    before = ordered[: ordered.index(again)]
    return not any(t.who != who and t.end > end and t.end - t.start > 100 for t in before)


def said(call: Call, who: str, start: int, end: int) -> int:
    """Frames of a stretch in which somebody talks."""
    return sum(max(0, min(t.end, end) - max(t.start, start)) for t in call.turns if t.who == who)


def leads(call: Call, held: list[Hold]) -> list[Hold]:
    mine = [hold for hold in held if hold.who in TEAM]
    starts = [(mine[0].start, mine[0].who)] if mine else []
    for i in range(len(mine)):
        leader = starts[-1][1]
        behind = max((j for j in range(i + 1) if mine[j].who == leader), default=-1)
        own = [h for h in mine[behind + 1 : i + 1] if h.who == mine[i].who]
        if mine[i].who != leader and sum(said(call, h.who, h.start, h.end) for h in own) >= 300:
            starts.append((own[0].start, mine[i].who))
    if not starts:
        return []
    ends = [start for start, _ in starts[1:]] + [call.length]
    return [Hold(who, start, end) for (start, who), end in zip(starts, ends, strict=True)]


@pytest.mark.parametrize("part", range(10))
def test_random_calls_are_as_a_slow_reference_has_them(part: int) -> None:
    for seed in range(part * CALLS // 10, (part + 1) * CALLS // 10):
        call = drawn(seed)
        by = spans_by_person(Turn(Span(t.start * FRAME, t.end * FRAME), t.who) for t in call.turns)
        held = floor(by)
        reference = floors(call)
        assert [(h.who, h.span.start // FRAME, h.span.end // FRAME) for h in held.holds] == [
            (h.who, h.start, h.end) for h in reference
        ], seed
        time = lead_time(held, TEAM, by, call.length * FRAME)
        told = leads(call, reference)
        theirs = as_planned(call, told)
        assert [(s.who, s.span.start // FRAME, s.span.end // FRAME) for s in time.stretches] == [
            (s.who, s.start, s.end) for s in told
        ], seed
        assert share_of_s(call, reference, told) == (
            time.share("S").numerator // FRAME,
            time.share("S").denominator // FRAME,
        ), seed
        owned = tuple((w, Word(Span(a * FRAME, b * FRAME), text)) for w, a, b, text in call.words)
        exchanges = Exchanges(held, by, "S", TEAM, CUSTOMERS, owned, Names(NAMES))
        plan = {
            who: [Span(p.start * FRAME, p.end * FRAME) for p in call.planned if p.who == who]
            for who in ("M", "X")
            if any(p.who == who for p in call.planned)
        }
        found = changes_of_lead(exchanges, time.stretches, plan)
        assert [
            (c.who, c.trigger, c.start.instead_of, c.planned, c.kind, c.ending, c.speech // FRAME) for c in found
        ] == changes(call, reference, told, theirs), seed
        given = planned_leads(exchanges, time.stretches, plan)
        assert [(s.who, s.span.start // FRAME, s.span.end // FRAME) for s in given] == [
            (s.who, s.start, s.end) for s in theirs
        ], seed
        outside = tuple(stretch.span for stretch in given)
        judged = share_of("S", TEAM, without(by, outside)), time.share("S", outside)
        assert [(one.numerator // FRAME, one.denominator // FRAME) for one in judged] == [
            talk_of_s(call, theirs),
            share_of_s(call, reference, told, theirs),
        ], seed
        assert [(t.who, t.at // FRAME, t.named, t.outcome) for t in turned_to(exchanges, (), given)] == turns_to(
            call, reference, theirs
        ), seed


def as_planned(call: Call, told: list[Hold]) -> list[Hold]:
    """The stretches of which somebody other than S has the lead and says more than half where it is planned, and those
    in which they go on after a third person came into such a one."""
    found: list[Hold] = []
    for n, lead in enumerate(told):
        if lead.who == "S":
            continue
        if came_into(told, n) in found:
            found.append(lead)
            continue
        frames = [at for at in range(lead.start, lead.end) if said(call, lead.who, at, at + 1)]
        theirs = [at for at in frames if any(p.who == lead.who and p.start <= at < p.end for p in call.planned)]
        if 2 * len(theirs) > len(frames):
            found.append(lead)
    return found


def came_into(told: list[Hold], n: int) -> Hold | None:
    """The stretch of the same person before the one that is told as the `n`th, if only a third person's is between."""
    if n < 2 or told[n - 1].who == "S" or told[n - 2].who != told[n].who:
        return None
    return told[n - 2]


def talk_of_s(call: Call, outside: list[Hold]) -> tuple[int, int]:
    """Frames in which S talks, and those of everybody in the team, outside planned hand-overs."""
    left_out = {at for lead in outside for at in range(lead.start, lead.end)}
    talk = [t.who for t in call.turns if t.who in TEAM for at in range(t.start, t.end) if at not in left_out]
    return talk.count("S"), len(talk)


def turns_to(call: Call, held: list[Hold], planned: list[Hold]) -> list[tuple[str, int, bool, str]]:
    """Who the customer turned to, where the team's next floor begins, whether by name, and what became of it."""
    found = []
    for i in range(1, len(held)):
        question, at = held[i - 1], i
        if question.who not in CUSTOMERS or held[i].who not in TEAM:
            continue
        words = words_of(call, held, i - 1)
        team, asks = [w for w in named(words) if w in TEAM], any("?" in text for text in words)
        a_word = held[i].who not in team and said(call, held[i].who, held[i].start, held[i].end) < 300
        if a_word and any(h.who in team and h.who != "S" for h in held[i + 1 : i + 2]):
            at = i + 1  # "Sure.", and whoever was named goes on
        answer = held[at]
        leading = [s.who for s in planned if s.start < question.end and question.start < s.end]
        after = next((h.who for h in held[at + 1 :] if h.who in TEAM), None)
        for who in ("M", "X"):
            by_name = who in team and (asks or who == answer.who)
            if who in leading or not (by_name or (asks and not named(words) and who == answer.who)):
                continue
            outcome = "answered" if who == answer.who else "somebody_else"
            if who == answer.who and said(call, who, answer.start, answer.end) <= 1000 and after == "S":
                outcome = "redirected"
            found.append((who, answer.start, who in team, outcome))
    return found


def share_of_s(call: Call, held: list[Hold], told: list[Hold], outside: Sequence[Hold] = ()) -> tuple[int, int]:
    """Frames in which S has the lead, and in which anybody has it; a gap over 30 s between floors is no one's.

    What lies in `outside` is left out.
    """
    gaps = [(a.end, b) for a, b in zip(held, [*(h.start for h in held[1:]), call.length], strict=False)]
    silent = {at for a, b in gaps if b - a > 3000 for at in range(a, b)}
    silent |= {at for lead in outside for at in range(lead.start, lead.end)}
    frames = [(lead.who, at) for lead in told for at in range(lead.start, lead.end) if at not in silent]
    return sum(who == "S" for who, _ in frames), len(frames)


def changes(call: Call, held: list[Hold], told: list[Hold], planned: list[Hold]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    kinds: dict[int, str] = {}
    """By where the stretch starts."""
    for n, lead in enumerate(told):
        speech = said(call, lead.who, lead.start, lead.end)
        if lead.who == "S" or speech < 1000:
            continue
        at = next(i for i, h in enumerate(held) if h.start == lead.start)
        trigger, instead = started(call, held, at) if n else ("opening", None)
        before = came_into(told, n)
        otherwise = "take_over" if before is None else kinds.get(before.start, "take_over")
        kind = {"invited": "handed_over", "asked": "drawn_in"}.get(trigger, otherwise)
        kinds[lead.start] = kind = "handed_over" if lead in planned else kind
        found.append(
            (lead.who, trigger, instead, lead in planned, kind, ended(call, held, lead, told[n + 1 : n + 2]), speech)
        )
    return found


def early(call: Call, held: list[Hold], after: int, before: int) -> int | None:
    """When the holder of `after` began, if at least 0.5 s before `before` stopped."""
    began = next(
        (t.start for t in call.turns if t.who == held[after].who and t.start <= held[after].start < t.end), None
    )
    return began if began is not None and held[before].end - began >= 50 else None


def words_of(call: Call, held: list[Hold], i: int, until: int | None = None) -> list[str]:
    group = CUSTOMERS if held[i].who in CUSTOMERS else (held[i].who,)
    first = i
    while first and held[first - 1].who in group:
        first -= 1
    opened = [t.start for t in call.turns if t.who == held[first].who and t.start <= held[first].start < t.end]
    since = max(min([*opened, held[first].start]), held[i].end - 1500)
    end = held[i].end if until is None else min(until, held[i].end)
    return [text for who, a, b, text in call.words if who in group and b > since and a < end]


def named(words: list[str]) -> list[str]:
    """Who is named, the last named last."""
    found: list[str] = []
    for text in words:
        for who, (name,) in NAMES.items():
            if text.strip(",") == name:
                found = [*(w for w in found if w != who), who]
    return found


def started(call: Call, held: list[Hold], at: int) -> tuple[str, str | None]:
    who = held[at].who
    trigger, instead = by_floor(call, held, at, at - 1)
    i = at - 1
    while trigger in ("answered", "pause") and i > 0:
        short = said(call, held[i].who, held[i].start, held[i].end) < 300
        if not short or held[at].start - held[i - 1].end > 1500 or named(words_of(call, held, i)):
            break
        if who in named(words_of(call, held, i - 1)) and held[i - 1].who != who:
            return ("invited" if held[i - 1].who in TEAM else "asked"), None
        i -= 1
    return trigger, instead


def by_floor(call: Call, held: list[Hold], at: int, i: int) -> tuple[str, str | None]:
    who, before, since = held[at].who, held[i].who, early(call, held, at, i)
    if before in TEAM:
        words = words_of(call, held, i, since)
        asks = any("?" in text for text in words)
        invited = who in named(words) and (since is None or asks or who in named(words[-1:]))
        return ("invited" if invited else "pause" if since is None else "cut_in"), None
    whole = words_of(call, held, i)
    team = [w for w in named(whole) if w in TEAM]
    asked = who in team or (not team and any("?" in text for text in whole))
    if since is None:
        others = [w for w in team if w != who]
        return ("asked", None) if asked else ("answered", others[-1] if others else None)
    name = who in named(words_of(call, held, i, since))
    return ("asked" if name or ("?" in "".join(whole[-1:]) and asked) else "cut_in_on_customer"), None


def ended(call: Call, held: list[Hold], lead: Hold, following: list[Hold]) -> str:
    if not following:
        return "end_of_call"
    after = next(i for i, h in enumerate(held) if h.start == following[0].start)
    last = max(i for i in range(after) if held[i].who == lead.who)
    if following[0].who != "S":
        return "passed_on"
    if any(h.who in CUSTOMERS for h in held[last + 1 : after]):
        return "customer"
    taken = held[last + 1].who == "S" and early(call, held, last + 1, last) is not None
    return "taken_back" if taken else "handed_back"
