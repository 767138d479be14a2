"""Who is who on one call: speakers become people, with a side, a role, and the evidence for each.

A person is never guessed. What is known comes from the command line, from corrections kept with the call, or from the
plan once somebody has a name; everything else stays open, and the report says so.

How sides are decided, in this order:

1. what is said about a person: `--salesperson` and `--team` are `team`, `--customer` is `customer`, and so is what a
   correction or the plan says about a name;
2. if only customers were named, everybody else is `team`; if only team members beyond the salesperson were named,
   everybody else is `customer`;
3. otherwise the others' side is not known: their talk counts in the talk shares, not in the team's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analyzer.errors import UnknownSpeakerError, UsageError
from analyzer.people.names import folded
from analyzer.people.plan import Plan
from analyzer.people.plan_rules import Side


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something is believed about a person: where it comes from, what it says, and how sure it is (0 to 1)."""

    source: str
    says: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Person:
    """One person on the call. `key` is the first of their `speakers`; turns carry it as `who`."""

    key: str
    speakers: tuple[str, ...]
    name: str | None = None
    side: Side | None = None
    role: str | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def label(self) -> str:
        """The name, or the speaker label while there is no name."""
        return self.name or self.key


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says about the call's speakers: the command line, or the corrections kept with the call.

    Keys are speaker labels, or names where the source may use them (`salesperson`, `team`, `customers`).
    """

    source: str
    names: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    """Speakers that are really another one: `{"S4": "S2"}`."""
    sides: Mapping[str, Side] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    salesperson: str | None = None
    team: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """The people on a call, in order of first speech, and who of them is the salesperson (a key), if known."""

    people: tuple[Person, ...]
    salesperson: str | None = None
    rule: str = ""
    """How the sides that nobody named were decided, in words."""

    def person(self, key: str) -> Person:
        """The person with this key."""
        return next(person for person in self.people if person.key == key)

    def side(self, side: Side) -> tuple[str, ...]:
        """The keys of everybody on one side."""
        return tuple(person.key for person in self.people if person.side == side)

    @property
    def keys_by_speaker(self) -> dict[str, str]:
        """Which person each speaker is."""
        return {speaker: person.key for person in self.people for speaker in person.speakers}

    def label(self, key: str) -> str:
        """How to call the person with this key; the key itself for nobody of the cast."""
        return next((person.label for person in self.people if person.key == key), key)


def cast(speakers: Sequence[str], said: Iterable[Said] = (), plan: Plan | None = None) -> Cast:
    """The people behind `speakers` (labels in order of first speech), from the strongest source to the weakest.

    Raises:
        UnknownSpeakerError: a speaker or name that is not on this call.
        UsageError: two people named as one, a person on both sides, a merge in a circle.
    """
    sources = tuple(said)
    people = _merged(speakers, sources)
    for source in sources:
        people = _named(people, source)
    if plan is not None:
        people = [_planned(person, plan) for person in people]
    salesperson = None
    for source in sources:
        people = _placed(people, source, speakers)
        if salesperson is None and source.salesperson is not None:
            salesperson = _find(people, source.salesperson, source.source)
            people = _with(people, salesperson, Evidence(source.source, "salesperson"), role="salesperson", side="team")
    if salesperson is None and plan is not None:
        salesperson = next((p.key for p in people if p.name is not None and p.name == plan.lead.name), None)
    return _sided(people, salesperson)


def _merged(speakers: Sequence[str], sources: Sequence[Said]) -> list[Person]:
    same: dict[str, str] = {}
    for source in sources:
        for speaker, other in source.same.items():
            for label in (speaker, other):
                if label not in speakers:
                    raise UnknownSpeakerError(
                        f"there is no speaker {label} on this call", where=source.source, todo=_choose(speakers)
                    )
            same.setdefault(speaker, other)
    members: dict[str, list[str]] = {}
    for speaker in speakers:
        root, seen = speaker, {speaker}
        while root in same:
            root = same[root]
            if root in seen:
                raise UsageError(f"speakers {', '.join(sorted(seen))} are each said to be another in a circle")
            seen.add(root)
        members.setdefault(root, []).append(speaker)
    people = []
    for together in members.values():
        evidence = tuple(
            Evidence(source.source, f"{speaker} is {source.same[speaker]}")
            for source in sources
            for speaker in together
            if speaker in source.same
        )
        people.append(Person(key=together[0], speakers=tuple(together), evidence=evidence))
    return people


def _named(people: list[Person], source: Said) -> list[Person]:
    for speaker, name in source.names.items():
        key = _find(people, speaker, source.source)
        if next(person for person in people if person.key == key).name is None:
            people = _with(people, key, Evidence(source.source, f"name {name}"), name=name)
    taken: dict[str, str] = {}
    for person in people:
        if person.name is None:
            continue
        if person.name in taken:
            raise UsageError(
                f"{taken[person.name]} and {person.key} are both called {person.name}",
                where=source.source,
                todo=f"If they are one person, say so with {person.key}={taken[person.name]}",
            )
        taken[person.name] = person.key
    return people


def _planned(person: Person, plan: Plan) -> Person:
    attendee = plan.attendee(person.name) if person.name else None
    if attendee is None:
        return person
    return replace(
        person,
        name=attendee.name,
        side=attendee.side,
        role=attendee.role,
        evidence=(*person.evidence, Evidence("plan", f"{attendee.role}, {attendee.side}")),
    )


def _placed(people: list[Person], source: Said, speakers: Sequence[str]) -> list[Person]:
    sides: dict[str, Side] = dict(source.sides)
    for who in source.customers:
        sides[who] = "customer"
    for who in (*source.team, *((source.salesperson,) if source.salesperson else ())):
        if sides.get(who) == "customer":
            raise UsageError(f"{who} cannot be on the team and the customer at once", where=source.source)
        sides[who] = "team"
    decided: dict[str, Side] = {}
    for who, side in sides.items():
        key = _find(people, who, source.source)
        if decided.setdefault(key, side) != side:
            raise UsageError(f"{who} cannot be on the team and the customer at once", where=source.source)
        if not any(e.says.startswith("side ") for e in _get(people, key).evidence):
            people = _with(people, key, Evidence(source.source, f"side {side}"), side=side)
    for who, role in source.roles.items():
        key = _find(people, who, source.source)
        people = _with(people, key, Evidence(source.source, f"role {role}"), role=role)
    return people


def _sided(people: list[Person], salesperson: str | None) -> Cast:
    open_keys = [person.key for person in people if person.side is None]
    customers = any(person.side == "customer" for person in people)
    companions = any(person.side == "team" and person.key != salesperson for person in people)
    if not open_keys:
        return Cast(tuple(people), salesperson, "everybody's side was named")
    if customers and not companions:
        side: Side = "team"
        rule = "only customers were named, so everybody else counts as team"
    elif companions and not customers:
        side = "customer"
        rule = "only team members were named, so everybody else counts as customer"
    else:
        missing = ", ".join(open_keys)
        return Cast(tuple(people), salesperson, f"nobody said which side {missing} is on, so it is not known")
    placed = [
        replace(p, side=side, evidence=(*p.evidence, Evidence("rule", f"side {side}: {rule}"))) if p.side is None else p
        for p in people
    ]
    return Cast(tuple(placed), salesperson, rule)


def _get(people: Iterable[Person], key: str) -> Person:
    return next(person for person in people if person.key == key)


def _with(
    people: list[Person],
    key: str,
    evidence: Evidence,
    *,
    name: str | None = None,
    side: Side | None = None,
    role: str | None = None,
) -> list[Person]:
    return [
        replace(
            person,
            name=name or person.name,
            side=side or person.side,
            role=role or person.role,
            evidence=(*person.evidence, evidence),
        )
        if person.key == key
        else person
        for person in people
    ]


def _find(people: Sequence[Person], who: str, source: str) -> str:
    """The key of the person that a label or a name means."""
    for person in people:
        if who in person.speakers:
            return person.key
    matches = [person.key for person in people if person.name is not None and folded(person.name) == folded(who)]
    if len(matches) == 1:
        return matches[0]
    known = [person.name for person in people if person.name]
    raise UnknownSpeakerError(
        f"nobody on this call is {who!r}", where=source, todo=_choose([p.key for p in people], known)
    )


def _choose(speakers: Sequence[str], names: Sequence[str | None] = ()) -> str:
    return "On this call are: " + ", ".join([*speakers, *(name for name in names if name)])
