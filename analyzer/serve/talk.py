"""The debrief in a browser, step by step: the salesperson's own view before any figure is shown.

Each step is kept as a draft, the same that a debrief at a terminal keeps: it goes on here, there or on another device.
Of two who answer one step the second is told that the talk went on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from analyzer import session
from analyzer.call.folder import CallFolder
from analyzer.debrief.conversation.answers import (
    Answers,
    Draft,
    Kept,
    Outcome,
    Promise,
    go_on,
    mark,
    read_draft,
    remove_draft,
)
from analyzer.debrief.figures import last_commitments
from analyzer.debrief.in_language import in_its_language
from analyzer.debrief.phrases import day, percent
from analyzer.debrief.record import CallRecord
from analyzer.debrief.results import read_call
from analyzer.errors import UsageError
from analyzer.files import id_of
from analyzer.people.commitment import Commitment
from analyzer.serve.forms import text_of
from analyzer.serve.sound import has_sound
from analyzer.serve.views import Views
from analyzer.serve.writes import Form, Writes
from analyzer.wording import N_, _, either, speaking

STEPS = ((1, N_("Own view")), (2, N_("Objectives")), (3, N_("Moments")), (4, N_("Promise")))
DONE = {1: ("share", "well", "differently"), 2: ("manager",), 3: ("seen",), 4: ()}
"""The names that a debrief at a terminal has for the questions of each step."""
MOMENTS = 3


class Talks:
    """The pages of a debrief, and its answers."""

    def __init__(self, views: Views, writes: Writes) -> None:
        self.views = views
        self.writes = writes

    def shown(self, request: Request) -> Response:
        """A step of the debrief: the one that is asked for, or the first that is not behind the two."""
        call = self.views.call_of(request)
        folder = self.views.known.folder(call)
        record = read_call(folder)
        with speaking(self.views.language):
            record = in_its_language(record)
        draft = read_draft(folder, record.recording.sha256)
        reached = _reached(draft)
        asked = request.query_params.get("step", "")
        step = min(int(asked), reached) if asked in ("1", "2", "3", "4") else reached
        answers = draft.answers if draft is not None else Answers()
        around = self.views.around(request, call)
        return self.views.shown(
            request,
            "talk.html.j2",
            _("Debrief: {call}", call=record.name),
            dict(
                call=record,
                step=step,
                steps=STEPS,
                before=mark(draft),
                answers=answers,
                begun_by=_begun(draft),
                held_before=record.talk.held_on if record.talk is not None else None,
                has_sound=has_sound(folder),
                label=record.label,
                last_change="",
                **_asked_about(record, answers),
                **{name: around[name] for name in ("call_id", "call_places", "hidden")},
            ),
        )

    def answered(self, request: Request, form: Form) -> Response:
        """One step is answered; the last one keeps the talk."""
        folder = self.views.known.folder(self.views.call_of(request))
        record = read_call(folder)
        recording, by = record.recording.sha256, request.scope["user"]
        step = int(form["step"]) if form.get("step") in ("1", "2", "3", "4") else 1
        draft = read_draft(folder, recording)
        now = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        known = draft or Draft(recording=recording, begun=now)
        answers = _with(known.answers, step, form, record)
        done = tuple(dict.fromkeys((*known.done, *DONE[step], f"step {step}")))
        goes_on = known.model_copy(update={"answers": answers, "done": done, "by": by})
        go_on(folder, goes_on, before=text_of(form, "before"))
        address = f"/calls/{id_of(folder.name)}"
        if step < 4:
            return self.writes.go(f"{address}/debrief?step={step + 1}")
        if form.get("then") == "more":
            return self.writes.go(f"{address}/debrief?step=4")
        return self._ended(folder, goes_on, address, by)

    def _ended(self, folder: CallFolder, draft: Draft, address: str, by: str) -> Response:
        settings = self.views.serving.settings
        kept = session.talk_about(folder, settings, draft.answers, held_on=dt.date.today(), by=by)
        remove_draft(folder, draft.recording)
        return self.writes.kept(address, kept, _("The debrief is kept."))


def _reached(draft: Draft | None) -> int:
    """The first step that is not behind the two."""
    done = draft.done if draft is not None else ()
    return next((step for step in (1, 2, 3) if not all(name in done for name in DONE[step])), 4)


def _begun(draft: Draft | None) -> str:
    if draft is None:
        return ""
    begun = dt.datetime.fromisoformat(draft.begun).astimezone()
    values = {"day": day(begun), "time": f"{begun:%H:%M}"}
    if draft.by:
        return _("This debrief was begun on {day} at {time}, last by {who}. It goes on here.", who=draft.by, **values)
    return _("This debrief was begun on {day} at {time}. It goes on here.", **values)


def _asked_about(record: CallRecord, answers: Answers) -> Mapping[str, object]:
    """What the steps ask about this call."""
    seller = record.label(record.lead.salesperson) if record.lead.salesperson else N_("the salesperson")
    others = [one.label for one in record.people if one.side == "team" and one.key != record.lead.salesperson]
    voices = [("salesperson", seller), *([("manager", either(others))] if others else [])]
    measured = next((one.share.value for one in record.lead.shares if one.basis == record.lead.basis), None)
    own = answers.own_lead_share
    text = ""
    if own is not None:
        said = percent(own / 100 if own >= 1 else own)
        text = _("{who} said {share}.", who=seller, share=said)
        if measured is not None:
            text = _(
                "{who} said {share}; measured were {share_measured}.",
                who=seller,
                share=said,
                share_measured=percent(measured),
            )
    return {
        "seller": seller,
        "others": either(others) if others else "",
        "voices": voices,
        "objectives": _objectives(record),
        "outcomes": {(one.text, voice): getattr(one, voice) for one in answers.objective for voice, _ in voices},
        "own": text,
        "moments": [
            {"to": one.to, "text": one.text, "quotes": one.moments[:2]}
            for one in record.questions
            if one.part == "evidence" and one.moments
        ][:MOMENTS],
        "last": _open(record),
        "kept": {one.text: one.kept for one in answers.last_commitment},
        "team": [one.label for one in record.people if one.side == "team"],
    }


def _objectives(record: CallRecord) -> Sequence[str]:
    return [one.text for one in record.plan.objectives] if record.plan is not None else []


def _open(record: CallRecord) -> Sequence[Commitment]:
    """Earlier promises of which no one has told yet."""
    return [one for one in last_commitments(record) if one.kept is None]


def _with(answers: Answers, step: int, form: Form, record: CallRecord) -> Answers:
    """The answers with those of one step; what was answered before at the same place is replaced.

    Raises:
        UsageError: something is not what the step asks for.
    """
    if step == 1:
        more: dict[str, object] = {
            "own_lead_share": _share(text_of(form, "share")),
            "went_well": text_of(form, "well", 20_000) or None,
            "would_do_differently": text_of(form, "differently", 20_000) or None,
        }
    elif step == 2:
        found = []
        for number, text in enumerate(_objectives(record)):
            said: dict[str, str | None] = {
                voice: text_of(form, f"met.{place}.{number}") or None
                for place, voice in enumerate(("salesperson", "manager"))
            }
            if any(said.values()):
                found.append(said | {"text": text})
        try:
            outcomes = tuple(Outcome.model_validate(one) for one in found)
        except ValueError as error:
            raise UsageError("an objective is met, in part or not", todo="Choose one of them") from error
        more = {"objective": outcomes, "manager_view": text_of(form, "manager", 20_000) or None}
    elif step == 3:
        seen = [line.strip() for line in form.get("observed", "").split("\n") if line.strip()]
        more = {"observations": tuple(dict.fromkeys((*answers.observations, *seen)))}
    else:
        kept = [
            Kept(text=one.text, kept=form[f"kept.{number}"] == "yes")
            for number, one in enumerate(_open(record))
            if form.get(f"kept.{number}") in ("yes", "no")
        ]
        more = {"last_commitment": tuple(kept), "commitment": (*answers.commitment, *_promise(form))}
    return answers.model_copy(update=more)


def _promise(form: Form) -> Sequence[Promise]:
    who, text, due = text_of(form, "promise.who"), text_of(form, "promise.text", 2000), text_of(form, "promise.due")
    if not who and not text:
        return ()
    if not (who and text):
        raise UsageError("a promise has somebody who makes it, and what they will do", todo="Write both")
    try:
        return (Promise(who=who, text=text, due=dt.date.fromisoformat(due) if due else None),)
    except ValueError as error:
        raise UsageError(f"{due!r} is no date", todo="Write it like 2026-06-01") from error


def _share(text: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text.removesuffix("%").strip().replace(",", "."))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise UsageError("the own estimate is a number between 0 and 100", todo="Write it like 80")
    return number
