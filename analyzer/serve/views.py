"""The pages of the library as they are read."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import urllib.parse
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from analyzer.call.folder import CallFolder
from analyzer.debrief.conversation.notes import kept_notes
from analyzer.debrief.figures import noted_by, notes_at
from analyzer.debrief.next_steps import about_people
from analyzer.debrief.page.clips import clip_moments
from analyzer.debrief.page.page import Around, environment, page, texts_of
from analyzer.debrief.phrases import ago, beginning, day, length, moment, percent
from analyzer.debrief.record import CallRecord, PersonRecord
from analyzer.debrief.results import read_call
from analyzer.debrief.sentences import read_back
from analyzer.errors import one_line, visible
from analyzer.files import id_of
from analyzer.library.index.all_calls import with_interval
from analyzer.library.night_summary import lead_share_text
from analyzer.library.run import reason
from analyzer.library.scan import RECORDINGS
from analyzer.library.summary import CallSummary
from analyzer.library.trends import named, to_debrief
from analyzer.people.corrections import Change, told
from analyzer.people.names import folded
from analyzer.serve.dropped import Dropped
from analyzer.serve.known import Known, Snapshot, unnamed
from analyzer.serve.serving import Serving
from analyzer.serve.sound import has_sound
from analyzer.serve.taking_in import sized
from analyzer.serve.viewers import NotYoursError, Viewers
from analyzer.wording import N_, OF_THE_CALL, _, _n, decimal, speaking, spoken, weekday

FOLDER = Path(__file__).parent / "pages"
LISTED = 5
"""Things of one kind on the first page."""
ON_A_PAGE = 50
DEBRIEF_MINUTES = 10
CHANGES = 20
MOMENTS = 3
"""Places of a voice that are offered to be heard."""
LONGEST = 12.0
"""Seconds of a voice that are played at once."""
SHOWS = {"": N_("all calls"), "name": N_("voices to name"), "debrief": N_("to debrief")}
SIDES = {"": N_("not known"), "team": N_("our team"), "customer": N_("customer"), "none": N_("no one on the call")}


NOTHING: Mapping[str, object] = {}
HEAD = '<meta name="referrer" content="same-origin"><link rel="stylesheet" href="/static/serve.css">'
"""What the debrief page has more here: a browser then says that a form came from this server."""


class MissingError(Exception):
    """There is no such page."""


class Messages:
    """What to tell on the next page, once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, str] = OrderedDict()

    def keep(self, text: str) -> str:
        """Keeps a text and says how to ask for it."""
        key = secrets.token_urlsafe(8)
        self._kept[key] = text
        while len(self._kept) > 200:
            self._kept.popitem(last=False)
        return key

    def take(self, key: str) -> str:
        """What was kept; empty the second time."""
        return self._kept.pop(key, "")


class Views:
    """Every page that is read; each method answers one address."""

    def __init__(self, serving: Serving, known: Known, dropped: Dropped) -> None:
        self.serving = serving
        self.known = known
        self.dropped = dropped
        self.messages = Messages()
        self.viewers = Viewers(serving)

    # What every page has

    def shown(
        self, request: Request, name: str, title: str, more: Mapping[str, object] = NOTHING, *, status: int = 200
    ) -> HTMLResponse:
        """A page by its template."""
        with speaking(self.language):
            text = (
                _environment()
                .get_template(name)
                .render(self.around(request) | self._once(request) | {"title": title} | dict(more))
            )
        return HTMLResponse(text, status)

    @property
    def language(self) -> str:
        """The language of the pages: the one that is set, or that of most calls."""
        wanted = self.serving.settings.page_language
        return self.known.now().language if wanted == OF_THE_CALL else wanted

    def language_of(self, record: CallRecord) -> str:
        """The language in which a call is shown: its own where no other is set."""
        return record.page_language if self.serving.settings.page_language == OF_THE_CALL else self.language

    def around(self, request: Request, call: CallSummary | None = None) -> dict[str, object]:
        """What the frame of a page shows."""
        user = request.scope.get("user", "")
        token = "" if self.serving.read_only or not user else self.serving.token(user)
        found: dict[str, object] = {
            "places": self._places() if user else (),
            "here": request.url.path,
            "token": token,
            "hidden": Markup('<input type="hidden" name="token" value="{}">').format(token),
            "call_id": "",
            "unsettled": False,
        }
        if call is None:
            return found
        folder, id = self.known.folder(call), id_of(call.folder)
        changes = folder.corrections()
        seen = Markup('<input type="hidden" name="seen" value="{}">').format(folder.said())
        places = (
            (f"/calls/{id}", N_("Debrief page")),
            (f"/calls/{id}/who", N_("Who is who")),
            (f"/calls/{id}/listen", N_("Listen and correct")),
            (f"/calls/{id}/debrief", N_("Hold the debrief")),
            (f"/calls/{id}/plan", N_("Plan")),
        )
        with speaking(self.language):
            last = in_names(changes[-1], call.record) if changes else ""
        hidden = Markup("{}{}").format(found["hidden"], seen)
        return found | {"call_id": id, "call_places": places, "last_change": last, "hidden": hidden}

    def _once(self, request: Request) -> dict[str, object]:
        """What is told once, on the first page after it was done."""
        return {"message": self.messages.take(request.query_params.get("told", ""))}

    def _places(self) -> Sequence[tuple[str, str]]:
        return (("/", N_("This morning")), ("/calls", N_("Calls")), ("/people", N_("People")))

    def call_of(self, request: Request) -> CallSummary:
        """The call that an address is about."""
        found = self.known.now().by_id.get(request.path_params["id"])
        if found is None:
            raise MissingError
        if not self.viewers.of(request.scope["user"]).may_see_call(found):
            raise NotYoursError
        return found

    def now(self, request: Request) -> Snapshot:
        """The calls as they are now, those that are theirs to see who asks."""
        return self.viewers.calls(request.scope["user"], self.known.now())

    # The library

    def morning(self, request: Request) -> Response:
        """What matters today."""
        now = self.now(request)
        new = self.known.new(now)
        to_name, to_hold = now.to_name[:LISTED], now.to_debrief[:LISTED]
        return self.shown(
            request,
            "morning.html.j2",
            "This morning",
            {
                "today": now.today,
                "count": len(now.calls),
                "latest": now.calls[0] if now.calls else None,
                "to_name": to_name,
                "more_to_name": len(now.to_name) - len(to_name),
                "to_debrief": to_hold,
                "more_to_debrief": len(now.to_debrief) - len(to_hold),
                "debrief_minutes": DEBRIEF_MINUTES,
                "minutes": sum(voices for _, voices in to_name) + DEBRIEF_MINUTES * len(to_hold),
                "overdue": [(one, now.promises.made_in(one)) for one in now.promises.overdue[-LISTED:]],
                "more_overdue": max(0, len(now.promises.overdue) - LISTED),
                "due": [(one, now.promises.made_in(one)) for one in now.promises.due[:LISTED]],
                "new": new[: 2 * LISTED],
                "more_new": max(0, len(new) - 2 * LISTED),
                "failures": self._failures(),
                "under_way": self.dropped.open(),
                "planned": [(id_of(str(path)), visible(path.parent.name)) for path in self.dropped.planned()],
                "at_most": sized(self.serving.largest_upload),
                "endings": ",".join(sorted(f".{ending}" for ending in RECORDINGS)),
            },
        )

    def _failures(self) -> list[Mapping[str, object]]:
        shown: list[Mapping[str, object]] = []
        for one in self.known.failures():
            then = one.next_try_at.astimezone()
            again = _("It is tried again after {day}, {time}.", day=day(then), time=then.strftime("%H:%M"))
            if one.quarantined:
                again = _n(
                    "It was tried {number} time and is set aside.",
                    "It was tried {number} times and is set aside.",
                    one.tries,
                )
            shown.append(
                {
                    "id": id_of(one.subject),
                    "name": visible(Path(one.path).name),
                    "reason": beginning(reason(one)),
                    "again": again,
                    "set_aside": one.quarantined,
                    "dropped": drop.id if (drop := self.dropped.of_failure(one)) is not None else "",
                }
            )
        return shown

    def calls(self, request: Request) -> Response:
        """Calls that are like what was asked for."""
        now, query = self.now(request), request.query_params
        asked = {name: query.get(name, "")[:200] for name in _ASKED}
        found = self._found(now, asked)
        number = int(query["page"]) if query.get("page", "").isdecimal() and len(query["page"]) < 6 else 0
        part = found[number * ON_A_PAGE : (number + 1) * ON_A_PAGE]
        said = self.known.catalog.snippets(asked["text"], [call.sha256 for call in part])
        further = ""
        if (number + 1) * ON_A_PAGE < len(found):
            further = "/calls?" + urllib.parse.urlencode(asked | {"page": number + 1})
        return self.shown(
            request,
            "calls.html.j2",
            "Calls",
            {
                "asked": asked,
                "narrowed": any(asked[name] for name in _ASKED if name != "text"),
                "shows": SHOWS,
                "people": sorted(now.people.values(), key=folded),
                "customers": now.customers,
                "found": part,
                "total": len(found),
                "said": {sha256: marked(said.get(sha256, "")) for sha256 in (call.sha256 for call in part)},
                "further": further,
            },
        )

    def _found(self, now: Snapshot, asked: Mapping[str, str]) -> Sequence[CallSummary]:
        """The calls that were asked for, the latest first."""
        calls = now.calls
        if asked["text"].strip():
            hits = self.known.catalog.search(asked["text"])
            calls = [one.call for one in now.entries if one.sha256 in hits]
        tests: dict[str, Callable[[CallSummary], bool]] = {
            "person": lambda call: any(folded(asked["person"]) == folded(one) for one in team_of(call)),
            "customer": lambda call: folded(call.record.customer or "") == folded(asked["customer"]),
            "led": lambda call: call.record.lead.led == asked["led"],
            "first": lambda call: call.date is not None and call.date.isoformat() >= asked["first"],
            "last": lambda call: call.date is not None and call.date.isoformat() <= asked["last"],
            "show": lambda call: to_debrief(call) if asked["show"] == "debrief" else any(unnamed(call)),
        }
        for name, holds in tests.items():
            if asked[name]:
                calls = [call for call in calls if holds(call)]
        return calls

    def people(self, request: Request) -> Response:
        """Everybody of the team, and the pairs."""
        found, viewer = self.now(request).trends, self.viewers.of(request.scope["user"])
        groups = [
            (title, [one for one in group if viewer.may_see(one.who)])
            for title, group in (
                (N_("Salespeople"), found.salespeople),
                (N_("Managers and specialists"), found.others),
                (N_("Pairs"), found.pairs),
            )
        ]
        more = {"groups": groups, "address": _address_of}
        return self.shown(request, "people.html.j2", "People", more)

    def person(self, request: Request) -> Response:
        """One of the team, or a pair."""
        now, every = self.now(request), self.known.now().trends
        wanted = request.path_params["id"]
        everybody = (one.who for one in (*every.salespeople, *every.others, *every.pairs))
        asked = next((who for who in everybody if id_of(folded(who)) == wanted), None)
        if asked is None:
            raise MissingError
        if not self.viewers.of(request.scope["user"]).may_see(asked):
            raise NotYoursError
        groups = (
            (N_("As salesperson"), now.trends.salespeople),
            (N_("Who came along"), now.trends.others),
            (N_("As a pair"), now.trends.pairs),
        )
        found = [(role, one) for role, group in groups for one in group if id_of(folded(one.who)) == wanted]
        if not found:  # on none of the calls that are theirs to see
            raise NotYoursError
        who = found[0][1].who
        names = who.split(" with ") if found[0][0] == "As a pair" else [who]
        calls = [call for call in now.calls if all(folded(one) in map(folded, team_of(call)) for one in names)]
        promises = [one for one in (*now.promises.overdue, *now.promises.due) if folded(one.who) in map(folded, names)]
        return self.shown(
            request,
            "person.html.j2",
            who,
            {
                "who": who,
                "trends": found,
                "calls": calls[: 4 * LISTED],
                "next_from": id_of(calls[0].folder) if calls else "",
                "more": len(calls) if len(calls) > 4 * LISTED and len(names) == 1 else 0,
                "promises": promises,
            },
        )

    # One call

    def call(self, request: Request) -> Response:
        """The debrief page, with what can be done around it."""
        call = self.call_of(request)
        folder = self.known.folder(call)
        record = read_call(folder)
        rest = tuple(one for one in record.next_steps if about_people(one) is None)
        around = self.around(request, call) | {"unsettled": rest != record.next_steps}
        shown = {"next_steps": rest, "page_language": self.language_of(record)}
        record = record.model_copy(update=shown)  # what the server has a page for needs no command
        with speaking(self.language):
            above = Markup(_environment().get_template("bar.html.j2").render(around | self._once(request)))
        made = Around(
            head=Markup(HEAD),
            above=above,
            below=Markup(""),
        )
        sound = f"{around['call_id']}/sound" if has_sound(folder) else None
        clips = None if sound else dict(_kept_clips(folder, record))
        text = page(record, clips=clips, recording_src=sound, around=made)
        headers = {"Content-Security-Policy": "frame-ancestors 'none'"}  # the page's own is the stricter one
        return HTMLResponse(text, headers=headers)

    def who(self, request: Request) -> Response:
        """The voices of a call, to be heard and named."""
        call = self.call_of(request)
        folder = self.known.folder(call)
        record = read_call(folder)
        with speaking(self.language):
            changes = [
                (in_names(one, record), _when(one.at), one.by) for one in folder.corrections()[: -CHANGES - 1 : -1]
            ]
        return self.shown(
            request,
            "who.html.j2",
            _("Who is who: {call}", call=record.name),
            dict(
                call=record,
                voices=[{"person": one, "moments": moments_of(record, one)} for one in record.people],
                has_sound=has_sound(folder),
                expected=self._expected(record),
                hints=[text for one in record.next_steps if (text := about_people(one)) is not None],
                sides=SIDES,
                changes=changes,
                **self._of_call(request, call),
            ),
        )

    def listen(self, request: Request) -> Response:
        """The whole recording with its transcript."""
        call = self.call_of(request)
        folder = self.known.folder(call)
        record = read_call(folder)
        find = request.query_params.get("find", "")[:200]
        lines = list(_lines(record, find))
        return self.shown(
            request,
            "listen.html.j2",
            _("Listen: {call}", call=record.name),
            dict(
                call=record,
                lines=lines,
                find=find.strip(),
                found=len(lines),
                people=record.people,
                has_sound=has_sound(folder),
                expected=self._expected(record),
                language=_language(record),
                note_change=next(reversed(kept_notes(folder)), None),
                **self._of_call(request, call),
            ),
        )

    def _of_call(self, request: Request, call: CallSummary) -> dict[str, object]:
        around = self.around(request, call)
        return {name: around[name] for name in ("call_id", "call_places", "last_change", "hidden")}

    def _expected(self, record: CallRecord) -> Sequence[str]:
        """Names that a voice of this call may have: those on it, of its plan, and of the team."""
        names = [one.name for one in record.people if one.name is not None]
        names += [one.name for one in record.plan.attendees] if record.plan is not None else []
        return tuple(dict.fromkeys((*names, *self.known.now().people.values())))

    def fault(self, request: Request, title: str, text: str, status: int, **more: object) -> Response:
        """A page that says what could not be."""
        shown = {"text": text, "written": (), "back": "/", "back_text": "This morning"} | more
        return self.shown(request, "fault.html.j2", title, shown, status=status)


_ASKED = ("text", "person", "customer", "led", "show", "first", "last")


def team_of(call: CallSummary) -> Iterator[str]:
    """The names of those of the team on a call."""
    for one in (call.salesperson, *call.others):
        if one is not None and one.name is not None:
            yield one.name


def marked(snippet: str) -> Sequence[tuple[bool, str]]:
    """A text in which \x02 and \x03 stand around what was found, in parts: whether found, and the text."""
    parts = []
    for number, part in enumerate(re.split("[\x02\x03]", snippet)):
        if part:
            parts.append((number % 2 == 1, blanks_kept(part)))
    return parts


def blanks_kept(text: str) -> Markup:
    """A piece of a text as it is shown, with the blanks at its ends."""
    return escape(one_line(f".{text}.")[1:-1])


def lines_kept(text: str) -> Markup:
    """A text of several lines as it is shown."""
    return escape("\n".join(map(one_line, text.split("\n"))))


def in_names(change: Change, record: CallRecord) -> str:
    """What a change says, with the names that the voices have now."""
    names = {speaker: one.name for one in record.people for speaker in one.speakers if one.name is not None}
    return re.sub(r"\bS\d+\b", lambda found: names.get(found[0], found[0]), told(change))


def moments_of(record: CallRecord, person: PersonRecord) -> Sequence[tuple[float, float]]:
    """Where somebody is heard longest, in time order."""
    own = sorted((turn for turn in record.turns if turn.who == person.key), key=lambda turn: turn.start - turn.end)
    return sorted((turn.start, min(turn.end, turn.start + LONGEST)) for turn in own[:MOMENTS])


def _lines(record: CallRecord, find: str) -> Iterator[Mapping[str, object]]:
    """The lines of a transcript; those alone in which each of the words that are looked for stands."""
    words = [re.escape(word) for word in find.split()]
    wanted = re.compile("|".join(words), re.IGNORECASE) if words else None
    people, notes = {person.key for person in record.people}, notes_at(record)
    for number, said in enumerate(record.transcript or ()):
        parts: Sequence[tuple[bool, str]] = [(False, said.text)]
        if wanted is not None:
            if not all(re.search(word, said.text, re.IGNORECASE) for word in words):
                continue
            parts = marked(wanted.sub(lambda found: f"\x02{found[0]}\x03", said.text))
        yield {
            "start": said.start,
            "end": said.end,
            "who": said.who,
            "label": record.label(said.who) if said.who in people else N_("Not known who"),
            "parts": parts,
            "clock": moment(said.start),
            "first": exact_clock(said.start),
            "last": exact_clock(said.end),
            "gives": said.who in people,
            "notes": notes.get(number, ()),
        }


def exact_clock(secs: float) -> str:
    """A time as `name` reads it: `3:10.25`."""
    hundredths = round(secs * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes}:{rest // 100:02d}" + (f".{rest % 100:02d}" if rest % 100 else "")


def _kept_clips(folder: CallFolder, record: CallRecord) -> Iterator[tuple[str, bytes]]:
    """The clips that lie with the results, where the recording itself cannot be heard."""
    for name, _start, _end in clip_moments(record):
        try:
            yield name, folder.clip(name).read_bytes()
        except OSError:
            continue


def _language(record: CallRecord) -> str | None:
    known = record.made_with.language or ""
    return known if re.fullmatch(r"[A-Za-z]{2,3}", known) and known != spoken() else None


def _when(at: str) -> str:
    then = dt.datetime.fromisoformat(at).astimezone()
    return ago((dt.datetime.now().astimezone() - then).total_seconds())


def _address_of(who: str) -> str:
    return f"/people/{id_of(folded(who))}"


def _safe(value: object) -> object:
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _date(value: dt.date | str | None) -> str:
    return day(value) if value else _("date not known")


@cache
def _environment() -> Environment:
    script = (FOLDER / "serve.js").read_text(encoding="utf-8")
    made = environment(
        FOLDER,
        finalize=_safe,
        filters={
            "percent": percent,
            "with_interval": with_interval,
            "noted_by": noted_by,
            "number": lambda value: f"{value:g}",
            "lines_kept": lines_kept,
        },
    )
    made.globals.update(
        id=lambda call: id_of(call.folder),
        date=_date,
        length=length,
        clock=moment,
        lead_share=lead_share_text,
        answers={
            "yes": N_("led"),
            "no": N_("did not lead"),
            "too_close": N_("too close to tell"),
            "not_judged": N_("not judged"),
        },
        again=read_back,
        spoken=spoken,
        decimal=decimal,
        named=named,
        weekday=weekday,
        bdi=lambda text: Markup("<bdi>{}</bdi>").format(_safe(text)),
        link=lambda address, text: Markup('<a href="{}">{}</a>').format(address, text),
        texts=lambda: json.dumps(texts_of(script)),
    )
    return made
