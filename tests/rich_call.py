"""A full debrief record for the tests of what shows it: a ten-minute call with everything a record can hold.

Every share is added up from the passages of `page_dialogue`. Take-overs, agenda, questions and what they say are
written by hand, in the words of `debrief/`.
"""

from __future__ import annotations

from collections.abc import Sequence
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
)
from analyzer.lead.check import BASES
from tests.page_dialogue import NAMES, PAUSE, ROLES, TEAM, dialogue, share, talked

MEANINGS = (
    "the salesperson's share of what the team said",
    "the salesperson's share of the time in which somebody from the team had the lead",
    "the salesperson's share of everything that was said, the customer included",
)


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
                CommitmentRecord(who="Marcus Webb", text="Waits for Dana to hand over", due="2026-05-12", kept=False),
                CommitmentRecord(
                    who="Dana Reyes", text="Says the agenda in the first minute", due="2026-05-12", kept=True
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
        shares = (share(dana, team), share(led["D"], sum(led.values())), share(dana, all_talk))
        unplanned = (
            share(dana, team - talked(turns, TEAM, *shown)),
            share(led["D"], sum(led.values()) - led["P"]),
            share(dana, all_talk - talked(turns, everybody, *shown)),
        )
        checked = shares[0].value or 0.0
        low, high = 100 * (checked - 0.034), 100 * (checked + 0.029)
        number = f"{100 * checked:.0f} % of what the team said (between {low:.0f} and {high:.0f} %)"
        return LeadRecord(
            led="no",
            team_took_part="yes",
            reason=None,
            headline=f"Dana Reyes did not lead: {number}.",
            explanation=(
                "Checked was the lead share by team-talk: the salesperson's talk time as a part of the team's. Good "
                "practice is 85 to 90 %, so that the salesperson leads and the others take part.",
                "The others from the team took part.",
                f"Without the planned hand-over it is {100 * (unplanned[0].value or 0):.0f} %.",
            ),
            basis="team-talk",
            band_floor=0.85,
            band_ceiling=0.90,
            salesperson="D",
            shares=_lead_shares(shares),
            without_planned=_lead_shares(unplanned),
            bases_disagree=False,
            take_overs=self.take_overs(),
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

    def take_overs(self) -> tuple[TakeOverRecord, ...]:
        cut_in = TakeOverRecord(
            who="M",
            start=self.jump.start,
            end=self.thanks.start,
            spoken_seconds=round(talked(self.turns, "M", self.jump.start, self.thanks.start), 2),
            planned=False,
            trigger="cut_in",
            trigger_meaning="cut in while the salesperson had the floor",
            ending="handed_back",
            ending_meaning="stopped, and the salesperson went on",
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
                "planned": True,
                "trigger": "pause",
                "trigger_meaning": "took up after the salesperson had stopped",
                "before": (self.cut("I will. Priya"), self.cut("With pleasure")),
                "after": (self.cut("We have heard"), self.cut("Thank you, Priya")),
            }
        )
        answered = cut_in.model_copy(
            update={
                "start": self.asked.start,
                "end": self.stop.start,
                "spoken_seconds": round(talked(self.turns, "M", self.asked.start, self.stop.start), 2),
                "trigger": "asked",
                "trigger_meaning": "was asked by the customer",
                "ending": "taken_back",
                "ending_meaning": "the salesperson cut in and took the lead back",
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
            evidence=(EvidenceRecord(source="plan", says=f"{ROLES[key]}, {NAMES[key]}", confidence=0.93),),
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
        def moment(kind: Any, who: str, at: str, meaning: str, words: int = 0, **more: float) -> MomentRecord:
            quote = self.find(at)
            text = self.cut(at, words).text if words else None
            return MomentRecord(
                kind=kind, who=who, start=quote.start, end=quote.end, meaning=meaning, text=text,
                handed_back_after_seconds=more.get("back"),
            )  # fmt: skip

        turned = "The customer turned to Marcus Webb; the salesperson had the floor again after 32 s."
        return (
            moment("opened", "D", "Good morning Alistair", "Dana Reyes opened the call for the team."),
            moment("moved_on", "D", "We will. Then", "Dana Reyes brought up “The evening runs”.", 14),
            moment("moved_on", "D", "I will. Priya", "Dana Reyes brought up “The Tuesday on the screen”.", 14),
            moment("customer_turned", "M", "Marcus, can I ask", turned, 30, back=32.3),
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
            meaning = "Not found in what was said; it may not have been reached."
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
            meaning=found if quotes else "No evidence found in what was said.",
        )


def _lead_shares(shares: Sequence[ShareRecord]) -> tuple[LeadShareRecord, ...]:
    """The three lead shares, each with an interval from 3.4 points below to 2.9 points above."""
    return tuple(
        LeadShareRecord(
            basis=basis,
            meaning=meaning,
            share=found,
            interval=IntervalRecord(low=(found.value or 0) - 0.034, high=(found.value or 0) + 0.029),
        )
        for basis, meaning, found in zip(BASES, MEANINGS, shares, strict=True)
    )


def _clock(at: float) -> str:
    return f"{int(at) // 60}:{int(at) % 60:02d}"
