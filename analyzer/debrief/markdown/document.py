"""The debrief as GitHub-flavoured Markdown, `debrief.md`: the first screen, then the facts of the page in its order.

What every call has (shares, take-overs, the plan, the conversation, the transcript) always has its section, which says
in a sentence when there is nothing to show and why. What only some calls have (moments, remarks, questions, what was
said in the debrief talk, commitments) has a section when there is something in it. A figure that is not known is "not
known", one that a person cannot have is a dash. All text from outside goes through `inline` or stands in a code block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.debrief import figures
from analyzer.debrief.export.spoken import names
from analyzer.debrief.first_screen import first_screen, hear_heading
from analyzer.debrief.in_language import in_its_language
from analyzer.debrief.markdown.escaping import Quotes, fenced, inline, table
from analyzer.debrief.markdown.plan_section import plan_lines
from analyzer.debrief.phrases import NOT_KNOWN, beginning, interval, length, moment, percent
from analyzer.debrief.record import (
    CallRecord,
    ChangeRecord,
    QuestionRecord,
    TalkRecord,
)
from analyzer.debrief.terminal.lanes import lanes
from analyzer.errors import exact
from analyzer.wording import N_, _, _n, quoted, speaking

PICTURE_WIDTH = 96
Lines = Iterator[str]


def markdown(call: CallRecord) -> str:
    """The debrief of a call, in the language of its pages."""
    with speaking(call.page_language):
        return Debrief(in_its_language(call)).text()


class Debrief:
    """One call's debrief, a method for each section; each yields lines, a section's first is its heading."""

    def __init__(self, call: CallRecord) -> None:
        self.call = call
        self.quotes = Quotes(names(call))
        self.screen = first_screen(call)

    def text(self) -> str:
        """All sections, a blank line between blocks and never two."""
        sections = (
            self.head(),
            self.verdict(),
            self.to_hear(),
            self.next_call(),
            self.sure(),
            self.speakers(),
            self.next_steps(),
            self.picture(),
            self.shares(),
            self.changes(),
            self.plan(),
            self.moments(),
            self.conversation(),
            self.remarks(),
            self.questions(),
            self.talk(),
            self.noted(),
            self.transcript(),
            self.made(),
        )
        return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"

    def head(self) -> Lines:
        """Title, who was on the call, when, and why the others came along."""
        yield "# " + _("Debrief: {call}", call=inline(self.call.name) or _("a call"))
        yield ""
        yield inline(" · ".join((self.screen.who, *self.screen.facts)))
        if self.screen.reason:
            yield ""
            yield inline(self.screen.reason)

    def verdict(self) -> Lines:
        """The answer, the sentence that it rests on, how sure it is, and what speaks against it."""
        screen = self.screen
        yield f"**{inline(screen.answer) or _(NOT_KNOWN)}** {inline(screen.sentence)}".rstrip()
        for said in (screen.sure, *screen.doubts):
            if said:
                yield ""
                yield inline(said)

    def to_hear(self) -> Lines:
        """What to listen to, with the decisive words."""
        if not self.screen.moments:
            return
        yield "## " + hear_heading(self.screen)
        yield ""
        for found in self.screen.moments:
            yield f"- {moment(found.at)} **{inline(found.kind)}.** {inline(found.text)}"
            yield from self.quotes.listed(found.words, "  ")

    def next_call(self) -> Lines:
        """One thing for the next call, what became of the last promises, and the last calls of the same people."""
        screen, objectives = self.screen, self.call.last_objectives
        if not (screen.next_call or screen.promises or screen.row or objectives):
            return
        yield "## " + _("For the next call")
        if (one := screen.next_call) is not None:
            yield ""
            who = f"**{inline(one.to)}**"
            if one.promised:
                yield _("{who} promised: {what}", who=who, what=inline(one.text))
            else:
                yield f"{who}: {inline(one.text)}"
        if screen.promises or objectives:
            yield ""
            yield "### " + _("Promised last time")
            yield ""
            yield from (f"- {inline(promise)}" for promise in screen.promises)
            for objective in objectives:
                yield "- " + _("Objective of that call: {outcome}", outcome=inline(figures.outcome(objective)))
        if screen.row:
            yield ""
            yield "### " + _("Lead share, last debriefed calls")
            yield ""
            for row in screen.row:
                when = _("this call") if row.this else inline(row.day)
                yield f"- {when}: {inline(row.text)}"

    def sure(self) -> Lines:
        """The answer with its figures, and what else it rests on."""
        lead = self.call.lead
        yield "## " + _("How sure is this?")
        yield ""
        explained = (*self.screen.explained, *((lead.swap.meaning,) if lead.swap is not None else ()))
        yield from (f"- {inline(sentence)}" for sentence in (lead.headline or _(NOT_KNOWN), *explained))

    def next_steps(self) -> Lines:
        """What can be done now, with the commands to paste."""
        if not self.call.next_steps:
            return
        yield "## " + _("What to do next")
        for step in self.call.next_steps:
            yield ""
            yield inline(figures.step(step))
            if step.command is not None:
                yield ""
                yield from fenced([exact(step.command)], "sh")

    def speakers(self) -> Lines:
        """Who might be who, as long as the salesperson is not known."""
        if self.call.lead.reason != "salesperson_unknown":
            return
        yield "## " + _("Who is who?")
        yield ""
        yield _("The first clear sentences of each, to tell them by:")
        yield ""
        for person in figures.people(self.call):
            if person.side == "none":
                continue
            who = f"**{self.quotes.name(person.key)}**"
            yield "- " + _("{who} talked {length}.", who=who, length=length(person.talk_seconds))
            if person.first_sentences:
                yield from self.quotes.listed(person.first_sentences, "  ")
            elif self.call.transcript is None:
                yield "  - " + _("Listen from {at}; the call was not transcribed.", at=self.first_turn(person.key))
            else:
                yield "  - " + _("Listen from {at}; no words were heard.", at=self.first_turn(person.key))

    def first_turn(self, who: str) -> str:
        """When somebody first speaks."""
        return figures.span(min((turn.start for turn in self.call.turns if turn.who == who), default=None), None)

    def picture(self) -> Lines:
        """Who spoke when, drawn in text."""
        yield "## " + _("Who spoke when")
        yield ""
        yield from fenced((lane.label + lane.cells).rstrip() for lane in lanes(self.call, PICTURE_WIDTH))
        if self.call.lead.stretches:
            yield ""
            yield _("The lead, from when to when:")
            yield ""
            for stretch in self.call.lead.stretches:
                yield f"- {figures.span(stretch.start, stretch.end)} {self.quotes.name(stretch.who)}"
        if len(self.call.lead.rolling) > 1:
            yield ""
            yield _("The lead share by team-talk as the call went on:")
            yield ""
            rows = (
                (figures.span(found.start, found.end), percent(found.share.value, figures.edges(self.call)))
                for found in self.call.lead.rolling
                if found.share.value is not None
            )
            yield from table((_("From–to"), _("Lead share")), rows, numbers=1)

    def shares(self) -> Lines:
        """Everybody's shares, and the lead share on each basis."""
        call = self.call
        yield "## " + _("Shares")
        yield ""
        rows = [
            (
                self.quotes.name(person.key),
                inline(figures.described(person)),
                length(person.talk_seconds),
                figures.talk_share(person),
                figures.of_side(call, person, person.team_share),
                figures.of_side(call, person, person.lead_time_share),
            )
            for person in figures.people(call)
        ]
        heads = (_("Person"), _("Who"), _("Talk time"), _("Talk share"), _("Team share"), _("Lead time share"))
        yield from table(heads, rows, numbers=4)
        yield ""
        meant = "; ".join(f"{_(name)}: {_(meaning)}" for name, meaning in figures.SHARE_MEANING.items())
        yield beginning(meant) + "."
        yield ""
        if call.lead.shares:
            bases = [
                (
                    f"**{_(share.basis)}** (" + _("checked") + ")"
                    if share.basis == call.lead.basis
                    else _(share.basis),
                    inline(share.meaning),
                    figures.lead_share(call, share),
                    interval(share.interval, figures.edges(call)),
                    *([figures.lead_share(call, figures.with_planned(call, share.basis))] if self.hand_overs else []),
                )
                for share in call.lead.shares
            ]
            head = [_("Lead share by"), _("What it is"), _("Lead share"), _("90 % interval")]
            yield from table(
                [*head, *([_("With planned hand-overs")] if self.hand_overs else [])],
                bases,
                numbers=3 if self.hand_overs else 2,
            )
        else:
            yield figures.no_lead_share(call)

    @property
    def hand_overs(self) -> bool:
        """Whether there are lead shares with planned hand-overs to show beside those that are judged."""
        return bool(self.call.lead.with_planned)

    def changes(self) -> Lines:
        """Every change of lead, how the others came in where that says more, and who the customer turned to."""
        lead = self.call.lead
        yield "## " + _("Changes of lead")
        yield ""
        yield inline(figures.took_over(self.call))
        for number, found in enumerate(lead.changes, start=1):
            yield ""
            yield from self.change(number, found)
        for came in lead.came_in:
            yield ""
            yield inline(came.meaning)
            yield ""
            for quote in came.longest:
                text = f" {quoted(inline(quote.text))}" if quote.text else ""
                yield f"- {figures.span(quote.start, quote.end)}, {length(quote.end - quote.start)}{text}"
        if lead.turned_to:
            yield ""
            yield from (f"- {inline(turned.meaning)}" for turned in lead.turned_to)

    def change(self, number: int, found: ChangeRecord) -> Lines:
        """One of them, with the words around its start and its end."""
        who = self.quotes.name(found.who)
        yield f"### {number}. {who}, {figures.span(found.start, found.end)}: {inline(found.kind_meaning)}"
        yield ""
        yield (
            _("{who} talked for {length}.", who=who, length=figures.spoken(found)) + " " + inline(figures.change(found))
        )
        for heading, quotes in ((_("Around its start:"), found.before), (_("Around its end:"), found.after)):
            if quotes:
                yield ""
                yield heading
                yield ""
                yield from self.quotes.listed(quotes)

    def plan(self) -> Lines:
        """The plan, held against the call."""
        yield "## " + _("The plan")
        yield ""
        yield from plan_lines(self.call, self.quotes)

    def moments(self) -> Lines:
        """The moments that steered the call."""
        if not self.call.moments:
            return
        yield "## " + _("Who steered the call")
        yield ""
        for one in self.call.moments:
            text = f" {quoted(inline(one.text))}" if one.text else ""
            yield f"- {figures.span(one.start, None)} {inline(one.meaning)}{text}"

    def conversation(self) -> Lines:
        """The measures of the call and of each person, with what they mean."""
        people = figures.people(self.call)
        yield "## " + _("The conversation")
        yield ""
        yield figures.conversation(self.call)
        yield ""
        rows = [(_(measure.name), *(measure.of(person) for person in people)) for measure in figures.MEASURES]
        yield from table(
            (_("Measure"), *(self.quotes.name(person.key) for person in people)), rows, numbers=len(people)
        )
        yield ""
        yield from (f"- {_(measure.name)}: {_(measure.meaning)}" for measure in figures.MEASURES)

    def remarks(self) -> Lines:
        """Figures worth talking about."""
        if not self.call.remarks:
            return
        yield "## " + _("Worth talking about")
        yield ""
        for remark in self.call.remarks:
            at = figures.span(remark.start, remark.end)
            listen = "" if remark.start is None else " " + _("Listen at {at}.", at=at)
            yield f"- {inline(remark.text)}{listen}"

    def questions(self) -> Lines:
        """The questions for the talk, in four parts."""
        if not self.call.questions:
            return
        yield "## " + _("Questions for the talk")
        for part, heading in figures.QUESTION_PARTS.items():
            found = [question for question in self.call.questions if question.part == part]
            if found:
                yield ""
                yield f"### {_(heading)}"
                yield ""
                for question in found:
                    yield from self.question(question)

    def question(self, question: QuestionRecord) -> Lines:
        """One question, with what to listen to."""
        yield "- " + _("To {who}: {question}", who=inline(question.to), question=inline(question.text))
        yield from self.quotes.listed(question.moments, "  ")

    def talk(self) -> Lines:
        """What was said in the debrief talk."""
        talk: TalkRecord | None = self.call.talk
        if talk is None:
            return
        yield "## " + _("The debrief talk of {day}", day=inline(figures.written_day(talk.held_on)))
        yield ""
        yield f"- {figures.own_view(self.call, talk)}"
        yield "- " + _("What went well: {text}", text=inline(talk.went_well or _(NOT_KNOWN)))
        yield "- " + _("What they would do differently: {text}", text=inline(talk.would_do_differently or _(NOT_KNOWN)))
        if talk.manager_view is not None:
            yield "- " + _("The manager's own view: {text}", text=inline(talk.manager_view))
        for objective in talk.objectives:
            yield "- " + _("Objective: {outcome}", outcome=inline(figures.outcome(objective)))
        for observation in talk.observations:
            yield "- " + _("Observed: {text}", text=inline(observation))
        for commitment in talk.commitments:
            yield "- " + _("Agreed: {text}", text=inline(figures.commitment(commitment, self.quotes.called)))

    def noted(self) -> Lines:
        """What was noted at moments of the call."""
        if self.call.noted:
            yield "## " + _("Notes")
            yield ""
        for note in self.call.noted:
            yield f"- {figures.span(note.start, None)} {inline(note.text)} ({inline(figures.noted_by(note))})"

    def transcript(self) -> Lines:
        """Everything that was said."""
        yield "## " + _("Transcript")
        yield ""
        if self.call.transcript is None:
            yield _("This call was not transcribed, so what was said is not known.")
        elif not self.call.transcript:
            yield _("No words were heard.")
        else:
            notes = figures.notes_at(self.call)
            for number, quote in enumerate(self.call.transcript):
                yield f"- {figures.span(quote.start, None)} **{self.quotes.name(quote.who)}:** {inline(quote.text)}"
                for note in notes.get(number, ()):
                    at = figures.span(note.start, None)
                    yield "  - " + _("Note at {time}: {text}", time=at, text=inline(note.text))

    def made(self) -> Lines:
        """What the debrief was made from and with, and what is known of its faults."""
        call, recording, made = self.call, self.call.recording, self.call.made_with
        yield "## " + _("How this was made, and how far to trust it")
        yield ""
        yield "- " + _(
            "Recording: {file}, {length}, {container} with {codec}, {channels} at {rate} Hz, SHA-256 {hash}.",
            file=inline(recording.file),
            length=length(recording.seconds),
            container=inline(recording.container),
            codec=inline(recording.codec),
            channels=_n("{number} channel", "{number} channels", recording.channels),
            rate=recording.sample_rate,
            hash=recording.sha256,
        )
        values = {"version": inline(made.analyzer), "diarizer": inline(made.diarizer)}
        if made.transcriber is None:
            yield "- " + _("Made with analyzer {version}: speakers by {diarizer}; not transcribed.", **values)
        else:
            message = N_(
                "Made with analyzer {version}: speakers by {diarizer}; words by {transcriber}, language {language}."
            )
            language = inline(made.language or _(NOT_KNOWN))
            yield "- " + _(message, transcriber=inline(made.transcriber), language=language, **values)
        yield "- " + _(
            "A 90 % interval holds the true share in nine calls of ten; it allows for doubt about who spoke when."
        )
        yield "- " + _("Sides: {rule}", rule=inline(figures.sentence(call.sides_rule)))
        yield from (f"- {sentence}" for sentence in self.trust())
        yield from (f"- {inline(note)}" for note in call.notes)

    def trust(self) -> Iterable[str]:
        """Why each person is believed to be who they are, and which words are no person's."""
        for person in figures.people(self.call):
            sources = "; ".join(
                _(
                    "{says} ({source}, confidence {share})",
                    says=inline(found.says),
                    source=inline(_(found.source)),
                    share=percent(found.confidence, (0.0, 1.0)),
                )
                for found in person.evidence
            )
            sources = sources or _("no source says who this is")
            voices = inline(", ".join(person.speakers))
            who = self.quotes.name(person.key)
            same = who if who == voices else _("{who} is {voices}", who=who, voices=voices)
            yield f"{same}: {sources}."
        if lost := inline(figures.unowned(self.call)):
            yield lost
