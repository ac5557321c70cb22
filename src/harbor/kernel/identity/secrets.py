"""Secrets that authenticate: made here, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LETTERS = 32
_CHECKSUM_LETTERS = 6
SECRET = re.compile(r"^hb_(?:test|live|admin)_[0-9A-Za-z]{38}$")


def mint(prefix: str) -> str:
    """A new secret: prefix, 32 random base62 letters, and 6 letters of CRC-32 that find typing mistakes offline."""
    random = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_LETTERS))
    return prefix + random + _checksum(random)


def is_well_formed(secret: str) -> bool:
    """Whether the form and the checksum are right; says nothing about whether it is known."""
    if not SECRET.match(secret):
        return False
    body = secret.rpartition("_")[2]
    return _checksum(body[:_RANDOM_LETTERS]) == body[_RANDOM_LETTERS:]


def digest(secret: str) -> str:
    """What is stored of a secret. Its 190 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(text: str) -> str:
    value = zlib.crc32(text.encode("ascii"))
    letters = []
    for _ in range(_CHECKSUM_LETTERS):
        value, index = divmod(value, 62)
        letters.append(_BASE62[index])
    return "".join(reversed(letters))
