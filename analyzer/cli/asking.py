"""The questions of `analyzer name` and `analyzer debrief` at a terminal.

Of a talk the salesperson's own view comes first, before any figure is shown.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from analyzer.call.call import Call
from analyzer.call.folder import CallFolder
from analyzer.cli.lines import say, tell
from analyzer.debrief.conversation.answers import Draft, Kept, Outcome, Promise, drafts, read_draft, write_draft
from analyzer.debrief.figures import last_commitments
from analyzer.debrief.page.clips import clearest_of
from analyzer.debrief.phrases import length, moment
from analyzer.debrief.record import CallRecord, Met
from analyzer.errors import OutputError, one_line, visible
from analyzer.files import is_file

PLAYERS = {
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "quiet"),
    "afplay": (),
    "paplay": (),
    "aplay": ("-q",),
}
"""Programs that play a WAV file and end, in the order to try them."""
PATIENCE = 5.0
"""Seconds beyond the sound that a player may take: one that finds no device may wait for it for ever."""


def names_of(
    call: CallRecord, expected: Sequence[str], sound: Callable[[float, float], bytes | None]
) -> dict[str, str]:
    """Asks on stderr for each voice without a name who it is; whoever is left empty stays open.

    It is shown where to listen and what is said there, and played where that can be done; `sound` gives what is heard
    from one second to another as a WAV file. `expected` are names to choose from by number.
    """
    names: dict[str, str] = {}
    players = [name for name in PLAYERS if shutil.which(name)]
    for person in (one for one in call.people if one.name is None and one.side != "none"):
        tell(f"{person.key} talks for {length(person.talk_seconds)}.")
        for said in person.first_sentences:
            tell(f"  {moment(said.start)}  “{one_line(said.text)}”")
        clearest = clearest_of(call, person.key)
        if clearest is not None:
            tell(f"  Listen at {moment(clearest[0])}: there it speaks alone for longest.")
        left = [name for name in expected if name not in names.values()]
        for number, name in enumerate(left, start=1):
            tell(f"  {number}  {name}")
        choice = ", a number" if left else ""
        while True:
            hear = "p to hear it, " if players and clearest is not None else ""
            ask = f"Who is {person.key}? ({hear}a name{choice}, another speaker's label, none, or empty)"
            answer = _asked(ask, err=True)
            if not hear or clearest is None or answer.casefold() != "p":
                break
            start, end = clearest
            players = _played(players, sound(start, end), limit=end - start + PATIENCE)
            if not players:
                tell(f"  It cannot be played here. Listen at {moment(clearest[0])} with a player of yours.")
        if answer.isdecimal() and 1 <= int(answer) <= len(left):
            answer = left[int(answer) - 1]
        if answer:
            names[person.key] = answer
    return names


def _played(players: Sequence[str], sound: bytes | None, *, limit: float) -> list[str]:
    """Plays a sound with the first program that can in `limit` seconds; returns those that are left for the next."""
    if sound is None:
        return []
    with contextlib.suppress(OSError), tempfile.TemporaryDirectory() as folder:  # it is there to be removed
        file = Path(folder) / "voice.wav"
        file.write_bytes(sound)
        for place, name in enumerate(players):
            command, nothing = [name, *PLAYERS[name], str(file)], subprocess.DEVNULL
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(command, stdin=nothing, stdout=nothing, stderr=nothing, timeout=limit, check=True)
                return list(players[place:])
    return []


def names_expected(call: Call, recording: Path) -> tuple[str, ...]:
    """Names from plan and roster that no one on the call has yet."""
    from analyzer.call.inputs import read_inputs

    inputs = read_inputs(recording)
    people = [one.name for one in call.plan.attendees] if call.plan is not None else []
    if inputs.roster is not None:
        people += [one.name for one in inputs.roster.people]
        people += [one.name for one in inputs.roster.customers]
    named = {person.name for person in call.participants.people}
    return tuple(name for name in dict.fromkeys(people) if name not in named)


def held(call: CallRecord, folder: CallFolder, show: Callable[[], None]) -> Draft:
    """Holds the talk: the questions in order, with the debrief shown (`show`) after the salesperson's own view.

    What is answered is kept after each answer, until the talk is kept: when it ends early, the next one goes on there.
    """
    talk = _Talk(folder, _begun(call, folder))
    try:
        _own_view(call, talk)
        _objectives(call, talk)
        say()
        show()
        _outcome_of_last(call, talk)
        say()
        _observations(talk)
        _commitments(talk)
    except BaseException:
        tell("")
        tell_kept(talk.draft, folder)
        raise
    return talk.draft


def _begun(call: CallRecord, folder: CallFolder) -> Draft:
    """The draft to go on with: an earlier one if there is one and it is wanted, or else a new one."""
    recording = call.recording.sha256
    earlier = read_draft(folder, recording)
    if earlier is not None and earlier.done:
        day = earlier.begun[:16].replace("T", " ")
        if not _asked(f"Answers of a talk begun on {day} are kept. Go on with them? (Y/n)").lower().startswith("n"):
            return earlier
    return Draft(recording=recording, begun=dt.datetime.now().astimezone().isoformat(timespec="seconds"))


class _Talk:
    """The talk as it goes: what was answered, kept after each answer."""

    def __init__(self, folder: CallFolder, draft: Draft) -> None:
        self.folder = folder
        self.draft = draft
        self.lies_at: Path | None = None

    def is_done(self, question: str) -> bool:
        """Whether a question was answered, now or before."""
        return question in self.draft.done

    def answered(self, question: str, *, ends: bool = True, **answers: object) -> None:
        """Notes an answer; with `ends` the question is not asked again."""
        given = self.draft.answers.model_copy(update=answers)
        done = dict.fromkeys((*self.draft.done, question if ends else f"{question} begun"))
        self.draft = self.draft.model_copy(update={"answers": given, "done": tuple(done)})
        before = self.lies_at
        try:
            self.lies_at = write_draft(self.folder, self.draft)
        except OutputError as error:
            self.lies_at = None
            if before is not None or len(done) == 1:
                tell(f"  What you answer cannot be kept before the end: {error.line()}")
        else:
            if self.lies_at.parent != self.folder.path and self.lies_at != before:
                say(f"  There is no room beside the call: answers are kept in {self.lies_at} until the end.")


def tell_kept(draft: Draft, folder: CallFolder) -> None:
    """Says where the answers of a talk are that ended early or could not be kept; prints them if they are nowhere."""
    there = [path for path in drafts(folder, draft.recording) if is_file(path)]
    if there:
        tell(f"What was answered is kept in {there[0]}; the next debrief of this call goes on there.")
    elif draft.done:
        tell("What was answered could be kept nowhere. Here it is, to copy:")
        for line in draft.answers.model_dump_json(indent=1, exclude_defaults=True).split("\n"):
            tell(line)


def _own_view(call: CallRecord, talk: _Talk) -> None:
    """Asks for the salesperson's own view; every answer may be left empty."""
    who = call.label(call.lead.salesperson) if call.lead.salesperson else "the salesperson"
    if not talk.is_done("differently"):
        say(f"First {who}'s own view. Leave empty what you have no answer to.")
        say()
    if not talk.is_done("share"):
        talk.answered("share", own_lead_share=_share())
    if not talk.is_done("well"):
        talk.answered("well", went_well=_asked("What went well?") or None)
    if not talk.is_done("differently"):
        talk.answered("differently", would_do_differently=_asked("What would you do differently?") or None)


def _objectives(call: CallRecord, talk: _Talk) -> None:
    """Asks each of the two how far each objective was met, and the other one for their own view of the call."""
    seller = call.lead.salesperson
    others = [one.label for one in call.people if one.side == "team" and one.key != seller]
    voices = [("salesperson", call.label(seller) if seller else "the salesperson")]
    if others:
        other = " or ".join(others)
        voices.append(("manager", other))
        if not talk.is_done("manager"):
            talk.answered("manager", manager_view=_asked(f"{other}, how do you see the call?") or None)
    for objective in call.plan.objectives if call.plan is not None else ():
        for voice, who in voices:
            question = f"objective of the {voice}: {objective.text}"
            if talk.is_done(question):
                continue
            outcomes = talk.draft.answers.objective
            if (met := _met(f"“{objective.text}”: was it met, {who}?")) is not None:
                outcomes = (*outcomes, Outcome.model_validate({"text": objective.text, voice: met}))
            talk.answered(question, objective=outcomes)


def _met(question: str) -> Met | None:
    answers: dict[str, Met] = {"y": "met", "m": "met", "p": "in part", "i": "in part", "n": "not"}
    while text := _asked(f"{question} (met, in part, not, or empty)"):
        if found := answers.get(text[0].lower()):
            return found
        say("  Met, in part or not, please.")
    return None


def _share() -> float | None:
    while text := _asked("How much of the team's part did you lead, in percent?"):
        try:
            number = float(text.removesuffix("%").strip().replace(",", "."))
        except ValueError:
            number = -1.0
        if 0 <= number <= 100:
            return number
        say("  A number between 0 and 100, please.")
    return None


def _outcome_of_last(call: CallRecord, talk: _Talk) -> None:
    """Asks what became of the commitments of the last talk that no one knows about yet."""
    for commitment in last_commitments(call):
        question = f"last: {commitment.text}"
        if commitment.kept is None and not talk.is_done(question):
            answer = _asked(f"Last time {commitment.who} agreed: “{commitment.text}”. Kept? (y/n)").lower()
            outcomes = talk.draft.answers.last_commitment
            if answer[:1] in ("y", "n"):
                outcomes = (*outcomes, Kept(text=commitment.text, kept=answer.startswith("y")))
            talk.answered(question, last_commitment=outcomes)


def _observations(talk: _Talk) -> None:
    """Asks what the two saw; an empty answer ends the list."""
    if talk.is_done("seen"):
        return
    while text := _asked("What did you two see in it? (empty to go on)"):
        talk.answered("seen", ends=False, observations=(*talk.draft.answers.observations, text))
    talk.answered("seen")


def _commitments(talk: _Talk) -> None:
    """Asks what each will do; an empty answer ends the list."""
    while who := _asked("Who will do something? (empty to end)"):
        what = _asked(f"What will {who} do?")
        if not what:
            continue
        try:
            promise = Promise(who=who, text=what)
        except ValueError:
            say("  That is too long: a name has 200 characters at most, and what is agreed 2000.")
            continue
        promise = promise.model_copy(update={"due": _date("By when? (yyyy-mm-dd, or empty)")})
        talk.answered("commitments", ends=False, commitment=(*talk.draft.answers.commitment, promise))


def _date(question: str) -> dt.date | None:
    while text := _asked(question):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            say("  A date like 2026-06-01, please.")
    return None


def _asked(question: str, *, err: bool = False) -> str:
    answer: str = typer.prompt(visible(question), default="", show_default=False, prompt_suffix=" ", err=err)
    return answer.strip().encode(errors="replace").decode()  # a terminal may give what is no text
