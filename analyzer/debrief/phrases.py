"""What the debrief says in words. Every sentence that judges stands here, so that it can be read in one place.

Shares are written as whole percents ("87 %"), a share that is not known as "not known", lengths as "1 min 12 s".
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.lead.check import Band, Basis, LeadShare, Verdict
from analyzer.lead.doubts import CLOSE
from analyzer.lead.judgement import Judgement
from analyzer.lead.swap import Swap
from analyzer.lead.takeovers import Ending, Trigger
from analyzer.people.participants import Participants
from analyzer.timeline import clock, samples

BASIS_MEANING: dict[Basis, str] = {
    "team-talk": "the salesperson's share of what the team said",
    "lead-time": "the salesperson's share of the time in which somebody from the team had the lead",
    "all-talk": "the salesperson's share of everything that was said, the customer included",
}

TRIGGER_MEANING: dict[Trigger, str] = {
    "opening": "opened; no one had led before",
    "cut_in": "cut in while the salesperson had the floor",
    "asked": "was asked by the customer",
    "pause": "took up after the salesperson had stopped",
}

ENDING_MEANING: dict[Ending, str] = {
    "handed_back": "stopped, and the salesperson went on",
    "taken_back": "the salesperson cut in and took the lead back",
    "customer": "the customer spoke, and the salesperson went on after that",
    "passed_on": "somebody else from the team went on",
    "end_of_call": "kept the lead to the end of the call",
}

NOT_KNOWN = "not known"
LONGEST_QUOTE = 30
"""Words of a quote before it is cut."""


def percent(value: float | None, edges: tuple[float, ...] = (0.0, 1.0)) -> str:
    """A share as people say it, in whole percents, with one decimal where rounding would carry it onto an edge.

    0.9996 is not all of it, so it is "99.9 %". With the edges of a band (`Band.edges`) a share stays on its side of
    it: 0.8481 is below a floor of 0.85, so it is "84.8 %" and not "85 %".
    """
    if value is None:
        return NOT_KNOWN
    for digits in (0, 1):
        scale = 100 * 10**digits
        rounded = round(value * scale) / scale
        if not any(abs(rounded - edge) < 1e-9 and abs(value - edge) > 1e-9 for edge in edges):
            return f"{100 * rounded:.{digits}f} %"
    edge = min(edges, key=lambda e: abs(e - value))
    return f"just {'under' if value < edge else 'over'} {100 * edge:.0f} %"


def length(secs: float | None) -> str:
    """A length of time as people say it."""
    if secs is None:
        return NOT_KNOWN
    if secs < 10:
        return f"{secs:.1f} s"
    whole = round(secs)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes else []
    parts += [f"{rest} s"] if rest and not hours else []
    return " ".join(parts) or "0 s"


def moment(secs: float) -> str:
    """A moment as it stands on a player: m:ss, or h:mm:ss."""
    return clock(samples(secs))


def between(share: LeadShare, band: Band) -> str:
    """The interval in words, or nothing when there is none."""
    if share.interval is None:
        return ""
    low, high = percent(share.interval.low, band.edges), percent(share.interval.high, band.edges)
    return f"surely {low}" if low == high else f"between {low.removesuffix(' %')} and {high}"


def headline(judgement: Judgement, participants: Participants) -> str:
    """The verdict as one sentence."""
    verdict, share = judgement.verdict, judgement.share()
    if judgement.salesperson is None or share is None:
        return "Who led is not judged: the salesperson is not known."
    who = participants.label(judgement.salesperson)
    of = {"team-talk": "of what the team said", "lead-time": "of the time somebody from the team led"}.get(
        judgement.basis, "of everything that was said"
    )
    number = f"{percent(share.share.value, judgement.band.edges)} {of}"
    if share.interval is not None:
        number += f" ({between(share, judgement.band)})"
    match verdict:
        case Verdict(reason="nobody_else_from_the_team"):
            return f"Not judged: no one else is known to be from the team. {who} said {_all_talk(judgement)}."
        case Verdict(reason="too_little_team_talk"):
            return f"Not judged: the team talked for under a minute. {who} had {number}."
        case Verdict(reason="exception_declared"):
            return f"Not judged: an exception was declared for this call. Measured all the same: {who} had {number}."
        case Verdict(led="yes", team_took_part="no"):
            return f"{who} led, with {number}; the others hardly took part."
        case Verdict(led="yes"):
            return f"{who} led, with {number}."
        case Verdict(led="no"):
            return f"{who} did not lead: {number}."
        case _:
            return f"Too close to call whether {who} led: {number}."


def _all_talk(judgement: Judgement) -> str:
    share = judgement.share("all-talk")
    return f"{percent(share.share.value if share else None)} of everything that was said"


def explanation(judgement: Judgement, participants: Participants) -> tuple[str, ...]:
    """What was checked, against what, and what speaks against it: one sentence each."""
    if judgement.salesperson is None:
        return ("Say who the salesperson is, and the call is judged at once.",)
    out = []
    floor, ceiling = percent(judgement.band.floor), percent(judgement.band.ceiling)
    band = f"{floor.removesuffix(' %')} to {ceiling}"
    if judgement.basis == "team-talk":
        checked = "Checked was the lead share by team-talk: the salesperson's talk time as a part of the team's"
    elif judgement.basis == "lead-time":
        checked = "Checked was the lead share by lead-time: the time in which the salesperson had the lead"
    else:
        checked = "Checked was the lead share by all-talk: the salesperson's talk time as a part of everybody's"
    out.append(f"{checked}. Good practice is {band}, so that the salesperson leads and the others take part.")
    verdict = judgement.verdict
    if verdict.led != "not_judged":
        took_part = {
            "yes": "The others from the team took part.",
            "no": f"The others from the team spoke less than {percent(1 - judgement.band.ceiling)}.",
            "too_close": "Whether the others took enough part is too close to call.",
        }
        out.append(took_part[verdict.team_took_part])
    if verdict.reason == "nobody_else_from_the_team":
        out.append("A lead share needs a second person from the team; say who that is, or who the customer is.")
    other = judgement.other_verdict
    if judgement.bases_disagree and other is not None and verdict.reason is None:
        name: Basis = "team-talk" if judgement.basis == "lead-time" else "lead-time"
        share = judgement.share(name)
        value = percent(share.share.value if share else None, judgement.band.edges)
        out.append(f"By {name} the answer would be {_led(other)} ({value}): the two measures disagree on this call.")
    planned = sum(take_over.planned for take_over in judgement.take_overs)
    if planned and judgement.without_planned:
        share = next(s for s in judgement.without_planned if s.basis == judgement.basis)
        hand_overs = "planned hand-over" if planned == 1 else f"{planned} planned hand-overs"
        out.append(f"Without the {hand_overs} it is {percent(share.share.value, judgement.band.edges)}.")
    return tuple(out)


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
