"""A call whose recording goes on in other files: it dropped and was dialled again, or was stopped and started.

The plan beside the recording says it: `parts = ["second file.m4a"]`, in order, as paths from the recording's folder. A
file of that name that says nothing else is no plan.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from analyzer.audio.recording import Part, Recording, content_hash, probe
from analyzer.errors import OutputError, RecordingMissingError, UsageError, visible
from analyzer.files import is_file, is_folder, write_atomically
from analyzer.people.plan.reading import PARTS, SUFFIX, plan_path, said_in, toml_value
from analyzer.people.platform_names import of_one_meeting, told_by_name
from analyzer.people.sidecars.finding import plans_in
from analyzer.timeline import samples


def plan_beside(recording: Path) -> Path | None:
    """The plan of a recording, or else of another file or of the folder of its meeting."""
    own = plan_path(recording)
    if is_file(own):
        return own
    told = told_by_name(recording.absolute())
    if told.platform in ("plain", "obs"):
        return None
    folder = recording.absolute().parent
    plans = plans_in(folder)
    if told.platform == "zoom-local" and told.began is not None:
        plans += (folder.with_name(folder.name + SUFFIX),)
        return next((plan for plan in plans if is_file(plan)), None)
    return next((plan for plan in plans if is_file(plan) and of_one_meeting(told, told_by_name(plan))), None)


def parts_of(recording: Path) -> tuple[Part, ...]:
    """The files in which a recording goes on, by the plan beside it, there or not; none where the plan is wrong."""
    plan = plan_beside(recording)
    names = said_in(plan).get(PARTS, ()) if plan is not None else ()
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        return ()
    folder = recording.resolve().parent
    paths = [Path(os.path.normpath(folder / name)) for name in names]
    if recording.resolve() in paths:  # a plan of the whole folder, and this is a part
        return ()
    return tuple(Part(path, _after(one, path)) for one, path in zip((recording.resolve(), *paths), paths, strict=False))


def _after(one: Path, other: Path) -> int | None:
    """How long after one recording the other began, by their names: names stay when files are copied, times do not."""
    first, second = told_by_name(one).began, told_by_name(other).began
    if first is None or second is None or first.tzname() != second.tzname():
        return None
    return samples(max(0.0, (second - first).total_seconds()))


def probed(path: Path) -> Recording:
    """What a recording says about itself, with the files in which it goes on. Raises as `probe`."""
    return probe(path, parts_of(path))


def hash_of(path: Path) -> str:
    """The content hash of a recording, with the files in which it goes on. Raises as `probe`."""
    parts = parts_of(path)
    return probe(path, parts).sha256 if parts or is_folder(path) else content_hash(path)


def keep_parts(recording: Path, others: Sequence[Path]) -> Path:
    """Writes into the plan beside a recording in which files it goes on, and returns the plan's path.

    Raises:
        UsageError: it cannot go on in them, or the plan says something else.
        RecordingMissingError: one of them is not there.
        OutputError: the plan cannot be written.
    """
    for one in (recording, *others):
        if is_folder(one):
            raise UsageError("a folder cannot be joined", where=one, todo="Name the files with everybody on them")
        if not is_file(one):
            raise RecordingMissingError("there is no such file", where=one, todo="Check the path")
    first, rest = recording.resolve(), [one.resolve() for one in others]
    if len({first, *rest}) <= len(rest):
        raise UsageError("a recording cannot go on in itself", where=recording, todo="Name each file once")
    names = tuple(Path(os.path.relpath(one, first.parent)).as_posix() for one in rest)
    if not all(visible(name) == name for name in names):
        raise UsageError("a plan cannot hold the name of this file", where=others[0], todo="Give it a plain name")
    plan = plan_beside(recording) or plan_path(recording)
    said = said_in(plan)
    if said.get(PARTS) == list(names):
        return plan
    if PARTS in said:
        raise UsageError(
            f"it says already: {PARTS} = {toml_value(tuple(said[PARTS]))}", where=plan, todo="Edit that line"
        )
    try:
        text = plan.read_text(encoding="utf-8-sig") if is_file(plan) else ""
    except (OSError, ValueError) as error:
        raise OutputError(f"the plan cannot be read ({error})", where=plan, todo="Check the file") from error
    write_atomically(plan, f"{PARTS} = {toml_value(names)}\n{text}".encode(), elsewhere=None)
    return plan
