"""Whose results a folder holds, and how that recording lies today."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from analyzer.audio.recording import LENGTHS, Recording, beginning_hash
from analyzer.audio.tracks import tracks_of
from analyzer.call.parts import hash_of, parts_of
from analyzer.errors import RecordingError
from analyzer.files import is_folder

Lies = Literal["there", "grown", "another", "gone"]
"""How a recording lies where it lay: unchanged, longer than it was, not it but another one, or not at all."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a recording as it lay there: a recording is one, or a folder of several; `name` is empty for one."""

    name: str
    size: int
    mtime_ns: int
    beginning: str = ""
    """What `beginning_hash` gives for it; empty when the file is too short to tell."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose results a folder holds; `earlier` are the hashes of the same recording while it was still growing.

    `also` are the other files of the same meeting, and `replaced` the hashes of those of them that were heard before.
    """

    path: Path
    sha256: str
    earlier: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    also: tuple[Path, ...] = ()
    replaced: tuple[str, ...] = ()

    @property
    def hashes(self) -> tuple[str, ...]:
        """Every hash under which something was said about this recording."""
        return (self.sha256, *self.earlier, *self.replaced)


def parsed(content: bytes) -> Owner | None:
    """An owner as it is kept; None when the file does not say whose results these are."""
    try:
        if not content.startswith(b"{"):  # as it was written once: path and hash, a line each
            text = content.decode("utf-8", errors="surrogateescape").removesuffix("\n")
            path, _, sha256 = text.rpartition("\n")  # a path may have line ends of every kind in it
            return Owner(Path(path), sha256) if path else None
        found = json.loads(content)
        pieces = tuple(Piece(*piece) for piece in found["pieces"])
        also, replaced = map(Path, found.get("also", ())), map(str, found.get("replaced", ()))
        earlier = tuple(map(str, found["earlier"]))
        return Owner(Path(found["path"]), str(found["sha256"]), earlier, pieces, tuple(also), tuple(replaced))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def written(owner: Owner) -> bytes:
    """An owner as it is kept."""
    content = {
        "path": str(owner.path),
        "sha256": owner.sha256,
        "earlier": owner.earlier,
        "pieces": [[piece.name, piece.size, piece.mtime_ns, piece.beginning] for piece in owner.pieces],
    }
    if owner.also or owner.replaced:
        content |= {"also": [str(path) for path in owner.also], "replaced": owner.replaced}
    return json.dumps(content).encode()


def now_owned(recording: Recording, before: Owner | None, others: Sequence[Path] | None = None) -> Owner:
    """The owner of a recording's results now, given who owned them before.

    `others` are the other files of its meeting; None where they are not known: then they are as before.
    """
    path = recording.path.resolve()
    earlier, replaced = (before.earlier, before.replaced) if before is not None else ((), ())
    parted = {piece.name for piece in before.pieces} if before is not None and not is_folder(path) else set()
    known = (one for one in before.also if one.name not in parted) if before is not None else ()
    together = known if others is None else (other.resolve() for other in others)
    also = tuple(sorted({*together, *(part.path for part in recording.parts)}))
    if before is not None and before.sha256 != recording.sha256:
        if before.path in also:
            replaced = tuple(dict.fromkeys((*replaced, before.sha256)))
        else:
            earlier = tuple(dict.fromkeys((*earlier, before.sha256)))
    if before is not None and before.sha256 == recording.sha256 and lies_as(before, path):
        return replace(before, also=also)
    return Owner(path, recording.sha256, earlier, tuple(_pieces(recording.path)), also, replaced)


def _pieces(path: Path) -> Iterator[Piece]:
    """The files of a recording as they lie there now; none when they cannot be read (any more)."""
    try:
        for name, file in _files(path):
            state = file.stat()
            tells = state.st_size >= 2 * LENGTHS
            beginning = beginning_hash(file, state.st_size) if tells else ""
            yield Piece(name, state.st_size, state.st_mtime_ns, beginning)
    except (OSError, RecordingError):
        return


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if is_folder(path):
        yield from ((track.path.name, track.path) for track in tracks_of(path))
    else:
        yield "", path
        yield from ((part.path.name, part.path) for part in parts_of(path))


def lies_as(owner: Owner, path: Path) -> bool:
    """Whether the recording at `path` has the sizes and times that it had when its hash was taken: then it is the same.

    False says nothing: it may have been copied again.
    """
    try:
        now = [(name, file.stat()) for name, file in _files(path)]
    except (OSError, RecordingError):
        return False
    known = [(piece.name, piece.size, piece.mtime_ns) for piece in owner.pieces]
    return owner.path == path and known == [(name, state.st_size, state.st_mtime_ns) for name, state in now]


def began_as(owner: Owner, path: Path) -> bool:
    """Whether the recording at `path` lies as it was heard, but for the files in which it goes on, now or then."""
    if lies_as(owner, path):
        return True
    try:
        first = path.stat()
    except OSError:
        return False
    known = [replace(one, beginning="") for one in owner.pieces[:1]]
    alike = owner.path == path and known == [Piece("", first.st_size, first.st_mtime_ns)]
    return alike and (len(owner.pieces) > 1 or bool(parts_of(path)))


def has_grown(owner: Owner, path: Path) -> bool:
    """Whether what was analysed is the beginning of what lies at `path` now."""
    if not owner.pieces or not all(piece.beginning for piece in owner.pieces):
        return False
    try:
        files = dict(_files(path))
        return all(
            piece.name in files
            and files[piece.name].stat().st_size >= piece.size
            and beginning_hash(files[piece.name], piece.size) == piece.beginning
            for piece in owner.pieces
        )
    except (OSError, RecordingError):
        return False


def lies(owner: Owner) -> Lies:
    """How the recording of some results lies at its path now."""
    if lies_as(owner, owner.path):
        return "there"
    there = hash_at(owner.path)
    if there is None:
        return "gone"
    if there == owner.sha256:
        return "there"
    return "grown" if has_grown(owner, owner.path) or began_as(owner, owner.path) else "another"


def hash_at(path: Path) -> str | None:
    """The content hash of the recording at a path; None when there is none that can be read."""
    try:
        return hash_of(path)
    except (OSError, RecordingError):
        return None
