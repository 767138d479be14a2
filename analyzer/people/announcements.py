"""Voices that are no one on the call: greetings, announcements, voicemail and hold messages that were recorded with it.

Such a voice says all it says in one **block** at an edge of the call, no one talks with it there, and it says what
announcements say. Pieces of up to 1.5 s (or a tenth of its talk) outside the block are taken for a diarizer's mistakes.
No one is set aside who has a name, a side or a role.

* **sure**: the block lies before everybody else's talk or after it (but for 5 s), and holds two kinds of announcement
  (`KINDS`), or one kind that no one answers within 2 s, or one kind that makes up half of its words;
  that the words or the voice open other calls of the library as well (`Recurring`) counts as one kind;
* **unsure**: the block lies at an edge and no one answers it within 3 s, or it holds one kind of announcement; or it
  lies in the middle and holds two kinds. The side of such a voice stays open unless somebody says it. At least two
  others must talk for this.

So a salesperson who greets first and waits is a person: they go on later. Whoever leaves a voicemail is one as well:
once the greeting is set aside, no one else is left to be before or after. A customer who joins late is answered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.people.names import folded
from analyzer.people.participants import Claim, Offer, Participants, Person
from analyzer.timeline import Span, Turn, Word, clock, intersection, samples, total, union
from analyzer.wording import _

SOURCE = "recording"
STRAY = samples(1.5)
STRAY_PART = 10
"""What lies outside the block at most: 1.5 s, or a tenth of the voice's talk."""
EDGE = samples(5.0)
"""What others may say on the far side of a block that lies at an edge."""
UNANSWERED = samples(2.0)
SURELY_UNANSWERED = samples(3.0)
LEAST = samples(3.0)
"""A voice that says less and no announcement is not asked about: it cannot turn an answer."""
BLOCK_PAUSE = samples(60.0)
"""The longest pause inside a block: hold messages come back."""
LONGEST_QUOTE = 12
"""Words of an announcement that a note quotes."""

RECORDED = (
    r"(?:call|conversation|meeting|conference|session)s? (?:(?:may|will|is|are|can|might) )?(?:also )?(?:be |being )?"
    r"(?:recorded|monitored)",
    r"record(?:ing)? (?:in progress|has started|has stopped|started|stopped)",
    r"(?:quality|training|trading) (?:and (?:\w+ )?)?purposes",
    r"(?:gesprach|anruf|telefonat|meeting|besprechung|konferenz)(?: \w+){0,6} aufgezeichnet",
    r"schulungszwecken|aufzeichnung (?:wurde |ist )?gestartet",
    r"(?:llamada|conversacion|reunion)(?: \w+){0,4} grabad[ao]",
    r"(?:appel|conversation|communication|reunion)s?(?: \w+){0,4} enregistree?s?",
    r"(?:chiamata|telefonata|conversazione|riunione)(?: \w+){0,4} registrat[ao]",
    r"(?:chamada|ligacao|reuniao)(?: \w+){0,4} gravad[ao]",
    r"(?:gesprek|vergadering)(?: \w+){0,6} opgenomen",
)
GREETING = (
    r"thank(?:s| you) for (?:calling|your call)",
    r"you(?:'ve| have) reached|welcome to the (?:conference|voice)",
    r"vielen dank fur (?:ihren|deinen) anruf|sie sind verbunden mit|willkommen bei|sie haben die nummer",
    r"gracias por (?:llamar|su llamada)|(?:usted )?ha llamado a|se ha comunicado con",
    r"merci (?:de votre appel|d'avoir appele|pour votre appel)|vous etes bien (?:sur|chez|au)",
    r"grazie per (?:aver chiamato|la chiamata)|obrigad[oa] por ligar",
    r"bedankt voor (?:het bellen|uw (?:telefoontje|oproep))",
)
WAITING = (
    r"(?:stay|remain|hold|stay in) (?:on |in )?(?:the )?line|please (?:hold|stand by|wait)",
    r"your call (?:is|will be) (?:very )?(?:important|answered|connected|transferred)",
    r"next available|number \w+ in the queue|estimated (?:wait|waiting) time",
    r"bleiben sie (?:bitte )?(?:in der|am|dran)|bitte (?:warten|haben sie)|anruf ist uns wichtig|nachste freie",
    r"permanezca en (?:la )?linea|(?:su|tu) llamada (?:es|sera)|espere (?:un momento|por favor)|no cuelgue",
    r"restez en ligne|ne quittez pas|veuillez patienter|votre appel (?:est|va etre)",
    r"(?:resti|rimanga|rimanete) in linea|(?:aguarde|permaneca) na linha|blijf aan de lijn|een ogenblik geduld",
)
MESSAGE = (
    r"(?:leave|record) (?:\w+ )?(?:\w+ )?message|(?:after|at|hear) the (?:tone|beep)|voice ?mail|mailbox",
    r"(?:not|cannot|can't|unable to) (?:be )?(?:available|take your call|come to the phone|answer)",
    r"(?:number|person|party|customer|subscriber) you (?:have |are )?(?:dialed|dialled|called|calling|trying)",
    r"please hang up|your message has been|to (?:re-?record|send) your message",
    r"nachricht (?:nach dem|hinterlassen)|nach dem (?:signal|piep|ton|beep)\w*|sprachbox",
    r"anrufbeantworter|nicht erreichbar",
    r"dej(?:e|a|en) (?:su|un|tu) (?:nombre|mensaje)|(?:despues|luego) (?:de la senal|del tono)|buzon de voz",
    r"laiss(?:ez|er) (?:un|votre|le) message|apres le (?:bip|signal)|messagerie|boite vocale",
    r"n'est pas (?:disponible|joignable)",
    r"lasci(?:ate|are|a|are) un messaggio|dopo il segnale|deixe (?:a )?(?:sua|uma) mensagem|apos o sinal",
    r"spreek (?:een|uw) bericht in|na de (?:piep|toon|pieptoon)",
)
KEYS = (
    r"press (?:\d|one|two|three|four|five|star|pound|hash|zero)|(?:enter|dial|know) your party|access code|your pin",
    r"party'?s? (?:\w+ )?extension|for (?:sales|support|service|english),? press",
    r"drucken sie|wahlen sie (?:die|eine)|(?:marque|oprima|pulse|presione) (?:el |la )?(?:\d|uno|dos|tres|cero)",
    r"(?:tapez|appuyez sur|faites le) (?:la |le )?(?:\d|un|deux|trois|touche)|prem(?:a|ere|i) (?:il tasto|\d)",
    r"(?:joined|left|entered|exited) the (?:meeting|conference|call)",
)
KINDS = tuple(
    re.compile("|".join(rf"(?<!\w)(?:{phrase})(?!\w)" for phrase in phrases))
    for phrases in (RECORDED, GREETING, WAITING, MESSAGE, KEYS)
)
"""The kinds of announcement, as regular expressions on folded text (no capitals, no accents) without marks."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """What a voice says before anybody else speaks on a call, where three other calls or more begin alike.

    `by` is what is alike: the words, or the voice.
    """

    span: Span
    by: Literal["words", "voice"]


@dataclass(frozen=True, slots=True)
class SetAside:
    """The voices that are no one (`claim`), those that may be (`unsure`), and what to say about both."""

    claim: Claim
    unsure: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()


def set_aside(
    people: Participants,
    turns: Sequence[Turn],
    words: Sequence[tuple[str, Word]],
    recurring: Sequence[Recurring] = (),
) -> SetAside:
    """Who of `people`, as far as they are known, is no one; `words` are those heard, each with its speaker.

    `recurring` is what the library knows of how the call begins.
    """
    by: dict[str, list[Span]] = {}
    for turn in turns:
        by.setdefault(people.keys_by_speaker.get(turn.who, turn.who), []).append(turn.span)
    heard = {who: union(spans) for who, spans in by.items() if people.person(who).side != "none"}
    open_ones = [person for person in people.people if person.key in heard and _is_open(person, people)]
    sure: dict[str, str] = {}
    for person in open_ones:
        rest = {who: spans for who, spans in heard.items() if who != person.key and who not in sure}
        found = _Block.of(heard[person.key], rest, _said(person, words), recurring)
        if rest and found is not None and found.is_announcement:
            sure[person.key] = found.why
    unsure: dict[str, str] = {}
    for person in open_ones:
        rest = {who: spans for who, spans in heard.items() if who != person.key and who not in sure}
        spans = heard[person.key]
        found = _Block.of(spans, rest, _said(person, words), recurring) if person.key not in sure else None
        if len(rest) > 1 and found is not None and found.may_be_one:
            unsure[person.key] = found.quote
    speakers = {person.key: person.speakers for person in open_ones}
    at = {who: clock(spans[0].start) for who, spans in heard.items()}
    return SetAside(
        Claim(SOURCE, sides=dict.fromkeys(sure, "none")),
        tuple(speaker for who in unsure for speaker in speakers[who]),
        (
            *(_aside(who, at[who], why) for who, why in sure.items()),
            *(_left_open(who, at[who], quote) for who, quote in unsure.items()),
        ),
        tuple(
            Offer(
                _("If {who} is a recording (listen at {at}) and no one on the call, set it aside", who=who, at=at[who]),
                (f"{who}=none",),
            )
            for who in unsure
        ),
    )


def _is_open(person: Person, people: Participants) -> bool:
    """Whether nothing is known of somebody but what follows from others."""
    told = any(one.source not in ("rule", SOURCE) for one in person.evidence)
    return person.name is None and person.key != people.salesperson and not told


def _said(person: Person, words: Sequence[tuple[str, Word]]) -> list[Word]:
    return [word for speaker, word in words if speaker in person.speakers]


def openers(by: Mapping[str, Sequence[Span]], may_be: Collection[str]) -> dict[str, Span]:
    """Who of `may_be` says all they say before anybody else speaks, each other apart, and from when until when."""
    found: dict[str, Span] = {}
    for who in sorted((who for who in by if who in may_be and by[who]), key=lambda who: min(by[who])):
        rest = {other: spans for other, spans in by.items() if other not in (who, *found)}
        block = _Block.of(by[who], rest, ()) if rest else None
        if block is None or block.before or block.after <= STRAY:  # of a call of seconds nothing can be told
            break
        found[who] = block.span
    return found


def _aside(who: str, at: str, why: str) -> str:
    return (
        f"{who} is set aside, so what it says counts for no one: at {at} it {why}, and no one talks with it. If it is "
        "a person, give it a name."
    )


def _left_open(who: str, at: str, quote: str) -> str:
    says = f" and says {quote}" if quote else ""
    return (
        f"{who} may be no one on the call: it speaks only around {at}{says}, and no one talks with it there. Its side "
        "is left open unless you say it."
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """What a voice says in one piece: what others say before and after it and how long until they do, and its words."""

    span: Span
    before: int
    after: int
    pause: int
    length: int
    kinds: int
    part: float
    """Of the words those that announcements say."""
    quote: str
    recurs: Literal["words", "voice"] | None

    @staticmethod
    def of(
        spans: Sequence[Span],
        rest: Mapping[str, Collection[Span]],
        words: Sequence[Word],
        recurring: Iterable[Recurring] = (),
    ) -> _Block | None:
        """The block of a voice among the others; None when it says what it says in several, or talks with somebody."""
        others = union(span for theirs in rest.values() for span in theirs)
        talk = total(spans)
        stray = max(STRAY, talk // STRAY_PART)
        block = max(_joined(spans, others), key=lambda one: total(intersection([one], spans)))
        if talk - total(intersection([block], spans)) > stray or total(intersection([block], others)) > STRAY:
            return None
        before = [span for span in others if span.start < block.start]
        after = [span for span in others if span.end > block.end]
        at_start = total(before) <= EDGE
        near = (after[0].start - block.end if after else None) if at_start else block.start - before[-1].end
        told = [word.text for word in words if block.meets(word.span)]
        text = re.sub(r"[^\w' ]+", " ", folded(" ".join(told)))
        text = " ".join(text.split())
        found = [kind for kind in KINDS if kind.search(text)]
        if not at_start:  # a person closes with "thank you for calling"
            found = [kind for kind in found if kind is not KINDS[1]]
        covered = sum(len(match.group()) for kind in found for match in kind.finditer(text))
        quote = f"“{' '.join(told[:LONGEST_QUOTE])}{' …' if len(told) > LONGEST_QUOTE else ''}”" if told else ""
        pause = SURELY_UNANSWERED if near is None else max(0, near)
        part = covered / len(text) if text else 0.0
        recurs = next((one.by for one in recurring if 2 * block.shared(one.span) > one.span.length), None)
        kinds = len(found) + (recurs is not None)
        return _Block(block, total(before), total(after), pause, talk, kinds, part, quote, recurs)

    @property
    def why(self) -> str:
        """What it says, and what tells that no one says it."""
        if self.recurs == "voice":
            return "speaks with a voice that opens three other calls here or more"
        how = "as three other calls here or more begin" if self.recurs else "as announcements do"
        return f"says {self.quote}, {how}"

    @property
    def is_at_edge(self) -> bool:
        """Whether others talk on one side of it only."""
        return self.before <= EDGE or self.after <= EDGE

    @property
    def is_announcement(self) -> bool:
        """Whether it surely is one."""
        alone = self.kinds == 1 and (self.pause >= UNANSWERED or self.part >= 0.5)
        return self.is_at_edge and (self.kinds > 1 or alone)

    @property
    def may_be_one(self) -> bool:
        """Whether it may be one."""
        if self.kinds:
            return self.is_at_edge or self.kinds > 1
        return self.is_at_edge and self.pause >= SURELY_UNANSWERED and self.length >= LEAST


def _joined(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Spans as blocks: those with a pause of up to a minute between them in which no one else says a sentence."""
    blocks: list[Span] = []
    for span in sorted(spans):
        last = blocks[-1] if blocks else None
        between = Span(last.end, span.start) if last is not None and last.end < span.start else None
        said = total(intersection([between], others)) if between is not None else 0
        if last is not None and span.start - last.end <= BLOCK_PAUSE and said <= STRAY:
            blocks[-1] = Span(last.start, max(last.end, span.end))
        else:
            blocks.append(span)
    return blocks
