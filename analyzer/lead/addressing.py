"""Who is spoken to, by the words: names as a recogniser may spell them, questions, and phrases that hand over.

A name is said by first name, full name or alias, or by the surname after a title ("Herr Weber"); a possessive counts.
It begins with a capital letter, as recognisers write names, unless nothing around it does: "Will, what do you think?"
names Will, "it will cost" does not. A word that is no one's name may still be one in the recogniser's spelling
("Markus" for Marcus): when it has the same consonants in the same order, is at most one letter off (two from five
letters on, the first one the same), and is near one name only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.people.names import folded, tokens
from analyzer.talk.asked import has_mark
from analyzer.talk.words import SENTENCE_END
from analyzer.timeline import Word

HAND_OVER = {
    "en": (
        r"over to you",
        r"(?:take|taking|takes) (?:it|this|that|us) (?:from here|on|away|over|through)",
        r"(?:want|like|wanna|care|mind|able) (?:to )?(?:take|taking) (?:it|this|that)(?: one)?",
        r"(?:want|like|wanna|care) to (?:add|say|speak|come in|jump in|chime in|answer|explain|walk|show)",
        r"(?:can|could|will|would|why don't) you (?:please )?(?:take|speak to|answer|jump in|come in)",
        r"(?:the )?floor is yours",
        r"(?:it's|it is|that's|that is|now) (?:all yours|your turn|one for you|yours)",
        r"you're up",
        r"(?:bring|bringing) you in",
        r"(?:hand|pass|give|turn)(?:ing)? (?:(?:it|this|that|you|the floor) )?(?:on |over )?to (?:you|my colleague)",
        r"(?:hand|pass|turn)(?:ing)? (?:it|this|things|you) over",
        r"let my colleague",
        r"my colleague (?:will|can) (?:\w+ )?(?:take|show|tell|explain|answer)",
    ),
    "de": (
        r"(?:ich )?ubergebe",
        r"(?:damit|jetzt|nun) an dich",
        r"du hast das wort",
        r"das wort (?:hat|geht an|gebe ich)",
        r"(?:gebe|geb|reiche) (?:ich )?(?:das wort |das |dir |mal )*(?:ab|weiter|das wort)",
        r"(?:ubernimmst|machst|erzahlst|erklarst|zeigst) (?:\w+ ){0,4}du",
        r"(?:ubernimmst|machst) du(?: das| mal| weiter)?",
        r"(?:ubernimm|mach) (?:du|mal|bitte|weiter)",
        r"(?:erzahl|erklar|zeig|sag) (?:du|mal|doch) (?:\w+ )?(?:was|etwas|kurz|bitte|davon|dazu|das)",
        r"(?:magst|mochtest|willst|kannst) du (?:das|da|dazu|hier|mal|kurz|bitte|ubernehmen|etwas|was)",
        r"wollen sie (?:das |da |hier )?ubernehmen",
        r"du bist dran",
        r"dein part",
        r"mein(?:e)? kolleg(?:e|in) (?:wird|kann|zeigt|erklart|ubernimmt)",
    ),
    "fr": (
        r"(?:je )?(?:te|vous|lui) (?:laisse|passe|donne|cede) la (?:parole|main)",
        r"je te laisse (?:repondre|continuer|presenter|expliquer|raconter|prendre|poursuivre)",
        r"je passe la (?:parole|main)",
        r"la parole est a",
        r"a toi(?: la parole| de jouer)?",
        r"tu (?:prends|peux prendre|veux prendre) (?:la suite|le relais|la parole)",
        r"tu (?:veux|peux|voudrais) (?:nous |leur |lui |y )?(?:dire|ajouter|expliquer|repondre|raconter|presenter)",
        r"vas-y",
        r"(?:mon|ma) collegue (?:va|peut)",
    ),
    "es": (
        r"(?:te|le) (?:paso|cedo|doy|dejo) la palabra",
        r"paso la palabra",
        r"(?:es )?tu turno",
        r"te toca(?: a ti)?",
        r"(?:sigues|continuas|sigue|continua|cuentas|explicas|contestas|tomas) tu",
        r"quieres (?:\w+ )?(?:seguir|contar|contarlo|anadir|explicar|explicarlo|decir|contestar|tomar)",
        r"adelante",
        r"mi (?:companero|companera|colega) (?:va|puede)",
    ),
    "it": (
        r"(?:ti )?(?:passo|lascio|cedo) la parola",
        r"(?:tocca )?a te",
        r"(?:continui|prosegui|rispondi|spieghi) tu",
        r"vuoi (?:\w+ )?(?:continuare|dire|aggiungere|spiegare|rispondere)",
        r"(?:il mio|la mia) collega (?:puo|vi)",
    ),
    "nl": (
        r"geef (?:\w+ ){0,2}(?:het woord|over|door)",
        r"(?:het )?woord is aan",
        r"draag (?:\w+ ){0,2}over",
        r"neem (?:jij |je )?(?:\w+ ){0,2}over",
        r"(?:wil|kan|kun|zou) (?:jij|je) (?:\w+ ){0,3}(?:overnemen|zeggen|toelichten|vertellen|uitleggen|aanvullen)",
        r"(?:vertel|zeg) jij",
        r"aan jou",
        r"jij bent aan de beurt",
        r"ga je gang",
        r"mijn collega (?:zal|kan|gaat)",
    ),
    "pt": (
        r"(?:passo|dou|cedo)(?:-te|-lhe)? a palavra",
        r"a palavra e (?:sua|tua)",
        r"e a (?:sua|tua) vez",
        r"(?:continuas|explicas|respondes) tu",
        r"quer(?:es)? (?:\w+ )?(?:continuar|dizer|acrescentar|explicar|responder)",
        r"(?:o meu|a minha|meu|minha) colega (?:vai|pode)",
    ),
}
"""Phrases that hand over without a name, by language, as regular expressions on folded text (no accents)."""

TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mister", "dr", "doctor", "herr", "herrn", "frau", "monsieur", "madame", "m", "mme"}
    | {"senor", "senora", "sr", "sra", "don", "dona"}
)
ALSO_WORDS = frozenset(
    {
        "will",
        "mark",
        "may",
        "bill",
        "grant",
        "chase",
        "frank",
        "rich",
        "drew",
        "sue",
        "rob",
        "pat",
        "skip",
        "art",
        "guy",
    }
    | {
        "dean",
        "rose",
        "grace",
        "hope",
        "faith",
        "joy",
        "dawn",
        "june",
        "april",
        "august",
        "jack",
        "nick",
        "miles",
        "max",
    }
    | {
        "ernst",
        "wolf",
        "rosa",
        "clara",
        "claire",
        "blanche",
        "pierre",
        "victor",
        "angel",
        "luz",
        "sol",
        "paz",
        "mercedes",
    }
)
"""First names that are words as well: at the start of a sentence they name somebody only with a mark behind them."""
SHORTEST_FUZZY = 4
TWO_OFF_FROM = 5

_HAND_OVER = re.compile("|".join(rf"(?<!\w)(?:{phrase})(?!\w)" for group in HAND_OVER.values() for phrase in group))
_THANK = r"(?:thanks|thank you|danke|dank|merci|gracias|bedankt|grazie|obrigad[oa])"
_THANKS_BEFORE = re.compile(
    rf"(?:^| ){_THANK}(?: (?:a lot|so much|very much|again|dir|ihnen|schon|sehr|beaucoup|je|u|wel|mille))*$"
)
_THANKS_AFTER = re.compile(rf"{_THANK}(?: |$)")
_SOUNDS = str.maketrans({"c": "k", "q": "k", "z": "s", "v": "f", "j": "i"} | dict.fromkeys("aeiouyhw", ""))


@dataclass(frozen=True, slots=True)
class Names:
    """What everybody on a call may be called, by their key: full names, first names, aliases."""

    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    _forms: tuple[tuple[str, tuple[str, ...]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        forms = dict.fromkeys((who, tokens(name)) for who, names in self.names.items() for name in names)
        object.__setattr__(self, "_forms", tuple((who, form) for who, form in forms if form))

    def named(self, words: Sequence[Word]) -> tuple[str, ...]:
        """The keys of everybody that `words` name, in the order in which each is named last.

        Who is only thanked ("Thank you, Marcus.") is not named: that ends somebody's part and begins nothing.
        """
        spoken = _Spoken.of(words)
        found: dict[str, None] = {}
        for i in range(len(spoken.tokens)):
            for who in () if spoken.thanks(i) else self._at(spoken, i):
                found.pop(who, None)
                found[who] = None
        return tuple(found)

    def _at(self, spoken: _Spoken, i: int) -> tuple[str, ...]:
        """Who is named by the word at `i`, or by those that begin there."""
        exact = {who for who, form in self._forms if spoken.has(form, i)}
        exact |= {who for who, form in self._forms if len(form) > 1 and spoken.titled(form[-1], i)}
        word = spoken.tokens[i]
        if exact or not spoken.cased or not spoken.may_name(i) or word in ALSO_WORDS:
            return tuple(sorted(exact))
        near = {who for who, form in self._forms if len(form) == 1 and sounds_like(word, form[0])}
        return tuple(near) if len(near) == 1 else ()


@dataclass(frozen=True, slots=True)
class _Spoken:
    """Words made ready to look for names: each folded and without a possessive, as it was written, and where
    sentences begin."""

    tokens: tuple[str, ...]
    written: tuple[str, ...]
    begins: tuple[bool, ...]
    cased: bool

    @staticmethod
    def of(words: Sequence[Word]) -> _Spoken:
        pairs = [(token, word.text) for word in words for token in tokens(word.text)]
        begins = [i == 0 or pairs[i - 1][1].endswith(SENTENCE_END) for i in range(len(pairs))]
        plain = tuple(re.sub(r"'s?$", "", token) for token, _ in pairs)
        return _Spoken(plain, tuple(w for _, w in pairs), tuple(begins), any(c.isupper() for _, w in pairs for c in w))

    def may_name(self, i: int) -> bool:
        """Whether the word at `i` is written as a name is."""
        first = next((c for c in self.written[i] if c.isalpha()), "")
        return not self.cased or not first.islower()

    def has(self, form: Sequence[str], i: int) -> bool:
        """Whether a name begins at `i`."""
        said = self.tokens[i : i + len(form)]
        genitive = (*form[:-1], form[-1] + "s") if len(form[-1]) >= SHORTEST_FUZZY else form  # "Danas Frage"
        if said not in (tuple(form), genitive) or not self.may_name(i):
            return False
        if len(form) > 1 or form[0] not in ALSO_WORDS:
            return True
        marked = self.written[i][-1] in ",.?!:;–…"
        return marked or (self.cased and not self.begins[i])

    def thanks(self, i: int) -> bool:
        """Whether thanks stand before or after the word at `i`, in a sentence that asks nothing."""
        end = next((word for word in self.written[i:] if word.endswith(SENTENCE_END)), "")
        before, after = " ".join(self.tokens[max(0, i - 5) : i]), " ".join(self.tokens[i + 1 : i + 3])
        return not has_mark(end) and bool(_THANKS_BEFORE.search(before) or _THANKS_AFTER.match(after))

    def titled(self, surname: str, i: int) -> bool:
        """Whether the word at `i` is a surname after a title."""
        return i > 0 and self.tokens[i] == surname and self.tokens[i - 1] in TITLES


def sounds_like(word: str, name: str) -> bool:
    """Whether a word may be `name` in the recogniser's spelling; both folded."""
    if min(len(word), len(name)) < SHORTEST_FUZZY or consonants(word) != consonants(name):
        return False
    return distance(word, name) <= (2 if len(name) >= TWO_OFF_FROM and word[0] == name[0] else 1)


def consonants(word: str) -> str:
    """What is left of a word when letters that sound alike are one, and vowels and doublings are gone."""
    plain = word.replace("ph", "f").replace("ck", "k").replace("th", "t")
    return re.sub(r"(.)\1+", r"\1", plain).translate(_SOUNDS)


def distance(a: str, b: str) -> int:
    """Letters to put in, take out or change to make one word of the other (Levenshtein's distance)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def hands_over(words: Sequence[Word]) -> bool:
    """Whether one of the phrases that hand over is said."""
    return bool(_HAND_OVER.search(folded(" ".join(word.text for word in words))))
