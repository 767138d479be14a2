"""Names that speakers give themselves ("this is Dana") and each other ("Thank you, Marcus"): suggestions to confirm,
never an identification.

A name of the plan counts after any such phrase, and where a clause begins with it and ends in "here" ("Ray, Dana
here."). Another one counts only when it is written as English writes a name, after "my name is", or near the speaker's
first words after "this is" and "I'm", and when the sentence ends with it or goes on as after a name. A name that two
speakers give is given to neither.

Somebody is **addressed** by the name behind thanks or "sorry" at the beginning of what the next one says, and by a name
of the plan that begins a sentence and stands before a comma, later in what the one before says ("Dana, back to you").
What is shorter than three words does not count as the one before or the next. Nothing is said of a voice that is called
by two names as often, or of a name that two voices are called by.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from analyzer.people.names import folded, matching
from analyzer.people.plan.plan import Attendee
from analyzer.talk.asked import has_mark
from analyzer.talk.words import Utterance
from analyzer.timeline import samples

OPENING = samples(60.0)
"""How long after a speaker's first words "this is" and "I'm" introduce a person who is not in the plan."""
_PHRASES = (
    *("this is", "my name is", "my name's", "i'm", "i am"),
    *("mein name ist", "ich bin", "hier ist", "je m'appelle", "mon nom est", "je suis", "me llamo", "mi nombre es"),
)
_HERE = frozenset({"here", "speaking", "hier", "ici"})
_OWN_NAME = ("my name is", "my name's")
_ENGLISH = (*_OWN_NAME, "this is", "i'm", "i am")
_NAME = re.compile(r"[A-Z](?:['’][A-Z])?[a-z]+(?:[-'’]?[A-Z][a-z]+)*")
_NO_NAME = frozenset(
    {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march"}
    | {"july", "august", "september", "october", "november", "december", "american", "british", "english", "german"}
    | {"french", "spanish", "italian", "dutch", "irish", "indian", "chinese", "japanese", "canadian", "australian"}
)
_AFTER = frozenset(["from", "with", "at", "of", "and", "speaking", "calling", "here", "again"])
"""What may follow a name that is not in the plan, when no mark does."""
_MARKS = '.,;:!?…"“”()'


_THANKS = re.compile(
    r"^(?:\W*\w+,?){0,2}?\W*\b(?:thank you|thanks|sorry|danke|entschuldige|merci|gracias|perdon),?"
    r" (?:so much,? |very much,? )?(?P<name>[^\W\d_][\w'’-]+)\b",
    re.IGNORECASE,
)
_CALLED = re.compile(r"[.?!…]\W* (?P<name>[^\W\d_][\w'’-]+),")
_NOT_CALLED = frozenset(
    {"bye", "all", "both", "everyone", "everybody", "sir", "madam", "god", "you", "for", "so", "i", "we"}
)
LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Introduction:
    """The name a speaker gives, as the plan has it if it does; the words with it, and when they begin, in samples.

    `by` is who says them: the speaker, or somebody who calls them so.
    """

    name: str
    words: str
    at: int
    by: str


def introductions(
    utterances: Sequence[Utterance], unnamed: Collection[str], known: Collection[str], attendees: Sequence[Attendee]
) -> dict[str, Introduction]:
    """The first introduction of each of the people `unnamed` who gives one; `known` are names that others have."""
    taken = {folded(name) for name in known} | {folded(name.split()[0]) for name in known}
    first: dict[str, int] = {}
    found: dict[str, Introduction] = {}
    for utterance in utterances:
        who = utterance.who
        first.setdefault(who, utterance.span.start)
        if who in unnamed and who not in found:
            introduced = _in_words(utterance, first[who], attendees)
            if introduced is not None and folded(introduced.name) not in taken:
                found[who] = introduced
    given = [folded(one.name) for one in found.values()]
    return {who: one for who, one in found.items() if given.count(folded(one.name)) == 1}


def addressed(
    utterances: Sequence[Utterance], unnamed: Collection[str], known: Collection[str], attendees: Sequence[Attendee]
) -> dict[str, Introduction]:
    """What each of the people `unnamed` is called by others, where that is one name; `known` are names others have."""
    taken = {folded(name) for name in known} | {folded(name.split()[0]) for name in known}
    votes: dict[str, list[Introduction]] = {}
    said = [one for one in utterances if len(one.words) >= LEAST_WORDS]
    for before, following in pairwise(said):
        if before.who == following.who:
            continue
        thanks = _THANKS.match(following.text)
        name = _called(thanks["name"], attendees, alone=True) if thanks else None
        if thanks and name and folded(name) not in taken:
            words = thanks.group().strip()
            votes.setdefault(before.who, []).append(Introduction(name, words, following.span.start, following.who))
        for match in _CALLED.finditer(before.text):
            name = _called(match["name"], attendees, alone=False)
            if name and folded(name) not in taken:
                word = before.words[min(len(before.text[: match.start("name")].split()), len(before.words) - 1)]
                words = f"{match['name']}, …"
                votes.setdefault(following.who, []).append(Introduction(name, words, word.span.start, before.who))
    found: dict[str, Introduction] = {}
    for who, given in votes.items():
        counts = Counter(one.name for one in given).most_common(2)
        if who in unnamed and (len(counts) == 1 or counts[0][1] > counts[1][1]):
            found[who] = next(one for one in given if one.name == counts[0][0])
    names = Counter(one.name for one in found.values())
    return {who: one for who, one in found.items() if names[one.name] == 1}


def _called(word: str, attendees: Sequence[Attendee], *, alone: bool) -> str | None:
    """The name that a word means: the one attendee's; `alone` lets it stand as it is where there is no list."""
    if not word[:1].isupper() or word.lower() in _NOT_CALLED:
        return None
    meant = matching(attendees, word)
    if len(meant) == 1:
        return meant[0].name
    return word if alone and not attendees and _NAME.fullmatch(word) and word.lower() not in _NO_NAME else None


def _in_words(utterance: Utterance, first: int, attendees: Sequence[Attendee]) -> Introduction | None:
    words = utterance.words
    texts = [word.text.strip() for word in words]
    plain = [text.strip(_MARKS).lower().replace("’", "'") for text in texts]
    for i in range(len(words)):
        early = words[i].span.start - first <= OPENING
        here = _here(texts, i, attendees) if early else None
        if here is not None:
            return Introduction(here[0], here[1], words[i].span.start, utterance.who)
        for phrase in _PHRASES:
            parts = phrase.split()
            after = i + len(parts)
            if plain[i:after] != parts or after >= len(words) or any(t[-1:] in _MARKS for t in texts[i:after]):
                continue
            name, length = _announced(texts[after:], attendees)
            if name is None and phrase in _ENGLISH and (early or phrase in _OWN_NAME):
                name, length = _other(texts[after:])
            if name is not None and not has_mark(texts[after + length - 1]):
                spoken = " ".join(texts[i : after + length]).rstrip(_MARKS)
                return Introduction(name, spoken, words[i].span.start, utterance.who)
    return None


def _here(texts: Sequence[str], i: int, attendees: Sequence[Attendee]) -> tuple[str, str] | None:
    """The attendee and the words, where a clause that begins at `i` is a name and "here" ("Dana here will" is not)."""
    if i and texts[i - 1][-1:] not in _MARKS:
        return None
    name, length = _announced(texts[i : i + 4], attendees)
    if name is None or i + length >= len(texts) or texts[i + length - 1][-1:] in _MARKS:
        return None
    here = texts[i + length]
    words = " ".join(texts[i : i + length + 1]).rstrip(_MARKS)
    return (name, words) if here.strip(_MARKS).lower() in _HERE and here[-1:] in _MARKS else None


def _announced(texts: Sequence[str], attendees: Sequence[Attendee]) -> tuple[str | None, int]:
    """The one attendee that the first words mean, the longest first, and how many words that took."""
    for length in range(min(4, len(texts)), 0, -1):
        meant = matching(attendees, " ".join(texts[:length]).strip(_MARKS))
        if len(meant) == 1 and texts[0][:1].isupper():
            return meant[0].name, length
    return None, 0


def _other(texts: Sequence[str]) -> tuple[str | None, int]:
    """One or two capitalised words with a mark or a word of `_AFTER` behind them, and how many."""
    names: list[str] = []
    for text in texts[:3]:
        word = text.strip(_MARKS)
        if not _NAME.fullmatch(word) or word.lower() in _NO_NAME:
            break
        names.append(word)
        if text[-1:] in _MARKS:
            break
    if not names or len(names) > 2:
        return None, 0
    behind = texts[len(names)].strip(_MARKS).lower() if len(texts) > len(names) else None
    ends = texts[len(names) - 1][-1:] in _MARKS or behind is None or behind in _AFTER
    return (" ".join(names), len(names)) if ends else (None, 0)
