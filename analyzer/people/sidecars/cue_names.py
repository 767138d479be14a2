"""Whose words the cues of a transcript are: where meeting software puts the names, and what it adds to them.

One file keeps to one of these, and the first that it keeps to holds:

1. voice tags, `<v Dana Reyes>Shall we start?</v>` (Teams), several in a cue or the text on lines of its own;
2. the identifier, `12 "Dana Reyes" (1873422)`;
3. `Dana Reyes: Shall we start?` (Zoom);
4. a line of its own, `Dana Reyes`, `(Dana Reyes)` or `[Dana Reyes] 14:00:01`, above the text.

The last three hold for a file only when more than half of its cues keep to them, because any subtitle may begin with
`Note:`. What stands where names stand is a name when it comes more than once, every word of it has a capital, or every
cue of the file has one there. Cues without a time say who is on the call, and nothing else.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from analyzer.people.names import folded, one_line
from analyzer.people.sidecars.cues import Cue
from analyzer.people.sidecars.sidecar import NamedCue, SidecarPerson
from analyzer.timeline import Span

LONGEST_NAME, LONGEST_WRITTEN = 80, 400
MOST_WORDS = 8
ENOUGH = 0.5
"""The share of cues beyond which they must have a name in one place for that to be where this file has its names."""

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t\n]([^<>]*))?>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:v|c|i|b|u|lang|ruby|rt)(?:\.[^\s<>]*)?(?:[ \t\n][^<>]*)?>|<[\d:.]+>", re.IGNORECASE)
_IDENTIFIER = re.compile(r'\d*[ \t]*"([^"]+)"(?:[ \t]*\(\d+\))?')
_MONTH = r"[^\W\d_]{3,10}\.?"
_DATE = (
    r"(?:(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)?\d\d"
    rf"|{_MONTH} \d{{1,2}},? (?:19|20)\d\d|\d{{1,2}}\.? {_MONTH} (?:19|20)\d\d)"
)
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d\d:?\d\d)?"
_STAMP = rf"(?:[ ,|]{{1,3}}(?:[-–—|][ ]?)?[\[(]?(?:{_DATE}[ ,|T]{{0,3}}(?:{_TIME})?|{_TIME})[\])]?)"
"""When something was said, as programs write it behind a name."""
_COLON = re.compile(rf"(?:[-–—•] )?([^:：]{{1,{LONGEST_NAME}}}?{_STAMP}?)[ \t]*(?::(?=[ \t]|$)|：)(.*)")
_BRACKETED = re.compile(rf"(?:\(([^()]+)\)|\[([^\[\]]+)\])(?::|{_STAMP}:?)?")
_AT = re.compile(rf"{_STAMP}$")
_CHANGE = re.compile(r"\A>{2,3} ?")
"""Live captions write `>>` where somebody else begins."""
_BOTH = re.compile(r"\s*[,&+/;]\s*|\s(?:and|und|et|y|e|og|och|en)\s", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NEVER_IN_NAMES = re.compile(r'[?!;<>"“”{}]|https?')
_ADDED = re.compile(
    rf"(?:\([^()]*\)|\[[^\[\]]*\]|\|[^|]*|(?<=\s)[-–—]?\s?(?:external|unverified)|{_STAMP}"
    r"|(?:\s[-–—]\s?|,\s?)(?:external|unverified|guest|host|co-?host|organi[sz]er|presenter|me))$",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"\(([^()]*[^\W\d][^()]*)\)|\[([^\[\]]+)\]")
_BEFORE = re.compile(r"(?:\([^()]*[^\W\d][^()]*\)|\[[^\[\]]*[^\W\d][^\[\]]*\])\s+(?=.*[^\W\d])")
_PICTURES = re.compile("[\u2190-\u2bff\u3000\u303d\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e01ef\u20e3]")
"""Emoji and what they are joined of, arrows and other signs."""
_NOBODY = re.compile(
    r"(?:(?:unknown|unidentified|anonymous)(?: (?:speaker|user|participant|guest))?"
    r"|(?:speaker|participant|guest|user|voice|sprecher)) ?[#_-]? ?[0-9a-z]?[0-9]?"
)
_SOUNDS = {"laughter", "laughs", "laughing", "applause", "music", "silence", "inaudible", "crosstalk", "pause"}
_PARTICLES = {"von", "van", "der", "den", "de", "di", "da", "del", "la", "le", "bin", "al", "el", "and", "of"}
_RANKS = {"jr", "sr", "ii", "iii", "phd", "md", "mba", "esq", "inc", "ltd", "llc", "gmbh", "ag", "plc", "corp"}


Piece = tuple[str | None, str]
"""The name as written, None for none, and the text after it."""


def named_cues(cues: Sequence[Cue]) -> tuple[tuple[NamedCue, ...], tuple[SidecarPerson, ...]]:
    """The cues with their names, and the people in order of first speech."""
    return named((cue.span, *piece) for cue, pieces in zip(cues, _written(cues), strict=True) for piece in pieces)


def named(
    said: Iterable[tuple[Span | None, str | None, str]],
) -> tuple[tuple[NamedCue, ...], tuple[SidecarPerson, ...]]:
    """The cues and the people of pieces of speech: when (None when that is not known), the name as written, the text.

    What has no time says who is on the call, and nothing else.
    """
    found: list[NamedCue] = []
    forms: dict[str, list[str]] = {}
    known: dict[str, str] = {}
    for span, written, text in said:
        name = tidy_name(written) if written is not None else None
        if name is not None and written is not None:
            name = known.setdefault(folded(name), name)
            if one_line(written) not in forms.setdefault(name, []):
                forms[name].append(one_line(written))
        if span is not None and (name is not None or text):
            found.append(NamedCue(span, name, text))
    for both in [name for name, written in forms.items() if _several(written, known)]:
        each = _several(forms.pop(both), known)
        found = [
            one for cue in found for one in ([replace(cue, name=who) for who in each] if cue.name == both else [cue])
        ]
    in_order = sorted(found, key=lambda cue: cue.span)
    return tuple(in_order), tuple(SidecarPerson(name, tuple(written)) for name, written in forms.items())


def _several(written: Sequence[str], known: Mapping[str, str]) -> tuple[str, ...]:
    """Who speaks where a cue has several names, `Dana Reyes & Ray Kowalski`, that other cues have one by one."""
    each = [tidy_name(part) for part in _BOTH.split(written[0])]
    who = tuple(dict.fromkeys(known[folded(name)] for name in each if name and folded(name) in known))
    return who if len(who) == len(each) > 1 else ()


def tidy_name(written: str) -> str | None:
    """A display name as a person's name, in the order first name, last name; None for `Speaker 2` and its like.

    What meeting software and its users add is left out: `(Guest)`, `(she/her)`, `[ORG]`, `| Northwind Foods`,
    `External`, `(Host)` before the name, brackets around it, a date or a time behind it, emoji.
    """
    name = one_line(_UNSEEN.sub("", written[:LONGEST_WRITTEN])).strip("\"' ")
    name = one_line(_PICTURES.sub(" ", name)) or name
    while (shorter := _ADDED.sub("", name).rstrip(" ,")) != name and shorter:
        name = shorter
    if wrapped := _WRAPPED.fullmatch(name):
        name = one_line(wrapped[1] or wrapped[2])
    while (shorter := _BEFORE.sub("", name, count=1)) != name and shorter:
        name = shorter
    last, comma, first = name.partition(",")
    if comma and "," not in first and folded(first).strip(". ") not in _RANKS and folded(first) and folded(last):
        name = one_line(f"{first} {last}")
    plain = folded(name)
    return None if not any(c.isalnum() for c in plain) or _NOBODY.fullmatch(plain) else name[:LONGEST_NAME].strip()


def _written(cues: Sequence[Cue]) -> list[list[Piece]]:
    payloads = ["\n".join(cue.lines) for cue in cues]
    if any(_VOICE.search(payload) for payload in payloads):
        return [_voices(payload) for payload in payloads]
    lines = [[text for line in cue.lines if (text := _text(line))] for cue in cues]
    spoken = sum(bool(own) for own in lines)
    identified = [_IDENTIFIER.fullmatch(cue.identifier) for cue in cues]
    if sum(match is not None for match in identified) > ENOUGH * len(cues):
        whole = [" ".join(own) for own in lines]
        return [[(match[1] if match else None, text)] for match, text in zip(identified, whole, strict=True)]
    before = [[name for line in own if (name := _before_colon(line))] for own in lines]
    names = _names(name for own in before for name in own)
    if all(_before_colon(own[0]) for own in lines if own):  # a file in which every cue has a name, whatever it is
        names |= {folded(own[0]) for own in before if own} if names else set()
    if names and sum(any(folded(name) in names for name in own) for own in before) > ENOUGH * spoken:
        return [list(_by_colon(own, names)) for own in lines]
    above = [name_alone(own[0]) for own in lines if len(own) > 1]
    names = _names(name for name in above if name is not None)
    count = sum(name is not None and folded(name) in names for name in above)
    # Names come again and again; the first lines of subtitles do not.
    if names and count > ENOUGH * spoken and len(names) <= max(2, count / 2) and _can_be_told(names, count):
        return [list(_by_line(own, names)) for own in lines]
    return [[(None, " ".join(own))] for own in lines]


def _text(raw: str) -> str:
    """A line of cue text as it is shown."""
    return _CHANGE.sub("", one_line(_UNSEEN.sub("", html.unescape(_TAG.sub("", raw)))))


def _voices(payload: str) -> list[Piece]:
    """The pieces of a cue: what stands before the first voice tag is no one's."""
    first, *rest = _VOICE.split(payload)
    pieces: list[Piece] = [(None, _text(first))]
    for name, text in zip(rest[::2], rest[1::2], strict=True):
        own, _, after = text.partition("</v>")
        pieces += [(_text(name or "") or None, _text(own)), (None, _text(after))]
    return [piece for piece in pieces if piece != (None, "")]


def _before_colon(line: str) -> str | None:
    match = _COLON.fullmatch(line)
    name = _AT.sub("", match[1].strip()) if match else ""
    return name if _may_be_name(name) else None


def name_alone(line: str) -> str | None:
    """The name that a line consists of, if it may be one; the time of day may stand after it."""
    bracketed = _BRACKETED.fullmatch(line)
    name = (bracketed[1] or bracketed[2]).strip() if bracketed else _AT.sub("", line)
    if not _may_be_name(name) or folded(name) in _SOUNDS:
        return None
    return name if bracketed or (_is_proper(name) and name[-1] not in ".,:…-" and len(name.split()) <= 5) else None


def _may_be_name(text: str) -> bool:
    if not text or len(text) > LONGEST_NAME or len(text.split()) > MOST_WORDS or _NEVER_IN_NAMES.search(text):
        return False
    return any(c.isalpha() for c in text) or sum(c.isdigit() for c in text) >= 5


def _is_proper(text: str) -> bool:
    """Whether every word begins as names do: no small letter but in `von` and the like."""
    return all(not word[0].islower() or word in _PARTICLES for word in text.split())


def _names(found: Iterable[str]) -> set[str]:
    """Those of the texts that are names, folded."""
    written = list(found)
    counts = Counter(folded(name) for name in written)
    return {folded(name) for name in written if counts[folded(name)] > 1 or _is_proper(name)} - {""}


def _can_be_told(names: Iterable[str], count: int) -> bool:
    """Whether names stand out: scripts without capitals need each of them to come twice as a rule."""
    uncased = [name for name in names if name[0].upper() == name[0]]
    return 2 * len(uncased) <= count


def _by_colon(lines: Sequence[str], names: set[str]) -> Iterator[Piece]:
    name: str | None = None
    texts: list[str] = []
    for line in lines:
        found = _before_colon(line)
        match = _COLON.fullmatch(line) if found and folded(found) in names else None
        if match:
            if name is not None or texts:
                yield name, " ".join(texts)
            name, texts = found, []
        text = match[2].strip() if match else line
        texts += [text] if text else []
    yield name, " ".join(texts)


def _by_line(lines: Sequence[str], names: set[str]) -> Iterator[Piece]:
    name: str | None = None
    texts: list[str] = []
    for i, line in enumerate(lines):
        found = name_alone(line) if i == 0 or _BRACKETED.fullmatch(line) else None
        if found and folded(found) in names and len(lines) > 1:
            if name is not None or texts:
                yield name, " ".join(texts)
            name, texts = found, []
        else:
            texts.append(line)
    yield name, " ".join(texts)
