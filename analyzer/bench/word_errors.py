"""Words against the truth: cpWER, the word errors when each speaker's words are strung together, matched to a person.

Computed by meeteval, an optional package. True words come from `NAME.stm` beside a recording. Case, punctuation and
the marks of the transcribers do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from analyzer.errors import BadFileError
from analyzer.speech.recognition import Recognition
from analyzer.talk.rates import Rate
from analyzer.talk.words import words_by_speaker

HOW = "pip install 'analyzer[bench]'"
"""How to get meeteval."""
_FIELDS = 5
"""Of an STM line, those before the words: recording, channel, person, start and end."""
_MARKS = re.compile(r"<[^>]*>|\([^)]*\)|[^\w' ]")


def can_score_words() -> bool:
    """Whether meeteval is installed."""
    return find_spec("meeteval") is not None


def normalised(text: str) -> str:
    """`text` in lower case, without punctuation; apostrophes stay, underscores and hyphens part words."""
    return " ".join(_MARKS.sub(" ", text.lower().replace("_", " ").replace("’", "'")).split())


def read_stm(path: Path) -> dict[str, str]:
    """Everybody's words, in order of time, normalised.

    Raises:
        BadFileError: it cannot be read, or a line is not what it should be.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError(f"cannot be read ({error})", where=path, todo="Make it readable") from error
    said: list[tuple[float, str, str]] = []
    for number, line in enumerate(lines, 1):
        fields = line.split(maxsplit=_FIELDS)
        if not fields or line.startswith(";;"):
            continue
        try:
            said.append((float(fields[3]), fields[2], fields[_FIELDS] if len(fields) > _FIELDS else ""))
        except (IndexError, ValueError) as error:
            raise BadFileError(
                "not a line with a person, a start and an end in seconds, and words",
                where=f"{path}, line {number}",
                todo="Write: call 1 name start end words",
            ) from error
    return _strung((who, text) for _, who, text in sorted(said, key=lambda one: one[0]))


def words_of(recognition: Recognition) -> dict[str, str]:
    """Each speaker's words, in order of time, normalised; a word of no one counts as another speaker's."""
    words = recognition.transcript.words if recognition.transcript is not None else ()
    return _strung((who, word.text) for who, word in words_by_speaker(words, recognition.diarization.exclusive))


def _strung(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    parts: dict[str, list[str]] = {}
    for who, text in said:
        parts.setdefault(who, []).append(normalised(text))
    return {who: " ".join(filter(None, texts)) for who, texts in parts.items()}


def word_error(true: Mapping[str, str], found: Mapping[str, str]) -> Rate:
    """cpWER: wrong words over true ones. meeteval must be there."""

    if not true or not found:
        words = sum(len(text.split()) for text in true.values())
        return Rate(words or sum(len(text.split()) for text in found.values()), words)
    # Speakers' words are in order already; by name, because the package need not be there.
    measure = import_module("meeteval.wer").cp_word_error_rate
    error = measure(dict(true), dict(found), reference_sort=False, hypothesis_sort=False)
    return Rate(int(error.errors), int(error.length))
