"""Credentials as they stand in the headers: Basic pairs and Bearer tokens. Whose they are is decided elsewhere."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64

from harbor.kernel.http.request import Request

_LENGTH_MAX = 16_384


def basic(request: Request) -> tuple[str, str] | None:
    """User and password of `Authorization: Basic`; None if there is none that can be read."""
    coded = _of_scheme(request, "basic")
    if coded is None:
        return None
    try:
        user, colon, password = b64decode(coded, validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        return None
    return (user, password) if colon and user else None


def bearer(request: Request) -> str | None:
    """The token of `Authorization: Bearer`."""
    return _of_scheme(request, "bearer")


def _of_scheme(request: Request, scheme: str) -> str | None:
    header = request.header(b"authorization")
    if header is None or len(header) > _LENGTH_MAX:
        return None
    word, _, rest = header.partition(" ")
    return rest.strip() or None if word.lower() == scheme else None
