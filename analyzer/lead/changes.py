"""Changes of lead: when somebody other than the planned lead had the lead, how it started, and how the lead came back.

change of lead: a stretch of the lead (see `stretches`) of someone other than the planned lead, who speaks at least 10 s
in it. Its length is what they say in it; what the customer said after it is told apart. Three kinds:

* `handed_over`: planned, or `invited`;
* `drawn_in`: `asked`;
* `take_over`: all others, and the only one that is counted as such.

It is planned when most of what they say in it falls into agenda items planned for them. Beyond the table of the
measures, who goes on after a third person came in goes on with what they had: the stretch is as planned as their last
one, and of its kind. It was theirs, and it was not they who took it.

How it started (`trigger`), looking at the floor just before:

* `opening`: no one had led before.
* `invited`: one of the team had it and, in its last 15 s, names the person, or hands over without naming anybody else.
* `cut_in`: one of the team had it, and was talked over for at least 0.5 s before they stopped.
* `asked`: the customer had it and, in its last 15 s, names the person, or puts a question that names no one else of
  the team.
* `cut_in_on_customer`: the customer had it, and was talked over likewise.
* `answered`: the customer had it, and the person was not asked: nothing was, or somebody else was named (`instead_of`).
* `pause`: whoever had it had stopped.

The table of the measures speaks of the planned lead where "one of the team" stands here: a third person who passes the
lead on by name invites as well, and the words say who it was; somebody whose side is not known asks as a customer does.
To thank somebody by name is not to name them. Where the two talk at once, naming counts up to the
moment at which the person began, and a name alone invites only with a question or at the end. A floor under 3 s that
names no one ("Yes, please.") does not come between somebody who names the person and the person.

How it ended (`ending`), looking from the person's last floor to the floor with which somebody else has the lead:

* `passed_on`: that is not the planned lead.
* `customer`: the customer had the floor in between, and the planned lead went on after that.
* `taken_back`: the planned lead talked over the person for at least 0.5 s before they stopped.
* `handed_back`: the person stopped, and the planned lead went on.
* `end_of_call`: no one else led after.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.lead.addressing import hands_over
from analyzer.lead.exchanges import REACH, Exchanges
from analyzer.lead.stretches import LEAD_SPEECH, spoken_in
from analyzer.talk.asked import asks, asks_last
from analyzer.talk.turns import parts
from analyzer.talk.words import UTTERANCE_PAUSE, Utterance
from analyzer.timeline import Span, Turn, Word, intersection, samples, total, union

Trigger = Literal["opening", "invited", "cut_in", "asked", "answered", "cut_in_on_customer", "pause"]
Kind = Literal["handed_over", "drawn_in", "take_over"]
Ending = Literal["taken_back", "handed_back", "customer", "passed_on", "end_of_call"]

CHANGE_SPEECH = samples(10.0)
"""What someone must say in a stretch for it to be a change of lead. Three seconds pass the lead on (`LEAD_SPEECH`), and
a short answer of three is nothing to talk about afterwards."""

QUOTED = 30
"""Words quoted before a change, and after it."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a change of lead started: `before` had the floor just before.

    `named` says whether they named the person; `instead_of` is who of the team the customer named in place of them.
    """

    trigger: Trigger
    before: str | None = None
    instead_of: str | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class ChangeOfLead:
    """A stretch in which `who` has the lead in place of the planned lead.

    `until` is the end of their last floor in it, `speech` what they say and `customer_after` what the customer says
    from then to its end, `delay` the time from `until` to the floor with which `to` has the lead (None at the end of
    the call): all in samples. `goes_on` is the kind of their stretch before, when only a third person's lies between.
    `around_start` and `around_end` are the last words before and the first after its start
    and its end, gathered per person.
    """

    who: str
    span: Span
    until: int
    speech: int
    customer_after: int
    start: Start
    ending: Ending
    to: str | None
    delay: int | None
    planned: bool = False
    goes_on: Kind | None = None
    around_start: tuple[Utterance, ...] = ()
    around_end: tuple[Utterance, ...] = ()

    @property
    def trigger(self) -> Trigger:
        """How it started."""
        return self.start.trigger

    @property
    def kind(self) -> Kind:
        """Whether the lead was given, was asked for by the customer, or was taken."""
        if self.planned or self.trigger == "invited":
            return "handed_over"
        return "drawn_in" if self.trigger == "asked" else self.goes_on or "take_over"


def changes_of_lead(
    call: Exchanges, leads: Sequence[Turn], planned: Mapping[str, Collection[Span]] | None = None
) -> tuple[ChangeOfLead, ...]:
    """Every change of lead among the stretches of `leads` (as `lead_time` gives them).

    `planned` gives the stretches of agenda items planned for each person. Without words no one can be heard to invite
    or to ask, and a change after the planned lead's floor is a `pause`, one after the customer's `answered`.
    """
    found: dict[int, ChangeOfLead] = {}
    own = planned_leads(call, leads, planned)
    for i, stretch in enumerate(leads):
        who, span = stretch.who, stretch.span
        speech = spoken_in(who, span, call.by)
        if who == call.lead or speech < CHANGE_SPEECH:
            continue
        following = leads[i + 1] if i + 1 < len(leads) else None
        after = len(call.held.holds) if following is None else call.index(following.span.start)
        last = next(n for n in range(after - 1, -1, -1) if call.held.holds[n].who == who)
        until = call.held.holds[last].span.end
        middle = (span.start + until) // 2
        ending = "end_of_call" if following is None else _ending(call, last, after)
        before = found.get(i - 2) if _goes_on_after_a_third(call, leads, i) else None
        found[i] = ChangeOfLead(
            who=who,
            span=span,
            until=until,
            speech=speech,
            customer_after=_spoken_by(call, call.customers, until, span.end),
            start=_start(call, stretch) if i else Start("opening"),
            ending=ending,
            to=following.who if following else None,
            delay=following.span.start - until if following else None,
            planned=stretch in own,
            goes_on=before.kind if before is not None else None,
            around_start=around(call.owned, span.start, span.start, until=middle),
            around_end=around(call.owned, until, following.span.start if following else None, since=middle),
        )
    return tuple(found.values())


def planned_leads(
    call: Exchanges, leads: Sequence[Turn], planned: Mapping[str, Collection[Span]] | None
) -> tuple[Turn, ...]:
    """The stretches of `leads` that are somebody else's by the plan, however little is said in them."""
    found: list[Turn] = []
    for i, stretch in enumerate(leads):
        again = _goes_on_after_a_third(call, leads, i) and leads[i - 2] in found
        if again or (stretch.who != call.lead and _is_planned(call, stretch, planned or {})):
            found.append(stretch)
    return tuple(found)


def _goes_on_after_a_third(call: Exchanges, leads: Sequence[Turn], i: int) -> bool:
    """Whether the `i`th stretch goes on with one that somebody other than the planned lead came into."""
    return i > 1 and leads[i - 2].who == leads[i].who != call.lead and leads[i - 1].who != call.lead


def _is_planned(call: Exchanges, stretch: Turn, planned: Mapping[str, Collection[Span]]) -> bool:
    theirs = intersection(parts(call.by[stretch.who], stretch.span), planned.get(stretch.who, ()))
    return 2 * total(theirs) > spoken_in(stretch.who, stretch.span, call.by)


def _spoken_by(call: Exchanges, who: Iterable[str], since: int, until: int) -> int:
    if since >= until:
        return 0
    stretch = Span(since, until)
    return total(union(part for person in who for part in parts(call.by.get(person, ()), stretch)))


def _start(call: Exchanges, stretch: Turn) -> Start:
    """How the lead passed: by the floor just before, or by one before that if only a word of others lies between."""
    at = call.index(stretch.span.start)
    found = _by_floor(call, stretch, at - 1)
    if found.trigger not in ("answered", "pause"):
        return found
    holds = call.held.holds
    for i in range(at - 1, 0, -1):
        short = spoken_in(holds[i].who, holds[i].span, call.by) < LEAD_SPEECH
        far = stretch.span.start - holds[i - 1].span.end > REACH
        if not short or far or call.names.named(call.last_words(i)):
            break
        who = holds[i - 1].who
        if stretch.who in call.names.named(call.last_words(i - 1)) and who != stretch.who:
            return Start("invited" if who in call.team else "asked", who, named=True)
    return found


def _by_floor(call: Exchanges, stretch: Turn, i: int) -> Start:
    """How the lead passed after the `i`th floor."""
    before, who = call.held.holds[i], stretch.who
    since = call.talked_over_from(stretch, before)
    named = who in call.names.named(call.last_words(i, since))
    if before.who in call.team:
        if _invites(call, i, who, since):
            return Start("invited", before.who, named=named)
        return Start("pause" if since is None else "cut_in", before.who)
    if before.who not in call.customers:  # a side that is not known: whoever they are for, the person was asked
        return Start("asked" if call.asked(i, who) else "pause", before.who, named=named)
    if since is None and call.asked(i, who):
        return Start("asked", before.who, named=named)
    if since is not None:
        # asks_last: the question that is answered before its last word is out
        asked = named or (asks_last(call.last_words(i)) and call.asked(i, who))
        return Start("asked" if asked else "cut_in_on_customer", before.who, named=named)
    return Start("answered", before.who, call.named_last(i, who))


def _invites(call: Exchanges, i: int, who: str, since: int | None) -> bool:
    """Whether the holder of the `i`th floor hands over to `who`, who talks over them from `since` on."""
    words = call.last_words(i, since)
    named = [person for person in call.names.named(words) if person != call.held.holds[i].who]
    if who not in named:
        return not named and hands_over(words)
    return since is None or hands_over(words) or asks(words) or who in call.names.named(words[-1:])


def _ending(call: Exchanges, last: int, after: int) -> Ending:
    """How the person's `last` floor gave way to the one in whose favour the lead changed, the floor `after`."""
    holds = call.held.holds
    if holds[after].who != call.lead:
        return "passed_on"
    if any(hold.who in call.customers for hold in holds[last + 1 : after]):
        return "customer"
    following = holds[last + 1]
    taken = following.who == call.lead and call.talked_over_from(following, holds[last]) is not None
    return "taken_back" if taken else "handed_back"


def around(
    owned: Sequence[tuple[str, Word]], end: int, start: int | None, *, since: int = 0, until: int | None = None
) -> tuple[Utterance, ...]:
    """The last 30 words up to `end` and the first 30 from `start` on, gathered per person; 15 s away at the most.

    Each of the two gives at most one utterance a person, in the order of their first words; who goes on from the one
    into the other has one for both. `start` is None at the end of a call. Nothing is told from before `since` or from
    `until` on: in a short change the words at its two ends would be the same.
    """
    low, last = _index(owned, since), _index(owned, end)
    high = len(owned) if until is None else _index(owned, until)
    before = [pair for pair in owned[max(low, last - QUOTED) : min(last, high)] if end - pair[1].span.end <= REACH]
    if start is None:
        return _gathered(before)
    first = max(low, last, _index(owned, start))
    after = [pair for pair in owned[first : min(first + QUOTED, high)] if pair[1].span.start - start <= REACH]
    then, whole = list(_gathered(after)), []
    for utterance in _gathered(before):  # who goes on over the change says one thing, not two
        more = next((u for u in then if u.who == utterance.who and _goes_on(utterance, u)), None)
        whole.append(utterance if more is None else Utterance(utterance.who, (*utterance.words, *more.words)))
        then = [u for u in then if u is not more]
    return (*whole, *then)


def _index(owned: Sequence[tuple[str, Word]], at: int) -> int:
    """Which of the words is the first that starts at `at` or later."""
    return bisect_left(owned, at, key=lambda pair: pair[1].span.start)


def _goes_on(before: Utterance, after: Utterance) -> bool:
    return after.words[0].span.start - before.words[-1].span.end <= UTTERANCE_PAUSE


def _gathered(words: Iterable[tuple[str, Word]]) -> tuple[Utterance, ...]:
    by_person: dict[str, list[Word]] = {}
    for who, word in words:
        by_person.setdefault(who, []).append(word)
    return tuple(Utterance(who, tuple(spoken)) for who, spoken in by_person.items())
