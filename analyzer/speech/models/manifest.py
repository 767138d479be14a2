"""The model manifest: which models there are, their files with checksums, and where to get them (`manifest.toml`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from analyzer.errors import ManifestError
from analyzer.files import checking, read_toml


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelFile(_Strict):
    """One file of a model. Without `sha256` the first one fetched decides (see the manifest's head)."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*$")]
    size: Annotated[int, Field(gt=0)] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class PackageSource(_Strict):
    """Files inside Python packages: `members` gives for each file the members that, joined, are it."""

    kind: Literal["package"]
    packages: tuple[str, ...]
    members: Mapping[str, tuple[str, ...]]
    size: int | None = None

    def __str__(self) -> str:
        return "package " + " + ".join(self.packages)


class HubSource(_Strict):
    """A repository on the Hugging Face hub; `token` says that it wants the user's own (HF_TOKEN)."""

    kind: Literal["hub"]
    repo: str
    revision: str = "main"
    token: bool = False

    def __str__(self) -> str:
        return f"hub {self.repo}"


Source = Annotated[PackageSource | HubSource, Field(discriminator="kind")]


class Model(_Strict):
    """One model: what for, under which licence, its files and its sources in the order to try them.

    `stands_in_for` names another model that this one serves as well as, where no source gives that one.
    """

    key: Annotated[str, Field(pattern=r"^[a-z0-9][\w.-]*$")]
    what: str
    licence: str
    default: bool = False
    stands_in_for: str | None = None
    file: Annotated[tuple[ModelFile, ...], Field(min_length=1)]
    source: Annotated[tuple[Source, ...], Field(min_length=1)]

    @property
    def size(self) -> int | None:
        """Bytes of all files together, if they are known."""
        sizes = [file.size for file in self.file]
        return None if None in sizes else sum(size for size in sizes if size is not None)


class _Manifest(_Strict):
    model: tuple[Model, ...]


def read_manifest(path: Path) -> dict[str, Model]:
    """The models by key, in the manifest's order.

    Raises:
        ManifestError: the manifest is not there or is wrong.
    """
    content = read_toml(path, kind=ManifestError)
    with checking(path, "Correct the field", ManifestError):
        models = _Manifest.model_validate(content).model
    keys = [model.key for model in models]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise ManifestError(f"two models are called {twice}", where=path, todo="Rename one")
    astray = next((model for model in models if model.stands_in_for not in (None, *keys)), None)
    if astray is not None:
        raise ManifestError(f"{astray.key} stands in for a model that is not there", where=path, todo="Correct the key")
    return dict(zip(keys, models, strict=True))
