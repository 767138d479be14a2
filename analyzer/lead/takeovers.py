"""Take-overs: when somebody other than the planned lead had the lead, how it started, and how the lead came back.

take-over: a stretch of the lead (see `stretches`) of someone other than the planned lead, who speaks at least 10 s in
it. When most of what they say in it falls into agenda items planned for them, it is a planned hand-over: shown, but not
counted.

How it started (`trigger`), looking at the floor just before:

* `opening`: no one had led before.
* `cut_in`: the planned lead had the floor, and the person talked over them for at least 0.5 s before they stopped (less
  is within what the diarizer can tell, and too little to say so of anybody).
* `asked`: the customer had the floor just before and, in the last 15 s of it, names the person or puts a question.
* `pause`: anything else; the planned lead had stopped.

How it ended (`ending`), looking from the person's last floor to the floor with which somebody else has the lead:

* `passed_on`: that is not the planned lead (a case the vocabulary of the measures leaves open).
* `customer`: the customer had the floor in between, and the planned lead went on after that.
* `taken_back`: the planned lead talked over the person for at least 0.5 s before they stopped.
* `handed_back`: the person stopped, and the planned lead went on.
* `end_of_call`: no one else led after.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.lead.stretches import spoken_in
from analyzer.people.names import folded
from analyzer.talk.floor import Floor
from analyzer.talk.measures import INTERRUPTION_OVERLAP
from analyzer.talk.turns import By, parts, turn_at
from analyzer.talk.words import Utterance, ends_question, utterances
from analyzer.timeline import Span, Turn, Word, intersection, samples, total

Trigger = Literal["opening", "cut_in", "asked", "pause"]
Ending = Literal["taken_back", "handed_back", "customer", "passed_on", "end_of_call"]

LEAST_SPEECH = samples(10.0)
"""What someone must say in a stretch for it to be a take-over."""

QUOTE_REACH = samples(15.0)
"""How far before and after the change of lead the quoted words may lie."""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """One take-over or planned hand-over by `who`.

    `speech` is what they talk in it and `delay` the time from the end of their last floor to the floor with which `to`
    has the lead (None at the end of the call), both in samples. `before` and `after` are the utterances around its
    start and around its end.
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
    leads: Sequence[Turn],
    *,
    lead: str,
    customers: Collection[str],
    owned: Iterable[tuple[str, Word]] = (),
    names: Mapping[str, Collection[str]] | None = None,
    planned: Mapping[str, Collection[Span]] | None = None,
) -> tuple[TakeOver, ...]:
    """Every take-over and planned hand-over among the stretches of `leads` (as `lead_time` gives them).

    `lead` is the planned lead's key; `names` gives the names and aliases each person is called by; `planned` the
    stretches of agenda items planned for each person. Without `owned` words no question can be heard, and a take-over
    after the customer's floor is a `pause`.
    """
    spoken = utterances(owned)
    found = []
    for i, stretch in enumerate(leads):
        who, span = stretch.who, stretch.span
        speech = spoken_in(who, span, by)
        if who == lead or speech < LEAST_SPEECH:
            continue
        following = leads[i + 1] if i + 1 < len(leads) else None
        ending, delay = _ending(held, by, stretch, following, lead, customers)
        called = (names or {}).get(who, ())
        found.append(
            TakeOver(
                who=who,
                span=span,
                speech=speech,
                trigger=_trigger(held, by, stretch, lead, customers, spoken, called) if i else "opening",
                ending=ending,
                to=following.who if following else None,
                delay=delay,
                planned=2 * total(intersection(parts(by[who], span), (planned or {}).get(who, ()))) > speech,
                before=around(spoken, span.start, who),
                after=around(spoken, span.end, following.who if following else None),
            )
        )
    return tuple(found)


def _trigger(
    held: Floor,
    by: By,
    stretch: Turn,
    lead: str,
    customers: Collection[str],
    spoken: Sequence[Utterance],
    names: Collection[str],
) -> Trigger:
    before = held.holds[_index(held, stretch.span.start) - 1]  # it exists: somebody has led before
    if before.who == lead and _talks_over(by, stretch, before):
        return "cut_in"
    if before.who in customers and asks(spoken, before, names):
        return "asked"
    return "pause"


def _ending(
    held: Floor, by: By, stretch: Turn, following: Turn | None, lead: str, customers: Collection[str]
) -> tuple[Ending, int | None]:
    if following is None:
        return "end_of_call", None
    at = _index(held, following.span.start)
    last = next(i for i in range(at - 1, -1, -1) if held.holds[i].who == stretch.who)
    delay = following.span.start - held.holds[last].span.end
    if following.who != lead:
        return "passed_on", delay
    if any(hold.who in customers for hold in held.holds[last + 1 : at]):
        return "customer", delay
    after = held.holds[last + 1]
    taken = after.who == lead and _talks_over(by, after, held.holds[last])
    return ("taken_back" if taken else "handed_back"), delay


def _index(held: Floor, start: int) -> int:
    """Which of the holds starts at sample `start`."""
    return bisect_left(held.holds, start, key=lambda hold: hold.span.start)


def _talks_over(by: By, after: Turn, before: Turn) -> bool:
    """Whether the turn with which `after` has the floor began well before the holder of the floor `before` stopped."""
    opening = turn_at(by, after.who, after.span.start)
    return opening is not None and before.span.end - opening.start >= INTERRUPTION_OVERLAP


def asks(spoken: Sequence[Utterance], hold: Turn, names: Collection[str]) -> bool:
    """Whether what its holder says in the last 15 s of a floor names somebody by one of `names` or puts a question."""
    since, until = hold.span.end - QUOTE_REACH, hold.span.end
    first = bisect_right(spoken, max(since, hold.span.start), key=lambda utterance: utterance.span.end)
    last = bisect_left(spoken, until, key=lambda utterance: utterance.span.start)
    mine = [word for u in spoken[first:last] if u.who == hold.who for word in u.words]
    words = [word for word in mine if word.span.end > since and word.span.start < until]
    text = folded(" ".join(word.text for word in words))
    return any(ends_question(word) for word in words) or any(
        re.search(rf"(?<!\w){re.escape(folded(name))}(?!\w)", text) for name in names if folded(name)
    )


def around(spoken: Sequence[Utterance], at: int, who: str | None) -> tuple[Utterance, ...]:
    """What is said around sample `at`, where `who` comes in: the last utterance of others and the first of theirs.

    Either is left out when it lies more than 15 s away; at the end of the call (`who` is None) there is only the last.
    """
    next_one = bisect_left(spoken, at, key=lambda utterance: utterance.span.start)
    before = next((u for u in _backwards(spoken, next_one) if u.who != who), None)
    # Whoever cuts in has begun before: theirs may be the utterance under way.
    later = (spoken[i] for i in range(max(0, next_one - 1), len(spoken)))
    after = next((u for u in later if u.who == who and u.span.end > at), None)
    return (
        *((before,) if before is not None and at - before.span.end <= QUOTE_REACH else ()),
        *((after,) if after is not None and after.span.start - at <= QUOTE_REACH else ()),
    )


def _backwards(spoken: Sequence[Utterance], end: int) -> Iterator[Utterance]:
    return (spoken[i] for i in range(end - 1, -1, -1))
