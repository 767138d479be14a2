"""What a file beside a recording says about the people on the call: a transcript with names, or a list of people.

Times are samples from the start of the recording as far as the file knows it; a transcript may run some seconds early
or late, which `match_names` finds out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from analyzer.people.side import Side
from analyzer.timeline import Span

SidecarKind = Literal["zoom-vtt", "teams-vtt", "vtt", "json"]
"""`zoom-vtt` has `Name: text`, `teams-vtt` voice tags, `vtt` names on a line of their own or none."""


@dataclass(frozen=True, slots=True)
class NamedCue:
    """A stretch of speech: whose it is (None when the file does not say) and what is said (may be empty)."""

    span: Span
    name: str | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class SidecarPerson:
    """Somebody the file names; `written` has the forms in which it does, `channel` counts from 1."""

    name: str
    written: tuple[str, ...] = ()
    side: Side | None = None
    role: str | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar: its cues in time order, and the people it names (in a transcript in order of first speech).

    `starts_at` has when tracks of a folder begin, in samples: a file or the person whose track it is, and when.
    `lost` says in a sentence what of it could not be read, empty when everything could.
    """

    path: Path
    kind: SidecarKind
    cues: tuple[NamedCue, ...] = ()
    people: tuple[SidecarPerson, ...] = ()
    starts_at: tuple[tuple[str, int], ...] = ()
    lost: str = ""

    @property
    def headcount(self) -> int | None:
        """How many people are on the call; None when it names no one, or leaves open who some of the cues are."""
        return None if not self.people or any(cue.name is None for cue in self.cues) else len(self.people)

    def person(self, name: str) -> SidecarPerson | None:
        """The person with exactly this name."""
        return next((person for person in self.people if person.name == name), None)
