"""Certificates as X.509 has them: reading, and signing what clients ask to be signed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, cast

import cryptography.hazmat.backends.openssl.backend  # noqa: F401 - signing loads it, which no transaction may do
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from harbor.kernel.clock import iso_ms

_VALID: Final = timedelta(days=3_650)
# Clocks of others may be behind ours.
_EARLIER: Final = timedelta(hours=1)
_FAULTS: Final = (ValueError, TypeError, UnsupportedAlgorithm, x509.UnsupportedGeneralNameType, AttributeError)


def certificate(pem: str) -> x509.Certificate | None:
    """The certificate of a PEM text; None if it holds none."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        details(found)
    except _FAULTS:
        return None
    return found


def details(found: x509.Certificate) -> dict[str, Any]:
    """What a certificate says of itself."""
    return {
        "issuer": found.issuer.rfc4514_string(),
        "subject": found.subject.rfc4514_string(),
        "subject_alt_name": ", ".join(f"DNS:{name}" for name in names(found)) or None,
        "serial_number": f"{found.serial_number:X}",
        "valid_from": iso_ms(found.not_valid_before_utc),
        "valid_to": iso_ms(found.not_valid_after_utc),
    }


def common_name(found: x509.Certificate) -> str | None:
    """Whom a certificate is for."""
    for each in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        if each.value:
            return str(each.value)
    return None


def names(found: x509.Certificate) -> list[str]:
    """The hosts a certificate is for."""
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(name) for name in extension.value.get_values_for_type(x509.DNSName)]


def fits(found: x509.Certificate, private_pem: str) -> bool:
    """Whether a private key is that of a certificate."""
    try:
        key = serialization.load_pem_private_key(private_pem.encode(), password=None)
        return _raw(key.public_key()) == _raw(found.public_key())
    except _FAULTS:
        return False


def fits_text(pem: str, private_pem: str) -> bool:
    """The same for a certificate as PEM."""
    found = certificate(pem)
    return found is not None and fits(found, private_pem)


def fresh_key() -> str:
    """A new private key as PEM."""
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode("ascii")
    )


def authority(private_pem: str, name: str, now: datetime) -> str:
    """A certificate of an authority that signs for itself."""
    key = _private(private_pem)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    return _pem(built)


def request(private_pem: str, name: str) -> str:
    """A request for a certificate of a key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative = x509.SubjectAlternativeName([x509.DNSName(name)])
    built = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(alternative, critical=False)
        .sign(_private(private_pem), SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode("ascii")


def signed(csr_pem: str, authority_pem: str, private_pem: str, now: datetime) -> str | None:
    """The certificate that a request asks for, never one of an authority; None for what is no request, or not its own."""
    try:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        if not csr.is_signature_valid:
            return None
        built = (
            x509.CertificateBuilder()
            .subject_name(csr.subject)
            .issuer_name(x509.load_pem_x509_certificate(authority_pem.encode()).subject)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _EARLIER)
            .not_valid_after(now + _VALID)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        for extension in csr.extensions:
            if isinstance(extension.value, x509.SubjectAlternativeName):
                built = built.add_extension(extension.value, critical=False)
        return _pem(built.sign(_private(private_pem), SHA256()))
    except (*_FAULTS, InvalidSignature, x509.DuplicateExtension):
        return None


def _private(pem: str) -> CertificateIssuerPrivateKeyTypes:
    return cast(CertificateIssuerPrivateKeyTypes, serialization.load_pem_private_key(pem.encode(), password=None))


def _pem(found: x509.Certificate) -> str:
    return found.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _raw(key: Any) -> bytes:
    return cast(
        bytes,
        key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    )
