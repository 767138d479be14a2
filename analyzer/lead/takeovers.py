"""Take-overs: when somebody other than the planned lead had the lead, how it started, and how the lead came back.

take-over: a stretch of the lead (see `stretches`) of someone other than the planned lead, who speaks at least 10 s in
it. When most of what they say in it falls into agenda items planned for them, it is a planned hand-over: shown, but not
counted.

How it started (`trigger`), looking at the floor just before:

* `opening`: nobody had led before.
* `cut_in`: the person's turn began while the planned lead had the floor.
* `asked`: the customer had the floor just before, and names the person or puts a question.
* `pause`: anything else; the planned lead had stopped.

How it ended (`ending`), looking from the person's last floor to the floor of whoever leads next:

* `taken_back`: the next lead's turn began while the person had the floor.
* `handed_back`: the person stopped and the planned lead went on, with nobody in between.
* `customer`: the customer spoke in between, and the planned lead went on after that.
* `passed_on`: somebody else of the team leads next (a case the vocabulary of the measures leaves open).
* `end_of_call`: nobody else led after.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.lead.stretches import lead_stretches, spoken_in
from analyzer.people.names import folded
from analyzer.talk.floor import Floor
from analyzer.talk.turns import By
from analyzer.talk.words import Utterance, utterances
from analyzer.timeline import Span, Turn, Word, samples, total

Trigger = Literal["opening", "cut_in", "asked", "pause"]
Ending = Literal["taken_back", "handed_back", "customer", "passed_on", "end_of_call"]

LEAST_SPEECH = samples(10.0)
"""What someone must say in a stretch for it to be a take-over."""

QUOTE_REACH = samples(15.0)
"""How far before and after the change of lead the quoted words may lie."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """One take-over or planned hand-over by `who`.

    `speech` is what they talk in it and `delay` the time from their last word to the next lead's first (None at the end
    of the call), both in samples. `before` and `after` are the utterances around its start and around its end.
    """

    who: str
    span: Span
    speech: int
    trigger: Trigger
    ending: Ending
    to: str | None
    delay: int | None
    planned: bool = False
    before: tuple[Utterance, ...] = ()
    after: tuple[Utterance, ...] = ()


def take_overs(
    held: Floor,
    by: By,
    *,
    lead: str,
    team: Collection[str],
    customers: Collection[str],
    length: int,
    owned: Sequence[tuple[str, Word]] = (),
    names: Mapping[str, Collection[str]] | None = None,
    planned: Mapping[str, Collection[Span]] | None = None,
) -> tuple[TakeOver, ...]:
    """Every take-over and planned hand-over, in time order.

    `lead` is the planned lead's key; `names` gives the names and aliases each person is called by; `planned` the
    stretches of agenda items planned for each person. Without `owned` words no question can be heard, and a take-over
    after the customer's floor is a `pause`.
    """
    leads = lead_stretches(held, team, by, length)
    said = utterances(owned)
    found = []
    for i, stretch in enumerate(leads):
        speech = spoken_in(stretch.who, stretch.span, by)
        if stretch.who == lead or speech < LEAST_SPEECH:
            continue
        ending, to, delay = _ending(held, by, leads, i, lead)
        found.append(
            TakeOver(
                who=stretch.who,
                span=stretch.span,
                speech=speech,
                trigger=_trigger(held, by, leads, i, lead, customers, said, (names or {}).get(stretch.who, ())),
                ending=ending,
                to=to,
                delay=delay,
                planned=_is_planned(stretch, speech, by, (planned or {}).get(stretch.who, ())),
                before=around(said, stretch.span.start),
                after=around(said, stretch.span.end) if stretch.span.end < length else (),
            )
        )
    return tuple(found)


def _trigger(
    held: Floor,
    by: By,
    leads: Sequence[Turn],
    i: int,
    lead: str,
    customers: Collection[str],
    said: Sequence[Utterance],
    names: Collection[str],
) -> Trigger:
    if i == 0:
        return "opening"
    stretch = leads[i]
    at = bisect_left(held.holds, stretch.span.start, key=lambda hold: hold.span.start)
    before = held.holds[at - 1] if at else None
    if before is None:
        return "pause"
    if before.who == lead and _cut_in(by, stretch.who, stretch.span.start, before):
        return "cut_in"
    if before.who in customers and asks(said, before, names):
        return "asked"
    return "pause"


def _cut_in(by: By, who: str, start: int, before: Turn) -> bool:
    """Whether the turn with which `who` has the floor from `start` on began in the floor `before`."""
    opening = next((span for span in by[who] if span.start <= start < span.end), None)
    return opening is not None and opening.start < before.span.end


def asks(said: Sequence[Utterance], floor: Turn, names: Collection[str]) -> bool:
    """Whether what is said in a `floor` names somebody by one of `names` or puts a question."""
    words = [word.text for u in said if u.who == floor.who and u.span.meets(floor.span) for word in u.words]
    if any(word.rstrip("\"'»”)").endswith("?") for word in words):
        return True
    text = folded(" ".join(words))
    return any(re.search(rf"(?<!\w){re.escape(folded(name))}(?!\w)", text) for name in names if name)


def _ending(
    held: Floor, by: By, leads: Sequence[Turn], i: int, lead: str
) -> tuple[Ending, str | None, int | None]:
    if i + 1 == len(leads):
        return "end_of_call", None, None
    following = leads[i + 1]
    at = bisect_left(held.holds, following.span.start, key=lambda hold: hold.span.start)
    last = next(j for j in range(at - 1, -1, -1) if held.holds[j].who == leads[i].who)
    delay = max(0, following.span.start - held.holds[last].span.end)
    if following.who != lead:
        return "passed_on", following.who, delay
    if last == at - 1:
        cut = _cut_in(by, following.who, following.span.start, held.holds[last])
        return ("taken_back" if cut else "handed_back"), following.who, delay
    return "customer", following.who, delay


def _is_planned(stretch: Turn, speech: int, by: By, items: Iterable[Span]) -> bool:
    spoken = [span for span in by[stretch.who] if span.meets(stretch.span)]
    clipped = [Span(max(s.start, stretch.span.start), min(s.end, stretch.span.end)) for s in spoken]
    inside = sum(total_shared(span, items) for span in clipped)
    return 2 * inside > speech


def total_shared(span: Span, others: Iterable[Span]) -> int:
    """How many samples of `span` lie in any of `others`."""
    clipped = [Span(max(span.start, o.start), min(span.end, o.end)) for o in others if o.meets(span)]
    return total(clipped)


def around(said: Sequence[Utterance], at: int) -> tuple[Utterance, ...]:
    """The last utterance that starts before sample `at` and the first that starts at or after it, if near enough."""
    i = bisect_left(said, at, key=lambda utterance: utterance.span.start)
    before = [u for u in said[max(0, i - 1) : i] if at - u.span.end <= QUOTE_REACH]
    after = [u for u in said[i : i + 1] if u.span.start - at <= QUOTE_REACH]
    return (*before, *after)
