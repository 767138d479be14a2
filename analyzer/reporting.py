"""The results of one call: made, corrected and written. What `analyzer report` and `analyzer name` do."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analyzer import __version__
from analyzer.audio.recording import Recording
from analyzer.debrief.build import record
from analyzer.debrief.call import Call
from analyzer.debrief.clips import clip_moments
from analyzer.debrief.figures import last_commitments
from analyzer.debrief.folder import CALL_FILE, find_results, recording_of, results_folder
from analyzer.debrief.phrases import joined
from analyzer.debrief.record import CallRecord, NextStepRecord
from analyzer.debrief.results import CLIPS_FOLDER, read_call, write_results
from analyzer.debrief.spoken import exact
from analyzer.debrief.talk_file import (
    Answers,
    KeptTalk,
    last_talk,
    read_talk,
    talk_record,
    with_outcome,
    write_talk,
)
from analyzer.errors import BadFileError, RecordingError, UsageError
from analyzer.lead.suggestion import Suggestion, suggested_salesperson
from analyzer.people.cast import Cast, Said
from analyzer.people.corrections import Change, anchors, read_corrections, said, write_corrections
from analyzer.people.identity import beside
from analyzer.people.names import folded
from analyzer.people.plan_rules import SIDES, Side
from analyzer.people.voice_file import keep_voice, read_voices, voices_folder
from analyzer.people.voices import enrol_from_call
from analyzer.pipeline import Engine, analyse, analysis_of, find_plan, make_call
from analyzer.progress import Progress, silent
from analyzer.settings import DEFAULT_OUT, Settings
from analyzer.speech.heard import Heard
from analyzer.speech.heard_file import read_heard
from analyzer.talk.words import utterances
from analyzer.timeline import Span, samples


@dataclass(frozen=True, slots=True)
class Done:
    """A call with its debrief, and the folder its files belong in."""

    call: Call
    record: CallRecord
    folder: Path
    changes: tuple[Change, ...] = field(default=(), repr=False)


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
    told = Said("command line", salesperson=salesperson, team=tuple(team), customers=tuple(customers))
    call = analyse(path, engine, settings, said=[told], plan=plan, out=settings.out, fresh=fresh, progress=progress)
    folder = results_folder(settings.out, call.recording)
    changes = read_corrections(folder)
    if salesperson or team or customers:
        sides: dict[str, Side] = dict.fromkeys(team, "team")
        sides |= dict.fromkeys(customers, "customer")
        change = _by_label(Change(at=_now(), source="command line", sides=sides, salesperson=salesperson), call.cast)
        changes = _with_change(changes, call, change)
    return _done(call, folder, changes, settings)


def name_call(
    path: Path,
    settings: Settings,
    *,
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
    salesperson: str | None = None,
) -> Done:
    """Adds a correction to an analysed call and makes its results anew; no model runs.

    `names` maps speakers to names, or to another speaker that is the same person.

    Raises:
        UsageError: something that cannot be said about this call.
        BadFileError: the call has not been analysed.
    """
    folder = _results(path, settings)
    before = read_corrections(folder)
    call = _remade(folder, before, settings)
    speakers = call.heard.diarization.speakers
    change = Change(
        at=_now(),
        names={who: name for who, name in (names or {}).items() if name not in speakers},
        same={who: name for who, name in (names or {}).items() if name in speakers},
        sides={who: _side(side) for who, side in (sides or {}).items()},
        roles=dict(roles or {}),
        salesperson=salesperson,
    )
    changes = _with_change(before, call, _by_label(change, call.cast))
    return _done(_remade(folder, changes, settings), folder, changes, settings)


def undo_name(path: Path, settings: Settings) -> Done:
    """Takes the last correction back and makes the results anew.

    Raises:
        UsageError: there is none.
    """
    folder = _results(path, settings)
    changes = read_corrections(folder)
    if not changes:
        raise UsageError("there is no correction to take back", where=folder)
    return _done(_remade(folder, changes[:-1], settings), folder, changes[:-1], settings)


def finish(done: Done, settings: Settings) -> None:
    """Writes the results and the corrections.

    Raises:
        OutputError: they cannot be written.
    """
    recording = done.call.recording.path
    clips, src = None, None
    if settings.sound == "clips":
        clips = _clips(done.folder, done.record, recording)
    elif settings.sound == "recording" and recording.exists():
        src = urllib.parse.quote(os.path.relpath(recording.resolve(), done.folder.resolve()).replace(os.sep, "/"))
    write_results(done.folder, done.record, clips=clips, recording_src=src)
    if done.changes or read_corrections(done.folder):
        write_corrections(done.folder, done.changes)


def _clips(folder: Path, record: CallRecord, recording: Path) -> dict[str, bytes]:
    """The moments worth hearing as small sound files: those kept from before, the others from the recording.

    A moment of a recording that is no longer there, or cannot be read there, has no clip.
    """
    clips = {}
    for name, start, end in clip_moments(record):
        kept = folder / CLIPS_FOLDER / f"{name}.webm"
        try:
            clips[name] = kept.read_bytes() if kept.exists() else _clip(recording, start, end)
        except (RecordingError, OSError):
            continue
    return clips


def _clip(recording: Path, start: float, end: float) -> bytes:
    from analyzer.audio.clip import opus_clip
    from analyzer.audio.excerpt import excerpt

    return opus_clip(excerpt(recording, Span(samples(start), max(samples(end), samples(start) + 1))))


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


def _by_label(change: Change, cast: Cast) -> Change:
    """The change with speaker labels in place of names: a name may be another's tomorrow."""

    def label(who: str) -> str:
        found = [p.key for p in cast.people if p.name is not None and folded(p.name) == folded(who)]
        return found[0] if len(found) == 1 and who not in cast.keys_by_speaker else who

    return change.model_copy(
        update={
            "sides": {label(who): side for who, side in change.sides.items()},
            "roles": {label(who): role for who, role in change.roles.items()},
            "salesperson": None if change.salesperson is None else label(change.salesperson),
        }
    )


def _with_change(changes: tuple[Change, ...], call: Call, change: Change) -> tuple[Change, ...]:
    """`changes` and `change`, with the moments its speakers were heard; once, when it says nothing new."""
    change = change.model_copy(update={"heard": anchors(call.heard.diarization.turns)})
    if changes and changes[-1].model_copy(update={"at": change.at, "source": change.source}) == change:
        return changes
    return (*changes, change)


def _results(path: Path, settings: Settings) -> Path:
    if path.is_dir() and (path / CALL_FILE).exists():
        return path
    folder = find_results(settings.out, path)
    if folder is None:
        raise UsageError(
            "this call has not been analysed yet",
            where=path,
            todo=f"Run: analyzer report {shlex.quote(str(path))}{_out(settings)}",
        )
    return folder


def _remade(folder: Path, changes: Sequence[Change], settings: Settings) -> Call:
    """The call of a results folder, from what was heard then and `changes`."""
    kept = read_heard(folder)
    old = read_call(folder / CALL_FILE)
    if kept is None or kept.diarization is None:
        raise BadFileError("what the models heard is not kept here any more", where=folder, todo="Run analyzer report")
    heard: Heard = kept.heard(transcript=old.transcript is not None)
    where = recording_of(folder) or Path(old.recording.file)
    recording = Recording(
        path=where,
        sha256=old.recording.sha256,
        container=old.recording.container,
        codec=old.recording.codec,
        channels=old.recording.channels,
        sample_rate=old.recording.sample_rate,
        length=samples(old.recording.seconds),
    )
    return make_call(
        recording,
        heard,
        said=[said(changes, heard.diarization.turns)],
        plan=find_plan(where),
        here=beside(where),
        analysis=analysis_of(settings),
    )


def _done(call: Call, folder: Path, changes: tuple[Change, ...], settings: Settings) -> Done:
    made = record(call, version=__version__, next_steps=next_steps(call, settings))
    kept = read_talk(folder)
    if kept is not None:
        made = made.model_copy(update={"talk": kept.talk, "last_commitments": kept.last})
    else:
        before = last_talk(folder.parent, _salesperson_name(made), but=folder)
        made = made.model_copy(update={"last_commitments": before.talk.commitments if before is not None else ()})
    return Done(call, made, folder, changes)


def _salesperson_name(made: CallRecord) -> str | None:
    return None if made.lead.salesperson is None else made.person(made.lead.salesperson).name


def analysed_call(path: Path, settings: Settings) -> Done:
    """A call that has been analysed, made anew from what was heard and said about it; no model runs.

    Raises:
        UsageError: it has not been analysed.
    """
    folder = _results(path, settings)
    changes = read_corrections(folder)
    return _done(_remade(folder, changes, settings), folder, changes, settings)


def kept_record(path: Path, settings: Settings) -> CallRecord:
    """The record of an analysed call as it was written, by its recording, its results folder or its `call.json`."""
    if path.name == CALL_FILE and path.is_file():
        return read_call(path)
    return read_call(_results(path, settings) / CALL_FILE)


def talk_about(done: Done, answers: Answers, *, held_on: dt.date) -> Done:
    """Keeps what was said in the debrief talk with the call, and returns the call with it."""
    last = with_outcome(last_commitments(done.record), answers.last_commitment)
    kept = KeptTalk(_salesperson_name(done.record), talk_record(answers, held_on), last)
    write_talk(done.folder, kept)
    return replace(done, record=done.record.model_copy(update={"talk": kept.talk, "last_commitments": last}))


def next_steps(call: Call, settings: Settings) -> tuple[NextStepRecord, ...]:
    """What would make the report say more, with the command to paste."""
    path = shlex.quote(_pasteable(call.recording.path))
    out = _out(settings)
    people = call.cast.people
    steps: list[NextStepRecord] = []

    def step(text: str, command: str) -> None:
        steps.append(NextStepRecord(text=text, command=exact(command)))

    unnamed = [person.key for person in people if person.name is None]
    unknown = [person.key for person in people if person.side is None and person.key != call.cast.salesperson]
    if call.cast.salesperson is None and len(people) > 1:
        found = _suggestion(call)
        seller = found.who if found is not None else people[0].key
        customer = next(person.key for person in reversed(people) if person.key != seller)
        text = f"Say who the salesperson is and who the customer is (here: if {customer} is the customer)"
        if found is not None:
            text = f"{call.cast.label(seller)} {joined(found.why)}, so is probably the salesperson. {text}"
        step(text, f"analyzer report {path}{out} --salesperson {seller} --customer {customer}")
    elif unknown:
        step(
            f"Say which side the others are on (here: if {unknown[-1]} is the customer)",
            f"analyzer report {path}{out} --customer {unknown[-1]}",
        )
    if unnamed:
        planned = _names_to_confirm(call)
        pairs = " ".join(f"{key}={shlex.quote(planned.get(key, 'First Last'))}" for key in unnamed)
        check = " (from the plan: check each against what they say)" if planned else ""
        step(f"Give the speakers their names{check}", f"analyzer name {path}{out} {pairs}")
    if call.plan is None:
        step("Hold the call against its plan: write one, fill it in, and report again", f"analyzer plan new {path}")
    return tuple(steps)


def _suggestion(call: Call) -> Suggestion | None:
    if call.owned is None or call.heard.transcript is None:
        return None
    return suggested_salesperson(
        call.by, call.held, utterances(call.owned), call.heard.transcript.language, call.heard.length
    )


def enrol_named(done: Done, names: Mapping[str, str], *, consent: dt.date) -> tuple[Path, ...]:
    """Keeps the voices of speakers who were just named, so that the next calls name them.

    Raises:
        UsageError: a voice cannot be kept (too little speech, or it sounds like somebody else's).
    """
    folder = voices_folder()
    heard = done.call.heard
    kept = []
    for speaker, name in names.items():
        if speaker in heard.diarization.speakers and name not in heard.diarization.speakers:
            known = read_voices(folder)
            voice = enrol_from_call(name, speaker, heard.diarization, known, model=heard.diarizer, consent=consent)
            kept.append(keep_voice(folder, voice))
    return tuple(kept)


def _names_to_confirm(call: Call) -> dict[str, str]:
    """For people without a name the plan's, where a side has just one of each left; for somebody to confirm."""
    if call.plan is None:
        return {}
    named = {person.name for person in call.cast.people}
    names = {}
    for side in SIDES:
        people = [person.key for person in call.cast.people if person.side == side and person.name is None]
        attendees = [a.name for a in call.plan.attendees if a.side == side and a.name not in named]
        if len(people) == len(attendees) == 1:
            names[people[0]] = attendees[0]
    return names


def _pasteable(path: Path) -> str:
    """A path that no command takes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _out(settings: Settings) -> str:
    return "" if settings.out == DEFAULT_OUT else f" --out {shlex.quote(_pasteable(settings.out))}"
