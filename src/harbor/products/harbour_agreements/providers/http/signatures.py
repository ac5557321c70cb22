"""Whether a callback is the provider's: an HMAC over a recipe, and a moment that is not long past."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from harbor.products.harbour_agreements.providers.http.model import Callback
from harbor.products.harbour_agreements.providers.protocol import Unauthentic

_VALUES = {"timestamp": r"(?P<timestamp>[0-9]{1,13})", "signature": r"(?P<signature>[A-Za-z0-9+/=_-]{16,200})"}


def check(callback: Callback, secret: str, headers: Mapping[str, str], raw_body: bytes, now: datetime) -> None:
    """Raise `Unauthentic` unless the headers sign the body, now."""
    given = headers.get(callback.header.lower(), "")
    match = _pattern(callback.form).search(given[:1_000])
    if match is None:
        raise Unauthentic("The callback has no signature.")
    timestamp = match.groupdict().get("timestamp")
    if timestamp is None and "{timestamp}" in callback.payload:
        raise Unauthentic("The callback has no moment.")
    if timestamp is not None and abs(now.timestamp() - _seconds(timestamp)) > callback.tolerance_s:
        raise Unauthentic("The callback was signed too long ago.")
    expected = signature(callback, secret, raw_body, timestamp or "")
    if not hmac.compare_digest(expected, match["signature"]):
        raise Unauthentic("The signature of the callback is another one.")


def signature(callback: Callback, secret: str, raw_body: bytes, timestamp: str) -> str:
    """The signature of a body at a moment."""
    before, _, after = callback.payload.partition("{body}")
    signed = (
        before.replace("{timestamp}", timestamp).encode() + raw_body + after.replace("{timestamp}", timestamp).encode()
    )
    made = hmac.new(secret.encode(), signed, callback.algorithm).digest()
    return made.hex() if callback.encoding == "hex" else base64.b64encode(made).decode()


def _pattern(form: str) -> re.Pattern[str]:
    """The form as a pattern; parts between commas may stand anywhere in the header."""
    escaped = re.escape(form)
    for name, pattern in _VALUES.items():
        escaped = escaped.replace(re.escape("{" + name + "}"), pattern, 1)
    return re.compile(escaped)


def _seconds(timestamp: str) -> float:
    value = int(timestamp)
    return value / 1_000 if value > 10**11 else float(value)
