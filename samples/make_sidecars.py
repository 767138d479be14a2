"""Makes the sidecars of the sample calls from their truth: what Zoom, Teams and a program of one's own would write.

    python samples/make_sidecars.py

For each call, in `sidecars/CALL/`: `CALL.transcript.vtt` as Zoom writes it, `CALL.vtt` as Teams does, and
`CALL.people.json`. Needs nothing but Python, and gives the same bytes every time.

A turn becomes a cue for each of its sentences, which share the turn's time by their letters. The Teams transcript
begins 4 s after the recording, as one does that somebody switched on late: its times are 4 s less than the recording's.
"""

from __future__ import annotations

import json
import re
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
CALLS = ("led-call", "taken-over-call", "final-presentation", "dialer-call")
CHANNELS = {"dialer-call": {"Dana Reyes": 1, "Alistair Grant": 2, "Priya Nair": 2}}
TEAMS_IS_LATE = 4000
"""Milliseconds from the start of the recording to the start of the Teams transcript."""
WIDE = 80
"""Characters after which Teams begins another line in a cue."""


class Sentence(NamedTuple):
    """A sentence, from `start` to `end` in milliseconds."""

    start: int
    end: int
    who: str
    text: str


def sentences(call: str) -> Iterator[Sentence]:
    """What is said in a call, turn by turn."""
    for line in (HERE / f"{call}.txt").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(\d+\.\d\d) (\d+\.\d\d) ([^:]+): (.+)", line)
        if match is None:
            raise SystemExit(f"{call}.txt: this line is no turn: {line}")
        start, end = (round(float(seconds) * 1000) for seconds in match.group(1, 2))
        texts = re.split(r"(?<=[.?!]) ", match[4])
        letters = sum(map(len, texts))
        at = 0
        for text in texts:
            first, last = (start + (end - start) * n // letters for n in (at, at + len(text)))
            yield Sentence(first, last, match[3], text)
            at += len(text)


def clock(ms: int) -> str:
    """Milliseconds as WebVTT writes them."""
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def zoom(call: str) -> str:
    """The transcript of a call as Zoom writes it."""
    cues = [
        f"{number}\n{clock(said.start)} --> {clock(said.end)}\n{said.who}: {said.text}\n"
        for number, said in enumerate(sentences(call), start=1)
    ]
    return "WEBVTT\n\n" + "\n".join(cues)


def teams(call: str) -> str:
    """The transcript of a call as Teams writes it, begun late: what was said before is not in it."""
    cues = []
    for number, said in enumerate(sentences(call)):
        start, end = (max(moment - TEAMS_IS_LATE, 0) for moment in said[:2])
        if start < end:
            name = uuid.uuid5(uuid.NAMESPACE_URL, f"{call}/{number}")
            text = re.sub(rf"(.{{1,{WIDE}}})(?: |$)", r"\1\n", said.text).rstrip("\n")
            cues.append(f"{name}/{number}-0\n{clock(start)} --> {clock(end)}\n<v {said.who}>{text}</v>\n")
    return "WEBVTT\n\n" + "\n".join(cues)


def people(call: str) -> str:
    """The people of a call and their turns, for the JSON sidecar."""
    turns: dict[str, list[list[float]]] = {}
    for line in (HERE / f"{call}.rttm").read_text(encoding="utf-8").splitlines():
        _, _, _, start, length, _, _, who, *_ = line.split()
        turn = [float(start), round(float(start) + float(length), 2)]
        turns.setdefault(who.replace("_", " "), []).append(turn)
    found = []
    for attendee in tomllib.loads((HERE / f"{call}.plan.toml").read_text(encoding="utf-8"))["attendee"]:
        name = attendee["name"]
        person = {"name": name, "side": attendee["side"], "role": attendee["role"]}
        if call in CHANNELS:
            person["channel"] = CHANNELS[call][name]
        found.append(person | {"turns": turns[name]})
    text = json.dumps({"people": found}, indent=1)
    return re.sub(r"\[\s+([\d.]+),\s+([\d.]+)\s+\]", r"[\1, \2]", text) + "\n"


def main() -> None:
    """Writes every sidecar."""
    for call in CALLS:
        folder = HERE / "sidecars" / call
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, text in ((".transcript.vtt", zoom(call)), (".vtt", teams(call)), (".people.json", people(call))):
            (folder / (call + suffix)).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
