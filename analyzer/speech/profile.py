"""How much trouble to take: what a **profile** gives to the two stages that cost time.

    profile    a window every   Whisper model                 missed speech heard again
    fast       5 s              base; tiny.en if              no
                                `--language en` says so
    balanced   2.5 s            base                          yes

A third one, `accurate`, with a window every second and 5 alternatives followed in writing, took 1.6 times as long and
bought nothing: a talk share was 8.4 points off on eleven meeting clips (balanced: 6.5), 2.3 on a call of two (2.1).

What each gives and costs is measured by `analyzer bench run FOLDER --profile fast --profile balanced …`. Each stage is
kept with its own part of the profile, so that another profile runs only the stages in which the two differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.errors import UsageError

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Profile:
    """`step` is samples from one window of the segmentation to the next.

    With `again`, speech that got no word is heard a second time. `model` is the Whisper model when none is named,
    `english` the one for calls that are said to be in English.
    """

    name: str
    step: int
    again: bool
    model: str = "base"
    english: str = "base"

    def asr_model(self, language: str | None) -> str:
        """The Whisper model for a call in `language`, None where it is not known."""
        return self.english if language == ENGLISH else self.model


FAST = Profile("fast", step=80_000, again=False, english="tiny.en")
BALANCED = Profile("balanced", step=40_000, again=True)
PROFILES = {profile.name: profile for profile in (FAST, BALANCED)}


def profile_named(name: str | None) -> Profile:
    """The profile of that name; the balanced one when none is asked for.

    Raises:
        UsageError: there is none of that name.
    """
    if name is None:
        return BALANCED
    if name not in PROFILES:
        raise UsageError(f"there is no profile {name!r}", todo="Profiles are: " + ", ".join(PROFILES))
    return PROFILES[name]
