"""A dialect is a value: how a product reads keys, shapes errors, pages, limits and moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from harbor.kernel import bounds
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.http.encode import as_json
from harbor.kernel.http.idempotent import Once, once_of
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.identity.model import Principal
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.ratelimit.rules import Rule, Verdict
from harbor.kernel.storage.database import Tx

CheckName = str
# The order in which an authenticated product checks a request; a dialect may give another one.
CHECKS: tuple[CheckName, ...] = ("caller", "limit", "scope")


class PageStyle(Protocol):
    """How a list is asked for and shown."""

    @property
    def parameters(self) -> frozenset[str]:
        """The query parameters it reads."""
        ...

    def read(self, query: Sequence[tuple[str, str]]) -> PageRequest:
        """The page asked for. Raises `Invalid` for one that cannot be."""
        ...

    def show(
        self, page: Page[Any], shown: list[Any], request: Request, asked: PageRequest, key: str | None
    ) -> dict[str, Any]:
        """The body of a page whose items are `shown` already."""
        ...

    def cursor(self, page: Page[Any], shown: list[Any]) -> str | None:
        """The cursor a page hands out, for styles whose cursors expire."""
        ...


class Authenticator(Protocol):
    """From a request to its caller."""

    async def __call__(self, request: Request, find: Callable[..., Any]) -> Principal:
        """The caller. Raises `Unauthenticated`. `find` looks up a secret's principal, once it is plausible."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Everything that differs between products on the wire, apart from the fields of their objects."""

    name: str
    authenticate: Authenticator
    error: Callable[[HarborError, Request], Reply]
    page: PageStyle
    moment: Callable[[datetime], object]
    decimal: Callable[[Decimal], object] = float
    limit: Callable[[Request, Principal], Sequence[tuple[str, Rule]]] = lambda _request, _principal: ()
    limit_headers: Callable[[Verdict], Mapping[str, str]] = lambda _verdict: {}
    refusal_limit: Callable[[Request], tuple[str, Rule] | None] = lambda _request: None
    headers: Callable[[Request], Mapping[str, str]] = lambda _request: {}
    checks: tuple[CheckName, ...] = CHECKS
    refuses_unknown: bool = True
    # After the idempotency replay and before validation: may this request go on in the present state of its place?
    admit: Callable[[Call, Route, Place], None] = lambda _call, _route, _place: None
    accepts_media_type: Callable[[str | None], bool] = lambda _type: True
    allows_idempotency: bool = False
    # The idempotency of a request that may change something, where that is allowed: whose key it is, and what it says.
    once: Callable[[Request, bytes, Route], Once | None] = lambda request, raw, _route: once_of(request, raw)
    # A product whose bodies hold a person's content says no: what stands in the request log is no subject's to erase.
    logs_bodies: bool = True
    # Pages for people are no requests that a workspace would want to read about.
    logs_requests: bool = True
    version_of: Callable[[Request, Principal | None], str] | None = None
    # A product on one path finds its route in the body; its request is read before it is routed.
    finder: Callable[[Request, bytes], Route] | None = None
    # The largest body of a known caller on that path; elsewhere a route says its own. Runs in a thread for large ones.
    body_bytes_max: int = bounds.BODY_BYTES_DEFAULT_MAX
    encode: Callable[[object, Request], tuple[bytes, str]] | None = None
    # Bodies that are no JSON: `parse` gives the value that `locate` and `prepare` see (raising `Invalid`), and `decode`
    # the declared type out of the bytes and that value.
    parse: Callable[[Request, bytes], object] | None = None
    decode: Callable[[Request, object, type[Any]], Any] | None = None
    # Looks at a request that may change something once its body is parsed: a form's token, a signature.
    vouch: Callable[[Request, object], None] = lambda _request, _value: None
    # The caller as the using transaction sees it, for callers that `authenticate` did not find by a credential.
    confirm: Callable[[Tx, Request, Principal], Principal] | None = None
    reply_media_type: str = "application/json"
    extra: Mapping[str, Any] = field(default_factory=dict)

    def bytes_of(self, value: object, request: Request) -> tuple[bytes, str]:
        """The encoded value and its media type."""
        if self.encode is not None:
            return self.encode(value, request)
        return as_json(value, moment=self.moment, decimal=self.decimal), self.reply_media_type
