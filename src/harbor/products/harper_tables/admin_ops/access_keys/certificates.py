"""The certificates and private keys of an account. Keys are sealed; the account's own authority is made when it is needed."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.call import Call
from harbor.products.harper_tables.admin_ops import keeping, sealing, store
from harbor.products.harper_tables.admin_ops.access_keys import x509
from harbor.products.harper_tables.admin_ops.store import Kept

_KIND: Final = "certificate"
_KEYS: Final = "private_key"
_AUTHORITY: Final = "harper-certificate-authority"


def listing(call: Call) -> list[Kept]:
    """All certificates."""
    return store.listing(call.tx, call.account_id, _KIND)


def keep(call: Call, name: str, doc: dict[str, Any], private_key: str | None) -> None:
    """Keep a certificate, and its private key if one came with it."""
    if private_key is not None:
        key_name = doc["private_key_name"] = f"{name}.pem"
        keeping.keep(call, _KEYS, key_name, {}, secret=sealing.sealed(call, private_key))
    keeping.keep(call, _KIND, name, doc)


def key_for(call: Call, certificate: Any) -> str | None:
    """The name of a kept private key that is the one of a certificate."""
    for each in store.listing(call.tx, call.account_id, _KEYS):
        secret = sealing.opened(call, each)
        if secret is not None and x509.fits(certificate, secret):
            return each.name
    return None


def remove(call: Call, name: str) -> bool:
    """Forget a certificate, and its private key if no other uses it; whether there was one."""
    kept = store.get(call.tx, call.account_id, _KIND, name)
    if kept is None:
        return False
    keeping.forget(call, _KIND, name)
    key_name = kept.doc.get("private_key_name")
    if key_name and not any(each.doc.get("private_key_name") == key_name for each in listing(call)):
        keeping.forget(call, _KEYS, key_name)
    return True


def own_key(call: Call) -> tuple[str, str]:
    """The name and text of the private key that requests for certificates are made with."""
    return _key(call, "harper-request.pem")


def authority(call: Call) -> tuple[str, str]:
    """The certificate and private key of the account's authority."""
    key_name, private = _key(call, f"{_AUTHORITY}.pem")
    kept = store.get(call.tx, call.account_id, _KIND, _AUTHORITY)
    if kept is not None and x509.fits_text(str(kept.doc["certificate"]), private):
        return str(kept.doc["certificate"]), private
    pem = x509.authority(private, f"Harper authority of {call.account_id}"[:64], call.tx.now)
    doc = {"certificate": pem, "private_key_name": key_name, "is_authority": True, "hosts": [], "uses": []}
    keeping.keep(call, _KIND, _AUTHORITY, doc)
    return pem, private


def _key(call: Call, name: str) -> tuple[str, str]:
    kept = store.get(call.tx, call.account_id, _KEYS, name)
    secret = None if kept is None else sealing.opened(call, kept)
    if secret is None:
        secret = x509.fresh_key()
        keeping.keep(call, _KEYS, name, {}, secret=sealing.sealed(call, secret))
    return name, secret
