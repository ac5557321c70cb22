"""A request as the pipeline sees it, and a reply before it is sent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from harbor.kernel.bounds import QUERY_LENGTH_MAX
from harbor.kernel.errors import Invalid
from harbor.kernel.identity.model import Environment, Principal
from harbor.kernel.identity.sessions import SignedIn

_QUERY_FIELDS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """How a product was reached: on which way, under which prefix, and for which environment if the way says so.

    `origin` is scheme and host as they were reached, if that host is known; a host anybody may write is never repeated.
    """

    prefix: str = ""
    environment: Environment | None = None
    listener: str = "main"
    origin: str = ""


class Request:
    """Method, path below the mount, headers, query, and what the pipeline finds out on its way."""

    __slots__ = (
        "_headers",
        "_query",
        "body",
        "client",
        "error_code",
        "method",
        "mount",
        "params",
        "path",
        "principal",
        "request_id",
        "route_name",
        "scope",
        "signed_in",
        "started",
        "version",
        "workspace_id",
    )

    def __init__(self, scope: Mapping[str, Any], path: str, mount: Mount, request_id: str) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path = path
        self.mount = mount
        self.request_id = request_id
        self.started = time.perf_counter()
        self.params: dict[str, str] = {}
        self.body = b""
        self.principal: Principal | None = None
        self.signed_in: SignedIn | None = None
        self.route_name = ""
        self.version: str | None = None
        self.workspace_id: str | None = None
        self.error_code: str | None = None
        client = scope.get("client")
        self.client: str = client[0] if client else ""
        self._headers: dict[bytes, bytes] | None = None
        self._query: list[tuple[str, str]] | None = None

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name; the last one, if it came twice."""
        if self._headers is None:
            self._headers = dict(self.scope["headers"])
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query as pairs in their order. Raises `Invalid` if it is too long or not UTF-8."""
        if self._query is None:
            raw: bytes = self.scope["query_string"]
            if not raw:
                self._query = []
            else:
                if len(raw) > QUERY_LENGTH_MAX:
                    raise Invalid(f"The query has {len(raw)} bytes; at most {QUERY_LENGTH_MAX} fit.")
                try:
                    self._query = parse_qsl(
                        raw.decode("ascii"),
                        keep_blank_values=True,
                        errors="strict",
                        max_num_fields=_QUERY_FIELDS_MAX,
                    )
                except (ValueError, UnicodeDecodeError):
                    raise Invalid("The query is not percent-encoded UTF-8 of at most 200 fields.") from None
                if any("\0" in name or "\0" in value for name, value in self._query):
                    raise Invalid("The query contains the character U+0000, which is not allowed.")
        return self._query

    @property
    def base_url(self) -> str:
        """Scheme, host and prefix as they were reached, for absolute links."""
        return f"{self.mount.origin}{self.mount.prefix}"


@dataclass(slots=True)
class Reply:
    """Status, headers and bytes. `media_type` None sends no Content-Type."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str | None = "application/json"
