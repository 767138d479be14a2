"""What a debrief says first, to a reader who has three minutes.

Who was with which customer, the answer in one sentence and how sure it is, three moments to hear (one of them went
well), one thing for the next call, and how the last calls of the same people went. The page, the terminal, Markdown and
what is copied or mailed show these words; everything else is for those who want to know more.

A sentence here states what was measured or said. Whoever it is about could check it in the recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.debrief import figures, phrases
from analyzer.debrief.phrases import beginning, day, length, often
from analyzer.debrief.record import CallRecord, ChangeRecord, EarlierCallRecord, MomentRecord, QuoteRecord
from analyzer.lead.check import Answer, Interval
from analyzer.wording import N_, _, _n, joined, quoted, stopped

MOST_MOMENTS = 3
MOST_EARLIER = 5
MOST_NAMED = 2
"""How many of those who took the lead are named in the sentence."""
APART = 10.0
"""Seconds between two moments from which they are two."""
DECISIVE_WORDS = 16
"""Words of a quote before it is cut."""
BEFORE, AFTER = 6.0, 10.0
"""Seconds around a change of lead that are played: what it answers to, and who goes on."""


@dataclass(frozen=True, slots=True)
class FirstMoment:
    """A moment worth hearing: `start` to `end` (seconds) is what to play, `at` the moment itself.

    `change` is the number of the change of lead it belongs to, from 1; `words` are the decisive ones.
    """

    at: float
    start: float
    end: float
    kind: str
    text: str
    words: tuple[QuoteRecord, ...] = ()
    went_well: bool = False
    change: int | None = None


@dataclass(frozen=True, slots=True)
class NextCall:
    """One thing for the next call: a question to `to`, or what they have promised since (then `promised`)."""

    to: str
    text: str
    promised: bool = False


@dataclass(frozen=True, slots=True)
class CallInRow:
    """One of the last calls of the same people: its lead share (None where there is none) beside its band."""

    name: str
    day: str
    share: float | None
    text: str
    led: Answer
    band_floor: float
    band_ceiling: float
    this: bool = False


@dataclass(frozen=True, slots=True)
class FirstScreen:
    """The first screen in words. `facts` are date, length and name; `reason` is why the others came along.

    `answer` is the verdict, `sentence` what it rests on, `sure` how sure it is; each may be empty. `doubts` speak
    against the answer. `explained` is the rest of what the record says about it, for "How sure is this?". `promises`
    are those of the last debrief, each with what became of it; `row` the last calls of the same people, this one last.
    """

    who: str
    facts: tuple[str, ...]
    reason: str
    answer: str
    sentence: str
    sure: str
    doubts: tuple[str, ...]
    explained: tuple[str, ...]
    moments: tuple[FirstMoment, ...]
    next_call: NextCall | None
    promises: tuple[str, ...]
    row: tuple[CallInRow, ...]


def first_screen(call: CallRecord) -> FirstScreen:
    """What to say first about a call."""
    lead = call.lead
    of_call = {doubt.meaning for doubt in lead.doubts}
    doubts = tuple(one for one in lead.explanation if one in of_call or phrases.is_doubt(one))
    least = 1 - lead.band_ceiling
    told = {*doubts, *(came.meaning for came in lead.came_in), phrases.took_part("no", least)}
    return FirstScreen(
        who=_who(call),
        facts=_facts(call),
        reason=_reason(call),
        answer=_answer(call),
        sentence=" ".join(_sentences(call)),
        sure=_sure(call),
        doubts=doubts,
        explained=tuple(one for one in lead.explanation if one not in told),
        moments=_moments(call),
        next_call=_next_call(call),
        promises=tuple(
            f"{figures.commitment(one, call.label)}: {figures.kept(one)}" for one in figures.last_commitments(call)
        ),
        row=_row(call),
    )


def hear_heading(screen: FirstScreen) -> str:
    """What stands over the moments of the first screen."""
    return {1: _("One moment"), 2: _("Two moments")}.get(len(screen.moments), _("Three moments"))


def summary(call: CallRecord) -> tuple[str, ...]:
    """The first screen as some eight lines of plain text, to be copied or mailed."""
    screen = first_screen(call)
    lines = [" · ".join((screen.who, *screen.facts)), screen.reason]
    lines += [" ".join(part for part in (screen.answer, screen.sentence) if part)]
    lines += [" ".join(part for part in (screen.sure, *screen.doubts) if part)]
    for moment in screen.moments:
        said = " ".join(f"{call.label(quote.who)}: {quoted(quote.text)}" for quote in moment.words)
        lines.append(
            " ".join(part for part in (f"{phrases.moment(moment.at)} {moment.kind}: {moment.text}", said) if part)
        )
    if (following := screen.next_call) is not None:
        lines.append(_("Next call: {who}: {what}", who=following.to, what=following.text))
    if screen.promises:
        lines.append(_("Last promise: {what}", what="; ".join(screen.promises)))
    return tuple(line for line in lines if line)


def _who(call: CallRecord) -> str:
    """`Dana Reyes with Marcus Webb, at Northwind Foods`; the customer's people where the customer is not known."""
    seller = call.lead.salesperson
    team = [person.label for person in call.people if person.side == "team" and person.key != seller]
    theirs = [person.label for person in call.people if person.side == "customer"]
    first = [] if seller is None else [call.label(seller)]
    ours = joined(first or team) if first or team else ""
    if first and team:
        ours = _("{who} with {names}", who=first[0], names=joined(team))
    customer = call.customer or ""
    if not ours:
        voices = _voices(sum(person.side != "none" for person in call.people))
        talking = _("talking to {names}", names=joined(theirs)) if theirs else ""
        return f"{customer or talking or call.name}, {voices}"
    if customer:
        return ours + ", " + _("at {customer}", customer=customer)
    return ours + ", " + _("talking to {names}", names=joined(theirs)) if theirs else ours


def _voices(number: int) -> str:
    return _n("{number} voice", "{number} voices", number)


def _facts(call: CallRecord) -> tuple[str, ...]:
    date = f"{day(call.date)} {figures.told_by(call.date_from)}".rstrip() if call.date else _("date not known")
    source = figures.told_by(call.customer_from) if call.customer else ""
    customer = _("customer {source}", source=source) if source else ""
    return tuple(part for part in (date, customer, length(call.recording.seconds)) if part)


def _reason(call: CallRecord) -> str:
    """Why the others came along, and the exception, as the plan says it; empty without a plan or others."""
    plan = call.plan
    if plan is None:
        return ""
    others = [one.name for one in plan.attendees if one.side == "team" and not one.lead and one.status != "silent"]
    parts = []
    if others:
        why = figures.sentence(plan.reason) if plan.reason else _("the plan does not say.")
        parts.append(
            _n(
                "Why {names} came along: {why}",
                "Why {names} came along: {why}",
                len(others),
                names=joined(others),
                why=why,
            )
        )
    if plan.exception is not None:
        declared = _("The exception was declared on {day}", day=day(plan.exception.declared_on))
        parts.append(figures.sentence(f"{declared}: {plan.exception.note}" if plan.exception.note else declared))
    return " ".join(parts)


def _answer(call: CallRecord) -> str:
    lead = call.lead
    if lead.salesperson is None or lead.led == "not_judged":
        excepted = _("Not judged: an exception was declared for this call.")
        return excepted if lead.reason == "exception_declared" else lead.headline
    led = N_("{who} led.")
    if lead.with_planned:
        led = N_("{who} led, probably as planned.") if _probably_planned(call) else N_("{who} led as planned.")
    message = {"yes": led, "no": N_("{who} did not lead."), "too_close": N_("Too close to call whether {who} led.")}
    return _(message[lead.led], who=call.label(lead.salesperson))


def _probably_planned(call: CallRecord) -> bool:
    """Whether a planned hand-over was left out of which the planned order alone says that it is one."""
    agenda = call.plan.agenda if call.plan is not None else ()
    return bool(call.lead.with_planned) and any(
        item.found_by == "planned_order" and item.planned_lead_key not in (None, call.lead.salesperson)
        for item in agenda
    )


def _sentences(call: CallRecord) -> Iterator[str]:
    """What the answer rests on: who else led and for how long, and the share that is checked."""
    lead = call.lead
    if lead.salesperson is None or (lead.led == "not_judged" and lead.reason != "exception_declared"):
        return
    yield from _others_led(call)
    yield from (came.meaning for came in lead.came_in)
    checked = next((found for found in lead.shares if found.basis == lead.basis), None)
    if checked is not None and checked.share.value is not None:
        yield _share(call, figures.lead_share(call, checked))
    if lead.team_took_part == "no":
        yield phrases.took_part("no", 1 - lead.band_ceiling)


def _others_led(call: CallRecord) -> Iterator[str]:
    """Who else led without a plan, how it came about, and how long they spoke in it; those who spoke most."""
    by: dict[str, list[ChangeRecord]] = {}
    for change in call.lead.changes:
        if not change.planned:
            by.setdefault(change.who, []).append(change)
    if not call.lead.take_overs:
        yield _("No one took over.")
    most = sorted(by.items(), key=lambda pair: -sum(one.spoken_seconds for one in pair[1]))
    for who, changes in most[:MOST_NAMED]:
        kinds = [one.kind for one in changes]
        how = {
            "take_over": N_("took over {text_times}"),
            "handed_over": N_("was handed the lead {text_times}"),
            "drawn_in": N_("was drawn in {text_times}"),
        }
        told = [_(how[kind], text_times=often(kinds.count(kind))) for kind in how if kind in kinds]
        whole = length(sum(one.spoken_seconds for one in changes))
        spoke = _("spoke for {length}", length=whole)
        if len(changes) > 1:
            spoke = _("spoke for {length} in all", length=whole)
        yield stopped(f"{call.label(who)} {joined((*told, spoke))}")
    if rest := most[MOST_NAMED:]:
        times = often(sum(len(changes) for _who, changes in rest))
        yield _n(
            "{number} other from the team had the lead {text_times}.",
            "{number} others from the team had the lead {text_times}.",
            len(rest),
            text_times=times,
        )


SHARE_OF = {
    "team-talk": N_("{who} said {share} of what the team said"),
    "lead-time": N_("{who} had the lead for {share} of the time in which somebody from the team had it"),
    "all-talk": N_("{who} said {share} of everything that was said"),
}


def _share(call: CallRecord, value: str) -> str:
    lead = call.lead
    assert lead.salesperson is not None
    told = _(SHARE_OF[lead.basis], who=call.label(lead.salesperson), share=value)
    whole = figures.with_planned(call, lead.basis)
    if whole is not None:
        outside = N_("{text_share} outside what was planned for others, {share_whole} with it")
        if _probably_planned(call):
            outside = N_("{text_share} outside what is probably the planned part of others, {share_whole} with it")
        told = _(outside, text_share=told, share_whole=figures.lead_share(call, whole))
    if lead.led == "not_judged":
        return f"{told}."
    band = phrases.interval(Interval(lead.band_floor, lead.band_ceiling), ())
    return _("{text_share}; good practice is {range}.", text_share=told, range=band)


def _sure(call: CallRecord) -> str:
    lead = call.lead
    checked = next((found for found in lead.shares if found.basis == lead.basis), None)
    if lead.led == "not_judged" or checked is None:
        return ""
    if checked.interval is None:
        return _("How far this can be off is not known.")
    edges = figures.edges(call)
    lies = phrases.between(checked.interval, edges) or _("at {share}", share=phrases.interval(checked.interval, edges))
    straddles = checked.interval.low < lead.band_floor <= checked.interval.high
    if lead.led == "too_close" and not straddles:  # what is not known then stands among the doubts
        return _("Not sure.")
    if lead.led == "too_close":
        return _("Not sure: with the doubt about who spoke when, it lies {text_lies}.", text_lies=lies)
    return _("Sure: with the doubt about who spoke when, it lies {text_lies}.", text_lies=lies)


def _moments(call: CallRecord) -> tuple[FirstMoment, ...]:
    """Three moments in time order: the largest changes of lead that no one planned, and one that went well."""
    well = next(_went_well(call), None)
    chosen = [] if well is None else [well]
    for found in _worth_hearing(call):
        if len(chosen) < MOST_MOMENTS and all(abs(found.at - one.at) >= APART for one in chosen):
            chosen.append(found)
    return tuple(sorted(chosen, key=lambda moment: moment.at))


def largest(changes: Sequence[ChangeRecord], most: int) -> tuple[int, ...]:
    """The numbers (from 1) of the `most` changes of lead in which most was said, in time order; planned ones last."""
    numbers = sorted(range(len(changes)), key=lambda i: (changes[i].planned, -changes[i].spoken_seconds))
    return tuple(sorted(number + 1 for number in numbers[:most]))


def _worth_hearing(call: CallRecord) -> Iterator[FirstMoment]:
    """What is worth hearing beside what went well, the most telling first."""
    for number, change in sorted(enumerate(call.lead.changes, start=1), key=lambda pair: -pair[1].spoken_seconds):
        if not change.planned:
            yield _change(number, change)
    for came in call.lead.came_in:
        for quote in came.longest:
            kind = _("Came in, {length}", length=length(quote.end - quote.start))
            text = _("{who} had the floor.", who=call.label(came.who))
            yield FirstMoment(quote.start, quote.start, quote.end, kind, text, _cut(quote))
    for moment in call.moments:
        if moment.kind == "customer_turned":
            yield _moment(call, moment, _("The customer turned to somebody else"))
    for remark in call.remarks:
        if remark.start is not None:
            end = remark.end if remark.end is not None else remark.start + AFTER
            yield FirstMoment(remark.start, remark.start, end, _("Worth a second listen"), remark.text)
    yield from _others_planned(call)


def _change(number: int, change: ChangeRecord) -> FirstMoment:
    """How a change of lead began."""
    text = f"{beginning(change.trigger_meaning)}."
    window = max(0.0, change.start - BEFORE), change.start + AFTER
    kind = f"{beginning(change.kind_meaning)}, {figures.spoken(change)}"
    return FirstMoment(change.start, *window, kind, text, _began(change), change=number)


def _others_planned(call: CallRecord) -> Iterator[FirstMoment]:
    """What shows how a call went on which little else is worth hearing: planned hand-overs, and who steered."""
    for number, change in enumerate(call.lead.changes, start=1):
        if change.planned:
            yield _change(number, change)
    seller = call.lead.salesperson
    for kind, called in (("moved_on", _("Brought up")), ("closed", _("The end")), ("opened", _("The beginning"))):
        for moment in call.moments:
            if moment.kind == kind and seller is not None:
                yield _moment(call, moment, called)


def _went_well(call: CallRecord) -> Iterator[FirstMoment]:
    """What went well for the lead, the most telling first: each is something that a good call has."""
    seller = call.lead.salesperson
    if seller is None:
        return
    for moment in call.moments:
        short = phrases.kept_short(call.label(moment.who), call.label(seller))
        if moment.kind == "customer_turned" and short in moment.meaning:
            yield _moment(call, moment, _("Went well"), went_well=True)
    for number, change in enumerate(call.lead.changes, start=1):
        if change.ending == "taken_back" and change.to == seller:
            yield _ended(change, number)
    for moment in call.moments:
        if moment.kind == "next_steps" and moment.who == seller:
            yield _moment(call, moment, _("Went well"), went_well=True)
    for number, change in enumerate(call.lead.changes, start=1):
        if change.ending == "handed_back" and change.to == seller:
            yield _ended(change, number)
    for kind in ("moved_on", "closed", "opened"):
        for moment in call.moments:
            if moment.kind == kind and moment.who == seller:
                yield _moment(call, moment, _("Went well"), went_well=True)


def _ended(change: ChangeRecord, number: int) -> FirstMoment:
    window = max(0.0, change.end - BEFORE), change.end + AFTER
    own = [quote for quote in change.after if quote.who == change.who][-1:]
    theirs = [quote for quote in change.after if quote.who == change.to][:1]
    back = change.ending == "handed_back"
    words = tuple(one for quote in (own if back else theirs) for one in _cut(quote, last=back))
    text = f"{beginning(change.ending_meaning)}."
    return FirstMoment(change.end, *window, _("Went well"), text, words, went_well=True, change=number)


def _moment(call: CallRecord, moment: MomentRecord, kind: str, *, went_well: bool = False) -> FirstMoment:
    end = max(moment.start + 1.0, min(moment.end, moment.start + AFTER + BEFORE))
    words: tuple[QuoteRecord, ...] = ()
    if moment.text:  # of the customer where they turned to somebody, and of `who` in all others
        begins = moment.text.removesuffix(" …")
        said = (one for one in call.transcript or () if one.text.startswith(begins) and one.start < moment.end)
        words = tuple(one for quote in list(said)[-1:] for one in _cut(quote))
    return FirstMoment(moment.start, moment.start, end, kind, moment.meaning, words, went_well)


def _began(change: ChangeRecord) -> tuple[QuoteRecord, ...]:
    """The words that decided how a change of lead began: what it answers to where it does, and its first ones."""
    own = [quote for quote in change.before if quote.who == change.who][:1]
    others = [quote for quote in change.before if quote.who != change.who]
    asked = [quote for quote in others if quote.who == change.floor_before][-1:] or others[-1:]
    answers = change.trigger in ("asked", "answered", "invited")
    return tuple(
        one for quote in (*(asked if answers or not own else ()), *own) for one in _cut(quote, last=quote in asked)
    )


def _cut(quote: QuoteRecord, *, last: bool = False) -> tuple[QuoteRecord, ...]:
    """A quote with its first (or last) words alone; none when it has no words."""
    words = quote.text.split()
    if len(words) > DECISIVE_WORDS:
        words = ["…", *words[-DECISIVE_WORDS:]] if last else [*words[:DECISIVE_WORDS], "…"]
    return (quote.model_copy(update={"text": " ".join(words)}),) if words else ()


def _next_call(call: CallRecord) -> NextCall | None:
    """What was promised in the debrief of this call; else the first thing to settle in it."""
    for promise in call.talk.commitments if call.talk is not None else ():
        text = promise.text
        if promise.due:
            text = _("{promise} (by {day})", promise=promise.text, day=day(promise.due))
        return NextCall(call.label(promise.who), text, promised=True)
    for question in call.questions:
        if question.part == "differently":
            return NextCall(question.to, question.text)
    return None


def for_later(call: CallRecord) -> EarlierCallRecord | None:
    """What later calls of the same people show of this one; None where its lead share is not known."""
    lead = call.lead
    checked = next((found for found in lead.shares if found.basis == lead.basis), None)
    if checked is None or checked.share.value is None:
        return None
    return EarlierCallRecord(
        name=call.name,
        date=call.date,
        led=lead.led,
        share=checked.share,
        band_floor=lead.band_floor,
        band_ceiling=lead.band_ceiling,
    )


def _row(call: CallRecord) -> tuple[CallInRow, ...]:
    """The last calls of the same people, this one last; empty where no other is known."""
    this = for_later(call)
    if not call.earlier or this is None:
        return ()
    return tuple(_in_row(one, this=one is this) for one in (*call.earlier[1 - MOST_EARLIER :], this))


def _in_row(found: EarlierCallRecord, *, this: bool) -> CallInRow:
    value = found.share.value
    return CallInRow(
        name=found.name,
        day=day(found.date),
        share=value,
        text=phrases.percent(value, (0.0, found.band_floor, found.band_ceiling, 1.0)),
        led=found.led,
        band_floor=found.band_floor,
        band_ceiling=found.band_ceiling,
        this=this,
    )
