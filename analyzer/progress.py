"""Progress as something the caller gives: a function that is told how far a stage has come.

Nothing below `cli/` prints; what a person sees is decided there (bars on a terminal, plain lines elsewhere).
"""

from __future__ import annotations

from typing import Protocol

from analyzer.wording import N_, _


class Progress(Protocol):
    """Told by a stage how much of it is done; `total` is None while no one knows how much there is."""

    def __call__(self, stage: str, done: float, total: float | None) -> None:
        """Tells that `done` of `total` of the stage is done, in whatever the stage counts."""


def silent(stage: str, done: float, total: float | None) -> None:
    """A `Progress` that says nothing."""


STAGES = {
    "decode": N_("Reading the recording"),
    "load": N_("Loading the models"),
    "segmentation": N_("Finding speech"),
    "voices": N_("Comparing voices"),
    "transcribe": N_("Transcribing"),
}


def in_words(stage: str) -> str:
    """A stage as a person is told of it."""
    if stage.startswith("fetch "):
        return _("Fetching {what}", what=stage.removeprefix("fetch "))
    return _(STAGES.get(stage, stage))
