"""What is sent when a night is over, and the memory of it, so that no one is told twice.

A call that could not be sent waits for the next night. Nothing here makes a night fail: what went wrong is a line.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from analyzer.call.folder import CallFolder
from analyzer.call.lock import locked
from analyzer.debrief.export.mail_message import LinkedCall
from analyzer.debrief.phrases import count
from analyzer.debrief.results import read_call
from analyzer.errors import AnalyzerError, fault
from analyzer.files import checking, id_of, is_file, write_atomically
from analyzer.library.catalog.catalog import Catalog
from analyzer.library.mailing import Sender, mail_to, receivers, sent, why
from analyzer.library.run import Run
from analyzer.library.summary import CallSummary
from analyzer.library.webhook import Hook, post

SENT_FILE = "sent.json"
TRIED_AGAIN = 3600.0
"""Seconds after which a watching job tries again what waits, when there is nothing new."""
WORTH_WAITING = dt.timedelta(days=14)
"""How long after a call somebody may still be named on it who is then mailed."""


class Sent(BaseModel):
    """What was sent, by the calls' hashes: `mailed` has the receivers (folded names) of each; others still wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float = 0.0
    """When something was sent last, or tried (seconds since 1970)."""
    mailed: Mapping[str, tuple[str, ...]] = {}
    mail_waits: tuple[str, ...] = ()
    posted: tuple[str, ...] = ()
    post_waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """How calls are sent: by mail, to a webhook, both or not at all; `base_url` is where their pages are found."""

    sender: Sender | None = None
    hook: Hook | None = None
    base_url: str | None = None

    def link(self, folder: str) -> str | None:
        """The address of a call's page: below `base_url`, or with `{id}` in it as `analyzer serve` has it."""
        if self.base_url is None:
            return None
        if "{id}" in self.base_url:
            return self.base_url.replace("{id}", id_of(folder))
        return f"{self.base_url.rstrip('/')}/{quote(folder.encode(errors='surrogateescape'))}/debrief.html"


def send(folder: Path, out: Path, catalog: Catalog, run: Run, ways: Ways, tell: Callable[[str], None]) -> None:
    """Sends the calls of a run, and what waits from earlier ones; tells in a line each what was sent and what was not.

    `folder` has the recordings, `out` the results.
    """
    if ways.sender is None and ways.hook is None:
        return
    try:
        with locked(out):
            before, new = _read(out), [*run.done, *run.refreshed]
            if not new and time.time() - before.at < TRIED_AGAIN:
                return
            sending = _Sending(folder, out, catalog, ways, tell)
            sending.note(sending.after(before, new))
    except AnalyzerError as error:
        tell(f"nothing more was sent: {error.line()}")
    except Exception as error:  # noqa: BLE001 - the night is done, whatever a server or a library does
        tell(f"nothing more was sent: {fault(error)}")


def _read(out: Path) -> Sent:
    path = out / SENT_FILE
    if not is_file(path):
        return Sent()
    with checking(path, "Remove it; then calls of the next night may be sent once more"):
        return Sent.model_validate_json(path.read_bytes())


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is mailed to one person: their calls by hash."""

    to: Address
    calls: dict[str, LinkedCall]


@dataclass(frozen=True, slots=True)
class _Sending:
    folder: Path
    out: Path
    catalog: Catalog
    ways: Ways
    tell: Callable[[str], None]

    def note(self, sent_now: Sent) -> None:
        """Keeps what was sent; done after each mail, so that a night that is stopped mails no one twice."""
        write_atomically(self.out / SENT_FILE, sent_now.model_dump_json().encode(), private=True)

    def after(self, before: Sent, new: Sequence[CallSummary]) -> Sent:
        """What was sent when this is over."""
        calls = {call.sha256: call for call in new}
        waiting = {*before.mail_waits, *before.post_waits} - calls.keys()
        calls |= {call.sha256: call for call in self.catalog.readable()[0] if call.sha256 in waiting}
        sent_now, shas = before.model_copy(update={"at": time.time()}), {call.sha256 for call in new}
        if self.ways.sender is not None:
            wanted = [call for sha, call in calls.items() if sha in shas or sha in before.mail_waits]
            sent_now = self._mail(sent_now, wanted, self.ways.sender)
        if self.ways.hook is not None:
            fresh = shas - set(before.posted)
            wanted = [call for sha, call in calls.items() if sha in before.post_waits or sha in fresh]
            sent_now = self._post(sent_now, wanted, self.ways.hook)
        return sent_now

    def _linked(self, calls: Sequence[CallSummary]) -> Iterator[tuple[CallSummary, LinkedCall]]:
        for call in calls:
            try:
                record = read_call(CallFolder(self.out / call.folder))
            except AnalyzerError:  # gone since, or being made again: `library check` tells
                continue
            yield call, LinkedCall(record, self.ways.link(call.folder))

    def _mail(self, before: Sent, calls: Sequence[CallSummary], sender: Sender) -> Sent:
        letters, waits = self._letters(before, calls, sender)

        def so_far(*, waiting: Iterable[_Letter]) -> Sent:
            kept = {sha: tuple(sorted(names)) for sha, names in mailed.items()}
            left_over = {sha for letter in waiting for sha in letter.calls}
            return before.model_copy(update={"mailed": kept, "mail_waits": tuple(sorted(waits | left_over))})

        mailed = {sha: set(names) for sha, names in before.mailed.items()}
        left = dict(letters)
        mails = (mail_to(sender, letter.to, list(letter.calls.values())) for letter in letters.values())
        reason = None
        try:
            for name, refused in zip(letters, sent(sender, mails) if letters else (), strict=True):
                letter = left.pop(name)
                if refused is not None:
                    waits |= letter.calls.keys()
                    self._not_mailed([letter], refused)
                    continue
                for sha in letter.calls:
                    mailed.setdefault(sha, set()).add(name)
                self.tell(f"mailed to {letter.to.addr_spec}: {count(len(letter.calls), 'call')}.")
                self.note(so_far(waiting=left.values()))
        except OSError as error:
            reason = why(error)
        if reason is not None and left:
            self._not_mailed(list(left.values()), reason)
        return so_far(waiting=left.values())

    def _letters(
        self, before: Sent, calls: Sequence[CallSummary], sender: Sender
    ) -> tuple[dict[str, _Letter], set[str]]:
        """The mails to be sent by receiver, and the calls on which somebody may still be named who is to get one."""
        places = {place.sha256: Path(place.path) for place in self.catalog.places().values()}
        letters: dict[str, _Letter] = {}
        unknown: set[str] = set()
        for call, linked in self._linked(calls):
            known = receivers(linked.call, places.get(call.sha256), self.folder, sender)
            if not known and call.date is not None and dt.date.today() - call.date <= WORTH_WAITING:
                unknown.add(call.sha256)
            for name, address in known.items():
                if name not in before.mailed.get(call.sha256, ()):
                    letters.setdefault(name, _Letter(address, {})).calls[call.sha256] = linked
        return letters, unknown

    def _not_mailed(self, letters: Sequence[_Letter], reason: str) -> None:
        to = ", ".join(letter.to.addr_spec for letter in letters)
        self.tell(f"not mailed to {to}, and tried again the next night: {reason.rstrip('.')}.")

    def _post(self, before: Sent, calls: Sequence[CallSummary], hook: Hook) -> Sent:
        posted, waits = [*before.posted], list[str]()
        reasons: list[str] = []
        for call, linked in self._linked(calls):
            # When the first fails the server is away: the others would each wait for their time to be up.
            reason = reasons[0] if reasons else post(hook, linked, int(time.time()))
            if reason is None:
                posted.append(call.sha256)
            else:
                waits.append(call.sha256)
                reasons.append(reason)
        if done := len(posted) - len(before.posted):
            self.tell(f"{count(done, 'call')} sent to the webhook.")
        if reasons:
            self.tell(
                f"{count(len(waits), 'call')} not sent to the webhook, and tried again: {reasons[0].rstrip('.')}."
            )
        return before.model_copy(update={"posted": tuple(posted), "post_waits": tuple(waits)})
