"""Two results folders of one meeting become one: earlier versions took each file of a meeting for a call.

What somebody said, corrections and debrief talks, goes into the folder that stays. The rest of the other folder can be
made again from the recording, and is removed: were it kept, its words would outlive what is forgotten by rule. A kill
at any moment leaves something that the next run finishes: nothing is removed before it is written in the other place.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from pathlib import Path

from analyzer.audio.part_starts import beginnings
from analyzer.call.folder import (
    CALL_FILE,
    CLIPS_FOLDER,
    CORRECTIONS_FILE,
    DRAFT,
    FORGOTTEN_FILE,
    HEARD_FILE,
    LIBRARY_FILE,
    MARKDOWN_FILE,
    NOTES_FILE,
    OWNER_FILE,
    PAGE_FILE,
    RECURRING_FILE,
    TALK_FILE,
    TRANSCRIPT_FILE,
    TURNS_FILE,
    CallFolder,
)
from analyzer.call.lock import LOCK_FILE
from analyzer.call.owner import Owner, lies_as, written
from analyzer.call.parts import parts_of
from analyzer.call.place import call_names, has_statements
from analyzer.debrief.conversation.answers import KeptTalk, added, keep_talk, talk_of
from analyzer.debrief.conversation.notes import keep_notes, kept_notes
from analyzer.errors import AnalyzerError
from analyzer.files import is_there
from analyzer.library.meetings import ResultsAt
from analyzer.people.corrections import later
from analyzer.people.platform_names import of_one_meeting, told_by_name
from analyzer.timeline import SAMPLE_RATE

log = logging.getLogger(__name__)

OURS = (
    HEARD_FILE,
    PAGE_FILE,
    MARKDOWN_FILE,
    TURNS_FILE,
    TRANSCRIPT_FILE,
    LIBRARY_FILE,
    RECURRING_FILE,
    FORGOTTEN_FILE,
)


def take_over_meeting(
    heard: Path, others: Sequence[Path], before: ResultsAt
) -> tuple[CallFolder | None, tuple[str, ...]]:
    """Makes one of several results folders of a meeting, under its name: earlier versions took each file for a call.

    `heard` is the file of it that is heard, `others` are the others. Returns the folder where something was changed,
    and the hashes of the recordings whose results went into it. What cannot be taken over stays a call of its own.
    """
    folder, *rest = folders_of(heard, others, before) or (None,)
    if folder is None:
        return None, ()
    taken = []
    for other in rest:
        owner = other.owner()
        try:
            take_over(folder, other)
        except (AnalyzerError, OSError) as error:
            log.warning("%s: stays a call of its own: %s", other.path, error)
            continue
        taken += [owner.sha256] if owner is not None else []
        log.info("%s: is one meeting with %s, which has what was said about it now", other.path, folder.path)
    named = folder
    with suppress(OSError):  # under its old name it serves as well
        named = named_after(heard, folder)
    return (named if taken or named != folder else None), tuple(taken)


def folders_of(heard: Path, others: Sequence[Path], before: ResultsAt) -> tuple[CallFolder, ...]:
    """The results folders of a meeting, the one that stays first: that of what is heard, or one with something said."""
    paths = [path.resolve() for path in (heard, *others)]
    if parts_of(heard):  # what was said about those has other times: see `take_over_parts`
        first = told_by_name(paths[0])
        of_parts = {part.path for part in parts_of(heard)}
        paths = [path for path in paths if path not in of_parts and of_one_meeting(first, told_by_name(path))]
    found = [before[path] for path in dict.fromkeys(paths) if path in before]
    return tuple(sorted(found, key=lambda one: (one is not before.get(paths[0]), not has_statements(one))))


def named_after(heard: Path, folder: CallFolder) -> CallFolder:
    """The results folder of a meeting under the meeting's name, where it was named after one of its files.

    Raises:
        OSError: it cannot be renamed.
    """
    names = call_names(heard)
    if folder.name in names:
        return folder
    free = next((path for name in names if not is_there(path := folder.path.with_name(name))), None)
    return folder if free is None else CallFolder(folder.path.rename(free))


def take_over_parts(folder: CallFolder, before: ResultsAt) -> tuple[str, ...]:
    """Takes over the results of the files in which a call goes on, once they are heard in it: then moments can be told.

    Returns the hashes of the recordings whose results went into this.

    Raises:
        AnalyzerError: as `take_over`; or a file of the call cannot be read.
        OSError: as `take_over`.
    """
    owner = folder.owner()
    parts = parts_of(owner.path) if owner is not None else ()
    theirs = [(part.path, before[part.path]) for part in parts if part.path in before]
    if owner is None or not theirs or not lies_as(owner, owner.path):
        return ()
    begin = dict(zip((part.path for part in parts), beginnings(owner.path, parts), strict=True))
    taken = []
    for path, other in theirs:
        whose = other.owner()
        if other.path != folder.path and whose is not None:
            take_over(folder, other, later_by=begin[path])
            taken.append(whose.sha256)
    return tuple(taken)


def take_over(folder: CallFolder, other: CallFolder, *, later_by: int = 0) -> None:
    """Takes what was said about a call in `other` into `folder`, and removes `other`.

    `later_by` is when its recording begins in that of `folder`, in samples.

    Raises:
        BadFileError: what was said cannot be read; then nothing is changed.
        OutputError: it cannot be written.
        OSError: `other` cannot be removed.
    """
    first, second = sorted((folder, other), key=lambda one: one.path)
    with first.locked(), second.locked():
        owner, whose = folder.owner(), other.owner()
        if owner is None or whose is None:
            return  # another run did it meanwhile
        changes = folder.corrections()
        more = tuple(later(change, later_by) for change in other.corrections())
        talk, theirs = talk_of(folder), talk_of(other)
        folder.write(OWNER_FILE, written(_owner_of_both(owner, whose)))
        if any(change not in changes for change in more):
            every = (*changes, *(change for change in more if change not in changes))
            folder.keep_corrections(sorted(every, key=lambda change: change.at), owner.sha256)
        if theirs is not None and (both := _both(talk, theirs, owner.sha256)) != talk:
            keep_talk(folder, both)
        noted, begins = kept_notes(folder), later_by / SAMPLE_RATE
        theirs_noted = (one.model_copy(update={"start": one.start + begins}) for one in kept_notes(other))
        if new := [one for one in theirs_noted if one not in noted]:
            keep_notes(folder, owner.sha256, sorted((*noted, *new), key=lambda one: one.at))
        for draft in other.path.glob(f"{DRAFT}*"):
            if not folder.has(draft.name):
                draft.rename(folder.path / draft.name)  # it stays its owner's
        _remove(other)


def _owner_of_both(owner: Owner, other: Owner) -> Owner:
    """The owner, with what was said about the other file of its meeting."""
    also = {*owner.also, other.path, *other.also} - {owner.path}
    replaced = dict.fromkeys((*owner.replaced, *other.hashes))
    return replace(
        owner,
        also=tuple(sorted(also)),
        replaced=tuple(sha256 for sha256 in replaced if sha256 not in (owner.sha256, *owner.earlier)),
    )


def _both(talk: KeptTalk | None, other: KeptTalk, recording: str) -> KeptTalk:
    """The talks about two files of one meeting as those about one."""
    if talk is None:
        return other.model_copy(update={"recording": recording})
    new = [one for one in other.every if one not in talk.every]
    update = {
        "talk": reduce(added, new, talk.talk),
        "held": tuple(sorted((*talk.every, *new), key=lambda one: one.held_on)),
        "last": talk.last or other.last,
        "last_objectives": talk.last_objectives or other.last_objectives,
    }
    return talk.model_copy(update=update) if new else talk


def _remove(folder: CallFolder) -> None:
    """Removes a results folder; what a person put into it stays, and the folder with it."""
    for names in ((TALK_FILE, CORRECTIONS_FILE, NOTES_FILE), OURS, (CALL_FILE, OWNER_FILE, LOCK_FILE)):
        _unlink(folder, names)
        if names is OURS:
            shutil.rmtree(folder.path / CLIPS_FOLDER, ignore_errors=True)
    with suppress(OSError):
        folder.path.rmdir()


def _unlink(folder: CallFolder, names: Sequence[str]) -> None:
    for name in names:
        (folder.path / name).unlink(missing_ok=True)
