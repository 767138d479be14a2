"""Folders of tracks: whose a track is, what the folder is as a recording, and the real models on tracks of a sample."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.audio.recording import probe
from analyzer.audio.tracks import name_of_track, tracks_of
from analyzer.errors import NotAudioError, RecordingError
from analyzer.timeline import SAMPLE_RATE


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("audioFirst Last21234", "First Last"),
        ("audioFirstLast11234567", "First Last"),
        ("audioRonaldMcAdam31234", "Ronald McAdam"),
        ("audioJRSmith1123", "JR Smith"),
        ("audioÉlodieDupont1123", "Élodie Dupont"),
        ("audiodana1123", "dana"),
        ("Dana Reyes", "Dana Reyes"),
        ("Dana_Reyes-1", "Dana Reyes"),
        ("Anne-Marie Kurz", "Anne-Marie Kurz"),
        ("audiology", "audiology"),
        ("audio1234567", None),
        ("track 2", None),
        ("Speaker", None),
        ("42", None),
    ],
)
def test_the_name_of_a_track_is_read_from_its_file_name(stem: str, name: str | None) -> None:
    assert name_of_track(stem) == name


def tone(path: Path, seconds: float) -> Path:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * 300 * time), SAMPLE_RATE)
    return path


def test_a_folder_is_a_recording_with_a_channel_for_each_track(tmp_path: Path) -> None:
    paths = [tone(tmp_path / "Zoe.flac", 3.0), tone(tmp_path / "Ann.wav", 2.0)]
    (tmp_path / "notes.txt").write_text("no track")
    tone(tmp_path / "audio_only.wav", 3.0)  # everybody together, as Zoom calls it
    found = probe(tmp_path)
    assert (found.container, found.channels, found.length) == ("tracks", 2, 3 * SAMPLE_RATE)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in reversed(paths)]
    assert found.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert [track.name for track in tracks_of(tmp_path)] == ["Ann", "Zoe"]


def test_a_folder_without_tracks_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(NotAudioError, match=r"is empty\. Name a recording"):
        probe(tmp_path)
    (tmp_path / "notes.txt").write_text("words")
    with pytest.raises(NotAudioError, match=r"no recording in this folder\. Name"):
        probe(tmp_path)


def test_a_folder_of_calls_is_not_taken_for_tracks(tmp_path: Path) -> None:
    tone(tmp_path / "monday.wav", 1.0)
    (tmp_path / "monday.plan.toml").write_text("")
    with pytest.raises(RecordingError, match="folder of calls"):
        probe(tmp_path)


def test_a_track_that_is_no_audio_is_named(tmp_path: Path) -> None:
    tone(tmp_path / "Ann.wav", 1.0)
    (tmp_path / "Bob.wav").write_bytes(b"not audio at all" * 10)
    with pytest.raises(NotAudioError, match=r"Bob\.wav"):
        probe(tmp_path)


@pytest.mark.slow
@pytest.mark.models
def test_each_track_is_the_person_its_file_is_called_after(samples: Path, tmp_path: Path) -> None:
    """Everybody's turns cut out of led-call, each with the others leaking in at -25 dB; Ray's track ends early."""
    from analyzer.bench.scoring import share_errors
    from analyzer.speech.diarization.diarizer import load_diarizer
    from analyzer.speech.diarization.speakers import SpeakerBounds
    from analyzer.speech.listening import listen
    from analyzer.speech.models.store import ModelStore
    from analyzer.speech.multichannel.separation import track_names
    from tests.speech.test_multichannel import truth_of

    truth = truth_of(samples / "led-call.rttm")
    sound, _ = soundfile.read(samples / "led-call.ogg", dtype="float32")
    for number, who in enumerate(sorted({turn.who for turn in truth}), 1):
        gain = np.full(len(sound), 10 ** (-25 / 20), dtype=np.float32)
        for turn in truth:
            if turn.who == who:
                gain[turn.span.start : turn.span.end] = 1.0
        track = (sound * gain)[: -SAMPLE_RATE // 2] if who.startswith("Ray") else sound * gain
        soundfile.write(tmp_path / f"audio{who.replace('_', '')}{number}123456.flac", track, SAMPLE_RATE)
    heard = listen(probe(tmp_path))
    found = heard.diarize(load_diarizer(ModelStore()), speakers=SpeakerBounds())
    names = track_names(found)
    assert sorted(names.values()) == ["Dana Reyes", "Marcus Webb", "Ray Kowalski"]
    assert heard.length == len(sound)
    errors = share_errors(truth, found.turns, {who: name.replace(" ", "_") for who, name in names.items()})
    assert max(abs(error) for error in errors.values()) < 0.02, errors
