"""Debrief records for the tests of what shows them: a full one, a bare one, a hostile one, a huge one."""

from __future__ import annotations

import random
from typing import Any

from analyzer.debrief.record import (
    CallRecord,
    CommitmentRecord,
    ConversationRecord,
    LeadRecord,
    MadeWithRecord,
    NextStepRecord,
    PersonRecord,
    PersonStretchRecord,
    QuoteRecord,
    RecordingRecord,
    RollingRecord,
    TalkRecord,
)
from tests.page_dialogue import NAMES, share, talked
from tests.rich_call import rich

HOSTILE = (
    "</script><script>window.hurt=1;alert(1)</script>",
    '<img src=x onerror="window.hurt=1;alert(1)">',
    '" onmouseover="window.hurt=1" x="',
    "' autofocus onfocus='window.hurt=1",
    "<svg/onload=window.hurt=1>",
    "javascript:window.hurt=1",
    "{{ 11111 * 7 }} {% raw %} ${11111*7}",
    "--><!--<style>*{display:none}</style>",
    "</title></style></textarea><b>bold</b>",
    "\u202eright to left\u202c \u0000\u0007 nul &amp; &lt;b&gt;",
    '<a href="https://example.com/">https://example.com/</a>',
)
"""One of each way in which a text has become more than text on somebody's page."""

FREE_TEXT = {
    "name", "label", "text", "title", "meaning", "headline", "explanation", "customer", "file", "reason", "role",
    "note", "notes", "says", "source", "sides_rule", "trigger_meaning", "ending_meaning", "planned_lead", "keywords",
    "to", "command", "went_well", "would_do_differently", "observations", "container", "codec", "analyzer", "diarizer",
    "transcriber", "language", "date", "due", "held_on", "declared_on",
}  # fmt: skip
"""The fields of a record that can hold any text."""

WHO = ("who", "key", "a", "b", "salesperson", "planned_lead_key", "led_by", "brought_up_by", "not_in_plan", "talk")
"""The fields that hold people's keys."""

__all__ = ["bare", "empty", "hostile", "huge", "rich", "share", "silent_voices", "talked", "talked_about"]


def talked_about() -> CallRecord:
    """The rich call after its debrief talk."""
    promise = CommitmentRecord(who="Marcus Webb", text="Hands back after one answer", due="2026-06-01", kept=None)
    talk = TalkRecord(
        held_on="2026-05-13",
        own_lead_share=0.85,
        went_well="The customer named the cost himself.",
        would_do_differently=None,
        observations=("Marcus answered two questions that were meant for Dana.",),
        commitments=(promise,),
    )
    return rich().model_copy(update={"talk": talk})


def bare() -> CallRecord:
    """The least a record can hold: two voices, no transcript, no plan, nobody known."""
    turns = tuple(
        PersonStretchRecord(start=10.0 * i + 0.5, end=10.0 * i + 9.0, who="S1" if i % 2 else "S2") for i in range(9)
    )
    seconds = 95.0
    people = tuple(
        PersonRecord(
            key=key,
            speakers=(key,),
            label=key,
            name=None,
            side=None,
            role=None,
            evidence=(),
            talk_seconds=talked(turns, (key,)),
            talk_share=share(talked(turns, (key,)), talked(turns, ("S1", "S2"))),
            team_share=None,
            lead_time_share=None,
            turns=sum(t.who == key for t in turns),
            longest_monologue=None,
            questions=None,
            words=None,
            words_per_minute=None,
            fillers=None,
            interruptions_made=0,
            interruptions_suffered=0,
            patience_seconds=None,
            answers=0,
            first_sentences=(),
        )
        for key in ("S1", "S2")
    )
    return CallRecord(
        name="call",
        date=None,
        customer=None,
        recording=RecordingRecord(
            file="-it's a call.wav",
            sha256="0" * 64,
            seconds=seconds,
            container="wav",
            codec="pcm_s16le",
            channels=1,
            sample_rate=8000,
        ),
        made_with=MadeWithRecord(
            analyzer="0.1.0", diarizer="segmentation-3.0 + CAM++", transcriber=None, language=None
        ),
        people=people,
        sides_rule="nobody said which side S1, S2 is on, so it is not known",
        lead=LeadRecord(
            led="not_judged",
            team_took_part="not_judged",
            reason="salesperson_unknown",
            headline="Who led is not judged: nobody has said who the salesperson is.",
            explanation=("Nobody is guessed: say who the salesperson is, and the call is judged at once.",),
            basis="team-talk",
            band_floor=0.85,
            band_ceiling=0.90,
            salesperson=None,
            shares=(),
            without_planned=(),
            bases_disagree=False,
            take_overs=(),
            stretches=(),
            rolling=(),
        ),
        conversation=ConversationRecord(
            silence=share(18.5, seconds), overlap=share(0, seconds), floor_changes_per_hour=None
        ),
        turns=turns,
        floor=turns,
        transcript=None,
        next_steps=(
            NextStepRecord(
                text="Say who the salesperson is:",
                command="analyzer report -- '-it'\"'\"'s a call.wav' --salesperson S1",
            ),
        ),
    )


def empty() -> CallRecord:
    """A recording in which nobody was found."""
    return bare().model_copy(update={"people": (), "turns": (), "floor": (), "transcript": (), "next_steps": ()})


def silent_voices() -> CallRecord:
    """The rich call before anybody said who is who: words, but no names and no sides."""
    call = rich()
    unknown = {"name": None, "side": None, "role": None, "evidence": (), "team_share": None, "lead_time_share": None}
    people = tuple(
        p.model_copy(
            update={
                **unknown,
                "label": p.key,
                "patience_seconds": None,
                "first_sentences": tuple(q for q in call.transcript or () if q.who == p.key and len(q.text) > 30)[:2],
            }
        )
        for p in call.people
    )
    step = NextStepRecord(
        text="Say who the salesperson is, and who the customer:",
        command=f"analyzer report '{call.recording.file}' --salesperson S1 --customer S4 --customer S5",
    )
    nothing: dict[str, Any] = dict.fromkeys(("moments", "remarks", "questions", "last_commitments"), ())
    renamed = call.model_copy(
        update={
            **nothing,
            "people": people,
            "lead": bare().lead,
            "plan": None,
            "sides_rule": bare().sides_rule,
            "next_steps": (step,),
        }
    )
    return _renamed(renamed, {key: f"S{i}" for i, key in enumerate(NAMES, 1)})


def hostile() -> CallRecord:
    """The rich call after its talk, with markup and script in every text that comes from outside, keys included."""
    keys = {key: f'{key}"><script>window.hurt=1</script>' for key in NAMES}
    data = _renamed(talked_about(), keys).model_dump()
    number = iter(range(10**9))

    def poisoned(value: Any, field: str = "") -> Any:
        if isinstance(value, dict):
            return {key: poisoned(inner, key) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [poisoned(inner, field) for inner in value]
        if isinstance(value, str) and field in FREE_TEXT and value not in keys.values():
            return f"{HOSTILE[next(number) % len(HOSTILE)]} {value}"
        return value

    return CallRecord.model_validate(poisoned(data))


def huge(people: int = 12, turns: int = 3000, passages: int = 1500, seconds: float = 7200.0) -> CallRecord:
    """A two-hour call of twelve people, drawn by chance (always the same)."""
    chance = random.Random(7)
    call = rich()
    keys = [f"S{i + 1}" for i in range(people)]
    step = seconds / turns
    spoken = []
    who = keys[0]
    for i in range(turns):
        if chance.random() < 0.4:
            who = chance.choice(keys)
        start = i * step + chance.random() * 0.4
        spoken.append(PersonStretchRecord(start=round(start, 2), end=round(start + step * 0.8, 2), who=who))
    words = [word for said in call.transcript or () for word in said.text.split()]
    said = tuple(
        QuoteRecord(
            who=turn.who, start=turn.start, end=turn.end, text=" ".join(chance.choice(words) for _ in range(18))
        )
        for turn in spoken[:: turns // passages]
    )
    team = keys[:5]
    stretches = tuple(
        PersonStretchRecord(start=60.0 * i, end=60.0 * (i + 1), who=team[i % 3 and (i % 5)]) for i in range(120)
    )
    everybody = tuple(
        call.people[0].model_copy(
            update={
                "key": key,
                "speakers": (key,),
                "label": f"Person Number {key[1:]}",
                "name": f"Person Number {key[1:]}",
                "side": "team" if key in team else "customer" if i < 10 else None,
                "role": None,
                "evidence": (),
                "talk_seconds": talked(spoken, (key,)),
                "talk_share": share(talked(spoken, (key,)), talked(spoken, keys)),
                "team_share": share(talked(spoken, (key,)), talked(spoken, team)) if key in team else None,
                "first_sentences": (),
            }
        )
        for i, key in enumerate(keys)
    )
    take_over = call.lead.take_overs[0].model_copy(update={"to": "S1", "before": said[:2], "after": said[2:4]})
    lead = call.lead.model_copy(
        update={
            "salesperson": "S1",
            "headline": "Person Number 1 did not lead.",
            "swap": None,
            "stretches": stretches,
            "take_overs": tuple(
                take_over.model_copy(update={"who": s.who, "start": s.start, "end": s.end})
                for s in stretches
                if s.who != "S1"
            )[:40],
            "rolling": tuple(
                RollingRecord(
                    start=start,
                    end=start + 300,
                    share=share(talked(spoken, ("S1",), start, start + 300), talked(spoken, team, start, start + 300)),
                )
                for start in range(0, int(seconds - 300), 30)
            ),
        }
    )
    nothing: dict[str, Any] = dict.fromkeys(("moments", "remarks", "questions", "last_commitments"), ())
    return call.model_copy(
        update={
            **nothing,
            "name": "A long day",
            "people": everybody,
            "lead": lead,
            "turns": tuple(spoken),
            "floor": tuple(spoken),
            "transcript": said,
            "plan": None,
            "recording": call.recording.model_copy(update={"seconds": seconds}),
        }
    )


def _renamed(call: CallRecord, keys: dict[str, str]) -> CallRecord:
    """The call with other keys for its people."""

    def changed(value: Any, field: str = "") -> Any:
        if isinstance(value, dict):
            return {key: changed(inner, key) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [changed(inner, field) for inner in value]
        if isinstance(value, str) and field in (*WHO, "label", "to"):
            return keys.get(value, value)
        return value

    return CallRecord.model_validate(changed(call.model_dump()))
