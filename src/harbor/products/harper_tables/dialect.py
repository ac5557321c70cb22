"""How the Operations API speaks: one path, `{"error": …}`, JSON, CBOR, MessagePack and CSV.

Source: docs/products/harper.md#envelope.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, cast

from harbor.kernel.clock import micros
from harbor.kernel.errors import HarborError, Kind
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.pagestyles import Cursor
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.identity.model import Principal
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables import packing, refusals, replies
from harbor.products.harper_tables.callers import Access
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.error_paths import faults_of, path_of
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.idempotency import once
from harbor.products.harper_tables.operations import Operations, exchange
from harbor.products.harper_tables.rights import User
from harbor.products.harper_tables.search.large import Parts, held

_STATUS = {
    Kind.UNAUTHENTICATED: 401,
    Kind.DENIED: 403,
    Kind.MISSING: 404,
    Kind.INVALID: 400,
    Kind.UNSUPPORTED: 400,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.LIMITED: 429,
    Kind.QUOTA: 400,
    Kind.TOO_LARGE: 413,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
_STATUS_BY_CODE = {"not_acceptable": 406, "method_not_allowed": 405, "unsupported_media_type": 415}
# Read into JSON whatever the client asked for: a table of one column would hide what went wrong.
_ERRORS_IN_JSON = frozenset({replies.CSV, "text/plain", "text/yaml", "text/event-stream"})

# Below it a reply fits into a few packets, and packing it would take longer than sending it.
_PACKED_FROM_BYTES = 16_384


def harper_dialect(operations: Operations, access: Access, compat: Compat) -> Dialect:
    """The dialect over one table of operations and one source of callers."""

    async def authenticate(request: Request, find: Callable[..., Awaitable[Any]]) -> Principal:  # noqa: ARG001
        return await access.authenticate(request)

    def confirm(tx: Tx, request: Request, principal: Principal) -> Principal:
        return access.confirm(tx, request, cast(User, principal))

    return Dialect(
        name="harper",
        authenticate=authenticate,
        confirm=confirm,
        error=lambda fault, request: error(fault, request, compat),
        page=Cursor(size=100, size_max=1_000),
        moment=as_milliseconds,
        headers=_headers,
        refuses_unknown=False,
        admit=operations.admit,
        allows_idempotency=True,
        once=once,
        logs_bodies=False,
        finder=operations.find,
        body_bytes_max=operations.body_bytes_max,
        encode=_encode,
        parse=lambda request, _raw: exchange(request).values,
        decode=lambda request, _value, _type: Fields(exchange(request).values, compat),
    )


def error(error: HarborError, request: Request, compat: Compat = Compat.V5) -> Reply:
    """`{"error": message}`, or the body that the refusal brings; the stable code and the path of the fault in headers.

    Who asks with `Harper-Error-Details: true` gets an array `details` with a code, a path and a sentence for each fault.
    """
    if error.code == refusals.SYSTEM:  # raised where nobody knows which line is spoken
        error = refusals.system_database(compat.product)
    body = error.extra.get("body") or {"error": error.message}
    if details := _details(error, request):
        body = {**cast(dict[str, Any], body), "details": details}
    status = _STATUS_BY_CODE.get(error.code, _STATUS[error.kind])
    headers = {"Harper-Error-Code": error.code}
    if (path := path_of(error.field)) is not None:
        headers["Harper-Error-Path"] = path
    if error.kind is Kind.UNAUTHENTICATED and request.header(b"authorization") is None:
        headers["WWW-Authenticate"] = "Basic"
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    media_type = exchange(request).media_type
    if media_type in _ERRORS_IN_JSON:
        media_type = replies.JSON
    return Reply(status, replies.encode(body, media_type), headers, media_type)


def _details(error: HarborError, request: Request) -> list[Mapping[str, object]]:
    if request.header(b"harper-error-details") != "true":
        return list(error.details)
    faults = [{"code": error.code, "path": path_of(field), "message": text} for field, text in faults_of(error)]
    return [*faults, *error.details]


def as_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return micros(moment) // 1_000


def _encode(value: object, request: Request) -> tuple[bytes, str]:
    found = exchange(request)
    media_type = found.media_type
    body = value.encode(media_type) if isinstance(value, Parts) else replies.encode(value, media_type)
    # What is kept for an idempotency key is plain: who asks again may not take the same coding.
    if len(body) >= _PACKED_FROM_BYTES and not found.digest:
        found.coding = packing.coding(request.header(b"accept-encoding"))
    return held(packing.packed(body, found.coding)), media_type


def _headers(request: Request) -> Mapping[str, str]:
    headers = {"Server-Timing": f"db;dur={(time.perf_counter() - request.started) * 1e3:.2f}"}
    found = exchange(request)
    if found.media_type == replies.CSV and found.error is None and request.error_code is None:
        headers["Content-Disposition"] = 'attachment; filename="data.csv"'
    if found.coding is not None and request.error_code is None:
        headers |= {"Content-Encoding": found.coding, "Vary": "Accept-Encoding"}
    if found.asked.startswith("restart"):
        headers["Connection"] = "close"
    return headers
