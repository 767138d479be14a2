"""What platforms' file names say: 200 generated names for each platform and locale, and the pairs among them."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator
from pathlib import PurePath

import pytest

from analyzer.people.platform_names import Told, of_one_meeting, told_by_name

TITLES = (
    "Northwind renewal",
    "Q3-Review - Müller & Söhne",
    "Réunion de lancement",
    "営業支援AI 隔週MTG",
    "Еженедельное совещание",
    "اجتماع المبيعات",
    "Demo (Priya) v2.0",
    "2027 budget",
    "고객 미팅",
    "Dana _ Marcus 1-1",
)
MEETINGS = 200
OWN = (
    "Dana Reyes's Zoom Meeting",
    "Dana Reyes' Zoom-Meeting",
    "Dana Reyes's Personal Meeting Room",
    "Personal Meeting Room",
    "Zoom-Meeting von Dana Reyes",
    "Réunion Zoom de Dana Reyes",
    "Reunión de Zoom de Dana Reyes",
    "Reunião Zoom de Dana Reyes",
    "Dana ReyesのZoomミーティング",
    "Dana Reyes的Zoom会议",
)


def meetings(seed: str) -> Iterator[tuple[str, dt.datetime, int]]:
    """Titles, moments and numbers of meetings, no two alike."""
    chance = random.Random(seed)
    for number in range(MEETINGS):
        began = dt.datetime(2026, 1, 1, 0, 0, 7) + dt.timedelta(minutes=chance.randrange(40) + 41 * number * 9)
        yield chance.choice(TITLES), began, 1_000_000_000 + chance.randrange(8_000) * 100_000 + number


def found_of(names: list[str]) -> list[Told]:
    return [told_by_name(PurePath("Recordings") / name) for name in names]


def check(made: list[tuple[str, dt.datetime, list[str]]], platform: str, *, minutes: bool = False) -> None:
    """Every name says its title and moment, and of all names exactly those of one meeting belong together."""
    everyone: list[tuple[int, Told, str]] = []
    for number, (title, began, names) in enumerate(made):
        for name, told in zip(names, found_of(names), strict=True):
            at = None if told.began is None else told.began.replace(tzinfo=None)
            assert told.platform == platform, name
            assert told.title == title, name
            assert at == (began.replace(second=0) if minutes else began), name
            everyone.append((number, told, name))
    sample = random.Random(1).sample(everyone, min(len(everyone), 150))
    for number, told, name in sample:
        mates = {other for one, two, other in everyone if of_one_meeting(told, two) if one == number}
        strangers = {other for one, two, other in everyone if of_one_meeting(told, two) if one != number}
        assert mates == set(made[number][2]), name
        assert not strangers, name


TEAMS_WORDS = {
    "en": "Meeting Recording",
    "de": "Besprechungsaufzeichnung",
    "fr": "Enregistrement de la réunion",
    "es": "Grabación de la reunión",
    "it": "Registrazione della riunione",
    "pt": "Gravação de Reunião",
    "nl": "Opname van vergadering",
    "ja": "会議の録音",
    "ru": "Запись собрания",
    "pl": "Nagranie ze spotkania",
}


@pytest.mark.parametrize("utc", ["UTC", ""])
@pytest.mark.parametrize("word", TEAMS_WORDS.values(), ids=TEAMS_WORDS.keys())
def test_teams(word: str, utc: str) -> None:
    made = []
    for title, began, _ in meetings(word + utc):
        stem = f"{title}-{began:%Y%m%d_%H%M%S}{utc}-{word}"
        made.append((title, began, [f"{stem}.mp4", f"{stem} (1).mp4", f"{stem}.vtt", f"{stem} 1.docx"]))
    check(made, "teams")
    zones = {told.began.tzinfo for told in found_of(made[0][2]) if told.began is not None}
    assert zones == {dt.UTC if utc else None}


CLOCKS: dict[str, Callable[[dt.datetime], str]] = {
    "24 h": lambda at: f"{at:%Y-%m-%d %H.%M.%S}",
    "12 h": lambda at: f"{at:%Y-%m-%d %I.%M.%S} {at:%p}",
    "day first": lambda at: f"{at:%d.%m.%Y %H.%M.%S}",
    "12 h without a zero": lambda at: f"{at:%Y-%m-%d} {at:%I.%M.%S}".replace(" 0", " ") + f" {at:%p}".lower(),
}


@pytest.mark.parametrize("clock", CLOCKS.values(), ids=CLOCKS.keys())
def test_zoom_on_this_computer(clock: Callable[[dt.datetime], str]) -> None:
    for title, began, number in meetings(str(clock(dt.datetime(2026, 5, 19, 15)))):
        folder = PurePath("Zoom") / f"{clock(began)} {title} 98765432101"
        names = [f"audio{number}.m4a", f"video{number}.mp4", "chat.txt", "meeting_saved_closed_caption.txt"]
        names += [f"Audio Record/audioDanaReyes1{number}.m4a", f"Audio Record/audioMarcus Webb2{number}.m4a"]
        told = [told_by_name(folder / name) for name in names]
        kinds = [one.kind for one in told]
        assert kinds == ["audio", "video", "chat", "captions", "track", "track"], folder
        assert {(one.title, one.began) for one in told} == {(title, began)}, folder
        assert all(of_one_meeting(one, two) for one in told for two in told), folder
        assert [one.layout for one in told[4:]] == ["DanaReyes", "Marcus Webb"]
        again = told_by_name(folder / f"audio{number + 1}.m4a")  # stopped and started again
        assert not of_one_meeting(again, told[0])
        assert of_one_meeting(again, told[2])


@pytest.mark.parametrize("own", OWN)
def test_what_zoom_calls_a_meeting_itself_is_no_title(own: str) -> None:
    told = told_by_name(PurePath(f"2026-05-12 14.00.00 {own} 84512345678/audio1845123456.m4a"))
    assert told.title is None
    assert told.label == own
    assert told.day == dt.date(2026, 5, 12)


def test_zoom_s_first_names() -> None:
    folder = PurePath("2026-05-19 15.01.12 Northwind renewal 98765432101")
    video, sound, second = (told_by_name(folder / name) for name in ("zoom_0.mp4", "audio_only.m4a", "zoom_1.mp4"))
    assert of_one_meeting(video, sound)
    assert not of_one_meeting(video, second)
    assert told_by_name(folder / "double_click_to_convert_01.zoom").kind == "other"


def test_two_meetings_in_a_folder_of_another_name_are_two() -> None:
    one, two = (told_by_name(PurePath("Dana") / f"audio{n}.m4a") for n in (1923456781, 1834519283))
    assert not of_one_meeting(one, two)
    assert one.title is one.began is None


CLOUD = ("1920x1080.mp4", "gallery_1920x1080.mp4", "gvo_1280x720.mp4", "avo_640x360.mp4", "as_1600x900.mp4")


@pytest.mark.parametrize("copy", ["", " (1)"])
def test_zoom_s_cloud(copy: str) -> None:
    moments = []
    for _, began, _ in meetings("cloud"):
        stem = f"GMT{began:%Y%m%d-%H%M%S}_Recording"
        names = [f"{stem}_{layout.replace('.', copy + '.')}" for layout in CLOUD]
        names += [f"{stem}{copy}.m4a", f"{stem}.transcript{copy}.vtt", f"{stem}.cc.vtt", f"{stem}newChat.txt"]
        names += [f"{stem}.timeline.json", f"{stem}_separate1_Ana Example.m4a"]
        told = found_of(names)
        kinds = ["video"] * 5 + ["audio", "transcript", "captions", "chat", "timeline", "track"]
        assert [one.kind for one in told] == kinds, stem
        assert {(one.title, one.began) for one in told} == {(None, began.replace(tzinfo=dt.UTC))}, stem
        assert all(of_one_meeting(one, two) for one in told for two in told), stem
        moments.append(told[0].key)
    assert len(set(moments)) == MEETINGS


def test_zoom_s_cloud_by_title() -> None:
    told = told_by_name(PurePath("GMT20200401-170250_Northwind-renewal_gallery_640x360.mp4"))
    assert (told.title, told.layout) == ("Northwind renewal", "shared gallery")
    name = "2026.05.19 - 02.01 PM UTC - Northwind renewal - "
    types = ("shared_screen_with_speaker_view.mp4", "audio_only.m4a", "audio_transcript.vtt", "gallery_view.mp4")
    found = [told_by_name(PurePath(name + one)) for one in types]
    assert {(one.title, one.began) for one in found} == {
        ("Northwind renewal", dt.datetime(2026, 5, 19, 14, 1, tzinfo=dt.UTC))
    }
    assert len({one.key for one in found}) == 1


MEET: dict[str, str] = {
    "dashes": "{title} - {at:%Y_%m_%d %H_%M} BST - {word}",
    "with slashes kept": "{title} - {at:%Y／%m／%d %H：%M} CEST - {word}",
    "brackets": "{title} ({at:%Y-%m-%d} at {at:%H %M} GMT-7)",
    "half hours": "{title} ({at:%Y-%m-%d %H_%M} GMT+5_30)",
}


@pytest.mark.parametrize("pattern", MEET.values(), ids=MEET.keys())
@pytest.mark.parametrize("word", ["Recording", "Aufzeichnung", "Enregistrement", "録画"])
def test_meet(pattern: str, word: str) -> None:
    made = []
    for title, began, _ in meetings(pattern + word):
        stem = pattern.format(title=title, at=began, word=word)
        made.append((title, began, [f"{stem}.mp4", f"{stem} (1).mp4"]))
    check(made, "meet", minutes=True)


def test_meet_s_documents_have_a_time_of_their_own() -> None:
    recording = told_by_name(PurePath("Northwind renewal - 2026_05_19 15_01 BST - Recording.mp4"))
    for name, kind in (("Notes by Gemini.docx", "notes"), ("Transcript.docx", "transcript"), ("Chat.txt", "chat")):
        told = told_by_name(PurePath(f"Northwind renewal - 2026_05_19 15_22 BST - {name}"))
        assert told.kind == kind
        assert of_one_meeting(told, recording)
    other = told_by_name(PurePath("Northwind renewal - 2026_05_26 15_22 BST - Transcript.docx"))
    assert not of_one_meeting(other, recording)
    assert told_by_name(PurePath("abc-defg-hij (2026-05-19 15_01 GMT-7).mp4")).title is None


def test_webex() -> None:
    made = []
    for title, began, _ in meetings("webex"):
        stem = f"{title}-{began:%Y%m%d %H%M}-1"
        made.append((title, began, [f"{stem}.mp4", f"{stem} (1).mp4", f"{stem}.vtt"]))
    check(made, "webex", minutes=True)
    room = told_by_name(PurePath("Dave Reyes's Personal Room-20260924 0202-1.mp4"))
    assert (room.title, room.label) == (None, "Dave Reyes's Personal Room")


@pytest.mark.parametrize("pattern", ["%Y-%m-%d %H-%M-%S", "%Y-%m-%d_%H-%M-%S", "Replay %Y-%m-%d %H-%M-%S"])
def test_obs(pattern: str) -> None:
    for _, began, _ in meetings(pattern):
        for ending in ("mkv", "mp4"):
            told = told_by_name(PurePath(f"{began.strftime(pattern)}.{ending}"))
            assert (told.platform, told.title, told.began) == ("obs", None, began)


def test_a_transcript_that_was_downloaded_by_title() -> None:
    transcript = told_by_name(PurePath("Northwind renewal.docx"))
    for name in ("Northwind renewal-20260519_140112-Meeting Recording.mp4", "Northwind renewal-20260519 1401-1.mp4"):
        assert of_one_meeting(transcript, told_by_name(PurePath(name)))
    assert not of_one_meeting(transcript, told_by_name(PurePath("Carrick-20260519_140112-Meeting Recording.mp4")))
    assert not of_one_meeting(told_by_name(PurePath("Northwind renewal.mp4")), told_by_name(PurePath("call.vtt")))


PLAIN = {
    "2026-05-12 16.00.m4a": (None, "2026-05-12T16:00:00"),
    "2026-05-12 04.00 PM.m4a": (None, "2026-05-12T16:00:00"),
    "12.5.2026 16.00.m4a": (None, "2026-05-12T16:00:00"),
    "05-19-2026 3.01 PM.m4a": (None, "2026-05-19T15:01:00"),
    "20260512_140000_sip-204.wav": ("sip-204", "2026-05-12T14:00:00"),
    "20260512140000-Northwind.wav": ("Northwind", "2026-05-12T14:00:00"),
    "2026-05-12 Carrick - Dana Reyes.ogg": ("Carrick - Dana Reyes", "2026-05-12"),
    "call 12.5.2026.mp3": (None, "2026-05-12"),
    "05-06-2026 Carrick.mp3": ("05-06-2026 Carrick", ""),  # May or June
    "31.02.2026 Carrick.mp3": ("31.02.2026 Carrick", ""),
    "Recording (3).m4a": (None, ""),
    "New Recording 12.m4a": (None, ""),
    "led-call.ogg": ("led-call", ""),
}


@pytest.mark.parametrize("name", PLAIN)
def test_other_names(name: str) -> None:
    told = told_by_name(PurePath("folder") / name)
    moment = told.began or told.day
    assert (told.title, "" if moment is None else moment.isoformat()) == PLAIN[name]


def test_names_that_differ_in_a_bracket_are_two_unless_a_platform_wrote_them() -> None:
    assert not of_one_meeting(*found_of(["call.mp4", "call (1).mp4"]))
    assert of_one_meeting(*found_of(["call.mp4", "call.transcript.vtt"]))


def test_no_name_of_a_platform_stands_as_a_title() -> None:
    names = ["Audio Record/audioDana Reyes11834519283.m4a", "audio1845123456.m4a", "zoom_0.mp4", "audio_only_2.m4a"]
    names += ["GMT20260519-140112_Recording.m4a", "GMT20260519-140112_Recording_2_avo_640x360.mp4", "Audio Record"]
    for name in names:
        assert told_by_name(PurePath("Zoom") / name).title is None, name


@pytest.mark.parametrize(
    "name", ["20261345_140000 and 20260519_140112.wav", "2026-13-45 and 2026-05-19.wav", "05.13.2026 19.05.2026.wav"]
)
def test_a_first_date_that_does_not_exist_does_not_hide_the_next(name: str) -> None:
    assert told_by_name(PurePath(name)).day == dt.date(2026, 5, 19)


def test_any_name_says_something() -> None:
    chance = random.Random(7)
    letters = "aG1M0T-_ .()2026:Zoom’é会\n\x00"
    for _ in range(2000):
        name = "".join(chance.choice(letters) for _ in range(chance.randrange(1, 40)))
        told = told_by_name(PurePath(re.sub("/", "", name) or "x") / name)
        assert told.key
