"""From a clip of one person to what their voice sounds like.

A clip goes through the diarizer that calls go through, so that what is kept of a person compares with what is found
of a speaker. It is heard twice: as it is, and with the band of a telephone alone (300 to 3400 Hz), because readers over
a telephone score 0.37 and more against their own clip from a room, where strangers reach 0.55; against the clip
narrowed they score 0.60 and more, strangers over a telephone 0.68 at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analyzer.errors import BadFileError
from analyzer.progress import Progress, silent
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.recognition import Diarization
from analyzer.timeline import SAMPLE_RATE, clock, seconds, total

SHORTEST_CLIP = 1.5
"""Seconds of speech below which a clip says too little about a voice to be counted with the others."""
ANOTHER = 1.5
"""Seconds that a second voice must talk for a clip to hold two. Of 116 clips of one reader one was split, with less;
of 30 clips joined from 5 s each of two readers 27 were found: two voices that are much alike pass for one."""
TELEPHONE = (300.0, 3400.0)
"""The band of a telephone line, in hertz."""

Print = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ClipVoice:
    """The one voice of a clip: seconds of speech, and its voiceprints of length 1, as recorded and over a telephone."""

    seconds: float
    wide: Print
    narrow: Print
    model: str
    """The diarizer whose voiceprints these are; others' do not compare."""


def clip_voice(path: Path, diarizer: Diarizer, *, progress: Progress = silent) -> ClipVoice:
    """What the voice in the clip at `path` sounds like.

    Raises:
        RecordingError: it cannot be read as audio.
        BadFileError: it holds too little speech or two voices.
    """
    from analyzer.audio.decode import decode

    return voice_of(decode(path, progress=progress).mono(), diarizer, where=path)


def voice_of(waveform: np.ndarray, diarizer: Diarizer, *, where: object = None) -> ClipVoice:
    """As `clip_voice`, of (samples,) float32 at 16 kHz; `where` is what errors call it."""
    found = diarizer(waveform, speakers=SpeakerBounds())
    talk = talk_seconds(found)
    spoken = seconds(total(turn.span for turn in found.turns))
    if spoken < SHORTEST_CLIP:
        raise BadFileError(
            f"{spoken:.1f} s of speech is too little to know a voice by",
            where=where,
            todo=f"Use a clip with at least {SHORTEST_CLIP:g} s of speech, better 20 s",
        )
    if sum(own >= ANOTHER for own in talk.values()) > 1:
        first, second = sorted(talk, key=lambda speaker: -talk[speaker])[:2]
        at = next(turn.span.start for turn in sorted(found.turns) if turn.who == second)
        raise BadFileError(
            f"two voices are heard in it ({talk[first]:.1f} s and {talk[second]:.1f} s, the second from {clock(at)})",
            where=where,
            todo="Use a clip in which one person alone speaks",
        )
    prints = []
    for sound in (waveform, _over_a_telephone(waveform)):
        alone = diarizer(sound, speakers=SpeakerBounds(exactly=1))
        if not alone.voices or not alone.voices[0].embedding:
            raise BadFileError("its voice cannot be told from other sounds", where=where, todo="Use a clearer clip")
        prints.append(alone.voices[0].embedding)
    return ClipVoice(spoken, prints[0], prints[1], diarizer.name)


def talk_seconds(found: Diarization) -> dict[str, float]:
    """Talk time of each speaker, in seconds."""
    return {
        speaker: seconds(total(turn.span for turn in found.turns if turn.who == speaker)) for speaker in found.speakers
    }


def _over_a_telephone(waveform: np.ndarray) -> np.ndarray:
    """(samples,) without what lies outside the band of a telephone."""
    hertz = np.fft.rfftfreq(len(waveform), 1 / SAMPLE_RATE)
    spectrum = np.fft.rfft(waveform)
    spectrum[(hertz < TELEPHONE[0]) | (hertz > TELEPHONE[1])] = 0
    narrowed: np.ndarray = np.fft.irfft(spectrum, len(waveform)).astype(np.float32)
    return narrowed
