"""The debrief as one self-contained page, `debrief.html`: to read on any screen, to print, to hear.

The page is a function of the record and, if wanted, of short sound clips. It loads nothing from anywhere: styles and
script stand in it, a content security policy names both by their SHA-256 and forbids everything else, and so no text
from a recording, a plan or a file name can become code. Templates, styles and script lie in the folder `page`.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from analyzer.debrief import figures, phrases
from analyzer.debrief.first_screen import FirstScreen, first_screen, hear_heading, largest, summary
from analyzer.debrief.in_language import in_its_language
from analyzer.debrief.page.clips import (
    MOST_CHANGES,
    change_window,
    clearest,
    clip_moments,
    covering,
    moment_id,
    moment_span,
)
from analyzer.debrief.page.picture import ROWS, Tone, picture, tone
from analyzer.debrief.record import CallRecord, QuestionRecord, QuoteRecord
from analyzer.errors import one_line
from analyzer.files import sha256
from analyzer.lead.check import Interval
from analyzer.talk.words import UNKNOWN
from analyzer.timeline import seconds
from analyzer.wording import (
    ENGLISH,
    N_,
    N_n,
    _,
    _n,
    decimal,
    joined,
    quoted,
    speaking,
    spoken,
    stopped,
    translated,
    without_second_stop,
)

__all__ = ["clip_moments", "moment_id", "moment_span", "page"]

FOLDER = Path(__file__).parent
STYLES = ("page.css", "picture.css", "print.css")
SCRIPTS = ("page.js", "sound.js", "picture.js", "transcript.js")

PARTS = (
    "verdict",
    "picture",
    "shares",
    "changes",
    "plan",
    "talk",
    "steered",
    "conversation",
    "sure",
    "transcript",
)
"""The templates of which the page is made, in their order: what a reader of three minutes needs stands first."""

NEAR = 15.0
"""Seconds from a moment to the utterance that stands for it in the transcript."""

NOBODY_KNOWN = N_("not known who")
"""How words that lie in no person's turn are signed."""

CONTAINERS = {b"\x1aE\xdf\xa3": "audio/webm", b"OggS": "audio/ogg", b"RIFF": "audio/wav", b"fLaC": "audio/flac"}
"""What the first bytes of a clip say about its type."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a server puts around the page of a call: more in its head, above it and below it."""

    head: Markup
    above: Markup
    below: Markup


NOTHING_AROUND = Around(Markup(""), Markup(""), Markup(""))


def page(
    call: CallRecord,
    *,
    clips: Mapping[str, bytes] | None = None,
    recording_src: str | None = None,
    around: Around | None = None,
) -> str:
    """The page of a call as HTML.

    `clips` holds small sound files by the name of their moment (see `clip_moments`), which are put into the page.
    `recording_src` is the other way to hear moments: the recording's address relative to the page, percent-encoded.
    With neither, the page has no sound. `around` is what a server adds, whose own files the page may then load.

    Raises:
        ValueError: a clip's name or content is none; `recording_src` is not relative; both are given.
    """
    if clips and recording_src is not None:
        raise ValueError("a page plays clips or the recording, not both")
    if recording_src is not None:
        _check_relative(recording_src)
    sounds = tuple(sorted((*moment_span(name), _data_uri(name, content)) for name, content in (clips or {}).items()))
    script = _read(SCRIPTS)
    media = "'self'" if recording_src else "data:" if sounds else "'none'"
    with speaking(call.page_language):
        styles = said_by(_read(STYLES).replace("/* row heights */", _row_heights()))
        call = in_its_language(call)
        text = (
            _environment()
            .get_template("page.html.j2")
            .render(
                View(call, tuple((start, end) for start, end, _uri in sounds), recording_src).names(),
                styles=Markup(styles),
                script=Markup(script),
                policy=policy(styles, script, media=media, served=around is not None),
                around=around or NOTHING_AROUND,
                texts=Markup(json_in_page(texts_of(script))),
                data=Markup(json_in_page(_data(call, sounds, recording_src))),
            )
        )
    return text if text.endswith("\n") else text + "\n"


def policy(styles: str, script: str, *, media: str, served: bool = False) -> str:
    """The content security policy of a page with these styles and this script: nothing else runs, nothing is loaded.

    A page that is `served` may load its server's own files, and send its forms there.
    """
    own = " 'self'" if served else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_sha256(script)}'{own}",
            f"style-src '{_sha256(styles)}'{own}",
            "img-src data:",
            f"media-src {media}",
            "base-uri 'none'",
            "form-action " + (own.strip() or "'none'"),
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


class View:
    """What the templates may ask about a call, beside the record itself."""

    def __init__(self, call: CallRecord, sounds: Sequence[tuple[float, float]], recording_src: str | None) -> None:
        self.call = call
        self.sounds = sounds
        self.recording_src = recording_src
        self.screen = first_screen(call)
        self._people = {person.key: person for person in call.people}
        self._starts = [spoken.start for spoken in call.transcript or ()]

    def names(self) -> dict[str, object]:
        """Everything by the name the templates use."""
        call, screen = self.call, self.screen
        shown = largest(call.lead.changes, MOST_CHANGES)
        return {
            **OF_EVERY_CALL,
            "call": call,
            "lead": call.lead,
            "parts": [f"{part}.html.j2" for part in PARTS],
            "screen": screen,
            "summary": "\n".join(map(one_line, summary(call))),
            "hear_heading": hear_heading(screen),
            "play_all": [
                (moment.start, moment.end) for moment in screen.moments if self.playable(moment.start, moment.end)
            ],
            "contents": contents(call, screen),
            "shown_changes": shown,
            "folded_changes": [n for n in range(1, len(call.lead.changes) + 1) if n not in shown],
            "questions_of": self.questions_of,
            "elsewhere": self.elsewhere(),
            "clearest": lambda who: clearest(call, who),
            "checked": next((share for share in call.lead.shares if share.basis == call.lead.basis), None),
            "people": figures.people(call),
            "picture": picture(call, self.sounds),
            "has_sound": bool(self.sounds) or self.recording_src is not None,
            "recording_src": self.recording_src,
            "language": self.language(),
            "label": self.label,
            "tone": self.tone,
            "playable": self.playable,
            "line_at": self.line_at,
            "change_window": change_window,
            "good_practice": self.interval(Interval(call.lead.band_floor, call.lead.band_ceiling)),
            "percent": percent,
            "lead_share": lambda share: firm(figures.lead_share(call, share)),
            "team_share": lambda share: firm(phrases.percent(share.value, figures.edges(call))),
            "no_lead_share": figures.no_lead_share(call),
            "took_over": firm(figures.took_over(call)),
            "spoken": lambda change: firm(figures.spoken(change)),
            "interval": self.interval,
            "lies": self.lies,
            "described": figures.described,
            "measures": figures.MEASURES[1:],  # the first, talk time, stands among the shares
            "question_parts": figures.QUESTION_PARTS,
            "last_commitments": figures.last_commitments(call),
            "outcome": figures.outcome,
            "unowned": figures.unowned(call),
            "length": length,
            "seconds": seconds,
            "clock": phrases.moment,
            "day": phrases.day,
            "figures_of_call": self.figures_of_call(),
            "told_by": figures.told_by,
        }

    def questions_of(self, part: str) -> list[tuple[str, QuestionRecord]]:
        """The questions of a part of the talk and who they are put to, each said once.

        Without those that stand beside what they are about, or among what the first screen says.
        """
        above = self.screen.next_call
        last = [f"“{one.text}”" for one in figures.last_commitments(self.call)]
        found: dict[str, list[QuestionRecord]] = {}
        for one in self.call.questions:
            beside = one.change is not None or one.objective is not None
            first = above is not None and above.text == one.text
            looks_back = one.part == "commitments" and any(text in one.text for text in last)
            if one.part == part and not (beside or first or looks_back):
                found.setdefault(one.text, []).append(one)
        return [(joined([one.to for one in same]), same[0]) for same in found.values()]

    def elsewhere(self) -> str:
        """Where the other questions stand; empty when there are none."""
        changes = any(one.change is not None for one in self.call.questions)
        objectives = any(one.objective is not None for one in self.call.questions)
        if changes and objectives:
            return _("Hear the moments above; what to ask about changes of lead and objectives stands with them.")
        if changes:
            return _("Hear the moments above; what to ask about changes of lead stands with them.")
        return _("Hear the moments above; what to ask about objectives stands with them.") if objectives else ""

    def label(self, who: str) -> str:
        """How to call whoever has this key."""
        return _(NOBODY_KNOWN) if who == UNKNOWN else self.call.label(who)

    def tone(self, who: str | None) -> Tone:
        """How to draw whoever has this key."""
        return tone(self._people.get(who or ""), self.call.lead.salesperson)

    def playable(self, start: float, end: float) -> bool:
        """Whether the moment can be heard from this page."""
        if self.recording_src is not None:
            return start < self.call.recording.seconds
        return covering(start, max(end, start + 0.1), self.sounds) is not None

    def line_at(self, at: float) -> int | None:
        """Which utterance of the transcript stands for a moment: the one under way, or the nearest one."""
        spoken: tuple[QuoteRecord, ...] = self.call.transcript or ()
        before = bisect_right(self._starts, at + 0.05) - 1
        near = [i for i in (before, before + 1) if 0 <= i < len(spoken)]
        away = {i: max(spoken[i].start - at, at - spoken[i].end, 0.0) for i in near}
        best = min(near, key=lambda i: (away[i], -i), default=None)
        return best if best is not None and away[best] <= NEAR else None

    def interval(self, found: Interval | None) -> Markup:
        """An interval in words, `66 to 76 %`, written so that both ends stay on their sides of the band."""
        return firm(phrases.interval(found, figures.edges(self.call)))

    def lies(self, found: Interval) -> Markup:
        """Where the true share lies, as a sentence."""
        edges = figures.edges(self.call)
        lies = phrases.between(found, edges)
        if lies is None:
            share = phrases.interval(found, edges)
            return firm(_("With a probability of 90 % the true share is {share}.", share=share))
        return firm(_("With a probability of 90 % the true share lies {text_lies}.", text_lies=lies))

    def figures_of_call(self) -> Markup:
        """Silence, overlap and floor changes in a sentence, as far as they are known."""
        found = self.call.conversation
        told = [_("{share} of the call was silence", share=phrases.percent(found.silence.value))]
        if found.silence.value is None:
            told = [_("How much of the call was silence is not known.")]
        if found.overlap.value is not None:
            share = phrases.percent(found.overlap.value)
            told.append(_("in {share} two or more people talked at once", share=share))
        if found.floor_changes_per_hour is not None:
            number = round(found.floor_changes_per_hour)
            told.append(
                _n(
                    "the floor changed hands {number} time an hour",
                    "the floor changed hands {number} times an hour",
                    number,
                )
            )
        return firm(stopped("; ".join(told)))

    def language(self) -> str | None:
        """The language of the words, if it is known and not the page's own."""
        known = self.call.made_with.language or ""
        return known if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", known) and known != spoken() else None


def percent(value: float | None) -> Markup:
    """A share that nothing is checked against, in words, on one line."""
    return firm(phrases.percent(value, (0.0, 1.0)))


def length(secs: float | None) -> Markup:
    """A length of time in words, on one line."""
    return firm(phrases.length(secs))


RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
TURNED = re.compile(f"[{RIGHT_TO_LEFT}](?:[^A-Za-z<>&;]*[{RIGHT_TO_LEFT}])?")


def firm(text: str) -> Markup:
    """A text as it is shown: no line ends between a number and its unit, and no name in a right-to-left script turns
    the sentence that it stands in around."""
    shown = str(escape(one_line(text)))
    if TURNED.search(shown):
        shown = TURNED.sub(lambda found: f"<bdi>{found[0]}</bdi>", shown)
    return Markup(re.sub(r"(?<=\d) (?=(?:s|min|Min\.|h|Std\.|%)(?!\w))", "&nbsp;", shown))


def contents(call: CallRecord, screen: FirstScreen) -> list[tuple[str, str]]:
    """The sections of the page that a reader can go to, each in the words of its heading."""
    parts = [
        ("hear", hear_heading(screen), bool(screen.moments)),
        ("next", _("For the next call"), bool(screen.next_call or screen.promises or screen.row)),
        ("picture", _("The call in one picture"), True),
        ("shares", _("Who talked how much"), True),
        ("changes", _("Changes of lead"), True),
        ("agenda", _("Agenda") if call.plan else _("Agenda and objectives"), True),
        ("objectives", _("Objectives"), call.plan is not None),
        ("talk", _("Questions for the talk"), True),
        ("said", _("The debrief talk"), call.talk is not None),
        ("noted", _("Notes"), bool(call.noted)),
        ("moments", _("Who steered the call"), True),
        ("conversation", _("The call in figures"), True),
        ("sure", _("How sure is this?"), True),
        ("transcript", _("Transcript"), True),
    ]
    return [(anchor, text) for anchor, text, there in parts if there]


@cache
def _environment() -> Environment:
    return environment(
        FOLDER,
        finalize=_shown,
        filters={
            "noted_by": figures.noted_by,
            "notes_at": figures.notes_at,
            "sentence": phrases.beginning,
            "firm": firm,
        },
    )


def environment(
    folder: Path,
    *,
    filters: Mapping[str, Callable[..., object]],
    finalize: Callable[[object], object] | None = None,
) -> Environment:
    """The templates in a folder: every text is escaped, and a name that does not exist is an error."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(filters)
    made.globals.update({"_": _said, "_n": _said_of_many, "N_n": N_n, "quoted": quoted})
    return made


def _said(message: str, **values: object) -> Markup:
    """A message in the language spoken now. It is text, and so are its values where they are no markup."""
    return _filled(translated(message), values)


def _said_of_many(one: str, many: str, number: int, **values: object) -> Markup:
    """The same in the form that goes with a number."""
    return _filled(translated(one, many, number), {"number": number} | values)


def _filled(text: str, values: Mapping[str, object]) -> Markup:
    said = escape(_shown(text))
    if not values:
        return said
    return said.format(**without_second_stop(text, {name: _shown(value) for name, value in values.items()}))


def _inside(markup: str) -> Callable[[str], Markup]:
    """Puts a text from outside into an element."""
    return lambda text: Markup(markup).format(_shown(text))


def _shown(value: object) -> object:
    """What an expression puts on the page: texts on one line, without characters that reorder what is around them."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _read(names: tuple[str, ...]) -> str:
    """Files of the page folder, one after the other."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8").replace("\r\n", "\n") for name in names)


def _row_heights() -> str:
    return "".join(f"--{row}:{height}px;" for row, height in ROWS.items())


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(bytes.fromhex(sha256(text.encode()))).decode()


def _data_uri(name: str, content: bytes) -> str:
    kind = next((kind for start, kind in CONTAINERS.items() if content.startswith(start)), None)
    if kind is None:
        raise ValueError(f"the clip {name} is neither WebM, Ogg, FLAC nor WAV")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _check_relative(address: str) -> None:
    """A `:` before the first `/` would make it a scheme, two slashes another host, one slash the root of the disk."""
    parts = urlsplit(address)
    if not parts.path or parts.scheme or parts.netloc or address[0] in "/\\" or "\\" in address:
        raise ValueError(f"{address!r} is not the address of a recording relative to the page")


def _data(call: CallRecord, sounds: Sequence[tuple[float, float, str]], src: str | None) -> dict[str, object]:
    """What the script needs and the page does not say elsewhere."""
    return {
        "seconds": call.recording.seconds,
        "clips": sounds,
        "recording": src,
        "lead": [(stretch.start, stretch.end, one_line(call.label(stretch.who))) for stretch in call.lead.stretches],
    }


def texts_of(script: str) -> dict[str, str]:
    """What a script says, by its English text; nothing in English, which stands in the script itself."""
    if spoken() == ENGLISH:
        return {}
    return {text: translated(text) for text in re.findall(r'\b_\("([^"]+)"', script)}


OF_EVERY_CALL: Mapping[str, object] = {
    "role": figures.role,
    "page_language": spoken,
    "decimal": decimal,
    "stop_after": lambda row: stopped(phrases.length(row[-1][1]))[len(phrases.length(row[-1][1])) :],
    "bdi": _inside("<bdi>{}</bdi>"),
    "bold": _inside("<b><bdi>{}</bdi></b>"),
    "kbd": _inside("<kbd>{}</kbd>"),
    "as_written": _inside('<span dir="auto">{}</span>'),
}
"""What the templates may use whatever the call is."""

STYLED = (
    *(N_("interval"), N_("with planned"), N_("Planned:"), N_("Led by:")),
    *(N_("take-overs"), N_("min"), N_("debrief"), N_("calls"), N_("to debrief")),
)
"""What style sheets put beside a figure where there is no room for a heading."""


def said_by(styles: str) -> str:
    """A style sheet with what it says in the language spoken now."""
    return re.sub(
        r'(content: " ?)([A-Za-z][^"]*?)( ?")', lambda found: found[1] + translated(found[2]) + found[3], styles
    )


def json_in_page(data: object) -> str:
    """JSON that can stand in an element of a page: nothing in it can end the element or begin another."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
