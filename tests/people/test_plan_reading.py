"""Plan files: read, checked with line, column and field, written, and begun from a template."""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import re
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.errors import BadFileError, ExitCode, LibraryError, OutputError
from analyzer.people.commitment import Commitment
from analyzer.people.hand_written import Finding
from analyzer.people.names import folded, is_clean, one_line
from analyzer.people.plan import reading as plan_file
from analyzer.people.plan.plan import AgendaItem, Attendee, DeclaredException, Objective, Plan
from analyzer.people.plan.reading import (
    check_plan,
    plan_path,
    plan_template,
    plan_toml,
    read_plan,
    write_plan_template,
)
from analyzer.timeline import SAMPLE_RATE

GOOD = """\
date = 2026-05-12
customer = "Northwind Foods"
reason = "Sam answers what security asks"

[[attendee]]
name = "Dana Reyes"
side = "team"
role = "salesperson"
lead = true
aliases = ["D. R."]

[[attendee]]
name = "Sam Okafor"
side = "team"
role = "manager"

[[attendee]]
name = "Zoë Lind"
side = "customer"
role = "customer"

[[agenda]]
title = "Where dispatch stands today"
lead = "D. R."
keywords = ["dispatch", "late deliveries"]
minutes = 5
start = "0:45"
end = "3:10"

[[agenda]]
title = "Security questions"
lead = "sam"
keywords = ["security"]

[[objective]]
text = "Agree on a four-week pilot in one depot"
keywords = ["pilot", "four weeks", "depot"]

[exception]
kind = "final_presentation"
declared_on = 2026-05-10
note = "The whole board is there"

[[commitment]]
who = "Dana"
text = "Ask one question before answering one"
due = 2026-05-12
kept = true
"""

EXPECTED = Plan(
    date=dt.date(2026, 5, 12),
    customer="Northwind Foods",
    reason="Sam answers what security asks",
    attendees=(
        Attendee("Dana Reyes", "team", "salesperson", lead=True, aliases=("D. R.",)),
        Attendee("Sam Okafor", "team", "manager"),
        Attendee("Zoë Lind", "customer", "customer"),
    ),
    agenda=(
        AgendaItem(
            "Where dispatch stands today",
            "Dana Reyes",
            ("dispatch", "late deliveries"),
            length=300 * SAMPLE_RATE,
            start=45 * SAMPLE_RATE,
            end=190 * SAMPLE_RATE,
        ),
        AgendaItem("Security questions", "Sam Okafor", ("security",)),
    ),
    objectives=(Objective("Agree on a four-week pilot in one depot", ("pilot", "four weeks", "depot")),),
    exception=DeclaredException("final_presentation", dt.date(2026, 5, 10), "The whole board is there"),
    commitments=(
        Commitment("Dana Reyes", "Ask one question before answering one", due=dt.date(2026, 5, 12), kept=True),
    ),
)


@pytest.fixture
def check(tmp_path: Path) -> Callable[[str | bytes], tuple[Finding, ...]]:
    def run(text: str | bytes) -> tuple[Finding, ...]:
        path = tmp_path / "call.plan.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return check_plan(path)

    return run


Check = Callable[[str | bytes], tuple[Finding, ...]]


def with_lines(changes: dict[int, str | None]) -> str:
    """The good plan with some lines (counted from 1) replaced, or taken out without moving the others (None)."""
    lines = GOOD.splitlines()
    for number, line in changes.items():
        lines[number - 1] = line or ""
    return "\n".join(lines) + "\n"


def test_a_good_plan_is_read_into_records_and_has_no_findings(tmp_path: Path) -> None:
    path = tmp_path / "call.plan.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_plan(path) == (EXPECTED, ())
    assert check_plan(path) == ()


@pytest.mark.parametrize(
    "raw",
    [
        GOOD.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.rstrip("\n").encode(),
        GOOD.replace('"Zoë Lind"', '"Zo\\u00EB  Lind "').encode(),
        GOOD.replace('side = "team"', 'side = "Team"').encode(),
        GOOD.replace('"0:45"', "45").replace('"3:10"', '"190.0"').encode(),
        GOOD.replace('"0:45"', '"0:00:45"').replace('"3:10"', "190.00001").encode(),
        GOOD.replace("minutes = 5", "minutes = 5.0").encode(),
        GOOD.replace('"Sam answers what security asks"', '"""Sam answers\nwhat security asks"""').encode(),
        re.sub(r"\[exception\]\n(.*)\n(.*)\n(.*)\n", r"", GOOD)
        .replace("\n\n[[attendee]]", '\nexception = {kind="final_presentation", declared_on=2026-05-10, '
                 'note="The whole board is there"}\n\n[[attendee]]', 1).encode(),
    ],
    ids=["crlf", "bom", "no last line end", "escape", "case", "seconds", "hours", "float", "lines", "braces"],
)  # fmt: skip
def test_other_ways_to_write_it_give_the_same_records(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "call.plan.toml"
    path.write_bytes(raw)
    assert read_plan(path) == (EXPECTED, ())


E, W = "error", "warning"

BAD: list[tuple[str, dict[int, str | None], list[tuple[str, int, int, str, str]]]] = [
    # what is wrong · changed lines · findings: severity, line, column, field, part of the message
    ("text for date", {1: 'date = "2026-05-12"'}, [(E, 1, 1, "date", 'not the text "2026-05-12"')]),
    ("time for date", {1: "date = 14:00:00"}, [(E, 1, 1, "date", "the time 14:00:00")]),
    ("exception but no date", {1: None}, [(E, 1, 1, "date", "whether the exception was declared before")]),
    ("no customer", {2: None}, [(W, 1, 1, "customer", "missing")]),
    ("empty customer", {2: 'customer = " "'}, [(W, 2, 1, "customer", "missing")]),
    ("customer is a list", {2: "customer = []"}, [(E, 2, 1, "customer", "not a list")]),
    ("control character", {2: 'customer = "\\u001b[2J"'}, [(E, 2, 1, "customer", 'the text "\\x1b[2J"')]),
    ("too long", {2: f'customer = "{"x" * 201}"'}, [(E, 2, 1, "customer", "longer than 200")]),
    ("no reason", {3: None}, [(W, 1, 1, "reason", "more than one of the team")]),
    ("reason is true", {3: "reason = true"}, [(E, 3, 1, "reason", "not true")]),
    ("same key twice", {4: "date = 2026-05-12"}, [(E, 4, 1, "date", "twice here, first on line 1")]),
    ("another kind of ride-along", {4: 'ride_along = "coach"'},
     [(E, 4, 1, "ride_along", "observe, support, co-sell or model")]),
    ("a kind of ride-along still to be said", {4: 'ride_along = ""'},
     [(E, 4, 1, "ride_along", "still to be filled in")]),
    ("neither new nor returning", {4: "customer_is = true"}, [(E, 4, 1, "customer_is", "should be a text, not true")]),
    ("unknown key", {4: "custommer = 'x'"}, [(W, 4, 1, "custommer", "did you mean customer?")]),
    ("unknown key like nothing", {4: "weather = 'x'"}, [(W, 4, 1, "weather", "not known here")]),
    ("key below its place", {11: "reason = 'x'"}, [(W, 11, 1, "attendee[1].reason", "not known here")]),
    ("single brackets", {5: "[attendee]", 12: "[attendee2]", 17: "[attendee3]"},
     [(E, 5, 1, "attendee", "two brackets"), (W, 12, 1, "attendee2", "did you mean attendee?"),
      (W, 17, 1, "attendee3", "did you mean attendee?")]),
    ("no name", {6: None}, [(E, 5, 1, "attendee[1].name", "missing")]),
    ("empty name", {13: '  name = ""'}, [(E, 13, 3, "attendee[2].name", "still to be filled in")]),
    ("name is a number", {6: "name = 7"}, [(E, 6, 1, "attendee[1].name", "not the number 7")]),
    ("name of no letters", {18: 'name = "\\u0301"'}, [(E, 18, 1, "attendee[3].name", "no letter")]),
    ("no side", {14: None}, [(E, 12, 1, "attendee[2].side", "missing")]),
    ("neither side", {19: 'side = "client"'},
     [(E, 19, 1, "attendee[3].side", 'team or customer, not the text "client"')]),
    ("misspelt side", {19: 'side = "custumer"'}, [(E, 19, 1, "attendee[3].side", "did you mean customer?")]),
    ("no role", {15: None}, [(E, 12, 1, "attendee[2].role", "missing")]),
    ("empty role", {15: "role = ''"}, [(E, 15, 1, "attendee[2].role", "still to be filled in")]),
    ("lead is a text", {9: 'lead = "yes"'}, [(E, 9, 1, "attendee[1].lead", 'true or false, not the text "yes"')]),
    ("lead is 1", {9: "lead = 1"}, [(E, 9, 1, "attendee[1].lead", "not the number 1")]),
    ("no lead", {9: None}, [(E, 5, 1, "attendee", "no one has the lead")]),
    ("two leads", {16: "lead = true"},
     [(E, 16, 1, "attendee[2].lead", "two leads: Dana Reyes (line 9) and Sam Okafor (line 16)")]),
    ("the customer leads", {9: None, 21: "lead = true"},
     [(E, 21, 1, "attendee[3].lead", "Zoë Lind is to lead, but is on the customer's side"),
      (W, 8, 1, "attendee[1].role", "salesperson, but somebody else has the lead")]),
    ("same name twice", {13: 'name = "dana  REYES"', 32: 'lead = "D. R."'},
     [(E, 13, 1, "attendee[2].name", "dana REYES is listed twice (line 6)")]),
    ("alias of another", {20: 'role = "customer"', 21: 'aliases = ["Z", "D. R."]'},
     [(E, 21, 1, "attendee[3].aliases[2]", "Dana Reyes is called (line 10)"),
      (E, 24, 1, "agenda[1].lead", "D. R. may be Dana Reyes or Zoë Lind")]),
    ("alias is a text", {21: 'aliases = "Zoe"'}, [(E, 21, 1, "attendee[3].aliases", "list of texts")]),
    ("second salesperson", {15: 'role = "Salesperson"'},
     [(W, 15, 1, "attendee[2].role", "Sam Okafor is a salesperson")]),
    ("team member as customer", {15: 'role = "customer"'}, [(W, 15, 1, "attendee[2].role", "but is on the team")]),
    ("no customer on the call", {19: 'side = "team"', 20: 'role = "specialist"'},
     [(W, 5, 1, "attendee", "number of people on the call is not known")]),
    ("no title", {23: None}, [(E, 22, 1, "agenda[1].title", "missing")]),
    ("item without lead", {24: None}, [(E, 22, 1, "agenda[1].lead", "missing")]),
    ("item led by a slip", {24: 'lead = "Dana Reyse"'}, [(E, 24, 1, "agenda[1].lead", "did you mean Dana Reyes?")]),
    ("item led by a stranger", {32: 'lead = "Bob Stone"'}, [(E, 32, 1, "agenda[2].lead", "is called Bob Stone")]),
    ("item led by one of two", {18: 'name = "Sam Lind"'}, [(E, 32, 1, "agenda[2].lead", "Sam Okafor or Sam Lind")]),
    ("keywords are a text", {25: 'keywords = "dispatch"'}, [(E, 25, 1, "agenda[1].keywords", "list of texts")]),
    ("a keyword is a number", {25: 'keywords = ["a", 2]'}, [(E, 25, 1, "agenda[1].keywords[2]", "not the number 2")]),
    ("an empty keyword", {37: 'keywords = ["a", " "]'}, [(E, 37, 1, "objective[1].keywords[2]", "empty")]),
    ("item without keywords", {33: None}, [(W, 30, 1, "agenda[2].keywords", "cannot be found in the call")]),
    ("negative minutes", {26: "minutes = -5"}, [(E, 26, 1, "agenda[1].minutes", "less than nothing")]),
    ("no minutes", {26: "minutes = 0"}, [(E, 26, 1, "agenda[1].minutes", "no time at all")]),
    ("minutes in quotes", {26: 'minutes = "5"'}, [(E, 26, 1, "agenda[1].minutes", "should be a number")]),
    ("endless minutes", {26: "minutes = inf"}, [(E, 26, 1, "agenda[1].minutes", "the number inf")]),
    ("no number of minutes", {26: "minutes = nan"}, [(E, 26, 1, "agenda[1].minutes", "the number nan")]),
    ("true minutes", {26: "minutes = true"}, [(E, 26, 1, "agenda[1].minutes", "not true")]),
    ("a day of minutes", {26: "minutes = 1440"}, [(E, 26, 1, "agenda[1].minutes", "a day or more")]),
    ("huge minutes", {26: f"minutes = {'9' * 400}"}, [(E, 26, 1, "agenda[1].minutes", "a day or more")]),
    ("end before start", {27: 'start = "3:10"', 28: 'end = "0:45"'},
     [(E, 28, 1, "agenda[1].end", "the end at 0:45 is not after the start at 3:10")]),
    ("end at start", {28: 'end = "0:45"'}, [(E, 28, 1, "agenda[1].end", "not after the start")]),
    ("time of day", {27: "start = 00:00:45"}, [(E, 27, 1, "agenda[1].start", "the time 00:00:45")]),
    ("sixty seconds", {28: 'end = "3:60"'}, [(E, 28, 1, "agenda[1].end", "should be a moment")]),
    ("sixty minutes", {28: 'end = "1:60:00"'}, [(E, 28, 1, "agenda[1].end", "should be a moment")]),
    ("negative start", {27: "start = -1"}, [(E, 27, 1, "agenda[1].start", "less than nothing")]),
    ("overlapping times", {34: "start = '3:09'"},
     [(E, 34, 1, "agenda[2].start", "overlaps Where dispatch stands today (line 22: 0:45 to 3:10)")]),
    ("no objectives", {35: None, 36: None, 37: None}, [(W, 1, 1, "objective", "no objectives")]),
    ("objective of nothing", {36: 'text = ""'}, [(E, 36, 1, "objective[1].text", "still to be filled in")]),
    ("objective without keywords", {37: None}, [(W, 35, 1, "objective[1].keywords", "cannot be found in the call")]),
    ("no agenda", dict.fromkeys(range(22, 34)), [(W, 1, 1, "agenda", "no agenda")]),
    ("exception without kind", {40: None}, [(E, 39, 1, "exception.kind", "missing")]),
    ("exception of another kind", {40: 'kind = "final"'}, [(E, 40, 1, "exception.kind", "or other")]),
    ("exception without a day", {41: None}, [(E, 39, 1, "exception.declared_on", "missing")]),
    ("exception after the call", {41: "declared_on = 2026-05-13"},
     [(E, 41, 1, "exception.declared_on", "declared on 2026-05-13, after the call on 2026-05-12")]),
    ("exception in double brackets", {39: "[[exception]]"}, [(E, 39, 1, "exception", "one table, not a list")]),
    ("other without a note", {40: 'kind = "other"', 42: None}, [(W, 39, 1, "exception.note", "no note")]),
    ("commitment of no one", {45: None}, [(E, 44, 1, "commitment[1].who", "missing")]),
    ("commitment to nothing", {46: "text = 1"}, [(E, 46, 1, "commitment[1].text", "not the number 1")]),
    ("commitment with a bad day", {47: 'due = "soon"'}, [(E, 47, 1, "commitment[1].due", "should be a date")]),
    ("commitment kept a bit", {48: 'kept = "a bit"'}, [(E, 48, 1, "commitment[1].kept", "true or false")]),
    ("commitment by a slip", {45: 'who = "Dana Ryes"'}, [(W, 45, 1, "commitment[1].who", "did you mean Dana Reyes?")]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_plan_is_found_out_with_line_column_and_field(
    check: Check, changes: dict[int, str | None], expected: list[tuple[str, int, int, str, str]]
) -> None:
    found = check(with_lines(changes))
    assert [(f.severity, f.line, f.column, f.field) for f in found] == sorted(
        ((severity, line, column, field) for severity, line, column, field, _ in expected), key=lambda f: f[1:3]
    )
    for finding in found:
        part = next(part for *_, line, _, field, part in expected if (line, field) == (finding.line, finding.field))
        assert part in finding.what
        assert finding.todo
        assert "\n" not in finding.text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["date", "customer", "attendee", "agenda", "objective"]),
        ("attendee = 3\n", ["date", "customer", "agenda", "objective", "attendee"]),
        ("attendee = [3]\n", ["date", "customer", "agenda", "objective", "attendee[1]"]),
        ("attendee = []\n", ["date", "customer", "agenda", "objective", "attendee"]),
        ("exception = 3\n", ["date", "customer", "attendee", "agenda", "objective", "exception"]),
    ],
)
def test_what_follows_from_something_unreadable_is_not_said_again(check: Check, text: str, expected: list[str]) -> None:
    assert sorted(f.field for f in check(text)) == sorted(expected)


def test_every_item_in_the_way_of_a_long_one_is_found(check: Check) -> None:
    # a |==============|
    # b    |==|             both lie in a; c meets only a, although b began later
    # c             |====|
    times = [("a", 0, 30), ("b", 5, 8), ("c", 25, 35)]
    items = [f'[[agenda]]\ntitle = "{t}"\nlead = "Dana"\nstart = {start}\nend = {end}\n' for t, start, end in times]
    found = check("\n".join(GOOD.splitlines()[:21]) + "\n" + "".join(items))
    assert [(f.field, f.what) for f in found if f.severity == "error"] == [
        ("agenda[2].start", "overlaps a (line 22: 0:00 to 0:30)"),
        ("agenda[3].start", "overlaps a (line 22: 0:00 to 0:30)"),
    ]


def test_bytes_that_are_no_text_are_named_with_their_line(check: Check) -> None:
    (finding,) = check(GOOD.encode("latin-1"))
    assert (finding.severity, finding.line, finding.column) == ("error", 18, 11)
    assert "0xEB is not UTF-8" in finding.what
    (finding,) = check(GOOD.encode("utf-16"))
    assert "UTF-16" in finding.what
    (finding,) = check(GOOD.replace("team", "te\0am", 1))
    assert (finding.line, finding.column) == (7, 11)


def test_a_file_larger_than_a_megabyte_is_refused_without_reading_on(check: Check) -> None:
    padding = "#" * (1_000_000 - len(GOOD.encode()))
    assert check(GOOD + padding) == ()
    (finding,) = check(GOOD + padding + "#")
    assert (finding.severity, finding.line, finding.column) == ("error", 1, 1)
    assert "1,000,000 bytes" in finding.what


def test_more_tables_than_a_plan_can_have_are_an_error_at_the_first_too_many(check: Check) -> None:
    more = '[[objective]]\ntext = "x"\nkeywords = ["x"]\n'
    good = "\n".join(GOOD.splitlines()[:34]) + "\n"
    assert check(good + more * 200) == ()
    (finding,) = check(good + more * 201)
    assert (finding.line, finding.field) == (34 + 3 * 200 + 1, "objective[201]")


def test_unknown_keys_are_named_up_to_a_number_of_them(check: Check) -> None:
    found = check("".join(f"zz{i} = 1\n" for i in range(30)) + GOOD)
    assert [f.line for f in found] == list(range(1, 22))
    assert found[20].what == "10 more keys that are not known here"


def test_reading_a_bad_plan_names_file_line_field_the_way_out_and_how_many_more(tmp_path: Path) -> None:
    path = tmp_path / "call.plan.toml"
    path.write_text(with_lines({9: 'lead = "yes"', 14: 'side = "client"', 26: "minutes = -1"}), encoding="utf-8")
    with pytest.raises(BadFileError) as caught:
        read_plan(path)
    assert caught.value.exit_code == ExitCode.BAD_FILE
    assert str(caught.value) == (
        f'{path}, line 9, column 1: attendee[1].lead: should be true or false, not the text "yes". '
        "Write lead = true, without quotes, or take the line out. "
        "2 more errors in this file: analyzer plan check lists them."
    )
    path.write_text(with_lines({14: 'side = "client"', 33: None}), encoding="utf-8")
    with pytest.raises(BadFileError, match=r'line 14, column 1: .* side = "customer"\.$'):
        read_plan(path)


def test_warnings_come_with_the_plan(tmp_path: Path) -> None:
    path = tmp_path / "call.plan.toml"
    path.write_text(with_lines({33: None}), encoding="utf-8")
    plan, findings = read_plan(path)
    assert plan.agenda[1].keywords == ()
    assert [f.severity for f in findings] == ["warning"]
    assert findings == check_plan(path)


def test_on_a_call_that_shows_how_it_is_done_somebody_else_than_the_salesperson_leads(check: Check) -> None:
    text = with_lines({4: 'ride_along = "Model"', 9: None, 16: "lead = true"})
    assert check(text) == ()
    (found,) = check(text.replace("Model", "support"))
    assert (found.severity, found.field) == ("warning", "attendee[1].role")


def test_the_first_error_counts_not_a_warning_before_it(tmp_path: Path) -> None:
    path = tmp_path / "call.plan.toml"
    path.write_text(with_lines({2: None, 9: "lead = 1"}), encoding="utf-8")
    with pytest.raises(BadFileError, match=r"line 9, .*lead"):
        read_plan(path)


def test_a_finding_is_one_line_even_when_the_file_holds_escape_codes(check: Check) -> None:
    found = check(with_lines({4: '"a\\u001b[31m\\nb" = 1', 8: 'role = "x\\u0007"'}))
    assert [f.field for f in found] == ["a\\x1b[31m\\nb", "attendee[1].role"]
    assert all(line.isprintable() for line in (f.text() for f in found))


@pytest.mark.parametrize("read", [read_plan, check_plan])
def test_a_file_that_cannot_be_opened_is_a_bad_file(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(BadFileError, match="no such file"):
        read(tmp_path / "none.plan.toml")
    with pytest.raises(BadFileError, match="not a file"):
        read(tmp_path)
    with pytest.raises(BadFileError, match="cannot be opened"):
        read(Path("a\0b.plan.toml"))
    with pytest.raises(BadFileError, match="cannot be opened"):
        read(tmp_path / ("x" * 300))
    os.mkfifo(tmp_path / "pipe.plan.toml")
    with pytest.raises(BadFileError, match="not a file"):
        read(tmp_path / "pipe.plan.toml")


# Writing and reading again

LINES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=25).map(one_line).filter(is_clean)
NAMES = st.builds(
    lambda name, more: f"{name} {more}".strip(),
    st.sampled_from(["Dana", "Zoë", "Łukasz", "O’Neil", "王", 'Q"uote', "back\\slash", "{brace}", "#hash"]),
    LINES | st.just(""),
).filter(lambda name: bool(folded(name)))
KEYWORDS = st.lists(LINES.filter(lambda text: bool(folded(text))), max_size=3).map(tuple)
MOMENTS = st.integers(0, 24 * 3600 * SAMPLE_RATE - 1)
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
DAYS: st.SearchStrategy[Any] = st.dates() | st.datetimes() | st.datetimes(timezones=OFFSETS)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=folded))
    aliases = [
        (f"alias {i}",) if draw(st.booleans()) and f"alias {i}" not in map(folded, names) else ()
        for i in range(len(names))
    ]
    lead = draw(st.integers(0, len(names) - 1))
    attendees = tuple(
        Attendee(
            name,
            "team" if i == lead else draw(st.sampled_from(["team", "customer"])),
            draw(LINES),
            lead=i == lead,
            aliases=aliases[i],
        )
        for i, name in enumerate(names)
    )
    edges = sorted(draw(st.sets(MOMENTS, max_size=6)))
    agenda = []
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        length = draw(st.none() | st.integers(1, 24 * 3600 * SAMPLE_RATE - 1))
        known = (start, end) if draw(st.booleans()) else (None, None)
        agenda.append(AgendaItem(draw(LINES), draw(st.sampled_from(names)), draw(KEYWORDS), length, *known))
    date = draw(st.none() | DAYS)
    exception = None
    if date is not None and draw(st.booleans()):
        note = draw(st.none() | LINES)
        exception = DeclaredException(
            draw(st.sampled_from(["final_presentation", "new_salesperson", "other"])), date, note
        )
    return Plan(
        date,
        draw(st.none() | LINES),
        draw(st.none() | LINES),
        attendees,
        tuple(agenda),
        tuple(draw(st.lists(st.builds(Objective, LINES, KEYWORDS), max_size=2))),
        exception,
        tuple(
            Commitment(
                draw(st.sampled_from(names)), draw(LINES), draw(st.none() | st.dates()), draw(st.none() | st.booleans())
            )
            for _ in range(draw(st.integers(0, 2)))
        ),
        draw(st.sampled_from([None, "observe", "support", "co-sell", "model"])),
        draw(st.sampled_from([None, "new", "returning"])),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans())
def test_a_plan_that_is_written_and_read_is_the_same_plan(tmp_path: Path, plan: Plan) -> None:
    path = tmp_path / "call.plan.toml"
    path.write_text(plan_toml(plan), encoding="utf-8", newline="\n")
    again, findings = read_plan(path)
    assert again == plan
    assert all(finding.severity == "warning" for finding in findings)


def test_any_text_is_written_so_that_toml_reads_it_back() -> None:
    text = "".join(map(chr, range(0x200))) + "\u2028\U0001f600"
    assert tomllib.loads(f"text = {plan_file.toml_value(text)}") == {"text": text}


def test_a_plan_is_written_as_people_write_it() -> None:
    assert plan_toml(EXPECTED) == GOOD.replace('lead = "D. R."', 'lead = "Dana Reyes"').replace(
        'lead = "sam"', 'lead = "Sam Okafor"'
    ).replace('who = "Dana"', 'who = "Dana Reyes"')


# Anything at all

TOKENS = [
    "true", "1", "-0.5", "nan", "inf", "9" * 5000, "9" * 399, "-" + "9" * 399,
    "1e999999", "0xffffffffffffffff", "2026-05-12", "0001-01-01",
    "9999-12-31T23:59:60Z", "2026-02-30", "07:32:00", "[]", "{}", "[[]]", "[{}]", "[1, 2]", "{a = 1}", '""', "''",
    '"\\u0000"', '"\\ud800"', '"\\U0010FFFF"', '"\u202e"', '"\u2028"', "'''\n\n'''", '"""\\\n"""', "yes", "=", "#", "[",
    "[" * 2000, "{a=" * 2000, "a" + ".a" * 2000 + " = 1", '"x', "\x00", "\ufeff", "\u0301", "\r", "\U0001f600",
]  # fmt: skip


def mutated(seed: int) -> bytes:
    """The good plan with a few things done to it that hands, editors and disks do."""
    rng = random.Random(seed)
    lines = GOOD.splitlines()
    raw: bytes | None = None
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        match rng.randrange(9):
            case 0:
                del lines[at]
            case 1:
                lines.insert(rng.randrange(len(lines)), lines[at])
            case 2 | 3 if " = " in lines[at]:
                lines[at] = lines[at].split(" = ")[0] + " = " + rng.choice(TOKENS)
            case 4:
                other = rng.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 5:
                column = rng.randint(0, len(lines[at]))
                lines[at] = lines[at][:column] + rng.choice(TOKENS) + lines[at][column:]
            case 6:
                column = rng.randint(0, len(lines[at]))
                lines[at] = lines[at][:column] + lines[at][column + rng.randint(1, 3) :]
            case 7:
                lines = lines[: rng.randint(1, len(lines))]
            case _:
                lines[at] = rng.choice(TOKENS) + " = " + rng.choice(TOKENS)
        lines = lines or [""]
    raw = rng.choice(["\n", "\n", "\r\n", "\r"]).join(lines).encode("utf-8", "surrogatepass")
    if rng.random() < 0.2:
        at = rng.randrange(len(raw) + 1)
        raw = raw[:at] + rng.randbytes(rng.randint(1, 8)) + raw[at + rng.randint(0, 4) :]
    return raw


def never_anything_else(path: Path) -> str:
    """Reads and checks; fails on anything but a plan, or findings that stand inside the file. Says which it was."""
    lines = path.read_bytes().count(b"\n") + 1
    findings = check_plan(path)
    for finding in findings:
        assert 1 <= finding.line <= lines
        assert finding.column >= 1
        assert finding.what
        assert finding.todo
        assert finding.text().isprintable()
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        with pytest.raises(BadFileError) as caught:
            read_plan(path)
        assert f"line {errors[0].line}, column {errors[0].column}" in caught.value.line()
        return "refused"
    plan, warnings = read_plan(path)
    assert warnings == findings
    assert plan.lead in plan.team
    return "read"


def test_mutated_plans_give_a_plan_or_findings_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "call.plan.toml"
    outcomes = {"read": 0, "refused": 0}
    for seed in range(300):
        path.write_bytes(mutated(seed))
        try:
            outcomes[never_anything_else(path)] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
    assert outcomes["refused"] >= 150
    assert outcomes["read"] >= 15


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_findings_and_nothing_else(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "call.plan.toml"
    path.write_bytes(raw)
    assert never_anything_else(path) == "refused"


VALUES = st.sampled_from([token for token in TOKENS if len(token) < 100 and "\n" not in token]) | LINES.map(
    lambda text: plan_file.toml_value(text)
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_values_give_a_plan_or_findings_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    keys = [i for i, line in enumerate(lines) if " = " in line]
    for at in data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=6)):
        lines[at] = lines[at].split(" = ")[0] + " = " + data.draw(VALUES)
    path = tmp_path / "call.plan.toml"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    never_anything_else(path)


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 300_000 + " = 1",
        "[" + "a." * 300_000 + "a]",
        "a = " + "[" * 900_000,
        "a = " + "{a = " * 150_000,
        "[[attendee]]\n" * 60_000,
        "".join(f"k{i} = 1\n" for i in range(80_000)),
        'customer = "' + "x" * 900_000,
        '[[objective]]\ntext = "t"\nkeywords = [' + '"",' * 200_000 + "]",
    ],
    ids=["dotted key", "dotted header", "lists", "tables in braces", "tables", "keys", "text", "keywords"],
)
def test_a_megabyte_of_anything_is_answered_within_seconds(check: Check, text: str) -> None:
    started = time.process_time()
    found = check(text)
    assert any(f.severity == "error" for f in found)
    assert len(found) < 1000
    assert time.process_time() - started < 20  # a quadratic one takes minutes


# The template

TO_FILL_IN = [
    ("warning", "customer"),
    ("warning", "reason"),
    ("error", "attendee[1].name"),
    ("error", "attendee[2].name"),
    ("error", "attendee[3].name"),
    ("error", "agenda[1].title"),
    ("error", "agenda[1].lead"),
    ("warning", "agenda[1].keywords"),
    ("error", "objective[1].text"),
    ("warning", "objective[1].keywords"),
]


def test_the_template_is_a_plan_with_nothing_wrong_but_what_is_to_be_filled_in(check: Check) -> None:
    assert [(f.severity, f.field) for f in check(plan_template("2026-05-12 Northwind.m4a"))] == TO_FILL_IN
    undated = check(plan_template("Northwind.m4a"))
    assert [(f.severity, f.field) for f in undated] == [("warning", "date"), *TO_FILL_IN]


def test_the_template_filled_in_and_uncommented_is_a_plan_without_findings(tmp_path: Path) -> None:
    text = plan_template("Northwind.m4a")
    for name in ("Dana Reyes", "Sam Okafor", "Zoë Lind"):
        text = text.replace('name = ""', f'name = "{name}"', 1)
    text = text.replace('lead = ""', 'lead = "Dana Reyes"').replace("keywords = []", 'keywords = ["pilot"]')
    text = text.replace('= ""', '= "filled in"')
    text = re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    path = tmp_path / "call.plan.toml"
    path.write_text(text, encoding="utf-8")
    plan, findings = read_plan(path)
    assert findings == ()
    assert plan.date == dt.date(2026, 5, 12)
    assert plan.exception is not None
    assert len(plan.commitments) == 1
    assert plan.agenda[0].length == 300 * SAMPLE_RATE


def test_the_template_holds_the_attendees_that_are_known_already(check: Check) -> None:
    text = plan_template("2026-05-12.wav", attendees=EXPECTED.attendees)
    assert [(f.severity, f.field) for f in check(text)] == [
        item for item in TO_FILL_IN if not item[1].startswith("attendee") and item[1] != "agenda[1].lead"
    ]
    assert 'aliases = ["D. R."]' in text


def test_the_template_asks_what_is_to_be_settled_before_the_call() -> None:
    text = plan_template("call.wav")
    asked = [
        "compelling reason to bring the manager",
        "First the salesperson says how they see the roles, then the manager",
        "Exactly one attendee leads",
        "Who does what on which agenda item",
        "What is the call to reach",
        "only when declared here before the call",
        "agreed in the last debrief",
    ]
    assert [text.find(question) for question in asked] == sorted(text.find(question) for question in asked)
    assert all(question in text for question in asked)


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("2026-05-12 Northwind.m4a", "2026-05-12"),
        ("GMT20260512-140000_Recording.mp4", "2026-05-12"),
        ("call_2026_05_12.wav", "2026-05-12"),
        ("2026.05.12.ogg", "2026-05-12"),
        ("2026-13-45 and 2026-05-12.wav", "2026-05-12"),
        ("+14915520260512.wav", None),
        ("2026-0512.wav", None),
        ("Northwind.wav", None),
    ],
)
def test_a_date_in_the_name_of_the_recording_is_the_date_of_the_call(name: str, date: str | None) -> None:
    assert (f"\ndate = {date}\n" in plan_template(name)) == (date is not None)
    assert ("\n# date = " in plan_template(name)) == (date is None)


@pytest.mark.parametrize("name", ['"""\n[x', "a\nb = 1", "a\x00b", "{name}", "\udcff.wav", "\u2028x", "x" * 5000])
def test_no_name_of_a_recording_breaks_the_template(check: Check, name: str) -> None:
    assert [(f.severity, f.field) for f in check(plan_template(name))] == [("warning", "date"), *TO_FILL_IN]


# Where plans lie


@pytest.mark.parametrize(
    ("recording", "plan"),
    [
        ("call.m4a", "call.plan.toml"),
        ("call.2.mp3", "call.2.plan.toml"),
        ("call.3gp", "call.plan.toml"),
        ("call", "call.plan.toml"),
        ("12.05.2026", "12.05.2026.plan.toml"),
        ("call 5.12 Northwind", "call 5.12 Northwind.plan.toml"),
        (".hidden.wav", ".hidden.plan.toml"),
    ],
)
def test_the_plan_lies_beside_the_recording_under_its_name_without_suffix(recording: str, plan: str) -> None:
    assert plan_path(Path("calls") / recording) == Path("calls") / plan


def test_recordings_that_differ_only_in_suffix_share_a_plan_unless_one_has_its_own(tmp_path: Path) -> None:
    assert plan_path(tmp_path / "call.mp4") == plan_path(tmp_path / "call.m4a") == tmp_path / "call.plan.toml"
    (tmp_path / "call.mp4.plan.toml").touch()
    assert plan_path(tmp_path / "call.mp4") == tmp_path / "call.mp4.plan.toml"
    assert plan_path(tmp_path / "call.m4a") == tmp_path / "call.plan.toml"


def test_a_folder_of_tracks_keeps_its_whole_name(tmp_path: Path) -> None:
    (tmp_path / "call.v2").mkdir()
    assert plan_path(tmp_path / "call.v2") == tmp_path / "call.v2.plan.toml"


def test_the_folder_one_stands_in_has_a_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tracks" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "tracks" / "inner")
    assert plan_path(Path()) == tmp_path / "tracks" / "inner.plan.toml"
    assert plan_path(Path("..")) == tmp_path / "tracks.plan.toml"


def test_the_template_is_written_beside_a_recording_that_need_not_be_there(tmp_path: Path) -> None:
    path = write_plan_template(tmp_path / "2026-05-12 Northwind.m4a")
    assert path == tmp_path / "2026-05-12 Northwind.plan.toml"
    assert path.read_text(encoding="utf-8") == plan_template("2026-05-12 Northwind.m4a")
    assert list(tmp_path.iterdir()) == [path]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_plan_that_says_only_where_the_recording_goes_on_becomes_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "2026-05-12 Northwind.plan.toml"
    path.write_text('parts = ["again.m4a"]  # it dropped', encoding="utf-8")
    assert write_plan_template(tmp_path / "2026-05-12 Northwind.m4a") == path
    template = plan_template("2026-05-12 Northwind.m4a")
    assert path.read_text(encoding="utf-8") == f'parts = ["again.m4a"]  # it dropped\n{template}'
    assert not [finding for finding in check_plan(path) if finding.field == "parts"]


def test_the_folder_of_a_meeting_tells_the_day_of_its_plan(tmp_path: Path) -> None:
    folder = tmp_path / "2026-05-19 15.01.12 Northwind renewal 98765432101"
    folder.mkdir()
    path = write_plan_template(folder / "audio1987654321.m4a")
    assert "\ndate = 2026-05-19\n" in path.read_text(encoding="utf-8")


def test_a_plan_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "call.plan.toml"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already") as caught:
        write_plan_template(tmp_path / "call.wav")
    assert caught.value.exit_code == ExitCode.LIBRARY
    assert path.read_text(encoding="utf-8") == "mine"
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="already"):
        write_plan_template(tmp_path / "call.wav")
    assert list(tmp_path.iterdir()) == [path]


def test_a_plan_that_cannot_be_written_is_an_output_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for recording in (tmp_path / "none" / "call.wav", tmp_path / ("x" * 250 + ".wav"), tmp_path / "a\0b.wav"):
        with pytest.raises(LibraryError, match="cannot be written"):
            write_plan_template(recording)

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    def opened(self: Path, mode: str, **_: Any) -> Full:
        self.touch()
        return Full()

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(OutputError, match="No space left on device"):
        write_plan_template(tmp_path / "call.wav")
    assert list(tmp_path.iterdir()) == []
