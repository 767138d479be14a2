"""What a race measured, as Markdown tables that also read well on a terminal.

Errors are in percent or percentage points, times are parts of the recordings' own length (a real-time factor of 0.05
is 30 s for 10 min). A cell without a figure says `-`: not known, or not given by that system.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add

from analyzer.bench.calibration import coverage_rows
from analyzer.bench.race import Race, Score, total_seconds
from analyzer.bench.word_errors import HOW, can_score_words
from analyzer.bench.worker import STOCK

STAGES = ("decode", "diarize", "transcribe")


def tables(race: Race) -> str:
    """Of each folder accuracy by recording and in total, who was lost or invented, intervals and cost; the machine."""
    parts = [part for folder, of_folder in race.by_folder.items() for part in _of_folder(folder, of_folder)]
    parts.append(READING)
    if race.start_up is not None:
        parts.append(f"First result of a 60 s call: {race.start_up:.1f} s from pressing Enter.")
    if not can_score_words():
        parts.append(f"cpWER needs meeteval: {HOW}")
    parts.append("; ".join(f"{name} {value}" for name, value in race.machine.items()))
    return "\n\n".join(part for part in parts if part)


READING = (
    "Speakers are those who talk at least 2 s, found and true. For a share error each voice is one person's: who was "
    "found as two voices is not put together again. Lost is who has no voice of their own; "
    "invented is a voice that is no one's."
)


def _of_folder(folder: str, race: Race) -> Iterable[str]:
    yield f"## {folder}"
    yield _table(_ACCURACY, (_accuracy(score.recording, [score]) for score in race.scores))
    yield _table(_ACCURACY, _totals(race))
    for what in ("lost", "invented"):
        yield _table(("recording", "system", what, "share"), _voices(race, what))
    yield _table(("90 % intervals of", "basis", "cases", "hold the truth", "width"), _intervals(race))
    yield _table(_COST, (_cost(race, system) for system in race.systems))
    yield from (f"left out: {one.recording}, {one.system}: {one.why}" for one in race.failures)


def _voices(race: Race, what: str) -> Iterable[tuple[str, ...]]:
    for score in race.scores:
        for who, share in (score.lost if what == "lost" else score.invented).items():
            yield score.recording, score.system, who, f"{100 * share:.1f} %"


_ACCURACY = (
    "recording",
    "system",
    "DER",
    "missed",
    "false alarm",
    "confused",
    "JER",
    "speakers",
    "share error",
    "worst",
    "lead error",
    "led",
    "cpWER",
)


def _totals(race: Race) -> Iterable[tuple[str, ...]]:
    """All of a system's recordings; those that every system has run on, where these are fewer."""
    for system in race.systems:
        yield _accuracy(f"all {len(race.of(system))}", race.of(system))
    common = race.common
    if common and any(len(race.of(system)) != len(common) for system in race.systems):
        for system in race.systems:
            yield _accuracy(f"common {len(common)}", [s for s in race.of(system) if s.recording in common])


def _accuracy(what: str, scores: Sequence[Score]) -> tuple[str, ...]:
    der = reduce(add, (score.der for score in scores))
    jer = reduce(add, (score.jer for score in scores))
    shares = [abs(error) for score in scores for error in score.shares]
    leads = [score.lead for score in scores if score.lead is not None]
    judged = [lead for lead in leads if lead.right is not None]
    if what == scores[0].recording:
        speakers = f"{scores[0].found} of {scores[0].people}"
        led = str(judged[0].answer) if judged else "-"
    else:
        speakers = f"right in {sum(s.found == s.people for s in scores)} of {len(scores)}"
        led = f"{sum(bool(lead.right) for lead in judged)} of {len(judged)} right" if judged else "-"
    words = [score.words for score in scores if score.words is not None]
    return (
        what,
        scores[0].system,
        *(_percent(_over(part, der.talk)) for part in (der.missed + der.false_alarm + der.confused, der.missed)),
        *(_percent(_over(part, der.talk)) for part in (der.false_alarm, der.confused)),
        _percent(jer.value),
        speakers,
        _percent(_mean(shares), 2),
        _percent(max(shares, default=None), 2),
        _percent(_mean([abs(lead.found - lead.true) for lead in leads]), 2),
        led,
        _percent(reduce(add, words).value) if words else "-",
    )


def _intervals(race: Race) -> Iterable[tuple[str, ...]]:
    for system in race.systems:
        for row in coverage_rows([case for score in race.of(system) for case in score.cases]):
            if not row.what.startswith(" "):
                yield system, row.what, str(row.cases), f"{100 * row.covered:.0f} %", f"{100 * row.width:.1f}"


_COST = ("system", "calls", "length", "decode", "diarize", "transcribe", "rest", "whole", "peak memory", "times stock")


def _cost(race: Race, system: str) -> tuple[str, ...]:
    """The ratio to the stock stack is on the recordings that both have run."""
    scores = race.of(system)
    length = total_seconds(scores)
    by_stage = [sum(score.cost.stages.get(stage, 0.0) for score in scores) for stage in STAGES]
    wall = sum(score.cost.wall for score in scores)
    peaks = [score.cost.memory for score in scores if score.cost.memory is not None]
    stages = [f"{spent / length:.3f}" if spent else "-" for spent in by_stage]
    return (
        system,
        str(len(scores)),
        f"{length / 60:.0f} min",
        *stages,
        f"{(wall - sum(by_stage)) / length:.3f}",
        f"{wall / length:.3f}",
        f"{max(peaks) / 2**20:.0f} MB" if peaks else "-",
        _ratios(race, system),
    )


def _ratios(race: Race, system: str) -> str:
    stock = {score.recording: score for score in race.of(STOCK)}
    pairs = [(score, stock[score.recording]) for score in race.of(system) if score.recording in stock]
    if system == STOCK or not pairs:
        return "-"
    diarize, stock_diarize, whole, stock_whole = (
        sum(values)
        for values in zip(
            *(
                (a.cost.stages.get("diarize", 0.0), b.cost.stages.get("diarize", 0.0), a.cost.wall, b.cost.wall)
                for a, b in pairs
            ),
            strict=True,
        )
    )
    return f"diarize {_times(stock_diarize, diarize)}, whole {_times(stock_whole, whole)}"


def _times(stock: float, ours: float) -> str:
    """How many times as fast as the stock stack."""
    return f"{stock / ours:.1f}" if ours else "-"


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _percent(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{100 * value:.{digits}f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table with its columns filled up; nothing without rows."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    if len(lines) == 1:
        return ""
    wide = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, wide, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "| " + " | ".join("-" * width for width in wide) + " |")
    return "\n".join(text)
