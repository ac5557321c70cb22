"""Registration and licences on the wire. Source: docs/products/harper.md#administration."""

from __future__ import annotations

import hashlib
from typing import Any, Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from harbor.kernel.call import Call
from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops import asking, keeping, store
from harbor.products.harper_tables.admin_ops.licensing import licences
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid

_GROUP = "Licensing"
_KIND = "license"
# The tool that holds the key which licences are signed for; without one none is good.
LICENSE_KEY: Final = "harper.license_key"
_VERSIONS: Final = {Compat.V4: "4.7.0", Compat.V5: "5.2.0"}


def registration_info(body: Fields) -> dict[str, Any]:
    """That everything may be used, and whose answers these are like."""
    return {
        "registered": True,
        "version": _VERSIONS[body.compat],
        "ram_allocation": None,
        "license_expiration_date": None,
    }


def get_fingerprint(call: Call) -> str:
    """A text that is this instance's alone."""
    return hashlib.sha256(f"harper fingerprint {call.account_id}".encode()).hexdigest()


def set_license(body: Fields) -> None:
    """Refused: licences of this form came with the product that is no longer needed for them."""
    asking.text(body, "key", required=True)
    asking.text(body, "company", required=True)
    body.check()
    raise invalid("Invalid license key or company; use install_usage_license", code="license_refused", field="key")


def install_usage_license(call: Call, body: Fields, services: Services) -> str:
    """Keep a licence that is signed by the key of the operator."""
    text = asking.text(body, "license", required=True)
    body.check()
    found = licences.read(text, cast(Ed25519PublicKey | None, services.tools.get(LICENSE_KEY)))
    name = hashlib.sha256(str(found["id"]).encode()).hexdigest()
    if store.get(call.tx, call.account_id, _KIND, name) is not None:
        return "Usage license already installed"
    keeping.keep(call, _KIND, name, found)
    return "Successfully installed usage license"


def get_usage_licenses(call: Call, body: Fields) -> list[dict[str, Any]]:
    """The licences that were installed."""
    region = asking.name(body, "region", required=False)
    body.check()
    kept = [each.doc for each in store.listing(call.tx, call.account_id, _KIND)]
    return [licences.with_usage(each) for each in kept if not region or each["region"] == region]


def _operation(handler: Any, only: str | None, summary: str, *, writes: bool = False) -> Operation:
    return Operation(name=handler.__name__, handler=handler, only=only, writes=writes, group=_GROUP, summary=summary)


OPERATIONS = (
    _operation(registration_info, None, "That everything may be used"),
    _operation(get_fingerprint, "getFingerprint", "A text that is this instance's alone"),
    _operation(set_license, "setLicense", "Refused: a form that is no longer used"),
    _operation(install_usage_license, "installUsageLicense", "Keep a licence", writes=True),
    _operation(get_usage_licenses, "getUsageLicenses", "The licences that were installed"),
)
