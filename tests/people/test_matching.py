"""Names of a timed transcript for the speakers of a diarization: by time, by words, on a clock some seconds off."""

from __future__ import annotations

import gzip
import json
import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.people.sidecars.clock_offset import FRAME, Shift, activity, best_shift, word_votes
from analyzer.people.sidecars.file_reader import read_sidecar
from analyzer.people.sidecars.finding import find_sidecars
from analyzer.people.sidecars.matching import NameMatch, NamesFound, match_names
from analyzer.people.sidecars.sidecar import NamedCue
from analyzer.timeline import Span, Turn, Word, samples, seconds, union
from tests.drawn import turns
from tests.random_calls import RandomCall, calls, usual

CALLS = ("led-call", "taken-over-call", "final-presentation", "dialer-call")
NAMES = {"D": "Dana Reyes", "M": "Marcus Webb", "R": "Ray Kowalski", "-": None}


def cues(*lines: str) -> list[NamedCue]:
    """The cues of a drawn transcript: one line a name (see `drawn`), its first letter the name in `NAMES`."""
    return [NamedCue(turn.span, NAMES[turn.who]) for turn in turns(*lines)]


def named(found: NamesFound) -> dict[str, str]:
    return found.names


def kinds(found: NamesFound) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(d.kind, d.names, d.speakers) for d in found.disagreements]


# By hand: one character is half a second

TALK = (
    "D  ==========            ================    ==========                  ==================",
    "R            ============                ====          ==================                  ====",
)


def slow(*lines: str) -> tuple[str, ...]:
    """The same talk, three times as slow."""
    return tuple(line[:3] + "".join(mark * 3 for mark in line[3:]) for line in lines)


def speakers(*lines: str) -> tuple[Turn, ...]:
    """The drawn turns, with speakers 1, 2, … for the lines in order."""
    return turns(*(f"{i}{line[1:]}" for i, line in enumerate(lines, start=1)))


def test_who_talks_in_a_names_cues_has_that_name() -> None:
    found = match_names(cues(*TALK), speakers(*TALK))
    assert named(found) == {"1": "Dana Reyes", "2": "Ray Kowalski"}
    assert (found.offset, found.disagreements) == (0, ())
    assert [(m.candidate, m.runner_up) for m in found.matches] == [
        ("Dana Reyes", "Ray Kowalski"),
        ("Ray Kowalski", "Dana Reyes"),
    ]


def test_the_confidence_is_what_is_beyond_chance_and_before_the_next() -> None:
    # Nine cues of 10 s in turn: 50 s of Dana's, 40 s of Ray's. 1 also has the first 2 s of Ray's first cue.
    owner = "DRDRDRDRD"
    written = [NamedCue(Span(samples(10 * i), samples(10 * i + 10)), NAMES[who]) for i, who in enumerate(owner)]
    heard = [
        Turn(Span(samples(10 * i + (2 if i == 1 else 0)), samples(10 * i + (12 if i == 0 else 10))), "12"[who == "R"])
        for i, who in enumerate(owner)
    ]
    found = match_names(written, heard)
    assert found.offset == 0
    # 1: 52 s, 50 of them Dana's; two seconds at random are 10/9 Dana's and 8/9 Ray's.
    # share (50 + 10/9) / 54 = 0.9465, chance 5/9: (0.9465 - 0.5556) / 0.4444 = 0.880; Ray's (2 + 8/9) / 54 = 0.053
    assert found.matches[0] == NameMatch("1", "Dana Reyes", 0.88, "Dana Reyes", "Ray Kowalski")
    # 2: 38 s, all of them Ray's. share (38 + 8/9) / 40 = 0.9722; 0.9722 - (10/9) / 40 = 0.944 is less than 0.950
    assert found.matches[1] == NameMatch("2", "Ray Kowalski", 0.944, "Ray Kowalski", "Dana Reyes")


def test_time_in_which_two_talk_or_two_cues_run_proves_nothing() -> None:
    # Nine blocks of 10 s in turn, 50 s of Dana's and 40 s of Ray's; in the first, Ray's cues run as well.
    blocks = [Span(samples(10 * i), samples(10 * i + 10)) for i in range(9)]
    written = [NamedCue(span, NAMES["DR"[i % 2]]) for i, span in enumerate(blocks)]
    heard = [Turn(span, "12"[i % 2]) for i, span in enumerate(blocks)]
    found = match_names([*written, NamedCue(blocks[0], "Ray Kowalski")], heard)
    # Each has 40 s of clear time, all of it in the own name's cues: (40 + 1) / 42 less (0 + 1) / 42.
    assert [match.confidence for match in found.matches] == [0.952, 0.952]
    # 2 talks as well: 40 s each are clear, and 50 of 90 s are Dana's cues. 1 has (40 + 10/9) / 42 = 0.9788, which is
    # 0.952 beyond chance (5/9); 2 has (40 + 8/9) / 42 = 0.9735, and that leads (0 + 10/9) / 42 by 0.947.
    found = match_names(written, [*heard, Turn(blocks[0], "2")])
    assert [match.confidence for match in found.matches] == [0.952, 0.947]


@pytest.mark.parametrize("offset", [-7.0, 0.0, 11.0, 15.0, -15.0])
def test_a_clock_that_runs_early_or_late_is_found_out(offset: float) -> None:
    late = moved(cues(*TALK), 20.0)
    heard = [Turn(turn.span.shifted(samples(20.0 + offset)), turn.who) for turn in speakers(*TALK)]
    found = match_names(late, heard)
    assert seconds(found.offset) == offset
    assert named(found) == {"1": "Dana Reyes", "2": "Ray Kowalski"}


def test_a_clock_that_runs_further_off_than_is_looked_for_names_nobody() -> None:
    heard = [Turn(turn.span.shifted(samples(21.5)), turn.who) for turn in speakers(*TALK)]
    found = match_names(cues(*TALK), heard)
    assert named(found) == {}
    assert [kind for kind, _, _ in kinds(found)] == ["does_not_fit"]
    assert named(match_names(cues(*TALK), heard, reach=samples(25))) == {"1": "Dana Reyes", "2": "Ray Kowalski"}


def test_one_person_under_two_labels_is_offered_as_a_merge() -> None:
    heard = speakers(
        "D  ==========            ================    ==========                            ========",
        "R            ============                ====          ==================                  ====",
        "X                                                                        ==========        ",
    )
    found = match_names(cues(*TALK), heard)
    assert named(found) == {"1": "Dana Reyes", "2": "Ray Kowalski"}
    assert kinds(found) == [("one_name_two_speakers", ("Dana Reyes",), ("3", "1"))]
    assert found.disagreements[0].at == (Span(samples(35), samples(40)),)
    assert "3 and 1" in found.disagreements[0].says


def test_a_name_of_which_a_second_speaker_says_a_fifth_is_given_to_neither() -> None:
    # Two people with one display name, of whom one says little: 1 talks for 66 s and 3 for 15 s in Dana's cues.
    heard = speakers(
        *slow(
            "D  ==========            ================                                ==================",
            "R            ============                ====          ==================                  ====",
            "X                                            ==========                                    ",
        )
    )
    found = match_names(cues(*slow(*TALK)), heard)
    assert named(found) == {"2": "Ray Kowalski"}
    assert kinds(found) == [("one_name_two_speakers", ("Dana Reyes",), ("3", "1"))]


def test_a_name_that_two_speakers_have_in_earnest_is_given_to_neither() -> None:
    # A room with one microphone: 1 talks for 15 s and 3 for 12 s in Dana's cues.
    heard = speakers(
        "D  ==========                                ==========                            ========",
        "R            ============                ====          ==================                  ====",
        "X                        ================                                ==========        ",
    )
    found = match_names(cues(*TALK), heard)
    assert named(found) == {"2": "Ray Kowalski"}
    assert kinds(found) == [("one_name_two_speakers", ("Dana Reyes",), ("3", "1"))]
    assert found.matches[0].candidate == "Dana Reyes"


THREE = slow(
    "D  ==========            ================    ==========                  ==================        ======",
    "R            ============                                ====  ==========                  ====",
    "M                                        ====              ====                                ====      ======",
)


def test_two_people_under_one_label_are_offered_as_a_split() -> None:
    both = [Turn(turn.span, "1" if turn.who in "13" else "2") for turn in speakers(THREE[0], THREE[2], THREE[1])]
    found = match_names(cues(*THREE), both)
    assert named(found) == {"2": "Marcus Webb"}
    assert kinds(found) == [("one_speaker_two_names", ("Dana Reyes", "Ray Kowalski"), ("1",))]
    assert all(any(span.meets(cue.span) for cue in cues(THREE[1])) for span in found.disagreements[0].at)
    assert "two people" in found.disagreements[0].says


def test_a_name_that_nobody_speaks_is_shown() -> None:
    heard = speakers(THREE[0], THREE[1])
    found = match_names(cues(*THREE), heard)
    assert named(found) == {"1": "Dana Reyes", "2": "Ray Kowalski"}
    assert kinds(found) == [("name_nobody_speaks", ("Marcus Webb",), ())]
    assert "0:27" in found.disagreements[0].says
    assert found.disagreements[0].at == tuple(cue.span for cue in cues(THREE[2]))


def test_a_speaker_whom_the_transcript_leaves_nameless_stays_unknown() -> None:
    transcript = cues(THREE[0], THREE[1], "-" + THREE[2][1:])
    found = match_names(transcript, speakers(*THREE))
    assert named(found) == {"1": "Dana Reyes", "2": "Ray Kowalski"}
    assert found.matches[2].name is None
    assert kinds(found) == []


def test_somebody_who_says_a_word_or_two_stays_unknown() -> None:
    lines = (*TALK, "M                                                                                              =")
    found = match_names(cues(*lines), speakers(*lines))
    assert named(found) == {"1": "Dana Reyes", "2": "Ray Kowalski"}
    assert found.matches[2] == NameMatch("3", None, found.matches[2].confidence, "Marcus Webb", "Dana Reyes")
    assert found.matches[2].confidence < 0.5


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ((), TALK),
        (TALK, ()),
        ((), ()),
        (("D  ==========",), ("D  ==========",)),  # one name for one voice: there is nothing to tell apart
        (
            ("D  =====     =====", "R       =====     ====="),
            ("D  =====     =====", "R       =====     ====="),
        ),  # too little
        (("-  =====     =====", "-       =====     ====="), TALK),
    ],
)
def test_where_there_is_nothing_to_go_by_nobody_is_named(written: tuple[str, ...], heard: tuple[str, ...]) -> None:
    found = match_names(cues(*written), speakers(*heard))
    assert named(found) == {}
    assert [match.speaker for match in found.matches] == sorted({turn.who for turn in speakers(*heard)})


def test_times_that_fit_at_several_shifts_name_nobody() -> None:
    # The transcript has the middle of a talk in which two take turns of 4 s: shifted by 4 s, it fits the other way.
    heard = speakers("D  " + ("=" * 8 + " " * 8) * 12, "R  " + (" " * 8 + "=" * 8) * 12)
    middle = cues("D  " + " " * 64 + ("=" * 8 + " " * 8) * 4, "R  " + " " * 64 + (" " * 8 + "=" * 8) * 4)
    assert named(match_names(middle, heard)) == {}
    assert named(match_names(middle, heard, reach=samples(2))) == {"1": "Dana Reyes", "2": "Ray Kowalski"}


@pytest.mark.parametrize(("blocks", "names"), [(7, {}), (8, {"1": "Dana Reyes", "2": "Ray Kowalski"})])
def test_times_tell_nothing_by_less_than_fifteen_seconds(blocks: int, names: dict[str, str]) -> None:
    lines = ("D  " + ("=" * 6 + " " * 4) * blocks, "R  " + (" " * 6 + "=" * 4) * blocks)  # Ray's are 2 s each
    assert named(match_names(cues(*lines), speakers(*lines))) == names


# Words

SAY = (
    "the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "five", "boxing", "wizards", "watch",
    "it", "from", "their", "tall", "green", "tower",
)  # fmt: skip


def spoken(lines: tuple[str, ...], offset: float = 0.0) -> tuple[list[NamedCue], list[tuple[str, Word]]]:
    """The drawn cues with a text of a word each half second, and the words as heard `offset` seconds later."""
    drawn = random.Random(3)
    written, heard = [], []
    for line, who in zip(lines, "123", strict=False):
        for turn in turns(line):
            text = [drawn.choice(SAY) for _ in range(round(seconds(turn.span.length) * 2))]
            written.append(NamedCue(turn.span, NAMES[line[0]], " ".join(text).capitalize() + "."))
            for i, word in enumerate(text):
                start = turn.span.start + samples(i / 2 + offset)
                heard.append((who, Word(Span(start, start + samples(0.4)), f" {word},")))
    return written, heard


def test_words_tell_where_times_cannot() -> None:
    # The transcript has only the middle of a talk in which two take turns of 5 s, and is 5 s early.
    lines = ("D  " + ("=" * 10 + " " * 10) * 12, "R  " + (" " * 10 + "=" * 10) * 12)
    written, heard = spoken(lines, offset=5.0)
    late = [Turn(turn.span.shifted(samples(5)), turn.who) for turn in speakers(*lines)]
    middle = [cue for cue in written if samples(40) <= cue.span.start < samples(80)]
    assert named(match_names(middle, late)) == {}
    found = match_names(middle, late, heard)
    assert found.offset == samples(5)
    assert named(found) == {"1": "Dana Reyes", "2": "Ray Kowalski"}


def test_a_word_here_and_there_does_not_make_it_the_same_call() -> None:
    lines = slow("D  ==============          ", "R                ==============")
    _, heard = spoken(lines)
    heard = [(who, Word(word.span, f"w{i}")) for i, (who, word) in enumerate(heard)]
    texts = (" ".join(word.text for who, word in heard if who == label) for label in "12")
    written = [NamedCue(cue.span, cue.name, text) for cue, text in zip(cues(*lines), texts, strict=True)]
    every_second = [(who, Word(word.span, word.text if i % 2 else f"x{i}")) for i, (who, word) in enumerate(heard)]
    assert named(match_names(written, speakers(*lines), every_second)) == {}
    assert named(match_names(written, speakers(*lines), heard)) == {"1": "Dana Reyes", "2": "Ray Kowalski"}


def test_words_show_that_a_short_transcript_is_of_this_call() -> None:
    lines = slow("D  ==============          ", "R                ==============")
    written, heard = spoken(lines)
    assert named(match_names(written, speakers(*lines))) == {}  # one change of speaker proves nothing
    assert named(match_names(written, speakers(*lines), heard)) == {"1": "Dana Reyes", "2": "Ray Kowalski"}


def test_other_words_ask_for_more_agreement_in_time() -> None:
    lines = slow(*TALK)
    written, heard = spoken(lines)
    other = [(who, Word(word.span, f"x{i}")) for i, (who, word) in enumerate(heard)]
    clean = speakers(*lines)
    assert named(match_names(written, clean, other)) == {"1": "Dana Reyes", "2": "Ray Kowalski"}
    # 1 has the 81 s of Dana's, and of Ray's 57 s it gets 3 s in the middle of each of the four turns: 79 % are told.
    mixed = []
    for turn in clean:
        start, end = turn.span.start, turn.span.end
        first, last = (start + end) // 2 - samples(1.5), (start + end) // 2 + samples(1.5)
        cut = [Span(start, first), Span(first, last), Span(last, end)] if turn.who == "2" else [turn.span]
        mixed += [Turn(span, "1" if i == 1 else turn.who) for i, span in enumerate(cut)]
    assert named(match_names(written, mixed)) == {"1": "Dana Reyes", "2": "Ray Kowalski"}
    assert named(match_names(written, mixed, heard)) == {"1": "Dana Reyes", "2": "Ray Kowalski"}
    assert named(match_names(written, mixed, other)) == {}


def test_three_words_in_a_row_that_come_once_vote_for_the_shift() -> None:
    text = [NamedCue(Span(samples(10), samples(14)), None, "One two, three - FOUR")]
    # 15 letters and a blank after each word: the words begin at 0, 4, 8 and 14 of 19 parts of four seconds, the second
    # of them at 10.842 s. Three in a row begin at 10 and 10.842 s there, and are heard at 12 and 13 s.
    said = enumerate(("one", "two", "three", "four"), start=12)
    heard = [Word(Span(samples(at), samples(at + 0.5)), word) for at, word in said]
    assert [round(seconds(vote), 3) for vote in word_votes(text, heard)] == [2.0, 2.158]
    assert word_votes(text, [*heard, *(Word(w.span.shifted(samples(9)), w.text) for w in heard)]) == ()
    assert word_votes(text, heard, reach=samples(0.5)) == ()  # only a second more than is looked for


# The samples


@cache
def truth(folder: Path, call: str) -> tuple[Turn, ...]:
    rows = [line.split() for line in (folder / f"{call}.rttm").read_text(encoding="utf-8").splitlines()]
    return tuple(
        Turn(Span(samples(float(r[3])), samples(float(r[3]) + float(r[4]))), r[7].replace("_", " ")) for r in rows
    )


def jittered(found: tuple[Turn, ...], seed: int) -> tuple[list[Turn], dict[str, str]]:
    """The turns as a diarizer gives them: ends up to 0.3 s off, labels shuffled; and whose each label is."""
    drawn = random.Random(seed)
    people = sorted({turn.who for turn in found})
    drawn.shuffle(people)
    labels = {who: f"S{i}" for i, who in enumerate(people, start=1)}
    out = []
    for turn in found:
        start = max(0, turn.span.start + samples(drawn.uniform(0, 0.6)) - samples(0.3))
        end = turn.span.end + samples(drawn.uniform(0, 0.6)) - samples(0.3)
        if start < end:
            out.append(Turn(Span(start, end), labels[turn.who]))
    return out, {label: who for who, label in labels.items()}


def heard_words(folder: Path, call: str, owners: dict[str, str], seed: int) -> list[tuple[str, Word]]:
    """The words of a call as a recogniser gives them: times up to 0.2 s off, one in seven misheard."""
    drawn = random.Random(seed)
    labels = {who: label for label, who in owners.items()}
    out = []
    for line in (folder / f"{call}.txt").read_text(encoding="utf-8").splitlines():
        start, end, rest = line.split(" ", 2)
        who, text = rest.split(": ", 1)
        words = text.split()
        each = (float(end) - float(start)) / len(words)
        for i, word in enumerate(words):
            at = max(0.0, float(start) + i * each + drawn.uniform(-0.2, 0.2))
            heard = "wrong" if drawn.random() < 1 / 7 else word
            out.append((labels[who], Word(Span(samples(at), samples(at + each)), heard)))
    return out


def moved(found: list[NamedCue], by: float) -> list[NamedCue]:
    out = []
    for cue in found:
        start, end = max(0, cue.span.start + samples(by)), cue.span.end + samples(by)
        if start < end:
            out.append(NamedCue(Span(start, end), cue.name, cue.text))
    return out


@pytest.mark.parametrize("with_words", [False, True], ids=["times", "times and words"])
@pytest.mark.parametrize("offset", [0.0, -7.0, 11.0])
@pytest.mark.parametrize("call", CALLS)
def test_each_sidecar_of_a_sample_alone_names_everybody(
    samples: Path, call: str, offset: float, with_words: bool
) -> None:
    for path in find_sidecars(samples / "sidecars" / call / f"{call}.ogg"):
        sidecar = read_sidecar(path)
        starts = 4.0 if sidecar.path.name.endswith(f"{call}.vtt") else 0.0
        for seed in range(3):
            heard, owners = jittered(truth(samples, call), seed)
            words = heard_words(samples, call, owners, seed) if with_words else ()
            found = match_names(moved(list(sidecar.cues), -offset), heard, words)
            assert named(found) == owners, path.name
            assert abs(seconds(found.offset) - starts - offset) < 0.6
            assert found.disagreements == ()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("other", CALLS)
def test_the_transcript_of_another_call_names_nobody(samples: Path, call: str, other: str) -> None:
    if call == other:
        return
    for path in find_sidecars(samples / "sidecars" / other / f"{other}.ogg"):
        for seed in range(3):
            heard, owners = jittered(truth(samples, call), seed)
            for words in ((), heard_words(samples, call, owners, seed)):
                found = match_names(read_sidecar(path).cues, heard, words)
                assert named(found) == {}
                assert [d.kind for d in found.disagreements] == ["does_not_fit"]


def noise(drawn: random.Random, count: int, length: float) -> list[Turn]:
    """Turns of 0.5 to 15 s one after the other, each of anybody."""
    out = []
    at = drawn.uniform(0, 5)
    while at < length:
        end = at + min(15.0, 0.5 + drawn.expovariate(0.25))
        out.append(Turn(Span(samples(at), samples(end)), f"S{drawn.randint(1, count)}"))
        at = end + drawn.uniform(-0.3, 1.0)
    return sorted(out)


def test_talk_at_random_is_named_less_than_once_in_a_hundred_calls() -> None:
    drawn = random.Random(12)
    calls_with_a_name = 0
    for _ in range(300):
        length = drawn.choice((90.0, 180.0, 600.0))
        written = [NamedCue(turn.span, f"N{turn.who}") for turn in noise(drawn, drawn.randint(2, 4), length)]
        calls_with_a_name += bool(named(match_names(written, noise(drawn, drawn.randint(2, 4), length))))
    assert calls_with_a_name <= 2


# On real turns


@pytest.mark.corpus
def test_real_turns_are_named_by_their_transcript_and_not_by_another(corpus: Path) -> None:
    meetings = json.loads(gzip.decompress((corpus / "turn_timings.json.gz").read_bytes()))
    drawn = random.Random(5)
    right = wrong = told = by_another = 0
    for _ in range(40):
        (who, turns), (_, others) = (excerpt(meetings, drawn) for _ in range(2))
        heard = [Turn(near(turn.span, 0.15, drawn), turn.who) for turn in turns]
        offset = samples(drawn.uniform(-12, 12))
        found = match_names(transcript(turns, offset, drawn), heard)
        told += sum(talk >= 20 for talk in who.values())
        right += sum(who[label] >= 20 and name == f"N{label}" for label, name in found.names.items())
        wrong += sum(name != f"N{label}" for label, name in found.names.items())
        by_another += len(match_names(transcript(others, offset, drawn), heard).names)
    assert wrong == by_another == 0
    assert right >= 0.9 * told


def excerpt(
    meetings: dict[str, dict[str, list[list[float]]]], drawn: random.Random
) -> tuple[dict[str, float], list[Turn]]:
    """Five minutes of a meeting: how long each person talks in them, and the turns."""
    meeting = drawn.choice(list(meetings.values()))
    first = drawn.uniform(0, max(end for rows in meeting.values() for _, end in rows) - 330)
    turns = [
        Turn(Span(samples(max(start - first, 0)), samples(min(end - first, 300))), who)
        for who, rows in meeting.items()
        for start, end in rows
        if end > first + 0.1 and start < first + 299.9
    ]
    return {who: sum(seconds(t.span.length) for t in turns if t.who == who) for who in meeting}, sorted(turns)


def transcript(turns: list[Turn], offset: int, drawn: random.Random) -> list[NamedCue]:
    """The cues of meeting software: pauses up to a second bridged, most short words left out, ends 0.3 s off."""
    found = []
    for who in sorted({turn.who for turn in turns}):
        kept = [t.span for t in turns if t.who == who and (t.span.length > samples(0.7) or drawn.random() < 0.4)]
        found += [NamedCue(near(span, 0.3, drawn), f"N{who}") for span in union(kept, samples(1))]
    return [
        NamedCue(Span(max(c.span.start - offset, 0), c.span.end - offset), c.name) for c in found if c.span.end > offset
    ]


def near(span: Span, by: float, drawn: random.Random) -> Span:
    """The span with both ends off by about so many seconds."""
    start = max(0, span.start + samples(drawn.gauss(0, by)))
    return Span(start, max(start + samples(0.1), span.end + samples(drawn.gauss(0, by))))


# On random calls


@usual
@given(calls(people=4, most=6))
def test_names_are_given_once_and_confidences_are_between_0_and_1(call: RandomCall) -> None:
    written = [NamedCue(turn.span, f"N{turn.who}") for turn in call.turns]
    found = match_names(written, call.turns)
    assert len(set(found.names.values())) == len(found.names)
    assert all(0 <= match.confidence <= 1 for match in found.matches)
    assert all(match.name in (None, f"N{match.speaker}") for match in found.matches)


@usual
@given(calls(people=3), calls(people=3), st.permutations("ABC"))
def test_speakers_by_other_labels_get_the_same_names(written: RandomCall, heard: RandomCall, labels: list[str]) -> None:
    transcript = [NamedCue(turn.span, f"N{turn.who}") for turn in written.turns]
    to = dict(zip("ABC", labels, strict=True))
    renamed = [Turn(turn.span, to[turn.who]) for turn in heard.turns]
    before, after = match_names(transcript, heard.turns), match_names(transcript, renamed)
    assert after.offset == before.offset
    assert {m.speaker: m.confidence for m in after.matches if m.name} == {
        to[m.speaker]: m.confidence for m in before.matches if m.name
    }


def test_activity_is_the_share_of_each_frame_that_is_covered() -> None:
    quarter = FRAME // 4
    spans = [
        Span(0, 2 * quarter),
        Span(3 * quarter, 8 * quarter),
        Span(13 * quarter, 14 * quarter),
        Span(99, 100).shifted(9 * FRAME),
    ]
    assert activity([spans, []], 4).tolist() == [[0.75, 1.0, 0.0, 0.25], [0.0] * 4]


def test_the_shift_in_the_middle_of_equally_good_ones_is_taken() -> None:
    # The cue reaches one second past the speech on both sides: any shift within a second holds all of it.
    said: dict[str | None, list[Span]] = {"D": [Span(samples(9), samples(16))], "R": [Span(samples(29), samples(36))]}
    heard = {"1": [Span(samples(12), samples(17))], "2": [Span(samples(32), samples(37))]}
    assert best_shift(said, heard).offset == samples(2)
    assert best_shift({}, heard) == best_shift(said, {}) == Shift(0, 0.0)


def test_the_lead_of_a_shift_is_over_the_best_one_far_from_it() -> None:
    said: dict[str | None, list[Span]] = {"D": [Span(samples(20), samples(24))]}
    heard = {"1": [Span(samples(20), samples(24)), Span(samples(30), samples(33))]}
    shift = best_shift(said, heard)
    assert shift.offset == 0
    assert shift.lead == pytest.approx(0.25)  # 4 s agree, and 3 s a shift of 10 s further
