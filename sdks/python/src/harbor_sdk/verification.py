"""Verification: whether a delivery is genuine. Ask before parsing it, with the bytes exactly as they came."""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Final

from harbor_sdk.core.decode import decode
from harbor_sdk.envelope import DeliveryEnvelope
from harbor_sdk.errors import HarborError, WebhookSignatureError
from harbor_sdk.signing import digest, standard_digest

TOLERANCE_S: Final = 300
# Five live secrets make 350 characters; the rest is room. A longer header is somebody's attempt to keep us busy.
SIGNATURE_CHARS_MAX: Final = 4096

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_BASE64: Final = re.compile(r"v1,([A-Za-z0-9+/]{43}=)")

Secret = str | Sequence[str]


def verify_webhook_signature(
    payload: str | bytes,
    signature: str,
    timestamp: str | int,
    secret: Secret,
    tolerance: float = TOLERANCE_S,
    *,
    now: float | None = None,
) -> bool:
    """Whether `signature` (of `Harbor-Signature`) belongs to `payload` and `timestamp` (of `Harbor-Timestamp`).

    `secret` is the endpoint's signing secret, or several of which one must fit. `timestamp` may lie `tolerance`
    seconds before or after now; `now` (Unix seconds) is for saved requests. The signature may be `t=…,v1=…`, `v1=…` or
    bare hex; a `t` must equal `timestamp`. Anything empty or malformed is False; nothing is raised.
    """
    body, moment, secrets = _body(payload), _moment(timestamp), _secrets(secret)
    if not body or moment is None or not secrets or not _is_recent(moment, tolerance, now):
        return False
    candidates = _harbor_digests(signature, moment)
    return _any_equal(candidates, [digest(one, moment, body) for one in secrets])


def construct_webhook_event(
    payload: str | bytes,
    headers: Mapping[str, str],
    secret: Secret,
    *,
    tolerance: float = TOLERANCE_S,
    now: float | None = None,
) -> DeliveryEnvelope:
    """The envelope in a genuine delivery. Names of `headers` may have any case.

    Without Harbor's own headers the `webhook-*` ones of Standard Webhooks decide. Raises `WebhookSignatureError` when
    the signature or the timestamp does not hold, and `HarborError` with code `invalid_response` when a genuine body is
    no envelope.
    """
    named = {name.lower(): value for name, value in headers.items() if isinstance(name, str)}
    if "harbor-signature" in named:
        signature, timestamp = named["harbor-signature"], named.get("harbor-timestamp", "")
        is_genuine = verify_webhook_signature(payload, signature, timestamp, secret, tolerance, now=now)
    else:
        is_genuine = _verify_standard(payload, named, secret, tolerance, now)
    if not is_genuine:
        raise WebhookSignatureError("webhook_signature_invalid", "The webhook signature or timestamp does not hold.")
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise HarborError("invalid_response", "The delivery is not JSON.") from error
    return decode(DeliveryEnvelope, value)


def _verify_standard(
    payload: str | bytes, headers: Mapping[str, str], secret: Secret, tolerance: float, now: float | None
) -> bool:
    body, moment, secrets = _body(payload), _moment(headers.get("webhook-timestamp", "")), _secrets(secret)
    event_id, signature = headers.get("webhook-id", ""), headers.get("webhook-signature", "")
    if not body or moment is None or not event_id or not _is_recent(moment, tolerance, now):
        return False
    if not isinstance(signature, str) or len(signature) > SIGNATURE_CHARS_MAX:
        return False
    candidates = [found[1] for entry in signature.split(" ") if (found := _BASE64.fullmatch(entry))]
    expected = []
    for one in secrets:
        try:
            expected.append(standard_digest(one, event_id, moment, body))
        except ValueError:
            continue  # a secret of another form cannot have made this signature
    return _any_equal(candidates, expected)


def _harbor_digests(signature: str, timestamp: str) -> list[str]:
    """The hex digests that a header offers; none when it is malformed or made at another time."""
    if not isinstance(signature, str) or len(signature) > SIGNATURE_CHARS_MAX:
        return []
    text = signature.strip()
    if _HEX.fullmatch(text):
        return [text]
    parts = [part.strip().partition("=") for part in text.split(",")]
    if any(not sign for _, sign, _ in parts):
        return []
    times = [value for name, _, value in parts if name == "t"]
    if times not in ([], [timestamp]):
        return []
    return [value for name, _, value in parts if name == "v1" and _HEX.fullmatch(value)]


def _any_equal(candidates: Sequence[str], expected: Sequence[str]) -> bool:
    # Every pair is compared, each in constant time, so the time tells nothing about which one fits.
    return sum(hmac.compare_digest(candidate, one) for candidate in candidates for one in expected) > 0


def _body(payload: str | bytes) -> bytes:
    if isinstance(payload, str):
        try:
            return payload.encode()
        except UnicodeEncodeError:
            return b""
    return bytes(payload) if isinstance(payload, bytes | bytearray | memoryview) else b""


def _moment(timestamp: str | int) -> str | None:
    text = str(timestamp).strip() if isinstance(timestamp, str | int) else ""
    return text if _TIMESTAMP.fullmatch(text) else None


def _secrets(secret: Secret) -> tuple[str, ...]:
    # An empty secret, such as an unset variable, would let everybody sign.
    several = (secret,) if isinstance(secret, str) else secret
    try:
        return tuple(one for one in several if isinstance(one, str) and one.strip() and one.encode())
    except (TypeError, UnicodeEncodeError):
        return ()


def _is_recent(timestamp: str, tolerance: float, now: float | None) -> bool:
    return abs((time.time() if now is None else now) - int(timestamp)) <= tolerance
