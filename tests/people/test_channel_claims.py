"""Names by the channel that a JSON sidecar has somebody on: given where one is alone, only ruled out elsewhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.people.channel_claims import channels_claim, only_on_their_channels
from analyzer.people.participants import Claim
from analyzer.people.sidecars.sidecar import Sidecar, SidecarPerson
from analyzer.session import Done, analyse
from analyzer.settings import Settings
from analyzer.speech.recognition import Channel, Diarization
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples
from tests.speech.test_track_starts import LoudnessEngine


def heard(*channels: tuple[int, str]) -> Diarization:
    """Each channel's number from 0 and its speakers, who talk for ten seconds one after the other."""
    parts = []
    for number, speakers in channels:
        turns = tuple(
            Turn(Span(samples(20 * i + number), samples(20 * i + 10)), who) for i, who in enumerate(speakers.split())
        )
        parts.append(Channel(number, turns, turns))
    every = tuple(sorted({turn for part in parts for turn in part.turns}))
    return Diarization(every, every, channels=tuple(parts))


def listed(**channels: int | None) -> tuple[Sidecar, ...]:
    people = tuple(SidecarPerson(name, (name,), "team", "guide", channel) for name, channel in channels.items())
    return (Sidecar(Path("call.people.json"), "json", (), people),)


def test_the_only_speaker_of_a_channel_is_the_only_person_on_it() -> None:
    said = channels_claim(heard((0, "S1"), (1, "S2")), listed(Ann=2, Bob=1))
    assert said.source == "channels"
    assert said.names == {"S1": "Bob", "S2": "Ann"}
    assert said.sides == {"S1": "team", "S2": "team"}
    assert said.roles == {"S1": "guide", "S2": "guide"}
    assert said.evidence["S2"].says == "name Ann: alone on channel 2, where call.people.json has them"


@pytest.mark.parametrize(
    ("found", "sidecars", "names"),
    [
        (heard((0, "S1 S3"), (1, "S2")), listed(Ann=1, Bob=2), {"S2": "Bob"}),  # two are heard on channel 1
        (heard((0, "S1"), (1, "S2")), listed(Ann=1, Cy=1, Bob=2), {"S2": "Bob"}),  # two are said to be on it
        (heard((0, "S1"), (1, "S1")), listed(Ann=1, Bob=2), {}),  # one voice on both
        (heard((0, "S1"), (1, "S2")), listed(Ann=None, Bob=None), {}),  # no one says who is where
        (heard((0, "S1"), (3, "S2")), listed(Ann=1, Bob=2), {"S1": "Ann"}),  # numbers are the file's
        (Diarization((), ()), listed(Ann=1, Bob=2), {}),  # not listened to channel by channel
    ],
)
def test_where_it_is_not_one_and_one_nobody_is_named(
    found: Diarization, sidecars: tuple[Sidecar, ...], names: dict[str, str]
) -> None:
    assert channels_claim(found, sidecars).names == names


def test_among_several_on_a_channel_only_its_people_can_be_named() -> None:
    found = heard((0, "S1"), (1, "S2 S3"))
    voices = Claim("voice", names={"S2": "Ann", "S3": "Cy", "S1": "Dee"}, sides={"S2": "team", "S3": "customer"})
    (kept,), notes = only_on_their_channels([voices], found, listed(Ann=1, Bob=2, Cy=2))
    assert kept.names == {"S3": "Cy", "S1": "Dee"}  # Ann is on the other channel; no one says where Dee is
    assert kept.sides == {"S3": "customer"}
    assert notes == (
        "S2: Ann by voice, but call.people.json has Ann on channel 1, where S2 is not heard; not named so.",
    )


def test_a_mono_recording_knows_no_channels_and_keeps_all_names() -> None:
    voices = Claim("voice", names={"S1": "Ann"})
    turn = Turn(Span(0, 10), "S1")
    assert only_on_their_channels([voices], Diarization((turn,), (turn,)), listed(Ann=2)) == ((voices,), ())


def dialer(folder: Path, people: list[dict[str, object]] | None) -> Done:
    """A stereo call of 100 s: channel 1 is loud from 0 to 8 s, channel 2 from 10 to 18 s, and so on."""
    folder.mkdir()
    rng = np.random.default_rng(5)
    sound = np.full((100 * SAMPLE_RATE, 2), 1e-4, dtype=np.float32)
    for turn in range(10):
        part = slice(turn * 10 * SAMPLE_RATE, (turn * 10 + 8) * SAMPLE_RATE)
        sound[part, turn % 2] += rng.normal(0, 0.1, 8 * SAMPLE_RATE)
    soundfile.write(folder / "call.wav", sound, SAMPLE_RATE)
    if people is not None:
        (folder / "call.people.json").write_text(json.dumps({"people": people}))
    return analyse(folder / "call.wav", Settings(transcript=False, out=folder / "out"), engine=LoudnessEngine())


def test_channels_of_a_list_of_people_name_both_parties_of_a_stereo_call(tmp_path: Path) -> None:
    people: list[dict[str, object]] = [
        {"name": "Ray Kowalski", "side": "customer", "channel": 1},
        {"name": "Dana Reyes", "side": "team", "role": "salesperson", "channel": 2},
    ]
    done = dialer(tmp_path / "said", people)
    found = [(p.name, p.side, p.evidence[0].source) for p in done.record.people]
    assert found == [("Ray Kowalski", "customer", "channels"), ("Dana Reyes", "team", "channels")]
    swapped = dialer(tmp_path / "swapped", [people[0] | {"channel": 2}, people[1] | {"channel": 1}])
    assert [p.name for p in swapped.record.people] == ["Dana Reyes", "Ray Kowalski"]
    assert [p.name for p in dialer(tmp_path / "bare", None).record.people] == [None, None]


def test_a_weaker_source_with_another_name_is_told_and_does_not_hold(tmp_path: Path) -> None:
    """The transcript has Al Other where the list of people has Ray Kowalski; it names him where there is no list."""
    cues = [f"00:00:{at:02d}.000 --> 00:00:{at + 8:02d}.000" for at in range(0, 60, 10)]
    cues += [f"00:01:{at:02d}.000 --> 00:01:{at + 8:02d}.000" for at in range(0, 40, 10)]
    said = "WEBVTT\n\n" + "\n\n".join(f"{cue}\n{('Al Other', 'Dana Reyes')[i % 2]}: so" for i, cue in enumerate(cues))
    people: list[dict[str, object]] = [{"name": "Ray Kowalski", "channel": 1}, {"name": "Dana Reyes", "channel": 2}]
    names = {}
    for listed_people in (None, people):
        folder = tmp_path / str(listed_people is None)
        dialer(folder, listed_people)
        (folder / "call.vtt").write_text(said)
        settings = Settings(transcript=False, out=folder / "out")
        done = analyse(folder / "call.wav", settings, engine=LoudnessEngine())
        names[listed_people is None] = [person.name for person in done.record.people]
    assert names == {True: ["Al Other", "Dana Reyes"], False: ["Ray Kowalski", "Dana Reyes"]}
    assert "S1: Ray Kowalski by channels, Al Other by sidecar; the first holds." in done.record.notes


@pytest.mark.models
@pytest.mark.corpus
def test_a_real_service_call_is_named_by_its_channels(corpus: Path, tmp_path: Path) -> None:
    from analyzer.call.engine import LocalEngine

    stereo = next((corpus / "aws_dual_channel").glob("*_stereo.*"))
    call = Path(shutil.copy(stereo, tmp_path))
    sidecar = {"people": [{"name": "Ann Left", "channel": 1}, {"name": "Bo Right", "channel": 2}]}
    call.with_name(call.stem + ".people.json").write_text(json.dumps(sidecar))
    done = analyse(call, Settings(transcript=False, out=tmp_path / "out"), engine=LocalEngine())
    found = done.call.recognition.diarization
    on = {channel.number: channel.speakers for channel in found.channels}
    names = {person.key: person.name for person in done.record.people}
    assert [names[on[0][0]], names[on[1][0]]] == ["Ann Left", "Bo Right"]
