"""Call records for the tests of what shows them: built from parts, drawn as text, full, bare, hostile, huge.

    drawn(10, "S1  ===   ==", "S2     ==")  ->  S1 talks from 0 to 30 s and from 60 to 80 s, S2 from 30 to 50 s

The first word of a line is the person's key; the drawing begins four characters in, one character `step` seconds.

`taken_over` and `not_judged` are short enough to be read whole (`golden/`). `rich` is a ten-minute call with everything
a record can hold: its words are those of `rich_call.txt`, its shares are added up from them, and its take-overs, agenda
and questions are written by hand in the words of `debrief/`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from analyzer.debrief.record import (
    AgendaRecord,
    AttendeeRecord,
    CallRecord,
    ChangeRecord,
    ConversationRecord,
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
    StretchRecord,
    SwapRecord,
    TalkRecord,
)
from analyzer.lead.check import BASES, Interval
from analyzer.people.commitment import Commitment
from analyzer.people.participants import Evidence
from analyzer.talk.rates import Share
from analyzer.timeline import samples, seconds

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


def share(numerator: float, denominator: float) -> Share:
    """A share of so many seconds."""
    return Share(samples(numerator), samples(denominator))


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
    """A lead that is not judged because the salesperson is not known, but for what `more` says."""
    fields: dict[str, Any] = {
        "led": "not_judged",
        "team_took_part": "not_judged",
        "reason": "salesperson_unknown",
        "headline": "Who led is not judged: the salesperson is not known.",
        "explanation": ("Say who the salesperson is, and the call is judged at once.",),
        "basis": "team-talk",
        "band_floor": 0.85,
        "band_ceiling": 0.9,
        "salesperson": None,
        "shares": (),
        "with_planned": (),
        "bases_disagree": False,
        "changes": (),
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
            interval=None if within is None else Interval(low=within[0], high=within[1]),
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
    evidence=(Evidence(source="command line", says="name Dana Reyes", confidence=1.0),),
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
    evidence=(Evidence(source="voice", says="enrolled voice of Marcus Webb", confidence=0.93),),
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

TAKEN = ChangeRecord(
    who="S2",
    start=190.0,
    end=280.0,
    lead_until=300.0,
    spoken_seconds=60.0,
    customer_after_seconds=0.0,
    kind="take_over",
    kind_meaning="take-over",
    planned=False,
    trigger="cut_in",
    trigger_meaning="Marcus Webb began while Dana Reyes had the floor",
    floor_before="S1",
    instead_of=None,
    ending="handed_back",
    ending_meaning="Marcus Webb stopped, and Dana Reyes went on, 20 s later",
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
            meaning="Not recognised in the words.",
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
            meaning="Not recognised in the words.",
        ),
    ),
    exception=None,
    commitments=(Commitment("Marcus Webb", "wait for Dana to ask me in", dt.date(2026, 5, 12)),),
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
            headline="Dana Reyes did not lead: 84 % of what the team said (between 80 and 84.8 %). 1 take-over.",
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
            with_planned=(),
            changes=(TAKEN,),
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
                meaning="Marcus Webb took a question of the customer.",
                text="Did they trust it, though?",
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
            Commitment(who="Dana Reyes", text="send the agenda the day before", due=dt.date(2026, 5, 11), kept=True),
        ),
        talk=TalkRecord(
            held_on="2026-05-13",
            own_lead_share=0.9,
            went_well="The numbers from Ashford",
            would_do_differently="Ask Marcus in myself",
            observations=("The board came up twice",),
            commitments=(Commitment(who="Marcus Webb", text="raise a hand first", due=dt.date(2026, 6, 1), kept=None),),
            manager_view="Dana had the customer's ear",
        ),
        notes=("12 damaged frames (0.2 s) were replaced by silence.",),
    )


def not_judged() -> CallRecord:
    """A call on which no one has said who is who."""
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
        sides_rule="no one said the side of S1, S2, S3, so it is not known",
        conversation=ConversationRecord(silence=share(60, 650), overlap=share(0, 650), floor_changes_per_hour=166.2),
        next_steps=(
            NextStepRecord(
                text="Say who the salesperson is, and who the customer is.",
                command="analyzer report 'Calls 2026/taken-over call.ogg' --salesperson 'S?' --customer 'S?' "
                "--out 'Debriefs of the team'",
            ),
            NextStepRecord(
                text="Or give them names, which are kept with the call.",
                command="analyzer name 'Calls 2026/taken-over call.ogg' S1='First Last' S2='First Last'",
            ),
        ),
    )


SECONDS_A_WORD = {"D": 0.355, "M": 0.335, "P": 0.36, "A": 0.365, "F": 0.35}
PAUSE = 0.45
OVER = 1.2
"""How far a passage marked "+" starts before the end of the one before."""

NAMES = {"D": "Dana Reyes", "M": "Marcus Webb", "P": "Priya Nair", "A": "Alistair Grant", "F": "Fiona Lund"}
ROLES = {"D": "salesperson", "M": "manager", "P": "specialist", "A": "customer", "F": "customer"}
TEAM = ("D", "M", "P")


def dialogue() -> tuple[QuoteRecord, ...]:
    """The passages of the call with their times."""
    said = []
    end = 0.8 - PAUSE
    for line in Path(__file__).with_name("rich_call.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        who, text = line.split(" ", 1)
        start = end - OVER if who.startswith("+") else end + PAUSE
        who = who.lstrip("+")
        end = round(start + SECONDS_A_WORD[who] * len(text.split()), 2)
        said.append(QuoteRecord(who=who, start=round(start, 2), end=end, text=text))
    return tuple(said)


def talked(turns: Iterable[PersonStretchRecord], who: Sequence[str], start: float = 0, end: float = 1e9) -> float:
    """Seconds that the people `who` talk from `start` to `end` (each person's turns never overlap)."""
    return sum(max(0.0, min(t.end, end) - max(t.start, start)) for t in turns if t.who in who)


def rich() -> CallRecord:
    """A ten-minute call with two take-overs, a planned hand-over, agenda, objectives and questions."""
    return _Rich().record()


class _Rich:
    def __init__(self) -> None:
        self.said = dialogue()
        self.turns = tuple(PersonStretchRecord(start=q.start, end=q.end, who=q.who) for q in self.said)
        self.total = round(self.said[-1].end + 1.2, 2)
        self.jump, self.thanks = self.find("Sorry Dana"), self.find("Thank you, Marcus")
        self.pleasure, self.back = self.find("With pleasure"), self.find("Thank you, Priya")
        self.asked, self.stop = self.find("Good question."), self.find("Marcus, let me stop")

    def find(self, text: str) -> QuoteRecord:
        return next(q for q in self.said if q.text.startswith(text))

    def cut(self, text: str, words: int = 30) -> QuoteRecord:
        quote = self.find(text)
        parts = quote.text.split()
        return quote if len(parts) <= words else quote.model_copy(update={"text": " ".join(parts[:words]) + " …"})

    def record(self) -> CallRecord:
        stretches = self.stretches()
        led = {who: sum(s.end - s.start for s in stretches if s.who == who) for who in TEAM}
        return CallRecord(
            name="Grant & Lund Seafood, evening runs",
            date="2026-05-12",
            customer="Grant & Lund Seafood",
            recording=RecordingRecord(
                file="Grant & Lund evening runs.m4a",
                sha256="4f" * 32,
                seconds=self.total,
                container="mov,mp4,m4a",
                codec="aac",
                channels=1,
                sample_rate=44100,
            ),
            made_with=MadeWithRecord(
                analyzer="0.1.0", diarizer="segmentation-3.0 + CAM++", transcriber="whisper-base", language="en"
            ),
            people=tuple(self.person(key, led) for key in NAMES),
            sides_rule="everybody's side was named",
            lead=self.lead(stretches, led),
            conversation=ConversationRecord(
                silence=share(34.1, self.total), overlap=share(5.4, self.total), floor_changes_per_hour=402.0
            ),
            turns=self.turns,
            floor=self.turns,
            transcript=self.said,
            plan=self.plan(),
            moments=self.moments(),
            remarks=(
                RemarkRecord(
                    who="D",
                    text="Dana Reyes answered the customer after 0.5 s in the median; a longer pause lets the customer "
                    "go on.",
                    start=self.find("Three on a good day").start,
                    end=self.find("That is interesting").end,
                ),
                RemarkRecord(
                    who="M", text="Marcus Webb put no question that the transcript shows.", start=None, end=None
                ),
            ),
            questions=self.questions(),
            last_commitments=(
                Commitment(who="Marcus Webb", text="Waits for Dana to hand over", due=dt.date(2026, 5, 12), kept=False),
                Commitment(
                    who="Dana Reyes", text="Says the agenda in the first minute", due=dt.date(2026, 5, 12), kept=True
                ),
            ),
            notes=("The recording was joined by a second microphone; a few words were heard twice.",),
            next_steps=(
                NextStepRecord(
                    text="After the talk, keep what you agreed:",
                    command="analyzer debrief 'Grant & Lund evening runs.m4a'",
                ),
            ),
        )

    def stretches(self) -> tuple[PersonStretchRecord, ...]:
        changes = [(self.said[0], "D"), (self.jump, "M"), (self.thanks, "D"), (self.pleasure, "P"), (self.back, "D")]
        changes += [(self.asked, "M"), (self.stop, "D")]
        ends = [quote.start for quote, _ in changes[1:]] + [self.total]
        return tuple(
            PersonStretchRecord(start=quote.start, end=end, who=who)
            for (quote, who), end in zip(changes, ends, strict=True)
        )

    def lead(self, stretches: tuple[PersonStretchRecord, ...], led: dict[str, float]) -> LeadRecord:
        turns, everybody = self.turns, tuple(NAMES)
        dana, team, all_talk = talked(turns, "D"), talked(turns, TEAM), talked(turns, everybody)
        shown = (self.pleasure.start, self.back.start)
        whole = (share(dana, team), share(led["D"], sum(led.values())), share(dana, all_talk))
        shares = (
            share(dana, team - talked(turns, TEAM, *shown)),
            share(led["D"], sum(led.values()) - led["P"]),
            share(dana, all_talk - talked(turns, everybody, *shown)),
        )
        checked = shares[0].value or 0.0
        low, high = 100 * (checked - 0.034), 100 * (checked + 0.029)
        number = f"{100 * checked:.0f} % of what the team said outside the planned hand-over"
        number += f" (between {low:.0f} and {high:.0f} %)"
        return LeadRecord(
            led="no",
            team_took_part="yes",
            reason=None,
            headline=f"Dana Reyes did not lead: {number}, {100 * (whole[0].value or 0):.0f} % with what was planned "
            "for Priya Nair. 1 take-over.",
            explanation=(
                "Checked was the lead share by team-talk: the salesperson's talk time as a part of the team's. Good "
                "practice is 85 to 90 %, so that the salesperson leads and the others take part.",
                "The others from the team took part.",
            ),
            basis="team-talk",
            band_floor=0.85,
            band_ceiling=0.90,
            salesperson="D",
            shares=_around(shares),
            with_planned=_around(whole),
            bases_disagree=False,
            changes=self.changes(),
            stretches=stretches,
            rolling=tuple(
                RollingRecord(
                    start=start,
                    end=start + 300,
                    share=share(talked(turns, "D", start, start + 300), talked(turns, TEAM, start, start + 300)),
                )
                for start in [*range(0, int(self.total) - 300, 30), self.total - 300]
            ),
            swap=SwapRecord(
                a="M",
                b="P",
                led="no",
                share=shares[0],
                meaning="The answer stays no if the voices of Marcus Webb and Priya Nair, which are told apart least "
                "surely, are each other.",
            ),
        )

    def changes(self) -> tuple[ChangeRecord, ...]:
        cut_in = ChangeRecord(
            who="M",
            start=self.jump.start,
            end=self.thanks.start,
            lead_until=self.thanks.start,
            spoken_seconds=round(talked(self.turns, "M", self.jump.start, self.thanks.start), 2),
            customer_after_seconds=0.0,
            kind="take_over",
            kind_meaning="take-over",
            planned=False,
            trigger="cut_in",
            trigger_meaning="Marcus Webb began while Dana Reyes had the floor",
            floor_before="D",
            instead_of=None,
            ending="handed_back",
            ending_meaning="Marcus Webb stopped, and Dana Reyes went on",
            to="D",
            delay_seconds=PAUSE,
            before=(self.cut("And who is waiting"), self.cut("Sorry Dana")),
            after=(self.cut("Three things."), self.cut("Thank you, Marcus")),
        )
        planned = cut_in.model_copy(
            update={
                "who": "P",
                "start": self.pleasure.start,
                "end": self.back.start,
                "spoken_seconds": round(talked(self.turns, "P", self.pleasure.start, self.back.start), 2),
                "lead_until": self.back.start,
                "planned": True,
                "kind": "handed_over",
                "kind_meaning": "planned hand-over",
                "trigger": "invited",
                "trigger_meaning": "Dana Reyes had just named Priya Nair",
                "before": (self.cut("I will. Priya"), self.cut("With pleasure")),
                "after": (self.cut("We have heard"), self.cut("Thank you, Priya")),
            }
        )
        answered = cut_in.model_copy(
            update={
                "start": self.asked.start,
                "end": self.stop.start,
                "spoken_seconds": round(talked(self.turns, "M", self.asked.start, self.stop.start), 2),
                "lead_until": self.stop.start,
                "kind": "drawn_in",
                "kind_meaning": "drawn in by the customer",
                "trigger": "asked",
                "trigger_meaning": "the customer had just named Marcus Webb",
                "floor_before": "R",
                "ending": "taken_back",
                "ending_meaning": "Dana Reyes cut in and took the lead back",
                "delay_seconds": 0.0,
                "before": (self.cut("Marcus, can I ask"), self.cut("Good question.")),
                "after": (self.cut("You buy them"), self.cut("Marcus, let me stop")),
            }
        )
        return cut_in, planned, answered

    def person(self, key: str, led: dict[str, float]) -> PersonRecord:
        mine = [q for q in self.said if q.who == key]
        talk = talked(self.turns, (key,))
        longest = max(mine, key=lambda q: q.end - q.start)
        words = sum(len(q.text.split()) for q in mine)
        on_team = key in TEAM
        return PersonRecord(
            key=key,
            speakers=(f"S{1 + list(NAMES).index(key)}",),
            label=NAMES[key],
            name=NAMES[key],
            side="team" if on_team else "customer",
            role=ROLES[key],
            evidence=(Evidence(source="plan", says=f"{ROLES[key]}, {NAMES[key]}", confidence=0.93),),
            talk_seconds=round(talk, 2),
            talk_share=share(talk, talked(self.turns, tuple(NAMES))),
            team_share=share(talk, talked(self.turns, TEAM)) if on_team else None,
            lead_time_share=share(led[key], sum(led.values())) if on_team else None,
            turns=len(mine),
            longest_monologue=StretchRecord(start=longest.start, end=longest.end),
            questions=sum(q.text.count("?") for q in mine),
            words=words,
            words_per_minute=60 * words / talk,
            fillers=sum(q.text.lower().count("something like") for q in mine),
            interruptions_made={"D": 1, "M": 1}.get(key, 0),
            interruptions_suffered={"D": 1, "M": 1}.get(key, 0),
            patience_seconds=PAUSE if on_team else None,
            answers={"D": 21, "M": 3, "P": 3}.get(key, 0),
            first_sentences=tuple(mine[:2]),
        )

    def moments(self) -> tuple[MomentRecord, ...]:
        def moment(kind: Any, who: str, at: str, meaning: str, words: int = 0) -> MomentRecord:
            quote = self.find(at)
            text = self.cut(at, words).text if words else None
            return MomentRecord(kind=kind, who=who, start=quote.start, end=quote.end, meaning=meaning, text=text)

        turned = "The customer named Marcus Webb. Marcus Webb answered."
        return (
            moment("opened", "D", "Good morning Alistair", "Dana Reyes opened the call for the team."),
            moment("moved_on", "D", "We will. Then", "Dana Reyes brought up “The evening runs”.", 14),
            moment("moved_on", "D", "I will. Priya", "Dana Reyes brought up “The Tuesday on the screen”.", 14),
            moment("customer_turned", "M", "Marcus, can I ask", turned, 30),
            moment("next_steps", "D", "Then here are", "Dana Reyes named next steps.", 18),
            moment("closed", "D", "Thank you both", "Dana Reyes closed the call for the team."),
        )

    def questions(self) -> tuple[QuestionRecord, ...]:
        def question(part: Any, to: str, text: str, *moments: str) -> QuestionRecord:
            return QuestionRecord(part=part, to=to, text=text, moments=tuple(self.cut(m) for m in moments))

        dana, marcus = NAMES["D"], NAMES["M"]
        need = "What did the customer need at that moment, and who could have given it?"
        turned = _clock(self.find("Marcus, can I ask").start)
        cut_in = f"At {_clock(self.jump.start)} {marcus} took the lead (cut in while the salesperson had the floor)"
        answered = f"At {_clock(self.asked.start)} {marcus} took the lead (was asked by the customer)"
        return (
            question("own_view", dana, "How much of the team's part did you lead, in your own view?"),
            question("own_view", dana, "What went well?"),
            question("own_view", dana, "What would you do differently?"),
            question(
                "evidence", dana, f"{cut_in} and spoke for 41 s. {need}",
                "And who is waiting", "Sorry Dana", "Three things.", "Thank you, Marcus",
            ),
            question(
                "evidence", dana, f"{answered} and spoke for 32 s. {need}",
                "Marcus, can I ask", "Good question.", "You buy them", "Marcus, let me stop",
            ),
            question(
                "evidence", marcus,
                f"At {turned} the customer turned to you. What was needed to answer and give the floor back?",
                "Marcus, can I ask",
            ),
            question(
                "evidence", dana,
                f"“Guarantee and price” was planned for {dana} and led by {marcus}. How did that come about?",
                "Marcus, can I ask",
            ),
            question(
                "evidence", dana, "Objective “The customer names what a warm lorry costs”: was it reached?",
                "Four thousand",
            ),
            question(
                "evidence", dana, "Objective “A date for the trial evening”: was it reached?",
                "Come on Tuesday", "Then here are",
            ),
            question(
                "evidence", dana,
                "Objective “Who signs, and up to which sum”: was it reached? Nothing was found in what was said.",
            ),
            question(
                "differently", dana,
                f"What sign will {marcus} give before coming in, and what will you say to keep the lead?",
            ),
            *(
                question("commitments", NAMES[key], "What will you do on the next call together, and by when?")
                for key in TEAM
            ),
        )  # fmt: skip

    def plan(self) -> PlanRecord:
        def attendee(name: str, side: Any, role: str, status: Any, key: str | None, meaning: str) -> AttendeeRecord:
            return AttendeeRecord(
                name=name, side=side, role=role, lead=key == "D", status=status, key=key, meaning=meaning
            )

        here = [
            attendee(NAMES[k], "team" if k in TEAM else "customer", ROLES[k], "spoke", k, "spoke on the call")
            for k in NAMES
        ]
        missing = "may be one of the voices without a name"
        return PlanRecord(
            reason="Marcus answers what a delay would cost them; Priya shows their own Tuesday.",
            lead="Dana Reyes",
            attendees=(*here, attendee("Tom Abara", "team", "engineer", "not_identified", None, missing)),
            not_in_plan=(),
            agenda=(
                self.item("The evening runs", "D", "D", 4, "We will. Then let", "I will. Priya"),
                self.item("The Tuesday on the screen", "P", "P", 2, "With pleasure", "Thank you, Priya"),
                self.item("Guarantee and price", "D", "M", 2, "Marcus, can I ask", "Then I am easier"),
                self.item("Next steps", "D", "D", 2, "Then here are", "Cheers."),
                self.item("References in Scotland", "M", None, None),
            ),
            objectives=(
                self.objective("The customer names what a warm lorry costs", "Four thousand"),
                self.objective("A date for the trial evening", "Come on Tuesday", "Then here are"),
                self.objective("Who signs, and up to which sum"),
            ),
            exception=None,
            commitments=(),
        )

    def item(self, title: str, planned: str, led_by: str | None, minutes: float | None, *ends: str) -> AgendaRecord:
        if led_by is None:
            meaning = "Not recognised in the words."
        elif led_by == planned:
            meaning = f"Led by {NAMES[led_by]}, as planned."
        else:
            meaning = f"Planned for {NAMES[planned]}, led by {NAMES[led_by]}."
        return AgendaRecord(
            title=title,
            planned_lead=NAMES[planned],
            planned_lead_key=planned,
            keywords=(),
            minutes=minutes,
            status="not_found" if led_by is None else "led_as_planned" if led_by == planned else "led_by_someone_else",
            found_by="transcript" if ends else None,
            start=self.find(ends[0]).start if ends else None,
            end=self.find(ends[1]).start if ends else None,
            led_by=led_by,
            brought_up_by="D" if ends else None,
            out_of_order=False,
            talk=((led_by, 61.0), ("A", 20.5)) if led_by else (),
            meaning=meaning,
            quotes=(self.cut(ends[0], 16),) if ends else (),
        )

    def objective(self, text: str, *quotes: str) -> ObjectiveRecord:
        found = f"{len(quotes)} passages may bear on it; whether it was met is for you to say."
        return ObjectiveRecord(
            text=text,
            keywords=("word",),
            quotes=tuple(self.cut(quote, 20) for quote in quotes),
            meaning=found if quotes else "Not recognised in the words.",
        )


def _around(shares: Sequence[Share]) -> tuple[LeadShareRecord, ...]:
    """The three lead shares, each with an interval from 3.4 points below to 2.9 points above."""
    return lead_shares(
        *(
            (
                basis,
                seconds(one.numerator),
                seconds(one.denominator),
                ((one.value or 0) - 0.034, (one.value or 0) + 0.029),
            )
            for basis, one in zip(BASES, shares, strict=True)
        )
    )


def _clock(at: float) -> str:
    return f"{int(at) // 60}:{int(at) % 60:02d}"


HOSTILE = (
    "</script><script>window.hurt=1;alert(1)</script>",
    '<img src=x onerror="window.hurt=1;alert(1)">',
    '" onmouseover="window.hurt=1" x="',
    "' autofocus onfocus='window.hurt=1",
    "<svg/onload=window.hurt=1>",
    "javascript:window.hurt=1",
    "{{ 11111 * 7 }} {% raw %} ${11111*7}",
    "--><!--<style>*{display:none}</style>",
    "</title></style></textarea><b>bold</b>",
    "\u202eright to left\u202c \u0000\u0007 nul &amp; &lt;b&gt;",
    '<a href="https://example.com/">https://example.com/</a>',
)
"""One of each way in which a text has become more than text on somebody's page."""

FREE_TEXT = {
    "name", "label", "text", "title", "meaning", "headline", "explanation", "customer", "file", "reason", "role",
    "note", "notes", "says", "source", "sides_rule", "trigger_meaning", "ending_meaning", "planned_lead", "keywords",
    "to", "command", "went_well", "would_do_differently", "observations", "container", "codec", "analyzer", "diarizer",
    "transcriber", "language", "date", "held_on", "declared_on", "manager_view",
}  # fmt: skip
"""The fields of a record that can hold any text."""

WHO = ("who", "key", "a", "b", "salesperson", "planned_lead_key", "led_by", "brought_up_by", "not_in_plan", "talk")
"""The fields that hold people's keys."""


def talked_about() -> CallRecord:
    """The rich call after its debrief talk."""
    promise = Commitment(who="Marcus Webb", text="Hands back after one answer", due=dt.date(2026, 6, 1), kept=None)
    talk = TalkRecord(
        held_on="2026-05-13",
        own_lead_share=0.85,
        went_well="The customer named the cost himself.",
        would_do_differently=None,
        observations=("Marcus answered two questions that were meant for Dana.",),
        commitments=(promise,),
    )
    return rich().model_copy(update={"talk": talk})


def bare() -> CallRecord:
    """The least a record can hold: two voices, no transcript, no plan, no names."""
    turns = tuple(
        PersonStretchRecord(start=10.0 * i + 0.5, end=10.0 * i + 9.0, who="S1" if i % 2 else "S2") for i in range(9)
    )
    record = call((person("S1"), person("S2")), turns, None, seconds=95.0)
    return record.model_copy(
        update={
            "recording": record.recording.model_copy(
                update={
                    "file": "-it's a call.wav",
                    "sha256": "0" * 64,
                    "container": "wav",
                    "codec": "pcm_s16le",
                    "sample_rate": 8000,
                }
            ),
            "sides_rule": "no one said the side of S1, S2, so it is not known",
            "conversation": record.conversation.model_copy(update={"silence": share(18.5, 95.0)}),
            "next_steps": (
                NextStepRecord(
                    text="Say who the salesperson is:",
                    command="analyzer report -- '-it'\"'\"'s a call.wav' --salesperson S1",
                ),
            ),
        }
    )


def empty() -> CallRecord:
    """A recording in which no one was found."""
    return bare().model_copy(update={"people": (), "turns": (), "floor": (), "transcript": (), "next_steps": ()})


def silent_voices() -> CallRecord:
    """The rich call before anybody said who is who: words, but no names and no sides."""
    call = rich()
    unknown = {"name": None, "side": None, "role": None, "evidence": (), "team_share": None, "lead_time_share": None}
    people = tuple(
        p.model_copy(
            update={
                **unknown,
                "label": p.key,
                "patience_seconds": None,
                "first_sentences": tuple(q for q in call.transcript or () if q.who == p.key and len(q.text) > 30)[:2],
            }
        )
        for p in call.people
    )
    step = NextStepRecord(
        text="Say who the salesperson is, and who the customer:",
        command=f"analyzer report '{call.recording.file}' --salesperson S1 --customer S4 --customer S5",
    )
    nothing: dict[str, Any] = dict.fromkeys(("moments", "remarks", "questions", "last_commitments"), ())
    renamed = call.model_copy(
        update={
            **nothing,
            "people": people,
            "lead": bare().lead,
            "plan": None,
            "sides_rule": bare().sides_rule,
            "next_steps": (step,),
        }
    )
    return _renamed(renamed, {key: f"S{i}" for i, key in enumerate(NAMES, 1)})


def hostile() -> CallRecord:
    """The rich call after its talk, with markup and script in every text that comes from outside, keys included."""
    keys = {key: f'{key}"><script>window.hurt=1</script>' for key in NAMES}
    data = _renamed(talked_about(), keys).model_dump()
    number = iter(range(10**9))

    def poisoned(value: Any, field: str = "") -> Any:
        if isinstance(value, dict):
            return {key: poisoned(inner, key) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [poisoned(inner, field) for inner in value]
        if isinstance(value, str) and field in FREE_TEXT and value not in keys.values():
            return f"{HOSTILE[next(number) % len(HOSTILE)]} {value}"
        return value

    return CallRecord.model_validate(poisoned(data))


def huge(people: int = 12, turns: int = 3000, passages: int = 1500, seconds: float = 7200.0) -> CallRecord:
    """A two-hour call of twelve people, drawn by chance (always the same)."""
    chance = random.Random(7)
    call = rich()
    keys = [f"S{i + 1}" for i in range(people)]
    step = seconds / turns
    spoken = []
    who = keys[0]
    for i in range(turns):
        if chance.random() < 0.4:
            who = chance.choice(keys)
        start = i * step + chance.random() * 0.4
        spoken.append(PersonStretchRecord(start=round(start, 2), end=round(start + step * 0.8, 2), who=who))
    words = [word for said in call.transcript or () for word in said.text.split()]
    said = tuple(
        QuoteRecord(
            who=turn.who, start=turn.start, end=turn.end, text=" ".join(chance.choice(words) for _ in range(18))
        )
        for turn in spoken[:: turns // passages]
    )
    team = keys[:5]
    stretches = tuple(
        PersonStretchRecord(start=60.0 * i, end=60.0 * (i + 1), who=team[i % 3 and (i % 5)]) for i in range(120)
    )
    everybody = tuple(
        call.people[0].model_copy(
            update={
                "key": key,
                "speakers": (key,),
                "label": f"Person Number {key[1:]}",
                "name": f"Person Number {key[1:]}",
                "side": "team" if key in team else "customer" if i < 10 else None,
                "role": None,
                "evidence": (),
                "talk_seconds": talked(spoken, (key,)),
                "talk_share": share(talked(spoken, (key,)), talked(spoken, keys)),
                "team_share": share(talked(spoken, (key,)), talked(spoken, team)) if key in team else None,
                "first_sentences": (),
            }
        )
        for i, key in enumerate(keys)
    )
    change = call.lead.changes[0].model_copy(update={"to": "S1", "before": said[:2], "after": said[2:4]})
    lead = call.lead.model_copy(
        update={
            "salesperson": "S1",
            "headline": "Person Number 1 did not lead.",
            "swap": None,
            "stretches": stretches,
            "changes": tuple(
                change.model_copy(update={"who": s.who, "start": s.start, "end": s.end, "lead_until": s.end})
                for s in stretches
                if s.who != "S1"
            )[:40],
            "rolling": tuple(
                RollingRecord(
                    start=start,
                    end=start + 300,
                    share=share(talked(spoken, ("S1",), start, start + 300), talked(spoken, team, start, start + 300)),
                )
                for start in range(0, int(seconds - 300), 30)
            ),
        }
    )
    nothing: dict[str, Any] = dict.fromkeys(("moments", "remarks", "questions", "last_commitments"), ())
    return call.model_copy(
        update={
            **nothing,
            "name": "A long day",
            "people": everybody,
            "lead": lead,
            "turns": tuple(spoken),
            "floor": tuple(spoken),
            "transcript": said,
            "plan": None,
            "recording": call.recording.model_copy(update={"seconds": seconds}),
        }
    )


def _renamed(call: CallRecord, keys: dict[str, str]) -> CallRecord:
    """The call with other keys for its people."""

    def changed(value: Any, field: str = "") -> Any:
        if isinstance(value, dict):
            return {key: changed(inner, key) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [changed(inner, field) for inner in value]
        if isinstance(value, str) and field in (*WHO, "label", "to"):
            return keys.get(value, value)
        return value

    return CallRecord.model_validate(changed(call.model_dump()))
