"""Who words name: as people write names, as a recogniser may spell them, and where a word is no name at all."""

from __future__ import annotations

import pytest

from analyzer.lead.addressing import Names, distance, hands_over, sounds_like
from analyzer.timeline import Span, Word

NAMES = Names(
    {
        "S": ("Dana Reyes", "Dana"),
        "M": ("Marcus Webb", "Marcus", "Mack"),
        "X": ("Priya Nair", "Priya"),
        "W": ("Will Ott", "Will"),
        "A": ("Ann Lee", "Ann"),
        "B": ("Anna Brandt", "Anna"),
        "": ("", " "),
    }
)


def spoken(line: str) -> tuple[Word, ...]:
    return tuple(Word(Span(10 * i, 10 * i + 9), text) for i, text in enumerate(line.split()))


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("Marcus, go on.", ["M"]),
        ("what MÁRCUS said", ["M"]),  # accents and case do not count
        ("as Marcus's team says", ["M"]),
        ("Danas Vorschlag", ["S"]),
        ("what Marcus Webb said", ["M"]),
        ("Mack, go on.", ["M"]),
        ("what Webb said", []),  # a surname alone is too little
        ("Herr Webb, was kostet das?", ["M"]),
        ("Marcusson, go on.", []),
        ("Markus, go on.", ["M"]),
        ("Prea, would you?", ["X"]),
        ("Prior to that, no.", []),
        ("Dayna, would you?", ["S"]),
        ("Done. And then?", []),
        ("Ann, would you?", ["A"]),  # whose name it is, it names alone
        ("Anna, would you?", ["B"]),
        ("Will you send it?", []),
        ("and it will cost", []),
        ("Will, would you?", ["W"]),
        ("so Will would know", ["W"]),
        ("marcus what do you think", ["M"]),  # a recogniser without capitals
        ("Dana and Marcus, Dana first.", ["M", "S"]),  # in the order in which they are named last
        ("Thank you, Marcus.", []),  # who is thanked is not asked for more
        ("Danke dir, Marcus, das hilft.", []),
        ("And Marcus, thanks for the answer.", []),
        ("Thanks, Marcus. Dana, and the price?", ["S"]),
        ("Thanks Marcus, could you show that?", ["M"]),
        ("Thanks to Marcus we know.", ["M"]),
        ("nobody at all", []),
    ],
)
def test_who_is_named(line: str, named: list[str]) -> None:
    assert list(NAMES.named(spoken(line))) == named


def test_a_spelling_near_two_names_names_neither() -> None:
    assert Names({"1": ("Marc",), "2": ("Marke",)}).named(spoken("So Mark, go on.")) == ()
    assert Names({"1": ("Marc",)}).named(spoken("So Marck, go on.")) == ("1",)


@pytest.mark.parametrize(
    ("line", "hands"),
    [
        ("Over to you.", True),
        ("Do you want to take this one?", True),
        ("I will let you take it from here.", True),
        ("The floor is yours.", True),
        ("We hand over to the operations team.", False),
        ("It takes an hour from here.", False),
        ("Ich übergebe an dich.", True),
        ("Magst du das kurz zeigen?", True),
        ("Wir übernehmen die Kosten.", False),
        ("Je te laisse la parole.", True),
        ("À toi.", True),
        ("Te paso la palabra.", True),
        ("Adelante.", True),
        ("Do you want to add something?", True),
        ("Why don't you take that?", True),
        ("You're up.", True),
        ("Das übernimmst am besten du.", True),
        ("Ich gebe mal ab an die Technik.", True),
        ("Wir machen das so wie du.", False),
        ("Je te laisse répondre.", True),
        ("¿Nos lo explicas tú?", True),
        ("Wil jij dat even overnemen?", True),
        ("Ik geef het woord aan mijn collega.", True),
        ("Ti passo la parola.", True),
        ("Passo a palavra ao colega.", True),
        ("Do you want to buy it?", False),
    ],
)
def test_phrases_that_hand_over(line: str, hands: bool) -> None:
    assert hands_over(spoken(line)) is hands


def test_how_far_words_are_apart() -> None:
    assert (distance("marcus", "markus"), distance("", "abc"), distance("kitten", "sitting")) == (1, 3, 3)
    assert not sounds_like("dan", "dana")  # too short to tell
    assert not sounds_like("prior", "priya")
