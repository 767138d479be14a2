"""When a call was, with which customer, and what it is called: from the best of all that tells it.

In this order: the plan, an invite, the name that the platform gave the file, the roster's pattern that its name fits,
a date in any other name, the time of recording that the file itself bears, and the time at which it was last changed,
which a copy may have made later. Which of them it was stands in the record and, in words, in the report.

Of the customer an invite has the people and their mail domain: what company they are of the roster may say. Where it
does not, a name in the file name goes before the domain, which is no name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Literal

from analyzer.audio.recording import created
from analyzer.errors import RecordingError
from analyzer.files import is_file, is_folder
from analyzer.people.plan.plan import Plan
from analyzer.people.platform_names import Told, told_by_name
from analyzer.people.roster.patterns import PatternMatch
from analyzer.people.roster.roster import Roster
from analyzer.people.sidecars.sidecar import Sidecar

Source = Literal["plan", "invite", "file name", "transcript", "recording", "file time"]
"""Where something about a call is from; `recording` is what the file bears inside, `file time` its last change."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a call was and with which customer, each with where that is from; None for what nothing tells.

    `title` is what an invite calls it; None where its files alone name it.
    """

    title: str | None = None
    date: dt.date | None = None
    date_from: Source | None = None
    customer: str | None = None
    customer_from: Source | None = None

    def planned(self, plan: Plan | None) -> Occasion:
        """The same with what a plan says of it, which goes before all else."""
        found = self
        if plan is not None and plan.day is not None:
            found = replace(found, date=plan.day, date_from="plan")
        if plan is not None and plan.customer is not None:
            found = replace(found, customer=plan.customer, customer_from="plan")
        return found

    def since(self, before: Occasion) -> Occasion:
        """The same with what was known `before` of this recording, where nothing tells it now.

        Of two times of a file the earlier one is nearer to the call: copies only make it later.
        """
        copied = False
        if self.date is not None and before.date is not None:
            copied = self.date_from == before.date_from == "file time" and before.date < self.date
        if self.date is not None and not copied:
            return self
        return replace(self, date=before.date, date_from=before.date_from)


def occasion_of(recording: Path, sidecars: Sequence[Sidecar], roster: Roster | None, *, today: dt.date) -> Occasion:
    """What is told about the call in a recording by all but its plan. A day after `today` is a mistake."""
    told = told_by_name(recording.resolve())
    match = None if roster is None else roster.guess(telling_name(recording, roster))
    title = next((one.title for one in sidecars if one.kind == "invite" and one.title), None)
    dates = _dates(recording, sidecars, told, match)
    date, date_from = next(((day, source) for day, source in dates if day is not None and day <= today), (None, None))
    named = None if match is None else match.customer
    company, domain = _invited(sidecars, roster)
    if named is None or company is not None:
        invited = company or domain
        return Occasion(title, date, date_from, invited, None if invited is None else "invite")
    return Occasion(title, date, date_from, named, "file name")


MAILBOX = re.compile(
    r"(?:gmail|googlemail|outlook|ymail|icloud|me|mac|aol|qq|163|126|naver|mail|zoho|btinternet|protonmail)\.com|"
    r"(?:hotmail|live|msn|yahoo|gmx)\.[a-z.]{2,6}|(?:web|t-online|freenet)\.de|proton\.me|comcast\.net|"
    r"(?:orange|free|laposte|wanadoo)\.fr|libero\.it|(?:yandex|mail)\.ru"
)
"""Mail domains of everybody: they tell no company."""


def _invited(sidecars: Sequence[Sidecar], roster: Roster | None) -> tuple[str | None, str | None]:
    """The company of the customers who were invited, and the mail domain of those not of the team; None for several."""
    people = [person for one in sidecars if one.kind == "invite" for person in one.people]
    if roster is None:
        return None, None
    known = [found for person in people if not person.anonymous and (found := roster.customer(person.name)) is not None]
    mails = (person.mail for person in people if person.mail is not None and roster.side_of(person.mail) == "customer")
    domains = {domain for mail in mails if not MAILBOX.fullmatch(domain := mail.casefold().rpartition("@")[2])}
    whole = {one for one in domains if not any(one.endswith(f".{other}") for other in domains)}
    return _only({one.company for one in known if one.company is not None}), _only(whole)


def _only(found: Set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None


def telling_name(recording: Path, roster: Roster | None) -> PurePath:
    """The path that tells about a call: the recording's, or that of Zoom's folder where only that fits a pattern."""
    path = PurePath(recording.resolve())
    if roster is None or roster.guess(path) is not None or told_by_name(path).platform != "zoom-local":
        return path
    return next((folder for folder in path.parents[:2] if roster.guess(folder) is not None), path)


def _dates(
    recording: Path, sidecars: Sequence[Sidecar], told: Told, match: PatternMatch | None
) -> Iterator[tuple[dt.date | None, Source]]:
    """Every day that is told, the best first; the recording is opened only where no better one is."""
    for one in sidecars:
        if one.kind == "invite":
            yield _day(one.began), "invite"
    if told.platform != "plain":
        yield told.day, "file name"
    if match is not None:
        yield match.date, "file name"
    yield told.day, "file name"
    for one in sidecars:
        yield _day(one.began), "transcript"
    yield _day(_created(recording)), "recording"
    yield _changed(recording), "file time"


def _day(moment: dt.datetime | None) -> dt.date | None:
    return None if moment is None else moment.astimezone().date()


def _pieces(recording: Path) -> list[Path]:
    """The files of a recording."""
    if not is_folder(recording):
        return [recording]
    try:
        return [path for path in sorted(recording.iterdir()) if is_file(path)]
    except OSError:
        return []


def _created(recording: Path) -> dt.datetime | None:
    """The earliest moment of recording that its files bear."""
    found = []
    for path in _pieces(recording):
        try:
            found.append(created(path))
        except RecordingError:
            continue
    return min((moment for moment in found if moment is not None), default=None)


def _changed(recording: Path) -> dt.date | None:
    """The day on which its files were last changed."""
    found = []
    for path in _pieces(recording):
        try:
            found.append(path.stat().st_mtime)
        except OSError:
            continue
    return dt.date.fromtimestamp(max(found)) if found else None
