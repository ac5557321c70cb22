"""How the parcel desk speaks: Basic credentials, faults in one sentence, numbered pages, Unix milliseconds."""

from __future__ import annotations

import math
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from tests.kernel.sample_product.versions import VERSIONS

from harbor.kernel.clock import micros
from harbor.kernel.errors import HarborError, Kind, Unauthenticated, Unsupported
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.pagestyles import Numbered
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.identity.model import Principal
from harbor.kernel.ratelimit.rules import Rule, Verdict

RULE = Rule(quota=100, window_s=60)
_STATUS = {
    Kind.UNAUTHENTICATED: 401,
    Kind.DENIED: 403,
    Kind.MISSING: 404,
    Kind.INVALID: 422,
    Kind.UNSUPPORTED: 415,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.LIMITED: 429,
    Kind.QUOTA: 402,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
_STATUS_BY_CODE = {"method_not_allowed": 405, "unknown_version": 400, "invalid_json": 400}


async def authenticate(request: Request, find: Callable[[str], Awaitable[Principal | None]]) -> Principal:
    """The caller of `Authorization: Basic base64(name:password)`; the pair is the secret."""
    scheme, _, coded = (request.header(b"authorization") or "").partition(" ")
    try:
        pair = b64decode(coded, validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        pair = ""
    principal = await find(pair) if pair else None
    if principal is None:
        raise Unauthenticated("Who are you? Send Authorization: Basic with name and password.")
    return principal


def fault(error: HarborError, request: Request) -> Reply:
    """`{"fault": …, "says": …, "where": …}`."""
    headers = {"WWW-Authenticate": 'Basic realm="desk"'} if error.kind is Kind.UNAUTHENTICATED else {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    body = {"fault": error.kind.value, "says": error.message, "where": error.field}
    return Reply(_STATUS_BY_CODE.get(error.code, _STATUS[error.kind]), msgspec.json.encode(body), headers)


def version_of(request: Request, principal: Principal | None) -> str:
    """The version a caller asks for with `Desk-Version`, or the newest."""
    asked = request.header(b"desk-version") or VERSIONS.known[0]
    if asked not in VERSIONS.known:
        raise Unsupported(f"Desk-Version may be {' or '.join(VERSIONS.known)}.", code="unknown_version")
    return asked


def unix_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return micros(moment) // 1000


def _envelope(items: list[Any], total: int, number: int, size: int, pages: int, key: str | None) -> dict[str, Any]:
    assert key is not None
    return {key: items, "total": total, "page": number, "size": size, "pages": pages}


def _limit(request: Request, principal: Principal) -> Sequence[tuple[str, Rule]]:
    return ((f"{principal.account_id}:desk", RULE),)


def _limit_headers(verdict: Verdict) -> Mapping[str, str]:
    return {"Desk-Left": str(verdict.remaining)}


DIALECT = Dialect(
    name="desk",
    authenticate=authenticate,
    error=fault,
    page=Numbered(size=10, size_max=50, size_parameter="size", envelope=_envelope),
    moment=unix_ms,
    limit=_limit,
    limit_headers=_limit_headers,
    refuses_unknown=False,
    accepts_media_type=lambda value: (value or "").partition(";")[0].strip() == "application/json",
    allows_idempotency=True,
    logs_bodies=False,
    version_of=version_of,
)
