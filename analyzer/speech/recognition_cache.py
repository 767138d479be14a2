"""`heard.json`: what the models heard in one recording, kept beside its results so that they need not run again.

It is written after each stage, so that a run that is stopped goes on where it was. It holds voiceprints, which are
personal data: only its owner may read it. Whoever deletes it loses nothing but time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analyzer.speech.recognition import Diarization, Recognition, Transcript
from analyzer.speech.request import Request

VERSION = 1


@dataclass(frozen=True, slots=True)
class RecognitionCache:
    """The finished stages of one recording (by its content hash); a stage that has not been reached is None.

    `diarized_with` and `transcribed_with` are what was asked of each stage, to tell whether it answers a new request.
    `forgotten` is the day on which words and voiceprints were forgotten by rule: what is missing since then is not made
    again unless somebody asks for a new analysis.
    """

    sha256: str
    length: int
    notes: tuple[str, ...] = ()
    diarizer: str = ""
    diarized_with: Request = Request()  # noqa: RUF009 - frozen
    diarization: Diarization | None = None
    transcribed_with: Request = Request()  # noqa: RUF009 - frozen
    transcript: Transcript | None = None
    forgotten: str | None = None
    version: int = VERSION

    def recognition(self, *, transcript: bool = True) -> Recognition:
        """The stages as one recognition; the diarization must be there."""
        if self.diarization is None:
            raise ValueError("no stage has looked for speakers yet")
        words = self.transcript if transcript else None
        return Recognition(self.length, self.diarization, words, self.diarizer, self.notes)


def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(RecognitionCache)


def recognition_of(content: bytes) -> RecognitionCache | None:
    """The content of `heard.json`; None when it is damaged, or another version of the program wrote it.

    The models can hear it all again.
    """
    from pydantic import ValidationError

    try:
        found: RecognitionCache = _adapter().validate_json(content)
    except ValidationError:
        return None
    return found if found.version == VERSION else None


def recognition_json(cache: RecognitionCache) -> bytes:
    """The content of `heard.json`."""
    content: bytes = _adapter().dump_json(cache)
    return content
