"""What a JSON sidecar says about when tracks begin (`starts_at`), for the files that it means."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from analyzer.audio.tracks import tracks_of
from analyzer.errors import BadFileError
from analyzer.files import is_folder, is_there
from analyzer.people.names import closest, folded
from analyzer.people.sidecars.sidecar import Sidecar
from analyzer.people.toml_fields import shown


def stated_starts(recording: Path, sidecars: Iterable[Sidecar]) -> dict[str, int]:
    """When tracks in the folder `recording` are said to begin, in samples, by the name of the file.

    Raises:
        BadFileError: no track, or more than one, is meant, or one is meant twice.
        RecordingError: the folder holds no tracks.
    """
    starts: dict[str, int] = {}
    for sidecar in sidecars:
        if not sidecar.starts_at or not is_there(recording):
            continue
        if not is_folder(recording):
            raise BadFileError(
                f"starts_at: {recording.name} is one file, not a folder of tracks", where=sidecar.path, todo="Remove it"
            )
        tracks = tracks_of(recording)
        for key, start in sidecar.starts_at:
            files = [t.path.name for t in tracks if key in (t.path.name, t.path.stem)]
            files = files or [t.path.name for t in tracks if t.name is not None and folded(t.name) == folded(key)]
            field = f"starts_at.{shown(key)}"
            if not files:
                near = closest(key, [t.path.name for t in tracks] + [t.name for t in tracks if t.name is not None])
                raise BadFileError(
                    f"{field}: no track in {recording.name} is called so"
                    + (f" (did you mean {near}?)" if near else ""),
                    where=sidecar.path,
                    todo="Write a file's name as it is in the folder, or the name of the person whose track it is",
                )
            if len(files) > 1:
                raise BadFileError(
                    f"{field}: {len(files)} tracks are called so",
                    where=sidecar.path,
                    todo=f"Write the names of the files: {', '.join(files)}",
                )
            if files[0] in starts:
                raise BadFileError(
                    f"{field}: when {files[0]} begins is said already", where=sidecar.path, todo="Leave one of them out"
                )
            starts[files[0]] = start
    return starts
