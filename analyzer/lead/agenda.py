"""The agenda held against the call: when each item was on, who was to lead it, and who did.

Times given in the plan win (`how` is `plan`). The others are looked for in the words (`words`): each utterance speaks
for the items whose keywords it holds.

* A keyword counts 1, one of two words and more 2, and half more where it is a word of the title as well; a word of the
  title that is no keyword counts a half. A keyword that several items share is divided between them.
* A keyword that is said n times in the call counts 1/sqrt(n) each time: what is said throughout tells no item apart.
* Announcements count half more: a sentence of at most ten words, and the first ten words of an utterance. What the
  customer says counts 0.7: the agenda is the team's.

The call is then cut into items so that they get as much as possible of what speaks for them, at a price for every
change of item, which is least for the planned order (Viterbi's algorithm). A stretch belongs to its item from the
utterance with its first hit to the next item's start, at most a minute after its last hit. An item counts as found when
what speaks for it in its best stretch adds up to one keyword that the customer announces; one in passing is too little.
An item that is planned for somebody other than the lead takes in the whole of that person's lead around it.

Where the words show nothing, the planned order may (`probably`):

* a stretch in which somebody has the lead who was to lead that item and does not lead the call, between the items
  before and after it, and in which they talk for a minute, or for half of the planned time where that is less;
* a stretch as long as that between the items before and after it that belongs to no item.

An item was led by whoever of the team had the lead for most of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from analyzer.lead.keywords import Hit, Spoken, content_words
from analyzer.lead.stretches import spoken_in
from analyzer.people.plan.plan import AgendaItem, Plan
from analyzer.talk.turns import By, talk_time, within
from analyzer.talk.words import SENTENCE_END, Utterance
from analyzer.timeline import Span, Turn, intersection, samples, subtraction

How = Literal["plan", "words", "probably"]
"""How the time of an item is known: the plan gives it, the words show it, or the planned order lets it be thought."""

# All in single keywords, or factors of one. They were set on half of the written calls; see `docs/accuracy.md`.
LEAST_WEIGHT = 1.05
TITLE_WEIGHT = 0.5
ANNOUNCED = 1.5
BY_CUSTOMER = 0.7
ENTER, NEXT, AHEAD, BACK = 0.3, 0.3, 0.5, 0.8
"""Prices of a change: into the first item (and `NEXT` more for another), to the next, past some, to an earlier one."""

LONGEST_ANNOUNCEMENT = 10
"""Words."""
AFTER_LAST_HIT = samples(60.0)
PLANNED_PART = 3
"""An item is led by whoever it was planned for from one part in so many on."""
LEAST_STRETCH = samples(60.0)
"""What is long enough to be an item that the words do not show."""


@dataclass(frozen=True, slots=True)
class ItemOnCall:
    """An agenda item on the call. `span` and `how` are None when it was not found, people's keys where not known.

    `hits` are the utterances that speak of it within its span, the first of them by `brought_up_by`. `absent` says that
    who it was planned for was not heard.
    """

    item: AgendaItem
    planned_lead: str | None
    span: Span | None = None
    how: How | None = None
    led_by: str | None = None
    brought_up_by: str | None = None
    out_of_order: bool = False
    talk: tuple[tuple[str, int], ...] = ()
    hits: tuple[Utterance, ...] = ()
    absent: bool = False

    @property
    def as_planned(self) -> bool | None:
        """Whether the planned lead led it; None when that is not known."""
        if self.span is None or self.led_by is None or (self.planned_lead is None and not self.absent):
            return None
        return self.led_by == self.planned_lead


def agenda_on_call(
    plan: Plan,
    keys: Mapping[str, str],
    utterances: Sequence[Utterance],
    by: By,
    leads: Sequence[Turn],
    length: int,
    *,
    customers: Collection[str] = (),
    absent: Collection[str] = (),
    language: str | None = None,
) -> tuple[ItemOnCall, ...]:
    """Every agenda item of the plan, in its order.

    `keys` gives the key of each attendee who is known on the call, `absent` the names of those who were not heard.
    """
    spoken = Spoken(utterances, language)
    hits = _weighted(plan.agenda, spoken, customers)
    given = _given(plan.agenda, length)
    located = _located(hits, utterances, given)
    spans = given | {i: span for i, (span, _) in located.items()}
    spoken_of = given | {i: said for i, (_, said) in located.items()}
    own = [None if item.lead == plan.lead.name else keys.get(item.lead) for item in plan.agenda]
    how: dict[int, How] = {i: "plan" if i in given else "words" for i in spans}
    seller = keys.get(plan.lead.name)
    spans |= _widened({i: span for i, span in spans.items() if i not in given}, spans, own, leads, seller)
    late = _out_of_order([spans[i].start if i in spans else None for i in range(len(plan.agenda))])
    if utterances:
        probable = _by_order(plan.agenda, spans, spoken_of, late, own, by, leads)
        spans = {i: _cut_short(span, spoken_of[i].end, probable) for i, span in spans.items()} | probable
        how |= dict.fromkeys(probable, "probably")
    out = []
    for i, item in enumerate(plan.agenda):
        planned = keys.get(item.lead)
        if i not in spans:
            out.append(ItemOnCall(item, planned, absent=item.lead in absent))
            continue
        speaking = [utterances[j] for j in sorted({hit.utterance for hit, _ in hits[i]})]
        speaking = [u for u in speaking if u.span.meets(spans[i]) and how[i] != "probably"]
        talk = sorted(((w, t) for w, t in talk_time(within(by, [spans[i]])).items() if t), key=lambda pair: -pair[1])
        out.append(
            ItemOnCall(
                item,
                planned,
                span=spans[i],
                how=how[i],
                led_by=_led_by(spans[i], leads, own[i], seller),
                brought_up_by=speaking[0].who if speaking else None,
                out_of_order=i in late,
                talk=tuple(talk),
                hits=tuple(speaking),
                absent=item.lead in absent,
            )
        )
    return tuple(out)


def planned_stretches(items: Sequence[ItemOnCall], lead: str | None) -> dict[str, tuple[Span, ...]]:
    """The stretches of items planned for somebody other than `lead`: what they say in them is no take-over.

    Those that are only `probably` the planned ones are among them.
    """
    found: dict[str, tuple[Span, ...]] = {}
    for item in items:
        if item.span is not None and item.planned_lead is not None and item.planned_lead != lead:
            found[item.planned_lead] = (*found.get(item.planned_lead, ()), item.span)
    return found


def _given(agenda: Sequence[AgendaItem], length: int) -> dict[int, Span]:
    """The spans of the items of which the plan gives the start."""
    spans = {}
    for i, item in enumerate(agenda):
        if item.start is not None and item.start < length:
            following = [other.start for other in agenda if other.start is not None and other.start > item.start]
            end = item.end or (item.start + item.length if item.length else min([*following, length]))
            spans[i] = Span(item.start, min(max(end, item.start + 1), length))
    return spans


def _weighted(
    items: Sequence[AgendaItem], spoken: Spoken, customers: Collection[str]
) -> list[tuple[tuple[Hit, float], ...]]:
    """For each item its hits with what each counts."""
    sharing = Counter(keyword for item in items for keyword in {k.casefold() for k in item.keywords})
    found = []
    for item in items:
        title = {(hit.utterance, hit.at): hit for hit in spoken.hits(content_words(item.title))}
        counted: dict[tuple[int, int], tuple[Hit, float]] = {place: (hit, TITLE_WEIGHT) for place, hit in title.items()}
        for hit in spoken.hits(item.keywords):
            value = min(hit.words, 2) / sharing[hit.keyword.casefold()]
            place = hit.utterance, hit.at
            counted[place] = hit, value + (TITLE_WEIGHT if place in title else 0.0)
        said = Counter(hit.keyword for hit, _ in counted.values())
        once: dict[tuple[int, str], tuple[Hit, float]] = {}  # a keyword counts once in an utterance
        for hit, value in counted.values():
            utterance = spoken.utterances[hit.utterance]
            value *= said[hit.keyword] ** -0.5 * (BY_CUSTOMER if utterance.who in customers else 1.0)
            value *= ANNOUNCED if _announces(utterance, hit.at) else 1.0
            if value > once.get((hit.utterance, hit.keyword), (hit, 0.0))[1]:
                once[hit.utterance, hit.keyword] = hit, value
        found.append(tuple(sorted(once.values(), key=lambda pair: pair[0].at)))
    return found


def _announces(utterance: Utterance, at: int) -> bool:
    """Whether the word at sample `at` stands in a short sentence, or at the beginning of an utterance."""
    words = utterance.words
    place = next((i for i, word in enumerate(words) if word.span.start >= at), 0)
    begins = next((i + 1 for i in reversed(range(place)) if words[i].text.endswith(SENTENCE_END)), 0)
    ends = next((i + 1 for i in range(place, len(words)) if words[i].text.endswith(SENTENCE_END)), len(words))
    return place < LONGEST_ANNOUNCEMENT or ends - begins <= LONGEST_ANNOUNCEMENT


def _located(
    hits: Sequence[Sequence[tuple[Hit, float]]], utterances: Sequence[Utterance], given: Mapping[int, Span]
) -> dict[int, tuple[Span, Span]]:
    """Each item that the words show and the plan does not: its span, and that from its first to its last hit."""
    taken = list(given.values())
    weight = [[0.0] * len(hits) for _ in utterances]
    for i, pairs in enumerate(hits):
        for hit, value in pairs if i not in given else ():
            if not any(span.meets(utterances[hit.utterance].span) for span in taken):
                weight[hit.utterance][i] += value
    path = _best_path(weight)
    best: dict[int, tuple[float, Span, Span]] = {}
    borders = [j for j in range(1, len(path)) if path[j] != path[j - 1]]
    for start, end in pairwise([0, *borders, len(path)]):
        found = path[start] if path else None
        if found is None:
            continue
        speaking = [j for j in range(start, end) if weight[j][found] > 0]
        if not speaking:
            continue
        worth = sum(weight[j][found] for j in speaking)
        first, last = utterances[speaking[0]].span, utterances[speaking[-1]].span
        stop = utterances[end].span.start if end < len(utterances) else max(u.span.end for u in utterances)
        stop = max(min(last.end + AFTER_LAST_HIT, stop), first.start + 1)
        if worth > best.get(found, (0.0,))[0]:
            best[found] = worth, Span(first.start, stop), Span(first.start, min(last.end, stop))
    return {i: (span, said) for i, (worth, span, said) in best.items() if worth >= LEAST_WEIGHT - 1e-9}


def _best_path(weight: Sequence[Sequence[float]]) -> list[int | None]:
    """The item of each utterance that collects the most weight less the prices (Viterbi); None before the first item.

    Of two ways that come to the same, the one that changes later is taken: an item goes on until another one begins.
    """
    items = len(weight[0]) if weight else 0
    score = [0.0] + [float("-inf")] * items  # state 0 is "before the first item", state i + 1 is item i
    back: list[list[int]] = []
    for row in weight:
        ways = _ways(score)
        score = [score[0], *(value + here for (value, _), here in zip(ways, row, strict=True))]
        back.append([0, *(at for _, at in ways)])
    at = max(range(items + 1), key=lambda state: score[state])
    path: list[int | None] = []
    for step in reversed(back):
        path.append(at - 1 if at else None)
        at = step[at]
    return path[::-1]


def _ways(score: Sequence[float]) -> list[tuple[float, int]]:
    """For each state but 0 the best way into it: what it comes to, and the state it comes from."""
    last = len(score) - 1
    later = [last] * len(score)  # the best of this state and those after it
    for at in range(last - 1, 0, -1):
        later[at] = at if score[at] > score[later[at + 1]] else later[at + 1]
    before = 1  # the best of those passed that are items
    found = []
    for to in range(1, last + 1):
        ways = [(score[to], to), (score[0] - ENTER - (0.0 if to == 1 else NEXT), 0)]
        if to > 1:
            before = max(before, to - 1, key=score.__getitem__)
            ways += [(score[to - 1] - NEXT, to - 1), (score[before] - AHEAD, before)]
        if to < last:
            ways.append((score[later[to + 1]] - BACK, later[to + 1]))
        found.append(max(ways, key=lambda way: (round(way[0], 6), way[1] != to)))
    return found


def _widened(
    found: Mapping[int, Span],
    taken: Mapping[int, Span],
    own: Sequence[str | None],
    leads: Sequence[Turn],
    seller: str | None,
) -> dict[int, Span]:
    """The items planned for somebody other than the `seller`, with that person's lead around them.

    Who goes on after a third person came in still has the item.
    """
    wide = {}
    for i, span in found.items():
        theirs = [n for n, lead in enumerate(leads) if lead.who == own[i] and lead.span.meets(span)]
        if theirs:
            first, last = theirs[0], theirs[-1]
            while last + 2 < len(leads) and leads[last + 2].who == own[i] and leads[last + 1].who != seller:
                last += 2
            others = [other for j, other in taken.items() if j != i]
            start = max([min(span.start, leads[first].span.start), *(o.end for o in others if o.start < span.start)])
            end = min([max(span.end, leads[last].span.end), *(o.start for o in others if o.start >= span.end)])
            wide[i] = Span(min(start, span.start), max(end, span.end))
    return wide


def _by_order(
    agenda: Sequence[AgendaItem],
    spans: Mapping[int, Span],
    spoken_of: Mapping[int, Span],
    late: Collection[int],
    own: Sequence[str | None],
    by: By,
    leads: Sequence[Turn],
) -> dict[int, Span]:
    """Where the items that the words do not show probably were.

    `spans` are those of the items found, `spoken_of` those from their first to their last keyword: somebody else's lead
    may begin within a minute of it.
    """
    placed: dict[int, Span] = {}
    end = max((lead.span.end for lead in leads), default=0)
    for i, item in enumerate(agenda):
        if i in spans:
            continue
        known = {**(spans if own[i] is None else spoken_of), **placed}
        in_order = {j: span for j, span in known.items() if j not in late}
        since = max((span.end for j, span in in_order.items() if j < i), default=0)
        until = min((span.start for j, span in in_order.items() if j > i), default=end)
        free = subtraction([Span(since, until)] if since < until else [], known.values())
        least = min(LEAST_STRETCH, item.length // 2) if item.length else LEAST_STRETCH
        if (who := own[i]) is not None:
            theirs = intersection(free, (lead.span for lead in leads if lead.who == who))
            long = [span for span in theirs if spoken_in(who, span, by) >= least]
        else:  # it must lie between its neighbours, or it may be anything
            beside = i - 1 in in_order and i + 1 in in_order
            long = [span for span in free if beside and span.length >= least]
        if long:
            placed[i] = max(long, key=lambda span: span.length)
    return placed


def _cut_short(span: Span, spoken_of: int, placed: Mapping[int, Span]) -> Span:
    """`span`, whose last keyword ends at `spoken_of`, up to the first of `placed` after that."""
    starts = [other.start for other in placed.values() if spoken_of <= other.start < span.end]
    return Span(span.start, min([span.end, *starts]))


def _led_by(span: Span, leads: Sequence[Turn], own: str | None, seller: str | None) -> str | None:
    """Who has the lead longest in an item; `own` is who it was planned for, where that is not the `seller`.

    An item reaches from its announcement, which is the salesperson's, up to a minute after it was last spoken of. So
    `own` led it who has the lead for a third of it (`PLANNED_PART`), if no one but the salesperson has it longer.
    """
    held: Counter[str] = Counter()
    for lead in leads:
        if shared := lead.span.shared(span):
            held[lead.who] += shared
    if own is not None and 0 < held.total() <= PLANNED_PART * held[own]:
        others = (time for who, time in held.items() if who not in (own, seller))
        if max(others, default=0) <= held[own]:
            return own
    return held.most_common(1)[0][0] if held else None


def _longest(runs: Sequence[list[int]]) -> list[int]:
    return max(runs, key=lambda run: len(run), default=[])


def _out_of_order(starts: Sequence[int | None]) -> Collection[int]:
    """The items that came before one that was planned ahead of them: as few as explain the order.

    They are those outside the longest run of items in planned order.
    """
    found = [(i, start) for i, start in enumerate(starts) if start is not None]
    best: list[list[int]] = []
    for n, (i, start) in enumerate(found):
        before = [best[m] for m in range(n) if found[m][1] <= start]
        best.append([*_longest(before), i])
    kept = set(_longest(best))
    return {i for i, _ in found} - kept
