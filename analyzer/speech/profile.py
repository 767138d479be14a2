"""How much trouble to take: what a **profile** gives to the two stages that cost time.

    profile    a window every   Whisper writes with           missed speech heard again
    fast       5 s              1 alternative; tiny.en if     no
                                `--language en` says so
    balanced   2.5 s            1 alternative                 yes
    accurate   1 s              5 alternatives                yes

What each gives and costs is measured by `analyzer bench run FOLDER --profile fast --profile balanced …`. Each stage is
kept with its own part of the profile, so that another profile runs only the stages in which the two differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.errors import UsageError

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Profile:
    """`step` is samples from one window of the segmentation to the next; `beam`, alternatives followed in writing.

    With `again`, speech that got no word is heard a second time. `model` is the Whisper model when none is named,
    `english` the one for calls that are said to be in English.
    """

    name: str
    step: int
    beam: int
    again: bool
    model: str = "base"
    english: str = "base"

    def asr_model(self, language: str | None) -> str:
        """The Whisper model for a call in `language`, None where it is not known."""
        return self.english if language == ENGLISH else self.model


FAST = Profile("fast", step=80_000, beam=1, again=False, english="tiny.en")
# More alternatives than one take a fifth to a half more CPU time (0.064 to 0.076 CPU seconds a second of audio on ten
# meeting clips, 0.047 to 0.069 on a call) for as many word errors (29.7 % and 29.9 %), so balanced follows one.
BALANCED = Profile("balanced", step=40_000, beam=1, again=True)
ACCURATE = Profile("accurate", step=16_000, beam=5, again=True)
PROFILES = {profile.name: profile for profile in (FAST, BALANCED, ACCURATE)}


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
