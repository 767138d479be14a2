"""The agenda held against the call: when each item was on, who was to lead it, and who did.

Times given in the plan win. The others are looked for in the words: each utterance speaks for the items whose keywords
it holds (a keyword of two words counts double, one that several items share is divided between them, a word of the
title counts a third), and the call is cut into items so that they get as much as possible of what speaks for them, at a
price for every change of item (Viterbi's algorithm). A stretch belongs to its item from the utterance with its first
hit to the next item's start, at most a minute after its last hit. An item counts as found when what speaks for it in
its best stretch adds up to two single keywords.

An item was led by whoever of the team had the lead for most of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from analyzer.lead.keywords import Hit, Spoken, content_words
from analyzer.people.plan.plan import AgendaItem, Plan
from analyzer.talk.turns import By, talk_time, within
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, Turn, samples

CHANGE_PRICE = 1.5
"""What changing the item costs, in single keywords."""

LEAST_WEIGHT = 2.0
TITLE_WEIGHT = 1 / 3
AFTER_LAST_HIT = samples(60.0)


@dataclass(frozen=True, slots=True)
class ItemOnCall:
    """An agenda item on the call. `span` is None when it was not found; keys are people's, None where not known.

    `hits` are the utterances that speak of it within its span, the first of them by `brought_up_by`.
    """

    item: AgendaItem
    planned_lead: str | None
    span: Span | None = None
    from_plan: bool = False
    led_by: str | None = None
    brought_up_by: str | None = None
    out_of_order: bool = False
    talk: tuple[tuple[str, int], ...] = ()
    hits: tuple[Utterance, ...] = ()

    @property
    def as_planned(self) -> bool | None:
        """Whether the planned lead led it; None when that is not known."""
        if self.span is None or self.planned_lead is None or self.led_by is None:
            return None
        return self.led_by == self.planned_lead


def agenda_on_call(
    plan: Plan,
    keys: Mapping[str, str],
    utterances: Sequence[Utterance],
    by: By,
    leads: Sequence[Turn],
    length: int,
) -> tuple[ItemOnCall, ...]:
    """Every agenda item of the plan, in its order; `keys` gives the key of each attendee who is known on the call."""
    spoken = Spoken(utterances)
    hits = tuple(_weighted(plan.agenda, spoken))
    spans: dict[int, tuple[Span, bool]] = {}
    for i, item in enumerate(plan.agenda):
        if item.start is not None and item.start < length:
            following = [other.start for other in plan.agenda if other.start is not None and other.start > item.start]
            end = item.end or (item.start + item.length if item.length else min([*following, length]))
            spans[i] = Span(item.start, min(max(end, item.start + 1), length)), True
    located = _located(hits, utterances, len(plan.agenda), {i: span for i, (span, _) in spans.items()})
    spans |= {i: (span, False) for i, span in located.items()}
    late = _out_of_order([spans[i][0].start if i in spans else None for i in range(len(plan.agenda))])
    out = []
    for i, item in enumerate(plan.agenda):
        planned = keys.get(item.lead)
        if i not in spans:
            out.append(ItemOnCall(item, planned))
            continue
        span, given = spans[i]
        speaking = [
            utterances[j] for j in sorted({hit.utterance for hit, _ in hits[i]}) if utterances[j].span.meets(span)
        ]
        talk = sorted(((w, t) for w, t in talk_time(within(by, [span])).items() if t), key=lambda pair: -pair[1])
        out.append(
            ItemOnCall(
                item,
                planned,
                span=span,
                from_plan=given,
                led_by=_led_by(span, leads),
                brought_up_by=speaking[0].who if speaking else None,
                out_of_order=i in late,
                talk=tuple(talk),
                hits=tuple(speaking),
            )
        )
    return tuple(out)


def planned_stretches(items: Sequence[ItemOnCall], lead: str | None) -> dict[str, tuple[Span, ...]]:
    """The stretches of items planned for somebody other than `lead`: what they say in them is no take-over."""
    found: dict[str, tuple[Span, ...]] = {}
    for item in items:
        if item.span is not None and item.planned_lead is not None and item.planned_lead != lead:
            found[item.planned_lead] = (*found.get(item.planned_lead, ()), item.span)
    return found


def _weighted(items: Sequence[AgendaItem], spoken: Spoken) -> list[tuple[tuple[Hit, float], ...]]:
    """For each item its hits with what each counts."""
    sharing: dict[str, int] = {}
    for item in items:
        for keyword in {k.casefold() for k in item.keywords}:
            sharing[keyword] = sharing.get(keyword, 0) + 1
    found = []
    for item in items:
        hits = [(hit, min(hit.words, 2) / sharing[hit.keyword.casefold()]) for hit in spoken.hits(item.keywords)]
        known = {(hit.utterance, hit.at) for hit, _ in hits}
        title = spoken.hits(content_words(item.title))
        hits += [(hit, TITLE_WEIGHT) for hit in title if (hit.utterance, hit.at) not in known]
        found.append(tuple(sorted(hits, key=lambda pair: pair[0].at)))
    return found


def _located(
    hits: Sequence[Sequence[tuple[Hit, float]]], utterances: Sequence[Utterance], items: int, given: Mapping[int, Span]
) -> dict[int, Span]:
    """The span of each item that the words show, leaving out items and times that the plan gives."""
    taken = list(given.values())
    weight = [[0.0] * (items + 1) for _ in utterances]  # the last column is "no item"
    for i, pairs in enumerate(hits):
        for hit, value in pairs if i not in given else ():
            if not any(span.meets(utterances[hit.utterance].span) for span in taken):
                weight[hit.utterance][i] += value
    path = _best_path(weight)
    best: dict[int, tuple[float, Span]] = {}
    start = 0
    while start < len(path):
        end = start
        while end < len(path) and path[end] == path[start]:
            end += 1
        i = path[start]
        speaking = [j for j in range(start, end) if i < items and weight[j][i] > 0]
        if speaking:
            worth = sum(weight[j][i] for j in speaking)
            stop = utterances[speaking[-1]].span.end + AFTER_LAST_HIT
            if end < len(utterances):
                stop = min(stop, utterances[end].span.start)
            stop = min(max(stop, utterances[speaking[0]].span.start + 1), max(u.span.end for u in utterances))
            if worth > best.get(i, (0.0,))[0]:
                best[i] = worth, Span(utterances[speaking[0]].span.start, stop)
        start = end
    return {i: span for i, (worth, span) in best.items() if worth >= LEAST_WEIGHT - 1e-9}


def _best_path(weight: Sequence[Sequence[float]]) -> list[int]:
    """The item of each utterance that collects the most weight, less `CHANGE_PRICE` for every change (Viterbi)."""
    if not weight:
        return []
    score = list(weight[0])
    back: list[list[int]] = []
    for row in weight[1:]:
        top = max(range(len(score)), key=lambda i: score[i])
        came = [top if score[top] - CHANGE_PRICE > score[i] else i for i in range(len(score))]
        back.append(came)
        score = [max(score[i], score[top] - CHANGE_PRICE) + value for i, value in enumerate(row)]
    at = max(range(len(score)), key=lambda i: score[i])
    path = [at]
    for came in reversed(back):
        at = came[at]
        path.append(at)
    return path[::-1]


def _led_by(span: Span, leads: Sequence[Turn]) -> str | None:
    held: dict[str, int] = {}
    for lead in leads:
        if shared := lead.span.shared(span):
            held[lead.who] = held.get(lead.who, 0) + shared
    return max(held, key=lambda who: held[who]) if held else None


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
