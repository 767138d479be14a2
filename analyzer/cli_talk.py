"""The questions of `analyzer debrief` at a terminal: the salesperson's own view first, before any figure is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import typer

from analyzer.debrief.figures import last_commitments
from analyzer.debrief.phrases import length, moment
from analyzer.debrief.record import CallRecord, PersonRecord
from analyzer.debrief.spoken import one_line
from analyzer.debrief.talk_file import Answers, Kept, Promise


def names_of(people: Sequence[PersonRecord]) -> dict[str, str]:
    """Asks for each person who they are, with what they say first; whoever is left empty stays open."""
    names = {}
    for person in people:
        typer.echo(f"{person.key} talks for {length(person.talk_seconds)}.")
        for said in person.first_sentences:
            typer.echo(f"  {moment(said.start)}  “{one_line(said.text)}”")
        if answer := _asked(f"Who is {person.key}? (a name, another speaker's label, or empty)"):
            names[person.key] = answer
    return names


def own_view(call: CallRecord) -> Answers:
    """Asks for the salesperson's own view; every answer may be left empty."""
    who = call.label(call.lead.salesperson) if call.lead.salesperson else "the salesperson"
    typer.echo(f"First {who}'s own view. Leave empty what you have no answer to.\n")
    share: float | None = None
    while share is None:
        text = _asked("How much of the team's part did you lead, in percent?")
        if not text:
            break
        try:
            number = float(text.removesuffix("%").strip().replace(",", "."))
        except ValueError:
            number = -1.0
        if 0 <= number <= 100:
            share = number
        else:
            typer.echo("  A number between 0 and 100, please.")
    return Answers(
        own_lead_share=share,
        went_well=_asked("What went well?") or None,
        would_do_differently=_asked("What would you do differently?") or None,
    )


def outcome_of_last(call: CallRecord) -> tuple[Kept, ...]:
    """Asks what became of the commitments of the last talk that nobody knows about yet."""
    outcomes = []
    for commitment in last_commitments(call):
        if commitment.kept is None:
            answer = _asked(f"Last time {commitment.who} agreed: “{commitment.text}”. Kept? (y/n)").lower()
            if answer[:1] in ("y", "n"):
                outcomes.append(Kept(text=commitment.text, kept=answer.startswith("y")))
    return tuple(outcomes)


def observations_and_commitments(answers: Answers) -> Answers:
    """Asks what the two saw and what each will do; an empty answer ends each list."""
    typer.echo("")
    seen = list(answers.observations)
    while text := _asked("What did you two see in it? (empty to go on)"):
        seen.append(text)
    promises = list(answers.commitment)
    while who := _asked("Who will do something? (empty to end)"):
        what = _asked(f"What will {who} do?")
        if not what:
            continue
        promises.append(Promise(who=who, text=what, due=_date("By when? (yyyy-mm-dd, or empty)")))
    return answers.model_copy(update={"observations": tuple(seen), "commitment": tuple(promises)})


def _date(question: str) -> dt.date | None:
    while text := _asked(question):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            typer.echo("  A date like 2026-06-01, please.")
    return None


def _asked(question: str) -> str:
    answer: str = typer.prompt(question, default="", show_default=False, prompt_suffix=" ")
    return answer.strip()
