"""Handing a mail to a mail server: what the server needs to know, what the message looks like, what went wrong."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum

from harbor.kernel.mail.attachments import File
from harbor.kernel.mail.model import Mail, check_address

_PERMANENT = 500  # RFC 5321 §4.2.1: 4xx may be tried again, 5xx not


class Security(StrEnum):
    """How the connection is protected: not at all, by STARTTLS before anything is said, or from the first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """One mail server. `sender` is a bare address; `authorities` a file of certificates to trust besides the usual."""

    host: str
    port: int
    sender: str
    security: Security = Security.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 20.0
    authorities: str | None = None

    def __post_init__(self) -> None:
        check_address(self.sender, field="sender")
        if (self.username is None) != (self.password is None):
            raise ValueError("a mail server needs both a username and a password, or neither")
        if self.username is not None and self.security is Security.NONE:
            raise ValueError(
                "a password is not sent over an unprotected connection; set the security to starttls or tls"
            )


class Refused(Exception):
    """The server will not take this mail, now or later. `reply` is what it said, which may name the recipient."""

    def __init__(self, message: str, reply: str = "") -> None:
        super().__init__(message)
        self.reply = reply


def deliver(settings: SmtpSettings, mail: Mail, files: Sequence[File] = ()) -> None:
    """Hand the mail over with its files; returns when the server has taken it. It blocks, so it runs on a thread.

    Raises `Refused` where trying again is useless, else `OSError` or `smtplib.SMTPException`.
    """
    try:
        with _connect(settings) as server:
            if settings.security is Security.STARTTLS:
                server.starttls(context=_trust(settings))
            if settings.username is not None and settings.password is not None:
                server.login(settings.username, settings.password)
            server.send_message(message(settings, mail, files), from_addr=settings.sender, to_addrs=[mail.recipient])
    except smtplib.SMTPRecipientsRefused as error:
        ((code, reply),) = error.recipients.values()
        if code >= _PERMANENT:
            raise Refused(f"The mail server refused the recipient ({code}).", _text(reply)) from error
        raise
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        if error.smtp_code >= _PERMANENT:
            raise Refused(f"The mail server refused the mail ({error.smtp_code}).", _text(error.smtp_error)) from error
        raise
    except smtplib.SMTPNotSupportedError as error:
        raise Refused("The mail server lacks a feature that the mail needs.", str(error)) from error


def message(settings: SmtpSettings, mail: Mail, files: Sequence[File] = ()) -> EmailMessage:
    """The mail as it travels. Its id is its own, so that a receiver can tell a second copy."""
    made = EmailMessage(policy=SMTP)
    made["From"] = settings.sender
    made["To"] = mail.recipient
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(mail.created_at)
    made["Message-ID"] = f"<{mail.id}@{_domain(settings.sender)}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers by machines
    made.set_content(mail.text)
    if mail.html is not None:
        made.add_alternative(mail.html, subtype="html")
    for each in files:
        main, _, sub = each.media_type.partition("/")
        made.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    return made


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    # The name in EHLO is given, because looking up our own may ask a slow name server.
    name = _domain(settings.sender)
    if settings.security is Security.TLS:
        return smtplib.SMTP_SSL(
            settings.host, settings.port, name, timeout=settings.timeout_s, context=_trust(settings)
        )
    return smtplib.SMTP(settings.host, settings.port, name, timeout=settings.timeout_s)


def _trust(settings: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.authorities is not None:
        context.load_verify_locations(cafile=settings.authorities)
    return context


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
