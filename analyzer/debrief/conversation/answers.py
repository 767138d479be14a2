"""What was said in the debrief talk, kept with the call as `talk.json`, and the answers file it can be given in.

An answers file is TOML, every field optional:

    own_lead_share = 80                 # the salesperson's own estimate, in percent of the team's talk
    went_well = "…"
    would_do_differently = "…"
    observations = ["…", "…"]           # what the two saw in the recording

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
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from analyzer.call.folder import DRAFT, TALK_FILE, CallFolder
from analyzer.debrief.record import TalkRecord
from analyzer.errors import BadFileError, OutputError
from analyzer.files import checking, read_toml, write_atomically
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


class Answers(_Strict):
    """What an answers file, or a person at a terminal, says."""

    own_lead_share: float | None = Field(default=None, ge=0, le=100)
    went_well: str | None = Field(default=None, max_length=20_000)
    would_do_differently: str | None = Field(default=None, max_length=20_000)
    observations: tuple[str, ...] = ()
    commitment: tuple[Promise, ...] = ()
    last_commitment: tuple[Kept, ...] = ()


class KeptTalk(Statement):
    """A talk kept with a call: whose call it was, what was said, and the commitments it looked back on.

    `before` are talks about the same call that it took the place of, oldest first.
    """

    salesperson: str | None
    talk: TalkRecord
    last: tuple[Commitment, ...] = ()
    before: tuple[TalkRecord, ...] = ()


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
    return TalkRecord(
        held_on=held_on.isoformat(),
        own_lead_share=None if own is None else own / 100,
        went_well=answers.went_well or None,
        would_do_differently=answers.would_do_differently or None,
        observations=tuple(text for text in answers.observations if text.strip()),
        commitments=tuple(
            Commitment(promise.who, promise.text, promise.due, promise.kept) for promise in answers.commitment
        ),
    )


def with_outcome(last: Sequence[Commitment], outcomes: Sequence[Kept]) -> tuple[Commitment, ...]:
    """Earlier commitments with what became of them."""
    kept = {folded(outcome.text): outcome.kept for outcome in outcomes}
    return tuple(replace(c, kept=kept.get(folded(c.text), c.kept)) for c in last)


def after(kept: KeptTalk, new: KeptTalk, *, was_known: bool) -> KeptTalk:
    """`new` in place of `kept`, which stays behind it.

    Whoever holds a talk again knows the one before (`was_known`): the new one says all that holds now. When the other
    was held meanwhile by somebody else, what the two saw and agreed there holds as well.
    """
    talk = new.talk
    if not was_known:
        known = {(folded(one.who), folded(one.text)) for one in talk.commitments}
        others = (one for one in kept.talk.commitments if (folded(one.who), folded(one.text)) not in known)
        seen = (text for text in kept.talk.observations if text not in talk.observations)
        talk = talk.model_copy(
            update={
                "own_lead_share": kept.talk.own_lead_share if talk.own_lead_share is None else talk.own_lead_share,
                "went_well": talk.went_well or kept.talk.went_well,
                "would_do_differently": talk.would_do_differently or kept.talk.would_do_differently,
                "observations": (*seen, *talk.observations),
                "commitments": (*others, *talk.commitments),
            }
        )
    earlier = kept.before if talk == kept.talk else (*kept.before, kept.talk)
    return new.model_copy(update={"talk": talk, "before": earlier})


def talk_of(folder: CallFolder) -> KeptTalk | None:
    """The debrief talk kept in a results folder; None when there was none.

    Raises:
        BadFileError: the file is not what this program wrote, or is about another recording.
    """
    return folder.statement(TALK_FILE, KeptTalk, "Correct it, or remove the file")


def keep_talk(folder: CallFolder, kept: KeptTalk) -> None:
    """Keeps a talk with its call."""
    folder.write(TALK_FILE, kept.model_dump_json(indent=1))


def last_talk(of: CallFolder, salesperson: str | None) -> KeptTalk | None:
    """The salesperson's most recent debrief talk about another call than `of` whose results lie beside its own.

    A talk file that cannot be read is passed over: it belongs to another call and must not stop this one.
    """
    if salesperson is None:
        return None
    found = [kept for kept in _talks(of) if kept.salesperson and folded(kept.salesperson) == folded(salesperson)]
    return max(found, key=lambda kept: kept.talk.held_on, default=None)


def _talks(but: CallFolder) -> Iterator[KeptTalk]:
    for path in but.path.parent.glob(f"*/{TALK_FILE}"):
        if path.parent.resolve() == but.path.resolve():
            continue
        with contextlib.suppress(BadFileError):
            kept = talk_of(CallFolder(path.parent))
            if kept is not None:
                yield kept


class Draft(_Strict):
    """A talk that has not ended: what was answered, and which questions are behind it."""

    recording: str
    begun: str
    """When (ISO 8601)."""
    answers: Answers = Answers()
    done: tuple[str, ...] = ()


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
    """The draft of a talk about this very recording, the one with most answers; None when there is none."""
    found = []
    for path in drafts(folder, recording):
        try:
            if path.stat().st_uid != os.getuid():
                continue  # in a folder for everybody, anybody may have left one
            draft = Draft.model_validate_json(path.read_bytes())
        except (OSError, ValueError):
            continue
        if draft.recording == recording:
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


def remove_draft(folder: CallFolder, recording: str) -> None:
    """Removes what is left of a talk that is kept now."""
    for path in drafts(folder, recording):
        with contextlib.suppress(OSError):
            if path.stat().st_uid == os.getuid():
                path.unlink()
