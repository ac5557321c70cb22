"""Handing a mail to a real server, protected in each way."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from smtplib import SMTPAuthenticationError, SMTPDataError, SMTPRecipientsRefused

import pytest
from tests.kernel.mail.conftest import PASSWORD, USERNAME, MailServer, ServeMail

from harbor.kernel.errors import Invalid
from harbor.kernel.mail.model import Mail, State
from harbor.kernel.mail.smtp import Refused, Security, SmtpSettings, deliver

MAIL = Mail(
    id="mail_01",
    account_id="acc_one",
    topic="agreement.signed",
    about=None,
    recipient="ada@example.com",
    subject="Grüße: signed ✓",
    text="Your agreement is signed.\nÜber alles ✓\n",
    html="<p>Your agreement is <b>signed</b>.</p>",
    state=State.QUEUED,
    error=None,
    created_at=datetime(2026, 5, 25, 12, tzinfo=UTC),
    sent_at=None,
)


def settings(server: MailServer, security: Security = Security.NONE, **more: str) -> SmtpSettings:
    return SmtpSettings(
        host="127.0.0.1", port=server.port, sender="harbor@example.org", security=security, timeout_s=5, **more
    )


async def hand_over(chosen: SmtpSettings, mail: Mail = MAIL) -> None:
    await asyncio.to_thread(deliver, chosen, mail)


async def test_a_mail_arrives_as_it_was_written(serve_mail: ServeMail) -> None:
    server = await serve_mail()

    await hand_over(settings(server))

    (got,) = server.got
    (envelope,) = server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("harbor@example.org", ["ada@example.com"])
    assert (got["From"], got["To"], got["Subject"]) == ("harbor@example.org", "ada@example.com", MAIL.subject)
    assert (got["Message-ID"], got["Date"]) == ("<mail_01@example.org>", "Mon, 25 May 2026 12:00:00 +0000")
    text, html = got.get_body(("plain",)), got.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == MAIL.text
    assert html.get_content().strip() == MAIL.html


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_password_travels_protected(serve_mail: ServeMail, certificate: Path, security: Security) -> None:
    server = await serve_mail(security.value, login=True)

    await hand_over(settings(server, security, username=USERNAME, password=PASSWORD, authorities=str(certificate)))

    assert len(server.got) == 1
    assert server.was_protected == [True]
    assert server.logins == [USERNAME.encode()]


async def test_a_wrong_password_may_be_right_later(serve_mail: ServeMail, certificate: Path) -> None:
    server = await serve_mail("starttls", login=True)
    wrong = settings(server, Security.STARTTLS, username=USERNAME, password="wrong", authorities=str(certificate))

    with pytest.raises(SMTPAuthenticationError):
        await hand_over(wrong)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_server_nobody_vouches_for_gets_nothing(serve_mail: ServeMail, security: Security) -> None:
    server = await serve_mail(security.value)

    with pytest.raises(ssl.SSLCertVerificationError):
        await hand_over(settings(server, security))

    assert server.got == []


async def test_a_server_without_starttls_gets_nothing(serve_mail: ServeMail) -> None:
    server = await serve_mail()

    with pytest.raises(Refused):
        await hand_over(settings(server, Security.STARTTLS))

    assert server.got == []


async def test_a_refusal_for_good_is_told_from_one_for_now(serve_mail: ServeMail) -> None:
    server = await serve_mail()
    server.reply_to_recipient = "550 No such person"
    with pytest.raises(Refused) as refused:
        await hand_over(settings(server))
    server.reply_to_recipient = "450 Greylisted"
    with pytest.raises(SMTPRecipientsRefused):
        await hand_over(settings(server))
    server.reply_to_recipient, server.reply_to_data = "250 OK", "554 Looks like spam"
    with pytest.raises(Refused, match="554"):
        await hand_over(settings(server))
    server.reply_to_data = "451 Try later"
    with pytest.raises(SMTPDataError):
        await hand_over(settings(server))

    assert (str(refused.value), refused.value.reply) == (
        "The mail server refused the recipient (550).",
        "No such person",
    )


async def test_an_address_in_another_script_travels_if_the_server_knows_how(serve_mail: ServeMail) -> None:
    server = await serve_mail()

    await hand_over(settings(server), replace(MAIL, recipient="ädä@example.com"))

    assert server.envelopes[0].rcpt_tos == ["ädä@example.com"]


def test_settings_that_would_show_a_password_are_refused() -> None:
    with pytest.raises(ValueError, match="unprotected"):
        SmtpSettings(
            host="h", port=25, sender="a@example.org", security=Security.NONE, username="u", password="a-secret"
        )
    with pytest.raises(ValueError, match="both"):
        SmtpSettings(host="h", port=25, sender="a@example.org", username="u")
    with pytest.raises(Invalid):
        SmtpSettings(host="h", port=25, sender="a@example.org\nBcc: b@example.org")
    shown = repr(SmtpSettings(host="h", port=25, sender="a@example.org", username="u", password="a-secret"))
    assert "a-secret" not in shown
