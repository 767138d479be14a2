"""The record's part for the debrief talk: the moments that steered the call, the remarks, and the questions.

The order of the questions is that of a good debrief: the salesperson's own view first, then what the recording shows,
then one or two things to do differently, then what each of the two will do and by when. A question points to what was
measured; it does not answer itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from analyzer.call.call import Call
from analyzer.debrief import phrases
from analyzer.debrief.quotes import first_in, quote
from analyzer.debrief.record import MomentRecord, QuestionPart, QuestionRecord, QuoteRecord, RemarkRecord
from analyzer.lead.changes import ChangeOfLead
from analyzer.lead.moments import TurnedTo
from analyzer.lead.remarks import Remark
from analyzer.talk.words import utterances
from analyzer.timeline import Span, seconds
from analyzer.wording import N_, _, _n, decimal, joined

MOST_CHANGES = 3
MOST_TURNED = 2


def moments(call: Call) -> tuple[MomentRecord, ...]:
    """Who opened, moved on, closed, named next steps and was turned to, in time order."""
    steering, label = call.steering, call.participants.label
    found: list[MomentRecord] = []
    if steering.opened is not None:
        who, span = steering.opened
        found.append(_moment("opened", who, span, _("{who} opened the call for the team.", who=label(who))))
    begun = 0 if steering.opened is None else steering.opened[1].start
    for item in call.agenda:
        if item.span is not None and item.brought_up_by is not None and item.hits[0].span.start > begun:
            first = item.hits[0]  # later than the very first words: those open the call
            meaning = _("{who} brought up “{title}”.", who=label(first.who), title=item.item.title)
            found.append(_moment("moved_on", first.who, first.span, meaning, quote(first, phrases.LONGEST_QUOTE).text))
    for turned in steering.turned_to:
        found.append(
            _moment(
                "customer_turned",
                turned.who,
                Span(turned.question.start, max(turned.at, turned.question.end)),
                _turned(call, turned),
                quote(turned.spoken, phrases.LONGEST_QUOTE).text if turned.spoken is not None else None,
            )
        )
    for spoken in steering.next_steps or ():
        meaning = _("{who} named next steps.", who=label(spoken.who))
        found.append(_moment("next_steps", spoken.who, spoken.span, meaning, quote(spoken, phrases.LONGEST_QUOTE).text))
    if steering.closed is not None:
        who, span = steering.closed
        found.append(_moment("closed", who, span, _("{who} closed the call for the team.", who=label(who))))
    return tuple(sorted(found, key=lambda moment: moment.start))


def _turned(call: Call, turned: TurnedTo) -> str:
    """What became of it when the customer turned to somebody other than the lead."""
    who, lead = (call.participants.label(key) for key in (turned.who, call.participants.salesperson or ""))
    how = N_("The customer named {who}.") if turned.named else N_("{who} took a question of the customer.")
    outcome = {
        "answered": _("{who} answered.", who=who) if turned.named else "",
        "redirected": _("{who} kept it short, and {lead} had the team's next word.", who=who, lead=lead),
        "somebody_else": _("Somebody else answered."),
    }[turned.outcome]
    return f"{_(how, who=who)} {outcome}".strip()


def _moment(kind: str, who: str, span: Span, meaning: str, text: str | None = None) -> MomentRecord:
    return MomentRecord.model_validate(
        {
            "kind": kind,
            "who": who,
            "start": seconds(span.start),
            "end": seconds(span.end),
            "meaning": meaning,
            "text": text,
        }
    )


def remark_records(call: Call) -> tuple[RemarkRecord, ...]:
    """The remarks in words, each with its figure."""
    return tuple(
        RemarkRecord(
            who=remark.who,
            text=_remark(remark, call.participants.label(remark.who)),
            start=None if remark.moment is None else seconds(remark.moment.start),
            end=None if remark.moment is None else seconds(remark.moment.end),
        )
        for remark in call.remarks
    )


def _remark(remark: Remark, who: str) -> str:
    value = remark.value
    match remark.kind:
        case "monologue":
            held = phrases.length(seconds(round(value)))
            return _("{who} held the floor for {length} without a break.", who=who, length=held)
        case "no_questions":
            return _("{who} put no question that the transcript shows.", who=who)
        case "interrupts":
            return _n(
                "{who} interrupted the customer {number} time; this is where they overlapped longest.",
                "{who} interrupted the customer {number} times; this is where they overlapped longest.",
                round(value),
                who=who,
            )
        case "quick_answers":
            return _(
                "{who} answered the customer after {length} in the median; a longer pause lets the customer go on.",
                who=who,
                length=phrases.length(seconds(round(value))),
            )
        case "pace":
            return _("{who} spoke at {number} words a minute of talk.", who=who, number=decimal(value, 0))
        case "silent":
            spoke = phrases.length(seconds(round(value)))
            return _("{who} was on the call and spoke for {length}.", who=who, length=spoke)
        case "drift":
            return _(
                "{who}'s lead share fell by {number} points from the first half of the call to the second.",
                who=who,
                number=decimal(100 * value, 0),
            )


def questions(call: Call) -> tuple[QuestionRecord, ...]:
    """The questions for the debrief talk, in the order to put them; none until the salesperson is known."""
    if call.judgement.absent is not None:
        return tuple(_without_salesperson(call, call.judgement.absent))
    return tuple(_questions(call)) if call.participants.salesperson is not None else ()


def _ask(part: QuestionPart, to: str, text: str, moments: Iterable[QuoteRecord] = ()) -> QuestionRecord:
    return QuestionRecord(part=part, to=to, text=text, moments=tuple(moments))


def _ask_about(to: str, about: str, asks: str, moments: Iterable[QuoteRecord], **number: int) -> QuestionRecord:
    """A question on what was heard, that first says what it is about: a change of lead or an objective."""
    asked = _ask("evidence", to, f"{about} {asks}", moments)
    return asked.model_copy(update={"asks": asks, **number})


def _without_salesperson(call: Call, absent: str) -> Iterator[QuestionRecord]:
    """The questions for whoever spoke in place of the salesperson."""
    others = [person.label for person in call.participants.people if person.side == "team"]
    for other in others:
        yield _ask("evidence", other, _("What went well?"))
        yield _ask("evidence", other, _("{who} was to lead and was not heard. How did that come about?", who=absent))
    yield from _objectives(call, others[0] if others else absent)
    for other in others:
        yield _ask(
            "differently", other, _("What will {who} need to hear of this call to lead the next one?", who=absent)
        )
    yield from _commitments(call, [*others, absent])


def _questions(call: Call) -> Iterator[QuestionRecord]:
    assert call.participants.salesperson is not None
    seller = call.participants.label(call.participants.salesperson)
    yield _ask("own_view", seller, _("How much of the team's part did you lead, in your own view?"))
    yield _ask("own_view", seller, _("What went well?"))
    yield _ask("own_view", seller, _("What would you do differently?"))
    yield from _evidence(call, seller)
    yield from _differently(call, seller)
    team = [person.label for person in call.participants.people if person.side == "team"]
    yield from _commitments(call, [*team, *_silent(call)])


def _silent(call: Call) -> list[str]:
    """Who of the team was planned and not heard."""
    return [a.attendee.name for a in call.attendance if a.status == "silent" and a.attendee.side == "team"]


def _commitments(call: Call, people: Iterable[str]) -> Iterator[QuestionRecord]:
    for who in dict.fromkeys(people):
        yield _ask("commitments", who, _("What will you do on the next call together, and by when?"))
    for commitment in call.plan.commitments if call.plan is not None else ():
        if commitment.kept is None:
            asks = _("Last time: “{promise}”. Was it kept?", promise=commitment.text)
            yield _ask("commitments", commitment.who, asks)


def _evidence(call: Call, seller: str) -> Iterator[QuestionRecord]:
    label = call.participants.label
    unplanned = [change for change in call.judgement.changes if not change.planned]
    largest = sorted(unplanned, key=lambda found: -found.speech)[:MOST_CHANGES]
    for found in sorted(largest, key=lambda found: found.span):
        number = call.judgement.changes.index(found) + 1
        yield _ask_about(seller, _about(call, found), _asks(found), _quotes(found), change=number)
    for came in call.judgement.came_in:
        moments = [first_in(span, came.who, utterances(call.owned or ())) for span in came.longest]
        asks = _("Which of it did the customer need from {who}?", who=label(came.who))
        yield _ask("evidence", seller, f"{phrases.came_in(came, call.participants)} {asks}", moments)
    for turned in [one for one in call.steering.turned_to if one.outcome != "somebody_else"][:MOST_TURNED]:
        at = phrases.moment(seconds(turned.question.start))
        how = (
            N_("At {at} the customer named you.")
            if turned.named
            else N_("At {at} you took a question of the customer.")
        )
        asks = _("What was needed to answer and give the floor back?")
        if turned.outcome == "redirected":
            asks = _("What made it possible to leave the next word to {who}?", who=seller)
        quotes = [quote(turned.spoken, phrases.LONGEST_QUOTE)] if turned.spoken is not None else []
        yield _ask("evidence", label(turned.who), f"{_(how, at=at)} {asks}", quotes)
    for item in call.agenda:
        if item.as_planned is False and item.led_by is not None:
            text = _(
                "“{title}” was planned for {planned} and led by {who}. How did that come about?",
                title=item.item.title,
                planned=item.item.lead,
                who=label(item.led_by),
            )
            first = [quote(utterance, phrases.LONGEST_QUOTE) for utterance in item.hits[:1]]
            yield _ask("evidence", seller, text, first)
    yield from _objectives(call, seller)
    for who in _silent(call):
        text = _("You were not heard on this call. What were you there for, and what would have been your part?")
        yield _ask("evidence", who, text)


def _about(call: Call, found: ChangeOfLead) -> str:
    """What a question about a change of lead is about."""
    who, at = call.participants.label(found.who), phrases.moment(seconds(found.span.start))
    how = phrases.started(found, call.participants, transcribed=call.owned is not None)
    spoke = phrases.length(seconds(found.speech))
    message = N_("At {at} {who} had the lead ({text_how}) and spoke for {length}.")
    return _(message, at=at, who=who, text_how=how, length=spoke)


def _asks(found: ChangeOfLead) -> str:
    """The question about a change of lead, by its kind."""
    if found.trigger == "opening" and found.kind == "take_over":
        return _("Had you agreed on who opens?")
    if found.kind == "take_over":
        return _("What did the customer need at that moment, and who could have given it?")
    return _("Was it the right moment, and did it come back?")


def _objectives(call: Call, to: str) -> Iterator[QuestionRecord]:
    for number, objective in enumerate(call.objectives, start=1):
        passages = [quote(utterance, phrases.LONGEST_QUOTE) for utterance in objective.passages]
        asks = _("was it reached?")
        if not passages and call.owned is not None:
            asks += " " + _("Nothing was found in what was said.")
        about = _("Objective “{objective}”:", objective=objective.objective.text)
        yield _ask_about(to, about, asks, passages, objective=number)


def _differently(call: Call, seller: str) -> Iterator[QuestionRecord]:
    """One or two: what follows from the most frequent kind of take-over, and from others who hardly spoke."""
    taken = call.judgement.take_overs
    triggers = [found.trigger for found in taken]
    label = call.participants.label
    if taken:
        most = max(triggers, key=triggers.count)
        example = next(found for found in taken if found.trigger == most)
        yield _ask("differently", seller, _next_time(label(example.who), example, label))
    verdict = call.judgement.verdict
    others = [person.label for person in call.participants.people if person.side == "team" and person.label != seller]
    others += _silent(call)
    if verdict.team_took_part == "no" and others:
        asks = _("What part of the next call will you give to {names}?", names=joined(others))
        yield _ask("differently", seller, asks)
    if not taken and verdict.team_took_part != "no":
        yield _ask("differently", seller, _("Which one thing will you try on the next call together?"))


def _next_time(who: str, example: ChangeOfLead, label: Callable[[str], str]) -> str:
    """What to do about take-overs that start like this one."""
    match example.trigger:
        case "cut_in":
            return _("What sign will {who} give before coming in, and what will you say to keep the lead?", who=who)
        case "cut_in_on_customer":
            return _("How will {who} let the customer finish, and leave the answer to you first?", who=who)
        case "answered" if example.start.instead_of is not None:
            other = label(example.start.instead_of)
            message = N_("When the customer names {other}, what will {who} do before speaking?")
            return _(message, other=other, who=who)
        case "answered":
            message = N_("When the customer has spoken and asked no one, how will you and {who} settle who answers?")
            return _(message, who=who)
        case "opening":
            return _("{who} opened the call. How will you open the next one?", who=who)
        case _other:
            message = N_("How will you show {who} that you are still leading, and how will {who} ask to come in?")
            return _(message, who=who)


def _quotes(found: ChangeOfLead) -> tuple[QuoteRecord, ...]:
    return tuple(quote(utterance) for utterance in (*found.around_start, *found.around_end))
