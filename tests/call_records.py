"""Call records drawn as text, for the tests of renderers and exporters.

    drawn(10, "S1  ===   ==", "S2     ==")  ->  S1 talks from 0 to 30 s and from 60 to 80 s, S2 from 30 to 50 s

The first word of a line is the person's key; the drawing begins four characters in, one character `step` seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analyzer.debrief.record import (
    AgendaRecord,
    AttendeeRecord,
    CallRecord,
    CommitmentRecord,
    ConversationRecord,
    EvidenceRecord,
    IntervalRecord,
    LeadRecord,
    LeadShareRecord,
    MadeWithRecord,
    MomentRecord,
    NextStepRecord,
    ObjectiveRecord,
    PersonRecord,
    PersonStretchRecord,
    PlanRecord,
    QuestionRecord,
    QuoteRecord,
    RecordingRecord,
    RemarkRecord,
    RollingRecord,
    ShareRecord,
    StretchRecord,
    SwapRecord,
    TakeOverRecord,
    TalkRecord,
)

BASIS_MEANING = {
    "team-talk": "the salesperson's share of what the team said",
    "lead-time": "the salesperson's share of the time in which somebody from the team had the lead",
    "all-talk": "the salesperson's share of everything that was said, the customer included",
}


def drawn(step: float, *lines: str) -> tuple[PersonStretchRecord, ...]:
    """The stretches of a drawing, in time order."""
    found = []
    for line in lines:
        who, drawing = line[:4].strip(), line[4:] + " "
        start = None
        for i, mark in enumerate(drawing):
            if mark != " " and start is None:
                start = i
            elif mark == " " and start is not None:
                found.append(PersonStretchRecord(start=start * step, end=i * step, who=who))
                start = None
    return tuple(sorted(found, key=lambda stretch: (stretch.start, stretch.end)))


def share(numerator: float, denominator: float) -> ShareRecord:
    """A share, with its value worked out."""
    value = numerator / denominator if denominator else None
    return ShareRecord(numerator=numerator, denominator=denominator, value=value)


def quote(who: str, start: float, end: float, text: str) -> QuoteRecord:
    """Something said."""
    return QuoteRecord(who=who, start=start, end=end, text=text)


def person(
    key: str, name: str | None = None, side: str | None = None, role: str | None = None, **more: Any
) -> PersonRecord:
    """A person of whom nothing was measured, but for what `more` says."""
    fields: dict[str, Any] = {
        "key": key,
        "speakers": (key,),
        "label": name or key,
        "name": name,
        "side": side,
        "role": role,
        "evidence": (),
        "talk_seconds": 0.0,
        "talk_share": share(0, 0),
        "team_share": None,
        "lead_time_share": None,
        "turns": 0,
        "longest_monologue": None,
        "questions": None,
        "words": None,
        "words_per_minute": None,
        "fillers": None,
        "interruptions_made": 0,
        "interruptions_suffered": 0,
        "patience_seconds": None,
        "answers": 0,
        "first_sentences": (),
    }
    return PersonRecord(**(fields | more))


def measured(people: Iterable[PersonRecord], turns: Sequence[PersonStretchRecord]) -> tuple[PersonRecord, ...]:
    """The people with talk time, talk share and turns as drawn (the turns of one person must not overlap)."""
    people = tuple(people)
    talk = {p.key: sum(turn.end - turn.start for turn in turns if turn.who == p.key) for p in people}
    team = sum(talk[p.key] for p in people if p.side == "team")
    return tuple(
        p.model_copy(
            update={
                "talk_seconds": talk[p.key],
                "talk_share": share(talk[p.key], sum(talk.values())),
                "team_share": share(talk[p.key], team) if p.side == "team" else None,
                "turns": sum(turn.who == p.key for turn in turns),
            }
        )
        for p in people
    )


def lead(**more: Any) -> LeadRecord:
    """A lead that is not judged because nobody has said who the salesperson is, but for what `more` says."""
    fields: dict[str, Any] = {
        "led": "not_judged",
        "team_took_part": "not_judged",
        "reason": "salesperson_unknown",
        "headline": "Who led is not judged: nobody has said who the salesperson is.",
        "explanation": ("Nobody is guessed: say who the salesperson is, and the call is judged at once.",),
        "basis": "team-talk",
        "band_floor": 0.85,
        "band_ceiling": 0.9,
        "salesperson": None,
        "shares": (),
        "without_planned": (),
        "bases_disagree": False,
        "take_overs": (),
        "stretches": (),
        "rolling": (),
    }
    return LeadRecord(**(fields | more))


def call(
    people: Sequence[PersonRecord] = (),
    turns: Sequence[PersonStretchRecord] = (),
    transcript: Sequence[QuoteRecord] | None = (),
    *,
    seconds: float = 60.0,
    **more: Any,
) -> CallRecord:
    """A call of which nothing is known beyond people, turns and words, but for what `more` says."""
    fields: dict[str, Any] = {
        "name": "call",
        "date": None,
        "customer": None,
        "recording": RecordingRecord(
            file="call.ogg",
            sha256="ab" * 32,
            seconds=seconds,
            container="ogg",
            codec="opus",
            channels=1,
            sample_rate=48_000,
        ),
        "made_with": MadeWithRecord(
            analyzer="0.1.0",
            diarizer="segmentation-3.0 + CAM++",
            transcriber=None if transcript is None else "base",
            language=None if transcript is None else "en",
        ),
        "people": measured(people, turns),
        "sides_rule": "everybody's side was named",
        "lead": lead(),
        "conversation": ConversationRecord(
            silence=share(0, seconds), overlap=share(0, seconds), floor_changes_per_hour=None
        ),
        "turns": tuple(turns),
        "floor": tuple(turns),
        "transcript": None if transcript is None else tuple(transcript),
    }
    return CallRecord(**(fields | more))


def lead_shares(*found: tuple[str, float, float, tuple[float, float] | None]) -> tuple[LeadShareRecord, ...]:
    """Lead shares: basis, numerator, denominator, interval."""
    return tuple(
        LeadShareRecord(
            basis=basis,  # type: ignore[arg-type]
            meaning=BASIS_MEANING[basis],
            share=share(numerator, denominator),
            interval=None if within is None else IntervalRecord(low=within[0], high=within[1]),
        )
        for basis, numerator, denominator, within in found
    )


TURNS = drawn(
    10,
    # 0:00      1:40      3:20      5:00      6:40      8:20
    "S1  ====  == ====  ==            ==  ====  ===  ====    ==== ===",
    "S3      ==  =    ==  ==    ==  ==  ==    ==   ==    ====        =",
    "S2                     ====  ==        ",
)
"""Dana (S1) leads; Marcus (S2) comes in at 3:10; Ray (S3) is the customer. Ten minutes and fifty seconds."""

SAID = (
    quote("S1", 0.0, 9.5, "Good morning Ray. Marcus Webb is with me today. Does half an hour still work?"),
    quote("S3", 40.0, 44.0, "It does. Just be straight with me on the price."),
    quote("S1", 60.0, 66.0, "How many deliveries were late in the first quarter?"),
    quote("S3", 80.0, 84.0, "Four hundred and thirty; that is about $90 each in credits."),
    quote("S1", 170.0, 176.0, "So the first step would be a pilot in"),
    quote("S2", 190.0, 198.0, "Let me come in here. At Leeds late deliveries were down by a third."),
    quote("S3", 230.0, 233.0, "Did they trust it, though?"),
    quote("unknown", 236.0, 236.4, "Mm."),
    quote("S2", 250.0, 258.0, "Not one of the planners has left since. Dana, back to you."),
    quote("S1", 300.0, 306.0, "Thank you. What would a pilot have to show you?"),
    quote("S3", 480.0, 484.0, "Ten routes, four weeks, and a number for the board."),
    quote("S1", 600.0, 606.0, "Then I will send you the plan by Friday. Goodbye, Ray."),
)

DANA = person(
    "S1",
    "Dana Reyes",
    "team",
    "salesperson",
    evidence=(EvidenceRecord(source="command line", says="name Dana Reyes", confidence=1.0),),
    lead_time_share=share(510, 640),
    longest_monologue=StretchRecord(start=0.0, end=40.0),
    questions=3,
    words=712,
    words_per_minute=142.4,
    fillers=4,
    interruptions_made=0,
    interruptions_suffered=1,
    patience_seconds=0.6,
    answers=9,
    first_sentences=SAID[:1],
)
MARCUS = person(
    "S2",
    "Marcus Webb",
    "team",
    "manager",
    evidence=(EvidenceRecord(source="voice", says="enrolled voice of Marcus Webb", confidence=0.93),),
    lead_time_share=share(130, 640),
    longest_monologue=StretchRecord(start=190.0, end=230.0),
    questions=0,
    words=158,
    words_per_minute=158.0,
    fillers=2,
    interruptions_made=1,
    interruptions_suffered=0,
    patience_seconds=0.2,
    answers=2,
    first_sentences=SAID[5:6],
)
RAY = person(
    "S3",
    "Ray",
    "customer",
    "buyer",
    longest_monologue=StretchRecord(start=480.0, end=520.0),
    questions=1,
    words=301,
    words_per_minute=131.0,
    fillers=None,
    first_sentences=SAID[1:2],
)

TAKEN = TakeOverRecord(
    who="S2",
    start=190.0,
    end=300.0,
    spoken_seconds=60.0,
    planned=False,
    trigger="cut_in",
    trigger_meaning="cut in while the salesperson had the floor",
    ending="handed_back",
    ending_meaning="stopped, and the salesperson went on",
    to="S1",
    delay_seconds=20.0,
    before=SAID[4:6],
    after=SAID[8:10],
)

PLAN = PlanRecord(
    reason="Marcus looked after the rollout at our largest food customer",
    lead="Dana Reyes",
    attendees=(
        AttendeeRecord(
            name="Dana Reyes",
            side="team",
            role="salesperson",
            lead=True,
            status="spoke",
            key="S1",
            meaning="spoke on the call",
        ),
        AttendeeRecord(
            name="Marcus Webb",
            side="team",
            role="manager",
            lead=False,
            status="spoke",
            key="S2",
            meaning="spoke on the call",
        ),
        AttendeeRecord(
            name="Priya Nair",
            side="team",
            role="specialist",
            lead=False,
            status="silent",
            key=None,
            meaning="was not heard on the call",
        ),
    ),
    not_in_plan=("S3",),
    agenda=(
        AgendaRecord(
            title="Where dispatch stands",
            planned_lead="Dana Reyes",
            planned_lead_key="S1",
            keywords=("late", "deliveries"),
            minutes=5,
            status="led_as_planned",
            found_by="transcript",
            start=60.0,
            end=170.0,
            led_by="S1",
            brought_up_by="S1",
            out_of_order=False,
            talk=(("S1", 60.0), ("S3", 30.0)),
            meaning="Led by Dana Reyes, as planned.",
            quotes=SAID[2:3],
        ),
        AgendaRecord(
            title="A pilot",
            planned_lead="Dana Reyes",
            planned_lead_key="S1",
            keywords=("pilot",),
            minutes=None,
            status="led_by_someone_else",
            found_by="transcript",
            start=170.0,
            end=300.0,
            led_by="S2",
            brought_up_by="S1",
            out_of_order=False,
            talk=(("S2", 60.0), ("S3", 40.0), ("S1", 20.0)),
            meaning="Planned for Dana Reyes, led by Marcus Webb.",
            quotes=SAID[4:5],
        ),
        AgendaRecord(
            title="Price",
            planned_lead="Dana Reyes",
            planned_lead_key="S1",
            keywords=("licence",),
            minutes=None,
            status="not_found",
            found_by=None,
            start=None,
            end=None,
            led_by=None,
            brought_up_by=None,
            out_of_order=False,
            talk=(),
            meaning="Not found in what was said; it may not have been reached.",
            quotes=(),
        ),
    ),
    objectives=(
        ObjectiveRecord(
            text="Ray agrees to a pilot",
            keywords=("pilot",),
            quotes=SAID[9:11],
            meaning="2 passages may bear on it; whether it was met is for you to say.",
        ),
        ObjectiveRecord(
            text="A date with the finance director",
            keywords=("finance",),
            quotes=(),
            meaning="No evidence found in what was said.",
        ),
    ),
    exception=None,
    commitments=(CommitmentRecord(who="Marcus Webb", text="wait for Dana to ask me in", due="2026-05-12", kept=None),),
)


def taken_over() -> CallRecord:
    """A call with something in every part of the debrief."""
    return call(
        (DANA, MARCUS, RAY),
        TURNS,
        SAID,
        seconds=650.0,
        name="taken-over-call",
        date="2026-05-12",
        customer="Northwind Foods",
        lead=lead(
            led="no",
            team_took_part="yes",
            reason=None,
            headline="Dana Reyes did not lead: 84 % of what the team said (between 80 and 84.8 %).",
            explanation=(
                "Checked was the lead share by team-talk: the salesperson's talk time as a part of the team's. Good "
                "practice is 85 to 90 %, so that the salesperson leads and the others take part.",
                "The others from the team took part.",
            ),
            salesperson="S1",
            shares=lead_shares(
                ("team-talk", 320, 380, (0.80, 0.848)),
                ("lead-time", 510, 640, None),
                ("all-talk", 320, 600, (0.50, 0.57)),
            ),
            without_planned=(),
            take_overs=(TAKEN,),
            stretches=drawn(
                10,
                "S1  ===================           ===================================",
                "S2                     ===========",
            ),
            rolling=(
                RollingRecord(start=0.0, end=300.0, share=share(140, 200)),
                RollingRecord(start=300.0, end=600.0, share=share(190, 190)),
            ),
            swap=SwapRecord(
                a="S1",
                b="S2",
                led="no",
                share=share(60, 360),
                meaning="If the voices of Dana Reyes and Marcus Webb were mixed up, the answer would still be no.",
            ),
        ),
        conversation=ConversationRecord(silence=share(60, 650), overlap=share(0, 650), floor_changes_per_hour=166.2),
        plan=PLAN,
        moments=(
            MomentRecord(
                kind="opened",
                who="S1",
                start=0.0,
                end=40.0,
                meaning="Dana Reyes opened the call for the team.",
                text=None,
            ),
            MomentRecord(
                kind="customer_turned",
                who="S2",
                start=230.0,
                end=250.0,
                meaning="The customer turned to Marcus Webb; the salesperson had the floor again after 50 s.",
                text="Did they trust it, though?",
                handed_back_after_seconds=50.0,
            ),
            MomentRecord(
                kind="next_steps",
                who="S1",
                start=600.0,
                end=606.0,
                meaning="Dana Reyes named next steps.",
                text="Then I will send you the plan by Friday.",
            ),
        ),
        remarks=(
            RemarkRecord(
                who="S2", text="Marcus Webb put no question that the transcript shows.", start=190.0, end=230.0
            ),
        ),
        questions=(
            QuestionRecord(
                part="own_view",
                to="Dana Reyes",
                text="How much of the team's part did you lead, in your own view?",
                moments=(),
            ),
            QuestionRecord(part="own_view", to="Dana Reyes", text="What went well?", moments=()),
            QuestionRecord(
                part="evidence",
                to="Dana Reyes",
                text="At 3:10 Marcus Webb took the lead (cut in while the salesperson had the floor) and spoke for "
                "1 min. What did the customer need at that moment, and who could have given it?",
                moments=SAID[4:6],
            ),
            QuestionRecord(
                part="differently",
                to="Dana Reyes",
                text="What sign will Marcus Webb give before coming in, and what will you say to keep the lead?",
                moments=(),
            ),
            QuestionRecord(
                part="commitments",
                to="Marcus Webb",
                text="What will you do on the next call together, and by when?",
                moments=(),
            ),
        ),
        last_commitments=(
            CommitmentRecord(who="Dana Reyes", text="send the agenda the day before", due="2026-05-11", kept=True),
        ),
        talk=TalkRecord(
            held_on="2026-05-13",
            own_lead_share=0.9,
            went_well="The numbers from Ashford",
            would_do_differently="Ask Marcus in myself",
            observations=("The board came up twice",),
            commitments=(CommitmentRecord(who="Marcus Webb", text="raise a hand first", due="2026-06-01", kept=None),),
        ),
        notes=("12 damaged frames (0.2 s) were replaced by silence.",),
    )


def not_judged() -> CallRecord:
    """A call on which nobody has said who is who."""
    return call(
        (
            person("S1", first_sentences=SAID[:1]),
            person("S2", first_sentences=SAID[5:6]),
            person("S3", first_sentences=SAID[1:2]),
        ),
        TURNS,
        SAID,
        seconds=650.0,
        name="taken-over-call",
        sides_rule="nobody said which side S1, S2, S3 is on, so it is not known",
        conversation=ConversationRecord(silence=share(60, 650), overlap=share(0, 650), floor_changes_per_hour=166.2),
        next_steps=(
            NextStepRecord(
                text="Say who the salesperson is, and who the customer is.",
                command="analyzer report 'Calls 2026/taken-over call.ogg' --salesperson S1 --customer S3 "
                "--out 'Debriefs of the team'",
            ),
            NextStepRecord(
                text="Or give them names, which are kept with the call.",
                command="analyzer name 'Calls 2026/taken-over call.ogg' S1='First Last' S2='First Last'",
            ),
        ),
    )
