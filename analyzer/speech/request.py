"""What is asked of the models, and whether what they found before answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from analyzer.audio.recording import Recording
from analyzer.audio.tracks import CONTAINER
from analyzer.settings import DEFAULT_ASR_MODEL, Settings
from analyzer.speech.profile import BALANCED, profile_named


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked of one stage; None for what was not asked.

    `starts` is when tracks are said to begin, as a text, and None for a recording that is no folder of tracks.
    """

    speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None
    starts: str | None = None
    step: int | None = None
    asr_model: str | None = None
    language: str | None = None
    again: bool | None = None

    @property
    def states_count(self) -> bool:
        """Whether a number of speakers is asked for."""
        return (self.speakers, self.min_speakers, self.max_speakers) != (None, None, None)

    def covers(self, other: Request) -> bool:
        """Whether what was made for this request answers `other` as well: all that it asks for was so here."""
        for field in fields(Request):
            wanted, had = getattr(other, field.name), getattr(self, field.name)
            if wanted is not None and wanted != (getattr(_UNASKED, field.name) if had is None else had):
                return False
        return True


_UNASKED = Request(starts="", step=BALANCED.step, asr_model=DEFAULT_ASR_MODEL, again=BALANCED.again)
"""What the models do where nothing is asked."""


def speakers_request(settings: Settings, recording: Recording, starts: Mapping[str, int]) -> Request:
    """What the settings, and what is said about the starts of tracks, ask of the search for speakers."""
    said = ", ".join(f"{name}: {start}" for name, start in sorted(starts.items()))
    return Request(
        settings.speakers,
        settings.min_speakers,
        settings.max_speakers,
        starts=said if recording.container == CONTAINER else None,
        step=None if settings.profile is None else profile_named(settings.profile).step,
    )


def words_request(settings: Settings) -> Request:
    """What the settings ask of the transcription."""
    if settings.profile is None:
        return Request(asr_model=settings.asr_model, language=settings.language)
    profile = profile_named(settings.profile)
    model = settings.asr_model or profile.asr_model(settings.language)
    return Request(asr_model=model, language=settings.language, again=profile.again)
