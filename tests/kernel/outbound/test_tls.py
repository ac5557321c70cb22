"""TLS is verified, with the authorities of the machine and one more for tests; the name stays with the connection."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.kernel.outbound.conftest import ONE_LOOPBACK
from tests.kernel.outbound.receiver import Receiver, names

from harbor.kernel.outbound import Failure, OutboundClient, OutboundPolicy

HOST = "hooks.acme.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for HOST with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


POLICY = OutboundPolicy(
    allow_cidrs=ONE_LOOPBACK, lookup=names({HOST: ["127.0.0.1"], "other.acme.example": ["127.0.0.1"]})
)


async def test_a_verified_server_is_answered_by_name(certificate: Path) -> None:
    asked: list[str | None] = []
    context = server_side(certificate)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with Receiver(tls=context) as receiver, OutboundClient(POLICY, ca_file=certificate) as client:
        outcome = await client.post(receiver.url(HOST, scheme="https"), b"{}")

        assert outcome.succeeded, outcome.detail
        assert outcome.resolved_ip == "127.0.0.1"
        assert asked == [HOST]
        assert receiver.heard[0].headers["host"] == f"{HOST}:{receiver.port}"


async def test_an_unknown_authority_is_a_tls_failure(certificate: Path) -> None:
    async with Receiver(tls=server_side(certificate)) as receiver, OutboundClient(POLICY) as client:
        outcome = await client.post(receiver.url(HOST, scheme="https"), b"{}")

        assert (outcome.error, outcome.resolved_ip) == (Failure.TLS, "127.0.0.1")
        assert not receiver.heard


async def test_a_certificate_for_another_name_is_a_tls_failure(certificate: Path) -> None:
    async with (
        Receiver(tls=server_side(certificate)) as receiver,
        OutboundClient(POLICY, ca_file=certificate) as client,
    ):
        outcome = await client.post(receiver.url("other.acme.example", scheme="https"), b"{}")

        assert outcome.error is Failure.TLS
        assert not receiver.heard


async def test_a_server_without_tls_is_a_tls_failure() -> None:
    async with Receiver(greeting=b"220 mail.acme.example ESMTP\r\n") as receiver, OutboundClient(POLICY) as client:
        outcome = await client.post(receiver.url(HOST, scheme="https"), b"{}")

        assert outcome.error is Failure.TLS
        assert not receiver.heard


def test_old_versions_are_not_spoken() -> None:
    client = OutboundClient(POLICY)

    assert client.tls.minimum_version is ssl.TLSVersion.TLSv1_2
    assert client.tls.verify_mode is ssl.CERT_REQUIRED
    assert client.tls.check_hostname
