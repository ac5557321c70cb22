"""Harbor's dialect: Bearer keys, `error {code, message, request_id}`, cursors, its own limit headers.

Source: docs/products/harbor.md.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import iso_ms
from harbor.kernel.errors import Denied, HarborError, Kind, Unauthenticated
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.encode import as_json
from harbor.kernel.http.pagestyles import Cursor
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.identity.model import Principal
from harbor.kernel.identity.secrets import is_well_formed
from harbor.kernel.ratelimit.rules import Rule, Verdict
from harbor.kernel.workspaces.model import Status, SuspensionReason
from harbor.products.harbor_events.limits import Limits

ADMIN_PREFIX = "/admin/"
_CODES = {
    Kind.UNAUTHENTICATED: (401, "authentication_failed"),
    Kind.DENIED: (403, "permission_denied"),
    Kind.MISSING: (404, "resource_not_found"),
    Kind.INVALID: (400, "invalid_request"),
    Kind.UNSUPPORTED: (415, "invalid_request"),
    Kind.CONFLICT: (409, "conflict"),
    Kind.GONE: (404, "resource_not_found"),
    Kind.LIMITED: (429, "rate_limit_exceeded"),
    Kind.QUOTA: (403, "quota_exceeded"),
    Kind.TOO_LARGE: (413, "payload_too_large"),
    Kind.UNAVAILABLE: (503, "service_unavailable"),
    Kind.INTERNAL: (500, "internal_error"),
}
# Codes with a name of their own on the wire; any other code of the house is shown as its kind.
_STATUS_BY_CODE = {
    "workspace_suspended": 403,
    "workspace_archived": 403,
    "route_not_found": 404,
    "method_not_allowed": 405,
    "idempotency_conflict": 409,
    "webhook_disabled": 409,
    "workspace_not_archived": 409,
    "delivery_not_replayable": 409,
    "delivery_not_cancelable": 409,
    "too_many_webhooks": 400,
}


async def authenticate(request: Request, find: Callable[..., Awaitable[Principal | None]]) -> Principal:
    """The caller named by `Authorization: Bearer <secret key>`."""
    header = request.header(b"authorization")
    if header is None or not header.strip():
        raise _refused("The Authorization header is missing. Send Authorization: Bearer <your secret key>.")
    scheme, _, secret = header.strip().partition(" ")
    secret = secret.strip()
    # A typing mistake is found by the checksum, without asking the database.
    principal = await find(secret, is_well_formed) if scheme.lower() == "bearer" else None
    if principal is None:
        raise _refused("Invalid API key provided.")
    is_elsewhere = request.mount.environment not in (None, principal.environment)
    if is_elsewhere and not principal.is_root:
        raise _refused("Invalid API key provided.")
    return principal


def check_reach(request: Request, route: Route) -> None:
    """Whether this kind of key works on this side: the root key for administration only, workspace keys never there."""
    principal = request.principal
    assert principal is not None, "the caller is checked first"
    is_admin = route.path.startswith(ADMIN_PREFIX)
    if principal.is_root and not is_admin:
        raise Denied("The admin key works under /admin/v1 only; use a secret key here.", code="permission_denied")
    if is_admin and principal.workspace_id is not None:
        raise Denied("This needs an organization key; yours belongs to one workspace.", code="permission_denied")


def error(fault: HarborError, request: Request) -> Reply:
    """The envelope of an error."""
    status, code = _CODES[fault.kind]
    if fault.code in _STATUS_BY_CODE:
        status, code = _STATUS_BY_CODE[fault.code], fault.code
    request.error_code = code
    body: dict[str, object] = {"code": code, "message": fault.message, "request_id": request.request_id}
    if fault.field is not None:
        body["param"] = fault.field
    if fault.details:
        body["details"] = list(fault.details)
    headers: dict[str, str] = {}
    if fault.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(fault.retry_after_s)))
        if status == 429:
            body["retry_after_ms"] = round(fault.retry_after_s * 1000)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="harbor"'
    return Reply(status, msgspec.json.encode({"error": body}), headers)


def encode(value: object) -> tuple[bytes, str]:
    """A shown value as it goes over the wire, and its media type."""
    return as_json(value, moment=iso_ms, decimal=float), "application/json"


def headers(request: Request) -> dict[str, str]:
    """What every reply carries."""
    return {"Harbor-Request-Id": request.request_id, "Cache-Control": "no-store", "Harbor-Version": "1"}


def limit_headers(verdict: Verdict, now_us: int) -> dict[str, str]:
    """The limit's headers: Harbor's own and the standard pair."""
    seconds = max(0, -(-(verdict.reset_us - now_us) // 1_000_000))
    return {
        "Harbor-RateLimit-Limit": str(verdict.limit),
        "Harbor-RateLimit-Remaining": str(verdict.remaining),
        "Harbor-RateLimit-Reset": str(-(-verdict.reset_us // 1_000_000)),
        "RateLimit-Policy": f'"default";q={verdict.limit};w=60',
        "RateLimit": f'"default";r={verdict.remaining};t={seconds}',
    }


def admit(call: Call, route: Route, place: Place) -> None:
    """Whether the workspace takes this request in its present state."""
    workspace = place.workspace
    if (
        workspace is None
        or workspace.status is Status.ACTIVE
        or call.principal.is_root
        or route.path.startswith(ADMIN_PREFIX)
    ):
        return
    if workspace.status is Status.SUSPENDED:
        closed = workspace.suspension_reason is SuspensionReason.POLICY and route.name != "workspaces.retrieve"
        if route.writes or route.journey or closed:
            raise Denied(f"Workspace {workspace.id} is suspended.", code="workspace_suspended")
    elif route.writes or route.journey:
        raise Denied(f"Workspace {workspace.id} is archived.", code="workspace_archived")


def accepts_media_type(value: str | None) -> bool:
    """JSON in its usual spellings."""
    if value is None:
        return False
    essence = value.partition(";")[0].strip().lower()
    return essence == "application/json" or (essence.startswith("application/") and essence.endswith("+json"))


def harbor_dialect(limits: Limits, now_us: Callable[[], int]) -> Dialect:
    """The dialect with an installation's limits. `now_us` is the calendar, for the seconds until a window ends."""

    def limit(_request: Request, principal: Principal) -> Sequence[tuple[str, Rule]]:
        rule = limits.of(principal)
        if rule is None or principal.is_root:
            return ()
        return ((f"{principal.account_id}:{principal.credential_id}:{principal.workspace_id or ''}", rule),)

    def shown_limit(verdict: Verdict) -> dict[str, str]:
        return limit_headers(verdict, now_us())

    return Dialect(
        name="harbor",
        authenticate=authenticate,
        error=error,
        page=Cursor(size=20, size_max=100),
        moment=iso_ms,
        limit=limit,
        limit_headers=shown_limit,
        refusal_limit=lambda request: (f"refused:harbor:{request.client}", limits.refusals),
        headers=headers,
        admit=admit,
        accepts_media_type=accepts_media_type,
        allows_idempotency=True,
        checks=("caller", "limit", "reach", "scope"),
        extra={"reach": check_reach},
    )


def _refused(message: str) -> Unauthenticated:
    return Unauthenticated(message, code="authentication_failed")
