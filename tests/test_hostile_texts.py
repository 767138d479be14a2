"""Texts of users and of machines that make a search long: what is looked for in them is found, or not, all the same.

Time is counted in the processor's, so that a busy machine fails nothing; without a bound these take hours.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from analyzer.people.roster import Member, Roster
from analyzer.people.roster_patterns import parse_pattern

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
    """Somebody of this name, or nobody where it is no name."""
    try:
        return [Member(name, "salesperson")]
    except ValueError:
        return []


@pytest.mark.parametrize("sign", SIGNS)
def test_a_roster_name_of_any_signs_is_held_against_a_file_name_of_any_signs_at_once(sign: str) -> None:
    for name in {(sign * 100)[:100].strip(), " ".join(sign * 50)[:100].strip(), f"{sign * 30}Q".strip()}:
        for pattern in PATTERNS:
            roster = Roster(tuple(seller(name)), (parse_pattern(pattern),))
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
        return cost(Roster(tuple(people), (parse_pattern("{salesperson}!"),)), (sign * 2 * length)[: 2 * length] + "?")

    # Backtracking over n signs doubles with each; the square of 4 times the length is 16 times the work.
    assert at(100) <= 0.002 + 64 * at(25)


def test_a_roster_of_a_thousand_like_each_other_and_patterns_of_stars_is_answered() -> None:
    people = tuple(Member(f"A {'a ' * 20}{n}", "salesperson", (f"a-a-{n}", f"- {n} a")) for n in range(1000))
    patterns = tuple(parse_pattern("*-" * n + "{salesperson}" + "-*" * n + "!") for n in range(1, 40))
    assert Roster(people, patterns).guess("a-" * 127) is None


def test_a_name_of_hyphens_alone_is_nobodys_in_a_file_name() -> None:
    roster = Roster((*seller("-" * 80), *seller("Dana - Reyes")), (parse_pattern("{salesperson}_*"),))
    assert roster.guess("-" * 200 + "_x") is None
    found = roster.guess("Dana Reyes_x")
    assert found is not None
    assert found.salesperson == "Dana - Reyes"
