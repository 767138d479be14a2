"""Which sentences are questions: by their mark, and without one by their form.

A recogniser writes a full stop after many a question, and sometimes nothing at all. A sentence without a question mark
counts where its first words leave no doubt ("may I see", "wie viele haben", "est-ce que"). So the number is of
questions that are at least there: one that only its tune tells ("You have three depots.") is not found.

What is said of a question is none: only the beginning of a sentence counts, so "I asked would you come" does not, nor
"how we do it is simple". A few words may stand before it ("So, Dana, could you …"), and in English a clause that leads
up to it ("If it works, how long does …"), unless they report speech ("he said, would you …"). Nor do phrases count that
have the form and ask nothing ("would you believe", "what matters is"), an echo without another word ("Do you."), or a
sentence that ends in "!" or "…": it was called out, or not finished.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.talk.words import UTTERANCE_PAUSE
from analyzer.timeline import Word

_MARK = re.compile(r"[?？؟]\W*$")
_END = re.compile(r"[.?!…？؟。]\W*$")
_NO_QUESTION = re.compile(r"(?:!|…|\.\.)\W*$")

_AUX = r"(?:do|does|did|is|are|was|were|can|could|will|would|should|shall|have|has|may|might)"
_WHO = r"(?:i|you|we|they|he|she|it|there|this|that|these|those|anyone|anybody|someone|somebody|everyone|everybody)"
_THE = r"(?:the|your|our|their|his|her|my|any)"

FORMS = {
    "en": (
        r"may (?:i|we)(?! (?:just |also )?(?:say|add|remind))",
        r"(?:shall|should) (?:i|we)",
        r"(?:do|have|are) (?:i|you|we|they)",
        r"(?:am|could|can|would|will|did) i",
        r"(?:did|could|can|would|will) (?:you|we|they|he|she|it|this|that|there|anyone|anybody|someone|somebody)",
        r"(?:did|could|can|would|will) (?:the|your|our|their)",
        r"(?:does|has|is|was) (?:he|she|it|there|this|that|anyone|anybody|someone|somebody|everyone|everybody)",
        r"(?:has|is|was) (?:the|your|our|their|everything|anything)",
        r"does \w+",
        r"are (?:there|these|those|the|your|our)",
        r"were (?:you|they|there|these|those|the|your) (?!to\b)",
        rf"(?:don't|doesn't|didn't|isn't|aren't|wasn't|can't|couldn't|won't|wouldn't|shouldn't|haven't|hasn't) {_WHO}",
        rf"(?:how|why|where|when|what|who) {_AUX} (?:{_WHO}|{_THE})",
        rf"(?:how|why) (?:don't|doesn't|didn't|isn't|can't|couldn't|wouldn't) {_WHO}",
        rf"(?:how|what) (?!{_WHO}|{_THE})(?:\w+ ){{1,3}}?(?:do|does|did|can|could|will|would|have|are|is) {_WHO}",
        rf"which (?!{_WHO}|{_THE})(?:\w+ ){{0,3}}?{_AUX} (?:{_WHO}|{_THE})",
        r"(?:what|how) about",
        r"how come",
        r"why not",
        r"(?:what|who) else",
        r"what if",
        r"(?:what's|where's|who's|how's) (?:the|your|our|their|his|her|that|this|it|next|stopping|missing|wrong)",
        r"(?:who|what) (?:is|are|was|were|can|could|will|would|should|does|did|has|\w+s)",
        r"(?:who|what) (?:\w+ed|made|brought|took|kept|got|told|gave) (?:you|your|them|him|her|us)",
        rf"how (?:many|much|long|often|far|soon|big|large) (?:\w+ ){{0,3}}?{_AUX} (?:{_WHO}|{_THE})",
    ),
    "de": (
        r"(?:haben|können|könnten|möchten|wollen|würden|sind|hätten|werden|dürfen|sollen|brauchen|kennen|wären) sie",
        r"(?:kannst|könntest|hast|bist|willst|möchtest|würdest|magst|weißt|meinst|glaubst|brauchst|darfst|kennst) du",
        r"(?:habt|könnt|könntet|seid|wollt|würdet|möchtet|braucht) ihr",
        r"(?:darf|kann|könnte|soll|sollte) (?:ich|man|er)",
        r"(?:können|könnten|sollen|sollten|wollen|dürfen|müssen) wir",
        r"(?:gibt|geht|passt|reicht|funktioniert|klappt|stimmt) (?:es|das|der|die|ihnen|dir|etwas)",
        r"(?:ist|war|wäre|hat|kann|wird) (?:das|ihr|ihre|dieser|diese|dieses|jemand)",
        r"(?:wie|was|wann|wo|warum|wieso|weshalb|woher|wohin|womit|wofür|worauf|woran|wer|wen|wem)"
        r" (?:ist|sind|war|waren|wäre|haben|hat|hatte|hatten|hätten|können|kann|könnte|könnten|wird|werden|würde|würden"
        r"|soll|sollen|sollte|sollten|muss|müssen|darf|dürfen|machen|macht|geht|gibt|kostet|kosten|läuft|heißt|meinen"
        r"|halten|denken|passiert|brauchen|möchten|wollen|entscheidet|bezahlt|misst|sieht|kommt|funktioniert|bist|hast"
        r"|kannst|machst|willst|denkst|meinst|hältst|glaubst|liegt|liegen|fehlt|spricht|gefällt)",
        r"(?:wie (?:viel|viele|lange|oft|hoch|groß|weit|schnell)|welche[rsnm]?|was für) (?:\w+ ){0,3}?"
        r"(?:haben|hat|ist|sind|können|kann|wird|werden|würden|brauchen|nutzen|dauert|kostet|müssen|hast|habt)"
        r" (?:sie|wir|ihr|das|es|du|er|die|der)",
    ),
    "fr": (
        r"est-ce (?:que|qu'\w+)",
        r"qu'est[- ]ce (?:que|qui|qu'\w+)",
        r"(?:(?:les?|la|en|y|nous) )?(?:avez|aviez|auriez|pouvez|pourriez|voulez|voudriez|savez|connaissez|pensez|êtes"
        r"|étiez|seriez|souhaitez|utilisez|devez|aimez|aimeriez|travaillez|allez|faites|croyez|voyez|comptez|parlez"
        r"|préférez|dites)-vous",
        r"(?:peux|veux|as|es|sais|penses|pourrais|voudrais|vas|dois|crois|aimes|travailles)-tu",
        r"(?:avons|pouvons|pourrions|devons)-nous",
        r"(?:peut|pourrait|doit|va|fait)-on",
        r"(?:puis|pourrais|dois)-je",
        r"(?:y )?a-t-(?:il|elle|on)",
        r"(?:est|était|serait|sont)-(?:ce|il|elle|ils|elles)",
        r"(?:comment|pourquoi|quand|où|combien|qui|que|à qui|quels?|quelles?) (?:\w+ ){0,3}?"
        r"\w+-(?:vous|tu|il|elle|ils|elles|on|nous|je|ce)",
        r"(?:comment|où|combien) (?:va|vont|ça|coûte|est|sont)",
        r"quel(?:le)?s? (?:est|sont|était|serait|seraient)",
        r"qui (?:paye|paie|décide|signe|répond|mesure)",
    ),
    "es": (
        r"(?:cómo|cuándo|dónde|cuánto|cuántos|cuánta|cuántas|quién|quiénes|cuál|cuáles) \w+",
        r"(?:por|para) qué \w+",
        r"qué (?:es|son|hay|tal|pasa|pasó|pasaría|le|les|te|opina|opinas|piensa|piensas|necesita|necesitan|haces|hace"
        r"|quiere|quieres|significa|tipo|va|vas|puedo|puede|podemos)",
        r"(?:puede|podría|quiere|tiene|está|cree|sabe) usted",
        r"(?:tienen|pueden|podrían|quieren|están|creen|saben) ustedes",
    ),
    "it": (
        r"come (?:mai|va|vanno|sta|stai|state|stanno|funziona|ti chiami|si chiama)",
        r"dove (?:sei|siete|lavori|lavora|abiti|vivi|possiamo|posso)",
        r"(?:che cosa|cosa) (?:fai|fate|fa|ne pensi|ne pensa|ne pensate|pensa|pensi|hai|avete|vuoi|vuole|volete|succede"
        r"|significa|possiamo|posso|intende|intendi|ti|vi|è|c'è)",
        r"che (?:tipo|lavoro|genere|ore|ne pensi|ne pensa|ne pensate)",
        r"quant[oaie] (?:\w+ )?(?:costa|costano|hai|ha|avete|ci sono|ci vuole)",
        r"(?:qual è|quali sono|chi è|chi sono|chi paga|chi decide|dov'è|com'è|cos'è)",
    ),
    "nl": (
        r"(?:kunt|kun|wilt|wil|heeft|heb|bent|zou|zult|weet|denkt|denk|mag|vindt|vind) (?:u|je|jij)",
        r"(?:kunnen|zullen|mogen|willen|hebben|zijn) (?:jullie|wij|we)",
        r"(?:mag|kan|zal) ik",
        r"(?:hoe|wat|wanneer|waar|waarom|wie) (?:is|zijn|was|heb|hebt|heeft|hebben|kan|kunt|kun|kunnen|wil|wilt|willen"
        r"|zou|doet|doe|gaat|gaan|vindt|vind|denkt|denk|bedoelt|bedoel|kost|kosten|gebeurt|moet|moeten|betaalt)",
        r"(?:hoe (?:veel|lang|vaak|groot|ver)|hoeveel|welke) (?:\w+ ){0,3}?"
        r"(?:hebben|heeft|heb|is|zijn|kan|kunnen|duurt|kost|moeten) (?:u|jullie|je|we|het|dat|ze|de)",
        r"is (?:dat|er|het|dit)",
    ),
    "pt": (
        r"será que",
        r"(?:por que|como|onde|quando) (?:é que|você|vocês)",
        r"como (?:funciona|vai|está|estão)",
        r"(?:quantos|quantas) \w+ (?:você|vocês|são|tem|têm|há)",
        r"(?:quanto|quanta) (?:custa|custam|tempo|é)",
        r"o que (?:é que|você|vocês|acha|acham|aconteceu|acontece|significa|houve)",
        r"(?:qual|quais) (?:é|são|foi|seria)",
        r"quem (?:é|são|foi|vai|decide|paga|pode)",
    ),
}
"""How questions begin, by language, as regular expressions on words in lower case without marks.

All languages are looked for at once: a call may change its language, and no form of one says something else in another.
"""

_ASKS_NOTHING = (
    r"(?:would|can|could|do|don't) you (?:believe|imagine|worry|dare|mind you|look at (?:that|this))",
    r"(?:do|did) you know what i mean",
    r"can i (?:just )?say",
    r"what (?:do|did) (?:you|i) know",
    r"(?:who|god) knows|who cares",
    r"(?:what|who|how|where|why|when)\b.* (?:is|was|are|were|depends|matters)\b.* (?:is|was|are|were|depends)\b",
    r"(?:what|who) (?!is|was|does|has)\w+(?:s|ed)\b.* (?:is|was|are|were)\b",
    r"how\b.* (?:depends|doesn't matter|is up to)\b",
)
"""What has the form of a question and asks nothing. The last are clauses that another sentence is about ("what was good
was the price")."""

_LEAD_IN = {
    "en": "and so but or well okay ok right yeah yes no um uh now then sorry please oh hey alright actually",
    "de": "und aber oder ja nein gut okay äh ähm entschuldigung hallo",
    "fr": "et mais ou alors donc oui non bon euh bonjour salut d'accord",
    "es": "y pero o bueno entonces sí no hola",
    "it": "e ma o allora quindi sì no ciao ok",
    "nl": "en maar of ja nee hallo",
    "pt": "e mas ou então sim não olá",
}
"""Words that may stand before a question without a comma, by language."""
_REPORTS = re.compile(
    r"\b(?:say|says|said|saying|ask|asks|asked|asking|tell|tells|told|wonder\w*|think|thought|like|goes|went|wrote|know"
    r"|sag\w*|frag\w*|mein\w*|dacht\w*|wei(?:ß|ss)|wissen|dit|disait|demand\w*|sais|sait|dijo|dice|pregunt\w*|sé"
    r"|disse|chied\w*|chiest\w*|so che|zei|zegt|vraag\w*|vroeg\w*|weet|pergunt\w*|sei)\b"
)
_LEADS_UP = frozenset(
    ("if", "when", "once", "before", "after", "since", "given", "because", "in", "at", "for", "with", "on")
)
"""With these begins an English clause that a question may follow, after a comma. In German a statement would follow."""
_STATES = frozenset(
    ("wenn", "wie", "als", "falls", "sobald", "nachdem", "da", "weil", "wanneer", "toen", "omdat", "zoals")
)
"""Behind a German or Dutch clause that begins with one of these, words in a question's order state something."""
_LEAD_IN_WORDS = 3
"""Words before a comma that may stand before a question: "Good, Dana, could you"."""
_LEAST_WORDS = 3
_MOST_WORDS = 40
"""Without marks a "sentence" may go on for minutes, and only its beginning is looked at."""

_FORMS = {language: re.compile(rf"(?:{'|'.join(forms)})(?![\w'-])") for language, forms in FORMS.items()}
_NOTHING = re.compile(rf"(?:{'|'.join(_ASKS_NOTHING)})")


def has_mark(text: str) -> bool:
    """Whether a question mark is among the marks at the end."""
    return bool(_MARK.search(text))


def questions(words: Sequence[Word]) -> tuple[int, ...]:
    """The places in `words`, one person's in time order, of the last word of each question."""
    marks = any(_END.search(word.text) for word in words)
    return tuple(
        end - 1
        for start, end in _sentences(words, marks)
        if has_mark(words[end - 1].text) or (_is_whole(words, start, marks) and _has_form(words[start:end]))
    )


def count_questions(words: Sequence[Word]) -> int:
    """How many questions are at least put: sentences with a question mark, or with the form of a question."""
    return len(questions(words))


def asks(words: Sequence[Word]) -> bool:
    """Whether a question is put."""
    return bool(questions(words))


def asks_last(words: Sequence[Word]) -> bool:
    """Whether the last sentence is a question, and was finished."""
    return bool(words) and bool(_END.search(words[-1].text)) and len(words) - 1 in questions(words)


def _is_whole(words: Sequence[Word], start: int, marks: bool) -> bool:
    """Whether a sentence begins at `start`: `words` may begin in the middle of one, with a small letter then."""
    return start > 0 or not (marks and words[0].text[:1].islower())


def _sentences(words: Sequence[Word], marks: bool) -> Iterator[tuple[int, int]]:
    """First place and end of each sentence. A pause of a second ends one, unless it goes on with a small letter where
    there are marks."""
    start = 0
    for i in range(1, len(words) + 1):
        if i < len(words) and not _END.search(words[i - 1].text):
            paused = words[i].span.start - words[i - 1].span.end > UTTERANCE_PAUSE
            if not paused or (marks and words[i].text[:1].islower()):
                continue
        if i > start:
            yield start, i
        start = i


def _has_form(sentence: Sequence[Word]) -> bool:
    """Whether the first words of a sentence without a question mark make it a question."""
    if _NO_QUESTION.search(sentence[-1].text):
        return False
    plain = [_plain(word.text) for word in sentence[:_MOST_WORDS]]
    return any(
        _begins_question(plain[i:], sentence[i:], form)
        for language, form in _FORMS.items()
        for i in _beginnings(plain, sentence, language)
    )


def _beginnings(plain: Sequence[str], sentence: Sequence[Word], language: str) -> Iterator[int]:
    """Where in a sentence its question may begin."""
    lead_in = _LEAD_IN[language].split()
    at = 0
    while at < len(plain) and plain[at] in lead_in:
        yield at
        at += 1
    yield at
    if at < len(plain) and plain[at] in _STATES:
        return
    led_up = language == "en" and at < len(plain) and plain[at] in _LEADS_UP
    for i in range(at, len(plain) - 1):
        if sentence[i].text.endswith(",") and (led_up or i - at < _LEAD_IN_WORDS):
            if _REPORTS.search(" ".join(plain[: i + 1])):
                return
            yield i + 1


def _begins_question(plain: Sequence[str], sentence: Sequence[Word], form: re.Pattern[str]) -> bool:
    text = " ".join(plain)
    found = form.match(text)
    if found is None or len(plain) < _LEAST_WORDS or _NOTHING.match(text):
        return False
    length = len(found.group().split())  # "Is it." repeats what somebody said; a mark within it makes it two sentences
    goes_on = len(plain) > length or length >= _LEAST_WORDS
    return goes_on and not any(word.text.endswith((",", ";", ":")) for word in sentence[:length])


def _plain(text: str) -> str:
    return text.lower().replace("’", "'").strip('.,;:!?¿¡…"“”„«»()')
