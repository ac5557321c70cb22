"""Licences of usage as they are sent: three parts, signed with Ed25519. Source: docs/products/harper.md#administration."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from harbor.products.harper_tables.refusals import invalid

TYPE: Final = "Harper-License"
_PARTS: Final = 3
_TEXTS: Final = ("id", "region", "expiration")
_NUMBERS: Final = (
    *("level", "reads", "readBytes", "writes", "writeBytes"),
    *("realTimeMessages", "realTimeBytes", "cpuTime", "storage"),
)
_COUNTED: Final = tuple(name for name in _NUMBERS if name != "level")


def read(text: str, key: Ed25519PublicKey | None) -> dict[str, Any]:
    """What a licence says. Raises `Invalid` with the reason; without a key of the operator none is good."""
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise failed(f"License must have three dot-separated parts; got {len(parts)}")
    header, payload = _object(parts[0]), _object(parts[1])
    kind = header.get("typ") if header is not None else None
    if kind != TYPE:
        raise failed(f"Invalid license header; typ must be '{TYPE}'; got: {_shown(kind)}")
    if key is None or not _is_signed(key, parts):
        raise failed("License signature is invalid")
    if payload is None:
        raise failed("Invalid license payload; must be an object")
    for name in _TEXTS:
        if not isinstance(payload.get(name), str) or not payload[name]:
            raise failed(
                f"Invalid license payload; required attribute '{name}' must be a string; got: {_kind(payload, name)}"
            )
    for name in _NUMBERS:
        if type(payload.get(name)) not in (int, float):
            raise failed(
                f"Invalid license payload; required attribute '{name}' must be a number; got: {_kind(payload, name)}"
            )
    return {name: payload[name] for name in ("id", "level", "region", *_COUNTED, "expiration")}


def with_usage(licence: dict[str, Any]) -> dict[str, Any]:
    """A licence with what was used of it: nothing, for nothing is charged."""
    return {**licence, **{f"used{name[0].upper()}{name[1:]}": 0 for name in _COUNTED}}


def failed(why: str) -> Exception:
    """400 with the reason."""
    return invalid(f"Failed to install usage license; {why}", code="license_refused", field="license")


def _is_signed(key: Ed25519PublicKey, parts: list[str]) -> bool:
    signature = _bytes(parts[2])
    try:
        key.verify(signature or b"", f"{parts[0]}.{parts[1]}".encode())
    except InvalidSignature:
        return False
    return True


def _object(part: str) -> dict[str, Any] | None:
    raw = _bytes(part)
    try:
        found = msgspec.json.decode(raw) if raw else None
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _bytes(part: str) -> bytes | None:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error):
        return None


def _shown(value: object) -> str:
    return "undefined" if value is None else str(value)[:100]


def _kind(payload: dict[str, Any], name: str) -> str:
    names = {bool: "boolean", str: "string", int: "number", float: "number", list: "object", dict: "object"}
    return names.get(type(payload.get(name)), "undefined")
