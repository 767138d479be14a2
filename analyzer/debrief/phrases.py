"""What the debrief says in words. Every sentence that judges stands here, so that it can be read in one place.

Shares are written as whole percents ("87 %"), a share that is not known as "not known", lengths as "1 min 12 s".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence

from analyzer.lead.changes import ChangeOfLead
from analyzer.lead.check import Answer, Band, Basis, Interval, LeadShare, Verdict
from analyzer.lead.doubts import CLOSE, CallDoubt
from analyzer.lead.judgement import CameIn, IfTeam, Judgement
from analyzer.lead.moments import Outcome
from analyzer.lead.swap import Swap
from analyzer.people.participants import Participants
from analyzer.timeline import Span, Turn, clock, samples, seconds

BASIS_MEANING: dict[Basis, str] = {
    "team-talk": "the salesperson's share of what the team said",
    "lead-time": "the salesperson's share of the time in which somebody from the team had the lead",
    "all-talk": "the salesperson's share of everything that was said, the customer included",
}

SOURCES = {
    "invite": "from the invite",
    "file name": "from the file name",
    "transcript": "from the transcript",
    "recording": "from inside the recording",
    "file time": "when the file was last changed",
}
"""Where the date and the customer of a call are from; of a plan nothing is said."""
ALONE = "If more people spoke, their voices were taken for one: say how many there were, and it is heard again."
NOT_KNOWN = "not known"
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
        return NOT_KNOWN
    for shown in (digits, digits + 1):
        scale = 100 * 10**shown
        rounded = round(value * scale) / scale
        if not any(abs(rounded - edge) < 1e-9 and abs(value - edge) > 1e-9 for edge in edges):
            return f"{100 * rounded:.{shown}f} %"
    edge = min(edges, key=lambda e: abs(e - value))
    return f"just {'under' if value < edge else 'over'} {100 * edge:.0f} %"


def length(secs: float | None) -> str:
    """A length of time as people say it."""
    if secs is None:
        return NOT_KNOWN
    if secs < 10:
        return f"{secs:.1f}".removesuffix(".0") + " s"
    whole = round(secs)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes else []
    parts += [f"{rest} s"] if rest and not hours else []
    return " ".join(parts) or "0 s"


def ago(secs: float) -> str:
    """How long ago something was, in words: `just now`, `3 minutes ago`."""
    if secs < 45:
        return "just now"
    minutes = round(secs / 60)
    if minutes <= 1:
        return "a minute ago"
    if minutes < 90:
        return f"{minutes} minutes ago"
    hours = round(minutes / 60)
    return f"{hours} hours ago" if hours < 48 else f"{round(hours / 24)} days ago"


def moment(secs: float) -> str:
    """A moment as it stands on a player: m:ss, or h:mm:ss."""
    return clock(samples(secs))


def day(date: str | dt.date | None) -> str:
    """A date as people write it, `12 May 2026`; as it stands when it is none."""
    try:
        known = date if isinstance(date, dt.date) else dt.datetime.fromisoformat(date or "")
    except ValueError:
        return str(date or NOT_KNOWN)
    return f"{known.day} {known:%B %Y}"


def beginning(text: str) -> str:
    """A phrase as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def interval(found: Interval | None, edges: tuple[float, ...]) -> str:
    """`85 to 89 %`, written so that both ends stay on their sides of `edges`."""
    if found is None:
        return NOT_KNOWN
    low, high = percent(found.low, edges), percent(found.high, edges)
    return high if low == high else f"{low.removesuffix(' %')} to {high}"


def between(found: Interval | None, edges: tuple[float, ...], exactly: str) -> str:
    """`between 85 and 89 %`, or `exactly` and the one percentage that both its ends are."""
    words = interval(found, edges)
    return f"between {words.replace(' to ', ' and ')}" if " to " in words else f"{exactly} {words}"


def started(change: ChangeOfLead, participants: Participants, *, transcribed: bool) -> str:
    """How a change of lead started, in words that follow a colon."""
    start, label = change.start, participants.label
    before = label(start.before) if start.before is not None else "the other"
    who = label(change.who)
    asker = _asker(change, participants) or before
    unheard = "" if transcribed else "; the call was not transcribed, so whether it was asked for is not known"
    match start.trigger:
        case "opening":
            return f"{who} opened; no one had led before"
        case "invited":
            return f"{before} had just named {who}" if start.named else f"{before} had just handed over"
        case "cut_in":
            return f"{who} began while {before} had the floor"
        case "asked":
            all_known = all(participants.person(key).name for key in participants.side("team"))
            put = "put a question" + (" that named no one else from the team" if all_known else "")
            return f"{asker} had just {f'named {who}' if start.named else put}"
        case "cut_in_on_customer":
            return f"{who} began while the customer had the floor"
        case "answered":
            if start.instead_of is not None:
                return f"the customer had just named {label(start.instead_of)}, and {who} went on"
            return f"{who} went on after the customer{unheard or '; no question was heard'}"
        case "pause":
            return f"{who} went on after {before} had stopped{unheard}"


def _asker(change: ChangeOfLead, participants: Participants) -> str | None:
    """The customer who spoke before a change of lead; None where it was somebody of another side."""
    customers = participants.side("customer")
    return "the customer" if change.start.before in customers else None


def ended(change: ChangeOfLead, participants: Participants) -> str:
    """How a change of lead ended, in words that follow a colon."""
    who, delay = participants.label(change.who), seconds(change.delay or 0)
    to = participants.label(change.to) if change.to is not None else ""
    later = f", {length(delay)} later" if delay >= WORTH_A_DELAY else ""
    match change.ending:
        case "handed_back":
            return f"{who} stopped, and {to} went on{later}"
        case "taken_back":
            return f"{to} cut in and took the lead back"
        case "customer":
            after = f"{length(delay)} after {who}'s last word" if later else "after that"
            return f"the customer spoke, and {to} went on {after}"
        case "passed_on":
            return f"somebody else from the team went on ({to}){later}"
        case "end_of_call":
            return "no one else from the team led after that"


def kind_of(change: ChangeOfLead, participants: Participants, probable: Collection[Turn] = ()) -> str:
    """What kind of change of lead it is: the heading over it; `probable` hand-overs are the planned ones probably."""
    if change.planned:
        return f"{'probably the ' if Turn(change.span, change.who) in probable else ''}planned hand-over"
    drawn_in = f"drawn in by {_asker(change, participants) or 'a question'}"
    return {"handed_over": "handed over", "drawn_in": drawn_in, "take_over": "take-over"}[change.kind]


def headline(judgement: Judgement, participants: Participants, probable: Collection[Turn] = ()) -> str:
    """The verdict as one sentence, and how many take-overs there were.

    `probable` are those planned hand-overs that only probably are the planned ones.
    """
    verdict, share = judgement.verdict, judgement.share()
    if judgement.absent is not None and verdict.reason == "salesperson_absent":
        return _absent(judgement.absent, participants)
    if _is_alone(participants):
        return "Not judged: only one voice was heard, so there was no one to share the lead with."
    if judgement.salesperson is None or share is None:
        return "Who led is not judged: the salesperson is not known."
    who = participants.label(judgement.salesperson)
    number = _number(judgement, share, participants, sure=not probable)
    planned = "" if not judgement.whole else ", probably as planned" if probable else " as planned"
    taken = len(judgement.take_overs)
    counted = f" {count(taken, 'take-over')}." if taken else ""
    match verdict:
        case Verdict(reason="nobody_else_from_the_team"):
            return f"Not judged: no one else is known to be from the team. {who} said {_all_talk(judgement)}."
        case Verdict(reason="too_little_team_talk"):
            return "Not judged: the team talked for under a minute."
        case Verdict(reason="exception_declared"):
            return f"Not judged: an exception was declared for this call. Measured all the same: {who} had {number}."
        case Verdict(led="yes", team_took_part="no"):
            return f"{who} led{planned}, with {number}; the others hardly took part.{counted}"
        case Verdict(led="yes"):
            return f"{who} led{planned}, with {number}.{counted}"
        case Verdict(led="no"):
            return f"{who} did not lead: {number}.{counted}"
        case _:
            return f"Too close to call whether {who} led: {number}.{counted}"


def _is_alone(participants: Participants) -> bool:
    return sum(person.side != "none" for person in participants.people) == 1


def _number(judgement: Judgement, share: LeadShare, participants: Participants, *, sure: bool) -> str:
    """The share that is judged, what it is a share of, its interval, and the share with planned hand-overs."""
    edges = judgement.band.edges
    within = "" if share.interval is None else between(share.interval, edges, "surely")
    of = {"team-talk": "of what the team said", "lead-time": "of the time somebody from the team led"}.get(
        judgement.basis, "of everything that was said"
    )
    whole = judgement.whole_share()
    if judgement.if_team:
        first = judgement.if_team[0]
        who = joined(tuple(participants.label(key) for key in first.who))
        are = "is" if len(first.who) == 1 else "are"
        within = ""
        of += f", or {percent(first.share.value, edges)} if {who} {are} from your team"
    if whole is None:
        return f"{percent(share.value, edges)} {of}" + (f" ({within})" if within else "")
    planned = dict.fromkeys(participants.label(stretch.who) for stretch in judgement.planned)
    are, several = ("is", "") if len(planned) == 1 else ("are", "s")
    outside = f"outside {'' if sure else f'what {are} probably '}the planned hand-over{several}"
    who = joined(tuple(planned))
    with_them = f"what was planned for {who}" if sure else f"{who}'s part"
    return (
        f"{percent(share.value, edges)} {of} {outside}{f' ({within})' if within else ''}, "
        f"{percent(whole.value, edges)} with {with_them}"
    )


def _absent(salesperson: str, participants: Participants) -> str:
    others = tuple(participants.label(key) for key in participants.side("team"))
    spoke = f"; {joined(others)} spoke for the team" if others else ""
    return f"Not judged: {salesperson}, who was to lead, was not heard{spoke}."


def _all_talk(judgement: Judgement) -> str:
    share = judgement.share("all-talk")
    return f"{percent(share.share.value if share else None)} of everything that was said"


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
        return (f"If one of the voices is {judgement.absent}, give it the name, and the call is judged.",)
    if _is_alone(participants):
        return (ALONE,)
    if judgement.salesperson is None:
        return ("Say who the salesperson is, and the call is judged at once.",)
    verdict = judgement.verdict
    if verdict.reason == "too_little_team_talk":
        return ("A share of so little talk says nothing about who led.",)
    out = [_checked(judgement, ride_along, sure=not probable)]
    if verdict.led != "not_judged":
        out.append(took_part(verdict.team_took_part, 1 - judgement.band.ceiling))
        out += [came_in(one, participants) for one in judgement.came_in]
        out += [_if_team(one, judgement, participants) for one in judgement.if_team]
        if unheard:
            were = "was" if len(unheard) == 1 else "were"
            missed = "if their voice was missed, the share is lower"
            out.append(f"{joined(tuple(unheard))} {were} planned and not heard; {missed}.")
    if verdict.reason == "nobody_else_from_the_team":
        out.append("A lead share needs a second person from the team; say who that is, or who the customer is.")
    other = judgement.other_verdict
    if silences := judgement.lead_time.silences:
        out.append(_silent(silences))
    if judgement.bases_disagree and other is not None and verdict.reason is None:
        name: Basis = "team-talk" if judgement.basis == "lead-time" else "lead-time"
        share = judgement.share(name)
        value = percent(share.share.value if share else None, judgement.band.edges)
        out.append(f"By {name} the answer would be {_led(other)} ({value}): the two measures disagree on this call.")
    return tuple(out)


def took_part(answer: Answer, least: float) -> str:
    """Whether the others from the team took part: with at least the part `least` of the team's talk."""
    return {
        "yes": "The others from the team took part.",
        "no": f"The others from the team spoke less than {percent(least)} of the team's talk.",
        "too_close": "Whether the others took enough part is too close to call.",
        "not_judged": "Whether the others took part is not judged.",
    }[answer]


WHY_BAND = {
    "observe": "on a call that somebody comes along to observe",
    "co-sell": "on a call on which two sell together",
    "model": "on a call on which the one who leads shows how it is done",
}


def _checked(judgement: Judgement, ride_along: str | None, *, sure: bool) -> str:
    checked = {
        "team-talk": "Checked was the lead share by team-talk: the salesperson's talk time as a part of the team's",
        "lead-time": "Checked was the lead share by lead-time: the time in which the salesperson had the lead",
        "all-talk": "Checked was the lead share by all-talk: the salesperson's talk time as a part of everybody's",
    }[judgement.basis]
    planned = "planned hand-overs" if sure else "what probably were the planned hand-overs"
    left_out = f", {planned} left out" if judgement.whole else ""
    floor, ceiling = percent(judgement.band.floor), percent(judgement.band.ceiling)
    band = f"{floor.removesuffix(' %')} to {ceiling}"
    why = WHY_BAND.get(ride_along or "", "so that the salesperson leads and the others take part")
    return f"{checked}{left_out}. Good practice is {band}, {why}."


def _silent(silences: Sequence[Span]) -> str:
    whole = length(seconds(sum(span.length for span in silences)))
    if len(silences) == 1:
        return f"No one spoke for {whole} from {clock(silences[0].start)} on: that counts for no one's lead time."
    return f"In {len(silences)} long silences no one spoke for {whole} in all: that counts for no one's lead time."


def came_in(found: CameIn, participants: Participants) -> str:
    """How often somebody came in, for how long in all, and where to listen."""
    whole = seconds(found.speech)
    in_all = f"{whole:.0f} s" if 10 <= whole < 120 else length(whole)
    at = joined(tuple(clock(span.start) for span in found.longest))
    where = f"in all; the longest at {at}" if found.times > len(found.longest) else f"in all, at {at}"
    return f"{participants.label(found.who)} came in {often(found.times)}, {in_all} {where}."


def turned_to(who: str, lead: str, named: int, outcomes: Sequence[Outcome]) -> str:
    """How often the customer turned to somebody other than `lead`, `named` times by name, and what became of it."""
    unnamed = len(outcomes) - named
    parts = [f"The customer named {who} {often(named)}"] if named else []
    parts += [f"{who} took {count(unnamed, 'question')} of the customer"] if unnamed else []
    meaning: dict[Outcome, str] = {
        "answered": f"{who} answered",
        "redirected": kept_short(who, lead),
        "somebody_else": "somebody else answered",
    }
    became = [(meaning[outcome], outcomes.count(outcome)) for outcome in meaning if outcome in outcomes]
    many = len(outcomes) > 1
    return f"{'; '.join(parts)}: {'; '.join(f'{text} ({n})' if many else text for text, n in became)}."


def kept_short(who: str, lead: str) -> str:
    """What became of it when the customer turned to somebody who left the lead to go on."""
    return f"{who} kept it short, and {lead} had the team's next word"


def often(times: int) -> str:
    """`once`, `2 times`."""
    return "once" if times == 1 else f"{times} times"


def _if_team(found: IfTeam, judgement: Judgement, participants: Participants) -> str:
    who = joined(tuple(participants.label(key) for key in found.who))
    share = percent(found.share.value, judgement.band.edges)
    are = "is" if len(found.who) == 1 else "are"
    if found.verdict.led == judgement.verdict.led:  # then it is the other answer that turns
        part = {"yes": "took enough part", "no": "hardly took part"}.get(found.verdict.team_took_part)
        end = f"the share would be {share}" + (f", and the others {part}" if part else "")
    elif found.verdict.led == "too_close":
        end = f"the share would be {share}"
    else:
        end = f"the answer would be {_led(found.verdict)} ({share})"
    return f"Which side {who} {are} on is not known: if {who} {are} from your team, {end}."


def doubt(found: CallDoubt, judgement: Judgement, participants: Participants) -> str:
    """What may be wrong with the call, as a sentence; it says nothing of anybody that the recording could belie."""
    who = joined(tuple(participants.label(key) for key in found.who)) if found.who else ""
    at = joined(tuple(clock(span.start) for span in found.moments)) if found.moments else ""
    match found.kind:
        case "short_call":
            return "The call is under 3 minutes: in a test with 16 such calls the range held the true share in only 9."
        case "one_voice":
            return ALONE
        case "fewer_voices":
            return (
                f"The plan has {found.planned} people on the call, and {found.found} voices were heard: somebody was "
                f"silent, or two voices are taken for one. Hear whether it is one person at {at}, both counted as "
                f"{who}. If not, the shares can be further off than the range says."
            )
        case "more_voices":
            return (
                f"The plan has {found.planned} people on the call, and {found.found} voices were found. Hear whether "
                f"what is counted as {who} is somebody else's voice, at {at}. If so, say it with analyzer name, as in "
                "S4=S2."
            )
        case "few_turns":
            planned, turns = count(found.planned, "agenda item"), count(found.found, "longer turn")
            return (
                f"{who} was to lead {planned}, and {turns} {'is' if found.found == 1 else 'are'} counted as theirs: "
                "either it went otherwise, or some of their talk is counted as somebody else's."
            )
        case "not_told":
            where = joined(tuple(f"{clock(span.start)}–{clock(span.end)}" for span in found.moments))
            return f"Who spoke could not be told well at {where}{_if_otherwise(judgement, participants)}."


def _if_otherwise(judgement: Judgement, participants: Participants) -> str:
    untold = judgement.untold
    if untold is None or judgement.salesperson is None:
        return ""
    edges, who = judgement.band.edges, participants.label(judgement.salesperson)
    none, everything = percent(untold.none.value, edges), percent(untold.all.value, edges)
    turns = ", so the answer could be another" if untold.turns else ""
    return f": the share would be {none} if none of the team's talk there were {who}'s, {everything} if all were{turns}"


def is_doubt(sentence: str) -> bool:
    """Whether a sentence of `explanation` speaks against the answer, so that it must stand beside it."""
    doubt = r"Which side .* not known: if |.* planned and not heard; if |By (team-talk|lead-time) the answer would be "
    return re.match(doubt, sentence) is not None


def _led(verdict: Verdict) -> str:
    return {"yes": "yes", "no": "no", "too_close": "too close to call"}.get(verdict.led, "not judged")


def exchanged(found: Swap, verdict: Verdict, participants: Participants, band: Band) -> str:
    """What the answer would be if two voices of the team were each other, and how likely that is."""
    a, b = participants.label(found.a), participants.label(found.b)
    answer, share = _led(found.verdict), percent(found.share.value, band.edges)
    same = "still " if found.verdict.led == verdict.led else ""
    sentence = f"If the voices of {a} and {b} were exchanged, the answer would {same}be {answer} ({share})"
    if found.distance is None:
        return f"{sentence}; how well the two are told apart is not known."
    if found.distance >= CLOSE:
        return f"{sentence}; the two are told apart clearly."
    return f"{sentence}; the two voices are close, so listen to one turn of each before you rely on the names."


def count(number: int, thing: str) -> str:
    """`1 turn`, `2 turns`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def joined(names: Sequence[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
