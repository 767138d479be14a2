"""Mails after a night: one to each who came along, about their calls alone, by the user's own mail server.

Nothing is sent unless the user asks for it (`nightly --mail`) and names a server. Addresses stand in the roster, which
lies with the recordings and is data: so mail goes only to addresses of the sender's own domain and of `mail_domains`.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from analyzer.debrief.export.mail_message import LinkedCall, message
from analyzer.debrief.record import CallRecord
from analyzer.errors import BadFileError, UsageError, one_line
from analyzer.files import checking
from analyzer.people.names import folded
from analyzer.people.roster.team_file import find_roster, read_roster
from analyzer.settings import Settings

PASSWORD = "ANALYZER_MAIL_PASSWORD"
HERE = ("127.0.0.1", "::1", "localhost")
"""This machine, as a server's address."""
TIMEOUT = 30.0
"""Seconds that the server may take for each answer."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The user's mail server, and what it needs to know."""

    server: str
    port: int
    security: str
    user: str | None
    password: str | None
    address: Address
    domains: frozenset[str]


def sender_of(settings: Settings, environ: Mapping[str, str] | None = None) -> Sender:
    """The mail server of the settings, checked before the night begins.

    Raises:
        UsageError: no server or no sender is named, or what is named is none.
        BadFileError: the file of the password cannot be read.
    """
    if not settings.mail_server or not settings.mail_from:
        what = "--mail needs the settings mail_server and mail_from"
        raise UsageError(what, todo="Write them into analyzer.toml (see docs/nightly.md)")
    address = address_of(settings.mail_from)
    if address is None:
        raise UsageError(f"mail_from: {settings.mail_from!r} is no mail address", todo='Write "calls@example.com"')
    password = secret_of(PASSWORD, settings.mail_password_file, environ)
    if password is not None and settings.mail_security == "none" and settings.mail_server not in HERE:
        raise UsageError("a password would go over the network as it is", todo="Set mail_security to starttls or tls")
    domains = (settings.mail_domains or "").replace(",", " ").casefold().split()
    return Sender(
        server=settings.mail_server,
        port=settings.mail_port,
        security=settings.mail_security,
        user=settings.mail_user,
        password=password,
        address=address,
        domains=frozenset((*domains, address.domain.casefold())),
    )


def secret_of(variable: str, file: str | None, environ: Mapping[str, str] | None = None) -> str | None:
    """A secret from the environment, or else from a file; None where neither is set.

    Raises:
        BadFileError: the file cannot be read, or is empty.
    """
    if given := (os.environ if environ is None else environ).get(variable):
        return given
    if file is None:
        return None
    todo = "Write the secret into it, on one line"
    with checking(Path(file), todo):
        content = Path(file).read_text(encoding="utf-8").strip()
    if not content:
        raise BadFileError("is empty", where=file, todo=todo)
    return content


def address_of(text: str, name: str = "") -> Address | None:
    """A mail address; None where the text is none."""
    try:
        found = Address(display_name=one_line(name), addr_spec=text)
    except (ValueError, IndexError, MessageError):  # the standard library's parser raises all three
        return None
    return found if found.username and found.domain and text.isascii() else None


def receivers(call: CallRecord, recording: Path | None, root: Path, sender: Sender) -> Mapping[str, Address]:
    """Who came along on a call and may be written to, by folded name: those of the team beside the salesperson.

    Their addresses are those of the roster that holds for the recording.
    """
    along = [one for one in call.people if one.side == "team" and one.name and one.key != call.lead.salesperson]
    path = find_roster(recording, root) if recording is not None else None
    if not along or path is None:
        return {}
    try:
        roster = read_roster(path)[0]
    except BadFileError:  # the run has told of it
        return {}
    known = {folded(name): one.email for one in roster.people if one.email for name in (one.name, *one.aliases)}
    found = {}
    for person in along:
        name = folded(person.name or "")
        address = address_of(known[name], person.name or "") if name in known else None
        if address is not None and address.domain.casefold() in sender.domains:
            found[name] = address
    return found


def mail_to(sender: Sender, to: Address, calls: Sequence[LinkedCall]) -> EmailMessage:
    """The mail about their calls to one who came along."""
    mail = message(calls)
    mail["From"], mail["To"] = sender.address, to
    mail["Date"], mail["Message-ID"] = formatdate(localtime=True), make_msgid(domain=sender.address.domain)
    mail["Auto-Submitted"] = "auto-generated"  # no out-of-office answers (RFC 3834)
    return mail


def sent(sender: Sender, mails: Iterable[EmailMessage]) -> Iterator[str | None]:
    """Sends mails over one connection; for each why it could not be sent, or None.

    Raises:
        OSError: the server cannot be reached or does not take the sender (`smtplib.SMTPException` is one).
    """
    with _connected(sender) as server:
        for mail in mails:
            try:
                server.send_message(mail)
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
                yield why(error)
            else:
                yield None


@contextmanager
def _connected(sender: Sender) -> Iterator[smtplib.SMTP]:
    secure = ssl.create_default_context()
    server: smtplib.SMTP
    if sender.security == "tls":
        server = smtplib.SMTP_SSL(sender.server, sender.port, timeout=TIMEOUT, context=secure)
    else:
        server = smtplib.SMTP(sender.server, sender.port, timeout=TIMEOUT)
    with server:
        if sender.security == "starttls":
            server.starttls(context=secure)
        if sender.user is not None and sender.password is not None:
            server.login(sender.user, sender.password)
        yield server


def why(error: Exception) -> str:
    """Why something was not sent, in a few words; a server's answer is text from outside."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return one_line("; ".join(_said(answer) for _, answer in error.recipients.values()))[:200]
    if isinstance(error, smtplib.SMTPResponseException):
        return one_line(f"{error.smtp_code} {_said(error.smtp_error)}")[:200]
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return one_line(str(reason))[:200]


def _said(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
