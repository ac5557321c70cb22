"""Tokens: RS256 JSON Web Tokens for operations and for fetching new ones, and durations like `1d`.

Pure: keys and texts in, claims and texts out. The calendar may be manual, so moments are judged by the callers.
Source: docs/products/harper.md#tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ALGORITHM = "RS256"
_KEY_BITS = 2_048
_PUBLIC_EXPONENT = 65_537
_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400, "y": 31_557_600}
_DURATION = re.compile(r"([0-9]{1,12})\s*([smhdwy])?")
_DURATION_S_MAX = 100 * _UNITS_S["y"]
# The moments are ours to judge, and nobody but us is meant to read these tokens.
_OPTIONS: Any = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "require": ["exp", "iat", "sub"],
}


class Purpose(StrEnum):
    """What a token is for: its claim `sub`."""

    OPERATION = "operation"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a token says whose signature is good."""

    username: str
    purpose: Purpose
    seed: str
    expires_s: int
    has_role: bool = False


def new_pair() -> tuple[str, str]:
    """A new public and private key as PEM. Takes a tenth of a second or more."""
    key = rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=_KEY_BITS)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return public.decode("ascii"), private.decode("ascii")


def sign(private_key: str, key_id: str, claims: Mapping[str, Any]) -> str:
    """The token with these claims."""
    return jwt.encode(dict(claims), _loaded(private_key), algorithm=ALGORITHM, headers={"kid": key_id})


@lru_cache(100)
def _loaded(private_key: str) -> rsa.RSAPrivateKey:
    """A private key to sign with. Reading one takes 26 ms, signing with it one."""
    key = load_pem_private_key(private_key.encode("ascii"), None)
    assert isinstance(key, rsa.RSAPrivateKey), type(key)
    return key


def key_id_of(token: str) -> str | None:
    """The key that a token says it was signed with; None if it is no token."""
    try:
        found = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError):
        return None
    return found if isinstance(found, str) else None


def read(token: str, public_key: str) -> Claims | None:
    """What a token says; None unless it is whole and signed with the key."""
    try:
        found = jwt.decode(token, public_key, algorithms=[ALGORITHM], options=_OPTIONS)
    except (jwt.PyJWTError, ValueError):
        return None
    username, seed, expires_s = found.get("username"), found.get("seed"), found["exp"]
    if not isinstance(username, str) or not isinstance(seed, str) or type(expires_s) is not int:
        return None
    try:
        purpose = Purpose(found["sub"])
    except ValueError:
        return None
    return Claims(username=username, purpose=purpose, seed=seed, expires_s=expires_s, has_role="role" in found)


def duration_s(value: object) -> int | None:
    """Seconds of a duration: a number with `s`, `m`, `h`, `d`, `w` or `y`, or of seconds; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        return None
    seconds = int(match[1]) * _UNITS_S[match[2] or "s"]
    return seconds if 0 < seconds <= _DURATION_S_MAX else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long tokens are good: `authentication.operationTokenTimeout` and `.refreshTokenTimeout`."""

    operation_s: int = 86_400
    refresh_s: int = 30 * 86_400

    @classmethod
    def parsed(cls, operation: str, refresh: str) -> Lifetimes:
        """From settings like `1d`. Raises `ValueError`."""
        found = [duration_s(text) for text in (operation, refresh)]
        if found[0] is None or found[1] is None:
            raise ValueError(f"{operation!r} and {refresh!r} must be durations like 1d or 3600")
        return cls(operation_s=found[0], refresh_s=found[1])


DEFAULT_LIFETIMES = Lifetimes()
