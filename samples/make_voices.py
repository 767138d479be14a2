"""Makes the enrolment clips of the sample calls' people, for the roster `voices/team.toml` beside them.

    python make_voices.py

Every clip is words that nobody says in a sample call, spoken anew by the same synthetic voice, drier than in the calls
and with less noise: another microphone. Needs what `make_samples.py` needs, and is as repeatable.
"""

from __future__ import annotations

import numpy as np
from make_samples import (
    GRID,
    HERE,
    PEOPLE,
    RATE,
    Recipe,
    Say,
    encoded,
    flite,
    hibari,
    in_a_room,
    no_louder,
    noise,
    piper_joe,
    speak,
    write,
)

WORDS = {
    "Dana": (
        "The museum opens at nine and closes when the last visitor has gone. On Sundays there is a guided walk through "
        "the gardens. Bring a coat, because the wind comes straight from the harbour.",
        "My neighbour keeps seven hens and a very old goat. Every spring she paints the fence a new colour. This year "
        "it is yellow, and you can see it from the bridge.",
    ),
    "Marcus": (
        "We walked along the river until the path ended at a mill. The wheel still turns, although nobody has milled "
        "flour there for sixty years. My daughter counted eleven herons.",
        "To bake this bread you need patience more than skill. Let the dough rest over night in a cool room. In the "
        "morning, fold it twice and heat the oven.",
    ),
    "Ray": (
        "The library has moved to the old station. You can read on the platform, and the clock above the door is still "
        "two minutes slow. Children like the signal box best.",
        "It rained for nine days, and on the tenth we went out to look at the field. Half of the potatoes were fine. "
        "The other half we gave to the pigs.",
    ),
    "Alistair": (
        "There are three ways up the mountain. The shortest is steep and stony, the longest goes through the forest. "
        "We took the middle one and were back before the storm.",
    ),
    "Priya": (
        "The choir meets on Tuesdays in the school hall. We sing old songs and a few new ones, and afterwards there is "
        "tea. Nobody has to read music to join.",
        "Last winter the lake froze from shore to shore. People skated to the island and lit a fire there. By the "
        "evening half the town had come.",
    ),
}


def voice(who: str, seed: int) -> Say:
    """The synthetic voice of a person, as in the calls."""
    person = PEOPLE[who]
    if person.voice == "heart":
        return hibari(person.pace)
    return piper_joe(person.pace, seed) if person.voice == "joe" else flite(person.voice, person.pace, person.pitch)


def main() -> None:
    """Makes all clips."""
    (HERE / "voices").mkdir(exist_ok=True)
    for seed, (who, texts) in enumerate(WORDS.items(), 101):
        person, say = PEOPLE[who], voice(who, seed)
        for number, words in enumerate(texts, 1):
            rng = np.random.default_rng([seed, number])
            said = speak(words, say, person.level, rng)
            margin = np.zeros(40 * GRID)
            sound = in_a_room(np.concatenate([margin, said, margin]), person.wet - 5, rng)
            sound = no_louder(sound + noise(len(sound), -68.0, rng))
            name = f"{person.name.lower().replace(' ', '-')}-{number}.ogg"
            write(HERE / "voices" / name, encoded(sound, RATE, Recipe(name, 10 * seed + number)))
            print(f"{name}: {len(sound) / RATE:.2f} s")


if __name__ == "__main__":
    main()
