"""The sample calls: their truth, their plan, their recording and the README's tables tell one story.

Shares, floor and lead are worked out here by walking through frames of 10 ms (the grid of the truth, so nothing is
rounded) and with no code of the package: these figures are what the package is held to.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
NAMES = ("led-call", "taken-over-call", "final-presentation", "dialer-call")


class Claim(NamedTuple):
    """A turn of the truth: the first frame, the one after the last, and the person's name."""

    start: int
    end: int
    who: str


class Hold(NamedTuple):
    """A stretch of somebody's floor or lead, in frames."""

    who: str
    start: int
    end: int


def frames(seconds: str) -> int:
    exact = float(seconds) * 100
    assert abs(exact - round(exact)) < 1e-6, f"{seconds} is not on the grid of 10 ms"
    return round(exact)


@cache
def turns(name: str) -> tuple[Claim, ...]:
    found = []
    for line in (SAMPLES / f"{name}.rttm").read_text(encoding="utf-8").splitlines():
        kind, file, channel, start, length, *_, who = line.split()[:8]
        assert (kind, file, channel) == ("SPEAKER", name, "1")
        found.append(Claim(frames(start), frames(start) + frames(length), who.replace("_", " ")))
    return tuple(found)


@cache
def words(name: str) -> tuple[tuple[Claim, str], ...]:
    pattern = re.compile(r"(\d+\.\d\d) (\d+\.\d\d) ([A-Z]\w+ [A-Z]\w+): (.+)")
    found = []
    for line in (SAMPLES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        match = pattern.fullmatch(line)
        assert match, line
        found.append((Claim(frames(match[1]), frames(match[2]), match[3]), match[4]))
    return tuple(found)


@cache
def plan(name: str) -> dict[str, Any]:
    return tomllib.loads((SAMPLES / f"{name}.plan.toml").read_text(encoding="utf-8"))


def recording(name: str) -> Path:
    return next(path for path in sorted(SAMPLES.glob(f"{name}.*")) if path.suffix in (".ogg", ".flac"))


@cache
def audio(name: str) -> tuple[np.ndarray, int]:
    sound, rate = soundfile.read(recording(name), dtype="float32", always_2d=True)
    return sound, rate


def people(name: str, side: str) -> set[str]:
    return {attendee["name"] for attendee in plan(name)["attendee"] if attendee["side"] == side}


def planned_lead(name: str) -> str:
    (who,) = (attendee["name"] for attendee in plan(name)["attendee"] if attendee.get("lead"))
    return str(who)


@cache
def talking(name: str) -> dict[str, set[int]]:
    """The frames in which each person talks."""
    found: dict[str, set[int]] = {}
    for start, end, who in turns(name):
        found.setdefault(who, set()).update(range(start, end))
    return found


def length_in_frames(name: str) -> int:
    sound, rate = audio(name)
    return round(len(sound) * 100 / rate)


@cache
def floor(name: str) -> tuple[Hold, ...]:
    """Who holds the floor, frame by frame: the holder keeps it while they talk, and over gaps of up to 2 s."""
    talk = talking(name)
    short = {turn for turn in turns(name) if turn.end - turn.start <= 100}
    backchannels = {
        turn for turn in short if any(turn.start in talk[who] for who in talk if who != turn.who)
    }  # in these calls every short remark either falls into somebody's speech or stands alone
    holder, since, last = "", 0, 0
    holds = []
    for at in range(length_in_frames(name)):
        if holder and at in talk[holder]:
            last = at
            continue
        taking = [t for t in turns(name) if t.start <= at < t.end and t not in backchannels]
        if taking:
            if holder:
                holds.append(Hold(holder, since, last + 1))
            holder, since, last = min(taking).who, at, at
        elif holder and at - last > 200:
            holds.append(Hold(holder, since, last + 1))
            holder = ""
    if holder:
        holds.append(Hold(holder, since, last + 1))
    return tuple(holds)


@cache
def leads(name: str) -> tuple[Hold, ...]:
    """Who of the team has the lead: whoever says 3 s since the leader last held the floor."""
    talk, team = talking(name), people(name, "team")
    found: list[Hold] = []
    since: dict[str, list[int]] = {}
    for who, start, end in floor(name):
        if who not in team:
            continue
        if found and found[-1].who == who:
            since = {}
            continue
        since.setdefault(who, [start, 0])[1] += sum(at in talk[who] for at in range(start, end))
        begin, said = since[who]
        if said >= 300 or not found:
            found[-1:] = [found[-1]._replace(end=begin)] if found else []
            found.append(Hold(who, begin, length_in_frames(name)))
            since = {}
    return tuple(found)


def spoken(name: str, stretch: Hold) -> int:
    """Frames in which whoever has the stretch talks in it."""
    return sum(at in talking(name)[stretch.who] for at in range(stretch.start, stretch.end))


def others_lead(name: str) -> list[Hold]:
    """The stretches in which somebody other than the planned lead leads and talks for 10 s."""
    return [lead for lead in leads(name) if lead.who != planned_lead(name) and spoken(name, lead) >= 1000]


def overlapped(name: str, before: Hold, after: Hold) -> bool:
    """Whether `after` began to talk at least 0.5 s before the floor of `before` ended."""
    return any(t.who == after.who and t.start <= before.end - 50 and t.end > before.end for t in turns(name))


def trigger(name: str, stretch: Hold) -> str:
    before = [hold for hold in floor(name) if hold.start < stretch.start][-1]
    if before.who == planned_lead(name):
        return "cut_in" if overlapped(name, before, stretch) else "pause"
    (asked,) = (text for turn, text in words(name) if turn.who == before.who and turn.end == before.end)
    return "asked" if "?" in asked or stretch.who.split()[0] in asked else "pause"


def ending(name: str, stretch: Hold) -> str:
    after = [hold for hold in floor(name) if hold.start >= stretch.end]
    if not after:
        return "end_of_call"
    before = [hold for hold in floor(name) if hold.start < stretch.end][-1]
    assert (before.who, after[0].who) == (stretch.who, planned_lead(name))
    return "taken_back" if overlapped(name, before, after[0]) else "handed_back"


@cache
def table(first_column: str) -> tuple[dict[str, str], ...]:
    """The rows of the README's table whose first column has this heading."""
    lines = (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    (top,) = (i for i, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[top:]]
    rows = cells[2 : next(i for i, row in enumerate([*cells, [""]]) if len(row) < len(cells[0]))]
    return tuple(dict(zip(cells[0], row, strict=True)) for row in rows)


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %"


def moment(at: int) -> str:
    return f"{at // 6000}:{at % 6000 / 100:05.2f}"


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_people_is_what_the_truth_says(name: str) -> None:
    talk, team = talking(name), people(name, "team")
    everybody = sum(map(len, talk.values()))
    of_the_team = sum(len(talk[who]) for who in team)
    expected = [
        {
            "recording": recording(name).name,
            "length": moment(length_in_frames(name)),
            "person": attendee["name"],
            "role": attendee["role"],
            "talk time": f"{len(talk[attendee['name']]) / 100:.2f} s",
            "talk share": percent(len(talk[attendee["name"]]), everybody),
            "team share": percent(len(talk[attendee["name"]]), of_the_team) if attendee["name"] in team else "–",
        }
        for attendee in plan(name)["attendee"]
    ]
    assert [row for row in table("recording") if row["recording"] == recording(name).name] == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_the_lead_is_what_the_truth_says(name: str) -> None:
    who, talk, team = planned_lead(name), talking(name), people(name, "team")
    having = sum(lead.end - lead.start for lead in leads(name))
    (row,) = (row for row in table("call") if row["call"] == name)
    assert row["lead share (team-talk)"] == percent(len(talk[who]), sum(len(talk[p]) for p in team))
    assert row["lead-time"] == percent(sum(x.end - x.start for x in leads(name) if x.who == who), having)
    share = len(talk[who]) / sum(len(talk[p]) for p in team)
    answers = ("yes" if share >= 0.85 else "no", "yes" if share <= 0.90 else "no")
    if "exception" in plan(name):
        answers = ("not_judged (exception_declared)",) * 2
    assert (row["led"], row["team_took_part"]) == answers
    assert row["all-talk"] == percent(len(talk[who]), sum(map(len, talk.values())))


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_who_else_led_is_what_the_truth_says(name: str) -> None:
    on_the_agenda = {item["lead"] for item in plan(name)["agenda"]}
    expected = [
        {
            "in": name,
            "who": lead.who,
            "from": moment(lead.start),
            "to": moment(lead.end),
            "talks": f"{spoken(name, lead) / 100:.2f} s",
            "trigger": trigger(name, lead),
            "ending": ending(name, lead),
            "kind": "planned hand-over" if lead.who in on_the_agenda else "take-over",
        }
        for lead in others_lead(name)
    ]
    assert [row for row in table("in") if row["in"] == name] == expected


def test_each_call_shows_what_it_was_made_for() -> None:
    shares = {
        name: len(talking(name)[planned_lead(name)]) / sum(len(talking(name)[who]) for who in people(name, "team"))
        for name in NAMES
    }
    assert 0.85 <= shares["led-call"] <= 0.90
    assert shares["taken-over-call"] < 0.75
    assert shares["final-presentation"] < 0.60
    assert others_lead("led-call") == []
    assert len(others_lead("taken-over-call")) == 2
    assert plan("final-presentation")["exception"]["kind"] == "final_presentation"
    assert all("exception" not in plan(name) for name in NAMES if name != "final-presentation")


@pytest.mark.parametrize("name", NAMES)
def test_truth_and_words_have_the_same_turns_in_order_of_start(name: str) -> None:
    assert [turn for turn, _ in words(name)] == list(turns(name))
    assert list(turns(name)) == sorted(turns(name), key=lambda turn: (turn.start, turn.who))


@pytest.mark.parametrize("name", NAMES)
def test_turns_of_a_person_are_apart_by_more_than_a_pause_inside_a_turn(name: str) -> None:
    for who in talking(name):
        own = [turn for turn in turns(name) if turn.who == who]
        assert all(b.start - a.end > 50 for a, b in pairwise(own))


@pytest.mark.parametrize("name", NAMES)
def test_every_call_has_an_interruption_and_backchannels(name: str) -> None:
    cut_in = [
        (a, b)
        for a in turns(name)
        for b in turns(name)
        if a.who != b.who and a.start < b.start <= a.end - 50 and a.end < b.end and a.end - b.start <= 200
    ]
    inside = [b for a in turns(name) for b in turns(name) if a.who != b.who and a.start < b.start and b.end < a.end]
    assert cut_in
    assert len(inside) >= 2
    assert all(turn.end - turn.start <= 100 for turn in inside)


@pytest.mark.parametrize("name", NAMES)
def test_everybody_in_the_truth_is_on_the_plan_and_the_other_way_round(name: str) -> None:
    assert set(talking(name)) == people(name, "team") | people(name, "customer")
    assert (len(people(name, "team")), len(people(name, "customer"))) == (2, 1)
    assert planned_lead(name) in people(name, "team")
    assert {item["lead"] for item in plan(name)["agenda"]} <= set(talking(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_keywords_of_the_plan_are_said(name: str) -> None:
    said = " ".join(re.sub(r"[^\w ]", "", text).lower() for _, text in words(name))
    for part in plan(name)["agenda"] + plan(name)["objective"]:
        missing = [keyword for keyword in part["keywords"] if keyword.lower() not in said]
        assert not missing, part


def test_the_exception_was_declared_before_the_call() -> None:
    assert plan("final-presentation")["exception"]["declared_on"] < plan("final-presentation")["date"]


@pytest.mark.parametrize("name", NAMES)
def test_the_recording_ends_after_the_last_turn_and_lasts_one_to_three_minutes(name: str) -> None:
    assert 6_000 <= length_in_frames(name) <= 18_000
    assert 0 < length_in_frames(name) - max(turn.end for turn in turns(name)) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_where_the_truth_says_nobody_talks_the_recording_is_quiet(name: str) -> None:
    sound, rate = audio(name)
    hop = rate // 100
    level = 10 * np.log10((sound[: len(sound) // hop * hop].reshape(-1, hop, sound.shape[1]) ** 2).mean((1, 2)) + 1e-12)
    speech = np.zeros(len(level), dtype=bool)
    echo = np.zeros(len(level), dtype=bool)
    for start, end, _ in turns(name):
        speech[start:end] = True
        echo[end : end + 10] = True  # the codec's and the room's last tenth of a second
    quiet = level[~speech & ~echo]
    assert np.median(level[speech]) - np.median(quiet) > 20
    assert np.percentile(quiet, 95) < np.median(level[speech]) - 15
    # Every turn after silence begins where the truth says, give or take 30 ms.
    for start in (t.start for t in turns(name) if not speech[t.start - 10 : t.start].any()):
        assert level[start : start + 3].max() > np.percentile(quiet, 95)


def test_the_dialer_has_the_salesperson_on_one_channel_and_the_two_others_on_the_second() -> None:
    sound, rate = audio("dialer-call")
    assert (rate, sound.shape[1]) == (8_000, 2)
    power = (sound[: len(sound) // 80 * 80].reshape(-1, 80, 2).astype(float) ** 2).mean(axis=1)
    for start, end, who in turns("dialer-call"):
        mine, theirs = (0, 1) if who == "Dana Reyes" else (1, 0)
        alone = [at for at in range(start, end) if sum(t.start <= at < t.end for t in turns("dialer-call")) == 1]
        if alone:
            assert power[alone, mine].mean() > 100 * power[alone, theirs].mean()


def test_all_recordings_together_stay_under_four_megabytes() -> None:
    assert sum(recording(name).stat().st_size for name in NAMES) < 4_000_000
