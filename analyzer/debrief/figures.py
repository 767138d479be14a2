"""The figures of a debrief as texts, the same on a terminal and in Markdown.

What is not known is "not known"; what a person cannot have (a customer's share of the team's talk) is a dash.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analyzer.call.occasion import Source
from analyzer.debrief import phrases
from analyzer.debrief.phrases import NOT_KNOWN, length, moment, percent
from analyzer.debrief.record import (
    CallRecord,
    ChangeRecord,
    LeadShareRecord,
    Met,
    NextStepRecord,
    NoteRecord,
    OutcomeRecord,
    PersonRecord,
    QuestionPart,
    TalkRecord,
)
from analyzer.debrief.sentences import ROLES
from analyzer.errors import one_line
from analyzer.people.commitment import Commitment
from analyzer.talk.rates import Share
from analyzer.talk.words import UNKNOWN
from analyzer.wording import N_, _, _n, decimal, short_day

NOT_THEIRS = "–"
SET_ASIDE = N_("no one on the call, set aside")
"""What a voice is whose side is `none`."""
WORTH_TELLING = 5.0
"""Seconds of the customer after a change of lead from which they are told."""

QUESTION_PARTS: dict[QuestionPart, str] = {
    "own_view": N_("First, the salesperson's own view"),
    "evidence": N_("What was heard"),
    "differently": N_("One or two things to do differently"),
    "commitments": N_("Commitments"),
}
"""The four parts of the debrief talk, in their order, and their headings."""

SHARE_MEANING = {
    N_("talk share"): N_("of everything that was said"),
    N_("team share"): N_("of what the team said"),
    N_("lead time share"): N_("of the time in which somebody from the team had the lead"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A conversation measure: its name, its sentence, and one person's figure."""

    name: str
    meaning: str
    of: Callable[[PersonRecord], str]


def number(value: float | None) -> str:
    """A whole number."""
    return _(NOT_KNOWN) if value is None else decimal(value, 0)


def at_least(value: float | None) -> str:
    """A whole number that may be too small."""
    return _(NOT_KNOWN) if value is None else _("at least {number}", number=number(value))


def _monologue(person: PersonRecord) -> str:
    found = person.longest_monologue
    if found is None:
        return _(NOT_KNOWN)
    return _("{length} (at {at})", length=length(found.end - found.start), at=moment(found.start))


def _answers(person: PersonRecord) -> str:
    if person.patience_seconds is None or person.side in ("customer", "none"):
        return patience(person)
    return patience(person) + " (" + _n("{number} answer", "{number} answers", person.answers) + ")"


def patience(person: PersonRecord) -> str:
    """The median pause before an answer to the customer; only the team answers the customer."""
    return NOT_THEIRS if person.side in ("customer", "none") else length(person.patience_seconds)


MEASURES = (
    Measure(N_("talk time"), N_("How long the person talked, overlaps included."), lambda p: length(p.talk_seconds)),
    Measure(
        N_("turns"),
        N_("How often the person spoke; a pause up to half a second ends no turn."),
        lambda p: str(p.turns),
    ),
    Measure(
        N_("longest monologue"),
        N_("The longest that the person held the floor with no pause of 3 seconds and no one else taking it."),
        _monologue,
    ),
    Measure(
        N_("questions"),
        N_("Sentences with a question mark, or with the first words of a question; there were at least this many."),
        lambda p: _("none found") if p.questions == 0 else at_least(p.questions),
    ),
    Measure(
        N_("words per minute"),
        N_("Words per minute of the person's own talk time."),
        lambda p: number(p.words_per_minute),
    ),
    Measure(
        N_("filler words"),
        N_("“Um”, “you know” and the like; the transcript leaves many out, so there were at least this many."),
        lambda p: number(p.fillers),
    ),
    Measure(
        N_("interruptions made"),
        N_("How often the person began while somebody else held the floor, and that one gave way within 2 seconds."),
        lambda p: str(p.interruptions_made),
    ),
    Measure(
        N_("interruptions suffered"),
        N_("How often the person gave way like that."),
        lambda p: str(p.interruptions_suffered),
    ),
    Measure(
        N_("patience"),
        N_(
            "The median pause between the customer's last word and the person's first; 0 s is speaking into the "
            "customer's last words."
        ),
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
        return _(SET_ASIDE)
    side = _("side not known") if person.side is None else _("customer") if person.side == "customer" else ""
    parts = [part for part in (person.role and role(person.role), side) if part]
    return ", ".join(dict.fromkeys(parts)) or _("team")


def role(written: str) -> str:
    """A role; those that we have words for in the language, others as they are written."""
    return _(written) if written in ROLES else written


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
        return _(NOT_KNOWN) if person.side is None else NOT_THEIRS
    return percent(found.value, edges(call))


def lead_share(call: CallRecord, found: LeadShareRecord | None) -> str:
    """A lead share, written so that it stays on its side of the band."""
    return _(NOT_KNOWN) if found is None else percent(found.share.value, edges(call))


def with_planned(call: CallRecord, basis: str) -> LeadShareRecord | None:
    """The lead share on one basis with planned hand-overs; None when there are none."""
    return next((found for found in call.lead.with_planned if found.basis == basis), None)


def spoken(found: ChangeRecord) -> str:
    """How long somebody spoke in a change of lead, and the customer after them: `15 s, then 10 min of the customer`."""
    after, spoke = found.customer_after_seconds, length(found.spoken_seconds)
    if after < WORTH_TELLING:
        return spoke
    return _("{length}, then {length_after} of the customer", length=spoke, length_after=length(after))


def change(found: ChangeRecord) -> str:
    """How a change of lead started and ended."""
    return _(
        "How it started: {text_trigger}. How it ended: {text_ending}.",
        text_trigger=found.trigger_meaning,
        text_ending=found.ending_meaning,
    )


def no_lead_share(call: CallRecord) -> str:
    """Why there is no lead share."""
    absent = call.lead.absent
    if absent is None:
        return _("The lead share is not known, because the salesperson is not.")
    return _("The lead share is not known, because {who} was not heard.", who=absent)


def took_over(call: CallRecord) -> str:
    """How many take-overs there were, or why that is not known."""
    if call.lead.absent is not None:
        return _("Who took over is not known, because {who} was not heard.", who=call.lead.absent)
    if call.lead.salesperson is None:
        return _("Who took over is not known, because the salesperson is not.")
    taken, others = len(call.lead.take_overs), len(call.lead.changes) - len(call.lead.take_overs)
    if not call.lead.changes:
        return _("There was no take-over: no one else from the team had the lead and said 10 s in it.")
    counted = phrases.take_overs(taken) if taken else _("No take-over.")
    if not others:
        return counted
    kinds = ", ".join(dict.fromkeys(c.kind_meaning for c in call.lead.changes if c.kind != "take_over"))
    beside = _("Beside that, and not counted as such: {text_kinds}.", text_kinds=kinds)
    return f"{counted} {beside}"


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
    return _(
        "How much the salesperson led: {share} in their own view, {share_measured} as measured.",
        share=own,
        share_measured=lead_share(call, checked),
    )


def commitment(found: Commitment, named: Callable[[str], str]) -> str:
    """Who does what by when."""
    if not found.due:
        return f"{named(found.who)}: {found.text}"
    return _("{who}: {promise} (by {day})", who=named(found.who), promise=found.text, day=phrases.day(found.due))


def outcome(found: OutcomeRecord) -> str:
    """How far an objective was met, as each of the two sees it."""
    told = ((_("the salesperson"), found.salesperson), (_("the manager"), found.manager))
    said = ", ".join(_(MET[met], voice=who) for who, met in told if met is not None)
    return _("“{objective}”: {text_said}", objective=found.text, text_said=said or _("not told whether it was met"))


MET: dict[Met, str] = {"met": N_("met ({voice})"), "in part": N_("in part ({voice})"), "not": N_("not met ({voice})")}


def kept(found: Commitment) -> str:
    """What became of a commitment."""
    return {True: _("kept"), False: _("not kept"), None: _("not known whether it was kept")}[found.kept]


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
    return _(
        "No speaker was found for {number} of the {number_all} words. "
        "They are marked “{mark}” and count for no person.",
        number=lost,
        number_all=every,
        mark=UNKNOWN,
    )


def conversation(call: CallRecord) -> str:
    """Silence, overlap and floor changes of the call, in a sentence."""
    found = call.conversation
    changes = found.floor_changes_per_hour
    return _(
        "Silence {share} of the call, two or more at once {share_overlap}, floor changes per hour {number}.",
        share=share(found.silence),
        share_overlap=share(found.overlap),
        number=number(changes),
    )


def span(start: float | None, end: float | None) -> str:
    """`3:12–4:20`, `3:12`, or not known."""
    if start is None:
        return _(NOT_KNOWN)
    return moment(start) if end is None else f"{moment(start)}–{moment(end)}"


def noted_by(note: NoteRecord) -> str:
    """Who noted something, and on which day."""
    return ", ".join(part for part in (note.by, phrases.day(note.written[:10])) if part)


def notes_at(call: CallRecord) -> Mapping[int, Sequence[NoteRecord]]:
    """The notes by the line of the transcript that was said last when they begin, from 0."""
    found: dict[int, list[NoteRecord]] = {}
    starts = [said.start for said in call.transcript or ()]
    for note in call.noted:
        found.setdefault(max(0, bisect_right(starts, note.start) - 1), []).append(note)
    return found


def told_by(source: Source | None) -> str:
    """Where something about a call is from, in brackets; nothing when a plan says it."""
    return f"({_(phrases.SOURCES[source])})" if source in phrases.SOURCES else ""


def written_day(written: str) -> str:
    """A date as the language has it in tables; what is none as it is written."""
    try:
        return short_day(dt.date.fromisoformat(written))
    except ValueError:
        return written
