"""What may be wrong with a call, in words, and what then would be the answer."""

from __future__ import annotations

from analyzer.debrief import phrases
from analyzer.lead.check import Band, Verdict
from analyzer.lead.doubts import CLOSE, CallDoubt
from analyzer.lead.judgement import Judgement
from analyzer.lead.swap import Swap
from analyzer.people.participants import Participants
from analyzer.timeline import clock
from analyzer.wording import N_, _, _n, joined


def doubt(found: CallDoubt, judgement: Judgement, participants: Participants) -> str:
    """What may be wrong with the call, as a sentence; it says nothing of anybody that the recording could belie."""
    who = joined(tuple(participants.label(key) for key in found.who)) if found.who else ""
    at = joined(tuple(clock(span.start) for span in found.moments)) if found.moments else ""
    match found.kind:
        case "short_call":
            return _("The call is under 3 minutes: in a test with such calls the range held only 7 of 10 true shares.")
        case "one_voice":
            return _(phrases.ALONE)
        case "fewer_voices":
            return _(
                "The plan has {number} people on the call, and {number_found} voices were heard: somebody was silent, "
                "or two voices are taken for one. Hear whether it is one person at {names_at}, both counted as "
                "{names}. If not, the shares can be further off than the range says.",
                number=found.planned,
                number_found=found.found,
                names_at=at,
                names=who,
            )
        case "more_voices":
            return _(
                "The plan has {number} people on the call, and {number_found} voices were found. Hear whether what is "
                "counted as {names} is somebody else's voice, at {names_at}. If so, say it with analyzer name, as in "
                "S4=S2.",
                number=found.planned,
                number_found=found.found,
                names_at=at,
                names=who,
            )
        case "few_turns":
            return _n(
                "{names} was to lead {text_planned}, and {number} longer turn is counted as theirs: either it went "
                "otherwise, or some of their talk is counted as somebody else's.",
                "{names} was to lead {text_planned}, and {number} longer turns are counted as theirs: either it went "
                "otherwise, or some of their talk is counted as somebody else's.",
                found.found,
                names=who,
                text_planned=_n("{number} agenda item", "{number} agenda items", found.planned),
            )
        case "not_told":
            where = joined(tuple(f"{clock(span.start)}–{clock(span.end)}" for span in found.moments))
            return _not_told(where, judgement, participants)


def _not_told(where: str, judgement: Judgement, participants: Participants) -> str:
    untold = judgement.untold
    if untold is None or judgement.salesperson is None:
        return _("Who spoke could not be told well at {names_at}.", names_at=where)
    edges = judgement.band.edges
    values = {
        "names_at": where,
        "share": phrases.percent(untold.none.value, edges),
        "who": participants.label(judgement.salesperson),
        "share_all": phrases.percent(untold.all.value, edges),
    }
    if untold.turns:
        return _(
            "Who spoke could not be told well at {names_at}: the share would be {share} if none of the team's talk "
            "there were {who}'s, {share_all} if all were, so the answer could be another.",
            **values,
        )
    return _(
        "Who spoke could not be told well at {names_at}: the share would be {share} if none of the team's talk there "
        "were {who}'s, {share_all} if all were.",
        **values,
    )


def exchanged(found: Swap, verdict: Verdict, participants: Participants, band: Band) -> str:
    """What the answer would be if two voices of the team were each other, and how likely that is."""
    a, b = participants.label(found.a), participants.label(found.b)
    answer, share = phrases.led_word(found.verdict), phrases.percent(found.share.value, band.edges)
    values = {"who": a, "other": b, "text_answer": answer, "share": share}
    if found.verdict.led == verdict.led:
        if_so = _(
            "If the voices of {who} and {other} were exchanged, the answer would still be {text_answer} ({share})",
            **values,
        )
    else:
        if_so = _(
            "If the voices of {who} and {other} were exchanged, the answer would be {text_answer} ({share})", **values
        )
    if found.distance is None:
        return _("{text_if_so}; how well the two are told apart is not known.", text_if_so=if_so)
    if found.distance >= CLOSE:
        return _("{text_if_so}; the two are told apart clearly.", text_if_so=if_so)
    close = N_("{text_if_so}; the two voices are close, so listen to one turn of each before you rely on the names.")
    return _(close, text_if_so=if_so)
