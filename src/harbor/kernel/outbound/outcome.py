"""What became of one request that left the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Failure(StrEnum):
    """Why there is no usable answer. A status like 500 is an answer, not a failure."""

    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    BLOCKED_ADDRESS = "blocked_address"
    REDIRECT = "redirect"
    PROTOCOL = "protocol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One request and its answer, or the reason why there is none.

    `body` is the kept part, undecoded; `truncated` when more came than was kept. `headers` ignore case. `status` may
    be set beside an `error`: a redirect, a body that broke off. `detail` is one phrase for people. `resolved_ip` is
    the address that answered, or the last one tried; None behind a proxy.
    """

    started_at: datetime
    duration_ms: int
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""
    truncated: bool = False
    error: Failure | None = None
    detail: str = ""
    resolved_ip: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the whole answer came and its status is 2xx."""
        return self.error is None and self.status is not None and 200 <= self.status < 300
