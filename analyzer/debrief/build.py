"""From a call to its debrief record: samples become seconds, keys keep their meaning, verdicts get their words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from statistics import fmean

from analyzer import wording
from analyzer.call.call import Call
from analyzer.debrief import phrases, unsure
from analyzer.debrief.conversation.questions import moments, questions, remark_records
from analyzer.debrief.plan_part import plan_record, probably_planned
from analyzer.debrief.quotes import first_in, quote
from analyzer.debrief.record import (
    CallRecord,
    CameInRecord,
    ChangeRecord,
    ConversationRecord,
    DoubtRecord,
    LeadRecord,
    LeadShareRecord,
    MadeWithRecord,
    NextStepRecord,
    PersonRecord,
    PersonStretchRecord,
    QuoteRecord,
    RecordingRecord,
    RollingRecord,
    StretchRecord,
    SwapRecord,
    TurnedToRecord,
)
from analyzer.errors import one_line
from analyzer.lead.changes import ChangeOfLead
from analyzer.lead.check import Interval, LeadShare
from analyzer.lead.judgement import CameIn
from analyzer.people.participants import Person
from analyzer.talk.measures import HOUR, MINUTE, PersonMeasures
from analyzer.talk.rates import NOTHING
from analyzer.talk.turns import as_turns, share_of
from analyzer.talk.words import Utterance, utterances
from analyzer.timeline import Span, Turn, seconds
from analyzer.version import __version__

FIRST_SENTENCES = 2
CLEAR_WORDS = 5
CLEAR_CONFIDENCE = 0.6


def record(
    call: Call,
    *,
    version: str = __version__,
    next_steps: Iterable[NextStepRecord] = (),
    page_language: str = wording.ENGLISH,
) -> CallRecord:
    """The debrief of a call; `version` is the program's, `page_language` as it is set."""
    spoken = utterances(call.owned) if call.owned is not None else None
    transcript = call.recognition.transcript
    return CallRecord(
        name=one_line(call.name),
        date=_date(call),
        date_from=call.occasion.date_from,
        customer=call.occasion.customer,
        customer_from=call.occasion.customer_from,
        recording=RecordingRecord(
            file=one_line(call.recording.path.name),
            sha256=call.recording.sha256,
            seconds=seconds(call.recognition.length),
            container=call.recording.container,
            codec=call.recording.codec,
            channels=call.recording.channels,
            sample_rate=call.recording.sample_rate,
        ),
        made_with=MadeWithRecord(
            analyzer=version,
            diarizer=call.recognition.diarizer,
            transcriber=transcript.model if transcript is not None else None,
            language=transcript.language if transcript is not None else None,
        ),
        people=tuple(_person(call, person, measures, spoken) for person, measures in _pairs(call)),
        sides_rule=call.participants.rule,
        lead=_lead(call, spoken),
        conversation=ConversationRecord(
            silence=call.measures.silence,
            overlap=call.measures.overlap,
            floor_changes_per_hour=_times(call.measures.floor_changes.value, HOUR),
        ),
        turns=tuple(_stretch(turn) for turn in as_turns({**call.by, **call.aside})),
        floor=tuple(_stretch(turn) for turn in call.held.holds),
        transcript=None if spoken is None else tuple(quote(utterance) for utterance in spoken),
        plan=plan_record(call),
        moments=moments(call),
        remarks=remark_records(call),
        questions=questions(call),
        notes=call.notes,
        next_steps=tuple(next_steps),
        page_language=wording.page_language(page_language, transcript.language if transcript is not None else None),
    )


def _date(call: Call) -> str | None:
    """When the call was: the plan may say the time of day too."""
    if call.occasion.date_from == "plan" and call.plan is not None and call.plan.date is not None:
        return call.plan.date.isoformat()
    return None if call.occasion.date is None else call.occasion.date.isoformat()


def _pairs(call: Call) -> Iterable[tuple[Person, PersonMeasures]]:
    measures = {measured.who: measured for measured in call.people}
    return ((person, measures[person.key]) for person in call.participants.people if person.key in measures)


def _person(call: Call, person: Person, measures: PersonMeasures, spoken: Sequence[Utterance] | None) -> PersonRecord:
    team = call.participants.side("team")
    words = measures.words
    return PersonRecord(
        key=person.key,
        speakers=person.speakers,
        label=person.label,
        name=person.name,
        side=person.side,
        role=person.role,
        evidence=person.evidence,
        talk_seconds=seconds(measures.talk),
        talk_share=share_of(person.key, tuple(call.by), call.by) if person.key in call.by else NOTHING,
        team_share=share_of(person.key, team, call.by) if person.key in team else None,
        lead_time_share=call.judgement.lead_time.share(person.key) if person.key in team else None,
        turns=measures.turns,
        longest_monologue=_span(measures.longest_monologue),
        questions=measures.questions,
        words=words.numerator if words is not None else None,
        words_per_minute=_times(words.value if words is not None else None, MINUTE),
        fillers=measures.fillers,
        interruptions_made=measures.interruptions_made,
        interruptions_suffered=measures.interruptions_suffered,
        patience_seconds=None if measures.patience is None else seconds(measures.patience),
        answers=measures.answers,
        first_sentences=first_sentences(person.key, spoken or ()),
    )


def first_sentences(who: str, spoken: Iterable[Utterance]) -> tuple[QuoteRecord, ...]:
    """The first things a person says that are long and clear enough to tell who it is.

    Clear is an utterance of at least five words that the recogniser was sure of; where none is, the longest one.
    """
    mine = [utterance for utterance in spoken if utterance.who == who]
    clear = [u for u in mine if len(u.words) >= CLEAR_WORDS and _confidence(u) >= CLEAR_CONFIDENCE]
    chosen = clear[:FIRST_SENTENCES] or sorted(mine, key=lambda u: -len(u.words))[:1]
    return tuple(quote(utterance, phrases.LONGEST_QUOTE) for utterance in chosen)


def _confidence(utterance: Utterance) -> float:
    known = [word.confidence for word in utterance.words if word.confidence is not None]
    return fmean(known) if known else 0.0


def _unheard(call: Call) -> tuple[str, ...]:
    return tuple(a.attendee.name for a in call.attendance if a.attendee.side == "team" and a.status == "silent")


def _lead(call: Call, spoken: Sequence[Utterance] | None) -> LeadRecord:
    judgement, probable, doubts = call.judgement, probably_planned(call), _doubts(call)
    ride_along = call.plan.ride_along if call.plan else None
    explained = phrases.explanation(judgement, call.participants, _unheard(call), ride_along, probable)
    return LeadRecord(
        led=judgement.verdict.led,
        team_took_part=judgement.verdict.team_took_part,
        reason=judgement.verdict.reason,
        headline=phrases.headline(judgement, call.participants, probable),
        explanation=tuple(dict.fromkeys((*explained, *(doubt.meaning for doubt in doubts)))),
        basis=judgement.basis,
        band_floor=judgement.band.floor,
        band_ceiling=judgement.band.ceiling,
        salesperson=judgement.salesperson,
        shares=tuple(_lead_share(share) for share in judgement.shares),
        with_planned=tuple(_lead_share(share) for share in judgement.whole),
        bases_disagree=judgement.bases_disagree,
        changes=tuple(_change(call, change, probable) for change in judgement.changes),
        turned_to=tuple(_turned_to(call)),
        came_in=tuple(_came_in(call, one, spoken or ()) for one in judgement.came_in),
        absent=judgement.absent,
        stretches=tuple(_stretch(turn) for turn in judgement.lead_time.pieces),
        rolling=tuple(
            RollingRecord(start=seconds(r.window.start), end=seconds(r.window.end), share=r.share)
            for r in judgement.rolling
        ),
        swap=_swap(call),
        doubts=doubts,
    )


def _doubts(call: Call) -> tuple[DoubtRecord, ...]:
    """What may be wrong with the call; that it is short, only where there is an interval to doubt."""
    judged = call.judgement.verdict.reason is None
    return tuple(
        DoubtRecord(
            kind=one.kind,
            who=one.who,
            moments=tuple(StretchRecord(start=seconds(s.start), end=seconds(s.end)) for s in one.moments),
            meaning=unsure.doubt(one, call.judgement, call.participants),
        )
        for one in call.doubts
        if judged or one.kind != "short_call"
    )


def _swap(call: Call) -> SwapRecord | None:
    found = call.judgement.swap
    if found is None:
        return None
    return SwapRecord(
        a=found.a,
        b=found.b,
        led=found.verdict.led,
        share=found.share,
        meaning=unsure.exchanged(found, call.judgement.verdict, call.participants, call.judgement.band),
    )


def _lead_share(share: LeadShare) -> LeadShareRecord:
    interval = share.interval
    return LeadShareRecord(
        basis=share.basis,
        meaning=wording.translated(phrases.BASIS_MEANING[share.basis]),
        share=share.share,
        interval=None if interval is None else Interval(round(interval.low, 6), round(interval.high, 6)),
    )


def _change(call: Call, found: ChangeOfLead, probable: Collection[Turn]) -> ChangeRecord:
    people = call.participants
    return ChangeRecord(
        who=found.who,
        start=seconds(found.span.start),
        end=seconds(found.until),
        lead_until=seconds(found.span.end),
        spoken_seconds=seconds(found.speech),
        customer_after_seconds=seconds(found.customer_after),
        kind=found.kind,
        kind_meaning=phrases.kind_of(found, people, probable),
        planned=found.planned,
        trigger=found.trigger,
        trigger_meaning=phrases.started(found, people, transcribed=call.owned is not None),
        floor_before=found.start.before,
        instead_of=found.start.instead_of,
        ending=found.ending,
        ending_meaning=phrases.ended(found, people),
        to=found.to,
        delay_seconds=None if found.delay is None else seconds(found.delay),
        before=tuple(quote(utterance) for utterance in found.around_start),
        after=tuple(quote(utterance) for utterance in found.around_end),
    )


def _turned_to(call: Call) -> Iterable[TurnedToRecord]:
    label, lead = call.participants.label, call.judgement.salesperson
    for who in call.participants.side("team"):
        turned = [one for one in call.steering.turned_to if one.who == who]
        outcomes = [one.outcome for one in turned]
        if outcomes and lead is not None:
            yield TurnedToRecord(
                who=who,
                turned_to=len(outcomes),
                answered=outcomes.count("answered"),
                redirected=outcomes.count("redirected"),
                meaning=phrases.turned_to(label(who), label(lead), sum(one.named for one in turned), outcomes),
            )


def _came_in(call: Call, found: CameIn, spoken: Sequence[Utterance]) -> CameInRecord:
    return CameInRecord(
        who=found.who,
        times=found.times,
        seconds=seconds(found.speech),
        longest=tuple(first_in(span, found.who, spoken) for span in found.longest),
        meaning=phrases.came_in(found, call.participants),
    )


def _stretch(turn: Turn) -> PersonStretchRecord:
    return PersonStretchRecord(start=seconds(turn.span.start), end=seconds(turn.span.end), who=turn.who)


def _span(span: Span | None) -> StretchRecord | None:
    return None if span is None else StretchRecord(start=seconds(span.start), end=seconds(span.end))


def _times(value: float | None, factor: int) -> float | None:
    return None if value is None else value * factor
