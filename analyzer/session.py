"""The results of one call: made, corrected and written. What `analyzer report` and `analyzer name` do."""

from __future__ import annotations

import datetime as dt
import logging
import os
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analyzer.audio.recording import Recording
from analyzer.call.analysis import Material, analysis_of, gather, learn_voices
from analyzer.call.call import Call
from analyzer.call.engine import Engine
from analyzer.call.folder import (
    CALL_FILE,
    TALK_FILE,
    find_results,
    is_another_there,
    is_displaced,
    recording_of,
    recording_there,
)
from analyzer.call.inputs import CallInputs, read_inputs
from analyzer.call.kept import Seen, corrections_of, notes_on
from analyzer.call.kept import seen as seen_now
from analyzer.call.lock import Waiting, locked, untold
from analyzer.debrief.build import record
from analyzer.debrief.conversation.answers import (
    Answers,
    KeptTalk,
    after,
    last_talk,
    talk_of,
    talk_record,
    with_outcome,
    write_talk,
)
from analyzer.debrief.figures import last_commitments
from analyzer.debrief.next_steps import next_steps
from analyzer.debrief.page.clips import clip_moments
from analyzer.debrief.record import CallRecord
from analyzer.debrief.results import CLIPS_FOLDER, read_call, write_results
from analyzer.errors import BadFileError, RecordingError, UsageError, pasted_path
from analyzer.files import is_file, is_folder, is_there
from analyzer.people.corrections import Change, anchors, write_corrections
from analyzer.people.names import folded
from analyzer.people.participants import Claim, Participants
from analyzer.people.plan.rules import SIDES, Side
from analyzer.people.splits import Split, check_split, cut, new_label, parse_stretch
from analyzer.people.voices.known_voices import enrol_from_call
from analyzer.people.voices.voice_files import keep_voice, read_voices, voices_folder
from analyzer.progress import Progress, silent
from analyzer.settings import DEFAULT_OUT, Settings
from analyzer.speech.recognition import Recognition
from analyzer.speech.recognition_cache import FILE as HEARD_FILE
from analyzer.speech.recognition_cache import read_recognition
from analyzer.timeline import Span, samples

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said about a call and not written yet: a correction, the last one taken back, or a debrief talk."""

    change: Change | None = None
    undo: bool = False
    answers: Answers | None = None
    held_on: dt.date | None = None
    known_talk: KeptTalk | None = None
    """The talk that was kept when this one began."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call with its debrief, and the folder its files belong in; `finish` writes it.

    `seen` is how the files in the folder lay when they were read. When they are others by the time this one is written,
    somebody else was at work meanwhile: then it is made again, from what is there and `saying`.
    """

    call: Call
    record: CallRecord
    folder: Path
    changes: tuple[Change, ...] = field(default=(), repr=False)
    material: Material | None = field(default=None, repr=False)
    seen: Seen = field(default=(), repr=False)
    saying: Saying = Saying()
    talk: KeptTalk | None = field(default=None, repr=False)
    """The debrief talk that was kept with the call when it was read."""
    remarks: tuple[str, ...] = ()


def report_call(
    path: Path,
    settings: Settings,
    *,
    salesperson: str | None = None,
    team: Sequence[str] = (),
    customers: Sequence[str] = (),
    plan: Path | None = None,
    engine: Engine | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> Done:
    """Analyses a recording; what is said about its people is added to the corrections kept with it.

    Raises:
        AnalyzerError: whatever stops it.
    """
    told = Claim("command line", salesperson=salesperson, team=tuple(team), customers=tuple(customers))
    material, folder = gather(
        path, engine, settings, claims=[told], plan=plan, out=settings.out, fresh=fresh, progress=progress
    )
    assert folder is not None
    seen = seen_now(folder)
    before = corrections_of(folder)
    saying = Saying()
    if salesperson or team or customers:
        sides: dict[str, Side] = dict.fromkeys(team, "team")
        sides |= dict.fromkeys(customers, "customer")
        call = material.call(before)
        change = _by_label(
            Change(at=_now(), source="command line", sides=sides, salesperson=salesperson), call.participants
        )
        saying = Saying(_anchored(change, call))
    return _done(folder, material, before, settings, saying, seen)


def name_call(
    path: Path,
    settings: Settings,
    *,
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    salesperson: str | None = None,
) -> Done:
    """Adds a correction to an analysed call and makes its results again; no model runs.

    `names` maps speakers to names, or to another speaker that is the same person; and stretches of a speaker's talk
    (`S2@3:10-4:05`) to the name or speaker whose they are.

    Raises:
        UsageError: something that cannot be said about this call.
        BadFileError: the call has not been analysed.
    """
    folder = _results(path, settings)
    seen = seen_now(folder)
    before = corrections_of(folder)
    material = _material(folder, settings)
    call = material.call(before)
    speakers = call.recognition.diarization.speakers
    stretches = {who: name for who, name in (names or {}).items() if "@" in who}
    names = {who: name for who, name in (names or {}).items() if "@" not in who}
    splits, newly = _splits(stretches, call)
    change = Change(
        at=_now(),
        splits=splits,
        names=newly | {who: name for who, name in (names or {}).items() if name not in speakers},
        same={who: name for who, name in (names or {}).items() if name in speakers},
        sides={who: _side(side) for who, side in (sides or {}).items()},
        roles=dict(roles or {}),
        salesperson=salesperson,
    )
    saying = Saying(_anchored(_by_label(change, call.participants), call))
    return _done(folder, material, before, settings, saying, seen)


def _splits(stretches: Mapping[str, str], call: Call) -> tuple[list[Split], dict[str, str]]:
    """The splits that give stretches away, and the names of speakers who are new by them."""
    turns = call.recognition.diarization.turns
    labels: dict[str, str] = {}
    splits: list[Split] = []
    for text, name in stretches.items():
        speaker, span = parse_stretch(text)
        known = [p.key for p in call.participants.people if p.name is not None and folded(p.name) == folded(name)]
        there = name if name in call.recognition.diarization.speakers else known[0] if known else None
        to = there or labels.setdefault(folded(name), new_label(turns, len(labels)))
        split = Split(speaker=speaker, start=span.start, end=span.end, to=to, new=there is None)
        check_split(split, cut(turns, splits))
        splits.append(split)
    named = {folded(name): name for name in stretches.values()}
    return splits, {label: named[name] for name, label in labels.items()}


def undo_name(path: Path, settings: Settings) -> Done:
    """Takes the last correction back and makes the results again.

    Raises:
        UsageError: there is none.
    """
    folder = _results(path, settings)
    seen = seen_now(folder)
    return _done(folder, _material(folder, settings), corrections_of(folder), settings, Saying(undo=True), seen)


def finish(done: Done, settings: Settings, *, waiting: Waiting = untold) -> Done:
    """Writes what was said about a call and then its results, and returns the call as it was written.

    It is done under the folder's lock. What somebody else said meanwhile is kept: the call is made again with it. When
    a process is killed between what was said and the results, the next run makes the results again (`is_behind`).

    Raises:
        OutputError: they cannot be written.
        BusyError: somebody else is at work on the call, and does not end.
        UsageError: what is said cannot be, after what somebody else said meanwhile.
    """
    with locked(done.folder, waiting=waiting):
        if seen_now(done.folder) != done.seen:
            done = _again(done, settings)
        sha256 = done.record.recording.sha256
        if done.changes != corrections_of(done.folder):
            write_corrections(done.folder, done.changes, recording=sha256)
        if done.saying.answers is not None:
            done = _with_talk(done)
        clips, src = _sound(done, settings)
        write_results(done.folder, done.record, clips=clips, recording_src=src)
    log.info("%s: written", done.folder)
    return done


def _again(done: Done, settings: Settings) -> Done:
    """A call made again from what is kept in its folder now, and what is said about it."""
    kept = read_recognition(done.folder)
    material = done.material
    # What a report was told on its command line, its plan for one, stands nowhere else.
    if material is None or not material.claims:
        material = _material(done.folder, settings)
    elif kept is not None and kept.diarization is not None and kept.sha256 == material.recording.sha256:
        material = replace(
            material, recognition=kept.recognition(transcript=material.recognition.transcript is not None)
        )
    return _done(done.folder, material, corrections_of(done.folder), settings, done.saying, seen_now(done.folder))


def _with_talk(done: Done) -> Done:
    """The talk that was held kept with its call, behind it those of others."""
    saying, record = done.saying, done.record
    assert saying.answers is not None
    last = with_outcome(last_commitments(record), saying.answers.last_commitment)
    new = KeptTalk(_salesperson_name(record), talk_record(saying.answers, saying.held_on or dt.date.today()), last)
    kept = talk_of(done.folder)
    remarks = done.remarks
    if kept is not None and kept.talk != new.talk:
        was_known = saying.known_talk is not None and saying.known_talk.talk == kept.talk
        new = after(kept, new, was_known=was_known)
        remarks = (*remarks, REPLACED if was_known else JOINED)
    elif kept is not None:
        new = replace(new, before=kept.before)
    write_talk(done.folder, new, recording=record.recording.sha256)
    made = record.model_copy(update={"talk": new.talk, "last_commitments": last})
    return replace(done, record=made, remarks=remarks)


REPLACED = f"this talk takes the place of the one kept before, which stays in {TALK_FILE} (before)."
JOINED = "somebody else kept a debrief talk about this call meanwhile; what was agreed there stays beside what you say."


def _sound(done: Done, settings: Settings) -> tuple[dict[str, bytes] | None, str | None]:
    """The clips on the page, or where the recording lies."""
    kept = read_recognition(done.folder)
    if settings.sound == "clips" and (kept is None or kept.forgotten is None):  # forgotten clips stay so
        starts = {channel.number: channel.start for channel in done.call.recognition.diarization.channels}
        return _clips(done.folder, done.record, starts), None
    there = recording_there(done.folder) if settings.sound == "recording" else None
    if there is not None and is_file(there):
        relative = os.path.relpath(there, done.folder.resolve()).replace(os.sep, "/")
        return None, urllib.parse.quote(relative, errors="surrogateescape")
    return None, None


def _clips(folder: Path, record: CallRecord, starts: Mapping[int, int]) -> dict[str, bytes]:
    """The moments worth hearing as small sound files: those kept from before, the others from the recording.

    A moment of a recording that is no longer there, or cannot be read there, has no clip.
    """
    clips = {}
    there: Path | None = None
    looked = False
    for name, start, end in clip_moments(record):
        kept = folder / CLIPS_FOLDER / f"{name}.webm"
        try:
            if _holds(kept, folder):
                clips[name] = kept.read_bytes()
                continue
            if not looked:
                there, looked = recording_there(folder), True
            if there is not None:
                clips[name] = _clip(there, start, end, starts)
        except (RecordingError, OSError):
            continue
    return clips


def _holds(clip: Path, folder: Path) -> bool:
    """Whether a kept clip is still what is heard there: of tracks, not if they were placed again since."""
    recording = recording_of(folder)
    if not is_there(clip) or recording is None or not is_folder(recording):
        return is_there(clip)
    cache = folder / HEARD_FILE
    return not is_there(cache) or cache.stat().st_mtime_ns <= clip.stat().st_mtime_ns


def _clip(recording: Path, start: float, end: float, starts: Mapping[int, int]) -> bytes:
    from analyzer.audio.clip import opus_clip
    from analyzer.audio.excerpt import excerpt

    span = Span(samples(start), max(samples(end), samples(start) + 1))
    return opus_clip(excerpt(recording, span, starts=starts))


def parse_pairs(texts: Sequence[str], option: str, example: str) -> dict[str, str]:
    """`A=B` texts as a mapping.

    Raises:
        UsageError: one has no `=`, an empty side, or says a second thing about the same.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        left, equals, right = (part.strip() for part in text.partition("="))
        if not (left and equals and right):
            raise UsageError(f"{option}: {text!r} does not say who is who", todo=f"Write it like {example}")
        if left in pairs:
            raise UsageError(f"{option}: two things are said about {left}", todo="Say one")
        pairs[left] = right
    return pairs


def _side(text: str) -> Side:
    for side in SIDES:
        if side == text:
            return side
    raise UsageError(f"{text!r} is no side", todo="Sides are: " + ", ".join(SIDES))


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")


def _by_label(change: Change, participants: Participants) -> Change:
    """The change with speaker labels in place of names: a name may be another's tomorrow."""

    def label(who: str) -> str:
        found = [p.key for p in participants.people if p.name is not None and folded(p.name) == folded(who)]
        return found[0] if len(found) == 1 and who not in participants.keys_by_speaker else who

    return change.model_copy(
        update={
            "sides": {label(who): side for who, side in change.sides.items()},
            "roles": {label(who): role for who, role in change.roles.items()},
            "salesperson": None if change.salesperson is None else label(change.salesperson),
        }
    )


def _anchored(change: Change, call: Call) -> Change:
    """The change with the moments its speakers were heard."""
    return change.model_copy(update={"heard": anchors(call.recognition.diarization.turns)})


def _with_saying(changes: tuple[Change, ...], saying: Saying, folder: Path) -> tuple[Change, ...]:
    """`changes` with what is said now; once, when it says nothing new."""
    if saying.undo:
        if not changes:
            raise UsageError("there is no correction to take back", where=folder)
        return changes[:-1]
    change = saying.change
    if change is None:
        return changes
    if changes and changes[-1].model_copy(update={"at": change.at, "source": change.source}) == change:
        return changes
    return (*changes, change)


def _results(path: Path, settings: Settings) -> Path:
    if is_folder(path) and is_there(path / CALL_FILE):
        return path
    folder = find_results(settings.out, path)
    if folder is None:
        changed = is_another_there(settings.out, path)
        raise UsageError(
            "this file has changed since it was analysed" if changed else "this call has not been analysed yet",
            where=path,
            todo=f"Run: analyzer report {pasted_path(path)}{_out_option(settings)}",
        )
    return folder


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


def _material(folder: Path, settings: Settings) -> Material:
    """What the call of a results folder is made from: what was heard then, and what lies beside the recording now."""
    kept = read_recognition(folder)
    old = read_call(folder / CALL_FILE)
    if kept is None or kept.diarization is None:
        raise BadFileError("what the models heard is not kept here any more", where=folder, todo="Run analyzer report")
    if kept.sha256 != old.recording.sha256:
        what = "what the models heard here is another recording, or more of this one"
        raise BadFileError(what, where=folder, todo="Run analyzer report on it")
    recognition: Recognition = kept.recognition(transcript=old.transcript is not None)
    where = recording_of(folder) or Path(old.recording.file)
    if is_displaced(folder):  # then what lies beside it is about the other one
        notes, known = (*notes_on(folder), DISPLACED), (_known(old, corrections_of(folder)),)
        inputs = CallInputs(where.name)
        return Material(recorded(old, where), recognition, inputs, (), analysis_of(settings), notes, known)
    return Material(recorded(old, where), recognition, read_inputs(where), (), analysis_of(settings), notes_on(folder))


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


def _done(
    folder: Path, material: Material, before: tuple[Change, ...], settings: Settings, saying: Saying, seen: Seen
) -> Done:
    changes = _with_saying(before, saying, folder)
    call = material.call(changes)
    made = record(call, next_steps=next_steps(call, _out_option(settings)))
    if material.otherwise:
        made = made.model_copy(update={"plan": read_call(folder / CALL_FILE).plan})
    kept = talk_of(folder)
    if kept is not None:
        made = made.model_copy(update={"talk": kept.talk, "last_commitments": kept.last})
    else:
        earlier = last_talk(folder.parent, _salesperson_name(made), but=folder)
        made = made.model_copy(update={"last_commitments": earlier.talk.commitments if earlier is not None else ()})
    return Done(call, made, folder, changes, material, seen, saying, kept)


def _salesperson_name(made: CallRecord) -> str | None:
    return None if made.lead.salesperson is None else made.person(made.lead.salesperson).name


def analysed_call(path: Path, settings: Settings, *, engine: Engine | None = None, progress: Progress = silent) -> Done:
    """A call that has been analysed, made again from what was heard and said about it; no model runs on it.

    With an `engine`, voices that its roster names clips of become known first.

    Raises:
        UsageError: it has not been analysed.
    """
    folder = _results(path, settings)
    if engine is not None:
        where = recording_of(folder) or Path(read_call(folder / CALL_FILE).recording.file)
        learn_voices(read_inputs(where), engine, settings, progress=progress)
    seen = seen_now(folder)
    return _done(folder, _material(folder, settings), corrections_of(folder), settings, Saying(), seen)


def kept_record(path: Path, settings: Settings) -> CallRecord:
    """The record of an analysed call as it was written, by its recording, its results folder or its `call.json`."""
    if path.name == CALL_FILE and is_file(path):
        return read_call(path)
    return read_call(_results(path, settings) / CALL_FILE)


def talk_about(done: Done, answers: Answers, *, held_on: dt.date) -> Done:
    """The call with what was said in the debrief talk about it; `finish` keeps it."""
    last = with_outcome(last_commitments(done.record), answers.last_commitment)
    made = done.record.model_copy(update={"talk": talk_record(answers, held_on), "last_commitments": last})
    return replace(done, record=made, saying=Saying(answers=answers, held_on=held_on, known_talk=done.talk))


def enrol_named(done: Done, names: Mapping[str, str], *, consent: dt.date) -> tuple[Path, ...]:
    """Keeps the voices of speakers who were just named, so that the next calls name them.

    Raises:
        UsageError: a voice cannot be kept (too little speech, or it sounds like somebody else's).
    """
    folder = voices_folder()
    recognition = done.call.recognition
    kept = []
    for speaker, name in names.items():
        if speaker in recognition.diarization.speakers and name not in recognition.diarization.speakers:
            known = read_voices(folder)
            voice = enrol_from_call(
                name, speaker, recognition.diarization, known, model=recognition.diarizer, consent=consent
            )
            kept.append(keep_voice(folder, voice))
    return tuple(kept)


def _out_option(settings: Settings) -> str:
    """The option for another results folder, with a blank before it; nothing for the default."""
    return "" if settings.out == DEFAULT_OUT else f" --out {pasted_path(settings.out)}"
