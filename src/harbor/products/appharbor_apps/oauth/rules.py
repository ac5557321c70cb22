"""Where a client may be sent back to, and what proves that the same client asks for the token.

Source: docs/products/appharbor.md#authorize.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from harbor.kernel.errors import Invalid

URL_LENGTH_MAX = 2_048
STATE_LENGTH_MAX = 4_096
_PORTS = {"http": 80, "https": 443}


def check_url(value: str, field: str) -> str:
    """An absolute address of http, https or a program's own scheme, without fragment. Raises `Invalid`."""
    text = value.strip()
    if len(text) > URL_LENGTH_MAX or any(ord(letter) <= 32 or ord(letter) == 127 for letter in text):
        raise Invalid(f"{field} is too long or contains blanks.", field=field)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise Invalid(f"{field} is not a URL.", field=field) from None
    is_web = parts.scheme in _PORTS
    if not parts.scheme or (is_web and not parts.hostname) or parts.fragment or parts.scheme in _DANGEROUS:
        raise Invalid(f"{field} must be an absolute URL without fragment.", field=field)
    return text


_DANGEROUS = frozenset({"javascript", "data", "vbscript", "file", "blob"})


def matches(asked: str, registered: str) -> bool:
    """Whether a client may be sent to `asked`: same scheme, host, port and path; more query text is allowed.

    On this machine (127.0.0.1, ::1, localhost) any port will do: programs listen where there is room. RFC 8252, 7.3.
    """
    try:
        one, other = urlsplit(check_url(asked, "redirect_uri")), urlsplit(registered)
        ports = one.port or _PORTS.get(one.scheme), other.port or _PORTS.get(other.scheme)
    except (Invalid, ValueError):
        return False
    if one.username or one.password:
        return False
    if (one.scheme, one.hostname, one.path or "/") != (other.scheme, other.hostname, other.path or "/"):
        return False
    return ports[0] == ports[1] or _is_here(one.hostname or "")


def with_query(url: str, pairs: Mapping[str, str | None]) -> str:
    """The address with these parameters added; those without a value are left out."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    query += [(name, value) for name, value in pairs.items() if value is not None]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def proves(challenge: str, method: str, verifier: str) -> bool:
    """Whether a verifier is the one behind a challenge. RFC 7636, 4.6."""
    made = verifier
    if method == "S256":
        made = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return secrets.compare_digest(made.encode(), challenge.encode())


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
