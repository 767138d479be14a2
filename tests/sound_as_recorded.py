"""The samples as other recorders would have kept them: `python -m tests.sound_as_recorded [PART OF A NAME] ...`.

Each **variation** is a sample with the same people at the same times, recorded in a way that has lost somebody before:
opposite polarity, several tracks, an echo of the far end, a very low level. What is found on it is held against what is
found on the sample as it is. Prints a line for each variation; exits with 1 if one of them has other people, or a talk
share or lead share that is more than 1.5 points off.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from analyzer.audio.recording import probe
from analyzer.bench.scoring import matched
from analyzer.speech.diarization.diarizer import Diarizer, load_diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.listening import listen
from analyzer.speech.models.store import ModelStore
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples, total, union
from tests.audio_builders import encode_tracks

SAMPLES = Path(__file__).parents[1] / "samples"
ALLOWED = 1.5
"""Points that a share may be off the clean recording's."""

LED = "led-call.ogg"
DIALER = "dialer-call.flac"
CUSTOMER = "Ray_Kowalski"

Sound = np.ndarray
"""Shape (channels, samples), float32, 16 kHz."""


Track = tuple[Sound, float]
"""The sound of one audio track and how many seconds late it begins."""


@dataclass(frozen=True)
class Variation:
    """A `sample` recorded otherwise: `make` gives its sound, or its tracks."""

    name: str
    sample: str
    make: Callable[[Sound], Sound | list[Track]]

    def write(self, folder: Path) -> Path:
        """Writes it to `folder` and returns where: a file of several tracks as OBS does, in Opus."""
        made = self.make(sound_of(self.sample))
        name = self.name.replace(" ", "_")
        if isinstance(made, list):
            return encode_tracks(folder / f"{name}.mkv", "matroska", made, SAMPLE_RATE, "libopus")
        soundfile.write(folder / f"{name}.flac", made.T, SAMPLE_RATE)
        return folder / f"{name}.flac"


@cache
def sound_of(sample: str) -> Sound:
    """A sample at 16 kHz."""
    from analyzer.audio.decode import decode

    return decode(SAMPLES / sample).samples


def truth_of(sample: str) -> tuple[Turn, ...]:
    """The turns of a sample as its truth has them."""
    rows = (SAMPLES / sample).with_suffix(".rttm").read_text(encoding="utf-8").split("\n")
    parts = [row.split() for row in rows if row]
    return tuple(Turn(Span(samples(float(r[3])), samples(float(r[3]) + float(r[4]))), r[7]) for r in parts)


def late(sound: Sound, seconds: float, db: float = 0.0) -> Sound:
    """One channel so much later and louder."""
    by = round(seconds * SAMPLE_RATE)
    return np.concatenate([np.zeros(by, np.float32), sound[: len(sound) - by]]) * np.float32(10 ** (db / 20))


def only(sample: str, sound: Sound, who: str) -> Sound:
    """One channel where `who` talks, silence elsewhere."""
    mask = np.zeros(len(sound), np.float32)
    for turn in truth_of(sample):
        if turn.who == who:
            mask[turn.span.start : turn.span.end] = 1.0
    return sound * np.convolve(mask, np.full(160, 1 / 160, np.float32), "same")


def _one_voice(sound: Sound) -> Sound:
    customer = only(LED, sound[0], CUSTOMER)
    return np.stack([sound[0], sound[0] - 2 * customer])


def _one_band(sound: Sound) -> Sound:
    spectrum = np.fft.rfft(sound[0])
    spectrum[np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE) < 1_200] *= -1
    return np.stack([sound[0], np.fft.irfft(spectrum, sound.shape[1]).astype(np.float32)])


def _from_the_middle(sound: Sound) -> Sound:
    turned = sound[0].copy()
    turned[len(turned) // 2 :] *= -1
    return np.stack([sound[0], turned])


def _partly(sound: Sound) -> Sound:
    rng = np.random.default_rng(3)
    noise = 0.2 * sound.std() * rng.standard_normal((2, sound.shape[1])).astype(np.float32)
    return np.stack([sound[0], -0.7 * late(sound[0], 0.0005)]) + noise


def _echo(db: float, seconds: float) -> Callable[[Sound], Sound]:
    return lambda sound: np.stack([sound[0] + late(sound[1], seconds, -db), sound[1]])


def _echo_in_a_room(sound: Sound) -> Sound:
    rng = np.random.default_rng(5)
    length = round(0.4 * SAMPLE_RATE)  # until it is 60 dB down
    ringing = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    ringing[0] += 3
    size = 2 ** (sound.shape[1] + length).bit_length()
    echo = np.fft.irfft(np.fft.rfft(sound[1], size) * np.fft.rfft(ringing, size))[: sound.shape[1]].astype(np.float32)
    return np.stack([sound[0] + late(echo * (sound[1].std() / echo.std()), 0.055, -6), sound[1]])


def _late_and_short(sound: Sound) -> list[Track]:
    far = np.stack([sound[1], sound[1]])[:, 2 * SAMPLE_RATE : -SAMPLE_RATE]
    return [(sound[:1], 0.0), (far, 2.0)]


POLARITY = (
    Variation("polarity whole", LED, lambda sound: np.stack([sound[0], -sound[0]])),
    Variation("polarity one voice", LED, _one_voice),
    Variation("polarity one band", LED, _one_band),
    Variation("polarity from the middle", LED, _from_the_middle),
    Variation("polarity partly alike", LED, _partly),
    *(
        Variation(f"polarity {ms} ms late", LED, lambda sound, ms=ms: np.stack([sound[0], -late(sound[0], ms / 1000)]))  # type: ignore[misc]
        for ms in (1, 5, 20)
    ),
)
LEVEL = tuple(
    Variation(
        f"peak -{db} dBFS", DIALER, lambda sound, db=db: sound * np.float32(10 ** (-db / 20) / np.abs(sound).max())
    )  # type: ignore[misc]
    for db in (40, 48, 54)
)
ECHOES = tuple(
    Variation(f"echo {db} dB {ms} ms", DIALER, _echo(db, ms / 1000))
    for db in (3, 6, 8, 10, 14)
    for ms in (20, 55, 100, 200)
)
ROOM = Variation("echo 6 dB in a room", DIALER, _echo_in_a_room)
TRACKS = (
    Variation("tracks two", DIALER, lambda sound: [(sound[:1], 0.0), (sound[1:], 0.0)]),
    Variation("tracks two late and short", DIALER, _late_and_short),
    Variation(
        "tracks mix and two", DIALER, lambda sound: [(sound.sum(0)[None], 0.0), (sound[:1], 0.0), (sound[1:], 0.0)]
    ),
    Variation(
        "tracks stereo mix and two",
        DIALER,
        lambda sound: [(np.stack([sound.sum(0)] * 2), 0.0), (sound[:1], 0.0), (sound[1:], 0.0)],
    ),
    Variation("tracks three the same", LED, lambda sound: [(sound, 0.0)] * 3),
    Variation("tracks mix and microphone", DIALER, lambda sound: [(sound.sum(0)[None], 0.0), (sound[:1], 0.0)]),
)
ALL = (*POLARITY, *LEVEL, *TRACKS, *ECHOES, ROOM)


@dataclass(frozen=True)
class Found:
    """What is found: each person's talk share, of the team's talk Dana's, both in percent, and how many people."""

    people: int
    shares: Mapping[str, float]
    lead: float

    def off(self, other: Found) -> tuple[float, float]:
        """By how many points the worst talk share and the lead share differ."""
        names = self.shares.keys() | other.shares.keys()
        worst = max(abs(self.shares.get(name, 0.0) - other.shares.get(name, 0.0)) for name in names)
        return worst, abs(self.lead - other.lead)


def hear(path: Path, sample: str, diarizer: Diarizer) -> Found:
    """Listens to a recording of `sample`; its speakers are named by the truth."""
    turns = listen(probe(path)).diarize(diarizer, speakers=SpeakerBounds()).turns
    names = matched(truth_of(sample), turns)
    talk: dict[str, int] = {}
    for speaker in dict.fromkeys(turn.who for turn in turns):
        talk[names.get(speaker, speaker)] = total(union(turn.span for turn in turns if turn.who == speaker))
    team = sum(talk.get(name, 0) for name in ("Dana_Reyes", "Marcus_Webb", "Priya_Nair"))
    shares = {name: 100 * length / sum(talk.values()) for name, length in talk.items()}
    return Found(len(talk), shares, 100 * talk.get("Dana_Reyes", 0) / team if team else 0.0)


def main(words: list[str]) -> int:
    """Hears what is asked for and returns the exit code."""
    diarizer = load_diarizer(ModelStore())
    clean: dict[str, Found] = {}
    wrong = 0
    print("| recording | people | talk share off | lead share off |")
    print("| --- | --- | --- | --- |")
    for variation in (one for one in ALL if not words or any(word in one.name for word in words)):
        if variation.sample not in clean:
            clean[variation.sample] = hear(SAMPLES / variation.sample, variation.sample, diarizer)
        with tempfile.TemporaryDirectory() as folder:
            found = hear(variation.write(Path(folder)), variation.sample, diarizer)
        share, lead = found.off(clean[variation.sample])
        right = found.people == clean[variation.sample].people and max(share, lead) <= ALLOWED
        wrong += not right
        print(
            f"| {variation.name} | {found.people} | {share:.2f} | {lead:.2f} |{'' if right else ' WRONG'}", flush=True
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
