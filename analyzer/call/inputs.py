"""Everything that lies beside a recording: its plan, its sidecars and its roster, and one fingerprint of all of them.

The fingerprint has two halves, `models:rest`. When the first changes the models have something else to do. When only
the second changes (a plan, roster or transcript came or was edited, a voice was added, the recording was moved), the
result is made again from what the models found before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from analyzer.audio.part_starts import beginnings
from analyzer.call.occasion import Occasion, occasion_of, telling_name
from analyzer.call.parts import parts_of, plan_beside
from analyzer.errors import BadFileError, RecordingError
from analyzer.files import file_sha256, is_file, sha256
from analyzer.people.announcements import Recurring
from analyzer.people.plan.plan import Attendee, Plan
from analyzer.people.plan.reading import read_plan, says_parts_alone
from analyzer.people.roster.roster import Roster
from analyzer.people.roster.team_file import find_roster, read_roster
from analyzer.people.sidecars.call_exports import together
from analyzer.people.sidecars.file_reader import read_sidecar
from analyzer.people.sidecars.finding import find_sidecars
from analyzer.people.sidecars.sidecar import Sidecar, SidecarPerson
from analyzer.people.sidecars.starts import stated_starts
from analyzer.people.voices.voice_files import SUFFIX, voices_folder
from analyzer.settings import FOR_SENDING, Settings

FOR_THE_MODELS = ("speakers", "min_speakers", "max_speakers", "transcript", "asr_model", "language", "profile")
NOT_FOR_RESULTS = ("out", "device", "catalog", "group", "jobs", "min_free_mb", "max_hours")
RESULTS = "results 4"
"""What a version writes of the same inputs: when it rises, calls are made again once, without the models."""
ROSTER_ABOVE = 3
"""How many folders above a recording's own may hold its roster: a shared folder has one, its calls lie in folders."""


@dataclass(frozen=True, slots=True)
class CallInputs:
    """What lies beside a recording, read; `name` is what the roster's patterns are held against."""

    name: str
    plan: Plan | None = None
    sidecars: tuple[Sidecar, ...] = ()
    roster: Roster | None = None
    roster_path: Path | None = None
    occasion: Occasion = Occasion()  # noqa: RUF009 - frozen
    starts: Mapping[str, int] = field(default_factory=dict)
    """When tracks are said to begin, in samples, by the name of the file."""
    recurring: tuple[Recurring, ...] = ()
    """What the library knows of how the call begins."""

    @property
    def headcount(self) -> int | None:
        """How many people are on the call, as far as the plan or else a sidecar knows."""
        told = [self.plan.headcount if self.plan is not None else None, *(one.headcount for one in self.sidecars)]
        return next((number for number in told if number is not None), None)

    @property
    def listed(self) -> tuple[Attendee | SidecarPerson, ...]:
        """Everybody who is on the call by the plan, or else by a sidecar that knows how many they are; or no one.

        No one either where the sidecar has somebody without a name.
        """
        if self.plan is not None:
            return self.plan.attendees if self.plan.headcount is not None else ()
        everybody = next((one.people for one in self.sidecars if one.headcount == len(one.people)), ())
        return () if any(person.anonymous for person in everybody) else everybody

    @property
    def ride_along(self) -> str | None:
        """The kind of ride-along, if a plan says it."""
        return self.plan.ride_along if self.plan is not None else None


@dataclass(frozen=True, slots=True)
class InputFiles:
    """Which files hold for a recording, before they are read."""

    recording: Path
    plan: Path | None
    sidecars: tuple[Path, ...]
    roster: Path | None
    later: tuple[tuple[Path, ...], ...] = ()
    """The sidecars of each file in which the recording goes on."""

    def read(self) -> CallInputs:
        """Reads each of them once.

        Raises:
            BadFileError: one of them is wrong, or not there any more.
        """
        has_plan = self.plan is not None and not says_parts_alone(self.plan)
        plan = read_plan(self.plan)[0] if self.plan is not None and has_plan else None
        roster = read_roster(self.roster)[0] if self.roster is not None else None
        sidecars = together(map(read_sidecar, self.sidecars))
        starts = stated_starts(self.recording, sidecars)
        occasion = occasion_of(self.recording, sidecars, roster, today=dt.date.today())
        name = telling_name(self.recording, roster).as_posix()
        return CallInputs(name, plan, self._of_all_parts(sidecars), roster, self.roster, occasion, starts)

    def _of_all_parts(self, sidecars: tuple[Sidecar, ...]) -> tuple[Sidecar, ...]:
        """The sidecars with those of the parts, at their places: each knows only who was on its own part."""
        if not any(self.later):
            return sidecars
        try:
            starts = beginnings(self.recording, parts_of(self.recording))
        except RecordingError:  # it is gone: then no one knows where they begin
            return sidecars
        found = list(sidecars)
        for start, paths in zip(starts, self.later, strict=True):
            for one in together(map(read_sidecar, paths)):
                place = next((i for i, known in enumerate(found) if known.kind == one.kind == "transcript"), None)
                if place is None:
                    found.append(one.later(start))
                else:
                    found[place] = found[place].going_on(one.later(start))
        return tuple(replace(one, everybody=False) for one in found)

    def fingerprint(self, settings: Settings, *, voices: str) -> str:
        """The fingerprint of these files, of the settings, and of the known voices (`voices_stamp`)."""
        values = {field.name: repr(getattr(settings, field.name)) for field in fields(settings)}
        models = [f"{name}={values[name]}" for name in FOR_THE_MODELS]
        rest = [
            f"{name}={values[name]}"
            for name in sorted(values.keys() - {*FOR_THE_MODELS, *NOT_FOR_RESULTS, *FOR_SENDING})
        ]
        rest += [RESULTS, str(self.recording), voices, _stamp(self.plan) if self.plan is not None else ""]
        rest += [_stamp(path) for path in (*self.sidecars, *sum(self.later, ()), self.roster) if path is not None]
        return f"{_digest(models)}:{_digest(rest)}"


def find_inputs(recording: Path, plan: Path | None = None) -> InputFiles:
    """The files that hold for a recording; `plan` is one to take in place of that beside it.

    Raises:
        BadFileError: the plan that was given is not there.
    """
    if plan is not None and not is_file(plan):
        raise BadFileError("there is no such plan", where=plan, todo="Check the path, or leave --plan out")
    above = recording.resolve().parents
    roster = find_roster(recording, root=above[min(ROSTER_ABOVE, len(above) - 1)])
    own = find_sidecars(recording)
    later = (find_sidecars(part.path) for part in parts_of(recording))
    beside = tuple(tuple(path for path in paths if path not in own) for paths in later)
    return InputFiles(recording, plan or plan_beside(recording), own, roster, beside)


def read_inputs(recording: Path, plan: Path | None = None) -> CallInputs:
    """What lies beside a recording, found and read.

    Raises:
        BadFileError: a file is wrong, or the plan that was given is not there.
    """
    return find_inputs(recording, plan).read()


def needs_models(now: str, before: str | None) -> bool:
    """Whether two fingerprints of one call differ in what the models would be asked."""
    return before is None or now.partition(":")[0] != before.partition(":")[0]


def voices_stamp() -> str:
    """What changes when a voice is added or forgotten; those that rosters name come and go with their rosters.

    It goes by what is in the files: their times say when a voice was last heard (`note_heard`), which changes no call.
    """
    folder = voices_folder()
    return _digest([_content(path) for path in sorted(folder.glob(f"*{SUFFIX}"))])  # none where there is no folder


def _stamp(path: Path) -> str:
    try:
        state = path.stat()
    except OSError:
        return ""
    return f"{path.name} {state.st_size} {state.st_mtime_ns}"


def _content(path: Path) -> str:
    try:
        return f"{path.name} {file_sha256(path)}"
    except OSError:
        return ""


def _digest(texts: list[str]) -> str:
    return sha256("\n".join(texts).encode("utf-8", errors="surrogateescape"))[:16]
