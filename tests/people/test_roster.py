"""Rosters: read and checked with line, column and field, and what the names of recordings say by their patterns."""

from __future__ import annotations

import datetime as dt
import fnmatch
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import BadFileError, ExitCode
from analyzer.people.hand_written import Finding
from analyzer.people.roster.patterns import Pattern, PatternMatch
from analyzer.people.roster.roster import Member, Roster
from analyzer.people.roster.team_file import check_roster, find_roster, read_roster, roster_path

GOOD = """\
[[person]]
name = "Dana Reyes"
role = "salesperson"
aliases = ["4711", "Dee"]
email = "dana.reyes@example.com"

[[person]]
name = "Dana Okafor"
role = "Salesperson"

[[person]]
name = "Marcus Webb"
role = "manager"
aliases = ["MW"]

[[person]]
name = "Zoë O'Brien-Lind"
role = "salesperson"

[[pattern]]
match = "{date} {customer} - {salesperson}"

[[pattern]]
match = "{salesperson}/{date} {customer}"
"""

PEOPLE = (
    Member("Dana Reyes", "salesperson", ("4711", "Dee"), "dana.reyes@example.com"),
    Member("Dana Okafor", "Salesperson"),
    Member("Marcus Webb", "manager", ("MW",)),
    Member("Zoë O'Brien-Lind", "salesperson"),
)
DAY = dt.date(2026, 5, 12)

Check = Callable[[str | bytes], tuple[Finding, ...]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(text: str | bytes) -> tuple[Finding, ...]:
        path = tmp_path / "team.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return check_roster(path)

    return run


def roster(*patterns: str, people: tuple[Member, ...] = PEOPLE) -> Roster:
    return Roster(people, tuple(Pattern(pattern) for pattern in patterns))


# The file


def test_a_roster_is_read_into_its_records(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text(GOOD, encoding="utf-8")
    found, findings = read_roster(path)
    assert found == roster("{date} {customer} - {salesperson}", "{salesperson}/{date} {customer}")
    assert findings == ()


WRONG = [
    ('name = "Dana Reyes"', "", 1, 1, "person[1].name", "missing"),
    ('role = "manager"', "", 11, 1, "person[3].role", "missing"),
    ('aliases = ["MW"]', 'aliases = ["MW", 7]', 14, 1, "person[3].aliases[2]", "should be a text, not the number 7"),
    ("dana.reyes@example.com", "dana.reyes", 5, 1, "person[1].email", 'not the text "dana.reyes"'),
    ("Dana Okafor", "dana  REYES", 8, 1, "person[2].name", "dana REYES is listed twice (line 2)"),
    ('"MW"', '"dee"', 14, 1, "person[3].aliases[1]", "dee is also what Dana Reyes is called (line 4)"),
    ("Dana Okafor", "Dee", 8, 1, "person[2].name", "Dee is also what Dana Reyes is called (line 4)"),
    ('[[pattern]]\nmatch = "{date}', '[pattern]\nmatch = "{date}', 20, 1, "", "already given above"),
    ("{date} {customer}", "{date} {custmer}", 21, 1, "pattern[1].match", "no {custmer} (did you mean {customer}?)"),
    ("{date} {customer}", "{date {customer}", 21, 1, "pattern[1].match", "a { has no counterpart"),
    ("{date} {customer}", "{date} {date}", 21, 1, "pattern[1].match", "{date} stands in it twice"),
    ("{date} {customer}", "{day}.{month} {customer}", 21, 1, "pattern[1].match", "{day}, {month} and {year}"),
    ("{date} {customer}", "{date} {year} {customer}", 21, 1, "pattern[1].match", "both tell the date"),
    ("{customer} -", "{customer}* -", 21, 1, "pattern[1].match", "side by side"),
    ("{salesperson}/{date}", "{salesperson}//{date}", 24, 1, "pattern[2].match", "nothing between two /"),
    ('match = "{date} {customer} - {salesperson}"', "", 20, 1, "pattern[1].match", "missing"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "field", "what"), WRONG)
def test_an_error_names_line_column_field_and_the_way_out(
    check: Check, old: str, new: str, line: int, column: int, field: str, what: str
) -> None:
    assert old in GOOD
    found = [f for f in check(GOOD.replace(old, new, 1)) if f.severity == "error"]
    (first,) = found
    if field:
        assert (first.line, first.column, first.field) == (line, column, field)
    assert what in first.what
    assert first.todo


WARNED = [
    ('role = "manager"', 'rolle = "x"\nrole = "manager"', 13, "person[3].rolle", "did you mean role?"),
    ("[[pattern]]\n", "[[patern]]\nmatch = 1\n[[pattern]]\n", 20, "patern", "did you mean pattern?"),
    ("{date} {customer} - {salesperson}", "Call *", 21, "pattern[1].match", "tells nothing"),
    (
        "{salesperson}/{date} {customer}",
        "{date} {customer} - {salesperson}",
        24,
        "pattern[2].match",
        "same as pattern[1]",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "field", "what"), WARNED)
def test_what_a_roster_cannot_tell_is_a_warning(
    check: Check, old: str, new: str, line: int, field: str, what: str
) -> None:
    (found,) = check(GOOD.replace(old, new, 1))
    assert (found.severity, found.line, found.field) == ("warning", line, field)
    assert what in found.what


def test_a_pattern_for_salespeople_where_nobody_sells_is_warned_about(check: Check) -> None:
    found = check(GOOD.replace('alesperson"\n', 'pecialist"\n').replace("{specialist}", "{salesperson}"))
    assert {(f.severity, f.field) for f in found} >= {("warning", "pattern[1].match")}
    assert "no one on the roster is a salesperson" in found[0].what


def test_an_empty_roster_is_a_warning(check: Check) -> None:
    (found,) = check("")
    assert (found.severity, found.what) == ("warning", "no one is listed")


def test_reading_a_wrong_roster_fails_with_the_first_error_and_the_number_of_the_others(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text('[[person]]\nrole = 3\n\n[[pattern]]\nmatch = "{x}"\n', encoding="utf-8")
    with pytest.raises(BadFileError) as caught:
        read_roster(path)
    line = caught.value.line()
    assert line.startswith(f"{path}, line 1, column 1: person[1].name: missing. ")
    assert line.endswith("2 more errors in this file.")
    assert caught.value.exit_code == ExitCode.BAD_FILE


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_roster_that_cannot_be_opened_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFileError):
        check_roster(tmp_path / name)


def test_the_roster_is_in_the_folder_of_the_recording_or_above_it_up_to_the_root(tmp_path: Path) -> None:
    recording = tmp_path / "all" / "dana" / "call.wav"
    recording.parent.mkdir(parents=True)
    roster_path(tmp_path).touch()
    assert find_roster(recording) is None
    assert find_roster(recording, tmp_path / "all") is None
    assert find_roster(recording, tmp_path) == tmp_path / "team.toml"
    roster_path(recording.parent).touch()
    assert find_roster(recording, tmp_path) == find_roster(recording) == recording.parent / "team.toml"
    assert find_roster(recording, tmp_path / "elsewhere") == recording.parent / "team.toml"


def test_nobody_shares_a_name_on_a_roster() -> None:
    with pytest.raises(ValueError, match="is also what Dana Reyes is called"):
        Roster((Member("Dana Reyes", "x"), Member("Marcus Webb", "x", ("dana reyes",))))


def test_a_member_is_found_by_name_alias_or_a_first_name_of_their_own() -> None:
    found = roster()
    assert found.member("zoe o’brien-lind") is found.people[3]
    assert found.member("MW") is found.people[2]
    assert found.member("marcus") is found.people[2]
    assert found.member("Dana") is None


# What file names say

READ = [
    ("2026-05-12 Northwind Foods - Dana Reyes.m4a", "Dana Reyes", "Northwind Foods", DAY),
    ("20260512_Northwind_Foods - DR.wav", "Dana Reyes", "Northwind Foods", DAY),
    ("2026.05.12 Northwind Foods – Reyes, Dana.m4a", "Dana Reyes", "Northwind Foods", DAY),
    ("2026_05_12 Northwind - danareyes.MP4", "Dana Reyes", "Northwind", DAY),
    ("2026-05-12 Northwind - D. Reyes.wav", "Dana Reyes", "Northwind", DAY),
    ("2026-05-12 Northwind - dreyes.wav", "Dana Reyes", "Northwind", DAY),
    ("2026-05-12 Northwind - Dana-R.wav", "Dana Reyes", "Northwind", DAY),
    ("2026-05-12 Northwind - Reyes.wav", "Dana Reyes", "Northwind", DAY),
    ("2026-05-12 Northwind - dana.reyes@example.com.wav", "Dana Reyes", "Northwind", DAY),
    ("2026-05-12 Northwind - 4711.wav", "Dana Reyes", "Northwind", DAY),
    ("2026-05-12 Northwind - DO.wav", "Dana Okafor", "Northwind", DAY),
    ("2026-05-12 Northwind - zoe obrien lind.wav", "Zoë O'Brien-Lind", "Northwind", DAY),
    ("2026-05-12 A - B - Zoe.wav", "Zoë O'Brien-Lind", "A - B", DAY),
    ("2026-05-12 Cafe\u0301 Nero - Zoe.wav", "Zoë O'Brien-Lind", "Café Nero", DAY),
    ("deep/folder/2026-05-12 Northwind - Zoe.wav", "Zoë O'Brien-Lind", "Northwind", DAY),
    ("2026-05-12 Northwind - Dee", "Dana Reyes", "Northwind", DAY),
]


@pytest.mark.parametrize(("name", "salesperson", "customer", "date"), READ)
def test_a_name_that_fits_tells_salesperson_customer_and_date(
    name: str, salesperson: str, customer: str, date: dt.date
) -> None:
    pattern = "{date} {customer} - {salesperson}"
    assert roster(pattern).guess(name) == PatternMatch(pattern, salesperson, customer, date)


@pytest.mark.parametrize(
    "name",
    [
        "2026-05-12 Northwind - Marcus Webb.wav",  # a manager, so not whom the file is named after
        "2026-05-12 Northwind - dr.wav",  # initials in small letters are words
        "2026-05-12 Northwind - Danan.wav",
        "2026-05-12 Northwind - Dana Reyes 2.wav",
        "2026-02-30 Northwind - Zoe.wav",
        "12026-05-12 Northwind - Zoe.wav",
        "2026-05-12  - Zoe.wav",
        "2026-05-12 Northwind-Zoe.wav",
        "",
        "/",
    ],
)
def test_a_name_that_does_not_fit_tells_nothing(name: str) -> None:
    assert roster("{date} {customer} - {salesperson}").guess(name) is None


def test_a_name_that_means_two_people_names_neither() -> None:
    found = roster("{customer} - {salesperson}").guess("Northwind - Dana.wav")
    assert found is not None
    assert (found.salesperson, found.may_be) == (None, ("Dana Reyes", "Dana Okafor"))
    both = roster("*{salesperson}*").guess("Dana Reyes and Zoe OBrien-Lind at Northwind.wav")
    assert both is not None
    assert both.salesperson is None
    assert set(both.may_be) == {"Dana Reyes", "Zoë O'Brien-Lind"}


@pytest.mark.parametrize("name", ["Danan.wav", "my47112.wav", "ADR.wav", "xReyes.wav", "Zoës.wav"])
def test_a_name_is_no_part_of_a_longer_word(name: str) -> None:
    assert roster("*{salesperson}*").guess(name) is None


def test_an_address_without_a_letter_before_the_at_is_no_form() -> None:
    people = (Member("Alex Kim", "salesperson", (), "\u0301@x.example"),)
    assert roster("*{salesperson}*", people=people).guess("anything.wav") is None


def test_the_surest_form_in_a_name_holds() -> None:
    found = roster("*{salesperson}*").guess("Reyes asks DO about Dana Okafor.wav")
    assert found is not None
    assert found.salesperson == "Dana Okafor"  # a full name beats a last name, and that beats initials


def test_an_alias_is_surer_than_somebody_elses_first_name() -> None:
    people = (Member("Alex Kim", "salesperson"), Member("Alexandra Roth", "salesperson", ("Alex",)))
    found = roster("{salesperson}_*", people=people).guess("Alex_0042.wav")
    assert found is not None
    assert found.salesperson == "Alexandra Roth"


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("{day}.{month}.{year} {customer}", "12.5.2026 Northwind", (None, "Northwind", DAY)),
        ("{day}{month}{year}_{customer}", "12052026_Northwind.wav", (None, "Northwind", DAY)),
        ("{month}-{day}-{year} *", "05-12-26 Northwind.wav", (None, None, DAY)),
        ("{day}.{month}.{year}", "31.4.2026", None),
        ("GMT{date}-*", "GMT20260512-140000_Recording.m4a", (None, None, DAY)),
        ("{salesperson}-{date}*", "4711-20260512140000.wav", ("Dana Reyes", None, DAY)),
        ("{salesperson}-{date}*", "47112-20260512140000.wav", None),
        ("*-{date}", "call-202605121.wav", None),
        ("{salesperson}/{customer}", "Zoe/Northwind.mp3", ("Zoë O'Brien-Lind", "Northwind", None)),
        ("{salesperson}/{customer}", "Northwind.mp3", None),
        ("{customer}.wav", "Northwind.wav", (None, "Northwind", None)),
        ("{customer}.wav", "Northwind.mp3", None),
        ("call {{{customer}}}", "Call {Northwind}.wav", (None, "Northwind", None)),
        ("{customer}_(*)", "Northwind Foods_(2).wav", (None, "Northwind Foods", None)),
        ("{customer} - *", "Smith - Jones - Monday.wav", (None, "Smith", None)),
        ("* - {customer}", "Smith - Jones - Monday.wav", (None, "Jones - Monday", None)),
        ("{customer}", "___.wav", None),
    ],
)
def test_patterns_fit_names(
    pattern: str, name: str, expected: tuple[str | None, str | None, dt.date | None] | None
) -> None:
    found = roster(pattern).guess(name)
    assert (None if found is None else (found.salesperson, found.customer, found.date)) == expected


def test_the_first_pattern_that_fits_holds() -> None:
    found = roster("{date} *", "{date} {customer}").guess("2026-05-12 Northwind.wav")
    assert found == PatternMatch("{date} *", date=DAY)


def test_the_sample_roster_reads_the_names_it_shows(samples: Path) -> None:
    found, findings = read_roster(samples / "team.toml")
    assert findings == ()
    told = [
        (match.salesperson, match.customer, match.date) if (match := found.guess(name)) else None
        for name in (
            "2026-05-12 Northwind Foods - Dana Reyes.m4a",
            "DReyes_Carrick_Seafood_20260519.wav",
            "Dana/20260512 Northwind Foods.mp4",
            "GMT20260512-090000_Recording.m4a",
            "led-call.ogg",
        )
    ]
    assert told == [
        ("Dana Reyes", "Northwind Foods", DAY),
        ("Dana Reyes", "Carrick Seafood", dt.date(2026, 5, 19)),
        ("Dana Reyes", "Northwind Foods", DAY),
        (None, None, DAY),
        None,
    ]


@settings(max_examples=200, deadline=None)
@given(st.text("ab *_", max_size=8), st.text("ab _", max_size=10))
def test_stars_and_letters_fit_as_in_a_shell(pattern: str, name: str) -> None:
    plain = " ".join(
        pattern.replace("_", " ").split(" ")
    )  # here each run of blanks in a pattern stands for one or more
    if not pattern.strip() or "  " in plain or pattern != " ".join(pattern.split()):
        return
    expected = fnmatch.fnmatchcase(name.replace("_", " "), plain)
    if "  " not in name.replace("_", " "):
        assert (roster(pattern).guess(name) is not None) == (expected and bool(name))


PARTS = ("{", "}", "{date}", "{customer}", "{salesperson}", "*", "/", " ", "_", "{day}", "ß", "x", "{{")
NAME_PARTS = ("2026-05-12", "20260512", "DR", "Dana", "reyes", " ", "_", "/", "-", ".wav", "ﬁ", "\u0301")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=8).map("".join),
    st.lists(st.sampled_from(NAME_PARTS) | st.text(max_size=3), max_size=8).map("".join),
)
def test_any_pattern_and_any_name_give_a_match_or_none_or_a_fault(pattern: str, name: str) -> None:
    try:
        found = roster(pattern).guess(name)
    except ValueError:
        return
    if found is not None:
        assert found.customer is None or found.customer.strip()
        assert found.salesperson in (None, *(person.name for person in PEOPLE if person.sells))


def test_the_longest_patterns_and_names_are_answered_at_once() -> None:
    found = roster("*a" * 40 + "{salesperson}" + "*b" * 40)
    started = time.process_time()
    assert found.guess("a DR b " * 40) is None
    assert time.process_time() - started < 5  # backtracking takes years


# Generated files


def never_anything_else(path: Path) -> bool:
    """Reads and checks a roster; returns whether it is usable."""
    findings = check_roster(path)
    lines = path.read_bytes().count(b"\n") + 1
    for finding in findings:
        assert 1 <= finding.line <= lines
        assert finding.text().count("\n") == 0
        assert finding.todo
    if any(finding.severity == "error" for finding in findings):
        with pytest.raises(BadFileError) as caught:
            read_roster(path)
        assert caught.value.exit_code == ExitCode.BAD_FILE
        assert f"{path}, line " in caught.value.line()
        return False
    found, warnings = read_roster(path)
    assert warnings == findings
    found.guess("2026-05-12 Northwind - Dana Reyes.wav")
    return True


PIECES = (
    "[[", "]]", "[", "]", '"', "'", "=", ",", "{", "}", "*", "/", "\\", "#", "\n", "\x00", "\u202e", "é", "\ufeff",
    "name", "role", "match", "[[person]]\n", "[[pattern]]\n", "true", "1e999", "2026-13-01", '"""', "{salesperson}",
    '"Dana Reyes"', "aliases = [\"Dee\"]\n", "\udcff", "= = =", "person = 5\n", "9" * 50,
)  # fmt: skip


def test_three_hundred_damaged_rosters_give_findings_or_a_roster_and_nothing_else(tmp_path: Path) -> None:
    drawn = random.Random(20260512)
    path = tmp_path / "team.toml"
    usable = 0
    for _ in range(300):
        text = GOOD
        for _ in range(drawn.randint(1, 4)):
            at = drawn.randrange(len(text) + 1)
            cut = drawn.choice((0, 0, 1, 5, 40))
            text = text[:at] + drawn.choice(PIECES) + text[at + cut :]
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        usable += never_anything_else(path)
    assert 10 < usable < 200  # both ways of ending are tried


@pytest.mark.parametrize(
    "text",
    [
        "[[person]]\n" * 80_000,
        '[[pattern]]\nmatch = "*"\n' * 40_000,
    ],
    ids=["people", "patterns"],
)
def test_a_megabyte_of_anything_is_answered_within_seconds(check: Check, text: str) -> None:
    started = time.process_time()
    found = check(text)
    assert any(f.severity == "error" for f in found)
    assert time.process_time() - started < 20


def test_mail_domains_tell_sides(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text(
        'domains = ["@Dispatch.example"]\n[[person]]\nname = "Ann"\nrole = "manager"\nemail = "ann@mail.example"\n'
    )
    roster, _ = read_roster(path)
    told = {"dana@dispatch.example": "team", "x@eu.dispatch.example": "team", "Ann@mail.example": "team"}
    assert {mail: roster.side_of(mail) for mail in told} == told
    assert roster.side_of("ray@mail.example") == "customer"
    assert roster.side_of("ray@notdispatch.example") == "customer"
    assert Roster().side_of("ray@mail.example") is None
    path.write_text('domains = ["dana@dispatch.example"]\n')
    with pytest.raises(BadFileError, match="should be a mail domain"):
        read_roster(path)
