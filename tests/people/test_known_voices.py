"""Known voices: who is named, who stays unknown, and what may be kept; at the end on recordings with known truth."""

from __future__ import annotations

import datetime as dt
import json
import math
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analyzer.audio.decode import decode
from analyzer.call.engine import LocalEngine
from analyzer.errors import BadFileError, UsageError
from analyzer.people.voices import known_voices as voices
from analyzer.people.voices.known_voices import CallVoice, KnownVoice, VoiceMatch, enrol, enrol_from_call, identify
from analyzer.people.voices.voice_files import file_name, forget_voice, keep_voice, read_voices
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.diarization.voiceprint import ClipVoice, clip_voice, voice_of
from analyzer.speech.recognition import Diarization, Voice
from analyzer.timeline import SAMPLE_RATE, Span, Turn, samples

DAY = dt.date(2026, 3, 1)
FIVE = ("1688", "1998", "2033", "2414", "2609")


def towards(score: float, axis: int = 0, rest: int = 9) -> tuple[float, ...]:
    """A unit vector whose cosine with the unit vector of `axis` is `score`; what is left points along `rest`."""
    vector = [0.0] * 10
    vector[axis] = score
    vector[rest] = math.sqrt(1 - score**2)
    return tuple(vector)


def known(name: str, axis: int) -> KnownVoice:
    return KnownVoice(name, DAY, 20.0, voices.MODEL, (towards(1.0, axis),))


ANN, BEN = known("Ann Miller", 0), known("Ben Ortiz", 1)


def one(
    embedding: tuple[float, ...], seconds: float = 60.0, library: tuple[KnownVoice, ...] = (ANN, BEN)
) -> VoiceMatch:
    (match,) = identify({"S1": CallVoice(embedding, seconds)}, library)
    return match


def test_a_voice_above_the_threshold_is_named_with_its_score_and_who_comes_next() -> None:
    match = one((0.8, 0.6 * 0.1, *([0.0] * 7), math.sqrt(1 - 0.64 - 0.0036)))
    assert match.name == "Ann Miller"
    assert match.runner_up is not None
    assert match.runner_up[0] == "Ben Ortiz"
    assert match.runner_up[1] == pytest.approx(0.06)
    assert match.score == pytest.approx(0.8)
    assert "Ann Miller" in match.why


def test_the_threshold_itself_is_the_border() -> None:
    assert one(towards(voices.THRESHOLD + 0.001)).name == "Ann Miller"
    below = one(towards(voices.THRESHOLD - 0.001))
    assert below.name is None
    assert below.confidence == 0
    assert "no one known" in below.why


def test_two_people_who_are_close_leave_the_speaker_unknown() -> None:
    close = (0.7, 0.7 - voices.MARGIN + 0.01)
    assert one((*close, *([0.0] * 7), math.sqrt(1 - sum(x * x for x in close)))).name is None
    apart = (0.7, 0.7 - voices.MARGIN - 0.01)
    assert one((*apart, *([0.0] * 7), math.sqrt(1 - sum(x * x for x in apart)))).name == "Ann Miller"


def test_what_may_have_gone_over_a_telephone_must_be_more_alike() -> None:
    line = KnownVoice("Cleo", DAY, 20.0, voices.MODEL, narrow=(towards(1.0),))
    needed = voices.THRESHOLD + voices.HANDICAP
    assert one(towards(needed + 0.001), library=(line,)).name == "Cleo"
    assert one(towards(needed - 0.001), library=(line,)).name is None


def test_whoever_talks_too_little_is_unknown() -> None:
    assert one(towards(0.9), seconds=voices.LEAST).name == "Ann Miller"
    assert one(towards(0.9), seconds=voices.LEAST - 0.1).name is None


def test_one_person_is_only_one_speaker_the_more_similar_one() -> None:
    first, second = identify(
        {"S1": CallVoice(towards(0.7), 60.0), "S2": CallVoice(towards(0.9, rest=8), 60.0)}, (ANN, BEN)
    )
    assert (first.name, second.name) == (None, "Ann Miller")
    assert "another speaker" in first.why


def test_nobody_is_named_from_an_empty_library_or_by_another_model() -> None:
    assert one(towards(1.0), library=()).name is None
    other = KnownVoice("Ann Miller", DAY, 20.0, "another", ANN.prints)
    assert one(towards(1.0), library=(other,)).name is None
    (match,) = identify({"S1": CallVoice(towards(1.0), 60.0)}, (ANN,), model="another")
    assert match.name is None


def test_confidence_rises_with_the_score_and_is_even_where_it_is_said_to_be() -> None:
    assert voices.confidence_of(voices.EVEN) == pytest.approx(0.5)
    steps = [voices.confidence_of(score / 20) for score in range(-20, 21)]
    assert steps == sorted(steps)
    assert steps[-1] < 1


def test_what_voices_say_names_only_who_was_recognised() -> None:
    matches = identify({"S1": CallVoice(towards(0.9), 60.0), "S2": CallVoice(towards(0.1, 1), 60.0)}, (ANN, BEN))
    assert dict(voices.claim_by_voices(matches).names) == {"S1": "Ann Miller"}
    assert voices.claim_by_voices(matches).source == "voice"
    assert voices.voice_evidence(matches)["S1"].confidence == matches[0].confidence < 1


# What may be kept


def clip(embedding: tuple[float, ...], seconds: float = 10.0) -> ClipVoice:
    return ClipVoice(seconds, embedding, embedding, voices.MODEL)


def test_clips_of_less_than_five_seconds_in_all_are_refused() -> None:
    with pytest.raises(BadFileError, match=r"4\.9 s of speech"):
        enrol("Cleo", [clip(towards(1.0), 2.9), clip(towards(1.0), 2.0)], (), consent=DAY)
    assert enrol("Cleo", [clip(towards(1.0), 3.0), clip(towards(1.0), 2.0)], (), consent=DAY).seconds == 5.0


def test_a_voice_like_somebody_elses_is_refused_with_who_and_how_much() -> None:
    with pytest.raises(BadFileError, match=r"Cleo: sounds like Ann Miller.*score 0\.90"):
        enrol("Cleo", [clip(towards(0.9))], (ANN, BEN), consent=DAY)
    assert enrol("ann miller", [clip(towards(0.9))], (ANN, BEN), consent=DAY).name == "ann miller"


def test_clips_of_different_people_are_refused() -> None:
    with pytest.raises(BadFileError, match="clip 2 does not sound like clip 1"):
        enrol("Cleo", [clip(towards(1.0, 3)), clip(towards(1.0, 4))], (), consent=DAY)


def call(embedding: tuple[float, ...], seconds: float) -> Diarization:
    turns = (Turn(Span(0, samples(seconds)), "S1"),)
    return Diarization(turns, turns, (Voice("S1", embedding),))


def test_a_voice_is_kept_from_a_call_beside_what_was_known_of_it() -> None:
    kept = enrol_from_call("ann miller", "S1", call(towards(0.6), 30.0), (ANN, BEN), model=voices.MODEL, consent=DAY)
    assert (kept.name, kept.prints, kept.narrow) == ("Ann Miller", ANN.prints, (towards(0.6),))
    assert kept.seconds == 50.0
    with pytest.raises(BadFileError, match="sounds like Ann Miller"):
        enrol_from_call("Cleo", "S1", call(towards(0.6), 30.0), (ANN,), model=voices.MODEL, consent=DAY)
    with pytest.raises(BadFileError, match=r"talks 4\.0 s"):
        enrol_from_call("Cleo", "S1", call(towards(0.1), 4.0), (ANN,), model=voices.MODEL, consent=DAY)
    with pytest.raises(UsageError, match="S9"):
        enrol_from_call("Cleo", "S9", call(towards(0.1), 30.0), (ANN,), model=voices.MODEL, consent=DAY)


@pytest.mark.parametrize(
    "prints", [(), ((),), ((1.0, 1.0),), ((math.nan, 1.0),), ((1.0,), (0.6, 0.8))], ids=lambda p: repr(p)[:20]
)
def test_a_voice_without_proper_voiceprints_is_none(prints: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(ValueError, match="voiceprint"):
        KnownVoice("Ann", DAY, 5.0, voices.MODEL, prints)


# The clip


class Scripted:
    """A diarizer that finds what it is told."""

    name = voices.MODEL

    def __init__(self, *turns: tuple[float, float, str]) -> None:
        self.turns = tuple(Turn(Span(samples(a), samples(b)), who) for a, b, who in turns)

    def __call__(self, waveform: np.ndarray, *, speakers: SpeakerBounds, progress: object = None) -> Diarization:
        who = dict.fromkeys(turn.who for turn in self.turns)
        return Diarization(self.turns, self.turns, tuple(Voice(label, towards(1.0)) for label in who))


def test_a_clip_with_two_voices_is_refused_with_the_moment_to_listen_to() -> None:
    two: Diarizer = Scripted((0, 4, "S1"), (4.5, 6.5, "S2"))
    with pytest.raises(BadFileError, match=r"a\.wav: two voices.*the second from 0:04"):
        voice_of(np.zeros(SAMPLE_RATE * 8, dtype=np.float32), two, where="a.wav")
    cough: Diarizer = Scripted((0, 4, "S1"), (4.5, 5, "S2"))
    assert voice_of(np.zeros(SAMPLE_RATE * 8, dtype=np.float32), cough).seconds == 4.5


def test_a_clip_without_enough_speech_is_refused() -> None:
    with pytest.raises(BadFileError, match=r"0\.0 s of speech"):
        voice_of(np.zeros(SAMPLE_RATE, dtype=np.float32), Scripted())


# The library on the disk


def test_a_kept_voice_reads_back_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    path = keep_voice(folder, ANN)
    keep_voice(folder, BEN)
    assert read_voices(folder) == (ANN, BEN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(p.name for p in folder.iterdir()) == [file_name("Ann Miller"), file_name("Ben Ortiz")]


def test_a_folder_that_is_a_groups_stays_so_and_its_voices_are_the_groups(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    folder.mkdir()
    folder.chmod(0o2770)
    path = keep_voice(folder, ANN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert stat.S_IMODE(folder.stat().st_mode) == 0o2770


def test_forgetting_leaves_neither_the_name_nor_a_number(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    vector = rng.normal(size=192)
    ann = KnownVoice("Ann Miller", DAY, 20.0, voices.MODEL, (tuple((vector / np.linalg.norm(vector)).tolist()),))
    keep_voice(tmp_path, ann)
    keep_voice(tmp_path, BEN)
    traces = ["Ann", "ann-miller", *(f"{number:.6f}".rstrip("0") for number in ann.prints[0])]
    half = tmp_path / ".analyzer-killed"
    half.write_bytes((tmp_path / file_name("Ann Miller")).read_bytes())

    def everything() -> str:
        return "".join(f"{p.name} {p.read_text(encoding='utf-8')}" for p in tmp_path.rglob("*") if p.is_file())

    assert all(trace in everything() for trace in traces)
    assert forget_voice(tmp_path, "ann  MILLER") == "Ann Miller"
    left = everything()
    assert not [trace for trace in traces if trace in left]
    assert read_voices(tmp_path) == (BEN,)


def test_forgetting_somebody_unknown_says_who_is_known(tmp_path: Path) -> None:
    keep_voice(tmp_path, ANN)
    with pytest.raises(UsageError, match="Known are: Ann Miller"):
        forget_voice(tmp_path, "Ann Milner")
    with pytest.raises(UsageError, match="No voices are known"):
        forget_voice(tmp_path / "nothing", "Ann")


def test_names_that_look_alike_in_a_file_name_do_not_share_a_file() -> None:
    names = ["Ann Miller", "Ann-Miller", "Ann/Miller", "../../Ann Miller", "王芳", "李娜", "a" * 300, "a" * 301]
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert all("/" not in name and not name.startswith(".") and len(name) < 80 for name in files)
    assert file_name("ANN MILLER") == file_name("Ann Miller")


@pytest.mark.parametrize(
    ("field", "value"),
    [("prints", []), ("prints", [[2.0]]), ("consent", "soon"), ("name", "Somebody Else"), ("seconds", -1), ("age", 4)],
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, field: str, value: object) -> None:
    path = keep_voice(tmp_path, ANN)
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(BadFileError, match=r"ann-miller-.*\.voice\.json"):
        read_voices(tmp_path)


# The real models on recordings with known truth


@pytest.fixture(scope="module")
def diarizer() -> Diarizer:
    return LocalEngine(device="cpu").diarizer()


@pytest.fixture(scope="module")
def five(corpus: Path, diarizer: Diarizer) -> tuple[KnownVoice, ...]:
    library: tuple[KnownVoice, ...] = ()
    for name in FIVE:
        clips = [clip_voice(path, diarizer) for path in sorted((corpus / "voices" / name).glob("*.flac"))]
        library += (enrol(name, clips, library, consent=DAY),)
    return library


def true_names(path: Path, found: Diarization) -> dict[str, str]:
    """Who each speaker is: the person whose true turns they share most time with."""
    shared: dict[str, dict[str, int]] = {}
    for line in path.read_text().splitlines():
        fields = line.split()
        start = samples(float(fields[3]))
        span = Span(start, start + max(1, samples(float(fields[4]))))
        for turn in found.turns:
            own = shared.setdefault(turn.who, {})
            own[fields[7]] = own.get(fields[7], 0) + turn.span.shared(span)
    return {speaker: max(own, key=lambda who: own[who]) for speaker, own in shared.items()}


@pytest.mark.corpus
@pytest.mark.models
@pytest.mark.parametrize("name", ["dev0_ES2002a_clean", "dev4_ES2008a_phone"])
def test_simulated_calls_name_everybody_and_leave_strangers_unknown(
    corpus: Path, diarizer: Diarizer, five: tuple[KnownVoice, ...], name: str
) -> None:
    folder = corpus / "simcalls"
    found = diarizer(decode(folder / f"{name}.ogg").mono(), speakers=SpeakerBounds())
    truth = true_names(folder / f"{name}.rttm", found)
    heard = voices.call_voices(found)
    for left_out in (None, *FIVE):
        for match in identify(heard, [voice for voice in five if voice.name != left_out]):
            wanted = None if truth[match.speaker] == left_out else truth[match.speaker]
            if heard[match.speaker].seconds >= 20:
                assert match.name == wanted, match
            assert match.name in (wanted, None), match


@pytest.mark.corpus
@pytest.mark.models
def test_katie_and_steve_are_named_from_their_clips(corpus: Path, diarizer: Diarizer) -> None:
    folder = corpus / "azure_katiesteve"
    library: tuple[KnownVoice, ...] = ()
    for name in ("katie", "steve"):
        library += (
            enrol(name, [clip_voice(folder / f"enrollment_audio_{name}.flac", diarizer)], library, consent=DAY),
        )
    found = diarizer(decode(folder / "katiesteve_mono.flac").mono(), speakers=SpeakerBounds())
    matches = identify(voices.call_voices(found), library)
    assert [match.name for match in matches] == ["katie", "steve"]


@pytest.mark.corpus
@pytest.mark.models
def test_a_speaker_is_known_in_their_test_clip_and_another_is_refused(corpus: Path, diarizer: Diarizer) -> None:
    folder = corpus / "picovoice_eagle"
    clips = [clip_voice(folder / f"speaker_1_utt_{number}.wav", diarizer) for number in (1, 2)]
    library = (enrol("one", clips, (), consent=DAY),)
    names = []
    for speaker in (1, 2):
        found = diarizer(decode(folder / f"speaker_{speaker}_test_utt.wav").mono(), speakers=SpeakerBounds())
        names.append([match.name for match in identify(voices.call_voices(found), library)])
    assert names == [["one"], [None]]


@pytest.mark.corpus
@pytest.mark.models
def test_two_readers_in_one_clip_are_two_voices(corpus: Path, diarizer: Diarizer, tmp_path: Path) -> None:
    folder = corpus / "voices"
    parts = [decode(folder / path).mono() for path in ("1998/1998-15444-0001.flac", "2414/2414-128291-0001.flac")]
    path = tmp_path / "two.wav"
    soundfile.write(path, np.concatenate(parts), SAMPLE_RATE)
    with pytest.raises(BadFileError, match="two voices"):
        clip_voice(path, diarizer)
