"""A folder with meetings as each platform saves them, made from given sounds: for tests and for trying things out.

`python -m tests.platform_folders FOLDER` makes it from the samples. After `analyzer batch FOLDER --out OUT`,
`python -m tests.platform_folders FOLDER OUT` tells what was known of each call, and from where.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import soundfile

from analyzer.call.folder import CallFolder
from analyzer.debrief.record import CallRecord
from analyzer.debrief.results import read_call
from analyzer.timeline import SAMPLE_RATE

PEOPLE = ("Dana Reyes", "Marcus Webb", "Ray Kowalski")


@dataclass(frozen=True)
class Sound:
    """A meeting's sound, mono at 16 kHz, and what each person said of it."""

    mix: np.ndarray
    tracks: Mapping[str, np.ndarray] = field(default_factory=dict)
    said: Sequence[tuple[float, float, str]] = ()
    """Who talks from when to when, in seconds: platforms write it down."""


@dataclass(frozen=True)
class Made:
    """A meeting that was written: the title that its call must have, its day, and the file that is to be heard.

    `customer` is with whom it was.
    """

    title: str
    day: dt.date
    heard: Path
    customer: str = ""


TEAM = """
domains = ["dispatch.example"]

[[person]]
name = "Dana Reyes"
role = "salesperson"

[[person]]
name = "Marcus Webb"
role = "manager"

[[pattern]]
match = "{date} *.*.* {customer} review *"

[[pattern]]
match = "{customer} - Angebot*"

[[pattern]]
match = "{customer} kick-off*"

[[pattern]]
match = "{date}_*_{salesperson}_{customer}"

[[pattern]]
match = "{customer}/GMT*"

[[pattern]]
match = "{customer}/{date} *-*-*"
"""
"""The team of these meetings: its people, its mail domain, and what its recordings and their folders are called."""


def invite(path: Path, title: str, day: dt.date, customer: str, sound: Sound, *, number: str = "") -> None:
    """The invite of a meeting with everybody on it, as a calendar exports it; it began at 14:00 UTC."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", f"UID:{path.stem}", f"DTSTART:{day:%Y%m%d}T140000Z"]
    lines += [f"SUMMARY:{title}", *([f"LOCATION:https://zoom.us/j/{number}"] if number else [])]
    for name in dict.fromkeys(name for _, _, name in sound.said):
        domain = "dispatch.example" if name in PEOPLE[:2] else f"{customer.lower()}.example"
        lines.append(f"ATTENDEE;CN={name}:mailto:{name.lower().replace(' ', '.')}@{domain}")
    path.write_text("\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""]))


def clock(seconds: float) -> str:
    """A moment as transcripts write it: `00:01:02.500`."""
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}.{whole % 1000:03}"


def transcript(path: Path, sound: Sound, line: str) -> None:
    """A transcript in cues; `line` has {who} in it."""
    if not sound.said:
        return
    comma, head = path.suffix == ".srt", "WEBVTT\n\n" if path.suffix == ".vtt" else ""
    cues = []
    for number, (start, end, who) in enumerate(sound.said, start=1):
        times = f"{clock(start)} --> {clock(end)}"
        if path.suffix == ".sbv":
            times = f"{clock(start)[1:]},{clock(end)[1:]}"
        times = times.replace(".", ",") if comma else times
        cues.append((f"{number}\n" if path.suffix != ".sbv" else "") + f"{times}\n{line.format(who=who)}\n")
    path.write_text(head + "\n".join(cues))


def timeline(path: Path, sound: Sound) -> None:
    """Zoom's list of who was talking when."""
    if sound.said:
        rows = [
            {"ts": clock(start), "users": [{"username": who, "multiple_people": False}]} for start, _, who in sound.said
        ]
        path.write_text(json.dumps({"timeline": rows}))


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
    folder.mkdir(parents=True, exist_ok=True)
    if any(sound.said for sound in sounds):
        (folder / "team.toml").write_text(TEAM)
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
    """The sound after a silence: the same bytes under two names would be one call."""
    before = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    tracks = {name: np.concatenate([before, track]) for name, track in sound.tracks.items()}
    said = [(start + seconds, end + seconds, who) for start, end, who in sound.said]
    return Sound(np.concatenate([before, sound.mix]), tracks, said)


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
    invite(place / "meeting.ics", title, day, "Alder", sound, number="98765432101")
    return Made(title, day, heard, "Alder")


def zoom_cloud(folder: Path, day: dt.date, sound: Sound) -> Made:
    """What is downloaded from Zoom's cloud: four layouts, the sound, the chat, transcript and timeline."""
    stem, place = f"GMT{day:%Y%m%d}-140112_Recording", folder / "cloud" / "Elm"
    for layout in ("1920x1080", "gallery_1920x1080", "gvo_1280x720", "avo_640x360"):
        saved(place / f"{stem}_{layout}.mp4", sound.mix, picture=True)
    heard = saved(place / f"{stem}.m4a", sound.mix)
    (place / f"{stem}newChat.txt").write_text("00:00:10\tDana Reyes:\thello\n")
    transcript(place / f"{stem}.transcript.vtt", sound, "{who}: hello")
    timeline(place / f"{stem}.timeline.json", sound)
    title = f"Elm review {day.isocalendar().week}"
    invite(place / f"{stem}.ics", title, day, "Elm", sound)
    return Made(title, day, heard, "Elm")


def teams(folder: Path, day: dt.date, sound: Sound) -> Made:
    """A recording of Teams, as a German organiser has it."""
    title = f"Birch - Angebot {day.isocalendar().week}"
    name = f"{title}-{day:%Y%m%d}_140112UTC-Besprechungsaufzeichnung.mp4"
    heard = saved(folder / "Recordings" / name, sound.mix, picture=True)
    transcript(folder / "Recordings" / f"{title}.vtt", sound, "<v {who}>hello</v>")
    invite(folder / "Recordings" / f"{title}.ics", title, day, "Birch", sound)
    return Made(title, day, heard, "Birch")


def meet(folder: Path, day: dt.date, sound: Sound) -> Made:
    """A recording of Google Meet."""
    title = f"Cedar kick-off {day.isocalendar().week}"
    stem, place = f"{title} - {day:%Y_%m_%d} 15_01 BST", folder / "Meet Recordings"
    heard = saved(place / f"{stem} - Recording.mp4", sound.mix, picture=True)
    transcript(place / f"{stem} - Recording.sbv", sound, "{who}: hello")
    invite(place / f"{title}.ics", title, day, "Cedar", sound)
    return Made(title, day, heard, "Cedar")


def obs(folder: Path, day: dt.date, sound: Sound) -> Made:
    """A screen recording of OBS, and the sound that somebody took out of it."""
    stem, place = f"{day} 15-01-12", folder / "OBS" / "Fir"
    saved(place / f"{stem}.mkv", sound.mix, picture=True)
    heard = saved(place / f"{stem}.m4a", sound.mix)
    transcript(place / f"{stem}.srt", sound, "{who}: hello")
    title = f"Fir pilot {day.isocalendar().week}"
    invite(place / f"{stem}.ics", title, day, "Fir", sound)
    return Made(title, day, heard, "Fir")


def dialer(folder: Path, day: dt.date, sound: Sound) -> Made:
    """A dialer's file, one channel for each party."""
    stem = f"{day:%Y%m%d}_150112_dana-reyes_Dogwood"
    heard = saved(folder / "pbx" / f"{stem}.wav", sound.mix)
    transcript(folder / "pbx" / f"{stem}.srt", sound, "{who}: hello")
    return Made(stem, day, heard, "Dogwood")


def of_sample(sample: Path, seconds: float) -> Sound:
    """The beginning of a sample, and what each person of its truth says in it."""
    mix, rate = soundfile.read(sample, dtype="float32", stop=round(seconds * SAMPLE_RATE), always_2d=True)
    assert rate == SAMPLE_RATE
    sound = mix.mean(axis=1)
    spoken: dict[str, np.ndarray] = {}
    said = []
    for line in sample.with_suffix(".rttm").read_text().splitlines():
        parts = line.split()
        start, end = round(float(parts[3]) * rate), round((float(parts[3]) + float(parts[4])) * rate)
        track = spoken.setdefault(parts[7].replace("_", " "), np.zeros_like(sound))
        track[start:end] = sound[start:end]
        if start < len(sound):
            said.append((start / rate, min(end, len(sound)) / rate, parts[7].replace("_", " ")))
    return Sound(sound, {name: track for name, track in spoken.items() if track.any()}, said)


def main(folder: Path) -> None:
    samples = Path(__file__).parents[1] / "samples"
    names = ("led-call.ogg", "taken-over-call.ogg", "final-presentation.ogg")
    for made in build(folder, [of_sample(samples / name, 100.0) for name in names]):
        sys.stdout.write(f"{made.day} {made.title}: {made.heard.relative_to(folder)}\n")


def known(record: CallRecord) -> tuple[str, ...]:
    """What is known of a call and from where: title, date, customer, people, salesperson."""
    people = []
    for person in record.people:
        sources = dict.fromkeys(one.source for one in person.evidence)
        people.append(f"{person.name or person.key} ({person.side}, {', '.join(sources) or 'nothing'})")
    seller = record.lead.salesperson
    return (
        record.name,
        f"{record.date} ({record.date_from})",
        f"{record.customer} ({record.customer_from})",
        "; ".join(people),
        "-" if seller is None else record.person(seller).name or seller,
    )


def tell(out: Path) -> None:
    """Prints the table of what was known."""
    rows = [known(read_call(CallFolder(path.parent))) for path in sorted(out.glob("*/call.json"))]
    for row in [("Title", "Date", "Customer", "People", "Salesperson"), ("---",) * 5, *rows]:
        sys.stdout.write(f"| {' | '.join(row)} |\n")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        tell(Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1]))
