"""What a file beside a recording says about the call: a transcript with names, a list of people, an invite.

Times are samples from the start of the recording as far as the file knows it; a transcript may run some seconds early
or late, which `match_names` finds out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from analyzer.people.side import PersonSide
from analyzer.timeline import Span

SidecarKind = Literal["people", "transcript", "names", "invite"]
"""`people` is a list that somebody wrote, a `transcript` says who speaks when, `names` (a chat, a timeline, notes) only
who was there, and an `invite` who was asked to come."""


@dataclass(frozen=True, slots=True)
class NamedCue:
    """A stretch of speech: whose it is (None when the file does not say) and what is said (may be empty)."""

    span: Span
    name: str | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class SidecarPerson:
    """Somebody the file names; `written` has the forms in which it does, `channel` counts from 1.

    `anonymous` is for somebody whose side the file knows, and not the name: `name` is then what it calls them
    ("AGENT"), which is no one's name.
    """

    name: str
    written: tuple[str, ...] = ()
    side: PersonSide | None = None
    role: str | None = None
    channel: int | None = None
    mail: str | None = None
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar: its cues in time order, and the people it names (in a transcript in order of first speech).

    `starts_at` has when tracks of a folder begin, in samples: a file or the person whose track it is, and when.
    `lost` says in a sentence what of it could not be read, empty when everything could. `began` is when the call began,
    with a time zone where the file knows it. `agenda` has lines that an invite gives, to be confirmed in a plan.
    """

    path: Path
    kind: SidecarKind
    cues: tuple[NamedCue, ...] = ()
    people: tuple[SidecarPerson, ...] = ()
    starts_at: tuple[tuple[str, int], ...] = ()
    lost: str = ""
    title: str = ""
    began: dt.datetime | None = None
    agenda: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    """Names that stand for several people at one microphone: never the name of a voice."""
    by_the_clock: bool = False
    """Whether the times were those of a clock on the wall: the recording may have begun minutes from when it says."""
    everybody: bool = True
    """Whether `people` are all who are on the call; a chat has only those who wrote something."""

    @property
    def headcount(self) -> int | None:
        """How many people are on the call; None when it names no one, or leaves open who some of the cues are."""
        told = self.everybody and self.people and not self.rooms and all(cue.name is not None for cue in self.cues)
        return len(self.people) if told else None

    def later(self, by: int) -> Sidecar:
        """This one for a recording of which its own is a part that begins `by` samples later."""
        cues = (replace(cue, span=Span(cue.span.start + by, cue.span.end + by)) for cue in self.cues)
        return replace(self, cues=tuple(cues), starts_at=(), began=None)

    def going_on(self, other: Sidecar) -> Sidecar:
        """This one with the cues and the people of another one, which comes after it."""
        people = (*self.people, *(one for one in other.people if self.person(one.name) is None))
        lost = " ".join(dict.fromkeys(filter(None, (self.lost, other.lost))))
        return replace(self, cues=(*self.cues, *other.cues), people=people, lost=lost)

    def person(self, name: str) -> SidecarPerson | None:
        """The person with exactly this name."""
        return next((person for person in self.people if person.name == name), None)
