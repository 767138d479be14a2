"""Tracks that begin at different times: where they are laid, by which evidence, and what follows from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.audio.excerpt import excerpt
from analyzer.audio.recording import probe
from analyzer.audio.track_starts import loudness, place_of, starts_of
from analyzer.audio.tracks import tracks_of
from analyzer.call.engine import Engine
from analyzer.call.folder import CallFolder
from analyzer.call.inputs import read_inputs
from analyzer.call.recognising import recognise
from analyzer.errors import BadFileError
from analyzer.progress import Progress, silent
from analyzer.settings import Settings
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.multichannel.separation import track_names
from analyzer.speech.recognition import Diarization, Recognition
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples
from tests.audio_builders import encode
from tests.fake_engine import FakeEngine
from tests.speech.test_multichannel import truth_of

LATE = 37.4
RAY = "audioRayKowalski31234567"
"""The track of the person who joins late; the first of the others by file name is Dana's, then Marcus'."""


def led_call(samples_folder: Path) -> tuple[np.ndarray, list[Turn]]:
    sound, _ = soundfile.read(samples_folder / "led-call.ogg", dtype="float32")
    return sound, truth_of(samples_folder / "led-call.rttm")


def cut(folder: Path, source: Path, *, late: float = LATE) -> Path:
    """The led-call sample as a track for each person, with the others at -30 dB; Ray's begins `late` s in."""
    folder.mkdir()
    sound, truth = led_call(source)
    for number, who in enumerate(sorted({turn.who for turn in truth}), 1):
        gain = np.full(len(sound), 10 ** (-30 / 20), dtype=np.float32)
        for turn in truth:
            if turn.who == who:
                gain[turn.span.start : turn.span.end] = 1.0
        track = (sound * gain)[samples(late) :] if who.startswith("Ray") else sound * gain
        soundfile.write(folder / f"audio{who.replace('_', '')}{number}1234567.flac", track, SAMPLE_RATE)
    return folder


def starts(folder: Path, told: dict[str, int] | None = None) -> list[float]:
    return [at / SAMPLE_RATE for at in starts_of(folder, tracks_of(folder), told or {}).at]


@dataclass
class LoudnessEngine(FakeEngine):
    """Hears one speaker, S1, wherever a sound is loud; so what is found depends on where the sound lies."""

    @property
    def diarize(self) -> object:  # type: ignore[override]
        engine = self

        class _Diarizer:
            name = "loudness"

            def __call__(
                self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: Progress = silent
            ) -> Diarization:
                engine.asked.append("diarize")
                level = loudness(waveform)
                loud = np.convolve(level > 0.02, np.ones(31), mode="same") > 0
                edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
                turns = tuple(
                    Turn(Span(int(a) * 160, int(b) * 160), "S1")
                    for a, b in zip(edges[::2], edges[1::2], strict=True)
                    if b - a > 40
                )
                return Diarization(turns, turns)

        return _Diarizer()


def talk_of_ray(heard: Recognition) -> list[Turn]:
    channel = next(channel for channel in heard.diarization.channels if channel.name == "Ray Kowalski")
    return sorted(channel.turns)


def heard_in(folder: Path, engine: Engine | None = None, out: Path | None = None) -> Recognition:
    if out is not None:
        out.mkdir(exist_ok=True)
    return recognise(
        probe(folder),
        engine or LoudnessEngine(),
        Settings(transcript=False),
        starts=read_inputs(folder).starts,
        folder=None if out is None else CallFolder(out),
    ).recognition()


def lengths(folder: Path, **seconds: float) -> Path:
    """A folder of tracks that hold nothing but their length."""
    folder.mkdir()
    for name, length in seconds.items():
        soundfile.write(folder / f"{name.replace('_', ' ')}.wav", np.zeros(round(length * 8000)), 8000)
    return folder


def test_whoever_has_two_tracks_came_back_and_the_second_ends_with_the_call(tmp_path: Path) -> None:
    folder = lengths(tmp_path / "a", audioDana11834519283=100, audioMarcus21834519283=30, audioMarcus41834519283=40)
    found = starts_of(folder, tracks_of(folder), {})
    assert [at / SAMPLE_RATE for at in found.at] == [0, 0, 60]
    assert "audioMarcus41834519283.wav begins 60.0 s into the call (its person's other track comes before it)." in (
        found.notes
    )
    more = lengths(tmp_path / "b", audioAnn11834519283=100, **{f"audioBo{i}1834519283": 20 for i in (2, 9, 10)})
    assert starts(more) == [0, 80, 0, 60], "the tenth comes after the ninth"
    assert starts(lengths(tmp_path / "c", audioAnn11834519283=100, audioBo21834519283=60, audioBo31834519283=60)) == [
        *(0, 0, 0)
    ], "two that do not fit one after the other"


def test_somebody_who_dropped_out_and_came_back_is_one_person() -> None:
    folder = Path(__file__).parents[3] / "shared" / "cases" / "zoom_rejoin" / "Audio Record"
    if not folder.is_dir():
        pytest.skip("../shared/cases is not here")
    heard = heard_in(folder)
    assert sorted(track_names(heard.diarization).values()) == ["Alistair Grant", "Dana Reyes", "Marcus Webb"]
    assert len(heard.diarization.speakers) == 3
    pieces = [channel for channel in heard.diarization.channels if channel.name == "Marcus Webb"]
    assert [channel.start / SAMPLE_RATE for channel in pieces] == pytest.approx([0, 80], abs=0.5)
    assert len({channel.speakers for channel in pieces}) == 1


@pytest.mark.parametrize("where", ["among", "beside"])
def test_a_late_track_is_found_in_the_mixed_recording(samples: Path, tmp_path: Path, where: str) -> None:
    folder = cut(tmp_path / "Audio Record", samples)
    sound, _ = led_call(samples)
    target = folder / "audio_only.flac" if where == "among" else tmp_path / "audio1234567890.flac"
    soundfile.write(target, sound * 0.6, SAMPLE_RATE)
    found = starts_of(folder, tracks_of(folder), {})
    assert [at / SAMPLE_RATE for at in found.at] == pytest.approx([0, 0, LATE], abs=0.02)
    assert found.notes == (f"{RAY}.flac begins 37.4 s into the call (found in {target.name}).",)


def test_a_mixed_recording_that_begins_later_than_the_tracks_does_not_cut_them(samples: Path, tmp_path: Path) -> None:
    folder = cut(tmp_path / "call", samples)
    sound, _ = led_call(samples)
    soundfile.write(folder / "zoom_0.flac", sound[5 * SAMPLE_RATE :], SAMPLE_RATE)
    assert starts(folder) == pytest.approx([0, 0, LATE], abs=0.02)


def test_the_mixed_recording_of_another_call_places_nothing_and_says_so(samples: Path, tmp_path: Path) -> None:
    folder = cut(tmp_path / "call", samples)
    other, _ = soundfile.read(samples / "taken-over-call.ogg", dtype="float32")
    soundfile.write(folder / "audio_only.flac", other, SAMPLE_RATE)
    found = starts_of(folder, tracks_of(folder), {})
    assert found.at == (0, 0, 0)
    assert "no place in audio_only.flac fits clearly better" in found.notes[0]
    assert "they are taken to begin with the call. Say otherwise in call.people.json (starts_at)." in found.notes[0]


def test_the_place_of_what_repeats_is_not_sure() -> None:
    beat = np.tile(np.repeat([0.5, 0.01], 20), 100).astype(np.float32)
    assert place_of(beat[:2000], beat) is None


def test_nothing_but_lengths_that_differ_is_said_and_taken_for_a_common_beginning(
    samples: Path, tmp_path: Path
) -> None:
    folder = cut(tmp_path / "call", samples)
    found = starts_of(folder, tracks_of(folder), {})
    assert found.at == (0, 0, 0)
    assert found.notes == (
        "The tracks differ in length by 37 s; they are taken to begin together. "
        "Say otherwise in call.people.json (starts_at).",
    )
    assert starts_of(cut(tmp_path / "even", samples, late=0.0), tracks_of(tmp_path / "even"), {}).notes == ()


@pytest.mark.parametrize(
    ("created", "late"),
    [
        (("2026-05-12T14:00:00Z", "2026-05-12T14:00:21Z"), 21.0),
        (("2026-05-12T14:00:00Z", "2026-05-12T16:00:00Z"), 0.0),  # further apart than the longest track is long
        (("1904-01-01T00:00:00Z", "1904-01-01T00:00:21Z"), 0.0),  # no clock was set
        (("2026-05-12T14:00:00Z", None), 0.0),
    ],
)
def test_times_of_creation_place_tracks_when_all_have_one_that_can_be_true(
    tmp_path: Path, created: tuple[str, str | None], late: float
) -> None:
    import av

    noise = np.random.default_rng(1).normal(0, 0.1, (1, 60 * SAMPLE_RATE)).astype(np.float32)
    for name, time, length in zip(("Ann", "Bob"), created, (60, 39), strict=True):
        plain = encode(tmp_path / f"{name}.plain", noise[:, : length * SAMPLE_RATE], SAMPLE_RATE, "aac", "mp4")
        with av.open(str(plain)) as source, av.open(str(tmp_path / f"{name}.m4a"), "w", format="mp4") as target:
            stream = target.add_stream_from_template(source.streams.audio[0])
            if time is not None:
                target.metadata["creation_time"] = time
            for packet in source.demux(source.streams.audio[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        plain.unlink()
    assert starts(tmp_path) == [0.0, late]


def test_what_the_sidecar_says_moves_the_turns_the_length_and_the_excerpts(samples: Path, tmp_path: Path) -> None:
    folder = cut(tmp_path / "call", samples)
    together = heard_in(folder)
    (tmp_path / "call.people.json").write_text(json.dumps({"starts_at": {"Ray Kowalski": LATE}}))
    heard = heard_in(folder)
    sound, truth = led_call(samples)
    # Ray's first words after he joined are at 39.74 s (those at 37.65 last a third of a second).
    first = next(turn for turn in talk_of_ray(heard) if turn.span.length > SAMPLE_RATE)
    assert first.span.start / SAMPLE_RATE == pytest.approx(39.74, abs=0.4)
    wrong = next(turn for turn in talk_of_ray(together) if turn.span.length > SAMPLE_RATE)
    assert wrong.span.start / SAMPLE_RATE == pytest.approx(39.74 - LATE, abs=0.4)
    assert abs(heard.length - len(sound)) < 160

    places = {channel.number: channel.start for channel in heard.diarization.channels}
    assert places[2] == round(LATE * SAMPLE_RATE)
    ray = next(turn.span for turn in truth if turn.who.startswith("Ray") and turn.span.start > samples_of(50))
    heard_there = excerpt(folder, ray, starts=places)
    assert np.corrcoef(heard_there, sound[ray.start : ray.end])[0, 1] > 0.95
    assert np.corrcoef(excerpt(folder, ray), sound[ray.start : ray.end])[0, 1] < 0.5


def samples_of(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def test_an_excerpt_may_begin_before_a_track_does(tmp_path: Path) -> None:
    for name, level in (("Ann", 0.25), ("Bob", 0.5)):
        soundfile.write(tmp_path / f"{name}.wav", np.full(4 * SAMPLE_RATE, level, dtype=np.float32), SAMPLE_RATE)
    part = excerpt(tmp_path, Span(SAMPLE_RATE, 6 * SAMPLE_RATE), starts={1: 3 * SAMPLE_RATE})
    middles = [float(part[round((second + 0.5) * SAMPLE_RATE)]) for second in range(5)]
    assert middles == pytest.approx([0.25, 0.25, 0.75, 0.5, 0.5], abs=0.01)


def test_a_changed_start_runs_the_models_again_and_the_same_one_does_not(samples: Path, tmp_path: Path) -> None:
    folder, engine = cut(tmp_path / "call", samples), LoudnessEngine()
    sidecar, out = tmp_path / "call.people.json", tmp_path / "out"
    asked = []
    for said in (None, None, 37.4, 37.4, 30.0, None):
        if said is None:
            sidecar.unlink(missing_ok=True)
        else:
            sidecar.write_text(json.dumps({"starts_at": {f"{RAY}.flac": said}}))
        heard_in(folder, engine, out)
        asked.append(engine.asked.count("diarize"))
    assert asked == [3, 3, 6, 6, 9, 12]  # three tracks each time


@pytest.mark.parametrize(
    ("starts_at", "what"),
    [
        ({"Ray Kowalsky": 3}, "starts_at.Ray Kowalsky: no track in call is called so (did you mean Ray Kowalski?)"),
        ({"Ray Kowalski": -3}, "starts_at.Ray Kowalski: should be greater than or equal to 0"),
        ({"Ray Kowalski": "3"}, "starts_at.Ray Kowalski: should be a valid number"),
        ({"Ray Kowalski": 3, f"{RAY}.flac": 4}, "is said already"),
    ],
)
def test_a_start_that_fits_no_track_is_an_error_with_its_field(
    tmp_path: Path, starts_at: dict[str, object], what: str
) -> None:
    (tmp_path / "call").mkdir()
    for name in ("audioDanaReyes11234567", RAY):
        soundfile.write(tmp_path / "call" / f"{name}.flac", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    people = [{"name": "Dana Reyes"}]
    (tmp_path / "call.people.json").write_text(json.dumps({"people": people, "starts_at": starts_at}))
    with pytest.raises(BadFileError) as caught:
        read_inputs(tmp_path / "call")
    assert what in caught.value.what
    assert caught.value.todo


def test_starts_beside_a_single_file_are_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "call.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    (tmp_path / "call.people.json").write_text('{"starts_at": {"Ann": 3}}')
    with pytest.raises(BadFileError, match="one file, not a folder of tracks"):
        read_inputs(tmp_path / "call.wav")


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("evidence", ["mix", "sidecar"])
def test_shares_are_right_with_the_real_models_when_somebody_joins_late(
    samples: Path, tmp_path: Path, evidence: str
) -> None:
    from analyzer.bench.scoring import diarization_error
    from analyzer.call.engine import LocalEngine
    from analyzer.people.channel_claims import tracks_claim

    folder = cut(tmp_path / "call", samples)
    sound, truth = led_call(samples)
    if evidence == "mix":
        soundfile.write(folder / "audio_only.flac", sound, SAMPLE_RATE)
    else:
        (tmp_path / "call.people.json").write_text('{"starts_at": {"Ray Kowalski": 37.4}}')
    heard = heard_in(folder, LocalEngine())
    assert sorted(tracks_claim(heard.diarization).names.values()) == ["Dana Reyes", "Marcus Webb", "Ray Kowalski"]
    # What Ray said before his track begins is not on it: only what comes after is scored.
    after = [Span(round(LATE * SAMPLE_RATE), len(sound))]
    error = diarization_error(truth, heard.diarization.turns, after).rate.value
    assert error is not None
    assert error < 0.12
