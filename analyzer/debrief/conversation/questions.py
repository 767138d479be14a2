"""The record's part for the debrief talk: the moments that steered the call, the remarks, and the questions.

The order of the questions is that of a good debrief: the salesperson's own view first, then what the recording shows,
then one or two things to do differently, then what each of the two will do and by when. A question points to what was
measured; it does not answer itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.call.call import Call
from analyzer.debrief import phrases
from analyzer.debrief.quotes import quote
from analyzer.debrief.record import MomentRecord, QuestionRecord, QuoteRecord, RemarkRecord
from analyzer.lead.remarks import Remark
from analyzer.lead.takeovers import TakeOver
from analyzer.timeline import Span, seconds

MOST_TAKE_OVERS = 3
MOST_TURNED = 2


def moments(call: Call) -> tuple[MomentRecord, ...]:
    """Who opened, moved on, closed, named next steps and was turned to, in time order."""
    steering, label = call.steering, call.participants.label
    found: list[MomentRecord] = []
    if steering.opened is not None:
        who, span = steering.opened
        found.append(_moment("opened", who, span, f"{label(who)} opened the call for the team."))
    for item in call.agenda:
        if item.span is not None and item.brought_up_by is not None:
            first = item.hits[0]
            meaning = f"{label(first.who)} brought up “{item.item.title}”."
            found.append(_moment("moved_on", first.who, first.span, meaning, quote(first, phrases.LONGEST_QUOTE).text))
    for turned in steering.customer_turned:
        back = (
            "the lead did not come back"
            if turned.handed_back_after is None
            else f"the salesperson had the floor again after {phrases.length(seconds(turned.handed_back_after))}"
        )
        found.append(
            _moment(
                "customer_turned",
                turned.who,
                Span(turned.question.start, max(turned.at, turned.question.end)),
                f"The customer turned to {label(turned.who)}; {back}.",
                quote(turned.spoken, phrases.LONGEST_QUOTE).text if turned.spoken is not None else None,
                after=turned.handed_back_after,
            )
        )
    for spoken in steering.next_steps or ():
        meaning = f"{label(spoken.who)} named next steps."
        found.append(_moment("next_steps", spoken.who, spoken.span, meaning, quote(spoken, phrases.LONGEST_QUOTE).text))
    if steering.closed is not None:
        who, span = steering.closed
        found.append(_moment("closed", who, span, f"{label(who)} closed the call for the team."))
    return tuple(sorted(found, key=lambda moment: moment.start))


def _moment(
    kind: str, who: str, span: Span, meaning: str, text: str | None = None, *, after: int | None = None
) -> MomentRecord:
    return MomentRecord.model_validate(
        {
            "kind": kind,
            "who": who,
            "start": seconds(span.start),
            "end": seconds(span.end),
            "meaning": meaning,
            "text": text,
            "handed_back_after_seconds": None if after is None else seconds(after),
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
            return f"{who} held the floor for {phrases.length(seconds(round(value)))} without a break."
        case "no_questions":
            return f"{who} put no question that the transcript shows."
        case "interrupts":
            return f"{who} interrupted the customer {round(value)} times; this is where they overlapped longest."
        case "quick_answers":
            return (
                f"{who} answered the customer after {phrases.length(seconds(round(value)))} in the median; "
                "a longer pause lets the customer go on."
            )
        case "pace":
            return f"{who} spoke at {value:.0f} words a minute of talk."
        case "silent":
            return f"{who} was on the call and spoke for {phrases.length(seconds(round(value)))}."
        case "drift":
            return (
                f"{who}'s lead share fell by {100 * value:.0f} points from the first half of the call to the second; "
                "listen from here."
            )


def questions(call: Call) -> tuple[QuestionRecord, ...]:
    """The questions for the debrief talk, in the order to put them; none until the salesperson is known."""
    return tuple(_questions(call)) if call.participants.salesperson is not None else ()


def _questions(call: Call) -> Iterator[QuestionRecord]:
    assert call.participants.salesperson is not None
    seller = call.participants.label(call.participants.salesperson)
    yield QuestionRecord(
        part="own_view", to=seller, text="How much of the team's part did you lead, in your own view?", moments=()
    )
    yield QuestionRecord(part="own_view", to=seller, text="What went well?", moments=())
    yield QuestionRecord(part="own_view", to=seller, text="What would you do differently?", moments=())
    yield from _evidence(call, seller)
    yield from _differently(call, seller)
    for person in call.participants.people:
        if person.side == "team":
            yield QuestionRecord(
                part="commitments",
                to=person.label,
                text="What will you do on the next call together, and by when?",
                moments=(),
            )
    for commitment in call.plan.commitments if call.plan is not None else ():
        if commitment.kept is None:
            yield QuestionRecord(
                part="commitments", to=commitment.who, text=f"Last time: “{commitment.text}”. Was it kept?", moments=()
            )


def _taken(call: Call) -> list[TakeOver]:
    return [take_over for take_over in call.judgement.take_overs if not take_over.planned]


def _evidence(call: Call, seller: str) -> Iterator[QuestionRecord]:
    label = call.participants.label
    largest = sorted(_taken(call), key=lambda found: -found.speech)[:MOST_TAKE_OVERS]
    for found in sorted(largest, key=lambda found: found.span):
        at = phrases.moment(seconds(found.span.start))
        how = phrases.TRIGGER_MEANING[found.trigger]
        yield QuestionRecord(
            part="evidence",
            to=seller,
            text=f"At {at} {label(found.who)} took the lead ({how}) and spoke for "
            f"{phrases.length(seconds(found.speech))}. What did the customer need at that moment, and who could have "
            "given it?",
            moments=_quotes(found),
        )
    for turned in call.steering.customer_turned[:MOST_TURNED]:
        at = phrases.moment(seconds(turned.question.start))
        yield QuestionRecord(
            part="evidence",
            to=label(turned.who),
            text=f"At {at} the customer turned to you. What was needed to answer and give the floor back?",
            moments=(quote(turned.spoken, phrases.LONGEST_QUOTE),) if turned.spoken is not None else (),
        )
    for item in call.agenda:
        if item.as_planned is False and item.led_by is not None:
            yield QuestionRecord(
                part="evidence",
                to=seller,
                text=f"“{item.item.title}” was planned for {item.item.lead} and led by {label(item.led_by)}. How did "
                "that come about?",
                moments=tuple(quote(utterance, phrases.LONGEST_QUOTE) for utterance in item.hits[:1]),
            )
    for objective in call.objectives:
        passages = tuple(quote(utterance, phrases.LONGEST_QUOTE) for utterance in objective.passages)
        text = f"Objective “{objective.objective.text}”: was it reached?"
        if not passages and call.owned is not None:
            text += " Nothing was found in what was said."
        yield QuestionRecord(part="evidence", to=seller, text=text, moments=passages)
    silent = [a.attendee for a in call.attendance if a.status == "silent" and a.attendee.side == "team"]
    for attendee in silent:
        yield QuestionRecord(
            part="evidence",
            to=attendee.name,
            text="You were not heard on this call. What were you there for, and what would have been your part?",
            moments=(),
        )


def _differently(call: Call, seller: str) -> Iterator[QuestionRecord]:
    """One or two: what follows from the most frequent kind of take-over, and from others who hardly spoke."""
    taken = _taken(call)
    triggers = [found.trigger for found in taken]
    label = call.participants.label
    if taken:
        most = max(triggers, key=triggers.count)
        who = label(next(found.who for found in taken if found.trigger == most))
        text = {
            "cut_in": f"What sign will {who} give before coming in, and what will you say to keep the lead?",
            "asked": f"When the customer asks {who}, how will the answer stay short and end with handing back to you?",
            "pause": f"Where you paused, {who} went on. How will you show that you are still leading?",
            "opening": f"{who} opened the call. How will you open the next one?",
        }
        yield QuestionRecord(part="differently", to=seller, text=text[most], moments=())
    verdict = call.judgement.verdict
    others = [person.label for person in call.participants.people if person.side == "team" and person.label != seller]
    if verdict.team_took_part == "no" and others:
        yield QuestionRecord(
            part="differently",
            to=seller,
            text=f"What part of the next call will you give to {phrases.joined(others)}?",
            moments=(),
        )
    if not taken and verdict.team_took_part != "no":
        yield QuestionRecord(
            part="differently", to=seller, text="Which one thing will you try on the next call together?", moments=()
        )


def _quotes(found: TakeOver) -> tuple[QuoteRecord, ...]:
    return tuple(quote(utterance, phrases.LONGEST_QUOTE) for utterance in (*found.before, *found.after))
