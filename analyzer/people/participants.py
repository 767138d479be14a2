"""Who is who on one call: speakers become people, with a side, a role, and the evidence for each.

A person is never guessed. What is known comes from the command line, from corrections kept with the call, or from the
plan once somebody has a name; everything else stays open, and the report says so. What a stronger source has claimed, a
weaker one does not change; where one source says two things that cannot both be, it is an error.

How sides are decided, in this order:

1. what is said about a person: `--salesperson` and `--team` are `team`, `--customer` is `customer`, and so is what a
   correction or the plan says about a name;
2. if only customers were named, everybody else is `team`; if only team members beyond the salesperson were named,
   everybody else is `customer`; neither while the plan has more people on the side that was named than were found, and
   neither for a voice that may be no one (`unsure`);
3. otherwise the others' side is not known: their talk counts in the talk shares, not in the team's.

A voice of side `none` is no one on the call: it takes no part in the second rule.

Who is said to be the salesperson gets the name that the plan has for the salesperson, if its lead is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.errors import UnknownSpeakerError, UsageError
from analyzer.people.names import folded, is_clean, matching
from analyzer.people.plan.plan import Plan
from analyzer.people.side import Side
from analyzer.wording import N_, _


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
class Claim:
    """What one source claims about the speakers of a call: the command line, a transcript, the corrections kept.

    The keys of `names` and `same` are speaker labels; everywhere else people may be called by label or by name.
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
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    """Why each of `names` is given, where the source can say more than that it does."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A correction that evidence speaks for: why, in words, and what `analyzer name` takes: `S2@3:10-4:05=Ann`."""

    why: str
    pairs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Participants:
    """The people on a call, in order of first speech, and who of them is the salesperson (a key), if known."""

    people: tuple[Person, ...]
    salesperson: str | None = None
    rule: str = ""
    """How the sides that no one named were decided, in words."""

    def __post_init__(self) -> None:
        if self.salesperson is not None and self.salesperson not in self.side("team"):
            raise ValueError(f"the salesperson {self.salesperson} must be somebody on the team")

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
        """How to call the person with this key; the key itself when they are not on the call."""
        return next((person.label for person in self.people if person.key == key), key)


def resolve(
    speakers: Sequence[str], claims: Iterable[Claim] = (), plan: Plan | None = None, unsure: Collection[str] = ()
) -> Participants:
    """The people behind `speakers` (labels in order of first speech), from the strongest source to the weakest.

    `unsure` are speakers that may be no one: their side is known only when somebody says it.

    Raises:
        UnknownSpeakerError: a speaker or name that is not on this call.
        UsageError: two people with one name, a person on both sides, a merge in a circle.
    """
    sources = tuple(claims)
    people = _merged(speakers, sources)
    for source in sources:
        _name(people, source)
    if plan is not None:
        _match(people, plan)
    salesperson: _Draft | None = None
    for source in sources:
        named = _place(people, source, salesperson)
        if salesperson is None and named is not None and named.side == "team":
            salesperson = named
    if plan is not None:
        _name_salesperson(people, salesperson, plan)
        for person in people:
            attendee = next((a for a in plan.attendees if a.name == person.name), None)
            if attendee is not None:
                person.learn("plan", side=attendee.side, role=attendee.role)
                if salesperson is None and attendee.lead and person.side == "team":
                    salesperson = person
    rule = _complete(people, salesperson, plan, unsure)
    return Participants(tuple(person.done() for person in people), salesperson.key if salesperson else None, rule)


@dataclass(slots=True)
class _Draft:
    """A person while the sources are heard, the strongest first: what is known already stays."""

    speakers: tuple[str, ...]
    root: str
    """The speaker that the others of `speakers` are said to be."""
    name: str | None = None
    aliases: tuple[str, ...] = ()
    """Other names that somebody may call them by."""
    side: Side | None = None
    role: str | None = None
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.speakers[0]

    def learn(self, source: str, *, side: Side | None = None, role: str | None = None) -> None:
        if side is not None and self.side is None:
            self.side = side
            self.evidence.append(Evidence(source, _("side {text_side}", text_side=_(side))))
        if role is not None and self.role is None:
            self.role = role
            self.evidence.append(Evidence(source, _("role {role}", role=_(role))))

    def done(self) -> Person:
        return Person(self.key, self.speakers, self.name, self.side, self.role, tuple(self.evidence))


def _merged(speakers: Sequence[str], sources: Sequence[Claim]) -> list[_Draft]:
    """No one is known yet but for which speakers are one person."""
    apart = [_Draft((speaker,), speaker) for speaker in speakers]
    same: dict[str, str] = {}
    evidence: dict[str, Evidence] = {}
    for source in sources:
        own = {speaker: other for speaker, other in source.same.items() if speaker != other}
        for label in (*own, *own.values()):
            if label not in speakers:
                raise _unknown(f"there is no speaker {label} on this call", source, apart)
        for speaker, other in own.items():
            if _root(other, own) is None:
                raise UsageError(
                    f"{speaker} is said to be {other}, and so on in a circle",
                    where=source.source,
                    todo="Leave one of them out: all of them are one person already",
                )
            # Nothing new when a stronger source has them as one person, the other way round.
            if speaker not in same and _root(other, same) != speaker:
                same[speaker] = other
                evidence[speaker] = Evidence(source.source, f"{speaker} is {other}")
    members: dict[str, list[str]] = {}
    for speaker in speakers:
        members.setdefault(_root(speaker, same) or speaker, []).append(speaker)
    return [
        _Draft(tuple(together), root, evidence=[evidence[speaker] for speaker in together if speaker in evidence])
        for root, together in members.items()
    ]


def _root(speaker: str, same: Mapping[str, str]) -> str | None:
    """Who a speaker is said to be in the end; None when it goes round in a circle."""
    for _step in range(len(same) + 1):
        if speaker not in same:
            return speaker
        speaker = same[speaker]
    return None


def _name(people: Sequence[_Draft], source: Claim) -> None:
    before = {folded(person.name) for person in people if person.name is not None}
    roots = {person.root for person in people}
    # Of two names for what turned out to be one person, the name of the speaker that both are holds.
    for speaker, name in sorted(source.names.items(), key=lambda pair: pair[0] not in roots):
        person = next((person for person in people if speaker in person.speakers), None)
        if person is None:
            raise _unknown(f"there is no speaker {speaker} on this call", source, people)
        if not is_clean(name) or not folded(name):
            raise UsageError(f"{speaker}: {name!r} is no name", where=source.source, todo="Write it on one line")
        other = next((p for p in people if p is not person and p.name and folded(p.name) == folded(name)), None)
        if person.name is not None:
            person.aliases += (name,)
        elif other is None:
            person.name = name
            person.evidence.append(source.evidence.get(speaker, Evidence(source.source, _("name {name}", name=name))))
        elif folded(name) not in before:
            raise _both(other, person, name, source.source)


def _match(people: Sequence[_Draft], plan: Plan) -> None:
    """Gives everybody that the plan knows the name that they have there."""
    found: dict[str, _Draft] = {}
    names = {folded(person.name) for person in people if person.name is not None}
    for person in people:
        attendee = plan.attendee(person.name) if person.name is not None else None
        if person.name is None or attendee is None:
            continue
        full = folded(attendee.name)
        if full in names and folded(person.name) != full:
            continue  # a Maria that the plan does not have, beside the Maria Lopez that it has
        other = found.setdefault(attendee.name, person)
        if other is not person:
            raise _both(other, person, attendee.name, "plan")
        person.aliases += (person.name, *attendee.aliases)
        person.name = attendee.name


def _name_salesperson(people: Sequence[_Draft], salesperson: _Draft | None, plan: Plan) -> None:
    """The salesperson without a name is the plan's: two statements that together name them, no guess."""
    lead = plan.lead
    taken = any(person.name is not None and folded(person.name) == folded(lead.name) for person in people)
    if salesperson is None or salesperson.name is not None or taken or folded(lead.role) != "salesperson":
        return
    salesperson.name = lead.name
    salesperson.aliases = lead.aliases
    salesperson.evidence.append(Evidence("plan", _("name {name}: the salesperson of the plan", name=lead.name)))


def _place(people: Sequence[_Draft], source: Claim, salesperson: _Draft | None) -> _Draft | None:
    """Gives sides and roles; returns who the source calls the salesperson, unless a stronger one has named one."""
    seller = None
    if source.salesperson is not None and salesperson is None:
        seller = _find(people, source.salesperson, source)
    told: list[tuple[str, Side]] = [
        *source.sides.items(),
        *((who, "team") for who in source.team),
        *((who, "customer") for who in source.customers),
    ]
    placed: dict[str, Side] = {seller.key: "team"} if seller else {}
    for who, side in told:
        person = _find(people, who, source)
        if placed.setdefault(person.key, side) != side:
            both = (said for one, said in _IS.items() if one in (side, placed[person.key]))
            what = f"{who} cannot be {' and '.join(both)} at once"
            raise UsageError(what, where=source.source, todo="Say one of the two")
    for person in people:
        person.learn(source.source, side=placed.get(person.key))
    for who, role in source.roles.items():
        _find(people, who, source).learn(source.source, role=role)
    if seller is not None and seller.side == "team":
        seller.learn(source.source, role="salesperson")
    return seller


_IS: Mapping[Side, str] = {"team": "on the team", "customer": "the customer", "none": "no one"}


def _complete(people: Sequence[_Draft], salesperson: _Draft | None, plan: Plan | None, unsure: Collection[str]) -> str:
    """Gives the others a side where the rule does, and says in words what was done."""
    open_ones = [person for person in people if person.side is None]
    if not open_ones:
        return _("everybody's side was named")
    voices = ", ".join(person.key for person in open_ones)
    not_known = _("no one said the side of {voices}, so it is not known", voices=voices)
    customers = [person for person in people if person.side == "customer"]
    team = [person for person in people if person.side == "team"]
    companions = [person for person in team if person is not salesperson]
    if bool(customers) == bool(companions):
        return not_known
    side: Side = "team" if customers else "customer"
    if plan is not None and (len(plan.customers) > len(customers) if customers else len(plan.team) > len(team)):
        return _("{text_rule}: the plan has more people on the side that was named", text_rule=not_known)
    left = [person.key for person in open_ones if any(speaker in unsure for speaker in person.speakers)]
    if len(left) == len(open_ones):
        return not_known
    rule = _rule(side, ", ".join(left))
    for person in open_ones:
        if person.key in left:
            continue
        person.side = side
        person.evidence.append(Evidence("rule", _("side {text_side}: {text_rule}", text_side=_(side), text_rule=rule)))
    return rule


def _rule(side: Side, left: str) -> str:
    """Why everybody else is on a side; `left` are voices of which that is not said."""
    if side == "team":
        message = N_("only customers were named, so everybody else counts as team")
        but = N_(
            "only customers were named, so everybody else but {voices}, which may be no one on the call counts as team"
        )
    else:
        message = N_("only team members were named, so everybody else counts as customer")
        but = N_(
            "only team members were named, so everybody else but {voices}, which may be no one on the call counts as "
            "customer"
        )
    return _(but, voices=left) if left else _(message)


def _find(people: Sequence[_Draft], who: str, source: Claim) -> _Draft:
    """Who a label or a name means."""
    labelled = next((person for person in people if who in person.speakers), None)
    if labelled is not None:
        return labelled
    matches = matching(people, who)
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise _unknown(f"{who!r} may be {' or '.join(p.name or p.key for p in matches)}", source, people)
    raise _unknown(f"no one on this call is {who!r}", source, people)


def _unknown(what: str, source: Claim, people: Sequence[_Draft]) -> UnknownSpeakerError:
    known = [*(speaker for p in people for speaker in p.speakers), *(p.name for p in people if p.name is not None)]
    return UnknownSpeakerError(what, where=source.source, todo="On this call are: " + ", ".join(known))


def _both(one: _Draft, other: _Draft, name: str, source: str) -> UsageError:
    return UsageError(
        f"{one.key} and {other.key} are both called {name}",
        where=source,
        todo=f"If they are one person, say so with {other.key}={one.key}; if not, give one of them another name",
    )
