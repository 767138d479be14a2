"""One call with everything known about it, as the rooms to the left made it: the input of the debrief."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from analyzer.audio.recording import Recording
from analyzer.call.occasion import Occasion
from analyzer.call.place import call_name
from analyzer.lead.agenda import ItemOnCall
from analyzer.lead.attendance import Attendance
from analyzer.lead.doubts import CallDoubt
from analyzer.lead.judgement import Judgement
from analyzer.lead.moments import Steering
from analyzer.lead.objectives import ObjectiveOnCall
from analyzer.lead.remarks import Remark
from analyzer.people.participants import Offer, Participants
from analyzer.people.plan.plan import Plan
from analyzer.speech.recognition import Recognition
from analyzer.talk.floor import Floor
from analyzer.talk.measures import CallMeasures, PersonMeasures
from analyzer.talk.turns import By
from analyzer.timeline import Word, clock


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """A finished call. Times are samples at 16 kHz; `by`, `held` and `owned` speak of people by their key.

    `aside` are the turns of voices that are no one (side `none`): they are not in `by`, and their words are in `owned`.
    `owned` is None when the call was not transcribed.
    """

    recording: Recording
    recognition: Recognition
    participants: Participants
    plan: Plan | None
    by: By
    held: Floor
    owned: tuple[tuple[str, Word], ...] | None
    people: tuple[PersonMeasures, ...]
    measures: CallMeasures
    judgement: Judgement
    steering: Steering
    remarks: tuple[Remark, ...] = ()
    agenda: tuple[ItemOnCall, ...] = ()
    objectives: tuple[ObjectiveOnCall, ...] = ()
    attendance: tuple[Attendance, ...] = ()
    doubts: tuple[CallDoubt, ...] = ()
    notes: tuple[str, ...] = ()
    aside: By = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
    occasion: Occasion = Occasion()  # noqa: RUF009 - frozen

    @property
    def name(self) -> str:
        """The meeting's title by its invite, or else by its files (`call_name`)."""
        return self.occasion.title or call_name(self.recording.path)

    def __repr__(self) -> str:
        people = ", ".join(person.label for person in self.participants.people)
        return f"<Call {self.name!r}, {clock(self.recognition.length)}, led: {self._led()}, people: {people}>"

    def _repr_html_(self) -> str:
        """The call in a notebook: the answer, and everybody's talk time."""
        talk = {measured.who: measured.talk for measured in self.people}
        rows = "".join(
            f"<tr><td>{escape(person.label)}</td><td>{person.side or 'side not known'}</td>"
            f"<td>{clock(talk.get(person.key, 0))}</td></tr>"
            for person in self.participants.people
        )
        about = f"<b>{escape(self.name)}</b>, {clock(self.recognition.length)}, led: {escape(self._led())}"
        return f"<p>{about}</p><table><tr><th>who</th><th>side</th><th>talk time</th></tr>{rows}</table>"

    def _led(self) -> str:
        verdict, share = self.judgement.verdict, self.judgement.share()
        answer = verdict.led if verdict.reason is None else f"{verdict.led}: {verdict.reason}"
        value = None if share is None else share.share.value
        return answer.replace("_", " ") + ("" if value is None else f" (lead share {value:.3f})")
