"""Certificates on the wire. Source: docs/products/harper.md#administration."""

from __future__ import annotations

import re
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing
from harbor.products.harper_tables.admin_ops import asking
from harbor.products.harper_tables.admin_ops.access_keys import certificates, x509
from harbor.products.harper_tables.admin_ops.store import Kept
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid

_GROUP = "Certificates"
_HOST: Final = "localhost"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9-]")
NOT_SERVED: Final = "Certificates are kept here; TLS is served with the one the process was started with."


def add_certificate(call: Call, body: Fields) -> dict[str, Any]:
    """Keep a certificate under its name or that of its subject."""
    name = asking.name(body, "name", required=False)
    pem = asking.text(body, "certificate", required=True)
    if body.raw("is_authority") is None:
        body.refuse("'is_authority' is required", field="is_authority")
    is_authority = body.flag("is_authority")
    private_key = asking.text(body, "private_key") or None
    hosts, uses = asking.names(body, "hosts"), asking.names(body, "uses")
    ciphers = asking.text(body, "ciphers") or None
    body.check()
    found = x509.certificate(pem)
    if found is None:
        raise invalid("'certificate' must be a certificate as PEM", code="invalid_field", field="certificate")
    name = _NOT_IN_NAMES.sub("-", name or x509.common_name(found) or "")[: asking.NAME_LENGTH_MAX]
    if not name:
        raise invalid(
            "Error extracting certificate host name, please provide a name parameter", code="no_name", field="name"
        )
    doc: dict[str, Any] = {
        "certificate": pem,
        "private_key_name": None,
        "is_authority": is_authority,
        "hosts": hosts or x509.names(found),
        "uses": uses,
        "ciphers": ciphers,
    }
    if private_key is None:
        doc["private_key_name"] = certificates.key_for(call, found)
    if (private_key is not None and not x509.fits(found, private_key)) or (
        private_key is None and not is_authority and doc["private_key_name"] is None
    ):
        raise invalid(
            "A suitable private key was not found for this certificate", code="no_private_key", field="private_key"
        )
    certificates.keep(call, name, doc, private_key)
    return {"message": f"Successfully added certificate: {name}", "note": NOT_SERVED}


def list_certificates(call: Call) -> list[dict[str, Any]]:
    """All certificates, without private keys."""
    return [_shown(each) for each in certificates.listing(call)]


def remove_certificate(call: Call, body: Fields) -> str:
    """Forget a certificate, and a private key that no other uses."""
    name = asking.name(body, "name")
    body.check()
    if not certificates.remove(call, name):
        raise Missing(f"{name} not found", code="certificate_missing")
    return f"Successfully removed {name}"


def create_csr(call: Call, body: Fields) -> Any:
    """A request for a certificate of this instance."""
    key_name, private = certificates.own_key(call)
    pem = x509.request(private, _HOST)
    return pem if body.compat is Compat.V4 else {"pem": pem, "privateKeyName": key_name}


def sign_certificate(call: Call, body: Fields) -> dict[str, Any]:
    """The certificate that a request asks for, signed by the account's own authority."""
    csr = asking.text(body, "csr", required=True)
    body.check()
    authority, private = certificates.authority(call)
    signed = x509.signed(csr, authority, private, call.tx.now)
    if signed is None:
        raise invalid("'csr' must be a signed request for a certificate as PEM", code="invalid_field", field="csr")
    return {"certificate": signed, "signingCA": authority}


def get_key(call: Call) -> None:  # noqa: ARG001
    """Nothing: private keys are for other nodes of a cluster, and there are none."""
    raise Denied("Private keys are given to nodes of the cluster alone", code="key_denied")


def _shown(kept: Kept) -> dict[str, Any]:
    doc = kept.doc
    found = x509.certificate(str(doc["certificate"]))
    assert found is not None, kept.name
    return {
        "name": kept.name,
        "certificate": doc["certificate"],
        "private_key_name": doc["private_key_name"],
        "is_authority": doc["is_authority"],
        "hosts": doc["hosts"],
        "uses": doc["uses"],
        "is_self_signed": found.issuer == found.subject,
        "details": x509.details(found),
    }


def _operation(handler: Any, only: str, summary: str, *, writes: bool = False) -> Operation:
    return Operation(name=handler.__name__, handler=handler, only=only, writes=writes, group=_GROUP, summary=summary)


OPERATIONS = (
    _operation(add_certificate, "addCertificate", "Keep a certificate", writes=True),
    _operation(list_certificates, "listCertificates", "All certificates"),
    _operation(remove_certificate, "removeCertificate", "Forget a certificate", writes=True),
    _operation(create_csr, "createCsr", "A request for a certificate", writes=True),
    _operation(sign_certificate, "signCertificate", "A certificate signed by the own authority", writes=True),
    _operation(get_key, "getKey", "Refused: private keys are for nodes"),
)
