"""Harbour's dialect: a key in a header, error numbers with a page each, numbered pages, versions, Unix milliseconds.

Source: docs/products/harbour.md#transport, #errors, #keys, #rate-limits, #versions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

import msgspec

from harbor.kernel.errors import Denied, HarborError, Kind, Unauthenticated
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.identity.model import Principal
from harbor.kernel.ratelimit.rules import Rule, Verdict
from harbor.products.harbour_agreements import spelling, versions, wire
from harbor.products.harbour_agreements.moments import unix_ms
from harbor.products.harbour_agreements.numbers import ITEM_CODES, Number, number_of
from harbor.products.harbour_agreements.paging import PAGES, PARAMETERS
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.scopes import pin_of

JSON_TYPE = "application/json; charset=utf-8"
REFUSALS = Rule(quota=30, window_s=60)
# The wording of the published examples.
_BAD_KEY = "Please, make sure your request HEADER contains the API key and it is a valid one."
_TOO_MANY = (
    "Your requests are over the maximum volume per minute. Please check our recommendations and try again later."
)
_KEY = re.compile(r"APIKEY-[0-9]{13}_[0-9a-f]{32}")
_LATER_BODY = re.compile(r'application/problem\+json\s*;\s*profile="?harbour-2\.3"?', re.IGNORECASE)

Exposed = Callable[[Principal, Request], Awaitable[None]]


async def _nobody_is_told(_principal: Principal, _request: Request) -> None:
    """The default of what happens to a key that came in the clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What an installation decides about its dialect.

    `public_base_url` begins the addresses of error pages; without one they begin as the request was reached. Callers in
    `plain_http_from` may do without TLS: loopback in development. `exposed` is told of a good key that came in the clear.
    """

    public_base_url: str | None = None
    plain_http_from: tuple[IPv4Network | IPv6Network, ...] = ()
    rate_limit_per_minute: int = 100
    default_version: str = versions.CURRENT
    exposed: Exposed = field(default=_nobody_is_told)

    def base_url(self, request: Request) -> str:
        """The address of Harbour as people reach it."""
        return self.public_base_url or request.mount.origin + spelling.without_segment(request.mount.prefix)

    def takes_plain(self, request: Request) -> bool:
        """Whether a request is safe on its way: over TLS, or from where plain HTTP is allowed."""
        if request.scope.get("scheme", "http") in ("https", "wss"):
            return True
        try:
            address = ip_address(request.client)
        except ValueError:
            return False
        return any(address in network for network in self.plain_http_from)


def harbour_dialect(manners: Manners, now_us: Callable[[], int]) -> Dialect:
    """The dialect of an installation. `now_us` is the calendar, for the seconds until a window ends."""
    rule = Rule(quota=manners.rate_limit_per_minute, window_s=60)

    async def authenticate(request: Request, find: Callable[..., Awaitable[Principal | None]]) -> Principal:
        keys = keys_in(request)
        secret = keys.pop() if len(keys) == 1 else ""
        principal = await find(secret, is_key) if is_key(secret) else None
        if not manners.takes_plain(request):
            if principal is not None:
                await manners.exposed(principal, request)
            raise Denied(
                "This address answers over HTTPS only. The request was refused and its key should be replaced.",
                code="https_required",
            )
        if not secret and not keys:
            raise Unauthenticated("Please, send your API key in the request HEADER x-api-key.", code="missing_key")
        if principal is None or principal.workspace_id is not None:
            raise Unauthenticated(_BAD_KEY)
        return principal

    def limit(_request: Request, principal: Principal) -> Sequence[tuple[str, Rule]]:
        own = principal.rate_limit
        quota = int(own) if own is not None and own.isdigit() else None
        return (
            (
                f"harbour:{principal.account_id}:{principal.credential_id}",
                Rule(quota=quota, window_s=60) if quota else rule,
            ),
        )

    def limit_headers(verdict: Verdict) -> Mapping[str, str]:
        seconds = max(0, -(-(verdict.reset_us - now_us()) // 1_000_000))
        return {
            "RateLimit-Limit": str(verdict.limit),
            "RateLimit-Remaining": str(verdict.remaining),
            "RateLimit-Reset": str(seconds),
        }

    def version_of(request: Request, principal: Principal | None) -> str:
        return chosen_version(request, principal, manners.default_version)

    def error(fault: HarborError, request: Request) -> Reply:
        return shaped(fault, request, manners.base_url(request))

    return Dialect(
        name="harbour",
        authenticate=authenticate,
        error=error,
        page=PAGES,
        moment=unix_ms,
        limit=limit,
        limit_headers=limit_headers,
        refusal_limit=lambda request: (f"refused:harbour:{request.client}", REFUSALS),
        headers=headers,
        refuses_unknown=False,
        accepts_media_type=accepts_media_type,
        allows_idempotency=True,
        logs_bodies=False,
        version_of=version_of,
        parse=wire.parse,
        decode=wire.decode,
        reply_media_type=JSON_TYPE,
    )


def is_key(text: str) -> bool:
    """Whether a text has the form of a Harbour key: `APIKEY-<13 digits>_<32 hex>`."""
    return _KEY.fullmatch(text) is not None


def keys_in(request: Request) -> set[str]:
    """The different keys that the headers of a request carry: none, one, or more by mistake."""
    found = set()
    for name, value in request.scope["headers"]:
        text = value.decode("latin-1").strip()
        if name == b"authorization":
            scheme, _, rest = text.partition(" ")
            text = rest.strip() if scheme.lower() == "bearer" else text
        elif name != b"x-api-key":
            continue
        if text:
            found.add(text)
    return found


def chosen_version(request: Request, principal: Principal | None, default: str) -> str:
    """The first of: header, path segment, the key's pin, the default. Raises `Invalid` for one that never was."""
    asked = request.header(b"harbour-version")
    if asked is None:
        segment = spelling.segment_of(request.mount.prefix)
        asked = segment if segment is not None and segment != "v2" else None
    if asked is None:
        return pin_of(principal) or default
    version = versions.known(asked)
    if version is None:
        kept = ", ".join(reversed(versions.VERSIONS.known))
        raise invalid(
            Problem("Harbour-Version", "enum", f"There is no version {asked[:40]}; there are {kept}.", asked[:40])
        )
    return version


def shaped(fault: HarborError, request: Request, base_url: str) -> Reply:
    """The body of an error: detail, error, message, more_info; for 3001 also its problems. Later versions word it anew."""
    number = number_of(fault.kind, fault.code)
    request.error_code = str(number.number)
    status = 410 if fault.kind is Kind.GONE else number.status
    docs = f"{base_url}/knowledge/errors/{number.number}"
    detail = _detail(fault, number, request)
    body: dict[str, Any]
    if _asks_for_later_body(request):
        body = {"code": number.number, "message": number.message, "detail": detail, "docs": docs}
    else:
        body = {"detail": detail, "error": number.number, "message": number.message, "more_info": docs}
    if number.number == 3001:
        body["errors"] = [_item(one, base_url) for one in _problems(fault)]
    reply_headers: dict[str, str] = {}
    if fault.retry_after_s is not None:
        reply_headers["Retry-After"] = str(max(1, math.ceil(fault.retry_after_s)))
    if status == 401:
        reply_headers["WWW-Authenticate"] = 'ApiKey realm="harbour"'
    return Reply(status, msgspec.json.encode(body), reply_headers, JSON_TYPE)


def headers(request: Request) -> dict[str, str]:
    """What every reply carries."""
    return {
        "X-Request-Id": request.request_id,
        "Harbour-Version": request.version or versions.CURRENT,
        "Cache-Control": "no-store",
    }


def accepts_media_type(value: str | None) -> bool:
    """JSON, with or without a charset."""
    return (value or "").partition(";")[0].strip().lower() == "application/json"


def _detail(fault: HarborError, number: Number, request: Request) -> str:
    if number.number == 2003:
        return _TOO_MANY
    if number.number == 2002:
        return _BAD_KEY
    if number.number == 5001:
        return f"The request {request.request_id} failed."
    came_with = versions.since(request.route_name)
    if fault.code == "route_not_found" and came_with is not None and request.version is not None:
        return f"{request.method} {request.path} came with version {came_with}; this request is answered in {request.version}."
    return fault.message


def _problems(fault: HarborError) -> Sequence[Mapping[str, object]]:
    if fault.details:
        return fault.details
    code = fault.code if fault.code in ITEM_CODES else "out_of_range" if fault.field in PARAMETERS else "custom"
    return [{"path": fault.field or "", "code": code, "message": fault.message, "value": None}]


def _item(problem: Mapping[str, object], base_url: str) -> dict[str, object]:
    given = problem.get("code")
    code = given if isinstance(given, str) and given in ITEM_CODES else "custom"
    return {
        "path": problem.get("path", ""),
        "code": code,
        "message": problem.get("message", ""),
        "value": problem.get("value"),
        "internal_message": None,
        "resolution": ITEM_CODES[code],
        "docs": f"{base_url}/knowledge/errors/validation/{code}",
    }


def _asks_for_later_body(request: Request) -> bool:
    return request.version == versions.PREVIEW or _LATER_BODY.search(request.header(b"accept") or "") is not None
