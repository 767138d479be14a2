"""One recording to one call, stage by stage:

    probe and hash  ->  decode  ->  who spoke when  ->  words  ->  people  ->  measures  ->  judgement  ->  files

The first four cost time and need the models; what they give is kept in `heard.json` as soon as each is done. The rest
is arithmetic, done anew whenever something is said about the call. The models come in through `Engine`, which loads
each when it is first needed and keeps it for the next recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from analyzer.audio.recording import Recording, probe
from analyzer.audio.track_starts import as_option
from analyzer.call.call import Call
from analyzer.call.folder import claim_folder
from analyzer.call.kept import corrections_of, notes_on
from analyzer.errors import BadFileError, NoSpeechError, RecordingMissingError
from analyzer.files import is_file, is_there
from analyzer.lead.agenda import ItemOnCall, agenda_on_call, planned_stretches
from analyzer.lead.attendance import attendance, call_names, headcount_notes, keys_by_attendee
from analyzer.lead.check import BASES, Band, Basis
from analyzer.lead.doubts import turn_doubts, voice_distances
from analyzer.lead.judgement import judge
from analyzer.lead.lead_time import lead_stretches
from analyzer.lead.moments import steering
from analyzer.lead.objectives import objectives_on_call
from analyzer.lead.remarks import remarks
from analyzer.people.channel_claims import channels_claim, only_on_their_channels, tracks_claim
from analyzer.people.corrections import Change, corrections_claim, splits_of
from analyzer.people.participants import Claim
from analyzer.people.plan.plan import Plan
from analyzer.people.plan.plan_file import plan_path, read_plan
from analyzer.people.resolution import Beside, Offer, beside, contradictions, headcount, identified, sidecar_claims
from analyzer.people.roster.voice_clips import make_roster_voices, voices_claim
from analyzer.people.splits import with_splits
from analyzer.people.voices.voice_files import voices_folder
from analyzer.progress import Progress, silent
from analyzer.settings import Settings
from analyzer.speech.profile import BALANCED, Profile, profile_named
from analyzer.speech.recognition import Diarization, Recognition
from analyzer.speech.recognition_cache import RecognitionCache, asked, holds, read_recognition, write_recognition
from analyzer.talk.floor import floor
from analyzer.talk.measures import measure_call, measure_people
from analyzer.talk.turns import renamed, spans_by_person, talk_time
from analyzer.talk.words import utterances, words_by_speaker
from analyzer.timeline import Word, samples

if TYPE_CHECKING:
    from analyzer.speech.diarization.diarizer import Diarizer
    from analyzer.speech.models.store import ModelStore
    from analyzer.speech.transcription.whisper import Transcriber


class Engine(Protocol):
    """Where the models come from."""

    def diarizer(self, progress: Progress = silent, *, profile: Profile = BALANCED) -> Diarizer:
        """Who spoke when."""

    def transcriber(self, model: str, progress: Progress = silent, *, profile: Profile = BALANCED) -> Transcriber:
        """The words, heard by the model of that name or in that folder."""


class LocalEngine:
    """The real models, from the model store, each loaded once."""

    def __init__(self, store: ModelStore | None = None, *, device: str = "auto") -> None:
        self._wanted = device
        self._stored = store
        if device not in ("auto", "cpu"):
            self._device  # noqa: B018 - a device asked for by name that is absent fails now, not after minutes
        self._diarizers: dict[Profile, Diarizer] = {}
        self._transcribers: dict[tuple[str, Profile], Transcriber] = {}

    @cached_property
    def _device(self) -> str:
        from analyzer.speech.models.networks import choose_device

        return choose_device(self._wanted)

    @cached_property
    def _store(self) -> ModelStore:
        from analyzer.speech.models.store import ModelStore

        return self._stored or ModelStore()

    def diarizer(self, progress: Progress = silent, *, profile: Profile = BALANCED) -> Diarizer:
        """The default diarizer, or community-1 when the user has it."""
        if profile not in self._diarizers:
            from analyzer.speech.diarization.diarizer import load_diarizer

            store = _Telling(self._store, progress)
            self._diarizers[profile] = load_diarizer(store, device=self._device, profile=profile)
        return self._diarizers[profile]

    def transcriber(self, model: str, progress: Progress = silent, *, profile: Profile = BALANCED) -> Transcriber:
        """faster-whisper with that model."""
        if (model, profile) not in self._transcribers:
            from analyzer.speech.transcription.whisper import load_transcriber

            self._transcribers[model, profile] = load_transcriber(
                self._store, model, device=self._device, profile=profile, progress=progress
            )
        return self._transcribers[model, profile]


@dataclass(frozen=True, slots=True)
class _Telling:
    """The model store as a diarizer needs it, telling `progress` while it fetches."""

    store: ModelStore
    progress: Progress

    @property
    def folder(self) -> Path:
        return self.store.folder

    def path(self, key: str) -> Path:
        return self.store.path(key, progress=self.progress)


def hear(
    recording: Recording,
    engine: Engine,
    settings: Settings,
    *,
    headcount: int | None = None,
    starts: Mapping[str, int] | None = None,
    folder: Path | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> Recognition:
    """Runs the models on a recording, or takes what they heard before when `folder` keeps it.

    What was heard before holds while the recording is the same and nothing is asked for that differs; with `fresh` it
    never does. `headcount` is how many people are said to be on the call: voices beyond it that are near each other are
    one, and those that hardly talk are taken for splinters of others, and looked for again within it; any other is
    kept, and reported. Channels that carry separate parties, and tracks, are listened to one by one; `starts` is when
    tracks are said to begin.

    Raises:
        NoSpeechError: nobody speaks in the recording.
    """
    kept = None if fresh or folder is None else read_recognition(folder)
    if kept is None or kept.sha256 != recording.sha256:
        kept = RecognitionCache(sha256=recording.sha256, length=0)
    profile = profile_named(settings.profile)
    want_count = asked(
        speakers=settings.speakers, min_speakers=settings.min_speakers, max_speakers=settings.max_speakers
    )
    model = settings.asr_model or profile.asr_model(settings.language)
    want_words = asked(asr_model=settings.asr_model, language=settings.language)
    want_speakers = want_count | as_option(recording, starts)
    if settings.profile is not None:
        want_speakers |= profile.diarization
        want_words |= profile.transcription | {"asr_model": model}
    found_speakers = kept.diarization is not None and holds(want_speakers, kept.diarized_with)
    found_words = found_speakers and kept.transcript is not None and holds(want_words, kept.transcribed_with)
    # Forgotten words are settled: only a new analysis, asked for, finds them again.
    found_words = found_words or (found_speakers and kept.forgotten is not None)
    if found_speakers and kept.diarization is not None:
        _check_speech(kept.diarization, recording)
    if found_speakers and (found_words or not settings.transcript):
        return kept.recognition(transcript=settings.transcript)

    from analyzer.speech.diarization.speakers import SpeakerBounds
    from analyzer.speech.listening import listen

    listening = listen(recording, starts=starts, max_hours=settings.max_hours, progress=progress)
    progress("load", 0, None)
    if not found_speakers:
        announced = None if want_count else headcount
        bounds = SpeakerBounds(settings.speakers, settings.min_speakers, settings.max_speakers, announced)
        diarizer = engine.diarizer(progress, profile=profile)
        diarization = listening.diarize(diarizer, speakers=bounds, progress=progress)
        if headcount is not None and not want_count and _has_splinters(diarization, headcount):
            diarization = listening.diarize(diarizer, speakers=SpeakerBounds(max=headcount), progress=progress)
        kept = RecognitionCache(
            sha256=recording.sha256,
            length=listening.length,
            notes=listening.notes,
            diarizer=diarizer.name,
            diarized_with=want_speakers,
            diarization=diarization,
        )
        _keep(kept, folder)
    assert kept.diarization is not None
    _check_speech(kept.diarization, recording)
    if settings.transcript:
        progress("transcribe", 0, None)  # a stage begins: whoever counts time, or wants to stop, hears of it here
        transcriber = engine.transcriber(model, progress, profile=profile)
        words = listening.transcribe(kept.diarization, transcriber, language=settings.language, progress=progress)
        kept = replace(kept, transcribed_with=want_words, transcript=words)
        _keep(kept, folder)
    return kept.recognition(transcript=settings.transcript)


def _check_speech(found: Diarization, recording: Recording) -> None:
    """Raises the error for a recording without speech: the first time, and each time that it was heard before."""
    if not found.turns:
        raise NoSpeechError(
            "nobody speaks in this recording",
            where=recording.path,
            todo="Check that it is the right file and that it was recorded with the microphones on",
        )


SPLINTER = samples(10.0)
"""A voice beyond the headcount that talks less than this is a part of another's, as a rule."""


def _has_splinters(found: Diarization, headcount: int) -> bool:
    talk = sorted(talk_time(spans_by_person(found.turns)).values(), reverse=True)
    return len(talk) > headcount and all(time < SPLINTER for time in talk[headcount:])


def _keep(kept: RecognitionCache, folder: Path | None) -> None:
    if folder is not None:
        write_recognition(folder, kept)


@dataclass(frozen=True, slots=True)
class Analysis:
    """How to look at a call: what is checked, against which band."""

    basis: Basis = "team-talk"
    band: Band = Band()  # noqa: RUF009 - frozen


def make_call(
    recording: Recording,
    recognition: Recognition,
    *,
    claims: Iterable[Claim] = (),
    plan: Plan | None = None,
    here: Beside | None = None,
    analysis: Analysis = Analysis(),
) -> Call:
    """What was heard and said about a call, as the finished call; no model runs."""
    here = here or Beside(recording.path.name)
    told, disagreements, offers = _told_beside(recognition, here)
    found, sidecars = recognition.diarization, here.sidecars
    by_voice, unusable = voices_claim(recognition, here)
    weaker, elsewhere = only_on_their_channels((*told, by_voice), found, sidecars)
    sources = (*claims, tracks_claim(found), channels_claim(found, sidecars), *weaker)
    people = identified(recognition.diarization.speakers, sources, plan, here)
    disagreements = (*disagreements, *elsewhere, *contradictions(sources, plan))
    by = spans_by_person(renamed(recognition.diarization.turns, people.keys_by_speaker))
    held = floor(by)
    owned: tuple[tuple[str, Word], ...] | None = None
    language = None
    if recognition.transcript is not None:
        exclusive = renamed(recognition.diarization.exclusive, people.keys_by_speaker)
        keys, words = people.keys_by_speaker, recognition.transcript.words
        owned = words_by_speaker(
            (replace(w, speaker=keys.get(w.speaker, w.speaker)) if w.speaker else w for w in words), exclusive
        )
        language = recognition.transcript.language
    uttered = utterances(owned or ())
    team, customers = people.side("team"), people.side("customer")
    names = call_names(plan, people)
    measured = measure_people(by, customers, owned, language, held)
    present = attendance(plan, people) if plan is not None else ()
    agenda: tuple[ItemOnCall, ...] = ()
    if plan is not None:
        leads = lead_stretches(held, team, by, recognition.length)
        agenda = agenda_on_call(plan, keys_by_attendee(plan, people), uttered, by, leads, recognition.length)
    return Call(
        name=recording.path.stem,
        recording=recording,
        recognition=recognition,
        participants=people,
        plan=plan,
        by=by,
        held=held,
        owned=owned,
        people=measured,
        measures=measure_call(by, recognition.length, held),
        judgement=judge(
            by,
            held,
            people,
            recognition.length,
            basis=analysis.basis,
            band=analysis.band,
            owned=owned or (),
            silent=[a.attendee.name for a in present if a.attendee.side == "team" and a.status == "silent"],
            exception=plan is not None and plan.exception is not None,
            names=names,
            planned=planned_stretches(agenda, people.salesperson),
            doubts=turn_doubts(recognition.diarization, people.keys_by_speaker),
            distances=voice_distances(recognition.diarization, people.keys_by_speaker),
        ),
        steering=steering(
            held,
            by,
            lead=people.salesperson,
            team=team,
            customers=customers,
            names=names,
            said=uttered if owned is not None else None,
            language=language,
            length=recognition.length,
        ),
        remarks=remarks(
            by,
            held,
            measured,
            salesperson=people.salesperson,
            team=team,
            customers=customers,
            length=recognition.length,
        ),
        agenda=agenda,
        objectives=objectives_on_call(plan.objectives, uttered) if plan is not None else (),
        attendance=present,
        notes=(*recognition.notes, *disagreements, *unusable, *headcount_notes(plan, people, by)),
        offers=offers,
    )


def _told_beside(
    recognition: Recognition, here: Beside
) -> tuple[tuple[Claim, ...], tuple[str, ...], tuple[Offer, ...]]:
    if not here.sidecars:
        return (), (), ()
    words = recognition.transcript.words if recognition.transcript is not None else ()
    owned = words_by_speaker(words, recognition.diarization.exclusive)
    return sidecar_claims(here.sidecars, recognition.diarization.turns, owned)


def find_plan(recording: Path, given: Path | None = None) -> Plan | None:
    """The plan given, or the one beside the recording, or None.

    Raises:
        BadFileError: it is wrong, or the one given is not there.
    """
    path = given or plan_path(recording)
    if not is_file(path):
        if given is None:
            return None
        raise BadFileError("there is no such plan", where=given, todo="Check the path, or leave --plan out")
    plan, _warnings = read_plan(path)
    return plan


@dataclass(frozen=True, slots=True)
class Material:
    """All that a call is made from but the corrections: `recognition` is before any split.

    `claims` come before the corrections, and `otherwise` where nothing else is claimed.
    """

    recording: Recording
    recognition: Recognition
    here: Beside
    plan: Plan | None = None
    claims: tuple[Claim, ...] = ()
    analysis: Analysis = Analysis()
    notes: tuple[str, ...] = ()
    otherwise: tuple[Claim, ...] = ()

    def call(self, changes: Sequence[Change]) -> Call:
        """The finished call, with what was said about it since; no model runs."""
        turns = self.recognition.diarization.turns
        made = make_call(
            self.recording,
            with_splits(self.recognition, splits_of(changes, turns)),
            claims=(*self.claims, corrections_claim(changes, turns), *self.otherwise),
            plan=self.plan,
            here=self.here,
            analysis=self.analysis,
        )
        return replace(made, notes=(*made.notes, *self.notes))


def analyse(
    path: Path,
    engine: Engine | None = None,
    settings: Settings | None = None,
    *,
    claims: Iterable[Claim] = (),
    plan: Path | None = None,
    out: Path | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> Call:
    """One recording from its file to the finished call.

    `out` is where results are kept, a folder a recording: what was heard before and the corrections are taken from
    there, and what is heard now goes there.

    Raises:
        AnalyzerError: whatever stops it, as the class that says what it is.
    """
    material, folder = gather(path, engine, settings, claims=claims, plan=plan, out=out, fresh=fresh, progress=progress)
    return material.call(() if folder is None else corrections_of(folder))


def gather(
    path: Path,
    engine: Engine | None = None,
    settings: Settings | None = None,
    *,
    claims: Iterable[Claim] = (),
    plan: Path | None = None,
    out: Path | None = None,
    fresh: bool = False,
    progress: Progress = silent,
) -> tuple[Material, Path | None]:
    """What a recording's call is made from, heard by the models or before, and its results folder (see `analyse`).

    Raises:
        AnalyzerError: whatever stops it, as the class that says what it is.
    """
    settings = settings or Settings()
    if not is_there(path):
        raise RecordingMissingError("there is no such file", where=path, todo="Check the path")
    # Before the models: a wrong plan, roster or sidecar should not cost minutes.
    planned, here = find_plan(path, plan), beside(path)
    recording = probe(path)
    engine = engine or LocalEngine(device=settings.device)
    folder = None
    if out is not None:
        folder = claim_folder(out, recording)
        corrections_of(folder)
    count, starts = headcount(planned, here), here.starts
    recognition = hear(
        recording, engine, settings, headcount=count, starts=starts, folder=folder, fresh=fresh, progress=progress
    )
    learn_voices(here, engine, settings, progress=progress)
    notes = () if folder is None else notes_on(folder)
    return Material(recording, recognition, here, planned, tuple(claims), analysis_of(settings), notes), folder


def learn_voices(here: Beside, engine: Engine, settings: Settings, *, progress: Progress = silent) -> None:
    """Makes the voices of the roster's clips that are not known yet; only then a model is loaded.

    Raises:
        BadFileError: a clip cannot be used.
    """
    diarizer = partial(engine.diarizer, progress, profile=profile_named(settings.profile))
    make_roster_voices(here.roster_path, here.roster, voices_folder(), diarizer, progress=progress)


def analysis_of(settings: Settings) -> Analysis:
    """How the settings want a call looked at."""
    basis = next(basis for basis in BASES if basis == settings.basis)  # settings are checked when they are made
    return Analysis(basis, Band(settings.band_floor, settings.band_ceiling))
