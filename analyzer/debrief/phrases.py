"""What the debrief says in words. Every sentence that judges stands here, so that it can be read in one place.

Shares are written as whole percents ("87 %"), a share that is not known as "not known", lengths as "1 min 12 s". Each
sentence is one message (see `wording`), whole and with named values, so that it can be said in another language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from analyzer.debrief.sentences import is_made_of
from analyzer.lead.changes import ChangeOfLead
from analyzer.lead.check import Answer, Basis, Interval, LeadShare, Verdict
from analyzer.lead.judgement import CameIn, IfTeam, Judgement
from analyzer.lead.moments import Outcome
from analyzer.people.participants import Participants
from analyzer.timeline import Span, Turn, clock, samples, seconds
from analyzer.wording import N_, N_n, _, _n, decimal, joined, long_day

BASES = (N_("team-talk"), N_("lead-time"), N_("all-talk"))
BASIS_MEANING: dict[Basis, str] = {
    "team-talk": N_("the salesperson's share of what the team said"),
    "lead-time": N_("the salesperson's share of the time in which somebody from the team had the lead"),
    "all-talk": N_("the salesperson's share of everything that was said, the customer included"),
}

SOURCES = {
    "invite": N_("from the invite"),
    "file name": N_("from the file name"),
    "transcript": N_("from the transcript"),
    "recording": N_("from inside the recording"),
    "file time": N_("when the file was last changed"),
}
"""Where the date and the customer of a call are from; of a plan nothing is said."""
ALONE = N_("If more people spoke, their voices were taken for one: say how many there were, and it is heard again.")
NOT_KNOWN = N_("not known")
WORTH_A_DELAY = 1.0
"""Seconds between two floors from which they are told."""
LONGEST_QUOTE = 30
"""Words of a quote before it is cut."""


def percent(value: float | None, edges: tuple[float, ...] = (0.0, 1.0), *, digits: int = 0) -> str:
    """A share as people say it, in whole percents (or with `digits` decimals), with one decimal more where rounding
    would carry it onto an edge.

    0.9996 is not all of it, so it is "99.9 %". With the edges of a band (`Band.edges`) a share stays on its side of
    it: 0.8481 is below a floor of 0.85, so it is "84.8 %" and not "85 %".
    """
    if value is None:
        return _(NOT_KNOWN)
    return _("{part} %", part=_part(value, edges, digits))


def _part(value: float, edges: tuple[float, ...], digits: int = 0) -> str:
    """A share in percent, without the sign for it."""
    for shown in (digits, digits + 1):
        scale = 100 * 10**shown
        rounded = round(value * scale) / scale
        if not any(abs(rounded - edge) < 1e-9 and abs(value - edge) > 1e-9 for edge in edges):
            return decimal(100 * rounded, shown)
    edge = min(edges, key=lambda e: abs(e - value))
    near = decimal(100 * edge, 0)
    return _("just under {low}", low=near) if value < edge else _("just over {low}", low=near)


def length(secs: float | None) -> str:
    """A length of time as people say it."""
    if secs is None:
        return _(NOT_KNOWN)
    if secs < 10:
        tenths = decimal(secs, 1)
        return _("{number} s", number=tenths[:-2] if tenths.endswith("0") else tenths)
    whole = round(secs)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [_("{number} h", number=hours)] if hours else []
    parts += [_("{number} min", number=minutes)] if minutes else []
    parts += [_("{number} s", number=rest)] if rest and not hours else []
    return " ".join(parts) or _("{number} s", number=0)


def ago(secs: float) -> str:
    """How long ago something was, in words: `just now`, `3 minutes ago`."""
    if secs < 45:
        return _("just now")
    minutes = round(secs / 60)
    if minutes <= 1:
        return _("a minute ago")
    if minutes < 90:
        return _n("{number} minute ago", "{number} minutes ago", minutes)
    hours = round(minutes / 60)
    if hours < 48:
        return _n("{number} hour ago", "{number} hours ago", hours)
    return _n("{number} day ago", "{number} days ago", round(hours / 24))


def moment(secs: float) -> str:
    """A moment as it stands on a player: m:ss, or h:mm:ss."""
    return clock(samples(secs))


def day(date: str | dt.date | None) -> str:
    """A date as people write it, `12 May 2026`; as it stands when it is none."""
    try:
        known = date if isinstance(date, dt.date) else dt.datetime.fromisoformat(date or "")
    except ValueError:
        return date if isinstance(date, str) and date else _(NOT_KNOWN)
    return long_day(known)


def beginning(text: str) -> str:
    """A phrase as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def interval(found: Interval | None, edges: tuple[float, ...]) -> str:
    """`85 to 89 %`, written so that both ends stay on their sides of `edges`."""
    if found is None:
        return _(NOT_KNOWN)
    low, high = _part(found.low, edges), percent(found.high, edges)
    return high if high == _("{part} %", part=low) else _("{low} to {share}", low=low, share=high)


def in_brackets(found: Interval, edges: tuple[float, ...], digits: int = 0) -> str:
    """`84–90 %`, for the brackets after a share."""
    low, high = _part(found.low, edges, digits), percent(found.high, edges, digits=digits)
    return f"{low}–{high}"


def between(found: Interval, edges: tuple[float, ...]) -> str | None:
    """`between 85 and 89 %`; None where both its ends are one percentage."""
    low, high = _part(found.low, edges), percent(found.high, edges)
    return None if high == _("{part} %", part=low) else _("between {low} and {share}", low=low, share=high)


def started(change: ChangeOfLead, participants: Participants, *, transcribed: bool) -> str:
    """How a change of lead started, in words that follow a colon."""
    start, label = change.start, participants.label
    before = label(start.before) if start.before is not None else _("the other")
    who = label(change.who)
    asker = _("the customer") if _customer_asked(change, participants) else before
    match start.trigger:
        case "opening":
            return _("{who} opened; no one had led before", who=who)
        case "invited":
            if start.named:
                return _("{before} had just named {who}", before=before, who=who)
            return _("{before} had just handed over", before=before)
        case "cut_in":
            return _("{who} began while {before} had the floor", who=who, before=before)
        case "asked":
            if start.named:
                return _("{before} had just named {who}", before=asker, who=who)
            if all(participants.person(key).name for key in participants.side("team")):
                return _("{before} had just put a question that named no one else from the team", before=asker)
            return _("{before} had just put a question", before=asker)
        case "cut_in_on_customer":
            return _("{who} began while the customer had the floor", who=who)
        case "answered":
            if start.instead_of is not None:
                return _(
                    "the customer had just named {other}, and {who} went on", other=label(start.instead_of), who=who
                )
            if transcribed:
                return _("{who} went on after the customer; no question was heard", who=who)
            return _("{who} went on after the customer; {text_unheard}", who=who, text_unheard=_(UNHEARD))
        case "pause":
            if transcribed:
                return _("{who} went on after {before} had stopped", who=who, before=before)
            unheard = _(UNHEARD)
            return _(
                "{who} went on after {before} had stopped; {text_unheard}", who=who, before=before, text_unheard=unheard
            )


UNHEARD = N_("the call was not transcribed, so whether it was asked for is not known")


def _customer_asked(change: ChangeOfLead, participants: Participants) -> bool:
    """Whether the customer spoke before a change of lead, and not somebody of another side."""
    return change.start.before in participants.side("customer")


def ended(change: ChangeOfLead, participants: Participants) -> str:
    """How a change of lead ended, in words that follow a colon."""
    who, delay = participants.label(change.who), seconds(change.delay or 0)
    to = participants.label(change.to) if change.to is not None else ""
    later, after = delay >= WORTH_A_DELAY, length(delay)
    match change.ending:
        case "handed_back":
            if later:
                return _("{who} stopped, and {to} went on, {length} later", who=who, to=to, length=after)
            return _("{who} stopped, and {to} went on", who=who, to=to)
        case "taken_back":
            return _("{to} cut in and took the lead back", to=to)
        case "customer":
            if later:
                told = _(
                    "the customer spoke, and {to} went on {length} after {who}'s last word",
                    to=to,
                    length=after,
                    who=who,
                )
                return told
            return _("the customer spoke, and {to} went on after that", to=to)
        case "passed_on":
            if later:
                return _("somebody else from the team went on ({to}), {length} later", to=to, length=after)
            return _("somebody else from the team went on ({to})", to=to)
        case "end_of_call":
            return _("no one else from the team led after that")


def kind_of(change: ChangeOfLead, participants: Participants, probable: Collection[Turn] = ()) -> str:
    """What kind of change of lead it is: the heading over it; `probable` hand-overs are the planned ones probably."""
    if change.planned:
        probably = Turn(change.span, change.who) in probable
        return _("probably the planned hand-over") if probably else _("planned hand-over")
    match change.kind:
        case "handed_over":
            return _("handed over")
        case "drawn_in":
            asked = _customer_asked(change, participants)
            return _("drawn in by the customer") if asked else _("drawn in by a question")
        case "take_over":
            return _("take-over")


def take_overs(number: int) -> str:
    """How many take-overs there were, as a sentence."""
    return _n("{number} take-over.", "{number} take-overs.", number)


def headline(judgement: Judgement, participants: Participants, probable: Collection[Turn] = ()) -> str:
    """The verdict as one sentence, and how many take-overs there were.

    `probable` are those planned hand-overs that only probably are the planned ones.
    """
    verdict, share = judgement.verdict, judgement.share()
    if judgement.absent is not None and verdict.reason == "salesperson_absent":
        return _absent(judgement.absent, participants)
    if _is_alone(participants):
        return _("Not judged: only one voice was heard, so there was no one to share the lead with.")
    if judgement.salesperson is None or share is None:
        return _("Who led is not judged: the salesperson is not known.")
    who = participants.label(judgement.salesperson)
    number = _number(judgement, share, participants, sure=not probable)
    match verdict:
        case Verdict(reason="nobody_else_from_the_team"):
            all_talk = judgement.share("all-talk")
            said = percent(all_talk.share.value if all_talk else None)
            told = _("{who} said {share} of everything that was said.", who=who, share=said)
            return _("Not judged: no one else is known to be from the team.") + " " + told
        case Verdict(reason="too_little_team_talk"):
            return _("Not judged: the team talked for under a minute.")
        case Verdict(reason="exception_declared"):
            measured = _("Measured all the same: {who} had {text_share}.", who=who, text_share=number)
            return _("Not judged: an exception was declared for this call.") + " " + measured
        case Verdict(led="yes"):
            answer = _led_with(who, number, verdict, planned=bool(judgement.whole), probably=bool(probable))
        case Verdict(led="no"):
            answer = _("{who} did not lead: {text_share}.", who=who, text_share=number)
        case _:
            answer = _("Too close to call whether {who} led: {text_share}.", who=who, text_share=number)
    taken = len(judgement.take_overs)
    return f"{answer} {take_overs(taken)}" if taken else answer


def _led_with(who: str, number: str, verdict: Verdict, *, planned: bool, probably: bool) -> str:
    alone = verdict.team_took_part == "no"
    if planned and probably:
        if alone:
            message = N_("{who} led, probably as planned, with {text_share}; the others hardly took part.")
        else:
            message = N_("{who} led, probably as planned, with {text_share}.")
    elif planned:
        if alone:
            message = N_("{who} led as planned, with {text_share}; the others hardly took part.")
        else:
            message = N_("{who} led as planned, with {text_share}.")
    elif alone:
        message = N_("{who} led, with {text_share}; the others hardly took part.")
    else:
        message = N_("{who} led, with {text_share}.")
    return _(message, who=who, text_share=number)


def _is_alone(participants: Participants) -> bool:
    return sum(person.side != "none" for person in participants.people) == 1


OF: dict[Basis, tuple[str, str]] = {
    "team-talk": (N_("{share} of what the team said"), N_("{share} of what the team said ({text_within})")),
    "lead-time": (
        N_("{share} of the time somebody from the team led"),
        N_("{share} of the time somebody from the team led ({text_within})"),
    ),
    "all-talk": (N_("{share} of everything that was said"), N_("{share} of everything that was said ({text_within})")),
}
"""A share on each basis, without its interval and with it."""


def _number(judgement: Judgement, share: LeadShare, participants: Participants, *, sure: bool) -> str:
    """The share that is judged, what it is a share of, its interval, and the share with planned hand-overs."""
    edges = judgement.band.edges
    within = "" if share.interval is None else between(share.interval, edges) or _surely(share.interval, edges)
    plain, bracketed = OF[judgement.basis]
    value = percent(share.share.value, edges)
    told, whole = _(plain, share=value), judgement.whole_share()
    if judgement.if_team:
        first, within = judgement.if_team[0], ""
        who = joined(tuple(participants.label(key) for key in first.who))
        told = _n(
            "{text_share}, or {share} if {names} is from your team",
            "{text_share}, or {share} if {names} are from your team",
            len(first.who),
            text_share=told,
            share=percent(first.share.value, edges),
            names=who,
        )
    if whole is None:
        return _(bracketed, share=value, text_within=within) if within else told
    planned = tuple(dict.fromkeys(participants.label(stretch.who) for stretch in judgement.planned))
    if sure:
        what = _n("the planned hand-over", "the planned hand-overs", len(planned))
    else:
        what = _n(
            "what is probably the planned hand-over",
            "what are probably the planned hand-overs",
            len(planned),
        )
    values = {
        "text_share": told,
        "text_what": what,
        "share_whole": percent(whole.value, edges),
        "names": joined(planned),
    }
    if within:
        message = (
            N_("{text_share} outside {text_what} ({text_within}), {share_whole} with what was planned for {names}")
            if sure
            else N_("{text_share} outside {text_what} ({text_within}), {share_whole} with {names}'s part")
        )
        return _(message, text_within=within, **values)
    if sure:
        return _("{text_share} outside {text_what}, {share_whole} with what was planned for {names}", **values)
    return _("{text_share} outside {text_what}, {share_whole} with {names}'s part", **values)


def _surely(found: Interval, edges: tuple[float, ...]) -> str:
    return _("surely {share}", share=percent(found.high, edges))


def _absent(salesperson: str, participants: Participants) -> str:
    others = tuple(participants.label(key) for key in participants.side("team"))
    if not others:
        return _("Not judged: {who}, who was to lead, was not heard.", who=salesperson)
    spoke = _(
        "Not judged: {who}, who was to lead, was not heard; {names} spoke for the team.",
        who=salesperson,
        names=joined(others),
    )
    return spoke


def explanation(
    judgement: Judgement,
    participants: Participants,
    unheard: Sequence[str] = (),
    ride_along: str | None = None,
    probable: Collection[Turn] = (),
) -> tuple[str, ...]:
    """What was checked, against what, and what speaks against it: one sentence each.

    `unheard` are people of the team who were planned and not found, `ride_along` is its kind by the plan, `probable`
    as in `headline`.
    """
    if judgement.absent is not None:
        told = _("If one of the voices is {who}, give it the name, and the call is judged.", who=judgement.absent)
        return (told,)
    if _is_alone(participants):
        return (_(ALONE),)
    if judgement.salesperson is None:
        return (_("Say who the salesperson is, and the call is judged at once."),)
    verdict = judgement.verdict
    if verdict.reason == "too_little_team_talk":
        return (_("A share of so little talk says nothing about who led."),)
    out = [_checked(judgement, ride_along, sure=not probable)]
    if verdict.led != "not_judged":
        out.append(took_part(verdict.team_took_part, 1 - judgement.band.ceiling))
        out += [came_in(one, participants) for one in judgement.came_in]
        out += [_if_team(one, judgement, participants) for one in judgement.if_team]
        if unheard:
            out.append(_n(*UNHEARD_PEOPLE, len(unheard), names=joined(tuple(unheard))))
    if verdict.reason == "nobody_else_from_the_team":
        out.append(_("A lead share needs a second person from the team; say who that is, or who the customer is."))
    other = judgement.other_verdict
    if silences := judgement.lead_time.silences:
        out.append(_silent(silences))
    if judgement.bases_disagree and other is not None and verdict.reason is None:
        name: Basis = "team-talk" if judgement.basis == "lead-time" else "lead-time"
        share = judgement.share(name)
        value = percent(share.share.value if share else None, judgement.band.edges)
        out.append(_(DISAGREE, text_basis=_(name), text_answer=led_word(other), share=value))
    return tuple(out)


UNHEARD_PEOPLE = N_n(
    "{names} was planned and not heard; if their voice was missed, the share is lower.",
    "{names} were planned and not heard; if their voice was missed, the share is lower.",
)
DISAGREE = N_("By {text_basis} the answer would be {text_answer} ({share}): the two measures disagree on this call.")


def took_part(answer: Answer, least: float) -> str:
    """Whether the others from the team took part: with at least the part `least` of the team's talk."""
    return {
        "yes": _("The others from the team took part."),
        "no": _("The others from the team spoke less than {share} of the team's talk.", share=percent(least)),
        "too_close": _("Whether the others took enough part is too close to call."),
        "not_judged": _("Whether the others took part is not judged."),
    }[answer]


WHY_BAND = {
    "observe": N_("Good practice is {range}, on a call that somebody comes along to observe."),
    "co-sell": N_("Good practice is {range}, on a call on which two sell together."),
    "model": N_("Good practice is {range}, on a call on which the one who leads shows how it is done."),
}
CHECKED: dict[Basis, str] = {
    "team-talk": N_(
        "Checked was the lead share by team-talk: the salesperson's talk time as a part of the team's{text_left_out}."
    ),
    "lead-time": N_(
        "Checked was the lead share by lead-time: the time in which the salesperson had the lead{text_left_out}."
    ),
    "all-talk": N_(
        "Checked was the lead share by all-talk: the salesperson's talk time as a part of everybody's{text_left_out}."
    ),
}


def _checked(judgement: Judgement, ride_along: str | None, *, sure: bool) -> str:
    left_out = ""
    if judgement.whole:
        left_out = (
            _(", planned hand-overs left out") if sure else _(", what probably were the planned hand-overs left out")
        )
    checked = _(CHECKED[judgement.basis], text_left_out=left_out)
    leads = N_("Good practice is {range}, so that the salesperson leads and the others take part.")
    band = interval(Interval(judgement.band.floor, judgement.band.ceiling), (0.0, 1.0))
    return f"{checked} {_(WHY_BAND.get(ride_along or '', leads), range=band)}"


def _silent(silences: Sequence[Span]) -> str:
    whole = length(seconds(sum(span.length for span in silences)))
    if len(silences) == 1:
        at = clock(silences[0].start)
        return _("No one spoke for {length} from {at} on: that counts for no one's lead time.", length=whole, at=at)
    return _n(
        "In {number} long silence no one spoke for {length} in all: that counts for no one's lead time.",
        "In {number} long silences no one spoke for {length} in all: that counts for no one's lead time.",
        len(silences),
        length=whole,
    )


def came_in(found: CameIn, participants: Participants) -> str:
    """How often somebody came in, for how long in all, and where to listen."""
    whole = seconds(found.speech)
    values = {
        "who": participants.label(found.who),
        "text_times": often(found.times),
        "length": _("{number} s", number=decimal(whole, 0)) if 10 <= whole < 120 else length(whole),
        "names_at": joined(tuple(clock(span.start) for span in found.longest)),
    }
    if found.times > len(found.longest):
        return _("{who} came in {text_times}, {length} in all; the longest at {names_at}.", **values)
    return _("{who} came in {text_times}, {length} in all, at {names_at}.", **values)


def turned_to(who: str, lead: str, named: int, outcomes: Sequence[Outcome]) -> str:
    """How often the customer turned to somebody other than `lead`, `named` times by name, and what became of it."""
    meaning: dict[Outcome, str] = {
        "answered": _("{who} answered", who=who),
        "redirected": kept_short(who, lead),
        "somebody_else": _("somebody else answered"),
    }
    became = [(meaning[outcome], outcomes.count(outcome)) for outcome in meaning if outcome in outcomes]
    many = len(outcomes) > 1
    told = "; ".join(f"{text} ({n})" if many else text for text, n in became)
    values = {"who": who, "text_became": told}
    unnamed = len(outcomes) - named
    if not unnamed:
        return _("The customer named {who} {text_times}: {text_became}.", text_times=often(named), **values)
    if not named:
        return _n(
            "{who} took {number} question of the customer: {text_became}.",
            "{who} took {number} questions of the customer: {text_became}.",
            unnamed,
            **values,
        )
    return _n(
        "The customer named {who} {text_times}; {who} took {number} question of the customer: {text_became}.",
        "The customer named {who} {text_times}; {who} took {number} questions of the customer: {text_became}.",
        unnamed,
        text_times=often(named),
        **values,
    )


def kept_short(who: str, lead: str) -> str:
    """What became of it when the customer turned to somebody who left the lead to go on."""
    return _("{who} kept it short, and {lead} had the team's next word", who=who, lead=lead)


def often(times: int) -> str:
    """`once`, `2 times`."""
    return _("once") if times == 1 else _n("{number} time", "{number} times", times)


def _if_team(found: IfTeam, judgement: Judgement, participants: Participants) -> str:
    who = joined(tuple(participants.label(key) for key in found.who))
    share = percent(found.share.value, judgement.band.edges)
    if found.verdict.led == judgement.verdict.led:  # then it is the other answer that turns
        match found.verdict.team_took_part:
            case "yes":
                end = _("the share would be {share}, and the others took enough part", share=share)
            case "no":
                end = _("the share would be {share}, and the others hardly took part", share=share)
            case _:
                end = _("the share would be {share}", share=share)
    elif found.verdict.led == "too_close":
        end = _("the share would be {share}", share=share)
    else:
        end = _("the answer would be {text_answer} ({share})", text_answer=led_word(found.verdict), share=share)
    return _n(*SIDE_NOT_KNOWN, len(found.who), names=who, text_end=end)


SIDE_NOT_KNOWN = N_n(
    "Which side {names} is on is not known: if {names} is from your team, {text_end}.",
    "Which side {names} are on is not known: if {names} are from your team, {text_end}.",
)


def is_doubt(sentence: str) -> bool:
    """Whether a sentence of `explanation` speaks against the answer, so that it must stand beside it."""
    return is_made_of(sentence, (SIDE_NOT_KNOWN, UNHEARD_PEOPLE, (DISAGREE,)))


def led_word(verdict: Verdict) -> str:
    """An answer in a word."""
    answers = {"yes": _("yes"), "no": _("no"), "too_close": _("too close to call")}
    return answers.get(verdict.led, _("not judged"))


def count(number: int, thing: str) -> str:
    """`1 turn`, `2 turns`, in English: for what is only ever said in English."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
