"""Names by elimination: when the sources leave exactly one possibility, that is who somebody is. A deduction, no guess.

It is done only where the list of people and the voices are surely the same people:

* there are as many voices as people on the list, voices that are no one not counted; and each voice talks for `LEAST`,
  so that none of them is a splinter of another's;
* everybody who has a name already is on the list, so no stranger is on the call;
* no voice may be two people, or no one, by what the sources say (the caller tells);
* no one on the list is known by voice and was not heard: they may be absent.

What it cannot see is that one person was silent and another one brought a guest. The evidence says that the name is by
elimination, and a name given by hand is stronger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from analyzer.people.names import folded
from analyzer.people.participants import Claim, Evidence, Participants, Person
from analyzer.people.side import PersonSide
from analyzer.timeline import samples
from analyzer.wording import N_, _

SOURCE = "elimination"
LEAST = samples(5.0)


class Listed(Protocol):
    """Somebody on a list of the people who are on the call."""

    @property
    def name(self) -> str:
        """Their name, in full."""

    @property
    def side(self) -> PersonSide | None:
        """Their side, if the list has it."""

    @property
    def role(self) -> str | None:
        """Their role, if the list has it."""


def eliminated(
    people: Participants, listed: Sequence[Listed], talk: Mapping[str, int], unheard: Collection[str] = ()
) -> Claim:
    """The names that only one voice can have, or the only ones that a voice can have; empty where that is not sure.

    `talk` is each person's talk time in samples; `unheard` are names of people who are known by voice and whose voice
    is not on the call.
    """
    voices = [person for person in people.people if person.side != "none"]
    left = {folded(one.name): one for one in listed}
    named = [folded(person.name) for person in voices if person.name is not None]
    complete = len(voices) == len(listed) == len(left) and all(talk.get(person.key, 0) >= LEAST for person in voices)
    if not complete or not left.keys() >= set(named) or any(folded(name) in left for name in unheard):
        return Claim(SOURCE)
    open_ones = {person.key: person for person in voices if person.name is None}
    left = {name: one for name, one in left.items() if name not in named}
    found: dict[str, str] = {}
    while pair := _only(open_ones, left, people.salesperson):
        key, name = pair
        found[key] = left.pop(name).name
        del open_ones[key]
    message = N_("name {name}: the one of the {number} people listed for the call who is left for this voice")
    evidence = {key: Evidence(SOURCE, _(message, name=name, number=len(listed))) for key, name in found.items()}
    return Claim(SOURCE, names=found, evidence=evidence)


def _only(voices: Mapping[str, Person], left: Mapping[str, Listed], salesperson: str | None) -> tuple[str, str] | None:
    """A voice and a name that can only be each other's."""
    fitting = {
        key: [name for name, one in left.items() if _fits(voice, one, key == salesperson)]
        for key, voice in voices.items()
    }
    for key, names in fitting.items():
        if len(names) == 1:
            return key, names[0]
    for name in left:
        keys = [key for key, names in fitting.items() if name in names]
        if len(keys) == 1:
            return keys[0], name
    return None


def _fits(voice: Person, one: Listed, sells: bool) -> bool:
    if voice.side is not None and one.side is not None and voice.side != one.side:
        return False
    if voice.role is not None and one.role is not None and folded(voice.role) != folded(one.role):
        return False
    return not sells or one.role is None or folded(one.role) == "salesperson"
