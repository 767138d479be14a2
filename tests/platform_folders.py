"""A folder with meetings as each platform saves them, made from given sounds: for tests and for trying things out.

`python -m tests.platform_folders FOLDER` makes it from the samples.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import soundfile

from analyzer.timeline import SAMPLE_RATE

PEOPLE = ("Dana Reyes", "Marcus Webb", "Ray Kowalski")


@dataclass(frozen=True)
class Sound:
    """A meeting's sound, mono at 16 kHz, and what each person said of it."""

    mix: np.ndarray
    tracks: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """A meeting that was written: the title that its call must have, its day, and the file that is to be heard."""

    title: str
    day: dt.date
    heard: Path


def saved(path: Path, sound: np.ndarray, *, picture: bool = False) -> Path:
    """A file with this sound as its ending says, with a picture in it or without; `sound` has a column a channel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".wav", ".flac", ".ogg"):
        soundfile.write(path, sound, SAMPLE_RATE)
        return path
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=1) if picture else None
        stream = file.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            black = np.zeros((48, 64, 3), np.uint8)
            for _ in range(max(1, round(len(sound) / SAMPLE_RATE))):
                file.mux(video.encode(av.VideoFrame.from_ndarray(black, format="rgb24")))
            file.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(sound[None, :].astype(np.float32), format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def build(folder: Path, sounds: Sequence[Sound]) -> list[Made]:
    """Writes as many meetings of each platform as there are sounds, a week apart."""
    made = []
    for week, sound in enumerate(sounds):
        day = dt.date(2026, 5, 4) + dt.timedelta(weeks=week)
        writers = (zoom_on_this_computer, zoom_cloud, teams, meet, obs, dialer)
        made += [write(folder, day, later(sound, place)) for place, write in enumerate(writers)]
    for one in made:
        noon = dt.datetime.combine(one.day, dt.time(15, 30)).timestamp()
        for path in [one.heard, *(one.heard.iterdir() if one.heard.is_dir() else ())]:
            os.utime(path, (noon, noon))
    return made


def later(sound: Sound, seconds: float) -> Sound:
    """The sound with its beginning at its end: the same bytes under two names would be one call."""
    by = round(seconds * SAMPLE_RATE)
    return Sound(np.roll(sound.mix, -by), {name: np.roll(track, -by) for name, track in sound.tracks.items()})


def zoom_on_this_computer(folder: Path, day: dt.date, sound: Sound) -> Made:
    """Zoom's folder: the mix, the video, a track for each person where they are known, and the chat."""
    title, number = f"Alder review {day.isocalendar().week}", f"1{day:%y%m%d}321"
    place = folder / "Zoom" / f"{day} 15.01.12 {title} 98765432101"
    heard = saved(place / f"audio{number}.m4a", sound.mix)
    saved(place / f"video{number}.mp4", sound.mix, picture=True)
    (place / "chat.txt").write_text("15:02:00 From Dana Reyes to Everyone: hello\n")
    for place_of, (name, track) in enumerate(sound.tracks.items(), start=1):
        path = place / "Audio Record" / f"audio{name.replace(' ', '')}{place_of}{number}.m4a"
        heard = saved(path, track).parent
    return Made(title, day, heard)


def zoom_cloud(folder: Path, day: dt.date, sound: Sound) -> Made:
    """What is downloaded from Zoom's cloud: four layouts, the sound, and the chat."""
    stem = f"GMT{day:%Y%m%d}-140112_Recording"
    for layout in ("1920x1080", "gallery_1920x1080", "gvo_1280x720", "avo_640x360"):
        saved(folder / "cloud" / f"{stem}_{layout}.mp4", sound.mix, picture=True)
    heard = saved(folder / "cloud" / f"{stem}.m4a", sound.mix)
    (folder / "cloud" / f"{stem}newChat.txt").write_text("00:00:10\tDana Reyes:\thello\n")
    return Made(f"Zoom meeting {day} 14.01 UTC", day, heard)


def teams(folder: Path, day: dt.date, sound: Sound) -> Made:
    """A recording of Teams, as a German organiser has it."""
    title = f"Birch - Angebot {day.isocalendar().week}"
    name = f"{title}-{day:%Y%m%d}_140112UTC-Besprechungsaufzeichnung.mp4"
    return Made(title, day, saved(folder / "Recordings" / name, sound.mix, picture=True))


def meet(folder: Path, day: dt.date, sound: Sound) -> Made:
    """A recording of Google Meet."""
    title = f"Cedar kick-off {day.isocalendar().week}"
    name = f"{title} - {day:%Y_%m_%d} 15_01 BST - Recording.mp4"
    return Made(title, day, saved(folder / "Meet Recordings" / name, sound.mix, picture=True))


def obs(folder: Path, day: dt.date, sound: Sound) -> Made:
    """A screen recording of OBS, and the sound that somebody took out of it."""
    saved(folder / "OBS" / f"{day} 15-01-12.mkv", sound.mix, picture=True)
    heard = saved(folder / "OBS" / f"{day} 15-01-12.m4a", sound.mix)
    return Made(f"Call {day} 15.01", day, heard)


def dialer(folder: Path, day: dt.date, sound: Sound) -> Made:
    """A dialer's file, one channel for each party."""
    name = f"{day:%Y%m%d}_150112_sip-204.wav"
    return Made(name.removesuffix(".wav"), day, saved(folder / "pbx" / name, sound.mix))


def of_sample(sample: Path, seconds: float) -> Sound:
    """The beginning of a sample, and what each person of its truth says in it."""
    mix, rate = soundfile.read(sample, dtype="float32", stop=round(seconds * SAMPLE_RATE), always_2d=True)
    assert rate == SAMPLE_RATE
    sound = mix.mean(axis=1)
    spoken: dict[str, np.ndarray] = {}
    for line in sample.with_suffix(".rttm").read_text().splitlines():
        parts = line.split()
        start, end = round(float(parts[3]) * rate), round((float(parts[3]) + float(parts[4])) * rate)
        track = spoken.setdefault(parts[7].replace("_", " "), np.zeros_like(sound))
        track[start:end] = sound[start:end]
    return Sound(sound, {name: track for name, track in spoken.items() if track.any()})


def main(folder: Path) -> None:
    samples = Path(__file__).parents[1] / "samples"
    names = ("led-call.ogg", "taken-over-call.ogg", "final-presentation.ogg")
    for made in build(folder, [of_sample(samples / name, 60.0) for name in names]):
        sys.stdout.write(f"{made.day} {made.title}: {made.heard.relative_to(folder)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
