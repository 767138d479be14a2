"""Voices that a roster names: made when first needed by the checks of `people add`, kept, used by its calls alone."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.call.analysis import gather
from analyzer.call.call import Call
from analyzer.call.engine import LocalEngine
from analyzer.cli.main import app
from analyzer.errors import BadFileError, ExitCode
from analyzer.people.roster import voice_clips as roster_voices
from analyzer.people.roster.roster import Customer, Member, Roster, VoiceClip
from analyzer.people.roster.team_file import check_roster, read_roster
from analyzer.people.roster.voice_clips import known_voices, make_roster_voices
from analyzer.people.voices.known_voices import MODEL, KnownVoice
from analyzer.people.voices.voice_files import forget_voice, keep_voice, read_roster_voices, read_voices, voices_folder
from analyzer.progress import Progress, silent
from analyzer.session import analyse, analysed, refresh
from analyzer.settings import Settings
from analyzer.speech.diarization.voiceprint import ClipVoice
from analyzer.timeline import Span, intersection, total, union
from analyzer.timeline import samples as samples_of
from tests.fake_engine import FakeEngine, recording

DAY = dt.date(2026, 5, 1)
TEAM = """\
[[person]]
name = "Dana Reyes"
role = "salesperson"
voices = ["voices/dana-1.flac", "voices/dana-2.flac"]
consent = 2026-05-01

[[person]]
name = "Marcus Webb"
role = "manager"

[[customer]]
name = "Ray Kowalski"
company = "Northwind Foods"
voices = ["ray.flac"]
"""


class Model:
    """Stands for the diarizer of which only the name is asked here."""

    name = MODEL


def axis(number: int) -> tuple[float, ...]:
    return tuple(float(i == number) for i in range(4))


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A roster with three clips, whose bytes tell the sound of the voice in them."""
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "dana-1.flac").write_bytes(b"0 first")
    (tmp_path / "voices" / "dana-2.flac").write_bytes(b"0 second")
    (tmp_path / "ray.flac").write_bytes(b"1")
    path = tmp_path / "team.toml"
    path.write_text(TEAM)
    return path


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clips that were listened to; each is 10 s of a voice towards the axis that its first byte names."""
    clips: list[str] = []

    def clip_voice(path: Path, diarizer: object, *, progress: Progress = silent) -> ClipVoice:
        clips.append(path.name)
        content = path.read_bytes()
        if content == b"two":
            raise BadFileError("two voices are heard in it", where=path, todo="Use a clip in which one person speaks")
        return ClipVoice(10.0, axis(int(content[:1])), axis(int(content[:1])), MODEL)

    monkeypatch.setattr(roster_voices, "clip_voice", clip_voice)
    return clips


def made(path: Path) -> tuple[KnownVoice, ...]:
    roster = read_roster(path)[0]
    make_roster_voices(path, roster, voices_folder(), lambda: Model())  # type: ignore[arg-type, return-value]
    return known_voices(roster, voices_folder())


def test_a_roster_reads_voices_consent_and_customers(team: Path) -> None:
    roster, findings = read_roster(team)
    clips = (VoiceClip("voices/dana-1.flac"), VoiceClip("voices/dana-2.flac"))
    dana = Member("Dana Reyes", "salesperson", voices=clips, consent=DAY)
    ray = Customer("Ray Kowalski", company="Northwind Foods", voices=(VoiceClip("ray.flac"),))
    assert roster == Roster((dana, Member("Marcus Webb", "manager")), customers=(ray,))
    assert not findings
    assert roster.people[0].voices[1].at == f"{team}, line 4, column 1"
    assert roster.people[0].voices[1].place == "person[1].voices[2]"


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "what"),
    [
        ('"ray.flac"', '"no one.flac"', 14, "customer[1].voices[1]", "there is no file no one.flac"),
        ('["ray.flac"]', '"ray.flac"', 14, "customer[1].voices", "should be a list of texts"),
        ("2026-05-01", '"May"', 5, "person[1].consent", "should be a date"),
        ("2026-05-01", "2999-05-01", 5, "person[1].consent", "lies in the future"),
        ("Ray Kowalski", "marcus webb", 12, "customer[1].name", "is listed twice (line 8)"),
    ],
)
def test_what_is_wrong_has_line_and_field(team: Path, old: str, new: str, line: int, field: str, what: str) -> None:
    team.write_text(TEAM.replace(old, new))
    (found,) = check_roster(team)
    assert (found.severity, found.line, found.field) == ("error", line, field)
    assert what in found.what


def test_voices_are_made_once_and_again_only_for_a_changed_clip(team: Path, heard: list[str]) -> None:
    assert [(v.name, v.consent, v.seconds) for v in made(team)] == [
        ("Dana Reyes", DAY, 20.0),
        ("Ray Kowalski", None, 10.0),
    ]
    assert heard == ["dana-1.flac", "dana-2.flac", "ray.flac"]
    made(team)
    assert len(heard) == 3
    (team.parent / "ray.flac").write_bytes(b"2")
    assert made(team)[1].prints == (axis(2),)
    assert heard[3:] == ["ray.flac"]
    assert len(read_roster_voices(voices_folder())) == 2, "what the old clip gave is gone"
    assert {path.stat().st_mode & 0o777 for path in voices_folder().iterdir()} == {0o600}


def test_calls_of_another_roster_do_not_know_these_voices(team: Path, heard: list[str]) -> None:
    made(team)
    assert known_voices(None, voices_folder()) == ()
    assert known_voices(Roster((Member("Dana Reyes", "salesperson"),)), voices_folder()) == ()
    assert read_voices(voices_folder()) == ()


def test_somebody_enrolled_and_on_the_roster_is_one_person_with_both_prints(team: Path, heard: list[str]) -> None:
    keep_voice(voices_folder(), KnownVoice("dana reyes", DAY, 5.0, MODEL, (axis(3),)))
    dana, _ = made(team)
    assert (dana.name, dana.seconds, dana.prints) == ("dana reyes", 25.0, (axis(3), axis(0)))


def test_a_clip_that_cannot_be_used_is_told_with_the_rosters_line(team: Path, heard: list[str]) -> None:
    (team.parent / "ray.flac").write_bytes(b"two")
    with pytest.raises(BadFileError) as caught:
        made(team)
    assert caught.value.exit_code == ExitCode.BAD_FILE
    assert str(caught.value) == (
        f"{team}, line 14, column 1: customer[1].voices[1]: ray.flac: two voices are heard in it. "
        "Use a clip in which one person speaks."
    )


@pytest.mark.parametrize("known", ["roster", "enrolled"])
def test_a_voice_that_is_somebody_elses_is_refused(team: Path, heard: list[str], known: str) -> None:
    if known == "roster":
        (team.parent / "ray.flac").write_bytes(b"0")
        other = "Dana Reyes"
    else:
        keep_voice(voices_folder(), KnownVoice("Ben Ortiz", DAY, 20.0, MODEL, (axis(1),)))
        other = "Ben Ortiz"
    with pytest.raises(BadFileError, match=rf"customer\[1\]\.voices: Ray Kowalski: sounds like {other}"):
        made(team)


def test_list_shows_the_roster_and_forget_says_that_it_would_bring_them_back(team: Path, heard: list[str]) -> None:
    made(team)
    listed = CliRunner().invoke(app, ["people", "list"]).output.splitlines()
    assert listed == [
        f"Dana Reyes    2026-05-01  20.0 s  from the roster {team}",
        f"Ray Kowalski  not recorded  10.0 s  from the roster {team}",
    ]
    results = team.parent / "debriefs"
    told = CliRunner().invoke(app, ["people", "forget", "ray kowalski", "--out", str(results)])
    assert told.output.splitlines() == [
        "Ray Kowalski: forgotten",
        f"{results}: there is no such folder.",
        f"{team} names clips of them: take their line `voices` out of it, or the next call brings the voice back",
    ]
    assert not [path for path in voices_folder().iterdir() if b"Ray Kowalski" in path.read_bytes()]
    assert forget_voice(voices_folder(), "Dana Reyes") == "Dana Reyes"
    assert not voices_folder().exists()


Told = Callable[[str, Path], Call]


@pytest.fixture(scope="module")
def told(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A sample call beside a roster, as the real models hear it without words; each is heard once."""
    engine = LocalEngine(device="cpu")
    folder = tmp_path_factory.mktemp("calls")

    def call(file: str, roster: Path) -> Call:
        for path in (samples / file, *roster.iterdir()):
            shutil.copy(path, folder)
        return gather(folder / file, engine, Settings(transcript=False), out=folder / "out").call()

    return call


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize(
    ("file", "customer", "colleague", "role"),
    [
        ("led-call.ogg", "Ray Kowalski", "Marcus Webb", "manager"),
        ("taken-over-call.ogg", "Alistair Grant", "Marcus Webb", "manager"),
        ("final-presentation.ogg", "Ray Kowalski", "Marcus Webb", "manager"),
        ("dialer-call.flac", "Alistair Grant", "Priya Nair", "specialist"),
    ],
)
def test_the_roster_alone_names_everybody_on_a_sample_call(
    told: Told, samples: Path, file: str, customer: str, colleague: str, role: str
) -> None:
    call = told(file, samples / "voices")
    assert {(person.name, person.side, person.role) for person in call.participants.people} == {
        ("Dana Reyes", "team", "salesperson"),
        (colleague, "team", role),
        (customer, "customer", None),
    }
    lead = next(person for person in call.participants.people if person.key == call.participants.salesperson)
    assert lead.name == "Dana Reyes"
    truth: dict[str, list[Span]] = {}
    for line in (samples / file).with_suffix(".rttm").read_text().splitlines():
        fields = line.split()
        start, length = float(fields[3]), float(fields[4])
        truth.setdefault(fields[7].replace("_", " "), []).append(Span(samples_of(start), samples_of(start + length)))
    for person in call.participants.people:
        assert person.name is not None
        shared = {name: total(intersection(call.by[person.key], union(spans))) for name, spans in truth.items()}
        assert max(shared, key=lambda name: shared[name]) == person.name


@pytest.mark.corpus
@pytest.mark.models
def test_a_roster_whose_voices_are_not_on_the_call_names_nobody(told: Told, corpus: Path, tmp_path: Path) -> None:
    lines = []
    for reader in ("1998", "2414", "2609"):
        clips = sorted((corpus / "voices" / reader).glob("*.flac"))[:3]
        for clip in clips:
            shutil.copy(clip, tmp_path)
        names = ", ".join(f'"{clip.name}"' for clip in clips)
        lines.append(f'[[person]]\nname = "Reader {reader}"\nrole = "salesperson"\nvoices = [{names}]\n')
    (tmp_path / "team.toml").write_text("\n".join(lines))
    call = told("led-call.ogg", tmp_path)
    assert [person.name for person in call.participants.people] == [None, None, None]
    assert call.participants.salesperson is None


def test_a_result_made_again_learns_the_voices_of_a_roster_that_came_since(
    team: Path, heard: list[str], tmp_path: Path
) -> None:
    settings = Settings(out=tmp_path / "out")
    path = recording(tmp_path / "call.wav")
    engine = FakeEngine(name=MODEL)
    roster = team.read_text()
    team.unlink()
    analyse(path, settings, engine=engine)
    team.write_text(roster)
    analysed(path, settings)
    assert not heard
    refresh(path, settings, engine)
    assert heard == ["dana-1.flac", "dana-2.flac", "ray.flac"]
