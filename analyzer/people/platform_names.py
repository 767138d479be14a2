"""What the names that a platform gives its files say: which meeting, when it began, and what each file is.

    told = told_by_name(Path("Northwind renewal-20260519_140112UTC-Meeting Recording.mp4"))
    told.platform, told.kind, told.title, told.began      # "teams", "video", "Northwind renewal", 14:01:12 UTC

Only the name and the names of the two folders above it are looked at; nothing is read.

**Pairing.** Whether two files *of one folder* (for Zoom's `Audio Record`: of the folder above it) are of one meeting
says `of_one_meeting(told, other)`. A key is equal for the files of one meeting, so keys can be looked up; what cannot
be is a document that tells less than the recording: Meet's documents have a time of their own, and a transcript that
was downloaded by title (`Northwind renewal.vtt`, `.docx`) has none. Where more than one recording fits such a document,
the caller takes the one that began nearest, or none.

Where the names come from: Zoom's help pages on recording layouts and file names, and the public names of many
recordings. Teams writes its word for "meeting recording" in the organiser's language: whatever stands behind the date
is taken for it. A Teams time without `UTC` is the organiser's clock; Zoom's cloud and Webex write UTC.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from analyzer.audio.formats import VIDEOS

Platform = Literal["zoom-local", "zoom-cloud", "teams", "meet", "webex", "obs", "plain"]
Kind = Literal["audio", "video", "track", "tracks", "transcript", "captions", "chat", "timeline", "notes", "other"]
"""`track`: one person's; `tracks`: a folder of them. `audio` is every ending that is not known to be another kind."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a name says. None and "" where it does not say it."""

    platform: Platform
    kind: Kind
    key: str
    """Equal for the files of one meeting in one folder."""
    part: str | None = None
    """Which recording of several in one meeting (Zoom local: recording was stopped and started again)."""
    title: str | None = None
    """The meeting's real title; None where the platform has only its own ("Dana Reyes's Zoom Meeting", a room code)."""
    label: str = ""
    """What the platform calls it, its own names too: for showing, where there is no title."""
    began: dt.datetime | None = None
    """When recording began: aware where the platform says the zone, else by the clock on the wall."""
    day: dt.date | None = None
    """The day of `began`, or the day alone where no time is told."""
    layout: str = ""
    """Of a video: `gallery`, `speaker`, `shared`, `shared gallery`; of a track: what stands for the person."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DOCUMENTS = frozenset({"transcript", "captions", "chat", "timeline", "notes"})
_TEXTS = _words("vtt srt sbv txt docx doc json md pdf html rtf")
_OTHERS = _words("zoom conf tag tmp m3u m3u8 url ics toml jpg png csv xlsx arf wrf ini db lnk zip")
_ENDING = re.compile(r"(?<=.)\.([A-Za-z][A-Za-z0-9]{1,4}|3g[p2])\Z", re.DOTALL)
_COPY = re.compile(
    r"\s*\((\d{1,2})\)\Z|\s+-\s+(?:Copy|Kopie|Copie|Copia|Cópia|コピー|副本)(?:\s*\(\d+\))?\Z", re.IGNORECASE
)
_SECOND = re.compile(r"(?<=[^\W\d])\s(\d)\Z")  # Teams and OneDrive: "Meeting Recording 1"

_CLOCK = (
    r"(?P<hour>\d{1,2})[.:\-_ hu](?P<minute>\d\d)(?:[.:\-_ m](?P<second>\d\d))?s?(?:[ _]?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_DATE = (
    r"(?:(?P<y>(?:19|20)\d\d)(?P<s>[-._/]?)(?P<m>\d\d)(?P=s)(?P<d>\d\d)"
    r"|(?P<a>\d{1,2})(?P<t>[-._/])(?P<b>\d{1,2})(?P=t)(?P<z>(?:19|20)\d\d))"
)
_ZOOM_FOLDER = re.compile(rf"{_DATE}[ _]{_CLOCK}(?:\s+(?P<title>.*?))?\Z", re.DOTALL)
_MEETING_NUMBER = re.compile(r"(?:\A|\s+)\d{9,11}\Z", re.ASCII)
_ZOOM_MIX = re.compile(r"(audio|video)(\d{6,})", re.ASCII | re.IGNORECASE)
_ZOOM_TRACK = re.compile(r"audio_?(?P<who>\D.*?)(?P<digits>\d{6,})", re.ASCII | re.DOTALL)
_ZOOM_OLD = re.compile(r"(zoom|audio_only)[_ ]?(\d+)?", re.ASCII | re.IGNORECASE)
_ZOOM_BESIDE = re.compile(
    r"(?P<chat>(?:meeting_saved_(?:new_)?)?chat)|(?P<captions>(?:meeting_saved_)?closed_caption)"
    r"|(?P<other>playback|recording|zoomver|double_click_to_convert_\d+)",
    re.IGNORECASE,
)
_ZOOM_CLOUD = re.compile(r"GMT(?P<day>\d{8})-(?P<time>\d{6})_?(?P<rest>.*)\Z", re.ASCII | re.DOTALL)
_SIZE = re.compile(r"_\d{3,4}x\d{3,4}\Z", re.ASCII)
_LAYOUT = re.compile(r"_(gallery|gvo|avo|as|ss|gal|separate\d*(?:_.*)?)\Z", re.IGNORECASE | re.DOTALL)
_LAYOUTS = {"": "shared", "gallery": "shared gallery", "gal": "gallery", "gvo": "gallery", "avo": "speaker"} | {
    "as": "shared",
    "ss": "shared",
}
_ZOOM_TYPE = re.compile(
    r"[\s_-]+(?P<type>shared_screen(?:_with_(?:speaker|gallery)_view(?:_?CC)?)?|active_speaker|speaker_view|gallery_view"
    r"|audio_only|audio_transcript|closed_caption|chat_file|timeline)\Z",
    re.IGNORECASE,
)
_TYPES: dict[str, tuple[Kind, str]] = {
    "active_speaker": ("video", "speaker"),
    "speaker_view": ("video", "speaker"),
    "gallery_view": ("video", "gallery"),
    "audio_only": ("audio", ""),
    "audio_transcript": ("transcript", ""),
    "closed_caption": ("captions", ""),
    "chat_file": ("chat", ""),
    "timeline": ("timeline", ""),
}
_TEAMS = re.compile(
    r"(?P<title>.*?)-(?P<day>(?:19|20)\d{6})_(?P<time>\d{6})(?P<utc>UTC)?(?:-(?P<word>[^\d].*))?\Z", re.DOTALL
)
_WEBEX = re.compile(r"(?P<title>.+?)-(?P<day>(?:19|20)\d{6})[ _](?P<time>\d{4})-(?P<part>\d{1,2})\Z", re.DOTALL)
_ZONE = r"(?P<zone>(?:GMT|UTC)(?:[+\-−]\d{1,2}(?:[:_.]?\d\d)?)?|[A-Z]{2,5})"
_MEET_DASH = re.compile(
    rf"(?P<title>.*?)\s*[-–]\s*(?P<day>(?:19|20)\d\d[_/／-]\d\d[_/／-]\d\d)\s(?P<clock>\d\d[_:：. -]\d\d)(?:\s{_ZONE})?"
    r"(?:\s*[-–]\s*(?P<word>\D.*))?\Z",
    re.DOTALL,
)
_MEET_BRACKET = re.compile(
    r"(?P<title>.*?)\s*\((?P<day>(?:19|20)\d\d[-_]\d\d[-_]\d\d)(?:\s\w{1,3})?\s(?P<clock>\d\d[_:：. -]\d\d)"
    rf"(?:\s{_ZONE})?\)"
    r"(?:\s*[-–]?\s*(?P<word>\D.*))?\Z",
    re.DOTALL,
)
_MEET_CODE = re.compile(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", re.ASCII)
_OBS = re.compile(rf"(?:(?:Replay|Aufnahme|Recording|Vertical)[ _]?)?{_DATE}[ _]{_CLOCK}\Z", re.IGNORECASE)
_RUN_TOGETHER = re.compile(r"(?<!\d)((?:19|20)\d{6})[-_T ]?(\d{6}|(?<=[-_T ])\d{4})(?!\d)", re.ASCII)
_WRITTEN = re.compile(rf"(?<!\d){_DATE}(?:(?:[ _T]+(?:at |- )?){_CLOCK}(?P<utc>[ _]?(?:UTC|Z\b))?)?(?!\d)")
_ZONES = {
    name: float(hours)
    for name, _, hours in (
        word.partition(":")
        for word in _words(
            "GMT:0 UTC:0 WET:0 WEST:1 BST:1 CET:1 CEST:2 EET:2 EEST:3 SAST:2 EST:-5 EDT:-4 CST:-6 CDT:-5 MST:-7 MDT:-6 "
            "PST:-8 PDT:-7 AKST:-9 AKDT:-8 HST:-10 BRT:-3 JST:9 KST:9 AEST:10 AEDT:11 NZST:12 NZDT:13"
        )
    )
}
"""Hours east of Greenwich; not those that stand for several zones in one calendar (IST)."""

_OWN_TITLES = re.compile(
    r".*(?:['’`]s?|s) Zoom[- ]?Meeting|Zoom[- ]?Meeting(?: von .+)?|.*Personal (?:Meeting )?Room"
    r"|Pers[öo]nlicher Meetingraum.*|R[ée]union Zoom(?: de .+)?|Salle de r[ée]union personnelle.*"
    r"|Sala de (?:reuniones|reuni[ãa]o|reuni[õo]es) (?:personal|pessoal).*"
    r"|Reuni[óo]n de Zoom(?: de .+)?|Reuni[ãa]o Zoom(?: de .+)?|Riunione Zoom(?: di .+)?|Sala riunioni personale.*"
    r"|Zoom-(?:vergadering|møde|möte|møte)(?: van .+| av .+)?"
    r"|.*のZoom\s?ミーティング|.*的\s?Zoom\s?会议|个人会议室|パーソナル\s?ミーティング\s?ルーム"
    r"|Конференция Zoom.*|Зал персональной конференции.*|Instant Meeting|Meet now|Meeting|Besprechung|Réunion|Reunión"
    r"|[a-z]{3}-[a-z]{4}-[a-z]{3}",
    re.IGNORECASE,
)
"""What platforms call a meeting that was given no title."""
_NO_TITLE = re.compile(
    r"(?:new )?(?:recording|audio|video|audio record|audio only|zoom|untitled|voice|voice memo|aufnahme|enregistrement"
    r"|grabaci[óo]n|registrazione|grava[çc][ãa]o|opname|nagranie|запись|录音|録音|녹음|call|rec|memo|track|replay|am|pm)?"
    r"[\s_\-.()]*\d*[\s_\-.()]*",
    re.IGNORECASE,
)
_OFTEN: tuple[tuple[str, Kind], ...] = (
    (r"gemini|notes|notizen|notas|appunti", "notes"),
    (r"transcri|transkri|trascri|文字|議事|расшифр", "transcript"),
    (r"chat|チャット|聊天|чат", "chat"),
)


def of_one_meeting(one: Told, other: Told) -> bool:
    """Whether two names of one folder can be of one meeting; surely so unless one is a document (see above)."""
    if one.key == other.key:
        return one.part is None or other.part is None or one.part == other.part
    documents = [told for told in (one, other) if told.kind in DOCUMENTS]
    if not documents or not one.label or not other.label:
        return False
    if one.platform == other.platform == "meet":
        return one.label.casefold() == other.label.casefold() and one.day == other.day
    return any(
        told.platform == "plain" and told.began is None and told.label.casefold() == whole.label.casefold()
        for told, whole in ((one, other), (other, one))
        if told in documents
    )


def told_by_name(path: PurePath) -> Told:
    """What the name of a file, or of a folder of tracks, says, with the names of the folders above it."""
    name = unicodedata.normalize("NFC", path.name)
    above = [unicodedata.normalize("NFC", folder.name) for folder in (path.parent, path.parent.parent)]
    if name.casefold() == "audio record":
        folder = _zoom_folder(above[0])
        return replace(folder, kind="tracks") if folder is not None else Told("zoom-local", "tracks", "zoom")
    stem, kind = _kind(name)
    uncopied = _COPY.sub("", stem)
    in_tracks = above[0].casefold() == "audio record"
    folder = _zoom_folder(above[1] if in_tracks else above[0])
    for read in (_zoom_cloud, _zoom_local, _zoom_typed, _teams, _webex, _meet):
        if (told := read(uncopied, kind)) is not None:
            if folder is None or told.platform != "zoom-local":
                return told
            return replace(folder, kind=told.kind, part=told.part, layout=told.layout)
    if folder is not None:
        sounds = kind in ("audio", "video")
        return replace(folder, kind="track" if in_tracks and sounds else kind, part=uncopied if sounds else None)
    return _plain(stem, kind)


def _kind(name: str) -> tuple[str, Kind]:
    """The name without its endings, and what a file with such an ending is."""
    ending = _ENDING.search(name)
    if ending is None:
        return name, "other" if name.startswith(".") else "audio"
    stem, last = name[: ending.start()], ending[1].lower()
    if last in VIDEOS:
        return stem, "video"
    if last in _OTHERS:
        return re.sub(r"\.plan\Z", "", stem, flags=re.IGNORECASE), "other"
    if last not in _TEXTS:
        return stem, "audio"
    inner = re.search(r"\.(transcript|cc|timeline|people|summary|chat|next_steps)(?: ?\(\d+\))?\Z", stem, re.IGNORECASE)
    kinds: dict[str, Kind] = {
        "cc": "captions",
        "timeline": "timeline",
        "people": "other",
        "chat": "chat",
        "summary": "notes",
    }
    if inner is not None:
        return stem[: inner.start()], kinds.get(inner[1].lower(), "transcript")
    return stem, "transcript"


def _zoom_folder(name: str) -> Told | None:
    """What Zoom's folder of one meeting says: `2026-05-19 15.01.12 Northwind renewal 98765432101`."""
    found = _ZOOM_FOLDER.match(name)
    began = _moment(found) if found is not None else None
    if found is None or began is None or found["second"] is None:
        return None
    label = _MEETING_NUMBER.sub("", found["title"] or "").strip()
    return Told("zoom-local", "other", "zoom", None, _title(label), label, began, _day_of(began))


def _zoom_local(stem: str, kind: Kind) -> Told | None:
    if mix := _ZOOM_MIX.fullmatch(stem):
        what: Kind = "video" if mix[1].lower() == "video" and kind == "video" else kind
        return Told("zoom-local", what, f"zoom {mix[2][-10:]}", mix[2][-10:])
    if (old := _ZOOM_OLD.fullmatch(stem)) and kind in ("audio", "video"):
        part = str(int(old[2] or 0))
        return Told("zoom-local", kind, f"zoom {part}", part)
    if (track := _ZOOM_TRACK.fullmatch(stem)) and kind in ("audio", "video"):
        part = track["digits"][-10:]
        return Told("zoom-local", "track", f"zoom {part}", part, layout=track["who"].strip(" _"))
    if (beside := _ZOOM_BESIDE.fullmatch(stem)) and kind not in ("audio", "video"):
        names: tuple[Kind, ...] = ("chat", "captions", "other")
        return Told("zoom-local", next(one for one in names if beside[one]), "zoom")
    return None


def _zoom_cloud(stem: str, kind: Kind) -> Told | None:
    found = _ZOOM_CLOUD.match(stem)
    began = _stamp(found["day"], found["time"], dt.UTC) if found is not None else None
    if found is None or began is None:
        return None
    rest = "_" + found["rest"]
    if re.search(r"newchat\Z", rest, re.IGNORECASE):
        kind, rest = "chat", rest[: -len("newchat")]
    sized = _SIZE.sub("", rest)
    layout = _LAYOUT.search(sized)
    shown = layout[1].lower() if layout is not None else ""
    topic = (sized[: layout.start()] if layout is not None else sized).strip("_- ")
    label = "" if re.fullmatch(r"recording(?:[_ -]?\d+)?", topic, re.IGNORECASE) else re.sub(r"[-_]+", " ", topic)
    key = f"gmt {found['day']} {found['time']}"
    if shown.startswith("separate"):
        kind = "track" if kind in ("audio", "video") else kind
        who = re.sub(r"\Aseparate\d*_?", "", layout[1] if layout is not None else "", flags=re.IGNORECASE)
        return Told("zoom-cloud", kind, key, None, _title(label), label, began, _day_of(began), who)
    view = _LAYOUTS.get(shown, "") if kind == "video" else ""
    return Told("zoom-cloud", kind, key, None, _title(label), label, began, _day_of(began), view)


def _zoom_typed(stem: str, kind: Kind) -> Told | None:
    """A cloud recording that was downloaded by title: the kind of the file stands behind it, as Zoom's API calls it."""
    found = _ZOOM_TYPE.search(stem)
    if found is None or (stem[: found.start()].strip(" -_") == ""):
        return None
    told = _plain(stem[: found.start()], kind)
    name = found["type"].lower()
    what, view = _TYPES.get(name, ("video", "shared gallery" if "gallery" in name else "shared"))
    if what == "video" and kind == "audio":
        what = "audio"
    return replace(told, platform="zoom-cloud", kind=what, layout=view)


def _teams(stem: str, kind: Kind) -> Told | None:
    found = _TEAMS.match(_SECOND.sub("", stem))
    began = _stamp(found["day"], found["time"], dt.UTC if found["utc"] else None) if found is not None else None
    if found is None or began is None:
        return None
    label = found["title"].strip()
    key = f"teams {label.casefold()} {found['day']} {found['time']}"
    return Told("teams", _by_word(kind, found["word"]), key, None, _title(label), label, began, _day_of(began))


def _webex(stem: str, kind: Kind) -> Told | None:
    found = _WEBEX.match(stem)
    began = _stamp(found["day"], found["time"] + "00", dt.UTC) if found is not None else None
    if found is None or began is None:
        return None
    label = found["title"].strip()
    key = f"webex {label.casefold()} {found['day']} {found['time']} {found['part']}"
    return Told("webex", kind, key, None, _title(label), label, began, _day_of(began))


def _meet(stem: str, kind: Kind) -> Told | None:
    found = _MEET_BRACKET.match(stem) or _MEET_DASH.match(stem)
    if found is None or not (found["zone"] or found["word"] or _MEET_CODE.fullmatch(found["title"])):
        return None
    digits = re.sub(r"\D", "", found["day"] + found["clock"]) + "00"
    began = _stamp(digits[:8], digits[8:], _zone(found["zone"]))
    if began is None:
        return None
    label = found["title"].strip()
    key = f"meet {label.casefold()} {digits[:12]}"
    return Told("meet", _by_word(kind, found["word"]), key, None, _title(label), label, began, _day_of(began))


def _plain(stem: str, kind: Kind) -> Told:
    """A name that no platform wrote; what there is of a day and a time in it is taken where it can mean only one."""
    obs = _OBS.fullmatch(stem)
    if obs is not None and (began := _moment(obs)) is not None:
        platform: Platform = "obs" if obs["second"] and "-" in stem[obs.start("hour") :] else "plain"
        return Told(platform, kind, f"plain {stem.casefold()}", None, None, "", began, _day_of(began))
    told = Told("plain", kind, f"plain {stem.casefold()}", label=stem)
    for found in _RUN_TOGETHER.finditer(stem):
        if (began := _stamp(found[1], found[2].ljust(6, "0"), None)) is None:
            continue
        rest = " ".join(f"{stem[: found.start()]} {stem[found.end() :]}".strip(" -–_.,").split())
        return replace(told, began=began, day=_day_of(began), title=None if _NO_TITLE.fullmatch(rest) else rest)
    rest = stem
    at = 0
    while (written := _WRITTEN.search(stem, at)) is not None:
        if (day := _day(written)) is None:
            at = written.start() + 1  # what stands behind it may have been taken for its time
            continue
        rest = stem[: written.start()] + " " + stem[written.end() :]
        began = _moment(written) if written["hour"] is not None else None
        if began is not None and written["utc"]:
            began = began.replace(tzinfo=dt.UTC)
        told = replace(told, began=began, day=day)
        break
    rest = " ".join(rest.strip(" -–_.,").split())
    return replace(told, title=None if _NO_TITLE.fullmatch(rest) else rest)


def _by_word(kind: Kind, word: str | None) -> Kind:
    """The kind of a document by what stands behind the date, in whatever language."""
    if kind != "transcript" or not word:
        return kind
    return next((one for pattern, one in _OFTEN if re.search(pattern, word, re.IGNORECASE)), kind)


def _title(label: str) -> str | None:
    """The title that somebody gave the meeting; None for what platforms call one without."""
    return None if not label or _OWN_TITLES.fullmatch(label) or _NO_TITLE.fullmatch(label) else label


def _zone(name: str | None) -> dt.timezone | None:
    if name is None:
        return None
    found = re.fullmatch(r"(?:GMT|UTC)([+\-−])(\d{1,2})[:_.]?(\d\d)?", name)
    if found is None:
        return dt.timezone(dt.timedelta(hours=_ZONES[name])) if name in _ZONES else None
    hours = int(found[2]) + int(found[3] or 0) / 60
    return dt.timezone(dt.timedelta(hours=hours if found[1] == "+" else -hours)) if hours <= 14 else None


def _stamp(day: str, time: str, zone: dt.tzinfo | None) -> dt.datetime | None:
    """`20260519` and `140112` as a moment; None when there is no such one."""
    try:
        return dt.datetime.strptime(day + time, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return None


def _day_of(began: dt.datetime) -> dt.date:
    """The day on this machine's calendar where the platform writes UTC; else the day that is written."""
    return (began.astimezone() if began.tzinfo == dt.UTC else began).date()


def _moment(found: re.Match[str]) -> dt.datetime | None:
    """The day and the time of a match of `_DATE` and `_CLOCK`; None when there is no such moment, or two."""
    day = _day(found)
    hour = int(found["hour"])
    if day is None or (found["half"] and not 1 <= hour <= 12):
        return None
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    try:
        return dt.datetime.combine(day, dt.time(hour, int(found["minute"]), int(found["second"] or 0)))
    except ValueError:
        return None


def _day(found: re.Match[str]) -> dt.date | None:
    """The day of a match of `_DATE`. `05/06/2026` may be two days, and is none; with dots the day comes first."""
    try:
        if found["y"]:
            return dt.date(int(found["y"]), int(found["m"]), int(found["d"]))
        first, second, year = int(found["a"]), int(found["b"]), int(found["z"])
        if found["t"] == "." or first > 12 or first == second:
            return dt.date(year, second, first)
        return dt.date(year, first, second) if second > 12 else None
    except ValueError:
        return None
