"""What can be set, and where: command line, then environment (`ANALYZER_*`), then `analyzer.toml`, then the default.

A value of None means that nobody set it. That matters for a call that has been analysed before: what nobody asks for
anew is taken as it was, and only what is asked for and differs makes the models run again.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from analyzer.errors import BadFileError, UsageError

FILE = "analyzer.toml"
PREFIX = "ANALYZER_"

DEFAULT_OUT = Path("debriefs")
DEFAULT_ASR_MODEL = "base"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; the names are those of the options, of the environment in capitals, and of `analyzer.toml`."""

    out: Path = DEFAULT_OUT
    speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None
    transcript: bool = True
    asr_model: str | None = None
    language: str | None = None
    profile: str | None = None
    device: str = "auto"
    basis: str = "team-talk"
    band_floor: float = 0.85
    band_ceiling: float = 0.90
    sound: str = "clips"
    catalog: str | None = None
    jobs: int = 1
    min_free_mb: int = 500

    def __post_init__(self) -> None:
        if self.basis not in ("team-talk", "lead-time", "all-talk"):
            raise ValueError(f"basis must be team-talk, lead-time or all-talk, not {self.basis!r}")
        if self.sound not in ("clips", "recording", "none"):
            raise ValueError(f"sound must be clips, recording or none, not {self.sound!r}")
        if self.profile not in (None, "fast", "balanced", "accurate"):
            raise ValueError(f"profile must be fast, balanced or accurate, not {self.profile!r}")
        if self.device not in ("auto", "cpu", "cuda"):
            raise ValueError(f"device must be auto, cpu or cuda, not {self.device!r}")
        if not 0 < self.band_floor <= self.band_ceiling < 1:
            raise ValueError(
                f"band_floor and band_ceiling must lie between 0 and 1 in this order, not {self.band_floor} "
                f"and {self.band_ceiling}"
            )
        for name in ("speakers", "min_speakers", "max_speakers", "jobs"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        if self.min_free_mb < 0:
            raise ValueError(f"min_free_mb must not be negative, and is {self.min_free_mb}")
        if self.min_speakers and self.max_speakers and self.min_speakers > self.max_speakers:
            raise ValueError(f"min_speakers ({self.min_speakers}) is more than max_speakers ({self.max_speakers})")


def load_settings(
    given: Mapping[str, Any],
    *,
    beside: Path | None = None,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings in force.

    `given` holds what the command line sets (None where it sets nothing). The file is `config`, or else `analyzer.toml`
    in the working directory, or else the one in the folder `beside`.

    Raises:
        BadFileError: the configuration file is wrong.
        UsageError: the environment or the command line is.
    """
    settings = Settings()
    path = config or next((p for p in (Path(FILE), *((beside / FILE,) if beside else ())) if p.is_file()), None)
    if path is not None:
        settings = _from_file(settings, path)
    environ = os.environ if environ is None else environ
    set_there = {
        field.name: environ[PREFIX + field.name.upper()]
        for field in fields(Settings)
        if environ.get(PREFIX + field.name.upper())
    }
    try:
        settings = replace(settings, **{name: _parsed(name, text) for name, text in set_there.items()})
    except ValueError as error:
        raise UsageError(f"in the environment: {error}", todo=f"Mend or unset the {PREFIX}* variable") from error
    try:
        return replace(settings, **{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise UsageError(str(error), todo="See --help") from error


def _from_file(settings: Settings, path: Path) -> Settings:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadFileError(f"cannot be read ({error.strerror})", where=path) from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise BadFileError(f"is not TOML: {error}", where=path, todo="Mend that place") from error
    kinds = get_type_hints(Settings)
    for name, value in content.items():
        if name not in kinds:
            known = ", ".join(sorted(kinds))
            raise BadFileError(f"there is no setting {name!r}", where=path, todo=f"Known are: {known}")
        try:
            settings = replace(settings, **{name: _checked(name, value, kinds[name])})
        except ValueError as error:
            raise BadFileError(f"{name}: {error}", where=path, todo="Mend that line") from error
    return settings


def _checked(name: str, value: Any, kind: Any) -> Any:
    """A TOML value as the setting's type."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, bool) and kind is not bool:
        raise ValueError(f"cannot be {str(value).lower()}")
    if not isinstance(value, kind):
        raise ValueError(f"cannot be {value!r}")
    return value


def _parsed(name: str, text: str) -> Any:
    """An environment variable's text as the setting's type."""
    kind = get_type_hints(Settings)[name]
    variable = PREFIX + name.upper()
    if kind is Path:
        return Path(text)
    if kind is bool:
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        if text.lower() not in words:
            raise ValueError(f"{variable} must be yes or no, not {text!r}")
        return words[text.lower()]
    if kind in (float, int, int | None):
        try:
            return float(text) if kind is float else int(text)
        except ValueError:
            raise ValueError(f"{variable} must be a number, not {text!r}") from None
    return text
