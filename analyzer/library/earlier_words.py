"""Keywords that agenda items had in the plans of earlier calls, by their titles: what `plan check` offers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path

from analyzer.call.folder import CALL_FILE, CallFolder
from analyzer.debrief.results import read_call
from analyzer.errors import AnalyzerError
from analyzer.people.names import folded

MOST_CALLS = 200
"""How many calls are read, the last ones first: each is a file of up to some hundred kilobytes."""
MOST_WORDS = 5


def earlier_keywords(out: Path, titles: Collection[str]) -> dict[str, tuple[str, ...]]:
    """For each of `titles` that an earlier call in `out` had, its keywords; those by which it was found come first.

    Results that cannot be read are passed over: `library check` tells of them.
    """
    wanted = {folded(title): title for title in titles}
    counts: dict[str, Counter[str]] = {}
    for folder in _latest(out):
        try:
            plan = read_call(folder).plan
        except (AnalyzerError, OSError):
            continue
        for item in plan.agenda if plan is not None else ():
            if (title := wanted.get(folded(item.title))) is not None:
                worth = MOST_CALLS if item.found_by == "transcript" else 1
                counts.setdefault(title, Counter()).update(dict.fromkeys(item.keywords, worth))
    return {title: tuple(word for word, _ in words.most_common(MOST_WORDS)) for title, words in counts.items() if words}


def _latest(out: Path) -> list[CallFolder]:
    dated = []
    for path in out.glob(f"*/{CALL_FILE}"):
        try:
            dated.append((path.stat().st_mtime_ns, path))
        except OSError:  # it was removed just now
            continue
    return [CallFolder(path.parent) for _, path in sorted(dated, reverse=True)[:MOST_CALLS]]
