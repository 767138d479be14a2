"""What a person does with one call: analyse it, say who is who, take that back, hold the debrief.

Each is one function here, and each writes what it made: under the lock of the call's folder it reads what is kept there
now, adds what is said, makes the call, and writes. So nothing that two people say at one time is lost. When a process
is killed between what was said and the results, the next run makes the results again (`CallFolder.is_behind`).
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.audio.recording import Recording
from analyzer.call.analysis import Material, analysis_of, gather, learn_voices
from analyzer.call.call import Call
from analyzer.call.clipping import clips_of
from analyzer.call.engine import Engine
from analyzer.call.folder import CALL_FILE, CORRECTIONS_FILE, TALK_FILE, CallFolder
from analyzer.call.inputs import CallInputs, read_inputs
from analyzer.call.lock import Waiting, untold
from analyzer.call.occasion import Occasion
from analyzer.call.place import find_results, is_another_there
from analyzer.debrief import phrases
from analyzer.debrief.build import record
from analyzer.debrief.conversation.answers import (
    NOTHING_SAID,
    Answers,
    KeptTalk,
    added,
    earlier_talks,
    keep_talk,
    talk_of,
    talk_record,
    with_outcome,
)
from analyzer.debrief.conversation.notes import notes_of
from analyzer.debrief.figures import last_commitments
from analyzer.debrief.first_screen import MOST_EARLIER, for_later
from analyzer.debrief.next_steps import ANY_NAME, next_steps
from analyzer.debrief.page.clips import clip_moments
from analyzer.debrief.record import CallRecord
from analyzer.debrief.results import read_call, write_results
from analyzer.errors import AnalyzerError, BadFileError, ChangedMeanwhileError, UsageError, pasted_path
from analyzer.files import is_file, is_folder, is_there
from analyzer.people.corrections import Change, Corrections, anchors, by_label, enrolled, told, without_voice_name
from analyzer.people.names import folded
from analyzer.people.participants import Claim
from analyzer.people.side import SIDES, Side
from analyzer.people.splits import Split, check_split, cut, new_label, parse_stretch
from analyzer.people.voices.known_voices import SOURCE as VOICE
from analyzer.people.voices.known_voices import call_voices, enrol_from_call
from analyzer.people.voices.voice_files import keep_voice, read_voices, take_back, voices_folder
from analyzer.progress import Progress, silent
from analyzer.settings import DEFAULT_OUT, Settings
from analyzer.timeline import samples

log = logging.getLogger(__name__)

Check = Callable[[Recording], None]
"""Is called with the recording before anything is written about it, and may raise to prevent that."""


def unchecked(_recording: Recording) -> None:
    """Lets everything be written."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call with its debrief, and the folder in which its results lie."""

    call: Call
    record: CallRecord
    folder: CallFolder
    remarks: tuple[str, ...] = ()


def analyse(
    path: Path,
    settings: Settings,
    *,
    salesperson: str | None = None,
    team: Sequence[str] = (),
    customers: Sequence[str] = (),
    plan: Path | None = None,
    others: Sequence[Path] | None = None,
    engine: Engine | None = None,
    fresh: bool = False,
    progress: Progress = silent,
    check: Check = unchecked,
    waiting: Waiting = untold,
) -> Done:
    """Analyses a recording; what is said about its people is added to the corrections kept with it.

    `others` are the other files of its meeting, which are not heard.

    Raises:
        AnalyzerError: whatever stops it.
    """
    told = Claim("command line", salesperson=salesperson, team=tuple(team), customers=tuple(customers))
    material = gather(
        path,
        engine,
        settings,
        claims=[told],
        plan=plan,
        out=settings.out,
        others=others,
        fresh=fresh,
        progress=progress,
    )
    folder = material.folder
    assert folder is not None
    check(material.recording)
    with folder.locked(waiting):
        kept = folder.recognition()  # of another run that heard it meanwhile, or without what was forgotten meanwhile
        if kept is not None and kept.diarization is not None and kept.sha256 == material.recording.sha256:
            heard = kept.recognition(transcript=material.recognition.transcript is not None)
            material = replace(material, recognition=heard)
        changes = folder.corrections()
        if salesperson or team or customers:
            sides: dict[str, Side] = dict.fromkeys(team, "team")
            sides |= dict.fromkeys(customers, "customer")
            change = Change(at=_now(), source="command line", sides=sides, salesperson=salesperson)
            changes = _added(changes, change, material.call(changes))
        return _written(folder, material, changes, settings)


def name(
    path: Path,
    settings: Settings,
    *,
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    salesperson: str | None = None,
    enrol: bool = False,
    by: str | None = None,
    seen: str | None = None,
    waiting: Waiting = untold,
) -> Done:
    """Adds a correction to an analysed call and makes its results again; no model runs.

    `by` is who says it. With `seen` (`CallFolder.said`) it is said of what they saw, and of nothing newer.

    With `enrol` it is noted that the voices are kept as well (`enrol_named` does it), so that they go with the names.

    `names` maps speakers to names, to another speaker that is the same person, or to "none", which sets a voice aside
    that is no one on the call; and stretches of a speaker's talk (`S2@3:10-4:05`) to the name or speaker
    whose they are.

    Raises:
        UsageError: something that cannot be said about this call.
        BadFileError: the call has not been analysed.
        ChangedMeanwhileError: somebody said something since.
    """
    folder = _results(path, settings)
    with folder.locked(waiting):
        _check_seen(folder, seen)
        material, changes = _material(folder, settings), folder.corrections()
        call = material.call(changes)
        speakers = call.recognition.diarization.speakers
        stretches = {who: name for who, name in (names or {}).items() if "@" in who}
        names = {who: name for who, name in (names or {}).items() if "@" not in who}
        splits, newly = _splits(stretches, call)
        if blank := [who for who, name in (names or {}).items() if folded(name) == folded(ANY_NAME)]:
            raise UsageError(f"{blank[0]}: {ANY_NAME} stands for a name", todo="Put the person's name in its place")
        given = newly | {who: name for who, name in names.items() if name not in speakers}
        placed = {who: _side(side) for who, side in (sides or {}).items()}
        aside: dict[str, Side] = {who: "none" for who, name in given.items() if folded(name) == "none"}
        if both := [who for who in aside if placed.get(who, "none") != "none" or who == salesperson]:
            raise UsageError(f"{both[0]} cannot be no one and on a side", todo="Say one of the two")
        change = Change(
            at=_now(),
            by=by,
            splits=splits,
            names={who: name for who, name in given.items() if who not in aside},
            same={who: name for who, name in names.items() if name in speakers},
            sides=placed | aside,
            roles=dict(roles or {}),
            salesperson=salesperson,
            enrolled={who: name for who, name in names.items() if _is_enrolled(who, name, speakers)} if enrol else {},
        )
        return _rewritten(folder, material, _added(changes, change, call), settings, by)


def _is_enrolled(who: str, name: str, speakers: Sequence[str]) -> bool:
    """Whether what is said of a speaker is a name, whose voice can be kept."""
    return who in speakers and name not in speakers and folded(name) != "none"


def undo(
    path: Path, settings: Settings, *, by: str | None = None, seen: str | None = None, waiting: Waiting = untold
) -> Done:
    """Takes the last correction back and makes the results again; `by` and `seen` as in `name`.

    Raises:
        UsageError: there is none.
        ChangedMeanwhileError: somebody said something since.
    """
    folder = _results(path, settings)
    with folder.locked(waiting):
        _check_seen(folder, seen)
        changes = folder.corrections()
        if not changes:
            raise UsageError("there is no correction to take back", where=folder.path)
        done = _rewritten(folder, _material(folder, settings), changes[:-1], settings, by)
    return replace(done, remarks=(f"taken back: {told(changes[-1])}.", *done.remarks))


def _check_seen(folder: CallFolder, seen: str | None) -> None:
    """Refuses what is said of a call as it is no more."""
    if seen is not None and seen != folder.said():
        at, by = max(_hands(folder), default=("", ""))
        when = phrases.ago(_seconds_since(at)) if at else "meanwhile"
        what = f"changed {when}{f' by {by}' if by else ''}"
        raise ChangedMeanwhileError(what, where=folder.name, todo="Look at it as it is now, and say it then")


def _hands(folder: CallFolder) -> Iterator[tuple[str, str]]:
    """When somebody last said something about a call (ISO 8601), and who, for each kind of thing."""
    for kept in (folder.statement(CORRECTIONS_FILE, Corrections, ""), talk_of(folder)):
        if kept is not None and kept.at is not None:
            yield kept.at, kept.by or ""


def _rewritten(
    folder: CallFolder, material: Material, changes: Sequence[Change], settings: Settings, by: str | None
) -> Done:
    """As `_written`; the voices that were kept under names which are gone are taken back first.

    The calls that they named are made again, and it is said. Calls elsewhere are made again by their next batch, which
    sees that the known voices have changed.
    """
    call = material.call(changes)
    heard = call.recognition.diarization
    now = {who: folded(person.name or "") for person in call.participants.people for who in person.speakers}
    still, voices = enrolled(changes, heard.turns), call_voices(heard)
    gone = [
        name
        for who, name in sorted(still | enrolled(folder.corrections(), heard.turns))
        if ((who, name) not in still or now.get(who) != folded(name))
        and who in voices
        and take_back(voices_folder(), name, voices[who])
    ]
    done = _written(folder, material, changes, settings, by=by)
    remarks = list(done.remarks)
    for name in gone:
        remarks.append(f"what was kept of the voice of {name} from this call is removed.")
        remarks += _named_again(folder, name, settings)
    return replace(done, remarks=tuple(remarks))


def _named_again(but: CallFolder, name: str, settings: Settings) -> Iterator[str]:
    """Makes the calls beside one again that a voice named which is taken back; says which, and which could not be."""
    for path in sorted(but.path.parent.glob(f"*/{CALL_FILE}")):
        folder = CallFolder(path.parent)
        if folder.path == but.path:
            continue
        try:
            says = f"name {folded(name)}:"
            evidence = [one for person in read_call(folder).people for one in person.evidence]
            by_voice = any(one.source == VOICE and folded(one.says).startswith(says) for one in evidence)
            changes = folder.corrections()
            left = without_voice_name(changes, name)
            if by_voice or left != changes:
                with folder.locked():
                    _written(folder, _material(folder, settings), left, settings)
                yield f"{folder.name} is made again: the voice named somebody there."
        except AnalyzerError as error:
            yield f"{folder.name}: may still have the name {name}: {error.line()}"


def talk_about(
    call: Path | CallFolder,
    settings: Settings,
    answers: Answers,
    *,
    held_on: dt.date,
    by: str | None = None,
    waiting: Waiting = untold,
) -> Done:
    """Adds what was said in a debrief talk to what is kept about the call; `by` is who wrote it down.

    Raises:
        UsageError: the call has not been analysed.
    """
    folder = call if isinstance(call, CallFolder) else _results(call, settings)
    with folder.locked(waiting):
        material, changes = _material(folder, settings), folder.corrections()
        return _written(folder, material, changes, settings, (answers, held_on), by=by)


def noted(path: Path, settings: Settings, change: Callable[[CallFolder], None], *, waiting: Waiting = untold) -> Done:
    """Changes the notes of a call as `change` does (see `conversation.notes`), and makes its results again.

    Raises:
        UsageError: the call has not been analysed.
    """
    folder = _results(path, settings)
    with folder.locked(waiting):
        material = _material(folder, settings)
        change(folder)
        return _written(folder, material, folder.corrections(), settings)


def refresh(
    path: Path,
    settings: Settings,
    engine: Engine | None,
    *,
    progress: Progress = silent,
    check: Check = unchecked,
    waiting: Waiting = untold,
) -> Done:
    """Makes the results of an analysed call again from what was heard and said about it; no model runs on it.

    Voices that its roster names clips of become known first, where there is an engine.

    Raises:
        UsageError: it has not been analysed.
    """
    folder = _results(path, settings)
    inputs = read_inputs(folder.recording() or Path(read_call(folder).recording.file))
    if engine is not None:
        learn_voices(inputs, engine, settings, progress=progress)
    with folder.locked(waiting):
        material = _material(folder, settings, inputs)
        check(material.recording)
        return _written(folder, material, folder.corrections(), settings)


def analysed(path: Path, settings: Settings) -> Done:
    """A call that has been analysed, made again from what was heard and said about it, to be looked at.

    Raises:
        UsageError: it has not been analysed.
    """
    folder = _results(path, settings)
    return _made(folder, _material(folder, settings), folder.corrections(), settings)


def kept_record(path: Path, settings: Settings) -> CallRecord:
    """The record of an analysed call as it was written, by its recording, its results folder or its `call.json`."""
    return read_call(CallFolder(path.parent) if path.name == CALL_FILE and is_file(path) else _results(path, settings))


def _results(path: Path, settings: Settings) -> CallFolder:
    if is_folder(path) and is_there(path / CALL_FILE):
        return CallFolder(path)
    folder = find_results(settings.out, path)
    if folder is None:
        changed = is_another_there(settings.out, path)
        raise UsageError(
            "this file has changed since it was analysed" if changed else "this call has not been analysed yet",
            where=path,
            todo=f"Run: analyzer report {pasted_path(path)}{_out_option(settings)}",
        )
    return folder


def _material(folder: CallFolder, settings: Settings, inputs: CallInputs | None = None) -> Material:
    """What the call of a results folder is made from: what was heard then, and what lies beside the recording now.

    `inputs` are the latter, where they have been read.
    """
    kept = folder.recognition()
    old = read_call(folder)
    if kept is None or kept.diarization is None:
        what = "what the models heard is not kept here any more"
        raise BadFileError(what, where=folder.path, todo="Run analyzer report")
    if kept.sha256 != old.recording.sha256:
        what = "what the models heard here is another recording, or more of this one"
        raise BadFileError(what, where=folder.path, todo="Run analyzer report on it")
    where = folder.recording() or Path(old.recording.file)
    heard = kept.recognition(transcript=old.transcript is not None)
    if folder.is_displaced():  # then what lies beside it is about the other one
        analysis = analysis_of(settings, old.plan.ride_along if old.plan is not None else None)
        inputs, notes, otherwise = CallInputs(where.name), (DISPLACED,), (_known(old, folder.corrections()),)
        inputs = replace(inputs, occasion=_occasion(old))
        return Material(recorded(old, where), heard, inputs, analysis, notes=notes, otherwise=otherwise, folder=folder)
    inputs = inputs or read_inputs(where)
    inputs = replace(inputs, occasion=inputs.occasion.since(_occasion(old)))
    return Material(recorded(old, where), heard, inputs, analysis_of(settings, inputs.ride_along), folder=folder)


def _occasion(old: CallRecord) -> Occasion:
    """What a record says of when a call was and with which customer."""
    return Occasion(None, old.day, old.date_from, old.customer, old.customer_from)


def recorded(call: CallRecord, path: Path) -> Recording:
    """The recording of a record as it was probed then, at the path where it lies now."""
    known = call.recording
    return Recording(
        path=path,
        sha256=known.sha256,
        container=known.container,
        codec=known.codec,
        channels=known.channels,
        sample_rate=known.sample_rate,
        length=samples(known.seconds),
    )


DISPLACED = (
    "Another recording lies where this one lay. What was known about this call from the plan, roster and transcript "
    "beside it is as it was then."
)


def _known(old: CallRecord, changes: Sequence[Change]) -> Claim:
    """What the results of a call say about its people, without what corrections said."""
    corrected = {who for change in changes for who in (*change.names, *change.same)}
    people = [person for person in old.people if not corrected.intersection(person.speakers)]
    return Claim(
        "earlier results",
        names={person.speakers[0]: person.name for person in people if person.name is not None},
        sides={person.speakers[0]: person.side for person in people if person.side is not None},
        roles={person.speakers[0]: person.role for person in people if person.role is not None},
        salesperson=next((p.speakers[0] for p in people if p.key == old.lead.salesperson), None),
    )


def _made(folder: CallFolder, material: Material, changes: Sequence[Change], settings: Settings) -> Done:
    call = material.call(changes)
    made = record(call, next_steps=next_steps(call, _out_option(settings)), page_language=settings.page_language)
    if material.otherwise:
        made = made.model_copy(update={"plan": read_call(folder).plan})
    kept, now = talk_of(folder), _whose(made, folder)
    earlier = earlier_talks(folder, now)
    last = kept.last if kept is not None else ()
    objectives = kept.last_objectives if kept is not None else ()
    if earlier:
        last, objectives = last or earlier[-1].talk.commitments, objectives or earlier[-1].talk.objectives
    row = tuple(one.measured for one in earlier if one.measured is not None)[1 - MOST_EARLIER :]
    talked = {"talk": kept.talk if kept is not None else None, "earlier": row, "noted": notes_of(folder)}
    made = made.model_copy(update={"last_commitments": last, "last_objectives": objectives} | talked)
    return Done(call, made, folder)


def _whose(made: CallRecord, folder: CallFolder) -> KeptTalk:
    """Whose call it was and when, as it is kept with a talk about it; without the talk."""
    seller = made.lead.salesperson
    team = (one for one in made.people if one.side == "team" and one.key != seller and one.name is not None)
    recorded, written = folder.recorded()
    return KeptTalk(
        recording=made.recording.sha256,
        salesperson=None if seller is None else made.person(seller).name,
        talk=NOTHING_SAID,
        along=tuple(one.name for one in team if one.name is not None),
        date=made.day or recorded,
        written=written,
        measured=for_later(made),
    )


def _written(
    folder: CallFolder,
    material: Material,
    changes: Sequence[Change],
    settings: Settings,
    said: tuple[Answers, dt.date] | None = None,
    by: str | None = None,
) -> Done:
    """Makes a call and writes what was said about it, and then its results; the folder is locked.

    `said` is what was answered in a debrief talk, and when it was held; `by` is who says what is new.

    Raises:
        OutputError: they cannot be written.
        UsageError: what is said cannot be.
    """
    done = _made(folder, material, changes, settings)
    if changes != folder.corrections():
        folder.keep_corrections(changes, done.record.recording.sha256, by=by, at=_now())
    done = _with_talk(done, said, by)
    clips, src = _sound(done, settings)
    write_results(folder, done.record, clips=clips, recording_src=src)
    log.info("%s: written", folder.path)
    return done


def _with_talk(done: Done, said: tuple[Answers, dt.date] | None, by: str | None) -> Done:
    """The call with the talk that was held added to those before; what is kept of them says whose call it is now."""
    record, kept, remarks = done.record, talk_of(done.folder), list(done.remarks)
    last, talk, held = record.last_commitments, record.talk, kept.every if kept is not None else ()
    if said is not None:
        answers, held_on = said
        new = talk_record(answers, held_on)
        last = with_outcome(last_commitments(record), answers.last_commitment)
        if talk is not None:
            remarks.append(ADDED)
            if new.own_lead_share is not None and talk.own_lead_share not in (None, new.own_lead_share):
                remarks.append(FIRST_ESTIMATE)
        talk = new if talk is None else added(talk, new)
        held = held if new in held else (*held, new)
    if talk is None:
        return done
    hand = (by, _now()) if said is not None else (kept.by, kept.at) if kept is not None else (None, None)
    more = {"talk": talk, "held": held, "last": last, "last_objectives": record.last_objectives}
    more |= {"by": hand[0], "at": hand[1]}
    now = _whose(record, done.folder).model_copy(update=more)
    if now != kept:
        keep_talk(done.folder, now)
    made = record.model_copy(update={"talk": talk, "last_commitments": last})
    return replace(done, record=made, remarks=tuple(remarks))


ADDED = (
    f"a talk about this call was kept before: this one is added to it, and each stays in {TALK_FILE} as it was held."
)
FIRST_ESTIMATE = "the first estimate of the lead share stays: when the other was made, the figures had been seen."


def _sound(done: Done, settings: Settings) -> tuple[dict[str, bytes] | None, str | None]:
    """The clips on the page, or where the recording lies."""
    kept = done.folder.recognition()
    if settings.sound == "clips" and (kept is None or kept.forgotten is None):  # forgotten clips stay so
        return clips_of(done.folder, clip_moments(done.record), done.call.recognition.diarization.starts), None
    there = done.folder.recording_there() if settings.sound == "recording" else None
    if there is not None and is_file(there):
        relative = os.path.relpath(there, done.folder.path.resolve()).replace(os.sep, "/")
        return None, urllib.parse.quote(relative, errors="surrogateescape")
    return None, None


def _splits(stretches: Mapping[str, str], call: Call) -> tuple[list[Split], dict[str, str]]:
    """The splits that give stretches away, and the names of speakers who are new by them."""
    turns = call.recognition.diarization.turns
    labels: dict[str, str] = {}
    splits: list[Split] = []
    for text, name in stretches.items():
        speaker, span = parse_stretch(text)
        voices = next((p.speakers for p in call.participants.people if speaker in p.speakers), ())
        # Of a person with several voices it is the one that is heard there.
        speaker = next((one for one in voices if any(t.who == one and t.span.meets(span) for t in turns)), speaker)
        known = [p.key for p in call.participants.people if p.name is not None and folded(p.name) == folded(name)]
        there = name if name in call.recognition.diarization.speakers else known[0] if known else None
        to = there or labels.setdefault(folded(name), new_label(turns, len(labels)))
        split = Split(speaker=speaker, start=span.start, end=span.end, to=to, new=there is None)
        check_split(split, cut(turns, splits))
        splits.append(split)
    named = {folded(name): name for name in stretches.values()}
    return splits, {label: named[name] for name, label in labels.items()}


def _side(text: str) -> Side:
    for side in SIDES:
        if side == text:
            return side
    raise UsageError(f"{text!r} is no side", todo="Sides are: " + ", ".join(SIDES))


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")


def _seconds_since(at: str) -> float:
    return (dt.datetime.now().astimezone() - dt.datetime.fromisoformat(at).astimezone()).total_seconds()


def _added(changes: tuple[Change, ...], change: Change, call: Call) -> tuple[Change, ...]:
    """`changes` with what is said now, with the moments its speakers were heard; once, when it says nothing new."""
    heard = anchors(call.recognition.diarization.turns)
    change = by_label(change, call.participants).model_copy(update={"heard": heard})
    if changes and changes[-1].model_copy(update={"at": change.at, "source": change.source}) == change:
        return changes
    return (*changes, change)


def enrol_named(done: Done, names: Mapping[str, str], *, consent: dt.date) -> tuple[Path, ...]:
    """Keeps the voices of speakers who were just named, so that the next calls name them.

    Raises:
        UsageError: a voice cannot be kept (too little speech, or it sounds like somebody else's).
    """
    folder = voices_folder()
    recognition = done.call.recognition
    kept = []
    for speaker, name in names.items():
        if _is_enrolled(speaker, name, recognition.diarization.speakers):
            known = read_voices(folder)
            voice = enrol_from_call(
                name, speaker, recognition.diarization, known, model=recognition.diarizer, consent=consent
            )
            kept.append(keep_voice(folder, voice))
    return tuple(kept)


def _out_option(settings: Settings) -> str:
    """The option for another results folder, with a blank before it; nothing for the default."""
    return "" if settings.out == DEFAULT_OUT else f" --out {pasted_path(settings.out)}"
