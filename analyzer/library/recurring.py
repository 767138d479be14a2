"""How calls begin: what a voice says before anybody else, in nearly the same words or with the same voice as elsewhere.

A greeting, or "this call is recorded", opens many calls; a person who says one thing and leaves opens one or two. So
where `OTHERS` other calls begin alike, it is noted with the call (`CallFolder.keep_recurring`), and
`people.announcements` counts it as a sign. What is noted depends on which calls there are, and not on which came first;
it stays when the words of the others are forgotten.

A voice that sounds like another one of its own call is a person under two labels, and opens nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from analyzer.call.folder import CallFolder
from analyzer.errors import AnalyzerError
from analyzer.library.summary import CallSummary
from analyzer.people.announcements import Recurring
from analyzer.people.names import folded
from analyzer.people.voices.known_voices import HANDICAP, LEAST, MODEL, SAME, call_voices
from analyzer.timeline import Span, samples

log = logging.getLogger(__name__)

OTHERS = 3
"""Other calls that begin alike, from which it is a sign."""
ALIKE = 0.8
"""Part of the words, in order, that two beginnings share at least: a recogniser may hear one recording in two ways."""
LEAST_WORDS = 5
""""Hello? Hello?" opens every call that is picked up late."""
MOST_WORDS = 60
"""Words of a beginning that are compared."""
ONE_VOICE = SAME + HANDICAP
"""The cosine from which two beginnings are one voice: 1 of 100 pairs of strangers over a telephone sound as alike as
`SAME`, and the same recording played twice scores 0.9."""

Voiceprint = tuple[float, ...]


@dataclass(slots=True)
class _Opening:
    """What one voice says at the beginning of a call."""

    call: str
    folder: CallFolder
    who: str
    span: Span
    words: tuple[str, ...]
    speakers: frozenset[str]
    voice: Voiceprint = ()
    others: tuple[Voiceprint, ...] = field(default=(), repr=False)
    """The voices that take part in the call."""

    @property
    def is_split(self) -> bool:
        """Whether it is the voice of somebody who takes part."""
        return bool(self.voice) and any(float(np.dot(self.voice, other)) >= SAME for other in self.others)


def note_recurring(calls: Sequence[CallSummary], out: Path) -> frozenset[str]:
    """Notes with every call that begins as others do what is alike; returns those (by hash) of which that is new.

    What cannot be read or written is passed over, and tried again the next time.
    """
    openings = [one for call in calls for one in _openings(call, out)]
    by_call: dict[str, list[_Opening]] = {}
    for one in openings:
        by_call.setdefault(one.call, []).append(one)
    before = {sha256: here[0].folder.recurring() for sha256, here in by_call.items()}
    found = _by_words(openings)
    for one in openings:
        if known := next((known for known in before[one.call] if (known.span, known.by) == (one.span, "words")), None):
            found[id(one)] = known
        elif id(one) in found:
            _hear(one, by_call[one.call])
            if one.is_split:
                del found[id(one)]
    left = [one for one in openings if id(one) not in found]
    if len(left) > OTHERS:
        found |= _by_voice([one for one in left if _hear(one, by_call[one.call])], before)
    new = set()
    for sha256, here in by_call.items():
        now = tuple(found[id(one)] for one in here if id(one) in found)
        if now != before[sha256]:
            try:
                here[0].folder.keep_recurring(now, sha256)
            except AnalyzerError as error:
                log.warning("%s: how it begins cannot be noted: %s", here[0].folder.path, error)
                continue
            new.add(sha256)
    return frozenset(new)


def _openings(call: CallSummary, out: Path) -> Iterator[_Opening]:
    speakers = {person.key: frozenset(person.speakers) for person in call.record.people}
    for one in call.openings:
        words = "".join(letter if letter.isalnum() or letter == "'" else " " for letter in folded(one.text)).split()
        span = Span(samples(one.start), samples(one.end))
        folder = CallFolder(out / call.folder)
        yield _Opening(call.sha256, folder, one.who, span, tuple(words[:MOST_WORDS]), speakers[one.who])


def _by_words(openings: Sequence[_Opening]) -> dict[int, Recurring]:
    """Those that say what other calls begin with, by their `id`."""
    calls: dict[tuple[str, ...], set[str]] = {}
    for one in openings:
        if len(one.words) >= LEAST_WORDS:
            calls.setdefault(one.words, set()).add(one.call)
    recurs: dict[tuple[str, ...], bool] = {}
    for words, here in calls.items():
        seen = set(here)
        for other, there in calls.items() if len(seen) <= OTHERS else ():
            if not there <= seen and _are_alike(words, other):
                seen |= there
                if len(seen) > OTHERS:
                    break
        recurs[words] = len(seen) > OTHERS
    return {id(one): Recurring(one.span, "words") for one in openings if recurs.get(one.words, False)}


def _are_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    if 2 * min(len(one), len(other)) < ALIKE * (len(one) + len(other)):
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _hear(one: _Opening, here: Sequence[_Opening]) -> bool:
    """Looks up its voice, and those of who takes part; whether it is known. `here` is all that the call begins with."""
    try:
        kept = one.folder.recognition()
    except AnalyzerError:  # it is its owner's
        return False
    if kept is None or kept.diarization is None or kept.diarizer != MODEL:
        return False
    voices = call_voices(kept.diarization)
    mine = [voices[who] for who in sorted(one.speakers & voices.keys()) if voices[who].seconds >= LEAST]
    if mine:
        begin = frozenset[str]().union(*(known.speakers for known in here))
        one.voice = max(mine, key=lambda voice: voice.seconds).embedding
        one.others = tuple(voice.embedding for who, voice in voices.items() if who not in begin)
    return bool(mine)


def _by_voice(openings: Sequence[_Opening], before: Mapping[str, Sequence[Recurring]]) -> dict[int, Recurring]:
    """Those whose voice opens other calls and takes part in none of them, by their `id`."""
    whole = [one for one in openings if not one.is_split]
    if not whole:
        return {}
    prints = np.array([one.voice for one in whole])
    persons = np.array([voice for one in whole for voice in one.others])
    takes_part = (prints @ persons.T >= ONE_VOICE).any(axis=1) if len(persons) else np.zeros(len(whole), bool)
    found = {}
    for one, alike, is_person in zip(whole, prints @ prints.T >= ONE_VOICE, takes_part, strict=True):
        others = {other.call for other, near in zip(whole, alike, strict=True) if near} - {one.call}
        now = Recurring(one.span, "voice")
        if not is_person and (len(others) >= OTHERS or now in before[one.call]):
            found[id(one)] = now
    return found
