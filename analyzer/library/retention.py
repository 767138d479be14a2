"""What is forgotten after a while: the words, the clips and the voiceprints of a call. Its shares, answers, turns and
take-overs stay, and so does what the two wrote down in the debrief.

Forgetting goes in an order in which a kill at any moment leaves something that the next run finishes: first what the
models heard, then the results without words, and last the marker that says it is done. Names that a voice alone gave
are kept as a correction, for the voice will not give them again. `analyzer report CALL --fresh` is the way back while
the recording is there.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.debrief.folder import CALL_FILE
from analyzer.debrief.record import CallRecord, PersonRecord
from analyzer.debrief.results import CLIPS_FOLDER, read_call, write_results
from analyzer.errors import AnalyzerError, UsageError
from analyzer.files import is_there, write_atomically
from analyzer.kept import corrections_of
from analyzer.library.work import kept_inputs
from analyzer.lock import locked
from analyzer.people.corrections import Change, anchors, write_corrections
from analyzer.people.names import folded
from analyzer.people.voice_file import forget_voice, last_noted, read_voices
from analyzer.speech.heard_file import FILE as HEARD_FILE
from analyzer.speech.heard_file import read_heard, write_heard
from analyzer.timeline import Turn

MARKER = ".forgotten"
"""Lies in the folder of a call whose words are forgotten; holds the day."""
DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class Forgettable:
    """A call that is old enough, the day it was held, and what would go from it."""

    folder: Path
    date: dt.date
    what: tuple[str, ...]


def parse_age(text: str) -> dt.timedelta:
    """An age as it is written: `180d`, `26w`, `6m` (of 30 days) or `1y` (of 365).

    Raises:
        UsageError: it is none.
    """
    match = re.fullmatch(r"([1-9]\d{0,4})\s*([dwmy])", text.strip().casefold())
    if match is None:
        raise UsageError(f"--forget-after: {text!r} is no age", todo="Write it like 180d, 26w, 6m or 1y")
    return dt.timedelta(days=int(match[1]) * DAYS[match[2]])


def forgettable(out: Path, today: dt.date, age: dt.timedelta) -> Iterator[Forgettable]:
    """The calls held before `today` less `age` from which there is something to forget, by folder."""
    try:
        folders = sorted(entry for entry in out.iterdir() if entry.is_dir())
    except OSError:
        return
    for folder in folders:
        if is_forgotten(folder) or not is_there(folder / CALL_FILE):
            continue
        try:
            call = read_call(folder / CALL_FILE)
            date = call_date(folder, call, today)
        except (AnalyzerError, OSError):
            continue  # `library check` tells
        if date + age <= today:
            yield Forgettable(folder, date, tuple(_what(folder, call)))


def call_date(folder: Path, call: CallRecord, today: dt.date) -> dt.date:
    """The day of a call: what its plan says, else the recording's own date, else that of its results.

    A day that is still to come is somebody's mistake, and would keep the words for ever: the next one counts.
    """
    _, recorded = kept_inputs(folder)
    written = dt.date.fromtimestamp((folder / CALL_FILE).stat().st_mtime)
    said = None
    with suppress(ValueError):
        said = dt.date.fromisoformat(call.date[:10]) if call.date else None
    return next((date for date in (said, recorded) if date is not None and date <= today), written)


def _what(folder: Path, call: CallRecord) -> Iterator[str]:
    if call.transcript is not None:
        words = sum(len(said.text.split()) for said in call.transcript)
        yield f"the transcript ({words} words)"
    clips = len(list((folder / CLIPS_FOLDER).glob("*")))
    if clips:
        yield f"{clips} clips"
    kept = read_heard(folder)
    voices = [v.speaker for v in kept.diarization.voices if v.embedding] if kept and kept.diarization else []
    if voices:
        yield "voiceprints of " + ", ".join(voices)


def forget(folder: Path, today: dt.date, age: str) -> CallRecord:
    """Forgets the words, clips and voiceprints in one call's folder, and returns the record that is left.

    Raises:
        OutputError: it cannot be written.
        BadFileError: the record cannot be read.
    """
    with locked(folder):
        return _forgotten(folder, today, age)


def _forgotten(folder: Path, today: dt.date, age: str) -> CallRecord:
    call = read_call(folder / CALL_FILE)
    kept = read_heard(folder)
    if kept is not None and kept.diarization is not None:
        _keep_names(folder, call, kept.diarization.turns)
        voices = tuple(replace(voice, embedding=()) for voice in kept.diarization.voices)
        left = replace(kept.diarization, voices=voices)
        write_heard(folder, replace(kept, diarization=left, transcript=None, forgotten=today.isoformat()))
    else:  # damaged, or another version's: its words cannot be told from the rest
        (folder / HEARD_FILE).unlink(missing_ok=True)
    left_record = without_words(call, f"Words, clips and voiceprints were forgotten on {today}, after {age}.")
    write_results(folder, left_record)
    write_atomically(folder / MARKER, f"{today.isoformat()}\n".encode())
    return left_record


def _keep_names(folder: Path, call: CallRecord, turns: Sequence[Turn]) -> None:
    """The names that only a voice gave, as a correction."""
    by_voice = {
        person.key: person.name
        for person in call.people
        if person.name is not None and any(evidence.source == "voice" for evidence in person.evidence)
    }
    changes = corrections_of(folder)
    told = {who for change in changes for who in change.names}
    names = {who: name for who, name in by_voice.items() if who not in told}
    if names:
        at = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        change = Change(at=at, source="voice, kept when it was forgotten", names=names)
        change = change.model_copy(update={"heard": anchors(turns)})
        write_corrections(folder, (*changes, change), recording=call.recording.sha256)


def without_words(call: CallRecord, note: str) -> CallRecord:
    """A record without anything that somebody said on the call."""
    lead = call.lead
    took = tuple(one.model_copy(update={"before": (), "after": ()}) for one in lead.take_overs)
    plan = call.plan
    if plan is not None:
        agenda = tuple(item.model_copy(update={"quotes": ()}) for item in plan.agenda)
        objectives = tuple(one.model_copy(update={"quotes": ()}) for one in plan.objectives)
        plan = plan.model_copy(update={"agenda": agenda, "objectives": objectives})
    return call.model_copy(
        update={
            "transcript": None,
            "people": tuple(_unquoted_person(person) for person in call.people),
            "lead": lead.model_copy(update={"take_overs": took}),
            "plan": plan,
            "moments": tuple(one.model_copy(update={"text": None}) for one in call.moments),
            "questions": tuple(
                question.model_copy(update={"moments": (), "text": _unquoted(question.text)})
                for question in call.questions
            ),
            "next_steps": (),  # they offer names that somebody said
            "notes": (*(_unquoted(known) for known in call.notes if known != note), note),
        }
    )


def _unquoted_person(person: PersonRecord) -> PersonRecord:
    evidence = tuple(one.model_copy(update={"says": _unquoted(one.says)}) for one in person.evidence)
    return person.model_copy(update={"first_sentences": (), "evidence": evidence})


def _unquoted(text: str) -> str:
    return re.sub(r"“[^”]*”", "“…”", text)


def forget_voiceprints(out: Path, name: str) -> tuple[str, ...]:
    """Takes a person's voiceprints out of what was heard on every call below `out` on which they are; says of which.

    They keep the name that they have there. A call that cannot be read or written is passed over: `library check`
    tells of it.
    """
    cleaned = []
    for folder in sorted(entry.parent for entry in out.glob(f"*/{CALL_FILE}")):
        with suppress(AnalyzerError, OSError):
            if _without_voiceprints(folder, name):
                cleaned.append(folder.name)
    return tuple(cleaned)


def _without_voiceprints(folder: Path, name: str) -> bool:
    with locked(folder):
        call, kept = read_call(folder / CALL_FILE), read_heard(folder)
        theirs = {
            speaker
            for person in call.people
            if person.name is not None and folded(person.name) == folded(name)
            for speaker in person.speakers
        }
        if kept is None or kept.diarization is None:
            return False
        if not any(voice.embedding and voice.speaker in theirs for voice in kept.diarization.voices):
            return False
        _keep_names(folder, call, kept.diarization.turns)
        voices = tuple(
            replace(voice, embedding=()) if voice.speaker in theirs else voice for voice in kept.diarization.voices
        )
        write_heard(folder, replace(kept, diarization=replace(kept.diarization, voices=voices)))
    return True


def forgettable_voices(
    folder: Path, today: dt.date, age: dt.timedelta, last_heard: Mapping[str, dt.date]
) -> tuple[str, ...]:
    """Whose enrolled voice was neither added nor heard on a call within the age.

    `last_heard` is by folded name, of one library; that others heard them is noted with the voice (`note_heard`).
    """
    noted = last_noted(folder)
    return tuple(
        voice.name
        for voice in read_voices(folder, [])
        if max(noted.get(folded(voice.name), today), last_heard.get(folded(voice.name), dt.date.min)) + age <= today
    )


def forget_voices(
    folder: Path, today: dt.date, age: dt.timedelta, last_heard: Mapping[str, dt.date]
) -> tuple[str, ...]:
    """Forgets those voices, and says whose they were."""
    names = forgettable_voices(folder, today, age, last_heard)
    for name in names:
        forget_voice(folder, name)
    return names


def is_forgotten(folder: Path) -> bool:
    """Whether the words of a call were forgotten, and were not heard anew since."""
    try:
        marked = (folder / MARKER).lstat().st_mtime_ns
    except OSError:
        return False
    try:
        return (folder / HEARD_FILE).stat().st_mtime_ns <= marked
    except OSError:
        return True
