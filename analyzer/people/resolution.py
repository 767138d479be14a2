"""Who is who, from everything that lies beside a recording: sidecars, the roster, and the plan.

What each source says becomes a `Claim`, in the order of strength in which `resolve` wants them: command line,
corrections, then (all of them here) the names of tracks, transcripts and lists of people, known voices, and the
roster's roles for whoever has a name by then. The plan stands above the roster: of people it has, the roster says
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from analyzer.people.names import folded
from analyzer.people.participants import Claim, Evidence, Offer, Participants, Person, resolve
from analyzer.people.plan.plan import Plan
from analyzer.people.roster.roster import Roster
from analyzer.people.side import Side
from analyzer.people.sidecars.clock_offset import REACH
from analyzer.people.sidecars.matching import Disagreement, NamesFound, match_names
from analyzer.people.sidecars.sidecar import Sidecar
from analyzer.people.splits import stretch_text
from analyzer.timeline import Turn, Word, samples
from analyzer.wording import N_, _


def sidecar_claims(
    sidecars: Iterable[Sidecar], turns: Sequence[Turn], words: Sequence[tuple[str, Word]]
) -> tuple[tuple[Claim, ...], tuple[str, ...], tuple[Offer, ...]]:
    """What the sidecars say about the speakers of `turns`, in sentences what of them could not be read and where they
    contradict what was heard, and the splits and merges that would settle it.

    `words` are those heard, each with its speaker.
    """
    claims, notes, offers = [], [], []
    for sidecar in sidecars:
        if sidecar.lost:
            notes.append(f"{sidecar.path.name}: {sidecar.lost}")
        if not sidecar.cues:
            continue
        reach = BY_THE_CLOCK if sidecar.by_the_clock and words else REACH
        found = match_names(sidecar.cues, turns, words, reach=reach)
        claims.append(_sidecar_claim(sidecar, found))
        unnamed = {person.name for person in sidecar.people if person.anonymous}
        for disagreement in found.disagreements:
            if disagreement.kind == "does_not_fit" or not unnamed.intersection(disagreement.names):
                notes.append(f"{sidecar.path.name}: {disagreement.says}")
                offer = _offer(sidecar, disagreement, found)
                offers += [offer] if offer is not None else []
        notes += [_room_note(sidecar, room) for room in sidecar.rooms]
    return tuple(claims), tuple(notes), tuple(offers)


def _room_note(sidecar: Sidecar, room: str) -> str:
    return _(
        "{file}: {room} is a room with more than one person, so it names no voice", file=sidecar.path.name, room=room
    )


BY_THE_CLOCK = samples(10 * 60.0)
"""How far the times of a transcript may run from the recording's that were told by a clock on the wall."""
MOST_STRETCHES = 6
"""How many stretches one command gives away."""


def _offer(sidecar: Sidecar, found: Disagreement, names: NamesFound) -> Offer | None:
    """The split or merge that a disagreement asks for; None for one that neither settles."""
    if found.kind == "one_name_two_speakers":
        one, into = found.speakers
        message = N_("If {who} and {other} are both {name}, say that they are one person")
        return Offer(_(message, who=one, other=into, name=found.names[0]), (f"{one}={into}",))
    if found.kind != "one_speaker_two_names" or not found.stretches:
        return None
    who, (_first, other) = found.speakers[0], found.names
    to = next((speaker for speaker, name in names.names.items() if name == other), other)
    longest = sorted(sorted(found.stretches, key=lambda span: -span.length)[:MOST_STRETCHES])
    some = len(found.stretches) > len(longest)
    which = f" (the {len(longest)} longest of {len(found.stretches)} stretches)" if some else ""
    why = f"If the voice under {who} is {other}'s where {sidecar.path.name} says so, split them{which}"
    return Offer(why, tuple(f"{stretch_text(who, span)}={to}" for span in longest))


def _sidecar_claim(sidecar: Sidecar, found: NamesFound) -> Claim:
    sides: dict[str, Side] = {}
    roles: dict[str, str] = {}
    names, evidence = {}, {}
    for match in found.matches:
        person = sidecar.person(match.name) if match.name is not None else None
        if match.name is None:
            continue
        if person is not None and person.anonymous:
            sides |= {match.speaker: person.side} if person.side is not None else {}
            continue
        names[match.speaker] = match.name
        says = _("name {name}: speaks when {file} has them speak", name=match.name, file=sidecar.path.name)
        evidence[match.speaker] = Evidence("sidecar", says, match.confidence)
        if person is not None and person.side is not None:
            sides[match.speaker] = person.side
        if person is not None and person.role is not None:
            roles[match.speaker] = person.role
    return Claim("sidecar", names=names, sides=sides, roles=roles, evidence=evidence)


def contradictions(claims: Sequence[Claim], plan: Plan | None) -> tuple[str, ...]:
    """Where two sources give one speaker different names, in a sentence each; `claims` are in order of strength.

    Names that the plan knows as one person's (an alias, a first name) do not contradict each other.
    """

    def known(name: str) -> str:
        attendee = plan.attendee(name) if plan is not None else None
        return folded(attendee.name if attendee is not None else name)

    first: dict[str, tuple[str, str]] = {}
    found = []
    for source in claims:
        for speaker, name in source.names.items():
            before, holds = first.setdefault(speaker, (source.source, name))
            if known(holds) != known(name):
                found.append(f"{speaker}: {holds} by {before}, {name} by {source.source}; the first holds.")
    return tuple(found)


OURS = ("salesperson", "manager", "specialist")
"""Roles that a team's people have, in the words of plan and roster."""


def overruled(people: Participants, plan: Plan | None) -> tuple[str, ...]:
    """Where something stronger than the plan holds against it, and where side and role of somebody are at odds, in a
    sentence each."""
    found = []
    for person in people.people:
        attendee = next((a for a in plan.attendees if a.name == person.name), None) if plan is not None else None
        by_side, by_role = _said_by(person, "side"), _said_by(person, "role")
        if attendee is not None and person.side != attendee.side:
            found.append(
                f"{person.label} is {attendee.side} by the plan and {person.side} by {by_side}; {by_side} holds."
            )
        if attendee is not None and person.role is not None and folded(person.role) != folded(attendee.role):
            found.append(
                f"{person.label} is {attendee.role} by the plan and {person.role} by {by_role}; {by_role} holds."
            )
        same = by_side == by_role and by_side in ("plan", "sidecar")
        if person.side == "customer" and person.role is not None and folded(person.role) in OURS and not same:
            found.append(
                f"{person.label} is {person.role} by {by_role} and customer by {by_side}. If they are from your team, "
                f"say so: --side {person.key}=team."
            )
    seller = people.person(people.salesperson) if people.salesperson is not None else None
    if plan is not None and seller is not None and seller.name not in (None, plan.lead.name):
        by = _said_by(seller, "role")
        found.append(
            f"{plan.lead.name} was to lead by the plan; {seller.label} is the salesperson by {by}, which holds."
        )
    return tuple(found)


def _said_by(person: Person, what: str) -> str:
    """Where the side or the role of somebody comes from."""
    return next((one.source for one in person.evidence if one.says.startswith(f"{what} ")), "what is known")


def identified(
    speakers: Sequence[str],
    claims: Sequence[Claim],
    plan: Plan | None,
    roster: Roster | None,
    file_name: str,
    unsure: Collection[str] = (),
    sidecars: Sequence[Sidecar] = (),
) -> Participants:
    """The participants by all sources, the roster last; `file_name` is the recording's, `unsure` are as in `resolve`.

    For who has a name by then, `sidecars` tell the side.

    Raises:
        UsageError: what is claimed cannot be (see `resolve`).
    """
    people = resolve(speakers, claims, plan, unsure)
    if roster is not None:
        claims = (*claims, _roster_claim(people, roster, file_name, plan))
        people = resolve(speakers, claims, plan, unsure)
    told = _sides_beside(people, sidecars, roster)
    return resolve(speakers, (*claims, told), plan, unsure) if told.sides else people


def _sides_beside(people: Participants, sidecars: Iterable[Sidecar], roster: Roster | None) -> Claim:
    """The sides that sidecars tell of those who have a name: in words, or by a mail address the roster places.

    None where they would decide about somebody else: with one side alone named, all others would count for the other.
    """
    told: dict[str, set[Side]] = {}
    for one in (person for sidecar in sidecars for person in sidecar.people if not person.anonymous):
        side: Side | None = one.side
        if side is None and roster is not None and one.mail is not None:
            side = roster.side_of(one.mail)
        if side is not None:
            told.setdefault(folded(one.name), set()).add(side)
    sides: dict[str, Side] = {}
    for person in people.people:
        found = told.get(folded(person.name), set()) if person.name is not None and person.side is None else set()
        if len(found) == 1:
            sides[person.key] = found.copy().pop()
    known = {person.side or sides.get(person.key) for person in people.people}
    return Claim("sidecar", sides=sides if None not in known or {"team", "customer"} <= known else {})


def _roster_claim(people: Participants, roster: Roster, file_name: str, plan: Plan | None) -> Claim:
    """Side and role of everybody that the roster knows by name; the salesperson where it leaves no choice.

    That is the one that the file name tells, or else the only one on the call whose role is salesperson. With a plan
    it is the plan that says who leads.
    """
    planned = {attendee.name for attendee in plan.attendees} if plan is not None else set()
    members = {}
    buyers = set()
    for person in people.people:
        member = roster.member(person.name) if person.name is not None and person.name not in planned else None
        if member is not None and person.side in ("team", None):
            members[person.key] = member
        elif person.name is not None and person.side is None and person.name not in planned:
            buyers |= {person.key} if roster.customer(person.name) is not None else set()
    salesperson = None
    if plan is None and people.salesperson is None:
        told = roster.guess(file_name)
        sellers = [key for key, member in members.items() if member.role == "salesperson"]
        if told is not None and told.salesperson is not None:
            sellers = [key for key, member in members.items() if member.name == told.salesperson]
        salesperson = sellers[0] if len(sellers) == 1 else None
    sides: dict[str, Side] = dict.fromkeys(members, "team")
    sides |= dict.fromkeys(buyers, "customer")
    return Claim(
        "roster",
        sides=sides,
        roles={key: member.role for key, member in members.items()},
        salesperson=salesperson,
    )
