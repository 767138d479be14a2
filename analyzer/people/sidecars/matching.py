"""Which speaker is who, from a transcript with names: by when the names' cues run, and by the words in them.

The transcript is first put on the recording's clock (`time_offset`). Then only clear time counts: moments in which one
speaker talks alone and no two names' cues run at once. A word that stands in a name's cue and was heard from a speaker
counts its own length again. For a speaker and a name:

* share = the speaker's clear time and words in that name's cues, over all their clear time between the transcript's
  first and last cue, and all their words found in it;
* chance = the part of the transcript that is this name's cues: the share of somebody who talks at random;
* confidence = the smaller of (share - chance) / (1 - chance) and the lead of the share over the next name's, with two
  seconds of talk at random added, so that a word or two make no one known.

Names go to speakers one to one, so that most time and words agree. A speaker gets the name when the confidence is at
least one half, and no one else is as much that name: two people at one microphone share a name in every transcript, and
which of them it belongs to, no clock can tell.

No one gets a name when the transcript does not fit the call. It fits when its words are those that were heard, or when
speakers tell names (or names tell speakers) to at least 75 % beyond chance, over at least 15 s and six changes of
speaker, and at no other shift of the clock as well; 90 % when its words are not those that were heard.

The thresholds were set on excerpts of 72 real meetings' turns, with cues and diarization made from them with errors and
no words. Of people who talk at least 20 s, 88 % are named in 3 min and 95 % in 10 min, and 1 of 4,673 speakers is named
wrong (overlapping talk and errors of the diarization leave the others unknown). With another meeting's transcript, 14
names were given in 2,400 calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from analyzer.people.names import tokens
from analyzer.people.sidecars.clock_offset import REACH, Shift, best_shift, word_votes
from analyzer.people.sidecars.sidecar import NamedCue
from analyzer.timeline import Span, Turn, Word, clock, depth, intersection, samples, subtraction, total, union

MIN_CONFIDENCE = 0.5
AT_RANDOM = samples(2.0)
"""Talk at random that is added to every speaker's."""
FITS, FITS_AGAINST_WORDS = 0.75, 0.9
MIN_TOLD = samples(15.0)
"""Time that must be told beyond chance: with less, one turn in the right place is enough to agree."""
MIN_LEAD = 0.02
"""How much better than any other shift of the clock the chosen one must be, where times alone tell."""
MIN_CHANGES = 6
"""Changes of speaker, in the transcript and in the recording, below which times alone prove nothing."""
WORDS_AGREE, WORDS_DIFFER = 0.3, 0.1
"""Shares of the words found again from which, and below which, a transcript is known to be or not to be of the call."""
MIN_WORDS = 20
ANOTHER_NAME, ANOTHER_NAME_TIME = 0.15, samples(5.0)
"""How much of a speaker's time, and how long, must lie in a second name's cues to speak of two people."""
AS_MUCH, AS_MUCH_TIME = 0.15, samples(10.0)
"""How much of the main speaker's time, and how long, a second speaker of one name must have to put it in doubt."""
MIN_CUES = samples(3.0)
"""Cue time below which it is no surprise that no one was found for a name."""
LONGEST_WORD = samples(1.0)
AROUND = samples(1.5)
"""How far from a cue its words may be heard."""
TOO_MUCH = 4_000_000
"""Words of a cue times words heard around it, beyond which they are not compared: no cue is an hour long."""
PAUSE = samples(1.0)
"""Stretches of a second name with no more than this between them are one; shorter ones are none."""
MOMENTS = 5
"""How many moments to listen to are given."""

Kind = Literal["one_name_two_speakers", "one_speaker_two_names", "name_nobody_speaks", "does_not_fit"]


@dataclass(frozen=True, slots=True)
class NameMatch:
    """What a transcript says about one speaker; `name` is None when that is too little, or not clear.

    `candidate` is the name whose cues have most of the speaker's time and `confidence` how sure it is, 0 to 1;
    `runner_up` is the next name, None when there is no other.
    """

    speaker: str
    name: str | None
    confidence: float
    candidate: str | None = None
    runner_up: str | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where transcript and diarization contradict each other, in a sentence, with moments to listen to.

    * `one_name_two_speakers`: the first of `speakers` may be the second one (a merge), or two people share a name;
    * `one_speaker_two_names`: both of `names` may be under the one label (a split);
    * `name_nobody_speaks`: no speaker was found for the name;
    * `does_not_fit`: the transcript may be of another call.
    """

    kind: Kind
    names: tuple[str, ...]
    speakers: tuple[str, ...]
    at: tuple[Span, ...]
    says: str
    stretches: tuple[Span, ...] = ()
    """Of `one_speaker_two_names`, everything that is said to be the second name's."""


@dataclass(frozen=True, slots=True)
class NamesFound:
    """One match a speaker, in order of first speech; `offset` is what was added to the transcript's times."""

    matches: tuple[NameMatch, ...]
    offset: int
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """The name of each speaker who got one."""
        return {match.speaker: match.name for match in self.matches if match.name is not None}


def match_names(
    cues: Iterable[NamedCue], turns: Iterable[Turn], words: Sequence[tuple[str, Word]] = (), *, reach: int = REACH
) -> NamesFound:
    """The names of a transcript for the speakers of a diarization.

    `words` are those heard, each with its speaker. The transcript's clock may run up to `reach` samples early or late.
    """
    cues, turns = tuple(cues), sorted(turns)
    speakers = tuple(dict.fromkeys(turn.who for turn in turns))
    heard = {who: union(turn.span for turn in turns if turn.who == who) for who in speakers}
    votes = word_votes(cues, (word for _, word in words), reach)
    shift = best_shift(_by_name(cues), heard, votes, reach)
    cues, offset = tuple(_moved(cues, shift.offset)), shift.offset
    table = _Table(cues, heard, words)
    if not table.names or not speakers:
        return NamesFound(tuple(NameMatch(who, None, 0.0) for who in speakers), offset)
    if not _fits(table, shift, cues, turns):
        says = (
            "the transcript does not fit who was heard when, so it may be of another call, or its clock runs more than "
            f"{clock(reach)} off: no one is named by it"
            if _changed(cues, turns) >= MIN_CHANGES
            else "the speakers change too seldom to tell whether the transcript is of this call: no one is named by it"
        )
        no_fit = Disagreement("does_not_fit", table.names, speakers, (), says)
        return NamesFound(tuple(table.match(who, None) for who in speakers), offset, (no_fit,))
    assigned = _assigned(table)
    found: list[NameMatch] = []
    rivals: dict[str, str] = {}
    for who in speakers:
        name = assigned.get(who)
        if table.confidence(who, name) < MIN_CONFIDENCE:
            name = None
        others = _rivals(table, who, name)
        rivals |= dict.fromkeys(others, who)
        as_much = max(AS_MUCH * table.evidence(who, name), AS_MUCH_TIME)
        doubtful = any(table.evidence(other, name) >= as_much for other in others)
        found.append(table.match(who, None if doubtful else name))
    return NamesFound(tuple(found), offset, tuple(_disagreements(table, found, rivals)))


class _Table:
    """How much of each speaker's clear time and words lies in each name's cues, in samples."""

    def __init__(
        self, cues: Sequence[NamedCue], heard: Mapping[str, Sequence[Span]], words: Sequence[tuple[str, Word]]
    ) -> None:
        said = _by_name(cues)
        self.said = said
        self.names = tuple(name for name in said if name is not None)
        self.speakers = tuple(heard)
        whole = [Span(cues[0].span.start, max(cue.span.end for cue in cues))] if cues else []
        crowded = [span for span, many in depth(span for spans in said.values() for span in spans) if many > 1]
        self.clear = {who: subtraction(intersection(own, whole), crowded) for who, own in _alone(heard).items()}
        self.cues = {name: subtraction(spans, crowded) for name, spans in said.items()}
        self.time = {
            (name, who): total(intersection(spans, own))
            for name, spans in self.cues.items()
            for who, own in self.clear.items()
        }
        self.words, self.found_again = _words_found(cues, words)
        in_cues = sum(total(spans) for spans in self.cues.values())
        self.chance = {name: total(spans) / in_cues if in_cues else 0.0 for name, spans in self.cues.items()}

    def evidence(self, who: str, name: str | None) -> int:
        """The speaker's clear time and words in the name's cues; 0 for a name that is not there."""
        return self.time.get((name, who), 0) + self.words.get((name, who), 0)

    def share(self, who: str, name: str | None) -> float:
        """That evidence over all there is about the speaker, talk at random added to both."""
        everything = total(self.clear[who]) + sum(self.words.get((other, who), 0) for other in self.cues)
        return (self.evidence(who, name) + AT_RANDOM * self.chance.get(name, 0.0)) / (everything + AT_RANDOM)

    def ranked(self, who: str) -> list[str]:
        """The names, from the one that has most of the speaker's time on."""
        return sorted(self.names, key=lambda name: -self.evidence(who, name))

    def confidence(self, who: str, name: str | None) -> float:
        """How sure it is that this speaker has this name, 0 to 1."""
        if name is None or not self.evidence(who, name):
            return 0.0
        share, chance = self.share(who, name), self.chance[name]
        next_best = max((self.share(who, other) for other in self.cues if other != name), default=0.0)
        return max(0.0, min((share - chance) / (1 - chance), share - next_best)) if chance < 1 else 0.0

    def match(self, who: str, name: str | None) -> NameMatch:
        """What is known about a speaker who gets this name, or none."""
        first, *others = self.ranked(who)
        candidate = name or (first if self.evidence(who, first) else None)
        runner_up = next((other for other in (first, *others) if other != candidate), None)
        return NameMatch(who, name, round(self.confidence(who, candidate), 3), candidate, runner_up)


def _by_name(cues: Iterable[NamedCue]) -> dict[str | None, tuple[Span, ...]]:
    by: dict[str | None, list[Span]] = {}
    for cue in cues:
        by.setdefault(cue.name, []).append(cue.span)
    return {name: union(spans) for name, spans in by.items()}


def _moved(cues: Iterable[NamedCue], offset: int) -> Iterable[NamedCue]:
    """The cues on the recording's clock; what comes before its start is cut off."""
    for cue in sorted(cues, key=lambda cue: cue.span):
        start, end = max(cue.span.start + offset, 0), cue.span.end + offset
        if start < end:
            yield NamedCue(Span(start, end), cue.name, cue.text)


def _alone(heard: Mapping[str, Sequence[Span]]) -> dict[str, tuple[Span, ...]]:
    """When each speaker talks and no one else does."""
    single = [span for span, many in depth(span for spans in heard.values() for span in spans) if many == 1]
    return {who: intersection(spans, single) for who, spans in heard.items()}


def _words_found(
    cues: Sequence[NamedCue], words: Sequence[tuple[str, Word]]
) -> tuple[dict[tuple[str | None, str], int], float | None]:
    """The length of the words heard from a speaker that stand in a name's cues, and the share of words found again.

    Two words in a row must be the same, because one word is found anywhere. The share is None with too few words.
    """
    in_order = sorted(words, key=lambda pair: pair[1].span)
    ordered = [(who, word, text) for who, word in in_order for text in tokens(word.text)]
    found: dict[tuple[str | None, str], int] = {}
    taken: set[int] = set()
    written = first = 0
    for cue in cues:
        own = tokens(cue.text)
        written += len(own)
        if not own:
            continue
        while first < len(ordered) and ordered[first][1].span.end < cue.span.start - AROUND:
            first += 1
        near = []
        for i in range(first, len(ordered)):
            if ordered[i][1].span.start > cue.span.end + AROUND:
                break
            if i not in taken:
                near.append(i)
        if len(own) * len(near) > TOO_MUCH:
            continue
        matcher = SequenceMatcher(None, own, [ordered[i][2] for i in near], autojunk=False)
        for block in matcher.get_matching_blocks():
            for i in near[block.b : block.b + block.size] if block.size > 1 else ():
                who, word, _ = ordered[i]
                found[cue.name, who] = found.get((cue.name, who), 0) + min(word.span.length, LONGEST_WORD)
                taken.add(i)
    fewest = min(written, len(ordered))
    return found, len(taken) / fewest if fewest >= MIN_WORDS else None


def _fits(table: _Table, shift: Shift, cues: Sequence[NamedCue], turns: Sequence[Turn]) -> bool:
    """Whether a transcript is of this call: see the beginning of the module."""
    if table.found_again is not None and table.found_again >= WORDS_AGREE:
        return True
    against = table.found_again is not None and table.found_again < WORDS_DIFFER
    told, rest = _told(table)
    if _changed(cues, turns) < MIN_CHANGES or shift.lead < MIN_LEAD:
        return False
    return told >= max((FITS_AGAINST_WORDS if against else FITS) * rest, MIN_TOLD)


def _changed(cues: Sequence[NamedCue], turns: Sequence[Turn]) -> int:
    """How often the speaker changes, in the transcript or in what was heard, whichever is less."""
    return min(_changes([cue.name for cue in cues]), _changes([turn.who for turn in turns]))


def _changes(labels: Sequence[str | None]) -> int:
    return sum(a != b for a, b in pairwise(labels))


def _told(table: _Table) -> tuple[int, int]:
    """How much time speakers tell beyond chance, of how much there is to be told, in samples.

    Chance is to say the most frequent name every time; the ratio is Goodman and Kruskal's lambda. Of the two
    directions, names by speakers and speakers by names, the one with the greater ratio counts: a speaker split over two
    labels, and two people under one, each spoil only one of them.
    """
    by_name = [[table.evidence(who, name) for who in table.speakers] for name in table.cues]
    by_speaker = list(zip(*by_name, strict=True))
    everything = sum(map(sum, by_name))
    found = []
    for known, wanted in ((by_name, by_speaker), (by_speaker, by_name)):
        most = max(sum(line) for line in wanted)
        found.append((sum(max(line) for line in known) - most, everything - most))
    return max(found, key=lambda pair: pair[0] / max(pair[1], 1))


def _assigned(table: _Table) -> dict[str, str]:
    """A name for each speaker, one to one, so that the evidence is the most there can be."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    evidence = np.array([[table.evidence(who, name) for name in table.names] for who in table.speakers])
    rows, columns = linear_sum_assignment(-evidence)
    return {table.speakers[i]: table.names[j] for i, j in zip(rows, columns, strict=True) if evidence[i, j]}


def _rivals(table: _Table, who: str, name: str | None) -> list[str]:
    """Other speakers who talk where the transcript has this name, as surely as this one does."""
    return [other for other in table.speakers if other != who and table.confidence(other, name) >= MIN_CONFIDENCE]


def _disagreements(table: _Table, found: Sequence[NameMatch], rivals: Mapping[str, str]) -> Iterable[Disagreement]:
    """Everything in which transcript and diarization contradict each other."""
    spoken = {match.name for match in found if match.name is not None}
    for match in found:
        who = match.speaker
        if who in rivals and match.name is None and match.candidate is not None:
            into, name = rivals[who], match.candidate
            spoken.add(name)
            at = intersection(table.clear[who], table.said[name])
            says = (
                f"{who} and {into} both speak where the transcript has {name}: "
                "one person under two labels, or two people who share a name there"
            )
            yield Disagreement("one_name_two_speakers", (name,), (who, into), _moments(at), says)
        for other in table.ranked(who):
            if other == match.candidate or match.candidate is None:
                continue
            at = intersection(table.clear[who], table.cues[other])
            if total(at) >= ANOTHER_NAME_TIME and table.share(who, other) >= ANOTHER_NAME:
                spoken |= {match.candidate, other}
                first, second = table.share(who, match.candidate), table.share(who, other)
                says = (
                    f"{who} speaks where the transcript has {match.candidate} ({first:.0%} of the time) and {other} "
                    f"({second:.0%}): there may be two people under this label"
                )
                names, all_of_it = (match.candidate, other), tuple(s for s in union(at, PAUSE) if s.length >= PAUSE)
                yield Disagreement("one_speaker_two_names", names, (who,), _moments(at), says, all_of_it)
    for name in table.names:
        if name not in spoken and total(table.said[name]) >= MIN_CUES:
            says = f"the transcript has {name} for {clock(total(table.said[name]))}, and no speaker was found for it"
            yield Disagreement("name_nobody_speaks", (name,), (), _moments(table.said[name]), says)


def _moments(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The longest of the spans, in time order."""
    return tuple(sorted(sorted(spans, key=lambda span: -span.length)[:MOMENTS]))
