"""Scripted calls through the real path: `python -m tests.scenarios FILE.json` prints one JSON line for each scenario.

A file has `people` (a letter, and "First Last (role)"), `scenarios`, and in each of these `lines`: who, the words or
the seconds of speech, and the gap before in seconds (0.4 when absent; negative ones overlap). `_` is silence. Words are
said at 2.7 a second. A scenario may have `plan` and `roster` (TOML), `file` (the recording's name), `basis`, `band`,
`language`, `people` of its own, and `unknown_side` (letters of people that nothing is known of). Turns and words go in;
the record and the Markdown debrief come out. A script is exact, so the interval of each share is the share itself: how
sure a diarizer is has tests of its own.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from analyzer.audio.recording import Recording
from analyzer.call.analysis import Analysis, make_call
from analyzer.call.call import Call
from analyzer.call.inputs import CallInputs
from analyzer.debrief.build import record
from analyzer.debrief.first_screen import summary
from analyzer.debrief.markdown.document import markdown
from analyzer.debrief.next_steps import next_steps
from analyzer.debrief.record import CallRecord
from analyzer.lead import judgement
from analyzer.lead.check import Band, Interval
from analyzer.lead.stretches import lead_time
from analyzer.people.participants import Claim
from analyzer.people.plan.reading import read_plan
from analyzer.people.roster.team_file import read_roster
from analyzer.speech.recognition import Diarization, Recognition, Transcript, TurnEvidence
from analyzer.talk.floor import Floor
from analyzer.talk.turns import By, share_of
from analyzer.timeline import Span, Turn, Word, samples

WORDS_A_SECOND = 2.7
GAP = 0.4
SURE = TurnEvidence(margin=1.0, certainty=1.0)

Script = Mapping[str, Any]


@dataclass(frozen=True)
class Played:
    """A scenario's call, its record and its Markdown."""

    call: Call
    record: CallRecord
    markdown: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every sentence that the debrief says: the Markdown without its picture and the transcript, as plain text."""
        text = (
            self.markdown.split("\n## Transcript\n")[0] + "\n" + self.markdown.rpartition("\n## How this was made")[2]
        )
        text = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.S | re.M)
        plain = re.sub(r"\\(?=\W)|\*\*", "", text)
        lines = tuple(line.strip(" -#>") for line in plain.splitlines() if line.strip(" -#>|"))
        return (*lines, *summary(self.record))


def play(script: Script, people: Mapping[str, str]) -> Played:
    """One scenario through `make_call`, `record` and `markdown`."""
    people = {**people, **script.get("people", {})}
    turns, words, labels, length = _spoken(script["lines"])
    name = script.get("file", f"{script['id']}.ogg")
    with tempfile.TemporaryDirectory() as folder:
        plan = roster = None
        if "plan" in script:
            path = Path(folder, "call.plan.toml")
            path.write_text(script["plan"], encoding="utf-8")
            plan, _ = read_plan(path)
        if "roster" in script:
            path = Path(folder, "team.toml")
            path.write_text(script["roster"], encoding="utf-8")
            roster, _ = read_roster(path)
    band = Band(*script["band"]) if "band" in script else Band()
    diarization = Diarization(turns, turns, evidence=(SURE,) * len(turns))
    transcript = Transcript(words, script.get("language", "en"), "script")
    with patch.multiple(judgement, talk_interval=_exact_talk, lead_interval=_exact_lead):
        made = make_call(
            Recording(Path(name), "0" * 64, "ogg", "opus", 1, 48_000, length),
            Recognition(length, diarization, transcript, "script"),
            claims=[_claim(script, people, labels, plan, roster)],
            inputs=CallInputs(name, plan=plan, roster=roster),
            analysis=Analysis(script.get("basis", "team-talk"), band),
        )
    found = record(made, next_steps=next_steps(made))
    return Played(made, found, markdown(found))


def _exact_talk(who: str, among: Collection[str], by: By, *_: object) -> Interval | None:
    value = share_of(who, among, by).value
    return None if value is None else Interval(value, value)


def _exact_lead(
    who: str, team: Collection[str], by: By, held: Floor, length: int, outside: Collection[Span] = ()
) -> Interval | None:
    value = lead_time(held, team, by, length).share(who, outside).value
    return None if value is None else Interval(value, value)


def _spoken(
    lines: Sequence[Sequence[Any]],
) -> tuple[tuple[Turn, ...], tuple[Word, ...], dict[str, str], int]:
    """Turns and words of a script, the label of each letter, and how long it lasts."""
    labels: dict[str, str] = {}
    turns, words, at, end = [], [], 0.0, 0.0
    for who, what, *gap in lines:
        said = what.split() if isinstance(what, str) else []
        seconds = len(said) / WORDS_A_SECOND if said else float(what)
        if who == "_":
            at += seconds
            continue
        start = max(0.0, at + (gap[0] if gap else GAP if at else 0.0))
        label = labels.setdefault(who, f"S{len(labels) + 1}")
        turns.append(Turn(Span(samples(start), samples(start + seconds)), label))
        words += [
            Word(Span(samples(start + i / WORDS_A_SECOND), samples(start + (i + 1) / WORDS_A_SECOND)), word, 0.9, label)
            for i, word in enumerate(said)
        ]
        at = start + seconds
        end = max(end, at)
    return tuple(sorted(turns)), tuple(sorted(words, key=lambda word: word.span)), labels, samples(max(at, end))


def _claim(script: Script, people: Mapping[str, str], labels: Mapping[str, str], plan: Any, roster: Any) -> Claim:
    """Who everybody is; side and role only of those that neither plan nor roster knows."""
    names, sides, roles, seller = {}, {}, {}, None
    for letter, label in labels.items():
        name, _, described = people.get(letter, letter).partition(" (")
        if letter in script.get("unknown_side", ()):
            continue
        names[label] = name
        if (plan is not None and plan.attendee(name)) or (roster is not None and roster.member(name)):
            continue
        role = re.split(r"[ ,;)]", described, maxsplit=1)[0] or "customer"
        sides[label] = "customer" if role == "customer" else "team"
        roles[label] = role
        seller = label if role == "salesperson" else seller
    return Claim("script", names=names, sides=sides, roles=roles, salesperson=seller)  # type: ignore[arg-type]


def told(script: Script, played: Played) -> dict[str, Any]:
    """What a scenario's debrief says, as one JSON object."""
    found, lead = played.record, played.record.lead
    moments = {moment.kind: found.label(moment.who) for moment in found.moments}
    judged = {share.basis: share.share.value for share in lead.shares}
    return {
        "id": script["id"],
        "led": lead.led,
        "reason": lead.reason,
        "team_took_part": lead.team_took_part,
        "take_overs": len(lead.take_overs),
        "changes": [
            {
                "who": found.label(change.who),
                "kind": change.kind,
                "planned": change.planned,
                "trigger": change.trigger,
                "instead_of": None if change.instead_of is None else found.label(change.instead_of),
                "ending": change.ending,
                "seconds": round(change.spoken_seconds, 1),
                "customer_after": round(change.customer_after_seconds, 1),
                "start": round(change.start, 1),
                "end": round(change.end, 1),
            }
            for change in lead.changes
        ],
        "redirects": {
            found.label(one.who): {
                "turned_to": one.turned_to,
                "answered": one.answered,
                "redirected": one.redirected,
            }
            for one in lead.turned_to
        },
        "opened": moments.get("opened"),
        "closed": moments.get("closed"),
        "lead_share": judged.get(lead.basis),
        "shares": judged,
        "with_planned": {share.basis: share.share.value for share in lead.with_planned},
        "headline": lead.headline,
        "sentences": played.sentences,
    }


def scenarios(path: Path) -> Iterator[tuple[Script, Mapping[str, str]]]:
    """Each scenario of a file, with the people it may have."""
    content = json.loads(path.read_text(encoding="utf-8"))
    yield from ((script, content.get("people", {})) for script in content["scenarios"])


if __name__ == "__main__":
    for one, known in scenarios(Path(sys.argv[1])):
        print(json.dumps(told(one, play(one, known)), ensure_ascii=False))
