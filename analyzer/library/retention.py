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
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.call.folder import CALL_FILE, HEARD_FILE, CallFolder
from analyzer.debrief.phrases import count
from analyzer.debrief.record import CallRecord, PersonRecord
from analyzer.debrief.results import read_call, write_results
from analyzer.errors import AnalyzerError, BadFileError, UsageError
from analyzer.files import is_folder, left_over, sweep
from analyzer.people.corrections import KEPT_BY_VOICE, Change, anchors
from analyzer.people.names import folded
from analyzer.people.voices.known_voices import SOURCE as VOICE
from analyzer.people.voices.known_voices import KnownVoice, call_voices, identify
from analyzer.people.voices.voice_files import forget_voice, last_noted, read_voices
from analyzer.timeline import Turn

DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class Forgettable:
    """A call that is old enough, the day it was held, and what would go from it."""

    folder: CallFolder
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
        folders = [CallFolder(entry) for entry in sorted(out.iterdir()) if entry.is_dir()]
    except OSError:
        return
    for folder in folders:
        if _is_done(folder) or not folder.has(CALL_FILE):
            continue
        try:
            call = read_call(folder)
            date = call_date(folder, call, today)
        except (AnalyzerError, OSError):
            continue  # `library check` tells
        if date + age <= today:
            yield Forgettable(folder, date, tuple(_what(folder, call)))


def _is_done(folder: CallFolder) -> bool:
    """Whether a call was forgotten and nothing of it came back."""
    if not folder.is_forgotten() or left_over(folder.path, strict=True):
        return False
    if folder.has(HEARD_FILE):
        return True
    try:  # somebody removed the new recognition; the record may still hold it
        return read_call(folder).transcript is None
    except AnalyzerError:
        return True  # `library check` tells


def call_date(folder: CallFolder, call: CallRecord, today: dt.date) -> dt.date:
    """The day of a call: what its plan says, else the recording's own date, else that of its results.

    A day that is still to come is somebody's mistake, and would keep the words for ever: the next one counts. Results
    are written again with every name that is given, so the recognition cache may tell better how old they are.
    """
    recorded, _ = folder.recorded()
    times = [at for name in (CALL_FILE, HEARD_FILE) if (at := folder.changed(name)) is not None]
    held = (date for date in (call.day, recorded) if date is not None and date <= today)
    return next(held, dt.date.fromtimestamp(min(times) / 1e9))


def _what(folder: CallFolder, call: CallRecord) -> Iterator[str]:
    if call.transcript is not None:
        words = sum(len(quote.text.split()) for quote in call.transcript)
        yield f"the transcript ({words} words)"
    if clips := len(folder.clips()):
        yield count(clips, "clip")
    kept = folder.recognition()
    voices = [v.speaker for v in kept.diarization.voices if v.embedding] if kept and kept.diarization else []
    if voices:
        labels = {speaker: person.label for person in call.people for speaker in person.speakers}
        yield "voiceprints of " + ", ".join(dict.fromkeys(labels.get(speaker, speaker) for speaker in voices))
    if left := len(left_over(folder.path, strict=True)):
        yield f"{count(left, 'file')} that a killed write left"


def why(error: AnalyzerError | OSError) -> str:
    """What stood in the way, in a few words."""
    if isinstance(error, AnalyzerError):
        return error.what if error.where is None else f"{error.what} ({Path(error.where).name})"
    return error.strerror or str(error)


def forget(folder: CallFolder, today: dt.date, age: str) -> CallRecord:
    """Forgets the words, clips and voiceprints in one call's folder, and returns the record that is left.

    Raises:
        OutputError: it cannot be written.
        BadFileError: the record cannot be read.
    """
    with folder.locked():
        return _forgotten(folder, today, age)


def _forgotten(folder: CallFolder, today: dt.date, age: str) -> CallRecord:
    call = read_call(folder)
    kept = folder.recognition()
    if kept is not None and kept.diarization is not None:
        _keep_names(folder, call, kept.diarization.turns)
        voices = tuple(replace(voice, embedding=()) for voice in kept.diarization.voices)
        left = replace(kept.diarization, voices=voices)
        folder.keep_recognition(replace(kept, diarization=left, transcript=None, forgotten=today.isoformat()))
    else:  # damaged, or another version's: its words cannot be told from the rest
        (folder.path / HEARD_FILE).unlink(missing_ok=True)
    left_record = without_words(call, f"Words, clips and voiceprints were forgotten on {today}, after {age}.")
    write_results(folder, left_record)
    sweep(folder.path, strict=True)  # no other run writes here now: what lies about was left by a write that was killed
    folder.keep_forgotten(today)
    return left_record


def _keep_names(folder: CallFolder, call: CallRecord, turns: Sequence[Turn]) -> None:
    """The names that only a voice gave, as a correction."""
    by_voice = {
        person.key: person.name
        for person in call.people
        if person.name is not None and any(evidence.source == VOICE for evidence in person.evidence)
    }
    changes = folder.corrections()
    told = {who for change in changes for who in change.names}
    names = {who: name for who, name in by_voice.items() if who not in told}
    if names:
        at = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        change = Change(at=at, source=KEPT_BY_VOICE, names=names)
        change = change.model_copy(update={"heard": anchors(turns)})
        folder.keep_corrections((*changes, change), call.recording.sha256)


def without_words(call: CallRecord, note: str) -> CallRecord:
    """A record without anything that somebody said on the call; what the plan and the debrief say stays."""
    lead = call.lead
    written = _written(call)
    changes = tuple(one.model_copy(update={"before": (), "after": ()}) for one in lead.changes)
    came_in = tuple(
        one.model_copy(update={"longest": tuple(quote.model_copy(update={"text": ""}) for quote in one.longest)})
        for one in lead.came_in
    )
    plan = call.plan
    if plan is not None:
        agenda = tuple(item.model_copy(update={"quotes": ()}) for item in plan.agenda)
        objectives = tuple(one.model_copy(update={"quotes": ()}) for one in plan.objectives)
        plan = plan.model_copy(update={"agenda": agenda, "objectives": objectives})
    return call.model_copy(
        update={
            "transcript": None,
            "people": tuple(_unquoted_person(person, written) for person in call.people),
            "lead": lead.model_copy(update={"changes": changes, "came_in": came_in}),
            "plan": plan,
            "moments": tuple(one.model_copy(update={"text": None}) for one in call.moments),
            "questions": tuple(
                question.model_copy(update={"moments": (), "text": _unquoted(question.text, written)})
                for question in call.questions
            ),
            "next_steps": (),  # they offer names that somebody said
            "notes": (*(_unquoted(known, written) for known in call.notes if known != note), note),
        }
    )


def _written(call: CallRecord) -> tuple[str, ...]:
    """What people wrote down about the call, which a question may quote."""
    plan = call.plan
    planned = (*(one.title for one in plan.agenda), *(one.text for one in plan.objectives)) if plan is not None else ()
    agreed = (*call.last_commitments, *(plan.commitments if plan is not None else ()))
    return (*planned, *(one.text for one in agreed))


def _unquoted_person(person: PersonRecord, written: Sequence[str]) -> PersonRecord:
    evidence = tuple(replace(one, says=_unquoted(one.says, written)) for one in person.evidence)
    return person.model_copy(update={"first_sentences": (), "evidence": evidence})


def _unquoted(text: str, written: Sequence[str]) -> str:
    """A text without what it quotes, but for what was `written`: from the first mark to the last, marks within too."""
    whole = "|".join(re.escape(f"“{one}”") for one in sorted(written, key=len, reverse=True))
    parts = re.split(f"({whole})", text) if whole else [text]
    return "".join(part if at % 2 else re.sub(r"“.*”", "“…”", part, flags=re.DOTALL) for at, part in enumerate(parts))


def forget_voiceprints(
    out: Path, name: str, known: Sequence[KnownVoice] = ()
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Takes a person's voiceprints out of what was heard on every call below `out` on which they are.

    `known` is what is kept of their voice: it tells them on calls that were never made again with it. They keep the
    name that they have on a call. Returned are the calls that were cleaned, and those that could not be, each with why:
    whether they hold a voiceprint of theirs is not known.
    """
    cleaned, left = [], []
    try:
        folders = [CallFolder(entry) for entry in sorted(out.iterdir()) if is_folder(entry)]
    except FileNotFoundError:
        return (), ()
    except OSError as error:
        return (), ((str(out), why(error)),)
    for folder in folders:
        try:
            if folder.has(HEARD_FILE) and _without_voiceprints(folder, name, known):
                cleaned.append(folder.name)
        except (AnalyzerError, OSError) as error:
            left.append((folder.name, why(error)))
    return tuple(cleaned), tuple(left)


def _without_voiceprints(folder: CallFolder, name: str, known: Sequence[KnownVoice]) -> bool:
    with folder.locked():
        kept = folder.recognition()
        if kept is None:
            what = "is damaged or of another version: remove it, or analyse the recording again"
            raise BadFileError(what, where=folder.path / HEARD_FILE)
        if kept.diarization is None or not any(voice.embedding for voice in kept.diarization.voices):
            return False
        call = read_call(folder)
        theirs = _speakers_of(call, folder.corrections(), name)
        matches = identify(call_voices(kept.diarization), known, model=kept.diarizer)
        theirs |= {match.speaker for match in matches if match.name is not None}
        if not any(voice.embedding and voice.speaker in theirs for voice in kept.diarization.voices):
            return False
        _keep_names(folder, call, kept.diarization.turns)
        voices = tuple(
            replace(voice, embedding=()) if voice.speaker in theirs else voice for voice in kept.diarization.voices
        )
        folder.keep_recognition(replace(kept, diarization=replace(kept.diarization, voices=voices)))
        sweep(folder.path, strict=True)  # a write that was killed may have left one
    return True


def _speakers_of(call: CallRecord, changes: Sequence[Change], name: str) -> set[str]:
    """The speakers in whose voiceprints a person is: who has their name, sounds like them, or had a part of their talk.

    A name given by hand hides the one that the voice gave; and who was split off another speaker was heard in theirs.
    """
    by_voice = f"name {folded(name)}:"
    theirs = {
        speaker
        for person in call.people
        if (person.name is not None and folded(person.name) == folded(name))
        or any(one.source == VOICE and folded(one.says).startswith(by_voice) for one in person.evidence)
        for speaker in person.speakers
    }
    return theirs | {split.speaker for change in changes for split in change.splits if split.to in theirs}


def forgettable_voices(
    folder: Path, today: dt.date, age: dt.timedelta, last_on_call: Mapping[str, dt.date]
) -> tuple[str, ...]:
    """Whose enrolled voice was neither added nor heard on a call within the age.

    `last_on_call` is by folded name, of one library; that others heard them is noted with the voice (`note_heard`).
    """
    noted = last_noted(folder)
    return tuple(
        voice.name
        for voice in read_voices(folder, [])
        if max(noted.get(folded(voice.name), today), last_on_call.get(folded(voice.name), dt.date.min)) + age <= today
    )


def forget_voices(
    folder: Path, today: dt.date, age: dt.timedelta, last_on_call: Mapping[str, dt.date]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Forgets those voices; says whose they were, and whose could not be forgotten and why."""
    gone, left = [], []
    for name in forgettable_voices(folder, today, age, last_on_call):
        try:
            forget_voice(folder, name)
        except AnalyzerError as error:
            left.append((name, why(error)))
        else:
            gone.append(name)
    return tuple(gone), tuple(left)
