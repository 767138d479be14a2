"""Somebody who follows only what the program prints ends at the right names and sides, on all four samples."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.debrief.record import CallRecord

pytestmark = [pytest.mark.models, pytest.mark.slow]

CALLS = ("led-call.ogg", "taken-over-call.ogg", "final-presentation.ogg", "dialer-call.flac")
SIDES = {"Dana Reyes": "team", "Marcus Webb": "team", "Priya Nair": "team"}


@pytest.mark.parametrize("plan", [True, False], ids=["with the plan", "without"])
@pytest.mark.parametrize("file", CALLS)
def test_what_is_printed_leads_to_the_right_names_and_sides(
    file: str, plan: bool, samples: Path, tmp_path: Path
) -> None:
    shutil.copy(samples / file, tmp_path)
    stem = file.partition(".")[0]
    if plan:
        shutil.copy(samples / f"{stem}.plan.toml", tmp_path)
    truth = samples / f"{stem}.rttm"
    said = printed(tmp_path, ["analyzer", "report", file])
    for _ in range(4):
        call = kept(tmp_path, stem)
        true = true_names(call, truth)
        for key, name in re.findall(r"(S\d+) may be ([A-Z][a-z]+(?: [A-Z][a-z]+)?)", " ".join(said.split())):
            assert true[key].startswith(name)
        command = next(
            (line.strip() for line in said.splitlines() if re.match(r" +analyzer (report|name) ", line)), None
        )
        if command is None:
            break
        assert not any(name in command for name in true.values())
        said = printed(tmp_path, filled(shlex.split(command), true))
    call = kept(tmp_path, stem)
    assert {person.key: person.name for person in call.people} == true_names(call, truth)
    assert {person.name: person.side for person in call.people} == {
        name: SIDES.get(name, "customer") for name in true_names(call, truth).values()
    }
    assert call.label(call.lead.salesperson or "") == "Dana Reyes"


def printed(folder: Path, command: list[str]) -> str:
    """What a command prints that somebody pastes; it must end well."""
    assert command[0] == "analyzer"
    ran = subprocess.run(
        [sys.executable, "-m", "analyzer", *command[1:]], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def filled(command: list[str], true: dict[str, str]) -> list[str]:
    """The command with what the user knows in place of what it leaves open."""
    customers = [key for key, name in true.items() if name not in SIDES]
    seller = next(key for key, name in true.items() if name == "Dana Reyes")
    known = {"--salesperson": seller, "--customer": customers[0]}
    out: list[str] = []
    for word in command:
        key, equals, name = word.partition("=")
        if word == "S?":
            word = known[out[-1]]
        elif equals and name == "First Last":
            word = f"{key}={true[key]}"
        out.append(word)
    return out


def kept(folder: Path, stem: str) -> CallRecord:
    return CallRecord.model_validate_json((folder / "debriefs" / stem / "call.json").read_bytes())


def true_names(call: CallRecord, truth: Path) -> dict[str, str]:
    """Who each voice is in truth: whoever speaks most while it does."""
    turns = [line.split() for line in truth.read_text().splitlines()]
    true = [(float(t[3]), float(t[3]) + float(t[4]), t[7].replace("_", " ")) for t in turns]
    found = {}
    for person in call.people:
        shared: dict[str, float] = {}
        for turn in (one for one in call.turns if one.who == person.key):
            for start, end, name in true:
                shared[name] = shared.get(name, 0.0) + max(0.0, min(end, turn.end) - max(start, turn.start))
        found[person.key] = max(shared, key=lambda name: shared[name])
    return found
