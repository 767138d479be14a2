"""Corrections: what somebody said about the people on a call, kept beside its results in `corrections.json`.

Each time somebody names, merges or places a speaker, one `Change` is added; later ones win over earlier ones, and the
last can be taken back. The file survives a new analysis: a change carries the moments at which its speakers were heard,
and when the labels have changed since, they are found again by those moments. A change may also split speakers; the
changes after it speak of the speakers as they are then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from pydantic import BaseModel, ConfigDict, Field

from analyzer.people.names import folded
from analyzer.people.participants import Claim, Evidence, Participants
from analyzer.people.side import Side
from analyzer.people.splits import Split, cut, resolved, stretch_text
from analyzer.timeline import Span, Turn
from analyzer.wording import _

ANCHORS = 20
"""How many of a speaker's turns, the longest ones, tell who was meant."""


KEPT_BY_VOICE = "voice, kept when it was forgotten"
"""The source of names that only a voice gave, when what the models heard of it is forgotten."""


class Change(BaseModel):
    """One thing that somebody said, at one time; keys are speaker labels, or names in `sides` and `salesperson`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str
    """When it was said (ISO 8601)."""
    source: str = "correction"
    by: str | None = None
    """Who said it, where that is known."""
    names: dict[str, str] = Field(default_factory=dict)
    same: dict[str, str] = Field(default_factory=dict)
    sides: dict[str, Side] = Field(default_factory=dict)
    roles: dict[str, str] = Field(default_factory=dict)
    salesperson: str | None = None
    splits: list[Split] = Field(default_factory=list)
    enrolled: dict[str, str] = Field(default_factory=dict)
    """Speakers whose voices were kept with this, and under which name: they go when the name goes."""
    heard: dict[str, list[tuple[int, int]]] = Field(default_factory=dict)
    """Where each speaker of the call was heard, in samples: `[[start, end], …]`."""


class Statement(BaseModel):
    """Something that somebody said about a call, as it is kept in a file of its results folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    recording: str | None = None
    """The SHA-256 of the recording it is about; None in files of the first version."""
    by: str | None = None
    at: str | None = None
    """Who changed the file last, and when (ISO 8601), as far as it is known."""


class Corrections(Statement):
    """Everything that was said about the people on a call, oldest first."""

    changes: tuple[Change, ...] = ()


def anchors(turns: Iterable[Turn]) -> dict[str, list[tuple[int, int]]]:
    """For each speaker the longest of their turns, in time order."""
    by: dict[str, list[Span]] = {}
    for turn in turns:
        by.setdefault(turn.who, []).append(turn.span)
    return {
        who: [(s.start, s.end) for s in sorted(sorted(spans, key=lambda s: -s.length)[:ANCHORS])]
        for who, spans in by.items()
    }


def by_label(change: Change, participants: Participants) -> Change:
    """The change with speaker labels in place of names: a name may be another's tomorrow."""

    def label(who: str) -> str:
        found = [p.key for p in participants.people if p.name is not None and folded(p.name) == folded(who)]
        return found[0] if len(found) == 1 and who not in participants.keys_by_speaker else who

    return change.model_copy(
        update={
            "sides": {label(who): side for who, side in change.sides.items()},
            "roles": {label(who): role for who, role in change.roles.items()},
            "salesperson": None if change.salesperson is None else label(change.salesperson),
        }
    )


def corrections_claim(changes: Iterable[Change], turns: Sequence[Turn]) -> Claim:
    """All changes as one statement about the speakers of `turns`, and those that splits make; later changes win.

    `turns` are as they were heard, before any split.
    """
    names: dict[str, str] = {}
    same: dict[str, str] = {}
    sides: dict[str, Side] = {}
    roles: dict[str, str] = {}
    salesperson: str | None = None
    evidence: dict[str, Evidence] = {}
    for change, now, splits in _in_order(changes, turns):
        for to in dict.fromkeys(split.to for split in splits):
            given = [stretch_text(split.speaker, split.span) for split in splits if split.to == to]
            name = change.names.get(next((label for label, found in now.items() if found == to), to))
            has = ", ".join(given)
            says = _("name {name}: has {stretches}", name=name, stretches=has) if name else f"{to}: has {has}"
            evidence[to] = Evidence("correction", says)
        for who in change.names:
            if not splits:
                evidence.pop(now.get(who, who), None)
        for who, name in change.names.items():
            names[now.get(who, who)] = name
            if sides.get(now.get(who, who)) == "none":  # whoever gets a name is somebody
                del sides[now.get(who, who)]
        for who, other in change.same.items():
            who, other = now.get(who, who), now.get(other, other)
            same.pop(other, None)  # "S2 is S4" after "S4 is S2": the later one holds
            if who != other:
                same[who] = other
                if other in sides:  # what was said of the two apart holds no more
                    sides.pop(who, None)
        sides |= {now.get(who, who): side for who, side in change.sides.items()}
        roles |= {now.get(who, who): role for who, role in change.roles.items()}
        if salesperson is not None and sides.get(salesperson, "team") != "team":
            # The later one of the two holds; said at once they cannot both be, which is told.
            said = now.get(change.salesperson or "", change.salesperson) == salesperson
            salesperson = salesperson if said else None
        if change.salesperson is not None:
            before, salesperson = salesperson, now.get(change.salesperson, change.salesperson)
            if before != salesperson and roles.get(before or "") == "salesperson":
                del roles[before or ""]
            if salesperson not in {now.get(who, who) for who in change.sides}:
                sides.pop(salesperson, None)
    return Claim(
        "correction", names=names, same=same, sides=sides, roles=roles, salesperson=salesperson, evidence=evidence
    )


def later(change: Change, by: int) -> Change:
    """The change for a recording of which its own is a part that begins `by` samples later."""
    heard = {who: [(start + by, end + by) for start, end in spans] for who, spans in change.heard.items()}
    splits = [one.model_copy(update={"start": one.start + by, "end": one.end + by}) for one in change.splits]
    return change.model_copy(update={"heard": heard, "splits": splits})


def told(change: Change) -> str:
    """What a change says, in words: `S3 is Marcus Webb; the salesperson is S1`."""
    said = [(stretch_text(one.speaker, one.span), one.to) for one in change.splits]
    said += [*change.names.items(), *change.same.items()]
    said += [(who, _("no one") if side == "none" else _(side)) for who, side in change.sides.items()]
    said += change.roles.items()
    parts = [_("{voice} is {person}", voice=voice, person=person) for voice, person in said]
    if change.salesperson is not None:
        parts.append(_("the salesperson is {who}", who=change.salesperson))
    return "; ".join(parts)


def enrolled(changes: Iterable[Change], turns: Sequence[Turn]) -> set[tuple[str, str]]:
    """Whose voices were kept from this call: today's speakers, each with a name that theirs was kept under."""
    return {
        (now.get(who, who), name)
        for change, now, _ in _in_order(changes, turns)
        for who, name in change.enrolled.items()
    }


def without_voice_name(changes: Sequence[Change], name: str) -> tuple[Change, ...]:
    """`changes` without the names that a voice gave which is taken back."""
    left = []
    for change in changes:
        if change.source == KEPT_BY_VOICE:
            names = {who: given for who, given in change.names.items() if folded(given) != folded(name)}
            change = change.model_copy(update={"names": names})
            if not names:
                continue
        left.append(change)
    return tuple(left)


def splits_of(changes: Iterable[Change], turns: Sequence[Turn]) -> tuple[Split, ...]:
    """All splits, in today's labels; `turns` are as they were heard, before any of them."""
    return tuple(split for _, _, splits in _in_order(changes, turns) for split in splits)


def _in_order(
    changes: Iterable[Change], turns: Sequence[Turn]
) -> Iterator[tuple[Change, dict[str, str], tuple[Split, ...]]]:
    """Each change with what its labels are today, and its splits in today's labels.

    What was said of a speaker who is not heard any more, in a part that was taken out, is not in it.
    """
    for change in changes:
        now = _labels_now(change.heard, turns)
        change = _without(change, {who for who, moments in change.heard.items() if moments and who not in now})
        splits = resolved(change.splits, turns, now)
        now |= {said.to: split.to for said, split in zip(change.splits, splits, strict=True)}
        turns = cut(turns, splits)
        yield change, now, splits


def _without(change: Change, gone: Set[str]) -> Change:
    """A change without what it says of some speakers."""
    if not gone:
        return change
    splits = [one for one in change.splits if one.speaker not in gone]
    gone |= {one.to for one in change.splits if one.new} - {one.to for one in splits}
    update: dict[str, object] = {
        name: {who: said for who, said in getattr(change, name).items() if who not in gone and said not in gone}
        for name in ("names", "same", "sides", "roles", "enrolled")
    }
    update |= {"splits": splits, "salesperson": None if change.salesperson in gone else change.salesperson}
    return change.model_copy(update=update)


def _labels_now(heard: Mapping[str, Sequence[tuple[int, int]]], turns: Sequence[Turn]) -> dict[str, str]:
    """Which of today's speakers each speaker of a change is: the one heard most in the same moments."""
    now: dict[str, str] = {}
    for who, moments in heard.items():
        shared: dict[str, int] = {}
        for start, end in moments:
            span = Span(start, end)
            for turn in turns:
                if turn.span.meets(span):
                    shared[turn.who] = shared.get(turn.who, 0) + turn.span.shared(span)
        if shared:
            # On a tie the label itself wins: nothing speaks for another one.
            now[who] = max(shared, key=lambda label: (shared[label], label == who))
    return now
