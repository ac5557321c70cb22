"""Envelopes: secrets that were encrypted for the instance before they were sent, with RSA-OAEP and SHA-256, in base64."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64decode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from harbor.kernel.call import Call
from harbor.kernel.errors import Unavailable
from harbor.kernel.http.request import Request
from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops import keeping, sealing, store
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.rights import User

_KIND, _NAME = "envelope_key", "current"
_BITS = 2_048


async def prepare_key(value: object, request: Request, services: Services) -> str | None:  # noqa: ARG001
    """A new private key, where the account has none yet: making one takes a tenth of a second, so not in a transaction."""
    caller = request.principal
    if not isinstance(caller, User):
        return None
    if not (caller.rights.is_super_user or caller.rights.is_listed(request.route_name)):
        return None
    present = await services.database.read(lambda tx: store.get(tx, caller.account_id, _KIND, _NAME))
    return None if present is not None else await asyncio.to_thread(_fresh)


def public_key(call: Call, fresh: str | None) -> tuple[str, str]:
    """The public key of the account as PEM, and its fingerprint; `fresh` is kept if there is none."""
    kept = store.get(call.tx, call.account_id, _KIND, _NAME)
    if kept is None:
        if fresh is None:
            raise Unavailable("The key of this account is being made; send the request again.", retry_after_s=1)
        pem = _public(_loaded(fresh))
        keeping.keep(call, _KIND, _NAME, {"public_key": pem}, secret=sealing.sealed(call, fresh))
    else:
        pem = str(kept.doc["public_key"])
    return pem, hashlib.sha256(pem.encode()).hexdigest()


def opened(call: Call, envelope: str) -> str:
    """What is in an envelope. Raises `Invalid` for one that was made with another key."""
    kept = store.get(call.tx, call.account_id, _KIND, _NAME)
    private = None if kept is None else sealing.opened(call, kept)
    if private is not None:
        try:
            raw = b64decode(envelope, validate=True)
            text = _loaded(private).decrypt(raw, padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)).decode()
            if "\0" not in text:
                return text
        except ValueError:
            pass
    raise invalid("'envelope' was not made with the key of get_secrets_public_key", code="bad_envelope")


def _fresh() -> str:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=_BITS)
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _loaded(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey), type(key)
    return key


def _public(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )
