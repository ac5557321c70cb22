"""Signing: the headers that prove where a delivery comes from.

For programs that send deliveries on, such as a forwarder that signs them anew with a secret of its own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"


def sign(secret: str | Sequence[str], timestamp: int, body: bytes) -> str:
    """The value of `Harbor-Signature`: `t=<timestamp>,v1=<hex>`, with one `v1` for each secret.

    `timestamp` is in Unix seconds and also goes into `Harbor-Timestamp`; `body` is exactly what is sent.
    """
    secrets = (secret,) if isinstance(secret, str) else tuple(secret)
    if not secrets or not all(secrets):
        raise ValueError("A signature needs a secret; an empty one could be guessed.")
    digests = ",".join(f"v1={digest(one, str(timestamp), body)}" for one in secrets)
    return f"t={timestamp},{digests}"


def sign_standard(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` in the form of Standard Webhooks: `v1,<base64>`.

    `event_id` also goes into `webhook-id` and `timestamp` into `webhook-timestamp`. Raises ValueError for a secret
    that is not `whsec_` and base64.
    """
    return f"v1,{standard_digest(secret, event_id, str(timestamp), body)}"


def digest(secret: str, timestamp: str, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 over `timestamp.body`; the key is the whole secret, prefix and all."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def standard_digest(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    """Base64 HMAC-SHA256 over `event_id.timestamp.body`; the key is what the secret encodes."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("The secret is not whsec_ followed by base64.")
    signed = event_id.encode() + b"." + timestamp.encode() + b"." + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
