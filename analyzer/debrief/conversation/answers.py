"""What was said in the debrief talk, kept with the call as `talk.json`, and the answers file it can be given in.

An answers file is TOML, every field optional:

    own_lead_share = 80                 # the salesperson's own estimate, in percent of the team's talk (or 0.8)
    went_well = "…"
    would_do_differently = "…"
    manager_view = "…"                  # the manager's own view of the call
    observations = ["…", "…"]           # what the two saw in the recording

    [[objective]]                       # how far an objective of the plan was met, by its text
    text = "…"
    salesperson = "met"                 # met, in part or not, as the salesperson sees it
    manager = "in part"                 # and as the manager does

    [[commitment]]                      # what each of the two will do, and by when
    who = "Dana Reyes"
    text = "…"
    due = 2026-06-01

    [[last_commitment]]                 # what became of the last ones, by their text
    text = "…"
    kept = true
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from analyzer.call.folder import DRAFT, TALK_FILE, CallFolder
from analyzer.debrief.figures import last_commitments, sentence
from analyzer.debrief.record import CallRecord, EarlierCallRecord, Met, OutcomeRecord, TalkRecord
from analyzer.errors import BadFileError, ChangedMeanwhileError, OutputError, UsageError
from analyzer.files import checking, read_toml, sha256, write_atomically
from analyzer.people.commitment import Commitment
from analyzer.people.corrections import Statement
from analyzer.people.names import folded


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Promise(_Strict):
    """A commitment as somebody writes it down."""

    who: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=2000)
    due: dt.date | None = None
    kept: bool | None = None


class Kept(_Strict):
    """What became of an earlier commitment, found by its text."""

    text: str = Field(min_length=1, max_length=2000)
    kept: bool


class Outcome(_Strict):
    """How far an objective was met, as each of the two sees it; the objective is found by its text."""

    text: str = Field(min_length=1, max_length=2000)
    salesperson: Met | None = None
    manager: Met | None = None


class Answers(_Strict):
    """What an answers file, or a person at a terminal, says."""

    own_lead_share: float | None = Field(default=None, ge=0, le=100)
    went_well: str | None = Field(default=None, max_length=20_000)
    would_do_differently: str | None = Field(default=None, max_length=20_000)
    manager_view: str | None = Field(default=None, max_length=20_000)
    objective: tuple[Outcome, ...] = ()
    observations: tuple[str, ...] = ()
    commitment: tuple[Promise, ...] = ()
    last_commitment: tuple[Kept, ...] = ()


class KeptTalk(Statement):
    """What was said in debrief talks about a call: all that holds, and each talk as it was held, oldest first.

    `salesperson`, `along` (the others of the team) and `date` tell whose call it was and when; `written` is when its
    recording was written (ns since 1970), which tells two calls of one day apart; `measured` is what later calls of the
    same people show of it. `last` and `last_objectives` are what
    the talk looked back on. `before` is from an earlier version: talks that `talk` took the place of.
    """

    salesperson: str | None
    talk: TalkRecord
    last: tuple[Commitment, ...] = ()
    last_objectives: tuple[OutcomeRecord, ...] = ()
    before: tuple[TalkRecord, ...] = ()
    held: tuple[TalkRecord, ...] = ()
    along: tuple[str, ...] = ()
    date: dt.date | None = None
    written: int = 0
    measured: EarlierCallRecord | None = None

    @property
    def every(self) -> tuple[TalkRecord, ...]:
        """Each talk as it was held, oldest first."""
        return self.held or (*self.before, self.talk)


def read_answers(path: Path) -> Answers:
    """An answers file, checked.

    Raises:
        BadFileError: it is not there, not TOML, or has a field that cannot be.
    """
    content = read_toml(path)
    with checking(path, "See analyzer debrief --help"):
        return Answers.model_validate(content)


def talk_record(answers: Answers, held_on: dt.date) -> TalkRecord:
    """The answers as the record keeps them; shares between 0 and 1."""
    own = answers.own_lead_share
    if own is not None and not 0 < own < 1:  # no one means 0.8 %: that is 80 % written as a part of one
        own /= 100
    return TalkRecord(
        held_on=held_on.isoformat(),
        own_lead_share=own,
        went_well=answers.went_well or None,
        would_do_differently=answers.would_do_differently or None,
        manager_view=answers.manager_view or None,
        objectives=_together(OutcomeRecord(**one.model_dump()) for one in answers.objective),
        observations=tuple(text for text in answers.observations if text.strip()),
        commitments=tuple(
            Commitment(promise.who, promise.text, promise.due, promise.kept) for promise in answers.commitment
        ),
    )


NOTHING_SAID = TalkRecord(
    held_on="", own_lead_share=None, went_well=None, would_do_differently=None, observations=(), commitments=()
)


def with_outcome(last: Sequence[Commitment], outcomes: Sequence[Kept]) -> tuple[Commitment, ...]:
    """Earlier commitments with what became of them."""
    kept = {folded(outcome.text): outcome.kept for outcome in outcomes}
    return tuple(replace(c, kept=kept.get(folded(c.text), c.kept)) for c in last)


def check_answers(answers: Answers, call: CallRecord) -> None:
    """Refuses answers about an objective or an earlier commitment that this call does not have: they would be lost.

    Raises:
        UsageError: there is one.
    """
    objectives = call.plan.objectives if call.plan is not None else ()
    for what, told, known in (
        ("objective", answers.objective, [one.text for one in objectives]),
        ("commitment from the last debrief", answers.last_commitment, [one.text for one in last_commitments(call)]),
    ):
        for one in told:
            if folded(one.text) not in map(folded, known):
                there = "; ".join(f"“{text}”" for text in known)
                todo = f"Write one of: {there}" if known else "Leave it out"
                raise UsageError(f"this call has no {what} “{one.text}”", todo=todo)


def added(kept: TalkRecord, new: TalkRecord) -> TalkRecord:
    """Two talks about one call as one: what was said in either holds.

    Of two own estimates the first holds: when the other was made, the figures had been seen. An outcome that is told
    again, or the date of a commitment, holds as it was told last.
    """
    agreed = {(folded(one.who), folded(one.text)): one for one in kept.commitments}
    for one in new.commitments:
        earlier = agreed.setdefault((folded(one.who), folded(one.text)), one)
        done = earlier.kept if one.kept is None else one.kept
        agreed[folded(one.who), folded(one.text)] = replace(earlier, due=one.due or earlier.due, kept=done)
    return TalkRecord(
        held_on=max(kept.held_on, new.held_on),
        own_lead_share=new.own_lead_share if kept.own_lead_share is None else kept.own_lead_share,
        went_well=_both(kept.went_well, new.went_well),
        would_do_differently=_both(kept.would_do_differently, new.would_do_differently),
        manager_view=_both(kept.manager_view, new.manager_view),
        observations=tuple(dict.fromkeys((*kept.observations, *new.observations))),
        commitments=tuple(agreed.values()),
        objectives=_together((*kept.objectives, *new.objectives)),
    )


def _together(told: Iterable[OutcomeRecord]) -> tuple[OutcomeRecord, ...]:
    """Each objective once, with what each of the two said of it last."""
    found: dict[str, OutcomeRecord] = {}
    for one in told:
        known = found.get(folded(one.text), one)
        by = {"salesperson": one.salesperson or known.salesperson, "manager": one.manager or known.manager}
        found[folded(one.text)] = known.model_copy(update=by)
    return tuple(found.values())


def _both(first: str | None, second: str | None) -> str | None:
    """Two answers to one question, one after the other."""
    if not first or not second or second in first:
        return first or second
    return f"{sentence(first)} {second}"


def talk_of(folder: CallFolder) -> KeptTalk | None:
    """The debrief talk kept in a results folder; None when there was none.

    Raises:
        BadFileError: the file is not what this program wrote, or is about another recording.
    """
    return folder.statement(TALK_FILE, KeptTalk, "Correct it, or remove the file")


def keep_talk(folder: CallFolder, kept: KeptTalk) -> None:
    """Keeps a talk with its call."""
    folder.write(TALK_FILE, kept.model_dump_json(indent=1))


def earlier_talks(of: CallFolder, call: KeptTalk) -> tuple[KeptTalk, ...]:
    """What was said about the calls before `call` of this salesperson with the same people, by the calls' dates.

    It is looked for among the calls whose results lie beside those of `call`, in folder `of`. Where it is not known
    who else of the team was along, any call of the salesperson will do. A talk file that cannot be read is passed over:
    it belongs to another call and must not stop this one.
    """
    if call.salesperson is None:
        return ()
    along = set(map(folded, call.along))

    def when(kept: KeptTalk) -> tuple[dt.date, int]:
        return kept.date or dt.date.max, kept.written

    found = (
        kept
        for kept in _talks(of)
        if kept.salesperson is not None
        and folded(kept.salesperson) == folded(call.salesperson)
        and (not along or not kept.along or along.intersection(map(folded, kept.along)))
        and when(kept) < when(call)
    )
    return tuple(sorted(found, key=when))


def _talks(but: CallFolder) -> Iterator[KeptTalk]:
    for path in but.path.parent.glob(f"*/{TALK_FILE}"):
        folder = CallFolder(path.parent)
        if folder.path.resolve() == but.path.resolve():
            continue
        with contextlib.suppress(BadFileError):
            kept = talk_of(folder)
            if kept is None:
                continue
            if kept.date is None:  # of an earlier version
                date, written = folder.recorded()
                date = date or dt.date.fromisoformat(kept.talk.held_on)
                kept = kept.model_copy(update={"date": date, "written": written})
            yield kept


class Draft(_Strict):
    """A talk that has not ended: what was answered, and which questions are behind it."""

    recording: str
    begun: str
    """When (ISO 8601)."""
    answers: Answers = Answers()
    done: tuple[str, ...] = ()
    by: str | None = None
    """Who answered last, where that is known."""


def mark(draft: Draft | None) -> str:
    """What changes when a draft goes on."""
    return "" if draft is None else sha256(draft.model_dump_json().encode())[:16]


def drafts(folder: CallFolder, recording: str) -> tuple[Path, ...]:
    """Where the draft of a talk about a recording (its hash) may lie: with the call, or where there is room."""
    from platformdirs import user_state_path

    own = f"{os.getuid()}.json"
    name = f"{DRAFT.removeprefix('.')}{recording}-{own}"
    places = [folder.path / f"{DRAFT}{own}"]
    with contextlib.suppress(RuntimeError):  # the user has no home
        places.append(user_state_path("analyzer") / name)
    return *places, Path(tempfile.gettempdir()) / name


def read_draft(folder: CallFolder, recording: str) -> Draft | None:
    """The draft of a talk about this very recording, the one with most answers; None when there is none.

    One about another file of the same meeting, which was heard before, is about this one.
    """
    found = []
    owner = folder.owner()
    known = {recording, *(owner.replaced if owner is not None else ())}
    for path in drafts(folder, recording):
        try:
            if path.stat().st_uid != os.getuid():
                continue  # in a folder for everybody, anybody may have left one
            draft = Draft.model_validate_json(path.read_bytes())
        except (OSError, ValueError):
            continue
        if draft.recording in known:
            found.append(draft)
    return max(found, key=lambda draft: len(draft.done), default=None)


def write_draft(folder: CallFolder, draft: Draft) -> Path:
    """Keeps a draft where its owner alone may read it, and says where: in the call's folder if it has room.

    Raises:
        OutputError: it can be kept nowhere.
    """
    content = draft.model_dump_json(indent=1).encode()
    failed: OutputError | None = None
    for path in drafts(folder, draft.recording):
        try:
            write_atomically(path, content, private=True)
            path.chmod(0o600)  # in a group's folder too: what is not said yet is no one else's
        except OutputError as error:
            failed = failed or error
        except OSError as error:
            failed = failed or OutputError(f"cannot be kept ({error.strerror})", where=path)
        else:
            return path
    assert failed is not None
    raise failed


def go_on(folder: CallFolder, draft: Draft, *, before: str) -> None:
    """Keeps the answers of a talk as `write_draft` does, unless somebody answered since (`before`: its `mark` then).

    Raises:
        ChangedMeanwhileError: somebody did.
        OutputError: it can be kept nowhere.
    """
    with folder.locked():
        known = read_draft(folder, draft.recording)
        if mark(known) != before:
            who = f" by {known.by}" if known is not None and known.by else ""
            what, todo = f"the talk went on meanwhile{who}", "Go on from what is answered now"
            raise ChangedMeanwhileError(what, where=folder.name, todo=todo)
        write_draft(folder, draft)


def remove_draft(folder: CallFolder, recording: str) -> None:
    """Removes what is left of a talk that is kept now."""
    for path in drafts(folder, recording):
        with contextlib.suppress(OSError):
            if path.stat().st_uid == os.getuid():
                path.unlink()
