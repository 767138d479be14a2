"""One recording to one call, stage by stage:

    probe and hash  ->  decode  ->  who spoke when  ->  words  ->  people  ->  measures  ->  judgement  ->  files

The first four cost time and need the models (`recognise`). The rest is arithmetic, done again whenever a person adds
something about the call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from analyzer.audio.recording import Recording
from analyzer.call.call import Call
from analyzer.call.engine import Engine, LocalEngine
from analyzer.call.folder import CallFolder
from analyzer.call.inputs import CallInputs, read_inputs
from analyzer.call.parts import probed
from analyzer.call.place import claim_folder
from analyzer.call.recognising import recognise
from analyzer.errors import RecordingMissingError
from analyzer.files import is_there
from analyzer.lead.agenda import ItemOnCall, agenda_on_call, planned_stretches
from analyzer.lead.attendance import (
    Attendance,
    absent_salesperson,
    attendance,
    call_names,
    keys_by_attendee,
)
from analyzer.lead.check import BASES, Band, Basis
from analyzer.lead.doubts import CallDoubt, call_doubts, not_told, turn_doubts, voice_distances
from analyzer.lead.introductions import introductions
from analyzer.lead.judgement import Judgement, Settled, exchanges, judge
from analyzer.lead.moments import steering
from analyzer.lead.objectives import objectives_on_call
from analyzer.lead.remarks import Remark, remarks
from analyzer.lead.stretches import lead_time
from analyzer.people.announcements import set_aside
from analyzer.people.channel_claims import channels_claim, only_on_their_channels, tracks_claim
from analyzer.people.corrections import Change, corrections_claim, splits_of
from analyzer.people.elimination import SOURCE as ELIMINATION
from analyzer.people.elimination import eliminated
from analyzer.people.names import folded
from analyzer.people.participants import Claim, Offer, Participants
from analyzer.people.plan.plan import Plan
from analyzer.people.resolution import contradictions, identified, overruled, sidecar_claims
from analyzer.people.roster.voice_clips import known_voices, make_roster_voices, voices_claim
from analyzer.people.splits import with_splits
from analyzer.people.voices.known_voices import SOURCE as VOICE
from analyzer.people.voices.voice_files import voices_folder
from analyzer.progress import Progress, silent
from analyzer.settings import Settings
from analyzer.speech.profile import profile_named
from analyzer.speech.recognition import Recognition
from analyzer.talk.floor import Floor, floor
from analyzer.talk.measures import PersonMeasures, measure_call, measure_people
from analyzer.talk.turns import By, renamed, spans_by_person, talk_time
from analyzer.talk.words import Utterance, languages, utterances, words_by_speaker
from analyzer.timeline import Span, Word, clock


@dataclass(frozen=True, slots=True)
class Analysis:
    """How to look at a call: what is checked, against which band."""

    basis: Basis = "team-talk"
    band: Band = Band()  # noqa: RUF009 - frozen


Owned = tuple[tuple[str, Word], ...]
"""Words in time order, each with whose it is."""


def make_call(
    recording: Recording,
    recognition: Recognition,
    *,
    claims: Iterable[Claim] = (),
    inputs: CallInputs | None = None,
    analysis: Analysis = Analysis(),
) -> Call:
    """What was heard and said about a call, as the finished call; no model runs."""
    inputs = inputs or CallInputs(recording.path.name)
    people, doubts, offers = _who_is_who(recognition, claims, inputs)
    plan, length, language = inputs.plan, recognition.length, recognition.language
    by, aside = _turns(recognition, people)
    held = floor(by, (span for spans in aside.values() for span in spans))
    owned, said = _words_by_person(recognition, people)
    uttered = utterances(said or ())
    team, customers = people.side("team"), people.side("customer")
    measured = measure_people(by, customers, said, language, held)
    present = attendance(plan, people) if plan is not None else ()
    agenda = _agenda(plan, people, present, by, held, uttered, length, language) if plan is not None else ()
    settled = _settled(inputs, analysis, people, present, agenda)
    found, keys = recognition.diarization, people.keys_by_speaker
    sure = turn_doubts(found, keys), voice_distances(found, keys)
    untold = not_told(found)
    judgement = judge(
        by, held, people, length, settled, owned=said or (), doubts=sure[0], distances=sure[1], untold=untold
    )
    return Call(
        recording=recording,
        recognition=recognition,
        participants=people,
        plan=plan,
        by=by,
        held=held,
        owned=owned,
        aside=aside,
        people=(*measured, *measure_people(aside, (), owned, language)),
        measures=measure_call(by, length, held),
        judgement=judgement,
        steering=steering(
            held,
            team,
            exchanges(by, held, people, settled, said or ()),
            judgement.planned,
            utterances=uttered if said is not None else None,
            language=language,
            length=length,
        ),
        remarks=_remarks(people, by, held, measured, judgement, length),
        agenda=agenda,
        objectives=objectives_on_call(plan.objectives, uttered, language) if plan is not None else (),
        attendance=present,
        doubts=_call_doubts(plan, people, by, length, agenda, untold),
        notes=(*recognition.notes, *_languages(recognition), *doubts),
        offers=offers,
        occasion=inputs.occasion.planned(plan),
    )


def _agenda(
    plan: Plan,
    people: Participants,
    present: Sequence[Attendance],
    by: By,
    held: Floor,
    uttered: Sequence[Utterance],
    length: int,
    language: str | None,
) -> tuple[ItemOnCall, ...]:
    """The items of the plan where they are recognised on the call."""
    return agenda_on_call(
        plan,
        keys_by_attendee(plan, people),
        uttered,
        by,
        lead_time(held, people.side("team"), by, length).stretches,
        length,
        customers=people.side("customer"),
        absent=[one.attendee.name for one in present if one.status == "silent"],
        language=language,
    )


NAMES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
}
"""Languages as people call them; of others the code is told."""


def _languages(recognition: Recognition) -> tuple[str, ...]:
    """A sentence where words are in several languages."""
    found = languages(recognition.transcript.words if recognition.transcript is not None else ())
    if not found:
        return ()
    each = (f"{NAMES.get(code, code)} from {clock(at)} on ({number} words)" for code, (at, number) in found.items())
    return (f"{len(found)} languages are spoken: {', '.join(each)}.",)


def _call_doubts(
    plan: Plan | None, people: Participants, by: By, length: int, agenda: Sequence[ItemOnCall], untold: Sequence[Span]
) -> tuple[CallDoubt, ...]:
    """What may be wrong with the call, by the plan too."""
    to_lead = Counter(item.planned_lead for item in agenda if item.planned_lead is not None)
    headcount = plan.headcount if plan is not None else None
    return call_doubts(by, people, length, headcount=headcount, to_lead=to_lead, untold=untold)


def _turns(recognition: Recognition, people: Participants) -> tuple[By, By]:
    """The turns of everybody on the call, and those of voices that are no one."""
    by = spans_by_person(renamed(recognition.diarization.turns, people.keys_by_speaker))
    aside = people.side("none")
    return {who: by[who] for who in by if who not in aside}, {who: by[who] for who in by if who in aside}


def _remarks(
    people: Participants, by: By, held: Floor, measured: Sequence[PersonMeasures], judgement: Judgement, length: int
) -> tuple[Remark, ...]:
    """Figures worth talking about; none on a call that is not judged."""
    if judgement.verdict.reason is not None:
        return ()
    return remarks(
        by,
        held,
        measured,
        salesperson=people.salesperson,
        team=people.side("team"),
        customers=people.side("customer"),
        length=length,
        planned=[stretch.span for stretch in judgement.planned],
    )


def _settled(
    inputs: CallInputs,
    analysis: Analysis,
    people: Participants,
    present: Sequence[Attendance],
    agenda: Sequence[ItemOnCall],
) -> Settled:
    """How the analysis and the plan want it judged whether the salesperson led."""
    plan = inputs.plan
    silent = [a.attendee.name for a in present if a.attendee.side == "team" and a.status == "silent"]
    missing = [a.attendee.name for a in present if a.attendee.side == "team" and a.status == "not_identified"]
    unnamed = [p for p in people.people if p.name is None and p.side in ("team", None) and p.key != people.salesperson]
    return Settled(
        basis=analysis.basis,
        band=analysis.band,
        names=call_names(plan, inputs.roster, people),
        planned=planned_stretches(agenda, people.salesperson),
        absent=absent_salesperson(plan, inputs.roster, inputs.name, people),
        silent=silent,
        unheard=[*silent, *missing[len(unnamed) :]],
        exception=plan is not None and plan.exception is not None,
    )


def _who_is_who(
    recognition: Recognition, claims: Iterable[Claim], inputs: CallInputs
) -> tuple[Participants, tuple[str, ...], tuple[Offer, ...]]:
    """The people on the call, in sentences what contradicts or could not be used, and what would settle it."""
    found, sidecars = recognition.diarization, inputs.sidecars
    words = words_by_speaker(recognition.transcript.words if recognition.transcript else (), found.exclusive)
    told, disagreements, offers = sidecar_claims(sidecars, found.turns, words)
    by_voice, unusable = voices_claim(recognition, inputs.roster)
    weaker, elsewhere = only_on_their_channels((*told, by_voice), found, sidecars)
    sources = (*claims, tracks_claim(found), channels_claim(found, sidecars), *weaker)
    known = partial(identified, plan=inputs.plan, roster=inputs.roster, file_name=inputs.name, sidecars=sidecars)
    aside = set_aside(known(found.speakers, sources), found.turns, words, inputs.recurring)
    sources = (*sources, aside.claim)
    people = known(found.speakers, sources, unsure=aside.unsure)
    if not offers and not aside.unsure:  # no voice may be two people, or no one
        left = _left_over(people, recognition, inputs, words)
        people = known(found.speakers, (*sources, left), unsure=aside.unsure)
    doubts = (*contradictions(sources, inputs.plan), *overruled(people, inputs.plan))
    return people, (*aside.notes, *disagreements, *elsewhere, *doubts, *unusable), (*offers, *aside.offers)


def _left_over(
    people: Participants, recognition: Recognition, inputs: CallInputs, words: Sequence[tuple[str, Word]]
) -> Claim:
    """The names that only one voice can have; none where a voice gives itself another one."""
    by = spans_by_person(renamed(recognition.diarization.turns, people.keys_by_speaker))
    left = eliminated(people, inputs.listed, talk_time(by))
    if left.names:
        library = known_voices(inputs.roster, voices_folder(), [])
        by_voice = {person.name for person in people.people for one in person.evidence if one.source == VOICE}
        unheard = [voice.name for voice in library if voice.name not in by_voice]
        left = eliminated(people, inputs.listed, talk_time(by), unheard)
    attendees = inputs.plan.attendees if inputs.plan is not None else ()
    said = introductions(utterances(words), tuple(left.names), (), attendees)
    return left if all(folded(said[who].name) in folded(left.names[who]) for who in said) else Claim(ELIMINATION)


def _words_by_person(recognition: Recognition, people: Participants) -> tuple[Owned | None, Owned | None]:
    """The words, each with the key of the person who spoke it, and those of them that count: without what voices say
    that are no one. None when the call was not transcribed.
    """
    if recognition.transcript is None:
        return None, None
    keys, aside = people.keys_by_speaker, people.side("none")
    words = (
        replace(w, speaker=keys.get(w.speaker, w.speaker)) if w.speaker else w for w in recognition.transcript.words
    )
    owned = words_by_speaker(words, renamed(recognition.diarization.exclusive, keys))
    return owned, tuple(pair for pair in owned if pair[0] not in aside)


@dataclass(frozen=True, slots=True)
class Material:
    """All that a call is made from but the corrections: `recognition` is before any split.

    `claims` come before the corrections, and `otherwise` where nothing else is claimed. `folder` is where its results
    are kept, if they are.
    """

    recording: Recording
    recognition: Recognition
    inputs: CallInputs
    analysis: Analysis = Analysis()
    claims: tuple[Claim, ...] = ()
    otherwise: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()
    folder: CallFolder | None = None

    def call(self, changes: Sequence[Change] = ()) -> Call:
        """The finished call, with what was said about it since; no model runs."""
        turns = self.recognition.diarization.turns
        recurring = self.folder.recurring() if self.folder is not None else ()
        made = make_call(
            self.recording,
            with_splits(self.recognition, splits_of(changes, turns)),
            claims=(*self.claims, corrections_claim(changes, turns), *self.otherwise),
            inputs=replace(self.inputs, recurring=recurring),
            analysis=self.analysis,
        )
        if self.folder is None:
            return replace(made, notes=(*made.notes, *self.notes))
        # A folder may have the day behind the title: the name too, so that the two can be told apart.
        dated = self.folder.name if self.folder.name.startswith(f"{made.name} ") else made.name
        occasion = replace(made.occasion, title=dated)
        return replace(made, occasion=occasion, notes=(*made.notes, *self.folder.notes(), *self.notes))


def gather(
    path: Path,
    engine: Engine | None = None,
    settings: Settings | None = None,
    *,
    claims: Iterable[Claim] = (),
    plan: Path | None = None,
    out: Path | None = None,
    others: Sequence[Path] | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> Material:
    """What a recording's call is made from, heard by the models now or before.

    `out` is where results are kept, a folder a recording: what was heard before is taken from there, and what is heard
    now goes there. `others` are the other files of its meeting.

    Raises:
        AnalyzerError: whatever stops it, as the class that says what it is.
    """
    settings = settings or Settings()
    if not is_there(path):
        raise RecordingMissingError("there is no such file", where=path, todo="Check the path")
    inputs = read_inputs(path, plan)  # before the models: a wrong plan, roster or sidecar should not cost minutes
    recording = probed(path)
    engine = engine or LocalEngine(device=settings.device)
    folder = None
    if out is not None:
        folder = claim_folder(out, recording, others)
        folder.corrections()
    recognition = recognise(
        recording,
        engine,
        settings,
        headcount=inputs.headcount,
        starts=inputs.starts,
        folder=folder,
        fresh=fresh,
        progress=progress,
    ).recognition(transcript=settings.transcript)
    learn_voices(inputs, engine, settings, progress=progress)
    return Material(
        recording, recognition, inputs, analysis_of(settings, inputs.ride_along), tuple(claims), folder=folder
    )


def learn_voices(inputs: CallInputs, engine: Engine, settings: Settings, *, progress: Progress = silent) -> None:
    """Makes the voices of the roster's clips that are not known yet; only then a model is loaded.

    Raises:
        BadFileError: a clip cannot be used.
    """
    diarizer = partial(engine.diarizer, progress, profile=profile_named(settings.profile))
    make_roster_voices(inputs.roster_path, inputs.roster, voices_folder(), diarizer, progress=progress)


def analysis_of(settings: Settings, ride_along: str | None) -> Analysis:
    """How the settings want a call of this kind of ride-along looked at."""
    basis = next(basis for basis in BASES if basis == settings.basis)  # settings are checked when they are made
    return Analysis(basis, Band(*settings.band(ride_along)))
