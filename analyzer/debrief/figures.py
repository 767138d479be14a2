"""The figures of a debrief as texts, the same on a terminal and in Markdown.

What is not known is "not known"; what a person cannot have (a customer's share of the team's talk) is a dash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analyzer.call.occasion import Source
from analyzer.debrief import phrases
from analyzer.debrief.phrases import NOT_KNOWN, count, length, moment, percent
from analyzer.debrief.record import (
    CallRecord,
    ChangeRecord,
    LeadShareRecord,
    NextStepRecord,
    OutcomeRecord,
    PersonRecord,
    QuestionPart,
    TalkRecord,
)
from analyzer.errors import one_line
from analyzer.people.commitment import Commitment
from analyzer.talk.rates import Share
from analyzer.talk.words import UNKNOWN

NOT_THEIRS = "–"
SET_ASIDE = "no one on the call, set aside"
"""What a voice is whose side is `none`."""
WORTH_TELLING = 5.0
"""Seconds of the customer after a change of lead from which they are told."""

QUESTION_PARTS: dict[QuestionPart, str] = {
    "own_view": "First, the salesperson's own view",
    "evidence": "What was heard",
    "differently": "One or two things to do differently",
    "commitments": "Commitments",
}
"""The four parts of the debrief talk, in their order, and their headings."""

SHARE_MEANING = {
    "talk share": "of everything that was said",
    "team share": "of what the team said",
    "lead time share": "of the time in which somebody from the team had the lead",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A conversation measure: its name, its sentence, and one person's figure."""

    name: str
    meaning: str
    of: Callable[[PersonRecord], str]


def number(value: float | None) -> str:
    """A whole number."""
    return NOT_KNOWN if value is None else f"{value:.0f}"


def at_least(value: float | None) -> str:
    """A whole number that may be too small."""
    return NOT_KNOWN if value is None else f"at least {number(value)}"


def _monologue(person: PersonRecord) -> str:
    found = person.longest_monologue
    return NOT_KNOWN if found is None else f"{length(found.end - found.start)} (at {moment(found.start)})"


def _answers(person: PersonRecord) -> str:
    if person.patience_seconds is None or person.side in ("customer", "none"):
        return patience(person)
    return f"{patience(person)} ({count(person.answers, 'answer')})"


def patience(person: PersonRecord) -> str:
    """The median pause before an answer to the customer; only the team answers the customer."""
    return NOT_THEIRS if person.side in ("customer", "none") else length(person.patience_seconds)


MEASURES = (
    Measure("talk time", "How long the person talked, overlaps included.", lambda p: length(p.talk_seconds)),
    Measure("turns", "How often the person spoke; a pause up to half a second ends no turn.", lambda p: str(p.turns)),
    Measure(
        "longest monologue",
        "The longest that the person held the floor with no pause of 3 seconds and no one else taking it.",
        _monologue,
    ),
    Measure(
        "questions",
        "Sentences with a question mark, or with the first words of a question; there were at least this many.",
        lambda p: "none found" if p.questions == 0 else at_least(p.questions),
    ),
    Measure(
        "words per minute", "Words per minute of the person's own talk time.", lambda p: number(p.words_per_minute)
    ),
    Measure(
        "filler words",
        "“Um”, “you know” and the like; the transcript leaves many out, so there were at least this many.",
        lambda p: number(p.fillers),
    ),
    Measure(
        "interruptions made",
        "How often the person began while somebody else held the floor, and that one gave way within 2 seconds.",
        lambda p: str(p.interruptions_made),
    ),
    Measure(
        "interruptions suffered", "How often the person gave way like that.", lambda p: str(p.interruptions_suffered)
    ),
    Measure(
        "patience",
        "The median pause between the customer's last word and the person's first; 0 s is speaking into the customer's "
        "last words.",
        _answers,
    ),
)


def people(call: CallRecord) -> tuple[PersonRecord, ...]:
    """Everybody on the call: the salesperson, the rest of the team, those whose side is not known, the customer; last
    the voices that are no one."""
    order = {"team": 1, None: 2, "customer": 3, "none": 4}
    return tuple(sorted(call.people, key=lambda p: 0 if p.key == call.lead.salesperson else order[p.side]))


def described(person: PersonRecord) -> str:
    """Role and side: `salesperson`, `buyer, customer`, `side not known`."""
    if person.side == "none":
        return SET_ASIDE
    side = "side not known" if person.side is None else "customer" if person.side == "customer" else ""
    parts = [part for part in (person.role, side) if part]
    return ", ".join(dict.fromkeys(parts)) or "team"


def edges(call: CallRecord) -> tuple[float, ...]:
    """The shares that a rounded percentage must not step onto: none, the band, all."""
    return (0.0, call.lead.band_floor, call.lead.band_ceiling, 1.0)


def share(found: Share) -> str:
    """A share that nothing is checked against."""
    return percent(found.value, (0.0, 1.0))


def talk_share(person: PersonRecord) -> str:
    """A person's talk share; a dash for a voice that is no one."""
    return NOT_THEIRS if person.side == "none" else share(person.talk_share)


def of_side(call: CallRecord, person: PersonRecord, found: Share | None) -> str:
    """A share that only the team has: a dash for the customer, not known where the side is not."""
    if found is None:
        return NOT_KNOWN if person.side is None else NOT_THEIRS
    return percent(found.value, edges(call))


def lead_share(call: CallRecord, found: LeadShareRecord | None) -> str:
    """A lead share, written so that it stays on its side of the band."""
    return NOT_KNOWN if found is None else percent(found.share.value, edges(call))


def with_planned(call: CallRecord, basis: str) -> LeadShareRecord | None:
    """The lead share on one basis with planned hand-overs; None when there are none."""
    return next((found for found in call.lead.with_planned if found.basis == basis), None)


def spoken(found: ChangeRecord) -> str:
    """How long somebody spoke in a change of lead, and the customer after them: `15 s, then 10 min of the customer`."""
    after = found.customer_after_seconds
    return length(found.spoken_seconds) + (f", then {length(after)} of the customer" if after >= WORTH_TELLING else "")


def change(found: ChangeRecord) -> str:
    """How a change of lead started and ended."""
    return f"How it started: {found.trigger_meaning}. How it ended: {found.ending_meaning}."


def no_lead_share(call: CallRecord) -> str:
    """Why there is no lead share."""
    absent = call.lead.absent
    why = "the salesperson is not" if absent is None else f"{absent} was not heard"
    return f"The lead share is not known, because {why}."


def took_over(call: CallRecord) -> str:
    """How many take-overs there were, or why that is not known."""
    if call.lead.absent is not None:
        return f"Who took over is not known, because {call.lead.absent} was not heard."
    if call.lead.salesperson is None:
        return "Who took over is not known, because the salesperson is not."
    taken, others = len(call.lead.take_overs), len(call.lead.changes) - len(call.lead.take_overs)
    if not call.lead.changes:
        return "There was no take-over: no one else from the team had the lead and said 10 s in it."
    counted = f"{count(taken, 'take-over')}" if taken else "No take-over"
    if not others:
        return f"{counted}."
    kinds = ", ".join(dict.fromkeys(c.kind_meaning for c in call.lead.changes if c.kind != "take_over"))
    return f"{counted}. Beside that, and not counted as such: {kinds}."


def sentence(text: str) -> str:
    """A text that somebody wrote, with one full stop at its end."""
    text = one_line(text)
    return text if text.endswith((".", "!", "?", "…")) else text + "."


def step(found: NextStepRecord) -> str:
    """What can be done, with a colon before its command."""
    return sentence(found.text) if found.command is None else one_line(found.text).rstrip(".:") + ":"


def own_view(call: CallRecord, talk: TalkRecord) -> str:
    """How much the salesperson thinks they led, beside what was measured."""
    checked = next((found for found in call.lead.shares if found.basis == call.lead.basis), None)
    own = percent(talk.own_lead_share, (0.0, 1.0))
    return f"How much the salesperson led: {own} in their own view, {lead_share(call, checked)} as measured."


def commitment(found: Commitment, named: Callable[[str], str]) -> str:
    """Who does what by when."""
    return f"{named(found.who)}: {found.text}" + (f" (by {phrases.day(found.due)})" if found.due else "")


def outcome(found: OutcomeRecord) -> str:
    """How far an objective was met, as each of the two sees it."""
    told = (("the salesperson", found.salesperson), ("the manager", found.manager))
    said = [f"{met} ({who})" if met != "not" else f"not met ({who})" for who, met in told if met is not None]
    return f"“{found.text}”: {', '.join(said) or 'not told whether it was met'}"


def kept(found: Commitment) -> str:
    """What became of a commitment."""
    return {True: "kept", False: "not kept", None: "not known whether it was kept"}[found.kept]


def last_commitments(call: CallRecord) -> tuple[Commitment, ...]:
    """What was agreed in earlier debriefs: as the library knows it, and as the plan says."""
    planned = call.plan.commitments if call.plan is not None else ()
    known = {(found.who, found.text) for found in call.last_commitments}
    return (*call.last_commitments, *(found for found in planned if (found.who, found.text) not in known))


def unowned(call: CallRecord) -> str:
    """How many words are in no person's turn, in a sentence; empty when none or no transcript."""
    counts = [(found.who, len(found.text.split())) for found in call.transcript or ()]
    lost, every = sum(words for who, words in counts if who == UNKNOWN), sum(words for _, words in counts)
    if not lost:
        return ""
    return f"No speaker was found for {lost} of the {every} words. They are marked “{UNKNOWN}” and count for no person."


def conversation(call: CallRecord) -> str:
    """Silence, overlap and floor changes of the call, in a sentence."""
    found = call.conversation
    changes = found.floor_changes_per_hour
    return (
        f"Silence {share(found.silence)} of the call, two or more at once {share(found.overlap)}, "
        f"floor changes per hour {number(changes)}."
    )


def span(start: float | None, end: float | None) -> str:
    """`3:12–4:20`, `3:12`, or not known."""
    if start is None:
        return NOT_KNOWN
    return moment(start) if end is None else f"{moment(start)}–{moment(end)}"


def about(call: CallRecord) -> Sequence[str]:
    """Date, customer and length, as far as they are known, and where the first two are from."""
    date = call.date and f"{call.date} {told_by(call.date_from)}".rstrip()
    customer = call.customer and f"with {call.customer} {told_by(call.customer_from)}".rstrip()
    return [part for part in (date, customer, length(call.recording.seconds)) if part]


def told_by(source: Source | None) -> str:
    """Where something about a call is from, in brackets; nothing when a plan says it."""
    return f"({phrases.SOURCES[source]})" if source in phrases.SOURCES else ""
