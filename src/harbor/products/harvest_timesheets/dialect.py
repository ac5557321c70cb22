"""Harvest's dialect: the caller's name, Bearer token and account; errors by status; named lists with pages and links.

Checks come in this order: User-Agent (400), token (401), account (401 or 404), limit (429), route (404), record (404), role
(403), and then what is wrong with the request (422). Source: docs/products/harvest.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import HarborError, Invalid, Kind
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Route
from harbor.kernel.identity.model import Principal
from harbor.kernel.ratelimit.rules import Rule, Verdict
from harbor.products.harvest_timesheets import bodies
from harbor.products.harvest_timesheets.access.callers import Access
from harbor.products.harvest_timesheets.access.model import Member
from harbor.products.harvest_timesheets.limits import REPORTS_PREFIX, Limits
from harbor.products.harvest_timesheets.page_style import Pages
from harbor.products.harvest_timesheets.wire import whole

JSON = "application/json; charset=utf-8"
# Clients compare this pair of sentences. Source: recorded replies.
INVALID_TOKEN = {
    "error": "invalid_token",
    "error_description": ("The access token provided is expired, revoked, malformed or invalid for other reasons."),
}
# A receipt of 10 MiB with what is said about it.
BODY_BYTES_MAX = 12 * MIB
_STATUS = {
    Kind.UNAUTHENTICATED: 401,
    Kind.DENIED: 403,
    Kind.MISSING: 404,
    Kind.INVALID: 422,
    Kind.UNSUPPORTED: 415,
    Kind.CONFLICT: 422,
    Kind.GONE: 404,
    Kind.LIMITED: 429,
    Kind.QUOTA: 422,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
_STATUS_BY_CODE = {"agent_missing": 400, "invalid_json": 400, "method_not_allowed": 405}
_NAMES = {403: "Forbidden", 404: "Not Found"}
_encoder = msgspec.json.Encoder(decimal_format="number")


def check_agent(request: Request) -> None:
    """Raise `Invalid` (400) unless the client says who it is."""
    if not (request.header(b"user-agent") or "").strip():
        raise Invalid("Name your application in the User-Agent header.", code="agent_missing")


def error(fault: HarborError, _request: Request) -> Reply:
    """The body that a status has."""
    status = _STATUS_BY_CODE.get(fault.code, _STATUS[fault.kind])
    headers: dict[str, str] = {}
    body: dict[str, Any] = {"message": fault.message}
    if status == 401:
        body = dict(INVALID_TOKEN)
        headers["WWW-Authenticate"] = 'Bearer realm="harvest"'
    elif status in _NAMES:
        body = {"status": status, "error": _NAMES[status], "message": fault.message}
    elif status == 500:
        body = {"status": 500, "error": "Internal Server Error"}
    if fault.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(fault.retry_after_s)))
    return Reply(status, msgspec.json.encode(body), headers, JSON)


def encode(value: object, _request: Request) -> tuple[bytes, str]:
    """A shown value, whose numbers and moments `wire` has made."""
    return _encoder.encode(value), JSON


def show_moment(moment: datetime) -> str:
    """`2017-06-26T22:36:01Z`: UTC, whole seconds."""
    return whole(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def harvest_dialect(
    access: Access, limits: Limits, find: Callable[[Request, bytes], Route], now_us: Callable[[], int]
) -> Dialect:
    """The dialect over one source of callers, one table of routes and an installation's limits."""

    async def authenticate(request: Request, find: Callable[..., Any]) -> Principal:  # noqa: ARG001
        check_agent(request)
        return await access.authenticate(request)

    def limit(request: Request, principal: Principal) -> Sequence[tuple[str, Rule]]:
        assert isinstance(principal, Member), principal.actor
        is_report = request.path.removeprefix("/api").startswith(REPORTS_PREFIX)
        rule = limits.reports if is_report else limits.general
        if rule is None:
            return ()
        return ((f"harvest:{principal.account_id}:{principal.token_id}:{'reports' if is_report else ''}", rule),)

    def limit_headers(verdict: Verdict) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(verdict.limit),
            "X-RateLimit-Remaining": str(verdict.remaining),
            "X-RateLimit-Reset": str(max(0, -(-(verdict.reset_us - now_us()) // 1_000_000))),
        }

    return Dialect(
        name="harvest",
        authenticate=authenticate,
        confirm=access.confirm,
        error=error,
        page=Pages(),
        moment=show_moment,
        limit=limit,
        limit_headers=limit_headers,
        headers=_headers,
        body_bytes_max=BODY_BYTES_MAX,
        refuses_unknown=False,
        logs_bodies=False,
        finder=find,
        parse=bodies.parse,
        decode=bodies.decode,
        encode=encode,
        reply_media_type=JSON,
    )


def _headers(request: Request) -> dict[str, str]:
    return {"Cache-Control": "no-store", "X-Request-Id": request.request_id}
