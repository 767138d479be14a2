"""The debrief on a terminal: the first screen, as the page has it, and what to do next; with `full` all the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rich.console import Console
from rich.text import Text

from analyzer.debrief import figures
from analyzer.debrief.export.spoken import names
from analyzer.debrief.first_screen import CallInRow, first_screen
from analyzer.debrief.phrases import NOT_KNOWN, count, day, interval, length, moment, percent
from analyzer.debrief.record import CallRecord, ChangeRecord, PersonRecord, QuestionPart, QuoteRecord
from analyzer.debrief.terminal.lanes import lanes
from analyzer.debrief.terminal.screen import Screen

Much = Literal["first", "talk", "full"]
"""How much is shown: the first screen, that and the questions for the talk, or everything."""

BAR = 20
"""Columns of a bar, each for 5 %."""

PARTS: dict[QuestionPart, str] = {
    "own_view": "own view",
    "evidence": "heard",
    "differently": "differently",
    "commitments": "commitments",
}
"""The parts of the debrief talk, in a word."""

NARROW_HEADS = {
    "longest\nmonologue": "longest\nmono-\nlogue",
    "interruptions\nmade/suffered": "inter-\nruptions\nmade/suff.",
}

VERDICT_STYLE = {"yes": "bold green", "no": "bold red", "too_close": "bold yellow", "not_judged": "bold"}


def show(call: CallRecord, console: Console, much: Much = "first") -> None:
    """Prints the debrief of a call on `console`."""
    Debrief(call, console).show(much)


class Debrief(Screen):
    """One call on one console; a method for each section."""

    def __init__(self, call: CallRecord, console: Console) -> None:
        super().__init__(console)
        self.call = call
        self.called = names(call)
        self.first = first_screen(call)

    def show(self, much: Much) -> None:
        """The sections that are wanted, in order."""
        self.head()
        self.moments()
        self.next_call()
        self.row()
        if much == "full":
            self.everything()
        elif much == "talk":
            self.questions()
            self.talk()
            self.noted()
        self.speakers()
        self.next_steps()
        if much != "full":
            self.rest()

    def everything(self) -> None:
        """What the first screen rests on."""
        self.picture()
        self.shares()
        self.changes()
        self.steered()
        self.plan()
        self.measures()
        self.remarks()
        self.questions()
        self.talk()
        self.noted()
        self.trust()

    def name(self, who: str) -> str:
        """What to call the person with key `who`."""
        return self.called.get(who, who)

    def style(self, person: PersonRecord | None) -> str:
        """How a person is set off from the others."""
        if person is None or person.side is None:
            return ""
        if person.key == self.call.lead.salesperson:
            return "cyan"
        return "yellow" if person.side == "team" else "dim"

    def head(self) -> None:
        """Which call, the answer, and what it rests on."""
        first = self.first
        self.line(self.text(first.who, "bold"), 0)
        self.line(self.text(" · ".join((self.call.name, *first.facts)), "dim"), 0)
        if first.reason:
            self.line(self.text(first.reason, "dim"), 0)
        self.console.print()
        self.line(self.text(first.answer, VERDICT_STYLE[self.call.lead.led]), 0)
        for sentence in (first.sentence, first.sure, *first.doubts):
            if sentence:
                self.line(self.text(sentence), 0)

    def moments(self) -> None:
        """What to listen to, with the decisive words."""
        if not self.first.moments:
            return
        self.heading("Listen to")
        rows = []
        for found in self.first.moments:
            said = self.text(f"{found.kind}: {found.text}")
            said.stylize("green" if found.went_well else "bold", 0, len(found.kind))
            rows.append((self.text(figures.span(found.at, None)), said))
            rows += [(Text(), self.text(f"{self.name(quote.who)}: “{quote.text}”", "dim")) for quote in found.words]
        self.rows(rows)

    def next_call(self) -> None:
        """One thing for the next call, and what became of the last promise."""
        following, promises = self.first.next_call, (*self.first.promises, *self.last_objectives())
        if following is not None:
            self.heading("For the next call")
            self.line(self.text(f"{following.to}: {following.text}"))
        if promises:
            self.heading("From the last debrief")
            for promise in promises:
                self.line(self.text(promise))

    def last_objectives(self) -> Iterator[str]:
        """How far the objectives of the last call were met."""
        for objective in self.call.last_objectives:
            yield f"Objective of that call: {figures.outcome(objective)}"

    def row(self) -> None:
        """The last calls of the same people."""
        if not self.first.row:
            return
        self.heading("Lead share, last debriefed calls")
        led = {"yes": "led", "no": "did not lead", "too_close": "too close to call", "not_judged": "not judged"}
        rows = []
        for one in self.first.row:
            style = "bold" if one.this else ""
            said = f"{one.text}, {led[one.led]}" + (" (this call)" if one.this else "")
            rows.append((self.text(one.day, style), Text(self.bar(one), style), self.text(said, style)))
        self.rows(rows)

    def bar(self, one: CallInRow) -> str:
        """A lead share as a bar, with the band behind it."""
        filled, band, empty = ("█", "▒", "·") if self.unicode else ("#", ":", ".")
        cells = [filled if i < round((one.share or 0) * BAR) else empty for i in range(BAR)]
        first, last = round(one.band_floor * BAR), max(round(one.band_ceiling * BAR), round(one.band_floor * BAR) + 1)
        return "".join(band if first <= i < last and cell == empty else cell for i, cell in enumerate(cells))

    def rest(self) -> None:
        """What there is beside the first screen."""
        notes = [note for note in (*self.call.notes, figures.unowned(self.call)) if note]
        told = f", and {count(len(notes), 'note')} on how far to trust it" if notes else ""
        self.console.print()
        self.line(
            self.text(
                f"analyzer report --full adds who spoke when, shares, plan, measures and questions{told}.", "dim"
            ),
            0,
        )

    def picture(self) -> None:
        """Who spoke when."""
        self.heading("Who spoke when")
        people = {person.key: person for person in self.call.people}
        for lane in lanes(self.call, self.width - 2, ascii_only=not self.unicode):
            style = self.style(people.get(lane.who or ""))
            label = Text(self.shown(lane.label), style if lane.who else "dim", no_wrap=True)
            self.put(label.append(lane.cells, style))

    def shares(self) -> None:
        """Everybody's shares, and the lead share on each basis."""
        call = self.call
        self.heading("Shares")
        rows = []
        for person in figures.people(call):
            who = self.text(self.name(person.key), self.style(person))
            role = self.text(f"({figures.described(person)})", "dim")
            rows.append(
                (
                    Text(" ").join((who, role)),
                    self.text(length(person.talk_seconds)),
                    self.text(figures.talk_share(person)),
                    self.text(figures.of_side(call, person, person.team_share)),
                    self.text(figures.of_side(call, person, person.lead_time_share)),
                )
            )
        self.table(("", "talk time", "talk\nshare", "team\nshare", "lead time\nshare"), rows)
        if not call.lead.shares:
            return
        self.console.print()
        heads = ["Lead share by", "lead\nshare", "90 %\ninterval"]
        if call.lead.with_planned:
            heads.append("with planned\nhand-overs")
        lines = []
        for share in call.lead.shares:
            checked = share.basis == call.lead.basis
            cells = [
                self.text(f"{share.basis}{' (checked)' if checked else ''}", "bold" if checked else ""),
                self.text(figures.lead_share(call, share)),
                self.text(interval(share.interval, figures.edges(call))),
            ]
            if call.lead.with_planned:
                cells.append(self.text(figures.lead_share(call, figures.with_planned(call, share.basis))))
            lines.append(cells)
        self.table(heads, lines)

    def changes(self) -> None:
        """Each change of lead, with the words at both ends, and how the others came in where that says more."""
        lead = self.call.lead
        self.heading("Changes of lead")
        self.line(self.text(figures.took_over(self.call)))
        for number, change in enumerate(lead.changes, start=1):
            sentence = (
                f"{figures.span(change.start, change.end)}, {change.kind_meaning}: {self.name(change.who)} talked for "
                f"{figures.spoken(change)}. {figures.change(change)}"
            )
            self.rows([(self.text(str(number)), self.text(sentence))])
            for quote in ends(change):
                self.quote(quote, 5)
        for turned in lead.turned_to:
            self.line(self.text(turned.meaning))

    def quote(self, quote: QuoteRecord, indent: int) -> None:
        """Something said, on one line."""
        start = figures.span(quote.start, None)
        self.short(self.text(f"{start} {self.name(quote.who)}: “{quote.text}”", "dim"), indent)

    def steered(self) -> None:
        """Who opened, was turned to, named next steps and closed; the agenda shows who moved on."""
        found = [moment for moment in self.call.moments if moment.kind != "moved_on"]
        if found:
            self.heading("Who steered the call")
            self.rows((self.text(figures.span(m.start, None)), self.text(m.meaning)) for m in found)

    def plan(self) -> None:
        """Exception, attendees who were missing, agenda, objectives."""
        plan = self.call.plan
        self.heading("Plan")
        if plan is None:
            self.line(self.text("No plan was given, so agenda, roles and objectives are not known."))
            return
        if plan.reason is None:
            self.line(self.text("The reason for bringing somebody along is not known."))
        if plan.exception is not None:
            self.line(self.text(plan.exception.meaning, "bold"))
        for attendee in plan.attendees:
            if attendee.status != "spoke":
                self.line(self.text(f"{attendee.name} ({attendee.role}) {attendee.meaning}."))
        if plan.not_in_plan:
            who = ", ".join(self.name(who) for who in plan.not_in_plan)
            self.line(self.text(f"On the call, but not in the plan: {who}."))
        if plan.agenda:
            self.rows(
                (self.text(short(figures.span(item.start, None))), self.text(f"{item.title}: {item.meaning}"))
                for item in plan.agenda
            )
        for objective in plan.objectives:
            listen = ", ".join(figures.span(quote.start, None) for quote in objective.quotes)
            found = f" Listen at {listen}." if listen else ""
            self.line(self.text(f"Objective “{objective.text}”: {objective.meaning}{found}"))

    def measures(self) -> None:
        """The conversation measures, a line a person."""
        self.heading("The conversation")
        people = figures.people(self.call)
        columns: dict[str, list[str]] = {
            "turns": [str(p.turns) for p in people],
            "longest\nmonologue": [_monologue(p) for p in people],
            "ques-\ntions": [short(figures.number(p.questions)) for p in people],
            "words\na min": [short(figures.number(p.words_per_minute)) for p in people],
            "filler\nwords": [short(figures.number(p.fillers)) for p in people],
            "interruptions\nmade/suffered": [f"{p.interruptions_made}/{p.interruptions_suffered}" for p in people],
            "patience": [short(figures.patience(p)) for p in people],
        }
        if self.narrow:
            del columns["turns"]
            columns = {NARROW_HEADS.get(head, head): cells for head, cells in columns.items()}
        rows = [
            (self.text(self.name(p.key), self.style(p)), *(self.text(cells[i]) for cells in columns.values()))
            for i, p in enumerate(people)
        ]
        self.table(("", *columns), rows)
        least = " Questions: at least so many." if any(p.questions for p in people) else ""
        unknown = " “?”: not known." if any("?" in cells for cells in columns.values()) else ""
        self.line(self.text(figures.conversation(self.call) + least + unknown, "dim"))

    def remarks(self) -> None:
        """Figures worth talking about."""
        found = self.call.remarks
        if found:
            self.heading("Worth talking about")
            self.rows((self.text(figures.span(r.start, None)), self.text(r.text)) for r in found)

    def questions(self) -> None:
        """The questions for the talk."""
        if not self.call.questions:
            return
        self.heading("Questions for the talk")
        rows = []
        for part, short_name in PARTS.items():
            found = [question for question in self.call.questions if question.part == part]
            for i, question in enumerate(found):
                head = short_name if i == 0 else ""
                rows.append((self.text(head, "dim"), self.text(f"{question.to}: {question.text}")))
        self.rows(rows)

    def talk(self) -> None:
        """What was said and agreed in the debrief talk."""
        talk = self.call.talk
        if talk is None:
            return
        self.heading(f"The debrief talk of {day(talk.held_on)}")
        self.line(self.text(figures.own_view(self.call, talk)))
        for what, said in (
            ("What went well", talk.went_well),
            ("What they would do differently", talk.would_do_differently),
            ("The manager's own view", talk.manager_view),
        ):
            if said is not None:
                self.line(self.text(f"{what}: {said}"))
        for objective in talk.objectives:
            self.line(self.text(f"Objective: {figures.outcome(objective)}"))
        for commitment in talk.commitments:
            self.line(self.text(f"Agreed: {figures.commitment(commitment, self.name)}"))

    def noted(self) -> None:
        """What was noted at moments of the call."""
        if self.call.noted:
            self.heading("Notes")
        for note in self.call.noted:
            self.line(self.text(f"{figures.span(note.start, None)} {note.text} ({figures.noted_by(note)})"))

    def trust(self) -> None:
        """What may be wrong with all this."""
        self.heading("How sure is this?")
        lead = self.call.lead
        for sentence in (*self.first.explained, *((lead.swap.meaning,) if lead.swap is not None else ())):
            self.line(self.text(sentence))
        self.line(self.text(f"Sides: {figures.sentence(self.call.sides_rule)}"))
        for person in figures.people(self.call):
            for found in person.evidence:
                if found.confidence < 1 or found.source == "elimination":
                    sure = f", {percent(found.confidence, (0.0, 1.0))} sure" if found.confidence < 1 else ""
                    self.line(self.text(f"{self.name(person.key)}: {found.says} ({found.source}{sure})."))
        for note in (*self.call.notes, figures.unowned(self.call)):
            if note:
                self.line(self.text(note))
        if self.call.transcript is None:
            self.line(self.text("The call was not transcribed, so questions, pace and quotes are not known."))

    def speakers(self) -> None:
        """Who might be who, as long as the salesperson is not known."""
        if self.call.lead.reason != "salesperson_unknown":
            return
        self.heading("Who is who?")
        rows = []
        for person in figures.people(self.call):
            if person.side == "none":
                continue
            first = " ".join(f"“{quote.text}”" for quote in person.first_sentences[:2])
            at = figures.span(min((t.start for t in self.call.turns if t.who == person.key), default=None), None)
            rows.append((self.text(self.name(person.key), "bold"), self.text(first or f"listen at {at}")))
        self.rows(rows)

    def next_steps(self) -> None:
        """What can be done now, with the commands to paste."""
        if not self.call.next_steps:
            return
        self.heading("Next")
        for step in self.call.next_steps:
            self.line(self.text(figures.step(step)))
            if step.command is not None:
                self.command(step.command, "cyan")


def ends(found: ChangeRecord) -> tuple[QuoteRecord, ...]:
    """The words with which a change of lead began and with which it ended: one quote of each."""
    began = [quote for quote in found.before if quote.who == found.who and quote.start >= found.start - 1]
    back = [quote for quote in found.after if quote.who == (found.to or quote.who) != found.who]
    return (*(began or found.before[-1:])[:1], *(back or found.after[-1:])[:1])


def short(figure: str) -> str:
    """A figure for a narrow column."""
    return "?" if figure == NOT_KNOWN else figure


def _monologue(person: PersonRecord) -> str:
    found = person.longest_monologue
    return "?" if found is None else moment(found.end - found.start)
