"""Where the models of an analysis come from: each is loaded when it is first needed, and kept for the next call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from analyzer.progress import Progress, silent
from analyzer.speech.profile import BALANCED, Profile

if TYPE_CHECKING:
    from analyzer.speech.diarization.diarizer import Diarizer
    from analyzer.speech.models.store import ModelStore
    from analyzer.speech.transcription.whisper import Transcriber


class Engine(Protocol):
    """Where the models come from."""

    def diarizer(self, progress: Progress = silent, *, profile: Profile = BALANCED) -> Diarizer:
        """Who spoke when."""

    def transcriber(self, model: str, progress: Progress = silent, *, profile: Profile = BALANCED) -> Transcriber:
        """The words, heard by the model of that name or in that folder."""


class LocalEngine:
    """The real models, from the model store, each loaded once."""

    def __init__(self, store: ModelStore | None = None, *, device: str = "auto") -> None:
        self._wanted = device
        self._stored = store
        if device not in ("auto", "cpu"):
            self._device  # noqa: B018 - a device asked for by name that is absent fails now, not after minutes
        self._diarizers: dict[Profile, Diarizer] = {}
        self._transcribers: dict[tuple[str, Profile], Transcriber] = {}

    @cached_property
    def _device(self) -> str:
        from analyzer.speech.models.networks import choose_device

        return choose_device(self._wanted)

    @cached_property
    def _store(self) -> ModelStore:
        from analyzer.speech.models.store import ModelStore

        return self._stored or ModelStore()

    def diarizer(self, progress: Progress = silent, *, profile: Profile = BALANCED) -> Diarizer:
        """The default diarizer, or community-1 when the user has it."""
        if profile not in self._diarizers:
            from analyzer.speech.diarization.diarizer import load_diarizer

            store = _Telling(self._store, progress)
            self._diarizers[profile] = load_diarizer(store, device=self._device, profile=profile)
        return self._diarizers[profile]

    def transcriber(self, model: str, progress: Progress = silent, *, profile: Profile = BALANCED) -> Transcriber:
        """faster-whisper with that model."""
        if (model, profile) not in self._transcribers:
            from analyzer.speech.transcription.whisper import load_transcriber

            self._transcribers[model, profile] = load_transcriber(
                self._store, model, device=self._device, profile=profile, progress=progress
            )
        return self._transcribers[model, profile]


@dataclass(frozen=True, slots=True)
class _Telling:
    """The model store as a diarizer needs it, telling `progress` while it fetches."""

    store: ModelStore
    progress: Progress

    @property
    def folder(self) -> Path:
        return self.store.folder

    def path(self, key: str) -> Path:
        return self.store.path(key, progress=self.progress)
