"""Who is who by the channel, or the track, that somebody is heard on.

A track's file is called after somebody. Of a channel nothing is known but what a JSON sidecar says about who is on it:
that names the speaker when one person is said to be there and one is heard. Where several are heard it only rules out:
whoever is said to be on another channel is not one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from analyzer.people.names import folded
from analyzer.people.participants import Claim, Evidence
from analyzer.people.sidecars.sidecar import Sidecar, SidecarPerson
from analyzer.speech.multichannel.separation import track_names
from analyzer.speech.recognition import Diarization
from analyzer.wording import _


def tracks_claim(found: Diarization) -> Claim:
    """The names of whoever has a track to themselves."""
    return Claim("tracks", names=track_names(found))


def channels_claim(found: Diarization, sidecars: Iterable[Sidecar]) -> Claim:
    """The people who are alone on a channel, as the first sidecar that says anything about channels knows them."""
    sidecar = _with_channels(sidecars)
    if sidecar is None:
        return Claim("channels")
    heard_on = _heard_on(found)
    alone: dict[str, SidecarPerson] = {}
    for channel in found.channels:
        people = [person for person in sidecar.people if person.channel == channel.number + 1]
        if len(people) == len(channel.speakers) == 1 and heard_on[channel.speakers[0]] == {channel.number + 1}:
            alone[channel.speakers[0]] = people[0]
    return Claim(
        "channels",
        names={speaker: person.name for speaker, person in alone.items()},
        sides={speaker: person.side for speaker, person in alone.items() if person.side is not None},
        roles={speaker: person.role for speaker, person in alone.items() if person.role is not None},
        evidence={
            speaker: Evidence(
                "channels",
                _(
                    "name {name}: alone on channel {number}, where {file} has them",
                    name=person.name,
                    number=person.channel,
                    file=sidecar.path.name,
                ),
                ALONE,
            )
            for speaker, person in alone.items()
        },
    )


ALONE = 0.95
"""How sure a name is by the channel: whoever wrote it down may have had the channels the wrong way round."""


def only_on_their_channels(
    claims: Sequence[Claim], found: Diarization, sidecars: Iterable[Sidecar]
) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """`claims` without names of people that the sidecar has on a channel where the speaker is never heard.

    Also, in sentences, which names those were.
    """
    sidecar = _with_channels(sidecars)
    if sidecar is None or not found.channels:
        return tuple(claims), ()
    heard_on = _heard_on(found)
    channel_of = {folded(p.name): p.channel for p in sidecar.people if p.channel is not None}
    kept, notes = [], []
    for source in claims:
        elsewhere = {
            speaker: name
            for speaker, name in source.names.items()
            if folded(name) in channel_of and channel_of[folded(name)] not in heard_on.get(speaker, set())
        }
        notes += [
            f"{speaker}: {name} by {source.source}, but {sidecar.path.name} has {name} on channel "
            f"{channel_of[folded(name)]}, where {speaker} is not heard; not named so."
            for speaker, name in elsewhere.items()
        ]
        kept.append(
            replace(
                source,
                names={speaker: name for speaker, name in source.names.items() if speaker not in elsewhere},
                sides={who: side for who, side in source.sides.items() if who not in elsewhere},
                roles={who: role for who, role in source.roles.items() if who not in elsewhere},
            )
        )
    return tuple(kept), tuple(notes)


def _with_channels(sidecars: Iterable[Sidecar]) -> Sidecar | None:
    return next((s for s in sidecars if any(person.channel is not None for person in s.people)), None)


def _heard_on(found: Diarization) -> dict[str, set[int]]:
    """The channels that each speaker is heard on, counted from 1."""
    heard_on: dict[str, set[int]] = {}
    for channel in found.channels:
        for speaker in channel.speakers:
            heard_on.setdefault(speaker, set()).add(channel.number + 1)
    return heard_on
