"""Who spoke when on a recording whose channels, or tracks, carry separate parties.

The diarizer listens to each channel by itself: a channel may hold one person or a whole conference. What is only
another channel's voice leaking over is taken out (`crosstalk.py`), and the speakers of all channels become one set of
labels, in order of first speech. Turns on different channels may overlap, and stay as they are.

* **One voice on two channels** is one speaker when the two are alike to `SAME_VOICE` and hardly ever heard at once:
  somebody who dialled in again, or was put through. Wrongly made one, two people cannot be told apart again, while a
  speaker too many is named twice and is one; hence so close. Two tracks with one name are one speaker unless they are
  heard at once, or their voices are clearly two people's who share a name.
* **A number of speakers** is the call's. With k channels that somebody is on, none can hold more than all but k - 1
  of them. If there are too many all the same, the closest voices become one, of one channel rather than of two; if too
  few, the channel where one more gives the clearest other voice is heard again.
* **One speaker at a time** (`exclusive`): in an overlap whoever's channel is louder, against its own usual level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from analyzer.audio.channels import ALIKE_SHARE, FRAME, LEAD_SHARE, Compared
from analyzer.progress import Progress, silent
from analyzer.speech.diarization.diarizer import Diarizer
from analyzer.speech.diarization.speakers import SpeakerBounds
from analyzer.speech.diarization.stages import PAUSE
from analyzer.speech.multichannel.crosstalk import crosstalk_spans, echoes, floored, levels
from analyzer.speech.recognition import Channel, Diarization, TurnEvidence, Voice
from analyzer.timeline import Span, Turn, depth, intersection, samples, subtraction, total, union

SAME_VOICE = 0.8
"""Cosine similarity from which voices on two channels are one. Strangers on one telephone line reach 0.6."""
AT_ONCE = 0.05
"""The part of the shorter talk that one person may seem to speak on two channels at once: edges, and no more."""
LEFT = 1 / 3
"""A speaker of whose talk less than this is left without crosstalk was crosstalk altogether."""
ECHOED = 0.8
"""The part of an echo that is heard while its source is, or more."""
ECHOED_VOICE = 0.7
"""Cosine similarity of an echo to its source, or more: from a room with 0.4 s of reverberation 0.87 to 0.91."""
LONE_VOICE = 0.5
"""Cosine distance from which two voices on one person's track are two people sharing a room."""
LONE_TALK = samples(5.0)
"""Talk that a second person on a track must have to be one."""

Sound = Callable[[], np.ndarray]
"""Gives one channel or track, (samples,) float32 at 16 kHz; may be asked more than once."""


@dataclass(eq=False, slots=True)
class _Part:
    """One channel while it is worked on; `turns` with their evidence, `exclusive` and `voices` by local label."""

    number: int
    name: str | None
    levels: np.ndarray
    turns: list[tuple[Turn, TurnEvidence]]
    exclusive: list[Turn]
    voices: dict[str, np.ndarray]
    again: Callable[[SpeakerBounds], Diarization]
    loud: float = field(default=0.0)

    @property
    def speakers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(turn.who for turn, _ in sorted(self.turns, key=lambda pair: pair[0])))

    def talk(self, speaker: str) -> tuple[Span, ...]:
        return union(turn.span for turn, _ in self.turns if turn.who == speaker)


_Key = tuple[int, str]
"""A speaker of one channel: the place of the channel among the parts, and the label there."""


def separate_channels(compared: Compared) -> tuple[int, ...]:
    """The channels that carry parties of their own; none unless two of them are apart.

    Left out is what is alike to a channel that is kept, or hardly ever leads one: a copy, a mix of the others, or
    silence. Where somebody is heard on such a mix alone, all are heard as one sound, so that they are not lost.
    """
    by = {(pair.first, pair.second): pair for pair in compared.pairs}
    candidates = sorted({number for pair in compared.pairs if pair.apart for number in (pair.first, pair.second)})
    kept: list[int] = []
    for number in candidates:
        against = [by[other, number] for other in kept]
        if all(p.alike < ALIKE_SHARE * p.frames and p.second_leads >= LEAD_SHARE * p.frames for p in against):
            kept.append(number)
    if len(kept) < 2:
        return ()
    left = set(range(len(compared.level))).difference(kept)
    return () if any(compared.heard_alone(number, kept) for number in left) else tuple(kept)


def diarize_channels(
    sounds: Sequence[Sound],
    diarizer: Diarizer,
    *,
    speakers: SpeakerBounds,
    numbers: Sequence[int] | None = None,
    names: Sequence[str | None] | None = None,
    progress: Progress = silent,
) -> Diarization:
    """Who spoke when, each of `sounds` by itself; only one of them is held at a time.

    Args:
        sounds: the channels or tracks.
        diarizer: run on each.
        speakers: how many people speak on the call, all channels together.
        numbers: what the channels are called in the result; 0, 1, … when not given.
        names: for tracks, whose each is. A track is one person's unless it holds two clearly different voices.
        progress: told the diarizer's stages, over all channels.
    """
    bounds = _bounds_of_one(speakers, len(sounds))
    parts = []
    for place, sound in enumerate(sounds):
        waveform = sound()
        telling = _share_of(progress, place, len(sounds))
        again = _listener(sound, diarizer)
        part = _Part(
            number=numbers[place] if numbers else place,
            name=names[place] if names else None,
            levels=levels(waveform),
            turns=[],
            exclusive=[],
            voices={},
            again=again,
        )
        _fill(part, diarizer(waveform, speakers=bounds, progress=telling))
        del waveform
        parts.append(part)
    for part, level in zip(parts, floored([part.levels for part in parts]), strict=True):
        part.levels = level
    for part in parts:
        _without_crosstalk(part, parts)
        if names is not None and speakers.exactly is None:
            _lone(part)
    _enough(parts, speakers)
    return joined(parts, most=speakers.exactly or speakers.max)


def track_names(found: Diarization) -> dict[str, str]:
    """The name of each speaker who has tracks to themselves that bear one name, by label."""
    names: dict[str, set[str | None]] = {}
    for channel in found.channels:
        for speaker in channel.speakers:
            names.setdefault(speaker, set()).add(channel.name if len(channel.speakers) == 1 else None)
    single = {speaker: name for speaker, own in names.items() if len(own) == 1 and (name := next(iter(own)))}
    taken = list(single.values())
    return {speaker: name for speaker, name in single.items() if taken.count(name) == 1}


def _listener(sound: Sound, diarizer: Diarizer) -> Callable[[SpeakerBounds], Diarization]:
    return lambda bounds: diarizer(sound(), speakers=bounds)


def _bounds_of_one(speakers: SpeakerBounds, channels: int) -> SpeakerBounds:
    """What a number of speakers on the call says about each of its channels."""
    most = speakers.exactly or speakers.max
    return SpeakerBounds(max=None if most is None else max(1, most - channels + 1))


def _share_of(progress: Progress, place: int, parts: int) -> Progress:
    def tell(stage: str, done: float, total: float | None) -> None:
        if total is None:
            progress(stage, done, None)
        else:
            progress(stage, place * total + done, parts * total)

    return tell


def _fill(part: _Part, found: Diarization) -> None:
    """Takes what the diarizer found on a channel."""
    evidence = found.evidence or (TurnEvidence(),) * len(found.turns)
    part.turns = list(zip(found.turns, evidence, strict=True))
    part.exclusive = list(found.exclusive)
    part.voices = {voice.speaker: np.array(voice.embedding) for voice in found.voices if voice.embedding}


def _without_crosstalk(part: _Part, parts: Sequence[_Part]) -> None:
    """Takes out of a channel what only leaked over from the others."""
    others = [other.levels for other in parts if other is not part]
    spans = union(turn.span for turn, _ in part.turns)
    leaked = crosstalk_spans(part.levels, others, spans)
    before = {speaker: total(part.talk(speaker)) for speaker in part.speakers}
    left = {speaker: total(subtraction(part.talk(speaker), leaked)) for speaker in before}
    kept = {
        speaker
        for speaker in before
        if left[speaker] > LEFT * before[speaker] and not any(_echoed(part, speaker, other) for other in parts)
    }
    part.turns = [
        (Turn(span, turn.who), evidence)
        for turn, evidence in part.turns
        if turn.who in kept
        for span in subtraction([turn.span], leaked)
    ]
    part.exclusive = [
        Turn(span, turn.who) for turn in part.exclusive if turn.who in kept for span in subtraction([turn.span], leaked)
    ]
    speech = _mask([turn.span for turn, _ in part.turns], len(part.levels))
    part.loud = float(part.levels[speech].mean()) if speech.any() else 0.0


def _echoed(part: _Part, speaker: str, other: _Part) -> bool:
    """Whether a speaker is the echo of somebody on another channel: the same voice, always heard together, and quieter.

    In a room that rings, the levels of an echo follow its source too loosely to be taken out frame by frame. Where
    every channel leaks into every other, whoever is louder here is no echo: they are the source of the other one.
    """
    if other is part or speaker not in part.voices:
        return False
    talk = part.talk(speaker)
    inside = total(intersection(talk, union(turn.span for turn, _ in other.turns)))
    alike = any(_likeness(part.voices[speaker], voice) >= ECHOED_VOICE for voice in other.voices.values())
    if not alike or inside < ECHOED * total(talk) or not echoes(part.levels, other.levels):
        return False
    return _level(part.levels, talk) < _level(other.levels, talk)


def _level(level: np.ndarray, spans: Sequence[Span]) -> float:
    """The level in the middle of what is heard in `spans`, in dBFS."""
    heard = [level[span.start // FRAME : -(-span.end // FRAME)] for span in spans]
    frames = np.concatenate(heard) if heard else level[:0]
    return float(np.median(frames)) if len(frames) else -np.inf


def _lone(part: _Part) -> None:
    """Makes the speakers of one person's track one, but for those who are clearly somebody else."""
    by_talk = sorted(part.speakers, key=lambda speaker: -total(part.talk(speaker)))
    for speaker in by_talk[1:]:
        nearest = max(
            (who for who in by_talk if who in part.speakers and who != speaker),
            key=lambda who: _likeness(part.voices.get(who), part.voices.get(speaker)),
        )
        far = 1 - _likeness(part.voices.get(nearest), part.voices.get(speaker))
        if far < LONE_VOICE or total(part.talk(speaker)) < LONE_TALK:
            into, gone = sorted((nearest, speaker), key=by_talk.index)
            _merge(part, gone, into)


def _merge(part: _Part, gone: str, into: str) -> None:
    talk = {who: total(part.talk(who)) for who in (gone, into)}
    both = [part.voices.pop(who) * talk[who] for who in (gone, into) if who in part.voices]
    if both:
        part.voices[into] = _unit(np.sum(both, axis=0))
    part.turns = [(replace(turn, who=into) if turn.who == gone else turn, said) for turn, said in part.turns]
    part.exclusive = [replace(turn, who=into) if turn.who == gone else turn for turn in part.exclusive]


def _enough(parts: Sequence[_Part], speakers: SpeakerBounds) -> None:
    """Listens again for one more voice, as long as there are fewer than must be."""
    least = speakers.exactly or speakers.min or 1
    while sum(len(part.speakers) for part in parts) < least:
        tried = []
        for part in parts:
            if not part.turns:
                continue
            more = replace(part, turns=[], exclusive=[], voices={})
            _fill(more, part.again(SpeakerBounds(exactly=len(part.speakers) + 1)))
            _without_crosstalk(more, [more, *(other for other in parts if other is not part)])
            if len(more.speakers) == len(part.speakers) + 1:
                closest = max(
                    _likeness(more.voices.get(a), more.voices.get(b)) for a, b in combinations(more.speakers, 2)
                )
                tried.append((closest, part, more))
        if not tried:
            return
        _, part, more = min(tried, key=lambda one: one[0])
        part.turns, part.exclusive, part.voices, part.loud = more.turns, more.exclusive, more.voices, more.loud


def joined(parts: Sequence[_Part], *, most: int | None = None) -> Diarization:
    """The speakers of all parts as one diarization, at most `most` of them."""
    keys = [(place, speaker) for place, part in enumerate(parts) for speaker in part.speakers]
    talk = {key: parts[key[0]].talk(key[1]) for key in keys}
    voice = {key: parts[key[0]].voices.get(key[1]) for key in keys}
    groups = [[key] for key in keys]
    while (pair := _same(groups, parts, talk, voice, most)) is not None:
        groups[pair[0]] += groups.pop(pair[1])
    groups.sort(key=lambda group: min(talk[key][0].start for key in group))
    label = {key: f"S{i + 1}" for i, group in enumerate(groups) for key in group}
    turns, evidence = _turns(parts, label)
    return Diarization(
        turns=turns,
        exclusive=_exclusive(parts, label),
        voices=_voices(groups, talk, voice),
        evidence=evidence,
        channels=tuple(
            Channel(
                part.number,
                tuple(sorted(_bridged([(Turn(t.span, label[place, t.who]), said) for t, said in part.turns])[0])),
                tuple(sorted(Turn(turn.span, label[place, turn.who]) for turn in part.exclusive)),
                part.name,
            )
            for place, part in enumerate(parts)
        ),
    )


def _same(
    groups: Sequence[Sequence[_Key]],
    parts: Sequence[_Part],
    talk: dict[_Key, tuple[Span, ...]],
    voice: dict[_Key, np.ndarray | None],
    most: int | None,
) -> tuple[int, int] | None:
    """Two groups that are one speaker, the surest first; None when all are different."""
    best: tuple[tuple[int, float], tuple[int, int]] | None = None
    for one, other in combinations(range(len(groups)), 2):
        a, b = groups[one], groups[other]
        own, others = _mean_voice(a, talk, voice), _mean_voice(b, talk, voice)
        likeness = _likeness(own, others)
        places = {key[0] for key in a}, {key[0] for key in b}
        both = [union(span for key in group for span in talk[key]) for group in (a, b)]
        shared = total(intersection(*both)) / min(total(spans) for spans in both)
        names = {parts[place].name for group in places for place in group}
        lone = all(len(parts[place].speakers) == 1 for group in places for place in group)
        known = own is not None and others is not None and min(map(total, both)) >= LONE_TALK
        strangers = known and 1 - likeness >= LONE_VOICE
        named = len(names) == 1 and None not in names and lone and not strangers
        rank = 0
        if not places[0] & places[1] and shared <= AT_ONCE and (named or likeness >= SAME_VOICE):
            rank = 3
        elif most is not None and len(groups) > most:
            rank = 2 if places[0] & places[1] else 1
        if rank and (best is None or (rank, likeness) > best[0]):
            best = (rank, likeness), (one, other)
    return best[1] if best else None


def _turns(parts: Sequence[_Part], label: dict[_Key, str]) -> tuple[tuple[Turn, ...], tuple[TurnEvidence, ...]]:
    """The turns of all parts with their evidence, each speaker's own never overlapping."""
    every = []
    for place, part in enumerate(parts):
        for turn, said in part.turns:
            rival = label.get((place, said.runner_up)) if said.runner_up is not None else None
            who = label[place, turn.who]
            if rival is None or rival == who:
                said = replace(said, margin=None, runner_up=None)
            else:
                said = replace(said, runner_up=rival)
            every.append((Turn(turn.span, who), said))
    return _bridged(every)


def _bridged(every: Sequence[tuple[Turn, TurnEvidence]]) -> tuple[tuple[Turn, ...], tuple[TurnEvidence, ...]]:
    """Turns with pauses up to `PAUSE` inside them; the evidence of each is that of the longest piece in it."""
    found: list[tuple[Turn, TurnEvidence]] = []
    for who in dict.fromkeys(turn.who for turn, _ in every):
        pieces = sorted(((turn.span, said) for turn, said in every if turn.who == who), key=lambda piece: piece[0])
        at = 0
        for span in union((piece for piece, _ in pieces), PAUSE):
            inside = []
            while at < len(pieces) and pieces[at][0].start < span.end:
                inside.append(pieces[at])
                at += 1
            longest = max(inside, key=lambda piece: piece[0].length)
            found.append((Turn(span, who), longest[1]))
    found.sort(key=lambda pair: pair[0])
    return tuple(turn for turn, _ in found), tuple(said for _, said in found)


def _exclusive(parts: Sequence[_Part], label: dict[_Key, str]) -> tuple[Turn, ...]:
    """One speaker at a time over all channels."""
    every = sorted(
        (turn.span, place, label[place, turn.who]) for place, part in enumerate(parts) for turn in part.exclusive
    )
    pieces: list[Turn] = []
    at, active = 0, []
    for span, _ in depth(turn for turn, _, _ in every):
        while at < len(every) and every[at][0].start <= span.start:
            active.append(every[at])
            at += 1
        active = [one for one in active if one[0].end > span.start]
        who = max(active, key=lambda one: _loudness(parts[one[1]], span))[2]
        if pieces and pieces[-1].who == who and pieces[-1].span.end == span.start:
            pieces[-1] = Turn(Span(pieces[-1].span.start, span.end), who)
        else:
            pieces.append(Turn(span, who))
    return tuple(pieces)


def _loudness(part: _Part, span: Span) -> float:
    """How much louder a channel is in `span` than where it is spoken on, in dB."""
    some = part.levels[span.start // FRAME : max(span.start // FRAME + 1, span.end // FRAME)]
    return float(some.mean()) - part.loud if len(some) else -np.inf


def _mean_voice(
    group: Sequence[_Key], talk: dict[_Key, tuple[Span, ...]], voice: dict[_Key, np.ndarray | None]
) -> np.ndarray | None:
    """The voice of a group, its parts by their talk; None without any voiceprint."""
    known = [one * total(talk[key]) for key in group if (one := voice[key]) is not None]
    return _unit(np.sum(known, axis=0)) if known else None


def _voices(
    groups: Sequence[Sequence[_Key]], talk: dict[_Key, tuple[Span, ...]], voice: dict[_Key, np.ndarray | None]
) -> tuple[Voice, ...]:
    """The voices, each with its distance from the nearest other one of all channels."""
    prints = [_mean_voice(group, talk, voice) for group in groups]
    records = []
    for i, own in enumerate(prints):
        if own is None:
            continue
        others = [_likeness(own, other) for j, other in enumerate(prints) if j != i and other is not None]
        margin = 1 - max(others) if others else None
        records.append(Voice(f"S{i + 1}", tuple(float(number) for number in own), margin))
    return tuple(records)


def _likeness(one: np.ndarray | None, other: np.ndarray | None) -> float:
    """Cosine similarity; -1 where a voice is not known, so that it is never taken for another."""
    return -1.0 if one is None or other is None else float(one @ other)


def _unit(vector: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit


def _mask(spans: Sequence[Span], frames: int) -> np.ndarray:
    mask = np.zeros(frames, dtype=bool)
    for span in spans:
        mask[span.start // FRAME : -(-span.end // FRAME)] = True
    return mask
