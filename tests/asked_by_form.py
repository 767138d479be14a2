"""How well questions are told without their mark: `python -m tests.asked_by_form FILE...`.

A file is a call of `samples` (`start end Name: words`), calls as `tests.agenda_calls` reads them, or one utterance a
line. Each question mark becomes a full stop, and the rest of the punctuation stays; what is then found to be a question
is held against the marks. One JSON line a file and language: how many sentences and questions there are, how many are
`found`, how many of them `right`, and precision and recall in percent. `--wrong` prints the sentences that are wrong,
`--missed` those that are missed.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from analyzer.talk.asked import questions
from analyzer.timeline import Span, Word, samples

WORD = samples(0.4)


def utterances(path: Path) -> Iterator[tuple[str, str]]:
    """Language ("" where the file does not say) and words of each utterance."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        for call in json.loads(text):
            yield from ((call["language"], line["text"]) for line in call["lines"])
        return
    for line in text.splitlines():
        yield "", re.sub(r"^[\d.]+ [\d.]+ [^:]+: ", "", line)


def words(text: str) -> list[Word]:
    return [Word(Span(WORD * i, WORD * (i + 1)), word) for i, word in enumerate(text.split())]


def main() -> None:
    options = {one for one in sys.argv[1:] if one.startswith("--")}
    for name in (one for one in sys.argv[1:] if one not in options):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for language, text in utterances(Path(name)):
            spoken = words(text)
            ends = [i for i, word in enumerate(spoken) if word.text.endswith((".", "?", "!", "…"))]
            true = {i for i in ends if spoken[i].text.endswith("?")}
            found = set(questions(words(text.replace("?", "."))))
            counts[language].update(sentences=len(ends), questions=len(true), found=len(found), right=len(found & true))
            for option, places in (("--wrong", found - true), ("--missed", true - found)):
                for i in sorted(places) if option in options else ():
                    start = max((end + 1 for end in ends if end < i), default=0)
                    print(f"{option[2:]}:", *(word.text for word in spoken[start : i + 1]))
        for language, count in counts.items():
            rates = {
                "precision": round(100 * count["right"] / max(1, count["found"]), 1),
                "recall": round(100 * count["right"] / max(1, count["questions"]), 1),
            }
            print(json.dumps({"file": Path(name).name, "language": language, **count, **rates}))


if __name__ == "__main__":
    main()
