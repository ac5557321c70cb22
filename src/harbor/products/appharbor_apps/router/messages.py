"""Which requests are refused before anybody looks where they go, and which headers go on to the application.

A request that two programs could read differently is refused: two lengths, two hosts, another coding than chunked. Source:
docs/products/appharbor.md#router.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from multidict import CIMultiDict

Raw = Sequence[tuple[bytes, bytes]]
Network = IPv4Network | IPv6Network
# RFC 9110, 7.6.1, and what proxies have for headers of one connection.
_OF_CONNECTION: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade", "expect"}
)  # fmt: skip
_SAID_BY_US: Final = frozenset(
    {"forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip",
     "x-request-id", "x-request-start"}
)  # fmt: skip
_ID_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is not sent on: its status and why."""

    status: int
    reason: str


def refusal(raw: Raw, target: str, method: str) -> Refusal | None:
    """Why a request is not sent on to anybody; None if it may be."""
    hosts = lengths = 0
    codings: list[bytes] = []
    for name, value in raw:
        lower = name.lower()
        if lower == b"host":
            hosts += 1
        elif lower == b"content-length":
            lengths += 1
            if not value.isdigit():
                return Refusal(400, "Content-Length is no number")
        elif lower == b"transfer-encoding":
            codings.append(value.strip().lower())
        elif b"_" in name and lower.replace(b"_", b"-") in (b"content-length", b"transfer-encoding"):
            return Refusal(400, "A header has a name that others read as another")
    if hosts != 1:
        return Refusal(400, "A request has exactly one Host")
    if lengths > 1 or len(codings) > 1 or (lengths and codings):
        return Refusal(400, "A request has one length, or is chunked")
    if codings and codings != [b"chunked"]:
        return Refusal(501, "No other coding than chunked is known")
    if method == "CONNECT":
        return Refusal(405, "This is no forward proxy")
    if not target.startswith("/") and not (target == "*" and method == "OPTIONS"):
        return Refusal(400, "The target of a request is a path")
    return None


def forwarded(raw: Raw, *, client: str, scheme: str, trusted: bool, keeps_upgrade: bool = False) -> CIMultiDict[str]:
    """The headers of a request as the application gets them. Only a trusted client is believed who it speaks for."""
    named = _named_by_connection(raw)
    headers: CIMultiDict[str] = CIMultiDict()
    said: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1"), value_bytes.decode("utf-8", "replace")
        lower = name.lower()
        if lower in _SAID_BY_US:
            said[lower] = value
        elif lower.replace("_", "-") in _SAID_BY_US:
            continue  # CGI and WSGI make one name of both
        elif lower in ("connection", "upgrade") and keeps_upgrade:
            continue
        elif lower not in _OF_CONNECTION and lower not in named:
            headers.add(name, value)
    before = f"{said['x-forwarded-for']}, " if trusted and said.get("x-forwarded-for") else ""
    headers["X-Forwarded-For"] = f"{before}{client}"
    headers["X-Forwarded-Proto"] = said.get("x-forwarded-proto", scheme) if trusted else scheme
    host = headers.get("Host", "")
    headers["X-Forwarded-Host"] = said.get("x-forwarded-host", host) if trusted else host
    own = said.get("x-request-id", "") if trusted else ""
    is_good = 0 < len(own) <= _ID_LENGTH_MAX and own.isascii() and own.isprintable()
    headers["X-Request-Id"] = own if is_good else secrets.token_hex(16)
    if keeps_upgrade:
        headers["Connection"], headers["Upgrade"] = "Upgrade", "websocket"
    return headers


def returned(raw: Raw) -> CIMultiDict[str]:
    """The headers of an answer as the client gets them."""
    named = _named_by_connection(raw)
    headers: CIMultiDict[str] = CIMultiDict()
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("latin-1")
        if name.lower() not in _OF_CONNECTION and name.lower() not in named:
            headers.add(name, value_bytes.decode("utf-8", "replace"))
    return headers


def is_trusted(client: str, networks: Iterable[Network]) -> bool:
    """Whether an address is of a proxy whose headers are believed."""
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in network for network in networks)


def _named_by_connection(raw: Raw) -> set[str]:
    """The headers that a Connection header names; the length of the message is never one of them."""
    named: set[str] = set()
    for name, value in raw:
        if name.lower() == b"connection":
            named |= {word.strip().lower() for word in value.decode("latin-1").split(",")}
    return named - {"host", "content-length", "content-type", "close", "keep-alive", ""}
