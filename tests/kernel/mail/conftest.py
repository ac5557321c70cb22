"""A real mail server on a loopback port, and a certificate for it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USERNAME, PASSWORD = "harbor", "a-secret-of-the-mail-server"


class MailServer:
    """Takes mails and keeps them, unless it is told what to reply."""

    def __init__(self) -> None:
        self.port = 0
        self.got: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.logins: list[bytes] = []
        self.was_protected: list[bool] = []
        self.reply_to_recipient = "250 OK"
        self.reply_to_data = "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any) -> str:
        if self.reply_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.reply_to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert server.transport is not None
        if self.reply_to_data.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.got.append(message_from_bytes(content, policy=default))  # type: ignore[arg-type]
            self.envelopes.append(envelope)
            self.was_protected.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.reply_to_data

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.login)
        is_right = (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=False)


ServeMail = Callable[..., Any]


@pytest.fixture
async def serve_mail(certificate: Path) -> AsyncIterator[ServeMail]:
    """Starts mail servers: `await serve_mail("none" | "starttls" | "tls", login=…)`."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate)

    @asynccontextmanager
    async def serving(security: str, login: bool) -> AsyncIterator[MailServer]:
        server = MailServer()
        options: dict[str, Any] = {"hostname": "mail.test", "enable_SMTPUTF8": True}
        if security == "starttls":
            options |= {"tls_context": trust, "require_starttls": True}
        if login:
            options |= {
                "authenticator": server.authenticate,
                # The package knows of STARTTLS only, and warns of a password asked for without it.
                "auth_required": security == "starttls",
                "auth_require_tls": security == "starttls",
            }
        listening = await asyncio.get_running_loop().create_server(
            lambda: SMTP(server, **options), "127.0.0.1", 0, ssl=trust if security == "tls" else None
        )
        server.port = listening.sockets[0].getsockname()[1]
        yield server
        listening.close()
        await listening.wait_closed()

    async with AsyncExitStack() as stack:

        async def start(security: str = "none", *, login: bool = False) -> MailServer:
            return await stack.enter_async_context(serving(security, login))

        yield start


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path
