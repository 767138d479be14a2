"""What can be set, and where: command line, then environment (`ANALYZER_*`), then `analyzer.toml`, then the default.

There are two kinds of `analyzer.toml`. One that the user chose (`--config`, or in the current folder) may set all. One
that lies with the recordings came with them, from whoever can write there: it is data, and may only say what kind of
calls these are (`FROM_DATA`). Places, servers, models, devices and what is checked are the user's to choose.

A value of None means that no one set it. That matters for a call that has been analysed before: what no one asks for
again is taken as it was, and only what is asked for and differs makes the models run again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from analyzer.errors import BadFileError, UsageError, pasted
from analyzer.files import is_file, read_toml
from analyzer.wording import ENGLISH, LANGUAGES, OF_THE_CALL

FILE = "analyzer.toml"
PREFIX = "ANALYZER_"

FROM_DATA = frozenset(
    {"speakers", "min_speakers", "max_speakers", "transcript", "language", "page_language", "profile", "sound"}
)
"""What an `analyzer.toml` with the recordings may set; every other setting, a new one too, is the user's alone."""
FOR_SENDING = frozenset(
    {
        "base_url",
        "mail_server",
        "mail_port",
        "mail_security",
        "mail_user",
        "mail_from",
        "mail_domains",
        "mail_password_file",
        "webhook_url",
        "webhook_secret_file",
        "users",
    }
)
"""Where calls are sent to, and who may see them: it changes nothing in their results."""
AT_MOST = 10
"""How many things one line lists."""

BANDS: Mapping[str | None, str] = {"observe": "observe", "co-sell": "co_sell", "model": "model"}
"""How the settings of the band for a kind of ride-along begin; those for support, and for no kind, begin with band."""

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
    page_language: str = ENGLISH
    profile: str | None = None
    device: str = "auto"
    basis: str = "team-talk"
    band_floor: float = 0.85
    band_ceiling: float = 0.90
    observe_floor: float = 0.95
    observe_ceiling: float = 0.99
    co_sell_floor: float = 0.50
    co_sell_ceiling: float = 0.70
    model_floor: float = 0.80
    model_ceiling: float = 0.95
    sound: str = "clips"
    catalog: str | None = None
    group: str | None = None
    jobs: int = 1
    min_free_mb: int = 500
    max_hours: float = 24.0
    base_url: str | None = None
    mail_server: str | None = None
    mail_port: int = 587
    mail_security: str = "starttls"
    mail_user: str | None = None
    mail_from: str | None = None
    mail_domains: str | None = None
    mail_password_file: str | None = None
    webhook_url: str | None = None
    webhook_secret_file: str | None = None
    users: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.basis not in ("team-talk", "lead-time", "all-talk"):
            raise ValueError(f"basis must be team-talk, lead-time or all-talk, not {self.basis!r}")
        if self.sound not in ("clips", "recording", "none"):
            raise ValueError(f"sound must be clips, recording or none, not {self.sound!r}")
        if self.page_language not in (*LANGUAGES, OF_THE_CALL):
            known = ", ".join((*LANGUAGES, OF_THE_CALL))
            raise ValueError(f"page_language must be one of {known}, not {self.page_language!r}")
        if self.profile not in (None, "fast", "balanced"):
            raise ValueError(f"profile must be fast or balanced, not {self.profile!r}")
        if self.device not in ("auto", "cpu", "cuda"):
            raise ValueError(f"device must be auto, cpu or cuda, not {self.device!r}")
        if self.mail_security not in ("starttls", "tls", "none"):
            raise ValueError(f"mail_security must be starttls, tls or none, not {self.mail_security!r}")
        if not 0 < self.mail_port < 65536:
            raise ValueError(f"mail_port must lie between 1 and 65535, not {self.mail_port}")
        if self.base_url is not None and not self.base_url.startswith(("https://", "http://")):
            raise ValueError(f"base_url must begin with https:// or http://, not {self.base_url!r}")
        for kind in (None, *BANDS):
            floor, ceiling = self.band(kind)
            if not 0 < floor <= ceiling < 1:
                name = BANDS.get(kind, "band")
                what = f"{name}_floor and {name}_ceiling must lie between 0 and 1 in this order"
                raise ValueError(f"{what}, not {floor} and {ceiling}")
        for name in ("speakers", "min_speakers", "max_speakers", "jobs"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
        if not 0 < self.max_hours <= 1000:
            raise ValueError(f"max_hours must lie between 0 and 1000, not {self.max_hours:g}")
        if self.min_free_mb < 0:
            raise ValueError(f"min_free_mb must not be negative, and is {self.min_free_mb}")
        if self.min_speakers and self.max_speakers and self.min_speakers > self.max_speakers:
            raise ValueError(f"min_speakers ({self.min_speakers}) is more than max_speakers ({self.max_speakers})")

    def band(self, ride_along: str | None) -> tuple[float, float]:
        """The lowest and the highest lead share that are good practice on a call of this kind of ride-along."""
        name = BANDS.get(ride_along, "band")
        floor, ceiling = getattr(self, f"{name}_floor"), getattr(self, f"{name}_ceiling")
        return floor, ceiling


def load_settings(
    given: Mapping[str, Any],
    *,
    beside: Path | None = None,
    below: bool = False,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Settings:
    """The settings in force.

    `given` holds what the command line sets (None where it sets nothing). The file is `config`, or else `analyzer.toml`
    in the current folder, or else the one in the folder of recordings, `beside` (with `below`, what lies below it is
    of the recordings too). Of a file that came with recordings only `FROM_DATA` is taken: that is any file which is not
    the user's own (see `_is_the_users`). What is not taken of it is told to `tell`, in one line.

    Raises:
        BadFileError: the user's configuration file is wrong.
        UsageError: the environment or the command line is.
    """
    settings = Settings()
    if config is not None or _is_the_users(Path(FILE), beside, given.get("out"), below=below):
        settings = _from_file(settings, config or Path(FILE))
    else:
        path = next((p for p in (Path(FILE), *((beside / FILE,) if beside else ())) if is_file(p)), None)
        settings = settings if path is None else _from_data(settings, path, tell)
    environ = os.environ if environ is None else environ
    set_there = {
        field.name: environ[PREFIX + field.name.upper()]
        for field in fields(Settings)
        if environ.get(PREFIX + field.name.upper())
    }
    try:
        settings = replace(settings, **{name: _parsed(name, text) for name, text in set_there.items()})
    except ValueError as error:
        raise UsageError(f"in the environment: {error}", todo=f"Correct or unset the {PREFIX}* variable") from error
    try:
        return replace(settings, **{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise UsageError(str(error), todo="See --help") from error


def _is_the_users(path: Path, beside: Path | None, out: Path | None, *, below: bool) -> bool:
    """Whether the file in the current folder is the user's own: they chose to stand here, and no one else wrote it.

    Who stands in the folder of recordings or of results that the command is about (`cd calls; analyzer batch .`) has
    that folder's file before them, and it is data all the same. So is one that another user wrote.
    """
    if not is_file(path):
        return False
    here = os.path.realpath(".")
    for folder in (beside, out):
        there = None if folder is None else os.path.realpath(folder)
        if here == there or (below and there is not None and Path(here).is_relative_to(there)):
            return False
    return not hasattr(os, "geteuid") or path.stat().st_uid in (0, os.geteuid())


def _from_file(settings: Settings, path: Path) -> Settings:
    kinds = get_type_hints(Settings)
    for name, value in read_toml(path).items():
        if name not in kinds:
            known = ", ".join(sorted(kinds))
            raise BadFileError(f"there is no setting {name!r}", where=path, todo=f"Known are: {known}")
        try:
            settings = replace(settings, **{name: _checked(name, value, kinds[name])})
        except ValueError as error:
            raise BadFileError(f"{name}: {error}", where=path, todo="Correct that line") from error
    return settings


def _from_data(settings: Settings, path: Path, tell: Callable[[str], None]) -> Settings:
    """What a file that came with the recordings may set; nothing in it stops anybody's work."""
    try:
        content = read_toml(path)
    except BadFileError as error:
        tell(f"not used: {_short(error.line())}")
        return settings
    kinds = get_type_hints(Settings)
    ignored = []
    for name, value in content.items():
        if name in kinds and name not in FROM_DATA:
            ignored.append(name)
            continue
        try:
            if name not in kinds:
                raise ValueError("there is no such setting")
            settings = replace(settings, **{name: _checked(name, value, kinds[name])})
        except ValueError as error:
            ignored.append(f"{_short(name if name.isidentifier() else repr(name))} ({_short(str(error))})")
    if ignored:
        more = f" and {len(ignored) - AT_MOST} more" if len(ignored) > AT_MOST else ""
        tell(
            f"{path}: ignored: {', '.join(ignored[:AT_MOST])}{more}. This file lies with the recordings, and those may "
            f"only set {', '.join(sorted(FROM_DATA))}. If you trust it, name it: --config {pasted(str(path))}."
        )
    return settings


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "…"


def _checked(name: str, value: Any, kind: Any) -> Any:
    """A TOML value as the setting's type."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if get_origin(kind) is dict:
        kind = dict
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
    if get_origin(kind) is dict:
        raise ValueError(f"{variable}: this can only be set in {FILE}")
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
