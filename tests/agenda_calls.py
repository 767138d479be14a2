"""How well agenda items and objectives are found: `python -m tests.agenda_calls FILE.json`.

The file is a list of written calls: `name`, `language`, `agenda` (`title`, `keywords`, optional `lead`: a `who`),
`objectives` (`text`, `keywords`) and `lines` (`who` is S, M or C; `item` and `objectives` are what the line belongs to;
`text` says it in other words, `signposted` with an announcement before it). Each line becomes turns and words of 150 a
minute and goes the real way, to the finished call.

One JSON line a call and one for all, each for the announced and for the paraphrased lines. Of the items:

* `right`: the middle of what was found lies in the item, and the two share at least half of what they cover together.
* `wrong`: found elsewhere, or found though it was not on. `missed`: on, and not found.
* `probably`: placed by the planned order and not by the words (right and wrong apart); counted in none of the others.
* `false_claims`: items of this plan that are found when it is held against the other calls of the file, of `held`; and
  `claims_in_a_row` when it is held against those of its language in a row, as one long call, of `held_in_a_row`.

Of the objectives: `right` have at least one passage that bears on them, `wrong` have passages and none that does,
`missed` were spoken of and have none. `passages` and `wrong_passages` count all that is shown. `false_claims` are the
objectives that have a passage in another call.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analyzer.audio.recording import Recording
from analyzer.call.analysis import make_call
from analyzer.call.call import Call
from analyzer.call.inputs import CallInputs
from analyzer.people.participants import Claim
from analyzer.people.plan.plan import AgendaItem, Attendee, Objective, Plan
from analyzer.speech.recognition import Diarization, Recognition, Transcript
from analyzer.timeline import Span, Turn, Word, samples

KINDS = {"announced": "signposted", "paraphrased": "text"}
PEOPLE = {"S": "Dana Reyes", "M": "Marcus Webb", "C": "Kim Ferreira"}
WORD, PAUSE = 0.4, 0.6
"""Seconds that a word takes, and seconds between two lines; between two of one person they are twice as many."""

Written = Mapping[str, Any]


def plan_of(written: Written) -> Plan:
    attendees = (
        Attendee(PEOPLE["S"], "team", "salesperson", lead=True),
        Attendee(PEOPLE["M"], "team", "manager"),
        Attendee(PEOPLE["C"], "customer", "customer"),
    )
    items = (
        AgendaItem(item["title"], PEOPLE[item.get("lead", "S")], tuple(item["keywords"])) for item in written["agenda"]
    )
    objectives = (Objective(one["text"], tuple(one["keywords"])) for one in written["objectives"])
    return Plan(None, None, None, attendees, tuple(items), tuple(objectives))


def timed(written: Written, kind: str) -> list[tuple[Span, Mapping[str, Any]]]:
    """Each line of a call with the time it takes."""
    at, before, lines = 0.5, "", []
    for line in written["lines"]:
        at += PAUSE * (2 if line["who"] == before else 1)
        length = WORD * len(line[KINDS[kind]].split())
        lines.append((Span(samples(at), samples(at + length)), line))
        at, before = at + length, line["who"]
    return lines


def heard(written: Written, kind: str) -> Recognition:
    """What the models would have found of a call."""
    lines = timed(written, kind)
    turns = tuple(Turn(span, line["who"]) for span, line in lines)
    words = []
    for span, line in lines:
        for i, text in enumerate(line[KINDS[kind]].split()):
            at = span.start + samples(i * WORD)
            words.append(Word(Span(at, at + samples(0.9 * WORD)), text, 0.9))
    transcript = Transcript(tuple(words), written["language"], "written")
    return Recognition(lines[-1][0].end + samples(1.0), Diarization(turns, turns), transcript)


def played(written: Written, kind: str, plan: Plan) -> Call:
    """The finished call, held against `plan`."""
    recognition = heard(written, kind)
    recording = Recording(Path(f"{written['name']}.wav"), "0" * 64, "wav", "pcm", 1, 16_000, recognition.length)
    voices = {line["who"] for line in written["lines"]}
    claim = Claim("written", names={who: PEOPLE[who] for who in voices}, salesperson=PEOPLE["S"])
    return make_call(recording, recognition, claims=[claim], inputs=CallInputs(recording.path.name, plan))


def _items(written: Written, kind: str, call: Call) -> Counter[str]:
    lines = timed(written, kind)
    count: Counter[str] = Counter()
    for number, found in enumerate(call.agenda):
        spans = [span for span, line in lines if line["item"] == number]
        true = Span(spans[0].start, spans[-1].end) if spans else None
        count["items"] += true is not None
        if found.span is None:
            count["missed"] += true is not None
            continue
        right = False
        if true is not None:
            shared = true.shared(found.span)
            middle = (found.span.start + found.span.end) // 2
            together = true.length + found.span.length - shared
            right = true.start <= middle < true.end and 2 * shared >= together
        probably = "probably_" if found.how == "probably" else ""
        count[probably + ("right" if right else "wrong")] += 1
        count["missed"] += bool(probably) and true is not None
    return count


def _objectives(written: Written, kind: str, call: Call) -> Counter[str]:
    lines = timed(written, kind)
    count: Counter[str] = Counter()
    for number, found in enumerate(call.objectives):
        bears = [
            any(number in line["objectives"] and span.meets(u.span) for span, line in lines) for u in found.passages
        ]
        spoken_of = any(number in line["objectives"] for _, line in lines)
        count["objectives"] += spoken_of
        count["right"] += any(bears)
        count["wrong"] += bool(bears) and not any(bears)
        count["missed"] += spoken_of and not bears
        count["passages"] += len(bears)
        count["wrong_passages"] += bears.count(False)
    return count


def measured(calls: Sequence[Written], kind: str) -> Iterator[tuple[str, Counter[str], Counter[str]]]:
    """For each call its name and what is counted of its agenda and of its objectives."""
    plans = [plan_of(written) for written in calls]
    for written, plan in zip(calls, plans, strict=True):
        own = played(written, kind, plan)
        agenda, objectives = _items(written, kind, own), _objectives(written, kind, own)
        for other in calls:
            if other is not written:
                held = played(other, kind, plan)
                words = [item for item in held.agenda if item.how != "probably"]
                agenda["held"] += len(held.agenda)
                agenda["false_claims"] += sum(item.span is not None for item in words)
                agenda["false_probably"] += len(held.agenda) - len(words)
                objectives["held"] += len(held.objectives)
                objectives["false_claims"] += sum(bool(found.passages) for found in held.objectives)
        others = [other for other in calls if other is not written and other["language"] == written["language"]]
        if others:
            row = {
                "name": "row",
                "language": written["language"],
                "lines": [line for one in others for line in one["lines"]],
            }
            held = played(row, kind, plan)
            agenda["held_in_a_row"] += len(held.agenda)
            agenda["claims_in_a_row"] += sum(item.how == "words" for item in held.agenda)
        yield written["name"], agenda, objectives


ITEMS = (
    *(
        "items",
        "right",
        "wrong",
        "missed",
        "probably_right",
        "probably_wrong",
        "false_claims",
        "false_probably",
        "held",
    ),
    *("claims_in_a_row", "held_in_a_row"),
)
OBJECTIVES = ("objectives", "right", "wrong", "missed", "passages", "wrong_passages", "false_claims", "held")


def main(file: str) -> None:
    calls = json.loads(Path(file).read_text(encoding="utf-8"))
    rows: dict[str, dict[str, Any]] = {}
    total: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for kind in KINDS:
        total[kind] = (Counter(), Counter())
        for name, agenda, objectives in measured(calls, kind):
            total[kind][0].update(agenda)
            total[kind][1].update(objectives)
            rows.setdefault(name, {})[kind] = _shown(agenda, objectives)
    for name, row in rows.items():
        print(json.dumps({"call": name} | row))
    print(json.dumps({"call": "all"} | {kind: _shown(*both) for kind, both in total.items()}))


def _shown(agenda: Counter[str], objectives: Counter[str]) -> dict[str, dict[str, int]]:
    return {"agenda": {key: agenda[key] for key in ITEMS}, "objectives": {key: objectives[key] for key in OBJECTIVES}}


if __name__ == "__main__":
    main(sys.argv[1])
