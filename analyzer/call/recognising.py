"""Running the models on a recording, or taking what they found before: who spoke when, and which words.

Each stage costs time, so what it finds is kept as soon as it is done, and a run that is stopped goes on there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.audio.recording import Recording
from analyzer.call.engine import Engine
from analyzer.call.folder import CallFolder
from analyzer.errors import NoSpeechError
from analyzer.progress import Progress, silent
from analyzer.settings import Settings
from analyzer.speech.profile import profile_named
from analyzer.speech.recognition import Diarization
from analyzer.speech.recognition_cache import RecognitionCache
from analyzer.speech.request import Request, speakers_request, words_request
from analyzer.talk.turns import spans_by_person, talk_time
from analyzer.timeline import samples

if TYPE_CHECKING:
    from analyzer.speech.diarization.diarizer import Diarizer
    from analyzer.speech.listening import Listening

log = logging.getLogger(__name__)

SPLINTER = samples(10.0)
"""A voice beyond the headcount that talks less than this is a part of another's, as a rule."""


def recognise(
    recording: Recording,
    engine: Engine,
    settings: Settings,
    *,
    headcount: int | None = None,
    starts: Mapping[str, int] | None = None,
    folder: CallFolder | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> RecognitionCache:
    """Runs the models on a recording, or takes from `folder` what they found before.

    What was found before holds while the recording is the same and it covers what is asked for; with `fresh` it never
    does. `headcount` is how many people are said to be on the call: voices beyond it that are near each other are one,
    and those that hardly talk are taken for splinters of others, and looked for again within it; any other is kept, and
    reported. Channels that carry separate parties, and tracks, are listened to one by one; `starts` is when tracks are
    said to begin.

    Raises:
        NoSpeechError: no one speaks in the recording.
    """
    kept = None if fresh or folder is None else folder.recognition()
    if kept is None or kept.sha256 != recording.sha256:
        kept = RecognitionCache(sha256=recording.sha256, length=0)
    for_speakers, for_words = speakers_request(settings, recording, starts or {}), words_request(settings)
    found_speakers = kept.diarization is not None and kept.diarized_with.covers(for_speakers)
    found_words = found_speakers and kept.transcript is not None and kept.transcribed_with.covers(for_words)
    # Forgotten words are settled: only a new analysis, asked for, finds them again.
    found_words = found_words or (found_speakers and kept.forgotten is not None)
    if found_speakers and kept.diarization is not None:
        _check_speech(kept.diarization, recording)
    log.info("%s: speakers known: %s, words known: %s", recording.path, found_speakers, found_words)
    if found_speakers and (found_words or not settings.transcript):
        return kept

    from analyzer.speech.listening import listen

    began = time.monotonic()
    profile = profile_named(settings.profile)
    sound = listen(recording, starts=starts, max_hours=settings.max_hours, progress=progress)
    progress("load", 0, None)
    if not found_speakers:
        diarizer = engine.diarizer(progress, profile=profile)
        announced = None if for_speakers.states_count else headcount
        diarization = _diarized(sound, diarizer, settings, announced, progress)
        notes = (*sound.notes, *_too_few(diarization, for_speakers))
        kept = RecognitionCache(recording.sha256, sound.length, notes, diarizer.name, for_speakers, diarization)
        _keep(kept, folder)
    assert kept.diarization is not None
    _check_speech(kept.diarization, recording)
    if settings.transcript:
        progress("transcribe", 0, None)  # a stage begins: whoever counts time, or wants to stop, is told here
        model = settings.asr_model or profile.asr_model(settings.language)
        transcriber = engine.transcriber(model, progress, profile=profile)
        words = sound.transcribe(kept.diarization, transcriber, language=settings.language, progress=progress)
        kept = replace(kept, transcribed_with=for_words, transcript=words)
        _keep(kept, folder)
    log.info("%s: the models took %.1f s", recording.path, time.monotonic() - began)
    return kept


def _diarized(
    sound: Listening, diarizer: Diarizer, settings: Settings, announced: int | None, progress: Progress
) -> Diarization:
    """Who spoke when; once more within the number of people that was announced where splinters of voices show."""
    from analyzer.speech.diarization.speakers import SpeakerBounds

    bounds = SpeakerBounds(settings.speakers, settings.min_speakers, settings.max_speakers, announced)
    found = sound.diarize(diarizer, speakers=bounds, progress=progress)
    if announced is not None and _has_splinters(found, announced):
        found = sound.diarize(diarizer, speakers=SpeakerBounds(max=announced), progress=progress)
    return found


def _check_speech(found: Diarization, recording: Recording) -> None:
    """Raises the error for a recording without speech: the first time, and each time that it is known."""
    if not found.turns:
        raise NoSpeechError(
            "no one speaks in this recording",
            where=recording.path,
            todo="Check that it is the right file and that it was recorded with the microphones on",
        )


def _too_few(found: Diarization, asked: Request) -> tuple[str, ...]:
    """A sentence where fewer voices were found than somebody stated: none is cut in two to make up the number."""
    stated, heard = asked.speakers or asked.min_speakers, len(found.speakers)
    if stated is None or not 0 < heard < stated:
        return ()
    found_so_many = "1 voice was" if heard == 1 else f"{heard} voices were"
    return (
        f"{stated} people were said to speak, and {found_so_many} found: somebody says next to nothing, or two voices "
        "are taken for one. If they are, the shares can be further off than their intervals say.",
    )


def _has_splinters(found: Diarization, headcount: int) -> bool:
    talk = sorted(talk_time(spans_by_person(found.turns)).values(), reverse=True)
    return len(talk) > headcount and all(time < SPLINTER for time in talk[headcount:])


def _keep(kept: RecognitionCache, folder: CallFolder | None) -> None:
    if folder is not None:
        folder.keep_recognition(kept)
