"""Texts of users and of machines that make a search long: what is looked for in them is found, or not, all the same.

Time is counted in the processor's, so that a busy machine fails nothing; without a bound these take hours.
"""

from __future__ import annotations

import importlib
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import analyzer
from analyzer.lead.keywords import Spoken
from analyzer.people.roster.patterns import Pattern
from analyzer.people.roster.roster import Member, Roster
from analyzer.people.sidecars.cue_names import named_cues, tidy_name
from analyzer.people.sidecars.cues import parse_vtt
from analyzer.talk.words import Utterance
from analyzer.timeline import Span, Word

MOST = 20
"""Seconds of the processor that a test here may take; each takes about one."""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Ends a test that has taken more of the processor than `MOST` seconds."""

    def over(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"this took more than {MOST} s of the processor")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, MOST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


SIGNS = ("-", "_", ".", " ", "'", "- ", "-'", "'-", ". -", "a-", "a ", "a'", "A B ", "ab-")
PATTERNS = ("{salesperson}", "{salesperson} - {customer}", "{date} {customer} - {salesperson}", "*{salesperson}*x", "*")


def seller(name: str) -> list[Member]:
    """Somebody of this name, or no one where it is no name."""
    try:
        return [Member(name, "salesperson")]
    except ValueError:
        return []


@pytest.mark.parametrize("sign", SIGNS)
def test_a_roster_name_of_any_signs_is_held_against_a_file_name_of_any_signs_at_once(sign: str) -> None:
    for name in {(sign * 100)[:100].strip(), " ".join(sign * 50)[:100].strip(), f"{sign * 30}Q".strip()}:
        for pattern in PATTERNS:
            roster = Roster(tuple(seller(name)), (Pattern(pattern),))
            for other in SIGNS:
                for end in ("", "!", "x"):
                    roster.guess((other * 255)[: 255 - len(end)] + end)


def cost(roster: Roster, file_name: str) -> float:
    """Seconds of the processor, the best of three."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        roster.guess(file_name)
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_name_twice_as_long_takes_no_more_than_its_square(sign: str) -> None:
    def at(length: int) -> float:
        people = seller((sign * length)[:length].strip()) + seller((f"{sign}{sign}Q " * length)[:length].strip())
        return cost(Roster(tuple(people), (Pattern("{salesperson}!"),)), (sign * 2 * length)[: 2 * length] + "?")

    # Backtracking over n signs doubles with each; the square of 4 times the length is 16 times the work.
    assert at(100) <= 0.002 + 64 * at(25)


def test_a_roster_of_a_thousand_like_each_other_and_patterns_of_stars_is_answered() -> None:
    people = tuple(Member(f"A {'a ' * 20}{n}", "salesperson", (f"a-a-{n}", f"- {n} a")) for n in range(1000))
    patterns = tuple(Pattern("*-" * n + "{salesperson}" + "-*" * n + "!") for n in range(1, 40))
    assert Roster(people, patterns).guess("a-" * 127) is None


def test_a_name_of_hyphens_alone_is_nobodys_in_a_file_name() -> None:
    roster = Roster((*seller("-" * 80), *seller("Dana - Reyes")), (Pattern("{salesperson}_*"),))
    assert roster.guess("-" * 200 + "_x") is None
    found = roster.guess("Dana Reyes_x")
    assert found is not None
    assert found.salesperson == "Dana - Reyes"


def patterns() -> dict[str, re.Pattern[str]]:
    """Every regular expression that a module of ours keeps, in the rooms that read what others wrote."""
    found = {}
    for room in ("audio", "people", "talk", "lead", "debrief", "library"):
        folder = Path(analyzer.__file__).parent
        for path in (folder / room).rglob("[!_]*.py"):
            if "migrations" in path.parts:
                continue
            dotted = ".".join(path.relative_to(folder).with_suffix("").parts)
            module = importlib.import_module(f"analyzer.{dotted}")
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    found[f"{dotted} {name}"] = value
    return found


def test_no_expression_of_ours_explodes_on_any_two_of_its_own_signs_again_and_again() -> None:
    found = patterns()
    assert len(found) > 30
    for name, pattern in found.items():
        own = [c for c in dict.fromkeys(pattern.pattern) if c not in "\\?*+{}^$"]
        signs = [*dict.fromkeys([*"a 1-_\t", *own])][:16]
        for first in signs:
            for second in signs:
                for end in ("\x01", "a\n"):
                    text = ((first + second) * 100)[:200] + end
                    began = time.process_time()
                    pattern.fullmatch(text)
                    pattern.search(text)
                    took = time.process_time() - began
                    # The cube of 200 takes less; each further power takes 200 times as long.
                    assert took < 0.5, f"{name} takes {took:.1f} s for {first + second!r} a hundred times"


MEGABYTE = 1_000_000
HOSTILE_LINES = (
    *("<v ", "<v.a", "<v", "</v>", "<c.", "<", "a: ", ": ", "：", "(", "((", "()", "[", "|", "-->", "--> ", "-"),
    *(" ", "\t", "0:", "00:00:00.000 --> ", "1 ", '"', '1 "', "&", "&amp;", "&#1", "a", "A ", "\u202e"),
)
AROUND = (
    "{}",
    "00:00.000 --> 00:02.000\n{}",
    "{}\n00:00.000 --> 00:02.000\nA: b",
    "00:00.000 --> 00:02.000 {}\na",
)


@pytest.mark.parametrize("piece", HOSTILE_LINES)
def test_a_transcript_of_a_megabyte_in_one_line_or_in_as_many_as_there_can_be_is_read_at_once(piece: str) -> None:
    lines = (piece * (MEGABYTE // len(piece)), f"{piece}\n" * (MEGABYTE // 10 // len(piece)))
    for line in lines:
        for around in AROUND:
            named_cues(parse_vtt(("WEBVTT\n\n" + around.format(line) + "\n").encode()).cues)


def test_names_of_signs_alone_are_tidied_at_once() -> None:
    for piece in ("(a)", "(", "|", "| ", "[a] ", " ", "\t(", "#", "speaker ", "unknown "):
        tidy_name(piece * 100_000)


@pytest.mark.parametrize("keyword", ["-" * 200, "'" * 200, "- " * 100, "a'" * 100, "a " * 100, "a-" * 100])
def test_a_keyword_of_any_signs_is_looked_for_at_once(keyword: str) -> None:
    text = ("-" * 50, "a'" * 50, "a", "'" * 50)
    words = tuple(Word(Span(i, i + 1), text[i % 4], 1.0) for i in range(1_000))
    Spoken([Utterance("S1", words)]).hits([keyword] * 10)
